"""The mean of some numbers, one a replication, with its interval.

Of one department an interval covers simulation noise. Over `MIN_DEPARTMENTS` or more it is that of the mean over
departments as a sample of such departments: each department's mean is one number, so it covers which departments were
drawn and simulation noise together. Over fewer it is of these departments alone, from the spread within them
(`estimate_within_departments`). None covers uncertainty about inputs and structure.

**How many replications give a mean a stated half-width** is found in stages (Stein 1945, made more careful).
A stage of n replications is enough if the half-width of its 95 % interval is no larger than the h asked for, and n is
at least 25 times the square of the skewness of its numbers. If not, (w t u s / h)^2 replications are run in all,
rounded up: s is the standard deviation, t Student's quantile, w what skewness widens the interval by
(`statistics/critical_values.py`), and u s the upper 80 % confidence limit of the standard deviation, u^2 = (n - 1) / c
with c the 20 % quantile of chi-squared. Then all of them are tested again; mostly the second stage is the last.

The promise is that the mean lies within h of the truth with 95 %. Three precautions are needed where numbers are
skewed, because a first stage without its rare large numbers has a small mean and a small spread together: planning with
u s rather than s, testing every stage again, and enough replications for the mean to be about normal.
`tests/long/stopping.py` shows how often the promise holds.

Sources: R. H. Browne, 'On the use of a pilot sample for sample size determination', Statistics in Medicine 14 (1995)
1933-1940 (the upper limit); W. G. Cochran, Sampling Techniques, 3rd ed., 1977, 2.15 (25 times the squared skewness).
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ResultsError
from simulation.records.schema import Floats
from simulation.statistics.critical_values import (
    MIN_REPLICATIONS,
    IntervalKind,
    Weakness,
    always_valid_value,
    largest_share,
    sides,
    weakness_of,
    widen_for_one,
    widening,
    width_factor,
)
from simulation.statistics.departments import (
    MIN_DEPARTMENTS,
    Department,
    first_of_each,
    means_of,
    noise_within,
)

LEVEL = 0.95
"""The probability with which an interval holds, unless stated."""

LEAST_CHANCE = 1e-12
"""The least chance of missing the mean for which skewness is reckoned."""


@dataclass(frozen=True)
class Interval:
    """A mean over replications with its interval. Bounds are NaN where there is no interval: with fewer than two
    replications, or too few for an always-valid one.

    n: number of replications that have the number; of: number of all replications (0: the same); largest_share: the
    share of the variance due to one replication, or one department; opposite: the number that lies furthest on the
    other side of the mean than the one of that share; error: the standard error over departments (None: from sd and n).
    """

    mean: float
    low: float
    high: float
    sd: float
    n: int
    of: int = 0
    largest_share: float = 0.0
    error: float | None = None
    always_valid: bool = False
    opposite: float = np.nan

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2

    def columns(self, name: str) -> dict[str, float]:
        """Mean and bounds as the cells of a file's row: the columns `name`, `name_low` and `name_high`."""
        return {name: self.mean, f"{name}_low": self.low, f"{name}_high": self.high}

    def times(self, factor: float) -> Interval:
        """The interval of the number multiplied by a factor."""
        low, high = sorted((factor * self.low, factor * self.high))
        error = None if self.error is None else abs(factor) * self.error
        mean, sd, opposite = factor * self.mean, abs(factor) * self.sd, factor * self.opposite
        return replace(self, mean=mean, low=low, high=high, sd=sd, error=error, opposite=opposite)

    @property
    def standard_error(self) -> float:
        """The standard error of the mean."""
        if self.error is not None:
            return self.error
        return self.sd / math.sqrt(self.n) if self.n else np.nan

    @property
    def weakness(self) -> Weakness | None:
        """Why no definite statement may rest on the interval; None if one may."""
        return weakness_of(self.n, of=self.of, spread=self.sd, largest_share=self.largest_share)

    @property
    def judged(self) -> tuple[float, float]:
        """The bounds from which a statement is read: wider if one replication makes most of the variance
        (`widen_for_one`), NaN if no statement may rest on them."""
        factor = width_factor(self.weakness, self.n, always_valid=self.always_valid)
        return widen_for_one((self.low, self.high), self.mean, factor, self.opposite)

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0, and a definite statement may rest on it."""
        low, high = self.judged
        return low > 0 or high < 0

    def single(self) -> tuple[float, float]:
        """The bounds between which one more replication falls with 95 %: the mean -+ t sd sqrt(1 + 1/n).

        Unlike the interval of the mean it does not shrink to nothing, and unlike the lowest and highest of n it does
        not grow with n. NaN with fewer than two replications.
        """
        if self.n < 2:
            return np.nan, np.nan
        half_width = t_quantile(self.n - 1) * self.sd * math.sqrt(1 + 1 / self.n)
        return self.mean - half_width, self.mean + half_width


@functools.cache
def t_quantile(degrees: float, level: float = LEVEL) -> float:
    """The two-sided quantile of Student's t: 2.262 for 9 degrees of freedom at 95 %."""
    from scipy.special import (
        stdtrit,
    )  # the same number as scipy.stats.t.ppf, and a tenth of its import time

    return float(stdtrit(degrees, 0.5 + level / 2))


