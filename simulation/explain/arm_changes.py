"""What an arm changes, found by comparing it with the baseline, and what it assumes.

Nothing here knows what kinds of policy there are. What a policy does is read from its columns: the same drawn
patients go through the arm's policy and the baseline's, and their minutes, labels and other attributes are compared.
What an arm does to the department is read by comparing the two pathways, path by path. A new kind of lever therefore
shows without a change to this file. In the code `ours` are the arm's draws or pathway, `theirs` the baseline's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from itertools import permutations
from typing import Any, Literal

import numpy as np

from simulation.analysis.offered_load import in_a_mean_week
from simulation.draws import Draws, draw
from simulation.explain.reachable import reachable_nodes, sample_days
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
from simulation.pathway.rota import closed_units, same_units, shift_words
from simulation.records.serialise import plain
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.triage.check import check
from simulation.triage.idle import idle

LEAST_MINUTES = 1e-9
"""Minutes by which a patient's time in a step must differ to count as changed."""
MOST_WORDS = 60
"""Characters of a value in words; a longer one is cut."""
ABSENT = "not there"
"""The value of a key that one of two statements does not have."""

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
"""What an arm does at a node that is marked with its change."""


@dataclass(frozen=True)
class Change:
    """One thing that an arm changes. `what`: its name or dotted path; `at`: the nodes of the pathway where it shows;
    `short`: a few words, to print above the box of a node."""

    kind: Kind
    what: str
    words: str
    at: tuple[str, ...] = ()
    short: str = ""


@dataclass(frozen=True)
class ArmChanges:
    """Everything that an arm changes; `opened`: edges, from node to node, that nobody takes under the baseline."""

    arm: str
    changes: tuple[Change, ...]
    opened: tuple[tuple[str, str], ...] = ()

    def without_echoes(self) -> ArmChanges:
        """These changes without those of kind 'by label', which every arm has that gives another label."""
        return replace(self, changes=tuple(change for change in self.changes if change.kind != "by label"))


def arm_changes(study: Study, names: Sequence[str] | None = None) -> tuple[ArmChanges, ...]:
    """What each arm changes, in the study's order, without the baseline. `names`: only these arms.

    Policies are compared on patients drawn with the study's seed: four weeks of them, or a year where a policy goes
    live later, spreads or drifts. Shares in words are of those patients.
    """
    baseline = study.baseline
    drawn: dict[tuple[int, int], Draws] = {}
    changes = []
    for arm in study.arms:
        if arm.name == baseline.name or (names is not None and arm.name not in names):
            continue
        days = max(sample_days(arm.policy), sample_days(baseline.policy))
        key = (id(arm.pathway), days)
        if key not in drawn:
            drawn[key] = draw(in_a_mean_week(arm.pathway), seed=study.run.seed, replication=0, days=days)
        changes.append(compared(arm, baseline, drawn[key]))
    return tuple(changes)


def changes_nothing(arm: ReadyArm, baseline: ReadyArm) -> bool:
    """Whether an arm is known to be the baseline in everything, before any patient is drawn."""
    ours, theirs = arm.pathway, baseline.pathway
    return (
        arm.policy == baseline.policy
        and ours.pools.keys() == theirs.pools.keys()
        and all(same_units(pool, theirs.pools[name]) for name, pool in ours.pools.items())
        and replace(ours, pools=theirs.pools) == theirs
    )


def compared(arm: ReadyArm, baseline: ReadyArm, drawn: Draws) -> ArmChanges:
    """What one arm changes, on patients drawn for the arm's department."""
    pathway = arm.pathway
    changes: list[Change] = []
    opened = _new_edges(pathway, baseline.pathway)
    ours = drawn
    if arm.policy != baseline.policy and not check(baseline.policy, pathway):
        ours, theirs = (apply(policy, pathway, drawn) for policy in (arm.policy, baseline.policy))
        reachable = reachable_nodes(pathway, ours)
        changes += _label_changes(pathway, ours, theirs, reachable)
        changes += _attribute_changes(pathway, ours, theirs, reachable)
        changes += _minutes_changes(pathway, ours, theirs, reachable)
        opened += _newly_taken(pathway, ours, theirs)
    changes += _department_changes(pathway, baseline.pathway, reachable_nodes(pathway, ours))
    if arm.policy != baseline.policy:
        changes += [
            Change("nothing", part.where, f"does nothing here: {part.why}") for part in idle(arm.policy, pathway)
        ]
    return ArmChanges(arm.name, tuple(changes), tuple(dict.fromkeys(opened)))


# --- what a policy does, read from its columns -----------------------------------------------------------------


def _attends(pathway: Pathway, draws: Draws) -> np.ndarray:
    """Whether each patient is an attendance, shape (n_patients,)."""
    attends = [source.attends for source in pathway.arrivals.values()]
    attends += [source.attends for source in pathway.present.values()]
    return np.array(attends)[draws.arrival_source]


