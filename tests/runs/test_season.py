"""In which week of the year a replication is measured: balanced where the window is short, 0 where it is a year."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway, Profile
from simulation.patients import DAYS_IN_YEAR, WEEKS_IN_YEAR, Calendar
from simulation.runs.replicate import replicate
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import RunLength, Study

DAY = 1440.0
SEASONS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
"""How many come in each month, in twelfths of those who come in December."""


def length(
    measured_days: int, *, start_week: int | None = None, warm_up_days: int = 14
) -> RunLength:
    return RunLength(
        seed=1, replications=4, warm_up_days=warm_up_days, measured_days=measured_days, cool_down_days=0,
        start_week=start_week,
    )  # fmt: skip


def start_weeks(run: RunLength, n: int = 4) -> list[int]:
    return [run.calendar(replication).start_week for replication in range(n)]


@pytest.fixture(scope="module")
def seasonal(ward: Callable[..., Pathway], study_of: Callable[..., Study]) -> Study:
    """A ward to which ever more come from January to December, measured for four weeks after one of warm-up."""
    plain = ward(minutes=30.0, per_day=600)
    source = replace(plain.arrivals["walk_in"], by_month="seasons")
    profile = Profile(
        weights=tuple(map(float, SEASONS)), evidence="assumed", source="made for a test"
    )
    pathway = replace(plain, arrivals={"walk_in": source}, profiles={"seasons": profile})
    return study_of(pathway, warm_up_days=7, measured_days=28, cool_down_days=1)


def expected(calendar: Calendar, days: np.ndarray) -> np.ndarray:
    """Arrivals wanted on days since the start of a run."""
    return 600 * np.array(SEASONS)[calendar.months(days)] / np.mean(SEASONS)


def simulated(study: Study, replication: int) -> Simulated:
    return simulate_arm(study.baseline, study.run, "compiled", replication, cool_down_days=1)


# --- the rule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measured_days", [1, 28, 56, DAYS_IN_YEAR - 1])
def test_a_window_shorter_than_the_year_begins_in_another_week_in_each_replication(
    measured_days: int,
) -> None:
    run = length(measured_days)
    assert start_weeks(run) == [0, 19, 38, 5]
    assert len(set(start_weeks(run, WEEKS_IN_YEAR))) == WEEKS_IN_YEAR


@pytest.mark.parametrize("measured_days", [DAYS_IN_YEAR, DAYS_IN_YEAR + 1, 2 * DAYS_IN_YEAR])
def test_a_window_of_a_year_or_more_begins_in_january(measured_days: int) -> None:
    assert start_weeks(length(measured_days)) == [0, 0, 0, 0]


@pytest.mark.parametrize("measured_days", [28, DAYS_IN_YEAR])
@pytest.mark.parametrize("week", [0, 13, 51])
def test_a_stated_week_is_that_of_every_replication(week: int, measured_days: int) -> None:
    assert start_weeks(length(measured_days, start_week=week)) == [week] * 4


# --- what runs by it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("replication", [0, 1, 2])
def test_as_many_come_as_in_the_weeks_in_which_a_replication_is_measured(
    replication: int, seasonal: Study
) -> None:
    """Within 5 standard deviations of a Poisson number: one false alarm in a million."""
    calendar = seasonal.run.calendar(replication)
    patients = simulated(seasonal, replication).patients
    for first, after in ((0, 7), (7, 35)):
        came = (
            (patients["arrived_at"] >= first * DAY) & (patients["arrived_at"] < after * DAY)
        ).sum()
        mean = expected(calendar, np.arange(first, after)).sum()
        assert abs(came - mean) < 5 * np.sqrt(mean)


def test_every_arm_of_a_replication_meets_the_same_weeks(seasonal: Study) -> None:
    """Arms share their patients in a worker; a story draws them anew for each, with the same calendar."""
    arms = tuple(replace(seasonal.baseline, name=name) for name in ("nurse", "same"))
    result = replicate(replace(seasonal, arms=arms), 3)
    assert np.array_equal(
        result.arms["nurse"].measures.values, result.arms["same"].measures.values, equal_nan=True
    )
    assert result.total("n_attendances") == 2 * len(simulated(seasonal, 3).patients)


@pytest.mark.parametrize("start_week", [0, 30])
def test_a_longer_warm_up_moves_no_day_of_the_measured_window(
    start_week: int, seasonal: Study
) -> None:
    """As many come in the window whatever the warm-up, though other patients (5 standard deviations, as above)."""
    for warm_up_days in (0, 7, 28):
        run = replace(seasonal.run, start_week=start_week, warm_up_days=warm_up_days)
        patients = simulated(replace(seasonal, run=run), 1).patients
        first, after = run.window
        assert first % (7 * DAY) == 0
        came = ((patients["arrived_at"] >= first) & (patients["arrived_at"] < after)).sum()
        mean = expected(Calendar(start_week), np.arange(28)).sum()
        assert abs(came - mean) < 5 * np.sqrt(mean)
