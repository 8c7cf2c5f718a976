"""Dirt in an extract, counted by kind: what each is, what was done about it, and which kinds may become too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simulation.display.table import Cell, ReportTable
from simulation.errors import Fault, Faults
from simulation.extracts.mapping import FEWEST
from simulation.records.schema import Ints, Mask
from simulation.wording import apart

ROW_OUT, STAMP_OUT, CODE_OUT = "row left out", "stamp taken as missing", "code taken as missing"
KEPT = "kept as it is"


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


CODES = "Say in the mapping what these codes mean"
UNREAD = "Look at the format of the column, and at day_first in the mapping"
CLOCK = "The column may be of another clock, or of another point in time than the mapping says"
KINDS: Mapping[str, DirtKind] = {
    "other_clock": DirtKind(
        "stamp by a clock that does not go forward in summer, beside others that do",
        "nothing",
        True,
        "Stamps in UTC all year are put right by a line of the mapping: utc: [{points}]. If only some rows are so, "
        "as of one of two systems, mend them first",
        0.0,
        explains=True,
    ),
    "day_month_swapped": DirtKind(
        "date that only the other order of day and month reads, or a file in which no day is after the 12th",
        "nothing",
        True,
        "Change day_first in the mapping, or write all dates in one way",
        explains=True,
    ),
    "columns_swapped": DirtKind(
        "two stamps most of which are in the wrong order",
        "nothing",
        True,
        "Look whether the mapping names these two columns the wrong way round",
        0.0,
        explains=True,
    ),
    "uneven_row": DirtKind(
        "row with more or fewer cells than the header",
        ROW_OUT,
        True,
        "Often a comma in a free text without quotes: write the file again with quotes",
    ),
    "empty_row": DirtKind("row without a value in any column that is read", ROW_OUT),
    "repeated_header": DirtKind("the header again, within the file", ROW_OUT),
    "left_out_row": DirtKind("row that the mapping leaves out", ROW_OUT),
    "test_patient": DirtKind("number of a test patient", ROW_OUT),
    "repeated_row": DirtKind("row that repeats another one", "one of them kept", loses=True),
    "same_attendance_twice": DirtKind(
        "attendance number that is there already, with other values", "first kept", True
    ),
    "no_arrival": DirtKind("no time of arrival", ROW_OUT, loses=True),
    "unreadable_arrival": DirtKind("arrival that is no time", ROW_OUT, True, UNREAD),
    "outside_period": DirtKind("arrival far outside the period of the others", ROW_OUT, loses=True),
    "few_arrivals": DirtKind(
        "day with far fewer arrivals than usual, in all or in six hours of it", "left out of rates"
    ),
    "unreadable_stamp": DirtKind("later stamp that is no time", STAMP_OUT, True, UNREAD),
    "placeholder_date": DirtKind(
        "date that stands for none, such as 1900 or 9999", STAMP_OUT, loses=True
    ),
    "date_without_time": DirtKind(
        "date alone, or midnight exactly more than by chance or before an arrival of that day",
        STAMP_OUT,
        True,
        "Give the time, too: in the same column, or in a second one, [Date, Time]",
    ),
    "same_moment": DirtKind(
        "many stamps at one moment, as after a downtime", f"later {STAMP_OUT}", True
    ),
    "same_minute": DirtKind(
        "departure on a minute of the day that has far more than others, as of what a system closed",
        STAMP_OUT,
        True,
    ),
    "day_not_turned": DirtKind(
        "stamp after midnight with the date of the day before", "put one day later", True, CLOCK
    ),
    "before_by_rounding": DirtKind(
        "stamp before the arrival by less than stamps are rounded", "put at the arrival"
    ),
    "before_arrival": DirtKind("stamp before the arrival", STAMP_OUT, True, CLOCK),
    "out_of_order": DirtKind("stamp after the departure", STAMP_OUT, True, CLOCK),
    "impossible_order": DirtKind(
        "two stamps in an order in which they cannot be",
        "their span left out of every mean",
        True,
        CLOCK,
        0.25,
    ),
    "stay_too_long": DirtKind(
        "departure later than any stay is taken to last", STAMP_OUT, loses=True
    ),
    "other_format": DirtKind("stamp in another format than most", "read", loses=False),
    "no_such_time": DirtKind("local time that clocks skip in spring", "put one hour later"),
    "hour_twice": DirtKind("local time that clocks show twice in autumn", "put in order"),
    "rounded": DirtKind("stamp on a whole 5 or 15 minutes, beyond what chance makes", KEPT),
    "heap_before_4h": DirtKind(
        "departure in the ten minutes before four hours, beyond what is usual around", KEPT
    ),
    "unknown_code": DirtKind(
        "code that the mapping does not name, or calls unknown", CODE_OUT, True, CODES
    ),
    "no_source_or_outcome": DirtKind(
        "no code of the arrival source or outcome",
        "source: as that of the patient before; outcome: left out of shares",
        True,
        CODES,
    ),
    "missing_code": DirtKind("no code", KEPT),
    "levels_turned": DirtKind(
        "level by which the less urgent are admitted more often",
        "nothing",
        True,
        "Look whether 1 is the most urgent level of the column",
        0.0,
    ),
    "untidy_code": DirtKind("code with other capitals or blanks", "read"),
    "impossible_age": DirtKind(
        "age that is no number from 0 to 120", "taken as missing", loses=True
    ),
    "missing_age": DirtKind("no age", KEPT),
    "no_departure": DirtKind(
        "no departure, of a patient who did not leave unseen", KEPT, loses=True
    ),
    "left_without_time": DirtKind("left unseen, and nobody noted when", KEPT),
    "left_though_seen": DirtKind(
        "coded as left unseen, a quarter of an hour or more after a clinician",
        "counted as discharged",
    ),
    "left_when_called": DirtKind(
        "left unseen, less than a quarter of an hour after a clinician: called, and not there",
        "stamp of the clinician taken as missing",
    ),
    "no_stamp": DirtKind(
        "no time of a step before that, of a patient who did not leave unseen", KEPT
    ),
    "no_seen": DirtKind(
        "no time of the first clinician, of a patient who did not leave unseen", KEPT
    ),
    "admitted_without_decision": DirtKind("admitted without a decision to admit", KEPT),
    "decision_without_admission": DirtKind(
        "decision to admit without an admission", KEPT, True, CODES, 0.5
    ),
    "back_again": DirtKind("re-attendance of the same patient", KEPT),
    "overlapping": DirtKind("patient who arrives again before departure", KEPT),
}
"""In the order in which they are looked for."""


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
    names = [f"{1970 + month // 12}-{month % 12 + 1:02d}" for month in months]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


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
        for kind in KINDS:
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
            if (limit := worst.get(row.kind, KINDS[row.kind].limit(worst_share))) is not None
            and row.share > limit
        ]
        explaining = [one for one in rows if KINDS[one[0].kind].explains]
        for row, limit in explaining or rows:
            kind = KINDS[row.kind]
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
                if kind.cause not in ("", CODES)
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
            kind = KINDS[row.kind]
            limit = worst.get(row.kind, kind.limit(worst_share))
            places = f": {row.where}" if row.where else ""
            n = row.n - (row.few if is_few(row.few) else 0)
            number: tuple[str | Cell, str | Cell] = (
                Cell(n, style="number", digits=0),
                Cell(n / (row.of or 1), style="percent", digits=2),
            )
            if row.kind != "few_arrivals" and is_few(row.n, row.of):  # of days, not of patients
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
