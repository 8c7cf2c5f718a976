"""The part of `check` about names and numbers: every name that is used exists, every number is in its range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

from simulation.department.check.bounds import bounds_faults, size_fault
from simulation.department.check.fault_list import FaultList, listed, repeated
from simulation.department.config_dataclass import Sourced
from simulation.department.durations import Amount, Number
from simulation.department.graph import attributes_of, leaning, waits
from simulation.department.rota import parse_days, parse_hours
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    Action,
    Chance,
    Choice,
    Given,
    Opens,
    Pathway,
    QuietDays,
    RandomOutages,
    StatedOutages,
)
from simulation.errors import nearest

TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1."""
HOURLY = (24, 168)
SEPARATORS = ("/", "+", ":", ".")
"""Signs that `draws` joins the names of its random streams with."""
ANY_CLASS = "acuity"
"""The value of `ranks_as` that ranks by the patient's acuity now; no class may have this name."""

Categories = Mapping[str, tuple[str, ...]]


def check_names(pathway: Pathway, faults: FaultList) -> Categories:
    """Add the faults of names and numbers outside the route; return the categories of every attribute."""
    categories = _attributes(pathway, faults)
    _values(pathway, faults)
    for check_part in (
        _stream_names,
        _node_names,
        _present,
        _profiles,
        _pools,
        _priority,
        _patience,
        _worsening,
        _triggers,
        _outages,
    ):
        check_part(pathway, faults)
    _durations(pathway, faults, categories)
    return categories


def _values(pathway: Pathway, faults: FaultList) -> None:
    """Add a fault for each number that cannot be simulated, and for each source that is empty."""
    all_finite = True
    for where, value in _walk("", pathway):
        if isinstance(value, float) and not math.isfinite(value):
            faults.add(where, f"{value} is not a finite number", "Give a finite number")
            all_finite = False
        elif isinstance(value, int | float) and (fault := size_fault(where, value)):
            faults.faults.append(fault)
        elif isinstance(value, Sourced) and not value.source.strip():
            faults.add(f"{where}.source", "the source is empty", "Cite the source, or say why this is assumed")
    if all_finite:
        faults.faults += bounds_faults(pathway)


def _walk(where: str, value: object) -> Iterator[tuple[str, object]]:
    """A value and everything inside it, each with its dotted path."""
    yield where, value
    inside: Iterable[tuple[str, object]] = ()
    if is_dataclass(value):
        inside = ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, Mapping):
        inside = ((str(key), entry) for key, entry in value.items())
    elif isinstance(value, tuple):
        inside = ((str(number), entry) for number, entry in enumerate(value))
    for name, entry in inside:
        yield from _walk(f"{where}.{name}" if where else name, entry)


def _attributes(pathway: Pathway, faults: FaultList) -> Categories:
    """The categories of every sound attribute and of the acuity now; adds the faults of attributes."""
    known: dict[str, tuple[str, ...]] = {ARRIVAL_SOURCE: pathway.categories(ARRIVAL_SOURCE)}
    for name, attribute in pathway.attributes.items():
        where = f"attributes.{name}"
        if name in (ARRIVAL_SOURCE, ACUITY_NOW) or name.startswith("coin:"):
            faults.add(where, f"the name '{name}' is taken", "Choose another name", breaks="attribute")
        elif isinstance(attribute, Given):
            if (attribute.like is None) == (not attribute.categories):
                remedy = "Give the attribute that it is like, or categories of its own"
                faults.add(where, "not exactly one of `like` and `categories`", remedy, breaks="attribute")
            elif attribute.like is None:
                for category in repeated(attribute.categories):
                    faults.add(f"{where}.categories", f"'{category}' is there twice", "Name each category once")
                known[name] = attribute.categories
            elif _earlier(pathway, faults, known, f"{where}.like", attribute.like):
                known[name] = known[attribute.like]
        elif isinstance(attribute, Choice):
            _choice(pathway, faults, known, where, attribute)
            known[name] = attribute.categories
        elif isinstance(attribute, Action):
            _action(pathway, faults, known, where, attribute)
            known[name] = attribute.categories
        else:
            _amount(pathway, faults, known, f"{where}.p", attribute.p)
            if not isinstance(attribute.p, Amount) and attribute.p > 1:
                faults.add(f"{where}.p", f"a probability of {attribute.p:g}", "Give 0 to 1")
            if attribute.label_weight:
                _label_weight(pathway, faults, known, where, attribute)
            known[name] = ("no", "yes")
    return {**known, ACUITY_NOW: tuple(pathway.priority.classes)}


