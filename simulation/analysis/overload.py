"""Which pools are asked for more work than they have units on duty, and in which hours.

A load above 1 over the week makes a queue that nothing clears, unless something can shorten it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simulation.analysis.offered_load import Load, load_ratio
from simulation.pathway.department import Opens, Pathway
from simulation.records.schema import Floats
from simulation.units import WEEKDAYS

SURE = 2.0
"""A load is said to be above 1, over the week or in some hours, if it is so by so many standard errors of the
sample."""


def overloaded(pathway: Pathway, load: Load) -> dict[str, float]:
    """By pool with a load above 1 over the week from which nobody can leave, be turned away or overflow: that load.

    Relief is: patience or a queue limit at a step that asks for the pool; a place elsewhere after a while;
    escalation that opens units of it; an alternative that is not overloaded itself, or has relief.
    Nothing if the pathway says `allow_overload`.
    """
    return {} if pathway.allow_overload else unrelieved(pathway, above_1(load))


def unrelieved(pathway: Pathway, over: Mapping[str, float]) -> dict[str, float]:
    """Of pools with a load above 1, those whose queue nothing can shorten."""
    relieved = _relieved(pathway, set(over))
    return {pool: ratio for pool, ratio in over.items() if pool not in relieved}


def above_1(load: Load) -> dict[str, float]:
    """By pool with a load above 1 over the week, that load, chance in the sample set aside."""
    return {
        pool: float(ratio)
        for pool, ratio, error in zip(load.pools, load.weekly(), load.error, strict=True)
        if _above_1(float(ratio), float(error))
    }


def _above_1(ratio: float, error: float) -> bool:
    """Whether a load is above 1, chance in the sample set aside; work with nobody on duty is."""
    return math.isinf(ratio) or ratio - SURE * error > 1


def _relieved(pathway: Pathway, over: set[str]) -> set[str]:
    """The pools whose queue something can shorten."""
    relieved = {trigger.pool for trigger in pathway.triggers.values() if isinstance(trigger, Opens)}
    for step in pathway.steps.values():
        leaves = step.may_leave and pathway.patience is not None
        if leaves or step.queue_limit is not None or step.overflow is not None:
            relieved |= {*step.asks, *step.any_of}
    while True:
        more = {
            pool
            for step in pathway.steps.values()
            if any(each not in over or each in relieved for each in step.any_of)
            for pool in step.any_of
        }
        if more <= relieved:
            return relieved
        relieved |= more


def remarks(load: Load) -> tuple[str, ...]:
    """For each pool with more work than units in some hours: which hours, which days, and the worst hour.

    One hour of the week holds few patients of a sample, so the work is smoothed: the clock hour's times the
    weekday's. An hour counts if it is above 1 by two standard errors of one clock hour, the week if by two of its own.

    >>> week = np.zeros((1, 168)); week[0, 11] = 5
    >>> remarks(Load(("triage_nurses",), week, np.full((1, 168), 0.5), np.zeros(1)))
    ('triage_nurses: load above 1 at 11-12 h on mon, worst 10.00 at 11 h on mon',)
    """
    said = []
    for pool, work, capacity, error in zip(load.pools, load.work, load.capacity, load.error, strict=True):
        by_day = work.reshape(7, 24)
        total = max(float(work.sum()), 1e-300)
        smooth = by_day.sum(axis=1)[:, None] * by_day.sum(axis=0) / total
        week = load_ratio(smooth, capacity.reshape(7, 24))
        busy = week > 1 + SURE * error * np.sqrt(24)
        if not busy.any():
            continue
        day, hour = divmod(int(np.argmax(week)), 24)
        days = (
            "" if busy.any(axis=1).all() else f" on {', '.join(WEEKDAYS[d] for d in np.flatnonzero(busy.any(axis=1)))}"
        )
        most = "nobody on duty" if np.isinf(week[day, hour]) else f"worst {week[day, hour]:.2f}"
        hours = _clock_hours(np.flatnonzero(busy.any(axis=0)).tolist())
        over = _over_the_week(total, capacity, float(error))
        said.append(f"{pool}: {over}above 1 at {hours}{days}, {most} at {hour} h on {WEEKDAYS[day]}")
    return tuple(said)


def _over_the_week(total: float, capacity: Floats, error: float) -> str:
    ratio = total / float(capacity.sum()) if capacity.any() else math.inf
    return f"load {ratio:.2f} over the week, " if _above_1(ratio, error) else "load "


def _clock_hours(hours: Sequence[int]) -> str:
    """[10, 11, 12, 20] as '10-13, 20-21 h'; a span over midnight is one."""
    if len(hours) == 24:
        return "0-24 h"
    starts = [hour for hour in hours if (hour - 1) % 24 not in hours]
    spans = []
    for start in starts:
        end = start
        while end % 24 in hours:
            end += 1
        spans.append(f"{start}-{(end - 1) % 24 + 1}")
    return f"{', '.join(spans)} h"
