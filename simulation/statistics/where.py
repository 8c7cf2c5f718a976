"""In how many departments of an ensemble an effect is beyond a limit, in words. The rules, for the effects of `Spread`:

- fewer than 20 departments used twice -> no words
- 'in every department': the model expects fewer than 0.05 departments in which it is not, so the chance that there is
  any is below 5 %
- 'depends on the department': the difference is beyond the limit on both sides, and on each there is a department of
  which the model is 95 % sure
- 'in 52 of 60 departments': so many effects, simulation noise removed, are beyond the limit; where the departments'
  means as simulated give another number, it follows ('54 as simulated')

The limit is the minimal important difference of a target, or the margin of a limit of safety.
"""

from __future__ import annotations

import math

from simulation.statistics.compare import Comparison
from simulation.statistics.departments import TAIL, Spread, counted
from simulation.statistics.verdict import direction_words, threshold

EVERY, DEPENDS = "in every department", "depends on the department"


def where_words(spread: Spread, mid: float, comparison: Comparison) -> str:
    """In which departments a difference is beyond `mid`, the least that matters; empty for fewer than 20."""
    if not spread.is_range:
        return ""
    important, raw = threshold(mid, comparison.unit), counted(spread.raw, mid)
    lower, same, higher = spread.counts(mid)
    down, up = (
        f"{direction_words(comparison.unit, comparison.better, down=down)} by more than {important}"
        for down in (True, False)
    )
    if all(spread.sure_beyond(mid)):
        return (
            f"{DEPENDS}: {down} {_count_words(lower, raw[0], spread.n)}, {up} {_count_words(higher, raw[2], spread.n)}"
        )
    for words, low, high in ((down, -math.inf, -mid), (up, mid, math.inf)):
        if spread.expected_outside(low, high) < TAIL:
            return f"{words} {EVERY}"
    if spread.expected_outside(-mid, mid) < TAIL:
        return f"no change beyond {important} {EVERY}"
    beyond = ((down, lower, raw[0]), (up, higher, raw[2]))
    parts = [f"{words} {_count_words(n, as_simulated, spread.n)}" for words, n, as_simulated in beyond if n]
    return ", ".join(parts) or f"no change beyond {important} {_count_words(same, raw[1], spread.n)}"


def harm_words(spread: Spread, margin: float, comparison: Comparison) -> str:
    """In how many departments a measure is worse by more than its margin; empty if in none, or for fewer than 20."""
    if not spread.is_range:
        return ""
    place = 2 if comparison.better == "lower" else 0
    n, raw = spread.counts(margin)[place], counted(spread.raw, margin)[place]
    return f"worse by more than {threshold(margin, comparison.unit)} {_count_words(n, raw, spread.n)}" if n else ""


def _count_words(n: int, raw: int, n_departments: int) -> str:
    """'in 52 of 60 departments (54 as simulated)'; without brackets where both numbers are the same."""
    return f"in {n} of {n_departments} departments{f' ({raw} as simulated)' if raw != n else ''}"
