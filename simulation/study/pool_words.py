"""Words for pools in a warning about a study: their names with a figure each, and the keys that describe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simulation.study.study import Study

MOST_POOLS = 4
"""How many pools one sentence names."""


def figures_of(values: Mapping[str, str]) -> str:
    """Pools with their figures (`values`, in words): 'medicine beds 101 %, surgery beds 100 %'."""
    return ", ".join(_first([f"{name.replace('_', ' ')} {words}" for name, words in values.items()]))


def keys_of(study: Study, pools: Iterable[str]) -> str:
    """The keys of pools: 'site.pools.medicine_beds, staffing.nurses'."""
    return ", ".join(_first([f"{written_in(study, pool)}{pool}" for pool in pools]))


def written_in(study: Study, pool: str) -> str:
    """The path of the block that describes a pool, as an override names it, with a dot at its end: 'staffing.'."""
    for group in ("staffing", "site", "pathway"):
        block = study.resolved.get(group)
        path, pools = (group, block) if group == "staffing" else (f"{group}.pools", _entry(block, "pools"))
        if _entry(pools, pool) is not None:
            return f"{path}."
    return "pools."


def group_of(study: Study, section: str, name: str) -> str:
    """The group that states an entry of a section: 'site' or 'pathway'."""
    stated = _entry(_entry(study.resolved.get("site"), section), name)
    return "pathway" if stated is None else "site"


def _entry(block: object, key: str) -> object:
    return block.get(key) if isinstance(block, dict) else None


def _first(words: Sequence[str]) -> Sequence[str]:
    """The first few words and the number of the others: '3 more'."""
    n_more = len(words) - MOST_POOLS
    return words if n_more <= 0 else [*words[:MOST_POOLS], f"{n_more} more"]
