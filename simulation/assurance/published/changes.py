"""The changes of response rows, as values by dotted path: a clinician fewer, fewer beds; and lists of overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulation.department.rota import units_by_hour
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault
from simulation.records.serialise import plain

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
    shifts = plain(pathway.pools[chosen].extra_shifts)
    shifts.append({"hours": f"{FEWER_FROM}-{FEWER_TO}", "number": -1})
    return chosen, {f"staffing.{chosen}.extra_shifts": shifts}


def fewer_beds(pathway: Pathway, paths: Mapping[str, str]) -> dict[str, Any]:
    """The changes that take away a tenth of every ward group's beds, rounded. `paths`: where each pool is stated.

    They are of `extra`, which may be negative, so that everybody's draws stay the same.
    """
    changes: dict[str, Any] = {}
    for name in pools_of(pathway, ADULT_BED, CHILD_BED):
        pool = pathway.pools[name]
        changes[f"{paths[name]}.extra"] = pool.extra - round(FEWER_BEDS * (pool.capacity or 0))
    return changes


def with_override(overrides: Sequence[str], *instead: str) -> list[str]:
    """The overrides with others in place of those of the same key."""
    keys = {_key(override) for override in instead}
    return [override for override in overrides if _key(override) not in keys] + list(instead)


def with_defaults(overrides: Sequence[str], *defaults: str) -> list[str]:
    """The overrides, and those of the defaults whose key none of them has."""
    keys = {_key(override) for override in overrides}
    return [*overrides, *(default for default in defaults if _key(default) not in keys)]


def _key(override: str) -> str:
    return override.split("=", 1)[0].lstrip("+")
