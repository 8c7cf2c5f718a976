"""A run's identity: all that can change one of its numbers, and a hash of it. Parts of different identities never mix.

Not in it: how many replications (stated, or asked for by a precision), the executor, the workers, the engine (both give
the same bits), folders, and words: those of the study, and in the source docstrings, comments, messages of errors and
whatever a replication does not import. What is stored are the measures of replications; verdicts, explanations and
pages are worked out again from these.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from simulation.department.graph import cached_by_pathway
from simulation.department.vocabulary import Pathway
from simulation.patients import draw
from simulation.records.disk_cache import cached_on_disk
from simulation.records.serialise import Plain, digest, digest_of_exact, exact
from simulation.study.study import Study

LIBRARIES = ("numpy", "scipy", "numba")
SAMPLE_DAYS = 2
PACKAGE = Path(__file__).resolve().parents[1]
REPLICATES = ("runs/replicate.py", "config/ensembles.py")
"""What a worker runs: a replication, and before it the making of a department of an ensemble."""
REPORTING = (
    "explain",
    "display",
    "questions",
    "report",
    "assurance",
    "evaluation",
    "vetting",
    "commands",
)
"""Subpackages that report numbers and compute none of a replication."""
NOT_NUMBERS = (
    "engine",
    "executor",
    "cluster",
    "workers",
    "results",
    "dry_run",
    "allow_large",
    "resume",
    "ensemble",
)
"""Top-level keys of a configuration that change no number; the departments of an ensemble are listed apart."""
NOT_NUMBERS_OF_RUN = ("replications", "precision", "first", "count", "keep")
ONLY_WORDS = ("on_one", "left_out", "resolved", "choices")
"""Parts of a study that say what its other parts make of it (how many replications may be among them), or where they
were stated."""
WORD_FIELDS = (
    "label", "question", "definition", "evidence", "source", "what", "limitation", "price_year", "paid_by", "offer",
)  # fmt: skip
"""Fields that are words for a reader."""
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
        return digest(self.parts)

    def differences(self, other: Identity) -> tuple[str, ...]:
        """The parts in which another run's identity differs, in words."""
        names = dict.fromkeys((*self.parts, *other.parts))
        return tuple(
            WORDS.get(name, name) for name in names if self.parts.get(name) != other.parts.get(name)
        )


def identity_of(study: Study) -> Identity:
    """The identity of a run of a study in this process."""
    content = _without(content_of(study, words=False), ONLY_WORDS)
    return Identity(
        {"study": digest_of_exact(content), **program_parts(), "sample": sample_digest(study)}
    )


def program_parts() -> dict[str, str]:
    """The parts of a run's identity that do not depend on its study."""
    libraries = {name: library_version(name) for name in LIBRARIES}
    return {"source": source_digest(), "python": platform.python_version(), **libraries}


def content_of(study: Study, *, words: bool = True) -> Plain:
    """Everything that a study states and that can change a number, or, with `words`, a word about it, as plain values.

    Departments and policies that arms share are listed once.
    """
    without = () if words else WORD_FIELDS
    pathways: list[Any] = []
    policies: list[Any] = []
    seen: dict[int, int] = {}

    def position(thing: Any, listed: list[Any]) -> int:
        """The position of a thing in a list of plain values, to which it is added if need be."""
        if id(thing) not in seen:
            plain = (
                _without_words(thing)
                if isinstance(thing, Pathway) and not words
                else exact(thing, without=without)
            )
            if plain not in listed:
                listed.append(plain)
            seen[id(thing)] = listed.index(plain)
        return seen[id(thing)]

    def arm(ready: Any) -> Plain:
        return {
            "name": ready.name,
            "arm": exact(ready.arm, without=without),
            "pathway": position(ready.pathway, pathways),
            "policy": position(ready.policy, policies),
        }

    return {
        "design": exact(study.design, without=without),
        "run": _without(exact(study.run), NOT_NUMBERS_OF_RUN),
        "arms": [arm(ready) for ready in study.arms],
        "alone": arm(study.alone),
        "pathways": pathways,
        "policies": policies,
        "resolved": resolved_of(study),
        "choices": dict(study.choices),
        "departments": study.departments
        and _without(exact(study.departments.content(), without=without), without),
        "on_one": study.on_one,
        "left_out": list(study.left_out),
    }


@cached_by_pathway
def _without_words(pathway: Pathway) -> Any:
    """A department as plain values without its words; not to be changed."""
    return exact(pathway, without=WORD_FIELDS)


def resolved_of(study: Study) -> Plain:
    """The configuration as composed, without keys that change no number."""
    resolved = _without(exact(study.resolved), NOT_NUMBERS)
    run = resolved.get("run")
    if isinstance(run, dict):
        resolved["run"] = _without(run, NOT_NUMBERS_OF_RUN)
    return resolved


def _without(block: Plain, keys: Collection[str]) -> Plain:
    """A block of plain values without some keys."""
    return {key: value for key, value in block.items() if key not in keys}


@cache
def source_digest() -> str:
    """SHA-256 of what of the package's source can change a number of a replication.

    Working it out takes half a second, so it is cached on disk until a file changes.
    """
    paths = sorted(path for path in PACKAGE.rglob("*.*") if path.suffix in (".py", ".yaml"))
    files = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return str(cached_on_disk("source", files, partial(_of_numbers, paths)))


def _of_numbers(paths: Sequence[Path]) -> str:
    """The hash of what of the package can change a number; `paths`: all its files."""
    trees = _imported(REPLICATES)
    folders = {path.parent for path in trees}
    contents: dict[Path, object] = {
        path: ast.dump(_WithoutTexts().visit(tree)) for path, tree in trees.items()
    }
    contents |= {
        path: _data(path) for path in paths if path.suffix == ".yaml" and path.parent in folders
    }
    return digest(
        {path.relative_to(PACKAGE).as_posix(): content for path, content in contents.items()}
    )


def _imported(names: Iterable[str]) -> dict[Path, ast.Module]:
    """The modules of these files of the package and all that they import of it, read, by path."""
    read: dict[Path, ast.Module] = {}
    paths = [PACKAGE / name for name in names]
    while paths:
        path = paths.pop()
        if path in read or not path.is_file() or path.relative_to(PACKAGE).parts[0] in REPORTING:
            continue
        read[path] = ast.parse(path.read_bytes())
        for node in ast.walk(read[path]):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{PACKAGE.name}."):
                module = PACKAGE.parent.joinpath(*str(node.module).split("."))
                paths += [module.with_suffix(".py"), module / "__init__.py"]
                paths += [module / f"{name.name}.py" for name in node.names]
    return read


def _data(path: Path) -> object:
    """What a file of data beside the source states, without its words."""
    import yaml

    return exact(
        yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)),
        without=WORD_FIELDS,
    )


class _WithoutTexts(ast.NodeTransformer):
    """Leaves out docstrings and the words of errors."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Leave out a docstring."""
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        """Leave out the words of an error that is raised."""
        return ast.Raise()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave out the words of an error or a fault that is created, to be raised elsewhere."""
        is_error = isinstance(node.func, ast.Name) and node.func.id.endswith(("Error", "Fault"))
        return ast.Constant(None) if is_error else self.generic_visit(node)


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
    columns = (
        drawn.arrival_source,
        drawn.patience,
        *drawn.attributes.values(),
        *drawn.minutes.values(),
    )
    for column in columns:
        hashed.update(np.ascontiguousarray(column).tobytes())
    return hashed.hexdigest()
