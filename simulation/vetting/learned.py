"""A model learned from the cases themselves: each case is labelled by a model that has not seen it.

Its scores are what a simple model gets out of these cases, a comparator for anything sold. Its settings are stated and
not searched for, so its scores are not optimistic. A model fitted to all cases can be stored as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
from annotated_types import Ge, Le

from simulation.department.config_dataclass import (
    NotNegative,
    Positive,
    Unit,
    config_dataclass,
)
from simulation.errors import refuse
from simulation.patients.variates import generator_of
from simulation.records.schema import Floats
from simulation.records.serialise import parse_json
from simulation.vetting.cases import (
    N_LEVELS,
    NUMBERS,
    VITAL_SIGNS,
    WORDS,
    Answer,
    CaseSet,
    Inputs,
    Levels,
    Question,
    QuestionKey,
    refuse_without,
)

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
    under_triage_cost: Annotated[Positive, Le(1000), Unit("over-triages")] = 1.0
    """What an under-triage costs, in over-triages: the label is the level of least expected cost."""
    looseness: Annotated[Positive, Unit("none")] = 1.0
    """How freely the model follows the cases: one over the ridge penalty. Example: `0.3`"""
    flags_missing: bool = False
    """Whether it may read that vital signs are missing: in a resuscitation nobody writes them down."""
    folds: Annotated[int, Ge(2), Le(50), Unit("parts")] = 5
    """Into how many parts the cases are cut; each is labelled by a model of the others. Example: `10`"""
    abstains_below: Annotated[NotNegative, Le(1), Unit("probability")] = 0.0
    """It hands a patient back where the probability of its label is lower than this."""
    save: bool = False
    """Whether a model of all cases is stored beside the card, as JSON; it holds pieces of the complaints' words."""
    stored: str | None = None
    """A stored model that labels instead of one fitted to the cases. Example: `results/vetting/ours/model.json`"""


class Learned:
    """Labels each case by a model of the other folds, or by a stored model."""

    def __init__(
        self, config: LearnedAssessor, cases: CaseSet, seed: int, name: str = "learned"
    ) -> None:
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
        costs, least = costs_of(self._config.under_triage_cost), self._config.abstains_below
        for repeat in sorted({question.repeat for question in questions}):
            of_repeat = [question for question in questions if question.repeat == repeat]
            for names, model in self._models(repeat):
                asked = [question for question in of_repeat if question.case.name in names]
                chances = model.chances([question.inputs for question in asked]) if asked else ()
                for question, row in zip(asked, chances, strict=True):
                    label, given = int(np.argmin(row @ costs)), tuple(row.tolist())
                    answers[question.key] = (
                        question.answered("abstained", None, given)
                        if row[label] < least
                        else question.answered("labelled", label + 1, given)
                    )
        return [answers[question.key] for question in questions]

    def about(self) -> Mapping[str, str]:
        """Its settings, and whether it is cross-fitted or stored."""
        how = "a stored model" if self._stored else f"cross-fitted, {self._config.folds} folds"
        settings = {key: str(value) for key, value in asdict(self._config).items()}
        del settings["kind"], settings["save"]
        return {"fitted": how, **settings}

    def whole(self) -> Fitted:
        """The model fitted to all cases, to be stored."""
        inputs = [case.inputs for case in self._cases.cases]
        return fit_model(self._config, inputs, self._cases.truth)

    def _models(self, repeat: int) -> Iterator[tuple[set[str], Fitted]]:
        """The names of each fold's cases and the model that labels them; a stored model labels all cases."""
        cases = self._cases.cases
        if self._stored is not None:
            yield {case.name for case in cases}, self._stored
            return
        fold_of = stratified_folds(self._cases, self._config.folds, self._seed, repeat)
        for fold in range(self._config.folds):
            others, own = (np.flatnonzero(part) for part in (fold_of != fold, fold_of == fold))
            model = fit_model(
                self._config, [cases[number].inputs for number in others], self._cases.truth[others]
            )
            yield {cases[number].name for number in own}, model


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


FORMAT = "aeflow learned assessor 1"
LARGEST_MODEL = 100_000_000
"""Bytes of a stored model."""
Kind = Literal["logistic", "proportional_odds"]
PENALTY_OF_ODDS = 0.3
"""The ridge penalty of proportional odds over that of the logistic model at the same `looseness`."""
NGRAMS = {"word": (1, 2), "char_wb": (2, 4)}
"""Words and pairs of words; two to four characters within a word."""
LEAST_CASES = 2
"""The least number of texts that a piece must be in to count."""
FARTHEST = 4.0
"""Standard deviations at which a number is cut off."""


