"""A small department with everything that analysis has to replay, run once; and six patients written by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from simulation.department.durations import Exponential
from simulation.department.vocabulary import (
    ArrivalSource,
    ByAttribute,
    ByChance,
    Chance,
    Choice,
    End,
    Given,
    Opens,
    Overflow,
    Pathway,
    Patience,
    Pool,
    Present,
    Priority,
    QueueClass,
    Shift,
    Step,
    Takes,
    TargetPull,
)
from simulation.engine.contract import Run
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.reference import simulate
from simulation.engine.rows import Plan
from simulation.measures.patients_table import activities_table, patients_table
from simulation.patients import Draws, draw
from simulation.records.schema import ActivityTable, Patients
from simulation.units import DAY

SOURCED: dict[str, Any] = {"evidence": "assumed", "source": "a test"}
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
DAYS = 6


@dataclass(frozen=True)
class Department:
    """One run and everything that led to it."""

    pathway: Pathway
    plan: Plan
    draws: Draws
    columns: Columns
    run: Run
    patients: Patients
    activities: ActivityTable


def exponential(mean: float) -> Exponential:
    return Exponential(kind="exponential", mean=mean, **SOURCED)


def priority(rule: str = "acuity", *, pull: bool = False, adherence: float = 0.8) -> Priority:
    classes = {
        name: QueueClass(rank=rank, rate=6 - rank) for rank, name in enumerate(LEVELS, start=1)
    }
    return Priority(
        rule=rule,  # type: ignore[arg-type]
        classes={**classes, "untriaged": QueueClass(rank=3, rate=3)},
        untriaged_as="untriaged",
        adherence=adherence,
        ignored_as="untriaged",
        target_pull=TargetPull(
            active=True,
            starts_at_minutes=60,
            ends_at_minutes=120,
            ranks_as="very_urgent",
            **SOURCED,
        )
        if pull
        else None,
        **SOURCED,
    )


def small_pathway(
    rule: Priority | None = None, *, extra: bool = False, scale: float = 1.0
) -> Pathway:
    """Triage, a cubicle that is kept, a doctor, and for some a bed: the cubicle waits for it."""
    rota = (Shift(hours="8-22", number=4), Shift(hours="22-8", number=2))
    doctors = Pool(
        kind="staff",
        rota=rota,
        on_shift_change="outgoing_are_extra" if extra else "outgoing_count",
        **SOURCED,
    )
    return Pathway(
        name="small",
        arrivals={
            "walk_in": ArrivalSource(starts="triage", per_day=70, scale=scale, **SOURCED),
            "ambulance": ArrivalSource(starts="bay", per_day=30, scale=scale, **SOURCED),
            "elective": ArrivalSource(starts="move", per_day=5, attends=False, **SOURCED),
        },
        present={"in_bed": Present(starts="move", pool="beds", share=0.8, **SOURCED)},
        pools={
            "nurses": Pool(kind="staff", capacity=2, **SOURCED),
            "bays": Pool(kind="space", capacity=2, **SOURCED),
            "cubicles": Pool(kind="space", capacity=6, **SOURCED),
            "corridor": Pool(kind="space", capacity=2, **SOURCED),
            "doctors": doctors,
            "seniors": Pool(kind="staff", capacity=1, **SOURCED),
            "beds": Pool(kind="space", capacity=30, **SOURCED),
            "other_beds": Pool(kind="space", capacity=3, **SOURCED),
            "anywhere": Pool(kind="space", unlimited=True, **SOURCED),
        },
        attributes={
            "acuity_true": Choice(
                kind="choice", categories=LEVELS, shares=(0.05, 0.15, 0.4, 0.3, 0.1), **SOURCED
            ),
            "acuity_given": Given(kind="given", like="acuity_true", **SOURCED),
            "admitted": Chance(kind="chance", p=0.2, **SOURCED),
        },
        durations={
            "triage": exponential(14),
            "handover": exponential(20),
            "contact": exponential(40),
            "short": exponential(12),
            "stay": exponential(1800),
            "patience": exponential(300),
        },
        priority=rule or priority(),
        patience=Patience(
            minutes="patience", arrivals=("walk_in", "ambulance"), next="left", **SOURCED
        ),
        steps={
            "triage": Step(
                asks=("nurses",),
                minutes=("triage",),
                ranks_as="untriaged",
                may_leave=True,
                relabels="acuity_given",
                records={"assessed_at": "started", "triaged_at": "ended"},
                next="place",
            ),
            "bay": Step(
                asks=("bays", "nurses"),
                minutes=("handover",),
                keeps=("bays",),
                ranks_as="untriaged",
                relabels="acuity_given",
                records={
                    "assessed_at": "started",
                    "handed_over_at": "ended",
                    "triaged_at": "ended",
                },
                next="place",
            ),
            "place": Step(
                any_of=("cubicles", "corridor"),
                keeps=("cubicles", "corridor"),
                releases_at_start=("bays",),
                adheres=True,
                pulled=True,
                may_leave=True,
                next="contact",
            ),
            "contact": Step(
                any_of=("doctors", "seniors"),
                minutes=("contact",),
                adheres=True,
                pulled=True,
                may_leave=True,
                first_seen=True,
                records={"seen_at": "started"},
                next="disposition",
            ),
            "wander": Step(
                asks=("anywhere",),
                minutes=("short",),
                releases_at_start=("corridor",),
                next="review",
            ),
            "review": Step(
                asks=("doctors",), minutes=("short",), releases_at_end=("cubicles",), next="home"
            ),
            "decide": Step(
                asks=("seniors",), minutes=("short",), records={"decided_at": "joined"}, next="move"
            ),
            "move": Step(
                asks=("beds",),
                keeps=("beds", "other_beds"),
                releases_at_start=("cubicles", "corridor"),
                ranks_as="untriaged",
                records={"departed_at": "started"},
                overflow=Overflow(after_minutes=90, any_of=("other_beds",), **SOURCED),
                next="stay",
            ),
            "stay": Step(minutes=("stay",), next="ward_end"),
        },
        branches={
            "disposition": ByAttribute(
                kind="attribute", attribute="admitted", cases={"yes": "decide", "no": "onward"}
            ),
            "onward": ByChance(kind="chance", targets={"wander": 0.5, "review": 0.5}, **SOURCED),
        },
        ends={
            "home": End(outcome="discharged", records=("departed_at",)),
            "left": End(outcome="left", records=("departed_at",)),
            "ward_end": End(outcome="admitted"),
        },
        triggers={
            "escalation": Opens(
                kind="opens",
                waiting_at=("move",),
                above=2,
                below=0,
                pool="beds",
                extra=2,
                **SOURCED,
            ),
            "care": Takes(
                kind="takes",
                waiting_at=("move",),
                minutes_per_hour=20,
                pool="nurses",
                leaves=1,
                **SOURCED,
            ),
        },
    )


def run_department(
    pathway: Pathway, *, seed: int = 4, days: int = DAYS, replication: int = 0
) -> Department:
    """Draw, mislabel a fifth of the patients, run, and make the tables."""
    drawn = draw(pathway, seed=seed, replication=replication, days=days)
    if "acuity_given" in drawn.attributes:
        true = drawn.attributes["acuity_true"]
        variates = drawn.uniform("label error")
        step = np.where(variates < 0.1, 1, np.where(variates < 0.2, -1, 0))
        given = np.clip(true + step, 0, len(LEVELS) - 1).astype(np.int16)
        drawn = drawn.with_columns(attributes={"acuity_given": given})
    plan = lower(pathway)
    columns = bind(plan, drawn)
    run = simulate(plan, columns, days * DAY)
    patients = patients_table(pathway, plan, drawn, run)
    return Department(pathway, plan, drawn, columns, run, patients, activities_table(plan, run))


@pytest.fixture(scope="session")
def department() -> Department:
    return run_department(small_pathway())


VARIANTS: dict[str, Callable[[], Pathway]] = {
    "acuity": small_pathway,
    "accumulating": lambda: small_pathway(priority("accumulating")),
    "acuity and pull": lambda: small_pathway(priority(pull=True)),
    "accumulating and pull": lambda: small_pathway(priority("accumulating", pull=True)),
    "outgoing are extra": lambda: small_pathway(priority(adherence=1.0), extra=True),
}


@pytest.fixture(scope="session", params=VARIANTS)
def any_department(request: pytest.FixtureRequest) -> Department:
    return run_department(VARIANTS[request.param](), seed=2)


@pytest.fixture(scope="session")
def department_of_teams() -> Department:
    """The outgoing team of doctors works on without counting."""
    return run_department(VARIANTS["outgoing are extra"](), seed=2)


NAN = float("nan")


@pytest.fixture
def six() -> Patients:
    """Six attendances whose measures can be worked out by hand (hours of arrival 8, 8, 9, 9, 10, 10)."""
    columns: dict[str, Any] = {
        "patient": [0, 1, 2, 3, 4, 5],
        "arrival_source": [0, 1, 0, 1, 0, 0],
        "number": [0, 0, 1, 1, 2, 3],
        "replication": [0] * 6,
        "arrived_at": [480.0, 500.0, 540.0, 560.0, 600.0, 620.0],
        "outcome": [0, 1, 2, 1, 0, 0],
        "acuity_true": [2, 0, 3, 1, 4, 1],
        "acuity_given": [2, 0, 4, 2, 3, 1],
        "language_need": [0, 0, 1, 0, 0, 1],
        "assessed_at": [490.0, 505.0, 560.0, 600.0, 600.0, 650.0],
        "triaged_at": [495.0, 506.0, NAN, 610.0, 606.0, 655.0],
        "handed_over_at": [NAN, 512.0, NAN, 625.0, NAN, NAN],
        "looked_at": [500.0, NAN, NAN, NAN, NAN, 680.0],
        "seen_at": [550.0, 500.0, NAN, 590.0, 700.0, 1420.0],
        "decided_at": [NAN, 600.0, NAN, 700.0, NAN, NAN],
        "early_test_at": [500.0, NAN, NAN, NAN, 620.0, NAN],
        "early_result_at": [580.0, NAN, NAN, NAN, NAN, NAN],
        "stream_looked_at": [NAN, NAN, 560.0, NAN, NAN, NAN],
        "bed_held_at": [800.0, NAN, NAN, NAN, 900.0, NAN],
        "bed_given_back_at": [830.0, NAN, NAN, NAN, 945.0, NAN],
        "departed_at": [720.0, 900.0, 640.0, 1700.0, 841.0, 1500.0],
        "worsened_at": [530.0, NAN, 600.0, 595.0, NAN, 900.0],
        "noticed_at": [540.0, NAN, NAN, NAN, 650.0, 1000.0],
    }
    return Patients(
        {name: np.array(values) for name, values in columns.items()},
        {
            "arrival_source": ("walk_in", "ambulance"),
            "outcome": ("discharged", "admitted", "left", "in_building"),
            "acuity_true": LEVELS,
            "acuity_given": LEVELS,
            "language_need": ("no", "yes"),
        },
    )


@pytest.fixture
def altered() -> Callable[..., Any]:
    """A table with some columns replaced."""

    def alter(table: Any, **columns: Any) -> Any:
        return replace(table, columns={**table.columns, **columns})

    return alter
