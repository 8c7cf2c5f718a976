"""The part of `check` about the nodes of the route: the names that steps, branches and loops use exist."""

from __future__ import annotations

from itertools import pairwise

from simulation.department.check.fault_list import FaultList, listed, repeated
from simulation.department.check.names import (
    ANY_CLASS,
    HOURLY,
    TOLERANCE,
    Categories,
    check_cases,
    check_clock,
    check_node,
    check_profile,
    check_watched,
)
from simulation.department.graph import waits
from simulation.department.vocabulary import (
    ACUITY_NOW,
    ACUITY_TRUE,
    ARRIVAL_SOURCE,
    ByAttribute,
    ByChance,
    ByHours,
    ByOutage,
    Effort,
    Pathway,
    Step,
)


def check_steps(pathway: Pathway, faults: FaultList, categories: Categories) -> None:
    """Add the faults of steps, branches and loops: names, pools, limits of queues, probabilities."""
    for check_part in (_steps, _branches, _loops):
        check_part(pathway, faults, categories)


def _steps(pathway: Pathway, faults: FaultList, categories: Categories) -> None:
    clocks = dict.fromkeys(clock for step in pathway.steps.values() for clock in step.starts_clock)
    for name, step in pathway.steps.items():
        where = f"steps.{name}"
        check_node(pathway, faults, f"{where}.next", step.next)
        check_node(pathway, faults, f"{where}.blocked_next", step.blocked_next)
        faults.known(f"{where}.repeat_of", step.repeat_of, pathway.loops, what="loop")
        check_profile(pathway, faults, f"{where}.pace", step.pace, HOURLY)
        if faults.known(f"{where}.since", step.since, clocks, what="clock") and not step.minutes:
            remedy = "Name the minutes that count from its start, or remove `since`"
            faults.add(f"{where}.since", "there are no minutes to count", remedy)
        for number, duration in enumerate(step.minutes):
            faults.known(f"{where}.minutes.{number}", duration, pathway.durations, what="duration")
        if step.ranks_as != ANY_CLASS:
            faults.known(f"{where}.ranks_as", step.ranks_as, pathway.priority.classes, what="class")
        _step_pools(pathway, faults, where, step)
        _step_queue(faults, where, step)
        if step.effort is not None:
            _effort(pathway, faults, f"{where}.effort", step, step.effort)
        if step.relabels is not None:
            _relabels(pathway, faults, f"{where}.relabels", step.relabels, categories)


def _step_pools(pathway: Pathway, faults: FaultList, where: str, step: Step) -> None:
    overflow = step.overflow.any_of if step.overflow is not None else ()
    named = {
        "asks": step.asks,
        "any_of": step.any_of,
        "keeps": step.keeps,
        "releases_at_start": step.releases_at_start,
        "releases_at_end": step.releases_at_end,
        "overflow.any_of": overflow,
    }
    for key, pools in named.items():
        for number, pool in enumerate(pools):
            faults.known(f"{where}.{key}.{number}", pool, pathway.pools, what="pool")
    taken = (*step.asks, *step.any_of, *overflow)
    for pool in repeated(taken):
        faults.add(where, f"asks for '{pool}' twice", "Name each pool once in asks, any_of and overflow")
    for number, pool in enumerate(step.keeps):
        if pool not in taken and pool in pathway.pools:
            remedy = "A step keeps only what it asks for; what was held before is held on by itself"
            faults.add(f"{where}.keeps.{number}", f"keeps '{pool}', which it does not take", remedy)
        elif pool in step.releases_at_end:
            faults.add(f"{where}.keeps.{number}", f"'{pool}' is kept and released at the end", "Choose one")


def _step_queue(faults: FaultList, where: str, step: Step) -> None:
    if (step.queue_limit is None) != (step.blocked_next is None):
        faults.add(where, "one of queue_limit and blocked_next is missing", "Give both, or neither")
    if step.queue_limit is not None and not waits(step):
        faults.add(f"{where}.queue_limit", "a limit, but nobody waits here", "Ask for a pool, or remove it")
    if step.overflow is not None and not step.any_of and len(step.asks) != 1:
        remedy = "Put the pool that others may replace into any_of, or ask for exactly one"
        faults.add(f"{where}.overflow", "it is not clear which pool others may replace", remedy)


