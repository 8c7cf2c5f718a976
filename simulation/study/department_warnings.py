"""Whether a department fits together, before a study runs: load, beds, desks, minutes, values.

A department may be like that on purpose, so the reader of its results is warned. Only two things are refused: a load
above 1 that nothing can shorten, and a day of more arrivals than can be drawn.

A load above 1 over the week makes a queue that nothing clears, and the figures of a study would depend on the length of
the run. The arrival rate of each day of each replication follows from a few random numbers, so a day whose rate exceeds
a source's `thinning_bound` is known without drawing a patient.

Patients may wait across the closed hours of a pool, which `queues_until_open` allows. A mean stay says little about the
few who wait until the morning, so a result warns of them. They are counted in one replication of the baseline, not
estimated.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from simulation.department.check_routes import Interval, empty_hours, explore
from simulation.department.graph import alternatives_of, cached_by_pathway
from simulation.department.rota import HOURS_OF_WEEK, timetable
from simulation.department.vocabulary import DEPARTED_AT, Opens, Pathway, StatedOutages
from simulation.errors import Fault, Faults
from simulation.measures.occupancy import Ints, Rows, number_rows
from simulation.measures.quantities import arrived_in
from simulation.patients import DrawnRun, Draws, draw
from simulation.patients.arrivals import wanted_arrivals
from simulation.records.schema import Floats, Mask
from simulation.study.check_study import staff_gone_of
from simulation.study.offered_load import (
    Load,
    WeeklyLoad,
    in_a_mean_week,
    load_ratio,
    offered_load,
    weekly_load,
)
from simulation.study.simulate import SharedDraws, Simulated, simulate_arm
from simulation.study.study import ReadyArm, Study, block_of_pool, figures_of, group_of, pool_keys
from simulation.triage.apply import apply
from simulation.units import NEVER, TICKS_PER_MINUTE, WEEK, WEEKDAYS
from simulation.wording import apart, capitalised, spaced

ROOM = 1.25
"""What the highest day is multiplied by for the bound that is advised: further replications may have a higher one."""
SAMPLE_DAYS = 56
"""Eight whole weeks: enough for the load over the week, which has a standard error and is judged by it."""
FIRST_LOOK_DAYS = 14
"""Two whole weeks, enough to see that nearly every arm is far from a load above 1."""
SURE, FAR = 2.0, 5.0
"""Standard errors of the sample by which a load must be above 1 to count as such, and by which it must be below 1 at a
first look to be looked at no further."""


def refuse_overload(study: Study) -> None:
    """Raise ConfigError if an arm asks more of a pool over the week than it can do, and nothing relieves it."""
    Faults(overload_faults(study)).refuse()


def overload_faults(study: Study) -> tuple[Fault, ...]:
    """A fault for each overloaded pool, with its highest load and, unless all are, the arms concerned."""
    first_look, sample = (
        SharedDraws(DrawnRun(study.run.seed, 0, days)) for days in (FIRST_LOOK_DAYS, SAMPLE_DAYS)
    )
    by_pool: dict[str, dict[str, float]] = {}
    for arm in (arm for arm in study.arms if not arm.pathway.allow_overload):
        known, key = sampled_loads(arm.pathway), ("first look", study.run.seed, repr(arm.policy))
        if key not in known:
            known[key] = loads_above_1(_load_of(arm, first_look), z=-FAR)
        if find_unrelieved(arm.pathway, known[key]):
            for pool, ratio in find_overloaded(arm.pathway, _load_of(arm, sample)).items():
                by_pool.setdefault(pool, {})[arm.name] = ratio
    return tuple(_fault_of(study, pool, ratios) for pool, ratios in by_pool.items())


def _load_of(arm: ReadyArm, sample: SharedDraws) -> WeeklyLoad:
    return weekly_load(
        arm.pathway, apply(arm.policy, arm.pathway, sample.of(in_a_mean_week(arm.pathway)))
    )


def _fault_of(study: Study, pool: str, ratios: Mapping[str, float]) -> Fault:
    """The fault of one pool, at the key that describes it. `ratios`: the loads above 1, by arm."""
    in_arms, worst = "", max(ratios.values())
    if len(ratios) < len(study.arms):
        in_arms = f" in {'arm' if len(ratios) == 1 else 'arms'} {', '.join(ratios)}"
    return Fault(
        f"{block_of_pool(study, pool)}{pool}",
        f"load {worst:.2f} over the week, and nobody can leave, be blocked by a full queue or go elsewhere{in_arms}",
        "Add units or hours, ask less of it, or set pathway.allow_overload=true to see the queue grow",
    )


def find_overloaded(pathway: Pathway, load: WeeklyLoad) -> dict[str, float]:
    """The loads above 1 over the week that nothing relieves, by pool; none if the pathway says `allow_overload`.

    Relief is: patience or a queue limit at a step that asks for the pool; a place elsewhere after a while;
    escalation that opens units of it; an alternative that is not overloaded itself, or has relief.
    """
    return {} if pathway.allow_overload else find_unrelieved(pathway, loads_above_1(load))


def find_unrelieved(pathway: Pathway, loads: Mapping[str, float]) -> dict[str, float]:
    """The loads of those pools whose queue nothing can shorten. `loads`: by pool, all above 1."""
    relieved = _with_relief(pathway, set(loads))
    return {pool: ratio for pool, ratio in loads.items() if pool not in relieved}


def loads_above_1(load: WeeklyLoad, *, z: float = SURE) -> dict[str, float]:
    """The loads above 1 over the week by so many standard errors of the sample, by pool."""
    return {
        pool: ratio
        for pool, ratio, error in zip(
            load.pools, load.ratio.tolist(), load.error.tolist(), strict=True
        )
        if is_above_1(ratio, error, z)
    }


def is_above_1(ratio: float, error: float, z: float = SURE) -> bool:
    """Whether a load is above 1 by so many standard errors; work with nobody on duty counts as above."""
    return math.isinf(ratio) or ratio - z * error > 1


def _with_relief(pathway: Pathway, overloaded_pools: set[str]) -> set[str]:
    """The pools whose queue something can shorten."""
    relieved = {trigger.pool for trigger in pathway.triggers.values() if isinstance(trigger, Opens)}
    for step in pathway.steps.values():
        leaves = step.may_leave and pathway.patience
        if leaves or step.queue_limit is not None or step.overflow:
            relieved |= {*step.pools}
    while True:
        with_alternative = {
            pool
            for step in pathway.steps.values()
            if any(other not in overloaded_pools or other in relieved for other in step.any_of)
            for pool in step.any_of
        }
        if with_alternative <= relieved:
            return relieved
        relieved |= with_alternative


@cached_by_pathway
def sampled_loads(pathway: Pathway) -> dict[tuple[str, int, str], Any]:
    """What samples of a department's patients gave, by kind of sample, seed and policy: studies share departments."""
    return {}


