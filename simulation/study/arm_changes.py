"""What each arm of a study changes, found by comparing it with the baseline: its policy, then its department.

Nothing here knows what kinds of policy there are. The same drawn patients go through the arm's policy (`ours`) and the
baseline's (`theirs`), and their labels, other attributes and minutes are compared. Two pathways are compared pool by
pool, in words of their own; whatever else differs is listed by its dotted path. A new kind of lever therefore shows
without a change to this file.

A change may open or close a part of the pathway, so what patients of some arms can reach is found first, as far as it
is decided before the clock starts. An edge is closed if none of the drawn patients has its category, if it goes round a
loop in which nobody makes a pass, or if it is for an outage that cannot happen. An edge that the state of the
department decides (a queue, the hour) is never closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import permutations
from operator import attrgetter
from typing import Any, Literal

import numpy as np

from simulation.department.graph import (
    Edge,
    Subgraph,
    branches_reading,
    graph_of,
    nodes_by_source,
    reachable_from,
    starts_of,
    subgraph_of,
    waits,
)
from simulation.department.layout import SOURCE
from simulation.department.rota import (
    can_happen,
    closed_units,
    same_units,
    shift_words,
    units_by_hour,
)
from simulation.department.vocabulary import (
    ACUITY_GIVEN,
    ACUITY_NOW,
    ARRIVAL_SOURCE,
    ByAttribute,
    ByOutage,
    Pathway,
    Pool,
    Step,
    minutes_column,
    minutes_held,
)
from simulation.patients import DAYS_IN_YEAR, DrawnRun, Draws
from simulation.records.schema import Mask
from simulation.records.serialise import ABSENT, find_differences, to_plain
from simulation.study.offered_load import in_a_mean_week
from simulation.study.simulate import SharedDraws
from simulation.study.statements import describe_values
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.triage.check_policy import check_policy, find_idle
from simulation.triage.policy import Policy
from simulation.wording import clipped, listed_with_and, number_of, spaced

SAMPLE_DAYS = 28
Closed = set[tuple[str, Edge]]
"""Closed edges, each with the node that it leads out of."""


def sample_days(policy: Policy) -> int:
    """Days of drawn patients that show all that a policy does: a year if it is not always on, spreads or drifts."""
    changes_in_time = (policy.go_live_day, policy.live_days, policy.adoption, policy.drift)
    return SAMPLE_DAYS if all(part is None for part in changes_in_time) else DAYS_IN_YEAR


def _shared_draws(seed: int) -> dict[int, SharedDraws]:
    """By days of a sample, the draws that arms share."""
    return {days: SharedDraws(DrawnRun(seed, 0, days)) for days in (SAMPLE_DAYS, DAYS_IN_YEAR)}


def closed_edges(pathway: Pathway, draws: Draws) -> Closed:
    """The edges that none of the patients of these draws takes."""
    graph = graph_of(pathway)
    closed: Closed = set()
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByOutage) and not can_happen(pathway.outages[branch.outage]):
            closed |= {
                (name, edge) for edge in graph[name] if edge.to == branch.then != branch.otherwise
            }
        elif isinstance(branch, ByAttribute) and branch.attribute in draws.attributes:
            has = categories_present(pathway, draws, branch.attribute)
            closed |= {(name, edge) for edge in graph[name] if edge.when not in has}
    for name, loop in pathway.loops.items():
        if loop.passes in draws.attributes and set(
            map(int, categories_present(pathway, draws, loop.passes))
        ) == {0}:
            closed |= {(name, edge) for edge in graph[name] if edge.by == "again"}
    return closed


def categories_present(pathway: Pathway, draws: Draws, attribute: str) -> set[str]:
    """The categories of an attribute that some patient of these draws has."""
    known = pathway.categories(attribute)
    return {known[code] for code in np.unique(draws.attributes[attribute])}


def reachable_nodes(pathway: Pathway, draws: Draws) -> Set[str]:
    """The nodes that some patient of these draws can come to, and every source."""
    nodes = set(
        reachable_from(
            starts_of(pathway).values(), graph_of(pathway), closed=closed_edges(pathway, draws)
        )
    )
    return nodes | {SOURCE + source for source in pathway.categories(ARRIVAL_SOURCE)}


def reachable_subgraph(
    pathway: Pathway, arms: Iterable[ReadyArm], *, seed: int, keep: Collection[str] = ()
) -> Subgraph:
    """The part of a pathway that some patient of any of the arms can reach, on patients drawn with a seed.

    An arm with another department opens an edge of this pathway if its own has the same edge open. `keep`: branches and
    loops that stay though only one edge is left. Arms whose policy does not fit their department are left out.
    """
    shut: Closed | None = None
    drawn = _shared_draws(seed)
    for arm in arms:
        if check_policy(arm.policy, arm.pathway):
            continue
        sample = drawn[sample_days(arm.policy)].of(arm.pathway)
        closed = closed_edges(arm.pathway, apply(arm.policy, arm.pathway, sample))
        if arm.pathway is not pathway:
            # the edges that `closed_edges` could close in one pathway and that another does not have
            theirs = {
                (name, edge) for name, edges in graph_of(arm.pathway).items() for edge in edges
            }
            branches = [
                name
                for name, branch in pathway.branches.items()
                if isinstance(branch, ByAttribute | ByOutage)
            ]
            graph = graph_of(pathway)
            closed |= {
                (name, edge) for name in (*branches, *pathway.loops) for edge in graph[name]
            } - theirs
        shut = closed if shut is None else shut & closed
    return subgraph_of(pathway, shut or (), keep=keep)


def left_out_words(subgraph: Subgraph) -> str:
    """A sentence on how many nodes a picture leaves out, and why; '' if none."""
    parts = []
    if subgraph.unused:
        parts.append(
            f"{number_of(len(subgraph.unused), 'node')} on routes that no patient of these arms can take"
        )
    if subgraph.passed:
        parts.append(
            f"{number_of(len(subgraph.passed), 'branch or loop', 'branches or loops')} with only one way left"
        )
    return f"Left out: {', and '.join(parts)}." if parts else ""


Kind = Literal["label", "by label", "minutes", "pool", "route", "rule", "nothing"]
MOST_CHARACTERS = 60
"""Characters of a value in words; a longer one is cut."""
TESTS = "tests"
"""The role of pools that make results."""
LEAST_MINUTES = 1e-9
"""Minutes by which a patient's time in a step must differ to count as changed."""
MOST_LISTED = 4
"""Names up to which each is listed."""
_units = attrgetter("capacity", "rota", "unlimited")
_closing = attrgetter("closed_while", "closes", "closes_share")


