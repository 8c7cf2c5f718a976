"""Columns of text made into the two tables of a simulation, with every fault counted and none dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.errors import refuse
from simulation.extracts.mapping import CATEGORIES, CodedColumn, ExtractMapping, zone_of
from simulation.extracts.quality import DataQuality
from simulation.extracts.stamps import (
    DAY,
    Rounding,
    Stamps,
    clock_changes,
    elapsed,
    in_one,
    is_nothing,
    repeated_hour,
    rounding_of,
    skipped_hour,
    stamps_of,
    stripped,
)
from simulation.records.schema import (
    ADMITTED,
    IN_BUILDING,
    LEFT,
    MISSING,
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
OLDEST = 120
AGE_BANDS: Mapping[str, int] = {"child": 0, "adult": 18, "older": 65, "oldest": 80}
"""The first age of each band, as at the typical site."""
MONDAY = 4 * DAY
"""The first Monday of 1970."""
FEWEST_ROWS = 2
GIVEN = "acuity_given"
STEPS = ("assessment", "first_contact", "bed")
STEP_OUTCOMES = ("done", "left", "blocked", "open")
DONE, HAS_LEFT, OPEN = 0, 1, 3


@dataclass(frozen=True)
class ReadExtract:
    """What was read: the table of patients, what was found on the way, the Monday from which minutes count (in minutes
    from the first of January 1970), and how each point in time is rounded."""

    patients: PatientsTable
    quality: DataQuality
    monday: float
    rounding: Mapping[str, Rounding]

    @cached_property
    def activities(self) -> ActivityTable:
        """What stamps say of activities: the assessment, the first clinician, the wait for a bed, and the end."""
        return _activities(self.patients)


def read_tables(
    frame: pd.DataFrame, mapping: ExtractMapping, *, where: str, n_uneven: int = 0
) -> ReadExtract:
    """The tables of an extract whose columns are text or points in time. They are taken out of the frame as they are
    read, because text takes most of the memory.

    Raises ConfigError if hardly a row can be used, or if a kind of dirt is beyond its share.
    """
    quality = DataQuality()
    quality.add("uneven_row", n_uneven, len(frame) + n_uneven)
    for name, of in mapping.stamps.items():
        if len(of) > 1:
            frame[mapping.points[name]] = in_one(*(frame.pop(part) for part in of))
    frame = _distinct(frame, mapping, quality)
    stamps = {
        name: stamps_of(frame.pop(column), mapping) for name, column in mapping.points.items()
    }
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
    times = _in_order(stamps, mapping, quality)
    monday = float(np.floor((times["arrived_at"][0] - MONDAY) / (7 * DAY)) * 7 * DAY + MONDAY)
    rounding = {name: rounding_of(at) for name, at in times.items()}
    for name, found in rounding.items():
        quality.add("rounded", found.n, int((~np.isnan(times[name])).sum()), _words(name))
    codes = {
        name: _codes(name, frame[coded.column], coded, quality)
        for name, coded in mapping.codes.items()
    }
    age = _ages(frame, mapping, quality)
    _ends(times, stamps, codes["outcome"], quality)
    _again(frame, mapping, times, quality)
    quality.refuse(where, mapping.worst_share, mapping.worst)
    patients = _patients({name: at - monday for name, at in times.items()}, codes, age)
    return ReadExtract(patients, quality, monday, rounding)


def _words(point: str) -> str:
    """A point in time as the table of data quality names it."""
    return point.removesuffix("_at").replace("_", " ")


# --- rows -------------------------------------------------------------------------------------------------------------


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
    known = np.flatnonzero(~np.isnan(arrived.at))
    order = known[np.argsort(arrived.at[known], kind="stable")]
    gaps = np.flatnonzero(np.diff(arrived.at[order]) > FAR) + 1
    parts = np.split(order, gaps)
    outside = np.concatenate(
        [np.zeros(0, np.int64), *(part for part in parts if len(part) < FEW * len(known))]
    )
    quality.add("outside_period", len(outside), len(known))
    return order[~np.isin(order, outside)] if len(outside) else order


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
    rounded_to = {name: rounding_of(column.at).to for name, column in stamps.items()}
    for name, column in stamps.items():
        where = _words(name)
        quality.tally("other_format", column.other_format, where=where)
        if name != "arrived_at":
            quality.tally("unreadable_stamp", column.unreadable, ~column.nothing, where)
            quality.tally("placeholder_date", column.placeholder, ~column.nothing, where)
            local[name] = _dated(name, arrived, column.at, rounded_to[name], quality)
    skipped = np.any([skipped_hour(at, changes) for at in local.values()], axis=0)
    twice = np.any([repeated_hour(at, changes) for at in local.values()], axis=0)
    quality.tally("no_such_time", skipped)
    quality.tally("hour_twice", twice)
    times = {name: np.where(skipped_hour(at, changes), at + 60, at) for name, at in local.items()}
    arrived = times["arrived_at"]
    for name, at in times.items():
        if name != "arrived_at":
            step = max(rounded_to[name], rounded_to["arrived_at"])
            minutes = elapsed(arrived, at, changes) if changes else at - arrived
            times[name] = arrived + _not_negative(_words(name), minutes, step, quality)
    return _within_stay(times, mapping, quality)


def _dated(name: str, arrived: Floats, at: Floats, step: int, quality: DataQuality) -> Floats:
    """Stamps without dates that stand without a time, and with the day turned where it was not.

    `step`: minutes to which they are rounded; who came within them after midnight has a stamp on it.
    """
    there, where = ~np.isnan(at), _words(name)
    same_day = np.floor(at / DAY) == np.floor(arrived / DAY)
    alone = same_day & (at % DAY == 0) & (at < arrived) & (arrived - at >= step)
    quality.tally("date_without_time", alone, there, where)
    at = np.where(alone, np.nan, at)
    early = same_day & (arrived - at > DAY / 2)
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


# --- codes and ages ---------------------------------------------------------------------------------------------------


def _codes(name: str, column: pd.Series, coded: CodedColumn, quality: DataQuality) -> Column:
    """The codes of a column in our categories, MISSING where there is none, shape (n,)."""
    import pandas as pd

    categories = CATEGORIES[name]
    number, values = pd.factorize(column)
    number = np.where(number < 0, len(values), number)  # the last: for an empty cell
    plain = {_plain(value): meaning for value, meaning in coded.values.items()}
    written = [*(str(value) for value in values), ""]
    meant = [plain.get(_plain(value)) for value in written]
    counts = np.bincount(number, minlength=len(written))
    nothing = [_plain(value) in ("", "null", "none", "nan", "<na>", "n/a") for value in written]
    exact = {*coded.values, *(f"{value}.0" for value in coded.values), *map(_plain, coded.values)}
    kinds = [
        ("missing_code" if none else "unknown_code")
        if meaning is None
        else "read"
        if value in exact
        else "untidy_code"
        for meaning, value, none in zip(meant, written, nothing, strict=True)
    ]
    for kind in ("missing_code", "unknown_code", "untidy_code"):
        n = int(counts[[one == kind for one in kinds]].sum())
        quality.add(kind, n, len(column), name.replace("_", " "))
    code = [categories.index(meaning) if meaning in categories else MISSING for meaning in meant]
    return np.array([*code, MISSING], dtype=np.int16)[number]


def _plain(value: object) -> str:
    """A code without blanks around it, in small letters, a whole number as such."""
    text = str(value).strip().casefold()
    return text.removesuffix(".0") if text.removesuffix(".0").isdecimal() else text


def _ages(frame: pd.DataFrame, mapping: ExtractMapping, quality: DataQuality) -> Column | None:
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
    return np.where(fine, np.floor(np.nan_to_num(np.where(fine, years, MISSING))), MISSING).astype(
        np.int16
    )


# --- what stamps and codes say together -------------------------------------------------------------------------------


def _ends(
    times: Mapping[str, Floats], stamps: Mapping[str, Stamps], outcome: Ints, quality: DataQuality
) -> None:
    outcomes = CATEGORIES["outcome"]
    left, admitted = outcome == outcomes.index(LEFT), outcome == outcomes.index(ADMITTED)
    no_departure = stamps["departed_at"].nothing
    quality.tally("no_departure", no_departure & ~left)
    quality.tally("left_without_time", no_departure & left, left)
    if "seen_at" in stamps:
        quality.tally("no_seen", stamps["seen_at"].nothing & ~left, ~left)
    if "decided_at" in stamps:
        decided, undecided = ~np.isnan(times["decided_at"]), stamps["decided_at"].nothing
        quality.tally("admitted_without_decision", undecided & admitted, admitted)
        elsewhere = decided & ~admitted & (outcome >= 0)
        quality.tally("decision_without_admission", elsewhere, decided)


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
    until = np.where(np.isnan(departed[:-1]), arrived[:-1], departed[:-1])
    overlapping = same & (arrived[1:] < until)
    soon = same & ~overlapping & (arrived[1:] - until <= mapping.back_within)
    quality.add("back_again", int(soon.sum()), len(person))
    quality.add("overlapping", int(overlapping.sum()), len(person))


# --- the tables -------------------------------------------------------------------------------------------------------


def _patients(
    points: Mapping[str, Floats], codes: Mapping[str, Column], age: Column | None
) -> PatientsTable:
    """One row for each attendance, in order of arrival."""
    n = len(points["arrived_at"])
    walk_in = np.zeros(n, dtype=np.int16)
    columns: dict[str, Column] = {
        "patient": np.arange(n, dtype=np.int32),
        "arrival_source": codes.get("arrival_source", walk_in),
        "number": np.arange(n, dtype=np.int64),
        "replication": np.zeros(n, dtype=np.int32),
        "arrived_at": points["arrived_at"],
        "outcome": codes["outcome"],
    }
    categories = {
        "arrival_source": CATEGORIES["arrival_source"],
        "outcome": (*CATEGORIES["outcome"], IN_BUILDING),
    }
    if "acuity" in codes:
        columns[GIVEN], categories[GIVEN] = codes["acuity"], CATEGORIES["acuity"]
    if "sex" in codes:
        columns["sex"], categories["sex"] = codes["sex"], CATEGORIES["sex"]
    if age is not None:
        band = np.searchsorted(list(AGE_BANDS.values()), age, side="right") - 1
        columns["age_band"], categories["age_band"] = (
            np.where(age < 0, MISSING, band).astype(np.int16),
            (*AGE_BANDS,),
        )
        columns["age"] = age
    return PatientsTable(
        columns | {name: at for name, at in points.items() if name != "arrived_at"}, categories
    )


def _activities(patients: PatientsTable) -> ActivityTable:
    """A row for each step that stamps speak of, by patient, as they followed each other."""
    ends = tuple(name for name in patients.known("outcome") if name != IN_BUILDING)
    steps = (*STEPS, *ends)
    rows = [part for part in _stages(patients, steps) if len(part[0])]
    patient, step, outcome, joined, started, ended = (
        np.concatenate(column) if rows else np.zeros(0) for column in zip(*rows, strict=True)
    )
    order = np.argsort(
        patient, kind="stable"
    )  # of a patient they are in the order of steps already
    columns: dict[str, Column] = {
        "patient": patient[order].astype(np.int32),
        "step": step[order].astype(np.int16),
        "pool": np.full(len(order), MISSING, dtype=np.int16),
        "outcome": outcome[order].astype(np.int8),
        "joined_at": joined[order],
        "started_at": started[order],
        "ended_at": ended[order],
    }
    return ActivityTable(columns, {"step": steps, "pool": (), "outcome": STEP_OUTCOMES})


def _stages(patients: PatientsTable, steps: tuple[str, ...]) -> Iterator[tuple[Column, ...]]:
    """The rows of each step: patient, step, outcome, and when it was joined, started and ended."""
    nan = np.full(len(patients), np.nan)
    points = ("arrived_at", "assessed_at", "triaged_at", "seen_at", "decided_at", "departed_at")
    known = {name: patients.columns.get(name, nan) for name in points}
    left, unseen = patients.where("outcome", LEFT), np.isnan(known["seen_at"])
    after = np.fmax(np.fmax(known["arrived_at"], known["assessed_at"]), known["triaged_at"])
    after = np.where(known["seen_at"] < after, known["arrived_at"], after)  # seen before triage
    gone = left & unseen & ~np.isnan(known["departed_at"])
    departed = known["departed_at"]
    contact = (~unseen | gone, after, known["seen_at"], np.where(gone, departed, nan))
    bed = (~np.isnan(known["decided_at"]), known["decided_at"], departed, departed)
    stages: list[tuple[str, tuple[Column, ...]]] = [
        ("assessment", (~np.isnan(known["assessed_at"]), *(known[name] for name in points[:3]))),
        ("first_contact", contact),
        ("bed", bed),
    ]
    for code, name in enumerate(patients.known("outcome")):
        if name in steps:
            ends = (patients["outcome"] == code) & ~np.isnan(departed)
            stages.append((name, (ends, departed, departed, departed)))
    for name, (rows, *times) in stages:
        chosen = np.flatnonzero(rows)
        joined, started, ended = (at[chosen] for at in times)
        outcome = np.where(np.isnan(ended), OPEN, DONE)
        if name == "first_contact":
            outcome = np.where(gone[chosen], HAS_LEFT, outcome)
        step = np.full(len(chosen), steps.index(name))
        yield chosen, step, outcome, joined, started, ended
