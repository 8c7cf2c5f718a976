"""Pictures of a comparison, each with its alternative text: what the picture says, in words and numbers.

One blue, and colours that colour-blind readers can tell apart (Okabe and Ito 2008); shape says the same as colour.
Only what `ReportInputs` holds is drawn. matplotlib is imported when the first picture is drawn.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.analysis.compare import Comparison, Interval
from simulation.analysis.decompose import Kind
from simulation.analysis.definitions import MANCHESTER_TARGETS
from simulation.analysis.multiplicity import is_worse
from simulation.experiment.study import Target
from simulation.report.by_group import groups_of, is_asked
from simulation.report.decomposition import lever_label
from simulation.report.inputs import DayMeans, ReportArm, ReportInputs
from simulation.report.ranking import per_100k, priced, ranked
from simulation.report.stages import STAGES
from simulation.report.words import (
    MEASURE_LABELS,
    amount,
    change,
    effect,
    group_words,
    profiled_words,
    span,
    unit_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    png: bytes
    alt: str
    caption: str

    def _repr_png_(self) -> bytes:
        """What a notebook shows of it."""
        return self.png


def pictures(inputs: ReportInputs) -> tuple[Picture, ...]:
    """Every picture that these inputs allow, in the order of the report."""
    return tuple(picture for name in FIGURES if (picture := drawn(inputs, name)) is not None)


FIGURES = ("differences", "levers", "by_group", "per_100k", "day", "stay", "acuity")


def drawn(inputs: ReportInputs, name: str) -> Picture | None:
    """One of `FIGURES`; None if these inputs hold nothing that it could show."""
    makers: dict[str, Callable[[ReportInputs], Picture | None]] = {
        "differences": differences,
        "by_group": by_group,
        "per_100k": cost,
        "day": day,
        "stay": stay,
        "acuity": acuity,
    }
    return levers(inputs) if name == "levers" else makers[name](inputs.shown)


# --- differences ---------------------------------------------------------------------------------------------


def differences(inputs: ReportInputs) -> Picture | None:
    """Difference from the baseline by arm on every target, with intervals; None if there is no other arm."""
    if not inputs.others:
        return None
    arms, targets = inputs.others, inputs.targets
    with figure_of(3.6 + 2.6 * len(targets), 1.9 + 0.46 * len(arms), 1, len(targets), sharey=True) as (figure, axes):
        for ax, target in zip(axes, targets, strict=True):
            _forest(ax, [inputs.row(arm.name, target.measure, target.group) for arm in arms])
            _important(ax, inputs, target)
            _shade_sham(ax, inputs, target)
            ax.set_title(broken(target.label, 28), fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"difference, {unit_words(_unit(inputs, target))}")
        _arm_axis(axes[0], arms)
        _forest_legend(figure, sham=inputs.sham is not None)
        png = png_of(figure)
    lines = [
        f"{target.label}: "
        + "; ".join(
            f"{arm.label} {effect(row)}, {_verdict(inputs, arm, target)}"
            for arm in arms
            for row in [inputs.row(arm.name, target.measure, target.group)]
        )
        for target in targets
    ]
    return Picture(
        "differences",
        png,
        f"Forest plot of differences from {inputs.baseline.label} with 95 % intervals. " + ". ".join(lines) + ".",
        f"Difference from '{inputs.baseline.label}' with its 95 % interval (simulation noise only)."
        f"{_band_words(inputs)}",
    )


def _band_words(inputs: ReportInputs) -> str:
    """What the shaded band is, and how far a single replication goes without any effect."""
    target = inputs.targets[0]
    band = inputs.band(target.measure, target.group)
    if band is None or math.isnan(band.low):
        return ""
    unit = _unit(inputs, target)
    return (
        " Shaded: the same interval of the sham, whose mean has no effect in it; it narrows as replications are added. "
        f"One replication more without effect would be expected from {span(band.low, band.high, unit)} "
        f"{unit_words(unit)} with 95 % ('{target.label}')."
    )


def _verdict(inputs: ReportInputs, arm: ReportArm, target: Target) -> str:
    return inputs.finding(arm.name, target).verdict.words


def _forest(ax: Axes, rows: Sequence[Comparison], scale: Sequence[float] | None = None) -> None:
    """One point and interval a row, from the top down."""
    for place, row in enumerate(rows):
        colour, marker = _look(row)
        factor = (100 if row.unit == "share" else 1) * (scale[place] if scale else 1)
        low, high = factor * row.difference_low, factor * row.difference_high
        if not math.isnan(low):
            ax.plot([low, high], [place, place], color=colour, linewidth=2.2, solid_capstyle="butt")
        ax.plot(factor * row.difference, place, marker, color=colour, markersize=7, markeredgecolor="white")
    ax.axvline(0, color="black", linewidth=1)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="x", color=PALE)
    ax.set_axisbelow(True)
    few_ticks(ax)


def few_ticks(ax: Axes, most: int = 6) -> None:
    """At most so many round numbers on the axis across."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))


