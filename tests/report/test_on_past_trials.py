"""Beside an effect stands what past trials of its kind of change make of it: an interval, studies, and its sign."""

from dataclasses import replace
from math import exp

import pytest

from simulation.api import Result
from simulation.report import outcome
from simulation.report.outcome import outcome_of
from simulation.report.verdict_tables import ON_PAST_TRIALS, first_table, target_table, trials_cell
from simulation.statistics.compare import Comparison

MORE, LABEL, TWIN = "one_more_triage_nurse", "ai_label_measured_under", "twin"
WORTH = {
    "kinds": {
        "staff_added": {"n_studies": 9, "low": 0.5, "middle": 1.0, "high": 2.0},
        "labels": {"n_studies": 1, "low": -1.0, "middle": 0.5, "high": 2.0},
    },
    "farthest": [-0.5, 1.4],
}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "past_trials", lambda: WORTH)


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
