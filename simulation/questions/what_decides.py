"""What decides each arm's effect over departments, and what figures are worth: table, sentences, picture, file.

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
- Worth knowing: see `value_figures`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from simulation.department.rota import attendances_per_day
from simulation.display import drawing
from simulation.display.table import Cell, ReportTable, crossed
from simulation.display.words import amount, figure_words, labelled, unit_words
from simulation.measures.measuring import MeasureName, observables_among
from simulation.records.schema import Floats, Ints, Mask
from simulation.runs.result import ArmResult, Safety, StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, Department, n_departments
from simulation.statistics.variance_components import Components, components, halves, known_twice
from simulation.statistics.verdict import direction_words, threshold_words
from simulation.study.design import Margin, Target
from simulation.study.explanation import DAYS_PER_YEAR
from simulation.wording import listed_with_and

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

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


def explain_effects(
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
    chance = np.random.default_rng(SEED)
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
    fold_of = np.random.default_rng(SEED).permutation(x.shape[1]) % FOLDS
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


def value_figures(
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


# --- from a result ------------------------------------------------------------------------------------------

KNOWN_DAYS = 14
"""Days for which a department would measure a figure before it chooses an arm."""


FILE = "what_decides.csv"
TIDY = (
    "arm", "measure", "group", "correlation", "share_of_variance", "standard_error", "found",
    "rule_above", "rule_cut", "hit_rate", "commoner_answer",
)  # fmt: skip
"""The columns of the file."""
TOO_FEW = (
    f"What decides the effect is worked out only for {MIN_DEPARTMENTS} or more departments, each simulated at "
    f"least twice."
)
PANELS_ACROSS = 4
MOST_PANELS = 16


@dataclass(frozen=True)
class Worth:
    """The value to a department of measuring a figure for a fortnight before it chooses an arm.

    `pounds` and `error` are GBP a year and the standard error, keyed by the value of a patient-hour in GBP.
    """

    figure: MeasureName
    pounds: Mapping[float, float]
    error: Mapping[float, float]


@dataclass(frozen=True, eq=False)
class Decided:
    """What decides each arm's effect on a measure, and the replications from which this was found.

    figures: the baseline's figures among which the deciding one was sought; seen: these figures, shape
    (n_replications, n_figures); effects: effects of the other arms, shape (n_replications, n_arms).
    """

    figures: tuple[MeasureName, ...]
    arms: Mapping[str, Decides]
    seen: Floats
    effects: Floats
    departments: Department

    @property
    def n_departments(self) -> int:
        """The number of departments."""
        return n_departments(self.departments)

    def best(self, arm: str) -> MeasureName | None:
        """The figure that explains most of an arm's effect; None if none does beyond chance."""
        best = self.arms[arm].best
        return None if best is None else self.figures[best.figure]


def find_deciding(result: StudyResult) -> Decided | None:
    """What decides the effects on the first primary target; None on fewer than twenty departments."""
    target = result.first_target
    return _find_deciding(result, target, target.minimal_important_difference)


def kind_beyond(
    result: StudyResult, margin: Margin, arm: str
) -> tuple[MeasureName, FigureRule] | None:
    """The kind of department, those with a figure above (or below) the cut of a rule, in which an arm is worse by more
    than a safety margin.

    None if no figure separates these departments from the others better than the commoner answer does, and with fewer
    than twenty departments.
    """
    deciding = _find_deciding(result, margin, margin.margin)
    if deciding is None or arm not in deciding.arms:
        return None
    decides = deciding.arms[arm]
    if decides.rule is None or decides.rule.gains or decides.rule.hit_rate <= decides.rule.commoner:
        return None
    return deciding.figures[decides.explains[0].figure], decides.rule


@lru_cache(maxsize=32)
def _find_deciding(result: StudyResult, target: Target | Margin, matters: float) -> Decided | None:
    """What decides, from the replications in which every effect is known; None with fewer than twenty departments.

    `matters`: the smallest difference that counts as an effect.
    """
    departments, arms = result.department_of, result.others
    if departments is None or n_departments(departments) < MIN_DEPARTMENTS or not arms:
        return None
    effects = np.column_stack([result.differences(arm.name, target) for arm in arms])
    known = known_twice(effects, departments)
    effects, departments = effects[known], departments[known]
    names = observables_among(result.measures[result.design.baseline][0].names)
    figures = result.figures(names)[known]
    useful = np.flatnonzero(np.isfinite(figures).all(axis=0) & (np.ptp(figures, axis=0) > 0))
    names, figures = tuple(names[column] for column in useful), figures[:, useful]
    lower = result.better(target) == "lower"
    deciding = explain_effects(
        figures, effects, departments, matters=matters, lower_is_better=lower
    )
    if deciding is None:
        return None
    by_arm = {arm.name: decides for arm, decides in zip(arms, deciding, strict=True)}
    return Decided(names, by_arm, figures, effects, departments)


