"""Parts of a policy that have no effect in a department but are no mistakes: they may have one elsewhere.

A tool may watch waiting patients although nobody makes rounds, or set off an action that the route never reads. Such a
policy is not refused (`triage.check` refuses what cannot run), but the user is warned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulation.department.vocabulary import ByAttribute, Pathway
from simulation.triage.policy import Policy


@dataclass(frozen=True)
class Idle:
    """A part of a policy (its dotted path) that has no effect in a department, and why."""

    where: str
    why: str


def idle(policy: Policy, pathway: Pathway) -> tuple[Idle, ...]:
    """Every part of a policy that has no effect in a department, whatever its numbers."""
    return tuple(_idle(policy, pathway))


def _idle(policy: Policy, pathway: Pathway) -> Iterator[Idle]:
    rounds = pathway.rounds
    if policy.watches is not None and (rounds is None or not rounds.active):
        yield Idle("watches", "rounds are off, so nobody acts on an alarm (pathway.rounds.active)")
    read = {branch.attribute for branch in pathway.branches.values() if isinstance(branch, ByAttribute)}
    read |= {loop.passes for loop in pathway.loops.values()}
    for name, action in policy.actions.items():
        if action.sets not in read:
            yield Idle(f"actions.{name}", f"no branch or loop of the route reads '{action.sets}'")
