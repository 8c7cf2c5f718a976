"""Which resource binds: how busy staff are, how full beds are, who waits where, in every replication.

Patients' measures say how well a department does; these say what it is short of. They are about whoever was there in a
window of time, not about those who arrived in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulation.department.graph import cached_by_pathway, dated_in
from simulation.department.rota import intervals
from simulation.department.vocabulary import DEPARTED_AT, Pathway
from simulation.engine.contract import Changes, Run
from simulation.engine.plan import lower
from simulation.engine.rows import Plan
from simulation.measures.definitions import ALL, definitions
from simulation.measures.measuring import MeasureName
from simulation.measures.occupancy import Ints, capacity_steps, replay, roles_of, rows_of
from simulation.measures.own_quantities import Own
from simulation.measures.patients_table import activities_table
from simulation.measures.quantities import ratio
from simulation.measures.tally import (
    COUNTED,
    TIMED,
    TallyPlan,
    daytime,
    tally,
    tally_plan,
    tally_with,
    whole_hours,
)
from simulation.measures.window import Window, in_ticks
from simulation.records.schema import Floats, Patients
from simulation.units import HOUR, NEVER, TICKS_PER_MINUTE, WEEK, to_ticks

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
        name
        for name, step in pathway.steps.items()
        if any(pool in limited for pool in (*step.asks, *step.any_of))
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
    held = replay(roles_of(plan), rows_of(plan, activities_table(plan, run)))
    shares = []
    for busy in own.busy.values():
        spans, rows = intervals(busy.hours, busy.days), held.of(busy.pool)
        ticks = _between(held.taken[rows], held.counted_until[rows], window, spans).sum()
        edges, units = _on_duty(plan, plan.pools.index(busy.pool), run.changes, window)
        duty = (units * _between(edges[:-1], edges[1:], window, spans)).sum()
        shares.append(float(ticks / duty) if duty else np.nan)
    return shares
