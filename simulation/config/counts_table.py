"""A table of counts, true level by label, out of a CSV file as a spreadsheet writes it.

The one layout of such a table: a row for each true level, a column for each label, the most urgent first in both. A
heading row, a first column of names, totals, a byte order mark, semicolons and tabs are allowed. Levels in another
order are refused, and so are unknown names of rows that stand in another order than those of columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulation.config.csv_file import read_csv_text
from simulation.config.files import shortened
from simulation.errors import Fault, Faults, refuse

if TYPE_CHECKING:
    import pandas as pd

LARGEST_BYTES = 100_000
"""Bytes of a file that holds one small table."""
MOST_FAULTS = 5
"""How many wrong cells of a file are named; there are rarely more mistakes."""
TOTALS = ("total", "totals", "grand total", "sum", "all")
"""Headings of a row or column of totals, which is left out."""
ROW_A_CASE = 3
"""How many times as many rows as levels a file has that is taken for one with a row for each case."""
FIVE_LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
"""The levels of the Manchester system, for a department that states none of its own."""
COLOURS = ("red", "orange", "yellow", "green", "blue")
"""Other names of the five levels, in their order."""


class CountsTable(NamedTuple):
    """Patients by true level and label, and notes on what was assumed about names in the file."""

    rows: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()


def read_counts(path: Path, levels: Sequence[str]) -> CountsTable:
    """The table in a CSV file. Raises ConfigError for a file that is no CSV, another shape or order, cells that are no
    counts, or a true level without a patient."""
    rows, n, faults = _cells(path), len(levels), Faults()
    table = _headed(_grid(rows), n)
    if table.shape != (n, n):
        padded = _headed(_grid(rows, gaps=True), n)
        table = padded if padded.shape == (n, n) else table
    of_rows, of_columns, notes = _names(table.index), _names(table.columns), list[str]()
    faults += _shape_faults(table, levels, path.name)
    if not faults:
        faults += _turned_faults(of_rows, of_columns, table.index.name, path.name)
    if not faults:
        _check_order(of_columns, levels, f"{path.name}, columns (labels)", faults, notes)
        _check_order(of_rows, levels, f"{path.name}, rows (true levels)", faults, notes)
        plain_rows, plain_columns = ([*map(_plain, names)] for names in (of_rows, of_columns))
        if notes and plain_rows != plain_columns and sorted(plain_rows) == sorted(plain_columns):
            found = f"names its rows {', '.join(of_rows)}, and its columns {', '.join(of_columns)}"
            faults.add(path.name, found, f"Put both in one order, that of {', '.join(levels)}")
        faults += _cell_faults(table.to_numpy().tolist(), levels, path.name)
    faults.refuse()
    counts = tuple(tuple(int(float(cell)) for cell in row) for row in table.to_numpy())
    for level, row in zip(levels, counts, strict=True):
        if not sum(row):
            remedy = "Count some cases of every true level, fifty of each if you can"
            faults.add(f"{path.name}, true level {level}", "counts no patient", remedy)
    faults.refuse()
    return CountsTable(counts, tuple(notes))


def _cells(path: Path) -> list[list[str]]:
    """The rows of the file that hold any cell, all of one length. Raises ConfigError."""
    text = read_csv_text(path, path.name, most=LARGEST_BYTES, less="Give one small table of counts")
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # a Macintosh ends lines by \r
    lines = [line for line in text.splitlines() if line.strip()]
    most = (
        sign for sign in ";\t" if 2 * sum(sign in line for line in lines) >= len(lines)
    )  # not one in a title
    delimiter = next(most, ",")
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as error:
        refuse(path.name, f"cannot be read as CSV: {error}", "Save the sheet as CSV")
    if not any(sum(map(bool, row)) > 1 for row in rows):
        refuse(path.name, "holds no table", "Write a table of counts into it")
    width = max(len(row) for row in rows)
    return [row + [""] * (width - len(row)) for row in rows if any(row)]


def _grid(rows: Sequence[Sequence[str]], *, gaps: bool = False) -> list[Sequence[str]]:
    """The rows and columns of the table, without titles and notes around it.

    `gaps`: rows of one number and empty columns at the edge belong to it, as in a table that leaves zeros out.
    """
    table = [row for row in rows if sum(map(bool, row)) > 1 or (gaps and not _are_words(row))]
    is_title = (
        len(table) > 1
        and _are_words(table[0])
        and sum(map(bool, table[0])) == 2 < sum(map(bool, table[1]))
    )
    table = (
        table[1:] if is_title else table
    )  # 'Count of case', 'Column Labels': above the headings of a pivot table
    filled = [column for column in range(len(rows[0])) if any(row[column] for row in table)]
    return table if gaps else [row[filled[0] : filled[-1] + 1] for row in table]


def _headed(grid: Sequence[Sequence[str]], n_levels: int) -> pd.DataFrame:
    """The counts without totals, with names of rows and columns where there are any; the corner names the index.

    Names have letters; or they are 1, 2, ... in a row or column that the table of counts alone would not have.
    """
    import pandas as pd

    first = grid[0]
    has_heading = _are_words(first[1:]) or (
        len(grid) > n_levels and _are_ranks(first[-n_levels:], n_levels)
    )
    heading, body = (first, grid[1:]) if has_heading else ((), grid)
    side = [row[0] for row in body]
    wide = len(first) > n_levels
    has_side = _are_words(side) or (
        wide and (_are_ranks(side[:n_levels], n_levels) or not any(side))
    )
    no_corner = (
        has_side and bool(heading) and heading[0] != "" and heading[-1] == ""
    )  # as R writes it
    columns = heading[:-1] if no_corner else heading[has_side:]
    table = pd.DataFrame([list(row[has_side:]) for row in body])
    if heading:
        table.columns = pd.Index(columns)
    if has_side:
        table.index = pd.Index(side, name=heading[0] if heading and not no_corner else "")
    return table.loc[_counts(table.index), _counts(table.columns)]


def _counts(names: pd.Index) -> list[bool]:
    """Whether each row (or column) holds counts, not totals."""
    return [str(name).casefold() not in TOTALS for name in names]


def _names(index: pd.Index) -> tuple[str, ...]:
    """The names of rows or columns; none if they are only numbered."""
    return tuple(name for name in index if isinstance(name, str))


def _are_words(cells: Sequence[str]) -> bool:
    """Whether these cells are names: there are some, and none is a number."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and not any(
        re.fullmatch(r"[-+]?[\d.,' ]*\d[\d.,' %]*", cell) for cell in filled
    )


