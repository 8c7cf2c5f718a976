"""Random departments each of which says everything about supply, and flips a coin in a loop."""

import random
from dataclasses import replace

from simulation.pathway.department import ByChance, Effort, Loop, Opens, Pathway, Step

from .strategies import NOTE, Case, case_of, pathway


def every_word_case(seed: int, grid: int) -> Case:
    """A random department with all of it, and its patients rounded to a grid."""
    chance = random.Random(seed)
    return case_of(with_every_word(pathway(chance), chance), seed, grid)


def with_every_word(made: Pathway, chance: random.Random) -> Pathway:
    """The same with a pool that an outage closes, units on call, a step that may end early and a coin in a loop.

    The first step asks for the first pool and leads to a loop, each pass of which goes by a coin to the step again or
    past it.
    """
    (name, step), pool = next(iter(made.steps.items())), next(iter(made.pools))
    asks = step.asks if pool in (*step.asks, *step.any_of) else (*step.asks, pool)
    overflow = None if step.overflow is not None and pool in step.overflow.any_of else step.overflow
    waiting_at = (name, *(each for each, other in made.steps.items() if other.asks and chance.random() < 0.3))
    at_least = sorted(chance.choices((1, 2, 3), k=chance.randint(1, 3)), reverse=True)
    first = replace(
        step,
        asks=asks,
        overflow=overflow,
        minutes=step.minutes or (chance.choice(("work_0", "work_1")),),
        effort=Effort(waiting_at=waiting_at, share=chance.choice((0.15, 0.6)), at_least=tuple(at_least), **NOTE),
        next="turns",
    )
    coin = ByChance(kind="chance", targets={name: 0.4, "pause": 0.6}, **NOTE)
    on_call = Opens(
        kind="opens",
        waiting_at=waiting_at,
        above=1,
        below=0,
        pool=pool,
        extra=1,
        arrives_after_minutes=chance.choice((5, 20, 60)),
        **NOTE,
    )
    closed = replace(
        made.pools[pool],
        capacity=made.pools[pool].capacity or (None if made.pools[pool].rota else 2),
        unlimited=False,
        closed_while=chance.choice(("random", "share", "stated")),
        closes=chance.choice((None, 1)),
    )
    return replace(
        made,
        pools={**made.pools, pool: closed},
        steps={**made.steps, name: first, "pause": Step(next="turns")},
        branches={**made.branches, "flip": coin},
        loops={**made.loops, "turns": Loop(passes="passes", again="flip", next=step.next)},
        triggers={**made.triggers, "on_call": on_call},
    )
