"""A pool that an outage closes, or part of it: on a ward of two nurses, ten minutes each. Worked out by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.rota import closed_units
from simulation.department.vocabulary import (
    End,
    Opens,
    Outage,
    Pathway,
    ShareOfTime,
    Shift,
    Step,
    Takes,
    Trigger,
)
from simulation.engine.plan import lower
from simulation.measures.occupancy import capacity_steps
from simulation.patients import draw
from simulation.study.offered_load import offered_load
from simulation.study.simulate import draws_alike
from tests.held import Hold

from .small import NOTE, Person, Simulate, department, minutes, play, staff
from .test_outages import stated


def ward(
    *spans: tuple[float, float],
    closes: int | None = None,
    triggers: dict[str, Trigger] | None = None,
) -> Pathway:
    return with_outage(
        stated(*spans), closes=closes, triggers=triggers or {}, decisions_every_minutes=5
    )


def with_outage(
    outage: Outage, *, closes: int | None = None, capacity: int = 2, **more: Any
) -> Pathway:
    return department(
        {"care": Step(asks=("nurses",), minutes=("work",), next="home")},
        pools={"nurses": staff(capacity, closed_while="strike", closes=closes)},
        durations={"work": minutes(10)},
        outages={"strike": outage},
        ends={"home": End(outcome="discharged")},
        **more,
    )


def test_part_of_a_pool_closes_from_the_start_of_an_outage_until_its_end(engine: Simulate) -> None:
    # From 10 to 35 one of two nurses. 2 goes first at 10; 3 and 4 one after the other; at 35 two again.
    people = [Person(at) for at in (0, 0, 5, 12, 13, 14)]
    story = play(engine, ward((10, 35), closes=1), *people)
    assert story.spans("care") == {
        0: (0, 10),
        1: (0, 10),
        2: (10, 20),
        3: (20, 30),
        4: (30, 40),
        5: (35, 45),
    }
    changes = story.run.changes
    assert (changes.at / 1024).tolist() == [10, 35]
    assert changes.units.tolist() == [1, 0]


def test_a_closed_pool_cuts_nobody_off_and_starts_nobody(engine: Simulate) -> None:
    story = play(engine, ward((10, 35)), Person(5), Person(9), Person(12), Person(35))
    assert story.spans("care") == {0: (5, 15), 1: (9, 19), 2: (35, 45), 3: (35, 45)}


def test_closing_more_than_there_are_is_closing_all(engine: Simulate) -> None:
    people = [Person(at) for at in (0, 5, 9, 12, 20)]
    all_of_them = play(engine, ward((10, 35)), *people)
    assert all_of_them.activities == play(engine, ward((10, 35), closes=5), *people).activities


def test_one_outage_that_begins_as_another_ends_leaves_the_pool_closed(engine: Simulate) -> None:
    story = play(engine, ward((10, 20), (20, 30)), Person(12))
    assert story.spans("care") == {0: (30, 40)}
    assert (story.run.changes.at / 1024).tolist() == [10, 30]


def test_whatever_opens_a_pool_that_is_closed_as_a_whole_stays_closed(engine: Simulate) -> None:
    # At 10 three wait, so three more nurses open; all five are closed until 30. At 30 there are five, at 40 two.
    opens = Opens(
        kind="opens", waiting_at=("care",), above=2, below=0, pool="nurses", extra=3, **NOTE
    )
    people = [Person(at) for at in (6, 7, 8, 9)]
    story = play(engine, ward((5, 30), triggers={"more": opens}), *people)
    assert story.spans("care") == dict.fromkeys(range(4), (30, 40))


def test_what_an_outage_closes_comes_off_after_care_has_taken_its_share(engine: Simulate) -> None:
    # Two of three nurses are away until 90. At 60 two wait for half an hour of care each an hour: one nurse, so the
    # two that stay are the two that are away, and whoever waits does so until 90.
    takes = Takes(
        kind="takes", waiting_at=("care",), minutes_per_hour=30, pool="nurses", leaves=2, **NOTE
    )
    made = with_outage(stated((0, 90)), closes=2, capacity=3, triggers={"care": takes})
    story = play(engine, made, Person(0, minutes={"work": 65.0}), Person(1), Person(2))
    assert story.spans("care") == {0: (0, 65), 1: (90, 100), 2: (90, 100)}


@pytest.mark.parametrize("closes", [None, 1])
def test_an_outage_that_never_comes_changes_nothing(engine: Simulate, closes: int | None) -> None:
    never = ShareOfTime(kind="share", share=0, mean_down_minutes=30, **NOTE)
    people = [Person(at) for at in (0, 0, 5, 12, 13)]
    made = with_outage(never, closes=closes)
    open_always = replace(made, pools={"nurses": staff(2)})
    assert play(engine, made, *people).activities == play(engine, open_always, *people).activities


def test_the_capacity_of_a_run_falls_while_the_outage_lasts(engine: Simulate) -> None:
    made = ward((10, 35), closes=1)
    story = play(engine, made, Person(0))
    at, units = capacity_steps(lower(made), "nurses", until=60, changes=story.run.changes)
    assert dict(zip(at.tolist(), units.tolist(), strict=True)) == {0: 2, 10: 1, 35: 2}


def test_the_offered_load_counts_the_units_of_the_long_run() -> None:
    # Three nurses of whom two are away a quarter of the time: 2.5 on average.
    quarter = ShareOfTime(kind="share", share=0.25, mean_down_minutes=60, **NOTE)
    made = with_outage(quarter, closes=2, capacity=3)
    load = offered_load(made, draw(made, seed=1, replication=0, days=28))
    assert np.allclose(load.capacity, 2.5)
    dated = offered_load(ward((0, 100)), draw(ward((0, 100)), seed=1, replication=0, days=28))
    assert np.allclose(dated.capacity, 2)


def test_arms_with_and_without_a_strike_share_their_patients() -> None:
    made = ward((10, 35), closes=1)
    assert draws_alike(made, replace(made, pools={"nurses": staff(2)}))
    assert not draws_alike(made, replace(made, pools={"nurses": staff(3)}))


def test_what_closes_a_pool_is_checked_by_name(hold: Hold) -> None:
    made = ward((10, 35))
    pool = made.pools["nurses"]

    def faults(**changes: Any) -> str:
        return "\n".join(
            map(str, check_pathway(replace(made, pools={"nurses": replace(pool, **changes)})))
        )

    assert faults() == ""
    assert "pools.nurses.closed_while: unknown outage 'strik'. Did you mean 'strike'?" in faults(
        closed_while="strik"
    )
    assert "pools.nurses.closes: nothing says when" in faults(closed_while=None, closes=1)
    hold(faults(capacity=None, unlimited=True), "unlimited pool cannot")


@pytest.mark.parametrize(("closes", "n_faults"), [(None, 1), (2, 1), (1, 0)])
def test_a_pool_that_is_always_closed_has_nobody_on_duty(closes: int | None, n_faults: int) -> None:
    always = ShareOfTime(kind="share", share=1, mean_down_minutes=30, **NOTE)
    found = check_pathway(with_outage(always, closes=closes))
    assert ["at any hour" in str(fault) for fault in found] == [True] * n_faults


@pytest.mark.parametrize(("share", "closes"), [(0.3, 3), (0.01, 1), (1.0, 10)])
def test_a_share_of_a_pool_closes_in_whole_units_and_one_at_least(
    share: float, closes: int
) -> None:
    stated_so = staff(10, closed_while="strike", closes_share=share)
    assert closed_units(stated_so) == closes
    rota = replace(
        stated_so,
        capacity=None,
        rota=(Shift(hours="0-8", number=2), Shift(hours="8-24", number=10)),
    )
    assert closed_units(rota) == closes


def test_a_share_closes_what_as_many_units_do(engine: Simulate) -> None:
    people = [Person(at) for at in (0, 0, 5, 12, 13, 14)]
    half = ward((10, 35))
    half = replace(half, pools={"nurses": staff(2, closed_while="strike", closes_share=0.5)})
    assert (
        play(engine, half, *people).activities
        == play(engine, ward((10, 35), closes=1), *people).activities
    )


def test_a_share_beside_a_number_is_refused(hold: Hold) -> None:
    pools = {"nurses": staff(2, closed_while="strike", closes_share=0.5, closes=1)}
    (fault,) = check_pathway(replace(ward((10, 35)), pools=pools))
    hold((fault.where, fault.found))
