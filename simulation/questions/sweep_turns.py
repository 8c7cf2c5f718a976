"""Which verdicts of the first run of a sweep change in another: under stress, at another site.

A verdict changes if it differs from that in the first run and the effects of the two runs differ beyond chance: it goes
the other way, an effect comes or goes, or 'by more' than matters becomes 'by less'. An interval that holds 0 by little
beside one that misses it by little is no change. Where the other run cannot tell, the verdict is not settled there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from simulation.display.table import ReportTable
from simulation.statistics.compare import compare
from simulation.statistics.intervals import LEVEL
from simulation.study.design import Target

if TYPE_CHECKING:
    from simulation.questions.sweep import Run, Sweep

UNSETTLED = "cannot tell"


def turn_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every primary target: each arm's verdict in the first run, and the runs in which it changes."""
    first = sweep.runs[0]
    for target in sweep.targets:
        if target not in sweep.first.design.primary:
            continue
        rows = []
        for arm in sweep.judged:
            others = [run for run in sweep.runs[1:] if differs(sweep, run, arm, target)]
            changed = [run for run in others if _changed(first, run, arm, target)]
            unsettled = [run for run in others if _unsettled(first, run, arm, target)]
            label = sweep.first.arm(arm).label
            verdict = first.result.finding(arm, target).verdict.words
            where = (_listed(runs, arm, target) for runs in (changed, unsettled))
            rows.append((label, first.effect(arm, target), verdict, *where))
        yield ReportTable(
            f"turns:{target.measure}:{target.group}",
            f"Which verdicts change: {target.label}",
            ("arm", f"effect, {first.label}", f"verdict, {first.label}", "changes in", "not settled in"),
            tuple(rows),
            (
                f"A verdict changes if it differs from that in '{first.label}' and the two effects differ "
                f"beyond chance ({LEVEL:.0%} over the {len(sweep.runs) - 1} other runs together). 'Perhaps by less' "
                f"does not count as another verdict. In brackets: 95 % intervals.",
            ),
        )


def differs(sweep: Sweep, run: Run, arm: str, target: Target) -> bool:
    """Whether the effect of an arm in this run differs from that in the first, beyond chance over all other runs."""
    now, before = run.effects(arm, target), sweep.runs[0].effects(arm, target)
    n = min(len(now), len(before))
    department = None if sweep.department is None else sweep.department[:n]
    level = 1 - (1 - LEVEL) / (len(sweep.runs) - 1)
    return compare(now[:n], before[:n], level=level, department=department).excludes_zero


def _changed(first: Run, run: Run, arm: str, target: Target) -> bool:
    """Whether the verdicts of two runs, both settled, say different things."""
    before, now = (one.result.finding(arm, target).verdict for one in (first, run))
    if UNSETTLED in (before.kind, now.kind):
        return False
    return before.kind != now.kind or {before.size, now.size} == {"more", "less"}


def _unsettled(first: Run, run: Run, arm: str, target: Target) -> bool:
    """Whether the verdict of the first run is settled and that of the other is not."""
    before, now = (one.result.finding(arm, target).verdict.kind for one in (first, run))
    return now == UNSETTLED and before != UNSETTLED


def _listed(runs: Sequence[Run], arm: str, target: Target) -> str:
    """'surge: −0.8 (−2.3 to +0.8), no change beyond 3 min'; 'nowhere'."""
    words = (
        f"{run.label}: {run.effect(arm, target)}, {run.result.finding(arm, target).verdict.answer}" for run in runs
    )
    return "; ".join(words) or "nowhere"