def _are_ranks(cells: Sequence[str], n_levels: int) -> bool:
    """Whether cells are the numbers of the levels, in whichever order."""
    return sorted(cells) == [str(rank) for rank in range(1, n_levels + 1)]


def _shape_faults(table: pd.DataFrame, levels: Sequence[str], where: str) -> Iterator[Fault]:
    """A fault unless there are as many rows and columns as levels."""
    n, (n_rows, n_columns) = len(levels), table.shape
    if table.shape != (n, n):
        found = f"has {n_rows} rows of {n_columns} cells"
        remedy = (
            f"Give {n} rows (true levels) of {n} counts (labels), {levels[0]} to "
            f"{levels[-1]}; headings may be there"
        )
        if n_rows >= ROW_A_CASE * n:
            found += ": a row for each case, it seems"
            remedy += (
                ". A pivot table of the spreadsheet counts the cases: true level by row, label by column. Or give the "
                "cases themselves to `aeflow vet` (docs/how-to/vet-a-triage-ai.md)"
            )
        elif n_rows == n > n_columns:
            remedy += ". A label that was never given is a column of zeros"
        yield Fault(where, found, remedy)


def _turned_faults(
    rows: Sequence[str], columns: Sequence[str], corner: object, where: str
) -> Iterator[Fault]:
    """A fault if its own headings say that rows are labels, or columns true levels."""
    turned = [name for name in columns if re.match(r"true\b", _lower(name))]
    turned += [name for name in rows if re.match(r"label", _lower(name))]
    turned += [
        name
        for name in [str(corner or "")]
        if re.match(r"(label\w*|given)\b.*\btru(e|th)\b", _lower(name))
    ]
    for name in turned[:1]:
        remedy = "Turn the table: a row for each true level, a column for each label"
        yield Fault(
            where, f"has true levels as columns, by its heading '{shortened(name)}'", remedy
        )


