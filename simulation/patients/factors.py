"""What multiplies arrivals and minutes day by day: day factors, lasting factors, surges, and following demand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulation.department.rota import booked_by_weekday
from simulation.department.vocabulary import ArrivalSource, Follows, LastingFactor, Pathway, Profile
from simulation.patients.calendar import DAYS_IN_WEEK, MONTHS_IN_YEAR, Calendar, DrawnRun
from simulation.patients.drawn import Draws, from_sources
from simulation.patients.variates import Floats
from simulation.units import DAY


def day_factors(pathway: Pathway, run: DrawnRun) -> dict[str, Floats]:
    """How busy each day is, by the name of the factor: times the usual, mean 1, shape (days,) each."""
    return {
        name: run.generator("day", name).gamma(1 / factor.cv**2, factor.cv**2, run.days)
        if factor.cv
        else np.ones(run.days)
        for name, factor in pathway.day_factors.items()
    }


def lasting_factors(pathway: Pathway, run: DrawnRun) -> dict[str, Floats]:
    """Each active lasting factor by name, mean 1, shape (days,). A longer run begins with the same numbers."""
    by_name = {}
    for name, factor in pathway.lasting_factors.items():
        if factor.active:
            period = _periods(factor, run)
            normal = run.generator("lasting", name).standard_normal(int(period.max(initial=0)) + 1)
            by_name[name] = _lasting(factor, normal)[period]
    return by_name


def _periods(factor: LastingFactor, run: DrawnRun) -> NDArray[np.int64]:
    """The week or month of the run that each day is in, from 0, shape (days,)."""
    day = np.arange(run.days)
    if factor.every == "week":
        return np.asarray(day // DAYS_IN_WEEK)
    months = run.calendar.months(day)
    return np.cumsum(np.diff(months, prepend=months[:1]) != 0)


def _lasting(factor: LastingFactor, normal: Floats) -> Floats:
    """The factor by period, from independent normal numbers: exp of an autoregressive process of order 1.

    Of a lognormal factor of mean 1 whose logarithm has variance v and correlation r, the squared cv is exp(v) - 1 and
    the correlation (exp(r v) - 1) / (exp(v) - 1).
    """
    if not factor.cv:
        return np.ones(len(normal))
    variance = math.log1p(factor.cv**2)
    correlation = math.log1p(factor.persistence * factor.cv**2) / variance
    level = normal.copy()
    for k in range(1, len(level)):
        level[k] = correlation * level[k - 1] + math.sqrt(1 - correlation**2) * normal[k]
    return np.asarray(np.exp(math.sqrt(variance) * level - variance / 2))


def usual_arrivals(
    pathway: Pathway, source: ArrivalSource, days: int, calendar: Calendar, *, by_month: bool = True
) -> Floats:
    """The mean arrivals that a source's profiles or bookings state for each day, before `scale`, shape (days,)."""
    weekday = np.arange(days) % DAYS_IN_WEEK
    if source.per_day is None:
        return booked_by_weekday(source)[weekday]
    by_hour = hours_of(pathway, source)
    pattern = by_hour.sum(axis=1)[weekday] / by_hour.sum(axis=1).mean()
    pattern = pattern * _mean_one(pathway, source.by_weekday, DAYS_IN_WEEK)[weekday]
    if by_month:
        pattern = pattern * _mean_one(pathway, source.by_month, MONTHS_IN_YEAR)[calendar.months(np.arange(days))]
    return np.asarray(source.per_day * pattern)


def hours_of(pathway: Pathway, source: ArrivalSource) -> Floats:
    """Weights of a source's arrivals by weekday and hour, shape (7, 24)."""
    profile: Profile | None = pathway.profiles[source.by_hour] if source.by_hour else None
    if profile is None:
        return np.ones((7, 24))
    weights = np.asarray(profile.weights, dtype=float)
    return np.tile(weights, (7, 1)) if len(weights) == 24 else weights.reshape(7, 24)


def _mean_one(pathway: Pathway, profile: str | None, length: int) -> Floats:
    """The weights of a profile scaled to mean 1, shape (length,); ones without a profile."""
    if profile is None:
        return np.ones(length)
    weights = np.asarray(pathway.profiles[profile].weights, dtype=float)
    return np.asarray(weights / weights.mean())


def wanted_arrivals(pathway: Pathway, run: DrawnRun, busy: Mapping[str, Floats] | None = None) -> dict[str, Floats]:
    """How many times its usual arrivals each source that is not booked wants on each day, shape (days,) by source.

    `busy`: day factors by name where they are known; otherwise they are drawn.
    """
    by_day = busy if busy is not None else day_factors(pathway, run)
    lasting = lasting_factors(pathway, run)
    wanted_by_source = {}
    for name, source in pathway.arrivals.items():
        if source.booked:
            continue
        wanted = source.scale * (by_day[source.day_factor] if source.day_factor else np.ones(run.days))
        for factor, series in lasting.items():
            if name in pathway.lasting_factors[factor].arrivals:
                wanted = wanted * series
        for surge in source.surges:
            start = run.calendar.warm_up_days + surge.starts_on_day
            wanted[start : start + surge.days] *= surge.times
        wanted_by_source[name] = wanted
    return wanted_by_source


def attended_by_day(pathway: Pathway, draws: Draws, days: int) -> NDArray[np.int64]:
    """How many patients attend on each day of a run, shape (days,)."""
    attending = [name for name, source in pathway.arrivals.items() if source.attends]
    attends = from_sources(pathway, draws, attending)
    return np.bincount(draws.arrived_at[attends] // DAY, minlength=days)[:days]


def minute_factors(pathway: Pathway, draws: Draws, run: DrawnRun) -> dict[str, Floats]:
    """What the minutes of each patient are multiplied by, shape (n,) by duration; only durations that have a factor."""
    factors: dict[str, Floats] = {}
    day = draws.arrived_at // DAY
    for name, series in lasting_factors(pathway, run).items():
        for duration in pathway.lasting_factors[name].durations:
            factors[duration] = factors.get(duration, 1.0) * series[day]
    for follows in pathway.follows.values():
        if follows.active:
            by_day = _following(pathway, follows, draws, run)
            concerned = from_sources(pathway, draws, follows.arrivals)
            for duration in follows.durations:
                factors[duration] = factors.get(duration, 1.0) * np.where(concerned, by_day[day], 1.0)
    return factors


def _following(pathway: Pathway, follows: Follows, draws: Draws, run: DrawnRun) -> Floats:
    """The factor on the minutes of patients who arrive on each day, shape (days,): 1 on the first day."""
    came = _sum_of_last_days(attended_by_day(pathway, draws, run.days), follows.days)
    usual = [
        usual_arrivals(pathway, source, run.days, run.calendar, by_month=follows.by_month)
        for source in pathway.arrivals.values()
        if source.attends
    ]
    planned = _sum_of_last_days(np.sum(usual, axis=0), follows.days)
    ratio = np.divide(came, planned, out=np.ones(run.days), where=planned > 0)
    with np.errstate(divide="ignore", over="ignore"):  # where next to nobody came, the clip gives the most minutes
        return np.clip(ratio**-follows.elasticity, follows.least, follows.most)


def _sum_of_last_days(by_day: NDArray[np.generic], n_days: int) -> Floats:
    """The sum over the last `n_days` before each day, shape of `by_day`; over fewer days at the start."""
    totals = np.concatenate(([0.0], np.cumsum(by_day)))
    day = np.arange(len(by_day))
    return np.asarray(totals[day] - totals[np.maximum(day - n_days, 0)])
