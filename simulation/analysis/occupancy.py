"""Who held what, when: use of spaces and staff, and how many are in the department, worked out after the run.

Nothing is sampled or counted inside an engine. The holdings are replayed from the activities by the rules of the
plan (takes, keeps, gives up), and every mean here is an integral over time. Times are minutes, except inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Changes
from simulation.engine.plan import NONE, OUTCOMES, EndRow, Outcome, Plan, StepRow
from simulation.errors import ResultsError, nearest
from simulation.records.schema import ActivityTable, Patients
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE, WEEK, to_minutes, to_ticks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Window = tuple[float, float]
MINUTES_PER_DAY = DAY / TICKS_PER_MINUTE
HOURS = 24
DAYS_OF_WEEK = 7


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


def rows_of(plan: Plan, activities: ActivityTable) -> Rows:
    """The table in the plan's numbers. Raises ResultsError if it names a step, pool or outcome the plan lacks."""

    def numbers(column: str, known: tuple[str, ...]) -> Ints:
        names = activities.known(column)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ResultsError(f"activities, {column}: the pathway has no '{unknown[0]}'. {nearest(unknown[0], known)}")
        lookup = np.array([*(known.index(name) for name in names), NONE], dtype=np.int64)
        return lookup[activities[column]]

    def ticks(column: str) -> Ints:
        minutes = activities[column]
        return np.where(np.isnan(minutes), NEVER, to_ticks(np.nan_to_num(minutes)))

    return Rows(
        patient=activities["patient"].astype(np.int64),
        step=numbers("step", plan.nodes),
        pool=numbers("pool", plan.pools),
        outcome=numbers("outcome", OUTCOMES),
        joined_at=ticks("joined_at"),
        started_at=ticks("started_at"),
        ended_at=ticks("ended_at"),
    )


@dataclass(frozen=True)
class Holdings:
    """One row for every unit that a patient held, sorted by pool; arrays of one length, times in minutes.

    patient; pool  code into `pools`; taken_at; given_back_at  infinity if not given back by the end of the table;
    counted_until_at  the same, or sooner where the outgoing team of a shift stops counting against the pool.
    """

    pools: tuple[str, ...]
    patient: NDArray[np.int64]
    pool: NDArray[np.int64]
    taken_at: Floats
    given_back_at: Floats
    counted_until_at: Floats

    def __len__(self) -> int:
        return len(self.patient)

    def of(self, pool: str) -> slice:
        """The rows of one pool. Raises ResultsError for an unknown one."""
        if pool not in self.pools:
            raise ResultsError(f"pool '{pool}' is unknown. {nearest(pool, self.pools)}")
        number = self.pools.index(pool)
        first, last = np.searchsorted(self.pool, [number, number + 1])
        return slice(int(first), int(last))


def holdings(plan: Plan, activities: ActivityTable) -> Holdings:
    """Replay who held which unit from when to when, exactly as the contract says.

    A step that starts gives up what it gives up at the start and takes what it asks for; when it ends it gives back
    what it does not keep, then what it gives up at the end; the end of the route gives back everything.
    Activities must be sorted by patient and order.
    """
    rows = rows_of(plan, activities)
    found = [_held(plan, rows, number) for number in range(len(plan.pools))]
    sizes = [len(patient) for patient, *_ in found]
    patient, taken, back, counted = (np.concatenate([each[part] for each in found]) for part in range(4))
    return Holdings(
        pools=plan.pools,
        patient=patient,
        pool=np.repeat(np.arange(len(plan.pools)), sizes),
        taken_at=to_minutes(taken),
        given_back_at=_minutes_or_never(back),
        counted_until_at=_minutes_or_never(counted),
    )


def _minutes_or_never(ticks: Ints) -> Floats:
    return np.where(ticks == NEVER, np.inf, ticks / TICKS_PER_MINUTE)


