"""Whether a pathway is sound: every fault at once, by dotted path and by name, before anything runs.

Types and ranges are settled when a pathway is made; here is what only the whole of it shows, in three parts:
names and numbers; the route (who gets where, and whether they get out); pools (who holds what while waiting for
what, and whether anybody is on duty). A later part is left out while an earlier one has a fault that would make
it report consequences as causes. Load is not judged here (`load` does), and nothing is drawn.

Reading order: `check`, then `ways`, `route` and `holding`, which hold the second and third part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.check_bounds import bounds_faults, size_fault
from simulation.pathway.department import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ACUITY_TRUE,
    STREAM,
    Action,
    ByAttribute,
    ByChance,
    ByHours,
    ByOutage,
    Chance,
    Choice,
    Given,
    Opens,
    Pathway,
    RandomOutages,
    StatedOutages,
    Step,
)
from simulation.pathway.described import Sourced
from simulation.pathway.durations import Amount, Number
from simulation.pathway.findings import Findings, listed, repeated
from simulation.pathway.holding import check_deadlocks, check_holding, check_staffing, explore
from simulation.pathway.rota import parse_days, parse_hours
from simulation.pathway.route import check_route
from simulation.pathway.ways import attributes_of, leaning, reached_from, starts_of, waits, ways

TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1."""
HOURLY = (24, 168)
SEPARATORS = ("/", "+", ":", ".")
"""Signs that `draws` puts the names of its streams together with."""
ANY_CLASS = "acuity"
"""What a step says to rank by the patient's acuity now; no class may be called so."""

Categories = Mapping[str, tuple[str, ...]]


def check(pathway: Pathway) -> tuple[Fault, ...]:
    """Every fault of a pathway, in the order of its parts; empty if it is sound."""
    found = Findings()
    categories = _attributes(pathway, found)
    _values(pathway, found)
    for plain in (
        _stream_names,
        _node_names,
        _streams,
        _present,
        _profiles,
        _pools,
        _priority,
        _patience,
        _worsening,
        _triggers,
        _outages,
    ):
        plain(pathway, found)
    for part in (_durations, _steps, _branches, _loops):
        part(pathway, found, categories)
    if not found.broken & {"node", "attribute"}:
        lead = ways(pathway)
        reached = reached_from(starts_of(pathway).values(), lead)
        check_route(pathway, found, lead, reached)
        if not found.broken & {"pool", "hours"}:
            trace = explore(pathway, lead)
            check_holding(pathway, found, trace)
            check_deadlocks(pathway, found, trace)
            check_staffing(pathway, found, lead, reached)
    if not found.faults:
        _idle(pathway, found)
    return tuple(found.faults)


def require_sound(pathway: Pathway) -> None:
    """Raise ConfigError with every fault, or do nothing."""
    faults = check(pathway)
    if faults:
        raise ConfigError(faults)


def _values(pathway: Pathway, found: Findings) -> None:
    """Every number can be counted with, and whatever has a source says what it is."""
    countable = True
    for where, value in _walk("", pathway):
        if isinstance(value, float) and not math.isfinite(value):
            found.add(where, f"{value} is not a finite number", "Give a finite number")
            countable = False
        elif isinstance(value, int | float) and (fault := size_fault(where, value)):
            found.faults.append(fault)
        elif isinstance(value, Sourced) and not value.source.strip():
            found.add(f"{where}.source", "the source is empty", "Cite the source, or say why this is assumed")
    if countable:
        found.faults += bounds_faults(pathway)


def _walk(where: str, value: object) -> Iterator[tuple[str, object]]:
    """A description and everything inside it, each with its dotted path."""
    yield where, value
    inside: Iterable[tuple[str, object]] = ()
    if is_dataclass(value):
        inside = ((each.name, getattr(value, each.name)) for each in fields(value))
    elif isinstance(value, Mapping):
        inside = ((str(key), each) for key, each in value.items())
    elif isinstance(value, tuple):
        inside = ((str(number), each) for number, each in enumerate(value))
    for name, each in inside:
        yield from _walk(f"{where}.{name}" if where else name, each)


