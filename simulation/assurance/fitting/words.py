"""The lines that a build of an ensemble prints: what the targets identify, what they leave open, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulation.assurance.fitting.build import Fit
from simulation.assurance.fitting.identified import (
    LEAST_IDENTIFIED,
    Confirmation,
    Identified,
    Pulling,
    contractions,
    pulling,
    spreads,
    ties,
)

MOST_PAIRS = 6
"""Ties and pairs of targets that are printed."""


def fit_lines(fit: Fit) -> Iterator[str]:
    """The lines about a fit."""
    n, years = len(fit.accepted), len(fit.years)
    years_each = years / fit.n_fit
    yield f"{n} of {fit.n_fit} departments that fit, from {years} simulated years: {years_each:.1f} years a department."
    yield ""
    yield from identified_lines(contractions(fit), n)
    yield from tie_lines(ties(fit))
    yield from pulling_lines(pulling(fit))
    yield ""
    yield "What was not fitted, in one year of each of these departments (5, 50 and 95 %):"
    for spread in spreads(fit):
        yield f"  {spread.name:<58} {spread.low:>9.4g} {spread.middle:>9.4g} {spread.high:>9.4g}"


def identified_lines(parameters: Sequence[Identified], n: int) -> Iterator[str]:
    """The lines about parameters, one for each."""
    yield f"What the targets say about each parameter (5, 50 and 95 % of {n} departments; contraction):"
    for parameter in parameters:
        word = "" if parameter.is_identified else "not identified"
        values = f"{parameter.low:>9.4g} {parameter.middle:>9.4g} {parameter.high:>9.4g}"
        yield f"  {parameter.name:<32} {values} {parameter.contraction:>6.0%}  {word}".rstrip()
    yield (
        "Contraction: how much narrower values lie than in the priors, by standard deviation. "
        f"Under {LEAST_IDENTIFIED:.0%} a parameter is not identified by itself."
    )


def tie_lines(pairs: Sequence[tuple[str, str, float]]) -> Iterator[str]:
    """The line about parameters that are tied to one another."""
    if not pairs:
        yield "No two parameters are tied to one another."
        return
    yield "Tied to one another (correlation): " + "; ".join(
        f"{one} and {other} {correlation:+.2f}" for one, other, correlation in pairs[:MOST_PAIRS]
    )


def pulling_lines(pairs: Sequence[Pulling]) -> Iterator[str]:
    """The lines about targets that are hard to meet together."""
    if not pairs:
        yield "No two targets pull against each other."
        return
    yield "Targets that pull against each other (departments of the priors, by what the emulator expects of them):"
    for pair in pairs[:MOST_PAIRS]:
        yield (
            f"  '{pair.second}' is met by {pair.share:.0%}, and by {pair.share_with_first:.0%} of those that meet "
            f"'{pair.first}'"
        )


def confirmation_lines(confirmation: Confirmation) -> Iterator[str]:
    """The lines about fresh years, one for each row."""
    n, years = confirmation.n_departments, confirmation.n_years
    yield f"Confirmed on fresh seeds: {n} departments, {years} year{'s' if years > 1 else ''} each. Share that meets:"
    yield f"  {'':<58} {'own year':>9} {'expected':>9} {'fresh':>9}"
    for row in confirmation.rows:
        yield f"  {row.name:<58} {row.own:>9.0%} {row.expected:>9.0%} {row.fresh:>9.0%}"
    yield f"  {'every row as it is judged':<58} {'':>9} {'':>9} {confirmation.all_judged:>9.0%}"
    yield f"  {'every row in the fresh years':<58} {'':>9} {'':>9} {confirmation.all_fresh:>9.0%}"
