"""The arms of an ablation: one for each combination of a study's levers, on the same patients as every other arm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from simulation.errors import Fault, nearest
from simulation.questions.ablation.shapley import (
    NOBODY,
    Coalition,
    Order,
    coalitions_of,
    every_coalition,
    sampled_orders,
)
from simulation.study.design import TOGETHER, Design

MOST_LEVERS = 8
"""The most levers of which every combination is run (256 arms); for more, orders of adding them are sampled."""


def is_ablation(design: Design) -> bool:
    """Whether a study has levers, and every combination that is run is among its arms."""
    return bool(design.levers) and all(arm_of(design, coalition) in design.arms for coalition in coalitions(design))


def orders(design: Design) -> tuple[Order, ...]:
    """The sampled orders of adding levers; empty if every combination is run."""
    levers = tuple(design.levers)
    return sampled_orders(levers, design.order_pairs) if len(levers) > MOST_LEVERS else ()


def coalitions(design: Design) -> tuple[Coalition, ...]:
    """The combinations of levers that are run, smallest first."""
    levers, sampled = tuple(design.levers), orders(design)
    return coalitions_of(levers, sampled) if sampled else every_coalition(levers)


def arm_of(design: Design, coalition: Coalition) -> str:
    """The name of the arm in which these levers are on: 'accuracy+time'; the baseline's if there are none."""
    return design.combination(coalition)


def expanded(design: Design) -> Design:
    """The study with an arm for each combination of its levers; the same study if it has none."""
    if not design.levers:
        return design
    baseline = design.arms[design.baseline]
    arms = {
        arm_of(design, coalition): replace(
            baseline, label=label_of(design, coalition), levers=_in_order(design, coalition), control=None, cost=None
        )
        for coalition in coalitions(design)
        if coalition != NOBODY
    }
    return replace(design, arms={**design.arms, **arms})


def label_of(design: Design, coalition: Coalition) -> str:
    """'All levers: accuracy + time', 'Only: time', 'All but: time', 'Accuracy + time + tests'."""
    on = _in_order(design, coalition)
    off = [name for name in design.levers if name not in coalition]
    label = {name: lever.label for name, lever in design.levers.items()}
    if not off:
        return f"All levers: {' + '.join(label[name] for name in on)}" if len(on) < 4 else f"All {len(on)} levers"
    if len(on) == 1:
        return f"Only: {label[on[0]]}"
    if len(off) == 1:
        return f"All but: {label[off[0]]}"
    return " + ".join(label[name] for name in on)


def lever_faults(design: Design) -> Iterator[Fault]:
    """The faults in a study's levers that show without looking at any policy."""
    where = "study.levers"
    if design.baseline in design.arms and design.arms[design.baseline].levers:
        remedy = "Leave them out: it is where all levers are off"
        yield Fault(f"study.arms.{design.baseline}.levers", "the baseline has levers on", remedy)
    if len(design.levers) == 1:
        yield Fault(where, "states one lever", "State at least two: the effect of one is that of an arm")
    for name, lever in design.levers.items():
        if TOGETHER in name:
            yield Fault(f"{where}.{name}", f"the name holds '{TOGETHER}'", "Arms of several levers are named with it")
        if not lever.takes and not lever.changes:
            yield Fault(f"{where}.{name}", "does nothing", "State takes or changes")
        if lever.takes and design.full is None:
            yield Fault("study.full", "is missing", f"Name the policy that '{name}' takes its parts from")
    for one, other in combinations(design.levers, 2):
        for path in sorted(_touched(design, one)):
            if any(_overlap(path, touched) for touched in _touched(design, other)):
                yield Fault(f"{where}.{other}", f"changes '{path}', as '{one}' does", "Leave it to one of them")
    combined = {arm_of(design, coalition) for coalition in coalitions(design) if coalition} if design.levers else set()
    for name in sorted(combined & set(design.arms)):
        yield Fault(f"study.arms.{name}", "has the name of a combination of levers", "Rename the arm or the lever")
    for name, arm in design.arms.items():
        for lever_name in arm.levers:
            if lever_name not in design.levers:
                remedy = nearest(lever_name, design.levers)
                yield Fault(f"study.arms.{name}.levers", f"there is no lever '{lever_name}'", remedy)


def _touched(design: Design, name: str) -> set[str]:
    """The dotted paths that a lever changes in the policy and the department."""
    lever = design.levers[name]
    return {*(f"triage.{path}" for path in lever.takes), *lever.changes}


def _overlap(one: str, other: str) -> bool:
    """Whether one dotted path is, or lies within, the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _in_order(design: Design, coalition: Coalition) -> tuple[str, ...]:
    return tuple(name for name in design.levers if name in coalition)
