"""A Word document, paragraph by paragraph: the card of a bench, and the document of a result for a paper or a case."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING
from unicodedata import category
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from simulation.display.drawing import Picture
from simulation.display.table import Cell, ReportTable
from simulation.report.board import Board
from simulation.report.contents import every_table
from simulation.report.first_page import first_page
from simulation.runs.result import StudyResult
from simulation.study.statements import BANNER

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.text.paragraph import CT_P
    from docx.table import _Cell

WRITTEN_AT = datetime(2000, 1, 1)
"""The date that a file of an office program states, whenever it is written; the manifest says when the study ran."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a ZIP archive can hold."""
COLOURS = {"better": "#e3eefa", "worse": "#fbeadd", "no-change": "#f0f4f5", "changed": "#f0f4f5"}
"""Colours behind the cells of the first table, as on the page; each cell says the same in words."""
PICTURE_WIDTH, BOARD_WIDTH = 180, 105
"""Millimetres on an A4 sheet, and on the board's."""
KINDS = ("target:", "safety", "departments:", "worse_off", "run")
"""Beginnings of the kinds of tables that the document has besides that of the first page."""
DIFFERENCES = "differences"
SHORT_SIDE, LONG_SIDE, MARGIN = 210, 297, 15
"""Millimetres of a sheet of A4."""
TEXT, CELL = 9, 7.5
HEADINGS = {1: 14, 2: 10.5}
"""Sizes of type in points; of headings by level."""
MOST_TITLE = 255
"""Characters that the title among a document's properties can have."""


class WordDocument:
    """A new document on A4, in British English, with the banner on top of every page."""

    def __init__(self, title: str, *, landscape: bool = False) -> None:
        from docx import Document as new_document
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        self._document = new_document()
        sheet = self._document.sections[0]
        sheet.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        width, height = (LONG_SIDE, SHORT_SIDE) if landscape else (SHORT_SIDE, LONG_SIDE)
        sheet.page_width, sheet.page_height = Mm(width), Mm(height)
        sheet.left_margin = sheet.right_margin = sheet.top_margin = sheet.bottom_margin = Mm(MARGIN)
        sheet.header.paragraphs[0].add_run(BANNER).bold = True
        _set_fonts(self._document)
        _set_properties(self._document, title)
        self.add_heading(title)

    def add_heading(self, text: str, level: int = 1) -> None:
        """Add a heading of level 1 or 2."""
        self._document.add_heading(_printable(text), level=level)

    def add_paragraph(self, text: str, *, bold: bool = False, italic: bool = False) -> None:
        """Add a paragraph."""
        run = self._document.add_paragraph().add_run(_printable(text))
        run.bold, run.italic = bold, italic

    def add_bullet(self, text: str, label: str = "") -> None:
        """Add an item of a list; `label`: words before it, in bold type."""
        bullet = self._document.add_paragraph(style="List Bullet")
        if label:
            bullet.add_run(_printable(label)).bold = True
        bullet.add_run(_printable(text))

    def add_table(self, table: ReportTable) -> None:
        """Add a heading, the table, whose first row is repeated on every sheet, and its notes."""
        from docx.oxml import OxmlElement

        self.add_heading(table.title, level=2)
        grid = self._document.add_table(rows=1, cols=len(table.headers), style="Table Grid")
        grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        for cell, text in zip(grid.rows[0].cells, table.headers, strict=True):
            _fill(cell, text, bold=True)
        for row in table.cells:
            for cell, content in zip(grid.add_row().cells, row, strict=True):
                look = content.look if isinstance(content, Cell) else ""
                _fill(cell, str(content), colour=COLOURS.get(look))
        for note in table.notes:
            self.add_paragraph(note, italic=True)

    def add_picture(self, picture: Picture, width: float) -> None:
        """Add a picture of a width in millimetres, its alternative text and its caption."""
        from docx.shared import Mm

        shape = self._document.add_picture(BytesIO(picture.png), width=Mm(width))
        shape._inline.docPr.set("descr", _printable(picture.alt))
        self.add_paragraph(picture.caption, italic=True)

    def content(self) -> bytes:
        """The document as bytes, the same for the same content."""
        buffer = BytesIO()
        self._document.save(buffer)
        return without_dates(buffer.getvalue())


