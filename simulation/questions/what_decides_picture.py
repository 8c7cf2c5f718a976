"""The figure of what decides an effect: a panel for each arm, a dot for each department."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from simulation.display.drawing import (
    BLUE,
    DARK,
    DASHED,
    GREY,
    PALE,
    Picture,
    axis_scale,
    broken,
    few_ticks,
    figure_of,
    png_of,
)
from simulation.display.words import figure_words, unit_words
from simulation.questions.what_decides import Decided, decided
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS_ACROSS = 4
MOST_PANELS = 16


def what_decides(result: StudyResult) -> Picture | None:
    """The effect of each arm against the figure that explains most of it; None on fewer than twenty departments."""
    deciding = decided(result)
    if deciding is None:
        return None
    arms = result.others[:MOST_PANELS]
    n_across = min(len(arms), PANELS_ACROSS)
    n_down = math.ceil(len(arms) / n_across)
    with figure_of(max(2.9 * n_across, 6.4), 0.6 + 2.7 * n_down, n_down, n_across, sharey=True) as (figure, axes):
        for ax, arm in zip(axes, arms, strict=False):
            _panel(ax, deciding, arm, result.others.index(arm))
        for ax in axes[len(arms) :]:
            ax.set_axis_off()
        for ax in axes[::n_across]:
            ax.set_ylabel(f"difference, {unit_words(deciding.unit)}")
        png = png_of(figure)
    target = deciding.target.label
    return Picture(
        "what_decides",
        png,
        f"Dot plots of '{target}', difference from {result.baseline.label}, one dot a department, against the figure "
        f"that explains most. {' '.join(_sentence(deciding, arm) for arm in arms)}",
        f"{target}: difference from '{result.baseline.label}' against the figure of the baseline that explains most of "
        "how it differs between departments. A dot is a department, the mean of its replications; the blue line is "
        "the regression on the figure. Grey: no figure explains more than chance would. Dashed: the least "
        "difference that would matter.",
    )


def _panel(ax: Axes, deciding: Decided, arm: ArmResult, column: int) -> None:
    """One arm's departments; `column`: of its effects in `deciding.y`."""
    best = deciding.arms[arm.name].explains[0]
    name = deciding.figures[best.figure]
    scale_x, scale_y = axis_scale(name.unit), axis_scale(deciding.unit)
    x, y = scale_x * deciding.x[:, best.figure], scale_y * deciding.y[:, column]
    ax.plot(x, y, "o", color=DARK if best.found else GREY, markersize=3.5, alpha=0.7, markeredgewidth=0)
    if best.found:
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, scale_y * (best.intercept + best.slope * ends / scale_x), color=BLUE, linewidth=1.8)
    ax.axhline(0, color="black", linewidth=1)
    for side in (-1, 1):
        important = side * scale_y * deciding.target.minimal_important_difference
        ax.axhline(important, color=GREY, linewidth=1, linestyle=DASHED)
    ax.grid(color=PALE)
    ax.set_axisbelow(True)
    few_ticks(ax, 5)
    ax.set_title(broken(arm.label, 34), fontsize=9, fontweight="bold", loc="left")
    unit = "%" if name.unit == "share" else {"minutes": "min"}.get(name.unit, name.unit)
    ax.set_xlabel(broken(f"{figure_words(name)} ({unit})", 38), fontsize=8)


def _sentence(deciding: Decided, arm: ArmResult) -> str:
    """'One more triage nurse: wait for triage of walk-ins, mean explains 98 % of the spread.'"""
    best, name = deciding.arms[arm.name].best, deciding.best(arm.name)
    if name is None or best is None:
        return f"{arm.label}: no figure explains more than chance would."
    share = "" if math.isnan(best.share) else f" {100 * best.share:.0f} % of the spread"
    return f"{arm.label}: {figure_words(name, inside=True)} explains{share or ' a part of it'}."
