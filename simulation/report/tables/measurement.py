"""How sure the effect of a measured tool is: uncertainty by simulation, measurement and department, and the largest."""

from __future__ import annotations

import math

from simulation.display.measured import Measured, measured_tools, n_cases
from simulation.display.scale import high_words, levels_of
from simulation.display.table import ReportTable
from simulation.display.words import change, span, unit_words
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult

SETTLED = "none: settled"
"""Words in place of a number of cases where the verdict with both sources needs no more."""


def measurement_table(result: StudyResult) -> ReportTable | None:
    """A row a target or margin of a study whose arms draw a measured tool's table again; None for other studies."""
    tools = measured_tools(result)
    if not tools:
        return None
    over = result.department_of is not None
    rows = [
        (
            tool.label,
            tool.limit_words,
            f"{change(tool.uncertainty.effect, tool.unit)} {unit_words(tool.unit)}",
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
        *("what is judged", "by", "effect", "simulation alone", "simulation and measurement"),
        *(["these and which department"] if over else []),
        *("largest", "verdict with both", "cases needed"),
    )
    department = ", and so is the department (ensemble=typical adds it)."
    if over:
        department = ". Which department: the interval is for one department of the ensemble, not for their mean."
    notes = (
        f"95 % intervals. {tools[0].uncertainty.n_tables} tables drawn from what the bench leaves open, each in the "
        f"same {len(result.replications)} replications; the nurse's table is treated as known{department}",
        "Cases needed: the cases of true levels 1-2 that would put the interval of simulation and measurement on "
        "one side of the least difference that matters, or of the safety margin, if the effect stays as it is.",
    )
    title = f"How sure is the effect of '{result.arm(tools[0].arm).label}'?"
    return ReportTable("measurement", title, headers, tuple(rows), notes)


def measurement_sentences(result: StudyResult) -> tuple[str, ...]:
    """For each target: both intervals, the verdict, the largest source of uncertainty, and what would settle it."""
    return tuple(
        f"How sure is '{tool.label}' ({tool.limit_words})? {change(tool.uncertainty.effect, tool.unit)} "
        f"{unit_words(tool.unit)}: {tool.alone} by simulation alone, "
        f"{_interval(tool, tool.uncertainty.half_width)} with the uncertainty of the measured table. Verdict with "
        f"both: {tool.words}. The largest source of uncertainty is {tool.uncertainty.dominates}; {_settled(tool)}"
        for tool in measured_tools(result)
    )


def _settled(tool: Measured) -> str:
    if tool.is_settled:
        return "the verdict is settled."
    if math.isfinite(cases := tool.cases_needed):
        would = "cases of true levels 1-2 would settle it if the effect stays"
        return f"about {math.ceil(cases):,} {would} ({tool.n_high:.0f} now)."
    return f"cases needed: {needed_words(tool)}."


def _interval(tool: Measured, half_width: float) -> str:
    return span(tool.uncertainty.effect - half_width, tool.uncertainty.effect + half_width, tool.unit)


def cases_words(result: StudyResult, arm: ArmResult) -> str:
    """'its labels rest on 220 cases, 49 of levels 1-2; intervals do not cover that uncertainty'; '' without counts."""
    policy = arm.ready.policy
    n, n_high = n_cases(policy)
    of_nurse = policy.nurse.matrix.counts if policy.nurse is not None and policy.beside_nurse is None else None
    if math.isnan(n) or (policy.ai is not None and of_nurse is not None and policy.ai.matrix.counts == of_nurse):
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
