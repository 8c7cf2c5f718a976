"""Which lever earns the effect? The combinations of a study's levers as arms, and what their answers come to.

A study states levers; `expanded` gives it an arm for each combination, so they meet the same patients as every other
arm. `decompositions` shares the joint effect on each target out among the levers; the arithmetic is in
`analysis.decompose`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from simulation.analysis.decompose import (
    NOBODY,
    Coalition,
    Decomposition,
    Order,
    coalitions_of,
    decompose,
    every_coalition,
    sampled_orders,
)
from simulation.analysis.intervals import Interval
from simulation.analysis.measures import Measures
from simulation.errors import Fault, nearest
from simulation.records.schema import Floats
from simulation.study.design import TOGETHER, Design, Target

MOST_LEVERS = 8
"""Levers of which every combination is run (256 arms); of more, orders are sampled."""


@dataclass(frozen=True)
class TargetParts:
    """The parts of the joint effect on one target, in `unit`."""

    target: Target
    unit: str
    parts: Decomposition


def is_ablation(design: Design) -> bool:
    """Whether every combination of levers that is needed is among the arms."""
    return bool(design.levers) and all(arm_of(design, each) in design.arms for each in coalitions(design))


def orders(design: Design) -> tuple[Order, ...]:
    """The sampled orders of adding levers; none where every combination is run."""
    levers = tuple(design.levers)
    return sampled_orders(levers, design.order_pairs) if len(levers) > MOST_LEVERS else ()


def coalitions(design: Design) -> tuple[Coalition, ...]:
    """The combinations of levers that are run, the smallest first."""
    levers, sampled = tuple(design.levers), orders(design)
    return coalitions_of(levers, sampled) if sampled else every_coalition(levers)


def arm_of(design: Design, coalition: Coalition) -> str:
    """The arm in which these levers are on: 'accuracy+time'; the baseline if there are none."""
    return design.combination(coalition)


def expanded(design: Design) -> Design:
    """The study with an arm for each combination of its levers; the same study if it has none."""
    if not design.levers:
        return design
    baseline = design.arms[design.baseline]
    made = {
        arm_of(design, each): replace(
            baseline, label=label_of(design, each), levers=_in_order(design, each), control=None, cost=None
        )
        for each in coalitions(design)
        if each != NOBODY
    }
    return replace(design, arms={**design.arms, **made})


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
    """What is wrong with the levers of a study, before any policy is looked at."""
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
            if any(_overlap(path, each) for each in _touched(design, other)):
                yield Fault(f"{where}.{other}", f"changes '{path}', as '{one}' does", "Leave it to one of them")
    made = {arm_of(design, each) for each in coalitions(design) if each != NOBODY} if design.levers else set()
    for name in sorted(made & set(design.arms)):
        yield Fault(f"study.arms.{name}", "has the name of a combination of levers", "Rename the arm or the lever")
    for name, arm in design.arms.items():
        for each in arm.levers:
            if each not in design.levers:
                yield Fault(f"study.arms.{name}.levers", f"there is no lever '{each}'", nearest(each, design.levers))


def _touched(design: Design, name: str) -> set[str]:
    lever = design.levers[name]
    return {*(f"triage.{path}" for path in lever.takes), *lever.changes}


def _overlap(one: str, other: str) -> bool:
    """Whether one dotted path is, or lies within, the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _in_order(design: Design, coalition: Coalition) -> tuple[str, ...]:
    return tuple(name for name in design.levers if name in coalition)


# --- what the answers come to --------------------------------------------------------------------------------


def decompositions(design: Design, measures: Mapping[str, Sequence[Measures]]) -> tuple[TargetParts, ...]:
    """The joint effect on every target, shared out. `measures`: by arm, those of each replication."""
    found = []
    for target in (*design.primary, *design.secondary):
        game = {
            each: np.array([one.value(target.measure, target.group) for one in measures[arm_of(design, each)]])
            for each in coalitions(design)
        }
        unit = next(
            name.unit
            for name in measures[design.baseline][0].names
            if (name.measure, name.group) == (target.measure, target.group)
        )
        found.append(TargetParts(target, unit, decompose(game, tuple(design.levers), orders=orders(design))))
    return tuple(found)


def busy_parts(design: Design, busy: Mapping[str, Floats]) -> tuple[Decomposition, ...]:
    """The same of each pool's busy share, from means over replications: no intervals. `busy`: by arm, (n_pools,)."""
    n_pools = len(busy[design.baseline])
    return tuple(
        decompose(
            {each: np.array([busy[arm_of(design, each)][pool]]) for each in coalitions(design)},
            tuple(design.levers),
            orders=orders(design),
        )
        for pool in range(n_pools)
    )


def beyond(estimate: Interval, mid: float) -> bool | None:
    """Whether an effect is larger than the minimal important difference: surely (True), surely not, or neither.

    Neither, too, where the interval may carry nothing definite (`analysis/weakness.py`).
    """
    if np.isnan(estimate.low) or estimate.weakness is not None:
        return None
    if estimate.low >= mid or estimate.high <= -mid:
        return True
    return False if -mid < estimate.low and estimate.high < mid else None
