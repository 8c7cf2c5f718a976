"""A table as it is read, on a screen and on the page alike."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Literal, TextIO

from simulation.display.words import SIMULATION, WIDTH
from simulation.errors import ResultsError, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ReportTable:
    """A table as it is read: `kind` is its short name, cells are text, `notes` are printed below.

    `rows` is an attribute, the cells as tuples; `frame()` is a method that makes them a data frame.
    """

    kind: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """The table as a data frame of text, whose columns are the headers."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.headers))

    def __repr__(self) -> str:
        return f"ReportTable('{self.kind}': {self.title}; {len(self.rows)} rows, {len(self.headers)} columns)"

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        head = "".join(f"<th scope='col'>{escape(header)}</th>" for header in self.headers)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes)
        caption = f"<caption>{escape(self.title)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


class ReportTables(dict[str, ReportTable]):
    """Tables by their kind; one that is not among them raises ResultsError with the nearest kind."""

    def __missing__(self, kind: str) -> ReportTable:
        """Called by `tables[kind]` where there is none."""
        raise ResultsError(f"there is no table '{kind}'. {nearest(str(kind), self)}")


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers: every cell begins like one."""
    return bool(cells) and all(cell[:1] in "+−±–£0123456789" for cell in cells)


def print_tables(tables: Iterable[ReportTable], *, stream: TextIO | None = None) -> None:
    """Print tables one after another, in colour on a terminal."""
    out = stream or sys.stdout
    for table in tables:
        (_print_rich if out.isatty() else _print_plain)(table, out)


def print_sentences(sentences: Iterable[str], *, stream: TextIO | None = None) -> None:
    """Print a list of sentences; no line ends between a number and its unit."""
    for sentence in sentences:
        joined = re.sub(r"(?<=\d) (?=%|min\b)", "\N{NO-BREAK SPACE}", sentence)
        lines = textwrap.fill(joined, WIDTH, initial_indent="- ", subsequent_indent="  ")
        print(lines.replace("\N{NO-BREAK SPACE}", " "), file=stream)


def _print_rich(table: ReportTable, out: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out)
    table = _narrow(table) if console.width < WIDTH else table
    grid = Table(title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, header in enumerate(table.headers):
        justified = _justified(table, number)
        grid.add_column(header, justify=justified, overflow="fold", no_wrap=justified == "right" and len(header) <= 14)
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    console.print(grid if table.rows else Text(table.title, style="bold"))
    for note in table.notes:
        console.print(Text(note, style="dim"))


def _narrow(table: ReportTable) -> ReportTable:
    """A table for a narrow screen: without the means, and with the uncertainty in a note in place of a column."""
    kept = [number for number, header in enumerate(table.headers) if header not in ("mean", "uncertainty")]
    if len(kept) == len(table.headers) or table.kind == "measures":
        return table
    rows = tuple(tuple(row[number] for number in kept) for row in table.rows)
    notes = (*table.notes, f"Uncertainty in every row: {SIMULATION}. A wider window shows every column.")
    return replace(table, headers=tuple(table.headers[number] for number in kept), rows=rows, notes=notes)


def _print_plain(table: ReportTable, out: TextIO) -> None:
    lines = (table.headers, *table.rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.headers))]
    print(f"\n{table.title}", file=out)
    for row in lines if table.rows else ():
        cells = [
            cell.rjust(width) if _justified(table, number) == "right" else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"  {'  '.join(cells).rstrip()}", file=out)
    for note in table.notes:
        print(textwrap.fill(note, WIDTH, initial_indent="  ", subsequent_indent="  "), file=out)


def _justified(table: ReportTable, column: int) -> Literal["left", "right"]:
    """Columns of numbers stand to the right."""
    return "right" if is_numeric([row[column] for row in table.rows]) else "left"
