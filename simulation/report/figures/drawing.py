"""What every figure is made with: a picture and its texts, colours, a figure that no user's settings change."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from simulation.experiment.arm_result import ArmResult
from simulation.report.words import unit_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simulation.pathway.own_measures import Better
BLUE, DARK, GREY, PALE = "#005eb8", "#003087", "#768692", "#e8edee"
BETTER, WORSE, UNCLEAR = "#005eb8", "#d55e00", "#5a6670"
STAGE_COLOURS = ("#0072b2", "#56b4e9", "#009e73", "#e69f00", "#f0e442", "#cc79a7", "#d55e00", "#999999")
DPI = 150
LABEL_WIDTH = 30
"""Characters after which an arm's label is broken."""


@dataclass(frozen=True)
class Picture:
    """A drawn picture: `png` bytes, alternative text for who cannot see it, a caption for who can."""

    name: str
    png: bytes = field(repr=False)
    alt: str
    caption: str

    def _repr_png_(self) -> bytes:
        """What a notebook shows of it."""
        return self.png


def few_ticks(ax: Axes, most: int = 6) -> None:
    """At most so many round numbers on the axis across."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))


def across(axes: Sequence[Axes], units: Sequence[str], better: Sequence[Better]) -> None:
    """Differences along the axis across: one scale for panels of one unit, and the better side left, with an arrow."""
    for unit in set(units):
        same = [ax for ax, each in zip(axes, units, strict=True) if each == unit]
        ends = [end for ax in same for end in ax.get_xlim()]
        for ax in same:
            ax.set_xlim(min(ends), max(ends))
    for ax, unit, which in zip(axes, units, better, strict=True):
        few_ticks(ax)
        if which == "higher":
            ax.invert_xaxis()
        ax.set_xlabel(difference_label(unit, which))


def difference_label(unit: str, better: Better) -> str:
    """Below an axis of differences, the better side left: '← better    difference, minutes'."""
    return f"{'' if better == 'neither' else '← better    '}difference, {unit_words(unit)}"


@contextmanager
def figure_of(
    width: float, height: float, n_rows: int, n_columns: int, *, sharex: bool = False, sharey: bool = False
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure that no window system and no user's settings can change, and its axes in reading order."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": "sans-serif",
                "font.sans-serif": ["Arial", "Liberation Sans", "DejaVu Sans"],
                "font.size": 10,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.edgecolor": GREY,
                "hatch.linewidth": 0.8,
                "text.parse_math": False,  # labels are text, dollar signs included
            }
        )
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as NewFigure

        figure = NewFigure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=sharex, sharey=sharey)
        yield figure, list(axes.ravel())


def png_of(figure: Figure) -> bytes:
    """The picture's bytes: the same for the same picture."""
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def arm_axis(ax: Axes, arms: Sequence[ArmResult], extra: Sequence[str] = ()) -> None:
    """Name the arms along an axis, with more words below each."""
    names = [broken(arm.label, LABEL_WIDTH) for arm in arms]
    if extra:
        names = [f"{name}\n{more}" for name, more in zip(names, extra, strict=True)]
    ax.set_yticks(range(len(arms)), names, fontsize=9)
    for each in ax.figure.axes:
        each.tick_params(axis="y", length=0)


def broken(text: str, width: int) -> str:
    """The text in as few lines as the width asks for, of about equal length."""
    n_lines = len(textwrap.wrap(text, width))
    narrowest = next(each for each in range(1, width + 1) if len(textwrap.wrap(text, each)) <= n_lines)
    lines = textwrap.wrap(text, narrowest)
    return "\n".join(lines)
