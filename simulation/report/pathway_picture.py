"""The pathway drawn from its data: boxes for steps, diamonds' words for branches, arrows for ways on.

`pathway.drawing` says where everything goes; this file only puts it on paper, large enough that ninety boxes can
be read when the picture is opened at full size. Patients go from the top down.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.pathway.department import Pathway
from simulation.pathway.drawing import DrawnEdge, DrawnNode, layout
from simulation.report.figures import BLUE, DARK, GREY, Picture, figure_of, png_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as Way

DOWN, ACROSS = 1.12, 1.86
"""Inches from one layer of the drawing to the next (its columns, here downwards), and between its rows."""
BOX, HEIGHT = 1.42, 0.5
"""Inches of a box's width and height."""
MARGIN, LEGEND = 0.3, 0.5
LABEL_DEPTHS = (0.84, 0.6, 0.36)
"""Shares of the gap below a box at which the words of its arrows stand."""
BACK, TURNED_AWAY = "#b38600", "#d55e00"
FILL = {"source": "#e8edee", "step": "#ffffff", "branch": "#fff4cc", "loop": "#fff4cc", "end": "#d9f2e6"}
EDGE = {"source": GREY, "step": BLUE, "branch": "#b38600", "loop": "#b38600", "end": "#007f3b"}
WORDS = {
    "source": "who comes",
    "step": "step (what it asks for)",
    "branch": "branch or loop (what decides)",
    "end": "end (outcome)",
}


def pathway_picture(pathway: Pathway) -> Picture:
    """The picture of a sound pathway. Raises nothing of its own."""
    drawing = layout(pathway)
    width = ACROSS * (drawing.n_rows - 1) + BOX + 2 * MARGIN
    height = DOWN * (drawing.n_columns - 1) + HEIGHT + 2 * MARGIN + LEGEND
    places = {node.name: (ACROSS * node.row, DOWN * node.column) for node in drawing.nodes}
    with figure_of(width, height, 1, 1) as (figure, axes):
        ax = axes[0]
        depth = _depths(drawing.edges, places)
        for edge in drawing.edges:
            _arrow(ax, edge, places, depth.get(edge, LABEL_DEPTHS[0]))
        for node in drawing.nodes:
            _box(ax, node, places[node.name])
        _legend(ax)
        ax.set_xlim(-BOX / 2 - MARGIN, width - BOX / 2 - MARGIN)
        ax.set_ylim(height - HEIGHT / 2 - MARGIN - LEGEND, -HEIGHT / 2 - MARGIN - LEGEND)
        ax.set_axis_off()
        png = png_of(figure)
    gives_up = f" Who gives up waiting goes to '{pathway.patience.next.replace('_', ' ')}'." if pathway.patience else ""
    caption = f"The pathway '{pathway.name}', drawn from its data; dashed arrows lead back.{gives_up}"
    return Picture("pathway", png, _alt(pathway), caption)


def draw_pathway(pathway: Pathway, path: Path) -> Picture:
    """Write the picture of a pathway as PNG. The folder must exist."""
    picture = pathway_picture(pathway)
    path.write_bytes(picture.png)
    return picture


def _box(ax: Axes, node: DrawnNode, place: tuple[float, float]) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = place
    style = "round,pad=0,rounding_size=0.2" if node.kind in ("source", "end") else "round,pad=0,rounding_size=0.04"
    ax.add_patch(
        FancyBboxPatch(
            (x - BOX / 2, y - HEIGHT / 2), BOX, HEIGHT, boxstyle=style,
            facecolor=FILL[node.kind], edgecolor=EDGE[node.kind], linewidth=1.2, zorder=3,
        )
    )  # fmt: skip
    detail = _short(node.detail)
    lift = 0.0 if not detail else 0.08 if "\n" not in detail else 0.13
    ax.text(x, y - lift, _clipped(node.label, 25), ha="center", va="center", fontsize=7.5, fontweight="bold", zorder=4)
    if detail:
        drop = 0.11 if "\n" not in detail else 0.08
        ax.text(x, y + drop, detail, ha="center", va="center", fontsize=6, color="#212b32", zorder=4, linespacing=0.95)


