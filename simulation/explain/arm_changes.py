"""What an arm changes, found by comparing it with the baseline, and what it assumes.

Nothing here knows what kinds of policy there are. What a policy does is read from its columns: the same drawn
patients under the arm's policy and under the baseline's, and whose minutes, label or other attributes then differ.
What an arm does to the department is read from the two statements of it, path by path. A lever that somebody adds
tomorrow therefore shows without a word about it in this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from simulation.analysis.offered_load import in_a_mean_week
from simulation.draws import Draws, draw
from simulation.explain.reachable import live, sample_days
from simulation.explain.statements import blocks, says
from simulation.pathway.department import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ARRIVAL_SOURCE,
    ByAttribute,
    Pathway,
    Pool,
    minutes_column,
    minutes_held,
)
from simulation.pathway.graph import graph_of, nodes_by_source, reachable_from, waits
from simulation.pathway.layout import SOURCE
from simulation.pathway.rota import closed_units, shift_words
from simulation.records.serialise import plain
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.triage.check import check
from simulation.triage.idle import idle

LEAST_MINUTES = 1e-9
MOST_WORDS = 60
"""Characters of a value that is no number: longer ones are cut."""
ABSENT = "not there"

Kind = Literal["label", "by label", "minutes", "pool", "route", "rule", "nothing"]
KIND_WORDS: dict[Kind, str] = {
    "label": "gives another label",
    "by label": "decided by the label",
    "minutes": "takes other minutes",
    "pool": "has more or fewer units",
    "route": "leads elsewhere",
    "rule": "works by another rule",
    "nothing": "does nothing here",
}
"""What happens at a marked place."""


@dataclass(frozen=True)
class Change:
    """One thing that an arm changes. `what`: name or dotted path; `at`: the nodes of the pathway where it shows;
    `short`: the words that fit above a box."""

    kind: Kind
    what: str
    words: str
    at: tuple[str, ...] = ()
    short: str = ""


@dataclass(frozen=True)
class ArmChanges:
    """Everything that an arm changes; `opened`: ways from node to node that nobody takes under the baseline."""

    arm: str
    changes: tuple[Change, ...]
    opened: tuple[tuple[str, str], ...] = ()

    def without_echoes(self) -> ArmChanges:
        """The same without where the label then decides, which is so for every arm that gives another label."""
        return replace(self, changes=tuple(each for each in self.changes if each.kind != "by label"))


def arm_changes(study: Study, names: Sequence[str] | None = None) -> tuple[ArmChanges, ...]:
    """What each arm changes (the baseline, and arms not named, left out), in order.

    Policies are compared on patients drawn with the study's seed for four weeks, or for a year where one of the two
    goes live later, spreads or drifts. Shares in words are of those patients.
    """
    baseline = study.baseline
    drawn: dict[tuple[int, int], Draws] = {}
    found = []
    for arm in study.arms:
        if arm.name == baseline.name or (names is not None and arm.name not in names):
            continue
        days = max(sample_days(arm.policy), sample_days(baseline.policy))
        key = (id(arm.pathway), days)
        if key not in drawn:
            drawn[key] = draw(in_a_mean_week(arm.pathway), seed=study.run.seed, replication=0, days=days)
        found.append(compared(arm, baseline, drawn[key]))
    return tuple(found)


def compared(arm: ReadyArm, baseline: ReadyArm, drawn: Draws) -> ArmChanges:
    """What one arm changes, on patients drawn for the arm's department."""
    pathway = arm.pathway
    changes: list[Change] = []
    opened = _new_ways(pathway, baseline.pathway)
    ours = drawn
    if arm.policy != baseline.policy and not check(baseline.policy, pathway):
        ours, theirs = (apply(each.policy, pathway, drawn) for each in (arm, baseline))
        met = live(pathway, ours)
        changes += _of_labels(pathway, ours, theirs, met)
        changes += _of_attributes(pathway, ours, theirs, met)
        changes += _of_minutes(pathway, ours, theirs, met)
        opened += _taken_now(pathway, ours, theirs)
    changes += _of_department(pathway, baseline.pathway, live(pathway, ours))
    if arm.policy != baseline.policy:
        changes += [
            Change("nothing", each.where, f"does nothing here: {each.why}") for each in idle(arm.policy, pathway)
        ]
    return ArmChanges(arm.name, tuple(changes), tuple(dict.fromkeys(opened)))


# --- what a policy does, read from its columns -----------------------------------------------------------------


def _attends(pathway: Pathway, draws: Draws) -> np.ndarray:
    """Who is an attendance, shape (n,)."""
    attends = [
        *(each.attends for each in pathway.arrivals.values()),
        *(each.attends for each in pathway.present.values()),
    ]
    return np.array(attends)[draws.arrival_source]


