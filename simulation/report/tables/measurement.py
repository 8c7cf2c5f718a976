"""How sure the effect of a measured tool is: simulation, measurement and department apart, the largest named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulation.analysis.table_doubt import FEWEST_TABLES, TableDoubt, table_doubt
from simulation.analysis.verdict import interval_words, margin_words, threshold
from simulation.experiment.result import StudyResult
from simulation.pathway.own_measures import Better
from simulation.report.tables.table import ReportTable
from simulation.report.words import change, span, unit_words
from simulation.study.design import Margin, Target
from simulation.triage.matrix import N_HIGH

SETTLED = "none: settled"
"""What is said instead of a number of cases where the verdict with both sources needs no more."""


@dataclass(frozen=True)
class Measured:
    """One target or margin of a measured tool: what is uncertain, and what both sources together support."""

    arm: str
    label: str
    limit: float
    """The least difference that matters, or the margin, in the measure's unit."""
    unit: str
    better: Better
    doubt: TableDoubt
    alone: str
    """The interval of simulation alone, as in every other table."""
    words: str
    """The verdict from the interval of simulation and measurement together."""
    is_margin: bool
    n_high: float
    """Cases of true levels 1-2 that the table rests on; NaN: not known."""

    @property
    def limit_words(self) -> str:
        """'5 min or more matters', 'margin of 1 point'."""
        limit = threshold(self.limit, self.unit)
        return f"margin of {limit}" if self.is_margin else f"{limit} or more matters"

    @property
    def safety_open(self) -> bool:
        """Whether it is a margin of which both sources together cannot tell."""
        return self.is_margin and self.words == "cannot tell"

    @property
    def to_limit(self) -> float:
        """How far the effect lies from the least difference that matters (either sign), or from the margin."""
        if self.is_margin:
            return abs(self.limit - (self.doubt.effect if self.better == "lower" else -self.doubt.effect))
        return abs(self.limit - abs(self.doubt.effect))

    @property
    def is_settled(self) -> bool:
        """Whether the interval of simulation and measurement lies wholly on one side of the limit."""
        return self.doubt.half_width <= self.to_limit


def measured_tools(result: StudyResult) -> tuple[Measured, ...]:
    """Each arm that enough others draw again, by target, then by margin of safety; none where no table is drawn, or of
    one replication."""
    return tuple(_measured(result)) if len(result.replications) > 1 else ()


def _measured(result: StudyResult) -> Iterator[Measured]:
    draws: dict[str, list[str]] = {}
    for name, arm in result.design.arms.items():
        if arm.draw_of is not None:
            draws.setdefault(arm.draw_of, []).append(name)
    for name, drawn in draws.items():
        if len(drawn) >= FEWEST_TABLES:
            judged: tuple[Target | Margin, ...] = (*result.targets, *result.design.margins)
            yield from (_of(result, name, drawn, each) for each in judged)


def _of(result: StudyResult, name: str, drawn: list[str], judged: Target | Margin) -> Measured:
    base, mine, *others = (
        result.values(each, judged.measure, judged.group) for each in (result.design.baseline, name, *drawn)
    )
    row = result.row(name, judged.measure, judged.group)
    half_width = (row.difference_high - row.difference_low) / 2  # as elsewhere in the report, skewness allowed for
    doubt = table_doubt(mine - base, np.array(others) - base, result.department_of).with_simulation(half_width)
    ends = doubt.effect - doubt.half_width, doubt.effect + doubt.half_width
    limit = judged.margin if isinstance(judged, Margin) else judged.minimal_important_difference
    is_margin = isinstance(judged, Margin)
    words = margin_words if is_margin else interval_words
    alone = span(row.difference_low, row.difference_high, row.unit)
    verdict = words(*ends, limit, row.unit, row.better)[-1]
    return Measured(
        name, judged.label, limit, row.unit, row.better, doubt, alone, verdict, is_margin, _n_high(result, name)
    )


def measurement_table(result: StudyResult) -> ReportTable | None:
    """A row a target of a study whose arms draw a measured tool's table again; None for other studies."""
    found = measured_tools(result)
    if not found:
        return None
    over = result.department_of is not None
    doubts = [each.doubt for each in found]
    rows = [
        (
            each.label,
            each.limit_words,
            f"{change(each.doubt.effect, each.unit)} {unit_words(each.unit)}",
            each.alone,
            _interval(each, each.doubt.half_width),
            *([_interval(each, each.doubt.half_width_of_one)] if over else []),
            each.doubt.dominates,
            each.words,
            needed_words(each),
        )
        for each in found
    ]
    headers = (
        *("what is judged", "by", "effect", "simulation alone", "simulation and measurement"),
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
        "Cases needed: of true levels 1-2, for the interval of simulation and measurement to lie on one side of the "
        "least difference that matters, or of the margin of safety, if the effect stays as it is.",
    )
    title = f"How sure is the effect of '{result.arm(found[0].arm).label}'?"
    return ReportTable("measurement", title, headers, tuple(rows), notes)


def measurement_sentences(result: StudyResult) -> tuple[str, ...]:
    """Of each target: both intervals, the verdict, the largest source of uncertainty, and what would settle it."""
    return tuple(
        f"How sure is '{each.label}' ({each.limit_words})? {change(each.doubt.effect, each.unit)} "
        f"{unit_words(each.unit)}: {each.alone} by simulation alone, "
        f"{_interval(each, each.doubt.half_width)} with the uncertainty of the measured table. Verdict with both: "
        f"{each.words}. The largest source of uncertainty is {each.doubt.dominates}; {_settled(each)}"
        for each in measured_tools(result)
    )


def _settled(found: Measured) -> str:
    needed = needed_words(found)
    if needed == SETTLED:
        return "the verdict is settled."
    if needed.startswith("about"):
        return f"{needed.replace(' (', ' cases of true levels 1-2 would settle it if the effect stays (')}."
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
    """How many cases would settle the verdict; that it is settled; or that more replications come first."""
    if found.is_settled:
        return SETTLED
    cases = found.doubt.cases_for(found.to_limit, found.n_high)
    if math.isinf(cases):
        return "more replications first"
    return "–" if math.isnan(cases) else f"about {math.ceil(cases):,} ({found.n_high:.0f} now)"
