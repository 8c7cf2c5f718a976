"""A made-up extract of attendances, and the same with 31 kinds of dirt, each in rows of its own, with how many.

Stamps are local times of London, with seconds, over 300 days from 6 January 2025. Every kind has a number of rows that
no other kind has, so that a reader that confuses two is found out. Nothing here knows how an extract is read.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

Row = dict[str, str]
ARRIVED, ASSESSED, SEEN, DECIDED, DEPARTED = STAMPS = (
    "Arrival_DateTime", "Initial_Assessment_DateTime", "Seen_DateTime", "Decision_To_Admit_DateTime",
    "Departure_DateTime",
)  # fmt: skip
COLUMNS = (
    "Attendance_ID", "Patient_Pseudo_ID", *STAMPS, "Acuity", "Arrival_Mode", "Age", "Sex", "Disposition", "Complaint",
    "Patient_Name",
)  # fmt: skip
MORE, FEWER = "more cells", "fewer cells"
CANARIES = ("Zzyzx canary in free text", "Canaria Birdsong")
"""What stands in the free text and in the name of every patient: it must be found nowhere else."""
LEVELS = ("1 - Immediate", "2 - Very urgent", "3 - Urgent", "4 - Standard", "5 - Non-urgent")
MODES = ("Walk-in", "Ambulance", "GP referral")
FORMAT = "%Y-%m-%d %H:%M:%S"
FIRST, DAYS = datetime(2025, 1, 6, tzinfo=ZoneInfo("UTC")), 300
LONDON = ZoneInfo("Europe/London")


def local(at: datetime) -> str:
    """A point in time as the clock in London shows it."""
    return at.astimezone(LONDON).strftime(FORMAT)


def clean(n: int = 3000, *, seed: int = 1, days: int = DAYS) -> list[Row]:
    """Attendances without any fault, in order of arrival; no patient comes twice."""
    rng = np.random.default_rng(seed)
    hours = np.array([2, 2, 1, 1, 1, 1, 2, 2, 4, 5, 6, 7, 7, 7, 6, 6, 6, 6, 5, 5, 5, 4, 3, 3.0])
    by_hour = rng.choice(24, n, p=hours / hours.sum())
    seconds = np.sort(rng.integers(0, days, n) * 86_400 + by_hour * 3600 + rng.integers(0, 3600, n))
    rows = []
    for number, second in enumerate(seconds.tolist()):
        arrived = FIRST + timedelta(seconds=second)
        level, mode = (
            rng.choice(5, p=[0.02, 0.15, 0.43, 0.35, 0.05]),
            rng.choice(3, p=[0.66, 0.28, 0.06]),
        )
        minutes = rng.lognormal([2.2, 4.0, 4.6, 5.3], [0.7, 0.6, 0.5, 0.7])
        assessed, seen, decided, departed = (
            arrived + timedelta(minutes=float(m)) for m in np.cumsum(minutes)
        )
        left, admitted = rng.random() < 0.05, rng.random() < 0.28
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "Attendance_ID": f"A{number:06d}", "Patient_Pseudo_ID": f"P{number:06d}", ARRIVED: local(arrived),
            ASSESSED: local(assessed), SEEN: local(seen), "Acuity": LEVELS[level], "Arrival_Mode": MODES[mode],
            "Age": str(rng.integers(0, 96)), "Sex": str(rng.choice(["F", "M"])), "Complaint": CANARIES[0],
            "Patient_Name": CANARIES[1],
        }  # fmt: skip
        if left:
            row |= {SEEN: "", "Disposition": "Left before treatment", DEPARTED: local(seen)}
        elif admitted:
            row |= {"Disposition": "Admitted", DECIDED: local(decided), DEPARTED: local(departed)}
        else:
            row |= {"Disposition": "Discharged", DEPARTED: local(decided)}
        rows.append(row)
    return rows


@dataclass
class Broken:
    """An extract with dirt: its rows, and how many rows or stamps of each kind were made wrong. What a row holds under
    `MORE` is written behind its cells, and with a figure under `FEWER` so many of the last are not written."""

    rows: list[Row]
    rng: np.random.Generator
    expected: dict[str, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)

    def take(self, n: int, fits: Callable[[Row], bool] = lambda row: True) -> list[Row]:
        """So many rows that no other kind of dirt has touched."""
        taken = [number for number in self.free if fits(self.rows[number])][:n]
        assert len(taken) == n, "make the clean extract larger"
        chosen = set(taken)
        self.free = [number for number in self.free if number not in chosen]
        return [self.rows[number] for number in taken]

    def text(self, delimiter: str = ",") -> str:
        """The extract as CSV."""
        into = io.StringIO()
        writer = csv.writer(into, delimiter=delimiter, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in self.rows:
            cells = [*(row[column] for column in COLUMNS), *row.get(MORE, "")]
            writer.writerow(cells[: len(cells) - int(row.get(FEWER, 0))])
        return into.getvalue()


def moved(row: Row, column: str, **by: float) -> None:
    """Move one stamp of a row."""
    row[column] = (datetime.strptime(row[column], FORMAT) + timedelta(**by)).strftime(FORMAT)


def at(row: Row, column: str = ARRIVED) -> datetime:
    """One stamp of a row."""
    return datetime.strptime(row[column], FORMAT)


def is_seen(row: Row) -> bool:
    return row["Disposition"] == "Discharged"


def is_admitted(row: Row) -> bool:
    return row["Disposition"] == "Admitted"


def has_left(row: Row) -> bool:
    return row["Disposition"].startswith("Left")


def by_day(row: Row) -> bool:
    """Whether a whole stay is on one day, far from midnight."""
    return 2 <= at(row).hour < 15 and is_seen(row) and at(row).date() == at(row, DEPARTED).date()


def over_midnight(row: Row) -> bool:
    """Whether somebody came in the evening and left after midnight, on the next day."""
    days = (at(row, DEPARTED).date() - at(row).date()).days
    return is_seen(row) and at(row, SEEN).date() == at(row).date() and days == 1


# --- the kinds, each of which makes n rows wrong ---


def repeated_row(extract: Broken, n: int) -> None:
    extract.rows += [dict(row) for row in extract.take(n)]


def same_attendance_twice(extract: Broken, n: int) -> None:
    extract.rows += [row | {"Age": str((int(row["Age"]) + 1) % 95)} for row in extract.take(n)]


def no_arrival(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row[ARRIVED] = ""


def unreadable_stamp(extract: Broken, n: int) -> None:
    for row in extract.take(n, is_seen):
        row[SEEN] = "in corridor, see notes"


def placeholder_date(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n, is_seen)):
        row[DEPARTED] = "1900-01-01 00:00:00" if number % 2 else "9999-12-31 23:59:59"


def before_arrival(extract: Broken, n: int) -> None:
    for row in extract.take(n, by_day):
        row[ASSESSED] = row[ARRIVED]
        moved(row, ASSESSED, minutes=-17, seconds=3)


def out_of_order(extract: Broken, n: int) -> None:
    for row in extract.take(n, by_day):
        row[SEEN] = row[DEPARTED]
        moved(row, SEEN, minutes=13, seconds=2)


def day_not_turned(extract: Broken, n: int) -> None:
    for row in extract.take(n, over_midnight):
        moved(row, DEPARTED, days=-1)


def date_without_time(extract: Broken, n: int) -> None:
    for row in extract.take(n, by_day):
        row[SEEN] = row[SEEN][:10] + " 00:00:00"


def other_format(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n, is_seen)):
        row[ARRIVED] = at(row).strftime(
            ("%d/%m/%Y %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%Y%m%dT%H%M%S")[number % 3]
        )


def _on_night(extract: Broken, n: int, day: str, times: tuple[tuple[int, int], ...]) -> None:
    """Attendances of one night: hour and minute of each stamp, a minute later in each."""
    for number, row in enumerate(extract.take(n, is_seen)):
        for name, (hour, minute) in zip((ARRIVED, ASSESSED, SEEN, DEPARTED), times, strict=True):
            row[name] = f"{day} {hour:02d}:{minute + number:02d}:07"


def no_such_time(extract: Broken, n: int) -> None:
    _on_night(extract, n, "2025-03-30", ((1, 10), (2, 31), (3, 10), (4, 10)))


def hour_twice(extract: Broken, n: int) -> None:
    _on_night(extract, n, "2025-10-26", ((1, 30), (1, 10), (2, 10), (3, 10)))


def unknown_code(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row["Acuity"] = "Purple"


def missing_code(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row["Acuity"] = ""


def no_source_or_outcome(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n, is_admitted)):
        row[("Arrival_Mode", "Disposition")[number % 2]] = ""


def left_out_row(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row["Complaint"] = "TRAINING RECORD"


def test_patient(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n)):
        row["Patient_Pseudo_ID"] = ("ZZTEST{}", "Test-Patient {}", "dummy_{}")[number % 3].format(
            number
        )


test_patient.__test__ = False  # type: ignore[attr-defined]  # a kind, no test


def impossible_order(extract: Broken, n: int) -> None:
    for row in extract.take(n, lambda row: by_day(row) and row[ASSESSED] > row[ARRIVED]):
        row[SEEN] = row[ARRIVED]


def left_though_seen(extract: Broken, n: int) -> None:
    for row in extract.take(n, lambda row: has_left(row)):
        row[SEEN] = row[DEPARTED]
        moved(row, DEPARTED, minutes=20)


def left_when_called(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n, is_seen)):
        row |= {"Disposition": "Left before treatment", DEPARTED: row[SEEN]}
        moved(row, DEPARTED, minutes=number % 10)


def no_stamp(extract: Broken, n: int) -> None:
    for row in extract.take(n, is_seen):
        row[ASSESSED] = ""


def untidy_code(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row["Arrival_Mode"] = f"  {row['Arrival_Mode'].upper()} "


def impossible_age(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n)):
        row["Age"] = ("-3", "233", "unknown age")[number % 3]


def left_without_time(extract: Broken, n: int) -> None:
    for row in extract.take(n, has_left):
        row[DEPARTED] = ""


def back_again(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n, by_day)):
        again = row | {"Attendance_ID": f"B{number:06d}"}
        for column in (ARRIVED, ASSESSED, SEEN, DEPARTED):
            moved(again, column, days=2)
        extract.rows.append(again)


def stay_too_long(extract: Broken, n: int) -> None:
    for row in extract.take(n, is_seen):
        moved(row, DEPARTED, days=45)


def repeated_header(extract: Broken, n: int) -> None:
    extract.rows += [dict(zip(COLUMNS, COLUMNS, strict=True)) for _ in range(n)]


def no_departure(extract: Broken, n: int) -> None:
    for row in extract.take(n, is_seen):
        row[DEPARTED] = ""


def decision_without_admission(extract: Broken, n: int) -> None:
    for row in extract.take(n, by_day):
        row[DECIDED] = row[SEEN]
        moved(row, DECIDED, seconds=30)


def admitted_without_decision(extract: Broken, n: int) -> None:
    for row in extract.take(n, is_admitted):
        row[DECIDED] = ""


def outside_period(extract: Broken, n: int) -> None:
    for row in extract.take(n, by_day):
        for column in (ARRIVED, ASSESSED, SEEN, DEPARTED):
            moved(row, column, days=-2000)


def overlapping(extract: Broken, n: int) -> None:
    for number, row in enumerate(
        extract.take(n, lambda row: by_day(row) and row[ASSESSED] < row[SEEN])
    ):
        again = row | {"Attendance_ID": f"C{number:06d}"}
        for column in (ARRIVED, ASSESSED, SEEN, DEPARTED):
            moved(again, column, minutes=3)
        extract.rows.append(again)


def uneven_row(extract: Broken, n: int) -> None:
    for number, row in enumerate(extract.take(n)):
        row |= {FEWER: "3"} if number % 2 else {MORE: "xy"}


def empty_row(extract: Broken, n: int) -> None:
    extract.rows += [dict.fromkeys(COLUMNS, "") for _ in range(n)]


def unreadable_arrival(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row[ARRIVED] = "about noon"


def missing_age(extract: Broken, n: int) -> None:
    for row in extract.take(n):
        row["Age"] = ""


def no_seen(extract: Broken, n: int) -> None:
    for row in extract.take(n, is_seen):
        row[SEEN] = ""


def rounded(extract: Broken, n: int) -> None:
    """Assessments of very many rows on the quarter of an hour, among them rows of other kinds of dirt: not theirs."""
    for row in extract.take(n, lambda row: is_admitted(row) and row[ASSESSED] > row[ARRIVED]):
        minute = at(row, ASSESSED).minute % 15
        moved(row, ASSESSED, minutes=15 - minute, seconds=-at(row, ASSESSED).second)


KINDS: tuple[Callable[[Broken, int], None], ...] = (
    repeated_row, same_attendance_twice, no_arrival, unreadable_stamp, placeholder_date, before_arrival, out_of_order,
    day_not_turned, date_without_time, other_format, no_such_time, hour_twice, unknown_code, missing_code, untidy_code,
    impossible_age, left_without_time, back_again, stay_too_long, repeated_header, no_departure,
    decision_without_admission, admitted_without_decision, outside_period, overlapping, uneven_row, empty_row,
    unreadable_arrival, missing_age, no_seen, no_source_or_outcome, left_out_row, test_patient, impossible_order,
    left_though_seen, no_stamp, left_when_called, rounded,
)  # fmt: skip


# --- kinds of a whole file: each changes very many rows, and is made alone; how many, it returns ---

Rows = list[Row]


def in_utc(stamp: str) -> str:
    """A local time of London as a clock shows it that does not go forward in summer."""
    local_time = datetime.strptime(stamp, FORMAT).replace(tzinfo=LONDON)
    return local_time.astimezone(ZoneInfo("UTC")).strftime(FORMAT)


def other_clock(rows: Rows) -> int:
    """Clinicians' stamps in UTC."""
    n = 0
    for row in rows:
        if row[SEEN]:
            back = in_utc(row[SEEN])
            n += back != row[SEEN]
            row[SEEN] = back
    return n


