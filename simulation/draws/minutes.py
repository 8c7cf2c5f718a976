"""Minutes of every duration, and the points in time that follow from them: patience, getting worse."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.draws.attributes import amount
from simulation.draws.drawn import Draws
from simulation.draws.variates import Floats
from simulation.pathway.department import ARRIVAL_SOURCE, Pathway
from simulation.pathway.durations import AnyDuration, Fixed
from simulation.pathway.graph import durations_by_source
from simulation.units import NEVER, to_ticks

LONGEST = 1e12
"""Minutes from arrival to what no run lives to see; more would not fit the ticks that count them."""


def minutes_of(
    pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], draws: Draws, factors: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Minutes by duration, shape (repeats, n); for patients who can come to a step of it, see `Draws`.

    `factors`: what each patient's minutes are multiplied by, before they are cut off, shape (n,) by duration.
    """
    met = durations_by_source(pathway)
    found = {}
    who: dict[tuple[bool, ...], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    complexity = None
    if any(duration.complexity for duration in pathway.durations.values()):
        complexity = draws.variates.normal("complexity", 0, of={source.key for source in draws.variates.sources})
    for name, duration in pathway.durations.items():
        comes = tuple(name in met[source] for source in pathway.categories(ARRIVAL_SOURCE))
        if comes not in who:
            whose = np.array(comes).take(draws.arrival_source)
            who[comes] = np.flatnonzero(whose), np.flatnonzero(~whose)
        mine, others = who[comes]
        sources = {source.key for source in draws.variates.sources if comes[source.code]}
        mean = amount(pathway, codes, duration.mean) * duration.scale
        found[name] = np.empty((duration.repeats, len(draws)))
        for repeat, minutes in enumerate(found[name]):
            if isinstance(duration, Fixed):  # needs no random variate
                minutes[:] = mean
                minutes[others] = 0
            else:
                variates = draws.variates.normal(f"minutes:{duration.same_draw_as or name}", repeat, of=sources)
                if duration.complexity and complexity is not None:
                    variates *= np.float32(math.sqrt(1 - duration.complexity**2))
                    variates += np.float32(duration.complexity) * complexity
                _write_minutes(duration, variates, mean, minutes, mine, others)
            if name in factors:
                minutes *= factors[name]
            if duration.longest is not None:
                np.minimum(minutes, duration.longest, out=minutes)
    return found


def _write_minutes(
    duration: AnyDuration,
    variates: NDArray[np.float32],
    mean: Floats,
    into: Floats,
    mine: NDArray[np.int64],
    others: NDArray[np.int64],
) -> None:
    """Write the minutes of those whom a duration is for, and 0 for the others; `variates` is written over."""
    if len(mine) > len(variates) / 2:
        duration.to_minutes(variates, mean, into)
        into[others] = 0
    else:
        few = np.empty(len(mine))
        duration.to_minutes(variates[mine], np.broadcast_to(mean, variates.shape)[mine], few)
        into[:] = 0
        into[mine] = few


def patience_of(pathway: Pathway, draws: Draws, minutes: Mapping[str, Floats]) -> NDArray[np.int64]:
    """Ticks from arrival to giving up, or NEVER, shape (n,)."""
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
    known = pathway.categories(ARRIVAL_SOURCE)
    concerned = np.isin(draws.arrival_source, [known.index(name) for name in sources])
    return np.where(concerned, to_ticks(np.minimum(minutes[0], LONGEST)), NEVER)
