"""Pools in a sentence about a study: their names with a figure each, and the keys that describe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simulation.study.study import Study

MOST_POOLS = 4
"""Pools that one sentence names."""


def figures_of(values: Mapping[str, str]) -> str:
    """'medicine beds 101 %, surgery beds 100 %'; how many more where there are many. `values`: by pool."""
    return ", ".join(_first([f"{name.replace('_', ' ')} {words}" for name, words in values.items()]))


def keys_of(study: Study, pools: Iterable[str]) -> str:
    """'site.pools.medicine_beds, staffing.nurses'; how many more where there are many."""
    return ", ".join(_first([f"{written_in(study, pool)}{pool}" for pool in pools]))


def written_in(study: Study, pool: str) -> str:
    """The group in which a pool is described, as a path that an override can name, with a dot at its end."""
    for group in ("staffing", "site", "pathway"):
        stated = study.resolved.get(group)
        path, pools = (group, stated) if group == "staffing" else (f"{group}.pools", _part(stated, "pools"))
        if _part(pools, pool) is not None:
            return f"{path}."
    return "pools."


def _part(block: object, key: str) -> object:
    return block.get(key) if isinstance(block, dict) else None


def _first(words: Sequence[str]) -> Sequence[str]:
    more = len(words) - MOST_POOLS
    return words if more <= 0 else [*words[:MOST_POOLS], f"{more} more"]