def day_month_swapped(rows: Rows) -> int:
    """Dates as in America, after the 12th readable by them alone."""
    for row in rows:
        for column in STAMPS:
            if row[column]:
                row[column] = at(row, column).strftime("%m/%d/%Y %H:%M:%S")
    return sum(int(row[column][3:5]) > 12 for row in rows for column in STAMPS if row[column])


def columns_swapped(rows: Rows) -> int:
    """The columns of two stamps under each other's heading."""
    for row in rows:
        row[ASSESSED], row[SEEN] = row[SEEN], row[ASSESSED]
    return sum(bool(row[ASSESSED] and row[SEEN]) for row in rows)


def few_arrivals(rows: Rows) -> int:
    """A month of which a quarter is there, and a day on which the system was down."""
    kept = [
        row
        for number, row in enumerate(rows)
        if (row[ARRIVED][:7] != "2025-04" or number % 4 == 0) and row[ARRIVED][:10] != "2025-06-18"
    ]
    rows[:] = kept
    return 30 + 1


def heap_before_4h(rows: Rows) -> int:
    """Departures soon after four hours, put before them."""
    n = 0
    for row in rows:
        if row[DEPARTED] and 240 <= (at(row, DEPARTED) - at(row)).total_seconds() / 60 < 256:
            row[DEPARTED] = (at(row) + timedelta(minutes=231 + n % 9)).strftime(FORMAT)
            n += 1
    return n