def _of_labels(pathway: Pathway, ours: Draws, theirs: Draws, live: Set[str]) -> Iterator[Change]:
    if ACUITY_GIVEN not in ours.attributes:
        return  # nobody is labelled here
    new, old = ours.attributes[ACUITY_GIVEN], theirs.attributes[ACUITY_GIVEN]
    mine = _attends(pathway, ours)
    differs = mine & (new != old)
    if not differs.any():
        return
    for name in [each for each in pathway.steps if each in live]:
        step, come = pathway.steps[name], mine & _can_come(pathway, ours, name)
        if step.relabels == ACUITY_GIVEN and (differs & come).any():
            share, up, down = (_percent(float(np.mean(each[come]))) for each in (new != old, new < old, new > old))
            words = (
                f"another label for {share} of those who can come here: {up} a more urgent one, {down} a less urgent"
            )
            yield Change("label", name, words, (name,), f"another label: {share}")
    yield from _by_label(pathway, ours, differs, live)


def _can_come(pathway: Pathway, draws: Draws, node: str) -> np.ndarray:
    """Whose source leads to a node, shape (n,)."""
    nodes = nodes_by_source(pathway)
    return np.array([node in nodes[source] for source in pathway.categories(ARRIVAL_SOURCE)])[draws.arrival_source]


def _by_label(pathway: Pathway, draws: Draws, differs: np.ndarray, live: Set[str]) -> Iterator[Change]:
    """Branches and queues that patients with another label can come to once they have it."""
    known, nodes, graph = pathway.categories(ARRIVAL_SOURCE), nodes_by_source(pathway), graph_of(pathway)
    sources = [known[code] for code in np.unique(draws.arrival_source[differs])]
    after = {
        node
        for source in sources
        for step in nodes[source]
        if step in pathway.steps and pathway.steps[step].relabels == ACUITY_GIVEN
        for edge in graph[step]
        for node in reachable_from((edge.to,), graph)
        if node in nodes[source] and node in live
    }
    branches = tuple(
        name
        for name, branch in pathway.branches.items()
        if name in after and _reads(branch) in (ACUITY_GIVEN, ACUITY_NOW)
    )
    queues = tuple(
        name for name, step in pathway.steps.items() if name in after and step.ranks_as == "acuity" and waits(step)
    )
    if branches:
        yield Change(
            "by label", "branches", f"the label decides the way at {_listed(branches)}", branches, "by the label"
        )
    if queues:
        words = f"the label ranks who waits at {_listed(queues)}"
        yield Change("by label", "queues", words, queues, "queue by the label")


def _of_attributes(pathway: Pathway, ours: Draws, theirs: Draws, live: Set[str]) -> Iterator[Change]:
    """Attributes besides the label that the policy decides: what it sets off."""
    for name, new in ours.attributes.items():
        old = theirs.attributes.get(name, new)
        differs = new != old
        if name == ACUITY_GIVEN or not differs.any():
            continue
        share = _percent(float(np.mean(differs[_attends(pathway, ours)])))
        at = tuple(node for node, branch in pathway.branches.items() if _reads(branch) == name)
        at += tuple(node for node, step in pathway.steps.items() if step.relabels == name)
        at += tuple(node for node, loop in pathway.loops.items() if loop.passes == name)
        if at and live.isdisjoint(at):
            continue  # nobody comes to where it is read
        at = tuple(node for node in at if node in live)
        words = f"is another one for {share} of attendances" + (f"; read at {_listed(at)}" if at else "")
        yield Change("route", name, words, at, f"{_spaced(name)}: {share}")


def _of_minutes(pathway: Pathway, ours: Draws, theirs: Draws, live: Set[str]) -> Iterator[Change]:
    """Steps whose minutes differ, those with the same changed durations together."""
    steps: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for name in [each for each in pathway.steps if each in live]:
        step = pathway.steps[name]
        columns = [(each, minutes_column(each, step.minutes_by)) for each in step.minutes]
        held = [(each, *(minutes_held(column, by.minutes) for by in (ours, theirs))) for each, column in columns]
        moved = tuple(
            (each, new, old) for each, new, old in held if not np.array_equal(ours.minutes[new], theirs.minutes[old])
        )
        if moved:
            steps.setdefault(moved, []).append(name)
    for moved, at in steps.items():
        new = np.sum([ours.minutes[column] for _, column, _ in moved], axis=0)
        old = np.sum([theirs.minutes[column] for _, _, column in moved], axis=0)
        come, differs = (new > 0) | (old > 0), np.abs(new - old) > LEAST_MINUTES
        share, before = float(differs.sum() / come.sum()), float(old[differs].mean())
        by = _minutes(float((new - old)[differs].mean()))
        words = (
            f"{by} min on average (of {before:.1f}) for {_percent(share)} of those who can come here "
            f"({' + '.join(_spaced(each) for each, _, _ in moved)})"
        )
        yield Change("minutes", _listed(at), words, tuple(at), f"{by} min for {_percent(share)}")


