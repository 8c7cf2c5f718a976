"""Which ways of a pathway some patient of some arms takes, as far as it is decided before the clock starts.

A way is closed if nobody among the drawn patients has its category, if nobody has a round left for it, or if what it
waits for to be down never is. What the state of the department decides (a queue, the hour) is never called closed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

import numpy as np

from simulation.draws import DAYS_IN_YEAR, Draws, draw
from simulation.pathway.department import ARRIVAL_SOURCE, ByAttribute, ByOutage, Pathway
from simulation.pathway.graph import Edge, graph_of, reachable_from, starts_of
from simulation.pathway.layout import SOURCE
from simulation.pathway.subgraph import Subgraph, subgraph_of
from simulation.study.study import ReadyArm
from simulation.triage.apply import apply
from simulation.triage.check import check
from simulation.triage.failures import can_happen
from simulation.triage.policy import Policy

SAMPLE_DAYS = 28
Closed = set[tuple[str, Edge]]


def sample_days(policy: Policy) -> int:
    """Days of drawn patients that show all that a policy does: a year if it goes live later, spreads or drifts."""
    slow = (policy.go_live_day, policy.adoption, policy.drift)
    return SAMPLE_DAYS if all(each is None for each in slow) else DAYS_IN_YEAR


def closed_edges(pathway: Pathway, draws: Draws) -> Closed:
    """The ways, each with the node that it leads out of, that none of the patients of these draws takes."""
    graph = graph_of(pathway)
    closed: Closed = set()
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByOutage) and not can_happen(pathway.outages[branch.outage]):
            closed |= {(name, edge) for edge in graph[name] if edge.to == branch.then != branch.otherwise}
        elif isinstance(branch, ByAttribute) and branch.attribute in draws.attributes:
            has = _categories(pathway, draws, branch.attribute)
            closed |= {(name, edge) for edge in graph[name] if edge.when not in has}
    for name, loop in pathway.loops.items():
        if loop.passes in draws.attributes and {int(each) for each in _categories(pathway, draws, loop.passes)} == {0}:
            closed |= {(name, edge) for edge in graph[name] if edge.by == "again"}
    return closed


def _categories(pathway: Pathway, draws: Draws, attribute: str) -> set[str]:
    """The categories of an attribute that somebody has."""
    known = pathway.categories(attribute)
    return {known[code] for code in np.unique(draws.attributes[attribute])}


def live(pathway: Pathway, draws: Draws) -> Set[str]:
    """Sources, and the nodes that some patient of these draws can come to."""
    found = set(reachable_from(starts_of(pathway).values(), graph_of(pathway), closed=closed_edges(pathway, draws)))
    return found | {SOURCE + source for source in pathway.categories(ARRIVAL_SOURCE)}


def reachable_subgraph(
    pathway: Pathway, arms: Iterable[ReadyArm], *, seed: int, keep: Collection[str] = ()
) -> Subgraph:
    """What of a pathway some patient of any of the arms can take, on patients drawn with a seed.

    An arm whose department differs opens a way of this one where its own has the same way open. `keep`: branches and
    loops to leave in though one way is left. Policies that do not fit a department are left out.
    """
    shut: Closed | None = None
    drawn: dict[tuple[int, int], Draws] = {}
    for arm in arms:
        days = sample_days(arm.policy)
        key = (id(arm.pathway), days)
        if check(arm.policy, arm.pathway):
            continue
        if key not in drawn:
            drawn[key] = draw(arm.pathway, seed=seed, replication=0, days=days)
        closed = closed_edges(arm.pathway, apply(arm.policy, arm.pathway, drawn[key]))
        if arm.pathway is not pathway:
            closed |= _without(pathway, arm.pathway)
        shut = closed if shut is None else shut & closed
    return subgraph_of(pathway, shut or (), keep=keep)


def _without(pathway: Pathway, other: Pathway) -> Closed:
    """The ways out of branches and loops of one pathway that another does not have."""
    theirs = {(name, edge) for name, found in graph_of(other).items() for edge in found}
    decides = (*pathway.branches, *pathway.loops)
    graph = graph_of(pathway)
    return {(name, edge) for name in decides for edge in graph[name] if _closes(pathway, name)} - theirs


def _closes(pathway: Pathway, name: str) -> bool:
    """Whether the ways out of a node can be told to be closed at all."""
    return isinstance(pathway.branches.get(name), ByAttribute | ByOutage) or name in pathway.loops


def left_out_words(subgraph: Subgraph) -> str:
    """How many nodes a picture leaves out, and why; nothing if none."""
    said = []
    if subgraph.unused:
        said.append(f"{number_of(len(subgraph.unused), 'node')} on routes that no patient of these arms can take")
    if subgraph.passed:
        said.append(
            f"{number_of(len(subgraph.passed), 'branch or loop', 'branches or loops')} at which one way is left"
        )
    return f"Left out: {', and '.join(said)}." if said else ""


def number_of(number: int, one: str, many: str = "") -> str:
    """'1 step', '2 steps'."""
    return f"{number} {one if number == 1 else many or one + 's'}"
