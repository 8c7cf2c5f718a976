"""Weekly timetables: clock hours and weekdays as half-open intervals in ticks of a week, and units on duty.

`resolved` is the department that engines, checks and measures see: pools that follow another get a rota, a trigger with
stages becomes a trigger for each, and what is switched off with 0 is left out (a trigger that opens nothing, a limit of
nobody, minutes of which nothing falls away). So engines know none of these words.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from simulation.department.vocabulary import (
    ARRIVAL_SOURCE,
    ArrivalSource,
    Choice,
    ExtraShift,
    Opens,
    Outage,
    Pathway,
    Pool,
    Profile,
    QuietDays,
    ShareOfTime,
    Shift,
    StatedOutages,
    Step,
    Takes,
    Trigger,
)
from simulation.units import DAY, HOUR, WEEK, WEEKDAYS, parse_days, parse_hours

HOURS_OF_WEEK = 168


@lru_cache(maxsize=1024)
def weekly_spans(hours: str, days: str) -> tuple[tuple[int, int], ...]:
    """Half-open intervals of the week, in ticks, sorted; one past Sunday midnight is cut in two."""
    start, end = parse_hours(hours)
    spans = []
    for day in parse_days(days):
        first, last = day * DAY + start, day * DAY + end
        if last <= WEEK:
            spans.append((first, last))
        else:
            spans += [(first, WEEK), (0, last - WEEK)]
    return tuple(sorted(spans))


def timetable(pool: Pool) -> list[tuple[int, int]]:
    """A pool's capacity through the week: (tick, units from then on) for tick 0 and each change.

    Shifts that overlap add up. `extra` counts wherever anybody of the rota is on, `extra_shifts` at their hours.
    """
    rota = pool.rota if pool.rota is not None else (Shift(hours="0-24", number=pool.capacity or 0),)
    by_rota, by_extra = _changes(rota), _changes(pool.extra_shifts)
    rows: list[tuple[int, int]] = []
    on_duty = extra = 0
    for tick in sorted({0, *by_rota, *by_extra}):
        on_duty += by_rota[tick]
        extra += by_extra[tick]
        units = max((max(on_duty + pool.extra, 0) if on_duty else 0) + extra, 0)
        if not rows or rows[-1][1] != units:
            rows.append((tick, units))
    return rows


def shifts_of(rows: Sequence[tuple[int, int]], times: float) -> Iterator[Shift]:
    """The shifts of a week in which so many times the units of a timetable are on duty, in whole units, at least one
    while any is on duty; equal ones are stated once.

    >>> rows = [(0, 1), (8 * HOUR, 2), (DAY, 1)]
    >>> shift_words(shifts_of(rows, 3))
    '0-8 h: 3 (mon); 8-24 h: 6 (mon); 0-24 h: 3 (tue-sun)'
    """
    days: dict[tuple[str, int], list[str]] = {}
    ends = [tick for tick, _ in rows[1:]] + [WEEK]
    for (start, units), end in zip(rows, ends, strict=True):
        number = max(math.floor(times * units + 0.5), min(units, 1))
        while start < end:
            midnight = min(end, start - start % DAY + DAY)
            hours = f"{_clock(start % DAY)}-{_clock((midnight - 1) % DAY + 1)}"
            days.setdefault((hours, number), []).append(WEEKDAYS[start // DAY])
            start = midnight
    for (hours, number), on in days.items():
        first, n = WEEKDAYS.index(on[0]), len(on)
        in_turn = n > 1 and tuple(on) == tuple(WEEKDAYS[first : first + n])
        yield Shift(
            hours=hours, number=number, days=f"{on[0]}-{on[-1]}" if in_turn else ",".join(on)
        )


def _clock(tick: int) -> str:
    """A tick of the day as a clock time: '8', '8:30'."""
    hour, minute = divmod(tick * 60 // HOUR, 60)
    return f"{hour}:{minute:02d}" if minute else f"{hour}"


def same_units(one: Pool, other: Pool) -> bool:
    """Whether two pools differ at most in how they state the same units at every hour."""
    stated = {name: getattr(other, name) for name in ("capacity", "rota", "extra", "extra_shifts")}
    if one.unlimited or replace(one, **stated) != other or timetable(one) != timetable(other):
        return one == other
    return one.on_shift_change == "outgoing_count" or shift_starts(one) == shift_starts(other)


def closed_units(pool: Pool) -> int | None:
    """The number of units of a pool that its outage closes; None: all of them.

    A `closes_share` refers to the largest number of units of rota and extras, rounded to whole units, at least one.
    """
    if pool.closes_share is None:
        return pool.closes
    return max(round(pool.closes_share * max(units for _, units in timetable(pool))), 1)


def _changes(shifts: Iterable[Shift]) -> Counter[int]:
    """The change of the number on duty at each tick of the week at which it changes; tick 0 is Monday, 00:00."""
    change: Counter[int] = Counter()
    for shift in shifts:
        for start, end in weekly_spans(shift.hours, shift.days):
            change[start] += shift.number
            if end < WEEK:
                change[end] -= shift.number
    return change


def shift_starts(pool: Pool) -> list[int]:
    """Every tick of the week at which a shift of the pool begins or ends, whether or not the number changes."""
    shifts = (*(pool.rota or ()), *pool.extra_shifts)
    spans = [span for shift in shifts for span in weekly_spans(shift.hours, shift.days)]
    return sorted({tick % WEEK for span in spans for tick in span})


def shift_words(shifts: Iterable[Shift]) -> str:
    """Shifts in words: '8-20 h: 3; 14-22 h: 1 (mon-fri)'; extra shifts with their sign."""
    return "; ".join(
        f"{shift.hours} h: {shift.number:{'+d' if isinstance(shift, ExtraShift) else 'd'}}"
        f"{'' if shift.days == 'mon-sun' else f' ({shift.days})'}"
        for shift in shifts
    )


def units_by_hour(pool: Pool) -> NDArray[np.float64]:
    """Mean units on duty in each hour of the week, shape (168,). Unlimited pools: infinity."""
    if pool.unlimited:
        return np.full(HOURS_OF_WEEK, np.inf)
    rows = timetable(pool)
    edges = np.array([tick for tick, _ in rows] + [WEEK])
    units = np.array([number for _, number in rows], dtype=float)
    starts = np.arange(HOURS_OF_WEEK) * HOUR
    overlap = np.minimum(edges[1:, None], starts + HOUR) - np.maximum(edges[:-1, None], starts)
    return np.asarray((np.clip(overlap, 0, None) * units[:, None]).sum(axis=0) / HOUR)


def booked_by_weekday(source: ArrivalSource) -> NDArray[np.float64]:
    """The number of patients booked on each weekday, shape (7,)."""
    booked = np.zeros(7)
    for booking in source.booked:
        booked[[*parse_days(booking.days)]] += booking.number
    return booked


def mean_per_day(source: ArrivalSource) -> float:
    """The patients of a source on a mean day of the year, with its `scale`, without surges and drawn factors."""
    usual = (
        source.per_day if source.per_day is not None else float(booked_by_weekday(source).mean())
    )
    return usual * source.scale


def attendances_per_day(pathway: Pathway) -> float:
    """How many patients attend on a mean day, over the arrival sources that attend."""
    return sum(mean_per_day(source) for source in pathway.arrivals.values() if source.attends)


def per_day_by_category(
    pathway: Pathway, attribute: str, sources: Iterable[str]
) -> dict[str, float] | None:
    """The patients of these sources on a mean day of the year, by category of a choice.

    None if the attribute is no choice, depends on anything but the arrival source, or has factors on its shares.
    """
    choice = pathway.attributes.get(attribute)
    if not isinstance(choice, Choice) or choice.times or choice.by not in (None, ARRIVAL_SOURCE):
        return None
    per_day = dict.fromkeys(choice.categories, 0.0)
    for source in sources:
        shares = choice.shares[source] if isinstance(choice.shares, Mapping) else choice.shares
        for category, share in zip(choice.categories, shares, strict=True):
            per_day[category] += mean_per_day(pathway.arrivals[source]) * share
    return per_day


def weekly_weights(profile: Profile) -> NDArray[np.float64]:
    """A profile of 24 or 168 hours as weights by hour of the week with mean 1, shape (168,)."""
    weights = np.asarray(profile.weights, dtype=float)
    by_hour = np.tile(weights, 7) if len(weights) == 24 else weights
    return np.asarray(by_hour / by_hour.mean())


def down_share(outage: Outage) -> float:
    """The share of the time that something is down in the long run; 0 for stated spans, as a usual week has none.

    >>> down_share(ShareOfTime(kind="share", share=0.25, mean_down_minutes=60, evidence="assumed", source="test"))
    0.25
    """
    if isinstance(outage, StatedOutages):
        return 0.0
    if isinstance(outage, ShareOfTime):
        return outage.share
    if isinstance(outage, QuietDays):
        start, end = parse_hours(outage.hours)
        return (1 - outage.fullest_share) * (end - start) / DAY
    return outage.mean_down_minutes / (outage.mean_up_minutes + outage.mean_down_minutes or 1)


def can_happen(outage: Outage) -> bool:
    """Whether something is ever down.

    >>> can_happen(ShareOfTime(kind="share", share=0, mean_down_minutes=60, evidence="assumed", source="test"))
    False
    """
    spans = outage.spans if isinstance(outage, StatedOutages) else ()
    return down_share(outage) > 0 or any(
        span.ends_at_minutes > span.starts_at_minutes for span in spans
    )


def resolved(pathway: Pathway) -> Pathway:
    """The department without `capacity_per`, without stages, and without what is off.

    What cannot be had stays as it is, for the check to refuse: a pool that states its size twice or follows one that is
    not there, unlimited or such a pool itself; no limit where that would mean something else; stages without distance.
    """
    followers = {name for name, pool in pathway.pools.items() if _follows(pool, pathway)}
    limitless = {
        name
        for name in followers
        if not _number(pathway.pools[name]) and _only_limits(name, pathway)
    }
    asking = {name: _asking(step, limitless) for name, step in pathway.steps.items()}
    off = limitless | (_taken(pathway.steps) - _taken(asking))
    return replace(
        pathway,
        pools={
            name: _with_rota(pool, pathway) if name in followers else pool
            for name, pool in pathway.pools.items()
            if name not in off
        },
        triggers=dict(_triggers(pathway.triggers, off)),
        steps={name: _holding(step, off) for name, step in asking.items()},
    )


def _only_limits(name: str, pathway: Pathway) -> bool:
    """Whether a pool is used in a way in which no limit means that nobody waits for it."""
    steps = pathway.steps.values()
    return all(
        name not in step.any_of[1:] and not (step.overflow and name in step.overflow.any_of)
        for step in steps
    ) and not any(
        isinstance(trigger, Takes) and trigger.pool == name for trigger in pathway.triggers.values()
    )


def _number(pool: Pool) -> float:
    """Units for each unit of the pool that is followed."""
    return pool.capacity_per.number if pool.capacity_per else 0.0


def _follows(pool: Pool, pathway: Pathway) -> bool:
    """Whether a pool's size is that of another times a number, and can be had."""
    other = pathway.pools.get(pool.capacity_per.pool) if pool.capacity_per else None
    if other is None or other.unlimited or other.capacity_per:
        return False
    return not pool.unlimited and pool.capacity is None and pool.rota is None


