"""How sure the effect of a measured tool is: uncertainty by simulation, measurement, department; limits left open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from simulation.department.own_measures import Better
from simulation.display.table import Cell, Cells, ReportTable, ends_cell
from simulation.display.words import amount, change, high_words, levels_of, span_of, unit_words
from simulation.runs.result import ArmResult, Safety, StudyResult
from simulation.statistics.intervals import t_quantile
from simulation.statistics.variance_components import (
    FEWEST_TABLES,
    TableUncertainty,
    table_uncertainty,
)
from simulation.statistics.verdict import (
    Judgement,
    NonInferiority,
    VerdictKind,
    interval_words,
    margin_words,
    threshold_words,
)
from simulation.study.design import Margin, Target
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import Policy
from simulation.wording import MOST_DIGITS

SETTLED = "none: settled"
"""Words in place of a number of cases where the verdict with both sources needs no more."""


@dataclass(frozen=True)
class Measured:
    """One target or margin of a measured tool: what is uncertain, and what both sources together support."""

    arm: str
    judged: Target | Margin
    unit: str
    better: Better
    uncertainty: TableUncertainty
    alone: str
    """The interval without the measurement, as in every other table."""
    kind: VerdictKind | NonInferiority
    """The verdict from the interval with the measurement."""
    words: str
    """The same in words."""
    n_high: float
    """Cases of true levels 1-2 that the table rests on; NaN: not known."""

    @property
    def limit(self) -> float:
        """The least difference that matters, or the margin, in the measure's unit."""
        if isinstance(self.judged, Margin):
            return self.judged.margin
        return self.judged.minimal_important_difference

    @property
    def limit_words(self) -> str:
        """'5 min or more matters', 'margin of 1 point'."""
        limit = threshold_words(self.limit, self.unit)
        is_margin = isinstance(self.judged, Margin)
        return f"margin of {limit}" if is_margin else f"{limit} or more matters"

    @property
    def to_limit(self) -> float:
        """How far the effect lies from the least difference that matters (either sign), or from the margin."""
        effect = self.uncertainty.effect
        if isinstance(self.judged, Margin):
            return abs(self.limit - (effect if self.better == "lower" else -effect))
        return abs(self.limit - abs(effect))

    @property
    def is_settled(self) -> bool:
        """Whether the interval with the measurement lies wholly on one side of the limit."""
        return self.uncertainty.half_width <= self.to_limit

    @property
    def cases_needed(self) -> float:
        """Cases of true levels 1-2 that would settle the verdict; NaN: not known; infinite: replications come first."""
        return self.uncertainty.cases_for(self.to_limit, self.n_high)


def measured_tools(result: StudyResult) -> tuple[Measured, ...]:
    """The targets, then the margins of each arm whose table enough others draw again.

    None where no table is drawn, with one replication, or with so few departments that nothing is judged.
    """
    if len(result.replications) < 2 or result.few_departments:
        return ()
    draws: dict[str, list[str]] = {}
    for name, arm in result.design.arms.items():
        if arm.draw_of is not None:
            draws.setdefault(arm.draw_of, []).append(name)
    return tuple(
        _measured(result, name, drawn, judged)
        for name, drawn in draws.items()
        if len(drawn) >= FEWEST_TABLES
        for judged in result.targets + result.design.margins
    )


class Limits(NamedTuple):
    """The limits of safety of an arm, as judged with the uncertainty of its measured table where it has one."""

    judged: tuple[Safety, ...]

    @property
    def verb(self) -> Literal["fails", "may fail", ""]:
        """Whether some limit is failed, or else may be."""
        states = {safety.state for safety in self.judged}
        return "fails" if "fails" in states else "may fail" if "may fail" in states else ""

    @property
    def failed(self) -> list[Safety]:
        """The limits that are failed; else those that may be."""
        return [safety for safety in self.judged if safety.state == self.verb]

    @property
    def open(self) -> list[Safety]:
        """The limits that are neither passed nor failed."""
        return [safety for safety in self.judged if safety.state == "open"]


