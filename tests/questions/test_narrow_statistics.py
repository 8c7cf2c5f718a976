"""The range of a department whose truth is known holds it as often as it says, and is narrower than before."""

from collections.abc import Sequence

import numpy as np
import pytest

from simulation.records.schema import Floats
from simulation.statistics.narrowing import Local, Narrowed, narrow
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
            found = narrowed(ensemble, columns, values)
            held.append((found.low < effects) & (effects < found.high))
            widths.append((found.high - found.low) / (found.everywhere.high - found.everywhere.low))
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


def test_figures_that_no_department_has_are_read_at_the_edge_of_what_departments_have() -> None:
    ensemble = made(4)
    figures = ensemble.figures[:, [0, 1]]
    highest = components(figures, ensemble.department_of).means[:, 0].max()
    moved, kept = (
        local(np.array([wait, 0.6])).nearest(figures, ensemble.department_of).values
        for wait in (90.0, 20.0)
    )
    assert highest < moved[0] < 1.5 * highest
    assert (moved[1], *kept) == (0.6, 20.0, 0.6)


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


@pytest.mark.slow
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


def of_causes(
    chance: np.random.Generator, n: int, apart: float
) -> tuple[Floats, Floats, list[str]]:
    """Departments of four causes, which tell themselves apart by a share of handovers where `apart` is 1: the nurse is
    worth less where staff speed up, the doctor most where clinicians are always busy, and each has a wait for triage of
    any length."""
    cause = np.arange(n) % 4
    figures, effects = truths(chance, n)
    handovers = apart * np.array([0.02, 0.6, 0.04, 0.27])[cause] + 0.04 * chance.standard_normal(n)
    worth = np.array([1.0, 0.9, 0.5, 0.8])[cause]
    shift = np.array([-8.0, 2.0, 5.0, -2.0])[cause]
    effects = np.column_stack([worth * effects[:, 0], effects[:, 1] + shift])
    return np.column_stack([figures[:, 0], handovers]), effects, [str(each) for each in cause]


def asked_of_causes(apart: float, *, known: bool = True) -> tuple[Floats, Floats, Floats]:
    """Of 400 departments asked about: which of both ranges hold, how wide these are, and the chance of their cause."""
    chance = np.random.default_rng(13)
    held, widths, right = [], [], []
    for _ in range(50):
        figures, effects, causes = of_causes(chance, 100, apart)
        ensemble = replications_of(chance, figures, effects)
        true_figures, true_effects, own = of_causes(chance, 8, apart)
        seen = replications_of(chance, true_figures, true_effects, each=1).figures
        for number in range(8):
            found = narrow(
                ensemble.figures,
                ensemble.effects,
                ensemble.department_of,
                local(seen[number], days=DAYS),
                [""] * 100,
                causes if known else (),
            )
            effect = true_effects[number]
            held.append((found.low < effect) & (effect < found.high))
            widths.append(found.high - found.low)
            right.append(found.causes[own[number] if known else ""])
    return np.array(held), np.array(widths), np.array(right)


@pytest.mark.slow
def test_figures_that_tell_causes_apart_narrow_the_answer_and_it_still_holds() -> None:
    """Of four causes, two have few long handovers. A line over all departments is as often right, and much wider."""
    held, widths, right = asked_of_causes(1.0)
    assert held.mean(axis=0) == pytest.approx([0.92, 0.92], abs=0.06)
    by_cause = held.reshape(50, 2, 4, 2).mean(axis=(0, 1))
    assert (by_cause > 0.8).all()
    assert right.reshape(50, 2, 4).mean(axis=(0, 1)) == pytest.approx([0.5, 1, 0.5, 1], abs=0.15)
    _, of_one_line, all_sure = asked_of_causes(1.0, known=False)
    assert (all_sure == 1).all()
    assert widths[:, 1].mean() < 0.85 * of_one_line[:, 1].mean()


@pytest.mark.slow
def test_figures_that_do_not_tell_causes_apart_leave_the_range_of_all_of_them() -> None:
    held, widths, right = asked_of_causes(0.0)
    assert held.mean(axis=0) == pytest.approx([0.92, 0.92], abs=0.06)
    assert right.mean() == pytest.approx(0.25, abs=0.05)
    assert (
        np.median(widths[:, 1]) > 13
    )  # what a doctor is worth differs by 13 minutes between causes


def test_the_range_of_departments_of_two_causes_is_that_of_both() -> None:
    """Half of the departments gain 20 minutes and half nothing, and no figure says which."""
    chance, cause = np.random.default_rng(5), np.arange(60) % 2
    figures = np.column_stack([20 + 5 * chance.standard_normal(60)])
    ensemble = replications_of(chance, figures, np.column_stack([-20.0 * cause]))
    here = local(np.array([20.0]), days=DAYS)
    given = ensemble.figures, ensemble.effects, ensemble.department_of, here, ONE
    found = narrow(*given, [str(each) for each in cause])
    assert list(found.causes.values()) == pytest.approx([0.5, 0.5], abs=0.1)
    assert (found.low[0], found.high[0]) == pytest.approx((-20, 0), abs=2)
    assert found.sign[0] == 0


def test_an_effect_that_grows_with_size_is_read_at_one_s_own_size() -> None:
    chance = np.random.default_rng(6)
    size = np.log(chance.uniform(200, 650, 60))
    wait = 20 + 4 * chance.standard_normal(60)
    effects = np.column_stack([-6 * (size - 5) + 0.5 * chance.standard_normal(60)])
    ensemble = replications_of(chance, wait[:, None], effects)
    figures = np.column_stack([ensemble.figures, size[ensemble.department_of]])
    for own in np.log([220.0, 600.0]):
        here = local(np.array([20.0, own]))
        found = narrow(figures, ensemble.effects, ensemble.department_of, here, ONE)
        assert found.mean[0] == pytest.approx(-6 * (own - 5), abs=0.6)
        assert (
            found.high[0] - found.low[0] < 0.5 * (found.everywhere.high - found.everywhere.low)[0]
        )
