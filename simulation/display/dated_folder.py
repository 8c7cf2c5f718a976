"""Folders named by the time at which they were written: of sweeps, break-evens and shadow prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from simulation.run.store.folders import moved, not_written, whole_or_nothing


def write_dated(parent: Path, write: Callable[[Path], None], *, prefix: str = "") -> Path:
    """Have `write` fill a new folder in `parent`, which is there whole or not at all; return it.

    Raises ResultsError if it cannot be written.
    """
    name = f"{prefix}{datetime.now():%Y-%m-%dT%H%M%S}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(parent, name) as partial:
            write(partial)
            return moved(partial, parent, name)
    except OSError as error:
        raise not_written(Path(error.filename or parent), error) from error
