"""Tables by true level: how many get each label and how many are right, and who waits longer than under sham and
control."""

from __future__ import annotations

from simulation.display.table import ReportTable
from simulation.display.words import (
    amount,
    difference_text,
    false_alarms,
    interval_text,
    labelled,
    measure_label,
    told_apart,
    unit_words,
)
from simulation.run.result import StudyResult
from simulation.statistics.compare import Comparison


def true_levels(result: StudyResult) -> tuple[str, ...]:
    """The true levels for which the first primary measure is known, most urgent first."""
    groups = told_apart(result.groups(result.design.primary[0].measure))
    singles = [group for group in groups if group.startswith("acuity_true=") and not group.endswith("=1-2")]
    return tuple(group.split("=", 1)[1] for group in singles)


def labels_table(result: StudyResult) -> ReportTable | None:
    """How many patients get each label under each arm, as stated; None if the site's mix of levels is not known."""
    names = true_levels(result)
    if not names or any(len(arm.label_mix) != len(names) for arm in result.arms):
        return None
    rows = []
    for arm in result.arms:
        exact, under, over = (arm.agreement[f"{name}_share"] for name in ("exact", "under", "over"))
        rows.append((arm.label, *(f"{100 * share:.1f}" for share in (*arm.label_mix, exact, under, over))))
    headers = ("arm", *(f"{name.replace('_', ' ')}, %" for name in names), "right, %", "too low, %", "too high, %")
    note = "As stated, for the patients whom the arm labels, at their mix of true levels here: not simulated."
    return ReportTable(
        "labels",
        "How many patients get each label, and how many of these labels are right",
        headers,
        tuple(rows),
        (note,),
    )


def by_level_table(result: StudyResult) -> ReportTable | None:
    """The first primary's difference by true level, with * where it is not the sham's; None without true levels."""
    measure, names = result.design.primary[0].measure, true_levels(result)
    if not names:
        return None
    rows = []
    for arm in sorted(result.others, key=lambda arm: arm.name != result.design.sham):
        by_level = [result.row(arm.name, measure, f"acuity_true={name}") for name in names]
        cells = [difference_text(row) + (" *" if outside_sham(result, row) else "") for row in by_level]
        rows.append((labelled(result, arm), *cells))
    base = [result.row(result.design.baseline, measure, f"acuity_true={name}") for name in names]
    headers = (
        "arm",
        *(f"{name.replace('_', ' ')} ({amount(row.mean, row.unit)})" for name, row in zip(names, base, strict=True)),
    )
    unit = unit_words(base[0].unit)
    label = measure_label(result, measure)
    notes = [
        f"In brackets: in the headings, the level under '{result.baseline.label}'; in cells, the 95 % interval "
        f"(simulation noise only)."
    ]
    if result.sham is not None:
        n_looked_at = (len(result.others) - 1) * len(names)
        notes.append(
            "*: differs from the sham, which has no effect: the 95 % interval of the paired difference, arm minus "
            f"sham, excludes 0. {false_alarms(n_looked_at, 'of these')}"
        )
    return ReportTable("by_level", f"{label} by TRUE level: differences, {unit}", headers, tuple(rows), tuple(notes))


def controls_table(result: StudyResult) -> ReportTable | None:
    """Arms less their own controls on the first primary, for everybody and by true level; None without controls."""
    if not result.controlled():
        return None
    measure = result.design.primary[0].measure
    names = true_levels(result)
    groups = ("all", *(f"acuity_true={name}" for name in names))
    unit = result.row(result.design.baseline, measure).unit
    rows = []
    for arm, control in result.controlled():
        cells = (interval_text(result.against(arm.name, control.name, measure, group), unit) for group in groups)
        rows.append((f"{arm.label} less {control.label}", *cells))
    headers = ("arm less its control", "everybody", *(name.replace("_", " ") for name in names))
    title = f"{measure_label(result, measure)}: arms minus their controls, by TRUE level, {unit_words(unit)}"
    note = (
        "Paired by replication, with the 95 % interval (simulation noise only). The difference is due to what the "
        "control lacks. " + false_alarms(len(rows) * len(groups), "differences")
    )
    return ReportTable("controls", title, headers, tuple(rows), (note,))


def outside_sham(result: StudyResult, row: Comparison) -> bool:
    """Whether an arm differs from the sham: the interval of their difference, paired by replication, holds no 0.

    Their intervals against the baseline cannot tell: both hold the baseline's random variates, so they may overlap
    although the arms differ, and the other way round.
    """
    if result.sham is None or row.arm == result.sham.name:
        return False
    return result.against(row.arm, result.sham.name, row.measure, row.group).excludes_zero
