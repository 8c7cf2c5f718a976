"""What a policy does, from what it states to the minute: one desk, one doctor, errors that are certain, by hand.

Triage takes a nurse 6 minutes (4 to ask, 2 to write), a doctor 10. Error matrices hold only noughts and ones, and
coins are never or always thrown, so every label is known and no chance is left: what comes out is worked out by hand.
"""

from typing import Any

import pytest

from simulation.department.vocabulary import Chance, Given, Pathway, Rounds, Step, Takes, Worsening
from simulation.engine.plan import bind, lower
from simulation.measures.patients_table import patients_table
from simulation.triage.apply import apply
from simulation.triage.policy import Policy
from tests.adapters import adapter_of

from .small import NOTE, Person, Simulate, Story, department, draws_of, minutes, play

WHY: dict[str, Any] = {"evidence": "measured", "source": "made for a test"}
POLICY = adapter_of(Policy)
RIGHT = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
MINOR_IS_URGENT = ((1, 0, 0), (0, 1, 0), (1, 0, 0))
URGENT_IS_MINOR = ((0, 0, 1), (0, 1, 0), (0, 0, 1))
Matrix = tuple[tuple[float, ...], ...]


def front(*, nurses: int = 9, **more: Any) -> Pathway:
    """A desk, then a doctor; by the label. With nine nurses nobody waits for triage."""
    steps = {
        "door": Step(next="triage"),
        "triage": Step(
            asks=("nurse",),
            minutes=("interview", "record"),
            ranks_as="standard",
            relabels="acuity_given",
            next="contact",
        ),
        "contact": Step(
            asks=("doctor",), minutes=("contact",), records={"seen_at": "started"}, next="home"
        ),
    }
    return department(
        steps,
        pools={"nurse": nurses, "doctor": 1},
        durations={
            "interview": minutes(4),
            "record": minutes(2),
            "contact": minutes(10),
            "worsening": minutes(60),
        },
        attributes={
            "acuity_given": Given(kind="given", like="acuity_true", **NOTE),
            "language_need": Chance(kind="chance", p=0.5, **NOTE),
        },
        worsening=Worsening(
            minutes="worsening", arrivals=("walk_in",), becomes={"minor": "standard"}, **NOTE
        ),
        **more,
    )


def number(value: float) -> dict[str, Any]:
    return {"value": value, **WHY}


def table(matrix: Matrix) -> dict[str, Any]:
    return {"shares": [list(row) for row in matrix], **WHY}


def assessor(
    name: str, matrix: Matrix, with_need: Matrix | None = None, **more: Any
) -> dict[str, Any]:
    stated = table(matrix)
    if with_need is not None:
        stated["by_group"] = {"language_need": {"yes": table(with_need)}}
    return {"name": name, "correlation": number(0), "matrix": stated, **more}


def policy(
    nurse: Matrix = RIGHT, ai: Matrix | None = None, with_need: Matrix | None = None, **more: Any
) -> Policy:
    """A nurse, and an AI that replaces her where one is given; `with_need`: its matrix for who needs an interpreter."""
    stated: dict[str, Any] = {"kind": "matrix", "name": "made", "nurse": assessor("nurse", nurse)}
    if ai is not None:
        variates = {"same_draw_as": more.pop("same_draw_as")} if "same_draw_as" in more else {}
        stated |= {
            "ai": assessor("ai", ai, with_need, **variates),
            "role": "replaces",
            "covers": covers(),
        }
    return POLICY.validate_python({**stated, **more})


def covers(*, labels: bool = True, minutes: bool = False, **more: Any) -> dict[str, Any]:
    streams = {name: ["walk_in"] for name, yes in (("labels", labels), ("minutes", minutes)) if yes}
    return {**streams, **more, **WHY}


def effect(*durations: str, **how: Any) -> dict[str, Any]:
    return {"durations": list(durations), **how}


def order(story: Story) -> str:
    """Who the doctor sees, first to last, as letters; the doctor is never idle once there is somebody."""
    spans = story.spans("contact")
    starts = sorted(start for start, _ in spans.values() if start is not None)
    assert starts == [6 + 10 * k for k in range(len(spans))]
    return "".join("ABCDE"[who] for who in sorted(spans, key=lambda who: spans[who][0] or 0))


# --- accuracy ----------------------------------------------------------------------------------------------------

STANDARD, ALSO_STANDARD = Person(0), Person(1)


