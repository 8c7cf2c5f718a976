"""The file of an extract: which columns it has, and those that a mapping names, as text. Nothing else is loaded."""

from __future__ import annotations

import bz2
import gzip
import lzma
import mmap
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, suppress
from csv import reader as cells_of
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import error as PackingError

import numpy as np

from simulation.errors import Faults, near_match, refuse
from simulation.records.serialise import START, encoding_of

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|")
LARGEST_BYTES = 4_000_000_000
MOST_TIMES, FREELY_UNPACKED = 100, 200_000_000
"""How many times its size a packed file may grow, and the bytes up to which it may anyway."""
MEMORY_TIMES = 4
"""Memory that reading takes, in sizes of the file as text; measured."""
PACKED: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}
AT_ONCE = 8_000_000
CODED = ("arrival source", "acuity", "outcome", "sex", "age", "left")
"""What is read of columns in which few values stand, each of which is kept once."""


class ExtractFile(NamedTuple):
    """What was read of a file: its columns as text, the number of other columns, and of rows that were left out; and
    whether the last row is one of those."""

    frame: pd.DataFrame
    n_ignored: int
    n_uneven: int
    is_cut_off: bool = False


def read_file(path: Path, columns: Mapping[str, str] | None = None) -> ExtractFile:
    """The named columns of a CSV or Parquet file. Raises ConfigError, in which no value of the file stands.

    `columns`: what each is for, by its name; None: all columns, for a draft.
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
        KeyError,
        PackingError,
        lzma.LZMAError,
        zipfile.BadZipFile,
        OverflowError,
        MemoryError,
        ImportError,
        RuntimeError,
    ):  # what they say may hold a patient's words
        kind = "Parquet" if is_parquet else "CSV"
        refuse(
            str(path),
            f"cannot be read as {kind}",
            f"Name a {kind} file with one row for each attendance",
        )


def collected(records: Any) -> Any:
    """A lazy frame of Polars with its rows; anything else as it is."""
    is_lazy = {"collect", "collect_schema"} <= {*dir(records)}
    return records.collect() if is_lazy else records


def frame_of(records: Any, columns: Collection[str] | None = None) -> pd.DataFrame:
    """A data frame of pandas, or what offers its columns in Arrow's way (`__arrow_c_stream__`): a frame of Polars, a
    table of Arrow, a relation of DuckDB. `columns`: those that are needed, of which others are not copied.

    Raises ConfigError for anything else.
    """
    import pandas as pd

    if isinstance(records, pd.DataFrame):
        return records
    records = collected(records)
    if not hasattr(records, "__arrow_c_stream__"):
        allowed = "a data frame of pandas or Polars, a table of Arrow, a relation of DuckDB"
        refuse("table", f"is a {type(records).__name__}", f"Give {allowed}, or name a file")
    import pyarrow as pa

    table = pa.table(records)
    if columns is not None:
        table = table.select([name for name in table.column_names if name in columns])
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _csv(path: Path, columns: Mapping[str, str] | None) -> ExtractFile:
    with ExitStack() as opened:
        content = _content(path, opened)
        encoding, separator, header = _written_as(content)
        repeated = [name for name, n in Counter(header).items() if n > 1]
        _must_have(path, header, columns, repeated)
        if encoding == "utf-16":
            content, encoding = bytes(content).decode(encoding, "replace").encode(), "utf-8"
        at = content.find(b"\0")
        if at >= 0 and content[at : at + 40].count(b"\0") > 10:  # not one that went astray
            remedy = "Part of it may be in another encoding: write the file again in UTF-8"
            refuse(str(path), f"has many zero bytes, the first at byte {at:,}", remedy)
        if line := line_of_open_quote(content, separator.encode(), len(header)):
            refuse(
                str(path),
                f"line {line:,}: a cell begins with a quotation mark that nothing closes before the next row",
                'Write it twice within quotes ("" in "..."), or take it out: it would swallow the rows that follow',
            )
        wanted = (
            dict.fromkeys((name for name in header if name and name not in repeated), "")
            if columns is None
            else columns
        )
        try:
            frame, n_uneven = _cells(content, encoding, separator, wanted)
        except ValueError:  # bytes that are no text: read again, with a sign in their place
            text = bytes(content).decode(encoding, errors="replace").encode()
            frame, n_uneven = _cells(text, "utf-8", separator, wanted)
        last = bytes(content[content.rfind(b"\n", 0, len(content) - 1) + 1 :])
        is_cut_off = n_uneven > 0 and last.count(separator.encode()) < len(header) - 1
        return ExtractFile(frame, len(header) - len(frame.columns), n_uneven, is_cut_off)


def _cells(
    content: bytes | mmap.mmap, encoding: str, sep: str, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, int]:
    """The named columns as text, and how many rows were left out because they have more or fewer cells than the
    header: which cell is which cannot be said. Raises ValueError for bytes that are no text."""
    import pyarrow as pa
    from pyarrow import csv

    uneven, text = [], pa.large_string()
    types = {
        name: pa.dictionary(pa.int32(), text)
        if what.partition(",")[0] in (*CODED, "left out")
        else text
        for name, what in columns.items()
    }

    def leave_out(row: csv.InvalidRow) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    table = csv.read_csv(
        pa.BufferReader(pa.py_buffer(content)),
        csv.ReadOptions(encoding=encoding.removesuffix("-sig")),
        csv.ParseOptions(delimiter=sep, newlines_in_values=True, invalid_row_handler=leave_out),
        csv.ConvertOptions(include_columns=[*columns], column_types=types),
    )
    return table.to_pandas(self_destruct=True), len(uneven)


def give_back_memory() -> None:
    """Give the system back what Arrow and C's library took for columns that are gone."""
    import ctypes

    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with suppress(AttributeError, OSError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


def _content(path: Path, opened: ExitStack) -> bytes | mmap.mmap:
    """The bytes of a file of text, unpacked if it is packed. Raises ConfigError if they are too many."""
    file = opened.enter_context(path.open("rb"))
    suffix, size = path.suffix.casefold(), path.stat().st_size
    if suffix == ".zip":
        packed = opened.enter_context(zipfile.ZipFile(file))
        names = [
            name for name in packed.namelist() if not name.endswith("/") and "__MACOSX" not in name
        ]
        if len(names) != 1:
            refuse(str(path), f"holds {len(names)} files", "Pack one CSV file alone")
        unpacked: Any = opened.enter_context(packed.open(names[0]))
    elif suffix in PACKED:
        unpacked = opened.enter_context(PACKED[suffix](file))
    else:
        _must_fit(path, size)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    parts, n_bytes = [], 0
    most = min(max(MOST_TIMES * size, FREELY_UNPACKED), LARGEST_BYTES)
    while part := unpacked.read(AT_ONCE):
        parts.append(part)
        n_bytes += len(part)
        if n_bytes > most:
            refuse(
                str(path),
                f"is more than {most:,} bytes once it is unpacked",
                "Unpack it, and look what it holds",
            )
        _must_fit(path, n_bytes)
    return b"".join(parts)


def _must_fit(path: Path, n_bytes: int) -> None:
    """Raise ConfigError if reading so many bytes of text takes more memory than is free, where the system says it."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        lines = dict(line.split(":") for line in text.splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return
    if (needed := MEMORY_TIMES * n_bytes) > free:
        found = (
            f"takes about {needed / 1e9:.1f} GB of memory to read, and {free / 1e9:.1f} are free"
        )
        refuse(
            str(path),
            found,
            "Keep fewer columns in the file, read it in parts, or close other programs",
        )


def _written_as(content: bytes | mmap.mmap) -> tuple[str, str, list[str]]:
    """The encoding of a text, what separates its cells (the sign that is most often in the first line), its header."""
    start = bytes(content[:START])
    encoding = encoding_of(start)
    text = start.decode(encoding, errors="replace")
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    return encoding, separator, next(cells_of(StringIO(text, newline=""), delimiter=separator), [])


def line_of_open_quote(content: bytes | mmap.mmap, separator: bytes, n_cells: int) -> int:
    """The line, from 1, in which a cell begins with a quotation mark that the row does not close; 0 if there is none.

    A cell may go over several lines: then the line in which it begins is no whole row, or the next one is none.
    """
    ends, odd, carry = [], [], 0
    if content.find(b'"') < 0:
        return 0
    for start in range(0, len(content), AT_ONCE):
        part = np.frombuffer(content[start : start + AT_ONCE], np.uint8)
        at = np.flatnonzero(part == 10)
        quotes = np.flatnonzero(part == 34)
        ends.append(at + start)
        odd.append((np.searchsorted(quotes, at) + carry) % 2)
        carry += len(quotes)
    lines = np.append(np.concatenate([np.zeros(0, int), *ends]), len(content))
    parity = np.append(np.concatenate([np.zeros(0, int), *odd]), carry % 2)
    opened = -1
    quoted = re.compile(rb'"(?:[^"]|"")*"')

    def text(line: int) -> bytes:
        return bytes(content[int(lines[line - 1]) + 1 if line else 0 : int(lines[line])])

    def is_row(line: int) -> bool:
        return line < len(lines) and quoted.sub(b"", text(line)).count(separator) >= n_cells - 1

    for line in np.flatnonzero(np.diff(parity, prepend=0)).tolist():
        rest = text(line)
        if opened >= 0:
            rest = separator + rest[rest.index(b'"') + 1 :].lstrip(b'"').partition(separator)[2]
        left_open = re.search(
            rb"(?:^|" + re.escape(separator) + rb')"[^"]*$', quoted.sub(b"", rest)
        )
        opened = line if left_open else -1
        if opened >= 0 and is_row(line) and is_row(line + 1):
            return line + 1
    return opened + 1


def _parquet(path: Path, columns: Mapping[str, str] | None) -> ExtractFile:
    import pandas as pd

    from simulation.records.table_files import column_names

    header = column_names(path)
    _must_have(path, header, columns, [])
    _must_fit(path, path.stat().st_size)
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
