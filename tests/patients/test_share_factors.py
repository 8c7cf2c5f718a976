"""Shares of a choice that depend on two attributes: those stated, times factors, scaled to add up to 1."""

from collections.abc import Callable

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.graph import label_dependent
from simulation.department.rota import per_day_by_category
from simulation.department.vocabulary import Pathway
from simulation.patients import Draws, draw
from tests.held import Hold

Small = Callable[..., Pathway]
WARDS = "kind: choice, categories: [a, b], evidence: assumed, source: test"
BY_SOURCE = "by: arrival_source, shares: {walk_in: [0.5, 0.5], ambulance: [0.9, 0.1]}"
BY_AGE = "{by: age, values: {young: [1, 3], old: [1, 1]}}"


def with_ward(small: Small, words: str) -> Pathway:
    return small(f"attributes: {{ward: {{{WARDS}, {words}}}}}")


def drawn(pathway: Pathway) -> Draws:
    return draw(pathway, seed=1, replication=0, days=400)


def share_of_b(draws: Draws, *, source: int, age: int) -> float:
    codes = draws.attributes
    return float(codes["ward"][(draws.arrival_source == source) & (codes["age"] == age)].mean())


def test_a_share_is_the_stated_one_times_its_factor_scaled_to_add_up_to_1(small: Small) -> None:
    # walk-ins 5 to 5 and the young 1 to 3: 5 to 15; ambulance patients 9 to 1: 9 to 3
    draws = drawn(with_ward(small, f"{BY_SOURCE}, times: [{BY_AGE}]"))
    shares = {
        (source, age): share_of_b(draws, source=source, age=age)
        for source in (0, 1)
        for age in (0, 1)
    }
    # at least 3,600 patients a cell: 4 standard errors are .033
    assert shares == pytest.approx(
        {(0, 0): 0.75, (0, 1): 0.5, (1, 0): 0.25, (1, 1): 0.1}, abs=0.033
    )


def test_factors_by_several_attributes_multiply(small: Small) -> None:
    by_frailty = '{by: frail, values: {"no": [1, 1], "yes": [1, 2]}}'
    draws = drawn(with_ward(small, f"shares: [0.5, 0.5], times: [{BY_AGE}, {by_frailty}]"))
    old_and_frail = (draws.attributes["age"] == 1) & (draws.attributes["frail"] == 1)
    assert float(draws.attributes["ward"][old_and_frail].mean()) == pytest.approx(2 / 3, abs=0.03)
    assert share_of_b(draws, source=0, age=0) == pytest.approx(0.75, abs=0.02)


def test_factors_of_1_draw_the_same_patients(small: Small) -> None:
    ones = "times: [{by: age, values: {young: [1, 1], old: [1, 1]}}]"
    plain, times_1 = (
        drawn(with_ward(small, words)) for words in (BY_SOURCE, f"{BY_SOURCE}, {ones}")
    )
    for name, codes in plain.attributes.items():
        np.testing.assert_array_equal(codes, times_1.attributes[name])


def test_factors_by_one_attribute_move_no_other(small: Small) -> None:
    plain, factored = (
        drawn(with_ward(small, words)) for words in (BY_SOURCE, f"{BY_SOURCE}, times: [{BY_AGE}]")
    )
    moved = {
        name
        for name, codes in plain.attributes.items()
        if (codes != factored.attributes[name]).any()
    }
    assert moved == {"ward"}


def test_every_fault_of_factors_is_told_at_once(small: Small, hold: Hold) -> None:
    factors = (
        "times: [{by: age, values: {young: [1], older: [1, 1]}}, {by: later, values: {x: [1, 1]}}]"
    )
    later = "later: {kind: choice, categories: [x], shares: [1], evidence: assumed, source: test}"
    words = f"attributes: {{ward: {{{WARDS}, shares: [0.5, 0.5], {factors}}}, {later}}}"
    hold({str(fault) for fault in check_pathway(small(words))})


def test_a_choice_with_a_factor_that_leans_on_the_label_leans_on_it(small: Small) -> None:
    acuity = "acuity_true: {kind: choice, categories: [everybody], shares: [1], evidence: assumed, source: test}"
    given = "acuity_given: {kind: given, like: acuity_true, evidence: assumed, source: test}"
    by_label = "{base: 1, times: [{by: acuity_true, values: {everybody: 1}}]}"
    admitted = f"admitted: {{kind: chance, p: {by_label}, label_weight: 0.5, evidence: assumed, source: test}}"
    times = 'times: [{by: admitted, values: {"no": [1, 1], "yes": [1, 2]}}]'
    ward = f"ward: {{{WARDS}, shares: [0.5, 0.5], {times}}}"
    assert label_dependent(small(f"attributes: {{{acuity}, {given}, {admitted}, {ward}}}")) == (
        "admitted",
        "ward",
    )


def test_patients_a_day_by_category_are_not_worked_out_from_shares_with_factors(
    small: Small,
) -> None:
    by_source = "{by: arrival_source, values: {walk_in: [1, 2], ambulance: [1, 1]}}"
    plain, factored = (
        with_ward(small, f"{BY_SOURCE}{more}") for more in ("", f", times: [{by_source}]")
    )
    assert per_day_by_category(plain, "ward", ["walk_in"]) == pytest.approx({"a": 30, "b": 30})
    assert per_day_by_category(factored, "ward", ["walk_in"]) is None
