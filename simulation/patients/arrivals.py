"""Who arrives and when, and who is there at time 0.

Arrivals are a larger Poisson process in layers, of which a coin keeps a part, or bookings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulation.department.rota import parse_clock, parse_days, timetable
from simulation.department.vocabulary import ARRIVAL_SOURCE, ArrivalSource, Pathway, Present
from simulation.errors import DrawsError
from simulation.patients.calendar import DAYS_IN_WEEK, DrawnRun
from simulation.patients.factors import hours_of, usual_arrivals, wanted_arrivals
from simulation.patients.variates import Floats, Source, key_of
from simulation.units import DAY, to_ticks

LAYER = 0.25
"""Arrivals beyond the usual come in layers of a quarter of the usual each, so that only what is wanted is drawn."""
NUMBERS_A_LAYER = 2**32
"""Numbers of candidates set aside for each layer, so that no two candidates of a source share one."""


def arrivals_by_layer(
    pathway: Pathway, run: DrawnRun, busy: Mapping[str, Floats] | None = None
) -> Iterator[tuple[Source, NDArray[np.int64]]]:
    """The layers of every source's candidates, and the ticks at which those who come arrive.

    `busy`: day factors by name, shape (days,) each, where they are known; otherwise they are drawn. Raises DrawsError
    if a day asks for more arrivals than a source's thinning bound holds.
    """
    wanted = wanted_arrivals(pathway, run, busy)
    for code, (name, source) in enumerate(pathway.arrivals.items()):
        layers = _layers(pathway, name, wanted[name], run) if name in wanted else _booked(name, source, run)
        for layer, (n_candidates, kept, arrived_at) in enumerate(layers):
            yield Source(name, code, layer, n_candidates, kept), arrived_at


def present_by_source(pathway: Pathway) -> Iterator[tuple[Source, NDArray[np.int64]]]:
    """The sources of patients who are there at time 0, and their ticks of arrival: zeros."""
    for name, present in pathway.present.items():
        n = _number_present(pathway, present)
        code = pathway.categories(ARRIVAL_SOURCE).index(name)
        yield Source(name, code, 0, n, np.arange(n)), np.zeros(n, dtype=np.int64)


Layer = tuple[int, NDArray[np.int64], NDArray[np.int64]]
"""The number of candidates of a layer, the positions of those who come, and the ticks at which they arrive."""


def _booked(name: str, source: ArrivalSource, run: DrawnRun) -> Iterator[Layer]:
    """The candidates of one source's bookings, a layer each, so that a further booking moves nobody else's numbers."""
    for layer, booking in enumerate(source.booked):
        on_days = np.flatnonzero(np.isin(np.arange(run.days) % DAYS_IN_WEEK, parse_days(booking.days)))
        day = np.repeat(on_days, booking.number)
        kept = _kept(key_of(name, layer), len(day), source.scale, run)
        yield len(day), kept, day[kept] * DAY + parse_clock(booking.at)


def _layers(pathway: Pathway, name: str, wanted: Floats, run: DrawnRun) -> Iterator[Layer]:
    """The layers of one source's candidates, day by day, and the ticks at which those who come arrive.

    On a day that wants w times the usual arrivals, the first layer (the usual rate) keeps min(w, 1) of its
    candidates, and each further one the share of its width that lies below w. Together they are Poisson of w.
    """
    source = pathway.arrivals[name]
    if np.any(wanted > source.thinning_bound):
        raise DrawsError(
            f"arrivals.{name}: day {int(np.argmax(wanted))} wants {wanted.max():.2f} times the usual arrivals, more "
            f"than the thinning_bound {source.thinning_bound:g}. Raise arrivals.{name}.thinning_bound, under `site` or "
            f"`pathway`, to {math.ceil(12.5 * wanted.max()) / 10:g}"
        )
    usual, by_hour = usual_arrivals(pathway, source, run.days, run.calendar), hours_of(pathway, source)
    for layer in range(1 + math.ceil(max(wanted.max() - 1, 0) / LAYER)):
        below, width = (1 + LAYER * (layer - 1), LAYER) if layer else (0.0, 1.0)
        share = np.clip((wanted - below) / width, 0, 1)
        key = key_of(name, layer)
        counts = run.generator(key, "arrivals.count").poisson(usual * width)
        day = np.repeat(np.arange(run.days), counts)
        kept = _kept(key, len(day), share[day], run)
        variates = run.generator(key, "arrivals.time").random(len(day))[kept]
        yield len(day), kept, _times(by_hour, day[kept], variates)


def _kept(key: str, n_candidates: int, share: Floats | float, run: DrawnRun) -> NDArray[np.int64]:
    """Positions of the candidates who come, each with its own probability or all with one."""
    return np.flatnonzero(run.generator(key, "arrivals.keep").random(n_candidates) < share)


def _times(by_hour: Floats, day: NDArray[np.int64], variates: Floats) -> NDArray[np.int64]:
    """Ticks of arrival, shape of `variates`, by the weekday's profile of hours."""
    minute = np.zeros(len(variates))
    differs = bool((by_hour != by_hour[0]).any())
    for weekday in range(DAYS_IN_WEEK) if differs else (0,):
        on_weekday = day % DAYS_IN_WEEK == weekday if differs else slice(None)
        totals = np.concatenate(([0.0], np.cumsum(by_hour[weekday])))
        if totals[-1] > 0:
            minute[on_weekday] = np.interp(variates[on_weekday], totals / totals[-1], np.arange(25) * 60.0)
    within = np.minimum(to_ticks(minute), DAY - 1)
    return day * DAY + within


def _number_present(pathway: Pathway, present: Present) -> int:
    """How many patients of one source are there at time 0."""
    if present.number is not None:
        return present.number
    if present.pool is None or present.share is None:
        raise DrawsError("present: give a number, or a pool and a share")
    # an arm's extra beds start empty, so that no draw moves
    without_extra = replace(pathway.pools[present.pool], extra=0, extra_shifts=())
    return round(present.share * timetable(without_extra)[0][1])
