"""What the contract says has no meaning has none: each test asks one engine the same in two ways."""

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from simulation.engine import compiled, reference
from simulation.engine.contract import Activities, Engine, InOrder
from simulation.engine.rows import Plan

from .copies import Edit, interpreted, reference_with
from .equality import assert_equal
from .strategies import GRIDS, Case, case, case_of

SEEDS = range(48)
SHUFFLES = range(2)
SHUFFLED = Edit(
    "        self.env = simpy.Environment()\n",
    "        self.env = simpy.Environment()\n"
    "        self.env._eid = tickets  # what SimPy orders events of one instant by\n",
)
EVERY_LIST = (
    Edit("            if self.touched or self.joined_now:\n", "            if True:\n"),
    Edit(
        "            while self.touched and (chosen := self._best(now)) is not None:\n",
        "            while (self.touched.update(self.asks), chosen := self._best(now))[1] is not None:\n",
    ),
)
EVERY_LIST_COMPILED = Edit(
    "                n_freed = 0\n                best = ",
    "                n_freed = 0\n"
    "                for ask in range(len(asks)):\n"
    "                    if asks[ask].n_waiting > 0 and not asks[ask].is_touched:\n"
    "                        asks[ask].is_touched = True\n"
    "                        touched[n_touched] = ask\n"
    "                        n_touched += 1\n"
    "                best = ",
)


def shuffled(seed: int, *edits: Edit) -> Engine:
    """The reference engine with everything due at one instant in a random order."""
    chance = random.Random(seed)

    def tickets() -> Iterator[tuple[float, int]]:
        number = 0
        while True:
            number += 1
            yield chance.random(), number

    return reference_with(SHUFFLED, *edits, tickets=tickets())


@pytest.mark.parametrize(
    "grid", [GRIDS[1], *(pytest.param(grid, marks=pytest.mark.slow) for grid in GRIDS[2:])]
)
def test_the_order_of_changes_within_an_instant_changes_nothing(grid: int) -> None:
    engines = [shuffled(seed) for seed in SHUFFLES]
    for seed in SEEDS[::3]:
        made = case(seed, grid)
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        for number, engine in enumerate(engines):
            assert_equal(
                run, engine(made.plan, made.columns, made.horizon), f"seed {seed}, shuffle {number}"
            )


def test_considering_every_list_at_every_instant_changes_nothing() -> None:
    engine = reference_with(*EVERY_LIST)
    for seed in SEEDS[1::2]:
        made = case(seed, GRIDS[1])
        run = reference.simulate(made.plan, made.columns, made.horizon)
        assert_equal(run, engine(made.plan, made.columns, made.horizon), f"seed {seed}")


def test_considering_every_list_at_every_instant_changes_nothing_in_the_compiled_engine() -> None:
    engine = interpreted(EVERY_LIST_COMPILED)
    for seed in SEEDS[1:48:20]:
        made = case(seed, GRIDS[1])
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        assert_equal(run, engine(made.plan, made.columns, made.horizon), f"seed {seed}")


def test_the_order_in_which_pools_and_steps_are_declared_changes_nothing() -> None:
    for seed in SEEDS:
        made = case(seed, GRIDS[1])
        other = backwards(made, seed, GRIDS[1])
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        turned = compiled.simulate(other.plan, other.columns, other.horizon)
        turned = replace(turned, journal=InOrder(renamed(turned.activities, other.plan, made.plan)))
        assert_equal(run, turned, f"seed {seed}")


def backwards(made: Case, seed: int, grid: int) -> Case:
    """The same department with its pools and its steps declared in the opposite order."""
    pools = dict(reversed(made.pathway.pools.items()))
    steps = dict(reversed(made.pathway.steps.items()))
    return case_of(replace(made.pathway, pools=pools, steps=steps), seed, grid)


def renamed(activities: Activities, of: Plan, to: Plan) -> Activities:
    """Activities with the numbers that pools and nodes have in another plan."""
    steps = np.array([to.nodes.index(name) for name in of.nodes], dtype=np.int16)
    pools = np.array([*(to.pools.index(name) for name in of.pools), -1], dtype=np.int16)
    return replace(activities, step=steps[activities.step], pool=pools[activities.pool])
