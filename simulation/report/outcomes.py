"""How many products fail a limit of safety, do too little, or help enough."""

from __future__ import annotations

from collections import Counter

from simulation.experiment.arm_result import ArmResult
from simulation.experiment.result import StudyResult
from simulation.explain.statements import walk
from simulation.report.kinds import kind_of
from simulation.report.tables.first_page import products

FEW = 2
"""Products that need no summary: a reader takes in all that is said of them."""
OUTCOMES = (
    ("inferior", "fails a safety limit", "fail a safety limit"),
    ("worse", "may fail a safety limit", "may fail a safety limit"),
    ("little", "does too little to matter", "do too little to matter"),
    ("open", "is not settled", "are not settled"),
    ("harms", "does harm enough to matter", "do harm enough to matter"),
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
    return f"Of {len(arms)} products {', '.join(counts)}. "


def _outcome(result: StudyResult, arm: ArmResult) -> str:
    """The outcome of a product, a failed limit of safety before its effect."""
    judged = {safety.judgement.kind for safety in result.safety if safety.arm == arm.name}
    for failed in ("inferior", "worse"):
        if failed in judged:
            return failed
    finding = result.finding(arm.name, result.design.primary[0])
    kind, size = kind_of(finding), finding.verdict.size
    if kind == "no change" or size == "less":
        return "little"
    if kind not in ("better", "worse") or size == "open":
        return "open"
    if kind == "worse":
        return "harms"
    return "claimed" if rests_on_claim(arm) else "helps"


def rests_on_claim(arm: ArmResult) -> bool:
    """Whether the source of a number of the policy says that it is a claim."""
    return any(statement.source.startswith("a claim") for statement in walk(arm.policy, ""))
