"""Figures of the department: a day by the hour, the parts of a stay, waits by true level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from simulation.display.drawing import (
    BLUE,
    DARK,
    GREY,
    PALE,
    STAGE_COLOURS,
    WORSE,
    Picture,
    arm_axis,
    few_ticks,
    figure_of,
    legend_below,
    legend_line,
    panel_title,
    png_of,
    rows_down,
)
from simulation.display.words import profiled_words, target_of
from simulation.measures.occupancy import STAGES, DayProfile
from simulation.records.schema import Floats
from simulation.report import arm_tables
from simulation.runs.result import StudyResult
from simulation.study.explanation import Explained
from simulation.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POOL_COLOURS = (BLUE, "#d55e00", "#009e73", "#cc79a7")

# --- a day ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profiled:
    """A result as far as its day profiles go, `n` of them, so that its pictures can be drawn while others still run.

    It equals any other of the same study with as many, because a replication is a function of its number.
    """

    explained: Explained
    n: int
    result: StudyResult = field(compare=False)

    @classmethod
    def of(cls, result: StudyResult) -> Self:
        """The profiles that a result has."""
        n = sum(replication.day is not None for replication in result.baseline.replications)
        return cls(result.explained, n, result)


def draw_profiled(result: StudyResult) -> None:
    """Draw what day profiles show, and keep it for a result of the same study with more replications."""
    _day_png(Profiled.of(result.shown))
    _stay_png(Profiled.of(result.shown))


def day(result: StudyResult) -> Picture:
    """The baseline's department by clock hour: arrivals, patients present, boarders, how busy clinicians are."""
    caption = f"A mean day under '{result.baseline.label}', by clock hour.{profiled_words(result)}"
    alt = f"Line charts of a mean day by hour. {arm_tables.day_table(result).in_words()}"
    return Picture("day", _day_png(Profiled.of(result)), alt, caption)


@lru_cache(maxsize=2)
def _day_png(profiled: Profiled) -> bytes:
    result, profile = profiled.result, profiled.result.baseline.day
    pools = arm_tables.clinicians(result)
    panels = [
        ("Arrivals an hour", profile.arrivals),
        ("Patients in the department", profile.census),
    ]
    if _highest(profile.boarders) > 0:
        panels.append(("Waiting for a bed", profile.boarders))
    n_panels = len(panels) + bool(pools)
    n_down = math.ceil(n_panels / 2)
    with figure_of(9.5, 3.1 * n_down, n_down, 2, sharex=True) as (figure, axes):
        for ax, (title, values) in zip(axes, panels, strict=False):
            ax.stairs(values, np.arange(25), color=BLUE, linewidth=2.2, baseline=None)
            ax.fill_between(
                np.arange(25),
                np.append(values, values[-1]),
                step="post",
                color=BLUE,
                alpha=0.12,
            )
            ax.set_ylim(0, 1.15 * _highest(values) or 1.0)
            _day_axis(ax, title)
        for ax in axes[n_panels:]:
            ax.set_axis_off()
        if pools:
            _clinicians_busy(axes[len(panels)], profile, pools)
        for ax in axes[max(n_panels - 2, 0) : n_panels]:
            ax.tick_params(labelbottom=True)
        return png_of(figure)


def _clinicians_busy(ax: Axes, profile: DayProfile, pools: Sequence[str]) -> None:
    """The share of units on duty that patients hold, each hour's mean at its middle."""
    for number, pool in enumerate(pools):
        busy = profile.busy[profile.pools.index(pool)]
        style = ("-", "--", ":", "-.")[number % 4]
        colour = POOL_COLOURS[number % 4]
        ax.plot(
            np.arange(24) + 0.5,
            100 * busy,
            color=colour,
            linewidth=2.2,
            linestyle=style,
            label=spaced(pool),
        )
    ax.axhline(100, color=GREY, linewidth=0.8)
    ax.set_ylim(
        0, max(105, 105 * max(_highest(profile.busy[profile.pools.index(pool)]) for pool in pools))
    )
    _day_axis(ax, "Clinicians' time held by patients, %\n(above 100: after a shift)")
    ax.legend(frameon=False, fontsize=9, loc="lower left")


def _day_axis(ax: Axes, title: str) -> None:
    panel_title(ax, title)
    ax.set_xticks(range(0, 24, 3), [f"{hour:02d}:00" for hour in range(0, 24, 3)], fontsize=8)
    ax.set_xlim(0, 24)
    ax.grid(color=PALE)
    ax.set_axisbelow(True)


def _highest(values: Floats) -> float:
    """The highest of the known values; 0 if none is known."""
    return float(np.max(np.nan_to_num(values)))


# --- where a stay goes ---------------------------------------------------------------------------------------


def stay(result: StudyResult) -> Picture | None:
    """The minutes of a mean stay by stage, waiting and being looked after, stacked by arm; None if none are known."""
    table = arm_tables.stay_table(result)
    if table is None:
        return None
    return Picture(
        "stay",
        _stay_png(Profiled.of(result)),
        f"Stacked bars of where the minutes of a mean stay go. {table.in_words()}",
        "Where the minutes of a mean stay go. Hatched parts are waits for a stage, plain parts the stage itself."
        + _other_words(result)
        + profiled_words(result),
    )


