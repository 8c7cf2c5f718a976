"""One line a replication, kept in a file under a header, so that a script may be stopped and goes on where it was."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def kept_lines(
    file: Path, header: str, n: int, line_of: Callable[[int], str], *, begin: Callable[[], None]
) -> list[str]:
    """The first n lines; what the file lacks is made by `line_of` and appended, after `begin` was called once.

    Exits with a message if the file has another header.
    """
    texts = file.read_text(encoding="utf-8").split("\n") if file.exists() else [header, ""]
    if texts[0] != header:
        raise SystemExit(f"{file} holds something else: {texts[0][:200]}. Name another file")
    known = texts[1:-1]  # what follows the last line break was cut off in the middle of writing
    file.write_text("\n".join([header, *known, ""]), encoding="utf-8")
    if len(known) < n:
        begin()
    with file.open("a", encoding="utf-8") as opened:
        for number in range(len(known), n):
            known.append(line_of(number))
            print(known[-1], file=opened, flush=True)
            if (number + 1) % 100 == 0:
                print(f"{number + 1:,} of {n:,} replications", file=sys.stderr, flush=True)
    return known[:n]
