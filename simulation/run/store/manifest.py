"""`manifest.json`: who ran what with what, how long it took, and a checksum of every file of data.

It is the only file of a folder of results that holds clock times.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from simulation import __version__
from simulation.records.serialise import Plain, digest, exact
from simulation.run.replicate import ReplicationResult
from simulation.run.store.identity import PACKAGE, Identity, library_version
from simulation.study.study import Study

FORMAT = 2
"""Raised when a folder's layout changes."""
STATEMENT = "planning only, not for clinical use"
LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "numba")
CHECKSUM, FILES, FIRST_VERDICT = "checksum", "files", "first_verdict"


def manifest_of(
    study: Study,
    replications: Sequence[ReplicationResult],
    identity: Identity,
    *,
    wall_seconds: float,
    engine_seconds: float | None = None,
    finished_at: datetime | None = None,
) -> Plain:
    """The content of a manifest, checksums apart.

    `engine_seconds`: by default those of the replications; `finished_at`: by default now.
    """
    if engine_seconds is None:
        engine_seconds = sum(replication.engine_seconds for replication in replications)
    if finished_at is None:
        finished_at = datetime.now().astimezone()
    n_activities = sum(replication.n_activities for replication in replications)
    return {
        "format": FORMAT,
        "statement": STATEMENT,
        "study": study.design.name,
        "site": study.chosen("site"),
        "scenario": study.scenario,
        "arms": [arm.name for arm in study.arms],
        "seed": study.run.seed,
        "n_replications": len(replications),
        "planned_replications": study.run.replications,
        "engine": study.engine,
        "executor": study.executor,
        "workers": min(study.workers, max(len(replications), 1)),
        "finished_at": finished_at.isoformat(timespec="seconds"),
        "versions": versions(),
        "git": git_state(),
        "identity": dict(identity.parts),
        "inputs": input_hashes(study),
        "wall_seconds": round(wall_seconds, 3),
        "engine_seconds": round(engine_seconds, 3),
        "activities_per_second": round(n_activities / engine_seconds) if engine_seconds > 0 else None,
        "attendances": sum(replication.n_attendances for replication in replications),
        "activities": n_activities,
        "events": sum(replication.n_events for replication in replications),
        "cool_down_days": max(replication.cool_down_days for replication in replications),
        "unfinished": sum(arm.n_unfinished for replication in replications for arm in replication.arms.values()),
    }


def about(study: Study) -> Plain:
    """What a list of runs shows of a run that is not finished."""
    return {
        "study": study.design.name,
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
def git_state() -> dict[str, Any] | None:
    """The commit of the checkout that this code runs from, and whether it was changed; None outside a checkout."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return None
    try:
        commit, status = (
            subprocess.run(
                ["git", "-C", str(root), *words], capture_output=True, encoding="utf-8", check=True, timeout=20
            ).stdout
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--", "simulation", "configs"))
        )
    except (OSError, subprocess.SubprocessError):  # no git here, or not a repository after all: nothing to state
        return None
    return {"commit": commit.strip(), "changed": bool(status.strip())}


def input_hashes(study: Study) -> dict[str, Any]:
    """SHA-256 of each group of the configuration and of each policy as used."""
    groups = {name: digest(content) for name, content in study.resolved.items() if isinstance(content, Mapping)}
    return {"groups": groups, "policies": {arm.policy.name: digest(exact(arm.policy)) for arm in study.arms}}


# --- checksums ------------------------------------------------------------------------------------------------------


def checksums(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files, by name."""
    return {name: _checksum(folder / name) for name in sorted(names)}


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed(manifest: Plain, files: Mapping[str, str]) -> Plain:
    """A manifest with the checksums of a folder's files, and with its own."""
    content = {**manifest, FILES: dict(files)}
    content.pop(CHECKSUM, None)
    return {**content, CHECKSUM: digest(content)}


def is_sound(manifest: Plain) -> bool:
    """Whether a manifest is as it was written."""
    content = {key: value for key, value in manifest.items() if key != CHECKSUM}
    return manifest.get(CHECKSUM) == digest(content)
