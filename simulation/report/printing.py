"""A comparison on a screen: in colour on a terminal, as plain lines anywhere else."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal, TextIO

from simulation.experiment.result import Result
from simulation.report.answer import answer
from simulation.report.gather import inputs_of
from simulation.report.inputs import ReportInputs
from simulation.report.sheet import Sheet, is_numeric
from simulation.report.sheets import sham_line, sheets, warnings
from simulation.report.words import BANNER, SIMULATION, WIDTH

MOST_ON_SCREEN = 12
"""Rows of a table on a screen; the report has all."""


def print_result(result: Result, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """Show a comparison: in colour on a terminal, as plain lines anywhere else."""
    print_inputs(inputs_of(result, {"unfinished": result.n_unfinished}), folder, stream=stream)


def print_inputs(inputs: ReportInputs, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """The same from stored inputs; details first, so that the arms, the answer and the paths end the screen."""
    out = stream or sys.stdout
    lines = _rich if out.isatty() else _plain
    arms, *details = sheets(inputs)
    for sheet in details:
        lines(_shortened(sheet), out)
    for warning in warnings(inputs):
        print(f"\n{textwrap.fill(warning, WIDTH)}", file=out)
    lines(arms, out)
    print("\nIn words", file=out)
    for sentence in answer(inputs):
        print(textwrap.fill(sentence, WIDTH, initial_indent="- ", subsequent_indent="  "), file=out)
    for text in (sham_line(inputs), _depends()):
        if text:
            print(f"\n{textwrap.fill(text, WIDTH)}", file=out)
    print(f"\n{BANNER}", file=out)
    if folder is not None:
        if (folder / "report.html").is_file():
            print(f"Report: {folder / 'report.html'}", file=out)
        by_lever = "decomposition.csv, " if inputs.decomposition else ""
        print(f"Data:   {folder / 'summary.csv'}, {by_lever}replications.parquet, figures/", file=out)


def print_sheets(found: Iterable[Sheet], *, stream: TextIO | None = None) -> None:
    """Tables one after another."""
    out = stream or sys.stdout
    for sheet in found:
        (_rich if out.isatty() else _plain)(sheet, out)


def _shortened(sheet: Sheet) -> Sheet:
    """At most so many rows on a screen; the report has all."""
    if len(sheet.rows) <= MOST_ON_SCREEN:
        return sheet
    more = f"{len(sheet.rows) - MOST_ON_SCREEN} more rows are in the report."
    return replace(sheet, rows=sheet.rows[:MOST_ON_SCREEN], notes=(more, *sheet.notes))


def _depends() -> str:
    return (
        "Three layers of doubt: simulation (the intervals above); inputs (numbers marked assumed, not varied in this "
        "run); structure (which resource binds at your site: compare sites and scenarios)."
    )


def _rich(sheet: Sheet, out: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out)
    sheet = _narrow(sheet) if console.width < WIDTH else sheet
    table = Table(title=sheet.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, header in enumerate(sheet.headers):
        justified = _justified(sheet, number)
        table.add_column(header, justify=justified, overflow="fold", no_wrap=justified == "right" and len(header) <= 14)
    for row in sheet.rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    for note in sheet.notes:
        console.print(Text(note, style="dim"))


def _narrow(sheet: Sheet) -> Sheet:
    """A sheet for a narrow screen: without the means, and with what every row says about doubt said once, below."""
    kept = [number for number, header in enumerate(sheet.headers) if header not in ("mean", "doubt in it")]
    if len(kept) == len(sheet.headers) or sheet.kind == "measures":
        return sheet
    rows = tuple(tuple(row[number] for number in kept) for row in sheet.rows)
    notes = (*sheet.notes, f"Doubt in every row: {SIMULATION}. A wider window shows every column.")
    return replace(sheet, headers=tuple(sheet.headers[number] for number in kept), rows=rows, notes=notes)


def _plain(sheet: Sheet, out: TextIO) -> None:
    table = (sheet.headers, *sheet.rows)
    widths = [max(len(row[column]) for row in table) for column in range(len(sheet.headers))]
    print(f"\n{sheet.title}", file=out)
    for row in table if sheet.rows else ():
        cells = [
            cell.rjust(width) if _justified(sheet, number) == "right" else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"  {'  '.join(cells).rstrip()}", file=out)
    for note in sheet.notes:
        print(textwrap.fill(note, WIDTH, initial_indent="  ", subsequent_indent="  "), file=out)


def _justified(sheet: Sheet, column: int) -> Literal["left", "right"]:
    """Numbers to the right."""
    return "right" if is_numeric([row[column] for row in sheet.rows]) else "left"
