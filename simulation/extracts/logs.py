"""Attendances as an event log, simulated or real: for process mining (XES or CSV), and for vidigi."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import numpy as np

from simulation.config.writing import write_texts
from simulation.extracts.mapping import zone_of
from simulation.measures.events import EVENT_TYPES, places_taken
from simulation.records.schema import Column, Events, Patients
from simulation.units import to_ticks

if TYPE_CHECKING:
    import pandas as pd

    from simulation.extracts.extract import Extract

CASE, ACTIVITY, TIME = "case:concept:name", "concept:name", "time:timestamp"
"""The columns that programs of process mining read."""
CASE_COLUMNS = ("arrival_source", "acuity_given", "age_band", "outcome")
DATES, MOVED = "case:dates", "moved by a multiple of 52 weeks, drawn once"
MOST_MOVES = 50
"""How often 52 weeks dates may be moved back."""
XES_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
"""
LAST_DAY = 1440.0
FIRST_DAY = np.datetime64("2001-01-01", "D")
"""A Monday, for simulated patients, whose days have no date."""


def event_log(
    patients: Patients | pd.DataFrame,
    first_day: np.datetime64 = FIRST_DAY,
    zone: ZoneInfo | None = None,
) -> pd.DataFrame:
    """One row for each point in time of each attendance, in order of time: case, activity, time, and what it is of.

    `first_day`: the date of day 0. `zone`: whose clocks show the times of arrival; times then have their offset, and a
    span is as long as it was. Cases are numbered in the order of the table.
    """
    import pandas as pd

    frame = patients.frame() if isinstance(patients, Patients) else patients
    points = [name for name in frame.columns if str(name).endswith("_at")]
    arrived = pd.Series(first_day.astype("datetime64[ms]") + _milliseconds(frame["arrived_at"]))
    if zone is not None:  # the first of an hour that is shown twice
        first = np.ones(len(frame), dtype=np.bool_)
        arrived = arrived.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    spans = frame[points].sub(frame["arrived_at"], axis=0).rename(columns=lambda at: at[:-3])
    log = spans.reset_index(drop=True).melt(var_name=ACTIVITY, ignore_index=False).dropna()
    row = log.index.to_numpy()
    log.insert(0, CASE, (row + 1).astype(str))
    log[TIME] = arrived.array[row] + _milliseconds(log.pop("value"))
    for name in CASE_COLUMNS:
        if name in frame.columns:
            log[f"case:{name}"] = frame[name].to_numpy()[row]
    return log.sort_values([TIME, CASE], kind="stable", ignore_index=True)


def _milliseconds(minutes: pd.Series) -> Column:
    return (minutes.to_numpy(dtype=float) * 60_000).round().astype("timedelta64[ms]")


def write_log(extract: Extract, path: Path, *, exact_dates: bool = False) -> int:
    """Write an extract's events into a new file, as XES if its name ends so and as CSV otherwise; how many there are.

    Times are local, with their offset. Dates are moved by a multiple of 52 weeks, drawn once for the file and kept
    nowhere, unless they are to be exact. Raises ConfigError if the file is there already or cannot be written.
    """
    log = event_log(extract.patients, extract.first_day, zone_of(extract.mapping))
    log[TIME] = _as_text(log[TIME], 0 if exact_dates else 1 + secrets.randbelow(MOST_MOVES))
    if not exact_dates:
        log[DATES] = MOVED
    is_xes = path.suffix.casefold() == ".xes"
    text = "\n".join(_xes(log)) if is_xes else log.to_csv(index=False, lineterminator="\n")
    write_texts({path: text}, "Name a new file: log=events.xes or log=events.csv")
    return len(log)


def _as_text(times: pd.Series, moves: int) -> Column:
    """Local times with their offset, if they have one, so many times 52 weeks earlier."""
    wall = times.dt.tz_localize(None).to_numpy("datetime64[ms]") - np.timedelta64(364 * moves, "D")
    text = np.datetime_as_string(wall, unit="ms").astype(object)
    if times.dt.tz is None:
        return np.asarray(text)
    offset = times.dt.strftime("%z")
    return np.asarray(text + (offset.str[:3] + ":" + offset.str[3:]).to_numpy(dtype=object))


