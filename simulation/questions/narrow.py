"""What is the answer of a stored result for departments with some known figures? Nothing is simulated.

How effects are read at the figures, and how sure they are, is in `statistics/narrowing.py`. Where departments of a run
differ in size, that of one's own is asked for. A figure beyond those of all departments is read at the nearest, which
the answer says; one that can be none, or tells nothing, is refused.

`aeflow narrow` ends in `show_narrowed`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Le, MaxLen

from simulation.department.config_dataclass import (
    Count,
    NotNegative,
    Unit,
    config_dataclass,
)
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
from simulation.runs.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, n_departments
from simulation.statistics.narrowing import LEVEL, Local, narrow
from simulation.statistics.variance_components import components, known_twice
from simulation.statistics.verdict import interval_words
from simulation.study.design import Target
from simulation.study.statements import BANNER
from simulation.wording import listed_with_and, number_of

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
MOST_FIGURES = 6
MOST = {"minutes": (1440.0, "Write minutes"), "share": (1.0, "Write 0.46 for 46 %")}
"""The largest value by unit that a figure can have (a wait of a day; of busy staff twice the share), and a remedy."""
SIZE = MeasureName("size", "patients", "all")
"""The size of a department, in attendances a day, as a figure: the parameter of that name."""
MOST_TIMES = 2.0
"""How many times as large as every department of the run a user's may be, or as small as the smallest."""
POSSIBLE = 0.01
"""The least chance of a cause that is said."""
SHOWN = (
    " Such ranges were tried on departments like England's that they had not seen, by the five figures of the guide: "
    "by policy, they held the effect in 90 to 94 % of 100 left out one by one (85 to 98 % within a cause), and in 10 "
    "to 12 of twelve with other rotas, sizes and mixtures of causes."
)
"""What ranges were shown to hold for (docs/model.md, 4.3: `tests/long/narrow_held_out.py`, `narrow_outside.py`)."""
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
    value: Annotated[NotNegative, Unit("that of the measure")]
    """The figure; a share is a number from 0 to 1 (of busy staff it may be above 1)."""
    days: Annotated[float, Ge(1), Le(3660), Unit("days")]
    """Over how many days it was measured."""
    patients: Annotated[int, Ge(2), Unit("patients")] | None = None
    """How many patients were looked at, if only a sample was; none: everybody who came in those days."""