def refuse_beyond_bound(study: Study) -> None:
    """Raise ConfigError for each source whose rate exceeds its bound on a day of some replication.

    Over an ensemble nothing is checked, because departments are made during the run.
    """
    if study.departments is not None:
        return
    worst: dict[str, tuple[float, int, int, ReadyArm]] = {}
    for arm in _with_distinct_arrivals(study):
        for replication in study.run.numbers:
            drawn = study.run.drawn(replication, study.run.days)
            for name, wanted in wanted_arrivals(arm.pathway, drawn).items():
                most = float(wanted.max())
                if most > max(
                    arm.pathway.arrivals[name].thinning_bound, worst.get(name, (0.0,))[0]
                ):
                    worst[name] = most, int(wanted.argmax()), replication, arm
    Faults(_beyond_bound(study, name, *found) for name, found in worst.items()).refuse()


def _with_distinct_arrivals(study: Study) -> Iterator[ReadyArm]:
    """The arms whose arrivals differ from those of every earlier arm."""
    seen: list[tuple[object, ...]] = []
    for arm in study.arms:
        stated = arm.pathway.arrivals, arm.pathway.day_factors, arm.pathway.lasting_factors
        if stated not in seen:
            seen.append(stated)
            yield arm


def _beyond_bound(
    study: Study, name: str, wanted: float, day: int, replication: int, arm: ReadyArm
) -> Fault:
    bound = arm.pathway.arrivals[name].thinning_bound
    path = f"{group_of(study, 'arrivals', name)}.arrivals.{name}.thinning_bound"
    where = f"day {day - study.run.warm_up_days} of replication {replication}"
    return Fault(
        path,
        f"{where} wants {apart(wanted, bound, 2)} times the usual arrivals, above {bound:g}",
        f"Say {path}={bound_with_room(wanted):g}, which changes no other number, or make busy days less busy",
    )


