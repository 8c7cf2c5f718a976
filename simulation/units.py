"""Time: minutes outside the engines, whole ticks of 1/1024 minute inside them.

Ticks are integers, so sums are exact and two engines cannot differ by rounding. Minute 0 is 00:00 on day 0,
a Monday. A tick is 0.06 s, far below anything a department records.
"""

import re
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
YEARS = re.compile("([0-9]{1,3})(?:-([0-9]{1,3}))?")


def years_of(span: str) -> range:
    """The ages in whole years of a span, both ends included; none if it is not written like that.

    >>> years_of("65-74"), years_of("90"), years_of("older")
    (range(65, 75), range(90, 91), range(0, 0))
    """
    match = YEARS.fullmatch(span)
    return range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)


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
