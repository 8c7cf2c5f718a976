"""What else would do as much as a product, or better: comparators of the study, by effect, safety and cost."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Literal

from simulation.display.kinds import kind_of, unsettled
from simulation.display.measured import limits_of
from simulation.display.words import change, cost_in_short
from simulation.report.tables.first_page import products
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Finding
from simulation.run.result import StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import threshold

KEPT_EFFECT = 0.5
"""Share of a product's effect that an alternative must be shown to keep to do 'as much'; it may lose the least
difference that matters at most."""


def size_words(row: Comparison) -> str:
    """'shortens it by 7.2 min', 'raises it by 1.5 points'."""
    shorter, longer = ("shortens", "lengthens") if row.unit == "minutes" else ("lowers", "raises")
    return f"{longer if row.difference > 0 else shorter} it by {plain(abs(row.difference), row)} {unit_of(row)}"


def unit_of(row: Comparison) -> str:
    """The unit of a difference in short: 'min', 'points', or the unit itself."""
    return {"minutes": "min", "share": "points"}.get(row.unit, row.unit)


def plain(value: float, row: Comparison) -> str:
    """The size of a difference, without a plus."""
    return change(value, row.unit).lstrip("+")


def alternative_sentences(result: StudyResult, arm: ArmResult, *, already_said: Collection[str]) -> list[str]:
    """Sentences on the cheapest alternative that does as much as a product, and on the best one, without full stops.

    The best one only for a product that fails a limit or does too little, and not if it is in `already_said`. One
    sentence where both are the same arm.
    """
    alternatives = _alternatives(result)
    if not alternatives or arm.name in result.identical:
        return []
    finding = result.finding(arm.name, result.design.primary[0])
    helps, best, best_words = kind_of(finding) == "better", None, ""
    if not helps or finding.verdict.size == "less" or fails(result, arm):
        best = _best(result, alternatives)
        if best is not None:
            best_words = _effect_words(result, best)
        elif not helps:
            least = threshold(finding.target.minimal_important_difference, finding.comparison.unit)
            best_words = f"No alternative here is shown to help by {least} or more without failing a limit"
    if best_words in already_said:
        best, best_words = None, ""
    cheapest_words = _cheapest_words(result, alternatives, arm, finding, best) if helps else ""
    return [words for words in (cheapest_words, best_words) if words]


def _alternatives(result: StudyResult) -> list[ArmResult]:
    """The comparators that are no products."""
    product_names = {arm.name for arm in products(result)}
    return [
        arm for arm in result.shown.others if result.design.arms[arm.name].comparator and arm.name not in product_names
    ]


def _cheapest_words(
    result: StudyResult, alternatives: Sequence[ArmResult], arm: ArmResult, finding: Finding, best: ArmResult | None
) -> str:
    """The cheapest alternative that does as much as a product or more; nothing if it does more and is `best`."""
    equals = [
        (other, how_much)
        for other in alternatives
        if _is_cheaper(other, arm) and (how_much := _does_as_much(result, other, arm, finding))
    ]
    if not equals:
        return f"{'no alternative' if arm.cost is None else 'nothing cheaper'} is shown to do as much"
    cheapest, how_much = min(equals, key=lambda equal: math.inf if equal[0].cost is None else equal[0].cost)
    return "" if cheapest is best and how_much == "more" else f"{_named(cheapest)} does {how_much}"


def _effect_words(result: StudyResult, arm: ArmResult) -> str:
    """The effect of an alternative: ''Lean triage' (£1,000 a year) shortens it by 7.2 min and passes both limits'."""
    row = result.finding(arm.name, result.design.primary[0]).comparison
    limits, left_open = limits_of(result, arm)
    passed = "its safety is not settled" if left_open or unsettled(limits) else passes_words(len(limits))
    return f"{_named(arm)} {size_words(row)}{f' and {passed}' if passed else ''}"


def _named(arm: ArmResult) -> str:
    """An arm with its cost: ''Lean triage' (cost not stated)'."""
    cost = "cost not stated" if arm.cost is None else f"{cost_in_short(arm.cost)} a year"
    return f"'{arm.label}' ({cost})"


def _is_cheaper(other: ArmResult, arm: ArmResult) -> bool:
    """Whether another arm costs less, or may: one of the two states no cost."""
    return other.cost is None or arm.cost is None or other.cost < arm.cost


def _does_as_much(
    result: StudyResult, other: ArmResult, arm: ArmResult, finding: Finding
) -> Literal["more", "as much"] | None:
    """How much another arm is shown to do, from the paired difference of the two; None if less, or if not shown."""
    target, row = finding.target, finding.comparison
    if kind_of(result.finding(other.name, target)) != "better":
        return None
    sign = 1 if row.better == "lower" else -1
    difference = result.against(other.name, arm.name, target.measure, target.group)
    worst = max(sign * bound for bound in difference.judged)
    if worst < min(target.minimal_important_difference, (1 - KEPT_EFFECT) * abs(row.difference)):
        return "more" if worst < 0 else "as much"
    return None


def _best(result: StudyResult, alternatives: Sequence[ArmResult]) -> ArmResult | None:
    """The alternative with the largest effect, of those shown to help by enough to matter that fail no limit; in its
    place the cheapest that is shown to do as much, where both costs are stated."""
    target = result.design.primary[0]
    findings = {arm.name: result.finding(arm.name, target) for arm in alternatives}
    good = [
        arm
        for arm in alternatives
        if kind_of(findings[arm.name]) == "better"
        and findings[arm.name].verdict.size == "more"
        and not fails(result, arm)
    ]
    if not good:
        return None
    most = max(good, key=lambda arm: abs(findings[arm.name].comparison.difference))
    if most.cost is None:
        return most
    cheaper = [arm for arm in good if arm.cost is not None and arm.cost < most.cost]
    as_much = [arm for arm in cheaper if _does_as_much(result, arm, most, findings[most.name])]
    return min(as_much, key=lambda arm: arm.cost or 0.0, default=most)


def passes_words(n: int) -> str:
    """'passes both safety limits', of n of them; '' where the study has none."""
    limits = {1: "the safety limit", 2: "both safety limits"}.get(n, f"all {n} safety limits")
    return f"passes {limits}" if n else ""


def fails(result: StudyResult, arm: ArmResult) -> bool:
    """Whether an arm fails a limit of safety, or may fail it."""
    limits, _ = limits_of(result, arm)
    by_simulation = [safety for safety in result.safety if safety.arm == arm.name]
    return any(safety.judgement.kind in ("inferior", "worse") for safety in (*limits, *by_simulation))
