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
from simulation.experiment.replicate import replicate
from simulation.pathway.department import ByQueue, Opens, Pathway, Pool, Present, Step, Takes, Trigger
from simulation.study.study import ReadyArm

AS_IT_IS = 340
"""Attendances a day of `site=typical`, before anything is scaled."""


def main() -> None:
    """Measure, print and keep."""
    asked = options(__doc__ or "", rounds=3)
    arm = ae.load("site=typical", "engine=compiled").baseline
    with one_core():
        attendances(arm, (100, 200) if asked.small else (100, 200, 400, 1000, 2000), asked.rounds).keep(
            small=asked.small
        )
        days(arm, (7, 14) if asked.small else (28, 91, 365, 1825, 3650), asked.rounds).keep(small=asked.small)
        arms((1, 2) if asked.small else (1, 2, 5, 10), asked.rounds).keep(small=asked.small)
    workers((1, 2), 2 if asked.small else 12, asked.rounds).keep(small=asked.small)


def attendances(arm: ReadyArm, per_day: tuple[int, ...], rounds: int) -> Table:
    """Larger sites, four weeks each."""
    sites = {f"{each:,}": replace(arm, pathway=scaled(arm.pathway, each / AS_IT_IS)) for each in per_day}
    enough = max(per_day)
    return growth(
        "growth_attendances",
        "attendances a day",
        {
            name: _runs(site, 28, max(1, min(10, enough // each // 2)))
            for (name, site), each in zip(sites.items(), per_day, strict=True)
        },
        rounds,
        "Four weeks a replication.",
    )


def days(arm: ReadyArm, lengths: tuple[int, ...], rounds: int) -> Table:
    """Longer runs."""
    return growth(
        "growth_days",
        "days",
        {f"{each:,}": _runs(arm, each, max(1, min(13, 365 // each))) for each in lengths},
        rounds,
        "Whoever is in a bed at time 0 is simulated too and is no attendance, so short runs carry a fixed cost.",
    )


Measured = Callable[[int], tuple[Clock, int]]
"""From the number of a round to seconds by stage and attendances."""


def _runs(arm: ReadyArm, length: int, n: int) -> Measured:
    """So many replications of a length, so that short ones are timed as well as long ones."""

    def measured(number: int) -> tuple[Clock, int]:
        total, n_attendances = Clock(), 0
        for row in range(n):
            clock = Clock()
            n_attendances += draws_to_measures(arm, days=length, number=number * n + row, clock=clock)
            for stage, seconds in clock.seconds.items():
                total.seconds[stage] = total.seconds.get(stage, 0.0) + seconds
        return total, n_attendances

    return measured


def growth(name: str, what: str, sizes: Mapping[str, Measured], rounds: int, note: str) -> Table:
    """Microseconds an attendance by size; the order of sizes is drawn in every round."""
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
    header = [what, "microseconds an attendance", "relative", "engine alone, microseconds", "relative"]
    return Table(name, header, rows, [f"{note} Medians of {rounds} rounds."])


def arms(counts: tuple[int, ...], rounds: int) -> Table:
    """More arms of the default study on the same draws, in one task."""
    study = ae.load("site=typical", "ensemble=none", "engine=compiled")
    run = replace(study.run, doublings=0)
    baseline = study.design.baseline
    ordered = sorted(study.arms, key=lambda each: each.name != baseline)
    counts = tuple(n for n in counts if n <= len(ordered))
    n_attendances: dict[str, int] = {}

    def several(n: int, number: int) -> None:
        answer = replicate(replace(study, arms=tuple(ordered[:n]), run=run, engine_asked="compiled"), number)
        n_attendances[str(n)] = answer.n_attendances

    seconds = timed({str(n): lambda number, n=n: several(n, number) for n in counts}, rounds)  # type: ignore[misc]
    cost = {name: [1e6 * each / n_attendances[name] for each in taken] for name, taken in seconds.items()}
    rows: list[list[Cell]] = [
        [name, 1000 * median(seconds[name]), median(cost[name]), times(cost[name], cost[str(counts[0])])]
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
    """More processes on the same replications, their start included."""
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
        [name, median(taken), times(seconds[str(counts[0])], taken)] for name, taken in seconds.items()
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

    def pool(each: Pool) -> Pool:
        rota = each.rota
        return replace(
            each,
            capacity=up(each.capacity) if each.capacity is not None else None,
            rota=tuple(replace(shift, number=up(shift.number)) for shift in rota) if rota is not None else None,
            extra=up(each.extra),
        )

    def present(each: Present) -> Present:
        return replace(each, number=up(each.number)) if each.number is not None else each

    def step(each: Step) -> Step:
        return replace(each, queue_limit=up(each.queue_limit)) if each.queue_limit is not None else each

    def trigger(each: Trigger) -> Trigger:
        if isinstance(each, Opens):
            return replace(each, above=up(each.above), below=up(each.below), extra=up(each.extra))
        assert isinstance(each, Takes)
        return replace(each, leaves=up(each.leaves))

    return replace(
        pathway,
        arrivals={name: replace(each, per_day=(each.per_day or 0) * factor) for name, each in pathway.arrivals.items()},
        present={name: present(each) for name, each in pathway.present.items()},
        pools={name: pool(each) for name, each in pathway.pools.items()},
        steps={name: step(each) for name, each in pathway.steps.items()},
        branches={
            name: replace(each, at_least=up(each.at_least)) if isinstance(each, ByQueue) else each
            for name, each in pathway.branches.items()
        },
        triggers={name: trigger(each) for name, each in pathway.triggers.items()},
    )


if __name__ == "__main__":
    main()
