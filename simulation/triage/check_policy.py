"""Check a triage policy for a department: every fault at once, by its dotted path.

A part of a policy that has no effect in a department is no fault (`idle`): it may have one elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from simulation.department.check_values import Categories, check_name, names_of, stated
from simulation.department.config_dataclass import PLAIN, Entry, walk
from simulation.department.graph import cached_by_pathway, label_dependent
from simulation.department.rota import can_happen
from simulation.department.vocabulary import (
    ACUITY_BY_DEGRADED_TOOL,
    ACUITY_BY_NURSE,
    ACUITY_GIVEN,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    TOOL_CAN_FAIL,
    TRIAGE_TOOL,
    TRIAGE_TOOL_DEGRADED,
    Action,
    ByAttribute,
    Given,
    Pathway,
)
from simulation.errors import Faults, near_match
from simulation.triage.matrix import Estimate, LabelTable, Matrix, table_faults
from simulation.triage.people import Abstention, sources_labelled
from simulation.triage.policy import MinutesEffect, Policy, TriageAction, Watching, sources_of

NURSE_PATH = "nurse"
"""The configuration group that states the nurse, so that her faults have one path whatever the policy."""
LABELS_WANTED = "Choose how nurses label (nurse=korea), or a policy in which they do"
AI_FIELDS = ("role", "acceptance", "switching", "abstains", "noise", "drift", "latency", "degraded")
"""What a policy may state only with an AI that labels."""
TOOL_FIELDS = ("go_live_day", "live_days", "adoption", "slow_under_load")
"""What a policy may state only with a tool, be it an AI that labels or something that saves minutes."""


class Idle(NamedTuple):
    """A part of a policy (its dotted path) that has no effect in a department, and why."""

    where: str
    why: str


def idle(policy: Policy, pathway: Pathway) -> tuple[Idle, ...]:
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
    known, categories = _known(pathway)
    own = replace(policy, nurse=None, burdens=())
    parts = {
        f"{NURSE_PATH}.labels": policy.nurse,
        f"{NURSE_PATH}.burdens": policy.burdens,
        where: own,
    }
    for entry in chain.from_iterable(walk(part, place) for place, part in parts.items()):
        if entry.names:
            check_name(entry, known, categories, faults)
        if type(entry.value) not in PLAIN:
            _part(entry, pathway, faults)
    if policy.readings and policy.reading is None:
        faults.add(
            f"{where}.reading", "is missing", f"Say which runs: {' or '.join(policy.readings)}"
        )
    faults.known(f"{where}.reading", policy.reading, policy.readings, what="reading")
    _ai(policy, where, faults)
    _answers(policy, pathway, where, faults)
    _coverage(policy, pathway, f"{where}.covers", faults)
    if not policy.ai and not policy.effects and not policy.actions and policy.watches is None:
        _stated_without(policy, TOOL_FIELDS, where, "a tool", faults)
    for number, (first, last) in enumerate(policy.live_days or ()):
        if first > last:
            faults.add(
                f"{where}.live_days.{number}",
                f"found [{first}, {last}]",
                "Write the first day, then the last",
            )
    for name, action in policy.actions.items():
        _action(action, pathway, known.get("action", ()), f"{where}.actions.{name}", faults)
    _failing(policy, pathway, where, faults)
    _measured(policy, categories, f"{where}.measured_on", faults)
    return faults


@cached_by_pathway
def _known(pathway: Pathway) -> tuple[Categories, Categories]:
    """The names of a department by kind, and the categories of its attributes."""
    categories = {name: pathway.categories(name) for name in (ARRIVAL_SOURCE, *pathway.attributes)}
    actions = [
        name for name, attribute in pathway.attributes.items() if isinstance(attribute, Action)
    ]
    known = {kind: tuple(names) for kind, names in names_of(pathway).items()}
    known["level"] = categories.get(ACUITY_TRUE, ())
    return {**known, **({"action": actions} if actions else {})}, categories


def _labels(policy: Policy, pathway: Pathway, where: str, faults: Faults) -> None:
    """Faults of the levels that a nurse tells apart; without a nurse, of whatever needs a label."""
    if policy.nurse:
        given = pathway.attributes.get(ACUITY_GIVEN)
        if ACUITY_TRUE not in pathway.attributes:
            remedy = "Describe it as a choice of the levels of urgency"
            faults.add("attributes", f"there is no {ACUITY_TRUE}", remedy)
        elif not isinstance(given, Given) or pathway.categories(ACUITY_GIVEN) != pathway.categories(
            ACUITY_TRUE
        ):
            remedy = (
                f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}: the triage policy fills it"
            )
            faults.add(
                f"attributes.{ACUITY_GIVEN}", "is missing or not given like the true level", remedy
            )
        return
    for name in (ACUITY_GIVEN, ACUITY_BY_NURSE, ACUITY_BY_DEGRADED_TOOL):
        if name in pathway.attributes:
            found = f"is missing, but patients are labelled here (attributes.{name})"
            faults.add(f"{where}.nurse", found, LABELS_WANTED)
    for name in ("ai", "actions"):
        if getattr(policy, name):
            faults.add(
                f"{where}.{name}", "is stated but there is no nurse", "Add a nurse, or leave it out"
            )


def _part(entry: Entry, pathway: Pathway, faults: Faults) -> None:
    """Add the faults that one part of a policy has by itself, other than unknown names."""
    where, value = entry.where, entry.value
    if isinstance(value, LabelTable):
        faults += table_faults(value, where, pathway.categories(ACUITY_TRUE))
        groups = value.by_group if isinstance(value, Matrix) else {}
        if len(groups) > 1:
            found = f"has tables by {len(groups)} attributes ({', '.join(groups)})"
            faults.add(
                f"{where}.by_group", found, "Choose one: a patient would belong to several tables"
            )
        if ACUITY_GIVEN in groups:
            found = "the label cannot choose the table it comes from"
            faults.add(f"{where}.by_group.{ACUITY_GIVEN}", found, "Name another attribute")
    elif isinstance(value, MinutesEffect):
        if not value.factor and not value.seconds_saved:
            faults.add(where, "has neither a factor nor seconds_saved", "State at least one")
        if value.seconds_saved and not value.never_below:
            remedy = "Say below which share of a patient's minutes seconds_saved may not go"
            faults.add(f"{where}.never_below", "is missing", remedy)
        if (
            len(
                {
                    pathway.durations[name].repeats
                    for name in value.durations
                    if name in pathway.durations
                }
            )
            > 1
        ):
            found = f"{', '.join(value.durations)} have different numbers of repeats"
            faults.add(f"{where}.durations", found, "Name durations of the same step")
    elif isinstance(value, Estimate):
        if not value.range:
            if value.evidence == "assumed":
                faults.add(
                    f"{where}.range", "is missing", "An assumed number says what range to sweep"
                )
        elif not value.range[0] <= value.value <= value.range[1]:
            found = f"{value.value} is outside its own range {list(value.range)}"
            faults.add(where, found, "Change the value or the range")
    elif isinstance(value, Abstention):
        if not (value.labels or value.shares or value.beyond):
            faults.add(
                where, "says never to abstain", "State labels, beyond or shares, or leave it out"
            )
    elif isinstance(value, Watching):
        if not value.arrivals:
            faults.add(
                f"{where}.arrivals",
                "names no arrival source",
                "Name those whose patients are watched",
            )
        if not pathway.worsening:
            remedy = "Describe `worsening` in the pathway, or leave it out"
            faults.add(where, "is stated, but nobody gets worse here", remedy)
        elif not pathway.rounds:
            remedy = "Describe `rounds` in the pathway (active: false, and let an arm switch them on), or leave it out"
            faults.add(where, "is stated, but nobody here acts on an alarm", remedy)
    elif (
        isinstance(value, tuple)
        and entry.names
        and entry.names.what == "duration"
        and not 0 < len(set(value)) == len(value)
    ):
        faults.add(where, f"is {list(value)}", "Name each duration once, at least one")


def _ai(policy: Policy, where: str, faults: Faults) -> None:
    """Faults of the AI's name, draw and role; without an AI, faults of keys that need one."""
    if not policy.ai or not policy.nurse:
        _stated_without(policy, AI_FIELDS, where, "an ai", faults)
        return
    ai, nurse = policy.ai, policy.nurse
    if ai.name == nurse.name:
        found = f"'{ai.name}' is the nurse's name too, so both would have the same random variates"
        faults.add(f"{where}.ai.name", found, "Give the ai a name of its own")
    if ai.same_draw_as not in (None, nurse.name):
        found = f"is '{ai.same_draw_as}', who does not label"
        faults.add(f"{where}.ai.same_draw_as", found, f"Name '{nurse.name}', or leave it out")
    if nurse.same_draw_as is not None:
        remedy = "Leave it out: the nurse's draw is her own"
        faults.add(f"{NURSE_PATH}.labels.same_draw_as", "is stated", remedy)
    shares_stated = stated(policy, "acceptance", "switching")
    if policy.role is None:
        faults.add(
            f"{where}.role", "is missing", "Say whether the ai 'replaces' or 'advises' the nurse"
        )
    elif policy.role == "replaces":
        for name in shares_stated:
            faults.add(
                f"{where}.{name}",
                "is stated for an ai that replaces",
                "Leave it out, or role: advises",
            )
    elif not shares_stated:
        faults.add(
            f"{where}.acceptance",
            "is missing",
            "Say how often an advised nurse takes the ai's label",
        )
    elif len(shares_stated) > 1:
        faults.add(f"{where}.switching", "is stated beside acceptance", "State one of the two")


