"""Figures of what arms do: on the first page, on every target, by group of patients, by lever, and for the money."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulation.display.drawing import (
    BETTER,
    DARK,
    DASHED,
    GREY,
    SHAM,
    UNCLEAR,
    WORSE,
    Drawing,
    Picture,
    arm_axis,
    axis_scale,
    difference_label,
    few_ticks,
    figure_of,
    label_differences,
    legend_below,
    legend_line,
    mark_important,
    panel_title,
    png_of,
    rows_down,
    wrapped,
)
from simulation.display.web_page import fill
from simulation.display.words import (
    change,
    departments_words,
    effect,
    group_words,
    interval_scope,
    measure_label,
    short_words,
    span_of,
    unit_words,
)
from simulation.report.money import PER, per_100k, per_100k_cell, priced
from simulation.report.outcome import outcome_of
from simulation.report.patient_groups import differences_table, groups_of, is_about_groups
from simulation.report.verdict_tables import over_tables, target_table
from simulation.runs.result import ArmResult, Finding, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import is_worse
from simulation.study.design import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LEGEND_WIDTH = 8.0
"""Inches that the legend of a forest plot takes."""

# --- differences ---------------------------------------------------------------------------------------------


def differences(result: StudyResult) -> Picture | None:
    """Each arm's difference from the baseline on every target, with intervals; None if there is no other arm."""
    if not result.others:
        return None
    arms, targets = result.others, result.targets
    width = max(3.6 + 2.6 * len(targets), LEGEND_WIDTH)
    png = _forest_plot(result, arms, targets, (width, 1.9 + 0.46 * len(arms)))
    by_target = zip_longest(
        [target_table(result, target) for target in targets], over_tables(result)
    )
    alt = " ".join(
        table.in_words() for tables in by_target for table in tables if table is not None
    )
    return Picture(
        "differences",
        png,
        f"Forest plot of differences from {result.baseline.label} with 95 % intervals. {alt}",
        f"Difference from '{result.baseline.label}' with its 95 % interval {interval_scope(result)}."
        f"{_over_words(result)}{_band_words(result)}",
    )


def draw_differences(result: StudyResult, arms: Sequence[ArmResult]) -> Picture:
    """The differences of some arms from the baseline on the first target, with intervals."""
    target = result.first_target
    png = _forest_plot(result, arms, (target,), (LEGEND_WIDTH, 1.9 + 0.4 * len(arms)))
    rows = (f"{arm.label} {effect(result.row_of(target, arm.name))}" for arm in arms)
    alt = f"Differences from {result.baseline.label} in '{target.label}' with 95 % intervals. {'; '.join(rows)}."
    caption = f"Difference from '{result.baseline.label}' with its 95 % interval {interval_scope(result)}."
    return Picture("board", png, alt, caption)


def _forest_plot(
    result: StudyResult,
    arms: Sequence[ArmResult],
    targets: Sequence[Target],
    size: tuple[float, float],
    *,
    for_money: bool = False,
) -> bytes:
    """A panel for each target, a row an arm. `size` in inches; `for_money`: for each £100,000 a year of their
    costs, as in the table."""
    with figure_of(*size, 1, len(targets), sharey=True) as (figure, axes):
        for ax, target in zip(axes, targets, strict=True):
            _forest(
                ax, [result.row_of(target, arm.name) for arm in arms], arms if for_money else ()
            )
            if not for_money:
                mark_important(ax, target.minimal_important_difference, result.unit(target))
                if ends := _sham_ends(result, target.measure, target.group):
                    ax.axvspan(*ends, color=SHAM, alpha=0.7, zorder=0)
            panel_title(ax, wrapped(target.label, 34 if for_money else 28))
        units, better = (
            [result.unit(target) for target in targets],
            [result.better(target) for target in targets],
        )
        label_differences(
            axes,
            units,
            better,
            "{unit} for each £100,000 a year" if for_money else "difference, {unit}",
        )
        arm_axis(axes[0], arms, [f"£{arm.cost:,.0f} a year" for arm in arms] if for_money else ())
        sham = result.sham is not None and not for_money
        _forest_legend(
            figure, sham=sham, important=not for_money, over_departments=has_range(result)
        )
        return png_of(figure)


def has_range(result: StudyResult) -> bool:
    """Whether arms have a range over departments."""
    return any(not math.isnan(row.department_p5) for row in result.comparisons)


