"""Columns of text made into the two tables of a simulation, with every fault counted and none dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.errors import refuse
from simulation.extracts.codes import has_code, read_ages, read_codes
from simulation.extracts.drafting import TESTS
from simulation.extracts.files import give_back_memory
from simulation.extracts.mapping import (
    CATEGORIES,
    ExtractMapping,
    plain_code,
    zone_of,
)
from simulation.extracts.patterns import count_numbers, count_patterns
from simulation.extracts.quality import DataQuality, counted_words, first_six, named_months
from simulation.extracts.stamps import (
    DAY,
    Rounding,
    Stamps,
    at_one_moment,
    clock_changes,
    elapsed,
    in_one,
    is_hour_early,
    is_nothing,
    is_summer,
    on_one_minute,
    put_back,
    rounding_of,
    skipped_and_repeated,
    stamps_of,
    stripped,
)
from simulation.extracts.tables import activities_of, patients_table_of
from simulation.records.schema import (
    ADMITTED,
    LEFT,
    ActivityTable,
    Column,
    Floats,
    Ints,
    Mask,
)
from simulation.records.schema import Patients as PatientsTable

if TYPE_CHECKING:
    import pandas as pd

FAR, FEW = 62 * DAY, 0.02
"""Minutes without any arrival that part rows from the others, and the share of rows up to which they are left out."""
MONDAY = 4 * DAY
"""The first Monday of 1970."""
FEWEST_ROWS, FEW_DATES, SURE, QUARTER = 2, 200, 7, 360.0
AFTER_SEEN = 15.0
"""Minutes after a clinician from which nobody counts as having left unseen; before, one may only have called."""
NIGHT, MOSTLY = 360, 5
"""Minutes after midnight in which a date is forgotten to be turned, and how many times as many stamps before an
arrival are in them as after, if it was. Judgements."""
FIGURES = r"(\d{1,15})$"
"""What of an attendance's number is counted up."""
LONG = 300
"""Minutes from which far more stays of one minute than of others were ended by a system. A judgement."""
NEARLY_ALL = 0.9
"""The share of a column's stamps that rounding put in their place, if it is to explain a wrong order."""
ORDERED = ("assessed_at", "triaged_at", "seen_at", "decided_at")
"""Points in time between arrival and departure of which each has to come before the next."""


@dataclass(frozen=True)
class ReadExtract:
    """What was read: the table of patients, what was found on the way, the Monday from which minutes count (in minutes
    from the first of January 1970), how each point in time is rounded, and which days from the first arrival's to the
    last one's have about as many arrivals as usual, shape (days,)."""

    patients: PatientsTable
    quality: DataQuality
    monday: float
    rounding: Mapping[str, Rounding]
    is_whole_day: Mask

    @cached_property
    def activities(self) -> ActivityTable:
        """What stamps say of activities: the assessment, the first clinician, the wait for a bed, and the end."""
        return activities_of(self.patients)


