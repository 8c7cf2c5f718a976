"""Output: plain letters for the characters that a screen or a file cannot encode, and what cannot be written at all.

A console of Windows can show all that the commands print, but output that is redirected there is in a code page of 256
characters, without a minus sign. A '?' in its place would hide the direction of an effect.
"""

import codecs
import io
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from simulation.records.serialise import read_yaml

IN_PLAIN = "aeflow-plain"
"""The name under which Python knows `_in_plain`."""


@cache
def _plain() -> Any:
    """The plain letters for each such character that aeflow prints; read when first asked for."""
    return read_yaml(Path(__file__).with_name("plain.yaml"))


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """Plain letters for the characters that cannot be encoded, '?' for others (such as those of a user's labels); and
    where they end."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(
        _plain().get(character, "?") for character in error.object[error.start : error.end]
    ), error.end


def never_refuse(*streams: TextIO | None) -> None:
    """Make streams print plain letters where they would raise UnicodeEncodeError.

    A stream of an ASCII locale refuses them too, though its `errors` are 'surrogateescape'. One that is closed is None.
    """
    codecs.register_error(IN_PLAIN, _in_plain)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors=IN_PLAIN)


def flush_output() -> None:
    """Write what has been printed. Raises OSError where that cannot be, as Python at exit would in words of its own."""
    if sys.stdout is not None:
        sys.stdout.flush()


def drop_output() -> None:
    """Let whatever else is printed, or still waits to be written, go nowhere."""
    with suppress(OSError, ValueError):  # a stream that is no file has nothing to be led elsewhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