def _attributes(pathway: Pathway, found: Findings) -> Categories:
    """The categories of every attribute that is described from earlier ones, and of the acuity now."""
    known: dict[str, tuple[str, ...]] = {STREAM: pathway.categories(STREAM)}
    for name, attribute in pathway.attributes.items():
        where = f"attributes.{name}"
        if name in (STREAM, ACUITY_NOW) or name.startswith("coin:"):
            found.add(where, f"the name '{name}' is taken", "Choose another name", breaks="attribute")
        elif isinstance(attribute, Given):
            if (attribute.like is None) == (not attribute.categories):
                remedy = "Give the attribute that it is like, or categories of its own"
                found.add(where, "not exactly one of `like` and `categories`", remedy, breaks="attribute")
            elif attribute.like is None:
                for category in repeated(attribute.categories):
                    found.add(f"{where}.categories", f"'{category}' is there twice", "Name each category once")
                known[name] = attribute.categories
            elif _earlier(pathway, found, known, f"{where}.like", attribute.like):
                known[name] = known[attribute.like]
        elif isinstance(attribute, Choice):
            _choice(pathway, found, known, where, attribute)
            known[name] = attribute.categories
        elif isinstance(attribute, Action):
            _action(pathway, found, known, where, attribute)
            known[name] = attribute.categories
        else:
            _amount(pathway, found, known, f"{where}.p", attribute.p)
            if not isinstance(attribute.p, Amount) and attribute.p > 1:
                found.add(f"{where}.p", f"a probability of {attribute.p:g}", "Give 0 to 1")
            if attribute.leans_on_label:
                _leans(pathway, found, known, where, attribute)
            known[name] = ("no", "yes")
    return {**known, ACUITY_NOW: tuple(pathway.priority.classes)}


def _leans(pathway: Pathway, found: Findings, known: Categories, where: str, chance: Chance) -> None:
    """A chance that leans on the label depends on the true acuity, and the label is described before it."""
    place = f"{where}.leans_on_label"
    if ACUITY_TRUE not in attributes_of(chance.p):
        found.add(
            place, f"p does not depend on {ACUITY_TRUE}", f"Let a factor of p go by {ACUITY_TRUE}, or leave it out"
        )
    if ACUITY_GIVEN not in pathway.attributes:
        found.add(place, f"there is no {ACUITY_GIVEN}", f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}")
    else:
        _earlier(pathway, found, known, place, ACUITY_GIVEN)


def _earlier(pathway: Pathway, found: Findings, known: Categories, where: str, name: str) -> bool:
    """Whether an attribute is described before the one that uses it."""
    if name in known or name not in pathway.attributes:
        return found.known(where, name, known, what="attribute")
    remedy = f"Move attributes.{name} above it: attributes are drawn in their order"
    found.add(where, f"'{name}' is used before it is described", remedy, breaks="attribute")
    return False


def _choice(pathway: Pathway, found: Findings, known: Categories, where: str, choice: Choice) -> None:
    n = len(choice.categories)
    for category in repeated(choice.categories):
        found.add(f"{where}.categories", f"'{category}' is there twice", "Name each category once")
    if not isinstance(choice.shares, Mapping):
        if choice.by is not None:
            remedy = f"Give one list for each category of {choice.by}, or remove `by`"
            found.add(f"{where}.shares", f"one list, but `by` is '{choice.by}'", remedy)
        _shares(found, f"{where}.shares", choice.shares, n)
        return
    for category, shares in choice.shares.items():
        _shares(found, f"{where}.shares.{category}", shares, n)
    if choice.by is None:
        remedy = "Name in `by` the attribute whose categories these are"
        found.add(f"{where}.by", "shares by category, but no `by`", remedy)
    elif _earlier(pathway, found, known, f"{where}.by", choice.by):
        _cases(found, f"{where}.shares", choice.shares, known[choice.by], by=choice.by)


