"""What else would do as much as a product, or better: comparators of the study, by effect, safety and cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from simulation.analysis.compare import Comparison
from simulation.analysis.verdict import threshold
from simulation.experiment.arm_result import ArmResult
from simulation.experiment.comparisons import Finding
from simulation.experiment.result import StudyResult
from simulation.report.kinds import kind_of
from simulation.report.tables.first_page import products
from simulation.report.words import change, cost_in_short

KEPT_EFFECT = 0.5
"""Of a product's effect, how much a cheaper alternative has to be shown to keep to do 'as much' (at most the least
difference that matters may be lost)."""


def size_words(row: Comparison) -> str:
    """'shortens it by 7.2 min'; of another unit 'lowers', 'raises'."""
    shorter, longer = ("shortens", "lengthens") if row.unit == "minutes" else ("lowers", "raises")
    return f"{longer if row.difference > 0 else shorter} it by {plain(abs(row.difference), row)} {unit_of(row)}"


def unit_of(row: Comparison) -> str:
    """'min', 'points', or the unit itself."""
    return {"minutes": "min", "share": "points"}.get(row.unit, row.unit)


def plain(value: float, row: Comparison) -> str:
    """A number without its sign."""
    return change(value, row.unit).lstrip("+")


def cheaper_words(result: StudyResult, arm: ArmResult, finding: Finding) -> str:
    """The cheapest alternative that does as much or more; nothing where the product does no good by itself."""
    others = _alternatives(result)
    if kind_of(finding) != "better" or not others:
        return ""
    cheaper = [each for each in others if _is_cheaper(each, arm)]
    found = [(each, more) for each in cheaper for more in _does_as_much(result, each, arm, finding)]
    if not found:
        return (
            "nothing cheaper is shown to do as much"
            if arm.cost is not None
            else "no alternative is shown to do as much"
        )
    best, more = min(found, key=lambda each: math.inf if each[0].cost is None else each[0].cost)
    return f"{_named(best)} does {'more' if more else 'as much'}"


def _alternatives(result: StudyResult) -> list[ArmResult]:
    """What else money or will could do: comparators that are no products."""
    mine = {each.name for each in products(result)}
    return [each for each in result.shown.others if result.design.arms[each.name].comparator and each.name not in mine]


def _named(arm: ArmResult) -> str:
    """''Lean triage' (cost not stated)'."""
    cost = "cost not stated" if arm.cost is None else f"{cost_in_short(arm.cost)} a year"
    return f"'{arm.label}' ({cost})"


def _is_cheaper(other: ArmResult, arm: ArmResult) -> bool:
    """Whether it costs less, as far as both costs are stated."""
    return other.cost is None or arm.cost is None or other.cost < arm.cost


def _does_as_much(result: StudyResult, other: ArmResult, arm: ArmResult, finding: Finding) -> Iterator[bool]:
    """Whether another arm does more, if it is shown to do as much at least: from their paired difference."""
    target, row = finding.target, finding.comparison
    theirs = result.finding(other.name, target)
    if kind_of(theirs) != "better":
        return
    sign = 1 if row.better == "lower" else -1
    beyond = result.against(other.name, arm.name, target.measure, target.group)
    worst = max(sign * beyond.low, sign * beyond.high)
    if worst < min(target.minimal_important_difference, (1 - KEPT_EFFECT) * abs(row.difference)):
        yield worst < 0


def better_words(result: StudyResult, arm: ArmResult) -> tuple[str, str]:
    """Of a product that fails a limit or does not help enough to matter: the alternative that does, and the sentence
    of `cheaper_words` that says less of it."""
    if arm.name in result.identical:
        return "", ""
    finding = result.finding(arm.name, result.design.primary[0])
    helps = kind_of(finding) == "better" and finding.verdict.size != "less"
    alternatives = _alternatives(result)
    if not alternatives or (helps and not fails(result, arm)):
        return "", ""
    best = _best(result, alternatives)
    if best is None:  # of a product that helps a little, `cheaper_words` has said so
        least = threshold(finding.target.minimal_important_difference, finding.comparison.unit)
        nothing = f"No alternative here is shown to help by {least} or more without failing a limit."
        return ("" if kind_of(finding) == "better" else nothing), ""
    row = result.finding(best.name, finding.target).comparison
    passed = passes_words(sum(each.arm == best.name for each in result.safety))
    said = f"{size_words(row)}{f' and {passed}' if passed else ''}"
    return f"{_named(best)} {said}.", f"{_named(best)} does more."


def _best(result: StudyResult, alternatives: Sequence[ArmResult]) -> ArmResult | None:
    """The alternative with the largest effect, of those shown to help by enough to matter that fail no limit; in its
    place the cheapest that is shown to do as much, where both costs are stated."""
    target = result.design.primary[0]
    findings = {each.name: result.finding(each.name, target) for each in alternatives}
    good = [
        each
        for each in alternatives
        if kind_of(findings[each.name]) == "better"
        and findings[each.name].verdict.size == "more"
        and not fails(result, each)
    ]
    if not good:
        return None
    most = max(good, key=lambda each: abs(findings[each.name].comparison.difference))
    if most.cost is None:
        return most
    cheaper = [each for each in good if each.cost is not None and each.cost < most.cost]
    as_much = [each for each in cheaper if any(True for _ in _does_as_much(result, each, most, findings[most.name]))]
    return min(as_much, key=lambda each: each.cost or 0.0, default=most)


def passes_words(n: int) -> str:
    """'passes both safety limits', of n of them; '' where the study has none."""
    limits = {1: "the safety limit", 2: "both safety limits"}.get(n, f"all {n} safety limits")
    return f"passes {limits}" if n else ""


def fails(result: StudyResult, arm: ArmResult) -> bool:
    """Whether a limit of safety is failed, or may be."""
    return any(each.arm == arm.name and each.judgement.kind in ("inferior", "worse") for each in result.safety)
