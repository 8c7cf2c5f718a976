"""One nurse, one queue: what a tool does to those it never sees is what Pollaczek and Khinchine say of the queue."""

from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.plan import bind, lower
from simulation.patients import draw
from simulation.runs.replicate import replicate
from simulation.statistics.coverage_effects import Effect, effects
from simulation.study.design import Arm, Coverages, Design, Target
from simulation.study.study import ReadyArm, RunLength, Study
from simulation.triage.apply import apply
from simulation.triage.policy import Policy
from simulation.units import DAY
from tests.adapters import adapter_of
from tests.department.made import ADAPTER

POLICY = adapter_of(Policy)
WHY: dict[str, Any] = {"evidence": "assumed", "source": "a test"}
PER_MINUTE, MINUTES, FACTOR = 0.08, 10.0, 0.5
"""Poisson arrivals, a fixed time each; the tool halves it: the nurse is busy 80, 60 or 40 % of the time."""
SEED, REPLICATIONS, DAYS = 20261124, 16, 140
LEVEL = 0.9999
"""Of each interval; five of them: one false alarm in 2,000. The seed was fixed before the first run."""


def mean_wait(share: float) -> float:
    """Pollaczek-Khinchine, first come first served, with that share of patients at half the time."""
    first = MINUTES * (1 - share + share * FACTOR)
    second = MINUTES**2 * (1 - share + share * FACTOR**2)
    return PER_MINUTE * second / (2 * (1 - PER_MINUTE * first))


@pytest.fixture(scope="module")
def one_nurse() -> Pathway:
    stated = {
        "name": "one nurse",
        "arrivals": {"walk_in": {"starts": "see", "per_day": PER_MINUTE * 1440, **WHY}},
        "attributes": {
            "acuity_true": {"kind": "choice", "categories": ["urgent"], "shares": [1], **WHY},
            "acuity_given": {"kind": "given", "like": "acuity_true", **WHY},
        },
        "pools": {"nurses": {"kind": "staff", "capacity": 1, **WHY}},
        "durations": {"seeing": {"kind": "fixed", "mean": MINUTES, **WHY}},
        "priority": {
            "rule": "acuity",
            "classes": {"urgent": {"rank": 0, "rate": 1}},
            "untriaged_as": "urgent",
            "ignored_as": "urgent",
            **WHY,
        },
        "steps": {
            "see": {
                "asks": ["nurses"],
                "minutes": ["seeing"],
                "records": {"seen_at": "started"},
                "next": "home",
            }
        },
        "ends": {"home": {"outcome": "discharged", "records": ["departed_at"]}},
    }
    built: Pathway = ADAPTER.validate_python(stated)
    return built


def policy(name: str, share: float | None, **more: Any) -> Policy:
    assessor = {
        "name": "nurse",
        "correlation": {"value": 0, "range": [0, 0], **WHY},
        "matrix": {"shares": [[1]], **WHY},
    }
    stated: dict[str, Any] = {"kind": "matrix", "name": name, "nurse": assessor, **more}
    if share is not None:
        portion = {"value": share, "range": [0, 1], **WHY}
        stated["covers"] = {
            "minutes": ["walk_in"],
            "share": portion,
            **WHY,
            **more.get("covers", {}),
        }
        stated["minutes"] = {
            "durations": ["seeing"],
            "factor": {"value": FACTOR, "range": [0, 1], **WHY},
        }
    built: Policy = POLICY.validate_python(stated)
    return built


def arms_of(pathway: Pathway) -> tuple[ReadyArm, ...]:
    shares = {"none": None, "half": 0.5, "all": 1.0}
    return tuple(
        ReadyArm(name, Arm(label=name, triage=name), pathway, policy(name, share))
        for name, share in shares.items()
    )


@pytest.fixture(scope="module")
def found(one_nurse: Pathway) -> dict[str, Effect]:
    run = RunLength(
        seed=SEED, replications=REPLICATIONS, warm_up_days=7, measured_days=DAYS, cool_down_days=1
    )
    coverages = Coverages(partial="half", full="all")
    arms = arms_of(one_nurse)
    design = Design(
        name="spillover",
        question="Whom does the tool help?",
        baseline="none",
        arms={arm.name: arm.arm for arm in arms},
        primary=(
            Target(
                measure="wait_to_clinician_mean",
                label="wait",
                minimal_important_difference=1,
                **WHY,
            ),
        ),
        coverages=coverages,
    )
    study = Study(
        design=design,
        run=run,
        arms=arms,
        alone=arms[0],
        engine_asked="compiled",
        executor="serial",
        workers=1,
        resolved={},
        choices={},
    )
    replications = [replicate(study, number) for number in range(REPLICATIONS)]
    measures = {
        arm.name: [answer.arms[arm.name].measures for answer in replications] for arm in arms
    }
    parts = effects(measures, "none", partial="half", full="all", measure="wait_to_clinician_mean")
    return {part.name: part for part in parts}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("direct", mean_wait(0.5) - mean_wait(0)),
        ("spillover", mean_wait(0.5) - mean_wait(0)),
        ("own", 0.0),
        ("partial", mean_wait(0.5) - mean_wait(0)),
        ("total", mean_wait(1) - mean_wait(0)),
    ],
)
def test_patients_whom_the_tool_never_sees_gain_what_the_queue_theory_says(
    name: str, expected: float, found: dict[str, Effect]
) -> None:
    # In one queue, first come first served, the wait of a patient does not depend on their own minutes: the whole
    # effect on the covered is spillover too. 20 minutes become 6.25 for all, and 1.67 if everybody is covered.
    assert [mean_wait(share) for share in (0, 0.5, 1)] == pytest.approx([20, 6.25, 5 / 3])
    from scipy.special import stdtrit

    difference = found[name].difference
    half_width = (
        float(stdtrit(difference.n - 1, 0.5 + LEVEL / 2)) * difference.sd / np.sqrt(difference.n)
    )
    assert half_width < 1.5, "too noisy to see anything"
    assert abs(difference.mean - expected) <= half_width, (difference.mean, expected, half_width)


def test_levels_before_and_after_are_those_of_the_theory(found: dict[str, Effect]) -> None:
    assert found["spillover"].before == pytest.approx(20, abs=1.5)
    assert found["spillover"].after == pytest.approx(6.25, abs=0.3)
    assert found["total"].after == pytest.approx(5 / 3, abs=0.05)


def test_a_tool_that_covers_nobody_runs_as_nurse_triage_to_the_tick(
    one_nurse: Pathway, engine: EngineName
) -> None:
    drawn = draw(one_nurse, seed=SEED, replication=0, days=5)
    plan = lower(one_nurse)
    runs = [
        engine_named(engine)(plan, bind(plan, apply(each, one_nurse, drawn)), 5 * DAY).activities
        for each in (policy("nurse", None), policy("nobody", 0.0), policy("all", 1.0))
    ]
    for column in ("patient", "step", "joined_at", "started_at", "ended_at"):
        np.testing.assert_array_equal(getattr(runs[1], column), getattr(runs[0], column))
    assert not np.array_equal(runs[2].ended_at, runs[0].ended_at)
