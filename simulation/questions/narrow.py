"""What is the answer of a stored result for departments with some known figures? Nothing is simulated.

Effects are regressed on the figures over all departments, and read at the local values. The line is flattened by as
much noise as the local figures have, so that a figure of few days or few patients moves the answer less.

A department deviates from the line for two reasons: departments of one structure (who is on when, who does what)
differ, and departments of one structure share a deviation. The second is drawn once a structure, so it rests on few
draws, and a department of another structure draws it anew.

Noise of a figure is that between replications of one department, in proportion to the figure, for its own number of
days (taken as independent), plus that of counting so many patients.

`aeflow narrow` ends in `show_narrowed`. Observed figures that tell nothing are refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Le, MaxLen

from simulation.department.config_dataclass import Unit, config_dataclass
from simulation.department.own_measures import Better
from simulation.display.document import points, print_blocks
from simulation.display.measured import limits_of
from simulation.display.table import Cell, Cells, ReportTable
from simulation.display.words import (
    amount,
    change,
    figure_words,
    labelled,
    rests_on_claim,
    season_words,
    span,
    unit_words,
)
from simulation.errors import Fault, Faults, ResultsError, nearest, refuse
from simulation.measures.definitions import nearest_measure
from simulation.measures.measuring import MeasureName, is_observable
from simulation.patients import DAYS_IN_YEAR
from simulation.records.schema import Floats
from simulation.runs.result import ArmResult, StudyResult
from simulation.statistics.departments import (
    MIN_DEPARTMENTS,
    Department,
    Ranges,
    n_departments,
    ranges,
)
from simulation.statistics.intervals import t_quantile
from simulation.statistics.variance_components import (
    Components,
    components,
    known_twice,
    within_and_between,
)
from simulation.statistics.verdict import interval_words
from simulation.study.design import Target
from simulation.study.statements import BANNER
from simulation.wording import listed_with_and, number_of

LEVEL, SURE = 0.9, 0.95
"""The share of departments in a range, and the certainty with which a direction is said."""
LEAST = 0.1
"""The usual distance of a department of size 0, of the mean distance: at least so much."""
OUTSIDE = NormalDist().inv_cdf(0.995)
"""Standard errors by which a local figure may lie beyond all simulated ones."""
LONGEST_NAME = 60
"""Characters of an unknown measure that a message shows: a wrong column may hold what a patient said."""
ALIKE = 1 - 1e-6
"""The correlation over replications above which two figures count as the same."""
WAIT = ("walk_in_triage_wait_mean", "all")
BESIDE_WAIT = (
    ("walk_in_triage_minutes_mean", "all"),
    ("on_duty_by_day_mean", "pool=triage_nurses"),
)
"""The wait for triage, and figures of the desk that count by the wait divided by them: a minute saved at triage is
worth as many minutes as there are triages in a patient's wait."""
MOST_FIGURES = 5
TINY = 1e-12
"""A divisor in place of 0."""
RANGE = f"{100 * LEVEL:.0f} %"
EffectRange = tuple[float, float, float]
"""A mean, and the ends of a range."""


@config_dataclass
class ObservedFigure:
    """One figure of a department, measured as the measure's definition says.

    Example: `{measure: walk_in_triage_wait_mean, value: 24.5, days: 28, patients: 400}`
    """

    measure: str
    """The measure, by its name in the tables: one that a hospital can read off."""
    group: str = "all"
    """The group, pool or step that the figure is about; `all` is everybody. Example: `pool=doctors`"""
    value: Annotated[float, Ge(0), Unit("that of the measure")]
    """The figure; a share is a number from 0 to 1 (of busy staff it may be above 1)."""
    days: Annotated[float, Ge(1), Le(3660), Unit("days")]
    """Over how many days it was measured."""
    patients: Annotated[int, Ge(2), Unit("patients")] | None = None
    """How many patients were looked at, if only a sample was; none: everybody who came in those days."""


@config_dataclass
class Observed:
    """Figures of one department, over the same days or not.

    Example: `{week: 14, figures: [{measure: walk_in_triage_wait_mean, value: 24.5, days: 28},
    {measure: busy_by_day_share, group: pool=doctors, value: 0.93, days: 28}]}`
    """

    figures: Annotated[tuple[ObservedFigure, ...], MaxLen(MOST_FIGURES)]
    """The figures: one to five."""
    week: Annotated[int, Ge(0), Le(51), Unit("week")] | None = None
    """The week of the year on whose Monday the measuring began; 0 is the first of January. None: not known."""