@config_dataclass
class Observed:
    """Figures of one department, over the same days or not.

    Example: `{attendances_per_day: 310, week: 14, figures: [{measure: walk_in_triage_wait_mean, value: 24.5, days: 28},
    {measure: busy_by_day_share, group: pool=doctors, value: 0.93, days: 28}]}`
    """

    figures: Annotated[tuple[ObservedFigure, ...], MaxLen(MOST_FIGURES)]
    """The figures: one to six."""
    attendances_per_day: Annotated[float, Ge(1), Unit("patients a day")] | None = None
    """Type 1 attendances on a mean day of the year; asked for where departments of the run differ in it."""
    week: Annotated[Count, Le(51), Unit("week")] | None = None
    """The week of the year on whose Monday the measuring began; 0 is the first of January. None: not known."""


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

    names: names of the figures in the result, `SIZE` the last where departments of the run differ in it; values: the
    observed ones; seen: the lowest and highest value of each over the run's departments; is_outside: whether it lies
    beyond these by more than its noise, and is read at the nearest; as_far: how many of them have a figure as high or
    higher, or as low or lower, whichever are fewer; causes: the chance of each cause of waiting, by its words;
    none where the ensemble has none.
    """

    observed: Observed
    names: tuple[MeasureName, ...]
    values: tuple[float, ...]
    seen: tuple[tuple[float, float], ...]
    is_outside: tuple[bool, ...]
    as_far: tuple[int, ...]
    causes: Mapping[str, float]
    effects: Mapping[tuple[str, Target], NarrowedEffect]
    n_departments: int
    n_structures: int


def narrow_result(result: StudyResult, observed: Observed, where: str) -> NarrowedEffects:
    """The effects of a stored run in departments with the observed figures; `where` names their file.

    Raises ConfigError for figures that the run does not have or that can be none, and where the size is needed and
    missing, and ResultsError for a run of one arm or of fewer than twenty departments.
    """
    departments, over = result.department_of, result.study.departments
    n = 1 if departments is None else n_departments(departments)
    if departments is None or over is None or n < MIN_DEPARTMENTS:
        raise ResultsError(
            f"narrow: the run has {n} department{'s' if n != 1 else ''} used at least twice, "
            f"and {MIN_DEPARTMENTS} are needed. Run the study over an ensemble: aeflow compare ensemble=england"
        )
    if not result.others:
        raise ResultsError(
            "narrow: the run has one arm, so there is no effect to read. Compare two arms or more"
        )
    sizes = over.varied_values.get(SIZE.measure, ())
    names = _named(result, observed, sizes, where)
    figures = result.figures(names)
    effects = [(arm.name, target) for target in result.targets for arm in result.others]
    differences = np.column_stack([result.differences(arm, target) for arm, target in effects])
    of_figures = [
        (figure.value, figure.days, _sampling_variance(figure, name))
        for figure, name in zip(observed.figures, names, strict=True)
    ]
    if sizes and observed.attendances_per_day:
        names = (*names, SIZE)
        figures = np.column_stack([figures, np.array(sizes)[departments]])
        of_figures.append((observed.attendances_per_day, DAYS_IN_YEAR, 0.0))
    values, days, sampling = np.array(of_figures).T
    local = Local(values, days, sampling, float(result.run.measured_days))
    known = known_twice(np.column_stack([figures, differences]), departments)
    if n_departments(departments[known]) < MIN_DEPARTMENTS:
        raise ResultsError(
            f"narrow: a figure or an effect is missing in {int((~known).sum())} of {len(known)} replications, and "
            f"fewer than {MIN_DEPARTMENTS} departments are left. Leave out a figure that is not measured everywhere"
        )
    figures, differences, departments = figures[known], differences[known], departments[known]
    _refuse_alike(figures, where)
    means = components(figures, departments).means
    as_far = np.minimum((means >= values).sum(axis=0), (means <= values).sum(axis=0))
    local = local.nearest(figures, departments)
    is_outside = tuple((local.values != values).tolist())
    figures, local = _by_wait(names, figures, local)
    local, kinds = local.nearest(figures, departments), (over.structure_of, over.cause_of)
    found = narrow(figures, differences, departments, local, *kinds)
    columns = (found.average, *found.everywhere[1:3], found.mean, found.low, found.high, found.sign)
    estimates = (
        NarrowedEffect((average, lowest, highest), (mean, low, high), sign != 0)
        for average, lowest, highest, mean, low, high, sign in np.stack(columns, axis=1).tolist()
    )
    return NarrowedEffects(
        observed,
        names,
        values=tuple(values.tolist()),
        seen=tuple(zip(means.min(axis=0).tolist(), means.max(axis=0).tolist(), strict=True)),
        is_outside=is_outside,
        as_far=tuple(as_far.tolist()),
        causes={over.causes[name].label: chance for name, chance in found.causes.items() if name},
        effects=dict(zip(effects, estimates, strict=True)),
        n_departments=len(means),
        n_structures=len({over.structure_of[number].rpartition("/")[2] for number in departments}),
    )


def _refuse_alike(figures: Floats, where: str) -> None:
    """Raise ConfigError for two figures that are the same but for their unit."""
    correlations = np.abs(np.atleast_2d(np.corrcoef(figures, rowvar=False)))
    pairs = np.argwhere(np.triu(correlations, 1) > ALIKE).tolist()
    for one, other in pairs[:1]:
        problem = f"carries the same information as figures.{one} in every replication of the run"
        refuse(f"{where}: figures.{other}", problem, "Leave one of the two out")


def _named(
    result: StudyResult, observed: Observed, sizes: Sequence[float], where: str
) -> tuple[MeasureName, ...]:
    """The measures of the observed figures. Raises ConfigError with every fault, those of the size among them."""
    given = {
        (name.measure, name.group): name
        for name in result.measures[result.design.baseline][0].names
    }
    readable = [key for key in given if is_observable(*key)]
    faults, named = Faults(_size_faults(observed, sizes, where)), list[MeasureName]()
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
        elif figure.value > (most := _most(given[key])):
            problem = f"found {figure.value:g}, where {most:g} is the most"
            faults.add(f"{place}.value", problem, MOST[given[key].unit][1])
        else:
            named.append(given[key])
    faults.refuse()
    return tuple(named)


def _by_wait(names: Sequence[MeasureName], figures: Floats, local: Local) -> tuple[Floats, Local]:
    """Figures and local ones with the wait for triage divided by each of `BESIDE_WAIT` in its place, where it is given,
    and the logarithm of the size.

    figures: shape (n_replications, n_figures).
    """
    keys = [(name.measure, name.group) for name in names]
    figures, values, sampling = figures.copy(), local.values.copy(), local.sampling.copy()
    if SIZE in names:
        figures[:, -1], values[-1] = np.log(figures[:, -1]), np.log(values[-1])
    wait = keys.index(WAIT) if WAIT in keys else 0
    for column in (keys.index(key) for key in BESIDE_WAIT if WAIT in keys and key in keys):
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


def _most(name: MeasureName) -> float:
    """The largest value that a figure can have."""
    most, _ = MOST.get(name.unit, (np.inf, ""))
    return most * (1 + name.group.startswith("pool="))


def _size_faults(observed: Observed, sizes: Sequence[float], where: str) -> Iterator[Fault]:
    """The fault of a size that is needed and missing, or far from those of the run's departments."""
    size, place = observed.attendances_per_day, f"{where}: attendances_per_day"
    if not sizes:
        return
    of_run = f"the run's departments have {min(sizes):.0f} to {max(sizes):.0f} attendances a day"
    if size is None or not min(sizes) / MOST_TIMES <= size <= MOST_TIMES * max(sizes):
        found = "is missing" if size is None else f"found {size:g}"
        remedy = "Write type 1 attendances on a mean day of the year, such as 310"
        yield Fault(place, f"{found}, and {of_run}", remedy, is_missing=size is None)


