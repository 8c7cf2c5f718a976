"""What all figures share: a picture with its texts, colours, axes, and a figure that no user's settings change."""

from __future__ import annotations

import textwrap
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from simulation.display.words import unit_words
from simulation.runs.result import ArmResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from simulation.department.own_measures import Better


BLUE, DARK, GREY, PALE = "#005eb8", "#003087", "#768692", "#e8edee"
BETTER, WORSE, UNCLEAR = "#005eb8", "#d55e00", "#5a6670"
SHAM = "#ffeb99"
STAGE_COLOURS = (
    "#0072b2",
    "#56b4e9",
    "#009e73",
    "#e69f00",
    "#f0e442",
    "#cc79a7",
    "#d55e00",
    "#999999",
)
LEVEL_COLOURS = (WORSE, "#e69f00", "#f0e442", "#56b4e9", DARK)
"""Colours of the levels of acuity, the most urgent first."""
DASHED = (0, (4, 3))
DPI = 150
LABEL_WIDTH = 30
"""Characters of a line of an arm's label."""
_drawing = threading.RLock()
"""Held while a figure is drawn: matplotlib has one set of settings for the whole process."""


@dataclass(frozen=True)
class Picture:
    """A drawn picture: its bytes as PNG, an alternative text for those who cannot see it, and a caption."""

    name: str
    png: bytes = field(repr=False)
    alt: str
    caption: str

    def _repr_png_(self) -> bytes:
        """The picture as a notebook shows it."""
        return self.png


@dataclass(frozen=True)
class Drawing:
    """A drawing as SVG text, with alternative text and a caption."""

    svg: str
    alt: str
    caption: str


def axis_scale(unit: str) -> int:
    """The factor by which values of a unit are drawn: shares in per cent."""
    return 100 if unit == "share" else 1


def few_ticks(ax: Axes, most: int = 6) -> None:
    """Put at most so many round numbers on the x axis."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))


def rows_down(ax: Axes, n: int) -> None:
    """Set the y axis for so many rows, the first at 0 on top, over a grid along the x axis."""
    ax.set_ylim(n - 0.4, -0.6)
    ax.grid(axis="x", color=PALE)
    ax.set_axisbelow(True)


def legend_below(figure: Figure, handles: Sequence[Any], n_across: int = 3) -> None:
    """Put a legend below all panels."""
    figure.legend(
        handles=handles, loc="outside lower center", ncols=n_across, frameon=False, fontsize=9
    )


def legend_line(**style: Any) -> Line2D:
    """An entry of a legend: a line or a marker of this style, and its label."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **style)


def mark_important(
    ax: Axes,
    least: float,
    unit: str,
    *,
    along: Literal["x", "y"] = "x",
    linewidth: float = 1,
    linestyle: Any = DASHED,
) -> None:
    """Lines at the least difference that would matter, on either side of 0 along an axis."""
    line = ax.axvline if along == "x" else ax.axhline
    for side in (-1, 1):
        line(side * axis_scale(unit) * least, color=GREY, linewidth=linewidth, linestyle=linestyle)


def panel_title(ax: Axes, title: str, *, size: int = 10) -> None:
    """What one panel of a figure shows, in bold above its left edge."""
    ax.set_title(
        title, fontsize=size, fontweight="bold", loc="left", y=1.0
    )  # y: where it stands is not searched for


def label_differences(
    axes: Sequence[Axes],
    units: Sequence[str],
    better: Sequence[Better],
    what: str = "difference, {unit}",
) -> None:
    """Scale and label x axes of differences: panels of one unit alike, and the better side left, with an arrow."""
    for unit in set(units):
        same = [ax for ax, axis_unit in zip(axes, units, strict=True) if axis_unit == unit]
        ends = [end for ax in same for end in ax.get_xlim()]
        for ax in same:
            ax.set_xlim(min(ends), max(ends))
    for ax, unit, which in zip(axes, units, better, strict=True):
        few_ticks(ax)
        if which == "higher":
            ax.invert_xaxis()
        ax.set_xlabel(difference_label(unit, which, what))


def difference_label(unit: str, better: Better, what: str = "difference, {unit}") -> str:
    """The label of an axis whose better side is left: '← better    difference, minutes'; `what` without the arrow."""
    return f"{'' if better == 'neither' else '← better    '}{what.format(unit=unit_words(unit))}"


