"""Forty more files of dirt, written from the documentation when the readers were done with the first forty.

    python tests/long/made_departments forty --set more --folder /tmp/forty [--only two_sites]

What exports of ECDS, of hospitals' own systems, of spreadsheets and of statistics programs look like, and what people
do to them on the way. Kinds that neither `forty.py` nor `dirt.py` holds; how they are judged is in `forty.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import dirt
from .engine import DAY, FIRST_DAY
from .exports import STAMPS, UK, Style, style
from .forty import Rng, by_the_hour, case, copied, moved, of_month, put, table, texts

AUTUMN = 133
"""Days after which the same eight weeks begin on 2 October: clocks go back in them, on day 300."""


def numbers(unit: float, add: float, shown: str = "%.0f") -> Style:
    """Minutes to a number: of so many of a unit, and so many more."""

    def write(minutes: Any) -> Any:
        known = np.asarray(minutes, float)
        return np.where(
            np.isnan(known), "", np.char.mod(shown, np.nan_to_num(known) * unit + add)
        ).astype(object)

    return write


def added(cells: pd.DataFrame, extra: pd.DataFrame) -> str:
    """The file with further attendances, in the order of their rows."""
    return table(pd.concat([cells, extra]).sort_index(kind="stable").fillna(""))


# Odd, and right: to be read as they are, or refused.
@case
def a_line_for_the_spreadsheet(frame: pd.DataFrame, rng: Rng) -> bytes:
    return ("sep=;\r\n" + table(texts(frame), ";").replace("\n", "\r\n")).encode("utf-8-sig")


@case
def units_in_the_headings(frame: pd.DataFrame, rng: Rng) -> str:
    head, _, rows = table(texts(frame)).partition("\n")
    return f"{head.replace('DateTime', 'DateTime (dd/mm/yyyy hh24:mi)')}\n{rows}"


@case
def blanks_that_do_not_break(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in (*STAMPS, "mode", "level", "outcome"):
        cells[name] = cells[name].str.replace(" ", "\u00a0")
    return table(cells)


@case
def ages_and_sexes_in_codes(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(sex=np.array(["2", "1"], object)[frame.sex])
    cells.loc[dirt.some(rng, frame.age > 15, 0.02), "sex"] = "9"
    babies = (frame.age < 2).to_numpy()
    cells.loc[babies, "age"] = [f"{months}m" for months in rng.integers(0, 24, babies.sum())]
    cells.loc[dirt.some(rng, frame.age > 60, 0.02), "age"] = "-1"
    return table(cells)


@case
def sas_stamps(frame: pd.DataFrame, rng: Rng) -> str:
    whole = table(texts(frame, style("%d%b%Y", ":", "%H:%M:00")))
    return whole.replace(",,", ",.,").replace(",,", ",.,")


@case
def stamps_to_ten_millionths(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%Y-%m-%d", " ", "%H:%M:00.0000000")))


@case
def stamps_of_messages(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%Y%m%d", "", "%H%M00")))


@case
def written_by_pandas(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame, style("%Y-%m-%d", " ", "%H:%M:00")).replace("", "NaT")
    cells["age"] += ".0"
    cells.insert(0, "Unnamed: 0", np.arange(len(frame)).astype(str))
    return table(cells)


@case
def serials_with_thousands(frame: pd.DataFrame, rng: Rng) -> str:
    origin = (FIRST_DAY - pd.Timestamp("1899-12-30")).days
    cells = texts(frame, numbers(1 / DAY, origin, "%.5f"))
    for name in STAMPS:
        cells[name] = cells[name].str.replace(r"^(\d\d)(.+)$", r'"\1,\2"', regex=True)
    return table(cells)


@case
def clocks_go_back(frame: pd.DataFrame, rng: Rng) -> str:
    later = frame.assign(**{name: frame[name] + AUTUMN * DAY for name in STAMPS})
    for name in STAMPS:
        later.loc[later[name] >= 300 * DAY + 120, name] -= 60
    return table(texts(later))


@case
def later_stamps_as_spans(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in STAMPS[1:]:
        span = (frame[name] - frame.arrived).fillna(-1).astype(int)
        cells[name] = [f"{m // 60:02d}:{m % 60:02d}" if m >= 0 else "" for m in span]
    return table(cells)


# Wrong: to be read within 3 % or told.
@case
def numbers_in_powers_of_ten(frame: pd.DataFrame, rng: Rng) -> str:
    n = np.arange(len(frame))
    return table(
        texts(frame).assign(
            attendance=np.char.mod("%.5E", 230_500_000_000 + 37.0 * n),
            patient=np.char.mod("%.5E", 9_430_000_000 + 7919.0 * (n * 7 % 99_991)),
        )
    )


@case
def seen_when_the_record_was_opened(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, frame.seen - frame.triaged > 4, 0.6)
    early = (frame.seen - frame.triaged)[rows] * rng.uniform(0.1, 0.9, len(rows))
    return table(texts(moved(frame, rows, "seen", -np.floor(early))))


@case
def streamed_and_entered_again(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # a second attendance begins where the nurse at the door sends them on
    rows = dirt.some(rng, (frame["mode"] == 0) & frame.seen.notna() & (frame.level > 2), 0.3)
    on = UK(frame.triaged[rows] + 2)
    again = cells.iloc[rows].assign(
        attendance="9" + cells.attendance[rows], arrived=on, assessed=on
    )
    again["triaged"] = UK(frame.triaged[rows] + 3)
    cells.loc[rows, ["seen", "decided", "outcome"]] = "", "", "Discharged"
    cells.loc[rows, "departed"] = on
    return added(cells, again)


@case
def one_date_for_all_times(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    for name in STAMPS[1:]:
        changed[name] = frame.arrived // DAY * DAY + frame[name] % DAY
    return table(texts(changed))


@case
def two_sites(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Site="RX1A1")  # and a minor injury unit, open from 8 to 20
    rows = dirt.some(rng, (frame.arrived % DAY > 480) & (frame.arrived % DAY < 1200), 0.35)
    come = frame.arrived.to_numpy()[rows] + rng.integers(-20, 20, len(rows))
    seen = come + rng.integers(4, 25, len(rows))
    other = cells.iloc[rows].assign(Site="RX1C7", attendance="3" + cells.attendance[rows], decided="",
                                    patient="4" + cells.patient[rows], mode="Walk-in", level="5 - Non-urgent",
                                    outcome="Discharged")  # fmt: skip
    other["arrived"], other["assessed"], other["seen"] = UK(come), UK(come + 2), UK(seen)
    other["triaged"], other["departed"] = UK(come + 4), UK(seen + rng.integers(5, 40, len(rows)))
    return added(cells, other)


@case
def joined_to_columns_in_other_order(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)
    order = ["seen", "assessed", "triaged"]
    cells.loc[late, ["assessed", "triaged", "seen"]] = cells.loc[late, order].to_numpy()
    return table(cells)


@case
def codes_of_a_second_system(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)
    later = np.array(["02", "01", "12"], object)[frame.outcome]  # as in CDS
    cells.loc[late, "outcome"] = later[late]
    cells.loc[late, "mode"] = np.array(["2", "1", "2"], object)[frame["mode"]][late]
    return table(cells)


@case
def planned_follow_ups(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Attendance_Category="1")  # 2 in CDS: a planned follow-up
    rows = dirt.some(rng, (frame.arrived % DAY > 540) & (frame.arrived % DAY < 780), 0.2)
    come = frame.arrived.to_numpy()[rows]
    again = cells.iloc[rows].assign(Attendance_Category="2", attendance="6" + cells.attendance[rows], decided="",
                                    assessed="", triaged="", level="", mode="Walk-in", outcome="Discharged",
                                    patient=cells.patient.to_numpy()[rows - 300])  # fmt: skip
    again["seen"] = UK(come + rng.integers(2, 15, len(rows)))
    again["departed"] = UK(come + rng.integers(16, 40, len(rows)))
    return added(cells, again)


@case
def decided_at_the_departure(frame: pd.DataFrame, rng: Rng) -> str:
    return copied(frame, rng, "decided", "departed", 0.6)


@case
def left_closed_after_twelve_hours(frame: pd.DataFrame, rng: Rng) -> str:
    left, changed = frame.outcome == 2, frame.copy()
    changed.loc[left, "departed"] = frame.arrived + 720
    return table(texts(changed))


@case
def children_in_another_system(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[~((frame.age < 16) & of_month(frame))])


@case
def handover_for_arrival(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    most = frame[["assessed", "seen", "departed"]].min(axis=1)
    late = np.minimum(frame.arrived + rng.integers(10, 40, len(frame)), most)
    rows = (frame["mode"] == 1) & of_month(frame)
    changed.loc[rows, "arrived"] = late
    return table(texts(changed))


@case
def departures_without_minutes(frame: pd.DataFrame, rng: Rng) -> str:
    return by_the_hour(frame, "departed")


@case
def sent_to_same_day_care(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, (frame.outcome == 0) & (frame.level < 4), 0.2)
    return put(frame, rows, "outcome", "Streamed to SDEC")


@case
def a_date_for_who_left(frame: pd.DataFrame, rng: Rng) -> str:
    left, changed = frame.outcome == 2, frame.copy()
    changed.loc[left, "departed"] = frame.departed // DAY * DAY
    return table(texts(changed))


@case
def a_clock_set_back_late(frame: pd.DataFrame, rng: Rng) -> str:
    later = frame.assign(**{name: frame[name] + AUTUMN * DAY for name in STAMPS})
    wrong = (later.departed >= 300 * DAY) & (later.departed < 316 * DAY)  # 16 days in summer time
    return table(texts(moved(later, wrong, "departed", 60)))


@case
def a_month_with_other_pseudonyms(frame: pd.DataFrame, rng: Rng) -> str:
    late = frame[of_month(frame)]  # exported twice; the second time seconds were rounded up
    again = texts(late.assign(**{name: late[name] + 1 for name in STAMPS}))
    again["attendance"] = (900_000 + rng.permutation(len(late))).astype(str)
    again["patient"] = (200_000 + rng.permutation(len(late))).astype(str)
    return table(pd.concat([texts(frame), again]))


@case
def one_column_a_row_up(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)
    cells.loc[late, "departed"] = cells.departed.shift(-1, fill_value="")[late]
    return table(cells)


@case
def filled_down(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    cells["seen"] = cells.seen.mask(cells.seen == "").ffill().fillna("")
    return table(cells)


@case
def long_stays_left_out(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[frame.departed - frame.arrived <= 720])


@case
def departed_at_the_decision(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.decided.notna() & of_month(frame), 0.7), frame.copy()
    changed.loc[rows, "departed"] = frame.decided[rows]
    return table(texts(changed))


@case
def a_ward_in_universal_time(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(moved(frame, frame.outcome == 1, "departed", -60)))


@case
def small_days_turned_by_a_spreadsheet(frame: pd.DataFrame, rng: Rng) -> str:
    cells, turned = texts(frame), texts(frame, style("%m/%d/%Y"))
    for name in STAMPS:
        small = cells[name].str[:2].isin([f"{day:02d}" for day in range(1, 13)])
        cells.loc[small, name] = turned[name][small]
    return table(cells)


@case
def seen_entered_at_the_departure(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.outcome == 0, 0.3), frame.copy()
    changed.loc[rows, "seen"] = frame.departed[rows]
    return table(texts(changed))


@case
def assessed_at_the_arrival(frame: pd.DataFrame, rng: Rng) -> str:
    return copied(frame, rng, "assessed", "arrived", 0.5)


@case
def a_row_for_each_diagnosis(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Diagnosis="Sprain of ankle")
    rows = dirt.some(rng, frame.outcome == 1, 0.5)
    return added(cells, cells.iloc[rows].assign(Diagnosis="Pneumonia"))


@case
def a_wrong_month_typed(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, frame.outcome == 0, 0.01)
    return table(texts(moved(frame, rows, "departed", 31 * DAY)))


@case
def who_left_in_another_column(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    cells["Left_Flag"] = np.where(frame.outcome == 2, "Y", "N").astype(object)
    cells.loc[frame.outcome == 2, "outcome"] = "Discharged"
    return table(cells)


@case
def who_left_not_exported(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[~((frame.outcome == 2) & of_month(frame))])
