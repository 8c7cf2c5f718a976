"""How much wider an interval of a mean is made where numbers are skewed.

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
"""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats

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
