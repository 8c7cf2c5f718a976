"""The department that engines, checks and measures see: what a configuration says in one word, in the words of engines.

Pools that follow another get a rota, a trigger with stages becomes a trigger for each, and what is switched off with 0
is left out: a trigger that opens nothing, a limit of nobody, minutes of which nothing falls away. So engines know none
of these words.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain

from simulation.department.rota import shifts_of, timetable
from simulation.department.vocabulary import Opens, Pathway, Pool, Step, Takes, Trigger


def resolved(pathway: Pathway) -> Pathway:
    """The department without `capacity_per`, without stages, and without what is off.

    What cannot be had stays as it is, for the check to refuse: a pool that states its size twice or follows one that is
    not there, unlimited or such a pool itself; no limit where that would mean something else; stages without distance.
    """
    followers = {name for name, pool in pathway.pools.items() if _follows(pool, pathway)}
    limitless = {
        name
        for name in followers
        if not _number(pathway.pools[name]) and _only_limits(name, pathway)
    }
    asking = {name: _asking(step, limitless) for name, step in pathway.steps.items()}
    off = limitless | (_taken(pathway.steps) - _taken(asking))
    return replace(
        pathway,
        pools={
            name: _with_rota(pool, pathway) if name in followers else pool
            for name, pool in pathway.pools.items()
            if name not in off
        },
        triggers=dict(_triggers(pathway.triggers, off)),
        steps={name: _holding(step, off) for name, step in asking.items()},
    )


def _only_limits(name: str, pathway: Pathway) -> bool:
    """Whether a pool is used in a way in which no limit means that nobody waits for it."""
    steps = pathway.steps.values()
    return all(
        name not in step.any_of[1:] and not (step.overflow and name in step.overflow.any_of)
        for step in steps
    ) and not any(
        isinstance(trigger, Takes) and trigger.pool == name for trigger in pathway.triggers.values()
    )


def _number(pool: Pool) -> float:
    """Units for each unit of the pool that is followed."""
    return pool.capacity_per.number if pool.capacity_per else 0.0


def _follows(pool: Pool, pathway: Pathway) -> bool:
    """Whether a pool's size is that of another times a number, and can be had."""
    other = pathway.pools.get(pool.capacity_per.pool) if pool.capacity_per else None
    if other is None or other.unlimited or other.capacity_per:
        return False
    return not pool.unlimited and pool.capacity is None and pool.rota is None


def _with_rota(pool: Pool, pathway: Pathway) -> Pool:
    """A pool that follows another, with the rota that this comes to; as it is if it is refused no limit."""
    if not _number(pool) or not pool.capacity_per:
        return pool
    rows = timetable(pathway.pools[pool.capacity_per.pool])
    return replace(pool, rota=tuple(shifts_of(rows, _number(pool))), capacity_per=None)


def _triggers(triggers: Mapping[str, Trigger], off: Set[str]) -> Iterator[tuple[str, Trigger]]:
    """Each trigger by name, one for each stage; none that opens nothing, or units of a pool that is off."""
    for name, trigger in triggers.items():
        if not isinstance(trigger, Opens):
            yield name, trigger
        elif not trigger.extra or trigger.pool in off:
            continue
        elif trigger.stages == 1 or not trigger.stage_every or trigger.below > trigger.above:
            yield name, trigger
        else:
            for stage in range(trigger.stages):
                more = stage * trigger.stage_every
                yield (
                    f"{name}_stage_{stage + 1}" if stage else name,
                    replace(
                        trigger,
                        above=trigger.above + more,
                        below=trigger.below + more,
                        stages=1,
                        stage_every=0,
                    ),
                )


def _asking(step: Step, limitless: Set[str]) -> Step:
    """A step that asks for no pool that limits nobody, and is without an effort of nothing.

    Where such a pool would do, the others of its `any_of` are never needed.
    """
    effort = step.effort if step.effort and step.effort.share else None
    if effort is step.effort and limitless.isdisjoint((*step.asks, *step.any_of)):
        return step
    any_of = () if limitless & set(step.any_of) else step.any_of
    return replace(step, asks=_without(step.asks, limitless), any_of=any_of, effort=effort)


def _holding(step: Step, off: Set[str]) -> Step:
    """A step that neither keeps nor releases a pool that nobody takes."""
    held = step.keeps, step.releases_at_start, step.releases_at_end
    if off.isdisjoint(chain(*held)):
        return step
    keeps, at_start, at_end = (_without(names, off) for names in held)
    return replace(step, keeps=keeps, releases_at_start=at_start, releases_at_end=at_end)


def _without(names: Sequence[str], off: Set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in off)


def _taken(steps: Mapping[str, Step]) -> set[str]:
    """The pools of which some step takes a unit."""
    return {
        name
        for step in steps.values()
        for name in (*step.asks, *step.any_of, *(step.overflow.any_of if step.overflow else ()))
    }
