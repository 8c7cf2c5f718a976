"""How many products fail a limit of safety, do too little, or help enough."""

from __future__ import annotations

from collections import Counter

from simulation.display.kinds import kind_of, rests_on_claim, unsettled
from simulation.display.measured import limits_of
from simulation.report.tables.first_page import products, reported_targets
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Finding
from simulation.run.result import StudyResult

FEW = 2
"""Products that need no summary: a reader takes in all that is said of them."""
OUTCOMES = (
    ("inferior", "fails a safety limit", "fail a safety limit"),
    ("worse", "may fail a safety limit", "may fail a safety limit"),
    ("little", "does too little to matter", "do too little to matter"),
    ("open", "is not settled", "are not settled"),
    ("mixed", "helps on one measure and harms on another", "help on one measure and harm on another"),
    ("harms", "does harm enough to matter", "do harm enough to matter"),
    ("unsure", "helps, but its safety is not settled", "help, but their safety is not settled"),
    ("claimed", "helps enough if an untested claim is true", "help enough if an untested claim is true"),
    ("helps", "helps enough to matter", "help enough to matter"),
)
"""Outcomes of a product, each with its words for one product and for several, in the order they are told."""


def summary(result: StudyResult) -> str:
    """'Of 6 products 3 fail a safety limit, 2 do too little to matter. '; empty for a few products."""
    arms = products(result)
    if len(arms) <= FEW:
        return ""
    n = Counter(_outcome(result, arm) for arm in arms)
    counts = [f"{n[outcome]} {one if n[outcome] == 1 else several}" for outcome, one, several in OUTCOMES if n[outcome]]
    are_tools = any(arm.ready.policy != result.baseline.ready.policy for arm in arms)
    return f"Of {len(arms)} {'products' if are_tools else 'changes'} {', '.join(counts)}. "


def _outcome(result: StudyResult, arm: ArmResult) -> str:
    """The outcome of a product: a limit of safety that is failed, or may be; else its effects."""
    limits, left_open = limits_of(result, arm)
    judged = {safety.judgement.kind for safety in limits}
    for failed in ("inferior", "worse"):
        if failed in judged:
            return failed
    effects = {_size_of(result.finding(arm.name, target)) for target in reported_targets(result)}
    if effects >= {"helps", "harms"}:
        return "mixed"
    outcome = next(size for size in ("harms", "helps", "open", "little") if size in effects)
    if outcome != "helps":
        return outcome
    if left_open or unsettled(limits):
        return "unsure"
    return "claimed" if rests_on_claim(result, arm) else "helps"


def _size_of(finding: Finding) -> str:
    """Whether an effect is large enough to matter, and which way: 'little', 'open', 'helps' or 'harms'."""
    kind, size = kind_of(finding), finding.verdict.size
    if kind == "no change" or size == "less":
        return "little"
    if kind not in ("better", "worse") or size == "open":
        return "open"
    return "harms" if kind == "worse" else "helps"
