"""The part of the check about single values: names, numbers, clock times, and keys that go together, outside the route.

**Names.** What is named exists, and no name stands for two things. Types say what a text is the name of
(`config_dataclass.Names`); here they are walked once. Attributes are drawn in their order, so each may depend on
earlier ones alone. Outcomes and points in time may have any name. A misspelt `left` or `seen_at` would pass as a new
one, and nobody would have left, or there would be no wait for a first clinician: so names that nearly match one with a
meaning are faults.

**Numbers.** No real department is beyond the bounds below. They prevent a slip (a figure with too many zeros, minutes
entered for days) from exhausting memory or overflowing an integer.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from simulation.department.config_dataclass import Entry, Sourced, list_entries
from simulation.department.durations import Amount, Number
from simulation.department.graph import WORSENING, attributes_of, label_dependent, request_of, waits
from simulation.department.own_measures import LEVELS_1_2
from simulation.department.rota import parse_clock, parse_days, parse_hours
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    Action,
    Age,
    ArrivalSource,
    Attribute,
    Chance,
    Choice,
    Follows,
    Given,
    LastingFactor,
    Opens,
    Outage,
    Pathway,
    Pool,
    Present,
    Profile,
    RandomOutages,
    StatedOutages,
    Trigger,
)
from simulation.errors import Faults, near_match, nearest
from simulation.records.schema import ADMITTED, IN_BUILDING, LEFT, Patients
from simulation.units import years_of

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
        faults.add(entry.where, "names no category", f"Name some of {quote_names(allowed)}")
    elif (
        names.every
        and isinstance(value, Mapping)
        and getattr(entry.holder, "otherwise", None) is None
    ):
        missing = [name for name in allowed if name not in value]
        if missing:
            faults.add(
                entry.where,
                f"nothing for {quote_names(missing)}",
                f"Name every category of {entry.of}, or give `otherwise` where the vocabulary has it",
                breaks="attribute",
            )


def find_repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, in the order of their second occurrence."""
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)


