"""Offered load is arrivals times minutes over units, in the hours in which the work falls."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulation.department.vocabulary import Pathway
from simulation.engine.plan import bind, lower
from simulation.engine.reference import simulate
from simulation.patients import Draws, draw
from simulation.study.offered_load import Load, offered_load
from simulation.units import DAY, HOUR, WEEK

Make = Callable[..., Pathway]
BED = "{kind: space, capacity: 5, evidence: assumed, source: test}"


def sample(pathway: Pathway, days: int = 28) -> Draws:
    return draw(pathway, seed=1, replication=0, days=days)


def one_patient(pathway: Pathway, **columns: Any) -> Draws:
    """The first patient of a sample, arriving at minute 0 unless told otherwise."""
    drawn = sample(pathway, 7)
    return replace(
        drawn,
        arrived_at=np.array([columns.pop("arrived_at", 0)]),
        arrival_source=drawn.arrival_source[:1],
        attributes={name: codes[:1] for name, codes in drawn.attributes.items()} | columns,
        minutes={name: minutes[:, :1] for name, minutes in drawn.minutes.items()},
    )


def in_hours(load: Load, pool: str, *, per_week: float) -> dict[int, float]:
    """Hours of the week with work of one patient for a pool, and how many unit-hours."""
    work = load.work[load.pools.index(pool)] / per_week
    return {int(hour): round(float(work[hour]), 9) for hour in np.flatnonzero(work > 1e-12)}


def test_load_is_arrivals_times_minutes_over_units(smallest: Make) -> None:
    load = offered_load(smallest(), sample(smallest()))
    assert load.weekly() == pytest.approx([24 * 0.5 / 24 / 2])
    assert load.work.sum(axis=1) == pytest.approx([7 * 24 * 0.5])
    assert load.work.shape == load.capacity.shape == load.ratio().shape == (1, 168)
    assert load.by_hour().shape == (1, 24)


def test_minutes_are_booked_in_the_hours_in_which_they_fall(smallest: Make) -> None:
    pathway = smallest("durations: {seeing: {mean: 90}}")
    patient = one_patient(pathway, arrived_at=10 * HOUR + HOUR // 2)
    assert in_hours(offered_load(pathway, patient), "nurses", per_week=168) == {10: 0.5, 11: 1.0}


def test_work_past_sunday_midnight_falls_on_monday(smallest: Make) -> None:
    patient = one_patient(smallest(), arrived_at=WEEK - HOUR // 4)
    assert in_hours(offered_load(smallest(), patient), "nurses", per_week=168) == {
        0: 0.25,
        167: 0.25,
    }


def test_a_stay_of_more_than_a_week_counts_in_every_hour(smallest: Make) -> None:
    pathway = smallest("durations: {seeing: {mean: 10140}}")  # a week and an hour
    hours = in_hours(offered_load(pathway, one_patient(pathway)), "nurses", per_week=168)
    assert hours == {0: 2.0} | dict.fromkeys(range(1, 168), 1.0)


def test_a_kept_pool_is_booked_until_it_is_given_up(smallest: Make) -> None:
    pathway = smallest(f"""
arrivals: {{walk_in: {{starts: place}}}}
pools: {{cubicles: {BED}}}
durations: {{hour: {{kind: fixed, mean: 60, evidence: assumed, source: test}}}}
steps:
  place: {{asks: [cubicles], keeps: [cubicles], minutes: [hour], next: see}}
  see: {{minutes: [hour], releases_at_end: [cubicles], next: rest}}
  rest: {{minutes: [hour], next: home}}
""")
    load = offered_load(pathway, one_patient(pathway))
    assert in_hours(load, "cubicles", per_week=168) == {0: 1.0, 1: 1.0}
    assert in_hours(load, "nurses", per_week=168) == {1: 1.0}


def test_what_is_given_up_at_a_start_is_not_booked_for_that_step(smallest: Make) -> None:
    pathway = smallest(f"""
