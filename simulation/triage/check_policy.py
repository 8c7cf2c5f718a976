"""Check a triage policy for a department: every fault at once, by its dotted path.

A part of a policy that has no effect in a department is no fault (`find_idle`): it may have one elsewhere.

A tool that was measured on other patients, or beside other nurses, than those of the department is warned of: its
effect may come from differences between patients, scales or countries, and not between tool and nurse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Literal, NamedTuple

from simulation.department.check_values import Categories, check_name, find_stated, names_of
from simulation.department.config_dataclass import PLAIN, Entry, list_entries
from simulation.department.graph import cached_by_pathway, label_dependent
from simulation.department.rota import can_happen, mean_per_day, per_day_by_category
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
from simulation.triage.policy import (
    YARDSTICKS,
    MinutesEffect,
    Policy,
    TriageAction,
    Watching,
    sources_of,
)
from simulation.wording import clipped, spaced

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
    known, categories = _known(pathway)
    own = replace(policy, nurse=None, burdens=())
    parts = {
        f"{NURSE_PATH}.labels": policy.nurse,
        f"{NURSE_PATH}.burdens": policy.burdens,
        where: own,
    }
    for entry in chain.from_iterable(list_entries(part, place) for place, part in parts.items()):
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


def _part(entry: Entry, pathway: Pathway, faults: Faults) -> None:
    """Add the faults that one part of a policy has by itself, other than unknown names."""
    where, value = entry.where, entry.value
    if isinstance(value, LabelTable):
        faults += table_faults(value, where, pathway.categories(ACUITY_TRUE))
        groups = value.by_group if isinstance(value, Matrix) else {}
        if len(groups) > 1:
            faults.add(
                f"{where}.by_group",
                f"has tables by {len(groups)} attributes ({', '.join(groups)})",
                "Choose one: a patient would belong to several tables",
            )
        if ACUITY_GIVEN in groups:
            faults.add(
                f"{where}.by_group.{ACUITY_GIVEN}",
                "the label cannot choose the table it comes from",
                "Name another attribute",
            )
    elif isinstance(value, MinutesEffect):
        if not value.factor and not value.seconds_saved:
            faults.add(where, "has neither a factor nor seconds_saved", "State at least one")
        if value.seconds_saved and not value.never_below:
            faults.add(
                f"{where}.never_below",
                "is missing",
                "Say below which share of a patient's minutes seconds_saved may not go",
            )
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
            faults.add(
                f"{where}.durations",
                f"{', '.join(value.durations)} have different numbers of repeats",
                "Name durations of the same step",
            )
    elif isinstance(value, Estimate):
        if not value.range:
            if value.evidence == "assumed":
                faults.add(
                    f"{where}.range", "is missing", "An assumed number says what range to sweep"
                )
        elif not value.range[0] <= value.value <= value.range[1]:
            faults.add(
                where,
                f"{value.value} is outside its own range {list(value.range)}",
                "Change the value or the range",
            )
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
            faults.add(
                where,
                "is stated, but nobody gets worse here",
                "Describe `worsening` in the pathway, or leave it out",
            )
        elif not pathway.rounds:
            faults.add(
                where,
                "is stated, but nobody here acts on an alarm",
                "Describe `rounds` in the pathway (active: false, and let an arm switch them on), or leave it out",
            )
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
        faults.add(
            f"{where}.ai.name",
            f"'{ai.name}' is the nurse's name too, so both would have the same random variates",
            "Give the ai a name of its own",
        )
    if ai.same_draw_as not in (None, nurse.name):
        faults.add(
            f"{where}.ai.same_draw_as",
            f"is '{ai.same_draw_as}', who does not label",
            f"Name '{nurse.name}', or leave it out",
        )
    if nurse.same_draw_as is not None:
        faults.add(
            f"{NURSE_PATH}.labels.same_draw_as",
            "is stated",
            "Leave it out: the nurse's draw is her own",
        )
    shares_stated = find_stated(policy, "acceptance", "switching")
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
    for name in find_stated(policy, *names):
        faults.add(
            f"{where}.{name}",
            f"is stated but there is no {what.partition(' ')[2]}",
            f"Add {what}, or leave it out",
        )


def _answers(policy: Policy, pathway: Pathway, where: str, faults: Faults) -> None:
    """Faults of how the AI answers: slowness, degraded answers, drift, labels beside the nurse's."""
    if policy.slow_under_load:
        always = [
            name
            for name in policy.slow_under_load.durations
            if name in durations_of_triage(pathway)
        ]
        if always:
            faults.add(
                f"{where}.slow_under_load.durations",
                f"name {', '.join(always)}, which triage takes whether many wait or not",
                "Name the duration of a step that the route comes to while many wait (tool_late)",
            )
    needed = [TOOL_CAN_FAIL] if find_stated(policy, "degraded", "slow_under_load") else []
    for name in (*needed, *([ACUITY_BY_DEGRADED_TOOL] if policy.degraded else [])):
        if name not in pathway.attributes:
            faults.add(
                f"attributes.{name}",
                "is missing",
                f"{where} needs it: describe it, and route by it",
            )
    if policy.beside_nurse:
        by_matrix = find_stated(policy, "drift", "degraded")
        by_matrix += ["abstains.beyond"] if policy.abstains and policy.abstains.beyond else []
        for name in by_matrix:
            faults.add(
                f"{where}.{name}",
                "is stated beside ai.beside_nurse",
                "State a matrix, or leave one of them out",
            )
    if policy.drift and policy.ai:
        others = {"the ai's matrix": policy.ai.matrix, "degraded": policy.degraded}
        for what, matrix in others.items():
            unlike = _groups(policy.drift.towards) ^ _groups(matrix) if matrix else set()
            if unlike:
                names = ", ".join(f"{name} {category}" for name, category in sorted(unlike))
                faults.add(
                    f"{where}.drift.towards.by_group",
                    f"and {what} have not the same groups: {names}",
                    "State the same groups in both",
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
            faults.add(
                f"{where}.{name}",
                f"names no arrival source, but there is {what}",
                "Name the sources it covers",
            )
        if not present and sources:
            faults.add(
                f"{where}.{name}", f"names arrival sources, but there is not {what}", "Leave it out"
            )


def _action(
    action: TriageAction, pathway: Pathway, actions: Sequence[str], where: str, faults: Faults
) -> None:
    """Faults of an action that the department lacks, that sets nothing off, or that suits or covers nobody."""
    if not actions:
        faults.add(
            f"{where}.sets",
            f"is '{action.sets}', but the department has no action",
            "Describe one (kind: action) and route by it, or choose a policy without actions",
        )
    elif action.sets in actions:
        nothing, *something = pathway.categories(action.sets)
        if action.to == nothing:
            faults.add(
                f"{where}.to",
                f"is '{action.to}', which means that nothing is set off",
                f"Name one of {', '.join(something)}",
            )
        else:
            faults.known(f"{where}.to", action.to, something, what="category")
    if not action.suited:
        faults.add(
            f"{where}.suited",
            "names no attribute",
            "Say which categories of which attribute it suits",
        )
    for name in action.suited:
        if name == ACUITY_GIVEN or name in actions:
            faults.add(
                f"{where}.suited.{name}",
                f"is by '{name}', which triage decides itself",
                "Name what is true of the patient",
            )
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
        faults.add(
            f"{where}.actions",
            f"are set off by a tool that can fail ({names})",
            f"Compare outages and actions {remedy}",
        )
    if failing and policy.ai and leans:
        faults.add(
            f"{where}.ai",
            f"gives labels that {', '.join(leans)} lean on, and can fail ({names})",
            f"Compare outages and label_weight {remedy}",
        )


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