@lru_cache(maxsize=8)
def value_knowing(result: StudyResult) -> tuple[tuple[str, ...], tuple[Worth, ...]]:
    """The arms that state a cost, and what it is worth to know each deciding figure before choosing among them.

    Both are empty unless the first target is in minutes, the study values patient-hours and arms state a cost.
    """
    deciding, value = find_deciding(result), result.design.value_per_patient_hour
    if deciding is None or value is None or result.unit(result.first_target) != "minutes":
        return (), ()
    useful = sorted(
        {decides.best.figure for decides in deciding.arms.values() if decides.best is not None}
    )
    priced = [
        (column, arm.name, arm.cost)
        for column, arm in enumerate(result.others)
        if arm.cost is not None and arm.name != result.design.sham
    ]
    if not priced or not useful:
        return (), ()
    columns, names, costs = zip(*priced, strict=True)
    per_year = DAYS_PER_YEAR * attendances_per_day(result.study.baseline.pathway)
    hours, figures = -deciding.effects[:, columns] / 60 * per_year, deciding.seen[:, useful]
    noise = result.run.measured_days / KNOWN_DAYS
    by_value = [
        value_figures(figures, pounds * hours - np.array(costs), deciding.departments, noise=noise)
        for pounds in value.pounds
    ]
    of_figures = np.transpose(by_value, (2, 1, 0)).tolist()
    return names, tuple(
        Worth(
            deciding.figures[figure],
            *(dict(zip(value.pounds, cells, strict=True)) for cells in of_figure),
        )
        for figure, of_figure in zip(useful, of_figures, strict=True)
    )


# --- what the report and the command line show ----------------------------------------------------------------


def tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """What decides the effect, then what it is worth to measure first; none on one department."""
    return tuple(filter(None, (decides_table(result.shown), worth_table(result.shown))))


def decides_table(result: StudyResult) -> ReportTable | None:
    """A row an arm: the figure that explains most, how much, and from which value the effect matters.

    A title without rows over too few departments; None on one department.
    """
    all_decided = find_deciding(result)
    if all_decided is None:
        too_few = (
            result.department_of is not None and result.run.department is None and result.others
        )
        return ReportTable("what_decides", TOO_FEW, (), ()) if too_few else None
    rows = []
    for name, decides in all_decided.arms.items():
        rows.append(
            (labelled(result, result.arm(name)), *_decides_cells(result, all_decided, decides))
        )
    notes = (
        f"'{result.first_target.label}', over {all_decided.n_departments} departments. Looked at: "
        f"{len(all_decided.figures)} figures of the baseline that a hospital could take from its records. Figure "
        f"and effect come from different replications of a department, so shared patients cannot explain the link. "
        f"Share: the share of the variance between departments that the figure explains, chance removed, ± its "
        f"standard error. A figure is named if it explains more than chance would in 95 % of studies, over all arms "
        f"and figures together.",
        "Hit rate: the share of departments not used to find the rule for which it is right; in brackets: the same "
        "if the commoner answer is always given.",
    )
    headers = ("arm", "figure that explains most", "share, %", "rule", "hit rate")
    return ReportTable("what_decides", "What decides the effect", headers, rows, notes)


def harmed_kind_words(result: StudyResult, safety: Safety, *, rate: bool = True) -> str:
    """'where walk-ins wait above 41 min for triage (right for 93 % of departments)': where an arm is beyond a margin.

    Empty where that is no department or all of them, and where no figure tells them from the others. `rate`: with the
    share in brackets.
    """
    if safety.spread is None or not 0 < safety.n_harmed < safety.spread.n:
        return ""
    kind = kind_beyond(result, safety.margin, safety.arm)
    if kind is None:
        return ""
    figure, rule = kind
    cut = amount(rule.cut, figure.unit)
    where = (
        f"where {figure_words(figure, inside=True)} is {'above' if rule.above else 'below'} {cut}"
    )
    return f"{where} (right for {rule.hit_rate:.0%} of departments)" if rate else where


