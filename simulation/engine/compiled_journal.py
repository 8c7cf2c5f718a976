"""The compiled engine's journal: activities as records in the order in which they ended.

Sorting them by patient costs more than all else that is done with them, so that waits until somebody reads activities.
Milestones need one pass and no order (`Recorded.milestones`). In the same pass `add_up` adds up waits by step and units
held by pool, for which it is enough that each patient's records are in order; `measures.binding` says what the sums
mean, and adds up the same from any other table.
"""
# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np

from simulation.engine.compiled_cache import can_cache
from simulation.engine.compiled_records import ACTIVITY, Records
from simulation.engine.contract import Activities, Milestones, Moment, Names
from simulation.engine.rows import NONE, Outcome
from simulation.units import DAY, HOUR, NEVER, TICKS_PER_MINUTE, WEEK

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
    """A journal in the first `n_rows` records of `space`; the next run of this thread reuses that memory when the
    journal is deleted."""

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


LEFT, BLOCKED = int(Outcome.LEFT), int(Outcome.BLOCKED)
BITS = 67
"""A modulus that leaves another remainder for each power of 2 below 2^64, by which the pool of a bit is found."""


@_compiled
def add_up(records, bounds, special, teams, held_by, n_open, by_step, by_choice, held_ticks, held):
    """Add some records up. False if a patient held two units of one pool at once, for which one bit is too little.

    - `bounds`: ticks at which the window begins and ends, ticks of a day at which daytime begins and ends
    - `special`: of pools whose units may be held after the step, or count until a team changes, or are to be
      counted: is_special (steps,), always, unless_chosen (steps, k), offers, keeps (steps, pools), bits (pools,) of
      those ever kept, releases_at_start and releases_at_end (steps,) as such bits, pool_of_bit (67,) by the
      remainder of a bit, is_timed (pools,)
    - `teams`: (pools, k) changes of team, NEVER where they end

    Written, zeros at first:

    - `held_by`: (patients,) bits of the pools that each holds
    - `n_open`: (pools,) units of timed pools that are still held
    - `by_step`: (steps, 3) how many stopped waiting, ticks waited, ticks of the window spent waiting
    - `by_choice`: (steps, 1 + pools, 2) ticks from start to end, in all and by day, by the pool recorded (first:
      none)
    - `held_ticks`: (pools, 2) ticks for which units of special pools were held, in all and by day
    - `held`: (pools, hours + 1) units held more than at the whole hour before
    """
    is_special, always, unless_chosen, offers, keeps = special[:5]
    bits, releases_at_start, releases_at_end, pool_of_bit, is_timed = special[5:]
    low, high, day_from, day_to = bounds[0], bounds[1], bounds[2], bounds[3]
    scale = low, high, day_from, day_to, (low + HOUR - 1) // HOUR
    taken = np.empty(always.shape[1] + unless_chosen.shape[1] + 1, np.uint32)
    for k in range(len(records)):
        record = records[k]
        step = np.uint32(record.step)
        joined_at, started_at, ended_at = record.joined_at, record.started_at, record.ended_at
        if joined_at >= high:
            continue  # whatever the patient does later is after the window, too
        if ended_at >= low or ended_at == NEVER:
            end = high if ended_at == NEVER else ended_at
            start = (
                end if started_at == NEVER else started_at
            )  # whoever never started holds nothing
            counts = joined_at >= low and (started_at != NEVER or ended_at != NEVER)
            waits = by_step[step]
            waits[0] += counts
            waits[1] += (start - joined_at) * counts
            start, end = min(max(start, low), high), min(max(end, low), high)
            waits[2] += start - min(max(joined_at, low), high)
            ticks = by_choice[step, np.uint32(record.pool + 1)]
            ticks[0] += end - start
            ticks[1] += _by_day(end, day_from, day_to) - _by_day(start, day_from, day_to)
        gone = record.outcome == LEFT or record.outcome == BLOCKED
        if not (is_special[step] or gone):
            continue
        patient = np.uint32(record.patient)
        done = record.outcome == DONE
        holds = held_by[patient]
        if started_at != NEVER and is_special[step]:
            given = holds & releases_at_start[step]
            if given:
                holds ^= given
                _give_back(
                    given, started_at, pool_of_bit, is_timed, scale, n_open, held_ticks, held
                )
            ends_kept = releases_at_end[step] if done else np.uint64(0)
            n_taken = _take(record, step, always, unless_chosen, offers, taken)
            for number in range(n_taken):
                pool = taken[number]
                bit = bits[pool]
                if keeps[step, pool] and ended_at != NEVER and not gone and not ends_kept & bit:
                    if holds & bit:
                        return False
                    holds |= bit
                    _change(pool, 1, started_at, is_timed, scale, n_open, held_ticks, held)
                    continue
                until = ended_at
                if is_timed[pool] and teams[pool, 0] != NEVER:
                    until = _counted_until(teams[pool], started_at, ended_at)
                if until == NEVER or until > low:
                    _change(pool, 1, started_at, is_timed, scale, n_open, held_ticks, held)
                    if until != NEVER:
                        _change(pool, -1, until, is_timed, scale, n_open, held_ticks, held)
        given = holds
        if not gone:
            given = holds & releases_at_end[step] if done else np.uint64(0)
        if given:
            _give_back(given, ended_at, pool_of_bit, is_timed, scale, n_open, held_ticks, held)
        held_by[patient] = holds ^ given
    return True


