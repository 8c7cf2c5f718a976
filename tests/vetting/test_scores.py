"""Scores: worked by hand, against other people's formulas, and whether their intervals cover."""

import numpy as np
import pytest
from scipy.stats import binomtest

from simulation.triage.matrix import agreement
from simulation.vetting.cases import Levels
from simulation.vetting.scores import (
    KAPPAS,
    SHARES,
    Labelled,
    difference,
    differences,
    exact_share,
    kappa,
    matrix_intervals,
    paired_difference,
    resample_sums,
    score,
    score_all,
)

from .conftest import PUBLISHED, drawn, labelled


def test_shares_are_those_counted_by_hand() -> None:
    """Six cases: exact, under by 1, under by 3, over by 1, none, exact."""
    found = score_all(labelled([1, 1, 2, 3, 2, 5], [1, 2, 5, 2, 0, 5]), seed=1)
    by_hand = {
        "exact_share": 2 / 6,
        "under_share": 2 / 6,
        "over_share": 1 / 6,
        "two_or_more_levels_share": 1 / 6,
        "sensitivity": 2 / 4,
        "under_triage_1_2_share": 2 / 4,
        "no_label_share": 1 / 6,
    }
    assert {name: found[name].value for name in SHARES} == pytest.approx(by_hand)
    assert (found["exact_share"].n, found["sensitivity"].n) == (6, 4)


def test_a_case_without_a_label_stays_in_the_denominator() -> None:
    answered = score_all(labelled([2, 2, 3, 3], [2, 2, 3, 3]), seed=1)
    unanswered = score_all(labelled([2, 2, 3, 3], [2, 0, 3, 0]), seed=1)
    assert (answered["exact_share"].value, unanswered["exact_share"].value) == (1.0, 0.5)
    assert unanswered["sensitivity"].value == 0.5
    assert unanswered["exact_share"].n == 4


def test_a_case_that_is_asked_twice_counts_once_with_its_mean() -> None:
    twice = Labelled(np.array([0, 1]), np.array([[0, 1], [1, 1]]))
    found = score_all(twice, seed=1)["exact_share"]
    assert (found.value, found.n) == (0.75, 2)


def test_scores_are_those_that_triage_works_out_from_a_matrix() -> None:
    truth = np.repeat(np.arange(5), np.sum(PUBLISHED, axis=1))
    labels = np.concatenate([np.repeat(np.arange(5), row) for row in PUBLISHED])
    found = score_all(Labelled(truth, labels[:, None]), seed=1)
    shares = np.array(PUBLISHED) / np.sum(PUBLISHED, axis=1, keepdims=True)
    theirs = agreement(shares, list(np.sum(PUBLISHED, axis=1)))
    for name in (
        "exact_share",
        "under_share",
        "over_share",
        "two_or_more_levels_share",
        "sensitivity",
    ):
        assert found[name].value == pytest.approx(theirs[name]), name  # type: ignore[literal-required]
    for name in KAPPAS:
        assert found[name].value == pytest.approx(theirs[name]), name  # type: ignore[literal-required]


def test_exact_intervals_are_those_of_scipy() -> None:
    for k, n in ((0, 10), (73, 86), (86, 86), (5, 688)):
        theirs = binomtest(k, n).proportion_ci(0.95, method="exact")
        ours = exact_share(k, n)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_no_difference_in_few_cases_is_no_proof_of_none() -> None:
    same = paired_difference(np.ones(20), np.ones(20))
    assert same.value == 0
    assert same.low < -0.05 < 0.05 < same.high


def test_cases_that_differ_one_way_only_are_a_share_with_its_exact_interval() -> None:
    """Two of 200: up to 3.6 points, so that a margin of 3 is not met; the published interval ends at 2.9."""
    worse = np.where(np.arange(200) < 2, 1.0, 0.0)
    found, exact = paired_difference(worse, np.zeros(200)), exact_share(2, 200)
    assert found.high == exact.high > 0.03
    assert found.low <= exact.low
    mirrored = paired_difference(np.zeros(200), worse)
    assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


def test_differences_are_of_the_scores_on_the_same_cases() -> None:
    rng = np.random.default_rng(5)
    truth, shares = (
        rng.integers(0, 5, 300),
        np.array(PUBLISHED) / np.sum(PUBLISHED, axis=1, keepdims=True),
    )
    tool, nurse = (_erring(truth, shares, rng) for _ in range(2))
    gaps, itself = differences(tool, nurse, seed=1), differences(tool, tool, seed=1)
    ours, theirs = score_all(tool, seed=1), score_all(nurse, seed=1)
    for name, gap in gaps.items():
        assert gap.value == pytest.approx(ours[name].value - theirs[name].value), name
        assert gap.low < gap.value < gap.high, name
    assert all(
        -0.05 < itself[name].low < 0 < itself[name].high < 0.05 for name in KAPPAS
    )  # nothing seen is no proof


def test_nothing_is_known_of_no_case() -> None:
    found = score_all(labelled([3, 4], [3, 4]), seed=1)
    assert np.isnan(found["sensitivity"].value)
    assert found["sensitivity"].n == 0


def test_resampling_equal_rows_together_gives_the_spread_of_a_mean() -> None:
    counts = np.random.default_rng(3).integers(0, 2, size=(400, 1)).astype(float)
    sums = resample_sums(counts, seed=4, n_resamples=20_000)
    expected = np.sqrt(400 * counts.var())
    assert sums.std() == pytest.approx(
        expected, rel=0.02
    )  # four standard errors of a spread of 20,000
    assert sums.mean() == pytest.approx(counts.sum(), abs=4 * expected / np.sqrt(20_000))


