"""The always-valid interval against its own definition, against numbers by hand, and under continuous looking."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from simulation.errors import ResultsError
from simulation.measures.measuring import MeasureName, Measures
from simulation.records.schema import Floats
from simulation.statistics import critical_values
from simulation.statistics.compare import Comparison, compare_arms, find_row
from simulation.statistics.critical_values import (
    MIXTURE_VARIANCE,
    always_valid_value,
    first_bounded,
    interval_kind,
)
from simulation.statistics.intervals import estimate_interval, replications_needed, t_quantile
from simulation.statistics.verdict import (
    INTERVAL_WORDS,
    Judgement,
    Verdict,
    non_inferiority,
    p_value,
    verdict,
)
from tests.held import Hold

FAMILY_OF_3, FAMILY_OF_18 = 1 - 0.05 / 3, 1 - 0.05 / 18
WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")


def row_of(values: Floats) -> Comparison:
    """What a wait came to whose paired differences are these."""
    arms = {"nurse": np.full(len(values), 50.0), "ai": 50.0 + values}
    measures = {
        arm: [Measures((WAIT,), np.array([number])) for number in numbers]
        for arm, numbers in arms.items()
    }
    return find_row(
        compare_arms(measures, "nurse", kind="always_valid"), arm="ai", measure=WAIT.measure
    )


def mixture_likelihood_ratio(values: Floats) -> float:
    """The ratio by its definition: normal densities integrated over the scale, and over the effect in its units."""

    def likelihood(scale: float, effect: float) -> float:
        return math.exp(-float(np.sum((values / scale - effect) ** 2)) / 2) / scale ** (
            len(values) + 1
        )

    def mixed(effect: float, scale: float) -> float:
        prior = math.exp(-(effect**2) / (2 * MIXTURE_VARIANCE)) / math.sqrt(
            2 * math.pi * MIXTURE_VARIANCE
        )
        return likelihood(scale, effect) * prior

    above, _ = dblquad(mixed, 0.02, 60, -14, 14, epsabs=1e-10)
    below, _ = quad(likelihood, 0.02, 60, args=(0.0,), epsabs=1e-10, limit=200)
    return above / below


@pytest.mark.slow
@pytest.mark.parametrize(
    "values", [(1.0, 2.5, 0.4, 1.7, 3.1, 1.2), (-0.5, 0.7, 1.9, 0.2, 1.1, -1.0, 0.4, 2.2)]
)
def test_its_bounds_are_where_the_mixture_likelihood_ratio_reaches_twenty(
    values: tuple[float, ...],
) -> None:
    """Of 95 %: a true mean is left out once the ratio against it is 1 / .05, on the side of the long tail later."""
    differences = np.array(values)
    found = estimate_interval(differences, kind="always_valid")
    short = min(found.mean - found.low, found.high - found.mean)
    for bound in (found.mean - short, found.mean + short):
        assert mixture_likelihood_ratio(differences - bound) == pytest.approx(20, rel=1e-4)
    assert critical_values.always_valid_p(found.mean, found.sd, found.n) == pytest.approx(
        min(1.0, 1 / mixture_likelihood_ratio(differences)), rel=1e-4
    )


def test_the_half_width_at_twenty_is_the_one_worked_out_by_hand() -> None:
    """r = 81, q = (9 / .05) ^ (1/10) = 1.68084; sqrt(19/20 x .68084 / (1 - 1.68084 / 81)) = .81272 sd; t: .46801."""
    values = np.linspace(1, 5, 20)  # without skewness, which would widen the ordinary one
    always, once = (
        estimate_interval(values, kind=kind) for kind in ("always_valid", "fixed_sample")
    )
    assert always.half_width / always.sd == pytest.approx(0.81272, abs=1e-5)
    assert once.half_width / once.sd == pytest.approx(0.46801, abs=1e-5)
    assert (always.mean, always.sd, always.n) == (once.mean, once.sd, once.n)


def test_a_family_of_three_has_its_first_interval_at_four_and_of_eighteen_at_five() -> None:
    assert [first_bounded(level) for level in (0.95, FAMILY_OF_3, FAMILY_OF_18)] == [4, 4, 5]
    for level in (FAMILY_OF_3, FAMILY_OF_18):
        first = first_bounded(level)
        assert all(math.isinf(always_valid_value(n, level)) for n in range(2, first))
        assert all(math.isfinite(always_valid_value(n, level)) for n in range(first, 200))
    assert math.isnan(always_valid_value(1, 0.95))


def test_it_narrows_with_every_replication_and_is_wider_than_the_ordinary_one() -> None:
    for level in (0.95, FAMILY_OF_18):
        half_widths = [
            always_valid_value(n, level) / math.sqrt(n) for n in range(first_bounded(level), 3000)
        ]
        assert (np.diff(half_widths) < 0).all()
    assert all(always_valid_value(n, 0.95) > t_quantile(n - 1) for n in range(4, 3000))


def test_looked_at_after_every_replication_it_is_ever_wrong_in_at_most_one_study_of_twenty() -> (
    None
):
    """1,000 normal null studies, n = 2 to 100. Binomial(1000, .05) exceeds 73 with probability below .1 %; fixed seed.

    The ordinary interval, looked at as often, is wrong in far more than one of five.
    """
    values = np.random.default_rng(11).normal(0, 3, size=(1000, 100))
    n = np.arange(1, 101)
    mean = np.cumsum(values, axis=1) / n
    sd = np.sqrt((np.cumsum(values**2, axis=1) - n * mean**2)[:, 1:] / (n[1:] - 1))
    in_standard_errors = np.abs(mean[:, 1:]) / sd * np.sqrt(n[1:])
    always, once = (
        int((in_standard_errors > np.array([critical(k) for k in range(2, 101)])).any(axis=1).sum())
        for critical in (lambda k: always_valid_value(k, 0.95), lambda k: t_quantile(k - 1))
    )
    assert always <= 73
    assert once > 250


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30))
def test_the_p_value_is_below_five_per_cent_where_the_interval_excludes_0(
    differences: list[float],
) -> None:
    row = row_of(np.round(differences, 3))
    p = p_value(row)
    assert 0 <= p <= 1
    if abs(p - 0.05) > 1e-6:
        low, high = row.together(1)
        assert (low > 0 or high < 0) == (p < 0.05)


def test_replications_without_a_number_are_left_out_and_an_unended_stay_leaves_nothing_known() -> (
    None
):
    values = np.array([1.0, 2.0, np.nan, 4.0, 3.0, np.inf])
    known = estimate_interval(values[:5], kind="always_valid")
    assert replace(known, of=4) == estimate_interval(
        np.array([1.0, 2.0, 4.0, 3.0]), kind="always_valid"
    )
    assert known.n == 4
    assert np.isfinite([known.low, known.high]).all()
    unended = estimate_interval(values, kind="always_valid")
    assert np.isnan([unended.mean, unended.low, unended.high]).all()


def test_before_it_is_bounded_there_is_a_mean_and_no_interval() -> None:
    for values in ([1.0], [1.0, 2.0, 4.0], [2.0, 2.0, 2.0]):
        found = estimate_interval(np.array(values), kind="always_valid")
        assert found.mean == pytest.approx(np.mean(values))
        assert np.isnan([found.low, found.high]).all()
    no_spread = estimate_interval(np.full(4, 2.0), kind="always_valid")
    assert (no_spread.low, no_spread.high) == (2, 2)


def test_each_interval_of_a_family_has_its_share_of_alpha() -> None:
    values = np.random.default_rng(2).normal(1, 2, 12)
    alone, together = (
        estimate_interval(values, level=FAMILY_OF_18, kind="always_valid"),
        row_of(values).together(18),
    )
    assert together == pytest.approx((alone.low, alone.high))
    assert row_of(values).spread == pytest.approx(np.std(values, ddof=1))
    assert np.isnan(row_of(values[:4]).together(18)).all()


@pytest.mark.parametrize(
    ("sd", "wanted"), [(10, 2), (10, 20), (3.3, 0.71), (1, 5), (0, 1), (250, 1)]
)
def test_replications_needed_is_the_smallest_number_that_is_enough(
    sd: float, wanted: float
) -> None:
    n = replications_needed(sd, wanted, kind="always_valid")
    assert always_valid_value(n, 0.95) * sd / math.sqrt(n) <= wanted
    assert n == 4 or always_valid_value(n - 1, 0.95) * sd / math.sqrt(n - 1) > wanted


def test_replications_needed_refuses_what_it_cannot_answer() -> None:
    for sd, wanted in ((1.0, 0.0), (math.nan, 1.0)):
        with pytest.raises(ResultsError, match="replications needed"):
            replications_needed(sd, wanted, kind="always_valid")


def test_only_the_planned_number_is_judged_by_the_ordinary_interval() -> None:
    kinds = [interval_kind(n, planned=20) for n in (4, 19, 20, 21, 40)]
    assert kinds == ["always_valid", "always_valid", "fixed_sample", "always_valid", "always_valid"]


def judged(values: Floats, *, family: int = 1) -> tuple[Verdict, Judgement]:
    row = row_of(values)
    return verdict(row, 5, family=family), non_inferiority(row, 2, family=family)


def test_an_unbounded_interval_cannot_tell_yet_and_says_what_it_needs() -> None:
    """Nobody reads 'inf' or 'nan'."""
    for n, family, needs in ((1, 1, 4), (2, 1, 4), (3, 3, 4), (4, 18, 5)):
        for found in judged(np.linspace(-30, -20, n), family=family):
            assert (found.kind, found.n_more) == ("cannot tell", None)
            assert found.words.startswith("cannot tell yet")
            adjusted = (
                " adjusted for 18 comparisons" if n == 4 else ""
            )  # one of its own is shown by then
            assert found.words.endswith(
                f": the first interval{adjusted} needs {needs} replications (n = {n})"
            )
            assert "inf" not in found.sentence.replace("first interval", "")
            assert "nan" not in found.sentence
            if n < 4:
                assert "no always-valid interval yet" in found.sentence


def test_a_verdict_from_an_always_valid_interval_says_so(hold: Hold) -> None:
    values = np.random.default_rng(4).normal(-9, 1, 12)
    for found in judged(values):
        assert f"95 % {INTERVAL_WORDS['always_valid']} " in found.sentence
    hold(judged(values)[0].words, "more than 5 min")


def test_the_same_differences_may_tell_at_the_planned_number_and_not_while_one_looks() -> None:
    """Mean -1.0 and sd 1.5 of 20: t reaches 0.70 to either side, the always-valid interval 1.22."""
    deviations = np.linspace(-1, 1, 20)
    values = -1.0 + 1.5 * deviations / np.std(deviations, ddof=1)
    found = judged(values)[0]
    assert found.kind == "no change beyond"
    assert estimate_interval(values).high < 0 < estimate_interval(values, kind="always_valid").high


def test_how_many_more_are_needed_is_counted_with_the_same_interval() -> None:
    deviations = np.linspace(-1, 1, 20)
    found = judged(10 * deviations / np.std(deviations, ddof=1))[0]
    assert found.kind == "cannot tell"
    assert found.n_more == replications_needed(10, 2.5, kind="always_valid") - 20
