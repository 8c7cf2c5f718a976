"""Answers are held against one another while they are given: load by hour, waits, figures of departments."""

import time
from typing import Any

import numpy as np
import pytest

from simulation.offers.department import packaged_ensemble
from simulation.offers.interview import Answer, check, read
from simulation.offers.loads import (
    FIGURES,
    VARIATION,
    Queue,
    enough,
    ensemble_figures,
    figure_rows,
    mean_waits,
    patients_of,
    units_of,
)
from simulation.records.serialise import digest, to_plain
from tests.held import Hold

PRODUCT: dict[str, Answer] = {"product": "Our AI", "does": "advises"}
PLANNER: dict[str, Answer] = {
    **PRODUCT,
    "attendances_per_day": "410",
    "within_four_hours": "71 %",
    "triage_nurses": "3 from 8 to 22, 1 by night",
    "ambulances": "own nurses",
    "ambulance_nurses": "one ambulance nurse at all hours",
}
"""A planner's path that ended in a verdict over ambulances that waited 667 minutes."""


def ensemble_rows() -> list[dict[str, str]]:
    """The rows of the ensemble's departments, each once."""
    return [row for row in figure_rows() if row["times"] == "1.0"]


def said(key: str, **answers: Answer) -> str:
    """What is refused or asked at an answer, after the other answers."""
    checked = check(answers)
    return "; ".join([*map(str, checked.faults.get(key, ())), *checked.doubts[key]])


def test_the_figures_are_those_of_the_packaged_ensemble() -> None:
    of_ensemble = digest(to_plain(packaged_ensemble().departments))[:12]
    assert FIGURES.read_text(encoding="utf-8").splitlines()[0].endswith(of_ensemble)
    assert len(ensemble_rows()) == len(packaged_ensemble().departments)


def test_one_ambulance_nurse_for_410_a_day_is_refused_with_a_rota_that_would_do(hold: Hold) -> None:
    assert set(check(PLANNER).faults) == {"ambulance_nurses"}
    hold(said("ambulance_nurses", **PLANNER))
    would_do = {**PLANNER, "ambulance_nurses": "2 from 10 to 22 h, 1 by night"}
    assert not check(would_do).all_faults
    assert not said("ambulance_nurses", **would_do)


@pytest.mark.parametrize("key", ["triage_nurses", "ambulances", "triage_minutes"])
def test_too_much_work_is_said_at_the_last_of_the_answers_that_make_it(key: str) -> None:
    """560 patients, three nurses: enough for walk-ins in 3 minutes; neither for ambulances, too, nor in 12 minutes."""
    answers = {**PRODUCT, "attendances_per_day": 560, "triage_nurses": "3 8-24, 2 0-8"}
    answers |= {
        "triage_nurses": {"triage_nurses": "1 at all hours", "triage_minutes": None},
        "ambulances": {"ambulances": "triage nurses"},
        "triage_minutes": {"triage_minutes": 12},
    }[key]
    if key == "ambulances":
        answers["triage_minutes"] = None
        answers["triage_nurses"] = "2 8-22, 1 22-8"
    assert set(check(answers).faults) == {key}
    assert "would do" in said(key, **answers)


@pytest.mark.parametrize(
    "answers",
    [
        {"triage_nurses": "14 at all hours"},
        {"triage_nurses": "5 from 8 to 20, 4 by night", "triage_minutes": 6},
        {"triage_nurses": "4 at all hours", "triage_minutes": 5, "triage_wait": 75},
        {"ambulance_nurses": "eight at all hours", "ambulances": "own nurses"},
        {"doctors": "2 at all hours"},
        {"doctors": "14 from 8 to 24, 8 by night"},
        {"beds": 42},
        {"beds": 2500},
        {"triage_nurses": "3 8-22, 2 22-8", "triage_wait": 200},
        {"within_four_hours": "86 %", "triage_wait": 210},
        {"within_four_hours": "75 %", "wait_to_clinician": 240},
        {"within_four_hours": "75 %", "over_12h": "30 %"},
        {"within_four_hours": "80 %", "left": "25 %"},
        {"wait_to_clinician": 20, "triage_wait": 60},
    ],
    ids=str,
)
def test_idle_staff_and_figures_that_no_department_has_are_asked_about(
    answers: dict[str, Any], hold: Hold
) -> None:
    key = list(answers)[-1 if "ambulances" not in answers else 0]
    hold(said(key, attendances_per_day=200, **answers))


