"""Attributes and coins of patients, each from its own random variates, and amounts that depend on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.draws.drawn import Draws
from simulation.draws.variates import Floats
from simulation.errors import DrawsError, nearest
from simulation.pathway.department import ACUITY_GIVEN, ACUITY_TRUE, Action, ByChance, Chance, Choice, Pathway
from simulation.pathway.durations import Amount, Number
from simulation.pathway.graph import coin_name, coins_of, leaning


def attributes_of(
    pathway: Pathway, draws: Draws, known: Mapping[str, NDArray[np.int16]]
) -> dict[str, NDArray[np.int16]]:
    """Every attribute and coin by name, codes of shape (n,); what is `known` is not drawn."""
    codes: dict[str, NDArray[np.int16]] = dict(draws.attributes)
    for name, attribute in pathway.attributes.items():
        if name in known:
            codes[name] = known[name]
        elif isinstance(attribute, Choice):
            codes[name] = _choose(pathway, codes, attribute, draws.uniform(name))
        elif isinstance(attribute, Chance):
            codes[name] = (draws.uniform(name) < _chance(pathway, codes, attribute)).astype(np.int16)
        elif isinstance(attribute, Action):
            codes[name] = np.zeros(len(draws), dtype=np.int16)  # nothing is set off until a policy says so
        else:
            like = attribute.like
            codes[name] = codes[like] if like is not None else np.zeros(len(draws), dtype=np.int16)
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByChance):
            shares = np.array([list(branch.targets.values())])
            for number in range(coins_of(pathway)[name].number):
                codes[coin_name(name, number)] = _pick(shares, draws.uniform(coin_name(name, number)), None)
    return codes


def _chance(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], chance: Chance) -> Floats:
    """The probability of a yes, of each patient or of all; by the label too where the chance leans on it."""
    p = amount(pathway, codes, chance.p)
    if not chance.label_weight:
        return p
    by_label = amount(pathway, {**codes, ACUITY_TRUE: codes[ACUITY_GIVEN]}, chance.p)
    certain = np.minimum(p, 1)
    # written so that a right label leaves p as it is, to the last bit
    return np.asarray(certain + chance.label_weight * (np.minimum(by_label, 1) - certain))


def attributes_after(pathway: Pathway, draws: Draws, given: NDArray[np.int16]) -> dict[str, NDArray[np.int16]]:
    """The attributes that change with the labels `given`, from the same random variates: those that lean on the label,
    and those
    that are drawn by one that does. Empty where none leans."""
    moved = set(leaning(pathway))
    if not moved:
        return {}
    codes: dict[str, NDArray[np.int16]] = {**draws.attributes, ACUITY_GIVEN: given}
    for name, attribute in pathway.attributes.items():
        if name not in moved:
            continue
        if isinstance(attribute, Choice):
            codes[name] = _choose(pathway, codes, attribute, draws.uniform(name))
        elif isinstance(attribute, Chance):
            codes[name] = (draws.uniform(name) < _chance(pathway, codes, attribute)).astype(np.int16)
    return {name: codes[name] for name in moved}


def _choose(
    pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], choice: Choice, share: Floats
) -> NDArray[np.int16]:
    if isinstance(choice.shares, Mapping):
        if choice.by is None:
            raise DrawsError("a choice with shares by category names the attribute in `by`")
        rows = np.array([choice.shares[category] for category in pathway.categories(choice.by)])
        return _pick(rows, share, codes[choice.by])
    return _pick(np.array([choice.shares]), share, None)


def _pick(rows: Floats, share: Floats, row: NDArray[np.int16] | None) -> NDArray[np.int16]:
    """The category whose running total of shares (a row of `rows`) first exceeds `share`."""
    totals = np.cumsum(rows, axis=1)[:, :-1]
    if row is None:
        return np.searchsorted(totals[0], share, side="right").astype(np.int16)
    chosen = np.zeros(len(share), dtype=np.int16)
    row = row.astype(np.intp)  # what `take` would make of it for every category
    for total in totals.T:
        chosen += share >= total.take(row)
    return chosen


def amount(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], number: Number) -> Floats:
    """A number for each patient, shape (n,), or one for all, shape (): the base times the factors of its categories."""
    if not isinstance(number, Amount):
        return np.asarray(float(number))
    total = np.asarray(number.base)
    for factor in number.times:
        known = pathway.categories(factor.by)
        missing = [name for name in known if name not in factor.values]
        if missing and factor.otherwise is None:
            remedy = nearest(missing[0], factor.values)
            raise DrawsError(f"a factor by {factor.by} has no value for {missing[0]}. {remedy}")
        values = np.array([factor.values.get(name, factor.otherwise) for name in known], dtype=float)
        total = total * values.take(codes[factor.by])
    return total
