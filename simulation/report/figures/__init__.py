"""The figures of a report: pictures of what was measured, each with an alternative text and a caption."""

from __future__ import annotations

from collections.abc import Callable

from simulation.display.drawing import Picture
from simulation.questions import OF_A_RESULT
from simulation.report.figures.department import acuity, day, stay
from simulation.report.figures.effects import by_group, cost, differences
from simulation.run.result import StudyResult


def pictures(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return tuple(picture for name in FIGURES if (picture := drawn(result, name)) is not None)


MAKERS: dict[str, Callable[[StudyResult], Picture | None]] = {
    "differences": differences,
    "by_group": by_group,
    "per_100k": cost,
    "day": day,
    "stay": stay,
    "acuity": acuity,
}
OF_QUESTIONS = {name: maker for question in OF_A_RESULT for name, maker in question.pictures.items()}
FIGURES = (*MAKERS, *OF_QUESTIONS)


def drawn(result: StudyResult, name: str) -> Picture | None:
    """The picture of one of `FIGURES`; None if the result has nothing to show in it."""
    if name in OF_QUESTIONS:  # a question may look at arms that are not shown, such as combinations of levers
        return OF_QUESTIONS[name](result)
    return MAKERS[name](result.shown)
