"""Refuse, before anything runs, days whose arrival rate exceeds a source's `thinning_bound`.

The rate of each day of each replication follows from a few random numbers, so it is known without drawing a patient.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault
from simulation.patients.factors import day_factors, lasting_factors, wanted_arrivals
from simulation.study.pool_words import group_of
from simulation.study.study import ReadyArm, Study

ROOM = 1.25
"""What the highest day is multiplied by for the bound that is advised: further replications may have a higher one."""


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
        raise ConfigError(_fault(study, name, *found) for name, found in worst.items())


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
    run = study.run
    days = run.warm_up_days + run.measured_days + run.cool_down_days
    calendar = run.calendar(replication)
    by_day = day_factors(pathway, seed=run.seed, replication=replication, days=days)
    lasting = lasting_factors(pathway, seed=run.seed, replication=replication, days=days, calendar=calendar)
    for name, source in pathway.arrivals.items():
        if not source.booked:
            wanted = wanted_arrivals(pathway, name, by_day, lasting, days, calendar.warm_up_days)
            yield name, float(wanted.max()), int(wanted.argmax())


def _fault(study: Study, name: str, wanted: float, day: int, replication: int, arm: ReadyArm) -> Fault:
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
