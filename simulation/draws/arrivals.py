"""Who comes and when: a larger Poisson stream in layers, of which a coin keeps a part; and who is there at time 0."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulation.draws.calendar import MONTHS_IN_YEAR, Calendar
from simulation.draws.variates import Floats, Source, generator_of
from simulation.errors import DrawsError
from simulation.pathway.department import ARRIVAL_SOURCE, ArrivalSource, Pathway, Present, Profile
from simulation.pathway.rota import timetable
from simulation.units import DAY, to_ticks

LAYER = 0.25
"""Arrivals beyond the usual come in layers of a quarter of the usual each, so that only what is wanted is drawn."""
NUMBERS_A_LAYER = 2**32
"""How far apart the numbers of candidates of neighbouring layers are, so that each has its own."""


def day_factors(pathway: Pathway, *, seed: int, replication: int, days: int) -> dict[str, Floats]:
    """How busy each day is, by the name of the factor: times the usual, mean 1, shape (days,) each."""
    return {
        name: generator_of(seed, replication, "day", name, 0).gamma(1 / factor.cv**2, factor.cv**2, days)
        if factor.cv
        else np.ones(days)
        for name, factor in pathway.day_factors.items()
    }


def those_who_come(
    pathway: Pathway, factors: Mapping[str, Floats], *, seed: int, replication: int, days: int, calendar: Calendar
) -> Iterator[tuple[Source, NDArray[np.int64]]]:
    """The layers of every source's candidates, and the ticks at which those who come arrive."""
    for code, (name, source) in enumerate(pathway.arrivals.items()):
        yield from _layers(pathway, name, source, factors, seed, replication, days, code, calendar)


def those_present(pathway: Pathway) -> Iterator[tuple[Source, NDArray[np.int64]]]:
    """Those who are there at time 0, a source each."""
    for name, present in pathway.present.items():
        n = _number_present(pathway, present)
        code = pathway.categories(ARRIVAL_SOURCE).index(name)
        yield Source(name, code, 0, n, np.arange(n)), np.zeros(n, dtype=np.int64)


def _layers(
    pathway: Pathway,
    name: str,
    source: ArrivalSource,
    factors: Mapping[str, Floats],
    seed: int,
    replication: int,
    days: int,
    code: int,
    calendar: Calendar,
) -> Iterator[tuple[Source, NDArray[np.int64]]]:
    """The layers of one source's candidates, day by day, and the ticks at which those who come arrive.

    On a day that wants w times the usual arrivals, the first layer (the usual rate) keeps min(w, 1) of its
    candidates, and each further one the share of its width that lies below w. Together they are Poisson of w.
    """
    weekday = np.arange(days) % 7
    by_hour = _hours(pathway.profiles[source.by_hour] if source.by_hour else None)
    pattern = by_hour.sum(axis=1)[weekday] / by_hour.sum(axis=1).mean()
    pattern = pattern * _mean_one(pathway, source.by_weekday, 7)[weekday]
    pattern = pattern * _mean_one(pathway, source.by_month, MONTHS_IN_YEAR)[calendar.months(np.arange(days))]
    wanted = source.scale * (factors[source.day_factor] if source.day_factor else np.ones(days))
    if np.any(wanted > source.thinning_bound):
        raise DrawsError(
            f"arrivals.{name}: day {int(np.argmax(wanted))} wants {wanted.max():.2f} times the usual arrivals, more "
            f"than the thinning_bound {source.thinning_bound}. Raise arrivals.{name}.thinning_bound"
        )
    for layer in range(1 + math.ceil(max(wanted.max() - 1, 0) / LAYER)):
        below, width = (1 + LAYER * (layer - 1), LAYER) if layer else (0.0, 1.0)
        share = np.clip((wanted - below) / width, 0, 1)
        key = Source(name, code, layer, 0, np.empty(0, np.int64)).key
        counts = generator_of(seed, replication, key, "arrivals.count", 0).poisson(source.per_day * pattern * width)
        n = int(counts.sum())
        day = np.repeat(np.arange(days), counts)
        kept = np.flatnonzero(generator_of(seed, replication, key, "arrivals.keep", 0).random(n) < share[day])
        variates = generator_of(seed, replication, key, "arrivals.time", 0).random(n)[kept]
        yield Source(name, code, layer, n, kept), _times(by_hour, day[kept], variates)


def _times(by_hour: Floats, day: NDArray[np.int64], variates: Floats) -> NDArray[np.int64]:
    """Ticks of arrival, shape of `variates`, by the weekday's profile of hours."""
    minute = np.zeros(len(variates))
    differs = bool((by_hour != by_hour[0]).any())
    for number in range(7) if differs else (0,):
        today = day % 7 == number if differs else slice(None)
        totals = np.concatenate(([0.0], np.cumsum(by_hour[number])))
        if totals[-1] > 0:
            minute[today] = np.interp(variates[today], totals / totals[-1], np.arange(25) * 60.0)
    within = np.minimum(to_ticks(minute), DAY - 1)
    return day * DAY + within


def _hours(profile: Profile | None) -> Floats:
    """Weights by weekday and hour, shape (7, 24)."""
    if profile is None:
        return np.ones((7, 24))
    weights = np.asarray(profile.weights, dtype=float)
    return np.tile(weights, (7, 1)) if len(weights) == 24 else weights.reshape(7, 24)


def _mean_one(pathway: Pathway, profile: str | None, length: int) -> Floats:
    if profile is None:
        return np.ones(length)
    weights = np.asarray(pathway.profiles[profile].weights, dtype=float)
    return np.asarray(weights / weights.mean())


def _number_present(pathway: Pathway, present: Present) -> int:
    if present.number is not None:
        return present.number
    if present.pool is None or present.share is None:
        raise DrawsError("present: give a number, or a pool and a share")
    as_described = replace(pathway.pools[present.pool], extra=0)  # an arm's extra beds start empty: no draw moves
    return round(present.share * timetable(as_described)[0][1])
