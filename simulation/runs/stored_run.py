"""A run on disk: unfinished, as its replications end; finished, as a folder of results; and in a list of runs.

`results/<study>/.unfinished-<key>/` holds the parts that were written so far; the key is that of the run's identity, so
the same study and program find it again and no other run ever reads it (array jobs have one each, named after their
replications, `part_of`). One process at a time has it, by a lock that the system releases however that process ends.
A part holds some replications and is written when they end, whole or not at all. Its file is named after its first
replication and the digest of its content, so that damage shows in the name.

`results/<study>/<date>T<time>-<hash>/` holds the data of a finished run, written whole or not at all, and read again as
they were written. They are written beside it under a name that starts `.partial-` and renamed at the end, so a folder
without that name holds all of them. `results/latest` leads to the newest.

A list of the runs in a folder reads none of them, but compares the checksums of their files, so damage is named.
"""

import hashlib
import io
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType, TracebackType
from typing import Any, Self

import numpy as np

from simulation.department.graph import Edge, Subgraph
from simulation.errors import ResultsError
from simulation.measures.measuring import MeasureName
from simulation.records.schema import Floats, Replications
from simulation.records.serialise import Plain, digest, to_exact, to_json, to_yaml
from simulation.records.table_files import (
    read_columns,
    read_rows,
    row_count,
    write_columns,
    write_tables,
)
from simulation.runs.atomic import (
    LATEST,
    PARTIAL,
    as_results_error,
    flush,
    moved,
    whole_or_nothing,
    write_file,
)
from simulation.runs.provenance import (
    FILES,
    FIRST_VERDICT,
    MANIFEST,
    Identity,
    checksum_of,
    content_of,
    must_hold,
    read_json,
    read_manifest,
    resolved_of,
    sealed,
    verify,
)
from simulation.runs.replicate import ReplicationResult
from simulation.runs.result import StudyResult
from simulation.runs.running import Done, no_progress
from simulation.runs.stored_tables import (
    RowLayout,
    columns_of,
    file_of,
    kept_among,
    replications_of,
    write_kept,
)
from simulation.statistics.compare import summary_table
from simulation.study.arm_changes import ArmChange
from simulation.study.department_warnings import DepartmentWarning
from simulation.study.explanation import ArmExplanation, Explanation
from simulation.study.statements import AddedAssumption

# --- unfinished -------------------------------------------------------------------------------------------------------

PREFIX = ".unfinished-"
IDENTITY, ABOUT, FINISHED, LOCK, PARTS = (
    "identity.json",
    "about.json",
    "finished.json",
    "lock",
    "parts",
)
ANEW = "anew"
"""Lies in the folder of a run that takes no arm of a finished one."""
LEAST_SECONDS = 2.0
"""Least work of one processor in a part: writing it takes some milliseconds, so it costs less than 1 %."""
KEY_SHOWN = 16
"""Characters of the key in the folder's name."""
SUFFIX = ".parquet"
DIGITS = 8
"""Digits of a replication's number in the name of a part, so that names sort as numbers do."""


