"""docs/security.md, line by line."""

import json
import os
import random
import re
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulation as ae
from simulation.api import what_changed
from simulation.cli import main
from simulation.errors import ConfigError, ResultsError
from simulation.records.serialise import to_json
from simulation.report.screen import runs_table
from simulation.runs.provenance import checksum_of, identity_of, sealed
from simulation.runs.stored_run import UnfinishedRun, list_runs

pytestmark = pytest.mark.usefixtures("undrawn")

ROOT = Path(__file__).parents[1]
SHORT = (
    "ensemble=none",
    "run=weeks",
    "run.replications=1",
    "run.warm_up_days=0",
    "run.measured_days=1",
    "run.cool_down_days=1",
    "run.doublings=0",
    "executor=serial",
)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def study() -> ae.Study:
    whole = ae.load(*SHORT)
    arms = tuple(arm for arm in whole.arms if arm.name in ("nurse", "lean_triage"))
    marked = {arm.name: replace(arm.arm, label=f"{SCRIPT} {arm.arm.label}") for arm in arms}
    design = replace(whole.design, question=SCRIPT, arms=marked, sham=None)
    return replace(
        whole, design=design, arms=tuple(replace(arm, arm=marked[arm.name]) for arm in arms)
    )


@pytest.fixture(scope="module")
def result(study: ae.Study) -> ae.Result:
    return ae.compare(study)


@pytest.fixture(scope="module")
def written(result: ae.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.write(tmp_path_factory.mktemp("results"))


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of a stored run, to be tampered with."""
    return shutil.copytree(written, tmp_path / written.name)


@pytest.fixture(scope="module")
def report(written: Path) -> str:
    return (written / "report.html").read_text(encoding="utf-8")


def own(tmp_path: Path, group: str, text: str) -> str:
    """A file of the user's in a group of configurations; its folder."""
    path = tmp_path / "configs" / group / "own.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(tmp_path / "configs")


def test_every_test_that_the_page_names_is_here() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named == {name for name in globals() if name.startswith("test_")} - {
        "test_every_test_that_the_page_names_is_here"
    }


def test_a_configuration_cannot_name_python(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for text, told in (
        (
            f"question: !!python/object/apply:os.system ['touch {mark}']\nchanges: {{}}\n",
            "a constructor for the tag",
        ),
        (
            f"question: x\nchanges: {{}}\n_target_: os.system\ncommand: touch {mark}\n",
            "unknown key '_target_'",
        ),
    ):
        with pytest.raises(ConfigError, match=told):
            ae.load("scenario=own", config_dir=own(tmp_path, "scenario", text))
    assert not mark.exists()


def test_a_configuration_cannot_read_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEFLOW_CANARY", "a-secret")
    folder = own(tmp_path, "scenario", "question: ${oc.env:AEFLOW_CANARY}\nchanges: {}\n")
    for override in ("scenario=own", "study.question=${oc.env:AEFLOW_CANARY}"):
        with pytest.raises(ConfigError, match="is not a plain reference") as refused:
            ae.load(override, config_dir=folder)
        assert "a-secret" not in str(refused.value)


def test_names_cannot_lead_out_of_their_folders(tmp_path: Path) -> None:
    nurse = (ROOT / "configs" / "triage" / "nurse.yaml").read_text(encoding="utf-8")
    folder = own(tmp_path, "triage", nurse)
    Path(folder, "stray.yaml").write_text(nurse, encoding="utf-8")  # sound, and there to be found
    for key in ("triage", "study.arms.nurse.triage"):
        ae.load(f"{key}=own", "ensemble=none", config_dir=folder)
        with pytest.raises(ConfigError, match=r"there is no triage (policy )?'\.\./stray'"):
            ae.load(f"{key}=../stray", "ensemble=none", config_dir=folder)
    Path(tmp_path, "secret.yaml").write_text("secret: 1\n", encoding="utf-8")
    for name in ("../../secret", f"/{tmp_path}/secret"):
        with pytest.raises(ConfigError, match="Could not load") as refused:
            ae.load(
                "site=own",
                config_dir=own(tmp_path, "site", f"defaults: [typical, {name}, _self_]\n"),
            )
        assert "unknown key" not in str(refused.value)
    for name, told in (("../elsewhere", "is not a name"), ("latest", "is a reserved name")):
        with pytest.raises(ConfigError, match=told):
            ae.load(f"study.name={name}")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("run.measured_days=10000000", "days a replication, more than 100,000"),
        ("site.arrivals.walk_in.per_day=1000000", "patients a day, more than 50,000"),
    ],
)
def test_a_configuration_cannot_ask_for_everything(override: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ae.compare(ae.load(override))


def test_nothing_that_is_stored_is_unpickled() -> None:
    """Only the executors pickle: what this program sends to its own workers."""
    for path in (ROOT / "simulation").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        imported = re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)
        assert (
            not {"pickle", "shelve", "marshal", "dill", "joblib"} & {*imported}
            or path.name == "processes.py"
        ), path
        assert not re.search(r"read_pickle|allow_pickle", text), path


@pytest.mark.parametrize("name", ["../outside.parquet", "/etc/passwd", "figures/../../x"])
def test_a_manifest_cannot_name_files_elsewhere(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    files = {**manifest["files"], name: manifest["files"]["study.json"]}
    path.write_text(to_json(sealed(manifest, files)), encoding="utf-8")
    with pytest.raises(ResultsError, match="not in the folder"):
        ae.read(folder)


def test_a_changed_file_is_refused(folder: Path) -> None:
    for name in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]:
        path = folder / name
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(ResultsError, match=re.escape(name)):
            ae.read(folder)
        path.write_bytes(content)
    ae.read(folder)


