"""A document on a screen: sentences in lines and tables, in colour on a terminal; pictures are in the files."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, TextIO

from simulation.display.document import Block, Words
from simulation.display.table import ReportTable, with_columns
from simulation.display.words import WIDTH


def print_blocks(blocks: Iterable[Block], *, stream: TextIO | None = None) -> None:
    """Print what stands in a document, block after block: words in lines, tables in colour on a terminal."""
    out = stream or sys.stdout
    for block in blocks:
        if isinstance(block, Words):
            print(*lines_of(block.text, "- " * (block.look == "point")), sep="\n", file=out)
        elif isinstance(block, ReportTable):
            (_print_rich if out.isatty() else _print_plain)(block, out)


def lines_of(sentence: str, first: str = "", others: str = "  ") -> Iterator[str]:
    """A sentence in lines; none ends between a number and its unit. `first`, `others`: what lines begin with."""
    joined = re.sub(r"(?<=\d) (?=%|min\b)", "\N{NO-BREAK SPACE}", sentence)
    for line in textwrap.wrap(joined, WIDTH, initial_indent=first, subsequent_indent=others):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


def _print_rich(table: ReportTable, out: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out)
    table = _narrow(table) if console.width < WIDTH else table
    grid = Table(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for number, header in enumerate(table.headers):
        numeric = table.is_numeric(number)  # columns of numbers stand to the right
        justify: Literal["left", "right"] = "right" if numeric else "left"
        grid.add_column(
            header, justify=justify, overflow="fold", no_wrap=numeric and len(header) <= 14
        )
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    console.print(grid if table.rows else Text(table.title, style="bold"))
    for note in table.notes:
        console.print(Text(note, style="dim"))


def _narrow(table: ReportTable) -> ReportTable:
    """A table for a narrow screen: without the means."""
    kept = [number for number, header in enumerate(table.headers) if header != "mean"]
    if len(kept) == len(table.headers) or table.kind == "measures":
        return table
    return replace(
        with_columns(table, kept), notes=(*table.notes, "A wider window shows the means, too.")
    )


def _print_plain(table: ReportTable, out: TextIO) -> None:
    lines = (table.headers, *table.rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{table.title}", file=out)
    for row in lines if table.rows else ():
        cells = [
            cell.rjust(width) if table.is_numeric(number) else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"  {'  '.join(cells).rstrip()}", file=out)
    for note in table.notes:
        print(textwrap.fill(note, WIDTH, initial_indent="  ", subsequent_indent="  "), file=out)
