"""Writing a folder of results: its data appear whole or not at all.

`results/<study>/<date>T<time>-<hash>/`. The data are written beside it under a name that starts `.partial-` and renamed
at the end, so a folder without that name holds all of them. `results/latest` leads to the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from simulation.records.columns import write_columns
from simulation.records.schema import Replications
from simulation.records.serialise import Plain, digest, exact, to_json
from simulation.records.store import write_tables
from simulation.run.replicate import ReplicationResult
from simulation.run.result import StudyResult
from simulation.run.store.folders import moved, not_written, whole_or_nothing
from simulation.run.store.identity import content_of, resolved_of
from simulation.run.store.kept import Done, write_kept
from simulation.run.store.manifest import FIRST_VERDICT, checksums, sealed
from simulation.run.store.parts import flush
from simulation.run.store.rows import Layout, columns_of
from simulation.statistics.compare import summary

CONFIG, MANIFEST, STUDY, EXPLANATION = "config.yaml", "manifest.json", "study.json", "explanation.json"
REPLICATIONS, DETAILS, SUMMARY = "replications.parquet", "details.parquet", "summary.csv"
SHOWN = 8
"""Characters of the hash in a folder's name."""
REPLICATIONS_AT_ONCE = 64
"""Replications in a row group: fixed, so that a stored run has the same bytes however its parts were cut."""


def write_data(
    result: StudyResult,
    parent: Path,
    *,
    within: Path | None = None,
    about_to: Callable[[str], None] = lambda name: None,
    keeping: Done = lambda n_done: None,
) -> Path:
    """Write the data of a result into a new folder in `parent`; returns that folder.

    `within`: where it is until it is whole (`parent` if not named); `about_to` is called with the folder's name before
    it gets it, and `keeping(n)` when the tables of n replications are written (`run.keep`). Raises ResultsError if it
    cannot be written; then, as after Ctrl-C, nothing of it is left there.
    """
    finished_at = datetime.fromisoformat(result.manifest["finished_at"])
    name = f"{finished_at:%Y-%m-%dT%H%M%S}-{digest(result.manifest['identity'])[:SHOWN]}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(within or parent, name) as partial:
            names = _fill(partial, result, keeping)
            manifest = sealed({**result.manifest, FIRST_VERDICT: _first_verdict(result)}, checksums(partial, names))
            write_text(partial / MANIFEST, to_json(manifest))
            for path in partial.iterdir():
                flush(path)
            folder = moved(partial, parent, name, about_to=about_to)
            flush(parent)
            return folder
    except OSError as error:
        raise not_written(Path(error.filename or parent), error) from error


def folders_of(parent: Path, key: str) -> Iterator[Path]:
    """The folders in `parent` of finished runs whose identity has this key."""
    yield from parent.glob(f"[0-9]*-{key[:SHOWN]}")


def _fill(folder: Path, result: StudyResult, keeping: Done) -> list[str]:
    """Write every file of data but the manifest; returns their names."""
    study = result.study
    write_text(folder / CONFIG, _yaml(resolved_of(study)))
    write_text(folder / STUDY, to_json(study_content(result)))
    write_text(folder / EXPLANATION, to_json(exact(result.explanation)))
    certificate = {"study": study.design.name, "seed": study.run.seed, "identity": digest(result.manifest["identity"])}
    write_tables(_tables(result), folder / REPLICATIONS, provenance=certificate)
    layout = Layout.of(result.replications)
    metadata = {"kind": "details", **certificate, "layout": layout.plain()}
    groups = (columns_of(group, values=False) for group in _grouped(result.replications))
    write_columns(groups, folder / DETAILS, metadata=metadata)
    summary(result.comparisons).to_csv(folder / SUMMARY, index=False, encoding="utf-8-sig", lineterminator="\n")
    kept = write_kept(folder, study, result.replications, provenance=certificate, done=keeping)
    return [CONFIG, STUDY, EXPLANATION, REPLICATIONS, DETAILS, SUMMARY, *kept]


def _first_verdict(result: StudyResult) -> Plain | None:
    """The verdict on the first primary measure of the first arm that is no sham, for lists of runs; None if none is."""
    sham = result.design.sham
    for finding in result.findings:
        if finding.target in result.design.primary and finding.arm != sham:
            row = finding.comparison
            verdict: Plain = exact(
                {
                    "arm": result.arm(finding.arm).label,
                    "target": finding.target.label,
                    "unit": row.unit,
                    "difference": row.difference,
                    "low": row.difference_low,
                    "high": row.difference_high,
                    "verdict": finding.verdict.words,
                }
            )
            return verdict
    return None


def study_content(result: StudyResult) -> Plain:
    """`study.json`: the study in full, so that it can be run again without any configuration."""
    return {
        **content_of(result.study),
        "planned_replications": result.study.run.replications,
        "precision": exact(result.study.run.precision),
    }


def _grouped(replications: Sequence[ReplicationResult]) -> Iterator[Sequence[ReplicationResult]]:
    for start in range(0, len(replications), REPLICATIONS_AT_ONCE):
        yield replications[start : start + REPLICATIONS_AT_ONCE]


def _tables(result: StudyResult) -> Iterator[Replications]:
    """Tidy tables of every measure of every arm and replication, some replications each."""
    arms = tuple(arm.name for arm in result.study.arms)
    first = result.replications[0].arms
    names = {arm: first[arm].measures.names for arm in arms}
    known = {
        part: tuple(dict.fromkeys(getattr(name, part) for arm in arms for name in names[arm]))
        for part in ("measure", "unit", "group")
    }
    codes = {
        part: np.concatenate(
            [np.array([known[part].index(getattr(name, part)) for name in names[arm]], np.int16) for arm in arms]
        )
        for part in known
    }
    lengths = [len(names[arm]) for arm in arms]
    arm_codes = np.repeat(np.arange(len(arms), dtype=np.int16), lengths)
    for group in _grouped(result.replications):
        numbers = np.array([replication.replication for replication in group], dtype=np.int32)
        columns: dict[str, Any] = {
            "replication": np.repeat(numbers, sum(lengths)),
            "arm": np.tile(arm_codes, len(group)),
            **{part: np.tile(codes[part], len(group)) for part in codes},
            "value": np.concatenate([replication.arms[arm].measures.values for replication in group for arm in arms]),
        }
        yield Replications(columns, {"arm": arms, **known})


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, with the same line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _yaml(content: Mapping[str, object]) -> str:
    import yaml

    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))
