"""The part of `check` about rotas: every pool that is asked for has a unit at every hour, or a reason not to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulation.department.check.names import listed
from simulation.department.check.numbers import LARGEST_WHOLE
from simulation.department.graph import Graph, alternatives_of, reachable_from, starts_of
from simulation.department.rota import closed_units, down_share, intervals, timetable
from simulation.department.vocabulary import ByHours, Pathway, Pool
from simulation.errors import Faults
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS

Interval = tuple[int, int]
ALWAYS: list[Interval] = [(0, WEEK)]
SOMETIMES_CLOSED = (
    "Staff it, add an alternative to any_of, lead patients elsewhere by a branch on hours, or say "
    "`queues_until_open: true` if they are to wait"
)
NEVER_OPEN = (
    "Staff it at some hour (units that only a trigger opens are none that patients can wait for), or add another pool "
    "to any_of"
)


def check_staffing(
    pathway: Pathway, faults: Faults, graph: Graph, reached: Mapping[str, None]
) -> None:
    """Add a fault for each pool that is asked for at hours at which it has no unit.

    It is no fault if an alternative has a unit; if a queue limit blocks patients; if every route to the step passes
    a branch on hours that leads there only while the pool has units; or if the pool states that patients wait until it
    opens, and it does open.
    """
    gaps: dict[tuple[str, ...], list[str]] = {}
    when_empty: dict[tuple[str, ...], list[Interval]] = {}  # many steps ask for the same pools
    for name, step in pathway.steps.items():
        if name not in reached:
            continue
        for pools in alternatives_of(step):
            if pools not in when_empty:
                when_empty[pools] = empty_hours(
                    tuple(_without_closed(pathway, pathway.pools[pool]) for pool in pools)
                )
            empty = when_empty[pools]
            waits_for_opening = empty != ALWAYS and any(
                pathway.pools[pool].queues_until_open for pool in pools
            )
            if not empty or waits_for_opening or step.queue_limit is not None:
                continue
            if not _shut_out(pathway, graph, name, empty):
                gaps.setdefault(pools, []).append(name)
    for pools, names in gaps.items():
        when = _when(when_empty[pools])
        who = (
            f"'{pools[0]}' has no unit"
            if len(pools) == 1
            else f"none of {listed(pools)} has a unit"
        )
        remedy = NEVER_OPEN if when_empty[pools] == ALWAYS else SOMETIMES_CLOSED
        faults.add(
            f"pools.{pools[0]}", f"{who} {when}, but is asked for at {listed(names)}", remedy
        )


def _without_closed(pathway: Pathway, pool: Pool) -> Pool:
    """A pool without the units that an outage closes if it is down all the time."""
    outage = pathway.outages.get(pool.closed_while or "")
    if not outage or down_share(outage) < 1:
        return pool
    return replace(pool, extra=pool.extra - (closed_units(pool) or LARGEST_WHOLE))


def empty_hours(pools: tuple[Pool, ...]) -> list[Interval]:
    """The times at which none of the pools has a unit: half-open intervals of the week in ticks, sorted."""
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
    """Whether nobody can reach a step at these times, because branches on hours lead elsewhere."""
    closed = []
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByHours):
            spans = intervals(branch.hours, branch.days)
            then, otherwise = graph[name]
            if not any(
                start < until and since < end for start, end in empty for since, until in spans
            ):
                closed.append((name, then))
            if all(
                any(since <= start and end <= until for since, until in spans)
                for start, end in empty
            ):
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
    for (start, length), numbers in days.items():
        clock = f"{_time(start)}-{_time((start + length - 1) % DAY + 1)}"
        names = [WEEKDAYS[day % 7] for day in numbers]
        parts.append(f"{clock} every day" if len(names) == 7 else f"{clock} {', '.join(names)}")
    return "; ".join(parts)


def _time(tick: int) -> str:
    """A tick of the day as a clock time: '08:30'."""
    minutes = tick * 60 // HOUR
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
