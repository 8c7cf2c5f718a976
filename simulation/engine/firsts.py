"""When each patient first came to a point of the route: one compiled pass over a run's activities."""
# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from simulation.engine._cache import settle
from simulation.engine.contract import Activities
from simulation.engine.plan import Outcome
from simulation.units import NEVER, TICKS_PER_MINUTE

DONE = int(Outcome.DONE)


class Moment(IntEnum):
    """Which point in time of an activity."""

    JOINED = 0
    STARTED = 1
    ENDED = 2


JOINED, STARTED = int(Moment.JOINED), int(Moment.STARTED)


def first_times(
    activities: Activities, names: Mapping[str, Mapping[int, Moment]], n_nodes: int, n_patients: int
) -> dict[str, NDArray[np.float64]]:
    """By name: the minute at which a moment of one of its nodes first happened to each patient, shape (n,), or NaN.

    `names`: for each name, its nodes and which moment of theirs. Whoever gave up waiting for a step never ended it.
    """
    entries = sorted((node, k, int(moment)) for k, nodes in enumerate(names.values()) for node, moment in nodes.items())
    node, name, moment = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    begins = np.searchsorted(node, np.arange(n_nodes + 1))
    found = np.full((len(names), n_patients), np.nan)
    _fill(
        activities.patient,
        activities.step,
        activities.outcome,
        activities.joined_at,
        activities.started_at,
        activities.ended_at,
        begins,
        name.copy(),
        moment.copy(),
        found,
    )
    return dict(zip(names, found, strict=True))


_njit: Any = numba.njit


@_njit(cache=settle(), nogil=True, error_model="numpy", no_cfunc_wrapper=True)
def _fill(patient, step, outcome, joined_at, started_at, ended_at, begins, name, moment, found):
    for k in range(len(patient)):
        for entry in range(begins[step[k]], begins[step[k] + 1]):
            at = ended_at[k]
            if moment[entry] == JOINED:
                at = joined_at[k]
            elif moment[entry] == STARTED:
                at = started_at[k]
            elif outcome[k] != DONE:
                continue
            if at != NEVER and np.isnan(found[name[entry], patient[k]]):
                found[name[entry], patient[k]] = at / TICKS_PER_MINUTE
