"""What no row shows by itself: patterns of many rows that patients hardly make, and systems, clerks and filters do.

They are counted and named, and change nothing, because records do not say what was true; only a file of many twins is
refused. The limits are judgements: two years of eighteen made departments, with other dirt, pass none.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from simulation.extracts.mapping import CATEGORIES
from simulation.extracts.quality import DataQuality
from simulation.extracts.stamps import DAY, DAY_LONG, is_heap, rounding_of
from simulation.records.schema import LEFT, Column, Floats, Ints, Mask

WEEK = 7
SIX_HOURS = ("0:00 to 6:00", "6:00 to 12:00", "12:00 to 18:00", "18:00 to 24:00")
MISSED = 25
"""Patients of a group whom a week or more lacks that has none of them, if it is not chance."""
ENOUGH, OVERTAKING = 200, 0.25
"""Stamps of which nothing is said of shares, and the share of walk-ins assessed as they arrive, though others wait,
that may be chance."""
PLACES, LONG_WAIT = 3, 20
"""Places behind and minutes waited from which it is looked who was assessed before."""
ABOUT, TIMES = 10, 2
"""Stamps before and after that give the rate at a stamp, and how many times what is expected is no chance."""
HOUR_FROM, HOUR_TO = 40, 85
"""Minutes by which the shortest spans of a week are off where a clock is an hour off."""
LAST, MANY_LAST = 60, 20
"""Minutes before the longest stay in which so many stays end only if longer ones were cut."""
MANY_HOME = 50
"""Stays in six hours of which more in the next six are no chance."""
SPANS, HOURS = (1, 10), (60,)
"""Minutes of the windows in which spans are counted, and times of day; below the last a stay is short."""
NEAR, LEAST = 2.5, 24
"""How many times as many as in the windows beside it, and how many at least, are in no window by chance."""
LATE = "seen_at", "decided_at"
"""After which nobody departs in the same minute, but by chance."""
STEADY, WEEKS, DRIFT = 0.9, 8, 12
"""How much the shortest spans of so many weeks go with time, and minutes by which they differ, if a clock drifts."""
NEXT, FAR = 0.3, 100
"""The share of attendances after which the next number is there too, if numbers are given one by one; and how many of
them at once were never given."""
APART, CHANGE, LITTLE = 3, 1.4, 0.01
"""Weeks before and after that all have to differ, by which factor, and what is added to shares of nearly none."""
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
    arrived, departed = times["arrived_at"], times["departed_at"]
    spans = {name: at - arrived for name, at in times.items() if name != "arrived_at"}
    stay = spans["departed_at"]
    groups = {label: arrived % DAY // 360 == place for place, label in enumerate(SIX_HOURS)}
    for name in ("arrival_source", "outcome"):
        if name in codes:
            groups |= {label: codes[name] == code for code, label in enumerate(CATEGORIES[name])}
    if age is not None:
        groups["under 16"] = age // 16 == 0
    for label, has in groups.items():
        _count_absent(label, arrived, has, is_whole_day, quality)
        _count_heap(f"departure, {label}", departed[has] % DAY, HOURS, quality)
    _count_heap("departure, short stays", departed[stay < HOURS[0]] % DAY, HOURS, quality)
    _count_hour_off(times, quality)
    exact = {name: at for name, at in times.items() if rounding_of(at).to <= 1}
    for first, last in combinations(exact, 2):
        span = exact[last] - exact[first] + max(SPANS) * (first in LATE)
        _count_heap(f"{first[:-3]} to {last[:-3]}", span, SPANS, quality)
    for name, at in exact.items():
        _count_heap(f"{name[:-3]} by the clock", at % DAY, SPANS[-1:], quality)
        _count_spacing(name[:-3], at, quality)
    if "arrived_at" in exact:
        walks = codes.get("arrival_source", 0 * arrived) == 0
        _count_spacing("arrived, on foot", arrived[walks], quality, apart=True)
    _count_out_of_turn(exact, codes, quality)
    _count_changed(times, groups, quality)
    _count_late_home(stay[codes["outcome"] == 0], quality)
    n, over = int((arrived % DAY < 360).sum()), departed // DAY > arrived // DAY
    quality.add("midnight", 0 if n <= MISSED or over.any() else n, len(stay))
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


def _count_changed(
    times: Mapping[str, Floats], groups: Mapping[str, Mask], quality: DataQuality
) -> None:
    """Count attendances from a week on in which something has changed for good that hardly moves from week to week: the
    share of a group, but of those who leave, or minutes from the first clinician to the decision or the departure."""
    import pandas as pd

    week = times["arrived_at"] // (WEEK * DAY)
    steady = {
        f"share of {label}": pd.Series(has).groupby(week).agg(["mean", "count"])
        for label, has in groups.items()
        if label != LEFT
    }
    if {"seen_at", "decided_at"} <= times.keys():
        until = np.fmin(times["decided_at"], times["departed_at"])
        by_week = pd.Series(until - times["seen_at"]).groupby(week)
        steady["minutes of clinicians"] = by_week.agg(["median", "count"])
    for label, of_weeks in steady.items():
        middle, n_rows = of_weeks.to_numpy(float).T
        is_full = n_rows >= ENOUGH
        n = 0
        if is_full.sum() >= 2 * APART:
            three = sliding_window_view(middle[is_full] + LITTLE, APART)
            least, most = three.min(axis=1), three.max(axis=1)
            before, after = slice(None, -APART), slice(APART, None)
            is_other = (least[after] > CHANGE * most[before]) | (
                most[after] * CHANGE < least[before]
            )
            first = of_weeks.index[is_full][APART:][is_other.argmax()]
            n = int((week >= first).sum()) if is_other.any() else 0
        quality.add("changed", n, len(week), label)


def _count_late_home(stay: Floats, quality: DataQuality) -> None:
    """Count stays of those sent home from the first six hours in which more end than in the six before, or from a day
    on if half of those of half a day are as long: tails fall."""
    by_hour = np.bincount((stay[stay < FAR * 60] // 60).astype(int), minlength=FAR)
    count = np.convolve(by_hour, np.ones(6, int), "valid")
    before = count[6:-6]
    rises = count[12:] > np.maximum(before + 2 * np.sqrt(before), MANY_HOME)
    n = int(by_hour[12 + rises.argmax() :].sum()) if rises.any() else 0
    half_a_day, a_day = (int((stay > minutes).sum()) for minutes in (DAY / 2, DAY))
    n = max(n, a_day if a_day > max(half_a_day / 2, MANY_LAST) else 0)
    quality.add("late_home", n, len(stay))


def _count_hour_off(times: Mapping[str, Floats], quality: DataQuality) -> None:
    """Count stamps of weeks in which the shortest spans since the stamp before are an hour off those of most weeks, and
    all stamps if these spans drift."""
    import pandas as pd

    latest = times["arrived_at"]
    week = latest // (WEEK * DAY)
    for name, at in times.items():
        spans = pd.Series(at - latest).groupby(week)
        shortest = spans.quantile(0.03)[spans.count() >= ENOUGH]
        by = (shortest - float(shortest.quantile(interpolation="lower"))).abs()
        is_off = np.isin(week, by.index[by.between(HOUR_FROM, HOUR_TO)])
        known, where = ~np.isnan(at), name.removesuffix("_at")
        quality.tally("hour_off", known & is_off, known, where)
        drifts = len(by) >= WEEKS and np.ptp(shortest) >= DRIFT
        drifts = drifts and abs(shortest.rank().corr(by.index.to_series())) > STEADY
        quality.tally("drift", known & drifts, known, where)
        latest = np.fmax(latest, at)


def _count_out_of_turn(
    exact: Mapping[str, Floats], codes: Mapping[str, Column], quality: DataQuality
) -> None:
    """Count walk-ins assessed as they arrive, if many who come while others wait are, and those who wait and are
    overtaken by somebody who came three places later, if many are. Rounded stamps say nothing."""
    if {"arrived_at", "assessed_at"} <= exact.keys():
        arrived, assessed = exact["arrived_at"], exact["assessed_at"]
        walks = codes.get("arrival_source", 0 * arrived) == 0
        until = np.fmax.accumulate(np.where(walks, assessed, np.nan))
        waits = walks & (np.roll(until, 1) > arrived + 1)
        copied = walks & (assessed - arrived < 1)
        is_often = waits.sum() >= ENOUGH and copied[waits].mean() > OVERTAKING
        quality.tally("at_once", copied & is_often, where="arrived and assessed")
        walks &= ~np.isnan(assessed)
        waited, at = (assessed - arrived)[walks][:-PLACES], assessed[walks]
        behind = np.minimum.accumulate(at[::-1])[::-1][PLACES:]
        late = waited > LONG_WAIT
        n = int((late & (behind < at[:-PLACES] - 1)).sum())
        quality.add("overtaken", n if n > max(OVERTAKING * late.sum(), MISSED) else 0, len(at))


def _count_spacing(where: str, at: Floats, quality: DataQuality, *, apart: bool = False) -> None:
    """Count stamps that share their minute far more often than by chance at the rate of the stamps about them; if they
    are kept `apart`, stamps that follow another within two minutes far less often."""
    at = np.floor(np.sort(at[~np.isnan(at)]))
    if len(at) < ENOUGH + 2 * ABOUT:
        return
    rate = 2 * ABOUT / np.maximum(at[2 * ABOUT :] - at[: -2 * ABOUT], 1)[:-1]
    gap = np.diff(at)[ABOUT:-ABOUT]
    if apart:  # whole minutes of at most 2 are 2.5 in the mean
        is_odd = (gap <= 2).sum() < -np.expm1(-2.5 * rate).sum() / TIMES
    else:  # of two in a row, the chance that no full minute begins between them
        is_odd = (gap == 0).sum() > TIMES * (1 + np.expm1(-rate) / rate).sum()
    quality.add("spacing", len(at) if is_odd else 0, len(at), where)


def _count_heap(where: str, minutes: Floats, widths: tuple[int, ...], quality: DataQuality) -> None:
    """Count minutes in a window of one of some widths beyond those in the windows beside it, if far more are in it."""
    within = minutes[(minutes >= 0) & (minutes < DAY)].astype(np.int64)
    n, by_minute = 0, np.bincount(within, minlength=DAY_LONG)
    for width in widths:
        count = np.convolve(by_minute, np.ones(width, int), "valid")
        beside = np.maximum(count[: -2 * width], count[2 * width :])
        count = count[width:-width]
        heaps = is_heap(count, beside, LEAST) & (count > NEAR * beside)
        n = max(n, int((count - beside)[heaps].max(initial=0)))
    quality.add("heap", n, len(minutes), where)


def count_numbers(numbers: Ints, quality: DataQuality) -> None:
    """Count numbers of attendances that are not there between the first and the last, if most follow one another."""
    steps = np.diff(np.unique(numbers))
    n = int((steps[steps <= FAR] - 1).sum())
    is_counted = n > MISSED and (steps == 1).sum() > NEXT * len(numbers)
    quality.add("lacking", n if is_counted else 0, len(numbers))


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
