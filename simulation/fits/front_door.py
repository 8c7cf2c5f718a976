"""The front door from stamps of the start and the end of triage: nurses on duty at each hour, and how they work.

While patients wait for triage every nurse has one, so the number in triage then is the number on duty. Where the two do
not go together (stamps set in batches, nurses called away, hardly ever a queue) nothing is said. What passes before
triage though nobody is there is registration or unloading, and no queue. Whether triage shortens in busy weeks, or
while many wait, is in its minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simulation.extracts.extract import Extract
from simulation.offers.rotas import stated_shifts
from simulation.records.schema import Floats, Ints, Mask

QUEUE, LEAST_MINUTES = 3, 60
"""How many at least wait in a minute in which all nurses are taken to be busy, since some are still at registration;
and of how many such minutes the number of an hour of the day is read, or of the hours around it. Judgements."""
AGREES = 0.6
"""The share of these minutes in which as many are in triage as are said to be on duty, or more is unclear. A
judgement."""
HOURS, WALKING = 24, ("walk_in", "referred")
STAMPS = "arrived_at", "assessed_at", "triaged_at"
ARRIVING = {"site.durations.registration": "mean"}
UNLOADING = dict.fromkeys(
    ("calibration.unloading_minutes", "calibration.coming_in_minutes"), "value"
)
FRONT_DOOR, EFFORT = "site.follows.front_door", "calibration.triage_effort_share"
LEAST_FREE, LEAST_BEFORE, OF_MIDDLE = 100, 0.1, 1.11
"""How many at least came while nobody was there, for the minutes before their triage; the least that these are; and the
mean of the typical site's minutes of registration over the mean of their middle half (log sd .5)."""
HURRIED, USUAL_A_DAY = (16, 11, 8, 5, 3), 340
"""From how many waiting on the typical site's triage shortens, by a fifth of its effort each, and its size."""
MOST_ELASTIC, MOST_EFFORT, CLEAR = 1.2, 0.5, 0.25
"""The ends of what departments may have; the largest standard error with which the first is read, and how far a week
may be from the usual one."""
DAY, WEEK = 1440, 7


class FrontDoorRota(NamedTuple):
    """Nurses at triage by hour of the day, shape (24,); whether they see ambulance patients as well; and the share of
    minutes with a queue in which as many are in triage."""

    on_duty: Ints
    one_team: bool
    agreeing: float

    def shifts(self, *, second: bool = False, first: bool = False) -> list[dict[str, Any]]:
        """The shifts, the same every day; of the `second` of every two or more alone, or of all the others."""
        others = np.minimum(self.on_duty, 2) - 1
        on = others if second else self.on_duty - others if first else self.on_duty
        return stated_shifts(np.tile(np.repeat(on, 2), 7).tolist())


def front_door_habits(
    extract: Extract, *, one_team: bool
) -> Iterator[tuple[str, dict[str, float], str]]:
    """How the front door works, as far as stamps show it: the path of a block, its values, and how they were read.

    Minutes from the arrival to the start of triage of who finds nobody there; by how many per cent minutes of triage
    fall for each per cent of patients more in the last seven days; and the share of them that falls away while many
    wait. `one_team`: whether its nurses see ambulance patients as well.
    """
    if any(name not in extract.patients for name in STAMPS):
        return
    source = extract.patients.where
    walking, other = source("arrival_source", *WALKING), source("arrival_source", "ambulance")
    door = walking | other if one_team else walking
    for who, others, blocks in (
        (walking, door, ARRIVING),
        (other, door if one_team else other, UNLOADING),
    ):
        if (passed := _before(extract, who, others)) is not None:
            for path, key in blocks.items():
                yield (
                    path,
                    {key: passed},
                    "to the start of triage of who comes while nobody is there",
                )
    arrived, start, end = _sound(extract, walking)
    if len(start) < LEAST_FREE or not (end > start).any():
        return
    if (elasticity := _elasticity(arrived, end - start)) is not None:
        yield (
            FRONT_DOOR,
            {"elasticity": elasticity},
            "minutes of triage by patients of the last 7 days",
        )
    queue = _presence(extract, door)[1]
    limits = np.round(np.array(HURRIED) * len(extract.patients) / extract.days / USUAL_A_DAY)
    waiting = queue[np.clip(start.astype(np.int64), 0, len(queue) - 1), None]
    reached = (waiting >= np.maximum(limits, 1)).mean(axis=1)
    slope, usual = np.polyfit(reached, end - start, 1) if np.ptp(reached) else (0.0, 1.0)
    effort = round(float(np.clip(-slope / usual, 0, MOST_EFFORT)), 3)
    yield EFFORT, {"value": effort}, "minutes of triage by how many wait for it"


