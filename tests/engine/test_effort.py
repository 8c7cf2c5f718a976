"""The last share of a step's minutes falls away in stages while many wait. One bed, stays of 100 minutes. By hand."""

import random
from dataclasses import replace
from typing import Any

import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.vocabulary import ByQueue, Effort, End, Pathway, Profile, Step
from tests.held import Hold

from .small import NOTE, Person, Simulate, Story, department, minutes, play

HOME = {"home": End(outcome="discharged")}
EFFORT = Effort(waiting_at=("stay",), share=0.3, at_least=(3, 2, 1), **NOTE)


def ward(effort: Effort | None = EFFORT, *, beds: int = 1, **more: Any) -> Pathway:
    stay = Step(
        asks=("beds",), minutes=("stay",), effort=effort, next="home", **more.pop("stay", {})
    )
    return department(
        {"stay": stay}, pools={"beds": beds}, durations={"stay": minutes(100)}, **more
    )


def first_stay(engine: Simulate, made: Pathway, *others: float) -> float | None:
    """When the first patient's stay ends, with others who join its queue at these minutes."""
    return play(engine, made, Person(0), *(Person(at) for at in others)).of("stay").ended_at


@pytest.mark.parametrize(
    ("others", "ends_at"),
    [
        ((1, 2, 3), 70),
        ((1, 2, 70), 80),  # at 70 two waited just before; at 80 three do
        ((1, 75, 80), 80),
        ((1,), 90),
        ((1, 95), 90),
        ((90, 91), 100),
        ((), 100),
    ],
)
def test_a_stay_ends_at_the_first_stage_at_which_enough_wait(
    engine: Simulate, others: tuple[float, ...], ends_at: float
) -> None:
    assert first_stay(engine, ward(), *others) == ends_at


def test_a_bed_freed_early_goes_to_the_next_at_that_instant(engine: Simulate) -> None:
    story = play(engine, ward(), Person(0), Person(1), Person(2), Person(3))
    # 3 wait at 70; then 2 wait at 70 + 80; then 1 waits at 150 + 90; then nobody.
    assert story.spans("stay") == {0: (0, 70), 1: (70, 150), 2: (150, 240), 3: (240, 340)}


def test_stages_that_have_begun_by_the_start_are_looked_at_as_it_starts(engine: Simulate) -> None:
    # Each clock runs from the door (0, 0, 1, 2). At 80 three wait: 0 ends, and so does 1, for whom 70 and 80 are past.
    # 2 has its looks at 71 (three were too few), 81 (one waits) and 91; 3 is looked at 72 and 82 as it starts, at 91.
    made = ward(replace(EFFORT, at_least=(5, 2, 1)), stay={"since": "came"})
    door = Step(relabels="acuity_true", starts_clock=("came",), next="stay")
    story = play(
        engine,
        replace(made, steps={**made.steps, "door": door}),
        *(Person(at) for at in (0, 0, 1, 2)),
    )
    assert story.spans("stay") == {0: (0, 80), 1: (80, 80), 2: (80, 91), 3: (91, 102)}


def test_the_work_of_a_paced_stay_is_what_falls_away(engine: Simulate) -> None:
    # From 8 to 20 h the pace is twice the usual, else nothing: 100 minutes of work from 8 h on take 50, 70 take 35.
    weights = tuple(2.0 if 8 <= hour < 20 else 0.0 for hour in range(24))
    made = ward(stay={"pace": "by_day"}, profiles={"by_day": Profile(weights=weights, **NOTE)})
    people = [Person(0), Person(1), Person(2), Person(3)]
    assert play(engine, made, *people).of("stay").ended_at == 8 * 60 + 35
    assert play(engine, made, Person(0)).of("stay").ended_at == 8 * 60 + 50


def test_effort_for_which_too_few_ever_wait_changes_nothing(engine: Simulate) -> None:
    people = [Person(at) for at in (0, 1, 2, 3, 50)]
    never = replace(EFFORT, at_least=(9, 9))
    assert (
        play(engine, ward(never), *people).activities
        == play(engine, ward(None), *people).activities
    )


def test_effort_is_what_a_chain_of_queue_branches_and_split_steps_says(engine: Simulate) -> None:
    chance = random.Random(5)
    at = sorted(chance.uniform(0, 1400) for _ in range(120))
    people = [Person(round(each), minutes={"stay": 20.0 * chance.randint(1, 8)}) for each in at]
    effort = Effort(waiting_at=("stay",), share=0.15, at_least=(6, 4, 2), **NOTE)
    one, other = (
        play(engine, made, *people, until=4000) for made in (ward(effort, beds=8), chained())
    )
    assert left_at(one) == left_at(other)
    stays = [each for each in one.activities if each.step == "stay"]
    early = [
        each.ended_at - each.started_at < people[each.patient].minutes["stay"] for each in stays
    ]  # type: ignore
    assert 20 < sum(early) < 100


def chained() -> Pathway:
    """The same in words without `effort`: the rest of the stay in three parts, each reached if too few wait."""
    rests = {
        f"rest_{k}": Step(minutes=("stay",), times=0.05, next=f"enough_{k + 1}") for k in range(3)
    }
    branches = {
        f"enough_{k}": ByQueue(
            kind="queue",
            waiting_at=("stay",),
            at_least=n,
            then="home",
            otherwise=f"rest_{k}",
            **NOTE,
        )
        for k, n in enumerate((6, 4, 2))
    }
    rests["rest_2"] = replace(rests["rest_2"], next="home")
    stay = Step(asks=("beds",), minutes=("stay",), times=0.85, keeps=("beds",), next="enough_0")
    return department(
        {"stay": stay, **rests},
        pools={"beds": 8},
        durations={"stay": minutes(100)},
        branches=branches,
    )


def left_at(story: Story) -> dict[int, float | None]:
    return {each.patient: each.ended_at for each in story.activities if each.step == "home"}


def test_effort_is_checked_by_name_and_by_order(hold: Hold) -> None:
    def faults(effort: Effort, **more: Any) -> str:
        return "\n".join(map(str, check_pathway(ward(effort, stay=more, ends=HOME))))

    assert faults(EFFORT) == ""
    assert "steps.stay.effort.at_least.1: 3 after 2" in faults(replace(EFFORT, at_least=(2, 3)))
    assert "steps.stay.effort.waiting_at.0: unknown step 'sty'" in faults(
        replace(EFFORT, waiting_at=("sty",))
    )
    assert "nobody waits at 'door'" in faults(replace(EFFORT, waiting_at=("door",)))
    bare = replace(
        ward(ends=HOME), steps={**ward().steps, "stay": replace(ward().steps["stay"], minutes=())}
    )
    hold("\n".join(map(str, check_pathway(bare))), "steps.stay.effort")
