"""Branches on elapsed minutes: results that are back by the end of a contact, worked out by hand and in closed form."""

from collections import Counter
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.durations import Exponential
from simulation.department.vocabulary import (
    ArrivalSource,
    ByChance,
    ByElapsed,
    Effort,
    Loop,
    Pathway,
    Profile,
    Step,
)
from simulation.engine import compiled
from simulation.engine.plan import bind, lower
from simulation.engine.rows import StepRow
from simulation.measures.occupancy import number_rows
from simulation.measures.patients_table import activities_table
from simulation.patients import draw
from simulation.study.offered_load import offered_load
from simulation.units import DAY, NEVER, TICKS_PER_MINUTE
from tests.held import Hold
from tests.measures.audit import audit, ways_by_elapsed

from .small import NOTE, Person, Simulate, department, minutes, play, staff
from .strategies import GRIDS, case
from .test_coins import rounds

DURATIONS = {
    "triage": minutes(5),
    "consultation": minutes(20),
    "laboratory": minutes(60),
    "review": minutes(10),
}


def clinic(*, ordered: bool = True) -> Pathway:
    """Triage, a consultation by the one doctor, results that count from triage; a review unless they are back."""
    steps = {
        "triage": Step(
            minutes=("triage",), starts_clock=("ordered",) if ordered else (), next="consult"
        ),
        "consult": Step(asks=("doctor",), minutes=("consultation",), next="back"),
        "results": Step(minutes=("laboratory",), since="ordered", next="review"),
        "review": Step(asks=("doctor",), minutes=("review",), next="home"),
    }
    back = ByElapsed(kind="elapsed", step="results", then="home", otherwise="results", **NOTE)
    return department(steps, pools={"doctor": 1}, durations=DURATIONS, branches={"back": back})


@pytest.mark.parametrize(
    ("minutes_of_results", "reviewed"), [(19, False), (20, False), (20 + 1 / 1024, True)]
)
def test_results_that_are_back_as_the_contact_ends_need_no_review(
    engine: Simulate, minutes_of_results: float, reviewed: bool
) -> None:
    # Ordered at 5, seen from 5 to 25.
    story = play(engine, clinic(), Person(0, minutes={"laboratory": minutes_of_results}))
    assert ("review" in {each.step for each in story.activities}) == reviewed


def test_a_clock_that_does_not_run_has_nothing_over(engine: Simulate) -> None:
    story = play(engine, clinic(ordered=False), Person(0, minutes={"laboratory": 0}))
    assert story.spans("results") == {0: (25, 25)}


def test_a_branch_on_elapsed_minutes_leaves_the_clock_running(engine: Simulate) -> None:
    # Not back at 25: the results still count from 5.
    assert play(engine, clinic(), Person(0)).spans("results") == {0: (25, 65)}


def test_the_minutes_count_at_the_pace_of_the_step(engine: Simulate) -> None:
    # Nothing moves in even hours, everything twice as fast in odd ones: at 85, 50 of the minutes since 5 are done.
    made = clinic()
    lab = Profile(weights=(0, 2) * 12, **NOTE)
    paced = replace(
        made,
        profiles={"lab": lab},
        steps={**made.steps, "results": replace(made.steps["results"], pace="lab")},
    )
    people = [Person(0, minutes={"consultation": 80, "laboratory": work}) for work in (50, 51)]
    went = [{each.step for each in play(engine, paced, person).activities} for person in people]
    assert [("results" in steps) for steps in went] == [False, True]


def test_effort_that_would_end_the_step_early_does_not_count(engine: Simulate) -> None:
    made = clinic()
    effort = Effort(waiting_at=("consult",), share=1.0, at_least=(0,), **NOTE)
    hurried = replace(made.steps["results"], effort=effort)
    story = play(engine, replace(made, steps={**made.steps, "results": hurried}), Person(0))
    assert story.spans("results") == {0: (25, 25)}


def test_a_later_pass_reads_its_own_minutes(engine: Simulate) -> None:
    # In the second pass the results of 10 minutes are back, in the first those of 60 are not.
    made = clinic()
    looped = replace(
        made,
        attributes={**made.attributes, "passes": rounds(2)},
        durations={**made.durations, "laboratory": minutes(60, repeats=2)},
        steps={
            **made.steps,
            "triage": replace(made.steps["triage"], next="again"),
            "results": replace(made.steps["results"], repeat_of="again"),
            "review": replace(made.steps["review"], starts_clock=("ordered",), next="again"),
        },
        loops={"again": Loop(passes="passes", again="consult", next="home")},
    )
    story = play(
        engine, looped, Person(0, minutes={"laboratory": (60, 10)}, categories={"passes": "2"})
    )
    assert [each.step for each in story.activities if each.step in ("results", "review")] == [
        "results",
        "review",
    ]


def test_a_branch_names_a_step_that_counts_since_a_clock(hold: Hold) -> None:
    made = clinic()
    wrong = replace(made, branches={"back": replace(made.branches["back"], step="review")})  # type: ignore[call-arg]
    faults = {fault.where: str(fault) for fault in check_pathway(wrong)}
    hold(faults["branches.back.step"], "since a clock 'review'")


RATES = {
    "consultation": 1 / 20,
    "laboratory": 1 / 40,
    "treatment": 1 / 50,
    "reading": 1 / 10,
    "picture": 1 / 15,
}
TREATED = 0.3
N = 20_000