@dataclass(frozen=True)
class Features:
    """How inputs become numbers.

    vocabularies, weights  of the pieces of text, by kind; scales  median, mean and standard deviation of a number, by
    name; words  the categories that occur, by name; flags_missing  whether missing vital signs are a feature.
    """

    vocabularies: dict[str, dict[str, int]]
    weights: dict[str, list[float]]
    scales: dict[str, tuple[float, float, float]]
    words: dict[str, tuple[str, ...]]
    flags_missing: bool

    def matrix(self, inputs: Sequence[Inputs]) -> Any:
        """A sparse matrix with a row a case, shape (n, features)."""
        from scipy.sparse import csr_matrix, hstack

        texts = [str(case.get("complaint", "")).casefold() for case in inputs]
        kinds = self.weights.items()
        parts = [
            _vectorizer(kind, self.vocabularies[kind], weights).transform(texts)
            for kind, weights in kinds
        ]
        return hstack([*parts, csr_matrix(self._others(inputs))], format="csr")

    def _others(self, inputs: Sequence[Inputs]) -> Floats:
        columns: list[Floats] = []
        for name, (median, mean, scale) in self.scales.items():
            given = np.array([float(case.get(name, np.nan)) for case in inputs])
            filled = np.where(np.isnan(given), median, given)
            columns.append(np.clip((filled - mean) / scale, -FARTHEST, FARTHEST))
        for name, categories in self.words.items():
            columns += [
                np.array([float(case.get(name) == word) for case in inputs]) for word in categories
            ]
        if self.flags_missing:
            columns.append(
                np.array([float(not any(name in case for name in VITAL_SIGNS)) for case in inputs])
            )
        return np.column_stack(columns) if columns else np.zeros((len(inputs), 0))


def learn_features(config: LearnedAssessor, inputs: Sequence[Inputs]) -> Features:
    """The features that a training set gives, which holds none of the cases to be labelled."""
    vocabularies, weights = {}, {}
    texts = [str(case.get("complaint", "")).casefold() for case in inputs]
    for kind in NGRAMS if "text" in config.reads else ():
        vectorizer = _vectorizer(kind)
        try:
            vectorizer.fit(texts)
        except ValueError:  # no piece is in two texts
            continue
        vocabularies[kind] = {
            str(piece): int(place) for piece, place in vectorizer.vocabulary_.items()
        }
        weights[kind] = vectorizer.idf_.tolist()
    vital_signs, scales = "vital_signs" in config.reads, {}
    for name in NUMBERS if vital_signs else ():
        given = np.array([float(case[name]) for case in inputs if name in case])
        if len(given):
            scales[name] = float(np.median(given)), float(given.mean()), float(given.std()) or 1.0
    words = {}
    for name in WORDS if vital_signs else ():
        present = {case.get(name) for case in inputs}
        words[name] = tuple(word for word in WORDS[name] if word in present)
    return Features(vocabularies, weights, scales, words, config.flags_missing and vital_signs)


def _vectorizer(
    kind: str, vocabulary: dict[str, int] | None = None, weights: list[float] | None = None
) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer=kind,
        ngram_range=NGRAMS[kind],
        lowercase=False,
        sublinear_tf=True,
        min_df=LEAST_CASES if vocabulary is None else 1,
        vocabulary=vocabulary,
        token_pattern=r"(?u)\b\w+\b" if kind == "word" else None,
    )
    if weights is not None:
        vectorizer.idf_ = np.array(weights)
    return vectorizer


# --- the model ---------------------------------------------------------------------------------------------------


class Fitted(NamedTuple):
    """A fitted model: its features, and coefficients (features, levels or 1) with intercepts or thresholds."""

    model: Kind
    features: Features
    coefficients: Floats
    intercepts: Floats

    def chances(self, inputs: Sequence[Inputs]) -> Floats:
        """P(level) of each case, shape (n, levels)."""
        scores = np.asarray(self.features.matrix(inputs) @ self.coefficients)
        if self.model == "proportional_odds":
            return odds_chances(scores[:, 0], self.intercepts)
        from scipy.special import softmax

        return softmax(scores + self.intercepts, axis=1)


