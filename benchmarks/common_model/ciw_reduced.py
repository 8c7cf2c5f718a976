"""The reduced model (no cubicles) in Ciw: a network of four nodes and an individual class of our own.

Ciw cannot hold a cubicle through several nodes without a node class of one's own, hence the reduced model. Levels are
not Ciw's customer classes: those rank at every node, and triage is in order of arrival. At a change of shift Ciw
brings a fresh team while those at work finish their patients besides: in aeflow's vocabulary
`on_shift_change: outgoing_are_extra`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import ciw  # type: ignore[import-untyped]
import numpy as np

from common_model import parameters
from common_model.parameters import MINUTES_PER_DAY, Lognormal, Records

TRIAGE, CLINICIAN, TESTS, BED_DELAY = 1, 2, 3, 4


class Patient(ciw.Individual):  # type: ignore[misc]
    """Somebody with a level, patience, and what they will need."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level = int(ciw.rng.choice(parameters.LEVELS, p=parameters.SHARES))
        patience = (
            ciw.rng.exponential(parameters.PATIENCE_MEAN)
            if self.level in parameters.IMPATIENT
            else inf
        )
        self.leaves_at = self.simulation.current_time + patience
        self.needs_tests = ciw.rng.random() < parameters.P_TESTS
        self.admitted = ciw.rng.random() < parameters.P_ADMITTED[self.level - 1]
        self.tested = False


def by_level(waiting: Sequence[Patient], _now: float) -> Patient:
    """The most urgent; of equals the first in the queue."""
    return min(waiting, key=lambda patient: patient.level)


class Minutes(ciw.dists.Distribution):  # type: ignore[misc]
    """Lognormal minutes."""

    def __init__(self, minutes: Lognormal) -> None:
        super().__init__()
        self.minutes = minutes

    def sample(self, t: float | None = None, ind: Patient | None = None) -> float:
        """A draw of the minutes."""
        return float(ciw.rng.lognormal(self.minutes.log_mean, self.minutes.log_sd))


class ClinicianMinutes(ciw.dists.Distribution):  # type: ignore[misc]
    """First contact, or the review of results."""

    def sample(self, t: float | None = None, ind: Patient | None = None) -> float:
        """A draw of the minutes."""
        assert ind is not None
        minutes = parameters.REVIEW if ind.tested else parameters.FIRST_CONTACT
        return float(ciw.rng.lognormal(minutes.log_mean, minutes.log_sd))


class PatienceLeft(ciw.dists.Distribution):  # type: ignore[misc]
    """Minutes until somebody gives up, unless a clinician has seen them."""

    def sample(self, t: float | None = None, ind: Patient | None = None) -> float:
        """The patience that is left now."""
        assert ind is not None
        assert t is not None
        return inf if ind.tested else float(ind.leaves_at - t)


class AfterTriage(ciw.routing.NodeRouting):  # type: ignore[misc]
    """To the clinician, or away if patience has ended."""

    def next_node(self, ind: Patient) -> Any:
        """The next node."""
        gone = ind.leaves_at <= self.simulation.current_time
        return self.simulation.nodes[-1 if gone else CLINICIAN]


class AfterClinician(ciw.routing.NodeRouting):  # type: ignore[misc]
    """To tests once, then to a bed or home."""

    def next_node(self, ind: Patient) -> Any:
        """The next node."""
        if ind.needs_tests and not ind.tested:
            ind.tested = True
            return self.simulation.nodes[TESTS]
        return self.simulation.nodes[BED_DELAY if ind.admitted else -1]


def network() -> Any:
    """The network; arrivals are drawn as it is made."""
    shift_ends = [60.0 * hour for hour in parameters.SHIFT_ENDS]
    arrivals = ciw.dists.PoissonIntervals(
        rates=list(parameters.RATE_BY_HOUR),
        endpoints=[60.0 * (hour + 1) for hour in range(24)],
        max_sample_date=float(parameters.DAYS * MINUTES_PER_DAY),
    )
    return ciw.create_network(
        arrival_distributions=[arrivals, None, None, None],
        service_distributions=[
            Minutes(parameters.TRIAGE),
            ClinicianMinutes(),
            Minutes(parameters.TESTS),
            Minutes(parameters.BED_DELAY),
        ],
        number_of_servers=[
            ciw.Schedule(
                numbers_of_servers=list(parameters.TRIAGE_NURSES), shift_end_dates=shift_ends
            ),
            ciw.Schedule(
                numbers_of_servers=list(parameters.CLINICIANS), shift_end_dates=shift_ends
            ),
            inf,
            inf,
        ],
        service_disciplines=[
            ciw.disciplines.FIFO,
            by_level,
            ciw.disciplines.FIFO,
            ciw.disciplines.FIFO,
        ],
        reneging_time_distributions=[None, PatienceLeft(), None, None],
        routing=ciw.routing.NetworkRouting(
            [AfterTriage(), AfterClinician(), ciw.routing.Direct(to=CLINICIAN), ciw.routing.Leave()]
        ),
    )


Simulated = tuple[list[Patient], list[Any]]


def simulate(number: int) -> Simulated:
    """One replication; its number is the seed. The patients, and Ciw's records (one a patient and node)."""
    ciw.seed(number)
    simulation = ciw.Simulation(network(), individual_class=Patient)
    simulation.simulate_until_max_time(float(parameters.ENDS_AT))
    return simulation.get_all_individuals(), simulation.get_all_records()


def records(simulated: Simulated) -> Records:
    """Ciw's records gathered by patient."""
    patients, visits = simulated
    n = len(patients)
    level = np.zeros(n, dtype=np.int64)
    level[[patient.id_number - 1 for patient in patients]] = [patient.level for patient in patients]
    arrived_at, triaged_at, seen_at, departed_at = (np.full(n, np.nan) for _ in range(4))
    for record in visits:
        row = record.id_number - 1
        departed_at[row] = np.fmax(departed_at[row], record.exit_date)
        if record.node == TRIAGE:
            arrived_at[row], triaged_at[row] = record.arrival_date, record.exit_date
        elif record.node == CLINICIAN and record.record_type == "service":
            seen_at[row] = np.fmin(seen_at[row], record.service_start_date)
    return Records(level, arrived_at, triaged_at, seen_at, departed_at, left=np.isnan(seen_at))
