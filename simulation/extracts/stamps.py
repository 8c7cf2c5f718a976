"""Points in time as hospitals write them, in minutes; and clocks that go forward and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from simulation.extracts.mapping import ExtractMapping
from simulation.records.schema import Floats, Ints, Mask

if TYPE_CHECKING:
    import pandas as pd

ISO, OFFSET, SERIAL = "ISO8601", "with offset", "of a spreadsheet"
DAY_FIRST = (
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d.%m.%Y %H:%M",
)
MONTH_FIRST = (
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m-%d-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
)
OTHERS = (
    "%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M", "%d %b %Y %H:%M", "%d %B %Y %H:%M", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M",
)  # fmt: skip
WITH_OFFSET = r":\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$"
WITHOUT_TIME, WITHOUT_DATE = r"[ T]00:00(?::00(?:\.0+)?)?$", r"^\d+[-/]\d+[-/]\d+[ T]"
"""What stands behind a date alone and before a time alone, where a program writes both."""
WITH_SERIAL = r"^\d{5}(?:\.\d+)?$"
SERIAL_FROM = -25_569
"""Days from the first of January 1970 to the day 0 of spreadsheets."""
EARLIEST, LATEST = 1990, 2100
"""Years between which a date stands for itself."""
NOTHING = ("", "null", "none", "nan", "nat", "<na>", "n/a", "na", "-")
"""Text of a cell in which nothing stands, in small letters."""
DAY = 1440.0
MICROSECONDS = 60e6
SAMPLE, AT_ONCE = 40, 100_000
"""Cells by which formats are put in order, and cells that are read at once: as text they take most of the memory."""


class Stamps(NamedTuple):
    """Points in time of one column in minutes of local time from the first of January 1970, NaN where there is none.

    Masks: no stamp at all; one that is no time; one that stands for none; one in another format than most.
    """

    at: Floats
    nothing: Mask
    unreadable: Mask
    placeholder: Mask
    other_format: Mask

    def of(self, rows: Ints) -> Stamps:
        """Those of some rows."""
        return Stamps._make(column[rows] for column in self)


def stamps_of(column: pd.Series, mapping: ExtractMapping) -> Stamps:
    """A column of points in time, in any of the usual formats, shape (n,)."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        if column.dt.tz is not None:
            column = column.dt.tz_convert(mapping.timezone or "UTC").dt.tz_localize(None)
        at, nothing, format_of = (
            _minutes(column),
            column.isna().to_numpy(),
            np.zeros(len(column), dtype=np.int8),
        )
    else:
        parts = [
            column.iloc[start : start + AT_ONCE] for start in range(0, max(len(column), 1), AT_ONCE)
        ]
        nothing = np.concatenate([is_nothing(stripped(part)) for part in parts])
        at, format_of = np.full(len(column), np.nan), np.full(len(column), -1, dtype=np.int8)
        there = np.flatnonzero(~nothing)
        formats = _formats(stripped(column.iloc[there[:SAMPLE]]), mapping)
        for start in range(0, len(there), AT_ONCE):
            todo = there[start : start + AT_ONCE]
            text = stripped(column.iloc[todo])
            for code, form in enumerate(formats):
                if len(todo):
                    minutes = _parsed(text, form, mapping)
                    read = ~np.isnan(minutes)
                    at[todo[read]], format_of[todo[read]] = minutes[read], code
                    todo, text = todo[~read], text[~read]
    unreadable = np.isnan(at) & ~nothing
    year = 1970 + np.nan_to_num(at) / (365.2425 * DAY)
    placeholder = ~np.isnan(at) & ((year < EARLIEST) | (year > LATEST))
    usual = int(np.bincount(format_of[format_of >= 0], minlength=1).argmax())
    other = (format_of >= 0) & (format_of != usual) & ~placeholder
    return Stamps(np.where(placeholder, np.nan, at), nothing, unreadable, placeholder, other)


def in_one(date: pd.Series, time: pd.Series) -> pd.Series:
    """Dates and times of two columns as text in one. One without the other is no point in time and is written so that
    nothing reads it: `2025-03-04 ?`."""
    day = stripped(date).str.replace(WITHOUT_TIME, "", regex=True)
    clock = stripped(time).str.replace(WITHOUT_DATE, "", regex=True)
    clock = clock.str.replace(
        r"^(\d{0,2}?)(\d\d?)(?:\.0)?$", lambda of: f"{of[1]:0>2}:{of[2]:0>2}", regex=True
    )
    no_day, no_clock = is_nothing(day), is_nothing(clock)
    both = day.mask(no_day, "?") + " " + clock.mask(no_clock, "?")
    return both.mask(no_day & no_clock, "")


def stripped(column: pd.Series) -> pd.Series:
    """A column as text without blanks around it."""
    return column.astype("str").fillna("").str.strip()


def is_nothing(text: pd.Series) -> Mask:
    """Mask of the cells in which nothing stands."""
    return np.asarray(text.str.lower().isin(NOTHING).to_numpy(dtype=bool))


def _formats(sample: pd.Series, mapping: ExtractMapping) -> list[str]:
    """All formats, those first in which most of a sample is written."""
    forms = [ISO, OFFSET, *(DAY_FIRST if mapping.day_first else MONTH_FIRST), *OTHERS, SERIAL]
    n_read = (
        {form: int((~np.isnan(_parsed(sample, form, mapping))).sum()) for form in forms}
        if len(sample)
        else {}
    )
    return sorted(forms, key=lambda form: -n_read.get(form, 0))


