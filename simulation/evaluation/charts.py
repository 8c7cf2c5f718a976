"""Control charts after buying: how long until a tool that fails is noticed, and how often a chart alarms for nothing.

A department has learnt its own weeks with the tool; from some week on the tool is another one, such as one that answers
worse. Each chart looks at one outcome, on its worse side. Its limit is set to one false alarm a year on one half of the
departments and used on the other half, so that what is printed was not fitted. The binomial limit of textbooks, which
takes patients as independent, is beside them: it is not set, and fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from simulation.errors import ResultsError
from simulation.evaluation.design import WEEK_DAYS, EvaluatedOutcome
from simulation.evaluation.trials import Bank
from simulation.records.schema import Floats, Ints, Mask

LEARNT_WEEKS = 26
"""Weeks from which a department knows its mean and its spread."""
EVERY = 4
"""Weeks between two first weeks of what is tried."""
YEAR = 52
SLACK = 0.5
"""Standard deviations by which a CUSUM lets a week be worse: half of the shift that it is quickest to find."""
EWMA_WEIGHT = 0.2
"""The weight of the newest week in a moving average, as is usual."""
SIGMAS = 3.0
"""The binomial limit of textbooks."""
MOST_LIMIT = 200.0
Step = Callable[[Floats, Floats], Floats]
"""The sum of each row after a week, from that before it and by how much the week is worse."""


@dataclass(frozen=True)
class ChartResult:
    """How a chart of an outcome does.

    alarms      a year while the tool is as it was bought, and the lowest and highest of nine in ten departments
    noticed     the share of failures that are noticed within half a year
    weeks       the median weeks until they are, inf if more than half are not while it is watched
    by_department  the lowest and the highest of nine in ten departments
    """

    outcome: EvaluatedOutcome
    chart: str
    alarms: float
    alarms_by_department: tuple[float, float]
    noticed: float
    weeks: float
    by_department: tuple[float, float]


def chart_results(
    bank: Bank,
    outcomes: Sequence[EvaluatedOutcome],
    bought: str,
    failing: str,
    *,
    worse: Callable[[EvaluatedOutcome], int],
    from_go_live: bool = False,
) -> Iterator[ChartResult]:
    """Charts of each outcome, for a tool that becomes another one.

    `worse`: +1 where more is worse, -1 where less is; `from_go_live`: whether what fails changes from the first
    simulated week on, so that it is watched from there alone, not from any week. Raises ResultsError for too few weeks
    or departments.
    """
    if bank.n_weeks < 2 * LEARNT_WEEKS + YEAR // 2:
        raise ResultsError(
            f"charts: {bank.n_weeks} weeks are too few. Simulate run.measured_days=728"
        )
    if len(set(bank.department.tolist())) < 2:
        raise ResultsError(
            "charts: limits are set on other departments, and there is one. Simulate run.departments=20"
        )
    for outcome in outcomes:
        sign = worse(outcome)
        sound = _worse_by(bank, outcome, bought, bought, sign, np.arange(0, bank.n_weeks, EVERY))
        starts = (
            np.array([bank.n_weeks - LEARNT_WEEKS])
            if from_go_live
            else np.arange(0, bank.n_weeks, EVERY)
        )
        failed = _worse_by(bank, outcome, bought, failing, sign, starts)
        for chart, set_on in CHARTS.items():
            yield _result(bank, outcome, chart, *_cross_validate(bank, set_on, sound[0], failed[0]))
        if outcome.measure.endswith("_share"):
            beyond = (np.abs(of_arm[1]) > SIGMAS for of_arm in (sound, failed))
            yield _result(bank, outcome, "binomial, 3 sigma", *beyond)


def _cross_validate(
    bank: Bank, set_on: LimitRule, sound: Floats, failed: Floats
) -> tuple[Mask, Mask]:
    """Alarms while the tool is sound and after it failed, shape as given, by limits set on the other half of the
    departments."""
    _, department = np.unique(bank.department, return_inverse=True)
    of_half = [np.repeat(department % 2 == 1, len(away) // bank.n_runs) for away in (sound, failed)]
    alarms = [np.zeros(away.shape, dtype=np.bool_) for away in (sound, failed)]
    for half in (False, True):
        alarmed = set_on(sound[of_half[0] != half])
        for mask, away, which in zip(alarms, (sound, failed), of_half, strict=True):
            mask[which == half] = alarmed(away[which == half])
    return alarms[0], alarms[1]


def _worse_by(
    bank: Bank, outcome: EvaluatedOutcome, bought: str, arm: str, sign: int, starts: Ints
) -> tuple[Floats, Floats]:
    """How much worse each watched week is than those learnt, in the department's own standard deviations, and in
    those of independent patients, shape (n_runs * n_starts, n_watched) each. `starts`: first weeks that are learnt."""
    (means, _), (now, n_now) = (_weekly(bank, outcome, name) for name in (bought, arm))
    weeks = (starts[:, None] + np.arange(bank.n_weeks)) % bank.n_weeks
    learnt, watched = means[:, weeks[:, :LEARNT_WEEKS]], now[:, weeks[:, LEARNT_WEEKS:]]
    mean, sd = learnt.mean(axis=2, keepdims=True), learnt.std(axis=2, ddof=1, keepdims=True)
    away = sign * (watched - mean)
    of_patients = np.sqrt(np.abs(mean * (1 - mean)) / n_now[:, weeks[:, LEARNT_WEEKS:]])
    shape = (-1, watched.shape[2])
    return (away / sd).reshape(shape), (away / of_patients).reshape(shape)


def _weekly(bank: Bank, outcome: EvaluatedOutcome, arm: str) -> tuple[Floats, Floats]:
    """The mean of each week, and its patients, shape (n_runs, n_weeks) each."""
    at = WEEK_DAYS * np.arange(bank.n_weeks + 1)
    n, total, _ = np.moveaxis(np.diff(bank.sums(arm, outcome.daily)[:, :, at], axis=2), 1, 0)
    return total / n, n


def _shewhart(sound: Floats) -> Callable[[Floats], Mask]:
    """Alarms of weeks beyond the limit that one in 52 weeks is beyond."""
    limit = float(np.quantile(sound, 1 - 1 / YEAR))
    return lambda away: away > limit


def _with_limit(sound: Floats, step: Step) -> Callable[[Floats], Mask]:
    """Alarms of a sum whose limit gives one a year, found by halving."""
    low, high = 0.0, MOST_LIMIT
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if YEAR * _running(sound, step, middle).mean() > 1 else (low, middle)
        )
    return lambda away: _running(away, step, high)


def _running(away: Floats, step: Step, limit: float) -> Mask:
    """Weeks in which a sum that each week changes by a step passes a limit; it begins anew after each alarm."""
    alarms = np.zeros(away.shape, dtype=np.bool_)
    total = np.zeros(len(away))
    for week in range(away.shape[1]):
        total = step(total, away[:, week])
        alarms[:, week] = total > limit
        total[alarms[:, week]] = 0.0
    return alarms


def _cusum(total: Floats, away: Floats) -> Floats:
    """The excess of weeks over the slack, added up, never below 0."""
    return np.maximum(total + away - SLACK, 0.0)


def _ewma(total: Floats, away: Floats) -> Floats:
    """The moving average in which older weeks count less and less."""
    return EWMA_WEIGHT * away + (1 - EWMA_WEIGHT) * total


LimitRule = Callable[[Floats], Callable[[Floats], Mask]]
CHARTS: Mapping[str, LimitRule] = {
    "Shewhart": _shewhart, "EWMA": partial(_with_limit, step=_ewma), "CUSUM": partial(_with_limit, step=_cusum)
}  # fmt: skip
"""What sets the limit of each chart on weeks of a sound tool."""


def _result(
    bank: Bank, outcome: EvaluatedOutcome, chart: str, sound: Mask, failed: Mask
) -> ChartResult:
    first = np.where(failed.any(axis=1), failed.argmax(axis=1) + 1.0, np.inf)
    of_runs = first.reshape(bank.n_runs, -1)
    medians = np.quantile(of_runs, 0.5, axis=1, method="higher")
    alarms = YEAR * sound.reshape(bank.n_runs, -1).mean(axis=1)
    ends, of_alarms = (
        np.quantile(each, (0.05, 0.95), method="nearest") for each in (medians, alarms)
    )
    return ChartResult(
        outcome,
        chart,
        float(alarms.mean()),
        (float(of_alarms[0]), float(of_alarms[1])),
        float((first <= YEAR // 2).mean()),
        float(np.quantile(first, 0.5, method="higher")),
        (float(ends[0]), float(ends[1])),
    )
