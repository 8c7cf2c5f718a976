"""The compiled engine's event loop: one interpreter of a flat plan, in the subset of Python that numba compiles.

Everything numba compiles is in this file, except `plan.paced_end`, which both engines share. It is compiled once
a machine (some seconds) and kept on disk; no configuration changes it. After an edit of `plan.paced_end` or of
`units`, delete the `__pycache__` folders: numba's files on disk only notice edits of this file.

Four things make it fast, so they are kept to: no array is replaced inside the loop; what is due is one integer
(tick and patient); an activity is written once, in one piece, when it is over; and what every activity needs is
written out in `run`, because numba counts references to each array that a function is given (a third of the time).
So each thing happens in one place: whoever moves on within an instant is put on the list `moving` and walked along
the route by one block, whatever set it moving; pools with a unit free again are put on the list `freed`.
"""
# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simulation.engine import plan as plans
from simulation.units import HOUR, NEVER, WEEK

Ints = NDArray[np.int64]

# Fields of a row of `FlatPlan.rows`. A field that ends _AT is a position in `lists`, its length is in the next.
KIND, NEXT, ASK, MINUTES, N_REPEATS, REPEAT_OF, PACE = range(7)
KEEPS_AT, N_KEEPS, START_GIVES_AT, N_START_GIVES, END_GIVES_AT, N_END_GIVES = range(7, 13)
QUEUE_CLASS, IGNORED, PULLED, MAY_LEAVE, FIRST_SEEN, RELABELS = range(13, 19)
QUEUE_LIMIT, TURNED_AWAY, WIDENED_ASK, WIDENS_AFTER = range(19, 23)
TARGETS_AT, COLUMN, NUMBER, STEPS_AT, N_STEPS, HOURS_AT, N_HOURS = range(23, 30)
N_FIELDS = 30
# Fields of an ask.
ALL_AT, N_ALL, ANY_AT, N_ANY = range(4)
# Fields of a pool: the asks it can help to start, and its triggers.
ASKS_AT, N_ASKS, TRIGGERS_AT, N_TRIGGERS = range(4)
# Fields of a trigger.
OPENS, POOL, WATCHES_AT, N_WATCHES, ABOVE, BELOW, EXTRA, TICKS_PER_HOUR, LEAVES = range(9)
# Fields of a row of the weekly calendar; units of a team change are NONE.
DUE, CALENDAR_POOL, UNITS = range(3)
# Fields of the settings.
ACCUMULATING, UNTRIAGED, IGNORED_CLASS, PULL_FROM, PULL_TO, PATIENCE_TO, DECIDE_EVERY, N_LOOPS = range(8)

STEP, ATTRIBUTE, ACUITY, QUEUE, HOURS, LOOP = (int(kind) for kind in list(plans.Kind)[:6])
DONE, LEFT, AWAY, OPEN = (int(outcome) for outcome in plans.Outcome)
NONE = plans.NONE
# What a patient does next: follow the route; an activity that ends in one of four ways; join another queue.
ROUTE, ENDS, LEAVES_NOW, SENT_AWAY, GONE, JOINS_AGAIN = range(6)

PATIENT_BITS = 24
PATIENT_MASK = (1 << PATIENT_BITS) - 1
POOL_BITS = 12
POOL_MASK = (1 << POOL_BITS) - 1
# A unit held is one number: the team (how many came before it) and the pool.

FITS, TABLE_FULL, HANDS_FULL = range(3)


class FlatPlan(NamedTuple):
    """A plan as arrays of whole numbers; the fields of each are named above."""

    rows: Ints
    lists: Ints
    asks: Ints
    pools: Ints
    ranks: Ints
    rates: Ints
    classes_when_pulled: Ints
    paces: Ints
    triggers: Ints
    widening: Ints
    calendar: Ints
    settings: Ints


