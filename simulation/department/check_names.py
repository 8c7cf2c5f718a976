"""The part of the check about names: what is named exists, no name stands for two things, and none is nearly another.

Types say what a text is the name of (`config_dataclass.Names`); here are the names that there are (`context_of`), and
the rules of names that need the whole department. Attributes are drawn in their order, so each may depend on earlier
ones alone. Outcomes and points in time may have any name. A misspelt `left` or `seen_at` would pass as a new one, and
nobody would have left, or there would be no wait for a first clinician: so names that nearly match one with a meaning
are faults.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from simulation.department.config_dataclass import Context, Names, find_repeated, list_entries
from simulation.department.durations import attributes_of
from simulation.department.graph import WORSENING, label_dependent, request_of
from simulation.department.own_measures import LEVELS_1_2
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ACUITY_TRUE,
    ANY_CLASS,
    ARRIVAL_SOURCE,
    Action,
    Choice,
    Given,
    Pathway,
)
from simulation.errors import Fault, near_match, nearest
from simulation.records.schema import ADMITTED, IN_BUILDING, LEFT, Patients

SEPARATORS = ("/", "+", ":", ".")
"""Signs that `patients` joins the names of its random streams with."""
OUTCOMES = (ADMITTED, LEFT, "discharged")
POINTS = (
    "assessed_at", "triaged_at", "handed_over_at", "seen_at", "looked_at", "stream_looked_at", "decided_at",
    "departed_at", "bed_held_at", "bed_given_back_at", "early_test_at", "early_result_at",
)  # fmt: skip
"""Points in time that measures are about."""
NEAR_OUTCOME, NEAR_POINT = 0.85, 0.87
"""How alike two words are, from 0 to 1, for one to be taken for a misspelling of the other."""


def context_of(pathway: Pathway) -> Context:
    """The names of a department, by kind, and the categories of its sound attributes."""
    return Context(pathway, names_of(pathway), categories_of(pathway))


def names_of(pathway: Pathway) -> Mapping[str, Collection[str]]:
    """The names of everything in a department, by kind (`Names.what`) or by what else a name is among."""
    classes, attributes = pathway.priority.classes, pathway.attributes
    levels = attributes.get(ACUITY_TRUE)
    actions = [name for name, attribute in attributes.items() if isinstance(attribute, Action)]
    return {
        "node": pathway.nodes(),
        "step": pathway.steps,
        "step that counts since a clock": [
            name for name, step in pathway.steps.items() if step.since
        ],
        "loop": pathway.loops,
        "clock": dict.fromkeys(
            clock for step in pathway.steps.values() for clock in step.starts_clock
        ),
        "pool": pathway.pools,
        "duration": pathway.durations,
        "outage": pathway.outages,
        "profile": pathway.profiles,
        "day factor": pathway.day_factors,
        "class": classes,
        "rank": (*classes, ANY_CLASS),
        "arrivals": pathway.arrivals,
        "arrival source": pathway.categories(ARRIVAL_SOURCE),
        "attribute": (ARRIVAL_SOURCE, *attributes),
        "own attribute": attributes,
        "attribute or acuity now": (ARRIVAL_SOURCE, *attributes, ACUITY_NOW),
        "level": getattr(levels, "categories", ()),
        **({"action": actions} if actions else {}),
    }


def categories_of(pathway: Pathway) -> Mapping[str, Sequence[str]]:
    """The categories of every sound attribute and of the acuity now."""
    categories: dict[str, Sequence[str]] = {
        name: pathway.categories(name) for name in (ARRIVAL_SOURCE, ACUITY_NOW)
    }
    for name, attribute in pathway.attributes.items():
        like = getattr(attribute, "like", None)
        is_stated = not isinstance(attribute, Given) or (like is None) != (not attribute.categories)
        if not _is_taken(name) and is_stated and like in (None, *categories):
            categories[name] = pathway.categories(name)
    return categories


def _is_taken(attribute: str) -> bool:
    return attribute in (ARRIVAL_SOURCE, ACUITY_NOW) or attribute.startswith("coin:")


def order_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each attribute whose name is taken, or that is described after the one that uses it."""
    described = {ARRIVAL_SOURCE}
    for name, attribute in pathway.attributes.items():
        where = f"attributes.{name}"
        used = [
            (entry.where, entry.value)
            for entry in list_entries(attribute, where)
            if isinstance(entry.value, str)
            and any(isinstance(rule, Names) and rule.what == "attribute" for rule in entry.rules)
        ]
        if getattr(attribute, "label_weight", 0):
            used.append((f"{where}.label_weight", ACUITY_GIVEN))
        for place, other in used:
            if other in pathway.attributes and other not in described:
                yield Fault(
                    place,
                    f"'{other}' is used before it is described",
                    f"Move attributes.{other} above it: attributes are drawn in their order",
                    breaks="attribute",
                )
        if _is_taken(name):
            yield Fault(
                where, f"the name '{name}' is taken", "Choose another name", breaks="attribute"
            )
        else:
            described.add(name)