# --- arithmetic: arrays in, arrays out -----------------------------------------------------------------------


@dataclass(frozen=True)
class Local:
    """Figures of the user's own department, shape (n_figures,) each.

    days: days for which each was measured; sampling: variance of each from counting a sample of patients;
    simulated_days: days of a replication.
    """

    values: Floats
    days: Floats
    sampling: Floats
    simulated_days: float

    def noise(self, moments: Components) -> tuple[Floats, Floats]:
        """Covariances about the long run: of the local figures, and of as high ones in the mean of a department's
        replications. The first numbers of `moments` are these figures.

        Between replications of a department they vary as much as is usual where figures are as high.
        """
        n = len(self.values)
        means, squares = np.abs(moments.means[:, :n]), moments.squares[:, :n, :n]
        varied = np.sqrt(np.diagonal(squares, axis1=1, axis2=2) / (moments.n - 1)[:, None])
        usual, here = _usual(
            varied, means, np.clip(np.abs(self.values), means.min(axis=0), means.max(axis=0))
        )
        together = np.einsum("df,dfg,dg->fg", 1 / usual, squares, 1 / usual) / (moments.n - 1).sum()
        once = together * np.outer(here, here)
        days = np.sqrt(self.simulated_days / self.days)
        return once * np.outer(days, days) + np.diag(self.sampling), once * np.mean(1 / moments.n)


@dataclass(frozen=True)
class Narrowed:
    """The expected value of each effect, and the range of 90 % of departments like this one; shape (n_effects,) each.

    sign: 1 or -1 where the effect has this sign with 95 % certainty, else 0, as for an arm without an effect;
    everywhere, average: range and mean over all departments, chance removed.
    """

    mean: Floats
    low: Floats
    high: Floats
    sign: Floats
    everywhere: Ranges
    average: Floats


@dataclass(frozen=True)
class Outside:
    """Local figures that no simulated department comes near: `figure` is a column, or None for all of them together.

    lowest, highest: bounds of the simulated departments' figures; NaN for all figures together.
    """

    figure: int | None
    lowest: float
    highest: float


def find_outside(figures: Floats, department: Department, local: Local) -> tuple[Outside, ...]:
    """The local figures that lie beyond those of every department by more than their noise. Where none does by itself,
    all together if they do so together. figures: shape (n_replications, n_figures)."""
    moments = components(figures, department)
    simulated, (noise, _) = np.mean(1 / moments.n) * moments.within, local.noise(moments)
    slack = OUTSIDE * np.sqrt(np.diag(noise))
    lowest, highest = moments.means.min(axis=0), moments.means.max(axis=0)
    beyond = np.flatnonzero(
        (local.values < lowest - slack) | (local.values > highest + slack)
    ).tolist()
    if beyond:
        return tuple(
            Outside(column, float(lowest[column]), float(highest[column])) for column in beyond
        )
    centre, between = moments.means.mean(axis=0), moments.covariance
    of_departments = _distance(moments.means - centre, between + simulated)
    of_local = _distance(local.values[None] - centre, between + noise)[0]
    if of_local <= of_departments.max() or len(local.values) == 1:
        return ()
    return (Outside(None, np.nan, np.nan),)


