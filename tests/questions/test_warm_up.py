"""MSER-5 against a series worked out by hand and against known cases; Welch's average against its definition."""

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.questions.warm_up import mser, welch, without_rhythm


def test_mser_of_a_series_worked_out_by_hand() -> None:
    """Batches of one: 9, 4, 1, 2, 1, 2, 1, 2, 1, 2 and the last five are no truncation point, so d is 0 to 4.

    d = 0: mean 2.5, squares 54.5 / 100 = .545; d = 1: mean 16/9, 7.556 / 81 = .0933; d = 2: mean 1.5, 2 / 64 = .03125;
    d = 3: mean 11/7, 1.714 / 49 = .03499; d = 4: mean 1.5, 1.5 / 36 = .04167.
    """
    found = mser(np.array([9.0, 4, 1, 2, 1, 2, 1, 2, 1, 2]), batch=1)
    assert (found.n_left_out, found.settled) == (2, True)


def test_mser_5_takes_means_of_five_first_and_leaves_whole_batches_out() -> None:
    """The same ten numbers, each the mean of five whose ups and downs cancel, and a rest that fills no batch."""
    by_hand = [9.0, 4, 1, 2, 1, 2, 1, 2, 1, 2]
    series = np.concatenate(
        [np.array([-20.0, 20, 0, 7, -7]) + mean for mean in by_hand] + [np.full(4, 1e6)]
    )
    assert mser(series).n_left_out == 10


def test_mser_5_finds_a_known_beginning_and_leaves_a_level_series_alone() -> None:
    """A shift of five standard deviations that ends at 200 of 2,000; 50 seeds each."""
    starts, level = [], []
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(0, 1, 2000)
        starts.append(mser(noise + np.where(np.arange(2000) < 200, 5.0, 0.0)).n_left_out)
        level.append(mser(noise).n_left_out)
    assert min(starts) >= 200
    assert np.median(starts) == 200
    assert np.median(level) <= 100


def test_a_series_that_never_settles_gets_no_recommendation() -> None:
    assert not mser(np.concatenate([np.linspace(0, 100, 700), np.full(300, 100.0)])).settled


def test_a_series_that_is_too_short_is_refused_in_words() -> None:
    with pytest.raises(ResultsError, match=r"a series of 49 numbers\. Give 50 at least"):
        mser(np.zeros(49))


def test_welchs_average_widens_to_its_window_and_ends_before_the_end() -> None:
    series = np.array([5.0, 1, 3, 8, 0, 4, 7])
    assert welch(series, half_window=2).tolist() == [
        5,
        3,
        pytest.approx(17 / 5),
        pytest.approx(16 / 5),
        22 / 5,
    ]


def test_a_weekly_rhythm_is_taken_away_and_a_drift_stays() -> None:
    hours = np.arange(12 * 168)
    drift = 30 * np.exp(-hours / 200)
    adjusted = without_rhythm(50 + drift + 20 * np.sin(2 * np.pi * hours / 24))
    assert adjusted == pytest.approx(50 + drift, abs=0.5)
