"""The features of a learned assessor: TF-IDF of the complaint, scaled numbers, words as yes or no.

Everything that is learned from the cases (vocabulary, weights, medians, scales) is plain numbers and words, so that a
model can be stored as JSON and read without running any code from the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.records.schema import Floats
from simulation.vetting.cases import NUMBERS, VITAL_SIGNS, WORDS, Inputs

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
        vectorizers = [_vectorizer(kind, self.vocabularies[kind], self.weights[kind]) for kind in self.weights]
        parts = [vectorizer.transform(texts) for vectorizer in vectorizers]
        return hstack([*parts, csr_matrix(self._others(inputs))], format="csr")

    def _others(self, inputs: Sequence[Inputs]) -> Floats:
        columns = []
        for name, (median, mean, scale) in self.scales.items():
            given = np.array([float(case.get(name, np.nan)) for case in inputs])
            filled = np.where(np.isnan(given), median, given)
            columns.append(np.clip((filled - mean) / scale, -FARTHEST, FARTHEST))
        for name, categories in self.words.items():
            columns += [np.array([float(case.get(name) == word) for case in inputs]) for word in categories]
        if self.flags_missing:
            columns.append(np.array([float(not any(name in case for name in VITAL_SIGNS)) for case in inputs]))
        return np.column_stack(columns) if columns else np.zeros((len(inputs), 0))


def learned_features(inputs: Sequence[Inputs], *, text: bool, vital_signs: bool, flags_missing: bool) -> Features:
    """The features that a training set gives, which holds none of the cases to be labelled."""
    vocabularies, weights = {}, {}
    texts = [str(case.get("complaint", "")).casefold() for case in inputs]
    for kind in NGRAMS if text else ():
        vectorizer = _vectorizer(kind)
        try:
            vectorizer.fit(texts)
        except ValueError:  # no piece is in two texts
            continue
        vocabularies[kind] = {str(piece): int(place) for piece, place in vectorizer.vocabulary_.items()}
        weights[kind] = [float(weight) for weight in vectorizer.idf_]
    numbers = {name: _scale(name, inputs) for name in NUMBERS} if vital_signs else {}
    scales = {name: scale for name, scale in numbers.items() if scale is not None}
    words = {}
    for name in WORDS if vital_signs else ():
        present = {str(case[name]) for case in inputs if name in case}
        words[name] = tuple(word for word in WORDS[name] if word in present)
    return Features(vocabularies, weights, scales, words, flags_missing and vital_signs)


def _scale(name: str, inputs: Sequence[Inputs]) -> tuple[float, float, float] | None:
    """The median, mean and standard deviation of a number; None if no case has it."""
    given = np.array([float(case[name]) for case in inputs if name in case])
    if not len(given):
        return None
    return float(np.median(given)), float(given.mean()), float(given.std()) or 1.0


def _vectorizer(kind: str, vocabulary: dict[str, int] | None = None, weights: list[float] | None = None) -> Any:
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
