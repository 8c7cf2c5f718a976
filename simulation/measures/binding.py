"""Which resource binds: how busy staff are, how full beds are, who waits where, in every replication.

Patients' measures say how well a department does; these say what it is short of. They are about whoever was there in a
window of time, not about those who arrived in it.

First, waits by step and units held by pool are added up over the activities of a run, in whole ticks, so the sums are
exact. A journal that is not in order of patients is added up in one compiled pass (`engine.compiled_journal`), because
sorting it costs more than all else; any other is added up from its holdings. Both give the same sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.graph import cached_by_pathway, dated_in
from simulation.department.rota import weekly_spans
from simulation.department.vocabulary import DEPARTED_AT, Pathway
from simulation.engine.contract import Changes, InOrder, Run
from simulation.engine.plan import lower
from simulation.engine.rows import NONE, Plan, StepRow
from simulation.measures.definitions import ALL, definitions
from simulation.measures.measuring import MeasureName
from simulation.measures.occupancy import Ints, Roles, capacity_steps, number_rows, replay, roles_of
from simulation.measures.patients_table import activities_table
from simulation.measures.quantities import Own, Window, in_ticks, ratio
from simulation.records.schema import Floats, Mask, Patients
from simulation.units import DAY, HOUR, NEVER, TICKS_PER_MINUTE, WEEK, to_ticks

TIMED, COUNTED = 1, 2
"""What is added up of a pool: how long its units are held, or how many are held at each whole hour. 0: nothing."""
MOST_KEPT = 64
"""Pools whose units held by a patient fit as bits into one whole number."""
BITS = 67
"""The powers of 2 below 2^64 leave different remainders by this, which are used to look up the pool of a bit."""
BY_DAY = (10 * HOUR, 23 * HOUR)
"""Ticks of a day from which and to which it is daytime; outside it is night."""


@dataclass(frozen=True)
class Tally:
    """Sums over a window of time.

    By step, (n_nodes,): n_stopped  how many joined in the window and stopped waiting (started, left or were
    blocked); waited  ticks that these had waited; waiting  ticks that anybody waited there in the window.
    By pool: held_ticks (n_pools, 2)  ticks in the window for which units counted against the pool, in all and by day;
    held (n_pools, n_hours)  units held at each whole hour of the window: what begins then counts, what ends does not.
    """

    n_stopped: Ints
    waited: Ints
    waiting: Ints
    held_ticks: Ints
    held: Ints


class TallyPlan(NamedTuple):
    """What is added up of a department's runs, worked out once.

    wanted  by pool TIMED, COUNTED or 0; waits  at which nodes somebody can wait. For the compiled pass: simple  pools
    and rows as `_simple` says, where a step holds a timed pool from its start to its end and no longer; special, teams
    as `engine.compiled_journal` reads them. `special` is None where the pass cannot say who holds what: with more than
    64 pools that are kept, or a kept one of teams, which needs to know when each unit was taken.
    """

    plan: Plan
    roles: Roles
    wanted: NDArray[np.int8]
    waits: Mask
    simple: tuple[Ints, Ints]
    teams: Ints
    special: tuple[NDArray[Any], ...] | None


def tally_plan(plan: Plan, wanted: NDArray[np.int8]) -> TallyPlan:
    """What is added up of a plan's runs. `wanted`: by pool, TIMED, COUNTED or 0."""
    roles = roles_of(plan)
    teams = np.full(
        (len(plan.pools), 1 + max(len(row.team_changes) for row in plan.pool_rows)), NEVER
    )
    for number, row in enumerate(plan.pool_rows):
        teams[number, : len(row.team_changes)] = row.team_changes
    of_teams = teams[:, 0] != NEVER
    simple = (wanted == TIMED) & ~roles.keeps & ~of_teams
    kept = np.flatnonzero(roles.keeps.any(axis=0) & (wanted > 0))
    waits = np.array([isinstance(row, StepRow) and row.ask != NONE for row in plan.rows])
    special = None
    if len(kept) <= MOST_KEPT and not (of_teams & (wanted == TIMED))[kept].any():
        special = _special(roles, (wanted > 0) & ~simple, kept, wanted == TIMED)
    return TallyPlan(plan, roles, wanted, waits, _simple(roles, simple), teams, special)