def bound_with_room(wanted: float) -> float:
    """A bound with room above the rate of the highest day, in tenths.

    >>> bound_with_room(1.6)
    2.0
    """
    return math.ceil(round(10 * ROOM * wanted, 6)) / 10


LEAST_SHARE = 0.01
"""The share of patients from which it is said."""
LEAST_MINUTES = 60.0
"""Minutes of a wait from which it counts: people who queue for the doors to open are not kept by anybody."""
MOST_DAYS = 56
"""Days of arrivals that are looked at, at most."""


def warn_of_closed_hours(study: Study) -> tuple[str, ...]:
    """A warning for each pool across whose closed hours more than 1 % of the baseline's patients wait over an hour.

    Simulates the first replication of the baseline, over the typical department, if a pool queues until it opens.
    """
    closing = _closing_steps(study.baseline.pathway)
    if not closing:
        return ()
    run = replace(study.run, measured_days=min(study.run.measured_days, MOST_DAYS))
    simulation = simulate_arm(
        study.baseline, run, study.engine, 0, cool_down_days=max(run.cool_down_days, 1)
    )
    arrived = arrived_in(simulation.patients, run.window)["patient"]
    rows = number_rows(simulation.plan, simulation.activities)
    kept = {
        pools: _share_and_minutes(simulation, rows, arrived, *where)
        for pools, where in closing.items()
    }
    return tuple(
        _words(study, pools, *numbers)
        for pools, numbers in kept.items()
        if numbers[0] > LEAST_SHARE
    )


ClosingSteps = dict[tuple[str, ...], tuple[list[Interval], list[str]]]
"""By pools: the times of the week, in ticks, at which none has a unit, and the steps that ask for them."""


def _closing_steps(pathway: Pathway) -> ClosingSteps:
    """The closed hours and steps of pools that queue until they open. A step at which patients wait at home is left
    out."""
    closing: ClosingSteps = {}
    for name, step in pathway.steps.items():
        if step.records.get(DEPARTED_AT) == "joined":
            continue
        for pools in alternatives_of(step):
            empty = empty_hours(tuple(pathway.pools[pool] for pool in pools))
            if empty and any(pathway.pools[pool].queues_until_open for pool in pools):
                closing.setdefault(pools, (empty, []))[1].append(name)
    return closing


def _share_and_minutes(
    simulation: Simulated,
    rows: Rows,
    arrived: Ints,
    empty: Sequence[Interval],
    steps: Sequence[str],
) -> tuple[float, float]:
    """The share of those who `arrived` who wait at these steps across closed hours, and the mean of their waits."""
    left_at = np.where(rows.ended_at != NEVER, rows.ended_at, simulation.run.horizon)
    stopped_at = np.where(rows.started_at != NEVER, rows.started_at, left_at)
    ticks = stopped_at - rows.joined_at
    numbers = [simulation.plan.nodes.index(step) for step in steps]
    waits = (
        np.isin(rows.step, numbers)
        & np.isin(rows.patient, arrived)
        & (ticks > LEAST_MINUTES * TICKS_PER_MINUTE)
    )
    waits &= _overlaps_closed(rows.joined_at, stopped_at, empty)
    share = len(np.unique(rows.patient[waits])) / max(len(arrived), 1)
    return share, float(ticks[waits].mean()) / TICKS_PER_MINUTE if share else 0.0