def _stated_without(
    policy: Policy, names: Sequence[str], where: str, what: str, faults: Faults
) -> None:
    for name in stated(policy, *names):
        found = f"is stated but there is no {what.partition(' ')[2]}"
        faults.add(f"{where}.{name}", found, f"Add {what}, or leave it out")


def _answers(policy: Policy, pathway: Pathway, where: str, faults: Faults) -> None:
    """Faults of how the AI answers: slowness, degraded answers, drift, labels beside the nurse's."""
    if policy.slow_under_load:
        always = [
            name
            for name in policy.slow_under_load.durations
            if name in durations_of_triage(pathway)
        ]
        if always:
            found = f"name {', '.join(always)}, which triage takes whether many wait or not"
            remedy = (
                "Name the duration of a step that the route comes to while many wait (tool_late)"
            )
            faults.add(f"{where}.slow_under_load.durations", found, remedy)
    needed = [TOOL_CAN_FAIL] if stated(policy, "degraded", "slow_under_load") else []
    for name in (*needed, *([ACUITY_BY_DEGRADED_TOOL] if policy.degraded else [])):
        if name not in pathway.attributes:
            faults.add(
                f"attributes.{name}",
                "is missing",
                f"{where} needs it: describe it, and route by it",
            )
    if policy.beside_nurse:
        by_matrix = stated(policy, "drift", "degraded")
        by_matrix += ["abstains.beyond"] if policy.abstains and policy.abstains.beyond else []
        for name in by_matrix:
            remedy = "State a matrix, or leave one of them out"
            faults.add(f"{where}.{name}", "is stated beside ai.beside_nurse", remedy)
    if policy.drift and policy.ai:
        others = {"the ai's matrix": policy.ai.matrix, "degraded": policy.degraded}
        for what, matrix in others.items():
            unlike = _groups(policy.drift.towards) ^ _groups(matrix) if matrix else set()
            if unlike:
                names = ", ".join(f"{name} {category}" for name, category in sorted(unlike))
                found = f"and {what} have not the same groups: {names}"
                faults.add(
                    f"{where}.drift.towards.by_group", found, "State the same groups in both"
                )


