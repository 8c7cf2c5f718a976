"""The compiled engine's event loop: one interpreter of a flat plan, in the subset of Python that numba compiles.

What it works on is in `compiled_records`. All that numba compiles of the loop is in this file, except
`rows.paced_end`, which both engines share. It is compiled once a machine (some seconds) and kept on disk; no
configuration changes it.

Rules that make it fast: no array is replaced inside the loop; what belongs together is one record, so that a patient, a
row of the plan or an activity is one place in memory; what is due is one integer (tick and patient); an activity is
written once, in one piece, when it is over; an absent number is negative and is tested with `< 0`, which spares the
compiler its check for indices from the end. Each thing happens in one place: whoever moves on within an instant is put
on the list `moving`, whatever set it moving, and one block takes it along the route; pools with a unit free again are
put on the list `freed`. Reading order: `reference`, whose functions these follow; the record types of
`compiled_records`; then `run`, by its comments A, B and C. `p` is always a patient's row of the draws. Helpers return
the counters that they move on, because numba passes numbers by value.
"""
# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs

from typing import Any

import numba
import numpy as np

from simulation.engine.compiled_cache import can_cache
from simulation.engine.compiled_records import MAY_BE_EARLY
from simulation.engine.rows import EFFORT_SCALE, NONE, Kind, Outcome, paced_end
from simulation.units import HOUR, NEVER, WEEK

STEP, ATTRIBUTE, ACUITY = int(Kind.STEP), int(Kind.ATTRIBUTE), int(Kind.ACUITY)
QUEUE, HOURS, LOOP = int(Kind.QUEUE), int(Kind.HOURS), int(Kind.LOOP)
DOWN, COIN = int(Kind.DOWN), int(Kind.COIN)
ELAPSED, RUNNING = int(Kind.ELAPSED), int(Kind.RUNNING)
DONE, LEFT = int(Outcome.DONE), int(Outcome.LEFT)
BLOCKED, OPEN = int(Outcome.BLOCKED), int(Outcome.OPEN)
# What a patient does next (`doing`): it follows the route; its activity ends, because it is over, its patience is, the
# queue is full, or the route is; its step may end early at this stage; it joins another queue; nothing.
ROUTE, ENDS, LEAVES_NOW, IS_BLOCKED, REACHES_END, MAY_END, JOINS_AGAIN, HAS_GONE = range(8)

PATIENT_BITS = 24
PATIENT_MASK = (1 << PATIENT_BITS) - 1
SLOT_BITS = 10
"""Ends of activities wait in a ring of 2,048 slots of one minute (a timing wheel, which comes round after 34 h). As the
clock reaches a slot, those in it go to the heap, which puts them in order."""
SLOT_MASK = 2047
N_SLOTS = SLOT_MASK + 1
POOL_BITS = 12
POOL_MASK = (1 << POOL_BITS) - 1
# A unit that is held is one number: its team (how many teams there were before, of `outgoing_are_extra`) and its pool.

FITS, TABLE_FULL, UNITS_FULL = range(3)


