"""What an arm changes in the pools of a department, in words: units, rotas, extra shifts, what closes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from itertools import permutations
from operator import attrgetter

from simulation.department.rota import closed_units, same_units, shift_words
from simulation.department.vocabulary import Pathway, Pool
from simulation.explain.change import Change
from simulation.wording import spaced

_units = attrgetter("capacity", "rota", "unlimited")
_closing = attrgetter("closed_while", "closes", "closes_share")


def pool_changes(ours: Pathway, theirs: Pathway, reachable: Set[str]) -> Iterator[Change]:
    """A change for each pool of the arm's pathway (`ours`) that differs from the baseline's (`theirs`)."""
    for name in dict.fromkeys((*theirs.pools, *ours.pools)):
        new, old = ours.pools.get(name), theirs.pools.get(name)
        if new == old:
            continue
        if new is not None and old is not None and same_units(new, old):
            yield Change("nothing", name, f"does nothing here: {_pool_words(new, old)} leaves as many units on duty")
            continue
        at = tuple(node for node in _steps_asking(ours, name) if node in reachable)
        short = _pool_words(new, old, rota="another rota").removesuffix(" at every hour")
        yield Change("pool", name, _pool_words(new, old), at, f"{spaced(name)}: {short}")


def _steps_asking(pathway: Pathway, pool: str) -> Iterator[str]:
    """The steps that ask for a pool, or may take from it after a while."""
    for name, step in pathway.steps.items():
        if pool in (*step.asks, *step.any_of, *(step.overflow.any_of if step.overflow is not None else ())):
            yield name


def _pool_words(new: Pool | None, old: Pool | None, rota: str = "") -> str:
    """What differs between two pools; `rota`: words for another rota, instead of its shifts."""
    if new is None or old is None:
        return "is new" if old is None else "is no longer there"
    words = [f"{new.extra - old.extra:+d} at every hour".replace("-", "−")] if new.extra != old.extra else []
    if new.capacity is not None and old.capacity is not None and new.capacity != old.capacity:
        words.append(f"{old.capacity} becomes {new.capacity}")
    elif _units(new) != _units(old):
        words.append(rota or _rota_words(new, old))
    if new.extra_shifts != old.extra_shifts:
        before = f" (before: {shift_words(old.extra_shifts)})" if old.extra_shifts else ""
        words.append((shift_words(new.extra_shifts) or "no shifts laid over the rota") + before)
    if _closing(new) != _closing(old):
        words.append(closing_words(new) or f"no longer {closing_words(old)}")
    return ", ".join(words) or "stated differently"


def _rota_words(new: Pool, old: Pool) -> str:
    """The shifts that two rotas do not share, and what was there before."""
    if new.rota is None or old.rota is None:
        return f"{_units_words(new)} (before: {_units_words(old)})"
    added, dropped = ((Counter(one) - Counter(other)).elements() for one, other in permutations((new.rota, old.rota)))
    words, before = shift_words(added), shift_words(dropped)
    if words and before:
        return f"{words} (before: {before})"
    if words or before:
        return f"{words} added to the rota" if words else f"{before} taken out of the rota"
    return "the same shifts in another order"


def _units_words(pool: Pool) -> str:
    """A pool's units without its extras: 'unlimited', '2 at every hour', '8-20 h: 1'."""
    if pool.rota is not None:
        return shift_words(pool.rota)
    return "unlimited" if pool.unlimited else f"{pool.capacity} at every hour"


def closing_words(pool: Pool) -> str:
    """'2 closed while strike'; '' if no outage closes the pool."""
    if pool.closed_while is None:
        return ""
    return f"{closed_units(pool) or 'all'} closed while {spaced(pool.closed_while)}"
