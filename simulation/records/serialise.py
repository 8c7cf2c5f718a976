"""Dataclasses and arrays as values that JSON and YAML can hold; such values cached on the disk; CSV for spreadsheets.

The cache stands beside the compiled files of the package and is for values that take long to compute and seldom change.
Where the package cannot be written, they are computed each time.
"""

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Plain = dict[str, Any]
"""A block of values that JSON and YAML can hold."""
SOURCED = {"evidence", "source"}
"""The keys by which a block states where its numbers come from."""
DEEPEST = 100
"""Levels of lists and blocks within others that JSON may have."""
ABSENT = "not there"
"""The value of a key that one of two blocks does not have."""
START = 65_536
"""Bytes at the beginning of a text by which its encoding is told."""


NO_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "~")
"""What YAML reads as true, false and nothing, in small letters."""
READ_OTHERWISE = re.compile(
    rf"(?i:y|n|{'|'.join(NO_WORDS)}|[-+]?0[ox]?[0-9a-f_]+|[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?"
    r"|[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?|[-+]?\.(inf|nan))\Z"
)
"""Texts that YAML 1.1 or 1.2 reads as another thing when they stand without quotes, besides those PyYAML knows."""


def read_yaml(path: Path) -> Any:
    """What a YAML file of the package states, read by libyaml where PyYAML has it."""
    import yaml

    return yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def read_rows(path: Path, kind: Callable[..., T]) -> dict[str, T]:
    """The blocks of a YAML file of the package as objects of one kind, by key, in order; lists are tuples."""
    return {
        key: kind(**{name: tuple(of) if isinstance(of, list) else of for name, of in block.items()})
        for key, block in read_yaml(path).items()
    }


def parse_json(text: str | bytes) -> Any:
    """What a JSON text states. Raises ValueError if it is none, or lists or blocks stand within others too deep."""
    with suppress(RecursionError):
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            raise ValueError("a number of too many digits, or no UTF-8") from None
        parts: list[Any] = [[value]]
        for _ in range(DEEPEST):
            parts = [part for whole in parts for part in whole if type(part) in (dict, list)]
            parts = [[*part.values()] if type(part) is dict else part for part in parts]
            if not parts:
                return value
    raise ValueError(f"lists or blocks within others, more than {DEEPEST} deep")


def to_yaml(value: Any, dumper: Any, **layout: Any) -> str:
    """YAML by a dumper of PyYAML's, with quotes round each text that any version of YAML would read otherwise."""
    import yaml

    class Quoting(dumper):  # type: ignore[misc]
        """The dumper, which has no resolver of its own."""

    Quoting.add_implicit_resolver("tag:yaml.org,2002:value", READ_OTHERWISE, None)
    text: str = yaml.dump(value, Dumper=Quoting, sort_keys=False, allow_unicode=True, **layout)
    return text


def to_plain(value: Any) -> Any:
    """Dataclasses, mappings and arrays as dicts, lists and numbers, for a reader: without entries that are None.

    NaN becomes None.
    """
    return to_exact(value, with_none=False)


def to_json(value: Any) -> str:
    """Indented JSON that any program can read. Raises ValueError for NaN, which JSON has not."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)


def to_exact(value: Any, *, without: Collection[str] = (), with_none: bool = True) -> Any:
    """Dataclasses, mappings and sequences as dicts and lists, nothing left out, so that they can be restored.

    NaN becomes None. `without`: fields of dataclasses that are left out after all, and keys of blocks that state their
    source. Keys of other mappings are a user's own names, which may be the same words. `with_none`: entries that are
    None, too.
    """
    import numpy as np  # what reads words alone does not wait for it

    def made(value: Any) -> Any:
        kind: Any = type(value)
        if kind in (str, int, bool, type(None)):
            return value
        if kind is not float and is_dataclass(value) and not isinstance(value, type):
            entries: Mapping[Any, Any] = {name: getattr(value, name) for name in _field_names(kind)}
            left_out = without
        elif isinstance(value, Mapping):
            entries, left_out = value, without if value.keys() >= SOURCED else ()
        elif isinstance(value, list | tuple):
            return [made(entry) for entry in value]
        elif isinstance(value, np.generic | np.ndarray):
            return made(value.tolist())
        else:
            return None if isinstance(value, float) and math.isnan(value) else value
        return {
            str(key): made(entry)
            for key, entry in entries.items()
            if key not in left_out and (with_none or entry is not None)
        }

    return made(value)


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    """The names of a dataclass's fields."""
    return tuple(field.name for field in fields(kind))


def find_differences(one: Any, other: Any, within: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two plain values differ: the dotted path, the value in one and in the other (`ABSENT` without the key).

    >>> list(find_differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}))
    [('b.c', 2, 3)]
    """
    if one == other:  # of whole blocks, at once
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            path = f"{within}.{key}" if within else str(key)
            yield from find_differences(one.get(key, ABSENT), other.get(key, ABSENT), path)
    else:
        yield within, one, other


def digest(value: Any) -> str:
    """The SHA-256 of a value in its `to_exact` form, in hexadecimal."""
    return digest_of_exact(to_exact(value))


def digest_of_exact(value: Any) -> str:
    """The same of a value that has this form already."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


Row = Sequence[object]


def csv_text(header: Sequence[str], rows: Iterable[Row]) -> str:
    """CSV in which text that a spreadsheet would take for a formula is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if cell is None else _harmless(cell) for cell in row])
    return out.getvalue()


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(tuple("=+-@\t\r")):
        try:
            float(cell)
        except ValueError:
            return f"'{cell}"
    return cell


CACHE_FOLDER = Path(__file__).parents[1] / "__pycache__"
MOST_CACHED = 200
"""Cached files of one kind that are kept, the newest: some 16 MB of composed configurations."""


def cached_on_disk(name: str, key: object, make: Callable[[], Any]) -> Any:
    """The value of `make()`, which JSON can hold: cached, or computed anew where the key, of plain values, changed.

    `name`: of the cached file, its kind before a hyphen. A value that JSON would give back as another is not cached.
    """
    path, hashed = CACHE_FOLDER / f"{name}.json", digest(key)
    with suppress(OSError, ValueError, KeyError, TypeError):
        cached = json.loads(path.read_text(encoding="utf-8"))
        if cached["key"] == hashed:
            return cached["value"]
    value = make()
    with suppress(OSError, ValueError, TypeError):
        text = json.dumps({"key": hashed, "value": value})
        if json.loads(text)["value"] == value:
            CACHE_FOLDER.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            alike = CACHE_FOLDER.glob(f"{name.partition('-')[0]}-*.json")
            for old in sorted(alike, key=lambda file: file.stat().st_mtime, reverse=True)[
                MOST_CACHED:
            ]:
                old.unlink()
    return value


def encoding_of(start: bytes) -> str:
    """The encoding of a text by its first `START` bytes, or all that it has: UTF-8 with or without a mark, or UTF-16 or
    Windows-1252, as spreadsheets write them."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(start) < START or error.start < START - 4:  # else a character is cut in two
            return "cp1252"
    return "utf-8-sig"
