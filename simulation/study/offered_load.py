"""Offered load: how much work a pathway asks of each pool in each hour of the week, before any queue.

A sample of drawn patients walks the route as if nobody ever waited, left or was blocked, and the minutes of
each step are booked on its pools in the hours in which they fall. What is kept is booked until it is released,
for the time of the steps only. So this is demand, not use: a load above 1 in some hours makes a queue that the
other hours must clear, above 1 over the week a queue that nothing clears.

The sample may have gone through a triage policy first.

How much time and memory a study would take is worked out before it starts, too, and one beyond the limits is refused.
The rates are measured, the expectations rough: within a factor of two on a machine of the year 2025, which is enough
to tell a minute from a week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.graph import coin_name, coins_of, graph_of
from simulation.department.rota import (
    HOURS_OF_WEEK,
    closed_units,
    down_share,
    mean_per_day,
    timetable,
    units_by_hour,
    weekly_spans,
    weekly_weights,
)
from simulation.department.vocabulary import (
    ACUITY_NOW,
    ByAttribute,
    ByChance,
    ByElapsed,
    ByHours,
    ByOutage,
    ByPassed,
    ByQueue,
    End,
    Loop,
    Node,
    Pathway,
    Pool,
    Profile,
    QuietDays,
    Shift,
    Step,
    minutes_column,
    minutes_held,
)
from simulation.engine.choose import EngineName
from simulation.errors import Faults
from simulation.patients import Draws
from simulation.records.schema import Floats, Ints
from simulation.study.study import Kept, Study
from simulation.units import TICKS_PER_MINUTE, WEEK
from simulation.wording import apart

WEEK_MINUTES = HOURS_OF_WEEK * 60
IN_HAND = "in_hand"
"""The role of pools that limit how many patients are taken on. They are neither staff nor places, and have no load."""


class WeeklyLoad(NamedTuple):
    """Load over the week and its standard error from the sample, by pool, shape (n_pools,)."""

    pools: tuple[str, ...]
    ratio: Floats
    error: Floats


@dataclass(frozen=True)
class Load:
    """Work asked of pools and units on duty, by hour of the week (0 is Monday 0-1 h).

    pools     names
    work      (n_pools, 168) unit-hours asked for in that hour of a mean week
    capacity  (n_pools, 168) mean units on duty; infinity where unlimited
    error     (n_pools,) standard error of the week's load, from the sample
    """

    pools: tuple[str, ...]
    work: Floats
    capacity: Floats
    error: Floats

    def ratio(self) -> Floats:
        """Load by hour of the week, shape (n_pools, 168); inf if there is work and nobody on duty."""
        return load_ratio(self.work, self.capacity)

    def by_hour(self) -> Floats:
        """Load by clock hour over all days, shape (n_pools, 24)."""
        days = (len(self.pools), 7, 24)
        return load_ratio(
            self.work.reshape(days).sum(axis=1), self.capacity.reshape(days).sum(axis=1)
        )

    def weekly(self) -> Floats:
        """Load over the week, shape (n_pools,)."""
        return load_ratio(self.work.sum(axis=1), self.capacity.sum(axis=1))

    def of_week(self) -> WeeklyLoad:
        """The load over the week, with its error."""
        return WeeklyLoad(self.pools, self.weekly(), self.error)


def load_ratio(work: Floats, capacity: Floats) -> Floats:
    """Work divided by capacity; 0 without work, whatever the capacity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(work > 0, work / capacity, 0.0)


def offered_load(pathway: Pathway, patients: Draws) -> Load:
    """The load that a sample of patients asks for, scaled to each source's arrivals in a mean week of the year.

    Assumes a sound pathway, and a sample of whole weeks (four or more, so that hours are told apart). Work for
    any of several pools is shared in proportion to the units each has on duty in the hour in which the step
    starts; up to an unlimited one, which gets all of it if it is first and nothing if it is not. A branch on a queue
    finds nobody waiting, one on an outage the sample's own spans; escalation opens nothing, nobody overflows and no
    step ends early. A pool that a random outage closes has the units that it has in the long run. Patients present at
    time 0 are left out, and so are pools of the role `in_hand`. Draw the sample from the department `in_a_mean_week`.
    """
    walk, pools = _Walk(pathway, patients, by_hour=True), _worked(pathway)
    rows = [*pools.values()]
    capacity = np.array([walk.units[name] for name in pools]).reshape(-1, HOURS_OF_WEEK)
    error = load_ratio(walk.weekly_error()[rows], capacity.sum(axis=1))
    return Load(tuple(pools), walk.work[rows], capacity, error)


