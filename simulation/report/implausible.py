"""What makes the department of a result hard to believe, with the keys to look at: said above the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulation.experiment.result import StudyResult
from simulation.report.words import amount
from simulation.study.overload import written_in

OCCUPIED = "occupied_at_midnight_share"
FULL = 0.995
"""Share of beds occupied at midnight, mean over replications, from which they count as full: 100 % to the nearest whole
per cent. One group of wards may be as full as that, with beds that escalation opens on top; two or more are not."""
LONG_HANDOVER = 120.0
"""Minutes of a mean ambulance handover from which it counts as hours."""
MOST_POOLS = 4
"""Pools that one sentence names."""


def implausible(result: StudyResult) -> tuple[str, ...]:
    """A sentence each for full beds, long handovers and work beyond capacity, as they were simulated.

    What does not fit together before anything runs is said by `study/misfits.py`.
    """
    return tuple(f"Check the department: {words}" for words in _found(result))


def _found(result: StudyResult) -> Iterator[str]:
    base = result.design.baseline
    occupied = {group: result.row(base, OCCUPIED, group).mean for group in result.groups(OCCUPIED)}
    full = {group.partition("=")[2]: f"{100 * share:.0f} %" for group, share in occupied.items() if share >= FULL}
    if len(full) > 1 or any(share > 1 for share in occupied.values()):
        yield (
            f"beds are full at midnight ({_named(full)}). Look at {_keys(result, full)} (more beds) and at the "
            "durations of stays on wards."
        )
    if result.has("handover_mean"):
        handover = result.row(base, "handover_mean")
        if handover.mean >= LONG_HANDOVER:
            yield (
                f"ambulances wait {amount(handover.mean, 'minutes')} on average to hand over. Look at beds and places "
                "first, then at the pools of whoever receives them."
            )
    load = {pool: f"{ratio:.2f}" for pool, ratio in result.explanation.overload.items()}
    if load:
        yield (
            f"more work is asked for over the week than can be done ({_named(load)} times what there is). Look at "
            f"{_keys(result, load)}."
        )


def _named(values: Mapping[str, str]) -> str:
    """'medicine beds 101 %, surgery beds 100 %'; how many more where there are many."""
    told = [f"{name.replace('_', ' ')} {words}" for name, words in values.items()]
    return ", ".join(_shortened(told))


def _keys(result: StudyResult, pools: Mapping[str, str]) -> str:
    return ", ".join(_shortened([f"{written_in(result.study, pool)}{pool}" for pool in pools]))


def _shortened(told: list[str]) -> list[str]:
    more = len(told) - MOST_POOLS
    return told if more <= 0 else [*told[:MOST_POOLS], f"{more} more"]
