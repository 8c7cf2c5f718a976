"""A sixth forty files of dirt, written from the documentation by somebody who had not read the readers.

    python tests/long/made_departments forty --set sixth --folder /tmp/forty [--only no_line_of_headings]

What joins, filters, conversions, menus and rules of privacy do to records between the hospital's system and the
analyst's email. Kinds that none of `forty.py`, `forty_more.py`, `forty_third.py`, `forty_fourth.py`, `forty_fifth.py`
and `dirt.py` holds; how they are judged is in `forty.py`. A naive reader (pandas, codes as they are meant) has a figure
wrong by over 3 % in each wrong one; the comment says what in the file tells a careful one.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd

from . import dirt
from .engine import DAY, FIRST_DAY
from .exports import STAMPS, UK, style
from .forty import CODES, FIRST, HEADINGS, Rng, case, of_month, put, table, texts
from .forty_more import added, numbers
from .forty_third import written

TYPES = ("bigint", "varchar(20)", "int", "char(1)", *["datetime"] * 6, *["varchar(30)"] * 3)
SNOMED = {
    "level": ("1064891000000107", "1064911000000105", "1064901000000108", "1077241000000103", "1077251000000100"),
    "outcome": ("306689006", "306706006", "1066311000000101"),
}  # fmt: skip
TYPED = (
    ("Walk-in", "walked", "own car", "with mum", "by taxi"),
    ("Ambulance", "999", "paramedics", "LAS crew", "blue light"),
    ("GP referral", "letter from GP", "surgery", "sent by Dr", "GP"),
)


# Odd, and right: to be read as they are, or refused.
@case
def no_line_of_headings(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)).partition("\n")[2]


@case
def a_code_beside_each_description(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in CODES:
        place = int(cells.columns.get_indexer([name])[0])
        cells.insert(place, f"{HEADINGS[name]}_Code", (frame[name] + 1).astype(str))
    return table(cells)


@case
def times_of_the_year_1899(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # a database keeps a time alone on the day from which it counts
    for name in STAMPS:
        place, head, known = (
            int(cells.columns.get_indexer([name])[0]),
            HEADINGS[name],
            cells[name] != "",
        )
        day, clock = cells[name].str[:10] + " 00:00:00", "30/12/1899 " + cells[name].str[11:]
        cells.insert(place, head.replace("DateTime", "Date"), day.where(known, ""))
        cells.insert(place + 1, head.replace("DateTime", "Time"), (clock + ":00").where(known, ""))
    return table(cells.drop(columns=list(STAMPS)))


@case
def columns_for_the_commissioner(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    before = dict(Record_Type="ECDS", Provider_Code="RX1", Financial_Year="2023/24")
    for place, (name, text) in enumerate(before.items()):
        cells.insert(place, name, text)
    tariff = np.array(["371", "279", "210", "142", "95"], object)[frame.level]
    return table(cells.assign(HRG_Code="VB08Z", Tariff=tariff, Commissioner_Code="52R"))


@case
def hashes_for_numbers(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in ("attendance", "patient"):
        cells[name] = [sha256(f"salt{text}".encode()).hexdigest().upper() for text in cells[name]]
    return table(cells)


@case
def stamps_of_a_browser(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame, style("%d/%m/%Y", ", ", "%H:%M:00"))
    for name in STAMPS:
        cells[name] = '"' + cells[name] + '"'
    return table(cells)


@case
def words_with_their_place_in_the_list(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # so that a report sorts them
    for name in ("mode", "outcome"):
        cells[name] = (frame[name] + 1).map("{:02d}. ".format) + cells[name]
    return table(cells)


@case
def a_second_line_of_types(frame: pd.DataFrame, rng: Rng) -> str:
    head, _, rows = table(texts(frame)).partition("\n")
    return f"{head}\n{','.join(TYPES)}\n{rows}"


@case
def headings_cut_to_ten_characters(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame).rename(columns={name: head[:10] for name, head in HEADINGS.items()}))


@case
def a_page_of_html(frame: pd.DataFrame, rng: Rng) -> str:
    return str(texts(frame).rename(columns=HEADINGS).to_html(index=False))


# Wrong: to be read within 3 % or told.
@case
def duplicates_removed_by_patient(frame: pd.DataFrame, rng: Rng) -> str:
    patient = 100_000 + rng.integers(0, 20_000, len(frame))  # nobody twice; more and more missing
    return table(texts(frame).assign(patient=patient.astype(str)).drop_duplicates("patient"))


@case
def not_found_in_the_other_sheet(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), frame.arrived >= (FIRST + 45) * DAY
    cells.loc[late, ["decided", "departed", "outcome"]] = (
        "#N/A"  # the words of a lookup that failed
    )
    return table(cells)


@case
def a_month_of_numbers_for_dates(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)  # numbers below stamps
    origin = (FIRST_DAY - pd.Timestamp("1899-12-30")).days
    cells.loc[late, "departed"] = numbers(1 / DAY, origin, "%.5f")(frame.departed)[late]
    return table(cells)


@case
def codes_rounded_by_a_spreadsheet(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # fifteen digits and a nought: no code of SNOMED CT
    for name, codes in SNOMED.items():
        cut = [code[:15] + "0" * (len(code) - 15) for code in codes]
        cells[name] = np.array(cut, object)[frame[name]]
    return table(cells)


@case
def june_from_the_report_of_breaches(frame: pd.DataFrame, rng: Rng) -> str:
    within = frame.departed - frame.arrived <= 240  # nobody leaves within four hours; half a day's
    return table(texts(frame)[~(within & of_month(frame))])


@case
def half_of_it_with_semicolons(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)  # lines without a comma
    return table(cells[~late]) + table(cells[late], ";").partition("\n")[2]


@case
def the_sheets_of_a_workbook_stacked(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # the numbers again, and the name of the sheet
    sheets = {"All": frame.age >= 0, "Paediatrics": frame.age < 16, "Majors": frame.level < 2}
    return table(pd.concat([cells[rows].assign(Sheet=name) for name, rows in sheets.items()]))


@case
def arrivals_at_a_minute_past_midnight(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame["mode"] == 0, 0.06), frame.copy()
    changed.loc[rows, "arrived"] = frame.arrived[rows] // DAY * DAY + 1  # four a day in that minute
    return table(texts(changed))


@case
def no_category_in_resuscitation(frame: pd.DataFrame, rng: Rng) -> str:
    rows = (frame.level == 0) | ((frame.level == 1) & (frame["mode"] == 1) & (frame.outcome == 1))
    return put(frame, rows, "level", "")  # nobody is immediate, and who has no category is admitted


@case
def decisions_of_who_waited_alone(frame: pd.DataFrame, rng: Rng) -> str:
    short = frame.departed - frame.decided < 90  # admitted without a decision, and no short wait
    return put(frame, short, "decided", "")


@case
def modes_as_clerks_type_them(frame: pd.DataFrame, rng: Rng) -> str:
    words = np.array(TYPED, object)[frame["mode"], rng.integers(0, 5, len(frame))]  # the words
    return table(texts(frame).assign(mode=words))


@case
def booked_by_111_and_never_came(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    rows = dirt.some(rng, (frame.arrived % DAY > 480) & (frame["mode"] == 0), 0.12)
    slot = UK(frame.arrived[rows] // 15 * 15)
    extra = cells.iloc[rows].assign(
        attendance="B" + cells.attendance[rows], patient="3" + cells.patient[rows], arrived=slot, assessed="",
        triaged="", seen="", decided="", departed="", level="", outcome="Did not attend",
    )  # fmt: skip
    return added(cells, extra)  # the word, quarters of an hour, and no stamp but one


@case
def no_hour_nought(frame: pd.DataFrame, rng: Rng) -> str:
    # Half past twelve at night is made half past twelve: nothing at 00, and twice as much at 12.
    return written(frame, **{name: frame[name] + 720 * (frame[name] % DAY < 60) for name in STAMPS})


@case
def redirected_at_the_door(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    rows = dirt.some(rng, (frame["mode"] == 0) & of_month(frame), 0.25)
    come = frame.arrived.to_numpy()[rows] + rng.integers(0, 30, len(rows))
    extra = cells.iloc[rows].assign(
        attendance="6" + cells.attendance[rows], patient="8" + cells.patient[rows], arrived=UK(come), assessed="",
        triaged="", seen="", decided="", departed=UK(come + rng.integers(1, 4, len(rows))), level="",
        outcome="Redirected to pharmacy",
    )  # fmt: skip
    return added(cells, extra)  # a word of June, no category, and gone within minutes


@case
def all_are_urgent_by_night(frame: pd.DataFrame, rng: Rng) -> str:
    night = (frame.arrived + 180) % DAY < 660  # no other category from nine to eight
    return put(frame, night, "level", "3 - Urgent")


@case
def ambulances_under_other(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, (frame["mode"] == 1) & of_month(frame), 0.7)
    return put(frame, rows, "mode", "Other")  # a word of June, when ambulances become few


@case
def every_outcome_in_one_cell(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, frame.outcome == 1, 0.25)
    return put(frame, rows, "outcome", "Discharged; Admitted")  # the cells


@case
def lost_but_for_the_first_twelve_days(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # read as month and day, else lost: departures months before arrivals
    turned = texts(frame, style("%m/%d/%Y")).departed
    return table(cells.assign(departed=turned.where(cells.departed.str[:2].astype(int) <= 12, "")))


@case
def unknown_patients_joined_to_each_other(frame: pd.DataFrame, rng: Rng) -> str:
    cells, rows = texts(frame), dirt.some(rng, frame["mode"] == 1, 0.015)
    cells.loc[rows, "patient"] = ""
    left, right = (grid.ravel() for grid in np.meshgrid(rows, rows, indexing="ij"))
    joined = cells.iloc[left].copy()  # a number many times, always without a patient
    of_the_end = ["decided", "departed", "outcome"]
    joined[of_the_end] = cells[of_the_end].to_numpy()[right]
    return added(cells.drop(index=rows), joined)


@case
def dates_made_the_first_of_the_month(frame: pd.DataFrame, rng: Rng) -> str:
    return table(
        texts(frame, style("01/%m/%Y"))
    )  # three days; by night they leave before they come


@case
def departures_cut_by_a_narrow_field(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # minutes of one digit, from 0 to 5
    return table(cells.assign(departed=cells.departed.str[:15]))


@case
def written_up_at_the_end(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, (frame.outcome == 0) & (frame.level > 2), 0.4), frame.copy()
    for name in ("assessed", "triaged", "seen"):
        changed.loc[rows, name] = frame.departed[rows]  # four stamps in one minute
    return table(texts(changed))


@case
def a_scale_turned_round_in_june(frame: pd.DataFrame, rng: Rng) -> str:
    level = np.where(of_month(frame), 5 - frame.level, frame.level + 1)
    return table(texts(frame).assign(level=level.astype(str)))  # 5 is admitted, and 1 goes home


@case
def outliers_blanked(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()  # gone without a departure, and no stay beyond a bound
    for name in ("seen", "departed"):
        span = frame[name] - frame.arrived
        low, high = span.quantile([0.25, 0.75])
        changed[name] = frame[name].where(span <= high + 1.5 * (high - low))
    return table(texts(changed))


@case
def a_block_pasted_in_the_wrong_place(frame: pd.DataFrame, rng: Rng) -> str:
    cells, later = texts(frame), list(STAMPS[1:])  # leave a week before they come; stamps twice
    cells.loc[3000:3999, later] = cells.loc[2000:2999, later].to_numpy()
    return table(cells)


@case
def read_by_a_machine_from_paper(frame: pd.DataFrame, rng: Rng) -> str:
    cells, rows = texts(frame), dirt.some(rng, frame.seen.notna(), 0.2)
    letters = str.maketrans("015", "OlS")  # letters among the digits
    for name in ("seen", "departed"):
        day, clock = cells[name].str[:11], cells[name].str[11:]
        cells.loc[rows, name] = (day + clock.str.translate(letters))[rows]
    return table(cells)


@case
def hours_that_run_past_midnight(frame: pd.DataFrame, rng: Rng) -> str:
    since = (frame.departed - frame.arrived // DAY * DAY).astype(int)  # hours beyond 23
    clock = [f" {minute // 60:02d}:{minute % 60:02d}" for minute in since]
    cells = texts(frame)
    return table(cells.assign(departed=cells.arrived.str[:10] + clock))


@case
def appended_in_another_encoding(frame: pd.DataFrame, rng: Rng) -> bytes:
    cells, late = texts(frame), of_month(frame)  # a nought behind each letter of the second half
    return table(cells[~late]).encode() + table(cells[late]).partition("\n")[2].encode("utf-16-le")


@case
def averaged_in_fives(frame: pd.DataFrame, rng: Rng) -> str:
    group, changed = np.arange(len(frame)) // 5, frame.copy()  # the same spans five times
    for name in STAMPS[1:]:
        mean = (frame[name] - frame.arrived).groupby(group).transform("mean")
        changed[name] = (frame.arrived + np.round(mean)).where(frame[name].notna())
    return table(texts(changed))


@case
def balanced_for_a_model(frame: pd.DataFrame, rng: Rng) -> str:
    others = np.flatnonzero(frame.outcome != 1)  # just half are admitted, and numbers are missing
    out = rng.choice(others, len(others) - int((frame.outcome == 1).sum()), replace=False)
    return table(texts(frame).drop(index=out))
