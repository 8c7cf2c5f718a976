"""What goes wrong in exports: each kind by one function, which says how much of it there is.

A maker of *stamps* changes attendances (minutes, numbers), one of *cells* their text, one of *lines* the file. Each
returns what it changed and a count: of rows or stamps, of days for `lost_days`. Makers never touch one row twice for
the same stamp unless they say so; counts are of the file as it is at the end of its own stage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Rng = np.random.Generator
Rows = npt.NDArray[np.int64]
DAY = 1440
LATER = ("assessed", "triaged", "seen", "decided", "departed")


def some(rng: Rng, which: Any, share: float) -> Rows:
    """Rows of those for which `which` holds, in order: so large a share of them, at least one."""
    rows = np.flatnonzero(np.asarray(which))
    return np.sort(rng.choice(rows, max(round(share * len(rows)), 1), replace=False))


def summer(minutes: Any) -> npt.NDArray[np.bool_]:
    """Whether clocks are forward: 26 March to 28 October 2023, 31 March to 26 October 2024."""
    day = np.asarray(minutes) // DAY
    return ((day >= 83) & (day < 300)) | ((day >= 454) & (day < 664))


# Of stamps: (frame, rng, ...) -> (frame, count)
def lost_days(frame: pd.DataFrame, rng: Rng, *, first: int, days: int) -> tuple[pd.DataFrame, int]:
    """Nobody is in the file who came on these days: a month that was never exported. The count is of days."""
    day = frame.arrived // DAY
    return frame[(day < first) | (day >= first + days)].reset_index(drop=True), days


def heap_before_four(frame: pd.DataFrame, rng: Rng, *, share: float) -> tuple[pd.DataFrame, int]:
    """Departures of the fifth hour's first half are written as 3:50 to 3:59 after the arrival."""
    stay = frame.departed - frame.arrived
    rows = some(rng, (stay > 240) & (stay < 270) & (frame.outcome == 0), share)
    frame.loc[rows, "departed"] = frame.arrived[rows] + rng.integers(230, 240, len(rows))
    early = frame.seen[rows] > frame.departed[rows]
    frame.loc[rows[early], "seen"] = frame.departed[rows[early]] - 1
    return frame, len(rows)


def round_minutes(
    frame: pd.DataFrame, rng: Rng, *, stamp: str, share: float
) -> tuple[pd.DataFrame, int]:
    """A stamp is written from memory, to the nearest quarter of an hour, if that lies between its neighbours."""
    place = LATER.index(stamp)
    nearest = np.round(frame[stamp] / 15) * 15
    before = frame[["arrived", *LATER[:place]]].max(axis=1)
    fits = (nearest > before) & ~(nearest > frame[list(LATER[place + 1 :])].min(axis=1))
    rows = some(rng, fits, share)
    frame.loc[rows, stamp] = nearest[rows]
    return frame, len(rows)


def seen_before_triage(frame: pd.DataFrame, rng: Rng, *, share: float) -> tuple[pd.DataFrame, int]:
    """A clinician's name goes on the board before triage: the seen stamp lies between arrival and assessment."""
    rows = some(rng, (frame.assessed - frame.arrived > 4) & frame.seen.notna(), share)
    frame.loc[rows, "seen"] = frame.arrived[rows] + (frame.assessed - frame.arrived)[rows] // 2
    return frame, len(rows)


def negative_triage(frame: pd.DataFrame, rng: Rng, *, share: float) -> tuple[pd.DataFrame, int]:
    """Triage ends one to nine minutes before it starts, yet after the arrival."""
    rows = some(rng, frame.triaged.notna() & (frame.assessed - frame.arrived > 12), share)
    frame.loc[rows, "triaged"] = frame.assessed[rows] // 1 - rng.integers(1, 10, len(rows))
    return frame, len(rows)


