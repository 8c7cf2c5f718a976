"""Arms simulated in full: draws, plan, run and patients of a replication all stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from simulation.engine.choose import EngineName, engine_named
from simulation.engine.contract import Run
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Plan
from simulation.measures.binding import look_along
from simulation.measures.patients_table import activities_table, patients_table
from simulation.measures.window import Window
from simulation.patients import Draws, draw
from simulation.records.schema import ActivityTable, Patients
from simulation.study.shared_draws import SharedDraws
from simulation.study.study import ReadyArm, RunLength, Study
from simulation.triage.apply import apply
from simulation.units import DAY


@dataclass(frozen=True)
class Simulated:
    """A replication of one arm in full."""

    plan: Plan
    draws: Draws
    run: Run
    patients: Patients

    @cached_property
    def activities(self) -> ActivityTable:
        """The table of activities, sorted when it is first read."""
        return activities_table(self.plan, self.run)


def simulate_arm(
    arm: ReadyArm, run: RunLength, engine: EngineName, replication: int, *, cool_down_days: int
) -> Simulated:
    """One replication of one arm in full."""
    days = run.warm_up_days + run.measured_days + cool_down_days
    drawn = draw(arm.pathway, seed=run.seed, replication=replication, days=days, calendar=run.calendar(replication))
    return simulated(arm, apply(arm.policy, arm.pathway, drawn), engine, days)


def simulate_arms(study: Study, replication: int, *, cool_down_days: int) -> Iterator[tuple[ReadyArm, Simulated]]:
    """One replication of every arm in full, on the same draws, one arm at a time."""
    run, study = study.run, study.of(replication)
    days = run.warm_up_days + run.measured_days + cool_down_days
    drawn = SharedDraws(seed=run.seed, replication=replication, days=days, calendar=run.calendar(replication))
    for arm in study.arms:
        yield arm, simulated(arm, apply(arm.policy, arm.pathway, drawn.of(arm.pathway)), study.engine, days)


def simulated(arm: ReadyArm, draws: Draws, engine: EngineName, days: int, *, window: Window | None = None) -> Simulated:
    """One arm simulated on these draws for this many days; `window`: the window in which resource use is measured."""
    plan = lower(arm.pathway)
    run = engine_named(engine)(plan, bind(plan, draws), days * DAY)
    if window is not None:
        look_along(arm.pathway, run, window=window)
    patients = patients_table(arm.pathway, plan, draws, run)
    return Simulated(plan, draws, run, patients)