def weekly_load(pathway: Pathway, patients: Draws) -> WeeklyLoad:
    """The same over the week alone, in three quarters of the time."""
    walk, pools = _Walk(pathway, patients, by_hour=False), _worked(pathway)
    rows = [*pools.values()]
    capacity = np.array([walk.units[name].sum() for name in pools])
    ratios = (
        load_ratio(work[rows], capacity) for work in (walk.hours @ walk.weight, walk.weekly_error())
    )
    return WeeklyLoad(tuple(pools), *ratios)


def _worked(pathway: Pathway) -> dict[str, int]:
    """The number of each pool of staff or places, by name: all but limits on how many patients are taken on."""
    return {
        name: number
        for number, (name, pool) in enumerate(pathway.pools.items())
        if pool.role != IN_HAND
    }


def in_a_mean_week(pathway: Pathway) -> Pathway:
    """The department without surges and without factors that last, which would make one sample unlike another.

    Where minutes follow demand, every month is a mean one, so that they follow what is above plan and no season.
    """
    surges = any(source.surges for source in pathway.arrivals.values())
    if not (pathway.lasting_factors or pathway.follows or surges):
        return pathway
    arrivals = {
        name: replace(source, surges=(), by_month=None if pathway.follows else source.by_month)
        for name, source in pathway.arrivals.items()
    }
    return replace(pathway, arrivals=arrivals, lasting_factors={})


def _units(pathway: Pathway, pool: Pool) -> Floats:
    """Mean units on duty in each hour of the week, less what an outage closes in the long run, shape (168,)."""
    units = units_by_hour(pool)
    if pool.closed_while is None:
        return units
    closes, outage = closed_units(pool), pathway.outages[pool.closed_while]
    closed = units if closes is None else np.minimum(units, closes)
    if not isinstance(outage, QuietDays):
        return units - closed * down_share(outage)
    shift = Shift(hours=outage.hours, number=1)
    within = units_by_hour(Pool(kind="staff", rota=(shift,), evidence="assumed", source=""))
    return units - closed * ((1 - outage.fullest_share) * within)


