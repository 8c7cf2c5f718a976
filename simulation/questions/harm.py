"""The harm of delay: mortality by a published relation, and patient-hours, of each arm against the baseline.

The mortality of an arm is the sum over bands of delay of the share of its admitted patients in the band times the
published mortality of the band. Only its difference between arms is reported. Patient-hours are what all attendances
of a mean day wait, or stay, less or longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulation.department.rota import mean_per_day
from simulation.explain.costs import DAYS_PER_YEAR
from simulation.records.schema import Floats
from simulation.run.result import StudyResult
from simulation.statistics.compare import compare
from simulation.statistics.intervals import Interval
from simulation.study.harm import DelayHarm, within

MINUTES_IN_HOUR = 60


@dataclass(frozen=True)
class ArmHarm:
    """One arm minus the baseline, with 95 % intervals of simulation noise.

    mortality: mortality of admitted patients, a share; waiting, staying: patient-hours a day over all attendances,
    until the first clinician and until departure; pounds: the value of the hours in `staying`, GBP a year, keyed by the
    value of a patient-hour in GBP; above 0 where patients stay for a shorter time.
    """

    arm: str
    mortality: Interval
    waiting: Interval
    staying: Interval
    pounds: Mapping[float, Interval]


def harms(result: StudyResult) -> tuple[ArmHarm, ...]:
    """The harm of each arm against the baseline; empty if the study does not show harm."""
    harm = result.design.harm
    if harm is None or not harm.shown:
        return ()
    sources = result.study.baseline.pathway.arrivals.values()
    per_day = sum(mean_per_day(source) for source in sources if source.attends)
    return tuple(_harm(result, harm, arm.name, per_day) for arm in result.shown.others)


def _harm(result: StudyResult, harm: DelayHarm, arm: str, per_day: float) -> ArmHarm:
    base, hours = result.design.baseline, per_day / MINUTES_IN_HOUR
    mortality = _difference(result, mortality_of(result, harm, arm), mortality_of(result, harm, base))
    waiting, staying = (
        _difference(result, result.values(arm, measure), result.values(base, measure)).times(hours)
        for measure in ("wait_to_clinician_mean", "stay_mean")
    )
    stated = result.design.value_per_patient_hour
    values = stated.pounds if stated is not None else ()
    pounds = {value: staying.times(-value * DAYS_PER_YEAR) for value in values}
    return ArmHarm(arm, mortality, waiting, staying, pounds)


def mortality_of(result: StudyResult, harm: DelayHarm, arm: str) -> Floats:
    """The mortality of an arm's admitted patients by the published relation, a share, shape (n_replications,)."""
    steps = np.diff(harm.mortality)
    within_bounds = np.array([result.values(arm, within(bound)) for bound in harm.until_minutes])
    mortality: Floats = harm.mortality[-1] - steps @ within_bounds
    return mortality


def _difference(result: StudyResult, ours: Floats, theirs: Floats) -> Interval:
    return compare(ours, theirs, kind=result.interval_kind, department=result.department_of)
