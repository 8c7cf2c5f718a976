"""What an attendance costs as a run grows: more patients a day, more days, more arms, more workers.

`site=typical`, compiled, warm; microseconds an attendance from draws to measures, relative to the smallest. A larger
or smaller site is the same department with arrivals, spaces, staff and thresholds multiplied together, rounded up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil
from statistics import median

from measuring import Cell, Table, in_random_order, one_core, options, timed, times
from whole import ENGINE, TO_MEASURES, Clock, draws_to_measures

import simulation as ae
from simulation.department.vocabulary import (
    ByQueue,
    Opens,
    Pathway,
    Pool,
    Present,
    Step,
    Takes,
    Trigger,
)
from simulation.runs.replicate import replicate
from simulation.study.study import ReadyArm

AS_IT_IS = 340
"""Attendances a day of `site=typical`, before anything is scaled."""


def main() -> None:
    """Measure, print and keep."""
    args = options(__doc__ or "", rounds=3)
    arm = ae.load("site=typical", "engine=compiled").baseline
    with one_core():
        attendances(
            arm, (100, 200) if args.small else (100, 200, 400, 1000, 2000), args.rounds
        ).keep(small=args.small)
        days(arm, (7, 14) if args.small else (28, 91, 365, 1825, 3650), args.rounds).keep(
            small=args.small
        )
        arms((1, 2) if args.small else (1, 2, 5, 10), args.rounds).keep(small=args.small)
    workers((1, 2), 2 if args.small else 12, args.rounds).keep(small=args.small)


def attendances(arm: ReadyArm, per_day: tuple[int, ...], rounds: int) -> Table:
    """A table for larger sites, four weeks each."""
    sites = {
        f"{number:,}": replace(arm, pathway=scaled(arm.pathway, number / AS_IT_IS))
        for number in per_day
    }
    return growth(
        "growth_attendances",
        "attendances a day",
        {
            name: _runs(site, 28, max(1, min(10, max(per_day) // number // 2)))
            for (name, site), number in zip(sites.items(), per_day, strict=True)
        },
        rounds,
        "Four weeks a replication.",
    )


def days(arm: ReadyArm, lengths: tuple[int, ...], rounds: int) -> Table:
    """A table for longer runs."""
    return growth(
        "growth_days",
        "days",
        {f"{length:,}": _runs(arm, length, max(1, min(13, 365 // length))) for length in lengths},
        rounds,
        "Whoever is in a bed at time 0 is simulated too and is no attendance, so short runs carry a fixed cost.",
    )


Measurement = Callable[[int], tuple[Clock, int]]
"""From the number of a round to seconds by stage and attendances."""


def _runs(arm: ReadyArm, length: int, n: int) -> Measurement:
    """A measurement of `n` replications of a length, so that short ones are timed as well as long ones."""

    def measured(number: int) -> tuple[Clock, int]:
        total, n_attendances = Clock(), 0
        for row in range(n):
            clock = Clock()
            n_attendances += draws_to_measures(
                arm, days=length, number=number * n + row, clock=clock
            )
            for stage, seconds in clock.seconds.items():
                total.seconds[stage] = total.seconds.get(stage, 0.0) + seconds
        return total, n_attendances

    return measured


def growth(
    name: str, column: str, sizes: Mapping[str, Measurement], rounds: int, note: str
) -> Table:
    """A table of microseconds an attendance by size; the order of sizes is drawn in every round."""
    whole: dict[str, list[float]] = {size: [] for size in sizes}
    engine: dict[str, list[float]] = {size: [] for size in sizes}
    for measured in sizes.values():
        measured(rounds)
    for number in range(rounds):
        for size in in_random_order(sizes, number):
            clock, n = sizes[size](number)
            whole[size].append(1e6 * sum(clock.seconds[stage] for stage in TO_MEASURES) / n)
            engine[size].append(1e6 * clock.seconds[ENGINE] / n)
    first = next(iter(sizes))
    rows: list[list[Cell]] = [
        [
            size,
            median(whole[size]),
            times(whole[size], whole[first]),
            median(engine[size]),
            times(engine[size], engine[first]),
        ]
        for size in sizes
    ]
    header = [
        column,
        "microseconds an attendance",
        "relative",
        "engine alone, microseconds",
        "relative",
    ]
    return Table(name, header, rows, [f"{note} Medians of {rounds} rounds."])


def arms(counts: tuple[int, ...], rounds: int) -> Table:
    """A table for more arms of the default study on the same draws, in one task."""
    study = ae.load("site=typical", "ensemble=none", "engine=compiled")
    run = replace(study.run, doublings=0)
    baseline = study.design.baseline
    baseline_first = sorted(study.arms, key=lambda arm: arm.name != baseline)
    counts = tuple(n for n in counts if n <= len(baseline_first))
    n_attendances: dict[str, int] = {}

    def simulate(n: int, number: int) -> None:
        some_arms = replace(study, arms=tuple(baseline_first[:n]), run=run, engine_asked="compiled")
        n_attendances[str(n)] = replicate(some_arms, number).n_attendances

    seconds = timed({str(n): lambda number, n=n: simulate(n, number) for n in counts}, rounds)  # type: ignore[misc]
    cost = {
        name: [1e6 * second / n_attendances[name] for second in taken]
        for name, taken in seconds.items()
    }
    rows: list[list[Cell]] = [
        [
            name,
            1000 * median(seconds[name]),
            median(cost[name]),
            times(cost[name], cost[str(counts[0])]),
        ]
        for name in seconds
    ]
    return Table(
        "growth_arms",
        ["arms", "ms a replication", "microseconds an attendance and arm", "relative"],
        rows,
        [
            f"`study={study.design.name}`, {run.days} days a replication, draws shared, profiles of the day and "
            f"comparisons included. Medians of {rounds} rounds."
        ],
    )


def workers(counts: tuple[int, ...], replications: int, rounds: int) -> Table:
    """A table for more processes on the same replications, their start included."""
    studies = {
        str(n): ae.load(
            "site=typical",
            "ensemble=none",
            "engine=compiled",
            "executor=local",
            f"workers={n}",
            f"run.replications={replications}",
        )
        for n in counts
    }
    seconds = timed(
        {name: lambda _, study=study: ae.compare(study) for name, study in studies.items()},  # type: ignore[misc]
        rounds,
        warm=False,
    )
    study = studies[str(counts[0])]
    rows: list[list[Cell]] = [
        [name, median(taken), times(seconds[str(counts[0])], taken)]
        for name, taken in seconds.items()
    ]
    return Table(
        "growth_workers",
        ["workers", "seconds", "times one worker"],
        rows,
        [
            f"`aeflow compare`, {replications} replications of {len(study.arms)} arms and {study.run.days} days, from "
            f"the study to the result. One worker is the process itself; more are started anew each time. Medians of "
            f"{rounds} rounds."
        ],
    )


# --- a larger site -------------------------------------------------------------------------------------------------


def scaled(pathway: Pathway, factor: float) -> Pathway:
    """The department with arrivals, spaces, staff, patients present and thresholds of queues times `factor`."""

    def up(number: int) -> int:
        return ceil(number * factor - 1e-9)

    def scaled_pool(pool: Pool) -> Pool:
        rota = pool.rota
        return replace(
            pool,
            capacity=up(pool.capacity) if pool.capacity is not None else None,
            rota=tuple(replace(shift, number=up(shift.number)) for shift in rota)
            if rota is not None
            else None,
            extra=up(pool.extra),
        )

    def scaled_present(present: Present) -> Present:
        return (
            replace(present, number=up(present.number)) if present.number is not None else present
        )

    def scaled_step(step: Step) -> Step:
        return (
            replace(step, queue_limit=up(step.queue_limit))
            if step.queue_limit is not None
            else step
        )

    def scaled_trigger(trigger: Trigger) -> Trigger:
        if isinstance(trigger, Opens):
            return replace(
                trigger, above=up(trigger.above), below=up(trigger.below), extra=up(trigger.extra)
            )
        assert isinstance(trigger, Takes)
        return replace(trigger, leaves=up(trigger.leaves))

    return replace(
        pathway,
        arrivals={
            name: replace(source, per_day=(source.per_day or 0) * factor)
            for name, source in pathway.arrivals.items()
        },
        present={name: scaled_present(present) for name, present in pathway.present.items()},
        pools={name: scaled_pool(pool) for name, pool in pathway.pools.items()},
        steps={name: scaled_step(step) for name, step in pathway.steps.items()},
        branches={
            name: replace(branch, at_least=up(branch.at_least))
            if isinstance(branch, ByQueue)
            else branch
            for name, branch in pathway.branches.items()
        },
        triggers={name: scaled_trigger(trigger) for name, trigger in pathway.triggers.items()},
    )


if __name__ == "__main__":
    main()