def quote_names(names: Iterable[str]) -> str:
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
        for entry in list_entries(attribute, where):
            if entry.names and entry.names.what == "attribute" and isinstance(entry.value, str):
                _earlier(pathway, faults, described, entry.where, entry.value)
        if name in (ARRIVAL_SOURCE, ACUITY_NOW) or name.startswith("coin:"):
            faults.add(
                where, f"the name '{name}' is taken", "Choose another name", breaks="attribute"
            )
            continue
        for category in find_repeated(getattr(attribute, "categories", ())):
            faults.add(
                f"{where}.categories", f"'{category}' is there twice", "Name each category once"
            )
        if isinstance(attribute, Given) and (attribute.like is None) == (not attribute.categories):
            faults.add(
                where,
                "not exactly one of `like` and `categories`",
                "Give the attribute that it is like, or categories of its own",
                breaks="attribute",
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
        faults.add(
            where,
            f"'{name}' is used before it is described",
            f"Move attributes.{name} above it: attributes are drawn in their order",
            breaks="attribute",
        )


def _label_weight(
    pathway: Pathway, faults: Faults, described: set[str], where: str, chance: Chance
) -> None:
    """Add a fault unless the chance depends on the true acuity and the label is described before it."""
    if ACUITY_TRUE not in attributes_of(chance.p):
        faults.add(
            where,
            f"p does not depend on {ACUITY_TRUE}",
            f"Let a factor of p go by {ACUITY_TRUE}, or leave it out",
        )
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
            faults.add(
                f"{where}.{name}",
                f"'{name}' is an action itself",
                "Name an attribute of the patient: one action does not wait for another",
            )


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
                faults.add(
                    f"{section}.{name}",
                    f"the name holds '{sign}'",
                    "Random streams are named with it: leave it out of names",
                )
    for section in ("arrivals", "present"):
        for name in sorted({"day", "lasting", "outage"} & set(getattr(pathway, section))):
            faults.add(
                f"{section}.{name}",
                f"the name '{name}' is taken",
                "Choose another name",
                breaks="attribute",
            )
    kinds = ("steps", "branches", "loops", "ends")
    for name in find_repeated([name for kind in kinds for name in getattr(pathway, kind)]):
        owners = [kind for kind in kinds if name in getattr(pathway, kind)]
        faults.add(
            f"{owners[0]}.{name}",
            f"{owners[1]} has a '{name}' too",
            "Names are unique across steps, branches, loops and ends: rename one",
            breaks="node",
        )
    for name in find_repeated([*pathway.arrivals, *pathway.present]):
        faults.add(
            f"present.{name}",
            f"arrivals has a '{name}' too",
            "Rename one: both are sources of patients",
            breaks="attribute",
        )
    if ANY_CLASS in pathway.priority.classes:
        faults.add(
            f"priority.classes.{ANY_CLASS}",
            "a class has a reserved name",
            f"Rename it: `ranks_as: {ANY_CLASS}` means the patient's acuity now",
        )
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
            faults.add(
                where,
                f"the point in time '{point}' has no meaning to measures, and '{known}' is recorded nowhere",
                f"Did you mean '{known}'? Else choose a name that is less like it",
            )
    levels = pathway.attributes.get(ACUITY_TRUE)
    attribute, both = LEVELS_1_2.split("=")
    if isinstance(levels, Choice) and both in levels.categories:
        faults.add(
            f"attributes.{attribute}.categories",
            f"'{LEVELS_1_2}' is the group of the first two levels together",
            "Choose another name for the level",
        )


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


LARGEST = 1e9
"""The largest number of any kind; in minutes, 1,900 years."""
LARGEST_WHOLE = 1_000_000
"""The largest whole number: units of a pool, patients present, a queue."""
LARGEST_SCALE = 100
"""The largest `scale` or `thinning_bound` of a source: each quarter of its usual arrivals is drawn separately."""
MOST = {"thinning_bound": LARGEST_SCALE, "repeats": 100, "log_sd": 5, "cv": 10}
LEAST = {
    "power": 0.1,
    "mean_up_minutes": 1,
    "mean_down_minutes": 1,
    "every_minutes": 1,
    "decisions_every_minutes": 1,
}
"""The most and the least of a key, in whatever block. At the widest distributions (`log_sd`, `cv`, `power`) one draw in
a hundred is far beyond anything that has been measured. Of an outage a mean of 0 minutes says never."""
PARSERS: dict[str, Callable[[str], object]] = {
    "hours": parse_hours,
    "days": parse_days,
    "at": parse_clock,
}
"""How the texts of these keys are read, in whatever block."""
TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1."""
UNBOOKED_FIELDS = ("by_hour", "by_weekday", "by_month", "day_factor", "surges")
"""Fields of an arrival source whose patients are not booked: they say when patients come."""


def check_numbers(pathway: Pathway, faults: Faults, *, all_finite: bool) -> None:
    """Add the faults of the blocks of a pathway that are no nodes of the route."""
    _each_of(pathway, faults, attributes=_attribute, present=_present, pools=_pool)
    _priority(pathway, faults)
    _each_of(
        pathway, faults, triggers=_trigger, outages=_outage, profiles=_profile, arrivals=_arrivals
    )
    _each_of(pathway, faults, lasting_factors=_lasting, follows=_follows)
    _durations(pathway, faults, all_finite=all_finite)


def _each_of(
    pathway: Pathway, faults: Faults, **checks: Callable[[Pathway, Faults, str, Any], None]
) -> None:
    """Make the check of each section, by its name, for every block in it."""
    for section, check_block in checks.items():
        for name, block in getattr(pathway, section).items():
            check_block(pathway, faults, f"{section}.{name}", block)


def check_value(entry: Entry, faults: Faults) -> bool:
    """Add the fault of a number that cannot be simulated, a text that is no time, or an empty source.

    Whether the value is anything but a number that is not finite.
    """
    where, value = entry.where, entry.value
    if isinstance(value, str):
        if (key := where.rpartition(".")[2]) in PARSERS:
            try:
                PARSERS[key](value)
            except ValueError as error:
                remedy = (
                    "Write a clock time like that, in quotes"
                    if key == "at"
                    else f"Write {key} like that"
                )
                faults.add(where, str(error), remedy, breaks="hours")
    elif isinstance(value, float) and not math.isfinite(value):
        faults.add(where, f"{value} is not a finite number", "Give a finite number")
        return False
    elif isinstance(value, (int, float)):
        key = where.rpartition(".")[2]
        _at_most(faults, where, abs(value), LARGEST_WHOLE if isinstance(value, int) else LARGEST)
        if key == "scale" and isinstance(entry.holder, ArrivalSource):
            _at_most(faults, where, value, LARGEST_SCALE)
        elif key in MOST:
            _at_most(faults, where, value, MOST[key])
        elif key in LEAST and value < LEAST[key] and (value or not key.startswith("mean_")):
            faults.add(
                where, f"{value:g} is less than can be simulated", f"Give {LEAST[key]:g} or more"
            )
    elif isinstance(value, Sourced) and not value.source.strip():
        faults.add(
            f"{where}.source", "the source is empty", "Cite the source, or say why this is assumed"
        )
    return True


def _at_most(faults: Faults, where: str, value: float, most: float) -> None:
    if value > most:
        faults.add(where, f"{value:g} is more than can be simulated", f"Give {most:,.0f} or less")


def largest(number: Number) -> float:
    """The largest value of a number for any patient: with the largest value of each of its factors."""
    if not isinstance(number, Amount):
        return number
    value = number.base
    for factor in number.times:
        value *= max((*factor.values.values(), factor.otherwise or 0.0), default=0.0)
    return value


def _attribute(pathway: Pathway, faults: Faults, where: str, attribute: Attribute) -> None:
    if isinstance(attribute, Choice):
        _choice(faults, where, attribute)
    elif isinstance(attribute, Age):
        _age(faults, where, attribute)
    elif isinstance(attribute, Chance):
        _at_most(faults, f"{where}.p", largest(attribute.p), LARGEST)
        if not isinstance(attribute.p, Amount) and (attribute.p < 0 or attribute.p > 1):
            faults.add(f"{where}.p", f"a probability of {attribute.p:g}", "Give 0 to 1")


def _choice(faults: Faults, where: str, choice: Choice) -> None:
    """Add the faults of shares: whether they depend on another attribute, their number, and their sum."""
    n = len(choice.categories)
    if isinstance(choice.shares, tuple):
        lists: dict[str, Sequence[float]] = {f"{where}.shares": choice.shares}
        if choice.by is not None:
            faults.add(
                f"{where}.shares",
                f"one list, but `by` is '{choice.by}'",
                f"Give one list for each category of {choice.by}, or remove `by`",
            )
    else:
        lists = {f"{where}.shares.{category}": shares for category, shares in choice.shares.items()}
        if choice.by is None:
            faults.add(
                f"{where}.by",
                "shares by category, but no `by`",
                "Name in `by` the attribute whose categories these are",
            )
    for place, shares in lists.items():
        if len(shares) != n:
            faults.add(
                place,
                f"{len(shares)} shares for {n} categories",
                "Give one share for each category",
            )
        else:
            _add_up(faults, place, shares)
    for number, factors in enumerate(choice.times):
        for category, values in factors.values.items():
            if len(values) != n:
                place = f"{where}.times.{number}.values.{category}"
                faults.add(
                    place,
                    f"{len(values)} factors for {n} categories",
                    "Give one factor for each category",
                )


def _add_up(faults: Faults, where: str, shares: Collection[float]) -> None:
    if not abs(sum(shares) - 1) <= TOLERANCE:
        faults.add(where, f"shares add up to {sum(shares):.6g}", "Make them add up to 1")


def _age(faults: Faults, where: str, age: Age) -> None:
    """Add the faults of ages: what is no span of years, years that are in two spans, and sums of shares."""
    for band, shares in age.shares.items():
        _add_up(faults, f"{where}.shares.{band}", shares.values())
    wrong = [span for span in age.spans if not years_of(span)]
    wrong += find_repeated(str(year) for span in age.spans for year in years_of(span))
    if wrong:
        faults.add(
            f"{where}.shares",
            f"no span of years, or a year in two of them: {quote_names(wrong)}",
            "Write the first and the last year, such as 65-74, and each year in one span",
        )


def _durations(pathway: Pathway, faults: Faults, *, all_finite: bool) -> None:
    by_label = label_dependent(pathway)
    for name, duration in pathway.durations.items():
        where = f"durations.{name}"
        if all_finite:
            _at_most(faults, f"{where}.mean", largest(duration.mean) * duration.scale, LARGEST)
        if not isinstance(duration.mean, Amount) and duration.mean < 0:
            faults.add(f"{where}.mean", f"{duration.mean:g} is negative", "Give 0 or more")
        for attribute in sorted(attributes_of(duration.mean).intersection(by_label)):
            faults.add(
                f"{where}.mean",
                f"'{attribute}' depends on the label (label_weight)",
                "Let it depend on something else: minutes are drawn before anybody labels",
            )
        rising = getattr(duration, "rising", (1,))
        if sorted(rising) != list(rising) or not rising[-1] > 0:
            faults.add(
                where,
                f"found {', '.join(f'{value:g}' for value in rising[:5])}",
                "Give minutes in rising order, the last above 0",
            )
        lender = pathway.durations.get(duration.same_draw_as or "")
        if lender and lender.same_draw_as is not None:
            faults.add(
                f"{where}.same_draw_as",
                f"'{duration.same_draw_as}' has the random variates of '{lender.same_draw_as}' itself",
                f"Name '{lender.same_draw_as}' here too",
            )


def _present(pathway: Pathway, faults: Faults, where: str, present: Present) -> None:
    if find_stated(present, "number", "pool", "share") not in (["number"], ["pool", "share"]):
        faults.add(
            where, "not exactly one of `number`, or `pool` with `share`", "Give one of the two"
        )
    if _unlimited(pathway, present.pool):
        faults.add(
            f"{where}.pool",
            f"'{present.pool}' is unlimited",
            "Give a `number`: there is no share of an unlimited pool",
        )


def find_stated(block: object, *keys: str) -> list[str]:
    """Those of some keys of a block that have a value."""
    return [key for key in keys if getattr(block, key) is not None]


def _unlimited(pathway: Pathway, name: str | None) -> bool:
    return name is not None and name in pathway.pools and pathway.pools[name].unlimited


def _pool(pathway: Pathway, faults: Faults, where: str, pool: Pool) -> None:
    sizes = [
        *find_stated(pool, "capacity", "rota", "capacity_per"),
        *(["unlimited"] if pool.unlimited else []),
    ]
    if sizes == ["capacity_per"]:  # one that can be followed has become a rota by now
        followed = pool.capacity_per.pool if pool.capacity_per else ""
        other = pathway.pools.get(followed)
        if other and (other.capacity is not None or other.rota is not None):
            faults.add(
                f"{where}.capacity_per.number",
                "0 is no limit, and here it would mean something else",
                "Name the pool in `asks`, or first in `any_of`, and nowhere else; or give a number above 0",
                breaks="hours",
            )
        else:
            found = f"'{followed}' has no capacity or rota of its own to be followed"
            faults.add(
                f"{where}.capacity_per.pool", found, "Name a pool with one of them", breaks="hours"
            )
    elif len(sizes) != 1:
        remedy = (
            "Give exactly one of `capacity`, `rota`, `unlimited: true`, "
            "`capacity_per: {pool: ..., number: ...}`"
        )
        faults.add(where, f"has {' and '.join(sizes) or 'no size'}", remedy, breaks="hours")
    if pool.rota == ():
        faults.add(f"{where}.rota", "the rota is empty", "Give at least one shift", breaks="hours")
    if pool.unlimited and pool.extra_shifts:
        faults.add(
            f"{where}.extra_shifts", "the pool is unlimited: this changes nothing", "Leave it out"
        )
    if pool.unlimited and pool.closed_while is not None:
        faults.add(
            f"{where}.closed_while",
            "an unlimited pool cannot be closed",
            "Give it a capacity or a rota",
        )
    how_much = find_stated(pool, "closes", "closes_share")
    if how_much and pool.closed_while is None:
        faults.add(
            f"{where}.{how_much[0]}",
            "nothing says when",
            "Name an outage in closed_while, or remove it",
        )
    if len(how_much) > 1:
        faults.add(
            f"{where}.closes",
            "is stated with closes_share",
            "Keep one: so many units, or a share of them",
        )


def _priority(pathway: Pathway, faults: Faults) -> None:
    """Add the faults of the order of classes, of the pull of the target, and of rounds that notice nothing."""
    classes, acuity = tuple(pathway.priority.classes), pathway.attributes.get(ACUITY_TRUE)
    if isinstance(acuity, Choice) and classes[: len(acuity.categories)] != acuity.categories:
        faults.add(
            "priority.classes",
            f"the classes are {quote_names(classes)}",
            f"Begin with the categories of {ACUITY_TRUE}, in their order: {quote_names(acuity.categories)}",
        )
    pull = pathway.priority.target_pull
    if pull and pull.ends_at_minutes <= pull.starts_at_minutes:
        faults.add(
            "priority.target_pull", "ends before it starts", "Make ends_at_minutes the later one"
        )
    if pathway.rounds and not pathway.worsening:
        faults.add(
            "rounds",
            "nobody gets worse, so there is nothing to notice",
            "Describe `worsening`, or remove it",
        )


def _trigger(pathway: Pathway, faults: Faults, where: str, trigger: Trigger) -> None:
    if _unlimited(pathway, trigger.pool):
        faults.add(
            f"{where}.pool",
            f"'{trigger.pool}' is unlimited: this changes nothing",
            "Name a pool with a capacity or a rota",
        )
    if isinstance(trigger, Opens) and trigger.below > trigger.above:
        faults.add(
            f"{where}.below",
            f"below {trigger.below} is more than above {trigger.above}",
            "Close at or below the number above which it opens",
        )
    if isinstance(trigger, Opens) and trigger.stages > 1 and not trigger.stage_every:
        faults.add(
            f"{where}.stage_every",
            f"the {trigger.stages} stages all open at once",
            "Say how many more have to wait for each further stage",
        )


def _outage(pathway: Pathway, faults: Faults, where: str, outage: Outage) -> None:
    if (
        isinstance(outage, RandomOutages)
        and not outage.mean_up_minutes + outage.mean_down_minutes > 0
    ):
        faults.add(
            where,
            "it is neither up nor down: both means are 0",
            "Give mean_up_minutes, mean_down_minutes or both",
        )
    previous_end = 0.0
    for number, span in enumerate(outage.spans if isinstance(outage, StatedOutages) else ()):
        place = f"{where}.spans.{number}"
        if not span.ends_at_minutes > span.starts_at_minutes:
            faults.add(place, "ends before it starts", "Make ends_at_minutes the later one")
        if span.starts_at_minutes < previous_end:
            faults.add(
                place, "starts before an earlier one ends", "Put spans in order of time, and apart"
            )
        previous_end = max(previous_end, span.ends_at_minutes)


def _profile(pathway: Pathway, faults: Faults, where: str, profile: Profile) -> None:
    if not any(profile.weights):
        faults.add(f"{where}.weights", "every weight is 0", "Give at least one above 0")


def _arrivals(pathway: Pathway, faults: Faults, where: str, source: ArrivalSource) -> None:
    if (source.per_day is None) == (not source.booked):
        found = "has both `per_day` and `booked`" if source.booked else "does not say how many come"
        faults.add(where, found, "Give exactly one of `per_day`, `booked`", breaks="hours")
    elif source.booked:
        for key in UNBOOKED_FIELDS:
            if getattr(source, key):
                faults.add(
                    f"{where}.{key}",
                    "the patients are booked",
                    "Leave it out: bookings say who comes when",
                )
        if source.scale > 1:
            faults.add(
                f"{where}.scale",
                f"a scale of {source.scale:g}",
                "Book more: of booked patients it is the probability that each comes",
            )
    else:
        _unbooked(pathway, faults, where, source)


def _unbooked(pathway: Pathway, faults: Faults, where: str, source: ArrivalSource) -> None:
    """Add the faults of a source whose week has two patterns, or whose thinning bound is too low."""
    hours = pathway.profiles.get(source.by_hour or "")
    if hours and len(hours.weights) > 24 and source.by_weekday is not None:
        faults.add(
            f"{where}.by_weekday",
            f"by_hour '{source.by_hour}' already says the weekday",
            "Remove by_weekday, or give by_hour 24 weights: two patterns of the week change how many come",
        )
    bound, room = source.thinning_bound, "or more, with room for busy days"
    if bound < source.scale:
        faults.add(
            f"{where}.thinning_bound",
            f"{bound:g} is below scale {source.scale:g}",
            f"Raise thinning_bound to {source.scale:g} {room}",
        )
        return
    for number, surge in enumerate(source.surges):
        day = surge.starts_on_day
        at_once = [other for other in source.surges if 0 <= day - other.starts_on_day < other.days]
        wanted = source.scale * math.prod(other.times for other in at_once)
        if wanted > bound:
            faults.add(
                f"{where}.surges.{number}",
                f"wants {wanted:g} times the usual arrivals, above {bound:g}",
                f"Raise thinning_bound to {wanted:g} {room}",
            )


def _lasting(pathway: Pathway, faults: Faults, where: str, factor: LastingFactor) -> None:
    if not factor.arrivals and not factor.durations:
        faults.add(where, "multiplies nothing", "Name arrivals or durations")
    for number, source in enumerate(factor.arrivals):
        if source in pathway.arrivals and pathway.arrivals[source].booked:
            faults.add(
                f"{where}.arrivals.{number}",
                f"the patients of '{source}' are booked",
                "Leave it out: as many come as are booked",
            )


def _follows(pathway: Pathway, faults: Faults, where: str, follows: Follows) -> None:
    if not any(source.attends for source in pathway.arrivals.values()):
        faults.add(
            where, "no arrival source attends, so there is nothing to follow", "Leave it out"
        )
    if follows.least > follows.most:
        faults.add(
            f"{where}.least",
            f"{follows.least:g} is above most {follows.most:g}",
            "Make `most` the larger",
        )
