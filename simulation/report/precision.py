"""`run.precision` in words: the half-width that was asked for, and the one that was reached."""

from __future__ import annotations

import math

from simulation.display.words import group_words, measure_label, unit_words
from simulation.run.result import StudyResult
from simulation.run.running import values_for
from simulation.statistics.intervals import interval
from simulation.study.precision import Precision


def precision_line(result: StudyResult) -> str | None:
    """The half-width asked for and the one reached, in a sentence or two; None if no precision was asked for."""
    precision = result.run.precision
    if precision is None:
        return None
    unit = result.row(result.design.baseline, precision.measure, precision.group).unit
    scale = 100 if unit == "share" else 1
    half_widths = {
        arm: interval(values, kind=result.interval_kind, department=result.department_of).half_width
        for arm, values in values_for(result.study, result.replications).items()
    }
    widest = max(half_widths, key=lambda arm: math.inf if math.isnan(half_widths[arm]) else half_widths[arm])
    half_width, label = half_widths[widest], measure_label(result, precision.measure)
    what = (
        "level under the baseline"
        if widest == result.design.baseline
        else f"difference of '{result.arm(widest).label}'"
    )
    if len(half_widths) > 1:
        what += f", the widest of {len(half_widths)} arms"
    return (
        f"Precision asked for: {label[:1].lower()}{label[1:]}, {group_words(precision.group)}, {what}: "
        f"±{scale * precision.half_width:g} {unit_words(unit)}. {_reached(result, precision, half_width, scale)}"
    )


def _reached(result: StudyResult, precision: Precision, half_width: float, scale: float) -> str:
    """Whether the half-width asked for was reached. `scale`: from the measure's unit to the one that is printed."""
    n = len(result.replications)
    if n < result.run.replications:
        return f"{n} of {result.run.how_many} have ended."
    if math.isnan(half_width):
        return f"Not reached: with {n} replications there is no interval."
    reached = f"±{scale * half_width:.3g} with {n} replications"
    if half_width <= precision.half_width:
        return f"Reached: {reached} (first stage: {precision.first_stage})."
    return f"Not reached: {reached}, the most allowed (run.precision.at_most)."
