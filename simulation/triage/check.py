"""Check a triage policy for a department: every fault at once, by its dotted path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulation.department.graph import leaning
from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    TOOL_CAN_FAIL,
    TRIAGE_TOOL,
    TRIAGE_TOOL_DEGRADED,
    Given,
    Pathway,
)
from simulation.errors import Fault, meant, nearest
from simulation.triage.actions import action_faults
from simulation.triage.estimates import estimate_faults
from simulation.triage.failures import can_happen, durations_of_triage
from simulation.triage.matrix import Matrix, table_faults
from simulation.triage.minutes import effect_faults, sources_of
from simulation.triage.people import abstention_faults, coverage_faults, duration_faults, sources_labelled, unknown
from simulation.triage.policy import Policy
from simulation.triage.watching import watching_faults

NURSE_PATH = "nurse"
"""The configuration group that states the nurse, so that her faults have one path whatever the policy."""
LABELS_WANTED = "Choose how nurses label (nurse=korea), or a policy in which they do"
AI_FIELDS = ("role", "acceptance", "switching", "abstains", "noise", "drift", "latency", "degraded")
"""What a policy may state only with an AI that labels."""
TOOL_FIELDS = ("go_live_day", "adoption", "slow_under_load")
"""What a policy may state only with a tool, be it an AI that labels or something that saves minutes."""


def check(policy: Policy, pathway: Pathway) -> list[Fault]:
    """Every fault of a policy in this department; empty if it can be applied."""
    where = f"triage.{policy.name}"
    faults = _unlabelled_faults(policy, pathway, where) if policy.nurse is None else _acuity_faults(pathway)
    if faults:
        return faults
    if policy.nurse is not None:
        faults += _matrix_faults(policy.nurse.matrix, pathway, f"{NURSE_PATH}.labels.matrix")
    if policy.ai is not None:
        faults += _matrix_faults(policy.ai.matrix, pathway, f"{where}.ai.matrix")
    return [
        *faults,
        *_ai_faults(policy, where),
        *_answer_faults(policy, pathway, where),
        *_coverage_faults(policy, pathway, where),
        *_minutes_faults(policy, pathway, where),
        *(watching_faults(policy.watches, pathway, f"{where}.watches") if policy.watches is not None else ()),
        *action_faults(policy.actions, pathway, f"{where}.actions"),
        *_failing_faults(policy, pathway, where),
        *_measured_faults(policy, pathway, f"{where}.measured_on"),
        *estimate_faults(policy.nurse, f"{NURSE_PATH}.labels"),
        *estimate_faults(policy.burdens, f"{NURSE_PATH}.burdens"),
        *estimate_faults(replace(policy, nurse=None, burdens=()), where),
    ]


def _unlabelled_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    """Faults of whatever needs a label, if nobody in the policy gives labels."""
    labels = [name for name in (ACUITY_GIVEN, ACUITY_BY_NURSE, ACUITY_BY_DEGRADED_TOOL) if name in pathway.attributes]
    faults = [
        Fault(f"{where}.nurse", f"is missing, but patients are labelled here (attributes.{name})", LABELS_WANTED)
        for name in labels
    ]
    return faults + [
        Fault(f"{where}.{name}", "is stated but there is no nurse", "Add a nurse, or leave it out")
        for name in ("ai", "actions")
        if getattr(policy, name)
    ]


def _acuity_faults(pathway: Pathway) -> list[Fault]:
    if ACUITY_TRUE not in pathway.attributes:
        return [Fault("attributes", f"there is no {ACUITY_TRUE}", "Describe it as a choice of the levels of urgency")]
    given = pathway.attributes.get(ACUITY_GIVEN)
    if not isinstance(given, Given) or pathway.categories(ACUITY_GIVEN) != pathway.categories(ACUITY_TRUE):
        remedy = f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}: the triage policy fills it"
        return [Fault(f"attributes.{ACUITY_GIVEN}", "is missing or not given like the true level", remedy)]
    return []


def _matrix_faults(matrix: Matrix, pathway: Pathway, where: str) -> list[Fault]:
    levels = pathway.categories(ACUITY_TRUE)
    groups = matrix.by_group
    faults = table_faults(matrix, where, levels)
    if len(groups) > 1:
        found = f"has tables by {len(groups)} attributes ({', '.join(groups)})"
        faults.append(Fault(f"{where}.by_group", found, "Choose one: a patient would belong to several tables"))
    for attribute, tables in groups.items():
        path = f"{where}.by_group.{attribute}"
        if attribute not in pathway.attributes and attribute != ARRIVAL_SOURCE:
            found = "the department has no such attribute"
            faults.append(Fault(path, found, nearest(attribute, [*pathway.attributes, ARRIVAL_SOURCE]).rstrip(".")))
            continue
        if attribute == ACUITY_GIVEN:
            faults.append(Fault(path, "the label cannot choose the table it comes from", "Name another attribute"))
            continue
        known = pathway.categories(attribute)
        for category, table in tables.items():
            if category not in known:
                faults.append(unknown(path, "category", category, known))
            faults += table_faults(table, f"{path}.{category}", levels)
    return faults


def _failing_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    """Actions of a tool that can fail, and attributes that lean on its label: the fall-back cannot undo these."""
    relevant = (TRIAGE_TOOL, TRIAGE_TOOL_DEGRADED) if policy.degraded is not None else (TRIAGE_TOOL,)
    failing = [f"outages.{name}" for name in relevant if name in pathway.outages and can_happen(pathway.outages[name])]
    if not failing:
        return []
    remedy = "in arms of their own: the two together are not modelled"
    faults = []
    if policy.actions:
        found = f"are set off by a tool that can fail ({', '.join(failing)})"
        faults.append(Fault(f"{where}.actions", found, f"Compare outages and actions {remedy}"))
    leans = leaning(pathway)
    if policy.ai is not None and leans:
        found = f"gives labels that {', '.join(leans)} lean on, and can fail ({', '.join(failing)})"
        faults.append(Fault(f"{where}.ai", found, f"Compare outages and label_weight {remedy}"))
    return faults


def _measured_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    """Faults of names in `measured_on` that nearly match names of the department: misspelt, they would never warn.

    Other names are accepted: a tool may have been measured on attributes that this department does not have.
    """
    faults = []
    for attribute, counts in policy.measured_on.items():
        known: Sequence[str] = [*pathway.attributes, ARRIVAL_SOURCE]
        word = meant(attribute, known)
        if word is not None:
            faults.append(Fault(where, f"the department has no '{attribute}'", f"Did you mean '{word}'?"))
        elif attribute in known:
            categories = [name for name in pathway.categories(attribute) if name not in counts]
            found = f"'{attribute}' has no category"
            misspelt = {name: meant(name, categories) for name in counts if name not in pathway.categories(attribute)}
            faults += [
                Fault(f"{where}.{attribute}", f"{found} '{name}'", f"Did you mean '{word}'?")
                for name, word in misspelt.items()
                if word is not None
            ]
    return faults


def _ai_faults(policy: Policy, where: str) -> list[Fault]:
    """Faults of the AI's name, draw and role; without an AI, faults of keys that need one."""
    if policy.ai is None or policy.nurse is None:
        return _stated_without(policy, AI_FIELDS, where, "ai")
    faults = []
    if policy.ai.name == policy.nurse.name:
        found = f"'{policy.ai.name}' is the nurse's name too, so both would have the same random variates"
        faults.append(Fault(f"{where}.ai.name", found, "Give the ai a name of its own"))
    if policy.ai.same_draw_as not in (None, policy.nurse.name):
        found = f"is '{policy.ai.same_draw_as}', who does not label"
        faults.append(Fault(f"{where}.ai.same_draw_as", found, f"Name '{policy.nurse.name}', or leave it out"))
    if policy.nurse.same_draw_as is not None:
        remedy = "Leave it out: the nurse's draw is her own"
        faults.append(Fault(f"{NURSE_PATH}.labels.same_draw_as", "is stated", remedy))
    if policy.role is None:
        faults.append(Fault(f"{where}.role", "is missing", "Say whether the ai 'replaces' or 'advises' the nurse"))
    shares_stated = [name for name in ("acceptance", "switching") if getattr(policy, name) is not None]
    if policy.role == "advises" and not shares_stated:
        faults.append(Fault(f"{where}.acceptance", "is missing", "Say how often an advised nurse takes the ai's label"))
    if policy.role == "advises" and len(shares_stated) > 1:
        faults.append(Fault(f"{where}.switching", "is stated beside acceptance", "State one of the two"))
    if policy.role == "replaces":
        remedy = "Leave it out, or role: advises"
        faults += [Fault(f"{where}.{name}", "is stated for an ai that replaces", remedy) for name in shares_stated]
    return faults


