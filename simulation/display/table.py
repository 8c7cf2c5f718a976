"""A table as it is read, on a screen and on the page alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from simulation.errors import ResultsError, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ReportTable:
    """A table as it is read: `kind` is its short name, cells are text, `notes` are printed below.

    `rows` is an attribute, the cells as tuples; `frame()` is a method that makes them a data frame.
    """

    kind: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """The table as a data frame of text, whose columns are the headers."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.headers))

    def __repr__(self) -> str:
        return f"ReportTable('{self.kind}': {self.title}; {len(self.rows)} rows, {len(self.headers)} columns)"

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        head = "".join(f"<th scope='col'>{escape(header)}</th>" for header in self.headers)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes)
        caption = f"<caption>{escape(self.title)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


class ReportTables(dict[str, ReportTable]):
    """Tables by their kind; one that is not among them raises ResultsError with the nearest kind."""

    def __missing__(self, kind: str) -> ReportTable:
        """Called by `tables[kind]` where there is none."""
        raise ResultsError(f"there is no table '{kind}'. {nearest(str(kind), self)}")


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers: every cell begins like one."""
    return bool(cells) and all(cell[:1] in "+−±–£0123456789" for cell in cells)
