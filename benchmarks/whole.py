"""One arm, one replication, compiled: from the draws to the measures, whole or with each stage timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from simulation.engine.choose import engine_named
from simulation.engine.plan import bind, lower
from simulation.measures.binding import binding_values
from simulation.measures.measuring import measure
from simulation.measures.occupancy import day_profile
from simulation.measures.patients_table import activities_table, patients_table
from simulation.measures.quantities import NOTHING_OWN, Window
from simulation.patients import Draws, draw
from simulation.records.schema import ActivityTable, Patients
from simulation.study.study import ReadyArm
from simulation.triage.apply import apply
from simulation.units import DAY

T = TypeVar("T")
SEED = 1
WARM_UP_DAYS = 7
ENGINE = "engine"
TO_MEASURES = (
    "draws",
    "triage",
    "plan and columns",
    ENGINE,
    "table of patients",
    "measures",
    "which resource binds",
)
"""The stages that lead to the measures, in order."""


@dataclass
class Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    def of(self, stage: str, work: Callable[[], T]) -> T:
        """The result of the work, whose time is kept."""
        began = time.perf_counter()
        result = work()
        self.seconds[stage] = time.perf_counter() - began
        return result


def window(days: int) -> Window:
    """The measured window: all but the warm-up."""
    return (min(WARM_UP_DAYS, days - 1) * 1440.0, days * 1440.0)


def draws_to_measures(arm: ReadyArm, *, days: int, number: int, clock: Clock | None = None) -> int:
    """The number of attendances of one replication, run from the draws to its measures."""
    clock = clock or Clock()
    patients, _ = _measured(arm, days, number, clock)
    return len(patients)


def every_stage(arm: ReadyArm, *, days: int, number: int) -> tuple[Clock, Patients, ActivityTable]:
    """Seconds, patients and activities of a replication, with the stages that only a picture or a file needs."""
    clock = Clock()
    patients, (plan, run) = _measured(arm, days, number, clock)
    activities = clock.of("table of activities", lambda: activities_table(plan, run))
    clock.of(
        "profile of the day",
        lambda: day_profile(
            arm.pathway, plan, patients, activities, run.changes, window=window(days)
        ),
    )
    return clock, patients, activities


def measured_from(arm: ReadyArm, drawn: Draws, days: int, clock: Clock | None = None) -> Patients:
    """The table of patients of one arm, run from the draws to its measures."""
    return _arm_measured(arm, drawn, days, clock or Clock())[0]


def _measured(arm: ReadyArm, days: int, number: int, clock: Clock):  # type: ignore[no-untyped-def]
    drawn = clock.of("draws", lambda: draw(arm.pathway, seed=SEED, replication=number, days=days))
    return _arm_measured(arm, drawn, days, clock)


def _arm_measured(arm: ReadyArm, drawn: Draws, days: int, clock: Clock):  # type: ignore[no-untyped-def]
    pathway = arm.pathway
    draws = clock.of("triage", lambda: apply(arm.policy, pathway, drawn))

    def lowered():  # type: ignore[no-untyped-def]
        plan = lower(pathway)
        return plan, bind(plan, draws)

    plan, columns = clock.of("plan and columns", lowered)
    engine = engine_named("compiled")
    run = clock.of(ENGINE, lambda: engine(plan, columns, days * DAY))
    patients = clock.of("table of patients", lambda: patients_table(pathway, plan, draws, run))
    clock.of("measures", lambda: measure(patients, window=window(days)))
    clock.of(
        "which resource binds",
        lambda: binding_values(pathway, plan, run, patients, NOTHING_OWN, window=window(days)),
    )
    return patients, (plan, run)
