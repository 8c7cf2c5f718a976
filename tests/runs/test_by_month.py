"""Measures by month: which months a window holds, and that they come only where a run asks for them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simulation.api import Result
from simulation.department.vocabulary import Pathway
from simulation.measures.measuring import measure
from simulation.patients import DAYS_IN_YEAR
from simulation.runs.replicate import ArmReplication, replicate
from simulation.study.simulate import simulate_arm
from simulation.study.study import RunLength, Study

DAY = 1440.0


def length(
    measured_days: int, *, start_week: int | None = None, warm_up_days: int = 0
) -> RunLength:
    return RunLength(
        seed=1, replications=1, warm_up_days=warm_up_days, measured_days=measured_days, cool_down_days=0,
        start_week=start_week, by_month=True,
    )  # fmt: skip


def shown(run: RunLength, replication: int = 0) -> list[int]:
    return [month for month, _ in run.months(replication)]


def nurse(study: Study) -> ArmReplication:
    return replicate(study, 0).arms["nurse"]


@pytest.mark.parametrize(
    ("start_week", "measured", "months"),
    [
        (0, 364, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        (4, 364, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),  # two parts of a January make no January
        (13, 364, [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]),
        (13, 182, [4, 5, 6, 7, 8, 9]),
        (14, 182, [5, 6, 7, 8, 9]),
        (13, 181, [4, 5, 6, 7, 8]),
        (13, 31, [4]),
        (13, 30, []),
        (2, 28, []),
        (47, 70, [12, 1]),
        (0, 728, [*range(1, 13), *range(1, 13)]),
    ],
)
@pytest.mark.parametrize("warm_up", [0, 14, 28])
def test_a_window_holds_the_months_that_lie_wholly_in_it(
    start_week: int, measured: int, months: list[int], warm_up: int
) -> None:
    assert shown(length(measured, start_week=start_week, warm_up_days=warm_up)) == months


def test_a_window_shorter_than_the_year_holds_other_months_in_each_replication() -> None:
    assert [shown(length(63), replication) for replication in range(4)] == [[1, 2], [6], [10], [3]]


def test_a_year_holds_every_month_in_order_in_each_replication() -> None:
    assert [
        shown(length(DAYS_IN_YEAR, warm_up_days=28), replication) for replication in range(3)
    ] == [[*range(1, 13)]] * 3


def test_the_months_of_a_year_follow_each_other_and_fill_it() -> None:
    windows = np.array([window for _, window in length(DAYS_IN_YEAR).months(0)])
    assert windows[0, 0] == 0
    assert windows[-1, 1] == DAYS_IN_YEAR * DAY
    assert (windows[1:, 0] == windows[:-1, 1]).all()
    assert set(np.diff(windows).ravel() / DAY) == {30, 31}


def test_the_measures_of_a_month_are_those_of_who_came_in_it(
    ward: Callable[..., Pathway], study_of: Callable[..., Study]
) -> None:
    study = study_of(ward(minutes=30.0), warm_up_days=7, measured_days=80, cool_down_days=1)
    study = replace(study, run=replace(study.run, by_month=True))
    patients = simulate_arm(study.baseline, study.run, "compiled", 0, cool_down_days=1).patients
    found = nurse(study).months
    assert [month for month, _ in found] == [1, 2]
    for (_, measures), window in zip(
        found, ((7 * DAY, 38 * DAY), (38 * DAY, 68 * DAY)), strict=True
    ):
        alone = measure(patients, window=window)
        assert measures.names == alone.names
        np.testing.assert_array_equal(measures.values, alone.values)


def test_a_window_of_one_month_has_its_measures_twice(
    ward: Callable[..., Pathway], study_of: Callable[..., Study]
) -> None:
    study = study_of(ward(minutes=30.0), warm_up_days=7, measured_days=31, cool_down_days=1)
    answer = nurse(replace(study, run=replace(study.run, by_month=True)))
    ((month, measures),) = answer.months
    assert month == 1
    np.testing.assert_array_equal(measures.values, answer.measures.values)


def test_default_runs_bring_no_months(result: Result, study: Study) -> None:
    assert not study.run.by_month
    assert all(arm.months == () for answer in result.replications for arm in answer.arms.values())
