"""What no study runs with: a load above 1 that nothing can shorten, and a day of more arrivals than can be drawn.

A load above 1 over the week makes a queue that nothing clears, and the figures of a study would depend on the length of
the run. The arrival rate of each day of each replication follows from a few random numbers, so a day whose rate exceeds
a source's `thinning_bound` is known without drawing a patient.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from simulation.department.graph import cached_by_pathway
from simulation.department.vocabulary import Opens, Pathway
from simulation.errors import Fault, Faults
from simulation.patients import DrawnRun
from simulation.patients.arrivals import wanted_arrivals
from simulation.study.offered_load import WeeklyLoad, in_a_mean_week, weekly_load
from simulation.study.simulate import SharedDraws
from simulation.study.study import ReadyArm, Study, group_of, written_in
from simulation.triage.apply import apply

ROOM = 1.25
"""What the highest day is multiplied by for the bound that is advised: further replications may have a higher one."""
SAMPLE_DAYS = 56
"""Eight whole weeks: enough for the load over the week, which has a standard error and is judged by it."""
FIRST_LOOK_DAYS = 14
"""Two whole weeks, enough to see that nearly every arm is far from a load above 1."""
SURE, FAR = 2.0, 5.0
"""Standard errors of the sample by which a load must be above 1 to count as such, and by which it must be below 1 at a
first look to be looked at no further."""


def refuse_overload(study: Study) -> None:
    """Raise ConfigError if an arm asks more of a pool over the week than it can do, and nothing relieves it."""
    Faults(overload_faults(study)).refuse()


def overload_faults(study: Study) -> tuple[Fault, ...]:
    """A fault for each overloaded pool, with its highest load and, unless all are, the arms concerned."""
    first_look, sample = (
        SharedDraws(DrawnRun(study.run.seed, 0, days)) for days in (FIRST_LOOK_DAYS, SAMPLE_DAYS)
    )
    by_pool: dict[str, dict[str, float]] = {}
    for arm in (arm for arm in study.arms if not arm.pathway.allow_overload):
        known, key = sampled_loads(arm.pathway), ("first look", study.run.seed, repr(arm.policy))
        if key not in known:
            known[key] = above_1(_load_of(arm, first_look), z=-FAR)
        if not_relieved(arm.pathway, known[key]):
            for pool, ratio in overloaded(arm.pathway, _load_of(arm, sample)).items():
                by_pool.setdefault(pool, {})[arm.name] = ratio
    return tuple(_fault_of(study, pool, ratios) for pool, ratios in by_pool.items())


def _load_of(arm: ReadyArm, sample: SharedDraws) -> WeeklyLoad:
    return weekly_load(
        arm.pathway, apply(arm.policy, arm.pathway, sample.of(in_a_mean_week(arm.pathway)))
    )


def _fault_of(study: Study, pool: str, ratios: Mapping[str, float]) -> Fault:
    """The fault of one pool, at the key that describes it. `ratios`: the loads above 1, by arm."""
    in_arms, worst = "", max(ratios.values())
    if len(ratios) < len(study.arms):
        in_arms = f" in {'arm' if len(ratios) == 1 else 'arms'} {', '.join(ratios)}"
    return Fault(
        f"{written_in(study, pool)}{pool}",
        f"load {worst:.2f} over the week, and nobody can leave, be blocked by a full queue or go elsewhere{in_arms}",
        "Add units or hours, ask less of it, or set pathway.allow_overload=true to see the queue grow",
    )


def overloaded(pathway: Pathway, load: WeeklyLoad) -> dict[str, float]:
    """The loads above 1 over the week that nothing relieves, by pool; none if the pathway says `allow_overload`.

    Relief is: patience or a queue limit at a step that asks for the pool; a place elsewhere after a while;
    escalation that opens units of it; an alternative that is not overloaded itself, or has relief.
    """
    return {} if pathway.allow_overload else not_relieved(pathway, above_1(load))


def not_relieved(pathway: Pathway, loads: Mapping[str, float]) -> dict[str, float]:
    """The loads of those pools whose queue nothing can shorten. `loads`: by pool, all above 1."""
    relieved = _with_relief(pathway, set(loads))
    return {pool: ratio for pool, ratio in loads.items() if pool not in relieved}


def above_1(load: WeeklyLoad, *, z: float = SURE) -> dict[str, float]:
    """The loads above 1 over the week by so many standard errors of the sample, by pool."""
    return {
        pool: ratio
        for pool, ratio, error in zip(
            load.pools, load.ratio.tolist(), load.error.tolist(), strict=True
        )
        if is_above_1(ratio, error, z)
    }


def is_above_1(ratio: float, error: float, z: float = SURE) -> bool:
    """Whether a load is above 1 by so many standard errors; work with nobody on duty counts as above."""
    return math.isinf(ratio) or ratio - z * error > 1


def _with_relief(pathway: Pathway, overloaded_pools: set[str]) -> set[str]:
    """The pools whose queue something can shorten."""
    relieved = {trigger.pool for trigger in pathway.triggers.values() if isinstance(trigger, Opens)}
    for step in pathway.steps.values():
        leaves = step.may_leave and pathway.patience
        if leaves or step.queue_limit is not None or step.overflow:
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


@cached_by_pathway
def sampled_loads(pathway: Pathway) -> dict[tuple[str, int, str], Any]:
    """What samples of a department's patients gave, by kind of sample, seed and policy: studies share departments."""
    return {}


def refuse_beyond_bound(study: Study) -> None:
    """Raise ConfigError for each source whose rate exceeds its bound on a day of some replication.

    Over an ensemble nothing is checked, because departments are made during the run.
    """
    if study.departments is not None:
        return
    worst: dict[str, tuple[float, int, int, ReadyArm]] = {}
    for arm in _with_distinct_arrivals(study):
        for replication in study.run.numbers:
            drawn = study.run.drawn(replication, study.run.days)
            for name, wanted in wanted_arrivals(arm.pathway, drawn).items():
                most = float(wanted.max())
                if most > max(
                    arm.pathway.arrivals[name].thinning_bound, worst.get(name, (0.0,))[0]
                ):
                    worst[name] = most, int(wanted.argmax()), replication, arm
    Faults(_beyond_bound(study, name, *found) for name, found in worst.items()).refuse()


def _with_distinct_arrivals(study: Study) -> Iterator[ReadyArm]:
    """The arms whose arrivals differ from those of every earlier arm."""
    seen: list[tuple[object, ...]] = []
    for arm in study.arms:
        stated = arm.pathway.arrivals, arm.pathway.day_factors, arm.pathway.lasting_factors
        if stated not in seen:
            seen.append(stated)
            yield arm


def _beyond_bound(
    study: Study, name: str, wanted: float, day: int, replication: int, arm: ReadyArm
) -> Fault:
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
