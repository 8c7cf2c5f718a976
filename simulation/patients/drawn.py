"""One replication's patients as columns, which triage, engines and tables read, and the calendar of its days.

The calendar is anchored at the first measured day, a Monday: the warm-up is counted back from it, so a longer warm-up
moves no calendar day of the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.errors import DrawsError
from simulation.patients.variates import Attributes, Codes, NamedFloats, Variates, generator_of
from simulation.records.schema import Floats, Ints, Mask
from simulation.units import DAY

DAYS_IN_WEEK = 7
WEEKS_IN_YEAR = 52
DAYS_IN_YEAR = WEEKS_IN_YEAR * DAYS_IN_WEEK
"""A model year is 52 whole weeks, so that every weekday counts equally; months are its twelfths."""
MONTHS_IN_YEAR = 12
WEEKS_APART = 19
"""Weeks from one replication's start to the next one's. Of all steps that have no common divisor with 52, none spreads
the starts more evenly, and this one is nearest to the golden section of a year (52 x 0.382 = 19.9)."""
QUARTERS = 4


@dataclass(frozen=True)
class Calendar:
    """The days of one replication: the first measured day is the Monday of `start_week` of the model year.

    start_week    0 (the first of January) to 51
    warm_up_days  simulated before that day, whole weeks

    Raises DrawsError for a week outside the model year, and for a warm-up that is not whole weeks: the run begins on a
    Monday, too.

    >>> calendar = Calendar(start_week=1, warm_up_days=14)
    >>> calendar.days_of_year(np.array([0, 7, 14])).tolist()
    [357, 0, 7]
    """

    start_week: int = 0
    warm_up_days: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.start_week < WEEKS_IN_YEAR:
            raise DrawsError(
                f"start_week is {self.start_week}. Give a week from 0 to {WEEKS_IN_YEAR - 1}"
            )
        if self.warm_up_days < 0 or self.warm_up_days % DAYS_IN_WEEK:
            raise DrawsError(
                f"warm_up_days is {self.warm_up_days}. Give whole weeks: 0, 7, 14, ..."
            )

    @property
    def measured_from(self) -> int:
        """The tick at which the first measured day begins."""
        return self.warm_up_days * DAY

    def measured_days(self, days: Ints) -> Ints:
        """Days since the first measured one, which is 0, of days since the start of the run; below 0 in the warm-up."""
        return days - self.warm_up_days

    def days_of_year(self, days: Ints) -> Ints:
        """The day of the model year, 0 to 363, of each day since the start of the run; shape of `days`."""
        return (self.measured_days(days) + DAYS_IN_WEEK * self.start_week) % DAYS_IN_YEAR

    def months(self, days: Ints) -> Ints:
        """The month, 0 for January, of each day since the start of the run; shape of `days`."""
        return self.days_of_year(days) * MONTHS_IN_YEAR // DAYS_IN_YEAR


FROM_JANUARY = Calendar()
"""Measured from the first simulated day on, the Monday of week 0."""


@dataclass(frozen=True)
class DrawnRun:
    """The run that patients are drawn for: what names its random streams, its length, and its calendar."""

    seed: int
    replication: int
    days: int
    calendar: Calendar = FROM_JANUARY

    def generator(self, source: str, column: str) -> np.random.Generator:
        """The generator of one stream of the run (`generator_of`)."""
        return generator_of(self.seed, self.replication, source, column, 0)


def balanced_start_week(replication: int) -> int:
    """The week, 0 to 51, from which a replication is measured: the first n are spread evenly over the year for any n.

    The number of the first n that begin in any stretch of the year differs from its share by less than 2.2. Any 52 in
    a row begin in 52 different weeks.

    >>> [balanced_start_week(replication) for replication in range(6)]
    [0, 19, 38, 5, 24, 43]
    """
    return WEEKS_APART * replication % WEEKS_IN_YEAR


def start_weeks_over_departments(seed: int, number: int, n: int) -> tuple[int, ...]:
    """The week, 0 to 51, from which each of n departments is measured, in pass `number` over them.

    Each pass has an order of its own, drawn by seed and pass, so that a department's weeks in two passes are
    independent: the order of `balanced_start_week` has the period of the year, and would give a department much the
    same weeks again. Weeks are balanced within a pass: each successive four departments begin in four quarters of the
    year, each successive 52 in the 52 weeks.

    >>> sorted(start_weeks_over_departments(1, 0, 52)) == list(range(52))
    True
    """
    return _weeks_of_pass(seed, number, -(-n // WEEKS_IN_YEAR))[:n]


@lru_cache(maxsize=8)
def _weeks_of_pass(seed: int, number: int, n_years: int) -> tuple[int, ...]:
    """The 52 weeks `n_years` times, each time in another order; the first quarter begins at a drawn week."""
    generator = generator_of(seed, number, "departments", "start_week", 0)
    weeks: list[int] = []
    for _ in range(n_years):
        first, by_quarter = (
            generator.integers(WEEKS_IN_YEAR),
            np.arange(WEEKS_IN_YEAR).reshape(QUARTERS, -1),
        )
        in_quarters = generator.permuted(
            by_quarter, axis=1
        )  # the weeks of each quarter in an order of their own
        in_fours = generator.permuted(
            in_quarters.T, axis=1
        )  # a row has a week of each quarter, these in any order
        weeks += ((in_fours.ravel() + first) % WEEKS_IN_YEAR).tolist()
    return tuple(weeks)


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
