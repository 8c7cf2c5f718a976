"""Several runs of one study side by side: what `aeflow compare -m scenario=usual,winter` ends with.

Each run has its own folder and report. Here are all of them together: arms by runs on every target, how far the effects
of two runs are apart, and whether the answer depends on what was varied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.display.dated_folder import write_dated
from simulation.display.table import ReportTable
from simulation.display.words import amount, difference_text, doubt_note, interval_text, unit_words
from simulation.errors import ResultsError
from simulation.questions.sweep_effects import DESIGN, EFFECTS, design_table, effect_tables, effects_table
from simulation.questions.sweep_picture import sweep_picture
from simulation.questions.sweep_turns import turn_tables
from simulation.records.schema import Floats
from simulation.records.serialise import differences
from simulation.run.result import StudyResult
from simulation.statistics.compare import TIDY, paired
from simulation.statistics.compare_runs import RunComparison, compare_runs
from simulation.statistics.departments import Department
from simulation.study.design import Target

if TYPE_CHECKING:
    import pandas as pd

CHECK = "check: no effect by design"
"""What stands in place of a verdict on the sham."""
FOLDER, TABLE, PICTURE = "sweeps", "across.csv", "across.png"
BINDING = ("scenario", "site", "staffing")
"""Keys that decide which resource binds: if only these were varied, the answer depends on the bottleneck."""
OTHER_GROUPS = ("staffing", "pathway", "calibration", "nurse", "run")
"""The groups of a configuration whose chosen file is recorded with the study, not in the manifest."""
CHOSEN = ("site", "scenario", *OTHER_GROUPS)
"""The groups of a configuration whose chosen file tells two runs apart."""
SECTIONS = (*CHOSEN, "study", "triage")
"""The parts of a configuration whose values tell two runs apart."""
MOST_LABELLED = 3
"""Values up to which two runs are labelled by those that differ."""
MOST_ACROSS = 5
"""Runs up to which a table shows each in a column of its own."""


@dataclass(frozen=True)
class Run:
    """One run of a sweep: the values that were varied, by their keys; its result; its folder."""

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
        return paired(self.values(arm, target), self.values(self.result.design.baseline, target))

    def values(self, arm: str, target: Target) -> Floats:
        """The arm's measure in each replication, shape (n_replications,)."""
        return self.result.values(arm, target.measure, target.group)


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
        """The arms that every run compares with its baseline, in order; the sham, as a check, among them."""
        shared = set.intersection(*({finding.arm for finding in run.result.findings} for run in self.runs))
        return tuple(arm.name for arm in self.first.shown.others if arm.name in shared)

    @property
    def judged(self) -> tuple[str, ...]:
        """The arms that get a verdict: all but the sham."""
        return tuple(arm for arm in self.arms if not self.is_check(arm))

    def is_check(self, arm: str) -> bool:
        """Whether an arm has no effect by design, so that no verdict is given."""
        return any(arm == run.result.design.sham for run in self.runs)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that every run has."""
        return tuple(target for target in self.first.targets if all(target in run.result.targets for run in self.runs))

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """Tables of the verdicts that change, of arms by runs, and of what each thing that was varied does."""
        return (*turn_tables(self), *sweep_tables(self), *effect_tables(self))

    def __repr__(self) -> str:
        return f"Runs of '{self.first.design.name}' side by side: {'; '.join(run.label for run in self.runs)}"

    def _repr_html_(self) -> str:
        """The tables as a notebook shows them."""
        return "".join(table._repr_html_() for table in self.tables)

    @property
    def depends_on(self) -> str:
        """What an answer that differs between these runs depends on."""
        keys = list(self.runs[0].varied)
        binding = all(key.split(".")[0] in BINDING for key in keys)
        return "the bottleneck" if binding else " and ".join(keys)

    @cached_property
    def comparisons(self) -> dict[tuple[str, Target], RunComparison]:
        """The runs compared on each arm and target."""
        return {(arm, target): self._compare_runs(arm, target) for arm in self.arms for target in self.targets}

    def _compare_runs(self, arm: str, target: Target) -> RunComparison:
        verdicts = {run.label: run.result.finding(arm, target).verdict for run in self.runs}
        effects = {run.label: run.effects(arm, target) for run in self.runs}
        mid, unit = target.minimal_important_difference, self.unit(target)
        compared = compare_runs(verdicts, effects, mid, unit, on=self.depends_on, department=self.department)
        return replace(compared, kind="check", words=CHECK) if self.is_check(arm) else compared

    def unit(self, target: Target) -> str:
        """The unit of a target's measure."""
        return self.first.row(self.first.design.baseline, target.measure, target.group).unit

    @cached_property
    def department(self) -> Department | None:
        """The department of an ensemble that each replication used, where it is the same in every run; else None."""
        first, *others = (run.result.department_of for run in self.runs)
        if first is None or any(other is None or not np.array_equal(other, first) for other in others):
            return None
        return first


def sweep_of(done: Sequence[tuple[Sequence[str], StudyResult, Path]]) -> Sweep | None:
    """A sweep of runs, each given by the overrides (`key=value`) that asked for it, its result and its folder.

    None if there is nothing to compare: one run, several studies or baselines, no arm or target in every run.
    """
    overrides = [dict(word.split("=", 1) for word in words if "=" in word) for words, _, _ in done]
    keys = [key for key in (overrides[0] if overrides else ()) if len({values.get(key) for values in overrides}) > 1]
    runs = tuple(
        Run({key: values[key] for key in keys}, result, folder)
        for values, (_, result, folder) in zip(overrides, done, strict=True)
    )
    studies = {(run.result.design.name, run.result.design.baseline) for run in runs}
    if len(runs) < 2 or len(studies) > 1 or len({run.label for run in runs}) < len(runs):
        return None
    sweep = Sweep(runs)
    return sweep if sweep.arms and sweep.targets else None


