"""Who arrives and when, who is there at time 0, what multiplies arrivals and minutes day by day, and when what is down.

Arrivals are a larger Poisson process in layers, of which a coin keeps a part, or bookings. Day factors, lasting factors
and surges multiply arrivals; lasting factors and demand that is followed multiply minutes.

Outages, and the hours of days that are not forecast to be among the fullest, are decided before the clock starts, too.
The forecast of a day, by which staff are moved, is the number that will attend, known or off by a drawn error; no
forecasting method is modelled. A day is one of the fullest if its forecast exceeds a bound for the whole model year, so
a longer run has the same days.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulation.department.rota import (
    booked_by_weekday,
    down_share,
    timetable,
)
from simulation.department.vocabulary import (
    ARRIVAL_SOURCE,
    ArrivalSource,
    Follows,
    LastingFactor,
    Pathway,
    Present,
    QuietDays,
    RandomOutages,
    ShareOfTime,
    StatedOutages,
)
from simulation.errors import DrawsError
from simulation.patients.drawn import (
    DAYS_IN_WEEK,
    DAYS_IN_YEAR,
    FROM_JANUARY,
    MONTHS_IN_YEAR,
    Calendar,
    DrawnRun,
    Draws,
    from_sources,
)
from simulation.patients.variates import NamedFloats, Source, key_of
from simulation.records.schema import Floats, Ints
from simulation.units import DAY, parse_clock, parse_days, parse_hours, to_ticks

EVERY_REPLICATION = -1
"""What stands for the number of the replication in streams that all replications share."""


def day_factors(pathway: Pathway, run: DrawnRun) -> NamedFloats:
    """How busy each day is, by the name of the factor: times the usual, mean 1, shape (days,) each."""
    return {
        name: run.generator("day", name).gamma(1 / factor.cv**2, factor.cv**2, run.days)
        if factor.cv
        else np.ones(run.days)
        for name, factor in pathway.day_factors.items()
    }


def lasting_factors(pathway: Pathway, run: DrawnRun) -> NamedFloats:
    """Each active lasting factor by name, mean 1, shape (days,). A longer run begins with the same numbers."""
    by_name = {}
    for name, factor in pathway.lasting_factors.items():
        if factor.active:
            period = _periods(factor, run)
            drawn_for = replace(run, replication=EVERY_REPLICATION) if factor.shared else run
            normal = drawn_for.generator("lasting", name).standard_normal(
                int(period.max(initial=0)) + 1
            )
            day = np.arange(run.days)
            season = _mean_one(pathway, factor.by_month, MONTHS_IN_YEAR)[run.calendar.months(day)]
            rise = (1 + factor.rises) ** (run.calendar.measured_days(day) / DAYS_IN_YEAR)
            by_name[name] = _lasting(factor, normal)[period] * season * rise
    return by_name


def _periods(factor: LastingFactor, run: DrawnRun) -> Ints:
    """The week or month of the run that each day is in, from 0, shape (days,)."""
    day = np.arange(run.days)
    if factor.every == "week":
        return day // DAYS_IN_WEEK
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
    return np.exp(math.sqrt(variance) * level - variance / 2)


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
        pattern = (
            pattern
            * _mean_one(pathway, source.by_month, MONTHS_IN_YEAR)[calendar.months(np.arange(days))]
        )
    return np.asarray(source.per_day * pattern)


def hours_of(pathway: Pathway, source: ArrivalSource) -> Floats:
    """Weights of a source's arrivals by weekday and hour, shape (7, 24)."""
    if source.by_hour is None:
        return np.ones((7, 24))
    weights = np.asarray(pathway.profiles[source.by_hour].weights, dtype=float)
    return np.tile(weights, (7, 1)) if len(weights) == 24 else weights.reshape(7, 24)


def _mean_one(pathway: Pathway, profile: str | None, length: int) -> Floats:
    """The weights of a profile scaled to mean 1, shape (length,); ones without a profile."""
    if profile is None:
        return np.ones(length)
    weights = np.asarray(pathway.profiles[profile].weights, dtype=float)
    return np.asarray(weights / weights.mean())


