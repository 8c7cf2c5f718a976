"""The tables that analysis reads: `Patients`, one row per attendance, `ActivityTable`, one per patient and step.

They hold plain arrays, so that measuring a replication takes milliseconds; pandas appears only in `frame`. Nothing here
depends on where a table comes from: an engine's run and a hospital's extract give the same two tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ResultsError, nearest
from simulation.units import NEVER, to_minutes, to_ticks, years_of

if TYPE_CHECKING:
    import pandas as pd

Column = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
MISSING = -1
"""The code where a category is unknown or does not apply (no pool chosen)."""
IN_BUILDING = "in_building"
"""The outcome of a patient who had not reached an end when the table was made."""
LEFT = "left"
ADMITTED = "admitted"
ADMITTED_POINTS = ("decided_at", "departed_at")


class InTicks(Mapping[str, Column]):
    """Columns of which some are points in time in ticks, converted to minutes when they are first read.

    `columns` come first, then `ticks`. A run's million activities are replayed in ticks and seldom read in minutes.
    """

    def __init__(self, columns: Mapping[str, Column], ticks: Mapping[str, Ints]) -> None:
        self.ticks = ticks
        self._names = (*columns, *ticks)
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            self._columns[name] = to_minutes(self.ticks[name])
        return self._columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Table:
    """Named columns of one length.

    Points in time end `_at`: float minutes from 00:00 on day 0 (a Monday), NaN where it did not happen. Categories
    are integer codes into `categories[column]`, `MISSING` where there is none. Raises ResultsError for columns of
    unequal length, a missing required column or a code without a name.
    """

    columns: Mapping[str, Column]
    categories: Mapping[str, tuple[str, ...]]

    kind: ClassVar[str] = "table"
    required: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        lacking = [name for name in (*self.required, *self.categories) if name not in self.columns]
        if lacking:
            raise ResultsError(
                f"table of {self.kind}: no column '{lacking[0]}'. {nearest(lacking[0], self.columns)}"
            )
        in_ticks = self._in_ticks()
        lengths = {
            name: len(in_ticks[name] if name in in_ticks else self.columns[name])
            for name in self.columns
        }
        if len(set(lengths.values())) > 1:
            raise ResultsError(
                f"table of {self.kind}: columns of unequal length: {lengths}. Make them equal"
            )
        for name, known in self.categories.items():
            codes = self.columns[name]
            if len(codes) and not (codes.min() >= MISSING and codes.max() < len(known)):
                raise ResultsError(
                    f"table of {self.kind}, column '{name}': codes run from {codes.min()} to {codes.max()}, "
                    f"but there are {len(known)} names. Codes count from 0; {MISSING} is 'none'"
                )

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> Column:
        if name not in self.columns:
            raise ResultsError(
                f"table of {self.kind}: no column '{name}'. {nearest(name, self.columns)}"
            )
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def _in_ticks(self) -> Mapping[str, Ints]:
        """The columns that are kept in ticks, by name."""
        return self.columns.ticks if isinstance(self.columns, InTicks) else {}

    def ticks(self, name: str) -> Ints:
        """A point in time in whole ticks, `NEVER` where it did not happen, shape (n,)."""
        in_ticks = self._in_ticks()
        if name in in_ticks:
            return in_ticks[name]
        minutes = self[name]
        return np.where(np.isnan(minutes), NEVER, to_ticks(np.nan_to_num(minutes)))

    def known(self, column: str) -> tuple[str, ...]:
        """The categories of a column, in the order of their codes; none if it is not categorical."""
        return self.categories.get(column, ())

    def where(self, column: str, *names: str) -> Mask:
        """Mask of the rows with one of these categories, shape (n,). An unknown category matches no row.

        In a column of ages a category is a span of years: `75-84`.
        """
        known, codes = self.known(column), self[column]
        rows = np.zeros(len(codes), dtype=np.bool_)
        for name in names:
            if name in known:
                rows |= codes == known.index(name)
            elif not known:
                rows |= np.isin(codes, years_of(name))
        return rows

    def select(self, rows: Column | slice) -> Self:
        """The table with only the rows of a mask, of row numbers or of a slice, which is not copied."""
        return type(self)(
            {name: values[rows] for name, values in self.columns.items()}, self.categories
        )

    def frame(self) -> pd.DataFrame:
        """The table as a pandas DataFrame, categories by name."""
        import pandas as pd

        columns = {
            name: pd.Categorical.from_codes(
                np.asarray(values, dtype=np.int64), categories=pd.Index(self.categories[name])
            )
            if name in self.categories
            else values
            for name, values in self.columns.items()
        }
        return pd.DataFrame(columns)


@dataclass(frozen=True)
class Patients(Table):
    """One row per attendance.

    patient  the row of the draws (or of the extract); source and number  the same patient in every arm;
    replication; arrived_at; outcome  how it ended, or `in_building`; then attributes and points in time. The usual
    points: assessed_at (initial assessment started), triaged_at, handed_over_at (ambulance crew free), seen_at
    (first clinician started), decided_at (decision to admit), departed_at (discharged, left, or moved to a bed).
    """

    kind = "patients"
    required = (
        "patient", "arrival_source", "number", "replication", "arrived_at", "outcome",
    )  # fmt: skip

    def admitted(self) -> Mask:
        """Mask of the admitted, shape (n,): by outcome, or still on a ward after decision and departure from A&E."""
        admitted = self.where("outcome", ADMITTED)
        if all(name in self for name in ADMITTED_POINTS):
            reached = ~np.isnan([self[name] for name in ADMITTED_POINTS])
            admitted |= self.where("outcome", IN_BUILDING) & reached.all(axis=0)
        return admitted


@dataclass(frozen=True)
class ActivityTable(Table):
    """One row per patient and step, sorted by patient and then by order.

    patient  as in `Patients`; step; pool  which of several was taken, or none; outcome  done, left, blocked,
    open; joined_at, started_at, ended_at. The end of a route is a last row of no length.
    """

    kind = "activities"
    required = (
        "patient", "step", "pool", "outcome", "joined_at", "started_at", "ended_at",
    )  # fmt: skip


@dataclass(frozen=True)
class Replications(Table):
    """One row per replication, arm, measure and group: `value` in `unit`, NaN where nobody counted."""

    kind = "replications"
    required = ("replication", "arm", "measure", "unit", "group", "value")


@dataclass(frozen=True)
class Events(Table):
    """One row per event, in order of time, with the columns that vidigi reads: an event log.

    entity_id  the patient; pathway  the arrival source; event_type  arrival_departure, queue, resource_use or
    resource_use_end; event  its name; time  float minutes from 00:00 on day 0; resource_id  a number from 1 for the
    place that is used at the step, NaN of other events.
    """

    kind = "events"
    required = ("entity_id", "pathway", "event_type", "event", "time", "resource_id")
