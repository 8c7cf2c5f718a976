"""The list of stored runs: what `aeflow results` shows."""

import math
from collections.abc import Iterable
from pathlib import Path

from simulation.display.table import ReportTable
from simulation.display.words import change, span, unit_words
from simulation.records.serialise import Plain
from simulation.runs.listing import ListedRun

HEADERS = (
    "finished",
    "study",
    "site",
    "scenario",
    "replications",
    "folder",
    "first primary verdict",
)


def runs_table(runs: Iterable[ListedRun], results: Path, latest: Path | None = None) -> ReportTable:
    """A row for each run; folders are given from `results` on, and `latest` is marked."""
    rows = tuple(
        (
            f"{run.at:%Y-%m-%d %H:%M}",
            run.study_words,
            run.site,
            run.scenario,
            _how_many(run),
            (run.folder.relative_to(results) if run.folder != results else run.folder).as_posix()
            + " (latest)" * (latest is not None and run.folder.resolve() == latest.resolve()),
            verdict_words(run.first_verdict)
            if run.finished
            else "unfinished: the same command resumes it",
        )
        for run in runs
    )
    return ReportTable("runs", f"Runs in {results}", HEADERS, rows)


def _how_many(run: ListedRun) -> str:
    """'20', '12 of 20' of a run that is not finished, or '30 (20 planned)' of one that was extended."""
    if run.n_replications == run.n_planned:
        return f"{run.n_planned}"
    extended = run.n_replications > run.n_planned
    return (
        f"{run.n_replications} ({run.n_planned} planned)"
        if extended
        else f"{run.n_replications} of {run.n_planned}"
    )


def verdict_words(first: Plain | None) -> str:
    """'Lean triage: wait to first clinician −7.2 minutes (−18.0 to +3.5), shorter'; a dash without a verdict."""
    if first is None:
        return "–"
    difference, low, high = (
        math.nan if first[name] is None else first[name] for name in ("difference", "low", "high")
    )
    unit, target = first["unit"], first["target"]
    effect = f"{change(difference, unit)} {unit_words(unit)} ({span(low, high, unit)})"
    return f"{first['arm']}: {target[:1].lower()}{target[1:]} {effect}, {first['verdict'].partition(':')[0]}"
