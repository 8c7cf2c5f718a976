"""The picture of the first page: each arm's interval on the first target, as SVG legible on a phone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from simulation.display.drawing import BETTER, GREY, UNCLEAR, WORSE, axis_scale
from simulation.display.kinds import kind_of, short_words
from simulation.display.words import change, span, unit_words
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.departments import Spread

WIDTH, ROW, TOP, BOTTOM, SIDE = 400, 25, 26, 34, 10
"""In units of the drawing: its width, the height of a row, and the margins above, below and beside the rows."""
LABEL_LENGTH = 52
"""Characters of an arm's label that fit beside its value."""
LEAST_LENGTH = 3.0
"""The least length of a drawn interval, so that a narrow one is seen."""
HALO = ' stroke="#fff" stroke-width="3" paint-order="stroke"'
"""A white edge round a label, so that lines behind it do not run through it."""
STYLES = {"better": (BETTER, "square"), "worse": (WORSE, "diamond")}


@dataclass(frozen=True)
class Drawing:
    """A drawing as SVG text, with alternative text and a caption."""

    svg: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Scale:
    """Where a difference is drawn: the better side is left, whether lower or higher is better."""

    low: float
    high: float
    better_is_lower: bool

    def at(self, value: float) -> float:
        """Units from the left edge."""
        share = (value - self.low) / (self.high - self.low)
        return SIDE + (share if self.better_is_lower else 1 - share) * (WIDTH - 2 * SIDE)


def first_picture(result: StudyResult, arms: Sequence[ArmResult]) -> Drawing | None:
    """The differences of these arms on the first target, in the order given; None if no interval is known."""
    target = result.design.primary[0]
    findings = {arm.name: result.finding(arm.name, target) for arm in arms}
    unit = result.row(result.design.baseline, target.measure, target.group).unit
    factor = axis_scale(unit)
    bounds = [
        bound
        for finding in findings.values()
        for bound in (finding.comparison.difference_low, finding.comparison.difference_high, *_range(finding.spread))
        if math.isfinite(bound)
    ]
    if not bounds:
        return None
    mid = target.minimal_important_difference
    low, high = min(*bounds, -mid) * factor, max(*bounds, mid) * factor
    margin = 0.04 * (high - low)
    scale = Scale(low - margin, high + margin, result.better(target) != "higher")
    height = TOP + ROW * len(arms) + BOTTOM
    over_departments = any(_range(finding.spread) for finding in findings.values())
    parts = [*_frame(scale, mid * factor, height, unit_words(unit), better=result.better(target) != "neither")]
    sentences = []
    for place, arm in enumerate(arms):
        finding = findings[arm.name]
        row = finding.comparison
        colour, shape = STYLES.get(kind_of(finding), (UNCLEAR, "circle"))
        interval = span(row.difference_low, row.difference_high, row.unit)
        words = f"{arm.label}: {change(row.difference, row.unit)} ({interval}), {short_words(finding)}"
        top = TOP + ROW * place
        parts += [
            _text(SIDE, top + 9, _cut(arm.label), HALO),
            _text(
                WIDTH - SIDE, top + 9, change(row.difference, row.unit), f' text-anchor="end" font-weight="bold"{HALO}'
            ),
            *_bar(scale, [factor * end for end in _range(finding.spread)], top + 17, colour, 1.4),
            *_bar(scale, [factor * row.difference_low, factor * row.difference_high], top + 17, colour, 4.5),
            *_point(scale, factor * row.difference, top + 17, colour, shape),
        ]
        sentences.append(words)
    alt = f"Differences from '{result.baseline.label}' in '{target.label}', {unit_words(unit)}, with 95 % intervals. "
    caption = f"{target.label}: 95 % intervals{'; thin: nine in ten departments' if over_departments else ''}"
    return Drawing(_svg(height, parts), f"{alt}{'; '.join(sentences)}.", f"{caption}. Dashed: what matters.")


def _range(spread: Spread | None) -> tuple[float, ...]:
    """The 5th and 95th percentile over departments; empty on one department."""
    return spread.range[1:] if spread is not None and spread.is_range else ()


def _frame(scale: Scale, mid: float, height: int, unit: str, *, better: bool) -> Iterator[str]:
    """The words on which side is better, lines at no difference and at the least that matters, and the axis."""
    bottom = height - BOTTOM
    if better:
        yield _text(SIDE, 14, "← better", f' font-weight="bold" fill="{BETTER}"')
        yield _text(WIDTH - SIDE, 14, "worse →", f' text-anchor="end" font-weight="bold" fill="{WORSE}"')
    for value in (-mid, mid):
        yield _line(scale.at(value), TOP - 8, scale.at(value), bottom, GREY, 1, ' stroke-dasharray="4 3"')
    yield _line(scale.at(0), TOP - 8, scale.at(0), bottom, "#212b32", 1)
    yield _line(SIDE, bottom, WIDTH - SIDE, bottom, GREY, 1)
    for tick in _ticks(scale.low, scale.high):
        yield _line(scale.at(tick), bottom, scale.at(tick), bottom + 4, GREY, 1)
        words = "0" if tick == 0 else f"{tick:+g}".replace("-", "−")
        yield _text(scale.at(tick), bottom + 16, words, ' text-anchor="middle"')
    yield _text(WIDTH / 2, bottom + 30, f"difference, {unit}", ' text-anchor="middle"')


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the ends, about four to seven."""
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    numbers = np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    return [float(f"{number * step:.6g}") for number in numbers.tolist()]


def _bar(scale: Scale, ends: Sequence[float], y: float, colour: str, width: float) -> Iterator[str]:
    if len(ends) < 2 or not all(map(math.isfinite, ends)):
        return
    left, right = sorted(map(scale.at, ends))
    missing = max(LEAST_LENGTH - (right - left), 0) / 2
    yield _line(left - missing, y, right + missing, y, colour, width)


def _point(scale: Scale, value: float, y: float, colour: str, shape: str) -> Iterator[str]:
    """The estimate as a square, a diamond or a circle."""
    if not math.isfinite(value):
        return
    x = scale.at(value)
    if shape == "circle":
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" stroke="#fff"/>'
    else:
        turned = f' transform="rotate(45 {x:.1f} {y:.1f})"' if shape == "diamond" else ""
        yield f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}" stroke="#fff"{turned}/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, attributes: str = "") -> str:
    places = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {places} stroke="{colour}" stroke-width="{width:g}"{attributes}/>'


def _text(x: float, y: float, words: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(words)}</text>'


def _cut(label: str) -> str:
    """A label cut at the end of a word to the length that fits."""
    if len(label) <= LABEL_LENGTH:
        return label
    return f"{label[: LABEL_LENGTH - 1].rsplit(' ', 1)[0].rstrip(',;:')} …"


def _svg(height: int, parts: Sequence[str]) -> str:
    font = 'font-family="Arial, Liberation Sans, Helvetica, sans-serif" font-size="13" fill="#212b32"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {font}>{"".join(parts)}</svg>'