def _label_changes(pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str]) -> Iterator[Change]:
    """The steps that give patients another label, then what the label decides."""
    if ACUITY_GIVEN not in ours.attributes:
        return  # nobody is labelled here
    new, old = ours.attributes[ACUITY_GIVEN], theirs.attributes[ACUITY_GIVEN]
    attends = _attends(pathway, ours)
    differs = attends & (new != old)
    if not differs.any():
        return
    for name, step in pathway.steps.items():
        if name not in reachable or step.relabels != ACUITY_GIVEN:
            continue
        come = attends & _can_come(pathway, ours, name)
        if (differs & come).any():
            share, up, down = (_percent(float(np.mean(who[come]))) for who in (new != old, new < old, new > old))
            words = (
                f"another label for {share} of those who can come here: {up} a more urgent one, {down} a less urgent"
            )
            yield Change("label", name, words, (name,), f"another label: {share}")
    yield from _decided_by_label(pathway, ours, differs, reachable)


def _can_come(pathway: Pathway, draws: Draws, node: str) -> np.ndarray:
    """Whether each patient's source leads to a node, shape (n_patients,)."""
    nodes = nodes_by_source(pathway)
    return np.array([node in nodes[source] for source in pathway.categories(ARRIVAL_SOURCE)])[draws.arrival_source]


def _decided_by_label(pathway: Pathway, draws: Draws, differs: np.ndarray, reachable: Set[str]) -> Iterator[Change]:
    """The branches and queues where the label decides and that patients with another label can come to with it."""
    known, nodes, graph = pathway.categories(ARRIVAL_SOURCE), nodes_by_source(pathway), graph_of(pathway)
    sources = [known[code] for code in np.unique(draws.arrival_source[differs])]
    after = {
        node
        for source in sources
        for step in nodes[source]
        if step in pathway.steps and pathway.steps[step].relabels == ACUITY_GIVEN
        for edge in graph[step]
        for node in reachable_from((edge.to,), graph)
        if node in nodes[source] and node in reachable
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
            "by label", "branches", f"the label decides the route at {_listed(branches)}", branches, "by the label"
        )
    if queues:
        words = f"the label ranks who waits at {_listed(queues)}"
        yield Change("by label", "queues", words, queues, "queue by the label")


def _attribute_changes(pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str]) -> Iterator[Change]:
    """The attributes besides the label that differ: what the policy sets off."""
    for name, new in ours.attributes.items():
        old = theirs.attributes.get(name, new)
        differs = new != old
        if name == ACUITY_GIVEN or not differs.any():
            continue
        share = _percent(float(np.mean(differs[_attends(pathway, ours)])))
        at = tuple(node for node, branch in pathway.branches.items() if _reads(branch) == name)
        at += tuple(node for node, step in pathway.steps.items() if step.relabels == name)
        at += tuple(node for node, loop in pathway.loops.items() if loop.passes == name)
        if at and reachable.isdisjoint(at):
            continue  # nobody comes to where it is read
        at = tuple(node for node in at if node in reachable)
        words = f"differs for {share} of attendances" + (f"; read at {_listed(at)}" if at else "")
        yield Change("route", name, words, at, f"{_spaced(name)}: {share}")


def _minutes_changes(pathway: Pathway, ours: Draws, theirs: Draws, reachable: Set[str]) -> Iterator[Change]:
    """The steps whose minutes differ; steps in which the same durations change make one change."""
    steps_by_changed: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for name, step in pathway.steps.items():
        if name not in reachable:
            continue
        changed = []
        for duration in step.minutes:
            column = minutes_column(duration, step.minutes_by)
            new_column, old_column = (minutes_held(column, draws.minutes) for draws in (ours, theirs))
            if not np.array_equal(ours.minutes[new_column], theirs.minutes[old_column]):
                changed.append((duration, new_column, old_column))
        if changed:
            steps_by_changed.setdefault(tuple(changed), []).append(name)
    for durations, at in steps_by_changed.items():
        new = np.sum([ours.minutes[column] for _, column, _ in durations], axis=0)
        old = np.sum([theirs.minutes[column] for _, _, column in durations], axis=0)
        come, differs = (new > 0) | (old > 0), np.abs(new - old) > LEAST_MINUTES
        if not differs.any():
            continue
        share, before = float(differs.sum() / come.sum()), float(old[differs].mean())
        by = _minutes(float((new - old)[differs].mean()))
        words = (
            f"{by} min on average (of {before:.1f}) for {_percent(share)} of those who can come here "
            f"({' + '.join(_spaced(duration) for duration, _, _ in durations)})"
        )
        yield Change("minutes", _listed(at), words, tuple(at), f"{by} min for {_percent(share)}")


