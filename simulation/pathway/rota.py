"""Weekly timetables: clock hours and weekdays to half-open intervals, capacities and paces in ticks of a week."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from simulation.pathway.department import Pool, Profile, Shift
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS

HOURS_OF_WEEK = 168
_HOURS = re.compile(r"^(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?$")


def parse_hours(hours: str) -> tuple[int, int]:
    """'8-20' or '22:30-7' to ticks of a day [from, to); to > a day means past midnight. ValueError if it is neither.

    >>> parse_hours("8-20") == (8 * HOUR, 20 * HOUR)
    True
    """
    match = _HOURS.match(hours.replace(" ", ""))
    if match is None:
        raise ValueError(f"'{hours}' is not like '8-20' or '22:30-7'")
    start, end = (
        int(hour) * HOUR + int(minute or 0) * (HOUR // 60)
        for hour, minute in ((match[1], match[2]), (match[3], match[4]))
    )
    if start > DAY or end > DAY or start == end:
        raise ValueError(f"'{hours}' does not name two different times of one day")
    return start, end if end > start else end + DAY


def parse_days(days: str) -> tuple[int, ...]:
    """'mon-fri' or 'sat,sun' to weekday numbers (Monday 0). ValueError if it is neither."""
    chosen: list[int] = []
    for part in days.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            raise ValueError(f"'{days}' is not like 'mon-fri' or 'sat,sun'; days are {', '.join(WEEKDAYS)}")
        start = WEEKDAYS.index(first)
        end = WEEKDAYS.index(last) if last else start
        chosen += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return tuple(dict.fromkeys(chosen))


def intervals(hours: str, days: str) -> list[tuple[int, int]]:
    """Half-open intervals of the week, in ticks, sorted; one past Sunday midnight is cut in two."""
    start, end = parse_hours(hours)
    found = []
    for day in parse_days(days):
        first, last = day * DAY + start, day * DAY + end
        if last <= WEEK:
            found.append((first, last))
        else:
            found += [(first, WEEK), (0, last - WEEK)]
    return sorted(found)


def timetable(pool: Pool) -> list[tuple[int, int]]:
    """A pool's capacity through the week: (tick of the week, units from then on), starting at 0, one row a change.

    Shifts that overlap add up. `extra` counts wherever anybody is on.
    """
    shifts = pool.rota if pool.rota is not None else (Shift(hours="0-24", number=pool.capacity or 0),)
    change: dict[int, int] = {0: 0}
    for shift in shifts:
        for start, end in intervals(shift.hours, shift.days):
            change[start] = change.get(start, 0) + shift.number
            change[end % WEEK] = change.get(end % WEEK, 0) - (shift.number if end < WEEK else 0)
    rows: list[tuple[int, int]] = []
    on_duty = 0
    for tick in sorted(change):
        on_duty += change[tick]
        units = max(on_duty + pool.extra, 0) if on_duty else 0
        if not rows or rows[-1][1] != units:
            rows.append((tick, units))
    return rows


def shift_starts(pool: Pool) -> list[int]:
    """Every tick of the week at which a shift of the pool begins or ends, changed number or not."""
    ticks = set()
    for shift in pool.rota or ():
        for start, end in intervals(shift.hours, shift.days):
            ticks |= {start, end % WEEK}
    return sorted(ticks)


def units_by_hour(pool: Pool) -> NDArray[np.float64]:
    """Mean units on duty in each hour of the week, shape (168,). Unlimited pools: infinity."""
    if pool.unlimited:
        return np.full(HOURS_OF_WEEK, np.inf)
    rows = timetable(pool)
    edges = np.array([tick for tick, _ in rows] + [WEEK])
    units = np.array([number for _, number in rows], dtype=float)
    starts = np.arange(HOURS_OF_WEEK) * HOUR
    overlap = np.minimum(edges[1:, None], starts + HOUR) - np.maximum(edges[:-1, None], starts)
    return np.asarray((np.clip(overlap, 0, None) * units[:, None]).sum(axis=0) / HOUR)


def weekly_weights(profile: Profile) -> NDArray[np.float64]:
    """A profile of 24 or 168 hours as weights by hour of the week with mean 1, shape (168,)."""
    weights = np.asarray(profile.weights, dtype=float)
    by_hour = np.tile(weights, 7) if len(weights) == 24 else weights
    return np.asarray(by_hour / by_hour.mean())