def _simple(roles: Roles, simple: Mask) -> tuple[Ints, Ints]:
    """The pools that a step holds from start to end (`simple`), and the row in which the ticks of each are added up.

    The rows are those of ticks by step and recorded pool (the first of a step: none recorded), then those by step.
    """
    n_nodes, n_pools = simple.shape
    nodes = np.arange(n_nodes)
    first = nodes * (1 + n_pools)
    parts = [(pools, first[-1] + 1 + n_pools + nodes) for pools in roles.always]
    parts += [(pools, first) for pools in roles.unless_chosen]
    parts += [
        (np.where(roles.offers[:, pool], pool, NONE), first + 1 + pool) for pool in range(n_pools)
    ]
    node, pool, row = np.concatenate([(nodes, *part) for part in parts], axis=1)
    chosen = (pool != NONE) & simple[node, pool]
    return pool[chosen], row[chosen]


def _special(roles: Roles, others: Mask, kept: Ints, timed: Mask) -> tuple[NDArray[Any], ...]:
    """What each step does with the pools that are not simple there (`others`), as the compiled pass reads it."""
    node = np.arange(len(others))
    always, unless_chosen = (
        -np.sort(
            -np.where((pools != NONE) & others[node, pools], pools, NONE).T, axis=1
        )  # (n_nodes, k), NONE last
        for pools in (roles.always, roles.unless_chosen)
    )
    bits, pool_of_bit = np.zeros(len(timed), dtype=np.uint64), np.full(BITS, NONE)
    bits[kept] = np.left_shift(np.uint64(1), np.arange(len(kept), dtype=np.uint64))
    pool_of_bit[(bits[kept] % np.uint64(BITS)).astype(np.int64)] = kept
    releases_at_start, releases_at_end = (
        (role * bits).sum(axis=1, dtype=np.uint64)
        for role in (roles.releases_at_start, roles.releases_at_end)
    )
    offered = roles.offers & others
    takes = (always != NONE).any(axis=1) | (unless_chosen != NONE).any(axis=1) | offered.any(axis=1)
    is_special = takes | (releases_at_start > 0) | (releases_at_end > 0)
    return (
        is_special,
        always,
        unless_chosen,
        offered,
        roles.keeps,
        bits,
        releases_at_start,
        releases_at_end,
        pool_of_bit,
        timed,
    )


def tally(asked: TallyPlan, run: Run, *, window: Window) -> Tally:
    """The sums of a run over a window, from the compiled pass where it can tell them, else from the holdings."""
    if not isinstance(run.journal, InOrder) and asked.special is not None:
        from simulation.engine.compiled_journal import Recorded  # late: it brings numba

        assert isinstance(run.journal, Recorded)
        passes = (reader for reader in run.journal.readers if isinstance(reader, _Pass))
        compiled = next((done for done in passes if done.is_of(asked, window)), None)
        compiled = compiled or _Pass(asked, window, run.journal.n_patients)
        if compiled.n_read < len(run.journal):
            for records in run.journal.blocks():
                compiled(records)
        if compiled.fits:
            return compiled.sums()
    return from_holdings(asked, run, window=window)


def tally_with(asked: TallyPlan, run: Run, *, window: Window) -> None:
    """Have a run added up in the pass that finds its milestones, if its journal has one; `tally` reads them then."""
    if not isinstance(run.journal, InOrder) and asked.special is not None:
        from simulation.engine.compiled_journal import Recorded

        assert isinstance(run.journal, Recorded)
        run.journal.readers.append(_Pass(asked, window, run.journal.n_patients))


