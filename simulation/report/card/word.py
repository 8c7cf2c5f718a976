"""The card as a Word document, so that a safety officer can fill in what is blank. Not read again by anything here."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from simulation.explain.statements import BANNER
from simulation.report.figures.drawing import Picture
from simulation.report.tables.table import ReportTable

if TYPE_CHECKING:
    from docx.document import Document

WIDTH_CM, HEIGHT_CM, MARGIN_CM = 29.7, 21.0, 1.5
"""A4, turned on its side."""
PICTURE_CM, POINTS = 16.0, 8


def card_document(
    title: str, said: Sequence[str], line: str, tables: Sequence[ReportTable], pictures: Sequence[Picture]
) -> bytes:
    """The same words, tables and pictures as the page. `line`: stop or go, '' if no earlier card was named."""
    document = _blank(title)
    document.add_heading(title, level=0)
    for sentence in said:
        document.add_paragraph(_sound(sentence), style="List Bullet")
    if line:
        document.add_paragraph().add_run(_sound(line)).bold = True
    for table in tables:
        document.add_heading(_sound(table.title), level=1)
        _add_table(document, table)
        for note in table.notes:
            document.add_paragraph().add_run(_sound(note)).italic = True
        for picture in (each for each in pictures if each.name == table.kind):
            _add_picture(document, picture)
    document.add_paragraph().add_run(BANNER).bold = True
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def _blank(title: str) -> Document:
    """An empty document: A4 on its side, the statement of what it is not for on every page, British English."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(WIDTH_CM), Cm(HEIGHT_CM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    section.header.paragraphs[0].add_run(BANNER).bold = True
    document.styles["Normal"].font.size = Pt(10)
    document.core_properties.title = _sound(title)[:255]
    document.core_properties.author = "aeflow"
    document.core_properties.language = "en-GB"
    return document


def _add_table(document: Document, table: ReportTable) -> None:
    from docx.shared import Pt

    made = document.add_table(rows=1, cols=len(table.headers), style="Table Grid")
    cells: Any
    for row in (table.headers, *table.rows):
        cells = made.rows[0].cells if row is table.headers else made.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            run = cell.paragraphs[0].add_run(_sound(text))
            run.font.size = Pt(POINTS)
            run.bold = row is table.headers
    _repeat_headers(made)


def _repeat_headers(table: Any) -> None:
    """The first row again at the top of each page that the table reaches."""
    from docx.oxml import OxmlElement

    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _add_picture(document: Document, picture: Picture) -> None:
    from docx.shared import Cm

    shape = document.add_picture(BytesIO(picture.png), width=Cm(PICTURE_CM))
    shape._inline.docPr.set("descr", _sound(picture.alt))
    document.add_paragraph().add_run(_sound(picture.caption)).italic = True


def _sound(text: str) -> str:
    """Text without characters that no XML may hold."""
    return "".join(each for each in text if each in "\t\n" or each.isprintable())