def durations_of_triage(pathway: Pathway) -> frozenset[str]:
    """The durations of the steps that give the policy's label."""
    steps = [step for step in pathway.steps.values() if step.relabels == ACUITY_GIVEN]
    return frozenset(name for step in steps for name in step.minutes)


def _groups(matrix: Matrix) -> set[tuple[str, str]]:
    """The attributes and categories that have tables of their own."""
    return {(name, category) for name, tables in matrix.by_group.items() for category in tables}


def _coverage(policy: Policy, pathway: Pathway, where: str, faults: Faults) -> None:
    """Faults of covered arrival sources that a tool needs, or that nothing needs."""
    covers = policy.covers
    labels, minutes = (covers.labels or (), covers.minutes) if covers else ((), ())
    if covers and policy.ai:
        labels = sources_labelled(covers, pathway)
    without_sources = tuple(effect for effect in policy.effects if not sources_of(effect, ()))
    for name, sources, what, present, unplaced in (
        ("labels", labels, "an ai", policy.ai, policy.ai),
        (
            "minutes",
            minutes,
            "a minutes effect",
            policy.effects or policy.readings,
            without_sources,
        ),
    ):
        if unplaced and not sources:
            found = f"names no arrival source, but there is {what}"
            faults.add(f"{where}.{name}", found, "Name the sources it covers")
        if not present and sources:
            faults.add(
                f"{where}.{name}", f"names arrival sources, but there is not {what}", "Leave it out"
            )


