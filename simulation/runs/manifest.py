"""`manifest.json`: who ran what with what, how long it took, and a checksum of every file of data; written and read.

It is the only file of a folder of results that holds clock times.
"""

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from simulation.errors import ResultsError
from simulation.records.serialise import Plain, digest
from simulation.runs.identity import PACKAGE, Identity, library_version
from simulation.runs.replicate import ReplicationResult
from simulation.study.study import Study
from simulation.version import __version__

FORMAT = 2
"""Raised when a folder's layout changes."""
STATEMENT = "planning only, not for clinical use"
LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "numba")
MANIFEST, CHECKSUM, FILES, FIRST_VERDICT = "manifest.json", "checksum", "files", "first_verdict"
NUMBER = (int, float)
KINDS: Mapping[str, Any] = {
    **dict.fromkeys(("study", "site", "scenario", "finished_at"), str),
    **dict.fromkeys(("n_replications", "planned_replications"), int),
    **dict.fromkeys(("wall_seconds", "engine_seconds"), NUMBER),
    **dict.fromkeys(("identity", "versions", FILES), dict),
}
"""What a manifest holds at least, for whoever reads it."""


def manifest_of(
    study: Study,
    replications: Sequence[ReplicationResult],
    identity: Identity,
    *,
    wall_seconds: float,
    engine_seconds: float | None = None,
    inputs: Plain | None = None,
) -> Plain:
    """The content of a manifest of a run that ends now, checksums apart.

    `engine_seconds`: by default those of the replications; `inputs`: the hashes of the study's, if they are known.
    """
    if engine_seconds is None:
        engine_seconds = sum(replication.engine_seconds for replication in replications)
    n_activities = sum(replication.n_activities for replication in replications)
    return {
        "format": FORMAT,
        "statement": STATEMENT,
        **about(study),
        "seed": study.run.seed,
        "n_replications": len(replications),
        "planned_replications": study.run.replications,
        "engine": study.engine,
        "executor": study.executor,
        "workers": min(study.workers, max(len(replications), 1)),
        "finished_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "versions": versions(),
        "git": git_state(),
        "identity": dict(identity.parts),
        "inputs": input_hashes(study) if inputs is None else inputs,
        "wall_seconds": round(wall_seconds, 3),
        "engine_seconds": round(engine_seconds, 3),
        "activities_per_second": round(n_activities / engine_seconds)
        if engine_seconds > 0
        else None,
        "attendances": sum(replication.n_attendances for replication in replications),
        "activities": n_activities,
        "events": sum(replication.n_events for replication in replications),
        "cool_down_days": max(replication.cool_down_days for replication in replications),
        "unfinished": sum(
            arm.n_unfinished for replication in replications for arm in replication.arms.values()
        ),
    }


def about(study: Study) -> Plain:
    """What a list of runs shows of a run that is not finished; `study_file` tells copies of one study apart."""
    return {
        "study": study.design.name,
        "study_file": study.chosen("study"),
        "site": study.chosen("site"),
        "scenario": study.scenario,
        "arms": [arm.name for arm in study.arms],
        "planned_replications": study.run.at_most,
    }


def versions() -> dict[str, str]:
    """Versions of Python, of aeflow and of the libraries that numbers pass through."""
    libraries = {name: library_version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "aeflow": __version__, **libraries}


@cache
def git_state() -> Plain | None:
    """The commit of the checkout that this code runs from, and whether it was changed; None outside a checkout."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return None
    try:
        commit, status = (
            subprocess.run(
                ["git", "-C", str(root), *words],
                capture_output=True,
                encoding="utf-8",
                check=True,
                timeout=20,
            ).stdout
            for words in (
                ("rev-parse", "HEAD"),
                ("status", "--porcelain", "--", "simulation", "configs"),
            )
        )
    except (
        OSError,
        subprocess.SubprocessError,
    ):  # no git here, or not a repository after all: nothing to state
        return None
    return {"commit": commit.strip(), "changed": bool(status.strip())}


def input_hashes(study: Study) -> Plain:
    """SHA-256 of each group of the configuration and of each policy as used."""
    groups = {
        name: digest(content)
        for name, content in study.resolved.items()
        if isinstance(content, Mapping)
    }
    return {
        "groups": groups,
        "policies": {arm.policy.name: digest(arm.policy) for arm in study.arms},
    }


# --- checksums ------------------------------------------------------------------------------------------------------


def checksum_of(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed(manifest: Plain, files: Mapping[str, str]) -> Plain:
    """A manifest with the checksums of a folder's files, and with its own."""
    content = {**manifest, FILES: dict(files)}
    content.pop(CHECKSUM, None)
    return {**content, CHECKSUM: digest(content)}


def read_manifest(folder: Path) -> Plain:
    """The manifest of a folder of results. Raises ResultsError if it is missing, damaged or of another format."""
    path = folder / MANIFEST
    manifest = read_json(path)
    if manifest.get("format") != FORMAT:
        raise ResultsError(
            f"{folder}: is of format {manifest.get('format')}, this version reads {FORMAT}. Run the study again"
        )
    if manifest.get(CHECKSUM) != digest(
        {key: value for key, value in manifest.items() if key != CHECKSUM}
    ):
        raise ResultsError(
            f"{path}: is damaged (it does not match its own {CHECKSUM}). Run the study again"
        )
    must_hold(path, manifest, KINDS)
    with suppress(ValueError):
        datetime.fromisoformat(manifest["finished_at"])
        return manifest
    raise ResultsError(f"{path}: '{manifest['finished_at']:.40}' is no time. Run the study again")


def must_hold(path: Path, content: Any, kinds: Mapping[str, Any]) -> None:
    """Raise ResultsError if a part of a file has not a value of its kind under each of these keys."""
    known = content if isinstance(content, dict) else {}
    for key, kind in kinds.items():
        if not isinstance(known.get(key), kind):
            raise ResultsError(
                f"{path}: is not what a run writes ('{key}' is {known.get(key)!r:.40}). Run it again"
            )


def verify(folder: Path, files: Mapping[str, str]) -> None:
    """Raise ResultsError if a file is missing or does not match its checksum."""
    for name, checksum in files.items():
        path = folder / name
        if path.parent != folder:
            raise ResultsError(f"{folder / MANIFEST}: names '{name}', which is not in the folder")
        if not path.is_file():
            raise ResultsError(
                f"{path}: there is no such file. Take it from a copy, or run the study again"
            )
        try:
            actual = checksum_of(path)
        except OSError as error:
            raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from None
        if actual != checksum:
            raise ResultsError(
                f"{path}: is damaged or another run's (it does not match the checksum in {MANIFEST}). Take it from a "
                "copy, or run the study again"
            )


def read_json(path: Path) -> Plain:
    """The content of a JSON file. Raises ResultsError if it is missing or cannot be read."""
    if not path.is_file():
        raise ResultsError(
            f"{path}: there is no such file. Name a folder that a run wrote, as a whole"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(
            f"{path}: is not JSON that can be read ({error}). Run the study again"
        ) from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path}: is not what a run writes. Run the study again")
    return content
