"""The part of `check` about pools: who holds what while waiting for what, and whether anybody is on duty."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulation.pathway.department import (
    ACUITY_NOW,
    STREAM,
    Branch,
    ByAttribute,
    ByHours,
    End,
    Loop,
    Pathway,
    Pool,
    Step,
)
from simulation.pathway.findings import Findings, listed
from simulation.pathway.rota import intervals, timetable
from simulation.pathway.ways import Lead, cycles, reach, reached_from, round_trip, starts_of, waits
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS

MOST_STATES = 40_000
"""Above so many combinations of (node, pools held, categories known) patients' categories are not followed."""
Interval = tuple[int, int]
Pools = frozenset[str]


@dataclass(frozen=True)
class _State:
    """A patient about to join a node: the pools it may hold, and what the route says of its categories."""

    node: str
    held: Pools
    known: frozenset[tuple[str, frozenset[str]]] = frozenset()


Trace = Mapping[_State, "_State | None"]
"""Every state that can come about, and one that it came from."""


def explore(pathway: Pathway, lead: Lead) -> Trace:
    """Follow everybody through the route with what they may hold.

    A branch on an attribute that is met again later sorts people for good: who was sent one way by their stream
    is not sent another way by it afterwards. Where that is too much to follow it is left out, which can only add
    states, never lose one.
    """
    trace = _follow(pathway, lead, _asked_later(pathway, lead))
    if trace is None:
        trace = _follow(pathway, lead, dict.fromkeys(lead, frozenset()))
    return trace or {}


def _asked_later(pathway: Pathway, lead: Lead) -> dict[str, frozenset[str]]:
    """For each node the attributes that a branch at it or after it reads."""
    reads = {
        name: branch.attribute
        for name, branch in pathway.branches.items()
        if isinstance(branch, ByAttribute) and branch.attribute != ACUITY_NOW
    }
    plain = {name: [way.to for way in found] for name, found in lead.items()}
    return {name: frozenset(reads[each] for each in {name, *reach(plain, name)} if each in reads) for name in lead}


def _follow(pathway: Pathway, lead: Lead, later: Mapping[str, frozenset[str]]) -> Trace | None:
    """Every state from every source, or None if there are too many."""
    nodes = pathway.nodes()
    trace: dict[_State, _State | None] = {}
    for name, start in starts_of(pathway).items():
        mine = {STREAM: frozenset((name,))} if STREAM in later[start] else {}
        trace.setdefault(_State(start, frozenset(), frozenset(mine.items())), None)
    ahead = deque(trace)
    while ahead:
        state = ahead.popleft()
        for move in _moves(nodes[state.node], lead, state):
            facts = frozenset(fact for fact in move.known if fact[0] in later[move.node])
            after = _State(move.node, move.held, facts)
            if after not in trace:
                trace[after] = state
                ahead.append(after)
        if len(trace) > MOST_STATES and any(later.values()):
            return None
    return trace


def _moves(node: Step | Branch | Loop | End, lead: Lead, state: _State) -> Iterator[_State]:
    """Where a patient can go from a node. Whoever leaves or is turned away has given everything back."""
    if isinstance(node, Step):
        for way in lead[state.node]:
            if way.by != "on":
                yield _State(way.to, frozenset(), state.known)
        all_of, any_of = _request(node)
        for one in any_of or ("",):
            taken = {*all_of, one}.intersection(node.keeps)
            held = (state.held.difference(node.gives_up_at_start) | taken).difference(node.gives_up_at_end)
            yield _State(node.next, held, state.known)
    elif isinstance(node, ByAttribute) and node.attribute != ACUITY_NOW:
        yield from _sorted_out(lead, state, node.attribute)
    else:
        for way in lead[state.node]:
            yield _State(way.to, state.held, state.known)


def _sorted_out(lead: Lead, state: _State, attribute: str) -> Iterator[_State]:
    """The ways of a branch on an attribute that are open to a patient of whom something may be known already."""
    facts = dict(state.known)
    groups: dict[str, set[str]] = {}
    for way in lead[state.node]:
        if attribute not in facts or way.when in facts[attribute]:
            groups.setdefault(way.to, set()).add(way.when)
    for to, categories in groups.items():
        yield _State(to, state.held, frozenset({**facts, attribute: frozenset(categories)}.items()))


