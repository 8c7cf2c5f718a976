"""The part of `check` about the nodes of the route: steps, branches and loops, each by itself."""

from __future__ import annotations

from itertools import pairwise

from simulation.department.check.names import Categories, listed, repeated
from simulation.department.check.numbers import TOLERANCE
from simulation.department.graph import waits
from simulation.department.vocabulary import ACUITY_TRUE, ByChance, Effort, Pathway, Step
from simulation.errors import Faults


def check_steps(pathway: Pathway, faults: Faults, categories: Categories) -> None:
    """Add the faults of steps, branches and loops: pools, limits of queues, labels, probabilities, passes."""
    for name, step in pathway.steps.items():
        where = f"steps.{name}"
        if step.since in _clocks(pathway) and not step.minutes:
            remedy = "Name the minutes that count from its start, or remove `since`"
            faults.add(f"{where}.since", "there are no minutes to count", remedy)
        _pools(pathway, faults, where, step)
        _queue(faults, where, step)
        if step.effort is not None:
            _effort(faults, f"{where}.effort", step, step.effort)
        if step.relabels is not None and step.relabels in categories:
            _relabels(pathway, faults, f"{where}.relabels", step.relabels, categories)
    for name, branch in pathway.branches.items():
        total = sum(branch.targets.values()) if isinstance(branch, ByChance) else 1.0
        if not abs(total - 1) <= TOLERANCE:
            faults.add(f"branches.{name}.targets", f"probabilities add up to {total:.6g}", "Make them add up to 1")
    for name, loop in pathway.loops.items():
        counts = categories.get(loop.passes, ())
        if tuple(counts) != tuple(str(number) for number in range(len(counts))):
            remedy = "Passes are counted by an attribute whose categories are '0', '1', '2' and so on"
            faults.add(f"loops.{name}.passes", f"'{loop.passes}' has the categories {listed(counts)}", remedy)


def _clocks(pathway: Pathway) -> set[str | None]:
    return {clock for step in pathway.steps.values() for clock in step.starts_clock}


def _pools(pathway: Pathway, faults: Faults, where: str, step: Step) -> None:
    """Add the faults of pools that a step asks for twice, or keeps without taking them."""
    overflow = step.overflow.any_of if step.overflow is not None else ()
    taken = (*step.asks, *step.any_of, *overflow)
    for pool in repeated(taken):
        faults.add(where, f"asks for '{pool}' twice", "Name each pool once in asks, any_of and overflow")
    for number, pool in enumerate(step.keeps):
        if pool not in taken and pool in pathway.pools:
            remedy = "A step keeps only what it asks for; what was held before is held on by itself"
            faults.add(f"{where}.keeps.{number}", f"keeps '{pool}', which it does not take", remedy)
        elif pool in step.releases_at_end:
            faults.add(f"{where}.keeps.{number}", f"'{pool}' is kept and released at the end", "Choose one")


def _queue(faults: Faults, where: str, step: Step) -> None:
    """Add the faults of a limit of a queue and of an overflow."""
    if (step.queue_limit is None) != (step.blocked_next is None):
        faults.add(where, "one of queue_limit and blocked_next is missing", "Give both, or neither")
    if step.queue_limit is not None and not waits(step):
        faults.add(f"{where}.queue_limit", "a limit, but nobody waits here", "Ask for a pool, or remove it")
    if step.overflow is not None and not step.any_of and len(step.asks) != 1:
        remedy = "Put the pool that others may replace into any_of, or ask for exactly one"
        faults.add(f"{where}.overflow", "it is not clear which pool others may replace", remedy)


def _effort(faults: Faults, where: str, step: Step, effort: Effort) -> None:
    if not step.minutes:
        faults.add(where, "there are no minutes to fall away", "Name the step's minutes, or remove it")
    for number, (before, after) in enumerate(pairwise(effort.at_least), start=1):
        if after > before:
            remedy = "A later stage needs as many as the one before or fewer: put them in falling order"
            faults.add(f"{where}.at_least.{number}", f"{after} after {before}", remedy)


def _relabels(pathway: Pathway, faults: Faults, where: str, name: str, categories: Categories) -> None:
    """Add a fault unless the attribute has the categories of the true acuity."""
    own = tuple(categories[name])
    wanted = tuple(categories.get(ACUITY_TRUE, tuple(pathway.priority.classes)[: len(own)]))
    if own != wanted:
        remedy = f"A label has the categories {listed(wanted)}, in that order"
        faults.add(where, f"'{name}' has the categories {listed(own)}", remedy)
