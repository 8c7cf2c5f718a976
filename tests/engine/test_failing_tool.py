"""A triage tool that fails, on one nurse: the tool takes her 4 minutes, without it she takes 10, late it takes 2 more.

The route is that of the default department: she is taken first, then it is seen whether the tool works.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.durations import Exponential
from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    ArrivalSource,
    Branch,
    ByAttribute,
    ByOutage,
    ByQueue,
    Given,
    Outage,
    Pathway,
    Step,
)
from simulation.engine.contract import Run
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Outcome
from simulation.measures.patients_table import patients_table
from simulation.patients import Draws, draw
from simulation.units import DAY, TICKS_PER_MINUTE

from .small import NOTE, Person, Simulate, department, draws_of, minutes
from .test_outages import share, stated

NEVER = stated()
PLACES = ("urgent", "standard", "minor")


def desk(down: Outage, degraded: Outage = NEVER, *, busy: int = 99, **more: Any) -> Pathway:
    """Triage with a tool that can fail by one nurse, and nothing after it."""
    with_nurse = Step(minutes=("talk",), releases_at_end=("nurse",), next="stayed_up")
    steps = {
        "with_tool": Step(asks=("nurse",), keeps=("nurse",), ranks_as="standard", next="up"),
        "late": Step(minutes=("late",), next="still_up"),
        "by_tool": replace(with_nurse, relabels=ACUITY_GIVEN),
        "by_degraded_tool": replace(
            with_nurse, minutes_by="degraded_tool", relabels=ACUITY_BY_DEGRADED_TOOL
        ),
        "without_tool": replace(
            with_nurse, minutes_by="nurse", relabels=ACUITY_BY_NURSE, next="home"
        ),
        "again": Step(
            asks=("nurse",),
            minutes=("talk",),
            minutes_by="nurse",
            relabels=ACUITY_BY_NURSE,
            ranks_as="urgent",
            next="home",
        ),
        "triage": Step(
            asks=("nurse",),
            minutes=("talk",),
            ranks_as="standard",
            relabels=ACUITY_GIVEN,
            next="home",
        ),
    }
    branches: dict[str, Branch] = {
        "desk": ByAttribute(
            kind="attribute",
            attribute="tool_can_fail",
            cases={"yes": "with_tool"},
            otherwise="triage",
        ),
        "up": ByOutage(kind="down", outage="tool", then="without_tool", otherwise="busy", **NOTE),
        "busy": ByQueue(
            kind="queue",
            waiting_at=("with_tool",),
            at_least=busy,
            then="late",
            otherwise="worse",
            **NOTE,
        ),
        "still_up": ByOutage(
            kind="down",
            outage="tool",
            since_start=True,
            then="without_tool",
            otherwise="worse",
            **NOTE,
        ),
        "worse": ByOutage(
            kind="down", outage="degraded", then="by_degraded_tool", otherwise="by_tool", **NOTE
        ),
        "stayed_up": ByOutage(
            kind="down", outage="tool", since_start=True, then="again", otherwise="home", **NOTE
        ),
    }
    label = Given(kind="given", like="acuity_true", **NOTE)
    made = department(
        steps,
        pools={"nurse": 1},
        durations={"talk": minutes(4), "late": minutes(2)},
        attributes={
            "acuity_given": label,
            "acuity_by_nurse": label,
            "acuity_by_degraded_tool": label,
            "tool_can_fail": Given(kind="given", categories=("no", "yes"), **NOTE),
        },
        branches=branches,
        outages={"tool": down, "degraded": degraded},
        **more,
    )
    return replace(made, steps={**made.steps, "door": Step(next="desk")})


def run(
    engine: Simulate, made: Pathway, draws: Draws, until: int = DAY
) -> tuple[dict[str, dict[int, tuple[float, float]]], Run]:
    """By step, from when to when each patient was at it, and the run; steps of no time left out."""
    plan = lower(made)
    found = engine(plan, bind(plan, draws), until)
    table = found.activities
    spans: dict[str, dict[int, tuple[float, float]]] = {}
    for k in range(len(table)):
        if table.ended_at[k] > table.started_at[k] >= 0:
            at = (table.started_at[k] / TICKS_PER_MINUTE, table.ended_at[k] / TICKS_PER_MINUTE)
            spans.setdefault(plan.nodes[table.step[k]], {})[int(table.patient[k])] = at
    return spans, found


def drawn_at(made: Pathway, *at: float, can_fail: str = "yes") -> Draws:
    """People who come at these minutes; the tool says urgent, the nurse standard, the broken tool minor."""
    output = {
        "acuity_given": "urgent",
        "acuity_by_nurse": "standard",
        "acuity_by_degraded_tool": "minor",
    }
    people = tuple(Person(each, categories={**output, "tool_can_fail": can_fail}) for each in at)
    draws = draws_of(made, people)
    return draws.with_columns(
        minutes={
            "talk:nurse": np.full((1, len(at)), 10.0),
            "talk:degraded_tool": np.full((1, len(at)), 5.0),
        }
    )


def test_a_triage_under_way_as_the_tool_fails_is_completed_and_the_nurse_triages_again_before_the_next(
    engine: Simulate,
) -> None:
    # Down from 10 to 11. 0 is with the tool from 8 to 12 and then again with the nurse, for her 10 minutes; 1 waits
    # since 9, and finds the tool up again at 22.
    made = desk(stated((10, 11)))
    spans, _ = run(engine, made, drawn_at(made, 8, 9))
    assert spans == {"by_tool": {0: (8, 12), 1: (22, 26)}, "again": {0: (12, 22)}}


def test_whether_the_tool_works_is_seen_as_triage_starts_and_not_as_somebody_joins_the_queue(
    engine: Simulate,
) -> None:
    # Down from 10 to 30. 0 is done before; 1 is under way as it fails; 2 has waited since 7 and starts at 23, while it
    # is down; 3 starts at 33 and finds it up.
    made = desk(stated((10, 30)))
    spans, _ = run(engine, made, drawn_at(made, 5, 6, 7, 8))
    assert spans == {
        "by_tool": {0: (5, 9), 1: (9, 13), 3: (33, 37)},
        "again": {1: (13, 23)},
        "without_tool": {2: (23, 33)},
    }


def test_an_answer_is_late_while_so_many_wait_for_it(engine: Simulate) -> None:
    # Late where two or more wait just before. At 0 nobody does; at 4 three do (1, 2, 3); at 10 two (2, 3); at 16 one.
    made = desk(NEVER, busy=2)
    spans, _ = run(engine, made, drawn_at(made, 0, 1, 2, 3))
    assert spans == {
        "late": {1: (4, 6), 2: (10, 12)},
        "by_tool": {0: (0, 4), 1: (6, 10), 2: (12, 16), 3: (16, 20)},
    }


def test_a_tool_that_fails_while_its_answer_is_waited_for_leaves_it_to_the_nurse(
    engine: Simulate,
) -> None:
    made = desk(stated((5, 5.5)), busy=1)
    spans, _ = run(engine, made, drawn_at(made, 0, 1))
    assert spans["late"] == {1: (4, 6)}
    assert spans["without_tool"] == {1: (6, 16)}


def test_whoever_cannot_meet_the_tool_does_not_notice_that_it_is_down(engine: Simulate) -> None:
    made = desk(stated((0, 1000)), stated((0, 1000)), busy=0)
    spans, _ = run(engine, made, drawn_at(made, 0, 1, can_fail="no"))
    assert spans == {"triage": {0: (0, 4), 1: (4, 8)}}


def test_the_label_in_the_table_is_the_last_that_triage_came_to(engine: Simulate) -> None:
    # 0 with the tool, 1 with the tool while it answers worse (5 minutes), 2 while it is down, 3 as it fails.
    made = desk(stated((50, 60), (72, 73)), stated((20, 30)))
    draws = drawn_at(made, 0, 20, 55, 70)
    spans, found = run(engine, made, draws)
    assert spans["by_degraded_tool"] == {1: (20, 25)}
    labels = patients_table(made, lower(made), draws, found)[ACUITY_GIVEN]
    assert [PLACES[code] for code in labels] == ["urgent", "minor", "standard", "standard"]


# --- many patients -------------------------------------------------------------------------------------------


def crowd(outage: Outage, degraded: Outage = NEVER, *, days: int = 5) -> tuple[Pathway, Draws]:
    """A hundred and forty a day who can meet the tool, and what they bring."""
    made = replace(
        desk(outage, degraded),
        arrivals={"walk_in": ArrivalSource(starts="door", per_day=140, **NOTE)},
        durations={
            "talk": Exponential(kind="exponential", mean=3, **NOTE),
            "late": minutes(2),
        },
    )
    draws = draw(made, seed=7, replication=0, days=days)
    n = len(draws)
    attributes = {
        "tool_can_fail": np.ones(n, np.int16),
        "acuity_by_degraded_tool": np.asarray(draws.attributes["acuity_true"][::-1]),
    }
    talk = draws.minutes["talk"]
    return made, draws.with_columns(
        attributes=attributes, minutes={"talk:nurse": 2 * talk, "talk:degraded_tool": talk + 1}
    )


def starts_and_ends(found: Run, n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """When each patient's triage began and when the last of it ended, shape (2, n)."""
    table = found.activities
    at = np.full((2, n), -1)
    for k in range(len(table)):
        who = table.patient[k]
        if table.ended_at[k] >= 0:
            at[1, who] = max(at[1, who], table.ended_at[k])
        if table.started_at[k] > 0 and table.step[k] != 0:
            at[0, who] = (
                table.started_at[k] if at[0, who] < 0 else min(at[0, who], table.started_at[k])
            )
    return at


