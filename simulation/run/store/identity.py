"""A run's identity: all that can change one of its numbers, and a hash of it. Parts of different identities never mix.

Not in it: how many replications (stated, or asked for by a precision), the executor, the workers, the engine (both give
the same bits), folders, and sentences made of what is in it already.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from simulation.patients import draw
from simulation.records.serialise import digest, exact
from simulation.study.study import Study

LIBRARIES = ("numpy", "scipy", "numba")
SAMPLE_DAYS = 2
PACKAGE = Path(__file__).resolve().parents[2]
NOT_NUMBERS = ("engine", "executor", "cluster", "workers", "results", "dry_run", "allow_large", "resume", "ensemble")
"""Top-level keys of a configuration that change no number; the departments of an ensemble are listed apart."""
NOT_NUMBERS_OF_RUN = ("replications", "precision", "first", "count", "keep")
ONLY_WORDS = ("on_one", "left_out")
"""Parts of a study that say in words what its other parts make of it; how many replications may be among them."""
WORDS = {
    "study": "the study, its departments or its policies",
    "source": "the package's source",
    "python": "the version of Python",
    "numpy": "the version of NumPy",
    "scipy": "the version of SciPy",
    "numba": "the version of numba",
    "sample": "what this processor makes of the same random numbers",
}


@dataclass(frozen=True)
class Identity:
    """What a run's numbers depend on: by part, a hash or a version."""

    parts: Mapping[str, str]

    @property
    def key(self) -> str:
        """One hash of all parts."""
        return digest(dict(self.parts))

    def differences(self, other: Identity) -> tuple[str, ...]:
        """The parts in which another run's identity differs, in words."""
        names = dict.fromkeys((*self.parts, *other.parts))
        return tuple(WORDS.get(name, name) for name in names if self.parts.get(name) != other.parts.get(name))


def identity_of(study: Study) -> Identity:
    """The identity of a run of a study in this process."""
    content = {name: part for name, part in content_of(study).items() if name not in ONLY_WORDS}
    return Identity(
        {
            "study": digest(content),
            "source": source_digest(),
            "python": platform.python_version(),
            **{name: library_version(name) for name in LIBRARIES},
            "sample": sample_digest(study),
        }
    )


def content_of(study: Study) -> dict[str, Any]:
    """Everything that a study states and that can change a number, or a word about it, as plain values.

    Departments and policies that arms share are listed once.
    """
    pathways: list[Any] = []
    policies: list[Any] = []
    seen: dict[int, int] = {}

    def position(thing: Any, listed: list[Any]) -> int:
        """The position of a thing in a list of plain values, to which it is added if need be."""
        if id(thing) not in seen:
            plain = exact(thing)
            if plain not in listed:
                listed.append(plain)
            seen[id(thing)] = listed.index(plain)
        return seen[id(thing)]

    def arm(ready: Any) -> dict[str, Any]:
        return {
            "name": ready.name,
            "arm": exact(ready.arm),
            "pathway": position(ready.pathway, pathways),
            "policy": position(ready.policy, policies),
        }

    run = {name: value for name, value in exact(study.run).items() if name not in NOT_NUMBERS_OF_RUN}
    return {
        "design": exact(study.design),
        "run": run,
        "arms": [arm(ready) for ready in study.arms],
        "alone": arm(study.alone),
        "pathways": pathways,
        "policies": policies,
        "resolved": resolved_of(study),
        "choices": dict(study.choices),
        "departments": None if study.departments is None else exact(study.departments.content()),
        "on_one": study.on_one,
        "left_out": list(study.left_out),
    }


def resolved_of(study: Study) -> dict[str, Any]:
    """The configuration as composed, without keys that change no number."""
    resolved = {key: exact(value) for key, value in study.resolved.items() if key not in NOT_NUMBERS}
    run = resolved.get("run")
    if isinstance(run, dict):
        resolved["run"] = {key: value for key, value in run.items() if key not in NOT_NUMBERS_OF_RUN}
    return resolved


@cache
def source_digest() -> str:
    """SHA-256 of the package's source."""
    hashed = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        hashed.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()


@cache
def library_version(name: str) -> str:
    """The version of a library, or 'not installed'."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def sample_digest(study: Study) -> str:
    """SHA-256 of two days of patients, as this processor draws them: NumPy picks instructions by processor."""
    drawn = draw(study.baseline.pathway, seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    hashed = hashlib.sha256()
    columns = (drawn.arrival_source, drawn.patience, *drawn.attributes.values(), *drawn.minutes.values())
    for column in columns:
        hashed.update(np.ascontiguousarray(column).tobytes())
    return hashed.hexdigest()
