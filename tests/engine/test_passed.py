"""Branches on a step that was passed: who was seen at the front needs less later, worked out by hand."""

from collections import Counter
from dataclasses import replace

import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.vocabulary import (
    ArrivalSource,
    ByElapsed,
    ByPassed,
    ByQueue,
    Loop,
    Pathway,
    Step,
)
from simulation.engine import compiled
from simulation.engine.rows import BranchRow, Kind
from simulation.patients import draw
from simulation.study.offered_load import offered_load

from .small import NOTE, Person, Simulate, department, minutes, play
from .strategies import GRIDS, case
from .test_coins import rounds

DURATIONS = {"look": minutes(5), "whole": minutes(20), "rest": minutes(12)}


def clinic() -> Pathway:
    """Whoever finds fewer than two waiting has a look first; who had one needs less of the doctor afterwards."""
    steps = {
        "come": Step(next="full"),
        "look": Step(asks=("front",), minutes=("look",), next="looked"),
        "whole": Step(asks=("doctor",), minutes=("whole",), next="home"),
        "rest": Step(asks=("doctor",), minutes=("rest",), next="home"),
    }
    full = ByQueue(
        kind="queue", waiting_at=("look",), at_least=1, then="looked", otherwise="look", **NOTE
    )
    looked = ByPassed(kind="passed", step="look", then="rest", otherwise="whole", **NOTE)
    return department(
        steps,
        pools={"front": 1, "doctor": 9},
        durations=DURATIONS,
        branches={"full": full, "looked": looked},
    )


def unreached(made: Pathway) -> set[str]:
    """Where there are faults: at the end for those who leave, to which nothing leads, and nowhere else."""
    return {fault.where for fault in check_pathway(made)}


def test_who_has_passed_the_step_goes_one_way_and_others_the_other(engine: Simulate) -> None:
    # At 0 to the look, at 1 one waits for it, at 2 one finds somebody waiting and goes past.
    story = play(engine, clinic(), Person(0), Person(1), Person(2))
    assert story.spans("rest") == {0: (5, 17), 1: (10, 22)}
    assert story.spans("whole") == {2: (2, 22)}


def test_who_left_the_step_before_it_began_has_not_passed_it(engine: Simulate) -> None:
    made = clinic()
    look = replace(made.steps["look"], may_leave=True)
    leaving = department(
        {**{name: step for name, step in made.steps.items() if name != "door"}, "look": look},
        pools={"front": 1, "doctor": 9},
        durations=DURATIONS,
        branches=made.branches,
        patience="looked",
    )
    story = play(engine, leaving, Person(0, minutes={"look": 90}), Person(1, patience=60))
    assert story.spans("whole") == {1: (61, 81)}


def test_a_step_passed_in_an_earlier_round_of_a_loop_counts(engine: Simulate) -> None:
    steps = {
        "come": Step(next="again"),
        "look": Step(asks=("front",), minutes=("look",), next="again"),
        "rest": Step(asks=("front",), minutes=("rest",), next="again"),
    }
    made = department(
        steps,
        pools={"front": 1},
        durations=DURATIONS,
        attributes={"passes": rounds(3)},
        branches={
            "looked": ByPassed(kind="passed", step="look", then="rest", otherwise="look", **NOTE)
        },
        loops={"again": Loop(passes="passes", again="looked", next="home")},
    )
    story = play(engine, made, Person(0, categories={"passes": "3"}))
    assert [each.step for each in story.activities if each.step in ("look", "rest")] == [
        "look",
        "rest",
        "rest",
    ]


def test_the_check_follows_who_has_passed_a_step() -> None:
    """The front is kept from the look on: only who has passed it gives it back, and nobody asks for it twice."""
    made = clinic()
    steps = {
        **made.steps,
        "look": replace(made.steps["look"], keeps=("front",)),
        "rest": replace(made.steps["rest"], releases_at_end=("front",)),
        "whole": replace(made.steps["whole"], asks=("front", "doctor")),
    }
    assert unreached(replace(made, steps=steps)) == {"ends.gone"}
    anybody = replace(made.branches["full"], then="whole", otherwise="look")
    wrong = {**steps, "rest": replace(steps["rest"], releases_at_end=(), next="whole")}
    faults = check_pathway(replace(made, steps=wrong, branches={**made.branches, "full": anybody}))
    assert any("may hold already" in str(fault) for fault in faults)


def test_the_check_knows_that_the_clock_of_elapsed_minutes_runs() -> None:
    """Whose minutes are over goes on to a step that counts since the same clock: it runs, so there is no fault."""
    steps = {
        "come": Step(next="full"),
        "look": Step(asks=("front",), minutes=("look",), starts_clock=("seen",), next="back"),
        "results": Step(minutes=("whole",), since="seen", next="home"),
        "read": Step(minutes=("rest",), since="seen", next="home"),
    }
    back = ByElapsed(kind="elapsed", step="results", then="read", otherwise="home", **NOTE)
    full = ByQueue(
        kind="queue", waiting_at=("look",), at_least=1, then="back", otherwise="look", **NOTE
    )
    also = ByQueue(
        kind="queue", waiting_at=("look",), at_least=9, then="results", otherwise="back", **NOTE
    )
    made = department(
        {**steps, "look": replace(steps["look"], next="also")},
        pools={"front": 1},
        durations=DURATIONS,
        branches={"back": back, "full": full, "also": also},
    )
    assert unreached(made) == {"ends.gone"}


def test_a_step_that_is_not_there_is_refused() -> None:
    made = clinic()
    looked = replace(made.branches["looked"], step="lok")
    (fault, *_) = check_pathway(replace(made, branches={**made.branches, "looked": looked}))
    assert fault.where == "branches.looked.step"


def test_the_offered_load_knows_who_has_passed_a_step() -> None:
    made = replace(
        clinic(), arrivals={"walk_in": ArrivalSource(starts="door", per_day=200, **NOTE)}
    )
    load = offered_load(made, draw(made, seed=1, replication=0, days=7))
    doctor = load.work[load.pools.index("doctor")].sum()
    assert doctor == pytest.approx(
        7 * 200 * 12 / 60, rel=1e-6
    )  # nobody waits: everybody is looked at


@pytest.mark.slow
def test_random_departments_go_both_ways() -> None:
    happened: Counter[int] = Counter()
    for seed in range(400):
        made = case(seed, GRIDS[1])
        asked = [
            row for row in made.plan.rows if isinstance(row, BranchRow) and row.kind is Kind.RUNNING
        ]
        if not asked or asked[0].targets[0] == asked[0].targets[1]:
            continue
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        happened["departments"] += 1
        happened.update(
            way for way in (0, 1) if asked[0].targets[way] in set(run.activities.step.tolist())
        )
    assert min(happened["departments"], happened[0], happened[1]) > 20, happened
