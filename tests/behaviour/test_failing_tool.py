"""The default department with a tool that is never or always down or worse: everybody's times are equal to the tick."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulation.config import load
from simulation.department.vocabulary import Outage, ShareOfTime, Span, StatedOutages
from simulation.engine.plan import bind
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import ReadyArm, RunLength, Study
from tests.measures.audit import audit
from tests.policies import policy_called

DAYS = {"compiled": 7, "reference": 2}
NOTE = {"evidence": "assumed", "source": "made for a test"}
OVER = StatedOutages(
    kind="stated", spans=(Span(starts_at_minutes=1e6, ends_at_minutes=2e6),), **NOTE
)
"""It can happen, so everybody goes the way of a tool that can fail; and never does within a run."""
ON_BOTH = pytest.mark.parametrize(
    "engine", ["compiled", pytest.param("reference", marks=pytest.mark.slow)]
)
"""On a whole department the reference engine takes long; that both do the same is shown in tests/engine."""


@cache
def default() -> Study:
    return load("ensemble=none")


@pytest.fixture(scope="module")
def study() -> Study:
    return default()


def share(of_time: float) -> Outage:
    return ShareOfTime(kind="share", share=of_time, mean_down_minutes=240, **NOTE)


def run(study: Study, policy: str, engine: str, **outages: Outage) -> Simulated:
    return run_once(policy, engine, tuple(outages.items()))


@cache
def run_once(policy: str, engine: str, outages: tuple[tuple[str, Outage], ...]) -> Simulated:
    study = default()
    pathway = study.baseline.pathway
    arm = ReadyArm(
        policy,
        study.baseline.arm,
        replace(pathway, outages={**pathway.outages, **dict(outages)}),
        policy_called(policy),
    )
    length = RunLength(
        seed=5, replications=1, warm_up_days=0, measured_days=DAYS[engine], cool_down_days=0
    )
    return simulate_arm(arm, length, engine, 0, cool_down_days=0)  # type: ignore[arg-type]


def unlike(one: Simulated, other: Simulated) -> list[str]:
    """The points in time and outcomes in which two runs differ, and the labels of those triaged."""
    first, second = one.patients, other.patients
    names = [
        "number",
        "arrival_source",
        "outcome",
        *(name for name in first.columns if name.endswith("_at")),
    ]
    found = [
        name for name in names if not np.array_equal(first[name], second[name], equal_nan=True)
    ]
    triaged = ~np.isnan(first["triaged_at"])
    if not np.array_equal(first["acuity_given"][triaged], second["acuity_given"][triaged]):
        found.append("acuity_given")
    return found


@ON_BOTH
@pytest.mark.parametrize("policy", ["ai_as_claimed", "ai_covers_all", "ai_noisy"])
def test_a_tool_that_is_always_down_is_the_nurse(study: Study, policy: str, engine: str) -> None:
    nurse, down = run(study, "nurse", engine), run(study, policy, engine, triage_tool=share(1))
    assert unlike(nurse, down) == []
    assert unlike(nurse, run(study, policy, engine)) != []


@ON_BOTH
@pytest.mark.parametrize("policy", ["ai_as_claimed", "ai_hands_back"])
def test_a_tool_that_never_fails_is_the_tool_whichever_way_its_patients_go(
    study: Study, policy: str, engine: str
) -> None:
    plain = run(study, policy, engine)
    steps = plain.activities.known("step")
    assert not np.any(plain.activities["step"] == steps.index("triage_with_tool"))  # nor a hop more
    assert (
        unlike(
            plain, run(study, policy, engine, triage_tool=share(0), triage_tool_degraded=share(0))
        )
        == []
    )
    watched = run(study, policy, engine, triage_tool=OVER, triage_tool_degraded=OVER)
    assert np.any(watched.activities["step"] == steps.index("triage_with_tool"))
    assert unlike(plain, watched) == []


def test_a_tool_that_always_answers_worse_is_the_worse_tool(study: Study) -> None:
    always = run(study, "ai_degrades", "compiled", triage_tool_degraded=share(1))
    degrades = policy_called("ai_degrades")
    assert degrades.ai is not None
    assert degrades.degraded is not None
    worse = replace(degrades, ai=replace(degrades.ai, matrix=degrades.degraded), degraded=None)
    arm = ReadyArm("worse", study.baseline.arm, study.baseline.pathway, worse)
    length = RunLength(
        seed=5, replications=1, warm_up_days=0, measured_days=DAYS["compiled"], cool_down_days=0
    )
    assert unlike(always, simulate_arm(arm, length, "compiled", 0, cool_down_days=0)) == []
    assert unlike(always, run(study, "ai_degrades", "compiled")) != []


def test_nobody_is_lost_whatever_fails(study: Study) -> None:
    found = run(
        study, "ai_degrades", "compiled", triage_tool=share(0.3), triage_tool_degraded=share(0.3)
    )
    plan, table = found.plan, found.run.activities
    n = {name: int((table.step == plan.row(name)).sum()) for name in plan.nodes}
    begun = int(((table.step == plan.row("triage_with_tool")) & (table.started_at >= 0)).sum())
    assert begun == n["triage_by_tool"] + n["triage_by_degraded_tool"] + n["triage_without_tool"]
    assert (
        min(
            n[f"triage_{name}"] for name in ("by_tool", "by_degraded_tool", "without_tool", "again")
        )
        > 3
    )
    assert np.array_equal(np.unique(table.patient), np.arange(len(found.draws)))
    columns = bind(plan, found.draws)
    told = audit(
        plan, found.activities, patients=found.patients, columns=columns, changes=found.run.changes
    )
    assert told.passed, told


def test_more_of_the_time_down_is_nearer_to_the_nurse(study: Study) -> None:
    """Minutes with the tool fall as it is down more: a count, not an estimate (one replication, the same variates)."""
    by_tool = []
    for of_time in (0.05, 0.3, 0.8):
        found = run(study, "ai_as_claimed", "compiled", triage_tool=share(of_time))
        by_tool.append(int((found.run.activities.step == found.plan.row("triage_by_tool")).sum()))
    assert by_tool == sorted(by_tool, reverse=True)
