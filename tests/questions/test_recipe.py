"""A question with its table is one module and one entry in the list of questions; nothing else is touched."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = '''
"""How many replications does the answer rest on?"""

from collections.abc import Iterator

from simulation.display.table import Cell, ReportTable
from simulation.runs.result import StudyResult


def tables(result: StudyResult) -> Iterator[ReportTable]:
    """One number."""
    cells = (("replications", Cell(len(result.replications), style="number", digits=0)),)
    yield ReportTable("how_many", "How much the answer rests on", ("what", "how many"), cells)
'''
ENTRY = 'ResultQuestion("how-many", "How much it rests on", replications.tables),'
FUTURE = "from __future__ import annotations\n"
ASK = """
from pathlib import Path
from simulation.api import compare
from simulation.config import load
short = ("run.measured_days=2", "run.warm_up_days=0", "run.replications=2", "executor=serial", "engine=reference")
result = compare(load("study=gallery/one_nurse", *short))
folder = result.write(Path("results"))
assert result.tables["how_many"].rows == (("replications", "2"),)
assert "How much it rests on" in (folder / "report.html").read_text(encoding="utf-8")
print((folder / "tables" / "how_many.csv").is_file())
"""


@pytest.mark.slow
def test_a_question_with_its_table_touches_one_room(tmp_path: Path) -> None:
    for name in ("simulation", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    room = tmp_path / "simulation" / "questions"
    (room / "replications.py").write_text(MODULE, encoding="utf-8")
    listed = (room / "__init__.py").read_text(encoding="utf-8")
    assert listed.count("OF_A_RESULT = (\n") == 1
    listed = listed.replace("OF_A_RESULT = (\n", f"OF_A_RESULT = (\n    {ENTRY}\n")
    assert listed.count(FUTURE) == 1
    listed = listed.replace(FUTURE, f"{FUTURE}from simulation.questions import replications\n")
    (room / "__init__.py").write_text(listed, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "True"