@pytest.mark.parametrize(
    ("ai", "second", "third"), [(RIGHT, "B", "C"), (MINOR_IS_URGENT, "C", "B")]
)
def test_over_triage_takes_a_place_from_another(
    ai: Matrix, second: str, third: str, engine: Simulate
) -> None:
    # B is standard and waits since 7, C minor since 8. Called urgent, C is seen at 16, and B, rightly labelled, at 26.
    story = play(engine, front(), STANDARD, ALSO_STANDARD, Person(2, "minor"), policy=policy(ai=ai))
    assert order(story) == f"A{second}{third}"
    assert story.of("contact", "ABC".index(third)).started_at == 26


UNDER = (STANDARD, ALSO_STANDARD, Person(2, "urgent", worsens=20), Person(20))
"""C, urgent, gets worse at 22; D is ready for the doctor at 26."""


def test_under_triage_waits_behind_whoever_comes_and_takes_the_doctor_as_long_all_the_same(
    engine: Simulate,
) -> None:
    right = play(engine, front(), *UNDER, policy=policy(ai=RIGHT))
    wrong = play(engine, front(), *UNDER, policy=policy(ai=URGENT_IS_MINOR))
    assert (order(right), order(wrong)) == ("ACBD", "ABDC")
    assert wrong.spans("contact")[2] == (36, 46)  # 20 minutes later, and 10 minutes of work as ever


@pytest.mark.parametrize(
    ("looks", "sensitivity", "seen_at", "noticed_at"),
    [(False, 1, 36, None), (True, 0, 36, None), (True, 1, 26, 25)],
)
def test_an_under_triaged_patient_who_gets_worse_is_helped_by_a_look_that_sees_it_and_not_otherwise(
    looks: bool, sensitivity: float, seen_at: float, noticed_at: float | None, engine: Simulate
) -> None:
    made = front(rounds=Rounds(waiting_at=("contact",), every_minutes=5, active=looks, **NOTE))
    watches = {
        "arrivals": ["walk_in"],
        "sensitivity": number(sensitivity),
        "false_alarms_per_hour": number(0),
        **WHY,
    }
    told = policy(ai=URGENT_IS_MINOR, watches=watches)
    assert play(engine, made, *UNDER, policy=told).of("contact", 2).started_at == seen_at
    plan, draws = lower(made), apply(told, made, draws_of(made, UNDER))
    table = patients_table(made, plan, draws, engine(plan, bind(plan, draws), 1440 * 1024))
    assert table["worsened_at"][2] == 22
    assert table["noticed_at"][2] == pytest.approx(
        float("nan") if noticed_at is None else noticed_at, nan_ok=True
    )


def test_an_error_of_one_group_is_paid_by_that_group_alone(engine: Simulate) -> None:
    # C and D are urgent; for C, who needs an interpreter, urgent becomes minor. D goes first, then B, then C.
    people = (
        STANDARD,
        ALSO_STANDARD,
        Person(2, "urgent", categories={"language_need": "yes"}),
        Person(3, "urgent"),
    )
    fair = play(engine, front(), *people, policy=policy(ai=RIGHT))
    unfair = play(engine, front(), *people, policy=policy(ai=RIGHT, with_need=URGENT_IS_MINOR))
    assert (order(fair), order(unfair)) == ("ACDB", "ADBC")


# --- people ------------------------------------------------------------------------------------------------------

EACH_WRONG = (STANDARD, ALSO_STANDARD, Person(2, "urgent"), Person(3, "minor"))
"""The nurse calls C minor, the AI calls D urgent; each is right where the other is wrong."""


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"role": "replaces"}, "ACDB"),
        ({"role": "advises", "acceptance": number(0)}, "ABCD"),
        ({"role": "advises", "acceptance": number(1)}, "ACDB"),
        ({"role": "advises", "switching": (1, 0)}, "ACBD"),  # good advice only: both right
        ({"role": "advises", "switching": (0, 1)}, "ADBC"),  # bad advice only: both wrong
    ],
)
def test_who_goes_first_follows_whose_word_counts(
    how: dict[str, Any], expected: str, engine: Simulate
) -> None:
    stated = dict(how)
    if "switching" in how:
        good, bad = how["switching"]
        shares = {"wrong_to_right": good, "right_to_wrong": bad, "wrong_to_wrong": 0}
        stated["switching"] = {name: number(share) for name, share in shares.items()}
    story = play(
        engine, front(), *EACH_WRONG, policy=policy(URGENT_IS_MINOR, MINOR_IS_URGENT, **stated)
    )
    assert order(story) == expected


NEEDS = {"language_need": "yes"}


