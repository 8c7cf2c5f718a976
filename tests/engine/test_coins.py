"""A branch by chance in a loop: each pass has a coin of its own, the first is the one of a branch outside loops."""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import comb, sqrt

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.graph import coin_name, coins_of
from simulation.department.vocabulary import ArrivalSource, ByChance, Choice, Loop, Pathway, Step
from simulation.engine.plan import bind, lower
from simulation.patients import Draws, draw
from simulation.study.offered_load import offered_load
from simulation.units import DAY
from tests.held import Hold

from .small import NOTE, Simulate, department, minutes

N = 1_000
COIN = ByChance(kind="chance", targets={"heads": 0.5, "tails": 0.5}, **NOTE)


def rounds(most: int) -> Choice:
    """Everybody goes round as often as can be."""
    return Choice(
        kind="choice",
        categories=tuple(str(k) for k in range(most + 1)),
        shares=(*[0.0] * most, 1.0),
        **NOTE,
    )


def flips(passes: int = 3) -> Pathway:
    """A coin in each of some passes; heads take a nurse an hour, of whom there are always enough."""
    made = department(
        {
            "heads": Step(asks=("nurses",), minutes=("work",), next="round"),
            "tails": Step(next="round"),
        },
        pools={"nurses": 1_000},
        durations={"work": minutes(60)},
        attributes={"passes": rounds(passes)},
        branches={"flip": COIN},
        loops={"round": Loop(passes="passes", again="flip", next="home")},
    )
    return coming(made, N, "round")


def coming(made: Pathway, per_day: int, first: str) -> Pathway:
    """So many a day, to a loop first."""
    door = Step(relabels="acuity_true", next=first)
    arrivals = {"walk_in": ArrivalSource(starts="door", per_day=per_day, **NOTE)}
    return replace(made, arrivals=arrivals, steps={**made.steps, "door": door})


def nested() -> Pathway:
    """Two passes around a loop of two passes, with a coin in the inner one and a coin after it."""
    sides = {
        name: Step(next=then)
        for name, then in (("in_0", "inner"), ("in_1", "inner"), ("out_0", "outer"))
    }
    made = department(
        {**sides, "out_1": Step(next="outer")},
        pools={},
        attributes={"two": rounds(2), "also_two": rounds(2)},
        branches={
            "inside": ByChance(kind="chance", targets={"in_0": 0.5, "in_1": 0.5}, **NOTE),
            "outside": ByChance(kind="chance", targets={"out_0": 0.5, "out_1": 0.5}, **NOTE),
        },
        loops={
            "outer": Loop(passes="two", again="inner", next="home"),
            "inner": Loop(passes="also_two", again="inside", next="outside"),
        },
    )
    return coming(made, 300, "outer")


@cache
def flipped(engine: Simulate) -> tuple[Draws, list[list[str]]]:
    """The routes of everybody who flips three coins."""
    return routes(engine, flips())


def routes(engine: Simulate, made: Pathway) -> tuple[Draws, list[list[str]]]:
    """Everybody's steps between the door and the end, patient by patient."""
    plan, draws = lower(made), draw(made, seed=1, replication=0, days=1)
    table = engine(plan, bind(plan, draws), 3 * DAY).activities
    found: list[list[str]] = [[] for _ in range(len(draws))]
    for patient, step in zip(table.patient.tolist(), table.step.tolist(), strict=True):
        found[patient].append(plan.nodes[step])
    return draws, [each[1:-1] for each in found]


def test_three_rounds_at_one_half_are_binomial(engine: Simulate) -> None:
    # Each of four counts within 4.5 standard errors of a binomial: false alarm below 3e-5.
    _, found = flipped(engine)
    counts = Counter(each.count("heads") for each in found)
    n = len(found)
    assert n > 0.9 * N
    for heads in range(4):
        p = comb(3, heads) / 8
        assert abs(counts[heads] - n * p) < 4.5 * sqrt(n * p * (1 - p)), counts


def test_each_pass_reads_the_coin_of_its_number(engine: Simulate) -> None:
    draws, found = flipped(engine)
    coins = [draws.attributes[coin_name("flip", k)] for k in range(1, 4)]
    shown = np.array([[side == "tails" for side in each] for each in found])
    assert np.array_equal(shown.T, np.array(coins))
    assert not any(np.array_equal(one, other) for one, other in pairwise(coins))


def test_loops_within_loops_have_a_coin_for_each_pair_of_passes(engine: Simulate) -> None:
    # The passes of a loop are a patient's, not a round's: the inner loop goes round in the first outer pass only.
    draws, found = routes(engine, nested())

    def side(branch: str, outer: int, inner: int) -> np.ndarray:  # type: ignore[type-arg]
        loops = dict(coins_of(nested())[branch].loops)
        return draws.attributes[
            coin_name(branch, outer * loops["outer"] + inner * loops.get("inner", 0))
        ]

    wanted = [
        side("inside", 1, 1),
        side("inside", 1, 2),
        side("outside", 1, 2),
        side("outside", 2, 2),
    ]
    shown = np.array([[int(step[-1]) for step in each] for each in found])
    assert [step[:-2] for step in found[0]] == ["in", "in", "out", "out"]
    assert np.array_equal(shown.T, np.array(wanted))


def test_a_coin_belongs_to_the_loops_that_lead_back_to_it() -> None:
    coins = coins_of(nested())
    assert coins["inside"].number == 9
    assert dict(coins["outside"].loops).keys() == {"outer"}
    straight = replace(flips(), loops={"round": Loop(passes="passes", again="heads", next="home")})
    assert coins_of(straight)["flip"].number == 1


def test_the_first_coin_is_the_one_of_a_branch_outside_loops() -> None:
    made = draw(flips(), seed=1, replication=0, days=1)
    assert np.array_equal(made.attributes["coin:flip"], made.uniform("coin:flip") >= 0.5)


def test_a_coin_stays_a_patients_own_when_others_may_go_round_more_often() -> None:
    few, many = (draw(flips(passes), seed=1, replication=0, days=1).attributes for passes in (2, 5))
    assert all(
        np.array_equal(few[coin_name("flip", k)], many[coin_name("flip", k)]) for k in range(3)
    )


def test_the_offered_load_flips_in_each_pass_too() -> None:
    # Heads in 1.5 of 3 passes, an hour each; 4.5 standard errors of n binomials.
    made = flips()
    draws = draw(made, seed=2, replication=0, days=7)
    hours = offered_load(made, draws).work.sum() / (7 * N)
    assert hours == pytest.approx(1.5, abs=4.5 * sqrt(3 / 4 / len(draws)))


def test_more_coins_than_can_be_drawn_are_refused_with_their_number(hold: Hold) -> None:
    (fault,) = [each for each in check_pathway(flips(100)) if each.where == "branches.flip"]
    hold(str(fault), "passes of 'round'")
    assert not [each for each in check_pathway(flips(99)) if each.where == "branches.flip"]