def narrow(
    figures: Floats,
    effects: Floats,
    department: Department,
    local: Local,
    structures: Sequence[str],
) -> Narrowed:
    """The effects in a department with these figures.

    figures: shape (n_replications, n_figures), effects: (n_replications, n_effects), none missing; structures: that of
    each department, by the department's number.
    """
    n = figures.shape[1]
    moments = components(np.column_stack([figures, effects]), department)
    structure = np.array(structures)[np.unique(department)]
    centre, between = moments.means.mean(axis=0), moments.covariance
    apart, from_centre = moments.means[:, :n] - centre[:n], local.values - centre[:n]
    noise, simulated = local.noise(moments)
    both = between[:n, n:]
    slopes, steeper = (
        np.asarray(np.linalg.solve(between[:n, :n] + each, both), dtype=np.float64)
        for each in (noise, simulated)
    )
    mean, fitted = centre[n:] + from_centre @ slopes, centre[n:] + apart @ steeper
    residuals = moments.means[:, n:] - fitted
    usual, here = _usual(np.abs(residuals), np.abs(fitted), np.abs(mean))
    within, shared, (spare, spare_structures) = within_and_between(
        residuals / usual, apart, structure
    )
    own = np.maximum(within - _chance(moments, steeper, usual), 0)
    # By what the line moves at the local figures if a department moves by what is usual, or all of a structure do.
    moves = (
        usual
        * (1 + apart @ np.linalg.solve(moments.of_means[:n, :n], from_centre))[:, None]
        / len(usual)
    )
    moves_together = np.array(
        [moves[structure == name].sum(axis=0) for name in np.unique(structure)]
    )
    # A structure and a department are drawn anew; the line errs; the figures are known to within noise.
    by_structure = shared * (here**2 + (moves_together**2).sum(axis=0))
    by_department = own * here**2 + within * (moves**2).sum(axis=0)
    by_figures = (both * (steeper - slopes)).sum(axis=0) + np.einsum(
        "fe,fg,ge->e", steeper, simulated, steeper
    )
    variances = np.array([by_structure, by_department, np.maximum(by_figures, 0)])
    degrees = spare_structures, spare, (moments.n - 1).sum()
    half_width, least_certain = (_half_width(variances, degrees, level) for level in (LEVEL, SURE))
    sign = np.where(np.abs(mean) > least_certain, np.sign(mean), 0.0)
    return Narrowed(
        mean, mean - half_width, mean + half_width, sign, ranges(effects, department), centre[n:]
    )


def _usual(distances: Floats, sizes: Floats, size: Floats) -> tuple[Floats, Floats]:
    """How large distances usually are: for each department, and for one of the given size.

    Distance is a line in size that does not fall (H. Glejser, 'A new test for heteroskedasticity', JASA 64 (1969)
    316-323). All are at least 0; distances and sizes: shape (n_departments, n_columns), size: (n_columns,).
    """
    distance, middle = distances.mean(axis=0), sizes.mean(axis=0)
    apart = sizes - middle
    slope = (distances * apart).sum(axis=0) / np.maximum((apart**2).sum(axis=0), TINY)
    slope = np.clip(slope, 0, (1 - LEAST) * distance / np.maximum(middle, TINY))
    usual, here = (distance + slope * (each - middle) for each in (sizes, size))
    return np.maximum(usual, TINY), here


def _chance(moments: Components, slopes: Floats, usual: Floats) -> Floats:
    """The part of the variance of residuals, each over its usual size, that is noise of simulation."""
    counted = np.vstack(
        [-slopes, np.eye(slopes.shape[1])]
    )  # what figures and effects count for in a residual
    squares = np.einsum("fe,dfg,ge->de", counted, moments.squares, counted) / usual**2
    chance: Floats = np.mean(1 / moments.n) * squares.sum(axis=0) / (moments.n - 1).sum()
    return chance


def _half_width(variances: Floats, degrees: Sequence[float], level: float) -> Floats:
    """Half the width of each range, its degrees of freedom those of a sum of estimated variances (Satterthwaite)."""
    variance = variances.sum(axis=0)
    of_sum = variance**2 / np.maximum(1 / np.array(degrees) @ variances**2, TINY**2)
    quantiles = [t_quantile(max(each, 1.0), level) for each in of_sum.tolist()]
    half_width: Floats = np.sqrt(variance) * np.array(quantiles)
    return half_width


def _distance(rows: Floats, covariance: Floats) -> Floats:
    """The squared distance of each row from 0 in units of the covariance (Mahalanobis)."""
    squared: Floats = np.einsum("rf,rf->r", rows, np.linalg.solve(covariance, rows.T).T)
    return squared


# --- from a result -------------------------------------------------------------------------------------------


class NarrowedEffect(NamedTuple):
    """One arm's effect on one target, over all departments and in those with the observed figures, as range each.

    is_sure: whether the sign of the expected effect is certain enough to be said.
    """

    everywhere: EffectRange
    here: EffectRange
    is_sure: bool

    @property
    def is_as_wide(self) -> bool:
        """Whether the range is as wide with these figures as over all departments, where there is one."""
        (_, lowest, highest), (_, low, high) = self.everywhere, self.here
        return high - low >= highest - lowest > 0