arrivals: {{walk_in: {{starts: place}}}}
pools: {{cubicles: {BED}}}
durations: {{hour: {{kind: fixed, mean: 60, evidence: assumed, source: test}}}}
steps:
  place: {{asks: [cubicles], keeps: [cubicles], minutes: [hour], next: see}}
  see: {{minutes: [hour], releases_at_start: [cubicles]}}
""")
    assert in_hours(offered_load(pathway, one_patient(pathway)), "cubicles", per_week=168) == {
        0: 1.0
    }


def test_alternatives_share_the_work_by_units_on_duty(smallest: Make) -> None:
    pathway = smallest("""
pools:
  nurses: {capacity: 3}
  doctors: {kind: staff, rota: [{hours: 8-20, number: 1}], evidence: assumed, source: test}
steps: {see: {asks: [], any_of: [nurses, doctors]}}
""")
    night = offered_load(pathway, one_patient(pathway, arrived_at=2 * HOUR))
    assert in_hours(night, "nurses", per_week=168) == {2: 0.5}
    day = offered_load(pathway, one_patient(pathway, arrived_at=10 * HOUR))
    assert in_hours(day, "nurses", per_week=168) == {10: 0.375}
    assert in_hours(day, "doctors", per_week=168) == {10: 0.125}


def test_an_unlimited_alternative_takes_only_what_none_before_it_can(smallest: Make) -> None:
    corridor = "corridor: {kind: space, unlimited: true, evidence: assumed, source: test}"
    later = smallest(
        f"{{pools: {{{corridor}}}, steps: {{see: {{asks: [], any_of: [nurses, corridor]}}}}}}"
    )
    first = smallest(
        f"{{pools: {{{corridor}}}, steps: {{see: {{asks: [], any_of: [corridor, nurses]}}}}}}"
    )
    assert offered_load(later, sample(later)).weekly()[0] == pytest.approx(0.25)
    assert offered_load(first, sample(first)).weekly()[0] == pytest.approx(0)


def test_a_pace_stretches_the_minutes(smallest: Make) -> None:
    """At night, from 0 to 12 h, half as fast as by day: weights 1 and 2 are paces 2/3 and 4/3."""
    weights = [1] * 12 + [2] * 12
    pathway = smallest(f"""
profiles: {{night: {{weights: {weights}, evidence: assumed, source: test}}}}
durations: {{seeing: {{mean: 40}}}}
steps: {{see: {{pace: night}}}}
""")
    night = offered_load(pathway, one_patient(pathway, arrived_at=DAY))
    day = offered_load(pathway, one_patient(pathway, arrived_at=DAY + 12 * HOUR))
    assert in_hours(night, "nurses", per_week=168) == {24: 1.0}
    assert in_hours(day, "nurses", per_week=168) == {36: 0.5}


def test_a_loop_goes_round_as_often_as_drawn(smallest: Make) -> None:
    pathway = smallest("""
attributes: {rounds: {kind: choice, categories: ['0', '1', '2'], shares: [0, 0, 1], evidence: assumed, source: test}}
arrivals: {walk_in: {starts: more}}
steps: {see: {next: more, repeat_of: more}}
loops: {more: {passes: rounds, again: see, next: home}}
""")
    assert offered_load(pathway, sample(pathway)).weekly() == pytest.approx([2 * 0.25])


def test_a_branch_on_hours_reads_the_clock_of_arrival_and_service(smallest: Make) -> None:
    pathway = smallest("""