def _sound(extract: Extract, among: Mask) -> tuple[Floats, Floats, Floats]:
    """When each arrived, and when triage began and ended, in minutes of the window; of sound orders."""
    arrived, start, end = (extract.patients[name][among] - extract.window[0] for name in STAMPS)
    sound = (arrived <= start) & (start <= end)
    return arrived[sound], start[sound], end[sound]


def _presence(extract: Extract, among: Mask) -> tuple[Ints, Ints]:
    """How many are in triage, and wait for it, in each minute of the window."""
    arrived, start, end = _sound(extract, among)
    n_minutes = round(extract.window[1] - extract.window[0])
    return _there(start, end, n_minutes), _there(arrived, start, n_minutes)


def _before(extract: Extract, who: Mask, others: Mask) -> float | None:
    """The mean minutes before triage of those who come while nobody else waits or is in it, by their middle half."""
    in_triage, queue = _presence(extract, others)
    arrived, start, _ = _sound(extract, who)
    last = np.clip(arrived.astype(np.int64) - 1, 0, len(queue) - 1)
    waits = np.sort((start - arrived)[(in_triage[last] == 0) & (queue[last] == 0)])
    if len(waits) < LEAST_FREE:
        return None
    middle = waits[len(waits) // 4 : -(len(waits) // 4)]
    return max(round(OF_MIDDLE * float(middle.mean()), 2), LEAST_BEFORE)


def _elasticity(arrived: Floats, minutes: Floats) -> float | None:
    """By how many per cent minutes fall for each per cent of patients more in the last seven days."""
    day = (arrived // DAY).astype(np.int64)
    came = np.bincount(day)
    week = np.convolve(came, np.ones(WEEK))[WEEK - 1 : -WEEK]
    mean = np.bincount(day, minutes)[WEEK:] / np.maximum(came[WEEK:], 1)
    usual = (mean > 0) & (np.abs(week / np.median(week) - 1) < CLEAR)
    if usual.sum() < 2 * WEEK:
        return None
    (slope, _), spread = np.polyfit(np.log(week[usual]), np.log(mean[usual]), 1, cov=True)
    is_clear = spread[0, 0] <= CLEAR**2
    return round(float(np.clip(-slope, 0, MOST_ELASTIC)), 3) if is_clear else None


def front_door_rota(extract: Extract) -> FrontDoorRota | None:
    """The nurses who triage walk-ins; None where stamps do not show them."""
    if any(name not in extract.patients for name in STAMPS):
        return None
    source = extract.patients.where
    walking = source("arrival_source", *WALKING)
    everybody = walking | source("arrival_source", "ambulance")
    rotas = _rota(extract, walking, False), _rota(extract, everybody, True)
    best = max(rotas, key=lambda rota: rota.agreeing)
    return best if best.agreeing >= AGREES else None


def _there(since: Floats, until: Floats, n_minutes: int) -> Ints:
    """How many are there in each minute, shape (n_minutes,)."""
    minutes = (np.clip(np.round(at), 0, n_minutes).astype(np.int64) for at in (since, until))
    begun, ended = (np.bincount(minute, minlength=n_minutes + 1) for minute in minutes)
    return np.cumsum(begun - ended)[:n_minutes]


def _rota(extract: Extract, among: Mask, one_team: bool) -> FrontDoorRota:
    """The nurses who see some patients: by hour of the day the usual number in triage while patients wait.

    Of an hour in which hardly anybody ever waits it is the most that are in triage at once for as many minutes.
    """
    in_triage, queue = _presence(extract, among)
    hour = (round(extract.window[0]) + np.arange(len(queue))) % DAY // 60
    most = int(in_triage.max(initial=0)) + 2
    place = hour * most + in_triage
    counts, all_counts = (
        np.bincount(places, minlength=HOURS * most).reshape(HOURS, most)
        for places in (place[queue >= QUEUE], place)
    )
    counts[:, 0] = 0
    known = counts.sum(axis=1) >= LEAST_MINUTES
    at_least = np.cumsum(all_counts[:, ::-1], axis=1)[:, ::-1] >= LEAST_MINUTES
    usual = np.where(known, counts.argmax(axis=1), np.maximum(at_least.sum(axis=1) - 1, 1))
    agreeing = counts[known].max(axis=1).sum() / max(counts[known].sum(), 1)
    return FrontDoorRota(usual, one_team, float(agreeing))
