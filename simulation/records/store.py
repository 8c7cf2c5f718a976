"""Tables on disk: Parquet, each file with its birth certificate.

The certificate is JSON in the schema's metadata (key `aeflow`): what kind of table, its categories in order, and
whatever provenance the caller states (seed, versions, commit, hashes). A file is written under a temporary name
and renamed, so that a reader never meets half a table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from simulation.errors import ResultsError
from simulation.records.schema import MISSING, ActivityTable, Column, Patients, Replications, Table

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T", bound=Table)
METADATA_KEY = b"aeflow"
FORMAT = 2
"""Raised when the layout of a file changes."""


def write_table(table: Table, path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write one table. Raises ResultsError if the place cannot be written."""
    write_tables([table], path, provenance=provenance)


def write_tables(tables: Iterable[Table], path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write tables with the same columns one after another into one file, a row group each; none is kept in memory.

    Raises ResultsError if there is none, if they differ, or if the place cannot be written.
    """
    import pyarrow.parquet as parquet

    rest = iter(tables)
    first = next(rest, None)
    if first is None:
        raise ResultsError(f"{path.name}: no table to write. Give at least one")
    with _renamed_when_whole(path) as part:
        start = _arrow(first, provenance)
        with parquet.ParquetWriter(part, start.schema, compression="zstd") as writer:
            writer.write_table(start)
            for table in rest:
                if tuple(table.columns) != tuple(first.columns) or table.categories != first.categories:
                    raise ResultsError(
                        f"{path.name}: tables differ in columns or categories. Make them from one pathway"
                    )
                writer.write_table(_arrow(table, provenance))


@contextmanager
def _renamed_when_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`: it takes the name at the end, or is removed if something goes wrong."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror or error}). Choose another folder") from error
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_patients(path: Path) -> Patients:
    """Read a table of patients. Raises ResultsError if the file is missing or is something else."""
    return _read(path, Patients)


def read_activities(path: Path) -> ActivityTable:
    """Read a table of activities. Raises ResultsError if the file is missing or is something else."""
    return _read(path, ActivityTable)


def read_replications(path: Path) -> Replications:
    """Read a table of replications. Raises ResultsError if the file is missing or is something else."""
    return _read(path, Replications)


def read_provenance(path: Path) -> dict[str, Any]:
    """What the writer stated about a table, without reading its rows. Raises ResultsError if there is nothing."""
    import pyarrow.parquet as parquet

    _must_exist(path)
    provenance: dict[str, Any] = _certificate(path, parquet.read_schema(path))["provenance"]
    return provenance


def _read(path: Path, kind: type[T]) -> T:
    import pyarrow.parquet as parquet

    _must_exist(path)
    rows = parquet.read_table(path)
    certificate = _certificate(path, rows.schema)
    if certificate["kind"] != kind.kind:
        raise ResultsError(f"{path}: holds {certificate['kind']}, not {kind.kind}. Name the other file")
    categories = {name: tuple(known) for name, known in certificate["categories"].items()}
    columns = {
        name: _codes(rows.column(name), categories[name], np.dtype(dtype))
        if name in categories
        else rows.column(name).to_numpy().astype(dtype, copy=False)
        for name, dtype in certificate["dtypes"].items()
    }
    return kind(columns, categories)


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise ResultsError(f"{path}: there is no such file. Ask the run to write its tables")


def _certificate(path: Path, schema: pa.Schema) -> dict[str, Any]:
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise ResultsError(f"{path}: has no birth certificate, so aeflow did not write it. Name a table of a run")
    certificate: dict[str, Any] = json.loads(text)
    if certificate["format"] != FORMAT:
        raise ResultsError(f"{path}: is of format {certificate['format']}, this version reads {FORMAT}. Run it again")
    return certificate


def _arrow(table: Table, provenance: Mapping[str, Any]) -> pa.Table:
    """The table in Arrow: names for categories, null for what did not happen."""
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
    made: pa.Table = pa.table(arrays).replace_schema_metadata({METADATA_KEY: text.encode()})
    return made


def _codes(column: pa.ChunkedArray, known: tuple[str, ...], dtype: np.dtype[Any]) -> Column:
    """Names back to codes in the certificate's order: Parquet may reorder and drop unused names of a dictionary."""
    number = {name: code for code, name in enumerate(known)}
    parts = []
    for chunk in column.chunks:
        lookup = np.array([number[name] for name in chunk.dictionary.to_pylist()] + [MISSING], dtype=dtype)
        parts.append(lookup[chunk.indices.fill_null(len(lookup) - 1).to_numpy()])
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
