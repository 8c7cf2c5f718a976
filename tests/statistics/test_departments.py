"""Effects over departments, on simulated data whose truth is known. Every test fixes its seed."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulation.measures.measuring import MeasureName, Measures
from simulation.records.schema import Floats
from simulation.statistics.compare import Comparison, compare_arms, compare_values, find_row
from simulation.statistics.departments import (
    count_beyond,
    means_of,
    noise_within,
    ranges,
    spread_over,
    weigh,
)
from simulation.statistics.intervals import (
    Interval,
    bounds,
    estimate_interval,
    estimate_intervals,
    estimate_within_departments,
)
from simulation.statistics.variance_components import within_and_between
from simulation.statistics.verdict import harm_words, verdict, where_words
from tests.held import Hold

N, TWICE = 60, 2
DEPARTMENT = np.tile(np.arange(N), TWICE)
ROW = Comparison(
    "tool", "wait_to_clinician_mean", "minutes", "all", 60, 59, 61, "nurse", -7, -8, -6, 2 * N
)


def replicated(truth: Floats, noise: float, generator: np.random.Generator) -> Floats:
    """Two replications of each department, one pass after the other."""
    return truth[DEPARTMENT] + generator.normal(0, noise, TWICE * N)


def noise_of(values: Floats) -> Interval:
    """The interval of simulation noise alone of one number."""
    found = estimate_within_departments(values[:, None], 0.95, DEPARTMENT)
    return Interval(
        *(float(part[0]) for part in (found.mean, *bounds(found, 0.95, "fixed_sample"), found.sd)),
        n=120,
    )


def test_simulation_noise_holds_the_mean_of_these_departments_as_often_as_it_says() -> None:
    """Departments differ ten times as much as replications of one: 1,000 studies, 95 % -+ 3 standard errors."""
    generator = np.random.default_rng(1)
    held, widths, plain = 0, [], []
    for _ in range(1000):
        truth = generator.gamma(1.0, 7.0, N)
        values = replicated(truth, 0.7, generator)
        found = noise_of(values)
        held += found.low <= truth.mean() <= found.high
        widths.append(found.half_width)
        plain.append(estimate_interval(values).half_width)
    assert 0.929 <= held / 1000 <= 0.971
    assert np.mean(plain) > 8 * np.mean(widths)


def test_departments_that_differ_in_noise_do_not_spoil_simulation_noise() -> None:
    """Noise that goes with the effect, as where a queue is long: 1,000 studies."""
    generator, held = np.random.default_rng(2), 0
    for _ in range(1000):
        truth = generator.gamma(1.0, 7.0, N)
        values = truth[DEPARTMENT] * (1 + generator.normal(0, 0.2, TWICE * N))
        found = noise_of(values)
        held += found.low <= truth.mean() <= found.high
    assert 0.929 <= held / 1000 <= 0.971


# Of these departments drawn, about their mean -3.5: as a scribe's effect differs between them, and skewed ones.
POPULATIONS = {
    "normal": lambda rng, shape: rng.normal(-3.5, 2.2, shape),
    "exponential": lambda rng, shape: -3.5 * rng.exponential(1, shape),
    "lognormal": lambda rng, shape: -3.5 * rng.lognormal(-0.5, 1, shape),
}


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 60])
@pytest.mark.parametrize("population", POPULATIONS)
def test_the_interval_holds_the_mean_of_all_departments_as_often_as_it_says(
    population: str, n: int
) -> None:
    """10,000 studies of n departments, two replications each: standard error .2 %. Simulation noise alone, which was
    printed in its place, holds that mean in a sixth to a third of them."""
    rng = np.random.default_rng(n)
    department = np.tile(np.arange(n), TWICE)
    values = POPULATIONS[population](rng, (n, 10_000))[department] + rng.normal(
        0, 0.7, (TWICE * n, 10_000)
    )
    sample, noise = (
        estimate_intervals(values, 0.95, "fixed_sample", department),
        estimate_within_departments(values, 0.95, department),
    )
    held, before = ((np.abs(each.mean + 3.5) <= each.half_width).mean() for each in (sample, noise))
    assert (0.93 if population == "normal" else 0.90) <= held <= 0.97
    assert before < 0.5


def test_departments_that_say_the_same_and_differ_from_one_another_are_as_many_numbers() -> None:
    """Twice the replications of each department are no more departments."""
    means = np.random.default_rng(22).normal(-3, 2, N)
    once, twice = (
        estimate_interval(np.tile(means, times), department=np.tile(np.arange(N), times))
        for times in (1, 2)
    )
    assert (once.low, once.high, twice.low, twice.high) == pytest.approx(
        2 * (estimate_interval(means).low, estimate_interval(means).high)
    )
    assert (twice.n, twice.standard_error) == pytest.approx((120, means.std(ddof=1) / 60**0.5))


def test_a_difference_is_judged_over_departments_as_a_sample_and_its_noise_stands_beside() -> None:
    """The scribe's -3.5 is known to .1 in these departments, and to .6 in departments like these."""
    generator = np.random.default_rng(23)
    effects = replicated(generator.normal(-3.5, 2.2, N), 0.5, generator)
    wait = MeasureName("wait_to_clinician_mean", "minutes", "all")
    arms = {
        arm: [Measures((wait,), np.array([60 + each])) for each in of]
        for arm, of in (("nurse", np.zeros(TWICE * N)), ("tool", effects))
    }
    row = find_row(
        compare_arms(arms, "nurse", department=DEPARTMENT), arm="tool", measure=wait.measure
    )
    noise, over = noise_of(effects), estimate_interval(effects, department=DEPARTMENT)
    assert (row.difference_low, row.difference_high) == pytest.approx((over.low, over.high))
    assert (row.simulated_low, row.simulated_high) == pytest.approx((noise.low, noise.high))
    assert row.half_width > 4 * noise.half_width
    assert row.together(1) == (row.difference_low, row.difference_high)
    needed = verdict(
        replace(row, difference=0.1, difference_low=0.1 - 5, difference_high=0.1 + 5), 3
    )
    assert needed.words == "cannot tell: about 583 more departments (from n = 60)"


