"""Intervals of the bench: exact ones for shares, adjusted ones for paired differences, resampled ones for kappas.

Inference is over cases: a case that is asked several times counts once, with the mean of its answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.patients.variates import generator_of
from simulation.records.schema import Floats

LEVEL = 0.95
N_RESAMPLES = 2000
POWER = 0.80
"""The probability that a bench of the stated size settles a criterion, if tool and nurse err alike."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval. `n`: the cases that it rests on; `method`: how the interval was made."""

    value: float
    low: float
    high: float
    n: int
    method: str


def exact_share(k: float, n: int) -> Estimate:
    """A share k of n with its exact (Clopper-Pearson) interval, which covers at least 95 %.

    `k` may be fractional, a mean over repeats: its spread is no larger than that of a count.
    """
    from scipy.special import betaincinv

    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0, "exact")
    tail = (1 - LEVEL) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Estimate(k / n, low, high, n, "exact")


def paired_difference(tool: Floats, other: Floats) -> Estimate:
    """The mean of tool minus other over the same cases, each in [0, 1], with Bonett and Price's interval.

    One is added to the cases for and against, so that no difference in a few cases is not taken for proof of none
    (Bonett and Price 2012, Statist Med 31:2867).
    """
    n = len(tool)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0, "paired, adjusted")
    gap = tool - other
    up, down = (np.clip(gap, 0, None).sum() + 1) / (n + 2), (np.clip(-gap, 0, None).sum() + 1) / (n + 2)
    half = _z(0.5 + LEVEL / 2) * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    low, high = max(up - down - half, -1.0), min(up - down + half, 1.0)
    return Estimate(float(gap.mean()), float(low), float(high), n, "paired, adjusted")


def resampled(values: Floats, estimate: float, n: int) -> Estimate:
    """An estimate whose interval holds the middle 95 % of its `values` over resamples of the cases."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2 or np.isnan(estimate):
        return Estimate(estimate, np.nan, np.nan, n, "resampled")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(estimate, float(low), float(high), n, "resampled")


def resampled_sums(
    counts: Floats, seed: int, n_resamples: int = N_RESAMPLES, *, made_up: tuple[Floats, Floats] | None = None
) -> Floats:
    """Sums of the rows of `counts` (cases, ...) over resamples of the cases, shape (n_resamples, ...).

    Equal rows are drawn together: a resample is how often each different row comes. `made_up`: rows drawn besides,
    shape (rows, ...), each as often as so many cases, (rows,).
    """
    n = len(counts)
    flat, times = np.unique(counts.reshape(n, -1), axis=0, return_counts=True)
    if made_up is not None:
        rows, weights = made_up
        flat, times = np.vstack([flat, rows.reshape(len(rows), -1)]), np.concatenate([times, weights])
    generator = generator_of(seed, 0, "vetting", "resample", 0)
    drawn = generator.multinomial(n, times / times.sum(), size=n_resamples)
    sums: Floats = (drawn @ flat).reshape(n_resamples, *counts.shape[1:])
    return sums


def cases_to_settle(discordance: Estimate, margin: float) -> tuple[int, int]:
    """The fewest and most cases that would settle a margin with 80 % power if tool and nurse err equally often.

    Both ends of the interval of d, how often the two differ, give n = (z(0.975) + z(0.8))^2 d / margin^2.
    """
    factor = (_z(0.5 + LEVEL / 2) + _z(POWER)) ** 2 / margin**2
    return int(np.ceil(factor * discordance.low)), int(np.ceil(factor * discordance.high))


def cases_for_share(share: float, bound: float, n: int) -> int:
    """The fewest cases, more than the `n` in hand, with which the exact interval of a share does not reach a bound.

    `share` is not `bound`; there may be fractions of a case with it, so that no jump of a count hides the answer.
    """

    def settles(n_cases: int) -> bool:
        interval = exact_share(share * n_cases, n_cases)
        return interval.high <= bound if share < bound else interval.low >= bound

    high = max(2 * n, 2)
    while not settles(high):
        n, high = high, 2 * high
    while high - n > 1:
        middle = (n + high) // 2
        n, high = (n, middle) if settles(middle) else (middle, high)
    return high


def _z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))