def _reads(branch: object) -> str:
    """The attribute that a branch reads; '' if it reads none."""
    return branch.attribute if isinstance(branch, ByAttribute) else ""


def _newly_taken(pathway: Pathway, ours: Draws, theirs: Draws) -> list[tuple[str, str]]:
    """The edges whose categories some patients have under the arm and none under the baseline."""
    edges, graph = [], graph_of(pathway)
    for name, branch in pathway.branches.items():
        attribute = ACUITY_GIVEN if _reads(branch) == ACUITY_NOW else _reads(branch)
        new, old = (draws.attributes.get(attribute) for draws in (ours, theirs))
        if new is None or old is None or np.array_equal(new, old):
            continue
        known = pathway.categories(attribute)
        had, has = ({known[code] for code in np.unique(codes)} for codes in (old, new))
        by_target: dict[str, set[str]] = {}
        for edge in graph[name]:
            by_target.setdefault(edge.to, set()).add(edge.when)
        edges += [(name, target) for target, cases in by_target.items() if cases & has and not cases & had]
    return edges


# --- what the arm does to the department, read by comparing two pathways ---------------------------------------


def _department_changes(ours: Pathway, theirs: Pathway, reachable: Set[str]) -> Iterator[Change]:
    """Where two departments differ: pools in words of their own, everything else by dotted path."""
    if ours == theirs:
        return
    yield from _pool_changes(ours, theirs, reachable)
    sections = [
        field.name
        for field in fields(Pathway)
        if field.name != "pools" and getattr(ours, field.name) != getattr(theirs, field.name)
    ]
    before, after = ({name: plain(getattr(pathway, name)) for name in sections} for pathway in (theirs, ours))
    for path, old, new in unlike(before, after):
        section, _, path_within = path.partition(".")
        name = path_within.partition(".")[0]
        kind, nodes = _place(section, name, path_within, ours)
        at = tuple(node for node in nodes if node in reachable)
        words = f"{_cut(old)} becomes {_cut(new)}"
        short = "new" if old == ABSENT and name in ours.nodes() else _short(path_within or section, old, new)
        yield Change(kind, path, words, at, short)


def _pool_changes(ours: Pathway, theirs: Pathway, reachable: Set[str]) -> Iterator[Change]:
    for name in dict.fromkeys((*theirs.pools, *ours.pools)):
        new, old = ours.pools.get(name), theirs.pools.get(name)
        if new == old:
            continue
        if new is not None and old is not None and same_units(new, old):
            yield Change("nothing", name, f"does nothing here: {_pool_words(new, old)} leaves as many units on duty")
            continue
        at = tuple(node for node in _steps_asking(ours, name) if node in reachable)
        short = _pool_words(new, old, rota="another rota").removesuffix(" at every hour")
        yield Change("pool", name, _pool_words(new, old), at, f"{_spaced(name)}: {short}")


def _pool_words(new: Pool | None, old: Pool | None, rota: str = "") -> str:
    """What differs between two pools; `rota`: words for another rota, instead of its shifts."""
    if new is None or old is None:
        return "is new" if old is None else "is no longer there"
    words = [f"{new.extra - old.extra:+d} at every hour".replace("-", "−")] if new.extra != old.extra else []
    if new.capacity is not None and old.capacity is not None and new.capacity != old.capacity:
        words.append(f"{old.capacity} becomes {new.capacity}")
    elif (new.capacity, new.rota, new.unlimited) != (old.capacity, old.rota, old.unlimited):
        words.append(rota or _rota_words(new, old))
    if new.extra_shifts != old.extra_shifts:
        before = f" (before: {shift_words(old.extra_shifts)})" if old.extra_shifts else ""
        words.append((shift_words(new.extra_shifts) or "no shifts laid over the rota") + before)
    if _closing(new) != _closing(old):
        words.append(closing_words(new) or f"no longer {closing_words(old)}")
    return ", ".join(words) or "stated differently"


def _rota_words(new: Pool, old: Pool) -> str:
    """The shifts that two rotas do not share, and what was there before."""
    if new.rota is None or old.rota is None:
        return f"{_units_words(new)} (before: {_units_words(old)})"
    added, dropped = ((Counter(one) - Counter(other)).elements() for one, other in permutations((new.rota, old.rota)))
    words, before = shift_words(added), shift_words(dropped)
    if words and before:
        return f"{words} (before: {before})"
    if words or before:
        return f"{words} added to the rota" if words else f"{before} taken out of the rota"
    return "the same shifts in another order"


def _units_words(pool: Pool) -> str:
    """A pool's units without its extras: 'unlimited', '2 at every hour', '8-20 h: 1'."""
    if pool.rota is not None:
        return shift_words(pool.rota)
    return "unlimited" if pool.unlimited else f"{pool.capacity} at every hour"


