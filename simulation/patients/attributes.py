"""Attributes and coins of patients, each from its own random variates, and amounts that depend on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.department.durations import Amount, Number
from simulation.department.graph import coin_name, coins_of, leaning
from simulation.department.vocabulary import ACUITY_GIVEN, ACUITY_TRUE, Action, ByChance, Chance, Choice, Given, Pathway
from simulation.errors import DrawsError, nearest
from simulation.patients.drawn import Draws
from simulation.patients.variates import Floats


def attributes_of(
    pathway: Pathway, draws: Draws, known: Mapping[str, NDArray[np.int16]]
) -> dict[str, NDArray[np.int16]]:
    """Every attribute and coin by name, codes of shape (n,); what is `known` is not drawn."""
    codes: dict[str, NDArray[np.int16]] = dict(draws.attributes)
    for name, attribute in pathway.attributes.items():
        if name in known:
            codes[name] = known[name]
        elif isinstance(attribute, Choice | Chance):
            codes[name] = _drawn(pathway, codes, attribute, draws.uniform(name))
        elif isinstance(attribute, Action):
            codes[name] = np.zeros(len(draws), dtype=np.int16)  # nothing is set off until a policy says so
        else:
            like = attribute.like
            codes[name] = codes[like] if like is not None else np.zeros(len(draws), dtype=np.int16)
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByChance):
            shares = np.array([list(branch.targets.values())])
            for number in range(coins_of(pathway)[name].number):
                coin = coin_name(name, number)
                codes[coin] = _pick(shares, draws.uniform(coin), None)
    return codes


def attributes_after(pathway: Pathway, draws: Draws, given: NDArray[np.int16]) -> dict[str, NDArray[np.int16]]:
    """The attributes that change with the labels `given`, from the same random variates; empty where none does.

    They are those with a `label_weight`, and those that depend on one of these; what a table stated does not change.
    """
    moved = [name for name in leaning(pathway) if name not in draws.from_table]
    codes: dict[str, NDArray[np.int16]] = {**draws.attributes, ACUITY_GIVEN: given}
    for name in moved:
        attribute = pathway.attributes[name]
        if isinstance(attribute, Choice | Chance):
            codes[name] = _drawn(pathway, codes, attribute, draws.uniform(name))
        elif isinstance(attribute, Given) and attribute.like is not None:
            codes[name] = codes[attribute.like]
    return {name: codes[name] for name in moved}


def _drawn(
    pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], attribute: Choice | Chance, variates: Floats
) -> NDArray[np.int16]:
    """The codes of one attribute, shape (n,), from uniform `variates`; `codes` of those it depends on."""
    if isinstance(attribute, Chance):
        return (variates < _probability(pathway, codes, attribute)).astype(np.int16)
    if not isinstance(attribute.shares, Mapping):
        return _pick(np.array([attribute.shares]), variates, None)
    if attribute.by is None:
        raise DrawsError("a choice with shares by category names the attribute in `by`")
    shares = np.array([attribute.shares[category] for category in pathway.categories(attribute.by)])
    return _pick(shares, variates, codes[attribute.by])


def _probability(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], chance: Chance) -> Floats:
    """The probability of a yes, shape (n,), or () if it is one for all; the label counts by its `label_weight`."""
    p = amount(pathway, codes, chance.p)
    if not chance.label_weight:
        return p
    by_label = amount(pathway, {**codes, ACUITY_TRUE: codes[ACUITY_GIVEN]}, chance.p)
    certain = np.minimum(p, 1)
    # written so that a right label leaves p as it is, to the last bit
    return np.asarray(certain + chance.label_weight * (np.minimum(by_label, 1) - certain))


def _pick(shares: Floats, variates: Floats, row: NDArray[np.int16] | None) -> NDArray[np.int16]:
    """The category at which the running total of shares first exceeds each variate, shape (n,).

    shares  (n_rows, n_categories); row  (n,) which row counts for each patient, None: the first for all
    """
    totals = np.cumsum(shares, axis=1)[:, :-1]
    if row is None:
        return np.searchsorted(totals[0], variates, side="right").astype(np.int16)
    category = np.zeros(len(variates), dtype=np.int16)
    row = row.astype(np.intp)  # once, or `take` would convert it for every category
    for total in totals.T:
        category += variates >= total.take(row)
    return category


def amount(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], number: Number) -> Floats:
    """A number for each patient, shape (n,), or one for all, shape (): the base times the factors of its categories.

    Raises DrawsError if a factor has no value for a category.
    """
    if not isinstance(number, Amount):
        return np.asarray(float(number))
    total = np.asarray(number.base)
    for factor in number.times:
        categories = pathway.categories(factor.by)
        missing = [category for category in categories if category not in factor.values]
        if missing and factor.otherwise is None:
            remedy = nearest(missing[0], factor.values)
            raise DrawsError(f"a factor by {factor.by} has no value for {missing[0]}. {remedy}")
        values = np.array([factor.values.get(category, factor.otherwise) for category in categories], dtype=float)
        total = total * values.take(codes[factor.by])
    return total
