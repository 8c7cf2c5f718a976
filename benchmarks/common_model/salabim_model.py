"""The common model in salabim, yieldless: a component a patient, `request` with `fail_at`, `set_capacity` for rotas.

Monitors of resources are off; salabim's components keep theirs, as they do unless told otherwise.
"""

from __future__ import annotations

from math import inf, nan

import numpy as np
import salabim as sim  # type: ignore[import-untyped]

from common_model import parameters
from common_model.parameters import MINUTES_PER_DAY, Lognormal, Records


class Department:
    """What patients share."""

    def __init__(self, env: sim.Environment, rng: np.random.Generator) -> None:
        self.env = env
        self.rng = rng
        self.triage_nurses = sim.Resource(
            capacity=parameters.TRIAGE_NURSES[0], monitor=False, env=env
        )
        self.cubicles = sim.Resource(capacity=parameters.CUBICLES, monitor=False, env=env)
        self.clinicians = sim.Resource(capacity=parameters.CLINICIANS[0], monitor=False, env=env)
        self.patients: list[Patient] = []
        Arrivals(department=self, env=env)
        Rota(department=self, env=env)

    def minutes(self, duration: Lognormal) -> float:
        """Lognormal minutes."""
        return float(self.rng.lognormal(duration.log_mean, duration.log_sd))


class Rota(sim.Component):  # type: ignore[misc]
    """Sets the teams at every change of shift."""

    def process(self, department: Department) -> None:
        """From shift to shift."""
        hours = np.diff((0, *parameters.SHIFT_ENDS))
        shift = 0
        while True:
            self.hold(float(hours[shift % len(hours)]) * 60)
            shift += 1
            department.triage_nurses.set_capacity(parameters.TRIAGE_NURSES[shift % len(hours)])
            department.clinicians.set_capacity(parameters.CLINICIANS[shift % len(hours)])


class Arrivals(sim.Component):  # type: ignore[misc]
    """A Poisson process whose rate changes by the hour, by thinning."""

    def process(self, department: Department) -> None:
        """From arrival to arrival."""
        rng, env = department.rng, department.env
        while True:
            self.hold(rng.exponential(1 / parameters.PEAK_RATE))
            if env.now() >= parameters.DAYS * MINUTES_PER_DAY:
                return
            rate = parameters.RATE_BY_HOUR[int(env.now() / 60) % 24]
            if rng.random() < rate / parameters.PEAK_RATE:
                department.patients.append(Patient(department=department, env=env))


class Patient(sim.Component):  # type: ignore[misc]
    """A patient and when things happened."""

    def setup(self, department: Department) -> None:
        """Who comes."""
        rng, now = department.rng, department.env.now()
        self.level = int(rng.choice(parameters.LEVELS, p=parameters.SHARES))
        patience = (
            rng.exponential(parameters.PATIENCE_MEAN) if self.level in parameters.IMPATIENT else inf
        )
        self.arrived_at, self.leaves_at = now, now + patience
        self.triaged_at = self.seen_at = self.departed_at = nan
        self.left = False
        self.department = department

    def process(self) -> None:
        """From the door to the door."""
        department = self.department
        self.request(department.triage_nurses)
        self.hold(department.minutes(parameters.TRIAGE))
        self.release(department.triage_nurses)
        self.triaged_at = department.env.now()
        if self.leaves_at <= self.triaged_at:
            self.left = True
        else:
            self.request((department.cubicles, 1, self.level), fail_at=self.leaves_at)
            if self.failed():
                self.left = True
            else:
                self.care(department)
                self.release(department.cubicles)
        self.departed_at = department.env.now()

    def care(self, department: Department) -> None:
        """Clinician, perhaps tests and a review, perhaps a bed."""
        self.request((department.clinicians, 1, self.level), fail_at=self.leaves_at)
        if self.failed():
            self.left = True
            return
        self.seen_at = department.env.now()
        self.hold(department.minutes(parameters.FIRST_CONTACT))
        self.release(department.clinicians)
        if department.rng.random() < parameters.P_TESTS:
            self.hold(department.minutes(parameters.TESTS))
            self.request((department.clinicians, 1, self.level))
            self.hold(department.minutes(parameters.REVIEW))
            self.release(department.clinicians)
        if department.rng.random() < parameters.P_ADMITTED[self.level - 1]:
            self.hold(department.minutes(parameters.BED_DELAY))


def simulate(number: int) -> list[Patient]:
    """One replication; its number is the seed."""
    env = sim.Environment(trace=False, random_seed=None, yieldless=True)
    department = Department(env, np.random.default_rng(number))
    env.run(till=parameters.ENDS_AT)
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
