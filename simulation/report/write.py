"""Pictures and page of a folder of results, made from its data: if one cannot be made, nothing simulated is lost."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simulation.display.drawing import Picture
from simulation.errors import ResultsError
from simulation.questions.ablation_table import decomposition_of, decomposition_table
from simulation.questions.what_decides import deciding_figures
from simulation.records.serialise import to_json
from simulation.report.page import page
from simulation.report.pictures import every_picture
from simulation.run.result import StudyResult
from simulation.run.store.folders import own_folder, write_file

REPORT, FIGURES, DECOMPOSITION = "report.html", "figures", "decomposition.csv"
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
    except Exception as error:  # whatever it is, hours of simulation are not to be lost for a picture
        failed = ResultsError(_not_made(folder, f"{type(error).__name__}: {error}"))
        failed.__cause__ = error
        return failed
    return None


def _write(folder: Path, result: StudyResult) -> None:
    pictures = every_picture(result)
    _write_pictures(own_folder(folder, FIGURES), pictures)
    tables = deciding_figures.files(result)
    if decomposition_of(result):
        tables[DECOMPOSITION] = decomposition_table(result)
    for name, table in tables.items():
        write_file(folder / name, table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))
    write_file(folder / REPORT, page(result, pictures))


def _write_pictures(folder: Path, pictures: Iterable[Picture]) -> None:
    """Write every picture as PNG, beside what is there already, and their texts."""
    texts = {}
    for picture in pictures:
        write_file(folder / f"{picture.name}.png", picture.png)
        texts[picture.name] = {"alt": picture.alt, "caption": picture.caption}
    write_file(folder / TEXTS, to_json(texts))


def _not_made(folder: Path, why: str) -> str:
    return (
        f"{folder}: the results are stored, but their pictures and report are not ({why}). "
        f"Make them again with: aeflow report {folder}"
    )