def _stated_without(policy: Policy, names: Sequence[str], where: str, what: str) -> list[Fault]:
    stated = [name for name in names if getattr(policy, name) is not None]
    article = "an" if what == "ai" else "a"
    return [
        Fault(f"{where}.{name}", f"is stated but there is no {what}", f"Add {article} {what}, or leave it out")
        for name in stated
    ]


def _answer_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    """Faults of how the AI answers: abstention, latency, slowness, degraded answers, drift."""
    faults = []
    if policy.abstains is not None:
        faults += abstention_faults(policy.abstains, pathway, f"{where}.abstains")
    if policy.latency is not None:
        faults += duration_faults(policy.latency.durations, pathway, f"{where}.latency")
    if policy.slow_under_load is not None:
        faults += duration_faults(policy.slow_under_load.durations, pathway, f"{where}.slow_under_load")
        always = [name for name in policy.slow_under_load.durations if name in durations_of_triage(pathway)]
        if always:
            found = f"name {', '.join(always)}, which triage takes whether many wait or not"
            remedy = "Name the duration of a step that the route comes to while many wait (tool_late)"
            faults.append(Fault(f"{where}.slow_under_load.durations", found, remedy))
    if policy.degraded is not None:
        faults += _matrix_faults(policy.degraded, pathway, f"{where}.degraded")
    for name in _lacking(policy, pathway):
        faults.append(Fault(f"attributes.{name}", "is missing", f"{where} needs it: describe it, and route by it"))
    if policy.beside_nurse is not None:
        beyond = policy.abstains.beyond if policy.abstains is not None else None
        by_matrix = {"drift": policy.drift, "degraded": policy.degraded, "abstains.beyond": beyond}
        faults += [
            Fault(f"{where}.{name}", "is stated beside ai.beside_nurse", "State a matrix, or leave one of them out")
            for name, value in by_matrix.items()
            if value is not None
        ]
    if policy.drift is not None and policy.ai is not None:
        path, towards = f"{where}.drift.towards", policy.drift.towards
        faults += _matrix_faults(towards, pathway, path)
        others = {"the ai's matrix": policy.ai.matrix, "degraded": policy.degraded}
        for what, matrix in others.items():
            if matrix is not None and _groups(towards) != _groups(matrix):
                unlike = sorted(_groups(towards) ^ _groups(matrix))
                names = ", ".join(f"{name} {category}" for name, category in unlike)
                found = f"and {what} have not the same groups: {names}"
                faults.append(Fault(f"{path}.by_group", found, "State the same groups in both"))
    return faults


