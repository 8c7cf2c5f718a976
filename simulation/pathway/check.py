"""Whether a pathway is sound: every fault at once, by dotted path and by name, before anything runs.

Types and ranges are settled when a pathway is made; here is what only the whole of it shows, in three parts:
names and numbers; the route (who gets where, and whether they get out); pools (who holds what while waiting for
what, and whether anybody is on duty). A later part is left out while an earlier one has a fault that would make
it report consequences as causes. Load is not judged here (`load` does), and nothing is drawn.

Reading order: `check`, `ways`, then the part of interest.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import pairwise
from typing import Literal

from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.department import (
    ACUITY_NOW,
    ACUITY_TRUE,
    STREAM,
    Branch,
    ByAttribute,
    ByChance,
    ByHours,
    Choice,
    End,
    Given,
    Loop,
    Opens,
    Pathway,
    Pool,
    Step,
)
from simulation.pathway.described import Sourced
from simulation.pathway.durations import Amount, Number
from simulation.pathway.rota import intervals, parse_days, parse_hours, timetable
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS, to_ticks

TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1."""
MOST_STATES = 40_000
"""Above so many combinations of (node, pools held, categories known) patients' categories are not followed."""
HOURLY = (24, 168)
ANY_CLASS = "acuity"
"""What a step says to rank by the patient's acuity now; no class may be called so."""

Categories = Mapping[str, tuple[str, ...]]
Interval = tuple[int, int]
Pools = frozenset[str]


def check(pathway: Pathway) -> tuple[Fault, ...]:
    """Every fault of a pathway, in the order of its parts; empty if it is sound."""
    found = _Findings()
    categories = _attributes(pathway, found)
    _values(pathway, found)
    for plain in (_node_names, _streams, _present, _profiles, _pools, _priority, _patience, _triggers):
        plain(pathway, found)
    for part in (_durations, _steps, _branches, _loops):
        part(pathway, found, categories)
    if not found.broken & {"node", "attribute"}:
        lead = ways(pathway)
        reached = _reached(_starts(pathway).values(), lead)
        _route(pathway, found, lead, reached)
        if not found.broken & {"pool", "hours"}:
            trace = _explore(pathway, lead)
            _holding(pathway, found, trace)
            _deadlocks(pathway, found, trace)
            _staffing(pathway, found, lead, reached)
    return tuple(found.faults)


def require_sound(pathway: Pathway) -> None:
    """Raise ConfigError with every fault, or do nothing."""
    faults = check(pathway)
    if faults:
        raise ConfigError(faults)


@dataclass(frozen=True)
class Way:
    """One way out of a node: where to, by what, and `when` (a category, a probability, ...; for tables and figures).

    `on`: the step is over; `case`: a branch decides; `again`, `done`: a loop; `turned_away`; `leaves`: patience.
    """

    to: str
    by: Literal["on", "case", "again", "done", "turned_away", "leaves"]
    when: str = ""


def ways(pathway: Pathway) -> dict[str, tuple[Way, ...]]:
    """Every way out of every node, in declared order; a branch on an attribute has one for each category.

    Assumes that names are known (`check` says so).
    """
    return {name: tuple(_ways(pathway, node)) for name, node in pathway.nodes().items()}


def _ways(pathway: Pathway, node: Step | Branch | Loop | End) -> Iterator[Way]:
    if isinstance(node, Step):
        yield Way(node.next, "on")
        if node.turned_away is not None and node.queue_limit is not None:
            yield Way(node.turned_away, "turned_away", f"more than {node.queue_limit} waiting")
        if node.may_leave and _waits(node) and pathway.patience is not None:
            yield Way(pathway.patience.next, "leaves", "patience ends")
    elif isinstance(node, ByAttribute):
        for category in pathway.categories(node.attribute):
            to = node.cases.get(category, node.otherwise)
            if to is not None:
                yield Way(to, "case", category)
    elif isinstance(node, ByChance):
        for to, share in node.targets.items():
            yield Way(to, "case", f"{100 * share:g} %")
    elif isinstance(node, ByHours):
        yield Way(node.then, "case", node.hours if node.days == "mon-sun" else f"{node.hours} {node.days}")
        yield Way(node.otherwise, "case", "otherwise")
    elif isinstance(node, Loop):
        yield Way(node.again, "again", "again")
        yield Way(node.next, "done", "done")
    elif not isinstance(node, End):
        yield Way(node.then, "case", f"{node.at_least} or more waiting")
        yield Way(node.otherwise, "case", "otherwise")


