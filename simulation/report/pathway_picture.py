"""The pathway drawn from its data: boxes for steps, branches and ends, arrows for the routes between them.

`pathway.layout` says where everything goes; this file only puts it on paper, so that a department of a hundred boxes
is about a page of A3 whose names can be read at full size. Patients go from the top down. What no patient of some arms
can reach may be left out (`study.arm_changes`), which the picture then says. What an arm changes can be marked: the
boxes where it shows in colour, the others pale, and in words at the head of the picture.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.department.graph import Subgraph, whole_graph
from simulation.department.layout import DrawnEdge, DrawnNode, Layout, lay_out
from simulation.department.vocabulary import Pathway
from simulation.display.drawing import BLUE, DARK, GREY, Picture, figure_of, png_of
from simulation.records.serialise import read_yaml
from simulation.study.arm_changes import ArmChanges, Kind, left_out_words
from simulation.wording import clipped, number_of, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOWN, ACROSS = 0.6, 1.0
"""Inches from one layer of the drawing to the next (its columns, here downwards), and between its rows."""
BOX, HEIGHT = 0.93, 0.35
"""Inches of a box's width and height."""
MARGIN, LEGEND = 0.3, 0.5
LEGEND_MARGIN = 0.2
LEGEND_ENTRY = 1.6
"""Inches that the legend needs beside its entries, and about what one of them takes."""
NAME_SIZE, DETAIL_SIZE, LINE = 6.2, 4.7, 0.082
"""Points of a box's first and further lines, and inches from one line to the next: four fit."""
NAME_WIDTH, DETAIL_WIDTH = 16, 27
"""Characters of a name and of a second line that fit across a box."""
LABEL_DEPTHS = (0.5, 0.8, 0.2, 0.65, 0.35)
"""Shares of the gap below a box at which the words of its arrows may stand, the first where there is room."""
LABEL_SIZE, LABEL_WIDTH = 5.4, 26
"""Points and the most characters of the words on an arrow."""
LETTER, LABEL_LINE = 0.044, 0.085
"""Inches of a letter on an arrow, about: its width, and the height of its line."""
BACK, BLOCKED = "#b38600", "#d55e00"
"""Colours of arrows that lead back, and of those for patients whom a full step sends elsewhere."""
FILL = {
    "source": "#e8edee",
    "step": "#ffffff",
    "branch": "#fff4cc",
    "loop": "#fff4cc",
    "end": "#d9f2e6",
}
EDGE = {"source": GREY, "step": BLUE, "branch": "#b38600", "loop": "#b38600", "end": "#007f3b"}
WORDS = {
    "source": "who comes",
    "step": "step (what it asks for)",
    "branch": "branch or loop (what decides)",
    "end": "end (outcome)",
}
KIND_WORDS, KIND_COLOURS = read_yaml(Path(__file__).with_suffix(".yaml")).values()
"""What an arm does at a node that is marked with its change, and the colour of the mark."""
FAINT = 0.35
"""How much of an unmarked box and arrow is left where others are marked."""
HEAD_LINE, HEAD_WIDTH = 0.28, 10
"""Inches of a line of words at the head of a marked picture; characters of it to the inch."""


Point = tuple[float, float]
"""Inches across and down."""


@dataclass(frozen=True)
class Sketch:
    """A pathway laid out, with the texts of its picture; a page of the gallery states the hash of it."""

    name: str
    alt: str
    caption: str
    left_out: str
    drawing: Layout


