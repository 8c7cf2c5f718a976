"""A folder of results: its data are written whole or not at all, and read again as they were written.

`results/<study>/<date>T<time>-<hash>/`. The data are written beside it under a name that starts `.partial-` and renamed
at the end, so a folder without that name holds all of them. `results/latest` leads to the newest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from simulation.department.graph import Edge, Subgraph
from simulation.errors import ResultsError
from simulation.explain.arm_changes import ArmChange
from simulation.explain.explanation import ArmExplanation, Explanation
from simulation.explain.statements import AddedAssumption
from simulation.measures.measuring import MeasureName
from simulation.records.schema import Floats, Replications
from simulation.records.serialise import Plain, digest, exact, to_json
from simulation.records.table_files import read_columns, read_rows, write_columns, write_tables
from simulation.runs.atomic import (
    LATEST,
    as_results_error,
    flush,
    moved,
    whole_or_nothing,
    write_file,
)
from simulation.runs.identity import content_of, resolved_of
from simulation.runs.kept import Done, no_progress, write_kept
from simulation.runs.manifest import (
    FILES,
    FIRST_VERDICT,
    MANIFEST,
    checksum_of,
    must_hold,
    read_json,
    read_manifest,
    sealed,
    verify,
)
from simulation.runs.replicate import ReplicationResult
from simulation.runs.replication_rows import RowLayout, columns_of, replications_of
from simulation.runs.result import StudyResult
from simulation.statistics.compare import summary

CONFIG, STUDY, EXPLANATION = "config.yaml", "study.json", "explanation.json"
REPLICATIONS, DETAILS, SUMMARY = "replications.parquet", "details.parquet", "summary.csv"
NEEDED = (STUDY, EXPLANATION, REPLICATIONS, DETAILS)
STUDY_KINDS: Mapping[str, Any] = {
    **dict.fromkeys(("design", "run", "alone", "resolved", "choices"), dict),
    **dict.fromkeys(("arms", "pathways", "policies"), list),
    "planned_replications": int,
}
ARM_KINDS: Mapping[str, Any] = {"name": str, "arm": dict, "pathway": int, "policy": int}
"""What `study.json` holds at least, and of each arm."""
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
    keeping: Done = no_progress,
) -> Path:
    """Write the data of a result into a new folder in `parent`; returns that folder.

    `within`: where it is until it is whole (`parent` if not named); `about_to` is called with the folder's name before
    it gets it, and `keeping(n)` when the tables of n replications are written (`run.keep`). Raises ResultsError if it
    cannot be written; then, as after Ctrl-C, nothing of it is left there.
    """
    finished_at = datetime.fromisoformat(result.manifest["finished_at"])
    name = f"{finished_at:%Y-%m-%dT%H%M%S}-{digest(result.manifest['identity'])[:SHOWN]}"
    with as_results_error(parent):
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(within or parent, name) as partial:
            _fill(partial, result, keeping)
            files = {path.name: checksum_of(path) for path in sorted(partial.iterdir())}
            manifest = sealed({**result.manifest, FIRST_VERDICT: _first_verdict(result)}, files)
            write_file(partial / MANIFEST, to_json(manifest))
            for path in partial.iterdir():
                flush(path)
            folder = moved(partial, parent, name, about_to=about_to)
            flush(parent)
            return folder


def folders_of(parent: Path, key: str) -> list[Path]:
    """The folders in `parent` of finished runs whose identity has this key."""
    return list(parent.glob(f"[0-9]*-{key[:SHOWN]}"))


def _fill(folder: Path, result: StudyResult, keeping: Done) -> None:
    """Write every file of data but the manifest."""
    import yaml

    study = result.study
    dumper = getattr(
        yaml, "CSafeDumper", yaml.SafeDumper
    )  # ten times as quick, where PyYAML has it
    config = yaml.dump(
        resolved_of(study), Dumper=dumper, sort_keys=False, allow_unicode=True, width=120
    )
    planned = {
        "planned_replications": study.run.replications,
        "precision": exact(study.run.precision),
    }
    write_file(folder / CONFIG, str(config))
    write_file(folder / STUDY, to_json({**content_of(study), **planned}))
    write_file(folder / EXPLANATION, to_json(exact(result.explanation)))
    certificate = {
        "study": study.design.name,
        "seed": study.run.seed,
        "identity": digest(result.manifest["identity"]),
    }
    write_tables(_tables(result), folder / REPLICATIONS, provenance=certificate)
    metadata = {
        "kind": "details",
        **certificate,
        "layout": RowLayout.of(result.replications).plain(),
    }
    groups = (columns_of(group, values=False) for group in _grouped(result.replications))
    write_columns(groups, folder / DETAILS, metadata=metadata)
    summary(result.comparisons).to_csv(
        folder / SUMMARY, index=False, encoding="utf-8-sig", lineterminator="\n"
    )
    write_kept(folder, study, result.replications, provenance=certificate, done=keeping)


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


def _grouped(replications: Sequence[ReplicationResult]) -> Iterator[Sequence[ReplicationResult]]:
    for start in range(0, len(replications), REPLICATIONS_AT_ONCE):
        yield replications[start : start + REPLICATIONS_AT_ONCE]


def _tables(result: StudyResult) -> Iterator[Replications]:
    """Tidy tables of every measure of every arm and replication, some replications each."""
    arms = [arm.name for arm in result.study.arms]
    first = result.replications[0].arms
    rows = [(arm, *name) for arm in arms for name in first[arm].measures.names]
    named = dict(zip(("arm", *MeasureName._fields), zip(*rows, strict=True), strict=True))
    known = {part: tuple(dict.fromkeys(names)) for part, names in named.items()}
    codes = {
        part: np.array([known[part].index(name) for name in names], np.int16)
        for part, names in named.items()
    }
    for group in _grouped(result.replications):
        numbers = np.array([replication.replication for replication in group], dtype=np.int32)
        columns: dict[str, Any] = {
            "replication": np.repeat(numbers, len(rows)),
            **{part: np.tile(codes[part], len(group)) for part in codes},
            "value": np.concatenate(
                [replication.arms[arm].measures.values for replication in group for arm in arms]
            ),
        }
        yield Replications(columns, known)


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredRun:
    """The content of a folder of results; `study` as plain values, from which `config` makes a study again."""

    folder: Path
    manifest: Plain
    study: Plain
    explanation: Explanation
    replications: tuple[ReplicationResult, ...]


def read_run(path: Path) -> StoredRun:
    """The content of a folder of results.

    `path`: the folder, or `latest`, link or file. Raises ResultsError if it is not a complete folder of results, or if
    a file is not as it was written.
    """
    folder = followed(path)
    manifest = read_manifest(folder)
    missing = [name for name in NEEDED if name not in manifest[FILES]]
    if missing:
        raise ResultsError(f"{folder / MANIFEST}: lists no {missing[0]}. Run the study again")
    verify(folder, manifest[FILES])
    study = read_json(folder / STUDY)
    must_hold(folder / STUDY, study, STUDY_KINDS)
    for arm in (*study["arms"], study["alone"]):
        must_hold(folder / STUDY, arm, ARM_KINDS)
    with as_expected(folder):
        explanation = _explanation(_in_tuples(read_json(folder / EXPLANATION)))
        columns, metadata = read_columns(folder / DETAILS)
        layout = RowLayout.from_plain(metadata["layout"])
        values = _values(folder / REPLICATIONS, layout, columns)
        replications = replications_of(columns, layout, values, n_arms=len(study["arms"]))
    return StoredRun(folder, manifest, study, explanation, tuple(replications))


@contextmanager
def as_expected(folder: Path) -> Iterator[None]:
    """Raise ResultsError for files that are as they were sealed, and do not say what a run says."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise ResultsError(
            f"{folder}: its files do not say what this version expects ({found}). Run the study again"
        ) from error


