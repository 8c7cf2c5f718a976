"""Pictures, tables, page and exports of a folder of results, made from its data: if one fails, no data are lost."""

import math
from collections.abc import Iterable
from pathlib import Path

from simulation.display.drawing import Picture
from simulation.display.table import Cell
from simulation.errors import ResultsError
from simulation.questions import OF_A_RESULT
from simulation.records.serialise import csv_text, to_json
from simulation.report.arm_tables import assumptions_log
from simulation.report.board import board, board_page
from simulation.report.contents import CLOCK, drawn, every_picture, every_table
from simulation.report.effect_pictures import differences_of
from simulation.report.letter import letter
from simulation.report.page import FOLDER as TABLES
from simulation.report.page import file_of, page
from simulation.report.stress_des import stress_des
from simulation.report.word import DIFFERENCES, board_document, document
from simulation.report.workbook import workbook
from simulation.runs.atomic import own_folder, write_file
from simulation.runs.result import StudyResult

REPORT, FIGURES = "report.html", "figures"
BOARD, LETTER = "board.html", "letter.txt"
"""The board's page of an offer, and the letter to its vendor."""
EXPORTS = "exports"
BOARD_DOCUMENT = "board.docx"
WORKBOOK, DOCUMENT, ASSUMPTIONS, STRESS = (
    "tables.xlsx",
    "first_page.docx",
    "assumptions.csv",
    "stress_des.md",
)
TEXTS = "texts.json"
"""Alternative text and caption of every picture, beside the pictures."""


def write_report(folder: Path, result: StudyResult) -> ResultsError | None:
    """Make the pictures and the page of a folder whose data are written; the error if they could not be made.

    The page comes last, and has its name only when it is whole. After Ctrl-C the message says what is there.
    """
    try:
        _write(folder, result)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_not_made(folder, "it was stopped")) from None
    except (
        Exception
    ) as error:  # whatever it is, hours of simulation are not to be lost for a picture
        failed = ResultsError(_not_made(folder, f"{type(error).__name__}: {error}"))
        failed.__cause__ = error
        return failed
    return None


def _write(folder: Path, result: StudyResult) -> None:
    pictures = every_picture(result)
    _write_pictures(own_folder(folder, FIGURES), pictures)
    for question in OF_A_RESULT:
        for name, table in question.files(result).items():
            write_file(
                folder / name, table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
            )
    _write_tables(own_folder(folder, TABLES), result)
    if result.design.offer is not None:
        write_file(folder / BOARD, board_page(result))
        write_file(folder / LETTER, letter(result))
    write_file(folder / REPORT, page(result, pictures))


def _write_pictures(folder: Path, pictures: Iterable[Picture]) -> None:
    """Write every picture as PNG, beside what is there already, and their texts."""
    texts = {}
    for picture in pictures:
        write_file(folder / f"{picture.name}.png", picture.png)
        texts[picture.name] = {"alt": picture.alt, "caption": picture.caption}
    write_file(folder / TEXTS, to_json(texts))


def _write_tables(folder: Path, result: StudyResult) -> None:
    """Write every table but that of clock times as CSV, a number in each cell."""
    for kind, table in every_table(result).items():
        if kind != CLOCK:
            headers, cells = table.spread_out()
            rows = [[_number_or_text(cell) for cell in row] for row in cells]
            write_file(folder / file_of(table), csv_text(headers, rows).encode("utf-8-sig"))


def _number_or_text(cell: str | Cell) -> str:
    """A number as it is printed, to six digits and without its unit; nothing for one that is not known."""
    if isinstance(cell, str) or cell.value is None:
        return str(cell)
    return f"{cell.scaled(cell.value):.6g}" if math.isfinite(cell.value) else ""


def _not_made(folder: Path, why: str) -> str:
    return (
        f"{folder}: the results are stored, but their pictures and report are not ({why}). "
        f"Make them again with: aeflow report {folder}"
    )


# --- for other programs -------------------------------------------------------------------------------------------


def write_exports(folder: Path, result: StudyResult) -> tuple[Path, ...]:
    """Write workbook, document, assumptions and STRESS-DES items, and return their paths.

    The same result gives the same files, byte for byte. Raises ResultsError if the folder cannot be written.
    """
    picture = drawn(result, DIFFERENCES) if result.others else None
    log = assumptions_log(result)
    files: dict[str, str | bytes] = {
        WORKBOOK: workbook(result),
        DOCUMENT: document(result, [picture] if picture is not None else []),
        ASSUMPTIONS: csv_text(log.headers, log.rows).encode("utf-8-sig"),
        STRESS: stress_des(result),
    }
    if result.design.offer is not None:
        page = board(result)
        files[BOARD_DOCUMENT] = board_document(
            page, differences_of(result, page.arms) if page.arms else None
        )
    try:
        target = own_folder(folder, EXPORTS)
        for name, content in files.items():
            write_file(target / name, content)
    except OSError as error:
        remedy = "Close the file if another program has it open, or say where else: copy the folder of the run"
        raise ResultsError(f"{folder / EXPORTS}: {error.strerror or error}. {remedy}") from error
    return tuple(target / name for name in files)
