"""Forty small files of dirt that no reader was written for, made from the documentation alone.

    python tests/long/made_departments forty --folder /tmp/forty [--set more] [--only milliseconds]

With `--set more` they are those of `forty_more.py`, which were written when the readers had been suited to some of
these; with `--set third` those of `forty_third.py`, when they had been suited to some of both; with `--set fourth`
those of `forty_fourth.py`, when they had been suited to some of all three; with `--set fifth` those of
`forty_fifth.py`, when they had been suited to some of all four; with `--set sixth` those of `forty_sixth.py`, when they
had been suited to some of all five.
Each is eight weeks of one made department with the headings of docs/how-to/my-records.md and one thing wrong, or odd
and right. Acceptable: figures within 3 % of the truth, or told: refused, or a row of data quality or a warning that the
clean file does not have. A figure that is wrong by more without a word is a silent misreading: at most two are allowed.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import dirt, product
from .departments import DEPARTMENTS
from .engine import DAY, FIRST_DAY, figures, made
from .exports import STAMPS, UK, Style, style

DAYS = 56
HEADINGS = dict(attendance="Attendance_ID", patient="Patient_Pseudo_ID", age="Age", sex="Sex",
                arrived="Arrival_DateTime",
                assessed="Initial_Assessment_DateTime", triaged="Triage_End_DateTime", seen="Seen_DateTime",
                decided="Decision_To_Admit_DateTime",
                departed="Departure_DateTime", mode="Arrival_Mode", level="Acuity",
                outcome="Disposition")  # fmt: skip
CODES = {
    "mode": ("Walk-in", "Ambulance", "GP referral"),
    "level": ("1 - Immediate", "2 - Very urgent", "3 - Urgent", "4 - Standard", "5 - Non-urgent"),
    "outcome": ("Discharged", "Admitted", "Left before treatment"),
}
Rng = np.random.Generator
Maker = Callable[[pd.DataFrame, Rng], "str | bytes"]
CASES: dict[str, Maker] = {}
DECISION = r"^ *Over 4 hours from decision to admit.* {2,}([\d.]+) %"
FIRST = 140
"""The day of the year with which the files begin, in May: clocks are forward."""


def case(maker: Maker) -> Maker:
    """Enter a file under the name of its function."""
    CASES[maker.__name__] = maker
    return maker


def clean() -> pd.DataFrame:
    """Eight weeks of a small Brackwater, to the whole minute."""
    doctors = ((0, 3), (9, 5))
    small = replace(DEPARTMENTS[1], a_day=130, places=17, doctors=doctors, weekend_doctors=doctors)
    alone = replace(small, nurses=((0, 1),), ambulance_nurses=((0, 1),))
    frame = made(alone, DAYS, 9, plain=True)
    frame[list(STAMPS)] = np.floor(frame[list(STAMPS)]) + FIRST * DAY
    return frame


def texts(frame: pd.DataFrame, write: Style = UK) -> pd.DataFrame:
    """The cells of a file, in columns named as the fields are."""
    n = len(frame)
    cells = pd.DataFrame(
        {
            "attendance": (500_000 + np.arange(n)).astype(str),
            "patient": (70_000 + np.arange(n) * 7 % 99_991).astype(str),
            "age": frame.age.astype(str),
            "sex": np.array(["F", "M"], object)[frame.sex],
        },
        dtype=object,
    )
    for name in STAMPS:
        cells[name] = write(frame[name])
    for name, codes in CODES.items():
        cells[name] = np.array(codes, object)[frame[name]]
    return cells


def table(cells: pd.DataFrame, between: str = ",") -> str:
    """The cells as a file, headings as in the documentation."""
    head = between.join(HEADINGS.get(name, name) for name in cells.columns)
    return "\n".join([head, *(between.join(row) for row in cells.to_numpy().tolist())]) + "\n"


def moved(frame: pd.DataFrame, rows: Any, stamp: str, minutes: Any) -> pd.DataFrame:
    """The attendances with a stamp of some rows moved."""
    changed = frame.copy()
    changed.loc[rows, stamp] += minutes
    return changed


def put(frame: pd.DataFrame, rows: Any, column: str, text: Any) -> str:
    """The file with a text in some cells."""
    cells = texts(frame)
    cells.loc[rows, column] = text
    return table(cells)


def copied(frame: pd.DataFrame, rng: Rng, stamp: str, other: str, share: float) -> str:
    """The file with a stamp of a share of those who have it copied from another."""
    rows, changed = dirt.some(rng, frame[stamp].notna(), share), frame.copy()
    changed.loc[rows, stamp] = frame[other][rows]
    return table(texts(changed))


def by_the_hour(frame: pd.DataFrame, stamp: str) -> str:
    """The file with a stamp of the second month without its minutes."""
    changed = frame.copy()
    changed.loc[of_month(frame), stamp] = frame[stamp] // 60 * 60
    return table(texts(changed))


def of_month(frame: pd.DataFrame) -> Any:
    """Whether they came in the second of the two months."""
    return (frame.arrived >= (FIRST + 28) * DAY).to_numpy()


# Odd, and right: to be read as they are, or refused.
@case
def semicolons(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame), ";")


@case
def tabs(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame), "\t")


@case
def utf_16(frame: pd.DataFrame, rng: Rng) -> bytes:
    return table(texts(frame)).encode("utf-16")


@case
def windows_1252(frame: pd.DataFrame, rng: Rng) -> bytes:
    return table(
        texts(frame).assign(Complaint="fell at café, no – twisted".replace(",", ""))
    ).encode("cp1252")


@case
def spreadsheet_days(frame: pd.DataFrame, rng: Rng) -> str:
    origin = (FIRST_DAY - pd.Timestamp("1899-12-30")).days
    return table(
        texts(
            frame,
            lambda m: np.where(
                np.isnan(m), "", np.char.mod("%.5f", np.asarray(m) / DAY + origin)
            ).astype(object),
        )
    )


@case
def seconds_since_1970(frame: pd.DataFrame, rng: Rng) -> str:
    origin = FIRST_DAY.timestamp()
    return table(
        texts(
            frame,
            lambda m: np.where(
                np.isnan(m), "", np.char.mod("%.0f", np.asarray(m) * 60 + origin)
            ).astype(object),
        )
    )


@case
def two_digit_years(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%d/%m/%y")))


@case
def months_in_words(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%d-%b-%Y")))


@case
def dots_for_dates(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%d.%m.%Y", clock="%H.%M")))


@case
def milliseconds(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%Y-%m-%d", "T", "%H:%M:00.000")))


@case
def everything_in_quotes(frame: pd.DataFrame, rng: Rng) -> str:
    return table('"' + texts(frame).assign(Complaint="fall, then\ncollapse twice") + '"')


@case
def a_title_above_the_header(frame: pd.DataFrame, rng: Rng) -> str:
    return "A&E attendances, May to July 2023\n\n" + table(texts(frame))


@case
def shuffled(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame).iloc[rng.permutation(len(frame))])


@case
def columns_without_a_heading(frame: pd.DataFrame, rng: Rng) -> str:
    lines = table(texts(frame)).splitlines()
    return "\n".join(line + ",," for line in lines) + "\n"


@case
def words_in_short(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    cells["outcome"] = np.array(["Disch", "Adm", "LWBS"], object)[frame.outcome]
    return table(cells)


# Wrong: to be read within 3 % or told.
@case
def twenty_four_hundred(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in STAMPS:
        late = (
            frame[name] % DAY < 45
        )  # somebody rounds the first minutes of a day to 24:00 of the day before
        cells.loc[late, name] = [text[:10] + " 24:00" for text in UK(frame[name][late] - DAY)]
    return table(cells)


@case
def departures_by_a_morning_clerk(frame: pd.DataFrame, rng: Rng) -> str:
    night = (frame.departed % DAY < 480) & (frame.outcome == 0)
    changed = frame.copy()
    changed.loc[night, "departed"] = frame.departed // DAY * DAY + 480
    return table(texts(changed))


@case
def seen_copied_from_triage(frame: pd.DataFrame, rng: Rng) -> str:
    return copied(frame, rng, "seen", "assessed", 0.3)


@case
def arrival_written_after_triage(frame: pd.DataFrame, rng: Rng) -> str:
    rows = dirt.some(rng, frame["mode"] == 1, 0.6)
    changed = frame.copy()
    changed.loc[rows, "arrived"] = frame.triaged[rows].fillna(frame.arrived[rows]) + 3
    return table(texts(changed))


@case
def a_slow_clock_at_triage(frame: pd.DataFrame, rng: Rng) -> str:
    return table(
        texts(moved(moved(frame, slice(None), "assessed", -11), slice(None), "triaged", -11))
    )


@case
def one_piece_in_us_dates(frame: pd.DataFrame, rng: Rng) -> str:
    cells, late = texts(frame), of_month(frame)
    other = texts(frame, style("%m/%d/%Y"))
    cells.loc[late, list(STAMPS)] = other.loc[late, list(STAMPS)]
    return table(cells)


@case
def seen_and_decided_swapped(frame: pd.DataFrame, rng: Rng) -> str:
    rows, changed = dirt.some(rng, frame.decided.notna(), 0.5), frame.copy()
    changed.loc[rows, ["seen", "decided"]] = frame.loc[rows, ["decided", "seen"]].to_numpy()
    return table(texts(changed))


@case
def registered_twice(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    rows = dirt.some(rng, frame.arrived > 0, 0.05)
    again = cells.iloc[rows].assign(attendance=[f"9{number}" for number in cells.attendance[rows]])
    return table(pd.concat([cells, again]).sort_index(kind="stable"))


@case
def a_fortnight_twice(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    again = cells[frame.arrived < (FIRST + 14) * DAY].copy()
    again["attendance"] = "8" + again.attendance
    return table(pd.concat([cells, again]))


@case
def typing_errors(frame: pd.DataFrame, rng: Rng) -> str:
    return put(frame, dirt.some(rng, frame.outcome == 1, 0.12), "outcome", "Admited")


@case
def outcome_left_empty(frame: pd.DataFrame, rng: Rng) -> str:
    return put(frame, dirt.some(rng, frame.outcome == 2, 0.7), "outcome", "")


@case
def no_departures_of_the_admitted(frame: pd.DataFrame, rng: Rng) -> str:
    return put(frame, of_month(frame) & (frame.outcome == 1).to_numpy(), "departed", "")


@case
def nights_on_paper(frame: pd.DataFrame, rng: Rng) -> str:
    lost = (frame.arrived % DAY < 420) & (frame.arrived < (FIRST + 21) * DAY)
    return table(texts(frame)[~lost])


@case
def weekends_not_exported(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame)[~(((frame.arrived // DAY) % 7 >= 5) & of_month(frame))])


@case
def cut_off(frame: pd.DataFrame, rng: Rng) -> str:
    whole = table(texts(frame))
    return whole[: int(0.8 * len(whole))]


@case
def arrivals_by_the_hour(frame: pd.DataFrame, rng: Rng) -> str:
    return by_the_hour(frame, "arrived")


@case
def twelve_hour_clock_without_am(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(frame, style("%d/%m/%Y", clock="%I:%M")))


@case
def arrivals_alone_in_utc(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame, style("%Y-%m-%d", "T", "%H:%M:00"))
    cells["arrived"] = style("%Y-%m-%d", "T", "%H:%M:00Z")(frame.arrived - 60)
    return table(cells)


@case
def departures_an_hour_late(frame: pd.DataFrame, rng: Rng) -> str:
    return table(texts(moved(frame, of_month(frame), "departed", 60)))


@case
def zeros_for_a_date(frame: pd.DataFrame, rng: Rng) -> str:
    return put(frame, dirt.some(rng, frame.seen.notna(), 0.08), "seen", "00/00/0000 00:00")


@case
def stopped_at_four_hours(frame: pd.DataFrame, rng: Rng) -> str:
    stay = frame.departed - frame.arrived
    rows, changed = dirt.some(rng, (stay > 240) & (stay < 330), 0.6), frame.copy()
    changed.loc[rows, "departed"] = frame.arrived[rows] + 239
    return table(texts(changed))


@case
def tests_by_the_software_firm(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    rows = dirt.some(rng, frame.arrived > 0, 0.04)
    extra = cells.iloc[rows].assign(
        attendance=[f"7{n}" for n in rows], patient="TEST", outcome="Discharged", decided=""
    )
    for name in STAMPS:
        extra[name] = cells.arrived[rows] if name != "decided" else ""
    return table(pd.concat([cells, extra]))


@case
def words_behind_the_time(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    rows = dirt.some(rng, frame.seen.notna(), 0.1)
    cells.loc[rows, "seen"] += " (approx)"
    return table(cells)


@case
def later_stamps_without_a_date(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)
    for name in STAMPS[1:]:
        cells[name] = cells[name].str[11:]
    return table(cells)


@case
def wards_in_the_file(frame: pd.DataFrame, rng: Rng) -> str:
    cells = texts(frame)  # the departure of the admitted is from the ward, days later
    cells.loc[frame.outcome == 1, "departed"] = UK(
        frame.departed + rng.exponential(4000, len(frame))
    )[frame.outcome == 1]
    return table(cells)


SETS = {
    "first": "forty",
    "more": "forty_more",
    "third": "forty_third",
    "fourth": "forty_fourth",
    "fifth": "forty_fifth",
    "sixth": "forty_sixth",
}
"""The module of each set of forty files."""


def the_set(name: str) -> dict[str, Maker]:
    """The files of a set of `SETS`."""
    module = import_module(f"{__package__}.{SETS[name]}").__name__
    return {file: maker for file, maker in CASES.items() if maker.__module__ == module}


def quality(text: str, file: str) -> set[str]:
    """What is told beside the figures: rows of data quality that are not 0, and sentences, without numbers."""
    rows = {
        label
        for label, number in re.findall(r"^ {2}(\S.*?) {2,}([\d,]+) +[\d.]+ ", text, re.M)
        if number != "0"
    }
    body = re.split(r"^ *measure +value", text, maxsplit=1, flags=re.M)[0].replace(file, "FILE")
    lines = [line.strip() for line in body.splitlines()]
    prose = re.sub(r"[\d.,]*\d", "#", " ".join(line for line in lines if "  " not in line))
    return rows | {
        said for said in re.split(r"(?<=[.:]) ", prose) if not re.search("not loaded|source:", said)
    }


def main(words: list[str]) -> int:
    """Read every file as a new user would, and say which were misread in silence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, default="first")
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    frame = clean()
    true = figures(frame, DAYS)
    true["over_4h_from_decision"] = (
        (frame.departed - frame.decided)[frame.decided.notna()].gt(240).mean()
    )
    usual: set[str] = set()
    silent = []
    cases = the_set(asked.set)
    makers: dict[str, Maker] = {"clean": lambda frame, rng: table(texts(frame)), **cases}
    for name, maker in makers.items():
        if name != "clean" and asked.only and name not in asked.only:
            continue
        made_text = maker(frame, np.random.default_rng(4))
        path = asked.folder / f"{name}.csv"
        path.write_bytes(made_text if isinstance(made_text, bytes) else made_text.encode())
        drafted, _ = product.draft(asked.folder, path.name)
        said = product.command(asked.folder, "extract", path.name) if drafted.fine else drafted
        (asked.folder / f"{name}.said.txt").write_text(
            drafted.text + "\n-----\n" + said.text, encoding="utf-8"
        )
        found = product.measures_in(said.text) if said.fine else {}
        if said.fine and (row := re.search(DECISION, said.text, re.M)):
            found["over_4h_from_decision"] = float(row[1]) / 100
        wrong = [
            f"{key} {value:.4g} for {true[key]:.4g}"
            for key, value in found.items()
            if abs(value - true[key]) > max(0.03 * true[key], 0.003)
        ]
        told = quality(drafted.text + said.text, name)
        usual = told if name == "clean" else usual
        new = sorted(told - usual)
        verdict = (
            "refused" if not said.fine else "right" if not wrong else "told" if new else "SILENT"
        )
        if verdict == "SILENT" and name != "clean":
            silent.append(name)
        print(
            f"{name}: {verdict}; {'; '.join(wrong)}",
            *(f"    {line[:150]}" for line in new[:4]),
            sep="\n",
            flush=True,
        )
        if verdict == "refused":
            print("   ", " ".join(said.text.split())[-300:], flush=True)
    print(f"{len(silent)} of {len(cases)} misread in silence: {', '.join(silent)}")
    return int(len(silent) > 2)
