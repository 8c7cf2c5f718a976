"""The part of `check` about deadlock: which pools patients may hold while they wait for others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from simulation.pathway.check.fault_list import FaultList
from simulation.pathway.department import (
    ACUITY_NOW,
    ARRIVAL_SOURCE,
    Branch,
    ByAttribute,
    End,
    Loop,
    Pathway,
    Step,
)
from simulation.pathway.graph import Graph, cycles, descendants, shortest_cycle, starts_of, waits

MOST_STATES = 40_000
"""The number of combinations of (node, pools held, categories known) above which categories are not followed."""
Interval = tuple[int, int]
Pools = frozenset[str]


@dataclass(frozen=True)
class _State:
    """A patient about to join a node: the pools it may hold, and what its route implies about its categories."""

    node: str
    held: Pools
    known: frozenset[tuple[str, frozenset[str]]] = frozenset()


Trace = Mapping[_State, "_State | None"]
"""Every state that is possible, with one that leads to it; None at the start of a route."""


def explore(pathway: Pathway, graph: Graph) -> Trace:
    """Every state that patients can be in along their routes.

    Branches on the same attribute agree: a patient routed by one category is not routed by another one later. With too
    many states to track that, the constraint is dropped, which can only add states, never lose one.
    """
    trace = _follow(pathway, graph, _read_later(pathway, graph))
    if trace is None:
        trace = _follow(pathway, graph, dict.fromkeys(graph, frozenset()))
    return trace or {}


def _read_later(pathway: Pathway, graph: Graph) -> dict[str, frozenset[str]]:
    """The attributes that a branch at a node or after it reads, by node."""
    reads = {
        name: branch.attribute
        for name, branch in pathway.branches.items()
        if isinstance(branch, ByAttribute) and branch.attribute != ACUITY_NOW
    }
    plain = {name: [edge.to for edge in edges] for name, edges in graph.items()}
    return {
        name: frozenset(reads[node] for node in {name, *descendants(plain, name)} if node in reads) for name in graph
    }


def _follow(pathway: Pathway, graph: Graph, later: Mapping[str, frozenset[str]]) -> Trace | None:
    """Every state from every source, or None if there are too many."""
    nodes = pathway.nodes()
    trace: dict[_State, _State | None] = {}
    for name, start in starts_of(pathway).items():
        known = {ARRIVAL_SOURCE: frozenset((name,))} if ARRIVAL_SOURCE in later[start] else {}
        trace.setdefault(_State(start, frozenset(), frozenset(known.items())), None)
    ahead = deque(trace)
    while ahead:
        state = ahead.popleft()
        for move in _moves(nodes[state.node], graph, state):
            known_later = frozenset(fact for fact in move.known if fact[0] in later[move.node])
            next_state = _State(move.node, move.held, known_later)
            if next_state not in trace:
                trace[next_state] = state
                ahead.append(next_state)
        if len(trace) > MOST_STATES and any(later.values()):
            return None
    return trace


def _moves(node: Step | Branch | Loop | End, graph: Graph, state: _State) -> Iterator[_State]:
    """The states that can follow at a node. A patient who leaves or is turned away has released every pool."""
    if isinstance(node, Step):
        for edge in graph[state.node]:
            if edge.by != "on":
                yield _State(edge.to, frozenset(), state.known)
        all_of, any_of = request_of(node)
        for chosen in any_of or ("",):
            kept = {*all_of, chosen}.intersection(node.keeps)
            held = (state.held.difference(node.releases_at_start) | kept).difference(node.releases_at_end)
            yield _State(node.next, held, state.known)
    elif isinstance(node, ByAttribute) and node.attribute != ACUITY_NOW:
        yield from _moves_by_attribute(graph, state, node.attribute)
    else:
        for edge in graph[state.node]:
            yield _State(edge.to, state.held, state.known)


def _moves_by_attribute(graph: Graph, state: _State, attribute: str) -> Iterator[_State]:
    """The states that can follow at a branch on an attribute, given the categories that are still possible."""
    known = dict(state.known)
    groups: dict[str, set[str]] = {}
    for edge in graph[state.node]:
        if attribute not in known or edge.when in known[attribute]:
            groups.setdefault(edge.to, set()).add(edge.when)
    for to, categories in groups.items():
        yield _State(to, state.held, frozenset({**known, attribute: frozenset(categories)}.items()))


def request_of(step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pools of which a step needs all, and those of which it needs one, overflow included."""
    if step.overflow is None:
        return step.asks, step.any_of
    if step.any_of:
        return step.asks, (*step.any_of, *step.overflow.any_of)
    return (), (*step.asks, *step.overflow.any_of)