def _label_weight(pathway: Pathway, faults: FaultList, known: Categories, where: str, chance: Chance) -> None:
    """Add a fault unless the chance depends on the true acuity and the label is described before it."""
    place = f"{where}.label_weight"
    if ACUITY_TRUE not in attributes_of(chance.p):
        faults.add(
            place, f"p does not depend on {ACUITY_TRUE}", f"Let a factor of p go by {ACUITY_TRUE}, or leave it out"
        )
    if ACUITY_GIVEN not in pathway.attributes:
        faults.add(place, f"there is no {ACUITY_GIVEN}", f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}")
    else:
        _earlier(pathway, faults, known, place, ACUITY_GIVEN)


def _earlier(pathway: Pathway, faults: FaultList, known: Categories, where: str, name: str) -> bool:
    """Whether an attribute is described before the one that uses it; adds a fault if not."""
    if name in known or name not in pathway.attributes:
        return faults.known(where, name, known, what="attribute")
    remedy = f"Move attributes.{name} above it: attributes are drawn in their order"
    faults.add(where, f"'{name}' is used before it is described", remedy, breaks="attribute")
    return False


def _choice(pathway: Pathway, faults: FaultList, known: Categories, where: str, choice: Choice) -> None:
    n = len(choice.categories)
    for category in repeated(choice.categories):
        faults.add(f"{where}.categories", f"'{category}' is there twice", "Name each category once")
    if not isinstance(choice.shares, Mapping):
        if choice.by is not None:
            remedy = f"Give one list for each category of {choice.by}, or remove `by`"
            faults.add(f"{where}.shares", f"one list, but `by` is '{choice.by}'", remedy)
        _shares(faults, f"{where}.shares", choice.shares, n)
        return
    for category, shares in choice.shares.items():
        _shares(faults, f"{where}.shares.{category}", shares, n)
    if choice.by is None:
        remedy = "Name in `by` the attribute whose categories these are"
        faults.add(f"{where}.by", "shares by category, but no `by`", remedy)
    elif _earlier(pathway, faults, known, f"{where}.by", choice.by):
        check_cases(faults, f"{where}.shares", choice.shares, known[choice.by], by=choice.by)


def _action(pathway: Pathway, faults: FaultList, known: Categories, where: str, action: Action) -> None:
    for category in repeated(action.categories):
        faults.add(f"{where}.categories", f"'{category}' is there twice", "Name each category once")
    for name, categories in action.only.items():
        place = f"{where}.only.{name}"
        if isinstance(pathway.attributes.get(name), Action):
            remedy = "Name an attribute of the patient: one action does not wait for another"
            faults.add(place, f"'{name}' is an action itself", remedy)
        elif _earlier(pathway, faults, known, place, name):
            for category in categories:
                faults.known(f"{place}.{category}", category, known[name], what="category")
            if not categories:
                faults.add(place, "names no category", f"Name some of {listed(known[name])}")


def _shares(faults: FaultList, where: str, shares: Sequence[float], n: int) -> None:
    """Add a fault unless there are as many shares as categories, adding up to 1."""
    if len(shares) != n:
        faults.add(where, f"{len(shares)} shares for {n} categories", "Give one share for each category")
    elif not abs(sum(shares) - 1) <= TOLERANCE:
        faults.add(where, f"shares add up to {sum(shares):.6g}", "Make them add up to 1")


def check_cases(
    faults: FaultList,
    where: str,
    cases: Iterable[str],
    known: Sequence[str],
    *,
    by: str,
    otherwise: bool = False,
) -> None:
    """Add a fault for each case that is no category of `by`, and for categories without a case or an `otherwise`."""
    given = tuple(cases)
    for case in given:
        faults.known(f"{where}.{case}", case, known, what="category")
    missing = [category for category in known if category not in given]
    if missing and not otherwise:
        remedy = f"Name every category of {by}, or give `otherwise` where the vocabulary has it"
        faults.add(where, f"nothing for {listed(missing)}", remedy, breaks="attribute")


