"""Random departments each of which says everything about supply and demand, and flips a coin in a loop."""

import random
from dataclasses import replace

from simulation.department.rota import resolved
from simulation.department.vocabulary import (
    Booking,
    ByChance,
    ByElapsed,
    ByPassed,
    Effort,
    ExtraShift,
    Follows,
    LastingFactor,
    Loop,
    Opens,
    Pathway,
    Step,
    Surge,
)

from .strategies import NOTE, Case, case_of, pathway


def every_word_case(seed: int, grid: int) -> Case:
    """A random department with all of it, and its patients rounded to a grid."""
    chance = random.Random(seed)
    return case_of(
        with_every_word_of_demand(with_every_word(pathway(chance), chance), chance), seed, grid
    )


def words_used(made: Pathway) -> dict[str, bool]:
    """Which of the words a department uses."""
    pools, arrivals = made.pools.values(), made.arrivals.values()
    again = {loop.again for loop in made.loops.values()}
    return {
        "a coin in a loop": any(isinstance(made.branches.get(name), ByChance) for name in again),
        "elapsed": any(isinstance(branch, ByElapsed) for branch in made.branches.values()),
        "passed": any(isinstance(branch, ByPassed) for branch in made.branches.values()),
        "on call": any(
            isinstance(each, Opens) and each.arrives_after_minutes
            for each in made.triggers.values()
        ),
        "stages": "by_stages_stage_2" in made.triggers,
        "closed while": any(pool.closed_while for pool in pools),
        "effort": any(step.effort for step in made.steps.values()),
        "extra shifts": any(pool.extra_shifts for pool in pools),
        "queues until open": any(pool.queues_until_open for pool in pools),
        "surges": any(source.surges for source in arrivals),
        "booked": any(source.booked for source in arrivals),
        "follows": bool(made.follows),
        "lasting factors of arrivals": any(each.arrivals for each in made.lasting_factors.values()),
        "lasting factors of minutes": any(each.durations for each in made.lasting_factors.values()),
    }


def with_every_word(made: Pathway, chance: random.Random) -> Pathway:
    """The same with a pool that an outage closes, units on call, a step that may end early and a coin in a loop.

    The first step asks for the first pool and leads to a loop, each pass of which goes by a coin to the step again or
    past it; then some minutes count from the step's end, unless they are over by now and the loop's pause was passed.
    """
    (name, step), pool = next(iter(made.steps.items())), next(iter(made.pools))
    asks = step.asks if pool in (*step.asks, *step.any_of) else (*step.asks, pool)
    overflow = None if step.overflow is not None and pool in step.overflow.any_of else step.overflow
    waiting_at = (
        name,
        *(each for each, other in made.steps.items() if other.asks and chance.random() < 0.3),
    )
    at_least = sorted(chance.choices((1, 2, 3), k=chance.randint(1, 3)), reverse=True)
    first = replace(
        step,
        asks=asks,
        overflow=overflow,
        minutes=step.minutes or (chance.choice(("work_0", "work_1")),),
        effort=Effort(
            waiting_at=waiting_at,
            share=chance.choice((0.15, 0.6)),
            at_least=tuple(at_least),
            **NOTE,
        ),
        starts_clock=(*step.starts_clock, "first"),
        next="turns",
    )
    over = ByElapsed(kind="elapsed", step="rest", then="paused", otherwise="rest", **NOTE)
    paused = ByPassed(kind="passed", step="pause", then=step.next, otherwise="rest", **NOTE)
    rest = Step(minutes=("work_0",), since="first", next=step.next)
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
    by_stages = replace(
        on_call, above=0, stages=chance.choice((2, 3)), stage_every=1, arrives_after_minutes=0.0
    )
    closed = replace(
        made.pools[pool],
        capacity=made.pools[pool].capacity or (None if made.pools[pool].rota else 2),
        unlimited=False,
        closed_while=chance.choice(("random", "share", "stated")),
        closes=chance.choice((None, 1)),
        queues_until_open=True,
    )
    made = replace(
        made,
        pools={**made.pools, pool: closed},
        steps={
            **made.steps,
            name: first,
            "pause": Step(next="turns", minutes=("work_1",)),
            "rest": rest,
        },
        branches={**made.branches, "flip": coin, "over": over, "paused": paused},
        loops={**made.loops, "turns": Loop(passes="passes", again="flip", next="over")},
        triggers={**made.triggers, "on_call": on_call, "by_stages": by_stages},
    )
    return resolved(made)


def with_every_word_of_demand(made: Pathway, chance: random.Random) -> Pathway:
    """The same with an extra shift, a surge, bookings, minutes that follow demand, and a factor that lasts."""
    name = next(iter(made.pools))
    shift = ExtraShift(hours=chance.choice(("9-13", "22:05-6")), number=chance.choice((-1, 1, 2)))
    surge = Surge(starts_on_day=chance.randint(0, 1), days=1, times=chance.choice((0.5, 2)))
    bookings = tuple(Booking(at=at, number=3) for at in ("8:30", "9", "9"))
    durations = tuple(made.durations)[-2:]
    follows = Follows(
        durations=durations, arrivals=("walk_in",), elasticity=1, days=chance.choice((1, 2)), **NOTE
    )
    spell = LastingFactor(
        every="week", cv=0.3, persistence=0.5, arrivals=("walk_in",), durations=durations, **NOTE
    )
    walk_in, ambulance = made.arrivals["walk_in"], made.arrivals["ambulance"]
    return replace(
        made,
        pools={
            **made.pools,
            name: replace(made.pools[name], extra_shifts=made.pools[name].extra_shifts or (shift,)),
        },
        arrivals={
            "walk_in": replace(walk_in, surges=walk_in.surges or (surge,)),
            "ambulance": replace(ambulance, per_day=None, booked=ambulance.booked or bookings),
        },
        follows=made.follows or {"staff": follows},
        lasting_factors=made.lasting_factors or {"spell": spell},
    )
