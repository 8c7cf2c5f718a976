"""The graph of a route: the edges out of every node, what can be reached by them, and what is recorded on the way.

A pathway holds routes that only some policies open, so a picture of all of them shows nobody's department: a `Subgraph`
is the part that some patients can take. It is for pictures and tables only: engines read the whole pathway.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Literal, NamedTuple, TypeVar
from weakref import finalize

from simulation.department.durations import attributes_of
from simulation.department.vocabulary import (
    ARRIVAL_SOURCE,
    DEPARTED_AT,
    ByAttribute,
    ByChance,
    Chance,
    End,
    Loop,
    Moment,
    Node,
    Pathway,
    Step,
)

Result = TypeVar("Result")
WORSENING = ("worsened_at", "noticed_at")
"""The further points in time of a department in which patients get worse while they wait."""


def cached_by_pathway(function: Callable[[Pathway], Result]) -> Callable[[Pathway], Result]:
    """Cache a function's result for each pathway as long as that lives. A result must not hold its pathway."""
    known: dict[int, Result] = {}

    @wraps(function)
    def cached(pathway: Pathway) -> Result:
        key = id(pathway)
        if key not in known:
            known[key] = function(pathway)
            finalize(pathway, known.pop, key, None).atexit = False
        return known[key]

    return cached


@dataclass(frozen=True)
class Edge:
    """An edge out of a node: its target `to`, its kind `by`, and its label `when` (a category, a probability).

    Kinds: `on`, the step is over; `case`, a branch decides; `again` and `done`, a loop goes round, or is over;
    `blocked`, the queue is full; `leaves`, patience ends.
    """

    to: str
    by: Literal["on", "case", "again", "done", "blocked", "leaves"]
    when: str = ""


@cached_by_pathway
def graph_of(pathway: Pathway) -> Mapping[str, tuple[Edge, ...]]:
    """The edges out of every node, in declared order; a branch on an attribute has one for each category.

    Assumes that names are known (`check_pathway`).
    """
    return {name: tuple(_edges_out(pathway, node)) for name, node in pathway.nodes().items()}


def _edges_out(pathway: Pathway, node: Node) -> Iterator[Edge]:
    if isinstance(node, Step):
        yield Edge(node.next, "on")
        if node.blocked_next is not None and node.queue_limit is not None:
            yield Edge(node.blocked_next, "blocked", f"more than {node.queue_limit} waiting")
        if node.may_leave and waits(node) and pathway.patience:
            yield Edge(pathway.patience.next, "leaves", "patience ends")
    elif isinstance(node, ByAttribute):
        for category in pathway.categories(node.attribute):
            to = node.cases.get(category, node.otherwise)
            if to is not None:
                yield Edge(to, "case", category)
    elif isinstance(node, ByChance):
        for to, share in node.targets.items():
            yield Edge(to, "case", f"{100 * share:g} %")
    elif isinstance(node, Loop):
        yield Edge(node.again, "again", "again")
        yield Edge(node.next, "done", "done")
    elif not isinstance(node, End):
        yield Edge(node.then, "case", node.then_if())
        yield Edge(node.otherwise, "case", "otherwise")


def waits(step: Step) -> bool:
    """Whether a step asks for a pool, so that patients can wait at it."""
    return bool(step.asks or step.any_of)


