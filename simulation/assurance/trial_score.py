"""How near modelled effects are to those of trials, beside two guesses: no effect, and what other trials found.

An effect is a logarithm of a ratio (odds of shares), signed so that a benefit is above 0. A row's error is the distance
of the modelled effect from the published one, capped at ln 4. `No effect` models 0. `The guess` models the mean effect
of other studies on the same class of outcome, or of all other studies where no other has that class. Studies weigh
alike, however many rows they have. A row whose effect needs the trial's level and has none counts for its sign alone;
0, odds ratios and ratios of minutes need none. A published 0 has no sign.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from simulation.records.schema import Floats

MOST_ERROR = float(np.log(4))
"""The error above which a miss is no worse: a ratio wrong by a factor of four."""
RESAMPLED = 4000
"""How often studies are drawn again, with replacement, for an interval."""
SEED = 20261201


@dataclass(frozen=True)
class TrialRow:
    """A published effect beside the modelled one.

    study: whose it is; outcome: its class of outcome (`wait`, `stay`, `left` ...); change: the kind of change;
    published, modelled: logarithms of ratios, above 0 for a benefit; sized: whether the effect is known as a
    ratio, by itself or by the trial's level (else only the signs of both count).
    """

    study: str
    outcome: str
    change: str
    published: float
    modelled: float
    sized: bool = True


class Interval95(NamedTuple):
    """A figure and the 95 % interval that resampling studies gives; NaN where it has no meaning."""

    value: float
    low: float
    high: float


class Score(NamedTuple):
    """How near effects of one origin are to the published ones.

    error: mean error; less_guess: that error less the guess's, below 0 if nearer; rank: Spearman's correlation; right,
    n_signed: rows with the published sign, of those that have one.
    """

    error: Interval95
    less_guess: Interval95
    rank: Interval95
    right: int
    n_signed: int


class Scores(NamedTuple):
    """The scores of the model, of no effect and of the guess on the same rows, and what these are."""

    model: Score
    no_effect: Score
    guess: Score
    n_rows: int
    n_sized: int
    n_studies: int

    @property
    def words(self) -> str:
        """Whether the model is nearer to the trials than no effect and than the guess, in sentences."""
        errors = [score.error.value for score in (self.model, self.no_effect, self.guess)]
        if not np.isfinite(errors).all():
            return "No trial states its level, so only directions can be compared."
        model, nothing, guess = errors
        than_nothing = "nearer" if model < nothing else "farther"
        low, high = self.model.less_guess[1:]
        if self.n_studies == 1:
            shown = ", but one trial decides nothing"
        elif low < 0 < high:
            shown = ", which chance alone could do"
        else:
            shown = ""
        than_guess = "nearer" if model < guess else "farther"
        return (
            f"The model's effects are {than_nothing} to these trials than no effect at all ({model:.3f} against "
            f"{nothing:.3f}), and {than_guess} than the guess ({guess:.3f}){shown}. 0.1 is a tenth of a ratio."
        )


def log_ratio(before: float, after: float, *, is_share: bool, lower_is_better: bool) -> float:
    """The effect of a change from one level to another: above 0 for a benefit, infinite to or from nothing.

    >>> round(log_ratio(100, 50, is_share=False, lower_is_better=True), 3)
    0.693
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.array([before, after])
        logs = np.log(levels / (1 - levels) if is_share else levels)
        effect = float(logs[1] - logs[0])
    return -effect if lower_is_better else effect


def guess_of(rows: Sequence[TrialRow], among: Sequence[TrialRow]) -> Floats:
    """For each row the mean effect of other studies `among` all on its class of outcome, each study weighing alike; of
    all classes where no other study has that one. NaN where there is no other study."""
    guesses = np.full(len(rows), np.nan)
    for number, row in enumerate(rows):
        others = [other for other in among if other.study != row.study and other.sized]
        alike = [other for other in others if other.outcome == row.outcome] or others
        means = _study_means(alike, [other.published for other in alike])
        if means.size:
            guesses[number] = means.mean()
    return guesses


def scores_of(rows: Sequence[TrialRow], among: Sequence[TrialRow] | None = None) -> Scores:
    """The scores of the model, of no effect and of the guess on the same rows.

    `among`: the rows from which the guess is made (by default these rows).
    """
    guess = guess_of(rows, rows if among is None else among)
    modelled = np.array([row.modelled for row in rows])
    model, no_effect, of_guess = (
        _score(rows, effects, guess) for effects in (modelled, np.zeros(len(rows)), guess)
    )
    n_sized, n_studies = sum(row.sized for row in rows), len({row.study for row in rows})
    return Scores(model, no_effect, of_guess, len(rows), n_sized, n_studies)


def _score(rows: Sequence[TrialRow], effects: Floats, guess: Floats) -> Score:
    """The score of effects, one a row."""
    published = np.array([row.published for row in rows])
    known = np.array([row.sized for row in rows], dtype=np.bool_) & np.isfinite(guess)
    errors, of_guess = (
        np.minimum(np.abs(origin - published), MOST_ERROR)[known] for origin in (effects, guess)
    )
    weights = _weights([row.study for row, is_known in zip(rows, known, strict=True) if is_known])
    ranks = [rankdata(values[known].round(9)) for values in (effects, published)]
    signed = np.abs(published) > 0
    right = signed & (np.sign(effects.round(9)) == np.sign(published))
    return Score(
        _interval(_means(errors, weights)),
        _interval(_means(errors - of_guess, weights)),
        _interval(_correlations(ranks[0], ranks[1], weights)),
        int(right.sum()),
        int(signed.sum()),
    )


def _weights(studies: Sequence[str]) -> Floats:
    """The weight of each row, shape (1 + RESAMPLED, n_rows): studies weigh alike in the first line, in each of the
    others as often as they were drawn."""
    if not studies:
        return np.zeros((1 + RESAMPLED, 0))
    names, of_row, n_rows = np.unique(studies, return_inverse=True, return_counts=True)
    drawn = np.random.default_rng(SEED).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=RESAMPLED
    )
    counts = np.vstack([np.ones(len(names)), drawn]) / n_rows
    return counts[:, of_row]


def _means(values: Floats, weights: Floats) -> Floats:
    """The weighted means of values, one for each line of weights; NaN where there is no value."""
    with np.errstate(invalid="ignore"):
        return np.asarray(weights @ values / weights.sum(axis=1))


def _correlations(one: Floats, other: Floats, weights: Floats) -> Floats:
    """The weighted correlation of two columns for each line of weights; NaN where one of them does not vary."""
    one, other = (column[None] - _means(column, weights)[:, None] for column in (one, other))
    variances = [_products(column, column, weights) for column in (one, other)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(_products(one, other, weights) / np.sqrt(np.prod(variances, axis=0)))


def _products(one: Floats, other: Floats, weights: Floats) -> Floats:
    return np.asarray((weights * one * other).sum(axis=1))


def _interval(values: Floats) -> Interval95:
    """The first of some figures, and the 95 % interval of the others, which are of studies drawn again."""
    again = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(again, [0.025, 0.975]) if again.size else (np.nan, np.nan)
    return Interval95(float(values[0]), float(low), float(high))


def _study_means(rows: Iterable[TrialRow], values: Sequence[float]) -> Floats:
    """The mean of each study's values."""
    by_study: dict[str, list[float]] = {}
    for row, value in zip(rows, values, strict=True):
        by_study.setdefault(row.study, []).append(value)
    return np.array([np.mean(of_study) for of_study in by_study.values()])