def closing_words(pool: Pool) -> str:
    """'2 closed while strike'; '' if no outage closes the pool."""
    if pool.closed_while is None:
        return ""
    return f"{closed_units(pool) or 'all'} closed while {_spaced(pool.closed_while)}"


def _closing(pool: Pool) -> tuple[object, ...]:
    return pool.closed_while, pool.closes, pool.closes_share


def _steps_asking(pathway: Pathway, pool: str) -> tuple[str, ...]:
    """The steps that ask for a pool, or may take from it after a while."""
    return tuple(
        name
        for name, step in pathway.steps.items()
        if pool in (*step.asks, *step.any_of, *(step.overflow.any_of if step.overflow is not None else ()))
    )


def _place(section: str, name: str, path_within: str, pathway: Pathway) -> tuple[Kind, tuple[str, ...]]:
    """The kind of a change in a section of the pathway, and the nodes where it shows.

    `name`: of what changes in the section; `path_within`: the dotted path within the section.
    """
    if section in ("arrivals", "present"):
        return "rule", (SOURCE + name,)
    if section == "durations":
        return "minutes", _steps_taking((name,), pathway)
    if section in ("follows", "lasting_factors") and name in getattr(pathway, section):
        factor = getattr(pathway, section)[name]
        return "rule", (*(SOURCE + source for source in factor.arrivals), *_steps_taking(factor.durations, pathway))
    if section in ("steps", "branches", "loops", "ends"):
        at = (name,) if name in pathway.nodes() else ()
        minutes = section == "steps" and path_within.split(".")[1:2] in (["minutes"], ["times"], ["pace"], ["effort"])
        return ("minutes" if minutes else "route"), at
    if section == "attributes":
        return "rule", tuple(node for node, branch in pathway.branches.items() if _reads(branch) == name)
    return "rule", ()


def _steps_taking(durations: Sequence[str], pathway: Pathway) -> tuple[str, ...]:
    """The steps that take at least one of these durations."""
    return tuple(node for node, step in pathway.steps.items() if not {*durations}.isdisjoint(step.minutes))


def _new_edges(ours: Pathway, theirs: Pathway) -> list[tuple[str, str]]:
    """The edges that the baseline's pathway does not have."""
    before = {(name, edge.to) for name, edges in graph_of(theirs).items() for edge in edges}
    return [
        (name, edge.to) for name, edges in graph_of(ours).items() for edge in edges if (name, edge.to) not in before
    ]


def unlike(one: Any, other: Any, within: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two plain values differ: the dotted path, the value in one and in the other (`ABSENT` without the key).

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
    """A sourced statement of an arm that the baseline does not make; `value` and `range` in words."""

    where: str
    value: str
    range: str
    evidence: str
    source: str


def assumptions_added_by(arm: ReadyArm, baseline: ReadyArm) -> tuple[AddedAssumption, ...]:
    """Every sourced statement of an arm's policy, changes and cost that the baseline does not make there."""
    ours, theirs = (
        {where: _without_nested(block) for where, block in blocks(plain(policy), "triage")}
        for policy in (arm.policy, baseline.policy)
    )
    added = [(where, block) for where, block in ours.items() if theirs.get(where) != block]
    definition = arm.arm
    sourced = definition.evidence is not None and definition.source is not None
    if sourced and definition.changes != baseline.arm.changes:
        own = {"value": plain(definition.changes), "evidence": definition.evidence, "source": definition.source}
        added.append(("changes", own))
    if definition.cost is not None:
        added.append(("cost", plain(definition.cost)))
    return tuple(
        AddedAssumption(
            where,
            says({key: value for key, value in block.items() if key != "range"}) or "as stated",
            " to ".join(f"{end:g}" for end in block.get("range", ())) or "–",
            str(block["evidence"]),
            str(block["source"]),
        )
        for where, block in added
    )


def _without_nested(block: Mapping[str, Any]) -> dict[str, Any]:
    """A sourced block without the parts that state a source of their own."""
    return {key: value for key, value in block.items() if not any(blocks(value, key))}


def counted(configuration: Mapping[str, Any], groups: Sequence[str]) -> dict[str, int]:
    """The number of sourced statements in these groups of a configuration, by evidence."""
    evidence = [
        str(block["evidence"]) for group in groups for _, block in blocks(plain(configuration.get(group)), group)
    ]
    return {kind: evidence.count(kind) for kind in ("assumed", "measured", "published")}


# --- words -----------------------------------------------------------------------------------------------------


def by_node(changes: ArmChanges) -> dict[str, tuple[tuple[Kind, str], ...]]:
    """By node, the kind and the short words of each change that shows there."""
    marks: dict[str, list[tuple[Kind, str]]] = {}
    for change in changes.changes:
        for node in change.at:
            marks.setdefault(node, []).append((change.kind, change.short))
    return {node: tuple(words) for node, words in marks.items()}


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
