"""The tables refuse what does not fit, and say where."""

from typing import Any

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.records.schema import ActivityTable, InTicks, Patients, Table
from simulation.units import NEVER


def patients(**others: Any) -> Patients:
    columns: dict[str, Any] = {
        "patient": np.arange(3),
        "arrival_source": np.array([0, 1, -1], dtype=np.int16),
        "number": np.array([5, 6, 7]),
        "replication": np.zeros(3, dtype=int),
        "arrived_at": np.array([1.0, 2.0, 3.0]),
        "outcome": np.array([0, 1, 1], dtype=np.int8),
        "departed_at": np.array([10.0, np.nan, 30.0]),
        **others,
    }
    return Patients(
        columns,
        {"arrival_source": ("walk_in", "ambulance"), "outcome": ("discharged", "in_building")},
    )


def test_pandas_shows_names_and_nothing_where_there_is_none() -> None:
    frame = patients().frame()
    assert frame["arrival_source"].tolist()[:2] == ["walk_in", "ambulance"]
    assert frame["arrival_source"].isna().tolist() == [False, False, True]
    assert list(frame["outcome"].cat.categories) == ["discharged", "in_building"]


def test_rows_are_selected_by_mask_or_number() -> None:
    table = patients()
    assert table.select(table.where("outcome", "in_building"))["number"].tolist() == [6, 7]
    assert table.select(np.array([2, 0]))["number"].tolist() == [7, 5]


def test_a_category_that_is_not_there_matches_nobody() -> None:
    assert not patients().where("arrival_source", "helicopter").any()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ResultsError, match="table of activities: no column 'patient'"):
        ActivityTable({}, {})
    with pytest.raises(ResultsError, match="Did you mean 'departed_at'"):
        patients()["departed"]


def test_unequal_lengths_and_codes_without_a_name_are_refused() -> None:
    with pytest.raises(ResultsError, match="unequal length"):
        patients(number=np.arange(4))
    with pytest.raises(
        ResultsError, match="'arrival_source': codes run from 0 to 2, but there are 2 names"
    ):
        patients(arrival_source=np.array([0, 1, 2]))


def test_admitted_is_the_outcome_or_being_on_a_ward_after_a_decision() -> None:
    table = patients(decided_at=np.array([np.nan, 5.0, 6.0]))
    assert table.admitted().tolist() == [False, False, True]  # the second has not left A&E


def test_points_in_time_kept_in_ticks_read_as_minutes() -> None:
    ticks = np.array([0, 1536, NEVER])
    table = Table(InTicks({"patient": np.arange(3)}, {"joined_at": ticks}), {})
    assert list(table.columns) == ["patient", "joined_at"]
    assert table.ticks("joined_at") is ticks
    np.testing.assert_array_equal(table["joined_at"], [0.0, 1.5, np.nan])
    assert table["joined_at"] is table["joined_at"]
    assert table.select(np.array([1])).frame()["joined_at"].tolist() == [1.5]
    with pytest.raises(ResultsError, match="Did you mean 'joined_at'"):
        table["joined"]
    with pytest.raises(ResultsError, match="unequal length"):
        Table(InTicks({"patient": np.arange(2)}, {"joined_at": ticks}), {})


def test_points_in_time_kept_in_minutes_read_as_ticks() -> None:
    assert patients().ticks("departed_at").tolist() == [10 * 1024, NEVER, 30 * 1024]


def test_rows_of_a_slice_are_not_copied() -> None:
    table = patients()
    last_two = table.select(slice(1, 3))
    assert last_two["number"].tolist() == [6, 7]
    assert np.shares_memory(last_two["number"], table["number"])