@dataclass(frozen=True)
class ArmChange:
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
    changes: tuple[ArmChange, ...]
    opened: tuple[tuple[str, str], ...] = ()

    def without_by_label(self) -> ArmChanges:
        """These changes without those of kind 'by label', which every arm has that gives another label."""
        return replace(
            self, changes=tuple(change for change in self.changes if change.kind != "by label")
        )

    def by_node(self) -> dict[str, tuple[tuple[Kind, str], ...]]:
        """By node, the kind and the short words of each change that shows there."""
        marks: dict[str, tuple[tuple[Kind, str], ...]] = {}
        for change in self.changes:
            for node in change.at:
                marks[node] = (*marks.get(node, ()), (change.kind, change.short))
        return marks


def explain_changes(study: Study, names: Sequence[str] | None = None) -> tuple[ArmChanges, ...]:
    """What each arm changes, in the study's order, without the baseline. `names`: only these arms.

    Policies are compared on patients drawn with the study's seed: four weeks of them, or a year where a policy goes
    live later, spreads or drifts. Shares in words are of those patients.
    """
    baseline, drawn = study.baseline, _shared_draws(study.run.seed)
    changes = []
    for arm in study.arms:
        if arm.name == baseline.name or (names is not None and arm.name not in names):
            continue
        days = max(sample_days(arm.policy), sample_days(baseline.policy))
        changes.append(changes_of(arm, baseline, drawn[days].of(in_a_mean_week(arm.pathway))))
    return tuple(changes)


