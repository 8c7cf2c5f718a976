"""Tables in Parquet files, each with a birth certificate: what it holds and where it comes from.

The certificate is JSON in the schema's metadata (key `aeflow`): the kind of table, its categories in order, and the
provenance that the caller states (seed, versions, commit, hashes). A file is written under a temporary name and
renamed, so that nobody reads half a table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from simulation.errors import ResultsError
from simulation.records.schema import MISSING, Column, Floats, Table
from simulation.records.serialise import Plain, parse_json

if TYPE_CHECKING:
    import pyarrow as pa


T = TypeVar("T", bound=Table)
FORMAT = 2
"""Raised when the layout of a file changes."""


def write_tables(tables: Iterable[Table], path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write tables with the same columns into one file, a row group each; none is kept in memory.

    Raises ResultsError if there is none, if they differ, or if the file cannot be written.
    """
    with table_writer(path, provenance=provenance) as write:
        for table in tables:
            write(table)


@contextmanager
def table_writer(path: Path, *, provenance: Mapping[str, Any]) -> Iterator[Callable[[Table], None]]:
    """A context in which tables with the same columns are written into one file; none is kept in memory.

    Its value writes a table as the next row group, or as several if it is large. The file takes its name at the end,
    unless something went wrong; then nothing is left of it. Raises ResultsError if no table is written, if they differ,
    or if the file cannot be written.
    """
    import pyarrow.parquet as parquet

    first: Table | None = None
    writer: Any = None
    with _renamed_when_whole(path) as part, ExitStack() as opened:

        def write(table: Table) -> None:
            nonlocal first, writer
            rows = _arrow(table, provenance)
            if first is None:
                first = table.select(slice(0, 0))  # its columns and categories, no rows
                # measured numbers hardly repeat: a dictionary of them takes time and makes the file larger
                repeating = [
                    name for name, column in table.columns.items() if column.dtype.kind != "f"
                ]
                writer = parquet.ParquetWriter(
                    part, rows.schema, compression="zstd", use_dictionary=repeating
                )
                opened.enter_context(writer)
            elif (
                tuple(table.columns) != tuple(first.columns) or table.categories != first.categories
            ):
                raise ResultsError(
                    f"{path.name}: tables differ in columns or categories. Make them from one pathway"
                )
            writer.write_table(rows)

        yield write
        if first is None:
            raise ResultsError(f"{path.name}: no table to write. Give at least one")


@contextmanager
def _renamed_when_whole(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, which it becomes at the end; after an error it is removed."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise ResultsError(
            f"{path}: cannot be written ({error.strerror or error}). Choose another folder"
        ) from error
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_rows(path: Path, kind: type[T], **equal: str | int) -> T:
    """The rows of a table whose columns have these values: `read_rows(path, Patients, arm="nurse", replication=0)`.

    Only row groups that can hold such rows are read; without a value, all are. Raises ResultsError if the file is
    missing or is something else.
    """
    import pyarrow.parquet as parquet

    if not path.is_file():
        raise ResultsError(f"{path}: there is no such file. Ask the run to write its tables")
    rows = parquet.read_table(
        path, filters=[(column, "==", value) for column, value in equal.items()] or None
    )
    certificate = _certificate(path, rows.schema)
    if certificate["kind"] != kind.kind:
        raise ResultsError(
            f"{path}: holds {certificate['kind']}, not {kind.kind}. Name the other file"
        )
    categories = {name: tuple(known) for name, known in certificate["categories"].items()}
    columns = {
        name: _codes(rows.column(name), categories[name], np.dtype(dtype))
        if name in categories
        else rows.column(name).to_numpy().astype(dtype, copy=False)
        for name, dtype in certificate["dtypes"].items()
    }
    return kind(columns, categories)


def _certificate(path: Path, schema: pa.Schema) -> Plain:
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise ResultsError(
            f"{path}: has no birth certificate, so aeflow did not write it. Name a table of a run"
        )
    certificate: Plain = parse_json(text)
    if certificate["format"] != FORMAT:
        raise ResultsError(
            f"{path}: is of format {certificate['format']}, this version reads {FORMAT}. Run it again"
        )
    return certificate


