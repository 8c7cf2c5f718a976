"""When each thing that can fail is down, and the hours of days that are not forecast to be among the fullest.

All of it is decided before the clock starts. The forecast of a day, by which staff are moved, is the number that will
attend, known or off by a drawn error; no forecasting method is modelled. A day is one of the fullest if its forecast
exceeds a bound for the whole model year, so a longer run has the same days.
"""

import math

import numpy as np

from simulation.department.rota import down_share, parse_hours
from simulation.department.vocabulary import (
    Pathway,
    QuietDays,
    RandomOutages,
    ShareOfTime,
    StatedOutages,
)
from simulation.errors import DrawsError
from simulation.patients.arrivals import usual_arrivals
from simulation.patients.calendar import DAYS_IN_YEAR, FROM_JANUARY, DrawnRun
from simulation.records.schema import Floats, Ints
from simulation.units import DAY, to_ticks

MOST_DEVIATIONS = 8.0
"""The bound is searched for within so many standard deviations around the year's means."""


def _quiet_spans(
    pathway: Pathway, name: str, quiet: QuietDays, attended: Ints, run: DrawnRun
) -> Ints:
    """The hours of all days that are not forecast to be among the fullest: ticks from and to, shape (n, 2)."""
    normal = run.generator("outage", name).standard_normal(len(attended))
    error = quiet.forecast_error
    forecast = attended * np.exp(error * normal - error**2 / 2)
    day = np.flatnonzero(forecast <= fullest_above(pathway, quiet))
    return np.asarray(day[:, None] * DAY + np.array(parse_hours(quiet.hours)))


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
            spans[name] = _quiet_spans(pathway, name, outage, attended, run)
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