@pytest.mark.parametrize("worker", ["policy", "nurse", "degraded_tool"])
def test_a_tool_that_is_never_or_always_down_or_always_worse_is_another_triage_to_the_tick(
    engine: Simulate, worker: Any
) -> None:
    always, over = share(1), stated((9 * 1440, 9 * 1440 + 1))
    down, degraded = {
        "policy": (over, over),
        "nurse": (always, NEVER),
        "degraded_tool": (over, always),
    }[worker]
    made, draws = crowd(down, degraded, days=2)
    _, failing = run(engine, made, draws, 3 * DAY)
    plainly = replace(
        made, steps={**made.steps, "triage": replace(made.steps["triage"], minutes_by=worker)}
    )
    simple = draws.with_columns(attributes={"tool_can_fail": np.zeros(len(draws), np.int16)})
    _, plain = run(engine, plainly, simple, 3 * DAY)
    assert np.array_equal(starts_and_ends(failing, len(draws)), starts_and_ends(plain, len(draws)))


def test_everybody_in_the_building_as_the_tool_fails_is_accounted_for(engine: Simulate) -> None:
    made, draws = crowd(share(0.3), share(0.3))
    _, found = run(engine, made, draws, 7 * DAY)
    table, plan = found.activities, lower(made)
    last = np.flatnonzero(np.append(np.diff(table.patient) != 0, True))
    assert np.array_equal(
        table.patient[last], np.arange(len(draws))
    )  # everybody is there, and reached the end
    assert np.all(table.step[last] == plan.row("home"))
    assert np.all(table.outcome == Outcome.DONE)
    counts = {name: int((table.step == plan.row(name)).sum()) for name in made.steps}
    tried = counts["by_tool"] + counts["by_degraded_tool"]
    assert tried + counts["without_tool"] == len(draws) == counts["with_tool"]
    assert (
        min(counts[name] for name in ("by_tool", "by_degraded_tool", "without_tool", "again")) > 5
    )
    spans = draws.outages["tool"]
    for k in np.flatnonzero(
        np.isin(table.step, [plan.row("by_tool"), plan.row("by_degraded_tool")])
    ):
        failed = bool(
            np.any((spans[:, 0] <= table.ended_at[k]) & (spans[:, 1] > table.started_at[k]))
        )
        assert (table.step[k + 1] == plan.row("again")) == failed
