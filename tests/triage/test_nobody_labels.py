"""A policy without a nurse: nobody is labelled, minutes may change, and departments with labels refuse it."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.config import load
from simulation.errors import ConfigError
from simulation.patients import draw
from simulation.study.study import ReadyArm
from simulation.triage.apply import apply
from simulation.triage.check_policy import check_policy
from simulation.triage.matrix import Portion
from simulation.triage.people import Coverage
from simulation.triage.policy import MatrixPolicy, MinutesEffect
from tests.held import Hold

HALF = Portion(value=0.5, range=(0, 1), evidence="assumed", source="test")


@pytest.fixture(scope="module")
def one_nurse() -> ReadyArm:
    return load("study=gallery/one_nurse").baseline


def test_a_department_without_levels_runs_under_a_policy_that_labels_nobody(
    one_nurse: ReadyArm,
) -> None:
    drawn = draw(one_nurse.pathway, seed=1, replication=0, days=2)
    after = apply(one_nurse.policy, one_nurse.pathway, drawn)
    assert after.attributes.keys() == drawn.attributes.keys()
    assert all(np.array_equal(after.minutes[name], drawn.minutes[name]) for name in drawn.minutes)


def test_a_tool_can_save_minutes_where_nobody_is_labelled(one_nurse: ReadyArm) -> None:
    tool = MinutesEffect(durations=("consultation",), factor=HALF)
    policy = replace(
        one_nurse.policy,
        minutes=tool,
        covers=Coverage(minutes=("walk_in",), evidence="assumed", source="test"),
    )
    drawn = draw(one_nurse.pathway, seed=1, replication=0, days=2)
    after = apply(policy, one_nurse.pathway, drawn)
    assert np.allclose(after.minutes["consultation"], drawn.minutes["consultation"] / 2)


def test_a_department_with_labels_refuses_a_policy_that_gives_none(hold: Hold) -> None:
    (fault,) = check_policy(
        MatrixPolicy(kind="matrix", name="none"), load("ensemble=none").baseline.pathway
    )[:1]
    hold(str(fault), "triage.none.nurse")


def test_an_ai_or_actions_without_a_nurse_are_refused(one_nurse: ReadyArm, hold: Hold) -> None:
    nurse = load("ensemble=none").baseline.policy.nurse
    faults = check_policy(replace(one_nurse.policy, ai=nurse, role="replaces"), one_nurse.pathway)
    hold([str(fault) for fault in faults])


def test_a_study_of_the_default_department_may_not_leave_out_who_triages(hold: Hold) -> None:
    with hold.refusal(ConfigError, match="patients are labelled"):
        load("study.arms.nurse.triage=none")
