"""The public names: what notebooks, scripts, the commands and the app use. `simulation/__init__.py` lists them all.

Three ways to run a study: `compare` runs it and gives its `Result`; `grow` gives longer and longer results; `run` takes
one arm alone. None of them writes anything until `Result.write` does; the commands run studies by `resumable.run_into`,
which stores replications as they end.

import simulation as ae
result = ae.compare(ae.load("study=ai_triage", "ensemble=none", "run.replications=4"))
again = ae.read(result.write("results"))
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from simulation.config.files import shortened
from simulation.config.studies import observed_of, study_of
from simulation.display.drawing import Drawing, Picture
from simulation.display.table import ReportTables
from simulation.display.words import effect
from simulation.errors import ResultsError, refuse
from simulation.questions.narrow import NarrowedAnswer, narrowed_answer
from simulation.questions.sweep import Sweep, beside
from simulation.records.schema import Floats
from simulation.report.contents import every_picture, every_table, picture
from simulation.report.effect_pictures import first_picture
from simulation.report.findings import why_no_verdict
from simulation.report.page import page
from simulation.report.write import write_report
from simulation.runs.atomic import must_be_writable, point_latest
from simulation.runs.provenance import Identity, identity_of, input_hashes, manifest_of
from simulation.runs.replicate import ReplicationResult
from simulation.runs.result import StudyResult
from simulation.runs.running import (
    Done,
    Executor,
    Runner,
    compile_first,
    every_replication,
    no_progress,
)
from simulation.runs.stored_run import as_expected, read_run, write_data
from simulation.study.department_warnings import refuse_overload
from simulation.study.explanation import Explained
from simulation.study.offered_load import refuse_large
from simulation.study.study import Study

Phase = Literal["checking", "compiling", "simulating"]
"""The phases of a growing result before its first replication ends: it checks the load of every pool, compiles the
engine (once a machine), and simulates."""
MOST_FINDINGS = 6
"""Verdicts that the short form of a result shows."""


class Result(StudyResult):
    """The result of a study, computed or read: values, verdicts, tables, figures, report."""

    @property
    def tables(self) -> ReportTables:
        """Every table of the report, by name. `tables[name]` raises ResultsError if there is none."""
        return every_table(self)

    def figure(self, name: str) -> Picture:
        """One figure of the report: 'differences', 'day', 'pathway', ... Raises ResultsError if there is none."""
        return picture(self, name)

    def drawing(self, *arms: str) -> Drawing | None:
        """Effects on the first target as the first page draws them, of these arms; None if no interval is known."""
        return first_picture(self, [self.arm(name) for name in arms])

    def report(self) -> str:
        """The report as one HTML page that stands alone."""
        return page(self, every_picture(self))

    def write(self, results: Path | str = "results") -> Path:
        """Write data, figures and report into a folder of their own in `results`, and return the folder.

        Raises ResultsError if it cannot be written, or if the data were written and the report could not be made.
        """
        results = Path(results)
        must_be_writable(results)
        folder = write_data(self, results / self.study.design.name)
        point_latest(results, folder)
        failed = write_report(folder, self)
        if failed is not None:
            raise failed
        return folder

    @property
    def no_verdict(self) -> str:
        """Why this result supports no verdict, as a clause: its department is not calibrated, or that of an offer
        contradicts what was stated of it. '' where neither is so."""
        return next((one.found for one in why_no_verdict(self.shown)), "")

    def beside(self, other: StudyResult) -> Sweep:
        """Compare this result with another of the same study, at another site, version or date.

        Raises ResultsError if they have no arm or no target in common.
        """
        return beside(self, other)

    def more(self, n: int, *, done: Done = no_progress, executor: Executor | None = None) -> Self:
        """The result extended by the next `n` replications.

        You had seen the shorter result, so verdicts now come from always-valid intervals (which hold however often one
        looks), unless it has just reached its planned number. Raises ResultsError if `n` is less than 1.
        """
        began = time.perf_counter()
        _, new = every_replication(self.part(n), done=done, executor=executor)
        return self.with_more(
            new, time.perf_counter() - began, sum(replication.engine_seconds for replication in new)
        )

    def part(self, n: int) -> Study:
        """The part of the study that runs the next `n` replications. Raises ResultsError if `n` is less than 1."""
        if n < 1:
            raise ResultsError(f"{n} more replications: there is nothing to add. Give 1 or more")
        first = self.numbers[-1] + 1
        length = replace(self.run, replications=first + n, first=first, count=n, precision=None)
        return replace(self.study, run=length)

    def with_more(
        self, new: Sequence[ReplicationResult], wall_seconds: float, engine_seconds: float
    ) -> Self:
        """The result with these replications added; they took so many seconds in all, and in the engine."""
        extended = (*self.replications, *new)
        manifest = manifest_of(
            self.study,
            extended,
            Identity(self.manifest["identity"]),
            wall_seconds=self.manifest["wall_seconds"] + wall_seconds,
            engine_seconds=self.manifest["engine_seconds"] + engine_seconds,
        )
        return type(self)(self.study, extended, self.explained, manifest)

    def __repr__(self) -> str:
        n = len(self.replications)
        lines = [
            f"Result of '{self.design.name}': {len(self.arms)} arms, {n} replications "
            f"({self.run.replications} planned), scenario {self.scenario}"
        ]
        primary = [finding for finding in self.findings if finding.target in self.design.primary]
        lines += [
            f"  {self.arm(finding.arm).label}: {finding.target.label.lower()} {effect(finding.comparison)}, "
            f"{finding.verdict.words}"
            for finding in primary[:MOST_FINDINGS]
        ]
        if len(primary) > MOST_FINDINGS:
            lines.append(f"  ... {len(primary) - MOST_FINDINGS} more verdicts: result.findings")
        lines.append("  Planning only, not for clinical use.")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The short form and the first table, for a notebook."""
        tables = self.tables
        first = tables.get("overview") or tables["measures"]
        return f"<pre>{escape(repr(self))}</pre>{first._repr_html_()}"


