"""Who gains and who pays: the first primary measure's difference in each group of patients, against the sham band.

Two questions are kept apart. Does a group gain or lose (its own difference)? And does it gain less than others (its
difference less everybody's, paired by replication)? A tool can be good for all and still widen a gap.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simulation.analysis.compare import Interval, compare
from simulation.report.inputs import ReportArm, ReportInputs
from simulation.report.tables.levels import outside_sham
from simulation.report.tables.table import ReportTable
from simulation.report.words import MEASURE_LABELS, amount, change, group_words, span, unit_words

ATTRIBUTES: Mapping[str, str] = {
    "age_band": "age",
    "sex": "sex",
    "language_need": "language",
    "stream": "how they came",
}
"""What patients are told apart by, true level aside, which has a table of its own; and its name in words."""


def is_asked(inputs: ReportInputs) -> bool:
    """Whether the study is about groups: a target or a margin names one of the attributes."""
    stated = [*(each.group for each in inputs.targets), *(each.group for each in inputs.design.margins)]
    return any(group.split("=")[0] in ATTRIBUTES for group in stated)


def groups_of(inputs: ReportInputs) -> tuple[str, ...]:
    """The groups of these attributes that the first primary measure is given for, attribute by attribute."""
    known = inputs.groups(inputs.design.primary[0].measure)
    return tuple(group for name in ATTRIBUTES for group in known if group.split("=")[0] == name)


def less_everybody(inputs: ReportInputs, arm: ReportArm, group: str) -> Interval:
    """How much more (or less) than everybody a group's measure changes, paired by replication."""
    measure = inputs.design.primary[0].measure
    ours, theirs = (
        np.array([each.value(measure, group) - each.value(measure) for each in inputs.measures[name]])
        for name in (arm.name, inputs.design.baseline)
    )
    return compare(ours, theirs, kind=inputs.interval_kind)


def by_group_tables(inputs: ReportInputs) -> tuple[ReportTable, ...]:
    """Differences by group, and by how much each differs from everybody's; nothing where no groups are known."""
    if not groups_of(inputs) or not inputs.others:
        return ()
    return differences_table(inputs), gaps_table(inputs)


def differences_table(inputs: ReportInputs) -> ReportTable:
    """One row a group, one column an arm: the difference and its interval; * where it leaves the sham's."""
    measure = inputs.design.primary[0].measure
    rows = []
    for group in ("all", *groups_of(inputs)):
        base = inputs.row(inputs.design.baseline, measure, group)
        cells = []
        for arm in inputs.others:
            row = inputs.row(arm.name, measure, group)
            star = " *" if outside_sham(inputs, row) else ""
            cells.append(f"{_cell(row.difference, row.difference_low, row.difference_high, row.unit)}{star}")
        rows.append((group_words(group), amount(base.mean, base.unit), *cells))
    unit = unit_words(inputs.row(inputs.design.baseline, measure).unit)
    label = MEASURE_LABELS.get(measure, measure)
    notes = ["In brackets the 95 % interval (simulation noise only)."]
    if inputs.sham is not None:
        n = (len(rows) - 1) * (len(inputs.others) - 1)
        notes.append(
            "*: the interval lies wholly outside the sham's for the same group, which has no effect but chance. "
            f"{n} cells are looked at, so some stars are chance; 'who is worse off' allows for that."
        )
    headers = ("who", "baseline", *(arm.label for arm in inputs.others))
    return ReportTable(
        "by_group", f"Who gains and who pays: {label}, differences in {unit}", headers, tuple(rows), tuple(notes)
    )


def gaps_table(inputs: ReportInputs) -> ReportTable:
    """One row a group, one column an arm: its difference less everybody's, with the interval."""
    measure = inputs.design.primary[0].measure
    unit = inputs.row(inputs.design.baseline, measure).unit
    rows = []
    for group in groups_of(inputs):
        found = [less_everybody(inputs, arm, group) for arm in inputs.others]
        rows.append((group_words(group), *(_cell(each.mean, each.low, each.high, unit) for each in found)))
    headers = ("who", *(arm.label for arm in inputs.others))
    note = (
        "Above 0: this group's wait gets longer by more, or shorter by less, than everybody's, so it moves waiting "
        "towards it. In brackets the 95 % interval, paired by replication (simulation noise only)."
    )
    label = MEASURE_LABELS.get(measure, measure)
    title = f"Who gains less than others: {label}, a group's difference less everybody's, {unit_words(unit)}"
    return ReportTable("gaps", title, headers, tuple(rows), (note,))


def _cell(mean: float, low: float, high: float, unit: str) -> str:
    return f"{change(mean, unit)} ({span(low, high, unit)})"
