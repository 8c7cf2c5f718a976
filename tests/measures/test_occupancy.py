"""Holdings against a slow replay in the contract's words; every mean against a sum minute by minute."""

from typing import Any

import numpy as np
import pytest

from simulation.engine.contract import Changes
from simulation.engine.rows import NONE, EndRow, StepRow
from simulation.errors import ResultsError
from simulation.measures import occupancy
from simulation.records.schema import ActivityTable, Patients
from simulation.units import DAY, NEVER, WEEK
from tests.measures.counted_again import busy_share, queues, until_of

Held = list[tuple[int, int, float, float]]
WINDOW = (1440.0, 5 * 1440.0)
NAMES_OF_HOLDINGS = ("patient", "pool", "taken", "given_back", "counted_until")


def slow_holdings(department: Any) -> Held:
    """(patient, pool, ticks taken, ticks given back) by replaying each patient's rows one at a time."""
    plan, table = department.plan, department.run.activities
    found: Held = []
    held: dict[int, int] = {}
    patient = None

    def give(who: int, pools: Any, at: int) -> None:
        for pool in [each for each in held if each in pools]:
            found.append((who, pool, held.pop(pool), at))

    for k in range(len(table)):
        who = int(table.patient[k])
        if who != patient:
            found += [(patient, pool, at, np.inf) for pool, at in held.items()]
            held, patient = {}, who
        node = plan.rows[table.step[k]]
        start, end = int(table.started_at[k]), int(table.ended_at[k])
        if isinstance(node, EndRow):
            give(who, tuple(held), start)
            continue
        assert isinstance(node, StepRow)
        if start == NEVER:
            continue
        give(who, node.releases_at_start, start)
        taken = set()
        if node.ask != NONE:
            chosen = int(table.pool[k])
            asks = plan.asks[node.ask]
            if chosen != NONE and node.overflow_ask != NONE and chosen not in asks.any_of:
                asks = plan.asks[node.overflow_ask]
            taken = set(asks.all_of) | ({chosen} if chosen != NONE else set())
        held.update(dict.fromkeys(taken, start))
        if end == NEVER:
            continue
        give(who, taken - set(node.keeps), end)
        give(who, node.releases_at_end, end)
    return found + [(patient, pool, at, np.inf) for pool, at in held.items()]


def test_holdings_are_what_a_slow_replay_finds(any_department: Any) -> None:
    held = occupancy.holdings(any_department.plan, any_department.activities)
    found = zip(
        held.patient.tolist(),
        held.pool.tolist(),
        (held.taken_at * 1024).tolist(),
        (held.given_back_at * 1024).tolist(),
        strict=True,
    )
    assert sorted(found) == sorted(slow_holdings(any_department))


def test_every_kind_of_taking_and_giving_back_happens_in_the_test_department(
    department: Any,
) -> None:
    frame = department.activities.frame()
    assert {"cubicles", "corridor", "doctors", "seniors", "other_beds"} <= set(
        frame["pool"].dropna()
    )
    assert {"done", "left", "open"} <= set(frame["outcome"])
    assert set(department.run.changes.trigger.tolist()) == {0, 1}


def test_the_outgoing_count_until_the_team_changes_and_no_longer(department_of_teams: Any) -> None:
    department = department_of_teams
    held = occupancy.holdings(department.plan, department.activities)
    rows = held.of("doctors")
    taken, back, counted = held.taken_at[rows], held.given_back_at[rows], until_of(held)[rows]
    hour = np.floor(taken / 60 % 24)
    next_change = (
        np.floor(taken / 1440) * 1440 + np.where(hour < 8, 8, np.where(hour < 22, 22, 32)) * 60
    )
    np.testing.assert_array_equal(counted, np.minimum(back, next_change))
    assert (counted < back).sum() > 5
    others = held.of("nurses")
    np.testing.assert_array_equal(until_of(held)[others], held.given_back_at[others])


def slow_overlap(start: np.ndarray, end: np.ndarray, low: float, high: float) -> float:
    return float(np.clip(np.minimum(end, high) - np.maximum(start, low), 0, None).sum())


