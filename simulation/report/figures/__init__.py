"""The figures of a report: pictures of what was measured, each with an alternative text and a caption."""

from collections.abc import Callable
from functools import lru_cache

from simulation.display.drawing import Picture
from simulation.errors import ResultsError, nearest
from simulation.explain.explanation import Explained
from simulation.questions import OF_A_RESULT
from simulation.report.figures.department_pictures import acuity, day, stay
from simulation.report.figures.effect_pictures import by_group, cost, differences
from simulation.report.pathway_picture import picture_of, sketch_of
from simulation.runs.result import StudyResult


def pictures(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return tuple(filter(None, (drawn(result, name) for name in FIGURES)))


MAKERS: dict[str, Callable[[StudyResult], Picture | None]] = {
    "differences": differences,
    "by_group": by_group,
    "per_100k": cost,
    "day": day,
    "stay": stay,
    "acuity": acuity,
}
OF_QUESTIONS = {
    name: maker for question in OF_A_RESULT for name, maker in question.pictures.items()
}
FIGURES = (*MAKERS, *OF_QUESTIONS)
PATHWAY = "pathway"


@lru_cache(
    maxsize=1 + len(FIGURES)
)  # of about one result, whose page and exports show the same pictures
def drawn(result: StudyResult, name: str) -> Picture | None:
    """The picture of one of `FIGURES`; None if the result has nothing to show in it."""
    if (
        name in OF_QUESTIONS
    ):  # a question may look at arms that are not shown, such as combinations of levers
        return OF_QUESTIONS[name](result)
    return MAKERS[name](result.shown)


def picture(result: StudyResult, name: str) -> Picture:
    """One picture of the report, which a notebook shows: 'differences', 'day', 'pathway' or another.

    Raises ResultsError if there is no picture of that name, or the study has nothing that it could show.
    """
    known = (*FIGURES, PATHWAY)
    if name not in known:
        raise ResultsError(f"there is no figure '{name}'. {nearest(name, known)}")
    shown = pathway_of(result) if name == PATHWAY else drawn(result, name)
    if shown is None:
        others = ", ".join(other for other in known if other != name)
        raise ResultsError(
            f"figure '{name}': this study has nothing to show in it. Other figures: {others}"
        )
    return shown


def every_picture(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return (*pictures(result), pathway_of(result))


def pathway_of(result: StudyResult) -> Picture:
    """The baseline's pathway, as far as patients of some arm can reach."""
    return draw_pathway(result.explained)


@lru_cache(maxsize=2)
def draw_pathway(explained: Explained) -> Picture:
    """The same before there is a result; kept, so that it can be drawn while replications run."""
    return picture_of(sketch_of(explained.study.baseline.pathway, explained.explanation.reachable))
