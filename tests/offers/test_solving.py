"""Minutes are solved for: each department along its own slopes."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from simulation.offers import offer
from simulation.offers.interview import OfferAnswers
from simulation.offers.solving import (
    TOLERANCES,
    CalibrationTarget,
    Solver,
    _short,
    _steps,
    _updated,
    comparison_lines,
)
from tests.held import Hold

SHARE = CalibrationTarget("doctor_minutes", "within_4h_share", 0.6, -1.5, (0.5, 1.5))
WAIT = CalibrationTarget("triage_busy", "walk_in_triage_wait_mean", 20, 2.5, (0.05, 3), in_log=True)


def test_two_figures_that_hang_on_both_parameters_are_met_together() -> None:
    """Linear departments, each with slopes of its own, of which the assumed ones know only the own parameter."""
    rng = np.random.default_rng(1)
    true = np.array([[[-2.0, -0.3], [0.2, 4.0]]]) * rng.uniform(0.6, 1.6, (20, 2, 2))
    at, slopes = (
        rng.normal(0, 0.1, (20, 2)),
        np.tile(np.diag([SHARE.slope, WAIT.slope]), (20, 1, 1)),
    )
    goal = np.array([0.05, 0.3])
    value = np.einsum("nij,nj->ni", true, at)
    for _ in range(4):
        step = np.linalg.solve(slopes, (goal - value)[:, :, None])[:, :, 0]
        after = np.einsum("nij,nj->ni", true, at + step)
        slopes = _updated(slopes, step, after - value, (SHARE, WAIT))
        at, value = at + step, after
    assert np.abs(value - goal).max() < 0.01


def test_a_wait_that_was_answered_is_solved_for_with_what_comes_after_it() -> None:
    """Doctors' minutes then go with the wait, those after the first contact with the four-hour share."""
    members: Any = [SimpleNamespace(cause="pace")] * 3
    targets = [
        [(one.parameter, one.measure) for one in offer._targets(values, members)]
        for values in (
            OfferAnswers(within_four_hours=0.7),
            OfferAnswers(within_four_hours=0.7, wait_to_clinician=74.0),
            OfferAnswers(median_wait_to_clinician=60.0),
        )
    ]
    doctors, after = "doctor_minutes", "return_minutes"
    bays = ("assessment_bays", "handover_mean")
    assert targets[0] == [(doctors, "within_4h_share"), bays]
    assert targets[1] == [(doctors, "wait_to_clinician_mean"), (after, "within_4h_share"), bays]
    assert targets[2] == [(doctors, "time_to_clinician_median"), bays]


def test_a_bound_asks_for_a_move_only_where_it_is_passed_and_its_slope_stays() -> None:
    """Bays grow where ambulances wait longer than the bound, and say nothing of how doctors' minutes work."""
    bound = offer.BOUND_ON_HANDOVER
    aims = (SHARE, bound)
    off = np.array([[0.02, 0.7], [0.02, -0.7], [-0.02, -0.7]])
    assert _short(off, aims).tolist() == [[0.02, 0.0], [0.02, -0.7], [-0.02, -0.7]]
    slopes = np.array([[[SHARE.slope, 0.0], [0.0, bound.slope]]])
    turned = _updated(slopes, np.array([[0.1, 0.3]]), np.array([[-0.06, -2.0]]), aims)
    assert turned[0, 0, 0] == pytest.approx(-0.6)
    assert (turned[0, 1], turned[0, 0, 1]) == (pytest.approx([0.0, bound.slope]), 0.0)
    members = [SimpleNamespace(cause="places")] * 2
    solver = cast(Any, SimpleNamespace(members=members, causes={"places": np.array([True, True])}))
    solver.off = lambda *known: Solver.off(solver, *known)
    fresh = {"within_4h_share": np.full(2, 0.62), bound.measure: np.array([90.0, 80.0])}
    assert Solver.unmet(solver, [bound], fresh) == ("places",)
    assert Solver.unmet(solver, [bound], fresh | {bound.measure: np.array([9.0, 50.0])}) == ()


def test_where_a_parameter_is_at_its_bound_the_others_make_up_for_it() -> None:
    """By hand: the second may move by .1 of the .2 that it should; the first then sees to the share. Within bounds,
    steps are those of the equations."""
    slopes = np.array([[[-2.0, 1.0], [0.0, 4.0]]] * 2)
    short = np.array([[0.1, 0.8], [0.1, 0.2]])
    ends = np.full((2, 2), -0.4), np.array([[0.4, 0.1], [0.4, 0.1]])
    steps = _steps(slopes, short, *ends, (SHARE, WAIT))
    assert steps == pytest.approx(np.array([[0.0, 0.1], [-0.025, 0.05]]), abs=1e-6)


def test_a_department_that_stood_still_keeps_its_slopes() -> None:
    slopes = np.array([[[-1.5]]])
    assert (_updated(slopes, np.array([[0.001]]), np.array([[0.1]]), (SHARE,)) == slopes).all()