def critical_value(n: int, level: float, kind: IntervalKind) -> float:
    """The half-width in standard errors at n replications, n at least 2, of numbers without skewness.

    NaN where an always-valid one is unbounded, or there is none. `estimate_intervals` widens them where numbers are
    skewed.
    """
    if kind == "fixed_sample":
        return t_quantile(n - 1, level)
    value = math.nan if kind == "none" else always_valid_value(n, level)
    return value if math.isfinite(value) else math.nan


@functools.cache
def tail_level(n: int, level: float, kind: IntervalKind) -> float:
    """The level at which skewness matters to an interval: its own; of an always-valid one, at n replications, that of
    the t interval that would be as wide."""
    if kind == "fixed_sample" or math.isnan(critical_value(n, level, kind)):
        return level
    from scipy.special import stdtr

    return 1 - max(2 * float(stdtr(n - 1, -critical_value(n, level, kind))), LEAST_CHANCE)


def estimate_interval(
    values: Floats,
    *,
    level: float = LEVEL,
    kind: IntervalKind = "fixed_sample",
    department: Department | None = None,
    fewest: int = MIN_DEPARTMENTS,
) -> Interval:
    """The mean of one number a replication with its interval; replications without a number are left out.

    `department`: which one each replication used, over an ensemble; `fewest`: as in `estimate_intervals`.
    """
    column = estimate_intervals(values[:, None], level, kind, department, fewest)
    columns = (column.mean, *bounds(column, level, kind), column.sd, column.share, column.opposite)
    mean, low, high, sd, share, opposite = (float(part[0]) for part in columns)
    error = None if column.error is None else float(column.error[0])
    return Interval(
        mean,
        low,
        high,
        sd,
        int(column.n[0]),
        column.of,
        share,
        error,
        kind == "always_valid",
        opposite,
    )


