"""An unfinished run: what is kept of it, and how the same command resumes it.

`results/<study>/.unfinished-<key>/` holds the parts that were written so far; the key is that of the run's identity, so
the same study and program find it again and no other run ever reads it (array jobs have one each, named after their
replications, `part_of`). One process at a time has it, by a lock that the system releases however that process ends.

A part holds some replications and is written when they end, whole or not at all. Its file is named after its first
replication and the digest of its content, so that damage shows in the name.
"""

import hashlib
import io
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulation.errors import ResultsError
from simulation.records.serialise import Plain, to_json
from simulation.records.table_files import read_columns, write_columns
from simulation.runs.atomic import PARTIAL, as_results_error, flush, write_file
from simulation.runs.identity import Identity
from simulation.runs.manifest import read_json
from simulation.runs.replicate import ReplicationResult
from simulation.runs.replication_rows import RowLayout, columns_of, replications_of

PREFIX = ".unfinished-"
IDENTITY, ABOUT, FINISHED, LOCK, PARTS = (
    "identity.json",
    "about.json",
    "finished.json",
    "lock",
    "parts",
)
LEAST_SECONDS = 2.0
"""Work of one processor in a part: writing one takes some milliseconds, so it costs less than 1 %."""
SHOWN = 16
"""Characters of the key in the folder's name."""
SUFFIX = ".parquet"
DIGITS = 8
"""Digits of a replication's number in the name of a part, so that names sort as numbers do."""


class UnfinishedRun:
    """The parts of one run, under a lock. A context: at its end what is in hand is written, and the lock released.

    `about`: what a list of runs shows of it (`manifest.about`).
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
        self.folder = parent / f"{PREFIX}{self.key[:SHOWN]}{f'-{part_of}' if part_of else ''}"
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
        """Write what is in hand, and release the lock; a folder without any part is removed."""
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

    # --- growing ----------------------------------------------------------------------------------------------------

    def add(self, replication: ReplicationResult) -> None:
        """Take a replication; a part is written when enough work is in hand. Raises ResultsError if it cannot be."""
        self._in_hand.append(replication)
        self.n_added += 1
        self.engine_seconds += replication.engine_seconds
        if sum(result.seconds for result in self._in_hand) >= LEAST_SECONDS:
            with as_results_error(self.folder):
                self.flush()

    def flush(self) -> None:
        """Write what is in hand as a part. Raises OSError."""
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
    write_columns([columns_of(ordered, values=True)], content, metadata=metadata)
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
