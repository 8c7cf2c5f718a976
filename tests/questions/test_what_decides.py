"""On made ensembles with a known truth: what explains an effect is found, and where nothing does it is not."""

import numpy as np
import pytest

from simulation.questions.what_decides import Decides, explain_effects, value_figures
from simulation.records.schema import Floats, Ints
from simulation.statistics.departments import MIN_DEPARTMENTS, spread_over
from simulation.statistics.variance_components import components, halves
from tests.statistics.ensembles import Made, made, replications_of


def told(ensemble: Made, *, matters: float = 5.0, most: int = 3) -> tuple[Decides, ...]:
    stated = {"matters": matters, "lower_is_better": True, "most": most}
    found = explain_effects(ensemble.figures, ensemble.effects, ensemble.department_of, **stated)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_the_wait_for_triage_is_found_to_decide_what_a_nurse_does() -> None:
    nurse, _ = told(made(1))
    assert nurse.differs
    assert nurse.best is not None
    assert nurse.best.figure == 0
    truth = (
        np.corrcoef(made(1, n=20_000).true_figures[:, 0], made(1, n=20_000).true_effects[:, 0])[
            0, 1
        ]
        ** 2
    )
    assert truth > 0.95
    assert nurse.best.share == pytest.approx(truth, abs=3 * nurse.best.share_error + 0.02)
    assert nurse.best.share_error < 0.1


def test_the_rule_says_from_which_wait_on_a_nurse_gains_more_than_matters() -> None:
    nurse, _ = told(made(2))
    assert nurse.rule is not None
    assert nurse.rule.above
    assert nurse.rule.gains
    assert nurse.rule.cut == pytest.approx(14.2, abs=1.5)  # .7 - .4 x = -5
    assert nurse.rule.hit_rate > nurse.rule.commoner + 0.1
    assert nurse.rule.n == 120


def test_an_effect_beyond_what_matters_in_every_department_needs_no_rule() -> None:
    _, doctor = told(made(3), matters=2.0)
    assert doctor.best is not None
    assert doctor.rule is None
    assert doctor.everywhere
    _, doctor = told(made(3), matters=30.0)
    assert (doctor.rule, doctor.everywhere) == (None, False)


def test_noise_that_figure_and_effect_share_explains_nothing() -> None:
    chance = np.random.default_rng(4)
    ensemble = replications_of(
        chance, np.tile([20.0, 0.8, 0.95, 18.0], (60, 1)), np.tile([-5.0, -9.0], (60, 1))
    )
    correlation = np.corrcoef(ensemble.figures[:, 0], ensemble.effects[:, 0])[0, 1]
    assert correlation < -0.4
    assert [each.best for each in told(ensemble)] == [None, None]
    assert not any(each.differs for each in told(ensemble))


def nothing_explains(chance: np.random.Generator) -> Made:
    """Effects and figures differ between departments and have nothing to do with one another; noise they share."""
    true_figures = np.column_stack(
        [
            6 + 40 * chance.beta(1.3, 3, 60),
            *chance.normal([0.8, 0.95, 18], [0.05, 0.02, 4], (60, 3)).T,
        ]
    )
    return replications_of(chance, true_figures, chance.normal([-5, -9], [2, 1], (60, 2)))


@pytest.mark.slow
def test_if_nothing_explains_an_effect_a_figure_is_found_in_one_study_in_twenty() -> None:
    """120 studies; a rate of 5 % gives more than 12 with a probability of .8 %."""
    chance = np.random.default_rng(5)
    studies = [told(nothing_explains(chance)) for _ in range(120)]
    assert sum(any(arm.best is not None for arm in study) for study in studies) <= 12
    assert np.mean([arm.differs for study in studies for arm in study]) > 0.9


def test_fewer_than_twenty_departments_give_no_answer() -> None:
    few = made(6, n=MIN_DEPARTMENTS - 1)
    assert (
        explain_effects(
            few.figures, few.effects, few.department_of, matters=5, lower_is_better=True
        )
        is None
    )
    once = made(6, n=60, each=1)
    assert (
        explain_effects(
            once.figures, once.effects, once.department_of, matters=5, lower_is_better=True
        )
        is None
    )