def _over_words(result: StudyResult) -> str:
    """A caption of the range over departments, where there is one."""
    if not has_range(result):
        return ""
    return (
        f" Thin: the range of nine in ten departments, of {departments_words(result)}. Thick: the interval of the mean "
        "over departments like these."
    )


def _band_words(result: StudyResult) -> str:
    """A caption of the shaded band, and where single replications without any effect fall."""
    target = result.targets[0]
    band = result.band(target.measure, target.group)
    if band is None or math.isnan(band.low):
        return ""
    unit = result.unit(target)
    return (
        " Shaded: the interval of the sham's mean, where there is no effect; it narrows as replications are added. "
        f"Without any effect, 95 % of single replications fall between {change(band.low, unit)} and "
        f"{change(band.high, unit)} {unit_words(unit)} ('{target.label}')."
    )


def _forest(ax: Axes, rows: Sequence[Comparison], arms: Sequence[ArmResult] = ()) -> None:
    """A point and an interval for each row, from the top down; for each £100,000 a year of the `arms`, if they are
    given, by row. An interval without bound is left out."""
    for place, row in enumerate(rows):
        colour, marker = _look(row)
        scale: float = axis_scale(row.unit)
        mean, low, high = (
            scale * row.difference,
            scale * row.difference_low,
            scale * row.difference_high,
        )
        if arms and (cost := arms[place].cost):
            mean, low, high = (
                scale * number for number in per_100k(row, cost, arms[place].cost_range)
            )
            scale *= PER / cost
        departments = scale * row.department_p5, scale * row.department_p95
        has_range = not math.isnan(row.department_p5)
        if has_range:
            ax.plot(departments, [place, place], color=colour, linewidth=1.2, solid_capstyle="butt")
        if math.isfinite(high - low):
            style: dict[str, Any] = {
                "linewidth": 2.2,
                "marker": "|",
                "solid_capstyle": "projecting",
            }
            if has_range:
                style = {"linewidth": 6.0, "solid_capstyle": "butt"}
            ax.plot(
                [low, high],
                [place, place],
                "-",
                color=colour,
                markersize=11,
                markeredgewidth=1.6,
                **style,
            )
        ax.plot(mean, place, marker, color=colour, markersize=5, markeredgecolor="white")
    ax.axvline(0, color="black", linewidth=1)
    rows_down(ax, len(rows))
    few_ticks(ax)


def _look(row: Comparison) -> tuple[str, str]:
    """Colour and marker by what the interval says."""
    worse = is_worse(row)
    if worse is None:
        return UNCLEAR, "o"
    return (WORSE, "D") if worse else (BETTER, "s")


def _sham_ends(result: StudyResult, measure: str, group: str) -> tuple[float, float] | None:
    """Where the interval of the sham's mean begins and ends on an axis; None if it is not known."""
    band = result.band(measure, group)
    if band is None or math.isnan(band.difference.low):
        return None
    scale = axis_scale(result.before(measure, group).unit)
    return scale * band.difference.low, scale * band.difference.high


def _forest_legend(figure: Figure, *, sham: bool, important: bool, over_departments: bool) -> None:
    from matplotlib.patches import Patch

    handles: list[Any] = [
        legend_line(color=BETTER, marker="s", linewidth=2.2, label="interval on the better side"),
        legend_line(color=WORSE, marker="D", linewidth=2.2, label="interval on the worse side"),
        legend_line(
            color=UNCLEAR,
            marker="o",
            linewidth=2.2,
            label="includes 0, or rests on one replication",
        ),
    ]
    if important:
        handles.append(
            legend_line(
                color=GREY,
                linewidth=1,
                linestyle=DASHED,
                label="least difference that would matter",
            )
        )
    if over_departments:
        handles.append(legend_line(color=DARK, linewidth=1.2, label="nine in ten departments"))
    if sham:
        handles.append(Patch(color=SHAM, label="sham, no effect at all: 95 % interval of its mean"))
    legend_below(figure, handles)


# --- who gains and who pays -----------------------------------------------------------------------------------

PANELS_ACROSS = 4


