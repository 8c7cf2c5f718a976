"""One Excel workbook of a result: the first page, every table of the report, the assumptions, the tidy summary."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from simulation.experiment.result import StudyResult
from simulation.explain.statements import BANNER
from simulation.report.exports.assumptions import assumptions_log
from simulation.report.exports.fixed import WRITTEN_AT
from simulation.report.first_page import FirstPage, first_page
from simulation.report.tables import every_table
from simulation.report.tables.table import ReportTable

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_NAME = 31
"""Characters that Excel allows for the name of a sheet."""
WIDEST, NARROWEST, PROSE_WIDTH = 60, 9, 110
"""Widths of columns in characters; the least of the first page, over which its sentences run."""
COLOURS = {"better": "#e3eefa", "worse": "#fbeadd", "no-change": "#f0f4f5", "changed": "#f0f4f5"}
"""Behind a cell of the first table, as on the page; the cell says the same in words."""
NUMBER = re.compile(r"(?P<sign>[+−]?)(?P<pound>£?)(?P<digits>[\d,]+)(?P<decimals>\.\d+)?(?P<unit> %| min)?")
CLOCK = "clock"
"""The table of clock times, which differ from run to run; the manifest has them."""


def workbook(result: StudyResult) -> bytes:
    """The workbook as bytes, the same for the same result."""
    import xlsxwriter

    written = BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": result.design.question, "comments": BANNER, "created": WRITTEN_AT})
    page = first_page(result)
    tables = [table for name, table in every_table(result).items() if name not in (CLOCK, "first_page")]
    sheets = list(_named([*tables, assumptions_log(result)]))
    _first_sheet(book, page)
    _contents(book, sheets)
    for name, table in sheets:
        _table(book, book.add_worksheet(name), table)
    _summary(book, result)
    book.close()
    return written.getvalue()


def _named(tables: Sequence[ReportTable]) -> Iterator[tuple[str, ReportTable]]:
    """A name for the sheet of each table: its number, and what of its kind fits and is allowed."""
    for number, table in enumerate(tables, start=1):
        words = re.sub(r"[\[\]:*?/\\']", " ", table.kind.replace("_", " "))
        yield f"{number} {words}"[:LONGEST_NAME].strip(), table


def _first_sheet(book: Workbook, page: FirstPage) -> None:
    """Question, checks, sentences, table and notes, as the report has them."""
    sheet = book.add_worksheet("First page")
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 1)
    prose, bold = (
        book.add_format({"text_wrap": True, "valign": "top"}),
        book.add_format({"bold": True, "font_size": 13}),
    )
    warning = book.add_format({"bold": True, "text_wrap": True, "font_color": "#b3261e"})
    table = page.table.table if page.table is not None else None
    n_columns = len(table.headers) if table is not None else 4
    wide = max(PROSE_WIDTH, sum(_widths(table)) if table is not None else 0)
    row = 0

    def line(words: str, how: Format) -> None:
        nonlocal row
        sheet.merge_range(row, 0, row, n_columns - 1, words, how)
        sheet.set_row(row, 15.5 * math.ceil(len(words) / wide) + 2)
        row += 1

    line(page.question, bold)
    line(BANNER, book.add_format({"bold": True, "bg_color": "#ffeb3b"}))
    for words in page.checks:
        line(words, warning)
    for words in page.sentences:
        line(words, prose)
    if page.table is not None:
        row = _rows(book, sheet, page.table.table, row + 1, page.table.looks)
        for words in page.table.table.notes:
            line(words, prose)
    else:
        sheet.set_column(0, n_columns - 1, PROSE_WIDTH / n_columns)


def _contents(book: Workbook, sheets: Sequence[tuple[str, ReportTable]]) -> None:
    """Which table is where, each a link."""
    sheet = book.add_worksheet("Contents")
    sheet.set_column(0, 0, LONGEST_NAME + 2)
    sheet.set_column(1, 1, PROSE_WIDTH)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for row, (name, table) in enumerate(sheets):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(row, 1, table.title)
    sheet.write_string(len(sheets), 0, "Summary")
    sheet.write_string(len(sheets), 1, "Every measure of every arm, tidy, as in summary.csv")


def _table(book: Workbook, sheet: Worksheet, table: ReportTable) -> None:
    """A title, the rows, and what the notes say."""
    sheet.write_string(0, 0, table.title, book.add_format({"bold": True}))
    row = _rows(book, sheet, table, 2)
    for note in table.notes:
        row += 1
        sheet.write_string(row, 0, note)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _rows(book: Workbook, sheet: Worksheet, table: ReportTable, first: int, looks: Sequence[Sequence[str]] = ()) -> int:
    """Headers and cells from a row on; the row after them. Numbers are numbers, shown as the report shows them."""
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
    for column, header in enumerate(table.headers):
        sheet.write_string(first, column, header, head)
    formats: dict[tuple[str, str], Format] = {}
    for down, cells in enumerate(table.rows):
        for column, cell in enumerate(cells):
            look = looks[down][column] if looks else ""
            value, shown = number_of(cell)
            how = {"num_format": shown, "valign": "top", "text_wrap": True}
            if look in COLOURS:
                how["bg_color"] = COLOURS[look]
            style = formats.setdefault((shown, look), book.add_format(how))
            sheet.write(first + 1 + down, column, cell if value is None else value, style)
    for column, width in enumerate(_widths(table)):
        sheet.set_column(column, column, width)
    return first + 1 + len(table.rows)


def _widths(table: ReportTable) -> list[int]:
    """Of each column what its longest cell needs, in characters."""
    longest = [max([len(row[column]) for row in table.rows], default=0) for column in range(len(table.headers))]
    heads = [min(len(header), 18) for header in table.headers]
    return [min(max(cell + 1, head + 1, NARROWEST), WIDEST) for cell, head in zip(longest, heads, strict=True)]


def number_of(cell: str) -> tuple[float | None, str]:
    """The value of a cell that is one number, and Excel's format that shows it so; None and 'text' of any other.

    >>> number_of("−1.9"), number_of("£369,000"), number_of("58.4 %"), number_of("2 of 20")
    ((-1.9, '+0.0;−0.0;0.0'), (369000.0, '£#,##0'), (58.4, '0.0" %"'), (None, '@'))
    """
    found = NUMBER.fullmatch(cell)
    if found is None or not found["digits"].strip(","):
        return None, "@"
    value = float(f"{found['digits'].replace(',', '')}{found['decimals'] or ''}")
    thousands = "#,##0" if "," in found["digits"] else "0"
    shape = f"{thousands}{re.sub('[0-9]', '0', found['decimals'] or '')}"
    unit = f'"{found["unit"]}"' if found["unit"] else ""
    shown = f"{found['pound']}{shape}{unit}"
    if found["sign"]:
        return (-value if found["sign"] == "−" else value), f"+{shown};−{shown};{shown}"
    return value, shown


def _summary(book: Workbook, result: StudyResult) -> None:
    """Every measure of every arm and group, in full precision; a blank where nothing is known."""
    sheet = book.add_worksheet("Summary")
    frame = result.table()
    bold = book.add_format({"bold": True, "bottom": 1})
    for column, header in enumerate(frame.columns):
        sheet.write_string(0, column, str(header), bold)
    for row, cells in enumerate(frame.itertuples(index=False), start=1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            elif math.isfinite(cell):
                sheet.write_number(row, column, float(cell))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    sheet.set_column(0, 3, 26)
