"""Analyses on worlds whose answer is known: levels are kept where they should be, and lost where they must be."""

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from scipy import stats

from simulation.evaluation.analyses import analyse
from simulation.evaluation.design import Alternating, BeforeAfter, EvaluationDesign, Parallel
from simulation.evaluation.trials import MOST_ALLOCATIONS, Trials, list_orders
from simulation.records.schema import Floats
from tests.evaluation.made import design_of, gaussian, wedge

CHANCE = np.random.default_rng(5)
PARALLEL = design_of(Parallel(kind="parallel"), departments=10, weeks=12, analysis="permutation")
TWO_SEQUENCES = design_of(
    Alternating(kind="alternating", sequences=2), departments=8, analysis="sequence_t"
)
ONE = design_of(Alternating(kind="alternating"), analysis="permutation")
N_TRIALS = 2_000


def false_alarms(design: EvaluationDesign, **world: float) -> float:
    trials = gaussian(list_orders(design, CHANCE), N_TRIALS, **world)  # type: ignore[arg-type]
    return float((analyse(trials, design.analyses[0]).p < 0.05).mean())


def test_a_randomisation_test_of_two_groups_is_that_of_scipy() -> None:
    trials = gaussian(list_orders(PARALLEL, CHANCE), 20, effect=1.0)
    reported = analyse(trials, "permutation")
    for values, on, effect, p in zip(
        trials.values, trials.on, reported.effect, reported.p, strict=True
    ):
        groups = values[on[:, 0], 0], values[~on[:, 0], 0]
        test = stats.permutation_test(
            groups, lambda one, other: one.mean() - other.mean(), n_resamples=np.inf
        )
        assert effect == pytest.approx(test.statistic)
        assert p == pytest.approx(test.pvalue)


@pytest.mark.parametrize(
    "design",
    [
        PARALLEL,
        *(pytest.param(design, marks=pytest.mark.slow) for design in (wedge(8, 4), ONE)),
        TWO_SEQUENCES,
    ],
    ids=lambda design: design.switching.kind,
)
def test_randomised_designs_keep_their_level_where_weeks_are_alike_and_shared(
    design: EvaluationDesign,
) -> None:
    """Departments' levels, a shock that all share and autocorrelated weeks; 3.5 standard errors of 2,000 trials."""
    world = {"between": 4.0, "shock": 4.0 if design.departments > 1 else 0.0, "correlation": 0.3}
    assert false_alarms(design, **world) == pytest.approx(
        0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / N_TRIALS)
    )


def test_four_against_four_leave_a_randomisation_test_two_of_seventy() -> None:
    eight = design_of(Parallel(kind="parallel"), departments=8, analysis="permutation")
    trials = gaussian(list_orders(eight, CHANCE), N_TRIALS)
    assert (analyse(trials, "permutation").p < 0.05).mean() == pytest.approx(2 / 70, abs=0.013)
    assert (analyse(trials, "cluster_t").p < 0.05).mean() == pytest.approx(0.05, abs=0.017)


def test_a_t_test_of_alternate_weeks_is_careful_where_neighbours_are_alike() -> None:
    weekly = design_of(Alternating(kind="alternating"))
    assert false_alarms(weekly) == pytest.approx(0.05, abs=0.017)
    assert false_alarms(weekly, correlation=0.3) < 0.04


def test_a_t_test_of_pairs_keeps_its_level_and_gains_where_neighbours_are_alike() -> None:
    paired, weekly = (
        design_of(Alternating(kind="alternating"), analysis=name)
        for name in ("paired_t", "weekly_t")
    )
    assert false_alarms(paired) == pytest.approx(0.05, abs=0.017)
    trials = gaussian(list_orders(paired, CHANCE), 500, effect=1.0, correlation=0.6)
    found = [(analyse(trials, design.analyses[0]).p < 0.05).mean() for design in (paired, weekly)]
    assert found[0] > found[1] + 0.1
    np.testing.assert_allclose(
        *(analyse(trials, design.analyses[0]).effect for design in (paired, weekly))
    )


@pytest.mark.slow
def test_a_mixed_model_of_few_departments_finds_too_much_of_nothing_and_is_near_the_truth() -> None:
    """REML takes its variances as known: about 6 to 7 of 100 at eight departments."""
    design = wedge(8, 4)
    for effect in (0.0, 1.0):
        trials = gaussian(list_orders(design, CHANCE), 600, effect=effect, between=1.0)
        reported = analyse(trials, "mixed")
        assert reported.effect.mean() == pytest.approx(effect, abs=0.08)
        if not effect:
            assert 0.03 < (reported.p < 0.05).mean() < 0.1


def test_before_and_after_finds_an_effect_of_nothing_where_weeks_are_alike() -> None:
    design = design_of(BeforeAfter(kind="before_after", before_weeks=12))
    assert false_alarms(design) == pytest.approx(0.05, abs=0.017)
    assert false_alarms(design, correlation=0.5) > 0.15