def changes_of(arm: ReadyArm, baseline: ReadyArm, drawn: Draws) -> ArmChanges:
    """What one arm changes, on patients drawn for the arm's department.

    Where the baseline's policy does not fit that department, policies are not compared.
    """
    pathway, ours, theirs = arm.pathway, drawn, drawn
    other_policy = arm.policy != baseline.policy
    if other_policy and not check_policy(baseline.policy, pathway):
        ours, theirs = (apply(policy, pathway, drawn) for policy in (arm.policy, baseline.policy))
    reachable = reachable_nodes(pathway, ours)
    patients = SamePatients(pathway, ours, theirs, reachable)
    changes = [
        *_label_changes(patients),
        *_attribute_changes(patients),
        *_minutes_changes(patients),
        *(
            replace(change, at=tuple(node for node in change.at if node in reachable))
            for change in _department_changes(pathway, baseline.pathway)
        ),
    ]
    if other_policy:
        changes += [
            ArmChange("nothing", part.where, f"does nothing here: {part.why}")
            for part in find_idle(arm.policy, pathway)
        ]
    opened = (*_new_edges(pathway, baseline.pathway), *_newly_taken_edges(patients))
    return ArmChanges(arm.name, tuple(changes), tuple(dict.fromkeys(opened)))


def changes_nothing(arm: ReadyArm, baseline: ReadyArm) -> bool:
    """Whether an arm is known to be the baseline in everything, before any patient is drawn."""
    ours, theirs = arm.pathway, baseline.pathway
    return (
        arm.policy == baseline.policy
        and ours.pools.keys() == theirs.pools.keys()
        and all(same_units(pool, theirs.pools[name]) for name, pool in ours.pools.items())
        and replace(ours, pools=theirs.pools) == theirs
    )


# --- the policy ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class SamePatients:
    """The same patients under an arm's policy (`ours`) and the baseline's; `reachable`: nodes that some can come to."""

    pathway: Pathway
    ours: Draws
    theirs: Draws
    reachable: Set[str]

    @cached_property
    def attends(self) -> Mask:
        """Whether each patient is an attendance, shape (n_patients,)."""
        attend = [source.attends for source in self.pathway.sources.values()]
        return np.array(attend)[self.ours.arrival_source]

    def come_to(self, node: str) -> Mask:
        """Whether each patient's source leads to a node, shape (n_patients,)."""
        nodes, sources = nodes_by_source(self.pathway), self.pathway.categories(ARRIVAL_SOURCE)
        return np.array([node in nodes[source] for source in sources])[self.ours.arrival_source]


def _newly_taken_edges(patients: SamePatients) -> Iterator[tuple[str, str]]:
    """The edges, from node to node, whose categories some patients have under the arm and none under the baseline."""
    pathway, both = patients.pathway, (patients.ours, patients.theirs)
    for name, branch in pathway.branches.items():
        if not isinstance(branch, ByAttribute):
            continue
        attribute = ACUITY_GIVEN if branch.attribute == ACUITY_NOW else branch.attribute
        if any(attribute not in draws.attributes for draws in both):
            continue
        has, had = (categories_present(pathway, draws, attribute) for draws in both)
        by_target: dict[str, set[str]] = {}
        for edge in graph_of(pathway)[name]:
            by_target.setdefault(edge.to, set()).add(edge.when)
        yield from (
            (name, target) for target, cases in by_target.items() if cases & has and not cases & had
        )


def _label_changes(patients: SamePatients) -> Iterator[ArmChange]:
    """The steps that give patients another label, then what the label decides."""
    if ACUITY_GIVEN not in patients.ours.attributes:
        return  # nobody is labelled here
    new, old = (draws.attributes[ACUITY_GIVEN] for draws in (patients.ours, patients.theirs))
    differs = patients.attends & (new != old)
    if not differs.any():
        return
    for name, step in patients.pathway.steps.items():
        if name not in patients.reachable or step.relabels != ACUITY_GIVEN:
            continue
        come = patients.attends & patients.come_to(name)
        if (differs & come).any():
            share, up, down = (
                _percent(float(np.mean(who[come]))) for who in (new != old, new < old, new > old)
            )
            yield ArmChange(
                "label",
                name,
                f"another label for {share} of patients who can come here: {up} a more "
                f"urgent one, {down} a less urgent",
                (name,),
                f"another label for {share}",
            )
    yield from _decided_by_label(patients, differs)


