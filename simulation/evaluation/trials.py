"""Emulated trials: a design laid over simulated weeks of departments, many times.

A bank holds the same departments and patients under each arm. A trial draws its departments, the week in which it
begins and the order of switching, and takes each period of each department from the arm that is on in it. So what one
period leaves to the next (a queue, a full ward) is that of an arm that was always on: right for weeks, wrong for days
and for patients, whose switching is simulated instead, in arms of its own (`arm_switched`).

Where an evaluation goes otherwise than planned, what staff do with a tool changes its effect week by week. Weeks that
are missing are known to be; an evaluator puts the mean of the department's other weeks in their place, whatever was on,
so that a randomisation test keeps its 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import combinations, permutations, product
from math import comb, factorial

import numpy as np

from simulation.errors import ResultsError, nearest
from simulation.evaluation.design import (
    WEEK_DAYS,
    AlternateDays,
    Alternating,
    BeforeAfter,
    ByPatient,
    Deviation,
    EvaluationDesign,
    Parallel,
    Stepped,
)
from simulation.measures.measuring import DailyOutcome
from simulation.measures.quantities import ratio
from simulation.records.schema import Floats, Ints, Mask
from simulation.runs.result import StudyResult

MOST_ALLOCATIONS = 2_000
"""Orders of switching that are listed: all there are, or so many drawn of them."""
SEED = 28
"""The seed of all random numbers of emulated trials."""
HALVES = ("by_patient_without", "by_patient_with")
"""The groups of walk-ins for whom a coin decided that a tool is not used, and that it is."""


@dataclass(frozen=True)
class Bank:
    """Simulated days of departments under each arm.

    days        by arm: number of patients, sum and sum of squares, shape (n_runs, n_outcomes, 3, n_days)
    department  (n_runs,) which runs are of one department, and so not independent of one another
    """

    outcomes: tuple[DailyOutcome, ...]
    baseline: str
    days: Mapping[str, Floats]
    department: Ints

    @property
    def n_runs(self) -> int:
        """The number of simulated departments, those that were simulated more than once counted as often."""
        return len(self.department)

    @property
    def n_weeks(self) -> int:
        """The number of whole weeks of each."""
        return int(self.days[self.baseline].shape[-1] // WEEK_DAYS)

    @cached_property
    def _sums(self) -> Mapping[str, Floats]:
        """By arm, the sums of each outcome up to each day, shape (n_runs, n_outcomes, 3, 2 * n_days + 1)."""
        twice = {
            arm: np.tile(days[..., : WEEK_DAYS * self.n_weeks], 2)
            for arm, days in self.days.items()
        }
        return {
            arm: np.concatenate([np.zeros_like(days[..., :1]), days.cumsum(axis=-1)], axis=-1)
            for arm, days in twice.items()
        }

    def sums(self, arm: str, outcome: DailyOutcome) -> Floats:
        """Sums of an outcome from the first day up to each day, the weeks gone through twice, shape (n_runs, 3,
        2 * n_days + 1)."""
        return self._sums[arm][:, self.outcomes.index(outcome)]

    def moments(
        self, arm: str, outcome: DailyOutcome, runs: Ints, begins: Ints, ends: Ints
    ) -> Floats:
        """Number, sum and sum of squares of an outcome in spans of days of these runs, shape (..., 3)."""
        sums = self.sums(arm, outcome)
        of_spans: Floats = sums[runs, :, ends] - sums[runs, :, begins]
        return of_spans

    def effects(self, arm: str, *outcomes: DailyOutcome) -> Floats:
        """What an arm truly does to an outcome, over all weeks, in each department, shape (n_runs,); to several groups
        of patients together, if there are several outcomes."""
        of_arms = (
            sum(self.sums(name, outcome)[:, :, -1] for outcome in outcomes)
            for name in (arm, self.baseline)
        )
        with_tool, without = (ratio(sums[:, 1], sums[:, 0]) for sums in map(np.asarray, of_arms))
        effect: Floats = with_tool - without
        return effect


def bank_of(result: StudyResult) -> Bank:
    """The bank of a run that kept outcomes by day. Raises ResultsError for a run that did not, or for under a year."""
    daily = result.run.daily
    if not daily:
        raise ResultsError(
            f"{result.design.name}: kept no outcome by day. Run it with run=evaluation"
        )
    shape = len(result.numbers), len(daily), 3, result.run.measured_days
    days = {
        arm.name: np.reshape([kept.daily for kept in arm.replications], shape)
        for arm in result.arms
    }
    alone = result.study.departments is None
    department = [number if alone else result.study.department(number) for number in result.numbers]
    return Bank(daily, result.design.baseline, days, np.array(department))


@dataclass(frozen=True)
class Trials:
    """Emulated trials of one design, arm and outcome. T trials, S departments, P periods, R orders of switching.

    moments      (T, S, P, 3) number of patients, sum and sum of squares
    allocations  (R, S, P) the orders that were possible: where the tool is on
    drawn        (T,) which of them it was
    weeks        (P,) the week of each period, from 0
    runs         (T, S) the simulated departments
    true         (T,) what the tool truly does in the departments that switch
    between, within  the variance of means of departments, and that of periods within one, under the baseline
    """

    moments: Floats
    allocations: Mask
    drawn: Ints
    weeks: Ints
    runs: Ints
    true: Floats
    between: float = 0.0
    within: float = 1.0

    @cached_property
    def values(self) -> Floats:
        """The mean of each period, shape (T, S, P)."""
        return ratio(self.moments[..., 1], self.moments[..., 0])

    @cached_property
    def on(self) -> Mask:
        """Where the tool was on, shape (T, S, P)."""
        return self.allocations[self.drawn]


def trials_of(
    bank: Bank,
    design: EvaluationDesign,
    arm: str,
    outcome: DailyOutcome,
    n_trials: int,
    *,
    seed: int = SEED,
    deviations: Sequence[Deviation] = (),
) -> Trials:
    """Emulated trials of a design. The seed decides departments, first weeks and orders, whatever arm and outcome.

    Raises ResultsError for a design that is longer than the simulated weeks or has more departments than there are, and
    for an outcome of which some period has no patient.
    """
    if arm not in bank.days:
        raise ResultsError(f"the run has no arm '{arm}'. {nearest(arm, bank.days)}")
    if design.weeks > bank.n_weeks or design.departments > bank.n_runs:
        raise ResultsError(
            f"{design.label}: needs {design.weeks} weeks of {design.departments} departments, and there are "
            f"{bank.n_weeks} of {bank.n_runs}. Run more: run.measured_days, run.replications and run.departments"
        )
    chance = np.random.default_rng(seed)
    runs = _draw_departments(bank.n_runs, design.departments, n_trials, chance)
    first = chance.integers(bank.n_weeks, size=n_trials)
    if isinstance(
        design.switching, AlternateDays
    ):  # a pair of days is not torn apart, and orders are not gone through
        first = 2 * (first % ((bank.n_weeks - design.weeks) // 2 + 1))  # twice
    begins = WEEK_DAYS * first[:, None, None] + design.unit_days * np.arange(
        design.n_periods * design.period_units
    )
    spans = begins + design.wash_out_days, begins + design.unit_days
    arms = find_arms(bank, design, arm)
    if isinstance(design.switching, ByPatient):
        return _by_patient(bank, arm, arms[1], outcome, runs, begins, chance)
    if isinstance(design.switching, AlternateDays):
        of_run = arms[0] == arms[1]  # else nothing was switched, and any order will do
        allocations = (
            days_on(WEEK_DAYS * bank.n_weeks)[begins]
            if of_run
            else _draw_pairs(begins.shape, chance)
        )
        drawn = np.arange(n_trials)
    else:
        allocations = list_orders(design, chance)
        drawn = chance.integers(len(allocations), size=n_trials)
    without, with_tool = (bank.moments(name, outcome, runs[:, :, None], *spans) for name in arms)
    if not (without[..., 0].all() and with_tool[..., 0].all()):
        raise ResultsError(
            f"{outcome.measure}, {outcome.group}: some period has no such patient, so it has no mean. Choose another "
            "outcome or a longer period"
        )
    on = np.repeat(allocations[drawn], design.period_units, axis=2)
    kept = _counted(design)
    counted = (
        kept & draw_counted_weeks(deviations, on.shape, chance)
        if deviations
        else np.broadcast_to(kept, on.shape)
    )
    share = effect_shares(deviations, on)[..., None]
    shape = (n_trials, design.departments, design.n_periods, design.period_units, 3)
    periods = kept.reshape(design.n_periods, -1).any(axis=1)
    moments, of_baseline = (
        (of * counted[..., None]).reshape(shape).sum(axis=3)[:, :, periods]
        for of in (without + share * (with_tool - without), without)
    )
    if deviations:
        moments, of_baseline = fill_periods(moments), fill_periods(of_baseline)
    variances = _variances(ratio(of_baseline[..., 1], of_baseline[..., 0]))
    true = bank.effects(arm, outcome)[
        runs[:, :1] if isinstance(design.switching, BeforeAfter) else runs
    ].mean(axis=1)
    weeks = (np.arange(design.n_periods) * design.unit_days * design.period_units // WEEK_DAYS)[
        periods
    ]
    return Trials(moments, allocations[:, :, periods], drawn, weeks, runs, true, *variances)


def _by_patient(
    bank: Bank,
    arm: str,
    where: str,
    outcome: DailyOutcome,
    runs: Ints,
    begins: Ints,
    chance: np.random.Generator,
) -> Trials:
    """Trials with two periods at the same time: the patients without the tool, and those with it, both in the queues of
    the arm `where`; `begins`: of weeks.

    Each simulated department drew its coins once, and windows of its weeks share them. Where the tool does nothing, a
    second coin therefore says for each trial and day which half is called that with it: all coins together are then
    drawn anew, as likely as before, and no two trials have the same.
    """
    halves = [replace(outcome, group=group) for group in HALVES]
    days = (begins[:, 0, :, None] + np.arange(WEEK_DAYS)).reshape(len(runs), -1)
    of_days = np.stack([bank.moments(where, half, runs, days, days + 1) for half in halves], axis=1)
    if where == arm:
        swapped = chance.random((len(runs), 1, days.shape[1], 1)) < 0.5
        of_days = np.where(swapped, of_days[:, ::-1], of_days)
    moments = of_days.sum(axis=2)[:, None]
    on = np.array([[[False, True]]])
    true = bank.effects(arm, *halves)[runs].mean(axis=1)
    return Trials(
        moments, on, np.zeros(len(runs), dtype=np.int64), np.zeros(2, dtype=np.int64), runs, true
    )


def find_arms(bank: Bank, design: EvaluationDesign, arm: str) -> tuple[str, str]:
    """The arms in which a design's periods without and with a tool are found: the baseline and the arm itself, or one
    in which the switching was simulated. What does nothing leaves nothing behind, so it needs no such arm; but halves
    by a coin wait together, so both are of the one arm."""
    simulated = arm_switched(arm, design)
    if design.is_simulated and simulated in bank.days:
        return simulated, simulated
    return (arm if isinstance(design.switching, ByPatient) else bank.baseline), arm


def arm_switched(arm: str, design: EvaluationDesign) -> str:
    """The name of the arm in which the switching of a design is simulated."""
    return f"{arm}_{design.switching.kind}"


@lru_cache(maxsize=4)
def days_on(n_days: int) -> Mask:
    """On which days a tool is on that is switched by a coin for each pair of days, shape (n_days,)."""
    return _draw_pairs((n_days + n_days % 2,), np.random.default_rng(SEED))[:n_days]


def _draw_pairs(shape: tuple[int, ...], chance: np.random.Generator) -> Mask:
    """One of every two neighbours of the last axis, by a coin; the orders of a longer shape begin as those of a shorter
    one."""
    first = chance.random((*shape[:-1], shape[-1] // 2)) < 0.5
    return np.stack([first, ~first], axis=-1).reshape(shape)


def _variances(means: Floats) -> tuple[float, float]:
    """The variance between departments, and that of periods within one, of means of shape (T, S, P): those of a table
    of departments by periods, averaged over trials."""
    _, n, n_periods = means.shape
    if n == 1 or n_periods == 1:
        return 0.0, float(means.var(axis=-1 if n == 1 else -2, ddof=1).mean())
    of_departments, of_periods = (
        means.mean(axis=2, keepdims=True),
        means.mean(axis=1, keepdims=True),
    )
    rest = means - of_departments - of_periods + means.mean(axis=(1, 2), keepdims=True)
    within = float((rest**2).sum(axis=(1, 2)).mean()) / ((n - 1) * (n_periods - 1))
    return max(float(of_departments.var(axis=1, ddof=1).mean()) - within / n_periods, 0.0), within


def _draw_departments(n_runs: int, n_each: int, n_trials: int, chance: np.random.Generator) -> Ints:
    """The departments of each trial, all different, shape (n_trials, n_each); each is first equally often."""
    order = chance.random((n_trials, n_runs)).argsort(axis=1)
    first = np.arange(n_trials) % n_runs
    others = order[order != first[:, None]].reshape(n_trials, n_runs - 1)[:, : n_each - 1]
    return np.column_stack([first, others])


def _counted(design: EvaluationDesign) -> Mask:
    """The weeks that are counted, or days where these alternate: those outside the run-in, shape (n_units,)."""
    units = np.arange(design.n_periods * design.period_units)
    if isinstance(design.switching, BeforeAfter):
        switch = design.switching.before_weeks
        return (units < switch) | (units >= switch + design.run_in_weeks)
    return units % design.period_units >= design.run_in_weeks


# --- orders of switching ----------------------------------------------------------------------------------------------


def list_orders(design: EvaluationDesign, chance: np.random.Generator) -> Mask:
    """The orders of switching from which one is drawn, each equally likely, shape (R, n_departments, n_periods).

    All that are possible, or `MOST_ALLOCATIONS` of them; one alone of a design without randomisation.
    """
    n, n_periods = design.departments, design.n_periods
    match design.switching:
        case BeforeAfter():
            on = np.zeros((1, n, n_periods), dtype=np.bool_)
            on[0, 0, design.switching.before_weeks :] = True
            return on
        case Alternating():
            halves = _halves(n, chance) if n > 1 else np.ones((1, 1), dtype=np.bool_)
            firsts = _pairs(n_periods // 2, chance)
            which = _crossed(len(halves), len(firsts), chance)
            first = firsts[which[:, 1], None, :] ^ ~halves[which[:, 0], :, None]
            return np.stack([first, ~first], axis=-1).reshape(len(which), n, n_periods)
        case Parallel():
            return _halves(n, chance)[:, :, None]
        case Stepped():
            return _steps(n, n_periods, chance)
    raise AssertionError("days and patients are not put together")


def _halves(n: int, chance: np.random.Generator) -> Mask:
    """Which of n departments are in the first half, for every way to halve them, shape (R, n)."""
    half = n // 2
    if comb(n, half) <= MOST_ALLOCATIONS:
        chosen = np.array(list(combinations(range(n), half)))
    else:
        chosen = chance.random((MOST_ALLOCATIONS, n)).argsort(axis=1)[:, :half]
    return np.asarray((chosen[:, :, None] == np.arange(n)).any(axis=1))


def _pairs(n: int, chance: np.random.Generator) -> Mask:
    """Whether the tool is on in the first week of each of n pairs of weeks, shape (R, n)."""
    if 2**n <= MOST_ALLOCATIONS:
        return np.array(list(product((False, True), repeat=n)))
    return chance.random((MOST_ALLOCATIONS, n)) < 0.5


def _crossed(n: int, m: int, chance: np.random.Generator) -> Ints:
    """Pairs of one of n and one of m, shape (R, 2)."""
    if n * m <= MOST_ALLOCATIONS:
        return np.array(list(product(range(n), range(m))))
    return np.column_stack(
        [chance.integers(n, size=MOST_ALLOCATIONS), chance.integers(m, size=MOST_ALLOCATIONS)]
    )


def _steps(n: int, n_periods: int, chance: np.random.Generator) -> Mask:
    """The orders in which n departments switch, as many at each step, shape (R, n, n_periods)."""
    each = n // (n_periods - 1)
    step = np.repeat(np.arange(1, n_periods), each)
    if factorial(n) // factorial(each) ** (n_periods - 1) <= MOST_ALLOCATIONS and n <= 8:
        orders = np.array(sorted(set(permutations(step.tolist()))))
    else:
        orders = step[chance.random((MOST_ALLOCATIONS, n)).argsort(axis=1)]
    on: Mask = np.arange(n_periods) >= orders[:, :, None]
    return on


# --- deviations from the plan -----------------------------------------------------------------------------------------


def effect_shares(deviations: Sequence[Deviation], on: Mask) -> Floats:
    """The share of the tool's effect in each week, shape (T, S, W) of `on`: where the tool is on."""
    since = np.arange(on.shape[2]) - on.argmax(axis=2)[..., None]
    share = on.astype(float)
    for deviation in deviations:
        progress = np.clip(since / deviation.weeks, 0, 1)
        share *= (
            deviation.effect_at_first
            + (deviation.effect_at_last - deviation.effect_at_first) * progress
        )
    return share


def draw_counted_weeks(
    deviations: Sequence[Deviation], shape: tuple[int, ...], chance: np.random.Generator
) -> Mask:
    """Weeks that are neither missing nor after a department has dropped out; `shape`: (T, S, W)."""
    counted = np.ones(shape, dtype=np.bool_)
    n_trials, n, n_weeks = shape
    for deviation in deviations:
        counted &= chance.random(shape) >= deviation.missing_share
        if n > 1 and n_weeks > 1:
            leaves = chance.random((n_trials, n, 1)) < deviation.drop_out_share
            from_week = chance.integers(1, n_weeks, size=(n_trials, n, 1))
            counted &= ~leaves | (np.arange(n_weeks) < from_week)
    counted[:, :, 0] = True
    return counted


def fill_periods(moments: Floats) -> Floats:
    """Number, sum and sum of squares by period, shape (T, S, P, 3), periods without a patient as the department's
    others are on average."""
    empty = moments[..., :1] == 0
    others: Floats = ratio(
        moments.sum(axis=2, keepdims=True), (~empty).sum(axis=2, keepdims=True).astype(float)
    )
    return np.where(empty, others, moments)
