"""How a site differs from the typical one: values of its site, rotas and fitted values, by dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GROUPS = ("site", "staffing", "calibration")
WORDS = ("evidence", "source")
"""Keys that say where a number comes from and change nothing."""


def differences(raw: Mapping[str, Any], typical: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for each value that differs: 'calibration.medicine_beds.value 262 (typical 256)'.

    `raw` and `typical` are composed configurations with unresolved references, so that a value is listed once.

    >>> differences({"site": {"a": {"scale": 0.7}}}, {"site": {"a": {"mean": 3, "scale": 1}}})
    ('site.a.mean none (typical 3)', 'site.a.scale 0.7 (typical 1)')
    """
    return tuple(line for group in GROUPS for line in _within(raw.get(group), typical.get(group), group))


def _within(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs} - {*WORDS}):
            yield from _within(ours.get(key), theirs.get(key), f"{path}.{key}")
    elif ours != theirs:
        yield f"{path} {_as_text(ours)} (typical {_as_text(theirs)})"


def _as_text(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