@dataclass(frozen=True)
class NarrowedEffects:
    """The effects in departments with the observed figures, by arm and target.

    names: names of the figures in the result; seen: the lowest and highest value of each figure over the run's
    departments; as_far: how many of these have a figure as high or higher, or as low or lower, whichever are fewer.
    """

    observed: Observed
    names: tuple[MeasureName, ...]
    seen: tuple[tuple[float, float], ...]
    as_far: tuple[int, ...]
    effects: Mapping[tuple[str, Target], NarrowedEffect]
    n_departments: int
    n_structures: int


def narrow_result(result: StudyResult, observed: Observed, where: str) -> NarrowedEffects:
    """The effects of a stored run in departments with the observed figures; `where` names their file.

    Raises ConfigError for figures that the run does not have, or that none of its departments comes near, and
    ResultsError for a run of one arm or of fewer than twenty departments.
    """
    departments, over = result.department_of, result.study.departments
    n = 1 if departments is None else n_departments(departments)
    if departments is None or over is None or n < MIN_DEPARTMENTS:
        raise ResultsError(
            f"narrow: the run has {n} department{'s' if n != 1 else ''} used at least twice, "
            f"and {MIN_DEPARTMENTS} are needed. Run the study over an ensemble: aeflow compare ensemble=typical"
        )
    if not result.others:
        raise ResultsError(
            "narrow: the run has one arm, so there is no effect to read. Compare two arms or more"
        )
    names = _named(result, observed, where)
    figures = result.figures(names)
    effects = [(arm.name, target) for target in result.targets for arm in result.others]
    differences = np.column_stack([result.differences(arm, target) for arm, target in effects])
    of_figures = [
        (figure.value, figure.days, _sampling_variance(figure, name))
        for figure, name in zip(observed.figures, names, strict=True)
    ]
    values, days, sampling = np.array(of_figures).T
    local = Local(values, days, sampling, float(result.run.measured_days))
    known = known_twice(np.column_stack([figures, differences]), departments)
    if n_departments(departments[known]) < MIN_DEPARTMENTS:
        raise ResultsError(
            f"narrow: a figure or an effect is missing in {int((~known).sum())} of {len(known)} replications, and "
            f"fewer than {MIN_DEPARTMENTS} departments are left. Leave out a figure that is not measured everywhere"
        )
    figures, differences, departments = figures[known], differences[known], departments[known]
    alike = np.abs(np.atleast_2d(np.corrcoef(figures, rowvar=False))) - np.eye(len(names)) > ALIKE
    if alike.any():
        one, other = sorted(int(figure) for figure in np.argwhere(alike)[0])
        problem = f"carries the same information as figures.{one} in every replication of the run"
        refuse(f"{where}: figures.{other}", problem, "Leave one of the two out")
    Faults(
        _outside_fault(far, observed, names, where)
        for far in find_outside(figures, departments, local)
    ).refuse()
    means = components(figures, departments).means
    as_far = np.minimum((means >= values).sum(axis=0), (means <= values).sum(axis=0))
    figures, local = _by_wait(names, figures, local)
    found = narrow(figures, differences, departments, local, over.structure_of)
    columns = (found.average, *found.everywhere[1:3], found.mean, found.low, found.high, found.sign)
    estimates = (
        NarrowedEffect((average, lowest, highest), (mean, low, high), sign != 0)
        for average, lowest, highest, mean, low, high, sign in np.stack(columns, axis=1).tolist()
    )
    return NarrowedEffects(
        observed,
        names,
        seen=tuple(zip(means.min(axis=0).tolist(), means.max(axis=0).tolist(), strict=True)),
        as_far=tuple(as_far.tolist()),
        effects=dict(zip(effects, estimates, strict=True)),
        n_departments=len(means),
        n_structures=len({over.structure_of[number] for number in departments.tolist()}),
    )


