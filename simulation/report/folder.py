"""A folder of results: its data are written whole or not at all, and read back so that its report can be made again.

`results/<study>/<date>T<time>-<hash>/`. The data are written beside it under a name that starts `.partial-` and
renamed at the end, so a folder without that name holds all of them. Pictures and page are made from the data after
that: if one cannot be made, nothing that was simulated is lost. `results/latest` leads to the newest.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from simulation.analysis.compare import summary
from simulation.analysis.measures import MeasureName, Measures
from simulation.errors import ResultsError
from simulation.experiment.result import Result
from simulation.experiment.store.folders import (
    LATEST,
    PARTIAL,
    moved,
    must_be_writable,
    not_written,
    point_latest,
    whole_or_nothing,
)
from simulation.records.schema import ActivityTable, Patients, Replications
from simulation.records.serialise import Plain, plain
from simulation.records.store import read_replications, write_table, write_tables
from simulation.report.figures import pictures
from simulation.report.figures.drawing import Picture
from simulation.report.gather import inputs_of
from simulation.report.inputs import ReportInputs
from simulation.report.page import page
from simulation.report.pathway_picture import picture_of, restored_sketch
from simulation.report.run_pictures import sketched
from simulation.report.stored import profiles_stated, restored, study_stated, to_json
from simulation.report.tables.decomposition import decomposition_table

FORMAT = 2
"""Raised when a folder's layout changes."""
LIBRARIES = ("numpy", "scipy", "pandas", "simpy", "numba")
STATEMENT = "planning only, not for clinical use"
CONFIG, MANIFEST, STUDY, PROFILES = "config.yaml", "manifest.json", "study.json", "profiles.json"
REPLICATIONS, SUMMARY, REPORT, FIGURES = "replications.parquet", "summary.csv", "report.html", "figures"
DECOMPOSITION, PATHWAY = "decomposition.csv", "pathway.json"
TEXTS = "texts.json"
"""Alternative text and caption of every picture, beside the pictures."""
T = TypeVar("T", Patients, ActivityTable)


# --- writing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A finished folder, and what its report was made from."""

    folder: Path
    inputs: ReportInputs
    failed: ResultsError | None = None
    """Why there are no pictures and no page, or not all of them; the data are there."""


def write_result(result: Result, results_dir: Path | str, *, files: Iterable[Path] = ()) -> Path:
    """Write everything about a run into a folder of its own in `results_dir`; that folder.

    Raises ResultsError if it cannot be written, also if only its report could not be made.
    """
    stored = written(result, Path(results_dir), files=files)
    if stored.failed is not None:
        raise stored.failed
    return stored.folder


def written(result: Result, results_dir: Path, *, files: Iterable[Path] = ()) -> Written:
    """Write everything about a run. `files`: configuration files whose hashes to note.

    Raises ResultsError if the place cannot be written; then, as after Ctrl-C, nothing of this run is left there. Once
    the data are written they stay, whatever happens to the pictures and the page: `failed` says what did.
    """
    must_be_writable(results_dir)
    finished_at = datetime.now().astimezone()
    key = config_hash(result)
    parent = results_dir / result.study.design.name
    name = f"{finished_at:%Y-%m-%dT%H%M%S}-{key[:8]}"
    manifest = manifest_of(result, finished_at=finished_at, files=files)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(parent, name) as partial:
            inputs = _fill(partial, result, manifest)
            finished = moved(partial, parent, name)
    except OSError as error:
        raise not_written(Path(error.filename or parent), error) from error
    point_latest(results_dir, finished)
    try:
        _write(finished / PATHWAY, to_json(asdict(sketched(result))))
        _report_into(finished, inputs)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_not_reported(finished, "it was stopped")) from None
    except Exception as error:  # whatever it is, hours of simulation are not to be lost for a picture
        failed = ResultsError(_not_reported(finished, f"{type(error).__name__}: {error}"))
        failed.__cause__ = error
        return Written(finished, inputs, failed)
    return Written(finished, inputs)


def _fill(folder: Path, result: Result, manifest: Plain) -> ReportInputs:
    inputs = inputs_of(result, manifest)
    _write(folder / CONFIG, _yaml(result.study.resolved))
    _write(folder / MANIFEST, to_json(manifest))
    _write(folder / STUDY, to_json(study_stated(inputs)))
    _write(folder / PROFILES, to_json(profiles_stated(inputs)))
    write_table(replications_table(result), folder / REPLICATIONS, provenance=manifest)
    summary(inputs.comparisons).to_csv(folder / SUMMARY, index=False, encoding="utf-8-sig", lineterminator="\n")
    if inputs.decomposition:
        decomposition_table(inputs).to_csv(
            folder / DECOMPOSITION, index=False, encoding="utf-8-sig", lineterminator="\n"
        )
    if result.study.run.keep:
        _write_kept(folder, result, manifest)
    return inputs


