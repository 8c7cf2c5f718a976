"""The typical department adapts: each mechanism is off, to the last tick, where its parameter is 0."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from simulation.app.asked import parse_question
from simulation.config import load
from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineName
from simulation.engine.plan import lower
from simulation.patients import draw
from simulation.runs.result import simulate
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study

PARAMETERS = (
    "staff_elasticity",
    "ward_elasticity",
    "effort_share",
    "clinician_month_sd",
    "ward_month_sd",
)
OFF = tuple(f"calibration.{name}.value=0" for name in PARAMETERS)
REACTS = ("staff_elasticity", "ward_elasticity", "effort_share")


def without_mechanisms(pathway: Pathway) -> Pathway:
    """The department with every block that adapts taken out."""
    steps = {name: replace(step, effort=None) for name, step in pathway.steps.items()}
    return replace(pathway, steps=steps, follows={}, lasting_factors={})


def minutes(pathway: Pathway) -> dict[str, np.ndarray]:
    return dict(draw(pathway, seed=3, replication=0, days=28).minutes)


def test_with_every_parameter_at_0_patients_and_plan_are_those_of_a_department_that_does_not_adapt() -> (
    None
):
    pathway = load("ensemble=none", *OFF).baseline.pathway
    bare = without_mechanisms(pathway)
    assert pathway != bare
    assert lower(pathway) == lower(bare)
    ours, theirs = minutes(pathway), minutes(bare)
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.slow
@pytest.mark.parametrize("name", PARAMETERS)
def test_each_parameter_alone_does_something(name: str) -> None:
    others = [each for each in OFF if name not in each]
    pathway = load("ensemble=none", *others).baseline.pathway
    bare = without_mechanisms(pathway)
    ours, theirs = minutes(pathway), minutes(bare)
    moved = {each for each in theirs if not np.array_equal(ours[each], theirs[each])}
    clinicians = {"first_contact", "wrong_area_look", "review"}
    front_door = {
        "triage_interview",
        "triage_record",
        "triage_observations",
        "ambulance_assessment",
        "unloading",
    }
    expected = {
        "staff_elasticity": clinicians | front_door,
        "ward_elasticity": {"ward_stay"},
        "effort_share": set(),
        "clinician_month_sd": clinicians,
        "ward_month_sd": {"ward_stay"},
    }
    assert moved == expected[name]
    assert (lower(pathway) != lower(bare)) == (name == "effort_share")


@pytest.mark.slow
def test_nobody_reacts_is_busier_without_what_reacts() -> None:
    busier = [f"calibration.{name}.value=0" for name in REACTS]
    assert (
        load("ensemble=none", "scenario=nobody_reacts").baseline.pathway
        == load("ensemble=none", "scenario=busier_staff_follow", *busier).baseline.pathway
    )


def test_a_tenth_more_above_plan_is_kept_pace_with_and_a_tenth_more_for_good_is_not(
    engine: EngineName,
) -> None:
    """One nurse whose minutes follow demand fully: load .8 stays .8, or becomes .88; stays of 60 and 100 minutes."""

    def stay(*overrides: str) -> float:
        study = load(
            "study=gallery/adapts", "run.warm_up_days=14", "run.measured_days=84", *overrides
        )
        run = simulate_arm(study.arm("adapts"), study.run, engine, 0, cool_down_days=1)
        patients = run.patients.frame()
        return float((patients["departed_at"] - patients["arrived_at"]).mean())

    usual, above_plan, for_good = (
        stay(*(f"pathway.arrivals.walk_in.{key}={{times: 1.1}}" for key in keys))
        for keys in ((), ("scale",), ("per_day",))
    )
    assert above_plan < 1.1 * usual
    assert for_good > 1.3 * usual


@pytest.mark.slow
@pytest.mark.parametrize(("elasticity", "longer"), [(0.9, True), (1.3, False)])
def test_a_tenth_more_with_staff_who_follow_waits_longer_unless_they_more_than_follow(
    elasticity: float, longer: bool
) -> None:
    """In short what tests/long/load.py tries: three pairs of half-years, each with a standard deviation of about 1.3
    minutes; in the long run the difference is +4.4 minutes at .9."""
    length = ("run.replications=3", "run.warm_up_days=28", "run.measured_days=182")
    words = ("ensemble=none", f"calibration.staff_elasticity.value={elasticity}", *length)
    waits = []
    for scenario in ("usual", "busier_staff_follow"):
        study = load(*words, f"scenario={scenario}", "engine=compiled", "executor=serial")
        (arm,) = (study.baseline,)
        results = simulate(alone(study)).replications
        measured = [one.arms[arm.name].measures for one in results]
        waits.append(np.mean([each.value("wait_to_clinician_mean") for each in measured]))
    assert (waits[1] > waits[0]) == longer


@pytest.mark.slow
def test_with_more_patients_and_the_staff_of_today_the_app_says_longer_waits() -> None:
    """Eight pairs of four weeks; a paired difference of 10 % has a standard deviation of 17 minutes (n = 32)."""

    def waits(value: int) -> dict[str, np.ndarray]:
        """Mean waits by arm: today's department, with more patients and the same staff, and with staff who follow."""
        asked = parse_question([("attendances", str(value)), ("arm", "lean_triage")])
        study = load(
            *asked.overrides, "run.first=0", "run.count=8", "engine=compiled", "executor=serial"
        )
        arms = tuple(arm for arm in study.arms if arm.name != "lean_triage")
        design = replace(study.design, arms={arm.name: arm.arm for arm in arms})
        results = simulate(replace(study, arms=arms, design=design)).replications
        return {
            arm.name: np.array(
                [one.arms[arm.name].measures.value("wait_to_clinician_mean") for one in results]
            )
            for arm in arms
        }

    by_change = {value: waits(value) for value in (-10, -5, 5, 10)}
    today = by_change[10]["nurse"]
    ends = [by_change[value]["changed"] for value in (-10, -5, 5, 10)]
    assert all(np.all(more > fewer) for fewer, more in pairwise([*ends[:2], today, *ends[2:]]))
    assert 45 < (ends[-1] - today).mean() < 75  # 'about an hour', as the slider says
    assert abs((by_change[10]["changed_staff_follow"] - today).mean()) < 10


@pytest.mark.slow
def test_no_ambulance_is_held_for_days_because_a_child_without_a_bed_goes_elsewhere() -> None:
    """By month the 95th percentile of ambulance assessment, four years; without that rule a month locks up."""

    def longest(*overrides: str) -> float:
        study = load(
            "ensemble=none",
            "run=validation",
            "run.replications=4",
            "engine=compiled",
            *overrides,
        )
        (arm,) = (study.baseline,)
        results = simulate(alone(study)).replications
        months = [measures for result in results for _, measures in result.arms[arm.name].months]
        return max(measures.value("ambulance_assessment_p95") for measures in months)

    assert longest() < 180
    assert longest("calibration.children_elsewhere_after_minutes.value=100000") > 180


def alone(study: Study) -> Study:
    """The baseline arm, measured by month."""
    design = replace(study.design, arms={study.baseline.name: study.baseline.arm}, sham=None)
    return replace(
        study, arms=(study.baseline,), design=design, run=replace(study.run, by_month=True)
    )
