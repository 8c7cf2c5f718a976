"""What the emulator says of rows whose law is known, and where the walk goes whose density is known."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from simulation.assurance.fitting.emulator import YEARS_JUDGED, EmulatorPrediction, learn, walk
from simulation.assurance.targets import PublishedFigure

SHARE = PublishedFigure(
    name="Seen in time", kind="calibrated", measure="within_4h_share", unit="share", value=0.6, low=0.5, high=0.7,
    tolerance="band", evidence="assumed", source="made for a test", note="",
)  # fmt: skip
NOISE = 0.1
N_YEARS = 120


def logit_of(points: np.ndarray) -> np.ndarray:
    """A curve in the first dimension, a line in the second, nothing in the third."""
    return np.asarray(np.sin(3 * points[:, 0]) + points[:, 1] - 1)


@pytest.fixture(scope="module")
def guess() -> tuple[EmulatorPrediction, np.ndarray]:
    """What is expected at 300 other points, and the truth."""
    rng = np.random.default_rng(5)
    points, others = rng.random((N_YEARS, 3)), rng.random((300, 3))
    noisy = logit_of(points) + rng.normal(0, NOISE, N_YEARS)
    emulator = learn([SHARE], points, (1 / (1 + np.exp(-noisy)))[:, None], [])
    return emulator.rows[0].at(others), logit_of(others)


def test_a_smooth_row_is_expected_where_it_is(guess: tuple[EmulatorPrediction, np.ndarray]) -> None:
    found, truth = guess
    assert np.sqrt(np.mean((found.mean - truth) ** 2)) < NOISE / 2


def test_doubt_is_as_large_as_the_errors_are(guess: tuple[EmulatorPrediction, np.ndarray]) -> None:
    found, truth = guess
    assert 0.3 < np.std((found.mean - truth) / found.standard_error) < 1.5


def test_the_noise_of_one_year_is_found(guess: tuple[EmulatorPrediction, np.ndarray]) -> None:
    assert guess[0].noise == pytest.approx(NOISE, rel=0.25)


def test_bounds_are_on_the_scale_of_the_row(guess: tuple[EmulatorPrediction, np.ndarray]) -> None:
    found, truth = guess
    assert (found.low, found.high) == pytest.approx((0.0, math.log(0.7 / 0.3)))
    clear = np.minimum(abs(truth - found.low), abs(truth - found.high)) > NOISE
    assert (found.inside == ((truth >= found.low) & (truth <= found.high)))[clear].all()


@pytest.mark.parametrize("mean", [-30.0, -1.0, 0.2, 2.0, 30.0])
def test_the_chance_of_a_band_is_that_of_the_normal_however_far_out(mean: float) -> None:
    guess = EmulatorPrediction(np.array([mean]), np.array([0.6]), 0.8, 0.0, 1.0)
    nearer, farther = (
        (norm.logsf(-mean), norm.logsf(1 - mean))
        if mean < 0.5
        else (norm.logcdf(1 - mean), norm.logcdf(-mean))
    )
    wanted = nearer + np.log1p(-np.exp(farther - nearer))
    assert guess.log_chance(1)[0] == pytest.approx(wanted, rel=1e-6)


def test_a_year_that_contradicts_the_others_is_a_surprise_and_so_is_one_without_a_number() -> None:
    rng = np.random.default_rng(7)
    points = rng.random((80, 2))
    values = 1 / (1 + np.exp(-(points[:, :1] + rng.normal(0, NOISE, (80, 1)))))
    emulator = learn([SHARE], points, values, [])
    years = values[:3].copy()
    years[1], years[2] = 0.99, np.nan
    assert emulator.contradicted(points[:3], years).tolist() == [False, True, True]
    assert emulator.log_chance(points[:3]) == pytest.approx(
        emulator.rows[0].at(points[:3]).log_chance(YEARS_JUDGED)
    )


@pytest.mark.parametrize("together", [True, False])
def test_rows_that_go_together_are_met_together_more_often(together: bool) -> None:
    """Of two rows whose years err alike the chance of both is that of one; else it is the product."""
    rng = np.random.default_rng(11)
    points = rng.random((N_YEARS, 2))
    one, other = rng.normal(0, NOISE, (2, N_YEARS))
    logits = logit_of(points)[:, None] + np.column_stack([one, one if together else other])
    emulator = learn([SHARE, SHARE], points, 1 / (1 + np.exp(-logits)), [])
    edge = np.flatnonzero(np.abs(np.exp(emulator.rows[0].at(points).log_chance(10)) - 0.5) < 0.2)
    alone = np.exp(emulator.rows[0].at(points[edge]).log_chance(10))
    product = np.exp(emulator.log_chance(points[edge]))
    assert len(edge) > 5
    assert emulator.chance(points[edge]) == pytest.approx(alone if together else product, abs=0.06)


def test_no_year_is_a_surprise_where_every_row_is_judged_by_its_mean() -> None:
    points = np.random.default_rng(7).random((40, 2))
    emulator = learn([SHARE], points, points[:, :1], [SHARE.measure])
    assert emulator.contradicted(points[:3], np.array([[0.2], [0.99], [0.5]])).tolist() == [
        False,
        False,
        False,
    ]
    assert emulator.log_chance(points[:3]) == pytest.approx(
        emulator.rows[0].at(points[:3]).log_chance(math.inf)
    )


def test_rows_judged_by_their_mean_are_not_lost_to_one_years_noise() -> None:
    guess = EmulatorPrediction(np.array([0.5]), np.array([0.01]), 5.0, 0.0, 1.0)
    assert guess.log_chance(math.inf)[0] == pytest.approx(0, abs=1e-6)
    assert guess.log_chance(1)[0] < -2


def test_years_that_gave_no_number_teach_nothing() -> None:
    points = np.random.default_rng(1).random((40, 1))
    values = 1 / (1 + np.exp(-points[:, :1]))
    values[3] = np.nan
    assert np.isfinite(learn([SHARE], points, values, []).rows[0].at(points).mean).all()


def test_a_walk_follows_two_parameters_that_are_tied() -> None:
    """A ridge: the sum of two is known to .02, their difference is not; a third does not matter.

    On the ridge x + y = 1 the first is even from 0 to 1: mean .5, sd .289; 400 chains know the mean to .014.
    """

    def log_chance(points: np.ndarray) -> np.ndarray:
        return np.asarray(-0.5 * ((points[:, 0] + points[:, 1] - 1) / 0.02) ** 2)

    points = walk(log_chance, 3, np.random.default_rng(2), np.empty((0, 3)), n_chains=400)
    assert points.shape == (400, 3)
    assert (points.sum(axis=1) - points[:, 2]).std() == pytest.approx(0.02, rel=0.2)
    assert points.mean(axis=0) == pytest.approx([0.5, 0.5, 0.5], abs=4 * 0.0145)
    assert points.std(axis=0) == pytest.approx(np.full(3, math.sqrt(1 / 12)), rel=0.12)
    assert points.min() >= 0
    assert points.max() <= 1
    assert (
        len(np.unique(points, axis=0)) > 390
    )  # chains start from far fewer points: all of them have moved


def test_what_a_structure_adds_is_learnt_and_the_walk_finds_both_that_fit() -> None:
    """Three structures of equal weight add 0, 1 and 3: with a band from 0 to 1 in the logit, one of them never fits."""
    rng = np.random.default_rng(4)
    edges = np.array([0, 1 / 3, 2 / 3, 1])
    points, others = rng.random((N_YEARS, 2)), rng.random((300, 2))

    def truth(points: np.ndarray) -> np.ndarray:
        return np.asarray(np.array([0, 1, 3])[(3 * points[:, 1]).astype(int)] + points[:, 0] - 0.5)

    noisy = truth(points) + rng.normal(0, NOISE, N_YEARS)
    emulator = learn([SHARE], points, (1 / (1 + np.exp(-noisy)))[:, None], [], edges)
    found = emulator.rows[0].at(others)
    assert np.sqrt(np.mean((found.mean - truth(others)) ** 2)) < NOISE
    chains = walk(emulator.log_chance, 2, rng, np.empty((0, 2)), n_chains=200)
    shares = np.bincount((3 * chains[:, 1]).astype(int), minlength=3) / len(chains)
    assert shares[2] == 0
    assert 0.3 < shares[0] < 0.7