def _short(detail: str) -> str:
    """A second line that fits a box, in two lines at most."""
    lines = textwrap.wrap(detail, 30)
    if len(lines) > 2:
        lines = [lines[0], _clipped(f"{lines[1]} {lines[2]}", 30)]
    return "\n".join(lines)


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _depths(edges: Sequence[DrawnEdge], places: Mapping[str, tuple[float, float]]) -> dict[DrawnEdge, float]:
    """How far down the gap each arrow's words stand: neighbours of one box at different depths."""
    found: dict[DrawnEdge, float] = {}
    by_start: dict[str, list[DrawnEdge]] = {}
    for edge in edges:
        if edge.label and edge.kind != "leaves" and not edge.back:
            by_start.setdefault(edge.start, []).append(edge)
    for together in by_start.values():
        together.sort(key=lambda edge: ACROSS * edge.bends[0][1] if edge.bends else places[edge.end][0])
        depths = LABEL_DEPTHS if len(together) > 2 else LABEL_DEPTHS[1:2]
        found |= {edge: depths[number % len(depths)] for number, edge in enumerate(together)}
    return found


def _arrow(ax: Axes, edge: DrawnEdge, places: Mapping[str, tuple[float, float]], depth: float) -> None:
    """A smooth way from box to box; ways back go round the side. Where patients give up is said in words only."""
    from matplotlib.patches import FancyArrowPatch

    if edge.kind == "leaves":
        return
    (x0, y0), (x1, y1) = places[edge.start], places[edge.end]
    if edge.back:
        points = [(x0, y0 - HEIGHT / 2), (x1 + 0.25 * BOX, y1 + HEIGHT / 2)]
    else:
        bends = [(ACROSS * row, DOWN * column) for column, row in edge.bends]
        points = [(x0, y0 + HEIGHT / 2), *bends, (x1, y1 - HEIGHT / 2)]
    colour = BACK if edge.back else TURNED_AWAY if edge.kind == "turned_away" else GREY
    style = "dashed" if edge.back else "solid"
    ax.add_patch(
        FancyArrowPatch(
            path=_smooth(points), arrowstyle="-|>", mutation_scale=8, color=colour, linewidth=0.9,
            linestyle=style, zorder=1,
        )
    )  # fmt: skip
    if edge.label:
        _edge_label(ax, edge.label.replace("_", " "), points, depth)


def _edge_label(ax: Axes, label: str, points: Sequence[tuple[float, float]], depth: float) -> None:
    """On the arrow, in the gap after its box, where the arrows of one box are apart."""
    (x0, y0), (x1, y1) = points[0], points[1]
    gap = DOWN - HEIGHT
    share = min(depth * gap / abs(y1 - y0), depth) if y1 != y0 else depth
    along = share**2 * (3 - 2 * share)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 0.6}
    words = "\n".join(textwrap.wrap(_clipped(label, 42), 22))
    ax.text(
        x0 + along * (x1 - x0), y0 + share * (y1 - y0), words, fontsize=5.8, ha="center", va="center", color=DARK,
        bbox=box, zorder=2, linespacing=0.9,
    )  # fmt: skip


def _smooth(points: Sequence[tuple[float, float]]) -> Way:
    """A curve through points that leaves and arrives upright."""
    from matplotlib.path import Path as NewWay

    vertices, codes = [points[0]], [NewWay.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        vertices += [(x0, middle), (x1, middle), (x1, y1)]
        codes += [NewWay.CURVE4] * 3
    return NewWay(vertices, codes)


def _legend(ax: Axes) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=FILL[kind], edgecolor=EDGE[kind], label=words) for kind, words in WORDS.items()]
    ax.legend(handles=handles, loc="upper left", ncols=len(handles), frameon=False, fontsize=9, borderaxespad=0)


def _alt(pathway: Pathway) -> str:
    first = ", ".join(
        f"{name.replace('_', ' ')} to {stream.starts.replace('_', ' ')}" for name, stream in pathway.streams.items()
    )
    ends = ", ".join(name.replace("_", " ") for name in pathway.ends)
    n_branches = len(pathway.branches) + len(pathway.loops)
    return (
        f"Flow chart of the pathway {pathway.name}: {len(pathway.steps)} steps, {n_branches} branches and loops. "
        f"Where patients start: {first}. Where they end: {ends}. "
        "Every step, what it asks for and where it leads are in config.yaml."
    )
