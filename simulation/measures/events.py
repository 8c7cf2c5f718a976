"""The event log that vidigi reads, from the two tables: who arrives, queues, is served and departs.

A step that asks for resources has three events: `<step>:wait` (queue), `<step>` (resource_use) and `<step>:end`
(resource_use_end). A step that asks for none, such as the minutes of a laboratory, has one: `<step>` (queue), where the
patient stays until the next event. Only attendances have events; those who compete for beds without attending are in
`activities`.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.records.schema import ActivityTable, Events, Floats, Ints, Mask, Patients
from simulation.units import NEVER, to_minutes

EVENT_TYPES = ("arrival_departure", "queue", "resource_use", "resource_use_end")
ARRIVAL_OR_DEPARTURE, QUEUE, USE, USE_END = range(4)
ARRIVAL, DEPART = "arrival", "depart"
STILL_OPEN = np.iinfo(np.int64).max
"""The end of an activity that was open at the end of the run."""


def events_table(pathway: Pathway, patients: Patients, activities: ActivityTable) -> Events:
    """Every event of every attendance, in order of time; a patient's events of one instant as they followed each other.

    `resource_id` is a place at the step, numbered from 1: whoever starts takes the place that was free longest, a new
    one only if none is free, so numbers run to the most who were served at once. It identifies no member of staff,
    because the model does not tell the members of a pool apart.
    """
    asking = {name for name, step in pathway.steps.items() if step.asks or step.any_of}
    place = _places(activities, activities.where("step", *asking))
    attends = np.isin(activities["patient"], patients["patient"])
    known = activities.select(attends)
    of_steps = (
        name
        for step in pathway.steps
        for name in (_wait(step), step, _end(step))
        if name == step or step in asking
    )
    names = tuple(dict.fromkeys((ARRIVAL, DEPART, *of_steps)))
    groups = _groups(pathway, known, place[attends], asking, names)

    row, event_type, event, time, places = (
        np.concatenate(column) for column in zip(*groups, strict=True)
    )
    order = np.lexsort((row, time))  # events of one row stay in the order of their groups
    patient = known["patient"][row[order]]
    source = patients[ARRIVAL_SOURCE][np.searchsorted(patients["patient"], patient)]
    columns = {
        "entity_id": patient,
        "pathway": source.astype(np.int16),
        "event_type": event_type[order].astype(np.int16),
        "event": event[order],
        "time": to_minutes(time[order]),
        "resource_id": places[order],
    }
    return Events(
        columns,
        {"pathway": patients.known(ARRIVAL_SOURCE), "event_type": EVENT_TYPES, "event": names},
    )


class _Group(NamedTuple):
    """Events of one type: rows of their activities, the type, codes, ticks and places, shape (n,) each."""

    rows: NDArray[np.intp]
    event_type: Ints
    event: NDArray[np.int16]
    time: Ints
    place: Floats


def _groups(
    pathway: Pathway,
    activities: ActivityTable,
    place: Floats,
    asking: Collection[str],
    names: tuple[str, ...],
) -> tuple[_Group, ...]:
    """The events by type, in the order in which those of one activity follow each other."""
    steps, step = activities.known("step"), activities["step"]
    joined_at, started_at, ended_at = (
        activities.ticks(name) for name in ("joined_at", "started_at", "ended_at")
    )
    at_end, asks = activities.where("step", *pathway.ends), activities.where("step", *asking)
    started = asks & (started_at != NEVER)
    code = {name: number for number, name in enumerate(names)}

    def group(rows: Mask, event_type: int, name: Callable[[str], str], time: Ints) -> _Group:
        of_step = np.array(
            [code.get(name(step_name), NEVER) for step_name in steps], dtype=np.int16
        )
        chosen = np.flatnonzero(rows)
        served = place[chosen] if event_type in (USE, USE_END) else np.full(len(chosen), np.nan)
        return _Group(
            chosen, np.full(len(chosen), event_type), of_step[step[chosen]], time[chosen], served
        )

    arrives = np.diff(activities["patient"], prepend=NEVER) != 0
    return (
        group(arrives, ARRIVAL_OR_DEPARTURE, lambda _: ARRIVAL, joined_at),
        group(asks, QUEUE, _wait, joined_at),
        group(~asks & ~at_end, QUEUE, str, joined_at),
        group(started, USE, str, started_at),
        group(started & (ended_at != NEVER), USE_END, _end, ended_at),
        group(at_end, ARRIVAL_OR_DEPARTURE, lambda _: DEPART, joined_at),
    )


def _wait(step: str) -> str:
    return f"{step}:wait"


def _end(step: str) -> str:
    return f"{step}:end"


def _places(activities: ActivityTable, served: Mask) -> Floats:
    """The number of the place taken at its step, by row of the activities; NaN where none was."""
    places = np.full(len(activities), np.nan)
    started_at, ended_at = activities.ticks("started_at"), activities.ticks("ended_at")
    rows = np.flatnonzero(served & (started_at != NEVER))
    rows = rows[np.lexsort((started_at[rows], activities["step"][rows]))]
    for at_step in np.split(rows, np.flatnonzero(np.diff(activities["step"][rows])) + 1):
        ends = np.where(ended_at[at_step] == NEVER, STILL_OPEN, ended_at[at_step])
        places[at_step] = places_taken(started_at[at_step], ends)
    return places


def places_taken(starts: Ints, ends: Ints) -> Ints:
    """The place of each stay, from 1, so that no two have one place at once: each takes the one free longest.

    `starts`, `ends`: ticks, shape (n,), in order of starts. A stay of no length has its place for one tick.

    >>> places_taken(np.array([0, 1, 2, 5]), np.array([4, 3, 9, 6]))
    array([1, 2, 3, 2])
    """
    number = np.arange(len(starts))
    ends = np.maximum(ends, starts + 1)
    by_end = np.argsort(ends, kind="stable")
    n_ended = np.searchsorted(ends[by_end], starts, side="right")
    n_places = np.maximum.accumulate(number + 1 - n_ended)
    is_new = np.diff(n_places, prepend=0) > 0
    # who takes no new place takes over somebody's: the k-th to take over gets that of the k-th to end
    before = np.where(is_new, number, by_end[np.where(is_new, 0, number - n_places)])
    while not np.array_equal(first := before[before], before):
        before = first
    return n_places[before]
