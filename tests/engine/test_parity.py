"""Two engines, one table: on random departments, on coarse grids first, because a fine grid hides faults of order.

`test_scale` does the same on many more, and on the default department; `test_mutations` shows that it would tell.
"""

import random
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.department.vocabulary import Step
from simulation.engine import compiled, reference
from simulation.engine.rows import Outcome, paced_end
from simulation.errors import PlanError
from simulation.units import WEEK
from tests.held import Hold

from .equality import assert_equal
from .every_word import every_word_case
from .small import Person, department, minutes, play
from .strategies import GRIDS, case, case_of, pathway

SEEDS = range(32)


@pytest.mark.parametrize("grid", GRIDS[::-1])
def test_both_engines_make_the_same_table_of_random_departments(grid: int) -> None:
    seen = np.zeros(len(Outcome), dtype=int)
    for seed in SEEDS:
        made = case(seed, grid)
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        assert_equal(run, reference.simulate(made.plan, made.columns, made.horizon), f"seed {seed}")
        seen += np.bincount(run.activities.outcome, minlength=len(Outcome))
    assert seen.min() > 60, f"the departments exercise too little: {seen}"


def test_both_engines_make_the_same_table_of_departments_that_use_every_word_together() -> None:
    for seed in range(24):
        made = every_word_case(seed, GRIDS[seed % 3])
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        assert_equal(run, reference.simulate(made.plan, made.columns, made.horizon), f"seed {seed}")


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    chance=st.randoms(use_true_random=False), seed=st.integers(0, 7), grid=st.sampled_from(GRIDS)
)
def test_both_engines_make_the_same_table_of_the_smallest_departments(
    chance: random.Random, seed: int, grid: int
) -> None:
    made = case_of(pathway(chance), seed, grid)
    assert_equal(
        compiled.simulate(made.plan, made.columns, made.horizon),
        reference.simulate(made.plan, made.columns, made.horizon),
        "hypothesis",
    )


def test_a_table_that_was_too_small_at_first_comes_out_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = case(5, GRIDS[1])
    run = compiled.simulate(made.plan, made.columns, made.horizon)
    monkeypatch.setattr(compiled, "ROWS_A_PATIENT", 0)
    monkeypatch.setattr(compiled, "SPARE_ROWS", 1)
    monkeypatch.setattr(compiled, "UNITS_HELD", 1)
    assert_equal(run, compiled.simulate(made.plan, made.columns, made.horizon), "small")


def test_what_the_compiled_engine_cannot_hold_it_refuses_by_name(hold: Hold) -> None:
    made = case(5, GRIDS[1])
    with hold.refusal(PlanError, match="horizon"):
        compiled.simulate(made.plan, made.columns, 2**40)
    with pytest.raises(PlanError, match="pools"):
        compiled.simulate(replace(made.plan, pools=("pool",) * 5000), made.columns, made.horizon)


def test_a_hundred_and_fifty_pools_held_at_once_are_not_too_many() -> None:
    names = [f"pool_{k}" for k in range(150)]
    steps = {
        name: Step(asks=(name,), keeps=(name,), minutes=("work",), next=then)
        for name, then in zip(names, [*names[1:], "home"], strict=True)
    }
    corridor = department(steps, pools=dict.fromkeys(names, 1), durations={"work": minutes(1)})
    people = (Person(0), Person(0), Person(100))
    first, second = (
        play(each, corridor, *people) for each in (reference.simulate, compiled.simulate)
    )
    assert_equal(first.run, second.run, "many")
    assert first.spans("pool_149") == {0: (149, 150), 1: (299, 300), 2: (449, 450)}


def test_a_paced_end_is_the_same_compiled_and_not() -> None:
    chance, quick = random.Random(1), numba.njit(error_model="numpy")(paced_end)
    for _ in range(200):
        pace = np.cumsum([0, *(chance.randint(0, 3) * 61_440_000 for _ in range(167)), 61_440_000])
        now, work = chance.randrange(3 * WEEK), chance.randrange(2**31)
        assert quick(now, work, pace) == paced_end(now, work, [int(total) for total in pace])