def _lower(name: str) -> str:
    """A heading in lower case, with blanks for signs between words."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _plain(name: str) -> str:
    """A heading in lower case, without 'true' or 'label' before it."""
    return re.sub(r"^(true|label(led)?|given) ", "", _lower(name))


def _check_order(
    names: Sequence[str], levels: Sequence[str], where: str, faults: Faults, notes: list[str]
) -> None:
    """Add a fault if known names are in another order, or a note if they are not known."""
    if not names:
        return
    ranks = [_rank(name, levels) for name in names]
    misplaced = [
        name
        for place, (name, rank) in enumerate(zip(names, ranks, strict=True))
        if rank not in (None, place)
    ]
    if None in ranks and not misplaced:
        shown = ", ".join(shortened(name) or "(empty)" for name in names)
        notes.append(f"{where}: {shown} are taken to be {', '.join(levels)}, in this order")
    elif misplaced:
        found = f"are in the order {', '.join(shortened(name) for name in names)}"
        faults.add(where, found, f"Put them in the order {', '.join(levels)}")


def _rank(name: str, levels: Sequence[str]) -> int | None:
    """The place of a level among the levels (0 is the first), by its name, number or colour; None if it is unknown.

    >>> _rank("Very urgent (orange)", ("immediate", "very_urgent")), _rank("ESI 1", ("immediate", "very_urgent"))
    (1, 0)
    """
    plain = re.sub(r"\(.*?\)", "", name.casefold()).strip()
    plain = re.sub(r"[\s_-]+", "_", re.sub(r"^(true|label(led)?)\b[\s_:-]*", "", plain))
    if plain in levels:
        return list(levels).index(plain)
    if plain in COLOURS and len(levels) == len(COLOURS):
        return COLOURS.index(plain)
    number = re.fullmatch(r"\D*(\d)", plain)
    return int(number[1]) - 1 if number and 1 <= int(number[1]) <= len(levels) else None


def _cell_faults(
    body: Sequence[Sequence[str]], levels: Sequence[str], where: str
) -> Iterator[Fault]:
    """A fault for each of the first few cells that are no whole number of patients; one if they are all shares."""
    wrong = [
        (true, label, cell)
        for true, row in zip(levels, body, strict=True)
        for label, cell in zip(levels, row, strict=True)
        if not re.fullmatch(r"\d{1,9}(\.0+)?", cell)
    ]
    if wrong and all(
        re.fullmatch(r"[01]?[.,]\d+|[01]|[\d.,]+ ?%", cell) for row in body for cell in row
    ):
        yield Fault(
            where,
            "holds shares",
            "Give counts of patients: the precision of the table depends on them",
        )
        return
    for true, label, cell in wrong[:MOST_FAULTS]:
        found = f"found '{shortened(cell)}'" if cell else "is empty"
        remedy = (
            "Allowed: a whole number of patients, 0 or more, without separators"
            if cell
            else "Write 0 where no case was counted"
        )
        yield Fault(f"{where}, true level {true}, label {label}", found, remedy)
    if len(wrong) > MOST_FAULTS:
        yield Fault(
            where, f"{len(wrong) - MOST_FAULTS} more cells are no counts", "Put these right first"
        )
