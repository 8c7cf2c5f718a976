"""What a published relation of delay to mortality makes of the difference between two arms, and patient-hours.

Mortality of an arm is the sum over bands of the share of its admitted patients in the band times what is published for
the band. Only the difference between arms is told, in percentage points of the admitted, with the interval of
simulation noise. Patient-hours are what all attendances of a mean day wait or stay less or longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulation.analysis.compare import compare
from simulation.analysis.intervals import Interval
from simulation.experiment.result import StudyResult
from simulation.pathway.rota import mean_per_day
from simulation.records.schema import Floats
from simulation.study.harm import DelayHarm, within

DAYS_IN_YEAR = 365
MINUTES_IN_HOUR = 60


@dataclass(frozen=True)
class ArmHarm:
    """One arm less the baseline, with 95 % intervals of simulation noise.

    mortality  of the admitted, a share; waiting, staying  patient-hours a day of all attendances, until the first
    clinician and in the department; pounds  what the hours stayed are worth a year, by GBP a patient-hour, above 0
    where they are fewer.
    """

    arm: str
    mortality: Interval
    waiting: Interval
    staying: Interval
    pounds: Mapping[float, Interval]


def harms(result: StudyResult) -> tuple[ArmHarm, ...]:
    """Each arm against the baseline; none where the study does not show harm."""
    harm = result.design.harm
    if harm is None or not harm.shown:
        return ()
    per_day = sum(mean_per_day(each) for each in result.study.baseline.pathway.arrivals.values() if each.attends)
    return tuple(_harm(result, harm, arm.name, per_day) for arm in result.shown.others)


def _harm(result: StudyResult, harm: DelayHarm, arm: str, per_day: float) -> ArmHarm:
    base, hours = result.design.baseline, per_day / MINUTES_IN_HOUR
    mortality = _against(result, mortality_of(result, harm, arm), mortality_of(result, harm, base))
    waiting, staying = (
        _against(result, result.values(arm, measure), result.values(base, measure)).times(hours)
        for measure in ("wait_to_clinician_mean", "stay_mean")
    )
    valued = result.design.value_per_patient_hour
    each = valued.pounds if valued is not None else ()
    return ArmHarm(arm, mortality, waiting, staying, {value: staying.times(-value * DAYS_IN_YEAR) for value in each})


def mortality_of(result: StudyResult, harm: DelayHarm, arm: str) -> Floats:
    """Mortality of an arm's admitted patients by the relation, shape (n_replications,)."""
    steps = np.diff(harm.mortality)
    reached = np.array([result.values(arm, within(bound)) for bound in harm.until_minutes])
    found: Floats = harm.mortality[-1] - steps @ reached
    return found


def _against(result: StudyResult, ours: Floats, theirs: Floats) -> Interval:
    return compare(ours, theirs, kind=result.interval_kind, department=result.department_of)
