"""One replication: patients are drawn once and simulated under every arm. It is a task for one worker.

Arms share the draws: each policy replaces the columns of labels and triage minutes, and an arm that changes the
department has a plan of its own. Only measures and a few profiles of the day are kept, so a thousand replications fit
in memory. Patients are not; where they are wanted they are simulated again, because a replication is a function of its
number.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.measures.binding import binding_names, binding_values
from simulation.measures.measuring import Measures, daily_sums, measure
from simulation.measures.occupancy import DayProfile, day_profile
from simulation.measures.quantities import Own, Quantities, Window, count_unfinished, knows_waits
from simulation.records.schema import Floats, Patients
from simulation.statistics.coverage_effects import (
    Shares,
    shares_better_worse,
    waits_by_group,
    with_coverage,
)
from simulation.study.simulate import SharedDraws, Simulated, simulate_draws
from simulation.study.study import ReadyArm, Study, own_of
from simulation.triage.apply import apply, mask_users

Count = Literal["n_attendances", "n_activities", "n_events", "n_unfinished"]
"""A number of an arm in a replication."""


@dataclass(frozen=True)
class ArmReplication:
    """The results of one arm in one replication.

    - `day`: arrivals, census and work by hour of the day, for pictures; in the first replications only
    - `shares`: shares of patients better and worse off than under the baseline, where the study has a sham
    - `n_unfinished`: measured attendances that had not left when the run ended
    - `waits`: waits by group of coverage and step (`statistics.coverage_effects`), in a study of direct effect and
      spillover: a tool used for some patients
    - `months`: months (1 for January) and their measures, where the run asks for them
    - `daily`: outcomes by day of arrival (`measures.measuring`), where the run asks for them
    - `n_attendances`, `n_activities`, `n_events`: how many were simulated, warm-up and cool-down included
    """

    measures: Measures
    day: DayProfile | None
    shares: Shares | None
    n_unfinished: int
    waits: Floats | None = None
    months: tuple[tuple[int, Measures], ...] = ()
    daily: Floats | None = None
    n_attendances: int = 0
    n_activities: int = 0
    n_events: int = 0


@dataclass(frozen=True)
class ReplicationResult:
    """One replication of every arm.

    engine_seconds  processor time of the engine, all arms together
    seconds         clock time of the whole replication

    Neither is stored, so both are NaN in a replication that was read from disk.
    """

    replication: int
    arms: Mapping[str, ArmReplication]
    cool_down_days: int
    engine_seconds: float
    seconds: float

    def total(self, count: Count) -> int:
        """A count over all arms."""
        return sum(getattr(arm, count) for arm in self.arms.values())


class ReplicationStopped(Exception):
    """Raised between two parts of a replication's work, once it has been asked to stop."""


def replicate(
    study: Study, number: int, *, stopped: Callable[[], bool] | None = None
) -> ReplicationResult:
    """Run one replication of every arm, on the department of the ensemble whose turn it is (`Study.of`).

    If a measured patient is still in A&E at the end, it is run again with twice the cool-down, up to `run.doublings`
    times. `stopped`: called before each part of the work on an arm; once it is true, ReplicationStopped is raised.
    """
    began = time.perf_counter()
    study, days = study.of(number), study.run.cool_down_days
    for _attempt in range(study.run.doublings + 1):
        result = _once(study, number, days, began, stopped)
        if not result.total("n_unfinished"):
            return result
        days = max(2 * days, 1)
    return result


def _once(
    study: Study, number: int, cool_down_days: int, began: float, stopped: Callable[[], bool] | None
) -> ReplicationResult:
    """One replication with the given days of cool-down; `began`: the clock time at which work on it began."""
    days = study.run.warm_up_days + study.run.measured_days + cool_down_days
    drawn = SharedDraws(study.run.drawn(number, days))
    results: dict[str, ArmReplication] = {}
    engine_seconds = 0.0
    baseline: Patients | None = None

    def go_on() -> None:
        if stopped is not None and stopped():
            raise ReplicationStopped

    for arm in sorted(study.arms, key=lambda arm: arm.name != study.design.baseline):
        results[arm.name], patients, seconds = _run_arm(
            study, number, arm, drawn, days, baseline, go_on
        )
        if study.design.sham and baseline is None:
            baseline = patients
        del patients  # else they stay in memory while the next arm is simulated
        engine_seconds += seconds
    return ReplicationResult(
        replication=number,
        arms={arm.name: results[arm.name] for arm in study.arms},
        cool_down_days=cool_down_days,
        engine_seconds=engine_seconds,
        seconds=time.perf_counter() - began,
    )


