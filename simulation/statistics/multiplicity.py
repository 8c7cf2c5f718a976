"""Significance of one difference by itself, and of many that are read together."""

import math
from collections.abc import Sequence

from simulation.statistics import always_valid
from simulation.statistics.compare import Comparison

ALPHA = 0.05
"""The chance of a false alarm that is accepted: of one interval, or of all that are read together."""

SMALLEST, HIGHEST, P_STEP = 1e-9, 0.999, 1e-3
"""The least and the highest p that are searched for, and how near its logarithm is found."""


def is_worse(row: Comparison) -> bool | None:
    """Whether the whole interval is on the worse side (True), the better side (False), or neither (None)."""
    low, high = row.together(1)
    if row.better == "neither" or not (low > 0 or high < 0):
        return None
    return (low > 0) == (row.better == "lower")


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
    towards_tail = row.tail * row.difference < 0
    if row.interval_kind == "always_valid":
        unbounded = math.isnan(spread) and not math.isnan(row.difference)
        p = 1.0 if unbounded else always_valid.p_value(row.difference, spread, row.n_replications)
        return _p_towards_tail(row) if towards_tail and p < 1 else p
    if row.difference == 0:
        return 1.0
    if spread == 0:
        return 0.0
    from scipy.special import stdtr

    t = abs(row.difference) / spread * math.sqrt(row.sample[0])
    degrees = row.n_replications - 1 if row.degrees is None else row.degrees
    p = float(2 * stdtr(degrees, -t))
    return _p_towards_tail(row) if towards_tail and p < ALPHA else p


def _p_towards_tail(row: Comparison) -> float:
    """The p at whose level the bound on the side of the long tail is 0, found by halving its logarithm's range; 1 where
    it is above .999."""
    low, high = (
        math.log(SMALLEST),
        math.log(ALPHA if row.interval_kind == "fixed_sample" else HIGHEST),
    )
    while high - low > P_STEP:
        middle = (low + high) / 2
        below, above = row.together_at(1 - math.exp(middle))
        low, high = (low, middle) if below > 0 or above < 0 else (middle, high)
    return 1.0 if high == math.log(HIGHEST) else math.exp(high)


def holm(p_values: Sequence[float]) -> tuple[bool, ...]:
    """Which of these tests are still significant when all are read together, in the order given (none NaN).

    Holm's step-down (Holm 1979) holds the chance of any false alarm among them at `ALPHA`.

    >>> holm([0.03, 0.001, 0.04])
    (False, True, False)
    >>> holm([0.02, 0.001, 0.04])
    (True, True, True)
    """
    significant = [False] * len(p_values)
    smallest_first = sorted(range(len(p_values)), key=lambda test: p_values[test])
    for number, test in enumerate(smallest_first):
        if p_values[test] > ALPHA / (len(p_values) - number):
            break
        significant[test] = True
    return tuple(significant)