def beside(one: StudyResult, other: StudyResult) -> Sweep:
    """Compare two results of one study, labelled by what differs.

    Raises ResultsError if they have no arm or no target in common.
    """
    varied = _told_apart_by(one, other)
    sweep = Sweep(
        tuple(
            Run({key: values[number] for key, values in varied.items()}, result)
            for number, result in enumerate((one, other))
        )
    )
    if one.design.name != other.design.name or not sweep.arms or not sweep.targets:
        raise ResultsError(
            f"'{one.design.name}' and '{other.design.name}' have no arm or no target in common, so they cannot be "
            f"compared. Give two results of one study"
        )
    return sweep


def _told_apart_by(one: StudyResult, other: StudyResult) -> dict[str, tuple[str, str]]:
    """The values of two runs by key, where they differ.

    That is the files that were chosen (site, scenario), else a few values of the configuration; then seed, version
    and number of replications, else the date.
    """
    keys = (*CHOSEN, "seed", "aeflow", "n_replications", "finished_at")
    recorded = {key: (_recorded(one, key), _recorded(other, key)) for key in keys}
    differing = {key: values for key, values in recorded.items() if values[0] != values[1]}
    finished_at = differing.pop("finished_at", ("1", "2"))
    if differing.keys().isdisjoint(CHOSEN):
        differing = {**_values_that_differ(one, other), **differing}
    return differing or {"finished_at": finished_at}


def _recorded(result: StudyResult, key: str) -> str:
    """What a run recorded of a group, its seed, its version or when it ended; '' if nothing."""
    if key in OTHER_GROUPS:
        return result.study.choices.get(key, "")
    return str(result.manifest.get(key, result.manifest.get("versions", {}).get(key, "")))


def _values_that_differ(one: StudyResult, other: StudyResult) -> dict[str, tuple[str, str]]:
    """The value of each run by the dotted path of a configuration, where the two differ in numbers or words; none if
    they differ in more than `MOST_LABELLED` or in whole blocks. The seed has a name of its own."""
    ours, theirs = (
        {key: value for key, value in result.study.resolved.items() if key in SECTIONS} for result in (one, other)
    )
    values = {path: pair for path, *pair in differences(ours, theirs) if path != "run.seed"}
    simple = all(isinstance(value, int | float | str | None) for pair in values.values() for value in pair)
    if len(values) > MOST_LABELLED or not simple:
        return {}
    return {path: (str(value), str(other_value)) for path, (value, other_value) in values.items()}


def sweep_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every target: arms by runs, how far two runs are apart, and whether they agree."""
    for target in sweep.targets:
        unit = sweep.unit(target)
        shown = sweep.runs if len(sweep.runs) <= MOST_ACROSS else ()
        rows = [(sweep.first.baseline.label, *(_level(run, target) for run in shown), "", "")]
        for arm in sweep.arms:
            compared = sweep.comparisons[arm, target]
            effects = (run.effect(arm, target) for run in shown)
            apart = "–" if compared.apart is None else interval_text(compared.apart[2], unit)
            rows.append((sweep.first.arm(arm).label, *effects, apart, compared.words))
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
        "First line: the level under the baseline. In brackets: the 95 % interval of each difference. The interval "
        f"of how far two runs are apart holds together with those of all pairs of runs of its arm.{everything}",
        f"'Depends' means that effects differ by as much as matters, beyond chance. {doubt_note()}",
        *_unequal(sweep),
    )


def _unequal(sweep: Sweep) -> Iterator[str]:
    """A note where runs have unequal numbers of replications."""
    numbers = [len(run.result.replications) for run in sweep.runs]
    if min(numbers) < max(numbers):
        yield (
            f"How far runs are apart is computed from the first {min(numbers)} replications, which all of them have."
        )


def _level(run: Run, target: Target) -> str:
    row = run.result.row(run.result.design.baseline, target.measure, target.group)
    return amount(row.mean, row.unit)


def sweep_table(sweep: Sweep) -> pd.DataFrame:
    """A row for every run, target and arm: what was varied, the columns of `summary.csv`, and the verdicts."""
    import pandas as pd

    rows = []
    for run in sweep.runs:
        for target in sweep.targets:
            for arm in sweep.arms:
                finding = run.result.finding(arm, target)
                comparison = {name: getattr(finding.comparison, name) for name in TIDY}
                verdict = CHECK if sweep.is_check(arm) else finding.verdict.words
                words = {"verdict": verdict, "together": sweep.comparisons[arm, target].words}
                folder = run.folder.as_posix() if run.folder else ""
                rows.append({**run.varied, **comparison, **words, "folder": folder})
    return pd.DataFrame(rows)


def write_sweep(sweep: Sweep, results_dir: Path) -> Path:
    """Write the tables, the design and the picture of a sweep into a folder, and return it. Raises ResultsError."""

    def write(folder: Path) -> None:
        tables = {TABLE: sweep_table(sweep), DESIGN: design_table(sweep), EFFECTS: effects_table(sweep)}
        for file, table in tables.items():
            table.to_csv(folder / file, index=False, encoding="utf-8-sig", lineterminator="\n")
        (folder / PICTURE).write_bytes(sweep_picture(sweep).png)

    return write_dated(results_dir / FOLDER, write)
