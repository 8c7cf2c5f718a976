"""Effects over departments: the mean as of a sample of departments, simulation noise of it, and the range.

Arrays in, arrays out: `values` has a row a replication and a column a number (or one number a replication),
`department` says which department each replication used. NaN: a replication without the number.

**Three things, never merged.**

1. `spread_over`: effects by department with simulation noise removed, from which come the range, counts and shares.
2. `means_of`: each department's mean. Departments are a sample of those that fit, and these means are independent, so
   the interval of their mean (`statistics/intervals.py`) holds for such departments, noise of simulation included.
3. `noise_within`: the simulation noise of that mean, from the spread *within* departments. It is about these
   departments alone. For D departments with variance s2 among the m replications of each, its standard error is
   sqrt(sum s2 / m) / D. Degrees of freedom are Satterthwaite's, with the fourth powers estimated without bias (s4 of f
   degrees is too large by (f + 2) / f), so that similar departments have about as many as replications beyond the first
   of each, which is the most.

**The model of `Spread`** is a random-effects model. Replication r of department d gives y = mu + t_d + e:

    T   variance of t, between departments (normal); estimated from mean squares, at least 0
    S   variance of e, within a department (normal, the same in each); estimated from mean squares
    m   replications of a department
    B   = T / (T + S / m), the share of a department's squared distance from mu that is its own, not noise

Three numbers of a department are read from it:

- *effect*: mu + sqrt(B) (mean - mu). So effects have the variance T: raw means are wider, because they hold noise, and
  posterior means, shrunk by B, are narrower (Louis 1984, JASA 79:393; Ghosh 1992, JASA 87:533: constrained Bayes).
- *posterior*: mean mu + B (mean - mu), variance B S / m, for statements about one department ('95 % sure').
- both with T at its upper 95 % limit, for statements about every department, because T is an estimate, too (Ting and
  others 1990, J Stat Comput Simul 35:135), each mean square with Satterthwaite's degrees of freedom. Of 24 departments
  in two replications whose noise differs (log sd .8) such a limit is above T in 89 %, one that takes S as known and the
  same in 80 %.

Several numbers of a department together: `statistics/variance_components.py`.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats

MIN_EACH = 2
"""Replications that a department needs to count in a range."""
MIN_DEPARTMENTS = 20
"""Departments that a verdict over departments needs, and a range."""
TAIL = 0.05
"""The share of departments on either side of the range."""
Department = NDArray[np.int64]


class Ranges(NamedTuple):
    """For each column: median, 5th and 95th percentile over departments (NaN where no range is stated), and the number
    of departments."""

    median: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]


class Within(NamedTuple):
    """For each column: the mean over departments, its standard error and degrees of freedom."""

    mean: Floats
    standard_error: Floats
    degrees: Floats


@dataclass(frozen=True, eq=False)
class Spread:
    """One number over departments, simulation noise removed by the model above.

    numbers: the departments' numbers, in order; n_each: the number of replications of each; effects: shape (n,), noise
    removed; raw: their means as simulated; between, within: the variances T and S; between_at_most: the upper limit of
    T.
    """

    numbers: Department
    n_each: Floats
    effects: Floats
    raw: Floats
    between: float
    within: float
    between_at_most: float

    @property
    def n(self) -> int:
        """The number of departments."""
        return len(self.numbers)

    @property
    def is_range(self) -> bool:
        """Whether there are enough departments for a range."""
        return self.n >= MIN_DEPARTMENTS

    @property
    def range(self) -> tuple[float, float, float]:
        """Median, 5th and 95th percentile over departments; NaN for fewer than 20."""
        if not self.is_range:
            return math.nan, math.nan, math.nan
        median, low, high = np.quantile(self.effects, [0.5, TAIL, 1 - TAIL]).tolist()
        return median, low, high

    @property
    def widest(self) -> tuple[float, float]:
        """The 5th and 95th percentile with T at its upper limit, so that effects shrink least; NaN for fewer than 20
        departments."""
        if not self.is_range:
            return math.nan, math.nan
        middle, own = self.raw.mean(), self._own_share(self.between_at_most)
        low, high = np.quantile(
            middle + np.sqrt(own) * (self.raw - middle), [TAIL, 1 - TAIL]
        ).tolist()
        return low, high

    def _own_share(self, between: float) -> Floats:
        """The share B of each department, T being `between`."""
        return np.nan_to_num(between / or_nan(between + self.within / self.n_each))

    def posterior(self, between: float) -> tuple[Floats, Floats]:
        """The mean and the standard deviation of each department's posterior, T being `between`."""
        middle, own = self.raw.mean(), self._own_share(between)
        return middle + own * (self.raw - middle), np.sqrt(own * self.within / self.n_each)

    def expected_outside(self, low: float, high: float) -> float:
        """How many departments the model expects outside these bounds, T at its upper limit; the chance of any is no
        larger."""
        posterior = self.posterior(self.between_at_most)
        return float((_below(low, *posterior) + 1 - _below(high, *posterior)).sum())

    def sure_beyond(self, bound: float) -> tuple[bool, bool]:
        """Whether some department is below -bound, and whether some is above bound, each with 95 % certainty."""
        posterior = self.posterior(self.between)
        below, above = _below(-bound, *posterior), 1 - _below(bound, *posterior)
        return bool((below >= 1 - TAIL).any()), bool((above >= 1 - TAIL).any())


