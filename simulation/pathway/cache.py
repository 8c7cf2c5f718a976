"""What follows from a pathway alone is worked out once for each one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from simulation.pathway.department import Pathway

Answer = TypeVar("Answer")
MOST = 64


def cached_by_pathway(function: Callable[[Pathway], Answer]) -> Callable[[Pathway], Answer]:
    """A function of one pathway that answers again without working, for the last 64 pathways (by identity).

    A pathway is frozen, so its answer holds; it cannot be a key itself, because it holds mappings.
    """
    known: OrderedDict[int, tuple[Pathway, Answer]] = OrderedDict()

    @wraps(function)
    def again(pathway: Pathway) -> Answer:
        found = known.get(id(pathway))
        if found is None:
            found = known[id(pathway)] = pathway, function(pathway)  # kept, so that its id stays its own
            if len(known) > MOST:
                known.popitem(last=False)
        return found[1]

    return again
