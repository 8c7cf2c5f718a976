"""A table of patients instead of drawn ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.errors import DrawsError, nearest
from simulation.patients.calendar import DAYS_IN_YEAR, DrawnRun
from simulation.patients.columns import after_arrival
from simulation.patients.drawn import Draws
from simulation.patients.sample import fill
from simulation.patients.variates import Floats, Source
from simulation.units import DAY, to_ticks

if TYPE_CHECKING:
    import pandas as pd


def draws_from_table(pathway: Pathway, patients: pd.DataFrame, *, seed: int = 0) -> Draws:
    """The patients of a table: what its columns state is taken, everything else is drawn.

    Columns: `arrived_at` (minutes from 00:00 on a Monday) and `arrival_source` (its name); then any attribute by
    its name (a category each) and any duration as `minutes.<name>` (first pass) or `minutes.<name>.<k>`; minutes
    left empty are drawn. Raises DrawsError for a missing column, an unknown one, an unknown category, and a time
    that is negative or not a number.
    """
    source_names = pathway.categories(ARRIVAL_SOURCE)
    allowed = {"arrived_at", ARRIVAL_SOURCE, *pathway.attributes}
    for name, duration in pathway.durations.items():
        allowed |= {f"minutes.{name}", *(f"minutes.{name}.{k}" for k in range(duration.repeats))}
    for column in patients.columns:
        if column not in allowed:
            raise DrawsError(f"table of patients: unknown column '{column}'. {nearest(str(column), allowed)}")
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
    days = int(arrived_at.max(initial=0)) // DAY + 1 + DAYS_IN_YEAR  # outages continue after the last arrival
    drawn = fill(pathway, DrawnRun(seed, 0, days), layers, attributes)
    table_row = by_source[drawn.order]
    minutes = {name: drawn.minutes[name].copy() for name in pathway.durations}
    for name in pathway.durations:
        for k in range(len(minutes[name])):
            for column in (f"minutes.{name}", f"minutes.{name}.0") if k == 0 else (f"minutes.{name}.{k}",):
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
        raise DrawsError(f"table of patients: column '{column}' does not hold numbers. Give minutes") from None
    wrong = (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DrawsError(
            f"table of patients: column '{column}' holds {numbers[row]} in row {row}. "
            "Minutes are 0 or more; arrivals count from 00:00 on a Monday"
        )
    return numbers


def _codes(column: str, values: pd.Series, categories: tuple[str, ...]) -> NDArray[np.int16]:
    """The codes of a column of categories, shape (n,). Raises DrawsError for an unknown one."""
    code_of = {name: code for code, name in enumerate(categories)}
    unknown = sorted({str(value) for value in values if str(value) not in code_of})
    if unknown:
        raise DrawsError(
            f"table of patients: column '{column}' holds '{unknown[0]}'. {nearest(unknown[0], categories)}"
        )
    return np.array([code_of[str(value)] for value in values], dtype=np.int16)