def test_busy_shares_are_held_minutes_over_capacity_minutes_by_clock_hour(department: Any) -> None:
    plan = department.plan
    held = occupancy.holdings(plan, department.activities)
    found = busy_share(plan, held, changes=department.run.changes, window=WINDOW)
    for pool in ("doctors", "cubicles", "nurses", "beds"):
        rows = held.of(pool)
        at, units = occupancy.capacity_steps(
            plan, pool, until=WINDOW[1], changes=department.run.changes
        )
        until = np.append(at[1:], np.inf)
        for hour in (0, 7, 8, 21, 22):
            used = on_duty = 0.0
            for day in range(1, 5):
                low = day * 1440.0 + hour * 60
                used += slow_overlap(held.taken_at[rows], held.given_back_at[rows], low, low + 60)
                inside = np.clip(np.minimum(until, low + 60) - np.maximum(at, low), 0, None)
                on_duty += float((inside * units).sum())
            assert found.by_hour[plan.pools.index(pool), hour] == pytest.approx(used / on_duty)
    assert np.isnan(found.mean[plan.pools.index("anywhere")])


def test_minutes_are_counted_inside_the_window_only_and_by_whole_hours_of_the_clock() -> None:
    found = occupancy.minutes_by_hour(
        np.array([0.0, 70.0, 100.0]), np.array([90.0, 80.0, np.inf]), window=(30.0, 150.0)
    )
    np.testing.assert_allclose(found, [30, 30 + 10 + 20, 30])


def test_capacity_follows_the_rota_week_after_week(department: Any) -> None:
    plan = department.plan
    at, units = occupancy.capacity_steps(plan, "doctors", until=15 * 1440.0)
    assert dict(zip(at[:3], units[:3], strict=True)) == {0: 2, 480: 4, 1320: 2}
    week = WEEK / 1024
    later = at >= week
    np.testing.assert_array_equal(at[later][: (at < week).sum()] - week, at[at < week])


def test_capacity_follows_what_triggers_did(department: Any) -> None:
    plan = department.plan  # trigger 0 opens 2 beds, trigger 1 takes nurses and leaves 1
    changes = Changes(
        at=np.array([60, 60, 120, 180]) * 1024,
        trigger=np.array([0, 1, 1, 0], dtype=np.int16),
        units=np.array([2, 5, 0, 0], dtype=np.int32),
    )
    at, units = occupancy.capacity_steps(plan, "beds", until=600.0, changes=changes)
    assert list(zip(at, units, strict=True)) == [(0, 30), (60, 32), (180, 30)]
    at, units = occupancy.capacity_steps(plan, "nurses", until=600.0, changes=changes)
    assert list(zip(at, units, strict=True)) == [(0, 2), (60, 1), (120, 2)]
    shares = occupancy.triggered_share(
        plan, names=tuple(department.pathway.triggers), changes=changes, window=(30.0, 150.0)
    )
    assert shares == {"escalation": pytest.approx(90 / 120), "care": pytest.approx(60 / 120)}


def test_beds_are_counted_at_every_midnight_of_the_window(department: Any) -> None:
    plan = department.plan
    held = occupancy.holdings(plan, department.activities)
    rows = held.of("beds")
    for window, midnights in ((WINDOW, (1440, 2880, 4320, 5760)), ((1500.0, 4320.5), (2880, 4320))):
        use = occupancy.Use(len(plan.pools), window)
        use.add(held.pool, held.taken, held.given_back)
        expected = [
            ((held.taken_at[rows] <= at) & (held.given_back_at[rows] > at)).sum()
            for at in midnights
        ]
        assert use.at_midnight()[plan.pools.index("beds")] == np.mean(expected)
        assert min(expected) > 10
    assert np.isnan(occupancy.Use(1, (60.0, 120.0)).at_midnight())


def test_what_begins_at_midnight_is_there_and_what_ends_then_is_not() -> None:
    use = occupancy.Use(2, (0.0, 2 * 1440.0))
    pool, start, end = np.array([0, 0, 1]), np.array([0, DAY, DAY]), np.array([DAY, DAY + 1, NEVER])
    use.add(pool, start, end)
    assert use.at_midnight().tolist() == [1.0, 0.5]  # pool 0: one at each of two midnights


