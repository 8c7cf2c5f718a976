"""The common model in SimPy as its documentation teaches it: a generator a patient, `with` and `|`, scalar draws.

SimPy resources have no rota. Somebody who is off duty is a request of the highest priority that holds one unit until
the next duty: nobody is cut off, and those still at work count against the smaller team.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
import simpy

from common_model import parameters
from common_model.parameters import MINUTES_PER_DAY, Lognormal, Records

Process = Generator[simpy.Event, Any, Any]
OFF_DUTY, EVERYBODY = -1, 0
"""Priorities: lower is served first."""


@dataclass
class Patient:
    """A patient and when things happened."""

    level: int
    arrived_at: float
    leaves_at: float
    triaged_at: float = nan
    seen_at: float = nan
    departed_at: float = nan
    left: bool = False


class Department:
    """The resources and the way through them."""

    def __init__(self, env: simpy.Environment, rng: np.random.Generator, *, cubicles: bool) -> None:
        self.env = env
        self.rng = rng
        self.triage_nurses = self.staff(parameters.TRIAGE_NURSES)
        self.clinicians = self.staff(parameters.CLINICIANS)
        self.cubicles = simpy.PriorityResource(env, parameters.CUBICLES) if cubicles else None
        self.patients: list[Patient] = []
        env.process(self.arrivals())

    def staff(self, rota: tuple[int, ...]) -> simpy.PriorityResource:
        """A resource as large as the largest team, with processes for those who are off duty a part of the day."""
        pool = simpy.PriorityResource(self.env, max(rota))
        for person in range(min(rota), max(rota)):
            on_duty = [person < number for number in rota]
            self.env.process(self.off_duty(pool, on_duty))
        return pool

    def off_duty(self, pool: simpy.PriorityResource, on_duty: list[bool]) -> Process:
        """Hold a unit from each end of duty to the next start."""
        shift = 0
        hours = np.diff((0, *parameters.SHIFT_ENDS))
        back_at = 0.0
        while True:
            if on_duty[shift % len(on_duty)]:
                back_at += float(hours[shift % len(hours)]) * 60
                shift += 1
                yield self.env.timeout(back_at - self.env.now)
                continue
            with pool.request(priority=OFF_DUTY) as away:
                while not on_duty[shift % len(on_duty)]:
                    back_at += float(hours[shift % len(hours)]) * 60
                    shift += 1
                back = self.env.timeout(back_at - self.env.now)
                yield away | back
                yield back

    def arrivals(self) -> Process:
        """A Poisson process whose rate changes by the hour, by thinning."""
        while True:
            yield self.env.timeout(self.rng.exponential(1 / parameters.PEAK_RATE))
            if self.env.now >= parameters.DAYS * MINUTES_PER_DAY:
                return
            rate = parameters.RATE_BY_HOUR[int(self.env.now / 60) % 24]
            if self.rng.random() < rate / parameters.PEAK_RATE:
                self.env.process(self.journey(self.new_patient()))

    def new_patient(self) -> Patient:
        """A patient who arrives now."""
        level = int(self.rng.choice(parameters.LEVELS, p=parameters.SHARES))
        patience = (
            self.rng.exponential(parameters.PATIENCE_MEAN) if level in parameters.IMPATIENT else inf
        )
        patient = Patient(level, self.env.now, self.env.now + patience)
        self.patients.append(patient)
        return patient

    def minutes(self, duration: Lognormal) -> simpy.Timeout:
        """A timeout of lognormal minutes."""
        return self.env.timeout(self.rng.lognormal(duration.log_mean, duration.log_sd))

    def journey(self, patient: Patient) -> Process:
        """From the door to the door."""
        with self.triage_nurses.request(priority=EVERYBODY) as nurse:
            yield nurse
            yield self.minutes(parameters.TRIAGE)
        patient.triaged_at = self.env.now
        if patient.leaves_at <= self.env.now:
            patient.left = True
        else:
            deadline = None
            if patient.leaves_at < inf:
                deadline = self.env.timeout(patient.leaves_at - self.env.now)
            if self.cubicles is None:
                yield from self.care(patient, deadline)
            else:
                with self.cubicles.request(priority=patient.level) as cubicle:
                    if (yield from self.granted(cubicle, deadline)):
                        yield from self.care(patient, deadline)
                    else:
                        patient.left = True
        patient.departed_at = self.env.now

    def granted(self, request: simpy.Event, deadline: simpy.Event | None) -> Process:
        """Wait for a request; False if patience ended first."""
        if deadline is None:
            yield request
            return True
        triggered = yield request | deadline
        return request in triggered

    def care(self, patient: Patient, deadline: simpy.Event | None) -> Process:
        """Clinician, perhaps tests and a review, perhaps a bed."""
        with self.clinicians.request(priority=patient.level) as clinician:
            if not (yield from self.granted(clinician, deadline)):
                patient.left = True
                return
            patient.seen_at = self.env.now
            yield self.minutes(parameters.FIRST_CONTACT)
        if self.rng.random() < parameters.P_TESTS:
            yield self.minutes(parameters.TESTS)
            with self.clinicians.request(priority=patient.level) as clinician:
                yield clinician
                yield self.minutes(parameters.REVIEW)
        if self.rng.random() < parameters.P_ADMITTED[patient.level - 1]:
            yield self.minutes(parameters.BED_DELAY)


def simulate(number: int, *, cubicles: bool = True) -> list[Patient]:
    """One replication; its number is the seed."""
    env = simpy.Environment()
    department = Department(env, np.random.default_rng(number), cubicles=cubicles)
    env.run(until=parameters.ENDS_AT)
    return department.patients


def records(patients: list[Patient]) -> Records:
    """The patients as arrays."""
    return Records(
        level=np.array([patient.level for patient in patients]),
        arrived_at=np.array([patient.arrived_at for patient in patients]),
        triaged_at=np.array([patient.triaged_at for patient in patients]),
        seen_at=np.array([patient.seen_at for patient in patients]),
        departed_at=np.array([patient.departed_at for patient in patients]),
        left=np.array([patient.left for patient in patients]),
    )
