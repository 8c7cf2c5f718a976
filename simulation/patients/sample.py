"""One replication drawn: everybody who arrives or is there, in order of arrival, with every column.

A table of patients can state who comes, and any columns, instead of drawn ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.errors import DrawsError, nearest
from simulation.patients.arrivals import (
    NUMBERS_A_LAYER,
    arrivals_by_layer,
    attended_by_day,
    draw_outages,
    minute_factors,
    present_by_source,
)
from simulation.patients.columns import after_arrival, attributes_of, minutes_of
from simulation.patients.drawn import DAYS_IN_YEAR, FROM_JANUARY, Calendar, DrawnRun, Draws
from simulation.patients.variates import Attributes, Codes, NamedFloats, Source, Variates
from simulation.records.schema import Floats, Ints
from simulation.units import DAY, NEVER, to_ticks

if TYPE_CHECKING:
    import pandas as pd


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

    `busy`: how busy each day is, by the name of its factor, where that is known; otherwise it is drawn
    (`day_factors`).
    """
    layers = [*arrivals_by_layer(pathway, run, busy), *present_by_source(pathway)]
    return fill(pathway, run, layers)


def attendances(pathway: Pathway, run: DrawnRun) -> Ints:
    """Ticks of arrival of the attendances that `draw` draws, source by source; nothing else is drawn."""
    layers = arrivals_by_layer(pathway, run)
    return np.concatenate(
        [arrived_at for source, arrived_at in layers if pathway.arrivals[source.name].attends]
    )


def fill(
    pathway: Pathway,
    run: DrawnRun,
    layers: Sequence[tuple[Source, Ints]],
    known: Attributes | None = None,
) -> Draws:
    """Sort everybody by arrival and draw their columns, except attributes that are `known` (codes, by source).

    `layers`: the layers of every source, each with the ticks at which those who come arrive.
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
    attributes = attributes_of(
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
    drawn = fill(pathway, DrawnRun(seed, 0, days), layers, attributes)
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
