"""Codes and ages of an extract in our categories; what a mapping does not understand is counted, and shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from simulation.extracts.mapping import (
    CATEGORIES,
    FEWEST,
    CodedColumn,
    ExtractMapping,
    plain_code,
)
from simulation.extracts.quality import DataQuality, counted_words
from simulation.extracts.stamps import NOTHING, is_nothing, stripped
from simulation.records.schema import LEFT, MISSING, Column, Mask

if TYPE_CHECKING:
    import pandas as pd

NEEDED_CODES = ("arrival_source", "outcome")
"""Columns of codes of which shares and rates of all patients are made."""
MOST_SHOWN = 8
"""Codes of a column that are shown."""
OLDEST = 120


def has_code(column: pd.Series, codes: Collection[str]) -> Mask:
    """Mask of the rows that have one of some codes, written plainly."""
    import pandas as pd

    number, values = pd.factorize(column, use_na_sentinel=False)
    return np.array([plain_code(value) in codes for value in values], dtype=np.bool_)[number]


def read_codes(
    frame: pd.DataFrame, mapping: ExtractMapping, quality: DataQuality
) -> dict[str, Column]:
    """The codes of every column in our categories, MISSING where there is none; who left is put into the outcome."""
    has_left = np.zeros(len(frame), dtype=np.bool_)
    if (left := mapping.left) is not None:
        codes = {plain_code(code) for code, meaning in left.values.items() if meaning == LEFT}
        has_left = has_code(frame[left.column], codes)
    found = {}
    for name, coded in mapping.codes.items():
        if name != "left":
            counted = ~has_left if name == "outcome" else np.ones(len(frame), dtype=np.bool_)
            found[name] = _codes(name, frame[coded.column], coded, counted, quality)
    found["outcome"][has_left] = CATEGORIES["outcome"].index(LEFT)
    if (source := found.get("arrival_source")) is not None and (source >= 0).any():
        known = np.where(source >= 0, np.arange(len(source)), -1)
        known[0] = known[0] if known[0] >= 0 else np.argmax(source >= 0)
        found["arrival_source"] = source[np.maximum.accumulate(known)]
    return found


def _codes(
    name: str, column: pd.Series, coded: CodedColumn, counted: Mask, quality: DataQuality
) -> Column:
    """The codes of a column in our categories, MISSING where there is none, shape (n,). Of those that nothing is known
    of their frequency is said, if they have `FEWEST` rows."""
    import pandas as pd

    categories = CATEGORIES[name]
    number, values = pd.factorize(column)
    number = np.where(number < 0, len(values), number)  # the last: for an empty cell
    plain = {plain_code(value): meaning for value, meaning in coded.values.items()}
    counts = np.bincount(number[counted], minlength=len(values) + 1).tolist()
    exact = {*coded.values, *(f"{one}.0" for one in coded.values), *map(plain_code, coded.values)}
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    code = []
    for value, n in zip([*map(str, values), ""], counts, strict=True):
        meaning = plain.get(plain_code(value), "")
        code.append(categories.index(meaning) if meaning in categories else MISSING)
        nothing = not meaning and plain_code(value) in NOTHING
        kind = "missing_code" if nothing else "unknown_code" if code[-1] < 0 else "untidy_code"
        if n and (code[-1] < 0 or value not in exact):
            found[kind].append((n, value))
    words = name.replace("_", " ")
    for kind in ("missing_code", "unknown_code", "untidy_code"):
        rows = found[kind]
        n, where, few = sum(n for n, _ in rows), words, 0
        if kind == "unknown_code" and rows:
            shown = sorted((row for row in rows if row[0] >= FEWEST), reverse=True)[:MOST_SHOWN]
            others = n - sum(n for n, _ in shown)
            named = [(f"'{shown_code(value)}'", n) for n, value in shown]
            seen, few = counted_words(
                [*named, ("others" if named else "each of few rows:", others)]
            )
            where += f" ({', '.join(seen)})"
        is_needed = kind == "missing_code" and name in NEEDED_CODES
        quality.add(
            "no_source_or_outcome" if is_needed else kind, n, int(counted.sum()), where, few
        )
    return np.array([*code, MISSING], dtype=np.int16)[number]


def shown_code(value: str) -> str:
    """A code as it is shown: at most 40 characters, none of them a control character."""
    return "".join(sign if sign.isprintable() else " " for sign in value.strip())[:40]


def read_ages(frame: pd.DataFrame, mapping: ExtractMapping, quality: DataQuality) -> Column | None:
    """Ages in whole years, MISSING where there is none, shape (n,); None without such a column."""
    import pandas as pd

    if mapping.age is None:
        return None
    number, values = pd.factorize(frame[mapping.age], use_na_sentinel=False)
    text = stripped(pd.Series(values))
    nothing = is_nothing(text)[number]
    years = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float)[number]
    fine = (years >= 0) & (years < OLDEST + 1)
    quality.tally("impossible_age", ~fine & ~nothing)
    quality.tally("missing_age", nothing)
    return np.floor(np.where(fine, years, MISSING)).astype(np.int16)
