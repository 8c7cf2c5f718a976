"""What an arm's policy does to patients, read from its columns.

Nothing here knows what kinds of policy there are. The same drawn patients go through the arm's policy (`ours`) and the
baseline's (`theirs`), and their labels, other attributes and minutes are compared. A new kind of lever therefore shows
without a change to this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import numpy as np

from simulation.department.graph import branches_reading, graph_of, nodes_by_source, reachable_from, waits
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ARRIVAL_SOURCE,
    ByAttribute,
    Pathway,
    minutes_column,
    minutes_held,
)
from simulation.explain.change import Change
from simulation.explain.reachable import categories_had
from simulation.patients import Draws
from simulation.records.schema import Mask
from simulation.wording import spaced

LEAST_MINUTES = 1e-9
"""Minutes by which a patient's time in a step must differ to count as changed."""
MOST_LISTED = 4
"""Names up to which each is listed."""


def policy_changes(pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str]) -> Iterator[Change]:
    """What differs for the same patients under two policies. `reachable`: the nodes that some of them can come to."""
    attends = _attends(pathway, ours)
    yield from _label_changes(pathway, ours, theirs, reachable, attends)
    yield from _attribute_changes(pathway, ours, theirs, reachable, attends)
    yield from _minutes_changes(pathway, ours, theirs, reachable)


def newly_taken_edges(pathway: Pathway, ours: Draws, theirs: Draws) -> Iterator[tuple[str, str]]:
    """The edges, from node to node, whose categories some patients have under the arm and none under the baseline."""
    for name, branch in pathway.branches.items():
        if not isinstance(branch, ByAttribute):
            continue
        attribute = ACUITY_GIVEN if branch.attribute == ACUITY_NOW else branch.attribute
        if attribute not in ours.attributes or attribute not in theirs.attributes:
            continue
        has, had = (categories_had(pathway, draws, attribute) for draws in (ours, theirs))
        by_target: dict[str, set[str]] = {}
        for edge in graph_of(pathway)[name]:
            by_target.setdefault(edge.to, set()).add(edge.when)
        for target, cases in by_target.items():
            if cases & has and not cases & had:
                yield name, target


# --- labels ----------------------------------------------------------------------------------------------------


def _attends(pathway: Pathway, draws: Draws) -> Mask:
    """Whether each patient is an attendance, shape (n_patients,)."""
    arrivals, present = pathway.arrivals.values(), pathway.present.values()
    attends = [*(source.attends for source in arrivals), *(source.attends for source in present)]
    return np.array(attends)[draws.arrival_source]


def _can_come(pathway: Pathway, draws: Draws, node: str) -> Mask:
    """Whether each patient's source leads to a node, shape (n_patients,)."""
    nodes = nodes_by_source(pathway)
    return np.array([node in nodes[source] for source in pathway.categories(ARRIVAL_SOURCE)])[draws.arrival_source]


def _label_changes(
    pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str], attends: Mask
) -> Iterator[Change]:
    """The steps that give patients another label, then what the label decides."""
    if ACUITY_GIVEN not in ours.attributes:
        return  # nobody is labelled here
    new, old = ours.attributes[ACUITY_GIVEN], theirs.attributes[ACUITY_GIVEN]
    differs = attends & (new != old)
    if not differs.any():
        return
    for name, step in pathway.steps.items():
        if name not in reachable or step.relabels != ACUITY_GIVEN:
            continue
        come = attends & _can_come(pathway, ours, name)
        if (differs & come).any():
            share, up, down = (_percent(float(np.mean(who[come]))) for who in (new != old, new < old, new > old))
            words = (
                f"another label for {share} of patients who can come here: {up} a more urgent one, {down} a less urgent"
            )
            yield Change("label", name, words, (name,), f"another label: {share}")
    yield from _decided_by_label(pathway, ours, differs, reachable)


