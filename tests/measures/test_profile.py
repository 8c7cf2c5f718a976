"""A day's profile against sums over single rows, and against the same worked through in small blocks."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from simulation.engine.contract import Changes
from simulation.measures import occupancy
from simulation.measures.occupancy import DayProfile, day_profile
from simulation.units import DAY
from tests.measures.counted_again import busy_share

WINDOW = (1440.0, 4 * 1440.0)
WHOLE = (0.0, 6 * 1440.0)


def profile(department: Any, window: tuple[float, float] = WINDOW) -> DayProfile:
    made = department
    return day_profile(
        made.pathway, made.plan, made.patients, made.activities, made.run.changes, window=window
    )


def slow_minutes(department: Any, window: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Minutes waiting for and at each step per attendance, one row at a time."""
    patients, table = department.patients, department.run.activities
    ticks = np.concatenate([table.joined_at, table.started_at, table.ended_at])
    until = {}
    for number, arrived, departed in zip(
        patients["patient"], patients["arrived_at"], patients["departed_at"], strict=True
    ):
        if window[0] <= arrived < window[1]:
            until[int(number)] = ticks.max() if np.isnan(departed) else departed * 1024
    waiting, working = np.zeros((2, len(department.plan.nodes)))
    for k in range(len(table)):
        last = until.get(int(table.patient[k]), 0)
        joined, started, ended = (
            min(last, last if at < 0 else at)
            for at in (table.joined_at[k], table.started_at[k], table.ended_at[k])
        )
        gave_up = table.started_at[k] < 0
        waiting[table.step[k]] += (ended if gave_up else started) - joined
        working[table.step[k]] += 0 if gave_up else ended - started
    return waiting / 1024 / len(until), working / 1024 / len(until)


@pytest.mark.parametrize(
    "window", [WINDOW, WHOLE], ids=["a window", "with those who are still there"]
)
def test_minutes_at_steps_are_those_of_the_rows_up_to_departure(
    any_department: Any, window: tuple[float, float]
) -> None:
    found = profile(any_department, window)
    waiting, working = slow_minutes(any_department, window)
    np.testing.assert_allclose(found.waiting, waiting, rtol=1e-12)
    np.testing.assert_allclose(found.working, working, rtol=1e-12)
    assert found.waiting.sum() > 10
    assert found.working.sum() > 10


def test_a_profile_made_block_by_block_is_the_same(
    any_department: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = profile(any_department)
    monkeypatch.setattr(occupancy, "BLOCK", 50)
    parts = profile(any_department)
    for field in fields(DayProfile):
        np.testing.assert_array_equal(getattr(parts, field.name), getattr(whole, field.name))


def test_the_outgoing_are_busy_no_longer_but_still_there(department_of_teams: Any) -> None:
    found, plan = profile(department_of_teams), department_of_teams.plan
    held = occupancy.holdings(plan, department_of_teams.activities)
    doctors = plan.pools.index("doctors")
    rows = held.of("doctors")
    midnights = np.arange(WINDOW[0], WINDOW[1], 1440.0)
    there = [
        ((held.taken_at[rows] <= at) & (held.given_back_at[rows] > at)).sum() for at in midnights
    ]
    assert found.occupied_midnight[doctors] == np.mean(there)
    everybody = occupancy.Use(len(plan.pools), WINDOW)
    everybody.add(held.pool, held.taken, held.given_back)
    busy = busy_share(plan, held, changes=department_of_teams.run.changes, window=WINDOW)
    duty = occupancy.measure_capacity(plan, changes=department_of_teams.run.changes, window=WINDOW)
    np.testing.assert_array_equal(found.busy, busy.by_hour)
    used = found.busy_mean[doctors] * duty.by_hour()[doctors].sum()
    assert used < everybody.by_hour()[doctors].sum() - 10


def test_beds_at_midnight_follow_the_triggers_and_unlimited_pools_are_unlimited(
    department: Any,
) -> None:
    opened = Changes(
        np.array([2 * DAY]), np.array([0], dtype=np.int16), np.array([2], dtype=np.int32)
    )
    found, plan = (
        profile(replace(department, run=replace(department.run, changes=opened))),
        department.plan,
    )
    assert (
        found.beds_midnight[plan.pools.index("beds")] == (30 + 32 + 32) / 3
    )  # open from the second midnight on
    assert found.beds_midnight[plan.pools.index("anywhere")] == np.inf
    assert np.isnan(found.busy_mean[plan.pools.index("anywhere")])