# --- tables and words ----------------------------------------------------------------------------------------


class NarrowedAnswer(NamedTuple):
    """The answer for departments with some figures: in numbers, in sentences, and in a table a target.

    caution: which figures are read at the nearest departments, and that some range is not narrower than over all
    departments, and why; '' if neither.
    best: which arm does most there of those that fail no limit of safety, and how many fail one.
    """

    effects: NarrowedEffects
    sentences: tuple[str, ...]
    tables: tuple[ReportTable, ...]
    caution: str = ""
    best: str = ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, (self.caution, *self.sentences, BANNER)))


def narrowed_answer(result: StudyResult, observed: Observed, where: str) -> NarrowedAnswer:
    """The answer for departments with some figures; `where` names them. Raises what `narrow_result` raises."""
    effects = narrow_result(result, observed, where)
    tables = tuple(_table(result, effects, target) for target in result.targets)
    sentences = tuple(narrowed_sentences(result, effects))
    caution = " ".join(filter(None, [*outside_words(effects), not_narrower(result, effects)]))
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


def _words_of(name: MeasureName) -> str:
    """A figure within a sentence."""
    return "attendances a day" if name == SIZE else figure_words(name, inside=True)


def _amount_of(name: MeasureName, value: float) -> str:
    """The value of a figure with its unit."""
    return f"{value:.0f}" if name == SIZE else amount(value, name.unit)


