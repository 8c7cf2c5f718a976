"""Both engines on the default department: same plan, same draws, one processor, order drawn afresh in each round.

    python benchmarks/bench_engines.py [rounds]

Prints activities, attendances and events a second (medians), and the ratio. Time nothing else meanwhile.
"""

from __future__ import annotations

import random
import statistics
import sys
import time

import numpy as np

import simulation as ae
from simulation.draws import draw
from simulation.engine.choose import ENGINES, engine_named
from simulation.engine.plan import bind, lower
from simulation.triage.policy import apply
from simulation.units import DAY

DAYS = 35


def main(rounds: int = 5) -> None:
    """Measure and print."""
    arm = ae.load("engine=reference").baseline
    drawn = time.perf_counter()
    draws = apply(arm.policy, arm.pathway, draw(arm.pathway, seed=1, replication=0, days=DAYS))
    drawn = time.perf_counter() - drawn
    plan = lower(arm.pathway)
    columns = bind(plan, draws)
    attends = [source.attends for source in (*arm.pathway.streams.values(), *arm.pathway.present.values())]
    n_attendances = int(np.asarray(attends)[draws.stream].sum())
    seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
    runs = {name: engine_named(name)(plan, columns, DAYS * DAY) for name in ENGINES}
    for number in range(rounds):
        for name in random.Random(number).sample(ENGINES, len(ENGINES)):
            began = time.perf_counter()
            engine_named(name)(plan, columns, DAYS * DAY)
            seconds[name].append(time.perf_counter() - began)
    same = all(
        np.array_equal(getattr(runs["reference"].activities, column), getattr(runs["compiled"].activities, column))
        for column in ("patient", "step", "outcome", "joined_at", "started_at", "ended_at", "pool")
    )
    n_steps = int(
        (
            np.asarray([row.__class__.__name__ == "StepRow" for row in plan.rows])[runs["reference"].activities.step]
        ).sum()
    )
    n_events = runs["reference"].n_events
    print(
        f"site=typical, {DAYS} days, {n_attendances:,} attendances, {n_steps:,} activities, {n_events:,} SimPy events"
    )
    print(f"Tables equal bit for bit: {same}. Draws and triage: {drawn * 1000:.0f} ms (first call, imports included)")
    for name in ENGINES:
        each = statistics.median(seconds[name])
        events = f"   {n_events / each:10,.0f} events/s" if name == "reference" else ""
        rates = f"{n_steps / each:12,.0f} activities/s   {n_attendances / each:10,.0f} attendances/s{events}"
        print(f"{name:<10} {each * 1000:8.1f} ms   {rates}")
    ratio = statistics.median(a / b for a, b in zip(seconds["reference"], seconds["compiled"], strict=True))
    print(f"compiled over reference: {ratio:.1f} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
