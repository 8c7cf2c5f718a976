"""A fourth forty files of dirt, written from the documentation by somebody who had not read the readers.

    python tests/long/made_departments forty --set fourth --folder /tmp/forty [--only split_at_midnight]

What reports, joins, filters and fillings do to records, what clerks do for a target, and what people do in
spreadsheets. Kinds that none of `forty.py`, `forty_more.py`, `forty_third.py` and `dirt.py` holds; how they are judged
is in `forty.py`. A naive reader (pandas, codes as they are meant) has a figure wrong by over 3 % in each wrong one.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from . import dirt
from .engine import DAY, FIRST_DAY
from .exports import STAMPS, UK, style
from .forty import FIRST, HEADINGS, Rng, case, of_month, put, table, texts
from .forty_more import added, numbers
from .forty_third import moment, written


# Odd, and right: to be read as they are, or refused.
@case
def columns_of_fixed_width(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in cells:
        head = HEADINGS[name]
        width = max(int(cells[name].str.len().max()), len(head)) + 2
        cells[name] = cells[name].str.ljust(width)
        cells = cells.rename(columns={name: head.ljust(width)})
    return table(cells, "")


@case
def seconds_of_spss(frame: pd.DataFrame, rng: Rng) -> str:
    before = FIRST_DAY.to_pydatetime() - datetime(1582, 10, 14)
    return table(texts(frame, numbers(60, before.total_seconds())))


@case
def timestamps_of_oracle(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame, style("%d-%b-%y", clock="%I.%M.00.000000 %p"))
    for name in STAMPS:
        cells[name] = cells[name].str.upper()
    return table(cells)


@case
def offsets_without_minutes(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%Y-%m-%d", clock="%H:%M:00+01")))


@case
def headings_of_a_model(frame: pd.DataFrame, rng: Rng) -> str:
    head, _, rows = table(texts(frame)).partition("\n")
    return ",".join(f"ED Attendances[{name}]" for name in head.split(",")) + "\n" + rows


@case
def applied_filters_at_the_foot(frame: pd.DataFrame, rng: Rng) -> str:
    foot = "Applied filters:\nSite is RX1A1\nArrival is on or after 22/05/2023 00:00, and before 17/07/2023 00:00"
    return f'{table(texts(frame))}\n"{foot}"\n'


@case
def ages_in_bands(frame: pd.DataFrame, rng: Rng) -> str:
    low = frame.age // 5 * 5
    bands = low.astype(str) + "-" + (low + 4).astype(str)
    return table(texts(frame).assign(age=bands.where(low < 85, "85+")))


@case
def codes_with_their_terms(frame: pd.DataFrame, rng: Rng) -> str:
    terms = (
        "306689006 |Discharge to home (procedure)|",
        "306706006 |Discharge to ward (procedure)|",
        "1066311000000101 |Left care setting before treatment started (finding)|",
    )
    return table(texts(frame).assign(outcome=np.array(terms, object)[frame.outcome]))


@case
def clock_times_as_numbers(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # 5 is five past midnight: a spreadsheet took the noughts
    for name in STAMPS:
        place, head = int(cells.columns.get_indexer([name])[0]), HEADINGS[name]
        minute = (frame[name] % DAY).fillna(0).astype(int)
        clock = (minute // 60 * 100 + minute % 60).astype(str)
        cells.insert(place, head.replace("DateTime", "Date"), cells[name].str[:10])
        cells.insert(
            place + 1, head.replace("DateTime", "Time"), clock.where(cells[name] != "", "")
        )
    return table(cells.drop(columns=list(STAMPS)))


@case
def words_for_no_time(frame: pd.DataFrame, rng: Rng) -> str:
    words = {
        "assessed": "Not triaged",
        "triaged": "Not triaged",
        "seen": "Not seen",
        "decided": "-",
    }
    cells = texts(frame)
    return table(cells.assign(**{name: cells[name].replace("", of) for name, of in words.items()}))


@case
def flags_for_outcomes(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).drop(columns="outcome")
    for meaning, head in enumerate(("Discharged_Flag", "Admitted_Flag", "Left_Before_Seen_Flag")):
        cells[head] = (frame.outcome == meaning).astype(int).astype(str)
    return table(cells)


@case
def files_joined_with_their_marks(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)  # each begins with a mark, none ends with a line
    return "\ufeff" + table(cells[~late]).rstrip("\n") + "\ufeff" + table(cells[late])


# Wrong: to be read within 3 % or told.
@case
def five_thousand_rows_by_patient(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(patient=(100_000 + rng.permutation(len(frame))).astype(str))
    return table(cells.sort_values("patient").head(5000))


@case
def a_row_for_each_clinician(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Clinician="SHO")
    rows = dirt.some(rng, frame.departed - frame.seen > 20, 0.4)
    later = frame.seen + (frame.departed - frame.seen) * rng.uniform(0.3, 0.8, len(frame))
    return added(cells, cells.iloc[rows].assign(Clinician="Consultant", seen=UK(later)[rows]))


@case
def the_last_clinician_since_june(frame: pd.DataFrame, rng: Rng) -> str:
    until = frame.decided.fillna(frame.departed)
    later = frame.seen + np.floor((until - frame.seen) * rng.uniform(0.6, 0.98, len(frame)))
    return written(frame, seen=frame.seen.mask(of_month(frame), later))


@case
def observation_ward_in_the_stay(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, (frame.outcome == 0) & (frame.level < 4), 0.08), frame.copy()
    changed.loc[rows, "departed"] += rng.integers(480, 1500, len(rows))
    cells = texts(changed).assign(Last_Location="ED")
    cells.loc[rows, "Last_Location"] = "CDU"
    return table(cells)


@case
def split_at_midnight(frame: pd.DataFrame, rng: Rng) -> str:
    cells, parts = texts(frame), []  # from a table with a row for each day that somebody is there
    first = frame.arrived // DAY
    for day in range(int((frame.departed // DAY - first).max()) + 1):
        start = np.maximum(frame.arrived, (first + day) * DAY)
        end = np.minimum(frame.departed, (first + day + 1) * DAY)
        inside = {name: frame[name].where(frame[name].between(start, end)) for name in STAMPS}
        inside |= {"arrived": start, "departed": end}
        part = cells.assign(**{name: UK(minutes) for name, minutes in inside.items()})
        parts.append(part[frame.departed // DAY >= first + day])
    return table(pd.concat(parts).sort_index(kind="stable"))


@case
def open_until_the_report_ran(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, frame.outcome == 0, 0.05)
    return put(frame, rows, "departed", "18/07/2023 06:03")


@case
def nobody_waits_nought(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[frame.assessed > frame.arrived])


@case
def a_week_for_a_lost_month(frame: pd.DataFrame, rng: Rng) -> str:
    week = (frame.arrived // DAY - FIRST) // 7
    order = np.concatenate([np.flatnonzero(week < 4), *[np.flatnonzero(week == 3)] * 4])
    after = np.repeat([0, 1, 2, 3, 4], [(week < 4).sum(), *[(week == 3).sum()] * 4])
    filled = frame.iloc[order].reset_index(drop=True)
    for name in STAMPS:
        filled[name] += after * 7 * DAY
    return table(texts(filled).assign(patient=texts(frame).patient.to_numpy()[order]))


@case
def stays_in_whole_hours(frame: pd.DataFrame, rng: Rng) -> str:
    return written(frame, departed=frame.arrived + (frame.departed - frame.arrived) // 60 * 60)


@case
def seen_or_else_the_arrival(frame: pd.DataFrame, rng: Rng) -> str:
    return written(frame, seen=frame.seen.fillna(frame.arrived))


@case
def rows_of_the_ambulance_service(frame: pd.DataFrame, rng: Rng) -> str:
    cells, rows = texts(frame), np.flatnonzero(frame["mode"] == 1)
    come = frame.arrived.to_numpy()[rows] + rng.integers(-2, 3, len(rows))
    theirs = cells.iloc[rows].assign(
        attendance=[f"CAD{80_000 + row}" for row in rows], patient="", assessed="", triaged="", seen="", decided="",
        level="", outcome="Discharged", arrived=UK(come), departed=UK(come + rng.integers(15, 50, len(rows))),
    )  # fmt: skip
    return added(cells, theirs)


@case
def booked_slots_for_arrivals(frame: pd.DataFrame, rng: Rng) -> str:
    by_day = (frame.arrived % DAY > 480) & (frame.arrived % DAY < 1200)
    rows, changed = dirt.some(rng, by_day & (frame["mode"] == 0), 0.35), frame.copy()
    changed.loc[rows, "arrived"] = np.ceil(frame.arrived[rows] / 30) * 30
    return table(texts(changed))


@case
def resuscitation_on_paper(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[~((frame.level < 2) & of_month(frame))])


@case
def nobody_of_eighty_or_more(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[frame.age < 80])


@case
def hours_with_digits_swapped(frame: pd.DataFrame, rng: Rng) -> str:
    hour = frame.departed % DAY // 60
    swapped = hour % 10 * 10 + hour // 10
    rows, changed = dirt.some(rng, (swapped < 24) & (swapped != hour), 0.3), frame.copy()
    changed.loc[rows, "departed"] += (swapped - hour)[rows] * 60
    return table(texts(changed))


@case
def june_replaced_by_may(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)).replace("/06/", "/05/")


@case
def dragged_down_as_a_series(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    for first in rng.choice(len(frame) // 10 - 1, 25, replace=False) * 10:
        changed.loc[first : first + 9, "departed"] = frame.departed[first] + np.arange(10) * DAY
    return table(texts(changed))


@case
def bed_requests_cancelled(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.outcome == 0, 0.25), frame.copy()
    changed.loc[rows, "decided"] = np.floor(0.4 * frame.seen[rows] + 0.6 * frame.departed[rows])
    return table(texts(changed))


@case
def decided_at_the_ward_round(frame: pd.DataFrame, rng: Rng) -> str:
    night = (frame.decided + 120) % DAY < 600  # from 22:00 to 8:00
    morning = (frame.decided + 120) // DAY * DAY + 480 + rng.integers(0, 30, len(frame))
    return written(
        frame, decided=frame.decided.mask(night, np.minimum(morning, frame.departed - 1))
    )


@case
def not_coded_yet(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, frame.arrived >= (FIRST + 42) * DAY, 0.7)
    return put(frame, rows, "outcome", "Awaiting coding")


@case
def days_shifted_by_patient(frame: pd.DataFrame, rng: Rng) -> str:
    days = rng.integers(-14, 15, len(frame))
    return written(frame, **{name: frame[name] + days * DAY for name in STAMPS})


@case
def blanks_deleted_and_shifted_left(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for row in np.flatnonzero(of_month(frame)):
        kept = [cell for cell in cells.iloc[row] if cell]
        cells.iloc[row] = kept + [""] * (cells.shape[1] - len(kept))
    return table(cells)


@case
def one_arrival_a_minute(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[~frame.arrived.duplicated()])


@case
def words_with_a_not(frame: pd.DataFrame, rng: Rng) -> str:
    words = np.array(["Not admitted", "Admitted", "Not seen"], object)
    return table(texts(frame).assign(outcome=words[frame.outcome]))


@case
def numbers_of_our_own(frame: pd.DataFrame, rng: Rng) -> str:
    own = np.array(["1", "2", "3"], object)  # of which 1 goes home, and 2 has a decision to admit
    return table(texts(frame).assign(outcome=own[frame.outcome]))


@case
def all_signed_for_at_handover(frame: pd.DataFrame, rng: Rng) -> str:
    changed = frame.copy()
    for hour in (8, 14, 20):
        at = moment(frame, hour)
        waiting = (changed.triaged < at) & (changed.seen > at)
        changed.loc[waiting, "seen"] = at + rng.integers(0, 4, len(frame))
    return table(texts(changed))


@case
def exceptions_taken_out(frame: pd.DataFrame, rng: Rng) -> str:
    out = dirt.some(rng, (frame.departed - frame.arrived > 240) & of_month(frame), 0.5)
    return table(texts(frame).drop(index=out))


@case
def line_breaks_without_quotes(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    cells.insert(4, "Complaint", "fall")
    cells.loc[dirt.some(rng, frame.age >= 0, 0.08), "Complaint"] = "fall\nthen dizzy"
    return table(cells)