_njit: Any = numba.njit
_ALL = {"cache": can_cache(), "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
compiled = _njit(**_ALL)
# For what only the loop calls: without the code that would let Python call it, compiling takes a sixth less time.
inner = _njit(**_ALL, no_cpython_wrapper=True)
# For what every activity needs: a call would count references to each array that it is given.
inlined = _njit(**_ALL, no_cpython_wrapper=True, forceinline=True)
_paced_end = compiled(paced_end)


@inlined
def _push(key, heap, free):
    """Put a key into the heap at `free`, its end or a free place at the bottom; returns the place behind `free`."""
    place = free
    while place > 0:
        above = (place - 1) >> 1
        if heap[above] <= key:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = key
    return free + 1


@inner
def _remove(person, people, queues, asks, n_queues):
    """Take a patient out of its queue."""
    if person.before >= 0:
        people[person.before].after = person.after
    else:
        queues[person.queue].first = person.after
    if person.after >= 0:
        people[person.after].before = person.before
    else:
        queues[person.queue].last = person.before
    asks[person.queue // n_queues].n_waiting -= 1
    person.queue = -1


@inlined
def _count(row, change, now, waiting):
    """Change how many wait at a step."""
    count = waiting[row]
    if count.changed_at != now:
        count.before = count.now
        count.changed_at = now
    count.now += change


@inner
def _n_before(first, n, now, lists, waiting):
    """How many waited just before this instant at the steps in a part of `lists`."""
    total = 0
    for k in range(np.int64(first), np.int64(first) + n):
        count = waiting[lists[k]]
        total += count.before if count.changed_at == now else count.now
    return total


@inlined
def _is_in(number, lists, first, n):
    """Whether a number is in a part of `lists`."""
    for k in range(np.int64(first), np.int64(first) + n):  # noqa: SIM110 - numba compiles no any() over a generator
        if lists[k] == number:
            return True
    return False


@inner
def _is_open(row, now, lists):
    """Whether a branch by hours is open now."""
    at = now % WEEK
    for k in range(row.pairs_at, row.pairs_at + row.n_pairs, 2):  # noqa: SIM110
        if lists[k] <= at < lists[k + 1]:
            return True
    return False


@inner
def _coin(row, first, passes, lists):
    """The column of the coin that counts in these passes of the loops; `first`: where the patient's passes begin."""
    column = np.int64(row.column)
    for k in range(np.int64(row.pairs_at), np.int64(row.pairs_at) + row.n_pairs, 2):
        column += np.int64(passes[first + lists[k]]) * np.int64(lists[k + 1])
    return column


@inner
def _was_down(outage, since, now, outages, outages_at):
    """Whether an outage lasted at any time from `since` until now: the last span that has begun is not over by then."""
    first, behind = outages_at[outage], outages_at[outage + 1]
    start = first
    while first < behind:
        middle = (first + behind) >> 1
        if outages[middle, 0] <= now:
            first = middle + 1
        else:
            behind = middle
    return first > start and outages[first - 1, 1] > since


@inlined
def _free(number, pools, freed, n_freed):
    """Note that a pool may have a unit free: put it on the list `freed`; returns the length of the list."""
    pool = pools[number]
    if pool.is_freed:
        return n_freed
    pool.is_freed = True
    freed[n_freed] = number
    return n_freed + 1


@inner
def _release_at_start(person, first, row, lists, held, pools, freed, n_freed):
    """Release units held before that a starting step releases; returns how many pools were freed."""
    n_kept = 0
    for k in range(first, first + person.n_held):
        unit = np.int64(held[k])
        number = unit & POOL_MASK
        if not _is_in(number, lists, row.start_releases_at, row.n_start_releases):
            held[first + n_kept] = unit
            n_kept += 1
        elif unit >> POOL_BITS == pools[number].team:
            pools[number].in_use -= 1
            n_freed = _free(number, pools, freed, n_freed)
    person.n_held = n_kept
    return n_freed


@inner
def _start_clocks(row, first, now, lists, clock_at):
    """Start the clocks that a step which has ended starts; `first`: where the patient's clocks begin."""
    for k in range(np.int64(row.clocks_at), np.int64(row.clocks_at) + row.n_clocks):
        clock_at[first + lists[k]] = now


@inner
def _use_up(clock, now, clock_at):
    """Stop a clock; returns when it was started, or now if it did not run."""
    started = clock_at[clock]
    clock_at[clock] = NEVER
    return started if started >= 0 else now


@inlined
def _column(row, n_passes):
    """The column of a step's minutes, in a pass of its loop if it has one."""
    return row.minutes + min(max(n_passes - 1, 0), row.n_repeats - 1)


@inlined
def _end(p, since, row, minutes, passes, n_loops, paces):
    """The tick at which all minutes of a step are over that count from `since`."""
    work = np.int64(minutes[_column(row, passes[p * n_loops + max(row.repeat_of, 0)]), p])
    if row.pace >= 0 and work > 0:
        return _paced_end(since, work, paces[row.pace])
    return since + work


@inner
def _has_elapsed(p, now, step, minutes, passes, n_loops, paces, clock_at, n_clocks):
    """Whether the clock of a step runs and the step's minutes since then are over."""
    since = np.int64(clock_at[p * n_clocks + step.since]) if step.since >= 0 else np.int64(NEVER)
    if since < 0:
        return False
    return _end(p, since, step, minutes, passes, n_loops, paces) <= now


@inner
def _next_stage(p, now, row, minutes, passes, n_loops, paces, early, lists, waiting):
    """The tick at which the next stage of a step that may end early begins, or its end; now, if it ends now.

    The stage that the record `early` holds begins now: if enough wait, the step ends. A step that starts now has not
    come to any (-1); if its clock runs, some may be past, and each is decided at once.
    """
    n_waiting = _n_before(row.steps_at, row.n_steps, now, lists, waiting)
    work = np.int64(minutes[_column(row, passes[p * n_loops + max(row.repeat_of, 0)]), p])
    state = early[p]
    since, stage = state.work_since, np.int64(state.stage)
    while stage < 0 or n_waiting < np.int64(lists[row.pairs_at + 2 * stage + 1]):
        stage += 1
        done = work - work * np.int64(lists[row.pairs_at + 2 * stage]) // EFFORT_SCALE
        at = since + done if row.pace < 0 or done == 0 else _paced_end(since, done, paces[row.pace])
        if at > now:
            state.stage = stage
            return at
    return now


@inner
def _first_stage(p, since, now, row, minutes, passes, n_loops, paces, early, lists, waiting):
    """As `_next_stage`, of a step that starts now, with work that counts from `since`."""
    early[p].work_since = since
    early[p].stage = -1
    return _next_stage(p, now, row, minutes, passes, n_loops, paces, early, lists, waiting)


@inner
def _capacity(pool, lists, triggers):
    """The rota's units and what escalation opened, less what boarders take and what an outage closes."""
    capacity = pool.scheduled
    for k in range(pool.triggers_at, pool.triggers_at + pool.n_triggers):
        trigger = triggers[lists[k]]
        if trigger.opens:
            capacity += trigger.units
        else:
            capacity = max(min(capacity, trigger.leaves), capacity - trigger.units)
    return capacity


@inner
def _set_units(number, units, now, triggers, pools, lists, changes, n_changes, freed, n_freed):
    """Set the units of a trigger; returns how many changes there are, and how many pools were freed."""
    trigger = triggers[number]
    if units == trigger.units:
        return n_changes, n_freed
    trigger.units = units
    change = changes[n_changes]
    change.at = now
    change.trigger = number
    change.units = units
    pools[trigger.pool].capacity = _capacity(pools[trigger.pool], lists, triggers)
    return n_changes + 1, _free(trigger.pool, pools, freed, n_freed)


@inner
def _close(now, next_one, closings, triggers, pools, lists, changes, n_changes, freed, n_freed):
    """Close or open the pools of outages that begin or end now; returns the next closing, then as `_set_units`."""
    while next_one < len(closings) and closings[next_one].at <= now:
        closing = closings[next_one]
        n_changes, n_freed = _set_units(
            closing.trigger,
            closing.units,
            now,
            triggers,
            pools,
            lists,
            changes,
            n_changes,
            freed,
            n_freed,
        )
        next_one += 1
    return next_one, n_changes, n_freed


@inner
def _arrive(now, horizon, triggers, pools, lists, changes, n_changes, freed, n_freed):
    """Open the units that were called and come now; returns as `_set_units`, then when the next come."""
    next_at = horizon
    for number in range(len(triggers)):
        trigger = triggers[number]
        if trigger.arrives_at == now:
            n_changes, n_freed = _set_units(
                number,
                trigger.extra,
                now,
                triggers,
                pools,
                lists,
                changes,
                n_changes,
                freed,
                n_freed,
            )
        next_at = min(next_at, trigger.arrives_at) if trigger.arrives_at > now else next_at
    return n_changes, n_freed, next_at


@inner
def _decide(
    now, period, next_at, triggers, pools, lists, waiting, changes, n_changes, freed, n_freed
):
    """Set or call the units of every trigger; returns as `_set_units`, then when the next that were called come."""
    for number in range(len(triggers)):
        trigger = triggers[number]
        if trigger.closes or trigger.arrives_at >= now:
            continue
        n_waiting = _n_before(trigger.watches_at, trigger.n_watches, now, lists, waiting)
        units = trigger.units
        if not trigger.opens:
            due = trigger.carry + n_waiting * trigger.ticks_per_hour * period // HOUR
            trigger.carry = due % period
            units = due // period
        elif n_waiting > trigger.above:
            if trigger.delay > 0 and units == 0:
                trigger.arrives_at = now + trigger.delay
                next_at = min(next_at, trigger.arrives_at)
                continue
            units = trigger.extra
        elif n_waiting <= trigger.below:
            units = np.int64(0)
        if units != trigger.units:
            n_changes, n_freed = _set_units(
                number, units, now, triggers, pools, lists, changes, n_changes, freed, n_freed
            )
    return n_changes, n_freed, next_at


@inner
def _overflow(now, overflowing, rows, people, queues, asks, n_queues, moving, n_moving):
    """Set patients moving who have waited long enough to ask for more pools; returns how many move."""
    for ask in overflowing:
        for queue in range(ask * n_queues, (ask + 1) * n_queues):
            p = np.int64(queues[queue].first)
            while p >= 0:
                person = people[p]
                behind = np.int64(person.after)
                row = rows[person.row]
                waited = now - person.joined_at
                if row.overflow_ask >= 0 and waited > 0 and waited >= row.overflows_after:
                    _remove(person, people, queues, asks, n_queues)
                    person.wanted = row.overflow_ask
                    person.doing = JOINS_AGAIN
                    moving[n_moving] = p
                    n_moving += 1
                p = behind
    return n_moving


@inner
def _notice_alarms(now, alarm_at, worse, rows, people, queues, notices, n_notices):
    """Notice alarms of patients who wait at steps with rounds; returns how many notices there are.

    Nobody has joined a queue at this instant yet, and whoever leaves at it has left.
    """
    for queue in range(len(queues)):
        p = np.int64(queues[queue].first)
        while p >= 0:
            person = people[p]
            if rows[person.row].has_rounds and not person.noticed and 0 <= alarm_at[p] <= now:
                person.noticed = True
                person.acuity = worse[person.acuity]
                notice = notices[n_notices]
                notice.at = now
                notice.patient = p
                n_notices += 1
            p = np.int64(person.after)
    return n_notices


@inner
def _rank_again(first, notices, n_notices, people, queues, asks, n_queues, moving, n_moving):
    """Set patients moving who were noticed now (notices from `first` on) and still wait; returns how many move."""
    for k in range(first, n_notices):
        p = np.int64(notices[k].patient)
        person = people[p]
        if person.queue >= 0:
            person.wanted = person.queue // n_queues
            _remove(person, people, queues, asks, n_queues)
            person.doing = JOINS_AGAIN
            moving[n_moving] = p
            n_moving += 1
    return n_moving


@inner
def _change_shifts(now, next_row, week, calendar, pools, lists, triggers, freed, n_freed):
    """Apply every change of the weekly calendar that is due; returns the next, its week, and how many were freed."""
    while week + calendar[next_row].due <= now:
        entry = calendar[next_row]
        pool = pools[entry.pool]
        if entry.units < 0:
            pool.team += 1
            pool.in_use = 0
        else:
            pool.scheduled = entry.units
            pool.capacity = _capacity(pool, lists, triggers)
        n_freed = _free(entry.pool, pools, freed, n_freed)
        next_row += 1
        if next_row == len(calendar):
            next_row = 0
            week += WEEK
    return next_row, week, n_freed


@inner
def _re_rank(arrived, next_one, arrived_at, rows, people, queues, asks, n_queues, moving, n_moving):
    """Rank again those at whom the target pull starts or ends now: who arrived by the tick `arrived`, from patient
    `next_one` on, and wait where it applies. Returns the next patient, and how many move."""
    while next_one < len(arrived_at) and arrived_at[next_one] <= arrived:
        person = people[next_one]
        if person.queue >= 0 and rows[person.row].pulled:
            person.wanted = person.queue // n_queues
            _remove(person, people, queues, asks, n_queues)
            person.doing = JOINS_AGAIN
            moving[n_moving] = next_one
            n_moving += 1
        next_one += 1
    return next_one, n_moving


@inner
def _block(
    now,
    limited,
    n_limited,
    moving,
    n_moving,
    rows,
    waiting,
    people,
    queues,
    asks,
    worth,
    accumulating,
):
    """Block patients in queues that are too long: of those who joined at this instant, the largest keys.

    Returns how many of `limited` still wait, and how many move.
    """
    for k in range(n_limited):
        person = people[limited[k]]
        if person.queue < 0:
            continue
        step = np.int64(person.row)
        while waiting[step].now > rows[step].queue_limit:
            worst = np.int64(-1)
            worst_rank = np.int64(0)
            for j in range(n_limited):
                p = np.int64(limited[j])
                other = people[p]
                if other.queue >= 0 and other.row == step:
                    rank = np.int64(0) if accumulating else worth[other.queue % len(worth)]
                    if worst < 0 or rank > worst_rank or (rank == worst_rank and p > worst):
                        worst, worst_rank = p, rank
            _remove(people[worst], people, queues, asks, len(worth))
            _count(step, -1, now, waiting)
            people[worst].doing = IS_BLOCKED
            moving[n_moving] = worst
            n_moving += 1
    n_still = 0
    for k in range(n_limited):
        if people[limited[k]].queue >= 0:
            limited[n_still] = limited[k]
            n_still += 1
    return n_still, n_moving


@inner
def _write_open(people, n_arrived, activities, n_rows):
    """Write the open activities of patients still here; returns the rows of the table, or -1 if it is full."""
    for p in range(n_arrived):
        person = people[p]
        if person.doing != HAS_GONE:
            if n_rows == len(activities):
                return -1
            activity = activities[n_rows]
            n_rows += 1
            activity.patient = p
            activity.step = person.row
            activity.outcome = OPEN
            activity.joined_at = person.joined_at
            activity.started_at = person.started_at
            activity.ended_at = NEVER
            activity.pool = person.chosen
    return n_rows


@compiled
def run(flat, columns, workspace, table, horizon, most_held):
    """Run everybody from time 0 to the horizon; returns a code and the numbers of activities, changes, notices, events.

    Codes other than FITS ask for another run with more space: TABLE_FULL for more activities, UNITS_FULL for more than
    `most_held` units a patient.
    """
    rows, lists, asks, pools, calendar = flat.rows, flat.lists, flat.asks, flat.pools, flat.calendar
    classes_when_pulled = flat.classes_when_pulled
    queue_of_class, worth = flat.queue_of_class, flat.worth
    n_queues = len(worth)
    triggers, settings, overflowing, paces = (
        flat.triggers,
        flat.settings[0],
        flat.overflowing,
        flat.paces,
    )
    arrived_at, start, leaves_at, leavers = (
        columns.arrived_at,
        columns.start,
        columns.leaves_at,
        columns.leavers,
    )
    attributes, minutes, ignored = columns.attributes, columns.minutes, columns.ignored
    outages, outages_at, closings = columns.outages, columns.outages_at, columns.closings
    activities, changes, notices = table.activities, table.changes, table.notices
    alarm_at, worse = columns.alarm_at, flat.worse
    n, n_leavers, n_calendar, most_rows = (
        len(arrived_at),
        len(leavers),
        len(calendar),
        len(activities),
    )
    accumulating, n_loops, ignored_class = (
        settings.accumulating,
        settings.n_loops,
        settings.ignored_class,
    )
    pull_from, pull_to, patience_to = settings.pull_from, settings.pull_to, settings.patience_to

    n_clocks, clock_at, early = settings.n_clocks, workspace.clock_at, workspace.early
    people, held, passes, queues, waiting = (
        workspace.people,
        workspace.held,
        workspace.passes,
        workspace.queues,
        workspace.waiting,
    )
    touched, freed, heap, wheel, begun = (
        workspace.touched,
        workspace.freed,
        workspace.heap,
        workspace.wheel,
        workspace.begun,
    )
    moving, ending, limited = workspace.moving, workspace.ending, workspace.limited
    in_heap_until = np.int64(0)  # the tick up to which all that is due is in the heap
    n_heap = n_begun = n_moving = n_ending = n_limited = n_touched = n_freed = 0
    next_arrival = next_leaver = pull_starts = pull_ends = next_row = next_closing = 0
    arrival_at = arrived_at[0] if n else horizon
    leaver_at = leaves_at[leavers[0]] if n_leavers else horizon
    closing_at = closings[0].at if len(closings) else horizon
    called_at = horizon
    week = 0
    calendar_at = calendar[0].due if n_calendar else horizon
    decide_at = 0 if settings.decide_every else horizon
    round_at = 0 if settings.round_every else horizon
    planned_at = min(calendar_at, decide_at, round_at, closing_at, called_at)
    n_rows = n_changes = n_notices = n_events = 0

    while True:
        # A: put the ends of what has begun into heap or wheel, and find the next instant
        for k in range(n_begun):
            p = np.int64(begun[k])
            if people[p].ends_at < in_heap_until:
                n_heap = _push(people[p].ends_at << PATIENT_BITS | p, heap, n_heap)
            else:
                slot = people[p].ends_at >> SLOT_BITS & SLOT_MASK
                people[p].due_next = wheel[slot]
                wheel[slot] = p
        n_begun = 0
        now = min(planned_at, arrival_at, leaver_at, horizon)
        if pull_from != NEVER:
            if pull_starts < n:
                now = min(now, arrived_at[pull_starts] + pull_from)
            if pull_ends < n:
                now = min(now, arrived_at[pull_ends] + pull_to)
        while n_heap == 0 and in_heap_until <= now:  # nothing is due before the next slots
            slot = in_heap_until >> SLOT_BITS & SLOT_MASK
            in_heap_until += 1 << SLOT_BITS
            p = np.int64(wheel[slot])
            wheel[slot] = -1
            while p >= 0:
                person = people[p]
                behind = np.int64(person.due_next)
                if person.ends_at < in_heap_until:
                    n_heap = _push(person.ends_at << PATIENT_BITS | p, heap, n_heap)
                else:  # due when the wheel has come round again
                    person.due_next = wheel[slot]
                    wheel[slot] = p
                p = behind
        if n_heap > 0:
            now = min(now, heap[0] >> PATIENT_BITS)
        if now >= horizon:
            break

        # B: what is due now
        while n_heap > 0 and heap[0] >> PATIENT_BITS == now:
            moving[n_moving] = heap[0] & PATIENT_MASK
            n_moving += 1
            n_heap -= 1  # the hole sinks to the bottom, and the last key rises from there
            place = 0
            below = 1
            while below + 1 < n_heap:
                if heap[below + 1] < heap[below]:
                    below += 1
                heap[place] = heap[below]
                place = below
                below = 2 * place + 1
            if below < n_heap:
                heap[place] = heap[below]
                place = below
            _push(heap[n_heap], heap, place)
        while arrival_at <= now:
            person = people[next_arrival]
            person.row = start[next_arrival]
            person.started_at = NEVER
            person.queue = -1
            person.n_held = 0
            person.n_taken = 0
            person.acuity = settings.untriaged_class
            person.patience_over = leaves_at[next_arrival] < 0
            person.noticed = False
            person.doing = ROUTE
            moving[n_moving] = next_arrival
            n_moving += 1
            next_arrival += 1
            arrival_at = arrived_at[next_arrival] if next_arrival < n else horizon
        while leaver_at <= now:
            p = leavers[next_leaver]
            next_leaver += 1
            leaver_at = leaves_at[leavers[next_leaver]] if next_leaver < n_leavers else horizon
            person = people[p]
            row = rows[person.row]
            if person.queue >= 0 and not person.patience_over and row.may_leave:
                person.patience_over = True
                _remove(person, people, queues, asks, n_queues)
                if row.is_counted:
                    _count(person.row, -1, now, waiting)
                person.doing = LEAVES_NOW
                moving[n_moving] = p
                n_moving += 1
        if planned_at <= now:  # rotas, outages, units on call, rounds, decisions
            if calendar_at <= now:
                next_row, week, n_freed = _change_shifts(
                    now, next_row, week, calendar, pools, lists, triggers, freed, n_freed
                )
                calendar_at = week + calendar[next_row].due
            if closing_at <= now:
                next_closing, n_changes, n_freed = _close(
                    now,
                    next_closing,
                    closings,
                    triggers,
                    pools,
                    lists,
                    changes,
                    n_changes,
                    freed,
                    n_freed,
                )
                closing_at = closings[next_closing].at if next_closing < len(closings) else horizon
            if called_at <= now:
                n_changes, n_freed, called_at = _arrive(
                    now, horizon, triggers, pools, lists, changes, n_changes, freed, n_freed
                )
            n_before_round = n_notices
            if round_at <= now:
                round_at += settings.round_every
                n_notices = _notice_alarms(
                    now, alarm_at, worse, rows, people, queues, notices, n_notices
                )
            if decide_at <= now:
                decide_at += settings.decide_every
                n_changes, n_freed, called_at = _decide(
                    now,
                    settings.decide_every,
                    called_at,
                    triggers,
                    pools,
                    lists,
                    waiting,
                    changes,
                    n_changes,
                    freed,
                    n_freed,
                )
                n_moving = _overflow(
                    now, overflowing, rows, people, queues, asks, n_queues, moving, n_moving
                )
            if n_notices > n_before_round:
                n_moving = _rank_again(
                    n_before_round,
                    notices,
                    n_notices,
                    people,
                    queues,
                    asks,
                    n_queues,
                    moving,
                    n_moving,
                )
            planned_at = min(calendar_at, decide_at, round_at, closing_at, called_at)
        if pull_from != NEVER:
            pull_starts, n_moving = _re_rank(
                now - pull_from,
                pull_starts,
                arrived_at,
                rows,
                people,
                queues,
                asks,
                n_queues,
                moving,
                n_moving,
            )
            pull_ends, n_moving = _re_rank(
                now - pull_to,
                pull_ends,
                arrived_at,
                rows,
                people,
                queues,
                asks,
                n_queues,
                moving,
                n_moving,
            )

        n_limited = 0
        while True:
            # B: along the route, until everybody waits, is busy or has gone
            n_events += n_moving
            while n_moving > 0:
                n_moving -= 1
                p = np.int64(moving[n_moving])
                person = people[p]
                node = np.uint32(person.row)
                row = rows[node]
                doing = np.int64(person.doing)
                ask = np.int64(NONE)
                if doing >= MAY_END:
                    if doing == JOINS_AGAIN:
                        ask = np.int64(person.wanted)
                    else:
                        end = _next_stage(
                            p, now, row, minutes, passes, n_loops, paces, early, lists, waiting
                        )
                        if end > now:
                            if end < horizon:
                                person.ends_at = end
                                begun[n_begun] = p
                                n_begun += 1
                            continue
                        doing = ENDS
                while ask < 0:
                    if doing != ROUTE:  # an activity is over: write it down, give back, go on
                        if n_rows == most_rows:
                            return TABLE_FULL, n_rows, n_changes, n_notices, n_events
                        activity = activities[n_rows]
                        n_rows += 1
                        activity.patient = p
                        activity.step = node
                        activity.joined_at = person.joined_at
                        activity.started_at = person.started_at
                        activity.ended_at = now
                        activity.pool = person.chosen
                        activity.outcome = DONE
                        first = p * most_held
                        if doing == ENDS and row.n_end_releases == 0:
                            n_kept = np.int64(person.n_held)
                        else:
                            n_kept = 0
                            for k in range(first, first + person.n_held):
                                unit = np.int64(held[k])
                                number = unit & POOL_MASK
                                if doing == ENDS and not _is_in(
                                    number, lists, row.end_releases_at, row.n_end_releases
                                ):
                                    held[first + n_kept] = unit
                                    n_kept += 1
                                elif unit >> POOL_BITS == pools[number].team:
                                    pools[number].in_use -= 1
                                    n_freed = _free(number, pools, freed, n_freed)
                        if person.n_taken > 0:
                            n_before = first + person.n_held
                            for k in range(n_before, n_before + person.n_taken):
                                unit = np.int64(held[k])
                                number = unit & POOL_MASK
                                if (
                                    doing == ENDS
                                    and row.n_keeps > 0
                                    and _is_in(number, lists, row.keeps_at, row.n_keeps)
                                    and not _is_in(
                                        number, lists, row.end_releases_at, row.n_end_releases
                                    )
                                ):
                                    held[first + n_kept] = unit
                                    n_kept += 1
                                elif unit >> POOL_BITS == pools[number].team:
                                    pools[number].in_use -= 1
                                    n_freed = _free(number, pools, freed, n_freed)
                            person.n_taken = 0
                        person.n_held = n_kept
                        if doing == ENDS:
                            if row.n_clocks > 0:
                                _start_clocks(row, p * n_clocks, now, lists, clock_at)
                            if row.relabels >= 0:
                                person.acuity = attributes[row.relabels, p]
                            node = np.uint32(row.next)
                        elif doing == LEAVES_NOW:
                            activity.outcome = LEFT
                            node = np.uint32(patience_to)
                        elif doing == IS_BLOCKED:
                            activity.outcome = BLOCKED
                            node = np.uint32(row.blocked_next)
                        else:
                            person.doing = HAS_GONE
                            break
                        doing = ROUTE
                        row = rows[node]
                    kind = row.kind
                    if kind == STEP:
                        person.row = node
                        person.doing = ENDS
                        person.joined_at = now
                        person.chosen = NONE
                        if row.ask < 0:  # starts alone
                            person.started_at = now
                            if row.first_seen:
                                person.patience_over = True
                            if row.n_start_releases > 0:
                                n_freed = _release_at_start(
                                    person, p * most_held, row, lists, held, pools, freed, n_freed
                                )
                            end = now
                            if row.varies > 0:
                                since = (
                                    _use_up(p * n_clocks + row.since, now, clock_at)
                                    if row.since >= 0
                                    else now
                                )
                                if row.varies == MAY_BE_EARLY:
                                    end = _first_stage(
                                        p,
                                        since,
                                        now,
                                        row,
                                        minutes,
                                        passes,
                                        n_loops,
                                        paces,
                                        early,
                                        lists,
                                        waiting,
                                    )
                                    if end > now:
                                        person.doing = MAY_END
                                else:
                                    end = max(
                                        _end(p, since, row, minutes, passes, n_loops, paces), now
                                    )
                            elif row.minutes >= 0:
                                end += minutes[row.minutes, p]
                            if end == now:
                                doing = ENDS
                                continue
                            if end < horizon:
                                person.ends_at = end
                                begun[n_begun] = p
                                n_begun += 1
                            break
                        person.started_at = NEVER
                        if row.may_leave and not person.patience_over and leaves_at[p] <= now:
                            person.patience_over = True
                            doing = LEAVES_NOW
                            continue
                        ask = np.int64(row.ask)
                        if row.is_counted:
                            _count(node, 1, now, waiting)
                            if row.queue_limit >= 0:
                                limited[n_limited] = p
                                n_limited += 1
                        break
                    if kind == ATTRIBUTE:
                        node = lists[row.targets_at + attributes[row.column, p]]
                    elif kind == ACUITY:
                        node = lists[row.targets_at + person.acuity]
                    elif kind == LOOP:
                        number = p * n_loops + row.number
                        if passes[number] < attributes[row.column, p]:
                            passes[number] += 1
                            node = lists[row.targets_at]
                        else:
                            node = lists[row.targets_at + 1]
                    elif kind == QUEUE:
                        n_now = _n_before(row.steps_at, row.n_steps, now, lists, waiting)
                        node = lists[row.targets_at + (0 if n_now >= row.number else 1)]
                    elif kind == COIN:
                        node = lists[
                            row.targets_at + attributes[_coin(row, p * n_loops, passes, lists), p]
                        ]
                    elif kind == HOURS:
                        node = lists[row.targets_at + (0 if _is_open(row, now, lists) else 1)]
                    elif kind == DOWN:
                        since = person.started_at if row.number and person.started_at >= 0 else now
                        was_down = _was_down(row.column, since, now, outages, outages_at)
                        node = lists[row.targets_at + (0 if was_down else 1)]
                    elif kind == ELAPSED:
                        is_over = _has_elapsed(
                            p,
                            now,
                            rows[row.number],
                            minutes,
                            passes,
                            n_loops,
                            paces,
                            clock_at,
                            n_clocks,
                        )
                        node = lists[row.targets_at + (0 if is_over else 1)]
                    elif kind == RUNNING:
                        runs = clock_at[p * n_clocks + row.column] != NEVER
                        node = lists[row.targets_at + (0 if runs else 1)]
                    else:  # the end: an activity of no length, after which everything is given back
                        person.joined_at = now
                        person.started_at = now
                        person.chosen = NONE
                        person.patience_over = True
                        doing = REACHES_END
                    row = rows[node]
                if ask < 0:
                    continue
                # join the queue of the ask and the class, from the tail, by (joined at, patient)
                number = np.int64(row.queue_class)
                if number < 0:
                    number = np.int64(person.acuity)
                if row.pulled and pull_from <= now - arrived_at[p] < pull_to:
                    number = classes_when_pulled[number]
                if row.ignored >= 0 and ignored[row.ignored, p]:
                    number = ignored_class
                number = np.int64(queue_of_class[number])
                queue = ask * n_queues + number
                ahead = np.int64(queues[queue].last)
                behind = np.int64(-1)
                while ahead >= 0:
                    other = people[ahead]
                    if other.joined_at < person.joined_at or (
                        other.joined_at == person.joined_at and ahead < p
                    ):
                        break
                    behind = ahead
                    ahead = np.int64(other.before)
                person.before = ahead
                person.after = behind
                if ahead >= 0:
                    people[ahead].after = p
                else:
                    queues[queue].first = p
                if behind >= 0:
                    people[behind].before = p
                else:
                    queues[queue].last = p
                person.queue = queue
                person.doing = ENDS
                ask_row = asks[ask]
                ask_row.n_waiting += 1
                if number < ask_row.best and not accumulating:
                    ask_row.best = number
                if not ask_row.is_touched:
                    ask_row.is_touched = True
                    touched[n_touched] = ask
                    n_touched += 1

            # C: the smallest key of all who can start, again and again
            while True:
                for k in range(n_freed):  # the asks that a freed pool may help to start
                    pool = pools[freed[k]]
                    pool.is_freed = False
                    if pool.in_use < pool.capacity:
                        for j in range(pool.asks_at, pool.asks_at + pool.n_asks):
                            ask_row = asks[lists[j]]
                            if ask_row.n_waiting > 0 and not ask_row.is_touched:
                                ask_row.is_touched = True
                                touched[n_touched] = lists[j]
                                n_touched += 1
                n_freed = 0
                best = best_queue = np.int64(-1)
                best_rank = best_joined = np.int64(0)
                k = 0
                while k < n_touched:
                    ask = np.int64(touched[k])
                    ask_row = asks[ask]
                    can_start = ask_row.n_waiting > 0
                    if can_start:
                        for j in range(ask_row.all_at, ask_row.all_at + ask_row.n_all):
                            pool = pools[lists[j]]
                            if pool.in_use >= pool.capacity:
                                can_start = False
                                break
                    if can_start and ask_row.n_any > 0:
                        can_start = False
                        for j in range(ask_row.any_at, ask_row.any_at + ask_row.n_any):
                            pool = pools[lists[j]]
                            if pool.in_use < pool.capacity:
                                can_start = True
                                break
                    if not can_start:
                        ask_row.is_touched = False
                        n_touched -= 1
                        touched[k] = touched[n_touched]
                        continue
                    k += 1
                    first = ask * n_queues
                    if not accumulating:  # the first queue with anybody is the best
                        while queues[first + ask_row.best].first < 0:
                            ask_row.best += 1
                    for queue in range(
                        first + ask_row.best,
                        first + (n_queues if accumulating else ask_row.best + 1),
                    ):
                        p = np.int64(queues[queue].first)
                        if p < 0:
                            continue
                        joined_at = people[p].joined_at
                        rank = (
                            -worth[queue - first] * (now - joined_at)
                            if accumulating
                            else worth[queue - first]
                        )
                        if best >= 0:
                            if rank > best_rank:
                                continue
                            if rank == best_rank and (
                                joined_at > best_joined or (joined_at == best_joined and p > best)
                            ):
                                continue
                        best, best_rank, best_joined, best_queue = p, rank, joined_at, queue
                if best < 0:
                    break
                p = best
                person = people[p]
                row = rows[person.row]
                ask_row = asks[best_queue // n_queues]
                behind = np.int64(person.after)
                queues[best_queue].first = behind
                if behind >= 0:
                    people[behind].before = -1
                else:
                    queues[best_queue].last = -1
                person.queue = -1
                ask_row.n_waiting -= 1
                if row.is_counted:
                    _count(person.row, -1, now, waiting)
                person.started_at = now
                if row.first_seen:
                    person.patience_over = True
                if row.n_start_releases > 0:
                    n_freed = _release_at_start(
                        person, p * most_held, row, lists, held, pools, freed, n_freed
                    )
                if person.n_held + ask_row.n_all + min(ask_row.n_any, 1) > most_held:
                    return UNITS_FULL, n_rows, n_changes, n_notices, n_events
                to = p * most_held + person.n_held
                n_taken = np.int64(ask_row.n_all)
                for j in range(ask_row.any_at, ask_row.any_at + ask_row.n_any):
                    number = lists[j]
                    pool = pools[number]
                    if pool.in_use < pool.capacity:
                        person.chosen = number
                        n_taken += 1
                        held[to] = pool.team << POOL_BITS | number
                        to += 1
                        pool.in_use += 1
                        break
                for j in range(ask_row.all_at, ask_row.all_at + ask_row.n_all):
                    number = lists[j]
                    pool = pools[number]
                    held[to] = pool.team << POOL_BITS | number
                    to += 1
                    pool.in_use += 1
                person.n_taken = n_taken
                end = now
                if row.varies > 0:
                    since = (
                        _use_up(p * n_clocks + row.since, now, clock_at) if row.since >= 0 else now
                    )
                    if row.varies == MAY_BE_EARLY:
                        end = _first_stage(
                            p,
                            since,
                            now,
                            row,
                            minutes,
                            passes,
                            n_loops,
                            paces,
                            early,
                            lists,
                            waiting,
                        )
                        if end > now:
                            person.doing = MAY_END
                    else:
                        end = max(_end(p, since, row, minutes, passes, n_loops, paces), now)
                elif row.minutes >= 0:
                    end += minutes[row.minutes, p]
                if end == now:
                    ending[n_ending] = p
                    n_ending += 1
                elif end < horizon:
                    person.ends_at = end
                    begun[n_begun] = p
                    n_begun += 1

            if n_limited > 0:  # C is at rest
                n_limited, n_moving = _block(
                    now,
                    limited,
                    n_limited,
                    moving,
                    n_moving,
                    rows,
                    waiting,
                    people,
                    queues,
                    asks,
                    worth,
                    accumulating,
                )
            for k in range(n_ending):
                moving[n_moving] = ending[k]
                n_moving += 1
            n_ending = 0
            if n_moving == 0:
                break

    n_rows = _write_open(people, next_arrival, activities, n_rows)
    return FITS if n_rows >= 0 else TABLE_FULL, n_rows, n_changes, n_notices, n_events