def _request(step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All of these pools, and one of those: what a step asks for once it has widened, if it does."""
    if step.widens is None:
        return step.asks, step.any_of
    if step.any_of:
        return step.asks, (*step.any_of, *step.widens.any_of)
    return (), (*step.asks, *step.widens.any_of)


def check_holding(pathway: Pathway, found: Findings, trace: Trace) -> None:
    """Nobody asks for a pool it may hold, and nobody gives up what it can never hold."""
    at: dict[str, list[_State]] = {}
    for state in trace:
        at.setdefault(state.node, []).append(state)
    for name, step in pathway.steps.items():
        states = at.get(name, [])
        where = f"steps.{name}"
        for pool in dict.fromkeys(pool for part in _request(step) for pool in part):
            holder = next((state for state in states if pool in state.held), None)
            if holder is not None:
                remedy = "Give it up at the end of an earlier step, or lead those who hold it round this step"
                kept = _kept_at(trace, holder, pool)
                found.add(where, f"asks for '{pool}', which a patient may hold already ({kept})", remedy)
        held = frozenset[str]().union(*(state.held for state in states))
        for key, pools in (
            ("gives_up_at_start", step.gives_up_at_start),
            ("gives_up_at_end", step.gives_up_at_end),
        ):
            for number, pool in enumerate(pools):
                if states and pool not in held and pool not in step.keeps:
                    remedy = "Keep it at an earlier step, or remove it here"
                    found.add(f"{where}.{key}.{number}", f"'{pool}' is never held here", remedy)
            held = held.difference(pools)


def _kept_at(trace: Trace, state: _State, pool: str) -> str:
    """Which step kept a pool, and how the patient came here."""
    nodes = [state.node]
    before = trace[state]
    while before is not None:
        nodes.append(before.node)
        if pool not in before.held:
            break
        before = trace[before]
    shown = nodes[::-1] if len(nodes) <= 5 else [nodes[-1], nodes[-2], "...", *nodes[1::-1]]
    return f"kept at '{nodes[-1]}': {' -> '.join(shown)}"


@dataclass(frozen=True)
class _Wait:
    """Somebody who may wait at a step: the finite pools it holds meanwhile, and the finite pools it waits for."""

    step: str
    held: Pools
    all_of: Pools
    any_of: Pools
    """Empty if one of the alternatives is unlimited, as one of them is then always free."""

    def blocked_by(self, stuck: set[str]) -> Pools:
        """Which of the stuck pools keep this wait from ever ending; none if it can end."""
        if self.any_of and self.any_of <= stuck:
            return (self.all_of & stuck) or self.any_of
        return self.all_of & stuck


def check_deadlocks(pathway: Pathway, found: Findings, trace: Trace) -> None:
    """Whether some pools can all be held for ever by patients who wait for one another's.

    A set of pools can be stuck if each may be held by somebody whose wait needs another of the set: one of `asks`
    in it, or every alternative of `any_of`. The largest such set is what is left when pools that always come
    free again are struck out. Neither patience, nor a queue limit, nor escalation undoes it for certain.
    """
    blocked = _waits_holding(pathway, trace)
    stuck = {name for name, pool in pathway.pools.items() if not pool.unlimited}
    while free := {pool for pool in stuck if not any(pool in w.held and w.blocked_by(stuck) for w in blocked)}:
        stuck -= free
    needs: dict[tuple[str, str], str] = {}
    for wait in blocked:
        for pool in pathway.pools:
            if pool in stuck and pool in wait.held:
                for wanted in sorted(wait.blocked_by(stuck) - {pool}):
                    needs.setdefault((pool, wanted), wait.step)
    graph = {pool: [wanted for kept, wanted in needs if kept == pool] for pool in pathway.pools if pool in stuck}
    for group in cycles(graph):
        ring = round_trip(graph, group[0], set(group))
        told = [
            f"'{kept}' is held while waiting at '{needs[kept, wanted]}' for '{wanted}'"
            for kept, wanted in pairwise(ring)
        ]
        remedy = "Give one up before waiting for the next, or add to any_of a pool outside this ring"
        found.add(f"pools.{group[0]}", f"patients can wait for one another for ever: {', '.join(told)}", remedy)


def _waits_holding(pathway: Pathway, trace: Trace) -> list[_Wait]:
    """Every different wait while something finite is held. With a limit of 0 nobody waits."""
    finite = frozenset(name for name, pool in pathway.pools.items() if not pool.unlimited)
    found: dict[_Wait, None] = {}
    for state in trace:
        step = pathway.steps.get(state.node)
        if step is not None and state.held & finite and waits(step) and step.queue_limit != 0:
            all_of, any_of = _request(step)
            alternatives = frozenset(any_of) if finite.issuperset(any_of) else frozenset[str]()
            found[_Wait(state.node, state.held & finite, finite.intersection(all_of), alternatives)] = None
    return list(found)


def check_staffing(pathway: Pathway, found: Findings, lead: Lead, reached: Mapping[str, None]) -> None:
    """Whoever asks for a pool can find somebody on duty, whatever the hour.

    Not a fault: where an alternative is on duty; where a queue limit turns people away; where every way to the
    step passes a branch on hours that leads here only while the pool has units.
    """
    gaps: dict[tuple[str, ...], list[str]] = {}
    when_empty: dict[tuple[str, ...], list[Interval]] = {}  # many steps ask for the same pools
    for name in (name for name in pathway.steps if name in reached):
        step = pathway.steps[name]
        all_of, any_of = _request(step)
        for pools in (*((pool,) for pool in all_of), *((any_of,) if any_of else ())):
            if pools not in when_empty:
                when_empty[pools] = _empty(tuple(pathway.pools[pool] for pool in pools))
            empty = when_empty[pools]
            if empty and step.queue_limit is None and not _shut_out(pathway, lead, name, empty):
                gaps.setdefault(pools, []).append(name)
    for pools, names in gaps.items():
        when = _when(when_empty[pools])
        who = f"'{pools[0]}' has no unit" if len(pools) == 1 else f"none of {listed(pools)} has a unit"
        remedy = "Staff it, add an alternative to any_of, or lead patients elsewhere by a branch on hours"
        found.add(f"pools.{pools[0]}", f"{who} {when}, but is asked for at {listed(names)}", remedy)


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


def _shut_out(pathway: Pathway, lead: Lead, step: str, empty: Sequence[Interval]) -> bool:
    """Whether every way to a step passes a branch on hours that does not lead to it at these times."""
    closed = []
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByHours):
            opened = intervals(branch.hours, branch.days)
            then, otherwise = lead[name]
            if not any(start < until and since < end for start, end in empty for since, until in opened):
                closed.append((name, then))
            if all(any(since <= start and end <= until for since, until in opened) for start, end in empty):
                closed.append((name, otherwise))
    return step not in reached_from(starts_of(pathway).values(), lead, closed=closed)


def _when(empty: Sequence[Interval]) -> str:
    """Times of the week in words: '22:00-08:00 every day', 'sat, sun 00:00-24:00', 'at any hour'."""
    spans = list(empty)
    if spans == [(0, WEEK)]:
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
