"""Pairs by replication, patients paired across arms."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats

from simulation.errors import ResultsError
from simulation.measures.measuring import MeasureName, Measures, measure
from simulation.records.schema import Patients
from simulation.statistics.compare import (
    TIDY,
    compare_arms,
    compare_values,
    find_row,
    summary_table,
)
from simulation.statistics.coverage_effects import ShamBand, shares_better_worse

DAY = (0.0, 1440.0)
WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")
STAY = MeasureName("stay_mean", "minutes", "all")


def test_the_difference_is_paired_by_replication() -> None:
    variates = np.random.default_rng(1).normal(100, 30, 20)
    effect = np.random.default_rng(2).normal(-5, 1, 20)
    found = compare_values(variates + effect, variates)
    paired = scipy.stats.ttest_rel(variates + effect, variates).confidence_interval()
    assert (found.low, found.high) == pytest.approx(
        (paired.low, paired.high)
    )  # too little skewed to be widened
    assert found.half_width < 0.6


def test_a_replication_that_lacks_the_group_is_left_out_of_the_pairs() -> None:
    found = compare_values(np.array([1.0, 2.0, np.nan, 5.0]), np.array([0.0, np.nan, 0.0, 2.0]))
    assert (found.n, found.mean) == (2, 2.0)


def test_arms_of_unequal_length_are_refused() -> None:
    with pytest.raises(ResultsError, match="3 replications against 2"):
        compare_values(np.zeros(3), np.zeros(2))


def arms() -> dict[str, list[Measures]]:
    base = [50.0, 60.0, 55.0]
    return {
        "nurse": [Measures((WAIT, STAY), np.array([each, 4 * each])) for each in base],
        "ai": [
            Measures((STAY, WAIT), np.array([4 * each, each - 5 + k]))
            for k, each in enumerate(base)
        ],
    }


def test_rows_are_tidy_and_pair_by_name_whatever_the_order() -> None:
    rows = compare_arms(arms(), "nurse")
    row = find_row(rows, arm="ai", measure="wait_to_clinician_mean")
    assert row.difference == pytest.approx(-4)
    assert row.mean == pytest.approx(51)
    assert (row.difference_low, row.difference_high) == pytest.approx(
        scipy.stats.t.interval(0.95, 2, -4, 1 / math.sqrt(3))
    )
    assert row.spread == pytest.approx(1)
    assert (row.baseline, row.n_replications) == ("nurse", 3)
    frame = summary_table(rows)
    assert tuple(frame.columns) == TIDY
    assert len(frame) == 4


def test_the_baseline_differs_from_itself_by_exactly_nothing() -> None:
    row = find_row(compare_arms(arms(), "nurse"), arm="nurse", measure="stay_mean")
    assert (row.difference, row.difference_low, row.difference_high) == (0, 0, 0)


def test_a_measure_that_one_arm_lacks_is_left_out() -> None:
    some = arms()
    some["ai"] = [Measures((WAIT,), each.values[1:]) for each in some["ai"]]
    assert {row.measure for row in compare_arms(some, "nurse")} == {"wait_to_clinician_mean"}


def test_a_mean_and_its_difference_are_about_the_same_replications() -> None:
    """The arm lacks the measure in one replication, the baseline in another: two pairs are left of four."""
    some = {
        "nurse": [Measures((WAIT,), np.array([each])) for each in (50.0, 60.0, np.nan, 40.0)],
        "ai": [Measures((WAIT,), np.array([each])) for each in (45.0, np.nan, 90.0, 41.0)],
    }
    row = find_row(compare_arms(some, "nurse"), arm="ai", measure="wait_to_clinician_mean")
    assert (row.mean, row.difference, row.n_replications) == (43.0, -2.0, 2)
    assert row.mean - row.difference == (50 + 40) / 2
    assert (
        find_row(compare_arms(some, "nurse"), arm="nurse", measure="wait_to_clinician_mean").mean
        == 50
    )


def test_an_unknown_baseline_is_named_with_its_nearest() -> None:
    with pytest.raises(ResultsError, match="Did you mean 'nurse'"):
        compare_arms(arms(), "nurze")


def test_patients_are_paired_by_stream_and_number_not_by_row(
    six: Patients, altered: Callable[..., Any]
) -> None:
    """The other arm in another order, with other stream codes, somebody new and somebody missing."""
    seen = six["seen_at"].copy()
    seen[0] -= 20  # better
    seen[3] += 20  # worse
    seen[4] += 0.5  # within a minute
    other = altered(six, seen_at=seen, arrival_source=1 - six["arrival_source"]).select(
        np.array([5, 4, 3, 2, 0, 0])
    )
    other = Patients(
        other.columns, {**other.categories, "arrival_source": ("ambulance", "walk_in")}
    )
    number = other["number"].copy()
    number[-1] = 99
    found = shares_better_worse(altered(other, number=number), six, DAY)
    assert (found.n_paired, found.n_unpaired) == (5, 2)
    assert (found.better, found.worse) == pytest.approx((1 / 5, 1 / 5))
    assert found.same == pytest.approx(3 / 5)


def test_the_same_arm_makes_nobody_better_or_worse(six: Patients) -> None:
    found = shares_better_worse(six, six, DAY)
    assert (found.better, found.worse, found.n_unpaired) == (0, 0, 0)


def test_fresh_label_errors_make_a_good_part_of_patients_better_and_worse(department: Any) -> None:
    """A sham: the same error rates, other random variates. No effect, yet many waits change."""
    from simulation.engine.plan import bind
    from simulation.engine.reference import simulate
    from simulation.measures.patients_table import patients_table

    true, variates = (
        department.draws.attributes["acuity_true"],
        department.draws.uniform("other errors"),
    )
    step = np.where(variates < 0.1, 1, np.where(variates < 0.2, -1, 0))
    drawn = department.draws.with_columns(
        attributes={"acuity_given": np.clip(true + step, 0, 4).astype(np.int16)}
    )
    run = simulate(department.plan, bind(department.plan, drawn), department.run.horizon)
    sham = patients_table(department.pathway, department.plan, drawn, run)
    found = shares_better_worse(sham, department.patients, (0.0, 5 * 1440.0))
    assert found.n_unpaired == 0
    assert found.better > 0.05
    assert found.worse > 0.05


def test_the_sham_band_is_the_shams_paired_differences(six: Patients) -> None:
    difference = compare_values(np.array([1.0, 2.0, 6.0]), np.array([2.0, 1.0, 3.0]))
    found = ShamBand(difference, shares_better_worse(six, six, DAY))
    assert found.difference.mean == 1
    half_width = (
        scipy.stats.t.ppf(0.975, 2) * 2 * math.sqrt(1 + 1 / 3)
    )  # of one more replication, not of the mean
    assert (found.low, found.high) == pytest.approx((1 - half_width, 1 + half_width))
    assert found.difference.low == pytest.approx(1 - scipy.stats.t.ppf(0.975, 2) * 2 / math.sqrt(3))
    assert found.shares is not None


def test_measures_of_real_tables_go_through(six: Patients) -> None:
    found = measure(six, window=DAY)
    rows = compare_arms({"a": [found, found], "b": [found, found]}, "a")
    assert len(rows) == 2 * len(found.names)
    empty = find_row(rows, arm="b", measure="within_4h_share", group="arrival_hour=03")
    assert empty.n_replications == 0
    assert np.isnan(empty.difference)


def test_a_replication_in_which_somebody_had_not_left_is_not_left_out() -> None:
    """Dropping it would drop the longest: true difference 20, and the worst replications are those that go missing."""
    variates = np.random.default_rng(1).standard_normal(200)
    baseline = 100 + 10 * variates
    slower = np.where(variates > 1, np.inf, baseline + 20 + 15 * variates)
    found = compare_values(slower, baseline)
    assert np.isnan([found.mean, found.low, found.high]).all()
    assert found.n == 200
    dropped = compare_values(np.where(np.isinf(slower), np.nan, slower), baseline)
    assert dropped.high < 20, "what leaving it out would have said"
