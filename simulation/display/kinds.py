"""The few kinds of verdict that words and colours know, by the way it points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from simulation.explain.statements import blocks
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Finding, Safety
from simulation.run.result import StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.multiplicity import is_worse

Kind = Literal["better", "worse", "changed", "no change", "cannot tell"]
"""Kinds of verdict; 'changed' is for a measure that is better neither lower nor higher."""
SIZES = {"more": "", "open": "perhaps slightly ", "less": "slightly "}
"""Words before a direction that is known, by the size of the difference."""


def kind_of(finding: Finding) -> Kind:
    """The kind of a verdict, whatever the size of the difference."""
    kind = finding.verdict.kind
    if kind in ("cuts", "lengthens"):
        better = finding.comparison.better
        if better == "neither":
            return "changed"
        return "better" if (better == "lower") == (kind == "cuts") else "worse"
    return "no change" if kind in ("no change beyond", "no difference", "identical") else "cannot tell"


def short_words(finding: Finding) -> str:
    """A verdict in a word or two: 'better', 'slightly worse', 'no material change', 'not settled'."""
    kind, size = kind_of(finding), finding.verdict.size
    words = {"no change": "no material change", "cannot tell": "not settled"}.get(kind, kind)
    if kind == "changed":
        words = "lower" if finding.verdict.kind == "cuts" else "higher"
    return f"{SIZES[size] if size is not None else ''}{words}"


def kind_of_row(row: Comparison) -> Kind:
    """The kind of a difference of a measure that is no target, from its interval alone."""
    worse = is_worse(row)
    return "cannot tell" if worse is None else "worse" if worse else "better"


def unsettled(limits: Sequence[Safety]) -> list[Safety]:
    """Those of some limits of safety that are neither passed nor failed."""
    return [limit for limit in limits if limit.judgement.kind in ("cannot tell", "none seen")]


def rests_on_claim(result: StudyResult, arm: ArmResult) -> bool:
    """Whether a number of an arm's policy, what the arm changes, or one of its levers is an untested claim."""
    definition = arm.ready.arm
    levers = (result.design.levers[name] for name in definition.levers)
    blocks_of_policy = (block for _, block in blocks(arm.policy, ""))
    return any(one.claim for one in (definition, *levers)) or any(block.get("claim") for block in blocks_of_policy)
