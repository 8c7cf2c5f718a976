"""The tables say what the run says."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import Age, Chance
from simulation.engine.contract import Activities, InOrder
from simulation.engine.rows import OUTCOMES
from simulation.errors import ResultsError
from simulation.measures.patients_table import activities_table, nobody, patients_table
from simulation.patients import draw
from simulation.units import to_minutes

from .conftest import DAYS, SOURCED, run_department, small_pathway


def slowly_first(department: Any, name: str) -> np.ndarray:
    """A record of every patient of the table, row by row of the activities."""
    run, plan = department.run, department.plan
    found: dict[int, float] = {}
    table = run.activities
    for k in range(len(table)):
        node = department.pathway.nodes()[plan.nodes[table.step[k]]]
        records = node.records if hasattr(node, "records") else {}
        moment = (
            records.get(name)
            if isinstance(records, dict)
            else ("joined" if name in records else None)
        )
        if moment is None or (moment == "ended" and OUTCOMES[table.outcome[k]] != "done"):
            continue
        tick = getattr(table, f"{moment}_at")[k]
        if tick >= 0:
            found.setdefault(int(table.patient[k]), tick / 1024)
    return np.array([found.get(int(each), np.nan) for each in department.patients["patient"]])


@pytest.mark.parametrize(
    "name", ["assessed_at", "triaged_at", "handed_over_at", "seen_at", "decided_at", "departed_at"]
)
def test_a_point_in_time_is_the_first_time_its_record_happened(department: Any, name: str) -> None:
    found = department.patients[name]
    assert np.isfinite(found).sum() > 10
    np.testing.assert_array_equal(found, slowly_first(department, name))


def test_only_sources_that_attend_have_rows(department: Any) -> None:
    assert department.patients.known("arrival_source") == ("walk_in", "ambulance")
    attends = np.isin(department.draws.arrival_source, [0, 1])
    assert len(department.patients) == attends.sum() < len(department.draws)
    np.testing.assert_array_equal(department.patients["number"], department.draws.number[attends])


def test_coins_are_not_attributes(department: Any) -> None:
    assert not [name for name in department.patients.columns if name.startswith("coin:")]
    assert {"acuity_true", "acuity_given", "admitted"} <= set(department.patients.columns)


def test_labels_come_from_the_draws_with_the_policy_in_them(department: Any) -> None:
    rows = department.patients["patient"]
    np.testing.assert_array_equal(
        department.patients["acuity_given"], department.draws.attributes["acuity_given"][rows]
    )


def test_an_age_is_a_column_of_whole_years_in_the_table_and_in_the_empty_one() -> None:
    assert "age" not in nobody(small_pathway()).columns
    age = Age(
        kind="age",
        by="admitted",
        shares={"no": {"0-39": 1}, "yes": {"40-79": 0.5, "80-99": 0.5}},
        **SOURCED,
    )
    made = replace(small_pathway(), attributes={**small_pathway().attributes, "age": age})
    patients = run_department(made).patients
    years, rows = patients["age"], patients["patient"]
    np.testing.assert_array_equal(
        years, draw(made, seed=4, replication=0, days=DAYS).attributes["age"][rows]
    )
    assert patients.frame()["age"].dtype.kind == "i"
    assert patients.known("age") == nobody(made).known("age") == ()
    np.testing.assert_array_equal(
        patients.where("age", "40-79", "80-99"), patients.where("admitted", "yes")
    )
    assert not nobody(made).where("age", "40-79").any()


def test_the_outcome_is_that_of_the_end_reached(department: Any) -> None:
    table, names = department.run.activities, np.array(department.plan.nodes)
    outcome = {"home": "discharged", "left": "left", "ward_end": "admitted"}
    ends = {
        int(p): outcome[n]
        for p, n in zip(table.patient, names[table.step], strict=True)
        if n in outcome
    }
    expected = [ends.get(int(each), "in_building") for each in department.patients["patient"]]
    assert department.patients.frame()["outcome"].tolist() == expected
    assert {"discharged", "left", "admitted", "in_building"} == set(expected)


def test_activities_are_the_runs_in_minutes_and_names(department: Any) -> None:
    table, frame = department.run.activities, department.activities.frame()
    np.testing.assert_array_equal(frame["started_at"], to_minutes(table.started_at))
    assert frame["step"].tolist() == [department.plan.nodes[each] for each in table.step]
    assert frame["pool"].isna().sum() == (table.pool == -1).sum()
    assert set(frame["outcome"]) <= set(OUTCOMES)


def test_a_patient_who_arrives_after_the_horizon_has_no_row(department: Any) -> None:
    short = replace(department.run, horizon=1024 * 1440)
    table = patients_table(department.pathway, department.plan, department.draws, short)
    assert 0 < len(table) < len(department.patients)
    assert table["arrived_at"].max() < 1440


def test_an_attribute_that_is_named_like_another_column_is_refused(department: Any) -> None:
    attributes = {"outcome": Chance(kind="chance", p=0.5, evidence="assumed", source="a test")}
    pathway = replace(department.pathway, attributes=attributes)
    with pytest.raises(ResultsError, match="'outcome' is already"):
        patients_table(pathway, department.plan, department.draws, department.run)


def test_activities_are_neither_copied_nor_made_minutes_before_they_are_read(
    department: Any,
) -> None:
    table = activities_table(department.plan, department.run)
    for name in ("joined_at", "started_at", "ended_at"):
        assert table.ticks(name) is getattr(department.run.activities, name)


def test_the_first_time_counts_for_a_step_that_is_done_twice(department: Any) -> None:
    somebody = department.patients["patient"][7]
    steps = ["contact", "contact", "home"]
    at = np.array([10, 30, 40]) * 1024
    story = Activities(
        patient=np.full(3, somebody, dtype=np.int32),
        step=np.array([department.plan.row(step) for step in steps], dtype=np.int16),
        outcome=np.zeros(3, dtype=np.int8),
        joined_at=at,
        started_at=at,
        ended_at=at,
        pool=np.full(3, -1, dtype=np.int16),
    )
    run = replace(department.run, journal=InOrder(story))
    table = patients_table(department.pathway, department.plan, department.draws, run)
    assert (table["seen_at"][7], table["departed_at"][7]) == (10.0, 40.0)
    assert np.isfinite(table["departed_at"]).sum() == 1
