"""Dirt in an extract, counted by kind: what each is, what was done about it, and which kinds may become too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from simulation.display.table import Cell, ReportTable
from simulation.errors import Fault, Faults
from simulation.records.schema import Mask
from simulation.wording import apart

ROW_OUT, STAMP_OUT, CODE_OUT = "row left out", "stamp taken as missing", "code taken as missing"
KEPT, MENDED = "kept as it is", "mended"


class DirtKind(NamedTuple):
    """A kind of dirt: its words, what is done about it, and whether something is lost by it, so that it has a limit."""

    words: str
    done: str
    loses: bool = False


KINDS: Mapping[str, DirtKind] = {
    "uneven_row": DirtKind("row with more or fewer cells than the header", ROW_OUT, loses=True),
    "empty_row": DirtKind("row without a value in any column that is read", ROW_OUT),
    "repeated_header": DirtKind("the header again, within the file", ROW_OUT),
    "repeated_row": DirtKind("row that repeats another one", "one of them kept", loses=True),
    "same_attendance_twice": DirtKind(
        "attendance number that is there already, with other values", "first kept", True
    ),
    "no_arrival": DirtKind("no time of arrival", ROW_OUT, loses=True),
    "unreadable_arrival": DirtKind("arrival that is no time", ROW_OUT, loses=True),
    "outside_period": DirtKind("arrival far outside the period of the others", ROW_OUT, loses=True),
    "unreadable_stamp": DirtKind("later stamp that is no time", STAMP_OUT, loses=True),
    "placeholder_date": DirtKind(
        "date that stands for none, such as 1900 or 9999", STAMP_OUT, loses=True
    ),
    "date_without_time": DirtKind(
        "midnight exactly, on the day of an arrival after it: a date alone", STAMP_OUT, True
    ),
    "day_not_turned": DirtKind(
        "stamp after midnight with the date of the day before", "put one day later", loses=True
    ),
    "before_by_rounding": DirtKind(
        "stamp before the arrival by less than stamps are rounded", "put at the arrival"
    ),
    "before_arrival": DirtKind("stamp before the arrival", STAMP_OUT, loses=True),
    "out_of_order": DirtKind("stamp after the departure", STAMP_OUT, loses=True),
    "stay_too_long": DirtKind(
        "departure later than any stay is taken to last", STAMP_OUT, loses=True
    ),
    "other_format": DirtKind("stamp in another format than most", "read", loses=False),
    "no_such_time": DirtKind("local time that clocks skip in spring", "put one hour later"),
    "hour_twice": DirtKind("local time that clocks show twice in autumn", "put in order"),
    "rounded": DirtKind("stamp on a whole 5 or 15 minutes, beyond what chance makes", KEPT),
    "unknown_code": DirtKind("code that the mapping does not know", CODE_OUT, loses=True),
    "missing_code": DirtKind("no code", KEPT),
    "untidy_code": DirtKind("code with other capitals or blanks", "read"),
    "impossible_age": DirtKind(
        "age that is no number from 0 to 120", "taken as missing", loses=True
    ),
    "missing_age": DirtKind("no age", KEPT),
    "no_departure": DirtKind(
        "no departure, of a patient who did not leave unseen", KEPT, loses=True
    ),
    "left_without_time": DirtKind("left unseen, and nobody noted when", KEPT),
    "no_seen": DirtKind(
        "no time of the first clinician, of a patient who did not leave unseen", KEPT
    ),
    "admitted_without_decision": DirtKind("admitted without a decision to admit", KEPT),
    "decision_without_admission": DirtKind("decision to admit without an admission", KEPT),
    "back_again": DirtKind("re-attendance of the same patient", KEPT),
    "overlapping": DirtKind("patient who arrives again before departure", KEPT),
}
"""In the order in which they are looked for."""


class DirtCount(NamedTuple):
    """How many rows, stamps or codes of a kind of dirt were found, of how many, and where, in words."""

    kind: str
    n: int
    of: int
    where: str = ""

    @property
    def share(self) -> float:
        """The share that is of this kind."""
        return self.n / self.of if self.of else 0.0


class DataQuality(list[DirtCount]):
    """What was found, kind by kind; kinds of which nothing was found are there with 0."""

    def add(self, kind: str, n: int, of: int, where: str = "") -> None:
        """Note a kind of dirt at one place. Several places of one kind are added up."""
        self.append(DirtCount(kind, n, of, where if n else ""))

    def tally(self, kind: str, has: Mask, among: Mask | None = None, where: str = "") -> None:
        """Count those that have a kind of dirt, of all or `among` some."""
        self.add(kind, int(has.sum()), len(has) if among is None else int(among.sum()), where)

    def n(self, kind: str) -> int:
        """How many of a kind were found."""
        return sum(row.n for row in self if row.kind == kind)

    def by_kind(self) -> tuple[DirtCount, ...]:
        """One line for each kind, in their order, with its places added up."""
        lines = []
        for kind in KINDS:
            rows = [row for row in self if row.kind == kind]
            if rows:
                places = ", ".join(f"{row.where} {row.n:,}" for row in rows if row.where)
                lines.append(
                    DirtCount(kind, sum(row.n for row in rows), sum(row.of for row in rows), places)
                )
        return tuple(lines)

    def faults(self, where: str, worst_share: float, worst: Mapping[str, float]) -> Iterable[Fault]:
        """A fault for each kind of dirt that loses something beyond its share."""
        for row in self:
            limit = worst.get(row.kind, worst_share if KINDS[row.kind].loses else 1.0)
            if row.share > limit:
                place = f" ({row.where})" if row.where else ""
                share = apart(100 * row.share, 100 * limit, 1)
                found = f"{row.n:,} of {row.of:,} ({share} %): {KINDS[row.kind].words}{place}"
                remedy = (
                    f"At most {apart(100 * limit, 100 * row.share, 1)} % is read. Mend it, or allow it in the mapping: "
                    f"worst: {{{row.kind}: {min(row.share + 0.005, 1):.2f}}}"
                )
                yield Fault(where, found, remedy)

    def refuse(self, where: str, worst_share: float, worst: Mapping[str, float]) -> None:
        """Raise ConfigError with each kind of dirt that is beyond its share."""
        Faults(self.faults(where, worst_share, worst)).refuse("The extract cannot be used as it is")

    def table(self, worst_share: float, worst: Mapping[str, float]) -> ReportTable:
        """The table of data quality: a line for each kind."""
        cells = []
        for row in self.by_kind():
            kind = KINDS[row.kind]
            limit = worst.get(row.kind, worst_share if kind.loses else None)
            places = f": {row.where}" if row.where else ""
            cells.append(
                (
                    f"{kind.words}{places}",
                    Cell(row.n, style="number", digits=0),
                    Cell(row.share, style="percent", digits=2),
                    kind.done if row.n else "",
                    "none" if limit is None else Cell(limit, style="percent", digits=1),
                )
            )
        notes = (
            "Per cent: of the rows, or stamps of one column, that could have it. Beyond the limit it is refused.",
        )
        headers = ("what was looked for", "number", "per cent", "what was done", "limit, %")
        return ReportTable("quality", "Data quality of the extract", headers, cells, notes)