def test_departments_alike_in_noise_give_about_a_degree_of_freedom_each() -> None:
    degrees = noise_within(
        np.random.default_rng(3).normal(size=(TWICE * N, 500)), DEPARTMENT
    ).degrees
    assert 0.9 * N < degrees.mean() <= N
    assert degrees.max() == N


def test_with_equal_numbers_of_replications_the_mean_is_that_of_all() -> None:
    values = np.random.default_rng(4).normal(size=(TWICE * N, 3))
    assert noise_within(values, DEPARTMENT).mean == pytest.approx(values.mean(axis=0))


def test_a_department_counts_once_however_often_it_was_played() -> None:
    values, department = np.array([0.0, 0.0, 0.0, 4.0, 4.0]), np.array([0, 0, 0, 1, 1])
    assert estimate_interval(values, department=department).mean == 2.0
    assert estimate_interval(values[:4], department=department[:4]).mean == 2.0


def test_a_replication_without_the_number_is_as_if_it_had_not_been() -> None:
    values = replicated(np.random.default_rng(20).normal(0, 3, N), 1.0, np.random.default_rng(21))
    values[[3, 17, N + 17]] = np.nan  # one department lacks it once, another twice
    known = ~np.isnan(values)
    found, without = (
        estimate_interval(values[rows], department=DEPARTMENT[rows])
        for rows in (np.full(TWICE * N, True), known)
    )
    assert (found.mean, found.low, found.high, found.largest_share) == pytest.approx(
        (without.mean, without.low, without.high, without.largest_share)
    )
    spread, spread_without = (
        spread_over(values, DEPARTMENT),
        spread_over(values[known], DEPARTMENT[known]),
    )
    assert (*spread.range, spread.between_at_most) == pytest.approx(
        (*spread_without.range, spread_without.between_at_most)
    )


def test_an_always_valid_interval_takes_each_department_once() -> None:
    values = replicated(np.random.default_rng(5).normal(0, 3, N), 1.0, np.random.default_rng(6))
    found = estimate_interval(values, kind="always_valid", department=DEPARTMENT)
    assert found == estimate_interval(values[:N], kind="always_valid")