def _decided_by_label(patients: SamePatients, differs: Mask) -> Iterator[ArmChange]:
    """The branches and queues where the label decides and that patients with another label can come to with it."""
    pathway = patients.pathway
    known, graph = pathway.categories(ARRIVAL_SOURCE), graph_of(pathway)
    after: set[str] = set()
    for code in np.unique(patients.ours.arrival_source[differs]):
        nodes = nodes_by_source(pathway)[known[code]]
        labelling = [
            name
            for name, step in pathway.steps.items()
            if name in nodes and step.relabels == ACUITY_GIVEN
        ]
        following = {edge.to for name in labelling for edge in graph[name]}
        after |= nodes & patients.reachable & reachable_from(following, graph).keys()
    branches = tuple(
        name for name in branches_reading(pathway, ACUITY_GIVEN, ACUITY_NOW) if name in after
    )
    queues = tuple(
        name
        for name, step in pathway.steps.items()
        if name in after and step.ranks_as == "acuity" and waits(step)
    )
    if branches:
        yield ArmChange(
            "by label",
            "branches",
            f"the label decides the route at {_listed(branches)}",
            branches,
            "by the label",
        )
    if queues:
        yield ArmChange(
            "by label",
            "queues",
            f"the label ranks who waits at {_listed(queues)}",
            queues,
            "queue by the label",
        )


def _attribute_changes(patients: SamePatients) -> Iterator[ArmChange]:
    """The attributes besides the label that differ: what the policy sets off."""
    pathway = patients.pathway
    for name, new in patients.ours.attributes.items():
        differs = new != patients.theirs.attributes.get(name, new)
        if name == ACUITY_GIVEN or not differs.any():
            continue
        read_at = branches_reading(pathway, name)
        read_at += tuple(node for node, step in pathway.steps.items() if step.relabels == name)
        read_at += tuple(node for node, loop in pathway.loops.items() if loop.passes == name)
        at = tuple(node for node in read_at if node in patients.reachable)
        if read_at and not at:
            continue  # nobody comes to where it is read
        share = _percent(float(np.mean(differs[patients.attends])))
        words = f"differs for {share} of attendances" + (f"; read at {_listed(at)}" if at else "")
        yield ArmChange("route", name, words, at, f"{spaced(name)}: {share}")


def _minutes_changes(patients: SamePatients) -> Iterator[ArmChange]:
    """The steps whose minutes differ; steps in which the same durations change make one change."""
    ours, theirs = patients.ours, patients.theirs
    steps_by_changed: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for name, step in patients.pathway.steps.items():
        if name not in patients.reachable:
            continue
        changed = []
        for duration in step.minutes:
            column = minutes_column(duration, step.minutes_by)
            new_column, old_column = (
                minutes_held(column, draws.minutes) for draws in (ours, theirs)
            )
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
        share, before = _percent(float(differs.sum() / come.sum())), float(old[differs].mean())
        by = _signed(float((new - old)[differs].mean()))
        yield ArmChange(
            "minutes",
            _listed(at),
            f"{by} min on average (of {before:.1f}) for {share} of patients who can come here "
            f"({' + '.join(spaced(duration) for duration, _, _ in durations)})",
            tuple(at),
            f"{by} min for {share}",
        )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 or share == 0 else f"{100 * share:.1f} %"


def _signed(minutes: float) -> str:
    return f"{minutes:+.{1 if abs(minutes) >= 0.095 else 2}f}".replace("-", "−")


def _listed(names: Sequence[str]) -> str:
    """'a, b and c'; of many the first three, and how many more."""
    words = [spaced(name) for name in names]
    if len(words) > MOST_LISTED:
        words[MOST_LISTED - 1 :] = [f"{len(words) - MOST_LISTED + 1} more"]
    return listed_with_and(words)


# --- the department ---------------------------------------------------------------------------------


def _department_changes(ours: Pathway, theirs: Pathway) -> Iterator[ArmChange]:
    """Where two departments differ, at nodes that a patient may come to or not."""
    if ours == theirs:
        return
    yield from _pool_changes(ours, theirs)
    names = [field.name for field in fields(Pathway) if field.name != "pools"]
    before, after = (
        {name: to_plain(getattr(pathway, name)) for name in names} for pathway in (theirs, ours)
    )
    for path, old, new in find_differences(before, after):
        section, name, key = [*path.split("."), "", ""][:3]
        kind, at = _place(section, name, key, ours)
        short = "new" if old == ABSENT and name in ours.nodes() else _short(path, old, new)
        yield ArmChange(kind, path, f"{_cut(old)} becomes {_cut(new)}", at, short)


