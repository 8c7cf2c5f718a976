"""Admission that leans on the label: both outcomes from one number, and a right label changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.durations import Amount, Factor
from simulation.department.vocabulary import Pathway
from simulation.patients import Draws, attributes_after, draw
from tests.held import Hold

Small = Callable[..., Pathway]
LEVELS = "categories: [sick, middling, well], shares: [0.2, 0.5, 0.3]"
P = {"sick": 0.6, "middling": 0.3, "well": 0.1}
PS = np.array(list(P.values()))


def label_dependent(small: Small, weight: float, *, base: float = 1) -> Pathway:
    p = f"{{base: {base}, times: [{{by: acuity_true, values: {P}}}]}}"
    return small(f"""
    priority: {{classes: {{sick: {{rank: 1, rate: 1}}, middling: {{rank: 2, rate: 1}}, well: {{rank: 3, rate: 1}}}}}}
    attributes:
      acuity_true: {{kind: choice, {LEVELS}}}
      acuity_given: {{kind: given, like: acuity_true}}
      admitted: {{kind: chance, label_weight: {weight}, p: {p}}}
      ward: {{kind: choice, by: admitted, categories: [a, b], shares: {{"yes": [0.5, 0.5], "no": [1, 0]}}}}
      asleep: {{kind: chance, p: 0.5}}
    """)


@pytest.fixture
def patients(small: Small) -> Draws:
    return draw(label_dependent(small, 0), seed=3, replication=0, days=60)


def one_level_down(patients: Draws) -> np.ndarray:
    return np.minimum(patients.attributes["acuity_true"] + 1, 2).astype(np.int16)


def test_with_all_weight_on_it_the_admitted_are_those_whose_number_lies_below_the_label_s_chance(
    small: Small, patients: Draws
) -> None:
    given = one_level_down(patients)
    after = attributes_after(label_dependent(small, 1), patients, given)
    number = patients.uniform("admitted")
    assert np.array_equal(after["admitted"] == 1, number < PS[given])
    assert np.array_equal(
        patients.attributes["admitted"] == 1, number < PS[patients.attributes["acuity_true"]]
    )


def test_half_the_weight_is_halfway_and_more_weight_turns_away_more_of_the_same_patients(
    small: Small, patients: Draws
) -> None:
    given, true = one_level_down(patients), patients.attributes["acuity_true"]
    admitted = [
        attributes_after(label_dependent(small, w), patients, given)["admitted"] == 1
        for w in (0.25, 0.5, 1)
    ]
    assert np.array_equal(
        admitted[1], patients.uniform("admitted") < PS[true] + 0.5 * (PS[given] - PS[true])
    )
    for less, more in pairwise(admitted):
        assert not (more & ~less).any()
        assert more.sum() < less.sum()
    assert not (admitted[0] & ~(patients.attributes["admitted"] == 1)).any()


@pytest.mark.parametrize("weight", [0.3, 1])
def test_a_right_label_changes_nothing(weight: float, small: Small, patients: Draws) -> None:
    made = label_dependent(small, weight)
    drawn = draw(made, seed=3, replication=0, days=60)
    for name, codes in patients.attributes.items():
        assert np.array_equal(drawn.attributes[name], codes), name
    after = attributes_after(made, drawn, drawn.attributes["acuity_true"])
    for name, codes in after.items():
        assert np.array_equal(codes, patients.attributes[name]), name


def test_what_is_drawn_by_it_follows_by_its_own_number_and_nothing_else_moves(
    small: Small, patients: Draws
) -> None:
    given = one_level_down(patients)
    after = attributes_after(label_dependent(small, 1), patients, given)
    assert set(after) == {"admitted", "ward"}
    expected = (after["admitted"] == 1) & (patients.uniform("ward") >= 0.5)
    assert np.array_equal(after["ward"] == 1, expected)


def test_an_attribute_that_equals_one_that_leans_goes_on_to_equal_it(
    small: Small, patients: Draws
) -> None:
    pathway = label_dependent(small, 1)
    likes = replace(pathway.attributes["acuity_given"], like="admitted")
    pathway = replace(pathway, attributes={**pathway.attributes, "expected": likes})
    after = attributes_after(
        pathway, draw(pathway, seed=3, replication=0, days=60), one_level_down(patients)
    )
    assert np.array_equal(after["expected"], after["admitted"])


def test_without_weight_nothing_answers_to_the_label(small: Small, patients: Draws) -> None:
    assert attributes_after(label_dependent(small, 0), patients, one_level_down(patients)) == {}


def test_a_chance_above_one_counts_as_one_before_it_is_mixed(small: Small, patients: Draws) -> None:
    given = one_level_down(patients)
    after = attributes_after(
        label_dependent(small, 0.5, base=4), patients, given
    )  # 2.4, 1.2 and 0.4
    p = np.minimum(4 * PS, 1)
    expected = (
        patients.uniform("admitted") < 0.5 * p[patients.attributes["acuity_true"]] + 0.5 * p[given]
    )
    assert np.array_equal(after["admitted"] == 1, expected)


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        (
            "attributes: {frail: {label_weight: 0.5}}",
            "attributes.frail.label_weight",
            "does not depend on acuity",
        ),
        (
            "attributes: {frail: {label_weight: 0.5}}",
            "attributes.frail.label_weight",
            "there is no acuity_given",
        ),
    ],
)
def test_a_chance_that_cannot_lean_is_a_fault(
    changes: str, where: str, says: str, small: Small
) -> None:
    assert any(
        fault.where == where and says in fault.found for fault in check_pathway(small(changes))
    )


def test_minutes_that_answer_to_the_label_are_a_fault(small: Small, hold: Hold) -> None:
    made = label_dependent(small, 0.5)
    before = check_pathway(made)
    mean = Amount(times=(Factor(by="ward", values={"a": 1, "b": 2}),))
    longer = replace(
        made, durations={**made.durations, "resting": replace(made.durations["resting"], mean=mean)}
    )
    (fault,) = set(check_pathway(longer)) - set(before)
    assert fault.where == "durations.resting.mean"
    hold(fault.found, "'ward' depends")
