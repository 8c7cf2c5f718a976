"""Main effects and two-way interactions of what was varied in a sweep, and its design as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from simulation.display.table import ReportTable
from simulation.display.words import change, doubt_note, unit_words
from simulation.statistics.factorial import FactorialEffect, Level, factorial_effects, is_full
from simulation.study.design import Target

if TYPE_CHECKING:
    import pandas as pd

    from simulation.questions.sweep import Sweep

DESIGN, EFFECTS = "design.csv", "effects.csv"
MOST_EFFECTS = 6
"""Effects that a table shows; the file has all."""


def design_of(sweep: Sweep) -> list[Mapping[str, str]]:
    """The value of everything that was varied, by run."""
    return [run.varied for run in sweep.runs]


def effects_of(sweep: Sweep, arm: str, target: Target) -> tuple[FactorialEffect, ...]:
    """The effects of what was varied on an arm's difference from the baseline, or on the baseline's own level."""
    is_baseline = arm == sweep.first.design.baseline
    values = [run.values(arm, target) if is_baseline else run.effects(arm, target) for run in sweep.runs]
    return factorial_effects(design_of(sweep), values, sweep.department)


def effect_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every target: arms by effects.

    None for two runs, which differ by one effect, or where some combination of values was not run.
    """
    if len(sweep.runs) < 3 or not is_full(design_of(sweep)):
        return
    arms = (sweep.first.design.baseline, *sweep.arms)
    for target in sweep.targets:
        unit = sweep.unit(target)
        by_arm = {arm: effects_of(sweep, arm, target)[:MOST_EFFECTS] for arm in arms}
        labels = [_label(effect.levels) for effect in by_arm[arms[0]]]
        rows = tuple(
            (sweep.first.arm(arm).label, *(_cell(effect, unit) for effect in effects))
            for arm, effects in by_arm.items()
        )
        yield ReportTable(
            f"effects:{target.measure}:{target.group}",
            f"Effects of what was varied: {target.label}; effects in {unit_words(unit)}, in brackets standard errors",
            ("arm", *labels),
            rows,
            (
                "First line: effect on the level under the baseline; then on each arm's difference from it. 'A less "
                "B': mean of all runs with A minus mean of all runs with B. 'A with B': how much more A does where "
                f"B holds than where B's factor has its first value. Every effect: {EFFECTS}; the design: {DESIGN}.",
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
    """`effects.csv`: a row for every target, arm and effect; on the baseline's level, on the others' differences."""
    import pandas as pd

    baseline = sweep.first.design.baseline
    rows = [
        {
            "measure": target.measure,
            "group": target.group,
            "arm": arm,
            "of": "level" if arm == baseline else "difference",
            **_effect_cells(effect),
        }
        for target in (sweep.targets if is_full(design_of(sweep)) else ())
        for arm in (baseline, *sweep.arms)
        for effect in effects_of(sweep, arm, target)
    ]
    return pd.DataFrame(rows)


def _effect_cells(effect: FactorialEffect) -> dict[str, object]:
    """The columns of `effects.csv` on one effect; those of a second factor are empty in a main effect."""
    cells: dict[str, object] = {"kind": "main" if len(effect.levels) == 1 else "interaction"}
    for number, level in zip_longest((1, 2), effect.levels):
        cells[f"factor_{number}"] = level.factor if level else ""
        cells[f"value_{number}"] = level.value if level else ""
        cells[f"first_{number}"] = level.first if level else ""
    estimate = effect.estimate
    cells |= {"estimate": estimate.mean, "standard_error": effect.standard_error}
    return cells | {"low": estimate.low, "high": estimate.high, "n_replications": estimate.n}


def design_table(sweep: Sweep) -> pd.DataFrame:
    """`design.csv`: a row a run, with what was varied, its length and its folder."""
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
