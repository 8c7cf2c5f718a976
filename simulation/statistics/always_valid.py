"""The interval that holds however often one looks while a result grows.

An ordinary interval holds at one number of replications that was fixed beforehand. Whoever looks after every
replication and stops when it excludes 0 is wrong far more often than 5 %: of null studies looked at from n = 2 to 200
about two in five (`tests/long/always_valid_nulls.py`). This interval covers the true mean difference *at all n at once*
with the stated probability, so it may be looked at, stopped at and extended at will. It is wider: at n = 20, 0.81
standard deviations to the t interval's 0.47.

**Formula.** For n paired differences with mean m and standard deviation s (ddof 1), with r = 1 + n g and
q = (sqrt(r) / alpha)^(2/n), the half-width is s sqrt((n-1)/n (q-1) / (1 - q/r)). It is unbounded where q >= r: below
four differences at 95 %, four too for each of a family of 3, five for each of 18.

**Why.** Let S be the sum and V the sum of squares of the differences less a true mean d. Mix the effect, in standard
deviations, over a normal prior of variance g. The likelihood ratio of what does not change with the scale is then
M_n = r^(-1/2) (1 - g S^2 / (r V))^(-n/2). Under d it is a martingale that begins at 1, in the filtration reduced to
scale-invariant numbers, so the probability that it ever reaches 1/alpha is alpha at most (Ville's inequality). The
interval holds every d with M_n < 1/alpha. Source: H. Wang and A. Ramdas, 'Anytime-valid t-tests and confidence
sequences for Gaussian means with unknown variance', arXiv 2310.03722 (Gaussian mixture, reduced filtration).

**Assumes** independent normal differences of one variance. The script above tries it on the model's own differences.
Skewed ones it would leave out far too often: an exponential mean in 13 % of runs of 100 looked at from 4 on, in 47 %
of families of 18. So the side of the long tail is longer, by the rule of the t interval that would be as wide
(`statistics/skewness.py`, `intervals.tail_level`): now 6 and 15 %, looked at from 10 on 2 and 7 %. Without skewness an
interval of 20 is 13 % longer by this, of 40 3 %; in a family of 18 33 and 8 %. Lognormal means (skewness 6) are left
out in 12 % of runs and 31 % of families, from 10 on in 5 and 19 %.
Several intervals at once: alpha is divided by their number (Bonferroni).
"""

import functools
import math
from typing import Literal

IntervalKind = Literal["fixed_sample", "always_valid"]
"""What an interval promises: to hold at one number of replications fixed beforehand (t), or at all of them at once."""

MIXTURE_VARIANCE = 4.0
"""g, the variance of the effect in standard deviations under the mixture. A larger one is bounded at fewer differences
and slightly wider later: at 95 %, g = 1 from 5 on and 0.77 sd at n = 20, g = 4 from 4 on and 0.81, g = 10 from 3 on and
0.85."""


def interval_kind(n_replications: int, *, planned: int) -> IntervalKind:
    """The kind of interval that a result is judged by at so many replications, of so many planned.

    It is the ordinary one at the planned number alone: before it the result is still growing, and after it somebody has
    looked and gone on. So the 95 % hold for everything read before and after the planned number, and for what is read
    at it, but not for both together.
    """
    return "fixed_sample" if n_replications == planned else "always_valid"


@functools.cache
def critical_value(n: int, level: float) -> float:
    """The half-width in standard errors, in place of Student's quantile; infinite where unbounded.

    NaN with fewer than two differences: there is no standard deviation.

    >>> round(critical_value(20, 0.95), 2)
    3.63
    """
    if n < 2:
        return math.nan
    r = 1 + n * MIXTURE_VARIANCE
    q = (math.sqrt(r) / (1 - level)) ** (2 / n)
    return math.sqrt((n - 1) * (q - 1) / (1 - q / r)) if q < r else math.inf


@functools.cache
def first_bounded(level: float) -> int:
    """The fewest differences that give a bounded interval.

    >>> first_bounded(0.95), first_bounded(1 - 0.05 / 18)
    (4, 5)
    """
    n = 2
    while math.isinf(critical_value(n, level)):
        n += 1
    return n


def p_value(mean: float, sd: float, n: int) -> float:
    """The two-sided p that may be read after every difference: 1/M_n, at most 1; below alpha where 0 is excluded.

    sd: ddof 1. NaN with fewer than two differences, or where mean or sd is not known.
    """
    if n < 2 or math.isnan(mean) or math.isnan(sd):
        return math.nan
    if mean == 0:
        return 1.0
    r = 1 + n * MIXTURE_VARIANCE
    explained = n * mean**2 / ((n - 1) * sd**2 + n * mean**2)  # S^2 / (n V), from 0 to 1
    return min(1.0, math.sqrt(r) * math.pow(1 - (r - 1) / r * explained, n / 2))
