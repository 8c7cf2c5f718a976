"""What departments that fit say of parameters and targets, worked out on departments made by hand."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simulation.assurance.fitting.build import Fit, Year
from simulation.assurance.fitting.command import (
    Confirmed,
    confirm_fit,
    conflicting_targets,
    contractions,
    spreads,
    structure_shares,
    ties,
)
from simulation.assurance.fitting.emulator import Space
from simulation.assurance.targets import PublishedFigure
from simulation.study.design import Member, Structure, VariedParameter

Inside = Callable[[np.ndarray], np.ndarray]
EVEN = (np.arange(40) + 0.5) / 40
ROW: Any = {
    "kind": "calibrated", "unit": "minutes", "value": 1.5, "low": 1, "high": 2, "tolerance": "band",
    "evidence": "assumed", "source": "made for a test", "note": "",
}  # fmt: skip


def of(*values: float, structure: str = "") -> Member:
    return Member(structure=structure, values=values)


def varied(low: float, high: float) -> VariedParameter:
    return VariedParameter(
        changes=("x",), how="set", range=(low, high), evidence="assumed", source="a test"
    )


def fit_of(
    columns: Mapping[str, np.ndarray], rows: Mapping[str, Inside], *, by_mean: tuple[str, ...] = ()
) -> Fit:
    """A fit whose departments have these values, each parameter from 0 to 10, and whose emulator expects such rows."""
    space = Space({name: varied(0, 10) for name in columns})
    emulated = tuple(
        SimpleNamespace(
            target=PublishedFigure(name=name, measure=name, **ROW),
            at=lambda x, f=f: SimpleNamespace(inside=f(x)),
        )
        for name, f in rows.items()
    )
    emulator: Any = SimpleNamespace(rows=emulated, judged_by_mean=frozenset(by_mean))
    values = np.column_stack(list(columns.values())).tolist()
    years = tuple(
        Year(number, of(*each), {}, {"Beside": float(number)}) for number, each in enumerate(values)
    )
    return Fit(space, years, emulator, len(years), years)


def test_contraction_is_how_much_narrower_than_the_priors_and_the_narrowest_is_first() -> None:
    found = contractions(fit_of({"open": 10 * EVEN, "known": 4 + 2 * EVEN}, {}))
    assert [(each.name, each.is_identified) for each in found] == [("known", True), ("open", False)]
    assert [each.contraction for each in found] == pytest.approx([0.8, 0.0], abs=0.02)
    assert (found[0].low, found[0].middle, found[0].high) == pytest.approx(
        (4.1, 5.0, 5.9), abs=0.03
    )


def test_parameters_that_figures_tie_are_named_with_their_correlation_the_strongest_first() -> None:
    apart = np.random.default_rng(1).permutation(EVEN)
    columns = {
        "one": EVEN,
        "mirror": 1 - EVEN,
        "near": EVEN + 0.5 * apart,
        "apart": apart,
        "fixed": np.ones(40),
    }
    found = ties(fit_of(columns, {}))
    assert found[0] == ("one", "mirror", pytest.approx(-1))
    assert {frozenset(pair[:2]) for pair in found} == {
        frozenset(pair)
        for pair in (("one", "mirror"), ("one", "near"), ("mirror", "near"), ("near", "apart"))
    }


def test_targets_pull_against_each_other_if_they_are_met_together_less_often_than_by_chance() -> (
    None
):
    """Two rows of the first parameter that are met together by a tenth of the departments, one of the second, and one
    that nobody meets."""
    rows: dict[str, Inside] = {
        "low": lambda x: x[:, 0] < 0.5,
        "high": lambda x: x[:, 0] > 0.4,
        "other": lambda x: x[:, 1] < 0.5,
        "never": lambda x: x[:, 0] > 2,
    }
    (pair,) = conflicting_targets(fit_of({"one": 10 * EVEN, "two": 10 * EVEN}, rows))
    assert (pair.first, pair.second) == ("low", "high")
    assert (pair.share, pair.share_with_first) == pytest.approx((0.6, 0.2), abs=0.03)


def test_the_spread_of_a_figure_that_was_not_fitted_leaves_out_years_without_it() -> None:
    fit = fit_of({"one": EVEN}, {})
    fit.accepted[0].beside["Beside"] = np.inf  # type: ignore[index]
    (found,) = spreads(fit)
    assert (found.name, found.middle) == ("Beside", 20.0)


def test_a_department_is_confirmed_by_the_mean_of_its_fresh_years_or_by_what_is_expected() -> None:
    """Of three departments the fresh means of a row are in its band in the last two, and another row, which is judged
    by what is expected, in the first two."""
    fit = fit_of(
        {"one": 10 * EVEN[:3]},
        {"year": lambda x: x[:, 0] < 0, "mean": lambda x: x[:, 0] < 0.05},
        by_mean=("mean",),
    )

    def years(*rows: tuple[float, float]) -> list[Year]:
        return [Year(0, of(), {"year": year, "mean": mean}, {}) for year, mean in rows]

    own = [Year(n, of(x), {"year": 1.5, "mean": 9.0}, {}) for n, x in enumerate((0.1, 0.2, 0.9))]
    fresh = [
        years((1.5, 1.5), (9.0, 1.5)),
        years((0.5, 1.5), (2.5, 1.5)),
        years((1.0, 9.0), (2.0, 9.0)),
    ]
    found = confirm_fit(fit, own, fresh)
    assert found.rows == (Confirmed("year", 2 / 3, 1, 0), Confirmed("mean", 2 / 3, 0, 2 / 3))
    assert (found.n_departments, found.n_years) == (3, 2)
    assert (found.all_judged, found.all_fresh) == pytest.approx((1 / 3, 1 / 3))


def test_each_tenth_of_a_prior_has_the_share_of_departments_in_it_and_an_end_with_more_than_a_fifth_is_marked() -> (
    None
):
    found = {
        each.name: each
        for each in contractions(fit_of({"even": 10 * EVEN, "piled": 10 * EVEN**3}, {}))
    }
    assert found["even"].shares == pytest.approx((0.1,) * 10)
    assert not found["even"].is_at_an_end
    assert sum(found["piled"].shares) == pytest.approx(1)
    assert found["piled"].shares[0] == pytest.approx(0.475)
    assert found["piled"].is_at_an_end


def test_a_whole_number_fills_the_tenths_that_are_its_own() -> None:
    """Four values have two and a half tenths each: ten departments at 0, ten at 1, twenty at 3."""
    whole = replace(varied(0, 3), whole=True)
    fit = fit_of({"beds": np.repeat([0.0, 1.0, 3.0], [10, 10, 20])}, {})
    (found,) = contractions(fit._replace(space=Space({"beds": whole})))
    assert found.shares == pytest.approx((0.1, 0.1, 0.1, 0.1, 0.1, 0, 0, 0.1, 0.2, 0.2))
    assert not found.is_at_an_end


def test_structures_are_told_with_their_prior_and_their_accepted_share() -> None:
    note: Any = {"evidence": "assumed", "source": "a test"}
    structures = {
        "usual": Structure(label="Usual", weight=3, **note),
        "three": Structure(label="Three", weight=1, **note),
    }
    names = ["usual", "three", "three", "usual", "three"]
    years = tuple(Year(number, of(1, structure=name), {}, {}) for number, name in enumerate(names))
    fit = fit_of({"one": EVEN}, {})._replace(
        space=Space({"one": varied(0, 10)}, structures), accepted=years
    )
    assert structure_shares(fit) == (("Usual", 0.75, 0.4), ("Three", 0.25, pytest.approx(0.6)))
