"""Scores of labels against the truth, each a function of how often each true level got each label, with intervals.

A table has a row a true level and a column a label, and one more column for no label: unusable answers and
hand-backs stay in the denominator, right and wrong labels are of all cases. Kappas are of labelled cases alone.

Intervals are exact for shares, adjusted for paired differences, resampled for kappas. Inference is over cases: a case
that is asked several times counts once, with the mean of its answers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulation.patients.variates import generator_of
from simulation.records.schema import Floats, Mask
from simulation.statistics.intervals import exact_interval
from simulation.triage.matrix import N_HIGH, ordinal_prior
from simulation.vetting.cases import N_LEVELS, Levels, facts

SCORES: Mapping[str, str] = facts("words")["scores"]
"""Every score in words."""
KAPPAS: Mapping[str, int] = {"kappa_linear": 1, "kappa_quadratic": 2}
HIGHER_IS_BETTER = frozenset({"exact_share", "sensitivity", *KAPPAS})
_LABELS = np.append(np.arange(N_LEVELS), np.nan)
"""The labels by column of a table; NaN for none."""
_GAP = _LABELS - np.arange(N_LEVELS)[:, None]
"""How many levels each label is less urgent than each true level, shape (levels, levels + 1)."""
_NEXT = np.abs(_GAP) == 1
_ONE_CASE = np.eye(_GAP.size).reshape(*_GAP.shape, *_GAP.shape)
"""The counts of one case of each true level and label."""
FEW = 30
"""Rows and groups with fewer cases are flagged, and kappas of fewer errors are resampled with some that are made up."""
MADE_UP = 2.0
"""Errors by one level that are added to the cases where a kappa is resampled from fewer than `FEW`: if the cases held
none, every resample would be perfect. With them intervals of 30 to 150 cases cover 91 to 99 %, without 44 to 93 %."""
_ALL, _HIGH = np.full(N_LEVELS, True), np.arange(N_LEVELS) < N_HIGH
SHARES: Mapping[str, tuple[Mask, Mask]] = {
    "exact_share": (_GAP == 0, _ALL),
    "under_share": (_GAP > 0, _ALL),
    "over_share": (_GAP < 0, _ALL),
    "two_or_more_levels_share": (np.abs(_GAP) >= 2, _ALL),
    "sensitivity": (np.broadcast_to(_LABELS < N_HIGH, _GAP.shape), _HIGH),
    "under_triage_1_2_share": (_GAP > 0, _HIGH),
    "no_label_share": (np.isnan(_GAP), _ALL),
}
"""The cells of the table that count for each share, shape (levels, levels + 1), and its true levels, (levels,)."""
HIGH_SHARES = frozenset(name for name, (_, levels) in SHARES.items() if not levels.all())
"""The shares of true levels 1-2 alone."""
LEVEL = 0.95
N_RESAMPLES = 2000
POWER = 0.80
"""The probability that a bench of the larger stated size settles a criterion."""


class Labelled(NamedTuple):
    """The labels of one assessor: `truth`, shape (n,), and `labels`, (n, repeats), from 0, -1 for no label."""

    truth: Levels
    labels: Levels

    @property
    def counts(self) -> Floats:
        """How often each case's truth met each label, a mean over repeats, shape (n, levels, levels + 1)."""
        n, n_repeats = self.labels.shape
        counts = np.zeros((n, N_LEVELS, N_LEVELS + 1))
        for labels in self.labels.T:
            counts[np.arange(n), self.truth, labels] += 1 / n_repeats  # -1 is the last column
        return counts

    @property
    def table(self) -> Floats:
        """Counts summed over cases, shape (levels, levels + 1)."""
        return np.asarray(self.counts.sum(axis=0))

    def only(self, which: Mask) -> Labelled:
        """The labels of some of the cases."""
        return Labelled(self.truth[which], self.labels[which])

    def shares_of_cases(self, score: str) -> Floats:
        """How far each case that a share is about counts for it, from 0 to 1 over repeats, shape (cases,)."""
        cells, levels = SHARES[score]
        return np.asarray((self.counts[levels[self.truth]] * cells).sum(axis=(1, 2)))


def score_all(labelled: Labelled, seed: int) -> Estimates:
    """Every score with its 95 % interval, by name."""
    tables = _tables(labelled, seed)
    return {name: score(labelled, name, seed, tables=tables) for name in SCORES}


def differences(tool: Labelled, other: Labelled, seed: int) -> Estimates:
    """Tool minus other in every score, on the same cases, paired."""
    pairs = _pairs(tool, other, seed)
    return {name: difference(tool, other, name, seed, pairs=pairs) for name in SCORES}


