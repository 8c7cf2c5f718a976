"""Check a pathway: every fault at once, by dotted path and by name, before anything runs.

Types and ranges of single values are checked as a configuration is validated. The checks here need the whole pathway,
in three parts: names and numbers; the route (which nodes can be reached, and whether patients get out); pools (what is
held while waiting for what, and whether anybody is on duty). A later part is skipped if an earlier one has a fault that
it would only repeat. Load is not checked here (`study.overload` and `study.department_warnings` do that), and nothing
is drawn.

Reading order: `check`, then `names`, `numbers`, `routes`, `deadlock`, `staffing`, `measures_and_groups`.
"""

from collections.abc import Iterator

from simulation.department.check.deadlock import check_carried, check_deadlocks, explore
from simulation.department.check.measures_and_groups import check_own
from simulation.department.check.names import (
    check_name,
    check_names,
    check_profile_or_queue,
    names_of,
    unused_names,
)
from simulation.department.check.numbers import check_numbers, check_value
from simulation.department.check.routes import check_route, check_steps
from simulation.department.check.staffing import check_staffing
from simulation.department.config_dataclass import walk
from simulation.department.graph import graph_of, reachable_from, starts_of
from simulation.department.vocabulary import Pathway
from simulation.errors import Fault, Faults
from simulation.wording import listed_with_and


def check(pathway: Pathway) -> tuple[Fault, ...]:
    """Every fault of a pathway, in the order of its parts; empty if it is sound."""
    faults, known, all_finite = Faults(), names_of(pathway), True
    categories = check_names(pathway, faults)
    for entry in walk(pathway):
        if entry.names:
            check_name(entry, known, categories, faults)
            check_profile_or_queue(pathway, entry, faults)
        all_finite &= check_value(entry, faults)
    check_numbers(pathway, faults, all_finite=all_finite)
    check_steps(pathway, faults, categories)
    if not faults.broken & {"node", "attribute"}:
        graph = graph_of(pathway)
        reached = reachable_from(starts_of(pathway).values(), graph)
        check_route(pathway, faults, graph, reached)
        if not faults.broken & {"pool", "hours"}:
            explored = explore(pathway, graph)
            check_carried(
                pathway,
                faults,
                explored,
                clocks=explored.follows_categories and "clock" not in faults.broken,
            )
            check_deadlocks(pathway, faults, explored)
            check_staffing(pathway, faults, graph, reached)
    if not faults:
        unused_names(pathway, faults)
        check_own(pathway, faults, pathway.measures, pathway.groups)
    return tuple(faults)


def unlike_faults(pathway: Pathway, site: Pathway, where: str) -> Iterator[Fault]:
    """A fault if a structure's department has other steps or pools than the site's own."""
    for section in ("steps", "pools"):
        if names := sorted(getattr(pathway, section).keys() ^ getattr(site, section).keys()):
            found = f"it and the site do not both have the {section} {listed_with_and(names)}"
            yield Fault(where, found, "Give both the same: who is asked for, and when, may differ")


def check_rotas(pathway: Pathway) -> tuple[Fault, ...]:
    """The faults of rotas alone, in a pathway whose names and routes are those of one that was checked."""
    faults, graph = Faults(), graph_of(pathway)
    check_staffing(pathway, faults, graph, reachable_from(starts_of(pathway).values(), graph))
    return tuple(faults)
