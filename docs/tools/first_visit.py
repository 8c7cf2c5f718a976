"""What the app shows at first: `python -m docs.tools.first_visit FOLDER`, a run of the default study.

Its first page is written as a piece of HTML into the package, so that the app opens on an answer and computes nothing;
beside it what `narrow` needs of the run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docs.tools.command import run
from simulation.api import Result, read
from simulation.app.answer import TRIAGE_WAIT
from simulation.app.pages import FIGURES, first_visit
from simulation.app.serving import STORED
from simulation.app.session import FIRST_RUN
from simulation.errors import ResultsError
from simulation.report.first_page import first_page
from simulation.runs.stored_run import followed, write_data

MOST_BYTES, MOST_BYTES_OF_RUN = 200_000, 1_000_000


def write(folder: Path) -> Path:
    """Write the first visit of a stored run, and its identity beside it; return the file. Raises ResultsError."""
    result = read(folder)
    text = first_visit(result)
    if len(text.encode()) > MOST_BYTES:
        raise ResultsError(f"{STORED}: would hold {len(text):,} bytes, more than {MOST_BYTES:,}")
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(text, encoding="utf-8", newline="\n")
    rows = {name: result.row_of(result.first_target, name) for name in result.judged}
    effects = {
        name: [row.difference, row.department_p5, row.department_p95] for name, row in rows.items()
    }
    n = len(result.replications)
    about = {"identity": result.manifest["identity"], "n_replications": n}
    about |= {"n_departments": result.run.departments, "effects": effects}
    about["triage_wait"] = result.row(result.design.baseline, TRIAGE_WAIT).mean
    about["headlines"] = [[one.label, one.words] for one in first_page(result).headlines]
    STORED.with_suffix(".json").write_text(
        json.dumps(about, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    _pack(result)
    return STORED


def _pack(result: Result) -> None:
    """Write what `narrow` needs of the run: its targets and the figures that the app asks for. Raises ResultsError."""
    few = result.slim(
        *(
            (figure.block["measure"], figure.block.get("group", "all"))
            for figure in FIGURES.values()
            if figure.block
        )
    )
    bare = replace(
        few,
        replications=tuple(
            replace(one, arms={
                name: replace(arm, measures=few.measures[name][place], day=None, shares=None)
                for name, arm in one.arms.items()
            })
            for place, one in enumerate(few.replications)
        ),
    )  # fmt: skip
    with (
        TemporaryDirectory() as temporary,
        ZipFile(FIRST_RUN, "w", ZIP_DEFLATED, compresslevel=9) as packed,
    ):
        for path in sorted(write_data(bare, Path(temporary)).iterdir()):
            packed.writestr(ZipInfo(path.name), path.read_bytes(), ZIP_DEFLATED)
    if FIRST_RUN.stat().st_size > MOST_BYTES_OF_RUN:
        raise ResultsError(f"{FIRST_RUN}: holds more than {MOST_BYTES_OF_RUN:,} bytes")


def main(words: Sequence[str]) -> int:
    """Write the first visit of the folder that is named."""
    print(write(followed(Path(words[0] if words else "results/latest"))))
    return 0


if __name__ == "__main__":
    run(main)
