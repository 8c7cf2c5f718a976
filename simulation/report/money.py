"""What arms do for their money: ranked by effect, for each £100,000 a year, and what the same sum buys of each.

An arm that costs nothing or saves money is listed apart and never divided by its cost. The effect of a part of an arm,
or of several, is taken in proportion; nothing is simulated again.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from simulation.display.measured import before_and_after
from simulation.display.table import (
    UNKNOWN,
    Cell,
    Cells,
    ReportTable,
    Style,
    change_cell,
    difference_cell,
    difference_cells,
    ends_cell,
    scaled_range_cell,
)
from simulation.display.words import interval_scope, labelled, measure_notes, unit_words
from simulation.report.findings import why_no_verdict
from simulation.report.outcome import outcome_of, ranked
from simulation.runs.result import ArmResult, Safety, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import IDENTICAL

PER = 100_000.0
"""Pounds a year that effects are said for."""
HEADERS = (
    "nine in ten departments",
    "95 % interval",
    "safety limits",
    "cost a year",
    "for each £100,000 a year",
)
GROUPS = (
    ("priced", "Costs money"),
    ("free", "Costs nothing or saves money: not divided"),
    ("unknown", "Cost not stated"),
)
"""The kinds of arms by their cost, in order, and the words above them."""
BOUGHT_HEADERS = (
    "nine in ten departments", "interval (price and effect)", "left over", "who pays", "prices of", "releases cash",
)  # fmt: skip
NOT_STATED = "not stated"
SAME = Cell(text=IDENTICAL, look="no-change")
UNDER_TRIAGE_1_2, UNDER_TRIAGE = ("under_triage_1_2_share", "all"), "under-triage"
"""The limit that boards ask about, and its short name."""


def per_100k(
    row: Comparison, pounds: float, within: tuple[float, float] | None = None
) -> tuple[float, float, float]:
    """Difference and its interval for every £100,000 a year, in the measure's unit.

    `within`: the lowest and highest cost a year. The interval then reaches from the least effect at the highest cost to
    the largest at the lowest, so it holds that of the effect and the uncertainty of the price together. It is infinite
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


def per_100k_cell(row: Comparison, arm: ArmResult) -> str | Cell:
    """'−2.0 (−3.0 to −1.0)'; a dash for an arm that states no cost above nothing."""
    if arm.cost is None or arm.cost <= 0:
        return UNKNOWN
    mean, low, high = per_100k(row, arm.cost, arm.cost_range)
    return Cell(mean, row.unit, low, high, style="difference")


