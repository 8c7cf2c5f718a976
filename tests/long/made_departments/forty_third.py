"""A third forty files of dirt, written from the documentation by somebody who had not read the readers.

    python tests/long/made_departments forty --set third --folder /tmp/forty [--only sorted_alone]

What databases, statistics programs and reports write; what joins, filters, fillings, targets and habits do to records.
Kinds that none of `forty.py`, `forty_more.py` and `dirt.py` holds; how they are judged is in `forty.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import dirt
from .engine import DAY, FIRST_DAY
from .exports import STAMPS, UK, Style, style
from .forty import FIRST, HEADINGS, Rng, case, moved, of_month, table, texts
from .forty_more import added, numbers

WINTER = 196
"""Days after which the same eight weeks begin on 4 December: New Year's Day is day 364."""
CAME = "arrived"


def unpadded(frame: pd.DataFrame, write: Style = UK) -> pd.DataFrame:
    """The cells, with stamps as 1/6/2023 9:05."""
    cells = texts(frame, write)
    for name in STAMPS:
        cells[name] = cells[name].str.replace(r"(^|[/ ])0", r"\1", regex=True)
    return cells


def written(frame: pd.DataFrame, **stamps: Any) -> str:
    """The file with these stamps in place of the true ones, which stay as they are."""
    return table(texts(frame.assign(**stamps)))


def gaps(frame: pd.DataFrame, rng: Rng, low: int, high: int) -> Any:
    """Minutes between, a whole number for each row."""
    return rng.integers(low, high, len(frame))


def moment(frame: pd.DataFrame, hour: int) -> Any:
    """The next time after the arrival at which it is that hour."""
    return (frame.arrived - hour * 60) // DAY * DAY + DAY + hour * 60


# Odd, and right: to be read as they are, or refused.
@case
def results_to_text(frame: pd.DataFrame, rng: Rng) -> str:
    head, _, rows = (
        table(texts(frame, style("%Y-%m-%d", clock="%H:%M:00.000")).replace("", "NULL"))
    ).partition("\n")
    rule = ",".join("-" * len(name) for name in head.split(","))
    return f"{head}\n{rule}\n{rows}\n({len(frame)} rows affected)\n"


@case
def row_names_of_r(frame: pd.DataFrame, rng: Rng) -> str:
    cells = '"' + texts(frame, style("%Y-%m-%d", clock="%H:%M:00")) + '"'
    cells.insert(0, "row", [f'"{row + 1}"' for row in range(len(cells))])
    return table(cells.replace('""', "NA")).removeprefix("row,")  # a heading less than cells


@case
def decimal_commas(frame: pd.DataFrame, rng: Rng) -> str:
    origin = (FIRST_DAY - pd.Timestamp("1899-12-30")).days
    cells = texts(frame, numbers(1 / DAY, origin, "%.5f"))
    for name in STAMPS:
        cells[name] = cells[name].str.replace(".", ",")
    return table(cells, ";")


@case
def long_dates_of_a_report(frame: pd.DataFrame, rng: Rng) -> str:
    return table('"' + texts(frame, style("%A, %B %d, %Y", clock="%I:%M:00 %p")) + '"')


@case
def no_leading_noughts(frame: pd.DataFrame, rng: Rng) -> str:
    return table(unpadded(frame))


@case
def utc_behind_each_stamp(frame: pd.DataFrame, rng: Rng) -> str:
    write = style("%Y-%m-%d", clock="%H:%M:00 UTC")
    return table(texts(frame, lambda minutes: write(minutes - 60)))


@case
def equals_signs_against_a_spreadsheet(frame: pd.DataFrame, rng: Rng) -> str:
    return table('"=""' + texts(frame) + '"""')


@case
def quotes_behind_a_backslash(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Complaint="fall")
    cells.loc[dirt.some(rng, frame.age > 15, 0.2), "Complaint"] = r'"says \"my chest\", then fell"'
    return table(cells)


