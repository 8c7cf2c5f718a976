"""What no row shows by itself: patterns of many rows that patients hardly make, and systems, clerks and filters do.

They are counted and named, and change nothing, because records do not say what was true; only a file of many twins is
refused. The limits are judgements: two years of six made departments, with other dirt, pass none.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simulation.extracts.mapping import CATEGORIES
from simulation.extracts.quality import DataQuality
from simulation.extracts.stamps import DAY, rounding_of
from simulation.records.schema import Column, Floats, Mask

WEEK = 7
SIX_HOURS = ("0:00 to 6:00", "6:00 to 12:00", "12:00 to 18:00", "18:00 to 24:00")
MISSED = 25
"""Patients of a group whom a week or more lacks that has none of them, if it is not chance."""
OFTEN, ENOUGH = 0.05, 200
"""The share of stamps at the minute of another that may be chance, and stamps of which nothing is said of shares."""
OVERTAKING = 0.25
"""The share of walk-ins assessed as they arrive, though others wait, that may be chance."""
HOUR_FROM, HOUR_TO = 40, 85
"""Minutes by which the shortest spans of a week are off where a clock is an hour off."""
LAST, MANY_LAST = 60, 20
"""Minutes before the longest stay in which so many stays end only if longer ones were cut."""
MINUTES_APART, TWINS = 2, 0.005
"""Minutes between the arrivals of two rows for one patient, and the share of such rows that may be chance."""


def count_patterns(
    times: Mapping[str, Floats],
    codes: Mapping[str, Column],
    age: Column | None,
    is_whole_day: Mask,
    quality: DataQuality,
) -> None:
    """Count each pattern. `times`: minutes from the first of January 1970, rows in order of arrival."""
    arrived = times["arrived_at"]
    spans = {name: at - arrived for name, at in times.items() if name != "arrived_at"}
    columns = [
        (CATEGORIES[name], codes[name]) for name in ("arrival_source", "outcome") if name in codes
    ]
    columns.append((SIX_HOURS, arrived % DAY // 360))
    if age is not None:
        columns.append((("under 16",), age // 16))
    for labels, column in columns:
        for code, label in enumerate(labels):
            _count_absent(label, arrived, column == code, is_whole_day, quality)
    _count_hour_off(times, quality)
    _count_at_once(times, codes, quality)
    stay = spans["departed_at"]
    n = int((stay > np.nan_to_num(stay).max() - LAST).sum())
    quality.add("longest_stays", n if n >= MANY_LAST else 0, len(stay))
    _count_twins(arrived, [*map(np.rint, spans.values())], [*codes.values()], quality)


def _count_absent(
    label: str, arrived: Floats, has: Mask, is_whole_day: Mask, quality: DataQuality
) -> None:
    """Count patients of a group of whom none is there for a week or more, by how many come on other days."""
    day = (arrived // DAY).astype(np.int64)
    count = np.bincount(day[has] - day[0], minlength=len(is_whole_day))[is_whole_day]
    days = int(np.diff([-1, *np.flatnonzero(count), len(count)]).max()) - 1
    n = round(days * count.sum() / max(len(count) - days, 1))
    quality.add(
        "absent", n if n > MISSED and days >= WEEK else 0, len(arrived), f"{label}, for {days} days"
    )


def _count_hour_off(times: Mapping[str, Floats], quality: DataQuality) -> None:
    """Count stamps of weeks in which the shortest spans since the stamp before are an hour off those of most weeks."""
    import pandas as pd

    latest = times["arrived_at"]
    week = latest // (WEEK * DAY)
    for name, at in times.items():
        spans = pd.Series(at - latest).groupby(week)
        shortest = spans.quantile(0.03)[spans.count() >= ENOUGH]
        by = (shortest - float(shortest.quantile(interpolation="lower"))).abs()
        is_off = np.isin(week, by.index[by.between(HOUR_FROM, HOUR_TO)])
        known = ~np.isnan(at)
        quality.tally("hour_off", known & is_off, known, name.removesuffix("_at"))
        latest = np.fmax(latest, at)


def _count_at_once(
    times: Mapping[str, Floats], codes: Mapping[str, Column], quality: DataQuality
) -> None:
    """Count stamps at the minute of the departure, if more are there than in the quarter of an hour before; and
    walk-ins assessed as they arrive, if many who come while others wait are. Stamps that are rounded say nothing."""
    exact = {name: at for name, at in times.items() if rounding_of(at).to <= 1}
    arrived, departed = times["arrived_at"], exact.get("departed_at", np.nan)
    for name in ("seen_at", "decided_at"):
        if name in exact:
            span = departed - exact[name]
            copied, soon = span < 1, (span >= 1) & (span <= 15)
            is_often = copied.sum() > max(soon.sum(), OFTEN * (span >= 0).sum(), ENOUGH)
            quality.tally("at_once", copied & is_often, where=f"{name[:-3]} and departed")
    if {"arrived_at", "assessed_at"} <= exact.keys():
        walks = codes.get("arrival_source", 0 * arrived) == 0
        until = np.fmax.accumulate(np.where(walks, exact["assessed_at"], np.nan))
        waits = walks & (np.roll(until, 1) > arrived + 1)
        copied = walks & (exact["assessed_at"] - arrived < 1)
        is_often = waits.sum() >= ENOUGH and copied[waits].mean() > OVERTAKING
        quality.tally("at_once", copied & is_often, where="arrived and assessed")


def _count_twins(
    arrived: Floats, spans: list[Floats], codes: list[Column], quality: DataQuality
) -> None:
    """Count rows with the codes and spans of another that came at its minute, two stamps of them after the arrival."""
    import pandas as pd

    known = np.sum([span > 0 for span in spans], axis=0) >= 2
    row = np.zeros(known.sum(), dtype=np.uint64)
    for column in (*spans, *codes):
        row = row * np.uint64(31) + pd.util.hash_array(column[known])
    order = np.argsort(row, kind="stable")
    is_same, apart = np.diff(row[order]) == 0, np.diff(arrived[known][order])
    n = int((is_same & (apart <= MINUTES_APART)).sum())
    quality.add("twin", n if n > TWINS * len(arrived) else 0, len(arrived))