def check_releases(pathway: Pathway, faults: FaultList, trace: Trace) -> None:
    """Add a fault for each pool that is asked for by a patient who may hold it, or released without being held."""
    states_at: dict[str, list[_State]] = {}
    for state in trace:
        states_at.setdefault(state.node, []).append(state)
    for name, step in pathway.steps.items():
        states = states_at.get(name, [])
        where = f"steps.{name}"
        for pool in dict.fromkeys(pool for part in request_of(step) for pool in part):
            holder = next((state for state in states if pool in state.held), None)
            if holder is not None:
                remedy = "Release it at the end of an earlier step, or lead those who hold it round this step"
                kept = _kept_at(trace, holder, pool)
                faults.add(where, f"asks for '{pool}', which a patient may hold already ({kept})", remedy)
        held = frozenset[str]().union(*(state.held for state in states))
        for key, pools in (
            ("releases_at_start", step.releases_at_start),
            ("releases_at_end", step.releases_at_end),
        ):
            for number, pool in enumerate(pools):
                if states and pool not in held and pool not in step.keeps:
                    remedy = "Keep it at an earlier step, or remove it here"
                    faults.add(f"{where}.{key}.{number}", f"'{pool}' is never held here", remedy)
            held = held.difference(pools)


def _kept_at(trace: Trace, state: _State, pool: str) -> str:
    """The step that kept a pool, and the path from it, in words."""
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


def check_deadlocks(pathway: Pathway, faults: FaultList, trace: Trace) -> None:
    """Add a fault for each ring of pools that can be held for ever by patients who wait for one another's.

    A set of pools can deadlock if each may be held by a patient whose wait needs another of the set: one of `asks` in
    it, or every alternative of `any_of`. The largest such set is what remains after removing pools that always come
    free again. Neither patience, nor a queue limit, nor escalation resolves it for certain.
    """
    waits_holding = _waits_holding(pathway, trace)
    stuck = {name for name, pool in pathway.pools.items() if not pool.unlimited}
    while free := {
        pool for pool in stuck if not any(pool in wait.held and wait.blocked_by(stuck) for wait in waits_holding)
    }:
        stuck -= free
    needs: dict[tuple[str, str], str] = {}
    for wait in waits_holding:
        for pool in pathway.pools:
            if pool in stuck and pool in wait.held:
                for wanted in sorted(wait.blocked_by(stuck) - {pool}):
                    needs.setdefault((pool, wanted), wait.step)
    graph = {pool: [wanted for kept, wanted in needs if kept == pool] for pool in pathway.pools if pool in stuck}
    for group in cycles(graph):
        ring = shortest_cycle(graph, group[0], set(group))
        phrases = [
            f"'{kept}' is held while waiting at '{needs[kept, wanted]}' for '{wanted}'"
            for kept, wanted in pairwise(ring)
        ]
        remedy = "Release one before waiting for the next, or add to any_of a pool outside this ring"
        faults.add(f"pools.{group[0]}", f"patients can wait for one another for ever: {', '.join(phrases)}", remedy)


def _waits_holding(pathway: Pathway, trace: Trace) -> list[_Wait]:
    """Every different wait while a finite pool is held. With a queue limit of 0 nobody waits."""
    finite = frozenset(name for name, pool in pathway.pools.items() if not pool.unlimited)
    distinct: dict[_Wait, None] = {}
    for state in trace:
        step = pathway.steps.get(state.node)
        if step is not None and state.held & finite and waits(step) and step.queue_limit != 0:
            all_of, any_of = request_of(step)
            alternatives = frozenset(any_of) if finite.issuperset(any_of) else frozenset[str]()
            distinct[_Wait(state.node, state.held & finite, finite.intersection(all_of), alternatives)] = None
    return list(distinct)
