"""How many replications give a mean a stated half-width: found in stages (Stein 1945, made more careful).

A stage of n replications is enough if the half-width of its 95 % interval is no larger than the h asked for, and n is
at least 25 times the square of the skewness of its numbers. If not, (w t u s / h)^2 replications are run in all,
rounded up: s is the standard deviation, t Student's quantile, w what skewness widens the interval by
(`statistics/skewness.py`), and u s the upper 80 % confidence limit of the standard deviation, u^2 = (n - 1) / c with c
the 20 % quantile of chi-squared. Then all of them are tested again; mostly the second stage is the last.

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

import numpy as np

from simulation.records.schema import Floats
from simulation.statistics.intervals import interval
from simulation.statistics.weakness import MIN_REPLICATIONS

CAREFUL = 0.80
"""Confidence that the true standard deviation is no larger than the one planned with."""
FOR_SKEWNESS = 25
"""Replications for each unit of squared skewness."""


@functools.cache
def upper_limit(degrees: int, confidence: float = CAREFUL) -> float:
    """The upper confidence limit of a standard deviation, in multiples of the sample's (of normal numbers).

    >>> round(upper_limit(19), 3)
    1.177
    """
    from scipy.special import chdtri

    return math.sqrt(degrees / float(chdtri(degrees, confidence)))


def replications_for(values: Floats, half_width: float, *, at_most: int) -> int:
    """How many replications there should be in all: as many as there are if these are enough.

    values: one number a replication, NaN where it has none; where some have none, proportionally more are asked for.
    It is as many as there are, too, where fewer than three have a number or one is infinite (somebody's stay had not
    ended). At most `at_most`, unless there are more already.
    """
    known = values[~np.isnan(values)]
    if len(known) < MIN_REPLICATIONS or not np.isfinite(known).all():
        return len(values)
    reached, by_skewness = interval(known).half_width, FOR_SKEWNESS * skewness(known) ** 2
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
