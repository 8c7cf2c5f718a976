"""What is uncertain of the effect of a measured tool, and which limits of safety its measured table leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulation.department.own_measures import Better
from simulation.display.words import span
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Safety
from simulation.run.result import StudyResult
from simulation.statistics.table_uncertainty import FEWEST_TABLES, TableUncertainty, table_uncertainty
from simulation.statistics.verdict import NonInferiority, VerdictKind, interval_words, margin_words, threshold
from simulation.study.design import Margin, Target
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import Policy


@dataclass(frozen=True)
class Measured:
    """One target or margin of a measured tool: what is uncertain, and what both sources together support."""

    arm: str
    label: str
    limit: float
    """The least difference that matters, or the margin, in the measure's unit."""
    unit: str
    better: Better
    uncertainty: TableUncertainty
    alone: str
    """The interval of simulation alone, as in every other table."""
    kind: VerdictKind | NonInferiority
    """The verdict from the interval of simulation and measurement together."""
    words: str
    """The same in words."""
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
        """Whether it is a margin, and not settled with both sources of uncertainty together."""
        return self.is_margin and self.kind == "cannot tell"

    @property
    def may_fail(self) -> bool:
        """Whether it is a margin, and worse for certain with both sources of uncertainty, but perhaps within it."""
        return self.is_margin and self.kind == "worse"

    @property
    def to_limit(self) -> float:
        """How far the effect lies from the least difference that matters (either sign), or from the margin."""
        if self.is_margin:
            return abs(self.limit - (self.uncertainty.effect if self.better == "lower" else -self.uncertainty.effect))
        return abs(self.limit - abs(self.uncertainty.effect))

    @property
    def is_settled(self) -> bool:
        """Whether the interval of simulation and measurement lies wholly on one side of the limit."""
        return self.uncertainty.half_width <= self.to_limit

    @property
    def cases_needed(self) -> float:
        """Cases of true levels 1-2 that would settle the verdict; NaN: not known; infinite: replications come first."""
        return self.uncertainty.cases_for(self.to_limit, self.n_high)


def measured_tools(result: StudyResult) -> tuple[Measured, ...]:
    """The targets, then the margins of each arm whose table enough others draw again.

    None where no table is drawn, or with one replication.
    """
    if len(result.replications) < 2:
        return ()
    draws: dict[str, list[str]] = {}
    for name, arm in result.design.arms.items():
        if arm.draw_of is not None:
            draws.setdefault(arm.draw_of, []).append(name)
    all_judged: tuple[Target | Margin, ...] = (*result.targets, *result.design.margins)
    return tuple(
        _measured(result, name, drawn, judged)
        for name, drawn in draws.items()
        if len(drawn) >= FEWEST_TABLES
        for judged in all_judged
    )


def limits_of(result: StudyResult, arm: ArmResult) -> tuple[list[Safety], list[str]]:
    """The limits of safety of an arm as judged, and the labels of those that its measured table leaves open.

    The latter are not among the former: simulation alone says too much of them. Of a limit that may be failed with the
    uncertainty of the table, the judgement says so, whatever simulation alone says.
    """
    by_table = {tool.label: tool for tool in measured_tools(result) if tool.arm == arm.name and tool.is_margin}
    left_open = [label for label, tool in by_table.items() if tool.safety_open]
    judged = []
    for safety in result.safety:
        if safety.arm == arm.name and safety.margin.label not in left_open:
            tool = by_table.get(safety.margin.label)
            judged.append(safety if tool is None or not tool.may_fail else _as_may_fail(safety, tool.words))
    return judged, left_open


def _as_may_fail(safety: Safety, words: str) -> Safety:
    return replace(safety, judgement=replace(safety.judgement, kind="worse", words=words))


def _measured(result: StudyResult, name: str, drawn: list[str], judged: Target | Margin) -> Measured:
    """One target or margin of the tool `name`, whose table the arms `drawn` draw again."""
    base, own, *others = (
        result.values(arm, judged.measure, judged.group) for arm in (result.design.baseline, name, *drawn)
    )
    row = result.row(name, judged.measure, judged.group)
    longer_side = max(row.difference - row.difference_low, row.difference_high - row.difference)
    half_width = longer_side * (1 if math.isnan(row.width_factor) else row.width_factor)  # as a verdict is read
    uncertainty = table_uncertainty(own - base, np.array(others) - base, result.department_of).with_simulation(
        half_width
    )
    ends = uncertainty.effect - uncertainty.half_width, uncertainty.effect + uncertainty.half_width
    kind: VerdictKind | NonInferiority
    if isinstance(judged, Margin):
        limit = judged.margin
        kind, words = margin_words(*ends, limit, row.unit, row.better)
    else:
        limit = judged.minimal_important_difference
        kind, _, words = interval_words(*ends, limit, row.unit, row.better)
    if math.isnan(row.width_factor):  # no verdict may rest on so few replications
        kind = words = "cannot tell"
    return Measured(
        arm=name,
        label=judged.label,
        limit=limit,
        unit=row.unit,
        better=row.better,
        uncertainty=uncertainty,
        alone=span(row.difference_low, row.difference_high, row.unit),
        kind=kind,
        words=words,
        is_margin=isinstance(judged, Margin),
        n_high=n_cases(result.study.arm(name).policy)[1],
    )


def n_cases(policy: Policy) -> tuple[float, float]:
    """Cases that the table of a policy's tool rests on, and those of true levels 1-2; NaN if it states no counts."""
    table: Sequence[Sequence[Any]] | None = policy.ai.matrix.counts if policy.ai is not None else None
    if policy.beside_nurse is not None:
        table = policy.beside_nurse.counts
    if table is None:
        return math.nan, math.nan
    counts = np.array(table, dtype=float)
    return float(counts.sum()), float(counts[:N_HIGH].sum())
