"""Pictures of a run that has just ended, without a folder of results."""

from __future__ import annotations

from simulation.errors import ResultsError, nearest
from simulation.experiment.result import Result
from simulation.explain.reachable import reachable_subgraph
from simulation.report.figures import FIGURES, drawn
from simulation.report.figures.drawing import Picture
from simulation.report.gather import inputs_of
from simulation.report.pathway_picture import Sketch, picture_of, sketch_of

PATHWAY = "pathway"


def figure(result: Result, name: str) -> Picture:
    """One picture of the report, which a notebook shows: 'differences', 'day', 'pathway' and the others there.

    Raises ResultsError if there is no picture of that name, or the study has nothing that it could show.
    """
    known = (*FIGURES, PATHWAY)
    if name not in known:
        raise ResultsError(f"there is no figure '{name}'. {nearest(name, known)}")
    picture = picture_of(sketched(result)) if name == PATHWAY else drawn(inputs_of(result, {}), name)
    if picture is None:
        others = ", ".join(each for each in known if each != name)
        raise ResultsError(f"figure '{name}': this study has nothing to show in it. Other figures: {others}")
    return picture


def sketched(result: Result) -> Sketch:
    """The baseline's pathway as far as patients of some arm can take it."""
    study = result.study
    return sketch_of(
        study.baseline.pathway, reachable_subgraph(study.baseline.pathway, study.arms, seed=study.run.seed)
    )
