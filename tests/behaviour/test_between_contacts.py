"""`site=between_contacts`: what happens between two contacts, on a week of the typical department."""

from collections import Counter

import numpy as np
import pytest

from simulation.config import load
from simulation.measures.occupancy import holdings
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import RunLength
from simulation.units import to_ticks

CHOSEN = "site=between_contacts"
RUN = RunLength(warm_up_days=0, measured_days=7, cool_down_days=2, replications=1, seed=3)
CLINICIANS = ("doctors", "practitioners", "children_doctors", "specialty_doctors")
REVIEWS = ("doctor_review", "minors_review", "children_review", "direct_review")


@pytest.fixture(scope="module")
def ordered() -> Simulated:
    """A week in which the triage nurse orders tests."""
    arm = load("ensemble=none", "triage=nurse_orders_tests", CHOSEN).alone
    return simulate_arm(arm, RUN, "compiled", 0, cool_down_days=2)


@pytest.mark.slow
def test_every_arm_of_the_study_of_known_effects_can_be_composed_with_it() -> None:
    assert len(load("study=known_effects", "ensemble=none", CHOSEN).arms) > 20


def test_nobody_is_seen_again_before_the_time_after_the_contact_is_over(ordered: Simulated) -> None:
    table, plan = ordered.run.activities, ordered.plan
    contact = {plan.row(name) for name in ("contact_over", "tests_asked_for", "results_read")}
    reviews = {plan.row(name) for name in REVIEWS}
    minutes = to_ticks(ordered.draws.minutes["before_return"])
    over, n_rounds = -1, Counter[int]()
    n_seen = 0
    for patient, step, joined_at, ended_at in zip(
        table.patient.tolist(),
        table.step.tolist(),
        table.joined_at.tolist(),
        table.ended_at.tolist(),
        strict=True,
    ):
        if step in contact:
            over = ended_at
            n_rounds[patient] += 1
        elif step in reviews and n_rounds[patient] == 1:
            assert joined_at >= over + minutes[0, patient] - 1  # rounded
            n_seen += 1
    assert n_seen > 500


def test_results_that_are_back_are_read_by_the_clinician_of_the_contact(ordered: Simulated) -> None:
    table, plan = ordered.run.activities, ordered.plan
    held = holdings(plan, ordered.activities)
    is_clinician = np.isin(held.pool, [held.pools.index(name) for name in CLINICIANS])
    until = {
        (patient, at)
        for patient, at in zip(
            held.patient[is_clinician].tolist(), held.given_back[is_clinician].tolist(), strict=True
        )
    }
    read = table.step == plan.row("results_read")
    assert read.sum() > 200
    reading = list(zip(table.patient[read].tolist(), table.ended_at[read].tolist(), strict=True))
    assert all(each in until for each in reading if each[1] >= 0)


def test_a_picture_is_taken_while_the_laboratory_works(ordered: Simulated) -> None:
    table, plan = ordered.run.activities, ordered.plan
    steps, patients = table.step.tolist(), table.patient.tolist()
    after_sampling = Counter(
        plan.nodes[steps[k + 1]]
        for k in range(len(steps) - 1)
        if steps[k] == plan.row("sampling") and patients[k] == patients[k + 1]
    )
    assert after_sampling["imaging"] > 100
    assert set(after_sampling) == {"imaging", "laboratory"}
    after_imaging = {
        plan.nodes[steps[k + 1]]
        for k in range(len(steps) - 1)
        if steps[k] == plan.row("imaging") and patients[k] == patients[k + 1]
    }
    assert after_imaging == {"laboratory", "reporting"}


def test_the_clinician_leaves_at_once_where_there_is_nothing_to_read(ordered: Simulated) -> None:
    table, plan = ordered.run.activities, ordered.plan
    for name in ("contact_over", "tests_asked_for", "care_over"):
        done = (table.step == plan.row(name)) & (table.ended_at >= 0)
        assert done.sum() > 100
        assert np.array_equal(table.joined_at[done], table.ended_at[done])