def fit_model(config: LearnedAssessor, inputs: Sequence[Inputs], truth: Levels) -> Fitted:
    """A model of these cases, as the configuration asks for it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.utils.class_weight import compute_sample_weight
    from threadpoolctl import threadpool_limits

    weights = compute_sample_weight("balanced" if config.balanced else None, truth)
    features = learn_features(config, inputs)
    matrix = features.matrix(inputs)
    with threadpool_limits(
        1
    ):  # gives the same sums on every machine, and is quicker for models of this size
        if config.model == "proportional_odds":
            coefficients, thresholds = fit_odds(
                matrix, truth, weights, PENALTY_OF_ODDS / config.looseness
            )
            return Fitted(config.model, features, coefficients[:, None], thresholds)
        logistic = LogisticRegression(C=config.looseness, max_iter=2000)
        logistic.fit(matrix, truth, sample_weight=weights)
    return Fitted(config.model, features, *_of_all_levels(logistic))


def _of_all_levels(model: Any) -> tuple[Floats, Floats]:
    """Coefficients (features, levels) and intercepts (levels,); levels that no case has get no probability."""
    present, coefficients, intercepts = model.classes_, model.coef_, model.intercept_
    if len(present) == 2:  # scikit-learn states one column for two levels
        coefficients = np.vstack([0 * coefficients, coefficients])
        intercepts = np.append([0.0], intercepts)
    whole, offsets = np.zeros((coefficients.shape[1], N_LEVELS)), np.full(N_LEVELS, -1e9)
    whole[:, present], offsets[present] = coefficients.T, intercepts
    return whole, offsets


# --- proportional odds -------------------------------------------------------------------------------------------


def fit_odds(
    features: Any, levels: Levels, weights: Floats, penalty: float
) -> tuple[Floats, Floats]:
    """The coefficients and thresholds (levels - 1, rising) of most likelihood, with a ridge penalty.

    Proportional odds: one score a case, and thresholds between levels (McCullagh 1980, J R Stat Soc B 42:109).
    P(level <= k) = logistic(threshold_k - features @ coefficients); minimised is the weighted sum of minus
    log-likelihoods plus `penalty` times half the squared coefficients.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    n_features = features.shape[1]
    shares = np.array([weights[levels <= k].sum() for k in range(N_LEVELS - 1)]) / weights.sum()
    shares = np.clip(shares, 1e-3, 1 - 1e-3)
    thresholds = np.log(shares / (1 - shares))
    steps = np.log(np.maximum(np.diff(thresholds), 1e-2))
    start = np.concatenate([np.zeros(n_features), thresholds[:1], steps])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        coefficients, free = parameters[:n_features], parameters[n_features:]
        limits, jacobian = _thresholds(free)
        score = features @ coefficients
        padded = np.concatenate([[-np.inf], limits, [np.inf]])
        upper, lower = expit(padded[levels + 1] - score), expit(padded[levels] - score)
        chance = np.maximum(upper - lower, 1e-12)
        slope_up, slope_down = upper * (1 - upper), lower * (1 - lower)
        by_score = -weights * (slope_down - slope_up) / chance
        by_limit = np.array([
            -(weights / chance * (slope_up * (levels == k) - slope_down * (levels == k + 1))).sum()
            for k in range(len(limits))
        ])  # fmt: skip
        value = -(weights * np.log(chance)).sum() + penalty / 2 * coefficients @ coefficients
        gradient = np.concatenate(
            [features.T @ by_score + penalty * coefficients, by_limit @ jacobian]
        )
        return float(value), gradient

    solution = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return solution.x[:n_features], _thresholds(solution.x[n_features:])[0]


def odds_chances(score: Floats, thresholds: Floats) -> Floats:
    """P(level) of each case, shape (n, levels)."""
    from scipy.special import expit

    below = expit(thresholds[None, :] - score[:, None])
    edges = np.column_stack([np.zeros(len(score)), below, np.ones(len(score))])
    return np.diff(edges, axis=1)


def _thresholds(free: Floats) -> tuple[Floats, Floats]:
    """Rising thresholds from a first one and logarithms of steps, and their derivatives (thresholds, free)."""
    steps = np.exp(free[1:])
    limits = free[0] + np.append(0.0, np.cumsum(steps))
    return limits, np.tril(np.ones((len(free), len(free)))) * np.concatenate([[1.0], steps])


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
        content = parse_json(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["model"] not in get_args(Kind):
            raise ValueError("is of another format")
        numbers = (np.array(content[name], float) for name in ("coefficients", "intercepts"))
        stored = Fitted(content["model"], Features(**content["features"]), *numbers)
        chances = stored.chances([{}])
        if chances.shape != (1, N_LEVELS) or not np.isfinite(stored.coefficients).all():
            raise ValueError("is not a model of five levels")
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        remedy = "Name a model.json that `assessor.save=true` stored"
        refuse(str(path), f"is no stored model ({why})", remedy)
    return stored
