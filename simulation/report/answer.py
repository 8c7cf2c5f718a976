"""The answer in words: a sentence at a time, each resting on intervals and verdicts, none going beyond them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from simulation.analysis.compare import Comparison
from simulation.analysis.verdict import IDENTICAL, threshold
from simulation.experiment.arm_result import ArmResult
from simulation.experiment.comparisons import Finding
from simulation.experiment.result import StudyResult
from simulation.explain.statements import walk
from simulation.report.tables.coverage import spillover_reason
from simulation.report.tables.decomposition import decomposition_of, decomposition_sentences, joint_arm
from simulation.report.tables.over_departments import over_sentences
from simulation.report.tables.ranking import per_100k, priced, ranked
from simulation.report.tables.worse_off import WorseOff, worse_off, worse_off_groups
from simulation.report.words import amount, change, effect, group_words, measure_label, span, unit_words
from simulation.study.design import Target

MOST = 3
"""Groups that the answer names before it says how many more there are."""
BUSY_FROM, BUSY_TO = 10, 23
"""Clock hours between which a department is busy."""

KINDS = ("better", "worse", "changed", "no change", "cannot tell")
"""What a cell of the answer can say; 'changed' of a measure that is neither better lower nor higher."""
SIZES = {"more": "by more than", "less": "by less than", "open": "perhaps by less than"}


def answer(result: StudyResult) -> Iterator[str]:
    """The answer, a sentence at a time; each rests on intervals and verdicts, none goes beyond them."""
    by_lever = tuple(decomposition_sentences(result, claimed=_joint_is_claimed(result)))
    result = result.shown
    if not result.others:
        target = result.design.primary[0]
        base = result.row(result.design.baseline, target.measure, target.group)
        yield (
            f"'{result.baseline.label}' was run alone, so nothing is compared. "
            f"{target.label}: {amount(base.mean, base.unit)}."
        )
        return
    yield from over_sentences(result)
    n_arms = len(told_arms(result))
    sham = " and with a sham that has no effect" if result.sham is not None else ""
    yield f"'{result.baseline.label}' was compared with {n_arms} alternative{'s' if n_arms != 1 else ''}{sham}."
    yield from (f"{words}." for words in result.study.left_out)
    for target in result.targets:
        yield _target_sentence(result, target)
    yield from by_lever
    yield from _control_sentences(result)
    if result.design.margins:
        yield _safety_sentence(result)
    yield from _spillover_sentences(result)
    yield from _worse_off_sentences(result)
    yield from _better_sentences(result)
    yield from _busy_sentence(result)
    n_assumed = sum(each.evidence == "assumed" for each in result.statements)
    departments = result.study.departments
    rest = " that this run does not vary"
    if departments is not None:
        rest = f". The departments differ in {departments.n_varied} values; the others are the same in all of them"
    yield f"Intervals are about simulation noise only: the answer rests on {n_assumed} assumptions{rest}."


def _spillover_sentences(result: StudyResult) -> Iterator[str]:
    """What the tool does to those it covers, to those it never sees, and to all."""
    target = result.design.primary[0]
    parts = {part.name: part for part in result.spillover(target.measure)}
    if not {"direct", "spillover", "total"} <= set(parts):
        return
    unit = result.row(result.design.baseline, target.measure).unit
    label = measure_label(result, target.measure)
    direct, spillover, total = (
        f"{change(each.mean, unit)} ({span(each.low, each.high, unit)})"
        for each in (parts[name].difference for name in ("direct", "spillover", "total"))
    )
    yield (
        f"{label}, in {unit_words(unit)}: direct effect on the covered {direct}, spillover on patients whom the tool "
        f"never sees {spillover}, total effect of covering everybody {total}."
    )
    reason = spillover_reason(result)
    if reason is not None:
        yield reason


def told_arms(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms that the answer is about: neither the baseline nor the sham."""
    return tuple(arm for arm in result.others if arm.name != result.design.sham)


def _target_sentence(result: StudyResult, target: Target) -> str:
    """Which arms are better and worse on a target, by enough to matter or by less, and how many are neither."""
    base = result.row(result.design.baseline, target.measure, target.group)
    important = threshold(target.minimal_important_difference, base.unit)
    told: dict[str, list[str]] = {}
    counts = Counter[str]()
    for arm in told_arms(result):
        finding = result.finding(arm.name, target)
        kind, size = kind_of(finding), finding.verdict.size
        if size is None:
            counts[kind] += 1
            continue
        way = ("lower" if finding.verdict.kind == "cuts" else "higher") if kind == "changed" else kind
        told.setdefault(f"{way} {SIZES[size]} {important}", []).append(_named(arm, finding.comparison))
    parts = [f"{how}: {_listed(told[how])}" for how in sorted(told)]
    if counts["no change"]:
        parts.append(f"{counts['no change']} without a change beyond {important}")
    if counts["cannot tell"]:
        parts.append(f"{counts['cannot tell']} not settled by {result.run.replications} replications")
    words = "; ".join(parts) or "no arm to compare"
    return f"{target.label} ({amount(base.mean, base.unit)} under the baseline), {words}."


def _named(arm: ArmResult, row: Comparison) -> str:
    return f"'{arm.label}' ({change(row.difference, row.unit)})"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def kind_of(finding: Finding) -> str:
    """One of `KINDS`: which way the verdict points."""
    kind = finding.verdict.kind
    if kind in ("cuts", "lengthens"):
        better = finding.comparison.better
        if better == "neither":
            return "changed"
        return "better" if (better == "lower") == (kind == "cuts") else "worse"
    return "no change" if kind in ("no change beyond", "no difference", "identical") else "cannot tell"


