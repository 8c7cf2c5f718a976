"""The kinds of configuration files that belong to this wing."""

from simulation.config.groups import FileKind
from simulation.evaluation.design import EvaluatedOutcomes, EvaluationDesign

GROUPS = {
    "evaluation": FileKind(EvaluationDesign, "A design of an evaluation: who switches when.", "evaluation/**/*.yaml"),
    "outcomes": FileKind(EvaluatedOutcomes, "The outcomes of an evaluation.", "outcomes/**/*.yaml"),
}