def _waits(step: Step) -> bool:
    """Whether a step asks for anything, so that a patient can wait at it."""
    return bool(step.asks or step.any_of)


# --- names and numbers ---------------------------------------------------------------------------------------


@dataclass
class _Findings:
    """The faults so far, and which kinds of name are broken, so that later parts know what to leave out."""

    faults: list[Fault] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def add(self, where: str, found: str, remedy: str, *, breaks: str = "") -> None:
        self.faults.append(Fault(where, found, remedy))
        if breaks:
            self.broken.add(breaks)

    def known(self, where: str, name: str | None, names: Iterable[str], *, what: str) -> bool:
        """Whether a name, if there is one, is known; a fault if not."""
        names = tuple(names)
        if name is None or name in names:
            return name is not None
        self.add(where, f"unknown {what} '{name}'", nearest(name, names), breaks=what)
        return False


def _values(pathway: Pathway, found: _Findings) -> None:
    """Every number is finite, and whatever has a source says what it is."""
    for where, value in _walk("", pathway):
        if isinstance(value, float) and not math.isfinite(value):
            found.add(where, f"{value} is not a finite number", "Give a finite number")
        elif isinstance(value, Sourced) and not value.source.strip():
            found.add(f"{where}.source", "the source is empty", "Cite the source, or say why this is assumed")
    if math.isfinite(pathway.decisions_every_minutes) and to_ticks(pathway.decisions_every_minutes) < 1:
        found.add("decisions_every_minutes", "shorter than a tick of 1/1024 minute", "Give a minute or more")


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


def _attributes(pathway: Pathway, found: _Findings) -> Categories:
    """The categories of every attribute that is described from earlier ones, and of the acuity now."""
    known: dict[str, tuple[str, ...]] = {STREAM: pathway.categories(STREAM)}
    for name, attribute in pathway.attributes.items():
        where = f"attributes.{name}"
        if name in (STREAM, ACUITY_NOW) or name.startswith("coin:"):
            found.add(where, f"the name '{name}' is taken", "Choose another name", breaks="attribute")
        elif isinstance(attribute, Given):
            if _earlier(pathway, found, known, f"{where}.like", attribute.like):
                known[name] = known[attribute.like]
        elif isinstance(attribute, Choice):
            _choice(pathway, found, known, where, attribute)
            known[name] = attribute.categories
        else:
            _amount(pathway, found, known, f"{where}.p", attribute.p)
            if not isinstance(attribute.p, Amount) and attribute.p > 1:
                found.add(f"{where}.p", f"a probability of {attribute.p:g}", "Give 0 to 1")
            known[name] = ("no", "yes")
    return {**known, ACUITY_NOW: tuple(pathway.priority.classes)}


def _earlier(pathway: Pathway, found: _Findings, known: Categories, where: str, name: str) -> bool:
    """Whether an attribute is described before the one that uses it."""
    if name in known or name not in pathway.attributes:
        return found.known(where, name, known, what="attribute")
    remedy = f"Move attributes.{name} above it: attributes are drawn in their order"
    found.add(where, f"'{name}' is used before it is described", remedy, breaks="attribute")
    return False


def _choice(pathway: Pathway, found: _Findings, known: Categories, where: str, choice: Choice) -> None:
    n = len(choice.categories)
    for category in _repeated(choice.categories):
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


def _shares(found: _Findings, where: str, shares: Sequence[float], n: int) -> None:
    """As many shares as categories, adding up to 1."""
    if len(shares) != n:
        found.add(where, f"{len(shares)} shares for {n} categories", "Give one share for each category")
    elif not abs(sum(shares) - 1) <= TOLERANCE:
        found.add(where, f"shares add up to {sum(shares):.6g}", "Make them add up to 1")


