"""On a screen: what will run, a comparison (question, verdict, one table, where the rest is), and the stored runs."""

import math
import sys
import textwrap
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import TextIO

from simulation.display.document import lines_of, print_blocks
from simulation.display.table import ReportTable, first_rows
from simulation.display.words import (
    DOES_NOT_FIT,
    WIDTH,
    change,
    labelled,
    season_words,
    span,
    unit_words,
)
from simulation.records.serialise import Plain
from simulation.report.board import board
from simulation.report.contents import compared_tables
from simulation.report.findings import unlike_words
from simulation.report.first_page import FirstPage, first_page
from simulation.report.page import FOLDER
from simulation.report.write import BOARD, LETTER
from simulation.runs.result import StudyResult
from simulation.runs.stored_run import ListedRun
from simulation.runs.stored_tables import file_of
from simulation.statistics.verdict import IDENTICAL
from simulation.study.arm_changes import changes_nothing
from simulation.study.department_warnings import department_warnings
from simulation.study.offered_load import work_of
from simulation.study.statements import BANNER
from simulation.study.study import Study
from simulation.triage.check_policy import find_idle

VERDICT_LINES = 15
"""Lines of the verdict; the report has its sentences in full, and so has the screen where no table follows."""


def announce(study: Study, *, alone: bool) -> None:
    """Print what will run, before it does. `alone`: the baseline only."""
    run, offer = study.run, study.design.offer
    n_arms = 1 if alone else len(study.arms)
    print(f"aeflow. {BANNER}")
    print(study.design.question)
    if offer or study.held_to_records:  # a planner reads it: the report says the rest
        print(f"{n_arms} options x {run.how_many} of {run.measured_days} days, in some minutes.")
    else:
        _announce_run(study, n_arms)
    if run.keep:
        print(
            f"Stored for every arm and replication: {', '.join(run.keep)}, "
            f"about {work_of(study).gigabytes_kept:.2g} GB. They are simulated again when the files are written."
        )
    for warning in department_warnings(study):
        print(f"Warning: {DOES_NOT_FIT} {warning}.")
    for arm in study.arms:
        for part in find_idle(arm.policy, arm.pathway):
            print(
                f"Warning: arm '{arm.name}': {part.where} of '{arm.policy.name}' does nothing here: {part.why}."
            )
    for arm in (
        study.arms if study.departments is None else ()
    ):  # a value of one department may differ in another
        if arm.name != study.design.baseline and changes_nothing(arm, study.baseline):
            print(f"Warning: arm '{arm.name}' changes nothing: it will be {IDENTICAL}.")
    focus = study.design.focus
    judged = [
        arm for arm in study.arms if arm.arm.draw_of is None and (arm.name in focus or not focus)
    ]
    for words in () if offer or study.held_to_records else unlike_words(judged):
        print(f"Warning, {words}")


def _announce_run(study: Study, n_arms: int) -> None:
    """Print how much is simulated, where, and by which engine."""
    run = study.run
    length = f"{run.how_many} of {run.measured_days} days (after {run.warm_up_days} of warm-up)"
    season = season_words(run, range(run.replications))
    print(
        f"{n_arms} arm{'s' if n_arms > 1 else ''} x {length}{f', {season}' if season else ''}, "
        f"scenario '{study.scenario}', seed {run.seed}, "
        f"{study.where}."
    )
    if study.departments is not None:
        print(f"On {study.department_words}.")
    elif study.on_one:
        print(f"On one department: {study.on_one}.")
    print(f"Engine '{study.engine}': {study.engine_why}.")


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