def _named(result: StudyResult, observed: Observed, where: str) -> tuple[MeasureName, ...]:
    """The measures of the observed figures. Raises ConfigError with every fault."""
    given = {
        (name.measure, name.group): name
        for name in result.measures[result.design.baseline][0].names
    }
    readable = [key for key in given if is_observable(*key)]
    faults, named = Faults(), list[MeasureName]()
    for number, figure in enumerate(observed.figures):
        place, key = f"{where}: figures.{number}", (figure.measure, figure.group)
        groups = [group for measure, group in readable if measure == figure.measure]
        if not groups:
            known = any(measure == figure.measure for measure, _ in given)
            problem = (
                "is no figure that a hospital could take from its records"
                if known
                else "is unknown"
            )
            remedy = nearest_measure(figure.measure, {measure for measure, _ in readable})
            faults.add(f"{place}.measure", f"'{figure.measure[:LONGEST_NAME]}' {problem}", remedy)
        elif figure.group not in groups:
            problem = f"'{figure.measure}' has no group '{figure.group}' that a hospital could take from its records"
            faults.add(f"{place}.group", problem, nearest(figure.group, groups))
        elif given[key] in named:
            faults.add(
                place,
                f"'{figure.measure}' of '{figure.group}' is stated twice",
                "Keep one of the two",
            )
        elif np.ptp(result.values(result.design.baseline, *key)) == 0:
            faults.add(
                place,
                "is the same in every department of the run",
                "Leave it out: it carries no information",
            )
        else:
            named.append(given[key])
    faults.refuse()
    return tuple(named)


def _by_wait(names: Sequence[MeasureName], figures: Floats, local: Local) -> tuple[Floats, Local]:
    """Figures and local ones with the wait for triage divided by each of `BESIDE_WAIT` in its place, where it is given.

    figures: shape (n_replications, n_figures).
    """
    keys = [(name.measure, name.group) for name in names]
    if WAIT not in keys:
        return figures, local
    wait = keys.index(WAIT)
    figures, values, sampling = figures.copy(), local.values.copy(), local.sampling.copy()
    for column in (keys.index(key) for key in BESIDE_WAIT if key in keys):
        figures[:, column] = figures[:, wait] / figures[:, column]
        beside, values[column] = values[column], values[wait] / values[column]
        sampling[column] = (sampling[wait] + values[column] ** 2 * sampling[column]) / beside**2
    return figures, replace(local, values=values, sampling=sampling)


def _sampling_variance(figure: ObservedFigure, name: MeasureName) -> float:
    """The variance of a figure that was counted on a sample of patients; 0 if it was counted on all.

    A share is binomial. Minutes are assumed to be exponential, as waits nearly are: a mean over n patients has the
    variance of one wait over n, a median or a 95th percentile twice that.
    """
    if (
        figure.patients is None
        or name.unit == "patients"
        or name.group.startswith(("pool=", "step="))
    ):
        return 0.0
    if name.unit == "share":
        return max(figure.value * (1 - figure.value), 0.0) / figure.patients
    times = 1.0 if figure.measure.endswith("_mean") else 2.0
    return times * figure.value**2 / figure.patients


def _outside_fault(
    far: Outside, observed: Observed, names: Sequence[MeasureName], where: str
) -> Fault:
    """The fault of an observed figure, or of all together, that no department of the run comes near."""
    remedy = "Check how it was measured (docs/model.md, 1.2). If it is right, build an ensemble of your own site"
    if far.figure is None:
        together = " and ".join(name.measure for name in names)
        return Fault(
            where, f"no department of the run has these values of {together} together", remedy
        )
    name, value = names[far.figure], observed.figures[far.figure].value
    problem = (
        f"{value:g} is outside the {far.lowest:.3g} to {far.highest:.3g} of the run's departments"
    )
    return Fault(f"{where}: figures.{far.figure}.value", f"{name.measure}: {problem}", remedy)


# --- tables and words ----------------------------------------------------------------------------------------


class NarrowedAnswer(NamedTuple):
    """The answer for departments with some figures: in numbers, in sentences, and in a table a target.

    caution: that some range is not narrower than over all departments, and why; '' if every one is.
    best: which arm does most there of those that fail no limit of safety, and how many fail one.
    """

    effects: NarrowedEffects
    sentences: tuple[str, ...]
    tables: tuple[ReportTable, ...]
    caution: str = ""
    best: str = ""


