"""What came of `run.precision`: the half-width that was asked for, and the one that was reached."""

from __future__ import annotations

import math

from simulation.analysis.intervals import Interval, interval
from simulation.experiment.result import StudyResult
from simulation.experiment.run import values_for
from simulation.report.words import MEASURE_LABELS, group_words, unit_words


def precision_line(result: StudyResult) -> str | None:
    """What was asked for and what was reached, in a sentence or two; None if no precision was asked for."""
    precision = result.run.precision
    if precision is None:
        return None
    unit = result.row(result.design.baseline, precision.measure, precision.group).unit
    scale = 100 if unit == "share" else 1
    values = values_for(result.study, result.replications)
    found = interval(values, kind=result.interval_kind, department=result.department_of)
    label = MEASURE_LABELS.get(precision.measure, precision.measure)
    of = "level under the baseline" if precision.arm is None else f"difference of '{result.arm(precision.arm).label}'"
    asked = (
        f"Precision asked for: {label.lower()}, {group_words(precision.group)}, {of}: "
        f"±{scale * precision.half_width:g} {unit_words(unit)}."
    )
    return f"{asked} {_reached(result, found, precision.half_width, scale)}"


def _reached(result: StudyResult, found: Interval, half_width: float, scale: float) -> str:
    precision, n = result.run.precision, len(result.replications)
    assert precision is not None
    if n < result.run.replications:
        return f"{n} of {result.run.how_many} have ended."
    if math.isnan(found.half_width):
        return f"Not reached: with {n} replications there is no interval."
    how = f"±{scale * found.half_width:.3g} with {n} replications"
    if found.half_width <= half_width:
        return f"Reached: {how} (first stage: {precision.first_stage})."
    return f"Not reached: {how}, the most that were allowed (run.precision.at_most)."
