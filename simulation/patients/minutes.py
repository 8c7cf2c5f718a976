"""Minutes of every duration, and what follows from them: when patience ends and when a patient gets worse."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.department.durations import AnyDuration, Fixed
from simulation.department.graph import durations_by_source
from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.patients.attributes import amount
from simulation.patients.drawn import Draws
from simulation.patients.variates import Floats
from simulation.units import NEVER, to_ticks

LONGEST = 1e12
"""Minutes from arrival that no run reaches; more would not fit into 64 bits of ticks."""


def minutes_of(
    pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], draws: Draws, factors: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Minutes by duration, shape (repeats, n); 0 for patients whose source cannot come to the duration.

    `factors`: what each patient's minutes are multiplied by, before they are cut off, shape (n,) by duration.
    """
    met = durations_by_source(pathway)
    minutes_by_name = {}
    rows: dict[tuple[bool, ...], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    complexity = None
    if any(duration.complexity for duration in pathway.durations.values()):
        complexity = draws.variates.normal("complexity", 0)
    for name, duration in pathway.durations.items():
        meets = tuple(name in met[source] for source in pathway.categories(ARRIVAL_SOURCE))  # by code of the source
        if meets not in rows:
            is_concerned = np.array(meets).take(draws.arrival_source)
            rows[meets] = np.flatnonzero(is_concerned), np.flatnonzero(~is_concerned)
        concerned, others = rows[meets]
        source_keys = {source.key for source in draws.variates.sources if meets[source.code]}
        mean = amount(pathway, codes, duration.mean) * duration.scale
        minutes_by_name[name] = np.empty((duration.repeats, len(draws)))
        for repeat, minutes in enumerate(minutes_by_name[name]):
            if isinstance(duration, Fixed):  # needs no random variate
                minutes[:] = mean
                minutes[others] = 0
            else:
                column = f"minutes:{duration.same_draw_as or name}"
                variates = draws.variates.normal(column, repeat, source_keys=source_keys)
                if duration.complexity and complexity is not None:
                    variates *= np.float32(math.sqrt(1 - duration.complexity**2))
                    variates += np.float32(duration.complexity) * complexity
                _write_minutes(duration, variates, mean, minutes, concerned, others)
            if name in factors:
                minutes *= factors[name]
            if duration.longest is not None:
                np.minimum(minutes, duration.longest, out=minutes)
    return minutes_by_name


def _write_minutes(
    duration: AnyDuration,
    variates: NDArray[np.float32],
    mean: Floats,
    into: Floats,
    concerned: NDArray[np.int64],
    others: NDArray[np.int64],
) -> None:
    """Write the minutes of the patients whom a duration concerns, and 0 for the others; `variates` is written over."""
    if len(concerned) > len(variates) / 2:
        duration.to_minutes(variates, mean, into)
        into[others] = 0
    else:
        minutes = np.empty(len(concerned))
        duration.to_minutes(variates[concerned], np.broadcast_to(mean, variates.shape)[concerned], minutes)
        into[:] = 0
        into[concerned] = minutes


def patience_of(pathway: Pathway, draws: Draws, minutes: Mapping[str, Floats]) -> NDArray[np.int64]:
    """Ticks from arrival to leaving, or NEVER, shape (n,)."""
    if pathway.patience is None:
        return draws.patience
    return _after_arrival(pathway, draws, pathway.patience.arrivals, minutes[pathway.patience.minutes])


def worsens_of(pathway: Pathway, draws: Draws, minutes: Mapping[str, Floats]) -> NDArray[np.int64]:
    """Ticks from arrival to getting worse, or NEVER, shape (n,)."""
    if pathway.worsening is None:
        return draws.worsens
    return _after_arrival(pathway, draws, pathway.worsening.arrivals, minutes[pathway.worsening.minutes])


def _after_arrival(pathway: Pathway, draws: Draws, sources: Collection[str], minutes: Floats) -> NDArray[np.int64]:
    """The first repeat of a duration in ticks for the patients of some sources, NEVER for the others, shape (n,)."""
    names = pathway.categories(ARRIVAL_SOURCE)
    concerned = np.isin(draws.arrival_source, [names.index(source) for source in sources])
    return np.where(concerned, to_ticks(np.minimum(minutes[0], LONGEST)), NEVER)