def _overlaps_closed(joined_at: Ints, stopped_at: Ints, empty: Sequence[Interval]) -> Mask:
    """Whether each wait, in ticks, overlaps hours of the week that are `empty`: half-open intervals, sorted."""
    since = joined_at % WEEK
    starts = np.array([start for start, _ in empty])
    ends = np.array([end for _, end in empty])
    before = np.searchsorted(starts, since, side="right") - 1
    is_inside = (before >= 0) & (since < ends[before])
    to_next = np.append(starts, starts[0] + WEEK)[before + 1] - since
    return stopped_at > np.where(is_inside, joined_at, joined_at + to_next)


def _words(study: Study, pools: Sequence[str], share: float, minutes: float) -> str:
    names = " or ".join(map(spaced, pools))
    keys = ", ".join(f"{block_of_pool(study, name)}{name}.rota" for name in pools)
    return (
        f"{100 * share:.1f} % of patients wait over an hour for {names}, across hours when nobody is on duty: "
        f"{minutes:,.0f} min on average (counted in the first replication). If they would not stay, let "
        f"staff work on after the last arrival ({keys}), or send patients elsewhere by a branch of `kind: hours`"
    )


ADULT_BED, DESKS = "adult_bed", ("reception", "nurse")
"""Roles of the pools that are checked: beds all together, desks one by one."""
RELIEF = 1.25
"""The highest load without a warning of a pool that patients can leave or that escalation helps. A judgement: the load
of medical beds in the typical department is 1.13."""
EMPTY = 0.6
"""The share of adult beds that stays ask for, below which the number of beds is probably a slip. A judgement: those of
English trusts are more than four fifths occupied."""
LONGEST_QUEUE = 60
"""Minutes of queue at a desk on a mean day; no department is run with longer queues."""
LONGEST_MINUTES = 240
"""Mean minutes of staff, or of a handover, for one patient; a longer mean is probably a slip, such as hours."""
FRONT = ("handed_over_at", "assessed_at", "seen_at")
"""Points in time of the front door: the minutes of a step that records one are checked even if it asks for no staff."""


@dataclass(frozen=True)
class DepartmentWarning:
    """What does not fit together in a department, and what to look at; '' where that is said with it."""

    found: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.found}. {self.remedy}" if self.remedy else self.found


class Beds(NamedTuple):
    """Adult general and acute beds of a department, and the beds that stays ask for on average.

    staffed: mean number of beds; asked: beds that stays ask for; error: standard error of `asked`; pressed: beds that
    stays ask for if each ends as early as pressure can make it.
    """

    staffed: float
    asked: float
    error: float
    pressed: float

    @property
    def full(self) -> bool:
        """Whether stays ask for more than the staffed beds even under pressure, beyond chance in the sample."""
        return self.pressed * (1 - SURE * self.error / self.asked) > self.staffed

    def __str__(self) -> str:
        share, error = (100 * number / self.staffed for number in (self.asked, SURE * self.error))
        return f"stays ask for {self.asked:.0f} of {self.staffed:.0f} staffed beds, {share:.0f} % (±{error:.0f})"


def department_warnings(study: Study) -> tuple[DepartmentWarning, ...]:
    """A warning for each thing that does not fit, with the keys to look at. Draws some weeks of patients."""
    return load_and_warnings(study)[1]


def load_and_warnings(study: Study) -> tuple[Load, tuple[DepartmentWarning, ...]]:
    """The load of drawn weeks under the baseline's policy, and a warning for each thing that does not fit; none of
    departments held to records, whose minutes were solved for: the baseline is not one of them."""
    arm = study.baseline
    known, key = sampled_loads(arm.pathway), ("weeks", study.run.seed, repr(arm.policy))
    if key not in known:
        drawn = draw(
            in_a_mean_week(arm.pathway), seed=study.run.seed, replication=0, days=SAMPLE_DAYS
        )
        drawn = apply(arm.policy, arm.pathway, drawn)
        known[key] = offered_load(arm.pathway, drawn), tuple(_minutes_warnings(arm.pathway, drawn))
    load, of_minutes = known[key]
    if study.held_to_records:
        return load, ()
    beds, loads = tuple(_bed_warnings(arm.pathway, load)), _beyond_capacity(arm.pathway, load)
    if beds:
        loads = {name: ratio for name, ratio in loads.items() if not _is_bed(arm.pathway, name)}
    by_load = (
        *_overload_warnings(study, loads),
        *beds,
        *_desk_warnings(arm.pathway, load, overloaded=loads),
    )
    stated = (*_calibration_warnings(study), *_never_warnings(arm.pathway, study.run.measured_days))
    gone = (
        DepartmentWarning(
            capitalised(str(one)),
            f"Let others take whoever has waited (pathway.steps.{one.step}.overflow)",
        )
        for one in staff_gone_of(arm)
    )
    return load, (*by_load, *of_minutes, *stated, *gone)


