"""A Word document of a result, from which a paper can take: first page, picture, effects, safety, what was run."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.display.drawing import Picture
from simulation.explain.statements import BANNER
from simulation.report.exports.word import WordDocument
from simulation.report.exports.workbook import COLOURS
from simulation.report.first_page import first_page
from simulation.report.tables import every_table
from simulation.run.result import StudyResult

PICTURE_WIDTH = 180
"""Millimetres on an A4 sheet."""

KINDS = ("target:", "safety", "departments:", "worse_off", "run")
"""Beginnings of the kinds of tables that the document has besides that of the first page."""
DIFFERENCES = "differences"


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
        word.add_table(page.table.table, [[COLOURS.get(look) for look in row] for row in page.table.looks])
    for picture in drawn:
        if picture.name == DIFFERENCES:
            word.add_picture(picture, PICTURE_WIDTH)
    for kind, table in every_table(result).items():
        if kind.startswith(KINDS):
            word.add_table(table)
    return word.content()
