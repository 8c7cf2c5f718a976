"""Faults of many lines of a file that are of one kind, as one fault."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simulation.errors import Fault

NAMED_LINES = 3
"""The number of lines that are named of faults of one kind."""


def grouped(faults: Sequence[Fault]) -> list[Fault]:
    """Faults of lines of a file, those of one kind in one column as one fault: with their number and first lines."""
    kinds: dict[tuple[str, ...], list[tuple[str, Fault]]] = {}
    for fault in faults:
        place = re.fullmatch(r"(.*, line )(\d+)(.*)", fault.where, re.DOTALL)
        kind = re.sub(r"'.*'|[\d.]+", "", fault.found, flags=re.DOTALL)  # whatever the cell holds
        before, line, after = place.groups() if place else (fault.where, "", "")
        kinds.setdefault((before, after, kind, fault.remedy), []).append((line, fault))
    return [_together(before, after, alike) for (before, after, *_), alike in kinds.items()]


def _together(before: str, after: str, alike: Sequence[tuple[str, Fault]]) -> Fault:
    """One fault for several that differ by line, and perhaps by what the cell holds."""
    _, first = alike[0]
    if len(alike) == 1:
        return first
    lines = [line for line, _ in alike]
    n_more = len(lines) - NAMED_LINES
    named = [*lines[:NAMED_LINES], f"{n_more:,} more"] if n_more > 0 else lines
    places = f"{', '.join(named[:-1])} and {named[-1]}"
    others = "" if all(fault.found == first.found for _, fault in alike) else " and the like"
    where = f"{before.removesuffix(' line ')} {len(lines):,} rows (lines {places}){after}"
    return Fault(where, f"{first.found}{others}", first.remedy)
