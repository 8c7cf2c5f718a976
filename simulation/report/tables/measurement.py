"""How sure the effect of a measured tool is: simulation, measurement and department apart, the largest named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulation.analysis.table_doubt import FEWEST_TABLES, TableDoubt, table_doubt
from simulation.analysis.verdict import interval_words
from simulation.experiment.result import StudyResult
from simulation.report.tables.table import ReportTable
from simulation.report.words import change, span, unit_words
from simulation.study.design import Target
from simulation.triage.matrix import N_HIGH


@dataclass(frozen=True)
class Measured:
    """One target of a measured tool: what is in doubt, and what both layers together support."""

    arm: str
    target: Target
    unit: str
    doubt: TableDoubt
    words: str
    """The verdict from the interval of simulation and measurement together."""
    n_high: float
    """Cases of true levels 1-2 that the table rests on; NaN: not known."""


def measured_tools(result: StudyResult) -> tuple[Measured, ...]:
    """Each arm that enough others draw again, target by target; none where no table is drawn, or of one replication."""
    return tuple(_measured(result)) if len(result.replications) > 1 else ()


def _measured(result: StudyResult) -> Iterator[Measured]:
    draws: dict[str, list[str]] = {}
    for name, arm in result.design.arms.items():
        if arm.draw_of is not None:
            draws.setdefault(arm.draw_of, []).append(name)
    for name, drawn in draws.items():
        for target in result.targets if len(drawn) >= FEWEST_TABLES else ():
            base = result.values(result.design.baseline, target.measure, target.group)
            gaps = np.array([result.values(each, target.measure, target.group) - base for each in drawn])
            mine = result.values(name, target.measure, target.group) - base
            doubt = table_doubt(mine, gaps, result.department_of)
            row, limit = result.row(name, target.measure, target.group), target.minimal_important_difference
            low, high = doubt.effect - doubt.half_width, doubt.effect + doubt.half_width
            words = interval_words(low, high, limit, row.unit, row.better)[2]
            yield Measured(name, target, row.unit, doubt, words, _n_high(result, name))


def measurement_table(result: StudyResult) -> ReportTable | None:
    """A row a target of a study whose arms draw a measured tool's table again; None for other studies."""
    found = measured_tools(result)
    if not found:
        return None
    over = result.department_of is not None
    doubts = [each.doubt for each in found]
    rows = [
        (
            each.target.label,
            f"{change(each.doubt.effect, each.unit)} {unit_words(each.unit)}",
            _interval(each, each.doubt.simulation_half_width),
            _interval(each, each.doubt.half_width),
            *([_interval(each, each.doubt.half_width_of_one)] if over else []),
            each.doubt.dominates,
            each.words,
            needed_words(each),
        )
        for each in found
    ]
    headers = (
        *("target", "effect", "simulation alone", "simulation and measurement"),
        *(["these and which department"] if over else []),
        *("largest", "verdict with both", "cases needed"),
    )
    notes = (
        f"95 % intervals. {doubts[0].n_tables} tables drawn from what the bench leaves open, each in the same "
        f"{len(result.replications)} replications; the nurse's table is taken as known"
        + (
            ". Which department: of one of the ensemble, not of their mean."
            if over
            else ", and so is the department (ensemble=typical adds it)."
        ),
        "Cases needed: of true levels 1-2, so that the interval of simulation and measurement reaches no farther than "
        "the least difference that matters either way.",
    )
    title = f"How sure is the effect of '{result.arm(found[0].arm).label}'?"
    return ReportTable("measurement", title, headers, tuple(rows), notes)


def measurement_sentences(result: StudyResult) -> tuple[str, ...]:
    """Of each target: both intervals, what they support, which doubt is largest, and what would settle it."""
    return tuple(
        f"How sure, '{each.target.label}': {change(each.doubt.effect, each.unit)} {unit_words(each.unit)}, "
        f"{_interval(each, each.doubt.simulation_half_width)} by simulation alone, "
        f"{_interval(each, each.doubt.half_width)} with the doubt of the measured table: {each.words}. Most doubt "
        f"is of {'the ' * (each.doubt.dominates != 'simulation')}{each.doubt.dominates}; {_settled(each)}"
        for each in measured_tools(result)
    )


def _settled(found: Measured) -> str:
    needed = needed_words(found)
    if needed == "enough":
        return "there are cases enough."
    if needed.startswith("about"):
        return f"{needed.replace(' (', ' cases of true levels 1-2 would settle it (')}."
    return f"cases needed: {needed}."


def _interval(found: Measured, half_width: float) -> str:
    return span(found.doubt.effect - half_width, found.doubt.effect + half_width, found.unit)


def _n_high(result: StudyResult, arm: str) -> float:
    """Cases of true levels 1-2 that the table rests on."""
    policy = result.study.arm(arm).policy
    if policy.beside_nurse is not None:
        return float(np.array(policy.beside_nurse.counts)[:N_HIGH].sum())
    counts = policy.ai.matrix.counts if policy.ai is not None else None
    return float(np.array(counts)[:N_HIGH].sum()) if counts is not None else math.nan


def needed_words(found: Measured) -> str:
    """How many cases would do, if there are too few; that there are enough; or that more replications come first."""
    if found.doubt.half_width <= found.target.minimal_important_difference:
        return "enough"
    cases = found.doubt.cases_for(found.target.minimal_important_difference, found.n_high)
    if math.isinf(cases):
        return "more replications first"
    return "–" if math.isnan(cases) else f"about {math.ceil(cases):,} ({found.n_high:.0f} now)"
