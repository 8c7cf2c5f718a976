"""What harm does delay do? Mortality by a published relation, and patient-hours, of each arm against the baseline.

Off unless a study asks (`study.harm.shown`).

The mortality of an arm is the sum over bands of delay of the share of its admitted patients in the band times the
published mortality of the band. Only its difference between arms is reported. Patient-hours are what all attendances
of a mean day wait, or stay, less or longer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulation.department.rota import attendances_per_day
from simulation.display.table import Cell, Cells, ReportTable
from simulation.display.words import labelled
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.intervals import Interval
from simulation.study.design import DelayHarm, harm_measure
from simulation.study.explanation import DAYS_PER_YEAR

MINUTES_IN_HOUR = 60


@dataclass(frozen=True)
class ArmHarm:
    """One arm minus the baseline, with 95 % intervals.

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
    per_day = attendances_per_day(result.study.baseline.pathway)
    return tuple(_harm(result, harm, arm.name, per_day) for arm in result.shown.others)


def _harm(result: StudyResult, harm: DelayHarm, arm: str, per_day: float) -> ArmHarm:
    base, hours = result.design.baseline, per_day / MINUTES_IN_HOUR
    mortality = result.mean_difference(
        mortality_of(result, harm, arm), mortality_of(result, harm, base)
    )
    waiting, staying = (
        result.against(arm, base, measure).times(hours)
        for measure in ("wait_to_clinician_mean", "stay_mean")
    )
    stated = result.design.value_per_patient_hour
    values = stated.pounds if stated is not None else ()
    pounds = {value: staying.times(-value * DAYS_PER_YEAR) for value in values}
    return ArmHarm(arm, mortality, waiting, staying, pounds)


def mortality_of(result: StudyResult, harm: DelayHarm, arm: str) -> Floats:
    """The mortality of an arm's admitted patients by the published relation, a share, shape (n_replications,)."""
    steps = np.diff(harm.mortality)
    within_bounds = np.array(
        [result.values(arm, harm_measure(bound)) for bound in harm.until_minutes]
    )
    mortality: Floats = harm.mortality[-1] - steps @ within_bounds
    return mortality


def tables(result: StudyResult) -> Iterator[ReportTable]:
    """A row an arm; none where the study does not show harm."""
    by_arm = harms(result)
    if not by_arm:
        return
    values = by_arm[0].pounds
    rows: list[Cells] = [
        (
            labelled(result, result.arm(harm.arm)),
            _cell(harm.mortality, scale=100, digits=3),
            _cell(harm.waiting),
            _cell(harm.staying),
            *(_cell(harm.pounds[value], scale=0.001, digits=0) for value in values),
        )
        for harm in by_arm
    ]
    headers = (
        "arm",
        "30-day mortality of the admitted, points (an association)",
        "patient-hours a day, waiting for a clinician",
        "patient-hours a day in A&E",
        *(f"worth a year at £{value:g} an hour, £1,000" for value in values),
    )
    title = f"Delay and harm: each arm less '{result.baseline.label}'"
    yield ReportTable("harm", title, headers, rows, tuple(_notes(result)))


def _cell(interval: Interval, *, scale: float = 1, digits: int = 1) -> Cell:
    scaled = interval.times(scale)
    mean, low, high = scaled.mean, scaled.low, scaled.high
    text = f"{mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})".replace("-", "−")
    return Cell(mean, low=low, high=high, text=text)


def _notes(result: StudyResult) -> Iterator[str]:
    harm = result.design.harm
    assert harm is not None
    last = harm.until_minutes[-1] / 60
    yield (
        "Mortality: shares of the admitted in each band of the time from arrival to a ward bed, times what is "
        f"published for the band ({harm.source}). This is an association among patients who were admitted, not "
        f"shown to be an effect of waiting; those who wait longer may have been more ill. It says nothing about "
        f"those who go home, or about labels."
    )
    yield (
        f"Beyond {last:g} h the last published value is used, because there is no estimate. Intervals do not "
        "cover the uncertainty of the association. These are differences between arms, not numbers of lives."
    )
    valued = result.design.value_per_patient_hour
    if valued is not None:
        yield f"Worth: hours in A&E at each value ({valued.source}). No cash is released, and no cost is subtracted."