def _look(row: Comparison) -> tuple[str, str]:
    worse = is_worse(row)
    if worse is None:
        return UNCLEAR, "o"
    return (WORSE, "D") if worse else (BETTER, "s")


def _important(ax: Axes, inputs: ReportInputs, target: Target) -> None:
    scale = 100 if _unit(inputs, target) == "share" else 1
    for side in (-1, 1):
        ax.axvline(side * scale * target.minimal_important_difference, color=GREY, linewidth=1, linestyle=(0, (4, 3)))


def _shade_sham(ax: Axes, inputs: ReportInputs, target: Target) -> None:
    band = inputs.band(target.measure, target.group)
    if band is None or math.isnan(band.difference.low):
        return
    scale = 100 if _unit(inputs, target) == "share" else 1
    ax.axvspan(scale * band.difference.low, scale * band.difference.high, color="#ffeb99", alpha=0.7, zorder=0)


def _forest_legend(figure: Figure, *, sham: bool, important: bool = True) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=BETTER, marker="s", linewidth=2.2, label="interval on the better side"),
        Line2D([], [], color=WORSE, marker="D", linewidth=2.2, label="interval on the worse side"),
        Line2D([], [], color=UNCLEAR, marker="o", linewidth=2.2, label="interval holds 0"),
    ]
    if important:
        handles.append(
            Line2D([], [], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label="least difference that would matter")
        )
    if sham:
        handles.append(Patch(color="#ffeb99", label="sham, no effect at all: 95 % interval of its mean"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)


def _unit(inputs: ReportInputs, target: Target) -> str:
    return inputs.row(inputs.design.baseline, target.measure, target.group).unit


# --- who gains and who pays -----------------------------------------------------------------------------------

PANELS_ACROSS = 4


def by_group(inputs: ReportInputs) -> Picture | None:
    """The first primary's difference by group of patients, a panel an arm; None unless the study asks about groups."""
    arms = [arm for arm in inputs.others if arm.name != inputs.design.sham]
    groups = ("all", *groups_of(inputs))
    if not arms or len(groups) == 1 or not is_asked(inputs):
        return None
    target = inputs.design.primary[0]
    n_across = min(len(arms), PANELS_ACROSS)
    n_down = math.ceil(len(arms) / n_across)
    height = 1.2 + n_down * (0.9 + 0.24 * len(groups))
    with figure_of(2.4 + 2.6 * n_across, height, n_down, n_across, sharex=True, sharey=True) as (figure, axes):
        for ax, arm in zip(axes, arms, strict=False):
            _forest(ax, [inputs.row(arm.name, target.measure, group) for group in groups])
            _sham_of_groups(ax, inputs, target.measure, groups)
            ax.set_title(broken(arm.label, 34), fontsize=9, fontweight="bold", loc="left")
        for ax in axes[len(arms) :]:
            ax.set_axis_off()
        for ax in axes[max(len(arms) - n_across, 0) : len(arms)]:
            ax.tick_params(labelbottom=True)
            ax.set_xlabel(f"difference, {unit_words(_unit(inputs, target))}")
        for ax in axes[::n_across]:
            ax.set_yticks(range(len(groups)), [group_words(group) for group in groups], fontsize=8.5)
        _forest_legend(figure, sham=inputs.sham is not None, important=False)
        png = png_of(figure)
    lines = [
        f"{arm.label}: "
        + "; ".join(f"{group_words(group)} {effect(inputs.row(arm.name, target.measure, group))}" for group in groups)
        for arm in arms
    ]
    label = MEASURE_LABELS.get(target.measure, target.measure)
    return Picture(
        "by_group",
        png,
        f"{label} by group of patients: differences from {inputs.baseline.label} with 95 % intervals. "
        + ". ".join(lines)
        + ".",
        f"{label} by group: difference from '{inputs.baseline.label}' with its 95 % interval (simulation noise only); "
        "the band behind each row is what the sham does to that group.",
    )


def _sham_of_groups(ax: Axes, inputs: ReportInputs, measure: str, groups: Sequence[str]) -> None:
    """The sham's interval behind each row."""
    for place, group in enumerate(groups):
        band = inputs.band(measure, group)
        if band is not None and not math.isnan(band.difference.low):
            scale = 100 if inputs.row(inputs.design.baseline, measure, group).unit == "share" else 1
            low, high = scale * band.difference.low, scale * band.difference.high
            ax.fill_between([low, high], place - 0.45, place + 0.45, color="#ffeb99", alpha=0.7, linewidth=0, zorder=0)


# --- which lever earns it ------------------------------------------------------------------------------------

LEVER_BARS: tuple[tuple[Kind, str, str, str], ...] = (
    ("shapley", "its share of the effect of all (Shapley value)", "#4d94db", ""),
    ("alone", "alone", "#c4dcf2", ""),
    ("last", "added last, to all others", "#ffffff", "////"),
)
"""Of each lever: part, what it says, colour, hatch."""


def levers(inputs: ReportInputs) -> Picture | None:
    """Bars of what each lever earns on every target, with intervals; None if no levers were combined."""
    found = inputs.decomposition
    if not found:
        return None
    names = found[0].parts.levers
    labels = [lever_label(inputs, name) for name in names]
    with figure_of(3.2 + 2.6 * len(found), 2.1 + 0.85 * len(names), 1, len(found), sharey=True) as (figure, axes):
        for ax, each in zip(axes, found, strict=True):
            scale = 100 if each.unit == "share" else 1
            _joint_bar(ax, each.parts.part("joint", *names), scale)
            for place, name in enumerate(names, start=1):
                for number, (kind, _, colour, hatch) in enumerate(LEVER_BARS):
                    _lever_bar(ax, place + 0.25 * (number - 1), each.parts.part(kind, name), scale, colour, hatch)
            ax.axvline(0, color="black", linewidth=1)
            for side in (-1, 1):
                at = side * scale * each.target.minimal_important_difference
                ax.axvline(at, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
            ax.set_ylim(len(names) + 0.55, -0.5)
            ax.grid(axis="x", color=PALE)
            ax.set_axisbelow(True)
            few_ticks(ax)
            ax.set_title(broken(each.target.label, 28), fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"difference, {unit_words(each.unit)}")
        axes[0].set_yticks(range(len(names) + 1), ["All together", *(broken(each, LABEL_WIDTH) for each in labels)])
        for ax in axes:
            ax.tick_params(axis="y", length=0)
        _lever_legend(figure)
        png = png_of(figure)
    told = []
    for each in found:
        parts = [f"all together {_told(each.parts.part('joint', *names), each.unit)}"]
        for name, label in zip(names, labels, strict=True):
            share, alone = (_told(each.parts.part(kind, name), each.unit) for kind in ("shapley", "alone"))
            parts.append(f"{label} {share}, alone {alone}")
        told.append(f"{each.target.label}, {unit_words(each.unit)}: {'; '.join(parts)}")
    return Picture(
        "levers",
        png,
        f"Bars of what each lever earns of the effect of all, with 95 % intervals. {'. '.join(told)}.",
        f"What each lever earns: difference from '{inputs.baseline.label}' with its 95 % interval (simulation noise "
        "only). Shares add up to the effect of all together.",
    )


def _joint_bar(ax: Axes, estimate: Interval, scale: float) -> None:
    _lever_bar(ax, 0, estimate, scale, "#a3b0b8", "", height=0.36)


def _lever_bar(
    ax: Axes, place: float, estimate: Interval, scale: float, colour: str, hatch: str, *, height: float = 0.22
) -> None:
    edge = DARK if hatch else colour
    ax.barh(place, scale * estimate.mean, height, color=colour, edgecolor=edge, hatch=hatch, linewidth=0.8)
    if not math.isnan(estimate.low):
        ax.plot([scale * estimate.low, scale * estimate.high], [place, place], color="black", linewidth=1.4)
        for end in (estimate.low, estimate.high):
            ax.plot([scale * end] * 2, [place - height / 4, place + height / 4], color="black", linewidth=1.4)


def _lever_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(facecolor="#a3b0b8", label="all levers together")]
    handles += [
        Patch(facecolor=colour, edgecolor=DARK if hatch else colour, hatch=hatch, label=label)
        for _, label, colour, hatch in LEVER_BARS
    ]
    handles += [
        Line2D([], [], color="black", linewidth=1.4, label="95 % interval"),
        Line2D([], [], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label="least difference that would matter"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)


def _told(estimate: Interval, unit: str) -> str:
    return f"{change(estimate.mean, unit)} ({span(estimate.low, estimate.high, unit)})"


# --- per £100,000 --------------------------------------------------------------------------------------------


def cost(inputs: ReportInputs) -> Picture | None:
    """Effect on each primary for every £100,000 a year, of the arms that state a cost; None if none does."""
    arms = priced(inputs)
    if not arms:
        return None
    targets = inputs.design.primary
    order = [row.arm for row in ranked(inputs, targets[0]) if inputs.arm(row.arm) in arms]
    arms = tuple(sorted(arms, key=lambda arm: order.index(arm.name)))
    scale = [100_000 / arm.cost for arm in arms if arm.cost is not None]
    with figure_of(4.3 + 3.4 * len(targets), 1.7 + 0.5 * len(arms), 1, len(targets), sharey=True) as (figure, axes):
        for ax, target in zip(axes, targets, strict=True):
            _forest(ax, [inputs.row(arm.name, target.measure, target.group) for arm in arms], scale)
            ax.set_title(broken(target.label, 34), fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"{unit_words(_unit(inputs, target))} for each £100,000 a year")
        _arm_axis(axes[0], arms, [f"£{arm.cost:,.0f} a year" for arm in arms])
        _forest_legend(figure, sham=False, important=False)
        png = png_of(figure)
    told = []
    for target in targets:
        each = []
        for arm in arms:
            row = inputs.row(arm.name, target.measure, target.group)
            assert arm.cost is not None
            mean, low, high = per_100k(row, arm.cost)
            each.append(f"{arm.label} {change(mean, row.unit)} ({span(low, high, row.unit)})")
        told.append(f"{target.label}, {unit_words(_unit(inputs, target))}: {'; '.join(each)}")
    return Picture(
        "per_100k",
        png,
        f"Forest plot of the effect of each £100,000 a year with 95 % intervals. {'. '.join(told)}.",
        "Effect for each £100,000 a year, of the arms that state a cost. Costs are taken as stated, without doubt.",
    )


# --- a day ---------------------------------------------------------------------------------------------------


def day(inputs: ReportInputs) -> Picture:
    """The baseline's department by clock hour: arrivals, patients present, boarders, how busy clinicians are."""
    profile = inputs.baseline.day
    pools = clinicians(inputs)
    panels = [
        ("Arrivals an hour", profile.arrivals),
        ("Patients in the department", profile.census),
    ]
    if _most([profile.boarders]) > 0:
        panels.append(("Of these, waiting for a bed", profile.boarders))
    n_panels = len(panels) + bool(pools)
    n_down = math.ceil(n_panels / 2)
    with figure_of(9.5, 3.1 * n_down, n_down, 2, sharex=True) as (figure, axes):
        for ax, (title, values) in zip(axes, panels, strict=False):
            hourly = np.asarray(values, dtype=float)
            ax.stairs(hourly, np.arange(25), color=BLUE, linewidth=2.2, baseline=None)
            ax.fill_between(np.arange(25), np.append(hourly, hourly[-1]), step="post", color=BLUE, alpha=0.12)
            ax.set_ylim(0, _top(values))
            _day_axis(ax, title)
        for ax in axes[n_panels:]:
            ax.set_axis_off()
        if pools:
            _clinicians_busy(axes[len(panels)], profile, pools)
        for ax in axes[max(n_panels - 2, 0) : n_panels]:
            ax.tick_params(labelbottom=True)
        png = png_of(figure)
    caption = f"A mean day under '{inputs.baseline.label}', by clock hour.{profiled_words(inputs)}"
    return Picture("day", png, _day_alt(inputs, profile, pools), caption)


def _clinicians_busy(ax: Axes, profile: DayMeans, pools: Sequence[str]) -> None:
    """Share of units on duty that patients hold, each hour's mean at its middle."""
    for number, pool in enumerate(pools):
        busy = profile.busy[profile.pools.index(pool)]
        style = ("-", "--", ":", "-.")[number % 4]
        colour = (BLUE, "#d55e00", "#009e73", "#cc79a7")[number % 4]
        ax.plot(
            np.arange(24) + 0.5, 100 * busy, color=colour, linewidth=2.2, linestyle=style, label=pool.replace("_", " ")
        )
    ax.axhline(100, color=GREY, linewidth=0.8)
    ax.set_ylim(0, max(105, 105 * _most([profile.busy[profile.pools.index(pool)] for pool in pools])))
    _day_axis(ax, "Clinicians' time held by patients, %\n(above 100: after a shift)")
    ax.legend(frameon=False, fontsize=9, loc="lower left")


def clinicians(inputs: ReportInputs) -> tuple[str, ...]:
    """The pools whose role is clinician and whose share of busy time is known."""
    profile = inputs.baseline.day
    return tuple(
        pool
        for pool in profile.pools
        if inputs.roles.get(pool) == "clinician" and not np.isnan(profile.busy[profile.pools.index(pool)]).all()
    )


def _day_alt(inputs: ReportInputs, profile: DayMeans, pools: Sequence[str]) -> str:
    told = [
        f"{words} from {np.nanmin(values):.1f} (at {int(np.nanargmin(values)):02d}:00) "
        f"to {np.nanmax(values):.1f} (at {int(np.nanargmax(values)):02d}:00)"
        for words, values in (
            ("arrivals an hour", profile.arrivals),
            ("patients present", profile.census),
            ("patients waiting for a bed", profile.boarders),
        )
        if not np.isnan(values).all()
    ]
    told += [
        f"{pool.replace('_', ' ')} held {100 * profile.busy_mean[profile.pools.index(pool)]:.0f} % of their time"
        for pool in pools
    ]
    return f"Line charts of a mean day by hour under {inputs.baseline.label}: {'; '.join(told)}."


def _day_axis(ax: Axes, title: str) -> None:
    ax.set_title(title, fontsize=10, fontweight="bold", loc="left")
    ax.set_xticks(range(0, 24, 3), [f"{hour:02d}:00" for hour in range(0, 24, 3)], fontsize=8)
    ax.set_xlim(0, 24)
    ax.grid(color=PALE)
    ax.set_axisbelow(True)


def _top(values: Any) -> float:
    most = _most([values])
    return 1.15 * most if most > 0 else 1.0


def _most(each: Sequence[Any]) -> float:
    known = [value for values in each for value in np.asarray(values) if not math.isnan(value)]
    return float(max(known, default=0.0))


# --- where a stay goes ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StayParts:
    """Minutes per attendance by stage, waiting for it and in it, in the order of `STAGES`."""

    waiting: tuple[float, ...]
    working: tuple[float, ...]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.waiting) + sum(self.working)


def stay_parts(inputs: ReportInputs, arm: ReportArm) -> StayParts:
    """Where the minutes of a mean stay go under an arm, up to departure."""
    waiting, working = dict.fromkeys(STAGES, 0.0), dict.fromkeys(STAGES, 0.0)
    for number, step in enumerate(arm.day.steps):
        stage = inputs.stages.get(step)
        if stage is not None:
            waiting[stage] += float(np.nan_to_num(arm.day.waiting[number]))
            working[stage] += float(np.nan_to_num(arm.day.working[number]))
    return StayParts(tuple(waiting.values()), tuple(working.values()))


def stay(inputs: ReportInputs) -> Picture:
    """Minutes of a mean stay by stage, waiting and being looked after, stacked for every arm."""
    parts = {arm.name: stay_parts(inputs, arm) for arm in inputs.arms}
    shown = [number for number in range(len(STAGES)) if _seen(parts.values(), number)]
    with figure_of(11, 2.2 + 0.52 * len(inputs.arms), 1, 1) as (figure, axes):
        ax = axes[0]
        for place, arm in enumerate(inputs.arms):
            left = 0.0
            for number in shown:
                left = _bar(ax, place, left, parts[arm.name].waiting[number], STAGE_COLOURS[number], hatch="////")
            ax.plot([left, left], [place - 0.36, place + 0.36], color="black", linewidth=1.6)
            for number in shown:
                left = _bar(ax, place, left, parts[arm.name].working[number], STAGE_COLOURS[number], hatch="")
            ax.text(left + 3, place, f"{left:.0f}", va="center", fontsize=9)
        ax.set_ylim(len(inputs.arms) - 0.4, -0.6)
        ax.set_xlim(0, 1.06 * max(each.total for each in parts.values()) + 1)
        ax.set_xlabel(
            "minutes per attendance until departure: left of the black line waiting, right of it being looked after"
        )
        _arm_axis(ax, inputs.arms)
        _stay_legend(figure, shown)
        png = png_of(figure)
    told = []
    for arm in inputs.arms:
        each = parts[arm.name]
        waits = ", ".join(
            f"{STAGES[number]} {each.waiting[number]:.0f}" for number in shown if each.waiting[number] >= 0.5
        )
        told.append(
            f"{arm.label}: {sum(each.waiting):.0f} minutes waiting (for {waits}), {sum(each.working):.0f} looked after"
        )
    return Picture(
        "stay",
        png,
        f"Stacked bars of where the minutes of a mean stay go. {'. '.join(told)}.",
        "Where the minutes of a mean stay go: hatched parts are waits for a stage, plain parts the stage itself."
        + _other_words(inputs)
        + profiled_words(inputs),
    )


def _other_words(inputs: ReportInputs) -> str:
    """The steps that took time under 'other'."""
    profile = inputs.baseline.day
    minutes = dict(zip(profile.steps, np.nan_to_num(profile.waiting) + np.nan_to_num(profile.working), strict=True))
    steps = [step for step, stage in inputs.stages.items() if stage == "other" and minutes.get(step, 0.0) >= 0.05]
    return f" Other: {', '.join(step.replace('_', ' ') for step in steps)}." if steps else ""


def _seen(parts: Any, number: int) -> bool:
    return any(each.waiting[number] + each.working[number] >= 0.05 for each in parts)


def _bar(ax: Axes, place: int, left: float, width: float, colour: str, *, hatch: str) -> float:
    if width > 0:
        ax.barh(
            place, width, left=left, height=0.66, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6,
            alpha=0.75 if hatch else 1.0,
        )  # fmt: skip
        if width >= 9:
            ax.text(
                left + width / 2, place, f"{width:.0f}", ha="center", va="center", fontsize=8, color="black",
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0},
            )  # fmt: skip
    return left + width