class _Walk:
    """The way of the sample's patients through the route. Clocks are minutes; rows are patients."""

    def __init__(self, pathway: Pathway, patients: Draws, *, by_hour: bool) -> None:
        self.pathway = pathway
        self.nodes = pathway.nodes()
        self.number = {name: number for number, name in enumerate(self.nodes)}
        self.pools = {name: number for number, name in enumerate(pathway.pools)}
        self.loops = {name: number for number, name in enumerate(pathway.loops)}
        self.units = {name: _units(pathway, pool) for name, pool in pathway.pools.items()}
        self.shares: dict[tuple[str, ...], Floats] = {}
        self.who = np.flatnonzero(patients.arrival_source < len(pathway.arrivals))
        self.arrival_source = patients.arrival_source[self.who]
        self.attributes = {name: codes[self.who] for name, codes in patients.attributes.items()}
        self.minutes = {name: drawn[:, self.who] for name, drawn in patients.minutes.items()}
        n = len(self.who)
        starts = [self.number[source.starts] for source in pathway.arrivals.values()]
        self.at = np.asarray(starts, dtype=np.int64)[self.arrival_source]
        self.clock = patients.arrived_at[self.who] / TICKS_PER_MINUTE
        self.started = self.clock.copy()
        """When each patient's last step started; the arrival before the first step."""
        self.outages = patients.outages
        per_week = np.array([7 * mean_per_day(source) for source in pathway.arrivals.values()])
        sampled = np.bincount(self.arrival_source, minlength=len(per_week))
        self.weight = (per_week / np.maximum(sampled, 1))[self.arrival_source]
        """The number of patients a week for whom each patient of the sample stands."""
        self.held = np.zeros((n, len(self.pools)))
        """The part of a unit of each pool that each patient holds (less than 1 where several pools could serve)."""
        classes = tuple(pathway.priority.classes)
        self.acuity = np.full(n, classes.index(pathway.priority.untriaged_as), dtype=np.int64)
        self.passes = np.zeros((len(self.loops), n), dtype=np.int64)
        self.clock_started: dict[str, Floats] = {
            clock: np.full(n, np.nan)
            for step in pathway.steps.values()
            for clock in step.starts_clock
        }
        """When each running clock was started."""
        self.passed = {
            branch.step: np.zeros(n, dtype=np.bool_)
            for branch in pathway.branches.values()
            if isinstance(branch, ByPassed)
        }
        """Who has been through each step that a branch asks about."""
        self.work = np.zeros((len(self.pools), HOURS_OF_WEEK))
        """Unit-hours by pool and hour of the week, if they are wanted `by_hour`."""
        self.by_hour = by_hour
        self.hours = np.zeros((len(self.pools), n))
        """Unit-hours by pool and patient."""
        self._run()

    def _run(self) -> None:
        """Sweep over the nodes, each after those that lead to it, until every patient has reached an end.

        Edges back to the start of a loop do not count for the order.
        """
        graph = graph_of(self.pathway).items()
        leads_to = {
            name: [edge.to for edge in edges if edge.by != "again"] for name, edges in graph
        }
        order = list(TopologicalSorter(leads_to).static_order())[::-1]
        while (self.at >= 0).any():
            for name in order:
                rows = np.flatnonzero(self.at == self.number[name])
                if len(rows):
                    self.at[rows] = self._next(name, self.nodes[name], rows)

    def weekly_error(self) -> Floats:
        """Standard error of each pool's unit-hours a week, sources apart, shape (n_pools,)."""
        variance = np.zeros(len(self.pools))
        for source in np.unique(self.arrival_source):
            of_source = self.arrival_source == source
            variance += of_source.sum() * np.var(
                self.hours[:, of_source] * self.weight[of_source], axis=1
            )
        return np.sqrt(variance)

    def _next(self, name: str, node: Node, rows: Ints) -> Ints | int:
        """The number of the node to which each of these patients goes, or all of them; -1 after an end. Serves them.

        A branch with `then` and `otherwise` of a kind that is not known here counts as one on a queue: a sample that
        never waits goes by `otherwise`.
        """
        if isinstance(node, Step):
            self._serve(node, rows)
            if name in self.passed:
                self.passed[name][rows] = True
            return self.number[node.next]
        if isinstance(node, End):
            return -1
        if isinstance(node, ByAttribute):
            cases = [
                self.number[node.cases.get(category, node.otherwise or "")]
                for category in self.pathway.categories(node.attribute)
            ]
            codes = self.acuity if node.attribute == ACUITY_NOW else self.attributes[node.attribute]
            return np.asarray(cases)[codes[rows]]
        if isinstance(node, ByChance):
            return np.asarray([self.number[to] for to in node.targets])[self._coin(name, rows)]
        if isinstance(node, Loop):
            passes = self.passes[self.loops[name]]
            again = passes[rows] < self.attributes[node.passes][rows]
            passes[rows] += again
            return np.where(again, self.number[node.again], self.number[node.next])
        then = np.full(len(rows), isinstance(node, ByQueue) and node.at_least == 0)
        if isinstance(node, ByHours):
            tick = (self.clock[rows] * TICKS_PER_MINUTE) % WEEK
            for start, end in weekly_spans(node.hours, node.days):
                then |= (tick >= start) & (tick < end)
        elif isinstance(node, ByOutage):
            then = self._down(self.outages[node.outage], rows, since_start=node.since_start)
        elif isinstance(node, ByElapsed):
            step = self.pathway.steps[node.step]
            since, minutes = self._counted(step, rows)
            then = (since + minutes <= self.clock[rows]) & ~np.isnan(
                self.clock_started[step.since or ""][rows]
            )
        elif isinstance(node, ByPassed):
            then = self.passed[node.step][rows]
        return np.where(then, self.number[node.then], self.number[node.otherwise])

    def _coin(self, name: str, rows: Ints) -> Ints:
        """The outcome of a branch's coin for each of these patients, in the pass that the patient is in."""
        coins = coins_of(self.pathway)[name]
        turn = sum(
            (self.passes[self.loops[loop]][rows] * on for loop, on in coins.loops),
            np.zeros(len(rows), int),
        )
        columns = np.stack(
            [self.attributes[coin_name(name, number)] for number in range(coins.number)]
        )
        return np.asarray(columns[turn, rows])

    def _down(self, spans: Ints, rows: Ints, *, since_start: bool) -> NDArray[np.bool_]:
        """Whether something is down now, or was at any time since the last step of each of these patients began."""
        now = self.clock[rows] * TICKS_PER_MINUTE
        since = self.started[rows] * TICKS_PER_MINUTE if since_start else now
        ends = np.concatenate(([-1], spans[:, 1]))
        return ends[np.searchsorted(spans[:, 0], now, side="right")] > since

    def _serve(self, step: Step, rows: Ints) -> None:
        """Book a step's minutes on its pools and on what is held, and move the clocks on."""
        for pool in step.releases_at_start:
            self.held[rows, self.pools[pool]] = 0
        started = self.started[rows] = self.clock[rows]
        since, minutes = self._counted(step, rows)
        if step.since:
            self.clock_started[step.since][rows] = np.nan
        minutes = np.maximum(since + minutes - started, 0)
        taken = self._taken(step, started)
        units = self.held[rows]
        for pool, part in taken.items():
            units[:, self.pools[pool]] += part
        if len(numbers := np.flatnonzero(units.any(axis=0))):
            units = units.T[numbers]
            if self.by_hour:
                self.work[numbers] += _spread(started, minutes, units * self.weight[rows])
            self.hours[numbers[:, None], rows] += units * minutes / 60
        self.clock[rows] = started + minutes
        for clock in step.starts_clock:
            self.clock_started[clock][rows] = self.clock[rows]
        for pool in step.keeps:
            self.held[rows, self.pools[pool]] += taken[pool]
        for pool in step.releases_at_end:
            self.held[rows, self.pools[pool]] = 0
        if step.relabels:
            self.acuity[rows] = self.attributes[step.relabels][rows]

    def _counted(self, step: Step, rows: Ints) -> tuple[Floats, Floats]:
        """From when a step's minutes count (now, if no clock runs), and how many they are at its pace."""
        since, minutes = self.clock[rows], self._minutes(step, rows)
        if step.since:
            clock_at = self.clock_started[step.since][rows]
            since = np.where(np.isnan(clock_at), since, clock_at)
        return since, _paced(
            since, minutes, self.pathway.profiles[step.pace]
        ) if step.pace else minutes

    def _minutes(self, step: Step, rows: Ints) -> Floats:
        total = np.zeros(len(rows))
        for name in step.minutes:
            drawn = self.minutes[minutes_held(minutes_column(name, step.minutes_by), self.minutes)]
            turn = np.zeros(len(rows), dtype=np.int64)
            if step.repeat_of:
                turn = np.clip(self.passes[self.loops[step.repeat_of]][rows] - 1, 0, len(drawn) - 1)
            total += drawn[turn, rows]
        return total * step.times

    def _taken(self, step: Step, started: Floats) -> dict[str, Floats]:
        """The fraction of a unit of each pool that each patient takes; 0 for a pool that only an overflow would
        take."""
        none = np.zeros(len(started))
        wider = step.overflow.any_of if step.overflow else ()
        hour = (started % WEEK_MINUTES / 60).astype(np.int64)
        if step.any_of not in self.shares:
            self.shares[step.any_of] = self._shares(step.any_of)
        shares = self.shares[step.any_of]
        taken = dict.fromkeys(wider, none) | dict.fromkeys(step.asks, none + 1)
        return taken | {pool: shares[row][hour] for row, pool in enumerate(step.any_of)}

    def _shares(self, any_of: Sequence[str]) -> Floats:
        """Each alternative's share by hour of the week, shape (n, 168)."""
        units = np.array([self.units[pool] for pool in any_of]).reshape(-1, HOURS_OF_WEEK)
        for row in np.flatnonzero(np.isinf(units).any(axis=1))[:1]:
            units[row] = 1e-9  # only what nobody before it can take
            units[row + 1 :] = 0
        units[:, units.sum(axis=0) == 0] = np.maximum(units.mean(axis=1, keepdims=True), 1e-9)
        return np.asarray(units / units.sum(axis=0))