def whole_hours(window: Window) -> Ints:
    """The whole hours of a window, in hours since 00:00 on day 0."""
    low, high = in_ticks(window)
    return np.arange(-(-low // HOUR), -(-high // HOUR))


def from_holdings(asked: TallyPlan, run: Run, *, window: Window) -> Tally:
    """The sums of a run over a window, from a table in order of patients."""
    plan, wanted = asked.plan, asked.wanted
    rows = number_rows(plan, activities_table(plan, run))
    n_nodes, (low, high) = len(plan.nodes), in_ticks(window)
    waits = asked.waits[rows.step]
    stopped_at = np.where(rows.started_at == NEVER, rows.ended_at, rows.started_at)
    stopped = waits & (rows.joined_at >= low) & (rows.joined_at < high) & (stopped_at != NEVER)
    until = np.where(stopped_at == NEVER, high, stopped_at)
    waiting = np.clip(until, low, high) - np.clip(rows.joined_at, low, high)
    held = replay(asked.roles, rows)
    chosen = np.flatnonzero(wanted[held.pool] == TIMED)
    pool, edges = held.pool[chosen], np.stack([held.taken[chosen], held.counted_until[chosen]])
    edges = np.clip(np.where(edges == NEVER, high, edges), low, high)
    held_ticks = [
        _sum_by(pool, np.diff(ticks, axis=0)[0], len(plan.pools))
        for ticks in (edges, daytime(edges))
    ]
    return Tally(
        n_stopped=np.bincount(rows.step[stopped], minlength=n_nodes),
        waited=_sum_by(rows.step[stopped], (stopped_at - rows.joined_at)[stopped], n_nodes),
        waiting=_sum_by(rows.step[waits], waiting[waits], n_nodes),
        held_ticks=np.stack(held_ticks, axis=1),
        held=_held_at(whole_hours(window), held.pool, held.taken, held.given_back, wanted),
    )


def _sum_by(key: Ints, ticks: Ints, n: int) -> Ints:
    """The sum of ticks by key, shape (n,); exact, because they are whole."""
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, key, ticks)
    return sums


def daytime(ticks: Ints) -> Ints:
    """Ticks of daytime between tick 0 and each tick."""
    begins, ends = BY_DAY
    days, within = np.divmod(ticks, DAY)
    by_day: Ints = days * (ends - begins) + np.clip(within - begins, 0, ends - begins)
    return by_day


def _held_at(
    hours: Ints, pool: Ints, taken: Ints, given_back: Ints, wanted: NDArray[np.int8]
) -> Ints:
    """Units held at each whole hour, (n_pools, n_hours); 0 for pools that are not COUNTED."""
    held = np.zeros((len(wanted), len(hours)), dtype=np.int64)
    at = hours * HOUR
    for number in np.flatnonzero(wanted == COUNTED):
        of_pool = pool == number
        left = given_back[of_pool][given_back[of_pool] != NEVER]
        held[number] = np.searchsorted(np.sort(taken[of_pool]), at, side="right")
        held[number] -= np.searchsorted(np.sort(left), at, side="right")
    return held


class _Pass:
    """The sums of the compiled pass, as records are read; `fits` is False once somebody holds two units of one pool."""

    def __init__(self, asked: TallyPlan, window: Window, n_patients: int) -> None:
        n_nodes, n_pools = len(asked.waits), len(asked.wanted)
        n_hours = len(whole_hours(window))
        self._asked, self._window = asked, window
        self._bounds = np.array([*in_ticks(window), *BY_DAY])
        self._held_by = np.zeros(n_patients, dtype=np.uint64)
        shapes = (
            (n_pools,),
            (n_nodes, 3),
            (n_nodes, 1 + n_pools, 2),
            (n_pools, 2),
            (n_pools, n_hours + 1),
        )
        self._totals = tuple(np.zeros(shape, dtype=np.int64) for shape in shapes)
        self.n_read = 0
        self.fits = True

    def is_of(self, asked: TallyPlan, window: Window) -> bool:
        """Whether these are the sums asked for."""
        return self._asked is asked and self._window == window

    def __call__(self, records: NDArray[Any]) -> None:
        from simulation.engine.compiled_journal import add_up

        self.n_read += len(records)
        asked = self._asked
        self.fits = self.fits and add_up(
            records, self._bounds, asked.special, asked.teams, self._held_by, *self._totals
        )

    def sums(self) -> Tally:
        """The sums over all records read."""
        asked, (n_open, by_step, by_choice, ticks_given_back, changes) = self._asked, self._totals
        to_the_end = np.array(
            [self._bounds[1], daytime(self._bounds[1])]
        )  # for units that nobody gave back
        held_ticks = ticks_given_back + n_open[:, None] * to_the_end
        pool, row = asked.simple
        np.add.at(
            held_ticks, pool, np.concatenate([by_choice.reshape(-1, 2), by_choice.sum(axis=1)])[row]
        )
        n_stopped, waited, waiting = np.where(asked.waits[:, None], by_step, 0).T
        held = np.where((asked.wanted == COUNTED)[:, None], np.cumsum(changes[:, :-1], axis=1), 0)
        return Tally(n_stopped, waited, waiting, held_ticks, held)


Spans = Sequence[tuple[int, int]]
"""Ticks of the week from and to, half-open."""
DECIDED_AT = "decided_at"


@dataclass(frozen=True)
class _Resources:
    """The pools and steps of a department that are measured, by number, and the supply computed so far.

    on_duty: unit-ticks in all and by day; at_hours: units at whole hours; both keyed by pool and window.
    """

    staff: list[int]
    beds: list[int]
    places: list[int]
    steps: list[int]
    names: tuple[MeasureName, ...]
    on_duty: dict[tuple[int, Window], tuple[float, float]] = field(default_factory=dict)
    at_hours: dict[tuple[int, Window], Floats] = field(default_factory=dict)


@cached_by_pathway
def _resources(pathway: Pathway) -> _Resources:
    """The resources of a department, worked out once."""
    pools = tuple(pathway.pools)
    limited = {name: pool for name, pool in pathway.pools.items() if not pool.unlimited}
    staff = [name for name, pool in limited.items() if pool.kind == "staff"]
    beds = [name for name, pool in limited.items() if pool.role.endswith("bed")]
    places = [name for name, pool in limited.items() if pool.role == "place"]
    steps = [
        name for name, step in pathway.steps.items() if any(pool in limited for pool in step.pools)
    ]
    of_staff, of_beds = ([f"pool={name}" for name in names] for names in (staff, beds))
    of_steps = [f"step={name}" for name in steps]
    groups = {
        "busy_by_day_share": of_staff,
        "busy_by_night_share": of_staff,
        "on_duty_by_day_mean": of_staff,
        "occupied_at_midnight_share": of_beds,
        "queue_mean": of_steps,
        "queue_wait_mean": of_steps,
        "boarders_mean": [ALL] if {DECIDED_AT, DEPARTED_AT} <= set(dated_in(pathway)) else [],
        "full_share": [ALL] if places and DEPARTED_AT in dated_in(pathway) else [],
    }
    names = tuple(
        MeasureName(name, definitions()[name].unit, group)
        for name in groups
        for group in groups[name]
    )
    nodes = tuple(pathway.nodes())
    return _Resources(
        staff=list(map(pools.index, staff)),
        beds=list(map(pools.index, beds)),
        places=list(map(pools.index, places)),
        steps=list(map(nodes.index, steps)),
        names=names,
    )


@cached_by_pathway
def _asked(pathway: Pathway) -> TallyPlan:
    """What is added up along the journal of a run."""
    resources, wanted = _resources(pathway), np.zeros(len(pathway.pools), dtype=np.int8)
    wanted[resources.staff], wanted[resources.beds] = TIMED, COUNTED
    return tally_plan(lower(pathway), wanted)


def binding_names(pathway: Pathway, own: Own) -> tuple[MeasureName, ...]:
    """The names of these measures and of the user's own measures of pools, in the order of `binding_values`."""
    return (*_resources(pathway).names, *(MeasureName(name, "share", ALL) for name in own.busy))


def tally_for_binding(pathway: Pathway, run: Run, *, window: Window) -> None:
    """Add up a run's journal for `binding_values` in the same pass that makes its table of patients."""
    tally_with(_asked(pathway), run, window=window)


def binding_values(
    pathway: Pathway, plan: Plan, run: Run, patients: Patients, own: Own, *, window: Window
) -> Floats:
    """The measures of one run over a window of time; NaN where nobody was on duty, or nobody stopped waiting."""
    resources = _resources(pathway)
    supply = _Supply(plan, run.changes, window, resources)
    sums = tally(_asked(pathway), run, window=window)
    steps, beds = resources.steps, resources.beds
    on_duty, on_duty_by_day = supply.ticks_on_duty().T
    held, held_by_day = sums.held_ticks[resources.staff].T
    midnights = np.flatnonzero(supply.hours % 24 == 0)
    values: list[Floats | list[float]] = [
        ratio(held_by_day, on_duty_by_day),
        ratio(held - held_by_day, on_duty - on_duty_by_day),
        ratio(on_duty_by_day, np.diff(daytime(np.array(in_ticks(window))))),
        ratio(
            sums.held[beds][:, midnights].sum(axis=1),
            supply.units_at(beds)[:, midnights].sum(axis=1),
        ),
        sums.waiting[steps] / (TICKS_PER_MINUTE * (window[1] - window[0])),
        ratio(sums.waited[steps], TICKS_PER_MINUTE * sums.n_stopped[steps].astype(float)),
    ]
    measured = {name.measure for name in resources.names}
    if "boarders_mean" in measured:
        values.append([_boarders(patients, window)])
    if "full_share" in measured:
        n_places = supply.units_at(resources.places).sum(axis=0)
        values.append([float((_inside(patients, supply.hours) >= n_places).mean())])
    values.append(_own_busy(plan, run, own, window))
    return np.concatenate(values)


@dataclass(frozen=True)
class _Supply:
    """The units available in a window; for pools that no trigger changes they are cached from the previous run."""

    plan: Plan
    changes: Changes
    window: Window
    resources: _Resources

    @cached_property
    def hours(self) -> Ints:
        """The window's whole hours."""
        return whole_hours(self.window)

    @cached_property
    def _changed(self) -> frozenset[int]:
        return frozenset(trigger.pool for trigger in self.plan.triggers)

    def ticks_on_duty(self) -> Floats:
        """Unit-ticks on duty of each pool of staff, in all and by day, (n_staff, 2)."""
        known = self.resources.on_duty
        rows = []
        for pool in self.resources.staff:
            if pool in self._changed or (pool, self.window) not in known:
                edges, units = _on_duty(self.plan, pool, self.changes, self.window)
                in_all, by_day = (
                    float((units * np.diff(ticks)).sum()) for ticks in (edges, daytime(edges))
                )
                known[pool, self.window] = in_all, by_day
            rows.append(known[pool, self.window])
        return np.array(rows, dtype=float).reshape(-1, 2)

    def units_at(self, pools: Sequence[int]) -> Floats:
        """Units of each pool at the whole hours, (n_pools, n_hours)."""
        known = self.resources.at_hours
        for pool in pools:
            if pool in self._changed or (pool, self.window) not in known:
                name = self.plan.pools[pool]
                at, units = capacity_steps(
                    self.plan, name, until=self.window[1], changes=self.changes
                )
                known[pool, self.window] = units[
                    np.searchsorted(to_ticks(at), self.hours * HOUR, side="right") - 1
                ]
        return np.array([known[pool, self.window] for pool in pools]).reshape(
            len(pools), len(self.hours)
        )


def _on_duty(plan: Plan, pool: int, changes: Changes, window: Window) -> tuple[Ints, Floats]:
    """Units on duty of a limited pool: the ticks at which they change, cut to the window, and the units between."""
    at, units = capacity_steps(plan, plan.pools[pool], until=window[1], changes=changes)
    low, high = in_ticks(window)
    return np.clip(np.append(to_ticks(at), high), low, high), units


def _between(start: Ints, end: Ints, window: Window, spans: Spans) -> Ints:
    """Ticks from each start to each end (NEVER: the window's) that lie in the window and in these hours of the week."""
    low, high = in_ticks(window)
    edges = np.clip(np.stack([start, np.where(end == NEVER, high, end)]), low, high)
    weeks, within = np.divmod(edges, WEEK)
    since: Ints = weeks * sum(last - first for first, last in spans)
    for first, last in spans:
        since += np.clip(within - first, 0, last - first)
    between: Ints = since[1] - since[0]
    return between


def _boarders(patients: Patients, window: Window) -> float:
    """The mean number of patients in A&E for whom a bed was decided on."""
    rows = np.flatnonzero(~np.isnan(patients[DECIDED_AT]))
    until = patients[DEPARTED_AT][rows]
    until = np.where(np.isnan(until), window[1], until)
    minutes = np.clip(until, *window) - np.clip(patients[DECIDED_AT][rows], *window)
    return float(np.maximum(minutes, 0).sum() / (window[1] - window[0]))


def _inside(patients: Patients, hours: Ints) -> Ints:
    """Attendances in A&E at each of these consecutive hours; an arrival at that instant counts, a departure does
    not."""
    n_arrived = np.searchsorted(
        patients["arrived_at"], hours * 60.0, side="right"
    )  # the table is in this order
    after = hours[0] + len(
        hours
    )  # the hour after the last one, for who departs later or not at all
    hour = np.ceil(np.fmin(patients[DEPARTED_AT], after * 60.0) / 60).astype(np.int64) - hours[0]
    n_departed = np.cumsum(np.bincount(np.maximum(hour, 0), minlength=len(hours) + 1))[:-1]
    return n_arrived - n_departed


def _own_busy(plan: Plan, run: Run, own: Own, window: Window) -> list[float]:
    """The user's own busy shares: unit-ticks held at their hours over unit-ticks on duty; NaN where nobody is."""
    if not own.busy:
        return []
    held = replay(roles_of(plan), number_rows(plan, activities_table(plan, run)))
    shares = []
    for busy in own.busy.values():
        spans, rows = weekly_spans(busy.hours, busy.days), held.of(busy.pool)
        ticks = _between(held.taken[rows], held.counted_until[rows], window, spans).sum()
        edges, units = _on_duty(plan, plan.pools.index(busy.pool), run.changes, window)
        duty = (units * _between(edges[:-1], edges[1:], window, spans)).sum()
        shares.append(float(ticks / duty) if duty else np.nan)
    return shares