def test_noise_does_not_turn_a_slope_round() -> None:
    updated = _updated(np.array([[[-1.5]]]), np.array([[0.01]]), np.array([[0.2]]), (SHARE,))
    assert updated[0, 0, 0] == -1.5 / 4


def test_what_could_not_be_met_is_said(hold: Hold) -> None:
    fresh = {
        "within_4h_share": np.full(20, 0.66),
        "admitted_share": np.full(20, 0.27),
        "walk_in_triage_wait_mean": np.full(20, 12.0),
        "walk_in_triage_minutes_mean": np.full(20, 7.0),
    }
    lines = list(
        comparison_lines({"within_4h_share": 0.62, "walk_in_triage_minutes_mean": 6.0}, fresh)
    )
    assert lines[0].endswith("Not met: 4.0 % above")
    assert lines[1].startswith("admitted: 27.0 % (27.0 to 27.0)")
    hold(lines[3])
    fresh["wait_to_clinician_mean"] = np.full(20, 107.0)
    of_waits = [
        next(
            line
            for line in comparison_lines({"wait_to_clinician_mean": wait}, fresh)
            if "clinician" in line
        )
        for wait in (74, 94)
    ]
    assert of_waits[0].endswith("answered 74.0 min. Not met: 33.0 min above")
    assert of_waits[1].endswith("answered 94.0 min")


def test_a_cause_whose_mean_is_off_is_named_and_told_from_one_that_cannot(hold: Hold) -> None:
    causes = {"places": np.arange(20) < 5, "pace": np.arange(20) >= 5}
    fresh = {name: np.where(causes["places"], 0.57, 0.62) for name in TOLERANCES}
    line = next(comparison_lines({"within_4h_share": 0.62}, fresh, causes))
    assert "answered 62.0 %; 57.0 if places. Not met: 1.2 % below" in line
    members = [SimpleNamespace(cause=name) for name, of in causes.items() for _ in range(of.sum())]
    solver = cast(Any, SimpleNamespace(members=members))
    solver.causes = Solver.causes.fget(solver)  # type: ignore[attr-defined]
    solver.off = lambda *known: Solver.off(solver, *known)
    assert Solver.unmet(solver, [SHARE._replace(wanted=0.62)], fresh) == ("places",)
    assert Solver.unmet(solver, [SHARE._replace(wanted=0.59)], fresh) == ()


def test_what_else_is_short_moves_against_doctors_minutes_in_its_cause_alone() -> None:
    start = np.log([[1.0], [1.1]])
    ensemble: Any = SimpleNamespace(
        parameters={"doctor_minutes": 0, "cubicles": 1}, departments=[0, 0]
    )
    ensemble.member = lambda number: SimpleNamespace(values=[(1.0, 1.1)[number], 0.9])
    solver = Solver(cast(Any, None), ensemble, start=start)
    moved = solver._points([SHARE._replace(along={"cubicles": np.array([-1.0, 0.0])})], start - 0.2)
    assert moved["cubicles"] == pytest.approx(np.log(0.9) + np.array([0.2, 0]))


def test_others_are_quicker_once_doctors_are_by_more_than_a_quarter() -> None:
    """By hand: of a fall by half of the logarithm, 0.2 is beyond 0.3, and twice that is 0.4."""
    parameters = {"doctor_minutes": (1.0, 1.1), "specialty_minutes": (0.9, 0.9)}
    members = [
        SimpleNamespace(values=[of[number] for of in parameters.values()]) for number in (0, 1)
    ]
    ensemble: Any = SimpleNamespace(
        parameters=parameters, departments=members, member=lambda number: members[number]
    )
    start = np.log([[1.0], [1.1]])
    solver = Solver(cast(Any, None), ensemble, start=start)
    quick = SHARE._replace(beyond=0.3, also={"specialty_minutes": 2.0})
    moved = solver._points([quick], start - [[0.5], [0.2]])
    assert moved["specialty_minutes"] == pytest.approx(np.log(0.9) - [0.4, 0])
    assert moved["doctor_minutes"] == pytest.approx(start[:, 0] - [0.5, 0.2])
    assert "specialty_minutes" not in solver._points([SHARE], start - 0.5)


def test_a_cause_that_is_left_out_says_by_which_figures(hold: Hold) -> None:
    """The handover is named where it is why, and not where ambulances wait as they do elsewhere."""
    causes = {"places": np.arange(40) < 20, "pace": np.arange(40) >= 20}
    fresh = {name: np.full(40, 0.48) for name in TOLERANCES}
    fresh["handover_mean"] = np.where(causes["places"], 171.0, 30.0)
    solver: Any = SimpleNamespace(
        causes=causes,
        ensemble=SimpleNamespace(causes={name: SimpleNamespace(label=name) for name in causes}),
    )
    stated, left = {"within_4h_share": 0.48}, range(20, 40)
    *_, line = offer._comparison(stated, fresh, solver, left, ("places",))
    hold(line)
    *_, line = offer._comparison(stated, fresh, solver, range(20), ("pace",))
    assert "ambulance" not in line
