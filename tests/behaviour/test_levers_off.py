"""The default department with every lever described and none of it doing anything: the nurse arm, patient for patient.

Each test has a counterpart in which the same levers do something, so that none of them passes for want of levers.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.config import load
from simulation.department.vocabulary import Outage, Pathway, ShareOfTime, Span, StatedOutages
from simulation.engine.choose import EngineName
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import ReadyArm, RunLength
from simulation.triage.matrix import Portion
from simulation.triage.policy import Policy, Role
from tests.adapters import adapter_of
from tests.policies import policy_called as stated

DAYS = {"compiled": 10, "reference": 2}
WHY: dict[str, Any] = {"evidence": "measured", "source": "made for a test"}
POLICY = adapter_of(Policy)
ON_BOTH = pytest.mark.parametrize(
    "engine", ["compiled", pytest.param("reference", marks=pytest.mark.slow)]
)
"""On a whole department the reference engine takes long; that both do the same is shown in tests/engine."""
EVERYBODY = ["walk_in", "ambulance", "referred"]
DURATIONS = (
    "triage_interview",
    "triage_observations",
    "triage_record",
    "ambulance_assessment",
    "first_contact",
)
OVER = StatedOutages(
    kind="stated",
    spans=(Span(starts_at_minutes=1e6, ends_at_minutes=2e6),),
    evidence="assumed",
    source="made for a test",
)
"""It can happen, so everybody goes the way of a tool that can fail; and never does within a run."""


def share(of_time: float) -> Outage:
    return ShareOfTime(
        kind="share",
        share=of_time,
        mean_down_minutes=240,
        evidence="assumed",
        source="made for a test",
    )


def number(value: float) -> dict[str, Any]:
    return {"value": value, **WHY}


def policy_with_levers(on: bool) -> Policy:
    """Every lever and every part of how people use it, at its nought (`on`: away from it), as the nurse draws."""
    nurse = stated("nurse").nurse
    nurse_told: dict[str, Any] = adapter_of(type(nurse)).dump_python(nurse)
    streams = {"arrivals": EVERYBODY, **WHY}
    added = {"durations": ["triage_interview"], "seconds": number(20 * on)}
    factor = number(0.8 if on else 1)
    good = {"sensitivity": number(0.6 * on), "specificity": number(1), "covers": streams}
    told: dict[str, Any] = {
        "kind": "matrix",
        "name": "everything",
        "nurse": nurse_told,
        "ai": {**nurse_told, "name": "twin", "same_draw_as": "nurse"},
        "role": "advises",
        "switching": {
            name: number(0.5) for name in ("wrong_to_right", "right_to_wrong", "wrong_to_wrong")
        },
        "covers": {"labels": EVERYBODY, "minutes": EVERYBODY, "share": number(1), **WHY},
        "adoption": {"start": number(1), "end": number(1), "weeks": number(1)},
        "go_live_day": number(0),
        "live_days": [[0, 1_000]],
        "noise": number(0.5 * on),
        "drift": {"towards": nurse_told["matrix"], "months": number(1)},
        "abstains": {"shares": {"urgent": number(0.5 * on)}, "hand_back": added, **WHY},
        "latency": added,
        "minutes": [
            {"durations": [name], "factor": factor, "kept_when_handed_back": True}
            for name in DURATIONS
        ],
        "burdens": [
            {"durations": ["triage_interview"], "factor": number(1 + 0.5 * on), "covers": streams}
        ],
        "watches": {
            "arrivals": EVERYBODY,
            "sensitivity": number(1),
            "false_alarms_per_hour": number(2 * on),
            **WHY,
        },
        "actions": {
            "tests": {
                "sets": "tests_ordered",
                "to": "1",
                "suited": {"test_rounds": ["1", "2"]},
                **good,
            },
            "gp": {
                "sets": "streamed",
                "to": "primary_care",
                "suited": {"suits_primary_care": ["yes"]},
                **good,
            },
            "unit": {
                "sets": "streamed",
                "to": "same_day_care",
                "suited": {"suits_same_day_care": ["yes"]},
                **good,
            },
            "bed": {"sets": "bed_requested", "to": "yes", "suited": {"admitted": ["yes"]}, **good},
        },
    }
    built: Policy = POLICY.validate_python(told)
    return built


@pytest.fixture(scope="module")
def alone() -> ReadyArm:
    return load("ensemble=none", "triage=nurse").alone


def run(
    alone: ReadyArm, policy: Policy, engine: EngineName, pathway: Pathway | None = None
) -> Simulated:
    arm = replace(alone, policy=policy, pathway=pathway or alone.pathway)
    length = RunLength(
        seed=8, replications=1, warm_up_days=0, measured_days=DAYS[engine], cool_down_days=0
    )
    return simulate_arm(arm, length, engine, 0, cool_down_days=0)


def unlike(one: Simulated, other: Simulated, *, apart_from: tuple[str, ...] = ()) -> list[str]:
    """The columns of patients and of activities that differ."""
    tables: tuple[tuple[Any, Any], ...] = (
        (one.patients, other.patients),
        (one.activities, other.activities),
    )
    return [
        name
        for first, second in tables
        for name in first.columns
        if name not in apart_from and not _same(first[name], second[name])
    ]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def looked_after(alone: ReadyArm) -> Pathway:
    """With rounds, so that what is watched can matter."""
    rounds = alone.pathway.rounds
    assert rounds is not None
    return replace(alone.pathway, rounds=replace(rounds, active=True, every_minutes=60))


@ON_BOTH
def test_every_lever_off_is_the_nurse_arm_row_for_row(alone: ReadyArm, engine: EngineName) -> None:
    pathway = looked_after(alone)
    nurse = run(alone, stated("nurse"), engine, pathway)
    assert unlike(nurse, run(alone, policy_with_levers(on=False), engine, pathway)) == []
    assert {"seen_at", "departed_at", "acuity_given", "noticed_at", "step"} <= set(
        unlike(nurse, run(alone, policy_with_levers(on=True), engine, pathway))
    )
    assert len(nurse.run.notices) > 5


@ON_BOTH
@pytest.mark.parametrize("role", ["replaces", "advises"])
def test_an_ai_with_the_nurses_matrix_minutes_and_variates_is_the_nurse_arm_row_for_row(
    role: Role, alone: ReadyArm, engine: EngineName
) -> None:
    nurse, sham = stated("nurse"), stated("sham")
    half = (
        Portion(value=0.5, evidence="measured", source="made for a test")
        if role == "advises"
        else None
    )
    fresh = replace(sham, role=role, acceptance=half)
    twin = replace(fresh, ai=replace(nurse.nurse, name="twin", same_draw_as="nurse"))
    by_nurse = run(alone, nurse, engine)
    assert unlike(by_nurse, run(alone, twin, engine)) == []
    assert "seen_at" in unlike(by_nurse, run(alone, fresh, engine))


def without_what_an_outage_leaves(policy: Policy) -> Policy:
    """The part that a route takes back as the tool fails: the label and the minutes of triage."""
    return replace(policy, actions={}, watches=None, minutes=policy.effects[:-1])


def failing(pathway: Pathway, outage: Outage) -> Pathway:
    return replace(pathway, outages={**pathway.outages, "triage_tool": outage})


@ON_BOTH
def test_a_tool_far_from_the_nurse_that_is_always_down_is_the_nurse_with_the_same_burdens(
    alone: ReadyArm, engine: EngineName
) -> None:
    tool = without_what_an_outage_leaves(policy_with_levers(on=True))
    nurse = run(alone, replace(stated("nurse"), burdens=tool.burdens), engine)
    never_seen = (
        "tool_can_fail",
        "acuity_by_degraded_tool",
        "acuity_given",
        *nurse.activities.columns,
    )
    down = run(alone, tool, engine, failing(alone.pathway, share(1)))
    assert unlike(nurse, down, apart_from=never_seen) == []
    triaged = ~np.isnan(nurse.patients["triaged_at"])
    assert _same(nurse.patients["acuity_given"][triaged], down.patients["acuity_given"][triaged])
    assert "seen_at" in unlike(nurse, run(alone, tool, engine, failing(alone.pathway, share(0))))


@ON_BOTH
def test_every_lever_off_and_the_longer_way_of_a_tool_that_never_fails_is_the_nurse_in_all_times(
    alone: ReadyArm, engine: EngineName
) -> None:
    off = replace(
        policy_with_levers(on=False),
        actions={},
        slow_under_load=policy_with_levers(on=False).latency,
    )
    late = replace(off, slow_under_load=replace(off.slow_under_load, durations=("tool_late",)))
    nurse, longer = (
        run(alone, stated("nurse"), engine),
        run(alone, late, engine, failing(alone.pathway, OVER)),
    )
    assert unlike(nurse, longer, apart_from=("tool_can_fail", *nurse.activities.columns)) == []
    assert n_at(longer, "triage_by_tool") > 100
    assert n_at(nurse, "triage_by_tool") == 0


def n_at(simulated: Simulated, step: str) -> int:
    return int((simulated.activities["step"] == simulated.plan.row(step)).sum())
