"""A table of numbers and text, and how both are written: on a screen, on the page and in files alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar

from simulation.display.words import amount, change, cost_in_short
from simulation.errors import ResultsError, nearest
from simulation.statistics.compare import Comparison
from simulation.statistics.intervals import Interval

if TYPE_CHECKING:
    import pandas as pd


Style = Literal[
    "level",
    "difference",
    "short difference",
    "short",
    "percent",
    "number",
    "pounds",
    "rounded pounds",
]
"""How numbers are written: '58.9 min', '−7.2', '−16', '16', '12', '12.3', '£165,301', '£165,000'. A short one has a
decimal below 10 alone, unless it is whole."""
UNKNOWN = "–"
Row = TypeVar("Row")
Column = TypeVar("Column")
MOST_ON_SCREEN = 12
"""Rows of a table on a screen, those of the study's `focus` always among them; the report has all."""
PARTS = {"value": "", "low": ", from", "high": ", to"}
"""The numbers of a cell, and what follows the header of a column in the columns of each."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table that is a number: `value`, the ends of its interval, then `words`.

    A number that is None is not part of the cell, one that is NaN is not known. `text` is how the whole is written
    where it is not number, interval and words in turn; `look` the kind of verdict that it is coloured by.
    """

    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    style: Style = "level"
    digits: int = 1
    words: str = ""
    text: str = ""
    look: str = ""

    def __str__(self) -> str:
        """The cell as it is read."""
        if self.text:
            return self.text
        number = "" if self.value is None else self._number(self.value)
        if self.low is not None and self.high is not None:
            number = f"{number} ({self._interval()})" if number else self._interval()
        return f"{number} {self.words}".strip()

    @property
    def is_number(self) -> bool:
        """Whether it holds a number at all."""
        return self.value is not None or self.low is not None

    def scaled(self, value: float) -> float:
        """A number of the cell as it is written: shares in per cent, or in points."""
        return 100 * value if self.unit == "share" or self.style == "percent" else value

    def part(self, name: str) -> Cell | str:
        """One number of the cell alone; empty if the cell has it not."""
        value = getattr(self, name)
        return (
            ""
            if value is None
            else Cell(value, self.unit, style=self.style, digits=self.digits, look=self.look)
        )

    def _number(self, value: float) -> str:
        if math.isnan(value):
            return UNKNOWN
        match self.style:
            case "level":
                return amount(value, self.unit)
            case "difference":
                return change(value, self.unit)
            case "short" | "short difference":
                size = abs(self.scaled(value))
                digits = 0 if size >= 9.95 or size < 0.05 or math.isclose(size, round(size)) else 1
                return f"{'+−'[value < 0] * (self.style != 'short' and size >= 0.05)}{size:,.{digits}f}"
            case "rounded pounds":
                return cost_in_short(value)
            case "pounds":
                return f"{'−' if value < 0 else ''}£{abs(value):,.0f}"
        return f"{self.scaled(value):,.{self.digits}f}".replace("-", "−")

    def _interval(self) -> str:
        """Both ends; 'without bound' if one is infinite."""
        assert self.low is not None and self.high is not None
        if math.isinf(self.low) or math.isinf(self.high):
            return "without bound"
        if math.isnan(self.low):
            return UNKNOWN
        return f"{self._number(self.low).removeprefix('£')} to {self._number(self.high).removeprefix('£')}"


def difference_cell(row: Comparison, *, words: str = "", look: str = "") -> Cell:
    """A difference from the baseline with its interval, then words: '−7.2 (−18.0 to +3.5) better'."""
    ends = row.difference_low, row.difference_high
    return Cell(row.difference, row.unit, *ends, style="difference", words=words, look=look)


def range_cell(row: Comparison, *, words: str = "", look: str = "") -> Cell:
    """As `difference_cell`, with the range of nine in ten departments in place of the interval, where that is wider: if
    it is not, noise does not tell departments apart."""
    cell, low, high = (
        difference_cell(row, words=words, look=look),
        row.department_p5,
        row.department_p95,
    )
    return (
        replace(cell, low=low, high=high)
        if high - low > row.difference_high - row.difference_low
        else cell
    )


def scaled_range_cell(row: Comparison, times: float = 1.0) -> Cell:
    """The range of nine in ten departments of so many times a difference; a dash where there is none."""
    return ends_cell(times * row.department_p5, times * row.department_p95, row.unit)


def interval_cell(interval: Interval, unit: str) -> Cell:
    """The mean of an interval of a difference, and its ends."""
    return Cell(interval.mean, unit, interval.low, interval.high, style="difference")


def ends_cell(low: float, high: float, unit: str) -> Cell:
    """An interval of a difference alone: '−18.0 to +3.5'."""
    return Cell(unit=unit, low=low, high=high, style="difference")


def change_cell(value: float, unit: str) -> Cell:
    """A difference alone: '−7.2'."""
    return Cell(value, unit, style="difference")


Cells = Sequence[str | Cell]
"""A row of a table."""


def difference_cells(row: Comparison) -> tuple[Cell, Cell]:
    """A difference from the baseline and its interval, in two cells."""
    return change_cell(row.difference, row.unit), ends_cell(
        row.difference_low, row.difference_high, row.unit
    )