def narrowed_answer(result: StudyResult, observed: Observed, where: str) -> NarrowedAnswer:
    """The answer for departments with some figures; `where` names them. Raises what `narrow_result` raises."""
    effects = narrow_result(result, observed, where)
    tables = tuple(_table(result, effects, target) for target in result.targets)
    sentences, caution = tuple(narrowed_sentences(result, effects)), not_narrower(result, effects)
    return NarrowedAnswer(effects, sentences, tables, caution, best_words(result, effects))


def show_narrowed(result: StudyResult, observed: Observed, where: str) -> None:
    """Print the answer for departments with some figures, `where` names whose file: sentences, then a table a target.

    Raises what `narrow_result` raises.
    """
    answer = narrowed_answer(result, observed, where)
    print(f"{result.design.question} For departments with figures like these:")
    cautions = filter(None, [answer.caution])
    print_blocks((*points(*cautions, *answer.sentences), *answer.tables))
    print(f"\n{BANNER}")


def not_narrower(result: StudyResult, narrowed: NarrowedEffects) -> str:
    """A sentence on how many arms have a range of the first target that is as wide with these figures as over all
    departments, or wider, and why; '' if there are none."""
    arms = [arm.name for arm in result.others if arm.name != result.design.sham]
    n_wide = sum(narrowed.effects[name, result.first_target].is_as_wide for name in arms)
    if not n_wide:
        return ""
    figure, n = min(zip(narrowed.names, narrowed.as_far, strict=True), key=lambda one: one[1])
    why = "These figures say little about what they do, and ranges allow for rotas that no department here has."
    if n <= (1 - LEVEL) * narrowed.n_departments:
        why = (
            f"Your figures are unusual among these departments ({n or 'none'} of {narrowed.n_departments} "
            f"{'have' if n > 1 else 'has'} {figure_words(figure, inside=True)} as far out), so fewer are like yours."
        )
    table = "the first table" if len(result.targets) > 1 else "the table"
    return f"{n_wide} of {len(arms)} ranges are no narrower than over all departments (marked in {table}). {why}"


def best_words(result: StudyResult, narrowed: NarrowedEffects) -> str:
    """A sentence on the arm that improves the first target most in departments with these figures, of those that fail
    no limit of safety and whose range is wholly on the better side, and one on how many fail; '' if there is neither.
    """
    target, unit = result.first_target, result.unit(result.first_target)
    sign = {"lower": -1, "higher": 1, "neither": 0}[result.better(target)]
    arms = [arm for arm in result.others if arm.name != result.design.sham]
    safe = [arm for arm in arms if not limits_of(result, arm).verb]
    ranges = [(arm, narrowed.effects[arm.name, target].here) for arm in safe]
    helping = [(sign * at[0], arm, at) for arm, at in ranges if min(sign * end for end in at) > 0]
    n, of = len(arms) - len(safe), len(arms)
    failing = f"{n} of {of} fail or may fail a safety limit over all departments." if n else ""
    if not helping:
        return failing
    _, arm, (mean, low, high) = max(helping, key=lambda one: one[0])
    claim = " (if its untested claim is true)" * rests_on_claim(result, arm)
    return (
        f"In departments like yours, '{arm.label}'{claim} does most of the policies that fail no safety limit: "
        f"{change(mean, unit)} {unit_words(unit)} ({span(low, high, unit)}). {failing}"
    )


def _table(result: StudyResult, narrowed: NarrowedEffects, target: Target) -> ReportTable:
    """The effect of every arm on one target, in all departments and in those with these figures."""
    rows, unit = list[Cells](), result.unit(target)
    for arm in result.others:
        effect = narrowed.effects[arm.name, target]
        words = _words(result, effect, target) + "; range not narrower" * effect.is_as_wide
        cells = (
            Cell(mean, unit, low, high, style="difference")
            for mean, low, high in (effect.everywhere, effect.here)
        )
        rows.append((labelled(result, arm), *cells, words))
    headers = (
        "arm",
        f"all departments, {unit_words(unit)}",
        "departments with these figures",
        "effect here",
    )
    notes = (
        f"All departments: mean (5th to 95th percentile) of {narrowed.n_departments}, simulation noise removed. "
        f"With these figures: the expected effect (range of {RANGE} of such departments), for each arm by itself.",
    )
    kind = f"narrowed_{target.measure}_{target.group}"
    return ReportTable(
        kind, f"{target.label}: difference from '{result.baseline.label}'", headers, rows, notes
    )


