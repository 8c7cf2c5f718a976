"""The patients that arms share, and arms simulated in full: draws, plan, run and patients all stay in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineName, engine_named
from simulation.engine.contract import Run
from simulation.engine.plan import bind, lower
from simulation.engine.rows import Plan
from simulation.measures.binding import tally_for_binding
from simulation.measures.patients_table import activities_table, patients_table
from simulation.measures.quantities import Window
from simulation.patients import DrawnRun, Draws, attended_by_day, draw_outages, draw_run
from simulation.records.schema import ActivityTable, Patients
from simulation.study.study import ReadyArm, RunLength, Study
from simulation.triage.apply import apply
from simulation.units import DAY


class SharedDraws:
    """The draws of one replication, cached by pathway. One object serves one replication."""

    def __init__(self, run: DrawnRun) -> None:
        self._run = run
        self._drawn: list[tuple[Pathway, Draws]] = []

    def of(self, pathway: Pathway) -> Draws:
        """The draws of a pathway: new, or those of an earlier one that draws patients alike, with its own outages."""
        for known, draws in self._drawn:
            if draws_alike(known, pathway):
                if known.outages == pathway.outages:
                    return draws
                attended = attended_by_day(pathway, draws, self._run.days)
                return replace(draws, outages=draw_outages(pathway, self._run, attended))
        draws = draw_run(pathway, self._run)
        self._drawn.append((pathway, draws))
        return draws


def draws_alike(one: Pathway, other: Pathway) -> bool:
    """Whether two pathways draw the same patients.

    They may differ in triggers, rounds, outages and what these close, and extra units or shifts of pools. Outages are
    drawn apart from the patients.
    """
    if one.pools.keys() != other.pools.keys():
        return False
    may_differ = ("extra", "extra_shifts", "closed_while", "closes")
    pools = {
        name: replace(pool, **{key: getattr(one.pools[name], key) for key in may_differ})
        for name, pool in other.pools.items()
    }
    return one == replace(
        other, pools=pools, triggers=one.triggers, rounds=one.rounds, outages=one.outages
    )


@dataclass(frozen=True)
class Simulated:
    """A replication of one arm in full."""

    plan: Plan
    draws: Draws
    run: Run
    patients: Patients

    @cached_property
    def activities(self) -> ActivityTable:
        """The table of activities, sorted when it is first read."""
        return activities_table(self.plan, self.run)


def simulate_arm(
    arm: ReadyArm, run: RunLength, engine: EngineName, replication: int, *, cool_down_days: int
) -> Simulated:
    """One replication of one arm in full."""
    days = run.warm_up_days + run.measured_days + cool_down_days
    drawn = draw_run(arm.pathway, run.drawn(replication, days))
    return simulate_draws(arm, apply(arm.policy, arm.pathway, drawn), engine, days)


def simulate_arms(
    study: Study, replication: int, *, cool_down_days: int
) -> Iterator[tuple[ReadyArm, Simulated]]:
    """One replication of every arm in full, on the same draws, one arm at a time."""
    run, study = study.run, study.of(replication)
    days = run.warm_up_days + run.measured_days + cool_down_days
    drawn = SharedDraws(run.drawn(replication, days))
    for arm in study.arms:
        yield (
            arm,
            simulate_draws(
                arm, apply(arm.policy, arm.pathway, drawn.of(arm.pathway)), study.engine, days
            ),
        )


def simulate_draws(
    arm: ReadyArm, draws: Draws, engine: EngineName, days: int, *, window: Window | None = None
) -> Simulated:
    """One arm simulated on these draws for this many days; `window`: the window in which resource use is measured."""
    plan = lower(arm.pathway)
    run = engine_named(engine)(plan, bind(plan, draws), days * DAY)
    if window:
        tally_for_binding(arm.pathway, run, window=window)
    patients = patients_table(arm.pathway, plan, draws, run)
    return Simulated(plan, draws, run, patients)