def test_words_cannot_become_markup(result: ae.Result, report: str) -> None:
    assert SCRIPT not in report
    assert "<script" not in report
    assert SCRIPT not in result._repr_html_()
    assert SCRIPT not in result.study._repr_html_()


def test_the_page_loads_nothing(report: str) -> None:
    loaded = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]+)""", report)
    assert loaded
    assert all(each.startswith(("data:", "#")) for each in loaded)


def test_no_cell_of_a_table_is_a_formula(folder: Path) -> None:
    table = pd.read_csv(folder / "summary.csv", encoding="utf-8-sig")
    words = table.select_dtypes(exclude=[np.number])
    assert len(words.columns) > 3
    assert not words.map(lambda cell: str(cell)[:1] in "=+-@").any().any()
    with pytest.raises(ConfigError, match="is not of the form key=value"):
        ae.load("+study.arms.=cmd={label: x, triage: nurse}")


def test_a_comparison_opens_no_connection(
    study: ae.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    folder = ae.compare(study).write(tmp_path)
    ae.read(folder)


def test_a_second_writer_is_refused(study: ae.Study, tmp_path: Path) -> None:
    identity = identity_of(study)
    first, second = (UnfinishedRun(tmp_path, identity, about={}) for _ in range(2))
    with first, pytest.raises(ResultsError, match="another process"):
        second.__enter__()


def test_patients_are_drawn_not_read(result: ae.Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replication's patients follow from the seed and the number alone, with no data folder at hand."""
    monkeypatch.delenv("AEFLOW_DATA", raising=False)
    assert "AEFLOW_DATA" not in os.environ
    pd.testing.assert_frame_equal(
        result.patients("nurse", 0), ae.compare(result.study).patients("nurse", 0)
    )


@pytest.mark.slow
def test_a_received_folder_cannot_lead_writing_elsewhere(folder: Path, tmp_path: Path) -> None:
    """Files that are links, or hard links, to the user's own are replaced; linked folders are refused."""
    own_file = tmp_path / "own.txt"
    own_file.write_text("mine", encoding="utf-8")
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    data = set(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]) | {
        "manifest.json"
    }
    made = [name for name in names if name.as_posix() not in data]
    exports = [
        Path("exports", name)
        for name in ("tables.xlsx", "first_page.docx", "assumptions.csv", "stress_des.md")
    ]
    for link in (Path.symlink_to, Path.hardlink_to):
        for name in (*made, *exports):
            for path in (folder / name, folder / name.parent / f".partial-{name.name}"):
                path.parent.mkdir(exist_ok=True)
                path.unlink(missing_ok=True)
                link(path, own_file)
        assert main(["report", str(folder), "export=true"]) == 0
        assert own_file.read_text(encoding="utf-8") == "mine"
        assert all(
            (folder / name).is_file() and not (folder / name).is_symlink()
            for name in (*made, *exports)
        )
    elsewhere = tmp_path / "elsewhere"
    for name in ("figures", "exports"):
        elsewhere.mkdir(exist_ok=True)
        shutil.rmtree(folder / name)
        (folder / name).symlink_to(elsewhere, target_is_directory=True)
        assert main(["report", str(folder), "export=true"]) == 2
        assert not list(elsewhere.iterdir())
        (folder / name).unlink()


JUNK = (None, True, -1, 7.5, 1e400, "", "x\0", "2026", [], {}, [None], {"a": 1}, [[1, 2]])


def forged(content: object, chance: random.Random) -> object:
    """JSON with one value, at any depth, replaced by something else, left out or added."""
    if isinstance(content, dict | list) and content and chance.random() < 0.8:
        keys = list(content) if isinstance(content, dict) else range(len(content))
        key = chance.choice(list(keys))
        changed = dict(content) if isinstance(content, dict) else list(content)
        if chance.random() < 0.1:
            del changed[key]  # type: ignore[attr-defined]
        else:
            changed[key] = forged(content[key], chance)  # type: ignore[index,call-overload]
        return changed
    return chance.choice(JUNK)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["study.json", "explanation.json", "manifest.json"])
def test_a_forged_run_that_is_sealed_again_is_one_message(name: str, folder: Path) -> None:
    chance = random.Random(20261128)
    path, sealed_path = folder / name, folder / "manifest.json"
    whole, manifest = (json.loads(each.read_text(encoding="utf-8")) for each in (path, sealed_path))
    refusals: list[str] = []
    for _ in range(80):
        changed = forged(whole, chance)
        if name != "manifest.json":
            path.write_text(json.dumps(changed), encoding="utf-8")
            changed = {**manifest, "files": {**manifest["files"], name: checksum_of(path)}}
        if isinstance(changed, dict) and isinstance(changed.get("files"), dict):
            changed = sealed(changed, changed["files"])
        sealed_path.write_text(json.dumps(changed), encoding="utf-8")
        listing = list_runs(folder)
        runs_table(listing.runs, folder, listing.latest)
        try:
            repr(what_changed(ae.read(folder)))
        except ResultsError as error:
            refusals.append(str(error))
    assert len(refusals) > 5
    assert not [words for words in refusals if "\n" in words]
