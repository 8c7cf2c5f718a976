"""Emulated trials: each week of each department is that of the arm that was on in it, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.evaluation.design import Alternating, BeforeAfter, Parallel, Stepped
from simulation.evaluation.trials import Bank, trials_of
from simulation.measures.measuring import DailyOutcome
from tests.evaluation.made import WAIT, bank_of_noise, design_of
from tests.held import Hold

WEEKS = 12
BEFORE = design_of(BeforeAfter(kind="before_after", before_weeks=4), weeks=8)


@pytest.fixture(scope="module")
def told_apart() -> Bank:
    """Days whose mean says arm, department and day: 1,000,000 with the tool, 1,000 a department, 1 a day."""
    of_department, day = 1000.0 * np.arange(5)[:, None], np.arange(7.0 * WEEKS)

    def days(arm: float) -> np.ndarray:
        means = arm + of_department + day
        return np.stack([np.full_like(means, 2.0), 2 * means, 2 * means**2], axis=1)[:, None]

    return Bank((WAIT,), "nurse", {"nurse": days(0.0), "tool": days(1e6)}, np.arange(5))


def week_of(mean: float) -> float:
    """The week of a mean of seven days in a row, the first being its Monday."""
    return (mean % 1000 - 3) / 7


def test_a_department_before_and_after_is_its_own_weeks_in_a_row_from_two_arms(
    told_apart: Bank,
) -> None:
    trials = trials_of(told_apart, BEFORE, "tool", WAIT, 200, seed=1)
    for values, (run,) in zip(trials.values[:, 0], trials.runs, strict=True):
        assert ((values > 1e6) == [False] * 4 + [True] * 4).all()
        assert (values % 1e6 // 1000 == run).all()
        weeks = np.array([week_of(value) for value in values])
        assert (np.diff(weeks) % WEEKS == 1).all()


def test_each_department_is_drawn_equally_often_and_never_twice_in_a_trial(
    told_apart: Bank,
) -> None:
    design = design_of(Parallel(kind="parallel"), departments=4, weeks=4, analysis="permutation")
    trials = trials_of(told_apart, design, "tool", WAIT, 500, seed=1)
    assert np.bincount(trials.runs[:, 0]).tolist() == [100] * 5
    assert all(len(set(runs)) == 4 for runs in trials.runs.tolist())


def test_the_tool_is_on_where_the_order_drawn_says_so(told_apart: Bank) -> None:
    for design in (
        design_of(
            Alternating(kind="alternating", sequences=2),
            departments=4,
            weeks=8,
            analysis="permutation",
        ),
        design_of(
            Stepped(kind="stepped", step_weeks=2), departments=4, weeks=6, analysis="permutation"
        ),
    ):
        trials = trials_of(told_apart, design, "tool", WAIT, 100, seed=1)
        np.testing.assert_array_equal(trials.values > 1e6, trials.allocations[trials.drawn])
        assert len(np.unique(trials.drawn)) > 5


def test_days_and_weeks_that_are_not_counted_are_left_out(told_apart: Bank) -> None:
    washed = design_of(Alternating(kind="alternating"), weeks=8, wash_out_days=2)
    first_days = trials_of(told_apart, washed, "tool", WAIT, 50, seed=1).values[:, 0] % 1000 % 7
    np.testing.assert_allclose(first_days, 4.0)  # the mean of the third to the seventh day
    learnt = replace(BEFORE, run_in_weeks=1)
    trials = trials_of(told_apart, learnt, "tool", WAIT, 50, seed=1)
    assert trials.weeks.tolist() == [0, 1, 2, 3, 5, 6, 7]
    step = design_of(
        Stepped(kind="stepped", step_weeks=2),
        departments=2,
        weeks=6,
        analysis="permutation",
        run_in_weeks=1,
    )
    means = trials_of(told_apart, step, "tool", WAIT, 50, seed=1).values
    np.testing.assert_allclose(np.diff(means % 1000, axis=2) % 84, 14.0)


def test_the_true_effect_is_that_of_the_departments_that_switch() -> None:
    bank = bank_of_noise(6, 20, effect=-3.0, by_department=1.0)
    own = bank.effects("tool", WAIT)
    one = trials_of(
        bank, design_of(BEFORE.switching, departments=3, weeks=8), "tool", WAIT, 60, seed=1
    )
    np.testing.assert_allclose(one.true, own[one.runs[:, 0]])
    wedge = design_of(
        Stepped(kind="stepped", step_weeks=1), departments=4, weeks=5, analysis="permutation"
    )
    all_of_them = trials_of(bank, wedge, "tool", WAIT, 60, seed=1)
    np.testing.assert_allclose(all_of_them.true, own[all_of_them.runs].mean(axis=1))


def test_the_same_seed_gives_the_same_trials_under_every_arm(told_apart: Bank) -> None:
    one, other = (trials_of(told_apart, BEFORE, arm, WAIT, 50, seed=4) for arm in ("nurse", "tool"))
    np.testing.assert_array_equal(one.runs, other.runs)
    np.testing.assert_array_equal(one.values, other.values % 1e6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weeks": 14}, "needs 14 weeks of 1 departments, and there"),
        ({"departments": 6}, "needs 8 weeks of 6 departments, and there"),
    ],
)
def test_a_design_larger_than_the_bank_is_refused(
    told_apart: Bank, changes: dict[str, int], words: str, hold: Hold
) -> None:
    with hold.refusal(ResultsError, match=words):
        trials_of(told_apart, replace(BEFORE, **changes), "tool", WAIT, 10, seed=1)


def test_a_period_without_a_patient_and_an_unknown_arm_are_refused(
    told_apart: Bank, hold: Hold
) -> None:
    rare = DailyOutcome(measure="left_share")
    nobody = Bank(
        (rare,),
        "nurse",
        {"nurse": np.zeros((3, 1, 3, 84)), "tool": np.zeros((3, 1, 3, 84))},
        np.arange(3),
    )
    with hold.refusal(ResultsError, match="some period has"):
        trials_of(nobody, BEFORE, "tool", rare, 10, seed=1)
    with pytest.raises(ResultsError, match="Did you mean 'tool'"):
        trials_of(told_apart, BEFORE, "tol", WAIT, 10, seed=1)
