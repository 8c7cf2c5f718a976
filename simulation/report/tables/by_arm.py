"""Tables with a row for a measure and group, and a column an arm: the level, and the difference with its half-width."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.display.table import ReportTable
from simulation.display.words import (
    amount,
    change,
    doubt_note,
    group_words,
    half_width,
    labelled,
    measure_label,
)
from simulation.measures.definitions import ALL, binding_measures, label_of
from simulation.run.result import StudyResult
from simulation.statistics.verdict import INTERVAL_NOTES

FULL_DEPARTMENT = "full_share"
LONGEST_QUEUES = 8
"""Steps that the table of what binds shows."""
SHORTEST_QUEUE = 0.05
"""Patients waiting on average, below which it shows no step."""
Row = tuple[str, str, str]
"""The words of a row, its measure and its group."""


def by_arm_table(
    result: StudyResult, kind: str, title: str, first: str, rows: Iterable[Row], notes: Iterable[str] = ()
) -> ReportTable | None:
    """A table of those rows that the result has; None if it has none. `first` is the header of the words."""
    cells = tuple(
        (words, *(level_cell(result, arm.name, measure, group) for arm in result.arms))
        for words, measure, group in rows
        if result.has(measure, group)
    )
    if not cells:
        return None
    notes = list(notes)
    if result.others:
        notes.append(
            f"Mean over {len(result.replications)} replications, then difference from '{result.baseline.label}' ± half "
            "of its 95 % interval (in the row's unit, or percentage points)."
        )
        notes += INTERVAL_NOTES[result.interval_kind]
    headers = (first, *(labelled(result, arm) for arm in result.arms))
    return ReportTable(kind, title, headers, cells, (*notes, doubt_note()))


def level_cell(result: StudyResult, arm: str, measure: str, group: str) -> str:
    """'58.9 min  −7.2 ±3.1': a level, and its difference unless the arm is the baseline or identical to it."""
    row = result.row(arm, measure, group)
    level = amount(row.mean, row.unit)
    if arm == result.design.baseline or arm in result.identical:
        return level
    return f"{level}  {change(row.difference, row.unit)} {half_width(row)}"


def own_table(result: StudyResult) -> ReportTable | None:
    """The user's own measures, for everybody and for each own group; None if none are stated."""
    rows = []
    for name in result.own:
        words = measure_label(result, name)
        rows.append((words, name, ALL))
        rows += [(f"{words}: {group_words(group)}", name, group) for group in result.own_groups]
    return by_arm_table(result, "own", "Measures of your own", "measure", rows)


def binding_table(result: StudyResult) -> ReportTable | None:
    """Which resource binds: busy staff, full beds, the longest queues, boarders, and hours with a full department."""
    groups = {name: result.groups(name) for name in binding_measures()}
    queues = {group: result.row(result.design.baseline, "queue_mean", group).mean for group in groups["queue_mean"]}
    longest = sorted(queues, key=lambda group: -queues[group])[:LONGEST_QUEUES]
    shown = tuple(group for group in longest if queues[group] >= SHORTEST_QUEUE)
    groups |= {"queue_mean": shown, "queue_wait_mean": shown}
    rows = [
        (_words(name, group), name, group)
        for name in binding_measures()
        for group in groups[name]
        if result.has(name, group) and any(result.row(arm.name, name, group).mean for arm in result.arms)
    ]
    note = "Busy shares are shares of minutes on duty, for each pool of staff that is used."
    if len(shown) < len(queues):
        steps = "step where it is" if len(shown) == 1 else f"{len(shown)} steps where they are"
        queued = "The queue is shown for the" if len(shown) == 1 else "Queues are shown for the"
        note += f" {queued} {steps} longest under '{result.baseline.label}' (all are in summary.csv)." if shown else ""
    if any(name == FULL_DEPARTMENT for _, name, _ in rows):
        note += " The department is full when there are as many attendances in it as places, or more; counted at whole"
        note += " hours."
    return by_arm_table(result, "binding", "Which resource binds", "what", rows, [note])


def _words(measure: str, group: str) -> str:
    label = label_of(measure)
    return label if group == ALL else f"{group.partition('=')[2].replace('_', ' ')}: {label[:1].lower()}{label[1:]}"
