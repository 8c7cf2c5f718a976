"""Who may come to wait for staff who then go off duty, with nobody else who may take them.

A mean hides the few who wait from a shift's end to its next beginning, and an arm that adds a shift can make them: what
looks like the arm's effect is then theirs. The check is by rota and route alone. It assumes that a queue may last until
the shift ends, so it names a step wherever that is possible, however seldom it happens.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from simulation.department.check_routes import ALWAYS, empty_hours, week_words, without_closed
from simulation.department.graph import (
    Edge,
    Graph,
    alternatives_of,
    graph_of,
    reachable_from,
    starts_of,
)
from simulation.department.rota import mean_per_day, per_day_by_category
from simulation.department.vocabulary import (
    ARRIVAL_SOURCE,
    DEPARTED_AT,
    Action,
    ByAttribute,
    ByChance,
    Node,
    Pathway,
)
from simulation.wording import listed_with_and, spaced

CLINICIAN = "clinician"
"""The role of pools that may see any patient."""
Actions = Mapping[str, Collection[str]]
"""The categories that a triage policy sets, by action; it leaves everybody else in the first one."""


class StaffGone(NamedTuple):
    """A step at which patients may still wait for staff who have gone.

    pools: those of which the step needs one; hours: when none of them is on duty, in words; most_a_day: the most
    patients a day who can come to the step; others: pools of the same role that are on duty in all of these hours.
    """

    step: str
    pools: tuple[str, ...]
    hours: str
    most_a_day: float
    others: tuple[str, ...]

    def __str__(self) -> str:
        whom, many = " or ".join(map(spaced, self.pools)), self.most_a_day
        patients = f"{many:.0f}" if many >= 10 else f"{many:.2g}"
        might = (
            f"{listed_with_and([*map(spaced, self.others)])} might take them"
            if self.others
            else "no clinician, and nobody of their role, is on duty then"
        )
        return (
            f"at '{self.step}' patients (at most {patients} a day come there) may wait for {whom} across {self.hours}, "
            f"when none is on duty; {might}"
        )


def staff_gone(pathway: Pathway, actions: Actions | None = None) -> tuple[StaffGone, ...]:
    """Every step at which patients may wait for staff who have gone, in the order of the steps.

    `actions`: what the triage policy sets. A pool that is always empty is a fault of its own (`check`).
    """
    waited_for = [
        (name, pools)
        for name, step in pathway.steps.items()
        if step.queue_limit != 0 and step.records.get(DEPARTED_AT) != "joined"
        for pools in alternatives_of(step)
        if any(pathway.pools[pool].kind == "staff" for pool in pools)
    ]
    empty_of = {
        pools: _empty(pathway, pools) for pools in dict.fromkeys(of for _, of in waited_for)
    }
    closing = [
        (name, pools, empty)
        for name, pools in waited_for
        if (empty := empty_of[pools]) and empty != ALWAYS
    ]
    flows = most_a_day(pathway, actions or {}) if closing else {}
    starts = [there.starts for there in pathway.present.values()]
    of_present = reachable_from(starts, graph_of(pathway)) if closing else {}
    return tuple(
        StaffGone(
            name, pools, week_words(empty), flows[name], tuple(_others(pathway, pools, empty))
        )
        for name, pools, empty in closing
        if flows[name] > 0 or name in of_present
    )


def _empty(pathway: Pathway, pools: Collection[str]) -> list[tuple[int, int]]:
    """The times of the week, in ticks, at which none of the pools has a unit."""
    return empty_hours(tuple(without_closed(pathway, pathway.pools[pool]) for pool in pools))


def _others(
    pathway: Pathway, pools: Collection[str], empty: Collection[tuple[int, int]]
) -> Iterator[str]:
    """The pools of the same role, and other clinicians, that have a unit whenever these have none."""
    roles = {CLINICIAN, *(pathway.pools[pool].role for pool in pools)} - {""}
    for name, pool in pathway.pools.items():
        if name not in pools and pool.role in roles:
            theirs = _empty(pathway, [name])
            if not any(
                start < end_ and start_ < end for start, end in empty for start_, end_ in theirs
            ):
                yield name


def most_a_day(pathway: Pathway, actions: Actions) -> dict[str, float]:
    """The most patients a day who can come to each node, from the arrivals of a mean day of the year.

    A coin splits the patients. A branch on an attribute sends no more of them on than have the category: those of the
    arrival source, of a choice, or of an action that the policy sets. Any other branch may send everybody either way.
    Patients who are present at time 0 are left out, as they come once.
    """
    graph = graph_of(pathway)
    flows = dict.fromkeys(graph, 0.0)
    for source, start in starts_of(pathway).items():
        if source in pathway.arrivals:
            for name, flow in _flow(pathway, graph, actions, source, start).items():
                flows[name] += flow
    return flows


Way = tuple[str, str, float, float]
"""From one node to another: at most a part of those who come, and at most a part of all patients of the source."""


def _flow(
    pathway: Pathway, graph: Graph, actions: Actions, source: str, start: str
) -> dict[str, float]:
    """The most patients a day of one source who come to each node."""
    total = mean_per_day(pathway.arrivals[source])
    nodes = pathway.nodes()
    ways = [
        way
        for name, node in nodes.items()
        for way in _ways(pathway, graph[name], actions, source, name, node)
    ]
    flows: dict[str, float] = {start: total}
    for n_round in range(2 * len(graph)):  # a loop adds to its start in each round
        coming = dict.fromkeys(graph, 0.0) | {start: total}
        for name, to, part, of_all in ways:
            if flow := flows.get(name):
                coming[to] += min(part * flow, of_all * total)
        after = {name: min(flow, total) for name, flow in coming.items()}
        if n_round >= len(graph):  # whatever still grows goes to its limit
            after = {name: total if after[name] > flows[name] else after[name] for name in after}
        if after == flows:
            break
        flows = after
    return flows


def _ways(
    pathway: Pathway, edges: Sequence[Edge], actions: Actions, source: str, name: str, node: Node
) -> Iterator[Way]:
    """The ways out of a node for patients of a source."""
    if isinstance(node, ByChance):
        yield from ((name, to, share, 1.0) for to, share in node.targets.items())
    elif isinstance(node, ByAttribute):
        for category in pathway.categories(node.attribute):
            if to := node.cases.get(category, node.otherwise):
                yield name, to, 1.0, _most(pathway, actions, source, node.attribute, category)
    else:
        yield from ((name, edge.to, 1.0, 1.0) for edge in edges)


def _most(pathway: Pathway, actions: Actions, source: str, attribute: str, category: str) -> float:
    """The most of a source's patients who have a category: 1 where that is not known before they are drawn."""
    if attribute == ARRIVAL_SOURCE:
        return float(category == source)
    stated = pathway.attributes.get(attribute)
    if isinstance(stated, Action):
        return float(category in (stated.categories[0], *actions.get(attribute, ())))
    per_day = per_day_by_category(pathway, attribute, [source])
    return 1.0 if per_day is None else per_day[category] / max(sum(per_day.values()), 1e-300)
