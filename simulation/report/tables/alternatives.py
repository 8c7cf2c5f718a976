"""What arms do, what they cost, and what the same sum buys of each.

An arm that costs nothing or saves money is listed apart and never divided by its cost. The effect of a part of an arm,
or of several, is taken in proportion; nothing is simulated again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from simulation.display.kinds import kind_of, unsettled
from simulation.display.measured import limits_of
from simulation.display.table import ReportTable
from simulation.display.words import amount, change, labelled, span, unit_words
from simulation.report.tables.ranking import bounds, per_100k_words, priced, ranked
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Finding
from simulation.run.result import StudyResult

HEADERS = ("95 % interval", "nine in ten departments", "safety limits", "cost a year", "for each £100,000 a year")
GROUPS = (
    ("priced", "Costs money"),
    ("free", "Costs nothing or saves money: not divided"),
    ("unknown", "Cost not stated"),
)
"""The kinds of arms by their cost, in order, and the words above them."""
NONE = "–"


def alternatives_table(result: StudyResult) -> tuple[ReportTable, tuple[tuple[str, ...], ...]]:
    """A row an arm, by kind of cost and then best first; and the kind that each cell is coloured by, or ''."""
    target = result.design.primary[0]
    base = result.row(result.design.baseline, target.measure, target.group)
    unit = unit_words(base.unit)
    rows = [(f"{result.baseline.label} (baseline)", amount(base.mean, base.unit), *(NONE,) * len(HEADERS))]
    uncoloured = ("",) * len(rows[0])
    looks = [uncoloured]
    arms = [result.arm(row.arm) for row in ranked(result, target)]
    for kind, words in GROUPS:
        of_kind = [arm for arm in arms if cost_kind(result, arm) == kind]
        if not of_kind:
            continue
        rows.append((words, *uncoloured[1:]))
        looks.append(uncoloured)
        for arm in of_kind:
            finding = result.finding(arm.name, target)
            rows.append(_row(result, arm, finding))
            looks.append(("", kind_of(finding).replace(" ", "-"), *uncoloured[2:]))
    title = f"What each does to '{target.label}', and what it costs"
    table = ReportTable("alternatives", title, ("arm", f"effect, {unit}", *HEADERS), tuple(rows), tuple(_notes(result)))
    return table, tuple(looks)


def equal_spend_table(result: StudyResult) -> ReportTable | None:
    """What the study's sum a year buys of each arm that costs money, and what that does; None if no sum is stated."""
    equal_spend, arms = result.design.equal_spend, priced(result)
    if equal_spend is None or not arms:
        return None
    target = result.design.primary[0]
    bought = sorted((_bought(result, arm, equal_spend.pounds_per_year) for arm in arms), key=lambda row: row.effect)
    if result.better(target) == "higher":
        bought.reverse()
    unit = unit_words(result.row(result.design.baseline, target.measure, target.group).unit)
    pounds = f"£{equal_spend.pounds_per_year:,.0f}"
    headers = (
        "arm",
        "how much of it",
        f"effect, {unit}",
        "interval (price and simulation)",
        "nine in ten departments",
        "left over",
        "who pays",
        "prices of",
        "releases cash",
    )
    notes = (
        f"{pounds} a year ({equal_spend.evidence}: {equal_spend.source}). Effects are taken in proportion: half of "
        f"an arm does half, two do twice as much. That is an assumption: as a rule a second unit does less than the "
        f"first, and part of an arm may not be for sale. To check an amount, run it as a separate arm. What can be "
        f"bought only once, such as a licence, is bought once at most, and the remaining money is left over.",
        "Staff time that is only freed releases no cash; cash is released when a post or a bank shift is given up.",
    )
    title = f"What {pounds} a year buys, by its effect on '{target.label}'"
    return ReportTable("equal_spend", title, headers, tuple(row.cells for row in bought), notes)


@dataclass(frozen=True)
class _Bought:
    """A row of the table of equal spend: the effect of what a sum buys, and the cells."""

    effect: float
    cells: tuple[str, ...]


def _bought(result: StudyResult, arm: ArmResult, pounds: float) -> _Bought:
    """What a sum buys of one arm, and its effect in proportion."""
    finding = result.finding(arm.name, result.design.primary[0])
    row, cost = finding.comparison, arm.ready.arm.cost
    assert arm.cost is not None and arm.cost_range is not None
    most = math.inf if cost is None or cost.at_most is None else cost.at_most
    times = min(pounds / arm.cost, most)
    ends = [
        end * min(pounds / price if price > 0 else math.inf, most)
        for end in (row.difference_low, row.difference_high)
        for price in arm.cost_range
    ]
    across = NONE
    if finding.spread is not None and finding.spread.is_range:
        _, low, high = finding.spread.range
        across = span(times * low, times * high, row.unit)
    left = pounds - times * arm.cost
    cells = (
        labelled(result, arm),
        f"{times:.2f}",
        change(times * row.difference, row.unit),
        bounds(min(ends), max(ends), row.unit),
        across,
        f"£{left:,.0f}" if left >= 1 else NONE,
        *_who_pays(arm),
    )
    return _Bought(times * row.difference, cells)


def cost_kind(result: StudyResult, arm: ArmResult) -> str:
    """'priced', 'free' (nothing, or a saving) or 'unknown'."""
    if arm.cost is None:
        return "unknown"
    return "priced" if arm in priced(result) else "free"


def _row(result: StudyResult, arm: ArmResult, finding: Finding) -> tuple[str, ...]:
    row, spread = finding.comparison, finding.spread
    interval = span(row.difference_low, row.difference_high, row.unit)
    across = span(*spread.range[1:], row.unit) if spread is not None and spread.is_range else NONE
    effect = (change(row.difference, row.unit), interval, across)
    return (labelled(result, arm), *effect, _safety(result, arm), cost_words(arm), per_100k_words(row, arm))


def cost_words(arm: ArmResult) -> str:
    """'£232,000 (143,000 to 392,000)'; without the range where the cost is certain."""
    if arm.cost is None or arm.cost_range is None:
        return "not stated"
    low, high = arm.cost_range
    within = f" ({low:,.0f} to {high:,.0f})" if low < high else ""
    return f"£{arm.cost:,.0f}{within}" if arm.cost else "nothing"


def _who_pays(arm: ArmResult) -> tuple[str, str, str]:
    """Who pays, in prices of which year, and whether a saving releases cash."""
    cost = arm.ready.arm.cost
    if cost is None:
        return "not stated", "not stated", "no"
    return cost.paid_by or "not stated", cost.price_year or "not stated", "yes" if cost.releases_cash else "no"


def _safety(result: StudyResult, arm: ArmResult) -> str:
    """The worst judgement on the study's margins, in a few words."""
    limits, left_open = limits_of(result, arm)
    for kind, verb in (("inferior", "fails"), ("worse", "may fail")):
        failed = [f"'{limit.margin.label}'" for limit in limits if limit.judgement.kind == kind]
        if failed:
            return f"{verb} {' and '.join(failed)}"
    n_open = len(left_open) + len(unsettled(limits))
    if n_open:
        return f"{n_open} of {len(left_open) + len(limits)} not settled"
    return "passes" if limits else NONE


def _notes(result: StudyResult) -> Iterator[str]:
    yield (
        "The interval of an effect is simulation noise. That of an effect for each £100,000 also allows for the "
        "price: it reaches from the least effect at the highest cost to the largest at the lowest. It assumes that "
        "effects are in proportion to money, which holds only near the size compared."
    )
    if result.department_of is not None:
        yield "Nine in ten departments: the 5th to 95th percentile over departments, simulation noise removed."