def _reads(branch: object) -> str:
    return branch.attribute if isinstance(branch, ByAttribute) else ""


def _taken_now(pathway: Pathway, ours: Draws, theirs: Draws) -> list[tuple[str, str]]:
    """Ways whose categories some patients have under the arm and none under the baseline."""
    found, graph = [], graph_of(pathway)
    for name, branch in pathway.branches.items():
        attribute = ACUITY_GIVEN if _reads(branch) == ACUITY_NOW else _reads(branch)
        new, old = (each.attributes.get(attribute) for each in (ours, theirs))
        if new is None or old is None or np.array_equal(new, old):
            continue
        known = pathway.categories(attribute)
        had, has = ({known[code] for code in np.unique(each)} for each in (old, new))
        by_end: dict[str, set[str]] = {}
        for edge in graph[name]:
            by_end.setdefault(edge.to, set()).add(edge.when)
        found += [(name, end) for end, cases in by_end.items() if cases & has and not cases & had]
    return found


# --- what the arm does to the department, read from its statement ---------------------------------------------


def _of_department(ours: Pathway, theirs: Pathway, live: Set[str]) -> Iterator[Change]:
    if ours == theirs:
        return
    yield from _of_pools(ours, theirs, live)
    sections = [each.name for each in fields(Pathway) if getattr(ours, each.name) != getattr(theirs, each.name)]
    before, after = ({name: plain(getattr(each, name)) for name in sections} for each in (theirs, ours))
    for path, old, new in unlike(before, after):
        section, _, rest = path.partition(".")
        name = rest.partition(".")[0]
        if section != "pools":
            kind, everywhere = _place(section, name, rest, ours)
            at = tuple(node for node in everywhere if node in live)
            words = f"{_cut(old)} becomes {_cut(new)}"
            short = "new" if old == ABSENT and name in ours.nodes() else _short(rest or section, old, new)
            yield Change(kind, path, words, at, short)


def _of_pools(ours: Pathway, theirs: Pathway, live: Set[str]) -> Iterator[Change]:
    for name in dict.fromkeys((*theirs.pools, *ours.pools)):
        new, old = ours.pools.get(name), theirs.pools.get(name)
        if new == old:
            continue
        words = _pool_words(new, old)
        at = tuple(node for node in _asking(ours, name) if node in live)
        yield Change("pool", name, words, at, f"{_spaced(name)}: {words.removesuffix(' at every hour')}")


def _pool_words(new: Pool | None, old: Pool | None) -> str:
    if new is None or old is None:
        return "is new" if old is None else "is no longer there"
    said = [f"{new.extra - old.extra:+d} at every hour".replace("-", "−")] if new.extra != old.extra else []
    if new.capacity != old.capacity:
        said.append(f"{old.capacity} becomes {new.capacity}")
    if new.rota != old.rota:
        said.append("another rota")
    if new.extra_shifts != old.extra_shifts:
        before = f" (before: {shift_words(old.extra_shifts)})" if old.extra_shifts else ""
        said.append((shift_words(new.extra_shifts) or "no shifts laid over the rota") + before)
    if _closing(new) != _closing(old):
        said.append(closing_words(new) or f"no longer {closing_words(old)}")
    return ", ".join(said) or "stated otherwise"


def closing_words(pool: Pool) -> str:
    """'2 closed while strike', or nothing."""
    if pool.closed_while is None:
        return ""
    return f"{closed_units(pool) or 'all'} closed while {_spaced(pool.closed_while)}"


def _closing(pool: Pool) -> tuple[object, ...]:
    return pool.closed_while, pool.closes, pool.closes_share


def _asking(pathway: Pathway, pool: str) -> tuple[str, ...]:
    return tuple(
        name
        for name, step in pathway.steps.items()
        if pool in (*step.asks, *step.any_of, *(step.overflow.any_of if step.overflow is not None else ()))
    )