def worth_table(result: StudyResult) -> ReportTable | None:
    """What it is worth to know a figure before an arm is chosen; None where no value of an hour or cost is stated."""
    (priced, known), hour = value_knowing(result), result.design.value_per_patient_hour
    if not known or hour is None:
        return None
    labels = ", ".join(f"'{result.arm(name).label}'" for name in priced)
    notes = (
        f"GBP a year for one department: the gain from a better choice if the figure is measured for {KNOWN_DAYS} "
        f"days first, ± its standard error. The choice is among the baseline and the arms that state a cost: "
        f"{labels}. An hour's less waiting for one patient is worth what the heading says ({hour.evidence}: "
        f"{hour.source}).",
        "By regression of each arm's benefit on the figure (Strong, Oakley and Brennan, Medical Decision Making 2014).",
    )

    def cell(worth: Worth, value: float) -> Cell:
        pounds, error = max(worth.pounds[value], 0), worth.error[value]
        return Cell(pounds, style="pounds", text=f"£{pounds:,.0f} ± {error:,.0f}")

    ordered = sorted(known, key=lambda worth: -worth.pounds[hour.pounds[0]])
    return crossed(
        ("worth_knowing", "The value of measuring first", "figure"),
        [(figure_words(worth.figure), worth) for worth in ordered],
        [(f"at £{value:g} an hour", value) for value in hour.pounds],
        cell,
        notes,
    )


def _share_words(explains: Explains) -> str:
    """'98 ± 1', in per cent."""
    return (
        "–"
        if math.isnan(explains.share)
        else f"{100 * explains.share:.0f} ± {100 * explains.share_error:.0f}"
    )


def _decides_cells(
    result: StudyResult, all_decided: Decided, decides: Decides
) -> tuple[str | Cell, ...]:
    """The figure that explains most of one arm's effect, the share that it explains, the rule and its hit rate: 'above
    14.2 min: shorter by more than 5 min', and '93 % (63 %)'."""
    best, rule = decides.best, decides.rule
    if best is None:
        return (
            "none that a hospital records"
            if decides.differs
            else "effects do not differ beyond chance",
            *["–"] * 3,
        )
    name, target = all_decided.figures[best.figure], result.first_target
    figure = (figure_words(name), Cell(best.share, "share", text=_share_words(best)))
    unit = result.unit(target)
    matters = threshold_words(target.minimal_important_difference, unit)
    if rule is None:
        return *figure, f"beyond {matters} at {'every' if decides.everywhere else 'no'} value", "–"
    better = result.better(target)
    direction = direction_words(unit, better, down=(better == "lower") == rule.gains)
    cut = amount(rule.cut, name.unit)
    words = f"{'above' if rule.above else 'below'} {cut}: {direction} by more than {matters}"
    rate = f"{100 * rule.hit_rate:.0f} % ({100 * rule.commoner:.0f} %)"
    return *figure, words, Cell(rule.hit_rate, "share", text=rate)


def lead(result: StudyResult) -> Iterator[str]:
    """A sentence for each figure that decides the effects of some arms, one on arms that no figure explains, and one on
    figures of one's own."""
    result = result.shown
    all_decided = find_deciding(result)
    if all_decided is None:
        return
    by_figure: dict[str, list[str]] = {}
    unexplained = []
    for arm in result.tried:
        best = all_decided.arms[arm.name].best
        if best is not None:
            figure = figure_words(all_decided.figures[best.figure], inside=True)
            share = "" if math.isnan(best.share) else f" ({_share_words(best)} % of the spread)"
            by_figure.setdefault(figure, []).append(f"'{arm.label}'{share}")
        elif all_decided.arms[arm.name].differs:
            unexplained.append(f"'{arm.label}'")
    for figure, arms in sorted(by_figure.items(), key=lambda item: -len(item[1])):
        named = listed_with_and(arms)
        yield f"Measure {figure}: over {all_decided.n_departments} departments it decides the effect of {named}."
    if unexplained:
        yield (
            f"No figure that a hospital could take from its records explains how departments differ in the effect "
            f"of {listed_with_and(unexplained)}."
        )
    yield (
        "With figures of your own, 'aeflow narrow observed=FILE.yaml' gives the answer for departments like yours from "
        "this run, without simulating anything."
    )


