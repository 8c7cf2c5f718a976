"""The columns of patients: attributes and coins, amounts that depend on them, minutes, and what follows from minutes.

Each comes from random variates of its own. Patience ends, and patients get worse, some minutes after they arrive.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.department.durations import Amount, AnyDuration, Fixed, Number
from simulation.department.graph import coin_name, coins_of, durations_by_source, label_dependent
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    Age,
    ByChance,
    Chance,
    Choice,
    Given,
    Pathway,
    Patience,
    ShareFactors,
    Worsening,
)
from simulation.errors import DrawsError, nearest
from simulation.patients.drawn import Draws, from_sources
from simulation.patients.variates import Attributes, Codes, NamedFloats, first_above
from simulation.records.schema import Floats, Ints
from simulation.units import NEVER, to_ticks, years_of


def attributes_of(pathway: Pathway, draws: Draws, known: Attributes) -> dict[str, Codes]:
    """Every attribute and coin by name, codes of shape (n,); what is `known` is not drawn."""
    codes: dict[str, Codes] = dict(draws.attributes)
    for name in pathway.attributes:
        codes[name] = known[name] if name in known else _codes_of(pathway, codes, name, draws)
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByChance):
            shares = np.array([list(branch.targets.values())])
            for number in range(coins_of(pathway)[name].number):
                coin = coin_name(name, number)
                codes[coin] = _pick(shares, None, draws.uniform(coin))
    return codes


def attributes_after(pathway: Pathway, draws: Draws, given: Codes) -> dict[str, Codes]:
    """The attributes that change with the labels `given`, from the same random variates; empty where none does.

    They are those with a `label_weight`, and those that depend on one of these; what a table stated does not change.
    """
    moved = [name for name in label_dependent(pathway) if name not in draws.from_table]
    codes: dict[str, Codes] = {**draws.attributes, ACUITY_GIVEN: given}
    for name in moved:
        codes[name] = _codes_of(pathway, codes, name, draws)
    return {name: codes[name] for name in moved}


def _codes_of(pathway: Pathway, codes: Attributes, name: str, draws: Draws) -> Codes:
    """The codes of one attribute, shape (n,), drawn or as another one's; `codes` of those it depends on."""
    attribute = pathway.attributes[name]
    if isinstance(attribute, Chance):
        return (draws.uniform(name) < _probability(pathway, codes, attribute)).astype(np.int16)
    if isinstance(attribute, Age):
        return ages_of(pathway, codes, attribute, draws.uniform(name))
    if isinstance(attribute, Choice):
        return _pick(*_shares(pathway, codes, attribute), draws.uniform(name))
    if isinstance(attribute, Given) and attribute.like:
        return codes[attribute.like]
    return np.zeros(len(draws), dtype=np.int16)  # the first category, until a policy says otherwise


def _shares(pathway: Pathway, codes: Attributes, choice: Choice) -> tuple[Floats, Ints | None]:
    """The shares of a choice, shape (n_rows, n_categories), and which row counts for each patient, None: the first."""
    shares, row, factors = np.ones((1, len(choice.categories))), None, choice.times
    if isinstance(choice.shares, Mapping):
        factors = (ShareFactors(by=str(choice.by), values=choice.shares), *factors)
    else:
        shares *= choice.shares
    for factor in factors:
        by_category = np.array(
            [factor.values[category] for category in pathway.categories(factor.by)]
        )
        shares = (shares[:, None] * by_category).reshape(-1, shares.shape[1])
        row = codes[factor.by] + np.int64(len(by_category)) * (0 if row is None else row)
    return (shares / shares.sum(axis=1, keepdims=True) if choice.times else shares), row


def ages_of(pathway: Pathway, codes: Attributes, age: Age, variates: Floats) -> Codes:
    """The ages in whole years, shape (n,), from uniform `variates`: the distribution function of a patient's band,
    which rises evenly over each span, read backwards. Spans end a billionth of a year early, so that no rounding gives
    the year after."""
    years = np.empty(len(variates), dtype=np.int16)
    for code, band in enumerate(pathway.categories(age.by)):
        mine, shares = codes[age.by] == code, age.shares[band]
        totals = np.cumsum([0, *shares.values()]).repeat(2)[1:-1]
        ends = [end for span in map(years_of, shares) for end in (span.start, span.stop - 1e-9)]
        years[mine] = np.interp(variates[mine], totals, ends)
    return years


