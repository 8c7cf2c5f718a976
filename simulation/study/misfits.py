"""What in a department does not fit together, said before anything runs: load, beds, desks, minutes, fitted values.

Nothing is refused here. A department may be meant so, but whoever reads its answer has to know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulation.analysis.offered_load import Load, in_a_mean_week, offered_load
from simulation.analysis.overload import SURE, above_1, unrelieved
from simulation.draws import Draws, draw
from simulation.pathway.department import Pathway, Step
from simulation.pathway.rota import HOURS_OF_WEEK
from simulation.records.schema import Floats
from simulation.study.overload import SAMPLE_DAYS
from simulation.study.pool_words import figures_of, keys_of
from simulation.study.study import Study
from simulation.triage.apply import apply

ADULT_BED, DESKS = "adult_bed", ("reception", "nurse")
"""Roles of the pools that are looked at: beds all together, desks one by one."""
RELIEF = 1.25
"""How much work may be asked, over what there is, of a pool that patients can leave or that escalation helps: the
typical department asks 1.13 of its medical beds. A judgement."""
LONGEST_QUEUE = 60
"""Minutes of queue at a desk on a mean day, beyond which no department is run."""
LONGEST_MINUTES = 240
"""Mean minutes of staff, or of a handover, for one patient, beyond which something else was meant: hours, say."""
FRONT = ("handed_over_at", "assessed_at", "seen_at")
"""What a step records whose minutes are looked at, though it may ask for no staff."""


@dataclass(frozen=True)
class Beds:
    """Adult general and acute beds: how many are staffed, how many the stays ask for on average, with the standard
    error of the sample, and how many they ask for once every stay ends as early as pressure can make it."""

    staffed: float
    asked: float
    error: float
    pressed: float

    @property
    def full(self) -> bool:
        """Whether no pressure makes room, chance in the sample set aside."""
        return self.pressed * (1 - SURE * self.error / self.asked) > self.staffed

    def __str__(self) -> str:
        share, error = (100 * number / self.staffed for number in (self.asked, SURE * self.error))
        return f"stays ask for {self.asked:.0f} of {self.staffed:.0f} staffed beds, {share:.0f} % (±{error:.0f})"


def misfits(study: Study) -> tuple[str, ...]:
    """A sentence or two for each thing that does not fit, with the keys to look at. Draws some weeks of patients."""
    return judged(study)[1]


def judged(study: Study) -> tuple[Load, tuple[str, ...]]:
    """The load that drawn weeks under the baseline's policy ask for, and what does not fit."""
    arm = study.baseline
    drawn = draw(in_a_mean_week(arm.pathway), seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    drawn = apply(arm.policy, arm.pathway, drawn)
    load = offered_load(arm.pathway, drawn)
    beds, over = tuple(_beds_over(arm.pathway, load)), _beyond_capacity(arm.pathway, load)
    if beds:
        over = {name: ratio for name, ratio in over.items() if not _is_bed(arm.pathway, name)}
    by_load = (*_overload(study, over), *beds, *_desks(arm.pathway, load, told=over))
    return load, (*by_load, *_long(arm.pathway, drawn), *_out_of_range(study))


def _beyond_capacity(pathway: Pathway, load: Load) -> dict[str, float]:
    """By pool of which more is asked over the week than can be done, that load: above 1 where nothing relieves it, else
    above `RELIEF`; infinite where nobody is on duty. Of adult beds once pressure has ended stays as early as it can."""
    over = above_1(load)
    hopeless, pressed = unrelieved(pathway, over), _share_under_pressure(pathway)
    return {
        pool: ratio
        for pool, ratio in over.items()
        if ratio * (pressed if _is_bed(pathway, pool) else 1.0) > (1.0 if pool in hopeless else RELIEF)
    }


def _share_under_pressure(pathway: Pathway) -> float:
    """How much is left of a stay that ends as early as pressure can make it."""
    return 1 - max((step.effort.share for step in pathway.steps.values() if step.effort is not None), default=0.0)


def _overload(study: Study, over: Mapping[str, float]) -> Iterator[str]:
    if over:
        loads = figures_of({pool: f"{ratio:.2f}" if np.isfinite(ratio) else "∞" for pool, ratio in over.items()})
        yield (
            f"More work is asked for over the week than can be done ({loads} times what there is). Look at "
            f"{keys_of(study, over)}"
        )


def beds_of(pathway: Pathway, load: Load) -> Beds | None:
    """What stays ask of all adult beds; None where there are none."""
    rows = [row for row, name in enumerate(load.pools) if _is_bed(pathway, name)]
    if not rows:
        return None
    hours = load.capacity[rows].sum(axis=1)
    asked = float(load.work[rows].sum()) / HOURS_OF_WEEK
    error = float(np.sqrt(((load.error[rows] * hours) ** 2).sum())) / HOURS_OF_WEEK
    return Beds(float(hours.sum()) / HOURS_OF_WEEK, asked, error, asked * _share_under_pressure(pathway))


def _is_bed(pathway: Pathway, name: str) -> bool:
    return pathway.pools[name].role == ADULT_BED and not pathway.pools[name].unlimited


def _beds_over(pathway: Pathway, load: Load) -> Iterator[str]:
    beds = beds_of(pathway, load)
    if beds is not None and beds.full:
        after = f"{100 * beds.pressed / beds.staffed:.0f} % even if every stay ends as early as pressure can make it"
        yield (
            f"Beds over 100 %: {beds}{f', and {after}' if beds.pressed < beds.asked else ''}. Patients will wait for "
            "beds without end, and ambulances behind them. Look at calibration.*_beds or site.pools.*_beds (beds by "
            "ward group), site.attributes.admitted.p.base (who is admitted), site.arrivals.*.per_day and "
            "calibration.ward_stay_scale"
        )


def _desks(pathway: Pathway, load: Load, *, told: Collection[str]) -> Iterator[str]:
    """Desks with a long queue on a mean day, without those that have been `told` of: their queue grows every day."""
    for row, (name, by_hour) in enumerate(zip(load.pools, load.by_hour(), strict=True)):
        pool = pathway.pools[name]
        if pool.role not in DESKS or pool.unlimited or name in told or not by_hour.any():
            continue
        units = load.capacity[row].reshape(7, 24).mean(axis=0)
        queue = queue_by_hour(load.work[row].reshape(7, 24).sum(axis=0) / 7, units)
        worst = int(np.argmax(queue))
        if queue[worst] > LONGEST_QUEUE:
            most = int(np.argmax(by_hour))
            yield (
                f"{name}: load {100 * by_hour[most]:.0f} % at {most} h; on a mean day the queue is "
                f"{queue[worst] / 60:.1f} h long by {(worst + 1) % 24} h. Look at staffing.{name}.rota, and at the "
                "minutes of its steps"
            )


def queue_by_hour(work: Floats, units: Floats) -> Floats:
    """Minutes that somebody who comes at the end of each clock hour waits, if work flows in evenly within an hour and
    nobody leaves; on the second of two such days. Both shape (24,), in unit-hours.

    >>> queue_by_hour(np.array([1.0] * 9 + [1.5] + [1.0] * 14), np.array([1.0] * 10 + [2.0] * 14))[[8, 9, 10]]
    array([ 0., 15.,  0.])
    """
    left, waits = 0.0, np.zeros(48)
    for hour in range(48):
        left = max(left + work[hour % 24] - units[hour % 24], 0.0)
        on_duty = units[(hour + 1) % 24] or units[hour % 24] or 1.0
        waits[hour] = 60 * left / on_duty
    return waits[24:]


def _long(pathway: Pathway, drawn: Draws) -> Iterator[str]:
    names = dict.fromkeys(name for step in pathway.steps.values() if _by_staff(pathway, step) for name in step.minutes)
    for name in names:
        minutes = drawn.minutes.get(name, np.zeros(0))
        taken = minutes[minutes > 0]
        if taken.size and (mean := float(taken.mean())) > LONGEST_MINUTES:
            yield (
                f"{name}: {mean:,.0f} minutes ({mean / 60:.0f} h) for one patient on average, at a step of staff or of "
                f"the front door. Durations are in minutes: look at durations.{name} (mean, scale) in site or pathway"
            )


def _by_staff(pathway: Pathway, step: Step) -> bool:
    pools = (*step.asks, *step.any_of)
    return any(pathway.pools[name].kind == "staff" for name in pools) or any(name in FRONT for name in step.records)


def _out_of_range(study: Study) -> Iterator[str]:
    stated = study.resolved.get("calibration")
    for name, parameter in (stated if isinstance(stated, dict) else {}).items():
        low, high = parameter["range"]
        if not low <= parameter["value"] <= high:
            yield (
                f"calibration.{name} is {parameter['value']:g}, and a department could have {low:g} to {high:g}. Look "
                f"at calibration.{name}.value, or state another range with its source"
            )