def _decided_by_label(pathway: Pathway, draws: Draws, differs: Mask, reachable: Set[str]) -> Iterator[Change]:
    """The branches and queues where the label decides and that patients with another label can come to with it."""
    known, graph = pathway.categories(ARRIVAL_SOURCE), graph_of(pathway)
    after: set[str] = set()
    for code in np.unique(draws.arrival_source[differs]):
        nodes = nodes_by_source(pathway)[known[code]]
        labelling = [name for name, step in pathway.steps.items() if name in nodes and step.relabels == ACUITY_GIVEN]
        following = {edge.to for name in labelling for edge in graph[name]}
        after |= nodes & reachable & reachable_from(following, graph).keys()
    branches = tuple(name for name in branches_reading(pathway, ACUITY_GIVEN, ACUITY_NOW) if name in after)
    queues = tuple(
        name for name, step in pathway.steps.items() if name in after and step.ranks_as == "acuity" and waits(step)
    )
    if branches:
        words = f"the label decides the route at {_listed(branches)}"
        yield Change("by label", "branches", words, branches, "by the label")
    if queues:
        words = f"the label ranks who waits at {_listed(queues)}"
        yield Change("by label", "queues", words, queues, "queue by the label")


# --- other attributes, and minutes -----------------------------------------------------------------------------


def _attribute_changes(
    pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str], attends: Mask
) -> Iterator[Change]:
    """The attributes besides the label that differ: what the policy sets off."""
    for name, new in ours.attributes.items():
        differs = new != theirs.attributes.get(name, new)
        if name == ACUITY_GIVEN or not differs.any():
            continue
        read_at = branches_reading(pathway, name)
        read_at += tuple(node for node, step in pathway.steps.items() if step.relabels == name)
        read_at += tuple(node for node, loop in pathway.loops.items() if loop.passes == name)
        at = tuple(node for node in read_at if node in reachable)
        if read_at and not at:
            continue  # nobody comes to where it is read
        share = _percent(float(np.mean(differs[attends])))
        words = f"differs for {share} of attendances" + (f"; read at {_listed(at)}" if at else "")
        yield Change("route", name, words, at, f"{spaced(name)}: {share}")


def _minutes_changes(pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str]) -> Iterator[Change]:
    """The steps whose minutes differ; steps in which the same durations change make one change."""
    steps_by_changed: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for name, step in pathway.steps.items():
        if name not in reachable:
            continue
        changed = []
        for duration in step.minutes:
            column = minutes_column(duration, step.minutes_by)
            new_column, old_column = (minutes_held(column, draws.minutes) for draws in (ours, theirs))
            if not np.array_equal(ours.minutes[new_column], theirs.minutes[old_column]):
                changed.append((duration, new_column, old_column))
        if changed:
            steps_by_changed.setdefault(tuple(changed), []).append(name)
    for durations, at in steps_by_changed.items():
        new = np.sum([ours.minutes[column] for _, column, _ in durations], axis=0)
        old = np.sum([theirs.minutes[column] for _, _, column in durations], axis=0)
        come, differs = (new > 0) | (old > 0), np.abs(new - old) > LEAST_MINUTES
        if not differs.any():
            continue
        share, before = _percent(float(differs.sum() / come.sum())), float(old[differs].mean())
        by = _signed(float((new - old)[differs].mean()))
        words = (
            f"{by} min on average (of {before:.1f}) for {share} of patients who can come here "
            f"({' + '.join(spaced(duration) for duration, _, _ in durations)})"
        )
        yield Change("minutes", _listed(at), words, tuple(at), f"{by} min for {share}")


# --- words -----------------------------------------------------------------------------------------------------


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 or share == 0 else f"{100 * share:.1f} %"


def _signed(minutes: float) -> str:
    return f"{minutes:+.{1 if abs(minutes) >= 0.095 else 2}f}".replace("-", "−")


def _listed(names: Sequence[str]) -> str:
    """'a, b and c'; of many the first three, and how many more."""
    words = [spaced(name) for name in names]
    if len(words) > MOST_LISTED:
        words[MOST_LISTED - 1 :] = [f"{len(words) - MOST_LISTED + 1} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