def before_by_rounding(rows: Rows) -> int:
    """Every stamp but the arrivals' put back to the quarter of an hour."""
    rows[:] = on_whole(rows, 15, keep=(ARRIVED,))
    return sum(
        bool(row[stamp]) and row[stamp] < row[ARRIVED] for row in rows for stamp in STAMPS[1:]
    )


def levels_turned(rows: Rows) -> int:
    """Levels of which 5 is the most urgent, in rows in which the ill are admitted."""
    for row in rows:
        ill = LEVELS.index(row["Acuity"]) <= 1
        if ill and is_seen(row):
            row |= {"Disposition": "Admitted"}
        elif not ill and is_admitted(row):
            row |= {"Disposition": "Discharged", DECIDED: ""}
        row["Acuity"] = LEVELS[4 - LEVELS.index(row["Acuity"])]
    return len(rows)


def same_moment(rows: Rows) -> int:
    """The system was down for three days, and what happened then was entered at its end."""
    n = 0
    for row in rows:
        later = [stamp for stamp in STAMPS[1:] if "2025-02-10" <= row[stamp] < "2025-02-12 23:30"]
        n += bool(later)
        row |= dict.fromkeys(later, "2025-02-12 23:30:00")
    return n


def same_minute(rows: Rows) -> int:
    """Attendances that nobody ended were closed a minute before midnight."""
    closed = [row for row in rows if by_day(row)][::25]
    for row in closed:
        row[DEPARTED] = f"{row[DEPARTED][:10]} 23:59:00"
    return len(closed)


