"""When each patient first came to a point of the route: one pass over a run's activities.

With numba the pass is compiled (`firsts_compiled`, imported when first used); without it numpy does the same, some
times slower, so that the reference engine needs no numba. Both give the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Activities
from simulation.engine.plan import Outcome
from simulation.units import NEVER, TICKS_PER_MINUTE


class Moment(IntEnum):
    """Which point in time of an activity."""

    JOINED = 0
    STARTED = 1
    ENDED = 2


Names = Mapping[str, Mapping[int, Moment]]
"""For each name of a record, its nodes and which moment of theirs."""


def first_times(activities: Activities, names: Names, n_nodes: int, n_patients: int) -> dict[str, NDArray[np.float64]]:
    """By name: the minute at which a moment of one of its nodes first happened to each patient, shape (n,), or NaN.

    Whoever gave up waiting for a step never ended it.
    """
    found = np.full((len(names), n_patients), np.nan)
    if find_spec("numba") is None:
        fill_plainly(activities, names, found)
    else:
        from simulation.engine.firsts_compiled import fill

        fill(activities, names, n_nodes, found)
    return dict(zip(names, found, strict=True))


def fill_plainly(activities: Activities, names: Names, found: NDArray[np.float64]) -> None:
    """Write the first times of each name into its row of `found`, shape (names, patients), with numpy."""
    when = (activities.joined_at, activities.started_at, activities.ended_at)
    for row, nodes in zip(found, names.values(), strict=True):
        moment_of = np.full(1 + max(int(activities.step.max(initial=0)), *nodes, 0), NEVER)
        moment_of[list(nodes)] = list(nodes.values())
        moment = moment_of[activities.step]
        at = np.full(len(activities), NEVER, dtype=np.int64)
        for each in Moment:
            at = np.where(moment == each, when[each], at)
        at[(moment == Moment.ENDED) & (activities.outcome != Outcome.DONE)] = NEVER
        dated = np.flatnonzero(at != NEVER)[::-1]  # backwards, so that the first of a patient is written last and stays
        row[activities.patient[dated]] = at[dated] / TICKS_PER_MINUTE