def score(
    labelled: Labelled, name: str, seed: int, *, tables: Floats | None = None
) -> ScoreEstimate:
    """One score with its 95 % interval. `tables`: of resamples, if several scores are made of them."""
    if name in SHARES:
        return share_of(labelled.shares_of_cases(name))
    tables = _tables(labelled, seed) if tables is None else tables
    return resample_interval(
        kappa(tables, KAPPAS[name]), float(kappa(labelled.table, KAPPAS[name])), len(labelled.truth)
    )


def difference(
    tool: Labelled, other: Labelled, name: str, seed: int, *, pairs: Floats | None = None
) -> ScoreEstimate:
    """Tool minus other in one score, paired. `pairs`: tables of resamples, if several scores are made of them."""
    if name in SHARES:
        return paired_difference(tool.shares_of_cases(name), other.shares_of_cases(name))
    drawn = kappa(_pairs(tool, other, seed) if pairs is None else pairs, KAPPAS[name])
    measured = kappa(np.stack([tool.table, other.table]), KAPPAS[name])
    return resample_interval(
        drawn[:, 0] - drawn[:, 1], float(measured[0] - measured[1]), len(tool.truth)
    )


def _tables(labelled: Labelled, seed: int) -> Floats:
    """Tables of truth and label over resamples of the cases, shape (N_RESAMPLES, levels, levels + 1)."""
    counts = labelled.counts
    right = (counts[:, :, :N_LEVELS] * (_GAP[:, :N_LEVELS] == 0)).sum()
    few = counts[:, :, :N_LEVELS].sum() - right < FEW
    return resample_sums(counts, seed, made_up=_made_up_errors(labelled) if few else None)


def _pairs(tool: Labelled, other: Labelled, seed: int) -> Floats:
    """The same of both, shape (N_RESAMPLES, 2, levels, levels + 1)."""
    both = np.stack([tool.counts, other.counts], axis=1)
    few = np.abs(both[:, 0] - both[:, 1]).sum() / 2 < FEW
    return resample_sums(both, seed, made_up=_made_up_pairs(tool) if few else None)


def _made_up_errors(labelled: Labelled) -> tuple[Floats, Floats]:
    """`MADE_UP` cases that are wrong by a level, their truths spread as those of the cases: rows of counts, and how
    many cases each stands for, shapes (rows, levels, levels + 1) and (rows,)."""
    of_level = np.bincount(labelled.truth, minlength=N_LEVELS) / max(len(labelled.truth), 1)
    weights = MADE_UP * of_level[:, None] / _NEXT.sum(axis=1, keepdims=True) * _NEXT
    return _ONE_CASE[_NEXT], weights[_NEXT]


def _made_up_pairs(labelled: Labelled) -> tuple[Floats, Floats]:
    """As `_made_up_errors`, half of them wrong for the tool and right for the other, half the other way round; rows of
    shape (2, levels, levels + 1)."""
    wrong, weights = _made_up_errors(labelled)
    levels, _ = np.nonzero(_NEXT)
    pairs = np.stack([wrong, _ONE_CASE[levels, levels]], axis=1)
    return np.concatenate([pairs, pairs[:, ::-1]]), np.concatenate([weights, weights]) / 2


def kappa(tables: Floats, power: int) -> Floats:
    """Weighted kappa of tables (..., levels, levels + 1), weights `|gap| ** power`; NaN where one level holds all.

    Cohen 1968, Psychol Bull 70:213. Cases without a label are left out.
    """
    joint = tables[..., :N_LEVELS]
    weight = np.abs(_GAP[:, :N_LEVELS]) ** power
    total = joint.sum(axis=(-1, -2))
    shuffled = joint.sum(axis=-1)[..., :, None] * joint.sum(axis=-2)[..., None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            1 - (joint * weight).sum(axis=(-1, -2)) * total / (shuffled * weight).sum(axis=(-1, -2))
        )


# --- the matrix ----------------------------------------------------------------------------------------------


def matrix_intervals(table: Floats) -> tuple[Floats, Floats, Floats]:
    """P(label | true level) of labelled cases: posterior mean, 2.5 % and 97.5 % points, shape (levels, levels) each.

    These are 95 % credible intervals under `ordinal_prior`, not intervals with a known coverage.
    """
    from scipy.special import betaincinv

    weights = table[:, :N_LEVELS] + ordinal_prior(N_LEVELS)
    others = weights.sum(axis=1, keepdims=True) - weights
    low, high = (betaincinv(weights, others, tail) for tail in (0.025, 0.975))
    return weights / weights.sum(axis=1, keepdims=True), low, high


# --- intervals --------------------------------------------------------------------------------------------------