def read_tables(
    frame: pd.DataFrame,
    mapping: ExtractMapping,
    *,
    where: str,
    n_uneven: int = 0,
    is_cut_off: bool = False,
) -> ReadExtract:
    """The tables of an extract whose columns are text or points in time. They are taken out of the frame as they are
    read, because text takes most of the memory.

    Raises ConfigError if hardly a row can be used, or if a kind of dirt is beyond its share.
    """
    quality = DataQuality()
    quality.add("uneven_row", n_uneven, len(frame) + n_uneven)
    quality.add("cut_off", int(is_cut_off), len(frame) + n_uneven)
    for name, of in mapping.stamps.items():
        if len(of) > 1:
            frame[mapping.points[name]] = in_one(*(frame.pop(part) for part in of))
    if mapping.attendance is not None:
        figures = stripped(frame[mapping.attendance]).str.extract(FIGURES)[0].dropna()
        count_numbers(figures.to_numpy(dtype=np.int64), quality)
    frame = _distinct(_without_left_out(frame, mapping, quality), mapping, quality)
    stamps = {
        name: stamps_of(frame.pop(column), mapping, in_utc=name in mapping.utc)
        for name, column in mapping.points.items()
    }
    give_back_memory()
    kept = _with_arrival(stamps["arrived_at"], quality)
    if len(kept) < FEWEST_ROWS:
        quality.refuse(where, mapping.worst_share, mapping.worst)
        refuse(
            where,
            f"has {len(kept)} rows with a time of arrival",
            "Look at the columns that the mapping names",
        )
    frame = frame.iloc[kept]
    stamps = {name: column.of(kept) for name, column in stamps.items()}
    is_whole_day = _few_arrivals(stamps["arrived_at"].at, quality)
    times = _in_order(stamps, mapping, quality)
    monday = float((times["arrived_at"][0] - MONDAY) // (7 * DAY) * 7 * DAY + MONDAY)
    rounding = {name: rounding_of(at) for name, at in times.items()}
    for name, found in rounding.items():
        quality.add("rounded", found.n, int((~np.isnan(times[name])).sum()), _words(name))
    codes = read_codes(frame, mapping, quality)
    age = read_ages(frame, mapping, quality)
    _ends(times, stamps, codes, quality)
    count_patterns(times, codes, age, is_whole_day, quality)
    _put_back(times, stamps)
    _orders(times, quality)
    _again(frame, mapping, times, quality)
    give_back_memory()
    quality.refuse(where, mapping.worst_share, mapping.worst)
    patients = patients_table_of({name: at - monday for name, at in times.items()}, codes, age)
    return ReadExtract(patients, quality, monday, rounding, is_whole_day)


def _words(point: str) -> str:
    """A point in time as the table of data quality names it."""
    return point.removesuffix("_at").replace("_", " ")


# --- rows -------------------------------------------------------------------------------------------------------------


def _without_left_out(
    frame: pd.DataFrame, mapping: ExtractMapping, quality: DataQuality
) -> pd.DataFrame:
    """The rows that the mapping does not leave out, and whose numbers are not those of test patients."""
    out, tests = np.zeros((2, len(frame)), dtype=np.bool_)
    for column, values in mapping.leave_out.items():
        out |= has_code(frame[column], {*map(plain_code, values)})
    for column in filter(None, (mapping.attendance, mapping.patient)):
        tests |= stripped(frame[column]).str.contains(TESTS, regex=True).to_numpy(dtype=bool)
    quality.tally("left_out_row", out)
    quality.tally("test_patient", tests & ~out)
    return _without(frame, out | tests)


def _distinct(frame: pd.DataFrame, mapping: ExtractMapping, quality: DataQuality) -> pd.DataFrame:
    """The rows, each attendance once, without empty ones and repeated headers."""
    import pandas as pd

    arrived = mapping.points["arrived_at"]
    empty = np.asarray(
        (frame[arrived].isna() | frame[arrived].isin(("", " "))).to_numpy(dtype=bool, copy=True)
    )
    for column in frame.columns:
        empty[empty] = is_nothing(stripped(frame[column][empty]))
    header = frame[arrived].astype("str").eq(arrived).to_numpy(dtype=bool)
    quality.tally("empty_row", empty)
    quality.tally("repeated_header", header)
    frame = _without(frame, empty | header)
    if mapping.attendance is None:
        repeated = frame.duplicated([arrived, mapping.points["departed_at"]], keep=False).to_numpy(
            copy=True
        )
        repeated[repeated] = frame[repeated].duplicated().to_numpy()
        quality.tally("repeated_row", repeated)
        return _without(frame, repeated)
    number = _numbered(frame[mapping.attendance])
    twice = (number >= 0) & (np.bincount(number + 1)[number + 1] > 1)
    repeated, again = np.zeros((2, len(frame)), dtype=np.bool_)
    repeated[twice] = frame[twice].duplicated().to_numpy()
    again[twice] = pd.Series(number[twice]).duplicated().to_numpy()
    quality.tally("repeated_row", repeated)
    quality.tally("same_attendance_twice", again & ~repeated)
    return _without(frame, again)


def _numbered(column: pd.Series) -> Ints:
    """Each value of a column as a number, -1 where nothing stands; shape (n,)."""
    import pandas as pd

    text = stripped(column)
    return np.where(is_nothing(text), -1, pd.factorize(text)[0])


def _without(frame: pd.DataFrame, rows: Mask) -> pd.DataFrame:
    """The frame without some rows; itself if there are none. Columns of the old one are freed one by one."""
    if not rows.any():
        return frame
    kept = frame.index[~rows]
    return frame[[]].loc[kept].assign(**{name: frame.pop(name)[kept] for name in [*frame.columns]})


def _with_arrival(arrived: Stamps, quality: DataQuality) -> Ints:
    """The rows that can be placed in time, in order of arrival; shape (n,)."""
    quality.tally("no_arrival", arrived.nothing)
    quality.tally("unreadable_arrival", arrived.unreadable)
    quality.tally("placeholder_date", arrived.placeholder, where="arrived")
    quality.tally("date_without_time", arrived.date_alone, where="arrived")
    quality.tally("day_month_swapped", arrived.other_order, ~arrived.nothing, "arrived")
    known = np.flatnonzero(~np.isnan(arrived.at))
    order = known[np.argsort(arrived.at[known], kind="stable")]
    part = np.cumsum(np.diff(arrived.at[order], prepend=arrived.at[order[:1]]) > FAR)
    is_outside = np.bincount(part)[part] < FEW * len(known)
    quality.add("outside_period", int(is_outside.sum()), len(known))
    order = order[~is_outside]
    dates = arrived.at[order].astype("datetime64[m]").astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months).astype(int) + 1
    quality.month = months.astype(np.int64)
    never_late = len(day) >= FEW_DATES and day.max() <= 12 and len(np.unique(months)) > 1
    quality.add("day_month_swapped", len(day) if never_late else 0, len(day))
    return order


