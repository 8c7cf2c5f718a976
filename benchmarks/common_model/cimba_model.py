"""The common model in Cimba (its Python package): a process a patient, compiled, over the Cimba C library.

Each patient is a model spawned by the arrivals, with a timer for patience. What happened is recorded in captured
datasets, one a column, a row a patient in order of departure.
"""

from collections.abc import Sequence
from typing import Any

import cimba as cb
import numpy as np
from cimba import random

from common_model import stated
from common_model.stated import ENDS_AT, MINUTES_PER_DAY, Records

LAST_ARRIVAL = float(stated.DAYS * MINUTES_PER_DAY)
PEAK_RATE, PATIENCE_MEAN, P_TESTS = stated.PEAK_RATE, stated.PATIENCE_MEAN, stated.P_TESTS
FIRST_IMPATIENT = min(stated.IMPATIENT)
TRIAGE_LOG_MEAN, TRIAGE_LOG_SD = stated.TRIAGE.log_mean, stated.TRIAGE.log_sd
FIRST_CONTACT_LOG_MEAN, FIRST_CONTACT_LOG_SD = stated.FIRST_CONTACT.log_mean, stated.FIRST_CONTACT.log_sd
TESTS_LOG_MEAN, TESTS_LOG_SD = stated.TESTS.log_mean, stated.TESTS.log_sd
REVIEW_LOG_MEAN, REVIEW_LOG_SD = stated.REVIEW.log_mean, stated.REVIEW.log_sd
BED_DELAY_LOG_MEAN, BED_DELAY_LOG_SD = stated.BED_DELAY.log_mean, stated.BED_DELAY.log_sd
GAVE_UP = 7
"""The signal of the patience timer."""
GRANTED = 0
NEVER = -1.0
COLUMNS = ("level", "arrived_at", "triaged_at", "seen_at", "departed_at")


class Department(cb.Model):
    """What patients share, their arrivals, the rota, and what happened to them."""

    triage_nurses: cb.Resource = cb.Resource(capacity=stated.TRIAGE_NURSES[0])
    cubicles: cb.Resource = cb.Resource(capacity=stated.CUBICLES)
    clinicians: cb.Resource = cb.Resource(capacity=stated.CLINICIANS[0])
    rate_by_hour: cb.Array[float] = cb.Array(list(stated.RATE_BY_HOUR))
    shares_so_far: cb.Array[float] = cb.Array([float(total) for total in np.cumsum(stated.SHARES)])
    p_admitted: cb.Array[float] = cb.Array(list(stated.P_ADMITTED))
    shift_hours: cb.Array[int] = cb.Array([int(hours) for hours in np.diff((0, *stated.SHIFT_ENDS))])
    nurses_by_shift: cb.Array[int] = cb.Array(list(stated.TRIAGE_NURSES))
    clinicians_by_shift: cb.Array[int] = cb.Array(list(stated.CLINICIANS))
    level: cb.Dataset = cb.Dataset()  # type: ignore[no-untyped-call]
    arrived_at: cb.Dataset = cb.Dataset()  # type: ignore[no-untyped-call]
    triaged_at: cb.Dataset = cb.Dataset()  # type: ignore[no-untyped-call]
    seen_at: cb.Dataset = cb.Dataset()  # type: ignore[no-untyped-call]
    departed_at: cb.Dataset = cb.Dataset()  # type: ignore[no-untyped-call]

    @cb.process
    def arrivals(self):  # type: ignore[no-untyped-def]
        """A Poisson process whose rate changes by the hour, by thinning."""
        while True:
            cb.hold(random.exponential(1 / PEAK_RATE))
            if cb.now() >= LAST_ARRIVAL:
                break
            if random.uniform(0.0, 1.0) < self.rate_by_hour[int(cb.now() / 60) % 24] / PEAK_RATE:
                cb.spawn(Patient, department=self)

    @cb.process
    def rota(self):  # type: ignore[no-untyped-def]
        """Sets the teams at every change of shift."""
        shift = 0
        while True:
            cb.hold(self.shift_hours[shift] * 60.0)
            shift = (shift + 1) % len(self.shift_hours)
            self.triage_nurses.set_capacity(self.nurses_by_shift[shift])
            self.clinicians.set_capacity(self.clinicians_by_shift[shift])


class Patient(cb.Model):
    """One patient, from the door to the door."""

    department: cb.Ref[Department]

    @cb.process
    def journey(self):  # type: ignore[no-untyped-def]
        """The whole way."""
        here = self.department
        me = cb.this_process()
        arrived_at = cb.now()
        drawn = random.uniform(0.0, 1.0)
        level = 1
        while level < 5 and drawn >= here.shares_so_far[level - 1]:
            level += 1
        leaves_at = cb.now() + random.exponential(PATIENCE_MEAN)
        here.triage_nurses.acquire(1, priority=0)
        cb.hold(random.lognormal(TRIAGE_LOG_MEAN, TRIAGE_LOG_SD))
        here.triage_nurses.release(1)
        triaged_at = cb.now()
        seen_at = NEVER
        patient = True
        if level >= FIRST_IMPATIENT:
            if leaves_at <= cb.now():
                patient = False
            else:
                me.timer_set(leaves_at - cb.now(), GAVE_UP)
        if patient and here.cubicles.acquire(1, priority=-level) == GRANTED:
            if here.clinicians.acquire(1, priority=-level) == GRANTED:
                me.timers_clear()
                seen_at = cb.now()
                cb.hold(random.lognormal(FIRST_CONTACT_LOG_MEAN, FIRST_CONTACT_LOG_SD))
                here.clinicians.release(1)
                if random.uniform(0.0, 1.0) < P_TESTS:
                    cb.hold(random.lognormal(TESTS_LOG_MEAN, TESTS_LOG_SD))
                    here.clinicians.acquire(1, priority=-level)
                    cb.hold(random.lognormal(REVIEW_LOG_MEAN, REVIEW_LOG_SD))
                    here.clinicians.release(1)
                if random.uniform(0.0, 1.0) < here.p_admitted[level - 1]:
                    cb.hold(random.lognormal(BED_DELAY_LOG_MEAN, BED_DELAY_LOG_SD))
            here.cubicles.release(1)
        here.level.record(float(level))
        here.arrived_at.record(arrived_at)
        here.triaged_at.record(triaged_at)
        here.seen_at.record(seen_at)
        here.departed_at.record(cb.now())


def department() -> Department:
    """The model with every column captured."""
    made = Department()
    for column in COLUMNS:
        getattr(made, column).capture()
    return made


Simulated = dict[str, np.ndarray[Any, Any]]


def simulate(model: Department, numbers: Sequence[int]) -> list[Simulated]:
    """Replications by number (the seed is one more), one call for all; a column a captured dataset."""
    experiment = cb.Experiment(
        model,
        replications=len(numbers),
        window=cb.Window(duration=float(ENDS_AT)),
        seeds=np.array([number + 1 for number in numbers], dtype=np.uint64),
    )
    found = experiment.run(workers=1, on_failure="raise")[model]
    return [{column: getattr(found, column).trial(0, row)[1] for column in COLUMNS} for row in range(len(numbers))]


def records(simulated: Simulated) -> Records:
    """The columns of one replication in the words of the common model."""
    seen_at = np.where(simulated["seen_at"] == NEVER, np.nan, simulated["seen_at"])
    return Records(
        level=simulated["level"].astype(np.int64),
        arrived_at=simulated["arrived_at"],
        triaged_at=simulated["triaged_at"],
        seen_at=seen_at,
        departed_at=simulated["departed_at"],
        left=np.isnan(seen_at),
    )
