"""The figures of a report: pictures of what was measured, each with an alternative text and a caption."""

from __future__ import annotations

from collections.abc import Callable

from simulation.display.drawing import Picture
from simulation.questions.ablation import contributions
from simulation.questions.what_decides import deciding_figures
from simulation.report.figures.department import acuity, day, stay
from simulation.report.figures.effects import by_group, cost, differences
from simulation.run.result import StudyResult


def pictures(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return tuple(picture for name in FIGURES if (picture := drawn(result, name)) is not None)


MAKERS: dict[str, Callable[[StudyResult], Picture | None]] = {
    "differences": differences,
    "levers": lambda result: next(contributions.pictures(result), None),
    "by_group": by_group,
    "per_100k": cost,
    "what_decides": lambda result: next(deciding_figures.pictures(result), None),
    "day": day,
    "stay": stay,
    "acuity": acuity,
}
FIGURES = tuple(MAKERS)


def drawn(result: StudyResult, name: str) -> Picture | None:
    """The picture of one of `FIGURES`; None if the result has nothing to show in it."""
    return MAKERS[name](result if name == "levers" else result.shown)  # combinations of levers are arms not shown
