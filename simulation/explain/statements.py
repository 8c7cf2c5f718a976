"""Sourced statements: the blocks of a configuration that state their evidence and a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulation.wording import clipped

BANNER = "Planning only, not for clinical use."
"""The warning that every output carries."""


NOT_SAID = ("evidence", "source", "claim", "basis", "kind", "label", "question")
"""Keys of a block that are no values of it, or that are said in a column of their own."""


@dataclass(frozen=True)
class Statement:
    """One sourced statement: its dotted path, its values in a line, its evidence and source."""

    where: str
    says: str
    evidence: str
    source: str


def walk(block: Any, where: str) -> Iterator[Statement]:
    """The sourced statements within a plain value; `where`: its dotted path."""
    for path, sourced in blocks(block, where):
        yield Statement(path, says(sourced), str(sourced["evidence"]), str(sourced["source"]))


def blocks(block: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The dotted path and the content of every block within a plain value that states its evidence and a source."""
    if isinstance(block, Mapping):
        if "evidence" in block and "source" in block:
            yield where, block
        for key, value in block.items():
            yield from blocks(value, f"{where}.{key}")
    elif isinstance(block, list | tuple):
        for number, value in enumerate(block):
            yield from blocks(value, f"{where}.{number}")


def says(block: Mapping[str, Any]) -> str:
    """The values of a block in one line, in the order stated, long ones cut; nested statements are left out."""
    parts = []
    for key, value in block.items():
        if key in NOT_SAID or value in (None, "", [], {}):
            continue
        if isinstance(value, Mapping) and "evidence" in value:
            continue
        text = _one_line(value)
        parts.append(text if key == "value" else f"{key} {text}")
    return "; ".join(parts)


def _one_line(value: Any, most: int = 110) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        text = ", ".join(f"{key} {_one_line(part)}" for key, part in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_one_line, value))
        text = f"({text})" if any(isinstance(part, list | tuple | Mapping) for part in value) else text
    else:
        text = str(value)
    return clipped(text, most)