# --- running ----------------------------------------------------------------------------------------------------------


def compare(study: Study, *, done: Done = no_progress, executor: Executor | None = None) -> Result:
    """Run every arm of a study on the same patients; `done(n)` is called when `n` replications have ended.

    `executor`: one that stays open after the call (`ae.open_executor(study)`); else one is opened and closed. Raises
    ConfigError if a pool is overloaded over the week and nothing relieves it (unless `allow_overload`), and AeflowError
    with the numbers of replications that failed.
    """
    _must_be_runnable(study, "compare")
    began = time.perf_counter()
    study, all_replications = every_replication(study, done=done, executor=executor)
    seconds = time.perf_counter() - began
    manifest = manifest_of(study, all_replications, identity_of(study), wall_seconds=seconds)
    return Result(study, all_replications, Explained(study), manifest)


def run(study: Study, *, done: Done = no_progress, executor: Executor | None = None) -> Result:
    """Run one arm alone: the baseline's department under the policy of the group `triage`, if it has one."""
    _must_be_a_study(study, "run")
    return compare(study.only(), done=done, executor=executor)


class Growth(Iterator[Result]):
    """Results of a study that grow, one replication or more at a time, up to the planned number.

    `for result in ae.grow(study): ...`. Each holds the replications up to the first that has not ended, so that slow
    replications cause no bias. `phase` is called with each phase before the first of them; `so_far`: a shorter result
    of the same study, to go on from. `cancel()` ends it from any thread; the last result given stays valid. While it
    grows, verdicts come from always-valid intervals; at the planned number, from ordinary ones. Raises
    ConfigError as `compare` does.
    """

    def __init__(
        self,
        study: Study,
        *,
        executor: Executor | None = None,
        phase: Callable[[Phase], None] | None = None,
        so_far: StudyResult | None = None,
    ) -> None:
        self._phase = phase or (lambda name: None)
        self._known = (
            {} if so_far is None else {one.replication: one for one in so_far.replications}
        )
        self._phase("checking")
        if not self._known:
            _must_be_runnable(study, "grow")
        self._study = study
        self._cancelled = threading.Event()
        self._results = self._grown(executor)

    def __next__(self) -> Result:
        """The next longer result. Raises StopIteration at the planned number or when cancelled."""
        return next(self._results)

    def cancel(self) -> None:
        """Stop, and end the replications that are running: processes at once, threads before their next part."""
        self._cancelled.set()

    def _grown(self, executor: Executor | None) -> Iterator[Result]:
        explained, identity, inputs = (
            Explained(self._study),
            identity_of(self._study),
            input_hashes(self._study),
        )
        began = time.perf_counter()
        self._phase("compiling")
        compile_first(self._study)
        self._phase("simulating")
        runner = Runner(
            self._study, self._known, executor=executor, cancelled=self._cancelled, goes_on=False
        )
        first = self._study.run.first
        following = first + len(self._known)
        for _ in runner:
            if following not in runner.known:
                continue
            while following in runner.known:
                following += 1
            if not runner.is_cancelled:
                so_far = tuple(runner.known[number] for number in range(first, following))
                manifest = manifest_of(
                    runner.study,
                    so_far,
                    identity,
                    wall_seconds=time.perf_counter() - began,
                    inputs=inputs,
                )
                yield Result(runner.study, so_far, explained, manifest)


grow = Growth


def _must_be_runnable(study: Study, name: str) -> None:
    """Raise ConfigError for anything but a study, for one larger than the limits, or one with an overloaded pool."""
    _must_be_a_study(study, name)
    refuse_large([study])
    refuse_overload(study)