def _probability(pathway: Pathway, codes: Attributes, chance: Chance) -> Floats:
    """The probability of a yes, shape (n,), or () if it is one for all; the label counts by its `label_weight`."""
    p = amount(pathway, codes, chance.p)
    if not chance.label_weight:
        return p
    by_label = amount(pathway, {**codes, ACUITY_TRUE: codes[ACUITY_GIVEN]}, chance.p)
    certain = np.minimum(p, 1)
    # written so that a right label leaves p as it is, to the last bit
    return certain + chance.label_weight * (np.minimum(by_label, 1) - certain)


def _pick(shares: Floats, row: Ints | None, variates: Floats) -> Codes:
    """The category at which the running total of shares first exceeds each variate, shape (n,).

    shares  (n_rows, n_categories); row  (n,) which row counts for each patient, None: the only one for all
    """
    return first_above(variates, np.cumsum(shares, axis=1)[:, :-1], row)


def amount(pathway: Pathway, codes: Attributes, number: Number) -> Floats:
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
        values = np.array(
            [factor.values.get(category, factor.otherwise) for category in categories], dtype=float
        )
        total = total * values.take(codes[factor.by])
    return total


LONGEST = 1e12
"""Minutes from arrival that no run reaches; more would not fit into 64 bits of ticks."""


def minutes_of(
    pathway: Pathway, codes: Attributes, draws: Draws, factors: NamedFloats
) -> NamedFloats:
    """Minutes by duration, shape (repeats, n); 0 for patients whose source cannot come to the duration.

    `factors`: what each patient's minutes are multiplied by, before they are cut off, shape (n,) by duration.
    """
    met = durations_by_source(pathway)
    minutes_by_name = {}
    rows: dict[tuple[bool, ...], tuple[Ints, Ints]] = {}
    complexity = None
    if any(duration.complexity for duration in pathway.durations.values()):
        complexity = draws.variates.normal("complexity", 0)
    for name, duration in pathway.durations.items():
        meets = tuple(
            name in met[source] for source in pathway.categories(ARRIVAL_SOURCE)
        )  # by code of the source
        if meets not in rows:
            is_concerned = np.array(meets).take(draws.arrival_source)
            rows[meets] = np.flatnonzero(is_concerned), np.flatnonzero(~is_concerned)
        concerned, others = rows[meets]
        source_keys = {source.key for source in draws.variates.sources if meets[source.code]}
        mean = amount(pathway, codes, duration.mean) * duration.scale
        minutes_by_name[name] = np.empty((duration.repeats, len(draws)))
        for repeat, minutes in enumerate(minutes_by_name[name]):
            if isinstance(duration, Fixed):  # needs no random variate
                minutes[:] = mean
                minutes[others] = 0
            else:
                column = f"minutes:{duration.same_draw_as or name}"
                variates = draws.variates.normal(column, repeat, source_keys=source_keys)
                if duration.complexity and complexity is not None:
                    variates *= np.float32(math.sqrt(1 - duration.complexity**2))
                    variates += np.float32(duration.complexity) * complexity
                _write_minutes(duration, variates, mean, minutes, concerned, others)
            if name in factors:
                minutes *= factors[name]
            if duration.longest:
                np.minimum(minutes, duration.longest, out=minutes)
    return minutes_by_name


def _write_minutes(
    duration: AnyDuration,
    variates: NDArray[np.float32],
    mean: Floats,
    into: Floats,
    concerned: Ints,
    others: Ints,
) -> None:
    """Write the minutes of the patients whom a duration concerns, and 0 for the others; `variates` is written over."""
    if len(concerned) > len(variates) / 2:
        duration.to_minutes(variates, mean, into)
        into[others] = 0
    else:
        minutes = np.empty(len(concerned))
        duration.to_minutes(
            variates[concerned], np.broadcast_to(mean, variates.shape)[concerned], minutes
        )
        into[:] = 0
        into[concerned] = minutes


def after_arrival(
    pathway: Pathway, draws: Draws, clock: Patience | Worsening | None, minutes: NamedFloats
) -> Ints:
    """Ticks from arrival until patience ends or somebody gets worse, or NEVER, shape (n,)."""
    if not clock:
        return np.full(len(draws), NEVER, dtype=np.int64)
    ticks = to_ticks(np.minimum(minutes[clock.minutes][0], LONGEST))
    return np.where(from_sources(pathway, draws, clock.arrivals), ticks, NEVER)
