"""Tables by group of patients: labels, who gains and who pays, who is worse off, and whom a tool does not reach.

Two questions are kept apart. Does a group gain or lose (its own difference)? And does it gain less than others (its
difference less everybody's, paired by replication)? A tool can be good for all and still widen a gap.
"""

import math
from typing import NamedTuple

import numpy as np

from simulation.display.table import (
    Cell,
    Cells,
    ReportTable,
    crossed,
    difference_cell,
    difference_cells,
    interval_cell,
)
from simulation.display.words import (
    amount,
    attribute_of,
    false_alarms,
    group_words,
    informative_groups,
    interval_scope,
    labelled,
    measure_label,
    single_levels,
    unit_words,
)
from simulation.measures.definitions import ALL
from simulation.runs.result import ArmResult, StudyResult, kept_with_result
from simulation.statistics.compare import Comparison, compare_values
from simulation.statistics.intervals import Interval
from simulation.statistics.verdict import ALPHA, holm, is_worse, p_value
from simulation.wording import number_of, spaced

ATTRIBUTES = ("age_band", "sex", "language_need", "arrival_source")
"""Attributes by which patients are told apart; true level has a table of its own."""
WORSE_OFF_BY = {
    "acuity_true": "true level",
    "age_band": "age",
    "arrival_source": "how they came",
    "language_need": "language",
}
"""Attributes whose groups are looked at, with their names."""
# --- by true level ------------------------------------------------------------------------------------------------


def true_levels(result: StudyResult) -> tuple[str, ...]:
    """The true levels for which the first primary measure is known, most urgent first."""
    return single_levels(informative_groups(result.groups(result.first_target.measure)))


def labels_table(result: StudyResult) -> ReportTable | None:
    """How many patients get each label under each arm, as stated; None if the site's mix of levels is not known."""
    names = true_levels(result)
    if not names or any(len(arm.explanation.label_mix) != len(names) for arm in result.arms):
        return None
    cells: list[Cells] = []
    for arm in result.arms:
        shares = (
            *arm.explanation.label_mix,
            *(arm.explanation.agreement[f"{name}_share"] for name in ("exact", "under", "over")),
        )
        cells.append((arm.label, *(Cell(share, "share", style="number") for share in shares)))
    headers = (
        "arm",
        *(f"{spaced(name)}, %" for name in names),
        "right, %",
        "too low, %",
        "too high, %",
    )
    title = "How many patients get each label, and how many of these labels are right"
    note = "As stated, for the patients whom the arm labels, at their mix of true levels here: not simulated."
    return ReportTable("labels", title, headers, cells, (note,))


def by_level_table(result: StudyResult) -> ReportTable | None:
    """The first primary's difference by true level, with * where it is not the sham's; None without true levels."""
    measure, names = result.first_target.measure, true_levels(result)
    if not names:
        return None
    base = {name: result.before(measure, f"acuity_true={name}") for name in names}
    columns = [
        (f"{spaced(name)} ({amount(row.mean, row.unit)})", f"acuity_true={name}")
        for name, row in base.items()
    ]
    arms = sorted(result.others, key=lambda arm: arm.name != result.design.sham)
    notes = [
        f"In brackets: in the headings, the level under '{result.baseline.label}'; in cells, the 95 % interval "
        f"{interval_scope(result)}."
    ]
    if result.sham is not None:
        n_looked_at = (len(result.others) - 1) * len(names)
        notes.append(
            "*: differs from the sham, which has no effect: the 95 % interval of the paired difference, arm minus "
            f"sham, excludes 0. {false_alarms(n_looked_at, 'of these')}"
        )
    title = f"{measure_label(result, measure)} by TRUE level: differences, {unit_words(base[names[0]].unit)}"
    rows = [(labelled(result, arm), arm.name) for arm in arms]
    return crossed(
        ("by_level", title, "arm"),
        rows,
        columns,
        lambda arm, group: _starred(result, arm, measure, group),
        notes,
    )


def _starred(result: StudyResult, arm: str, measure: str, group: str) -> Cell:
    """A difference with its interval, and * where it is not the sham's."""
    row = result.row(arm, measure, group)
    return difference_cell(row, words="*" if outside_sham(result, row) else "")


