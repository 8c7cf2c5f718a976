"""The smallest departments whose waits are known exactly, and long runs of them.

One queue before one pool of clinicians, built from the dataclasses of a pathway, so that what is checked is the whole
chain: draws, triage policy, plan, engine. Standard errors are over replications, each with a warm-up of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation.draws import draw
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.plan import Outcome, bind, lower
from simulation.errors import ResultsError
from simulation.pathway.department import (
    ACUITY_GIVEN,
    ACUITY_TRUE,
    Choice,
    End,
    Given,
    Pathway,
    Patience,
    Pool,
    Priority,
    QueueClass,
    Step,
    Stream,
)
from simulation.pathway.described import Mark
from simulation.pathway.durations import Amount, AnyDuration, Exponential, Factor
from simulation.triage.matrix import Matrix
from simulation.triage.policy import Assessor, Correlation, MatrixPolicy, Policy, apply
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE, to_ticks

Floats = NDArray[np.float64]
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
SERVICE = "treatment"
MINUTES_A_DAY = 1440.0
RELAXATIONS = 6.0
"""Warm-up in relaxation times of the queue: what is left of the empty start is e^-6 of it, 0.25 %."""
_MARK: Mark = "assumed"
_SOURCE = "a department with a closed form"


def station(
    *,
    per_minute: float,
    shares: Sequence[float],
    service_means: Sequence[float],
    clinicians: int = 1,
    patience_mean: float | None = None,
) -> Pathway:
    """One queue by label before `clinicians`; service is exponential within true level, minutes `service_means`.

    `shares` of patients by true level. With `patience_mean` people leave after exponential minutes of waiting.
    """
    by_level = Factor(by=ACUITY_TRUE, values=dict(zip(LEVELS, service_means, strict=True)))
    durations: dict[str, AnyDuration] = {
        SERVICE: Exponential(kind="exponential", mean=Amount(base=1.0, times=(by_level,)), mark=_MARK, source=_SOURCE)
    }
    patience = None
    if patience_mean is not None:
        durations["patience"] = Exponential(kind="exponential", mean=patience_mean, mark=_MARK, source=_SOURCE)
        patience = Patience(minutes="patience", streams=("walk_in",), next="gone", mark=_MARK, source=_SOURCE)
    return Pathway(
        name="station",
        streams={
            "walk_in": Stream(
                starts="door", per_day=per_minute * MINUTES_A_DAY, headroom=1.0, mark=_MARK, source=_SOURCE
            )
        },
        pools={"clinicians": Pool(kind="staff", capacity=clinicians, mark=_MARK, source=_SOURCE)},
        attributes={
            ACUITY_TRUE: Choice(kind="choice", categories=LEVELS, shares=tuple(shares), mark=_MARK, source=_SOURCE),
            ACUITY_GIVEN: Given(kind="given", like=ACUITY_TRUE, mark=_MARK, source=_SOURCE),
        },
        durations=durations,
        priority=Priority(
            rule="acuity",
            classes={level: QueueClass(rank=rank, rate=1) for rank, level in enumerate(LEVELS)},
            untriaged_as=LEVELS[-1],
            ignored_as=LEVELS[-1],
            mark=_MARK,
            source=_SOURCE,
        ),
        patience=patience,
        steps={
            "door": Step(relabels=ACUITY_GIVEN, next=SERVICE),
            SERVICE: Step(
                asks=("clinicians",), minutes=(SERVICE,), may_leave=patience is not None, first_seen=True, next="home"
            ),
        },
        ends={"home": End(outcome="discharged"), "gone": End(outcome="left")},
    )


def first_come(pathway: Pathway) -> Pathway:
    """The same station with one class for everybody."""
    classes = {level: QueueClass(rank=1, rate=1) for level in pathway.priority.classes}
    return replace(pathway, priority=replace(pathway.priority, classes=classes))


def labeller(name: str, labels: Floats) -> Policy:
    """A triage policy that gives labels by a matrix of shares (true level, label), independent of everything else."""
    shares = tuple(tuple(float(share) for share in row) for row in labels)
    return MatrixPolicy(
        kind="matrix",
        name=name,
        nurse=Assessor(
            name="nurse",
            matrix=Matrix(shares=shares, mark=_MARK, source=_SOURCE),
            correlation=Correlation(value=0.0, range=(0.0, 0.9), mark=_MARK, source="independent errors"),
        ),
    )


@dataclass(frozen=True)
class Length:
    """How long to run: replications, and days of each before, in and after the measured window."""

    replications: int
    warm_up_days: int
    measured_days: int
    run_out_days: int

    @property
    def days(self) -> int:
        """Days of one replication."""
        return self.warm_up_days + self.measured_days + self.run_out_days


def length_for(
    *,
    error: float,
    per_minute: float,
    service_mean: float,
    cv: float,
    clinicians: int,
    p_wait: float,
    replications: int,
) -> Length:
    """Days that bring the relative standard error of the mean wait to about `error`.

    Patients needed: 3 (1 + cv^2) / (p_wait (1 - load)^2 error^2): the asymptotic variance of the single queue in
    heavy traffic (Whitt 1989, Management Science 35:1341) and half as much again, which priority and mixed
    services were seen to need; `p_wait` is the share who wait at all. The queue
    forgets in about service / (clinicians (1 - sqrt(load))^2) minutes, the relaxation time of M/M/c.
    """
    load = per_minute * service_mean / clinicians
    n_patients = 3 * (1 + cv**2) / (p_wait * (1 - load) ** 2 * error**2)
    forgets = service_mean * (1 + cv**2) / 2 / (clinicians * (1 - math.sqrt(load)) ** 2)
    warm_up = max(1, math.ceil(RELAXATIONS * forgets / MINUTES_A_DAY))
    measured = max(1, math.ceil(n_patients / (per_minute * MINUTES_A_DAY) / replications))
    return Length(replications, warm_up, measured, run_out_days=3 * warm_up)


@dataclass(frozen=True)
class Waited:
    """The measured patients of one replication, shape (n,): ticks waited and served, label, whether they left."""

    wait: NDArray[np.int64]
    service: NDArray[np.int64]
    label: NDArray[np.int16]
    left: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """Minutes waited by the mean patient."""
        return float(self.wait.mean()) / TICKS_PER_MINUTE

    @property
    def work_mean(self) -> float:
        """Minutes waited by the mean minute of work: long services count more."""
        total: float = float(self.wait @ self.service.astype(np.float64))
        return total / float(self.service.sum()) / TICKS_PER_MINUTE

    def mean_of_label(self, label: int) -> float:
        """Minutes waited by the mean patient of one label."""
        return float(self.wait[self.label == label].mean()) / TICKS_PER_MINUTE


def waited(
    pathway: Pathway,
    policies: Sequence[Policy | None],
    *,
    engine: EngineName,
    length: Length,
    seed: int,
    replication: int,
    service: str = SERVICE,
    closes: bool = False,
) -> list[Waited]:
    """One replication of the same patients under each policy. `closes`: nobody arrives after the measured window.

    Raises ResultsError if somebody who is measured is still waiting when the run ends.
    """
    arrive = length.warm_up_days + length.measured_days + (0 if closes else length.run_out_days)
    drawn = draw(pathway, seed=seed, replication=replication, days=arrive)
    plan = lower(pathway)
    row = plan.row(service)
    first, last = length.warm_up_days * DAY, (length.warm_up_days + length.measured_days) * DAY
    measured = (drawn.arrived_at >= first) & (drawn.arrived_at < last)
    work = to_ticks(drawn.minutes[service][0])
    found = []
    for policy in policies:
        draws = drawn if policy is None else apply(policy, pathway, drawn)
        table = engine_named(engine)(plan, bind(plan, draws), length.days * DAY).activities
        mine = np.flatnonzero(table.step == row)
        mine = mine[measured[table.patient[mine]]]
        patient, left = table.patient[mine], table.outcome[mine] == Outcome.LEFT
        stopped = np.where(left, table.ended_at[mine], table.started_at[mine])
        if np.any(stopped == NEVER) or len(mine) != measured.sum():
            raise ResultsError(f"{pathway.name}: a measured patient still waits after {length.days} days. Run longer")
        label = draws.attributes.get(ACUITY_GIVEN, draws.attributes[ACUITY_TRUE])[patient]
        found.append(Waited(stopped - table.joined_at[mine], work[patient], label, left))
    return found


Figure = Literal["mean", "work_mean", "left_share"] | int
"""What is read off a replication; a number is the label whose patients' mean wait it is."""


def read(patients: Waited, figure: Figure) -> float:
    """One number of one replication."""
    if figure == "mean":
        return patients.mean
    if figure == "work_mean":
        return patients.work_mean
    if figure == "left_share":
        return float(patients.left.mean())
    return patients.mean_of_label(figure)
