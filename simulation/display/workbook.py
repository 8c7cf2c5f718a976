"""A document as one Excel workbook: its first section, every table on a sheet of its own, and data in full precision.

A number is a number in a cell of its own, shown as the report has it: an interval takes two more cells, words one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from simulation.display.document import Document, Section
from simulation.display.table import Cell, ReportTable
from simulation.display.word_file import COLOURS, WRITTEN_AT
from simulation.study.statements import BANNER

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_NAME = 31
"""Characters that Excel allows for the name of a sheet."""
WIDEST, NARROWEST, PROSE_WIDTH = 60, 9, 110
"""Widths in characters: of a column, and of the first page at least, whose sentences run over all its columns."""


def workbook(document: Document, summary: pd.DataFrame) -> bytes:
    """The workbook as bytes, the same for the same document and summary."""
    import xlsxwriter

    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": document.title, "comments": BANNER, "created": WRITTEN_AT})
    first, *others = document.sections
    sheets = list(_named([table for section in others for table in section.tables]))
    _write_first_page(book, document.title, first)
    _write_contents(book, sheets)
    for name, table in sheets:
        # write title, rows and notes of a table
        sheet = _sheet(book, name)
        sheet.write_string(0, 0, table.title, book.add_format({"bold": True}))
        row = _write_rows(book, sheet, table, 2)
        for note in table.notes:
            row += 1
            sheet.write_string(row, 0, note)
        sheet.freeze_panes(3, 1)
    _write_summary(book, summary)
    book.close()
    return buffer.getvalue()


def _named(tables: Sequence[ReportTable]) -> Iterator[tuple[str, ReportTable]]:
    """Each table with the name of its sheet: a number, and as much of its kind as fits and is allowed."""
    for number, table in enumerate(tables, start=1):
        words = re.sub(r"[\[\]:*?/\\']", " ", table.kind.replace("_", " "))
        yield f"{number} {words}"[:LONGEST_NAME].strip(), table


def _sheet(book: Workbook, name: str, *, pages: int = 0) -> Worksheet:
    """A new sheet that is printed on A4 landscape, one wide; on so many pages, or as many as it takes."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, pages)
    return sheet


def _write_first_page(book: Workbook, title: str, first: Section) -> None:
    """Write title, words and table of the first section, as the page has them."""
    sheet = _sheet(book, "First page", pages=1)
    prose = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "font_size": 13})
    warning = book.add_format({"bold": True, "text_wrap": True, "font_color": "#b3261e"})
    table = next(iter(first.tables), None)
    widths = [PROSE_WIDTH / 4] * 4 if table is None else _widths(table)
    wide, row = max(PROSE_WIDTH, sum(widths)), 0

    def line(words: str, style: Format) -> None:
        nonlocal row
        sheet.merge_range(row, 0, row, len(widths) - 1, words, style)
        sheet.set_row(row, 15.5 * math.ceil(len(words) / wide) + 2)
        row += 1

    line(title, bold)
    line(BANNER, book.add_format({"bold": True, "bg_color": "#ffeb3b"}))
    for words in first.words():
        line(str(words), warning if words.look == "warning" else prose)
    if table is not None:
        row = _write_rows(book, sheet, table, row + 1)
        for note in table.notes:
            line(note, prose)
    else:
        sheet.set_column(0, len(widths) - 1, widths[0])


def _write_contents(book: Workbook, sheets: Sequence[tuple[str, ReportTable]]) -> None:
    """Write the list of tables, each a link to its sheet."""
    sheet = _sheet(book, "Contents")
    sheet.set_column(0, 0, LONGEST_NAME + 2)
    sheet.set_column(1, 1, PROSE_WIDTH)
    for row, (name, table) in enumerate(sheets):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(row, 1, table.title)
    sheet.write_string(len(sheets), 0, "Summary")
    sheet.write_string(len(sheets), 1, "Every measure of every arm, tidy, as in summary.csv")


def _write_rows(book: Workbook, sheet: Worksheet, table: ReportTable, first: int) -> int:
    """Write headers and cells from a row on; return the row after them."""
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
    headers, rows = table.spread_out()
    for column, header in enumerate(headers):
        sheet.write_string(first, column, header, head)
    formats: dict[tuple[str, str], Format] = {}
    for down, cells in enumerate(rows, start=first + 1):
        for column, cell in enumerate(cells):
            content: float | str = str(cell)
            shown, look = "@", cell.look if isinstance(cell, Cell) else ""
            if isinstance(cell, Cell) and cell.value is not None and math.isfinite(cell.value):
                content, shown = cell.scaled(cell.value), number_format(cell)
            if (shown, look) not in formats:
                colour = {"bg_color": f"#{COLOURS[look]}"} if look in COLOURS else {}
                formats[shown, look] = book.add_format(
                    {"num_format": shown, "valign": "top", "text_wrap": True, **colour}
                )
            sheet.write(down, column, content, formats[shown, look])
    for column, width in enumerate(_widths(table)):
        sheet.set_column(column, column, width)
    return first + 1 + len(rows)


def _widths(table: ReportTable) -> list[int]:
    """The width of each column that its longest cell needs, in characters."""
    headers, rows = table.spread_out()
    return [
        min(
            max(min(len(str(header)), 18) + 1, *(len(str(cell)) + 1 for cell in cells), NARROWEST),
            WIDEST,
        )
        for header, *cells in zip(headers, *rows, strict=True)
    ]


def number_format(cell: Cell) -> str:
    """Excel's format that shows the number of a cell as the report has it.

    >>> number_format(Cell(-1.9, "minutes", style="difference")), number_format(Cell(0.584, "share"))
    ('+0.0;−0.0;0.0', '0.0" %"')
    """
    if cell.style in ("pounds", "rounded pounds"):
        return "£#,##0;−£#,##0"
    if cell.style == "difference":
        return "+0.0;−0.0;0.0"
    digits = f"#,##0{'.' if cell.digits else ''}{'0' * cell.digits}"
    if cell.style != "level":
        return digits
    unit = {"share": "%", "minutes": "min"}.get(cell.unit, cell.unit)
    return f'0.0" {unit}"'


def _write_summary(book: Workbook, frame: pd.DataFrame) -> None:
    """Write every measure of every arm and group, in full precision; a blank where nothing is known."""
    sheet = book.add_worksheet("Summary")
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
