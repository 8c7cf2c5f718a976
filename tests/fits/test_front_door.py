"""Nurses on duty are seen from the stamps of triage, while patients wait for it."""

from typing import Any

import numpy as np
import pytest

import simulation as ae
from simulation.extracts.extract import Extract
from simulation.fits.front_door import (
    ARRIVING,
    EFFORT,
    FRONT_DOOR,
    LEAST_BEFORE,
    FrontDoorRota,
    front_door_habits,
    front_door_rota,
)

DAYS = 30
ON_DUTY = np.array([1] * 9 + [2] * 3 + [3] * 8 + [2] * 4)


def frame(on_duty: np.ndarray, *, in_batches: bool = False, ambulances: bool = False) -> object:
    """Walk-ins who wait for nurses on duty by hour of the day, in the order in which they come."""
    rng = np.random.default_rng(3)
    hours = np.arange(24 * DAYS)
    number = rng.poisson(8.5 * on_duty[hours % 24])
    arrived = np.sort(np.repeat(60.0 * hours, number) + 60 * rng.random(number.sum()))
    free = np.zeros(on_duty.max())
    start = np.empty_like(arrived)
    minutes = rng.lognormal(1.75, 0.5, len(arrived))
    for row, at in enumerate(arrived):
        while True:
            here = free[: on_duty[int(at // 60) % 24]]
            nurse = int(here.argmin())
            if here[nurse] <= at:
                break
            at = float(here[nurse])
        start[row], free[nurse] = at, at + minutes[row]
    end = start + minutes
    if in_batches:
        start = np.floor(start / 30) * 30
    by_ambulance = ambulances & (np.arange(len(arrived)) % 3 == 0)
    return stamped(arrived, start, end, by_ambulance)


def stamped(
    arrived: np.ndarray, start: np.ndarray, end: np.ndarray, by_ambulance: np.ndarray
) -> object:
    """Attendances with these stamps, to the minute."""
    import pandas as pd

    stamps = {
        "arrived_at": arrived,
        "assessed_at": start,
        "triaged_at": end,
        "departed_at": end + 60,
    }
    times = {
        name: pd.Timestamp("2025-01-06") + pd.to_timedelta(np.round(at), unit="min")
        for name, at in stamps.items()
    }
    mode = np.where(by_ambulance, "ambulance", "walk_in")
    return pd.DataFrame({**times, "mode": mode, "end": "discharged"})


def desk_of(made: object) -> FrontDoorRota | None:
    return front_door_rota(extract_of(made))


def extract_of(made: object) -> Extract:
    mapping = {
        "times": {
            name: name for name in ("arrived_at", "assessed_at", "triaged_at", "departed_at")
        },
        "arrival_source": {
            "column": "mode",
            "values": {name: name for name in ("walk_in", "ambulance")},
        },
        "outcome": {"column": "end", "values": {"discharged": "discharged"}},
        "timezone": None,
        "worst_share": 0.9,
    }
    return ae.from_table(made, mapping)


def test_the_rota_is_found_again_from_stamps_to_the_minute() -> None:
    found = desk_of(frame(ON_DUTY))
    assert found is not None
    assert not found.one_team
    assert found.shifts() == [
        {"hours": "0-9", "number": 1},
        {"hours": "9-12", "number": 2},
        {"hours": "12-20", "number": 3},
        {"hours": "20-24", "number": 2},
    ]


def test_stamps_that_are_set_in_batches_show_no_rota() -> None:
    assert desk_of(frame(ON_DUTY, in_batches=True)) is None


def test_nurses_who_see_ambulance_patients_as_well_are_one_team() -> None:
    found = desk_of(frame(ON_DUTY, ambulances=True))
    assert found is not None
    assert found.one_team
    assert found.on_duty.tolist() == ON_DUTY.tolist()
    assert {shift["number"] for shift in found.shifts(second=True)} <= {0, 1}
    assert {shift["number"] for shift in found.shifts(first=True)} == {1, 2}


def test_a_start_that_is_rounded_still_shows_the_rota() -> None:
    made: Any = frame(ON_DUTY)
    nearest = made.assessed_at.dt.round("15min")
    rows = (nearest > made.arrived_at) & (nearest <= made.triaged_at)
    rows &= np.random.default_rng(4).random(len(made)) < 0.4
    made["assessed_at"] = made.assessed_at.where(~rows, nearest)
    found = desk_of(made)
    assert found is not None
    assert found.on_duty.tolist() == ON_DUTY.tolist()


def habits_of(*, before: float, elasticity: float, effort: float) -> tuple[float, ...]:
    """Of 240 days on which patients come now alone, now eighteen at once."""
    rng = np.random.default_rng(5)
    a_day = rng.poisson(170 * np.repeat(rng.uniform(0.85, 1.15, 35), 7)[:240])
    arrived = np.sort(np.repeat(np.arange(240) * 1440.0, a_day) + 1440 * rng.random(a_day.sum()))
    crowd = np.arange(len(arrived)) // 20 % 4 == 0
    arrived[crowd] = np.floor(arrived[crowd] / 30) * 30
    arrived = np.sort(arrived)
    waits = rng.lognormal(np.log(before) - 0.125, 0.5, len(arrived)) if before else 0.0 * arrived
    start = arrived + np.where(crowd, 25.0, waits)
    queue = np.searchsorted(arrived, start) - np.searchsorted(np.sort(start), start)
    week = np.convolve(a_day, np.ones(7))[:240] / np.convolve(np.full(240, 170), np.ones(7))[:240]
    ratio = np.append(1.0, week)[(arrived // 1440).astype(int)]
    reached = (queue[:, None] >= np.array([8, 6, 4, 2, 1])).mean(axis=1)
    minutes = rng.lognormal(1.7, 0.3, len(arrived)) * ratio**-elasticity * (1 - effort * reached)
    made = stamped(arrived, start, start + minutes, np.zeros(len(arrived), dtype=bool))
    found = {
        path: values for path, values, _ in front_door_habits(extract_of(made), one_team=False)
    }
    read = [value for values in found.values() for value in values.values()]
    assert list(found) == [*ARRIVING, FRONT_DOOR, EFFORT]
    return tuple(read)


def test_what_passes_before_triage_and_what_its_minutes_follow_are_read() -> None:
    found = habits_of(before=4.0, elasticity=0.9, effort=0.3)
    assert found[:2] == (pytest.approx(4.0, rel=0.1), pytest.approx(0.9, abs=0.2))
    assert 0.1 < found[2] < 0.4
    none = habits_of(before=0.0, elasticity=0.0, effort=0.0)
    assert none == (LEAST_BEFORE, pytest.approx(0.0, abs=0.2), pytest.approx(0.0, abs=0.05))