def _effort(pathway: Pathway, faults: FaultList, where: str, step: Step, effort: Effort) -> None:
    check_watched(pathway, faults, f"{where}.waiting_at", effort.waiting_at)
    if not step.minutes:
        faults.add(where, "there are no minutes to fall away", "Name the step's minutes, or remove it")
    for number, (before, after) in enumerate(pairwise(effort.at_least), start=1):
        if after > before:
            remedy = "A later stage needs as many as the one before or fewer: put them in falling order"
            faults.add(f"{where}.at_least.{number}", f"{after} after {before}", remedy)


def _relabels(pathway: Pathway, faults: FaultList, where: str, name: str, categories: Categories) -> None:
    """Add a fault unless the attribute exists and has the categories of the true acuity."""
    known = [attribute for attribute in categories if attribute not in (ARRIVAL_SOURCE, ACUITY_NOW)]
    if name in pathway.attributes and name not in categories:
        return  # the attribute has a fault of its own
    if not faults.known(where, name, known, what="attribute"):
        return
    wanted = categories.get(ACUITY_TRUE, tuple(pathway.priority.classes)[: len(categories[name])])
    if categories[name] != wanted:
        remedy = f"A label has the categories {listed(wanted)}, in that order"
        faults.add(where, f"'{name}' has the categories {listed(categories[name])}", remedy)


def _branches(pathway: Pathway, faults: FaultList, categories: Categories) -> None:
    for name, branch in pathway.branches.items():
        where = f"branches.{name}"
        if isinstance(branch, ByAttribute):
            _by_attribute(pathway, faults, where, branch, categories)
            continue
        if isinstance(branch, ByChance):
            for to in branch.targets:
                check_node(pathway, faults, f"{where}.targets.{to}", to)
            total = sum(branch.targets.values())
            if not abs(total - 1) <= TOLERANCE:
                faults.add(f"{where}.targets", f"probabilities add up to {total:.6g}", "Make them add up to 1")
            continue
        check_node(pathway, faults, f"{where}.then", branch.then)
        check_node(pathway, faults, f"{where}.otherwise", branch.otherwise)
        if isinstance(branch, ByHours):
            check_clock(faults, where, branch.hours, branch.days)
        elif isinstance(branch, ByOutage):
            faults.known(f"{where}.outage", branch.outage, pathway.outages, what="outage")
        else:
            check_watched(pathway, faults, f"{where}.waiting_at", branch.waiting_at)


def _by_attribute(pathway: Pathway, faults: FaultList, where: str, branch: ByAttribute, categories: Categories) -> None:
    for case, to in branch.cases.items():
        check_node(pathway, faults, f"{where}.cases.{case}", to)
    check_node(pathway, faults, f"{where}.otherwise", branch.otherwise)
    if branch.attribute in pathway.attributes and branch.attribute not in categories:
        return  # the attribute has a fault of its own
    if faults.known(f"{where}.attribute", branch.attribute, categories, what="attribute"):
        known, covered = categories[branch.attribute], branch.otherwise is not None
        check_cases(faults, f"{where}.cases", branch.cases, known, by=branch.attribute, otherwise=covered)


def _loops(pathway: Pathway, faults: FaultList, categories: Categories) -> None:
    for name, loop in pathway.loops.items():
        where = f"loops.{name}"
        check_node(pathway, faults, f"{where}.again", loop.again)
        check_node(pathway, faults, f"{where}.next", loop.next)
        if loop.passes in pathway.attributes and loop.passes not in categories:
            continue  # the attribute has a fault of its own
        known = [attribute for attribute in categories if attribute not in (ARRIVAL_SOURCE, ACUITY_NOW)]
        if faults.known(f"{where}.passes", loop.passes, known, what="attribute"):
            counts = categories[loop.passes]
            if counts != tuple(str(number) for number in range(len(counts))):
                remedy = "Passes are counted by an attribute whose categories are '0', '1', '2' and so on"
                faults.add(f"{where}.passes", f"'{loop.passes}' has the categories {listed(counts)}", remedy)