@contextmanager
def figure_of(
    width: float,
    height: float,
    n_rows: int,
    n_columns: int,
    *,
    sharex: bool = False,
    sharey: bool = False,
    layout: Literal["constrained"] | None = "constrained",
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure, independent of the window system and the user's settings, and its axes in reading order.

    `width`, `height`: in inches. `layout`: None if the axes are placed by hand.
    """
    import matplotlib

    with _drawing, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": list(families()),
                "font.size": 10,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.edgecolor": GREY,
                "hatch.linewidth": 0.8,
                "legend.frameon": False,
                "text.parse_math": False,  # labels are text, dollar signs included
            }
        )
        from matplotlib.figure import Figure as NewFigure

        figure = NewFigure(figsize=(width, height), dpi=DPI, layout=layout)
        axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=sharex, sharey=sharey)
        yield figure, list(axes.ravel())


def png_of(figure: Figure) -> bytes:
    """The figure as PNG; equal figures give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    make_drawable(figure)
    out, canvas = (
        BytesIO(),
        FigureCanvasAgg(figure),
    )  # `savefig` would draw twice, the first time for the layout alone
    canvas.print_png(  # type: ignore[no-untyped-call]
        out,
        metadata={"Software": None},
        pil_kwargs={"compress_level": 3},  # quicker than 6, a tenth more bytes
    )
    return out.getvalue()


def arm_axis(ax: Axes, arms: Sequence[ArmResult], extra: Sequence[str] = ()) -> None:
    """Name the arms along the y axis, the first at 0. `extra`: a line below each name."""
    names = [wrapped(arm.label, LABEL_WIDTH) for arm in arms]
    if extra:
        names = [f"{name}\n{line}" for name, line in zip(names, extra, strict=True)]
    ax.set_yticks(range(len(arms)), names, fontsize=9)
    for panel in ax.figure.axes:
        panel.tick_params(axis="y", length=0)


@lru_cache(maxsize=256)
def wrapped(text: str, width: int) -> str:
    """The text in as few lines of at most `width` characters as possible, of about equal length."""
    n_lines = len(textwrap.wrap(text, width))
    narrowest = next(
        tried for tried in range(1, width + 1) if len(textwrap.wrap(text, tried)) <= n_lines
    )
    return "\n".join(textwrap.wrap(text, narrowest))


FAMILIES = (
    "Arial", "Liberation Sans", "DejaVu Sans",  # the first is written in; DejaVu comes with matplotlib
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR",
    "WenQuanYi Micro Hei", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI",
    "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip
"""Fonts by preference; a sign that one has not is taken from the next that has it. Those of other scripts are known on
Linux, Windows and macOS in this order."""
UNKNOWN = "?"
"""What stands for a sign that no font here has."""
ON_ITS_OWN = ("Mn", "Mc", "Me", "Cf")
"""The categories of signs that go with another and leave nothing behind."""


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """The fonts of `FAMILIES` that are on this machine."""
    from matplotlib.font_manager import fontManager

    here = {font.name for font in fontManager.ttflist}
    return tuple(name for name in FAMILIES if name in here)


@lru_cache(maxsize=1)
def _signs() -> frozenset[str]:
    """The signs that one of these fonts has."""
    from matplotlib.font_manager import findfont, get_font

    charmaps = (
        get_font(findfont(name, fallback_to_default=False)).get_charmap() for name in families()
    )
    return frozenset("\n").union(*(map(chr, charmap) for charmap in charmaps))


def drawable(text: str) -> str:
    """The text as the fonts of this machine can write it, with a question mark for each sign that none of them has."""
    if text.isascii() or not (unknown := set(text) - _signs()):
        return text
    instead = {
        ord(sign): "" if unicodedata.category(sign) in ON_ITS_OWN else UNKNOWN for sign in unknown
    }
    return text.translate(instead)


def _drawable_names(name: Callable[..., str]) -> Callable[..., str]:
    """The function that names a tick, with names that can be written."""
    return lambda at, position=None: drawable(name(at, position))


def make_drawable(figure: Figure) -> None:
    """Rewrite every text of a figure, names along its axes included, as the fonts of this machine can write it."""
    from matplotlib.text import Text
    from matplotlib.ticker import FuncFormatter

    for text in figure.findobj(
        lambda artist: isinstance(artist, Text) and not artist.get_text().isascii()
    ):
        text.set_text(drawable(text.get_text()))  # type: ignore[attr-defined]
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FuncFormatter):  # writes the names anew as the figure is drawn
                formatter.func = _drawable_names(formatter.func)
