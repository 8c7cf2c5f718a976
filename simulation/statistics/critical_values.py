"""How wide an interval has to be: where somebody looks while numbers grow, where they are skewed, where they are few.

# Looking while a result grows

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
(`intervals.tail_level`): now 6 and 15 %, looked at from 10 on 2 and 7 %. Without skewness an
interval of 20 is 13 % longer by this, of 40 3 %; in a family of 18 33 and 8 %. Lognormal means (skewness 6) are left
out in 12 % of runs and 31 % of families, from 10 on in 5 and 19 %.
Several intervals at once: alpha is divided by their number (Bonferroni).

# Skewed numbers

The t interval holds its mean less often than it says where few numbers are skewed: the mean and the standard deviation
of a sample then rise and fall together. Of n numbers with skewness G its critical value should be larger by about
1 + 1.08 G^2 / n at 95 % (Hall's expansion; the part of the kurtosis is small, and of the other sign). Ours is

    1 + 2.5 max(G1^2 - 6 n (n - 1) / ((n - 2) (n + 1) (n + 3)), 0) / (n + 5),

a simplification whose two numbers were chosen by trial. G1 is the sample's skewness. The square that normal numbers
would show by chance is taken off, so that an interval of 20 numbers without skewness is 1.3 % wider on average, one of
five 10 %. A sample of 20 exponential or lognormal numbers shows about half of their squared skewness, one of 100 eight
tenths, so 1.08 alone is too little. Bounds move outwards only: intervals shifted by the skewness (Johnson's, Hall's
transformation) held the model's differences less often than Student's.

**Above 95 %**, as where many verdicts are read together, skewness matters far more: Hall's 1.08 is
(z^4 + 2 z^2 - 3) / 18 with z the normal quantile, so 5.3 at 1 - .05/18. What is above 1.08 widens one side only, that
of the long tail. The mean errs away from it: a sample without its rare large numbers has a small mean and looks even.
For the same reason nothing is taken off G1^2 there, and it is divided by the part of it that a sample shows,
n / (n + 20) (of fewer than ten numbers, 1/3). The other side stays as it was. At 1 - .05/18 an interval of 40 numbers
without skewness is 2 % longer by this, one of 20 10 %, one of ten 40 %.

Of families of 18 such intervals, of independent numbers, so many hold any that misses the truth, in per cent, and with
one factor for all levels (until November 2026):

    numbers of each                      10         15         20         40
    normal                             3 (4)      4 (5)      3 (4)      5 (6)
    gamma, skewness 1                 7 (11)     6 (10)     6 (11)      5 (8)
    exponential, skewness 2          13 (28)     9 (24)     6 (20)     3 (14)
    lognormal, skewness 6            28 (52)    20 (47)    15 (44)     9 (31)

Fewer than ten numbers say too little: of five, 18 % of families of exponential ones fail (30), of lognormal ones 34 %
(50).

How often the result holds, by measure: `tests/long/interval_coverage.py` and docs/model.md 4.3.

Sources: P. Hall, 'Theoretical comparison of bootstrap confidence intervals', Annals of Statistics 16 (1988) 927-953,
and The Bootstrap and Edgeworth Expansion, 1992 (the expansion); A. B. Owen, arXiv 2501.07645 (the same for Student's
t); N. J. Johnson, 'Modified t tests and confidence intervals for asymmetrical populations', Journal of the American
Statistical Association 73 (1978) 536-544 (correcting t by the sample's skewness).

# Too few numbers, and rare ones that decide

A t interval holds for means of independent numbers of similar weight. It fails, without looking wrong, where there are
hardly any numbers, where most replications have none, where equal numbers say nothing of their spread, and where rare
spells decide (a department that locks up for some days once in a year or two). A sample holds either too many of these
spells, and then one replication carries most of its variance; or none, and then its interval is narrow, wrong and looks
like any other. So measures that such spells decide (`BY_SPELLS`) have no interval at all until enough years are
measured, unless the study states them as targets. How often intervals cover: `tests/long/interval_coverage.py` and
docs/model.md 4.3.
"""

import functools
import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats

Weakness = Literal[
    "too few", "mostly missing", "no spread", "one replication", "rare spells", "few departments", "not calibrated"
]  # fmt: skip
BY_SPELLS = (
    "ambulance_assessment_median", "ambulance_assessment_p95", "handover_mean", "handover_over_30_share",
    "handover_over_45_share", "handover_over_60_share",
)  # fmt: skip
"""Measures that a few days in a year may decide, on which the department is so full that ambulances cannot hand over:
their intervals need years."""
MIN_REPLICATIONS = 3
"""Replications that a definite verdict needs."""
ENOUGH = 10
"""Replications from which no spread is believed, and from which one replication with most of the variance is held to be
odd: one normal number carries over half the variance in 13 % of samples of ten, 3 % of fifteen and 0.6 % of twenty."""
MAX_SHARE = 0.5
"""The share of the variance that one replication may carry, and the share of replications that may lack the measure."""
WIDE_FROM, WIDER = 20, 4.0
"""Replications (over an ensemble: departments) from which a verdict is read from an interval so many times as wide
where one of them carries most of the variance. Such an interval of 95 % holds the truth in 94 % of these samples or
more, for spells of exponential length up to 300 standard deviations on average (tests/statistics/test_weakness.py). Of
longer spells, of lengths with a heavier tail, and among several verdicts read together it holds less well. Of ten to
nineteen it does not always, so nothing definite is said. On the side away from that one it is no wider than
`widen_for_one` says."""
SPELL_DAYS = 20 * 364
"""Days measured in all from which intervals of measures that rare spells decide are trusted: twenty years."""


def weak_note(word: str = "cannot tell") -> str:
    """The note of a table in which one of the verdicts is weak. `word`: what the table calls such a verdict."""
    return (
        f"'{word.capitalize()}' is said, whatever the interval, for fewer than three replications, a measure that most "
        "of them lack, no spread in fewer than ten, and one of ten to nineteen that carries over half of the variance. "
        "One of twenty or more that does makes the interval four times as wide; on the other side of the mean it goes "
        "no further than the other numbers lie, or than it goes by itself."
    )


def weakness_of(n: int, *, of: int, spread: float, largest_share: float) -> Weakness | None:
    """Why no definite verdict may rest on `n` numbers of so many replications; None if one may.

    spread: their standard deviation or the half-width of their interval, NaN if not known; largest_share: see the
    function of that name.
    """
    if n < MIN_REPLICATIONS:
        return "too few"
    if of - n > MAX_SHARE * of:
        return "mostly missing"
    if spread == 0 and n < ENOUGH:
        return "no spread"
    return "one replication" if largest_share > MAX_SHARE and n >= ENOUGH else None


def width_factor(weakness: Weakness | None, n: int, *, always_valid: bool) -> float:
    """How many times as wide as its interval one is from which a verdict on `n` independent numbers is read; NaN if
    from none.

    NaN for an always-valid interval, too: four times as wide does not hold at every look.
    """
    if weakness is None:
        return 1.0
    return (
        WIDER if weakness == "one replication" and n >= WIDE_FROM and not always_valid else np.nan
    )


def widen_for_one(
    interval: tuple[float, float], mean: float, factor: float, opposite: float
) -> tuple[float, float]:
    """The bounds from which a statement is read where one number makes most of the variance: so many times as far from
    the mean.

    `opposite`: the number that lies furthest on the other side of the mean. On that side a bound goes no further than
    that number, or than the interval by itself if this reaches further: so where all numbers lie on one side of a
    limit, and the interval too, the statement says so. NaN: not known, and no such end. All of n numbers lie on one
    side of their true mean with chance (1 - q)^n, q that of one number on the other side: 1e-6 of twenty where q is
    1/2. Factor NaN: no statement may rest on it, and there are no bounds.

    >>> widen_for_one((-3.0, -1.0), -2.0, 4.0, -1.5), widen_for_one((-3.0, -1.0), -2.0, 4.0, 1.0)
    ((-6.0, -1.0), (-6.0, 1.0))
    """
    if math.isnan(factor):
        return math.nan, math.nan
    low, high = interval
    wide_low, wide_high = mean - factor * (mean - low), mean + factor * (high - mean)
    if opposite > mean:
        return wide_low, max(high, min(wide_high, opposite))
    return min(low, max(wide_low, opposite)), wide_high


def has_too_few_days(measure: str, n: int, measured_days: float | None) -> bool:
    """Whether n replications of so many days each (None: not known) are too few for an interval of this measure."""
    return measure in BY_SPELLS and measured_days is not None and n * measured_days < SPELL_DAYS