def _held(plan: Plan, rows: Rows, pool: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Of one pool: patients, ticks taken, given back (or NEVER), and counted until (or NEVER)."""
    asked, unless_other, offered, keeps, at_start, at_end, is_end = _roles(plan, pool)
    started = rows.started_at != NEVER
    took = np.flatnonzero(
        started
        & (
            asked[rows.step]
            | (unless_other[rows.step] & (rows.pool == NONE))
            | (offered[rows.step] & (rows.pool == pool))
        )
    )
    given_back = rows.ended_at[took]
    kept = keeps[rows.step[took]] & (given_back != NEVER)
    if kept.any():
        # What ends a kept holding, in the order it happens: row k gives up at its start as event 2k, takes, and
        # gives up at its end as event 2k + 1. The end of a route gives back everything, and so does leaving.
        starts = np.flatnonzero((at_start[rows.step] & started) | is_end[rows.step])
        gone = (rows.outcome == Outcome.LEFT) | (rows.outcome == Outcome.TURNED_AWAY)
        ends = np.flatnonzero((at_end[rows.step] & (rows.outcome == Outcome.DONE)) | gone)
        event = np.concatenate([2 * starts, 2 * ends + 1])
        order = np.argsort(event)
        event = np.append(event[order], -1)
        at = np.append(np.concatenate([rows.started_at[starts], rows.ended_at[ends]])[order], NEVER)
        who = np.append(np.concatenate([rows.patient[starts], rows.patient[ends]])[order], -1)
        next_event = np.searchsorted(event[:-1], 2 * took[kept], side="right")
        given_back[kept] = np.where(who[next_event] == rows.patient[took[kept]], at[next_event], NEVER)
    taken = rows.started_at[took]
    return rows.patient[took], taken, given_back, _counted_until(plan, pool, taken, given_back)


def _roles(plan: Plan, pool: int) -> tuple[NDArray[np.bool_], ...]:
    """By row of the plan, what it does with a pool.

    Asks for it; asks for it unless another is recorded (a request that may widen); offers it as one of several;
    keeps it; gives it up at the start; at the end; or the row is the end of a route.
    """
    roles = np.zeros((7, len(plan.rows)), dtype=np.bool_)
    for number, row in enumerate(plan.rows):
        if isinstance(row, EndRow):
            roles[6, number] = True
        elif isinstance(row, StepRow):
            asks = [plan.asks[ask] for ask in (row.ask, row.widened_ask) if ask != NONE]
            offered = any(pool in ask.any_of for ask in asks)
            asked = bool(asks) and pool in asks[0].all_of
            roles[:6, number] = (
                asked and not offered,
                asked and offered,
                offered,
                pool in row.keeps,
                pool in row.gives_up_at_start,
                pool in row.gives_up_at_end,
            )
    return tuple(roles)


def _counted_until(plan: Plan, pool: int, taken: Ints, given_back: Ints) -> Ints:
    """Until when a unit counts against the pool: where the outgoing are extra, to the next change of team at most."""
    changes = plan.pool_rows[pool].team_changes
    if not changes:
        return given_back
    ticks = np.array([*changes, changes[0] + WEEK])
    within = taken % WEEK
    next_change = taken - within + ticks[np.searchsorted(ticks, within, side="right")]
    return np.where((given_back == NEVER) | (next_change < given_back), next_change, given_back)


def capacity_steps(plan: Plan, pool: str, *, until: float, changes: Changes | None = None) -> tuple[Floats, Floats]:
    """A pool's capacity as steps: minutes at which it changes (first 0), and units from then on.

    The rota, repeated every week, plus what escalation opened, less what care of boarders took. Unlimited pools
    have infinitely many. `changes`: what the run's triggers did; without it they did nothing.
    """
    number = plan.pools.index(pool)
    described = plan.pool_rows[number]
    if described.unlimited:
        return np.zeros(1), np.full(1, np.inf)
    horizon = to_ticks(until)
    tick, units = (np.array(column, dtype=np.int64) for column in zip(*described.timetable, strict=True))
    n_weeks = horizon // WEEK + 1
    rota_at = (np.arange(n_weeks)[:, None] * WEEK + tick).ravel()
    rota = np.tile(units, n_weeks)
    mine = [each for each, trigger in enumerate(plan.triggers) if trigger.pool == number]
    if changes is None or not mine:
        return to_minutes(rota_at), rota.astype(float)
    at = np.union1d(rota_at, changes.at[np.isin(changes.trigger, mine)])
    capacity = rota[np.searchsorted(rota_at, at, side="right") - 1]
    for each in mine:
        trigger = plan.triggers[each]
        extra = _trigger_units(changes, each, at)
        if trigger.opens:
            capacity = capacity + extra
        else:
            capacity = np.maximum(np.minimum(capacity, trigger.leaves), capacity - extra)
    return to_minutes(at), capacity.astype(float)


def _trigger_units(changes: Changes, trigger: int, at: Ints) -> Ints:
    """The units that a trigger had set at each of these ticks."""
    mine = changes.trigger == trigger
    units = np.append(0, changes.units[mine]).astype(np.int64)
    return units[np.searchsorted(changes.at[mine], at, side="right")]


def triggered_share(plan: Plan, *, names: tuple[str, ...], changes: Changes, window: Window) -> Mapping[str, float]:
    """The share of time that each trigger was doing something. `names`: the pathway's triggers, in order."""
    start, end = to_ticks(window[0]), to_ticks(window[1])
    shares = {}
    for number, name in enumerate(names[: len(plan.triggers)]):
        edges = np.unique(np.clip(np.append(changes.at[changes.trigger == number], [start, end]), start, end))
        on = _trigger_units(changes, number, edges[:-1]) > 0
        shares[name] = float((np.diff(edges) * on).sum() / (end - start))
    return shares


def minutes_by_hour(from_at: Floats, to_at: Floats, *, window: Window, units: Floats | None = None) -> Floats:
    """Unit-minutes of half-open intervals in each hour of the window, shape (n_hours,).

    The first hour begins at the whole hour at or before the window. Intervals are cut at its edges; `units` weighs
    them (1 each without it).
    """
    first, last = int(window[0] // 60), int(-(-window[1] // 60))
    weights = np.ones(len(from_at)) if units is None else units
    start, end = np.clip(from_at, *window), np.clip(to_at, *window)
    real = start < end
    n_hours = last - first
    return _area(start[real] - first * 60.0, weights[real], n_hours) - _area(
        end[real] - first * 60.0, weights[real], n_hours
    )


def _area(at: Floats, weights: Floats, n_hours: int) -> Floats:
    """In each hour, the integral of how much has begun: the rest of its first hour, then every hour whole."""
    hour = np.minimum((at // 60).astype(np.int64), n_hours)
    rest = np.bincount(hour, weights=weights * (60 * (hour + 1) - at), minlength=n_hours + 1)[:n_hours]
    begun = np.bincount(hour, weights=weights, minlength=n_hours + 1)[:n_hours]
    found: Floats = rest + 60 * (np.cumsum(begun) - begun)
    return found


def _fold(values: Floats, *, window: Window, by: str) -> Floats:
    """Hours of the window added up by clock hour (24) or by weekday (7)."""
    hour = int(window[0] // 60) + np.arange(len(values))
    key, n = (hour % HOURS, HOURS) if by == "hour" else (hour // HOURS % DAYS_OF_WEEK, DAYS_OF_WEEK)
    found: Floats = np.bincount(key, weights=values, minlength=n).astype(float)
    return found


def _window_minutes(window: Window) -> Floats:
    """Minutes of the window in each of its hours."""
    return minutes_by_hour(np.array([window[0]]), np.array([window[1]]), window=window)


def _ratio(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return found


@dataclass(frozen=True)
class BusyShare:
    """Held unit-minutes over capacity-minutes: `by_hour` (n_pools, 24) by clock hour, `mean` (n_pools,) over all.

    NaN where nobody is on duty and for unlimited pools. It can pass 1 after a shift shrinks, while those at work
    finish; where the outgoing are extra they no longer count.
    """

    pools: tuple[str, ...]
    by_hour: Floats
    mean: Floats


def busy_share(plan: Plan, held: Holdings, *, changes: Changes | None, window: Window) -> BusyShare:
    """How busy each pool was, by clock hour and in all."""
    by_hour = np.full((len(plan.pools), HOURS), np.nan)
    mean = np.full(len(plan.pools), np.nan)
    for number, pool in enumerate(plan.pools):
        if plan.pool_rows[number].unlimited:
            continue
        rows = held.of(pool)
        used = minutes_by_hour(held.taken_at[rows], held.counted_until_at[rows], window=window)
        at, units = capacity_steps(plan, pool, until=window[1], changes=changes)
        on_duty = minutes_by_hour(at, np.append(at[1:], np.inf), window=window, units=units)
        by_hour[number] = _ratio(_fold(used, window=window, by="hour"), _fold(on_duty, window=window, by="hour"))
        mean[number] = used.sum() / on_duty.sum() if on_duty.sum() > 0 else np.nan
    return BusyShare(plan.pools, by_hour, mean)


def held_at(held: Holdings, pool: str, at: Floats) -> NDArray[np.int64]:
    """How many units of a pool are held at each of these times (what is taken at that instant included)."""
    rows = held.of(pool)
    taken, back = np.sort(held.taken_at[rows]), np.sort(held.given_back_at[rows])
    return np.searchsorted(taken, at, side="right") - np.searchsorted(back, at, side="right")


def midnights(window: Window) -> Floats:
    """Every 00:00 in the window, in minutes."""
    first = -(-window[0] // MINUTES_PER_DAY)
    return np.arange(first * MINUTES_PER_DAY, window[1], MINUTES_PER_DAY)


def occupied_at_midnight(held: Holdings, pool: str, *, window: Window) -> NDArray[np.int64]:
    """Units held at every midnight of the window: the clock of the published bed count."""
    return held_at(held, pool, midnights(window))


@dataclass(frozen=True)
class Census:
    """How many are there on average: over the window, by clock hour (24,), by weekday (7, Monday first)."""

    mean: float
    by_hour: Floats
    by_weekday: Floats


def census(patients: Patients, *, window: Window) -> Census:
    """Attendances in the department, from arrival to departure."""
    return present(patients["arrived_at"], patients["departed_at"], window=window)


def boarders(patients: Patients, *, window: Window) -> Census:
    """Patients for whom a bed was decided on and who are still in the department."""
    return present(patients["decided_at"], patients["departed_at"], window=window)


def present(from_at: Floats, to_at: Floats, *, window: Window) -> Census:
    """Means over time of how many intervals are open. NaN: never began; began and NaN: did not end."""
    began = ~np.isnan(from_at)
    end = np.where(np.isnan(to_at), np.inf, to_at)[began]
    minutes = minutes_by_hour(from_at[began], end, window=window)
    length = _window_minutes(window)
    by_hour, by_weekday = (
        _ratio(_fold(minutes, window=window, by=by), _fold(length, window=window, by=by)) for by in ("hour", "weekday")
    )
    return Census(float(minutes.sum() / length.sum()), by_hour, by_weekday)


@dataclass(frozen=True)
class Queues:
    """By step: how many joined in the window, how many waited on average, and their mean wait in minutes.

    The mean wait is over those who joined in the window and stopped waiting (started, left or turned away).
    """

    steps: tuple[str, ...]
    n_joined: NDArray[np.int64]
    mean_length: Floats
    mean_wait: Floats


def queues(activities: ActivityTable, *, window: Window) -> Queues:
    """The queue before each step."""
    steps, step = activities.known("step"), activities["step"].astype(np.int64)
    joined, started, ended = (activities[name] for name in ("joined_at", "started_at", "ended_at"))
    stopped = np.where(np.isnan(started), ended, started)
    inside = np.clip(np.where(np.isnan(stopped), np.inf, stopped), *window) - np.clip(joined, *window)
    waited = np.bincount(step, weights=inside, minlength=len(steps)).astype(float)
    in_time = (joined >= window[0]) & (joined < window[1])
    over = in_time & ~np.isnan(stopped)
    total = np.bincount(step[over], weights=(stopped - joined)[over], minlength=len(steps)).astype(float)
    n_over = np.bincount(step[over], minlength=len(steps)).astype(float)
    return Queues(
        steps=steps,
        n_joined=np.bincount(step[in_time], minlength=len(steps)),
        mean_length=waited / (window[1] - window[0]),
        mean_wait=_ratio(total, n_over),
    )
