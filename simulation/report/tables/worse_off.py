"""Who is worse off: groups of patients who wait longer under an arm, and how many groups were looked at for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulation.display.table import ReportTable
from simulation.display.words import (
    SIMULATION,
    amount,
    change,
    group_words,
    measure_label,
    span,
    told_apart,
    unit_words,
)
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.multiplicity import ALPHA, holm, is_worse, p_value

WORSE_OFF_BY = {
    "acuity_true": "true level",
    "age_band": "age",
    "arrival_source": "how they came",
    "language_need": "language",
}
"""Attributes whose groups are looked at, with their names."""


@dataclass(frozen=True)
class WorseOff:
    """A group of an arm whose interval is wholly on the worse side. `holm`: significant after Holm's adjustment."""

    arm: ArmResult
    comparison: Comparison
    p: float
    holm: bool


def worse_off_groups(result: StudyResult) -> tuple[str, ...]:
    """The groups that are looked at, the user's own too, for which the first primary measure is known."""
    measure = result.design.primary[0].measure
    return tuple(
        group
        for group in told_apart(result.groups(measure))
        if group in result.own_groups or (group.split("=")[0] in WORSE_OFF_BY and not group.endswith("=1-2"))
    )


def worse_off(result: StudyResult) -> tuple[WorseOff, ...]:
    """Every group of an arm whose 95 % interval is wholly on the worse side, the surest first.

    Holm's step-down holds the chance of any false alarm over all arms and groups at 5 %.
    """
    measure = result.design.primary[0].measure
    looked_at = []
    for arm in result.others:
        for group in worse_off_groups(result):
            row = result.row(arm.name, measure, group)
            p = p_value(row)
            if not math.isnan(p):
                looked_at.append((p, arm, row))
    looked_at.sort(key=lambda group: group[0])
    significant = holm([p for p, _, _ in looked_at])
    return tuple(
        WorseOff(arm, row, p, holds)
        for (p, arm, row), holds in zip(looked_at, significant, strict=True)
        if is_worse(row)
    )


def worse_off_table(result: StudyResult) -> ReportTable | None:
    """A row for each group that is worse off under an arm; None where no groups are known."""
    groups = worse_off_groups(result)
    n_groups = len(groups)
    if not groups:
        return None
    rows = []
    for worse in worse_off(result):
        row = worse.comparison
        rows.append(
            (
                worse.arm.label,
                group_words(row.group),
                amount(row.mean, row.unit),
                change(row.difference, row.unit),
                span(row.difference_low, row.difference_high, row.unit),
                "yes" if worse.holm else "no: may be a false alarm",
                SIMULATION,
            )
        )
    n_looked_at = n_groups * len(result.others)
    measure = result.design.primary[0].measure
    label, unit = measure_label(result, measure), unit_words(result.row(result.design.baseline, measure).unit)
    by = {group.split("=")[0] for group in groups if group not in result.own_groups}
    kinds = [words for attribute, words in WORSE_OFF_BY.items() if attribute in by]
    kinds += ["your own"] if any(group in result.own_groups for group in groups) else []
    notes = [
        f"{label}, in {n_groups} group{'s' if n_groups != 1 else ''} ({', '.join(kinds)}) of {len(result.others)} "
        f"arms: {n_looked_at} looked at. If nothing had an effect, about {n_looked_at * ALPHA / 2:.1f} would show "
        f"by chance; 'significant' means after Holm's adjustment over all of them (5 % chance of any false alarm).",
    ]
    if not rows:
        notes.insert(
            0, "No group's interval is wholly on the worse side. That does not prove that nobody is worse off."
        )
    headers = ("arm", "who", "mean", "difference", "95 % interval", "significant", "uncertainty")
    return ReportTable(
        "worse_off",
        f"Who is worse off: groups whose 95 % interval is wholly on the worse side ({unit})",
        headers,
        tuple(rows),
        tuple(notes),
    )
