"""Which figures tell groups of departments apart: made-up departments, where the answer is known."""

import numpy as np
import pytest

from simulation.records.schema import Floats
from simulation.statistics.variance_components import tell_apart

N, M = 60, 2
DEPARTMENT = np.tile(np.arange(N), M)
GROUP = np.array(["a", "b", "c"])[DEPARTMENT % 3]
AT = {"a": 0.0, "b": 1.0, "c": 2.0}


def made(signal: list[dict[str, float]], noise: float = 0.1, seed: int = 1) -> Floats:
    """Figures of a group's number, differences of departments of sd .1, and noise of replications; then three that say
    nothing."""
    rng = np.random.default_rng(seed)
    says = np.array([[of[group] for of in signal] for group in GROUP]).reshape(N * M, -1)
    figures = np.column_stack([says, np.zeros((N * M, 3))])
    own = rng.normal(0, 0.1, (N, figures.shape[1]))[DEPARTMENT]
    values: Floats = figures + own + rng.normal(0, noise, figures.shape)
    return values


def test_one_figure_that_separates_all_groups_is_found_and_is_nearly_always_right() -> None:
    told = tell_apart(made([AT]), DEPARTMENT, GROUP, noise=1.0)
    assert told.figures[0] == 0
    assert min(told.right) > 0.97


def test_two_figures_are_found_where_each_separates_one_group() -> None:
    """The first tells a from the others, the second b: alone each is right for two in three."""
    signal = [{"a": 1.0, "b": 0.0, "c": 0.0}, {"a": 0.0, "b": 1.0, "c": 0.0}]
    told = tell_apart(made(signal), DEPARTMENT, GROUP, noise=1.0)
    assert set(told.figures) == {0, 1}
    assert told.right == (pytest.approx(2 / 3, abs=0.12), pytest.approx(1.0, abs=0.05))


def test_figures_that_say_nothing_are_right_as_often_as_a_guess() -> None:
    """The share counts departments that chose no figure: of twenty figures the best looks better than it is."""
    rng = np.random.default_rng(2)
    figures = rng.normal(size=(N, 20))[DEPARTMENT] + rng.normal(0, 0.1, (N * M, 20))
    told = tell_apart(figures, DEPARTMENT, GROUP, noise=1.0)
    assert max(told.right) < 1 / 3 + 3 * np.sqrt(2 / 9 / N)


@pytest.mark.parametrize(("days", "low", "high"), [(1, 0.34, 0.6), (100, 0.75, 1.0)])
def test_a_figure_measured_for_few_days_is_too_noisy_to_tell(
    days: float, low: float, high: float
) -> None:
    """Replications of 14 days with noise of sd .5; groups are 1 apart."""
    told = tell_apart(made([AT], noise=0.5), DEPARTMENT, GROUP, noise=14 / days)
    assert low < told.right[0] < high


def test_the_unit_of_a_figure_and_a_figure_that_never_differs_change_nothing() -> None:
    figures = made([AT, {"a": 0.0, "b": 1.0, "c": 0.0}])
    told = tell_apart(figures, DEPARTMENT, GROUP, noise=2.0)
    scaled = np.column_stack([figures * 1000, np.ones(N * M)])
    again = tell_apart(scaled, DEPARTMENT, GROUP, noise=2.0)
    assert again.figures == told.figures
    assert again.right == pytest.approx(told.right, abs=1e-6)
