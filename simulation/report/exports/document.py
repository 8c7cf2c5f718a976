"""A Word document of a result, to be put into a paper: first page, picture, effects, safety, what was run."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.experiment.result import StudyResult
from simulation.explain.statements import BANNER
from simulation.report.exports.word import WordDocument
from simulation.report.exports.workbook import COLOURS
from simulation.report.figures.drawing import Picture
from simulation.report.first_page import first_page
from simulation.report.tables import every_table

PICTURE_WIDTH = 180
"""Millimetres on an A4 sheet."""
FIRST = "first_page"
KINDS = ("target:", "safety", "departments:", "worse_off", "run")
"""How the kinds of the tables begin that the document has besides that of the first page."""
DIFFERENCES = "differences"


def document(result: StudyResult, drawn: Sequence[Picture]) -> bytes:
    """The document as bytes, the same for the same result and pictures."""
    page = first_page(result)
    paper = WordDocument(page.question)
    for words in (BANNER, *page.checks):
        paper.add_paragraph(words, bold=True)
    paper.add_paragraph(page.lead)
    for each in page.headlines:
        paper.add_bullet(f": {each.words}", label=each.label)
    paper.add_paragraph(" ".join(page.notes))
    if page.table is not None:
        paper.add_table(page.table.table, [[COLOURS.get(look) for look in row] for row in page.table.looks])
    for picture in drawn:
        if picture.name == DIFFERENCES:
            paper.add_picture(picture, PICTURE_WIDTH)
    for name, table in every_table(result).items():
        if name != FIRST and name.startswith(KINDS):
            paper.add_table(table)
    return paper.content()