def taken_name_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each name that random streams, nodes, sources or columns of a table cannot have."""
    drawn = (
        "arrivals",
        "present",
        "attributes",
        "durations",
        "day_factors",
        "lasting_factors",
        "outages",
    )
    for section in (*drawn, "branches", "steps"):
        for name in getattr(pathway, section):
            sign = next((separator for separator in SEPARATORS if separator in name), None)
            if sign and not name.startswith("coin:"):  # `order_faults` refuses that prefix
                yield Fault(
                    f"{section}.{name}",
                    f"the name holds '{sign}'",
                    "Random streams are named with it: leave it out of names",
                )
    for section in ("arrivals", "present"):
        for name in sorted({"day", "lasting", "outage"} & set(getattr(pathway, section))):
            yield Fault(
                f"{section}.{name}",
                f"the name '{name}' is taken",
                "Choose another name",
                breaks="attribute",
            )
    kinds = ("steps", "branches", "loops", "ends")
    for name in find_repeated([name for kind in kinds for name in getattr(pathway, kind)]):
        owners = [kind for kind in kinds if name in getattr(pathway, kind)]
        yield Fault(
            f"{owners[0]}.{name}",
            f"{owners[1]} has a '{name}' too",
            "Names are unique across steps, branches, loops and ends: rename one",
            breaks="node",
        )
    for name in find_repeated([*pathway.arrivals, *pathway.present]):
        yield Fault(
            f"present.{name}",
            f"arrivals has a '{name}' too",
            "Rename one: both are sources of patients",
            breaks="attribute",
        )
    columns = dict.fromkeys(Patients.required, "every table of patients")
    columns |= dict.fromkeys(
        WORSENING if pathway.worsening else (), "the points in time of worsening"
    )
    attributes = {
        f"attributes.{name}": name for name in pathway.attributes if name != ARRIVAL_SOURCE
    }
    yield from _of_columns(attributes.items(), columns)
    columns |= dict.fromkeys(pathway.attributes, "an attribute")
    yield from _of_columns(_recorded(pathway), columns)


def _of_columns(names: Iterable[tuple[str, str]], columns: Mapping[str, str]) -> Iterator[Fault]:
    for where, name in names:
        if name in columns:
            yield Fault(
                where, f"the name '{name}' is taken by {columns[name]}", "Choose another name"
            )


def _recorded(pathway: Pathway) -> Iterator[tuple[str, str]]:
    """Where each point in time is recorded, and its name."""
    for section in ("steps", "ends"):
        for node_name, node in getattr(pathway, section).items():
            yield from ((f"{section}.{node_name}.records", point) for point in node.records)


def meant_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each outcome and point in time that nearly matches one with a meaning, and for each group of
    patients with the name of another."""
    for name, end in pathway.ends.items():
        where, found = (
            f"ends.{name}.outcome",
            f"the outcome '{end.outcome}' has no meaning to measures",
        )
        word = near_match(end.outcome, OUTCOMES, near=NEAR_OUTCOME)
        if end.outcome == IN_BUILDING:
            yield Fault(
                where, f"'{IN_BUILDING}' is of those who have not left", "Choose another word"
            )
        elif word:
            yield Fault(
                where, found, f"Did you mean '{word}'? Else choose a word that is less like it"
            )
    recorded = {point: where for where, point in _recorded(pathway)}
    absent = [point for point in POINTS if point not in recorded]
    for point, where in recorded.items():
        known = None if point in POINTS else near_match(point, absent, near=NEAR_POINT)
        if known:
            yield Fault(
                where,
                f"the point in time '{point}' has no meaning to measures, and '{known}' is recorded nowhere",
                f"Did you mean '{known}'? Else choose a name that is less like it",
            )
    levels = pathway.attributes.get(ACUITY_TRUE)
    attribute, both = LEVELS_1_2.split("=")
    if isinstance(levels, Choice) and both in levels.categories:
        yield Fault(
            f"attributes.{attribute}.categories",
            f"'{LEVELS_1_2}' is the group of the first two levels together",
            "Choose another name for the level",
        )


def label_lean_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each attribute that minutes depend on and that depends on the label."""
    by_label = label_dependent(pathway)
    for name, duration in pathway.durations.items():
        for attribute in sorted(attributes_of(duration.mean).intersection(by_label)):
            yield Fault(
                f"durations.{name}.mean",
                f"'{attribute}' depends on the label (label_weight)",
                "Let it depend on something else: minutes are drawn before anybody labels",
            )


def unused_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each pool that no step asks for and each duration that no step takes; often a name is misspelt.

    Called when all else is sound, because a name that is misspelt in a step leaves the right one unused.
    """
    asked = {pool for step in pathway.steps.values() for part in request_of(step) for pool in part}
    needed = {name for step in pathway.steps.values() for name in step.minutes}
    needed |= {clock.minutes for clock in (pathway.patience, pathway.worsening) if clock}
    needed |= {
        duration.same_draw_as
        for duration in pathway.durations.values()
        if duration.same_draw_as is not None
    }
    for section, names, used, what in (
        ("pools", pathway.pools, asked, "no step asks for it"),
        ("durations", pathway.durations, needed, "no step takes it"),
    ):
        for name in names:
            if name not in used:
                hint = nearest(name, sorted(used)) if used else ""
                guess = f"{hint} " if hint.startswith("Did you mean") else ""
                yield Fault(f"{section}.{name}", what, f"{guess}Name it in a step, or leave it out")