def _words(result: StudyResult, effect: NarrowedEffect, target: Target) -> str:
    """What the range of an effect on a target says."""
    unit, better = result.unit(target), result.better(target)
    matters = target.minimal_important_difference
    return effect_words(*effect.here[1:], matters, unit, better, is_sure=effect.is_sure)


def effect_words(
    low: float, high: float, matters: float, unit: str, better: Better, *, is_sure: bool = True
) -> str:
    """What the range of a difference says against the least that matters, in a verdict's words and by its rules.

    `is_sure`: whether the sign of the expected difference is certain enough to be said.
    """
    if not is_sure:
        low, high = min(low, 0.0), max(high, 0.0)
    kind, _, words = interval_words(low, high, matters, unit, better)
    return "not settled by these figures" if kind == "cannot tell" else words


def narrowed_sentences(result: StudyResult, narrowed: NarrowedEffects) -> Iterator[str]:
    """Sentences on the figures, on their weeks, on the effect of each arm on the first target, and on the ranges."""
    figures = [
        f"{figure_words(name, inside=True)} {amount(figure.value, name.unit)} over {figure.days:g} days (departments "
        f"of the run: {amount(low, name.unit)} to {amount(high, name.unit)})"
        for name, figure, (low, high) in zip(
            narrowed.names, narrowed.observed.figures, narrowed.seen, strict=True
        )
    ]
    yield f"Read at {'; '.join(figures)}."
    yield weeks_words(result, narrowed)
    target = result.first_target
    unit = result.unit(target)
    for arm in result.others:
        if arm.name == result.design.sham:
            continue
        effect = narrowed.effects[arm.name, target]
        everywhere, (expected, low, high), _ = effect
        yield (
            f"'{arm.label}', {target.label}: {_words(result, effect, target)}. "
            f"{change(expected, unit)} {unit_words(unit)} are expected, and {RANGE} of departments with these figures "
            f"have {span(low, high, unit)}; of all departments {RANGE} have {span(*everywhere[1:], unit)}."
            f"{_safety_words(result, arm)}"
        )
    yield (
        f"The ranges rest on {narrowed.n_departments} departments of {number_of(narrowed.n_structures, 'structure')} "
        f"(who is on when, who does what). They allow for noise of simulation and of measurement, and for other "
        f"differences between departments and between structures, as far as the ensemble shows them."
    )


def _safety_words(result: StudyResult, arm: ArmResult) -> str:
    """' It fails 2 safety limits over all departments: see the report.'; empty if it fails none."""
    limits = limits_of(result, arm)
    if not (failed := limits.failed):
        return ""
    how_many = "a safety limit" if len(failed) == 1 else f"{len(failed)} safety limits"
    named = listed_with_and([f"'{safety.margin.label}'" for safety in failed])
    return f" Over all departments it {limits.verb} {how_many} ({named}): see the report."


def weeks_words(result: StudyResult, narrowed: NarrowedEffects) -> str:
    """A sentence on whether the run measured the weeks that the figures are from; if not, what was done about it."""
    run, observed = result.run, narrowed.observed
    days = {figure.days for figure in observed.figures}
    if run.measured_days >= DAYS_IN_YEAR and min(days) >= DAYS_IN_YEAR:
        return "The same weeks are compared: whole years."
    if (
        run.start_week is not None
        and run.start_week == observed.week
        and days == {run.measured_days}
    ):
        return f"The same weeks are compared: {run.measured_days} days from week {run.start_week} of the year."
    season = season_words(run, result.numbers)
    ours = f"{run.measured_days} days {season}".rstrip()
    lengths = " to ".join(f"{n:g}" for n in sorted({min(days), max(days)}))
    when = (
        "from a time of year that is not stated"
        if observed.week is None
        else f"from week {observed.week}"
    )
    allowed = (
        "replications of a department begin in different weeks, so the effect of the season on a figure counts as noise"
        if run.is_balanced
        else "the effect of the season on a figure is not allowed for"
    )
    return f"The weeks compared are not the same: the run's are {ours}, the figures' {lengths} days {when}; {allowed}."
