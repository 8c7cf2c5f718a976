"""Time: minutes outside the engines, whole ticks of 1/1024 minute inside them.

Ticks are integers, so sums are exact and two engines cannot differ by rounding. Minute 0 is 00:00 on day 0,
a Monday. A tick is 0.06 s, far below anything a department records.
"""

import re
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

TICKS_PER_MINUTE = 1024
HOUR = 60 * TICKS_PER_MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
NEVER = -1
"""The value of a point in time that did not happen."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"(\d{1,2})(?::([0-5]\d))?"
YEARS = re.compile("([0-9]{1,3})(?:-([0-9]{1,3}))?")


def years_of(span: str) -> range:
    """The ages in whole years of a span, both ends included; none if it is not written like that.

    >>> years_of("65-74"), years_of("90"), years_of("older")
    (range(65, 75), range(90, 91), range(0, 0))
    """
    match = YEARS.fullmatch(span)
    return range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)


@lru_cache(maxsize=1024)
def parse_hours(hours: str) -> tuple[int, int]:
    """The start and end in ticks of a day of hours such as '8-20' or '22:30-7'; an end above a day is past midnight.

    Raises ValueError for any other text.

    >>> parse_hours("8-20") == (8 * HOUR, 20 * HOUR)
    True
    """
    match = re.fullmatch(f"{_CLOCK}-{_CLOCK}", hours.replace(" ", ""))
    if match is None:
        raise ValueError(f"'{hours}' is not like '8-20' or '22:30-7'")
    start, end = _tick(match[1], match[2]), _tick(match[3], match[4])
    if start > DAY or end > DAY or start == end:
        raise ValueError(
            f"'{hours}' does not name two different times of one day, as '8-20' does, or '22-7' over midnight"
        )
    return start, end if end > start else end + DAY


def parse_clock(clock: str) -> int:
    """The tick of the day of a clock time such as '9:30' or '9'. Raises ValueError for any other text.

    >>> parse_clock("9:30") == 9 * HOUR + HOUR // 2
    True
    """
    match = re.fullmatch(_CLOCK, clock.replace(" ", ""))
    if match is None or int(match[1]) > 23:
        raise ValueError(f"'{clock}' is not like '9:30'")
    return _tick(match[1], match[2])


def _tick(hour: str, minute: str | None) -> int:
    return int(hour) * HOUR + int(minute or 0) * (HOUR // 60)


@lru_cache(maxsize=1024)
def parse_days(days: str) -> tuple[int, ...]:
    """The numbers (Monday 0) of weekdays such as 'mon-fri' or 'sat,sun'. Raises ValueError for any other text."""
    chosen: list[int] = []
    for part in days.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise ValueError(
                f"'{days}' is not like 'mon-fri' or 'sat,sun'; days are {', '.join(WEEKDAYS)}"
            )
        start = WEEKDAYS.index(first)
        end = WEEKDAYS.index(last) if dash else start
        chosen += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return tuple(dict.fromkeys(chosen))


@overload
def to_ticks(minutes: float) -> int: ...
@overload
def to_ticks(minutes: NDArray[np.float64]) -> NDArray[np.int64]: ...
def to_ticks(minutes: float | NDArray[np.float64]) -> int | NDArray[np.int64]:
    """Minutes to the nearest whole tick (ties to even)."""
    if isinstance(minutes, np.ndarray):
        return np.rint(minutes * TICKS_PER_MINUTE).astype(np.int64)
    return round(minutes * TICKS_PER_MINUTE)


def to_minutes(ticks: NDArray[np.integer]) -> NDArray[np.float64]:
    """Ticks to minutes; `NEVER` becomes NaN."""
    minutes: NDArray[np.float64] = ticks / TICKS_PER_MINUTE
    minutes[ticks == NEVER] = np.nan
    return minutes
