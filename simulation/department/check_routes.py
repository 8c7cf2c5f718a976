"""The part of the check about the route: what can be reached, what patients carry, and rotas.

A route is sound if every node can be reached and every patient gets out. Patients carry pools, which they may hold
while they wait for others (deadlock), and clocks that run for them:

1. `explore` finds every state that a patient can be in: a node, what the patient carries, and which of its categories
   the route has left possible. It starts at every source and follows every move (breadth first).
2. `carried_faults` reads the states at each step: a pool that is asked for and held already, or released, never held;
   a clock that was not started.
3. `deadlock_faults` reads the states in which somebody waits and holds: rings of pools that wait for one another.

States are many, so categories are bits: `_bits` gives each category of each attribute a bit, `possible` is the set of
those that are left, and `_arcs` states the moves in bits. Equal routes are explored once (`_explored`).

Last, every pool that is asked for has a unit at every hour, or a reason not to (`staffing_faults`).
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from simulation.department.config_dataclass import LARGEST_WHOLE
from simulation.department.graph import (
    Edge,
    Graph,
    Targets,
    alternatives_of,
    coins_of,
    cycles,
    descendants,
    edges_of_others,
    graph_of,
    reachable_from,
    request_of,
    shortest_cycle,
    starts_of,
    waits,
)
from simulation.department.rota import closed_units, down_share, timetable, weekly_spans
from simulation.department.vocabulary import (
    ACUITY_NOW,
    ARRIVAL_SOURCE,
    DEPARTED_AT,
    Action,
    ByElapsed,
    ByHours,
    ByPassed,
    Loop,
    Node,
    Pathway,
    Pool,
    Step,
)
from simulation.errors import Fault
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS
from simulation.wording import quote_names

MOST_COINS = 100
"""The most coins of one branch by chance in loops."""


def route_faults(pathway: Pathway) -> Iterator[Fault]:
    """Faults of the route: nodes that nobody reaches, ends without a departure, unbounded or empty loops."""
    graph, reached = graph_of(pathway), reached_in(pathway)
    for name in pathway.nodes():
        if name not in reached:
            yield Fault(
                path_of(pathway, name),
                f"nobody can get to '{name}'",
                "Lead a node or an arrival source to it, or remove it",
            )
    for name in reached:
        if name in pathway.loops:  # a round without a step would take no time
            body = reachable_from(
                (pathway.loops[name].again,), graph, closed=[(name, edge) for edge in graph[name]]
            )
            if name in body and not any(node in pathway.steps for node in body):
                yield Fault(
                    f"loops.{name}.again",
                    "a round has no step in it",
                    "Lead `again` to the first step to repeat",
                )
    yield from _without_departure(pathway, graph)
    for name, coins in coins_of(pathway).items():
        if coins.number > MOST_COINS:
            loops = quote_names(loop for loop, _ in coins.loops)
            yield Fault(
                f"branches.{name}",
                f"{coins.number:,} coins, one for each number of passes of {loops}; at most {MOST_COINS} are drawn",
                "Let those loops go round less often, or branch on an attribute that is drawn once",
            )
    # Each `again` is taken a bounded number of times, so only a cycle without `again` can go on for ever.
    plain = {name: [edge.to for edge in graph[name] if edge.by != "again"] for name in reached}
    for members in cycles(plain):
        yield _unbounded(pathway, graph, plain, members)


def reached_in(pathway: Pathway) -> Mapping[str, None]:
    """The nodes that somebody can get to."""
    return reachable_from(starts_of(pathway).values(), graph_of(pathway))


def _without_departure(pathway: Pathway, graph: Graph) -> Iterator[Fault]:
    """A fault for each end at which an attendance can stop without a departure, if the pathway records any."""
    nodes = pathway.nodes()
    if not any(DEPARTED_AT in getattr(node, "records", ()) for node in nodes.values()):
        return
    departing = []
    for name, step in pathway.steps.items():
        if moment := step.records.get(DEPARTED_AT):
            departing += [
                (name, edge) for edge in graph[name] if moment == "joined" or edge.by == "on"
            ]
    ends: dict[str, None] = {}
    for source, start in starts_of(pathway).items():
        if source in pathway.attending:
            reached = reachable_from(
                (start,), graph, closed=[*departing, *edges_of_others(pathway, source)]
            )
            ends |= {name: None for name in reached if name in pathway.ends}
    for name in ends:
        if DEPARTED_AT not in pathway.ends[name].records:
            yield Fault(
                f"ends.{name}",
                f"somebody who attends can leave by it without {DEPARTED_AT}",
                f"Record {DEPARTED_AT} there; a time recorded at an earlier step stays",
            )


def _unbounded(pathway: Pathway, graph: Graph, plain: Targets, members: Sequence[str]) -> Fault:
    """The fault of a cycle without a bound: where it goes, whether it has a way out, and whether it takes time."""
    nodes = pathway.nodes()
    shown = " -> ".join(shortest_cycle(plain, members[0], set(members)))
    phrases = [f"a loop without bound: {shown}"]
    if not any(name in pathway.ends for name in reachable_from(members[:1], graph)):
        phrases.append("no end can be reached from it")
    if not any(isinstance(node := nodes[name], Step) and node.minutes for name in members):
        phrases.append("and it takes no time")
    return Fault(
        path_of(pathway, members[0]),
        ", ".join(phrases),
        "Go round by a loop, whose passes are drawn, or lead one of them elsewhere",
    )


def path_of(pathway: Pathway, name: str) -> str:
    """The dotted path of a node."""
    kinds = ("steps", "branches", "loops", "ends")
    return next(f"{kind}.{name}" for kind in kinds if name in getattr(pathway, kind))


MOST_STATES = 100_000
"""The number of combinations of (node, pools held, categories known) above which categories are not followed."""
Pools = frozenset[str]
CLOCK = "clock:"
"""Begins the name of a clock that runs, among the pools held: a patient carries both."""


class _State(NamedTuple):
    """A patient about to join a node: the pools it may hold, and which of its categories its route leaves possible."""

    node: str
    held: Pools
    possible: int
    """A bit for each category of each attribute; all of those of attributes that are not read there or later."""


Trace = Mapping[_State, "_State | None"]
"""Every state that is possible, with one that leads to it; None at the start of a route."""


class _Explored(NamedTuple):
    """Every state that patients can be in along their routes. Not to be changed.

    `by_carried`: of the states at a node in which patients carry the same, the one that was found first;
    `follows_categories`: whether categories were followed, or dropped because there were too many states.
    """

    trace: Trace
    by_carried: Mapping[tuple[str, Pools], _State]
    follows_categories: bool


class _Move(NamedTuple):
    """A move from a node to another: the category of the branch's attribute that takes it, which pools are released
    and kept (who leaves or is blocked releases all), and which clock must run for it, or must not."""

    to: str
    category: str = ""
    released: Pools = frozenset()
    kept: Pools = frozenset()
    running: str = ""
    stopped: str = ""


class _Outgoing(NamedTuple):
    """The moves from a node, and the attribute that chooses among them ('': none does).

    Of an action: `only`, the categories of those for whom it can be set off, by attribute; `not_set_off`, its category
    for everybody else.
    """

    attribute: str
    moves: tuple[_Move, ...]
    only: tuple[tuple[str, frozenset[str]], ...] = ()
    not_set_off: str = ""


class _Route(NamedTuple):
    """All of a pathway that `explore` reads: where sources start, and the moves from each node.

    Departments that differ only in numbers have equal routes.
    """

    starts: tuple[tuple[str, str], ...]
    nodes: tuple[tuple[str, _Outgoing], ...]


def explore(pathway: Pathway) -> _Explored:
    """Every state that patients can be in along their routes.

    Branches and loops on the same attribute agree: a patient routed by one category is not routed by another one later,
    and an action is set off for those alone whom it names. With too many states to track that, the constraint is
    dropped, which can only add states, never lose one.
    """
    nodes, graph = pathway.nodes(), graph_of(pathway)
    asked_about = {node.step for node in nodes.values() if isinstance(node, ByPassed)}
    outgoing = (
        (name, _outgoing(pathway, nodes[name], graph[name], passed=name * (name in asked_about)))
        for name in graph
    )
    return _explored(_Route(tuple(starts_of(pathway).items()), tuple(outgoing)), MOST_STATES)


def _outgoing(pathway: Pathway, node: Node, edges: Sequence[Edge], *, passed: str) -> _Outgoing:
    """The moves from a node; `passed`: its name if it is a step that a branch asks about, else empty."""
    if isinstance(node, ByElapsed | ByPassed):
        clock = f"{CLOCK}{pathway.steps[node.step].since}"
        stopped = ""
        if isinstance(node, ByPassed):
            clock = stopped = f"{CLOCK}passed {node.step}"
        then, otherwise = (_Move(edge.to) for edge in edges)
        return _Outgoing("", (then._replace(running=clock), otherwise._replace(stopped=stopped)))
    if not isinstance(node, Step):
        by, moves = getattr(node, "attribute", ""), [_Move(edge.to, edge.when) for edge in edges]
        if isinstance(node, Loop):
            by = node.passes
            moves = [
                _Move(edge.to, n)
                for edge in edges
                for n in pathway.categories(by)[edge.by == "again" :]
            ]
        attribute = pathway.attributes.get(by)
        if not isinstance(attribute, Action):
            return _Outgoing("" if by == ACUITY_NOW else by, tuple(moves))
        only = tuple((other, frozenset(categories)) for other, categories in attribute.only.items())
        return _Outgoing(by, tuple(moves), only, attribute.categories[0])
    all_of, any_of = request_of(node)
    away = [_Move(edge.to, "", frozenset(pathway.pools)) for edge in edges if edge.by != "on"]
    released = frozenset(node.releases_at_start).union(node.releases_at_end)
    clocks = frozenset(f"{CLOCK}{clock}" for clock in node.starts_clock)
    clocks |= {f"{CLOCK}passed {passed}"} if passed else set()
    kept = [clocks.union({*all_of, chosen}.intersection(node.keeps)) for chosen in any_of or ("",)]
    on = [_Move(node.next, "", released, units) for units in kept]
    return _Outgoing("", (*away, *on))


@lru_cache(maxsize=16)
def _explored(route: _Route, most_states: int) -> _Explored:
    """Every state of a route; cached, as the arms of a study seldom differ in it."""
    later = _read_later(route)
    followed = _follow(route, later, most_states)
    trace = followed or _follow(route, dict.fromkeys(later, frozenset()), most_states) or {}
    by_carried: dict[tuple[str, Pools], _State] = {}
    for state in trace:
        by_carried.setdefault((state.node, state.held), state)
    return _Explored(trace, by_carried, followed is not None)


def _read_later(route: _Route) -> dict[str, frozenset[str]]:
    """The attributes that count at a node or after it, by node: those that branches read, and for an action those that
    say whom it can be set off for."""
    reads = {
        name: {node.attribute, *dict(node.only)} for name, node in route.nodes if node.attribute
    }
    plain = {name: [move.to for move in node.moves] for name, node in route.nodes}
    return {
        name: frozenset().union(
            *(reads[node] for node in {name, *descendants(plain, name)} if node in reads)
        )
        for name in plain
    }


def _follow(route: _Route, later: Mapping[str, frozenset[str]], most_states: int) -> Trace | None:
    """Every state from every source, or None if there are too many."""
    bits, any_read = _bits(route), any(later.values())
    whole = {attribute: sum(of_category.values()) for attribute, of_category in bits.items()}
    arcs = {name: tuple(_arcs(node, bits, whole)) for name, node in route.nodes}
    unread = {
        name: sum(whole[attribute] for attribute in whole.keys() - read)
        for name, read in later.items()
    }
    trace: dict[_State, _State | None] = {}
    for source, start in route.starts:
        possible = sum(whole.values()) - whole[ARRIVAL_SOURCE] + bits[ARRIVAL_SOURCE][source]
        trace.setdefault(_State(start, frozenset(), possible | unread[start]), None)
    ahead = deque(trace)
    while ahead:
        state = ahead.popleft()
        for arc in arcs[state.node]:
            if (arc.running and arc.running not in state.held) or arc.stopped in state.held:
                continue
            possible = state.possible & (arc.by | ~arc.of)
            if not possible & arc.not_set_off:
                possible &= arc.only
            if all(possible & one for one in arc.of_each):
                next_state = _State(
                    arc.to, (state.held - arc.released) | arc.kept, possible | unread[arc.to]
                )
                if next_state not in trace:
                    trace[next_state] = state
                    ahead.append(next_state)
        if len(trace) > most_states and any_read:
            return None
    return trace


class _Arc(NamedTuple):
    """A move in bits. A patient takes it with a category in `by`, of those of the attribute, `of` (both 0: always).

    not_set_off, only: of an action, its category for everybody else, and those for whom it can be set off; of_each: by
    attribute that decides, its categories, of which one must still be possible; running, stopped: a clock that must run
    for it, or must not.
    """

    to: str
    released: Pools
    kept: Pools
    by: int = 0
    of: int = 0
    not_set_off: int = 0
    only: int = -1
    of_each: tuple[int, ...] = ()
    running: str = ""
    stopped: str = ""


def _bits(route: _Route) -> dict[str, dict[str, int]]:
    """A bit for each category of each attribute that a route names."""
    named: dict[tuple[str, str], None] = dict.fromkeys(
        (ARRIVAL_SOURCE, source) for source, _ in route.starts
    )
    for _, node in route.nodes:
        named |= dict.fromkeys(
            (node.attribute, move.category) for move in node.moves if node.attribute
        )
        named |= dict.fromkeys(
            (by, category) for by, categories in node.only for category in categories
        )
    bits: dict[str, dict[str, int]] = {}
    for number, (attribute, category) in enumerate(named):
        bits.setdefault(attribute, {})[category] = 1 << number
    return bits


def _arcs(
    node: _Outgoing, bits: Mapping[str, Mapping[str, int]], whole: Mapping[str, int]
) -> Iterator[_Arc]:
    """The arcs from a node: for a branch or loop on an attribute, one to each node that it leads to."""
    if not node.attribute:
        for move in node.moves:
            yield _Arc(
                move.to, move.released, move.kept, running=move.running, stopped=move.stopped
            )
        return
    of_category, own, only = bits[node.attribute], whole[node.attribute], -1
    for by, categories in node.only:
        only &= sum(bits[by][category] for category in categories) | ~whole[by]
    of_each = (own, *(whole[by] for by, _ in node.only))
    groups: dict[str, int] = {}
    for move in node.moves:
        groups[move.to] = groups.get(move.to, 0) | of_category[move.category]
    for to, group in groups.items():
        yield _Arc(
            to,
            frozenset(),
            frozenset(),
            group,
            own,
            of_category.get(node.not_set_off, 0),
            only,
            of_each,
        )


def carried_faults(pathway: Pathway, explored: _Explored, *, clocks: bool) -> Iterator[Fault]:
    """A fault for each pool that is asked for by a patient who may hold it, or released without being held; and, if
    `clocks`, for each step that counts since a clock which nothing starts on some route to it.

    The minutes of such a step would count from now for some and from the start for others: a result without a sample.
    """
    trace = explored.trace
    states_at: dict[str, list[_State]] = {}
    for state in explored.by_carried.values():
        states_at.setdefault(state.node, []).append(state)
    for name, step in pathway.steps.items():
        states = states_at.get(name, [])
        where = f"steps.{name}"
        unstarted = (state for state in states if f"{CLOCK}{step.since}" not in state.held)
        if clocks and step.since and (first := next(unstarted, None)):
            yield Fault(
                f"{where}.since",
                f"nothing starts '{step.since}' for some patients, who come from {_path(trace, first, '')}",
                "Start it at a step on that way (starts_clock), or lead them to a step "
                "that does not count since it",
            )
        for pool in dict.fromkeys(pool for part in request_of(step) for pool in part):
            holder = next((state for state in states if pool in state.held), None)
            if holder:
                remedy = "Release it at the end of an earlier step, or lead those who hold it round this step"
                path = _path(trace, holder, pool)
                yield Fault(
                    where,
                    f"asks for '{pool}', which a patient may hold already (kept at {path})",
                    remedy,
                )
        held = frozenset[str]().union(*(state.held for state in states))
        for key, pools in (
            ("releases_at_start", step.releases_at_start),
            ("releases_at_end", step.releases_at_end),
        ):
            for number, pool in enumerate(pools):
                if states and pool not in held and pool not in step.keeps:
                    yield Fault(
                        f"{where}.{key}.{number}",
                        f"'{pool}' is never held here",
                        "Keep it at an earlier step, or remove it here",
                    )
            held = held.difference(pools)


def _path(trace: Trace, state: _State, pool: str) -> str:
    """The path to a state from the step that kept a pool, or else from the start, in words."""
    nodes = [state.node]
    before = trace[state]
    while before:
        nodes.append(before.node)
        if pool and pool not in before.held:
            break
        before = trace[before]
    shown = nodes[::-1] if len(nodes) <= 5 else [nodes[-1], nodes[-2], "...", *nodes[1::-1]]
    return f"'{nodes[-1]}': {' -> '.join(shown)}"


class _Wait(NamedTuple):
    """A patient who may wait at a step: the finite pools held meanwhile, and the finite pools waited for."""

    step: str
    held: Pools
    all_of: Pools
    any_of: Pools
    """Empty if one of the alternatives is unlimited, as one of them is then always free."""

    def blocked_by(self, stuck: set[str]) -> Pools:
        """The stuck pools that keep this wait from ever ending; none if it can end."""
        if self.any_of and self.any_of <= stuck:
            return (self.all_of & stuck) or self.any_of
        return self.all_of & stuck


def deadlock_faults(pathway: Pathway, explored: _Explored) -> Iterator[Fault]:
    """A fault for each ring of pools that can be held for ever by patients who wait for one another's.

    A set of pools can deadlock if each may be held by a patient whose wait needs another of the set: one of `asks` in
    it, or every alternative of `any_of`. The largest such set is what remains after removing pools that always come
    free again. Neither patience, nor a queue limit, nor escalation resolves it for certain.
    """
    hold_and_waits = _hold_and_waits(pathway, explored)
    stuck = {name for name, pool in pathway.pools.items() if not pool.unlimited}
    while free := {
        pool
        for pool in stuck
        if not any(pool in wait.held and wait.blocked_by(stuck) for wait in hold_and_waits)
    }:
        stuck -= free
    needs: dict[tuple[str, str], str] = {}
    for wait in hold_and_waits:
        for pool in pathway.pools:
            if pool in stuck and pool in wait.held:
                for wanted in sorted(wait.blocked_by(stuck) - {pool}):
                    needs.setdefault((pool, wanted), wait.step)
    graph = {
        pool: [wanted for kept, wanted in needs if kept == pool]
        for pool in pathway.pools
        if pool in stuck
    }
    for group in cycles(graph):
        ring = shortest_cycle(graph, group[0], set(group))
        phrases = [
            f"'{kept}' is held while waiting at '{needs[kept, wanted]}' for '{wanted}'"
            for kept, wanted in pairwise(ring)
        ]
        yield Fault(
            f"pools.{group[0]}",
            f"patients can wait for one another for ever: {', '.join(phrases)}",
            "Release one before waiting for the next, or add to any_of a pool outside this ring",
        )


def _hold_and_waits(pathway: Pathway, explored: _Explored) -> list[_Wait]:
    """Every different wait while a finite pool is held (hold and wait). With a queue limit of 0 nobody waits."""
    finite = frozenset(name for name, pool in pathway.pools.items() if not pool.unlimited)
    distinct: dict[_Wait, None] = {}
    for node, carried in explored.by_carried:
        step, held = pathway.steps.get(node), carried & finite
        if step and held and waits(step) and step.queue_limit != 0:
            all_of, any_of = request_of(step)
            alternatives = frozenset(any_of) if finite.issuperset(any_of) else frozenset[str]()
            distinct[_Wait(node, held, finite.intersection(all_of), alternatives)] = None
    return list(distinct)


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


def staffing_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each pool that is asked for at hours at which it has no unit.

    It is no fault if an alternative has a unit; if a queue limit blocks patients; if every route to the step passes
    a branch on hours that leads there only while the pool has units; or if the pool states that patients wait until it
    opens, and it does open.
    """
    reached = reached_in(pathway)
    gaps: dict[tuple[str, ...], list[str]] = {}
    when_empty: dict[tuple[str, ...], list[Interval]] = {}  # many steps ask for the same pools
    for name, step in pathway.steps.items():
        if name not in reached:
            continue
        for pools in alternatives_of(step):
            if pools not in when_empty:
                when_empty[pools] = empty_hours(
                    tuple(without_closed(pathway, pathway.pools[pool]) for pool in pools)
                )
            empty = when_empty[pools]
            waits_for_opening = empty != ALWAYS and any(
                pathway.pools[pool].queues_until_open for pool in pools
            )
            if not empty or waits_for_opening or step.queue_limit is not None:
                continue
            if not _shut_out(pathway, name, empty):
                gaps.setdefault(pools, []).append(name)
    for pools, names in gaps.items():
        when = week_words(when_empty[pools])
        who = (
            f"'{pools[0]}' has no unit"
            if len(pools) == 1
            else f"none of {quote_names(pools)} has a unit"
        )
        remedy = NEVER_OPEN if when_empty[pools] == ALWAYS else SOMETIMES_CLOSED
        yield Fault(
            f"pools.{pools[0]}", f"{who} {when}, but is asked for at {quote_names(names)}", remedy
        )


def without_closed(pathway: Pathway, pool: Pool) -> Pool:
    """A pool without the units that an outage closes if it is down all the time."""
    outage = pathway.outages.get(pool.closed_while or "")
    if not outage or down_share(outage) < 1:
        return pool
    return replace(pool, extra=pool.extra - (closed_units(pool) or LARGEST_WHOLE))


@lru_cache(maxsize=1024)
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


def _shut_out(pathway: Pathway, step: str, empty: Sequence[Interval]) -> bool:
    """Whether nobody can reach a step at these times, because branches on hours lead elsewhere."""
    closed, graph = [], graph_of(pathway)
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByHours):
            spans = weekly_spans(branch.hours, branch.days)
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


def week_words(empty: Sequence[Interval]) -> str:
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
