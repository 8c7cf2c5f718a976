"""Charts after buying: set to one false alarm a year, quick where a failure is large, and failing where patients are
taken as independent."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.evaluation.charts import ChartResult, chart_results
from simulation.evaluation.design import EvaluatedOutcome
from simulation.evaluation.trials import Bank
from tests.held import Hold

LEFT = EvaluatedOutcome(label="Left", measure="left_share", role="safety")
WEEKS, N, PATIENTS = 104, 30, 300.0


def bank(shift: float, *, from_week: int = 0, weeks: int = WEEKS, spread: float = 0.008) -> Bank:
    """Departments of which 5 % of patients leave, more or fewer in a week; from a week on more under the failure."""
    chance = np.random.default_rng(1)
    weekly = 0.05 + spread * chance.normal(size=(N, weeks)).repeat(7, axis=1)

    def days(more: float) -> np.ndarray:
        share = weekly + more * (np.arange(7 * weeks) >= 7 * from_week)
        left = chance.binomial(int(PATIENTS), np.clip(share, 0, 1)).astype(float)
        return np.stack([np.full_like(left, PATIENTS), left, left], axis=1)[:, None]

    arms = {"nurse": days(0.0), "works": days(0.0), "fails": days(shift)}
    return Bank((LEFT.daily,), "nurse", arms, np.arange(N))


def results(of: Bank, *, worse: int = 1, from_go_live: bool = False) -> Mapping[str, ChartResult]:
    shown = chart_results(
        of, [LEFT], "works", "fails", worse=lambda outcome: worse, from_go_live=from_go_live
    )
    return {result.chart: result for result in shown}


def test_charts_that_are_set_alarm_once_a_year_and_the_binomial_limit_more_often() -> None:
    charts = results(bank(0.01))
    assert charts["Shewhart"].alarms == pytest.approx(1.0, abs=0.1)
    assert charts["CUSUM"].alarms == pytest.approx(1.0, abs=0.1)
    assert charts["EWMA"].alarms == pytest.approx(1.0, abs=0.1)
    assert charts["binomial, 3 sigma"].alarms > 3


def test_limits_are_set_on_other_departments_than_they_are_used_on() -> None:
    """Every second department has months that differ. Set on themselves, charts would alarm once a year whatever."""
    calm = bank(0.01)
    months = 0.02 * np.random.default_rng(2).normal(size=(N, 26)).repeat(28, axis=1)
    months[::2] = 0
    days = {}
    for arm, of in calm.days.items():
        n, left = of[:, 0, 0], of[:, 0, 1] + of[:, 0, 0] * months
        days[arm] = np.stack([n, left, left], axis=1)[:, None]
    charts = results(replace(calm, days=days))
    for chart in ("EWMA", "CUSUM"):
        assert charts[chart].alarms > 1.2
        assert charts[chart].alarms_by_department[1] > 3


def test_a_cusum_is_quicker_on_a_small_shift_and_both_are_on_a_large_one() -> None:
    small, large = results(bank(0.008)), results(bank(0.04))
    assert small["CUSUM"].weeks < small["Shewhart"].weeks
    assert small["EWMA"].weeks < small["Shewhart"].weeks
    assert large["CUSUM"].weeks <= 2
    assert large["Shewhart"].weeks == 1
    assert large["CUSUM"].noticed == 1.0
    assert small["CUSUM"].noticed < large["CUSUM"].noticed


def test_what_gets_better_is_no_alarm() -> None:
    better = results(bank(-0.02))
    assert better["CUSUM"].weeks == np.inf
    assert results(bank(-0.02), worse=-1)["CUSUM"].weeks < 10


def test_a_failure_that_begins_later_is_watched_from_go_live() -> None:
    later = results(bank(0.04, from_week=30), from_go_live=True)
    assert later["Shewhart"].by_department[1] == 31  # the others had a false alarm before
    assert results(bank(0.04), from_go_live=True)["Shewhart"].weeks == 1


def test_too_few_weeks_and_a_single_department_are_refused(hold: Hold) -> None:
    with hold.refusal(ResultsError, match="other departments"):
        results(replace(bank(0.01), department=np.zeros(N, dtype=int)))
    with hold.refusal(ResultsError, match="Simulate run.measured_days=728"):
        results(bank(0.01, weeks=60))