def _action(pathway: Pathway, found: Findings, known: Categories, where: str, action: Action) -> None:
    for category in repeated(action.categories):
        found.add(f"{where}.categories", f"'{category}' is there twice", "Name each category once")
    for name, categories in action.only.items():
        place = f"{where}.only.{name}"
        if isinstance(pathway.attributes.get(name), Action):
            remedy = "Name an attribute of the patient: one action does not wait for another"
            found.add(place, f"'{name}' is an action itself", remedy)
        elif _earlier(pathway, found, known, place, name):
            for category in categories:
                found.known(f"{place}.{category}", category, known[name], what="category")
            if not categories:
                found.add(place, "names no category", f"Name some of {listed(known[name])}")


def _shares(found: Findings, where: str, shares: Sequence[float], n: int) -> None:
    """As many shares as categories, adding up to 1."""
    if len(shares) != n:
        found.add(where, f"{len(shares)} shares for {n} categories", "Give one share for each category")
    elif not abs(sum(shares) - 1) <= TOLERANCE:
        found.add(where, f"shares add up to {sum(shares):.6g}", "Make them add up to 1")


def _cases(
    found: Findings,
    where: str,
    cases: Iterable[str],
    known: Sequence[str],
    *,
    by: str,
    otherwise: bool = False,
) -> None:
    """Every case is a category of `by`, and every category has a case unless there is an `otherwise`."""
    given = tuple(cases)
    for case in given:
        found.known(f"{where}.{case}", case, known, what="category")
    missing = [category for category in known if category not in given]
    if missing and not otherwise:
        remedy = f"Name every category of {by}, or give `otherwise` where the vocabulary has it"
        found.add(where, f"nothing for {listed(missing)}", remedy, breaks="attribute")


def _amount(pathway: Pathway, found: Findings, known: Categories, where: str, number: Number) -> None:
    """A number is not negative; factors name attributes that are known here, and cover their categories."""
    if not isinstance(number, Amount):
        if number < 0:
            found.add(where, f"{number:g} is negative", "Give 0 or more")
        return
    for position, factor in enumerate(number.times):
        place = f"{where}.times.{position}"
        if _earlier(pathway, found, known, f"{place}.by", factor.by):
            covered = factor.otherwise is not None
            _cases(found, f"{place}.values", factor.values, known[factor.by], by=factor.by, otherwise=covered)


def _durations(pathway: Pathway, found: Findings, categories: Categories) -> None:
    known = {name: each for name, each in categories.items() if name != ACUITY_NOW}
    answers = leaning(pathway)
    for name, duration in pathway.durations.items():
        where = f"durations.{name}"
        _amount(pathway, found, known, f"{where}.mean", duration.mean)
        for attribute in sorted(attributes_of(duration.mean).intersection(answers)):
            remedy = "Let it depend on something else: minutes are drawn before anybody labels"
            found.add(f"{where}.mean", f"'{attribute}' answers to the label (leans_on_label)", remedy)
        lender = duration.luck_of
        if found.known(f"{where}.luck_of", lender, pathway.durations, what="duration") and lender is not None:
            borrowed = pathway.durations[lender].luck_of
            if borrowed is not None:
                remedy = f"Name '{borrowed}' here too"
                found.add(f"{where}.luck_of", f"'{lender}' has the luck of '{borrowed}' itself", remedy)


def _stream_names(pathway: Pathway, found: Findings) -> None:
    """Names that streams of chance are found by hold none of the signs that such a stream's own name is put together
    with, so no two of them can be one."""
    named = ("streams", "present", "attributes", "durations", "day_factors", "outages", "branches", "steps")
    for section in named:
        for name in getattr(pathway, section):
            sign = next((each for each in SEPARATORS if each in name), None)
            if sign is not None and not (section == "attributes" and name.startswith("coin:")):  # has its own fault
                remedy = "Streams of chance are named with it: leave it out of names"
                found.add(f"{section}.{name}", f"the name holds '{sign}'", remedy)
    for section in ("streams", "present"):
        for name in sorted({"day", "outage"} & set(getattr(pathway, section))):
            found.add(f"{section}.{name}", f"the name '{name}' is taken", "Choose another name", breaks="attribute")


