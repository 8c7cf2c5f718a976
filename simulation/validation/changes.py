"""What the response rows change: rewritten rotas, fewer beds, a group of files taken instead. Dotted paths only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from simulation.errors import ConfigError, Fault
from simulation.pathway.department import Pathway, Pool
from simulation.pathway.rota import timetable, units_by_hour
from simulation.units import DAY, HOUR, WEEKDAYS

CLINICIAN = "clinician"
ADULT_BED, CHILD_BED = "adult_bed", "child_bed"
FEWER_FROM, FEWER_TO = 14, 22
"""Clock hours of the clinician taken away."""
FEWER_BEDS = 0.10


def pools_of(pathway: Pathway, *roles: str) -> tuple[str, ...]:
    """The pools with one of these roles, in declared order."""
    return tuple(name for name, pool in pathway.pools.items() if pool.role in roles)


def one_clinician_fewer(pathway: Pathway) -> tuple[str, dict[str, Any]]:
    """The clinician pool with most people on duty from 14 to 22 h, and the change that takes one of them away.

    Raises ConfigError if no clinician pool has a rota with somebody on duty all that time.
    """
    hours = [24 * day + hour for day in range(7) for hour in range(FEWER_FROM, FEWER_TO)]
    on_duty = {
        name: units_by_hour(pathway.pools[name])[hours]
        for name in pools_of(pathway, CLINICIAN)
        if pathway.pools[name].rota is not None
    }
    if not on_duty or max(units.min() for units in on_duty.values()) < 1:
        found = "no clinician pool has a rota with somebody on from 14 to 22 h"
        raise ConfigError([Fault("staffing", found, "Give one the role clinician")])
    chosen = max(on_duty, key=lambda name: float(on_duty[name].mean()))
    return chosen, {f"staffing.{chosen}.rota": fewer_on_duty(pathway.pools[chosen], FEWER_FROM, FEWER_TO)}


def fewer_on_duty(pool: Pool, first_hour: int, last_hour: int) -> list[dict[str, Any]]:
    """The pool's rota with one unit fewer between two clock hours of every day, as YAML would state it.

    Days that are alike are stated together; `extra` and `extra_shifts` of the pool are left to the pool.
    """
    by_day: dict[tuple[tuple[int, int, int], ...], list[str]] = {}
    for number, day in enumerate(WEEKDAYS):
        by_day.setdefault(_pieces(pool, number, first_hour * HOUR, last_hour * HOUR), []).append(day)
    return [
        {"hours": f"{_clock(start)}-{_clock(end)}", "number": units, "days": ",".join(days)}
        for pieces, days in by_day.items()
        for start, end, units in pieces
    ]


def _pieces(pool: Pool, day: int, first: int, last: int) -> tuple[tuple[int, int, int], ...]:
    """One day as (from, to, units) in ticks of the day, nobody on duty left out."""
    bare = replace(pool, extra=0, extra_shifts=())
    rows = [(tick - day * DAY, units) for tick, units in timetable(bare)]
    edges = sorted({0, first, last, DAY} | {tick for tick, _ in rows if 0 < tick < DAY})
    found: list[tuple[int, int, int]] = []
    for start, end in pairwise(edges):
        units = [units for tick, units in rows if tick <= start][-1]
        units = max(units - (first <= start < last), 0)
        if found and found[-1][1:] == (start, units):
            found[-1] = (found[-1][0], end, units)
        elif units:
            found.append((start, end, units))
    return tuple(found)


def _clock(tick: int) -> str:
    hour, rest = divmod(tick, HOUR)
    return f"{hour}:{rest * 60 // HOUR:02d}" if rest else f"{hour}"


def fewer_beds(pathway: Pathway, paths: Mapping[str, str]) -> dict[str, Any]:
    """A tenth of every ward group's beds taken away, rounded; the rest as it is. `paths`: where each pool is stated.

    Said as negative `extra`, so that everybody's draws stay the same.
    """
    changes: dict[str, Any] = {}
    for name in pools_of(pathway, ADULT_BED, CHILD_BED):
        pool = pathway.pools[name]
        changes[f"{paths[name]}.extra"] = pool.extra - round(FEWER_BEDS * (pool.capacity or 0))
    return changes


def with_override(overrides: Sequence[str], *instead: str) -> list[str]:
    """The overrides with others in place of those of the same key."""
    keys = {each.split("=", 1)[0].lstrip("+") for each in instead}
    return [each for each in overrides if each.split("=", 1)[0].lstrip("+") not in keys] + list(instead)