def count_beyond(effects: Floats, beyond: float) -> tuple[int, int, int]:
    """How many numbers are below -beyond, from there to beyond, and above."""
    below, above = int((effects < -beyond).sum()), int((effects > beyond).sum())
    return below, len(effects) - below - above, above


def first_of_each(department: Department) -> NDArray[np.intp]:
    """The rows in which each department is used for the first time: its independent draws from the ensemble."""
    return np.sort(np.unique(department, return_index=True)[1])


def means_of(values: Floats, department: Department) -> Floats:
    """The mean of each column in each department, NaN where it has no number; shape (n_departments, n_columns)."""
    with np.errstate(invalid="ignore"):  # of infinite numbers, which have no squared deviation
        n_each, mean, _ = _sums(values, department)
    return np.where(n_each > 0, mean, np.nan)


def weigh(values: Floats, department: Department, weights: Floats) -> Floats:
    """The numbers whose mean over departments, each counted once, is the weighted mean of `values`, and whose standard
    error is that of the weighted mean, sum w (x - mean) / sum w (Cochran 1977, Sampling Techniques, 6.8).

    weights: of each replication's department, above 0. Each number is drawn out from the weighted mean by its weight
    over the mean weight, so what is paired stays paired; their spread over departments means nothing.
    """
    means, (_, first) = means_of(values, department), np.unique(department, return_index=True)
    each = np.where(np.isnan(means), np.nan, weights[first][:, None])
    total = np.nansum(each, axis=0)
    mean = np.nansum(each * means, axis=0) / or_nan(total)
    factor = weights[:, None] * (~np.isnan(means)).sum(axis=0) / or_nan(total)
    weighed: Floats = mean + factor * (values - mean)
    return weighed


def noise_within(
    values: Floats, department: Department, weights: Floats | None = None
) -> Within:
    """The mean of each column over departments, and its noise from the spread within them.

    values: shape (n_replications, n_columns); weights: of each department, in order; None: all count alike. A
    department that has the number once is given the mean noise of the others; if all have it once, the noise is not
    known (NaN).
    """
    n_each, mean_each, squares = _sums(values, department)
    known = n_each > 0
    each = known if weights is None else known * weights[:, None]
    total = or_nan(each.sum(axis=0))
    mean = np.where(known, each * mean_each, 0.0).sum(axis=0) / total
    spare = np.maximum(n_each - 1, 0)
    most = spare.sum(axis=0)
    pooled = squares.sum(axis=0) / or_nan(most)
    variance = np.where(spare > 0, squares / np.maximum(spare, 1), pooled)
    noise = np.where(known, each**2 * variance / np.maximum(n_each, 1), 0.0)  # of each department's mean
    own = np.where(spare > 0, noise, 0.0)
    fourth = (own**2 / (spare + 2)).sum(axis=0)
    degrees = np.minimum(
        np.divide(own.sum(axis=0) ** 2, fourth, out=most.copy(), where=fourth > 0), most
    )
    return Within(mean, np.sqrt(noise.sum(axis=0)) / total, degrees)


def spread_over(values: Floats, department: Department) -> Spread:
    """The spread of one number a replication, (n_replications,), over the departments that have it at least twice."""
    sums = _sums(values[:, None], department)
    there = sums[0][:, 0] >= MIN_EACH
    n_each, mean, squares = (of_each[there] for of_each in sums)
    effects, between, noise = _model(mean, n_each, squares)
    (most,) = _model(mean, n_each, squares, widest=True)[1]
    numbers, (n_each, effects, raw) = (
        np.unique(department)[there],
        (column[:, 0] for column in (n_each, effects, mean)),
    )
    return Spread(numbers, n_each, effects, raw, float(between[0]), float(noise[0]), float(most))


