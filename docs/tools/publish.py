"""The small result that is committed: `python -m docs.tools.publish FOLDER [results/published/NAME]`.

FOLDER is a stored run. The published folder has its first page as Markdown (README.md), its exports, the picture of its
effects and its manifest: enough to read and to check, without the data of every replication, which a run gives again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docs.tools.command import run
from simulation.api import read
from simulation.display.table import ReportTable
from simulation.errors import ResultsError
from simulation.report.contents import picture
from simulation.report.first_page import first_page
from simulation.report.write import write_exports
from simulation.runs.result import StudyResult
from simulation.runs.stored_run import followed
from simulation.study.statements import BANNER

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "results" / "published"
PICTURE, MANIFEST = "differences", "manifest.json"
MOST_BYTES = 1_000_000
"""The most bytes that the whole folder may have."""


def publish(folder: Path, target: Path) -> Path:
    """Write the published form of a stored run into `target`, whose content is replaced, and return its page.

    Raises ResultsError if the folder is larger than 1 MB.
    """
    result = read(folder)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in write_exports(target, result):
        if (
            path.suffix == ".xlsx"
        ):  # most of a megabyte, in every clone, each time that a run is published
            path.unlink()
    shutil.copyfile(folder / MANIFEST, target / MANIFEST)
    effects = picture(result, PICTURE)
    (target / f"{PICTURE}.png").write_bytes(effects.png)
    page = target / "README.md"
    page.write_text(page_of(result, effects.alt, effects.caption), encoding="utf-8", newline="\n")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise ResultsError(
            f"{target}: holds {size:,} bytes, more than {MOST_BYTES:,}. Publish a smaller study"
        )
    return page


def page_of(result: StudyResult, alt: str, caption: str) -> str:
    """The first page as Markdown, the same for the same result."""
    page = first_page(result)
    lines = [f"# {page.question}", "", f"{BANNER}", ""]
    lines += [f"**{words}**\n" for words in page.checks]
    lines += [f"**{page.hangs}**\n"] if page.hangs else []
    lines += [
        page.lead,
        "",
        *(f"- **{headline.label}**: {headline.words}" for headline in page.headlines),
        "",
    ]
    lines += [" ".join(page.notes), ""]
    if page.table is not None:
        lines += [*_grid(page.table), "", *(f"{note}\n" for note in page.table.notes)]
    lines += [f"![{alt}]({PICTURE}.png)", "", caption, "", "## What else is here", ""]
    command = f"aeflow compare study={result.design.name}"
    if result.department_of is not None:
        command += f" run.departments={len(np.unique(result.department_of))}"
    lines += [
        f"A run of `{command}`, published by `python -m docs.tools.publish results/latest`: [first "
        "page](exports/first_page.docx) (Word), [every assumption](exports/assumptions.csv), "
        f"[STRESS-DES](exports/stress_des.md), and [seed, versions and checksums]({MANIFEST}). Run again with the same "
        "versions, every number is the same, and every table is there; `aeflow report FOLDER export=true` makes a "
        "workbook.",
        "",
    ]
    return "\n".join(lines)


def _grid(table: ReportTable) -> list[str]:
    rows = [f"| {' | '.join(row)} |" for row in (table.headers, *table.rows)]
    return [rows[0], f"|{'---|' * len(table.headers)}", *rows[1:]]


def main(words: Sequence[str]) -> int:
    """Publish the run that is named, and print its page's path."""
    if not 1 <= len(words) <= 2:
        raise ResultsError("Say: python -m docs.tools.publish FOLDER [TARGET]")
    folder = followed(Path(words[0]))
    target = Path(words[1]) if len(words) == 2 else PUBLISHED / read(folder).design.name
    print(publish(folder, target))
    return 0


if __name__ == "__main__":
    run(main)
