"""What to name in place of an unknown measure: never the mean of something where its median was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from simulation.errors import NEAR, meant, nearest

STATISTICS = {"_mean": "mean", "_median": "median", "_p95": "95th percentile"}
"""How the name of a measure ends that is a statistic of minutes, and its words."""
LIKE = 0.75
"""How alike two names are, from 0 to 1, for one to be offered in place of the other."""


def nearest_measure(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown measure: a near one of the same statistic, or what there is of it.

    >>> nearest_measure("stay_meen", ["stay_mean", "left_share"])
    "Did you mean 'stay_mean'?"
    >>> nearest_measure("stay_median", ["stay_mean", "left_share"])
    'It has no median here, but stay_mean'
    """
    names = sorted(known)
    ending = next((ending for ending in STATISTICS if name.endswith(ending)), None)
    if ending is None:
        return nearest(name, names)
    alike = get_close_matches(name, [other for other in names if other.endswith(ending)], n=1, cutoff=LIKE)
    stem = name.removesuffix(ending)
    others = [f"{stem}{other}" for other in STATISTICS if f"{stem}{other}" in names]
    if others:
        near = f"; of something near it there is {alike[0]} (docs/model.md, 1.2)" if alike else ""
        return f"It has no {STATISTICS[ending]} here, but {' and '.join(others)}{near}"
    if alike:
        return f"Did you mean '{alike[0]}'?"
    suggested = meant(name, names, near=NEAR)
    if suggested is None or suggested.endswith(ending) or not suggested.endswith(tuple(STATISTICS)):
        return nearest(name, names)
    same = ", ".join(other for other in names if other.endswith(ending)) or "none"
    return f"There is no {STATISTICS[ending]} of that name here. Known are {same}; or state one of your own"
