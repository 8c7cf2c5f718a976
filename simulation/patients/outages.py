"""When each thing that can fail is down, drawn before the clock starts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulation.department.rota import down_share
from simulation.department.vocabulary import (
    Pathway,
    QuietDays,
    RandomOutages,
    ShareOfTime,
    StatedOutages,
)
from simulation.errors import DrawsError
from simulation.patients.calendar import FROM_JANUARY, Calendar
from simulation.patients.forecast import quiet_spans
from simulation.patients.variates import Floats, generator_of
from simulation.units import DAY, to_ticks

SPANS = 64
"""Spans of up and down that are drawn at first."""
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

    A longer run has the same spans and more; other means stretch spans drawn from the same random variates. Stated
    spans count from the first measured day of `calendar`, so the warm-up has none. `attended`: how many attend on each
    day (`attended_by_day`), from which quiet days are forecast; DrawsError is raised if there are quiet days without.
    """
    spans = {}
    for name, outage in pathway.outages.items():
        if isinstance(outage, QuietDays):
            if attended is None:
                raise DrawsError(f"outages.{name}: quiet days are known of drawn patients only. Draw them first")
            spans[name] = quiet_spans(pathway, outage, name, attended, seed=seed, replication=replication)
        else:
            spans[name] = _spans(outage, name, seed, replication, days * DAY, calendar.measured_from)
    return spans


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
        edges = to_ticks(np.array([(span.starts_at_minutes, span.ends_at_minutes) for span in outage.spans], float))
        return _begun_before(until, edges.reshape(-1, 2) + measured_from)
    down = outage.mean_down_minutes
    share = down_share(outage)
    if isinstance(outage, RandomOutages):
        up = outage.mean_up_minutes
    else:
        up = down * (1 - share) / share if share else math.inf
    if share in (0, 1):
        return np.array([(0, FOREVER)] if share else [], np.int64).reshape(-1, 2)
    generator = generator_of(seed, replication, "outage", name, 0)
    starts_down = generator.random() < share
    # what is left of an exponential time is exponential again, so the first span is drawn like the others
    lengths = generator.standard_exponential(SPANS)
    while _edges(lengths, starts_down, up, down)[-1] <= until:
        lengths = np.concatenate((lengths, generator.standard_exponential(len(lengths))))
    edges = _edges(lengths, starts_down, up, down)
    if starts_down:
        edges = np.concatenate(([0], edges))
    return _begun_before(until, edges[: len(edges) // 2 * 2].reshape(-1, 2))


def _edges(lengths: Floats, starts_down: bool, up: float, down: float) -> NDArray[np.int64]:
    """Ticks at which up turns to down or back, shape of `lengths` (spans of mean 1); `up`, `down`: mean minutes."""
    means = np.where(np.arange(len(lengths)) % 2 == (0 if starts_down else 1), down, up)
    return to_ticks(np.minimum(np.cumsum(lengths * means), FOREVER / DAY))


def _begun_before(until: int, spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """The spans that last a tick or more and begin before `until`."""
    return spans[(spans[:, 1] > spans[:, 0]) & (spans[:, 0] < until)]