def test_a_control_takes_a_shared_shock_away() -> None:
    """A shock that lasts: half of the weeks before and none of those after, for both."""
    switching = BeforeAfter(kind="before_after", before_weeks=12)
    alone, beside = design_of(switching), design_of(switching, departments=2)
    effects = {}
    for design in (alone, beside):
        trials = gaussian(list_orders(design, CHANCE), 500, shock=0.0)
        trials.moments[:, :, 12:, 1] += 5.0
        effects[design.departments] = analyse(trials, "weekly_t").effect.mean()
    assert effects[1] == pytest.approx(5.0, abs=0.1)
    assert effects[2] == pytest.approx(0.0, abs=0.1)


def test_patients_as_units_ignore_that_weeks_differ() -> None:
    design = design_of(BeforeAfter(kind="before_after", before_weeks=12), analysis="patients_t")
    weeks = gaussian(list_orders(design, CHANCE), N_TRIALS)
    n, of_patients = 500.0, 10.0
    moments = n * np.stack(
        [np.ones_like(weeks.values), weeks.values, weeks.values**2 + of_patients], axis=-1
    )
    reported = analyse(replace(weeks, moments=moments), "patients_t")
    assert (reported.p < 0.05).mean() > 0.6
    after, before = weeks.values[0, 0, 12:], weeks.values[0, 0, :12]
    sds = [
        np.sqrt((values.var() + of_patients) * 12 * n / (12 * n - 1)) for values in (after, before)
    ]
    test = stats.ttest_ind_from_stats(after.mean(), sds[0], 12 * n, before.mean(), sds[1], 12 * n)
    assert reported.p[0] == pytest.approx(test.pvalue)
    assert reported.half_width[0] == pytest.approx(
        np.ptp(stats.t.interval(0.95, 24 * n - 2, scale=abs(reported.effect[0] / test.statistic)))
        / 2
    )
    alike = analyse(replace(weeks, moments=np.repeat(moments[:, :, :1], 24, axis=2)), "patients_t")
    assert (alike.effect == 0).all()
    assert (alike.half_width > 0).all()


@pytest.mark.parametrize(
    "design",
    [PARALLEL, pytest.param(wedge(8, 4), marks=pytest.mark.slow), TWO_SEQUENCES, ONE],
    ids=lambda design: design.switching.kind,
)
def test_intervals_hold_the_effect_in_95_of_100_trials(design: EvaluationDesign) -> None:
    trials = gaussian(list_orders(design, CHANCE), N_TRIALS, effect=2.0, between=4.0)
    reported = analyse(trials, design.analyses[0])
    assert reported.effect.mean() == pytest.approx(2.0, abs=0.1)
    held = (np.abs(reported.effect - 2.0) <= reported.half_width).mean()
    assert held == pytest.approx(0.95, abs=0.03)


def test_every_order_that_is_possible_is_listed_once_or_so_many_are_drawn() -> None:
    listed = {
        design.switching.kind: list_orders(design, CHANCE)
        for design in (PARALLEL, wedge(8, 4), ONE)
    }
    assert [len(orders) for orders in listed.values()] == [
        comb(10, 5),
        MOST_ALLOCATIONS,
        MOST_ALLOCATIONS,
    ]
    assert len(np.unique(listed["parallel"], axis=0)) == comb(10, 5)
    short = list_orders(design_of(Alternating(kind="alternating"), weeks=8), CHANCE)
    assert len(np.unique(short, axis=0)) == len(short) == 2**4
    assert (short[:, 0].reshape(-1, 4, 2).sum(axis=2) == 1).all()
    assert (list_orders(wedge(6, 3), CHANCE).sum(axis=1) == [0, 2, 4, 6]).all()
    both = list_orders(TWO_SEQUENCES, CHANCE)
    assert (both.sum(axis=1) == 4).all()


def test_the_ends_of_a_randomisation_interval_are_where_the_test_begins_to_reject() -> None:
    trials = gaussian(list_orders(PARALLEL, CHANCE), 40, effect=1.0)
    reported = analyse(trials, "permutation")
    kept: list[Floats] = []
    steps = np.linspace(0, 4, 200)
    for sign in (-1, 1):
        shifts = reported.effect + sign * steps[:, None]
        kept.append(
            sum(_p_after(trials, shift[:, None, None]) >= 0.05 for shift in shifts)
            * (steps[1] - steps[0])
        )
    np.testing.assert_allclose(sum(kept) / 2, reported.half_width, atol=0.05)


def _p_after(trials: Trials, effect: Floats) -> Floats:
    """The p value once an effect has been taken off the periods with the tool."""
    values = trials.values - effect * trials.on
    moments = np.stack([np.ones_like(values), values, values**2], axis=-1)
    return analyse(replace(trials, moments=moments), "permutation").p