def limits_of(result: StudyResult, arm: ArmResult) -> Limits:
    """The limits of safety of an arm. Where its measured table leaves one open, or lets it perhaps fail, the judgement
    says so, whatever simulation alone says."""
    by_table = {tool.judged: tool for tool in measured_tools(result) if tool.arm == arm.name}
    judged = []
    for safety in result.safety:
        if safety.arm != arm.name:
            continue
        tool = by_table.get(safety.margin)
        if tool is not None and tool.kind == "cannot tell":
            why = f"cases needed: {needed_words(tool)}"
            judgement = Judgement("cannot tell", tool.words, "", cause="label table", why=why)
            safety = replace(safety, judgement=judgement)
        elif (
            tool is not None and tool.kind == "worse"
        ):  # for certain, but perhaps within the margin
            safety = replace(
                safety, judgement=replace(safety.judgement, kind="worse", words=tool.words)
            )
        judged.append(safety)
    return Limits(tuple(judged))


def before_and_after(result: StudyResult, safety: Safety) -> tuple[str, str]:
    """The level of a limit's measure under the baseline and under the arm; of a share beyond the margin, so that this
    is seen: '16.00 %' and '17.04 %' where the margin is 1 point."""
    rows = (result.row_of(safety.margin), result.row_of(safety.margin, safety.arm))
    before, after = (row.mean for row in rows)
    worse = (after - before) * (1 if safety.comparison.better == "lower" else -1)
    if rows[0].unit != "share" or not worse > safety.margin.margin:
        return amount(before, rows[0].unit), amount(after, rows[0].unit)
    at_most, digits = 100 * safety.margin.margin, 1
    while digits < MOST_DIGITS and (
        abs(round(100 * after, digits) - round(100 * before, digits)) <= at_most
    ):
        digits += 1
    return f"{100 * before:.{digits}f} %", f"{100 * after:.{digits}f} %"


def _measured(
    result: StudyResult, name: str, drawn: list[str], judged: Target | Margin
) -> Measured:
    """One target or margin of the tool `name`, whose table the arms `drawn` draw again."""
    base, own, *others = (
        result.values(arm, judged.measure, judged.group)
        for arm in (result.design.baseline, name, *drawn)
    )
    row = result.row_of(judged, name)
    by_tables = table_uncertainty(own - base, np.array(others) - base, result.department_of)
    is_weak = math.isnan(row.width_factor)  # no verdict may rest on so few replications
    low, high = (row.difference_low, row.difference_high) if is_weak else row.together(1)
    below, above = row.difference - low, high - row.difference
    half_width = max(below, above)
    if isinstance(judged, Margin):
        half_width = above if row.better == "lower" else below  # the side on which it is worse
    uncertainty = by_tables.at_least(half_width / t_quantile(row.sample[0] - 1))
    ends = uncertainty.effect - uncertainty.half_width, uncertainty.effect + uncertainty.half_width
    kind: VerdictKind | NonInferiority
    if isinstance(judged, Margin):
        kind, words = margin_words(*ends, judged.margin, row.unit, row.better)
    else:
        matters = judged.minimal_important_difference
        kind, _, words = interval_words(*ends, matters, row.unit, row.better)
    if is_weak:
        kind = words = "cannot tell"
    return Measured(
        arm=name,
        judged=judged,
        unit=row.unit,
        better=row.better,
        uncertainty=uncertainty,
        alone=span_of(row),
        kind=kind,
        words=words,
        n_high=n_cases(result.study.arm(name).policy)[1],
    )


def n_cases(policy: Policy) -> tuple[float, float]:
    """Cases that the table of a policy's tool rests on, and those of true levels 1-2; NaN if it states no counts."""
    table: Sequence[Sequence[Any]] | None = (
        policy.ai.matrix.counts if policy.ai is not None else None
    )
    if policy.beside_nurse is not None:
        table = policy.beside_nurse.counts if policy.beside_nurse.evidence != "assumed" else None
    if table is None:
        return math.nan, math.nan
    counts = np.array(table, dtype=float)
    return float(counts.sum()), float(counts[:N_HIGH].sum())


