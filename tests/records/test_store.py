"""What is written is read back, with its birth certificate, or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.records.schema import ActivityTable, Patients, Table
from simulation.records.table_files import read_rows, write_tables
from tests.held import Hold
from tests.records.certificates import provenance_of

CERTIFICATE = {"seed": 7, "versions": {"aeflow": "0.1.0"}, "study": "sämple"}


def patients(replication: int = 0) -> Patients:
    columns: dict[str, Any] = {
        "patient": np.arange(3, dtype=np.int32),
        "arrival_source": np.array([2, 0, -1], dtype=np.int16),
        "number": np.array([5, 6, 7]),
        "replication": np.full(3, replication, dtype=np.int32),
        "arrived_at": np.array([1 / 1024, 2.0, 3.0]),
        "outcome": np.array([1, 0, 1], dtype=np.int8),
        "departed_at": np.array([10.0, np.nan, 30.0]),
    }
    return Patients(
        columns,
        {"arrival_source": ("walk_in", "never", "ambulance"), "outcome": ("discharged", "left")},
    )


def same(found: Table, expected: Table) -> None:
    assert found.categories == expected.categories
    assert tuple(found.columns) == tuple(expected.columns)
    for name, values in expected.columns.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype


def test_patients_come_back_as_they_were(tmp_path: Path) -> None:
    write_tables([patients()], tmp_path / "deep" / "patients.parquet", provenance=CERTIFICATE)
    same(read_rows(tmp_path / "deep" / "patients.parquet", Patients), patients())


def test_activities_come_back_as_they_were(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "patient": np.array([0, 0, 1], dtype=np.int32),
        "step": np.array([1, 0, 1], dtype=np.int16),
        "pool": np.array([-1, -1, -1], dtype=np.int16),
        "outcome": np.array([0, 0, 1], dtype=np.int8),
        "joined_at": np.array([0.0, 1.0, 2.0]),
        "started_at": np.array([0.5, 1.0, np.nan]),
        "ended_at": np.array([1.0, 1.0, np.nan]),
    }
    table = ActivityTable(
        columns, {"step": ("home", "triage"), "pool": ("nurses",), "outcome": ("done", "open")}
    )
    write_tables([table], tmp_path / "activities.parquet", provenance={})
    same(read_rows(tmp_path / "activities.parquet", ActivityTable), table)


def test_replications_are_written_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "patients.parquet"
    write_tables((patients(k) for k in range(3)), path, provenance=CERTIFICATE)
    found = read_rows(path, Patients)
    assert found["replication"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert found["arrival_source"].tolist() == [2, 0, -1] * 3


def test_an_empty_table_comes_back_empty(tmp_path: Path) -> None:
    nobody = patients().select(np.zeros(3, dtype=bool))
    write_tables([nobody], tmp_path / "patients.parquet", provenance={})
    same(read_rows(tmp_path / "patients.parquet", Patients), nobody)


def test_the_birth_certificate_is_read_without_the_rows(tmp_path: Path) -> None:
    write_tables([patients()], tmp_path / "patients.parquet", provenance=CERTIFICATE)
    assert provenance_of(tmp_path / "patients.parquet") == CERTIFICATE


def test_others_read_names_and_nulls(tmp_path: Path) -> None:
    import pandas as pd

    write_tables([patients()], tmp_path / "patients.parquet", provenance={})
    frame = pd.read_parquet(tmp_path / "patients.parquet")
    assert frame["arrival_source"].tolist()[:2] == ["ambulance", "walk_in"]
    assert frame["departed_at"].isna().tolist() == [False, True, False]


def test_a_failure_half_way_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "patients.parquet"
    write_tables([patients()], path, provenance=CERTIFICATE)

    def broken() -> Iterator[Patients]:
        yield patients(1)
        raise RuntimeError("the engine stopped")

    with pytest.raises(RuntimeError):
        write_tables(broken(), path, provenance={})
    assert provenance_of(path) == CERTIFICATE
    assert [each.name for each in tmp_path.iterdir()] == ["patients.parquet"]


def test_what_is_not_the_table_asked_for_is_refused(tmp_path: Path, hold: Hold) -> None:
    import pandas as pd

    path = tmp_path / "patients.parquet"
    with pytest.raises(ResultsError, match="no such file"):
        read_rows(path, Patients)
    write_tables([patients()], path, provenance={})
    with hold.refusal(ResultsError, match="holds patients"):
        read_rows(path, ActivityTable)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ResultsError, match="no birth certificate"):
        read_rows(tmp_path / "other.parquet", Patients)


def test_a_place_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResultsError, match="cannot be written"):
        write_tables([patients()], tmp_path / "file" / "patients.parquet", provenance={})


def test_tables_that_differ_are_not_written_into_one_file(tmp_path: Path, hold: Hold) -> None:
    other = Patients({**patients().columns, "age": np.zeros(3)}, patients().categories)
    with hold.refusal(ResultsError, match="columns or categories"):
        write_tables([patients(), other], tmp_path / "patients.parquet", provenance={})
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_write_is_an_error(tmp_path: Path, hold: Hold) -> None:
    with hold.refusal(ResultsError, match="table to write"):
        write_tables([], tmp_path / "patients.parquet", provenance={})