def ranges(values: Floats, department: Department, *, widest: bool = False) -> Ranges:
    """The range of each column over departments, simulation noise removed; the `widest`: as `Spread.widest`.

    It is over the departments that have the number at least twice; NaN for fewer than 20 of them.
    """
    n_each, mean, squares = _sums(values, department)
    n_each = np.where(n_each >= MIN_EACH, n_each, 0)
    effects, _, _ = _model(mean, n_each, np.where(n_each > 0, squares, 0.0), widest=widest)
    n_departments = (n_each > 0).sum(axis=0)
    enough = n_departments >= MIN_DEPARTMENTS
    quantiles = np.full((3, values.shape[1]), np.nan)
    everywhere = n_departments == len(effects)
    for of, quantile in (
        (enough & everywhere, np.quantile),
        (enough & ~everywhere, np.nanquantile),
    ):  # one is slow
        if of.any():
            quantiles[:, of] = quantile(effects[:, of], [0.5, TAIL, 1 - TAIL], axis=0)
    return Ranges(quantiles[0], quantiles[1], quantiles[2], n_departments)


def _model(
    mean: Floats, n_each: Floats, squares: Floats, *, widest: bool = False
) -> tuple[Floats, Floats, Floats]:
    """Effects without noise by department and column; variances between and within by column.

    n_each: how many numbers a department has (0: it is left out); mean: their mean; squares: sum of squared deviations;
    widest: with the variance between departments at its upper 95 % limit.
    """
    there = n_each > 0
    n, n_departments = n_each.sum(axis=0), there.sum(axis=0)
    within_degrees = n - n_departments
    noise = squares.sum(axis=0) / or_nan(within_degrees)
    weighted = np.where(there, n_each * mean, 0.0).sum(axis=0) / or_nan(n)
    degrees = or_nan(n_departments - 1)
    apart = np.where(there, n_each * (mean - weighted) ** 2, 0.0)
    between_squares = apart.sum(axis=0) / degrees
    size = (n - (n_each**2).sum(axis=0) / or_nan(n)) / degrees
    more = _uncertainty(apart, squares, n_each, between_squares, noise) if widest else 0.0
    between = np.maximum((between_squares - noise + more) / size, 0.0)
    mu = np.where(there, mean, 0.0).sum(axis=0) / or_nan(n_departments)
    shrunk = between / or_nan(between + noise / np.maximum(n_each, 1))
    effects = mu + np.sqrt(np.nan_to_num(shrunk)) * (mean - mu)
    return np.where(there, effects, np.nan), between, noise


def _uncertainty(
    apart: Floats, squares: Floats, n_each: Floats, between: Floats, noise: Floats
) -> Floats:
    """What the upper 95 % limit of the difference of two mean squares, `between` and `noise`, is above it.

    apart, squares: the sums of squares of each department of which they are made. Departments differ in noise (a full
    one has far more), so each mean square has the degrees of freedom that the spread of its parts shows.
    """
    from scipy.special import chdtri

    def degrees(parts: Floats, of_each: Floats) -> Floats:
        return np.asarray(parts.sum(axis=0) ** 2 / or_nan((parts**2 / (of_each + 2)).sum(axis=0)))

    of_apart = np.minimum(degrees(apart, np.ones_like(n_each)), (n_each > 0).sum(axis=0) - 1)
    of_noise = degrees(squares, np.maximum(n_each - 1, 0))
    above = between * (of_apart / chdtri(of_apart, 1 - TAIL) - 1)
    below = noise * (1 - of_noise / chdtri(of_noise, TAIL))
    return np.asarray(np.hypot(np.nan_to_num(above), np.nan_to_num(below)))


def _sums(values: Floats, department: Department) -> tuple[Floats, Floats, Floats]:
    """For each department (in order of number) and column: the number of replications that have the number, their mean,
    and the sum of squared deviations from it."""
    numbers, row = np.unique(department, return_inverse=True)
    known = ~np.isnan(values)
    shape = (len(numbers), values.shape[1])
    n_each, total, squares = (np.zeros(shape) for _ in range(3))
    np.add.at(n_each, row, known)
    np.add.at(total, row, np.where(known, values, 0.0))
    mean = total / np.maximum(n_each, 1)
    np.add.at(squares, row, np.where(known, values - mean[row], 0.0) ** 2)
    return n_each, mean, squares


def or_nan(number: Floats) -> Floats:
    """The number as a divisor: NaN where it is not above 0."""
    return np.where(np.asarray(number) > 0, number, np.nan)


def _below(bound: float, mean: Floats, sd: Floats) -> Floats:
    """The chance that each department is below a bound, by its posterior; 0 or 1 where that has no spread."""
    from scipy.special import ndtr

    known = sd == 0
    return np.where(known, mean < bound, ndtr((bound - mean) / np.where(known, 1.0, sd)))


def n_departments(department: Department) -> int:
    """The number of departments with two replications or more."""
    return int((np.unique(department, return_counts=True)[1] >= MIN_EACH).sum())