def _beyond_capacity(pathway: Pathway, load: Load) -> dict[str, float]:
    """The loads of pools with more work over the week than can be done, by pool; infinite where nobody is on duty.

    That is a load above 1 where nothing relieves it, else above `RELIEF`. The load of adult beds is compared as it is
    once pressure has ended stays as early as it can; that of a pool whose work others can do, theirs included.
    """
    above = loads_above_1(load.of_week())
    loads = {
        pool: min(ratio, _with_alternatives(pathway, load, pool)) for pool, ratio in above.items()
    }
    without_relief, pressed = find_unrelieved(pathway, loads), _share_under_pressure(pathway)
    return {
        pool: ratio
        for pool, ratio in loads.items()
        if ratio * (pressed if _is_bed(pathway, pool) else 1.0)
        > (1.0 if pool in without_relief else RELIEF)
    }


def _with_alternatives(pathway: Pathway, load: Load, pool: str) -> float:
    """The load over the week of a pool together with all that can do some of its work."""
    together = {pool}.union(
        *(step.any_of for step in pathway.steps.values() if pool in step.any_of)
    )
    rows = [row for row, name in enumerate(load.pools) if name in together]
    return float(load_ratio(load.work[rows].sum(), load.capacity[rows].sum()))


def _share_under_pressure(pathway: Pathway) -> float:
    """The share of a stay in an adult bed that is left if it ends as early as pressure can make it."""
    shares = {name: step.effort.share for name, step in pathway.steps.items() if step.effort}
    carried = explore(pathway).by_carried if shares else ()
    in_bed = (
        shares[name]
        for name, held in carried
        if name in shares and any(_is_bed(pathway, pool) for pool in _had(pathway, name, held))
    )
    return 1 - max(in_bed, default=0.0)


def _had(pathway: Pathway, name: str, held: frozenset[str]) -> Collection[str]:
    """The pools of which a patient may have a unit during a step, who may hold these (and clocks) before it."""
    step = pathway.steps[name]
    had = held.difference(step.releases_at_start).union(*alternatives_of(step))
    return had & pathway.pools.keys()


def _overload_warnings(study: Study, loads: Mapping[str, float]) -> Iterator[DepartmentWarning]:
    if loads:
        figures = figures_of(
            {pool: f"{ratio:.2f}" if np.isfinite(ratio) else "∞" for pool, ratio in loads.items()}
        )
        yield DepartmentWarning(
            f"More work is asked for over the week than can be done ({figures} times what there is)",
            f"Look at {pool_keys(study, loads)}",
        )


def beds_of(pathway: Pathway, load: Load) -> Beds | None:
    """All adult beds and the demand of stays for them; None in a department without such beds."""
    rows = [row for row, name in enumerate(load.pools) if _is_bed(pathway, name)]
    if not rows:
        return None
    hours = load.capacity[rows].sum(axis=1)
    asked = float(load.work[rows].sum()) / HOURS_OF_WEEK
    error = float(np.sqrt(((load.error[rows] * hours) ** 2).sum())) / HOURS_OF_WEEK
    return Beds(
        float(hours.sum()) / HOURS_OF_WEEK, asked, error, asked * _share_under_pressure(pathway)
    )


def _is_bed(pathway: Pathway, name: str) -> bool:
    return pathway.pools[name].role == ADULT_BED and not pathway.pools[name].unlimited


