"""A notebook of six cells that shows a study, a result, a table and a figure stays small enough to be sent."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
MOST_BYTES = 300_000
CELLS = (
    'import simulation as ae\nstudy = ae.load("study=ai_triage", "ensemble=none", "run.replications=2",'
    ' "run.measured_days=1", "run.warm_up_days=0",'
    ' "run.cool_down_days=1", "run.doublings=0", "executor=serial")\nstudy',
    "result = ae.compare(study)\nresult",
    "print(result)",
    'result.tables["measures"]',
    'result.figure("differences")',
    "ae.read(result.write(RESULTS))",
)


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.filterwarnings("default::DeprecationWarning", "default::RuntimeWarning")
def test_a_notebook_of_six_cells_is_smaller_than_300_kb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "agg")
    sources = [source.replace("RESULTS", repr(str(tmp_path))) for source in CELLS]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    shown = [
        {kind for output in cell.outputs for kind in output.get("data", {})}
        for cell in notebook.cells
    ]
    assert all(cell.outputs for cell in notebook.cells)
    assert "text/html" in shown[3]
    assert "image/png" in shown[4]
    size = len(nbformat.writes(notebook).encode())
    assert size < MOST_BYTES
