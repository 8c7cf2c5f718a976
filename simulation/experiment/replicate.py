"""One replication: everybody is drawn once, then meets every arm. A task for one worker, and what it brings back.

Arms share the draws; a policy puts its own columns over them, an arm's changes its own plan. What comes back is
small (measures and a few profiles), so a thousand replications fit in memory; patients can be had again, because
a replication is a function of its number.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation.analysis.compare import Shares, shares_better_worse
from simulation.analysis.measures import Measures, measure
from simulation.analysis.profile import DayProfile, day_profile
from simulation.analysis.spillover import waits_by_group, with_coverage
from simulation.analysis.tables import activities_table, patients_table
from simulation.analysis.window import Window, unfinished
from simulation.draws import Draws, draw
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.contract import Run
from simulation.engine.plan import Plan, bind, lower
from simulation.experiment.shared_draws import SharedDraws
from simulation.pathway.department import Pathway
from simulation.records.schema import ActivityTable, Mask, Patients
from simulation.study.design import Coverages
from simulation.study.study import ReadyArm, RunLength
from simulation.triage.apply import apply, reached
from simulation.units import DAY

PROFILED = 8
"""Replications with day profiles, unless the run asks for all. So few are for pictures and for no inference, and
cost a tenth of the time."""


@dataclass(frozen=True)
class Task:
    """What a worker needs for one replication of every arm."""

    arms: tuple[ReadyArm, ...]
    baseline: str
    run: RunLength
    engine: EngineName
    replication: int
    coverages: Coverages | None = None


@dataclass(frozen=True)
class ArmReplication:
    """What one arm's replication brought: measures, profile of the day (of the first replications), and the shares of
    patients better and worse off than under the baseline; where a study tells coverage apart, `waits` by group and
    step (analysis/spillover). `months` (1 for January) and their measures where the run asks for them, else none."""

    measures: Measures
    day: DayProfile | None
    shares: Shares | None
    n_unfinished: int
    waits: NDArray[np.float64] | None = None
    months: tuple[tuple[int, Measures], ...] = ()


@dataclass(frozen=True)
class ReplicationResult:
    """One replication of every arm. `n_activities` steps were simulated in `engine_seconds` of one processor."""

    replication: int
    arms: Mapping[str, ArmReplication]
    cool_down_days: int
    n_attendances: int
    n_activities: int
    n_events: int
    engine_seconds: float
    seconds: float


@dataclass(frozen=True)
class Simulated:
    """One arm's replication in full."""

    plan: Plan
    draws: Draws
    run: Run
    patients: Patients

    @cached_property
    def activities(self) -> ActivityTable:
        """Every step of everybody, put in order when it is first read."""
        return activities_table(self.plan, self.run)


def replicate(task: Task) -> ReplicationResult:
    """Run one replication of every arm, again with twice the cool-down while a measured patient is still in A&E."""
    began = time.perf_counter()
    days = task.run.cool_down_days
    for _attempt in range(task.run.doublings + 1):
        answer = _once(task, days, began)
        if not any(arm.n_unfinished for arm in answer.arms.values()):
            return answer
        days = max(2 * days, 1)
    return answer


def simulate_arm(
    arm: ReadyArm, run: RunLength, engine: EngineName, replication: int, *, cool_down_days: int
) -> Simulated:
    """One arm, one replication, everything kept."""
    days = run.warm_up_days + run.measured_days + cool_down_days
    drawn = draw(arm.pathway, seed=run.seed, replication=replication, days=days)
    return _simulate(arm, apply(arm.policy, arm.pathway, drawn), engine, days)


def _once(task: Task, cool_down_days: int, began: float) -> ReplicationResult:
    days = task.run.warm_up_days + task.run.measured_days + cool_down_days
    drawn = SharedDraws(seed=task.run.seed, replication=task.replication, days=days)
    met: dict[str, _ArmRun] = {}
    for arm in sorted(task.arms, key=lambda each: each.name != task.baseline):
        met[arm.name] = _meet(task, arm, drawn, days, met[task.baseline].patients if met else None)
    return ReplicationResult(
        replication=task.replication,
        arms={arm.name: met[arm.name].answer for arm in task.arms},
        cool_down_days=cool_down_days,
        n_attendances=sum(each.n_attendances for each in met.values()),
        n_activities=sum(each.n_activities for each in met.values()),
        n_events=sum(each.n_events for each in met.values()),
        engine_seconds=sum(each.engine_seconds for each in met.values()),
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True)
class _ArmRun:
    """What one arm brought, and the work that it was; `patients` of the baseline, for others to be compared with."""

    answer: ArmReplication
    patients: Patients | None
    n_attendances: int
    n_activities: int
    n_events: int
    engine_seconds: float


def _meet(task: Task, arm: ReadyArm, drawn: SharedDraws, days: int, baseline: Patients | None) -> _ArmRun:
    """Let everybody meet one arm; what is large (its patients and activities) is gone when this returns."""
    window = task.run.window
    draws = apply(arm.policy, arm.pathway, drawn.of(arm.pathway))
    started = time.perf_counter()
    simulated = _simulate(arm, draws, task.engine, days)
    engine_seconds = time.perf_counter() - started
    patients = simulated.patients
    if task.coverages is not None:
        patients = with_coverage(patients, *_reached(task, task.coverages, arm.pathway, draws))
    measures = measure(patients, window=window)
    answer = ArmReplication(
        measures=measures,
        day=_day(arm, simulated, window) if task.run.profile_all or task.replication < PROFILED else None,
        shares=None if baseline is None else shares_better_worse(patients, baseline, window),
        n_unfinished=unfinished(patients, window),
        waits=_waits(patients, simulated, window) if task.coverages is not None else None,
        months=_by_month(patients, task.run, measures) if task.run.by_month else (),
    )
    return _ArmRun(
        answer=answer,
        patients=patients if baseline is None else None,
        n_attendances=len(patients),
        n_activities=len(simulated.run.journal),
        n_events=simulated.run.n_events,
        engine_seconds=engine_seconds,
    )


def _reached(task: Task, coverages: Coverages, pathway: Pathway, draws: Draws) -> tuple[Mask, Mask]:
    """For whom the tool would be used under partial and under full coverage, shape (n,) each, whatever the arm."""
    policies = {arm.name: arm.policy for arm in task.arms}
    partial, full = (reached(policies[name], pathway, draws) for name in (coverages.partial, coverages.full))
    return partial, full


def _waits(patients: Patients, simulated: Simulated, window: Window) -> NDArray[np.float64]:
    n_steps = len(simulated.plan.nodes)
    return waits_by_group(patients, simulated.activities, n_steps=n_steps, window=window)


def _by_month(patients: Patients, run: RunLength, whole: Measures) -> tuple[tuple[int, Measures], ...]:
    """Measures of each month, with the names of the whole window's: the same ones, and packed once for the way back."""
    return tuple((month, Measures(whole.names, measure(patients, window=own).values)) for month, own in run.months)


def _day(arm: ReadyArm, simulated: Simulated, window: Window) -> DayProfile:
    changes = simulated.run.changes
    return day_profile(arm.pathway, simulated.plan, simulated.patients, simulated.activities, changes, window=window)


def _simulate(arm: ReadyArm, draws: Draws, engine: EngineName, days: int) -> Simulated:
    plan = lower(arm.pathway)
    run = engine_named(engine)(plan, bind(plan, draws), days * DAY)
    patients = patients_table(arm.pathway, plan, draws, run)
    return Simulated(plan, draws, run, patients)
