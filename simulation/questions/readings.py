"""What would an arm do if its evidence were read the other way: seconds off each patient, or a share of their minutes?

A run simulates one reading of the evidence. The effect by another is worked out from it, department by department:
the effect as run, times (1 - exp(-r t)) / (1 - exp(-r s)), where s and t are the mean minutes saved a patient by
either reading. They are known of each department's own patients since the arm was explained. What more minutes do
levels off, because staff with time to spare keep nobody waiting: r says how fast, and is the rate with which the arms
of the run foretell each other's mean effects, from the scribe's 27 seconds to the three minutes of lean triage. A run
with one such arm cannot tell it, and its effects are taken in proportion to the minutes. `tests/long/readings.py`
holds all this against runs of every reading (`readings=all`) over sixty departments: within half a minute on the mean
and both ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np

from simulation.display.table import Cell, Cells, ReportTable, change_cell, ends_cell
from simulation.display.words import labelled, span, unit_words
from simulation.records.schema import Floats
from simulation.runs.result import ArmResult, StudyResult
from simulation.statistics.departments import Department, Spread, spread_over
from simulation.statistics.verdict import where_words
from simulation.study.study import ReadyArm
from simulation.triage.policy import MinutesEffect

RATES = np.geomspace(0.001, 10, 400)
"""Rates tried, for each minute saved; with the lowest, effects are in proportion to the minutes."""


How = Literal["simulated", "worked out", "extrapolated"]
Run = tuple[Floats, Floats]
"""The minutes that an arm saves a patient, and its effect, by replication."""


class Reading(NamedTuple):
    """The effect of an arm on the first target by one reading of its evidence.

    words: '27 s'; how: 'extrapolated' where it saves more minutes than any such arm of the run; minutes: saved a
    patient, the lowest and the highest of the departments; spread: the effect over departments.
    """

    words: str
    how: How
    minutes: tuple[float, float]
    spread: Spread


@lru_cache(maxsize=4)
def readings_of(result: StudyResult) -> dict[str, dict[str, Reading]]:
    """By arm and reading, the effect on the first target, of arms that only save minutes by a reading; empty on fewer
    than twenty departments."""
    department, target, baseline = result.department_of, result.first_target, result.study.baseline
    saving = [arm for arm in result.shown.others if _saves_only(arm.ready, baseline)]
    arms = [
        arm for arm in saving if (spread := result.spread(arm.name, target)) and spread.is_range
    ]
    if department is None or not arms:
        return {}
    runs = {
        arm.name: (
            _saved(arm, department)[arm.ready.policy.reading or ""],
            result.differences(arm.name, target),
        )
        for arm in arms
    }
    return {
        arm.name: _readings(
            arm,
            department,
            runs[arm.name],
            [runs[other.name] for other in arms if _steps(other) == _steps(arm)],
        )
        for arm in arms
    }


def _readings(
    arm: ArmResult, department: Department, run: Run, alike: Sequence[Run]
) -> dict[str, Reading]:
    """The readings of an arm; `alike`: the runs of all arms that save minutes of the same steps."""
    (as_run, effects), rate, readings = run, _rate(alike), {}
    most = max(minutes.mean() for minutes, _ in alike)
    for name, minutes in _saved(arm, department).items():
        how: How = "extrapolated" if minutes.mean() > most else "worked out"
        readings[name] = Reading(
            effect_words(arm.ready.policy.readings[name]),
            "simulated" if name == arm.ready.policy.reading else how,
            (float(minutes.min()), float(minutes.max())),
            spread_over(effects * _times(minutes, as_run, rate), department),
        )
    return readings


def _saved(arm: ArmResult, department: Department) -> dict[str, Floats]:
    """The mean minutes that each reading saves a patient, by replication."""
    return {
        name: np.array(minutes)[department] for name, minutes in arm.explanation.readings.items()
    }


def _steps(arm: ArmResult) -> set[str]:
    """The steps whose minutes some reading changes."""
    names = {name for effect in arm.ready.policy.readings.values() for name in effect.durations}
    return {
        name for name, step in arm.ready.pathway.steps.items() if names.intersection(step.minutes)
    }


def _saves_only(arm: ReadyArm, baseline: ReadyArm) -> bool:
    """Whether an arm is the baseline but for minutes that it saves by a reading."""
    policy = arm.policy
    stated = {name: getattr(policy, name) for name in ("name", "covers", "readings", "reading")}
    return (
        bool(policy.readings)
        and policy == replace(baseline.policy, **stated)
        and arm.pathway == baseline.pathway
    )


def _times(minutes: Floats, as_run: Floats, rate: float) -> Floats:
    """How much larger an effect is with so many minutes saved than with those of the run; 1 where these are none."""
    of_run = np.expm1(-rate * as_run)
    return np.divide(np.expm1(-rate * minutes), of_run, out=np.ones_like(of_run), where=of_run != 0)


def _rate(arms: Sequence[Run]) -> float:
    """The rate with which minutes saved and effects of each arm, by replication, foretell the others' mean effects."""

    def miss(rate: float) -> float:
        pairs = permutations(arms, 2)
        return sum(
            float(np.mean(effects * _times(others, minutes, rate)) - np.mean(theirs)) ** 2
            for (minutes, effects), (others, theirs) in pairs
        )

    return float(min(RATES, key=miss))