@dataclass(frozen=True, repr=False)
class ReportTable:
    """A table as it is read: `kind` is its short name, `notes` are printed below.

    `cells` are numbers with their units (`Cell`), or plain text; `rows` is the same as text, and `frame()` makes a data
    frame of it.
    """

    kind: str
    title: str
    headers: tuple[str, ...]
    cells: Sequence[Cells]
    notes: Sequence[str] = ()

    @cached_property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells as text."""
        return tuple(tuple(map(str, row)) for row in self.cells)

    def frame(self) -> pd.DataFrame:
        """The table as a data frame of text, whose columns are the headers."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.headers))

    def in_words(self) -> str:
        """The table read out, row by row, for whoever cannot see the picture of it."""
        rows = (
            f"{row[0]}: "
            + ", ".join(
                f"{header} {cell}" for header, cell in zip(self.headers[1:], row[1:], strict=True)
            )
            for row in self.rows
        )
        return f"{self.title}. {'; '.join(rows)}."

    def spread_out(self) -> tuple[tuple[str, ...], list[Cells]]:
        """Headers and rows with one number in a cell: an interval has two columns of its own, words one."""
        headers: list[str] = []
        columns: list[list[str | Cell]] = []
        for number, header in enumerate(self.headers):
            cells = [row[number] for row in self.cells]
            known = [cell for cell in cells if isinstance(cell, Cell)]
            parts = [
                part for part in PARTS if any(getattr(cell, part) is not None for cell in known)
            ] or ["value"]
            for part in parts:
                headers.append(f"{header}{PARTS[part]}")
                columns.append(
                    [cell.part(part) if isinstance(cell, Cell) else "" for cell in cells]
                )
            columns[-len(parts)] = [
                part or str(cell) for part, cell in zip(columns[-len(parts)], cells, strict=True)
            ]  # text, and cells without this number, are in the first of its columns
            if any((cell.words or cell.text) and cell.is_number for cell in known):
                headers.append(f"{header}, in words")
                columns.append(
                    [cell.text or cell.words if isinstance(cell, Cell) else "" for cell in cells]
                )
        return tuple(headers), list(zip(*columns, strict=True))

    def is_numeric(self, column: int) -> bool:
        """Whether a column holds numbers; of plain text, whether every cell begins like one."""
        cells = [row[column] for row in self.cells]
        if any(isinstance(cell, Cell) for cell in cells):
            return all(
                cell.is_number and not cell.text if isinstance(cell, Cell) else cell == UNKNOWN
                for cell in cells
            )
        return bool(cells) and all(str(cell)[:1] in "+−±–£0123456789" for cell in cells)

    def __repr__(self) -> str:
        return f"ReportTable('{self.kind}': {self.title}; {len(self.rows)} rows, {len(self.headers)} columns)"

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        from simulation.display.web_page import html_of

        return html_of([self])


def crossed(
    named: tuple[str, str, str],
    rows: Iterable[tuple[str, Row]],
    columns: Iterable[tuple[str, Column]],
    cell: Callable[[Row, Column], str | Cell],
    notes: Iterable[str] = (),
) -> ReportTable:
    """A table whose cells follow from what their row and their column are about.

    `named`: kind, title, and the header of the first column; `rows` and `columns`: words, and what they are about.
    """
    kind, title, first = named
    columns = tuple(columns)
    cells = [(words, *(cell(row, column) for _, column in columns)) for words, row in rows]
    return ReportTable(kind, title, (first, *(header for header, _ in columns)), cells, list(notes))


class ReportTables(dict[str, ReportTable]):
    """Tables by their kind; one that is not among them raises ResultsError with the nearest kind."""

    def __init__(self, tables: Iterable[ReportTable]) -> None:
        super().__init__((table.kind, table) for table in tables)

    def __missing__(self, kind: str) -> ReportTable:
        """Called by `tables[kind]` where there is none."""
        raise ResultsError(f"there is no table '{kind}'. {nearest(str(kind), self)}")


def first_rows(
    table: ReportTable, focus: Collection[str] = (), *, where: str = "the report"
) -> ReportTable:
    """A table with at most `MOST_ON_SCREEN` rows, in their order: those of arms in `focus`, then the first others.

    `where`: where all are.
    """
    n_more = len(table.rows) - MOST_ON_SCREEN
    if n_more <= 0:
        return table
    in_focus = [number for number, row in enumerate(table.rows) if row[0] in focus][:MOST_ON_SCREEN]
    others = [number for number in range(len(table.rows)) if number not in in_focus]
    kept = sorted([*in_focus, *others[: MOST_ON_SCREEN - len(in_focus)]])
    more = f"1 more row is in {where}." if n_more == 1 else f"{n_more} more rows are in {where}."
    return replace(
        table, cells=tuple(table.cells[number] for number in kept), notes=(more, *table.notes)
    )


def with_columns(table: ReportTable, kept: Sequence[int]) -> ReportTable:
    """A table with these of its columns."""
    cells = tuple(tuple(row[number] for number in kept) for row in table.cells)
    return replace(table, headers=tuple(table.headers[number] for number in kept), cells=cells)
