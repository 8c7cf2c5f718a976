"""What an outage does: a tool that is down, on a department of one nurse, one tool and a clock."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.durations import Exponential
from simulation.department.vocabulary import (
    ArrivalSource,
    Branch,
    ByOutage,
    Outage,
    Pathway,
    RandomOutages,
    ShareOfTime,
    Span,
    StatedOutages,
    Step,
)
from simulation.engine import compiled, reference
from simulation.engine.contract import Run
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Outcome
from simulation.patients import draw
from simulation.units import DAY

from .equality import n_differing
from .small import NOTE, Person, Simulate, department, minutes, play
from .strategies import pathway

DURATIONS = {"nurse_triage": minutes(10), "tool_triage": minutes(4)}


def stated(*spans: tuple[float, float]) -> Outage:
    made = tuple(Span(starts_at_minutes=start, ends_at_minutes=end) for start, end in spans)
    return StatedOutages(kind="stated", spans=made, **NOTE)


def share(of_time: float) -> Outage:
    return ShareOfTime(kind="share", share=of_time, mean_down_minutes=30, **NOTE)


def clinic(outage: Outage | None, *, falls_back: bool = False, **more: Any) -> Pathway:
    """Triage by a tool of which there are two, or while it is down by the one nurse; `outage` None: no branch.

    `falls_back`: whoever was at the tool as it failed goes on to the nurse.
    """
    steps = {
        "tool": Step(
            asks=("tool",), minutes=("tool_triage",), next="failed" if falls_back else "home"
        ),
        "nurse": Step(asks=("nurse",), minutes=("nurse_triage",), next="home"),
    }
    branches: dict[str, Branch] = {}
    if outage is not None:
        branches["down"] = ByOutage(
            kind="down", outage="tool", then="nurse", otherwise="tool", **NOTE
        )
    if falls_back:
        branches["failed"] = ByOutage(
            kind="down", outage="tool", since_start=True, then="nurse", otherwise="home", **NOTE
        )
    made = department(
        steps,
        pools={"nurse": 1, "tool": 2},
        durations=DURATIONS,
        branches=branches,
        outages={"tool": outage} if outage is not None else {},
        **more,
    )
    door = Step(relabels="acuity_true", next="down" if outage is not None else "tool")
    return replace(made, steps={**made.steps, "door": door})


def test_a_tool_is_down_from_the_start_of_an_outage_until_before_its_end(engine: Simulate) -> None:
    people = [Person(at) for at in (9, 10, 29, 30)]
    story = play(engine, clinic(stated((10, 30))), *people)
    assert [story.route(k)[0] for k in range(4)] == ["tool", "nurse", "nurse", "tool"]
    assert story.spans("nurse") == {1: (10, 20), 2: (29, 39)}


def test_whoever_is_at_the_tool_as_it_fails_finishes_and_is_seen_by_the_nurse(
    engine: Simulate,
) -> None:
    # The tool fails at 10 for one minute. 0 is done before; 1 (6 to 10) ends as it fails; 2 (7 to 11) has it fail
    # and come back under way; 3 comes while it is down; 4 comes as it is back.
    people = [Person(at) for at in (5, 6, 7, 10, 11)]
    story = play(engine, clinic(stated((10, 11)), falls_back=True), *people)
    assert story.spans("tool") == {0: (5, 9), 1: (6, 10), 2: (9, 13), 4: (11, 15)}
    assert story.spans("nurse") == {1: (10, 20), 3: (20, 30), 2: (30, 40)}
    assert story.route(0) == ["tool", "home"]
    assert story.route(4) == ["tool", "home"]


def test_whoever_has_started_nothing_reads_now(engine: Simulate) -> None:
    made = clinic(stated((10, 30)), falls_back=True)
    straight = replace(
        made, arrivals={"walk_in": ArrivalSource(starts="failed", per_day=1, **NOTE)}
    )
    story = play(engine, straight, Person(5), Person(10), Person(30))
    assert [
        next(each.step for each in story.activities if each.patient == k) for k in range(3)
    ] == [
        "home",
        "nurse",
        "home",
    ]


def test_a_wait_left_before_its_start_is_no_start(engine: Simulate) -> None:
    # The only tool is busy until 60; its queue is left at 40, after the outage of 10 to 20.
    made = clinic(stated((10, 20)), falls_back=True, patience="failed")
    door = Step(relabels="acuity_true", next="tool")
    impatient = replace(made.steps["tool"], asks=("tool",), may_leave=True)
    one = replace(made, steps={**made.steps, "door": door, "tool": impatient})
    busy = {"tool_triage": 60.0}
    people = (Person(0, minutes=busy), Person(0, minutes=busy), Person(5, patience=35))
    assert play(engine, one, *people).route(2) == ["tool", "home"]


@pytest.mark.parametrize("falls_back", [False, True])
def test_a_share_of_0_is_no_outage_and_a_share_of_1_no_tool(
    engine: Simulate, falls_back: bool
) -> None:
    people = [Person(at) for at in (0, 1, 2, 50, 300.5)]
    never, always = (play(engine, clinic(share(s), falls_back=falls_back), *people) for s in (0, 1))
    no_outage = play(engine, clinic(None), *people)
    assert never.activities == no_outage.activities
    by_nurse = clinic(None)
    by_nurse = replace(
        by_nurse, steps={**by_nurse.steps, "door": Step(relabels="acuity_true", next="nurse")}
    )
    assert always.activities == play(engine, by_nurse, *people).activities


@pytest.mark.slow
@pytest.mark.parametrize("simulate", [reference.simulate, compiled.simulate])
@pytest.mark.parametrize("to", ["then", "otherwise"])
def test_a_random_department_with_shares_of_0_or_1_is_the_one_without_branches_on_outages(
    simulate: Simulate, to: str
) -> None:
    n_branches = 0
    for seed in range(100):
        made = pathway(random.Random(seed))
        pools = {
            name: replace(pool, closed_while=None, closes=None) for name, pool in made.pools.items()
        }
        made = replace(made, pools=pools)
        outages = dict.fromkeys(made.outages, share(1 if to == "then" else 0))
        fixed = replace(made, outages=outages)
        around = {
            name: replace(each, **{"then": getattr(each, to), "otherwise": getattr(each, to)})
            for name, each in made.branches.items()
            if isinstance(each, ByOutage)
        }
        n_branches += len(around)
        assert (
            n_differing(
                run(simulate, fixed),
                run(simulate, replace(made, branches={**made.branches, **around})),
            )
            == 0
        )
    assert n_branches > 20


def run(simulate: Simulate, made: Pathway) -> Run:
    plan = lower(made)
    return simulate(plan, bind(plan, draw(made, seed=1, replication=0, days=1)), DAY)


def test_nobody_in_the_building_is_lost_when_the_tool_fails(engine: Simulate) -> None:
    outage = RandomOutages(kind="random", mean_up_minutes=60, mean_down_minutes=30, **NOTE)
    busy = replace(
        clinic(outage, falls_back=True),
        arrivals={"walk_in": ArrivalSource(starts="door", per_day=200, **NOTE)},
        durations={
            "nurse_triage": Exponential(kind="exponential", mean=3, **NOTE),
            "tool_triage": Exponential(kind="exponential", mean=8, **NOTE),
        },
    )
    plan, draws = lower(busy), draw(busy, seed=4, replication=0, days=3)
    table = engine(plan, bind(plan, draws), 4 * DAY).activities
    (spans,) = (draws.outages[name] for name in plan.outages)
    last = np.flatnonzero(np.append(np.diff(table.patient) != 0, True))
    assert np.array_equal(
        table.patient[last], np.arange(len(draws))
    )  # everybody is there, and reached the end
    assert np.all(table.step[last] == plan.row("home"))
    assert np.all(table.outcome == Outcome.DONE)
    at_tool = table.step == plan.row("tool")
    failed = np.array(
        [
            bool(np.any((spans[:, 0] <= end) & (spans[:, 1] > start)))
            for start, end in zip(table.started_at[at_tool], table.ended_at[at_tool], strict=True)
        ]
    )
    then = table.step[np.flatnonzero(at_tool) + 1]
    assert np.array_equal(then == plan.row("nurse"), failed)
    assert failed.sum() > 30
    assert (~failed).sum() > 100