class UnfinishedRun:
    """The parts of one run, under a lock. A context: at its end replications not yet written are, and the lock is
    released.

    `about`: what a list of runs shows of it (`provenance.about`); `part_of`: see the head of the file.
    """

    def __init__(
        self,
        parent: Path,
        identity: Identity,
        *,
        about: Plain,
        part_of: str = "",
        resume: bool = True,
    ) -> None:
        self.identity = identity
        self.key = identity.key
        self.folder = parent / f"{PREFIX}{self.key[:KEY_SHOWN]}{f'-{part_of}' if part_of else ''}"
        self.notes: list[str] = []
        """Messages about what was found and not used: damaged parts, unfinished runs of other programs."""
        self.kept: dict[int, ReplicationResult] = {}
        """Replications that an earlier process has finished, by number."""
        self.n_added = 0
        """Replications that this process has finished."""
        self.engine_seconds = 0.0
        self._about = about
        self._resume = resume
        self._in_hand: list[ReplicationResult] = []
        self._lock: Any = None

    # --- opening and closing --------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Take the lock, and read the parts that are there. Raises ResultsError if another process has the run."""
        with as_results_error(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            try:
                self._open()
            except BaseException:
                self._lock.release()
                raise
        return self

    def _open(self) -> None:
        if not self._resume:
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)
            for name in (IDENTITY, FINISHED):
                (self.folder / name).unlink(missing_ok=True)
        (self.folder / PARTS).mkdir(exist_ok=True)
        if not self._resume:
            (self.folder / ANEW).touch()
        path = self.folder / IDENTITY
        if not path.is_file():
            write_file(path, to_json(dict(self.identity.parts)), to_disk=True)
        for cut_off in self.folder.glob(
            f"{PARTIAL}*"
        ):  # of a process that was killed while it wrote the results
            shutil.rmtree(cut_off, ignore_errors=True)
        write_file(self.folder / ABOUT, to_json(self._about), to_disk=True)
        self._read()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write replications that are not yet written, and release the lock; a folder without any part is removed."""
        try:
            if self.folder.is_dir():
                with suppress(OSError) if error is not None else as_results_error(self.folder):
                    self.flush()
        finally:
            self._lock.release()
            if self.folder.is_dir() and not part_paths(self.folder / PARTS):
                shutil.rmtree(self.folder, ignore_errors=True)

    def _take_lock(self) -> None:
        import filelock

        self._lock = filelock.FileLock(self.folder / LOCK)
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            raise ResultsError(
                f"{self.folder}: another process is running this very study. Wait for it, or choose another folder "
                "with results=FOLDER"
            ) from None

    def _read(self) -> None:
        for path in part_paths(self.folder / PARTS):
            try:
                replications, work = read_part(path, key=self.key)
            except ResultsError as error:
                self.notes.append(f"{error}; its replications are run again")
                with suppress(
                    OSError
                ):  # what cannot be removed is not used, and goes with the folder
                    path.unlink()
                continue
            self.kept |= {replication.replication: replication for replication in replications}
            self.engine_seconds += work["engine_seconds"]
        self.notes += other_unfinished(self.folder, self.identity)

    @property
    def is_anew(self) -> bool:
        """Whether all of it is simulated (`resume=false`), also by the process that resumes it."""
        return (self.folder / ANEW).exists()

    # --- growing ----------------------------------------------------------------------------------------------------

    def add(self, replication: ReplicationResult) -> None:
        """Add a replication; once those not yet written took enough work, they are written as a part.

        Raises ResultsError if they cannot be.
        """
        self._in_hand.append(replication)
        self.n_added += 1
        self.engine_seconds += replication.engine_seconds
        if sum(result.seconds for result in self._in_hand) >= LEAST_SECONDS:
            with as_results_error(self.folder):
                self.flush()

    def flush(self) -> None:
        """Write replications that are not yet written as a part. Raises OSError."""
        if self._in_hand:
            write_part(self.folder / PARTS, self._in_hand, key=self.key)
            self._in_hand = []

    # --- the end ----------------------------------------------------------------------------------------------------

    @property
    def finished_as(self) -> Path | None:
        """The folder of results that these parts became, if the process ended between writing it and its report."""
        try:
            folder = self.folder.parent / str(read_json(self.folder / FINISHED)["folder"])
        except (ResultsError, KeyError):
            return None
        return folder if folder.is_dir() else None

    def will_finish_as(self, name: str) -> None:
        """Note the name that the folder of results is about to get. Raises OSError."""
        write_file(self.folder / FINISHED, to_json({"folder": name}), to_disk=True)

    def remove(self, numbers: Collection[int]) -> None:
        """Remove the parts of replications that are in a folder of results; all stay if they hold others as well."""
        if self.kept.keys() <= set(numbers):
            shutil.rmtree(
                self.folder / PARTS, ignore_errors=True
            )  # first: the rest says what the parts became
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            (self.folder / FINISHED).unlink(missing_ok=True)


def other_unfinished(folder: Path, identity: Identity) -> Iterator[str]:
    """Messages about unfinished runs of the same study under another program, which are not used."""
    for path in sorted(folder.parent.glob(f"{PREFIX}*")):
        if path == folder or not path.is_dir():
            continue
        try:
            parts = read_json(path / IDENTITY)
        except ResultsError:
            continue
        changed = ", ".join(identity.differences(Identity(parts)))
        if part_paths(path / PARTS) and changed and parts.get("study") == identity.parts["study"]:
            yield f"{path}: an unfinished run of this study, not used because {changed} changed since"


# --- parts ------------------------------------------------------------------------------------------------------------


def write_part(folder: Path, replications: Sequence[ReplicationResult], *, key: str) -> Path:
    """Write some replications as one part of the run with this key. Raises OSError."""
    ordered = sorted(replications, key=lambda result: result.replication)
    layout = RowLayout.of(ordered)
    metadata = {
        "kind": "part",
        "key": key,
        "layout": layout.plain(),
        "engine_seconds": sum(result.engine_seconds for result in ordered),
        "seconds": sum(result.seconds for result in ordered),
    }
    content = io.BytesIO()
    write_columns([columns_of(ordered, layout, values=True)], content, metadata=metadata)
    checksum = hashlib.sha256(content.getbuffer()).hexdigest()[:32]
    path = folder / f"{ordered[0].replication:0{DIGITS}d}-{checksum}{SUFFIX}"
    write_file(path, content.getvalue(), to_disk=True)
    flush(folder)
    return path


def read_part(path: Path, *, key: str) -> tuple[list[ReplicationResult], Plain]:
    """The replications of one part of the run with this key, and the seconds of work that they took.

    Raises ResultsError if it is damaged or another run's.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from None
    if hashlib.sha256(content).hexdigest()[:32] != path.stem.partition("-")[2]:
        raise ResultsError(f"{path}: is damaged (its content does not match its name)")
    columns, metadata = read_columns(path, content)
    if metadata.get("key") != key:
        raise ResultsError(f"{path}: is a part of another run")
    layout = RowLayout.from_plain(metadata["layout"])
    return replications_of(columns, layout, columns["values"], n_arms=len(layout.names)), metadata


