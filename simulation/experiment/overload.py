"""Refuse a study in which a queue would grow for as long as the run is long: its figures would mean nothing."""

from __future__ import annotations

from dataclasses import replace

from simulation.errors import ConfigError, Fault
from simulation.experiment.shared_draws import SharedDraws
from simulation.experiment.study import Study
from simulation.pathway.load import faults, offered_load
from simulation.triage.apply import apply

SAMPLE_DAYS = 14
"""Two whole weeks: enough for the load over the week, which has a standard error and is judged by it."""


def refuse_overload(study: Study) -> None:
    """Raise ConfigError if some arm asks more of a pool over the week than it has, and nothing relieves it."""
    found = overload_faults(study)
    if found:
        raise ConfigError(found)


def overload_faults(study: Study) -> tuple[Fault, ...]:
    """One fault a pool, naming the arms (if not all) and the worst of their loads."""
    sample = SharedDraws(seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    by_pool: dict[str, list[tuple[str, Fault]]] = {}
    for arm in study.arms:
        if arm.pathway.allow_overload:
            continue
        load = offered_load(arm.pathway, apply(arm.policy, arm.pathway, sample.of(arm.pathway)))
        for fault in faults(arm.pathway, load):
            by_pool.setdefault(fault.where.removeprefix("pools."), []).append((arm.name, fault))
    return tuple(_one_fault(study, pool, found) for pool, found in by_pool.items())


def _one_fault(study: Study, pool: str, found: list[tuple[str, Fault]]) -> Fault:
    """The fault with the highest load (all are printed alike), where the pool is described, and which arms have it."""
    worst = max((fault for _, fault in found), key=lambda fault: fault.found)
    arms = [name for name, _ in found]
    which = "" if len(arms) == len(study.arms) else f" in {'arm' if len(arms) == 1 else 'arms'} {', '.join(arms)}"
    return replace(
        worst,
        where=f"{_written_in(study, pool)}{pool}",
        found=f"{worst.found}{which}",
        remedy="Add units or hours, ask less of it, or set pathway.allow_overload=true to see the queue grow",
    )


def _written_in(study: Study, pool: str) -> str:
    """The group in which a pool is described, as a path that an override can name."""
    staffing = study.resolved.get("staffing")
    return "staffing." if isinstance(staffing, dict) and pool in staffing else "site.pools."
