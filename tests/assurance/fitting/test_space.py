"""Points of the cube and values of departments stand for one another; whole numbers are all as likely."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from simulation.assurance.fitting.emulator import centred_on, space_of
from simulation.config.ensembles import Priors
from simulation.errors import ConfigError
from simulation.study.design import Member, Structure, VariedParameter
from tests.held import Hold

NOTE = {"evidence": "assumed", "source": "made for a test"}
RAW = {"site": {"beds": 20, "minutes": 8.5}}


def of(*values: float, structure: str = "") -> Member:
    return Member(structure=structure, values=values)


def priors(path: str, how: str, low: float, high: float, *, whole: bool = False) -> Priors:
    parameter = VariedParameter(changes=(path,), how=how, range=(low, high), whole=whole, **NOTE)  # type: ignore[arg-type]
    return Priors(name="mine", parameters={"one": parameter})


def test_a_whole_number_that_is_multiplied_is_set_in_the_range_of_its_factors() -> None:
    (one,) = space_of(priors("site.beds", "times", 0.9, 1.1, whole=True), RAW).parameters.values()
    assert (one.how, one.range, one.whole) == ("set", (18, 22), True)


def test_every_whole_number_is_as_likely_as_the_others() -> None:
    space = space_of(priors("site.beds", "set", 18, 22, whole=True), RAW)
    points = (np.arange(1000) + 0.5) / 1000
    assert Counter(space.member(np.array([point])).values[0] for point in points) == dict.fromkeys(
        range(18, 23), 200
    )
    assert space.spread[0] == pytest.approx(
        space.points([of(each) for each in range(18, 23)]).std()
    )


def test_a_value_leads_back_to_its_point() -> None:
    space = space_of(priors("site.minutes", "times", 0.5, 1.5), RAW)
    assert space.member(np.array([0.25])) == of(0.75)
    assert space.points([of(0.75), of(1.5)]).ravel().tolist() == [0.25, 1.0]
    assert space.spread[0] == pytest.approx(1 / np.sqrt(12))


@pytest.mark.parametrize(
    ("path", "low", "phrase"),
    [
        ("site.minutes", 0.9, "'site.minutes' is 8.5, which is no"),
        ("site.chairs", 0.9, "'site.chairs' is None"),
        ("site.beds", 1.06, "whole numbers from 22 to 22"),
    ],
)
def test_whole_numbers_that_cannot_vary_are_refused(
    path: str, low: float, phrase: str, hold: Hold
) -> None:
    with hold.refusal(ConfigError, "priors/mine.yaml.parameters.one.changes", match=phrase):
        space_of(priors(path, "times", low, 1.1, whole=True), RAW)


def structured(**weights: float) -> Priors:
    """One parameter, and structures of these weights."""
    structures = {
        name: Structure(label=name, weight=weight, **NOTE) for name, weight in weights.items()
    }  # type: ignore[arg-type]
    return replace(priors("site.minutes", "times", 0.5, 1.5), structures=structures)


def test_structures_are_drawn_by_their_weights_and_lead_back_to_their_points() -> None:
    space = space_of(structured(usual=3, shared=1, three=1), RAW)
    assert space.n_dims == 2
    drawn = [space.member(np.array([0.25, (at + 0.5) / 1000])) for at in range(1000)]
    assert Counter(member.structure for member in drawn) == {
        "usual": 600,
        "shared": 200,
        "three": 200,
    }
    assert {member.values for member in drawn} == {(0.75,)}
    assert space.points([of(0.75, structure="three"), of(1.5, structure="usual")]) == pytest.approx(
        np.array([[0.25, 0.9], [1.0, 0.3]])
    )


def test_the_emulator_sees_any_two_structures_as_far_apart_as_the_ends_of_a_parameter() -> None:
    edges = space_of(structured(usual=3, shared=1, three=1), RAW).edges
    centred = centred_on(np.array([[0.0, 0.3], [0.0, 0.7], [0.0, 0.9], [1.0, 0.9]]), edges)
    usual, shared, three, longer = centred
    for one, other in ((usual, shared), (shared, three), (usual, three), (three, longer)):
        assert np.linalg.norm(one - other) == pytest.approx(2)
    assert 3 * usual[1:] + shared[1:] + three[1:] == pytest.approx(np.zeros(3))
