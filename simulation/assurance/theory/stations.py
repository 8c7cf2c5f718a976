"""The smallest departments whose waits are known exactly, and runs of them.

They are queues before pools of clinicians, built from the dataclasses of a pathway, so that a check covers the whole
chain: draws, triage policy, plan, engine. `Chain` names its parts, so that a mutation can break one of them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.durations import (
    Amount,
    AnyDuration,
    Exponential,
    Factor,
    Fixed,
    Lognormal,
)
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ArrivalSource,
    Choice,
    DayFactor,
    End,
    Given,
    Pathway,
    Patience,
    Pool,
    Priority,
    Profile,
    QueueClass,
    Rule,
    Step,
)
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Outcome, Plan
from simulation.errors import ResultsError
from simulation.measures.occupancy import count_present
from simulation.measures.quantities import Window
from simulation.patients import Draws, draw
from simulation.records.schema import Floats, Ints, Mask
from simulation.triage.apply import apply
from simulation.triage.labels import Assessor
from simulation.triage.matrix import Correlation, Matrix
from simulation.triage.policy import MatrixPolicy, Policy
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE, to_minutes, to_ticks

LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
SERVICE, ROOM, STAY = "treatment", "room", "stay"
MINUTES_A_DAY = 1440.0
RELAXATIONS = 6.0
"""Warm-up in relaxation times of the queue: what is left of the empty start is e^-6 of it, 0.25 %."""
ASSUMED: Any = {"evidence": "assumed", "source": "a department with a known answer"}


def station(
    *,
    per_minute: float,
    shares: Sequence[float],
    service_means: Sequence[float],
    clinicians: int | None = 1,
    patience_mean: float | None = None,
    earned: Sequence[int] | None = None,
) -> Pathway:
    """One queue by label before `clinicians` (None: as many as are wanted).

    There is a level for each of `shares`, the shares of patients by true level. Service is exponential within a true
    level, of `service_means` minutes. With `patience_mean` people leave after exponential minutes of waiting; with
    `earned` priority accumulates at these rates a minute by level.
    """
    levels = LEVELS[: len(shares)]
    by_level = Factor(by=ACUITY_TRUE, values=dict(zip(levels, service_means, strict=True)))
    durations: dict[str, AnyDuration] = {
        SERVICE: Exponential(
            kind="exponential", mean=Amount(base=1.0, times=(by_level,)), **ASSUMED
        )
    }
    patience = None
    if patience_mean is not None:
        durations["patience"] = Exponential(kind="exponential", mean=patience_mean, **ASSUMED)
        patience = Patience(minutes="patience", arrivals=("walk_in",), next="gone", **ASSUMED)
    rates = earned or (1,) * len(levels)
    rule: Rule = "accumulating" if earned is not None else "acuity"
    return Pathway(
        name="station",
        arrivals={
            "walk_in": ArrivalSource(
                starts="door", per_day=per_minute * MINUTES_A_DAY, thinning_bound=1.0, **ASSUMED
            )
        },
        pools={"clinicians": _pool("staff", clinicians)},
        attributes={
            ACUITY_TRUE: Choice(kind="choice", categories=levels, shares=tuple(shares), **ASSUMED),
            ACUITY_GIVEN: Given(kind="given", like=ACUITY_TRUE, **ASSUMED),
        },
        durations=durations,
        priority=Priority(
            rule=rule,
            classes={
                level: QueueClass(rank=rank, rate=rates[rank]) for rank, level in enumerate(levels)
            },
            untriaged_as=levels[-1],
            ignored_as=levels[-1],
            **ASSUMED,
        ),
        patience=patience,
        steps={
            "door": Step(relabels=ACUITY_GIVEN, next=SERVICE),
            SERVICE: Step(
                asks=("clinicians",),
                minutes=(SERVICE,),
                may_leave=patience is not None,
                first_seen=True,
                next="home",
            ),
        },
        ends={"home": End(outcome="discharged"), "gone": End(outcome="left")},
    )


def one_queue(*, per_minute: float, service_mean: float, clinicians: int | None = 1) -> Pathway:
    """A station with one level of patients, first come, first served, and no triage before it."""
    pathway = station(
        per_minute=per_minute, shares=(1.0,), service_means=(service_mean,), clinicians=clinicians
    )
    return replace(_arriving(pathway, starts=SERVICE), steps={SERVICE: pathway.steps[SERVICE]})


def _arriving(pathway: Pathway, **changes: Any) -> Pathway:
    """The same station with changes to its arrivals."""
    return replace(
        pathway,
        arrivals={name: replace(source, **changes) for name, source in pathway.arrivals.items()},
    )


def _pool(kind: Literal["space", "staff"], units: int | None) -> Pool:
    return Pool(kind=kind, capacity=units, unlimited=units is None, **ASSUMED)


def served_for(pathway: Pathway, service_mean: float, *, cv: float) -> Pathway:
    """The same station with lognormal services of this mean and coefficient of variation (0: fixed)."""
    service: AnyDuration = Fixed(kind="fixed", mean=service_mean, **ASSUMED)
    if cv:
        log_sd = math.sqrt(math.log1p(cv**2))
        service = Lognormal(kind="lognormal", mean=service_mean, log_sd=log_sd, **ASSUMED)
    return replace(pathway, durations={**pathway.durations, SERVICE: service})


def without_waiting_room(pathway: Pathway) -> Pathway:
    """The same station without room to wait: whoever finds nobody free is blocked."""
    step = replace(pathway.steps[SERVICE], queue_limit=0, blocked_next="gone")
    return replace(pathway, steps={**pathway.steps, SERVICE: step})


def by_the_hour(pathway: Pathway, per_hour: Sequence[float]) -> Pathway:
    """The same station with so many arrivals in each of the 168 hours of a week."""
    hours = Profile(weights=tuple(per_hour), **ASSUMED)
    return replace(
        _arriving(pathway, per_day=sum(per_hour) / 7, by_hour="hours"), profiles={"hours": hours}
    )


def busy_days(pathway: Pathway, *, cv: float, thinning_bound: float) -> Pathway:
    """The same station with a factor on each day's arrivals, of mean 1 and this coefficient of variation."""
    changed = _arriving(pathway, day_factor="days", thinning_bound=thinning_bound)
    return replace(changed, day_factors={"days": DayFactor(cv=cv, **ASSUMED)})


