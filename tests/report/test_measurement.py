"""How many cases would settle a verdict is said where it is not settled, and the number would."""

from dataclasses import replace

import pytest

from simulation.display.measured import SETTLED, Measured, needed_words
from simulation.statistics.variance_components import TableUncertainty
from simulation.statistics.verdict import interval_words, margin_words
from simulation.study.design import Margin, Target

N_HIGH = 100


def measured(
    effect: float, *, measurement: float, is_margin: bool = False, simulation: float = 0.1
) -> Measured:
    """An effect on a wait in minutes of which 5 matter, or that has a margin of 5."""
    uncertainty = TableUncertainty(
        effect, simulation, simulation, measurement=measurement, department=0, n_tables=9
    )
    stated = {"measure": "wait", "label": "Wait", "evidence": "assumed", "source": "test"}
    judged = (
        Margin(margin=5.0, **stated)
        if is_margin
        else Target(minimal_important_difference=5.0, **stated)
    )
    return Measured("ai", judged, "minutes", "lower", uncertainty, "", "cannot tell", "", N_HIGH)


def verdict(found: Measured) -> str:
    low, high = (
        found.uncertainty.effect - found.uncertainty.half_width,
        found.uncertainty.effect + found.uncertainty.half_width,
    )
    if isinstance(found.judged, Margin):
        return margin_words(low, high, found.limit, "minutes", "lower")[-1]
    return interval_words(low, high, found.limit, "minutes", "lower")[-1]


@pytest.mark.parametrize("is_margin", [False, True])
@pytest.mark.parametrize("measurement", [0.2, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("effect", [-20.0, -6.0, -4.0, 0.0, 3.0, 5.5, 12.0])
def test_cases_are_asked_for_where_the_verdict_is_open_and_not_where_it_is_settled(
    effect: float, measurement: float, is_margin: bool
) -> None:
    found = measured(effect, measurement=measurement, is_margin=is_margin)
    is_open = "cannot tell" in verdict(found) or "perhaps" in verdict(found)
    assert (needed_words(found) != SETTLED) == is_open, verdict(found)


@pytest.mark.parametrize(
    ("effect", "is_margin"), [(3.0, False), (-7.0, False), (1.0, True), (7.0, True)]
)
def test_as_many_cases_as_are_asked_for_settle_the_verdict(effect: float, is_margin: bool) -> None:
    found = measured(effect, measurement=4.0, is_margin=is_margin)
    cases = int(needed_words(found).split()[1].replace(",", ""))
    assert cases > N_HIGH
    with_more = replace(found.uncertainty, measurement=4.0 * (N_HIGH / (1.001 * cases)) ** 0.5)
    assert needed_words(replace(found, uncertainty=with_more)) == SETTLED
    with_fewer = replace(found.uncertainty, measurement=4.0 * (N_HIGH / (0.97 * cases)) ** 0.5)
    assert needed_words(replace(found, uncertainty=with_fewer)) != SETTLED


def test_noise_of_simulation_alone_is_not_mended_by_cases() -> None:
    assert needed_words(measured(4.0, measurement=1.0, simulation=2.0)) == "more replications first"
