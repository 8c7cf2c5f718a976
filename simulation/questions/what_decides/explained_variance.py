"""Which figures that a hospital could take from its records explain how an effect differs between departments.

Every figure is taken from one half of a department's replications and the effect from the other, both ways round, so
that no patient is counted in both.

- Which figure: the one whose correlation with the effect (chance left in both) is largest; of those within a standard
  error of it, the one that explains most over all arms, so that few figures have to be measured. It counts as found
  only if the effect differs between departments beyond chance (its two halves agree more than in 95 % of
  reallocations), and its rank correlation (either way round) is beyond the largest, over all arms and figures, in 95 %
  of random reallocations of figures to departments. So where nothing explains anything, a figure is found for some arm
  in 5 % of studies. Ranks are used because a few crowded departments, with long waits and much noise, would dominate.
- How much: the squared correlation between departments, chance taken out (`statistics.between`), with its standard
  error from leaving out a department at a time. It is that of the figure chosen, which flatters it a little.
- The rule: the straight line of effect on figure says from which value on the effect is beyond the difference that
  matters. Its hit rate is counted on departments that chose neither figure nor line (ten-fold), against the effect in
  the half of the replications that the figure is not from; beside it is that of always giving the commoner answer.
- Worth knowing: see `worth`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulation.records.schema import Floats, Ints, Mask
from simulation.statistics.departments import MIN_DEPARTMENTS, Department
from simulation.statistics.variance_components import Components, components, halves

LEVEL = 0.95
REALLOCATIONS = 499
FOLDS = 10
AS_GOOD = 0.98
"""The share of the largest sum of squared correlations over all arms from which an earlier figure is preferred."""
SEED = 20261125
"""The seed of reallocations and folds, so that they are the same whenever a result is read."""
TINY = 1e-12


@dataclass(frozen=True)
class Explains:
    """How far one figure explains one effect.

    figure: the figure's column; slope, intercept: the line of the effect on a figure measured for as long as half of a
    department's replications; share: the share of the variance between departments that it explains, with its standard
    error (NaN if effects do not differ measurably); found: whether it explains more than chance would.
    """

    figure: int
    correlation: float
    share: float
    share_error: float
    slope: float
    intercept: float
    found: bool


@dataclass(frozen=True)
class FigureRule:
    """The rule that an effect is beyond the difference that matters where a figure is above (or below) `cut`.

    gains: True if that effect is an improvement; hit_rate: the rule's hit rate in departments not used to find it;
    commoner: the hit rate of always giving the commoner answer; n: number of answers counted.
    """

    cut: float
    above: bool
    gains: bool
    hit_rate: float
    commoner: float
    n: int


@dataclass(frozen=True)
class Decides:
    """What decides the effect of one arm.

    differs: whether effects differ between departments beyond chance; explains: the figures, best first; rule: None if
    no figure is found, or if the effect is beyond the difference that matters in every department or in none;
    everywhere: without a rule, whether the effect is beyond it in every department.
    """

    differs: bool
    explains: tuple[Explains, ...]
    rule: FigureRule | None
    everywhere: bool

    @property
    def best(self) -> Explains | None:
        """The figure that explains most, if any is found."""
        return self.explains[0] if self.explains and self.explains[0].found else None


def what_decides(
    figures: Floats,
    effects: Floats,
    department: Department,
    *,
    matters: float,
    lower_is_better: bool,
    most: int = 3,
) -> tuple[Decides, ...] | None:
    """What decides the effect of each arm; None with fewer than twenty departments of two replications or more.

    figures: shape (n_replications, n_figures), effects: (n_replications, n_arms), none missing; matters: the minimal
    important difference; most: how many figures are given for each arm.
    """
    n_figures = figures.shape[1]
    both = np.column_stack([figures, effects])
    moments = components(both, department)
    if len(moments.means) < MIN_DEPARTMENTS or not n_figures:
        return None
    by_half = np.array(halves(both, department))
    x, y = by_half[:, :, :n_figures], by_half[::-1, :, n_figures:]
    correlations = _both_ways(x, y)
    beyond, differs = _beyond_chance(x, y)
    beyond &= differs
    decisions = []
    for arm in range(effects.shape[1]):
        order = _in_order(correlations, arm, beyond, x.shape[1])[:most]
        column = n_figures + arm
        explains = tuple(
            Explains(
                int(figure),
                float(correlations[figure, arm]),
                *_share(moments, int(figure), column),
                *_line(x[:, :, figure], y[:, :, arm]),
                bool(beyond[figure, arm]),
            )
            for figure in order
        )
        rule, everywhere = None, False
        if explains[0].found:
            rule, everywhere = _rule(x, y, arm, explains[0], matters, lower_is_better)
        decisions.append(Decides(bool(differs[arm]), explains, rule, everywhere))
    return tuple(decisions)


def _in_order(correlations: Floats, arm: int, counted: Mask, n: int) -> Ints:
    """The figures in order: first the one to measure, then the others by correlation with one effect.

    The one to measure is, among those within a standard error of the best, the one that explains most over all arms,
    or the first that explains nearly as much (a mean is listed before its percentile).

    counted: which correlations count, shape (n_figures, n_arms); where none of this effect counts, all of them do.
    """
    own = np.abs(correlations[:, arm])
    order = np.argsort(-own, kind="stable")
    alike = own >= own.max() - (1 - own.max() ** 2) / math.sqrt(n)
    if (alike & counted[:, arm]).any():
        alike &= counted[:, arm]
    over_all = (np.where(counted, correlations, 0.0) ** 2).sum(axis=1)
    first = int(np.argmax(alike & (over_all >= AS_GOOD * over_all[alike].max())))
    return np.array([first, *order[order != first]])


def _both_ways(x: Floats, y: Floats) -> Floats:
    """Correlations, the mean of both ways round, shape (n_figures, n_arms); 0 where either number is the same in every
    department."""
    of_one = [
        _standard(figures).T @ _standard(effects) / len(figures)
        for figures, effects in zip(x, y, strict=True)
    ]
    correlations: Floats = np.mean(of_one, axis=0)
    return correlations


def _standard(values: Floats) -> Floats:
    """Each column scaled to mean 0 and variance 1; 0 where it does not vary."""
    from_mean = values - values.mean(axis=0)
    sd = np.sqrt((from_mean**2).mean(axis=0))
    scale = np.maximum(np.abs(values).max(axis=0), TINY)
    standard: Floats = np.divide(
        from_mean, sd, out=np.zeros_like(from_mean), where=sd > 1e-9 * scale
    )
    return standard


# --- beyond chance -------------------------------------------------------------------------------------------


def _beyond_chance(x: Floats, y: Floats) -> tuple[Mask, Mask]:
    """Which figures explain which effects, (n_figures, n_arms), and which effects differ between departments."""
    chance = np.random.Generator(np.random.PCG64(SEED))
    figures, effects = [_ranks(side) for side in x], [_ranks(side) for side in y]
    statistic, agreement = _larger(figures, effects), (effects[0] * effects[1]).mean(axis=0)
    highest, agreed = [], []
    for _ in range(REALLOCATIONS):
        order = chance.permutation(len(effects[0]))
        highest.append(_larger([side[order] for side in figures], effects).max())
        agreed.append((effects[0][order] * effects[1]).mean(axis=0))
    limit = np.quantile(highest, LEVEL, method="higher")
    return statistic > limit, agreement > np.quantile(agreed, LEVEL, axis=0, method="higher")


def _larger(figures: list[Floats], effects: list[Floats]) -> Floats:
    """The absolute rank correlation, the larger of both ways round; shape (n_figures, n_arms)."""
    sides = zip(figures, effects, strict=True)
    return np.maximum(*(np.abs(figure.T @ effect) / len(figure) for figure, effect in sides))


def _ranks(values: Floats) -> Floats:
    """Each column as ranks (equal numbers share theirs) of mean 0 and variance 1; 0 where it does not vary."""
    import pandas as pd

    return _standard(pd.DataFrame(values).rank().to_numpy())


# --- how much ------------------------------------------------------------------------------------------------


def _share(moments: Components, figure: int, effect: int) -> tuple[float, float]:
    """The share explained of the variance between departments, and its standard error, leaving out one at a time."""
    columns = [figure, effect]
    pair = Components(
        moments.means[:, columns], moments.squares[:, columns][:, :, columns], moments.n
    )
    whole = _squared_correlation(pair.between)
    without = np.array([_squared_correlation(others.between) for others in _without_one(pair)])
    if math.isnan(whole) or np.isnan(without).any():
        return math.nan, math.nan
    return min(whole, 1.0), float(_leaving_one_out(without))


def _without_one(moments: Components) -> Iterator[Components]:
    """The components without each department in turn."""
    for kept in ~np.eye(len(moments.n), dtype=np.bool_):
        yield Components(moments.means[kept], moments.squares[kept], moments.n[kept])


def _leaving_one_out(numbers: Floats) -> Floats:
    """The standard error of a number, from what it is without each department in turn (jackknife)."""
    error: Floats = np.sqrt((len(numbers) - 1) * numbers.var(axis=0))
    return error


def _squared_correlation(between: Floats) -> float:
    """The squared correlation between departments; NaN where one does not differ, above 1 only by chance."""
    (figure, both), (_, effect) = between
    if figure <= TINY or effect <= TINY:
        return math.nan
    return float(both**2 / (figure * effect))


# --- the rule ------------------------------------------------------------------------------------------------


def _line(figure: Floats, effect: Floats) -> tuple[float, float]:
    """Slope and intercept of least squares over both ways round, shape (2, n_departments) each."""
    x, y = figure.ravel(), effect.ravel()
    from_mean = x - x.mean()
    slope = float(from_mean @ y / max(from_mean @ from_mean, TINY))
    return slope, float(y.mean() - slope * x.mean())


def _rule(
    x: Floats, y: Floats, arm: int, best: Explains, matters: float, lower_is_better: bool
) -> tuple[FigureRule | None, bool]:
    """The rule of one arm; None and whether the line is beyond the difference at every department's figure."""
    effect = y[:, :, arm]
    gains = (np.mean(effect) < 0) == lower_is_better
    side = -1.0 if gains == lower_is_better else 1.0
    by_line = side * (best.intercept + best.slope * x[:, :, best.figure]) > matters
    if by_line.all() or not by_line.any():
        return None, bool(by_line.all())
    truly = side * effect > matters
    hits: list[bool] = []
    all_count = np.ones((x.shape[2], y.shape[2]), dtype=np.bool_)
    fold_of = np.random.Generator(np.random.PCG64(SEED)).permutation(x.shape[1]) % FOLDS
    for fold in range(FOLDS):
        used = fold_of != fold
        chosen = _in_order(_both_ways(x[:, used], y[:, used]), arm, all_count, int(used.sum()))[0]
        slope, intercept = _line(x[:, used, chosen], effect[:, used])
        predicted = side * (intercept + slope * x[:, ~used, chosen]) > matters
        hits += (predicted == truly[:, ~used]).ravel().tolist()
    cut = (side * matters - best.intercept) / best.slope
    return FigureRule(
        cut=cut,
        above=side * best.slope > 0,
        gains=bool(gains),
        hit_rate=float(np.mean(hits)),
        commoner=float(max(truly.mean(), 1 - truly.mean())),
        n=len(hits),
    ), False


