"""Arms by their effect on the first primary measure, and what each £100,000 a year buys."""

from __future__ import annotations

import math

from simulation.display.table import ReportTable
from simulation.display.words import SIMULATION, change, difference_text, labelled, span, unit_words
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.compare import Comparison
from simulation.study.design import Target

PER = 100_000.0
"""Pounds a year that effects are said for."""


def ranked(result: StudyResult, target: Target) -> tuple[Comparison, ...]:
    """All arms but the sham by their effect on a target, best first; as stated where neither way is better."""
    rows = [
        result.row(arm.name, target.measure, target.group) for arm in result.others if arm.name != result.design.sham
    ]
    better = result.better(target)
    if better == "neither":
        return tuple(rows)
    sign = 1 if better == "lower" else -1
    return tuple(sorted(rows, key=lambda row: math.inf if math.isnan(row.difference) else sign * row.difference))


def per_100k(row: Comparison, pounds: float, within: tuple[float, float] | None = None) -> tuple[float, float, float]:
    """Difference and its interval for every £100,000 a year, in the measure's unit.

    `within`: the lowest and highest cost a year. The interval then reaches from the least effect at the highest cost to
    the largest at the lowest, so it holds simulation noise and the uncertainty of the price together. It is infinite
    where the lowest cost is nothing.

    >>> from types import SimpleNamespace
    >>> row = SimpleNamespace(difference=-5.0, difference_low=-6.0, difference_high=-4.0)
    >>> per_100k(row, 250_000, (200_000, 400_000))
    (-2.0, -3.0, -1.0)
    """
    ends = [
        end * PER / cost if cost > 0 else math.copysign(math.inf, end)
        for end in (row.difference_low, row.difference_high)
        for cost in within or (pounds,)
    ]
    return row.difference * PER / pounds, min(ends), max(ends)


def per_100k_words(row: Comparison, arm: ArmResult) -> str:
    """'−2.0 (−3.0 to −1.0)'; a dash for an arm that states no cost above nothing."""
    if arm.cost is None or arm.cost <= 0:
        return "–"
    mean, low, high = per_100k(row, arm.cost, arm.cost_range)
    return f"{change(mean, row.unit)} ({bounds(low, high, row.unit)})"


def bounds(low: float, high: float, unit: str) -> str:
    """An interval of an effect for a sum of money; 'without bound' where the lowest price is nothing."""
    return span(low, high, unit) if math.isfinite(low) and math.isfinite(high) else "without bound"


def priced(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms, without the sham, that state a cost above nothing."""
    return tuple(
        arm for arm in result.others if arm.cost is not None and arm.cost > 0 and arm.name != result.design.sham
    )


def better_table(result: StudyResult) -> ReportTable:
    """Every arm but the sham, by its effect on the first primary target, with its effect for each £100,000."""
    target = result.design.primary[0]
    with_costs = any(arm.cost is not None for arm in result.others)
    rows = []
    for row in ranked(result, target):
        arm = result.arm(row.arm)
        cells = [labelled(result, arm), difference_text(row)]
        if with_costs:
            cells.append("not stated" if arm.cost is None else f"£{arm.cost:,.0f}")
            cells.append(per_100k_words(row, arm))
        rows.append((*cells, result.finding(arm.name, target).verdict.words, SIMULATION))
    unit = unit_words(result.row(result.design.baseline, target.measure, target.group).unit)
    costs = ("cost a year", "for each £100,000 a year") if with_costs else ()
    headers = ("arm", f"effect, {unit}", *costs, "verdict", "uncertainty")
    note = (
        "In brackets: the 95 % interval of the difference from the baseline. The order is that of the estimates; "
        "only the difference between two arms shows whether they really differ."
    )
    per_cost = (
        " The effect for each £100,000 assumes that effect and cost grow together, which holds only near the size "
        "compared; its interval reaches from the least effect at the highest cost to the largest at the lowest."
    )
    neither = result.better(target) == "neither"
    return ReportTable(
        "better",
        f"What would do better: arms by their effect on '{target.label}', {'as stated' if neither else 'best first'}",
        headers,
        tuple(rows),
        (note + per_cost if with_costs else note,),
    )
