"""The card as a Word document, for a safety officer to fill in what is blank. Nothing here reads it back."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.display.drawing import Picture
from simulation.display.table import ReportTable
from simulation.explain.statements import BANNER
from simulation.report.exports.word import WordDocument

PICTURE_WIDTH = 160
"""Millimetres on an A4 sheet turned on its side."""


def card_document(
    title: str, sentences: Sequence[str], line: str, tables: Sequence[ReportTable], pictures: Sequence[Picture]
) -> bytes:
    """The words, tables and pictures of the page as a document. `line`: stop or go; '' if no earlier card was named."""
    document = WordDocument(title, landscape=True)
    for sentence in sentences:
        document.add_bullet(sentence)
    if line:
        document.add_paragraph(line, bold=True)
    for table in tables:
        document.add_table(table)
        for picture in pictures:
            if picture.name == table.kind:
                document.add_picture(picture, PICTURE_WIDTH)
    document.add_paragraph(BANNER, bold=True)
    return document.content()
