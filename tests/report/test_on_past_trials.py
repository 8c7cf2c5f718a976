"""Beside an effect stands what past trials of its kind of change make of it: an interval, studies, and its sign."""

from dataclasses import replace
from math import exp

import pytest

from simulation.api import Result
from simulation.display.measured import Limits
from simulation.report import outcome
from simulation.report.outcome import ArmOutcome, OnPastTrials, outcome_of
from simulation.report.verdict_tables import ON_PAST_TRIALS, first_table, target_table, trials_cell
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import NonInferiority
from tests.long.made_departments import worth

MORE, LABEL, TWIN = "one_more_triage_nurse", "ai_label_measured_under", "twin"
WORTH = {
    "kinds": {
        "staff_added": {"n_studies": 9, "low": 0.5, "middle": 1.0, "high": 2.0},
        "labels": {"n_studies": 1, "low": -1.0, "middle": 0.5, "high": 2.0},
    },
    "farthest": [-0.5, 1.4],
}


OF_UNIT = {"minutes": {"low": 0.25, "middle": 1.0, "high": 1.5}, "share": {}}
MADE = {"n_departments": 12, "places": {"triage": OF_UNIT}}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "past_trials", lambda: WORTH)


@pytest.fixture
def held(result: Result, known: None, monkeypatch: pytest.MonkeyPatch) -> Result:
    """The result, as of departments that were held to records."""
    monkeypatch.setattr(outcome, "made_departments", lambda: MADE)
    monkeypatch.setattr(type(result.study), "held_to_records", True)
    return replace(result)


def a_row(result: Result, arm: str, change: float, half: float = 0.0) -> Comparison:
    """An effect on a wait of 80 minutes."""
    row = result.row(arm, "wait_to_clinician_mean")
    ends = change - half, change + half
    return replace(
        row, mean=80 + change, difference=change, difference_low=ends[0], difference_high=ends[1]
    )


def test_an_interval_is_that_of_ratios_and_keeps_its_sign_where_both_ends_do(
    result: Result, known: None
) -> None:
    worth = outcome_of(result, MORE).on_past_trials(a_row(result, MORE, -40.0))
    assert worth is not None
    assert (worth.low, worth.high) == pytest.approx((-60.0, 80 * (0.5**0.5 - 1)))
    assert (worth.kind, worth.n_studies, worth.holds) == ("staff_added", 9, True)


def test_an_effect_that_is_not_settled_is_not_settled_on_past_trials_either(
    result: Result, known: None
) -> None:
    worth = outcome_of(result, MORE).on_past_trials(a_row(result, MORE, -1.0, half=5.0))
    assert worth is not None
    assert worth.low < -1 < 0 < worth.high
    assert not worth.holds


def test_no_effect_stays_none_and_one_against_trials_does_not_survive(
    result: Result, known: None
) -> None:
    none = outcome_of(result, LABEL).on_past_trials(a_row(result, LABEL, 0.0))
    assert none is not None
    assert (none.low, none.high, none.holds) == (0.0, 0.0, False)
    some = outcome_of(result, LABEL).on_past_trials(a_row(result, LABEL, 8.0))
    assert some is not None
    assert some.low < 0 < some.high
    assert not some.holds


def test_no_interval_goes_further_than_any_trial_went(result: Result, known: None) -> None:
    worth = outcome_of(result, LABEL).on_past_trials(a_row(result, LABEL, -60.0))
    assert worth is not None
    assert (worth.low, worth.high) == pytest.approx((80 * exp(-1.4) - 80, 80 * exp(0.5) - 80))


def test_a_label_says_that_it_has_hardly_a_trial_and_a_twin_says_nothing(
    result: Result, known: None
) -> None:
    words = str(trials_cell(result, a_row(result, LABEL, 8.0)))
    assert "(hardly a trial)" in words
    words = str(trials_cell(result, a_row(result, MORE, -40.0)))
    assert words.startswith("−60.0 to −23.4 (9 studies)")
    assert trials_cell(result, a_row(result, TWIN, 0.0)) == "–"


def test_it_stands_in_the_first_table_and_in_that_of_each_target(result: Result) -> None:
    first = first_table(result)
    assert first is not None
    for table in (first, *(target_table(result, target) for target in result.targets)):
        assert ON_PAST_TRIALS in table.headers
        assert all(len(row) == len(table.headers) for row in table.cells)


def test_an_effect_in_departments_held_to_records_has_the_range_of_made_ones(held: Result) -> None:
    """Of a change at triage; the wider of that and the departments' own counts. Others keep that of trials."""
    row = a_row(held, MORE, -40.0)
    made = outcome_of(held, MORE).on_past_trials(row)
    assert made is not None
    assert (made.low, made.high) == pytest.approx((80 * 0.5**1.5 - 80, 80 * 0.5**0.25 - 80))
    assert (made.n_made, made.hardly_any) == (12, False)
    words = str(trials_cell(held, row))
    assert words.startswith("−51.7 to −12.7 (27 seconds")
    assert "12 made-up departments)" in words
    wide = outcome_of(held, MORE).on_past_trials(
        replace(row, department_p5=-55.0, department_p95=-1.0)
    )
    assert wide is not None
    assert (wide.low, wide.high) == pytest.approx((-55.0, -1.0))
    of_label = outcome_of(held, LABEL).on_past_trials(a_row(held, LABEL, 8.0))
    assert of_label is not None
    assert (of_label.n_made, of_label.hardly_any) == (0, True)


def test_made_departments_are_summed_up_as_their_rows_say() -> None:
    known = outcome.made_departments()
    rows = [worth.Row(*row) for row in known["rows"]]
    assert len({row.department for row in rows}) == known["n_departments"]
    for place, units in known["places"].items():
        for unit, ends in units.items():
            told = worth.times_of(worth.of_place(rows, place, unit))
            assert list(ends.values()) == pytest.approx(told, abs=0.005)


@pytest.mark.parametrize(
    ("ends", "alone", "state"),
    [
        ((-3.0, 1.9), "cannot tell", "passes"),
        ((-3.0, 2.1), "non-inferior", "open"),
        ((-3.0, -1.0), "inferior", "fails"),
        ((-3.0, -1.0), "worse", "may fail"),
    ],
)
def test_a_claim_of_safety_rests_on_the_range_and_a_sign_of_harm_on_simulation(
    held: Result,
    monkeypatch: pytest.MonkeyPatch,
    ends: tuple[float, float],
    alone: NonInferiority,
    state: str,
) -> None:
    worth = OnPastTrials("", 0, *ends, holds=ends[1] < 0)
    monkeypatch.setattr(ArmOutcome, "on_past_trials", lambda one, row: worth)
    told = replace(held.safety[0].judgement, kind=alone)
    judged = tuple(
        replace(one, judgement=told)
        for one in held.safety
        if one.margin.margin == 2 and one.arm == MORE
    )
    monkeypatch.setattr(outcome, "limits_of", lambda result, arm: Limits(judged))
    (limit,) = outcome_of(replace(held), MORE).limits.judged
    assert limit.state == state


def test_under_triage_rests_on_labels_not_on_the_range_of_an_effect(held: Result) -> None:
    row = next(
        one.comparison
        for one in held.safety
        if one.margin.measure.startswith("under") and one.comparison.difference
    )
    assert outcome_of(held, row.arm).on_past_trials(row) is not None
    assert outcome_of(held, row.arm).range_in_fits(row) is None
