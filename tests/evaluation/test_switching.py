"""Days and patients: their switching is simulated in arms of their own, and arms for which it cannot be are refused."""

from dataclasses import replace

import numpy as np
import pytest

import simulation as ae
from simulation.config import load
from simulation.errors import ConfigError
from simulation.evaluation.analyses import analyse
from simulation.evaluation.design import AlternateDays, ByPatient
from simulation.evaluation.evaluate import (
    load_designs,
    outcomes_of,
    overrides_of_switching,
    study_of_evaluation,
)
from simulation.evaluation.trials import HALVES, Bank, arm_switched, days_on, trials_of
from simulation.study.study import Study
from tests.evaluation.made import A_DAY, WAIT, design_of
from tests.held import Hold

DAYS = design_of(AlternateDays(kind="alternate_days"), weeks=4, analysis="paired_t")
PATIENTS = design_of(ByPatient(kind="by_patient"), weeks=4, analysis="patients_t")
SHORT = (
    "ensemble=none",
    "run=evaluation",
    "run.replications=2",
    "run.measured_days=28",
    "run.warm_up_days=7",
)


def bank_with(arm: str, means: np.ndarray) -> Bank:
    """Departments with a mean of 60 a day, with one of 50 under the tool, and with these means in an arm more."""

    def days(of: np.ndarray) -> np.ndarray:
        return np.stack([np.full_like(of, A_DAY), A_DAY * of, A_DAY * (of**2 + 100)], axis=1)[
            :, None
        ]

    always = {
        "nurse": np.full_like(means, 60.0),
        "sham": np.full_like(means, 60.0),
        "tool": np.full_like(means, 50.0),
    }
    weekday = np.tile(np.arange(7.0), means.shape[1] // 7)
    return Bank(
        (WAIT,),
        "nurse",
        {name: days(of + weekday) for name, of in {**always, arm: means}.items()},
        np.arange(3),
    )


def test_alternate_days_are_those_of_the_arm_that_was_truly_switched() -> None:
    """An arm whose days with the tool are only 4 better: what is found is 4, beside the 10 of the tool always on."""
    means = np.where(days_on(70), 54.0, 58.0) * np.ones((3, 1))
    trials = trials_of(bank_with("tool_alternate_days", means), DAYS, "tool", WAIT, 40, seed=1)
    assert trials.values.shape == (40, 1, 28)
    reported = analyse(trials, "paired_t")
    assert reported.effect.mean() == pytest.approx(-4.0, abs=0.9)
    np.testing.assert_allclose(trials.true, -10.0)
    assert (trials.on.reshape(40, -1, 2).sum(axis=2) == 1).all()
    assert (reported.p < 0.05).all()


def test_each_pair_of_days_has_one_with_the_tool_and_a_longer_run_begins_as_a_shorter_one() -> None:
    assert (days_on(728).reshape(-1, 2).sum(axis=1) == 1).all()
    np.testing.assert_array_equal(days_on(728)[:71], days_on(71))
    assert 0.4 < days_on(728)[::2].mean() < 0.6


def test_patients_by_a_coin_are_compared_within_the_arm_in_which_both_halves_wait_together() -> (
    None
):
    halves = tuple(replace(WAIT, group=group) for group in HALVES)

    def days(*means: float) -> np.ndarray:
        of = np.array(means)[None, :, None] * np.ones((3, 1, 70))
        return np.stack([np.full_like(of, A_DAY), A_DAY * of, A_DAY * (of**2 + 100)], axis=2)

    bank = Bank(
        halves,
        "nurse",
        {"nurse": days(60, 60), "tool": days(50, 50), "tool_by_patient": days(53, 52)},
        np.arange(3),
    )
    trials = trials_of(bank, PATIENTS, "tool", WAIT, 30, seed=1)
    np.testing.assert_allclose(analyse(trials, "patients_t").effect, -1.0)
    np.testing.assert_allclose(trials.true, -10.0)
    nothing = trials_of(bank, PATIENTS, "nurse", WAIT, 30, seed=1)
    np.testing.assert_allclose(nothing.values, 60.0)


def test_a_coin_for_each_patient_finds_nothing_of_a_sham_in_five_of_a_hundred_however_few_departments_drew_coins() -> (
    None
):
    """Waits of a day are alike, and the sham's run drifts from the nurses'. Halves of two runs, or the coins that eight
    departments drew once, would be off by far more than chance."""
    chance, shape = np.random.default_rng(4), (8, 7 * 30)
    first = chance.binomial(200, 0.5, shape).astype(float)
    n = np.stack([first, 200 - first], axis=1)
    of_day, coins = (
        5 * chance.normal(size=(8, 1, 210)),
        2 * chance.normal(size=n.shape) / np.sqrt(n),
    )

    def days(drift: np.ndarray) -> np.ndarray:
        means = 60 + of_day + drift + coins
        return np.stack([n, n * means, n * (means**2 + 4)], axis=2)

    halves = tuple(replace(WAIT, group=group) for group in HALVES)
    arms = {"nurse": days(np.zeros((8, 1, 210))), "sham": days(chance.normal(size=(8, 1, 210)))}
    trials = trials_of(
        Bank(halves, "nurse", arms, np.arange(8)), PATIENTS, "sham", WAIT, 3_000, seed=1
    )
    assert (analyse(trials, "patients_t").p < 0.05).mean() == pytest.approx(0.05, abs=0.015)


def study_with(arm: str, *names: str) -> Study:
    designs = [design for name in names for design in load_designs(name)]
    study = load("study=ai_triage", *SHORT)
    study = load("study=ai_triage", *SHORT, *overrides_of_switching(study, arm, designs))
    return study_of_evaluation(study, [study.design.null_arm, arm], outcomes_of(designs), designs)


def test_a_study_has_an_arm_more_for_each_design_whose_switching_is_simulated() -> None:
    study = study_with("lean_triage", "alternate_days", "by_patient", "alternate_weeks")
    by_day, by_patient = (
        study.arm(f"lean_triage_{kind}") for kind in ("alternate_days", "by_patient")
    )
    assert [arm.name for arm in study.arms] == [
        "nurse",
        "sham",
        "lean_triage",
        by_day.name,
        by_patient.name,
    ]
    spans = by_day.policy.live_days
    assert spans is not None
    on = np.concatenate([np.arange(first, last + 1) for first, last in spans])
    np.testing.assert_array_equal(on, np.flatnonzero(days_on(28)))
    assert by_patient.policy.covers is not None
    assert by_patient.policy.covers.only == {"by_patient": ("with",)}
    assert {f"{outcome.measure} {outcome.group}" for outcome in study.run.daily} >= {
        f"walk_in_triage_wait_mean {half}" for half in HALVES
    }


@pytest.mark.slow
def test_a_coin_for_each_patient_hides_what_shorter_queues_give_to_all(hold: Hold) -> None:
    result = ae.compare(study_with("lean_triage", "by_patient"))
    answer = ae.evaluate(result, "lean_triage", "by_patient", "weeks=4", trials=100)
    row = answer.primary(answer.designs[0], answer.outcomes[0], "lean_triage")
    assert row.true < -5
    assert abs(row.true + row.bias.value) < 0.2 * abs(row.true)
    hold(" ".join(answer.sentences), "Queues carry over")


@pytest.mark.parametrize(
    ("study", "arm", "design", "words"),
    [
        (
            "ai_triage",
            "one_more_triage_nurse",
            "alternate_days",
            "staff and rooms",
        ),
        ("alternatives", "ai_streams", "by_patient", "whom it covers"),
    ],
)
def test_an_arm_that_cannot_be_switched_so_is_refused_with_its_reason(
    study: str, arm: str, design: str, words: str, hold: Hold
) -> None:
    stated = load(f"study={study}", *SHORT)
    with hold.refusal(ConfigError, "arm", match=words):
        overrides_of_switching(stated, arm, load_designs(design))
    assert overrides_of_switching(stated, arm, load_designs("before_after")) == ()


def test_a_run_without_the_switched_arm_is_refused_for_its_design_alone(hold: Hold) -> None:
    study = study_of_evaluation(
        load("study=ai_triage", *SHORT), ["sham", "lean_triage"], outcomes_of(load_designs("all"))
    )
    result = ae.compare(replace(study, run=replace(study.run, replications=1)))
    with hold.refusal(
        ConfigError, "design", match=f"has no arm '{arm_switched('lean_triage', DAYS)}'"
    ):
        ae.evaluate(result, "lean_triage", "alternate_days", "weeks=2", trials=100)
