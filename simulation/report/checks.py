"""What a reader must know before any number: an arm that does nothing, too few replications, a department or a tool
that is hard to believe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulation.display.words import DOES_NOT_FIT, amount, few_words
from simulation.run.result import StudyResult
from simulation.statistics.verdict import IDENTICAL, PILOT
from simulation.study.study import ReadyArm, figures_of, keys_of
from simulation.triage.unlike_patients import unlike_patients

OCCUPIED = "occupied_at_midnight_share"
FULL = 0.995
"""Share of beds occupied at midnight, mean over replications, from which they count as full: it rounds to 100 %.

One group of wards that full is plausible, because escalation opens beds on top; two or more are not.
"""
LONG_HANDOVER = 120.0
"""Minutes of a mean ambulance handover from which it counts as hours."""
LEAST_SECONDS = 2.0
"""Seconds taken off each patient below which they were probably meant as minutes. A judgement."""


def warnings(result: StudyResult) -> tuple[str, ...]:
    """What a reader must know before any number."""
    lines = [
        f"Warning: '{result.arm(name).label}' is {IDENTICAL} in every measure of every replication. "
        "Either it changes nothing that matters here, or its policy or its changes are not what you meant."
        for name in result.identical
    ]
    focus = result.design.focus
    arms = [arm.ready for arm in result.shown.arms if arm.name in focus or not focus]
    lines += [f"Warning, {words}" for words in (*unlike_words(arms), *_seconds_words(arms))]
    lines += [f"Warning: {DOES_NOT_FIT} {misfit}." for misfit in result.explanation.misfits]
    n_replications = len(result.replications)
    if n_replications < 2:
        lines.append("Warning: one replication has no interval. Run at least two; ten or more to compare arms.")
    elif n_replications < PILOT:
        lines.append(f"Warning: {few_words(n_replications)}")
    if result.n_unfinished:
        lines.append(
            f"Warning: {result.n_unfinished:,} measured attendances had not left when the run ended. "
            "How long they stay is not known, so a mean stay is missing (–) if it includes any of them in any "
            "replication of either arm. Set a longer run.cool_down_days, or add capacity."
        )
    return tuple(lines)


def _seconds_words(arms: Iterable[ReadyArm]) -> Iterator[str]:
    """A sentence for each arm whose tool saves so few seconds that minutes were probably meant."""
    for arm in arms:
        saved = [effect.seconds_saved.value for effect in arm.policy.effects if effect.seconds_saved is not None]
        for seconds in saved:
            if 0 < abs(seconds) < LEAST_SECONDS:
                yield f"'{arm.arm.label}': changes minutes by {seconds:g} seconds. Is seconds_saved in seconds?"


def unlike_words(arms: Iterable[ReadyArm]) -> list[str]:
    """''AI label, erring up' and 2 other arms: ...', each warning once with all its arms."""
    labels_by_words: dict[str, list[str]] = {}
    for arm in arms:
        for words in unlike_patients(arm.policy, arm.pathway):
            labels_by_words.setdefault(words, []).append(arm.arm.label)
    return [f"{_named(labels)}: {words}." for words, labels in labels_by_words.items()]


def _named(labels: list[str]) -> str:
    others = len(labels) - 1
    return f"'{labels[0]}'" + (f" and {others} other arm{'s' * (others > 1)}" if others else "")


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
