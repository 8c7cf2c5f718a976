"""The notebooks run from top to bottom, with the public names only."""

import ast
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
SMALL = (
    "run.replications=2 run.measured_days=4 run.warm_up_days=0 run.cool_down_days=1 run.doublings=0 executor=serial "
)
SMALL += "engine=compiled"


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_there_are_notebooks_to_run() -> None:
    assert NOTEBOOKS


@pytest.mark.slow
# The kernel is another process on this machine; what jupyter leaves open when it stops is not ours to mend.
@pytest.mark.filterwarnings("default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("default::DeprecationWarning", "default::RuntimeWarning")
def test_a_notebook_runs_from_top_to_bottom(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEFLOW_NOTEBOOK_OVERRIDES", SMALL)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    read = jupytext.read(notebook)
    NotebookClient(read, timeout=120, kernel_name="python3").execute(cwd=str(notebook.parent))
    assert all(cell.get("execution_count") for cell in read.cells if cell.cell_type == "code")


def test_a_notebook_uses_public_names_only(notebook: Path) -> None:
    for node in ast.walk(ast.parse(notebook.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).startswith("simulation")
        if isinstance(node, ast.Import):
            assert all(name.name == "simulation" for name in node.names if name.name.startswith("simulation"))
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")
