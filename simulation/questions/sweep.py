"""Does the answer depend on what was varied? Several runs of one study side by side: a sweep, or two stored runs.

`aeflow compare -m scenario=usual,winter` ends with it. Each run has its own folder and report. Here are all of them
together: the verdicts that change, arms by runs on every target, how far the effects of two runs are apart, and the
main effects and two-way interactions of what was varied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import product, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.display import drawing
from simulation.display.document import print_blocks
from simulation.display.files import write_dated
from simulation.display.table import (
    Cell,
    Cells,
    ReportTable,
    difference_cell,
    interval_cell,
)
from simulation.display.words import change, interval_scope, uncertainty_note, unit_words
from simulation.errors import ResultsError
from simulation.records.serialise import find_differences
from simulation.runs.result import StudyResult
from simulation.statistics import several_runs
from simulation.statistics.compare import TIDY
from simulation.statistics.departments import Department
from simulation.statistics.intervals import LEVEL, Interval
from simulation.statistics.verdict import Verdict
from simulation.study.design import Target
from simulation.study.statements import BANNER
from simulation.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHECK = "check: no effect by design"
"""What stands in place of a verdict on the sham."""
FOLDER, TABLE, DESIGN, EFFECTS, PICTURE = (
    "sweeps",
    "across.csv",
    "design.csv",
    "effects.csv",
    "across.png",
)
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
MOST_EFFECTS = 6
"""Effects that a table shows; the file has all."""
MARKERS = "osD^vPXh"
"""Shapes of the runs, which say the same as their colours."""


@dataclass(frozen=True)
class SweepRun:
    """One run of a sweep: the values that were varied, by their keys; its result; its folder."""

    varied: Mapping[str, str]
    result: StudyResult
    folder: Path | None = None

    @property
    def label(self) -> str:
        """'usual' of a scenario alone, else 'scenario=usual, triage_nurses.extra=1'."""
        if list(self.varied) == ["scenario"]:
            return self.varied["scenario"]
        return ", ".join(f"{_short(key)}={value}" for key, value in self.varied.items())

    @property
    def place(self) -> str:
        """The folder as files name it; '' if there is none."""
        return self.folder.as_posix() if self.folder else ""

    def verdict(self, arm: str, target: Target) -> Verdict:
        """The verdict on the arm."""
        return self.result.finding(arm, target).verdict


@dataclass(frozen=True, repr=False)
class Sweep:
    """Two runs or more of one study."""

    runs: tuple[SweepRun, ...]

    @property
    def first(self) -> StudyResult:
        """The first run, whose words for arms and targets go for all."""
        return self.runs[0].result

    def label(self, arm: str) -> str:
        """An arm in words."""
        return self.first.arm(arm).label

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that every run compares with its baseline, in order, under one label; the sham, as a check, among
        them."""
        runs = [run.result for run in self.runs]
        named = (arm for arm in self.first.judged if all(arm in run.judged for run in runs))
        return tuple(arm for arm in named if len({run.arm(arm).label for run in runs}) == 1)

    @property
    def judged(self) -> tuple[str, ...]:
        """The arms that get a verdict: all but the sham."""
        return tuple(arm for arm in self.arms if not self.is_check(arm))

    @cached_property
    def effects(self) -> dict[tuple[str, Target], tuple[several_runs.FactorialEffect, ...]]:
        """The effects of what was varied on the baseline's own level, and on the other arms' differences from it.

        None where some combination of values was not run.
        """
        design, baseline = [run.varied for run in self.runs], self.first.design.baseline
        if not several_runs.is_full(design):
            return {}
        effects = {}
        for target, arm in product(self.targets, (baseline, *self.arms)):
            values = [
                run.result.differences(arm, target)
                if arm != baseline
                else run.result.values(arm, target.measure, target.group)
                for run in self.runs
            ]
            effects[arm, target] = several_runs.factorial_effects(design, values, self.department)
        return effects

    def is_check(self, arm: str) -> bool:
        """Whether an arm has no effect by design, so that no verdict is given."""
        return any(arm == run.result.design.sham for run in self.runs)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets that every run has."""
        return tuple(
            target
            for target in self.first.targets
            if all(target in run.result.targets for run in self.runs)
        )

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """Tables of the verdicts that change, of arms by runs, and of what each thing that was varied does."""
        return (*changed_tables(self), *sweep_tables(self), *effect_tables(self))

    def __repr__(self) -> str:
        return f"Runs of '{self.first.design.name}' side by side: {'; '.join(run.label for run in self.runs)}"

    def _repr_html_(self) -> str:
        """The tables as a notebook shows them."""
        return "".join(table._repr_html_() for table in self.tables)

    @property
    def depends_on(self) -> str:
        """What an answer that differs between these runs depends on."""
        keys = list(self.runs[0].varied)
        return (
            "the bottleneck"
            if all(key.split(".")[0] in BINDING for key in keys)
            else " and ".join(keys)
        )

    @cached_property
    def comparisons(self) -> dict[tuple[str, Target], several_runs.RunComparison]:
        """The runs compared on each arm and target."""
        return {key: self._compare_runs(*key) for key in product(self.arms, self.targets)}

    def _compare_runs(self, arm: str, target: Target) -> several_runs.RunComparison:
        verdicts = {run.label: run.verdict(arm, target) for run in self.runs}
        effects = {run.label: run.result.differences(arm, target) for run in self.runs}
        mid, unit = target.minimal_important_difference, self.first.unit(target)
        compared = several_runs.compare_runs(
            verdicts, effects, mid, unit, on=self.depends_on, department=self.department
        )
        return replace(compared, kind="check", words=CHECK) if self.is_check(arm) else compared

    @cached_property
    def department(self) -> Department | None:
        """The department of an ensemble that each replication used, where it is the same in every run; else None."""
        first, *others = (run.result.department_of for run in self.runs)
        alike = first is not None and all(
            other is not None and np.array_equal(other, first) for other in others
        )
        return first if alike else None


def _short(key: str) -> str:
    """'triage_nurses.extra' of 'staffing.triage_nurses.extra'."""
    return ".".join(key.split(".")[-2:])


def put_together(done: Sequence[tuple[Sequence[str], StudyResult, Path]], results: Path) -> None:
    """Print and write the comparison of the runs of a sweep, as `sweep_of` takes them; nothing if there is none."""
    sweep = sweep_of(done)
    if sweep is not None:
        print_blocks(sweep.tables)
        print(f"\nSweep:  {write_sweep(sweep, results) / TABLE}, {EFFECTS}, {DESIGN}, {PICTURE}")


def sweep_of(done: Sequence[tuple[Sequence[str], StudyResult, Path]]) -> Sweep | None:
    """A sweep of runs, each given by the overrides (`key=value`) that asked for it, its result and its folder.

    None if there is nothing to compare: one run, several studies or baselines, no arm or target in every run.
    """
    overrides = [dict(word.split("=", 1) for word in words if "=" in word) for words, _, _ in done]
    keys = [
        key
        for key in (overrides[0] if overrides else ())
        if len({values.get(key) for values in overrides}) > 1
    ]
    runs = tuple(
        SweepRun({key: values[key] for key in keys}, result, folder)
        for values, (_, result, folder) in zip(overrides, done, strict=True)
    )
    studies = {(run.result.design.name, run.result.design.baseline) for run in runs}
    if len(runs) < 2 or len(studies) > 1 or len({run.label for run in runs}) < len(runs):
        return None
    sweep = Sweep(runs)
    return sweep if sweep.arms and sweep.targets else None


def beside(one: StudyResult, other: StudyResult) -> Sweep:
    """Compare two results of one study, or of two offers of one product, labelled by what differs.

    Raises ResultsError if they have no arm or no target in common.
    """
    ours, theirs = (
        {key: values[at] for key, values in _told_apart_by(one, other).items()} for at in (0, 1)
    )
    sweep = Sweep((SweepRun(ours, one), SweepRun(theirs, other)))
    named = {
        (result.design.offer and result.design.offer.product) or result.design.name
        for result in (one, other)
    }
    if len(named) > 1 or not sweep.arms or not sweep.targets:
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
    if one.design.name != other.design.name:
        return {"offer": (one.design.name, other.design.name)}
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
        {key: value for key, value in result.study.resolved.items() if key in SECTIONS}
        for result in (one, other)
    )
    values = {path: pair for path, *pair in find_differences(ours, theirs) if path != "run.seed"}
    simple = all(
        isinstance(value, int | float | str | None) for pair in values.values() for value in pair
    )
    if len(values) > MOST_LABELLED or not simple:
        return {}
    return {path: (str(value), str(other_value)) for path, (value, other_value) in values.items()}


# --- tables: verdicts that change ----------------------------------------------------------------------------


def changed_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every primary target: each arm's verdict in the first run, and the runs in which it changes.

    A verdict changes if it differs from that in the first run and the effects of the two runs differ beyond chance: it
    goes the other way, an effect comes or goes, or 'by more' than matters becomes 'by less'. An interval that holds 0
    by little beside one that misses it by little is no change. Where the other run cannot tell, the verdict is not
    settled there.
    """
    first = sweep.runs[0]
    for target in (target for target in sweep.targets if target in sweep.first.design.primary):
        rows = list[Cells]()
        for arm in sweep.judged:
            verdict = first.verdict(arm, target)
            others = [run for run in sweep.runs[1:] if _differs(sweep, run, arm, target)]
            where = (
                "; ".join(
                    f"{run.label}: {difference_cell(run.result.row_of(target, arm))}, {run.verdict(arm, target).answer}"
                    for run in others
                    if applies(verdict, run.verdict(arm, target))
                )
                for applies in (is_changed, is_unsettled)
            )
            words = (words or "nowhere" for words in where)
            rows.append(
                (
                    sweep.label(arm),
                    difference_cell(first.result.row_of(target, arm)),
                    verdict.words,
                    *words,
                )
            )
        yield ReportTable(
            f"turns:{target.measure}:{target.group}",
            f"Which verdicts change: {target.label}",
            (
                "arm",
                f"effect, {first.label}",
                f"verdict, {first.label}",
                "changes in",
                "not settled in",
            ),
            rows,
            (
                f"A verdict changes if it differs from that in '{first.label}' and the two effects differ "
                f"beyond chance ({LEVEL:.0%} over the {len(sweep.runs) - 1} other runs together). 'Perhaps by less' "
                f"does not count as another verdict. In brackets: 95 % intervals.",
            ),
        )


