"""What was varied in a sweep, thing by thing: main effects and two-way interactions, and the design as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from simulation.analysis.compare import paired
from simulation.analysis.factorial import FactorialEffect, Level, factorial_effects, is_full
from simulation.records.schema import Floats
from simulation.report.tables.table import ReportTable
from simulation.report.words import change, doubt_note, unit_words
from simulation.study.design import Target

if TYPE_CHECKING:
    import pandas as pd

    from simulation.report.sweep import Run, Sweep

DESIGN, EFFECTS = "design.csv", "effects.csv"
MOST_EFFECTS = 6
"""Effects that a table shows; the file has all."""


def design_of(sweep: Sweep) -> list[Mapping[str, str]]:
    """By run, the value of everything that was varied."""
    return [run.varied for run in sweep.runs]


def effects_of(sweep: Sweep, arm: str, target: Target) -> tuple[FactorialEffect, ...]:
    """What was varied does to an arm's difference from the baseline, or to the baseline's own level."""
    return factorial_effects(design_of(sweep), [_numbers(run, arm, target) for run in sweep.runs], sweep.department)


def _numbers(run: Run, arm: str, target: Target) -> Floats:
    baseline = run.result.design.baseline
    ours, theirs = (run.result.values(name, target.measure, target.group) for name in (arm, baseline))
    return theirs if arm == baseline else paired(ours, theirs)


def effect_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every target: arms by effects. Nothing of two runs, which differ by one effect, or where some
    combination of values was not run."""
    if len(sweep.runs) < 3 or not is_full(design_of(sweep)):
        return
    for target in sweep.targets:
        unit = sweep.first.row(sweep.first.design.baseline, target.measure, target.group).unit
        arms = (sweep.first.design.baseline, *sweep.arms)
        found = {arm: effects_of(sweep, arm, target)[:MOST_EFFECTS] for arm in arms}
        labels = [_label(effect.levels) for effect in found[arms[0]]]
        rows = tuple(
            (sweep.first.arm(arm).label, *(_cell(effect, unit) for effect in effects)) for arm, effects in found.items()
        )
        yield ReportTable(
            f"effects:{target.measure}:{target.group}",
            f"What was varied: {target.label}; effects in {unit_words(unit)}, in brackets standard errors",
            ("arm", *labels),
            rows,
            (
                "First line: effect on the level under the baseline; then on each arm's difference from it. "
                "'A less B': mean of all runs with A, less that of all with B. 'A with B': how much more A does where "
                f"B holds than where it has its first value. Every effect: {EFFECTS}; the design: {DESIGN}.",
                doubt_note(),
            ),
        )


def _label(levels: Sequence[Level]) -> str:
    if len(levels) == 1:
        return f"{_short(levels[0].factor)}: {levels[0].value} less {levels[0].first}"
    return " with ".join(f"{_short(level.factor)}={level.value}" for level in levels)


def _short(factor: str) -> str:
    return ".".join(factor.split(".")[-2:])


def _cell(effect: FactorialEffect, unit: str) -> str:
    scale = 100 if unit == "share" else 1
    return f"{change(effect.estimate.mean, unit)} ({scale * effect.standard_error:.1f})"


def effects_table(sweep: Sweep) -> pd.DataFrame:
    """`effects.csv`: a row for every target, arm and effect; of the baseline its level, of others their difference."""
    import pandas as pd

    rows: list[dict[str, object]] = []
    baseline = sweep.first.design.baseline
    for target in sweep.targets if is_full(design_of(sweep)) else ():
        for arm in (baseline, *sweep.arms):
            for effect in effects_of(sweep, arm, target):
                about = {"measure": target.measure, "group": target.group, "arm": arm}
                of = "level" if arm == baseline else "difference"
                kind = "main" if len(effect.levels) == 1 else "interaction"
                named: dict[str, object] = {}
                for number in (1, 2):
                    level = effect.levels[number - 1] if len(effect.levels) >= number else None
                    named |= {
                        f"factor_{number}": level.factor if level else "",
                        f"value_{number}": level.value if level else "",
                        f"first_{number}": level.first if level else "",
                    }
                numbers = {
                    "estimate": effect.estimate.mean,
                    "standard_error": effect.standard_error,
                    "low": effect.estimate.low,
                    "high": effect.estimate.high,
                    "n_replications": effect.estimate.n,
                }
                rows.append({**about, "of": of, "kind": kind, **named, **numbers})
    return pd.DataFrame(rows)


def design_table(sweep: Sweep) -> pd.DataFrame:
    """`design.csv`: a row a run, with what was varied, how long it was and where its results are."""
    import pandas as pd

    rows = [
        {
            "run": number,
            **run.varied,
            "seed": run.result.run.seed,
            "replications": len(run.result.replications),
            "warm_up_days": run.result.run.warm_up_days,
            "measured_days": run.result.run.measured_days,
            "folder": run.folder.as_posix() if run.folder else "",
        }
        for number, run in enumerate(sweep.runs, start=1)
    ]
    return pd.DataFrame(rows)
