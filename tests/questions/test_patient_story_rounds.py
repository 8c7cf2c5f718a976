"""What a story says of getting worse, of rounds and of false alarms. One doctor, 10 minutes each; rounds every 5."""

import pytest

from simulation.department.vocabulary import End, Pathway, Rounds, Step, Worsening
from simulation.engine.plan import bind, lower
from simulation.engine.reference import simulate
from simulation.measures.patients_table import patients_table
from simulation.questions.what_happened.patient_story import story
from simulation.study.simulate import Simulated
from tests.engine.small import NOTE, Person, department, draws_of, minutes
from tests.held import Hold


def clinic() -> Pathway:
    consult = Step(
        asks=("doctor",), minutes=("consultation",), next="home", records={"seen_at": "started"}
    )
    return department(
        {"consult": consult},
        pools={"doctor": 1},
        durations={"consultation": minutes(10), "worsening": minutes(60)},
        worsening=Worsening(
            minutes="worsening", arrivals=("walk_in",), becomes={"standard": "urgent"}, **NOTE
        ),
        rounds=Rounds(waiting_at=("consult",), every_minutes=5, **NOTE),
        ends={
            "home": End(outcome="discharged", records=("departed_at",)),
            "gone": End(outcome="left"),
        },
    )


def told(*people: Person, of: int) -> list[str]:
    made = clinic()
    plan, draws = lower(made), draws_of(made, people)
    run = simulate(plan, bind(plan, draws), 1440 * 1024)
    simulated = Simulated(plan, draws, run, patients_table(made, plan, draws, run))
    return [line.strip() for line in story({"nurse": simulated}, of).splitlines()]


def test_the_story_of_a_noticed_patient_shows_the_new_rank(hold: Hold) -> None:
    lines = told(Person(0), Person(1), Person(2), Person(3, worsens=4), of=3)
    hold(lines, "00:07  got worse while")
    hold(lines, "00:10  noticed, 3 min after getting")
    assert lines.index("00:03  waited 7 min for consult, which took 10 min") < lines.index(
        "00:07  got worse while waiting"
    )


def test_the_story_of_a_missed_patient_shows_getting_worse_unnoticed(hold: Hold) -> None:
    hold(
        told(Person(0), Person(1), Person(2), Person(3, worsens=4, alarm=None), of=3),
        "00:07  got worse while",
    )


def test_the_story_calls_a_false_alarm_one(hold: Hold) -> None:
    lines = told(Person(0), Person(1), Person(2), Person(3, alarm=4), of=3)
    hold(lines, "00:10  raised")


@pytest.mark.parametrize("worsens", [None, 20])
def test_the_story_has_no_alarm_without_getting_worse_or_under_treatment(
    worsens: float | None,
) -> None:
    lines = told(
        Person(0, worsens=worsens and 5), Person(1, worsens=worsens), of=0 if worsens else 1
    )
    assert not any("worse" in line for line in lines)
