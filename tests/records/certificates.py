"""The birth certificate of a stored table, as another program would read it."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet


def provenance_of(path: Path) -> Any:
    """What the writer stated about a table."""
    return json.loads(parquet.read_schema(path).metadata[b"aeflow"])["provenance"]