def by_group(result: StudyResult) -> Picture | None:
    """The first primary target by group of patients, a panel for each arm; None unless the study asks about groups."""
    arms = result.tried
    groups = ("all", *groups_of(result))
    if not arms or len(groups) == 1 or not is_about_groups(result):
        return None
    target = result.first_target
    n_across = min(len(arms), PANELS_ACROSS)
    n_down = math.ceil(len(arms) / n_across)
    height = 1.2 + n_down * (0.9 + 0.24 * len(groups))
    with figure_of(2.4 + 2.6 * n_across, height, n_down, n_across, sharex=True, sharey=True) as (
        figure,
        axes,
    ):
        for ax, arm in zip(axes, arms, strict=False):
            _forest(ax, [result.row(arm.name, target.measure, group) for group in groups])
            for place, group in enumerate(groups):
                if ends := _sham_ends(result, target.measure, group):
                    rows = (place - 0.45, place + 0.45)
                    ax.fill_between(ends, *rows, color=SHAM, alpha=0.7, linewidth=0, zorder=0)
            panel_title(ax, wrapped(arm.label, 34), size=9)
        for ax in axes[len(arms) :]:
            ax.set_axis_off()
        for ax in axes[max(len(arms) - n_across, 0) : len(arms)]:
            ax.tick_params(labelbottom=True)
            ax.set_xlabel(difference_label(result.unit(target), result.better(target)))
        if result.better(target) == "higher":
            axes[0].invert_xaxis()  # and with it those that share it
        for ax in axes[::n_across]:
            ax.set_yticks(
                range(len(groups)), [group_words(group) for group in groups], fontsize=8.5
            )
        sham = result.sham is not None
        _forest_legend(figure, sham=sham, important=False, over_departments=has_range(result))
        png = png_of(figure)
    label = measure_label(result, target.measure)
    return Picture(
        "by_group",
        png,
        f"{label} by group of patients, with 95 % intervals. {differences_table(result).in_words()}",
        f"{label} by group: difference from '{result.baseline.label}' with its 95 % interval {interval_scope(result)}"
        f"{'; the band behind each row shows the sham for that group' if sham else ''}.{_over_words(result)}",
    )


# --- per £100,000 --------------------------------------------------------------------------------------------


def cost(result: StudyResult) -> Picture | None:
    """The effect of £100,000 a year on the first target, best first; None if no arm states a cost."""
    target = result.first_target
    arms = sorted(
        priced(result),
        key=lambda arm: result.row_of(target, arm.name).difference / (arm.cost or 1),
        reverse=result.better(target) == "higher",
    )
    if not arms:
        return None
    png = _forest_plot(result, arms, [target], (7.7, 1.7 + 0.6 * len(arms)), for_money=True)
    words = "; ".join(
        f"{arm.label} {per_100k_cell(result.row_of(target, arm.name), arm)}" for arm in arms
    )
    return Picture(
        "per_100k",
        png,
        f"Forest plot of the effect of each £100,000 a year on '{target.label}' with 95 % intervals. {words}.",
        f"'{target.label}': effect for each £100,000 a year, best first, for the arms that state a cost. As in the "
        f"table, the intervals also allow for the uncertainty of the price.{_over_words(result)}",
    )


WIDTH, TOP, SIDE = 400, 22, 10
"""In units of the drawing: its width, and the margins above and beside the rows."""
LABEL_LENGTH = 56
"""Characters of an arm's label that fit beside its value."""
LEAST_LENGTH = 3.0
"""The least length of a drawn interval, so that a narrow one is seen."""
COLOURS = "Blue square: surely better, if only by little; orange diamond: surely worse; grey circle: not sure"
"""What shapes and colours say."""
STYLES = {"better": (BETTER, "square"), "worse": (WORSE, "diamond")}


class RowPlaces(NamedTuple):
    """The height of a row, how far below its top label and interval are, and how far marks reach from the interval."""

    height: int
    label: int
    middle: int
    reach: int


HIGH_ROWS, LOW_ROWS = RowPlaces(33, 13, 24, 7), RowPlaces(25, 11, 19, 5)
MOST_HIGH_ROWS = 7
"""With more arms rows are tight and the caption short, so that the first page is seen whole on a screen."""


class Scale(NamedTuple):
    """Where a difference is drawn: the better side is left, whether lower or higher is better."""

    low: float
    high: float
    better_is_lower: bool

    def at(self, value: float) -> float:
        """Units from the left edge."""
        share = (value - self.low) / (self.high - self.low)
        return SIDE + (share if self.better_is_lower else 1 - share) * (WIDTH - 2 * SIDE)

    def bar(self, ends: Sequence[float]) -> tuple[float, float]:
        """Where an interval begins and ends."""
        left, right = sorted(map(self.at, ends))
        missing = max(LEAST_LENGTH - (right - left), 0) / 2
        return left - missing, right + missing


