"""Where the time of a stay goes: the stage of a stay that each step of a pathway belongs to."""

from __future__ import annotations

from simulation.department.vocabulary import Pathway

STAGES = ("registration and triage", "place", "nurse", "clinician", "tests", "specialty", "bed", "other")
"""Where a stay's time goes, in the order in which a patient meets them."""
ASSESSED = frozenset({"assessed_at", "triaged_at", "handed_over_at"})
RECEPTION = frozenset({"reception", "receptionist", "clerk"})
"""Roles of pools whose work is registration."""


def stage_of(name: str, pathway: Pathway) -> str:
    """The stage of a stay that a step belongs to, one of `STAGES`.

    A step that dates the initial assessment, the handover or the decision says so itself. Otherwise the roles of
    the pools that it asks for decide, the scarcest skill first; a name that says what it is decides where roles
    do not. What is left is 'other'.
    """
    step = pathway.steps[name]
    points = set(step.records)
    roles = {pathway.pools[pool].role for pool in (*step.asks, *step.any_of)}
    if (points & ASSESSED and "seen_at" not in points) or roles & RECEPTION:
        return "registration and triage"
    if points & {"decided_at"} or any(role.endswith("bed") for role in roles):
        return "bed"
    for role, stage in (
        ("specialty", "specialty"),
        ("clinician", "clinician"),
        ("stream_clinician", "clinician"),
        ("tests", "tests"),
    ):
        if role in roles:
            return stage
    if any(part in name for part in ("sampl", "laborat", "imag", "report", "test")):
        return "tests"
    if any(part in name for part in ("triage", "reception", "registration", "assessment")) and not step.keeps:
        return "registration and triage"
    if "nurse" in roles and "discharge" not in name:
        return "nurse"
    if "place" in roles and not step.minutes:
        return "place"
    return "other"
