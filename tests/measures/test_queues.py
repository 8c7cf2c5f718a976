"""The order of a queue at an instant, from the activities: the order that the reference engine holds then."""

import random
from typing import Any

import numpy as np
import pytest

from simulation.config import load
from simulation.engine import reference
from simulation.engine.contract import Run
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Plan
from simulation.measures.queues import Queues
from simulation.patients import draw_run
from simulation.triage.apply import apply
from simulation.units import DAY, TICKS_PER_MINUTE
from tests.engine.strategies import GRIDS, case

Held = dict[int, list[tuple[int, int]]]
"""By tick, who waits at which step (patient and node), whom the engine would choose first first."""


class Watched(reference._Department):
    """The reference engine, asked by its own rule whom it would choose, one after another, were everything free."""

    ticks: tuple[int, ...] = ()
    held: Held

    def run(self, horizon: int) -> Run:
        peek = self.env.peek

        def watched() -> Any:
            due = peek()
            if due > self.now:  # at rest, or before C: what is noted last, at rest, stays
                for tick in self.ticks:
                    if self.now <= tick < min(due, horizon):
                        self.held[tick] = self.in_order(tick)
            return due

        self.env.peek = watched  # type: ignore[method-assign]
        return super().run(horizon)

    def in_order(self, tick: int) -> list[tuple[int, int]]:
        queues = [(queue, list(queue)) for ask in self.asks for queue in ask.queues.values()]
        touched, self.touched, order = self.touched, set(self.asks), []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reference._Ask, "can_start", lambda ask: True)
            while (chosen := self._best(tick)) is not None:
                patient = chosen[1].pop(0)[2]
                order.append((patient.number, patient.record[1]))
        for queue, before in queues:
            queue[:] = before
        self.touched = touched
        return order


def held_by_the_engine(
    plan: Plan, columns: Columns, horizon: int, ticks: tuple[int, ...]
) -> tuple[Run, Held]:
    """A run of the reference engine, and what it held at these ticks."""
    held: Held = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            reference, "_Department", type("Watching", (Watched,), {"ticks": ticks, "held": held})
        )
        return reference.simulate(plan, columns, horizon), held


def ordered(queues: Queues, tick: int) -> list[tuple[int, int]]:
    activities, rows = queues.run.activities, queues.waiting(tick)
    return list(zip(activities.patient[rows].tolist(), activities.step[rows].tolist(), strict=True))


@pytest.mark.parametrize(
    "grid", [GRIDS[1], *(pytest.param(grid, marks=pytest.mark.slow) for grid in GRIDS[::2])]
)
def test_in_random_departments_the_order_is_the_one_that_the_reference_engine_holds(
    grid: int,
) -> None:
    n_waiting, rules = [], set()
    for seed in range(24):
        plan, columns, horizon = case(seed, grid)[1:]
        chance = random.Random(seed)
        ticks = tuple(chance.randrange(horizon // grid) * grid for _ in range(20))
        run, held = held_by_the_engine(plan, columns, horizon, ticks)
        for tick in ticks:
            assert ordered(Queues(plan, columns, run), tick) == held[tick], (
                f"seed {seed}, tick {tick}"
            )
        n_waiting += [len(order) for order in held.values()]
        rules |= {
            ("accumulating", plan.accumulating), ("pull", plan.pull is not None),
            ("noticed", len(run.notices) > 0), ("ignored", bool(plan.ignored_columns)),
        }  # fmt: skip
    assert len(rules) == 8, "with and without each rule"
    assert np.mean(np.array(n_waiting) >= 5) > 0.2, "too few wait for an order to mean much"


@pytest.mark.parametrize(
    "arm", ["nurse", pytest.param("ai_label_measured_under", marks=pytest.mark.slow)]
)
def test_in_the_typical_department_the_order_is_the_one_that_the_reference_engine_holds(
    arm: str,
) -> None:
    study = load("ensemble=none", "run.warm_up_days=0")
    ready = study.arm(arm)
    plan = lower(ready.pathway)
    columns = bind(
        plan, apply(ready.policy, ready.pathway, draw_run(ready.pathway, study.run.drawn(0, 2)))
    )
    chance = random.Random(1)
    ticks = tuple(chance.randrange(2 * DAY) for _ in range(100))
    run, held = held_by_the_engine(plan, columns, 2 * DAY, ticks)
    assert {tick: ordered(Queues(plan, columns, run), tick) for tick in ticks} == held
    assert np.median([len(order) for order in held.values()]) >= 20


def test_the_table_numbers_the_places_of_each_queue_from_one_in_that_order() -> None:
    plan, columns, horizon = case(8, GRIDS[1])[1:]
    queues = Queues(plan, columns, reference.simulate(plan, columns, horizon))
    tick = max(range(0, horizon, DAY // 24), key=lambda tick: len(queues.waiting(tick)))
    table = queues.table(tick).frame()
    assert list(
        zip(table["patient"], [plan.row(name) for name in table["step"]], strict=True)
    ) == ordered(queues, tick)
    assert len(table) >= 5
    for _, queue in table.groupby("step", observed=True):
        assert list(queue["place"]) == list(range(1, len(queue) + 1))
    assert np.allclose(table["joined_at"] + table["waited"], tick / TICKS_PER_MINUTE)