def _paced(started: Floats, work: Floats, profile: Profile) -> Floats:
    """Minutes that work takes under a weekly pace: `engine.rows.paced_end` for many at once, up to rounding."""
    edges = np.arange(HOURS_OF_WEEK + 1) * 60.0
    totals = np.append(0.0, np.cumsum(weekly_weights(profile) * 60))
    at = started % WEEK_MINUTES
    weeks, within_week = np.divmod(np.interp(at, edges, totals) + work, totals[-1])
    ended = weeks * WEEK_MINUTES + np.interp(within_week, totals, edges)
    return np.where(work > 0, np.maximum(ended - at, 0), 0.0)


def _spread(started: Floats, minutes: Floats, weights: Floats) -> Floats:
    """Hours of some intervals by the hour of the week in which they fall, weighted by each row, shape (rows, 168)."""
    whole_weeks, hours_more = np.divmod(minutes / 60, HOURS_OF_WEEK)
    first = started % WEEK_MINUTES / 60
    hours, signed = (
        np.concatenate((first, first + hours_more)),
        np.concatenate((weights, -weights), axis=1),
    )
    hour, n, rows = (
        np.minimum(hours.astype(np.int64), 2 * HOURS_OF_WEEK - 1),
        2 * HOURS_OF_WEEK,
        len(weights),
    )
    bins = (np.arange(rows)[:, None] * n + hour).ravel()
    begun, part = (
        np.bincount(bins, values.ravel(), rows * n).reshape(rows, n)
        for values in (signed, signed * (hour + 1 - hours))
    )
    two_weeks = (
        part + np.cumsum(begun, axis=1) - begun
    )  # of an interval: all hours after its first less those after it
    return np.asarray(
        two_weeks.reshape(rows, 2, HOURS_OF_WEEK).sum(axis=1)
        + (whole_weeks * weights).sum(axis=1, keepdims=True)
    )