def _place(section: str, name: str, rest: str, pathway: Pathway) -> tuple[Kind, tuple[str, ...]]:
    """What kind of change a path is, and which nodes it shows at."""
    if section in ("arrivals", "present"):
        return "rule", (SOURCE + name,)
    if section == "durations":
        return "minutes", _taking((name,), pathway)
    if section in ("follows", "lasting_factors") and name in getattr(pathway, section):
        stated = getattr(pathway, section)[name]
        return "rule", (*(SOURCE + each for each in stated.arrivals), *_taking(stated.durations, pathway))
    if section in ("steps", "branches", "loops", "ends"):
        at = (name,) if name in pathway.nodes() else ()
        minutes = section == "steps" and rest.split(".")[1:2] in (["minutes"], ["times"], ["pace"], ["effort"])
        return ("minutes" if minutes else "route"), at
    if section == "attributes":
        return "rule", tuple(node for node, branch in pathway.branches.items() if _reads(branch) == name)
    return "rule", ()


def _taking(durations: Sequence[str], pathway: Pathway) -> tuple[str, ...]:
    """The steps that take one of some durations."""
    return tuple(node for node, step in pathway.steps.items() if not {*durations}.isdisjoint(step.minutes))


def _new_ways(ours: Pathway, theirs: Pathway) -> list[tuple[str, str]]:
    before = {(name, edge.to) for name, found in graph_of(theirs).items() for edge in found}
    return [
        (name, edge.to) for name, found in graph_of(ours).items() for edge in found if (name, edge.to) not in before
    ]


def unlike(one: Any, other: Any, within: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two plain statements differ: dotted path, the one, the other (`ABSENT` where it has no such key).

    >>> list(unlike({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}))
    [('b.c', 2, 3)]
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            yield from unlike(one.get(key, ABSENT), other.get(key, ABSENT), f"{within}.{key}" if within else str(key))
    elif one != other:
        yield within, one, other


# --- what it assumes -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AddedAssumption:
    """A sourced statement that an arm brings and the baseline does not make: its value and its range in words."""

    where: str
    value: str
    range: str
    evidence: str
    source: str


def assumptions_added_by(arm: ReadyArm, baseline: ReadyArm) -> tuple[AddedAssumption, ...]:
    """Every sourced statement of an arm's policy, changes and cost that the baseline does not make there."""
    ours, theirs = (
        {where: _own(block) for where, block in blocks(plain(each.policy), "triage")} for each in (arm, baseline)
    )
    found = [(where, block) for where, block in ours.items() if theirs.get(where) != block]
    own = arm.arm
    if own.evidence is not None and own.source is not None and own.changes != baseline.arm.changes:
        found.append(("changes", {"value": plain(own.changes), "evidence": own.evidence, "source": own.source}))
    if own.cost is not None:
        found.append(("cost", plain(own.cost)))
    return tuple(
        AddedAssumption(
            where,
            says({key: value for key, value in block.items() if key != "range"}) or "as stated",
            " to ".join(f"{end:g}" for end in block.get("range", ())) or "–",
            str(block["evidence"]),
            str(block["source"]),
        )
        for where, block in found
    )


def _own(block: Mapping[str, Any]) -> dict[str, Any]:
    """A sourced block without the parts that state a source themselves."""
    return {key: value for key, value in block.items() if not any(blocks(value, key))}


def counted(stated: Mapping[str, Any], groups: Sequence[str]) -> dict[str, int]:
    """How many sourced statements of some groups of a configuration there are, by evidence."""
    evidence = [str(block["evidence"]) for group in groups for _, block in blocks(plain(stated.get(group)), group)]
    return {kind: evidence.count(kind) for kind in ("assumed", "measured", "published")}


# --- words -----------------------------------------------------------------------------------------------------


def by_node(changes: ArmChanges) -> dict[str, tuple[tuple[Kind, str], ...]]:
    """By node, what is written above its box."""
    found: dict[str, list[tuple[Kind, str]]] = {}
    for change in changes.changes:
        for node in change.at:
            found.setdefault(node, []).append((change.kind, change.short))
    return {node: tuple(each) for node, each in found.items()}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 or share == 0 else f"{100 * share:.1f} %"


def _minutes(by: float) -> str:
    return f"{by:+.1f}".replace("-", "−") if abs(by) >= 0.095 else f"{by:+.2f}".replace("-", "−")


def _listed(names: Sequence[str], most: int = 4) -> str:
    words = [_spaced(name) for name in names]
    if len(words) > most:
        return f"{', '.join(words[: most - 1])} and {len(words) - most + 1} more"
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _cut(value: Any) -> str:
    text = says(value if isinstance(value, Mapping) else {"value": value}) or str(value)
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1].rstrip()}…"


def _short(path: str, old: Any, new: Any) -> str:
    last = _spaced(path.rpartition(".")[2])
    if isinstance(old, int | float) and isinstance(new, int | float):
        return f"{last} {old:g} → {new:g}"
    return f"other {last}"
