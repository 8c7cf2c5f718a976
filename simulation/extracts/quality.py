"""Dirt in an extract, counted by kind: what each is, what was done about it, and which kinds may become too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simulation.display.table import Cell, ReportTable
from simulation.errors import Fault, Faults
from simulation.extracts.mapping import FEWEST
from simulation.records.schema import Ints, Mask
from simulation.records.serialise import read_rows
from simulation.wording import apart


class DirtKind(NamedTuple):
    """A kind of dirt: its words, what is done about it, whether something is lost by it, so that it has a limit; the
    likeliest cause and what to do where it is beyond; its own limit, if it has one; and whether it explains others."""

    words: str
    done: str
    loses: bool = False
    cause: str = ""
    most: float | None = None
    explains: bool = False

    def limit(self, worst_share: float) -> float | None:
        """The share beyond which it is refused, if none is stated; None: it is not."""
        return self.most if self.most is not None else worst_share if self.loses else None


@cache
def kinds() -> Mapping[str, DirtKind]:
    """Every kind of dirt, in the order in which they are looked for; read once, when first asked for."""
    return read_rows(Path(__file__).with_suffix(".yaml"), DirtKind)


FEW = 20
"""Rows of a month below which nothing is said of it alone."""


def is_few(n: Any, of: Any = np.inf) -> Any:
    """Whether a count, or that of the others, is above 0 and under `FEWEST`, so that it is not shown; or a mask."""
    return (n > 0) & (n < FEWEST) | (of - n > 0) & (of - n < FEWEST)


def in_fives(counts: ArrayLike) -> Ints:
    """Counts to the nearest 5, as they are shown beside shares: none of them, and no total, gives one under 5 back."""
    return np.asarray((np.asarray(counts) + FEWEST // 2) // FEWEST * FEWEST)


def counted_words(parts: Iterable[tuple[str, int]]) -> tuple[list[str], int]:
    """'seen 1,203' of each part with a count, 'seen under 5' of few; and how many the few are."""
    few, words = 0, []
    for name, n in parts:
        few += n if (hidden := is_few(n)) else 0
        words += [f"{name} under {FEWEST}" if hidden else f"{name} {n:,}"] if n else []
    return words, few


def named_months(months: Iterable[int]) -> str:
    """Months counted from January 1970 by name, the first six: '2025-03, 2025-04'."""
    return first_six([f"{1970 + month // 12}-{month % 12 + 1:02d}" for month in months])


def first_six(names: Sequence[str]) -> str:
    """The first six names, and how many more there are."""
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


class DirtCount(NamedTuple):
    """How many rows, stamps or codes of a kind of dirt were found, of how many, where, in words, and how many of them
    are not shown: parts of fewer than 5."""

    kind: str
    n: int
    of: int
    where: str = ""
    few: int = 0

    @property
    def share(self) -> float:
        """The share that is of this kind."""
        return self.n / self.of if self.of else 0.0


class DataQuality(list[DirtCount]):
    """What was found, kind by kind; kinds of which nothing was found are there with 0.

    `month`: that of each row, counted from January 1970, once it is known: a kind that is much of one month says so.
    """

    month: Ints | None = None

    def add(self, kind: str, n: int, of: int, where: str = "", few: int = 0) -> None:
        """Note a kind of dirt at one place. Several places of one kind are added up."""
        self.append(DirtCount(kind, n, of, where if n else "", few))

    def tally(
        self, kind: str, has: Mask, among: Mask | None = None, where: str = "", few: int = 0
    ) -> None:
        """Count those that have a kind of dirt, of all or `among` some."""
        n, of = int(has.sum()), len(has) if among is None else int(among.sum())
        if self.month is not None and 0 < n < of and len(has) == len(self.month):
            where += self._months(has, among)
        self.add(kind, n, of, where, few)

    def _months(self, has: Mask, among: Mask | None) -> str:
        """Months of which most have a kind of dirt, if the others have not: as where a system changed."""
        month = self.month if among is None or self.month is None else self.month[among]
        assert month is not None and self.month is not None
        first = int(self.month.min())
        size = int(self.month.max()) - first + 1
        of = np.bincount(month - first, minlength=size)
        n = np.bincount(self.month[has] - first, minlength=size)
        bad = (n > 0.5 * of) & (of >= FEW)
        if not bad.any() or 2 * bad.sum() > (of > 0).sum():
            return ""
        return f", above all in {named_months(np.flatnonzero(bad) + first)}"

    def n(self, kind: str) -> int:
        """How many of a kind were found."""
        return sum(row.n for row in self if row.kind == kind)

    def by_kind(self) -> tuple[DirtCount, ...]:
        """One line for each kind, in their order, with its places added up."""
        lines = []
        for kind in kinds():
            rows = [row for row in self if row.kind == kind]
            if rows:
                words, few = counted_words(
                    (row.where, row.n) for row in rows if len(rows) > 1 and row.where[-1:] != ")"
                )
                words += [
                    row.where
                    for row in rows
                    if row.where and (row.where[-1] == ")" or len(rows) == 1)
                ]
                of, few = sum(row.of for row in rows), few + sum(row.few for row in rows)
                n = sum(row.n for row in rows)
                lines.append(DirtCount(kind, n, of, "; ".join(words), few))
        return tuple(lines)

    def faults(self, where: str, worst_share: float, worst: Mapping[str, float]) -> Iterable[Fault]:
        """A fault for each kind of dirt that loses something beyond its share; of one that explains others alone."""
        rows = [
            (row, limit)
            for row in self
            if (limit := worst.get(row.kind, kinds()[row.kind].limit(worst_share))) is not None
            and row.share > limit
        ]
        explaining = [one for one in rows if kinds()[one[0].kind].explains]
        for row, limit in explaining or rows:
            kind = kinds()[row.kind]
            names = row.where.partition(" (")[0].replace(" ", "_").split(",_")
            cause = kind.cause.replace("{points}", ", ".join(f"{name}_at" for name in names))
            place = f" ({row.where})" if row.where else ""
            share = apart(100 * row.share, 100 * limit, 1)
            found = f"{row.n:,} of {row.of:,} ({share} %): {kind.words}{place}"
            allowed = (
                f"At most {apart(100 * limit, 100 * row.share, 1)} % is read. " if limit else ""
            )
            allow = (
                ""
                if kind.cause not in ("", kinds()["unknown_code"].cause)
                else f" or allow it in the mapping: worst: {{{row.kind}: {min(row.share + 0.005, 1):.2f}}}"
            )
            yield Fault(where, found, f"{allowed}{cause or 'Mend it'}{allow and ','}{allow}")

    def refuse(self, where: str, worst_share: float, worst: Mapping[str, float]) -> None:
        """Raise ConfigError with each kind of dirt that is beyond its share."""
        Faults(self.faults(where, worst_share, worst)).refuse("The extract cannot be used as it is")

    def table(self, worst_share: float, worst: Mapping[str, float]) -> ReportTable:
        """The table of data quality: a line for each kind."""
        cells = []
        for row in self.by_kind():
            kind = kinds()[row.kind]
            limit = worst.get(row.kind, kind.limit(worst_share))
            places = f": {row.where}" if row.where else ""
            n = row.n - (row.few if is_few(row.few) else 0)
            number: tuple[str | Cell, str | Cell] = (
                Cell(n, style="number", digits=0),
                Cell(n / (row.of or 1), style="percent", digits=2),
            )
            if row.kind not in ("few_arrivals", "cut_off") and is_few(
                row.n, row.of
            ):  # of days, not of patients
                number = (f"under {FEWEST}" if row.n < FEWEST else f"all but under {FEWEST}", "")
            cells.append(
                (
                    f"{kind.words}{places}",
                    *number,
                    kind.done if row.n else "",
                    "none" if limit is None else Cell(limit, style="percent", digits=1),
                )
            )
        notes = (
            "Per cent: of the rows, or stamps of one column, that could have it. Beyond the limit it is refused. "
            f"Counts under {FEWEST} are not shown, and are not in the number of their line.",
        )
        headers = ("what was looked for", "number", "per cent", "what was done", "limit, %")
        return ReportTable("quality", "Data quality of the extract", headers, cells, notes)
