"""The table of delay and harm: differences by a published association, and patient-hours. Off unless a study asks."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.display.table import ReportTable
from simulation.display.words import labelled
from simulation.questions.harm import harms
from simulation.run.result import StudyResult
from simulation.statistics.intervals import Interval


def harm_table(result: StudyResult) -> ReportTable | None:
    """A row an arm; None where the study does not show harm."""
    by_arm = harms(result)
    if not by_arm:
        return None
    values = tuple(by_arm[0].pounds)
    rows = tuple(
        (
            labelled(result, result.arm(harm.arm)),
            _interval(harm.mortality, scale=100, digits=3),
            _interval(harm.waiting),
            _interval(harm.staying),
            *(_interval(harm.pounds[value], scale=0.001, digits=0) for value in values),
        )
        for harm in by_arm
    )
    headers = (
        "arm",
        "30-day mortality of the admitted, points (an association)",
        "patient-hours a day, waiting for a clinician",
        "patient-hours a day in A&E",
        *(f"worth a year at £{value:g} an hour, £1,000" for value in values),
    )
    title = f"Delay and harm: each arm less '{result.baseline.label}'"
    return ReportTable("harm", title, headers, rows, tuple(_notes(result)))


def _interval(interval: Interval, *, scale: float = 1, digits: int = 1) -> str:
    numbers = (interval.mean, interval.low, interval.high)
    mean, low, high = (f"{scale * number:+.{digits}f}".replace("-", "−") for number in numbers)
    return f"{mean} ({low} to {high})"


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
        f"Beyond {last:g} h the last published value is used, because there is no estimate. Intervals cover simulation "
        "noise alone, not the uncertainty of the association. These are differences between arms, not numbers of lives."
    )
    valued = result.design.value_per_patient_hour
    if valued is not None:
        yield f"Worth: hours in A&E at each value ({valued.source}). No cash is released, and no cost is subtracted."