def cut_off(rows: Rows) -> int:
    """The last row ends in the middle."""
    rows[-1] |= {FEWER: "6"}
    return 1


def absent(rows: Rows) -> int:
    """For sixty days nobody under 16 is in the file; how many is a guess, to a fifth."""
    lost = [r for r in rows if "2025-03" <= r[ARRIVED][:7] <= "2025-04" and int(r["Age"]) < 16]
    rows[:] = [row for row in rows if row not in lost]
    return len(lost)


def hour_off(rows: Rows) -> int:
    """A clock of departures is an hour ahead for five weeks."""
    ahead = [row for row in rows if "2025-02-06" <= row[ARRIVED] < "2025-03-13" and row[DEPARTED]]
    for row in ahead:
        moved(row, DEPARTED, hours=1)
    return len(ahead)


def at_once(rows: Rows) -> int:
    """Every third walk-in was assessed at the arrival, whoever waits."""
    walks = [row for row in rows if row["Arrival_Mode"] == MODES[0]][::3]
    for row in walks:
        row[ASSESSED] = row[ARRIVED]
    return len(walks)


def drift(rows: Rows) -> int:
    """A clock of departures gains twelve seconds a day."""
    first, late = min(row[ARRIVED] for row in rows), [row for row in rows if row[DEPARTED]]
    for row in late:
        moved(row, DEPARTED, seconds=12 * (at(row) - datetime.strptime(first, FORMAT)).days)
    return len(late)


