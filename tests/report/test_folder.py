"""A folder of results is whole, says what made it, and gives its report again."""

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from simulation.api import Result, read
from simulation.display.files import file_of
from simulation.errors import ResultsError
from simulation.records.schema import Replications
from simulation.records.serialise import digest
from simulation.records.table_files import read_rows
from simulation.report import contents as pictures_module
from simulation.report import write as report_module
from simulation.report.write import write_report
from simulation.runs import stored_run as write_module
from simulation.runs.atomic import moved, must_be_writable
from simulation.runs.provenance import resolved_of
from tests.held import Hold
from tests.records.certificates import provenance_of

COLUMNS = [
    *("arm", "measure", "unit", "group", "mean", "low", "high", "baseline"),
    *(
        "difference",
        "difference_low",
        "difference_high",
        "simulated_low",
        "simulated_high",
        "n_replications",
    ),
    *("department_median", "department_p5", "department_p95", "n_departments"),
]
FILES = {
    "config.yaml",
    "manifest.json",
    "study.json",
    "explanation.json",
    "replications.parquet",
    "details.parquet",
    "summary.csv",
    "figures",
    "tables",
    "report.html",
}


def test_a_folder_holds_every_file_and_no_patients_unless_asked(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES


def test_every_table_is_a_file_with_a_number_in_each_cell(folder: Path, result: Result) -> None:
    written = {path.name for path in (folder / "tables").iterdir()}
    assert written == {file_of(table) for kind, table in result.tables.items() if kind != "clock"}
    with (folder / "tables" / "first_page.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["arm"]: list(row.values()) for row in csv.DictReader(file)}
    row = result.row("ai_as_claimed", "wait_to_clinician_mean")
    numbers = [float(cell) for cell in rows[result.arm("ai_as_claimed").label][1:4]]
    assert numbers == pytest.approx(
        [row.difference, row.difference_low, row.difference_high], rel=1e-5
    )


def test_a_folder_is_named_by_date_time_and_identity_without_a_colon(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert folder.name.endswith(f"-{digest(manifest['identity'])[:8]}")
    assert folder.name[:10] == manifest["finished_at"][:10]
    assert ":" not in folder.name
    assert folder.parent.name == "ai_triage"


def test_summary_is_tidy_with_the_stated_columns_and_a_byte_order_mark(
    folder: Path, result: Result
) -> None:
    assert (folder / "summary.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (folder / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    assert len(rows) == len(result.comparisons)
    row = next(each for each in rows if (each["arm"], each["group"]) == ("sham", "acuity_true=1-2"))
    known = next(
        each for each in result.comparisons if (each.arm, each.group) == ("sham", "acuity_true=1-2")
    )
    assert float(row["difference_low"]) == known.difference_low


def test_the_manifest_says_who_ran_what_with_what(folder: Path, result: Result, hold: Hold) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    hold(manifest["statement"], "not for clinical")
    assert (manifest["study"], manifest["scenario"]) == ("ai_triage", "usual")
    assert (manifest["seed"], manifest["n_replications"]) == (
        result.study.run.seed,
        3,
    )
    assert set(manifest["versions"]) == {
        "python",
        "aeflow",
        "numpy",
        "scipy",
        "pandas",
        "simpy",
        "numba",
    }
    assert set(manifest["inputs"]) == {"groups", "policies"}
    assert set(manifest["identity"]) == {
        "study",
        "source",
        "python",
        "numpy",
        "scipy",
        "numba",
        "sample",
    }
    assert set(manifest["files"]) == {path.name for path in folder.iterdir() if path.is_file()} - {
        "manifest.json",
        "report.html",
    }
    assert "calibration" in manifest["inputs"]["groups"]
    assert "ai_as_claimed" in manifest["inputs"]["policies"]
    assert manifest["attendances"] == sum(
        answer.total("n_attendances") for answer in result.replications
    )
    assert {
        "git",
        "engine",
        "executor",
        "wall_seconds",
        "engine_seconds",
        "activities_per_second",
        "events",
    } <= set(manifest)


def test_config_yaml_is_the_resolved_configuration_without_what_changes_no_number(
    folder: Path, result: Result
) -> None:
    stored = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    assert stored == resolved_of(result.study)


def test_replications_come_back_as_they_were_with_the_manifest(
    folder: Path, result: Result
) -> None:
    table = read_rows(folder / "replications.parquet", Replications)
    mine = (
        table.where("arm", "sham")
        & table.where("measure", "stay_mean")
        & table.where("group", "all")
    )
    np.testing.assert_array_equal(table["value"][mine], result.values("sham", "stay_mean"))
    assert provenance_of(folder / "replications.parquet")["seed"] == result.study.run.seed


@pytest.mark.usefixtures("without_pictures")
def test_latest_leads_to_the_newest_run(result: Result, tmp_path: Path) -> None:
    first = result.write(tmp_path)
    second = result.write(tmp_path)
    assert first != second
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "latest").resolve() == second.resolve()


@pytest.mark.usefixtures("without_pictures")
def test_latest_is_a_text_file_where_links_are_refused(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path, target_is_directory: bool = False) -> None:
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    written = result.write(tmp_path)
    assert (tmp_path / "latest").read_text(encoding="utf-8") == f"ai_triage/{written.name}\n"
    assert read(tmp_path / "latest").design.name == "ai_triage"


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_behind_by_a_run_that_fails_while_writing(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    def fail(*_: object) -> str:
        raise failure

    monkeypatch.setattr(write_module, "summary_table", fail)
    with pytest.raises(failure):
        result.write(tmp_path)
    assert list((tmp_path / "ai_triage").iterdir()) == []
    assert not (tmp_path / "latest").exists()


DATA = FILES - {"figures", "report.html"}


@pytest.mark.slow
def test_a_picture_that_fails_costs_no_data_and_the_report_can_be_made_later(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    def fail(*_: object) -> object:
        raise RuntimeError("no fonts here")

    with monkeypatch.context() as while_it_fails:
        while_it_fails.setattr(pictures_module, "pictures", fail)
        with pytest.raises(ResultsError) as failed:
            result.write(tmp_path)
    (stored,) = (tmp_path / "ai_triage").iterdir()
    assert {path.name for path in stored.iterdir()} == DATA - {"tables"}
    hold(str(failed.value), f"aeflow report {stored}")
    assert (tmp_path / "latest").resolve() == stored.resolve()
    assert write_report(stored, read(stored)) is None
    assert {path.name for path in stored.iterdir()} == FILES
    assert (stored / "figures" / "pathway.png").is_file()


@pytest.mark.usefixtures("without_pictures")
def test_asking_for_the_folder_alone_raises_if_there_is_no_report(
    alone: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    def fail(*_: object) -> str:
        raise ValueError("no template")

    monkeypatch.setattr(report_module, "page", fail)
    with hold.refusal(ResultsError, match="are stored, but .*no template.* aeflow report"):
        alone.write(tmp_path)


@pytest.mark.usefixtures("without_pictures")
def test_ctrl_c_while_pictures_are_made_keeps_the_data_and_says_so(
    alone: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(report_module, "page", stop)
    with hold.refusal(KeyboardInterrupt, match="are stored, but .*it was stopped.* aeflow report"):
        alone.write(tmp_path)
    (kept,) = (tmp_path / alone.study.design.name).iterdir()
    assert {path.name for path in kept.iterdir()} >= DATA
    assert not list(tmp_path.rglob(".partial-*"))


def test_a_name_taken_by_another_process_in_between_gives_the_next_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = tmp_path / ".partial-run-7"
    partial.mkdir()
    rename, tried = Path.rename, []

    def meanwhile(self: Path, target: Path) -> Path:
        tried.append(target.name)
        if len(tried) == 1:  # the other process ends its own run between the look and the renaming
            target.mkdir()
            (target / "config.yaml").touch()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", meanwhile)
    assert moved(partial, tmp_path, "run") == tmp_path / "run-2"
    assert tried == ["run", "run-2"]
    assert list((tmp_path / "run").iterdir()) == [tmp_path / "run" / "config.yaml"]


@pytest.mark.usefixtures("without_pictures")
def test_two_processes_that_end_in_one_second_do_not_share_a_partial_folder(
    alone: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one, of another process, is still writing."""
    first = alone.write(tmp_path)
    others = first.parent / f".partial-{first.name}-{os.getpid() + 1}"
    others.mkdir()
    assert alone.write(tmp_path).name == f"{first.name}-2"
    assert others.is_dir()


@pytest.mark.usefixtures("without_pictures")
def test_a_link_that_cannot_be_replaced_is_a_warning_not_a_failure(
    alone: Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    replaced = os.replace

    def refuse(one: Path, other: Path) -> None:
        if Path(other).name == "latest":
            raise PermissionError(13, "Access is denied")
        replaced(one, other)

    monkeypatch.setattr(os, "replace", refuse)
    folder = alone.write(tmp_path)
    assert (folder / "report.html").is_file()
    hold(capsys.readouterr().err, "latest could not")
    assert not list(tmp_path.rglob(".partial-*"))


def test_a_place_that_cannot_be_written_is_a_message_before_anything_runs(tmp_path: Path) -> None:
    in_the_way = tmp_path / "results"
    in_the_way.write_text("a file", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"results: cannot be written .*Choose another folder"):
        must_be_writable(in_the_way)


def test_trying_a_place_leaves_nothing_in_it(tmp_path: Path) -> None:
    must_be_writable(tmp_path / "new" / "results")
    assert list((tmp_path / "new" / "results").iterdir()) == []


@pytest.mark.slow
def test_the_same_report_is_made_from_the_folder_alone(folder: Path, html: str) -> None:
    (folder / "report.html").unlink()
    assert write_report(folder, read(folder)) is None
    assert (folder / "report.html").read_text(encoding="utf-8") == html


def test_a_folder_that_is_none_is_a_message(tmp_path: Path, hold: Hold) -> None:
    with hold.refusal(ResultsError, match="no such folder"):
        read(tmp_path / "nowhere")
    with hold.refusal(ResultsError, match="there is no"):
        read(tmp_path)


@pytest.mark.slow
def test_a_report_made_again_makes_its_pictures_again_too(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / folder.name
    shutil.copytree(folder, again)
    before = {path.name: path.read_bytes() for path in sorted((again / "figures").iterdir())}
    assert {"differences.png", "day.png", "pathway.png", "texts.json"} <= set(before)
    for name in before:
        (again / "figures" / name).unlink()
    assert write_report(again, read(again)) is None
    assert {
        path.name: path.read_bytes() for path in sorted((again / "figures").iterdir())
    } == before