def _set_fonts(document: Document) -> None:
    """Set Arial everywhere, in headings too, whose font would be the theme's."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    normal = document.styles["Normal"]
    normal.font.name, normal.font.size, normal.paragraph_format.space_after = (
        "Arial",
        Pt(TEXT),
        Pt(3),
    )
    for level, size in HEADINGS.items():
        style = document.styles[f"Heading {level}"]
        style.font.name, style.font.size = "Arial", Pt(size)
        fonts = style.element.rPr.rFonts
        for key in [key for key, _ in fonts.items() if key.endswith("Theme")]:
            del fonts.attrib[key]
        fonts.set(qn("w:hAnsi"), "Arial")


def _set_properties(document: Document, title: str) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.comments = (
        _printable(title)[:MOST_TITLE],
        "aeflow",
        BANNER,
    )
    properties.language, properties.last_modified_by = "en-GB", ""
    properties.created = properties.modified = WRITTEN_AT


def _fill(cell: _Cell, text: str, *, bold: bool = False, colour: str | None = None) -> None:
    """Put text into a cell, in small type, on a colour if there is one."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = cell._tc.p_lst[0]
    paragraph.extend(deepcopy(_small_type(bold=bold)))
    paragraph.r_lst[0].text = _printable(text)
    if colour is not None:
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour.removeprefix("#"))):
            shade.set(qn(f"w:{key}"), value)
        cell._tc.get_or_add_tcPr().append(shade)


@lru_cache(maxsize=2)
def _small_type(*, bold: bool) -> CT_P:
    """A paragraph of a cell with an empty run, to be copied: setting each anew takes three times as long."""
    from docx import Document as new_document
    from docx.shared import Pt

    paragraph = new_document().add_paragraph()
    run = paragraph.add_run()
    run.bold, run.font.size, paragraph.paragraph_format.space_after = bold, Pt(CELL), Pt(0)
    return paragraph._p


def _printable(text: str) -> str:
    """The text without control characters, most of which XML cannot hold."""
    return "".join(
        letter for letter in text if letter in "\t\n" or not category(letter).startswith("C")
    )


def without_dates(archive: bytes) -> bytes:
    """A ZIP archive with the same files in the same order, all of the earliest date."""
    buffer = BytesIO()
    with ZipFile(BytesIO(archive)) as dated, ZipFile(buffer, "w", ZIP_DEFLATED) as fixed:
        for name in dated.namelist():
            entry = ZipInfo(name, EARLIEST)
            entry.compress_type = ZIP_DEFLATED
            fixed.writestr(entry, dated.read(name))
    return buffer.getvalue()


def document(result: StudyResult, drawn: Sequence[Picture]) -> bytes:
    """The document as bytes, the same for the same result and pictures. Of `drawn`, that of differences is shown."""
    page = first_page(result)
    word = WordDocument(page.question)
    for words in (BANNER, *page.checks):
        word.add_paragraph(words, bold=True)
    word.add_paragraph(page.lead)
    for headline in page.headlines:
        word.add_bullet(f": {headline.words}", label=headline.label)
    word.add_paragraph(" ".join(page.notes))
    if page.table is not None:
        word.add_table(page.table)
    for picture in drawn:
        if picture.name == DIFFERENCES:
            word.add_picture(picture, PICTURE_WIDTH)
    for kind, table in every_table(result).items():
        if kind.startswith(KINDS):
            word.add_table(table)
    return word.content()


def board_document(page: Board, picture: Picture | None) -> bytes:
    """The board's page of an offer as a document of one side, the same for the same page and picture."""
    word = WordDocument(page.title)
    word.add_bullet(f": {page.answer}", label=page.verdict)
    word.add_paragraph(" ".join(map(str, page.advice)), bold=True)
    if page.notes:
        word.add_paragraph(" ".join(map(str, page.notes)), italic=True)
    for part in page.parts:
        word.add_heading(part.heading, level=2)
        for sentence in part.sentences:
            word.add_paragraph(str(sentence))
    if page.table is not None:
        word.add_table(page.table)
    if picture is not None:
        word.add_picture(picture, BOARD_WIDTH)
    word.add_paragraph(" ".join(map(str, page.counts)), italic=True)
    return word.content()
