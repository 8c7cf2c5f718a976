"""The executed notebooks beside their sources: `make notebooks`, or `python -m docs.tools.notebooks [NAME ...]`.

A source is a Python file in cells (`notebooks/*.py`, jupytext's percent format). It is run from top to bottom, and what
changes from run to run without a meaning (times, names of cells, versions, output to stderr) is removed. So a notebook
can be read without running it, and differs from the last one only where an answer does. An HTML page of each, which
needs no network, is written to results/notebooks/.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docs.tools.command import run
from simulation.errors import ResultsError, nearest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "notebooks"
PAGES = ROOT / "results" / "notebooks"
SECONDS = 1200
"""The longest that a cell may take."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
INLINE = "module://matplotlib_inline.backend_inline"
"""Draws pictures into the notebook, whatever the environment says."""
ADDRESSES = ("mathjax", "require_js", "jquery", "mermaid_js", "mermaid_layout_elk_js")
"""Scripts that the page of a notebook would load from the network."""


def executed(source: Path) -> Any:
    """The executed notebook of a source, without what has no meaning. Raises CellExecutionError if a cell fails."""
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(source)
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", coalesce_streams=True)
    client.execute(cwd=str(source.parent), env={**os.environ, "MPLBACKEND": INLINE})
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell["id"], cell["metadata"] = f"cell-{number}", {}
        if cell.cell_type == "code":
            cell["outputs"] = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def shown(notebook: Any) -> list[list[dict[str, str]]]:
    """The text and tables that each cell with code shows; not its pictures, whose pixels depend on fonts."""
    return [
        [_texts(output) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _texts(output: Any) -> dict[str, str]:
    """The texts of an output by media type."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    return {kind: "".join(text) for kind, text in data.items() if kind.startswith("text/")}


def write(source: Path) -> Path:
    """Run a source, write the notebook beside it and its page, and return the notebook's path."""
    import nbformat
    from nbconvert import HTMLExporter

    path = source.with_suffix(".ipynb")
    notebook = executed(source)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    PAGES.mkdir(parents=True, exist_ok=True)
    exporter = HTMLExporter(**{f"{name}_url": "" for name in ADDRESSES})
    page, _ = exporter.from_notebook_node(notebook)
    (PAGES / f"{source.stem}.html").write_text(page, encoding="utf-8", newline="\n")
    return path


def main(words: Sequence[str]) -> int:
    """Write every notebook, or those that are named."""
    known = {path.stem: path for path in sorted(SOURCES.glob("*.py"))}
    for name in words or known:
        if name not in known:
            raise ResultsError(f"there is no notebook '{name}'. {nearest(name, known)}")
        print(f"Running {name} ...", flush=True)
        print(write(known[name]))
    return 0


if __name__ == "__main__":
    run(main)
