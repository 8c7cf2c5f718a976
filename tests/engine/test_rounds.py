"""Getting worse while waiting, and the rounds that notice it. Worked out by hand; one doctor, 10 minutes each."""

from typing import Any

import pytest

from simulation.department.vocabulary import Pathway, Rounds, Step, Takes, Worsening
from simulation.engine.plan import bind, lower
from simulation.measures.patients_table import patients_table

from .small import NOTE, Person, Simulate, Story, department, draws_of, minutes, play

WORSENING = Worsening(
    minutes="worsening",
    arrivals=("walk_in",),
    becomes={"standard": "urgent", "minor": "standard"},
    **NOTE,
)


def clinic(every: float | None = 5, **more: Any) -> Pathway:
    rounds = None if every is None else Rounds(waiting_at=("consult",), every_minutes=every, **NOTE)
    steps = {
        "consult": Step(asks=("doctor",), minutes=("consultation",), may_leave=True, next="home")
    }
    return department(
        steps,
        pools={"doctor": 1, "nurse": 2},
        durations={"consultation": minutes(10), "worsening": minutes(60)},
        worsening=WORSENING,
        rounds=rounds,
        **more,
    )


def noticed(story: Story) -> list[tuple[float, int]]:
    notices = story.run.notices
    return list(zip((notices.at / 1024).tolist(), notices.patient.tolist(), strict=True))


def test_whoever_got_worse_is_ranked_again_at_the_next_round_and_keeps_its_place(
    engine: Simulate,
) -> None:
    # 2 and 3 are standard; 3, of 3, gets worse at 6 and is noticed at 10, when the doctor is free: it goes first.
    people = (Person(0), Person(1), Person(2), Person(3, worsens=3))
    story = play(engine, clinic(), *people)
    assert noticed(story) == [(10, 3)]
    assert story.spans("consult") == {0: (0, 10), 3: (10, 20), 1: (20, 30), 2: (30, 40)}
    assert story.of("consult", 3).joined_at == 3


def test_unnoticed_nothing_follows_from_getting_worse(engine: Simulate) -> None:
    people = (Person(0), Person(1), Person(2), Person(3, worsens=3))
    for without in (clinic(None), clinic(7 * 60)):
        story = play(engine, without, *people)
        assert noticed(story) == []
        assert story.spans("consult") == {0: (0, 10), 1: (10, 20), 2: (20, 30), 3: (30, 40)}


def test_rounds_that_find_nobody_worse_change_nothing(engine: Simulate) -> None:
    people = [
        Person(at, acuity)
        for at, acuity in ((0, "minor"), (1, "minor"), (2, "urgent"), (3, "standard"))
    ]
    assert (
        play(engine, clinic(), *people).activities == play(engine, clinic(None), *people).activities
    )


def test_a_round_sees_who_got_worse_by_now_and_who_joined_before_now(engine: Simulate) -> None:
    # At 10: 1 gets worse at 10 and is noticed; 2 has been worse since 10 but joins at 10, and is noticed at 15;
    # 3 is noticed at 15 as well, a minute after it got worse.
    busy = {"consultation": 60.0}
    people = (
        Person(0, minutes=busy),
        Person(2, worsens=8),
        Person(10, worsens=0),
        Person(4, worsens=10),
    )
    assert noticed(play(engine, clinic(), *people)) == [(10, 1), (15, 2), (15, 3)]


def test_somebody_is_noticed_once_and_by_one_class(engine: Simulate) -> None:
    busy = {"consultation": 60.0}
    story = play(
        engine,
        clinic(),
        Person(0, minutes=busy),
        Person(1, "minor", worsens=1),
        Person(2, "minor"),
        Person(40),
    )
    assert noticed(story) == [(5, 1)]
    # standard now, and before the other who is standard because it joined earlier
    assert story.spans("consult") == {0: (0, 60), 1: (60, 70), 3: (70, 80), 2: (80, 90)}


def test_whoever_leaves_at_a_round_is_not_noticed(engine: Simulate) -> None:
    busy = {"consultation": 60.0}
    leaving = clinic(patience="gone")
    people = (
        Person(0, minutes=busy),
        Person(1, worsens=1, patience=9),
        Person(1, worsens=9, patience=10),
    )
    assert noticed(play(engine, leaving, *people)) == [(5, 1), (10, 2)]
    people = (Person(0, minutes=busy), Person(1, worsens=5, patience=9))
    assert noticed(play(engine, leaving, *people)) == []


def test_those_who_are_treated_are_not_looked_at(engine: Simulate) -> None:
    assert noticed(play(engine, clinic(), Person(0, worsens=2))) == []


def test_what_rounds_cost_is_said_by_a_trigger_that_takes(engine: Simulate) -> None:
    care = Takes(
        kind="takes", waiting_at=("consult",), minutes_per_hour=30, pool="nurse", leaves=0, **NOTE
    )
    busy = {"consultation": 600.0}
    people = (Person(0, minutes=busy), Person(1), Person(2, worsens=3))
    story = play(engine, clinic(triggers={"rounds": care}), *people, until=100)
    assert story.run.changes.units.tolist() == [1]  # two wait at 60 for half an hour each an hour
    assert noticed(story) == [(5, 2)]


def test_the_table_of_patients_says_who_got_worse_while_here_and_when_it_was_noticed(
    engine: Simulate,
) -> None:
    # 0 would have got worse after it had gone; 1 is noticed; 2 gets worse while it is treated.
    people = (Person(0, worsens=10), Person(1, worsens=2), Person(2, worsens=25), Person(3))
    made = clinic()
    plan, draws = lower(made), draws_of(made, people)
    table = patients_table(made, plan, draws, engine(plan, bind(plan, draws), 1440 * 1024))
    assert table["worsened_at"].tolist() == pytest.approx(
        [float("nan"), 3, 27, float("nan")], nan_ok=True
    )
    assert table["noticed_at"].tolist() == pytest.approx(
        [float("nan"), 5, *[float("nan")] * 2], nan_ok=True
    )
