"""Who gains and who pays: the first primary measure's difference in each group of patients, against the sham band.

Two questions are kept apart. Does a group gain or lose (its own difference)? And does it gain less than others (its
difference less everybody's, paired by replication)? A tool can be good for all and still widen a gap.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simulation.display.table import ReportTable
from simulation.display.words import (
    amount,
    difference_text,
    group_words,
    interval_text,
    measure_label,
    told_apart,
    unit_words,
)
from simulation.report.tables.levels import outside_sham
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.compare import compare
from simulation.statistics.intervals import Interval
from simulation.statistics.multiplicity import ALPHA

ATTRIBUTES: Mapping[str, str] = {
    "age_band": "age",
    "sex": "sex",
    "language_need": "language",
    "arrival_source": "how they came",
}
"""Attributes by which patients are told apart, with their names; true level has a table of its own."""


def is_asked(result: StudyResult) -> bool:
    """Whether a target or a margin is about a group of these attributes, or of the user's own."""
    groups = [*(target.group for target in result.targets), *(margin.group for margin in result.design.margins)]
    return any(group.split("=")[0] in ATTRIBUTES or group in result.own_groups for group in groups)


def groups_of(result: StudyResult) -> tuple[str, ...]:
    """The groups of these attributes, in their order, and the user's own for which the first primary is known."""
    known = told_apart(result.groups(result.design.primary[0].measure))
    of_attributes = (group for name in ATTRIBUTES for group in known if group.split("=")[0] == name)
    return (*of_attributes, *(group for group in known if group in result.own_groups))


def less_everybody(result: StudyResult, arm: ArmResult, group: str) -> Interval:
    """How much more (or less) than everybody a group's measure changes, paired by replication."""
    measure = result.design.primary[0].measure
    ours, theirs = (
        np.array([measures.value(measure, group) - measures.value(measure) for measures in result.measures[name]])
        for name in (arm.name, result.design.baseline)
    )
    return compare(ours, theirs, kind=result.interval_kind, department=result.department_of)


def by_group_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """Tables of differences by group, and of each less everybody's; none where no groups are known."""
    if not groups_of(result) or not result.others:
        return ()
    return differences_table(result), gaps_table(result)


def differences_table(result: StudyResult) -> ReportTable:
    """A row a group, a column an arm: the difference and its interval, and * where it is not the sham's."""
    measure = result.design.primary[0].measure
    rows = []
    for group in ("all", *groups_of(result)):
        base = result.row(result.design.baseline, measure, group)
        cells = []
        for arm in result.others:
            row = result.row(arm.name, measure, group)
            star = " *" if outside_sham(result, row) else ""
            cells.append(f"{difference_text(row)}{star}")
        rows.append((group_words(group), amount(base.mean, base.unit), *cells))
    unit = unit_words(result.row(result.design.baseline, measure).unit)
    label = measure_label(result, measure)
    notes = ["In brackets: the 95 % interval (simulation noise only)."]
    if result.sham is not None:
        n = (len(rows) - 1) * (len(result.others) - 1)
        notes.append(
            "*: differs from the sham, which has no effect: the 95 % interval of the paired difference, arm minus "
            f"sham, excludes 0. {n} cells are looked at, so some stars are due to chance; 'who is worse off' allows "
            "for that."
        )
    headers = ("who", "baseline", *(arm.label for arm in result.others))
    return ReportTable(
        "by_group", f"Who gains and who pays: {label}, differences in {unit}", headers, tuple(rows), tuple(notes)
    )


def gaps_table(result: StudyResult) -> ReportTable:
    """A row a group, a column an arm: the group's difference less everybody's, with the interval."""
    measure = result.design.primary[0].measure
    unit = result.row(result.design.baseline, measure).unit
    rows = [
        (group_words(group), *(interval_text(less_everybody(result, arm, group), unit) for arm in result.others))
        for group in groups_of(result)
    ]
    headers, n = ("who", *(arm.label for arm in result.others)), len(rows) * len(result.others)
    by_chance = n * ALPHA
    looks = f", unadjusted: of {n} looked at, about {by_chance:.0f} would exclude 0 by chance" * (by_chance >= 1)
    note = (
        "Above 0: this group's wait gets longer by more, or shorter by less, than everybody's, so the arm shifts "
        "waiting to this group. In brackets: the 95 % interval, paired by replication (simulation noise only)"
        f"{looks}."
    )
    label = measure_label(result, measure)
    title = f"Who gains less than others: {label}, a group's difference less everybody's, {unit_words(unit)}"
    return ReportTable("gaps", title, headers, tuple(rows), (note,))
