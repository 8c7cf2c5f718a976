"""The number of replications that a half-width needs: by formula, bounded, and enough."""

import numpy as np
import pytest
import scipy.stats

from simulation.records.schema import Floats
from simulation.statistics.intervals import (
    LEVEL,
    estimate_interval,
    estimate_intervals,
    replications_for,
    skewness,
    upper_limit,
)

MOST = 10_000


def normal_scores(n: int, sd: float) -> Floats:
    """Numbers as even as normal ones can be, of exactly this standard deviation; without skewness."""
    scores: Floats = scipy.stats.norm.ppf((np.arange(n) + 0.5) / n)
    return sd * scores / scores.std(ddof=1)


def test_the_number_is_that_of_the_formula() -> None:
    """sd 7 of 20 numbers: t(19) 2.093, upper limit 1.177: (2.093 x 1.177 x 7 / 1.5)^2 = 132.2."""
    assert upper_limit(19) == pytest.approx((19 / scipy.stats.chi2.ppf(0.2, 19)) ** 0.5)
    assert replications_for(normal_scores(20, 7), 1.5, at_most=MOST) == 133


def test_what_is_precise_enough_asks_for_nothing_more() -> None:
    values = normal_scores(20, 7)
    half_width = estimate_interval(values).half_width
    assert replications_for(values, half_width, at_most=MOST) == 20
    assert replications_for(values, 0.999 * half_width, at_most=MOST) > 20
    assert replications_for(np.full(20, 3.0), 0.1, at_most=MOST) == 20


def test_skewed_numbers_ask_for_25_times_their_squared_skewness() -> None:
    """19 of 0 and one of 1: p = .05, skewness (1 - 2p) / sqrt(p (1 - p)) = 4.129, squared 17.05."""
    values = np.array([*[0.0] * 19, 1.0])
    assert skewness(values) == pytest.approx(0.9 / (0.05 * 0.95) ** 0.5)
    assert replications_for(values, 1000.0, at_most=MOST) == 427


def test_the_number_has_an_upper_bound_and_what_was_run_stays() -> None:
    values = normal_scores(20, 7)
    assert replications_for(values, 0.001, at_most=MOST) == MOST
    assert replications_for(values, 0.001, at_most=15) == 20


def test_replications_that_lack_the_measure_are_made_up_for() -> None:
    values = normal_scores(20, 7)
    half_known = np.stack([values, np.full(20, np.nan)]).T.ravel()
    assert replications_for(half_known, 1.5, at_most=MOST) == 2 * 132 + 1  # 132.2 in each half


@pytest.mark.parametrize(
    "values", [np.full(20, np.nan), np.array([1.0, 2.0, *[np.nan] * 18]), np.full(20, np.inf)]
)
def test_numbers_that_say_nothing_ask_for_nothing(values: Floats) -> None:
    assert replications_for(values, 0.1, at_most=MOST) == 20


def test_the_half_width_is_reached_and_the_mean_is_within_it() -> None:
    """400 runs of normal numbers, 95 % promised (standard error 1.1 %); tests/long/stopping.py tries skewed ones."""
    generator = np.random.default_rng(7)
    within = 0
    for _ in range(400):
        values = generator.normal(10, 3, size=20)
        while (n := replications_for(values, 0.9, at_most=MOST)) > len(values):
            values = np.concatenate([values, generator.normal(10, 3, size=n - len(values))])
        assert estimate_interval(values).half_width <= 0.9
        within += abs(values.mean() - 10) <= 0.9
    assert within / 400 >= 0.94


SIM_TOOLS = (
    44.060115, 57.259885, 45.650450, 59.282884, 46.503193, 57.639664, 47.550807, 56.899193,
    47.228917, 55.859972, 48.053913, 55.846087, 48.387159, 55.340114, 48.376378, 54.773622,
)  # fmt: skip
"""What `confidence_interval_method(TWELVE, desired_precision=0.07, decimal_places=6)` of sim-tools 1.3.0 gives for the
first 5 to 12 numbers: lower and upper bounds. It calls 11 of them enough."""
TWELVE = np.array([52.1, 47.3, 58.8, 50.2, 44.9, 61.5, 49.7, 53.3, 46.1, 55.6, 51.0, 48.4])


def test_intervals_and_the_number_that_is_enough_are_those_of_sim_tools() -> None:
    """sim-tools makes t intervals; ours are those as wide again as skewness asks for."""
    bounds, enough = [], []
    for n in range(5, 13):
        found = estimate_interval(TWELVE[:n])
        students = found.half_width / float(
            estimate_intervals(TWELVE[:n, None], LEVEL, "fixed_sample").widened[0]
        )
        bounds += [found.mean - students, found.mean + students]
        if replications_for(TWELVE[:n], 0.07 * found.mean, at_most=MOST) == n:
            enough.append(n)
    assert bounds == pytest.approx(SIM_TOOLS, abs=1e-6)
    assert enough == [11, 12]