@_compiled
def _take(record, step, always, unless_chosen, offers, taken):
    """Write the special pools that a start takes into `taken`; return how many there are."""
    n_taken = 0
    for number in range(always.shape[1]):
        if always[step, number] == NONE:
            break
        taken[n_taken] = always[step, number]
        n_taken += 1
    if record.pool == NONE:
        for number in range(unless_chosen.shape[1]):
            if unless_chosen[step, number] == NONE:
                break
            taken[n_taken] = unless_chosen[step, number]
            n_taken += 1
    elif offers[step, np.uint32(record.pool)]:
        taken[n_taken] = record.pool
        n_taken += 1
    return n_taken


@_compiled
def _by_day(tick, day_from, day_to):
    """Ticks of daytime from tick 0 to before this one."""
    day = np.int64(np.uint64(tick) // np.uint64(DAY))
    return day * (day_to - day_from) + min(max(tick - day * DAY - day_from, 0), day_to - day_from)


@_compiled
def _give_back(given, tick, pool_of_bit, is_timed, scale, n_open, held_ticks, held):
    """Give back a unit of each pool whose bit is set in `given`."""
    bits = given
    while bits:
        bit = bits & (~bits + np.uint64(1))
        bits ^= bit
        _change(
            pool_of_bit[bit % np.uint64(BITS)], -1, tick, is_timed, scale, n_open, held_ticks, held
        )


@_compiled
def _change(pool, n, tick, is_timed, scale, n_open, held_ticks, held):
    """Count `n` more units of a pool as held from a tick on (fewer where n is below 0)."""
    low, high, day_from, day_to, first_hour = scale
    n_timed = (
        n * is_timed[pool]
    )  # not a branch, with which numba would count references to the arrays
    at = min(max(tick, low), high)
    n_open[pool] += n_timed
    held_ticks[pool, 0] -= n_timed * at
    held_ticks[pool, 1] -= n_timed * _by_day(at, day_from, day_to)
    hour = np.int64(np.uint64(tick + HOUR - 1) // np.uint64(HOUR)) - first_hour
    held[pool, min(max(hour, 0), held.shape[1] - 1) * (not is_timed[pool])] += n - n_timed


@_compiled
def _counted_until(changes, started_at, ended_at):
    """When a unit stops counting against its pool: as it is given back, or at a change of team before that."""
    within = started_at % WEEK
    following = changes[0] + WEEK
    for number in range(len(changes)):
        if changes[number] == NEVER:
            break
        if changes[number] > within:
            following = changes[number]
            break
    change_at = started_at - within + following
    return change_at if ended_at == NEVER else min(ended_at, change_at)
