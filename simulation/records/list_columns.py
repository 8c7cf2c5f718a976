"""Columns of any kind, lists included, in a Parquet file: how the parts of a run are stored.

Only the package reads these files; `store` writes the tables that users read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ResultsError
from simulation.records.schema import Floats

METADATA_KEY = b"aeflow"
"""The key of the schema's metadata under which every file of the package states what it holds."""
Columns = Mapping[str, Any]
"""Columns by name: arrays, or `Lists` of numbers of unequal length."""


class Lists:
    """A column with a list of numbers, or None, in each row; the lists may differ in length."""

    def __init__(self, rows: Sequence[Floats | None]) -> None:
        self.rows = rows


def write_columns(batches: Iterable[Columns], file: Path | BytesIO, *, metadata: Mapping[str, Any]) -> None:
    """Write one or more batches with the same columns into one file, each as a row group."""
    import pyarrow.parquet as parquet

    iterator = iter(batches)
    first = _arrow(next(iterator)).replace_schema_metadata({METADATA_KEY: json.dumps(metadata).encode()})
    repeating = [field.name for field in first.schema if _repeats(field.type)]
    with parquet.ParquetWriter(file, first.schema, compression="zstd", use_dictionary=repeating) as writer:
        writer.write_table(first)
        for batch in iterator:
            writer.write_table(_arrow(batch).cast(first.schema))


def _repeats(kind: Any) -> bool:
    """Whether a column of this type has the same value in many rows, as measured numbers do not."""
    import pyarrow as pa

    return not (pa.types.is_list(kind) or pa.types.is_floating(kind))


def _arrow(columns: Columns) -> Any:
    """The columns as an Arrow table."""
    import pyarrow as pa

    arrays = {}
    for name, column in columns.items():
        if isinstance(column, Lists):
            lengths = [0 if row is None else row.size for row in column.rows]
            flat = [row.ravel() for row in column.rows if row is not None]
            offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
            missing = np.array([row is None for row in column.rows], dtype=np.bool_)
            values = pa.array(np.concatenate(flat) if flat else np.empty(0))
            arrays[name] = pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(missing))
        else:
            arrays[name] = pa.array(column)
    return pa.table(arrays)


def read_columns(path: Path, content: bytes | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of a file, and its metadata. Raises ResultsError if they cannot be read.

    Plain columns are arrays; of lists there is an array or None for each row. `content`: the bytes of the file, if they
    have been read already.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path if content is None else pa.BufferReader(content)) as file:
            table = file.read(use_threads=False).combine_chunks()
        metadata = json.loads((table.schema.metadata or {})[METADATA_KEY])
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read ({_first_line(error)}). The file is damaged, or not ours") from None
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        columns[name] = list(_rows(column)) if pa.types.is_list(column.type) else column.to_numpy()
    return columns, metadata


def row_count(path: Path) -> int:
    """The number of rows of a file, from its metadata alone. Raises ResultsError if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        return int(parquet.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise ResultsError(f"{path}: cannot be read ({_first_line(error)}). The file is damaged, or not ours") from None


def _rows(column: Any) -> Iterator[NDArray[Any] | None]:
    """The rows of a column of lists."""
    for chunk in column.chunks:
        flat = chunk.flatten().to_numpy(zero_copy_only=False)
        missing = chunk.is_null().to_numpy(zero_copy_only=False)
        lengths = np.diff(chunk.offsets.to_numpy())
        start = 0
        for length, absent in zip(lengths.tolist(), missing.tolist(), strict=True):
            if absent:
                yield None
            else:
                yield flat[start : start + length]
                start += length


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
