"""The part of `check` about names: what is named exists, and no name stands for two things.

Types say what a text is the name of (`config_dataclass.Names`); here they are walked once. Attributes are drawn in
their order, so each may depend on earlier ones alone.

Outcomes and points in time may have any name. A misspelt `left` or `seen_at` would pass as a new one, and nobody would
have left, or there would be no wait for a first clinician: so names that nearly match one with a meaning are faults.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from simulation.department.config_dataclass import Entry, walk
from simulation.department.graph import WORSENING, attributes_of, request_of, waits
from simulation.department.own_measures import LEVELS_1_2
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    Action,
    Chance,
    Choice,
    Given,
    Pathway,
)
from simulation.errors import Faults, near_match, nearest
from simulation.records.schema import ADMITTED, IN_BUILDING, LEFT, Patients

SEPARATORS = ("/", "+", ":", ".")
"""Signs that `patients` joins the names of its random streams with."""
ANY_CLASS = "acuity"
"""The value of `ranks_as` that ranks by the patient's acuity now; no class may have this name."""
OUTCOMES = (ADMITTED, LEFT, "discharged")
POINTS = (
    "assessed_at", "triaged_at", "handed_over_at", "seen_at", "looked_at", "stream_looked_at", "decided_at",
    "departed_at", "bed_held_at", "bed_given_back_at", "early_test_at", "early_result_at",
)  # fmt: skip
"""Points in time that measures are about."""
NEAR_OUTCOME, NEAR_POINT = 0.85, 0.87
"""How alike two words are, from 0 to 1, for one to be taken for a misspelling of the other."""

Categories = Mapping[str, Sequence[str]]
Known = Mapping[str, Collection[str]]


def check_names(pathway: Pathway, faults: Faults) -> Categories:
    """Add the faults of names that something has; return the categories of every sound attribute, and of the acuity
    now. What is named elsewhere is left to `check_name`."""
    _own_names(pathway, faults)
    _meant(pathway, faults)
    return _attributes(pathway, faults)


def names_of(pathway: Pathway) -> Known:
    """The names of everything in a department, by kind (`Names.what`) or by what else a name is among."""
    classes = pathway.priority.classes
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
        "attribute": (ARRIVAL_SOURCE, *pathway.attributes),
        "own attribute": pathway.attributes,
        "attribute or acuity now": (ARRIVAL_SOURCE, *pathway.attributes, ACUITY_NOW),
    }


