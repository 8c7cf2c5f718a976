"""Assessors that read nothing: labels drawn from a stated matrix, and the commonest level for everybody.

Others are in `learned`, `llm` and `answers_file`: each is a config dataclass and a class that answers.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Literal

import numpy as np

from simulation.department.config_dataclass import config_dataclass
from simulation.errors import refuse
from simulation.patients.variates import generator_of
from simulation.records.schema import Floats
from simulation.triage.matrix import LabelTable, probabilities
from simulation.vetting.cases import N_LEVELS, Answer, CaseSet, Question


@config_dataclass
class MatrixAssessor:
    """Labels drawn from a matrix: what a tool with these errors, and no others, would look like on the bench.

    Example: `{kind: matrix, table: {shares: [[1, 0, 0, 0, 0], [0.1, 0.8, 0.1, 0, 0], [0, 0.1, 0.8, 0.1, 0],
    [0, 0, 0.1, 0.9, 0], [0, 0, 0, 0.1, 0.9]], evidence: assumed, source: "a judgement"}}`
    """

    kind: Literal["matrix"]
    table: LabelTable
    """How often each true level gets each label."""


class ByMatrix:
    """Draws a label for each case and repeat, whatever the wording; it errs on each case independently."""

    name = "matrix"
    reads_text = False

    def __init__(self, config: MatrixAssessor, seed: int) -> None:
        self._limits = np.cumsum(probabilities(config.table), axis=1)
        self._source = config.table.source
        self._seed = seed

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One label a question; the same for a case and repeat, whatever else is asked."""
        return [question.answered("labelled", self._label(question)) for question in questions]

    def about(self) -> Mapping[str, str]:
        """The source of the matrix."""
        return {"matrix": self._source}

    def _label(self, question: Question) -> int:
        chance = generator_of(
            self._seed, question.repeat, "vetting", f"matrix/{question.case.name}", 0
        )
        return level_drawn(self._limits[question.case.truth - 1], chance)


def level_drawn(limits: Floats, chance: np.random.Generator) -> int:
    """A level, 1 to 5, drawn by cumulated shares, shape (levels,)."""
    level = int(np.searchsorted(limits, chance.random() * limits[-1], side="right"))
    return min(level, len(limits) - 1) + 1


class Majority:
    """Labels every case with the level that is commonest among the other cases: agreement without reading anything."""

    name = "majority"
    reads_text = False

    def __init__(self, cases: CaseSet) -> None:
        self._counts = np.bincount(cases.truth, minlength=N_LEVELS)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The commonest true level for every question; a case does not count for its own label."""
        without = self._counts - np.eye(N_LEVELS, dtype=int)
        commonest = without.argmax(axis=1) + 1
        return [
            question.answered("labelled", int(commonest[question.case.truth - 1]))
            for question in questions
        ]

    def about(self) -> Mapping[str, str]:
        """The number of cases of each true level."""
        return {"true levels 1 to 5": ", ".join(str(count) for count in self._counts)}


# --- ---


def refuse_without(*libraries: str) -> None:
    """Raise ConfigError if a library of the extra `vetting` is not installed."""
    missing = [library for library in libraries if find_spec(library) is None]
    if missing:
        remedy = "Run `make vet`, or pip install 'aeflow[vetting]'"
        refuse("vet", f"{' and '.join(missing)} is not installed", remedy)
