"""Every picture of a result, by name."""

from __future__ import annotations

from simulation.display.drawing import Picture
from simulation.errors import ResultsError, nearest
from simulation.report.figures import FIGURES, drawn, pictures
from simulation.report.pathway_picture import picture_of, sketch_of
from simulation.run.result import StudyResult

PATHWAY = "pathway"


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
        raise ResultsError(f"figure '{name}': this study has nothing to show in it. Other figures: {others}")
    return shown


def every_picture(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return (*pictures(result), pathway_of(result))


def pathway_of(result: StudyResult) -> Picture:
    """The baseline's pathway, as far as patients of some arm can reach."""
    return picture_of(sketch_of(result.study.baseline.pathway, result.explanation.reachable))