def sketch_of(pathway: Pathway, subgraph: Subgraph | None = None) -> Sketch:
    """A sound pathway laid out. `subgraph`: the part to draw; the whole if none is given."""
    shown = subgraph if subgraph is not None else whole_graph(pathway)
    left_out = left_out_words(shown)
    leaves = (
        f" Who gives up waiting goes to '{spaced(pathway.patience.next)}'."
        if pathway.patience
        else ""
    )
    caption = f"The pathway '{pathway.name}', drawn from its data; dashed arrows lead back.{leaves} {left_out}"
    first = ", ".join(
        f"{spaced(name)} to {spaced(shown.starts[name])}" for name in pathway.arrivals
    )
    ends = ", ".join(spaced(name) for name in pathway.ends if name in shown.edges)
    n_steps = sum(name in shown.edges for name in pathway.steps)
    n_branches = sum(name in shown.edges for name in (*pathway.branches, *pathway.loops))
    return Sketch(
        pathway.name,
        (
            f"Flow chart of the pathway {pathway.name}: {number_of(n_steps, 'step')}, "
            f"{number_of(n_branches, 'branch or loop', 'branches and loops')}. "
            f"Where patients start: {first}. Where they end: {ends}. "
            "Every step, what it asks for and where it leads are in config.yaml."
        ),
        caption.rstrip(),
        left_out,
        lay_out(pathway, shown),
    )


def pathway_picture(
    pathway: Pathway,
    changes: ArmChanges | None = None,
    *,
    subgraph: Subgraph | None = None,
    title: str = "",
) -> Picture:
    """The picture of a sound pathway, with what an arm changes marked on it and listed at its head under a title.

    `subgraph`: the part to draw; the whole if none is given.
    """
    if changes is not None and subgraph is not None:
        changes = replace(
            changes, opened=tuple((one, subgraph.after(other)) for one, other in changes.opened)
        )
    return picture_of(sketch_of(pathway, subgraph), changes, title=title)