def controls_table(result: StudyResult) -> ReportTable | None:
    """Arms less their own controls on the first primary, for everybody and by true level; None without controls."""
    if not result.controlled():
        return None
    measure, names = result.first_target.measure, true_levels(result)
    unit = result.before(measure).unit
    columns = [("everybody", ALL), *((spaced(name), f"acuity_true={name}") for name in names)]
    rows = [
        (f"{arm.label} less {control.label}", (arm.name, control.name))
        for arm, control in result.controlled()
    ]
    note = (
        f"Paired by replication, with the 95 % interval {interval_scope(result)}. The difference is due to what the "
        "control lacks. " + false_alarms(len(rows) * len(columns), "differences")
    )
    title = f"{measure_label(result, measure)}: arms minus their controls, by TRUE level, {unit_words(unit)}"
    return crossed(
        ("controls", title, "arm less its control"),
        rows,
        columns,
        lambda arms, group: interval_cell(result.against(arms[0], arms[1], measure, group), unit),
        [note],
    )


def outside_sham(result: StudyResult, row: Comparison) -> bool:
    """Whether an arm differs from the sham: the interval of their difference, paired by replication, holds no 0.

    Their intervals against the baseline cannot tell: both hold the baseline's random variates, so they may overlap
    although the arms differ, and the other way round.
    """
    if result.sham is None or row.arm == result.sham.name:
        return False
    return result.against(row.arm, result.sham.name, row.measure, row.group).excludes_zero


# --- by other groups ----------------------------------------------------------------------------------------------


def is_about_groups(result: StudyResult) -> bool:
    """Whether a target or a margin is about a group of these attributes, or of the user's own."""
    groups = [judged.group for judged in result.targets + result.design.margins]
    return any(attribute_of(group) in ATTRIBUTES or group in result.own_groups for group in groups)


def groups_of(result: StudyResult) -> tuple[str, ...]:
    """The groups of these attributes, in their order, and the user's own for which the first primary is known."""
    known = informative_groups(result.groups(result.first_target.measure))
    of_attributes = (group for name in ATTRIBUTES for group in known if attribute_of(group) == name)
    return (*of_attributes, *(group for group in known if group in result.own_groups))


def less_everybody(result: StudyResult, arm: ArmResult, group: str) -> Interval:
    """How much more (or less) than everybody a group's measure changes, paired by replication."""
    measure = result.first_target.measure
    ours, theirs = (
        np.array(
            [
                measures.value(measure, group) - measures.value(measure)
                for measures in result.measures[name]
            ]
        )
        for name in (arm.name, result.design.baseline)
    )
    return compare_values(ours, theirs, kind=result.interval_kind, department=result.department_of)


def by_group_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """Tables of differences by group, and of each less everybody's; none where no groups are known."""
    if not groups_of(result) or not result.others:
        return ()
    return differences_table(result), gaps_table(result)


def differences_table(result: StudyResult) -> ReportTable:
    """A row a group, a column an arm: the difference and its interval, and * where it is not the sham's."""
    measure, groups = result.first_target.measure, (ALL, *groups_of(result))
    notes = [f"In brackets: the 95 % interval {interval_scope(result)}."]
    if result.sham is not None:
        n = (len(groups) - 1) * (len(result.others) - 1)
        notes.append(
            "*: differs from the sham, which has no effect: the 95 % interval of the paired difference, arm minus "
            f"sham, excludes 0. {n} cells are looked at, so some stars are due to chance; 'who is worse off' allows "
            "for that."
        )

    def cell(group: str, arm: str) -> Cell:
        row = result.before(measure, group)
        is_base = arm == result.design.baseline
        return Cell(row.mean, row.unit) if is_base else _starred(result, arm, measure, group)

    unit = unit_words(result.before(measure).unit)
    title = f"Who gains and who pays: {measure_label(result, measure)}, differences in {unit}"
    rows = [(group_words(group), group) for group in groups]
    columns = [
        ("baseline", result.design.baseline),
        *((arm.label, arm.name) for arm in result.others),
    ]
    return crossed(("by_group", title, "who"), rows, columns, cell, notes)


