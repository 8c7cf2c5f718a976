"""The runs in a folder of results, from their manifests alone: no replication is read, so hundreds list at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulation.errors import ResultsError
from simulation.records.columns import row_count
from simulation.records.serialise import Plain
from simulation.run.store.folders import PARTIAL
from simulation.run.store.manifest import FILES, FIRST_VERDICT
from simulation.run.store.parts import part_paths
from simulation.run.store.read import followed, read_manifest
from simulation.run.store.unfinished import ABOUT, PARTS, PREFIX
from simulation.run.store.write import MANIFEST, REPLICATIONS

DEPTH = 2
"""Folders between a folder of results and a run: the study's, and its own."""


@dataclass(frozen=True)
class ListedRun:
    """One run: `n_replications` of `n_planned`.

    at             when it was finished, or last written to if it is not
    first_verdict  as the manifest holds it; None if the study judges nothing or is not finished
    """

    folder: Path
    study: str
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


@dataclass(frozen=True)
class Listing:
    """The runs in a folder, the newest first, and messages why others cannot be listed (damaged, another version)."""

    runs: tuple[ListedRun, ...]
    unreadable: tuple[str, ...]


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
    return Listing(tuple(sorted(runs, key=lambda run: (run.at, run.folder), reverse=True)), tuple(unreadable))


def _run_folders(folder: Path, depth: int) -> Iterator[Path]:
    """The folders of runs in a folder, at most `depth` levels down."""
    if folder.name.startswith(PREFIX) or any((folder / name).is_file() for name in (MANIFEST, REPLICATIONS)):
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
    """A finished run. Raises ResultsError if its manifest cannot be read or a file is missing."""
    manifest = read_manifest(folder)
    missing = [name for name in manifest[FILES] if not (folder / name).is_file()]
    if REPLICATIONS in missing:
        present = ", ".join(sorted(path.name for path in folder.iterdir()))
        raise ResultsError(f"{folder}: holds some files of a run ({present}), not the run itself")
    if missing:
        raise ResultsError(f"{folder / missing[0]}: there is no such file. Take it from a copy, or run the study again")
    return ListedRun(
        folder=folder,
        study=manifest["study"],
        site=manifest["site"],
        scenario=manifest["scenario"],
        at=datetime.fromisoformat(manifest["finished_at"]),
        n_replications=manifest["n_replications"],
        n_planned=manifest["planned_replications"],
        finished=True,
        first_verdict=manifest.get(FIRST_VERDICT),
    )


def _unfinished(folder: Path) -> ListedRun:
    """A run that is not finished. Raises ResultsError if its folder does not describe it."""
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        parts = list(part_paths(folder / PARTS))
        at = max(path.stat().st_mtime for path in (folder / ABOUT, *parts))
        return ListedRun(
            folder=folder,
            study=about["study"],
            site=about["site"],
            scenario=about["scenario"],
            at=datetime.fromtimestamp(at).astimezone(),
            n_replications=sum(row_count(path) for path in parts) // len(about["arms"]),
            n_planned=about["planned_replications"],
            finished=False,
        )
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
        raise ResultsError(f"{folder}: is an unfinished run that says nothing of itself. Run the study again") from None