def safety_cell(result: StudyResult, arm: ArmResult) -> tuple[str, str]:
    """All margins of an arm in one cell: the worst of them decides its look."""
    if arm.name in result.identical:
        return "no-change", IDENTICAL
    mine = [each for each in result.safety if each.arm == arm.name]
    worse = [each.margin.label for each in mine if each.judgement.kind == "inferior"]
    perhaps = [each.margin.label for each in mine if each.judgement.kind == "worse"]
    unknown = [each.margin.label for each in mine if each.judgement.kind == "cannot tell"]
    unseen = [each.margin.label for each in mine if each.judgement.kind == "none seen"]
    parts = [f"worse than the margin: {', '.join(worse)}"] if worse else []
    parts += [f"worse, perhaps by less than the margin: {', '.join(perhaps)}"] if perhaps else []
    parts += [f"cannot tell: {', '.join(unknown)}"] if unknown else []
    parts += [f"none seen, so not shown: {', '.join(unseen)}"] if unseen else []
    parts += [f"{each.margin.label}: {each.where}" for each in mine if each.where]
    kind = "worse" if worse else "perhaps-worse" if perhaps else "cannot-tell" if unknown or unseen else "no-change"
    return kind, "; ".join(parts) or "within every margin"


def _safety_sentence(result: StudyResult) -> str:
    """Which arms are worse by more than a margin, and for how many that is open."""
    worse = [arm for arm in told_arms(result) if safety_cell(result, arm)[0] == "worse"]
    perhaps = [arm for arm in told_arms(result) if safety_cell(result, arm)[0] == "perhaps-worse"]
    n_open = sum(safety_cell(result, arm)[0] == "cannot-tell" for arm in told_arms(result))
    quoted, doubted = ([f"'{arm.label}'" for arm in each] for each in (worse, perhaps))
    first = (
        f"worse by more than a margin: {_listed(quoted)}" if quoted else "none shown to be worse by more than a margin"
    )
    second = f"; worse, perhaps by less than a margin: {_listed(doubted)}" if doubted else ""
    judged = ", ".join(f"'{margin.label}'" for margin in result.design.margins)
    return f"Safety, by the margins of {judged}: {first}{second}{f'; {n_open} not settled' if n_open else ''}."


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
        yield f"Wait longer, {group_words(group)}, minutes: {_listed(named)}."
    if len(found) > n_told:
        yield (
            f"{len(found) - n_told} more groups and arms are in the table of who is worse off; all {n_looked_at} that "
            "were looked at are allowed for."
        )


def _better_sentences(result: StudyResult) -> Iterator[str]:
    """The largest effects that are told apart from none, and each £100,000; what rests on a claim is set apart."""
    target = result.design.primary[0]
    order = ranked(result, target)
    sure = [row for row in order if kind_of(result.finding(row.arm, target)) == "better"]
    if not sure:
        yield f"No arm's effect on '{target.label}' can yet be told apart from none in the right direction."
        return
    cost = {arm.name: arm.cost for arm in priced(result) if arm.cost is not None}
    for claimed in (False, True):
        rows = [row for row in sure if rests_on_claim(result.arm(row.arm)) == claimed]
        if rows:
            alike = [row for row in order if rests_on_claim(result.arm(row.arm)) == claimed]
            most = _most_words(result, target, alike)
            opening = "If the claim were true, which nobody independent has measured. " if claimed else ""
            paid = [row for row in rows if row.arm in cost]
            each = [f"'{result.arm(row.arm).label}' {_each(row, cost[row.arm])}" for row in paid]
            if not cost:
                yield f"{opening}{most}."
                continue
            yield f"{opening}{most}. For each £100,000 a year: {'; '.join(each) or 'no cost is stated'}."


def _most_words(result: StudyResult, target: Target, rows: Sequence[Comparison]) -> str:
    """The first of ranked arms, and whether it does more than every other: that is known from paired differences.

    `rows`: best first. The top of a ranking is the largest of several estimates, chance included; and one further down
    may be so uncertain that it does more in truth.
    """
    first = rows[0]
    said = f"'{result.arm(first.arm).label}', {effect(first)}"
    if len(rows) == 1:
        return f"Of such arms there is one: {said}"
    if math.isnan(rows[1].difference):
        return f"Largest estimate: {said}"
    apart = [(row, result.against(first.arm, row.arm, target.measure, target.group)) for row in rows[1:]]
    nearest, least = apart[0]
    open_to = [each for each in apart if not each[1].excludes_zero]
    if open_to:
        nearest, least = open_to[0]
    second = result.arm(nearest.arm)
    beyond = f"{change(least.mean, first.unit)} ({span(least.low, least.high, first.unit)}) beyond '{second.label}'"
    if not open_to:
        return f"Does most: {said}, {beyond}"
    return f"Largest estimate: {said}, not told apart from every other: {beyond}"


def _each(row: Comparison, pounds: float) -> str:
    mean, low, high = per_100k(row, pounds)
    return f"{change(mean, row.unit)} {unit_words(row.unit)} ({span(low, high, row.unit)})"


def rests_on_claim(arm: ArmResult) -> bool:
    """Whether a number of the policy says of itself that it is a claim."""
    return any(each.source.startswith("a claim") for each in walk(arm.policy, ""))


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
            f"How busy staff are from {BUSY_FROM} to {BUSY_TO} h: {_listed(told)}. What a minute saved is worth hangs "
            "on which resource binds (staff, places or beds); that does not follow from how busy they are, it differs "
            "from place to place, and no public data say it."
        )
