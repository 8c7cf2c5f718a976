"""Tables that a run keeps hold every arm and replication, are checked as data are, and read as they were simulated."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulation as ae
from simulation.api import Result
from simulation.errors import ResultsError
from simulation.records.schema import ActivityTable, Patients
from simulation.records.table_files import read_rows
from simulation.resumable import run_into
from simulation.runs import stored_tables as kept_module
from simulation.runs.stored_run import write_data
from simulation.runs.stored_tables import KINDS, file_of
from simulation.study.offered_load import work_of
from simulation.study.study import Kept, Study
from tests.held import Hold

pytestmark = pytest.mark.usefixtures("undrawn")

TABLES: tuple[Kept, ...] = ("patients", "activities", "events")
SMALL = (
    "study.secondary=[]", "run.replications=3", "run.measured_days=3", "run.warm_up_days=0", "run.cool_down_days=1",
    "executor=serial", "engine=compiled", "pathway.allow_overload=true",
)  # fmt: skip


WITHOUT_REPORT = """
import sys
from simulation import resumable
from simulation.cli import main
resumable.write_report = lambda folder, result: None
sys.exit(main(sys.argv[1:]))
"""


def with_tables(study: Study, *names: Kept) -> Study:
    return replace(study, run=replace(study.run, keep=names))


@pytest.fixture(scope="session")
def keeping(few: Study) -> Study:
    """Three arms whose every table is kept."""
    return with_tables(few, *TABLES)


@pytest.fixture(scope="session")
def folder(keeping: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(ae.compare(keeping), tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def stored(folder: Path) -> Result:
    return ae.read(folder)


def test_every_table_that_was_asked_for_is_a_file_with_a_checksum(
    folder: Path, stored: Result
) -> None:
    assert stored.kept == TABLES
    assert stored.study.run.keep == TABLES
    assert all(
        (folder / file_of(name)).is_file() and file_of(name) in stored.manifest["files"]
        for name in TABLES
    )


def test_tables_hold_every_arm_and_replication_in_order(folder: Path, keeping: Study) -> None:
    arms = [arm.name for arm in keeping.arms]
    for name in TABLES:
        frame = pd.read_parquet(folder / file_of(name), columns=["arm", "replication"])
        groups = frame.drop_duplicates().astype({"arm": str}).to_numpy().tolist()
        assert groups == [[arm, number] for number in keeping.run.numbers for arm in arms], name
    assert read_rows(folder / "patients.parquet", Patients).known("arm") == tuple(arms)
    assert read_rows(folder / "activities.parquet", ActivityTable).known("arm") == tuple(arms)


def test_patients_are_as_many_as_the_attendances_that_the_manifest_counts(
    folder: Path, stored: Result
) -> None:
    assert len(read_rows(folder / "patients.parquet", Patients)) == stored.manifest["attendances"]
    assert (
        len(read_rows(folder / "activities.parquet", ActivityTable))
        == stored.manifest["activities"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arm"), [("patients", None), *((name, "lean_triage") for name in TABLES)]
)
def test_a_kept_table_is_read_as_the_frame_that_a_simulation_gives(
    name: str, arm: str | None, stored: Result
) -> None:
    again = replace(stored, folder=None)
    pd.testing.assert_frame_equal(getattr(stored, name)(arm, 1), getattr(again, name)(arm, 1))


def test_a_kept_table_is_read_and_not_simulated(
    stored: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_module, "kept_table", None)
    monkeypatch.setattr("simulation.runs.result.simulate_arm", None)
    assert len(stored.patients("sham", 0)) > 100


def test_queues_hold_at_an_instant_whoever_has_joined_and_neither_started_nor_left(
    stored: Result,
    hold: Hold,
) -> None:
    at = 1440 * stored.run.warm_up_days + 780.0
    rows = stored.activities("sham", 1)
    gone_at = rows["started_at"].fillna(rows["ended_at"]).fillna(np.inf)
    there = rows[(rows["joined_at"] <= at) & (gone_at > at)]
    queues = stored.queues(at, "sham", 1)
    assert len(queues) >= 10
    assert sorted(queues["patient"]) == sorted(there["patient"])
    assert set(queues["step"]) == set(there["step"])
    with hold.refusal(ResultsError, match="not"):
        stored.queues(1e9)


@pytest.fixture(scope="module")
def two_departments(few: Study, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Two arms, the second of which has a step more, which records a point in time of its own."""
    ours = few.arm("lean_triage")
    step = next(iter(ours.pathway.steps))
    aside = replace(ours.pathway.steps[step], next=step, records={"aside_at": "started"})
    pathway = replace(ours.pathway, steps={**ours.pathway.steps, "aside": aside})
    run = replace(few.run, replications=1, measured_days=3, warm_up_days=0, keep=TABLES)
    study = replace(few, arms=(few.baseline, replace(ours, pathway=pathway)), run=run)
    study = replace(study, design=study.design.restricted_to([arm.name for arm in study.arms]))
    return ae.read(write_data(ae.compare(study), tmp_path_factory.mktemp("two")))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arm"), [("patients", "nurse"), *((name, "lean_triage") for name in TABLES)]
)
def test_an_arm_with_another_department_keeps_its_own_columns_and_categories(
    name: str, arm: str, two_departments: Result
) -> None:
    again = replace(two_departments, folder=None)
    pd.testing.assert_frame_equal(getattr(two_departments, name)(arm), getattr(again, name)(arm))


