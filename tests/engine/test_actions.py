"""What triage sets off, on departments small enough to work out: tests ordered, another stream, an early bed request.

The fragments are those of configs/pathway/emergency_department.yaml with fixed minutes.
"""

import pytest

from simulation.department.vocabulary import (
    Action,
    Attribute,
    ByAttribute,
    ByHours,
    Chance,
    Choice,
    Loop,
    Pathway,
    Step,
)

from .small import NOTE, Person, Simulate, department, minutes, play


def by(attribute: str, **cases: str) -> ByAttribute:
    return ByAttribute(kind="attribute", attribute=attribute, cases=cases)


def chance() -> Chance:
    return Chance(kind="chance", p=0.5, **NOTE)


def action(*categories: str) -> Action:
    return Action(kind="action", categories=categories, **NOTE)


def rounds(most: int) -> Choice:
    names = tuple(str(n) for n in range(most + 1))
    return Choice(
        kind="choice", categories=names, shares=(1.0, *(0.0 for _ in range(most))), **NOTE
    )


# --- tests ordered at triage -----------------------------------------------------------------------------------

WORKUP = {
    "sampling": minutes(5),
    "contact": minutes(0),
    "laboratory": minutes(60, repeats=2),
    "review": minutes(0, repeats=2),
    "look": minutes(3),
}


def workup() -> Pathway:
    """A nurse who takes samples, a doctor, a laboratory of an hour; some are looked at first, in a wrong area."""
    steps = {
        "arrival": Step(next="ordering"),
        "early_sampling": Step(
            asks=("nurse",), minutes=("sampling",), starts_clock=("sample_sent",), next="area"
        ),
        "contact": Step(asks=("doctor",), minutes=("contact",), next="tests"),
        "look": Step(asks=("doctor",), minutes=("look",), next="moved"),
        "sampling": Step(asks=("nurse",), minutes=("sampling",), next="laboratory"),
        "laboratory": Step(minutes=("laboratory",), repeat_of="tests", next="review"),
        "laboratory_ordered": Step(
            minutes=("laboratory",), since="sample_sent", repeat_of="tests", next="review"
        ),
        "review": Step(asks=("doctor",), minutes=("review",), repeat_of="tests", next="tests"),
    }
    attributes: dict[str, Attribute] = {
        "tests_ordered": action("0", "1"),
        "rounds": rounds(2),
        "wrong_area": chance(),
        "moves": rounds(1),
    }
    return department(
        steps,
        pools={"nurse": 1, "doctor": 1},
        durations=WORKUP,
        attributes=attributes,
        branches={
            "ordering": by("tests_ordered", **{"0": "area", "1": "early_sampling"}),
            "area": by("wrong_area", yes="look", no="contact"),
        },
        loops={
            "tests": Loop(passes="rounds", again="ordered_tests", next="home"),
            "ordered_tests": Loop(
                passes="tests_ordered", again="laboratory_ordered", next="sampling"
            ),
            "moved": Loop(passes="moves", again="contact", next="home"),
        },
    )


def needs(ordered: int, n_rounds: int, **more: str) -> dict[str, str]:
    return {"tests_ordered": str(ordered), "rounds": str(n_rounds), **more}


BUSY = Person(0, minutes={"contact": 45}, categories=needs(0, 0))
"""Keeps the doctor until 45."""


def test_of_an_hour_in_the_laboratory_20_minutes_are_left_after_a_wait_of_40(
    engine: Simulate,
) -> None:
    story = play(engine, workup(), BUSY, Person(0, categories=needs(1, 1)))
    assert story.spans("early_sampling")[1] == (0, 5)
    assert (story.of("contact", 1).joined_at, story.of("contact", 1).started_at) == (
        5,
        45,
    )  # waited 40
    assert story.spans("laboratory_ordered")[1] == (45, 65)  # 20 instead of sampling and an hour
    assert "sampling" not in story.route(1)
    later = play(engine, workup(), BUSY, Person(0, categories=needs(0, 1)))
    assert later.of("contact", 1).started_at == 45
    assert later.spans("sampling")[1] == (45, 50)
    assert later.spans("laboratory")[1] == (50, 110)


def test_the_second_round_is_ordered_by_the_doctor_and_reads_its_own_minutes(
    engine: Simulate,
) -> None:
    hers = Person(0, categories=needs(1, 2), minutes={"laboratory": (60, 30)})
    story = play(engine, workup(), BUSY, hers)
    assert story.spans("laboratory_ordered")[1] == (45, 65)
    assert story.spans("sampling")[1] == (65, 70)
    assert story.spans("laboratory")[1] == (70, 100)
    assert story.of("home", 1).joined_at == 100


