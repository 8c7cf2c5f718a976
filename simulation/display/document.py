"""A document: what a page, a Word document, a workbook, a folder of tables and a screen show; data, and no markup.

Each is written in one place: `web_page`, `word_file`, `workbook`, `files`, and for the screen `print_blocks` here.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TextIO

from simulation.display.drawing import Drawing, Picture
from simulation.display.table import ReportTable, with_columns
from simulation.display.words import WIDTH

Look = Literal["plain", "strong", "warning", "note", "point", "quote"]
"""How words stand: a paragraph, one in bold type, a warning, a small one, a point of a list, what is to be copied."""
TOGETHER: Collection[Look] = ("point", "strong", "note")
"""Looks of which words that follow one another make one list, or one paragraph."""


@dataclass(frozen=True)
class Words:
    """A paragraph or a point of a list; `label` stands before it in bold type."""

    text: str
    look: Look = "plain"
    label: str = ""

    def __str__(self) -> str:
        """The words with their label."""
        return f"{self.label}: {self.text}" if self.label else self.text


Block = Words | ReportTable | Picture | Drawing


@dataclass(frozen=True)
class Section:
    """A part of a document: what stands in it, in order, below its heading, if it has one."""

    blocks: tuple[Block, ...]
    heading: str = ""
    anchor: str = ""

    @property
    def groups(self) -> list[list[Block]]:
        """The blocks, with words that make one list or one paragraph in one group."""
        groups: list[list[Block]] = []
        for block in self.blocks:
            last = groups[-1][0] if groups else None
            look = block.look if isinstance(block, Words) else ""
            if look in TOGETHER and isinstance(last, Words) and last.look == look:
                groups[-1].append(block)
            else:
                groups.append([block])
        return groups

    def words(self, *looks: Look) -> list[Words]:
        """The words, in order; those that stand in one of these ways, if any is named."""
        words = [block for block in self.blocks if isinstance(block, Words)]
        return [one for one in words if one.look in looks] if looks else words

    @property
    def tables(self) -> list[ReportTable]:
        """The tables, in order."""
        return [block for block in self.blocks if isinstance(block, ReportTable)]


@dataclass(frozen=True)
class Document:
    """A title, and sections, of which the first may have no heading. `is_wide`: printed on its side."""

    title: str
    sections: tuple[Section, ...]
    is_wide: bool = False

    @property
    def blocks(self) -> list[Block]:
        """What stands in all sections, in order."""
        return [block for section in self.sections for block in section.blocks]


def points(*sentences: str) -> tuple[Words, ...]:
    """Sentences as points of a list."""
    return tuple(Words(sentence, "point") for sentence in sentences)


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