def missing_stamp(
    frame: pd.DataFrame, rng: Rng, *, stamp: str, share: float
) -> tuple[pd.DataFrame, int]:
    """A stamp is not there, of somebody who was seen; with the start of triage its end. The count is of stamps."""
    rows = some(rng, frame[stamp].notna() & (frame.outcome != 2), share)
    frame.loc[rows, stamp] = np.nan
    if stamp == "assessed":
        frame.loc[rows, "triaged"] = np.nan
        return frame, 2 * len(rows)
    return frame, len(rows)


def utc_stamp(frame: pd.DataFrame, rng: Rng, *, stamp: str) -> tuple[pd.DataFrame, int]:
    """One stamp comes from a system that keeps universal time: an hour behind the others all summer."""
    rows = np.flatnonzero(summer(frame[stamp].fillna(-1)) & frame[stamp].notna())
    frame.loc[rows, stamp] -= 60
    return frame, len(rows)


def batch_closed(frame: pd.DataFrame, rng: Rng, *, share: float) -> tuple[pd.DataFrame, int]:
    """A clerk forgot the departure, and the system closed the attendance at 23:59."""
    end = frame.departed // DAY * DAY + DAY - 1
    rows = some(rng, (frame.outcome == 0) & (end - frame.departed > 120), share)
    frame.loc[rows, "departed"] = end[rows]
    return frame, len(rows)


def downtime(frame: pd.DataFrame, rng: Rng, *, nights: tuple[int, ...]) -> tuple[pd.DataFrame, int]:
    """The system was down from 1:00 to 7:00, and every later stamp of these hours is written as 7:00."""
    down = np.zeros(len(frame), bool)
    for stamp in LATER:
        for night in nights:
            inside = frame[stamp].between(night * DAY + 60, night * DAY + 420, inclusive="left")
            frame.loc[inside, stamp] = night * DAY + 420
            down |= inside.to_numpy()
    return frame, int(down.sum())


def leavers_seen(frame: pd.DataFrame, rng: Rng, *, share: float) -> tuple[pd.DataFrame, int]:
    """Who left unseen has a seen stamp, written when somebody called the name: at the departure."""
    rows = some(rng, frame.outcome == 2, share)
    frame.loc[rows, "seen"] = frame.departed[rows]
    return frame, len(rows)


def twelve_hours_out(frame: pd.DataFrame, rng: Rng, *, share: float) -> tuple[pd.DataFrame, int]:
    """A wall clock of twelve hours: departures after noon are written twelve hours early."""
    rows = some(rng, frame.departed.notna() & (frame.departed % DAY >= 780), share)
    frame.loc[rows, "departed"] -= 720
    return frame, len(rows)


# Of cells: (cells, frame, rng, ...) -> (cells, frame, count); the headings are the fields' names.
Cells = tuple[pd.DataFrame, pd.DataFrame, int]


def copied(cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, share: float) -> Cells:
    """Rows are there twice, next to each other."""
    rows = some(rng, np.ones(len(cells), bool), share)
    order = np.sort(np.concatenate([np.arange(len(cells)), rows]))
    return (
        cells.iloc[order].reset_index(drop=True),
        frame.iloc[order].reset_index(drop=True),
        len(rows),
    )


def reused_numbers(cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, share: float) -> Cells:
    """The number of an attendance stands on the next one, too."""
    rows = some(rng, np.arange(len(cells)) % 2 == 1, share)
    cells.loc[rows, "attendance"] = cells.attendance[rows - 1].to_numpy()
    return cells, frame, len(rows)


def code_for(
    cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, column: str, codes: tuple[str, ...], share: float
) -> Cells:  # fmt: skip
    """Codes that say nothing: 'Not recorded', 'UNK', 99."""
    rows = some(rng, np.ones(len(cells), bool), share)
    cells.loc[rows, column] = rng.choice(codes, len(rows))
    return cells, frame, len(rows)


