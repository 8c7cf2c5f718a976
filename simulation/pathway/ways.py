"""Every way out of every node, and what can be reached by them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulation.pathway.department import (
    STREAM,
    Branch,
    ByAttribute,
    ByChance,
    ByHours,
    ByQueue,
    Chance,
    Choice,
    End,
    Given,
    Loop,
    Pathway,
    Step,
)
from simulation.pathway.durations import Amount, Number
from simulation.pathway.remembered import remembered


@dataclass(frozen=True)
class Way:
    """One way out of a node: where to, by what, and `when` (a category, a probability, ...; for tables and figures).

    `on`: the step is over; `case`: a branch decides; `again`, `done`: a loop; `turned_away`; `leaves`: patience.
    """

    to: str
    by: Literal["on", "case", "again", "done", "turned_away", "leaves"]
    when: str = ""


def ways(pathway: Pathway) -> dict[str, tuple[Way, ...]]:
    """Every way out of every node, in declared order; a branch on an attribute has one for each category.

    Assumes that names are known (`check` says so).
    """
    return {name: tuple(_ways(pathway, node)) for name, node in pathway.nodes().items()}


def _ways(pathway: Pathway, node: Step | Branch | Loop | End) -> Iterator[Way]:
    if isinstance(node, Step):
        yield Way(node.next, "on")
        if node.turned_away is not None and node.queue_limit is not None:
            yield Way(node.turned_away, "turned_away", f"more than {node.queue_limit} waiting")
        if node.may_leave and waits(node) and pathway.patience is not None:
            yield Way(pathway.patience.next, "leaves", "patience ends")
    elif isinstance(node, ByAttribute):
        for category in pathway.categories(node.attribute):
            to = node.cases.get(category, node.otherwise)
            if to is not None:
                yield Way(to, "case", category)
    elif isinstance(node, ByChance):
        for to, share in node.targets.items():
            yield Way(to, "case", f"{100 * share:g} %")
    elif isinstance(node, ByHours):
        yield Way(node.then, "case", node.hours if node.days == "mon-sun" else f"{node.hours} {node.days}")
        yield Way(node.otherwise, "case", "otherwise")
    elif isinstance(node, Loop):
        yield Way(node.again, "again", "again")
        yield Way(node.next, "done", "done")
    elif isinstance(node, ByQueue):
        yield Way(node.then, "case", f"{node.at_least} or more waiting")
        yield Way(node.otherwise, "case", "otherwise")
    elif not isinstance(node, End):
        yield Way(node.then, "case", "was down" if node.since_start else "down")
        yield Way(node.otherwise, "case", "otherwise")


def waits(step: Step) -> bool:
    """Whether a step asks for anything, so that a patient can wait at it."""
    return bool(step.asks or step.any_of)


Lead = Mapping[str, tuple[Way, ...]]


def starts_of(pathway: Pathway) -> dict[str, str]:
    """Where each source of patients starts."""
    streams = {name: stream.starts for name, stream in pathway.streams.items()}
    return {**streams, **{name: present.starts for name, present in pathway.present.items()}}


def reached_from(starts: Iterable[str], lead: Lead, *, closed: Iterable[tuple[str, Way]] = ()) -> dict[str, None]:
    """Every node that can be reached from some, themselves included, without the closed ways."""
    shut = set(closed)
    reached = dict.fromkeys(starts)
    ahead = deque(reached)
    while ahead:
        name = ahead.popleft()
        for way in lead[name]:
            if way.to not in reached and (name, way) not in shut:
                reached[way.to] = None
                ahead.append(way.to)
    return reached


def cycles(lead: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The groups of nodes that lead to one another (strongly connected), each in the given order."""
    after = {name: reach(lead, name) for name in lead}
    done: set[str] = set()
    groups = []
    for name in lead:
        if name in after[name] and name not in done:
            group = [each for each in lead if each in after[name] and name in after[each]]
            done |= set(group)
            groups.append(group)
    return groups


def reach(lead: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """What can be reached from a node in one move or more."""
    reached: set[str] = set()
    ahead = list(lead[start])
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += lead.get(name, ())
    return reached


def round_trip(lead: Mapping[str, Sequence[str]], start: str, members: set[str]) -> list[str]:
    """A shortest way from a node back to itself within a group."""
    before: dict[str, str] = {}
    ahead = deque([start])
    while start not in before:
        name = ahead.popleft()
        for to in lead[name]:
            if to in members and to not in before:
                before[to] = name
                ahead.append(to)
    trip = [start]
    while len(trip) == 1 or trip[-1] != start:
        trip.append(before[trip[-1]])
    return trip[::-1]


@remembered
def leaning(pathway: Pathway) -> tuple[str, ...]:
    """The attributes that answer to the label: a chance that leans on it, and whatever is drawn by one of these."""
    found: list[str] = []
    for name, attribute in pathway.attributes.items():
        if isinstance(attribute, Chance):
            moves = bool(attribute.leans_on_label) or not attributes_of(attribute.p).isdisjoint(found)
        elif isinstance(attribute, Choice):
            moves = attribute.by in found
        else:
            moves = isinstance(attribute, Given) and attribute.like in found
        if moves:
            found.append(name)
    return tuple(found)


def attributes_of(number: Number) -> set[str]:
    """The attributes that a number depends on."""
    return {factor.by for factor in number.times} if isinstance(number, Amount) else set()


@remembered
def nodes_by_source(pathway: Pathway) -> dict[str, frozenset[str]]:
    """The nodes that each source's patients can come to: branches on the stream lead them one way only."""
    lead = ways(pathway)
    by_stream = [name for name, node in pathway.branches.items() if getattr(node, "attribute", None) == STREAM]
    found = {}
    for source, start in starts_of(pathway).items():
        others = [(name, way) for name in by_stream for way in lead[name] if way.when != source]
        found[source] = frozenset(reached_from((start,), lead, closed=others))
    return found


@remembered
def durations_by_source(pathway: Pathway) -> dict[str, frozenset[str]]:
    """The durations that each source's patients can come to (patience and worsening too), and those of no route."""
    found = {}
    for source, reached in nodes_by_source(pathway).items():
        met = {minutes for name in reached if name in pathway.steps for minutes in pathway.steps[name].minutes}
        if pathway.patience is not None and source in pathway.patience.streams:
            met.add(pathway.patience.minutes)
        if pathway.worsening is not None and source in pathway.worsening.streams:
            met.add(pathway.worsening.minutes)
        found[source] = frozenset(met)
    unused = frozenset(pathway.durations).difference(*found.values())
    return {source: met | unused for source, met in found.items()}