def _report_into(folder: Path, inputs: ReportInputs) -> None:
    """Make the pictures and the page of a folder whose data are written; the page last, under its name when whole."""
    pathway = _pathway_picture(folder)
    drawn = (*pictures(inputs), *([pathway] if pathway is not None else []))
    part = folder / f"{PARTIAL}{REPORT}"
    try:
        _write_pictures(folder / FIGURES, drawn)
        _write(part, page(inputs, drawn))
        os.replace(part, folder / REPORT)
    finally:
        part.unlink(missing_ok=True)


def _pathway_picture(folder: Path) -> Picture | None:
    """The picture of the pathway that a folder states; of folders from before it did, the one that is stored."""
    if (folder / PATHWAY).is_file():
        return picture_of(restored_sketch(_json(folder / PATHWAY)))
    return _stored_picture(folder / FIGURES, "pathway")


def _not_reported(folder: Path, why: str) -> str:
    return (
        f"{folder}: the results are stored, but their pictures and report are not ({why}). "
        f"Make them again with: aeflow report {folder}"
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_pictures(folder: Path, drawn: Iterable[Picture]) -> None:
    """Every picture as PNG, beside what stands there, and their texts."""
    folder.mkdir(exist_ok=True)
    texts = {}
    for picture in drawn:
        (folder / f"{picture.name}.png").write_bytes(picture.png)
        texts[picture.name] = {"alt": picture.alt, "caption": picture.caption}
    _write(folder / TEXTS, to_json(texts))


def replications_table(result: Result) -> Replications:
    """Every measure of every arm and replication, tidy."""
    arms = tuple(result.measures)
    columns: dict[str, list[Any]] = {name: [] for name in Replications.required}
    for code, arm in enumerate(arms):
        for number, each in enumerate(result.measures[arm]):
            columns["replication"] += [result.replications[number].replication] * len(each.names)
            columns["arm"] += [code] * len(each.names)
            columns["measure"] += [name.measure for name in each.names]
            columns["unit"] += [name.unit for name in each.names]
            columns["group"] += [name.group for name in each.names]
            columns["value"] += each.values.tolist()
    categories = {"arm": arms}
    coded: dict[str, Any] = {
        "replication": np.array(columns["replication"], dtype=np.int32),
        "arm": np.array(columns["arm"], dtype=np.int16),
    }
    for name in ("measure", "unit", "group"):
        known = tuple(dict.fromkeys(columns[name]))
        code_of = {each: code for code, each in enumerate(known)}
        coded[name] = np.array([code_of[each] for each in columns[name]], dtype=np.int16)
        categories[name] = known
    coded["value"] = np.array(columns["value"], dtype=float)
    return Replications(coded, categories)


def _write_kept(folder: Path, result: Result, manifest: Plain) -> None:
    """The tables that `run.keep` names, of every arm's first replication, simulated again, one arm after another."""
    names = tuple(arm.name for arm in result.study.arms)
    patients, activities = [], []
    for code, name in enumerate(names):
        simulated = result.simulated(name)
        patients.append(_with_arm(simulated.patients, code, names))
        activities.append(_with_arm(simulated.activities, code, names))
    if "patients" in result.study.run.keep:
        write_tables(patients, folder / "patients.parquet", provenance=manifest)
    if "activities" in result.study.run.keep:
        write_tables(activities, folder / "activities.parquet", provenance=manifest)


def _with_arm(table: T, code: int, names: tuple[str, ...]) -> T:
    column = np.full(len(table), code, dtype=np.int16)
    return type(table)({"arm": column, **table.columns}, {"arm": names, **table.categories})


# --- the manifest --------------------------------------------------------------------------------------------


def manifest_of(result: Result, *, finished_at: datetime, files: Iterable[Path] = ()) -> Plain:
    """Who ran what with what, and how long it took."""
    study, replications = result.study, result.replications
    n_activities = sum(answer.n_activities for answer in replications)
    engine_seconds = sum(answer.engine_seconds for answer in replications)
    return {
        "format": FORMAT,
        "statement": STATEMENT,
        "study": study.design.name,
        "scenario": study.scenario,
        "arms": [arm.name for arm in study.arms],
        "seed": study.run.seed,
        "n_replications": len(replications),
        "engine": study.engine,
        "executor": study.executor,
        "workers": min(study.workers, len(replications)),
        "finished_at": finished_at.isoformat(timespec="seconds"),
        "versions": versions(),
        "git": git_state(),
        "inputs": input_hashes(result, files),
        "wall_seconds": round(result.seconds, 3),
        "engine_seconds": round(engine_seconds, 3),
        "activities_per_second": round(n_activities / engine_seconds) if engine_seconds > 0 else None,
        "attendances": sum(answer.n_attendances for answer in replications),
        "activities": n_activities,
        "events": sum(answer.n_events for answer in replications),
        "cool_down_days": max(answer.cool_down_days for answer in replications),
        "unfinished": result.n_unfinished,
    }


def versions() -> dict[str, str]:
    """Versions of Python, of aeflow and of the libraries that numbers pass through."""
    front_door = import_module("simulation")  # named as text: a lower room does not import the front door
    found = {"python": platform.python_version(), "aeflow": str(front_door.__version__)}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def git_state() -> dict[str, Any] | None:
    """The commit of the checkout that this code runs from, and whether it was changed; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        commit, status = (
            subprocess.run(
                ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=20
            ).stdout
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--", "simulation", "configs"))
        )
    except (OSError, subprocess.SubprocessError):  # no git here, or not a repository after all: nothing to state
        return None
    return {"commit": commit.strip(), "changed": bool(status.strip())}


def input_hashes(result: Result, files: Iterable[Path] = ()) -> dict[str, Any]:
    """SHA-256 of the configuration, of each of its groups and policies as used, and of files that are named."""
    resolved = plain(result.study.resolved)
    groups = {name: _hash_of(content) for name, content in resolved.items() if isinstance(content, Mapping)}
    policies = {arm.policy.name: _hash_of(plain(arm.policy)) for arm in result.study.arms}
    hashed = {path.as_posix().split("configs/")[-1]: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {"config": config_hash(result), "groups": groups, "policies": policies, "files": hashed}


def config_hash(result: Result) -> str:
    """SHA-256 of the configuration as composed and of the policies as used."""
    return _hash_of(
        {"config": plain(result.study.resolved), "policies": [plain(arm.policy) for arm in result.study.arms]}
    )


def _hash_of(stated: Any) -> str:
    return hashlib.sha256(json.dumps(stated, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _yaml(stated: Mapping[str, object]) -> str:
    import yaml

    return str(yaml.safe_dump(_as_dicts(stated), sort_keys=False, allow_unicode=True, width=120))


def _as_dicts(stated: Any) -> Any:
    """Mappings and sequences as the plain ones that YAML knows; None is kept."""
    if isinstance(stated, Mapping):
        return {key: _as_dicts(value) for key, value in stated.items()}
    if isinstance(stated, list | tuple):
        return [_as_dicts(each) for each in stated]
    return stated


# --- reading -------------------------------------------------------------------------------------------------


def read_result_folder(path: Path) -> tuple[ReportInputs, Picture | None]:
    """What the report of a stored run is made from, and its picture of the pathway. Nothing is simulated.

    `path`: the folder, or `latest`, link or file. Raises ResultsError if it is not a complete folder of results.
    """
    import yaml

    folder = _followed(path)
    manifest = _json(folder / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise ResultsError(
            f"{folder}: is of format {manifest.get('format')}, this version reads {FORMAT}. Run it again"
        )
    resolved = plain(yaml.safe_load(_text(folder / CONFIG)))
    measures = _measures(read_replications(folder / REPLICATIONS))
    inputs = restored(_json(folder / STUDY), _json(folder / PROFILES), measures, resolved=resolved, manifest=manifest)
    return inputs, _pathway_picture(folder)


def render_again(path: Path) -> Path:
    """Make the pictures and the report of a stored run again; the path of the page."""
    inputs, _ = read_result_folder(path)
    folder = _followed(path)
    try:
        _report_into(folder, inputs)
    except OSError as error:
        raise not_written(folder, error) from error
    return folder / REPORT


def _followed(path: Path) -> Path:
    """The folder itself, also where `latest` is a text file that names it."""
    if path.is_file() and path.name == LATEST:
        path = path.parent / path.read_text(encoding="utf-8").strip()
    if not path.is_dir():
        raise ResultsError(f"{path}: there is no such folder. Name a folder that a run wrote, or results/{LATEST}")
    return path


def _measures(table: Replications) -> dict[str, list[Measures]]:
    """By arm the measures of each replication, in order."""
    known = {name: table.known(name) for name in ("arm", "measure", "unit", "group")}
    keys = zip(table["measure"].tolist(), table["unit"].tolist(), table["group"].tolist(), strict=True)
    names = [MeasureName(known["measure"][m], known["unit"][u], known["group"][g]) for m, u, g in keys]
    found: dict[str, list[Measures]] = {}
    for code, arm in enumerate(known["arm"]):
        mine = np.flatnonzero(table["arm"] == code)
        replication = table["replication"][mine]
        cuts = np.flatnonzero(np.diff(replication)) + 1
        found[arm] = [
            Measures(tuple(names[row] for row in rows), table["value"][rows]) for rows in np.split(mine, cuts)
        ]
    return found


def _stored_picture(folder: Path, name: str) -> Picture | None:
    path = folder / f"{name}.png"
    if not path.is_file():
        return None
    texts = _json(folder / TEXTS).get(name, {})
    return Picture(name, path.read_bytes(), texts.get("alt", ""), texts.get("caption", ""))


def _text(path: Path) -> str:
    if not path.is_file():
        raise ResultsError(f"{path}: there is no such file. Name a folder that a run wrote, as a whole")
    return path.read_text(encoding="utf-8")


def _json(path: Path) -> Plain:
    try:
        return cast(Plain, json.loads(_text(path)))
    except json.JSONDecodeError as error:
        raise ResultsError(f"{path}: is not JSON ({error}). Run the study again") from error