def _bed_warnings(pathway: Pathway, load: Load) -> Iterator[DepartmentWarning]:
    beds = beds_of(pathway, load)
    if beds and beds.full:
        after = f"{100 * beds.pressed / beds.staffed:.0f} % even if every stay ends as early as pressure can make it"
        yield DepartmentWarning(
            f"Beds over 100 %: {beds}{f', and {after}' if beds.pressed < beds.asked else ''}. Patients will wait for "
            "beds without end, and ambulances behind them",
            "Look at calibration.*_beds or site.pools.*_beds (beds by "
            "ward group), site.attributes.admitted.p.base (who is admitted), site.arrivals.*.per_day and "
            "calibration.ward_stay_scale",
        )
    elif beds and beds.asked < EMPTY * beds.staffed:
        yield DepartmentWarning(
            f"Beds mostly empty: {beds}, so nobody waits for one",
            "Look at calibration.*_beds or site.pools.*_beds "
            "(beds by ward group; staffed adult general and acute beds alone), site.attributes.admitted.p.base (who is "
            "admitted), site.arrivals.*.per_day and calibration.ward_stay_scale",
        )


def _desk_warnings(
    pathway: Pathway, load: Load, *, overloaded: Collection[str]
) -> Iterator[DepartmentWarning]:
    """Warnings about desks with a long queue on a mean day, but for the `overloaded`, whose queue grows every day."""
    for row, (name, by_hour) in enumerate(zip(load.pools, load.by_hour(), strict=True)):
        pool = pathway.pools[name]
        if pool.role not in DESKS or pool.unlimited or name in overloaded or not by_hour.any():
            continue
        units = load.capacity[row].reshape(7, 24).mean(axis=0)
        queue = queue_by_hour(load.work[row].reshape(7, 24).sum(axis=0) / 7, units)
        worst = int(np.argmax(queue))
        if queue[worst] > LONGEST_QUEUE:
            busiest = int(np.argmax(by_hour))
            yield DepartmentWarning(
                f"{name}: load {100 * by_hour[busiest]:.0f} % at {busiest} h; on a mean day the queue is "
                f"{queue[worst] / 60:.1f} h long by {(worst + 1) % 24} h",
                f"Look at staffing.{name}.rota, and at the minutes of its steps",
            )


def queue_by_hour(work: Floats, units: Floats) -> Floats:
    """The wait in minutes of somebody who arrives at the end of each clock hour, on the second of two equal days.

    It assumes that work flows in evenly within an hour and that nobody leaves. `work` and `units` are in unit-hours;
    all three have shape (24,).

    >>> queue_by_hour(np.array([1.0] * 9 + [1.5] + [1.0] * 14), np.array([1.0] * 10 + [2.0] * 14))[[8, 9, 10]]
    array([ 0., 15.,  0.])
    """
    backlog, waits = 0.0, np.zeros(48)
    for hour in range(48):
        backlog = max(backlog + work[hour % 24] - units[hour % 24], 0.0)
        on_duty = units[(hour + 1) % 24] or units[hour % 24] or 1.0
        waits[hour] = 60 * backlog / on_duty
    return waits[24:]


def _minutes_warnings(pathway: Pathway, drawn: Draws) -> Iterator[DepartmentWarning]:
    """Warnings about long minutes at steps of staff or of the front door."""
    names: dict[str, None] = {}
    for step in pathway.steps.values():
        of_staff = any(pathway.pools[pool].kind == "staff" for pool in step.pools)
        if of_staff or not step.records.keys().isdisjoint(FRONT):
            names |= dict.fromkeys(step.minutes)
    for name in names:
        minutes = drawn.minutes.get(name, np.zeros(0))
        used = minutes[minutes > 0]
        if used.size and (mean := float(used.mean())) > LONGEST_MINUTES:
            yield DepartmentWarning(
                f"{name}: {mean:,.0f} minutes ({mean / 60:.0f} h) for one patient on average, at a step of staff or of "
                f"the front door. Durations are in minutes: look at durations.{name} (mean, scale) in site or pathway"
            )


