"""Where the numbers of a run come from: its identity, and the manifest of its folder.

A run's **identity** is all that can change one of its numbers, and a hash of it. Parts of different identities never
mix. Not in it: how many replications (stated, or asked for by a precision), the executor, the workers, the engine (both
give the same bits), folders, prices, and words: those of the study, and in the source docstrings, comments, messages of
errors and whatever a replication does not import. What is stored are the measures of replications; verdicts, costs,
explanations and pages are worked out again from these.

`manifest.json` says who ran what with what, how long it took, and has a checksum of every file of data. It is the only
file of a folder of results that holds clock times.
"""

from __future__ import annotations

import ast
import hashlib
import platform
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_args

import numpy as np

from simulation.department.graph import cached_by_pathway
from simulation.department.vocabulary import Pathway
from simulation.errors import ResultsError
from simulation.patients import draw
from simulation.records.serialise import (
    Plain,
    cached_on_disk,
    digest,
    digest_of_exact,
    parse_json,
    read_yaml,
    to_exact,
)
from simulation.runs.replicate import Count, ReplicationResult
from simulation.study.study import ReadyArm, Study
from simulation.version import __version__

NUMERIC = ("numpy", "scipy", "numba")
SAMPLE_DAYS = 2
PACKAGE = Path(__file__).resolve().parents[1]
REPLICATES = ("runs/replicate.py", "config/ensembles.py")
"""What a worker runs: a replication, and before it the making of a department of an ensemble. What they import, and
nothing else, can change a number."""
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
PRICES = ("cost", "price_per_attendance", "cost_per_year")
"""Fields of arms and policies that are multiplied with what was simulated, afterwards."""
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
    libraries = {name: library_version(name) for name in NUMERIC}
    return {"source": source_digest(), "python": platform.python_version(), **libraries}


def arm_keys(study: Study, identity: Identity) -> dict[str, str]:
    """By arm, a hash of all that can change a number of it in any replication.

    The same patients meet every arm, so it depends on no other but those that `Design.behind_others` names. It leaves
    out names of arms, policies and studies.
    """
    design, without = study.design, (*WORD_FIELDS, *PRICES)
    made = {} if study.departments is None else study.departments.content_by_arm()

    def own(arm: ReadyArm) -> str:
        content = made.get(arm.name) or {"pathway": _without_words(arm.pathway)}
        content = to_exact(content, without=without)
        tool = content.get("tool") or {"triage": to_exact(arm.policy, without=without)}
        policy = _without(tool["triage"], ("name", *without))
        return digest_of_exact({**content, "tool": {**tool, "triage": policy}})

    of_arm = {arm.name: own(arm) for arm in study.arms}
    shared = {
        "program": _without(identity.parts, ("study",)),
        "run": _without(to_exact(study.run), NOT_NUMBERS_OF_RUN),
        "departments": made.get(""),
        "own": [design.measures, design.groups],
        "others": [of_arm[name] for name in design.behind_others],
    }
    key = digest_of_exact(to_exact(shared, without=without))
    first = design.behind_others[:1]
    return {name: digest([key, name in first, one]) for name, one in of_arm.items()}


