"""Points in time as hospitals write them, in minutes; and clocks that go forward and back."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from simulation.extracts.mapping import ExtractMapping
from simulation.records.schema import Floats, Ints, Mask
from simulation.records.serialise import read_yaml

if TYPE_CHECKING:
    import pandas as pd

ISO, OFFSET, SERIAL = "ISO8601", "with offset", "of a spreadsheet"
CLOCKS, OTHERS, NOTHING, NO_TIME = read_yaml(Path(__file__).with_suffix(".yaml")).values()
"""How times of day are written; points in time, otherwise than in figures with a day or month first; and what stands in
a cell in which nothing stands, and in the place of a time."""
DAY_FIRST, MONTH_FIRST = (
    tuple(
        f"%{one}{sign}%{two}{sign}{year} {clock}"
        for sign in "/-."
        for year in ("%Y", "%y")
        for clock in CLOCKS
    )
    for one, two in ("dm", "md")
)
WITH_OFFSET = r":\d\d(?:\.\d+)?\s*(?:[zZ]|[+-]\d\d(?::?\d\d)?)$"
WITHOUT_TIME, WITHOUT_DATE = r"[ T]00:00(?::00(?:\.0+)?)?$", r"^\d+[-/]\d+[-/]\d+[ T]"
"""What stands behind a date alone and before a time alone, where a program writes both."""
DATE = r"^(?:\d{1,4}[-/. ](?:\d+|[A-Za-z]+)[-/. ]\d+|\d{8})$"
WITH_SERIAL = r"^\d{5}\.\d+$"
SERIAL_FROM = -25_569
"""Days from the first of January 1970 to the day 0 of spreadsheets."""
EARLIEST, LATEST = 1990, 2100
"""Years between which a date stands for itself."""
DAY, DAY_LONG = 1440.0, 1440
MICROSECONDS = 60e6
MIDNIGHTS = 5
"""How many times as many stamps as within the half hour after it are on midnight exactly, if they are dates alone."""
ENOUGH_HOURS = 2_000
"""Arrivals of a season below which its hours of the day are not looked at."""
MANY_AT_ONCE, OF_A_MINUTE, FAR_BEYOND = 8, 3, 8
"""Stamps at one moment that may be chance, how many times as many as usual may be on one minute of the day, and
deviations of a Poisson number that are none. Judgements."""
HOURS_AROUND = 4
"""How many hours before and after say by their same minute how many are usual on one."""
ENOUGH, LEAST, UNLIKE, FAR = 0.1, 200, 0.75, 16
"""The least share and number of stamps that rounding put on a multiple, and of exact ones; how far apart, of 2, the
shares of both by their neighbours may lie; and minutes beyond which a neighbour makes no difference. Judgements."""
CELLS = (2 * FAR + 1,) * 2
"""How many minutes since the stamp before are told apart, and until the next."""
SAMPLE, AT_ONCE = 40, 100_000
"""Cells by which formats are put in order, and cells that are read at once: as text they take most of the memory."""


class Stamps(NamedTuple):
    """Points in time of one column in minutes of local time from the first of January 1970, NaN where there is none.

    Masks: no stamp at all; a word that says so; one that is no time; one that stands for none; one in another format
    than most; a date alone, which is no time; a date that only the other order of day and month reads.
    """

    at: Floats
    nothing: Mask
    in_words: Mask
    unreadable: Mask
    placeholder: Mask
    other_format: Mask
    date_alone: Mask
    other_order: Mask

    def of(self, rows: Ints) -> Stamps:
        """Those of some rows."""
        return Stamps._make(column[rows] for column in self)


def stamps_of(column: pd.Series, mapping: ExtractMapping, *, in_utc: bool = False) -> Stamps:
    """A column of points in time, in any of the usual formats, shape (n,). `in_utc`: whether they are in UTC."""
    import pandas as pd

    other_order, alone, in_words = np.zeros((3, len(column)), dtype=np.bool_)
    if pd.api.types.is_datetime64_any_dtype(column):
        if in_utc and column.dt.tz is None:
            column = column.dt.tz_localize("UTC")
        if column.dt.tz is not None:
            column = _local(column, mapping)
        at, nothing, format_of = (
            _minutes(column),
            column.isna().to_numpy(),
            np.zeros(len(column), dtype=np.int8),
        )
    else:
        parts = [
            column.iloc[start : start + AT_ONCE] for start in range(0, max(len(column), 1), AT_ONCE)
        ]
        nothing = np.concatenate([is_nothing(stripped(part), NO_TIME) for part in parts])
        in_words = nothing & ~column.isin(("", " ", None)).to_numpy(dtype=bool)
        at, format_of = np.full(len(column), np.nan), np.full(len(column), -1, dtype=np.int8)
        there = np.flatnonzero(~nothing)
        some = there[:: max(len(there) // SAMPLE, 1)]
        formats = _formats(stripped(column.iloc[some]), mapping)
        for start in range(0, len(there), AT_ONCE):
            todo = there[start : start + AT_ONCE]
            text = stripped(column.iloc[todo])
            for code, form in enumerate(formats):
                if len(todo):
                    minutes = _parsed(text, form, mapping, in_utc=in_utc)
                    read = ~np.isnan(minutes)
                    at[todo[read]], format_of[todo[read]] = minutes[read], code
                    todo, text = todo[~read], text[~read]
            if len(todo):
                alone[todo[text.str.contains(DATE, regex=True).to_numpy(dtype=bool)]] = True
            for form in MONTH_FIRST if mapping.day_first else DAY_FIRST:
                if len(todo):
                    read = ~np.isnan(_parsed(text, form, mapping))
                    other_order[todo[read]] = True
                    todo, text = todo[~read], text[~read]
    unreadable = np.isnan(at) & ~nothing & ~alone
    year = 1970 + np.nan_to_num(at) / (365.2425 * DAY)
    placeholder = ~np.isnan(at) & ((year < EARLIEST) | (year > LATEST))
    usual = int(np.bincount(format_of[format_of >= 0], minlength=1).argmax())
    other = (format_of >= 0) & (format_of != usual) & ~placeholder
    alone |= dates_alone(at) & ~placeholder
    at = np.where(placeholder | alone, np.nan, at)
    return Stamps(at, nothing, in_words, unreadable, placeholder, other, alone, other_order)


def dates_alone(at: Floats) -> Mask:
    """Mask of stamps on midnight exactly, if they are too many to be times."""
    minute = at % DAY
    midnight = minute == 0
    soon = int(((minute > 0) & (minute < 30.5)).sum())
    step = max(rounding_of(at[~midnight]).to, 1)
    if midnight.sum() <= MIDNIGHTS * (1 + soon * step / 30):
        return np.zeros(len(at), dtype=np.bool_)
    return np.asarray(midnight)


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


def is_nothing(text: pd.Series, also: tuple[str, ...] = ()) -> Mask:
    """Mask of the cells in which nothing stands, or one of some words, in small letters."""
    return np.asarray(text.str.lower().isin((*NOTHING, *also)).to_numpy(dtype=bool))


def _formats(sample: pd.Series, mapping: ExtractMapping) -> list[str]:
    """All formats, those first in which most of a sample is written; none is tried after one that reads all of it."""
    forms = [ISO, OFFSET, *(DAY_FIRST if mapping.day_first else MONTH_FIRST), *OTHERS, SERIAL]
    n_unread = dict.fromkeys(forms, len(sample))
    for form in forms:
        n_unread[form] = int(np.isnan(_parsed(sample, form, mapping)).sum())
        if n_unread[form] == 0:
            break
    return sorted(forms, key=n_unread.__getitem__)


def _local(points: pd.Series, mapping: ExtractMapping) -> pd.Series:
    local: pd.Series = points.dt.tz_convert(mapping.timezone or "UTC").dt.tz_localize(None)
    return local


def _parsed(text: pd.Series, form: str, mapping: ExtractMapping, *, in_utc: bool = False) -> Floats:
    """Minutes of the cells that are written in a format, NaN of the others. A date alone is no point in time."""
    import pandas as pd

    if form == SERIAL:
        days = pd.to_numeric(text.where(text.str.match(WITH_SERIAL)), errors="coerce")
        return np.asarray(np.rint((days.to_numpy(dtype=float) + SERIAL_FROM) * DAY * 60) / 60)
    if form == OFFSET:
        points = pd.to_datetime(
            text.where(text.str.contains(WITH_OFFSET)), format=ISO, errors="coerce", utc=True
        )
        return _minutes(_local(points, mapping))
    if form == ISO:  # that without signs between figures is a format of its own
        length = text.str.len()
        text = text.where((length != len("20250403T093000")) & (length > len("2025-04-03T")))
    try:
        points = pd.to_datetime(text, format=form, errors="coerce")
    except ValueError:  # some have an offset, and some have none or another
        points = pd.to_datetime(
            text.where(~text.str.contains(WITH_OFFSET)), format=form, errors="coerce"
        )
    if points.dt.tz is not None:
        return np.full(len(text), np.nan)
    return _minutes(_local(points.dt.tz_localize("UTC"), mapping) if in_utc else points)


def _minutes(points: pd.Series) -> Floats:
    microseconds = points.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(microseconds), np.nan, microseconds.astype(np.int64) / MICROSECONDS)


def at_one_moment(columns: Collection[Floats]) -> list[Mask]:
    """Masks of the stamps at moments at which one of the columns has far more than chance puts there: that a system or
    a clerk set, as after a downtime."""
    heaps = []
    for at in columns:
        minute, count = np.unique(at[~np.isnan(at)] // 1, return_counts=True)
        of_day, days = (minute % DAY).astype(np.int64), np.diff(minute).sum() / DAY
        usual = np.bincount(of_day, count, DAY_LONG) / max(days, 1)
        heaps.append(minute[is_heap(count, usual[of_day], MANY_AT_ONCE)])
    return [np.isin(at // 1, np.concatenate(heaps)) for at in columns]


def on_one_minute(at: Floats) -> Mask:
    """Mask of the stamps on a minute of the day on which far more are than on that minute of the hours around it, as of
    what a system closes at 23:59."""
    there = ~np.isnan(at)
    minute = np.where(there, np.nan_to_num(at) % DAY, 0).astype(np.int64)
    count = np.bincount(minute[there], minlength=DAY_LONG)
    hours = [*range(-HOURS_AROUND, 0), *range(1, HOURS_AROUND + 1)]
    usual = np.median([np.roll(count, 60 * by) for by in hours], axis=0)
    return np.asarray(
        there & is_heap(count, OF_A_MINUTE * usual, OF_A_MINUTE * MANY_AT_ONCE)[minute]
    )


def is_heap(count: Ints, usual: Floats, least: int) -> Mask:
    """Mask of the counts that are far beyond the usual ones, and beyond the least that is looked at."""
    return np.asarray(count > np.maximum(usual + FAR_BEYOND * np.sqrt(usual + 1), least))


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


def is_summer(zone: ZoneInfo | None, at: Floats) -> Mask:
    """Mask of local times at which clocks are ahead of standard time, shape (n,)."""
    ahead = np.zeros(len(at), dtype=np.bool_)
    for change in clock_changes(zone, float(at[0]) - 370 * DAY, float(at[-1])):
        ahead[at >= change.at] = change.by > 0
    return ahead


def is_hour_early(arrived: Floats, summer: Mask) -> bool:
    """Whether arrivals of summer are like those of winter an hour earlier, and far less like those of the same hour."""
    hour = (arrived // 60 % 24).astype(np.int64)
    seasons = [np.bincount(hour[part], minlength=24) for part in (summer, ~summer)]
    if min(counts.sum() for counts in seasons) < ENOUGH_HOURS:
        return False
    ours, usual = (counts / counts.sum() for counts in seasons)
    apart = [float(((ours - np.roll(usual, -by)) ** 2).sum()) for by in (0, 1)]
    return apart[1] < apart[0] / 3


def skipped_and_repeated(at: Floats, changes: tuple[ClockChange, ...]) -> Mask:
    """Masks of local times that clocks skip, and of those that they show twice; shape (2, n)."""
    masks = np.zeros((2, len(at)), dtype=np.bool_)
    for change in changes:
        start, end = sorted((change.at, change.at + change.by))
        masks[int(change.by < 0)] |= (at >= start) & (at < end)
    return masks


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
    chance = np.array([n / 900, n / 450])
    if n_minute > 0.5 * n:
        chance = np.array([(n_minute - n_15) / 14, (n_minute - n_5) / 6])
    beyond = np.array([n_15, n_5 - n_15]) - chance
    sure = np.where(beyond > 5 * np.sqrt(chance + 1), beyond, 0)
    to = 1 if n_minute > 0.9 * n else 0
    if sure.sum() > 0.2 * n:
        to = 15 if sure[0] > max(0.2 * n, sure[1]) else 5
    return Rounding(to if n else 0, round(sure.sum()))


def put_back(at: Floats, before: Floats, after: Floats) -> Floats:
    """The stamps, each rounded one moved to where exact ones with the same neighbours are in the mean; shape (n,).

    Minutes. Rounded ones stand on a multiple of 15, 10 or 5 minutes, the nearest, the one before or the one after;
    exact ones show where each kind would put them, between the stamp `before` and the one `after`. The kind that puts
    them most nearly where the rounded ones stand is taken. A multiple that is out of order is taken to be a rounded
    stamp only where about as many are as there would be if nobody had looked at the others. Nothing is moved where too
    few are exact, or rounded.
    """
    apart, back, off = UNLIKE, at, at % 5 != 0
    since, until = np.indices(CELLS).reshape(2, -1) - FAR
    between, astray = (since > 0) & (until >= 0), (since < 0) | (until < 0)
    for to, way in product((15, 10, 5), (np.rint, np.floor, np.ceil)):
        on = at % to == 0
        n_rounded = on.sum() - len(at) / to
        if min(n_rounded, off.sum()) < max(ENOUGH * len(at), LEAST):
            continue
        grid = way(at / to) * to
        gaps = np.nan_to_num([grid - before, after - grid], nan=FAR) // 1 + FAR
        cell = np.ravel_multi_index((*gaps.astype(np.int64),), CELLS, mode="clip")
        n_off, n_on, moves = (
            np.bincount(cell, by, since.size) for by in (off, on, off * (at - grid))
        )
        exact, heaped = (of[between] / max(of[between].sum(), 1) for of in (n_off, n_on))
        if (distance := np.abs(exact - heaped).sum()) < apart:
            apart = distance
            free = astray[cell[on]].mean() > astray[cell[off]].mean() / 2
            each = n_rounded / max(n_off[between | free].sum(), 1)
            rounded = np.minimum(each * n_off / np.maximum(n_on, 1), 1) * (between | free)
            rounded[astray] = free
            back = at + on * (rounded * moves / np.maximum(n_off, 1))[cell]
    return np.asarray(back)