def heap(rows: Rows) -> int:
    """Clinicians' times of who waited over an hour are put before it."""
    late = [r for r in rows if r[SEEN] and 3600 <= (at(r, SEEN) - at(r)).total_seconds() < 6000]
    for number, row in enumerate(late):
        row[SEEN] = (at(row) + timedelta(minutes=50 + number % 10)).strftime(FORMAT)
    return len(late)


def late_home(rows: Rows) -> int:
    """Departures of every twentieth who went home are entered one to three days later."""
    late = [row for row in rows if is_seen(row)][::20]
    for number, row in enumerate(late):
        moved(row, DEPARTED, days=1 + number % 3)
    return len(late)


def changed(rows: Rows) -> int:
    """From May on the clinician's time is that of the last one, near the departure of those sent home."""
    later = [row for row in rows if row[ARRIVED][:7] >= "2025-05"]
    for row in filter(is_seen, later):
        row[SEEN] = (at(row, DEPARTED) - (at(row, DEPARTED) - at(row, SEEN)) / 3).strftime(FORMAT)
    return len(later)


def overtaken(rows: Rows) -> int:
    """Walk-ins who wait long for a clinician are assessed again meanwhile."""
    walks = [row for row in rows if is_seen(row) and row["Arrival_Mode"] == MODES[0]]
    late = [row for row in walks if (at(row, SEEN) - at(row)).total_seconds() > 4200]
    for number, row in enumerate(late):
        row[ASSESSED] = (at(row) + timedelta(minutes=35 + number % 30)).strftime(FORMAT)
    return len(late)


def spacing(rows: Rows) -> int:
    """Clinicians sign for three patients at a time."""
    seen = sorted((row for row in rows if row[SEEN]), key=lambda row: row[SEEN])
    for number, row in enumerate(seen):
        row[SEEN] = max(seen[number - number % 3][SEEN], row[ASSESSED])
    return len(seen)


def midnight(rows: Rows) -> int:
    """Arrivals were joined to departures of their date: how many who came at night are left."""
    rows[:] = [row for row in rows if row[ARRIVED][:10] == row[DEPARTED][:10]]
    return sum(at(row).hour < 6 for row in rows)


def lacking(rows: Rows) -> int:
    """Every thirtieth attendance was not exported."""
    rows.sort(key=lambda row: row[ARRIVED])
    n = len(rows[15::30])
    del rows[15::30]
    return n