def _run_arm(
    study: Study,
    number: int,
    arm: ReadyArm,
    drawn: SharedDraws,
    days: int,
    baseline: Patients | None,
    go_on: Callable[[], None],
) -> tuple[ArmReplication, Patients, float]:
    """Simulate one arm: its results, its patients, and the seconds of the engine.

    Its large tables are freed when this returns, but for the patients: the caller keeps those of the baseline, with
    which a study with a sham compares each patient. `go_on`: called before each part of the work; raises
    ReplicationStopped.
    """
    run, window, coverages = study.run, study.run.window, study.design.coverages
    go_on()
    draws = apply(arm.policy, arm.pathway, drawn.of(arm.pathway))
    go_on()
    started = time.thread_time()
    simulation = simulate_draws(arm, draws, study.engine, days, window=window)
    engine_seconds = time.thread_time() - started
    go_on()
    patients = simulation.patients
    if coverages is not None:
        used_in = (study.arm(name).policy for name in (coverages.partial, coverages.full))
        patients = with_coverage(
            patients, *(mask_users(policy, arm.pathway, draws) for policy in used_in)
        )
    own = own_of(study.design, arm.pathway)
    by_name: Quantities = {}
    result = ArmReplication(
        measures=_measured(arm.pathway, simulation, patients, own, window, by_name),
        day=day_profile(
            arm.pathway,
            simulation.plan,
            simulation.patients,
            simulation.activities,
            simulation.run.changes,
            window=window,
        )
        if run.profile_all or number < run.profiles
        else None,
        shares=_shares(patients, baseline, window),
        n_unfinished=count_unfinished(patients, window),
        waits=None
        if coverages is None
        else waits_by_group(
            patients, simulation.activities, n_steps=len(simulation.plan.nodes), window=window
        ),
        months=tuple(
            (month, _measured(arm.pathway, simulation, patients, own, within))
            for month, within in (run.months(number) if run.by_month else ())
        ),
        daily=daily_sums(patients, by_name, run.daily, own, window) if run.daily else None,
        n_attendances=len(patients),
        n_activities=len(simulation.run.journal),
        n_events=simulation.run.n_events,
    )
    return result, patients, engine_seconds


def _shares(patients: Patients, baseline: Patients | None, window: Window) -> Shares | None:
    """The shares who wait shorter and longer than under the baseline; None without one, or if nobody is seen."""
    if baseline is None or not (knows_waits(patients) and knows_waits(baseline)):
        return None
    return shares_better_worse(patients, baseline, window)


def _measured(
    pathway: Pathway,
    simulation: Simulated,
    patients: Patients,
    own: Own,
    window: Window,
    by_name: Quantities | None = None,
) -> Measures:
    """Every measure of one window or month: those of patients, then those of resources, by which one sees what binds.

    `by_name`: see `measure`.
    """
    patient_measures = measure(patients, window=window, own=own, by_name=by_name)
    values = binding_values(pathway, simulation.plan, simulation.run, patients, own, window=window)
    names = (*patient_measures.names, *binding_names(pathway, own))
    return Measures(names, np.concatenate([patient_measures.values, values]))


def day_shapes(pools: Sequence[str], steps: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The arrays of a `DayProfile` and their shapes, in the order in which `runs/stored_tables.py` stores them."""
    return {
        **dict.fromkeys(("arrivals", "census", "boarders"), (24,)),
        "boarders_by_weekday": (7,),
        "busy": (len(pools), 24),
        **dict.fromkeys(("busy_mean", "occupied_midnight", "beds_midnight"), (len(pools),)),
        **dict.fromkeys(("waiting", "working"), (len(steps),)),
    }