@pytest.mark.parametrize(
    ("more", "used"),
    [
        ({}, True),
        ({"covers": covers(only={"language_need": ["yes"]})}, True),
        ({"covers": covers(only={"language_need": ["no"]})}, False),
        ({"covers": covers(only={"acuity_given": ["minor"]})}, True),
        ({"covers": covers(only={"acuity_given": ["urgent", "standard"]})}, False),
        ({"covers": covers(only={"arrival_source": ["walk_in"]})}, True),
        ({"covers": covers(share=number(0))}, False),
        ({"covers": covers(share=number(1))}, True),
        (
            {
                "covers": covers(
                    excluded={"by": "language_need", "shares": {"yes": number(1), "no": number(0)}}
                )
            },
            False,
        ),
        (
            {
                "covers": covers(
                    excluded={"by": "language_need", "shares": {"yes": number(0), "no": number(1)}}
                )
            },
            True,
        ),
        ({"adoption": {"start": number(0), "end": number(1), "weeks": number(4)}}, False),
        ({"adoption": {"start": number(1), "end": number(0), "weeks": number(4)}}, True),
        ({"go_live_day": number(0)}, True),
        ({"go_live_day": number(1)}, False),
        ({"live_days": [[0, 0]]}, True),
        ({"live_days": [[1, 6]]}, False),
        ({"abstains": {"labels": ["urgent"], **WHY}}, False),
        ({"abstains": {"labels": ["minor"], **WHY}}, True),
        ({"abstains": {"shares": {"minor": number(1)}, **WHY}}, False),
        ({"abstains": {"shares": {"urgent": number(1)}, **WHY}}, True),
    ],
)
def test_whom_the_tool_is_not_used_for_waits_in_the_nurses_place(
    more: dict[str, Any], used: bool, engine: Simulate
) -> None:
    # The AI would call C, who is minor, urgent; where it is not used B goes first.
    people = (STANDARD, ALSO_STANDARD, Person(2, "minor", categories=NEEDS))
    assert order(play(engine, front(), *people, policy=policy(ai=MINOR_IS_URGENT, **more))) == (
        "ACB" if used else "ABC"
    )


# --- minutes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "each"),
    [
        (effect("interview", "record", factor=number(0.5)), 3),
        (effect("interview", factor=number(0.5)), 4),
        (effect("interview", "record", seconds_saved=number(180), never_below=number(0.1)), 3),
        (effect("interview", "record", seconds_saved=number(600), never_below=number(0.25)), 1.5),
        (effect("record", seconds_saved=number(-60), never_below=number(0)), 7),
    ],
)
def test_minutes_saved_at_the_desk_are_saved_for_the_next_as_well(
    how: dict[str, Any], each: float, engine: Simulate
) -> None:
    people, made = (Person(0), Person(0)), front(nurses=1)
    nurse = play(engine, made, *people, policy=policy())
    assert nurse.spans("triage") == {0: (0, 6), 1: (6, 12)}
    assert nurse.spans("contact") == {0: (6, 16), 1: (16, 26)}
    story = play(
        engine, made, *people, policy=policy(covers=covers(labels=False, minutes=True), minutes=how)
    )
    assert story.spans("triage") == {0: (0, each), 1: (each, 2 * each)}
    assert story.spans("contact") == {0: (each, each + 10), 1: (each + 10, each + 20)}


def test_whoever_the_tool_is_not_for_is_triaged_sooner_and_as_long_as_ever(
    engine: Simulate,
) -> None:
    only = covers(labels=False, minutes=True, only={"language_need": ["no"]})
    told = policy(covers=only, minutes=effect("interview", "record", factor=number(0.5)))
    people = (Person(0), Person(0, categories=NEEDS))
    assert play(engine, front(nurses=1), *people, policy=told).spans("triage") == {
        0: (0, 3),
        1: (3, 9),
    }


def test_a_record_that_is_written_for_the_clinician_shortens_the_contact_and_nothing_else(
    engine: Simulate,
) -> None:
    told = policy(
        covers=covers(labels=False, minutes=True), minutes=effect("contact", factor=number(0.8))
    )
    story = play(engine, front(nurses=1), Person(0), Person(0), policy=told)
    assert story.spans("triage") == {0: (0, 6), 1: (6, 12)}
    assert story.spans("contact") == {0: (6, 14), 1: (14, 22)}


