"""A model learned from the cases themselves: each case is labelled by a model that has not seen it.

Its scores are what a simple model gets out of these cases, a comparator for anything sold. Its settings are stated and
not searched for, so its scores are not optimistic. A model fitted to all cases can be stored as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from simulation.department.config_dataclass import Positive, Unit, config_dataclass
from simulation.errors import ConfigError, Fault
from simulation.patients.variates import generator_of
from simulation.records.schema import Floats
from simulation.vetting.answers import Answer, Question
from simulation.vetting.assessors import proportional_odds, refuse_without
from simulation.vetting.assessors.features import Features, learned_features
from simulation.vetting.cases import N_LEVELS, CaseSet, Inputs, Levels

Read = Literal["text", "vital_signs"]
FORMAT = "aeflow learned assessor 1"
LARGEST_MODEL = 100_000_000
"""Bytes of a stored model."""
PENALTY_OF_ODDS = 0.3
"""The ridge penalty of proportional odds over that of the logistic model at the same `looseness`."""


@config_dataclass
class LearnedAssessor:
    """A model of text and vital signs, fitted to the cases that it does not label (cross-fitting).

    Example: `{kind: learned, model: logistic, under_triage_cost: 1, abstains_below: 0.4}`
    """

    kind: Literal["learned"]
    model: Literal["logistic", "proportional_odds"] = "logistic"
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


@dataclass(frozen=True)
class Fitted:
    """A fitted model: its features, and coefficients (features, levels or 1) with intercepts or thresholds."""

    model: str
    features: Features
    coefficients: Floats
    intercepts: Floats

    def chances(self, inputs: Sequence[Inputs]) -> Floats:
        """P(level) of each case, shape (n, levels)."""
        scores = np.asarray(self.features.matrix(inputs) @ self.coefficients)
        if self.model == "proportional_odds":
            return proportional_odds.chances(scores[:, 0], self.intercepts)
        from scipy.special import softmax

        chances: Floats = softmax(scores + self.intercepts, axis=1)
        return chances


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
            raise ConfigError([Fault("assessor.folds", f"{len(cases)} cases for {config.folds} folds", remedy)])

    @property
    def reads_text(self) -> bool:
        """Whether a complaint can change its answers."""
        return "text" in self._config.reads

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, from a model that has not seen its case; repeats differ in their folds."""
        answers: dict[int, Answer] = {}
        for repeat in sorted({question.repeat for question in questions}):
            of_repeat = [index for index, question in enumerate(questions) if question.repeat == repeat]
            for fold, fitted in self._models(repeat):
                of_fold = [index for index in of_repeat if fold is None or questions[index].case.name in fold]
                if of_fold:
                    chances = fitted.chances([questions[index].inputs for index in of_fold])
                    for index, row in zip(of_fold, chances, strict=True):
                        answers[index] = self._answer(questions[index], row)
        return [answers[index] for index in range(len(questions))]

    def about(self) -> Mapping[str, str]:
        """Its settings, and whether it is cross-fitted or stored."""
        how = "a stored model" if self._stored is not None else f"cross-fitted, {self._config.folds} folds"
        settings = {key: str(value) for key, value in asdict(self._config).items() if key not in ("kind", "save")}
        return {"fitted": how, **settings}

    def whole(self) -> Fitted:
        """The model fitted to all cases, to be stored."""
        return self._fit([case.inputs for case in self._cases.cases], self._cases.truth)

    def _models(self, repeat: int) -> list[tuple[set[str] | None, Fitted]]:
        """The names of each fold's cases and the model that labels them; None if a stored model labels all cases."""
        if self._stored is not None:
            return [(None, self._stored)]
        models: list[tuple[set[str] | None, Fitted]] = []
        fold_of = stratified_folds(self._cases, self._config.folds, self._seed, repeat)
        for fold in range(self._config.folds):
            seen = [case.inputs for case, its_fold in zip(self._cases.cases, fold_of, strict=True) if its_fold != fold]
            names = {case.name for case, its_fold in zip(self._cases.cases, fold_of, strict=True) if its_fold == fold}
            models.append((names, self._fit(seen, self._cases.truth[fold_of != fold])))
        return models

    def _fit(self, inputs: list[Inputs], truth: Levels) -> Fitted:
        config = self._config
        features = learned_features(
            inputs,
            text="text" in config.reads,
            vital_signs="vital_signs" in config.reads,
            flags_missing=config.flags_missing,
        )
        weights = np.ones(len(truth))
        if config.balanced:
            present, times = np.unique(truth, return_counts=True)
            n_cases = dict(zip(present.tolist(), times.tolist(), strict=True))
            weights = np.array([len(truth) / (len(n_cases) * n_cases[int(level)]) for level in truth])
        matrix = features.matrix(inputs)
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # gives the same sums on every machine, and is quicker for models of this size
            return self._fitted(features, matrix, truth, weights)

    def _fitted(self, features: Features, matrix: Any, truth: Levels, weights: Floats) -> Fitted:
        config = self._config
        if config.model == "proportional_odds":
            penalty = PENALTY_OF_ODDS / config.looseness
            coefficients, thresholds = proportional_odds.fit(matrix, truth, weights, penalty, N_LEVELS)
            return Fitted(config.model, features, coefficients[:, None], thresholds)
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=config.looseness, max_iter=2000)
        model.fit(matrix, truth, sample_weight=weights)
        return Fitted(config.model, features, *_of_all_levels(model))

    def _answer(self, question: Question, chances: Floats) -> Answer:
        costs = costs_of(self._config.under_triage_cost)
        label = int(np.argmin(chances @ costs))
        sure = chances[label] >= self._config.abstains_below
        return Answer(
            question.case.name,
            question.repeat,
            question.variant,
            "labelled" if sure else "abstained",
            label + 1 if sure else None,
            tuple(float(chance) for chance in chances),
        )