def other_case(
    cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, column: str, share: float
) -> Cells:
    """Codes with other capitals, and with a blank at the end."""
    rows = some(rng, cells[column].str.upper() != cells[column], share)
    cells.loc[rows, column] = cells[column][rows].str.upper() + " "
    return cells, frame, len(rows)


def text_for(
    cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, column: str, text: str, share: float
) -> Cells:  # fmt: skip
    """A text that stands for no value: a date such as 01/01/1900, an age of 999, the word NULL."""
    rows = some(rng, (cells[column] != "") & (frame.outcome.to_numpy() != 2), share)
    cells.loc[rows, column] = text
    return cells, frame, len(rows)


def date_alone(
    cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, column: str, share: float
) -> Cells:
    """A stamp has lost its time of day."""
    rows = some(rng, cells[column] != "", share)
    cells.loc[rows, column] = cells[column][rows].str.split(r"[ T]", n=1, regex=True).str[0]
    return cells, frame, len(rows)


def test_patients(cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, number: int) -> Cells:
    """Attendances that somebody made to try the system: an attendance copied, the patient called ZZTEST."""
    rows = some(rng, np.ones(len(cells), bool), number / len(cells))
    extra = cells.iloc[rows].assign(
        attendance="T" + cells.attendance[rows],
        patient="ZZTEST",
        decided="",
        departed=cells.arrived[rows],
    )
    for name in ("arrived", "assessed", "triaged", "seen", "departed"):
        extra[name] = cells.arrived[rows]
    joined = pd.concat([cells, extra]).sort_index(kind="stable")
    twice = pd.concat([frame, frame.iloc[rows]]).sort_index(kind="stable")
    return joined.reset_index(drop=True), twice.reset_index(drop=True), len(rows)


def yesterdays_date(
    cells: pd.DataFrame, frame: pd.DataFrame, rng: Rng, *, style: Callable[[Any], Any], share: float
) -> Cells:  # fmt: skip
    """Departures after midnight with the date of the day before: the date was typed once for both."""
    over = (frame.departed // DAY > frame.arrived // DAY) & (frame.departed % DAY < 360)
    rows = some(rng, over & (cells.departed != ""), share)
    cells.loc[rows, "departed"] = style(frame.departed.to_numpy()[rows] - DAY)
    return cells, frame, len(rows)


# Of lines: (lines, rng, ...) -> (lines, count); the first line is the header.
Lines = tuple[list[str], int]


def inserted(lines: list[str], rng: Rng, line: str, number: int) -> Lines:
    """The same line at so many places below the header."""
    places = set(rng.choice(np.arange(2, len(lines)), number, replace=False).tolist())
    joined = [
        text
        for place, old in enumerate(lines)
        for text in ((line, old) if place in places else (old,))
    ]
    return joined, number


def blank_lines(lines: list[str], rng: Rng, *, number: int) -> Lines:
    """Lines without a value: commas alone."""
    return inserted(lines, rng, "," * lines[0].count(","), number)


def headers_again(lines: list[str], rng: Rng, *, number: int) -> Lines:
    """Monthly files were put one after the other, headers included."""
    return inserted(lines, rng, lines[0], number)


def total_row(lines: list[str], rng: Rng) -> Lines:
    """The report ends with its total."""
    return [*lines, f"Total,{len(lines) - 1}" + "," * (lines[0].count(",") - 1)], 1


def commas_in_text(lines: list[str], rng: Rng, *, number: int) -> Lines:
    """A free text with a comma and without quotes: a cell too many. The text is the last column."""
    rows = rng.choice(np.arange(1, len(lines)), number, replace=False)
    for row in rows.tolist():
        lines[row] += ", then collapse"
    return lines, number


def open_quotes(lines: list[str], rng: Rng, *, number: int) -> Lines:
    """A free text begins with a quote that nobody closed."""
    rows = rng.choice(np.arange(1, len(lines)), number, replace=False)
    for row in rows.tolist():
        head, _, text = lines[row].rpartition(",")
        lines[row] = f'{head},"{text}'
    return lines, number
