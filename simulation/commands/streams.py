"""Plain letters for the characters that a screen or a file cannot encode.

A console of Windows can show all that the commands print, but output that is redirected there is in a code page of 256
characters, without a minus sign. A '?' in its place would hide the direction of an effect.
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
"""The plain letters for each such character that aeflow prints."""
IN_PLAIN = "aeflow-plain"
"""The name under which Python knows `_in_plain`."""


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """Plain letters for the characters that cannot be encoded, '?' for others (such as those of a user's labels); and
    where they end."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end


def never_refuse(*streams: TextIO) -> None:
    """Make streams print plain letters where they would raise UnicodeEncodeError."""
    codecs.register_error(IN_PLAIN, _in_plain)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors=IN_PLAIN)
