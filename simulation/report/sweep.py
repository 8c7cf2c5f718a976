"""Several runs of one study beside each other: what `aeflow compare -m scenario=usual,winter` ends with.

Each run has its own folder and report; here is what they come to together: arms by runs on every target, how far
the effects of two runs are apart, and whether the answer depends on what was varied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.analysis.compare import TIDY, paired
from simulation.analysis.compare_runs import RunComparison, compare_runs
from simulation.analysis.departments import Department
from simulation.errors import ResultsError
from simulation.experiment.result import StudyResult
from simulation.experiment.store.folders import moved, not_written, whole_or_nothing
from simulation.explain.statements import BANNER
from simulation.records.schema import Floats
from simulation.report.figures.drawing import (
    DARK,
    GREY,
    PALE,
    STAGE_COLOURS,
    Picture,
    across,
    broken,
    figure_of,
    png_of,
)
from simulation.report.sweep_effects import DESIGN, EFFECTS, design_table, effect_tables, effects_table
from simulation.report.sweep_turns import turn_tables
from simulation.report.tables.table import ReportTable
from simulation.report.words import amount, difference_text, doubt_note, interval_text, unit_words
from simulation.study.design import Target

if TYPE_CHECKING:
    import pandas as pd

FOLDER, TABLE, PICTURE = "sweeps", "across.csv", "across.png"
BINDING = ("scenario", "site", "staffing")
"""What decides which resource binds: if only these were varied, the answer depends on the bottleneck."""
MOST_ACROSS = 5
"""Runs that a table shows in columns of their own."""


@dataclass(frozen=True)
class Run:
    """One run of a sweep: the values that were varied, by their keys; what its report is made from; its folder."""

    varied: Mapping[str, str]
    result: StudyResult
    folder: Path | None = None

    @property
    def label(self) -> str:
        """'usual' of a scenario alone, else 'scenario=usual, triage_nurses.extra=1'."""
        if list(self.varied) == ["scenario"]:
            return self.varied["scenario"]
        return ", ".join(f"{'.'.join(key.split('.')[-2:])}={value}" for key, value in self.varied.items())

    def effect(self, arm: str, target: Target) -> str:
        """The arm's difference from the baseline with its interval, in words."""
        return difference_text(self.result.row(arm, target.measure, target.group))

    def effects(self, arm: str, target: Target) -> Floats:
        """The arm's difference from the baseline in each replication, shape (n_replications,)."""
        names = (arm, self.result.design.baseline)
        return paired(*(self.result.values(name, target.measure, target.group) for name in names))


@dataclass(frozen=True, repr=False)
class Sweep:
    """Two runs or more of one study."""

    runs: tuple[Run, ...]

    @property
    def first(self) -> StudyResult:
        """The first run, whose words for arms and targets go for all."""
        return self.runs[0].result

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that are judged in every run, in order."""
        shared = set.intersection(*({each.arm for each in run.result.findings} for run in self.runs))
        return tuple(arm.name for arm in self.first.shown.others if arm.name in shared)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets of every run."""
        return tuple(each for each in self.first.targets if all(each in run.result.targets for run in self.runs))

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """Which verdicts turn; a table for every target: arms by runs, how far two runs are apart, and whether they
        agree; then one of what each thing that was varied does."""
        return (*turn_tables(self), *sweep_tables(self), *effect_tables(self))

    def __repr__(self) -> str:
        return f"Runs of '{self.first.design.name}' beside each other: {'; '.join(run.label for run in self.runs)}"

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        return "".join(table._repr_html_() for table in self.tables)

    @property
    def depends_on(self) -> str:
        """What an answer that differs between these runs depends on."""
        keys = list(self.runs[0].varied)
        binding = all(key.split(".")[0] in BINDING for key in keys)
        return "the bottleneck" if binding else " and ".join(keys)

    def compare_runs(self, arm: str, target: Target) -> RunComparison:
        """What the runs come to on one arm and target."""
        return self._comparisons[arm, target]

    @cached_property
    def _comparisons(self) -> dict[tuple[str, Target], RunComparison]:
        return {(arm, target): self._together(arm, target) for arm in self.arms for target in self.targets}

    def _together(self, arm: str, target: Target) -> RunComparison:
        verdicts = {run.label: run.result.finding(arm, target).verdict for run in self.runs}
        effects = {run.label: run.effects(arm, target) for run in self.runs}
        unit = self.first.row(arm, target.measure, target.group).unit
        mid, used = target.minimal_important_difference, self.department
        return compare_runs(verdicts, effects, mid, unit, on=self.depends_on, department=used)

    @cached_property
    def department(self) -> Department | None:
        """Which department of an ensemble each replication used, where it is the same in every run; else None."""
        first, *others = (run.result.department_of for run in self.runs)
        alike = first is not None and all(each is not None and np.array_equal(each, first) for each in others)
        return first if alike else None