def test_use_by_clock_hour_is_that_of_the_hours_one_by_one(department: Any) -> None:
    """A window that begins and ends within an hour, and intervals that span days, hours and nothing."""
    plan, window = department.plan, (1477.25, 5 * 1440.0 + 100.5)
    held = occupancy.holdings(plan, department.activities)
    use = occupancy.Use(len(plan.pools), window)
    use.add(held.pool, held.taken, held.counted_until)
    found = use.by_hour()
    first = int(window[0] // 60)
    for number, pool in enumerate(plan.pools):
        rows = held.of(pool)
        hours = occupancy.minutes_by_hour(held.taken_at[rows], until_of(held)[rows], window=window)
        expected = np.bincount((first + np.arange(len(hours))) % 24, weights=hours, minlength=24)
        np.testing.assert_array_equal(found[number], expected)


def test_who_leaves_gives_back_at_once_what_it_kept(department: Any) -> None:
    """Though it goes on to another step, and only the end of the route would give the rest back."""
    plan = department.plan
    steps, outcomes = ("place", "contact", "decide", "home"), (0, 1, 0, 0)
    joined, started, ended = (
        [0.0, 5.0, 50.0, 90.0],
        [5.0, np.nan, 60.0, 90.0],
        [5.0, 50.0, 90.0, 90.0],
    )
    table = ActivityTable(
        {
            "patient": np.zeros(4, dtype=np.int32),
            "step": np.array([plan.row(step) for step in steps]),
            "pool": np.array([plan.pools.index("cubicles"), NONE, NONE, NONE]),
            "outcome": np.array(outcomes),
            "joined_at": np.array(joined),
            "started_at": np.array(started),
            "ended_at": np.array(ended),
        },
        department.activities.categories,
    )
    held = occupancy.holdings(plan, table)
    (row,) = held.of("cubicles")
    assert (held.taken_at[row], held.given_back_at[row]) == (5.0, 50.0)


def test_replaying_block_by_block_changes_nothing(
    any_department: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = any_department.plan
    rows, roles = occupancy.number_rows(plan, any_department.activities), occupancy.roles_of(plan)
    whole = occupancy.replay(roles, rows)
    monkeypatch.setattr(occupancy, "BLOCK", 7)  # patients of more rows than that are still not cut
    parts = [occupancy.replay(roles, block) for block in occupancy.split_by_patient(rows)]
    assert len(parts) > 100
    in_parts = (
        np.concatenate([getattr(part, name) for part in parts]) for name in NAMES_OF_HOLDINGS
    )
    in_whole = (getattr(whole, name) for name in NAMES_OF_HOLDINGS)
    assert sorted(zip(*in_parts, strict=True)) == sorted(zip(*in_whole, strict=True))


def test_an_unknown_pool_is_named_with_its_nearest(department: Any) -> None:
    held = occupancy.holdings(department.plan, department.activities)
    with pytest.raises(ResultsError, match="Did you mean 'beds'"):
        held.of("bed")


def test_a_table_of_another_pathway_is_refused(department: Any) -> None:
    activities = department.activities
    steps = ("tirage", *activities.known("step")[1:])
    other = ActivityTable(activities.columns, {**activities.categories, "step": steps})
    with pytest.raises(ResultsError, match="Did you mean 'triage'"):
        occupancy.holdings(department.plan, other)


def test_the_census_is_patient_minutes_over_minutes(six: Patients) -> None:
    found = occupancy.in_department(six, "arrived_at", window=(480.0, 660.0))
    # 8-9 h: 60 + 40; 9-10 h: 2 x 60 + 60 + 40; 10-11 h: 4 x 60 less 20 (left at 640), + 60 + 40
    np.testing.assert_allclose(found.by_hour[8:11], [100 / 60, 220 / 60, 320 / 60])
    assert np.isnan(found.by_hour[11])
    assert found.mean == pytest.approx(640 / 180)
    assert found.by_weekday[0] == pytest.approx(640 / 180)
    assert np.isnan(found.by_weekday[1])


def test_boarders_wait_from_the_decision_to_the_departure(six: Patients) -> None:
    found = occupancy.in_department(six, "decided_at", window=(0.0, 2880.0))
    assert found.mean == pytest.approx((300 + 1000) / 2880)
    assert found.by_weekday[:2].tolist() == pytest.approx([(300 + 740) / 1440, 260 / 1440])


def test_somebody_who_never_departs_stays_in_the_census() -> None:
    found = occupancy.count_present(
        np.array([0.0, np.nan]), np.array([np.nan, np.nan]), window=(0.0, 120.0)
    )
    assert found.mean == 1


def test_queues_obey_littles_law_when_everybody_is_served() -> None:
    joined = np.array([0.0, 0.0, 5.0, 10.0])
    columns = {
        "patient": np.arange(4),
        "step": np.array([0, 0, 0, 1]),
        "pool": np.full(4, -1),
        "outcome": np.array([0, 0, 1, 0]),
        "joined_at": joined,
        "started_at": np.array([0.0, 10.0, np.nan, 10.0]),
        "ended_at": np.array([10.0, 20.0, 11.0, 10.0]),
    }
    table = ActivityTable(
        columns, {"step": ("serve", "home", "never"), "outcome": ("done", "left")}
    )
    found = queues(table, window=(0.0, 20.0))
    assert found.n_joined.tolist() == [3, 1, 0]
    np.testing.assert_allclose(found.mean_length, [16 / 20, 0, 0])
    np.testing.assert_allclose(found.mean_wait, [16 / 3, 0, np.nan])