def _amount(pathway: Pathway, faults: FaultList, known: Categories, where: str, number: Number) -> None:
    """Add the faults of a number: below 0, or with factors of unknown attributes or without some categories."""
    if not isinstance(number, Amount):
        if number < 0:
            faults.add(where, f"{number:g} is negative", "Give 0 or more")
        return
    for position, factor in enumerate(number.times):
        place = f"{where}.times.{position}"
        if _earlier(pathway, faults, known, f"{place}.by", factor.by):
            covered = factor.otherwise is not None
            check_cases(faults, f"{place}.values", factor.values, known[factor.by], by=factor.by, otherwise=covered)


def _durations(pathway: Pathway, faults: FaultList, categories: Categories) -> None:
    known = {name: names for name, names in categories.items() if name != ACUITY_NOW}
    by_label = leaning(pathway)
    for name, duration in pathway.durations.items():
        where = f"durations.{name}"
        _amount(pathway, faults, known, f"{where}.mean", duration.mean)
        for attribute in sorted(attributes_of(duration.mean).intersection(by_label)):
            remedy = "Let it depend on something else: minutes are drawn before anybody labels"
            faults.add(f"{where}.mean", f"'{attribute}' depends on the label (label_weight)", remedy)
        lender = duration.same_draw_as
        if faults.known(f"{where}.same_draw_as", lender, pathway.durations, what="duration") and lender is not None:
            borrowed = pathway.durations[lender].same_draw_as
            if borrowed is not None:
                remedy = f"Name '{borrowed}' here too"
                faults.add(
                    f"{where}.same_draw_as", f"'{lender}' has the random variates of '{borrowed}' itself", remedy
                )


def _stream_names(pathway: Pathway, faults: FaultList) -> None:
    """Add a fault for each name in which a separator of stream names occurs, so that no two streams share a name."""
    drawn = ("arrivals", "present", "attributes", "durations", "day_factors", "lasting_factors", "outages")
    for section in (*drawn, "branches", "steps"):
        for name in getattr(pathway, section):
            if section == "attributes" and name.startswith("coin:"):
                continue  # `_attributes` refuses that prefix
            sign = next((separator for separator in SEPARATORS if separator in name), None)
            if sign is not None:
                remedy = "Random streams are named with it: leave it out of names"
                faults.add(f"{section}.{name}", f"the name holds '{sign}'", remedy)
    for section in ("arrivals", "present"):
        for name in sorted({"day", "lasting", "outage"} & set(getattr(pathway, section))):
            faults.add(f"{section}.{name}", f"the name '{name}' is taken", "Choose another name", breaks="attribute")


def _node_names(pathway: Pathway, faults: FaultList) -> None:
    """Add a fault for each name that two nodes or two sources of patients share."""
    kinds = ("steps", "branches", "loops", "ends")
    for name in repeated([name for kind in kinds for name in getattr(pathway, kind)]):
        owners = [kind for kind in kinds if name in getattr(pathway, kind)]
        remedy = "Names are unique across steps, branches, loops and ends: rename one"
        faults.add(f"{owners[0]}.{name}", f"{owners[1]} has a '{name}' too", remedy, breaks="node")
    for name in repeated([*pathway.arrivals, *pathway.present]):
        remedy = "Rename one: both are sources of patients"
        faults.add(f"present.{name}", f"arrivals has a '{name}' too", remedy, breaks="attribute")


def check_node(pathway: Pathway, faults: FaultList, where: str, name: str | None) -> None:
    """Add a fault if a node is named that does not exist."""
    faults.known(where, name, pathway.nodes(), what="node")


def check_profile(pathway: Pathway, faults: FaultList, where: str, name: str | None, lengths: tuple[int, ...]) -> None:
    """Add a fault if a profile is named that does not exist, or has none of these lengths."""
    if not faults.known(where, name, pathway.profiles, what="profile") or name is None:
        return
    n = len(pathway.profiles[name].weights)
    if n not in lengths:
        needed = " or ".join(str(length) for length in lengths)
        faults.add(where, f"profile '{name}' has {n} weights", f"It needs {needed} here")


def _profiles(pathway: Pathway, faults: FaultList) -> None:
    for name, profile in pathway.profiles.items():
        if not any(profile.weights):
            faults.add(f"profiles.{name}.weights", "every weight is 0", "Give at least one above 0")