def answers_of(row: dict[str, str]) -> dict[str, Answer]:
    """The figures of a department of the ensemble as answers: its rotas, attendances, waits and shares."""
    answers: dict[str, Answer] = {
        **PRODUCT,
        "within_four_hours": float(row["within_4h_share"]),
        "wait_to_clinician": round(float(row["wait_to_clinician_mean"]), 1),
        "over_12h": float(row["over_12h_share"]),
        "left": float(row["left_share"]),
        "admitted_share": float(row["admitted_share"]),
        "triage_minutes": round(float(row["walk_in_triage_minutes_mean"]), 1),
        "triage_wait": round(float(row["walk_in_triage_wait_mean"]), 1),
    }
    stated = (
        "attendances_per_day", "triage_nurses", "ambulances", "ambulance_nurses", "children", "doctors", "beds",
    )  # fmt: skip
    return answers | {key: row[key] for key in stated if row[key]}


@pytest.mark.slow
def test_no_answers_that_are_figures_of_a_department_are_refused_and_few_are_asked_about() -> None:
    """One in eight at most, by whatever it is; so too without what is seldom known."""
    for left_out, every in (
        ((), 1),
        (("triage_minutes",), 4),
        (("triage_wait", "wait_to_clinician", "doctors"), 2),
    ):
        asked = 0
        for row in ensemble_rows()[::every]:
            answers = {key: one for key, one in answers_of(row).items() if key not in left_out}
            checked = check(answers)
            assert not checked.all_faults, (row["department"], list(map(str, checked.all_faults)))
            asked += any(checked.doubts[key] for key in answers)
        assert asked <= len(ensemble_rows()) / 8 / every, left_out


def test_a_check_takes_less_than_a_second() -> None:
    answers = answers_of(ensemble_rows()[0])
    check(answers)
    start = time.process_time()
    check({**answers, "attendances_per_day": "333"})
    assert time.process_time() - start < 1


def test_load_is_work_over_hours_on_duty() -> None:
    """By hand: 28 % of 340 come by ambulance, 3.4 % of whom nobody assesses; 12 minutes each, 24 hours."""
    patients = patients_of("ambulance", 340)
    queue = Queue(patients, patients * 12, units_of(read("rota", "1 at all hours", {})))
    assert queue.per_day == pytest.approx(95.2 * (1 - 0.04 * 0.85))
    assert queue.load == pytest.approx(95.2 * 0.966 * 12 / 1440)
    assert queue.over[2 * 12]
    assert not queue.over[2 * 4]


def test_a_steady_queue_waits_as_long_as_pollaczek_and_khinchine_say() -> None:
    rate, minutes = np.full(336, 3.0), 8.0  # three each half hour
    wait = mean_waits(rate, (rate * minutes)[:, None], np.ones(336))[0]
    assert wait == pytest.approx(VARIATION * 0.8 / 0.2 * minutes, rel=0.05)


@pytest.mark.slow
def test_waits_are_those_that_the_ensemble_simulates_but_for_a_factor() -> None:
    """Eight of ten departments with nurses of their own within a factor of two and a half, or 5 minutes."""
    off = []
    for row in ensemble_rows():
        if row["ambulances"] == "own nurses":
            size = float(row["attendances_per_day"])
            patients = patients_of("walk_in", size) + patients_of("referred", size)
            minutes = float(row["walk_in_triage_minutes_mean"])
            units = units_of(read("rota", row["triage_nurses"], {}))
            wait = Queue(patients, patients * minutes, units).mean_wait()
            simulated = float(row["walk_in_triage_wait_mean"])
            off.append(abs(wait - simulated) < 5 or 1 / 2.5 < wait / simulated < 2.5)
    assert np.mean(off) >= 0.8


def test_a_rota_that_would_do_leaves_nobody_busier_than_it_says() -> None:
    patients = patients_of("walk_in", 410)
    rota = read("rota", enough(patients * 7), {})
    assert 0.5 < Queue(patients, patients * 7, units_of(rota)).load <= 0.9
    assert ensemble_figures("triage_load").max() < 1.05  # at minutes without haste


def test_hours_with_hardly_a_doctor_are_asked_about() -> None:
    """The same hours of doctors, spread as patients come and nearly all by day."""
    answers = {"attendances_per_day": 390, "product": "Ours", "does": "labels"}
    spread = check({**answers, "doctors": "9 from 8 to 24, 6 by night"})
    thin = check({**answers, "doctors": "13 from 8 to 22, 1 by night"})
    assert not spread.doubts["doctors"]
    assert any("22" in words for words in thin.doubts["doctors"])


@pytest.mark.parametrize(("saves", "asked"), [("60 s", False), ("150 s", True), ("230 s", True)])
def test_a_saving_of_more_than_half_of_a_triage_is_asked_about(saves: str, asked: bool) -> None:
    answers = {"attendances_per_day": 390, "product": "Ours", "does": "saves time"}
    checked = check({**answers, "triage_minutes": 4.5, "saves": saves})
    assert bool(checked.doubts["saves"]) == asked
