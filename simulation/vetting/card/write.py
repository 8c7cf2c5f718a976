"""Writes a card as a page, a Word document, data and pictures. The folder is written whole or not at all."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from simulation.display.drawing import Picture
from simulation.display.table import ReportTable
from simulation.explain.statements import BANNER
from simulation.records.csv_text import csv_text
from simulation.report.templates import templates
from simulation.run.store.folders import moved, not_written, whole_or_nothing
from simulation.vetting import stored
from simulation.vetting.against import Change
from simulation.vetting.assessors.learned import Learned, LearnedAssessor, model_text
from simulation.vetting.bench import Bench
from simulation.vetting.card import word
from simulation.vetting.card.answer import card_sentences
from simulation.vetting.card.coverage import coverage_table
from simulation.vetting.card.figures import card_pictures
from simulation.vetting.card.filing import hazards_table
from simulation.vetting.card.tables import card_tables, difference_rows
from simulation.vetting.cases import CaseSet
from simulation.vetting.policy_file import policy_files

PAGE, DOCUMENT, FIGURES, CONFIGS = "card.html", "card.docx", "figures", "configs"
FOLDER = "vetting"
WORD_CLASSES = {
    "met": "met",
    "identical to the nurse": "met",
    "not met": "not-met",
    "worse": "not-met",
    "cannot tell": "cannot-tell",
}
"""The class in the page's style sheet of a cell that holds one of these words."""


def write_card(bench: Bench, results: Path, change: Change | None = None) -> Path:
    """Write a card into `results/vetting/<name>`, or `<name>-2` and on if that exists, and return the folder.

    Raises ResultsError if it cannot be written; then nothing of it is left.
    """
    parent = results / FOLDER
    tables = tables_of(bench, change)
    pictures = card_pictures(bench)
    texts = {
        PAGE: card_page(bench, tables, pictures, change),
        stored.CARD: stored.card_text(bench),
        stored.ANSWERS: stored.answers_text(bench),
        "scores.csv": stored.scores_text(bench),
        "matrix.csv": stored.matrix_text(bench),
        **{f"{table.kind}.csv": csv_text(table.headers, table.rows) for table in tables if table.kind in FILED},
    }
    if isinstance(bench.plan.assessor, LearnedAssessor) and bench.plan.assessor.save:
        learned = Learned(bench.plan.assessor, bench.cases, bench.plan.seed)
        texts[stored.MODEL] = model_text(learned.whole(), {**bench.about, "cases": bench.cases.source})
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(parent, bench.plan.name) as partial:
            for name, text in texts.items():
                encoding = "utf-8-sig" if name.endswith(".csv") else "utf-8"  # so that Excel reads it
                (partial / name).write_text(text, encoding=encoding, newline="\n")
            (partial / FIGURES).mkdir()
            for name, text in policy_files(bench).items():
                path = partial / CONFIGS / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            line = change.line if change is not None else ""
            document = word.card_document(_title(bench), card_sentences(bench), line, tables, pictures)
            (partial / DOCUMENT).write_bytes(document)
            for picture in pictures:
                (partial / FIGURES / f"{picture.name}.png").write_bytes(picture.png)
            return moved(partial, parent, bench.plan.name)
    except OSError as error:
        raise not_written(Path(error.filename or parent), error) from error


def write_questions(cases: CaseSet, name: str, results: Path) -> Path:
    """Write the cases for a vendor to answer, without truth or nurse, and return the path. Raises ResultsError."""
    path = results / FOLDER / f"{name}-cases_to_answer.csv"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stored.questions_text(cases), encoding="utf-8-sig", newline="\n")
    except OSError as error:
        raise not_written(path, error) from error
    return path


FILED = ("criteria", "hazards", "coverage", "changed")
"""The tables that are written as CSV files as well."""


def tables_of(bench: Bench, change: Change | None = None) -> list[ReportTable]:
    """Every table of a card, in the order of the page."""
    first, *others = card_tables(bench)
    since = [change_table(bench, change)] if change is not None else []
    return [first, *since, *others, hazards_table(bench), coverage_table(bench)]


def change_table(bench: Bench, change: Change) -> ReportTable:
    """Scores of this version of the tool minus those of the earlier one on the same cases."""
    rows = difference_rows(change.differences)
    title = f"{bench.tool} minus the earlier {change.earlier_tool}, same cases, paired"
    notes = (change.line, "A change that cannot be told from none is no reason either to go or to stop.")
    return ReportTable("changed", title, ("score", "difference (95 %)", "than before"), rows, notes)


def _title(bench: Bench) -> str:
    return f"{bench.tool}: results on {len(bench.cases)} cases ({bench.plan.name})"


def card_page(bench: Bench, tables: Sequence[ReportTable], pictures: Sequence[Picture], change: Change | None) -> str:
    """The card as one HTML page that loads nothing."""
    environment = templates()
    beside: dict[str, list[dict[str, str]]] = {table.kind: [] for table in tables}
    for picture in pictures:
        uri = f"data:image/png;base64,{base64.b64encode(picture.png).decode('ascii')}"
        beside[picture.name].append({"uri": uri, "alt": picture.alt, "caption": picture.caption})
    return environment.get_template("card.html").render(
        banner=BANNER,
        title=_title(bench),
        sentences=card_sentences(bench),
        line=change.line if change is not None else "",
        tables=tables,
        pictures=beside,
        words=WORD_CLASSES,
    )