def content_of(study: Study, *, words: bool = True) -> Plain:
    """Everything that a study states and that can change a number, or, with `words`, a word or price, as plain values.

    Departments and policies that arms share are listed once.
    """
    without = () if words else (*WORD_FIELDS, *PRICES)
    pathways: list[Any] = []
    policies: list[Any] = []
    seen: dict[int, int] = {}

    def position(thing: Any, listed: list[Any]) -> int:
        """The position of a thing in a list of plain values, to which it is added if need be."""
        if id(thing) not in seen:
            plain = (
                _without_words(thing)
                if isinstance(thing, Pathway) and not words
                else to_exact(thing, without=without)
            )
            if plain not in listed:
                listed.append(plain)
            seen[id(thing)] = listed.index(plain)
        return seen[id(thing)]

    def arm(ready: Any) -> Plain:
        return {
            "name": ready.name,
            "arm": to_exact(ready.arm, without=without),
            "pathway": position(ready.pathway, pathways),
            "policy": position(ready.policy, policies),
        }

    return {
        "design": to_exact(study.design, without=without),
        "run": _without(to_exact(study.run), NOT_NUMBERS_OF_RUN),
        "arms": [arm(ready) for ready in study.arms],
        "alone": arm(study.alone),
        "pathways": pathways,
        "policies": policies,
        "resolved": resolved_of(study),
        "choices": dict(study.choices),
        "departments": study.departments
        and _without(to_exact(study.departments.content(), without=without), without),
        "on_one": study.on_one,
        "left_out": list(study.left_out),
    }


@cached_by_pathway
def _without_words(pathway: Pathway) -> Any:
    """A department as plain values without its words; not to be changed."""
    return to_exact(pathway, without=WORD_FIELDS)


def resolved_of(study: Study) -> Plain:
    """The configuration as composed, without keys that change no number."""
    resolved = _without(to_exact(study.resolved), NOT_NUMBERS)
    run = resolved.get("run")
    if isinstance(run, dict):
        resolved["run"] = _without(run, NOT_NUMBERS_OF_RUN)
    return resolved


def _without(block: Mapping[str, Any], keys: Collection[str]) -> Plain:
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
        if path in read or not path.is_file():
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
    return to_exact(
        read_yaml(path),
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
    drawn = draw(study.alone.pathway, seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    columns = (
        drawn.arrival_source,
        drawn.patience,
        *drawn.attributes.values(),
        *drawn.minutes.values(),
    )
    return hashlib.sha256(b"".join(np.asarray(column).tobytes() for column in columns)).hexdigest()


# --- the manifest -----------------------------------------------------------------------------------------------------

FORMAT = 2
"""Raised when a folder's layout changes."""
STATEMENT = "planning only, not for clinical use"
LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "numba")
MANIFEST, CHECKSUM, FILES, FIRST_VERDICT = "manifest.json", "checksum", "files", "first_verdict"
ARM_KEYS, TAKEN = "arm_keys", "taken"
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
    n_attendances, n_activities, n_events, n_unfinished = (
        sum(replication.total(count) for replication in replications) for count in get_args(Count)
    )
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
        ARM_KEYS: arm_keys(study, identity),
        "inputs": input_hashes(study) if inputs is None else inputs,
        "wall_seconds": round(wall_seconds, 3),
        "engine_seconds": round(engine_seconds, 3),
        "activities_per_second": round(n_activities / engine_seconds)
        if engine_seconds > 0
        else None,
        "attendances": n_attendances,
        "activities": n_activities,
        "events": n_events,
        "cool_down_days": max(replication.cool_down_days for replication in replications),
        "unfinished": n_unfinished,
    }


def about(study: Study) -> Plain:
    """What a list of runs shows of a run that is not finished; `study_file` tells copies of one study apart, `site` is
    the ensemble where there is one."""
    return {
        "study": study.design.name,
        "study_file": study.chosen("study"),
        "site": study.departments.name if study.departments else study.chosen("site"),
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
    words = ("status", "--porcelain=v2", "--branch", "--", "simulation", "configs")
    try:
        head, *others = subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=20,
        ).stdout.splitlines()
    except (
        OSError,
        subprocess.SubprocessError,
    ):  # no git here, or not a repository after all: nothing to state
        return None
    changed = any(not line.startswith("#") for line in others)
    return {"commit": head.removeprefix("# branch.oid "), "changed": changed}


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


# --- checksums --------------------------------------------------------------------------------------------------------


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
        content = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(
            f"{path}: is not JSON that can be read ({error}). Run the study again"
        ) from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path}: is not what a run writes. Run the study again")
    return content
