"""One replication's patients as columns: what triage, engines and tables read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.errors import DrawsError
from simulation.patients.calendar import FROM_JANUARY, Calendar
from simulation.patients.variates import Attributes, Codes, NamedFloats, Variates
from simulation.records.schema import Floats, Ints, Mask


@dataclass(frozen=True)
class Draws:
    """One replication's patients, sorted by arrival; every array has one entry (or column) a patient.

    arrived_at      ticks
    arrival_source  code of the source
    number          the candidate's number within its source; source and number name the same patient in every arm
    attributes      codes by name
    minutes         (repeats, n) by duration; 0 for patients whose source cannot come to the duration
    patience        ticks from arrival to leaving, or NEVER
    worsens         ticks from arrival to getting worse, or NEVER
    adherence       uniform coins by step
    order           (n,) each patient's position among those of all sources, one source after another
    outages         by name, ticks from and to of the spans in which something is down, (n_spans, 2), in order of time
    alarms          ticks from arrival to when a round can see that a patient got worse, or NEVER; None: as `worsens`
    calendar        which day of the model year each simulated day is, and which is the first measured one
    from_table      names of the attributes that a table of patients stated, which no label changes
    """

    replication: int
    arrived_at: Ints
    arrival_source: Codes
    number: Ints
    attributes: Attributes
    minutes: NamedFloats
    patience: Ints
    worsens: Ints
    adherence: NamedFloats
    order: Ints
    variates: Variates
    outages: Mapping[str, Ints] = field(default_factory=dict)
    alarms: Ints | None = None
    calendar: Calendar = FROM_JANUARY
    from_table: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.arrived_at)

    def uniform(self, column: str, repeat: int = 0) -> Floats:
        """One uniform number in (0, 1) a patient from the stream of that name, shape (n,)."""
        return self.variates.uniform(column, repeat)

    def normal(self, column: str) -> Floats:
        """One standard normal number a patient from the stream of that name, shape (n,)."""
        return self.variates.normal(column, 0).astype(float)

    def refuse_other_rows(self, other: Draws, who: str) -> None:
        """Raise DrawsError unless the rows of the other are the same patients, who arrive at the same ticks, in the
        same order: arms and their patients are compared row by row.
        """
        for name in ("arrived_at", "arrival_source", "number"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not theirs and not np.array_equal(mine, theirs):
                raise DrawsError(
                    f"{who} changes the column '{name}'. Rows are the same patients in the same order in every arm: "
                    "let the department say who comes when, and the policy only what becomes of them"
                )

    def with_columns(
        self,
        *,
        attributes: Attributes | None = None,
        minutes: NamedFloats | None = None,
        alarms: Ints | None = None,
    ) -> Draws:
        """The same patients with some columns replaced (by a triage policy); nothing is copied or drawn."""
        return replace(
            self,
            attributes={**self.attributes, **(attributes or {})},
            minutes={**self.minutes, **(minutes or {})},
            alarms=self.alarms if alarms is None else alarms,
        )


def from_sources(pathway: Pathway, draws: Draws, sources: Iterable[str]) -> Mask:
    """Mask of the patients who come from one of these sources, shape (n,)."""
    known = pathway.categories(ARRIVAL_SOURCE)
    return np.isin(draws.arrival_source, [known.index(name) for name in sources])
