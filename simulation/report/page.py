"""The report as documents: the page, which stands alone, and what other programs open.

After the first page come the tables that a reader acts on, each with its picture. Every other table is a file in the
folder of the run and a sheet of the workbook, and the page names it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from simulation.display import web_page
from simulation.display.document import Block, Document, Section, Words, points
from simulation.display.drawing import Picture
from simulation.display.files import file_of
from simulation.display.table import ReportTable, first_rows, with_columns
from simulation.display.words import labelled
from simulation.questions import OF_A_RESULT
from simulation.records.serialise import read_yaml
from simulation.report.arm_tables import assumptions_log
from simulation.report.contents import CLOCK, every_table
from simulation.report.findings import findings, precision_line, sham_line
from simulation.report.first_page import FirstPage, first_page
from simulation.report.verdict_tables import LIMITS_HEADER
from simulation.runs.result import StudyResult
from simulation.study.statements import BANNER

NO_SITE = "none"
"""The choice of a department alone, which is what its own file states."""
DATA_END = (
    "Trust-level data end at March 2025, national indicators at September 2025, and the texts that were read at "
    "November 2026."
)
BASELINE_ALONE = 2
"""Columns of a table that is shown for the baseline alone."""
FOLDER = "tables"
"""The folder of a run that holds every table as a file."""


class Planned(NamedTuple):
    """A section of the page: anchor, heading, the kinds of its tables (all that begin with one that ends in a colon),
    its pictures, and the sentences before them."""

    anchor: str
    heading: str
    kinds: Sequence[str]
    pictures: Sequence[str] = ()
    lead: Sequence[str] = ()


SECTIONS = [Planned(**stated) for stated in read_yaml(Path(__file__).with_name("sections.yaml"))]
"""The sections of a comparison, before those of questions."""
WHY = Planned("why", "Which resource binds", ("binding",))
ALONE = (Planned("department", "The department", ("measures", "own", "binding"), ("day", "stay")),)
"""The sections of an arm that was run alone."""
LAST = Planned("run", "How it was run", ("counts", "run", CLOCK))
IN_WORD = ("target:", "safety", "departments:", "worse_off", "run")
"""Beginnings of the kinds of tables that the Word document has besides that of the first page."""


def page(result: StudyResult, drawn: Iterable[Picture]) -> str:
    """The report as one HTML text. The same inputs and pictures give the same text."""
    document = report_document(result, drawn)
    on_page = {table.kind for section in document.sections for table in section.tables}
    shown = result.shown
    return web_page.page(
        document,
        "report.html",
        result=shown,
        scenario=shown.resolved.get("scenario", {}),
        limits_header=LIMITS_HEADER,
        elsewhere=[
            file_of(table) for kind, table in every_table(result).items() if kind not in on_page
        ],
        folder=FOLDER,
        n_assumed=sum(statement.evidence == "assumed" for statement in shown.statements),
        of_public_figures=shown.study.chosen("site") != NO_SITE and not shown.study.held_to_records,
        labels_given=any("nurse" in arm.policy for arm in shown.arms),
        data_end=DATA_END,
    )


def report_document(result: StudyResult, drawn: Iterable[Picture]) -> Document:
    """The page as a document: the first page, what was also found, and the sections that have a table."""
    first, pictures = first_page(result), {picture.name: picture for picture in drawn}
    answer = first_section(first)
    if first.picture is not None:
        answer = replace(answer, blocks=(*answer.blocks, first.picture))
    lines = sham_line(result.shown), precision_line(result.shown)
    also = (*findings(result), *filter(None, lines))
    sections = [answer, *([Section(points(*also), "Also found", "findings")] if also else [])]
    for planned, tables in _sections(result):
        drawings = (pictures[name] for name in planned.pictures if name in pictures)
        blocks: tuple[Block, ...] = (*points(*planned.lead), *drawings, *tables)
        sections.append(Section(blocks, planned.heading, planned.anchor))
    return Document(first.question, tuple(sections))


def first_section(first: FirstPage) -> Section:
    """The first page as a section: warnings, what was found, what it rests on, and the table."""
    blocks: tuple[Block, ...] = (
        *(Words(check, "warning") for check in first.checks),
        *(Words(words) for words in (first.hangs, first.lead) if words),
        *(Words(headline.words, "point", headline.label) for headline in first.headlines),
        *(Words(note, "note") for note in first.notes),
        *filter(None, [first.table]),
    )
    return Section(blocks, anchor="answer")


def word_document(result: StudyResult, differences: Picture | None) -> Document:
    """The report for a paper or a case: the first page, the differences drawn, and the tables of `IN_WORD`."""
    first = first_page(result)
    banner, answer = Words(BANNER, "warning"), first_section(first)
    drawn = () if differences is None else (differences,)
    tables = [table for kind, table in every_table(result).items() if kind.startswith(IN_WORD)]
    return Document(first.question, (Section((banner, *answer.blocks, *drawn, *tables)),))


def workbook_document(result: StudyResult) -> Document:
    """The report for a workbook: the first page, every other table, and every assumption."""
    first, tables = first_page(result), every_table(result)
    others = [table for kind, table in tables.items() if kind not in (CLOCK, "first_page")]
    sheets = Section((*others, assumptions_log(result)))
    return Document(first.question, (first_section(first), sheets))


def _sections(result: StudyResult) -> Iterator[tuple[Planned, list[ReportTable]]]:
    """The sections that have a table, each with its tables."""
    shown, tables = result.shown, every_table(result)
    target = shown.first_target
    focus = {labelled(shown, shown.arm(name)) for name in shown.design.focus}
    compared = (*SECTIONS, *_of_questions(result), WHY)
    for section in (*(compared if shown.others else ALONE), LAST):
        kinds = [kind.format(first=f"{target.measure}:{target.group}") for kind in section.kinds]
        of_section = [
            _as_shown(table, focus)
            for kind in kinds
            for name, table in tables.items()
            if name == kind or (kind[-1] == ":" and name.startswith(kind))
        ]
        if of_section:
            yield section, of_section


def _of_questions(result: StudyResult) -> Iterator[Planned]:
    for question in OF_A_RESULT:
        kinds = [table.kind for table in question.tables(result)]
        lead = list(question.lead(result))
        yield Planned(question.name, question.title, kinds, list(question.pictures), lead)


def _as_shown(table: ReportTable, focus: Collection[str]) -> ReportTable:
    """A table as far as the page has room: its first rows, and what binds under the baseline alone."""
    where = f"{FOLDER}/{file_of(table)}"
    if table.kind == "binding" and len(table.headers) > BASELINE_ALONE:
        notes = (f"Under every arm: {where}.", *table.notes)
        table = replace(with_columns(table, range(BASELINE_ALONE)), notes=notes)
    return first_rows(table, focus, where=where)