YEAR_OF_PATIENTS = 142_000
"""Patients in a year of the typical department, on which the rates are measured: 124,000 attendances, and patients who
only compete for beds."""
SECONDS_PER_PATIENT: Mapping[EngineName, float] = {
    "compiled": 0.42 / YEAR_OF_PATIENTS,
    "reference": 60 * 0.37 / YEAR_OF_PATIENTS,
}
"""Processor time of one patient in one arm, from draws to comparisons: a year takes 0.42 s with the compiled engine."""
GAIN_OF_PROCESSES = 0.79
"""n processes are n to this power times as fast as one: two 1.73 times (docs/benchmarks.md)."""
SECONDS_AROUND = 8.0
"""Time before the first replication and after the last: imports and checks, then pictures and page."""
BYTES_PER_PATIENT = 1_800 * 124_000 / YEAR_OF_PATIENTS
"""Memory of a running replication: its peak grows by 1.8 kB with each attendance of a longer year."""
KEPT_BYTES_PER_PATIENT: Mapping[Kept, int] = {"patients": 32, "activities": 115, "events": 115}
"""Disk space of one patient in one arm, where `run.keep` asks for the table; 37, 130 and 130 for each attendance."""
KEPT_SECONDS_PER_PATIENT: Mapping[Kept, float] = {
    "patients": 0.15 / YEAR_OF_PATIENTS,
    "activities": 0.45 / YEAR_OF_PATIENTS,
    "events": 1.5 / YEAR_OF_PATIENTS,
}
"""Processor time to make and write a patient's rows, besides that of simulating the patient again."""
KEPT_MEMORY_PER_PATIENT: Mapping[Kept, int] = {
    "patients": 300,
    "activities": 1_300,
    "events": 4_300,
}
"""Memory while the table is written, besides that of the running replication."""
BASE_BYTES = 250e6
"""Memory of a worker before it has drawn anybody."""
REPORT_BYTES = 150e6
"""Memory of what makes tables, pictures and page, besides that of a worker."""
BYTES_PER_RUN = 85_000
"""Memory of what is measured of one arm in one replication, all of which is held until the report is made: of 13 arms
1.1 MB a replication."""
MOST_HOURS = 24.0
MOST_GIGABYTES = 16.0
MOST_GIGABYTES_KEPT = 100.0
"""The limit of tables on the disk."""
MOST_DAYS = 100_000
"""The limit of one replication: 270 years."""
MOST_PATIENTS_A_DAY = 50_000
"""The limit of one department: all of England has 50,000 type 1 attendances a day."""
ALLOW = "set allow_large=true to run it all the same"


class Work(NamedTuple):
    """The size of a study. Patients include those who compete for beds without attending.

    n_patients: patients in one replication of one arm; n_runs: arms times replications; seconds: elapsed time with the
    study's processes; gigabytes: memory of all processes together; gigabytes_kept: disk space of the stored tables.
    """

    n_patients: float
    n_runs: int
    seconds: float
    gigabytes: float
    gigabytes_kept: float

    def __str__(self) -> str:
        kept = (
            f", {self.gigabytes_kept:.1f} GB of tables on the disk" if self.gigabytes_kept else ""
        )
        return f"about {in_words(self.seconds)} and {self.gigabytes:.1f} GB of memory{kept}"


