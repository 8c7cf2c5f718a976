"""A cache on disk, beside the compiled files of the package, for values that take long to compute and seldom change.

Where the package cannot be written, they are computed each time.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulation.records.serialise import digest

FOLDER = Path(__file__).parents[1] / "__pycache__"
MOST = 200
"""Cached files of one kind that are kept, the newest: some 16 MB of composed configurations."""


def cached_on_disk(name: str, key: object, make: Callable[[], Any]) -> Any:
    """The value of `make()`, which JSON can hold: cached, or computed anew where the key, of plain values, changed.

    `name`: of the cached file, its kind before a hyphen. A value that JSON would give back as another is not cached.
    """
    path, hashed = FOLDER / f"{name}.json", digest(key)
    with suppress(OSError, ValueError, KeyError, TypeError):
        cached = json.loads(path.read_text(encoding="utf-8"))
        if cached["key"] == hashed:
            return cached["value"]
    value = make()
    with suppress(OSError, ValueError, TypeError):
        text = json.dumps({"key": hashed, "value": value})
        if json.loads(text)["value"] == value:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            alike = FOLDER.glob(f"{name.partition('-')[0]}-*.json")
            for old in sorted(alike, key=lambda file: file.stat().st_mtime, reverse=True)[MOST:]:
                old.unlink()
    return value