def _node_names(pathway: Pathway, found: Findings) -> None:
    """A name belongs to one node, and to one source of patients."""
    kinds = ("steps", "branches", "loops", "ends")
    for name in repeated([name for kind in kinds for name in getattr(pathway, kind)]):
        owners = [kind for kind in kinds if name in getattr(pathway, kind)]
        remedy = "Names are unique across steps, branches, loops and ends: rename one"
        found.add(f"{owners[0]}.{name}", f"{owners[1]} has a '{name}' too", remedy, breaks="node")
    for name in repeated([*pathway.streams, *pathway.present]):
        remedy = "Rename one: both are sources of patients"
        found.add(f"present.{name}", f"streams has a '{name}' too", remedy, breaks="attribute")


def _node(pathway: Pathway, found: Findings, where: str, name: str | None) -> None:
    found.known(where, name, pathway.nodes(), what="node")


def _streams(pathway: Pathway, found: Findings) -> None:
    for name, stream in pathway.streams.items():
        where = f"streams.{name}"
        _node(pathway, found, f"{where}.starts", stream.starts)
        _profile(pathway, found, f"{where}.by_hour", stream.by_hour, HOURLY)
        _profile(pathway, found, f"{where}.by_weekday", stream.by_weekday, (7,))
        _profile(pathway, found, f"{where}.by_month", stream.by_month, (12,))
        hours = pathway.profiles.get(stream.by_hour or "")
        if hours is not None and len(hours.weights) == HOURLY[-1] and stream.by_weekday is not None:
            remedy = "Remove by_weekday, or give by_hour 24 weights: two patterns of the week change how many come"
            found.add(f"{where}.by_weekday", f"by_hour '{stream.by_hour}' already says the weekday", remedy)
        found.known(f"{where}.day_factor", stream.day_factor, pathway.day_factors, what="day factor")
        if stream.headroom < stream.scale:
            remedy = f"Raise headroom to {stream.scale:g} or more, with room for busy days"
            found.add(f"{where}.headroom", f"{stream.headroom:g} is below scale {stream.scale:g}", remedy)


def _profile(pathway: Pathway, found: Findings, where: str, name: str | None, lengths: tuple[int, ...]) -> None:
    if not found.known(where, name, pathway.profiles, what="profile") or name is None:
        return
    n = len(pathway.profiles[name].weights)
    if n not in lengths:
        needed = " or ".join(str(length) for length in lengths)
        found.add(where, f"profile '{name}' has {n} weights", f"It needs {needed} here")


def _profiles(pathway: Pathway, found: Findings) -> None:
    for name, profile in pathway.profiles.items():
        if not any(profile.weights):
            found.add(f"profiles.{name}.weights", "every weight is 0", "Give at least one above 0")


def _present(pathway: Pathway, found: Findings) -> None:
    for name, present in pathway.present.items():
        where = f"present.{name}"
        _node(pathway, found, f"{where}.starts", present.starts)
        by_pool = present.pool is not None and present.share is not None
        partly = present.pool is not None or present.share is not None
        if by_pool == (present.number is not None) or partly != by_pool:
            found.add(where, "not exactly one of `number`, or `pool` with `share`", "Give one of the two")
        found.known(f"{where}.pool", present.pool, pathway.pools, what="pool")
        if _unlimited(pathway, present.pool):
            remedy = "Give a `number`: there is no share of an unlimited pool"
            found.add(f"{where}.pool", f"'{present.pool}' is unlimited", remedy)


def _unlimited(pathway: Pathway, name: str | None) -> bool:
    return name is not None and name in pathway.pools and pathway.pools[name].unlimited


def _pools(pathway: Pathway, found: Findings) -> None:
    for name, pool in pathway.pools.items():
        where = f"pools.{name}"
        stated = [pool.capacity is not None, pool.rota is not None, pool.unlimited]
        if sum(stated) != 1:
            said = [word for word, there in zip(("capacity", "rota", "unlimited"), stated, strict=True) if there]
            remedy = "Give exactly one of `capacity`, `rota`, `unlimited: true`"
            found.add(where, f"has {' and '.join(said) or 'no size'}", remedy, breaks="hours")
        if pool.rota == ():
            found.add(f"{where}.rota", "the rota is empty", "Give at least one shift", breaks="hours")
        for number, shift in enumerate(pool.rota or ()):
            _clock(found, f"{where}.rota.{number}", shift.hours, shift.days)