def _arrow(table: Table, provenance: Mapping[str, Any]) -> pa.Table:
    """The table in Arrow, with its certificate: names for categories, null for what did not happen."""
    import pyarrow as pa

    arrays = {}
    for name, values in table.columns.items():
        if name in table.categories:
            codes = pa.array(values, type=pa.int16(), mask=values == MISSING)
            names = pa.array(table.categories[name], type=pa.string())
            arrays[name] = pa.DictionaryArray.from_arrays(codes, names)
        else:
            arrays[name] = pa.array(values, from_pandas=True)
    certificate = {
        "format": FORMAT,
        "kind": table.kind,
        "categories": {name: list(known) for name, known in table.categories.items()},
        "dtypes": {name: values.dtype.str for name, values in table.columns.items()},
        "provenance": dict(provenance),
    }
    text = json.dumps(certificate, sort_keys=False, ensure_ascii=False)
    rows: pa.Table = pa.table(arrays).replace_schema_metadata({METADATA_KEY: text.encode()})
    return rows


def _codes(column: pa.ChunkedArray, known: tuple[str, ...], dtype: np.dtype[Any]) -> Column:
    """A column of names as codes in the certificate's order: Parquet may reorder names and drop unused ones."""
    code_of = {name: code for code, name in enumerate(known)}
    parts = []
    for chunk in column.chunks:
        lookup = np.array(
            [code_of[name] for name in chunk.dictionary.to_pylist()] + [MISSING], dtype=dtype
        )
        parts.append(lookup[chunk.indices.fill_null(len(lookup) - 1).to_numpy()])
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


METADATA_KEY = b"aeflow"
"""The key of the schema's metadata under which every file of the package states what it holds."""


class ListColumn(list[Floats | None]):
    """A column with a list of numbers, or None, in each row; the lists may differ in length."""


def write_columns(
    batches: Iterable[Mapping[str, Any]], file: Path | BytesIO, *, metadata: Mapping[str, Any]
) -> None:
    """Write one or more batches with the same columns into one file, each as a row group.

    Columns are arrays, or `ListColumn` of numbers of unequal length. Only the package reads such a file.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    iterator = iter(batches)
    first = _columns_in_arrow(next(iterator)).replace_schema_metadata(
        {METADATA_KEY: json.dumps(metadata).encode()}
    )
    measured = (pa.types.is_list, pa.types.is_floating)  # numbers that hardly repeat
    repeating = [
        field.name for field in first.schema if not any(is_kind(field.type) for is_kind in measured)
    ]
    with parquet.ParquetWriter(
        file, first.schema, compression="zstd", use_dictionary=repeating
    ) as writer:
        writer.write_table(first)
        for batch in iterator:
            writer.write_table(_columns_in_arrow(batch).cast(first.schema))


def _columns_in_arrow(columns: Mapping[str, Any]) -> Any:
    """The columns as an Arrow table."""
    import pyarrow as pa

    arrays = {}
    for name, column in columns.items():
        if isinstance(column, ListColumn):
            rows = [None if row is None else row.ravel() for row in column]
            arrays[name] = pa.array(rows, pa.list_(pa.float64()))
        else:
            arrays[name] = pa.array(column)
    return pa.table(arrays)


def read_columns(path: Path, content: bytes | None = None) -> tuple[dict[str, Any], Plain]:
    """The columns of a file, and its metadata. Raises ResultsError if they cannot be read.

    Plain columns are arrays; of lists there is an array or None for each row. `content`: the bytes of the file, if they
    have been read already.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path if content is None else pa.BufferReader(content)) as file:
            table = file.read(use_threads=False).combine_chunks()
        metadata = parse_json((table.schema.metadata or {})[METADATA_KEY])
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise _unreadable(path, error) from None
    columns = {
        name: list(_rows(column)) if pa.types.is_list(column.type) else column.to_numpy()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return columns, metadata


def row_count(path: Path) -> int:
    """The number of rows of a file, from its metadata alone. Raises ResultsError if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        return int(parquet.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None


def column_names(path: Path) -> list[str]:
    """The names of a file's columns. Raises ResultsError if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        return list(parquet.read_schema(path).names)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None


def _rows(column: Any) -> Iterator[Column | None]:
    """The rows of a column of lists."""
    for chunk in column.chunks:
        flat = chunk.flatten().to_numpy(zero_copy_only=False)
        missing = chunk.is_null().to_numpy(zero_copy_only=False)
        lengths = np.diff(chunk.offsets.to_numpy())
        rows = np.split(flat, np.cumsum(lengths))[:-1]  # a list that is missing takes no numbers
        yield from (None if absent else row for row, absent in zip(rows, missing, strict=True))


def _unreadable(path: Path, error: Exception) -> ResultsError:
    why = str(error).partition("\n")[0] or type(error).__name__
    return ResultsError(f"{path}: cannot be read ({why}). The file is damaged, or not ours")
