"""Hourly series of a department from its first hour on, averaged over replications, for judging the warm-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulation.measures.occupancy import holdings, minutes_by_hour
from simulation.measures.patients_table import nobody
from simulation.records.schema import Floats
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import Study

WEEKS = 12
MOST_REPLICATIONS = 20
IN_DEPARTMENT = "in_department"
"""The series of attendances between arrival and departure. Every other series is of a pool's units in use, by name."""


def series_names(study: Study) -> tuple[str, ...]:
    """The series of the baseline's department: attendances, if departures are recorded, and its limited pools."""
    pathway = study.baseline.pathway
    inside = (IN_DEPARTMENT,) if "departed_at" in nobody(pathway) else ()
    return (*inside, *(name for name, pool in pathway.pools.items() if not pool.unlimited))


def hourly_series(study: Study) -> Mapping[str, Floats]:
    """Every series by hour from time 0 under the baseline, as the mean over replications; shape (2016,) each.

    The replications are those of the run, twenty at most, each of twelve weeks without a warm-up.
    """
    run = replace(study.run, warm_up_days=0, measured_days=7 * WEEKS)
    numbers = run.numbers[:MOST_REPLICATIONS]
    names = series_names(study)
    total = {name: np.zeros(7 * WEEKS * 24) for name in names}
    for number in numbers:
        simulation = simulate_arm(study.baseline, run, study.engine, number, cool_down_days=0)
        for name, (from_at, to_at) in _spans(simulation, names).items():
            total[name] += minutes_by_hour(from_at, to_at, window=run.window) / 60 / len(numbers)
    return total


def _spans(simulation: Simulated, names: Sequence[str]) -> dict[str, tuple[Floats, Floats]]:
    """The start and end in minutes of every stay or use of a unit, by series; infinity where it had not ended."""
    held = holdings(simulation.plan, simulation.activities)
    spans = {name: (held.taken_at[held.of(name)], held.given_back_at[held.of(name)]) for name in held.pools}
    if IN_DEPARTMENT in names:
        patients = simulation.patients
        gone_at = patients["departed_at"]
        spans[IN_DEPARTMENT] = patients["arrived_at"], np.where(np.isnan(gone_at), np.inf, gone_at)
    return {name: spans[name] for name in names}
