"""The runs in a folder of results: none is read, but the checksums of its files are compared, so damage is named."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import NoneType

from simulation.errors import ResultsError
from simulation.records.serialise import Plain
from simulation.records.table_files import row_count
from simulation.runs.atomic import LATEST, PARTIAL
from simulation.runs.provenance import (
    FILES,
    FIRST_VERDICT,
    MANIFEST,
    must_hold,
    read_json,
    read_manifest,
    verify,
)
from simulation.runs.stored_run import ABOUT, PARTS, PREFIX, REPLICATIONS, followed, part_paths
from simulation.runs.stored_tables import file_of, kept_among

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