def _idle(pathway: Pathway, found: Findings) -> None:
    """Pools that nobody asks for and durations that nothing takes: most often a name beside the one that was meant.

    Told when all else is sound, because a name that is unknown elsewhere leaves the right one idle.
    """
    asked, taken = set[str](), set[str]()
    for step in pathway.steps.values():
        asked |= {*step.asks, *step.any_of, *(step.widens.any_of if step.widens is not None else ())}
        taken |= set(step.minutes)
    for clock in (pathway.patience, pathway.worsening):
        taken |= {clock.minutes} if clock is not None else set()
    taken |= {each.luck_of for each in pathway.durations.values() if each.luck_of is not None}
    for section, names, used, what in (
        ("pools", pathway.pools, asked, "no step asks for it"),
        ("durations", pathway.durations, taken, "no step takes it"),
    ):
        for name in names:
            if name not in used:
                meant = nearest(name, sorted(used)) if used else ""
                guess = f"{meant} " if meant.startswith("Did you mean") else ""
                found.add(f"{section}.{name}", what, f"{guess}Name it in a step, or leave it out")


def _clock(found: Findings, where: str, hours: str, days: str) -> None:
    for name, text, parse in (("hours", hours, parse_hours), ("days", days, parse_days)):
        try:
            parse(text)
        except ValueError as error:
            found.add(f"{where}.{name}", str(error), f"Write {name} like that", breaks="hours")


def _priority(pathway: Pathway, found: Findings) -> None:
    priority, classes = pathway.priority, tuple(pathway.priority.classes)
    for name in ("untriaged_as", "ignored_as"):
        found.known(f"priority.{name}", getattr(priority, name), classes, what="class")
    if ANY_CLASS in classes:
        remedy = f"Rename it: `ranks_as: {ANY_CLASS}` means the patient's acuity now"
        found.add(f"priority.classes.{ANY_CLASS}", "a class has a reserved name", remedy)
    acuity = pathway.attributes.get(ACUITY_TRUE)
    if isinstance(acuity, Choice) and classes[: len(acuity.categories)] != acuity.categories:
        remedy = f"Begin with the categories of {ACUITY_TRUE}, in their order: {listed(acuity.categories)}"
        found.add("priority.classes", f"the classes are {listed(classes)}", remedy)
    pull = priority.target_pull
    if pull is not None:
        found.known("priority.target_pull.ranks_as", pull.ranks_as, classes, what="class")
        if pull.ends_at_minutes <= pull.starts_at_minutes:
            found.add("priority.target_pull", "ends before it starts", "Make ends_at_minutes the later one")


def _patience(pathway: Pathway, found: Findings) -> None:
    patience = pathway.patience
    if patience is None:
        return
    found.known("patience.minutes", patience.minutes, pathway.durations, what="duration")
    _node(pathway, found, "patience.next", patience.next)
    for number, stream in enumerate(patience.streams):
        found.known(f"patience.streams.{number}", stream, pathway.categories(STREAM), what="stream")


def _worsening(pathway: Pathway, found: Findings) -> None:
    worsening, rounds = pathway.worsening, pathway.rounds
    if worsening is not None:
        found.known("worsening.minutes", worsening.minutes, pathway.durations, what="duration")
        for number, stream in enumerate(worsening.streams):
            found.known(f"worsening.streams.{number}", stream, pathway.categories(STREAM), what="stream")
        for before, after in worsening.becomes.items():
            for name in (before, after):
                found.known(f"worsening.becomes.{before}", name, pathway.priority.classes, what="class")
    if rounds is not None:
        _watched(pathway, found, "rounds.waiting_at", rounds.waiting_at)
        if worsening is None:
            found.add(
                "rounds", "nobody gets worse, so there is nothing to notice", "Describe `worsening`, or remove it"
            )


