"""The part of `check` about user-defined names that nearly match names with a meaning: probably misspellings.

Outcomes and points in time may have any name. So a misspelt `left` or `seen_at` would pass as a new name, and nobody
would have left, or there would be no wait for a first clinician.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from simulation.department.check.fault_list import FaultList
from simulation.department.own_measures import LEVELS_1_2
from simulation.department.vocabulary import ACUITY_TRUE, Choice, Pathway
from simulation.errors import meant
from simulation.records.schema import ADMITTED, IN_BUILDING, LEFT

OUTCOMES = (ADMITTED, LEFT, "discharged")
POINTS = (
    "assessed_at", "triaged_at", "handed_over_at", "seen_at", "looked_at", "stream_looked_at", "decided_at",
    "departed_at", "bed_held_at", "bed_given_back_at", "early_test_at", "early_result_at",
)  # fmt: skip
"""Points in time that measures are about."""
NEAR_OUTCOME, NEAR_POINT = 0.85, 0.87
"""How alike two words are, from 0 to 1, for one to be taken for a misspelling of the other."""


def check_meant(pathway: Pathway, faults: FaultList) -> None:
    """Add a fault for each outcome and point in time that nearly matches one with a meaning, and for each group of
    patients with the name of another."""
    for name, end in pathway.ends.items():
        where, found = f"ends.{name}.outcome", f"the outcome '{end.outcome}' has no meaning to measures"
        word = meant(end.outcome, OUTCOMES, near=NEAR_OUTCOME)
        if end.outcome == IN_BUILDING:
            faults.add(where, f"'{IN_BUILDING}' is of those who have not left", "Choose another word")
        elif word is not None:
            faults.add(where, found, f"Did you mean '{word}'? Else choose a word that is less like it")
    recorded = dict(_recorded(pathway))
    absent = [point for point in POINTS if point not in recorded]
    for point, where in recorded.items():
        known = None if point in POINTS else meant(point, absent, near=NEAR_POINT)
        if known is not None:
            found = f"the point in time '{point}' has no meaning to measures, and '{known}' is recorded nowhere"
            faults.add(where, found, f"Did you mean '{known}'? Else choose a name that is less like it")
    levels = pathway.attributes.get(ACUITY_TRUE)
    attribute, both = LEVELS_1_2.split("=")
    if isinstance(levels, Choice) and both in levels.categories:
        found = f"'{LEVELS_1_2}' is the group of the first two levels together"
        faults.add(f"attributes.{attribute}.categories", found, "Choose another name for the level")


def _recorded(pathway: Pathway) -> Iterator[tuple[str, str]]:
    """Each point in time that is recorded, with where."""
    for kind in ("steps", "ends"):
        nodes: Mapping[str, object] = getattr(pathway, kind)
        for name, node in nodes.items():
            points: Iterable[str] = getattr(node, "records", ())
            for point in points:
                yield point, f"{kind}.{name}.records"
