"""Inside the department: how busy each pool is by hour, and the pathway by area with what each policy changes there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import simulation as ae
from simulation.app.controls import WORDS
from simulation.display.table import Cell, Cells, ReportTable
from simulation.display.words import STAGE_WORDS
from simulation.report.arm_tables import binding_table
from simulation.wording import spaced

BUSY = (0.5, 0.7, 0.85, 0.95)
"""Shares of busy time at which a cell is drawn darker: a judgement. Above the third, waits grow quickly."""
LEAST_BUSY, LEAST_MOVED = 0.02, 0.05
"""Mean share of busy time below which a pool is left out, and by how much a policy must move an hour to be listed."""
SHORT = WORDS["short"]
"""The measures of what is short, in the order in which they are shown."""
HOURS = tuple(f"{hour:02d}" for hour in range(24))
LEAST_MINUTES = 0.05
"""Mean minutes of a stay below which a step is left out."""


def short_table(result: ae.Result) -> list[ReportTable]:
    """What is short: beds, queues and full hours first, then staff who are busy most of the time."""
    table = binding_table(result, SHORT, BUSY[1])
    return [] if table is None else [table]


def hours_tables(result: ae.Result) -> list[ReportTable]:
    """How busy each pool is by clock hour under nurse triage, the busiest first; then what each policy changes of it.

    Empty where no replication has a day profile.
    """
    day, before = result.baseline.day, _busy_by_hour(result.baseline)
    means = dict(zip(day.pools, day.busy_mean.tolist(), strict=True))
    pools = sorted(
        (pool for pool in day.pools if means[pool] >= LEAST_BUSY), key=lambda pool: -means[pool]
    )
    if not pools:
        return []
    title = f"How busy, by hour: '{result.baseline.label}', %"
    notes = (
        f"Held minutes in 100 minutes on duty or open. Darker from {', '.join(f'{100 * b:.0f}' for b in BUSY)}.",
        "Over 100: those whose shift has ended finish what they do.",
    )
    found = [_by_hour(title, {pool: before[pool] for pool in pools}, _busy, notes)]
    for arm in result.shown.others:
        after = _busy_by_hour(arm)
        moved = {pool: after[pool] - before[pool] for pool in pools}
        listed = {
            pool: by
            for pool, by in moved.items()
            if np.nanmax(np.abs(by), initial=0.0) >= LEAST_MOVED
        }
        if listed:
            title = f"'{arm.label}': percentage points more or less busy"
            note = f"What it moves by {100 * LEAST_MOVED:.0f} points or more. Single hours move by chance, too."
            found.append(_by_hour(title, listed, _moved, (note,)))
    return found


def _by_hour(
    title: str, values: Mapping[str, Any], cell: Callable[[float], Cell], notes: Sequence[str]
) -> ReportTable:
    """A table of values by pool, one for each clock hour."""
    cells: list[Cells] = [(spaced(pool), *map(cell, by_hour)) for pool, by_hour in values.items()]
    return ReportTable("hours", title, ("pool", *HOURS), cells, notes)


def _busy_by_hour(arm: Any) -> Mapping[str, Any]:
    return dict(zip(arm.day.pools, arm.day.busy, strict=True))


def _busy(share: float) -> Cell:
    look = "" if share != share else f"busy-{sum(share >= bound for bound in BUSY)}"
    return Cell(share, "share", style="percent", digits=0, look=look)


def _moved(by: float) -> Cell:
    if not abs(by) >= LEAST_MOVED:
        return Cell(text="·")
    return Cell(
        by, "share", text=f"{100 * by:+.0f}".replace("-", "−"), look="more" if by > 0 else "less"
    )


@dataclass(frozen=True)
class AreaShown:
    """An area of the department: by policy the minutes of a mean stay waiting for it and in it; its steps, each with
    the numbers of the policies that change it; and these changes, each with its policy's number and label."""

    name: str
    minutes: list[tuple[str, float, float]]
    steps: list[tuple[str, list[int]]]
    changes: list[tuple[int, str, str]]

    @property
    def longest(self) -> float:
        """The most minutes that it takes under any policy."""
        return max(waiting + working for _, waiting, working in self.minutes)


def areas(result: ae.Result) -> list[AreaShown]:
    """The pathway by area, in the order in which a patient meets them, with what each policy changes there; policies
    have their number among the arms. Empty without a day profile."""
    arms = result.shown.arms
    spent = [
        dict(zip(arm.day.steps, zip(arm.day.waiting, arm.day.working, strict=True), strict=True))
        for arm in arms
    ]
    found = []
    for area, name in STAGE_WORDS.items():
        steps = [
            step
            for step, stage in result.stages.items()
            if stage == area and any(sum(of[step]) >= LEAST_MINUTES for of in spent)
        ]
        if not steps:
            continue
        here = [
            (number, arm.label, one)
            for number, arm in enumerate(arms)
            for one in arm.explanation.changed
            if not set(one.at).isdisjoint(steps)
        ]
        minutes = [
            (arm.label, *np.sum([of[step] for step in steps], axis=0).tolist())
            for arm, of in zip(arms, spent, strict=True)
        ]
        marked = [
            (spaced(step), sorted({number for number, _, one in here if step in one.at}))
            for step in steps
        ]
        words = [(number, label, f"{spaced(one.what)}: {one.words}") for number, label, one in here]
        found.append(AreaShown(name, minutes, marked, words))
    return found