def test_a_column_that_a_department_lacks_is_empty_in_the_file_and_absent_when_read(
    two_departments: Result,
) -> None:
    assert two_departments.folder is not None
    frame = pd.read_parquet(
        two_departments.folder / "patients.parquet", columns=["arm", "aside_at"]
    )
    assert frame.loc[frame["arm"] == "nurse", "aside_at"].isna().all()
    assert "aside_at" in two_departments.patients("lean_triage")
    assert "aside_at" not in two_departments.patients("nurse")


def test_a_name_that_is_no_arm_or_replication_is_refused_whether_read_or_simulated(
    stored: Result,
) -> None:
    with pytest.raises(ResultsError, match="no arm 'nobody'"):
        stored.patients("nobody")
    with pytest.raises(ResultsError, match="no replication 9"):
        stored.activities(None, 9)


def test_nothing_is_kept_unless_asked(result: Result, tmp_path: Path) -> None:
    folder = write_data(result, tmp_path)
    assert not [name for name in KINDS if (folder / file_of(name)).exists()]
    assert ae.read(folder).kept == ()


@pytest.mark.slow
def test_a_damaged_table_is_refused(few: Study, tmp_path: Path) -> None:
    path = write_data(ae.compare(with_tables(few, "patients")), tmp_path) / "patients.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ResultsError, match=r"patients\.parquet: is damaged"):
        ae.read(path.parent)


@pytest.mark.slow
def test_ctrl_c_while_tables_are_written_keeps_the_replications_and_the_same_command_ends_equal(
    few: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.setattr("simulation.resumable.write_report", lambda folder, result: None)
    study = with_tables(few, "patients", "activities")
    whole = run_into(study, tmp_path / "whole", say=lambda words: None).folder

    def stop(n_done: int) -> None:
        raise KeyboardInterrupt

    with hold.refusal(KeyboardInterrupt, match="All 2 replications are kept"):
        run_into(study, tmp_path / "cut", say=lambda words: None, keeping=stop)
    assert not list((tmp_path / "cut").rglob("*.parquet.*"))
    output: list[str] = []
    folder = run_into(study, tmp_path / "cut", say=output.append).folder
    assert any("2 of 2 replications are kept" in words for words in output)
    for name in ("patients", "activities"):
        assert (folder / file_of(name)).read_bytes() == (whole / file_of(name)).read_bytes()


@pytest.mark.slow
def test_a_run_killed_while_tables_are_written_ends_with_them_and_leaves_nothing_else(
    tmp_path: Path,
) -> None:
    """Pages and pictures, which are made afterwards, are left out."""
    words = ["run", *SMALL, "run.keep=[patients,events]"]
    command = [sys.executable, "-c", WITHOUT_REPORT, *words]
    root = Path(ae.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    subprocess.run([*command, f"results={whole}"], env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, f"results={cut}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if list(cut.rglob(".partial-*/.patients.parquet*")):
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    subprocess.run([*command, f"results={cut}"], env=environment, check=True, capture_output=True)
    left = [
        path.name for path in cut.rglob(".*") if path.name.startswith((".partial-", ".unfinished-"))
    ]
    assert left == []
    (one,), (other,) = (sorted(results.glob("*/*/manifest.json")) for results in (whole, cut))
    for name in ("patients.parquet", "events.parquet", "replications.parquet"):
        assert (one.parent / name).read_bytes() == (other.parent / name).read_bytes(), name


@pytest.mark.slow
def test_a_finished_folder_without_the_tables_that_are_asked_for_now_is_not_taken_for_the_run(
    few: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("simulation.resumable.write_report", stop)
        with pytest.raises(KeyboardInterrupt):
            run_into(few, tmp_path, say=lambda words: None)
    monkeypatch.setattr("simulation.resumable.write_report", lambda folder, result: None)
    stored = run_into(with_tables(few, "patients"), tmp_path, say=lambda words: None)
    assert ae.read(stored.folder).kept == ("patients",)


def test_the_expected_size_of_the_tables_is_within_a_third(folder: Path, keeping: Study) -> None:
    real = sum((folder / file_of(name)).stat().st_size for name in TABLES) / 1e9
    assert work_of(keeping).gigabytes_kept == pytest.approx(real, rel=1 / 3)


def test_tables_that_would_fill_a_disk_are_refused_by_their_size(few: Study, hold: Hold) -> None:
    from simulation.study.offered_load import refuse_large

    large = replace(few, run=replace(few.run, replications=20_000, measured_days=14, keep=TABLES))
    with hold.refusal(
        ae.ConfigError, "run.keep", match=r"would take about [\d,]+ GB, more than 100"
    ):
        refuse_large([large])