@pytest.mark.slow
def test_the_standard_error_of_a_share_is_how_far_it_varies_between_ensembles() -> None:
    doctor = [told(made(seed), most=4)[1].explains for seed in range(100, 160)]
    staff = [each for explains in doctor for each in explains if each.figure == 2]
    errors = [each.share_error for each in staff]
    assert np.std([each.share for each in staff]) == pytest.approx(np.mean(errors), rel=0.35)


# --- between and within departments ---------------------------------------------------------------------------


def test_chance_is_taken_out_of_what_differs_between_departments() -> None:
    ensemble = made(7, n=1500, each=3)
    both = np.column_stack([ensemble.figures, ensemble.effects])
    found = components(both, ensemble.department_of)
    truth = np.cov(np.column_stack([ensemble.true_figures, ensemble.true_effects]), rowvar=False)
    scale = np.sqrt(np.outer(np.diag(truth), np.diag(truth)))
    assert np.abs((found.between - truth) / scale).max() < 0.08
    kept = np.diag(found.of_means - found.between) / np.diag(found.within)
    assert kept == pytest.approx([1 / 3] * 6)


def test_two_replications_pair_each_figure_with_the_other_effect() -> None:
    ensemble = made(8, n=500)
    both = np.column_stack([ensemble.figures, ensemble.effects])
    one, other = halves(both, ensemble.department_of)
    crossed = (np.cov(one.T, other.T)[:6, 6:] + np.cov(one.T, other.T)[6:, :6]) / 2
    found = components(both, ensemble.department_of)
    assert found.between == pytest.approx(crossed, rel=0.02, abs=1e-3)


# --- worth knowing --------------------------------------------------------------------------------------------


def normal_departments(n: int, each: int, noise: float) -> tuple[Floats, Floats, Ints]:
    """A figure, a figure that says nothing, and an arm whose benefit is as often good as bad: 100 times the first."""
    chance = np.random.default_rng(9)
    department_of = np.tile(np.arange(n), each)
    figures = chance.standard_normal((n, 2))
    seen = figures[department_of] + noise * chance.standard_normal((n * each, 2))
    return seen, 100 * figures[department_of, :1], department_of


def test_a_figure_is_worth_what_a_better_choice_gains() -> None:
    """Of a normal benefit of mean 0 and standard deviation s the better of arm and baseline gains s / sqrt(2 pi)."""
    figures, benefits, department_of = normal_departments(500, 2, 0.0)
    (first, second), errors = value_figures(figures, benefits, department_of, noise=84 / 14)
    assert first == pytest.approx(100 / np.sqrt(2 * np.pi), abs=4 * errors[0])
    assert errors[0] < 4
    assert second < 6


def test_a_figure_of_a_fortnight_is_worth_less_by_its_noise() -> None:
    """A variance of 1 and noise of .5 in 84 days, so 6 x .25 in 14: the line is flattened by sqrt(1 / 2.5)."""
    figures, benefits, department_of = normal_departments(500, 2, 0.5)
    (first, _), errors = value_figures(figures, benefits, department_of, noise=84 / 14)
    assert first == pytest.approx(100 / np.sqrt(2 * np.pi) / np.sqrt(2.5), abs=4 * errors[0])


def test_knowing_is_worth_nothing_where_one_arm_is_best_everywhere() -> None:
    figures, benefits, department_of = normal_departments(100, 2, 0.0)
    values, _ = value_figures(figures, 1000 + benefits, department_of, noise=84 / 14)
    assert values == pytest.approx([0, 0], abs=1e-9)


def test_with_chance_taken_out_what_departments_share_stays_shared() -> None:
    """One number alone is what `spread_over` makes of it; where one is always half of another, so is its effect."""
    rng, department = np.random.default_rng(5), np.repeat(np.arange(40), 3)
    one = rng.normal(3, 1, 40)[department] + rng.normal(0, 1, 120)
    alone = components(one[:, None], department).effects[:, 0]
    assert alone == pytest.approx(spread_over(one, department).effects)
    both = components(np.stack([one, 2 * one], axis=1), department).effects
    assert both == pytest.approx(np.stack([alone, 2 * alone], axis=1))
    many = components(
        rng.normal(0, 1, (120, 2)) + rng.normal(0, [1, 2], (40, 2))[department], department
    )
    assert np.cov(many.effects, rowvar=False) == pytest.approx(many.between)