def sweep_of(done: Sequence[tuple[Sequence[str], StudyResult, Path]]) -> Sweep | None:
    """Runs together, each with the overrides (`key=value`) that asked for it and its folder.

    None if there is nothing to put together: one run, several studies or baselines, no arm or target in every run.
    """
    stated = [dict(word.split("=", 1) for word in overrides if "=" in word) for overrides, _, _ in done]
    keys = [key for key in (stated[0] if stated else ()) if len({each.get(key) for each in stated}) > 1]
    runs = tuple(
        Run({key: each[key] for key in keys}, result, folder)
        for each, (_, result, folder) in zip(stated, done, strict=True)
    )
    studies = {(run.result.design.name, run.result.design.baseline) for run in runs}
    if len(runs) < 2 or len(studies) > 1 or len({run.label for run in runs}) < len(runs):
        return None
    sweep = Sweep(runs)
    return sweep if sweep.arms and sweep.targets else None


def beside(one: StudyResult, other: StudyResult) -> Sweep:
    """Two results of one study beside each other, told apart by what differs: site, scenario, version or date.

    Raises ResultsError if they have no arm or no target in common.
    """
    keys = ("site", "scenario", "seed", "aeflow", "finished_at")
    ours, theirs = (
        {key: str(each.manifest.get(key, each.manifest.get("versions", {}).get(key, ""))) for key in keys}
        for each in (one, other)
    )
    varied = [key for key in keys if ours[key] != theirs[key]]
    varied = [key for key in varied if key != "finished_at"] or ["finished_at"]
    numbers = ("1", "2")
    runs = tuple(
        Run({key: labels[key] if ours[key] != theirs[key] else numbers[place] for key in varied}, result)
        for place, (labels, result) in enumerate(((ours, one), (theirs, other)))
    )
    sweep = Sweep(runs)
    if one.design.name != other.design.name or not sweep.arms or not sweep.targets:
        raise ResultsError(
            f"'{one.design.name}' and '{other.design.name}' have no arm or no target in common, so they cannot be set "
            "beside each other. Give two results of one study"
        )
    return sweep


def sweep_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every target: arms by runs, how far two runs are apart, and whether they agree."""
    for target in sweep.targets:
        unit = _unit(sweep, target)
        shown = sweep.runs if len(sweep.runs) <= MOST_ACROSS else ()
        rows = [(sweep.first.baseline.label, *(_level(run, target) for run in shown), "", "")]
        for arm in sweep.arms:
            found = sweep.compare_runs(arm, target)
            cells = (run.effect(arm, target) for run in shown)
            rows.append((sweep.first.arm(arm).label, *cells, _apart(found, unit), found.words))
        yield ReportTable(
            f"across:{target.measure}:{target.group}",
            f"Across {len(sweep.runs)} runs: {target.label}; differences in {unit_words(unit)}",
            ("arm", *(run.label for run in shown), "furthest apart", "together"),
            tuple(rows),
            _notes(sweep, shown=bool(shown)),
        )


def _notes(sweep: Sweep, *, shown: bool) -> tuple[str, ...]:
    everything = "" if shown else f" Every run: {TABLE}."
    return (
        "First line: the level under the baseline. In brackets the 95 % interval of each difference; of two runs "
        f"apart, one that holds together with those of all pairs of runs of its arm.{everything}",
        f"'Depends' means that effects differ by as much as matters, beyond chance. {doubt_note()}",
    )


def _unit(sweep: Sweep, target: Target) -> str:
    return sweep.first.row(sweep.first.design.baseline, target.measure, target.group).unit


def _level(run: Run, target: Target) -> str:
    row = run.result.row(run.result.design.baseline, target.measure, target.group)
    return amount(row.mean, row.unit)


def _apart(found: RunComparison, unit: str) -> str:
    if found.apart is None:
        return "–"
    apart = found.apart[2]
    return interval_text(apart, unit)


def sweep_table(sweep: Sweep) -> pd.DataFrame:
    """A row for every run, arm and target: `summary.csv`'s columns, what was varied, the verdict, and all together."""
    import pandas as pd

    rows = []
    for run in sweep.runs:
        for target in sweep.targets:
            for arm in sweep.arms:
                finding = run.result.finding(arm, target)
                comparison = {name: getattr(finding.comparison, name) for name in TIDY}
                said = {"verdict": finding.verdict.words, "together": sweep.compare_runs(arm, target).words}
                rows.append({**run.varied, **comparison, **said, "folder": run.folder.as_posix() if run.folder else ""})
    return pd.DataFrame(rows)


