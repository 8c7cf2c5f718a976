"""What the commands print, on a screen or into a file that does not know all of its characters.

A console of Windows knows them, but what is sent on to a file or another program there is in a code page of 256, which
has no minus sign. A '?' in its place would hide which way an effect goes, so each gets letters that say the same.
"""

from __future__ import annotations

import codecs
import io
from typing import TextIO

PLAIN = {
    "−": "-", "–": "-", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "×": "x", "±": "+-", "·": ".", "…": "...",
    "’": "'", "‘": "'", "“": '"', "”": '"', "£": "GBP ", "─": "-", "━": "-", "│": "|", "├": "|", "└": "`", "■": "#",
    "█": "#", "∞": "inf",
}  # fmt: skip
"""What stands for characters that we print."""
IN_PLAIN = "aeflow-plain"
"""Name of the way to encode what a stream does not know."""


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """Letters for what cannot be encoded; '?' for what is not ours, such as a user's own labels."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end


def never_refuse(*streams: TextIO) -> None:
    """Have streams print plain letters where they would raise UnicodeEncodeError."""
    codecs.register_error(IN_PLAIN, _in_plain)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors=IN_PLAIN)
