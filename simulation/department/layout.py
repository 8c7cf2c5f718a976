"""The layout of a picture of a route: columns, rows, edges and labels; `report` draws it.

Columns go from left to right (a layered layout): a node's column is the longest path to it from a source of patients,
without edges that lead back. The order within a column follows the neighbours (barycentres) so that few edges cross; a
long edge has a bend in every column that it passes. Nothing is random: the same pathway gives the same layout.
"""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from simulation.department.graph import Subgraph, whole_graph
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import End, Loop, Pathway, Step
from simulation.wording import joined, spaced

SWEEPS = 12
"""How often the columns are sorted, alternately left to right and back."""
GAPS = (0.2, 0.54, 1.0)
"""The least distance between two rows of a column of which none, one or both are nodes and no bends (of one it is a
little over half a box)."""
MANY = 4
"""The number of cases from which a branch's arrow with the most cases is labelled 'otherwise', if there is another."""
SOURCE = "source:"
GIVES_UP = "who gives up waiting"
"""The words in the box where patients come whose patience ends; no arrow leads there for them."""

Kind = Literal["source", "step", "branch", "loop", "end"]
Flow = Literal["arrives", "on", "case", "again", "done", "blocked", "leaves"]


class DrawnNode(NamedTuple):
    """A box. `detail` is a second line; `group` is the first pool that a step asks for, spaces before staff."""

    name: str
    kind: Kind
    label: str
    detail: str
    group: str
    column: int
    row: float


class DrawnEdge(NamedTuple):
    """An arrow. `label` is a category, a probability, hours or nothing; `back`: it leads to the left.

    `bends` are the (column, row) points between its ends.
    """

    start: str
    end: str
    kind: Flow
    label: str
    back: bool = False
    bends: tuple[tuple[int, float], ...] = ()


class Layout(NamedTuple):
    """Where nodes and edges of a route are drawn. Rows count down from 0; nodes of a column are at least 1 apart."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    n_columns: int
    n_rows: float


def lay_out(pathway: Pathway, subgraph: Subgraph | None = None) -> Layout:
    """The layout of a sound pathway, or of a part of it.

    The sources of patients are nodes too, named `source:` and their name.
    """
    shown = subgraph or whole_graph(pathway)
    edges = _edges(shown)
    names = [
        *(SOURCE + name for name in shown.starts),
        *(name for name in pathway.nodes() if name in shown.edges),
    ]
    back = _back_edges(names, edges)
    columns = _columns(names, [edge for edge in edges if edge not in back])
    chains = {
        edge: _chain(edge, columns) for edge in edges if edge not in back and edge.kind != "leaves"
    }
    rows = _rows(names, columns, list(chains.values()))
    given_up = {edge.end for edge in edges if edge.kind == "leaves"}
    nodes = tuple(
        _node(pathway, name, columns[name], rows[name, columns[name]], name in given_up)
        for name in names
    )
    bends = {
        edge: tuple((point[1], rows[point]) for point in points[1:-1])
        for edge, points in chains.items()
    }
    drawn = tuple(edge._replace(back=edge in back, bends=bends.get(edge, ())) for edge in edges)
    return Layout(nodes, drawn, 1 + max(columns.values()), 1 + max(node.row for node in nodes))


# --- nodes and edges -----------------------------------------------------------------------------------------


def _edges(subgraph: Subgraph) -> list[DrawnEdge]:
    """The edges to draw; several cases that lead to one node are one edge with all their names."""
    labels_by_edge: dict[tuple[str, str, Flow], list[str]] = {}
    for name, start in subgraph.starts.items():
        labels_by_edge[SOURCE + name, start, "arrives"] = []
    for name, edges_out in subgraph.edges.items():
        for edge in edges_out:
            labels_by_edge.setdefault((name, edge.to, edge.by), []).append(edge.when)
    most_cases: dict[str, int] = {}
    for (start, _, kind), labels in labels_by_edge.items():
        if kind == "case":
            most_cases[start] = max(most_cases.get(start, 0), len(labels))
    n_out = Counter(start for start, *_ in labels_by_edge)
    edges = []
    for (start, end, kind), labels in labels_by_edge.items():
        otherwise = kind == "case" and n_out[start] > 1 and MANY <= len(labels) == most_cases[start]
        edges.append(DrawnEdge(start, end, kind, "otherwise" if otherwise else joined(labels)))
    return edges


def _node(pathway: Pathway, name: str, column: int, row: float, given_up: bool) -> DrawnNode:
    kind, detail, group = _kind_and_words(pathway, name)
    if given_up:  # from every step where one may leave: words instead of arrows
        detail = f"{detail}: {GIVES_UP}" if detail else GIVES_UP
    return DrawnNode(name, kind, spaced(name.removeprefix(SOURCE)), detail, group, column, row)


def _kind_and_words(pathway: Pathway, name: str) -> tuple[Kind, str, str]:
    """A node's kind, second line and group."""
    if name.startswith(SOURCE):
        source = pathway.arrivals.get(name.removeprefix(SOURCE))
        return "source", f"{mean_per_day(source):g} a day" if source else "present at the start", ""
    node = pathway.nodes()[name]
    if isinstance(node, Step):
        # what a step asks for: 'triage nurses + one of cubicles, chairs; ends early if 18 or more wait'
        parts = [spaced(pool) for pool in node.asks]
        if node.any_of:
            among = "one of " if len(node.any_of) > 1 else ""
            parts.append(f"{among}{', '.join(spaced(pool) for pool in node.any_of)}")
        phrases = [" + ".join(parts)] if parts else []
        if node.effort:
            phrases.append(f"ends early if {min(node.effort.at_least)} or more wait")
        asked = node.pools
        spaces = [pool for pool in asked if pathway.pools[pool].kind == "space"]
        return "step", "; ".join(phrases), (*spaces, *asked, "")[0]
    if isinstance(node, Loop):
        return "loop", f"as often as {spaced(node.passes)}", ""
    if isinstance(node, End):
        return "end", spaced(node.outcome), ""
    return "branch", node.reads(), ""


