"""Refuse a study in which a queue would grow for as long as the run is long: its figures would mean nothing."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.analysis.offered_load import in_a_mean_week, offered_load
from simulation.analysis.overload import overloaded
from simulation.errors import ConfigError, Fault
from simulation.study.pool_words import written_in
from simulation.study.shared_draws import SharedDraws
from simulation.study.study import Study
from simulation.triage.apply import apply

SAMPLE_DAYS = 56
"""Eight whole weeks: enough for the load over the week, which has a standard error and is judged by it."""


def refuse_overload(study: Study) -> None:
    """Raise ConfigError if some arm asks more of a pool over the week than it has, and nothing relieves it."""
    found = overload_faults(study)
    if found:
        raise ConfigError(found)


def overload_faults(study: Study) -> tuple[Fault, ...]:
    """One fault a pool, naming the arms (if not all) and the worst of their loads."""
    sample = SharedDraws(seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    by_pool: dict[str, dict[str, float]] = {}
    for arm in study.arms:
        if arm.pathway.allow_overload:
            continue
        drawn = sample.of(in_a_mean_week(arm.pathway))
        load = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
        for pool, ratio in overloaded(arm.pathway, load).items():
            by_pool.setdefault(pool, {})[arm.name] = ratio
    return tuple(_one_fault(study, pool, ratios) for pool, ratios in by_pool.items())


def _one_fault(study: Study, pool: str, ratios: Mapping[str, float]) -> Fault:
    """The fault of the highest load, where the pool is described, and which arms have one. `ratios`: by arm."""
    which, worst = "", max(ratios.values())
    if len(ratios) < len(study.arms):
        which = f" in {'arm' if len(ratios) == 1 else 'arms'} {', '.join(ratios)}"
    return Fault(
        f"{written_in(study, pool)}{pool}",
        f"load {worst:.2f} over the week, and nobody can leave, be turned away or go elsewhere{which}",
        "Add units or hours, ask less of it, or set pathway.allow_overload=true to see the queue grow",
    )