def _new_edges(ours: Pathway, theirs: Pathway) -> Iterator[tuple[str, str]]:
    """The edges, from node to node, that the baseline's pathway does not have."""
    after, before = (
        [(name, edge.to) for name, edges in graph_of(pathway).items() for edge in edges]
        for pathway in (ours, theirs)
    )
    yield from (edge for edge in after if edge not in before)


def _place(section: str, name: str, key: str, pathway: Pathway) -> tuple[Kind, tuple[str, ...]]:
    """The kind of a change in a section of the pathway, and the nodes where it shows.

    `name`: of what changes in the section; `key`: of what changes in that.
    """
    if section in ("arrivals", "present"):
        return "rule", (SOURCE + name,)
    if section == "durations":
        return "minutes", _steps_taking((name,), pathway)
    if section in ("follows", "lasting_factors") and name in getattr(pathway, section):
        factor = getattr(pathway, section)[name]
        return "rule", (
            *(SOURCE + source for source in factor.arrivals),
            *_steps_taking(factor.durations, pathway),
        )
    if section in ("steps", "branches", "loops", "ends"):
        at = (name,) if name in pathway.nodes() else ()
        return (
            "minutes"
            if section == "steps" and key in ("minutes", "times", "pace", "effort")
            else "route"
        ), at
    return "rule", branches_reading(pathway, name) if section == "attributes" else ()


def _steps_taking(durations: Collection[str], pathway: Pathway) -> tuple[str, ...]:
    """The steps that take at least one of these durations."""
    return tuple(
        node for node, step in pathway.steps.items() if not set(durations).isdisjoint(step.minutes)
    )


def _cut(value: Any) -> str:
    """A value in words, a long one cut."""
    return clipped(
        describe_values(value if isinstance(value, Mapping) else {"value": value}) or str(value),
        MOST_CHARACTERS,
    )


def _short(path: str, old: Any, new: Any) -> str:
    """'extra 1 → 2', or 'other next' for what is no number."""
    last = spaced(path.rpartition(".")[2])
    if isinstance(old, int | float) and isinstance(new, int | float):
        return f"{last} {old:g} → {new:g}"
    return f"other {last}"


# --- its pools ---------------------------------------------------------------------------------


def _pool_changes(ours: Pathway, theirs: Pathway) -> Iterator[ArmChange]:
    """A change for each pool of the arm's pathway (`ours`) that differs from the baseline's (`theirs`)."""
    for name in dict.fromkeys((*theirs.pools, *ours.pools)):
        new, old = ours.pools.get(name), theirs.pools.get(name)
        if new == old:
            continue
        if new is not None and old is not None and same_units(new, old):
            yield ArmChange(
                "nothing",
                name,
                f"does nothing here: {_pool_words(new, old)} leaves as many units on duty",
            )
            continue
        short = _pool_words(new, old, rota="another rota").removesuffix(" at every hour")
        yield ArmChange(
            "pool",
            name,
            _pool_words(new, old),
            _steps_asking(ours, name),
            f"{spaced(name)}: {short}",
        )


def _steps_asking(pathway: Pathway, pool: str) -> tuple[str, ...]:
    """The steps that ask for a pool, or may take from it after a while."""
    return tuple(name for name, step in pathway.steps.items() if pool in step.takes)


def _pool_words(new: Pool | None, old: Pool | None, rota: str = "") -> str:
    """What differs between two pools; `rota`: words for another rota, instead of its shifts."""
    if new is None or old is None:
        return "is new" if old is None else "is no longer there"
    words = (
        [f"{new.extra - old.extra:+d} at every hour".replace("-", "−")]
        if new.extra != old.extra
        else []
    )
    if new.capacity is not None and old.capacity is not None and new.capacity != old.capacity:
        words.append(f"{old.capacity} becomes {new.capacity}")
    elif _units(new) != _units(old):
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
        return f"{units_words(new)} (before: {units_words(old)})"
    added, dropped = (
        (Counter(one) - Counter(other)).elements()
        for one, other in permutations((new.rota, old.rota))
    )
    words, before = shift_words(added), shift_words(dropped)
    if words and before:
        return f"{words} (before: {before})"
    if words or before:
        return f"{words} added to the rota" if words else f"{before} taken out of the rota"
    return "the same shifts in another order"


