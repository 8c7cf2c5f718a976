"""Warnings, before anything runs, about a department that does not fit together: load, beds, desks, minutes, values.

Nothing is refused here: a department may be like that on purpose, but the reader of its results has to know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK, timetable
from simulation.department.vocabulary import Pathway, StatedOutages, Step
from simulation.patients import Draws, draw
from simulation.records.schema import Floats
from simulation.study.offered_load import Load, in_a_mean_week, offered_load
from simulation.study.overload import SAMPLE_DAYS, SURE, above_1, unrelieved
from simulation.study.study import Study, figures_of, keys_of
from simulation.triage.apply import apply

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
class Beds:
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


def misfits(study: Study) -> tuple[str, ...]:
    """A warning for each thing that does not fit, with the keys to look at. Draws some weeks of patients."""
    return load_and_misfits(study)[1]


def load_and_misfits(study: Study) -> tuple[Load, tuple[str, ...]]:
    """The load of drawn weeks under the baseline's policy, and a warning for each thing that does not fit."""
    arm = study.baseline
    drawn = draw(in_a_mean_week(arm.pathway), seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    drawn = apply(arm.policy, arm.pathway, drawn)
    load = offered_load(arm.pathway, drawn)
    beds, loads = tuple(_bed_warnings(arm.pathway, load)), _beyond_capacity(arm.pathway, load)
    if beds:
        loads = {name: ratio for name, ratio in loads.items() if not _is_bed(arm.pathway, name)}
    by_load = (*_overload_warnings(study, loads), *beds, *_desk_warnings(arm.pathway, load, overloaded=loads))
    stated = (*_calibration_warnings(study), *_never_warnings(arm.pathway, study.run.measured_days))
    return load, (*by_load, *_minutes_warnings(arm.pathway, drawn), *stated)


def _beyond_capacity(pathway: Pathway, load: Load) -> dict[str, float]:
    """The loads of pools with more work over the week than can be done, by pool; infinite where nobody is on duty.

    That is a load above 1 where nothing relieves it, else above `RELIEF`. The load of adult beds is compared as it is
    once pressure has ended stays as early as it can.
    """
    loads = above_1(load)
    without_relief, pressed = unrelieved(pathway, loads), _share_under_pressure(pathway)
    return {
        pool: ratio
        for pool, ratio in loads.items()
        if ratio * (pressed if _is_bed(pathway, pool) else 1.0) > (1.0 if pool in without_relief else RELIEF)
    }


def _share_under_pressure(pathway: Pathway) -> float:
    """The share of a stay that is left if it ends as early as pressure can make it."""
    return 1 - max((step.effort.share for step in pathway.steps.values() if step.effort is not None), default=0.0)


def _overload_warnings(study: Study, loads: Mapping[str, float]) -> Iterator[str]:
    if loads:
        figures = figures_of({pool: f"{ratio:.2f}" if np.isfinite(ratio) else "∞" for pool, ratio in loads.items()})
        yield (
            f"More work is asked for over the week than can be done ({figures} times what there is). Look at "
            f"{keys_of(study, loads)}"
        )


def beds_of(pathway: Pathway, load: Load) -> Beds | None:
    """All adult beds and the demand of stays for them; None in a department without such beds."""
    rows = [row for row, name in enumerate(load.pools) if _is_bed(pathway, name)]
    if not rows:
        return None
    hours = load.capacity[rows].sum(axis=1)
    asked = float(load.work[rows].sum()) / HOURS_OF_WEEK
    error = float(np.sqrt(((load.error[rows] * hours) ** 2).sum())) / HOURS_OF_WEEK
    return Beds(float(hours.sum()) / HOURS_OF_WEEK, asked, error, asked * _share_under_pressure(pathway))


def _is_bed(pathway: Pathway, name: str) -> bool:
    return pathway.pools[name].role == ADULT_BED and not pathway.pools[name].unlimited


def _bed_warnings(pathway: Pathway, load: Load) -> Iterator[str]:
    beds = beds_of(pathway, load)
    if beds is not None and beds.full:
        after = f"{100 * beds.pressed / beds.staffed:.0f} % even if every stay ends as early as pressure can make it"
        yield (
            f"Beds over 100 %: {beds}{f', and {after}' if beds.pressed < beds.asked else ''}. Patients will wait for "
            "beds without end, and ambulances behind them. Look at calibration.*_beds or site.pools.*_beds (beds by "
            "ward group), site.attributes.admitted.p.base (who is admitted), site.arrivals.*.per_day and "
            "calibration.ward_stay_scale"
        )
    elif beds is not None and beds.asked < EMPTY * beds.staffed:
        yield (
            f"Beds mostly empty: {beds}, so nobody waits for one. Look at calibration.*_beds or site.pools.*_beds "
            "(beds by ward group; staffed adult general and acute beds alone), site.attributes.admitted.p.base (who is "
            "admitted), site.arrivals.*.per_day and calibration.ward_stay_scale"
        )


def _desk_warnings(pathway: Pathway, load: Load, *, overloaded: Collection[str]) -> Iterator[str]:
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
            yield (
                f"{name}: load {100 * by_hour[busiest]:.0f} % at {busiest} h; on a mean day the queue is "
                f"{queue[worst] / 60:.1f} h long by {(worst + 1) % 24} h. Look at staffing.{name}.rota, and at the "
                "minutes of its steps"
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


def _minutes_warnings(pathway: Pathway, drawn: Draws) -> Iterator[str]:
    names = dict.fromkeys(
        name for step in pathway.steps.values() if _is_checked(pathway, step) for name in step.minutes
    )
    for name in names:
        minutes = drawn.minutes.get(name, np.zeros(0))
        used = minutes[minutes > 0]
        if used.size and (mean := float(used.mean())) > LONGEST_MINUTES:
            yield (
                f"{name}: {mean:,.0f} minutes ({mean / 60:.0f} h) for one patient on average, at a step of staff or of "
                f"the front door. Durations are in minutes: look at durations.{name} (mean, scale) in site or pathway"
            )


def _never_warnings(pathway: Pathway, measured_days: int) -> Iterator[str]:
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
            yield (
                f"pathway.{path}: begins on day {day:g}, and {measured_days} days are measured, from day 0 on: it "
                "never happens. Measure longer (run.measured_days), or let it begin earlier"
            )
    for name, pool in pathway.pools.items():
        most = max(units for _, units in timetable(pool))
        if pool.closed_while is not None and pool.closes is not None and pool.closes > most:
            yield f"pathway.pools.{name}.closes: {pool.closes} units, and there are never more than {most}"


def _is_checked(pathway: Pathway, step: Step) -> bool:
    """Whether a step is one of staff or of the front door."""
    pools = (*step.asks, *step.any_of)
    return any(pathway.pools[name].kind == "staff" for name in pools) or any(name in FRONT for name in step.records)


def _calibration_warnings(study: Study) -> Iterator[str]:
    calibration = study.resolved.get("calibration")
    for name, parameter in (calibration if isinstance(calibration, dict) else {}).items():
        low, high = parameter["range"]
        if not low <= parameter["value"] <= high:
            yield (
                f"calibration.{name} is {parameter['value']:g}, and a department could have {low:g} to {high:g}. Look "
                f"at calibration.{name}.value, or state another range with its source"
            )