def check_name(entry: Entry, known: Known, categories: Categories, faults: Faults) -> None:
    """Add a fault if an entry of a configuration is an unknown name, or leaves out a category that it needs.

    Categories of an unknown attribute are passed over: the attribute has a fault of its own.
    """
    names, value = entry.names, entry.value
    if not names:
        return
    allowed = (
        categories.get(entry.of)
        if names.what == "category"
        else known.get(names.among or names.what)
    )
    if allowed is None:
        return
    if isinstance(value, str) and value not in allowed:
        faults.known(entry.where, value, allowed, what=names.what)
    elif value == () and names.what == "category":
        faults.add(entry.where, "names no category", f"Name some of {listed(allowed)}")
    elif (
        names.every
        and isinstance(value, Mapping)
        and getattr(entry.holder, "otherwise", None) is None
    ):
        missing = [name for name in allowed if name not in value]
        if missing:
            remedy = f"Name every category of {entry.of}, or give `otherwise` where the vocabulary has it"
            faults.add(entry.where, f"nothing for {listed(missing)}", remedy, breaks="attribute")


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, in the order of their second occurrence."""
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)


def listed(names: Iterable[str]) -> str:
    """Names in quotes, joined by commas: "'a', 'b', 'c'"."""
    return ", ".join(f"'{name}'" for name in names)


def check_profile_or_queue(pathway: Pathway, entry: Entry, faults: Faults) -> None:
    """Add a fault for a profile of the wrong length, for a step at which nobody can wait, and for no step at all."""
    where, name = entry.where, entry.value
    if entry.names is None or entry.names.what not in ("profile", "step"):
        return
    if name == ():
        faults.add(where, "no step is named", "Name the steps whose waiting patients count")
    elif entry.names.what == "profile" and name in pathway.profiles:
        n = len(pathway.profiles[str(name)].weights)
        if n not in entry.names.sizes:
            needed = " or ".join(map(str, entry.names.sizes))
            faults.add(where, f"profile '{name}' has {n} weights", f"It needs {needed} here")
    elif (
        entry.names.what == "step" and name in pathway.steps and not waits(pathway.steps[str(name)])
    ):
        faults.add(
            where,
            f"nobody waits at '{name}': it asks for nothing",
            "Name a step that asks for a pool",
        )


def _attributes(pathway: Pathway, faults: Faults) -> Categories:
    """The categories of every sound attribute and of the acuity now; adds the faults of attributes."""
    categories: dict[str, Sequence[str]] = {
        ARRIVAL_SOURCE: pathway.categories(ARRIVAL_SOURCE),
        ACUITY_NOW: tuple(pathway.priority.classes),
    }
    described = {ARRIVAL_SOURCE}
    for name, attribute in pathway.attributes.items():
        where = f"attributes.{name}"
        for entry in walk(attribute, where):
            if entry.names and entry.names.what == "attribute" and isinstance(entry.value, str):
                _earlier(pathway, faults, described, entry.where, entry.value)
        if name in (ARRIVAL_SOURCE, ACUITY_NOW) or name.startswith("coin:"):
            faults.add(
                where, f"the name '{name}' is taken", "Choose another name", breaks="attribute"
            )
            continue
        for category in repeated(getattr(attribute, "categories", ())):
            faults.add(
                f"{where}.categories", f"'{category}' is there twice", "Name each category once"
            )
        if isinstance(attribute, Given) and (attribute.like is None) == (not attribute.categories):
            remedy = "Give the attribute that it is like, or categories of its own"
            faults.add(
                where, "not exactly one of `like` and `categories`", remedy, breaks="attribute"
            )
        elif getattr(attribute, "like", None) in (None, *categories):
            categories[name] = pathway.categories(name)
        if isinstance(attribute, Action):
            _action(pathway, faults, f"{where}.only", attribute)
        elif isinstance(attribute, Chance) and attribute.label_weight:
            _label_weight(pathway, faults, described, f"{where}.label_weight", attribute)
        described.add(name)
    return categories


def _earlier(pathway: Pathway, faults: Faults, described: set[str], where: str, name: str) -> None:
    """Add a fault if an attribute is described after the one that uses it."""
    if name in pathway.attributes and name not in described:
        remedy = f"Move attributes.{name} above it: attributes are drawn in their order"
        faults.add(where, f"'{name}' is used before it is described", remedy, breaks="attribute")


def _label_weight(
    pathway: Pathway, faults: Faults, described: set[str], where: str, chance: Chance
) -> None:
    """Add a fault unless the chance depends on the true acuity and the label is described before it."""
    if ACUITY_TRUE not in attributes_of(chance.p):
        remedy = f"Let a factor of p go by {ACUITY_TRUE}, or leave it out"
        faults.add(where, f"p does not depend on {ACUITY_TRUE}", remedy)
    if ACUITY_GIVEN not in pathway.attributes:
        faults.add(
            where,
            f"there is no {ACUITY_GIVEN}",
            f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}",
        )
    _earlier(pathway, faults, described, where, ACUITY_GIVEN)


def _action(pathway: Pathway, faults: Faults, where: str, action: Action) -> None:
    """Add a fault for each other action that an action depends on."""
    for name in action.only:
        if isinstance(pathway.attributes.get(name), Action):
            remedy = "Name an attribute of the patient: one action does not wait for another"
            faults.add(f"{where}.{name}", f"'{name}' is an action itself", remedy)


def _own_names(pathway: Pathway, faults: Faults) -> None:
    """Add a fault for each name that random streams, nodes, sources or columns of a table cannot have."""
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
            if sign and not name.startswith("coin:"):  # `_attributes` refuses that prefix
                remedy = "Random streams are named with it: leave it out of names"
                faults.add(f"{section}.{name}", f"the name holds '{sign}'", remedy)
    for section in ("arrivals", "present"):
        for name in sorted({"day", "lasting", "outage"} & set(getattr(pathway, section))):
            faults.add(
                f"{section}.{name}",
                f"the name '{name}' is taken",
                "Choose another name",
                breaks="attribute",
            )
    kinds = ("steps", "branches", "loops", "ends")
    for name in repeated([name for kind in kinds for name in getattr(pathway, kind)]):
        owners = [kind for kind in kinds if name in getattr(pathway, kind)]
        remedy = "Names are unique across steps, branches, loops and ends: rename one"
        faults.add(f"{owners[0]}.{name}", f"{owners[1]} has a '{name}' too", remedy, breaks="node")
    for name in repeated([*pathway.arrivals, *pathway.present]):
        remedy = "Rename one: both are sources of patients"
        faults.add(f"present.{name}", f"arrivals has a '{name}' too", remedy, breaks="attribute")
    if ANY_CLASS in pathway.priority.classes:
        remedy = f"Rename it: `ranks_as: {ANY_CLASS}` means the patient's acuity now"
        faults.add(f"priority.classes.{ANY_CLASS}", "a class has a reserved name", remedy)
    columns = dict.fromkeys(Patients.required, "every table of patients")
    columns |= dict.fromkeys(
        WORSENING if pathway.worsening else (), "the points in time of worsening"
    )
    attributes = {
        f"attributes.{name}": name for name in pathway.attributes if name != ARRIVAL_SOURCE
    }
    _taken(attributes.items(), columns, faults)
    _taken(_recorded(pathway), columns | dict.fromkeys(pathway.attributes, "an attribute"), faults)


def _taken(names: Iterable[tuple[str, str]], columns: Mapping[str, str], faults: Faults) -> None:
    for where, name in names:
        if name in columns:
            faults.add(
                where, f"the name '{name}' is taken by {columns[name]}", "Choose another name"
            )


def _recorded(pathway: Pathway) -> Iterator[tuple[str, str]]:
    """Where each point in time is recorded, and its name."""
    for section in ("steps", "ends"):
        for node_name, node in getattr(pathway, section).items():
            yield from ((f"{section}.{node_name}.records", point) for point in node.records)


def _meant(pathway: Pathway, faults: Faults) -> None:
    """Add a fault for each outcome and point in time that nearly matches one with a meaning, and for each group of
    patients with the name of another."""
    for name, end in pathway.ends.items():
        where, found = (
            f"ends.{name}.outcome",
            f"the outcome '{end.outcome}' has no meaning to measures",
        )
        word = near_match(end.outcome, OUTCOMES, near=NEAR_OUTCOME)
        if end.outcome == IN_BUILDING:
            faults.add(
                where, f"'{IN_BUILDING}' is of those who have not left", "Choose another word"
            )
        elif word:
            faults.add(
                where, found, f"Did you mean '{word}'? Else choose a word that is less like it"
            )
    recorded = {point: where for where, point in _recorded(pathway)}
    absent = [point for point in POINTS if point not in recorded]
    for point, where in recorded.items():
        known = None if point in POINTS else near_match(point, absent, near=NEAR_POINT)
        if known:
            found = f"the point in time '{point}' has no meaning to measures, and '{known}' is recorded nowhere"
            faults.add(
                where, found, f"Did you mean '{known}'? Else choose a name that is less like it"
            )
    levels = pathway.attributes.get(ACUITY_TRUE)
    attribute, both = LEVELS_1_2.split("=")
    if isinstance(levels, Choice) and both in levels.categories:
        found = f"'{LEVELS_1_2}' is the group of the first two levels together"
        faults.add(f"attributes.{attribute}.categories", found, "Choose another name for the level")


def unused_names(pathway: Pathway, faults: Faults) -> None:
    """Add a fault for each pool that no step asks for and each duration that no step takes; often a name is misspelt.

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
                faults.add(f"{section}.{name}", what, f"{guess}Name it in a step, or leave it out")
