"""A clinic whose patients are booked at regular times, against the exact wait of a queue with regular arrivals."""

import math

import numpy as np
import pytest

from simulation.department.durations import Exponential
from simulation.department.vocabulary import (
    ArrivalSource,
    Booking,
    End,
    Pathway,
    Pool,
    Priority,
    QueueClass,
    Step,
)
from simulation.engine import compiled
from simulation.engine.plan import bind, lower
from simulation.patients import draw
from simulation.units import DAY, TICKS_PER_MINUTE
from tests.engine.small import NOTE

EVERY, MINUTES = 15, 12.0
CLINIC = Pathway(
    name="clinic",
    arrivals={
        "clinic": ArrivalSource(
            starts="see",
            booked=tuple(
                Booking(at=f"{at // 60}:{at % 60:02d}", number=1) for at in range(0, 1440, EVERY)
            ),
            **NOTE,
        )
    },
    pools={"doctor": Pool(kind="staff", capacity=1, **NOTE)},
    durations={"contact": Exponential(kind="exponential", mean=MINUTES, **NOTE)},
    priority=Priority(
        rule="acuity",
        classes={"anybody": QueueClass(rank=1, rate=0)},
        untriaged_as="anybody",
        ignored_as="anybody",
        **NOTE,
    ),
    steps={"see": Step(asks=("doctor",), minutes=("contact",), next="seen")},
    ends={"seen": End(outcome="discharged")},
)


@pytest.mark.slow
def test_regular_bookings_wait_as_in_a_queue_with_regular_arrivals() -> None:
    """The wait of D/M/1: s / (1 - s) services, where s = exp(-(1 - s) x time between arrivals / mean service)."""
    s = 0.5
    for _ in range(200):
        s = math.exp(-(1 - s) * EVERY / MINUTES)
    plan, days, waits = lower(CLINIC), 70, []
    for replication in range(60):
        drawn = draw(CLINIC, seed=5, replication=replication, days=days)
        table = compiled.simulate(plan, bind(plan, drawn), days * DAY).activities
        seen = (table.step == 0) & (table.started_at >= 0) & (table.joined_at > 14 * DAY)
        waits.append(float((table.started_at - table.joined_at)[seen].mean()) / TICKS_PER_MINUTE)
    error = np.std(waits, ddof=1) / np.sqrt(len(waits))
    assert abs(np.mean(waits) - MINUTES * s / (1 - s)) < 5 * error  # once in a million seeds
    assert error < 0.6
