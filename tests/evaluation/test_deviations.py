"""Deviations from the plan: the effect of what staff do, week by week, and weeks that nobody counts."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.errors import ConfigError
from simulation.evaluation.analyses import analyse
from simulation.evaluation.design import Alternating, BeforeAfter, Deviation, Parallel, Stepped
from simulation.evaluation.evaluate import load_deviations
from simulation.evaluation.trials import draw_counted_weeks, effect_shares, fill_periods, trials_of
from tests.evaluation.made import WAIT, bank_of_noise, design_of

NOTE = {"label": "made up", "evidence": "assumed", "source": "made for a test"}
PACKAGED = ("slow_adoption", "fading_novelty", "missing_weeks", "drop_out")


def deviation(**keys: float) -> Deviation:
    return Deviation(**NOTE, **keys)  # type: ignore[arg-type]


def test_every_packaged_deviation_changes_something_and_says_where_it_is_from() -> None:
    nothing = deviation()
    for stated in load_deviations(PACKAGED):
        assert replace(stated, **NOTE) != nothing  # type: ignore[arg-type]
        assert stated.source
    with pytest.raises(ConfigError, match="Did you mean 'drop_out'"):
        load_deviations(["drop_ot"])


def test_an_effect_grows_or_fades_in_a_straight_line_from_the_first_week_with_the_tool() -> None:
    on = np.array([[[False, True, True, True], [True, False, True, False]]])
    slow = effect_shares([deviation(effect_at_first=0.2, effect_at_last=0.8, weeks=2)], on)
    np.testing.assert_allclose(slow, [[[0, 0.2, 0.5, 0.8], [0.2, 0, 0.8, 0]]])
    half = deviation(effect_at_last=0.5, effect_at_first=0.5)
    np.testing.assert_allclose(effect_shares([half, half], on), on * 0.25)


def test_before_and_after_shows_the_mean_share_of_the_effect() -> None:
    bank = bank_of_noise(20, 40, effect=-10.0)
    design = design_of(BeforeAfter(kind="before_after", before_weeks=8), weeks=16)
    slow = deviation(effect_at_first=0.0, effect_at_last=1.0, weeks=7)
    trials = trials_of(bank, design, "tool", WAIT, 400, seed=1, deviations=[slow])
    assert analyse(trials, "weekly_t").effect.mean() == pytest.approx(-5.0, abs=0.2)
    np.testing.assert_allclose(trials.true, -10.0)


def test_weeks_are_missing_at_their_share_and_the_first_is_never() -> None:
    counted = draw_counted_weeks(
        [deviation(missing_share=0.3)], (500, 4, 20), np.random.default_rng(1)
    )
    assert counted[:, :, 0].all()
    assert counted[:, :, 1:].mean() == pytest.approx(0.7, abs=0.01)


def test_a_department_that_drops_out_is_gone_for_good_and_one_alone_stays() -> None:
    stays = draw_counted_weeks(
        [deviation(drop_out_share=0.4)], (2_000, 3, 12), np.random.default_rng(1)
    )
    assert (np.diff(stays.astype(int), axis=2) <= 0).all()
    assert (~stays[:, :, -1]).mean() == pytest.approx(0.4, abs=0.02)
    assert draw_counted_weeks(
        [deviation(drop_out_share=0.4)], (50, 1, 12), np.random.default_rng(1)
    ).all()


def test_a_missing_period_is_the_mean_of_the_departments_others() -> None:
    moments = np.array([[[[2.0, 20.0, 200.0], [0.0, 0.0, 0.0], [4.0, 80.0, 1600.0]]]])
    np.testing.assert_allclose(fill_periods(moments)[0, 0, 1], [3.0, 50.0, 900.0])
    np.testing.assert_allclose(fill_periods(moments)[0, 0, [0, 2]], moments[0, 0, [0, 2]])


def test_a_wedge_whose_departments_drop_out_is_analysed_by_every_analysis() -> None:
    wedge = design_of(
        Stepped(kind="stepped", step_weeks=4), departments=4, weeks=20, analysis="gls"
    )
    gone = [deviation(drop_out_share=0.5)]
    trials = trials_of(
        bank_of_noise(8, 30, effect=-9.0), wedge, "tool", WAIT, 20, seed=1, deviations=gone
    )
    for analysis in ("permutation", "gls"):
        assert analyse(trials, analysis).effect.mean() == pytest.approx(-9.0, abs=4.0)


@pytest.mark.parametrize("kind", [pytest.param("alternating", marks=pytest.mark.slow), "parallel"])
def test_a_randomisation_test_keeps_its_level_where_weeks_are_missing_and_departments_drop_out(
    kind: str,
) -> None:
    design = (
        design_of(
            Alternating(kind="alternating", sequences=2),
            departments=8,
            weeks=12,
            analysis="permutation",
        )
        if kind == "alternating"
        else design_of(Parallel(kind="parallel"), departments=10, weeks=8, analysis="permutation")
    )
    much = [deviation(missing_share=0.2, drop_out_share=0.2)]
    trials = trials_of(bank_of_noise(40, 60), design, "sham", WAIT, 2_000, seed=1, deviations=much)
    assert (analyse(trials, "permutation").p < 0.05).mean() == pytest.approx(0.05, abs=0.017)
