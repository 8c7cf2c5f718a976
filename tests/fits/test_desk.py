"""Nurses on duty are seen from the stamps of triage, while patients wait for it."""

import numpy as np

import simulation as ae
from simulation.fits.desk import DeskRota, desk_rota

DAYS = 30
ON_DUTY = np.array([1] * 9 + [2] * 3 + [3] * 8 + [2] * 4)


def frame(on_duty: np.ndarray, *, in_batches: bool = False, ambulances: bool = False) -> object:
    """Walk-ins who wait for nurses on duty by hour of the day, in the order in which they come."""
    import pandas as pd

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
    by_ambulance = ambulances & (np.arange(len(arrived)) % 3 == 0)
    mode = np.where(by_ambulance, "ambulance", "walk_in")
    return pd.DataFrame({**times, "mode": mode, "end": "discharged"})


def desk_of(made: object) -> DeskRota | None:
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
    return desk_rota(ae.from_table(made, mapping))


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
