"""The notebooks run from top to bottom, with the public names only."""

import ast
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

from docs.tools.notebooks import executed, shown

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
MOST_BYTES = 1_000_000


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_there_are_notebooks_to_run_numbered_without_a_gap() -> None:
    assert NOTEBOOKS
    assert [path.stem[:3] for path in NOTEBOOKS] == [
        f"{number:02}_" for number in range(1, len(NOTEBOOKS) + 1)
    ]


@pytest.mark.slow
# The kernel is another process on this machine; what jupyter leaves open when it stops is not ours to mend.
@pytest.mark.filterwarnings(
    "default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.filterwarnings("default::DeprecationWarning", "default::RuntimeWarning")
def test_the_committed_notebook_shows_what_a_fresh_run_shows(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stale: make notebooks."""
    monkeypatch.delenv("AEFLOW_NOTEBOOK_OVERRIDES", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert shown(executed(notebook)) == shown(committed(notebook))


def committed(source: Path) -> Any:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def test_the_committed_notebook_has_the_cells_of_its_source_and_ran_from_top_to_bottom(
    notebook: Path,
) -> None:
    stored = committed(notebook)
    assert [cell.source for cell in stored.cells] == [
        cell.source for cell in jupytext.read(notebook).cells
    ]
    counts = [cell.execution_count for cell in stored.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert notebook.with_suffix(".ipynb").stat().st_size < MOST_BYTES


def test_a_committed_notebook_prints_no_negative_nought_and_no_time(notebook: Path) -> None:
    stored = committed(notebook)
    said = " ".join(
        text for outputs in shown(stored) for output in outputs for text in output.values()
    )
    assert not re.findall(r"[-−]0(?:\.0+)?(?![\d.])", said)
    assert all(cell.metadata == {} for cell in stored.cells)


def test_a_notebook_uses_public_names_only(notebook: Path) -> None:
    for node in ast.walk(ast.parse(notebook.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).startswith("simulation")
        if isinstance(node, ast.Import):
            assert all(
                name.name == "simulation"
                for name in node.names
                if name.name.startswith("simulation")
            )
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")
