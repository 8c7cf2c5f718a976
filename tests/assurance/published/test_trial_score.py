"""Scores of modelled effects beside no effect and a guess: by hand, and on made-up studies whose answer is known."""

import numpy as np
import pytest

from simulation.assurance.trial_score import MOST_ERROR, TrialRow, guess_of, log_ratio, scores_of


def row(study: str, outcome: str, published: float, modelled: float, **more: bool) -> TrialRow:
    return TrialRow(study, outcome, "staff_added", published, modelled, **more)


def test_a_benefit_is_above_0_whichever_way_is_better() -> None:
    assert log_ratio(60, 30, is_share=False, lower_is_better=True) == pytest.approx(np.log(2))
    better = log_ratio(0.5, 0.6, is_share=True, lower_is_better=False)
    assert better == pytest.approx(np.log(1.5))


def test_a_level_of_nothing_is_a_capped_error_and_no_crash() -> None:
    assert log_ratio(30, 0, is_share=False, lower_is_better=True) == np.inf
    assert log_ratio(0, 0.2, is_share=True, lower_is_better=True) == -np.inf
    scores = scores_of([row("a", "wait", 0.1, np.inf), row("b", "wait", 0.2, -np.inf)])
    assert scores.model.error.value == pytest.approx(MOST_ERROR)


def test_the_guess_is_of_other_studies_on_the_same_outcome_or_on_all() -> None:
    rows = [
        row("a", "wait", 0.1, 0),
        row("a", "wait", 0.3, 0),
        row("b", "wait", 0.6, 0),
        row("c", "wait", 1.0, 0),
        row("c", "stay", 0.0, 0),
        row("d", "wait", 9.0, 0, sized=False),  # a sign alone is no guess
    ]
    guesses = guess_of(rows, rows)
    assert guesses[0] == guesses[1] == pytest.approx(0.8)
    assert guesses[2] == pytest.approx((0.2 + 1.0) / 2)
    assert guesses[4] == pytest.approx((0.2 + 0.6) / 2)  # no other study has a stay: all of them


def test_a_study_weighs_alike_however_many_rows_it_has() -> None:
    rows = [row("a", "wait", 0.2, 0.2), *(row("b", "wait", 0.2, 0.6) for _ in range(9))]
    assert scores_of(rows).model.error.value == pytest.approx(0.2)


def test_an_error_is_capped_and_a_published_0_has_no_sign() -> None:
    rows = [row("a", "wait", 0.0, 5.0), row("b", "wait", 0.1, 0.2), row("c", "wait", -0.1, 0.2)]
    model = scores_of(rows).model
    assert model.error.value == pytest.approx((MOST_ERROR + 0.1 + 0.3) / 3)
    assert (model.right, model.n_signed) == (1, 2)


def test_a_model_without_error_is_nearer_than_both_guesses_beyond_chance() -> None:
    published = np.random.default_rng(1).normal(0.2, 0.3, 20)
    rows = [row(str(number // 2), "wait", value, value) for number, value in enumerate(published)]
    scores = scores_of(rows)
    assert scores.model.error.value == 0
    assert scores.model.rank.value == pytest.approx(1)
    assert scores.model.less_guess.high < 0
    assert scores.no_effect.right == 0
    assert np.isnan(scores.no_effect.rank.value)


@pytest.mark.slow
def test_the_interval_of_an_error_holds_the_truth_as_often_as_it_says() -> None:
    """Sets of 15 studies whose errors have a mean of .3; resampling so few holds less than 95 %, and not under 82."""
    chance, held = np.random.default_rng(2), 0
    for _ in range(100):
        errors = chance.exponential(0.3, 15).clip(0, MOST_ERROR)
        rows = [row(str(number), "wait", 0.0, error) for number, error in enumerate(errors)]
        error = scores_of(rows).model.error
        held += error.low <= 0.3 <= error.high
    assert held >= 82
