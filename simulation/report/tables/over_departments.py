"""Effects over the departments of an ensemble: simulation noise, how far other departments would move the mean, and the
range over departments. The three are never merged (`statistics/departments.py`)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulation.display.table import ReportTable
from simulation.display.words import amount, change, span, unit_words
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, Spread, counted, movement
from simulation.study.design import Target

HEADERS = (
    "arm",
    "mean over departments",
    "95 % interval (simulation)",
    "other departments ±",
    "median department",
    "5th to 95th of 100",
    "at most",
    "in how many departments",
    "least in",
    "most in",
)


def over_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """A table for each target, a row an arm; none for a study on one department."""
    if result.department_of is None or not result.others:
        return ()
    return tuple(_table(result, target) for target in result.targets)


def _table(result: StudyResult, target: Target) -> ReportTable:
    base = result.row(result.design.baseline, target.measure, target.group)
    rows = []
    for arm in result.others:
        finding = result.finding(arm.name, target)
        row, spread = finding.comparison, finding.spread
        mean = (change(row.difference, row.unit), span(row.difference_low, row.difference_high, row.unit))
        rows.append((arm.label, *mean, *_range(spread, row.unit), finding.where or "–", *_ends(spread, row.unit)))
    title = (
        f"{target.label} over {departments_words(result)}: {amount(base.mean, base.unit)} under "
        f"'{result.baseline.label}'; differences in {unit_words(base.unit)}"
    )
    kind = f"departments:{target.measure}:{target.group}"
    return ReportTable(kind, title, HEADERS, tuple(rows), tuple(_notes(result, target)))


def _range(spread: Spread | None, unit: str) -> tuple[str, str, str, str]:
    """How far other departments would move the mean, the median, the range, and the range at most."""
    if spread is None or not spread.is_range:
        return "–", "–", "–", "–"
    median, low, high = spread.range
    moved = change(movement(spread), unit).lstrip("+")
    return moved, change(median, unit), span(low, high, unit), span(*spread.widest, unit)


def _ends(spread: Spread | None, unit: str) -> tuple[str, str]:
    """The departments in which the difference is nearest to none and furthest from it, the way most of them go."""
    if spread is None or not spread.n:
        return "–", "–"
    order = np.argsort(spread.effects * (1 if spread.effects.mean() > 0 else -1), kind="stable")
    least, most = (f"{spread.numbers[at]}: {change(float(spread.effects[at]), unit)}" for at in (order[0], order[-1]))
    return least, most


def _notes(result: StudyResult, target: Target) -> Iterator[str]:
    yield (
        "The interval is simulation noise in the mean over these departments, from the spread within them. The "
        "column ± is separate: how far the mean would move with as many other departments of the ensemble (95 %)."
    )
    yield (
        "Range, counts, least and most are of effects with simulation noise removed by a normal model (variance "
        "between and within departments); '(n as simulated)' counts departments by the unadjusted means of their "
        "replications. 'At most' is the range with the variance between departments at its upper 95 % limit; 'in "
        f"every department' rests on it. All are left out under {MIN_DEPARTMENTS} departments."
    )
    sham = result.sham
    if sham is not None and (spread := result.finding(sham.name, target).spread) is not None and spread.is_range:
        unit = result.row(sham.name, target.measure, target.group).unit
        _, low, high = spread.range
        yield f"Check, with no effect at all (sham): {span(low, high, unit)}{_beyond_margin(result, sham)}."
    yield "One department alone: run.department=NUMBER, from 0, as in 'least in' and 'most in'."


def _beyond_margin(result: StudyResult, sham: ArmResult) -> str:
    """In how many departments the sham is beyond a safety margin, in either direction."""
    counts = []
    for safety in result.safety:
        if safety.arm == sham.name and safety.spread is not None:
            below, within, above = counted(safety.spread.effects, safety.margin.margin)
            counts.append(f"'{safety.margin.label}' in {below + above} of {below + within + above}")
    return f"; beyond a safety margin: {', '.join(counts)}" if counts else ""


def departments_words(result: StudyResult) -> str:
    """'60 departments of the ensemble 'typical', 2 replications of each', for a study over departments."""
    assert result.department_of is not None
    _, counts = np.unique(result.department_of, return_counts=True)
    n = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} or {counts.max()}"
    return f"{result.study.department_words}, {n} replication{'s' if n != '1' else ''} of each"