def _differs(sweep: Sweep, run: SweepRun, arm: str, target: Target) -> bool:
    """Whether the effect of an arm in this run differs from that in the first, beyond chance over all other runs."""
    now, before = (point.result.differences(arm, target) for point in (run, sweep.runs[0]))
    level = 1 - (1 - LEVEL) / (len(sweep.runs) - 1)
    return several_runs.compare_first(
        now, before, level=level, department=sweep.department
    ).excludes_zero


def is_changed(before: Verdict, now: Verdict) -> bool:
    """Whether two verdicts, both settled, say different things."""
    if "cannot tell" in (before.kind, now.kind):
        return False
    return before.kind != now.kind or {before.size, now.size} == {"more", "less"}


def is_unsettled(before: Verdict, now: Verdict) -> bool:
    """Whether the first verdict is settled and the second is not."""
    return now.kind == "cannot tell" != before.kind


# --- tables: arms by runs ------------------------------------------------------------------------------------


def sweep_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every target: arms by runs, how far two runs are apart, and whether they agree."""
    shown = sweep.runs if len(sweep.runs) <= MOST_ACROSS else ()
    for target in sweep.targets:
        unit = sweep.first.unit(target)
        levels = (Cell(run.result.row_of(target).mean, unit) for run in shown)
        rows: list[Cells] = [(sweep.first.baseline.label, *levels, "", "")]
        for arm in sweep.arms:
            compared = sweep.comparisons[arm, target]
            apart = "–" if compared.apart is None else interval_cell(compared.apart[2], unit)
            effects = (difference_cell(run.result.row_of(target, arm)) for run in shown)
            rows.append((sweep.label(arm), *effects, apart, compared.words))
        yield ReportTable(
            f"across:{target.measure}:{target.group}",
            f"Across {len(sweep.runs)} runs: {target.label}; differences in {unit_words(unit)}",
            ("arm", *(run.label for run in shown), "furthest apart", "together"),
            rows,
            tuple(_sweep_notes(sweep, shown=bool(shown))),
        )


def _sweep_notes(sweep: Sweep, *, shown: bool) -> Iterator[str]:
    everything = "" if shown else f" Every run: {TABLE}."
    yield (
        "First line: the level under the baseline. In brackets: the 95 % interval of each difference. The interval "
        f"of how far two runs are apart holds together with those of all pairs of runs of its arm.{everything}"
    )
    yield f"'Depends' means that effects differ by as much as matters, beyond chance. {uncertainty_note(sweep.first)}"
    numbers = [len(run.result.replications) for run in sweep.runs]
    if min(numbers) < max(numbers):
        yield (
            f"How far runs are apart is computed from the first {min(numbers)} replications, which all of them have."
        )


# --- tables: effects of what was varied ----------------------------------------------------------------------


def effect_tables(sweep: Sweep) -> Iterator[ReportTable]:
    """A table for every target: arms by effects.

    None for two runs, which differ by one effect, or where some combination of values was not run.
    """
    if len(sweep.runs) < 3 or not sweep.effects:
        return
    for target in sweep.targets:
        unit = sweep.first.unit(target)
        by_arm = {
            arm: effects[:MOST_EFFECTS]
            for (arm, of), effects in sweep.effects.items()
            if of == target
        }
        labels = [_levels_words(effect.levels) for effect in by_arm[sweep.first.design.baseline]]
        rows: list[Cells] = [
            (sweep.label(arm), *(_effect_cell(effect.estimate, unit) for effect in effects))
            for arm, effects in by_arm.items()
        ]
        yield ReportTable(
            f"effects:{target.measure}:{target.group}",
            f"Effects of what was varied: {target.label}; effects in {unit_words(unit)}, in brackets standard errors",
            ("arm", *labels),
            rows,
            (
                "First line: effect on the level under the baseline; then on each arm's difference from it. 'A less "
                "B': mean of all runs with A minus mean of all runs with B. 'A with B': how much more A does where "
                f"B holds than where B's factor has its first value. Every effect: {EFFECTS}; the design: {DESIGN}.",
                uncertainty_note(sweep.first),
            ),
        )


def _levels_words(levels: Sequence[several_runs.Level]) -> str:
    if len(levels) == 1:
        return f"{_short(levels[0].factor)}: {levels[0].value} less {levels[0].first}"
    return " with ".join(f"{_short(level.factor)}={level.value}" for level in levels)


def _effect_cell(estimate: Interval, unit: str) -> Cell:
    text = (
        f"{change(estimate.mean, unit)} ({drawing.axis_scale(unit) * estimate.standard_error:.1f})"
    )
    return Cell(estimate.mean, unit, style="difference", text=text)


# --- picture -------------------------------------------------------------------------------------------------


def sweep_picture(sweep: Sweep) -> drawing.Picture:
    """Every arm's difference in every run with its interval, a panel for each target."""
    arms, targets, runs = sweep.arms, sweep.targets, sweep.runs
    height = 1.9 + len(arms) * max(0.46, 0.16 * len(runs))
    with drawing.figure_of(3.6 + 2.9 * len(targets), height, 1, len(targets), sharey=True) as (
        figure,
        axes,
    ):
        for ax, target in zip(axes, targets, strict=True):
            _panel(ax, sweep, target)
        first = sweep.first
        drawing.label_differences(
            axes,
            [first.unit(target) for target in targets],
            [first.better(target) for target in targets],
        )
        drawing.arm_axis(axes[0], [first.arm(arm) for arm in arms])
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(len(runs), 5), title_fontsize=8,
            labelcolor=drawing.DARK, title=f"Dotted: the least difference that would matter. {BANNER}",
        )  # fmt: skip
        png = drawing.png_of(figure)
    words = [
        f"{target.label}: "
        + "; ".join(f"{sweep.label(arm)} {sweep.comparisons[arm, target].words}" for arm in arms)
        for target in targets
    ]
    return drawing.Picture(
        "across",
        png,
        f"Differences from {first.baseline.label} in {len(runs)} runs. {'. '.join(words)}.",
        f"Difference from '{first.baseline.label}' in each run, with its 95 % interval {interval_scope(first)}. "
        "Dotted: the least difference that would matter.",
    )