def files(result: StudyResult) -> dict[str, pd.DataFrame]:
    """A row for each arm and figure, with the rule in the row of the arm's first figure."""
    import pandas as pd

    all_decided = find_deciding(result)
    if all_decided is None:
        return {}
    rows = []
    for arm, decides in all_decided.arms.items():
        for place, explains in enumerate(decides.explains):
            name, rule = all_decided.figures[explains.figure], decides.rule if place == 0 else None
            about = (explains.correlation, explains.share, explains.share_error, explains.found)
            of_rule = (
                (None,) * 4
                if rule is None
                else (rule.above, rule.cut, rule.hit_rate, rule.commoner)
            )
            rows.append((arm, name.measure, name.group, *about, *of_rule))
    return {FILE: pd.DataFrame(rows, columns=list(TIDY))}


# --- picture -------------------------------------------------------------------------------------------------


def picture(result: StudyResult) -> drawing.Picture | None:
    """The effect of each arm against the figure that explains most of it; None on fewer than twenty departments."""
    result = result.shown
    deciding = find_deciding(result)
    if deciding is None:
        return None
    arms = result.others[:MOST_PANELS]
    n_across = min(len(arms), PANELS_ACROSS)
    n_down = math.ceil(len(arms) / n_across)
    with drawing.figure_of(
        max(2.9 * n_across, 6.4), 0.6 + 2.7 * n_down, n_down, n_across, sharey=True
    ) as (
        figure,
        axes,
    ):
        for ax, arm in zip(axes, arms, strict=False):
            _panel(ax, result, deciding, arm)
        for ax in axes[len(arms) :]:
            ax.set_axis_off()
        for ax in axes[::n_across]:
            ax.set_ylabel(f"difference, {unit_words(result.unit(result.first_target))}")
        png = drawing.png_of(figure)
    target = result.first_target.label
    return drawing.Picture(
        "what_decides",
        png,
        f"Dot plots of '{target}', difference from {result.baseline.label}, one dot a department, against the figure "
        f"that explains most. {' '.join(_panel_words(deciding, arm) for arm in arms)}",
        f"{target}: difference from '{result.baseline.label}' against the figure of the baseline that explains most of "
        "how it differs between departments. A dot is a department, the mean of its replications; the blue line is "
        "the regression on the figure. Grey: no figure explains more than chance would. Dashed: the least "
        "difference that would matter.",
    )


def _panel(ax: Axes, result: StudyResult, deciding: Decided, arm: ArmResult) -> None:
    """One arm's departments."""
    best, target = deciding.arms[arm.name].explains[0], result.first_target
    name, unit = deciding.figures[best.figure], result.unit(target)
    scale_x, scale_y = drawing.axis_scale(name.unit), drawing.axis_scale(unit)
    figures, effects = (
        components(values, deciding.departments).means
        for values in (deciding.seen, deciding.effects)
    )
    x, y = scale_x * figures[:, best.figure], scale_y * effects[:, result.others.index(arm)]
    ax.plot(
        x,
        y,
        "o",
        color=drawing.DARK if best.found else drawing.GREY,
        markersize=3.5,
        alpha=0.7,
        markeredgewidth=0,
    )
    if best.found:
        ends = np.array([x.min(), x.max()])
        ax.plot(
            ends,
            scale_y * (best.intercept + best.slope * ends / scale_x),
            color=drawing.BLUE,
            linewidth=1.8,
        )
    ax.axhline(0, color="black", linewidth=1)
    drawing.mark_important(ax, target.minimal_important_difference, unit, along="y")
    ax.grid(color=drawing.PALE)
    ax.set_axisbelow(True)
    drawing.few_ticks(ax, 5)
    drawing.panel_title(ax, drawing.wrapped(arm.label, 34), size=9)
    of_figure = {"share": "%", "minutes": "min"}.get(name.unit, name.unit)
    ax.set_xlabel(drawing.wrapped(f"{figure_words(name)} ({of_figure})", 38), fontsize=8)


def _panel_words(deciding: Decided, arm: ArmResult) -> str:
    """'One more triage nurse: wait for triage of walk-ins, mean explains 98 % of the spread.'"""
    best = deciding.arms[arm.name].best
    if best is None:
        return f"{arm.label}: no figure explains more than chance would."
    share = "a part of it" if math.isnan(best.share) else f"{100 * best.share:.0f} % of the spread"
    return (
        f"{arm.label}: {figure_words(deciding.figures[best.figure], inside=True)} explains {share}."
    )
