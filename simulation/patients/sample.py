"""Draw the patients of one replication: everybody who arrives or is there at time 0, in order of arrival, a row each.

First come the arrivals (`patients/arrivals.py`), then columns: attributes and coins (the random numbers that decide
branches by chance); then minutes of each duration, which may depend on attributes; then what follows from minutes: when
patience ends and when the patient gets worse. Each column has a random stream of its own, so adding one moves no other.

Arrivals are drawn in *layers*: layer 0 holds the usual arrivals of a source, further ones the candidates beyond these.
Of a layer's candidates only those `kept` arrive; random numbers are drawn for all of them, so that more or fewer
arrivals move no patient's other numbers.

A table of patients can state who comes, and any columns, instead of drawn ones (`draws_from_table`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulation.department.config_dataclass import each_in_full
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
from simulation.patients.arrivals import (
    NUMBERS_A_LAYER,
    arrivals_by_layer,
    attended_by_day,
    draw_outages,
    minute_factors,
    present_by_source,
)
from simulation.patients.drawn import (
    DAYS_IN_YEAR,
    FROM_JANUARY,
    Calendar,
    DrawnRun,
    Draws,
    from_sources,
)
from simulation.patients.variates import (
    Attributes,
    Codes,
    NamedFloats,
    Source,
    Variates,
    first_above,
)
from simulation.records.schema import Floats, Ints
from simulation.units import DAY, NEVER, to_ticks, years_of

if TYPE_CHECKING:
    import pandas as pd


def draw_attributes(pathway: Pathway, draws: Draws, known: Attributes) -> dict[str, Codes]:
    """Every attribute and coin by name, codes of shape (n,); attributes in `known` are taken from there, not drawn."""
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

    They are those with a `label_weight`, and those that depend on one of these, but none that a table of patients
    stated.
    """
    moved = [name for name in label_dependent(pathway) if name not in draws.from_table]
    codes: dict[str, Codes] = {**draws.attributes, ACUITY_GIVEN: given}
    for name in moved:
        codes[name] = _codes_of(pathway, codes, name, draws)
    return {name: codes[name] for name in moved}


def _codes_of(pathway: Pathway, codes: Attributes, name: str, draws: Draws) -> Codes:
    """The codes of one attribute, shape (n,): drawn, or a copy of the attribute that it is `like`.

    `codes`: at least those of the attributes that it depends on.
    """
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
        categories = pathway.categories(factor.by)
        values = each_in_full(factor.values, categories)
        by_category = np.array([values[category] for category in categories])
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
    """The probability of a yes, shape (n,), or () if it is one for all; weighted with that of the label, if it says so
    (`Chance.label_weight`)."""
    p = evaluate_amount(pathway, codes, chance.p)
    if not chance.label_weight:
        return p
    by_label = evaluate_amount(pathway, {**codes, ACUITY_TRUE: codes[ACUITY_GIVEN]}, chance.p)
    certain = np.minimum(p, 1)
    # written so that a right label leaves p as it is, to the last bit
    return certain + chance.label_weight * (np.minimum(by_label, 1) - certain)


def _pick(shares: Floats, row: Ints | None, variates: Floats) -> Codes:
    """The category at which the running total of shares first exceeds each variate, shape (n,).

    shares  (n_rows, n_categories); row  (n,) which row counts for each patient, None: the only one for all
    """
    return first_above(variates, np.cumsum(shares, axis=1)[:, :-1], row)


def evaluate_amount(pathway: Pathway, codes: Attributes, number: Number) -> Floats:
    """A number for each patient, shape (n,), or one for all, shape (): the base times the factors of its categories.

    Raises DrawsError if a factor has no value for a category.
    """
    if not isinstance(number, Amount):
        return np.asarray(float(number))
    total = np.asarray(number.base)
    for factor in number.times:
        categories = pathway.categories(factor.by)
        stated = each_in_full(factor.values, categories)
        missing = [category for category in categories if category not in stated]
        if missing and factor.otherwise is None:
            remedy = nearest(missing[0], stated)
            raise DrawsError(f"a factor by {factor.by} has no value for {missing[0]}. {remedy}")
        values = np.array(
            [stated.get(category, factor.otherwise) for category in categories], dtype=float
        )
        total = total * values.take(codes[factor.by])
    return total


LONGEST = 1e12
"""Minutes from arrival that no run reaches; more would not fit into 64 bits of ticks."""


