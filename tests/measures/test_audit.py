"""The invariants hold on engine output under every rule, and each one is seen to fail on a table broken on purpose."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.engine.plan import lower
from simulation.records.schema import ActivityTable, Patients
from tests.held import Hold
from tests.measures.audit import Audit, audit, audit_patients

Alter = Callable[..., Any]

INVARIANTS = {"conservation", "causality", "route", "capacity", "priority", "idle"}


def audited(department: Any, activities: ActivityTable | None = None, **others: Any) -> Audit:
    given: dict[str, Any] = {
        "patients": department.patients,
        "columns": department.columns,
        "changes": department.run.changes,
        **others,
    }
    return audit(given.pop("plan", department.plan), activities or department.activities, **given)


def test_every_invariant_is_checked_and_holds_on_engine_output(any_department: Any) -> None:
    found = audited(any_department)
    assert set(found.checked) == INVARIANTS
    assert found.passed, str(found)


def test_priority_is_left_out_where_nobody_says_what_patients_brought(department: Any) -> None:
    found = audit(department.plan, department.activities, changes=department.run.changes)
    assert "priority" not in found.checked
    assert found.passed, str(found)


def test_a_patient_without_an_end_breaks_conservation(department: Any) -> None:
    steps = department.activities.frame()["step"]
    end = np.flatnonzero(steps == "home")[0]
    keep = np.ones(len(steps), dtype=bool)
    keep[end] = False
    found = audited(department, department.activities.select(keep))
    assert found.counts["conservation"] == 2  # vanishes, and the tables disagree
    assert "vanishes" in found.examples["conservation"][0]


def test_a_patient_who_goes_on_after_the_end_breaks_conservation(department: Any) -> None:
    steps = department.activities.frame()["step"]
    end = int(np.flatnonzero(steps == "home")[0])
    twice = np.insert(np.arange(len(steps)), end, end)
    assert audited(department, department.activities.select(twice)).counts["conservation"] == 1


def test_a_patient_without_activities_breaks_conservation(department: Any) -> None:
    someone = department.patients["patient"][50]
    activities = department.activities.select(department.activities["patient"] != someone)
    found = audited(department, activities)
    assert found.counts["conservation"] >= 2  # of those who arrived, and of the table of patients
    assert any("no activities" in example for example in found.examples["conservation"])


def test_an_outcome_that_nobody_reached_breaks_conservation(
    department: Any, altered: Alter
) -> None:
    outcome = department.patients["outcome"].copy()
    outcome[7] = department.patients.known("outcome").index("in_building")
    assert (
        audited(department, patients=altered(department.patients, outcome=outcome)).counts[
            "conservation"
        ]
        == 1
    )


@pytest.mark.parametrize(("column", "by", "words"), [
    ("started_at", -1e6, "started before"),
    ("ended_at", -1e6, "ended before"),
    ("joined_at", -0.5, "step before ended"),
])  # fmt: skip
def test_a_time_out_of_order_breaks_causality(
    department: Any, altered: Alter, column: str, by: float, words: str, hold: Hold
) -> None:
    activities = department.activities
    row = int(np.flatnonzero(activities.frame()["step"] == "contact")[20])
    times = activities[column].copy()
    times[row] += by
    found = audited(department, altered(activities, **{column: times}))
    hold(found.examples["causality"], words)


def test_a_first_step_after_arrival_breaks_causality(department: Any, altered: Alter) -> None:
    arrived_at = department.columns.arrived_at.copy()
    arrived_at[60] -= 1
    found = audited(department, columns=replace(department.columns, arrived_at=arrived_at))
    assert found.counts["causality"] == 1


def test_a_step_that_the_pathway_does_not_lead_to_breaks_the_route(
    department: Any, altered: Alter
) -> None:
    activities = department.activities
    steps = activities["step"].copy()
    row = int(np.flatnonzero(activities.frame()["step"] == "review")[0])
    steps[row] = department.plan.row("triage")
    found = audited(department, altered(activities, step=steps))
    assert found.counts["route"] == 2
    assert "cannot follow" in found.examples["route"][0]


def with_capacity(department: Any, **units: int) -> Any:
    """The plan of the same pathway with other numbers of units."""
    pathway: Pathway = department.pathway
    pools = {
        name: replace(pool, capacity=units[name]) if name in units else pool
        for name, pool in pathway.pools.items()
    }
    return lower(replace(pathway, pools=pools))


def test_more_in_use_than_there_are_breaks_capacity(department: Any) -> None:
    found = audited(department, plan=with_capacity(department, cubicles=5))
    assert found.counts["capacity"] > 10
    assert all(example.startswith("cubicles") for example in found.examples["capacity"])
    assert "6 in use of 5" in " ".join(found.examples["capacity"])


def test_a_free_unit_while_somebody_waits_for_it_is_idle(department: Any) -> None:
    found = audited(department, plan=with_capacity(department, cubicles=7))
    assert found.counts["idle"] > 10
    assert all("one of cubicles, corridor" in example for example in found.examples["idle"])
    assert found.counts["capacity"] == 0


def test_ignoring_what_triggers_did_breaks_capacity(department: Any) -> None:
    found = audited(department, changes=None)
    assert found.counts["capacity"] > 0
    assert any(example.startswith("beds") for example in found.examples["capacity"])


def swapped(activities: ActivityTable, first: int, second: int, altered: Alter) -> ActivityTable:
    """Two waiting requests of one step that exchange their starts (the rest of their stories is left behind)."""
    started = activities["started_at"].copy()
    started[first], started[second] = started[second], started[first]
    return altered(activities, started_at=started)


def waiting_together(department: Any, classes: np.ndarray, *, same: bool) -> tuple[int, int]:
    """Two requests for a cubicle where the one that joined second waited while the first did, and started after it.

    `same`: of one class; else the second of a less urgent class that joined first.
    """
    frame = department.activities.frame()
    rows = np.flatnonzero(
        (frame["step"] == "place") & frame["started_at"].notna() & (frame["outcome"] == "done")
    )
    joined, started = (frame[name].to_numpy() for name in ("joined_at", "started_at"))
    for a in rows:
        for b in rows:
            if (
                joined[a] < joined[b] < started[a] < started[b]
                and same
                and classes[a] == classes[b]
            ):
                return int(a), int(b)
            if (
                joined[b] < joined[a] < started[a] < started[b]
                and not same
                and classes[a] < classes[b]
            ):
                return int(a), int(b)
    raise AssertionError("nobody waited together: the test department is too quiet")


@pytest.mark.parametrize("same", [True, False])
def test_overtaking_somebody_with_a_better_key_breaks_priority(
    department_of_teams: Any, altered: Alter, same: bool
) -> None:
    """Every class is honoured in this department, so that the class is the label."""
    activities = department_of_teams.activities
    label = department_of_teams.draws.attributes["acuity_given"][activities["patient"]]
    first, second = waiting_together(department_of_teams, label, same=same)
    started = activities["started_at"].copy()
    started[first], started[second] = started[second], started[first]
    found = audited(department_of_teams, altered(activities, started_at=started))
    assert found.counts["priority"] >= 1
    assert any(
        f"patient {activities['patient'][second]}, place" in each
        for each in found.examples["priority"]
    )


def test_the_wrong_rule_breaks_priority(department: Any) -> None:
    """The same table, said to come from accumulating priority: the urgent started too soon."""
    rule = replace(department.pathway.priority, rule="accumulating")
    found = audited(department, plan=lower(replace(department.pathway, priority=rule)))
    assert found.counts["priority"] > 10
    assert found.counts["capacity"] == found.counts["idle"] == 0


def test_forgetting_who_was_not_honoured_breaks_priority(department: Any) -> None:
    honoured = replace(department.columns, ignored=np.zeros_like(department.columns.ignored))
    assert audited(department, columns=honoured).counts["priority"] > 10


def test_examples_are_few_and_the_count_is_whole(department: Any) -> None:
    found = audited(department, plan=with_capacity(department, cubicles=5))
    assert len(found.examples["capacity"]) == 5 < found.counts["capacity"]
    assert not found.passed
    assert "capacity: cubicles" in str(found)


def test_a_table_of_patients_is_audited_without_a_pathway(
    department: Any, six: Patients, altered: Alter
) -> None:
    assert audit_patients(department.patients).passed
    seen_late = altered(six, seen_at=np.array([550.0, 480.0, np.nan, 590.0, 700.0, 1420.0]))
    found = audit_patients(seen_late)
    assert found.counts == {"conservation": 0, "causality": 1}
    assert "seen_at 480.00 is before arrived_at 500.00" in found.examples["causality"][0]
    twins = altered(six, number=np.zeros(6, dtype=int))
    assert audit_patients(twins).counts["conservation"] == 4
    gone = altered(six, departed_at=np.full(6, np.nan))
    assert audit_patients(gone).counts["conservation"] == 6
