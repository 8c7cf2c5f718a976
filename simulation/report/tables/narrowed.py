"""The answer where some figures of a department are known, as `aeflow narrow` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.analysis.narrow import LEVEL
from simulation.analysis.verdict import direction_words, threshold
from simulation.draws import DAYS_IN_YEAR
from simulation.experiment.result import StudyResult
from simulation.inquiry.decides import unit_of
from simulation.inquiry.narrowed import NarrowedEffects
from simulation.pathway.own_measures import Better
from simulation.report.tables.table import ReportTable
from simulation.report.words import amount, change, figure_words, labelled, season_words, span, unit_words, with_span
from simulation.study.design import Target

RANGE = f"{100 * LEVEL:.0f} %"


def narrowed_tables(result: StudyResult, found: NarrowedEffects) -> tuple[ReportTable, ...]:
    """For each target, the effect of every arm in all departments and in those with these figures."""
    return tuple(_table(result, found, target) for target in result.targets)


def _table(result: StudyResult, found: NarrowedEffects, target: Target) -> ReportTable:
    rows, unit = [], unit_of(result, target)
    for arm in result.others:
        at, numbers = found.of(arm.name, target), found.found
        before, before_low, before_high = (
            float(each[at]) for each in (numbers.before, numbers.before_low, numbers.before_high)
        )
        mean, low, high = (float(each[at]) for each in (numbers.mean, numbers.low, numbers.high))
        rows.append(
            (
                labelled(result, arm),
                with_span(before, before_low, before_high, unit),
                with_span(mean, low, high, unit),
                range_words(low, high, target.minimal_important_difference, unit, result.better(target)),
            )
        )
    headers = ("arm", f"all departments, {unit_words(unit)}", "departments with these figures", "so here it is")
    notes = (
        f"All departments: median (5th to 95th percentile) of {found.n_departments}, simulation noise removed. With "
        f"these figures: what is expected ({RANGE} of such departments), for each arm by itself.",
    )
    kind = f"narrowed_{target.measure}_{target.group}"
    return ReportTable(kind, f"{target.label}: difference from '{result.baseline.label}'", headers, tuple(rows), notes)


def range_words(low: float, high: float, matters: float, unit: str, better: Better) -> str:
    """What the range of a difference says against the least that matters: the rules of a verdict, in the same words.

    Wholly on one side of 0: that way, by more or less than what matters, or perhaps less. Wholly within what matters
    on both sides: no change beyond it. Else these figures do not settle it.
    """
    important = threshold(matters, unit)
    if low > 0 or high < 0:
        nearest, furthest = sorted((abs(low), abs(high)))
        by = "by more than" if nearest >= matters else "by less than" if furthest < matters else "perhaps by less than"
        return f"{direction_words(unit, better, down=high < 0)}, {by} {important}"
    if -matters < low and high < matters:
        return f"no change beyond {important}"
    return "not settled by these figures"


def narrowed_sentences(result: StudyResult, found: NarrowedEffects) -> Iterator[str]:
    """The answer in words: what was measured, which weeks, then each arm on the first target."""
    told = [
        f"{figure_words(name, inside=True)} {amount(figure.value, name.unit)} over {figure.days:g} days (departments "
        f"of the run: {amount(low, name.unit)} to {amount(high, name.unit)})"
        for name, figure, (low, high) in zip(found.names, found.observed.figures, found.seen, strict=True)
    ]
    yield f"Read at {'; '.join(told)}."
    yield weeks_words(result, found)
    target = result.design.primary[0]
    unit = unit_of(result, target)
    for arm in result.others:
        if arm.name == result.design.sham:
            continue
        at, numbers = found.of(arm.name, target), found.found
        low, high = float(numbers.low[at]), float(numbers.high[at])
        before = span(float(numbers.before_low[at]), float(numbers.before_high[at]), unit)
        expected = f"{change(float(numbers.mean[at]), unit)} {unit_words(unit)}"
        so = range_words(low, high, target.minimal_important_difference, unit, result.better(target))
        yield (
            f"'{arm.label}', {target.label}: {so}. "
            f"{expected} are expected, and {RANGE} of departments with these figures have "
            f"{span(low, high, unit)}; of all departments {RANGE} have {before}."
        )
    yield (
        f"The ranges rest on {found.found.n_near:.0f} of {found.n_departments} departments, counted by how near they "
        "are to these figures. They hold what simulation and measuring leave in doubt, and how departments differ "
        "otherwise as far as those of the ensemble do."
    )


def weeks_words(result: StudyResult, found: NarrowedEffects) -> str:
    """Whether the run measured the weeks that the figures are from; if not, what was done about it."""
    run, observed = result.run, found.observed
    days = {figure.days for figure in observed.figures}
    if run.measured_days >= DAYS_IN_YEAR and min(days) >= DAYS_IN_YEAR:
        return "The same weeks are compared: whole years."
    if run.start_week is not None and run.start_week == observed.week and days == {run.measured_days}:
        return f"The same weeks are compared: {run.measured_days} days from week {run.start_week} of the year."
    ours = f"{run.measured_days} days {season_words(run, (each.replication for each in result.replications))}".rstrip()
    lengths = " to ".join(f"{each:g}" for each in sorted({min(days), max(days)}))
    when = "of a time of year that is not stated" if observed.week is None else f"from week {observed.week}"
    allowed = (
        "replications of a department begin in different weeks, so what the season does to a figure counts as noise"
        if run.is_balanced
        else "what the season does to a figure is not allowed for"
    )
    return f"Not the same weeks are compared: the run's are {ours}, the figures' {lengths} days {when}; {allowed}."
