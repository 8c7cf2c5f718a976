"""The range of a department whose truth is known holds it as often as it says, and is narrower than before."""

from collections.abc import Sequence

import numpy as np
import pytest

from simulation.questions.narrow import Local, Narrowed, find_outside, narrow
from simulation.records.schema import Floats
from simulation.statistics.variance_components import components
from tests.statistics.ensembles import Made, made, replications_of, truths

DAYS, FORTNIGHT = 84.0, 14.0
ONE = [""] * 60  # structure


def local(values: Floats, *, days: float = FORTNIGHT) -> Local:
    return Local(values, np.full(len(values), days), np.zeros(len(values)), DAYS)


def one_of(chance: np.random.Generator, columns: list[int]) -> tuple[Floats, Floats]:
    """A department of the same kind: what a fortnight shows of it, and its effects in the long run."""
    figures, effects = truths(chance, 1)
    weeks = replications_of(chance, figures, effects, each=1).figures[0] - figures[0]
    return (figures[0] + weeks * np.sqrt(DAYS / FORTNIGHT))[columns], effects[0]


def narrowed(ensemble: Made, columns: list[int], values: Floats) -> Narrowed:
    return narrow(
        ensemble.figures[:, columns], ensemble.effects, ensemble.department_of, local(values), ONE
    )


@pytest.mark.slow
@pytest.mark.parametrize("columns", [[0], [0, 2]], ids=["one figure", "two figures"])
def test_the_range_holds_the_truth_as_often_as_it_says(columns: list[int]) -> None:
    chance = np.random.default_rng(1)
    held, widths = [], []
    for seed in range(150):
        ensemble = made(seed)
        for _ in range(10):
            values, effects = one_of(chance, columns)
            if find_outside(ensemble.figures[:, columns], ensemble.department_of, local(values)):
                continue
            found = narrowed(ensemble, columns, values)
            held.append((found.low < effects) & (effects < found.high))
            widths.append((found.high - found.low) / (found.everywhere.high - found.everywhere.low))
    assert len(held) > 1400
    assert np.mean(held, axis=0) == pytest.approx([0.9, 0.9], abs=0.04)
    nurse, doctor = np.median(widths, axis=0)
    assert nurse < 0.45
    assert doctor < 1.05


def test_a_figure_of_more_days_narrows_more() -> None:
    ensemble = made(2)
    figures, columns = ensemble.figures, [0]
    widths = []
    for days in (3, 14, 84):
        here = local(np.array([22.0]), days=days)
        found = narrow(figures[:, columns], ensemble.effects, ensemble.department_of, here, ONE)
        widths.append(found.high[0] - found.low[0])
    assert widths[0] > widths[1] > widths[2]


def test_few_patients_widen_the_range() -> None:
    ensemble = made(2)
    few = Local(np.array([22.0]), np.array([14.0]), np.array([22.0**2 / 10]), DAYS)
    many = local(np.array([22.0]))
    wide, fine = (
        narrow(ensemble.figures[:, :1], ensemble.effects, ensemble.department_of, each, ONE)
        for each in (few, many)
    )
    assert wide.high[0] - wide.low[0] > 1.3 * (fine.high[0] - fine.low[0])


def test_a_second_figure_that_tells_nothing_moves_the_answer_little() -> None:
    ensemble = made(3)
    one = narrowed(ensemble, [0], np.array([24.0]))
    two = narrowed(ensemble, [0, 3], np.array([24.0, 22.0]))
    assert two.mean[0] == pytest.approx(one.mean[0], abs=0.7)


def test_figures_that_no_department_has_are_named() -> None:
    ensemble = made(4)
    columns = [0, 1]
    figures = ensemble.figures[:, columns]
    (beyond,) = find_outside(figures, ensemble.department_of, local(np.array([90.0, 0.6])))
    assert beyond.figure == 0
    assert beyond.highest < 60
    assert find_outside(figures, ensemble.department_of, local(np.array([20.0, 0.68]))) == ()


def test_figures_that_no_department_has_together_are_refused_though_each_is_common() -> None:
    ensemble = made(4)
    figures = ensemble.figures[:, [0, 1]]
    (beyond,) = find_outside(figures, ensemble.department_of, local(np.array([38.0, 0.2])))
    assert beyond.figure is None


def test_a_wait_is_as_noisy_as_where_waits_are_as_long() -> None:
    chance, waits = np.random.default_rng(5), np.repeat(np.linspace(5, 45, 60), 2)
    department = np.repeat(np.arange(60), 2)
    moments = components((waits * (1 + 0.1 * chance.standard_normal(120)))[:, None], department)
    short, long = (
        np.sqrt(local(np.array([value]), days=DAYS).noise(moments)[0][0, 0])
        for value in (8.0, 40.0)
    )
    assert short == pytest.approx(0.8, rel=0.4)
    assert long == pytest.approx(4.0, rel=0.3)


def of_structures(chance: np.random.Generator, sizes: Sequence[int]) -> tuple[Made, list[str]]:
    """Departments of some structures, each of which moves the effects of all its departments alike."""
    names = [str(number) for number, size in enumerate(sizes) for _ in range(size)]
    figures, effects = truths(chance, len(names))
    shared = 1.5 * chance.standard_normal((len(sizes), 2))
    effects = effects + np.repeat(shared, sizes, axis=0)
    return replications_of(chance, figures, effects), names


def test_the_range_holds_departments_of_structures_that_the_run_does_not_have() -> None:
    """They are held in .9 of 100 ensembles, but for the few structures that each has; a range that takes departments
    for draws of one kind holds far fewer."""
    chance, held = np.random.default_rng(11), []
    for _ in range(100):
        ensemble, names = of_structures(chance, (30, 10, 6, 5, 4, 3, 2))
        figures, effects = truths(chance, 1)
        effects = effects + 1.5 * chance.standard_normal(2)
        here = Local(figures[0, :1], np.array([3640.0]), np.zeros(1), DAYS)
        for structures in (names, ONE[: len(names)]):
            found = narrow(
                ensemble.figures[:, :1], ensemble.effects, ensemble.department_of, here, structures
            )
            held.append((found.low < effects[0]) & (effects[0] < found.high))
    told, untold = np.mean(held[::2]), np.mean(held[1::2])
    assert told > 0.85
    assert untold < told - 0.05


def test_an_arm_without_an_effect_is_given_a_direction_in_one_of_twenty_at_most() -> None:
    """2,000 arms that differ from nothing by simulation noise alone; 1.5 points are three standard errors."""
    chance, directed = np.random.default_rng(7), []
    for seed in range(100):
        figures = made(seed)
        nothing = 0.5 * chance.standard_normal((len(figures.department_of), 20))
        values, _ = one_of(chance, [0])
        found = narrow(figures.figures[:, :1], nothing, figures.department_of, local(values), ONE)
        directed.append(found.sign != 0)
        assert (found.low < found.high).all()
    assert np.mean(directed) < 0.05 + 0.015
