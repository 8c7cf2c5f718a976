"""The event log is the activities in other words: everybody arrives and departs once, and no place serves two."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.measures.events import EVENT_TYPES, events_table, places_taken
from simulation.measures.patients_table import no_activities, nobody

from .conftest import Department


@pytest.fixture(scope="session")
def log(department: Department) -> pd.DataFrame:
    return events_table(department.pathway, department.patients, department.activities).frame()


def steps(department: Department) -> pd.DataFrame:
    """Activities of attendances."""
    frame = department.activities.frame()
    return frame[frame["patient"].isin(department.patients["patient"])]


def test_columns_are_those_that_vidigi_reads(log: pd.DataFrame) -> None:
    assert list(log.columns) == [
        "entity_id",
        "pathway",
        "event_type",
        "event",
        "time",
        "resource_id",
    ]
    assert set(log["event_type"]) == set(EVENT_TYPES)


def test_everybody_arrives_once_first_of_all_and_departs_once_at_their_end(
    department: Department, log: pd.DataFrame
) -> None:
    arrivals, departures = (
        log[log["event"] == name].set_index("entity_id") for name in ("arrival", "depart")
    )
    patients = department.patients.frame().set_index("patient")
    pd.testing.assert_series_equal(
        arrivals["time"].sort_index(),
        patients["arrived_at"],
        check_names=False,
        check_index_type=False,
    )
    gone = patients[patients["outcome"] != "in_building"]
    assert sorted(departures.index) == sorted(gone.index)
    first, last = log.groupby("entity_id")["event"].agg(["first", "last"]).to_numpy().T
    assert set(first) == {"arrival"}
    assert sum(last == "depart") == len(gone)


def test_pathway_is_the_arrival_source(department: Department, log: pd.DataFrame) -> None:
    sources = department.patients.frame().set_index("patient")["arrival_source"].astype(str)
    assert (log["pathway"].astype(str).to_numpy() == sources[log["entity_id"]].to_numpy()).all()


def test_a_step_with_resources_has_a_queue_a_use_and_an_end_at_the_times_of_its_activities(
    department: Department, log: pd.DataFrame
) -> None:
    asking = [name for name, step in department.pathway.steps.items() if step.asks or step.any_of]
    activities = steps(department)
    for step in asking:
        rows = activities[activities["step"] == step]
        for event, column in (
            (f"{step}:wait", "joined_at"),
            (step, "started_at"),
            (f"{step}:end", "ended_at"),
        ):
            wanted = rows.dropna(subset=["started_at"] if column == "ended_at" else [])[
                column
            ].dropna()
            assert sorted(log.loc[log["event"] == event, "time"]) == sorted(wanted), event


def test_a_step_without_resources_is_one_queue_event(
    department: Department, log: pd.DataFrame
) -> None:
    free = [
        name for name, step in department.pathway.steps.items() if not (step.asks or step.any_of)
    ]
    assert free
    for step in free:
        rows = log[log["event"].astype(str).str.split(":").str[0] == step]
        assert set(rows["event_type"].astype(str)) <= {"queue"}
        assert len(rows) == (steps(department)["step"] == step).sum()


def test_the_log_is_in_order_of_time(log: pd.DataFrame) -> None:
    assert log["time"].is_monotonic_increasing


def test_a_use_and_its_end_have_one_place_and_other_events_none(log: pd.DataFrame) -> None:
    serves = log["event_type"].isin(["resource_use", "resource_use_end"])
    assert log.loc[serves, "resource_id"].ge(1).all()
    assert log.loc[~serves, "resource_id"].isna().all()
    uses = log[serves].assign(step=lambda rows: rows["event"].astype(str).str.split(":").str[0])
    for _, rows in uses.groupby(["entity_id", "step"]):
        places = rows["resource_id"].to_numpy()
        ended = rows["event_type"].eq("resource_use_end").to_numpy()
        assert (places[1:][ended[1:]] == places[:-1][ended[1:]]).all()


def test_nobody_has_a_log_without_rows_and_the_same_categories(
    department: Department, log: pd.DataFrame
) -> None:
    empty = events_table(
        department.pathway, nobody(department.pathway), no_activities(department.pathway)
    )
    assert len(empty) == 0
    assert all(
        list(log[name].cat.categories) == list(known) for name, known in empty.categories.items()
    )


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=40))
def test_no_two_stays_have_one_place_at_once_and_no_more_places_are_used_than_needed(
    stays: list[tuple[int, int]],
) -> None:
    starts, lengths = np.array(sorted(stays)).T
    ends = np.maximum(starts + lengths, starts + 1)
    places = places_taken(starts, starts + lengths)
    for place in set(places):
        mine = np.flatnonzero(places == place)
        assert (starts[mine][1:] >= ends[mine][:-1]).all()
    most_at_once = max(int(((starts <= at) & (at < ends)).sum()) for at in starts)
    assert places.max() == most_at_once
    assert set(places) == set(range(1, most_at_once + 1))
