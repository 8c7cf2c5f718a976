"""A table as it is read, on a screen and on the page alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ReportTable:
    """A table as it is read: `kind` is a short name, `headers` and `rows` are text, `notes` stand below."""

    kind: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers: every cell begins like one."""
    return bool(cells) and all(cell[:1] in "+−±–£0123456789" for cell in cells)
