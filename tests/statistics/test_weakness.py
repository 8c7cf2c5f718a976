"""What no interval may claim: too few, mostly missing, no spread, or one replication that makes it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simulation.measures.measuring import MeasureName, Measures
from simulation.statistics.compare import Comparison, compare_arms, find_row
from simulation.statistics.critical_values import MAX_SHARE, WIDER, widen_for_one
from simulation.statistics.intervals import Intervals, estimate_interval, estimate_intervals
from simulation.statistics.several_runs import compare_runs
from simulation.statistics.verdict import (
    BRIEF,
    Verdict,
    is_worse,
    non_inferiority,
    p_value,
    verdict,
)
from tests.held import Hold

WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")


def row_of(differences: list[float]) -> Comparison:
    """An arm that differs by so much in each replication; NaN where it lacks the measure."""
    base = [Measures((WAIT,), np.array([50.0 + k])) for k in range(len(differences))]
    ours = [
        Measures((WAIT,), each.values + difference)
        for each, difference in zip(base, differences, strict=True)
    ]
    return find_row(
        compare_arms({"nurse": base, "ai": ours}, "nurse"), arm="ai", measure=WAIT.measure
    )


WEAK = {
    "too few": ([-9.0, -9.1], "at least three replications are needed (n = 2)"),
    "mostly missing": ([-9.0, -9.1, -9.2, *[np.nan] * 4], "known in 3 of 7 replications only"),
    "no spread": (
        [-9.0] * 9,
        "the same in all of 9 replications, too few to trust that (ten are needed)",
    ),
    "one replication": (
        [-9.0] * 9 + [-90.0],
        "one of 10 replications carries 90 % of the variance; 20 or more may settle it",
    ),
}


@pytest.mark.parametrize("weakness", WEAK)
def test_weak_numbers_give_no_definite_verdict_and_say_why(weakness: str) -> None:
    differences, words = WEAK[weakness]
    for sign in (1, -1):
        row = row_of([sign * each for each in differences])
        assert row.weakness == weakness
        for found in (verdict(row, 5), verdict(row, 5, family=4), non_inferiority(row, 5)):
            assert (found.kind, found.words, found.n_more) == (
                "cannot tell",
                f"cannot tell: {words}",
                None,
            )
        assert is_worse(row) is None
        assert p_value(row) == 1.0


@pytest.mark.parametrize(("differences", "words"), [
    ([-9.0, -9.1, -9.2], "more than 5 min"),
    ([-9.0, -9.1, -9.2, *[np.nan] * 3], "more than 5 min"),
    ([-9.0] * 10, "more than 5 min"),
    ([0.0] * 10, "any of 10 replications"),
    ([*[-9.0, -9.1] * 4, -9.4], "more than 5 min"),
])  # fmt: skip
def test_at_the_edge_of_each_rule_the_verdict_stays(
    differences: list[float], words: str, hold: Hold
) -> None:
    assert row_of(differences).weakness is None
    hold(verdict(row_of(differences), 5).words, words)


def test_fewer_than_ten_without_any_difference_cannot_tell_and_identical_stays(hold: Hold) -> None:
    alike = row_of([0.0] * 9)
    hold(verdict(alike, 5).words, "all of 9 replications")
    assert non_inferiority(alike, 5).kind == "cannot tell"
    same: Verdict = verdict(alike, 5, identical=True)
    assert same.kind == "identical"


def test_the_largest_share_of_the_variance_is_worked_out_by_hand() -> None:
    """Deviations of nine 0 and one 10 from their mean of 1 are nine 1 and one 81, of 90 in all."""
    assert estimate_interval(np.array([0.0] * 9 + [10.0])).largest_share == pytest.approx(81 / 90)
    assert (
        estimate_interval(np.array([0.0] * 8 + [10.0])).weakness is None
    )  # of nine, one is no oddity
    assert estimate_interval(np.array([0.0] * 9 + [10.0, np.nan])).weakness == "one replication"


def test_one_of_twenty_normal_numbers_hardly_ever_makes_most_of_the_variance() -> None:
    """2,000 samples: of twenty .6 %, of ten 13 % (standard error .8 %); the seed is fixed."""
    variates = np.random.default_rng(4).normal(size=(2000, 20))
    of_ten, of_twenty = (
        [estimate_interval(row[:n]).weakness for row in variates] for n in (10, 20)
    )
    assert 0.10 < of_ten.count("one replication") / 2000 < 0.16
    assert of_twenty.count("one replication") / 2000 < 0.015


def test_what_rare_spells_decide_has_an_interval_from_twenty_years_on_or_where_a_study_is_about_it(
    hold: Hold,
) -> None:
    handover = MeasureName("handover_mean", "minutes", "all")
    variates = np.random.default_rng(1).normal(size=(2, 20))
    arms = {
        name: [Measures((WAIT, handover), 20 + np.array([each, each])) for each in values]
        for name, values in zip(("nurse", "ai"), variates, strict=True)
    }
    for days, known in ((364, True), (363, False)):
        rows = compare_arms(arms, "nurse", measured_days=days)
        row = find_row(rows, arm="ai", measure="handover_mean")
        assert np.isnan([row.low, row.high, row.difference_low, row.difference_high]).all() != known
        assert (verdict(row, 5).kind == "no change beyond") == known
        assert not np.isnan(find_row(rows, arm="ai", measure=WAIT.measure).difference_low)
    about_it = compare_arms(arms, "nurse", measured_days=1, stated=("handover_mean",))
    assert not np.isnan(find_row(about_it, arm="ai", measure="handover_mean").difference_low)
    hold(verdict(row, 5).words, "no interval before 20 years are measured")


def test_runs_do_not_differ_by_what_one_replication_makes() -> None:
    effects = {"usual": np.zeros(12), "winter": np.array([100.0, *[9.0, 9.1] * 5, 9.2])}
    found = {name: verdict(row_of(values.tolist()), 5) for name, values in effects.items()}
    assert compare_runs(found, effects, 5, "minutes").kind == "cannot tell"


@pytest.mark.parametrize(
    ("n", "n_departments"),
    [
        (20, None),
        pytest.param(40, 20, marks=pytest.mark.slow),
        pytest.param(120, None, marks=pytest.mark.slow),
        pytest.param(120, 60, marks=pytest.mark.slow),
    ],
)
def test_four_times_the_interval_holds_the_truth_where_one_replication_carries_most_of_the_variance(
    n: int, n_departments: int | None
) -> None:
    rng, samples = np.random.default_rng(n), 5_000
    department = None if n_departments is None else np.arange(n) % n_departments
    for probability in (0.002, 0.01, 0.02, 0.05, 0.1):
        for size in (10, 100, 300):
            spells = rng.exponential(size, (n, samples)) * (rng.random((n, samples)) < probability)
            found = estimate_intervals(
                rng.normal(size=(n, samples)) + spells, 0.95, "fixed_sample", department
            )
            heavy = found.share > MAX_SHARE
            truth = np.full(samples, probability * size)
            holds = held(found, truth)
            if heavy.sum() > 500:
                assert holds[heavy].mean() >= 0.94, (probability, size)


def held(found: Intervals, truth: np.ndarray) -> np.ndarray:
    """Whether each column's truth is in the interval that is read where one number makes most of the variance."""
    columns = zip(found.mean, found.half_width, found.opposite, truth, strict=True)
    return np.array(
        [
            low <= true <= high
            for mean, half, opposite, true in columns
            for low, high in [widen_for_one((mean - half, mean + half), mean, WIDER, opposite)]
        ]
    )