def _xes(log: pd.DataFrame) -> Iterator[str]:
    """The log as IEEE 1849 XES: a trace for each case, its events in order of time."""

    def element(key: str, value: object, kind: str = "string") -> str:
        return f"<{kind} key={quoteattr(key)} value={quoteattr(str(value))}/>"

    yield XES_HEAD
    if DATES in log:
        yield element("dates", MOVED)
    of_case = [
        name for name in log.columns if name.startswith("case:") and name not in (CASE, DATES)
    ]
    for case, events in log.groupby(CASE, sort=False):
        yield f"<trace>{element(ACTIVITY, case)}"
        first = events.iloc[0]
        yield from (
            element(name[5:], first[name]) for name in of_case if first[name] == first[name]
        )
        for activity, at in zip(events[ACTIVITY], events[TIME], strict=True):
            yield f"<event>{element(ACTIVITY, activity)}{element(TIME, at, 'date')}</event>"
        yield "</trace>"
    yield "</log>\n"


def events_of(extract: Extract) -> Events:
    """An extract's events with the columns that vidigi reads: arrival, waits, uses and departure of what stamps say.

    `resource_id` is a place at the step, numbered from 1. A use whose end nobody stamped ends when the next step
    begins to be waited for, or at the departure.
    """
    activities, patients = extract.activities, extract.patients
    step, row = activities["step"], activities["patient"]
    names = activities.known("step")
    ends = np.isin(step, [names.index(name) for name in patients.known("outcome") if name in names])
    next_joined = np.append(
        np.where(row[1:] == row[:-1], activities["joined_at"][1:], np.nan), np.nan
    )
    until = np.where(np.isnan(activities["ended_at"]), next_joined, activities["ended_at"])
    until = np.fmax(until, activities["started_at"])
    used = ~ends & ~np.isnan(activities["started_at"]) & ~np.isnan(until)
    place = np.full(len(step), np.nan)
    for code in range(len(names)):
        rows = np.flatnonzero(used & (step == code))
        rows = rows[np.argsort(activities["started_at"][rows], kind="stable")]
        if len(rows):
            place[rows] = places_taken(
                to_ticks(activities["started_at"][rows]), to_ticks(until[rows])
            )
    known = [
        "arrival",
        *(f"{step}{of}" for step in names for of in (":wait", "", ":end")),
        "depart",
    ]
    n, first = len(step), np.diff(row, prepend=-1) != 0
    arrived, joined = patients["arrived_at"][row], activities["joined_at"]
    groups = (
        ("arrival_departure", first, np.zeros(n, dtype=int), arrived),
        ("queue", ~ends, 1 + 3 * step, joined),
        ("resource_use", used, 2 + 3 * step, activities["started_at"]),
        ("resource_use_end", used, 3 + 3 * step, until),
        ("arrival_departure", ends, np.full(n, len(known) - 1), joined),
    )
    chosen = [np.flatnonzero(of & ~np.isnan(at)) for _, of, _, at in groups]
    activity = np.concatenate(chosen)
    kind = np.repeat([EVENT_TYPES.index(name) for name, *_ in groups], [*map(len, chosen)])
    event, time = (
        np.concatenate([group[part][of] for group, of in zip(groups, chosen, strict=True)])
        for part in (2, 3)
    )
    order = np.lexsort(
        (activity, time)
    )  # a use ends before the next is waited for; events of one stay in their order
    places = np.where(kind >= EVENT_TYPES.index("resource_use"), place[activity], np.nan)
    entity = row[activity]
    columns = {
        "entity_id": entity[order],
        "pathway": patients["arrival_source"][entity[order]],
        "event_type": kind[order].astype(np.int16),
        "event": event[order].astype(np.int16),
        "time": time[order],
        "resource_id": places[order],
    }
    return Events(
        columns,
        {
            "pathway": patients.known("arrival_source"),
            "event_type": EVENT_TYPES,
            "event": (*known,),
        },
    )


def between(events: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """The events of a stretch of time, with everybody who was there when it began; time counts from its start.

    What happened to them before is put at the start, so that nobody appears from nowhere and queues begin as long as
    they were. Choose a start after the warm-up. Who has no departure is there until the last event, but for those of
    the last `LAST_DAY` of the table, who may be there still.
    """
    last = events.groupby("entity_id")["time"].transform("max")
    gone = events["event"].eq("depart").groupby(events["entity_id"]).transform("any")
    there = ((last >= start) | (~gone & (last >= events["time"].max() - LAST_DAY))) & (
        events["time"] < end
    )
    kept: pd.DataFrame = events[there].assign(time=events["time"].clip(lower=start) - start)
    return kept.reset_index(drop=True)
