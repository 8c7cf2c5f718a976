"""Time: minutes outside the engines, whole ticks of 1/1024 minute inside them.

Ticks are integers, so sums are exact and two engines cannot differ by rounding. Minute 0 is 00:00 on day 0,
a Monday. A tick is 0.06 s, far below anything a department records.
"""

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
