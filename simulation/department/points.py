"""The points in time that a department records for each patient, by name."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.department.cache import cached_by_pathway
from simulation.department.graph import graph_of, reachable_from
from simulation.department.vocabulary import DEPARTED_AT, End, Moment, Pathway, Step

WORSENING = ("worsened_at", "noticed_at")
"""The further points in time of a department in which patients get worse while they wait."""


def records_of(node: object) -> Mapping[str, Moment]:
    """The moment that a node records under each name; an end records the moment of joining it."""
    if isinstance(node, End):
        return dict.fromkeys(node.records, "joined")
    return node.records if isinstance(node, Step) else {}


def dated_in(pathway: Pathway) -> tuple[str, ...]:
    """The points in time that a department records besides the arrival, in declared order."""
    recorded = dict.fromkeys(name for node in pathway.nodes().values() for name in records_of(node))
    return (*recorded, *(WORSENING if pathway.worsening is not None else ()))


@cached_by_pathway
def dated_after_departure(pathway: Pathway) -> frozenset[str]:
    """The points in time that can be recorded after a patient has left A&E, as on a ward. Assumes known names."""
    graph, nodes = graph_of(pathway), pathway.nodes()
    departing = [name for name, node in nodes.items() if DEPARTED_AT in records_of(node)]
    after = reachable_from((edge.to for name in departing for edge in graph[name]), graph)
    return frozenset(point for name in after for point in records_of(nodes[name])) - {DEPARTED_AT}
