"""The part of `check` about the route: each step, branch and loop by itself, then what can be reached.

A route is sound if every node can be reached and every patient gets out.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from simulation.department.check.names import Categories, listed, repeated
from simulation.department.check.numbers import TOLERANCE
from simulation.department.graph import (
    Graph,
    Targets,
    coins_of,
    cycles,
    edges_of_others,
    reachable_from,
    shortest_cycle,
    starts_of,
    waits,
)
from simulation.department.vocabulary import ACUITY_TRUE, DEPARTED_AT, ByChance, Pathway, Step
from simulation.errors import Faults

MOST_COINS = 100
"""The most coins of one branch by chance in loops."""


def check_route(
    pathway: Pathway, faults: Faults, graph: Graph, reached: Mapping[str, None]
) -> None:
    """Add the faults of the route: nodes that nobody reaches, ends without a departure, unbounded or empty loops."""
    for name in pathway.nodes():
        if name not in reached:
            remedy = "Lead a node or an arrival source to it, or remove it"
            faults.add(path_of(pathway, name), f"nobody can get to '{name}'", remedy)
    for name in reached:
        if name in pathway.loops:  # a round without a step would take no time
            body = reachable_from(
                (pathway.loops[name].again,), graph, closed=[(name, edge) for edge in graph[name]]
            )
            if name in body and not any(node in pathway.steps for node in body):
                remedy = "Lead `again` to the first step to repeat"
                faults.add(f"loops.{name}.again", "a round has no step in it", remedy)
    _without_departure(pathway, faults, graph)
    for name, coins in coins_of(pathway).items():
        if coins.number > MOST_COINS:
            loops = listed(loop for loop, _ in coins.loops)
            found = f"{coins.number:,} coins, one for each number of passes of {loops}; at most {MOST_COINS} are drawn"
            remedy = (
                "Let those loops go round less often, or branch on an attribute that is drawn once"
            )
            faults.add(f"branches.{name}", found, remedy)
    # Each `again` is taken a bounded number of times, so only a cycle without `again` can go on for ever.
    plain = {name: [edge.to for edge in graph[name] if edge.by != "again"] for name in reached}
    for members in cycles(plain):
        _unbounded(pathway, faults, graph, plain, members)


def _without_departure(pathway: Pathway, faults: Faults, graph: Graph) -> None:
    """Add a fault for each end at which an attendance can stop without a departure, if the pathway records any."""
    nodes = pathway.nodes()
    if not any(DEPARTED_AT in getattr(node, "records", ()) for node in nodes.values()):
        return
    departing = []
    for name, step in pathway.steps.items():
        if moment := step.records.get(DEPARTED_AT):
            departing += [
                (name, edge) for edge in graph[name] if moment == "joined" or edge.by == "on"
            ]
    ends: dict[str, None] = {}
    attending = [
        name for part in (pathway.arrivals, pathway.present) for name in part if part[name].attends
    ]
    for source, start in starts_of(pathway).items():
        if source in attending:
            reached = reachable_from(
                (start,), graph, closed=[*departing, *edges_of_others(pathway, source)]
            )
            ends |= {name: None for name in reached if name in pathway.ends}
    for name in ends:
        if DEPARTED_AT not in pathway.ends[name].records:
            remedy = f"Record {DEPARTED_AT} there; a time recorded at an earlier step stays"
            faults.add(
                f"ends.{name}",
                f"somebody who attends can leave by it without {DEPARTED_AT}",
                remedy,
            )


def _unbounded(
    pathway: Pathway, faults: Faults, graph: Graph, plain: Targets, members: Sequence[str]
) -> None:
    """Add the fault of a cycle without a bound: where it goes, whether it has a way out, and whether it takes time."""
    nodes = pathway.nodes()
    shown = " -> ".join(shortest_cycle(plain, members[0], set(members)))
    phrases = [f"a loop without bound: {shown}"]
    if not any(name in pathway.ends for name in reachable_from(members[:1], graph)):
        phrases.append("no end can be reached from it")
    if not any(isinstance(node := nodes[name], Step) and node.minutes for name in members):
        phrases.append("and it takes no time")
    remedy = "Go round by a loop, whose passes are drawn, or lead one of them elsewhere"
    faults.add(path_of(pathway, members[0]), ", ".join(phrases), remedy)


def path_of(pathway: Pathway, name: str) -> str:
    """The dotted path of a node."""
    kinds = ("steps", "branches", "loops", "ends")
    return next(f"{kind}.{name}" for kind in kinds if name in getattr(pathway, kind))


def check_steps(pathway: Pathway, faults: Faults, categories: Categories) -> None:
    """Add the faults of steps, branches and loops: pools, limits of queues, labels, probabilities, passes."""
    clocks = {clock for step in pathway.steps.values() for clock in step.starts_clock}
    for name, step in pathway.steps.items():
        where = f"steps.{name}"
        if step.since in clocks and not step.minutes:
            remedy = "Name the minutes that count from its start, or remove `since`"
            faults.add(f"{where}.since", "there are no minutes to count", remedy)
        _pools(pathway, faults, where, step)
        _queue_and_effort(faults, where, step)
        if step.relabels is not None and step.relabels in categories:
            own = tuple(categories[step.relabels])
            wanted = tuple(categories.get(ACUITY_TRUE, tuple(pathway.priority.classes)[: len(own)]))
            if own != wanted:
                remedy = f"A label has the categories {listed(wanted)}, in that order"
                faults.add(
                    f"{where}.relabels",
                    f"'{step.relabels}' has the categories {listed(own)}",
                    remedy,
                )
    for name, branch in pathway.branches.items():
        total = sum(branch.targets.values()) if isinstance(branch, ByChance) else 1.0
        if not abs(total - 1) <= TOLERANCE:
            faults.add(
                f"branches.{name}.targets",
                f"probabilities add up to {total:.6g}",
                "Make them add up to 1",
            )
    for name, loop in pathway.loops.items():
        counts = categories.get(loop.passes, ())
        if tuple(counts) != tuple(str(number) for number in range(len(counts))):
            remedy = (
                "Passes are counted by an attribute whose categories are '0', '1', '2' and so on"
            )
            faults.add(
                f"loops.{name}.passes",
                f"'{loop.passes}' has the categories {listed(counts)}",
                remedy,
            )


def _pools(pathway: Pathway, faults: Faults, where: str, step: Step) -> None:
    """Add the faults of pools that a step asks for twice, or keeps without taking them."""
    overflow = step.overflow.any_of if step.overflow else ()
    taken = (*step.asks, *step.any_of, *overflow)
    for pool in repeated(taken):
        faults.add(
            where, f"asks for '{pool}' twice", "Name each pool once in asks, any_of and overflow"
        )
    for number, pool in enumerate(step.keeps):
        if pool not in taken and pool in pathway.pools:
            remedy = "A step keeps only what it asks for; what was held before is held on by itself"
            faults.add(f"{where}.keeps.{number}", f"keeps '{pool}', which it does not take", remedy)
        elif pool in step.releases_at_end:
            faults.add(
                f"{where}.keeps.{number}", f"'{pool}' is kept and released at the end", "Choose one"
            )


def _queue_and_effort(faults: Faults, where: str, step: Step) -> None:
    """Add the faults of a limit of a queue, of an overflow, and of minutes that fall away."""
    if (step.queue_limit is None) != (step.blocked_next is None):
        faults.add(where, "one of queue_limit and blocked_next is missing", "Give both, or neither")
    if step.queue_limit is not None and not waits(step):
        faults.add(
            f"{where}.queue_limit", "a limit, but nobody waits here", "Ask for a pool, or remove it"
        )
    if step.overflow and not step.any_of and len(step.asks) != 1:
        remedy = "Put the pool that others may replace into any_of, or ask for exactly one"
        faults.add(f"{where}.overflow", "it is not clear which pool others may replace", remedy)
    if step.effort and not step.minutes:
        faults.add(
            f"{where}.effort",
            "there are no minutes to fall away",
            "Name the step's minutes, or remove it",
        )
    for number, (before, after) in enumerate(
        pairwise(step.effort.at_least if step.effort else ()), start=1
    ):
        if after > before:
            remedy = (
                "A later stage needs as many as the one before or fewer: put them in falling order"
            )
            faults.add(f"{where}.effort.at_least.{number}", f"{after} after {before}", remedy)