def part_paths(folder: Path) -> list[Path]:
    """The parts in a folder, in the order of their first replications."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


# --- finished ---------------------------------------------------------------------------------------------------------

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


def finished_runs(folder: Path) -> Iterator[tuple[Path, Plain]]:
    """The finished runs in a folder of results, or in one study's part of it, each with its manifest; those that cannot
    be read are passed over, as is a published page without the run's data."""
    with suppress(ResultsError):  # of a folder that may not be looked into
        for path in _run_folders(folder, DEPTH) if folder.is_dir() else ():
            is_run = any((path / name).is_file() for name in NEEDED)
            if is_run and not path.name.startswith(PREFIX):
                with suppress(ResultsError):
                    yield path, read_manifest(path)


def _fill(folder: Path, result: StudyResult, keeping: Done) -> None:
    """Write every file of data but the manifest."""
    import yaml

    study = result.study
    dumper = getattr(
        yaml, "CSafeDumper", yaml.SafeDumper
    )  # ten times as quick, where PyYAML has it
    config = to_yaml(resolved_of(study), dumper, width=120)
    planned = {
        "planned_replications": study.run.replications,
        "precision": to_exact(study.run.precision),
    }
    write_file(folder / CONFIG, config)
    write_file(folder / STUDY, to_json({**content_of(study), **planned}))
    write_file(folder / EXPLANATION, to_json(to_exact(result.explanation)))
    certificate = {
        "study": study.design.name,
        "seed": study.run.seed,
        "identity": digest(result.manifest["identity"]),
    }
    write_tables(_tables(result), folder / REPLICATIONS, provenance=certificate)
    layout = RowLayout.of(result.replications)
    metadata = {"kind": "details", **certificate, "layout": layout.plain()}
    groups = (columns_of(group, layout, values=False) for group in _grouped(result.replications))
    write_columns(groups, folder / DETAILS, metadata=metadata)
    summary_table(result.comparisons).to_csv(
        folder / SUMMARY, index=False, encoding="utf-8-sig", lineterminator="\n"
    )
    write_kept(folder, study, result.replications, provenance=certificate, done=keeping)


