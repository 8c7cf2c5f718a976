"""An assessor that gives everybody the commonest true level: the agreement to be had without reading anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.vetting.answers import Answer, Question
from simulation.vetting.cases import N_LEVELS, CaseSet


class Majority:
    """Labels every case with the level that is commonest among the other cases."""

    name = "majority"
    reads_text = False

    def __init__(self, cases: CaseSet) -> None:
        self._counts = np.bincount(cases.truth, minlength=N_LEVELS)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The commonest true level for every question; a case does not count for its own label."""
        return [self._answer(question) for question in questions]

    def about(self) -> Mapping[str, str]:
        """The number of cases of each true level."""
        return {"true levels 1 to 5": ", ".join(str(count) for count in self._counts)}

    def _answer(self, question: Question) -> Answer:
        others = self._counts.copy()
        others[question.case.truth - 1] -= 1
        label = int(np.argmax(others)) + 1
        return Answer(question.case.name, question.repeat, question.variant, "labelled", label)