def effect_words(effect: MinutesEffect) -> str:
    """'27 s', '11.7 %', or both."""
    seconds = [f"{effect.seconds_saved.value:g} s"] if effect.seconds_saved else []
    return " and ".join(
        [*seconds, *([f"{100 * (1 - effect.factor.value):.3g} %"] if effect.factor else [])]
    )


# --- what the report and the screen show ------------------------------------------------------------------------------


def range_words(result: StudyResult, arm: str) -> str:
    """'saves 27 s or 11.7 % (time staff to tell): −13.2 to −0.6 min': the range over an arm's readings and the
    departments together, and what settles it. Empty for an arm of one reading."""
    readings = readings_of(result).get(arm, {}).values()
    if len(readings) < 2:
        return ""
    words = " or ".join(reading.words for reading in readings)
    ends = [end for reading in readings for end in reading.spread.range[1:]]
    unit = result.unit(result.first_target)
    short = "min" if unit == "minutes" else unit_words(unit)
    return f"saves {words} (time staff to tell): {span(min(ends), max(ends), unit)} {short}"


def tables(result: StudyResult) -> Iterator[ReportTable]:
    """A row an arm and reading of its evidence; none on fewer than twenty departments."""
    target, unit = result.first_target, result.unit(result.first_target)
    rows: list[Cells] = [
        (
            labelled(result, result.arm(name)),
            reading.words,
            Cell(low=reading.minutes[0], high=reading.minutes[1], style="number", digits=2),
            change_cell(float(reading.spread.raw.mean()), unit),
            ends_cell(*reading.spread.range[1:], unit),
            where_words(reading.spread, target.minimal_important_difference, result.row_of(target)),
            reading.how,
        )
        for name, readings in readings_of(result).items()
        for reading in readings.values()
    ]
    if not rows:
        return
    headers = (
        "arm",
        "saves",
        "minutes saved a patient",
        "difference",
        "nine in ten departments",
        "where",
        "how",
    )
    notes = (
        "A reading is one way to take the evidence of an effect. A share of the minutes saves more than seconds do "
        "where minutes are longer than those of the study. One reading is simulated; the others are worked out from "
        "it in each department, by the minutes saved there; what more minutes do levels off, as it does from arm to "
        "arm of this run; 'extrapolated' where it saves more than any of these arms, and is less sure. 'readings=all' "
        "simulates them all. To settle it, time staff with and without the change.",
    )
    yield ReportTable(
        "readings", f"'{target.label}' by each reading of the evidence", headers, rows, notes
    )