@case
def stamps_of_other_things(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    beside = {
        "Report_Run_DateTime": np.full(len(frame), (FIRST + 61) * DAY + 363.0),
        "Breach_DateTime": frame.arrived + 240,
        "Last_Updated_DateTime": frame.departed + gaps(frame, rng, 30, 4000),
        "First_Observations_DateTime": frame.assessed + 2,
        "Specialty_Referral_DateTime": frame.decided - 5,
        "Expected_Departure_DateTime": frame.arrived + 235,
    }
    for place, (name, minutes) in enumerate(beside.items()):
        cells.insert(2 * place, name, UK(minutes))
    return table(cells)


@case
def one_heading_twice(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # the second is that of the hospital, from the table that was joined
    of_hospital = UK(frame.departed + rng.exponential(5000, len(frame)))
    cells["again"] = np.where(frame.outcome == 1, of_hospital, "")
    return table(cells).replace(",again", "," + HEADINGS["departed"])


@case
def deaths_and_transfers(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    cells.loc[dirt.some(rng, frame.outcome == 0, 0.02), "outcome"] = "Transferred to another trust"
    cells.loc[dirt.some(rng, (frame.outcome == 0) & (frame.level < 2), 0.05), "outcome"] = "Died"
    return table(cells)


@case
def a_row_for_each_event(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    long = cells.melt(
        id_vars=[name for name in cells if name not in STAMPS], value_vars=list(STAMPS),
        var_name="Event", value_name="Event_DateTime", ignore_index=False,
    )  # fmt: skip
    return table(long[long.Event_DateTime != ""].sort_index(kind="stable"))


# Wrong: to be read within 3 % or told.
@case
def departures_joined_by_patient(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    first = dirt.some(rng, frame.arrived < (FIRST + 30) * DAY, 0.15)
    second = first + 2000  # came again two or three weeks later
    cells.loc[second, "patient"] = cells.patient[first].to_numpy()
    of_departure = ["decided", "departed", "outcome"]
    crossed = []
    for one, other in ((first, second), (second, first)):
        crossed.append(cells.iloc[one].copy())
        crossed[-1][of_departure] = cells.loc[other, of_departure].to_numpy()
    return added(cells, pd.concat(crossed))


@case
def only_who_have_a_clinician(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[frame.seen.notna()])


@case
def seen_within_the_hour(frame: pd.DataFrame, rng: Rng) -> str:
    late = dirt.some(rng, frame.seen - frame.arrived > 60, 0.7)
    changed = frame.copy()
    changed.loc[late, "seen"] = frame.arrived[late] + rng.integers(50, 60, len(late))
    return table(texts(changed))


@case
def decided_less_than_four_hours_ago(frame: pd.DataFrame, rng: Rng) -> str:
    late = dirt.some(rng, frame.departed - frame.decided > 240, 0.6)
    changed = frame.copy()
    changed.loc[late, "decided"] = frame.departed[late] - rng.integers(230, 240, len(late))
    return table(texts(changed))


@case
def noise_for_privacy(frame: pd.DataFrame, rng: Rng) -> str:
    return written(frame, **{name: frame[name] + gaps(frame, rng, -10, 11) for name in STAMPS})


@case
def keyed_after_the_night(frame: pd.DataFrame, rng: Rng) -> str:
    night = (frame.arrived + 120) // DAY
    down = np.isin(night % 7, (1, 4)) & ((frame.arrived + 120) % DAY < 480)
    changed = frame.copy()
    place = down.groupby(night).cumsum()[down] - 1
    keyed = night[down] * DAY + 445 + 2 * place
    for name in STAMPS:
        changed.loc[down, name] = (keyed + (name != CAME)).where(frame[name].notna())
    return table(texts(changed))


@case
def three_minutes_of_triage(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    rows = dirt.some(rng, frame.triaged - frame.assessed >= 3, 0.4)
    changed.loc[rows, "triaged"] = frame.assessed[rows] + 3
    return table(texts(changed))


@case
def filled_with_the_median(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    rows = dirt.some(rng, frame.seen.notna(), 0.25)
    changed.loc[rows, "seen"] = np.nan
    usual = (changed.seen - frame.arrived).median()
    changed["seen"] = changed.seen.fillna(frame.arrived + usual)
    return table(texts(changed))


@case
def interpolated(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    changed.loc[dirt.some(rng, frame.outcome == 1, 0.6), "departed"] = np.nan
    exact = changed.departed.interpolate(limit_direction="both")
    cells = texts(changed.assign(departed=exact), style("%Y-%m-%d", clock="%H:%M:"))
    for name in STAMPS:
        cells[name] = cells[name].where(cells[name] == "", cells[name] + "00")
    seconds = np.floor(exact % 1 * 60).astype(int)
    cells["departed"] = [
        f"{text[:-2]}{second:02d}" for text, second in zip(cells.departed, seconds, strict=True)
    ]
    return table(cells)


@case
def who_was_there_at_four_times_of_day(frame: pd.DataFrame, rng: Rng) -> str:
    there = [moment(frame, hour) <= frame.departed for hour in (6, 10, 16, 22)]
    return table(texts(frame)[np.any(there, axis=0)])


@case
def the_first_of_the_list(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    cells.loc[dirt.some(rng, frame.outcome == 1, 0.3), "outcome"] = "Discharged"
    return table(cells)


@case
def straight_to_the_ward(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    rows = dirt.some(rng, (frame.arrived % DAY > 600) & (frame["mode"] != 1), 0.1)
    come = frame.arrived.to_numpy()[rows] + 7
    through = cells.iloc[rows].assign(
        attendance="2" + cells.attendance[rows], patient="1" + cells.patient[rows], mode="GP referral",
        outcome="Admitted", arrived=UK(come), decided=UK(come), departed=UK(come + rng.integers(1, 4, len(rows))),
        assessed="", triaged="", seen="", level="3 - Urgent",
    )  # fmt: skip
    return added(cells, through)


@case
def referred_since_the_telephone_call(frame: pd.DataFrame, rng: Rng) -> str:
    called = frame.arrived - gaps(frame, rng, 60, 240)
    return written(frame, arrived=frame.arrived.where(frame["mode"] != 2, called))


@case
def a_clock_that_drifts(frame: pd.DataFrame, rng: Rng) -> str:
    return written(frame, departed=frame.departed + (frame.departed // DAY - FIRST) // 2)


@case
def last_years_number(frame: pd.DataFrame, rng: Rng) -> str:
    later = frame.assign(**{name: frame[name] + WINTER * DAY for name in STAMPS})
    new = (later.arrived >= 364 * DAY) & (later.arrived < 369 * DAY)
    rows = dirt.some(rng, new, 0.25)
    return table(texts(moved(later, rows, list(STAMPS), -365 * DAY)))


@case
def departed_when_last_edited(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.outcome == 0, 0.05), frame.copy()
    day = frame.departed[rows] // DAY + rng.integers(1, 3, len(rows))
    day += np.maximum(7 - day % 7, 0) * (day % 7 >= 5)  # on Monday, if that is a weekend
    changed.loc[rows, "departed"] = day * DAY + rng.integers(540, 1020, len(rows))
    return table(texts(changed))


@case
def the_longest_cut_to_one_length(frame: pd.DataFrame, rng: Rng) -> str:
    stay = frame.departed - frame.arrived
    return written(frame, departed=frame.arrived + stay.clip(upper=np.floor(stay.quantile(0.95))))


@case
def sorted_alone(frame: pd.DataFrame, rng: Rng) -> str:
    return written(frame, departed=np.sort(frame.departed))


@case
def urgent_treatment_in_the_numbers(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # a treatment centre next door, which keeps its records in the same system
    cells["attendance"] = "ED" + cells.attendance
    rows = dirt.some(rng, (frame.arrived % DAY > 480) & (frame.arrived % DAY < 1320), 0.4)
    come = frame.arrived.to_numpy()[rows] + rng.integers(-15, 15, len(rows))
    seen = come + rng.integers(5, 70, len(rows))
    there = cells.iloc[rows].assign(
        attendance=[f"UTC{30_000 + row}" for row in rows], patient="5" + cells.patient[rows], mode="Walk-in",
        level="5 - Non-urgent", outcome="Discharged", decided="", arrived=UK(come), assessed=UK(come + 1),
        triaged=UK(come + 3), seen=UK(seen), departed=UK(seen + rng.integers(5, 25, len(rows))),
    )  # fmt: skip
    return added(cells, there)


@case
def leavers_found_at_handover(frame: pd.DataFrame, rng: Rng) -> str:
    called = np.minimum(moment(frame, 7), moment(frame, 19)) + 30 + gaps(frame, rng, 0, 20)
    later = np.maximum(called, frame.departed)
    return written(frame, departed=frame.departed.where(frame.outcome != 2, later))


@case
def joined_on_the_date(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[frame.departed // DAY == frame.arrived // DAY])


@case
def a_hundred_rows_a_day(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[frame.groupby(frame.arrived // DAY).cumcount() < 100])


@case
def who_is_still_here_again(frame: pd.DataFrame, rng: Rng) -> str:
    cells, morning = texts(frame), moment(frame, 8)  # a report each morning, put one below another
    still = (frame.departed >= morning).to_numpy()
    known = {name: np.where(frame[name] < morning, cells[name], "") for name in STAMPS}
    reports = pd.concat([cells.assign(**known, outcome="")[still], cells])
    place = np.concatenate([morning[still] // DAY - 1, (frame.departed - 480) // DAY])
    return table(reports.iloc[np.argsort(place, kind="stable")])


@case
def deleted_rows_kept(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Record_Status="A")
    rows = dirt.some(rng, frame.arrived > 0, 0.08)
    come = frame.arrived.to_numpy()[rows] - rng.integers(2, 9, len(rows))
    gone = cells.iloc[rows].assign(
        attendance="4" + cells.attendance[rows], Record_Status="D", arrived=UK(come), assessed="", triaged="",
        seen="", decided="", outcome="Discharged", departed=UK(come + rng.integers(3, 60, len(rows))),
    )  # fmt: skip
    return added(cells, gone)


@case
def triage_open_until_the_next(frame: pd.DataFrame, rng: Rng) -> str:
    desk = frame["mode"] == 1
    following = frame.assessed[::-1].groupby(desk[::-1]).transform(lambda at: at.ffill().shift())
    waits = following - frame.assessed
    return written(frame, triaged=frame.triaged.where(~waits.between(1, 45), following))


@case
def seen_in_tenths_of_an_hour(frame: pd.DataFrame, rng: Rng) -> str:
    return written(frame, seen=np.ceil(frame.seen / 6) * 6)


@case
def a_new_column_from_june(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)
    cells["ED_Departure_DateTime"] = cells.departed.where(late, "")
    cells.loc[late, "departed"] = ""
    return table(cells)


@case
def a_date_for_each_group(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # cells that were merged: the date stands in the first row of a day
    parts = cells.arrived.str.split(" ", expand=True)
    cells.insert(0, "Arrival_Date", parts[0].where(~parts[0].duplicated(), ""))
    cells.insert(1, "Arrival_Time", parts[1])
    return table(cells.drop(columns=CAME))
