"""Departments small enough to work out by hand: a few steps, fixed durations, people one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.durations import Fixed
from simulation.department.vocabulary import (
    ARRIVAL_SOURCE,
    ArrivalSource,
    Attribute,
    ByChance,
    Choice,
    End,
    Pathway,
    Patience,
    Pool,
    Priority,
    QueueClass,
    Step,
)
from simulation.engine.contract import Run
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import OUTCOMES, Outcome, Plan
from simulation.patients import DrawnRun, Draws, Source, Variates, draw_outages
from simulation.triage.apply import apply
from simulation.triage.policy import Policy
from simulation.units import NEVER, TICKS_PER_MINUTE

Simulate = Callable[[Plan, Columns, int], Run]
NOTE: Any = {"evidence": "assumed", "source": "made for a test"}
DAY = 1440
ACUITY = Choice(
    kind="choice", categories=("urgent", "standard", "minor"), shares=(0.2, 0.5, 0.3), **NOTE
)
PRIORITY = Priority(
    rule="acuity",
    classes={
        "urgent": QueueClass(rank=1, rate=4),
        "standard": QueueClass(rank=2, rate=2),
        "minor": QueueClass(rank=3, rate=1),
    },
    untriaged_as="standard",
    ignored_as="standard",
    **NOTE,
)


def staff(capacity: int | None = None, **more: Any) -> Pool:
    return Pool(kind="staff", capacity=capacity, **NOTE, **more)


def department(
    steps: Mapping[str, Step],
    *,
    pools: Mapping[str, Pool | int],
    durations: Mapping[str, Fixed] | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    **more: Any,
) -> Pathway:
    """Everybody arrives at `door`, learns its acuity there in no time and goes on to the first of `steps`."""
    named = {minutes for step in steps.values() for minutes in step.minutes}
    patience = {"patience": minutes(60)} if "patience" in more else {}
    if "patience" in more:
        more["patience"] = Patience(
            minutes="patience", arrivals=("walk_in",), next=more["patience"], **NOTE
        )
    return Pathway(
        name="small",
        arrivals={"walk_in": ArrivalSource(starts="door", per_day=1, **NOTE)},
        pools={
            name: staff(pool) if isinstance(pool, int) else pool for name, pool in pools.items()
        },
        attributes={"acuity_true": ACUITY, **(attributes or {})},
        durations={
            **{name: minutes(10) for name in sorted(named)},
            **patience,
            **(durations or {}),
        },
        steps={"door": Step(relabels="acuity_true", next=next(iter(steps))), **steps},
        **{
            "priority": PRIORITY,
            "ends": {"home": End(outcome="discharged"), "gone": End(outcome="left")},
            **more,
        },
    )


def minutes(mean: float, *, repeats: int = 1) -> Fixed:
    return Fixed(kind="fixed", mean=mean, repeats=repeats, **NOTE)


@dataclass(frozen=True)
class Person:
    """Somebody who arrives at a minute; `minutes` by duration (a tuple: one a repeat), else the pathway's mean.

    `alarm`: minutes from arrival to when a round can see something, None for never; 'true' as it gets worse.
    """

    at: float
    acuity: str = "standard"
    patience: float | None = None
    worsens: float | None = None
    alarm: float | Literal["true"] | None = "true"
    minutes: Mapping[str, float | tuple[float, ...]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    ignored: bool = False


class Activity(NamedTuple):
    """One activity in minutes; None where it did not happen."""

    patient: int
    step: str
    outcome: str
    joined_at: float | None
    started_at: float | None
    ended_at: float | None
    pool: str | None


class Story(NamedTuple):
    """What happened, activity by activity."""

    activities: tuple[Activity, ...]
    run: Run

    def of(self, step: str, patient: int = 0) -> Activity:
        """The only activity of a patient at a step."""
        (found,) = [
            each for each in self.activities if each.step == step and each.patient == patient
        ]
        return found

    def spans(self, step: str) -> dict[int, tuple[float | None, float | None]]:
        """From when to when each patient was at work on a step."""
        return {
            each.patient: (each.started_at, each.ended_at)
            for each in self.activities
            if each.step == step
        }

    def route(self, patient: int = 0) -> list[str]:
        """The steps that a patient joined, in order, after the door."""
        return [each.step for each in self.activities if each.patient == patient][1:]


def play(
    engine: Simulate,
    pathway: Pathway,
    *people: Person,
    until: float = DAY,
    policy: Policy | None = None,
) -> Story:
    """Run some people through a department, triaged by a policy where one is given."""
    plan, draws = lower(pathway), draws_of(pathway, people)
    if policy is not None:
        draws = apply(policy, pathway, draws)
    run = engine(plan, bind(plan, draws), round(until * TICKS_PER_MINUTE))
    table = run.activities
    rows = [
        Activity(
            int(table.patient[k]),
            plan.nodes[table.step[k]],
            OUTCOMES[Outcome(table.outcome[k])],
            *(None if at == NEVER else at / TICKS_PER_MINUTE for at in _points(run, k)),
            plan.pools[table.pool[k]] if table.pool[k] >= 0 else None,
        )
        for k in range(len(table))
    ]
    return Story(tuple(rows), run)


def _points(run: Run, k: int) -> tuple[int, int, int]:
    table = run.activities
    return int(table.joined_at[k]), int(table.started_at[k]), int(table.ended_at[k])


def draws_of(pathway: Pathway, people: tuple[Person, ...]) -> Draws:
    """What some people bring, as if it had been drawn."""
    n = len(people)
    codes = {ARRIVAL_SOURCE: np.zeros(n, np.int16)}
    for name in pathway.attributes:
        known = pathway.categories(name)
        output = [
            each.acuity if name == "acuity_true" else each.categories.get(name, known[0])
            for each in people
        ]
        codes[name] = np.array([known.index(category) for category in output], np.int16)
    assert not any(isinstance(branch, ByChance) for branch in pathway.branches.values())
    ticks = [
        NEVER if each.patience is None else round(each.patience * TICKS_PER_MINUTE)
        for each in people
    ]
    worsens = [each.worsens for each in people]
    alarms = [each.worsens if each.alarm == "true" else each.alarm for each in people]
    return Draws(
        replication=0,
        arrived_at=np.array([round(each.at * TICKS_PER_MINUTE) for each in people], np.int64),
        arrival_source=codes[ARRIVAL_SOURCE],
        number=np.arange(n),
        attributes=codes,
        minutes={name: _minutes(pathway, name, people) for name in pathway.durations},
        patience=np.array(ticks, np.int64),
        worsens=_ticks(worsens),
        alarms=_ticks(alarms) if alarms != worsens else None,
        adherence={
            name: np.array([1.0 if each.ignored else 0.0 for each in people])
            for name, step in pathway.steps.items()
            if step.adheres
        },
        order=np.arange(n),
        outages=draw_outages(pathway, DrawnRun(0, 0, 30)),
        variates=Variates(
            0,
            0,
            sources=(Source("walk_in", 0, 0, n, np.arange(n)),),
            place=np.arange(n),
            buffer=np.zeros(n),
        ),
    )


def _ticks(spans: Sequence[float | None]) -> NDArray[np.int64]:
    return np.array(
        [NEVER if each is None else round(each * TICKS_PER_MINUTE) for each in spans], np.int64
    )


def _minutes(
    pathway: Pathway, name: str, people: tuple[Person, ...]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    duration = pathway.durations[name]
    columns = []
    for each in people:
        output = each.minutes.get(name, duration.mean)
        columns.append(output if isinstance(output, tuple) else (output,) * duration.repeats)
    return np.array(columns, float).reshape(len(people), duration.repeats).T.copy()