def _with_rota(pool: Pool, pathway: Pathway) -> Pool:
    """A pool that follows another, with the rota that this comes to; as it is if it is refused no limit."""
    if not _number(pool) or not pool.capacity_per:
        return pool
    rows = timetable(pathway.pools[pool.capacity_per.pool])
    return replace(pool, rota=tuple(shifts_of(rows, _number(pool))), capacity_per=None)


def _triggers(triggers: Mapping[str, Trigger], off: Set[str]) -> Iterator[tuple[str, Trigger]]:
    """Each trigger by name, one for each stage; none that opens nothing, or units of a pool that is off."""
    for name, trigger in triggers.items():
        if not isinstance(trigger, Opens):
            yield name, trigger
        elif not trigger.extra or trigger.pool in off:
            continue
        elif trigger.stages == 1 or not trigger.stage_every or trigger.below > trigger.above:
            yield name, trigger
        else:
            for stage in range(trigger.stages):
                more = stage * trigger.stage_every
                yield (
                    f"{name}_stage_{stage + 1}" if stage else name,
                    replace(
                        trigger,
                        above=trigger.above + more,
                        below=trigger.below + more,
                        stages=1,
                        stage_every=0,
                    ),
                )


def _asking(step: Step, limitless: Set[str]) -> Step:
    """A step that asks for no pool that limits nobody, and is without an effort of nothing.

    Where such a pool would do, the others of its `any_of` are never needed.
    """
    effort = step.effort if step.effort and step.effort.share else None
    if effort is step.effort and limitless.isdisjoint(step.pools):
        return step
    any_of = () if limitless & set(step.any_of) else step.any_of
    return replace(step, asks=_without(step.asks, limitless), any_of=any_of, effort=effort)


def _holding(step: Step, off: Set[str]) -> Step:
    """A step that neither keeps nor releases a pool that nobody takes."""
    held = step.keeps, step.releases_at_start, step.releases_at_end
    if off.isdisjoint(chain(*held)):
        return step
    keeps, at_start, at_end = (_without(names, off) for names in held)
    return replace(step, keeps=keeps, releases_at_start=at_start, releases_at_end=at_end)


def _without(names: Sequence[str], off: Set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in off)


def _taken(steps: Mapping[str, Step]) -> set[str]:
    """The pools of which some step takes a unit."""
    return {name for step in steps.values() for name in step.takes}
