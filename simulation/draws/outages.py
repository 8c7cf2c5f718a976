"""When each thing that can fail is down, drawn beforehand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulation.draws.calendar import FROM_JANUARY, Calendar
from simulation.draws.forecast import quiet_spans
from simulation.draws.variates import Floats, generator_of
from simulation.errors import DrawsError
from simulation.pathway.department import (
    Pathway,
    QuietDays,
    RandomOutages,
    ShareOfTime,
    StatedOutages,
    down_share,
)
from simulation.units import DAY, to_ticks

TURNS = 64
"""Turns of up and down that are drawn at first."""
FOREVER = 2**60
"""A tick that no run reaches."""


def draw_outages(
    pathway: Pathway,
    *,
    seed: int,
    replication: int,
    days: int,
    calendar: Calendar = FROM_JANUARY,
    attended: NDArray[np.int64] | None = None,
) -> dict[str, NDArray[np.int64]]:
    """When each thing that can fail is down: ticks from and to by outage, shape (n_spans, 2), up to the last of `days`.

    A longer run has the same spans and more; other means
    move the same random variates. Stated spans count from the first measured
    day of `calendar`, so the warm-up has none. `attended`: how many attend on each day (`attended_by_day`), which quiet
    days are forecast from. Raises DrawsError if that is asked for and not known.
    """
    found = {}
    for name, each in pathway.outages.items():
        if isinstance(each, QuietDays):
            if attended is None:
                raise DrawsError(f"outages.{name}: quiet days are known of drawn patients only. Draw them first")
            found[name] = quiet_spans(pathway, each, name, attended, seed=seed, replication=replication)
        else:
            found[name] = _spans(each, name, seed, replication, days * DAY, calendar.measured_from)
    return found


def _spans(
    outage: RandomOutages | ShareOfTime | StatedOutages,
    name: str,
    seed: int,
    replication: int,
    until: int,
    measured_from: int,
) -> NDArray[np.int64]:
    """The spans of one outage that begin before `until`; some may end after it."""
    if isinstance(outage, StatedOutages):
        edges = to_ticks(np.array([(each.starts_at_minutes, each.ends_at_minutes) for each in outage.spans], float))
        return _whole(edges.reshape(-1, 2) + measured_from, until)
    down = outage.mean_down_minutes
    share = down_share(outage)
    if isinstance(outage, RandomOutages):
        up = outage.mean_up_minutes
    else:
        up = down * (1 - share) / share if share else math.inf
    if share in (0, 1):
        return np.array([(0, FOREVER)] if share else [], np.int64).reshape(-1, 2)
    generator = generator_of(seed, replication, "outage", name, 0)
    first = generator.random() < share  # is it down at time 0?
    # what is left of an exponential time is exponential again, so the first turn is drawn like the others
    turns = generator.standard_exponential(TURNS)
    while _edges(turns, first, up, down)[-1] <= until:
        turns = np.concatenate((turns, generator.standard_exponential(len(turns))))
    edges = _edges(turns, first, up, down)
    if first:
        edges = np.concatenate(([0], edges))
    return _whole(edges[: len(edges) // 2 * 2].reshape(-1, 2), until)


def _edges(turns: Floats, is_down: bool, up: float, down: float) -> NDArray[np.int64]:
    """When up becomes down and down up, in ticks, from up or down at time 0."""
    means = np.where(np.arange(len(turns)) % 2 == (0 if is_down else 1), down, up)
    return to_ticks(np.minimum(np.cumsum(turns * means), FOREVER / DAY))


def _whole(spans: NDArray[np.int64], until: int) -> NDArray[np.int64]:
    """The spans that last a tick or more and begin before `until`."""
    return spans[(spans[:, 1] > spans[:, 0]) & (spans[:, 0] < until)]
