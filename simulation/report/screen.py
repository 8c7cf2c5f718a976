"""On a screen: a comparison (question, verdict, one table, where the rest is), and the list of stored runs."""

import math
import sys
import textwrap
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import TextIO

from simulation.display.document import lines_of, print_blocks
from simulation.display.table import ReportTable, first_rows
from simulation.display.words import WIDTH, change, labelled, span, unit_words
from simulation.records.serialise import Plain
from simulation.report.board import board
from simulation.report.contents import compared_tables
from simulation.report.first_page import FirstPage, first_page
from simulation.report.page import FOLDER
from simulation.report.write import BOARD, LETTER
from simulation.runs.result import StudyResult
from simulation.runs.stored_run import ListedRun
from simulation.runs.stored_tables import file_of
from simulation.study.statements import BANNER

VERDICT_LINES = 15
"""Lines of the verdict; the report has its sentences in full, and so has the screen where no table follows."""


def print_result(
    result: StudyResult, folder: Path | None = None, *, stream: TextIO | None = None
) -> None:
    """Print a comparison: question, warnings, verdict, the table of the first page, and the paths of the files; of an
    offer its board's page in place of the first.

    In colour on a terminal, as plain lines anywhere else.
    """
    out = stream or sys.stdout
    (_print_board if result.design.offer is not None else _print_first_page)(result, out)
    print(f"\n{BANNER}", file=out)
    if folder is not None:
        kept = "".join(f", {file_of(name)}" for name in dict.fromkeys(result.run.keep))
        if (folder / BOARD).is_file():
            print(f"All of it, on one side of A4: {folder / BOARD}", file=out)
            print(f"Beside it: {LETTER}, to the vendor; report.html, everything", file=out)
        elif (folder / "report.html").is_file():
            print(f"Report: {folder / 'report.html'}", file=out)
            if result.study.held_to_records:
                return
            print(
                f"Tables: {folder / FOLDER}/, a file each; pictures: {folder / 'figures'}/",
                file=out,
            )
        if result.design.offer is None:
            print(f"Data:   {folder / 'summary.csv'}, replications.parquet{kept}", file=out)


def _print_board(result: StudyResult, out: TextIO) -> None:
    """Print the answer of an offer, and what to do; the board's page says the rest."""
    page = board(result)
    advice = lines_of(" ".join(map(str, page.advice)))
    print("", page.title, *lines_of(f"{page.verdict}. {page.answer}"), *advice, sep="\n", file=out)


def _print_first_page(result: StudyResult, out: TextIO) -> None:
    """Print question, warnings, verdict and the table of the first page."""
    page, tables = first_page(result), compared_tables(result)
    before, n, most = (page.question, *page.checks, page.hangs), 1, VERDICT_LINES
    if result.study.held_to_records:  # the rest is on the page alone
        before, n, most = page.checks, 0, 4 * VERDICT_LINES
    for words in filter(None, before):
        print(f"\n{textwrap.fill(words, WIDTH)}", file=out)
    print("", *verdict_lines(page, most), sep="\n", file=out)
    focus = {labelled(result, result.arm(name)) for name in result.design.focus}
    print_blocks(
        (first_rows(table, focus) for table in tables[: n if result.others else None]), stream=out
    )
    for note in page.notes:
        print(textwrap.fill(note, WIDTH), file=out)


def verdict_lines(page: FirstPage, most_lines: int = VERDICT_LINES) -> list[str]:
    """The lead, then of each product its first sentence and as many more as there is room for in all."""
    lines = list(lines_of(page.lead, others=""))
    told = [headline.sentences for headline in page.headlines]
    firsts = [list(lines_of(sentences[0], "- ")) for sentences in told]
    spare = most_lines - len(lines) - sum(map(len, firsts))
    for n_left, said, sentences in zip(count(len(told), -1), firsts, told, strict=False):
        most = len(said) + spare
        if spare < 0:
            most = max((most_lines - len(lines)) // n_left, 1)
        for n in range(2, len(sentences) + 1):
            longer = list(lines_of(" ".join(sentences[:n]), "- "))
            if len(longer) <= most:
                spare, said = spare - len(longer) + len(said), longer
        if len(said) > most:
            cut = said[most - 1][: WIDTH - 2].rstrip(" .,;:")
            said = [*said[: most - 1], f"{cut} …"]
        lines += said
    return lines[:most_lines]


HEADERS = (
    "finished",
    "study",
    "site",
    "scenario",
    "replications",
    "folder",
    "first primary verdict",
)


def runs_table(runs: Iterable[ListedRun], results: Path, latest: Path | None = None) -> ReportTable:
    """A row for each run; folders are given from `results` on, and `latest` is marked."""
    rows = tuple(
        (
            f"{run.at:%Y-%m-%d %H:%M}",
            run.study_words,
            run.site,
            run.scenario,
            _how_many(run),
            run.path_in(results)
            + " (latest)" * (latest is not None and run.folder.resolve() == latest.resolve()),
            verdict_words(run.first_verdict)
            if run.finished
            else "unfinished: the same command resumes it",
        )
        for run in runs
    )
    return ReportTable("runs", f"Runs in {results}", HEADERS, rows)


def _how_many(run: ListedRun) -> str:
    """'20', '12 of 20' of a run that is not finished, or '30 (20 planned)' of one that was extended."""
    n, planned = run.n_replications, run.n_planned
    return (
        f"{n}"
        if n == planned
        else f"{n} ({planned} planned)"
        if n > planned
        else f"{n} of {planned}"
    )


def verdict_words(first: Plain | None) -> str:
    """'Lean triage: wait to first clinician −7.2 minutes (−18.0 to +3.5), shorter'; 'no verdict' with the reason where
    the department of an offer contradicts what was stated; a dash where nothing is judged."""
    if first is None:
        return "–"
    if why := first.get("no_verdict"):
        return f"no verdict: {why}"
    difference, low, high = (
        math.nan if first[name] is None else first[name] for name in ("difference", "low", "high")
    )
    unit, target = first["unit"], first["target"]
    ends = "" if math.isnan(low) else f" ({span(low, high, unit)})"
    effect = f"{change(difference, unit)} {unit_words(unit)}{ends}"
    return f"{first['arm']}: {target[:1].lower()}{target[1:]} {effect}, {first['verdict'].partition(':')[0]}"
