"""Minutes between two stamps by family of distributions, rounding and censoring allowed for; and patience."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulation.records.schema import Floats, Mask

if TYPE_CHECKING:
    from scipy.stats import CensoredData

MOST_FITTED, MOST_CENSORED = 2_000, 30_000
"""Spans that a family is fitted to, and stays that patience is fitted to: every k-th of more."""
LEAST_FITTED = 50
NEAR = 0.05
"""The largest distance of distribution functions (Kolmogorov-Smirnov) at which a family is taken to describe spans."""
QUANTILES = 21
TINY = 1e-4


class FittedFamily(NamedTuple):
    """A family fitted to spans: its kind, mean, other keys of the vocabulary, how far its distribution function is from
    that of the spans at most, and Akaike's criterion less that of the best."""

    kind: str
    mean: float
    keys: Mapping[str, Any]
    distance: float
    aic: float


FAMILIES: Mapping[str, tuple[str, str, float]] = {
    "lognormal": ("lognorm", "log_sd", 1), "gamma": ("gamma", "cv", -0.5), "weibull": ("weibull_min", "power", 1),
    "exponential": ("expon", "", 1),
}  # fmt: skip
"""The name of each kind of duration in scipy, and its key here, which is the shape there to some power."""


def thinned(values: Floats, most: int) -> Floats:
    """Every k-th of many values, so that at most so many are left."""
    return values[:: -(-len(values) // most)] if len(values) > most else values


def families_of(minutes: Floats, step: float) -> tuple[FittedFamily, ...]:
    """Every family fitted to spans, the best first; none of fewer than `LEAST_FITTED`.

    `step`: minutes to which the stamps are rounded; a span is then known to about as much on either side.
    """
    from scipy import stats

    known = thinned(np.sort(minutes[np.isfinite(minutes) & (minutes >= 0)]), MOST_FITTED)
    if len(known) < LEAST_FITTED:
        return ()
    around = max(step, TINY) / 2
    low, high = np.maximum(known - around, TINY), known + around + TINY
    spans = (
        stats.CensoredData.interval_censored(low=low, high=high)
        if step
        else np.maximum(known, TINY)
    )
    fits = []
    for kind, (name, key, power) in FAMILIES.items():
        family = getattr(stats, name)
        try:
            frozen = family.fit(
                spans, floc=0, **({"scale": max(float(known.mean()), TINY)} if step else {})
            )
        except (stats.FitError, ValueError, FloatingPointError):
            continue
        mass = family.cdf(high, *frozen) - family.cdf(low, *frozen)
        n_parameters = len(frozen) - 1
        aic = 2 * n_parameters - 2 * float(np.log(np.maximum(mass, 1e-12)).sum())
        keys = {key: round(float(frozen[0] ** power), 3)} if key else {}
        distance = _distance(known, step, family.cdf, frozen)
        fits.append(FittedFamily(kind, float(family.mean(*frozen)), keys, distance, aic))
    best = min(fit.aic for fit in fits)
    return tuple(
        sorted((fit._replace(aic=fit.aic - best) for fit in fits), key=lambda fit: fit.aic)
    )


def _distance(
    known: Floats, step: float, cdf: Callable[..., Any], frozen: tuple[float, ...]
) -> float:
    """The largest distance between the distribution functions, where rounded spans leave no doubt of theirs."""
    at = np.unique(known)
    below = np.searchsorted(known, at, side="right") / len(known)
    return float(np.abs(cdf(at + step / 2, *frozen) - below).max())


def empirical(minutes: Floats) -> FittedFamily:
    """Spans as they are, by even quantiles: for spans that no family describes."""
    known = minutes[np.isfinite(minutes) & (minutes >= 0)]
    quantiles = np.round(np.quantile(known, np.linspace(0, 1, QUANTILES)), 2)
    return FittedFamily(
        "empirical", float(known.mean()), {"quantiles": quantiles.tolist()}, 0.0, 0.0
    )


def nearest_family(minutes: Floats, fits: Sequence[FittedFamily]) -> FittedFamily:
    """The family that describes spans best, or the spans as they are."""
    nearest = min(fits, key=lambda fit: fit.distance)
    return nearest if nearest.distance <= NEAR else empirical(minutes)


@dataclass(frozen=True)
class FittedPatience:
    """A Weibull distribution of the time from arrival to leaving unseen, relative to what is usual for a patient.

    power, mean   with the ends of their 95 % intervals
    n_left, n     patients who left, and those whose patience is known to be longer than their wait
    """

    power: tuple[float, float, float]
    mean: tuple[float, float, float]
    n_left: int
    n: int


def patience_of(minutes: Floats, has_left: Mask, least: Floats) -> FittedPatience | None:
    """Patience from times to leaving, and to being seen, which cut it off; None if hardly anybody left.

    minutes  to leaving or to being seen; NaN of those who left and nobody noted when: they are taken to have left
    before waits as long as those of the others, evenly spread, would have ended
    least    of those who left, since when they may have wanted to: not before, shape (n,)
    """
    from scipy import stats

    stride = max(-(-len(minutes) // MOST_CENSORED), 1)
    known = ~np.isnan(minutes) | has_left
    minutes, left, least = (
        minutes[known][::stride],
        has_left[known][::stride],
        least[known][::stride],
    )
    if left.sum() < LEAST_FITTED:
        return None
    noted = left & ~np.isnan(minutes)
    cut = np.maximum(minutes[~left], TINY)
    unnoted = int((left & np.isnan(minutes)).sum())
    low = np.concatenate([np.maximum(least[noted], TINY), np.full(unnoted, TINY)])
    waits = np.sort(cut)  # who leaves has a wait that is the longer: about in proportion
    ends = np.interp(
        (np.arange(unnoted) + 0.5) / max(unnoted, 1), np.cumsum(waits) / waits.sum(), waits
    )
    high = np.concatenate([np.maximum(minutes, least)[noted] + 2 * TINY, ends + 2 * TINY])
    data: Any = stats.CensoredData(right=cut, interval=np.stack([low, high], axis=1))
    power, _, scale = stats.weibull_min.fit(
        data, floc=0, scale=float(cut.mean()) * len(cut) / max(left.sum(), 1)
    )
    spread = _spread(data, power, scale)

    def mean_at(log_power: float, log_scale: float) -> float:
        return float(stats.weibull_min.mean(np.exp(log_power), scale=np.exp(log_scale)))

    at = np.log([power, scale])
    slope = [(np.log(mean_at(*(at + step_)) / mean_at(*at))) / 1e-4 for step_ in np.eye(2) * 1e-4]
    sd_power, sd_mean = np.sqrt(spread[0, 0]), float(np.sqrt(np.array(slope) @ spread @ slope))
    mean = mean_at(*at)
    return FittedPatience(_ends(power, sd_power), _ends(mean, sd_mean), int(left.sum()), len(left))


def _ends(value: float, log_sd: float) -> tuple[float, float, float]:
    return float(value), float(value * np.exp(-1.96 * log_sd)), float(value * np.exp(1.96 * log_sd))


def _spread(data: CensoredData, power: float, scale: float) -> Floats:
    """The covariance of the logarithms of power and scale, from the curvature of the likelihood."""
    from scipy import stats

    cut, interval = np.asarray(data._right), np.asarray(data._interval)

    def loss(point: Floats) -> float:
        family = stats.weibull_min(np.exp(point[0]), scale=np.exp(point[1]))
        mass = family.cdf(interval[:, 1]) - family.cdf(interval[:, 0])
        return -float(family.logsf(cut).sum() + np.log(np.maximum(mass, 1e-300)).sum())

    at, h = np.log([power, scale]), 1e-3
    steps = np.eye(2) * h
    curvature = np.array(
        [
            [
                (loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b))
                / (4 * h * h)
                for b in steps
            ]
            for a in steps
        ]
    )
    return np.asarray(np.linalg.pinv(curvature))