def units_words(pool: Pool) -> str:
    """A pool's units without its extras: 'unlimited', '2 at every hour', '8-20 h: 1'."""
    if pool.rota is not None:
        return shift_words(pool.rota)
    return "unlimited" if pool.unlimited else f"{pool.capacity} at every hour"


def closing_words(pool: Pool) -> str:
    """'2 closed while strike'; '' if no outage closes the pool."""
    if pool.closed_while is None:
        return ""
    return f"{closed_units(pool) or 'all'} closed while {spaced(pool.closed_while)}"


# --- its kind, as trials are sorted ---------------------------------------------------------------

ACTIONS = {"tests_ordered": "results", "bed_requested": "beds", "streamed": "staff_added"}
"""What triage may set off in the packaged departments, and the kind of change of trials that it is."""
CLINICIANS = {"clinician", "specialty", "stream_clinician"}
"""The roles of pools that see patients."""


def kind_in_trials(changed: Collection[ArmChange], ours: Pathway, theirs: Pathway) -> str:
    """The kind of change that an arm is, as published effects are sorted (`kind_of_change`), from what it changes
    against the baseline's pathway (`theirs`); empty: several, or one that no trial has.

    Staff added or moved come first, because in trials other things changed with them. Staff taken away count as added.
    """
    kinds = {kind for change in changed for kind in _kinds_in_trials(change, ours)}
    pools = [change.what for change in changed if change.kind == "pool"]
    hours = [_staff_hours(ours.pools.get(name), theirs.pools.get(name)) for name in pools]
    more, fewer = (any((sign * gained > 0).any() for gained in hours) for sign in (1, -1))
    more |= "staff_added" in kinds
    if more or fewer:
        return "staff_moved" if more and fewer else "staff_added"
    return kinds.pop() if len(kinds) == 1 else ""


def _staff_hours(ours: Pool | None, theirs: Pool | None) -> Any:
    """By how many units a pool of staff gains in each hour of a week; 0 of a pool of places or tests."""
    new, old = (
        units_by_hour(pool)
        if pool is not None and pool.kind == "staff" and pool.role != TESTS
        else np.zeros(1)
        for pool in (ours, theirs)
    )
    return np.nan_to_num(new - old)


def _kinds_in_trials(change: ArmChange, pathway: Pathway) -> Iterator[str]:
    """The kinds of trials that one change is of, but for staff; empty for none."""
    if change.kind == "label":
        yield "labels"
    elif change.kind == "pool":
        role = pathway.pools[change.what].role if change.what in pathway.pools else ""
        yield "results" if role == TESTS else "beds" if role.endswith("bed") else ""
    elif change.kind == "minutes":
        yield from (_kind_of_minutes(pathway.steps[name], pathway) for name in change.at)
    elif change.what in ACTIONS:
        yield ACTIONS[change.what]
    elif change.kind != "nothing" and not change.what.startswith("steps."):
        yield ""


def _kind_of_minutes(step: Step, pathway: Pathway) -> str:
    """The kind of trials of other minutes in a step."""
    roles = {pathway.pools[name].role for name in step.pools}
    if step.relabels == ACUITY_GIVEN or {"assessed_at", "triaged_at"} & set(step.records):
        return "labels"
    if CLINICIANS & roles or "seen_at" in step.records:
        return "minutes_saved"
    return "results" if TESTS in roles or "early_test_at" in step.records else ""


def place_of_change(changed: Collection[ArmChange], pathway: Pathway) -> str:
    """Where an arm changes staff or minutes: 'triage', or 'clinicians', of whom it changes numbers; empty: it does more
    or something else."""
    places = {_staff_place(change, pathway) for change in changed}
    return places.pop() if len(places) == 1 else ""


def _staff_place(change: ArmChange, pathway: Pathway) -> str:
    pool = pathway.pools.get(change.what) if change.kind == "pool" else None
    if pool and pool.role in CLINICIANS:
        return "clinicians"
    of_pool = (name for name, step in pathway.steps.items() if change.what in step.pools)
    at = {"pool": of_pool, "minutes": change.at}.get(change.kind, ())
    kinds = {_kind_of_minutes(pathway.steps[name], pathway) for name in at}
    return "triage" if kinds == {"labels"} else ""
