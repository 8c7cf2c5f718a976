"""The part of `check` about the route: who gets where, and whether they get out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulation.pathway.check.fault_list import FaultList, path_of
from simulation.pathway.department import (
    Loop,
    Pathway,
    Step,
)
from simulation.pathway.graph import Graph, cycles, reachable_from, shortest_cycle

Categories = Mapping[str, tuple[str, ...]]


def check_route(pathway: Pathway, faults: FaultList, graph: Graph, reached: Mapping[str, None]) -> None:
    """Nodes that nobody reaches, routes without an end, loops without a bound or in no time."""
    for name in pathway.nodes():
        if name not in reached:
            remedy = "Lead a node or an arrival source to it, or remove it"
            faults.add(path_of(pathway, name), f"nobody can get to '{name}'", remedy)
    for name in reached:
        if isinstance(pathway.nodes()[name], Loop):
            _idle_loop(pathway, faults, graph, name)
    # Each `again` is taken a bounded number of times, so only a cycle without one can go on for ever.
    plain = {name: [edge.to for edge in graph[name] if edge.by != "again"] for name in reached}
    for members in cycles(plain):
        _unbounded(pathway, faults, graph, plain, members)


def _unbounded(
    pathway: Pathway,
    faults: FaultList,
    graph: Graph,
    plain: Mapping[str, Sequence[str]],
    members: Sequence[str],
) -> None:
    """Say where a cycle without a bound goes, whether it has a way out, and whether it takes time."""
    nodes = pathway.nodes()
    shown = " -> ".join(shortest_cycle(plain, members[0], set(members)))
    said = [f"a loop without bound: {shown}"]
    if not any(name in pathway.ends for name in reachable_from(members[:1], graph)):
        said.append("no end can be reached from it")
    if not any(isinstance(node := nodes[name], Step) and node.minutes for name in members):
        said.append("and it takes no time")
    remedy = "Go round by a loop, whose passes are drawn, or lead one of them elsewhere"
    faults.add(path_of(pathway, members[0]), ", ".join(said), remedy)


def _idle_loop(pathway: Pathway, faults: FaultList, graph: Graph, name: str) -> None:
    """A loop whose rounds hold no step at all goes round in no time for nothing."""
    again = next(edge.to for edge in graph[name] if edge.by == "again")
    closed = [(name, edge) for edge in graph[name]]
    body = reachable_from((again,), graph, closed=closed)
    if name in body and not any(each in pathway.steps for each in body):
        remedy = "Lead `again` to the first step to repeat"
        faults.add(f"loops.{name}.again", "a round has no step in it", remedy)
