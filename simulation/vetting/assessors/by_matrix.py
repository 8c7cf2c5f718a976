"""An assessor whose errors are those of a stated matrix: it reads nothing, and errs on each case independently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from simulation.department.config_dataclass import config_dataclass
from simulation.patients.variates import generator_of
from simulation.triage.matrix import LabelTable, probabilities
from simulation.vetting.answers import Answer, Question


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
    """Draws a label for each case and repeat, whatever the wording."""

    reads_text = False

    def __init__(self, config: MatrixAssessor, seed: int) -> None:
        self.name = "matrix"
        self._limits = np.cumsum(probabilities(config.table), axis=1)
        self._source = config.table.source
        self._seed = seed

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One label a question; the same for a case and repeat, whatever else is asked."""
        return [self._answer(question) for question in questions]

    def about(self) -> Mapping[str, str]:
        """The source of the matrix."""
        return {"matrix": self._source}

    def _answer(self, question: Question) -> Answer:
        case = question.case
        chance = generator_of(self._seed, question.repeat, "vetting", f"matrix/{case.name}", 0).random()
        row = self._limits[case.truth - 1]
        label = int(np.searchsorted(row, chance * row[-1], side="right"))
        return Answer(case.name, question.repeat, question.variant, "labelled", min(label, len(row) - 1) + 1)
