"""Both engines on the default department: same plan, same draws, one core.

An activity is one step of one patient, of no length or not: a row of `activities` that belongs to a step. The rows
that mark the end of somebody's way are not counted. An attendance is a patient of an arrival source that attends A&E;
others compete for the same beds. Events are those of the reference engine.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from statistics import median

import numpy as np
from measuring import Table, one_core, options, spread, timed, times

import simulation as ae
from simulation.department.vocabulary import ArrivalSource, Pathway, Present
from simulation.engine.choose import ENGINES, EngineName, engine_named
from simulation.engine.contract import Activities, Run
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Plan, StepRow
from simulation.patients import Draws, draw
from simulation.triage.apply import apply
from simulation.units import DAY

DAYS = 35
COMPILED_RUNS = 10
"""Runs of the compiled engine in a row, for one of the reference."""


def main() -> None:
    """Measure, print and keep."""
    args = options(__doc__ or "", rounds=7)
    days = 7 if args.small else DAYS
    arm = ae.load("site=typical", "engine=reference").baseline
    draws = apply(arm.policy, arm.pathway, draw(arm.pathway, seed=1, replication=0, days=days))
    plan = lower(arm.pathway)
    columns = bind(plan, draws)
    runs: dict[EngineName, Run] = {
        name: engine_named(name)(plan, columns, days * DAY) for name in ENGINES
    }
    must_be_equal(runs["reference"].activities, runs["compiled"].activities)

    def run(name: EngineName) -> Run:
        return engine_named(name)(plan, columns, days * DAY)

    with one_core():
        seconds = timed(
            {"reference": lambda _: run("reference"), "compiled": lambda _: run("compiled")},
            args.rounds,
            repeats={"compiled": COMPILED_RUNS},
        )
    n_activities = count_activities(plan, runs["reference"].activities)
    n_attendances = count_attendances(arm.pathway, draws)
    n_events = runs["reference"].n_events
    rows = [
        [
            name,
            1000 * median(times_taken),
            n_activities / median(times_taken),
            n_attendances / median(times_taken),
            n_events / median(times_taken) if name == "reference" else "",
            times(seconds["reference"], times_taken),
            spread(seconds["reference"], times_taken),
        ]
        for name, times_taken in seconds.items()
    ]
    Table(
        "engines",
        [
            "engine",
            "ms a run",
            "activities/s",
            "attendances/s",
            "events/s",
            "times the reference",
            "range of rounds",
        ],
        rows,
        [
            f"`site=typical`, {days} days, {n_attendances:,} attendances, {n_activities:,} activities; tables equal "
            f"bit for bit; {args.rounds} rounds; engines alone, draws and tables apart."
        ],
    ).keep(small=args.small)


def must_be_equal(one: Activities, other: Activities) -> None:
    """Stop if two engines differ in anything, as their speeds are then not of the same work."""
    for field in fields(Activities):
        if not np.array_equal(getattr(one, field.name), getattr(other, field.name)):
            sys.exit(f"the engines differ in activities.{field.name}: run the parity tests first")


def count_activities(plan: Plan, activities: Activities) -> int:
    """The number of rows that belong to a step."""
    return int(np.array([isinstance(row, StepRow) for row in plan.rows])[activities.step].sum())


def count_attendances(pathway: Pathway, draws: Draws) -> int:
    """The number of patients of arrival sources that attend A&E."""
    sources: list[ArrivalSource | Present] = [*pathway.arrivals.values(), *pathway.present.values()]
    attends = [source.attends for source in sources]
    return int(np.asarray(attends)[draws.arrival_source].sum())


if __name__ == "__main__":
    main()
