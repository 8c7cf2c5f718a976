"""What triage sets off at `site=typical`: nothing unless it is set off, and exactly what the route says if it is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.config import load
from simulation.department.vocabulary import Action
from simulation.engine.rows import paced_end
from simulation.measures.measuring import measure
from simulation.measures.occupancy import day_profile, holdings
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import ReadyArm, RunLength
from simulation.triage.policy import Policy
from tests.policies import policy_called

CONFIGS = Path(__file__).parents[2] / "configs" / "triage"
RUN = RunLength(warm_up_days=0, measured_days=10, cool_down_days=2, replications=1, seed=3)
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
Simulate = Callable[[Policy], Simulated]


@pytest.fixture(scope="module")
def arm() -> ReadyArm:
    return load("ensemble=none", "triage=nurse").alone


@pytest.fixture(scope="module")
def simulate(arm: ReadyArm) -> Simulate:
    def run(policy: Policy) -> Simulated:
        return simulate_arm(replace(arm, policy=policy), RUN, "compiled", 0, cool_down_days=2)

    return run


@pytest.fixture(scope="module")
def nurse(arm: ReadyArm, simulate: Simulate) -> Simulated:
    return simulate(arm.policy)


def with_accuracy(policy: Policy, sensitivity: float, specificity: float, *names: str) -> Policy:
    """A policy whose actions (or those named alone) are that good."""
    chosen = {
        name: replace(
            action,
            sensitivity=replace(action.sensitivity, value=sensitivity, range=(0, 1)),
            specificity=replace(action.specificity, value=specificity, range=(0, 1)),
        )
        for name, action in policy.actions.items()
        if not names or name in names
    }
    return replace(policy, actions=chosen)


def all_actions() -> Policy:
    """The nurse with every action of the tool that does all of it."""
    return replace(policy_called("nurse"), actions=policy_called("ai_all_levers").actions)


def ticks_at(simulated: Simulated, step: str, moment: str) -> Mapping[int, int]:
    """When each patient was first at a moment of a step."""
    table = simulated.activities
    rows = np.flatnonzero(table["step"] == simulated.plan.row(step))[::-1]
    return dict(
        zip(table["patient"][rows].tolist(), table.ticks(moment)[rows].tolist(), strict=True)
    )


def n_at(simulated: Simulated, *steps: str) -> int:
    return sum(
        int((simulated.activities["step"] == simulated.plan.row(step)).sum()) for step in steps
    )


def assert_equal(one: Simulated, other: Simulated) -> None:
    for name in one.patients.columns:
        np.testing.assert_array_equal(one.patients[name], other.patients[name])
    for name in ("patient", "step", "pool", "joined_at", "started_at", "ended_at"):
        np.testing.assert_array_equal(one.activities[name], other.activities[name])


def test_actions_that_find_nobody_give_the_nurses_arm_to_the_last_bit(
    simulate: Simulate, nurse: Simulated
) -> None:
    assert_equal(simulate(with_accuracy(all_actions(), 0, 1)), nurse)


def test_no_action_leaves_the_other_streams_idle(nurse: Simulated) -> None:
    table = nurse.run.activities
    asked = {nurse.plan.nodes[step] for step in np.unique(table.step)}
    assert not [
        step for step in asked if step.startswith(("early_", "primary_", "same_day_", "unneeded_"))
    ]
    assert not [
        step
        for step in asked
        if step.endswith(("_ordered", "_bed_held", "bed_found", "request_work"))
    ]


def test_a_perfect_prediction_makes_no_mistake_that_costs_anybody_anything(
    simulate: Simulate,
) -> None:
    perfect = simulate(with_accuracy(all_actions(), 1, 1))
    attributes = perfect.draws.attributes
    assert (
        n_at(perfect, "primary_care_look", "same_day_look", "unneeded_bed_search", "gone_home") == 0
    )
    assert n_at(perfect, "primary_care") > 50
    assert n_at(perfect, "same_day_contact") > 50
    assert n_at(perfect, "bed_found") > 300
    ordered = attributes["tests_ordered"] == 1
    assert not (ordered & (attributes["test_rounds"] == 0)).any()
    assert (ordered & (attributes["test_rounds"] > 0)).sum() > 800


def test_results_ordered_at_triage_are_there_when_the_laboratory_is_done_with_them(
    simulate: Simulate,
) -> None:
    early = simulate(with_accuracy(all_actions(), 1, 0, "early_tests"))
    sent, asked, back = (
        ticks_at(early, *each)
        for each in (
            ("early_sampling", "ended_at"),
            ("laboratory_ordered", "joined_at"),
            ("laboratory_ordered", "ended_at"),
        )
    )
    work = np.rint(early.draws.minutes["laboratory"][0] * 1024).astype(int)
    row: Any = early.plan.rows[early.plan.row("laboratory_ordered")]
    pace = early.plan.paces[row.pace]
    done = {who: at for who, at in back.items() if at < early.run.horizon}
    assert len(done) > 500
    for who, at in done.items():
        assert at == max(asked[who], paced_end(sent[who], int(work[who]), pace))
    n_no_wait = sum(done[who] == asked[who] for who in done)
    assert 0.5 < n_no_wait / len(done) < 1  # most waited for an area longer than for the laboratory


def test_an_unneeded_test_takes_a_nurse_or_a_room_and_no_result_is_waited_for(
    simulate: Simulate,
) -> None:
    early = simulate(with_accuracy(all_actions(), 1, 0, "early_tests"))
    unneeded = np.flatnonzero(early.draws.attributes["test_rounds"] == 0)
    taken = set(ticks_at(early, "early_sampling", "started_at")) | set(
        ticks_at(early, "early_imaging", "started_at")
    )
    results = set(ticks_at(early, "laboratory_ordered", "joined_at"))
    results |= set(ticks_at(early, "reporting_ordered", "joined_at"))
    assert len(taken & set(unneeded.tolist())) > 300
    assert not results & set(unneeded.tolist())


def test_a_false_alarm_holds_a_bed_after_the_patient_has_gone_for_the_stated_minutes(
    simulate: Simulate, arm: ReadyArm
) -> None:
    alarms = simulate(with_accuracy(all_actions(), 0, 0.5, "early_bed_request"))
    table = alarms.activities
    held = np.isin(
        table["step"],
        [row for row, node in enumerate(alarms.plan.nodes) if node.endswith("_bed_held")],
    ) & ~np.isnan(table["ended_at"])
    assert held.sum() > 300
    mean: Any = arm.pathway.durations["bed_held"].mean
    np.testing.assert_allclose(table["ended_at"][held] - table["started_at"][held], mean, atol=1e-9)
    left_at = dict(zip(alarms.patients["patient"], alarms.patients["departed_at"], strict=True))
    gone = np.array([left_at[who] for who in table["patient"][held]])
    assert (gone <= table["started_at"][held]).all()
    in_vain = measure(alarms.patients, window=(0, 1e9)).value("bed_held_unneeded_mean")
    assert in_vain == pytest.approx(mean * held.sum() / len(alarms.patients), abs=1e-6)


def test_a_look_in_a_wrong_stream_is_not_the_first_clinician(simulate: Simulate) -> None:
    wrong = simulate(with_accuracy(all_actions(), 0, 0.8, "primary_care", "same_day_care"))
    looked, seen = wrong.patients["stream_looked_at"], wrong.patients["seen_at"]
    both = ~np.isnan(looked) & ~np.isnan(seen)
    assert both.sum() > 100
    assert (seen[both] > looked[both]).all()


def test_nobody_who_passes_triage_by_has_anything_set_off(simulate: Simulate) -> None:
    everything = simulate(with_accuracy(all_actions(), 1, 0))
    attributes = everything.draws.attributes
    recognised = attributes["recognised"] == 1
    for name in ("streamed", "tests_ordered", "bed_requested"):
        assert not attributes[name][recognised].any()
        assert attributes[name].any()


def test_nobody_is_lost_whatever_is_set_off(simulate: Simulate, nurse: Simulated) -> None:
    everything = simulate(with_accuracy(all_actions(), 0.7, 0.9)).patients
    np.testing.assert_array_equal(everything["arrived_at"], nurse.patients["arrived_at"])
    early = everything["arrived_at"] < 9 * 1440
    assert not np.isnan(everything["departed_at"][early]).any()


@pytest.fixture(scope="module")
def imperfect(simulate: Simulate) -> Simulated:
    """Everything set off, sometimes rightly and sometimes not."""
    return simulate(with_accuracy(all_actions(), 0.7, 0.8))


AFTER = ("site_managers", "cleaners", "children_beds_elsewhere")
"""Who works for a patient after it has left A&E, beside the beds."""


def test_nobody_holds_a_place_or_a_clinician_of_the_department_after_departure(
    imperfect: Simulated,
) -> None:
    found = holdings(imperfect.plan, imperfect.activities)
    n = 1 + int(found.patient.max())
    departed_at = np.full(n, np.inf)
    departed_at[imperfect.patients["patient"]] = imperfect.patients["departed_at"]
    here = np.array([not (name.endswith("_beds") or name in AFTER) for name in found.pools])[
        found.pool
    ]
    gone = ~np.isnan(departed_at[found.patient])
    assert (gone & here).sum() > 10_000
    assert np.all((found.given_back_at <= departed_at[found.patient])[gone & here])
    assert n_at(imperfect, "gone_home") > 100


def test_whoever_does_not_suit_a_unit_gives_its_chair_back_as_the_look_ends(
    imperfect: Simulated,
) -> None:
    found = holdings(imperfect.plan, imperfect.activities)
    rows = found.of("same_day_chairs")
    given_back = dict(
        zip(found.patient[rows].tolist(), found.given_back[rows].tolist(), strict=True)
    )
    looked = {
        who: at for who, at in ticks_at(imperfect, "same_day_look", "ended_at").items() if at >= 0
    }
    assert len(looked) > 50
    assert {who: given_back[who] for who in looked} == looked


def test_everybody_has_as_many_tests_as_they_need_whenever_they_were_ordered(
    imperfect: Simulated,
) -> None:
    # Of those who are seen in the usual areas and went through: as many turns of the laboratory as rounds, one of them
    # ordered at triage where it was; as many samples, and one for nothing where no round was needed.
    attributes, table = imperfect.draws.attributes, imperfect.activities
    rounds, ordered = (attributes[name].astype(int) for name in ("test_rounds", "tests_ordered"))
    bloods = attributes["test_kind"] == 0
    patients = imperfect.patients
    done = np.isin(np.arange(len(rounds)), patients["patient"][~np.isnan(patients["departed_at"])])
    left = patients["patient"][patients.where("outcome", "left")]

    def times(step: str) -> np.ndarray:
        return np.bincount(
            table["patient"][table["step"] == imperfect.plan.row(step)], minlength=len(rounds)
        )

    elsewhere = times("primary_care") + times("same_day_contact") > 0
    triaged = times("triage") + times("ambulance_assessment") > 0
    mine = done & bloods & triaged & ~elsewhere & ~np.isin(np.arange(len(rounds)), left)
    assert (mine & (ordered > 0) & (rounds > 1)).sum() > 30
    expected = {
        "laboratory_ordered": np.minimum(ordered, rounds),
        "laboratory": rounds - np.minimum(ordered, rounds),
        "early_sampling": ordered,
        "sampling": rounds - np.minimum(ordered, rounds),
        "imaging": 0 * rounds,
        "early_imaging": 0 * rounds,
    }
    for step, number in expected.items():
        np.testing.assert_array_equal(times(step)[mine], number[mine], err_msg=step)


def test_the_minutes_of_a_stay_add_up_whatever_is_done_after_it(
    imperfect: Simulated, arm: ReadyArm
) -> None:
    # Beds are searched and held for some who have gone home: none of that is anybody's wait or stay.
    window, patients = (0.0, 5 * 1440.0), imperfect.patients
    day = day_profile(
        arm.pathway,
        imperfect.plan,
        patients,
        imperfect.activities,
        imperfect.run.changes,
        window=window,
    )
    stays = (patients["departed_at"] - patients["arrived_at"])[patients["arrived_at"] < window[1]]
    assert not np.isnan(stays).any()
    assert day.waiting.sum() + day.working.sum() == pytest.approx(stays.mean(), rel=1e-9)
    after = [
        name
        for name in imperfect.plan.nodes
        if name.startswith("unneeded") or name.endswith("_bed_held")
    ]
    rows = [imperfect.plan.row(name) for name in after]
    assert n_at(imperfect, *after) > 200
    assert np.all(day.waiting[rows] + day.working[rows] == 0)


def test_every_action_of_a_packaged_policy_is_one_of_the_site(arm: ReadyArm) -> None:
    named = {name: policy_called(name).actions for name in NAMES}
    assert sum(bool(actions) for actions in named.values()) >= 7
    for actions in named.values():
        for action in actions.values():
            assert isinstance(arm.pathway.attributes[action.sets], Action)
