"""Rounds act on alarms, true or false, and not on the truth. Worked out by hand; one doctor, 10 minutes each."""

from dataclasses import replace

import pytest

from simulation.department.vocabulary import Pathway, Rounds, Step, Takes, Worsening
from simulation.engine.plan import bind, lower
from simulation.measures.patients_table import patients_table

from .small import ACUITY, NOTE, Person, Simulate, Story, department, draws_of, minutes, play

WORSENING = Worsening(
    minutes="worsening",
    arrivals=("walk_in",),
    becomes={"standard": "urgent", "minor": "standard"},
    **NOTE,
)
QUEUE = ((0, 10), (10, 20), (20, 30), (30, 40))


def clinic(*, active: bool = True, minutes_per_hour: float | None = None) -> Pathway:
    care = Takes(
        kind="takes",
        waiting_at=("consult",),
        minutes_per_hour=minutes_per_hour or 0,
        pool="nurse",
        **NOTE,
    )
    return department(
        {
            "consult": Step(
                asks=("doctor",),
                minutes=("consultation",),
                next="home",
                records={"seen_at": "started"},
            )
        },
        pools={"doctor": 1, "nurse": 2},
        durations={"consultation": minutes(10), "worsening": minutes(60)},
        worsening=WORSENING,
        rounds=Rounds(waiting_at=("consult",), every_minutes=5, active=active, **NOTE),
        triggers={} if minutes_per_hour is None else {"care": care},
    )


def in_order(story: Story) -> list[int]:
    spans = story.spans("consult")
    assert sorted(spans.values()) == list(QUEUE)  # the doctor is never idle
    return sorted(spans, key=lambda patient: spans[patient][0] or 0)


def test_a_false_alarm_takes_the_place_of_another(engine: Simulate) -> None:
    # 3 got no worse, but is raised 2 minutes after it came, at 5: it goes before 1 and 2, who wait 10 minutes longer.
    people = (Person(0), Person(1), Person(2), Person(3, alarm=2))
    story = play(engine, clinic(), *people)
    assert in_order(story) == [0, 3, 1, 2]
    assert story.run.notices.patient.tolist() == [3]


def test_an_alarm_for_nothing_can_pass_over_somebody_who_did_get_worse(engine: Simulate) -> None:
    # 1 (standard) gets worse and is missed; 3 is raised for nothing: the tool makes the sick wait.
    people = (Person(0), Person(1, worsens=1, alarm=None), Person(2), Person(3, alarm=2))
    assert in_order(play(engine, clinic(), *people)) == [0, 3, 1, 2]


def test_whoever_a_tool_misses_waits_as_if_nobody_looked(engine: Simulate) -> None:
    seen = (Person(0), Person(1), Person(2), Person(3, worsens=2))
    missed = (Person(0), Person(1), Person(2), Person(3, worsens=2, alarm=None))
    assert in_order(play(engine, clinic(), *seen)) == [0, 3, 1, 2]
    story, unwatched = play(engine, clinic(), *missed), play(engine, clinic(active=False), *seen)
    assert in_order(story) == [0, 1, 2, 3]
    assert story.activities == unwatched.activities
    assert len(story.run.notices) == len(unwatched.run.notices) == 0


def test_the_truth_and_what_was_acted_on_are_two_columns(engine: Simulate) -> None:
    people = (
        Person(0),
        Person(1, worsens=1, alarm=None),
        Person(2, worsens=9, alarm=3),
        Person(3, alarm=2),
    )
    made = clinic()
    plan, draws = lower(made), draws_of(made, people)
    table = patients_table(made, plan, draws, engine(plan, bind(plan, draws), 1440 * 1024))
    nan = float("nan")
    assert table["worsened_at"].tolist() == pytest.approx([nan, 2, 11, nan], nan_ok=True)
    assert table["noticed_at"].tolist() == pytest.approx([nan, nan, 5, 5], nan_ok=True)


@pytest.mark.parametrize(
    ("label", "looks", "expected"),
    [
        ("standard", False, [0, 1, 2]),  # the right label: 1 came before 2
        (
            "minor",
            False,
            [0, 2, 1],
        ),  # one level too low: 2 goes before it, and 1 waits 10 minutes longer
        (
            "minor",
            True,
            [0, 1, 2],
        ),  # got worse at 4, noticed at 5: standard now, and its place of minute 1 counts
    ],
)
def test_a_round_gives_back_the_place_that_a_low_label_took(
    label: str, looks: bool, expected: list[int], engine: Simulate
) -> None:
    label_of = {"label": "standard"}
    people = (
        Person(0, categories=label_of),
        Person(1, worsens=3, categories={"label": label}),
        Person(2, categories=label_of),
    )
    spans = play(engine, labelled(clinic(active=looks)), *people).spans("consult")
    assert sorted(spans, key=lambda patient: spans[patient][0] or 0) == expected


def labelled(made: Pathway) -> Pathway:
    """The door gives the attribute `label` and not the truth."""
    steps = {**made.steps, "door": replace(made.steps["door"], relabels="label")}
    return replace(made, steps=steps, attributes={**made.attributes, "label": ACUITY})


def test_rounds_that_are_off_and_care_of_no_minutes_are_as_if_not_described(
    engine: Simulate,
) -> None:
    people = (Person(0), Person(1), Person(2), Person(3, worsens=2))
    off = play(engine, clinic(active=False, minutes_per_hour=0), *people)
    without = play(engine, department_without_rounds(), *people)
    assert off.activities == without.activities
    assert len(off.run.changes.at) == 0
    plan = lower(clinic(active=False, minutes_per_hour=0))
    assert (plan.round_every, plan.round_steps, plan.triggers[0].steps) == (0, (), ())


def department_without_rounds() -> Pathway:
    return department(
        {
            "consult": Step(
                asks=("doctor",),
                minutes=("consultation",),
                next="home",
                records={"seen_at": "started"},
            )
        },
        pools={"doctor": 1, "nurse": 2},
        durations={"consultation": minutes(10), "worsening": minutes(60)},
        worsening=WORSENING,
    )
