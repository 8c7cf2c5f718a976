"""Dataclasses and arrays as plain blocks of what JSON and YAML can say."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np

Plain = dict[str, Any]
"""What JSON and YAML can say."""


def plain(stated: Any) -> Any:
    """Dataclasses, mappings and arrays as dicts, lists and numbers; NaN as None, and what is None left out of dicts."""
    if is_dataclass(stated) and not isinstance(stated, type):
        return plain(asdict(stated))
    if isinstance(stated, Mapping):
        return {str(key): plain(value) for key, value in stated.items() if value is not None}
    if isinstance(stated, list | tuple):
        return [plain(each) for each in stated]
    if isinstance(stated, np.ndarray):
        return plain(stated.tolist())
    if isinstance(stated, float) and math.isnan(stated):
        return None
    return stated


def to_json(stated: Any) -> str:
    """JSON that another program can read: no NaN, UTF-8."""
    return json.dumps(stated, ensure_ascii=False, indent=1, allow_nan=False)


def exact(value: Any) -> Any:
    """Dataclasses, mappings and sequences as dicts and lists, nothing left out: what a typed reader restores.

    NaN is None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: exact(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): exact(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [exact(entry) for entry in value]
    if isinstance(value, np.generic):
        return exact(value.item())
    return None if isinstance(value, float) and math.isnan(value) else value


def digest(value: Any) -> str:
    """SHA-256 of the exact plain form of a value."""
    text = json.dumps(exact(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
