"""A document as files: a table as CSV, a picture as PNG; and folders that are named by the time of writing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from simulation.display.document import Document
from simulation.display.drawing import Picture
from simulation.display.table import Cell, ReportTable
from simulation.records.serialise import csv_text
from simulation.runs.atomic import as_results_error, moved, whole_or_nothing

Content = str | bytes | Picture | ReportTable | Iterable[Any]
"""What a file holds: text, bytes, a picture, a table of a document, or a data frame (or its rows by header)."""


def file_of(table: ReportTable) -> str:
    """The name of a table's file."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', table.kind)}.csv"


def files_of(document: Document) -> dict[str, Content]:
    """Every table and picture of a document, by the name of its file."""
    tables = {file_of(table): table for section in document.sections for table in section.tables}
    shown = (block for block in document.blocks if isinstance(block, Picture))
    return {**tables, **{f"{picture.name}.png": picture for picture in shown}}


def bytes_of(name: str, content: Content) -> bytes:
    """What a file holds; CSV begins with the mark by which Excel knows the encoding."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, Picture):
        return content.png
    if isinstance(content, ReportTable):
        headers, cells = content.spread_out()
        content = csv_text(headers, ([_number_or_text(cell) for cell in row] for row in cells))
    elif not isinstance(content, str):
        import pandas as pd

        content = pd.DataFrame(content).to_csv(index=False, lineterminator="\n")
    return content.encode("utf-8-sig" if name.endswith(".csv") else "utf-8")


def _number_or_text(cell: str | Cell) -> str:
    """A number as it is printed, to six digits and without its unit; nothing for one that is not known."""
    if isinstance(cell, str) or cell.value is None:
        return str(cell)
    return f"{cell.scaled(cell.value):.6g}" if math.isfinite(cell.value) else ""


def write_folder(parent: Path, name: str, contents: Mapping[str, Content]) -> Path:
    """Write files, by their paths, into a new folder in `parent`, which is there whole or not at all; return it.

    It is `name`, or `name-2` and on if that exists. Raises ResultsError if it cannot be written.
    """
    with as_results_error(parent):
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(parent, name) as partial:
            for path, content in contents.items():
                (partial / path).parent.mkdir(parents=True, exist_ok=True)
                (partial / path).write_bytes(bytes_of(path, content))
            return moved(partial, parent, name)


def write_dated(parent: Path, contents: Mapping[str, Content], *, prefix: str = "") -> Path:
    """Write files into a new folder that is named by the time, as `write_folder` does."""
    return write_folder(parent, f"{prefix}{datetime.now():%Y-%m-%dT%H%M%S}", contents)
