"""Whom the closed hours of a pool keep waiting.

Patients may wait across the closed hours of a pool, which `queues_until_open` allows. A mean stay says little about the
few who wait until the morning, so a result warns of them. They are counted in one replication of the baseline, not
estimated.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulation.department.check_routes import Interval, empty_hours
from simulation.department.graph import alternatives_of
from simulation.department.vocabulary import DEPARTED_AT, Pathway
from simulation.measures.occupancy import Ints, Rows, rows_of
from simulation.measures.window import arrived_in
from simulation.records.schema import Mask
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import Study, written_in
from simulation.units import NEVER, TICKS_PER_MINUTE, WEEK
from simulation.wording import spaced

LEAST_SHARE = 0.01
"""The share of patients from which it is said."""
LEAST_MINUTES = 60.0
"""Minutes of a wait from which it counts: people who queue for the doors to open are not kept by anybody."""
MOST_DAYS = 56
"""Days of arrivals that are looked at, at most."""


def kept_until_open(study: Study) -> tuple[str, ...]:
    """A warning for each pool across whose closed hours more than 1 % of the baseline's patients wait over an hour.

    Simulates the first replication of the baseline, over the typical department, if a pool queues until it opens.
    """
    closing = _closing_steps(study.baseline.pathway)
    if not closing:
        return ()
    run = replace(study.run, measured_days=min(study.run.measured_days, MOST_DAYS))
    simulation = simulate_arm(
        study.baseline, run, study.engine, 0, cool_down_days=max(run.cool_down_days, 1)
    )
    arrived = arrived_in(simulation.patients, run.window)["patient"]
    rows = rows_of(simulation.plan, simulation.activities)
    kept = {
        pools: _share_and_minutes(simulation, rows, arrived, *where)
        for pools, where in closing.items()
    }
    return tuple(
        _words(study, pools, *numbers)
        for pools, numbers in kept.items()
        if numbers[0] > LEAST_SHARE
    )


ClosingSteps = dict[tuple[str, ...], tuple[list[Interval], list[str]]]
"""By pools: the times of the week, in ticks, at which none has a unit, and the steps that ask for them."""


def _closing_steps(pathway: Pathway) -> ClosingSteps:
    """The closed hours and steps of pools that queue until they open. A step at which patients wait at home is left
    out."""
    closing: ClosingSteps = {}
    for name, step in pathway.steps.items():
        if step.records.get(DEPARTED_AT) == "joined":
            continue
        for pools in alternatives_of(step):
            empty = empty_hours(tuple(pathway.pools[pool] for pool in pools))
            if empty and any(pathway.pools[pool].queues_until_open for pool in pools):
                closing.setdefault(pools, (empty, []))[1].append(name)
    return closing


def _share_and_minutes(
    simulation: Simulated,
    rows: Rows,
    arrived: Ints,
    empty: Sequence[Interval],
    steps: Sequence[str],
) -> tuple[float, float]:
    """The share of those who `arrived` who wait at these steps across closed hours, and the mean of their waits."""
    left_at = np.where(rows.ended_at != NEVER, rows.ended_at, simulation.run.horizon)
    stopped_at = np.where(rows.started_at != NEVER, rows.started_at, left_at)
    ticks = stopped_at - rows.joined_at
    numbers = [simulation.plan.nodes.index(step) for step in steps]
    waits = (
        np.isin(rows.step, numbers)
        & np.isin(rows.patient, arrived)
        & (ticks > LEAST_MINUTES * TICKS_PER_MINUTE)
    )
    waits &= _overlaps_closed(rows.joined_at, stopped_at, empty)
    share = len(np.unique(rows.patient[waits])) / max(len(arrived), 1)
    return share, float(ticks[waits].mean()) / TICKS_PER_MINUTE if share else 0.0


def _overlaps_closed(joined_at: Ints, stopped_at: Ints, empty: Sequence[Interval]) -> Mask:
    """Whether each wait, in ticks, overlaps hours of the week that are `empty`: half-open intervals, sorted."""
    since = joined_at % WEEK
    starts = np.array([start for start, _ in empty])
    ends = np.array([end for _, end in empty])
    before = np.searchsorted(starts, since, side="right") - 1
    is_inside = (before >= 0) & (since < ends[before])
    to_next = np.append(starts, starts[0] + WEEK)[before + 1] - since
    return stopped_at > np.where(is_inside, joined_at, joined_at + to_next)


def _words(study: Study, pools: Sequence[str], share: float, minutes: float) -> str:
    names = " or ".join(map(spaced, pools))
    keys = ", ".join(f"{written_in(study, name)}{name}.rota" for name in pools)
    return (
        f"{100 * share:.1f} % of patients wait over an hour for {names}, across hours when nobody is on duty: "
        f"{minutes:,.0f} min on average (counted in the first replication). If they would not stay, let "
        f"staff work on after the last arrival ({keys}), or send patients elsewhere by a branch of `kind: hours`"
    )
