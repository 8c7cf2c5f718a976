"""A model learned from the cases themselves: each case is labelled by a model that has not seen it.

Its scores are what a simple model gets out of these cases, a comparator for anything sold. Its settings are stated and
not searched for, so its scores are not optimistic. A model fitted to all cases can be stored as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from simulation.department.config_dataclass import Positive, Unit, config_dataclass
from simulation.errors import refuse
from simulation.patients.variates import generator_of
from simulation.records.schema import Floats
from simulation.vetting.answers import Answer, Question, QuestionKey
from simulation.vetting.assessors import refuse_without
from simulation.vetting.assessors.level_model import Fitted, Kind, fitted, learned_features, read_model
from simulation.vetting.cases import N_LEVELS, CaseSet, Inputs, Levels

Read = Literal["text", "vital_signs"]


@config_dataclass
class LearnedAssessor:
    """A model of text and vital signs, fitted to the cases that it does not label (cross-fitting).

    Example: `{kind: learned, model: logistic, under_triage_cost: 1, abstains_below: 0.4}`
    """

    kind: Literal["learned"]
    model: Kind = "logistic"
    """Which model: multinomial logistic, or one score with thresholds between the levels."""
    reads: tuple[Read, ...] = ("text", "vital_signs")
    """What it reads: the complaint's `text`, or `vital_signs` with age, sex, mode and the other stated inputs.
    Example: `[vital_signs]`"""
    balanced: bool = False
    """Whether each true level weighs as much as any other in fitting, however rare."""
    under_triage_cost: Annotated[float, Gt(0), Le(1000), Unit("over-triages")] = 1.0
    """What an under-triage costs, in over-triages: the label is the level of least expected cost."""
    looseness: Annotated[Positive, Unit("none")] = 1.0
    """How freely the model follows the cases: one over the ridge penalty. Example: `0.3`"""
    flags_missing: bool = False
    """Whether it may read that vital signs are missing: in a resuscitation nobody writes them down."""
    folds: Annotated[int, Ge(2), Le(50), Unit("parts")] = 5
    """Into how many parts the cases are cut; each is labelled by a model of the others. Example: `10`"""
    abstains_below: Annotated[float, Ge(0), Le(1), Unit("probability")] = 0.0
    """It hands a patient back where the probability of its label is lower than this."""
    save: bool = False
    """Whether a model of all cases is stored beside the card, as JSON; it holds pieces of the complaints' words."""
    stored: str | None = None
    """A stored model that labels instead of one fitted to the cases. Example: `results/vetting/ours/model.json`"""


class Learned:
    """Labels each case by a model of the other folds, or by a stored model."""

    def __init__(self, config: LearnedAssessor, cases: CaseSet, seed: int, name: str = "learned") -> None:
        refuse_without("sklearn", "threadpoolctl")
        self.name = name
        self._config = config
        self._cases = cases
        self._seed = seed
        self._stored = read_model(Path(config.stored)) if config.stored is not None else None
        if self._stored is None and len(cases) < 2 * config.folds:
            remedy = f"Give at least {2 * config.folds}, or fewer folds"
            refuse("assessor.folds", f"{len(cases)} cases for {config.folds} folds", remedy)

    @property
    def reads_text(self) -> bool:
        """Whether a complaint can change its answers."""
        return "text" in self._config.reads

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, from a model that has not seen its case; repeats differ in their folds."""
        answers: dict[QuestionKey, Answer] = {}
        for repeat in sorted({question.repeat for question in questions}):
            of_repeat = [question for question in questions if question.repeat == repeat]
            for names, model in self._models(repeat):
                asked = [question for question in of_repeat if question.case.name in names]
                chances = model.chances([question.inputs for question in asked]) if asked else ()
                for question, row in zip(asked, chances, strict=True):
                    answers[question.key] = self._answer(question, row)
        return [answers[question.key] for question in questions]

    def about(self) -> Mapping[str, str]:
        """Its settings, and whether it is cross-fitted or stored."""
        how = "a stored model" if self._stored is not None else f"cross-fitted, {self._config.folds} folds"
        settings = {key: str(value) for key, value in asdict(self._config).items() if key not in ("kind", "save")}
        return {"fitted": how, **settings}

    def whole(self) -> Fitted:
        """The model fitted to all cases, to be stored."""
        return self._fit([case.inputs for case in self._cases.cases], self._cases.truth)

    def _models(self, repeat: int) -> Iterator[tuple[set[str], Fitted]]:
        """The names of each fold's cases and the model that labels them; a stored model labels all cases."""
        cases = self._cases.cases
        if self._stored is not None:
            yield {case.name for case in cases}, self._stored
            return
        fold_of = stratified_folds(self._cases, self._config.folds, self._seed, repeat)
        for fold in range(self._config.folds):
            others = [cases[number].inputs for number in np.flatnonzero(fold_of != fold)]
            names = {cases[number].name for number in np.flatnonzero(fold_of == fold)}
            yield names, self._fit(others, self._cases.truth[fold_of != fold])

    def _fit(self, inputs: list[Inputs], truth: Levels) -> Fitted:
        config = self._config
        text, vital_signs = "text" in config.reads, "vital_signs" in config.reads
        features = learned_features(inputs, text=text, vital_signs=vital_signs, flags_missing=config.flags_missing)
        return fitted(config.model, features, inputs, truth, looseness=config.looseness, balanced=config.balanced)

    def _answer(self, question: Question, chances: Floats) -> Answer:
        label = int(np.argmin(chances @ costs_of(self._config.under_triage_cost)))
        probabilities = tuple(float(chance) for chance in chances)
        if chances[label] < self._config.abstains_below:
            return question.answered("abstained", None, probabilities)
        return question.answered("labelled", label + 1, probabilities)


def costs_of(under_triage_cost: float) -> Floats:
    """The cost of each label by true level, shape (levels, levels): right 0, over-triage 1, under-triage as stated."""
    ones = np.ones((N_LEVELS, N_LEVELS))
    return np.tril(ones, -1) + under_triage_cost * np.triu(ones, 1)


def stratified_folds(cases: CaseSet, n_folds: int, seed: int, repeat: int) -> Levels:
    """The fold of each case: each true level is spread evenly, by a shuffle that depends on names and seed alone."""
    fold_of = np.zeros(len(cases), dtype=np.int64)
    for level in range(N_LEVELS):
        of_level = np.flatnonzero(cases.truth == level)
        shuffled = generator_of(seed, repeat, "vetting", f"folds/{level}", 0).permutation(of_level)
        fold_of[shuffled] = (np.arange(len(of_level)) + level) % n_folds
    return fold_of
