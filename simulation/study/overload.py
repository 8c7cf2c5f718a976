"""Refusal of a study in which a queue would grow without end: its figures would depend on the length of the run."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.errors import ConfigError, Fault
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.overload_by_area import overloaded
from simulation.study.pool_words import written_in
from simulation.study.shared_draws import SharedDraws
from simulation.study.study import Study
from simulation.triage.apply import apply

SAMPLE_DAYS = 56
"""Eight whole weeks: enough for the load over the week, which has a standard error and is judged by it."""


def refuse_overload(study: Study) -> None:
    """Raise ConfigError if an arm asks more of a pool over the week than it can do, and nothing relieves it."""
    faults = overload_faults(study)
    if faults:
        raise ConfigError(faults)


def overload_faults(study: Study) -> tuple[Fault, ...]:
    """A fault for each overloaded pool, with its highest load and, unless all are, the arms concerned."""
    sample = SharedDraws(seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
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