def test_an_interpreter_lengthens_triage_and_contact_and_a_tool_takes_its_part_off(
    engine: Simulate,
) -> None:
    # 4 minutes to ask become 6, and 10 with a doctor 15; the tool halves the asking, to 3.
    whose = {"only": {"language_need": ["yes"]}, **WHY}
    burdens = [effect(name, factor=number(1.5), covers=whose) for name in ("interview", "contact")]
    people, made = (Person(0, categories=NEEDS), Person(0)), front(nurses=1)
    nurse = play(engine, made, *people, policy=policy(burdens=burdens))
    assert nurse.spans("triage") == {0: (0, 8), 1: (8, 14)}
    assert nurse.spans("contact") == {0: (8, 23), 1: (23, 33)}
    helped = policy(
        burdens=burdens,
        covers=covers(labels=False, minutes=True),
        minutes=effect("interview", factor=number(0.5), covers=whose),
    )
    story = play(engine, made, *people, policy=helped)
    assert story.spans("triage") == {0: (0, 5), 1: (5, 11)}
    assert story.spans("contact") == {0: (5, 20), 1: (20, 30)}


def test_seconds_waited_for_an_answer_and_spent_before_a_hand_back_are_the_nurses(
    engine: Simulate,
) -> None:
    # 30 seconds for each answer; C, whom the AI would call urgent, is handed back after another 60.
    told = policy(
        ai=MINOR_IS_URGENT,
        latency={"durations": ["interview"], "seconds": number(30)},
        abstains={
            "labels": ["urgent"],
            "hand_back": {"durations": ["interview"], "seconds": number(60)},
            **WHY,
        },
    )
    story = play(engine, front(nurses=1), Person(0), Person(0, "minor"), Person(0), policy=told)
    assert story.spans("triage") == {0: (0, 6.5), 1: (6.5, 14), 2: (14, 20.5)}
    assert story.spans("contact") == {0: (6.5, 16.5), 1: (16.5, 26.5), 2: (26.5, 36.5)}


def test_rounds_take_the_nurse_from_the_desk(engine: Simulate) -> None:
    # At 60 one waits for the doctor: looking again takes the only nurse until the next decision, at 120.
    looks = Rounds(waiting_at=("contact",), every_minutes=60, **NOTE)
    care = Takes(
        kind="takes", waiting_at=("contact",), minutes_per_hour=60, pool="nurse", leaves=0, **NOTE
    )
    people = (Person(0, minutes={"contact": 84}), Person(1), Person(61))
    costly = play(
        engine, front(nurses=1, rounds=looks, triggers={"care": care}), *people, policy=policy()
    )
    free = play(engine, front(nurses=1, rounds=looks), *people, policy=policy())
    assert free.spans("triage") == {0: (0, 6), 1: (6, 12), 2: (61, 67)}
    assert costly.spans("triage") == {0: (0, 6), 1: (6, 12), 2: (120, 126)}


# --- nothing at all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", [{"role": "replaces"}, {"role": "advises", "acceptance": number(0.5)}]
)
def test_an_ai_with_the_nurses_matrix_and_variates_and_every_lever_at_nought_is_the_nurse_row_for_row(
    role: dict[str, Any], engine: Simulate
) -> None:
    half = ((0.5, 0.3, 0.2), (0.2, 0.5, 0.3), (0.1, 0.4, 0.5))
    people = [
        Person(
            k, ("urgent", "standard", "minor")[k % 3], categories=NEEDS if k % 2 else {}, worsens=k
        )
        for k in range(40)
    ]
    made = front(nurses=1, rounds=Rounds(waiting_at=("contact",), every_minutes=5, **NOTE))
    nurse = policy(half)
    added = {"durations": ["interview"], "seconds": number(0)}
    twin = policy(
        half,
        half,
        same_draw_as="nurse",
        covers=covers(minutes=True),
        minutes=[
            effect("interview", "record", factor=number(1)),
            effect("contact", factor=number(1)),
        ],
        burdens=[effect("interview", factor=number(1))],
        latency=added,
        abstains={"shares": {"urgent": number(0)}, "hand_back": added, **WHY},
        noise=number(0),
        watches={
            "arrivals": ["walk_in"],
            "sensitivity": number(1),
            "false_alarms_per_hour": number(0),
            **WHY,
        },
        **role,
    )
    alone, together = (play(engine, made, *people, policy=each) for each in (nurse, twin))
    assert together.activities == alone.activities
    assert len(alone.run.notices) > 3
    labels = apply(nurse, made, draws_of(made, tuple(people))).attributes
    assert (labels["acuity_given"] != labels["acuity_true"]).sum() > 10
