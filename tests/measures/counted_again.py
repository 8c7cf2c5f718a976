"""What `binding` and `profile` come to, counted in another way: for tests alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.engine.contract import Changes
from simulation.engine.rows import Plan
from simulation.measures import occupancy
from simulation.measures.quantities import Window, ratio
from simulation.records.schema import ActivityTable, Floats
from simulation.units import NEVER, TICKS_PER_MINUTE


def until_of(held: occupancy.Holdings) -> Floats:
    """Until when each holding counted against its pool, in minutes; infinity if to the end of the table."""
    return np.where(held.counted_until == NEVER, np.inf, held.counted_until / TICKS_PER_MINUTE)


@dataclass(frozen=True)
class BusyShare:
    """Held unit-minutes over capacity-minutes, by clock hour and in all."""

    by_hour: Floats
    mean: Floats


def busy_share(
    plan: Plan, held: occupancy.Holdings, *, changes: Changes | None, window: Window
) -> BusyShare:
    """How busy each pool was."""
    counted = occupancy.Use(len(plan.pools), window)
    counted.add(held.pool, held.taken, held.counted_until)
    used = counted.by_hour()
    capacity = occupancy.measure_capacity(plan, changes=changes, window=window).by_hour()
    return BusyShare(ratio(used, capacity), ratio(used.sum(axis=1), capacity.sum(axis=1)))


@dataclass(frozen=True)
class Queues:
    """By step: how many joined in the window, how many waited on average, and their mean wait in minutes.

    The mean wait is over those who joined in the window and stopped waiting (started, left or blocked).
    """

    steps: tuple[str, ...]
    n_joined: NDArray[np.int64]
    mean_length: Floats
    mean_wait: Floats


def queues(activities: ActivityTable, *, window: Window) -> Queues:
    """The queue before each step."""
    steps, step = activities.known("step"), activities["step"].astype(np.int64)
    joined, started, ended = (activities[name] for name in ("joined_at", "started_at", "ended_at"))
    stopped = np.where(np.isnan(started), ended, started)
    inside = np.clip(np.where(np.isnan(stopped), np.inf, stopped), *window) - np.clip(
        joined, *window
    )
    waited = np.bincount(step, weights=inside, minlength=len(steps)).astype(float)
    in_time = (joined >= window[0]) & (joined < window[1])
    over = in_time & ~np.isnan(stopped)
    total = np.bincount(step[over], weights=(stopped - joined)[over], minlength=len(steps)).astype(
        float
    )
    n_over = np.bincount(step[over], minlength=len(steps)).astype(float)
    return Queues(
        steps=steps,
        n_joined=np.bincount(step[in_time], minlength=len(steps)),
        mean_length=waited / (window[1] - window[0]),
        mean_wait=np.divide(total, n_over, out=np.full(len(steps), np.nan), where=n_over > 0),
    )
