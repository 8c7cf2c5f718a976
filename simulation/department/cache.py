"""A cache for functions of a pathway alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from simulation.department.vocabulary import Pathway

Result = TypeVar("Result")
MOST_PATHWAYS = 64


def cached_by_pathway(function: Callable[[Pathway], Result]) -> Callable[[Pathway], Result]:
    """Cache a function's results for the last 64 pathways, distinguished by identity.

    A pathway is frozen, so a cached result stays valid; it is not hashable, because it holds mappings.
    """
    kept: OrderedDict[int, tuple[Pathway, Result]] = OrderedDict()

    @wraps(function)
    def cached(pathway: Pathway) -> Result:
        entry = kept.get(id(pathway))
        if entry is None:
            entry = kept[id(pathway)] = pathway, function(pathway)  # holds the pathway, so that no other gets its id
            if len(kept) > MOST_PATHWAYS:
                kept.popitem(last=False)
        return entry[1]

    return cached
