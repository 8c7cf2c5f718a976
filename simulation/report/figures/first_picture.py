"""The picture of the first page: each arm's interval on the first target, as SVG legible on a phone."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulation.display.drawing import BETTER, GREY, UNCLEAR, WORSE, axis_scale
from simulation.display.words import change, kind_of, short_words, span_of, unit_words
from simulation.report.templates import templates
from simulation.runs.result import ArmResult, Finding, StudyResult

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


class Drawing(NamedTuple):
    """A drawing as SVG text, with alternative text and a caption."""

    svg: str
    alt: str
    caption: str


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
    findings = {arm.name: result.finding(arm.name, target) for arm in arms}
    unit = result.unit(target)
    factor = axis_scale(unit)
    bounds = [bound for finding in findings.values() for ends in _ends(finding) for bound in ends]
    if not bounds:
        return None
    mid = target.minimal_important_difference
    low, high = min(*bounds, -mid) * factor, max(*bounds, mid) * factor
    margin = 0.04 * (high - low)
    place = HIGH_ROWS if len(arms) <= MOST_HIGH_ROWS else LOW_ROWS
    scale = Scale(low - margin, high + margin, result.better(target) != "higher")
    svg = (
        templates()
        .get_template("first_picture.svg")
        .render(
            rows=[
                _row(arm, findings[arm.name], scale, TOP + place.height * n, number)
                for n, arm in enumerate(arms)
            ],
            ticks=[(scale.at(tick), _signed(tick)) for tick in _ticks(scale.low, scale.high)],
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
    )
    over_departments = any(
        finding.spread is not None and finding.spread.is_range for finding in findings.values()
    )
    words = "; ".join(_alt(arm, findings[arm.name]) for arm in arms)
    alt = f"Differences from '{result.baseline.label}' in '{target.label}', {unit_words(unit)}, with 95 % intervals. "
    caption = f"{target.label}: {'thin, nine in ten departments; thick, ' if over_departments else ''}95 % intervals"
    if place == LOW_ROWS:
        return Drawing(svg, f"{alt}{words}.", f"{caption}. Dashed: what matters.")
    colours = f" {COLOURS}." if result.better(target) != "neither" else ""
    least = f"{mid * factor:g} {unit_words(unit)}"
    return Drawing(
        svg, f"{alt}{words}.", f"{caption}. Dashed: {least}, the least that matters.{colours}"
    )


def _ends(finding: Finding) -> list[tuple[float, ...]]:
    """The 5th and 95th percentile over departments, where there are several, then the interval, where it is known."""
    row, spread = finding.comparison, finding.spread
    over = [spread.range[1:]] if spread is not None and spread.is_range else []
    return [
        ends
        for ends in (*over, (row.difference_low, row.difference_high))
        if all(map(math.isfinite, ends))
    ]


def _row(
    arm: ArmResult, finding: Finding, scale: Scale, top: float, number: Callable[[float, str], str]
) -> dict[str, Any]:
    """What is drawn of one arm."""
    row, factor = finding.comparison, axis_scale(finding.comparison.unit)
    colour, shape = STYLES.get(kind_of(finding), (UNCLEAR, "circle"))
    ends = _ends(finding)
    thickness = (1.4, 4.5)[-len(ends) :] if ends else ()
    return {
        "top": top,
        "label": _cut(arm.label),
        "words": number(row.difference, row.unit),
        "bars": [
            (*scale.bar([factor * e for e in pair]), thick)
            for pair, thick in zip(ends, thickness, strict=True)
        ],
        "x": scale.at(factor * row.difference) if math.isfinite(row.difference) else None,
        "colour": colour,
        "shape": shape,
    }


def _alt(arm: ArmResult, finding: Finding) -> str:
    row = finding.comparison
    return (
        f"{arm.label}: {change(row.difference, row.unit)} ({span_of(row)}), {short_words(finding)}"
    )


def _signed(tick: float) -> str:
    return "0" if tick == 0 else f"{tick:+g}".replace("-", "−")


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
