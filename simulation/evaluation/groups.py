"""The kinds of configuration files that belong to this wing."""

from simulation.config.groups import FileKind
from simulation.evaluation.design import Deviation, EvaluatedOutcomes, EvaluationDesign

GROUPS = {
    "evaluation": FileKind(
        EvaluationDesign, "A design of an evaluation: who switches when.", "evaluation/**/*.yaml"
    ),
    "deviations": FileKind(
        Deviation,
        "A way in which an evaluation goes otherwise than planned.",
        "deviations/**/*.yaml",
    ),
    "outcomes": FileKind(EvaluatedOutcomes, "The outcomes of an evaluation.", "outcomes/**/*.yaml"),
}
