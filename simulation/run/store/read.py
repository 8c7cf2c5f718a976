"""Reading a folder of results: its files are as they were written, and belong together. Nothing is simulated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from simulation.department.graph import Edge, Subgraph
from simulation.errors import ResultsError
from simulation.explain.assumptions import AddedAssumption
from simulation.explain.change import Change
from simulation.explain.explanation import ArmExplanation, Explanation
from simulation.records.columns import read_columns
from simulation.records.schema import Floats
from simulation.records.serialise import Plain
from simulation.records.store import read_replications
from simulation.run.replicate import ReplicationResult
from simulation.run.store.folders import LATEST
from simulation.run.store.manifest import CHECKSUM, FILES, FORMAT, checksums, is_sound
from simulation.run.store.rows import Layout, replications_of
from simulation.run.store.write import DETAILS, EXPLANATION, MANIFEST, REPLICATIONS, STUDY

NEEDED = (STUDY, EXPLANATION, REPLICATIONS, DETAILS)


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
    _verify(folder, manifest[FILES])
    study = _json(folder / STUDY)
    try:
        explanation = _explanation(_json(folder / EXPLANATION))
        columns, metadata = read_columns(folder / DETAILS)
        layout = Layout.from_plain(metadata["layout"])
        values = _values(folder / REPLICATIONS, layout, columns)
        replications = replications_of(columns, layout, values, n_arms=len(study["arms"]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ResultsError(
            f"{folder}: its files do not say what this version expects ({type(error).__name__}: {error}). Run the "
            "study again"
        ) from error
    return StoredRun(folder, manifest, study, explanation, tuple(replications))


def read_manifest(folder: Path) -> Plain:
    """The manifest of a folder of results. Raises ResultsError if it is missing, damaged or of another format."""
    path = folder / MANIFEST
    manifest = _json(path)
    if manifest.get("format") != FORMAT:
        raise ResultsError(
            f"{folder}: is of format {manifest.get('format')}, this version reads {FORMAT}. Run the study again"
        )
    if not isinstance(manifest.get(FILES), dict) or not is_sound(manifest):
        raise ResultsError(f"{path}: is damaged (it does not match its own {CHECKSUM}). Run the study again")
    return manifest


def followed(path: Path) -> Path:
    """The folder itself, also where `latest` is a text file that names it. Raises ResultsError if there is none."""
    try:
        if path.name == LATEST and path.is_file():
            path = path.parent / path.read_text(encoding="utf-8").strip()
            if not path.is_dir():
                raise ResultsError(f"{path}: there is no such folder. results/{LATEST} names it, but it has gone")
        if path.is_dir():
            return path
    except (OSError, ValueError):  # a name too long, a folder that may not be looked into, a file that is no text
        raise ResultsError(f"{path}: names no folder of results. Name a folder that a run wrote") from None
    raise ResultsError(f"{path}: there is no such folder. Name a folder that a run wrote, or results/{LATEST}")


def _verify(folder: Path, files: Mapping[str, str]) -> None:
    """Raise ResultsError if a file is missing or does not match its checksum."""
    for name, checksum in files.items():
        path = folder / name
        if path.parent != folder:
            raise ResultsError(f"{folder / MANIFEST}: names '{name}', which is not in the folder")
        if not path.is_file():
            raise ResultsError(f"{path}: there is no such file. Name a folder that a run wrote, as a whole")
        try:
            (actual,) = checksums(folder, [name]).values()
        except OSError as error:
            raise ResultsError(f"{path}: cannot be read ({error.strerror or error})") from None
        if actual != checksum:
            raise ResultsError(
                f"{path}: is damaged or another run's (it does not match the checksum in {MANIFEST}). Take it from a "
                "copy, or run the study again"
            )


def _values(path: Path, layout: Layout, columns: Mapping[str, Any]) -> list[Floats]:
    """The values of the measures of each row of the details."""
    value = read_replications(path)["value"]
    lengths = [len(layout.names[arm]) for arm in columns["arm"].tolist()]
    if sum(lengths) != len(value):
        raise ResultsError(f"{path}: holds {len(value)} values, where {sum(lengths)} are expected. Run the study again")
    return np.split(value, np.cumsum(lengths)[:-1])


def _explanation(content: Plain) -> Explanation:
    """The explanation from its plain form."""
    arms = {
        name: ArmExplanation(
            agreement={key: np.nan if value is None else value for key, value in arm["agreement"].items()},
            label_mix=tuple(arm["label_mix"]),
            cost=arm["cost"],
            cost_words=arm["cost_words"],
            changed=tuple(Change(**{**change, "at": tuple(change["at"])}) for change in arm["changed"]),
            added_assumptions=tuple(AddedAssumption(**assumption) for assumption in arm["added_assumptions"]),
            cost_range=_pair(arm.get("cost_range")),  # runs of earlier versions have none
        )
        for name, arm in content["arms"].items()
    }
    graph = content["reachable"]
    edges = {node: tuple(Edge(**edge) for edge in out) for node, out in graph["edges"].items()}
    passed = tuple((node, to) for node, to in graph["passed"])
    reachable = Subgraph(graph["starts"], edges, tuple(graph["unused"]), passed)
    return Explanation(arms, reachable, tuple(content.get("misfits", ())))  # as above


def _pair(bounds: Sequence[float] | None) -> tuple[float, float] | None:
    return None if bounds is None else (bounds[0], bounds[1])


def _json(path: Path) -> Plain:
    """The content of a JSON file. Raises ResultsError if it is missing or cannot be read."""
    if not path.is_file():
        raise ResultsError(f"{path}: there is no such file. Name a folder that a run wrote, as a whole")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: is not JSON that can be read ({error}). Run the study again") from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path}: is not what a run writes. Run the study again")
    return cast(Plain, content)
