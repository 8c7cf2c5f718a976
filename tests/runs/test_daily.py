"""Outcomes by day of arrival (`run.daily`): they add up to the measures, and are stored and read to the last bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.api import compare, read
from simulation.config import load
from simulation.errors import ConfigError
from simulation.measures.measuring import DailyOutcome
from simulation.measures.quantities import Number, Share
from simulation.runs.replicate import replicate
from simulation.runs.stored_run import write_data
from simulation.study.study import Study

OUTCOMES = tuple(
    DailyOutcome(measure=measure, group=group)
    for measure, group in (
        ("wait_to_clinician_mean", "all"),
        ("wait_to_clinician_mean", "acuity_true=1-2"),
        ("walk_in_triage_wait_mean", "all"),
        ("left_share", "all"),
        ("under_triage_1_2_share", "all"),
    )
)


@pytest.fixture(scope="module")
def daily(few: Study) -> Study:
    return replace(few, run=replace(few.run, daily=OUTCOMES))


def test_days_add_up_to_the_measures_of_the_window(daily: Study) -> None:
    for arm in replicate(daily, 0).arms.values():
        assert arm.daily is not None
        n, total, squares = arm.daily.reshape(len(OUTCOMES), 3, -1).sum(axis=2).T
        means = [arm.measures.value(outcome.measure, outcome.group) for outcome in OUTCOMES]
        np.testing.assert_allclose(total / n, means, rtol=1e-12)
        np.testing.assert_array_equal(squares[3:], total[3:])
        assert np.all(squares[:3] / n[:3] > (total[:3] / n[:3]) ** 2)


def test_a_day_without_patients_of_a_group_counts_nobody_and_takes_nothing_from_the_next() -> None:
    number = Number(np.array([np.nan, 2.0, 3.0, np.nan, 4.0, np.nan]))
    edges, among = np.array([0, 1, 3, 4, 5, 6]), np.array([True, True, True, True, True, True])
    for mask, of_two in ((None, [2, 5, 13]), (among, [2, 5, 13]), (~among, [0, 0, 0])):
        four = [1, 4, 16] if of_two[0] else [0, 0, 0]
        np.testing.assert_array_equal(
            number.moments(edges, mask).T, [[0, 0, 0], of_two, [0, 0, 0], four, [0, 0, 0]]
        )
    share = Share(np.array([True, False, True]), np.array([True, True, False]))
    np.testing.assert_array_equal(
        share.moments(np.array([0, 2, 3, 3]), None).T, [[2, 1, 1], [0, 0, 0], [0, 0, 0]]
    )


def test_the_group_of_who_was_given_an_urgent_label_differs_from_that_of_the_truth(
    daily: Study,
) -> None:
    groups = ("acuity_true=1-2", "acuity_given=1-2")
    both = tuple(DailyOutcome(measure="wait_to_clinician_mean", group=group) for group in groups)
    arm = replicate(replace(daily, run=replace(daily.run, daily=both)), 0).arms["nurse"]
    assert arm.daily is not None
    (true, _, _), (given, _, _) = arm.daily.reshape(2, 3, -1).sum(axis=2)
    assert 0 < true != given > 0


def test_days_are_stored_and_read_as_they_were(daily: Study, tmp_path: Path) -> None:
    result = compare(daily)
    again = read(write_data(result, tmp_path))
    assert again.run.daily == OUTCOMES
    for ours, theirs in zip(result.replications, again.replications, strict=True):
        for name, arm in ours.arms.items():
            np.testing.assert_array_equal(arm.daily, theirs.arms[name].daily)


def test_a_median_and_an_unknown_group_are_refused_together() -> None:
    stated = "[{measure: stay_median}, {measure: left_share, group: 'acuity_true=soon'}]"
    with pytest.raises(ConfigError) as refused:
        load(f"run.daily={stated}")
    assert [fault.where for fault in refused.value.faults] == [
        "run.daily.0.measure",
        "run.daily.1.group",
    ]
