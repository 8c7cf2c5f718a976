"""Each verdict from an interval that calls for it, and a layer of doubt in every sentence."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from simulation.errors import ResultsError
from simulation.statistics.compare import Comparison
from simulation.statistics.critical_values import IntervalKind
from simulation.statistics.intervals import estimate_intervals
from simulation.statistics.verdict import (
    IDENTICAL,
    LAYER,
    Verdict,
    is_worse,
    non_inferiority,
    threshold_words,
    verdict,
)
from tests.held import Hold


def difference(
    low: float,
    high: float,
    *,
    measure: str = "wait_to_clinician_mean",
    unit: str = "minutes",
    n: int = 10,
) -> Comparison:
    mean = (low + high) / 2
    return Comparison("ai", measure, unit, "all", 50, 49, 51, "nurse", mean, low, high, n)


@pytest.mark.parametrize(("low", "high", "kind", "size", "words"), [
    (-9, -6, "cuts", "more", "more than 5 min"),
    (-4, -1, "cuts", "less", "less than 5 min"),
    (-9, -1, "cuts", "open", "less than 5 min"),
    (6, 9, "lengthens", "more", "more than 5 min"),
    (1, 4, "lengthens", "less", "less than 5 min"),
    (-4, 3, "no change beyond", None, "no change beyond 5 min"),
    (-9, 3, "cannot tell", None, "cannot tell: about 36 more replications (from n = 10)"),
    (-4, 6, "cannot tell", None, "more replications"),
    (-9, 0, "cannot tell", None, "more replications"),
])  # fmt: skip
def test_an_interval_calls_for_its_verdict(
    low: float, high: float, kind: str, size: str | None, words: str, hold: Hold
) -> None:
    found = verdict(difference(low, high), 5)
    assert (found.kind, found.size) == (kind, size)
    hold(found.words, words)
    assert f"ai: {found.words}" in found.sentence
    assert found.sentence.endswith(LAYER)


@pytest.mark.parametrize(("low", "high", "direction"), [
    (-9, -6, "shorter"),
    (1, 9, "longer"),
    (-4, 3, "no change"),
    (-9, 3, "cannot tell"),
    (0, 0, "no difference"),
])  # fmt: skip
def test_the_answer_leaves_out_why_and_the_direction_how_much(
    low: float, high: float, direction: str, hold: Hold
) -> None:
    found = verdict(difference(low, high), 5)
    assert found.direction.startswith(direction)
    assert found.words.startswith(found.answer)
    hold([found.answer, found.direction, found.words])


@pytest.mark.parametrize("kind", ["fixed_sample", "always_valid"])
@pytest.mark.parametrize(("low", "high"), [(-9, -6), (1, 4), (-4, 3), (-9, 3), (0, 0)])
def test_few_departments_have_an_interval_and_no_verdict(
    low: float, high: float, kind: IntervalKind
) -> None:
    row = replace(difference(low, high), few_departments=19, interval_kind=kind)
    found, safety = verdict(row, 5, family=3), non_inferiority(row, 5, family=3)
    assert found.kind == safety.kind == "cannot tell"
    words = "cannot tell: 19 departments say nothing about departments in general"
    assert found.words == safety.words == words
    assert (found.size, found.n_more, safety.n_more) == (None, None, None), (
        "more replications are no help"
    )
    assert is_worse(row) is None
    assert verdict(row, 5, identical=True).kind == "identical"


def test_replications_still_missing_bring_the_half_width_to_half_the_difference() -> None:
    found = verdict(
        difference(-9, 3, n=10), 5
    )  # half-width 6; sd 6 * sqrt(10) / 2.262 = 8.39; 2.5 wanted: n = 46
    assert found.n_more == 46 - 10


def test_fewer_than_ten_replications_say_too_little_about_how_many_more(hold: Hold) -> None:
    found = verdict(difference(-9, 3, n=9), 5)
    assert (found.kind, found.n_more) == ("cannot tell", None)
    hold(found.words, "9 replications")


def test_an_interval_that_is_narrow_enough_and_lies_across_the_line_asks_for_no_more() -> None:
    found = verdict(difference(-5.5, 0.5 - 1e-9, n=10), 6.5)
    assert found.kind == "no change beyond"
    across = non_inferiority(difference(0, 2, n=30), 2)
    assert (across.kind, across.n_more) == ("cannot tell", 0)


def test_one_replication_cannot_tell_even_where_it_shows_no_difference(hold: Hold) -> None:
    for shown in (-3.0, 0.0):
        one = Comparison(
            "ai",
            "stay_mean",
            "minutes",
            "all",
            5,
            np.nan,
            np.nan,
            "nurse",
            shown,
            np.nan,
            np.nan,
            1,
        )
        for found in (verdict(one, 5), non_inferiority(one, 5)):
            assert (found.kind, found.n_more) == ("cannot tell", None)
            hold(found.words, "replications are needed (n = 1)")


def test_a_rare_case_that_was_not_seen_is_no_proof_of_safety(hold: Hold) -> None:
    """0 in both arms of every replication: an interval of no width, which bounds nothing."""
    none = Comparison("ai", "left_share", "share", "all", 0, 0, 0, "nurse", 0, 0, 0, 20)
    for found in (verdict(none, 0.01), non_inferiority(none, 0.01)):
        hold((found.kind, found.words))
    one = Comparison("ai", "left_share", "share", "all", 1e-4, -1e-4, 3e-4, "nurse", 0, 0, 0, 20)
    hold((verdict(one, 0.01).kind, verdict(one, 0.01).words))
    assert (
        non_inferiority(replace(one, mean=1, low=1, high=1), 0.01).kind == "none seen"
    )  # everybody, in every one


def test_a_measure_that_never_differs_is_reported_with_the_number_of_replications(
    hold: Hold,
) -> None:
    """Two more beds leave labels as they were: no interval, but no doubt that the labels were the same."""
    alike = Comparison("ai", "left_share", "share", "all", 0.04, 0.03, 0.05, "nurse", 0, 0, 0, 20)
    for found in (verdict(alike, 0.01), non_inferiority(alike, 0.01)):
        hold((found.kind, found.words))


def test_only_an_arm_known_to_be_the_same_is_called_identical() -> None:
    none = difference(0, 0)
    assert verdict(none, 5).kind == "no difference"
    assert verdict(none, 5, identical=True).kind == "identical"
    assert non_inferiority(none, 5, identical=True).kind == "non-inferior"
    assert verdict(none, 5, identical=True).words == IDENTICAL


def test_each_verdict_of_a_family_is_read_from_a_wider_interval(hold: Hold) -> None:
    """By hand for 16 and n = 10: t(9) at 1 - .05 / 32 is 3.962 beside 2.262, so the half-width grows by 1.751."""
    one = difference(-9, -1)
    low, high = one.together(16)
    wider = scipy.stats.t.ppf(1 - 0.05 / 32, 9) / scipy.stats.t.ppf(0.975, 9)
    assert (low, high) == pytest.approx((-5 - 4 * wider, -5 + 4 * wider))
    assert one.together(1) == (-9, -1)
    assert verdict(one, 5).kind == "cuts"
    among = verdict(one, 5, family=16)
    assert among.kind == "cannot tell"
    assert among.words.startswith("cannot tell among 16 looked at: about ")
    hold(among.sentence, "95 % interval -9.00 to -1.00, n = 10, against nurse")
    assert (
        verdict(difference(-1, 1), 1.5, family=16).kind == "cannot tell"
    )  # no equivalence by chance either
    assert non_inferiority(difference(-1.9, 1.9), 2).kind == "non-inferior"
    assert non_inferiority(difference(-1.9, 1.9), 2, family=16).kind == "cannot tell"


def test_safety_is_claimed_for_the_family_and_harm_is_judged_unadjusted() -> None:
    """How many were looked at makes 'not worse' harder to claim, and never hides what is worse."""
    harm = difference(2.1, 9)
    assert harm.together(16)[0] < 2
    assert non_inferiority(harm, 2, family=16).kind == "inferior"
    assert "among 16 looked at" in non_inferiority(difference(-1.9, 1.9), 2, family=16).words
    assert (
        "among" not in non_inferiority(difference(-1.9, 2.1), 2, family=16).words
    )  # open by itself, too


def test_with_no_effect_at_all_few_families_have_any_false_claim() -> None:
    """400 families of 20 paired differences of mean 0: 5 % at most have a direction, where 64 % would unadjusted.

    Binomial(400, .05) exceeds 36 with a probability below .1 %; the seed is fixed.
    """
    found = estimate_intervals(
        np.random.default_rng(5).normal(size=(400, 20, 12)).reshape(-1, 12).T, 0.95, "fixed_sample"
    )
    low, high = found.mean - found.half_width, found.mean + found.half_width
    rows = [difference(*bounds, n=12) for bounds in zip(low.tolist(), high.tolist(), strict=True)]
    false_alarms = alone = 0
    for start in range(0, len(rows), 20):
        family = rows[start : start + 20]
        false_alarms += any(verdict(each, 9.0, family=20).size is not None for each in family)
        alone += any(verdict(each, 9.0).size is not None for each in family)
    assert false_alarms <= 36
    assert alone > 200


def test_a_share_is_raised_or_lowered_in_percentage_points() -> None:
    found = verdict(difference(0.012, 0.03, measure="within_4h_share", unit="share"), 0.01)
    assert found.kind == "lengthens"
    assert found.words == "higher (better) by more than 1 point"
    assert "+2.10 percentage points" in found.sentence


@pytest.mark.parametrize(("low", "high", "kind"), [
    (-3, 1, "non-inferior"),
    (3, 8, "inferior"),
    (-1, 4, "cannot tell"),
])  # fmt: skip
def test_a_wait_is_worse_when_it_is_longer(low: float, high: float, kind: str) -> None:
    found = non_inferiority(difference(low, high), 2)
    assert found.kind == kind
    assert found.sentence.endswith(LAYER)


@pytest.mark.parametrize(("low", "high", "kind"), [
    (-0.01, 0.05, "non-inferior"),
    (-0.08, -0.03, "inferior"),
    (-0.04, 0.01, "cannot tell"),
])  # fmt: skip
def test_a_four_hour_share_is_worse_when_it_is_lower(low: float, high: float, kind: str) -> None:
    found = non_inferiority(difference(low, high, measure="within_4h_share", unit="share"), 0.02)
    assert found.kind == kind


def test_a_margin_needs_a_measure_that_has_a_better_direction() -> None:
    with pytest.raises(ResultsError, match="neither better"):
        non_inferiority(difference(0, 1, measure="admitted_share", unit="share"), 0.02)
    with pytest.raises(ResultsError, match="above 0"):
        non_inferiority(difference(0, 1), 0)
    with pytest.raises(ResultsError, match="above 0"):
        verdict(difference(0, 1), -1)


def test_a_verdict_is_a_plain_value() -> None:
    assert verdict(difference(-9, -6), 5) == verdict(difference(-9, -6), 5)
    assert isinstance(verdict(difference(-9, -6), 5), Verdict)


def test_a_sure_harm_of_open_size_is_not_called_open() -> None:
    """Worse than nothing for certain, by 2 or not: no number of replications may be asked for instead of saying so."""
    for low, high in ((1.9, 3.3), (1.0, 2.8), (0.1, 8.5)):
        found = non_inferiority(difference(low, high, n=20), 2)
        assert (found.kind, found.words, found.n_more) == (
            "worse",
            "worse, perhaps by less than 2 min",
            None,
        )
    assert (
        non_inferiority(difference(0.1, 1.9), 2).kind == "non-inferior"
    )  # worse, and surely by less than the margin
    assert non_inferiority(difference(-0.1, 2.1), 2).kind == "cannot tell"


def test_what_is_not_known_in_one_replication_is_not_known() -> None:
    nothing = (np.nan,) * 3
    unknown = Comparison("ai", "stay_mean", "minutes", "all", *nothing, "nurse", *nothing, 9)
    for found in (verdict(unknown, 5), non_inferiority(unknown, 5)):
        assert found.kind == "cannot tell"
        assert "had not ended" in found.words


def test_a_threshold_of_patients_is_worded_in_patients() -> None:
    assert [threshold_words(2, unit) for unit in ("patients", "minutes", "share")] == [
        "2 patients",
        "2 min",
        "200 points",
    ]


# --- of one department, for which others stand --------------------------------------------------------------------


@pytest.mark.parametrize(("interval", "over", "words", "safety"), [
    ((-9, -6), (-11, -5.5), "more than 5 min", "non-inferior"),
    ((-9, -6), (-14, -2), "less than 5 min", "non-inferior"),
    ((-9, -6), (-14, 1), "departments like this", "non-inferior"),
    ((-2, 1), (-9, 6), "departments like this", "cannot tell"),
    ((6, 9), (5.5, 12), "more than 5 min", "inferior"),
    ((6, 9), (-2, 14), "departments like this", "worse"),
    ((-9, 6), (-9, 6), "cannot tell: about", "cannot tell"),
    ((-9, -6), (-7, -6.5), "more than 5 min", "non-inferior"),
])  # fmt: skip
def test_a_verdict_on_one_department_holds_over_the_range_of_those_that_stand_for_it(
    interval: tuple[float, float], over: tuple[float, float], words: str, safety: str, hold: Hold
) -> None:
    """Of safety, what is worse on average is never hidden by the range."""
    low, high = over
    row = replace(
        difference(*interval, n=24), by_range=True, department_p5=low, department_p95=high
    )
    hold(verdict(row, 5).words, words)
    assert non_inferiority(row, 5).kind == safety
    assert verdict(replace(row, by_range=False), 5) == verdict(difference(*interval, n=24), 5)


def test_one_odd_department_is_outside_the_nine_in_ten_and_may_still_fail_a_limit() -> None:
    odd = replace(difference(-10, -5.5, n=24), of=24, largest_share=0.7)
    row = replace(odd, by_range=True, department_p5=-9, department_p95=-6)
    assert verdict(row, 5).size == "more"
    assert verdict(replace(row, by_range=False), 5).kind == "cannot tell"
    assert non_inferiority(row, 0.5).kind == "cannot tell"
