"""The department that comes with aeflow: rounds and a tool that watches are off exactly, where they can do nothing."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.config import load
from simulation.records.schema import Patients
from simulation.study.simulate import Simulated, draws_alike, simulate_arm
from simulation.study.study import ReadyArm, RunLength, Study

SHORT = RunLength(replications=1, warm_up_days=0, measured_days=14, cool_down_days=0, seed=5)


@pytest.fixture(scope="module")
def study() -> Study:
    return load("study=watching", "engine=compiled", "executor=serial")


def simulated(arm: ReadyArm) -> Simulated:
    return simulate_arm(arm, SHORT, "compiled", 0, cool_down_days=0)


@pytest.fixture(scope="module")
def nurse(study: Study) -> Simulated:
    return simulated(study.arm("nurse"))


def assert_same(one: Patients, other: Patients) -> None:
    assert one.columns.keys() == other.columns.keys()
    for name in one.columns:
        assert np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f"), name


def watching(arm: ReadyArm, *, sensitivity: float, false_alarms: float) -> ReadyArm:
    assert arm.policy.watches is not None
    stated = arm.policy.watches
    changed = replace(
        stated,
        sensitivity=replace(stated.sensitivity, value=sensitivity, range=(0, 1)),
        false_alarms_per_hour=replace(stated.false_alarms_per_hour, value=false_alarms),
    )
    return replace(arm, policy=replace(arm.policy, watches=changed))


def without_cost(arm: ReadyArm) -> ReadyArm:
    care = replace(arm.pathway.triggers["round_care"], minutes_per_hour=0)
    return replace(
        arm, pathway=replace(arm.pathway, triggers={**arm.pathway.triggers, "round_care": care})
    )


def test_nobody_is_noticed_under_the_nurse_and_some_get_worse(nurse: Simulated) -> None:
    assert len(nurse.run.notices) == 0
    assert np.isnan(nurse.patients["noticed_at"]).all()
    assert (~np.isnan(nurse.patients["worsened_at"])).sum() > 50


def test_a_tool_on_whose_alarms_nobody_acts_is_nurse_triage_exactly(
    study: Study, nurse: Simulated
) -> None:
    off = replace(study.arm("ai_watches"), pathway=study.arm("nurse").pathway)
    assert_same(simulated(off).patients, nurse.patients)


def test_a_tool_that_sees_and_raises_nothing_is_nurse_triage_exactly(
    study: Study, nurse: Simulated
) -> None:
    blind = without_cost(watching(study.arm("ai_watches"), sensitivity=0, false_alarms=0))
    assert blind.pathway.rounds is not None
    assert blind.pathway.rounds.active
    assert_same(simulated(blind).patients, nurse.patients)


def test_a_tool_that_sees_all_is_a_nurse_who_sees_all_as_often(study: Study) -> None:
    perfect = without_cost(watching(study.arm("ai_watches"), sensitivity=1, false_alarms=0))
    rounds = replace(perfect, policy=study.arm("nurse").policy)
    with_tool, by_nurse = simulated(perfect), simulated(rounds)
    assert len(by_nurse.run.notices) > 10
    assert_same(with_tool.patients, by_nurse.patients)


def test_every_arm_meets_the_same_draws(study: Study) -> None:
    first = study.arms[0].pathway
    assert all(draws_alike(first, arm.pathway) for arm in study.arms)


@pytest.mark.slow
def test_where_admission_leans_on_the_label_a_right_one_changes_nothing_and_a_low_one_admits_fewer() -> (
    None
):
    usual, label_dependent = (
        simulated(
            load("study=watching", f"scenario={name}", "engine=compiled").arm("errs_down")
        ).draws.attributes
        for name in ("usual", "admission_leans_on_label")
    )
    assert np.array_equal(usual["acuity_given"], label_dependent["acuity_given"])
    right = usual["acuity_given"] == usual["acuity_true"]
    for name in ("admitted", "specialty"):
        assert np.array_equal(usual[name][right], label_dependent[name][right])
    assert (label_dependent["admitted"] <= usual["admitted"]).all()  # this policy errs down only
    assert label_dependent["admitted"].sum() < usual["admitted"].sum()