def _present(pathway: Pathway, faults: FaultList) -> None:
    for name, present in pathway.present.items():
        where = f"present.{name}"
        check_node(pathway, faults, f"{where}.starts", present.starts)
        stated = [key for key in ("number", "pool", "share") if getattr(present, key) is not None]
        if stated not in (["number"], ["pool", "share"]):
            faults.add(where, "not exactly one of `number`, or `pool` with `share`", "Give one of the two")
        faults.known(f"{where}.pool", present.pool, pathway.pools, what="pool")
        if _unlimited(pathway, present.pool):
            remedy = "Give a `number`: there is no share of an unlimited pool"
            faults.add(f"{where}.pool", f"'{present.pool}' is unlimited", remedy)


def _unlimited(pathway: Pathway, name: str | None) -> bool:
    return name is not None and name in pathway.pools and pathway.pools[name].unlimited


def _pools(pathway: Pathway, faults: FaultList) -> None:
    for name, pool in pathway.pools.items():
        where = f"pools.{name}"
        sizes = {"capacity": pool.capacity is not None, "rota": pool.rota is not None, "unlimited": pool.unlimited}
        keys = [key for key, is_stated in sizes.items() if is_stated]
        if len(keys) != 1:
            remedy = "Give exactly one of `capacity`, `rota`, `unlimited: true`"
            faults.add(where, f"has {' and '.join(keys) or 'no size'}", remedy, breaks="hours")
        if pool.rota == ():
            faults.add(f"{where}.rota", "the rota is empty", "Give at least one shift", breaks="hours")
        for key, shifts in (("rota", pool.rota or ()), ("extra_shifts", pool.extra_shifts)):
            for number, shift in enumerate(shifts):
                check_clock(faults, f"{where}.{key}.{number}", shift.hours, shift.days)
        if pool.unlimited and pool.extra_shifts:
            faults.add(f"{where}.extra_shifts", "the pool is unlimited: this changes nothing", "Leave it out")
        if faults.known(f"{where}.closed_while", pool.closed_while, pathway.outages, what="outage") and pool.unlimited:
            faults.add(f"{where}.closed_while", "an unlimited pool cannot be closed", "Give it a capacity or a rota")
        how_much = [key for key in ("closes", "closes_share") if getattr(pool, key) is not None]
        if how_much and pool.closed_while is None:
            faults.add(f"{where}.{how_much[0]}", "nothing says when", "Name an outage in closed_while, or remove it")
        if len(how_much) > 1:
            faults.add(f"{where}.closes", "is stated with closes_share", "Keep one: so many units, or a share of them")


def unused_names(pathway: Pathway, faults: FaultList) -> None:
    """Add a fault for each pool that no step asks for and each duration that no step takes; often a name is misspelt.

    Called when all else is sound, because a name that is misspelt in a step leaves the right one unused.
    """
    asked, taken = set[str](), set[str]()
    for step in pathway.steps.values():
        asked |= {*step.asks, *step.any_of, *(step.overflow.any_of if step.overflow is not None else ())}
        taken |= set(step.minutes)
    for clock in (pathway.patience, pathway.worsening):
        taken |= {clock.minutes} if clock is not None else set()
    taken |= {duration.same_draw_as for duration in pathway.durations.values() if duration.same_draw_as is not None}
    for section, names, used, what in (
        ("pools", pathway.pools, asked, "no step asks for it"),
        ("durations", pathway.durations, taken, "no step takes it"),
    ):
        for name in names:
            if name not in used:
                hint = nearest(name, sorted(used)) if used else ""
                guess = f"{hint} " if hint.startswith("Did you mean") else ""
                faults.add(f"{section}.{name}", what, f"{guess}Name it in a step, or leave it out")


def check_clock(faults: FaultList, where: str, hours: str, days: str) -> None:
    """Add a fault for hours or days that cannot be read."""
    for name, text, parse in (("hours", hours, parse_hours), ("days", days, parse_days)):
        try:
            parse(text)
        except ValueError as error:
            faults.add(f"{where}.{name}", str(error), f"Write {name} like that", breaks="hours")


