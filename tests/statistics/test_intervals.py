"""Intervals against scipy, and how many replications one needs."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from simulation.errors import ResultsError
from simulation.statistics.departments import Department
from simulation.statistics.intervals import estimate_interval, replications_needed


@given(
    st.lists(st.integers(-8000, 8000).map(lambda eighths: eighths / 8), min_size=2, max_size=30),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_the_interval_of_numbers_without_skewness_is_scipys(
    values: list[float], level: float
) -> None:
    array = np.array([*values, *(-np.array(values))])
    found = estimate_interval(array, level=level)
    if np.ptp(array) == 0:
        assert found.low == found.high == array.mean()
        return
    low, high = scipy.stats.t.interval(level, len(array) - 1, array.mean(), scipy.stats.sem(array))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9, abs=1e-9)
    assert found.half_width == pytest.approx((high - low) / 2)


def test_one_replication_has_a_mean_and_no_interval() -> None:
    found = estimate_interval(np.array([3.0]))
    assert (found.mean, found.n) == (3.0, 1)
    assert np.isnan([found.low, found.high, found.half_width]).all()


@pytest.mark.parametrize("department", [None, np.arange(40) % 20])
def test_a_multiple_of_a_number_has_the_interval_of_the_multiples(
    department: Department | None,
) -> None:
    values = np.random.default_rng(6).normal(3, 2, 40)
    found, wanted = (
        estimate_interval(values, department=department).times(-2),
        estimate_interval(-2 * values, department=department),
    )
    for name in ("mean", "low", "high", "sd", "half_width", "standard_error"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name)), name


@pytest.mark.parametrize(
    ("sd", "wanted"), [(10, 2), (10, 20), (3.3, 0.71), (1, 5), (0, 1), (250, 1)]
)
def test_replications_needed_is_the_smallest_number_that_is_enough(
    sd: float, wanted: float
) -> None:
    def half_width(n: int) -> float:
        return float(scipy.stats.t.ppf(0.975, n - 1)) * sd / math.sqrt(n)

    n = replications_needed(sd, wanted)
    assert half_width(n) <= wanted
    assert n == 2 or half_width(n - 1) > wanted


def test_replications_needed_refuses_what_it_cannot_answer() -> None:
    for sd, wanted in ((1.0, 0.0), (float("nan"), 1.0)):
        with pytest.raises(ResultsError, match="replications needed"):
            replications_needed(sd, wanted)


def test_a_single_replication_is_expected_in_its_interval_as_often_as_said() -> None:
    """2,000 times: 10 replications, then one more; it lies inside 95 % of the time (standard error 0.5 %)."""
    values = np.random.default_rng(3).normal(2, 7, size=(2000, 11))
    inside = 0
    for row in values:
        low, high = estimate_interval(row[:10]).single()
        inside += low <= row[10] <= high
    assert inside / 2000 == pytest.approx(0.95, abs=0.016)