def _never_warnings(pathway: Pathway, measured_days: int) -> Iterator[DepartmentWarning]:
    """Warnings about stated days after the last measured one, and about closing more units than there ever are."""
    begins: list[tuple[str, float]] = [
        (f"arrivals.{name}.surges.{number}", surge.starts_on_day)
        for name, source in pathway.arrivals.items()
        for number, surge in enumerate(source.surges)
    ]
    begins += [
        (f"outages.{name}.spans.{number}", span.starts_at_minutes / (24 * 60))
        for name, outage in pathway.outages.items()
        if isinstance(outage, StatedOutages)
        for number, span in enumerate(outage.spans)
    ]
    for path, day in begins:
        if day >= measured_days:
            yield DepartmentWarning(
                f"pathway.{path}: begins on day {day:g}, and {measured_days} days are measured, from day 0 on: it "
                "never happens. Measure longer (run.measured_days), or let it begin earlier"
            )
    for name, pool in pathway.pools.items():
        most = max(units for _, units in timetable(pool))
        if pool.closed_while and (pool.closes or 0) > most:
            units = f"{pool.closes} units, and there are never more than {most}"
            yield DepartmentWarning(f"pathway.pools.{name}.closes: {units}")


def _calibration_warnings(study: Study) -> Iterator[DepartmentWarning]:
    """What is outside its range; a value that was measured stands, whatever was thought possible."""
    calibration = study.resolved.get("calibration")
    for name, parameter in (calibration if isinstance(calibration, dict) else {}).items():
        low, high = parameter["range"]
        if parameter["evidence"] != "measured" and not low <= parameter["value"] <= high:
            yield DepartmentWarning(
                f"calibration.{name} is {parameter['value']:g}, and a department could have {low:g} to {high:g}",
                f"Look at calibration.{name}.value, or state another range with its source",
            )


def describe_busy_hours(load: Load, waits_until_open: Collection[str] = ()) -> tuple[str, ...]:
    """A line for each pool with more work than units in some hours: which hours, which days, and the worst hour.

    `waits_until_open`: pools whose closed hours do not count, because patients are meant to wait.

    One hour of the week holds few patients of a sample, so the work is smoothed: the clock hour's times the
    weekday's. An hour counts if it is above 1 by two standard errors of one clock hour, the week if by two of its own.

    >>> week = np.zeros((1, 168)); week[0, 11] = 5
    >>> describe_busy_hours(Load(("triage_nurses",), week, np.full((1, 168), 0.5), np.zeros(1)))
    ('triage_nurses: load above 1 at 11-12 h on mon, worst 10.00 at 11 h on mon',)
    """
    lines = []
    for pool, work, capacity, error in zip(
        load.pools, load.work, load.capacity, load.error, strict=True
    ):
        by_day = work.reshape(7, 24)
        total = max(float(work.sum()), 1e-300)
        smooth = by_day.sum(axis=1)[:, None] * by_day.sum(axis=0) / total
        week = load_ratio(smooth, capacity.reshape(7, 24))
        if pool in waits_until_open:
            week = np.where(np.isinf(week), 0.0, week)
        busy = week > 1 + SURE * error * np.sqrt(24)
        if not busy.any():
            continue
        day, hour = divmod(int(np.argmax(week)), 24)
        on_days = busy.any(axis=1)
        days = (
            ""
            if on_days.all()
            else f" on {', '.join(WEEKDAYS[number] for number in np.flatnonzero(on_days))}"
        )
        worst = (
            "nobody on duty"
            if np.isinf(week[day, hour])
            else f"worst {apart(week[day, hour], 1, 2)}"
        )
        hours = _clock_hours(np.flatnonzero(busy.any(axis=0)).tolist())
        ratio = total / float(capacity.sum()) if capacity.any() else math.inf
        over_week = (
            f"{apart(ratio, 1, 2)} over the week, " if is_above_1(ratio, float(error)) else ""
        )
        lines.append(
            f"{pool}: load {over_week}above 1 at {hours}{days}, {worst} at {hour} h on {WEEKDAYS[day]}"
        )
    return tuple(lines)


def _clock_hours(hours: Sequence[int]) -> str:
    """[10, 11, 12, 20] as '10-13, 20-21 h'; a span over midnight is one."""
    if len(hours) == 24:
        return "0-24 h"
    starts = [hour for hour in hours if (hour - 1) % 24 not in hours]
    spans = []
    for start in starts:
        end = start
        while end % 24 in hours:
            end += 1
        spans.append(f"{start}-{(end - 1) % 24 + 1}")
    return f"{', '.join(spans)} h"
