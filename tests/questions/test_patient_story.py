"""One patient's story is theirs under every arm, and its times are those of the tables."""

import re
from dataclasses import replace

import numpy as np
import pytest

from simulation.api import Result
from simulation.config import load
from simulation.department.vocabulary import Span, StatedOutages
from simulation.errors import ResultsError
from simulation.patients import Calendar
from simulation.questions.what_happened.patient_story import clock, find_patient, story, tell
from simulation.study.simulate import Simulated, simulate_arm
from tests.held import Hold

from .conftest import SHORT


@pytest.fixture(scope="module")
def simulated(result: Result) -> dict[str, Simulated]:
    return {name: result.simulated(name) for name in ("nurse", "ai_label_measured_under")}


@pytest.fixture(scope="module")
def seen(simulated: dict[str, Simulated]) -> int:
    """The place in the table of somebody who walked in, was seen and went home under the baseline."""
    patients = simulated["nurse"].patients
    there = (
        patients.where("arrival_source", "walk_in")
        & patients.where("outcome", "discharged")
        & ~np.isnan(patients["seen_at"])
    )
    return int(np.flatnonzero(there)[40])


def test_a_row_and_a_stream_with_number_name_the_same_patient(
    simulated: dict[str, Simulated], seen: int
) -> None:
    patients = simulated["nurse"].patients
    identity = find_patient(patients, int(patients["patient"][seen]))
    assert find_patient(patients, str(identity)) == identity
    assert str(identity) == f"walk_in-{patients['number'][seen]}"


def test_a_story_gives_arrival_label_and_departure_as_the_tables_have_them(
    simulated: dict[str, Simulated], seen: int, hold: Hold
) -> None:
    patients = simulated["nurse"].patients
    told = story(
        simulated, int(patients["patient"][seen]), labels={"nurse": "Nurse triage (today)"}
    )
    assert f"Arrived {clock(float(patients['arrived_at'][seen]), day=True)} " in told
    assert "on foot" in told
    assert (
        f"True level {patients.known('acuity_true')[patients['acuity_true'][seen]].replace('_', ' ')}"
        in told
    )
    assert f"{clock(float(patients['departed_at'][seen]), day=True)}  discharged" in told
    assert "Nurse triage (today)" in told
    hold(told, "not for clinical")
    assert "triage, which took" in told or "triage took" in told


@pytest.mark.parametrize(
    ("calendar", "told"),
    [
        (Calendar(start_week=0), "(January, measured day 0)"),
        (Calendar(start_week=51), "(December, measured day 0)"),
        (Calendar(start_week=19, warm_up_days=7), "warm-up)"),
    ],
)
def test_a_story_gives_the_month_and_the_measured_day_of_arrival(
    calendar: Calendar, told: str, simulated: dict[str, Simulated], hold: Hold
) -> None:
    nurse = simulated["nurse"]
    moved = replace(nurse, draws=replace(nurse.draws, calendar=calendar))
    first = int(nurse.patients["patient"][np.argmin(nurse.patients["arrived_at"])])
    hold(story({"nurse": moved}, first), told)


def test_the_steps_of_a_story_are_in_order_of_time(
    simulated: dict[str, Simulated], seen: int
) -> None:
    patients = simulated["nurse"].patients
    told = story({"nurse": simulated["nurse"]}, int(patients["patient"][seen]))
    times = [
        int(hour) * 60 + int(minute)
        for hour, minute in re.findall(r"^  (\d\d):(\d\d)  ", told, flags=re.M)
    ]
    since = [(time - times[0]) % 1440 for time in times]
    assert since == sorted(since)
    assert len(times) >= 3


def test_the_story_covers_every_arm_side_by_side(
    simulated: dict[str, Simulated], seen: int
) -> None:
    told = story(simulated, int(simulated["nurse"].patients["patient"][seen]))
    table = told.rsplit("\n\n", 1)[-1].splitlines()
    assert table[0].split("  ")[0] == "arm"
    assert [line.split("  ")[0] for line in table[1:]] == list(simulated)


def test_the_story_of_somebody_who_left_ends_with_leaving(
    simulated: dict[str, Simulated], hold: Hold
) -> None:
    patients = simulated["nurse"].patients
    stay = np.where(
        patients.where("outcome", "left"), patients["departed_at"] - patients["arrived_at"], -1.0
    )
    left = int(
        np.argmax(stay)
    )  # who waited longest: somebody can also leave the moment triage is over
    told = story({"nurse": simulated["nurse"]}, int(patients["patient"][left]))
    assert ", then gave up" in told
    hold(told, "left without being")


@pytest.fixture(scope="module")
def failing() -> Simulated:
    """A tool for everybody that is down from 11:08 to 14:00 on Monday, and answers worse from 14 to 18 h."""
    arm = load("triage=ai_degrades", *SHORT, "engine=compiled").only().arms[0]
    outages = {
        name: StatedOutages(
            kind="stated",
            spans=(Span(starts_at_minutes=start, ends_at_minutes=end),),
            evidence="assumed",
            source="made for a test",
        )
        for name, start, end in (("triage_tool", 668, 840), ("triage_tool_degraded", 840, 1080))
    }
    failing = replace(arm, pathway=replace(arm.pathway, outages=outages))
    run = replace(
        load(*SHORT).run, warm_up_days=0
    )  # a Monday on which somebody is being triaged at 11:08
    return simulate_arm(failing, run, "compiled", 0, cool_down_days=0)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (
            "triage_without_tool",
            "outage since 11:08, until 14:00",
        ),
        (
            "triage_again",
            "outage since 11:08, until 14:00",
        ),
        (
            "triage_by_degraded_tool",
            "outage since 14:00, until 18:00",
        ),
    ],
)
def test_the_story_shows_a_tool_that_was_down(
    failing: Simulated, step: str, says: str, hold: Hold
) -> None:
    at = failing.activities["step"] == failing.activities.known("step").index(step)
    told = story({"tool": failing}, int(failing.activities["patient"][at][0]))
    assert told.count("outage") == 1
    hold(told, says)


def test_the_story_shows_no_outage_if_there_was_none(failing: Simulated) -> None:
    by_tool = failing.activities["step"] == failing.activities.known("step").index("triage_by_tool")
    assert "outage" not in story({"tool": failing}, int(failing.activities["patient"][by_tool][0]))


@pytest.mark.parametrize(
    ("patient", "says"),
    [
        ("walkin-12", "row nor SOURCE-NUMBER.*Did you mean 'walk_in'"),
        (
            "walk_in-99999999",
            "arrival source 'walk_in' has this",
        ),
        ("99999999", r"has this row.*run from \d+ to \d+"),
        ("somebody", "row nor SOURCE-NUMBER"),
    ],
)
def test_nobody_is_a_message_that_says_who_there_is(
    simulated: dict[str, Simulated], patient: str, says: str, hold: Hold
) -> None:
    with hold.refusal(ResultsError, match=says):
        find_patient(simulated["nurse"].patients, patient)


def test_tell_simulates_the_study_itself(
    result: Result, simulated: dict[str, Simulated], seen: int
) -> None:
    from dataclasses import replace

    arms = tuple(arm for arm in result.study.arms if arm.name in simulated)
    patient = int(simulated["nurse"].patients["patient"][seen])
    labels = {arm.name: arm.arm.label for arm in arms}
    assert tell(replace(result.study, arms=arms), str(patient)) == story(
        simulated, patient, labels=labels
    )
