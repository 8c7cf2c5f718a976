"""A Word document of a result, to be put into a paper: first page, picture, effects, safety, what was run."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from simulation.experiment.result import StudyResult
from simulation.explain.statements import BANNER
from simulation.report.exports.fixed import WRITTEN_AT, without_dates
from simulation.report.exports.workbook import COLOURS
from simulation.report.figures.drawing import Picture
from simulation.report.first_page import first_page
from simulation.report.tables import every_table
from simulation.report.tables.table import ReportTable

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

MARGIN, PICTURE_WIDTH = 15, 180
"""Millimetres on an A4 sheet."""
FIRST = "first_page"
KINDS = ("target:", "safety", "departments:", "worse_off", "run")
"""How the kinds of the tables begin that the document has besides that of the first page."""
DIFFERENCES = "differences"


def document(result: StudyResult, drawn: Sequence[Picture]) -> bytes:
    """The document as bytes, the same for the same result and pictures."""
    from docx import Document as new_document
    from docx.shared import Mm, Pt

    paper, page = new_document(), first_page(result)
    sheet = paper.sections[0]
    sheet.page_width, sheet.page_height = Mm(210), Mm(297)
    sheet.left_margin = sheet.right_margin = sheet.top_margin = sheet.bottom_margin = Mm(MARGIN)
    paper.styles["Normal"].font.name, paper.styles["Normal"].font.size = "Arial", Pt(9)
    paper.styles["Normal"].paragraph_format.space_after = Pt(3)
    _in_arial(paper)
    _stated(paper, page.question)
    paper.add_heading(page.question, level=1)
    paper.add_paragraph().add_run(BANNER).bold = True
    for words in page.checks:
        paper.add_paragraph().add_run(words).bold = True
    paper.add_paragraph(page.lead)
    for each in page.headlines:
        bullet = paper.add_paragraph(style="List Bullet")
        bullet.add_run(each.label).bold = True
        bullet.add_run(f": {each.words}")
    paper.add_paragraph(" ".join(page.notes))
    if page.table is not None:
        _table(paper, page.table.table, page.table.looks)
    for picture in drawn:
        if picture.name == DIFFERENCES:
            paper.add_picture(BytesIO(picture.png), width=Mm(PICTURE_WIDTH))
            paper.inline_shapes[-1]._inline.docPr.set("descr", picture.alt)
            paper.add_paragraph(picture.caption)
    for name, table in every_table(result).items():
        if name != FIRST and name.startswith(KINDS):
            _table(paper, table)
    written = BytesIO()
    paper.save(written)
    return without_dates(written.getvalue())


def _in_arial(paper: Document) -> None:
    """Headings in the font of the text, not in that of the theme."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    for level, size in ((1, 14), (2, 10.5)):
        style = paper.styles[f"Heading {level}"]
        style.font.name, style.font.size = "Arial", Pt(size)
        fonts = style.element.rPr.rFonts
        for key in [key for key, _ in fonts.items() if key.endswith("Theme")]:
            del fonts.attrib[key]
        fonts.set(qn("w:hAnsi"), "Arial")


def _stated(paper: Document, title: str) -> None:
    """What the file says of itself."""
    about = paper.core_properties
    about.title, about.author, about.comments, about.language = title, "aeflow", BANNER, "en-GB"
    about.created = about.modified = WRITTEN_AT
    about.last_modified_by = ""


def _table(paper: Document, table: ReportTable, looks: Sequence[Sequence[str]] = ()) -> None:
    """A heading, the table, whose first row is repeated on every sheet, and its notes."""
    from docx.oxml import OxmlElement

    paper.add_heading(table.title, level=2)
    grid = paper.add_table(rows=1, cols=len(table.headers), style="Table Grid")
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, words in zip(grid.rows[0].cells, table.headers, strict=True):
        _fill(cell, words, bold=True)
    for number, row in enumerate(table.rows):
        for column, (cell, words) in enumerate(zip(grid.add_row().cells, row, strict=True)):
            _fill(cell, words, colour=COLOURS.get(looks[number][column]) if looks else None)
    for note in table.notes:
        paper.add_paragraph(note)


def _fill(cell: _Cell, words: str, *, bold: bool = False, colour: str | None = None) -> None:
    """Put words into a cell, small, perhaps on a colour."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = cell.paragraphs[0].add_run(words)
    run.bold, run.font.size = bold, Pt(7.5)
    cell.paragraphs[0].paragraph_format.space_after = Pt(0)
    if colour is not None:
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour.removeprefix("#"))):
            shade.set(qn(f"w:{key}"), value)
        cell._tc.get_or_add_tcPr().append(shade)
