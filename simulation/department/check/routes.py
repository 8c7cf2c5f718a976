"""The part of `check` about the route: which nodes can be reached, and whether patients get out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulation.department.check.names import listed
from simulation.department.graph import (
    Edge,
    Graph,
    coins_of,
    cycles,
    edges_of_others,
    reachable_from,
    shortest_cycle,
    starts_of,
)
from simulation.department.vocabulary import DEPARTED_AT, Loop, Pathway, Step
from simulation.errors import Faults

MOST_COINS = 100
"""The most coins of one branch by chance in loops."""


def check_route(pathway: Pathway, faults: Faults, graph: Graph, reached: Mapping[str, None]) -> None:
    """Add the faults of the route: nodes that nobody reaches, ends without a departure, unbounded or empty loops."""
    for name in pathway.nodes():
        if name not in reached:
            remedy = "Lead a node or an arrival source to it, or remove it"
            faults.add(path_of(pathway, name), f"nobody can get to '{name}'", remedy)
    for name in reached:
        if isinstance(pathway.nodes()[name], Loop):
            _empty_loop(pathway, faults, graph, name)
    _without_departure(pathway, faults, graph)
    _coins(pathway, faults)
    # Each `again` is taken a bounded number of times, so only a cycle without `again` can go on for ever.
    plain = {name: [edge.to for edge in graph[name] if edge.by != "again"] for name in reached}
    for members in cycles(plain):
        _unbounded(pathway, faults, graph, plain, members)


def _coins(pathway: Pathway, faults: Faults) -> None:
    """Add a fault for each branch by chance that would need too many coins for the passes of the loops around it."""
    for name, coins in coins_of(pathway).items():
        if coins.number > MOST_COINS:
            loops = listed(loop for loop, _ in coins.loops)
            found = f"{coins.number:,} coins, one for each number of passes of {loops}; at most {MOST_COINS} are drawn"
            remedy = "Let those loops go round less often, or branch on an attribute that is drawn once"
            faults.add(f"branches.{name}", found, remedy)


def _without_departure(pathway: Pathway, faults: Faults, graph: Graph) -> None:
    """Add a fault for each end at which an attendance can stop without a departure, if the pathway records any."""
    nodes = pathway.nodes()
    if not any(DEPARTED_AT in getattr(node, "records", ()) for node in nodes.values()):
        return
    departing = [(name, edge) for name, node in nodes.items() for edge in graph[name] if _records_departure(node, edge)]
    ends: dict[str, None] = {}
    attending = [name for part in (pathway.arrivals, pathway.present) for name in part if part[name].attends]
    for source, start in starts_of(pathway).items():
        if source in attending:
            reached = reachable_from((start,), graph, closed=[*departing, *edges_of_others(pathway, source)])
            ends |= {name: None for name in reached if name in pathway.ends}
    for name in ends:
        if DEPARTED_AT not in pathway.ends[name].records:
            remedy = f"Record {DEPARTED_AT} there; a time recorded at an earlier step stays"
            faults.add(f"ends.{name}", f"somebody who attends can leave by it without {DEPARTED_AT}", remedy)


def _records_departure(node: object, edge: Edge) -> bool:
    """Whether a patient who takes this edge out of a node has a departure recorded there."""
    moment = node.records.get(DEPARTED_AT) if isinstance(node, Step) else None
    return moment == "joined" or (moment is not None and edge.by == "on")


def _unbounded(
    pathway: Pathway,
    faults: Faults,
    graph: Graph,
    plain: Mapping[str, Sequence[str]],
    members: Sequence[str],
) -> None:
    """Add the fault of a cycle without a bound: where it goes, whether it has a way out, and whether it takes time."""
    nodes = pathway.nodes()
    shown = " -> ".join(shortest_cycle(plain, members[0], set(members)))
    phrases = [f"a loop without bound: {shown}"]
    if not any(name in pathway.ends for name in reachable_from(members[:1], graph)):
        phrases.append("no end can be reached from it")
    if not any(isinstance(node := nodes[name], Step) and node.minutes for name in members):
        phrases.append("and it takes no time")
    remedy = "Go round by a loop, whose passes are drawn, or lead one of them elsewhere"
    faults.add(path_of(pathway, members[0]), ", ".join(phrases), remedy)


def _empty_loop(pathway: Pathway, faults: Faults, graph: Graph, name: str) -> None:
    """Add a fault for a loop without a step inside, which would go round in no time."""
    again = next(edge.to for edge in graph[name] if edge.by == "again")
    closed = [(name, edge) for edge in graph[name]]
    body = reachable_from((again,), graph, closed=closed)
    if name in body and not any(node in pathway.steps for node in body):
        remedy = "Lead `again` to the first step to repeat"
        faults.add(f"loops.{name}.again", "a round has no step in it", remedy)


def path_of(pathway: Pathway, name: str) -> str:
    """The dotted path of a node."""
    kinds = ("steps", "branches", "loops", "ends")
    return next(f"{kind}.{name}" for kind in kinds if name in getattr(pathway, kind))
