"""A comparison on a screen: the question, a verdict, one table, and where the rest is."""

import sys
import textwrap
from pathlib import Path
from typing import TextIO

from simulation.display.table import lines_of, print_tables, shortened
from simulation.display.words import WIDTH, labelled
from simulation.explain.statements import BANNER
from simulation.report.first_page import FirstPage, first_page
from simulation.report.page import FOLDER
from simulation.report.tables import compared_tables
from simulation.runs.result import StudyResult
from simulation.runs.store.kept import file_of

VERDICT_LINES = 15
"""Lines of the verdict; the report has its sentences in full."""


def print_result(result: StudyResult, folder: Path | None = None, *, stream: TextIO | None = None) -> None:
    """Print a comparison: question, warnings, verdict, the table of the first page, and the paths of the files.

    In colour on a terminal, as plain lines anywhere else.
    """
    out = stream or sys.stdout
    page, tables = first_page(result), compared_tables(result)
    for words in (page.question, *page.checks):
        print(f"\n{textwrap.fill(words, WIDTH)}", file=out)
    print("", *verdict_lines(page), sep="\n", file=out)
    focus = {labelled(result, result.arm(name)) for name in result.design.focus}
    print_tables((shortened(table, focus) for table in tables[: 1 if result.others else None]), stream=out)
    for note in page.notes:
        print(textwrap.fill(note, WIDTH), file=out)
    print(f"\n{BANNER}", file=out)
    if folder is not None:
        kept = "".join(f", {file_of(name)}" for name in dict.fromkeys(result.run.keep))
        if (folder / "report.html").is_file():
            print(f"Report: {folder / 'report.html'}", file=out)
            print(f"Tables: {folder / FOLDER}/, a file each; pictures: {folder / 'figures'}/", file=out)
        print(f"Data:   {folder / 'summary.csv'}, replications.parquet{kept}", file=out)


def verdict_lines(page: FirstPage) -> list[str]:
    """The lead, then of each product as many sentences as there is room for: at most `VERDICT_LINES` in all."""
    lines = list(lines_of(page.lead, others=""))
    room = max((VERDICT_LINES - len(lines)) // max(len(page.headlines), 1), 1)
    for headline in page.headlines:
        first, *others = [f"{part}." for part in headline.parts]
        said = list(lines_of(f"{headline.label}: {first}", "- "))
        for n_others in range(1, len(others) + 1):
            longer = list(lines_of(f"{headline.label}: {' '.join((first, *others[:n_others]))}", "- "))
            said = longer if len(longer) <= room else said
        lines += said if len(said) <= room else [*said[: room - 1], f"{said[room - 1][: WIDTH - 2].rstrip(' .,;:')} …"]
    return lines[:VERDICT_LINES]