def work_of(study: Study) -> Work:
    """The work of a study, from measured rates; with `run.precision` the most that it may need."""
    run, n_arms = study.run, len(study.arms)
    n_patients = max(
        patients_a_day(arm.pathway) * run.days + n_present(arm.pathway) for arm in study.arms
    )
    processes: int = 1 if study.executor == "serial" else min(study.workers, run.at_most)
    bytes_at_once = BYTES_PER_PATIENT * n_patients + BASE_BYTES
    n_in_all = n_patients * n_arms * run.at_most
    keep = set(run.keep)
    simulating = SECONDS_PER_PATIENT[study.engine]
    keeping = simulating + sum(KEPT_SECONDS_PER_PATIENT[name] for name in keep) if keep else 0.0
    seconds = n_in_all * (simulating / processes**GAIN_OF_PROCESSES + keeping) + SECONDS_AROUND
    bytes_kept = n_in_all * sum(KEPT_BYTES_PER_PATIENT[name] for name in keep)
    bytes_writing = bytes_at_once + n_patients * max(
        (KEPT_MEMORY_PER_PATIENT[name] for name in keep), default=0
    )
    bytes_running = processes * bytes_at_once + (
        BASE_BYTES if processes > 1 else 0.0
    )  # workers are apart
    n_runs = n_arms * run.at_most
    gigabytes = (max(bytes_running, bytes_writing) + REPORT_BYTES + n_runs * BYTES_PER_RUN) / 1e9
    return Work(n_patients, n_runs, seconds, gigabytes, bytes_kept / 1e9)


def patients_a_day(pathway: Pathway) -> float:
    """Patients who arrive on a mean day, attending or not."""
    return sum(map(mean_per_day, pathway.arrivals.values()))


def n_present(pathway: Pathway) -> float:
    """Patients present at time 0."""
    return sum(
        float(present.number or 0)
        if present.number is not None or present.pool is None
        else (present.share or 0.0) * timetable(pathway.pools[present.pool])[0][1]
        for present in pathway.present.values()
    )


def refuse_large(studies: Sequence[Study]) -> None:
    """Raise ConfigError if one study, or the studies of a sweep, exceed the limits without `allow_large`."""
    limited = [study for study in studies if not study.allow_large]
    faults = Faults(fault for study in limited for fault in _faults(study))
    if not faults:
        hours = sum(work_of(study).seconds for study in limited) / 3600
        if hours > MOST_HOURS:
            what = "the study" if len(limited) == 1 else f"the sweep of {len(limited)} studies"
            faults.add(
                "run",
                f"{what} would take about {in_words(hours * 3600)}, more than {MOST_HOURS:g} h",
                f"Run fewer replications, days or arms, or {ALLOW}",
            )
    faults.refuse()


def _faults(study: Study) -> Faults:
    run, faults = study.run, Faults()
    if run.days > MOST_DAYS:
        faults.add(
            "run.measured_days",
            f"{run.days:,} days a replication, more than {MOST_DAYS:,}",
            f"Run fewer, or {ALLOW}",
        )
    for arm in study.arms:
        a_day = patients_a_day(arm.pathway)
        if a_day > MOST_PATIENTS_A_DAY:
            faults.add(
                "site",
                f"{apart(a_day, MOST_PATIENTS_A_DAY, 0)} patients a day, more than {MOST_PATIENTS_A_DAY:,}",
                f"Give fewer per_day, or {ALLOW}",
            )
    if not faults:
        work = work_of(study)
        if work.gigabytes > MOST_GIGABYTES:
            gigabytes = apart(work.gigabytes, MOST_GIGABYTES, 0)
            faults.add(
                "run",
                f"the study would take about {gigabytes} GB of memory, more than {MOST_GIGABYTES:g}",
                f"Run fewer days or workers, or {ALLOW}",
            )
        if work.gigabytes_kept > MOST_GIGABYTES_KEPT:
            gigabytes = apart(work.gigabytes_kept, MOST_GIGABYTES_KEPT, 0)
            faults.add(
                "run.keep",
                f"the tables would take about {gigabytes} GB, more than {MOST_GIGABYTES_KEPT:g}",
                f"Keep fewer tables, or of fewer replications or days, or {ALLOW}",
            )
    return faults


def in_words(seconds: float) -> str:
    """A length of time in words, as a whole number of the unit that suits it.

    >>> in_words(42.3), in_words(5000), in_words(3e5)
    ('42 s', '83 min', '83 h')
    """
    for unit, size, below in (("s", 1, 100), ("min", 60, 6000), ("h", 3600, 360_000)):
        if seconds < below:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:,.0f} days"
