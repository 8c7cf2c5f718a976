"""A day in the department by clock hour, and where the time of a stay goes. For pictures; inference is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.analysis.measures import Window, in_window
from simulation.analysis.occupancy import (
    boarders,
    busy_share,
    capacity_steps,
    census,
    held_at,
    holdings,
    midnights,
    triggered_share,
)
from simulation.engine.contract import Changes
from simulation.engine.plan import Plan
from simulation.pathway.department import Pathway
from simulation.records.schema import ActivityTable, Patients

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DayProfile:
    """Means of one replication over the measured window.

    arrivals, census, boarders  by clock hour, shape (24,); boarders_by_weekday (7,); busy  (n_pools, 24) and
    busy_mean (n_pools,); occupied_midnight and beds_midnight  means at 00:00, (n_pools,); waiting, working  minutes
    per attendance at each step before departure, (n_nodes,); triggered  share of time by trigger.
    """

    pools: tuple[str, ...]
    steps: tuple[str, ...]
    arrivals: Floats
    census: Floats
    boarders: Floats
    boarders_by_weekday: Floats
    busy: Floats
    busy_mean: Floats
    occupied_midnight: Floats
    beds_midnight: Floats
    waiting: Floats
    working: Floats
    triggered: dict[str, float]


def day_profile(
    pathway: Pathway,
    plan: Plan,
    patients: Patients,
    activities: ActivityTable,
    changes: Changes,
    *,
    window: Window,
) -> DayProfile:
    """The profile of one run. Censuses need `departed_at` and `decided_at`; without them they are NaN."""
    held = holdings(plan, activities)
    busy = busy_share(plan, held, changes=changes, window=window)
    measured = in_window(patients, window)
    hour = (patients["arrived_at"][measured] // 60 % 24).astype(int)
    days = (window[1] - window[0]) / 1440
    nobody = np.full(24, np.nan)
    inside = census(patients, window=window) if "departed_at" in patients else None
    waiting_for_bed = (
        boarders(patients, window=window) if {"departed_at", "decided_at"} <= set(patients.columns) else None
    )
    occupied, beds = _at_midnight(plan, held, changes, window)
    waiting, working = _minutes_by_step(plan, patients, activities, measured)
    return DayProfile(
        pools=plan.pools,
        steps=plan.nodes,
        arrivals=np.bincount(hour, minlength=24) / days,
        census=inside.by_hour if inside else nobody,
        boarders=waiting_for_bed.by_hour if waiting_for_bed else nobody,
        boarders_by_weekday=waiting_for_bed.by_weekday if waiting_for_bed else np.full(7, np.nan),
        busy=busy.by_hour,
        busy_mean=busy.mean,
        occupied_midnight=occupied,
        beds_midnight=beds,
        waiting=waiting,
        working=working,
        triggered=dict(triggered_share(plan, names=tuple(pathway.triggers), changes=changes, window=window)),
    )


def _at_midnight(plan: Plan, held: object, changes: Changes, window: Window) -> tuple[Floats, Floats]:
    """Units held and units there at 00:00, means over the window's midnights, by pool."""
    at = midnights(window)
    occupied = np.array([held_at(held, pool, at).mean() for pool in plan.pools])  # type: ignore[arg-type]
    beds = []
    for pool in plan.pools:
        change_at, units = capacity_steps(plan, pool, until=window[1], changes=changes)
        beds.append(units[np.searchsorted(change_at, at, side="right") - 1].mean())
    return occupied, np.array(beds)


def _minutes_by_step(
    plan: Plan, patients: Patients, activities: ActivityTable, measured: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Minutes per measured attendance spent waiting for and at each step, up to departure."""
    n = len(plan.nodes)
    if "departed_at" not in patients or not measured.any():
        return np.full(n, np.nan), np.full(n, np.nan)
    until = np.full(int(max(activities["patient"].max(initial=0), patients["patient"].max(initial=0))) + 1, -np.inf)
    until[patients["patient"][measured]] = np.nan_to_num(patients["departed_at"][measured], nan=np.inf)
    last = until[activities["patient"]]
    mine = last > -np.inf
    step = activities["step"][mine]
    joined, started, ended = (activities[name][mine] for name in ("joined_at", "started_at", "ended_at"))
    last = last[mine]
    began = np.where(np.isnan(started), ended, started)
    waiting = np.clip(np.fmin(began, last) - joined, 0, None)
    working = np.clip(np.fmin(ended, last) - np.fmin(started, last), 0, None)
    n_measured = measured.sum()
    totals = [np.bincount(step, weights=np.nan_to_num(each), minlength=n) / n_measured for each in (waiting, working)]
    return totals[0], totals[1]
