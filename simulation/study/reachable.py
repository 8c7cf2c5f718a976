"""The part of a pathway that patients of some arms can reach, as far as that is decided before the clock starts.

An edge is closed if none of the drawn patients has its category, if it goes round a loop in which nobody makes a pass,
or if it is for an outage that cannot happen. An edge that the state of the department decides (a queue, the hour) is
never closed.
"""

from collections.abc import Collection, Iterable, Set

import numpy as np

from simulation.department.graph import (
    Edge,
    Subgraph,
    graph_of,
    reachable_from,
    starts_of,
    subgraph_of,
)
from simulation.department.layout import SOURCE
from simulation.department.rota import can_happen
from simulation.department.vocabulary import ARRIVAL_SOURCE, ByAttribute, ByOutage, Pathway
from simulation.patients import DAYS_IN_YEAR, Draws, draw
from simulation.study.study import ReadyArm
from simulation.triage.apply import apply
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy
from simulation.wording import number_of

SAMPLE_DAYS = 28
Closed = set[tuple[str, Edge]]
"""Closed edges, each with the node that it leads out of."""


def sample_days(policy: Policy) -> int:
    """Days of drawn patients that show all that a policy does: a year if it is not always on, spreads or drifts."""
    changes_in_time = (policy.go_live_day, policy.live_days, policy.adoption, policy.drift)
    return SAMPLE_DAYS if all(part is None for part in changes_in_time) else DAYS_IN_YEAR


def closed_edges(pathway: Pathway, draws: Draws) -> Closed:
    """The edges that none of the patients of these draws takes."""
    graph = graph_of(pathway)
    closed: Closed = set()
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByOutage) and not can_happen(pathway.outages[branch.outage]):
            closed |= {
                (name, edge) for edge in graph[name] if edge.to == branch.then != branch.otherwise
            }
        elif isinstance(branch, ByAttribute) and branch.attribute in draws.attributes:
            has = categories_present(pathway, draws, branch.attribute)
            closed |= {(name, edge) for edge in graph[name] if edge.when not in has}
    for name, loop in pathway.loops.items():
        if loop.passes in draws.attributes and set(
            map(int, categories_present(pathway, draws, loop.passes))
        ) == {0}:
            closed |= {(name, edge) for edge in graph[name] if edge.by == "again"}
    return closed


def categories_present(pathway: Pathway, draws: Draws, attribute: str) -> set[str]:
    """The categories of an attribute that some patient of these draws has."""
    known = pathway.categories(attribute)
    return {known[code] for code in np.unique(draws.attributes[attribute])}


def reachable_nodes(pathway: Pathway, draws: Draws) -> Set[str]:
    """The nodes that some patient of these draws can come to, and every source."""
    nodes = set(
        reachable_from(
            starts_of(pathway).values(), graph_of(pathway), closed=closed_edges(pathway, draws)
        )
    )
    return nodes | {SOURCE + source for source in pathway.categories(ARRIVAL_SOURCE)}


def reachable_subgraph(
    pathway: Pathway, arms: Iterable[ReadyArm], *, seed: int, keep: Collection[str] = ()
) -> Subgraph:
    """The part of a pathway that some patient of any of the arms can reach, on patients drawn with a seed.

    An arm with another department opens an edge of this pathway if its own has the same edge open. `keep`: branches and
    loops that stay though only one edge is left. Arms whose policy does not fit their department are left out.
    """
    shut: Closed | None = None
    drawn: dict[tuple[int, int], Draws] = {}
    for arm in arms:
        days = sample_days(arm.policy)
        key = (id(arm.pathway), days)
        if check_policy(arm.policy, arm.pathway):
            continue
        if key not in drawn:
            drawn[key] = draw(arm.pathway, seed=seed, replication=0, days=days)
        closed = closed_edges(arm.pathway, apply(arm.policy, arm.pathway, drawn[key]))
        if arm.pathway is not pathway:
            closed |= _missing_edges(pathway, arm.pathway)
        shut = closed if shut is None else shut & closed
    return subgraph_of(pathway, shut or (), keep=keep)


def _missing_edges(pathway: Pathway, other: Pathway) -> Closed:
    """The edges that `closed_edges` could close in one pathway and that another does not have."""
    theirs = {(name, edge) for name, edges in graph_of(other).items() for edge in edges}
    branches = [
        name
        for name, branch in pathway.branches.items()
        if isinstance(branch, ByAttribute | ByOutage)
    ]
    graph = graph_of(pathway)
    return {(name, edge) for name in (*branches, *pathway.loops) for edge in graph[name]} - theirs


def left_out_words(subgraph: Subgraph) -> str:
    """A sentence on how many nodes a picture leaves out, and why; '' if none."""
    parts = []
    if subgraph.unused:
        parts.append(
            f"{number_of(len(subgraph.unused), 'node')} on routes that no patient of these arms can take"
        )
    if subgraph.passed:
        parts.append(
            f"{number_of(len(subgraph.passed), 'branch or loop', 'branches or loops')} with only one way left"
        )
    return f"Left out: {', and '.join(parts)}." if parts else ""
