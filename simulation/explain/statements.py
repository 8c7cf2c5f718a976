"""Statements with their provenance: the blocks of a configuration that say whose figure they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BANNER = "Planning only, not for clinical use."
"""What every output says."""


@dataclass(frozen=True)
class Statement:
    """One sourced statement: where it is stated, in a few words what it says, whose it is."""

    where: str
    says: str
    evidence: str
    source: str


def walk(stated: Any, where: str) -> Iterator[Statement]:
    """The sourced statements within a plain block at `where`."""
    for path, block in blocks(stated, where):
        yield Statement(path, says(block), str(block["evidence"]), str(block["source"]))


def blocks(stated: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every plain block within another that states its evidence and a source, by its dotted path."""
    if isinstance(stated, Mapping):
        if "evidence" in stated and "source" in stated:
            yield where, stated
        for key, value in stated.items():
            yield from blocks(value, f"{where}.{key}")
    elif isinstance(stated, list | tuple):
        for number, value in enumerate(stated):
            yield from blocks(value, f"{where}.{number}")


def says(stated: Mapping[str, Any]) -> str:
    """The values of a block in one line: numbers first, long tables counted."""
    parts = []
    for key, value in stated.items():
        if key in ("evidence", "source", "kind", "label", "question") or value in (None, "", [], {}):
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
        text = ", ".join(f"{key} {_one_line(each)}" for key, each in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(_one_line(each) for each in value)
        text = f"({text})" if any(isinstance(each, list | tuple | Mapping) for each in value) else text
    else:
        text = str(value)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