@lru_cache(maxsize=2)
def _stay_png(profiled: Profiled) -> bytes:
    from matplotlib.patches import Patch

    result = profiled.result
    parts = {arm.name: arm_tables.stay_parts(result, arm) for arm in result.arms}
    shown = arm_tables.stages_seen(parts.values())
    longest = max(of_arm.sum() for of_arm in parts.values())
    with figure_of(11, 2.2 + 0.52 * len(result.arms), 1, 1) as (figure, (ax,)):
        left = np.zeros(len(result.arms))
        for part, hatch in enumerate(("////", "")):
            for number in shown:
                widths = np.array([of_arm[part, number] for of_arm in parts.values()])
                _bars(ax, left, widths, STAGE_COLOURS[number], hatch=hatch)
                left = left + widths
            if hatch:
                places = np.arange(len(left))
                ax.vlines(
                    left, places - 0.36, places + 0.36, color="black", linewidth=1.6, zorder=3
                )
        for place, end in enumerate(left):
            ax.text(
                end + 0.01 * longest, place, f"{end:.0f}", va="center", fontsize=9, in_layout=False
            )
        ax.set_ylim(len(result.arms) - 0.4, -0.6)
        ax.set_xlim(0, 1.06 * longest)
        ax.set_xlabel(
            "minutes per attendance until departure: waiting to the left of the black line, being looked after to "
            "its right"
        )
        arm_axis(ax, result.arms)
        handles = [
            Patch(facecolor=STAGE_COLOURS[number], edgecolor="white", label=STAGES[number])
            for number in shown
        ]
        handles.append(
            Patch(facecolor="white", edgecolor="black", hatch="////", label="waiting for it")
        )
        legend_below(figure, handles, 5)
        return png_of(figure)


def _other_words(result: StudyResult) -> str:
    """The steps that took time under the baseline and belong to no stage but 'other'; '' if there are none."""
    profile = result.baseline.day
    minutes = dict(
        zip(
            profile.steps,
            np.nan_to_num(profile.waiting) + np.nan_to_num(profile.working),
            strict=True,
        )
    )
    steps = [
        step
        for step, stage in result.stages.items()
        if stage == "other" and minutes.get(step, 0.0) >= 0.05
    ]
    return f" Other: {', '.join(step.replace('_', ' ') for step in steps)}." if steps else ""


def _bars(ax: Axes, left: Floats, widths: Floats, colour: str, *, hatch: str) -> None:
    """Draw one part of the stacked bar of every arm from `left` on, with its minutes where there is room."""
    ax.barh(
        range(len(left)), widths, left=left, height=0.66, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6,
        alpha=0.75 if hatch else 1.0,
    )  # fmt: skip
    for place in np.flatnonzero(widths >= 9).tolist():
        ax.text(
            left[place] + widths[place] / 2, place, f"{widths[place]:.0f}", ha="center", va="center", fontsize=8,
            color="black", in_layout=False, bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


# --- waits by true acuity ------------------------------------------------------------------------------------


def acuity(result: StudyResult) -> Picture | None:
    """Median and 95th percentile wait to the first clinician by true level and arm; None if not known."""
    table = arm_tables.acuity_table(result)
    if table is None:
        return None
    names = arm_tables.levels(result)
    targets = {level: target_of(level, names) for level in names}
    width = 2.9 + 1.7 * max(
        len(names), 3
    )  # the axis label and the legend take the width of three levels
    with figure_of(width, 1.9 + 0.42 * len(result.arms), 1, len(names), sharey=True) as (
        figure,
        axes,
    ):
        for ax, level in zip(axes, names, strict=True):
            for place, arm in enumerate(result.arms):
                names_of = ("time_to_clinician_median", "time_to_clinician_p95")
                median, p95 = (
                    result.row(arm.name, name, f"acuity_true={level}").mean for name in names_of
                )
                colour = DARK if arm.name == result.design.baseline else BLUE
                ax.plot([median, p95], [place, place], color=colour, linewidth=1.8, alpha=0.6)
                ax.plot(median, place, "o", color=colour, markersize=7)
                ax.plot(p95, place, "|", color=colour, markersize=11, markeredgewidth=2.2)
            goal = ""
            if (target := targets[level]) is not None:
                ax.axvline(target, color=WORSE, linewidth=1.6, linestyle="--")
                goal = f"\n(target {target:g} min)"
            panel_title(ax, f"{spaced(level)}{goal}")
            ax.set_xlim(left=-0.03 * ax.get_xlim()[1])
            few_ticks(ax, 4)
            rows_down(ax, len(result.arms))
        arm_axis(axes[0], result.arms)
        axes[len(names) // 2].set_xlabel(
            "minutes from arrival to the first clinician, patients who were seen"
        )
        with_targets = any(target is not None for target in targets.values())
        handles = [
            legend_line(color=BLUE, marker="o", linestyle="", label="median"),
            legend_line(
                color=BLUE,
                marker="|",
                markersize=11,
                markeredgewidth=2.2,
                linestyle="",
                label="95th percentile",
            ),
        ]
        if with_targets:
            handles.append(legend_line(color=WORSE, linestyle="--", label="Manchester target"))
        legend_below(figure, handles)
        png = png_of(figure)
    return Picture(
        "acuity",
        png,
        f"Dot plots of the median and 95th percentile wait to the first clinician by true level. {table.in_words()}",
        f"Waits by TRUE level{', against the Manchester targets' if with_targets else ''}. Dot: median; bar: 95th "
        f"percentile. Scales differ.",
    )
