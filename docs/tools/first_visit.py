"""What the app shows at first: `python -m docs.tools.first_visit FOLDER`, a run of the default study.

Its first page is written as a piece of HTML into the package, so that the app opens on an answer and computes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from docs.tools.command import run
from simulation.api import read
from simulation.app.pages import first_visit
from simulation.app.serving import STORED
from simulation.errors import ResultsError
from simulation.runs.store.run_folder import followed

MOST_BYTES = 200_000


def write(folder: Path) -> Path:
    """Write the first visit of a stored run, and its identity beside it; return the file. Raises ResultsError."""
    result = read(folder)
    text = first_visit(result)
    if len(text.encode()) > MOST_BYTES:
        raise ResultsError(f"{STORED}: would hold {len(text):,} bytes, more than {MOST_BYTES:,}")
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(text, encoding="utf-8", newline="\n")
    about = {"identity": result.manifest["identity"], "n_replications": len(result.replications)}
    STORED.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8", newline="\n")
    return STORED


def main(words: Sequence[str]) -> int:
    """Write the first visit of the folder that is named."""
    print(write(followed(Path(words[0] if words else "results/latest"))))
    return 0


if __name__ == "__main__":
    run(main)