def _groups(matrix: Matrix) -> set[tuple[str, str]]:
    """The attributes and categories that have tables of their own."""
    return {(name, category) for name, tables in matrix.by_group.items() for category in tables}


def _lacking(policy: Policy, pathway: Pathway) -> list[str]:
    """Faults of attributes that this policy's failures need and the department lacks."""
    needed = [TOOL_CAN_FAIL] if policy.degraded is not None or policy.slow_under_load is not None else []
    needed += [ACUITY_BY_DEGRADED_TOOL] if policy.degraded is not None else []
    return [name for name in needed if name not in pathway.attributes]


def _coverage_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    path, covers, known = f"{where}.covers", policy.covers, pathway.categories(ARRIVAL_SOURCE)
    labels, minutes = (covers.labels or (), covers.minutes) if covers is not None else ((), ())
    if covers is not None and policy.ai is not None:
        labels = sources_labelled(covers, pathway)
    without_sources = tuple(effect for effect in policy.effects if not sources_of(effect, ()))
    faults = []
    for name, sources, what, present, unplaced in (
        ("labels", labels, "an ai", policy.ai, policy.ai),
        ("minutes", minutes, "a minutes effect", policy.effects, without_sources),
    ):
        if unplaced and not sources:
            faults.append(
                Fault(f"{path}.{name}", f"names no arrival source, but there is {what}", "Name the sources it covers")
            )
        if not present and sources:
            faults.append(Fault(f"{path}.{name}", f"names arrival sources, but there is not {what}", "Leave it out"))
        faults += [
            unknown(f"{path}.{name}", "arrival source", source, known) for source in sources if source not in known
        ]
    if policy.ai is None and not policy.effects and not policy.actions and policy.watches is None:
        faults += _stated_without(policy, TOOL_FIELDS, where, "tool")
    return faults + (coverage_faults(covers, pathway, path) if covers is not None else [])


def _minutes_faults(policy: Policy, pathway: Pathway, where: str) -> list[Fault]:
    faults = []
    for number, effect in enumerate(policy.effects):
        path = f"{where}.minutes.{number}" if isinstance(policy.minutes, tuple) else f"{where}.minutes"
        faults += effect_faults(effect, pathway, path)
    for number, burden in enumerate(policy.burdens):
        faults += effect_faults(burden, pathway, f"{NURSE_PATH}.burdens.{number}")
    return faults
