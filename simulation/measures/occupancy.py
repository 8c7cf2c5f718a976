"""Who held what, when: use of spaces and staff, and how many are in the department, worked out after the run.

Nothing is sampled or counted inside an engine. The holdings are replayed from the activities by the rules of the
plan (takes, keeps, releases), and every mean here is an integral over time. Results are in minutes, unless they say
ticks.

A day in the department by clock hour, and where the time of a stay goes, are for figures, not for inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.vocabulary import Pathway
from simulation.engine.contract import Changes
from simulation.engine.rows import NONE, OUTCOMES, EndRow, Outcome, Plan, StepRow
from simulation.errors import ResultsError, nearest
from simulation.measures.quantities import Window, arrived_in, in_ticks, in_window, ratio
from simulation.records.schema import ActivityTable, Floats, Mask, Patients
from simulation.units import DAY, HOUR, NEVER, TICKS_PER_MINUTE, WEEK, to_minutes, to_ticks

Ints = NDArray[np.integer[Any]]
HOURS = 24
DAYS_OF_WEEK = 7
BLOCK = 2**15
"""Rows of activities that are worked through at once."""


@dataclass(frozen=True)
class Rows:
    """Activities in the plan's own numbers and in ticks (NEVER where it did not happen), in order."""

    patient: Ints
    step: Ints
    pool: Ints
    outcome: Ints
    joined_at: Ints
    started_at: Ints
    ended_at: Ints

    def __len__(self) -> int:
        return len(self.patient)

    def block(self, rows: slice) -> Rows:
        """A slice of the rows; nothing is copied."""
        return Rows(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def number_rows(plan: Plan, activities: ActivityTable) -> Rows:
    """The table in the plan's numbers. Raises ResultsError if it names a step, pool or outcome the plan lacks."""

    def numbers(column: str, known: tuple[str, ...]) -> Ints:
        names = activities.known(column)
        if names == known:
            return activities[column]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ResultsError(
                f"activities, {column}: the pathway has no '{unknown[0]}'. {nearest(unknown[0], known)}"
            )
        lookup = np.array([*(known.index(name) for name in names), NONE], dtype=np.int64)
        return lookup[activities[column]]

    return Rows(
        patient=activities["patient"],
        step=numbers("step", plan.nodes),
        pool=numbers("pool", plan.pools),
        outcome=numbers("outcome", OUTCOMES),
        joined_at=activities.ticks("joined_at"),
        started_at=activities.ticks("started_at"),
        ended_at=activities.ticks("ended_at"),
    )


def split_by_patient(rows: Rows) -> Iterator[Rows]:
    """The rows in blocks of whole patients, small enough for a processor's cache."""
    start = 0
    while start < len(rows):
        stop = min(start + BLOCK, len(rows))
        stop = max(stop, int(np.searchsorted(rows.patient, rows.patient[stop - 1], side="right")))
        block = rows.block(slice(start, stop))
        yield replace(block, step=block.step.astype(np.int64))  # indexes are fastest as whole words
        start = stop


@dataclass(frozen=True)
class Holdings:
    """One row for every unit that a patient held; arrays of one length.

    patient: number; pool: index into `pools`; taken, given_back: ticks, NEVER if not given back by the end of the
    table; counted_until: as given_back, or sooner if the outgoing team of a shift stops counting against the pool.
    Properties whose names end in `_at` are in minutes.
    """

    pools: tuple[str, ...]
    patient: Ints
    pool: Ints
    taken: Ints
    given_back: Ints
    counted_until: Ints

    def __len__(self) -> int:
        return len(self.patient)

    @cached_property
    def taken_at(self) -> Floats:
        """When each was taken, in minutes."""
        return to_minutes(self.taken)

    @cached_property
    def given_back_at(self) -> Floats:
        """When each was given back, in minutes; infinity if not by the end of the table."""
        return np.where(self.given_back == NEVER, np.inf, self.given_back / TICKS_PER_MINUTE)

    def of(self, pool: str) -> Ints:
        """The rows of one pool. Raises ResultsError for an unknown one."""
        if pool not in self.pools:
            raise ResultsError(f"pool '{pool}' is unknown. {nearest(pool, self.pools)}")
        return np.flatnonzero(self.pool == self.pools.index(pool))


def holdings(plan: Plan, activities: ActivityTable) -> Holdings:
    """Who held which unit from when to when, replayed exactly as the contract says.

    A step that starts releases what it releases at the start and takes what it asks for; when it ends it gives back
    what it does not keep, then what it releases at the end; the end of the route gives back everything.
    Activities must be sorted by patient and order.
    """
    return replay(roles_of(plan), number_rows(plan, activities))


class Roles(NamedTuple):
    """What each step does with each pool.

    always, unless_chosen: pools taken by every start, and pools taken if no other is recorded; shape (n, n_nodes), NONE
    where a step takes fewer than n; gives: whether a step gives anything back, shape (n_nodes,). The other fields have
    an entry for each step and pool, shape (n_nodes, n_pools): offers (the pool is one of several); keeps;
    releases_at_start (everything at the end of a route); releases_at_end.
    """

    plan: Plan
    always: Ints
    unless_chosen: Ints
    gives: Mask
    offers: Mask
    keeps: Mask
    releases_at_start: Mask
    releases_at_end: Mask


def roles_of(plan: Plan) -> Roles:
    """The roles of all pools in all steps. A pool that a request may overflow to is one of several."""
    always: list[list[int]] = [[] for _ in plan.rows]
    unless_chosen: list[list[int]] = [[] for _ in plan.rows]
    by_role: NDArray[np.bool_] = np.zeros((4, len(plan.rows), len(plan.pools)), dtype=np.bool_)
    offers, keeps, at_start, at_end = by_role
    for number, row in enumerate(plan.rows):
        if isinstance(row, EndRow):
            at_start[number] = True
        elif isinstance(row, StepRow):
            asks = [plan.asks[ask] for ask in (row.ask, row.overflow_ask) if ask != NONE]
            offers[number, [pool for ask in asks for pool in ask.any_of]] = True
            for pool in asks[0].all_of if asks else ():
                (unless_chosen if offers[number, pool] else always)[number].append(pool)
            keeps[number, list(row.keeps)] = True
            at_start[number, list(row.releases_at_start)] = True
            at_end[number, list(row.releases_at_end)] = True
    gives: Mask = np.logical_or(at_start, at_end).any(axis=1)
    return Roles(plan, _padded(always), _padded(unless_chosen), gives, *by_role)


def _padded(lists: list[list[int]]) -> Ints:
    """Lists of pools as an array: the k-th pool of every list in row k, NONE where a list is shorter."""
    padded = np.full(
        (max((len(pools) for pools in lists), default=0), len(lists)), NONE, dtype=np.int64
    )
    for number, pools in enumerate(lists):
        padded[: len(pools), number] = pools
    return padded


def replay(roles: Roles, rows: Rows) -> Holdings:
    """The holdings of some whole patients."""
    row, pool = _taken(roles, rows)
    taken, given_back = rows.started_at[row], rows.ended_at[row]
    kept = np.flatnonzero(roles.keeps[rows.step[row], pool] & (given_back != NEVER))
    kept = kept[np.flatnonzero(~_releases_at_end(roles, rows, row[kept], pool[kept]))]
    given_back[kept] = _given_back_later(roles, rows, row[kept], pool[kept])
    until = _counted_until(roles.plan, pool, taken, given_back)
    return Holdings(roles.plan.pools, rows.patient[row], pool, taken, given_back, until)


def _taken(roles: Roles, rows: Rows) -> tuple[Ints, Ints]:
    """The units taken: for each the row of the activity that took it, and the pool."""
    started = rows.started_at != NEVER
    chosen = started & (rows.pool != NONE)
    parts = []
    for takes, by_step in ((started, roles.always), (started & ~chosen, roles.unless_chosen)):
        for pools in by_step:
            pool = pools[rows.step]
            row = np.flatnonzero(takes & (pool != NONE))
            parts.append((row, pool[row]))
    row = np.flatnonzero(chosen)
    pool = rows.pool[row]
    offered = np.flatnonzero(roles.offers[rows.step[row], pool])
    parts.append((row[offered], pool[offered]))
    return np.concatenate([row for row, _ in parts]), np.concatenate([pool for _, pool in parts])


def _gone(outcome: Ints) -> Mask:
    """The patients who left or were blocked, and so give back everything."""
    gone: Mask = (outcome == Outcome.LEFT) | (outcome == Outcome.BLOCKED)
    return gone


def _releases_at_end(roles: Roles, rows: Rows, row: Ints, pool: Ints) -> Mask:
    """Whether a row, when it ends, gives a unit of a pool back."""
    outcome = rows.outcome[row]
    releases: Mask = _gone(outcome) | (
        roles.releases_at_end[rows.step[row], pool] & (outcome == Outcome.DONE)
    )
    return releases


def _given_back_later(roles: Roles, rows: Rows, row: Ints, pool: Ints) -> Ints:
    """When each unit that was kept after its row is given back by a later row of the patient, or NEVER.

    All units look at the patient's next row that gives anything back; those that it does not give back look at the
    next such row, and so on.
    """
    gives = roles.gives[rows.step] | _gone(rows.outcome)
    releasing = np.flatnonzero(gives)
    whose = np.append(rows.patient[releasing], NONE)
    given_back = np.full(len(row), NEVER, dtype=np.int64)
    looking, at = (
        np.arange(len(row)),
        np.cumsum(gives, dtype=np.int64)[row],
    )  # the first such row after each
    while True:
        same_patient = np.flatnonzero(whose[at] == rows.patient[row[looking]])
        looking, at = looking[same_patient], at[same_patient]
        if not len(looking):
            return given_back
        by, wanted = releasing[at], pool[looking]
        started_at = rows.started_at[by]
        at_start = roles.releases_at_start[rows.step[by], wanted] & (started_at != NEVER)
        given = at_start | _releases_at_end(roles, rows, by, wanted)
        given_back[looking] = np.where(
            given, np.where(at_start, started_at, rows.ended_at[by]), NEVER
        )
        not_yet = np.flatnonzero(~given)
        looking, at = looking[not_yet], at[not_yet] + 1


def _counted_until(plan: Plan, pool: Ints, taken: Ints, given_back: Ints) -> Ints:
    """When each unit stops counting against its pool: at the next change of team where the outgoing team is extra."""
    until = given_back.copy()
    for number, row in enumerate(plan.pool_rows):
        if row.team_changes:
            ticks = np.array([*row.team_changes, row.team_changes[0] + WEEK])
            of_pool = np.flatnonzero(pool == number)
            within, back = taken[of_pool] % WEEK, given_back[of_pool]
            next_change = (
                taken[of_pool] - within + ticks[np.searchsorted(ticks, within, side="right")]
            )
            until[of_pool] = np.where((back == NEVER) | (next_change < back), next_change, back)
    return until


def capacity_steps(
    plan: Plan, pool: str, *, until: float, changes: Changes | None = None
) -> tuple[Floats, Floats]:
    """A pool's capacity as steps: minutes at which it changes (first 0), and units from then on.

    The rota, repeated every week, plus the units that escalation opened, less those that care of boarders took.
    Unlimited pools have infinitely many. `changes`: what the run's triggers did; None if they did nothing.
    """
    number = plan.pools.index(pool)
    pool_row = plan.pool_rows[number]
    if pool_row.unlimited:
        return np.zeros(1), np.full(1, np.inf)
    rota_at, rota = _rota_steps(pool_row.timetable, to_ticks(until) // WEEK + 1)
    triggers = [k for k, trigger in enumerate(plan.triggers) if trigger.pool == number]
    if changes is None or not triggers:
        return to_minutes(rota_at), rota.astype(float)
    of_triggers = [(plan.triggers[k], changes.trigger == k) for k in triggers]
    at = np.concatenate((rota_at, *(changes.at[its_changes] for _, its_changes in of_triggers)))
    at.sort(kind="stable")  # quicker where most is in order
    at = at[np.append(True, at[1:] > at[:-1])]  # quicker than unique, which hashes
    capacity = rota[np.searchsorted(rota_at, at, side="right") - 1]
    for trigger, its_changes in of_triggers:
        extra = _trigger_units(changes, its_changes, at)
        if trigger.opens:
            capacity = capacity + extra
        else:
            capacity = np.maximum(np.minimum(capacity, trigger.leaves), capacity - extra)
    return to_minutes(at), capacity.astype(float)


@lru_cache(maxsize=256)
def _rota_steps(timetable: tuple[tuple[int, int], ...], n_weeks: int) -> tuple[Ints, Ints]:
    """Ticks at which a rota changes, over so many weeks, and units from then on; shared, so not to be written to."""
    tick, units = (np.array(column, dtype=np.int64) for column in zip(*timetable, strict=True))
    weeks = np.arange(n_weeks if len(tick) > 1 else 1)
    return (weeks[:, None] * WEEK + tick).ravel(), np.tile(units, len(weeks))


def _trigger_units(changes: Changes, its_changes: Mask, at: Ints) -> Ints:
    """The units that a trigger had set at each of these ticks; `its_changes`: shape (n_changes,)."""
    units = np.append(0, changes.units[its_changes]).astype(np.int64)
    return units[np.searchsorted(changes.at[its_changes], at, side="right")]


def triggered_share(
    plan: Plan, *, names: tuple[str, ...], changes: Changes, window: Window
) -> dict[str, float]:
    """The share of time that each trigger was in effect. `names`: the pathway's triggers, in order."""
    start, end = in_ticks(window)
    shares = {}
    for number, name in enumerate(names[: len(plan.triggers)]):
        its_changes = changes.trigger == number
        edges = np.unique(np.clip(np.append(changes.at[its_changes], [start, end]), start, end))
        on = _trigger_units(changes, its_changes, edges[:-1]) > 0
        shares[name] = float((np.diff(edges) * on).sum() / (end - start))
    return shares


def minutes_by_hour(from_at: Floats, to_at: Floats, *, window: Window) -> Floats:
    """Minutes of half-open intervals in each hour of the window, shape (n_hours,).

    The first hour begins at the whole hour at or before the window. Intervals are cut at its edges.
    """
    first, last = int(window[0] // 60), int(-(-window[1] // 60))
    start, end = np.clip(from_at, *window), np.clip(to_at, *window)
    inside = np.flatnonzero(start < end)
    return _area(start[inside] - first * 60.0, last - first) - _area(
        end[inside] - first * 60.0, last - first
    )


def _area(at: Floats, n_hours: int) -> Floats:
    """The integral over each hour of how many have begun: what is left of the hour of each start, later hours whole."""
    hour = np.minimum(np.floor(at / 60).astype(np.int64), n_hours)
    in_first_hour = np.bincount(hour, weights=60 * (hour + 1) - at, minlength=n_hours + 1)[:n_hours]
    begun = np.bincount(hour, minlength=n_hours + 1)[:n_hours]
    return in_first_hour + 60 * (np.cumsum(begun) - begun)


class Use:
    """Units of every pool by clock hour and at midnight, added up over the window from any number of intervals.

    The time before tick t that belongs to a clock hour is that hour on every whole day before t, and the part of it
    that has passed on t's own day. So three sums suffice, of ends less starts, by pool and by the clock hour in which
    they fall (its last tick included, its first not): how many, whole days, ticks. The window is read to the nearest
    tick.
    """

    def __init__(self, n_pools: int, window: Window) -> None:
        self._from, self._to = in_ticks(window)
        self._midnight = self._from // DAY * DAY
        self._n, self._days, self._ticks = np.zeros((3, n_pools, HOURS))

    def add(self, pool: Ints, start: Ints, end: Ints, units: Floats | None = None) -> None:
        """Add units from start to end, ticks; NEVER is the end of the window. Without `units` it is 1 each."""
        for sign, at in ((np.subtract, start), (np.add, np.where(end == NEVER, self._to, end))):
            ticks = np.clip(at, self._from, self._to) - self._midnight
            hour = (ticks - 1) // HOUR
            day = hour // HOURS
            place = (pool - day) * HOURS + hour
            for total, amount in ((self._n, None), (self._days, day), (self._ticks, ticks)):
                weights = amount if units is None else units if amount is None else amount * units
                sign(total, np.bincount(place, weights, total.size).reshape(total.shape), out=total)

    def by_hour(self) -> Floats:
        """Unit-minutes in each clock hour, (n_pools, 24)."""
        in_own_hour = self._ticks - DAY * self._days - HOUR * np.arange(HOURS) * self._n
        later = self._n.sum(axis=1, keepdims=True) - np.cumsum(self._n, axis=1)
        unit_minutes: Floats = (
            HOUR * (self._days.sum(axis=1, keepdims=True) + later) + in_own_hour
        ) / TICKS_PER_MINUTE
        return unit_minutes

    def at_midnight(self) -> Floats:
        """Units at 00:00, mean over the window's midnights, (n_pools,): what begins then is there, what ends is not."""
        n_midnights = -(-self._to // DAY) - -(-self._from // DAY)
        mean: Floats = self._days.sum(axis=1) / (n_midnights or np.nan)
        return mean


def measure_capacity(plan: Plan, *, changes: Changes, window: Window) -> Use:
    """The capacity of every pool that is not unlimited."""
    capacity = Use(len(plan.pools), window)
    for number, pool in enumerate(plan.pools):
        if not plan.pool_rows[number].unlimited:
            at, units = capacity_steps(plan, pool, until=window[1], changes=changes)
            start = to_ticks(at)
            capacity.add(np.full(len(at), number), start, np.append(start[1:], NEVER), units)
    return capacity


class Census(NamedTuple):
    """The mean number present: over the window, by clock hour (24,), by weekday (7,), Monday first."""

    mean: float
    by_hour: Floats
    by_weekday: Floats


def in_department(patients: Patients, since: str, *, window: Window) -> Census:
    """The patients there from a point in time on until they depart: NaN without these columns.

    From `arrived_at` everybody in the department, from `decided_at` the boarders.
    """
    if not {since, "departed_at"} <= set(patients.columns):
        return Census(np.nan, np.full(HOURS, np.nan), np.full(DAYS_OF_WEEK, np.nan))
    return count_present(patients[since], patients["departed_at"], window=window)


def count_present(from_at: Floats, to_at: Floats, *, window: Window) -> Census:
    """The mean number of open intervals. A NaN start: it never began; a NaN end of one that began: it did not end."""
    began = ~np.isnan(from_at)
    end = np.where(np.isnan(to_at), np.inf, to_at)[began]
    minutes = minutes_by_hour(from_at[began], end, window=window)
    of_window = minutes_by_hour(np.array([window[0]]), np.array([window[1]]), window=window)
    hour = int(window[0] // 60) + np.arange(len(minutes))
    by_hour, by_weekday = (
        ratio(np.bincount(key, minutes, n), np.bincount(key, of_window, n))
        for key, n in ((hour % HOURS, HOURS), (hour // HOURS % DAYS_OF_WEEK, DAYS_OF_WEEK))
    )
    return Census(float(minutes.sum() / of_window.sum()), by_hour, by_weekday)


STAGES = (
    "registration and triage",
    "place",
    "nurse",
    "clinician",
    "tests",
    "specialty",
    "bed",
    "other",
)
"""Where a stay's time goes, in the order in which a patient meets them."""
ASSESSED = frozenset({"assessed_at", "triaged_at", "handed_over_at"})
RECEPTION = frozenset({"reception", "receptionist", "clerk"})
"""Roles of pools whose work is registration."""
STAGE_OF_ROLE = {
    "specialty": "specialty",
    "clinician": "clinician",
    "stream_clinician": "clinician",
    "tests": "tests",
}
"""The stage by the role of a pool that is asked for, the scarcest skill first."""


@dataclass(frozen=True)
class DayProfile:
    """Means of one replication over the measured window.

    arrivals, census, boarders: by clock hour, shape (24,); boarders_by_weekday: shape (7,); busy: shape (n_pools, 24),
    and busy_mean: shape (n_pools,): held unit-minutes over capacity-minutes, NaN where nobody is on duty and for
    unlimited pools; above 1 after a shift shrinks, while those at work finish (outgoing staff who are extra no longer
    count); occupied_midnight, beds_midnight: means at 00:00, shape (n_pools,); waiting, working: minutes per attendance
    at each step before departure, shape (n_nodes,); triggered: share of time by trigger.
    """

    pools: tuple[str, ...]
    steps: tuple[str, ...]
    arrivals: Floats
    census: Floats
    boarders: Floats
    boarders_by_weekday: Floats
    busy: Floats
    busy_mean: Floats
    occupied_midnight: Floats
    beds_midnight: Floats
    waiting: Floats
    working: Floats
    triggered: dict[str, float]


def day_profile(
    pathway: Pathway,
    plan: Plan,
    patients: Patients,
    activities: ActivityTable,
    changes: Changes,
    *,
    window: Window,
) -> DayProfile:
    """The day profile of one run. A census is NaN without the `departed_at` or `decided_at` that it needs."""
    held, counted, waiting, working = _added_up(plan, patients, activities, window)
    duty = measure_capacity(plan, changes=changes, window=window)
    used, on_duty_by_hour = counted.by_hour(), duty.by_hour()
    beds = np.where([row.unlimited for row in plan.pool_rows], np.inf, duty.at_midnight())
    measured = in_window(patients, window)
    hour = np.floor(patients["arrived_at"][measured]).astype(np.int64) // 60 % 24
    days = (window[1] - window[0]) / 1440
    waiting_for_bed = in_department(patients, "decided_at", window=window)
    return DayProfile(
        pools=plan.pools,
        steps=plan.nodes,
        arrivals=np.bincount(hour, minlength=24) / days,
        census=in_department(patients, "arrived_at", window=window).by_hour,
        boarders=waiting_for_bed.by_hour,
        boarders_by_weekday=waiting_for_bed.by_weekday,
        busy=ratio(used, on_duty_by_hour),
        busy_mean=ratio(used.sum(axis=1), on_duty_by_hour.sum(axis=1)),
        occupied_midnight=held.at_midnight(),
        beds_midnight=beds,
        waiting=waiting,
        working=working,
        triggered=triggered_share(
            plan, names=tuple(pathway.triggers), changes=changes, window=window
        ),
    )


def _added_up(
    plan: Plan, patients: Patients, activities: ActivityTable, window: Window
) -> tuple[Use, Use, Floats, Floats]:
    """Units held, units that count against their pools, and minutes per measured attendance waiting for and at each
    step up to departure (to the end of the table for who has not departed).

    One pass over the activities, block by block, so that it stays in a processor's cache.
    """
    rows, roles = number_rows(plan, activities), roles_of(plan)
    held = Use(len(plan.pools), window)
    counted = (
        Use(len(plan.pools), window) if any(row.team_changes for row in plan.pool_rows) else held
    )
    until = _until(patients, rows, window)
    waiting, working = np.zeros((2, len(plan.nodes)))
    for block in split_by_patient(rows):
        held_in_block = replay(roles, block)
        held.add(held_in_block.pool, held_in_block.taken, held_in_block.given_back)
        if counted is not held:
            counted.add(held_in_block.pool, held_in_block.taken, held_in_block.counted_until)
        spans = waiting_and_working(
            block.joined_at, block.started_at, block.ended_at, until=until[block.patient]
        )
        waiting, working = (
            total + np.bincount(block.step, span, len(plan.nodes))
            for total, span in zip((waiting, working), spans, strict=True)
        )
    n_measured = np.count_nonzero(in_window(patients, window)) if "departed_at" in patients else 0
    minutes = TICKS_PER_MINUTE * n_measured if n_measured else np.nan
    return held, counted, waiting / minutes, working / minutes


def _until(patients: Patients, rows: Rows, window: Window) -> Ints:
    """The tick up to which each patient's time counts, by number: departure; 0 for who is not measured."""
    n = 1 + max(int(rows.patient.max(initial=0)), int(patients["patient"].max(initial=0)))
    until = np.zeros(n, dtype=np.int64)
    if "departed_at" in patients:
        measured = arrived_in(patients, window)
        departed_at = measured.ticks("departed_at")
        end = max(
            int(ticks.max(initial=0)) for ticks in (rows.joined_at, rows.started_at, rows.ended_at)
        )
        until[measured["patient"]] = np.where(departed_at == NEVER, end, departed_at)
    return until


def waiting_and_working(
    joined_at: Ints, started_at: Ints, ended_at: Ints, *, until: Ints
) -> tuple[Ints, Ints]:
    """Ticks waiting for and at the step of each activity, up to the tick that counts for its patient; shape (n,)."""
    latest = until.view(
        np.uint64
    )  # NEVER is negative: read without a sign it is later than any tick

    def cut(ticks: Ints) -> Ints:
        return np.minimum(ticks.view(np.uint64), latest).view(np.int64)

    began = cut(np.where(started_at == NEVER, ended_at, started_at))
    return np.maximum(began - cut(joined_at), 0), np.maximum(cut(ended_at) - began, 0)


def stage_of(name: str, pathway: Pathway) -> str:
    """The stage of a stay that a step belongs to, one of `STAGES`.

    A step that dates the initial assessment, the handover or the decision says so itself. Otherwise the roles of
    the pools that it asks for decide, the scarcest skill first; a name that says what it is decides where roles
    do not. What is left is 'other'.
    """
    step = pathway.steps[name]
    points = set(step.records)
    roles = {pathway.pools[pool].role for pool in step.pools}
    if (points & ASSESSED and "seen_at" not in points) or roles & RECEPTION:
        return "registration and triage"
    if "decided_at" in points or any(role.endswith("bed") for role in roles):
        return "bed"
    for role, stage in STAGE_OF_ROLE.items():
        if role in roles:
            return stage
    if any(part in name for part in ("sampl", "laborat", "imag", "report", "test")):
        return "tests"
    if (
        any(part in name for part in ("triage", "reception", "registration", "assessment"))
        and not step.keeps
    ):
        return "registration and triage"
    if "nurse" in roles and "discharge" not in name:
        return "nurse"
    if "place" in roles and not step.minutes:
        return "place"
    return "other"