class People(NamedTuple):
    """Bound columns, with patience as points in time and in the order in which it ends."""

    arrived_at: Ints
    start: NDArray[np.int32]
    attributes: NDArray[np.int16]
    minutes: NDArray[np.int32]
    ignored: NDArray[np.bool_]
    leaves_at: Ints
    leavers: Ints


class Table(NamedTuple):
    """Room for activities in the order in which they end, and for what triggers did (at, trigger, units)."""

    patient: NDArray[np.int32]
    step: NDArray[np.int16]
    outcome: NDArray[np.int8]
    joined_at: Ints
    started_at: Ints
    ended_at: Ints
    pool: NDArray[np.int16]
    changes: Ints


compiled: Any = njit(cache=True, nogil=True, error_model="numpy")
_paced_end = compiled(plans.paced_end)


@compiled
def _remove(p, queue_of, n_waiting, n_classes, ends, after, before):
    """Take a patient out of its queue."""
    queue = queue_of[p]
    ahead, behind = before[p], after[p]
    if ahead >= 0:
        after[ahead] = behind
    else:
        ends[queue, 0] = behind
    if behind >= 0:
        before[behind] = ahead
    else:
        ends[queue, 1] = ahead
    n_waiting[queue // n_classes] -= 1
    queue_of[p] = -1


@compiled
def _count(row, change, now, waiting):
    """Change how many wait at a step; `waiting` is (now, just before this instant, last changed at)."""
    if waiting[row, 2] != now:
        waiting[row, 1] = waiting[row, 0]
        waiting[row, 2] = now
    waiting[row, 0] += change


@compiled
def _n_before(first, n, now, lists, waiting):
    """How many waited at some steps just before this instant."""
    total = 0
    for k in range(first, first + n):
        row = lists[k]
        total += waiting[row, 1] if waiting[row, 2] == now else waiting[row, 0]
    return total


@compiled
def _is_in(number, lists, first, n):
    """Whether a number is in one of the flat lists."""
    for k in range(first, first + n):  # noqa: SIM110 - numba compiles no any() over a generator
        if lists[k] == number:
            return True
    return False


@compiled
def _is_open(row, now, rows, lists):
    """Whether a branch by hours is open now."""
    at = now % WEEK
    first = rows[row, HOURS_AT]
    for k in range(first, first + rows[row, N_HOURS], 2):  # noqa: SIM110
        if lists[k] <= at < lists[k + 1]:
            return True
    return False


@compiled
def _give_up_at_start(p, row, rows, lists, slots, n_slots, n_held, team, in_use, freed, is_freed, n_freed):
    """Give back what a step that starts gives up of what was held before; returns how many pools were freed."""
    n_kept = 0
    for k in range(p * n_slots, p * n_slots + n_held[p]):
        unit = slots[k]
        pool = unit & POOL_MASK
        if not _is_in(pool, lists, rows[row, START_GIVES_AT], rows[row, N_START_GIVES]):
            slots[p * n_slots + n_kept] = unit
            n_kept += 1
        elif unit >> POOL_BITS == team[pool]:
            in_use[pool] -= 1
            if not is_freed[pool]:
                is_freed[pool] = True
                freed[n_freed] = pool
                n_freed += 1
    n_held[p] = n_kept
    return n_freed


@compiled
def _end_of(p, row, now, rows, minutes, passes, n_loops, paces):
    """When a step that starts now ends, in a loop or at a pace."""
    column = rows[row, MINUTES]
    loop = rows[row, REPEAT_OF]
    if loop != NONE:
        column += min(max(passes[p * n_loops + loop] - 1, 0), rows[row, N_REPEATS] - 1)
    work = np.int64(minutes[column, p])
    if rows[row, PACE] == NONE or work == 0:
        return now + work
    return _paced_end(now, work, paces[rows[row, PACE]])


@compiled
def _capacity(pool, flat, scheduled, trigger_units):
    """The rota's units, what escalation opened, less what those who wait take."""
    capacity = scheduled[pool]
    first = flat.pools[pool, TRIGGERS_AT]
    for k in range(first, first + flat.pools[pool, N_TRIGGERS]):
        number = flat.lists[k]
        if flat.triggers[number, OPENS]:
            capacity += trigger_units[number]
        else:
            leaves = flat.triggers[number, LEAVES]
            capacity = max(min(capacity, leaves), capacity - trigger_units[number])
    return capacity


@compiled
def _decide(number, now, flat, waiting, units, carry):
    """The units that a trigger sets now."""
    trigger = flat.triggers[number]
    n_waiting = _n_before(trigger[WATCHES_AT], trigger[N_WATCHES], now, flat.lists, waiting)
    if trigger[OPENS]:
        if n_waiting > trigger[ABOVE]:
            return trigger[EXTRA]
        return np.int64(0) if n_waiting <= trigger[BELOW] else units
    period = flat.settings[DECIDE_EVERY]
    due = carry[number] + n_waiting * trigger[TICKS_PER_HOUR] * period // HOUR
    carry[number] = due % period
    return due // period


@compiled
def run(flat, people, table, horizon, n_slots):
    """Run everybody from time 0 to the horizon; (code, activities, changes, events).

    Codes other than FITS ask for a second run with more room: in the table, or in the `n_slots` units that a patient
    may hold at once.
    """
    rows, lists, asks, pools, settings = flat.rows, flat.lists, flat.asks, flat.pools, flat.settings
    ranks, rates, calendar, paces = flat.ranks, flat.rates, flat.calendar, flat.paces
    classes_when_pulled, widening = flat.classes_when_pulled, flat.widening
    arrived_at, leaves_at, leavers = people.arrived_at, people.leaves_at, people.leavers
    starts, attributes, minutes, ignored = people.start, people.attributes, people.minutes, people.ignored
    out_patient, out_step, out_outcome, out_pool = table.patient, table.step, table.outcome, table.pool
    out_joined, out_started, out_ended, out_changes = table.joined_at, table.started_at, table.ended_at, table.changes
    n, n_asks, n_pools, n_classes = len(arrived_at), len(asks), len(pools), len(ranks)
    accumulating, n_loops, ignored_class = settings[ACCUMULATING], settings[N_LOOPS], settings[IGNORED_CLASS]
    pull_from, pull_to, patience_to = settings[PULL_FROM], settings[PULL_TO], settings[PATIENCE_TO]
    n_leavers, n_triggers, n_calendar, room = len(leavers), len(flat.triggers), len(calendar), len(out_patient)

    # patients
    at = np.full(n, -1, dtype=np.int32)
    doing = np.zeros(n, dtype=np.int8)
    acuity = np.full(n, settings[UNTRIAGED], dtype=np.int16)
    seen = leaves_at == NEVER
    joined = np.empty(n, dtype=np.int64)
    started = np.empty(n, dtype=np.int64)
    chosen = np.empty(n, dtype=np.int16)
    slots = np.empty(n * n_slots, dtype=np.int32)
    n_held = np.zeros(n, dtype=np.int32)
    n_taken = np.zeros(n, dtype=np.int32)
    passes = np.zeros(n * n_loops, dtype=np.int16)
    wanted = np.empty(n, dtype=np.int32)
    # queues, one an ask and class: the first and the last who wait
    queue_of = np.full(n, -1, dtype=np.int32)
    after = np.empty(n, dtype=np.int32)
    before = np.empty(n, dtype=np.int32)
    ends = np.full((n_asks * n_classes, 2), -1, dtype=np.int32)
    n_waiting = np.zeros(n_asks, dtype=np.int64)
    touched = np.empty(n_asks, dtype=np.int64)
    is_touched = np.zeros(n_asks, dtype=np.bool_)
    waiting = np.zeros((len(rows), 3), dtype=np.int64)
    waiting[:, 2] = NEVER
    # pools
    in_use = np.zeros(n_pools, dtype=np.int64)
    capacity = np.zeros(n_pools, dtype=np.int64)
    scheduled = np.zeros(n_pools, dtype=np.int64)
    team = np.zeros(n_pools, dtype=np.int64)
    freed = np.empty(n_pools, dtype=np.int64)
    is_freed = np.zeros(n_pools, dtype=np.bool_)
    trigger_units = np.zeros(n_triggers, dtype=np.int64)
    trigger_carry = np.zeros(n_triggers, dtype=np.int64)
    # what is due, and who moves in this instant
    heap = np.empty(n + 1, dtype=np.int64)
    begun = np.empty(n, dtype=np.int64)
    moving = np.empty(n, dtype=np.int32)
    ending = np.empty(n, dtype=np.int32)
    limited = np.empty(n, dtype=np.int32)
    n_heap = n_begun = n_moving = n_ending = n_limited = n_touched = n_freed = 0
    next_arrival = next_leaver = pull_starts = pull_ends = next_row = 0
    week = 0
    calendar_at = calendar[0, DUE] if n_calendar else horizon
    decide_at = 0 if settings[DECIDE_EVERY] else horizon
    n_rows = n_changes = n_events = 0

    while True:
        # A: put away what has begun, and find the next instant
        for k in range(n_begun):
            key = begun[k]
            here = n_heap
            n_heap += 1
            while here > 0:
                above = (here - 1) >> 1
                if heap[above] <= key:
                    break
                heap[here] = heap[above]
                here = above
            heap[here] = key
        n_begun = 0
        now = min(calendar_at, decide_at, horizon)
        if n_heap > 0:
            now = min(now, heap[0] >> PATIENT_BITS)
        if next_arrival < n:
            now = min(now, arrived_at[next_arrival])
        if next_leaver < n_leavers:
            now = min(now, leaves_at[leavers[next_leaver]])
        if pull_from != NEVER:
            if pull_starts < n:
                now = min(now, arrived_at[pull_starts] + pull_from)
            if pull_ends < n:
                now = min(now, arrived_at[pull_ends] + pull_to)
        if now >= horizon:
            break

        # B: what is due now
        while n_heap > 0 and heap[0] >> PATIENT_BITS == now:
            moving[n_moving] = heap[0] & PATIENT_MASK
            n_moving += 1
            n_heap -= 1  # the hole sinks to the bottom, and the last key rises from there
            here = 0
            below = 1
            while below + 1 < n_heap:
                if heap[below + 1] < heap[below]:
                    below += 1
                heap[here] = heap[below]
                here = below
                below = 2 * here + 1
            if below < n_heap:
                heap[here] = heap[below]
                here = below
            key = heap[n_heap]
            while here > 0:
                above = (here - 1) >> 1
                if heap[above] <= key:
                    break
                heap[here] = heap[above]
                here = above
            heap[here] = key
        while next_arrival < n and arrived_at[next_arrival] <= now:
            at[next_arrival] = starts[next_arrival]
            moving[n_moving] = next_arrival
            n_moving += 1
            next_arrival += 1
        while next_leaver < n_leavers and leaves_at[leavers[next_leaver]] <= now:
            p = leavers[next_leaver]
            next_leaver += 1
            if queue_of[p] >= 0 and not seen[p] and rows[at[p], MAY_LEAVE]:
                seen[p] = True
                _remove(p, queue_of, n_waiting, n_classes, ends, after, before)
                _count(at[p], -1, now, waiting)
                doing[p] = LEAVES_NOW
                moving[n_moving] = p
                n_moving += 1
        while calendar_at <= now:
            pool = calendar[next_row, CALENDAR_POOL]
            if calendar[next_row, UNITS] == NONE:
                team[pool] += 1
                in_use[pool] = 0
            else:
                scheduled[pool] = calendar[next_row, UNITS]
                capacity[pool] = _capacity(pool, flat, scheduled, trigger_units)
            if not is_freed[pool]:
                is_freed[pool] = True
                freed[n_freed] = pool
                n_freed += 1
            next_row += 1
            if next_row == n_calendar:
                next_row = 0
                week += WEEK
            calendar_at = week + calendar[next_row, DUE]
        if decide_at <= now:
            decide_at += settings[DECIDE_EVERY]
            for number in range(n_triggers):
                units = _decide(number, now, flat, waiting, trigger_units[number], trigger_carry)
                if units != trigger_units[number]:
                    trigger_units[number] = units
                    out_changes[n_changes, 0] = now
                    out_changes[n_changes, 1] = number
                    out_changes[n_changes, 2] = units
                    n_changes += 1
                    pool = flat.triggers[number, POOL]
                    capacity[pool] = _capacity(pool, flat, scheduled, trigger_units)
                    if not is_freed[pool]:
                        is_freed[pool] = True
                        freed[n_freed] = pool
                        n_freed += 1
            for ask in widening:
                for queue in range(ask * n_classes, (ask + 1) * n_classes):
                    p = ends[queue, 0]
                    while p >= 0:
                        behind = after[p]
                        waited = now - joined[p]
                        if rows[at[p], WIDENED_ASK] != NONE and waited > 0 and waited >= rows[at[p], WIDENS_AFTER]:
                            _remove(p, queue_of, n_waiting, n_classes, ends, after, before)
                            wanted[p] = rows[at[p], WIDENED_ASK]
                            doing[p] = JOINS_AGAIN
                            moving[n_moving] = p
                            n_moving += 1
                        p = behind
        if pull_from != NEVER:
            while True:
                if pull_starts < n and arrived_at[pull_starts] + pull_from <= now:
                    p = pull_starts
                    pull_starts += 1
                elif pull_ends < n and arrived_at[pull_ends] + pull_to <= now:
                    p = pull_ends
                    pull_ends += 1
                else:
                    break
                if queue_of[p] >= 0 and rows[at[p], PULLED]:
                    wanted[p] = queue_of[p] // n_classes
                    _remove(p, queue_of, n_waiting, n_classes, ends, after, before)
                    doing[p] = JOINS_AGAIN
                    moving[n_moving] = p
                    n_moving += 1

        n_limited = 0
        while True:
            # B: along the route, until everybody waits, is busy or has gone
            n_events += n_moving
            while n_moving > 0:
                n_moving -= 1
                p = np.int64(moving[n_moving])
                row = np.int64(at[p])
                what = np.int64(doing[p])
                ask = np.int64(NONE)
                if what == JOINS_AGAIN:
                    ask = np.int64(wanted[p])
                while ask == NONE:
                    if what != ROUTE:  # an activity is over: write it down, give back, go on
                        if n_rows == room:
                            return TABLE_FULL, n_rows, n_changes, n_events
                        out_patient[n_rows] = p
                        out_step[n_rows] = row
                        out_joined[n_rows] = joined[p]
                        out_started[n_rows] = started[p]
                        out_ended[n_rows] = now
                        out_pool[n_rows] = chosen[p]
                        out_outcome[n_rows] = DONE
                        if what == LEAVES_NOW:
                            out_outcome[n_rows] = LEFT
                        elif what == SENT_AWAY:
                            out_outcome[n_rows] = AWAY
                        n_rows += 1
                        first = p * n_slots
                        n_before = n_held[p]
                        n_kept = 0
                        for k in range(n_before + n_taken[p]):
                            unit = slots[first + k]
                            pool = unit & POOL_MASK
                            stays = False
                            if what == ENDS:
                                stays = k < n_before
                                if not stays and rows[row, N_KEEPS] > 0:
                                    stays = _is_in(pool, lists, rows[row, KEEPS_AT], rows[row, N_KEEPS])
                                if stays and rows[row, N_END_GIVES] > 0:
                                    stays = not _is_in(pool, lists, rows[row, END_GIVES_AT], rows[row, N_END_GIVES])
                            if stays:
                                slots[first + n_kept] = unit
                                n_kept += 1
                            elif unit >> POOL_BITS == team[pool]:
                                in_use[pool] -= 1
                                if not is_freed[pool]:
                                    is_freed[pool] = True
                                    freed[n_freed] = pool
                                    n_freed += 1
                        n_held[p] = n_kept
                        n_taken[p] = 0
                        if what == ENDS:
                            if rows[row, RELABELS] != NONE:
                                acuity[p] = attributes[rows[row, RELABELS], p]
                            row = rows[row, NEXT]
                        elif what == LEAVES_NOW:
                            row = patience_to
                        elif what == SENT_AWAY:
                            row = rows[row, TURNED_AWAY]
                        else:
                            at[p] = -1
                            break
                        what = ROUTE
                    kind = rows[row, KIND]
                    if kind == STEP:
                        at[p] = row
                        doing[p] = ENDS
                        joined[p] = now
                        started[p] = NEVER
                        chosen[p] = NONE
                        if rows[row, ASK] == NONE:  # starts alone
                            started[p] = now
                            if rows[row, FIRST_SEEN]:
                                seen[p] = True
                            if rows[row, N_START_GIVES] > 0:
                                n_freed = _give_up_at_start(
                                    p, row, rows, lists, slots, n_slots, n_held, team, in_use, freed, is_freed, n_freed
                                )
                            ended = now
                            if rows[row, REPEAT_OF] != NONE or rows[row, PACE] != NONE:
                                if rows[row, MINUTES] != NONE:
                                    ended = _end_of(p, row, now, rows, minutes, passes, n_loops, paces)
                            elif rows[row, MINUTES] != NONE:
                                ended += minutes[rows[row, MINUTES], p]
                            if ended == now:
                                what = ENDS
                                continue
                            if ended < horizon:
                                begun[n_begun] = ended << PATIENT_BITS | p
                                n_begun += 1
                            break
                        if rows[row, MAY_LEAVE] and not seen[p] and leaves_at[p] <= now:
                            seen[p] = True
                            what = LEAVES_NOW
                            continue
                        ask = rows[row, ASK]
                        if waiting[row, 2] != now:
                            waiting[row, 1] = waiting[row, 0]
                            waiting[row, 2] = now
                        waiting[row, 0] += 1
                        if rows[row, QUEUE_LIMIT] != NONE:
                            limited[n_limited] = p
                            n_limited += 1
                        break
                    first = rows[row, TARGETS_AT]
                    if kind == ATTRIBUTE:
                        row = lists[first + attributes[rows[row, COLUMN], p]]
                    elif kind == ACUITY:
                        row = lists[first + acuity[p]]
                    elif kind == LOOP:
                        number = p * n_loops + rows[row, NUMBER]
                        if passes[number] < attributes[rows[row, COLUMN], p]:
                            passes[number] += 1
                            row = lists[first]
                        else:
                            row = lists[first + 1]
                    elif kind == QUEUE:
                        n_now = _n_before(rows[row, STEPS_AT], rows[row, N_STEPS], now, lists, waiting)
                        row = lists[first] if n_now >= rows[row, NUMBER] else lists[first + 1]
                    elif kind == HOURS:
                        row = lists[first] if _is_open(row, now, rows, lists) else lists[first + 1]
                    else:  # the end: an activity of no length, after which everything is given back
                        joined[p] = now
                        started[p] = now
                        chosen[p] = NONE
                        seen[p] = True
                        what = GONE
                if ask == NONE:
                    continue
                # join the queue of the ask and the class, from the tail, by (joined at, patient)
                number = rows[row, QUEUE_CLASS]
                if number == NONE:
                    number = np.int64(acuity[p])
                if rows[row, PULLED] and pull_from <= now - arrived_at[p] < pull_to:
                    number = classes_when_pulled[number]
                if rows[row, IGNORED] != NONE and ignored[rows[row, IGNORED], p]:
                    number = ignored_class
                queue = ask * n_classes + number
                ahead = np.int64(ends[queue, 1])
                behind = np.int64(-1)
                while ahead >= 0 and (joined[ahead] > joined[p] or (joined[ahead] == joined[p] and ahead > p)):
                    behind = ahead
                    ahead = np.int64(before[ahead])
                before[p] = ahead
                after[p] = behind
                if ahead >= 0:
                    after[ahead] = p
                else:
                    ends[queue, 0] = p
                if behind >= 0:
                    before[behind] = p
                else:
                    ends[queue, 1] = p
                queue_of[p] = queue
                doing[p] = ENDS
                n_waiting[ask] += 1
                if not is_touched[ask]:
                    is_touched[ask] = True
                    touched[n_touched] = ask
                    n_touched += 1

            # C: the smallest key of all who can start, again and again
            while True:
                for k in range(n_freed):  # the asks that a freed pool may help to start
                    pool = freed[k]
                    is_freed[pool] = False
                    if in_use[pool] < capacity[pool]:
                        for j in range(pools[pool, ASKS_AT], pools[pool, ASKS_AT] + pools[pool, N_ASKS]):
                            ask = lists[j]
                            if n_waiting[ask] > 0 and not is_touched[ask]:
                                is_touched[ask] = True
                                touched[n_touched] = ask
                                n_touched += 1
                n_freed = 0
                best = best_queue = np.int64(-1)
                best_rank = best_joined = np.int64(0)
                k = 0
                while k < n_touched:
                    ask = touched[k]
                    can_start = n_waiting[ask] > 0
                    if can_start:
                        for j in range(asks[ask, ALL_AT], asks[ask, ALL_AT] + asks[ask, N_ALL]):
                            if in_use[lists[j]] >= capacity[lists[j]]:
                                can_start = False
                                break
                    if can_start and asks[ask, N_ANY] > 0:
                        can_start = False
                        for j in range(asks[ask, ANY_AT], asks[ask, ANY_AT] + asks[ask, N_ANY]):
                            if in_use[lists[j]] < capacity[lists[j]]:
                                can_start = True
                                break
                    if not can_start:
                        is_touched[ask] = False
                        n_touched -= 1
                        touched[k] = touched[n_touched]
                        continue
                    k += 1
                    for number in range(n_classes):
                        queue = ask * n_classes + number
                        p = np.int64(ends[queue, 0])
                        if p < 0:
                            continue
                        rank = -rates[number] * (now - joined[p]) if accumulating else ranks[number]
                        if best >= 0:
                            if rank > best_rank:
                                continue
                            if rank == best_rank and (
                                joined[p] > best_joined or (joined[p] == best_joined and p > best)
                            ):
                                continue
                        best, best_rank, best_joined, best_queue = p, rank, joined[p], queue
                if best < 0:
                    break
                p = best
                ask = best_queue // n_classes
                row = np.int64(at[p])
                behind = np.int64(after[p])
                ends[best_queue, 0] = behind
                if behind >= 0:
                    before[behind] = -1
                else:
                    ends[best_queue, 1] = -1
                queue_of[p] = -1
                n_waiting[ask] -= 1
                if waiting[row, 2] != now:
                    waiting[row, 1] = waiting[row, 0]
                    waiting[row, 2] = now
                waiting[row, 0] -= 1
                started[p] = now
                if rows[row, FIRST_SEEN]:
                    seen[p] = True
                if rows[row, N_START_GIVES] > 0:
                    n_freed = _give_up_at_start(
                        p, row, rows, lists, slots, n_slots, n_held, team, in_use, freed, is_freed, n_freed
                    )
                if n_held[p] + asks[ask, N_ALL] + min(asks[ask, N_ANY], 1) > n_slots:
                    return HANDS_FULL, n_rows, n_changes, n_events
                to = p * n_slots + n_held[p]
                n_taken[p] = asks[ask, N_ALL]
                for j in range(asks[ask, ANY_AT], asks[ask, ANY_AT] + asks[ask, N_ANY]):
                    pool = lists[j]
                    if in_use[pool] < capacity[pool]:
                        chosen[p] = pool
                        n_taken[p] += 1
                        slots[to] = team[pool] << POOL_BITS | pool
                        to += 1
                        in_use[pool] += 1
                        break
                for j in range(asks[ask, ALL_AT], asks[ask, ALL_AT] + asks[ask, N_ALL]):
                    pool = lists[j]
                    slots[to] = team[pool] << POOL_BITS | pool
                    to += 1
                    in_use[pool] += 1
                ended = now
                if rows[row, REPEAT_OF] != NONE or rows[row, PACE] != NONE:
                    if rows[row, MINUTES] != NONE:
                        ended = _end_of(p, row, now, rows, minutes, passes, n_loops, paces)
                elif rows[row, MINUTES] != NONE:
                    ended += minutes[rows[row, MINUTES], p]
                if ended == now:
                    ending[n_ending] = p
                    n_ending += 1
                elif ended < horizon:
                    begun[n_begun] = ended << PATIENT_BITS | p
                    n_begun += 1

            # C is at rest: queues that are too long lose the largest keys among those who joined at this instant
            if n_limited > 0:
                for k in range(n_limited):
                    p = limited[k]
                    if queue_of[p] < 0:
                        continue
                    row = np.int64(at[p])
                    while waiting[row, 0] > rows[row, QUEUE_LIMIT]:
                        worst = -1
                        worst_rank = 0
                        for j in range(n_limited):
                            other = limited[j]
                            if queue_of[other] >= 0 and at[other] == row:
                                rank = 0 if accumulating else ranks[queue_of[other] % n_classes]
                                if worst < 0 or rank > worst_rank or (rank == worst_rank and other > worst):
                                    worst, worst_rank = np.int64(other), rank
                        if worst < 0:
                            break
                        _remove(worst, queue_of, n_waiting, n_classes, ends, after, before)
                        _count(row, -1, now, waiting)
                        doing[worst] = SENT_AWAY
                        moving[n_moving] = worst
                        n_moving += 1
                n_still = 0
                for k in range(n_limited):
                    if queue_of[limited[k]] >= 0:
                        limited[n_still] = limited[k]
                        n_still += 1
                n_limited = n_still
            for k in range(n_ending):
                moving[n_moving] = ending[k]
                n_moving += 1
            n_ending = 0
            if n_moving == 0:
                break

    for p in range(n):  # whoever is still here
        if at[p] >= 0:
            if n_rows == room:
                return TABLE_FULL, n_rows, n_changes, n_events
            out_patient[n_rows] = p
            out_step[n_rows] = at[p]
            out_outcome[n_rows] = OPEN
            out_joined[n_rows] = joined[p]
            out_started[n_rows] = started[p]
            out_ended[n_rows] = NEVER
            out_pool[n_rows] = chosen[p]
            n_rows += 1
    return FITS, n_rows, n_changes, n_events


@compiled
def arrange(table, n_rows, n_patients, out):
    """Put activities into the order of patients, each patient's as they came (a counting sort)."""
    place = np.zeros(n_patients + 1, dtype=np.int64)
    for k in range(n_rows):
        place[table.patient[k] + 1] += 1
    for p in range(n_patients):
        place[p + 1] += place[p]
    for k in range(n_rows):
        p = table.patient[k]
        to = place[p]
        place[p] += 1
        out.patient[to] = p
        out.step[to] = table.step[k]
        out.outcome[to] = table.outcome[k]
        out.joined_at[to] = table.joined_at[k]
        out.started_at[to] = table.started_at[k]
        out.ended_at[to] = table.ended_at[k]
        out.pool[to] = table.pool[k]
