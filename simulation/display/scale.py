"""A department's levels of urgency in words: the five of the Manchester Triage System, or levels of its own."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.department.vocabulary import ACUITY_TRUE, Pathway
from simulation.measures.definitions import MANCHESTER_TARGETS
from simulation.triage.matrix import N_HIGH
from simulation.wording import spaced

LEVELS_1_2 = "levels 1-2"
"""How the two most urgent levels of A&E are called."""


def levels_of(pathway: Pathway) -> tuple[str, ...]:
    """The levels of urgency of a department, the most urgent first; empty if it has none."""
    return tuple(pathway.categories(ACUITY_TRUE)) if ACUITY_TRUE in pathway.attributes else ()


def high_words(levels: Sequence[str]) -> str:
    """The two most urgent levels: by number in A&E, by name elsewhere.

    >>> high_words(["immediate", "very_urgent", "urgent", "standard", "non_urgent"])
    'levels 1-2'
    >>> high_words(["urgent", "standard", "minor"])
    "levels 'urgent' and 'standard'"
    """
    if not levels or len(levels) == len(MANCHESTER_TARGETS):
        return LEVELS_1_2
    names = [f"'{spaced(level)}'" for level in levels[:N_HIGH]]
    return f"level{'s' if len(names) > 1 else ''} {' and '.join(names)}"


def target_of(level: str, levels: Sequence[str]) -> float | None:
    """The Manchester target of a level, in minutes; None where the department's levels are not of that system, though
    one of them may be called the same."""
    return MANCHESTER_TARGETS.get(level) if set(levels) <= MANCHESTER_TARGETS.keys() else None
