"""Where everything goes in a picture of a route: columns, rows, edges and labels; the picture is made elsewhere.

Layers from left to right: a node's column is the longest way to it from a source of patients, edges that lead
back left out. Within a column the order follows the neighbours (barycentres) so that few edges cross; a long edge
has a bend in every column that it passes. Pure arithmetic on names: the same pathway gives the same drawing.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from simulation.pathway.department import (
    Branch,
    ByAttribute,
    ByChance,
    ByHours,
    ByOutage,
    End,
    Loop,
    Pathway,
    Step,
)
from simulation.pathway.rota import mean_per_day
from simulation.pathway.subgraph import Subgraph, whole_graph

SWEEPS = 12
"""How often the columns are put in order, left to right and back."""
BESIDE, SLIM = 0.54, 0.2
"""The least distance between rows where one of the two is only a bend (half a box and a little), or both are."""
MANY = 4
"""Cases of one way from which the way with the most is called 'otherwise', where there is another."""
SOURCE = "source:"

Kind = Literal["source", "step", "branch", "loop", "end"]
Flow = Literal["arrives", "on", "case", "again", "done", "turned_away", "leaves"]


@dataclass(frozen=True)
class DrawnNode:
    """One box. `detail` is a second line; `group` the first pool that a step asks for, spaces before staff."""

    name: str
    kind: Kind
    label: str
    detail: str
    group: str
    column: int
    row: float


@dataclass(frozen=True)
class DrawnEdge:
    """One arrow. `label` is a category, a probability, hours or nothing; `back` leads to the left.

    `bends` are (column, row) points on the way, ends not included.
    """

    start: str
    end: str
    kind: Flow
    label: str
    back: bool
    bends: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Layout:
    """A laid-out route: rows count downwards from 0; no two nodes of a column are nearer than 1."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    n_columns: int
    n_rows: float


@dataclass(frozen=True)
class _Edge:
    start: str
    end: str
    kind: Flow
    label: str


def lay_out(pathway: Pathway, subgraph: Subgraph | None = None) -> Layout:
    """Lay out a sound pathway, or the part of it that is a route.

    The sources of patients are nodes too, named `source:` and their name.
    """
    shown = subgraph if subgraph is not None else whole_graph(pathway)
    edges = _edges(shown)
    names = [*(SOURCE + name for name in shown.starts), *(name for name in pathway.nodes() if name in shown.edges)]
    back = _back(names, edges)
    columns = _columns(names, [edge for edge in edges if edge not in back])
    chains = {edge: _chain(edge, columns) for edge in edges if edge not in back and edge.kind != "leaves"}
    rows = _rows(names, columns, list(chains.values()))
    nodes = tuple(_node(pathway, name, columns[name], rows[name, columns[name]]) for name in names)
    drawn = []
    for edge in edges:
        bends = tuple((point[1], rows[point]) for point in chains.get(edge, ())[1:-1])
        drawn.append(DrawnEdge(edge.start, edge.end, edge.kind, edge.label, edge in back, bends))
    return Layout(nodes, tuple(drawn), 1 + max(columns.values()), 1 + max(node.row for node in nodes))


# --- what there is -------------------------------------------------------------------------------------------


def _edges(subgraph: Subgraph) -> list[_Edge]:
    """Every arrow; several cases that lead to one node are one arrow with all their names."""
    found: dict[tuple[str, str, Flow], list[str]] = {}
    for name, start in subgraph.starts.items():
        found[SOURCE + name, start, "arrives"] = []
    for name, leads in subgraph.edges.items():
        for way in leads:
            found.setdefault((name, way.to, way.by), []).append(way.when)
    most: dict[str, int] = {}
    for (start, _, kind), labels in found.items():
        if kind == "case":
            most[start] = max(most.get(start, 0), len(labels))
    n_out = Counter(start for start, *_ in found)
    edges = []
    for (start, end, kind), labels in found.items():
        rest = kind == "case" and n_out[start] > 1 and MANY <= len(labels) == most[start]
        edges.append(_Edge(start, end, kind, "otherwise" if rest else _joined(labels)))
    return edges