def _panel(ax: Axes, sweep: Sweep, target: Target) -> None:
    """Draw one target: arms from the top down, the runs of each beside one another."""
    n_arms, step, unit = len(sweep.arms), 0.8 / len(sweep.runs), sweep.first.unit(target)
    factor = drawing.axis_scale(unit)
    for number, run in enumerate(sweep.runs):
        colour = drawing.STAGE_COLOURS[number % len(drawing.STAGE_COLOURS)]
        places = [place - 0.4 + step * (number + 0.5) for place in range(n_arms)]
        rows = [run.result.row_of(target, arm) for arm in sweep.arms]
        for place, row in zip(places, rows, strict=True):
            ends = [factor * row.difference_low, factor * row.difference_high]
            ax.plot(ends, [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        means = [factor * row.difference for row in rows]
        marker, label = MARKERS[number % len(MARKERS)], spaced(run.label)
        ax.plot(
            means, places, marker, color=colour, markersize=6, markeredgecolor="white", label=label
        )
    drawing.mark_important(
        ax, target.minimal_important_difference, unit, linewidth=0.9, linestyle=":"
    )
    ax.axvline(0, color="black", linewidth=1)
    for place in range(1, n_arms):
        ax.axhline(place - 0.5, color=drawing.PALE, linewidth=0.8)
    ax.set_ylim(n_arms - 0.45, -0.55)
    drawing.panel_title(ax, drawing.wrapped(target.label, 28))


# --- files ---------------------------------------------------------------------------------------------------


def sweep_rows(sweep: Sweep) -> Iterator[dict[str, object]]:
    """`across.csv`: for every run, target and arm what was varied, the columns of `summary.csv`, and the verdicts."""
    for run, target, arm in product(sweep.runs, sweep.targets, sweep.arms):
        finding = run.result.finding(arm, target)
        comparison = {name: getattr(finding.comparison, name) for name in TIDY}
        verdict = CHECK if sweep.is_check(arm) else finding.verdict.words
        together = sweep.comparisons[arm, target].words
        yield {
            **run.varied,
            **comparison,
            "verdict": verdict,
            "together": together,
            "folder": run.place,
        }


def _effects_rows(sweep: Sweep) -> Iterator[dict[str, object]]:
    """`effects.csv`: a row for every target, arm and effect; on the baseline's level, on the others' differences."""
    for (arm, target), effects in sweep.effects.items():
        of = "level" if arm == sweep.first.design.baseline else "difference"
        about = {"measure": target.measure, "group": target.group, "arm": arm, "of": of}
        for effect in effects:
            estimate = effect.estimate
            # the columns of `effects.csv` on what was varied; those of a second factor are empty in a main effect
            cells = {"kind": "main" if len(effect.levels) == 1 else "interaction"}
            for number, level in zip_longest((1, 2), effect.levels):
                values = asdict(level) if level else dict.fromkeys(("factor", "value", "first"), "")
                cells |= {f"{name}_{number}": value for name, value in values.items()}
            yield {
                **about,
                **cells,
                "estimate": estimate.mean,
                "standard_error": estimate.standard_error,
                "low": estimate.low,
                "high": estimate.high,
                "n_replications": estimate.n,
            }


def _design_rows(sweep: Sweep) -> Iterator[dict[str, object]]:
    """`design.csv`: a row a run, with what was varied, its length and its folder."""
    for number, run in enumerate(sweep.runs, start=1):
        length, n = run.result.run, len(run.result.replications)
        days = {"warm_up_days": length.warm_up_days, "measured_days": length.measured_days}
        yield {
            "run": number,
            **run.varied,
            "seed": length.seed,
            "replications": n,
            **days,
            "folder": run.place,
        }


def write_sweep(sweep: Sweep, results: Path) -> Path:
    """Write the tables, the design and the picture of a sweep into a folder, and return it. Raises ResultsError."""
    tables = {TABLE: sweep_rows(sweep), DESIGN: _design_rows(sweep), EFFECTS: _effects_rows(sweep)}
    return write_dated(results / FOLDER, {**tables, PICTURE: sweep_picture(sweep)})
