"""Points of the cube and values of departments stand for one another; whole numbers are all as likely."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from simulation.assurance.fitting.emulator import space_of
from simulation.config.ensembles import Priors, Slope, VariedParameter
from simulation.errors import ConfigError

NOTE = {"evidence": "assumed", "source": "made for a test"}
RAW = {"site": {"beds": 20, "minutes": 8.5}}


def priors(path: str, how: str, low: float, high: float, *, whole: bool = False) -> Priors:
    parameter = VariedParameter(changes=(path,), how=how, range=(low, high), whole=whole, **NOTE)  # type: ignore[arg-type]
    return Priors(name="mine", parameters={"one": parameter})


def test_a_whole_number_that_is_multiplied_is_set_in_the_range_of_its_factors() -> None:
    (one,) = space_of(priors("site.beds", "times", 0.9, 1.1, whole=True), RAW).parameters.values()
    assert (one.how, one.range, one.whole) == ("set", (18, 22), True)


def test_every_whole_number_is_as_likely_as_the_others() -> None:
    space = space_of(priors("site.beds", "set", 18, 22, whole=True), RAW)
    points = (np.arange(1000) + 0.5) / 1000
    assert Counter(space.values(np.array([point]))[0] for point in points) == dict.fromkeys(range(18, 23), 200)
    assert space.spread[0] == pytest.approx(space.points([(each,) for each in range(18, 23)]).std())


def test_a_value_leads_back_to_its_point() -> None:
    space = space_of(priors("site.minutes", "times", 0.5, 1.5), RAW)
    assert space.values(np.array([0.25])) == (0.75,)
    assert space.points([(0.75,), (1.5,)]).ravel().tolist() == [0.25, 1.0]
    assert space.spread[0] == pytest.approx(1 / np.sqrt(12))


def test_departments_whose_answer_to_pressure_is_outside_what_is_asked_are_told_apart() -> None:
    """The slope of a department with so many minutes is twice their number, less 17."""
    slope = Slope(of={"one": 2.0}, otherwise=-17.0, range=(-1.0, 3.0), **NOTE)  # type: ignore[arg-type]
    asks = replace(priors("site.minutes", "set", 5, 15), slopes={"answer": slope})
    space = space_of(asks, RAW)
    points = space.points([(7.9,), (8.1,), (9.9,), (10.1,)])
    assert space.answers(points).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("path", "low", "phrase"),
    [
        ("site.minutes", 0.9, "'site.minutes' is 8.5, which is no whole number"),
        ("site.chairs", 0.9, "'site.chairs' is None, which is no whole number"),
        ("site.beds", 1.06, "leaves whole numbers from 22 to 22"),
    ],
)
def test_whole_numbers_that_cannot_vary_are_refused(path: str, low: float, phrase: str) -> None:
    with pytest.raises(ConfigError, match=phrase):
        space_of(priors(path, "times", low, 1.1, whole=True), RAW)