# --- worth knowing -------------------------------------------------------------------------------------------


def worth(
    figures: Floats, benefits: Floats, department: Department, *, noise: float
) -> tuple[Floats, Floats]:
    """The worth to a department of knowing each figure before it chooses an arm, and its standard error.

    The expected value of partial information by regression (Strong, Oakley and Brennan, Medical Decision Making 2014;
    34: 311-326): the mean over departments of the best arm's benefit as the figure predicts it, less the benefit of the
    arm that is best on average. The prediction is a straight line, flattened by the noise of a figure that a department
    measures itself: `noise` times the variance of a replication's, the ratio of their days if days are independent.
    Standard errors come from leaving out a department at a time. Shape (n_figures,) each, in the unit of the benefits.

    benefits: benefits of each arm over the baseline, shape (n_replications, n_arms); the baseline, at 0, can be chosen
    too.
    """
    n_figures = figures.shape[1]
    whole = components(np.column_stack([figures, benefits]), department)
    without = np.array([_worth(others, n_figures, noise) for others in _without_one(whole)])
    return _worth(whole, n_figures, noise), _leaving_one_out(without)


def _worth(moments: Components, n_figures: int, noise: float) -> Floats:
    """The worth of each figure, shape (n_figures,).

    noise  the variance of a figure measured by a department about its own mean, over that of a replication's figure.
    """
    of_figure, within = np.diag(moments.between)[:n_figures], np.diag(moments.within)[:n_figures]
    variance = np.maximum(of_figure, 0) + noise * within
    covariance = moments.between[:n_figures, n_figures:]
    varies = variance > TINY
    sd_of_line = np.divide(
        covariance, np.sqrt(variance)[:, None], out=np.zeros_like(covariance), where=varies[:, None]
    )
    in_deviations = _standard(moments.means[:, :n_figures])
    mean = moments.means[:, n_figures:].mean(axis=0)
    predicted = mean + in_deviations[:, :, None] * sd_of_line  # (n_departments, n_figures, n_arms)
    best = np.maximum(predicted.max(axis=2), 0).mean(axis=0)
    gained: Floats = best - max(float(mean.max()), 0.0)
    return gained