def longest_stays(rows: Rows) -> int:
    """Whoever was there for more than five hours is left out: how many stays end in the last of them."""
    hours = [(at(r, DEPARTED) - at(r)).total_seconds() / 3600 if r[DEPARTED] else 0 for r in rows]
    rows[:] = [row for row, of in zip(rows, hours, strict=True) if of < 5]
    return sum(4 < of < 5 for of in hours)


def twin(rows: Rows) -> int:
    """A month is there twice, with other numbers and a second later."""
    month = [dict(row) for row in rows if row[ARRIVED][:7] == "2025-02"]
    for number, row in enumerate(month):
        row |= {"Attendance_ID": f"T{number}", "Patient_Pseudo_ID": f"S{number}"}
        for stamp in STAMPS:
            if row[stamp]:
                moved(row, stamp, seconds=1)
    rows += month
    return len(month)


WHOLE: tuple[Callable[[Rows], int], ...] = (
    other_clock, day_month_swapped, columns_swapped, few_arrivals, heap_before_4h, levels_turned,
    before_by_rounding, same_moment, same_minute, cut_off, absent, hour_off, at_once, longest_stays, twin, drift, heap,
    late_home, changed, overtaken, spacing, midnight, lacking,
)  # fmt: skip


@cache
def broken(
    n: int = 3000,
    *,
    seed: int = 1,
    kinds: tuple[Callable[[Broken, int], None], ...] = KINDS,
    days: int = DAYS,
) -> Broken:
    """An extract with every kind of dirt, in rows in random places; each kind has a number of its own."""
    rng = np.random.default_rng(seed)
    extract = Broken(clean(n, seed=seed, days=days), rng)
    extract.free = rng.permutation(n).tolist()
    for kind in kinds:
        number = 3 + KINDS.index(kind) if kind is not rounded else n // 10
        kind(extract, number)
        extract.expected[kind.__name__] = number
    order = rng.permutation(len(extract.rows))
    extract.rows = [extract.rows[place] for place in order]
    return extract


def on_whole(rows: list[Row], minutes: int, *, keep: tuple[str, ...] = ()) -> list[Row]:
    """The rows with every stamp put back to the last multiple of so many minutes, but for some columns."""
    put = [dict(row) for row in rows]
    for row in put:
        for column in STAMPS:
            if row[column] and column not in keep:
                moved(
                    row,
                    column,
                    minutes=-(at(row, column).minute % minutes),
                    seconds=-at(row, column).second,
                )
    return put


def mutated(text: str, *, seed: int) -> bytes:
    """The bytes of an extract with a few random mutations: cells, lines, delimiters, bytes that are no text."""
    rng = np.random.default_rng(seed)
    lines = text.splitlines()
    for _ in range(rng.integers(1, 6)):
        place = int(rng.integers(0, len(lines)))
        cells = lines[place].split(",")
        cell = int(rng.integers(0, len(cells)))
        match rng.integers(0, 10):
            case 0:
                cells[cell] = str(
                    rng.choice(["", "NULL", "-1", "1e400", "é", "x" * 3000, '"', "25/12/24", "nan"])
                )
            case 1:
                del cells[cell]
            case 2:
                cells.insert(cell, cells[cell])
            case 3:
                cells = cells[::-1]
            case 4:
                del lines[place:]
                cells = [""]
            case 5:
                lines[place:place] = [lines[int(rng.integers(0, len(lines)))]] * 3
            case 6:
                lines = [
                    line.replace(",", str(rng.choice([";", "\t", "|", ",,"]))) for line in lines
                ]
            case 7:
                cells[cell] = cells[cell][: len(cells[cell]) // 2]
            case 8:
                cells[cell] = cells[cell].replace("-", "/").replace(":", ".")
            case _:
                cells[cell] = f"{cells[cell]}\x00\x1b[31m"
        lines[place : place + 1] = [",".join(cells)]
    content = "\n".join(lines).encode()
    if rng.random() < 0.2 and content:
        place = int(rng.integers(0, len(content)))
        content = content[:place] + bytes(rng.integers(0, 256, 3).tolist()) + content[place:]
    return content