def _action(
    action: TriageAction, pathway: Pathway, actions: Sequence[str], where: str, faults: Faults
) -> None:
    """Faults of an action that the department lacks, that sets nothing off, or that suits or covers nobody."""
    if not actions:
        remedy = "Describe one (kind: action) and route by it, or choose a policy without actions"
        faults.add(f"{where}.sets", f"is '{action.sets}', but the department has no action", remedy)
    elif action.sets in actions:
        nothing, *something = pathway.categories(action.sets)
        if action.to == nothing:
            found = f"is '{action.to}', which means that nothing is set off"
            faults.add(f"{where}.to", found, f"Name one of {', '.join(something)}")
        else:
            faults.known(f"{where}.to", action.to, something, what="category")
    if not action.suited:
        remedy = "Say which categories of which attribute it suits"
        faults.add(f"{where}.suited", "names no attribute", remedy)
    for name in action.suited:
        if name == ACUITY_GIVEN or name in actions:
            found = f"is by '{name}', which triage decides itself"
            faults.add(f"{where}.suited.{name}", found, "Name what is true of the patient")
    if not action.covers.arrivals:
        faults.add(
            f"{where}.covers.arrivals", "names no arrival source", "Name the sources it is for"
        )


def _failing(policy: Policy, pathway: Pathway, where: str, faults: Faults) -> None:
    """Actions of a tool that can fail, and attributes that lean on its label: the fall-back cannot undo these."""
    relevant = (TRIAGE_TOOL, TRIAGE_TOOL_DEGRADED) if policy.degraded else (TRIAGE_TOOL,)
    failing = [
        f"outages.{name}"
        for name in relevant
        if name in pathway.outages and can_happen(pathway.outages[name])
    ]
    names, leans = ", ".join(failing), label_dependent(pathway)
    remedy = "in arms of their own: the two together are not modelled"
    if failing and policy.actions:
        found = f"are set off by a tool that can fail ({names})"
        faults.add(f"{where}.actions", found, f"Compare outages and actions {remedy}")
    if failing and policy.ai and leans:
        found = f"gives labels that {', '.join(leans)} lean on, and can fail ({names})"
        faults.add(f"{where}.ai", found, f"Compare outages and label_weight {remedy}")


def _measured(policy: Policy, categories: Categories, where: str, faults: Faults) -> None:
    """Faults of names in `measured_on` that nearly match names of the department: misspelt, they would never warn.

    Other names are accepted: a tool may have been measured on attributes that this department does not have.
    """
    for attribute, counts in policy.measured_on.items():
        word = near_match(attribute, categories)
        if word:
            faults.add(where, f"the department has no '{attribute}'", f"Did you mean '{word}'?")
        known = categories.get(attribute, ())
        for name in counts:
            word = near_match(name, [category for category in known if category not in counts])
            if name not in known and word:
                faults.add(
                    f"{where}.{attribute}",
                    f"'{attribute}' has no category '{name}'",
                    f"Did you mean '{word}'?",
                )