arrivals: {walk_in: {starts: wait}}
steps: {wait: {minutes: [seeing], next: clock}}
branches: {clock: {kind: hours, hours: 8-20, then: see, otherwise: home, evidence: assumed, source: test}}
""")
    early = offered_load(pathway, one_patient(pathway, arrived_at=7 * HOUR + HOUR // 2))
    late = offered_load(pathway, one_patient(pathway, arrived_at=19 * HOUR + HOUR // 2))
    assert in_hours(early, "nurses", per_week=168) == {8: 0.5}
    assert in_hours(late, "nurses", per_week=168) == {}


def test_patients_present_at_the_start_are_left_out(smallest: Make) -> None:
    pathway = smallest(
        "present: {inside: {starts: see, number: 50, evidence: assumed, source: test}}"
    )
    assert offered_load(pathway, sample(pathway)).weekly() == pytest.approx([0.25])


def test_load_equals_the_work_that_an_engine_does(emergency_room: Pathway) -> None:
    """Waits apart, what is booked on a step's pools is what the reference engine finds them busy with."""
    draws, plan = sample(emergency_room, 14), lower(emergency_room)
    load = offered_load(emergency_room, draws)
    activities = simulate(plan, bind(plan, draws), 4 * WEEK).activities
    assert np.all(activities.ended_at >= 0)
    per_week = 7 * emergency_room.arrivals["arrivals"].per_day / len(draws)
    busy = activities.ended_at - activities.started_at
    for pool in ("triage_nurses", "examination_rooms", "physicians", "nurses", "trauma_cubicles"):
        steps = [plan.row(name) for name, step in emergency_room.steps.items() if pool in step.asks]
        hours = busy[np.isin(activities.step, steps)].sum() / HOUR * per_week
        # the engine rounds each duration to a tick
        assert load.work[load.pools.index(pool)].sum() == pytest.approx(hours, rel=1e-5)


def test_the_standard_error_covers_the_truth(smallest: Make) -> None:
    """Exponential minutes: the mean of 40 samples' loads within 4 standard errors (false alarm 1 in 16,000)."""
    pathway = smallest("durations: {seeing: {kind: exponential}}")
    found = [offered_load(pathway, draw(pathway, seed=2, replication=k, days=7)) for k in range(40)]
    loads_found = np.array([load.weekly()[0] for load in found])
    error = np.mean([load.error[0] for load in found])
    assert abs(loads_found.mean() - 0.25) < 4 * error / np.sqrt(40)
    assert 0.6 < loads_found.std() / error < 1.6


def test_a_sample_of_four_weeks_is_walked_in_less_than_two_seconds(emergency_room: Pathway) -> None:
    draws = sample(emergency_room, 42)  # as many patients as 340 a day for four weeks
    started = time.perf_counter()
    offered_load(emergency_room, draws)
    assert time.perf_counter() - started < 2


DOWN = """
outages: {tool: {kind: stated, spans: [{starts_at_minutes: 600, ends_at_minutes: 660}], evidence: assumed, source: a}}
branches:
  failed: {kind: down, outage: tool, since_start: true, then: check, otherwise: home, evidence: assumed, source: test}
steps:
  see: {next: failed}
  check: {asks: [nurses], minutes: [seeing], next: home}
"""


def test_a_branch_on_an_outage_reads_the_spans_of_the_sample(smallest: Make) -> None:
    """Half an hour each from 9:10, 9:40 and 11:00: only who is at it as it is down is checked, for as long again."""
    pathway = smallest(DOWN)
    hours = [
        offered_load(pathway, one_patient(pathway, arrived_at=round(at * HOUR))).work[0].sum()
        for at in (9 + 1 / 6, 9.75, 11)
    ]
    assert hours == pytest.approx([hours[0], 2 * hours[0], hours[0]])


CLOCK = f"""
pools: {{beds: {BED}}}
durations: {{scanning: {{kind: fixed, mean: 45, evidence: assumed, source: test}}}}
steps:
  see: {{starts_clock: [ordered], next: again}}
  again: {{asks: [nurses], minutes: [seeing], next: wait}}
  wait: {{asks: [beds], minutes: [scanning], since: ordered, next: home}}
"""


def test_minutes_that_count_from_a_mark_are_booked_for_what_is_left_of_them(smallest: Make) -> None:
    """Half an hour from the mark to the step, of 45 minutes a quarter of an hour is left."""
    pathway = smallest(CLOCK)
    load = offered_load(pathway, one_patient(pathway))
    assert in_hours(load, "beds", per_week=168) == {1: 0.25}
