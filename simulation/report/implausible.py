"""Warnings above the answer where the department of a result is hard to believe, with the keys to look at."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.display.words import amount
from simulation.run.result import StudyResult
from simulation.study.pool_words import figures_of, keys_of

OCCUPIED = "occupied_at_midnight_share"
FULL = 0.995
"""Share of beds occupied at midnight, mean over replications, from which they count as full: it rounds to 100 %.

One group of wards that full is plausible, because escalation opens beds on top; two or more are not.
"""
LONG_HANDOVER = 120.0
"""Minutes of a mean ambulance handover from which it counts as hours."""


def implausible(result: StudyResult) -> tuple[str, ...]:
    """A sentence each for full beds and long handovers, as they were simulated.

    `study/misfits.py` finds what does not fit together before anything runs, such as work beyond capacity.
    """
    return tuple(f"Check the department: {words}" for words in _implausible(result))


def _implausible(result: StudyResult) -> Iterator[str]:
    base = result.design.baseline
    occupied = {group: result.row(base, OCCUPIED, group).mean for group in result.groups(OCCUPIED)}
    full = {group.partition("=")[2]: f"{100 * share:.0f} %" for group, share in occupied.items() if share >= FULL}
    if len(full) > 1 or any(share > 1 for share in occupied.values()):
        yield (
            f"beds are full at midnight ({figures_of(full)}). Look at {keys_of(result.study, full)} (more beds) and "
            "at the durations of stays on wards."
        )
    if result.has("handover_mean"):
        handover = result.row(base, "handover_mean")
        if handover.mean >= LONG_HANDOVER:
            yield (
                f"ambulances wait {amount(handover.mean, 'minutes')} on average to hand over. Look at beds and places "
                "first, then at the pools of whoever receives them."
            )