def test_a_test_that_is_not_needed_costs_the_same_nurse_and_gains_nothing(engine: Simulate) -> None:
    story = play(
        engine, workup(), Person(0, categories=needs(1, 0)), Person(0, categories=needs(1, 1))
    )
    assert story.spans("early_sampling") == {0: (0, 5), 1: (5, 10)}  # the other waits for the nurse
    assert story.route(0)[-2:] == ["contact", "home"]
    assert story.of("home", 0).joined_at == 5


def test_a_test_goes_on_while_the_patient_is_moved_out_of_a_wrong_area(engine: Simulate) -> None:
    story = play(
        engine, workup(), BUSY, Person(0, categories=needs(1, 1, wrong_area="yes", moves="1"))
    )
    assert story.spans("look")[1] == (45, 48)
    assert story.spans("contact")[1] == (48, 48)
    assert story.spans("laboratory_ordered")[1] == (48, 65)


# --- another stream --------------------------------------------------------------------------------------------

STREAMING = {"contact": minutes(20), "stream_contact": minutes(10), "look": minutes(5)}
TEN = 600.0


def front_door() -> Pathway:
    """A GP from 9 to 17, a doctor for everybody else; who suits the GP is found out by a look of five minutes."""
    look = Step(
        asks=("gp",),
        minutes=("look",),
        may_leave=True,
        records={"stream_looked_at": "started"},
        next="contact",
    )
    steps = {
        "arrival": Step(next="streaming"),
        "stream_contact": Step(
            asks=("gp",),
            minutes=("stream_contact",),
            first_seen=True,
            records={"seen_at": "started"},
            next="home",
        ),
        "look": look,
        "contact": Step(
            asks=("doctor",),
            minutes=("contact",),
            may_leave=True,
            first_seen=True,
            records={"seen_at": "started"},
            next="home",
        ),
    }
    return department(
        steps,
        pools={"gp": 1, "doctor": 1},
        durations=STREAMING,
        attributes={"streamed": action("nowhere", "gp"), "suits_gp": chance()},
        branches={
            "streaming": by("streamed", nowhere="contact", gp="gp_door"),
            "gp_door": ByHours(
                kind="hours", hours="9-17", then="gp_right", otherwise="contact", **NOTE
            ),
            "gp_right": by("suits_gp", yes="stream_contact", no="look"),
        },
        patience="gone",
    )


def streamed(suits: str) -> dict[str, str]:
    return {"streamed": "gp", "suits_gp": suits}


def test_a_patient_whom_the_stream_suits_is_seen_there_and_takes_no_doctor(
    engine: Simulate,
) -> None:
    story = play(engine, front_door(), Person(TEN), Person(TEN, categories=streamed("yes")))
    assert story.spans("stream_contact") == {1: (600, 610)}
    assert story.spans("contact") == {0: (600, 620)}
    assert story.of("home", 1).joined_at == 610


def test_a_wrongly_streamed_patient_joins_again_behind_whoever_came_meanwhile(
    engine: Simulate,
) -> None:
    story = play(
        engine, front_door(), Person(TEN), Person(TEN, categories=streamed("no")), Person(602)
    )
    assert story.spans("look") == {1: (600, 605)}
    assert story.of("contact", 1).joined_at == 605
    assert story.spans("contact") == {0: (600, 620), 2: (620, 640), 1: (640, 660)}
    # Without the stream the same patient would have been before them.
    plain = play(engine, front_door(), Person(TEN), Person(TEN), Person(602))
    assert plain.spans("contact") == {0: (600, 620), 1: (620, 640), 2: (640, 660)}


def test_a_look_in_a_wrong_stream_does_not_end_patience(engine: Simulate) -> None:
    story = play(
        engine, front_door(), Person(TEN), Person(TEN, patience=15, categories=streamed("no"))
    )
    assert story.of("contact", 1).outcome == "left"
    assert story.of("contact", 1).ended_at == 615


@pytest.mark.parametrize(
    ("at", "through"), [(539.5, False), (540, True), (1019.5, True), (1020, False)]
)
def test_a_closed_stream_takes_nobody(at: float, through: bool, engine: Simulate) -> None:
    story = play(engine, front_door(), Person(at, categories=streamed("yes")))
    assert story.route() == (
        ["arrival", "stream_contact", "home"] if through else ["arrival", "contact", "home"]
    )


# --- a bed asked for at triage ---------------------------------------------------------------------------------

WARD = {
    "triage": minutes(5),
    "contact": minutes(40),
    "bed_allocation": minutes(26),
    "transfer": minutes(4),
    "ward_stay": minutes(300),
    "bed_held": minutes(30),
}


