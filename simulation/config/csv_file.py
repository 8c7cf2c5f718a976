"""The text of a CSV file that somebody hands in: a table of counts, labelled cases, answers to them."""

from pathlib import Path

from simulation.config.files import read_bytes
from simulation.errors import Faults, refuse
from simulation.records.serialise import START, encoding_of

WORKBOOK = b"PK\x03\x04"
"""The first bytes of an Excel workbook, which is a ZIP archive."""


def read_csv_text(path: Path, shown: str, *, most: int, less: str) -> str:
    """The text of a file, in whichever encoding a spreadsheet wrote it, with the ends of lines that it has.

    Raises ConfigError if it cannot be read, has more than `most` bytes, or is a device, a workbook or no text. `less`
    says what to do about a large one; `shown` is its name in messages.
    """
    faults = Faults()
    content = read_bytes(path, shown, faults, most=most, less=less)
    faults.refuse()
    assert content is not None
    if content.startswith(WORKBOOK):
        refuse(shown, "is an Excel workbook", "Save the sheet as CSV, and name that file")
    try:
        return content.decode(encoding_of(content[:START]))
    except UnicodeDecodeError as error:
        refuse(shown, f"cannot be read as text: {error}", "Save the sheet as CSV in UTF-8")