def _parsed(text: pd.Series, form: str, mapping: ExtractMapping) -> Floats:
    """Minutes of the cells that are written in a format, NaN of the others."""
    import pandas as pd

    if form == SERIAL:
        days = pd.to_numeric(text.where(text.str.match(WITH_SERIAL)), errors="coerce")
        return np.asarray((days.to_numpy(dtype=float) + SERIAL_FROM) * DAY)
    if form == OFFSET:
        points = pd.to_datetime(
            text.where(text.str.contains(WITH_OFFSET)), format=ISO, errors="coerce", utc=True
        )
        return _minutes(points.dt.tz_convert(mapping.timezone or "UTC").dt.tz_localize(None))
    if form == ISO:  # that without signs between figures is a format of its own
        text = text.where(text.str.len() != len("20250403T093000"))
    try:
        points = pd.to_datetime(text, format=form, errors="coerce")
    except ValueError:  # some have an offset, and some have none or another
        points = pd.to_datetime(
            text.where(~text.str.contains(WITH_OFFSET)), format=form, errors="coerce"
        )
    return np.full(len(text), np.nan) if points.dt.tz is not None else _minutes(points)


def _minutes(points: pd.Series) -> Floats:
    microseconds = points.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(microseconds), np.nan, microseconds.astype(np.int64) / MICROSECONDS)


class ClockChange(NamedTuple):
    """A night in which clocks change: the local minute, before it, at which they do, and by how many minutes."""

    at: float
    by: float


def clock_changes(zone: ZoneInfo | None, first: float, last: float) -> tuple[ClockChange, ...]:
    """The changes of clocks between two points in time, in minutes from the first of January 1970."""
    if zone is None:
        return ()
    import pandas as pd

    begin, end = (
        pd.Timestamp(0) + pd.Timedelta(minutes=at // 60 * 60)
        for at in (first - 2 * DAY, last + 2 * DAY)
    )
    quarters = pd.date_range(begin, end, freq="15min")
    by = (
        quarters.tz_localize("UTC").tz_convert(zone).tz_localize(None) - quarters
    ).total_seconds().to_numpy() / 60
    at = quarters.to_numpy("datetime64[m]").astype(np.int64)
    return tuple(
        ClockChange(float(at[k + 1] + by[k]), by[k + 1] - by[k])
        for k in np.flatnonzero(np.diff(by))
    )


def skipped_hour(at: Floats, changes: tuple[ClockChange, ...]) -> Mask:
    """Mask of local times that clocks skip."""
    return _within(at, [(change.at, change.at + change.by) for change in changes if change.by > 0])


def repeated_hour(at: Floats, changes: tuple[ClockChange, ...]) -> Mask:
    """Mask of local times that clocks show twice."""
    return _within(at, [(change.at + change.by, change.at) for change in changes if change.by < 0])


def _within(at: Floats, spans: list[tuple[float, float]]) -> Mask:
    mask = np.zeros(len(at), dtype=np.bool_)
    for start, end in spans:
        mask |= (at >= start) & (at < end)
    return mask


def elapsed(arrived_at: Floats, at: Floats, changes: tuple[ClockChange, ...]) -> Floats:
    """Minutes that passed from arrival to a stamp, both local times, over a change of clocks too.

    An arrival in the hour that is shown twice is taken to be in the first of the two; a stamp in that hour which seems
    to be before such an arrival, in the second.
    """
    minutes = at - arrived_at
    for change in changes:
        if change.by > 0:
            passed = (arrived_at < change.at) & (at >= change.at + change.by)
        else:
            again = (
                (arrived_at >= change.at + change.by)
                & (at >= change.at + change.by)
                & (at < arrived_at)
            )
            passed = (arrived_at < change.at) & ((at >= change.at) | again)
        minutes = np.where(passed, minutes - change.by, minutes)
    return np.asarray(minutes)


class Rounding(NamedTuple):
    """To how many minutes stamps are mostly rounded (0: to less than one), and how many are beyond what chance puts on
    a multiple of 5 or 15 minutes."""

    to: int
    n: int


def rounding_of(at: Floats) -> Rounding:
    """How the stamps of one column are rounded."""
    known = at[~np.isnan(at)]
    on_minute = np.abs(known - np.rint(known)) < 1e-4
    n, n_minute = len(known), int(on_minute.sum())
    minute: Ints = np.rint(known[on_minute]).astype(np.int64) % 60
    n_15, n_5 = int((minute % 15 == 0).sum()), int((minute % 5 == 0).sum())
    is_whole = n_minute > 0.5 * n
    chance_15 = (n_minute - n_15) / 14 if is_whole else n / 900
    chance_5 = (n_minute - n_5) * 8 / 48 if is_whole else n * 8 / 3600
    beyond = [max(n_15 - chance_15, 0.0), max(n_5 - n_15 - chance_5, 0.0)]
    sure = [count if count > 5 * np.sqrt(chance + 1) else 0.0 for count, chance in
            zip(beyond, (chance_15, chance_5), strict=True)]  # fmt: skip
    to = (
        15
        if sure[0] > 0.2 * n and sure[0] > sure[1]
        else 5
        if sum(sure) > 0.2 * n
        else 1
        if n_minute > 0.9 * n
        else 0
    )
    return Rounding(to if n else 0, round(sum(sure)))