def between_contacts() -> Pathway:
    """A test that runs from the start of a contact on, and treatment after it, with enough of everything.

    Results that are back at its end are read in it; a share of these patients is treated first all the same. The others
    come back when they are treated and their results are there.
    """
    steps = {
        "order": Step(starts_clock=("sent",), next="consult"),
        "consult": Step(minutes=("consultation",), starts_clock=("contact",), next="back"),
        "results": Step(minutes=("laboratory",), since="sent", next="treat"),
        "treat": Step(minutes=("treatment",), since="contact", next="review"),
        "review": Step(minutes=("reading",), next="home"),
    }
    branches = {
        "back": ByElapsed(
            kind="elapsed", step="results", then="treated", otherwise="results", **NOTE
        ),
        "treated": ByChance(kind="chance", targets={"treat": TREATED, "home": 1 - TREATED}, **NOTE),
    }
    durations = {
        name: Exponential(kind="exponential", mean=1 / rate, **NOTE) for name, rate in RATES.items()
    }
    made = department(steps, pools={}, branches=branches)
    arrivals = {"walk_in": ArrivalSource(starts="door", per_day=N, **NOTE)}
    return replace(made, arrivals=arrivals, durations=durations)


def stays(made: Pathway) -> np.ndarray:
    """Minutes from arrival to the end of each patient of a day, all of whom leave in time."""
    plan = lower(made)
    columns = bind(plan, draw(made, seed=3, replication=0, days=1))
    table = compiled.simulate(plan, columns, 5 * DAY).activities
    last = np.append(table.patient[1:] != table.patient[:-1], True)
    assert np.all(table.ended_at[last] != NEVER)
    return (table.ended_at[last] - columns.arrived_at) / TICKS_PER_MINUTE


def test_the_stay_of_who_is_seen_between_treatment_and_results_is_that_of_the_closed_form() -> None:
    # Result L, contact C, treatment T, reading R, all exponential. L is over first by its share of two rates;
    # if not, what is left of it is as long as all of it, and the patient waits for the longer of it and T.
    contact, result, treatment, reading, _ = RATES.values()
    back = result / (result + contact)
    longer = 1 / treatment + 1 / result - 1 / (treatment + result)
    mean = (
        1 / contact
        + (1 - back) * longer
        + back * TREATED / treatment
        + (1 - back + back * TREATED) / reading
    )
    minutes_there = stays(between_contacts())
    error = minutes_there.std() / sqrt(len(minutes_there))
    assert abs(minutes_there.mean() - mean) < 3.3 * error  # a false alarm once in a thousand
    assert error < 0.01 * mean


def test_a_picture_taken_while_the_laboratory_works_makes_the_longer_of_the_two() -> None:
    # Sample sent, then the picture and its reading, then what is left of the laboratory: max(L, P + R) in the mean is
    # E L + E(P + R) - E min, and E min of an exponential and another is (1 - E exp(-l (P + R))) / l.
    _, result, _, reading, picture = RATES.values()
    steps = {
        "sample": Step(starts_clock=("sent",), next="picture"),
        "picture": Step(minutes=("picture",), starts_clock=("taken",), next="results"),
        "results": Step(minutes=("laboratory",), since="sent", next="report"),
        "report": Step(minutes=("reading",), since="taken", next="home"),
    }
    made = between_contacts()
    beside = replace(
        made, steps={"door": replace(made.steps["door"], next="sample"), **steps}, branches={}
    )
    shorter = (1 - reading * picture / ((reading + result) * (picture + result))) / result
    mean = 1 / result + 1 / picture + 1 / reading - shorter
    minutes_there = stays(beside)
    error = minutes_there.std() / sqrt(len(minutes_there))
    assert abs(minutes_there.mean() - mean) < 3.3 * error


def with_nurses(made: Pathway) -> Pathway:
    """The same with a nurse, of whom there are enough, for each review."""
    review = replace(made.steps["review"], asks=("nurses",))
    return replace(made, pools={"nurses": staff(N)}, steps={**made.steps, "review": review})


def test_the_offered_load_sends_on_those_whose_results_are_back() -> None:
    nurses = with_nurses(between_contacts())
    contact, result, _, reading, _ = RATES.values()
    back = result / (result + contact)
    hours = 7 * N * (1 - back + back * TREATED) / reading / 60
    load = offered_load(nurses, draw(nurses, seed=3, replication=0, days=7))
    assert load.work.sum() == pytest.approx(hours, rel=0.02)


@pytest.mark.slow
def test_random_departments_go_by_the_minutes_that_have_elapsed() -> None:
    # As the audit works it out again from the tables: over and the first way, or not over and the second.
    happened: Counter[tuple[bool, int]] = Counter()
    for seed in range(160):
        made = case(seed, GRIDS[1])
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        rows = number_rows(made.plan, activities_table(made.plan, run))
        happened.update(
            (over, way) for _, over, way in ways_by_elapsed(made.plan, rows, made.columns)
        )
    assert set(happened) == {(True, 0), (False, 1)}, happened
    assert min(happened.values()) > 50, happened


def test_the_audit_sees_who_went_against_the_minutes_that_had_elapsed() -> None:
    back = ByElapsed(kind="elapsed", step="results", then="home", otherwise="results", **NOTE)
    few = {"walk_in": ArrivalSource(starts="door", per_day=500, **NOTE)}
    made = with_nurses(replace(between_contacts(), branches={"back": back}, arrivals=few))
    plan = lower(made)
    columns = bind(plan, draw(made, seed=3, replication=0, days=1))
    table = activities_table(plan, compiled.simulate(plan, columns, 5 * DAY))
    assert audit(plan, table, columns=columns).passed
    row = plan.rows[plan.row("results")]
    assert isinstance(row, StepRow)
    sooner = columns.minutes.copy()
    sooner[row.minutes] //= 2
    assert audit(plan, table, columns=replace(columns, minutes=sooner)).counts["route"] > 0