def test_the_upper_limit_of_what_departments_differ_by_is_above_it_as_often_as_it_says() -> None:
    """1,000 ensembles whose variance is 9, two or three replications each: 95 % -+ 3 standard errors."""
    generator, above = np.random.default_rng(19), 0
    department = np.concatenate([DEPARTMENT, np.arange(N // 2)])
    for _ in range(1000):
        truth = generator.normal(-5, 3, N)
        above += (
            spread_over(
                truth[department] + generator.normal(0, 2, len(department)), department
            ).between_at_most
            > 9
        )
    assert 0.929 <= above / 1000 <= 0.971


def test_the_upper_limit_holds_where_departments_differ_in_noise() -> None:
    """1,000 ensembles of 24 departments, two replications each, noise of log standard deviation .8: a limit that takes
    the noise as known and the same in all is above the variance in 80 %."""
    generator, above = np.random.default_rng(41), 0
    department = np.tile(np.arange(24), 2)
    for _ in range(1000):
        noise = 2 * np.exp(generator.normal(0, 0.8, 24))
        values = (
            generator.normal(0, 1, 24)[department] + generator.normal(0, 1, 48) * noise[department]
        )
        above += spread_over(values, department).between_at_most > 1
    assert above / 1000 > 0.86


# --- the range ----------------------------------------------------------------------------------------------------


def test_the_range_is_that_of_the_truth_and_not_of_the_noise() -> None:
    """Noise of one replication as large as what departments differ by: raw means are too wide, posterior means too
    narrow."""
    generator = np.random.default_rng(8)
    widths: dict[str, list[float]] = {"truth": [], "found": [], "raw": [], "posterior": []}
    for _ in range(400):
        truth = generator.normal(-5, 2, N)
        spread = spread_over(replicated(truth, 2.5, generator), DEPARTMENT)
        posterior_mean, _ = spread.posterior(spread.between)
        for name, numbers in (("truth", truth), ("raw", spread.raw), ("posterior", posterior_mean)):
            low, high = np.quantile(numbers, [0.05, 0.95])
            widths[name].append(high - low)
        median, low, high = spread.range
        assert low < median < high
        widths["found"].append(high - low)
    truth, found, raw, posterior = (float(np.mean(each)) for each in widths.values())
    assert found == pytest.approx(truth, rel=0.04)
    assert raw > 1.2 * truth
    assert posterior < 0.85 * truth


def test_a_table_of_ranges_says_what_each_column_says() -> None:
    generator = np.random.default_rng(9)
    values = generator.normal(size=(TWICE * N, 4)) + generator.normal(size=N)[DEPARTMENT, None]
    values[3, 2] = np.nan  # department 3 has this number once
    table = ranges(values, DEPARTMENT)
    for column in range(4):
        spread = spread_over(values[:, column], DEPARTMENT)
        assert (table.median[column], table.low[column], table.high[column]) == pytest.approx(
            spread.range
        )
        assert table.n[column] == spread.n == (59 if column == 2 else 60)


def test_without_an_effect_hardly_any_department_is_far_from_none() -> None:
    """The sham: 500 studies of noise alone, 0.8 minutes a replication. Beyond a margin of 2 in two of 60 at most, the
    range within a minute."""
    generator = np.random.default_rng(11)
    for _ in range(500):
        spread = spread_over(replicated(np.zeros(N), 0.8, generator), DEPARTMENT)
        lower, _, higher = count_beyond(spread.effects, 2.0)
        assert lower + higher <= 2
        _, low, high = spread.range
        assert -1 < low <= high < 1


@pytest.mark.parametrize(("n", "times"), [(19, 2), (60, 1)])
def test_no_range_is_stated_of_few_departments_or_of_single_replications(
    n: int, times: int
) -> None:
    department = np.tile(np.arange(n), times)
    spread = spread_over(np.random.default_rng(12).normal(size=n * times), department)
    assert np.isnan(spread.range).all()
    assert where_words(spread, 5, ROW) == harm_words(spread, 2, ROW) == ""
    assert np.isnan(
        ranges(np.random.default_rng(12).normal(size=(n * times, 1)), department).low
    ).all()


# --- words --------------------------------------------------------------------------------------------------------


def said(truth: Floats, noise: float = 0.5, *, mid: float = 5, row: Comparison = ROW) -> str:
    return where_words(
        spread_over(replicated(truth, noise, np.random.default_rng(13)), DEPARTMENT), mid, row
    )


def test_an_effect_as_large_as_the_limit_is_not_beyond_it() -> None:
    assert count_beyond(np.array([-6.0, -5.0, 0.0, 5.0, 6.0, 7.0]), 5) == (1, 3, 2)


def test_words_say_in_how_many_departments(hold: Hold) -> None:
    eight_less = np.where(np.arange(N) < 8, -1.0, -9.0)
    hold(said(np.full(N, -9.0)), "more than 5 min in every")
    hold(said(np.full(N, 9.0)), "more than 5 min in every")
    hold(said(np.zeros(N)), "no change beyond 5 min in every")
    hold(said(eight_less), "more than 5 min in 52 of 60 departments")
    hold(said(eight_less + 5 + 4), "more than 5 min in 8 of 60 departments")
    hold(
        said(np.where(np.arange(N) < 20, -9.0, 8.0)),
        "more than 5 min in 20 of 60 departments, longer",
    )


def test_a_measure_that_is_better_higher_says_so(hold: Hold) -> None:
    share = replace(ROW, measure="within_4h_share", unit="share")
    words = "higher (better) by more than 1 point in every"
    hold(said(np.full(N, 0.05), 0.001, mid=0.01, row=share), words)
    falls = spread_over(
        np.where(DEPARTMENT < 3, -0.05, 0.0) + np.random.default_rng(14).normal(0, 0.001, 2 * N),
        DEPARTMENT,
    )
    hold(harm_words(falls, 0.01, share), "more than 1 point in 3 of 60 departments")


def test_what_was_counted_as_simulated_stands_beside() -> None:
    """Noise that puts more departments beyond the limit than there are."""
    generator = np.random.default_rng(15)
    spread = spread_over(replicated(generator.normal(-3, 2, N), 3.0, generator), DEPARTMENT)
    words = where_words(spread, 5, ROW)
    assert 0 < count_beyond(spread.effects, 5)[0] < (spread.raw < -5).sum()
    assert words.endswith(f"({(spread.raw < -5).sum()} as simulated)")


def test_every_department_is_rarely_said_where_one_is_not_so() -> None:
    """One department of 60 just inside the limit, the others as far beyond it as departments of their spread are: 1,000
    studies, said falsely in 5 % at most."""
    generator, falsely = np.random.default_rng(16), 0
    for _ in range(1000):
        truth = -np.sort(np.abs(generator.normal(0, 2, N)))[::-1] - 5.0
        truth[-1] = -4.9
        falsely += "every" in where_words(
            spread_over(replicated(truth, 0.7, generator), DEPARTMENT), 5, ROW
        )
    assert falsely / 1000 <= 0.05


@pytest.mark.slow
def test_noise_that_hides_what_departments_differ_by_hides_no_department() -> None:
    """Departments differ by less than the noise, a few of them beyond the limit: 1,000 studies."""
    generator, falsely, too_narrow, wider = np.random.default_rng(18), 0, 0, []
    for _ in range(1000):
        truth = generator.normal(-3, 1.5, N)
        truth[0] = -5.5
        spread = spread_over(replicated(truth, 4.0, generator), DEPARTMENT)
        falsely += "every" in where_words(spread, 5, ROW)
        ranges_of = [
            np.subtract(*np.quantile(numbers, [0.95, 0.05])) for numbers in (truth, spread.raw)
        ]
        low, high = spread.widest
        too_narrow += high - low < ranges_of[0]
        wider.append(high - low <= ranges_of[1])
    assert falsely / 1000 <= 0.05
    assert too_narrow / 1000 <= 0.25
    assert all(wider), "and never wider than the means as simulated"


def test_a_pair_of_arms_is_compared_within_departments() -> None:
    generator = np.random.default_rng(17)
    level = replicated(generator.normal(60, 20, N), 2.0, generator)
    found = compare_values(
        level - 3 + generator.normal(0, 0.1, 2 * N), level, department=DEPARTMENT
    )
    assert found.mean == pytest.approx(-3, abs=0.04)
    assert found.half_width < 0.05


def test_what_groups_share_is_found_beside_a_line_that_took_out_part_of_it() -> None:
    """Means of 300 samples: variances of 4 between and 1 within; unequal groups whose figure goes with them."""
    chance, found = np.random.default_rng(3), []
    group = np.repeat(np.array(list("abcdefgh")), (30, 9, 8, 6, 4, 3, 2, 1))
    for _ in range(300):
        figure = chance.standard_normal(8)[
            np.unique(group, return_inverse=True)[1]
        ] + 0.3 * chance.standard_normal(63)
        shared = 2 * chance.standard_normal(8)[np.unique(group, return_inverse=True)[1]]
        values = (shared + chance.standard_normal(63))[:, None]
        design = np.column_stack([np.ones(63), figure])
        left = values - design @ np.linalg.lstsq(design, values)[0]
        found.append(within_and_between(left, figure[:, None], group))
    assert np.mean([own for own, _, _ in found]) == pytest.approx(1, abs=0.05)
    assert np.mean([shared for _, shared, _ in found]) == pytest.approx(4, abs=0.5)
    assert {degrees for _, _, degrees in found} == {(54, 7)}


def test_one_group_shares_nothing_that_can_be_told() -> None:
    values = np.random.default_rng(4).standard_normal((20, 2))
    assert (
        within_and_between(values, np.arange(20.0)[:, None], np.repeat("one", 20))[1] == 0
    ).all()


# --- of an offer --------------------------------------------------------------------------------------------------

FIRM = {"more": 2, "less": 2, "open": 1, None: 0}


def firmness(values: Floats, department: NDArray[np.int64], *, by_range: bool) -> int:
    """How much a verdict on made-up differences says, 0 to 2."""
    names = (MeasureName("wait_to_clinician_mean", "minutes", "all"),)
    arms = {
        arm: [Measures(names, np.array([60.0 + value])) for value in of_arm]
        for arm, of_arm in (("nurse", np.zeros(len(values))), ("tool", values))
    }
    rows = compare_arms(arms, "nurse", department=department, by_range=by_range)
    found = verdict(find_row(rows, arm="tool", measure=names[0].measure), 5.0)
    return 2 if found.kind == "no change beyond" else FIRM[found.size]


@pytest.mark.slow
def test_fewer_answers_hardly_ever_give_a_firmer_verdict() -> None:
    """100 offers over 24 departments, of which one is odd; without one answer, what it decides differs over them, too.
    Read from the mean over departments, the verdict is firmer in many: the odd one no longer makes most of the
    variance, and what a blank decides cancels in the mean."""
    generator, department = np.random.default_rng(31), np.tile(np.arange(24), 2)
    firmer = {True: 0, False: 0}
    for _ in range(100):
        truth = generator.normal(generator.uniform(-10, 2), 1, 24)
        truth[0] -= 12
        blank, noise = generator.permutation(np.linspace(-4, 4, 24)), generator.normal(0, 1.5, 48)
        for by_range in firmer:
            full, fewer = (
                firmness((truth + more)[department] + noise, department, by_range=by_range)
                for more in (0, blank)
            )
            firmer[by_range] += fewer > full
    assert firmer[True] <= 3
    assert firmer[False] >= 10


def test_the_range_of_an_offer_is_not_nil_where_noise_hides_what_departments_differ_by() -> None:
    """Departments alike by chance: their range is nil by the best estimate and not at the upper limit."""
    generator, department = np.random.default_rng(32), np.tile(np.arange(24), 2)
    values = np.array(
        [generator.normal(0, 0.5, 24)[department] + generator.normal(0, 2, 48) for _ in range(200)]
    ).T
    best, most = (ranges(values, department, widest=widest) for widest in (False, True))
    assert (best.high == best.low).mean() > 0.2
    assert (most.high == most.low).mean() < 0.06
    for column in range(3):
        assert (most.low[column], most.high[column]) == pytest.approx(
            spread_over(values[:, column], department).widest
        )


def test_departments_counted_twice_make_the_weighted_mean_and_its_standard_error() -> None:
    """Numbers 0 and 4 with weights 1 and 3; the error by hand: sum of (w (x - mean))^2 over (n - 1) n, weights of mean
    1."""
    values, department = np.array([[-1.0], [4.0], [1.0], [4.0]]), np.array([0, 1, 0, 1])
    weights = np.array([1.0, 3.0, 1.0, 3.0])
    weighed = means_of(weigh(values, department, weights), department)[:, 0]
    assert weighed.mean() == pytest.approx(3.0)
    squares = (0.5 * (0 - 3)) ** 2 + (1.5 * (4 - 3)) ** 2
    assert weighed.std(ddof=1) / np.sqrt(2) == pytest.approx(np.sqrt(squares / 2))


def test_weights_that_are_alike_change_nothing_and_what_is_missing_is_left_out() -> None:
    values = np.random.default_rng(1).normal(size=(60, 2))
    department = np.arange(60) % 30
    assert weigh(values, department, np.full(60, 7.0)) == pytest.approx(values)
    values[department == 4, 1] = np.nan
    weights = np.where(department < 10, 2.0, 1.0)
    weighed = weigh(values, department, weights)
    assert np.isnan(weighed[department == 4, 1]).all()
    known = department != 4
    alone = weigh(values[known][:, 1:], department[known], weights[known])
    assert weighed[known, 1] == pytest.approx(alone[:, 0])
