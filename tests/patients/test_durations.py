"""Minutes between ends, with corners, and as they were timed."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from simulation.department.check_pathway import check_pathway
from simulation.department.durations import AnyDuration, Empirical, Triangular, Uniform
from simulation.department.vocabulary import Pathway
from simulation.patients import draw

ASSUMED = {"evidence": "assumed", "source": "test"}
NORMAL = np.linspace(-3, 3, 61).astype(np.float32)
TIMED = np.array([2, 5, 7, 12, 30.0])


@pytest.mark.parametrize(
    ("duration", "quantile"),
    [
        (Uniform(kind="uniform", mean=8, ends=(4, 12), **ASSUMED), stats.uniform(4, 8).ppf),
        (
            Triangular(kind="triangular", mean=8, corners=(4, 6, 14), **ASSUMED),
            stats.triang(0.2, 4, 10).ppf,
        ),
        (
            Triangular(kind="triangular", mean=8, corners=(4, 4, 16), **ASSUMED),
            stats.triang(0, 4, 12).ppf,
        ),
        (
            Empirical(kind="empirical", mean=10, quantiles=tuple(TIMED), **ASSUMED),
            lambda share: np.interp(share, np.linspace(0, 1, 5), TIMED),
        ),
    ],
)
def test_minutes_are_the_quantiles_of_what_is_stated(
    duration: AnyDuration, quantile: Callable[[np.ndarray], np.ndarray]
) -> None:
    into = np.empty(len(NORMAL))
    duration.to_minutes(NORMAL.copy(), np.full(len(NORMAL), duration.mean, dtype=float), into)
    np.testing.assert_allclose(into, quantile(stats.norm.cdf(NORMAL)), rtol=1e-4)


def test_a_shape_is_scaled_to_the_mean_of_each_patient() -> None:
    duration = Uniform(kind="uniform", mean=8, ends=(1, 3), **ASSUMED)
    into = np.empty(2)
    duration.to_minutes(np.zeros(2, dtype=np.float32), np.array([8.0, 80.0]), into)
    np.testing.assert_allclose(into, [8, 80])


@pytest.mark.parametrize(
    "stated",
    ["{kind: uniform, mean: 9, ends: [3, 15]}", "{kind: triangular, mean: 9, corners: [3, 4, 20]}",
     "{kind: empirical, mean: 9, quantiles: [1, 2, 30]}"],
)  # fmt: skip
def test_a_department_draws_them_with_the_stated_mean(
    stated: str, small: Callable[..., Pathway]
) -> None:
    drawn = draw(small(f"durations: {{resting: {stated}}}\nsteps: {{see: {{minutes: [seeing, resting]}}}}"), seed=1,
                 replication=0, days=60)  # fmt: skip
    minutes = drawn.minutes["resting"][0]
    assert minutes[minutes > 0].mean() == pytest.approx(9, rel=0.05)


@pytest.mark.parametrize("stated", ["kind: uniform, ends: [9, 3]", "kind: triangular, corners: [3, 9, 8]",
                                    "kind: empirical, quantiles: [0, 0]"])  # fmt: skip
def test_what_does_not_rise_is_refused(stated: str, small: Callable[..., Pathway]) -> None:
    faults = check_pathway(small(f"durations: {{resting: {{mean: 9, {stated}}}}}"))
    assert ["rising order" in fault.remedy for fault in faults] == [True]
