"""The picture of a sweep: every arm's difference in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation.display.drawing import (
    DARK,
    GREY,
    PALE,
    STAGE_COLOURS,
    Picture,
    across,
    broken,
    figure_of,
    png_of,
)
from simulation.explain.statements import BANNER
from simulation.study.design import Target
from simulation.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.questions.sweep import Sweep

MARKERS = "osD^vPXh"
"""Shapes of the runs, which say the same as their colours."""


def sweep_picture(sweep: Sweep) -> Picture:
    """Every arm's difference in every run with its interval, a panel for each target."""
    arms, targets, runs = sweep.arms, sweep.targets, sweep.runs
    height = 1.9 + len(arms) * max(0.46, 0.16 * len(runs))
    with figure_of(3.6 + 2.9 * len(targets), height, 1, len(targets), sharey=True) as (figure, axes):
        for ax, target in zip(axes, targets, strict=True):
            _panel(ax, sweep, target)
        better = [sweep.first.better(target) for target in targets]
        across(axes, [sweep.unit(target) for target in targets], better)
        axes[0].set_yticks(range(len(arms)), [broken(sweep.first.arm(arm).label, 30) for arm in arms], fontsize=9)
        for ax in axes:
            ax.tick_params(axis="y", length=0)
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(len(runs), 5), frameon=False,
            labelcolor=DARK, title=f"Dotted: the least difference that would matter. {BANNER}", title_fontsize=8,
        )  # fmt: skip
        png = png_of(figure)
    words = [
        f"{target.label}: "
        + "; ".join(f"{sweep.first.arm(arm).label} {sweep.comparisons[arm, target].words}" for arm in arms)
        for target in targets
    ]
    return Picture(
        "across",
        png,
        f"Differences from {sweep.first.baseline.label} in {len(runs)} runs. {'. '.join(words)}.",
        f"Difference from '{sweep.first.baseline.label}' in each run, with its 95 % interval (simulation noise only). "
        "Dotted: the least difference that would matter.",
    )


def _panel(ax: Axes, sweep: Sweep, target: Target) -> None:
    """Draw one target: arms from the top down, the runs of each beside one another."""
    n_arms, step = len(sweep.arms), 0.8 / len(sweep.runs)
    factor = 100 if sweep.unit(target) == "share" else 1
    for number, run in enumerate(sweep.runs):
        colour = STAGE_COLOURS[number % len(STAGE_COLOURS)]
        places = [place - 0.4 + step * (number + 0.5) for place in range(n_arms)]
        rows = [run.result.row(arm, target.measure, target.group) for arm in sweep.arms]
        for place, row in zip(places, rows, strict=True):
            ends = [factor * row.difference_low, factor * row.difference_high]
            ax.plot(ends, [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        means = [factor * row.difference for row in rows]
        marker, label = MARKERS[number % len(MARKERS)], spaced(run.label)
        ax.plot(means, places, marker, color=colour, markersize=6, markeredgecolor="white", label=label)
    least = factor * target.minimal_important_difference
    for edge in (-least, least):
        ax.axvline(edge, color=GREY, linewidth=0.9, linestyle=":")
    ax.axvline(0, color="black", linewidth=1)
    for place in range(1, n_arms):
        ax.axhline(place - 0.5, color=PALE, linewidth=0.8)
    ax.set_ylim(n_arms - 0.45, -0.55)
    ax.set_title(broken(target.label, 28), fontsize=10, fontweight="bold", loc="left")