def measurement_table(result: StudyResult) -> ReportTable | None:
    """A row a target or margin of a study whose arms draw a measured tool's table again; None for other studies."""
    tools = measured_tools(result)
    if not tools:
        return None
    over = result.department_of is not None
    cells: list[Cells] = [
        (
            tool.judged.label,
            tool.limit_words,
            Cell(
                tool.uncertainty.effect, tool.unit, style="difference", words=unit_words(tool.unit)
            ),
            tool.alone,
            _interval(tool, tool.uncertainty.half_width),
            *([_interval(tool, tool.uncertainty.half_width_of_one)] if over else []),
            tool.uncertainty.dominates,
            tool.words,
            needed_words(tool),
        )
        for tool in tools
    ]
    headers = (
        *("what is judged", "by", "effect", "without the measurement", "with it"),
        *(["these and which department"] if over else []),
        *("largest", "verdict with it", "cases needed"),
    )
    department = ", and so is the department (ensemble=england adds it)."
    if over:
        department = ". Which department: the interval is for one department of the ensemble, not for their mean."
    notes = (
        f"95 % intervals. {tools[0].uncertainty.n_tables} tables drawn from what the bench leaves open, each in the "
        f"same {len(result.replications)} replications; the nurse's table is treated as known{department}",
        "Cases needed: the cases of true levels 1-2 that would put the interval with the measurement on "
        "one side of the least difference that matters, or of the safety margin, if the effect stays as it is.",
    )
    title = f"How sure is the effect of '{result.arm(tools[0].arm).label}'?"
    return ReportTable("measurement", title, headers, cells, notes)


def measurement_sentences(result: StudyResult) -> tuple[str, ...]:
    """For each target: both intervals, the verdict, the largest source of uncertainty, and what would settle it."""
    return tuple(
        f"How sure is '{tool.judged.label}' ({tool.limit_words})? {change(tool.uncertainty.effect, tool.unit)} "
        f"{unit_words(tool.unit)}: {tool.alone} without the uncertainty of the measured table, "
        f"{_interval(tool, tool.uncertainty.half_width)} with it. Verdict with it: "
        f"{tool.words}. The largest source of uncertainty is {tool.uncertainty.dominates}; {_settled(tool)}"
        for tool in measured_tools(result)
    )


def _settled(tool: Measured) -> str:
    if tool.is_settled:
        return "the verdict is settled."
    if math.isfinite(cases := tool.cases_needed):
        would = "cases of true levels 1-2 would settle it if the effect stays"
        return f"about {math.ceil(cases):,} {would} ({tool.n_high:.0f} now)."
    return f"cases needed: {needed_words(tool)}."


def _interval(tool: Measured, half_width: float) -> Cell:
    return ends_cell(
        tool.uncertainty.effect - half_width, tool.uncertainty.effect + half_width, tool.unit
    )


def cases_words(result: StudyResult, arm: ArmResult) -> str:
    """'its labels rest on 220 cases, 49 of levels 1-2; intervals do not cover that uncertainty'; '' without counts."""
    policy = arm.ready.policy
    n, n_high = n_cases(policy)
    of_nurse = (
        policy.nurse.matrix.counts
        if policy.nurse is not None and policy.beside_nurse is None
        else None
    )
    if math.isnan(n) or (
        policy.ai is not None and of_nurse is not None and policy.ai.matrix.counts == of_nurse
    ):
        return ""
    high = high_words(levels_of(arm.ready.pathway))
    drawn_again = any(tool.arm == arm.name for tool in measured_tools(result))
    uncertainty = "" if drawn_again else "; intervals do not cover that uncertainty"
    return f"its labels rest on {n:,.0f} cases, {n_high:,.0f} of {high}{uncertainty}"


def needed_words(tool: Measured) -> str:
    """How many cases would settle the verdict; that it is settled; or that more replications come first."""
    if tool.is_settled:
        return SETTLED
    cases = tool.cases_needed
    if math.isinf(cases):
        return "more replications first"
    return "–" if math.isnan(cases) else f"about {math.ceil(cases):,} ({tool.n_high:.0f} now)"