def _must_be_a_study(study: object, name: str) -> None:
    """Raise ConfigError if something else is given where a study is wanted, such as the words that `load` reads."""
    if not isinstance(study, Study):
        words = repr(study) if isinstance(study, str) else '"study=..."'
        found = f"found {shortened(repr(study))}, which is no study"
        refuse(name, found, f"Load it first: {name}(load({words}))")


# --- reading -------------------------------------------------------------------------------------------------------


def read(folder: Path | str) -> Result:
    """A stored result, with the same values, verdicts, tables and figures as when it was computed.

    `folder`: one that a run wrote, or `results/latest`. Every file is checked against its checksum. Raises ResultsError
    if the folder is incomplete or damaged.
    """
    stored = read_run(Path(folder))
    with as_expected(stored.folder):
        study = study_of(stored)
        study.arm(study.design.baseline)  # raises ResultsError if it is none of its arms
    return Result(
        study,
        stored.replications,
        Explained(study, stored.explanation),
        stored.manifest,
        stored.folder,
    )


def gather(folders: Sequence[Path | str]) -> Result:
    """The result of a whole study, from the folders of its parts (`run.first`, `run.count`).

    Raises ResultsError if the parts are of different studies or programs, overlap, or leave a gap.
    """
    if not folders:
        raise ResultsError("gather: no folder is named. Name the folders that the parts wrote")
    parts = [read(folder) for folder in folders]
    first = parts[0]
    merged: dict[int, ReplicationResult] = {}
    for folder, part in zip(folders, parts, strict=True):
        of_first, of_part = (Identity(result.manifest["identity"]) for result in (first, part))
        if of_first.key != of_part.key:
            changed = ", ".join(of_first.differences(of_part))
            raise ResultsError(
                f"{folder}: is not a part of the same run as {folders[0]}: {changed} differ"
            )
        by_number = {replication.replication: replication for replication in part.replications}
        twice = sorted(merged.keys() & by_number.keys())
        if twice:
            raise ResultsError(
                f"{folder}: replication {twice[0]} is in another folder, too. Name each part once"
            )
        merged |= by_number
    # the part with the fewest planned: any with more extends a run whose result had been seen
    first = min(parts, key=lambda part: part.run.replications)
    expected = range(max(first.run.replications, max(merged) + 1))
    missing = [number for number in expected if number not in merged]
    if missing:
        raise ResultsError(
            f"gather: {len(missing)} of {len(expected)} replications are in no folder (the first is {missing[0]}). Run "
            f"them, e.g. with run.first={missing[0]} run.count={len(missing)}, and name their folder too"
        )
    ordered = tuple(merged[number] for number in sorted(merged))
    manifest = manifest_of(
        first.study,
        ordered,
        Identity(first.manifest["identity"]),
        wall_seconds=sum(part.manifest["wall_seconds"] for part in parts),
        engine_seconds=sum(part.manifest["engine_seconds"] for part in parts),
    )
    return Result(first.study, ordered, first.explained, manifest)


def what_changed(result: Result) -> tuple[str, ...]:
    """What has changed since a stored result was computed that can change its numbers, in words."""
    return Identity(result.manifest["identity"]).differences(identity_of(result.study))


def same_numbers(one: StudyResult, other: StudyResult) -> bool:
    """Whether two results have the same measures in every replication of every arm, to the last bit."""
    if one.measures.keys() != other.measures.keys() or len(one.replications) != len(
        other.replications
    ):
        return False
    return all(
        ours.names == theirs.names and _same_bits(ours.values, theirs.values)
        for arm in one.measures
        for ours, theirs in zip(one.measures[arm], other.measures[arm], strict=True)
    )


def _same_bits(one: Floats, other: Floats) -> bool:
    """Whether all numbers are the same to the last bit; missing values (NaN) count as the same."""
    same = (one.view(np.int64) == other.view(np.int64)) | (np.isnan(one) & np.isnan(other))
    return bool(same.all())


def narrow(
    result: Result,
    figures: Sequence[Mapping[str, Any]],
    *,
    attendances_per_day: float | None = None,
    week: int | None = None,
) -> NarrowedAnswer:
    """The answer of a result over an ensemble for departments with some figures, as `aeflow narrow` gives it.

    figures: one to six blocks as in the file of `aeflow narrow` (`{"measure": "walk_in_triage_wait_mean", "value":
    24.5, "days": 28}`); attendances_per_day: the department's size, which is needed where those of the run differ in
    it; week: that of the year in which measuring began. Raises ConfigError for figures that the run does not have or
    that can be none, and ResultsError for a run of fewer than twenty departments.
    """
    stated = {
        "figures": [dict(figure) for figure in figures],
        "attendances_per_day": attendances_per_day,
        "week": week,
    }
    return narrowed_answer(result, observed_of(stated, "figures"), "figures")


def figure(result: Result, name: str) -> Picture:
    """One figure of a result's report; see `Result.figure`."""
    return result.figure(name)


def write(result: Result, results: Path | str = "results") -> Path:
    """Write a result, and return its folder; see `Result.write`."""
    return result.write(results)