def exact_interval(k: float, n: int) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval of a share k of n, which covers at least 95 %.

    `k` may be fractional, a mean over repeats: its spread is no larger than that of a count.
    """
    from scipy.special import betaincinv

    tail = (1 - LEVEL) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    return low, float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0


class Intervals(NamedTuple):
    """Intervals of several columns of numbers, shape (n_columns,) each.

    n: number of replications that have a number; share: the largest share of the variance due to one replication, or
    one department; opposite: the number furthest on the other side of the mean; widened: the factor by which skewness
    widens it at 95 %, which the half-width includes; of: number of all replications; tail: by how much a level above 95
    %, or an always-valid interval, widens one side further (`skewness.sides` at `tail_level`), which the half-width
    does not include; degrees, error: degrees of freedom and standard error over departments, None of one.
    """

    mean: Floats
    half_width: Floats
    sd: Floats
    n: NDArray[np.int64]
    share: Floats
    widened: Floats
    of: int
    tail: Floats
    opposite: Floats
    degrees: Floats | None = None
    error: Floats | None = None


def estimate_intervals(
    values: Floats,
    level: float,
    kind: IntervalKind,
    department: Department | None = None,
    fewest: int = MIN_DEPARTMENTS,
) -> Intervals:
    """The intervals of columns of numbers, one row a replication: t, wider where numbers are skewed, or always valid.
    The half-width does not include what `tail` adds to one side.

    `department`: the department that each replication used; the intervals are then those of the mean over departments
    as a sample of such departments; of 2 to 19 (less than the `fewest`), of these alone. An always-valid one takes each
    department once, as it comes.

    A column with an infinite number, because a stay had not ended, is NaN: leaving that replication out would leave out
    the longest stays, most of them in the slowest arm.
    """
    n_departments = 1 if department is None else len(np.unique(department))
    if department is None or n_departments == 1 or kind == "none":
        return _independent(values, level, kind)
    if kind == "always_valid":
        return _independent(values[first_of_each(department)], level, kind)
    if n_departments < fewest:
        return estimate_within_departments(values, level, department)
    numbers = _independent(values, level, kind)
    means = _independent(means_of(values, department), level, kind)
    degrees, error = np.maximum(means.n - 1.0, 0.0), means.sd / np.sqrt(np.maximum(means.n, 1))
    return means._replace(sd=numbers.sd, n=numbers.n, of=numbers.of, degrees=degrees, error=error)


def estimate_within_departments(
    values: Floats, level: float, department: Department | None
) -> Intervals:
    """The intervals of the mean over these very departments: simulation noise alone, from the spread within them."""
    department = np.zeros(len(values), dtype=np.int64) if department is None else department
    numbers = _independent(values, level, "fixed_sample")
    over = noise_within(np.where(np.isnan(numbers.mean), np.nan, values), department)
    critical = np.array(
        [t_quantile(degrees, level) if degrees > 0 else np.nan for degrees in over.degrees.tolist()]
    )
    none = np.zeros(len(critical))
    return numbers._replace(
        mean=np.where(numbers.sd == 0, numbers.mean, over.mean),
        half_width=np.where(numbers.sd == 0, 0.0, critical * over.standard_error),
        share=none,
        widened=none + 1,
        tail=none,
        degrees=over.degrees,
        error=over.standard_error,
    )


def _independent(values: Floats, level: float, kind: IntervalKind) -> Intervals:
    """The intervals of columns of independent numbers, one a row."""
    n = (~np.isnan(values)).sum(axis=0)
    values = np.where(np.isinf(values).any(axis=0), np.nan, values)
    known = ~np.isnan(values)
    n_known = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.where(n_known > 0, n_known, np.nan)
    from_mean = np.where(known, values - mean, 0.0)
    sd = np.sqrt((from_mean**2).sum(axis=0) / np.where(n_known > 1, n_known - 1, np.nan))
    lowest, highest = (
        np.where(known, values, np.inf).min(axis=0),
        np.where(known, values, -np.inf).max(axis=0),
    )
    equal = lowest == highest  # exactly no spread, and the mean is the number itself
    sd = np.where(equal & (n > 1), 0.0, sd)
    critical = np.array(
        [critical_value(number, level, kind) if number > 1 else np.nan for number in n.tolist()]
    )
    widened, tail = widening(from_mean, sd, n)
    if kind == "always_valid":
        widened, tail = np.ones(len(n)), tail * widened
    half_width = widened * critical * sd / np.sqrt(np.maximum(n, 1))
    mean, share = np.where(equal, lowest, mean), np.where(equal, 0.0, largest_share(from_mean**2))
    opposite = np.where(mean - lowest > highest - mean, highest, lowest)
    return Intervals(mean, half_width, sd, n, share, widened, len(values), tail, opposite)


def bounds(estimates: Intervals, level: float, kind: IntervalKind) -> tuple[Floats, Floats]:
    """The ends of intervals, by column."""
    if kind == "fixed_sample" and level == LEVEL:
        return estimates.mean - estimates.half_width, estimates.mean + estimates.half_width
    each = [
        sides(tail, tail_level(n, level, kind))
        for tail, n in zip(estimates.tail.tolist(), estimates.n.tolist(), strict=True)
    ]
    lower, upper = np.array(each).reshape(-1, 2).T
    return (
        estimates.mean - lower * estimates.half_width,
        estimates.mean + upper * estimates.half_width,
    )


def replications_needed(
    sd: float,
    half_width_wanted: float,
    *,
    level: float = LEVEL,
    kind: IntervalKind = "fixed_sample",
) -> int:
    """The fewest replications (at least 2) whose interval would be no wider, if the standard deviation stays.

    The half-width falls with n, so the number is found by doubling and halving. Raises ResultsError if the half-width
    wanted is not above 0 or the standard deviation is not known.
    """
    if not half_width_wanted > 0 or not math.isfinite(sd):
        raise ResultsError(
            f"replications needed: half-width {half_width_wanted}, standard deviation {sd}. "
            "Give a half-width above 0, and at least two replications"
        )

    def enough(n: int) -> bool:
        return critical_value(n, level, kind) * sd <= half_width_wanted * math.sqrt(n)

    high = 2
    while not enough(high):  # nor where there is no interval yet
        high *= 2
    candidates = range(high // 2 + 1, high + 1)
    return candidates[bisect_left(candidates, True, key=enough)]


CAREFUL = 0.80
"""Confidence that the true standard deviation is no larger than the one planned with."""
FOR_SKEWNESS = 25
"""Replications for each unit of squared skewness."""


@functools.cache
def upper_limit(degrees: int) -> float:
    """The upper confidence limit of a standard deviation, in multiples of the sample's (of normal numbers).

    >>> round(upper_limit(19), 3)
    1.177
    """
    from scipy.special import chdtri

    return math.sqrt(degrees / float(chdtri(degrees, CAREFUL)))


def replications_for(values: Floats, half_width: float, *, at_most: int) -> int:
    """How many replications there should be in all for a mean of this half-width: as many as there are if these are
    enough.

    values: one number a replication, NaN where it has none; where some have none, proportionally more are asked for.
    It is as many as there are, too, where fewer than three have a number or one is infinite (somebody's stay had not
    ended). At most `at_most`, unless there are more already.
    """
    known = values[~np.isnan(values)]
    if len(known) < MIN_REPLICATIONS or not np.isfinite(known).all():
        return len(values)
    reached, by_skewness = estimate_interval(known).half_width, FOR_SKEWNESS * skewness(known) ** 2
    if reached <= half_width and len(known) >= by_skewness:
        return len(values)
    by_spread = (upper_limit(len(known) - 1) * reached / half_width) ** 2 * len(known)
    needed = math.ceil(max(by_spread, by_skewness) * len(values) / len(known))
    return max(min(max(needed, len(values) + 1), at_most), len(values))


def skewness(values: Floats) -> float:
    """The third central moment over the cube of the standard deviation (both divided by n); 0 without spread."""
    from_mean = values - values.mean()
    sd = math.sqrt(float((from_mean**2).mean()))
    return float((from_mean**3).mean()) / sd**3 if sd > 0 else 0.0