def _few_arrivals(arrived: Floats, quality: DataQuality) -> Mask:
    """Mask of the days, from the first arrival's to the last one's, that have about as many arrivals as usual.

    Usual is the upper quartile of the same weekday. A day is short below half of it, or if six hours of it have less
    than a quarter of what they have on other days; a month with fewer than three
    quarters of what its weekdays usually have, both beyond chance (`SURE` standard deviations of the root of a Poisson
    number).
    """
    day = (arrived // DAY).astype(np.int64)
    count = np.bincount(day - day[0])
    days = day[0] + np.arange(len(count))
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    usual = np.zeros(len(count))
    for weekday in range(min(7, len(days))):
        usual[weekday::7] = np.quantile(count[weekday::7], 0.75)
    quarter = (arrived // QUARTER).astype(np.int64) - 4 * day[0]
    quarters = np.bincount(quarter, minlength=4 * len(count)).reshape(-1, 4)
    short = _is_short(count, usual, 0.5)
    short |= _is_short(quarters, np.quantile(quarters, 0.75, axis=0), 0.25).any(axis=1)
    index = month - month[0]
    whole = (
        np.bincount(index, weights=~short),
        np.bincount(index, weights=np.where(short, 0, count)),
    )
    expected = np.bincount(index, weights=np.where(short, 0, usual))
    middle = np.median((whole[1] / np.maximum(expected, 1))[whole[0] > 0]) if (~short).any() else 1
    short |= (_is_short(whole[1], expected * middle, 0.75) & (whole[0] >= 7))[index]
    n_short = np.bincount(index, weights=short)
    long = np.flatnonzero(n_short >= 10)
    names = [f"{named_months([m + month[0]])} ({n_short[m]:.0f} days)" for m in long[:6]]
    names += [
        str(days[k].astype("datetime64[D]")) for k in np.flatnonzero(short & ~np.isin(index, long))
    ]
    quality.add("few_arrivals", int(short.sum()), len(count), first_six(names))
    return ~short


def _is_short(count: Column, usual: Column, share: float) -> Mask:
    return np.asarray((count < share * usual) & (2 * (np.sqrt(usual) - np.sqrt(count)) > SURE))


# --- points in time ---------------------------------------------------------------------------------------------------


def _in_order(
    stamps: Mapping[str, Stamps], mapping: ExtractMapping, quality: DataQuality
) -> dict[str, Floats]:
    """Minutes of every point in time from the same start as the arrivals; none before arrival or after departure."""
    arrived = stamps["arrived_at"].at
    changes = clock_changes(
        zone_of(mapping), float(arrived[0]), float(arrived[-1]) + mapping.longest_stay
    )
    local = {"arrived_at": arrived}
    _clocks(stamps, is_summer(zone_of(mapping), arrived), quality)
    stamps = _without_heaps(stamps, quality)
    rounded_to = {name: rounding_of(column.at).to for name, column in stamps.items()}
    latest = arrived
    for name, column in stamps.items():
        where = _words(name)
        quality.tally("other_format", column.other_format, where=where)
        if name != "arrived_at":
            quality.tally("unreadable_stamp", column.unreadable, ~column.nothing, where)
            quality.tally("placeholder_date", column.placeholder, ~column.nothing, where)
            quality.tally("date_without_time", column.date_alone, ~column.nothing, where)
            quality.tally("day_month_swapped", column.other_order, ~column.nothing, where)
            local[name] = _dated(name, arrived, column.at, latest, rounded_to[name], quality)
            latest = np.fmax(latest, local[name])
    odd = {name: skipped_and_repeated(at, changes) for name, at in local.items()}
    for kind, has in zip(
        ("no_such_time", "hour_twice"), np.any([*odd.values()], axis=0), strict=True
    ):
        quality.tally(kind, has)
    times = {name: np.where(odd[name][0], at + 60, at) for name, at in local.items()}
    arrived = times["arrived_at"]
    for name, at in times.items():
        if name != "arrived_at":
            step = max(rounded_to[name], rounded_to["arrived_at"])
            minutes = elapsed(arrived, at, changes)
            times[name] = arrived + _not_negative(_words(name), minutes, step, quality)
    return _within_stay(times, mapping, quality)


def _without_heaps(stamps: Mapping[str, Stamps], quality: DataQuality) -> dict[str, Stamps]:
    """The stamps without those that a system set: later ones at one moment, departures on one minute of the day."""
    once = at_one_moment([column.at for column in stamps.values()])
    departed = stamps["departed_at"]
    at = np.where(once[[*stamps].index("departed_at")], np.nan, departed.at)
    stay = at - stamps["arrived_at"].at
    by_day, by_stay = on_one_minute(at), on_one_minute(stay) & (stay >= LONG) & (stay < DAY)
    closed = by_day | by_stay
    quality.tally("same_moment", np.any(once, axis=0))
    when = np.unique([*at[by_day] % DAY // 1, *stay[by_stay] // 1]).astype(int).tolist()
    where = ", ".join(f"{minute // 60}:{minute % 60:02d}" for minute in when)
    quality.tally("same_minute", closed, ~departed.nothing, where)
    return {
        name: column
        if name == "arrived_at"
        else column._replace(
            at=np.where(heap | (closed & (name == "departed_at")), np.nan, column.at)
        )
        for heap, (name, column) in zip(once, stamps.items(), strict=True)
    }


def _clocks(stamps: Mapping[str, Stamps], summer: Mask, quality: DataQuality) -> None:
    """Count stamps of summer that are an hour early beside those of winter, by the shortest spans since arrival; all
    stamps an hour late say it of the arrival. Arrivals whose hours of the day are those of winter an hour earlier say
    it of every stamp."""
    arrived, late = stamps["arrived_at"].at, 0
    for name, column in stamps.items():
        minutes = column.at - arrived
        seasons = [minutes[part & (np.abs(minutes) < DAY / 2)] for part in (summer, ~summer)]
        n, early, in_all = len(seasons[0]), False, True
        if min(map(len, seasons)) >= FEW_DATES and name != "arrived_at":
            by = np.quantile(seasons[0], 0.03) - np.quantile(seasons[1], 0.03)
            early, late = bool(-85 < by < -40), late + int(40 < by < 85)
            in_all = bool(np.median(seasons[0]) - np.median(seasons[1]) < -25)
        where = f"{_words(name)}{'' if in_all else ' (some of its rows: another system?)'}"
        quality.add("other_clock", n if early else 0, max(n, 1), where)
    is_late = late > 0 and late == len(stamps) - 1
    where = "arrived" if is_late else ", ".join(map(_words, stamps))
    is_early = is_late or is_hour_early(arrived, summer)
    quality.add("other_clock", int(summer.sum()) if is_early else 0, len(arrived), where)


def _put_back(times: Mapping[str, Floats], stamps: Mapping[str, Stamps]) -> None:
    """Put rounded stamps back between their neighbours, those too that were put at the arrival."""
    arrived = before = times["arrived_at"]
    names = [name for name in (*ORDERED, "departed_at") if name in times]
    for place, name in enumerate(names[:-1], 1):
        at = np.where(times[name] == arrived, stamps[name].at, times[name])
        after = np.fmin.reduce([times[later] for later in names[place:]])
        known = ~np.isnan(at)
        back = put_back(*(points[known] for points in (at, before, after)))
        times[name][known] = np.maximum(back, arrived[known])
        before = np.fmax(before, times[name])


def _orders(times: Mapping[str, Floats], quality: DataQuality) -> None:
    """Count stamps that are before one that has to come first, by at least the minutes to which nearly all are rounded;
    they keep their place, and their span counts nowhere."""
    names = [name for name in ORDERED if name in times]
    step = {}
    for name in names:
        to, n = rounding_of(times[name])
        step[name] = to if n > NEARLY_ALL * np.isfinite(times[name]).sum() else min(to, 1)
    wrong, both = np.zeros((2, len(times["arrived_at"])), dtype=np.bool_)
    where = []
    for place, later in enumerate(names):
        for earlier in names[:place]:
            span = times[later] - times[earlier]
            off = span <= -max(step[later], step[earlier], 1.0 / 60)
            wrong |= off
            both |= (known := ~np.isnan(span))
            n, there = int(off.sum()), int(known.sum())
            pair = f"{_words(later)} before {_words(earlier)}"
            quality.add("columns_swapped", n if n > there / 2 else 0, max(there, 1), pair)
            where.append((pair, n))
    words, few = counted_words(where)
    quality.tally("impossible_order", wrong, both, f"({', '.join(words)})" if words else "", few)


def _dated(
    name: str, arrived: Floats, at: Floats, latest: Floats, step: int, quality: DataQuality
) -> Floats:
    """Stamps without dates that stand without a time, and with the day turned where it was not: more than half a day
    before the arrival, or before the `latest` stamp until then; or in the night, if those before an arrival are there.

    `step`: minutes to which they are rounded; who came within them after midnight has a stamp on it.
    """
    there, where = ~np.isnan(at), _words(name)
    same_day = at // DAY == arrived // DAY
    alone = same_day & (at % DAY == 0) & (at < arrived) & (arrived - at >= step)
    quality.tally("date_without_time", alone, there, where)
    at = np.where(alone, np.nan, at)
    early, before = same_day & (latest - at > DAY / 2), same_day & (arrived - at > step)
    at_night = before & (at % DAY < NIGHT)
    if at_night.sum() > MOSTLY * (before & ~at_night & ~early).sum():
        early |= at_night
    quality.tally("day_not_turned", early, there, where)
    return np.where(early, at + DAY, at)


def _not_negative(where: str, minutes: Floats, step: int, quality: DataQuality) -> Floats:
    """Minutes from arrival, NaN where they are negative, 0 where they are so by rounding to `step` minutes alone."""
    there = ~np.isnan(minutes)
    by_rounding = (minutes < 0) & (minutes > -step)
    wrong = (minutes < 0) & ~by_rounding
    quality.tally("before_by_rounding", by_rounding, there, where)
    quality.tally("before_arrival", wrong, there, where)
    return np.where(by_rounding, 0.0, np.where(wrong, np.nan, minutes))


def _within_stay(
    times: dict[str, Floats], mapping: ExtractMapping, quality: DataQuality
) -> dict[str, Floats]:
    """The points in time without departures after the longest stay, and without stamps after the departure."""
    arrived, departed = times["arrived_at"], times["departed_at"]
    long = departed - arrived > mapping.longest_stay
    quality.tally("stay_too_long", long, ~np.isnan(departed))
    departed = np.where(long, np.nan, departed)
    latest = np.where(np.isnan(departed), arrived + mapping.longest_stay, departed)
    for name, at in times.items():
        if name not in ("arrived_at", "departed_at"):
            late = at > latest + 1
            quality.tally("out_of_order", late, ~np.isnan(at), _words(name))
            times[name] = np.where(late, np.nan, np.minimum(at, latest))
    return times | {"departed_at": departed}


# --- what stamps and codes say together -------------------------------------------------------------------------------


def _ends(
    times: Mapping[str, Floats],
    stamps: Mapping[str, Stamps],
    codes: Mapping[str, Column],
    quality: DataQuality,
) -> None:
    outcome = codes["outcome"]
    outcomes = CATEGORIES["outcome"]
    left, admitted = outcome == outcomes.index(LEFT), outcome == outcomes.index(ADMITTED)
    no_departure, departed = stamps["departed_at"].nothing, times["departed_at"]
    quality.tally("no_departure", no_departure & ~left)
    quality.tally("left_without_time", no_departure & left, left)
    for name in ("assessed_at", "triaged_at"):
        if name in stamps:
            quality.tally("no_stamp", stamps[name].nothing & ~left, ~left, _words(name))
    if "seen_at" in stamps:
        word = stamps["seen_at"].in_words
        others = ~left & ((outcome >= 0) | (word & ~word[left].any()))
        quality.tally("no_seen", stamps["seen_at"].nothing & others, others)
        seen = left & (departed - times["seen_at"] >= AFTER_SEEN)
        called = left & ~seen & ~np.isnan(times["seen_at"])
        quality.tally("left_though_seen", seen, left)
        quality.tally("left_when_called", called, left)
        outcome[seen] = outcomes.index("discharged")
        times["seen_at"][called] = np.nan
    if "decided_at" in stamps:
        decided, undecided = ~np.isnan(times["decided_at"]), stamps["decided_at"].nothing
        quality.tally("admitted_without_decision", undecided & admitted, admitted)
        elsewhere = decided & ~admitted & (outcome >= 0)
        quality.tally("decision_without_admission", elsewhere, decided)
    _heap(departed - times["arrived_at"], quality)
    if "acuity" in codes:
        ill, well = (np.isin(codes["acuity"], of) & (outcome >= 0) for of in ((0, 1), (3, 4)))
        share = [admitted[rows].mean() if rows.any() else np.nan for rows in (ill, well)]
        n = int(min(ill.sum(), well.sum()))
        turned = n >= FEW_DATES and share[1] - share[0] > 5 * (0.5 / n) ** 0.5
        quality.add(
            "levels_turned", int((codes["acuity"] >= 0).sum()) if turned else 0, len(outcome)
        )


def _heap(stay: Floats, quality: DataQuality) -> None:
    """Count stays of the last ten minutes of four hours beyond what those of 200 to 230 and 260 to 290 minutes say."""
    before, heap, after = (
        int(((stay > low) & (stay <= high)).sum())
        for low, high in ((200, 230), (230, 240), (260, 290))
    )
    usual = (before * 2 + after) / 9
    beyond = heap - usual
    n = round(beyond) if beyond > 5 * np.sqrt(usual + 1) else 0
    quality.add("heap_before_4h", n, int((~np.isnan(stay)).sum()))


def _again(
    frame: pd.DataFrame, mapping: ExtractMapping, times: Mapping[str, Floats], quality: DataQuality
) -> None:
    """Count who comes again, by the patient's pseudonym, which goes no further."""
    if mapping.patient is None:
        return
    person = _numbered(frame[mapping.patient])
    arrived = times["arrived_at"]
    order = np.lexsort((arrived, person))
    person, arrived, departed = person[order], arrived[order], times["departed_at"][order]
    same = (person[1:] == person[:-1]) & (person[1:] >= 0)
    until = np.fmax(arrived[:-1], departed[:-1])
    overlapping = same & (arrived[1:] < until)
    soon = same & ~overlapping & (arrived[1:] - until <= mapping.back_within)
    quality.add("back_again", int(soon.sum()), len(person))
    quality.add("overlapping", int(overlapping.sum()), len(person))
