"""Write `simulation/trusts/published.yaml`: what NHS England published of each trust's major emergency departments.

    python -m docs.tools.trusts FOLDER [2024-04]

FOLDER holds `trust_month_*.csv*`: NHS England's monthly A&E statistics, a row for each provider and month, under the
Open Government Licence v3.0. Twelve months are read from the one that is named. Months are left out where a trust
reported nobody over four hours, and those before or after a jump of its attendances, which is a change of what it
counts and not of its patients; a trust is left out as a whole where it is a children's hospital, or where too few
months are left.
"""

from __future__ import annotations

import json
import sys
from calendar import monthrange
from pathlib import Path

import numpy as np
import pandas as pd

TABLE = Path(__file__).resolve().parents[2] / "simulation" / "trusts" / "published.yaml"
HEAD = """\
# What NHS England published of each trust's major (type 1) emergency departments, by the trust's code. Written by
# docs/tools/trusts.py from the monthly A&E statistics (Open Government Licence v3.0). Meanings: search.py.
"""
FIRST = "2024-04"
CHILDREN = {"RBS", "RCU", "RQ3"}
"""Trusts whose only type 1 department is a children's."""
MERGED = {"RAP": ("2025-01", "merged into RAL"), "RAL": ("2025-01", "took over RAP")}
"""From which month a trust is another one, and why: its months from then on are left out."""
JUMP = 0.15
"""The change of daily attendances from a month to the next, and of the months before to those after, that is taken for
a change of counting. England's months differ from their mean by at most .07."""
LEAST_MONTHS = 6


def months_used(daily: pd.Series) -> tuple[slice, str]:
    """The months of a year without a jump of daily attendances between them, and why others are left out."""
    values = daily.to_numpy()
    for place in range(1, len(values)):
        before, after = values[:place].mean(), values[place:].mean()
        if min(abs(values[place] / values[place - 1] - 1), abs(after / before - 1)) > JUMP:
            used = slice(place, None) if len(values) - place >= place else slice(place)
            return (
                used,
                f"attendances jump by {100 * (after / before - 1):+.0f} % in {daily.index[place]}",
            )
    return slice(None), ""


def as_written(name: str) -> str:
    """A name in capitals as it is written: 'GUY'S AND ST THOMAS' NHS FOUNDATION TRUST' with its small letters."""
    words = (
        name.replace("NATIONAL HEALTH SERVICE", "NHS")
        .title()
        .replace("'S", "'s")
        .replace("Nhs", "NHS")
        .split()
    )
    small = {"And", "Of", "Upon"}
    return " ".join([words[0], *(word.lower() if word in small else word for word in words[1:])])


def derive(table: pd.DataFrame, first: str = FIRST) -> str:
    """The text of the file: each trust with a type 1 department over the twelve months from `first` (YYYY-MM)."""
    last = str(pd.Period(first, "M") + 11)
    year = table[
        (table["month"] >= first) & (table["month"] <= last) & (table["att_t1_incl_booked"] > 0)
    ]
    rows: dict[str, dict[str, object]] = {}
    for code, months in year.sort_values("month").groupby("org_code"):
        months, why, name = months.set_index("month"), [], months["org_name"].iloc[-1]
        until, words = MERGED.get(str(code), ("9999", ""))
        if (months.index >= until).any() or (code in MERGED and len(months) < 12):
            months = months[months.index < until]
            why.append(f"{words} in {until}")
        silent = months["over4_t1_incl_booked"] == 0
        if silent.any():
            months = months[~silent]
            why.append(f"nobody over four hours reported in {silent.sum()} months")
        days = np.array([monthrange(*map(int, month.split("-")))[1] for month in months.index])
        used, jump = months_used(months["att_t1_incl_booked"] / days)
        months, days = months[used], days[used]
        why += [jump] if jump else []
        if code in CHILDREN:
            why.append("a children's hospital")
        att, admissions = (
            months["att_t1_incl_booked"].sum(),
            months[["adm_t1", "adm_t2", "adm_other"]].sum().sum(),
        )
        long = months["dta_12h"].sum()
        rows[str(code)] = {
            "name": as_written(name),
            "months": len(months),
            "first": min(months.index, default=""),
            "last": max(months.index, default=""),
            "attendances_a_day": round(float(att / max(days.sum(), 1)), 1),
            "within_4h_share": share(att - months["over4_t1_incl_booked"].sum(), att),
            "admitted_share": share(months["adm_t1"].sum(), att),
            "over_4h_decision_share": share(months["dta_4_12h"].sum() + long, admissions),
            "over_12h_decision_share": share(long, admissions),
            "usable": code not in CHILDREN and len(months) >= LEAST_MONTHS,
            "left_out": "; ".join(why),
        }
    lines = (f"{code}: {json.dumps(row, ensure_ascii=False)}\n" for code, row in rows.items())
    return HEAD + "".join(lines)


def share(part: float, whole: float) -> float:
    """A share to a hundredth of a percentage point; 0 of nothing."""
    return round(float(part / max(whole, 1)), 4)


def main(folder: str, first: str = FIRST) -> None:
    """Write the table."""
    (file,) = Path(folder).glob("trust_month_*.csv*")
    TABLE.write_text(derive(pd.read_csv(file), first), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
