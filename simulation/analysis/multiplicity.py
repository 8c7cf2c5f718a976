"""Significance of one difference by itself, and of many that are read together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simulation.analysis import always_valid
from simulation.analysis.compare import Comparison
from simulation.analysis.skewness import growth

ALPHA = 0.05
"""The chance of a false alarm that is accepted: of one interval, or of all that are read together."""

SMALLEST, P_STEP = 1e-9, 1e-6
"""The least p that is searched for, and how near its logarithm is found."""


def is_worse(row: Comparison) -> bool | None:
    """Whether the whole interval is on the worse side (True), the better side (False), or neither (None)."""
    better = row.better
    low, high = row.together(1)
    if better == "neither":
        return None
    if low > 0:
        return better == "lower"
    if high < 0:
        return better == "higher"
    return None


def p_value(row: Comparison) -> float:
    """The two-sided p of the paired t test, or of a test that may be read after every replication (always-valid rows).

    Below a level where the interval at 1 less that level excludes 0: where skewness widens the interval, t is smaller
    by the same factor. Not below 1e-9 where 0 is on the side of the long tail.
    NaN with fewer than two replications or where the difference is not known; 1 where nothing differs, where an
    always-valid interval is unbounded as yet, or where no definite verdict may rest on the interval.
    """
    if row.n_replications < 2:
        return math.nan
    if math.isnan(row.width_factor) and not math.isnan(row.difference):
        return 1.0
    spread = row.width_factor * row.spread
    if row.interval_kind == "always_valid":
        unbounded = math.isnan(spread) and not math.isnan(row.difference)
        return 1.0 if unbounded else always_valid.p_value(row.difference, spread, row.n_replications)
    if row.difference == 0:
        return 1.0
    if spread == 0:
        return 0.0
    from scipy.special import stdtr

    t = abs(row.difference) / spread * math.sqrt(row.n_replications)
    degrees = row.n_replications - 1 if row.degrees is None else row.degrees
    p = float(2 * stdtr(degrees, -t))
    towards_tail = row.tail * row.difference < 0
    return _p_towards_tail(t, degrees, abs(row.tail)) if towards_tail and p < ALPHA else p


def _p_towards_tail(t: float, degrees: float, tail: float) -> float:
    """The p at whose level the bound on the side of the long tail is 0: found by halving its logarithm's range."""
    from scipy.special import stdtrit

    low, high = math.log(SMALLEST), math.log(ALPHA)
    while high - low > P_STEP:
        middle = (low + high) / 2
        p = math.exp(middle)
        excluded = t > -stdtrit(degrees, p / 2) * (1 + growth(1 - p) * tail)
        low, high = (low, middle) if excluded else (middle, high)
    return math.exp(high)


def holm(p_values: Sequence[float], level: float = ALPHA) -> tuple[bool, ...]:
    """Which of these tests are still significant when all are read together, in the order given (none NaN).

    Holm's step-down (Holm 1979) holds the chance of any false alarm among them at `level`.

    >>> holm([0.03, 0.001, 0.04])
    (False, True, False)
    >>> holm([0.02, 0.001, 0.04])
    (True, True, True)
    """
    significant = [False] * len(p_values)
    smallest_first = sorted(range(len(p_values)), key=lambda test: p_values[test])
    for number, test in enumerate(smallest_first):
        if p_values[test] > level / (len(p_values) - number):
            break
        significant[test] = True
    return tuple(significant)