class ScoreEstimate(NamedTuple):
    """A number with its 95 % interval. `n`: the cases that it rests on; `method`: how the interval was made."""

    value: float
    low: float
    high: float
    n: int
    method: str


Estimates: TypeAlias = dict[str, ScoreEstimate]
"""What was estimated, by name of the score."""


def exact_share(k: float, n: int) -> ScoreEstimate:
    """A share k of n with its exact interval; `k` may be fractional, a mean over repeats."""
    if n == 0:
        return ScoreEstimate(np.nan, np.nan, np.nan, 0, "exact")
    return ScoreEstimate(k / n, *exact_interval(k, n), n, "exact")


def share_of(counted: NDArray[Any]) -> ScoreEstimate:
    """The share of cases for which something holds. `counted`: how far each counts, from 0 to 1, shape (cases,)."""
    return exact_share(float(counted.sum()), len(counted))


def paired_difference(tool: Floats, other: Floats) -> ScoreEstimate:
    """The mean of tool minus other over the same cases, each in [0, 1], with Bonett and Price's interval.

    One is added to the cases for and against, so that no difference in a few cases is not taken for proof of none
    (Bonett and Price 2012, Statist Med 31:2867). Cases that differ one way only are a share, whose exact interval it
    holds too: else a version worse by its margin passed in up to 6 %.
    """
    n = len(tool)
    if n == 0:
        return ScoreEstimate(np.nan, np.nan, np.nan, 0, "paired, adjusted")
    gap = tool - other
    ups, downs = (float(np.clip(side, 0, None).sum()) for side in (gap, -gap))
    up, down = (ups + 1) / (n + 2), (downs + 1) / (n + 2)
    middle = up - down
    half = _z(0.5 + LEVEL / 2) * np.sqrt((up + down - middle**2) / (n + 2))
    one_way = [end for end in exact_share(ups, n)[1:3] if not downs] + [
        -end for end in exact_share(downs, n)[1:3] if not ups
    ]
    low, high = (
        max(min(middle - half, *one_way, 1), -1.0),
        min(max(middle + half, *one_way, -1), 1.0),
    )
    return ScoreEstimate(float(gap.mean()), float(low), float(high), n, "paired, adjusted")


def resample_interval(values: Floats, estimate: float, n: int) -> ScoreEstimate:
    """An estimate whose interval holds the middle 95 % of its `values` over resamples of the cases."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2 or np.isnan(estimate):
        return ScoreEstimate(estimate, np.nan, np.nan, n, "resampled")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return ScoreEstimate(estimate, float(low), float(high), n, "resampled")


def resample_sums(
    counts: Floats,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    *,
    made_up: tuple[Floats, Floats] | None = None,
) -> Floats:
    """Sums of the rows of `counts` (cases, ...) over resamples of the cases, shape (n_resamples, ...).

    Equal rows are drawn together: a resample is how often each different row comes. `made_up`: rows drawn besides,
    shape (rows, ...), each as often as so many cases, (rows,).
    """
    n = len(counts)
    flat, times = np.unique(counts.reshape(n, -1), axis=0, return_counts=True)
    if made_up is not None:
        rows, weights = made_up
        flat, times = (
            np.vstack([flat, rows.reshape(len(rows), -1)]),
            np.concatenate([times, weights]),
        )
    drawn = generator_of(seed, 0, "vetting", "resample", 0).multinomial(
        n, times / times.sum(), size=n_resamples
    )
    return (drawn @ flat).reshape(n_resamples, *counts.shape[1:])


def cases_to_settle(estimate: ScoreEstimate, gap: float) -> tuple[int, int]:
    """The cases that would settle a bound `gap` away from the value: for an even chance, and for 80 % power.

    Intervals shrink with the root of the number of cases, so that takes n (half-width / gap)^2 cases, and
    (1 + z(0.8) / z(0.975))^2 = 2.04 times as many.
    """
    even = max(estimate.n * ((estimate.high - estimate.low) / 2 / gap) ** 2, estimate.n + 1)
    return int(np.ceil(even)), int(np.ceil(even * (1 + _z(POWER) / _z(0.5 + LEVEL / 2)) ** 2))


def cases_for_share(share: float, bound: float, n: int) -> int:
    """The fewest cases, more than the `n` in hand, with which the exact interval of a share does not reach a bound.

    `share` is not `bound`; there may be fractions of a case with it, so that no jump of a count hides the answer.
    """

    def settles(n_cases: int) -> bool:
        interval = exact_share(share * n_cases, n_cases)
        return interval.high <= bound if share < bound else interval.low >= bound

    most = max(2 * n, 2)
    while not settles(most):
        n, most = most, 2 * most
    return bisect_left(range(most), True, lo=n + 1, key=settles)


def _z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))