def _cases(
    found: _Findings,
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
        found.add(where, f"nothing for {_list(missing)}", remedy, breaks="attribute")


def _amount(pathway: Pathway, found: _Findings, known: Categories, where: str, number: Number) -> None:
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


def _durations(pathway: Pathway, found: _Findings, categories: Categories) -> None:
    known = {name: each for name, each in categories.items() if name != ACUITY_NOW}
    for name, duration in pathway.durations.items():
        where = f"durations.{name}"
        _amount(pathway, found, known, f"{where}.mean", duration.mean)
        lender = duration.luck_of
        if found.known(f"{where}.luck_of", lender, pathway.durations, what="duration") and lender is not None:
            borrowed = pathway.durations[lender].luck_of
            if borrowed is not None:
                remedy = f"Name '{borrowed}' here too"
                found.add(f"{where}.luck_of", f"'{lender}' has the luck of '{borrowed}' itself", remedy)


def _node_names(pathway: Pathway, found: _Findings) -> None:
    """A name belongs to one node, and to one source of patients."""
    kinds = ("steps", "branches", "loops", "ends")
    for name in _repeated([name for kind in kinds for name in getattr(pathway, kind)]):
        owners = [kind for kind in kinds if name in getattr(pathway, kind)]
        remedy = "Names are unique across steps, branches, loops and ends: rename one"
        found.add(f"{owners[0]}.{name}", f"{owners[1]} has a '{name}' too", remedy, breaks="node")
    for name in _repeated([*pathway.streams, *pathway.present]):
        remedy = "Rename one: both are sources of patients"
        found.add(f"present.{name}", f"streams has a '{name}' too", remedy, breaks="attribute")


def _node(pathway: Pathway, found: _Findings, where: str, name: str | None) -> None:
    found.known(where, name, pathway.nodes(), what="node")


def _streams(pathway: Pathway, found: _Findings) -> None:
    for name, stream in pathway.streams.items():
        where = f"streams.{name}"
        _node(pathway, found, f"{where}.starts", stream.starts)
        _profile(pathway, found, f"{where}.by_hour", stream.by_hour, HOURLY)
        _profile(pathway, found, f"{where}.by_weekday", stream.by_weekday, (7,))
        _profile(pathway, found, f"{where}.by_month", stream.by_month, (12,))
        found.known(f"{where}.day_factor", stream.day_factor, pathway.day_factors, what="day factor")
        if stream.headroom < stream.scale:
            remedy = f"Raise headroom to {stream.scale:g} or more, with room for busy days"
            found.add(f"{where}.headroom", f"{stream.headroom:g} is below scale {stream.scale:g}", remedy)


def _profile(pathway: Pathway, found: _Findings, where: str, name: str | None, lengths: tuple[int, ...]) -> None:
    if not found.known(where, name, pathway.profiles, what="profile") or name is None:
        return
    n = len(pathway.profiles[name].weights)
    if n not in lengths:
        needed = " or ".join(str(length) for length in lengths)
        found.add(where, f"profile '{name}' has {n} weights", f"It needs {needed} here")


def _profiles(pathway: Pathway, found: _Findings) -> None:
    for name, profile in pathway.profiles.items():
        if not any(profile.weights):
            found.add(f"profiles.{name}.weights", "every weight is 0", "Give at least one above 0")


def _present(pathway: Pathway, found: _Findings) -> None:
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


def _pools(pathway: Pathway, found: _Findings) -> None:
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


def _clock(found: _Findings, where: str, hours: str, days: str) -> None:
    for name, text, parse in (("hours", hours, parse_hours), ("days", days, parse_days)):
        try:
            parse(text)
        except ValueError as error:
            found.add(f"{where}.{name}", str(error), f"Write {name} like that", breaks="hours")


def _priority(pathway: Pathway, found: _Findings) -> None:
    priority, classes = pathway.priority, tuple(pathway.priority.classes)
    for name in ("untriaged_as", "ignored_as"):
        found.known(f"priority.{name}", getattr(priority, name), classes, what="class")
    if ANY_CLASS in classes:
        remedy = f"Rename it: `ranks_as: {ANY_CLASS}` means the patient's acuity now"
        found.add(f"priority.classes.{ANY_CLASS}", "a class has a reserved name", remedy)
    acuity = pathway.attributes.get(ACUITY_TRUE)
    if isinstance(acuity, Choice) and classes[: len(acuity.categories)] != acuity.categories:
        remedy = f"Begin with the categories of {ACUITY_TRUE}, in their order: {_list(acuity.categories)}"
        found.add("priority.classes", f"the classes are {_list(classes)}", remedy)
    pull = priority.target_pull
    if pull is not None:
        found.known("priority.target_pull.ranks_as", pull.ranks_as, classes, what="class")
        if pull.ends_at_minutes <= pull.starts_at_minutes:
            found.add("priority.target_pull", "ends before it starts", "Make ends_at_minutes the later one")


def _patience(pathway: Pathway, found: _Findings) -> None:
    patience = pathway.patience
    if patience is None:
        return
    found.known("patience.minutes", patience.minutes, pathway.durations, what="duration")
    _node(pathway, found, "patience.next", patience.next)
    for number, stream in enumerate(patience.streams):
        found.known(f"patience.streams.{number}", stream, pathway.categories(STREAM), what="stream")


def _triggers(pathway: Pathway, found: _Findings) -> None:
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


def _watched(pathway: Pathway, found: _Findings, where: str, steps: tuple[str, ...]) -> None:
    """Steps whose waiting patients are counted: there are some, and people can wait at them."""
    if not steps:
        found.add(where, "no step is named", "Name the steps whose waiting patients count")
    for number, name in enumerate(steps):
        known = found.known(f"{where}.{number}", name, pathway.steps, what="step")
        if known and not _waits(pathway.steps[name]):
            remedy = "Name a step that asks for a pool"
            found.add(f"{where}.{number}", f"nobody waits at '{name}': it asks for nothing", remedy)


def _steps(pathway: Pathway, found: _Findings, categories: Categories) -> None:
    for name, step in pathway.steps.items():
        where = f"steps.{name}"
        _node(pathway, found, f"{where}.next", step.next)
        _node(pathway, found, f"{where}.turned_away", step.turned_away)
        found.known(f"{where}.repeat_of", step.repeat_of, pathway.loops, what="loop")
        _profile(pathway, found, f"{where}.pace", step.pace, HOURLY)
        for number, duration in enumerate(step.minutes):
            found.known(f"{where}.minutes.{number}", duration, pathway.durations, what="duration")
        if step.ranks_as != ANY_CLASS:
            found.known(f"{where}.ranks_as", step.ranks_as, pathway.priority.classes, what="class")
        _step_pools(pathway, found, where, step)
        _step_queue(found, where, step)
        if step.relabels is not None:
            _relabels(pathway, found, f"{where}.relabels", step.relabels, categories)


def _step_pools(pathway: Pathway, found: _Findings, where: str, step: Step) -> None:
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
    for pool in _repeated(taken):
        found.add(where, f"asks for '{pool}' twice", "Name each pool once in asks, any_of and widens")
    for number, pool in enumerate(step.keeps):
        if pool not in taken and pool in pathway.pools:
            remedy = "A step keeps only what it asks for; what was held before is held on by itself"
            found.add(f"{where}.keeps.{number}", f"keeps '{pool}', which it does not take", remedy)
        elif pool in step.gives_up_at_end:
            found.add(f"{where}.keeps.{number}", f"'{pool}' is kept and given up at the end", "Choose one")


def _step_queue(found: _Findings, where: str, step: Step) -> None:
    if (step.queue_limit is None) != (step.turned_away is None):
        found.add(where, "one of queue_limit and turned_away is missing", "Give both, or neither")
    if step.queue_limit is not None and not _waits(step):
        found.add(f"{where}.queue_limit", "a limit, but nobody waits here", "Ask for a pool, or remove it")
    if step.widens is not None and not step.any_of and len(step.asks) != 1:
        remedy = "Put the pool that others may replace into any_of, or ask for exactly one"
        found.add(f"{where}.widens", "it is not clear which pool others may replace", remedy)


def _relabels(pathway: Pathway, found: _Findings, where: str, name: str, categories: Categories) -> None:
    """The attribute's categories are the first classes, as those of the true acuity are."""
    known = [each for each in categories if each not in (STREAM, ACUITY_NOW)]
    if name in pathway.attributes and name not in categories:
        return  # its own fault has been found
    if not found.known(where, name, known, what="attribute"):
        return
    wanted = categories.get(ACUITY_TRUE, tuple(pathway.priority.classes)[: len(categories[name])])
    if categories[name] != wanted:
        remedy = f"A label has the categories {_list(wanted)}, in that order"
        found.add(where, f"'{name}' has the categories {_list(categories[name])}", remedy)


def _branches(pathway: Pathway, found: _Findings, categories: Categories) -> None:
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
        else:
            _watched(pathway, found, f"{where}.waiting_at", branch.waiting_at)


def _by_attribute(pathway: Pathway, found: _Findings, where: str, branch: ByAttribute, categories: Categories) -> None:
    for case, to in branch.cases.items():
        _node(pathway, found, f"{where}.cases.{case}", to)
    _node(pathway, found, f"{where}.otherwise", branch.otherwise)
    if branch.attribute in pathway.attributes and branch.attribute not in categories:
        return  # its own fault has been found
    if found.known(f"{where}.attribute", branch.attribute, categories, what="attribute"):
        known, covered = categories[branch.attribute], branch.otherwise is not None
        _cases(found, f"{where}.cases", branch.cases, known, by=branch.attribute, otherwise=covered)


def _loops(pathway: Pathway, found: _Findings, categories: Categories) -> None:
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
                found.add(f"{where}.passes", f"'{loop.passes}' has the categories {_list(counts)}", remedy)


# --- the route -----------------------------------------------------------------------------------------------

Lead = Mapping[str, tuple[Way, ...]]


def _starts(pathway: Pathway) -> dict[str, str]:
    """Where each source of patients starts."""
    streams = {name: stream.starts for name, stream in pathway.streams.items()}
    return {**streams, **{name: present.starts for name, present in pathway.present.items()}}


def _reached(starts: Iterable[str], lead: Lead, *, closed: Iterable[tuple[str, Way]] = ()) -> dict[str, None]:
    """Every node that can be reached from some, themselves included, without the closed ways."""
    shut = set(closed)
    reached = dict.fromkeys(starts)
    ahead = deque(reached)
    while ahead:
        name = ahead.popleft()
        for way in lead[name]:
            if way.to not in reached and (name, way) not in shut:
                reached[way.to] = None
                ahead.append(way.to)
    return reached


def _route(pathway: Pathway, found: _Findings, lead: Lead, reached: Mapping[str, None]) -> None:
    for name in pathway.nodes():
        if name not in reached:
            remedy = "Lead a node or a stream to it, or remove it"
            found.add(_path(pathway, name), f"nobody can get to '{name}'", remedy)
    for name in reached:
        if isinstance(pathway.nodes()[name], Loop):
            _idle_loop(pathway, found, lead, name)
    # Each `again` is taken a bounded number of times, so only a cycle without one can go on for ever.
    plain = {name: [way.to for way in lead[name] if way.by != "again"] for name in reached}
    for members in _cycles(plain):
        _unbounded(pathway, found, lead, plain, members)


def _unbounded(
    pathway: Pathway,
    found: _Findings,
    lead: Lead,
    plain: Mapping[str, Sequence[str]],
    members: Sequence[str],
) -> None:
    """Say where a cycle without a bound goes, whether it has a way out, and whether it takes time."""
    nodes = pathway.nodes()
    shown = " -> ".join(_round_trip(plain, members[0], set(members)))
    said = [f"a loop without bound: {shown}"]
    if not any(name in pathway.ends for name in _reached(members[:1], lead)):
        said.append("no end can be reached from it")
    if not any(isinstance(node := nodes[name], Step) and node.minutes for name in members):
        said.append("and it takes no time")
    remedy = "Go round by a loop, whose passes are drawn, or lead one of them elsewhere"
    found.add(_path(pathway, members[0]), ", ".join(said), remedy)


def _idle_loop(pathway: Pathway, found: _Findings, lead: Lead, name: str) -> None:
    """A loop whose rounds hold no step at all goes round in no time for nothing."""
    again = next(way.to for way in lead[name] if way.by == "again")
    closed = [(name, way) for way in lead[name]]
    body = _reached((again,), lead, closed=closed)
    if name in body and not any(each in pathway.steps for each in body):
        remedy = "Lead `again` to the first step to repeat"
        found.add(f"loops.{name}.again", "a round has no step in it", remedy)


def _cycles(lead: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The groups of nodes that lead to one another (strongly connected), each in the given order."""
    after = {name: _reach(lead, name) for name in lead}
    done: set[str] = set()
    groups = []
    for name in lead:
        if name in after[name] and name not in done:
            group = [each for each in lead if each in after[name] and name in after[each]]
            done |= set(group)
            groups.append(group)
    return groups


def _reach(lead: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """What can be reached from a node in one move or more."""
    reached: set[str] = set()
    ahead = list(lead[start])
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += lead.get(name, ())
    return reached


def _round_trip(lead: Mapping[str, Sequence[str]], start: str, members: set[str]) -> list[str]:
    """A shortest way from a node back to itself within a group."""
    before: dict[str, str] = {}
    ahead = deque([start])
    while start not in before:
        name = ahead.popleft()
        for to in lead[name]:
            if to in members and to not in before:
                before[to] = name
                ahead.append(to)
    trip = [start]
    while len(trip) == 1 or trip[-1] != start:
        trip.append(before[trip[-1]])
    return trip[::-1]


# --- pools ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    """A patient about to join a node: the pools it may hold, and what the route says of its categories."""

    node: str
    held: Pools
    known: frozenset[tuple[str, frozenset[str]]] = frozenset()


Trace = Mapping[_State, "_State | None"]
"""Every state that can come about, and one that it came from."""


def _explore(pathway: Pathway, lead: Lead) -> Trace:
    """Follow everybody through the route with what they may hold.

    A branch on an attribute that is met again later sorts people for good: who was sent one way by their stream
    is not sent another way by it afterwards. Where that is too much to follow it is left out, which can only add
    states, never lose one.
    """
    trace = _follow(pathway, lead, _asked_later(pathway, lead))
    if trace is None:
        trace = _follow(pathway, lead, dict.fromkeys(lead, frozenset()))
    return trace or {}


def _asked_later(pathway: Pathway, lead: Lead) -> dict[str, frozenset[str]]:
    """For each node the attributes that a branch at it or after it reads."""
    reads = {
        name: branch.attribute
        for name, branch in pathway.branches.items()
        if isinstance(branch, ByAttribute) and branch.attribute != ACUITY_NOW
    }
    plain = {name: [way.to for way in found] for name, found in lead.items()}
    return {name: frozenset(reads[each] for each in {name, *_reach(plain, name)} if each in reads) for name in lead}


def _follow(pathway: Pathway, lead: Lead, later: Mapping[str, frozenset[str]]) -> Trace | None:
    """Every state from every source, or None if there are too many."""
    trace: dict[_State, _State | None] = {}
    for name, start in _starts(pathway).items():
        mine = {STREAM: frozenset((name,))} if STREAM in later[start] else {}
        trace.setdefault(_State(start, frozenset(), frozenset(mine.items())), None)
    ahead = deque(trace)
    while ahead:
        state = ahead.popleft()
        for move in _moves(pathway, lead, state):
            facts = frozenset(fact for fact in move.known if fact[0] in later[move.node])
            after = _State(move.node, move.held, facts)
            if after not in trace:
                trace[after] = state
                ahead.append(after)
        if len(trace) > MOST_STATES and any(later.values()):
            return None
    return trace


def _moves(pathway: Pathway, lead: Lead, state: _State) -> Iterator[_State]:
    """Where a patient can go from here. Whoever leaves or is turned away has given everything back."""
    node = pathway.nodes()[state.node]
    if isinstance(node, Step):
        for way in lead[state.node]:
            if way.by != "on":
                yield _State(way.to, frozenset(), state.known)
        all_of, any_of = _request(node)
        for one in any_of or ("",):
            taken = {*all_of, one}.intersection(node.keeps)
            held = (state.held.difference(node.gives_up_at_start) | taken).difference(node.gives_up_at_end)
            yield _State(node.next, held, state.known)
    elif isinstance(node, ByAttribute) and node.attribute != ACUITY_NOW:
        yield from _sorted_out(lead, state, node.attribute)
    else:
        for way in lead[state.node]:
            yield _State(way.to, state.held, state.known)


def _sorted_out(lead: Lead, state: _State, attribute: str) -> Iterator[_State]:
    """The ways of a branch on an attribute that are open to a patient of whom something may be known already."""
    facts = dict(state.known)
    groups: dict[str, set[str]] = {}
    for way in lead[state.node]:
        if attribute not in facts or way.when in facts[attribute]:
            groups.setdefault(way.to, set()).add(way.when)
    for to, categories in groups.items():
        yield _State(to, state.held, frozenset({**facts, attribute: frozenset(categories)}.items()))


def _request(step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All of these pools, and one of those: what a step asks for once it has widened, if it does."""
    if step.widens is None:
        return step.asks, step.any_of
    if step.any_of:
        return step.asks, (*step.any_of, *step.widens.any_of)
    return (), (*step.asks, *step.widens.any_of)


def _holding(pathway: Pathway, found: _Findings, trace: Trace) -> None:
    """Nobody asks for a pool it may hold, and nobody gives up what it can never hold."""
    for name, step in pathway.steps.items():
        states = [state for state in trace if state.node == name]
        where = f"steps.{name}"
        for pool in dict.fromkeys(pool for part in _request(step) for pool in part):
            holder = next((state for state in states if pool in state.held), None)
            if holder is not None:
                remedy = "Give it up at the end of an earlier step, or lead those who hold it round this step"
                kept = _kept_at(trace, holder, pool)
                found.add(where, f"asks for '{pool}', which a patient may hold already ({kept})", remedy)
        held = frozenset[str]().union(*(state.held for state in states))
        for key, pools in (
            ("gives_up_at_start", step.gives_up_at_start),
            ("gives_up_at_end", step.gives_up_at_end),
        ):
            for number, pool in enumerate(pools):
                if states and pool not in held and pool not in step.keeps:
                    remedy = "Keep it at an earlier step, or remove it here"
                    found.add(f"{where}.{key}.{number}", f"'{pool}' is never held here", remedy)
            held = held.difference(pools)


def _kept_at(trace: Trace, state: _State, pool: str) -> str:
    """Which step kept a pool, and how the patient came here."""
    nodes = [state.node]
    before = trace[state]
    while before is not None:
        nodes.append(before.node)
        if pool not in before.held:
            break
        before = trace[before]
    shown = nodes[::-1] if len(nodes) <= 5 else [nodes[-1], nodes[-2], "...", *nodes[1::-1]]
    return f"kept at '{nodes[-1]}': {' -> '.join(shown)}"


@dataclass(frozen=True)
class _Wait:
    """Somebody who may wait at a step: the finite pools it holds meanwhile, and the finite pools it waits for."""

    step: str
    held: Pools
    all_of: Pools
    any_of: Pools
    """Empty if one of the alternatives is unlimited, as one of them is then always free."""

    def blocked_by(self, stuck: set[str]) -> Pools:
        """Which of the stuck pools keep this wait from ever ending; none if it can end."""
        if self.any_of and self.any_of <= stuck:
            return (self.all_of & stuck) or self.any_of
        return self.all_of & stuck


def _deadlocks(pathway: Pathway, found: _Findings, trace: Trace) -> None:
    """Whether some pools can all be held for ever by patients who wait for one another's.

    A set of pools can be stuck if each may be held by somebody whose wait needs another of the set: one of `asks`
    in it, or every alternative of `any_of`. The largest such set is what is left when pools that always come
    free again are struck out. Neither patience, nor a queue limit, nor escalation undoes it for certain.
    """
    waits = _waits_holding(pathway, trace)
    stuck = {name for name, pool in pathway.pools.items() if not pool.unlimited}
    while free := {pool for pool in stuck if not any(pool in w.held and w.blocked_by(stuck) for w in waits)}:
        stuck -= free
    needs: dict[tuple[str, str], str] = {}
    for wait in waits:
        for pool in pathway.pools:
            if pool in stuck and pool in wait.held:
                for wanted in sorted(wait.blocked_by(stuck) - {pool}):
                    needs.setdefault((pool, wanted), wait.step)
    graph = {pool: [wanted for kept, wanted in needs if kept == pool] for pool in pathway.pools if pool in stuck}
    for group in _cycles(graph):
        ring = _round_trip(graph, group[0], set(group))
        told = [
            f"'{kept}' is held while waiting at '{needs[kept, wanted]}' for '{wanted}'"
            for kept, wanted in pairwise(ring)
        ]
        remedy = "Give one up before waiting for the next, or add to any_of a pool outside this ring"
        found.add(f"pools.{group[0]}", f"patients can wait for one another for ever: {', '.join(told)}", remedy)


def _waits_holding(pathway: Pathway, trace: Trace) -> list[_Wait]:
    """Every different wait while something finite is held. With a limit of 0 nobody waits."""
    finite = frozenset(name for name, pool in pathway.pools.items() if not pool.unlimited)
    waits: dict[_Wait, None] = {}
    for state in trace:
        step = pathway.steps.get(state.node)
        if step is not None and state.held & finite and _waits(step) and step.queue_limit != 0:
            all_of, any_of = _request(step)
            alternatives = frozenset(any_of) if finite.issuperset(any_of) else frozenset[str]()
            waits[_Wait(state.node, state.held & finite, finite.intersection(all_of), alternatives)] = None
    return list(waits)


def _staffing(pathway: Pathway, found: _Findings, lead: Lead, reached: Mapping[str, None]) -> None:
    """Whoever asks for a pool can find somebody on duty, whatever the hour.

    Not a fault: where an alternative is on duty; where a queue limit turns people away; where every way to the
    step passes a branch on hours that leads here only while the pool has units.
    """
    gaps: dict[tuple[str, ...], list[str]] = {}
    for name in (name for name in pathway.steps if name in reached):
        step = pathway.steps[name]
        all_of, any_of = _request(step)
        for pools in (*((pool,) for pool in all_of), *((any_of,) if any_of else ())):
            empty = _empty(tuple(pathway.pools[pool] for pool in pools))
            if empty and step.queue_limit is None and not _shut_out(pathway, lead, name, empty):
                gaps.setdefault(pools, []).append(name)
    for pools, names in gaps.items():
        when = _when(_empty(tuple(pathway.pools[pool] for pool in pools)))
        who = f"'{pools[0]}' has no unit" if len(pools) == 1 else f"none of {_list(pools)} has a unit"
        remedy = "Staff it, add an alternative to any_of, or lead patients elsewhere by a branch on hours"
        found.add(f"pools.{pools[0]}", f"{who} {when}, but is asked for at {_list(names)}", remedy)


def _empty(pools: tuple[Pool, ...]) -> list[Interval]:
    """When none of some pools has a unit: half-open intervals of the week in ticks, sorted."""
    if any(pool.unlimited for pool in pools):
        return []
    tables = [timetable(pool) for pool in pools]
    ticks = sorted({0, *(tick for table in tables for tick, _ in table)})
    empty: list[Interval] = []
    for start, end in zip(ticks, [*ticks[1:], WEEK], strict=True):
        on_duty = [units for table in tables for tick, units in table if tick <= start < _until(table, tick)]
        if not any(on_duty):
            if empty and empty[-1][1] == start:
                empty[-1] = (empty[-1][0], end)
            else:
                empty.append((start, end))
    return empty


def _until(table: Sequence[tuple[int, int]], since: int) -> int:
    """When the row of a timetable that begins at `since` ends."""
    return min((tick for tick, _ in table if tick > since), default=WEEK)


def _shut_out(pathway: Pathway, lead: Lead, step: str, empty: Sequence[Interval]) -> bool:
    """Whether every way to a step passes a branch on hours that does not lead to it at these times."""
    closed = []
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByHours):
            opened = intervals(branch.hours, branch.days)
            then, otherwise = lead[name]
            if not any(start < until and since < end for start, end in empty for since, until in opened):
                closed.append((name, then))
            if all(any(since <= start and end <= until for since, until in opened) for start, end in empty):
                closed.append((name, otherwise))
    return step not in _reached(_starts(pathway).values(), lead, closed=closed)


def _when(empty: Sequence[Interval]) -> str:
    """Times of the week in words: '22:00-08:00 every day', 'sat, sun 00:00-24:00', 'at any hour'."""
    spans = list(empty)
    if spans == [(0, WEEK)]:
        return "at any hour"
    if spans[0][0] == 0 and spans[-1][1] == WEEK:  # one span over Sunday midnight
        spans = [(spans[-1][0], spans[0][1] + WEEK), *spans[1:-1]]
    days: dict[tuple[int, int], list[int]] = {}
    for start, end in sorted(spans):
        while end - start > DAY:  # longer than a day: day by day
            midnight = start - start % DAY + DAY
            days.setdefault((start % DAY, midnight - start), []).append(start // DAY)
            start = midnight
        days.setdefault((start % DAY, end - start), []).append(start // DAY)
    parts = []
    for (start, length), on in days.items():
        clock = f"{_time(start)}-{_time((start + length - 1) % DAY + 1)}"
        names = [WEEKDAYS[day % 7] for day in on]
        parts.append(f"{clock} every day" if len(names) == 7 else f"{clock} {', '.join(names)}")
    return "; ".join(parts)


def _time(tick: int) -> str:
    minutes = tick * 60 // HOUR
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


# --- words ---------------------------------------------------------------------------------------------------


def _path(pathway: Pathway, name: str) -> str:
    """The dotted path of a node."""
    kinds = ("steps", "branches", "loops", "ends")
    return next(f"{kind}.{name}" for kind in kinds if name in getattr(pathway, kind))


def _repeated(names: Iterable[str]) -> list[str]:
    """What is there more than once, each once."""
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)


def _list(names: Iterable[str]) -> str:
    """'a', 'b', 'c'."""
    return ", ".join(f"'{name}'" for name in names)
