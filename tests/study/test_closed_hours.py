"""Patients kept until the morning by a pool that closes are counted, and said above the answer."""

import numpy as np
import pytest

import simulation as ae
from simulation.config import load
from simulation.report.first_page import first_page
from simulation.study.department_warnings import _overlaps_closed, warn_of_closed_hours
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study
from simulation.units import HOUR
from tests.held import Hold

CLINIC = ("study=gallery/one_nurse", "engine=compiled", "executor=serial", "run.replications=2")
HOURS = "+pathway.profiles.daytime={weights: [WEIGHTS], evidence: assumed, source: test}"


def clinic(*, staff: str, doors: tuple[int, int] = (8, 20), queues: bool = True) -> Study:
    """One nurse at the hours of `staff`; patients come between two full hours, four in an hour."""
    weights = ", ".join(str(int(doors[0] <= hour < doors[1])) for hour in range(24))
    return load(
        *CLINIC,
        HOURS.replace("WEIGHTS", weights),
        "+pathway.arrivals.walk_in.by_hour=daytime",
        "pathway.arrivals.walk_in.per_day=48",
        "~pathway.pools.nurses.capacity",
        f"+pathway.pools.nurses.rota=[{{hours: {staff}, number: 1}}]",
        f"+pathway.pools.nurses.queues_until_open={str(queues).lower()}",
    )


def test_patients_who_still_queue_as_a_pool_closes_are_counted_by_hand(hold: Hold) -> None:
    study = clinic(staff="8-20")
    (output,) = warn_of_closed_hours(study)
    hold(output)
    assert "pathway.pools.nurses.rota" in output
    run, days = study.run, 1440.0
    simulation = simulate_arm(study.baseline, run, study.engine, 0, cool_down_days=1)
    arrived = simulation.patients["arrived_at"]
    n_all = n_kept = 0
    activities = simulation.activities
    consultation = activities.known("step").index("consultation")
    columns = (activities[name] for name in ("patient", "step", "joined_at", "started_at"))
    for patient, step, joined, started in zip(*columns, strict=True):
        if step == consultation and run.window[0] <= arrived[patient] < run.window[1]:
            closes = joined - joined % days + 20 * 60
            n_all += 1
            closed = not 8 * 60 <= joined % days < 20 * 60 or started > closes
            n_kept += bool(closed and started - joined > 60)
    hold(output, f"{100 * n_kept / n_all:.1f} % of patients wait")
    assert n_kept > 5


@pytest.mark.parametrize(("share_minutes", "n_warnings"), [(0.02, 1), (0.0101, 1), (0.0099, 0)])
def test_the_warning_comes_from_one_patient_in_a_hundred_on(
    share_minutes: float, n_warnings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 10,000 patients, so many waited across the night."""
    monkeypatch.setattr(
        "simulation.study.department_warnings._share_and_minutes", lambda *_: (share_minutes, 90.0)
    )
    assert len(warn_of_closed_hours(clinic(staff="8-20"))) == n_warnings


def test_there_is_no_warning_if_staff_work_on_after_the_last_arrival_or_never_close() -> None:
    assert warn_of_closed_hours(clinic(staff="6-5", queues=True)) == ()
    assert warn_of_closed_hours(load(*CLINIC)) == ()


def test_the_warning_is_above_the_answer(hold: Hold) -> None:
    result = ae.compare(clinic(staff="8-20"))
    hold(first_page(result).checks, "across hours when")


@pytest.mark.parametrize(
    ("joined", "stopped", "across"),
    [
        (19, 20, False),
        (19, 20.1, True),
        (21, 21, False),
        (21, 32, True),
        (7.9, 9, True),
        (8, 19, False),
        (167, 176, True),
    ],
)
def test_a_wait_is_across_closed_hours_if_any_of_it_is_in_them(
    joined: float, stopped: float, across: bool
) -> None:
    nights = sorted(
        [(day * 24 + a) * HOUR, (day * 24 + b) * HOUR]
        for day in range(7)
        for a, b in ((0, 8), (20, 24))
    )
    empty = [(start, end) for start, end in nights]
    spans = [np.array([int(hours * HOUR)]) for hours in (joined, stopped)]
    assert bool(_overlaps_closed(*spans, empty)[0]) is across
