"""False alarms, power, sizes and their intervals, on worlds in which they are known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simulation.evaluation.design import Alternating, BeforeAfter, EvaluatedOutcome, Parallel
from simulation.evaluation.operating import MOST_DEPARTMENTS, find_sizes, variance_over_departments
from simulation.evaluation.trials import Bank
from simulation.records.schema import Floats
from tests.evaluation.made import bank_of_noise, design_of, operating

WAIT = EvaluatedOutcome(label="Wait", measure="wait_to_clinician_mean", role="wait")
ONE = design_of(Alternating(kind="alternating"), weeks=8)
TWO = design_of(Parallel(kind="parallel"), departments=4, weeks=4, analysis="cluster_t")
SD_OF_A_WEEK = 3 / np.sqrt(7)


def test_power_is_that_of_the_t_test_and_false_alarms_are_five_in_a_hundred() -> None:
    effect = 2.0
    bank = bank_of_noise(150, 104, effect=effect)
    alarms = operating(bank, ONE, "weekly_t", WAIT, "sham", n_trials=4_000)
    tool = operating(bank, ONE, "weekly_t", WAIT, "tool", n_trials=4_000)
    away = effect / (SD_OF_A_WEEK * np.sqrt(2 / 4))
    expected = stats.nct.sf(stats.t.ppf(0.975, 6), 6, away)
    assert alarms.significant.value == pytest.approx(0.05, abs=0.015)
    assert tool.right.value == pytest.approx(expected, abs=0.035)
    assert tool.wrong.value < 0.002
    assert tool.true == pytest.approx(effect)
    assert tool.bias.low < 0 < tool.bias.high
    assert tool.right.value + tool.wrong.value == pytest.approx(tool.significant.value)


def test_departments_in_which_the_tool_harms_are_found_with_their_own_sign() -> None:
    bank = bank_of_noise(40, 60, effect=0.0, by_department=6.0)
    tool = operating(bank, ONE, "weekly_t", WAIT, "tool", n_trials=4_000)
    assert abs(tool.true) < 2.0
    assert tool.right.value > 0.6
    assert tool.right.p5 < 0.2
    assert tool.right.p95 > 0.97


def test_departments_that_are_alike_are_told_apart_less_than_their_few_trials_would() -> None:
    """Of 20 trials each, nine in ten shares would be 0.35 apart by chance alone."""
    tool = operating(
        bank_of_noise(50, 104, effect=1.5), ONE, "weekly_t", WAIT, "tool", n_trials=1_000
    )
    assert 0.3 < tool.right.value < 0.7
    assert tool.right.p95 - tool.right.p5 < 0.28


def test_intervals_over_departments_hold_the_truth_where_departments_differ() -> None:
    """The share of departments with an effect that is always seen, in 200 samples of 20 departments; patients of one
    department twice in a trial never. Binomial intervals would hold it in about 50."""
    chance, held, held_by_binomial = np.random.default_rng(2), [0, 0], 0
    for _ in range(200):
        seen = chance.random(20) < 0.4
        for place, n_each in enumerate((1, 4)):
            runs = chance.random((2_000, 20)).argsort(axis=1)[:, :n_each]
            values = seen[runs].mean(axis=1)
            held[place] += abs(values.mean() - 0.4) < 1.96 * np.sqrt(
                variance_over_departments(values, runs)
            )
            if n_each == 1:
                held_by_binomial += abs(values.mean() - 0.4) < 1.96 * np.sqrt(0.24 / 2_000)
    assert min(held) >= 180
    assert held_by_binomial < 60


def test_trials_that_all_have_every_department_leave_their_sample_without_bound() -> None:
    bank = bank_of_noise(4, 20, effect=-3.0)
    tool = operating(bank, TWO, "cluster_t", WAIT, "tool", n_trials=100)
    assert (tool.bias.low, tool.bias.high) == (-np.inf, np.inf)


def test_values_that_have_nothing_to_do_with_departments_vary_as_trials_do() -> None:
    chance = np.random.default_rng(1)
    values, runs = chance.normal(size=5_000), chance.random((5_000, 30)).argsort(axis=1)[:, :6]
    assert variance_over_departments(values, runs) == pytest.approx(1 / 5_000, rel=0.6)


def test_the_size_that_is_needed_is_that_of_the_formula() -> None:
    bank = bank_of_noise(80, 60, effect=1.4)
    eighty, ninety = find_sizes(bank, ONE, WAIT, "tool", n_trials=2_000)
    powers = {weeks: _power_of_weeks(weeks, 1.4) for weeks in (8, 12, 16, 24, 36, 52)}
    assert eighty.weeks == next(weeks for weeks, power in powers.items() if power > 0.8)
    assert ninety.weeks == next(weeks for weeks, power in powers.items() if power > 0.9)
    assert eighty.departments == ninety.departments == 1


def _power_of_weeks(weeks: int, effect: float) -> float:
    away = effect / (SD_OF_A_WEEK * np.sqrt(4 / weeks))
    return float(stats.nct.sf(stats.t.ppf(0.975, weeks - 2), weeks - 2, away))


def test_beyond_the_bank_sizes_follow_from_square_roots_and_end_at_five_years_or_all_departments() -> (
    None
):
    small = bank_of_noise(12, 16, effect=0.55)
    eighty, ninety = find_sizes(small, ONE, WAIT, "tool", n_trials=2_000)
    for size, target in ((eighty, 0.8), (ninety, 0.9)):
        expected = next(
            weeks for weeks in range(16, 200, 2) if _power_of_weeks(weeks, 0.55) > target
        )
        assert size.weeks == pytest.approx(expected, rel=0.2)
        assert not size.simulated
    nothing = bank_of_noise(12, 16, effect=0.1)
    assert [size.weeks for size in find_sizes(nothing, ONE, WAIT, "tool")] == [None, None]
    assert [(size.weeks, size.departments) for size in find_sizes(nothing, TWO, WAIT, "tool")] == [
        (None, MOST_DEPARTMENTS)
    ] * 2


def test_persistent_months_make_false_alarms_before_and_after_and_none_in_alternate_weeks() -> None:
    before = design_of(BeforeAfter(kind="before_after", before_weeks=8), weeks=16)
    alternate = replace(ONE, weeks=16)
    bank = with_months(bank_of_noise(40, 104), np.random.default_rng(6))
    rates = {
        design.switching.kind: operating(bank, design, "weekly_t", WAIT, "sham").significant
        for design in (before, alternate)
    }
    assert rates["before_after"].low > 0.15
    assert rates["alternating"].value < 0.07


def with_months(bank: Bank, chance: np.random.Generator) -> Bank:
    """The bank with months that differ by two minutes, alike under every arm."""
    months = np.repeat(2.0 * chance.normal(size=(bank.n_runs, 26)), 28, axis=1)

    def moved(days: Floats) -> Floats:
        n, total, squares = np.moveaxis(days[:, 0], 1, 0)
        return np.stack(
            [n, total + n * months, squares + 2 * months * total + n * months**2], axis=1
        )[:, None]

    return replace(bank, days={arm: moved(days) for arm, days in bank.days.items()})
