"""What becomes of products, counted: how many fail a limit of safety, do too little, help enough."""

from __future__ import annotations

from collections import Counter

from simulation.experiment.arm_result import ArmResult
from simulation.experiment.result import StudyResult
from simulation.explain.statements import walk
from simulation.report.kinds import kind_of
from simulation.report.tables.first_page import products

FEW = 2
"""Products that need no summary: the reader has seen all that is said of them."""


def summary(result: StudyResult) -> str:
    """'Of 6 products 3 fail a safety limit, 2 do too little to matter. ', to go before what is said of each.

    Nothing of few.
    """
    arms = products(result)
    if len(arms) <= FEW:
        return ""
    n = Counter(_outcome(result, arm) for arm in arms)
    told = [f"{n[each]} {one if n[each] == 1 else many}" for each, one, many in OUTCOMES if n[each]]
    return f"Of {len(arms)} products {', '.join(told)}. "


OUTCOMES = (
    ("inferior", "fails a safety limit", "fail a safety limit"),
    ("worse", "may fail a safety limit", "may fail a safety limit"),
    ("little", "does too little to matter", "do too little to matter"),
    ("open", "is not settled", "are not settled"),
    ("harms", "does harm enough to matter", "do harm enough to matter"),
    ("claimed", "helps enough if an untested claim is true", "help enough if an untested claim is true"),
    ("helps", "helps enough to matter", "help enough to matter"),
)
"""What becomes of a product, in the words of one and of several."""


def _outcome(result: StudyResult, arm: ArmResult) -> str:
    """The first of `OUTCOMES` that holds."""
    judged = {each.judgement.kind for each in result.safety if each.arm == arm.name}
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
    """Whether a number of the policy says of itself that it is a claim."""
    return any(each.source.startswith("a claim") for each in walk(arm.policy, ""))