def outside_words(narrowed: NarrowedEffects) -> Iterator[str]:
    """A sentence for each figure that is read at the nearest departments: which, and by how much it is outside."""
    for name, value, (low, high), is_outside in zip(
        narrowed.names, narrowed.values, narrowed.seen, narrowed.is_outside, strict=True
    ):
        if is_outside:
            ours, lowest, highest = (_amount_of(name, each) for each in (value, low, high))
            yield f"Read at the nearest departments: {_words_of(name)} {ours}, theirs {lowest} to {highest}."


def not_narrower(result: StudyResult, narrowed: NarrowedEffects) -> str:
    """A sentence on how many arms have a range of the first target that is as wide with these figures as over all
    departments, or wider, and why; '' if there are none."""
    arms = result.tried
    n_wide = sum(narrowed.effects[arm.name, result.first_target].is_as_wide for arm in arms)
    if not n_wide:
        return ""
    figure, n = min(zip(narrowed.names, narrowed.as_far, strict=True), key=lambda one: one[1])
    why = "These figures say little about what they do, and ranges allow for rotas that no department here has."
    if n <= (1 - LEVEL) * narrowed.n_departments:
        why = (
            f"Your figures are unusual among these departments ({n or 'none'} of {narrowed.n_departments} "
            f"{'have' if n > 1 else 'has'} {_words_of(figure)} as far out), so fewer are like yours."
        )
    table = "the first table" if len(result.targets) > 1 else "the table"
    are = "is" if n_wide == 1 else "are"
    return f"{n_wide} of {len(arms)} ranges {are} no narrower than over all departments (marked in {table}). {why}"


def best_words(result: StudyResult, narrowed: NarrowedEffects) -> str:
    """A sentence on the arm that improves the first target most in departments with these figures, of those that fail
    no limit of safety and whose range is wholly on the better side, and one on how many fail; '' if there is neither.
    """
    target, unit = result.first_target, result.unit(result.first_target)
    sign = {"lower": -1, "higher": 1, "neither": 0}[result.better(target)]
    arms = result.tried
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
    """Sentences on the figures, the causes that they point to and their weeks, on limits of safety, and on the ranges:
    effects stand in the tables."""
    over = [f" over {figure.days:g} days" for figure in narrowed.observed.figures]
    figures = [
        f"{_words_of(name)} {_amount_of(name, value)}{days} (departments of the run: {_amount_of(name, low)} to "
        f"{_amount_of(name, high)})"
        for name, value, (low, high), days in zip(
            narrowed.names, narrowed.values, narrowed.seen, [*over, ""], strict=False
        )
    ]
    yield f"Read at {'; '.join(figures)}."
    if SIZE not in narrowed.names:
        yield "All departments of the run have one size, and the answer is for that size."
    if narrowed.causes:
        chances = [
            f"{cause} {'over 99' if chance > 0.99 else f'{100 * chance:.0f}'} %"
            for cause, chance in sorted(narrowed.causes.items(), key=lambda one: -one[1])
            if chance >= POSSIBLE
        ]
        yield f"Your figures point to: {', '.join(chances)}."
    yield weeks_words(result, narrowed)
    yield from _safety_words(result)
    yield (
        f"The ranges rest on {narrowed.n_departments} departments of {number_of(narrowed.n_structures, 'structure')} "
        f"(who is on when, who does what). They allow for noise of simulation and of measurement, and for other "
        f"differences between departments and between structures, as far as the ensemble shows them."
        + SHOWN
        * bool(narrowed.causes)
    )


def _safety_words(result: StudyResult) -> Iterator[str]:
    """A sentence on the arms that fail or may fail a limit of safety over all departments, and which; none without."""
    failed = [
        f"'{arm.label}' {limits.verb} {listed_with_and([one.margin.label for one in limits.failed])}"
        for arm in result.tried
        if (limits := limits_of(result, arm)).failed
    ]
    if failed:
        yield f"Limits of safety, over all departments: {'; '.join(failed)}."


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
