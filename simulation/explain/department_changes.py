"""What an arm changes in the department, read by comparing two pathways.

Pools are told in words of their own; whatever else differs is listed by its dotted path, so that a new kind of lever
shows without a change to this file. `ours` is the arm's pathway, `theirs` the baseline's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import fields
from typing import Any

from simulation.department.graph import branches_reading, graph_of
from simulation.department.layout import SOURCE
from simulation.department.vocabulary import Pathway
from simulation.explain.change import Change, Kind
from simulation.explain.pool_changes import pool_changes
from simulation.explain.statements import says
from simulation.records.serialise import ABSENT, differences, plain
from simulation.wording import clipped, spaced

MOST_CHARACTERS = 60
"""Characters of a value in words; a longer one is cut."""


def department_changes(ours: Pathway, theirs: Pathway, reachable: Set[str]) -> Iterator[Change]:
    """Where two departments differ. `reachable`: the nodes that some patient can come to."""
    if ours == theirs:
        return
    yield from pool_changes(ours, theirs, reachable)
    sections = [
        field.name
        for field in fields(Pathway)
        if field.name != "pools" and getattr(ours, field.name) != getattr(theirs, field.name)
    ]
    before, after = ({name: plain(getattr(pathway, name)) for name in sections} for pathway in (theirs, ours))
    for path, old, new in differences(before, after):
        section, name, key = [*path.split("."), "", ""][:3]
        kind, nodes = _place(section, name, key, ours)
        at = tuple(node for node in nodes if node in reachable)
        short = "new" if old == ABSENT and name in ours.nodes() else _short(path, old, new)
        yield Change(kind, path, f"{_cut(old)} becomes {_cut(new)}", at, short)


def new_edges(ours: Pathway, theirs: Pathway) -> Iterator[tuple[str, str]]:
    """The edges, from node to node, that the baseline's pathway does not have."""
    before = {(name, edge.to) for name, edges in graph_of(theirs).items() for edge in edges}
    for name, edges in graph_of(ours).items():
        yield from ((name, edge.to) for edge in edges if (name, edge.to) not in before)


def _place(section: str, name: str, key: str, pathway: Pathway) -> tuple[Kind, tuple[str, ...]]:
    """The kind of a change in a section of the pathway, and the nodes where it shows.

    `name`: of what changes in the section; `key`: of what changes in that.
    """
    if section in ("arrivals", "present"):
        return "rule", (SOURCE + name,)
    if section == "durations":
        return "minutes", _steps_taking((name,), pathway)
    if section in ("follows", "lasting_factors") and name in getattr(pathway, section):
        factor = getattr(pathway, section)[name]
        return "rule", (*(SOURCE + source for source in factor.arrivals), *_steps_taking(factor.durations, pathway))
    if section in ("steps", "branches", "loops", "ends"):
        at = (name,) if name in pathway.nodes() else ()
        return ("minutes" if section == "steps" and key in ("minutes", "times", "pace", "effort") else "route"), at
    return "rule", branches_reading(pathway, name) if section == "attributes" else ()


def _steps_taking(durations: Collection[str], pathway: Pathway) -> tuple[str, ...]:
    """The steps that take at least one of these durations."""
    return tuple(node for node, step in pathway.steps.items() if not set(durations).isdisjoint(step.minutes))


def _cut(value: Any) -> str:
    """A value in words, a long one cut."""
    return clipped(says(value if isinstance(value, Mapping) else {"value": value}) or str(value), MOST_CHARACTERS)


def _short(path: str, old: Any, new: Any) -> str:
    """'extra 1 → 2', or 'other next' for what is no number."""
    last = spaced(path.rpartition(".")[2])
    if isinstance(old, int | float) and isinstance(new, int | float):
        return f"{last} {old:g} → {new:g}"
    return f"other {last}"
