"""Writes files for other programs into `exports/` in the folder of a result, beside the report."""

from __future__ import annotations

from pathlib import Path

from simulation.errors import ResultsError
from simulation.records.csv_text import csv_text
from simulation.report.exports.stress_des import stress_des
from simulation.report.exports.word import DIFFERENCES, document
from simulation.report.exports.workbook import workbook
from simulation.report.figures import drawn
from simulation.report.tables.arm_tables import assumptions_log
from simulation.run.result import StudyResult
from simulation.run.store.folders import own_folder, write_file

FOLDER = "exports"
WORKBOOK, DOCUMENT, ASSUMPTIONS, STRESS = "tables.xlsx", "first_page.docx", "assumptions.csv", "stress_des.md"


def write_exports(folder: Path, result: StudyResult) -> tuple[Path, ...]:
    """Write workbook, document, assumptions and STRESS-DES items, and return their paths.

    The same result gives the same files, byte for byte. Raises ResultsError if the folder cannot be written.
    """
    picture = drawn(result, DIFFERENCES) if result.others else None
    log = assumptions_log(result)
    files = {
        WORKBOOK: workbook(result),
        DOCUMENT: document(result, [picture] if picture is not None else []),
        ASSUMPTIONS: csv_text(log.headers, log.rows).encode("utf-8-sig"),
        STRESS: stress_des(result),
    }
    try:
        target = own_folder(folder, FOLDER)
        for name, content in files.items():
            write_file(target / name, content)
    except OSError as error:
        remedy = "Close the file if another program has it open, or say where else: copy the folder of the run"
        raise ResultsError(f"{folder / FOLDER}: {error.strerror or error}. {remedy}") from error
    return tuple(target / name for name in files)
