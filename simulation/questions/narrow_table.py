"""The answer for departments of which some figures are known, as `aeflow narrow` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.department.own_measures import Better
from simulation.display.measured import limits_of
from simulation.display.table import ReportTable
from simulation.display.words import (
    amount,
    change,
    figure_words,
    labelled,
    listed_with_and,
    season_words,
    span,
    unit_words,
    with_span,
)
from simulation.patients import DAYS_IN_YEAR
from simulation.questions.narrow import NarrowedEffects
from simulation.questions.narrow_statistics import LEVEL
from simulation.questions.what_decides import unit_of
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.verdict import direction_words, threshold
from simulation.study.design import Target

RANGE = f"{100 * LEVEL:.0f} %"
Effect = tuple[float, float, float]
"""A mean or median, and the ends of a range."""


def narrowed_tables(result: StudyResult, narrowed: NarrowedEffects) -> tuple[ReportTable, ...]:
    """A table for each target: the effect of every arm in all departments, and in those with these figures."""
    return tuple(_table(result, narrowed, target) for target in result.targets)


def _table(result: StudyResult, narrowed: NarrowedEffects, target: Target) -> ReportTable:
    rows, unit = [], unit_of(result, target)
    for arm in result.others:
        everywhere, narrow = _effects(narrowed, arm.name, target)
        words = range_words(*narrow[1:], target.minimal_important_difference, unit, result.better(target))
        rows.append((labelled(result, arm), with_span(*everywhere, unit), with_span(*narrow, unit), words))
    headers = ("arm", f"all departments, {unit_words(unit)}", "departments with these figures", "effect here")
    notes = (
        f"All departments: median (5th to 95th percentile) of {narrowed.n_departments}, simulation noise removed. "
        f"With these figures: the expected effect (range of {RANGE} of such departments), for each arm by itself.",
    )
    kind = f"narrowed_{target.measure}_{target.group}"
    return ReportTable(kind, f"{target.label}: difference from '{result.baseline.label}'", headers, tuple(rows), notes)


def _effects(narrowed: NarrowedEffects, arm: str, target: Target) -> tuple[Effect, Effect]:
    """The effect of an arm in all departments, and in those with these figures."""
    at, effects = narrowed.of(arm, target), narrowed.found
    everywhere = float(effects.before[at]), float(effects.before_low[at]), float(effects.before_high[at])
    return everywhere, (float(effects.mean[at]), float(effects.low[at]), float(effects.high[at]))


def range_words(low: float, high: float, matters: float, unit: str, better: Better) -> str:
    """What the range of a difference says against the least that matters, in a verdict's words and by its rules."""
    important = threshold(matters, unit)
    if low > 0 or high < 0:
        nearest, furthest = sorted((abs(low), abs(high)))
        by = "by more than" if nearest >= matters else "by less than" if furthest < matters else "perhaps by less than"
        return f"{direction_words(unit, better, down=high < 0)}, {by} {important}"
    if -matters < low and high < matters:
        return f"no change beyond {important}"
    return "not settled by these figures"


def narrowed_sentences(result: StudyResult, narrowed: NarrowedEffects) -> Iterator[str]:
    """Sentences on the figures, on their weeks, on the effect of each arm on the first target, and on the ranges."""
    figures = [
        f"{figure_words(name, inside=True)} {amount(figure.value, name.unit)} over {figure.days:g} days (departments "
        f"of the run: {amount(low, name.unit)} to {amount(high, name.unit)})"
        for name, figure, (low, high) in zip(narrowed.names, narrowed.observed.figures, narrowed.seen, strict=True)
    ]
    yield f"Read at {'; '.join(figures)}."
    yield weeks_words(result, narrowed)
    target = result.design.primary[0]
    unit = unit_of(result, target)
    for arm in result.others:
        if arm.name == result.design.sham:
            continue
        everywhere, (expected, low, high) = _effects(narrowed, arm.name, target)
        words = range_words(low, high, target.minimal_important_difference, unit, result.better(target))
        yield (
            f"'{arm.label}', {target.label}: {words}. "
            f"{change(expected, unit)} {unit_words(unit)} are expected, and {RANGE} of departments with these figures "
            f"have {span(low, high, unit)}; of all departments {RANGE} have {span(*everywhere[1:], unit)}."
            f"{_safety_words(result, arm)}"
        )
    yield (
        f"The ranges rest on {narrowed.found.n_near:.0f} of {narrowed.n_departments} departments, weighted by how "
        f"near they are to these figures. They allow for noise of simulation and of measurement, and for other "
        f"differences between departments, as far as the ensemble shows them."
    )


def _safety_words(result: StudyResult, arm: ArmResult) -> str:
    """' It fails 2 safety limits over all departments: see the report.'; empty if it fails none."""
    limits, _ = limits_of(result, arm)
    for kind, verb in (("inferior", "fails"), ("worse", "may fail")):
        failed = [f"'{safety.margin.label}'" for safety in limits if safety.judgement.kind == kind]
        if failed:
            how_many = "a safety limit" if len(failed) == 1 else f"{len(failed)} safety limits"
            return f" Over all departments it {verb} {how_many} ({listed_with_and(failed)}): see the report."
    return ""


def weeks_words(result: StudyResult, narrowed: NarrowedEffects) -> str:
    """A sentence on whether the run measured the weeks that the figures are from; if not, what was done about it."""
    run, observed = result.run, narrowed.observed
    days = {figure.days for figure in observed.figures}
    if run.measured_days >= DAYS_IN_YEAR and min(days) >= DAYS_IN_YEAR:
        return "The same weeks are compared: whole years."
    if run.start_week is not None and run.start_week == observed.week and days == {run.measured_days}:
        return f"The same weeks are compared: {run.measured_days} days from week {run.start_week} of the year."
    season = season_words(run, (replication.replication for replication in result.replications))
    ours = f"{run.measured_days} days {season}".rstrip()
    lengths = " to ".join(f"{n:g}" for n in sorted({min(days), max(days)}))
    when = "from a time of year that is not stated" if observed.week is None else f"from week {observed.week}"
    allowed = (
        "replications of a department begin in different weeks, so the effect of the season on a figure counts as noise"
        if run.is_balanced
        else "the effect of the season on a figure is not allowed for"
    )
    return f"The weeks compared are not the same: the run's are {ours}, the figures' {lengths} days {when}; {allowed}."
