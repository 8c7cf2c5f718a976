"""The figure of what decides an effect: one dot a department, a panel an arm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from simulation.experiment.arm_result import ArmResult
from simulation.experiment.result import StudyResult
from simulation.inquiry.decides import Decided, decided
from simulation.report.figures.drawing import BLUE, DARK, GREY, PALE, Picture, broken, few_ticks, figure_of, png_of
from simulation.report.words import figure_words, unit_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACROSS = 4
MOST_PANELS = 16


def what_decides(result: StudyResult) -> Picture | None:
    """Effect of each arm against the figure that explains most of it; None on fewer than twenty departments."""
    found = decided(result)
    if found is None:
        return None
    arms = result.others[:MOST_PANELS]
    n_across = min(len(arms), ACROSS)
    n_down = math.ceil(len(arms) / n_across)
    with figure_of(max(2.9 * n_across, 6.4), 0.6 + 2.7 * n_down, n_down, n_across, sharey=True) as (figure, axes):
        for ax, arm in zip(axes, arms, strict=False):
            _panel(ax, found, arm, result.others.index(arm))
        for ax in axes[len(arms) :]:
            ax.set_axis_off()
        for ax in axes[::n_across]:
            ax.set_ylabel(f"difference, {unit_words(found.unit)}")
        png = png_of(figure)
    target = found.target.label
    return Picture(
        "what_decides",
        png,
        f"Dot plots of '{target}', difference from {result.baseline.label}, one dot a department, against the figure "
        f"that explains most. {' '.join(_told(found, arm) for arm in arms)}",
        f"{target}: difference from '{result.baseline.label}' against the figure of the baseline that explains most of "
        "how it differs between departments. A dot is a department, the mean of its replications; the blue line is "
        "what the figure says. Grey: no figure is beyond chance. Dashed: the least difference that would matter.",
    )


def _panel(ax: Axes, found: Decided, arm: ArmResult, column: int) -> None:
    told = found.arms[arm.name]
    shown = told.explains[0]
    name = found.figures[shown.figure]
    scale_x, scale_y = 100 if name.unit == "share" else 1, 100 if found.unit == "share" else 1
    x, y = scale_x * found.x[:, shown.figure], scale_y * found.y[:, column]
    ax.plot(x, y, "o", color=DARK if shown.found else GREY, markersize=3.5, alpha=0.7, markeredgewidth=0)
    if shown.found:
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, scale_y * (shown.intercept + shown.slope * ends / scale_x), color=BLUE, linewidth=1.8)
    ax.axhline(0, color="black", linewidth=1)
    for side in (-1, 1):
        at = side * scale_y * found.target.minimal_important_difference
        ax.axhline(at, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    ax.grid(color=PALE)
    ax.set_axisbelow(True)
    few_ticks(ax, 5)
    ax.set_title(broken(arm.label, 34), fontsize=9, fontweight="bold", loc="left")
    unit = "%" if name.unit == "share" else {"minutes": "min"}.get(name.unit, name.unit)
    ax.set_xlabel(broken(f"{figure_words(name)} ({unit})", 38), fontsize=8)


def _told(found: Decided, arm: ArmResult) -> str:
    """'One more triage nurse: wait for triage of walk-ins, mean explains 98 % of the spread.'"""
    told, name = found.arms[arm.name], found.best(arm.name)
    if name is None or told.best is None:
        return f"{arm.label}: no figure beyond chance."
    share = "" if math.isnan(told.best.share) else f" {100 * told.best.share:.0f} % of the spread"
    return f"{arm.label}: {figure_words(name, inside=True)} explains{share or ' a part of it'}."
