"""The patients that arms share: drawn once for all arms whose pathways draw patients alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulation.department.vocabulary import Pathway
from simulation.patients import FROM_JANUARY, Calendar, Draws, attended_by_day, draw, draw_outages


class SharedDraws:
    """The draws of one replication, cached by pathway. One object serves one replication."""

    def __init__(self, *, seed: int, replication: int, days: int, calendar: Calendar = FROM_JANUARY) -> None:
        self._draw = partial(draw, seed=seed, replication=replication, days=days, calendar=calendar)
        self._draw_outages = partial(draw_outages, seed=seed, replication=replication, days=days, calendar=calendar)
        self._days = days
        self._drawn: list[tuple[Pathway, Draws]] = []

    def of(self, pathway: Pathway) -> Draws:
        """The draws of a pathway: new, or those of an earlier one that draws patients alike, with its own outages."""
        for known, draws in self._drawn:
            if draws_alike(known, pathway):
                if known.outages == pathway.outages:
                    return draws
                attended = attended_by_day(pathway, draws.arrived_at, draws.arrival_source, self._days)
                return replace(draws, outages=self._draw_outages(pathway, attended=attended))
        draws = self._draw(pathway)
        self._drawn.append((pathway, draws))
        return draws


def draws_alike(one: Pathway, other: Pathway) -> bool:
    """Whether two pathways draw the same patients.

    They may differ in triggers, rounds, outages and what these close, and extra units or shifts of pools. Outages are
    drawn apart from the patients.
    """
    if one.pools.keys() != other.pools.keys():
        return False
    may_differ = ("extra", "extra_shifts", "closed_while", "closes")
    pools = {
        name: replace(pool, **{key: getattr(one.pools[name], key) for key in may_differ})
        for name, pool in other.pools.items()
    }
    return one == replace(other, pools=pools, triggers=one.triggers, rounds=one.rounds, outages=one.outages)