def sweep_picture(sweep: Sweep) -> Picture:
    """Every arm's difference in every run with its interval, a panel for each target."""
    arms, targets, runs = sweep.arms, sweep.targets, sweep.runs
    step = 0.8 / len(runs)
    height = 1.9 + len(arms) * max(0.46, 0.16 * len(runs))
    with figure_of(3.6 + 2.9 * len(targets), height, 1, len(targets), sharey=True) as (figure, axes):
        for ax, target in zip(axes, targets, strict=True):
            factor = 100 if _unit(sweep, target) == "share" else 1
            for number, run in enumerate(runs):
                colour = STAGE_COLOURS[number % len(STAGE_COLOURS)]
                places = [place - 0.4 + step * (number + 0.5) for place in range(len(arms))]
                found = [run.result.row(arm, target.measure, target.group) for arm in arms]
                for place, row in zip(places, found, strict=True):
                    ends = [factor * row.difference_low, factor * row.difference_high]
                    ax.plot(ends, [place, place], color=colour, linewidth=2, solid_capstyle="butt")
                means = [factor * row.difference for row in found]
                marker, name = MARKERS[number % len(MARKERS)], run.label.replace("_", " ")
                ax.plot(means, places, marker, color=colour, markersize=6, markeredgecolor="white", label=name)
            least = factor * target.minimal_important_difference
            for edge in (-least, least):
                ax.axvline(edge, color=GREY, linewidth=0.9, linestyle=":")
            ax.axvline(0, color="black", linewidth=1)
            for place in range(1, len(arms)):
                ax.axhline(place - 0.5, color=PALE, linewidth=0.8)
            ax.set_ylim(len(arms) - 0.45, -0.55)
            ax.set_title(broken(target.label, 28), fontsize=10, fontweight="bold", loc="left")
        better = [sweep.first.better(target) for target in targets]
        across(axes, [_unit(sweep, target) for target in targets], better)
        axes[0].set_yticks(range(len(arms)), [broken(sweep.first.arm(arm).label, 30) for arm in arms], fontsize=9)
        for ax in axes:
            ax.tick_params(axis="y", length=0)
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(len(runs), 5), frameon=False,
            labelcolor=DARK, title=f"Dotted: the least difference that would matter. {BANNER}", title_fontsize=8,
        )  # fmt: skip
        png = png_of(figure)
    said = [
        f"{target.label}: "
        + "; ".join(f"{sweep.first.arm(arm).label} {sweep.compare_runs(arm, target).words}" for arm in arms)
        for target in targets
    ]
    return Picture(
        "across",
        png,
        f"Differences from {sweep.first.baseline.label} in {len(runs)} runs. {'. '.join(said)}.",
        f"Difference from '{sweep.first.baseline.label}' in each run, with its 95 % interval (simulation noise only). "
        "Dotted: the least difference that would matter.",
    )


MARKERS = "osD^vPXh"
"""Shape says the same as colour."""


def write_sweep(sweep: Sweep, results_dir: Path) -> Path:
    """Write the tables, the design and the picture of a sweep; the folder. Raises ResultsError if the place cannot be
    written."""
    parent = results_dir / FOLDER
    try:
        parent.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now().astimezone():%Y-%m-%dT%H%M%S}"
        with whole_or_nothing(parent, name) as partial:
            written = {TABLE: sweep_table(sweep), DESIGN: design_table(sweep), EFFECTS: effects_table(sweep)}
            for file, table in written.items():
                table.to_csv(partial / file, index=False, encoding="utf-8-sig", lineterminator="\n")
            (partial / PICTURE).write_bytes(sweep_picture(sweep).png)
            return moved(partial, parent, name)
    except OSError as error:
        raise not_written(Path(error.filename or parent), error) from error