def _stay_legend(figure: Figure, shown: Sequence[int]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=STAGE_COLOURS[number], edgecolor="white", label=STAGES[number]) for number in shown]
    handles.append(Patch(facecolor="white", edgecolor="black", hatch="////", label="waiting for it"))
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize=9)


# --- waits by true acuity ------------------------------------------------------------------------------------


def levels(inputs: ReportInputs) -> tuple[str, ...]:
    """The true levels for which waits are known, most urgent first."""
    groups = inputs.groups("time_to_clinician_median")
    return tuple(
        group.removeprefix("acuity_true=")
        for group in groups
        if group.startswith("acuity_true=") and not group.endswith("=1-2")
    )


def acuity(inputs: ReportInputs) -> Picture | None:
    """Median and 95th percentile of the wait to the first clinician by true level, arms in rows; None if unknown."""
    names = levels(inputs)
    if not names or not inputs.has("time_to_clinician_p95", f"acuity_true={names[0]}"):
        return None
    width = 2.9 + 1.7 * max(len(names), 3)  # what is said below takes the width of three levels
    with figure_of(width, 1.9 + 0.42 * len(inputs.arms), 1, len(names), sharey=True) as (figure, axes):
        for ax, level in zip(axes, names, strict=True):
            for place, arm in enumerate(inputs.arms):
                median, p95 = _waits(inputs, arm, level)
                colour = DARK if arm.name == inputs.design.baseline else BLUE
                ax.plot([median, p95], [place, place], color=colour, linewidth=1.8, alpha=0.6)
                ax.plot(median, place, "o", color=colour, markersize=7)
                ax.plot(p95, place, "|", color=colour, markersize=11, markeredgewidth=2.2)
            target = MANCHESTER_TARGETS.get(level)
            if target is not None:
                ax.axvline(target, color=WORSE, linewidth=1.6, linestyle="--")
            goal = f"target {target:g} min" if target is not None else "no target"
            ax.set_title(f"{level.replace('_', ' ')}\n({goal})", fontsize=10, fontweight="bold", loc="left")
            ax.set_xlim(left=-0.03 * ax.get_xlim()[1])
            few_ticks(ax, 4)
            ax.set_ylim(len(inputs.arms) - 0.4, -0.6)
            ax.grid(axis="x", color=PALE)
            ax.set_axisbelow(True)
        _arm_axis(axes[0], inputs.arms)
        axes[len(names) // 2].set_xlabel("minutes from arrival to the first clinician, of those who were seen")
        _acuity_legend(figure, targets=any(level in MANCHESTER_TARGETS for level in names))
        png = png_of(figure)
    told = []
    for level in names:
        each = ", ".join(
            f"{arm.label} {amount(median, 'minutes')} and {amount(p95, 'minutes')}"
            for arm in inputs.arms
            for median, p95 in [_waits(inputs, arm, level)]
        )
        goal = f", target {MANCHESTER_TARGETS[level]:g} min" if level in MANCHESTER_TARGETS else ""
        told.append(f"True level {level.replace('_', ' ')}{goal}: {each}")
    return Picture(
        "acuity",
        png,
        f"Dot plots of the median and 95th percentile wait to the first clinician by true level. {'. '.join(told)}.",
        "Waits by TRUE level, against the Manchester targets: dot the median, bar the 95th percentile. Scales differ.",
    )


def _waits(inputs: ReportInputs, arm: ReportArm, level: str) -> tuple[float, float]:
    group = f"acuity_true={level}"
    return (
        inputs.row(arm.name, "time_to_clinician_median", group).mean,
        inputs.row(arm.name, "time_to_clinician_p95", group).mean,
    )


def _acuity_legend(figure: Figure, *, targets: bool) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=BLUE, marker="o", linestyle="", label="median"),
        Line2D(
            [], [], color=BLUE, marker="|", markersize=11, markeredgewidth=2.2, linestyle="", label="95th percentile"
        ),
    ]
    if targets:
        handles.append(Line2D([], [], color=WORSE, linestyle="--", label="Manchester target"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)


# --- shared --------------------------------------------------------------------------------------------------


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


def _arm_axis(ax: Axes, arms: Sequence[ReportArm], extra: Sequence[str] = ()) -> None:
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
