"""A comparison on a screen: in colour on a terminal, as plain lines anywhere else."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from simulation.display.table import print_tables, shortened
from simulation.display.words import WIDTH, labelled
from simulation.explain.statements import BANNER
from simulation.questions.ablation_table import decomposition_of
from simulation.questions.narrow import NarrowedEffects
from simulation.questions.narrow_table import narrowed_sentences, narrowed_tables
from simulation.report.findings import findings, precision_line, sham_line
from simulation.report.first_page import first_page
from simulation.report.tables import compared_tables
from simulation.run.result import StudyResult
from simulation.run.store.kept import file_of


def print_result(result: StudyResult, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """Print a comparison: details first, then the first page as the report has it, last the paths of the files.

    In colour on a terminal, as plain lines anywhere else.
    """
    out = stream or sys.stdout
    page, (first, *details) = first_page(result), compared_tables(result)
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
