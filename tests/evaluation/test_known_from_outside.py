"""Analyses against what is known from outside: Hussey and Hughes 2007, and series without autocorrelation.

Hussey MA, Hughes JP. Design and analysis of stepped wedge cluster randomized trials. Contemp Clin Trials 2007;28:182.
Turner SL et al. Evaluation of statistical methods used in the analysis of interrupted time series studies: a simulation
study. BMC Med Res Methodol 2021;21:181.
"""

import numpy as np
import pytest
from scipy import stats

from simulation.evaluation.analyses import analyse
from simulation.evaluation.design import Analysis, BeforeAfter
from simulation.evaluation.trials import list_orders
from simulation.records.schema import Mask
from tests.evaluation.made import design_of, gaussian, wedge

CHANCE = np.random.default_rng(3)
SETTINGS = (  # departments, steps, patients a period, intraclass correlation
    (4, 4, 100, 0.01),
    (6, 3, 20, 0.05),
    (8, 4, 50, 0.02),
    (8, 8, 100, 0.1),
    (12, 4, 200, 0.001),
    (24, 6, 10, 0.3),
)


def variance_of_hussey_and_hughes(on: Mask, between: float, within: float) -> float:
    """The variance of the estimated effect by their formula (8); `within`: that of a period's mean."""
    n, n_periods = on.shape
    u = on.sum()
    w = (on.sum(axis=0) ** 2).sum()
    v = (on.sum(axis=1) ** 2).sum()
    above = n * within * (within + n_periods * between)
    below = (n * u - w) * within + (u**2 + n * n_periods * u - n_periods * w - n * v) * between
    return float(above / below)


@pytest.mark.slow
def test_least_squares_with_known_variances_have_the_power_of_hussey_and_hughes() -> None:
    """In 2,000 trials of each of six settings; 3.5 standard errors are crossed by chance once in 350 runs of all."""
    n_trials = 2_000
    for departments, steps, patients, correlation in SETTINGS:
        between, within = correlation, (1 - correlation) / patients
        allocations = list_orders(wedge(departments, steps), CHANCE)
        error = np.sqrt(variance_of_hussey_and_hughes(allocations[0], between, within))
        effect = error * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8))
        for stated, expected in ((effect, 0.8), (0.0, 0.05)):
            trials = gaussian(allocations, n_trials, effect=stated, between=between, within=within)
            reported = analyse(trials, "gls")
            np.testing.assert_allclose(reported.half_width, 1.959964 * error, rtol=1e-6)
            assert abs((reported.p < 0.05).mean() - expected) < 3.5 * np.sqrt(
                expected * (1 - expected) / n_trials
            )


@pytest.mark.parametrize(
    ("weeks", "analysis", "low", "high"),
    [
        (24, "least_squares", 0.035, 0.065),
        pytest.param(52, "least_squares", 0.035, 0.065, marks=pytest.mark.slow),
        pytest.param(24, "hac", 0.23, 0.34, marks=pytest.mark.slow),
        pytest.param(52, "hac", 0.12, 0.20, marks=pytest.mark.slow),
        pytest.param(24, "glsar", 0.07, 0.14, marks=pytest.mark.slow),
        pytest.param(52, "glsar", 0.05, 0.11, marks=pytest.mark.slow),
    ],
)
def test_of_series_without_autocorrelation_least_squares_alone_keep_their_level(
    weeks: int, analysis: Analysis, low: float, high: float
) -> None:
    design = design_of(BeforeAfter(kind="before_after", before_weeks=weeks // 2), weeks=weeks)
    trials = gaussian(list_orders(design, CHANCE), 1_000 if analysis != "least_squares" else 2_000)
    assert low < (analyse(trials, analysis).p < 0.05).mean() < high