def _triggers(pathway: Pathway, found: Findings) -> None:
    for name, trigger in pathway.triggers.items():
        where = f"triggers.{name}"
        _watched(pathway, found, f"{where}.waiting_at", trigger.waiting_at)
        found.known(f"{where}.pool", trigger.pool, pathway.pools, what="pool")
        if _unlimited(pathway, trigger.pool):
            remedy = "Name a pool with a capacity or a rota"
            found.add(f"{where}.pool", f"'{trigger.pool}' is unlimited: this changes nothing", remedy)
        if isinstance(trigger, Opens) and trigger.below > trigger.above:
            remedy = "Close at or below the number above which it opens"
            found.add(f"{where}.below", f"below {trigger.below} is more than above {trigger.above}", remedy)


def _outages(pathway: Pathway, found: Findings) -> None:
    for name, outage in pathway.outages.items():
        where = f"outages.{name}"
        if isinstance(outage, RandomOutages) and not outage.mean_up_minutes + outage.mean_down_minutes > 0:
            remedy = "Give mean_up_minutes, mean_down_minutes or both"
            found.add(where, "it is neither up nor down: both means are 0", remedy)
        if isinstance(outage, StatedOutages):
            before = 0.0
            for number, span in enumerate(outage.spans):
                place = f"{where}.spans.{number}"
                if not span.ends_at_minutes > span.starts_at_minutes:
                    found.add(place, "ends before it starts", "Make ends_at_minutes the later one")
                if span.starts_at_minutes < before:
                    found.add(place, "starts before an earlier one ends", "Put spans in order of time, and apart")
                before = max(before, span.ends_at_minutes)


def _watched(pathway: Pathway, found: Findings, where: str, steps: tuple[str, ...]) -> None:
    """Steps whose waiting patients are counted: there are some, and people can wait at them."""
    if not steps:
        found.add(where, "no step is named", "Name the steps whose waiting patients count")
    for number, name in enumerate(steps):
        known = found.known(f"{where}.{number}", name, pathway.steps, what="step")
        if known and not waits(pathway.steps[name]):
            remedy = "Name a step that asks for a pool"
            found.add(f"{where}.{number}", f"nobody waits at '{name}': it asks for nothing", remedy)


def _steps(pathway: Pathway, found: Findings, categories: Categories) -> None:
    for name, step in pathway.steps.items():
        where = f"steps.{name}"
        _node(pathway, found, f"{where}.next", step.next)
        _node(pathway, found, f"{where}.turned_away", step.turned_away)
        found.known(f"{where}.repeat_of", step.repeat_of, pathway.loops, what="loop")
        _profile(pathway, found, f"{where}.pace", step.pace, HOURLY)
        marked = [mark for each in pathway.steps.values() for mark in each.marks]
        if found.known(f"{where}.since", step.since, dict.fromkeys(marked), what="mark") and not step.minutes:
            remedy = "Name the minutes that count from the mark, or remove `since`"
            found.add(f"{where}.since", "there are no minutes to count", remedy)
        for number, duration in enumerate(step.minutes):
            found.known(f"{where}.minutes.{number}", duration, pathway.durations, what="duration")
        if step.ranks_as != ANY_CLASS:
            found.known(f"{where}.ranks_as", step.ranks_as, pathway.priority.classes, what="class")
        _step_pools(pathway, found, where, step)
        _step_queue(found, where, step)
        if step.relabels is not None:
            _relabels(pathway, found, f"{where}.relabels", step.relabels, categories)


def _step_pools(pathway: Pathway, found: Findings, where: str, step: Step) -> None:
    wider = step.widens.any_of if step.widens is not None else ()
    named = {
        "asks": step.asks,
        "any_of": step.any_of,
        "keeps": step.keeps,
        "gives_up_at_start": step.gives_up_at_start,
        "gives_up_at_end": step.gives_up_at_end,
        "widens.any_of": wider,
    }
    for key, pools in named.items():
        for number, pool in enumerate(pools):
            found.known(f"{where}.{key}.{number}", pool, pathway.pools, what="pool")
    taken = (*step.asks, *step.any_of, *wider)
    for pool in repeated(taken):
        found.add(where, f"asks for '{pool}' twice", "Name each pool once in asks, any_of and widens")
    for number, pool in enumerate(step.keeps):
        if pool not in taken and pool in pathway.pools:
            remedy = "A step keeps only what it asks for; what was held before is held on by itself"
            found.add(f"{where}.keeps.{number}", f"keeps '{pool}', which it does not take", remedy)
        elif pool in step.gives_up_at_end:
            found.add(f"{where}.keeps.{number}", f"'{pool}' is kept and given up at the end", "Choose one")