def ward(n_beds: int = 1) -> Pathway:
    """Triage, a doctor each, a bed manager who searches for 26 minutes, a ward."""
    steps = {
        "triage": Step(minutes=("triage",), starts_clock=("bed_search",), next="contact"),
        "contact": Step(
            asks=("doctor",), minutes=("contact",), keeps=("doctor",), next="disposition"
        ),
        "bed_allocation": Step(asks=("manager",), minutes=("bed_allocation",), next="move"),
        "bed_found": Step(minutes=("bed_allocation",), since="bed_search", next="move"),
        "move": Step(
            asks=("bed",),
            minutes=("transfer",),
            keeps=("bed",),
            releases_at_start=("doctor",),
            starts_clock=("in_bed",),
            next="ward_asked",
        ),
        "bed_request_work": Step(asks=("manager",), minutes=("bed_allocation",), next="ward_stay"),
        "ward_stay": Step(
            minutes=("ward_stay",), since="in_bed", releases_at_end=("bed",), next="home"
        ),
        "gone_home": Step(
            releases_at_start=("doctor",),
            records={"departed_at": "started"},
            next="unneeded_search",
        ),
        "unneeded_search": Step(asks=("manager",), minutes=("bed_allocation",), next="held"),
        "held": Step(asks=("bed",), minutes=("bed_held",), next="home"),
    }
    return department(
        steps,
        pools={"doctor": 2, "manager": 1, "bed": n_beds},
        durations=WARD,
        attributes={"bed_requested": action("no", "yes"), "admitted": chance()},
        branches={
            "disposition": by("admitted", yes="bed_asked", no="going_home"),
            "bed_asked": by("bed_requested", no="bed_allocation", yes="bed_found"),
            "ward_asked": by("bed_requested", no="ward_stay", yes="bed_request_work"),
            "going_home": by("bed_requested", no="home", yes="gone_home"),
        },
    )


def asked(requested: str, admitted: str) -> dict[str, str]:
    return {"bed_requested": requested, "admitted": admitted}


def test_a_search_since_triage_is_over_when_the_decision_is_made(engine: Simulate) -> None:
    early = play(engine, ward(), Person(0, categories=asked("yes", "yes")))
    assert early.spans("bed_found") == {0: (45, 45)}  # begun at 5, done at 31
    assert early.spans("move") == {0: (45, 49)}
    late = play(engine, ward(), Person(0, categories=asked("no", "yes")))
    assert late.spans("bed_allocation") == {0: (45, 71)}
    assert late.spans("move") == {0: (71, 75)}
    assert "bed_request_work" not in late.route()


def test_of_a_search_that_is_not_over_only_the_rest_is_waited_for(engine: Simulate) -> None:
    quick = Person(0, minutes={"contact": 10}, categories=asked("yes", "yes"))
    assert play(engine, ward(), quick).spans("bed_found") == {0: (15, 31)}


def test_the_managers_work_is_done_after_the_move_and_does_not_lengthen_the_stay(
    engine: Simulate,
) -> None:
    story = play(engine, ward(), Person(0, categories=asked("yes", "yes")))
    assert story.spans("bed_request_work") == {0: (49, 75)}
    assert story.spans("ward_stay") == {0: (75, 349)}  # 300 minutes from the move at 49
    late = play(engine, ward(), Person(0, categories=asked("no", "yes")))
    assert late.spans("ward_stay") == {0: (75, 375)}


def test_a_false_alarm_holds_a_bed_for_the_stated_minutes_and_costs_the_managers_work(
    engine: Simulate,
) -> None:
    # Home at 45; the search that nobody needed until 71; the bed held until 101. Another is ready for it at 72.
    other = Person(27, minutes={"contact": 40}, categories=asked("yes", "yes"))
    story = play(engine, ward(), Person(0, categories=asked("yes", "no")), other)
    assert story.of("gone_home").started_at == 45
    assert story.spans("unneeded_search")[0] == (45, 71)
    assert story.spans("held")[0] == (71, 101)
    assert story.spans("bed_found")[1] == (72, 72)
    assert story.spans("move")[1] == (101, 105)
    alone = play(engine, ward(), Person(0, categories=asked("no", "no")), other)
    assert alone.spans("move")[1] == (72, 76)
    assert "held" not in alone.route()


def test_who_goes_home_gives_back_the_place_before_the_bed_is_held(engine: Simulate) -> None:
    # Two doctors' worth of places; the third patient starts when the first goes home, not when the bed is freed.
    people = [Person(0, categories=asked("yes", "no")) for _ in range(2)]
    story = play(engine, ward(), *people, Person(0, categories=asked("no", "no")))
    assert story.of("contact", 2).started_at == 45
