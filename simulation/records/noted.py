"""What takes long to work out and seldom changes, noted beside the compiled files of the package.

Where the package cannot be written, it is worked out each time.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulation.records.serialise import digest

FOLDER = Path(__file__).parents[1] / "__pycache__"
MOST = 200
"""Notes of one kind that are kept, the newest: some 16 MB of composed configurations."""


def noted(name: str, key: object, make: Callable[[], Any]) -> Any:
    """What `make` gives: values that JSON can hold. It is asked again where the key, of plain values, has changed.

    `name`: of the note, its kind before a hyphen. Values that JSON would give back as others are not noted.
    """
    path, hashed = FOLDER / f"{name}.json", digest(key)
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(path.read_text(encoding="utf-8"))
        if note["key"] == hashed:
            return note["made"]
    made = make()
    with suppress(OSError, ValueError, TypeError):
        text = json.dumps({"key": hashed, "made": made})
        if json.loads(text)["made"] == made:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            alike = FOLDER.glob(f"{name.partition('-')[0]}-*.json")
            for old in sorted(alike, key=lambda note: note.stat().st_mtime, reverse=True)[MOST:]:
                old.unlink()
    return made
