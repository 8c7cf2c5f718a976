"""The part of `check` about rotas: whoever asks for a pool can find somebody on duty, whatever the hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulation.pathway.check.bounds import LARGEST_WHOLE
from simulation.pathway.check.deadlock import Interval, request_of
from simulation.pathway.check.fault_list import FaultList, listed
from simulation.pathway.department import (
    ByHours,
    Pathway,
    Pool,
    down_share,
)
from simulation.pathway.graph import Graph, reachable_from, starts_of
from simulation.pathway.rota import closed_units, intervals, timetable
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS

ALWAYS: list[Interval] = [(0, WEEK)]


def check_staffing(pathway: Pathway, faults: FaultList, graph: Graph, reached: Mapping[str, None]) -> None:
    """Whoever asks for a pool can find somebody on duty, whatever the hour.

    Not a fault: where an alternative is on duty; where a queue limit turns people away; where every way to the
    step passes a branch on hours that leads here only while the pool has units; where a pool says that people wait
    until it opens, and it does.
    """
    gaps: dict[tuple[str, ...], list[str]] = {}
    when_empty: dict[tuple[str, ...], list[Interval]] = {}  # many steps ask for the same pools
    for name in (name for name in pathway.steps if name in reached):
        step = pathway.steps[name]
        all_of, any_of = request_of(step)
        for pools in (*((pool,) for pool in all_of), *((any_of,) if any_of else ())):
            if pools not in when_empty:
                when_empty[pools] = _empty(tuple(_usual(pathway, pathway.pools[pool]) for pool in pools))
            empty = when_empty[pools]
            opens = empty != ALWAYS and any(pathway.pools[pool].queues_until_open for pool in pools)
            if empty and not opens and step.queue_limit is None and not _shut_out(pathway, graph, name, empty):
                gaps.setdefault(pools, []).append(name)
    for pools, names in gaps.items():
        when = _when(when_empty[pools])
        who = f"'{pools[0]}' has no unit" if len(pools) == 1 else f"none of {listed(pools)} has a unit"
        remedy = (
            "Staff it, add an alternative to any_of, lead patients elsewhere by a branch on hours, or say "
            "`queues_until_open: true` if they are to wait"
        )
        faults.add(f"pools.{pools[0]}", f"{who} {when}, but is asked for at {listed(names)}", remedy)


def _usual(pathway: Pathway, pool: Pool) -> Pool:
    """A pool without the units that an outage closes at all times."""
    outage = pathway.outages.get(pool.closed_while or "")
    if outage is None or down_share(outage) < 1:
        return pool
    return replace(pool, extra=pool.extra - (closed_units(pool) or LARGEST_WHOLE))


def _empty(pools: tuple[Pool, ...]) -> list[Interval]:
    """When none of some pools has a unit: half-open intervals of the week in ticks, sorted."""
    if any(pool.unlimited for pool in pools):
        return []
    tables = [dict(timetable(pool)) for pool in pools]
    ticks = sorted({0, *(tick for table in tables for tick in table)})
    on_duty = [0] * len(pools)
    empty: list[Interval] = []
    for start, end in zip(ticks, [*ticks[1:], WEEK], strict=True):
        on_duty = [table.get(start, units) for table, units in zip(tables, on_duty, strict=True)]
        if not any(on_duty):
            if empty and empty[-1][1] == start:
                empty[-1] = (empty[-1][0], end)
            else:
                empty.append((start, end))
    return empty


def _shut_out(pathway: Pathway, graph: Graph, step: str, empty: Sequence[Interval]) -> bool:
    """Whether every way to a step passes a branch on hours that does not lead to it at these times."""
    closed = []
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByHours):
            opened = intervals(branch.hours, branch.days)
            then, otherwise = graph[name]
            if not any(start < until and since < end for start, end in empty for since, until in opened):
                closed.append((name, then))
            if all(any(since <= start and end <= until for since, until in opened) for start, end in empty):
                closed.append((name, otherwise))
    return step not in reachable_from(starts_of(pathway).values(), graph, closed=closed)


def _when(empty: Sequence[Interval]) -> str:
    """Times of the week in words: '22:00-08:00 every day', 'sat, sun 00:00-24:00', 'at any hour'."""
    spans = list(empty)
    if spans == ALWAYS:
        return "at any hour"
    if spans[0][0] == 0 and spans[-1][1] == WEEK:  # one span over Sunday midnight
        spans = [(spans[-1][0], spans[0][1] + WEEK), *spans[1:-1]]
    days: dict[tuple[int, int], list[int]] = {}
    for start, end in sorted(spans):
        while end - start > DAY:  # longer than a day: day by day
            midnight = start - start % DAY + DAY
            days.setdefault((start % DAY, midnight - start), []).append(start // DAY)
            start = midnight
        days.setdefault((start % DAY, end - start), []).append(start // DAY)
    parts = []
    for (start, length), on in days.items():
        clock = f"{_time(start)}-{_time((start + length - 1) % DAY + 1)}"
        names = [WEEKDAYS[day % 7] for day in on]
        parts.append(f"{clock} every day" if len(names) == 7 else f"{clock} {', '.join(names)}")
    return "; ".join(parts)


def _time(tick: int) -> str:
    minutes = tick * 60 // HOUR
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