def costs_of(under_triage_cost: float) -> Floats:
    """The cost of each label by true level, shape (levels, levels): right 0, over-triage 1, under-triage as stated."""
    gap = np.arange(N_LEVELS)[None, :] - np.arange(N_LEVELS)[:, None]
    costs: Floats = np.where(gap > 0, under_triage_cost, np.where(gap < 0, 1.0, 0.0))
    return costs


def stratified_folds(cases: CaseSet, n_folds: int, seed: int, repeat: int) -> Levels:
    """The fold of each case: each true level is spread evenly, by a shuffle that depends on names and seed alone."""
    fold_of = np.zeros(len(cases), dtype=np.int64)
    for level in range(N_LEVELS):
        of_level = np.flatnonzero(cases.truth == level)
        shuffled = generator_of(seed, repeat, "vetting", f"folds/{level}", 0).permutation(of_level)
        fold_of[shuffled] = (np.arange(len(of_level)) + level) % n_folds
    return fold_of


def _of_all_levels(model: Any) -> tuple[Floats, Floats]:
    """Coefficients (features, levels) and intercepts (levels,); levels that no case has get no probability."""
    present, coefficients, intercepts = model.classes_, model.coef_, model.intercept_
    if len(present) == 2:  # scikit-learn states one column for two levels
        coefficients, intercepts = np.vstack([0 * coefficients, coefficients]), np.append([0.0], intercepts)
    whole, offsets = np.zeros((coefficients.shape[1], N_LEVELS)), np.full(N_LEVELS, -1e9)
    whole[:, present], offsets[present] = coefficients.T, intercepts
    return whole, offsets


# --- a stored model ------------------------------------------------------------------------------------------


def model_text(fitted: Fitted, card: Mapping[str, str]) -> str:
    """A model and its card as JSON: words and numbers, nothing that runs."""
    content = {
        "format": FORMAT,
        "card": dict(card),
        "model": fitted.model,
        "features": asdict(fitted.features),
        "coefficients": fitted.coefficients.tolist(),
        "intercepts": fitted.intercepts.tolist(),
    }
    return json.dumps(content, ensure_ascii=False, indent=0, allow_nan=False)


def read_model(path: Path) -> Fitted:
    """The model stored in a file. Raises ConfigError for a file that is none."""
    try:
        if path.stat().st_size > LARGEST_MODEL:
            raise ValueError("is too large")
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["model"] not in ("logistic", "proportional_odds"):
            raise ValueError("is of another format")
        features = _features_from(content["features"])
        coefficients, intercepts = np.array(content["coefficients"], float), np.array(content["intercepts"], float)
        fitted = Fitted(str(content["model"]), features, coefficients, intercepts)
        if fitted.chances([{}]).shape != (1, N_LEVELS) or not np.all(np.isfinite(coefficients)):
            raise ValueError("is not a model of five levels")
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        remedy = "Name a model.json that `assessor.save=true` stored"
        raise ConfigError([Fault(str(path), f"is no stored model ({why})", remedy)]) from None
    return fitted


def _features_from(stored: Mapping[str, Any]) -> Features:
    return Features(
        {
            str(kind): {str(piece): int(column) for piece, column in vocabulary.items()}
            for kind, vocabulary in stored["vocabularies"].items()
        },
        {str(kind): [float(weight) for weight in weights] for kind, weights in stored["weights"].items()},
        {str(name): (float(scale[0]), float(scale[1]), float(scale[2])) for name, scale in stored["scales"].items()},
        {str(name): tuple(str(word) for word in words) for name, words in stored["words"].items()},
        bool(stored["flags_missing"]),
    )
