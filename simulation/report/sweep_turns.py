"""Which verdicts of the first run of a sweep turn in another: under stress, at another site.

A verdict turns where it is of another kind than in the first run and the effects of the two runs differ beyond chance.
An interval that holds 0 by little beside one that misses it by little is no turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulation.analysis.compare import LEVEL, compare
from simulation.report.tables.table import ReportTable
from simulation.report.words import change, span
from simulation.study.design import Target

if TYPE_CHECKING:
    from simulation.report.sweep import Run, Sweep


def turn_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every primary target: of each arm the verdict in the first run, and the runs in which it turns."""
    first = sweep.runs[0]
    for target in sweep.targets:
        if target not in sweep.first.design.primary:
            continue
        rows = []
        for arm in sweep.arms:
            turned = [run for run in sweep.runs[1:] if turns(sweep, run, arm, target)]
            said = "; ".join(
                f"{run.label}: {_effect(run, arm, target)}, {_verdict(run, arm, target)}" for run in turned
            )
            label = sweep.first.arm(arm).label
            rows.append((label, _effect(first, arm, target), _verdict(first, arm, target), said or "nowhere"))
        yield ReportTable(
            f"turns:{target.measure}:{target.group}",
            f"Which verdicts turn: {target.label}",
            ("arm", f"effect, {first.label}", f"verdict, {first.label}", "turns in"),
            tuple(rows),
            (
                f"A verdict turns where it is of another kind than in '{first.label}' and the two effects differ "
                f"beyond chance ({LEVEL:.0%} over the {len(sweep.runs) - 1} other runs together). In brackets 95 % "
                "intervals.",
            ),
        )


def turns(sweep: Sweep, run: Run, arm: str, target: Target) -> bool:
    """Whether the verdict on an arm is another in this run than in the first, beyond chance."""
    first = sweep.runs[0]
    kinds = {each.result.finding(arm, target).verdict.kind for each in (first, run)}
    if len(kinds) == 1:
        return False
    effects = [each.effects(arm, target) for each in (first, run)]
    n = min(len(each) for each in effects)
    played = sweep.department
    level = 1 - (1 - LEVEL) / (len(sweep.runs) - 1)
    before, now = (each[:n] for each in effects)
    return compare(now, before, level=level, department=None if played is None else played[:n]).excludes_zero


def _effect(run: Run, arm: str, target: Target) -> str:
    row = run.result.row(arm, target.measure, target.group)
    return f"{change(row.difference, row.unit)} ({span(row.difference_low, row.difference_high, row.unit)})"


def _verdict(run: Run, arm: str, target: Target) -> str:
    return run.result.finding(arm, target).verdict.words