def wanted_arrivals(
    pathway: Pathway, run: DrawnRun, busy: NamedFloats | None = None
) -> NamedFloats:
    """How many times its usual arrivals each source that is not booked wants on each day, shape (days,) by source.

    `busy`: day factors by name where they are known; otherwise they are drawn.
    """
    by_day = busy if busy is not None else day_factors(pathway, run)
    lasting = lasting_factors(pathway, run)
    wanted_by_source = {}
    for name, source in pathway.arrivals.items():
        if source.booked:
            continue
        wanted = source.scale * (
            by_day[source.day_factor] if source.day_factor else np.ones(run.days)
        )
        for factor, series in lasting.items():
            if name in pathway.lasting_factors[factor].arrivals:
                wanted = wanted * series
        for surge in source.surges:
            start = run.calendar.warm_up_days + surge.starts_on_day
            wanted[start : start + surge.days] *= surge.times
        wanted_by_source[name] = wanted
    return wanted_by_source


def attended_by_day(pathway: Pathway, draws: Draws, days: int) -> Ints:
    """How many patients attend on each day of a run, shape (days,)."""
    attending = [name for name, source in pathway.arrivals.items() if source.attends]
    attends = from_sources(pathway, draws, attending)
    return np.bincount(draws.arrived_at[attends] // DAY, minlength=days)[:days]


def minute_factors(pathway: Pathway, draws: Draws, run: DrawnRun) -> NamedFloats:
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
                factors[duration] = factors.get(duration, 1.0) * np.where(
                    concerned, by_day[day], 1.0
                )
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
    with np.errstate(
        divide="ignore", over="ignore"
    ):  # where next to nobody came, the clip gives the most minutes
        return np.clip(ratio**-follows.elasticity, follows.least, follows.most)


def _sum_of_last_days(by_day: NDArray[np.generic], n_days: int) -> Floats:
    """The sum over the last `n_days` before each day, shape of `by_day`; over fewer days at the start."""
    totals: Floats = np.append(0.0, np.cumsum(by_day))
    day = np.arange(len(by_day))
    return totals[day] - totals[np.maximum(day - n_days, 0)]


LAYER = 0.25
"""Arrivals beyond the usual come in layers of a quarter of the usual each, so that only what is wanted is drawn."""
NUMBERS_A_LAYER = 2**32
"""Numbers of candidates set aside for each layer, so that no two candidates of a source share one."""


def arrivals_by_layer(
    pathway: Pathway, run: DrawnRun, busy: NamedFloats | None = None
) -> Iterator[tuple[Source, Ints]]:
    """The layers of every source's candidates, and the ticks at which those who come arrive.

    `busy`: day factors by name, shape (days,) each, where they are known; otherwise they are drawn. Raises DrawsError
    if a day asks for more arrivals than a source's thinning bound holds.
    """
    wanted = wanted_arrivals(pathway, run, busy)
    for code, (name, source) in enumerate(pathway.arrivals.items()):
        layers = (
            _layers(pathway, name, wanted[name], run)
            if name in wanted
            else _booked(name, source, run)
        )
        for layer, (n_candidates, kept, arrived_at) in enumerate(layers):
            yield Source(name, code, layer, n_candidates, kept), arrived_at


def present_by_source(pathway: Pathway) -> Iterator[tuple[Source, Ints]]:
    """The sources of patients who are there at time 0, and their ticks of arrival: zeros."""
    for name, present in pathway.present.items():
        n = _number_present(pathway, present)
        code = pathway.categories(ARRIVAL_SOURCE).index(name)
        yield Source(name, code, 0, n, np.arange(n)), np.zeros(n, dtype=np.int64)


Layer = tuple[int, Ints, Ints]
"""The number of candidates of a layer, the positions of those who come, and the ticks at which they arrive."""


def _booked(name: str, source: ArrivalSource, run: DrawnRun) -> Iterator[Layer]:
    """The candidates of one source's bookings, a layer each, so that a further booking moves nobody else's numbers."""
    for layer, booking in enumerate(source.booked):
        on_days = np.flatnonzero(
            np.isin(np.arange(run.days) % DAYS_IN_WEEK, parse_days(booking.days))
        )
        day = np.repeat(on_days, booking.number)
        kept = _kept(key_of(name, layer), len(day), source.scale, run)
        yield len(day), kept, day[kept] * DAY + parse_clock(booking.at)


def _layers(pathway: Pathway, name: str, wanted: Floats, run: DrawnRun) -> Iterator[Layer]:
    """The layers of one source's candidates, day by day, and the ticks at which those who come arrive.

    On a day that wants w times the usual arrivals, the first layer (the usual rate) keeps min(w, 1) of its
    candidates, and each further one the share of its width that lies below w. Together they are Poisson of w.
    """
    source = pathway.arrivals[name]
    if np.any(wanted > source.thinning_bound):
        raise DrawsError(
            f"arrivals.{name}: day {int(np.argmax(wanted))} wants {wanted.max():.2f} times the usual arrivals, more "
            f"than the thinning_bound {source.thinning_bound:g}. Raise arrivals.{name}.thinning_bound, under `site` or "
            f"`pathway`, to {math.ceil(12.5 * wanted.max()) / 10:g}"
        )
    usual, by_hour = (
        usual_arrivals(pathway, source, run.days, run.calendar),
        hours_of(pathway, source),
    )
    for layer in range(1 + math.ceil(max(wanted.max() - 1, 0) / LAYER)):
        below, width = (1 + LAYER * (layer - 1), LAYER) if layer else (0.0, 1.0)
        share = np.clip((wanted - below) / width, 0, 1)
        key = key_of(name, layer)
        counts = run.generator(key, "arrivals.count").poisson(usual * width)
        day = np.repeat(np.arange(run.days), counts)
        kept = _kept(key, len(day), share[day], run)
        variates = run.generator(key, "arrivals.time").random(len(day))[kept]
        yield len(day), kept, _times(by_hour, day[kept], variates)


def _kept(key: str, n_candidates: int, share: Floats | float, run: DrawnRun) -> Ints:
    """Positions of the candidates who come, each with its own probability or all with one."""
    return np.flatnonzero(run.generator(key, "arrivals.keep").random(n_candidates) < share)


def _times(by_hour: Floats, day: Ints, variates: Floats) -> Ints:
    """Ticks of arrival, shape of `variates`, by the weekday's profile of hours."""
    minute = np.zeros(len(variates))
    differs = bool((by_hour != by_hour[0]).any())
    for weekday in range(DAYS_IN_WEEK) if differs else (0,):
        on_weekday = day % DAYS_IN_WEEK == weekday if differs else slice(None)
        totals = np.append(0.0, np.cumsum(by_hour[weekday]))
        if totals[-1] > 0:
            minute[on_weekday] = np.interp(
                variates[on_weekday], totals / totals[-1], np.arange(25) * 60.0
            )
    within = np.minimum(to_ticks(minute), DAY - 1)
    return day * DAY + within


def _number_present(pathway: Pathway, present: Present) -> int:
    """How many patients of one source are there at time 0."""
    if present.number is not None:
        return present.number
    if present.pool is None or present.share is None:
        raise DrawsError("present: give a number, or a pool and a share")
    # an arm's extra beds start empty, so that no draw moves
    without_extra = replace(pathway.pools[present.pool], extra=0, extra_shifts=())
    return round(present.share * timetable(without_extra)[0][1])


MOST_DEVIATIONS = 8.0
"""The bound is searched for within so many standard deviations around the year's means."""


def fullest_above(pathway: Pathway, quiet: QuietDays) -> float:
    """The forecast that the fullest share of a model year's days exceeds, in attendances a day.

    From the profiles of the arrival sources, their Poisson counts and day factors, and the forecast's error, taken as
    normal around each day's mean.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    mean, variance = np.zeros(DAYS_IN_YEAR), np.zeros(DAYS_IN_YEAR)
    by_factor: dict[str, Floats] = {}
    for source in pathway.arrivals.values():
        if not source.attends:
            continue
        usual = source.scale * usual_arrivals(pathway, source, DAYS_IN_YEAR, FROM_JANUARY)
        mean = mean + usual
        if source.per_day is not None:
            variance = variance + usual
        if source.day_factor:
            by_factor[source.day_factor] = by_factor.get(source.day_factor, 0.0) + usual
    for factor, shared in by_factor.items():
        variance = variance + (pathway.day_factors[factor].cv * shared) ** 2
    deviation = np.sqrt(variance + (quiet.forecast_error * mean) ** 2)
    if not deviation.any():
        return float(np.quantile(mean, 1 - quiet.fullest_share))

    def too_many(bound: float) -> float:
        beyond = np.divide(
            mean - bound,
            deviation,
            out=np.where(mean > bound, math.inf, -math.inf),
            where=deviation > 0,
        )
        return float(ndtr(beyond).mean()) - quiet.fullest_share

    reach = MOST_DEVIATIONS * float(deviation.max())
    return float(brentq(too_many, float(mean.min()) - reach, float(mean.max()) + reach))


SPANS = 64
"""Spans of up and down that are drawn at first."""
FOREVER = 2**60
"""A tick that no run reaches."""


def draw_outages(pathway: Pathway, run: DrawnRun, attended: Ints | None = None) -> dict[str, Ints]:
    """When each thing that can fail is down: ticks from and to by outage, shape (n_spans, 2), up to the last day.

    A longer run has the same spans and more; other means stretch spans drawn from the same random variates. Stated
    spans count from the first measured day, so the warm-up has none. `attended`: how many attend on each day
    (`attended_by_day`), from which quiet days are forecast; DrawsError is raised if there are quiet days without.
    """
    spans = {}
    for name, outage in pathway.outages.items():
        if not isinstance(outage, QuietDays):
            spans[name] = _spans(name, outage, run)
        elif attended is not None:
            # the hours of all days that are not forecast to be among the fullest: ticks from and to, shape (n, 2)
            normal = run.generator("outage", name).standard_normal(len(attended))
            error = outage.forecast_error
            forecast = attended * np.exp(error * normal - error**2 / 2)
            day = np.flatnonzero(forecast <= fullest_above(pathway, outage))
            spans[name] = np.asarray(day[:, None] * DAY + np.array(parse_hours(outage.hours)))
        else:
            raise DrawsError(
                f"outages.{name}: quiet days are known of drawn patients only. Draw them first"
            )
    return spans


def _spans(name: str, outage: RandomOutages | ShareOfTime | StatedOutages, run: DrawnRun) -> Ints:
    """The spans of one outage that begin before the end of the run; some may end after it."""
    until = run.days * DAY
    if isinstance(outage, StatedOutages):
        edges = to_ticks(
            np.array(
                [(span.starts_at_minutes, span.ends_at_minutes) for span in outage.spans], float
            )
        )
        return _begun_before(until, edges.reshape(-1, 2) + run.calendar.measured_from)
    down = outage.mean_down_minutes
    share = down_share(outage)
    if share in (0, 1):
        return np.array([(0, FOREVER)] if share else [], np.int64).reshape(-1, 2)
    up = outage.mean_up_minutes if isinstance(outage, RandomOutages) else down * (1 - share) / share
    generator = run.generator("outage", name)
    starts_down = generator.random() < share
    # what is left of an exponential time is exponential again, so the first span is drawn like the others
    lengths = generator.standard_exponential(SPANS)
    while _edges(lengths, starts_down, up, down)[-1] <= until:
        lengths = np.concatenate((lengths, generator.standard_exponential(len(lengths))))
    edges = _edges(lengths, starts_down, up, down)
    if starts_down:
        edges = np.concatenate(([0], edges))
    return _begun_before(until, edges[: len(edges) // 2 * 2].reshape(-1, 2))


def _edges(lengths: Floats, starts_down: bool, up: float, down: float) -> Ints:
    """Ticks at which up turns to down or back, shape of `lengths` (spans of mean 1); `up`, `down`: mean minutes."""
    means = np.where(np.arange(len(lengths)) % 2 == (0 if starts_down else 1), down, up)
    return to_ticks(np.minimum(np.cumsum(lengths * means), FOREVER / DAY))


def _begun_before(until: int, spans: Ints) -> Ints:
    """The spans that last a tick or more and begin before `until`."""
    return spans[(spans[:, 1] > spans[:, 0]) & (spans[:, 0] < until)]
