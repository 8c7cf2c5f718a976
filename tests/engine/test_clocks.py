"""Clocks that run in the background: a test ordered at triage, a bed asked for early. Worked out by hand."""

import random
from dataclasses import replace

import pytest

from simulation.department.vocabulary import Choice, Loop, Pathway, Profile, Step
from simulation.engine import compiled, reference
from simulation.engine.contract import Run
from simulation.engine.plan import bind, lower
from simulation.patients import draw
from simulation.units import DAY

from .equality import n_differing
from .small import NOTE, Person, Simulate, department, minutes, play
from .strategies import pathway

DURATIONS = {
    "triage": minutes(5),
    "consultation": minutes(20),
    "laboratory": minutes(60),
    "review": minutes(10),
}


def clinic(*, early: bool, since: bool = True) -> Pathway:
    """Triage, a consultation by the one doctor, an hour of the laboratory, a review; tests ordered at triage or not."""
    steps = {
        "triage": Step(
            minutes=("triage",), starts_clock=("ordered",) if early else (), next="consult"
        ),
        "consult": Step(
            asks=("doctor",),
            minutes=("consultation",),
            starts_clock=() if early else ("ordered",),
            next="results",
        ),
        "results": Step(minutes=("laboratory",), since="ordered" if since else None, next="review"),
        "review": Step(asks=("doctor",), minutes=("review",), next="home"),
    }
    return department(steps, pools={"doctor": 1}, durations=DURATIONS)


def test_an_early_test_runs_while_the_patient_waits_and_is_seen(engine: Simulate) -> None:
    # Ordered at 5; seen from 5 to 25; results at 65 and not at 85.
    story = play(engine, clinic(early=True), Person(0))
    assert story.spans("results") == {0: (25, 65)}
    assert story.spans("review") == {0: (65, 75)}
    assert play(engine, clinic(early=False), Person(0)).spans("results") == {0: (25, 85)}


def test_a_test_that_is_back_before_it_is_asked_for_takes_no_time(engine: Simulate) -> None:
    # The second is at triage until 6 and waits for the doctor until 61; its results of 66 are there at 81.
    people = (Person(0, minutes={"consultation": 56, "laboratory": 300}), Person(1))
    story = play(engine, clinic(early=True), *people)
    assert story.spans("consult")[1] == (61, 81)
    assert story.spans("results")[1] == (81, 81)
    assert story.spans("review")[1] == (81, 91)


def test_without_a_mark_the_minutes_count_from_now(engine: Simulate) -> None:
    made = clinic(early=True)
    unmarked = replace(
        made, steps={**made.steps, "triage": replace(made.steps["triage"], starts_clock=())}
    )
    assert play(engine, unmarked, Person(0), Person(7)).spans("results") == {
        0: (25, 85),
        1: (45, 105),
    }


def test_a_mark_set_right_before_changes_nothing(engine: Simulate) -> None:
    people = [Person(at) for at in (0, 3, 11, 40.5)]
    marked, plain = (
        play(engine, clinic(early=False, since=since), *people) for since in (True, False)
    )
    assert marked.activities == plain.activities


def test_a_clock_is_used_up_by_the_step_that_counts_since_it(engine: Simulate) -> None:
    # The first round of tests was ordered at triage, at 5; the second begins when it is asked for.
    made = clinic(early=True)
    rounds = Choice(kind="choice", categories=("0", "1", "2"), shares=(0.4, 0.3, 0.3), **NOTE)
    looped = replace(
        made,
        attributes={**made.attributes, "rounds": rounds},
        loops={"again": Loop(passes="rounds", again="results", next="home")},
        steps={**made.steps, "review": replace(made.steps["review"], next="again")},
    )
    story = play(engine, looped, Person(0, categories={"rounds": "1"}))
    times = [
        (each.started_at, each.ended_at) for each in story.activities if each.step == "results"
    ]
    assert times == [(25, 65), (75, 135)]


def test_a_clock_that_is_marked_again_starts_anew(engine: Simulate) -> None:
    made = clinic(early=True)
    steps = {**made.steps, "consult": replace(made.steps["consult"], starts_clock=("ordered",))}
    assert play(engine, replace(made, steps=steps), Person(0)).spans("results") == {0: (25, 85)}


def test_a_bed_search_that_began_at_triage_is_held_up_only_by_what_is_left_of_it(
    engine: Simulate,
) -> None:
    # The search of 60 minutes starts at 5; the bed is asked for at 65, not at 85, and free from 70 on.
    steps = {
        "triage": Step(minutes=("triage",), starts_clock=("search",), next="consult"),
        "consult": Step(asks=("doctor",), minutes=("consultation",), next="found"),
        "found": Step(minutes=("laboratory",), since="search", next="bed"),
        "bed": Step(asks=("bed",), minutes=("review",), next="home"),
    }
    ward = department(steps, pools={"doctor": 1, "bed": 1}, durations=DURATIONS)
    # Patient 0 takes the bed from 49 to 70.
    first = Person(0, minutes={"triage": 0, "consultation": 1, "laboratory": 49, "review": 21})
    story = play(engine, ward, first, Person(0))
    assert story.spans("bed") == {0: (49, 70), 1: (70, 80)}
    assert story.of("bed", 1).joined_at == 65


def test_a_clock_under_a_pace_runs_at_the_pace_from_its_start(engine: Simulate) -> None:
    # Nothing moves in even hours of the clock, everything at twice the pace in odd ones.
    lab = Profile(weights=(0, 2) * 12, **NOTE)
    made = clinic(early=True)
    paced = replace(
        made,
        profiles={"lab": lab},
        steps={**made.steps, "results": replace(made.steps["results"], pace="lab")},
    )
    # Ordered at 5: 60 minutes of work are done at twice the pace from 60 to 90.
    story = play(engine, paced, Person(0))
    assert story.of("results").started_at == 25
    assert story.of("results").ended_at == pytest.approx(90, abs=0.01)


def test_a_step_that_is_left_marks_nothing(engine: Simulate) -> None:
    made = clinic(early=True)
    triage = Step(
        asks=("nurse",), minutes=("triage",), may_leave=True, starts_clock=("ordered",), next="home"
    )
    impatient = department(
        {"triage": triage, "results": made.steps["results"], "review": made.steps["review"]},
        pools={"doctor": 1, "nurse": 0},
        durations=DURATIONS,
        patience="results",
    )
    assert play(engine, impatient, Person(0, patience=30)).spans("results") == {0: (30, 90)}


@pytest.mark.parametrize("simulate", [reference.simulate, compiled.simulate])
def test_marks_that_no_step_counts_from_change_nothing(simulate: Simulate) -> None:
    n_marks = 0
    for seed in range(40):
        made = pathway(random.Random(seed))
        unread = {name: replace(step, since=None) for name, step in made.steps.items()}
        unmarked = {name: replace(step, starts_clock=()) for name, step in unread.items()}
        n_marks += sum(len(step.starts_clock) for step in made.steps.values())
        assert (
            n_differing(
                run(simulate, replace(made, steps=unread)),
                run(simulate, replace(made, steps=unmarked)),
            )
            == 0
        )
    assert n_marks > 40


def run(simulate: Simulate, made: Pathway) -> Run:
    plan = lower(made)
    return simulate(plan, bind(plan, draw(made, seed=1, replication=0, days=1)), DAY)