def picture_of(sketch: Sketch, changes: ArmChanges | None = None, *, title: str = "") -> Picture:
    """The picture of a sketch."""
    layout = sketch.drawing
    marked = changes if changes is not None else ArmChanges("", ())
    marks, kinds = marked.by_node(), list(dict.fromkeys(change.kind for change in marked.changes))
    node_kinds = {node.kind for node in layout.nodes}
    node_words: dict[str, str] = {
        kind: words for kind, words in WORDS.items() if kind in node_kinds
    }
    farthest = max([layout.n_rows - 1, *(row for edge in layout.edges for _, row in edge.bends)])
    natural = ACROSS * farthest + BOX + 2 * MARGIN
    width = max(natural, LEGEND_ENTRY * len(node_words) + LEGEND_MARGIN)
    left = -BOX / 2 - MARGIN - (width - natural) / 2
    head = _head_lines(changes, title, width) if changes is not None else []
    n_across = max(int(width / LEGEND_ENTRY), 3)
    above = LEGEND + 0.2 * ((len(node_words) + len(kinds) - 1) // n_across) + HEAD_LINE * len(head)
    below = HEAD_LINE if sketch.left_out else 0.0
    top = -HEIGHT / 2 - MARGIN - above
    height = DOWN * (layout.n_columns - 1) + HEIGHT + 2 * MARGIN + above + below
    places = {node.name: (ACROSS * node.row, DOWN * node.column) for node in layout.nodes}
    with figure_of(width, height, 1, 1, layout=None) as (figure, (ax,)):
        ax.set_position(
            (0, 0, 1, 1)
        )  # one unit is one inch, and a narrow pathway has a wide legend
        label_at = _label_places(layout.edges, places)
        for edge in layout.edges:
            new = (edge.start, edge.end) in marked.opened
            faint = changes is not None and not new
            _arrow(ax, edge, _points(edge, places), new=new, faint=faint)
            if edge in label_at:
                _edge_label(ax, _words(edge), label_at[edge], faint=faint)
        for node in layout.nodes:
            _box(ax, node, places[node.name], faint=changes is not None and node.name not in marks)
            _tags(ax, marks.get(node.name, ()), places[node.name])
        ax.set_xlim(left, left + width)
        ax.set_ylim(top + height, top)
        ax.set_axis_off()
        _head(ax, head, left + MARGIN / 2, top)
        if sketch.left_out:
            ax.text(
                left + MARGIN / 2, top + height - below, sketch.left_out, fontsize=9, color=GREY
            )
        _legend(ax, node_words, kinds, n_across, left)
        png = png_of(figure)
    if changes is None:
        return Picture("pathway", png, sketch.alt, sketch.caption)
    alt = f"{sketch.alt} Marked: {'. '.join(line for line, _ in head)}."
    return Picture(
        f"pathway-{changes.arm}",
        png,
        alt,
        f"{sketch.caption} Marked: what the arm '{changes.arm}' changes.",
    )


def _head_lines(changes: ArmChanges, title: str, width: float) -> list[tuple[str, str]]:
    """The lines at the head of a marked picture, each with its colour."""
    if not changes.changes:
        return [(title, "black"), ("Nothing that reaches a patient.", "black")]
    lines = [(title, "black")]
    for change in changes.changes:
        words = f"{spaced(change.what)}: {change.words}"
        wrapped = textwrap.wrap(
            words, int(HEAD_WIDTH * width), initial_indent="■ ", subsequent_indent="    "
        )
        lines += [(line, KIND_COLOURS[change.kind]) for line in wrapped]
    return lines


def _head(ax: Axes, lines: Sequence[tuple[str, str]], left: float, top: float) -> None:
    """Write the lines at the head of a marked picture, the first as its title."""
    for number, (line, colour) in enumerate(lines):
        size, weight = (15, "bold") if number == 0 else (12, "normal")
        ax.text(
            left,
            top + HEAD_LINE * (number + 0.7),
            line,
            fontsize=size,
            fontweight=weight,
            color=colour,
            va="center",
        )


def _tags(ax: Axes, marked: Sequence[tuple[Kind, str]], place: Point) -> None:
    """Draw what an arm changes at one box: coloured labels on its upper edge, one above the other."""
    x, y = place
    lines = [
        (kind, line)
        for kind, words in reversed(marked)
        for line in reversed(textwrap.wrap(words, 24))
    ]
    for number, (kind, line) in enumerate(lines):
        box = {
            "boxstyle": "round,pad=0.2",
            "facecolor": KIND_COLOURS[kind],
            "edgecolor": "white",
            "linewidth": 0.5,
        }
        at = y - HEIGHT / 2 - 0.055 - 0.115 * number
        ax.text(
            x,
            at,
            line,
            ha="center",
            va="center",
            fontsize=5.2,
            color="white",
            fontweight="bold",
            bbox=box,
            zorder=6,
        )


def _box(ax: Axes, node: DrawnNode, place: Point, *, faint: bool) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = place
    alpha = FAINT if faint else 1.0
    style = (
        "round,pad=0,rounding_size=0.17"
        if node.kind in ("source", "end")
        else "round,pad=0,rounding_size=0.04"
    )
    ax.add_patch(
        FancyBboxPatch(
            (x - BOX / 2, y - HEIGHT / 2), BOX, HEIGHT, boxstyle=style,
            facecolor=FILL[node.kind], edgecolor=EDGE[node.kind], linewidth=1.2, zorder=3, alpha=alpha,
        )
    )  # fmt: skip
    name, detail = _fitted(node.label, NAME_WIDTH), _fitted(node.detail, DETAIL_WIDTH)
    lines = [(line, NAME_SIZE, "bold") for line in name] + [
        (line, DETAIL_SIZE, "normal") for line in detail
    ]
    colour = GREY if faint else "black"
    at = y - LINE * (len(lines) - 1) / 2
    for number, (words, size, weight) in enumerate(lines):
        ax.text(
            x, at + LINE * number, words, ha="center", va="center_baseline", fontsize=size, fontweight=weight,
            color=colour, zorder=4,
        )  # fmt: skip


def _fitted(text: str, width: int) -> list[str]:
    """A text in two lines at most, of so many characters; the rest is cut off."""
    first, *others = textwrap.wrap(text, width) or [""]
    return [line for line in (first, clipped(" ".join(others), width)) if line]


def _points(edge: DrawnEdge, places: Mapping[str, Point]) -> list[Point]:
    """The points where an arrow begins, turns and ends."""
    (x0, y0), (x1, y1) = places[edge.start], places[edge.end]
    if edge.back:
        return [(x0, y0 - HEIGHT / 2), (x1 + 0.25 * BOX, y1 + HEIGHT / 2)]
    bends = [  # upright past the boxes of a layer, so that it only turns in the gaps between layers
        (ACROSS * row, DOWN * column + side)
        for column, row in edge.bends
        for side in (-HEIGHT / 2, HEIGHT / 2)
    ]
    return [(x0, y0 + HEIGHT / 2), *bends, (x1, y1 - HEIGHT / 2)]


def _words(edge: DrawnEdge) -> str:
    return clipped(spaced(edge.label), LABEL_WIDTH)


def _label_places(
    edges: Sequence[DrawnEdge], places: Mapping[str, Point]
) -> dict[DrawnEdge, Point]:
    """The place of each arrow's words: on it, in the gap after its box, clear of other words where that can be.

    Each in turn takes the place with the most room; a second round mends what later ones made worse.
    """
    labelled = [edge for edge in edges if edge.label and edge.kind != "leaves"]
    label_at: dict[DrawnEdge, Point] = {}
    for edge in (*labelled, *labelled):
        possible = [_along(_points(edge, places), depth) for depth in LABEL_DEPTHS]
        others = [(_words(other), at) for other, at in label_at.items() if other is not edge]
        label_at[edge] = min(
            possible, key=lambda at: sum(_overlap(_words(edge), at, *other) for other in others)
        )
    return label_at


def _along(points: Sequence[Point], depth: float) -> Point:
    """The point of an arrow at a share of the depth of the gap after its box."""
    (x0, y0), (x1, y1) = points[0], points[1]
    gap = DOWN - HEIGHT
    share = min(depth * gap / abs(y1 - y0), depth) if y1 != y0 else depth
    return x0 + share**2 * (3 - 2 * share) * (x1 - x0), y0 + share * (y1 - y0)


def _overlap(words: str, at: Point, others: str, others_at: Point) -> float:
    """Square inches that two labels share."""
    across = LETTER * (len(words) + len(others)) / 2 - abs(at[0] - others_at[0])
    down = LABEL_LINE - abs(at[1] - others_at[1])
    return max(across, 0.0) * max(down, 0.0)


def _arrow(ax: Axes, edge: DrawnEdge, points: Sequence[Point], *, new: bool, faint: bool) -> None:
    """Draw a smooth arrow from box to box; where patients who give up go is said in words, by no arrow."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve

    if edge.kind == "leaves":
        return
    colour = BACK if edge.back else BLOCKED if edge.kind == "blocked" else GREY
    style = "dashed" if edge.back else "solid"
    # A curve through points that leaves and arrives upright
    vertices, codes = [points[0]], [Curve.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        vertices += [(x0, middle), (x1, middle), (x1, y1)]
        codes += [Curve.CURVE4] * 3
    ax.add_patch(
        FancyArrowPatch(
            path=Curve(vertices, codes), arrowstyle="-|>", mutation_scale=16 if new else 8,
            color=KIND_COLOURS["route"] if new else colour, linewidth=3.0 if new else 0.9, linestyle=style,
            zorder=2 if new else 1, alpha=FAINT if faint else 1.0,
        )
    )  # fmt: skip


def _edge_label(ax: Axes, words: str, at: Point, *, faint: bool) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 0.6}
    ax.text(
        *at,
        words,
        fontsize=LABEL_SIZE,
        ha="center",
        va="center",
        color=GREY if faint else DARK,
        bbox=box,
        zorder=2,
    )


def _legend(
    ax: Axes, node_words: Mapping[str, str], kinds: Sequence[Kind], n_across: int, left: float
) -> None:
    """Draw what boxes mean and, in a marked picture, what its colours mean. `left`: where the picture begins."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=FILL[kind], edgecolor=EDGE[kind], label=words)
        for kind, words in node_words.items()
    ]
    handles += [Patch(facecolor=KIND_COLOURS[kind], label=KIND_WORDS[kind]) for kind in kinds]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(left + MARGIN / 2, -HEIGHT / 2 - MARGIN - 0.05),
        bbox_transform=ax.transData, ncols=min(len(handles), n_across), frameon=False, fontsize=7, borderaxespad=0,
    )  # fmt: skip
