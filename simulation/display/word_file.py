"""A document as a file of Word, on A4 in British English, with the banner on top of every sheet."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING
from unicodedata import category
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from simulation.display.document import Block, Document, Words
from simulation.display.drawing import Picture
from simulation.display.table import Cell, ReportTable
from simulation.study.statements import BANNER

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.oxml.text.paragraph import CT_P
    from docx.table import _Cell

WRITTEN_AT = datetime(2000, 1, 1)
"""The date that a file of an office program states, whenever it is written; the manifest says when the study ran."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a ZIP archive can hold."""
COLOURS = {"better": "e3eefa", "worse": "fbeadd", "no-change": "f0f4f5", "changed": "f0f4f5"}
"""Colours behind the cells of tables, as on the page; each cell says the same in words."""
SHORT_SIDE, LONG_SIDE, MARGIN = 210, 297, 15
"""Millimetres of a sheet of A4."""
TEXT, CELL = 9, 7.5
HEADINGS = {1: 14, 2: 10.5}
"""Sizes of type in points; of headings by level."""
MOST_TITLE = 255
"""Characters that the title among a document's properties can have."""


def word_file(document: Document, *, picture_width: int = SHORT_SIDE - 2 * MARGIN) -> bytes:
    """A document as a file of Word, the same for the same document; pictures have this width in millimetres."""
    from docx import Document as new_document
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    word = new_document()
    sheet, sides = word.sections[0], (SHORT_SIDE, LONG_SIDE)
    sheet.orientation = WD_ORIENT.LANDSCAPE if document.is_wide else WD_ORIENT.PORTRAIT
    sheet.page_width, sheet.page_height = map(Mm, sides[::-1] if document.is_wide else sides)
    sheet.left_margin = sheet.right_margin = sheet.top_margin = sheet.bottom_margin = Mm(MARGIN)
    sheet.header.paragraphs[0].add_run(BANNER).bold = True
    # set Arial everywhere, in headings too, whose font would be the theme's
    normal = word.styles["Normal"]
    normal.font.name, normal.font.size, normal.paragraph_format.space_after = (
        "Arial",
        Pt(TEXT),
        Pt(3),
    )
    for level, size in HEADINGS.items():
        style = word.styles[f"Heading {level}"]
        style.font.name, style.font.size = "Arial", Pt(size)
        fonts = style.element.rPr.rFonts
        for key in [key for key, _ in fonts.items() if key.endswith("Theme")]:
            del fonts.attrib[key]
        fonts.set(qn("w:hAnsi"), "Arial")
    properties = word.core_properties
    properties.title, properties.comments = _printable(document.title)[:MOST_TITLE], BANNER
    properties.author, properties.language, properties.last_modified_by = "aeflow", "en-GB", ""
    properties.created = properties.modified = WRITTEN_AT
    word.add_heading(_printable(document.title), level=1)
    for section in document.sections:
        if section.heading:
            word.add_heading(_printable(section.heading), level=2)
        for group in section.groups:
            _add(word, group, section.heading, picture_width)
    buffer = BytesIO()
    word.save(buffer)
    return without_dates(buffer.getvalue())


def _add(word: WordDocument, group: list[Block], heading: str, picture_width: int) -> None:
    """Add blocks that stand together, below a heading; a drawing is left out, as Word shows none."""
    first = group[0]
    if isinstance(first, ReportTable):
        _add_table(word, first, with_title=first.title != heading)
    elif isinstance(first, Picture):
        from docx.shared import Mm

        shape = word.add_picture(BytesIO(first.png), width=Mm(picture_width))
        shape._inline.docPr.set("descr", _printable(first.alt))
        _add_words(word, [Words(first.caption, "note")])
    elif isinstance(first, Words) and first.look == "point":
        for point in group:
            _add_words(word, [point], style="List Bullet")
    elif isinstance(first, Words):
        _add_words(word, group)


def _add_words(word: WordDocument, group: list[Block], style: str | None = None) -> None:
    """Add words as one paragraph, with a label in bold type before it."""
    first = group[0]
    assert isinstance(first, Words)
    paragraph = word.add_paragraph(style=style)
    if first.label:
        paragraph.add_run(_printable(first.label)).bold = True
    text = " ".join(words.text for words in group if isinstance(words, Words))
    run = paragraph.add_run(_printable(f": {text}" if first.label else text))
    run.bold, run.italic = first.look in ("strong", "warning"), first.look == "note"


def _add_table(word: WordDocument, table: ReportTable, *, with_title: bool) -> None:
    """Add a table, whose first row is repeated on every sheet, and its notes."""
    from docx.oxml import OxmlElement

    if with_title:
        word.add_heading(_printable(table.title), level=2)
    grid = word.add_table(rows=1, cols=len(table.headers), style="Table Grid")
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, text in zip(grid.rows[0].cells, table.headers, strict=True):
        _fill(cell, text, bold=True)
    for row in table.cells:
        for cell, content in zip(grid.add_row().cells, row, strict=True):
            look = content.look if isinstance(content, Cell) else ""
            _fill(cell, str(content), colour=COLOURS.get(look))
    for note in table.notes:
        _add_words(word, [Words(note, "note")])


def _fill(cell: _Cell, text: str, *, bold: bool = False, colour: str | None = None) -> None:
    """Put text into a cell, in small type, on a colour if there is one."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = cell._tc.p_lst[0]
    paragraph.extend(deepcopy(_small_type(bold=bold)))
    paragraph.r_lst[0].text = _printable(text)
    if colour is not None:
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
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
