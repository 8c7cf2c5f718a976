"""Inside the department: hours and areas of a page are those of the result's days, changes stand where they are."""

import pytest

import simulation as ae
from simulation.app.asked import parse_question
from simulation.app.inside import HOURS, areas, hours_tables, short_table
from simulation.app.session import PROFILED, Session
from simulation.display.table import Cell
from simulation.display.words import STAGE_WORDS
from tests.app.conftest import PAIRS


def test_a_pool_is_as_busy_by_hour_as_the_result_says(two: ae.Result) -> None:
    first, *moved = hours_tables(two)
    assert first.headers == ("pool", *HOURS)
    day = two.baseline.day
    for pool, *cells in first.cells:
        row = day.busy[day.pools.index(str(pool).replace(" ", "_"))]
        assert [cell.value for cell in cells if isinstance(cell, Cell)] == pytest.approx(
            row.tolist(), nan_ok=True
        )
    assert {table.title.split("'")[1] for table in moved} <= {arm.label for arm in two.others}
    nurses = next(
        row
        for table in moved
        if "Lean" in table.title
        for row in table.cells
        if row[0] == "triage nurses"
    )
    assert any(isinstance(cell, Cell) and cell.look == "less" for cell in nurses)


def test_areas_hold_the_whole_stay_and_mark_what_a_policy_changes(two: ae.Result) -> None:
    shown = areas(two)
    assert [area.name for area in shown] == [
        name for name in STAGE_WORDS.values() if name in {area.name for area in shown}
    ]
    for number, arm in enumerate(two.arms):
        minutes = sum(
            waiting + working
            for area in shown
            for _, waiting, working in area.minutes[number : number + 1]
        )
        whole = sum(
            waiting + working
            for step, waiting, working in zip(
                arm.day.steps, arm.day.waiting, arm.day.working, strict=True
            )
            if step in two.stages
        )
        assert minutes == pytest.approx(whole, abs=1)
    front = shown[0]
    assert dict(front.steps)["triage"] == [1, 2]
    assert [number for number, _, words in front.changes if words.startswith("triage:")] == [1, 2]


def test_what_is_short_begins_with_beds_and_queues_and_leaves_out_idle_staff(
    two: ae.Result,
) -> None:
    (table,) = short_table(two)
    words = [str(row[0]) for row in table.cells]
    busy = [n for n, one in enumerate(words) if " busy from " in one]
    queues = [n for n, one in enumerate(words) if "waiting" in one.casefold()]
    assert len(words) <= 40
    assert "beds" in words[0]
    assert max(queues) < min(busy)
    assert not [one for one in words if "on duty" in one]


def test_without_days_there_is_nothing_to_show(two: ae.Result) -> None:
    later = ae.Result(two.study, (), two.explained, two.manifest)
    assert hours_tables(later) == []
    assert areas(later) == []


@pytest.mark.slow
def test_days_are_made_for_who_looks_and_change_no_number(short: None) -> None:
    session, asked = Session(1), parse_question(PAIRS)
    assert session.profiled(asked) is None
    study = ae.load(*asked.overrides, "run.profiles=0", "executor=serial")
    result = next(one for one in ae.grow(study) if len(one.replications) == PROFILED + 1)
    session._keep(asked, result)
    profiled = session.profiled(asked)
    assert profiled is not None
    assert ae.same_numbers(profiled, result)
    assert [one.arms["nurse"].day is not None for one in profiled.replications] == [
        True
    ] * PROFILED + [False]
    longer = next(one for one in ae.grow(study, so_far=result))
    session._keep(asked, longer)
    kept = session.result(asked)
    assert kept is not None
    assert (len(kept.replications), kept.run.profiles) == (PROFILED + 2, PROFILED)