def _joined(labels: Sequence[str], most: int = 3) -> str:
    """A few labels in full; of many, the first and how many more."""
    if len(labels) <= most:
        return ", ".join(labels)
    return f"{', '.join(labels[: most - 1])} and {len(labels) - most + 1} more"


def _node(pathway: Pathway, name: str, column: int, row: float) -> DrawnNode:
    kind, detail, group = _described(pathway, name)
    return DrawnNode(name, kind, _words(name.removeprefix(SOURCE)), detail, group, column, row)


def _described(pathway: Pathway, name: str) -> tuple[Kind, str, str]:
    """A node's kind, second line and group."""
    if name.startswith(SOURCE):
        source = pathway.arrivals.get(name.removeprefix(SOURCE))
        return "source", f"{mean_per_day(source):g} a day" if source else "present at the start", ""
    node = pathway.nodes()[name]
    if isinstance(node, Step):
        return "step", _asked(node), _group(pathway, node)
    if isinstance(node, Loop):
        return "loop", f"as often as {_words(node.passes)}", ""
    if isinstance(node, End):
        return "end", _words(node.outcome), ""
    return "branch", _read(node), ""


def _asked(step: Step) -> str:
    """'triage nurses + one of cubicles, chairs; ends early if 18 or more wait'."""
    parts = [_words(pool) for pool in step.asks]
    if step.any_of:
        among = "one of " if len(step.any_of) > 1 else ""
        parts.append(f"{among}{', '.join(_words(pool) for pool in step.any_of)}")
    said = [" + ".join(parts)] if parts else []
    if step.effort is not None:
        said.append(f"ends early if {min(step.effort.at_least)} or more wait")
    return "; ".join(said)


def _group(pathway: Pathway, step: Step) -> str:
    asked = (*step.asks, *step.any_of)
    spaces = [pool for pool in asked if pathway.pools[pool].kind == "space"]
    return (*spaces, *asked, "")[0]


def _read(branch: Branch) -> str:
    """What a branch looks at."""
    if isinstance(branch, ByAttribute):
        return f"by {_words(branch.attribute)}"
    if isinstance(branch, ByChance):
        return "by chance"
    if isinstance(branch, ByHours):
        return "by the clock"
    if isinstance(branch, ByOutage):
        return f"by {_words(branch.outage)}"
    return f"by who waits at {_joined([_words(step) for step in branch.waiting_at])}"


def _words(name: str) -> str:
    return name.replace("_", " ")


# --- columns -------------------------------------------------------------------------------------------------


def _back(names: Sequence[str], edges: Sequence[_Edge]) -> set[_Edge]:
    """The edges that lead back to a node on the way to them, going deep first in declared order."""
    out = _by_start(names, edges)
    back: set[_Edge] = set()
    done: set[str] = set()
    for first in names:
        on_way: dict[str, None] = {}
        ahead = [(first, iter(out[first]))] if first not in done else []
        while ahead:
            name, rest = ahead[-1]
            on_way[name] = None
            edge = next(rest, None)
            if edge is None:
                done.add(name)
                del on_way[name]
                ahead.pop()
            elif edge.end in on_way:
                back.add(edge)
            elif edge.end not in done:
                ahead.append((edge.end, iter(out[edge.end])))
    return back


def _by_start(names: Iterable[str], edges: Iterable[_Edge]) -> dict[str, list[_Edge]]:
    out: dict[str, list[_Edge]] = {name: [] for name in names}
    for edge in edges:
        out[edge.start].append(edge)
    return out


def _columns(names: Sequence[str], edges: Sequence[_Edge]) -> dict[str, int]:
    """Longest way from a source; sources themselves stand right before where they lead."""
    out = _by_start(names, edges)
    n_before = {name: 0 for name in names}
    for edge in edges:
        n_before[edge.end] += 1
    columns = {name: 0 for name in names}
    ahead = [name for name in names if not n_before[name]]
    for name in ahead:  # grows as nodes lose their last predecessor
        for edge in out[name]:
            columns[edge.end] = max(columns[edge.end], columns[name] + 1)
            n_before[edge.end] -= 1
            if not n_before[edge.end]:
                ahead.append(edge.end)
    for name in names:
        if name.startswith(SOURCE):
            columns[name] = columns[out[name][0].end] - 1
    return columns


