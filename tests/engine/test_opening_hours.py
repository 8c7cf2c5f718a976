"""A service with opening hours: who joins earlier waits, and they start in order as it opens. By hand."""

from dataclasses import replace
from typing import Any

import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.vocabulary import End, Pathway, Pool, Shift, Step

from .copies import Edit, staffing_checked_with
from .small import NOTE, Person, Simulate, department, minutes, play, staff

HOUR = 60
PLANTED = {
    "whoever asks may wait": Edit(
        "pathway.pools[pool].queues_until_open for pool in pools\n", "True for _ in pools\n"
    ),
    "nobody may wait": Edit(
        "waits_for_opening = empty != ALWAYS and any(", "waits_for_opening = False and any("
    ),
    "it need not open": Edit(
        "waits_for_opening = empty != ALWAYS and any(", "waits_for_opening = any("
    ),
    "every alternative has to say so": Edit("empty != ALWAYS and any(", "empty != ALWAYS and all("),
}
"""Faults in the rule about who may wait for a service to open."""


def scan(*, queues: bool = True, hours: str = "8-18", **more: Any) -> Pathway:
    """One scanner that is open on weekdays, an hour a scan, the urgent first."""
    rota = (Shift(hours=hours, number=1, days="mon-fri"),)
    scanner = Pool(kind="space", rota=rota, queues_until_open=queues, **NOTE)
    return department(
        {
            "scan": Step(
                asks=("scanner",), minutes=("scanning",), may_leave="patience" in more, next="home"
            )
        },
        pools={"scanner": scanner},
        durations={"scanning": minutes(HOUR)},
        **{"ends": {"home": End(outcome="discharged")}, **more},
    )


def test_whoever_comes_before_a_service_opens_starts_in_order_as_it_does(engine: Simulate) -> None:
    people = (Person(1), Person(2, "minor"), Person(3, "urgent"), Person(4))
    story = play(engine, scan(), *people)
    opens = 8 * HOUR
    assert story.spans("scan") == {
        2: (opens, opens + HOUR),
        0: (opens + HOUR, opens + 2 * HOUR),
        3: (opens + 2 * HOUR, opens + 3 * HOUR),
        1: (opens + 3 * HOUR, opens + 4 * HOUR),
    }


def test_whoever_is_served_as_a_service_closes_is_finished_and_the_next_waits_over_the_weekend(
    engine: Simulate,
) -> None:
    friday = 4 * 24 * HOUR
    people = (Person(friday + 17.5 * HOUR), Person(friday + 17.6 * HOUR))
    story = play(engine, scan(), *people, until=14 * 24 * HOUR)
    monday = 7 * 24 * HOUR + 8 * HOUR
    assert story.spans("scan") == {
        0: (friday + 17.5 * HOUR, friday + 18.5 * HOUR),
        1: (monday, monday + HOUR),
    }


def test_patience_may_end_the_wait_for_a_service_to_open(engine: Simulate) -> None:
    ends = {"home": End(outcome="discharged"), "gone": End(outcome="left")}
    story = play(
        engine, scan(patience="gone", ends=ends), Person(1, patience=100), Person(2, patience=500)
    )
    assert story.of("scan", 0).ended_at == 101
    assert story.of("scan", 1).started_at == 8 * HOUR


def test_one_step_of_a_shared_service_keeps_its_hours_by_a_pool_of_its_own(
    engine: Simulate,
) -> None:
    # The radiographer works at all hours; routine scans need the list to be open, too.
    made = scan()
    step = replace(made.steps["scan"], asks=("scanner", "radiographer"))
    made = replace(
        made, steps={**made.steps, "scan": step}, pools={**made.pools, "radiographer": staff(1)}
    )
    assert play(engine, made, Person(1)).of("scan").started_at == 8 * HOUR


def test_hours_without_a_unit_are_refused_unless_they_are_meant() -> None:
    assert check_pathway(scan()) == ()
    (fault,) = check_pathway(scan(queues=False))
    assert "'scanner' has no unit 18:00-08:00" in str(fault)
    assert "`queues_until_open: true`" in str(fault)


def test_a_service_that_never_opens_is_refused() -> None:
    made = scan()
    never = replace(made.pools["scanner"], rota=None, capacity=0)
    (fault,) = check_pathway(replace(made, pools={"scanner": never}))
    assert "'scanner' has no unit at any hour" in str(fault)


def test_of_alternatives_one_that_people_wait_for_is_enough() -> None:
    made = scan()
    portable = replace(made.pools["scanner"], queues_until_open=False)
    step = replace(made.steps["scan"], asks=(), any_of=("portable", "scanner"))
    assert (
        check_pathway(
            replace(
                made, steps={**made.steps, "scan": step}, pools={"portable": portable, **made.pools}
            )
        )
        == ()
    )


@pytest.mark.mutation
@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_planted_in_the_rule_about_opening_is_noticed(fault: str) -> None:
    with staffing_checked_with(PLANTED[fault]), pytest.raises((AssertionError, ValueError)):
        every_claim_about_opening()


def every_claim_about_opening() -> None:
    test_hours_without_a_unit_are_refused_unless_they_are_meant()
    test_a_service_that_never_opens_is_refused()
    test_of_alternatives_one_that_people_wait_for_is_enough()
