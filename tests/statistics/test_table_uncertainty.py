"""Simulation and measurement told apart: variances come back as they were put in."""

import numpy as np
import pytest

from simulation.statistics.intervals import t_quantile
from simulation.statistics.variance_components import TableUncertainty, table_uncertainty


def simulated(
    measurement: float, noise: float, seed: int, n_tables: int = 8, n: int = 40
) -> TableUncertainty:
    """Effects of 3 with these standard deviations, and a replication effect that all tables share."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 2, n)
    tables = rng.normal(0, measurement, n_tables)
    drawn = 3 + tables[:, None] + shared + rng.normal(0, noise, (n_tables, n))
    return table_uncertainty(3 + shared + rng.normal(0, noise, n), drawn)


def test_the_variance_of_the_measurement_comes_back() -> None:
    """Mean over 400 studies; its standard error is about 2 % of the variance where there is any."""
    for measurement, noise in ((1.5, 0.5), (0.5, 2.0)):
        found = np.mean(
            [simulated(measurement, noise, seed).measurement ** 2 for seed in range(400)]
        )
        assert found == pytest.approx(measurement**2, rel=0.12)
    none = np.mean([simulated(0.0, 2.0, seed).measurement ** 2 for seed in range(400)])
    assert none < 0.03  # cut off at 0, so it cannot be 0 on average


def test_noise_that_the_tables_share_is_simulation() -> None:
    found = [simulated(1.5, 0.5, seed) for seed in range(100)]
    assert np.mean([each.simulation for each in found]) == pytest.approx(
        np.hypot(2, 0.5) / np.sqrt(40), rel=0.05
    )
    assert sum(each.dominates == "measurement" for each in found) > 95


def test_the_interval_of_both_covers_the_effect_of_a_table_nobody_knows() -> None:
    """The true tool is one more table; 400 studies, standard error of a coverage about 1 point."""
    covered = 0
    for seed in range(400):
        found = simulated(1.5, 0.5, seed)
        truth = 3 + np.random.default_rng(10_000 + seed).normal(0, 1.5)
        covered += abs(found.effect - truth) <= found.half_width
    assert covered >= 0.92 * 400


def test_four_times_the_cases_halve_the_doubt_of_the_measurement() -> None:
    uncertainty = TableUncertainty(
        0, error=0, simulation=0, measurement=2, department=0, n_tables=9
    )
    assert uncertainty.cases_for(uncertainty.half_width / 2, 100) == pytest.approx(400)
    noisy = TableUncertainty(0, error=2, simulation=2, measurement=1, department=0, n_tables=9)
    assert noisy.cases_for(1, 100) == float("inf")


def test_over_departments_three_layers_come_back_as_they_were_put_in() -> None:
    """30 departments, each used twice; mean variances of 200 studies, standard errors of them about 4 %."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        department = np.tile(np.arange(30), 2)
        own = 1.0 * rng.normal(size=30)[department]
        tables = rng.normal(0, 1.5, 8)
        drawn = 3 + tables[:, None] + own + rng.normal(0, 0.8, (8, 60))
        found.append(table_uncertainty(3 + own + rng.normal(0, 0.8, 60), drawn, department))
    assert np.mean([each.department**2 for each in found]) == pytest.approx(1, rel=0.16)
    assert np.mean([each.measurement**2 for each in found]) == pytest.approx(1.5**2, rel=0.16)
    assert np.mean([each.simulation for each in found]) == pytest.approx(
        0.8 / np.sqrt(60), rel=0.05
    )
    assert {each.dominates for each in found} <= {"measurement", "department"}
    assert np.mean([each.error**2 for each in found]) == pytest.approx(
        (1 + 0.8**2 / 2) / 30, rel=0.1
    )
    assert all(
        each.half_width_of_one > each.half_width > t_quantile(29) * each.error for each in found
    )


def test_a_larger_error_is_taken_over_and_a_smaller_one_is_not() -> None:
    uncertainty = TableUncertainty(
        0, error=2, simulation=1, measurement=2, department=0, n_tables=9
    )
    wider = uncertainty.at_least(3)
    assert (wider.error, wider.simulation) == (3, 1.5)
    assert uncertainty.at_least(0.1) == uncertainty.at_least(np.nan) == uncertainty
