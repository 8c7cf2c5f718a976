"""Which pools are overloaded, which of them nothing relieves, and what is said of their hours."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.patients import Draws, draw
from simulation.study.department_warnings import describe_busy_hours, find_overloaded
from simulation.study.offered_load import Load, offered_load, weekly_load
from tests.held import Hold

Make = Callable[..., Pathway]
BED = "{kind: space, capacity: 5, evidence: assumed, source: test}"


def sample(pathway: Pathway) -> Draws:
    return draw(pathway, seed=1, replication=0, days=28)


OVERLOAD = "arrivals: {walk_in: {per_day: 120}}\n"


def overloads(make: Make, changes: str = "") -> dict[str, float]:
    pathway = make(OVERLOAD + changes)
    return find_overloaded(pathway, offered_load(pathway, sample(pathway)).of_week())


def test_an_overloaded_pool_without_relief_is_reported_with_its_load(smallest: Make) -> None:
    assert overloads(smallest) == pytest.approx({"nurses": 1.25})


def test_overload_may_be_allowed(smallest: Make) -> None:
    assert overloads(smallest, "allow_overload: true") == {}


RELIEF = {
    "patience": "steps: {see: {may_leave: true}}\n"
    "patience: {minutes: seeing, arrivals: [walk_in], next: home, evidence: assumed, source: test}",
    "a queue limit": "steps: {see: {queue_limit: 9, blocked_next: home}}",
    "placement elsewhere": f"{{pools: {{beds: {BED}}}, steps: {{see: {{overflow: {{after_minutes: 60, any_of: [beds], "
    "evidence: assumed, source: test}}}}",
    "escalation": "triggers: {more: {kind: opens, waiting_at: [see], above: 9, below: 3, pool: nurses, extra: 1, "
    "evidence: assumed, source: test}}",
}


@pytest.mark.parametrize("relief", RELIEF)
def test_overload_with_relief_is_not_told(relief: str, smallest: Make) -> None:
    changes = RELIEF[relief]
    changes = (
        f"{{arrivals: {{walk_in: {{per_day: 120}}}}, {changes[1:]}"
        if changes.startswith("{")
        else changes
    )
    pathway = smallest(changes if changes.startswith("{") else OVERLOAD + changes)
    load = offered_load(pathway, sample(pathway))
    assert load.weekly()[0] > 1
    assert find_overloaded(pathway, load.of_week()) == {}


def test_an_alternative_relieves_only_if_it_is_not_overloaded_itself(smallest: Make) -> None:
    doctors = "pools: {doctors: {kind: staff, capacity: 1, evidence: assumed, source: test}}\n"
    subgraph = "steps: {see: {asks: [], any_of: [nurses, doctors]}}"
    assert overloads(smallest, doctors + subgraph) == {}
    busier = smallest(OVERLOAD.replace("120", "240") + doctors + subgraph)
    assert len(find_overloaded(busier, weekly_load(busier, sample(busier)))) == 2


def test_the_load_of_the_week_alone_is_that_of_its_hours(smallest: Make) -> None:
    pathway = smallest(OVERLOAD)
    by_hour, alone = (
        offered_load(pathway, sample(pathway)).of_week(),
        weekly_load(pathway, sample(pathway)),
    )
    assert alone.pools == by_hour.pools
    np.testing.assert_allclose(alone.ratio, by_hour.ratio, rtol=1e-12)
    np.testing.assert_allclose(alone.error, by_hour.error, rtol=1e-12)


def flat(work: float, capacity: float) -> Load:
    return Load(
        ("triage_nurses",), np.full((1, 168), work), np.full((1, 168), capacity), np.zeros(1)
    )


def test_hours_above_1_are_named_with_the_worst(smallest: Make) -> None:
    load = flat(1.0, 2.0)
    load.work.reshape(7, 24)[:, 10:13] = 2.2
    load.work.reshape(7, 24)[0] *= 1.1
    assert describe_busy_hours(load) == (
        "triage_nurses: load above 1 at 10-13 h, worst 1.21 at 10 h on mon",
    )


def test_hours_over_midnight_are_one_span() -> None:
    load = flat(1.0, 2.0)
    load.capacity.reshape(7, 24)[:, [22, 23, 0, 1]] = 0.8
    assert describe_busy_hours(load) == (
        "triage_nurses: load above 1 at 22-2 h, worst 1.25 at 0 h on mon",
    )


def test_an_overload_over_the_week_is_reported_first(hold: Hold) -> None:
    hold(describe_busy_hours(flat(3.0, 2.0)))


def test_work_with_nobody_on_duty_is_named(hold: Hold) -> None:
    load = flat(1.0, 2.0)
    load.capacity[0, 6 * 24 + 3] = 0
    hold(describe_busy_hours(load))
    assert describe_busy_hours(load, ["triage_nurses"]) == (), (
        "they are meant to wait until it opens"
    )


def test_a_pool_below_1_at_every_hour_is_not_remarked_on() -> None:
    assert describe_busy_hours(flat(1.0, 2.0)) == ()


def test_a_load_is_called_above_1_only_where_it_is_so_by_two_standard_errors() -> None:
    """1.13 over the week is with a standard error of .04, not of .07; a clock hour has the root of 24 times it."""
    for error, output in ((0.04, True), (0.07, False)):
        load = replace(flat(2.2, 2.0), error=np.array([error]))
        load.work[0, 10::24] *= 1.55
        assert ("over the week" in describe_busy_hours(load)[0]) == output
    for error, n_remarks in ((0.0102, 1), (0.0103, 0)):  # .10 is twice .01021 times 4.90
        assert (
            len(describe_busy_hours(replace(flat(2.2, 2.0), error=np.array([error])))) == n_remarks
        )