def followed(path: Path) -> Path:
    """The folder itself, also where `latest` leads to it, as a link or as a text file that names it.

    Raises ResultsError if there is none.
    """
    try:
        if path.name == LATEST and path.is_symlink():
            path = path.parent / path.readlink()
        elif path.name == LATEST and path.is_file():
            path = path.parent / path.read_text(encoding="utf-8").strip()
            if not path.is_dir():
                raise ResultsError(
                    f"{path}: there is no such folder. results/{LATEST} names it, but it has gone"
                )
        if path.is_dir():
            return path
    except (
        OSError,
        ValueError,
    ):  # a name too long, a folder that may not be looked into, a file that is no text
        raise ResultsError(
            f"{path}: names no folder of results. Name a folder that a run wrote"
        ) from None
    raise ResultsError(
        f"{path}: there is no such folder. Name a folder that a run wrote, or results/{LATEST}"
    )


def _values(path: Path, layout: RowLayout, columns: Mapping[str, Any]) -> list[Floats]:
    """The values of the measures of each row of the details."""
    value = read_rows(path, Replications)["value"]
    lengths = [len(layout.names[arm]) for arm in columns["arm"].tolist()]
    if sum(lengths) != len(value):
        raise ResultsError(
            f"{path}: holds {len(value)} values, where {sum(lengths)} are expected. Run the study again"
        )
    return np.split(value, np.cumsum(lengths)[:-1])


def _explanation(content: Plain) -> Explanation:
    """The explanation from its plain form."""
    arms = {
        name: ArmExplanation(
            **{
                **arm,
                "agreement": {
                    key: np.nan if value is None else value
                    for key, value in arm["agreement"].items()
                },
                "changed": tuple(ArmChange(**change) for change in arm["changed"]),
                "added_assumptions": tuple(
                    AddedAssumption(**assumption) for assumption in arm["added_assumptions"]
                ),
            }
        )
        for name, arm in content["arms"].items()
    }
    graph = content["reachable"]
    edges = {node: tuple(Edge(**edge) for edge in out) for node, out in graph["edges"].items()}
    reachable = Subgraph(graph["starts"], edges, graph["unused"], graph["passed"])
    return Explanation(arms, reachable, content.get("department_warnings", ()))


def _in_tuples(value: Any) -> Any:
    """Plain values with tuples for lists."""
    if isinstance(value, dict):
        return {key: _in_tuples(entry) for key, entry in value.items()}
    return tuple(map(_in_tuples, value)) if isinstance(value, list) else value
