"""What a learned assessor reads of a case: TF-IDF of the complaint, scaled numbers, words as yes or no.

Everything that is learned from the cases (vocabulary, weights, medians, scales) is plain numbers and words, so that a
model can be stored as JSON and read without running anything that the file says.
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
"""Texts that a piece must be in to count."""
FARTHEST = 4.0
"""Standard deviations beyond which a number counts as this far."""


@dataclass(frozen=True)
class Features:
    """How inputs become numbers. By kind of piece: its vocabulary and weights; by name: median, mean, scale."""

    vocabularies: dict[str, dict[str, int]]
    weights: dict[str, list[float]]
    scales: dict[str, tuple[float, float, float]]
    words: dict[str, tuple[str, ...]]
    flags_missing: bool

    def matrix(self, inputs: Sequence[Inputs]) -> Any:
        """One row a case, sparse, shape (n, features)."""
        from scipy.sparse import csr_matrix, hstack

        texts = [str(each.get("complaint", "")).casefold() for each in inputs]
        vectorizers = [_vectorizer(kind, self.vocabularies[kind], self.weights[kind]) for kind in self.weights]
        parts = [each.transform(texts) for each in vectorizers]
        return hstack([*parts, csr_matrix(self._others(inputs))], format="csr")

    def _others(self, inputs: Sequence[Inputs]) -> Floats:
        columns = []
        for name, (median, mean, scale) in self.scales.items():
            given = np.array([float(each.get(name, np.nan)) for each in inputs])
            filled = np.where(np.isnan(given), median, given)
            columns.append(np.clip((filled - mean) / scale, -FARTHEST, FARTHEST))
        for name, categories in self.words.items():
            columns += [np.array([float(each.get(name) == word) for each in inputs]) for word in categories]
        if self.flags_missing:
            columns.append(np.array([float(not any(name in each for name in VITAL_SIGNS)) for each in inputs]))
        return np.column_stack(columns) if columns else np.zeros((len(inputs), 0))


def learned_features(inputs: Sequence[Inputs], *, text: bool, vital_signs: bool, flags_missing: bool) -> Features:
    """What the cases of a training set give: only these, never those that are to be labelled."""
    vocabularies, weights = {}, {}
    texts = [str(each.get("complaint", "")).casefold() for each in inputs]
    for kind in NGRAMS if text else ():
        vectorizer = _vectorizer(kind)
        try:
            vectorizer.fit(texts)
        except ValueError:  # no piece is in two texts
            continue
        vocabularies[kind] = {str(piece): int(place) for piece, place in vectorizer.vocabulary_.items()}
        weights[kind] = [float(each) for each in vectorizer.idf_]
    numbers = {name: _scale(name, inputs) for name in NUMBERS} if vital_signs else {}
    scales = {name: scale for name, scale in numbers.items() if scale is not None}
    words = {}
    for name in WORDS if vital_signs else ():
        present = {str(each[name]) for each in inputs if name in each}
        words[name] = tuple(word for word in WORDS[name] if word in present)
    return Features(vocabularies, weights, scales, words, flags_missing and vital_signs)


def _scale(name: str, inputs: Sequence[Inputs]) -> tuple[float, float, float] | None:
    """Median, mean and standard deviation of what is stated; None if nothing is."""
    given = np.array([float(each[name]) for each in inputs if name in each])
    if not len(given):
        return None
    return float(np.median(given)), float(given.mean()), float(given.std()) or 1.0


def _vectorizer(kind: str, vocabulary: dict[str, int] | None = None, weights: list[float] | None = None) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer(
        analyzer=kind,
        ngram_range=NGRAMS[kind],
        lowercase=False,
        sublinear_tf=True,
        min_df=LEAST_CASES if vocabulary is None else 1,
        vocabulary=vocabulary,
        token_pattern=r"(?u)\b\w+\b" if kind == "word" else None,
    )
    if weights is not None:
        made.idf_ = np.array(weights)
    return made
