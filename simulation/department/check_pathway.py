"""Check a pathway: every fault at once, by dotted path and by name, before anything runs.

Types and ranges of single values are checked as a configuration is validated. What else a value or a block may not be
is stated where it is (`config_dataclass`): one walk asks all these rules. The rules that need the whole department are
functions, listed in `check_pathway`: names; the route (which nodes can be reached, and whether patients get out); pools
(what is held while waiting for what, and whether anybody is on duty). A later one is left out if an earlier one has a
fault that it would only repeat. Load is not checked here (`study.department_warnings` does that), and nothing is drawn.

User-defined measures and groups come last: the names that they use exist. Reading order: this file, then `check_names`
and `check_routes`.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from simulation.department.check_names import (
    context_of,
    label_lean_faults,
    meant_faults,
    order_faults,
    taken_name_faults,
    unused_faults,
)
from simulation.department.check_routes import (
    carried_faults,
    deadlock_faults,
    explore,
    route_faults,
    staffing_faults,
)
from simulation.department.config_dataclass import Entry, list_entries, rule_faults, value_faults
from simulation.department.graph import dated_in, reachable
from simulation.department.own_measures import (
    ARRIVED_AT,
    EVERYBODY,
    LEVELS_1_2,
    CombinedGroup,
    OwnGroup,
    OwnMeasure,
)
from simulation.department.vocabulary import ACUITY_TRUE, ARRIVAL_SOURCE, Age, Pathway
from simulation.errors import Fault, Faults
from simulation.units import years_of
from simulation.wording import listed_with_and


def check_pathway(pathway: Pathway) -> tuple[Fault, ...]:
    """Every fault of a pathway; empty if it is sound."""
    entries = list_entries(pathway)
    faults = Faults(taken_name_faults(pathway))
    for rule in (meant_faults, order_faults, label_lean_faults):
        faults += rule(pathway)
    faults += rule_faults(entries, context_of(pathway))
    faults += value_faults(entries)
    broken = {fault.breaks for fault in faults}
    if not broken & {"node", "attribute"}:
        faults += route_faults(pathway)
        if not broken & {"pool", "hours", "step", "step that counts since a clock"}:
            explored = explore(pathway)
            clocks = explored.follows_categories and "clock" not in broken
            faults += carried_faults(pathway, explored, clocks=clocks)
            faults += deadlock_faults(pathway, explored)
            faults += staffing_faults(pathway)
    if not faults:
        faults += unused_faults(pathway)
        check_own(pathway, faults, pathway.measures, pathway.groups)
    return tuple(faults)


def unlike_faults(pathway: Pathway, other: Pathway, where: str) -> Iterator[Fault]:
    """A fault if a structure's department has other steps or pools than that of another structure."""
    for section in ("steps", "pools"):
        if names := sorted(getattr(pathway, section).keys() ^ getattr(other, section).keys()):
            yield Fault(
                where,
                f"it and the first do not both have the {section} {listed_with_and(names)}",
                "Give both the same: who is asked for, and when, may differ",
            )


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
NAME_WORDS = "Use up to 100 letters (a to z), digits, _ and -; a letter or a digit first"


def check_own(
    pathway: Pathway,
    faults: Faults,
    measures: Mapping[str, OwnMeasure],
    groups: Mapping[str, OwnGroup],
    *,
    where: str = "",
    beside: Mapping[str, OwnGroup] | None = None,
) -> None:
    """Add the faults of user-defined measures and groups of a department that has no other fault.

    `where`: the prefix of their dotted paths; `beside`: groups defined elsewhere that they may name.
    """
    all_groups = {**(beside or {}), **groups}
    categories = {
        name: kind.spans if isinstance(kind, Age) else pathway.categories(name)
        for name, kind in pathway.attributes.items()
    }
    categories[ARRIVAL_SOURCE] = pathway.attending
    of_attributes = [
        f"{attribute}={category}" for attribute, names in categories.items() for category in names
    ]
    both_levels = [LEVELS_1_2] if len(categories.get(ACUITY_TRUE, ())) >= 3 else []
    context = context_of(pathway)
    names = {
        **context.names,
        "point in time": (ARRIVED_AT, *dated_in(pathway)),
        "outcome": dict.fromkeys(end.outcome for end in pathway.ends.values()),
        "group": (EVERYBODY, *all_groups, *of_attributes, *both_levels),
    }
    context = context._replace(names=names, categories=categories)
    for section, own in (("groups", groups), ("measures", measures)):
        for name, block in own.items():
            place = f"{where}{section}.{name}"
            if not NAME.fullmatch(name):
                faults.add(place, f"'{name}' is not a name", NAME_WORDS)
            entries = list_entries(block, place)
            faults += rule_faults(
                [entry for entry in entries if not _is_of_ages(pathway, entry)], context
            )
            faults += value_faults(entries)
    for name, group in groups.items():
        if name == EVERYBODY:
            faults.add(
                f"{where}groups.{name}",
                f"the name '{name}' is taken by everybody",
                "Choose another name",
            )
        if name in _members(group, all_groups):
            faults.add(
                f"{where}groups.{name}",
                "the group is part of itself",
                "Leave it out of the groups that it is made of",
            )


def _is_of_ages(pathway: Pathway, entry: Entry) -> bool:
    """Whether an entry is a span of an attribute of kind `age`, as a category (`75-84`) or a group (`age=75-84`)."""
    attribute, _, span = str(entry.value).rpartition("=")
    return isinstance(pathway.attributes.get(attribute or entry.of), Age) and bool(years_of(span))


def _members(group: OwnGroup, groups: Mapping[str, OwnGroup]) -> Collection[str]:
    """The user-defined groups that a group is made of, at any depth."""

    def named(part: OwnGroup) -> list[str]:
        return (
            [name for name in part.groups if name in groups]
            if isinstance(part, CombinedGroup)
            else []
        )

    return reachable(named(group), lambda name: named(groups[name])).keys()