def _first_verdict(result: StudyResult) -> Plain | None:
    """The verdict on the first primary measure of the first arm that is no sham, for lists of runs; None if none is."""
    sham = result.design.sham
    for finding in result.findings:
        if finding.target in result.design.primary and finding.arm != sham:
            row = finding.comparison
            ends = row.difference_low, row.difference_high
            low, high = (np.nan, np.nan) if result.study.held_to_records else ends  # too narrow
            verdict: Plain = to_exact(
                {
                    "arm": result.arm(finding.arm).label,
                    "target": finding.target.label,
                    "unit": row.unit,
                    "difference": row.difference,
                    "low": low,
                    "high": high,
                    "verdict": finding.verdict.words,
                }
            )
            why = result.no_verdict if result.design.offer or result.not_calibrated else ""
            return verdict | ({"no_verdict": why} if why else {})
    return None


def _grouped(replications: Sequence[ReplicationResult]) -> Iterator[Sequence[ReplicationResult]]:
    for start in range(0, len(replications), REPLICATIONS_AT_ONCE):
        yield replications[start : start + REPLICATIONS_AT_ONCE]


def _tables(result: StudyResult) -> Iterator[Replications]:
    """Tidy tables of every measure of every arm and replication, some replications each."""
    from pandas import factorize

    arms = [arm.name for arm in result.study.arms]
    first = result.replications[0].arms
    rows = [(arm, *name) for arm in arms for name in first[arm].measures.names]
    named = zip(("arm", *MeasureName._fields), np.array(rows, dtype=object).T, strict=True)
    coded = {part: factorize(names) for part, names in named}
    known = {part: tuple(names) for part, (_, names) in coded.items()}
    for group in _grouped(result.replications):
        numbers = np.array([replication.replication for replication in group], dtype=np.int32)
        columns: dict[str, Any] = {
            "replication": np.repeat(numbers, len(rows)),
            **{
                part: np.tile(codes.astype(np.int16), len(group))
                for part, (codes, _) in coded.items()
            },
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
    warnings = tuple(
        DepartmentWarning(one) if isinstance(one, str) else DepartmentWarning(**one)
        for one in content.get("department_warnings", ())
    )  # earlier runs hold the whole as one text
    return Explanation(arms, reachable, warnings)


def _in_tuples(value: Any) -> Any:
    """Plain values with tuples for lists."""
    if isinstance(value, dict):
        return {key: _in_tuples(entry) for key, entry in value.items()}
    return tuple(map(_in_tuples, value)) if isinstance(value, list) else value


# --- a list of runs ---------------------------------------------------------------------------------------------------

VERDICT_KINDS: Mapping[str, object] = {
    **dict.fromkeys(("arm", "target", "unit", "verdict"), str),
    **dict.fromkeys(("difference", "low", "high"), (float, int, NoneType)),
}
"""What the first verdict of a manifest holds."""
DEPTH = 2
"""Folders between a folder of results and a run: the study's, and its own."""


@dataclass(frozen=True)
class ListedRun:
    """One run: `n_replications` of `n_planned`.

    study_words    its study, and the file that states it if that has another name, as a copy of a study has
    at             when it was finished, or last written to if it is not
    first_verdict  as the manifest holds it; None if the study judges nothing or is not finished
    """

    folder: Path
    study: str
    study_words: str
    site: str
    scenario: str
    at: datetime
    n_replications: int
    n_planned: int
    finished: bool
    first_verdict: Plain | None = None

    def matches(self, wanted: Mapping[str, str]) -> bool:
        """Whether its study, site and scenario are those wanted."""
        return all(getattr(self, name) == value for name, value in wanted.items())

    def path_in(self, results: Path) -> str:
        """Its folder from a folder of results on, however either is named; its whole path if it is not within it."""
        folder, top = self.folder.resolve(), results.resolve()
        return (folder.relative_to(top) if top in folder.parents else self.folder).as_posix()


@dataclass(frozen=True)
class Listing:
    """The runs in a folder, the newest first, and messages why others cannot be listed (damaged, another version).

    latest  the run that the link `latest` leads to, of whichever study; None if there is none
    """

    runs: tuple[ListedRun, ...]
    unreadable: tuple[str, ...]
    latest: Path | None = None


def list_runs(folder: Path) -> Listing:
    """The runs in a folder of results, in one study's part of it, or one run; anything else there is passed over.

    Raises ResultsError if there is no such folder.
    """
    runs: list[ListedRun] = []
    unreadable: list[str] = []
    for path in _run_folders(followed(folder), DEPTH):
        try:
            runs.append(_unfinished(path) if path.name.startswith(PREFIX) else _finished(path))
        except ResultsError as error:
            unreadable.append(str(error))
    latest = None
    with suppress(ResultsError):
        latest = followed(folder / LATEST)
    return Listing(
        tuple(sorted(runs, key=lambda run: (run.at, run.folder), reverse=True)),
        tuple(unreadable),
        latest,
    )


def unfinished_runs(results: Path, key: str = "") -> list[Path]:
    """The folders of unfinished runs in a folder of results, or of those with one identity's key."""
    return sorted(results.glob(f"*/{PREFIX}{key[:KEY_SHOWN]}*"))


def _run_folders(folder: Path, depth: int) -> Iterator[Path]:
    """The folders of runs in a folder, at most `depth` levels down."""
    if folder.name.startswith(PREFIX) or any(
        (folder / name).is_file() for name in (MANIFEST, REPLICATIONS)
    ):
        yield folder
        return
    if depth == 0:
        return
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ResultsError(f"{folder}: cannot be read ({error.strerror or error})") from None
    for path in paths:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(PARTIAL):
            yield from _run_folders(path, depth - 1)


def _finished(folder: Path) -> ListedRun:
    """A finished run. Raises ResultsError if a file is damaged or missing; kept tables, being large, are not read."""
    manifest = read_manifest(folder)
    if REPLICATIONS in manifest[FILES] and not (folder / REPLICATIONS).is_file():
        present = ", ".join(sorted(path.name for path in folder.iterdir()))
        raise ResultsError(f"{folder}: holds some files of a run ({present}), not the run itself")
    kept = {file_of(name) for name in kept_among(manifest[FILES])}
    verify(
        folder, {name: checksum for name, checksum in manifest[FILES].items() if name not in kept}
    )
    verdict = manifest.get(FIRST_VERDICT)
    if verdict is not None:
        must_hold(folder / MANIFEST, verdict, VERDICT_KINDS)
    at = datetime.fromisoformat(manifest["finished_at"])
    return _listed(folder, manifest, at, manifest["n_replications"], verdict, finished=True)


def _unfinished(folder: Path) -> ListedRun:
    """A run that is not finished. Raises ResultsError if its folder does not describe it."""
    try:
        about = read_json(folder / ABOUT)
        parts = part_paths(folder / PARTS)
        at = max(path.stat().st_mtime for path in (folder / ABOUT, *parts))
        n_replications = sum(row_count(path) for path in parts) // len(about["arms"])
        return _listed(
            folder,
            about,
            datetime.fromtimestamp(at).astimezone(),
            n_replications,
            None,
            finished=False,
        )
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError, ResultsError):
        raise ResultsError(
            f"{folder}: is an unfinished run that says nothing of itself. Run the study again"
        ) from None


def _listed(
    folder: Path,
    about: Plain,
    at: datetime,
    n_replications: int,
    verdict: Plain | None,
    *,
    finished: bool,
) -> ListedRun:
    """A run, as its manifest says or what it noted when it began (`manifest.about`)."""
    name, file = about["study"], about.get("study_file")
    return ListedRun(
        folder=folder,
        study=name,
        study_words=f"{name} (file {file})" if file and file != name else name,
        site=about["site"],
        scenario=about["scenario"],
        at=at,
        n_replications=n_replications,
        n_planned=about["planned_replications"],
        finished=finished,
        first_verdict=verdict,
    )