def with_cubicles(pathway: Pathway, *, cubicles: int, stay_mean: float) -> Pathway:
    """A station of one level in cubicles: held while waiting for a clinician, in treatment, and for a stay after."""
    stay = Exponential(kind="exponential", mean=stay_mean, **ASSUMED)
    return replace(
        _arriving(pathway, starts=ROOM),
        pools={**pathway.pools, "cubicles": _pool("space", cubicles)},
        durations={**pathway.durations, STAY: stay},
        steps={
            ROOM: Step(asks=("cubicles",), keeps=("cubicles",), next=SERVICE),
            SERVICE: replace(pathway.steps[SERVICE], next=STAY),
            STAY: Step(minutes=(STAY,), releases_at_end=("cubicles",), next="home"),
        },
    )


def labeller(name: str, labels: Floats) -> Policy:
    """A triage policy that gives labels by a matrix of shares (true level, label), independent of everything else."""
    return MatrixPolicy(
        kind="matrix",
        name=name,
        nurse=Assessor(
            name="nurse",
            matrix=Matrix(shares=tuple(map(tuple, labels.tolist())), **ASSUMED),
            correlation=Correlation(
                value=0.0, range=(0.0, 0.9), evidence="assumed", source="independent errors"
            ),
        ),
    )


class Length(NamedTuple):
    """How long to run: replications, and days of each before, in and after the measured window."""

    replications: int
    warm_up_days: int
    measured_days: int
    cool_down_days: int

    @property
    def days(self) -> int:
        """Days of one replication."""
        return self.warm_up_days + self.measured_days + self.cool_down_days


def warm_up_days(
    per_minute: float, service_mean: float, *, cv: float = 1.0, clinicians: int = 1
) -> int:
    """Whole days in which a queue forgets that it began empty.

    The relaxation time of M/M/c is about service / (clinicians (1 - sqrt(load))^2) minutes.
    """
    load = per_minute * service_mean / clinicians
    relaxation = service_mean * (1 + cv**2) / 2 / (clinicians * (1 - math.sqrt(load)) ** 2)
    return max(1, math.ceil(RELAXATIONS * relaxation / MINUTES_A_DAY))


@dataclass(frozen=True)
class Chain:
    """The functions that lead from a pathway to activities. `drains`: nobody arrives after the measured window."""

    draw: Callable[..., Draws] = draw
    lower: Callable[[Pathway], Plan] = lower
    bind: Callable[[Plan, Draws], Columns] = bind
    drains: bool = False


SOUND = Chain()
"""The product as it is."""


class Waited(NamedTuple):
    """One step of one replication: arrays of one length, a row for everybody who joined it, in ticks.

    stopped_at  when the wait ended, by a start or otherwise; ended_at  when the patient was gone from the step;
    work  the service drawn; labels  what the queue goes by; measured  who arrived within the window.
    """

    joined_at: Ints
    stopped_at: Ints
    ended_at: Ints
    work: Ints
    labels: NDArray[np.int16]
    outcome: NDArray[np.int8]
    measured: Mask
    window: Window

    @property
    def wait(self) -> Ints:
        """Ticks waited by those who are measured."""
        return (self.stopped_at - self.joined_at)[self.measured]

    def wait_of(self, label: int) -> Ints:
        """Ticks waited by those of a label who are measured."""
        return np.asarray(self.wait[self.labels[self.measured] == label])