# --- rows ----------------------------------------------------------------------------------------------------

Point = tuple[str, int]
"""A node, or the bend of an edge (named by its ends), in a column."""


def _chain(edge: _Edge, columns: Mapping[str, int]) -> tuple[Point, ...]:
    """An edge as points, one in each column from its start to its end."""
    first, last = columns[edge.start], columns[edge.end]
    bends = [(f"{edge.start} > {edge.end} > {edge.kind}", column) for column in range(first + 1, last)]
    return ((edge.start, first), *bends, (edge.end, last))


def _rows(names: Sequence[str], columns: Mapping[str, int], chains: Sequence[tuple[Point, ...]]) -> dict[Point, float]:
    """The row of every point."""
    layers: list[list[Point]] = [[] for _ in range(1 + max(columns.values()))]
    for point in dict.fromkeys([*((name, columns[name]) for name in names), *(each for one in chains for each in one)]):
        layers[point[1]].append(point)
    left: dict[Point, list[Point]] = {point: [] for layer in layers for point in layer}
    right: dict[Point, list[Point]] = {point: [] for layer in layers for point in layer}
    for chain in chains:
        for start, end in pairwise(chain):
            right[start].append(end)
            left[end].append(start)
    return _spaced(_ordered(layers, left, right), left, right, real=set(names))


def _ordered(
    layers: list[list[Point]], left: Mapping[Point, list[Point]], right: Mapping[Point, list[Point]]
) -> list[list[Point]]:
    """Sort columns by the mean place of their neighbours, to and fro; keep the order with the fewest crossings."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, right)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        near = left if forward else right
        for number in range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1):
            beside = layers[number - 1 if forward else number + 1]
            place = {point: position / len(beside) for position, point in enumerate(beside)}
            own = {point: position / len(layers[number]) for position, point in enumerate(layers[number])}
            mean = {
                point: sum(place[each] for each in near[point]) / len(near[point]) if near[point] else own[point]
                for point in layers[number]
            }
            layers[number].sort(key=mean.__getitem__)
        crossings = _crossings(layers, right)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _crossings(layers: Sequence[Sequence[Point]], right: Mapping[Point, list[Point]]) -> int:
    """How many pairs of edges between neighbouring columns cross."""
    total = 0
    for layer, after in pairwise(layers):
        place = {point: position for position, point in enumerate(after)}
        seen: list[int] = []
        for point in layer:
            ends = sorted(place[each] for each in right[point])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _spaced(
    layers: Sequence[Sequence[Point]],
    left: Mapping[Point, list[Point]],
    right: Mapping[Point, list[Point]],
    *,
    real: set[str],
) -> dict[Point, float]:
    """Rows near the mean of the neighbours' rows, in the given order and never too near one another."""
    rows = {point: float(position) for layer in layers for position, point in enumerate(layer)}
    for sweep in range(SWEEPS):
        near = left if sweep % 2 == 0 else right
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = [
                sum(rows[each] for each in near[point]) / len(near[point]) if near[point] else rows[point]
                for point in layer
            ]
            gaps = [_gap(a[0] in real, b[0] in real) for a, b in pairwise(layer)]
            rows |= dict(zip(layer, _apart(wanted, gaps), strict=True))
    top = min(rows.values())
    return {point: row - top for point, row in rows.items()}


def _gap(one_is_real: bool, other_is_real: bool) -> float:
    """The least distance between the rows of two neighbours of a column, each of them a node or a bend."""
    if one_is_real and other_is_real:
        return 1.0
    return BESIDE if one_is_real or other_is_real else SLIM


def _apart(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Rows in order, at least the gaps apart: halfway between pushing everything down and pushing everything up."""
    down, up = list(wanted), list(wanted)
    for number, gap in enumerate(gaps):
        down[number + 1] = max(down[number + 1], down[number] + gap)
    for number in range(len(gaps) - 1, -1, -1):
        up[number] = min(up[number], up[number + 1] - gaps[number])
    return [(one + other) / 2 for one, other in zip(down, up, strict=True)]