def first_picture(
    result: StudyResult, arms: Sequence[ArmResult], *, number: Callable[[float, str], str] = change
) -> Drawing | None:
    """The differences of these arms on the first target, in the order given; None if no interval is known.

    `number`: writes a difference of a unit.
    """
    target = result.first_target
    rows = [_shown(result, arm) for arm in arms]
    unit = result.unit(target)
    factor = axis_scale(unit)
    bounds = [bound for row in rows for ends in row.ends for bound in ends]
    if not bounds:
        return None
    mid = target.minimal_important_difference
    low, high = min(*bounds, -mid) * factor, max(*bounds, mid) * factor
    margin = 0.04 * (high - low)
    place = HIGH_ROWS if len(arms) <= MOST_HIGH_ROWS else LOW_ROWS
    scale = Scale(low - margin, high + margin, result.better(target) != "higher")
    svg = fill(
        "first_picture.svg",
        rows=[_row(row, scale, TOP + place.height * n, number) for n, row in enumerate(rows)],
        ticks=[
            (scale.at(tick), "0" if tick == 0 else f"{tick:+g}".replace("-", "−"))
            for tick in _ticks(scale.low, scale.high)
        ],
        important=[scale.at(value * factor) for value in (-mid, mid)],
        zero=scale.at(0),
        has_better=result.better(target) != "neither",
        unit=unit_words(unit),
        width=WIDTH,
        side=SIDE,
        place=place,
        bottom=TOP + place.height * len(arms),
        better=BETTER,
        worse=WORSE,
        grey=GREY,
    )
    over_departments = any(len(row.ends) > 1 for row in rows)
    thin = "the range of the effect" if result.study.held_to_records else "nine in ten departments"
    words = "; ".join(map(_alt, rows))
    alt = f"Differences from '{result.baseline.label}' in '{target.label}', {unit_words(unit)}, with 95 % intervals. "
    caption = (
        f"{target.label}: {f'thin, {thin}; thick, ' if over_departments else ''}95 % intervals"
    )
    matters = "what matters"
    if place != LOW_ROWS:
        colours = f". {COLOURS}" if result.better(target) != "neither" else ""
        matters = f"{mid * factor:g} {unit_words(unit)}, the least that matters{colours}"
    return Drawing(svg, f"{alt}{words}.", f"{caption}. Dashed: {matters}.")


class DrawnEffect(NamedTuple):
    """An arm's effect as it is drawn: its verdict, and intervals from the widest."""

    arm: ArmResult
    finding: Finding
    ends: list[tuple[float, float]]


def _shown(result: StudyResult, arm: ArmResult) -> DrawnEffect:
    """The 5th and 95th percentile over departments, where there are several (of departments held to records, the range
    of the effect), then the interval, where it is known."""
    outcome = outcome_of(result, arm.name)
    finding, row = outcome.first, outcome.first.comparison
    ends = [(row.difference_low, row.difference_high)]
    if worth := outcome.range_in_fits(row):
        ends.insert(0, (worth.low, worth.high))
    elif finding.spread and finding.spread.is_range:
        ends.insert(0, (row.department_p5, row.department_p95))
    return DrawnEffect(arm, finding, [pair for pair in ends if all(map(math.isfinite, pair))])


def _row(
    shown: DrawnEffect, scale: Scale, top: float, number: Callable[[float, str], str]
) -> dict[str, Any]:
    """What is drawn of one arm."""
    row, ends = shown.finding.comparison, shown.ends
    factor = axis_scale(row.unit)
    colour, shape = STYLES.get(shown.finding.kind, (UNCLEAR, "circle"))
    thickness = (1.4, 4.5)[-len(ends) :] if ends else ()
    return {
        "top": top,
        "label": _cut(shown.arm.label),
        "words": number(row.difference, row.unit),
        "bars": [
            (*scale.bar([factor * e for e in pair]), thick)
            for pair, thick in zip(ends, thickness, strict=True)
        ],
        "x": scale.at(factor * row.difference) if math.isfinite(row.difference) else None,
        "colour": colour,
        "shape": shape,
    }


def _alt(shown: DrawnEffect) -> str:
    row = shown.finding.comparison
    ends = f"{change(row.difference, row.unit)} ({span_of(row)})"
    return f"{shown.arm.label}: {ends}, {short_words(shown.finding)}"


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the ends, about four to seven."""
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    numbers = np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    return [float(f"{number * step:.6g}") for number in numbers.tolist()]


def _cut(label: str) -> str:
    """A label cut at the end of a word to the length that fits."""
    if len(label) <= LABEL_LENGTH:
        return label
    return f"{label[: LABEL_LENGTH - 1].rsplit(' ', 1)[0].rstrip(',;:')} …"
