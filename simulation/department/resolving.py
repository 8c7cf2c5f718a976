"""The department that engines, checks and measures see: what a configuration says in one word, in the words of engines.

Pools that follow another get a rota, a trigger with stages becomes a trigger for each, and what is switched off with 0
is not there: a trigger that opens nothing, a limit of nobody. So engines know none of these words, and a word that is
off changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from simulation.department.rota import shifts_of, timetable
from simulation.department.vocabulary import Opens, Pathway, Pool, Step, Trigger


def resolved(pathway: Pathway) -> Pathway:
    """The department without `capacity_per`, without stages, and without what is off.

    What cannot be had stays as it is, for the check to refuse: a pool that states its size twice or follows one that is
    not there, unlimited or such a pool itself; stages without distance.
    """
    followers = {name for name, pool in pathway.pools.items() if _follows(pool, pathway)}
    limitless = frozenset(name for name in followers if not _number(pathway.pools[name]))
    steps = _asking(pathway.steps, limitless)
    off = limitless | (_taken(pathway.steps) - _taken(steps))
    triggers = dict(_triggers(pathway.triggers, off))
    if not followers and triggers == pathway.triggers:
        return pathway
    pools = {
        name: _with_rota(pool, pathway) if name in followers else pool
        for name, pool in pathway.pools.items()
        if name not in off
    }
    return replace(
        pathway,
        pools=pools,
        triggers=triggers,
        steps={name: _holding(step, off) for name, step in steps.items()} if off else steps,
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
    """A pool that follows another, with the rota that this comes to."""
    followed = pathway.pools[pool.capacity_per.pool] if pool.capacity_per else pool
    rota = tuple(shifts_of(timetable(followed), _number(pool)))
    return replace(pool, rota=rota, capacity_per=None)


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


def _asking(steps: Mapping[str, Step], limitless: Set[str]) -> Mapping[str, Step]:
    """Steps that ask for no pool that limits nobody; where one of several would do, they ask for none of these."""
    if not limitless:
        return steps
    return {
        name: replace(
            step,
            asks=_without(step.asks, limitless),
            any_of=() if limitless & set(step.any_of) else step.any_of,
        )
        for name, step in steps.items()
    }


def _holding(step: Step, off: Set[str]) -> Step:
    """A step that neither keeps nor releases a pool that nobody takes."""
    return replace(
        step,
        keeps=_without(step.keeps, off),
        releases_at_start=_without(step.releases_at_start, off),
        releases_at_end=_without(step.releases_at_end, off),
    )


def _without(names: Sequence[str], off: Set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in off)


def _taken(steps: Mapping[str, Step]) -> set[str]:
    """The pools of which some step takes a unit."""
    return {
        name
        for step in steps.values()
        for name in (*step.asks, *step.any_of, *(step.overflow.any_of if step.overflow else ()))
    }
