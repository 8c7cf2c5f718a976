"""One Excel workbook of a result: the first page, every table of the report, the assumptions, the tidy summary."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from simulation.display.table import ReportTable
from simulation.explain.statements import BANNER
from simulation.report.exports.assumptions import assumptions_log
from simulation.report.exports.fixed import WRITTEN_AT
from simulation.report.first_page import FirstPage, first_page
from simulation.report.tables import every_table
from simulation.run.result import StudyResult

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_NAME = 31
"""Characters that Excel allows for the name of a sheet."""
WIDEST, NARROWEST, PROSE_WIDTH = 60, 9, 110
"""Widths in characters: of a column, and of the first page at least, whose sentences run over all its columns."""
COLOURS = {"better": "#e3eefa", "worse": "#fbeadd", "no-change": "#f0f4f5", "changed": "#f0f4f5"}
"""Colours behind the cells of the first table, as on the page; each cell says the same in words."""
NUMBER = re.compile(r"(?P<sign>[+−]?)(?P<pound>£?)(?P<digits>[\d,]+)(?P<decimals>\.\d+)?(?P<unit> %| min)?")
CLOCK = "clock"
"""The table of clock times, which differ from run to run; the manifest has them."""


def workbook(result: StudyResult) -> bytes:
    """The workbook as bytes, the same for the same result."""
    import xlsxwriter

    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": result.design.question, "comments": BANNER, "created": WRITTEN_AT})
    page = first_page(result)
    tables = [table for kind, table in every_table(result).items() if kind not in (CLOCK, "first_page")]
    sheets = list(_named([*tables, assumptions_log(result)]))
    _write_first_page(book, page)
    _write_contents(book, sheets)
    for name, table in sheets:
        _write_table(book, book.add_worksheet(name), table)
    _write_summary(book, result)
    book.close()
    return buffer.getvalue()


def _named(tables: Sequence[ReportTable]) -> Iterator[tuple[str, ReportTable]]:
    """Each table with the name of its sheet: a number, and as much of its kind as fits and is allowed."""
    for number, table in enumerate(tables, start=1):
        words = re.sub(r"[\[\]:*?/\\']", " ", table.kind.replace("_", " "))
        yield f"{number} {words}"[:LONGEST_NAME].strip(), table


def _write_first_page(book: Workbook, page: FirstPage) -> None:
    """Write question, checks, sentences, table and notes, as the report has them."""
    sheet = book.add_worksheet("First page")
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 1)
    prose = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "font_size": 13})
    warning = book.add_format({"bold": True, "text_wrap": True, "font_color": "#b3261e"})
    table = page.table.table if page.table is not None else None
    n_columns = len(table.headers) if table is not None else 4
    wide = max(PROSE_WIDTH, sum(_widths(table)) if table is not None else 0)
    row = 0

    def line(words: str, style: Format) -> None:
        nonlocal row
        sheet.merge_range(row, 0, row, n_columns - 1, words, style)
        sheet.set_row(row, 15.5 * math.ceil(len(words) / wide) + 2)
        row += 1

    line(page.question, bold)
    line(BANNER, book.add_format({"bold": True, "bg_color": "#ffeb3b"}))
    for words in page.checks:
        line(words, warning)
    for words in page.sentences:
        line(words, prose)
    if page.table is not None:
        row = _write_rows(book, sheet, page.table.table, row + 1, page.table.looks)
        for words in page.table.table.notes:
            line(words, prose)
    else:
        sheet.set_column(0, n_columns - 1, PROSE_WIDTH / n_columns)


def _write_contents(book: Workbook, sheets: Sequence[tuple[str, ReportTable]]) -> None:
    """Write the list of tables, each a link to its sheet."""
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


def _write_table(book: Workbook, sheet: Worksheet, table: ReportTable) -> None:
    """Write title, rows and notes of a table."""
    sheet.write_string(0, 0, table.title, book.add_format({"bold": True}))
    row = _write_rows(book, sheet, table, 2)
    for note in table.notes:
        row += 1
        sheet.write_string(row, 0, note)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _write_rows(
    book: Workbook, sheet: Worksheet, table: ReportTable, first: int, looks: Sequence[Sequence[str]] = ()
) -> int:
    """Write headers and cells from a row on; return the row after them. Numbers look as they do in the report."""
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
    for column, header in enumerate(table.headers):
        sheet.write_string(first, column, header, head)
    formats: dict[tuple[str, str], Format] = {}
    for down, cells in enumerate(table.rows):
        for column, cell in enumerate(cells):
            look = looks[down][column] if looks else ""
            value, number_format = number_of(cell)
            properties = {"num_format": number_format, "valign": "top", "text_wrap": True}
            if look in COLOURS:
                properties["bg_color"] = COLOURS[look]
            style = formats.setdefault((number_format, look), book.add_format(properties))
            sheet.write(first + 1 + down, column, cell if value is None else value, style)
    for column, width in enumerate(_widths(table)):
        sheet.set_column(column, column, width)
    return first + 1 + len(table.rows)


def _widths(table: ReportTable) -> list[int]:
    """The width of each column that its longest cell needs, in characters."""
    longest = [max([len(row[column]) for row in table.rows], default=0) for column in range(len(table.headers))]
    heads = [min(len(header), 18) for header in table.headers]
    return [min(max(cell + 1, head + 1, NARROWEST), WIDEST) for cell, head in zip(longest, heads, strict=True)]


def number_of(cell: str) -> tuple[float | None, str]:
    """The value of a cell that is one number, and Excel's format that shows it so; None and '@' for any other cell.

    >>> number_of("−1.9"), number_of("£369,000"), number_of("58.4 %"), number_of("2 of 20")
    ((-1.9, '+0.0;−0.0;0.0'), (369000.0, '£#,##0'), (58.4, '0.0" %"'), (None, '@'))
    """
    match = NUMBER.fullmatch(cell)
    if match is None or not match["digits"].strip(","):
        return None, "@"
    decimals = match["decimals"] or ""
    value = float(f"{match['digits'].replace(',', '')}{decimals}")
    digits = f"{'#,##0' if ',' in match['digits'] else '0'}{re.sub('[0-9]', '0', decimals)}"
    unit = f'"{match["unit"]}"' if match["unit"] else ""
    number_format = f"{match['pound']}{digits}{unit}"
    if match["sign"]:
        value = -value if match["sign"] == "−" else value
        return value, f"+{number_format};−{number_format};{number_format}"
    return value, number_format


def _write_summary(book: Workbook, result: StudyResult) -> None:
    """Write every measure of every arm and group, in full precision; a blank where nothing is known."""
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
