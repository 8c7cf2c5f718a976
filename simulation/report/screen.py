"""A comparison on a screen: in colour on a terminal, as plain lines anywhere else."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from simulation.display.table import ReportTable, print_sentences, print_tables
from simulation.display.words import WIDTH, labelled
from simulation.explain.statements import BANNER
from simulation.questions.ablation.contributions import decomposition_of
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
        print_sentences(also_found, stream=out)
    print(f"\n{textwrap.fill(page.question, WIDTH)}", file=out)
    for check in page.checks:
        print(f"\n{textwrap.fill(check, WIDTH)}", file=out)
    print_tables([first], stream=out)
    print(f"\n{textwrap.fill(page.lead, WIDTH)}", file=out)
    print_sentences((headline.sentence for headline in page.headlines), stream=out)
    for note in page.notes:
        print(textwrap.fill(note, WIDTH), file=out)
    print(f"\n{BANNER}", file=out)
    if folder is not None:
        if (folder / "report.html").is_file():
            print(f"Report: {folder / 'report.html'}", file=out)
        by_lever = "decomposition.csv, " if decomposition_of(result) else ""
        kept = "".join(f"{file_of(name)}, " for name in dict.fromkeys(result.run.keep))
        print(f"Data:   {folder / 'summary.csv'}, {by_lever}replications.parquet, {kept}figures/", file=out)


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
