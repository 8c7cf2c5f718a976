"""What says which resource binds, against `occupancy` (which is held against sums minute by minute) and plain loops."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.own_measures import BusyMeasure
from simulation.department.vocabulary import Pathway
from simulation.measures import occupancy
from simulation.measures.binding import binding_names, binding_values
from simulation.measures.quantities import NOTHING_OWN, Own
from simulation.units import DAY, TICKS_PER_MINUTE
from tests.measures.counted_again import queues, until_of

WINDOW = (1440.0, 5 * 1440.0)
UNEVEN = (1440.0 + 17.25, 5 * 1440.0 - 333.5)
DAYTIME = slice(10, 23)
ROLES = {
    "beds": "adult_bed",
    "other_beds": "adult_bed",
    "cubicles": "place",
    "bays": "place",
    "anywhere": "place",
}


def with_roles(pathway: Pathway) -> Pathway:
    pools = {name: replace(pool, role=ROLES.get(name, "")) for name, pool in pathway.pools.items()}
    return replace(pathway, pools=pools)


def values(
    department: Any, own: Own = NOTHING_OWN, window: Any = WINDOW
) -> dict[tuple[str, str], float]:
    pathway = with_roles(department.pathway)
    found = binding_values(
        pathway, department.plan, department.run, department.patients, own, window=window
    )
    return {
        (name.measure, name.group): value
        for name, value in zip(binding_names(pathway, own), found, strict=True)
    }


@pytest.mark.parametrize("window", [WINDOW, UNEVEN])
def test_staff_are_busy_by_day_and_by_night_for_the_share_of_minutes_on_duty(
    any_department: Any, window: Any
) -> None:
    plan, changes = any_department.plan, any_department.run.changes
    held = occupancy.holdings(plan, any_department.activities)
    counted = occupancy.Use(len(plan.pools), window)
    counted.add(held.pool, held.taken, held.counted_until)
    used, duty = (
        counted.by_hour(),
        occupancy.measure_capacity(plan, changes=changes, window=window).by_hour(),
    )
    found = values(any_department, window=window)
    for pool in ("nurses", "doctors", "seniors"):
        number = plan.pools.index(pool)
        by_day = used[number, DAYTIME].sum() / duty[number, DAYTIME].sum()
        night = [hour for hour in range(24) if not 10 <= hour < 23]
        by_night = used[number, night].sum() / duty[number, night].sum()
        assert found["busy_by_day_share", f"pool={pool}"] == pytest.approx(by_day, rel=1e-12)
        assert found["busy_by_night_share", f"pool={pool}"] == pytest.approx(by_night, rel=1e-12)
        one = duty[plan.pools.index("seniors"), DAYTIME].sum()  # there is one at all hours
        on_duty = duty[number, DAYTIME].sum() / one
        assert found["on_duty_by_day_mean", f"pool={pool}"] == pytest.approx(on_duty, rel=1e-12)
    assert ("busy_by_day_share", "pool=cubicles") not in found


def test_beds_are_occupied_at_midnight_for_the_share_of_those_there(any_department: Any) -> None:
    plan = any_department.plan
    held = occupancy.holdings(plan, any_department.activities)
    found = values(any_department)
    for pool in ("beds", "other_beds"):
        rows = held.of(pool)
        midnights = [day * DAY for day in range(1, 5)]
        taken = sum(
            int(
                (
                    (held.taken[rows] <= at)
                    & ((held.given_back[rows] > at) | (held.given_back[rows] < 0))
                ).sum()
            )
            for at in midnights
        )
        steps = occupancy.capacity_steps(
            plan, pool, until=WINDOW[1], changes=any_department.run.changes
        )
        there = sum(
            steps[1][np.searchsorted(steps[0], at / TICKS_PER_MINUTE, side="right") - 1]
            for at in midnights
        )
        assert found["occupied_at_midnight_share", f"pool={pool}"] == pytest.approx(
            taken / there, rel=1e-12
        )


@pytest.mark.parametrize("window", [WINDOW, UNEVEN])
def test_queues_and_waits_are_those_of_each_step_that_asks_for_a_limited_pool(
    any_department: Any, window: Any
) -> None:
    waiting = queues(any_department.activities, window=window)
    found = values(any_department, window=window)
    steps = [group.removeprefix("step=") for measure, group in found if measure == "queue_mean"]
    assert set(steps) == {
        name
        for name, step in any_department.pathway.steps.items()
        if {*step.asks, *step.any_of} - {"anywhere"}
    }
    for step in steps:
        number = waiting.steps.index(step)
        assert found["queue_mean", f"step={step}"] == pytest.approx(
            waiting.mean_length[number], rel=1e-9
        )
        expected = pytest.approx(waiting.mean_wait[number], rel=1e-9, nan_ok=True)
        assert found["queue_wait_mean", f"step={step}"] == expected
    assert max(found["queue_mean", f"step={step}"] for step in steps) > 0.1


def test_boarders_are_those_between_decision_and_departure(department: Any) -> None:
    boarders = occupancy.in_department(department.patients, "decided_at", window=WINDOW)
    assert boarders.mean > 0
    assert values(department)["boarders_mean", "all"] == pytest.approx(boarders.mean, rel=1e-12)


def test_a_department_is_full_at_the_hours_at_which_as_many_are_in_it_as_it_has_places(
    department: Any,
) -> None:
    frame = department.patients.frame()
    n_places = 6 + 2  # cubicles and bays; what is unlimited is no place that can be full
    full = []
    for hour in range(24, 5 * 24):
        at = 60 * hour
        inside = ((frame.arrived_at <= at) & ~(frame.departed_at <= at)).sum()
        full.append(inside >= n_places)
    assert 0 < np.mean(full) < 1
    assert values(department)["full_share", "all"] == pytest.approx(np.mean(full), rel=1e-12)


def test_an_own_busy_measure_is_about_its_hours_and_days(department: Any) -> None:
    """Of Tuesday's eight hours in the window, minute by minute."""
    stated = BusyMeasure(kind="busy", pool="doctors", hours="9-17", days="tue")
    found = values(department, Own(measures={"doctors_on_tuesday": stated}))[
        "doctors_on_tuesday", "all"
    ]
    held = occupancy.holdings(department.plan, department.activities)
    rows = held.of("doctors")
    minutes = 1440 + np.arange(9 * 60, 17 * 60)
    busy = sum(
        np.clip(
            np.minimum(until_of(held)[rows], at + 1) - np.maximum(held.taken_at[rows], at), 0, None
        ).sum()
        for at in minutes
    )
    assert found == pytest.approx(busy / (4 * len(minutes)), rel=1e-9)


def test_a_minute_without_a_midnight_or_somebody_who_stopped_waiting_gives_no_number(
    department: Any,
) -> None:
    found = values(department, window=(1500.0, 1501.0))
    assert np.isnan(found["occupied_at_midnight_share", "pool=beds"])
    assert any(np.isnan(value) for (name, _), value in found.items() if name == "queue_wait_mean")
    assert found["queue_mean", "step=move"] >= 0
