"""Writes what other programs open into the folder of a result: `exports/`, beside the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulation.errors import ResultsError
from simulation.experiment.result import StudyResult
from simulation.experiment.store.write import write_text
from simulation.report.exports.assumptions import assumptions_log
from simulation.report.exports.document import DIFFERENCES, document
from simulation.report.exports.stress_des import stress_des
from simulation.report.exports.workbook import workbook
from simulation.report.figures import drawn

FOLDER = "exports"
WORKBOOK, DOCUMENT, ASSUMPTIONS, STRESS = "tables.xlsx", "first_page.docx", "assumptions.csv", "stress_des.md"


def write_exports(folder: Path, result: StudyResult) -> tuple[Path, ...]:
    """Write workbook, document, assumptions and STRESS-DES items; where each is.

    The same result gives the same files, byte for byte. Raises ResultsError if the folder cannot be written.
    """
    target = folder / FOLDER
    try:
        target.mkdir(exist_ok=True)
        return tuple(_written(target, result))
    except OSError as error:
        remedy = "Close the file if another program has it open, or say where else: copy the folder of the run"
        raise ResultsError(f"{target}: {error.strerror or error}. {remedy}") from error


def _written(target: Path, result: StudyResult) -> Iterator[Path]:
    picture = drawn(result, DIFFERENCES) if result.others else None
    for name, content in (
        (WORKBOOK, workbook(result)),
        (DOCUMENT, document(result, [picture] if picture is not None else [])),
    ):
        (target / name).write_bytes(content)
        yield target / name
    frame = assumptions_log(result).frame()
    frame.to_csv(target / ASSUMPTIONS, index=False, encoding="utf-8-sig", lineterminator="\n")
    yield target / ASSUMPTIONS
    write_text(target / STRESS, stress_des(result))
    yield target / STRESS