def request_of(step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pools of which a step needs all, and those of which it needs one, overflow included."""
    if step.overflow is None:
        return step.asks, step.any_of
    if step.any_of:
        return step.asks, (*step.any_of, *step.overflow.any_of)
    return (), (*step.asks, *step.overflow.any_of)


def alternatives_of(step: Step) -> tuple[tuple[str, ...], ...]:
    """The pools of which a step needs one, for each unit that it needs."""
    all_of, any_of = request_of(step)
    each = tuple((pool,) for pool in all_of)
    return (*each, any_of) if any_of else each


def branches_reading(pathway: Pathway, *attributes: str) -> tuple[str, ...]:
    """The branches that read one of these attributes, by name."""
    return tuple(
        name
        for name, branch in pathway.branches.items()
        if isinstance(branch, ByAttribute) and branch.attribute in attributes
    )


Graph = Mapping[str, tuple[Edge, ...]]
Targets = Mapping[str, Sequence[str]]
"""The nodes to which each node leads."""


def starts_of(pathway: Pathway) -> dict[str, str]:
    """The node at which each source of patients starts."""
    return {name: source.starts for name, source in pathway.sources.items()}


def reachable(starts: Iterable[str], targets: Callable[[str], Iterable[str]]) -> dict[str, None]:
    """Everything that can be reached from `starts`, themselves included, nearest first; `targets`: where one leads."""
    reached = dict.fromkeys(starts)
    ahead = list(reached)
    for name in ahead:  # which grows
        for to in targets(name):
            if to not in reached:
                reached[to] = None
                ahead.append(to)
    return reached


def reachable_from(
    starts: Iterable[str], graph: Graph, *, closed: Iterable[tuple[str, Edge]] = ()
) -> dict[str, None]:
    """Every node that can be reached from `starts`, themselves included, without the closed edges."""
    shut = set(closed)
    return reachable(
        starts, lambda name: (edge.to for edge in graph[name] if (name, edge) not in shut)
    )


def descendants(graph: Targets, start: str) -> Collection[str]:
    """Every node that can be reached from a node along one edge or more."""
    return reachable(graph[start], lambda name: graph.get(name, ())).keys()


def cycles(graph: Targets) -> list[list[str]]:
    """The groups of nodes that lead to one another (strongly connected components with a cycle), in the given order."""
    after = {name: descendants(graph, name) for name in graph}
    groups: list[list[str]] = []
    for name in graph:
        if name in after[name] and not any(name in group for group in groups):
            groups.append(
                [member for member in graph if member in after[name] and name in after[member]]
            )
    return groups


def shortest_cycle(graph: Targets, start: str, members: set[str]) -> list[str]:
    """A shortest path from a node back to itself within a group."""
    before: dict[str, str] = {}
    ahead = deque([start])
    while start not in before:
        name = ahead.popleft()
        for to in graph[name]:
            if to in members and to not in before:
                before[to] = name
                ahead.append(to)
    path = [start, before[start]]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]


class Coins(NamedTuple):
    """The coins of a branch by chance: one for each combination of passes of the loops around it.

    `loops`: the loops that can bring a patient back to the branch, each with its stride (by how many coins one pass
    advances); `number`: the number of coins.
    """

    loops: tuple[tuple[str, int], ...]
    number: int


@cached_by_pathway
def coins_of(pathway: Pathway) -> dict[str, Coins]:
    """The coins of every branch by chance, by its name; outside loops there is a single one.

    A patient who has begun p passes of each loop takes the coin at the sum of p times stride; so nobody meets a coin
    twice, and coin 0 is that of a patient who has not gone round any loop yet.
    """
    graph = graph_of(pathway)
    plain = {name: [edge.to for edge in edges] for name, edges in graph.items()}
    by_chance = [name for name, branch in pathway.branches.items() if isinstance(branch, ByChance)]
    bodies = {
        name: reachable_from((loop.again,), graph, closed=[(name, edge) for edge in graph[name]])
        for name, loop in pathway.loops.items()
        if by_chance
    }
    coins = {}
    for name in by_chance:
        after, number, loops = descendants(plain, name), 1, []
        for loop_name, body in bodies.items():
            if name in body and loop_name in after:
                loops.append((loop_name, number))
                number *= len(pathway.categories(pathway.loops[loop_name].passes))
        coins[name] = Coins(tuple(loops), number)
    return coins


def coin_name(branch: str, number: int = 0) -> str:
    """The attribute that holds a coin of a branch by chance.

    >>> coin_name("seen_again"), coin_name("seen_again", 2)
    ('coin:seen_again', 'coin:seen_again:2')
    """
    return f"coin:{branch}:{number}" if number else f"coin:{branch}"


@cached_by_pathway
def label_dependent(pathway: Pathway) -> tuple[str, ...]:
    """The attributes that depend on the label: chances that lean on it, and all that depend on one of these."""
    depending: list[str] = []
    for name, attribute in pathway.attributes.items():
        if isinstance(attribute, Chance):
            depends = bool(attribute.label_weight) or not attributes_of(attribute.p).isdisjoint(
                depending
            )
        else:
            by = {getattr(attribute, key, None) for key in ("by", "like")}
            by |= {factors.by for factors in getattr(attribute, "times", ())}
            depends = not by.isdisjoint(depending)
        if depends:
            depending.append(name)
    return tuple(depending)


@cached_by_pathway
def nodes_by_source(pathway: Pathway) -> dict[str, frozenset[str]]:
    """The nodes that patients of each source can reach: a branch on the source sends them one way only."""
    graph = graph_of(pathway)
    return {
        source: frozenset(reachable_from((start,), graph, closed=edges_of_others(pathway, source)))
        for source, start in starts_of(pathway).items()
    }


def edges_of_others(pathway: Pathway, source: str) -> list[tuple[str, Edge]]:
    """The edges that patients of a source never take: those of branches on the source for other sources."""
    graph = graph_of(pathway)
    by_source = branches_reading(pathway, ARRIVAL_SOURCE)
    return [(name, edge) for name in by_source for edge in graph[name] if edge.when != source]


@cached_by_pathway
def durations_by_source(pathway: Pathway) -> dict[str, frozenset[str]]:
    """The durations that patients of each source can need (patience and worsening too), and those that nobody needs."""
    needed = {}
    for source, reached in nodes_by_source(pathway).items():
        durations = {
            minutes
            for name in reached
            if name in pathway.steps
            for minutes in pathway.steps[name].minutes
        }
        clocks = (pathway.patience, pathway.worsening)
        durations |= {clock.minutes for clock in clocks if clock and source in clock.arrivals}
        needed[source] = frozenset(durations)
    unused = frozenset(pathway.durations).difference(*needed.values())
    return {source: durations | unused for source, durations in needed.items()}


def records_of(node: object) -> Mapping[str, Moment]:
    """The moment that a node records under each name; an end records the moment of joining it."""
    if isinstance(node, End):
        return dict.fromkeys(node.records, "joined")
    return node.records if isinstance(node, Step) else {}


def dated_in(pathway: Pathway) -> tuple[str, ...]:
    """The points in time that a department records besides the arrival, in declared order."""
    recorded = dict.fromkeys(name for node in pathway.nodes().values() for name in records_of(node))
    return (*recorded, *(WORSENING if pathway.worsening else ()))


@cached_by_pathway
def dated_after_departure(pathway: Pathway) -> frozenset[str]:
    """The points in time that can be recorded after a patient has left A&E, as on a ward. Assumes known names."""
    graph, nodes = graph_of(pathway), pathway.nodes()
    departing = [name for name, node in nodes.items() if DEPARTED_AT in records_of(node)]
    after = reachable_from((edge.to for name in departing for edge in graph[name]), graph)
    return frozenset(point for name in after for point in records_of(nodes[name])) - {DEPARTED_AT}


@dataclass(frozen=True)
class Subgraph:
    """A part of a pathway: where each source starts, and the edges out of each node.

    `unused`: nodes that nobody can reach; `passed`: branches and loops left out because they decide nothing, each with
    the node that follows, to which the edges to it lead instead.
    """

    starts: dict[str, str]
    edges: Graph
    unused: tuple[str, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()

    def after(self, node: str) -> str:
        """The node itself, or the one that follows a branch that decides nothing."""
        return dict(self.passed).get(node, node)


def whole_graph(pathway: Pathway) -> Subgraph:
    """Every node and edge of a pathway."""
    return Subgraph(starts_of(pathway), graph_of(pathway))


def subgraph_of(
    pathway: Pathway, closed: Collection[tuple[str, Edge]], *, keep: Collection[str] = ()
) -> Subgraph:
    """A pathway without the closed edges and the nodes to which only these lead.

    A branch or loop of which one edge is left is passed over, unless it is in `keep`.
    """
    shut = set(closed)
    whole, starts = graph_of(pathway), starts_of(pathway)
    reached = reachable_from(starts.values(), whole, closed=shut)
    open_edges = {
        name: tuple(edge for edge in edges if (name, edge) not in shut)
        for name, edges in whole.items()
        if name in reached
    }
    only_next = {
        name: edges[0].to
        for name, edges in open_edges.items()
        if (name in pathway.branches or name in pathway.loops)
        and len({edge.to for edge in edges}) == 1
        if name not in keep
    }
    passed = {name: _end_of_chain(name, only_next) for name in only_next}
    graph = {
        name: tuple(replace(edge, to=passed.get(edge.to, edge.to)) for edge in edges)
        for name, edges in open_edges.items()
        if name not in passed
    }
    unused = tuple(name for name in pathway.nodes() if name not in reached)
    starts = {source: passed.get(start, start) for source, start in starts.items()}
    return Subgraph(starts, graph, unused, tuple(passed.items()))


def _end_of_chain(name: str, only_next: dict[str, str]) -> str:
    """Where a chain of nodes with one edge each leads; stops at a repeat, as in a ring (a fault)."""
    seen = {name}
    while (name := only_next[name]) in only_next and name not in seen:
        seen.add(name)
    return name
