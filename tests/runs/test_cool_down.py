"""The cool-down: long enough for everybody who is measured, and without effect on them once it is."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.measures.measuring import measure
from simulation.measures.quantities import in_window
from simulation.records.schema import IN_BUILDING
from simulation.runs.replicate import replicate
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study

DAY = 1440.0
Ward = Callable[..., Pathway]


@pytest.mark.parametrize(
    ("days_in", "cool_down", "needed"),
    [(0.2, 1, 1), (1.5, 1, 2), (5, 1, 8), (5, 3, 6), (2.5, 0, 4), (5, 5, 5)],
)
def test_the_cool_down_doubles_until_every_measured_patient_has_left(
    days_in: float, cool_down: int, needed: int, ward: Ward, study_of: Callable[..., Study]
) -> None:
    days = {"warm_up_days": 7, "measured_days": 3, "cool_down_days": cool_down}
    answer = replicate(study_of(ward(minutes=days_in * DAY), **days), 0)
    assert answer.cool_down_days == needed
    assert answer.arms["nurse"].n_unfinished == 0
    assert answer.arms["nurse"].measures.value("stay_mean") == pytest.approx(days_in * DAY)


def test_the_cool_down_stops_doubling_after_the_stated_number_and_says_who_is_still_in(
    ward: Ward, study_of: Callable[..., Study]
) -> None:
    days = {"warm_up_days": 0, "measured_days": 2, "cool_down_days": 1, "doublings": 1}
    answer = replicate(study_of(ward(minutes=30 * DAY), **days), 0)
    assert answer.cool_down_days == 2
    assert answer.arms["nurse"].n_unfinished > 20


def test_arrivals_go_on_through_the_cool_down(ward: Ward, study_of: Callable[..., Study]) -> None:
    study = study_of(ward(minutes=10), warm_up_days=0, measured_days=2)
    simulated = simulate_arm(study.baseline, study.run, "compiled", 0, cool_down_days=5)
    assert simulated.patients["arrived_at"].max() > 6 * DAY


def test_a_week_more_of_cool_down_changes_no_measured_row(study: Study) -> None:
    short, long = (
        simulate_arm(study.baseline, study.run, "compiled", 0, cool_down_days=days)
        for days in (study.run.cool_down_days, study.run.cool_down_days + 7)
    )
    ours, theirs = (
        each.patients.select(in_window(each.patients, study.run.window)) for each in (short, long)
    )
    assert len(ours) == len(theirs) > 2000
    on_ward = ours.where(
        "outcome", IN_BUILDING
    )  # has left A&E, and the ward perhaps within the week
    assert not np.isnan(ours["departed_at"]).any()
    for name in ours.columns:
        same = np.ones(len(ours), dtype=bool) if name not in ("outcome", "patient") else ~on_ward
        assert np.array_equal(
            ours[name][same], theirs[name][same], equal_nan=ours[name].dtype.kind == "f"
        ), name
    measures = [measure(each.patients, window=study.run.window) for each in (short, long)]
    assert np.array_equal(measures[0].values, measures[1].values, equal_nan=True)


def test_only_who_arrives_in_the_window_is_measured(study: Study) -> None:
    run = replace(study.run, warm_up_days=7, measured_days=3)
    patients = simulate_arm(study.baseline, run, "compiled", 0, cool_down_days=1).patients
    arrived_at = patients["arrived_at"]
    mine = patients.select((arrived_at >= 7 * DAY) & (arrived_at < 10 * DAY))
    assert 0 < len(mine) < len(patients)
    measures = [measure(each, window=run.window).values for each in (patients, mine)]
    assert np.array_equal(*measures, equal_nan=True)