def waited(
    pathway: Pathway,
    policies: Sequence[Policy | None],
    *,
    engine: EngineName,
    length: Length,
    seed: int,
    replication: int,
    steps: Sequence[str] = (SERVICE,),
    chain: Chain = SOUND,
) -> list[dict[str, Waited]]:
    """One replication of the same patients: for each policy, the waits by step.

    Raises ResultsError if somebody who is measured is still waiting when the run ends.
    """
    end_day = length.warm_up_days + length.measured_days
    arrive = end_day if chain.drains else length.days
    drawn = chain.draw(pathway, seed=seed, replication=replication, days=arrive)
    plan = chain.lower(pathway)
    first, last = length.warm_up_days * DAY, end_day * DAY
    by_policy = []
    for policy in policies:
        draws = drawn if policy is None else apply(policy, pathway, drawn)
        table = engine_named(engine)(plan, chain.bind(plan, draws), length.days * DAY).activities
        nobody = np.zeros(len(draws), dtype=np.int16)
        labels = draws.attributes.get(ACUITY_GIVEN, draws.attributes.get(ACUITY_TRUE, nobody))
        by_step = {}
        for step in steps:
            rows = np.flatnonzero(table.step == plan.row(step))
            patient, started_at, ended_at = (
                table.patient[rows],
                table.started_at[rows],
                table.ended_at[rows],
            )
            arrived_at = draws.arrived_at[patient]
            measured = (arrived_at >= first) & (arrived_at < last)
            stopped_at = np.where(started_at == NEVER, ended_at, started_at)
            if np.any(stopped_at[measured] == NEVER):
                raise ResultsError(
                    f"{pathway.name}: a measured patient still waits after {length.days} days. Run longer"
                )
            by_step[step] = Waited(
                joined_at=table.joined_at[rows],
                stopped_at=stopped_at,
                ended_at=ended_at,
                work=to_ticks(draws.minutes[step][0])[patient]
                if step in draws.minutes
                else 0 * ended_at,
                labels=labels[patient],
                outcome=table.outcome[rows],
                measured=measured,
                window=(first / TICKS_PER_MINUTE, last / TICKS_PER_MINUTE),
            )
        by_policy.append(by_step)
    return by_policy


# --- figures of a step ---------------------------------------------------------------------------------------------

Figure = Callable[[Waited], float]


def mean_wait(queue: Waited) -> float:
    """Minutes waited by the mean patient."""
    return float(queue.wait.mean()) / TICKS_PER_MINUTE


def work_mean(queue: Waited) -> float:
    """Minutes waited by the mean minute of work: long services count more."""
    service = queue.work[queue.measured].astype(np.float64)
    return float(queue.wait @ service) / float(service.sum()) / TICKS_PER_MINUTE


def of_label(label: int) -> Figure:
    """Minutes waited by the mean patient of one label."""
    return lambda queue: float(queue.wait_of(label).mean()) / TICKS_PER_MINUTE


def wait_among(number: float, label: int) -> Figure:
    """Minutes waited by all patients of one label together, over the `number` of them that is expected."""
    return lambda queue: float(queue.wait_of(label).sum()) / TICKS_PER_MINUTE / number


def share_over(minutes: float) -> Figure:
    """The share of patients who wait longer than so many minutes."""
    return lambda queue: float((queue.wait > to_ticks(minutes)).mean())


def share_that(outcome: Outcome) -> Figure:
    """The share of patients whose step had this outcome."""
    return lambda queue: float((queue.outcome[queue.measured] == outcome).mean())


def number_waiting(queue: Waited) -> float:
    """How many wait, on average over the window."""
    return count_present(
        to_minutes(queue.joined_at), to_minutes(queue.stopped_at), window=queue.window
    ).mean


def number_served(queue: Waited) -> float:
    """How many are being served, on average over the window."""
    return count_present(
        to_minutes(queue.stopped_at), to_minutes(queue.ended_at), window=queue.window
    ).mean


def waiting_at(minute: float) -> Figure:
    """How many wait at one moment."""
    at = to_ticks(minute)
    return lambda queue: float(
        ((queue.joined_at <= at) & ((queue.stopped_at > at) | (queue.stopped_at == NEVER))).sum()
    )


def little(queue: Waited) -> float:
    """How many wait, over arrivals a minute times the mean wait: 1 by Little's law."""
    minutes = queue.window[1] - queue.window[0]
    return number_waiting(queue) * minutes / float(queue.wait.sum() / TICKS_PER_MINUTE)


def time_share_from(number: int) -> Figure:
    """The share of the window in which at least so many are being served."""

    def read(queue: Waited) -> float:
        start, end = (to_ticks(edge) for edge in queue.window)
        ended_at = np.where(queue.ended_at == NEVER, end, queue.ended_at)
        at = np.clip(np.concatenate([queue.stopped_at, ended_at]), start, end)
        step = np.repeat([1, -1], len(queue.stopped_at))
        order = np.argsort(at, kind="stable")
        lasts = np.diff(np.append(at[order], end))
        return float(lasts[np.cumsum(step[order]) >= number].sum() / (end - start))

    return read


def arrivals_a_day(queue: Waited) -> float:
    """How many come on the mean day of the window."""
    return float(_daily(queue).mean())


def variance_of_days(queue: Waited) -> float:
    """The variance of the arrivals of a day."""
    return float(_daily(queue).var(ddof=1))


def _daily(queue: Waited) -> Floats:
    first, last = (round(edge / MINUTES_A_DAY) for edge in queue.window)
    days = queue.joined_at[queue.measured] // DAY
    return np.bincount(days - first, minlength=last - first).astype(float)
