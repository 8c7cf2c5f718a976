"""What was found besides the first page, a sentence at a time: levers, controls, spillover, who waits longer, how busy
staff are. Each rests on intervals and verdicts, none goes beyond them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulation.analysis.compare import Comparison
from simulation.experiment.arm_result import ArmResult
from simulation.experiment.result import StudyResult
from simulation.report.outcomes import rests_on_claim
from simulation.report.tables.coverage import spillover_reason
from simulation.report.tables.decomposition import decomposition_of, decomposition_sentences, joint_arm
from simulation.report.tables.worse_off import WorseOff, worse_off, worse_off_groups
from simulation.report.words import change, group_words, interval_text, listed_with_and, measure_label, span, unit_words

MOST = 3
"""Groups that the answer names before it says how many more there are."""
BUSY_FROM, BUSY_TO = 10, 23
"""Clock hours between which a department is busy."""


def findings(result: StudyResult) -> Iterator[str]:
    """What else was found, a sentence at a time; nothing of one arm alone."""
    by_lever = tuple(decomposition_sentences(result, claimed=_joint_is_claimed(result)))
    result = result.shown
    if not result.others:
        return
    yield from by_lever
    yield from _control_sentences(result)
    yield from _spillover_sentences(result)
    yield from _worse_off_sentences(result)
    yield from _busy_sentence(result)


def _spillover_sentences(result: StudyResult) -> Iterator[str]:
    """What the tool does to those it covers, to those it never sees, and to all."""
    target = result.design.primary[0]
    parts = {part.name: part for part in result.spillover(target.measure)}
    if not {"direct", "spillover", "total"} <= set(parts):
        return
    unit = result.row(result.design.baseline, target.measure).unit
    label = measure_label(result, target.measure)
    direct, spillover, total = (
        interval_text(each, unit) for each in (parts[name].difference for name in ("direct", "spillover", "total"))
    )
    yield (
        f"{label}, in {unit_words(unit)}: direct effect on the covered {direct}, spillover on patients whom the tool "
        f"never sees {spillover}, total effect of covering everybody {total}."
    )
    reason = spillover_reason(result)
    if reason is not None:
        yield reason


def _named(arm: ArmResult, row: Comparison) -> str:
    return f"'{arm.label}' ({change(row.difference, row.unit)})"


def _worse_off_sentences(result: StudyResult) -> Iterator[str]:
    """The groups that wait longer under most arms, each with those arms."""
    if not worse_off_groups(result):
        return
    found = [each for each in worse_off(result) if each.holm]
    n_looked_at = len(worse_off_groups(result)) * len(result.others)
    if not found:
        yield (
            f"No group of patients stands out as waiting longer once the {n_looked_at} looked at are allowed for, "
            "which is not proof that nobody does."
        )
        return
    by_group: dict[str, list[WorseOff]] = {}
    for each in found:
        by_group.setdefault(each.comparison.group, []).append(each)
    most = sorted(
        by_group, key=lambda group: (-len(by_group[group]), -max(e.comparison.difference for e in by_group[group]))
    )
    n_told = 0
    for group in most[:MOST]:
        arms = sorted(by_group[group], key=lambda each: -each.comparison.difference)
        n_told += len(arms)
        named = [_named(each.arm, each.comparison) for each in arms]
        yield f"Wait longer, {group_words(group)}, minutes: {listed_with_and(named)}."
    if len(found) > n_told:
        yield (
            f"{len(found) - n_told} more groups and arms are in the table of who is worse off; all {n_looked_at} that "
            "were looked at are allowed for."
        )


def _control_sentences(result: StudyResult) -> Iterator[str]:
    """What an arm does beyond its own control, on every primary."""
    for arm, control in result.controlled():
        told = []
        for target in result.design.primary:
            unit = result.row(arm.name, target.measure, target.group).unit
            found = result.against(arm.name, control.name, target.measure, target.group)
            told.append(
                f"{target.label} {change(found.mean, unit)} {unit_words(unit)} ({span(found.low, found.high, unit)})"
            )
        yield f"'{arm.label}' less its control '{control.label}': {'; '.join(told)}."


def _joint_is_claimed(result: StudyResult) -> bool:
    """Whether all levers together rest on a claim."""
    return bool(decomposition_of(result)) and rests_on_claim(result.arm(joint_arm(result)))


def _busy_sentence(result: StudyResult) -> Iterator[str]:
    """How busy staff are by day under the baseline. Which resource binds is not known from that, and not said."""
    day = result.baseline.day
    busy = {
        pool: float(np.nanmean(hours))
        for number, pool in enumerate(day.pools)
        if result.roles.get(pool) in ("clinician", "nurse")
        and not np.isnan(hours := day.busy[number, BUSY_FROM:BUSY_TO]).all()  # never on duty then: no share
    }
    told = [f"{pool.replace('_', ' ')} {100 * busy[pool]:.0f} %" for pool in sorted(busy, key=lambda each: -busy[each])]
    if told:
        yield (
            f"How busy staff are from {BUSY_FROM} to {BUSY_TO} h: {listed_with_and(told)}. What a minute saved is "
            "worth depends on which resource binds (staff, places or beds); that does not follow from how busy they "
            "are, it differs from place to place, and no public data say it."
        )
