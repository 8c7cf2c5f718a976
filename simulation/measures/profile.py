"""A day in the department by clock hour, and where the time of a stay goes; for figures, not for inference."""

from dataclasses import dataclass

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.engine.contract import Changes
from simulation.engine.rows import Plan
from simulation.measures.occupancy import (
    Ints,
    Rows,
    Use,
    blocks,
    in_department,
    on_duty,
    replay,
    roles_of,
    rows_of,
    triggered_share,
)
from simulation.measures.quantities import ratio
from simulation.measures.window import Window, arrived_in, in_window
from simulation.records.schema import ActivityTable, Floats, Patients
from simulation.units import NEVER, TICKS_PER_MINUTE

STAGES = (
    "registration and triage",
    "place",
    "nurse",
    "clinician",
    "tests",
    "specialty",
    "bed",
    "other",
)
"""Where a stay's time goes, in the order in which a patient meets them."""
ASSESSED = frozenset({"assessed_at", "triaged_at", "handed_over_at"})
RECEPTION = frozenset({"reception", "receptionist", "clerk"})
"""Roles of pools whose work is registration."""
STAGE_OF_ROLE = {
    "specialty": "specialty",
    "clinician": "clinician",
    "stream_clinician": "clinician",
    "tests": "tests",
}
"""The stage by the role of a pool that is asked for, the scarcest skill first."""


@dataclass(frozen=True)
class DayProfile:
    """Means of one replication over the measured window.

    arrivals, census, boarders: by clock hour, shape (24,); boarders_by_weekday: shape (7,); busy: shape (n_pools, 24),
    and busy_mean: shape (n_pools,): held unit-minutes over capacity-minutes, NaN where nobody is on duty and for
    unlimited pools; above 1 after a shift shrinks, while those at work finish (outgoing staff who are extra no longer
    count); occupied_midnight, beds_midnight: means at 00:00, shape (n_pools,); waiting, working: minutes per attendance
    at each step before departure, shape (n_nodes,); triggered: share of time by trigger.
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
    """The day profile of one run. A census is NaN without the `departed_at` or `decided_at` that it needs."""
    held, counted, waiting, working = _added_up(plan, patients, activities, window)
    duty = on_duty(plan, changes=changes, window=window)
    used, on_duty_by_hour = counted.by_hour(), duty.by_hour()
    beds = np.where([row.unlimited for row in plan.pool_rows], np.inf, duty.at_midnight())
    measured = in_window(patients, window)
    hour = np.floor(patients["arrived_at"][measured]).astype(np.int64) // 60 % 24
    days = (window[1] - window[0]) / 1440
    waiting_for_bed = in_department(patients, "decided_at", window=window)
    return DayProfile(
        pools=plan.pools,
        steps=plan.nodes,
        arrivals=np.bincount(hour, minlength=24) / days,
        census=in_department(patients, "arrived_at", window=window).by_hour,
        boarders=waiting_for_bed.by_hour,
        boarders_by_weekday=waiting_for_bed.by_weekday,
        busy=ratio(used, on_duty_by_hour),
        busy_mean=ratio(used.sum(axis=1), on_duty_by_hour.sum(axis=1)),
        occupied_midnight=held.at_midnight(),
        beds_midnight=beds,
        waiting=waiting,
        working=working,
        triggered=triggered_share(
            plan, names=tuple(pathway.triggers), changes=changes, window=window
        ),
    )


def _added_up(
    plan: Plan, patients: Patients, activities: ActivityTable, window: Window
) -> tuple[Use, Use, Floats, Floats]:
    """Units held, units that count against their pools, and minutes per measured attendance waiting for and at each
    step up to departure (to the end of the table for who has not departed).

    One pass over the activities, block by block, so that it stays in a processor's cache.
    """
    rows, roles = rows_of(plan, activities), roles_of(plan)
    held = Use(len(plan.pools), window)
    counted = (
        Use(len(plan.pools), window) if any(row.team_changes for row in plan.pool_rows) else held
    )
    until = _until(patients, rows, window)
    waiting, working = np.zeros((2, len(plan.nodes)))
    for block in blocks(rows):
        held_in_block = replay(roles, block)
        held.add(held_in_block.pool, held_in_block.taken, held_in_block.given_back)
        if counted is not held:
            counted.add(held_in_block.pool, held_in_block.taken, held_in_block.counted_until)
        spans = waiting_and_working(
            block.joined_at, block.started_at, block.ended_at, until=until[block.patient]
        )
        waiting, working = (
            total + np.bincount(block.step, span, len(plan.nodes))
            for total, span in zip((waiting, working), spans, strict=True)
        )
    n_measured = np.count_nonzero(in_window(patients, window)) if "departed_at" in patients else 0
    minutes = TICKS_PER_MINUTE * n_measured if n_measured else np.nan
    return held, counted, waiting / minutes, working / minutes


def _until(patients: Patients, rows: Rows, window: Window) -> Ints:
    """The tick up to which each patient's time counts, by number: departure; 0 for who is not measured."""
    n = 1 + max(int(rows.patient.max(initial=0)), int(patients["patient"].max(initial=0)))
    until = np.zeros(n, dtype=np.int64)
    if "departed_at" in patients:
        measured = arrived_in(patients, window)
        departed_at = measured.ticks("departed_at")
        end = max(
            int(ticks.max(initial=0)) for ticks in (rows.joined_at, rows.started_at, rows.ended_at)
        )
        until[measured["patient"]] = np.where(departed_at == NEVER, end, departed_at)
    return until


def waiting_and_working(
    joined_at: Ints, started_at: Ints, ended_at: Ints, *, until: Ints
) -> tuple[Ints, Ints]:
    """Ticks waiting for and at the step of each activity, up to the tick that counts for its patient; shape (n,)."""
    latest = until.view(
        np.uint64
    )  # NEVER is negative: read without a sign it is later than any tick

    def cut(ticks: Ints) -> Ints:
        return np.minimum(ticks.view(np.uint64), latest).view(np.int64)

    began = cut(np.where(started_at == NEVER, ended_at, started_at))
    return np.maximum(began - cut(joined_at), 0), np.maximum(cut(ended_at) - began, 0)


def stage_of(name: str, pathway: Pathway) -> str:
    """The stage of a stay that a step belongs to, one of `STAGES`.

    A step that dates the initial assessment, the handover or the decision says so itself. Otherwise the roles of
    the pools that it asks for decide, the scarcest skill first; a name that says what it is decides where roles
    do not. What is left is 'other'.
    """
    step = pathway.steps[name]
    points = set(step.records)
    roles = {pathway.pools[pool].role for pool in (*step.asks, *step.any_of)}
    if (points & ASSESSED and "seen_at" not in points) or roles & RECEPTION:
        return "registration and triage"
    if "decided_at" in points or any(role.endswith("bed") for role in roles):
        return "bed"
    for role, stage in STAGE_OF_ROLE.items():
        if role in roles:
            return stage
    if any(part in name for part in ("sampl", "laborat", "imag", "report", "test")):
        return "tests"
    if (
        any(part in name for part in ("triage", "reception", "registration", "assessment"))
        and not step.keeps
    ):
        return "registration and triage"
    if "nurse" in roles and "discharge" not in name:
        return "nurse"
    if "place" in roles and not step.minutes:
        return "place"
    return "other"
