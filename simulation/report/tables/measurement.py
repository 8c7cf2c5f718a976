"""How sure the effect of a measured tool is: simulation and measurement told apart, and which is larger."""

from __future__ import annotations

import math

import numpy as np

from simulation.analysis.table_doubt import DRAWN, FEWEST_TABLES, MEASURED_ARM, TableDoubt, table_doubt
from simulation.experiment.result import StudyResult
from simulation.report.tables.table import ReportTable
from simulation.report.words import change, unit_words
from simulation.triage.matrix import N_HIGH


def measurement_table(result: StudyResult) -> ReportTable | None:
    """A row a target of a study whose arms draw a measured tool's table again; None for other studies."""
    names = [arm.name for arm in result.others]
    drawn = [name for name in names if name.startswith(DRAWN)]
    if MEASURED_ARM not in names or len(drawn) < FEWEST_TABLES or len(result.replications) < 2:
        return None
    rows = []
    for target in result.targets:
        base = result.values(result.design.baseline, target.measure, target.group)
        gaps = np.array([result.values(name, target.measure, target.group) - base for name in drawn])
        found = table_doubt(result.values(MEASURED_ARM, target.measure, target.group) - base, gaps)
        unit = result.row(MEASURED_ARM, target.measure, target.group).unit
        limit = target.minimal_important_difference
        rows.append(
            (
                target.label,
                f"{change(found.effect, unit)} {unit_words(unit)}",
                _interval(found, found.simulation_half_width, unit),
                _interval(found, found.half_width, unit),
                found.dominates,
                _needed(found, limit, _n_high(result)),
            )
        )
    headers = ("target", "effect", "simulation alone", "simulation and measurement", "larger", "cases needed")
    notes = (
        f"95 % intervals. {len(drawn)} tables drawn from what the bench leaves open, each in the same "
        f"{len(result.replications)} replications; the nurse's table is taken as known, and so is the department.",
        "Cases needed: of true levels 1-2, so that the wider interval reaches no farther than the minimal important "
        "difference either way.",
    )
    title = f"How sure is the effect of '{result.arm(MEASURED_ARM).label}'?"
    return ReportTable("measurement", title, headers, tuple(rows), notes)


def _interval(found: TableDoubt, half_width: float, unit: str) -> str:
    return f"{change(found.effect - half_width, unit)} to {change(found.effect + half_width, unit)}"


def _n_high(result: StudyResult) -> float:
    """Cases of true levels 1-2 that the table rests on."""
    policy = result.study.arm(MEASURED_ARM).policy
    if policy.beside_nurse is not None:
        return float(np.array(policy.beside_nurse.counts)[:N_HIGH].sum())
    counts = policy.ai.matrix.counts if policy.ai is not None else None
    return float(np.array(counts)[:N_HIGH].sum()) if counts is not None else math.nan


def _needed(found: TableDoubt, limit: float, n_high: float) -> str:
    """How many cases would do, if there are too few; that there are enough; or that more replications come first."""
    if found.half_width <= limit:
        return "enough"
    cases = found.cases_for(limit, n_high)
    if math.isinf(cases):
        return "more replications first"
    return "–" if math.isnan(cases) else f"about {math.ceil(cases):,} ({n_high:.0f} now)"
