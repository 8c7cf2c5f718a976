"""The figures of a report: each from what was measured, as a picture with words for who cannot see it."""

from __future__ import annotations

from collections.abc import Callable

from simulation.experiment.result import StudyResult
from simulation.report.figures.decides import what_decides
from simulation.report.figures.department import acuity, day, stay
from simulation.report.figures.drawing import Picture
from simulation.report.figures.effects import by_group, cost, differences, levers


def pictures(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that these inputs allow, in the order of the report."""
    return tuple(picture for name in FIGURES if (picture := drawn(result, name)) is not None)


FIGURES = ("differences", "levers", "by_group", "per_100k", "what_decides", "day", "stay", "acuity")


def drawn(result: StudyResult, name: str) -> Picture | None:
    """One of `FIGURES`; None if these inputs hold nothing that it could show."""
    makers: dict[str, Callable[[StudyResult], Picture | None]] = {
        "differences": differences,
        "by_group": by_group,
        "per_100k": cost,
        "what_decides": what_decides,
        "day": day,
        "stay": stay,
        "acuity": acuity,
    }
    return levers(result) if name == "levers" else makers[name](result.shown)
