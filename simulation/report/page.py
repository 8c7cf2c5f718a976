"""The report as one HTML page that stands alone: no script, nothing loaded from anywhere, pictures inside.

After the first page come the tables that a reader acts on, each with its picture. Every other table is a file in the
folder of the run and a sheet of the workbook, and the page names it.
"""

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from simulation.display.drawing import Picture
from simulation.display.table import ReportTable, shortened, with_columns
from simulation.display.web_page import fill
from simulation.display.words import labelled
from simulation.questions import OF_A_RESULT
from simulation.report.contents import every_table
from simulation.report.findings import findings, precision_line, sham_line
from simulation.report.first_page import first_page
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


class Section(NamedTuple):
    """A part of the page: anchor and heading, the kinds of its tables, its pictures, and the sentences before them."""

    anchor: str
    heading: str
    kinds: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()


SECTIONS = (
    Section("compared", "What was compared", ("changes",)),
    Section("effect", "Effect", ("target:{first}", "departments:{first}", "own"), ("differences",)),
    Section("safety", "Safety limits", ("safety",)),
    Section("worse-off", "Who is worse off", ("worse_off", "by_level", "controls"), ("by_group",)),
    Section("better", "What would do better", ("better", "equal_spend"), ("per_100k",)),
    Section("measured", "How certain the tool's table makes the effect", ("measurement",)),
)
"""The sections of a comparison, before those of questions."""
WHY = Section("why", "Which resource binds", ("binding",))
ALONE = (Section("department", "The department", ("measures", "own", "binding"), ("day", "stay")),)
"""The sections of an arm that was run alone."""
LAST = Section("run", "How it was run", ("counts", "run"))


def page(result: StudyResult, drawn: Iterable[Picture]) -> str:
    """The report as one HTML text. The same inputs and pictures give the same text."""
    return fill("report.html", **_content(result, drawn))


def _content(result: StudyResult, drawn: Iterable[Picture]) -> dict[str, Any]:
    """What the template is filled with."""
    first, also_found, tables = first_page(result), list(findings(result)), every_table(result)
    whole, result = result, result.shown
    sections = [*_sections(whole, tables)]
    on_page = {table.kind for _, of_section in sections for table in of_section} | {
        "first_page",
        "clock",
    }
    return {
        "banner": BANNER,
        "result": result,
        "scenario": result.resolved.get("scenario", {}),
        "first": first,
        "limits_header": LIMITS_HEADER,
        "findings": [*also_found, *filter(None, (sham_line(result), precision_line(result)))],
        "sections": sections,
        "pictures": {picture.name: _embedded(picture) for picture in drawn},
        "clock": tables["clock"],
        "elsewhere": [table for kind, table in tables.items() if kind not in on_page],
        "folder": FOLDER,
        "file_of": file_of,
        "n_assumed": sum(statement.evidence == "assumed" for statement in result.statements),
        "of_public_figures": result.study.chosen("site") != NO_SITE,
        "labels_given": any("nurse" in arm.policy for arm in result.arms),
        "data_end": DATA_END,
    }


def _sections(
    result: StudyResult, tables: Mapping[str, ReportTable]
) -> Iterator[tuple[Section, list[ReportTable]]]:
    """The sections that have a table, each with its tables."""
    shown = result.shown
    target, focus = (
        shown.first_target,
        {labelled(shown, shown.arm(name)) for name in shown.design.focus},
    )
    for section in (
        (*SECTIONS, *_of_questions(result), WHY, LAST) if shown.others else (*ALONE, LAST)
    ):
        kinds = [kind.format(first=f"{target.measure}:{target.group}") for kind in section.kinds]
        of_section = [_as_shown(tables[kind], focus) for kind in kinds if kind in tables]
        if of_section:
            yield section, of_section


def _of_questions(result: StudyResult) -> Iterator[Section]:
    for question in OF_A_RESULT:
        kinds = tuple(table.kind for table in question.tables(result))
        yield Section(
            question.name,
            question.title,
            kinds,
            tuple(question.pictures),
            tuple(question.lead(result)),
        )


def _as_shown(table: ReportTable, focus: Collection[str]) -> ReportTable:
    """A table as far as the page has room: its first rows, and what binds under the baseline alone."""
    where = f"{FOLDER}/{file_of(table)}"
    if table.kind == "binding" and len(table.headers) > BASELINE_ALONE:
        notes = (f"Under every arm: {where}.", *table.notes)
        table = replace(with_columns(table, range(BASELINE_ALONE)), notes=notes)
    return shortened(table, focus, where=where)


def file_of(table: ReportTable) -> str:
    """The name of a table's file in the folder of tables."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', table.kind)}.csv"


def _embedded(picture: Picture) -> dict[str, str]:
    uri = f"data:image/png;base64,{base64.b64encode(picture.png).decode('ascii')}"
    return {"uri": uri, "alt": picture.alt, "caption": picture.caption}