@pytest.mark.parametrize("n", [20, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("upwards", [0.25, 0.5, 0.75])
def test_it_holds_the_truth_where_spells_go_either_way(n: int, upwards: float) -> None:
    """The side away from the heavy one is not widened, and a spell that was not seen may lie there. 5,000 samples each,
    of which 94 % or more hold (97.5 in 20,000)."""
    rng, samples = np.random.default_rng(n), 5_000
    for probability in (0.01, 0.05, 0.1):
        for size in (10, 300):
            sign = np.where(rng.random((n, samples)) < upwards, 1, -1)
            spells = rng.exponential(size, (n, samples)) * (rng.random((n, samples)) < probability)
            found = estimate_intervals(
                rng.normal(size=(n, samples)) + sign * spells, 0.95, "fixed_sample"
            )
            heavy = found.share > MAX_SHARE
            truth = np.full(samples, probability * size * (2 * upwards - 1))
            if heavy.sum() > 500:
                assert held(found, truth)[heavy].mean() >= 0.94, (probability, size)


def test_from_twenty_on_one_heavy_replication_widens_the_interval_that_is_judged(
    hold: Hold,
) -> None:
    rest = [-9.0 + 0.01 * (number % 3) for number in range(19)]
    clear, close = row_of([*rest, -10.0]), row_of([*rest, -30.0])
    for row in (clear, close):
        assert row.weakness == "one replication"
        assert row.difference - row.together(1)[0] == pytest.approx(row.half_width * WIDER)
    hold(verdict(clear, 5).words, "more than 5 min")
    assert is_worse(clear) is False
    assert math.isnan(replace(clear, interval_kind="always_valid").together(1)[0]), (
        "not at every look"
    )
    assert p_value(clear) < 0.001
    assert close.together(1)[1] == pytest.approx(close.difference_high)  # away from it
    hold(verdict(close, 5).words, "perhaps by less than 5 min")
    mixed = row_of([*rest[:-1], 1.0, -30.0])
    assert p_value(mixed) > 0.05  # as the wider interval, which holds 0
    assert (
        verdict(mixed, 5).words
        == "cannot tell: one of 20 replications carries 78 % of the variance"
    )


def test_where_all_agree_in_sign_one_that_makes_the_variance_contradicts_them_not() -> None:
    """Of a target and of a limit of safety; p below a level where the interval at it excludes 0."""
    for sign in (1, -1):
        values = [sign * each for each in (*np.linspace(2.0, 7.0, 19), 15.0)]
        row = row_of(values)
        low, high = row.difference_low, row.difference_high
        assert row.weakness == "one replication"
        assert low > 0 or high < 0
        assert verdict(row, 5).kind == ("lengthens" if sign > 0 else "cuts")
        assert non_inferiority(row, 2).kind == ("worse" if sign > 0 else "non-inferior")
        p = p_value(row)
        assert p < 0.05
        for level in (1 - 0.9 * p, 1 - 1.1 * p):
            low, high = row.together_at(level)
            assert (low > 0 or high < 0) == (1 - level > p)


def test_one_on_the_side_of_harm_leaves_safety_open() -> None:
    row = row_of([*np.linspace(-1.0, 1.0, 19).tolist(), 5.0])
    assert row.difference_high < 2
    assert non_inferiority(row, 2).kind == "cannot tell"
    assert non_inferiority(row, 2).cause == "variance rule"
    assert (
        non_inferiority(row_of([*np.linspace(-1.0, 1.0, 19).tolist(), -5.0]), 2).kind
        == "non-inferior"
    )


def test_one_heavy_department_of_twenty_widens_the_interval_that_is_judged() -> None:
    values = np.full(40, -9.0) + 0.01 * (np.arange(40) % 3)
    values[0] -= 3
    over = estimate_interval(values, department=np.arange(40) % 20)
    assert over.weakness == "one replication"
    assert over.mean - over.judged[0] == pytest.approx(WIDER * over.half_width)
    assert over.judged[1] == over.high
    assert over.times(-2).judged == pytest.approx((-2 * over.judged[1], -2 * over.judged[0]))


def test_a_verdict_that_the_interval_beside_it_would_settle_says_why_it_does_not() -> None:
    differences = [-1.0, -9.0, -2.0, -8.0, -3.0, -7.0, -4.0, -6.0, -5.0, -5.5]
    row = row_of(differences)
    assert row.difference_high < 0
    assert verdict(row, 5).kind == "cuts"
    for mirrored in (row, row_of([-each for each in differences])):
        as_one_of_many = verdict(mirrored, 5, family=10**6)
        assert as_one_of_many.kind == "cannot tell"
        assert as_one_of_many.reason == BRIEF["many verdicts"]
    wide = verdict(row_of([each + 5 for each in differences]), 0.1)
    assert (wide.kind, wide.reason) == ("cannot tell", "")