def minutes_of(
    pathway: Pathway, codes: Attributes, draws: Draws, factors: NamedFloats
) -> NamedFloats:
    """Minutes by duration, shape (repeats, n); 0 for patients of sources none of whose routes holds the duration.

    `factors`: by duration, what each patient's minutes are multiplied by, shape (n,), before `longest` caps them. A
    share of the random number of a duration may be common to all of a patient's durations: how complex the case is
    (`complexity`, a correlation).
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
        mean = evaluate_amount(pathway, codes, duration.mean) * duration.scale
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
    """Ticks from arrival until patience ends or somebody gets worse, or NEVER, shape (n,).

    `clock`: the part of the pathway that says which of the two, for whom, and by which duration of `minutes`.
    """
    if not clock:
        return np.full(len(draws), NEVER, dtype=np.int64)
    ticks = to_ticks(np.minimum(minutes[clock.minutes][0], LONGEST))
    return np.where(from_sources(pathway, draws, clock.arrivals), ticks, NEVER)


def draw(
    pathway: Pathway, *, seed: int, replication: int, days: int, calendar: Calendar = FROM_JANUARY
) -> Draws:
    """Draw everybody who arrives in `days` days from day 0 (a Monday) on, and who is there at time 0.

    `calendar`: which day of the model year day 0 is, and which day is the first measured one.
    Raises DrawsError if a day asks for more arrivals than a source's thinning bound holds.
    """
    return draw_run(pathway, DrawnRun(seed, replication, days, calendar))


def draw_run(pathway: Pathway, run: DrawnRun, busy: NamedFloats | None = None) -> Draws:
    """Everybody who arrives in a run, and who is there at time 0, as `draw` draws them.

    `busy`: by day factor, its value on each day, shape (days,), where that is known; otherwise it is drawn.
    """
    layers = [*arrivals_by_layer(pathway, run, busy), *present_by_source(pathway)]
    return draw_columns(pathway, run, layers)


def attendances(pathway: Pathway, run: DrawnRun) -> Ints:
    """Ticks of arrival of the attendances that `draw` draws, source by source; nothing else is drawn."""
    layers = arrivals_by_layer(pathway, run)
    return np.concatenate(
        [arrived_at for source, arrived_at in layers if pathway.arrivals[source.name].attends]
    )


def draw_columns(
    pathway: Pathway,
    run: DrawnRun,
    layers: Sequence[tuple[Source, Ints]],
    known: Attributes | None = None,
) -> Draws:
    """Sort everybody by arrival and draw their columns.

    `layers`: the layers of every source, each with the ticks at which those who come arrive. `known`: attributes that
    are not drawn, as codes by name in the order of `layers`.
    """
    sources, arrivals = [source for source, _ in layers], [arrived_at for _, arrived_at in layers]
    arrived_at = np.concatenate(arrivals)
    sizes = [len(ticks) for ticks in arrivals]
    arrival_source = np.repeat(np.array([source.code for source in sources], dtype=np.int16), sizes)
    kept = np.concatenate([source.kept for source in sources])
    number = kept + np.repeat([source.layer * NUMBERS_A_LAYER for source in sources], sizes)
    order = _in_order(arrived_at)  # those of one tick by source and number
    first = np.cumsum([0, *(source.n_candidates for source in sources)])
    place = (kept + np.repeat(first[:-1], sizes))[order]
    never = np.full(len(order), NEVER, dtype=np.int64)
    bare = Draws(
        replication=run.replication,
        arrived_at=arrived_at[order],
        arrival_source=arrival_source[order],
        number=number[order],
        attributes={ARRIVAL_SOURCE: arrival_source[order]},
        minutes={},
        patience=never,
        worsens=never,
        adherence={},
        order=order,
        variates=Variates(run.seed, run.replication, tuple(sources), place, np.zeros(first[-1])),
        calendar=run.calendar,
        from_table=frozenset(known or ()),
    )
    attributes = draw_attributes(
        pathway, bare, {name: codes[order] for name, codes in (known or {}).items()}
    )
    minutes = minutes_of(pathway, attributes, bare, minute_factors(pathway, bare, run))
    adheres = [
        name
        for name, step in pathway.steps.items()
        if step.adheres and pathway.priority.adherence < 1
    ]
    return replace(
        bare,
        attributes=attributes,
        minutes=minutes,
        patience=after_arrival(pathway, bare, pathway.patience, minutes),
        worsens=after_arrival(pathway, bare, pathway.worsening, minutes),
        adherence={name: bare.uniform(f"adherence:{name}") for name in adheres},
        outages=draw_outages(pathway, run, attended_by_day(pathway, bare, run.days)),
    )


def _in_order(ticks: Ints) -> Ints:
    """The positions that sort ticks, ties by position: as a stable `argsort`, in a fifth of its time.

    Tick and position are sorted as one number of 64 bits: enough for 16 million patients in a thousand years.
    """
    bits = len(ticks).bit_length()
    keys = ticks << bits | np.arange(len(ticks))
    keys.sort()
    return keys & ((1 << bits) - 1)


def draws_from_table(pathway: Pathway, patients: pd.DataFrame, *, seed: int = 0) -> Draws:
    """The patients of a table: what its columns state is taken, everything else is drawn.

    Columns: `arrived_at` (minutes from 00:00 on a Monday) and `arrival_source` (its name); then any attribute by
    its name (a category each; an age, in whole years, beside its band) and any duration as `minutes.<name>` (first
    pass) or `minutes.<name>.<k>`; minutes left empty are drawn. Raises DrawsError for a missing column, an unknown
    one, an unknown category, and a time that is negative or not a number.
    """
    source_names = pathway.categories(ARRIVAL_SOURCE)
    allowed = {"arrived_at", ARRIVAL_SOURCE, *pathway.attributes}
    for name, duration in pathway.durations.items():
        allowed |= {f"minutes.{name}", *(f"minutes.{name}.{k}" for k in range(duration.repeats))}
    for column in patients.columns:
        if column not in allowed:
            raise DrawsError(
                f"table of patients: unknown column '{column}'. {nearest(str(column), allowed)}"
            )
    for column in ("arrived_at", ARRIVAL_SOURCE):
        if column not in patients.columns:
            raise DrawsError(f"table of patients: no column '{column}'")
    arrival = _numbers("arrived_at", patients["arrived_at"])
    if np.isnan(arrival).any():
        row = int(np.argmax(np.isnan(arrival)))
        raise DrawsError(
            f"table of patients: column 'arrived_at' has no number in row {row}. Say when the patient came"
        )
    arrived_at = to_ticks(arrival)
    arrival_source = _codes("arrival_source", patients[ARRIVAL_SOURCE], source_names)
    rows_of = [np.flatnonzero(arrival_source == code) for code in range(len(source_names))]
    layers = [
        (Source(name, code, 0, len(rows), np.arange(len(rows))), arrived_at[rows])
        for code, (name, rows) in enumerate(zip(source_names, rows_of, strict=True))
    ]
    by_source = np.concatenate(rows_of)
    attributes = {
        name: _codes(name, patients[name], pathway.categories(name))[by_source]
        for name in pathway.attributes
        if name in patients.columns
    }
    days = (
        int(arrived_at.max(initial=0)) // DAY + 1 + DAYS_IN_YEAR
    )  # outages continue after the last arrival
    drawn = draw_columns(pathway, DrawnRun(seed, 0, days), layers, attributes)
    table_row = by_source[drawn.order]
    minutes = {name: drawn.minutes[name].copy() for name in pathway.durations}
    for name in pathway.durations:
        for k in range(len(minutes[name])):
            for column in (
                (f"minutes.{name}", f"minutes.{name}.0") if k == 0 else (f"minutes.{name}.{k}",)
            ):
                if column in patients.columns:
                    numbers = _numbers(column, patients[column])[table_row]
                    minutes[name][k] = np.where(np.isnan(numbers), minutes[name][k], numbers)
    return replace(
        drawn.with_columns(minutes=minutes),
        patience=after_arrival(pathway, drawn, pathway.patience, minutes),
        worsens=after_arrival(pathway, drawn, pathway.worsening, minutes),
    )


def _numbers(column: str, values: pd.Series) -> Floats:
    """A column of minutes, NaN where it is empty, shape (n,)."""
    try:
        numbers: Floats = values.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise DrawsError(
            f"table of patients: column '{column}' does not hold numbers. Give minutes"
        ) from None
    wrong = (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DrawsError(
            f"table of patients: column '{column}' holds {numbers[row]} in row {row}. "
            "Minutes are 0 or more; arrivals count from 00:00 on a Monday"
        )
    return numbers


def _codes(column: str, values: pd.Series, categories: tuple[str, ...]) -> Codes:
    """The codes of a column of categories, shape (n,). Raises DrawsError for an unknown one."""
    code_of = {name: code for code, name in enumerate(categories)}
    unknown = sorted({str(value) for value in values if str(value) not in code_of})
    if unknown:
        raise DrawsError(
            f"table of patients: column '{column}' holds '{unknown[0]}'. {nearest(unknown[0], categories)}"
        )
    return np.array([code_of[str(value)] for value in values], dtype=np.int16)
