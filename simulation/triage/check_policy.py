"""Check a triage policy for a department: every fault at once, by its dotted path.

A part of a policy that has no effect in a department is no fault (`find_idle`): it may have one elsewhere.

A tool that was measured on other patients, or beside other nurses, than those of the department is warned of: its
effect may come from differences between patients, scales or countries, and not between tool and nurse.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from simulation.department.check_names import context_of
from simulation.department.config_dataclass import find_stated, list_entries, rule_faults
from simulation.department.rota import mean_per_day, per_day_by_category
from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    TOOL_CAN_FAIL,
    ByAttribute,
    Given,
    Pathway,
)
from simulation.errors import Faults
from simulation.triage.matrix import Matrix
from simulation.triage.people import sources_labelled
from simulation.triage.policy import YARDSTICKS, Policy
from simulation.wording import clipped, spaced

LABELS_WANTED = "Choose how nurses label (nurse=korea), or a policy in which they do"


class Idle(NamedTuple):
    """A part of a policy (its dotted path) that has no effect in a department, and why."""

    where: str
    why: str


def find_idle(policy: Policy, pathway: Pathway) -> tuple[Idle, ...]:
    """Every part of a policy that has no effect in a department, whatever its numbers."""
    read = {
        branch.attribute for branch in pathway.branches.values() if isinstance(branch, ByAttribute)
    }
    read |= {loop.passes for loop in pathway.loops.values()}
    unread = {
        name: action.sets for name, action in policy.actions.items() if action.sets not in read
    }
    parts = [
        Idle(f"actions.{name}", f"no branch or loop of the route reads '{sets}'")
        for name, sets in unread.items()
    ]
    if policy.watches and (not pathway.rounds or not pathway.rounds.active):
        no_progress = "rounds are off, so nobody acts on an alarm (pathway.rounds.active)"
        parts.insert(0, Idle("watches", no_progress))
    return tuple(parts)


def check_policy(policy: Policy, pathway: Pathway) -> Faults:
    """Every fault of a policy in this department; empty if it can be applied."""
    where, faults = f"triage.{policy.name}", Faults()
    _labels(policy, pathway, where, faults)
    if faults:
        return faults
    for fault in rule_faults(list_entries(policy, where), context_of(pathway)):
        faults.append(replace(fault, where=_as_written(fault.where, where)))
    needed = [TOOL_CAN_FAIL] if find_stated(policy, "degraded", "slow_under_load") else []
    for name in (*needed, *([ACUITY_BY_DEGRADED_TOOL] if policy.degraded else [])):
        if name not in pathway.attributes:
            faults.add(
                f"attributes.{name}",
                "is missing",
                f"{where} needs it: describe it, and route by it",
            )
    return faults


NURSE_PATHS = {"nurse": "nurse.labels", "burdens": "nurse.burdens"}
"""Where a configuration states these parts of a policy: her faults have one path whatever the policy."""


def _as_written(place: str, where: str) -> str:
    """The path at which a configuration states a part of the policy at `where`."""
    part, dot, rest = place.removeprefix(f"{where}.").partition(".")
    return f"{NURSE_PATHS[part]}{dot}{rest}" if part in NURSE_PATHS else place


def _labels(policy: Policy, pathway: Pathway, where: str, faults: Faults) -> None:
    """Faults of the levels that a nurse tells apart; without a nurse, of whatever needs a label."""
    if policy.nurse:
        given = pathway.attributes.get(ACUITY_GIVEN)
        if ACUITY_TRUE not in pathway.attributes:
            faults.add(
                "attributes",
                f"there is no {ACUITY_TRUE}",
                "Describe it as a choice of the levels of urgency",
            )
        elif not isinstance(given, Given) or pathway.categories(ACUITY_GIVEN) != pathway.categories(
            ACUITY_TRUE
        ):
            faults.add(
                f"attributes.{ACUITY_GIVEN}",
                "is missing or not given like the true level",
                f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}: the triage policy fills it",
            )
        return
    for name in (ACUITY_GIVEN, ACUITY_BY_NURSE, ACUITY_BY_DEGRADED_TOOL):
        if name in pathway.attributes:
            faults.add(
                f"{where}.nurse",
                f"is missing, but patients are labelled here (attributes.{name})",
                LABELS_WANTED,
            )
    for name in ("ai", "actions"):
        if getattr(policy, name):
            faults.add(
                f"{where}.{name}", "is stated but there is no nurse", "Add a nurse, or leave it out"
            )


FEW = 30
"""The number of patients of a category below which a tool counts as hardly measured on it."""
MANY = 0.05
"""The share of the patients labelled here from which a category is mentioned."""
A_FEW = 0.05
"""The share of the cases up to which a table that counts fewer of them is taken for one of the same patients."""
LEFT_OUT = "leave out of both what one of them did not label"
"""What to do about cases that one of two tables lacks."""
MOST_CHARACTERS = 100
"""The length of a source in a sentence."""


def applicability_notes(policy: Policy, pathway: Pathway) -> tuple[str, ...]:
    """Warnings about a tool that was measured with other nurses, against another truth, or on few such patients."""
    warnings = (
        measured_elsewhere(policy),
        _against_another_truth(policy),
        *_hardly_met(policy, pathway),
    )
    return tuple(filter(None, warnings))


def measured_elsewhere(policy: Policy) -> str:
    """A warning that a tool and the nurses were not measured on the same patients; empty if they were.

    Two tables of the same cases count as many patients of each true level. An assumed table claims nothing of the kind.
    """
    if not policy.ai or not policy.nurse:
        return ""
    tool, nurses = policy.ai.matrix, policy.nurse.matrix
    if policy.beside_nurse:
        beside = policy.beside_nurse.nurses
        if not beside or beside == nurses.source:
            return ""
        theirs, ours = (clipped(source, MOST_CHARACTERS) for source in (beside, nurses.source))
        return (
            f"'{policy.ai.name}' was measured with other nurses ({theirs}) than these ({ours}): that its errors fall "
            "on theirs as they did there is an assumption"
        )
    if tool.evidence == "assumed" or tool.source == nurses.source:
        return ""
    if tool.counts and _by_level(tool) == _by_level(nurses):
        return ""
    fewer = _few_cases_fewer(tool, nurses)
    if fewer:
        whose, n, most = fewer
        other = "the nurses'" if whose == "tool" else f"that of '{policy.ai.name}'"
        table = f"the table of '{policy.ai.name}'" if whose == "tool" else "the nurses' table"
        return f"{table} counts {n:,.0f} case{'s' if n > 1 else ''} of {most:,.0f} fewer than {other}: {LEFT_OUT}"
    return (
        f"the table of '{policy.ai.name}' {_of_whom(tool)} and the nurses' {_of_whom(nurses)} are not of the same "
        "patients, so what differs may be patients, scales or countries. Have the same cases labelled by both, by your "
        "own nurses (nurse=...)"
    )


def _against_another_truth(policy: Policy) -> str:
    """A warning that a tool was not measured against an expert panel; empty if it was, or if nothing is stated."""
    against = policy.measured_against
    if against in (None, "panel"):
        return ""
    return f"measured against {YARDSTICKS[against]}, not an expert panel's"


def _hardly_met(policy: Policy, pathway: Pathway) -> Iterator[str]:
    """A warning for each attribute of which a category is common here and was rare where the tool was measured."""
    for attribute, counts in policy.measured_on.items():
        if not sum(counts.values()):
            yield f"the cases that {_tool(policy)} was measured on do not say {spaced(attribute)}"
            continue
        shares = _shares(attribute, policy, pathway)
        left_out = (
            () if attribute == ARRIVAL_SOURCE else tuple(shares)
        )  # cases tell no source but these two
        named = dict.fromkeys((*counts, *left_out))
        rare = [
            name for name in named if counts.get(name, 0) < FEW and shares.get(name, 0.0) >= MANY
        ]
        if rare:
            categories = ", ".join(
                f"{spaced(name)} ({counts.get(name, 0):.0f} cases, {100 * shares[name]:.0f} % here)"
                for name in rare
            )
            yield (
                f"{_tool(policy)} was hardly measured on some whom it labels here, by {spaced(attribute)}: "
                f"{categories}. That it labels them as it labels others is an assumption"
            )


def _shares(attribute: str, policy: Policy, pathway: Pathway) -> Mapping[str, float]:
    """Shares of the categories of an attribute among those whom the tool labels, as the site states them.

    Empty unless the attribute is the arrival source, or a choice that depends on nothing else.
    """
    covers = policy.covers
    if covers is None:
        return {}
    covered = sources_labelled(covers, pathway)
    sources = [name for name in pathway.arrivals if name in covered]
    if attribute == ARRIVAL_SOURCE:
        per_day = {name: mean_per_day(pathway.arrivals[name]) for name in sources}
    else:
        per_day = per_day_by_category(pathway, attribute, sources) or {}
    only = covers.only.get(attribute, per_day)
    labelled = {name: number for name, number in per_day.items() if name in only}
    total = sum(labelled.values())
    return {name: number / total for name, number in labelled.items()} if total else {}


def _tool(policy: Policy) -> str:
    """The name of the tool, the same in every arm that uses it."""
    return f"'{policy.ai.name if policy.ai else policy.name}'"


def _by_level(matrix: Matrix) -> tuple[float, ...]:
    """The number of patients of each true level; empty if the table states shares."""
    return tuple(sum(row) for row in matrix.counts or ())


def _few_cases_fewer(
    tool: Matrix, nurses: Matrix
) -> tuple[Literal["tool", "nurses"], float, float] | None:
    """Which of two tables lacks a few cases that the other counts, how many, and of how many; None if neither does."""
    ours, theirs = _by_level(tool), _by_level(nurses)
    if not ours or len(ours) != len(theirs):
        return None
    gaps = [own - other for own, other in zip(ours, theirs, strict=True)]
    n, most = abs(sum(gaps)), max(sum(ours), sum(theirs))
    if sum(map(abs, gaps)) != n or n > A_FEW * most:  # some levels have more cases, others fewer
        return None
    return ("tool" if sum(gaps) < 0 else "nurses"), n, most


def _of_whom(matrix: Matrix) -> str:
    """'(400 patients: own panel, May 2026)'."""
    n = f"{sum(_by_level(matrix)):,.0f} patients: " if matrix.counts else ""
    return f"({n}{clipped(matrix.source, MOST_CHARACTERS)})"
