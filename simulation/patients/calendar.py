"""Which day of the model year each simulated day is, and the week from which a replication is measured.

The calendar is anchored at the first measured day, a Monday: the warm-up is counted back from it, so a longer warm-up
moves no calendar day of the window.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulation.errors import DrawsError
from simulation.patients.variates import generator_of
from simulation.records.schema import Ints
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
