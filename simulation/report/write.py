"""Pictures, tables, page and exports of a folder of results, made from its data: if one fails, no data are lost."""

from collections.abc import Mapping
from pathlib import Path

from simulation.display.files import Content, bytes_of, file_of
from simulation.display.word_file import word_file
from simulation.display.workbook import workbook
from simulation.errors import ResultsError
from simulation.questions import OF_A_RESULT
from simulation.records.serialise import to_json
from simulation.report.arm_tables import assumptions_log
from simulation.report.board import board, board_document, board_page
from simulation.report.contents import CLOCK, drawn, every_picture, every_table
from simulation.report.effect_pictures import draw_differences
from simulation.report.letter import letter
from simulation.report.page import FOLDER as TABLES
from simulation.report.page import page, word_document, workbook_document
from simulation.report.stress_des import stress_des
from simulation.runs.atomic import own_folder, write_file
from simulation.runs.result import StudyResult

REPORT, FIGURES = "report.html", "figures"
BOARD, LETTER = "board.html", "letter.txt"
"""The board's page of an offer, and the letter to its vendor."""
EXPORTS = "exports"
BOARD_DOCUMENT, BOARD_WIDTH = "board.docx", 105
"""The board's page as a file of Word, and the millimetres that its picture takes."""
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
    figures: dict[str, Content] = {f"{picture.name}.png": picture for picture in pictures}
    texts = {picture.name: {"alt": picture.alt, "caption": picture.caption} for picture in pictures}
    _write_files(own_folder(folder, FIGURES), {**figures, TEXTS: to_json(texts)})
    for question in OF_A_RESULT:
        _write_files(folder, question.files(result))
    tables = {file_of(table): table for kind, table in every_table(result).items() if kind != CLOCK}
    _write_files(own_folder(folder, TABLES), tables)
    if result.design.offer is not None:
        _write_files(folder, {BOARD: board_page(result), LETTER: letter(result)})
    write_file(folder / REPORT, page(result, pictures))


def _write_files(folder: Path, contents: Mapping[str, Content]) -> None:
    """Write files beside what is there already."""
    for name, content in contents.items():
        write_file(folder / name, bytes_of(name, content))


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
    differences = drawn(result, "differences") if result.others else None
    files: dict[str, Content] = {
        WORKBOOK: workbook(workbook_document(result), result.table()),
        DOCUMENT: word_file(word_document(result, differences)),
        ASSUMPTIONS: assumptions_log(result),
        STRESS: stress_des(result),
    }
    if result.design.offer is not None:
        shown = board(result)
        effects = draw_differences(result, shown.arms) if shown.arms else None
        files[BOARD_DOCUMENT] = word_file(board_document(shown, effects), picture_width=BOARD_WIDTH)
    try:
        target = own_folder(folder, EXPORTS)
        _write_files(target, files)
    except OSError as error:
        remedy = "Close the file if another program has it open, or say where else: copy the folder of the run"
        raise ResultsError(f"{folder / EXPORTS}: {error.strerror or error}. {remedy}") from error
    return tuple(target / name for name in files)
