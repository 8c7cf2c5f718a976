"""The common model in Cimba (its Python package): a process a patient, compiled, over the Cimba C library.

Each patient is a model spawned by the arrivals, with a timer for patience. What happened is recorded in captured
datasets, one a column, a row a patient in order of departure.
"""

from collections.abc import Sequence
from typing import Any

import cimba as cb
import numpy as np
from cimba import random

from common_model import parameters
from common_model.parameters import ENDS_AT, MINUTES_PER_DAY, Records

LAST_ARRIVAL = float(parameters.DAYS * MINUTES_PER_DAY)
PEAK_RATE, PATIENCE_MEAN, P_TESTS = (
    parameters.PEAK_RATE,
    parameters.PATIENCE_MEAN,
    parameters.P_TESTS,
)
FIRST_IMPATIENT = min(parameters.IMPATIENT)
TRIAGE_LOG_MEAN, TRIAGE_LOG_SD = parameters.TRIAGE.log_mean, parameters.TRIAGE.log_sd
FIRST_CONTACT_LOG_MEAN, FIRST_CONTACT_LOG_SD = (
    parameters.FIRST_CONTACT.log_mean,
    parameters.FIRST_CONTACT.log_sd,
)
TESTS_LOG_MEAN, TESTS_LOG_SD = parameters.TESTS.log_mean, parameters.TESTS.log_sd
REVIEW_LOG_MEAN, REVIEW_LOG_SD = parameters.REVIEW.log_mean, parameters.REVIEW.log_sd
BED_DELAY_LOG_MEAN, BED_DELAY_LOG_SD = parameters.BED_DELAY.log_mean, parameters.BED_DELAY.log_sd
GAVE_UP = 7
"""The signal of the patience timer."""
GRANTED = 0
NEVER = -1.0
COLUMNS = ("level", "arrived_at", "triaged_at", "seen_at", "departed_at")


class Department(cb.Model):
    """What patients share, their arrivals, the rota, and what happened to them."""

    triage_nurses: cb.Resource = cb.Resource(capacity=parameters.TRIAGE_NURSES[0])
    cubicles: cb.Resource = cb.Resource(capacity=parameters.CUBICLES)
    clinicians: cb.Resource = cb.Resource(capacity=parameters.CLINICIANS[0])
    rate_by_hour: cb.Array[float] = cb.Array(list(parameters.RATE_BY_HOUR))
    shares_so_far: cb.Array[float] = cb.Array(
        [float(total) for total in np.cumsum(parameters.SHARES)]
    )
    p_admitted: cb.Array[float] = cb.Array(list(parameters.P_ADMITTED))
    shift_hours: cb.Array[int] = cb.Array(
        [int(hours) for hours in np.diff((0, *parameters.SHIFT_ENDS))]
    )
    nurses_by_shift: cb.Array[int] = cb.Array(list(parameters.TRIAGE_NURSES))
    clinicians_by_shift: cb.Array[int] = cb.Array(list(parameters.CLINICIANS))
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
        """From the door to the door, recorded at the end."""
        shared = self.department
        process = cb.this_process()
        arrived_at = cb.now()
        level_draw = random.uniform(0.0, 1.0)
        level = 1
        while level < 5 and level_draw >= shared.shares_so_far[level - 1]:
            level += 1
        leaves_at = cb.now() + random.exponential(PATIENCE_MEAN)
        shared.triage_nurses.acquire(1, priority=0)
        cb.hold(random.lognormal(TRIAGE_LOG_MEAN, TRIAGE_LOG_SD))
        shared.triage_nurses.release(1)
        triaged_at = cb.now()
        seen_at = NEVER
        stays = True
        if level >= FIRST_IMPATIENT:
            if leaves_at <= cb.now():
                stays = False
            else:
                process.timer_set(leaves_at - cb.now(), GAVE_UP)
        if stays and shared.cubicles.acquire(1, priority=-level) == GRANTED:
            if shared.clinicians.acquire(1, priority=-level) == GRANTED:
                process.timers_clear()
                seen_at = cb.now()
                cb.hold(random.lognormal(FIRST_CONTACT_LOG_MEAN, FIRST_CONTACT_LOG_SD))
                shared.clinicians.release(1)
                if random.uniform(0.0, 1.0) < P_TESTS:
                    cb.hold(random.lognormal(TESTS_LOG_MEAN, TESTS_LOG_SD))
                    shared.clinicians.acquire(1, priority=-level)
                    cb.hold(random.lognormal(REVIEW_LOG_MEAN, REVIEW_LOG_SD))
                    shared.clinicians.release(1)
                if random.uniform(0.0, 1.0) < shared.p_admitted[level - 1]:
                    cb.hold(random.lognormal(BED_DELAY_LOG_MEAN, BED_DELAY_LOG_SD))
            shared.cubicles.release(1)
        shared.level.record(float(level))
        shared.arrived_at.record(arrived_at)
        shared.triaged_at.record(triaged_at)
        shared.seen_at.record(seen_at)
        shared.departed_at.record(cb.now())


def department() -> Department:
    """The model with every column captured."""
    model = Department()
    for column in COLUMNS:
        getattr(model, column).capture()
    return model


Simulated = dict[str, np.ndarray[Any, Any]]


def simulate(model: Department, numbers: Sequence[int]) -> list[Simulated]:
    """Replications by number (the seed is one more), one call for all; a column a captured dataset."""
    experiment = cb.Experiment(
        model,
        replications=len(numbers),
        window=cb.Window(duration=float(ENDS_AT)),
        seeds=np.array([number + 1 for number in numbers], dtype=np.uint64),
    )
    results = experiment.run(workers=1, on_failure="raise")[model]
    return [
        {column: getattr(results, column).trial(0, row)[1] for column in COLUMNS}
        for row in range(len(numbers))
    ]


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
