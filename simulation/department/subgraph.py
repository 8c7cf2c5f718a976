"""The part of a pathway that some patients can take: without closed edges, nodes that only these lead to, and branches
and loops of which one edge is left.

A pathway holds routes that only some policies open, so a picture of all of them shows nobody's department. The caller
finds what is closed (`explain.reachable`). This is for pictures and tables only: engines read the whole pathway.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from simulation.department.graph import Edge, Graph, graph_of, reachable_from, starts_of
from simulation.department.vocabulary import Pathway


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


def subgraph_of(pathway: Pathway, closed: Collection[tuple[str, Edge]], *, keep: Collection[str] = ()) -> Subgraph:
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
        if (name in pathway.branches or name in pathway.loops) and len({edge.to for edge in edges}) == 1
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
    """Where a chain of nodes with one edge each leads; stops at a repeat, as in a ring (which `check` refuses)."""
    seen = {name}
    while (name := only_next[name]) in only_next and name not in seen:
        seen.add(name)
    return name
