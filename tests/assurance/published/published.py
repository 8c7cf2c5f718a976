"""The published files, read as they are published: one function per format, traps of each format put right.

Each function takes the folder that holds the file (or the file itself) and returns one pandas table. They
only read, check the columns and blank what a publisher filled in for 'not published'. What a figure means is
in docs/data.md; no figure is computed here. The files are not part of this project.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.errors import ConfigError, Fault, nearest

if TYPE_CHECKING:
    import pandas as pd

TWO_DAYS_MINUTES = 48 * 60
REPORTING_RESUMED = "2023-06"
"""Until then fourteen trusts, testing other standards, published no four-hour breaches."""


def trust_months(where: Path) -> pd.DataFrame:
    """Monthly A&E counts, one row per provider and month (`month` as YYYY-MM).

    `att_t1` leaves booked attendances out, `att_t1_incl_booked` (the headline definition) has them in.
    Added: `reports_four_hours`, False where a type 1 department published no breaches (before June 2023);
    there the two `over4_t1` columns are missing, not 0.
    """
    counts = ["att_t1", "over4_t1", "att_t1_incl_booked", "over4_t1_incl_booked"]
    waits = ["dta_4_12h", "dta_12h", "adm_t1", "adm_t2", "adm_other"]
    table = _read(where, "trust_month_*.csv*", ["month", "org_code", *counts, *waits])
    silent = (table["att_t1"] > 0) & (table["over4_t1"] == 0) & (table["month"] < REPORTING_RESUMED)
    table["reports_four_hours"] = ~silent
    table.loc[silent, ["over4_t1", "over4_t1_incl_booked"]] = float("nan")
    return table


def england_months(where: Path) -> pd.DataFrame:
    """Type 1 departments of England by month: `att` (booked included), `over4`, `adm`, `d4` and `d12`.

    `d4` and `d12` are admissions that waited 4-12 h and 12 h or longer from the decision to admit.
    """
    return _read(
        where,
        "england_type1_by_month*.csv*",
        ["month", "att", "over4", "adm", "d4", "d12", "att_per_day"],
    )


def quality_indicators(where: Path) -> pd.DataFrame:
    """Clinical quality indicators of England, all types of department: months down, measures across.

    Minutes, counts and percentages as published. Medians of months cannot be pooled: take their mean, say so.
    """
    columns = ["ATTENDANCE_MONTH", "ORG_CODE", "MEASURE_NAME", "MEASURE_VALUE"]
    table = _read(where, "cqi_england*.csv*", columns)
    england = table[table["ORG_CODE"] == "ENG"]
    return england.pivot(index="ATTENDANCE_MONTH", columns="MEASURE_NAME", values="MEASURE_VALUE")


def hourly_profile(where: Path) -> pd.DataFrame:
    """Share of a day's arrivals by hour 0-23, in per cent, by source and their mean (`mean_pct`)."""
    return _read(where, "hourly_arrival_profile*.csv*", ["hour", "mean_pct"]).sort_values("hour")


def weekday_averages(where: Path) -> pd.DataFrame:
    """Scottish emergency departments: mean attendances on each weekday (`Day`, in words) of each `Month`."""
    table = _read(where, "scotland_day_of_week_avg*.csv*", ["Month", "Type", "Day", "Average"])
    return table[table["Type"] == "ED Only"]


def age_groups(where: Path) -> pd.DataFrame:
    """Scottish emergency departments: attendances by `Age` group and `Month`; unknown ages left out."""
    table = _read(where, "scotland_age_group*.csv*", ["Month", "Type", "Age", "Attendances"])
    return table[(table["Type"] == "ED Only") & (table["Age"] != "Unknown")]


def discharges(where: Path) -> pd.DataFrame:
    """Discharges of England per day (`date`, a day).

    The counts before and after 17:00 are missing where 0 stands for 'not published' (from June 2023).
    """
    split = ["discharged_by_1700", "discharged_between_1701_2359"]
    columns = ["date", *split, "discharged_total"]
    table = _read(where, "england_daily_discharges*.csv*", columns, days=["date"])
    unpublished = (table[split] == 0).all(axis=1)
    table.loc[unpublished, split] = float("nan")
    table.loc[table["discharged_total"] == 0, "discharged_total"] = float("nan")
    return table


def trust_beds(where: Path) -> pd.DataFrame:
    """General and acute beds by trust and month; added: `month` as YYYY-MM."""
    import pandas as pd

    beds = ["adult_general_acute_beds_available", "adult_general_acute_beds_occupied"]
    table = _read(where, "trust_beds*.csv*", ["nhs_trust22_code", "date", *beds])
    table["month"] = pd.to_datetime(table["date"], format="%B %Y").dt.strftime("%Y-%m")
    return table


def ktas(where: Path) -> pd.DataFrame:
    """Adults of a Korean department with the level of the nurse (`KTAS_RN`) and of the panel (`KTAS_expert`).

    Level 1 is the most urgent. The panel saw the whole record afterwards: an upper bound, not a rival nurse.
    `los_min` is missing above 48 h, where it is corrupt. Source: Moon et al. 2019, PLoS ONE 14(9):e0216972.
    """
    columns = ["KTAS_RN", "KTAS_expert", "mistriage", "ktas_duration_min", "los_min", "admitted"]
    table = _read(where, "ktas_*.csv*", columns)
    table.loc[table["los_min"] > TWO_DAYS_MINUTES, "los_min"] = float("nan")
    return table


def malmo(where: Path) -> pd.DataFrame:
    """Synthetic adult attendances of Malmö, with timestamps (A. Johansson, Lund University, CC BY 4.0).

    `arrival_at_hospital` <= `arrival` (triage) <= `resolve` (first physician) <= `exit_ed`. Shapes only: its
    authors say that waits differ from the real cohort.
    """
    moments = ["arrival_at_hospital", "arrival", "resolve", "exit_ed"]
    others = ["priority", "ambulance", "chief_complaint", "age_at_arrival", "admitted_to_hospital"]
    return _read(where, "malmo_*.csv*", [*moments, *others], days=moments)


def _read(
    where: Path, pattern: str, columns: list[str], *, days: Iterable[str] = ()
) -> pd.DataFrame:
    """Read the one file of `where` that fits `pattern`; refuse it unless it has `columns`.

    Raises: ConfigError when no file or more than one fits, or naming every column that is missing.
    """
    import pandas as pd

    path = _only_file(where, pattern)
    table = pd.read_csv(path)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        known = [str(column) for column in table.columns]
        raise ConfigError(
            Fault(path.name, f"no column '{column}'", nearest(column, known).rstrip("."))
            for column in missing
        )
    for column in days:
        table[column] = pd.to_datetime(table[column])
    return table


def _only_file(where: Path, pattern: str) -> Path:
    """The file `where` is, or the only one in the folder `where` that fits `pattern`."""
    if where.is_file():
        return where
    found = sorted(where.glob(pattern))
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found) or "no such file"
    raise ConfigError([Fault(f"{where.name}/{pattern}", names, "Name the one file to read")])