# --- columns -------------------------------------------------------------------------------------------------


def _back_edges(names: Sequence[str], edges: Sequence[DrawnEdge]) -> set[DrawnEdge]:
    """The edges that lead back to a node on the path to them, in a depth-first search in declared order."""
    out: dict[str, list[DrawnEdge]] = {name: [] for name in names}
    for edge in edges:
        out[edge.start].append(edge)
    back: set[DrawnEdge] = set()
    done: set[str] = set()
    for first in names:
        on_path: set[str] = set()
        ahead = [(first, iter(out[first]))] if first not in done else []
        while ahead:
            name, untried = ahead[-1]
            on_path.add(name)
            taken = next(untried, None)
            if taken is None:
                done.add(name)
                on_path.remove(name)
                ahead.pop()
            elif taken.end in on_path:
                back.add(taken)
            elif taken.end not in done:
                ahead.append((taken.end, iter(out[taken.end])))
    return back


def _columns(names: Sequence[str], edges: Sequence[DrawnEdge]) -> dict[str, int]:
    """The column of each node: its longest path from a source. A source stands right before the node it leads to."""
    before: dict[str, list[str]] = {name: [] for name in names}
    for edge in edges:
        before[edge.end].append(edge.start)
    columns = dict.fromkeys(names, 0)
    for name in TopologicalSorter(before).static_order():
        columns[name] = max((columns[start] + 1 for start in before[name]), default=0)
    columns |= {
        edge.start: columns[edge.end] - 1 for edge in edges if edge.start.startswith(SOURCE)
    }
    return columns


# --- rows ----------------------------------------------------------------------------------------------------

Point = tuple[str, int]
"""A node, or the bend of an edge (named by its ends), in a column."""
Neighbours = Mapping[Point, list[Point]]
"""The points in the column before, or after, to which edges lead from each."""


def _chain(edge: DrawnEdge, columns: Mapping[str, int]) -> tuple[Point, ...]:
    """An edge as points, one in each column from its start to its end."""
    first, last = columns[edge.start], columns[edge.end]
    bends = [
        (f"{edge.start} > {edge.end} > {edge.kind}", column) for column in range(first + 1, last)
    ]
    return ((edge.start, first), *bends, (edge.end, last))


def _rows(
    names: Sequence[str], columns: Mapping[str, int], chains: Sequence[tuple[Point, ...]]
) -> dict[Point, float]:
    """The row of every point."""
    layers: list[list[Point]] = [[] for _ in range(1 + max(columns.values()))]
    node_points = [(name, columns[name]) for name in names]
    for point in dict.fromkeys((*node_points, *chain.from_iterable(chains))):
        layers[point[1]].append(point)
    left: Neighbours = defaultdict(list)
    right: Neighbours = defaultdict(list)
    for points in chains:
        for start, end in pairwise(points):
            right[start].append(end)
            left[end].append(start)
    return _spaced(_ordered(layers, left, right), left, right, real=set(names))


def _ordered(layers: list[list[Point]], left: Neighbours, right: Neighbours) -> list[list[Point]]:
    """The columns sorted by the mean place of their neighbours, to and fro, in the order with the fewest crossings."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, right)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbours = left if forward else right
        for number in range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1):
            layer, beside = layers[number], layers[number - 1 if forward else number + 1]
            place = {point: position / len(beside) for position, point in enumerate(beside)}
            own = {point: position / len(layer) for position, point in enumerate(layer)}
            mean = {point: _mean(place, neighbours[point], otherwise=own[point]) for point in layer}
            layer.sort(key=mean.__getitem__)
        crossings = _crossings(layers, right)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _mean(values: Mapping[Point, float], points: Sequence[Point], *, otherwise: float) -> float:
    """The mean of the values of some points; `otherwise` if there are none."""
    return sum(values[point] for point in points) / len(points) if points else otherwise


def _crossings(layers: Sequence[Sequence[Point]], right: Neighbours) -> int:
    """The number of pairs of edges between neighbouring columns that cross."""
    total = 0
    for layer, after in pairwise(layers):
        place = {point: position for position, point in enumerate(after)}
        seen: list[int] = []
        for point in layer:
            ends = sorted(place[neighbour] for neighbour in right[point])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _spaced(
    layers: Sequence[Sequence[Point]], left: Neighbours, right: Neighbours, *, real: set[str]
) -> dict[Point, float]:
    """The row of each point, near the mean of its neighbours' rows, in the given order and with room between nodes."""
    rows = {point: float(position) for layer in layers for position, point in enumerate(layer)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbours = left if forward else right
        for layer in layers if forward else layers[::-1]:
            wanted = [_mean(rows, neighbours[point], otherwise=rows[point]) for point in layer]
            gaps = [GAPS[(one[0] in real) + (other[0] in real)] for one, other in pairwise(layer)]
            rows |= dict(zip(layer, _apart(wanted, gaps), strict=True))
    top = min(rows.values())
    return {point: row - top for point, row in rows.items()}


def _apart(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Rows in order with at least these gaps, halfway between pushing all down and pushing all up from `wanted`."""
    down, up = list(wanted), list(wanted)
    for number, gap in enumerate(gaps):
        down[number + 1] = max(down[number + 1], down[number] + gap)
    for number in range(len(gaps) - 1, -1, -1):
        up[number] = min(up[number], up[number + 1] - gaps[number])
    return [(one + other) / 2 for one, other in zip(down, up, strict=True)]