def gaps_table(result: StudyResult) -> ReportTable:
    """A row a group, a column an arm: the group's difference less everybody's, with the interval."""
    measure, groups = result.first_target.measure, groups_of(result)
    unit = result.before(measure).unit
    n = len(groups) * len(result.others)
    by_chance = n * ALPHA
    looks = f", unadjusted: of {n} looked at, about {by_chance:.0f} would exclude 0 by chance" * (
        by_chance >= 1
    )
    note = (
        "Above 0: this group's wait gets longer by more, or shorter by less, than everybody's, so the arm shifts "
        f"waiting to this group. In brackets: the 95 % interval, paired by replication {interval_scope(result)}"
        f"{looks}."
    )
    label = measure_label(result, measure)
    title = f"Who gains less than others: {label}, a group's difference less everybody's, {unit_words(unit)}"
    return crossed(
        ("gaps", title, "who"),
        [(group_words(group), group) for group in groups],
        [(arm.label, arm) for arm in result.others],
        lambda group, arm: interval_cell(less_everybody(result, arm, group), unit),
        [note],
    )


# --- who is worse off ---------------------------------------------------------------------------------------------


class WorseOff(NamedTuple):
    """A group of an arm whose interval is wholly on the worse side. `holm`: significant after Holm's adjustment."""

    arm: ArmResult
    comparison: Comparison
    p: float
    holm: bool


def worse_off_groups(result: StudyResult) -> tuple[str, ...]:
    """The groups that are looked at, the user's own too, for which the first primary measure is known; none where so
    few departments are used that nothing is judged."""
    if result.few_departments:
        return ()
    measure = result.first_target.measure
    return tuple(
        group
        for group in informative_groups(result.groups(measure))
        if group in result.own_groups or attribute_of(group) in WORSE_OFF_BY
    )


@kept_with_result
def worse_off(result: StudyResult) -> tuple[WorseOff, ...]:
    """Every group of an arm whose 95 % interval is wholly on the worse side, the surest first.

    Holm's step-down holds the chance of any false alarm over all arms and groups at 5 %.
    """
    measure = result.first_target.measure
    rows = (
        result.row(arm.name, measure, group)
        for arm in result.others
        for group in worse_off_groups(result)
    )
    looked_at = sorted(
        ((p, row) for row in rows if not math.isnan(p := p_value(row))), key=lambda pair: pair[0]
    )
    return tuple(
        WorseOff(result.arm(row.arm), row, p, holds)
        for (p, row), holds in zip(looked_at, holm([p for p, _ in looked_at]), strict=True)
        if is_worse(row)
    )


def worse_off_table(result: StudyResult) -> ReportTable | None:
    """A row for each group that is worse off under an arm; None where no groups are known."""
    groups = worse_off_groups(result)
    if not groups:
        return None
    cells: list[Cells] = []
    for worse in worse_off(result):
        row, significant = worse.comparison, "yes" if worse.holm else "no: may be a false alarm"
        what = (group_words(row.group), Cell(row.mean, row.unit), *difference_cells(row))
        cells.append((worse.arm.label, *what, significant))
    n_looked_at = len(groups) * len(result.others)
    measure = result.first_target.measure
    label, unit = measure_label(result, measure), unit_words(result.before(measure).unit)
    by = {attribute_of(group) for group in groups if group not in result.own_groups}
    kinds = [words for attribute, words in WORSE_OFF_BY.items() if attribute in by]
    kinds += ["your own"] if any(group in result.own_groups for group in groups) else []
    notes = [
        f"{label}, in {number_of(len(groups), 'group')} ({', '.join(kinds)}) of {len(result.others)} "
        f"arms: {n_looked_at} looked at. If nothing had an effect, about {n_looked_at * ALPHA / 2:.1f} would show "
        f"by chance; 'significant' means after Holm's adjustment over all of them (5 % chance of any false alarm)."
    ]
    if not cells:
        notes.insert(
            0,
            "No group's interval is wholly on the worse side. That does not prove that nobody is worse off.",
        )
    headers = (
        "arm",
        "who",
        "mean",
        "difference",
        f"95 % interval {interval_scope(result)}",
        "significant",
    )
    title = f"Who is worse off: groups whose 95 % interval is wholly on the worse side ({unit})"
    return ReportTable("worse_off", title, headers, cells, notes)
