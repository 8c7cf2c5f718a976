"""An age in whole years: drawn within the band of each patient, from a stream of its own."""

from collections.abc import Callable

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.vocabulary import Pathway
from simulation.errors import DrawsError
from simulation.patients import Draws, attributes_after, draw, draws_from_table
from simulation.patients.sample import ages_of
from tests.patients.test_from_table import table

Small = Callable[..., Pathway]
Different = Callable[..., set[str]]
YEARS = """
attributes:
  years: {kind: age, by: age, shares: {young: {0-3: 0.2, 4-17: 0.8}, old: {80-89: 0.7, 70-79: 0.3}}}
"""


@pytest.fixture(scope="module")
def aged(small: Small) -> Pathway:
    return small(YEARS)


@pytest.fixture(scope="module")
def patients(aged: Pathway) -> Draws:
    return draw(aged, seed=1, replication=0, days=300)


def test_an_age_lies_within_the_patients_band_with_the_shares_of_its_spans(
    aged: Pathway, patients: Draws
) -> None:
    check_pathway(aged)
    years, old = patients.attributes["years"], patients.attributes["age"] == 1
    assert (years[~old].min(), years[~old].max()) == (0, 17)
    assert (years[old].min(), years[old].max()) == (70, 89)
    # four standard errors over about 10,000 patients a band: a false alarm in 8,000 runs
    assert (years[~old] <= 3).mean() == pytest.approx(0.2, abs=0.015)
    assert (years[old] >= 80).mean() == pytest.approx(0.7, abs=0.02)


def test_ages_are_even_within_a_span(patients: Draws) -> None:
    years = patients.attributes["years"]
    counts = np.bincount(years[(years >= 4) & (years <= 17)])[4:]
    assert len(counts) == 14
    assert (np.abs(counts - counts.mean()) < 4.5 * np.sqrt(counts.mean())).all()


def test_an_age_moves_no_other_column(small: Small, patients: Draws, different: Different) -> None:
    assert not different(patients, draw(small(), seed=1, replication=0, days=300))


def test_no_rounding_gives_a_year_outside_the_band(aged: Pathway) -> None:
    lowest_and_highest = np.array([2.0**-54, 1 - 2.0**-53])
    for code, ends in enumerate(
        ([0, 17], [80, 79])
    ):  # the spans of the old are stated the other way round
        codes = {"age": np.full(2, code, dtype=np.int16)}
        assert ages_of(aged, codes, aged.attributes["years"], lowest_and_highest).tolist() == ends  # type: ignore[arg-type]


def test_an_age_by_what_depends_on_the_label_follows_the_label(small: Small) -> None:
    label_dependent = small("""
    attributes:
      acuity_true: {kind: choice, categories: [everybody, nobody], shares: [1, 0]}
      acuity_given: {kind: given, like: acuity_true}
      ill: {kind: chance, p: {base: 1, times: [{by: acuity_true, values: {everybody: 0, nobody: 1}}]}, label_weight: 1}
      years: {kind: age, by: ill, shares: {"no": {"40": 1}, "yes": {"90": 1}}}
    """)
    plain = draw(label_dependent, seed=1, replication=0, days=2)
    after = attributes_after(label_dependent, plain, np.ones(len(plain), dtype=np.int16))
    assert set(plain.attributes["years"]) == {40}
    assert set(after["years"]) == {90}


def test_a_table_of_patients_states_ages_as_numbers(aged: Pathway) -> None:
    stated = draws_from_table(aged, table(years=[3, 80, 17, 0]))
    assert stated.attributes["years"].tolist() == [0, 80, 17, 3]  # in order of arrival
    with pytest.raises(DrawsError, match=r"^table of patients: column 'years' holds '-1'"):
        draws_from_table(aged, table(years=[-1, 80, 17, 0]))


def test_factors_by_spans_of_years_are_those_of_each_year(small: Small) -> None:
    def with_factors(of_young: str, of_ward: str) -> Pathway:
        return small(
            YEARS
            + f"""
  ill: {{kind: chance, p: {{base: 0.5, times: [{{by: years, values: {{{of_young}}}, otherwise: 1}}]}}}}
  ward: {{kind: choice, categories: [a, b], shares: [0.5, 0.5], times: [{{by: years, values: {{{of_ward}}}}}]}}
"""
        )

    def each(first: int, last: int, value: str) -> str:
        return ", ".join(f'"{year}": {value}' for year in range(first, last + 1))

    spans = with_factors("0-3: 0.2", "0-17: [1, 1], 18-69: [1, 1], 70-79: [1, 0.5], 80-89: [1, 9]")
    years = with_factors(
        each(0, 3, "0.2"),
        f"{each(0, 69, '[1, 1]')}, {each(70, 79, '[1, 0.5]')}, {each(80, 89, '[1, 9]')}",
    )
    assert check_pathway(spans) == check_pathway(years)
    of_each = [
        draw(pathway, seed=1, replication=0, days=20).attributes for pathway in (spans, years)
    ]
    for name in ("ill", "ward"):
        np.testing.assert_array_equal(*(attributes[name] for attributes in of_each))
    aged, ward = of_each[0]["years"], of_each[0]["ward"]
    assert ward[aged >= 80].mean() > 0.8 > 0.4 > ward[(aged >= 70) & (aged < 80)].mean()


@pytest.mark.parametrize("spans", ["0-17: [1, 1]", "0-200: [1, 1]", "0-88: [1, 1], old: [1, 1]"])
def test_spans_that_leave_out_a_year_or_know_one_too_many_are_faults(
    small: Small, spans: str
) -> None:
    shares = "shares: [0.5, 0.5], times: [{by: years, values: {" + spans + "}}]"
    of_ward = small(YEARS + f"  ward: {{kind: choice, categories: [a, b], {shares}}}\n")
    assert any(
        fault.where.startswith("attributes.ward.times.0.values") for fault in check_pathway(of_ward)
    )
