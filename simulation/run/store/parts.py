"""Parts of an unfinished run: some replications each, written when they end, whole or not at all.

A part is a file named after its first replication and the digest of its content, so that damage shows in the name. It
is written under a temporary name, flushed to the disk and renamed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulation.errors import ResultsError
from simulation.records.columns import read_columns, write_columns
from simulation.run.replicate import ReplicationResult
from simulation.run.store.rows import Layout, columns_of, replications_of

SUFFIX = ".parquet"
DIGITS = 8
"""Digits of a replication's number in a name, so that names sort as numbers do."""


@dataclass(frozen=True)
class Part:
    """The replications that one part holds, and the seconds of work that they took."""

    path: Path
    replications: tuple[ReplicationResult, ...]
    engine_seconds: float
    seconds: float


def write_part(folder: Path, replications: Sequence[ReplicationResult], *, key: str) -> Path:
    """Write some replications as one part of the run with this key. Raises OSError."""
    ordered = sorted(replications, key=lambda result: result.replication)
    layout = Layout.of(ordered)
    metadata = {
        "kind": "part",
        "key": key,
        "layout": layout.plain(),
        "engine_seconds": sum(result.engine_seconds for result in ordered),
        "seconds": sum(result.seconds for result in ordered),
    }
    temporary = folder / f".{os.getpid()}.writing"
    try:
        write_columns([columns_of(ordered, values=True)], temporary, metadata=metadata)
        content = temporary.read_bytes()
        flush(temporary)
        name = f"{ordered[0].replication:0{DIGITS}d}-{hashlib.sha256(content).hexdigest()[:32]}{SUFFIX}"
        os.replace(temporary, folder / name)
        flush(folder)
    finally:
        temporary.unlink(missing_ok=True)
    return folder / name


def read_part(path: Path, *, key: str) -> Part:
    """One part of the run with this key. Raises ResultsError if it is damaged or another run's."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from None
    if hashlib.sha256(content).hexdigest()[:32] != path.stem.partition("-")[2]:
        raise ResultsError(f"{path}: is damaged (its content does not match its name)")
    columns, metadata = read_columns(path, content)
    if metadata.get("key") != key:
        raise ResultsError(f"{path}: is a part of another run")
    layout = Layout.from_plain(metadata["layout"])
    replications = replications_of(columns, layout, columns["values"], n_arms=len(layout.names))
    return Part(path, tuple(replications), metadata["engine_seconds"], metadata["seconds"])


def part_paths(folder: Path) -> Iterator[Path]:
    """The parts in a folder, in the order of their first replications."""
    yield from sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk; a folder that cannot be opened is left."""
    mode = os.O_RDONLY if path.is_dir() else os.O_RDWR  # Windows flushes no file that is open for reading alone
    try:
        handle = os.open(path, mode)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
