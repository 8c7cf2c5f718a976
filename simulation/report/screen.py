"""A comparison on a screen: in colour on a terminal, as plain lines anywhere else."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal, TextIO

from simulation.display.table import ReportTable, is_numeric
from simulation.display.words import SIMULATION, WIDTH, labelled
from simulation.explain.statements import BANNER
from simulation.questions.ablation_table import decomposition_of
from simulation.questions.narrow import NarrowedEffects
from simulation.questions.narrow_table import narrowed_sentences, narrowed_tables
from simulation.report.findings import findings
from simulation.report.first_page import first_page
from simulation.report.precision import precision_line
from simulation.report.tables import screen_tables
from simulation.report.tables.overview import sham_line
from simulation.run.result import StudyResult
from simulation.run.store.kept import file_of

MOST_ON_SCREEN = 12
"""Rows of a table on a screen, those of the study's `focus` always among them; the report has all."""


def print_result(result: StudyResult, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """Print a comparison: details first, then the first page as the report has it, last the paths of the files.

    In colour on a terminal, as plain lines anywhere else.
    """
    out = stream or sys.stdout
    page, (first, *details) = first_page(result), screen_tables(result)
    focus = {labelled(result, result.arm(name)) for name in result.design.focus}
    print_tables((shortened(table, focus) for table in details), stream=out)
    also_found = [*findings(result), *filter(None, (sham_line(result), precision_line(result)))]
    if also_found:
        print("\nAlso found", file=out)
        _print_sentences(also_found, out)
    print(f"\n{textwrap.fill(page.question, WIDTH)}", file=out)
    for check in page.checks:
        print(f"\n{textwrap.fill(check, WIDTH)}", file=out)
    print_tables([first], stream=out)
    print(f"\n{textwrap.fill(page.lead, WIDTH)}", file=out)
    _print_sentences((headline.sentence for headline in page.headlines), out)
    for note in page.notes:
        print(textwrap.fill(note, WIDTH), file=out)
    print(f"\n{BANNER}", file=out)
    if folder is not None:
        if (folder / "report.html").is_file():
            print(f"Report: {folder / 'report.html'}", file=out)
        by_lever = "decomposition.csv, " if decomposition_of(result) else ""
        kept = "".join(f"{file_of(name)}, " for name in dict.fromkeys(result.run.keep))
        print(f"Data:   {folder / 'summary.csv'}, {by_lever}replications.parquet, {kept}figures/", file=out)


def _print_sentences(sentences: Iterable[str], out: TextIO) -> None:
    """Print a list of sentences; no line ends between a number and its unit."""
    for sentence in sentences:
        joined = re.sub(r"(?<=\d) (?=%|min\b)", "\N{NO-BREAK SPACE}", sentence)
        lines = textwrap.fill(joined, WIDTH, initial_indent="- ", subsequent_indent="  ")
        print(lines.replace("\N{NO-BREAK SPACE}", " "), file=out)


def print_narrowed(result: StudyResult, narrowed: NarrowedEffects, *, stream: TextIO | None = None) -> None:
    """Print the answer for departments with some figures: the sentences first, then a table a target."""
    out = stream or sys.stdout
    print(f"{result.design.question} For departments with figures like these:", file=out)
    _print_sentences(narrowed_sentences(result, narrowed), out)
    print_tables(narrowed_tables(result, narrowed), stream=out)
    print(f"\n{BANNER}", file=out)


def print_tables(tables: Iterable[ReportTable], *, stream: TextIO | None = None) -> None:
    """Print tables one after another, in colour on a terminal."""
    out = stream or sys.stdout
    for table in tables:
        (_print_rich if out.isatty() else _print_plain)(table, out)


def shortened(table: ReportTable, focus: Collection[str] = ()) -> ReportTable:
    """A table with at most `MOST_ON_SCREEN` rows, in their order: those of arms in `focus`, then the first others."""
    n_more = len(table.rows) - MOST_ON_SCREEN
    if n_more <= 0:
        return table
    in_focus = [number for number, row in enumerate(table.rows) if row[0] in focus][:MOST_ON_SCREEN]
    others = [number for number in range(len(table.rows)) if number not in in_focus]
    kept = sorted([*in_focus, *others[: MOST_ON_SCREEN - len(in_focus)]])
    more = "1 more row is in the report." if n_more == 1 else f"{n_more} more rows are in the report."
    return replace(table, rows=tuple(table.rows[number] for number in kept), notes=(more, *table.notes))


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