def test_the_prior_makes_far_errors_rare_where_there_are_few_cases() -> None:
    table = np.zeros((5, 6))
    table[0, 0] = 14
    mean, low, high = matrix_intervals(table)
    assert mean[0, 2:].sum() < 0.012
    assert np.all(low <= mean)
    assert np.all(mean <= high)
    assert mean.sum(axis=1) == pytest.approx(np.ones(5))


def test_a_kappa_without_an_error_in_a_few_cases_is_no_proof_of_agreement() -> None:
    """Of 30 cases without an error up to a tenth may be wrong, so that a bound of 0.95 is not met."""
    truth = np.resize([2, 3, 3, 4, 4, 5], 30)
    found = score_all(labelled(truth, truth), seed=1)
    for name in KAPPAS:
        assert found[name].value == found[name].high == 1
        assert 0.6 < found[name].low < 0.95, name
    alike = differences(labelled(truth, truth), labelled(truth, truth), seed=1)
    for name in KAPPAS:
        assert alike[name].low < -0.02 < 0.02 < alike[name].high, name


def test_where_there_are_thirty_errors_a_kappa_is_resampled_from_the_cases_alone() -> None:
    truth = np.resize([1, 2, 3, 4], 120)
    wrong = np.where(np.arange(120) % 4 == 1, truth + 1, truth)
    with_30, with_29 = (
        labelled(truth, wrong),
        labelled(truth, np.where(np.arange(120) == 1, truth, wrong)),
    )
    from_cases = kappa(resample_sums(with_30.counts, 7), 1)
    found = score(with_30, "kappa_linear", 7)
    assert (found.low, found.high) == tuple(np.quantile(from_cases, [0.025, 0.975]))
    fewer = score(with_29, "kappa_linear", 7)
    assert fewer.low != np.quantile(kappa(resample_sums(with_29.counts, 7), 1), 0.025)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "accuracy"), [(30, 0.98), (60, 0.95), (150, 0.98), (150, 0.85)])
def test_kappas_of_few_errors_cover_the_truth(n: int, accuracy: float) -> None:
    """200 benches: 91 to 99 % (standard error 2 points); resampled from the cases alone, 44 to 93 %."""
    rng = np.random.default_rng(n)
    mix = np.array([0.03, 0.12, 0.35, 0.4, 0.1])
    near = np.exp(-np.abs(np.arange(5)[:, None] - np.arange(5)[None, :])) * (1 - np.eye(5))
    shares = accuracy * np.eye(5) + (1 - accuracy) * near / near.sum(axis=1, keepdims=True)
    expected = {
        name: float(kappa(mix[:, None] * np.hstack([shares, np.zeros((5, 1))]), KAPPAS[name]))
        for name in KAPPAS
    }
    covered, gaps = dict.fromkeys(KAPPAS, 0), dict.fromkeys(KAPPAS, 0)
    for number in range(200):
        truth = rng.choice(5, size=n, p=mix)
        tool, nurse = (_erring(truth, shares, rng) for _ in range(2))
        for name in KAPPAS:
            found, gap = score(tool, name, number), difference(tool, nurse, name, number)
            covered[name] += found.low <= expected[name] <= found.high
            gaps[name] += gap.low <= 0 <= gap.high
    assert min(*covered.values(), *gaps.values()) >= 0.88 * 200, (covered, gaps)


@pytest.mark.long
def test_intervals_cover_the_truth_in_at_least_93_of_100_benches() -> None:
    """500 benches of 688 cases, nurse and tool erring alike and together; standard error of a coverage 1 point."""
    rng = np.random.default_rng(11)
    mix = np.array([14, 72, 270, 276, 56]) / 688
    shares = np.array(PUBLISHED) / np.sum(PUBLISHED, axis=1, keepdims=True)
    truth_table = mix[:, None] * shares
    true_counts = np.hstack([truth_table, np.zeros((5, 1))])
    expected = {name: _share(true_counts, name) for name in SHARES}
    expected |= {name: float(kappa(true_counts, power)) for name, power in KAPPAS.items()}
    covered = dict.fromkeys(expected, 0)
    paired = dict.fromkeys(expected, 0)
    n_benches = 500
    for number in range(n_benches):
        truth = rng.choice(5, size=688, p=mix)
        tool, nurse = (_erring(truth, shares, rng) for _ in range(2))
        found, gaps = score_all(tool, number), differences(tool, nurse, number)
        for name, value in expected.items():
            covered[name] += found[name].low <= value <= found[name].high
            paired[name] += gaps[name].low <= 0 <= gaps[name].high
    print(
        {name: n / n_benches for name, n in covered.items()},
        {name: n / n_benches for name, n in paired.items()},
    )
    assert min(*covered.values(), *paired.values()) >= 0.93 * n_benches, (covered, paired)


def _erring(truth: Levels, shares: np.ndarray, rng: np.random.Generator) -> Labelled:
    chance = rng.random(len(truth))
    labels = (chance[:, None] >= np.cumsum(shares, axis=1)[truth][:, :-1]).sum(axis=1)
    return Labelled(truth, labels[:, None])


def _share(table: np.ndarray, name: str) -> float:
    cells, levels = SHARES[name]
    return float((table * cells)[levels].sum() / table[levels].sum())


def test_draws_for_these_tests_follow_their_counts() -> None:
    truth = np.full(20_000, 2)
    assert np.bincount(drawn(truth, PUBLISHED, 1), minlength=5)[3] / 20_000 == pytest.approx(
        63 / 487, abs=0.01
    )
