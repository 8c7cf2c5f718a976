"""The number and time of arrivals follow the description. Seeds are fixed; tolerances state their false-alarm rate."""

from collections.abc import Callable

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.patients import Draws, draw
from simulation.units import DAY, HOUR

DAYS = 7 * 200
Small = Callable[..., Pathway]


@pytest.fixture(scope="module")
def drawn(small: Small) -> Draws:
    steady = "day_factors: {weather: {cv: 0}}"
    return draw(small(steady), seed=11, replication=0, days=DAYS)


def z(counts: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Poisson counts in standard deviations from their means."""
    return (counts - means) / np.sqrt(means)


def test_the_mean_by_hour_is_the_described_one(small: Small, drawn: Draws) -> None:
    weights = np.array(small().profiles["by_hour"].weights)
    hour = drawn.arrived_at[drawn.arrival_source == 0] % DAY // HOUR
    counts = np.bincount(hour, minlength=24)
    # The largest of 24 standard normals is above 5 once in 70,000 seeds.
    assert np.abs(z(counts, DAYS * 60 * weights / weights.sum())).max() < 5


def test_the_mean_by_weekday_is_the_described_one(small: Small, drawn: Draws) -> None:
    weights = np.array(small().profiles["by_weekday"].weights)
    weekday = drawn.arrived_at[drawn.arrival_source == 0] // DAY % 7
    # The largest of 7 standard normals is above 5 once in 250,000 seeds.
    assert (
        np.abs(z(np.bincount(weekday, minlength=7), DAYS * 60 * weights / weights.sum())).max() < 5
    )


def test_a_stream_without_profiles_comes_evenly(drawn: Draws) -> None:
    hour = drawn.arrived_at[drawn.arrival_source == 1] % DAY // HOUR
    # As above: once in 70,000 seeds.
    assert np.abs(z(np.bincount(hour, minlength=24), np.full(24, DAYS * 30 / 24))).max() < 5


@pytest.mark.parametrize("scale", [0.7, 1.4])
def test_scaled_arrivals_have_the_scaled_mean_in_every_hour(scale: float, small: Small) -> None:
    pathway = small(
        f"arrivals: {{walk_in: {{scale: {scale}}}}}\nday_factors: {{weather: {{cv: 0}}}}"
    )
    scaled = draw(pathway, seed=12, replication=0, days=DAYS)
    weights = np.array(pathway.profiles["by_hour"].weights)
    counts = np.bincount(scaled.arrived_at[scaled.arrival_source == 0] % DAY // HOUR, minlength=24)
    assert (
        np.abs(z(counts, scale * DAYS * 60 * weights / weights.sum())).max() < 5
    )  # once in 70,000 seeds


def test_daily_counts_without_a_day_factor_are_poisson(drawn: Draws) -> None:
    counts = np.bincount(drawn.arrived_at[drawn.arrival_source == 1] // DAY, minlength=DAYS)
    # Variance over mean of Poisson counts is 1 with standard deviation sqrt(2/n); 5 of them: once in a million seeds.
    assert abs(counts.var(ddof=1) / counts.mean() - 1) < 5 * np.sqrt(2 / DAYS)


@pytest.mark.slow
def test_a_day_factor_adds_its_squared_cv_to_the_variance_of_daily_counts(small: Small) -> None:
    cv, mean = 0.1, 1000
    busy = "arrivals: {walk_in: {per_day: 1000, by_weekday: null, by_hour: null}}"
    counts = np.bincount(_arrivals(small(busy), seed=13), minlength=DAYS)
    expected = mean + (cv * mean) ** 2
    # A sample variance of near-normal counts has relative standard deviation sqrt(2/n); 5 of them: once in a million.
    assert abs(counts.var(ddof=1) / expected - 1) < 5 * np.sqrt(2 / DAYS)
    assert abs(counts.mean() - mean) < 5 * np.sqrt(expected / DAYS)


@pytest.mark.slow
def test_streams_that_name_one_day_factor_are_busy_on_the_same_days(small: Small) -> None:
    both = "arrivals: {walk_in: {per_day: 1000, by_weekday: null}, ambulance: {per_day: 1000, day_factor: weather}}"
    pathway = small(both)
    drawn = draw(pathway, seed=14, replication=0, days=DAYS)
    counts = [
        np.bincount(drawn.arrived_at[drawn.arrival_source == code] // DAY, minlength=DAYS)
        for code in (0, 1)
    ]
    # Expected correlation cv^2 m / (1 + cv^2 m) = 10/11; its standard deviation is below .006.
    assert np.corrcoef(counts)[0, 1] == pytest.approx(10 / 11, abs=0.03)


def _arrivals(pathway: Pathway, seed: int) -> np.ndarray:
    drawn = draw(pathway, seed=seed, replication=0, days=DAYS)
    return drawn.arrived_at[drawn.arrival_source == 0] // DAY


def test_patients_are_sorted_by_arrival_and_nobody_comes_outside_the_days(drawn: Draws) -> None:
    assert (np.diff(drawn.arrived_at) >= 0).all()
    assert drawn.arrived_at[0] >= 0
    assert drawn.arrived_at[-1] < DAYS * DAY
