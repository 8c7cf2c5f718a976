"""Folders named by the time at which they were written: of sweeps, break-evens and shadow prices."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from simulation.display.drawing import Picture
from simulation.runs.atomic import as_results_error, moved, whole_or_nothing


def write_dated(
    parent: Path,
    tables: Mapping[str, Iterable[dict[str, object]]],
    pictures: Mapping[str, Picture],
    *,
    texts: Mapping[str, str] = MappingProxyType({}),
    prefix: str = "",
    encoding: str = "utf-8-sig",
) -> Path:
    """Write files, by name, into a new folder in `parent`, which is there whole or not at all; return it.

    Tables, of which the rows are given, are written as CSV in this encoding (by default with the byte order mark that
    Excel asks for), pictures as PNG. Raises ResultsError if they cannot be written.
    """
    import pandas as pd

    name = f"{prefix}{datetime.now():%Y-%m-%dT%H%M%S}"
    with as_results_error(parent):
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(parent, name) as partial:
            for file, rows in tables.items():
                pd.DataFrame(rows).to_csv(
                    partial / file, index=False, encoding=encoding, lineterminator="\n"
                )
            for file, text in texts.items():
                (partial / file).write_text(text, encoding="utf-8", newline="\n")
            for file, picture in pictures.items():
                (partial / file).write_bytes(picture.png)
            return moved(partial, parent, name)