def _step_queue(found: Findings, where: str, step: Step) -> None:
    if (step.queue_limit is None) != (step.turned_away is None):
        found.add(where, "one of queue_limit and turned_away is missing", "Give both, or neither")
    if step.queue_limit is not None and not waits(step):
        found.add(f"{where}.queue_limit", "a limit, but nobody waits here", "Ask for a pool, or remove it")
    if step.widens is not None and not step.any_of and len(step.asks) != 1:
        remedy = "Put the pool that others may replace into any_of, or ask for exactly one"
        found.add(f"{where}.widens", "it is not clear which pool others may replace", remedy)


def _relabels(pathway: Pathway, found: Findings, where: str, name: str, categories: Categories) -> None:
    """The attribute's categories are the first classes, as those of the true acuity are."""
    known = [each for each in categories if each not in (STREAM, ACUITY_NOW)]
    if name in pathway.attributes and name not in categories:
        return  # its own fault has been found
    if not found.known(where, name, known, what="attribute"):
        return
    wanted = categories.get(ACUITY_TRUE, tuple(pathway.priority.classes)[: len(categories[name])])
    if categories[name] != wanted:
        remedy = f"A label has the categories {listed(wanted)}, in that order"
        found.add(where, f"'{name}' has the categories {listed(categories[name])}", remedy)


def _branches(pathway: Pathway, found: Findings, categories: Categories) -> None:
    for name, branch in pathway.branches.items():
        where = f"branches.{name}"
        if isinstance(branch, ByAttribute):
            _by_attribute(pathway, found, where, branch, categories)
            continue
        if isinstance(branch, ByChance):
            for to in branch.targets:
                _node(pathway, found, f"{where}.targets.{to}", to)
            total = sum(branch.targets.values())
            if not abs(total - 1) <= TOLERANCE:
                found.add(f"{where}.targets", f"probabilities add up to {total:.6g}", "Make them add up to 1")
            continue
        _node(pathway, found, f"{where}.then", branch.then)
        _node(pathway, found, f"{where}.otherwise", branch.otherwise)
        if isinstance(branch, ByHours):
            _clock(found, where, branch.hours, branch.days)
        elif isinstance(branch, ByOutage):
            found.known(f"{where}.outage", branch.outage, pathway.outages, what="outage")
        else:
            _watched(pathway, found, f"{where}.waiting_at", branch.waiting_at)


def _by_attribute(pathway: Pathway, found: Findings, where: str, branch: ByAttribute, categories: Categories) -> None:
    for case, to in branch.cases.items():
        _node(pathway, found, f"{where}.cases.{case}", to)
    _node(pathway, found, f"{where}.otherwise", branch.otherwise)
    if branch.attribute in pathway.attributes and branch.attribute not in categories:
        return  # its own fault has been found
    if found.known(f"{where}.attribute", branch.attribute, categories, what="attribute"):
        known, covered = categories[branch.attribute], branch.otherwise is not None
        _cases(found, f"{where}.cases", branch.cases, known, by=branch.attribute, otherwise=covered)


def _loops(pathway: Pathway, found: Findings, categories: Categories) -> None:
    for name, loop in pathway.loops.items():
        where = f"loops.{name}"
        _node(pathway, found, f"{where}.again", loop.again)
        _node(pathway, found, f"{where}.next", loop.next)
        if loop.passes in pathway.attributes and loop.passes not in categories:
            continue
        known = [each for each in categories if each not in (STREAM, ACUITY_NOW)]
        if found.known(f"{where}.passes", loop.passes, known, what="attribute"):
            counts = categories[loop.passes]
            if counts != tuple(str(number) for number in range(len(counts))):
                remedy = "Passes are counted by an attribute whose categories are '0', '1', '2' and so on"
                found.add(f"{where}.passes", f"'{loop.passes}' has the categories {listed(counts)}", remedy)
