"""When each patient first came to a point of the route: `firsts`, compiled by numba."""
# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from simulation.engine._cache import settle
from simulation.engine.contract import Activities
from simulation.engine.firsts import Moment, Names
from simulation.engine.plan import Outcome
from simulation.units import NEVER, TICKS_PER_MINUTE

DONE = int(Outcome.DONE)
JOINED, STARTED = int(Moment.JOINED), int(Moment.STARTED)


def fill(activities: Activities, names: Names, n_nodes: int, found: NDArray[np.float64]) -> None:
    """Write the first times of each name into its row of `found`, shape (names, patients)."""
    entries = sorted((node, k, int(moment)) for k, nodes in enumerate(names.values()) for node, moment in nodes.items())
    node, name, moment = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    begins = np.searchsorted(node, np.arange(n_nodes + 1))
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