def largest_share(squares: Floats) -> Floats:
    """The share of each column's sum of squared deviations that the largest makes; 0 where there are none.

    squares: shape (n_replications, n_columns), 0 where a replication has no number.

    >>> largest_share(np.array([[1.0], [1.0], [4.0], [0.0]])).round(2).tolist()
    [0.67]
    """
    total = squares.sum(axis=0)
    shares: Floats = np.divide(
        squares.max(axis=0), total, out=np.zeros_like(total), where=total > 0
    )
    return shares


BY_SKEWNESS = 2.5
"""The widening by each unit of squared skewness, over the sum of how many numbers there are and `EXTRA`."""
EXTRA = 5
"""Numbers counted on top of those there are, because few numbers say little about skewness."""
HALF_SHOWN, FEWEST = 20, 10
"""Numbers that show half of their squared skewness, and the fewest for which the part that is shown is reckoned."""
LEVEL = 0.95


class Widening(NamedTuple):
    """The widening of intervals by skewness, by column.

    factor: at 95 %, on both sides; tail: what is added at 95 % for each unit of `growth`, as a part of the factor, to
    the side of the long tail: above 0 the upper one, below 0 the lower one.
    """

    factor: Floats
    tail: Floats


@functools.cache
def growth(level: float) -> float:
    """The growth of the effect of skewness from 95 % to another level, as a part of it; 0 at 95 % or below.

    >>> round(growth(0.95), 2), round(growth(1 - 0.05 / 18), 2)
    (0.0, 3.88)
    """
    return max(_by_level(level) / _by_level(LEVEL) - 1, 0.0)


def _by_level(level: float) -> float:
    """Hall's coefficient of the squared skewness over n."""
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    return (z**4 + 2 * z**2 - 3) / 18


def sides(tail: float, level: float) -> tuple[float, float]:
    """How many times as wide as by `Widening.factor` the lower and the upper side of an interval are at a level.

    >>> sides(0.5, 0.95), sides(-0.5, 0.95)
    ((1.0, 1.0), (1.0, 1.0))
    >>> sides(0.5, 0.99)[0], round(sides(0.5, 0.99)[1], 2)
    (1.0, 1.9)
    """
    more = growth(level) * abs(tail)
    return (1.0 + more, 1.0) if tail < 0 else (1.0, 1.0 + more)


def _widening(skewness: Floats, n: Floats, beyond_chance: Floats) -> Widening:
    """The widening for a skewness of n numbers, and its square beyond what chance would show."""
    factor = 1 + BY_SKEWNESS * np.maximum(beyond_chance, 0) / (n + EXTRA)
    squared = skewness**2 * (1 + HALF_SHOWN / np.maximum(n, FEWEST))
    return Widening(factor, np.sign(skewness) * BY_SKEWNESS * squared / (n + EXTRA) / factor)


def widening(from_mean: Floats, sd: Floats, n: NDArray[np.int64]) -> Widening:
    """The widening of each column's t interval by skewness; none with fewer than three numbers or no spread.

    from_mean: deviations from the column's mean, one row a value, 0 where it is missing; sd: standard deviation with
    ddof 1; n: number of values.

    >>> values = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 1.0]])
    >>> by = widening(values - values.mean(axis=0), values.std(axis=0, ddof=1), np.array([4, 4]))
    >>> by.factor.round(4).tolist(), by.tail.round(4).tolist()
    ([1.0, 1.8254], [0.0, 1.8261])
    """
    enough = (n > 2) & (sd > 0)
    n, sd = np.where(enough, n, 3), np.where(enough, sd, np.inf)
    skewness = (
        ((from_mean / sd) ** 3).sum(axis=0) * n / ((n - 1) * (n - 2))
    )  # adjusted Fisher-Pearson, G1
    by_chance = 6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3))
    factor, tail = _widening(skewness, n.astype(float), skewness**2 - by_chance)
    return Widening(np.where(enough, factor, 1.0), np.where(enough, tail, 0.0))


IntervalKind = Literal["fixed_sample", "always_valid", "none"]
"""What an interval promises: to hold at one number of replications fixed beforehand (t), or at all of them at once.
There is none where a department is not calibrated."""

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
def always_valid_value(n: int, level: float) -> float:
    """The half-width in standard errors, in place of Student's quantile; infinite where unbounded.

    NaN with fewer than two differences: there is no standard deviation.

    >>> round(always_valid_value(20, 0.95), 2)
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
    while math.isinf(always_valid_value(n, level)):
        n += 1
    return n


def always_valid_p(mean: float, sd: float, n: int) -> float:
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
