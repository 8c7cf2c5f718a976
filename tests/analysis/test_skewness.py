"""How much skewness widens an interval: by formula, nothing without it, and enough to cover."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from simulation.analysis.compare import compare_arms, find
from simulation.analysis.intervals import interval, intervals, t_quantile
from simulation.analysis.measures import MeasureName, Measures
from simulation.analysis.multiplicity import p_value
from simulation.records.schema import Floats

WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")
SKEWED = np.array([0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 9.0])


def by_pandas(values: Floats) -> float:
    """The factor by the pandas skewness, which is G1."""
    n = len(values)
    if n < 3 or np.ptp(values) == 0:
        return 1.0
    by_chance = 6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3))
    return float(1 + 2.5 * max(pd.Series(values).skew() ** 2 - by_chance, 0) / (n + 5))


def factor(values: Floats) -> float:
    return interval(values).half_width / (t_quantile(len(values) - 1) * float(scipy.stats.sem(values)))


@given(st.lists(st.integers(-8000, 8000).map(lambda eighths: eighths / 8), min_size=3, max_size=30))
def test_the_factor_is_that_of_the_formula(values: list[float]) -> None:
    array = np.array(values)
    if np.ptp(array) > 0:
        assert factor(array) == pytest.approx(by_pandas(array))


def test_by_hand() -> None:
    """Of 0, 0, 0 and 1: G1 = 2, squared 4; of normal numbers 36 / 35 is expected; 1 + 2.5 (4 - 36 / 35) / 9."""
    assert factor(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(1 + 2.5 * (4 - 36 / 35) / 9)


def test_even_numbers_have_students_interval_and_an_always_valid_one_is_never_widened() -> None:
    assert factor(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == pytest.approx(1, abs=1e-12)
    assert factor(SKEWED) > 1.1
    columns = np.stack([SKEWED, np.full(len(SKEWED), 3.0)], axis=1)
    assert intervals(columns, 0.95, "always_valid").widened.tolist() == [1, 1]
    assert intervals(columns, 0.95, "fixed_sample").widened[1] == 1


def test_a_column_with_gaps_is_widened_as_without_them() -> None:
    gaps = np.insert(SKEWED, [0, 3, 7], np.nan)
    both = intervals(np.stack([gaps, np.r_[SKEWED, 1.0, 2.0, 3.0]], axis=1), 0.95, "fixed_sample")
    assert both.half_width[0] == pytest.approx(interval(SKEWED).half_width)


def test_a_verdict_and_its_p_value_read_the_interval_as_widened() -> None:
    """Moved until the widened interval touches 0, p is 5 %; Student's own would have been below."""
    half = interval(SKEWED).half_width
    arms = {
        "nurse": [Measures((WAIT,), np.array([50.0])) for _ in SKEWED],
        "ai": [Measures((WAIT,), np.array([50 + each - SKEWED.mean() + half])) for each in SKEWED],
    }
    row = find(compare_arms(arms, "nurse"), arm="ai", measure="wait_to_clinician_mean")
    assert row.difference_low == pytest.approx(0, abs=1e-9)
    assert p_value(row) == pytest.approx(0.05)
    assert scipy.stats.ttest_1samp(SKEWED - SKEWED.mean() + half, 0).pvalue < 0.04
    together = row.together(18)[1] - row.difference
    assert together / half == pytest.approx(t_quantile(6, 1 - 0.05 / 18) / t_quantile(6))


def covered(samples: Floats, truth: float) -> tuple[float, float]:
    """How often the interval of each column holds the truth, widened and not."""
    found = intervals(samples, 0.95, "fixed_sample")
    off = np.abs(found.mean - truth)
    return float((off <= found.half_width).mean()), float((off <= found.half_width / found.widened).mean())


def test_the_interval_of_20_skewed_numbers_covers_the_mean_more_often_than_students() -> None:
    """10,000 samples of exponential numbers (skewness 2; standard error .25 %), and of normal ones."""
    generator = np.random.default_rng(1)
    widened, students = covered(generator.exponential(5, (20, 10_000)), 5)
    assert students < 0.925
    assert 0.935 < widened < 0.95
    widened, students = covered(generator.normal(5, 1, (20, 10_000)), 5)
    assert students <= widened < students + 0.005


def test_over_departments_skewed_replications_widen_the_interval_as_without_departments() -> None:
    """One department is none at all; pairs say nothing of skewness; more of each department say it together."""
    rng = np.random.default_rng(6)
    values = rng.lognormal(size=(24, 50))
    alone, one = (intervals(values, 0.95, "fixed_sample", which) for which in (None, np.zeros(24, dtype=np.int64)))
    assert np.allclose(one.widened, alone.widened)
    assert np.allclose(one.half_width, alone.half_width)
    pairs = intervals(values, 0.95, "fixed_sample", np.arange(24) % 12)
    assert (pairs.widened == 1).all()
    apart = np.where(np.arange(24)[:, None] % 2, 100.0, 0.0)  # how far departments are apart is no skewness
    by_two = intervals(values + apart, 0.95, "fixed_sample", np.arange(24) % 2)
    assert by_two.widened.mean() > 1.15


def test_intervals_over_few_departments_hold_the_mean_of_skewed_numbers() -> None:
    """4,000 samples of two departments, 60 lognormal numbers each: 95.0 % (standard error .3); 92.1 % unwidened."""
    values = np.random.default_rng(8).lognormal(size=(120, 4000))
    found = intervals(values, 0.95, "fixed_sample", np.arange(120) % 2)
    distance = np.abs(found.mean - np.exp(0.5))
    assert (distance <= found.half_width).mean() > 0.94
    assert (distance <= found.half_width / found.widened).mean() < 0.93
