"""Which pools are asked for more work than they have units on duty, in which hours, and refusal where it is for ever.

A load above 1 over the week makes a queue that nothing clears, unless something can shorten it: then the figures of a
study would depend on the length of the run. Refused, too, are days whose arrival rate exceeds a source's
`thinning_bound`: the rate of each day of each replication follows from a few random numbers, so it is known without
drawing a patient.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from simulation.department.vocabulary import Opens, Pathway
from simulation.errors import ConfigError, Fault
from simulation.patients import DrawnRun
from simulation.patients.factors import wanted_arrivals
from simulation.records.schema import Floats
from simulation.study.offered_load import Load, in_a_mean_week, load_ratio, offered_load
from simulation.study.simulate import SharedDraws
from simulation.study.study import ReadyArm, Study, group_of, written_in
from simulation.triage.apply import apply
from simulation.units import WEEKDAYS

ROOM = 1.25
"""What the highest day is multiplied by for the bound that is advised: further replications may have a higher one."""
SAMPLE_DAYS = 56
"""Eight whole weeks: enough for the load over the week, which has a standard error and is judged by it."""
SURE = 2.0
"""Standard errors of the sample by which a load must be above 1, over the week or in some hours, to count as such."""


def refuse_overload(study: Study) -> None:
    """Raise ConfigError if an arm asks more of a pool over the week than it can do, and nothing relieves it."""
    faults = overload_faults(study)
    if faults:
        raise ConfigError(faults)


def overload_faults(study: Study) -> tuple[Fault, ...]:
    """A fault for each overloaded pool, with its highest load and, unless all are, the arms concerned."""
    sample = SharedDraws(DrawnRun(study.run.seed, 0, SAMPLE_DAYS))
    by_pool: dict[str, dict[str, float]] = {}
    for arm in study.arms:
        if arm.pathway.allow_overload:
            continue
        drawn = sample.of(in_a_mean_week(arm.pathway))
        load = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
        for pool, ratio in overloaded(arm.pathway, load).items():
            by_pool.setdefault(pool, {})[arm.name] = ratio
    return tuple(_fault_of(study, pool, ratios) for pool, ratios in by_pool.items())


def _fault_of(study: Study, pool: str, ratios: Mapping[str, float]) -> Fault:
    """The fault of one pool, at the key that describes it. `ratios`: the loads above 1, by arm."""
    in_arms, worst = "", max(ratios.values())
    if len(ratios) < len(study.arms):
        in_arms = f" in {'arm' if len(ratios) == 1 else 'arms'} {', '.join(ratios)}"
    return Fault(
        f"{written_in(study, pool)}{pool}",
        f"load {worst:.2f} over the week, and nobody can leave, be turned away or go elsewhere{in_arms}",
        "Add units or hours, ask less of it, or set pathway.allow_overload=true to see the queue grow",
    )


def overloaded(pathway: Pathway, load: Load) -> dict[str, float]:
    """The loads above 1 over the week that nothing relieves, by pool; none if the pathway says `allow_overload`.

    Relief is: patience or a queue limit at a step that asks for the pool; a place elsewhere after a while;
    escalation that opens units of it; an alternative that is not overloaded itself, or has relief.
    """
    return {} if pathway.allow_overload else unrelieved(pathway, above_1(load))


def unrelieved(pathway: Pathway, loads: Mapping[str, float]) -> dict[str, float]:
    """The loads of those pools whose queue nothing can shorten. `loads`: by pool, all above 1."""
    relieved = _relieved(pathway, set(loads))
    return {pool: ratio for pool, ratio in loads.items() if pool not in relieved}


def above_1(load: Load) -> dict[str, float]:
    """The loads above 1 over the week, beyond chance in the sample, by pool."""
    return {
        pool: float(ratio)
        for pool, ratio, error in zip(load.pools, load.weekly(), load.error, strict=True)
        if _is_above_1(float(ratio), float(error))
    }


def _is_above_1(ratio: float, error: float) -> bool:
    """Whether a load is above 1 beyond chance in the sample; work with nobody on duty counts as above."""
    return math.isinf(ratio) or ratio - SURE * error > 1


def _relieved(pathway: Pathway, overloaded_pools: set[str]) -> set[str]:
    """The pools whose queue something can shorten."""
    relieved = {trigger.pool for trigger in pathway.triggers.values() if isinstance(trigger, Opens)}
    for step in pathway.steps.values():
        leaves = step.may_leave and pathway.patience is not None
        if leaves or step.queue_limit is not None or step.overflow is not None:
            relieved |= {*step.asks, *step.any_of}
    while True:
        with_alternative = {
            pool
            for step in pathway.steps.values()
            if any(other not in overloaded_pools or other in relieved for other in step.any_of)
            for pool in step.any_of
        }
        if with_alternative <= relieved:
            return relieved
        relieved |= with_alternative


def remarks(load: Load, waits_until_open: Collection[str] = ()) -> tuple[str, ...]:
    """A line for each pool with more work than units in some hours: which hours, which days, and the worst hour.

    `waits_until_open`: pools whose closed hours do not count, because patients are meant to wait.

    One hour of the week holds few patients of a sample, so the work is smoothed: the clock hour's times the
    weekday's. An hour counts if it is above 1 by two standard errors of one clock hour, the week if by two of its own.

    >>> week = np.zeros((1, 168)); week[0, 11] = 5
    >>> remarks(Load(("triage_nurses",), week, np.full((1, 168), 0.5), np.zeros(1)))
    ('triage_nurses: load above 1 at 11-12 h on mon, worst 10.00 at 11 h on mon',)
    """
    lines = []
    for pool, work, capacity, error in zip(load.pools, load.work, load.capacity, load.error, strict=True):
        by_day = work.reshape(7, 24)
        total = max(float(work.sum()), 1e-300)
        smooth = by_day.sum(axis=1)[:, None] * by_day.sum(axis=0) / total
        week = load_ratio(smooth, capacity.reshape(7, 24))
        if pool in waits_until_open:
            week = np.where(np.isinf(week), 0.0, week)
        busy = week > 1 + SURE * error * np.sqrt(24)
        if not busy.any():
            continue
        day, hour = divmod(int(np.argmax(week)), 24)
        on_days = busy.any(axis=1)
        days = "" if on_days.all() else f" on {', '.join(WEEKDAYS[number] for number in np.flatnonzero(on_days))}"
        worst = "nobody on duty" if np.isinf(week[day, hour]) else f"worst {week[day, hour]:.2f}"
        hours = _clock_hours(np.flatnonzero(busy.any(axis=0)).tolist())
        load_words = _load_words(total, capacity, float(error))
        lines.append(f"{pool}: {load_words}above 1 at {hours}{days}, {worst} at {hour} h on {WEEKDAYS[day]}")
    return tuple(lines)


def _load_words(total: float, capacity: Floats, error: float) -> str:
    """'load ', with the load over the week where that is above 1."""
    ratio = total / float(capacity.sum()) if capacity.any() else math.inf
    return f"load {ratio:.2f} over the week, " if _is_above_1(ratio, error) else "load "


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


def refuse_beyond_bound(study: Study) -> None:
    """Raise ConfigError for each source whose rate exceeds its bound on a day of some replication.

    Over an ensemble nothing is checked, because departments are made during the run.
    """
    if study.departments is not None:
        return
    worst: dict[str, tuple[float, int, int, ReadyArm]] = {}
    for arm in _of_unlike_arrivals(study):
        for replication in study.run.numbers:
            for name, wanted, day in _highest(study, arm.pathway, replication):
                if wanted > max(arm.pathway.arrivals[name].thinning_bound, worst.get(name, (0.0,))[0]):
                    worst[name] = wanted, day, replication, arm
    if worst:
        raise ConfigError(_beyond_bound(study, name, *found) for name, found in worst.items())


def _of_unlike_arrivals(study: Study) -> Iterator[ReadyArm]:
    """The arms whose arrivals differ from those of every earlier arm."""
    seen: list[tuple[object, ...]] = []
    for arm in study.arms:
        stated = arm.pathway.arrivals, arm.pathway.day_factors, arm.pathway.lasting_factors
        if stated not in seen:
            seen.append(stated)
            yield arm


def _highest(study: Study, pathway: Pathway, replication: int) -> Iterator[tuple[str, float, int]]:
    """By source: how many times its usual arrivals the highest day of a replication wants, and that day."""
    run = study.run.drawn(replication, study.run.days)
    for name, wanted in wanted_arrivals(pathway, run).items():
        yield name, float(wanted.max()), int(wanted.argmax())


def _beyond_bound(study: Study, name: str, wanted: float, day: int, replication: int, arm: ReadyArm) -> Fault:
    bound = arm.pathway.arrivals[name].thinning_bound
    path = f"{group_of(study, 'arrivals', name)}.arrivals.{name}.thinning_bound"
    where = f"day {day - study.run.warm_up_days} of replication {replication}"
    return Fault(
        path,
        f"{where} wants {wanted:.2f} times the usual arrivals, above {bound:g}",
        f"Say {path}={room_for(wanted):g}, which changes no other number, or make busy days less busy",
    )


def room_for(wanted: float) -> float:
    """A bound with room above the rate of the highest day, in tenths.

    >>> room_for(1.6)
    2.0
    """
    return math.ceil(round(10 * ROOM * wanted, 6)) / 10
