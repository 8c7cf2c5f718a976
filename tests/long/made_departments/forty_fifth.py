"""A fifth forty files of dirt, written from the documentation by somebody who had not read the readers.

    python tests/long/made_departments forty --set fifth --folder /tmp/forty [--only opted_out]

What new systems, rules of privacy, conversions of types, definitions and workarounds do to records. Kinds that none of
`forty.py`, `forty_more.py`, `forty_third.py`, `forty_fourth.py` and `dirt.py` holds; how they are judged is in
`forty.py`. A naive reader (pandas, codes as they are meant) has a figure wrong by over 3 % in each wrong one; the
comment says what in the file tells a careful one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import dirt
from .engine import DAY, FIRST_DAY
from .exports import STAMPS, UK, style
from .forty import HEADINGS, Rng, case, of_month, put, table, texts
from .forty_more import added
from .forty_third import unpadded, written

WELSH = ("Rhif ymweliad", "Rhif claf", "Oed", "Rhyw", "Cyrraedd", "Asesiad cychwynnol", "Diwedd brysbennu",
         "Gweld gan glinigydd", "Penderfyniad i dderbyn", "Gadael", "Dull cyrraedd", "Difrifoldeb",
         "Canlyniad")  # fmt: skip


def dated(minutes: Any, form: str) -> Any:
    """Minutes to text, of years that `style` does not write."""
    at = FIRST_DAY + pd.to_timedelta(minutes, unit="min")
    return at.dt.strftime(form).fillna("")


def horolog(minutes: Any) -> Any:
    """Days since 1840 and seconds, as systems written in MUMPS keep them."""
    origin = (FIRST_DAY - pd.Timestamp("1840-12-31")).days
    return [f'"{m // DAY + origin:.0f},{m % DAY * 60:.0f}"' if m == m else "" for m in minutes]


# Odd, and right: to be read as they are, or refused.
@case
def lines_that_end_with_a_return(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)).replace("\n", "\r")


@case
def days_and_seconds_of_mumps(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, horolog))


@case
def days_of_the_year(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%Y-%j")))


@case
def stamps_of_java(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%a %b %d", clock="%H:%M:00 BST 2023")))


@case
def headings_in_two_languages(frame: pd.DataFrame, rng: Rng) -> str:
    both = zip(HEADINGS.items(), WELSH, strict=True)
    return table(texts(frame).rename(columns={name: f"{us} / {cy}" for (name, us), cy in both}))


@case
def a_line_of_json_for_each(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame, style("%Y-%m-%d", "T", "%H:%M:00")).rename(columns=HEADINGS)
    return str(cells.to_json(orient="records", lines=True))


@case
def each_stamp_in_universal_time_too(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in STAMPS:
        place = int(cells.columns.get_indexer([name])[0])
        cells.insert(place, f"{HEADINGS[name]}_UTC", UK(frame[name] - 60))
    return table(cells)


@case
def dashes_encoded_twice(frame: pd.DataFrame, rng: Rng) -> str:
    cells, dash = texts(frame), " – ".encode().decode("cp1252")
    return table(cells.assign(level=cells.level.str.replace(" - ", dash)))


@case
def born_on_instead_of_age(frame: pd.DataFrame, rng: Rng) -> str:
    days = np.floor(frame.age * 365.25) + rng.integers(1, 365, len(frame))
    born = dated(frame.arrived - days * DAY, "%d/%m/%Y")
    return table(texts(frame).assign(age=born).rename(columns={"age": "Date_Of_Birth"}))


@case
def numbers_that_begin_again_each_day(frame: pd.DataFrame, rng: Rng) -> str:
    number = frame.groupby(frame.arrived // DAY).cumcount() + 1
    return table(texts(frame).assign(attendance=number.astype(str).str.zfill(4)))


# Wrong: to be read within 3 % or told.
@case
def on_a_virtual_ward(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Ward=np.where(frame.outcome == 1, "AMU", ""))
    rows = dirt.some(rng, (frame.outcome == 0) & (frame.level < 4), 0.1)
    cells.loc[rows, ["outcome", "Ward"]] = "Admitted", "Virtual ward"  # no decision; the ward
    return table(cells)


@case
def reattendances_joined(frame: pd.DataFrame, rng: Rng) -> str:
    cells, row = texts(frame), np.arange(len(frame))  # who goes home after days; numbers missing
    first = dirt.some(rng, (row % 2 == 0) & (row < len(frame) - 301), 0.12)
    of_the_end = ["decided", "departed", "outcome"]
    cells.loc[first, of_the_end] = cells.loc[first + 301, of_the_end].to_numpy()
    return table(cells.drop(index=first + 301))


@case
def dates_of_a_model_week(frame: pd.DataFrame, rng: Rng) -> str:
    # A thousand a day, in one week; who comes on Sunday leaves six days earlier.
    return written(frame, **{name: frame[name] % (7 * DAY) + 140 * DAY for name in STAMPS})


@case
def rare_combinations_suppressed(frame: pd.DataFrame, rng: Rng) -> str:
    alike = frame.groupby([frame.arrived // DAY, "mode", "level"]).age.transform("size")
    return table(texts(frame)[alike >= 5])  # numbers missing; nobody who is alone of a kind


@case
def loaded_at_midnight_and_never_again(frame: pd.DataFrame, rng: Rng) -> str:
    end = (frame.arrived // DAY + 1) * DAY  # whoever is there at midnight has no end
    cells = texts(frame.assign(**{name: frame[name].where(frame[name] < end) for name in STAMPS}))
    return table(cells.assign(outcome=cells.outcome.where(frame.departed < end, "")))


@case
def admitted_within_the_month(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.outcome == 0, 0.07), frame.copy()
    changed.loc[rows, "outcome"] = 1  # decided on days after they left
    changed.loc[rows, "decided"] = frame.departed[rows] + rng.integers(1500, 40_000, len(rows))
    return table(texts(changed))


@case
def imputations_stacked(frame: pd.DataFrame, rng: Rng) -> str:
    rows, sets = dirt.some(rng, frame.seen.notna(), 0.15), []
    waits = (frame.seen - frame.arrived).dropna()
    for number in range(1, 4):  # every number three times, with the number of the imputation
        changed = frame.copy()
        drawn = frame.arrived[rows] + rng.choice(waits, len(rows))
        changed.loc[rows, "seen"] = np.minimum(drawn, frame.departed[rows])
        sets.append(texts(changed).assign(**{".imp": str(number)}))
    return table(pd.concat(sets))


@case
def a_clerk_for_each_arrival(frame: pd.DataFrame, rng: Rng) -> str:
    changed, free = frame.copy(), 0.0  # arrivals on foot are never nearer than three minutes
    before = frame[["assessed", "departed"]].min(axis=1)
    for row in np.flatnonzero(frame["mode"] == 0):
        free = max(free, frame.arrived[row]) + rng.integers(3, 7)
        changed.loc[row, "arrived"] = min(free, before[row])
    return table(texts(changed))


@case
def corrections_below_the_originals(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.outcome == 0, 0.1), frame.copy()
    changed.loc[rows, "departed"] += rng.integers(120, 600, len(rows))
    right = texts(frame).iloc[rows].assign(Version="2")  # the number again, another version
    return table(pd.concat([texts(changed).assign(Version="1"), right]))


@case
def decided_before_they_came(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, (frame.outcome == 1) & (frame["mode"] > 0), 0.6), frame.copy()
    changed.loc[rows, "decided"] = frame.arrived[rows] - rng.integers(10, 90, len(rows))
    return table(texts(changed))  # decisions before the arrival


@case
def noughts_lost_behind_the_dot(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # 9.5 is ten to ten: nothing at ten past, and minutes of one digit
    for name in ("assessed", "triaged"):
        place, head = int(cells.columns.get_indexer([name])[0]), HEADINGS[name]
        minute = (frame[name] % DAY).fillna(0)
        clock = np.char.mod("%g", minute // 60 + minute % 60 / 100).astype(object)
        clock[frame[name].isna()] = ""
        cells.insert(place, head.replace("DateTime", "Date"), cells[name].str[:10])
        cells.insert(place + 1, head.replace("DateTime", "Time"), clock)
    return table(cells.drop(columns=["assessed", "triaged"]))


@case
def a_new_clock_before_twelve_hours(frame: pd.DataFrame, rng: Rng) -> str:
    cells, rows = texts(frame), np.flatnonzero(frame.departed - frame.arrived > 720)
    at = frame.arrived[rows] + rng.integers(680, 720, len(rows))
    again = cells.iloc[rows].assign(  # the same patient comes when he leaves
        attendance="9" + cells.attendance[rows], arrived=UK(at), assessed=UK(at), triaged=UK(at + 1),
        seen=UK(at + 2), decided=UK(np.maximum(frame.decided[rows], at + 3)),
    )  # fmt: skip
    cells.loc[rows, "departed"], cells.loc[rows, "outcome"] = UK(at), "Discharged"
    cells.loc[rows, "decided"] = ""
    return added(cells, again)


@case
def assessed_on_the_way(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame["mode"] == 1, 0.7), frame.copy()
    changed.loc[rows, "assessed"] = frame.arrived[rows] - rng.integers(5, 35, len(rows))
    changed.loc[rows, "triaged"] = changed.assessed[rows] + rng.integers(2, 9, len(rows))
    return table(texts(changed))  # assessed before the arrival


@case
def a_sample_with_weights(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame).assign(Weight=np.where(frame.level > 2, "3", "1"))  # the column
    return table(cells.drop(index=dirt.some(rng, frame.level > 2, 2 / 3)))


@case
def minutes_and_then_hours(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)  # decimals since June
    for name in STAMPS[1:]:
        span = frame[name] - frame.arrived
        hours = np.char.mod("%.2f", span.fillna(0) / 60)
        known = np.where(late, hours, np.char.mod("%.0f", span.fillna(0))).astype(object)
        cells[name] = np.where(span.isna(), "", known)
    heads = {name: HEADINGS[name].replace("DateTime", "After") for name in STAMPS[1:]}
    return table(cells.rename(columns=heads))


@case
def stacked_instead_of_joined(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)  # two halves of one patient, minutes apart
    other = cells[late].assign(assessed="", triaged="", mode="", level="")
    other["attendance"] = "C" + other.attendance
    came = np.minimum(frame.arrived + rng.integers(0, 6, len(frame)), frame.departed)
    other["arrived"] = UK(came[late])
    cells.loc[late, ["seen", "decided", "departed", "outcome"]] = ""
    return added(cells, other)


@case
def admitted_to_decide(frame: pd.DataFrame, rng: Rng) -> str:
    stay, changed = frame.departed - frame.arrived, frame.copy()
    rows = dirt.some(rng, stay.between(241, 420) & (frame.outcome == 0) & of_month(frame), 0.8)
    end = frame.arrived[rows] + rng.integers(222, 240, len(rows))
    changed.loc[rows, "departed"], changed.loc[rows, "outcome"] = end, 1
    changed.loc[rows, "decided"] = end - rng.integers(1, 6, len(rows))  # in a bed in minutes
    changed.loc[rows, "seen"] = np.minimum(frame.seen[rows], end - 6)
    return table(texts(changed))


@case
def triaged_anew_while_waiting(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.seen - frame.triaged > 60, 0.6), frame.copy()
    changed.loc[rows, "assessed"] = frame.triaged[rows] + rng.integers(30, 55, len(rows))
    changed.loc[rows, "triaged"] = changed.assessed[rows] + rng.integers(1, 5, len(rows))
    return table(texts(changed))  # only who waits long for a clinician waits long for triage


@case
def opted_out(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame).drop(index=dirt.some(rng, frame.age >= 0, 0.08)))  # numbers missing


@case
def months_for_minutes(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # by the format dd/MM/yyyy HH:MM: no minutes but 05, 06 and 07
    for name in STAMPS:
        cells[name] = cells[name].str[:14] + cells[name].str[3:5]
    return table(cells)


@case
def hashes_in_a_narrow_column(frame: pd.DataFrame, rng: Rng) -> str:
    cells = unpadded(frame)
    wide = cells.departed.str.len() == cells.departed.str.len().max()
    return table(cells.assign(departed=cells.departed.mask(wide, "#" * 12)))  # the hashes


@case
def waits_cut_to_two_digits(frame: pd.DataFrame, rng: Rng) -> str:
    wait = (frame.seen - frame.arrived).fillna(0).astype(int).astype(str).str[:2].astype(int)
    return written(frame, seen=(frame.arrived + wait).where(frame.seen.notna()))  # none of 100


@case
def artificial_records(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # each column drawn by itself: half of them leave before they come
    return table(cells.assign(**{name: rng.permutation(cells[name]) for name in cells.columns[1:]}))


@case
def a_day_added_at_midnight(frame: pd.DataFrame, rng: Rng) -> str:
    over = frame.departed // DAY > frame.arrived // DAY  # over midnight, nobody stays under a day
    return written(frame, departed=frame.departed + over * DAY)


@case
def seen_in_the_system_of_the_practice(frame: pd.DataFrame, rng: Rng) -> str:
    theirs = (frame["mode"] == 0) & (frame.level > 2) & (frame.outcome == 0)
    return put(frame, dirt.some(rng, theirs, 0.8), "seen", "")  # discharged, and seen by nobody


@case
def called_and_not_there(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, (frame.outcome == 0) & (frame.departed - frame.seen > 30), 0.06)
    return put(frame, rows, "outcome", "Left before treatment")  # seen, and long before they left


@case
def a_row_under_each_page_number(frame: pd.DataFrame, rng: Rng) -> str:
    lines = table(texts(frame)).splitlines()  # the numbers of pages; a number missing at each
    for page, last in enumerate(range(20, len(lines), 20), 1):
        lines[last] = f"Page {page} of {len(lines) // 20},Printed 18/07/2023 06:03"
    return "\n".join(lines) + "\n"


@case
def referrals_as_decisions(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, (frame.outcome == 0) & (frame.level < 3), 0.4), frame.copy()
    changed.loc[rows, "decided"] = np.floor(0.7 * frame.seen[rows] + 0.3 * frame.departed[rows])
    return table(texts(changed))  # a decision to admit, and discharged


@case
def signed_for_three_at_a_time(frame: pd.DataFrame, rng: Rng) -> str:
    order = frame.seen.dropna().sort_values()  # stamps three times, and then none for long
    first = pd.Series(order.to_numpy()[np.arange(len(order)) // 3 * 3], order.index)
    return written(frame, seen=np.maximum(first.reindex(frame.index), frame.triaged))


@case
def a_part_from_a_macintosh(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)  # half of it four years earlier
    for name in STAMPS:
        earlier = dated(frame[name] - 1462 * DAY, "%d/%m/%Y %H:%M")  # days counted from 1904
        cells.loc[late, name] = earlier[late]
    return table(cells)
