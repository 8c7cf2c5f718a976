"""The answer in words: a sentence at a time, each resting on intervals and verdicts, none going beyond them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from simulation.experiment.result import Finding
from simulation.experiment.study import Target
from simulation.report.inputs import ReportArm, ReportInputs, statements
from simulation.report.tables import (
    IDENTICAL,
    amount,
    change,
    effect,
    group_words,
    is_worse,
    per_100k,
    priced,
    ranked,
    span,
    threshold,
    unit_words,
    worse_off,
    worse_off_groups,
)

MOST = 4
"""Groups that the answer names before it says how many more there are."""

KINDS = ("better", "worse", "no change", "cannot tell")
"""What a cell of the answer can say."""


def answer(inputs: ReportInputs) -> Iterator[str]:
    """The answer, a sentence at a time; each rests on intervals and verdicts, none goes beyond them."""
    if not inputs.others:
        base = inputs.row(inputs.design.baseline, "wait_to_clinician_mean")
        yield (
            f"'{inputs.baseline.label}' was run alone, so nothing is compared. "
            f"Its mean wait to the first clinician is {amount(base.mean, base.unit)}."
        )
        return
    n_arms = len(told_arms(inputs))
    yield f"{n_arms} arm{'s were' if n_arms != 1 else ' was'} compared with '{inputs.baseline.label}'."
    for target in inputs.targets:
        yield _target_sentence(inputs, target)
    if inputs.design.margins:
        yield _safety_sentence(inputs)
    yield _worse_off_sentence(inputs)
    yield _better_sentence(inputs)
    n_assumed = sum(each.mark == "assumed" for each in statements(inputs))
    yield (
        f"Intervals are about simulation noise only: the answer rests on {n_assumed} assumptions that this run does "
        "not vary, and which resource holds a department up is not known from public data."
    )


def told_arms(inputs: ReportInputs) -> tuple[ReportArm, ...]:
    """The arms that the answer is about: neither the baseline nor the sham."""
    return tuple(arm for arm in inputs.others if arm.name != inputs.design.sham)


def _target_sentence(inputs: ReportInputs, target: Target) -> str:
    """Which arms are better and worse on a target, and how many are neither."""
    base = inputs.row(inputs.design.baseline, target.measure, target.group)
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for arm in told_arms(inputs):
        found[kind_of(inputs.finding(arm.name, target))].append(f"'{arm.label}'")
    important = threshold(target.minimal_important_difference, base.unit)
    parts = [f"{kind} with {_listed(found[kind])}" for kind in ("better", "worse") if found[kind]]
    if found["no change"]:
        parts.append(f"{len(found['no change'])} without a change beyond {important}")
    if found["cannot tell"]:
        parts.append(f"{len(found['cannot tell'])} not settled by {inputs.run.replications} replications")
    told = ", ".join(parts) or "no arm to compare"
    return f"{target.label} ({amount(base.mean, base.unit)} under the baseline): {told}."


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def kind_of(finding: Finding) -> str:
    """One of `KINDS`: which way the verdict points."""
    if finding.verdict.kind in ("cuts", "lengthens"):
        return "worse" if is_worse(finding.comparison) else "better"
    return "no change" if finding.verdict.kind in ("no change beyond", "identical") else "cannot tell"


def safety_cell(inputs: ReportInputs, arm: ReportArm) -> tuple[str, str]:
    """All margins of an arm in one cell: the worst of them decides its look."""
    if arm.name in inputs.identical:
        return "no-change", IDENTICAL
    mine = [each for each in inputs.safety if each.arm == arm.name]
    worse = [each.margin.label for each in mine if each.judgement.kind == "inferior"]
    unknown = [each.margin.label for each in mine if each.judgement.kind == "cannot tell"]
    parts = [f"worse than the margin: {', '.join(worse)}"] if worse else []
    parts += [f"cannot tell: {', '.join(unknown)}"] if unknown else []
    kind = "worse" if worse else "cannot-tell" if unknown else "no-change"
    return kind, "; ".join(parts) or "within every margin"


def _safety_sentence(inputs: ReportInputs) -> str:
    """How many arms are worse by more than a margin, and for how many that is open."""
    kinds = Counter(safety_cell(inputs, arm)[0] for arm in told_arms(inputs))
    n_worse, n_open = kinds["worse"], kinds["cannot-tell"]
    first = (
        f"{n_worse} worse by more than a safety margin"
        if n_worse
        else "none shown to be worse by more than a safety margin"
    )
    return f"Safety: {first}{f', {n_open} not settled' if n_open else ''}."


def _worse_off_sentence(inputs: ReportInputs) -> str:
    found = [each for each in worse_off(inputs) if each.holm]
    n_looked_at = len(worse_off_groups(inputs)) * len(inputs.others)
    if not found:
        return (
            f"No group of patients stands out as waiting longer once the {n_looked_at} looked at are allowed for, "
            "which is not proof that nobody does."
        )
    told = "; ".join(
        f"{group_words(each.comparison.group)} under '{each.arm.label}', {effect(each.comparison)}"
        for each in found[:MOST]
    )
    more = f"; and {len(found) - MOST} more below" if len(found) > MOST else ""
    return f"Wait longer, with all {n_looked_at} groups looked at allowed for: {told}{more}."


def _better_sentence(inputs: ReportInputs) -> str:
    """The largest effect that is told apart from none, and the most for each £100,000 among those."""
    target = inputs.design.primary[0]
    sure = [row for row in ranked(inputs, target) if is_worse(row) is False]
    if not sure:
        return f"No arm's effect on '{target.label}' can yet be told apart from none in the right direction."
    best = sure[0]
    text = (
        f"Of the arms whose effect on '{target.label}' is told apart from none, the largest mean is that of "
        f"'{inputs.arm(best.arm).label}', {effect(best)}"
    )
    each = [(row, arm.cost) for row in sure for arm in priced(inputs) if arm.name == row.arm and arm.cost is not None]
    if not each:
        return f"{text}; none of them states a cost."
    row, pounds = max(each, key=lambda pair: abs(per_100k(*pair)[0]))
    mean, low, high = per_100k(row, pounds)
    return (
        f"{text}; of those that state a cost, '{inputs.arm(row.arm).label}' does most for each £100,000 a year: "
        f"{change(mean, row.unit)} {unit_words(row.unit)} ({span(low, high, row.unit)})."
    )
