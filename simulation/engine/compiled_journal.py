"""The compiled engine's journal: activities as records in the order in which they ended, and one pass over them.

Nothing is sorted by patient until somebody reads activities: milestones need one pass and no order.
"""
# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np

from simulation.engine._cache import can_cache
from simulation.engine.compiled_records import ACTIVITY, Records
from simulation.engine.contract import Activities, Milestones, Moment, Names
from simulation.engine.rows import NONE, Outcome
from simulation.units import NEVER, TICKS_PER_MINUTE

DONE = int(Outcome.DONE)
BLOCK = 2**14
"""Records that are read in one go: 640 kB."""
ARRANGED = (np.int32, np.int16, np.int8, np.int64, np.int64, np.int64, np.int16)
"""The types of the columns of `Activities`, in order."""
JOINED, STARTED = int(Moment.JOINED), int(Moment.STARTED)


def space_for(n_rows: int) -> Records:
    """Space for activities: what an earlier journal of this thread gave back, or new memory, which costs a run 5 %."""
    spare: Records | None = _spare.__dict__.pop("records", None)
    return spare if spare is not None and len(spare) >= n_rows else np.empty(n_rows, ACTIVITY)


_spare = threading.local()


class Recorded:
    """The first `n_rows` records of `space`, which the next run may have when this journal is gone."""

    def __init__(self, space: Records, n_rows: int, n_patients: int) -> None:
        self._space = space
        self._n_rows = n_rows
        self.n_patients = n_patients
        self.readers: list[Callable[[Records], None]] = []
        """Functions that are given the records, block by block, as the next pass reads them."""

    def __del__(self) -> None:
        if _spare is not None:  # as it is when the interpreter ends
            _spare.records = self._space

    def __copy__(self) -> Recorded:
        return self  # nothing here changes, and the space is to be given back once

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._space[: self._n_rows].copy(), self._n_rows, self.n_patients)

    def __len__(self) -> int:
        return self._n_rows

    def arranged(self) -> Activities:
        """The activities as new columns, patient by patient."""
        columns: list[Any] = [np.empty(self._n_rows, kind) for kind in ARRANGED]
        _arrange(self._space[: self._n_rows], np.zeros(self.n_patients + 1, np.int64), *columns)
        return Activities(*columns)

    def blocks(self) -> Iterator[Records]:
        """The records as they came, some at a time, so that a second reader finds them in the processor's cache."""
        for start in range(0, self._n_rows, BLOCK):
            yield self._space[start : min(start + BLOCK, self._n_rows)]

    def milestones(self, names: Names, n_nodes: int, n_patients: int) -> Milestones:
        """First times by name and the last row of each patient; `readers` are given the records, too."""
        entries = sorted(
            (node, k, int(moment))
            for k, moments in enumerate(names.values())
            for node, moment in moments.items()
        )
        node, name, moment = np.array(entries, dtype=np.int64).reshape(-1, 3).T.copy()
        begins = np.searchsorted(node, np.arange(n_nodes + 1))
        first_at = np.full((len(names), n_patients), np.nan)
        last_step = np.full(n_patients, NONE, dtype=np.int16)
        last_ended_at = np.full(n_patients, NEVER, dtype=np.int64)
        for records in self.blocks():
            _find_milestones(records, begins, name, moment, first_at, last_step, last_ended_at)
            for read in self.readers:
                read(records)
        return Milestones(dict(zip(names, first_at, strict=True)), last_step, last_ended_at)


_njit: Any = numba.njit
_compiled = _njit(cache=can_cache(), nogil=True, error_model="numpy", no_cfunc_wrapper=True)


@_compiled
def _find_milestones(records, begins, name, moment, first_at, last_step, last_ended_at):
    """Write the first times and last rows that some records bring.

    begins  (nodes + 1,) where each node's entries of `name` and `moment` begin: which names it dates, and by what
    """
    for k in range(len(records)):
        record = records[k]
        patient = np.int64(record.patient)
        last_step[patient] = record.step
        last_ended_at[patient] = record.ended_at
        for entry in range(begins[record.step], begins[record.step + 1]):
            at = record.ended_at
            if moment[entry] == JOINED:
                at = record.joined_at
            elif moment[entry] == STARTED:
                at = record.started_at
            elif record.outcome != DONE:
                continue
            if at != NEVER and np.isnan(first_at[name[entry], patient]):
                first_at[name[entry], patient] = at / TICKS_PER_MINUTE


@_compiled
def _arrange(activities, place, patient, step, outcome, joined_at, started_at, ended_at, pool):
    """Write activities into columns sorted by patient, each patient's as they came (a counting sort).

    `place`: zeros, one more than there are patients.
    """
    for k in range(len(activities)):
        place[activities[k].patient + 1] += 1
    for p in range(len(place) - 1):
        place[p + 1] += place[p]
    for k in range(len(activities)):
        activity = activities[k]
        to = place[activity.patient]
        place[activity.patient] += 1
        patient[to] = activity.patient
        step[to] = activity.step
        outcome[to] = activity.outcome
        joined_at[to] = activity.joined_at
        started_at[to] = activity.started_at
        ended_at[to] = activity.ended_at
        pool[to] = activity.pool