def _priority(pathway: Pathway, faults: FaultList) -> None:
    priority, classes = pathway.priority, tuple(pathway.priority.classes)
    for name in ("untriaged_as", "ignored_as"):
        faults.known(f"priority.{name}", getattr(priority, name), classes, what="class")
    if ANY_CLASS in classes:
        remedy = f"Rename it: `ranks_as: {ANY_CLASS}` means the patient's acuity now"
        faults.add(f"priority.classes.{ANY_CLASS}", "a class has a reserved name", remedy)
    acuity = pathway.attributes.get(ACUITY_TRUE)
    if isinstance(acuity, Choice) and classes[: len(acuity.categories)] != acuity.categories:
        remedy = f"Begin with the categories of {ACUITY_TRUE}, in their order: {listed(acuity.categories)}"
        faults.add("priority.classes", f"the classes are {listed(classes)}", remedy)
    pull = priority.target_pull
    if pull is not None:
        faults.known("priority.target_pull.ranks_as", pull.ranks_as, classes, what="class")
        if pull.ends_at_minutes <= pull.starts_at_minutes:
            faults.add("priority.target_pull", "ends before it starts", "Make ends_at_minutes the later one")


def _patience(pathway: Pathway, faults: FaultList) -> None:
    patience = pathway.patience
    if patience is None:
        return
    faults.known("patience.minutes", patience.minutes, pathway.durations, what="duration")
    check_node(pathway, faults, "patience.next", patience.next)
    for number, source in enumerate(patience.arrivals):
        faults.known(f"patience.arrivals.{number}", source, pathway.categories(ARRIVAL_SOURCE), what="arrival source")


def _worsening(pathway: Pathway, faults: FaultList) -> None:
    worsening, rounds = pathway.worsening, pathway.rounds
    if worsening is not None:
        faults.known("worsening.minutes", worsening.minutes, pathway.durations, what="duration")
        for number, source in enumerate(worsening.arrivals):
            faults.known(
                f"worsening.arrivals.{number}", source, pathway.categories(ARRIVAL_SOURCE), what="arrival source"
            )
        for before, after in worsening.becomes.items():
            for name in (before, after):
                faults.known(f"worsening.becomes.{before}", name, pathway.priority.classes, what="class")
    if rounds is not None:
        check_watched(pathway, faults, "rounds.waiting_at", rounds.waiting_at)
        if worsening is None:
            faults.add(
                "rounds", "nobody gets worse, so there is nothing to notice", "Describe `worsening`, or remove it"
            )


def _triggers(pathway: Pathway, faults: FaultList) -> None:
    for name, trigger in pathway.triggers.items():
        where = f"triggers.{name}"
        check_watched(pathway, faults, f"{where}.waiting_at", trigger.waiting_at)
        faults.known(f"{where}.pool", trigger.pool, pathway.pools, what="pool")
        if _unlimited(pathway, trigger.pool):
            remedy = "Name a pool with a capacity or a rota"
            faults.add(f"{where}.pool", f"'{trigger.pool}' is unlimited: this changes nothing", remedy)
        if isinstance(trigger, Opens) and trigger.below > trigger.above:
            remedy = "Close at or below the number above which it opens"
            faults.add(f"{where}.below", f"below {trigger.below} is more than above {trigger.above}", remedy)


def _outages(pathway: Pathway, faults: FaultList) -> None:
    for name, outage in pathway.outages.items():
        where = f"outages.{name}"
        if isinstance(outage, RandomOutages) and not outage.mean_up_minutes + outage.mean_down_minutes > 0:
            remedy = "Give mean_up_minutes, mean_down_minutes or both"
            faults.add(where, "it is neither up nor down: both means are 0", remedy)
        if isinstance(outage, QuietDays):
            check_clock(faults, where, outage.hours, "mon-sun")
        if isinstance(outage, StatedOutages):
            previous_end = 0.0
            for number, span in enumerate(outage.spans):
                place = f"{where}.spans.{number}"
                if not span.ends_at_minutes > span.starts_at_minutes:
                    faults.add(place, "ends before it starts", "Make ends_at_minutes the later one")
                if span.starts_at_minutes < previous_end:
                    faults.add(place, "starts before an earlier one ends", "Put spans in order of time, and apart")
                previous_end = max(previous_end, span.ends_at_minutes)


def check_watched(pathway: Pathway, faults: FaultList, where: str, steps: tuple[str, ...]) -> None:
    """Add a fault if no step is named, or one that does not exist or at which nobody can wait."""
    if not steps:
        faults.add(where, "no step is named", "Name the steps whose waiting patients count")
    for number, name in enumerate(steps):
        known = faults.known(f"{where}.{number}", name, pathway.steps, what="step")
        if known and not waits(pathway.steps[name]):
            remedy = "Name a step that asks for a pool"
            faults.add(f"{where}.{number}", f"nobody waits at '{name}': it asks for nothing", remedy)