def priced(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms, without the sham, that state a cost above nothing."""
    return tuple(arm for arm in result.tried if arm.cost is not None and arm.cost > 0)


def better_table(result: StudyResult) -> ReportTable:
    """Every arm but the sham, by its effect on the first primary target, with its effect for each £100,000."""
    target = result.first_target
    with_costs = any(arm.cost is not None for arm in result.others)
    cells = []
    for row in ranked(result, target):
        arm = result.arm(row.arm)
        money = (stated_cost(arm), per_100k_cell(row, arm)) if with_costs else ()
        verdict = outcome_of(result, arm.name).first.verdict.words
        cells.append((labelled(result, arm), difference_cell(row), *money, verdict))
    unit = unit_words(result.unit(target))
    costs = ("cost a year", "for each £100,000 a year") if with_costs else ()
    headers = ("arm", f"effect, {unit}", *costs, "verdict")
    note = (
        f"In brackets: the 95 % interval of the difference {interval_scope(result)}. The order is that of the "
        "estimates; only the difference between two arms shows whether they really differ."
    )
    per_cost = (
        " The effect for each £100,000 assumes that effect and cost grow together, which holds only near the size "
        "compared; its interval reaches from the least effect at the highest cost to the largest at the lowest."
    )
    order = "as stated" if result.better(target) == "neither" else "best first"
    title = f"What would do better: arms by their effect on '{target.label}', {order}"
    return ReportTable("better", title, headers, cells, (note + per_cost if with_costs else note,))


def alternatives_table(result: StudyResult) -> ReportTable:
    """A row an arm, by kind of cost and then best first."""
    target = result.first_target
    base = result.row_of(target)
    nothing = (UNKNOWN,) * len(HEADERS)
    cells: list[Cells] = [
        (f"{result.baseline.label} (baseline)", Cell(base.mean, base.unit), *nothing)
    ]
    arms = [result.arm(row.arm) for row in ranked(result, target)]
    for kind, words in GROUPS:
        of_kind = [arm for arm in arms if cost_kind(arm) == kind]
        if of_kind:
            cells.append((words, "", *("",) * len(HEADERS)))
        for arm in of_kind:
            finding = outcome_of(result, arm.name).first
            row = finding.comparison
            difference, interval = difference_cells(row)
            effect = replace(difference, look="" if why_no_verdict(result) else finding.kind)
            money = (safety_cell(result, arm), cost_cell(arm), per_100k_cell(row, arm))
            cells.append((labelled(result, arm), effect, scaled_range_cell(row), interval, *money))
    title = f"What each does to '{target.label}', and what it costs"
    headers = ("arm", f"effect, {unit_words(base.unit)}", *HEADERS)
    return ReportTable("alternatives", title, headers, cells, tuple(_notes(result)))


def equal_spend_table(result: StudyResult) -> ReportTable | None:
    """What the study's sum a year buys of each arm that costs money, and what that does; None if no sum is stated."""
    equal_spend, arms = result.design.equal_spend, priced(result)
    if equal_spend is None or not arms:
        return None
    target = result.first_target
    bought = sorted(
        (_bought(result, arm, equal_spend.pounds_per_year) for arm in arms), key=lambda row: row[0]
    )
    if result.better(target) == "higher":
        bought.reverse()
    unit = unit_words(result.unit(target))
    pounds = f"£{equal_spend.pounds_per_year:,.0f}"
    headers = ("arm", "how much of it", f"effect, {unit}", *BOUGHT_HEADERS)
    notes = (
        f"{pounds} a year ({equal_spend.evidence}: {equal_spend.source}). Effects are taken in proportion: half of "
        f"an arm does half, two do twice as much. That is an assumption: as a rule a second unit does less than the "
        f"first, and part of an arm may not be for sale. To check an amount, run it as a separate arm. What can be "
        f"bought only once, such as a licence, is bought once at most, and the remaining money is left over.",
        "Staff time that is only freed releases no cash; cash is released when a post or a bank shift is given up.",
    )
    title = f"What {pounds} a year buys, by its effect on '{target.label}'"
    return ReportTable("equal_spend", title, headers, tuple(cells for _, cells in bought), notes)


def _bought(
    result: StudyResult, arm: ArmResult, pounds: float
) -> tuple[float, tuple[str | Cell, ...]]:
    """The effect, in proportion, of what a sum buys of one arm, and its row."""
    finding = result.finding(arm.name, result.first_target)
    row, cost = finding.comparison, arm.ready.arm.cost
    assert arm.cost is not None and arm.cost_range is not None
    most = math.inf if cost is None or cost.at_most is None else cost.at_most
    times = min(pounds / arm.cost, most)
    ends = [
        end * min(pounds / price if price > 0 else math.inf, most)
        for end in (row.difference_low, row.difference_high)
        for price in arm.cost_range
    ]
    left = pounds - times * arm.cost
    paid = (NOT_STATED, NOT_STATED, "no")
    if cost is not None:
        paid = (
            cost.paid_by or NOT_STATED,
            cost.price_year or NOT_STATED,
            "yes" if cost.releases_cash else "no",
        )
    cells = (
        labelled(result, arm),
        Cell(times, style="number", digits=2),
        change_cell(times * row.difference, row.unit),
        scaled_range_cell(row, times),
        ends_cell(min(ends), max(ends), row.unit),
        Cell(left, style="pounds") if left >= 1 else UNKNOWN,
        *paid,
    )
    return times * row.difference, cells


def stated_cost(arm: ArmResult, style: Style = "pounds") -> str | Cell:
    """'£165,301'; 'not stated' without a cost."""
    return NOT_STATED if arm.cost is None else Cell(arm.cost, style=style)


def cost_kind(arm: ArmResult) -> str:
    """'priced', 'free' (nothing, or a saving) or 'unknown'."""
    return "unknown" if arm.cost is None else "priced" if arm.cost > 0 else "free"


def cost_cell(arm: ArmResult) -> str | Cell:
    """'£232,000 (143,000 to 392,000)'; without the range where the cost is certain."""
    low, high = arm.cost_range or (math.nan, math.nan)
    if arm.cost == 0:
        return "nothing"
    return Cell(arm.cost, "", low, high, style="pounds") if low < high else stated_cost(arm)


def safety_cell(result: StudyResult, arm: ArmResult) -> Cell:
    """'passes on average', or 'fails: under-triage 14.5 to 16.2 %', a share under the baseline and under the arm."""
    if arm.name in result.identical:
        return SAME
    if why_no_verdict(result):
        return Cell(text="no verdict", look="cannot-tell")
    limits = outcome_of(result, arm.name).limits
    if failed := limits.failed:
        first = next((limit for limit in failed if limit.comparison.unit == "share"), failed[0])
        how_many = f" {len(failed)}" if len(failed) > 1 else ""
        text = f"{limits.verb}{how_many}: {limit_words(result, first)}"
        return Cell(text=text, look="worse" if limits.verb == "fails" else "cannot-tell")
    if limits.open:
        return Cell(text="not settled", look="cannot-tell")
    return Cell(
        text="passes on average" if limits.judged else UNKNOWN
    )  # some departments may be beyond a limit


def limit_words(result: StudyResult, safety: Safety) -> str:
    """'under-triage from 14.5 to 16.2 %': a limit in few words; a share with its level before and after."""
    margin = safety.margin
    label = UNDER_TRIAGE if (margin.measure, margin.group) == UNDER_TRIAGE_1_2 else margin.label
    label = label[:1].lower() + label[1:]
    if safety.comparison.unit != "share":
        return label
    before, after = before_and_after(result, safety)
    return f"{label} from {before.removesuffix(' %')} to {after}"


def _notes(result: StudyResult) -> Iterator[str]:
    yield (
        f"Intervals are of 95 % {interval_scope(result)}. That of an effect for each £100,000 also allows for the "
        "price: it reaches from the least effect at the highest cost to the largest at the lowest. It assumes that "
        "effects are in proportion to money, which holds only near the size compared."
    )
    yield from measure_notes(result, result.first_target.measure)
    if result.department_of is not None:
        yield "Nine in ten departments: the 5th to 95th percentile over departments, simulation noise removed."
