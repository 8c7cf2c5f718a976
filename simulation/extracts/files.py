"""The file of an extract: which columns it has, and those that a mapping names, as text. Nothing else is loaded."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Collection, Mapping
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zlib import error as PackingError

from simulation.errors import Faults, near_match, refuse

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|")
LARGEST_BYTES = 4_000_000_000
CODED = ("arrival source", "acuity", "outcome", "sex", "age")
"""What is read of columns in which few values stand, each of which is kept once."""
DRAFTED_ROWS = 20_000
"""Rows that a draft looks at."""


class ExtractFile(NamedTuple):
    """What was read of a file: its columns as text, the number of other columns, and of rows that were left out."""

    frame: pd.DataFrame
    n_ignored: int
    n_uneven: int


def read_file(path: Path, columns: Mapping[str, str] | None = None) -> ExtractFile:
    """The named columns of a CSV or Parquet file. Raises ConfigError, in which no value of the file stands.

    `columns`: what each is for, by its name; None: all columns of the first rows, for a draft.
    """
    if not path.is_file():
        refuse(str(path), "there is no such file", "Name a CSV or a Parquet file")
    if path.stat().st_size > LARGEST_BYTES:
        refuse(str(path), f"is {path.stat().st_size:,} bytes", f"Give at most {LARGEST_BYTES:,}")
    is_parquet = path.suffix.casefold() in (".parquet", ".pq")
    try:
        return _parquet(path, columns) if is_parquet else _csv(path, columns)
    except (
        OSError,
        EOFError,
        ValueError,
        PackingError,
        OverflowError,
        MemoryError,
        ImportError,
    ):  # what they say may hold a patient's words
        kind = "Parquet" if is_parquet else "CSV"
        refuse(
            str(path),
            f"cannot be read as {kind}",
            f"Name a {kind} file with one row for each attendance",
        )


def _csv(path: Path, columns: Mapping[str, str] | None) -> ExtractFile:
    import pandas as pd

    encoding, separator = _written_as(path)
    start = pd.read_csv(
        path, sep=separator, encoding=encoding, encoding_errors="replace", keep_default_na=False, dtype=str,
        index_col=False, on_bad_lines="skip", nrows=DRAFTED_ROWS if columns is None else 0,
    )  # fmt: skip
    if columns is None:
        return ExtractFile(start, 0, 0)
    header = [str(name) for name in start.columns]
    repeated = [
        name for name, n in Counter(re.sub(r"\.\d+$", "", name) for name in header).items() if n > 1
    ]
    _must_have(path, header, columns, repeated)
    try:
        frame, n_uneven = _cells(path, encoding, separator, columns)
    except ValueError:  # bytes that are no text: read again, with a sign in their place
        with _opened(path) as file:
            text = file.read().decode(encoding, errors="replace").encode()
        frame, n_uneven = _cells(BytesIO(text), "utf-8", separator, columns)
    return ExtractFile(frame, len(header) - len(frame.columns), n_uneven)


def _cells(
    source: Path | BytesIO, encoding: str, sep: str, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, int]:
    """The named columns as text, and how many rows were left out because they have more or fewer cells than the
    header: which cell is which cannot be said. Raises ValueError for bytes that are no text."""
    import pyarrow as pa
    from pyarrow import csv

    uneven, text = [], pa.large_string()
    types = {
        name: pa.dictionary(pa.int32(), text) if what in CODED else text
        for name, what in columns.items()
    }

    def leave_out(row: csv.InvalidRow) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    table = csv.read_csv(
        source,
        csv.ReadOptions(encoding=encoding.removesuffix("-sig")),
        csv.ParseOptions(delimiter=sep, newlines_in_values=True, invalid_row_handler=leave_out),
        csv.ConvertOptions(include_columns=[*columns], column_types=types),
    )
    return table.to_pandas(self_destruct=True), len(uneven)


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    """A file of text, unpacked if it is packed."""
    return gzip.open(path) if path.suffix.casefold() == ".gz" else path.open("rb")


def _written_as(path: Path) -> tuple[str, str]:
    """The encoding of a file of text, and what separates its cells: the sign that is most often in the first line."""
    with _opened(path) as file:
        start = file.read(65_536)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        start.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig" and error.start < len(start) - 4:
            encoding = "cp1252"  # as spreadsheets write it
    first = start.decode(encoding, errors="replace").partition("\n")[0]
    return encoding, max(SEPARATORS, key=first.count)


def _parquet(path: Path, columns: Mapping[str, str] | None) -> ExtractFile:
    import pandas as pd

    from simulation.records.table_files import column_names

    header = column_names(path)
    _must_have(path, header, columns, [])
    frame = pd.read_parquet(path, columns=list(columns) if columns is not None else None)
    return ExtractFile(frame, len(header) - len(frame.columns), 0)


def _must_have(
    path: Path,
    header: Collection[str],
    columns: Mapping[str, str] | None,
    repeated: Collection[str],
) -> None:
    """Raise ConfigError for columns that are missing, or there more than once."""
    faults = Faults()
    for column, what in (columns or {}).items():
        if column not in header:
            near = near_match(
                column, header
            )  # others are not shown: a file without headings begins with a patient
            remedy = (
                f"Did you mean '{near}'?"
                if near
                else "Write its heading into the mapping as it is in the file"
            )
            faults.add(path.name, f"has no column '{column}' ({what})", remedy)
        elif column in repeated:
            faults.add(
                path.name,
                f"has the column '{column}' more than once",
                "Keep one, or rename the others",
            )
    faults.refuse()
