"""The part of a pathway that some patients can take: without the ways that none of them takes, where these lead, and
the branches and loops at which one way is left.

A pathway holds routes that only some policies open. A picture of all of them shows nobody's department; what is
closed is for the caller to find (`report.taken`). Nothing here is about how patients move: engines read the whole.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from simulation.pathway.department import Pathway
from simulation.pathway.graph import Edge, Graph, graph_of, reachable_from, starts_of


@dataclass(frozen=True)
class Subgraph:
    """What is left of a pathway: where each source starts, and the ways out of each node that is left.

    `unused`: nodes that nobody can come to; `passed`: branches and loops that decide nothing, and where the one way
    leads instead, so that what leads to them leads there.
    """

    starts: dict[str, str]
    edges: Graph
    unused: tuple[str, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()

    def after(self, node: str) -> str:
        """The node itself, or where a branch that decides nothing leads."""
        return dict(self.passed).get(node, node)


def whole_graph(pathway: Pathway) -> Subgraph:
    """Every node and way of a pathway."""
    return Subgraph(starts_of(pathway), graph_of(pathway))


def subgraph_of(pathway: Pathway, closed: Collection[tuple[str, Edge]], *, keep: Collection[str] = ()) -> Subgraph:
    """A pathway without some ways and without the nodes to which only these lead.

    A branch or loop of which one way is left is passed over, unless it is to be kept.
    """
    shut = set(closed)
    every, starts = graph_of(pathway), starts_of(pathway)
    reached = reachable_from(starts.values(), every, closed=shut)
    left = {name: tuple(edge for edge in every[name] if (name, edge) not in shut) for name in every if name in reached}
    only = {
        name: found[0].to
        for name, found in left.items()
        if (name in pathway.branches or name in pathway.loops) and len({edge.to for edge in found}) == 1
        if name not in keep
    }
    passed = {name: _end_of(name, only) for name in only}
    graph = {
        name: tuple(replace(edge, to=passed.get(edge.to, edge.to)) for edge in found)
        for name, found in left.items()
        if name not in passed
    }
    unused = tuple(name for name in pathway.nodes() if name not in reached)
    return Subgraph(
        {source: passed.get(start, start) for source, start in starts.items()}, graph, unused, tuple(passed.items())
    )


def _end_of(name: str, only: dict[str, str]) -> str:
    """Where a chain of nodes with one way each leads; a ring of them (which `check` refuses) would not end."""
    met = {name}
    while (name := only[name]) in only and name not in met:
        met.add(name)
    return name
