"""The hours of days that are not forecast to be among the fullest: for staff who are moved by a forecast.

The forecast of a day is the number that will attend, known or off by a drawn error; no forecasting method is modelled.
A day is one of the fullest if its forecast exceeds a bound for the whole model year, so a longer run has the same days.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulation.department.rota import parse_hours
from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway, QuietDays
from simulation.patients.calendar import DAYS_IN_YEAR, FROM_JANUARY
from simulation.patients.factors import usual_arrivals
from simulation.patients.variates import Floats, generator_of
from simulation.units import DAY

MOST_DEVIATIONS = 8.0
"""The bound is searched for within so many standard deviations around the year's means."""


def attended_by_day(
    pathway: Pathway, arrived_at: NDArray[np.int64], arrival_source: NDArray[np.int16], days: int
) -> NDArray[np.int64]:
    """How many attend on each day of a run, shape (days,), from ticks of arrival and codes of their source."""
    names = pathway.categories(ARRIVAL_SOURCE)
    attending = [names.index(name) for name, source in pathway.arrivals.items() if source.attends]
    attends = np.isin(arrival_source, attending)
    return np.bincount(arrived_at[attends] // DAY, minlength=days)[:days]


def quiet_spans(
    pathway: Pathway, quiet: QuietDays, name: str, attended: NDArray[np.int64], *, seed: int, replication: int
) -> NDArray[np.int64]:
    """The hours of all days that are not forecast to be among the fullest: ticks from and to, shape (n, 2)."""
    normal = generator_of(seed, replication, "outage", name, 0).standard_normal(len(attended))
    error = quiet.forecast_error
    forecast = attended * np.exp(error * normal - error**2 / 2)
    day = np.flatnonzero(forecast <= fullest_above(pathway, quiet))
    start, end = parse_hours(quiet.hours)
    spans = np.stack([day * DAY + start, day * DAY + end], axis=1)
    return spans.astype(np.int64)


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
        if source.day_factor is not None:
            by_factor[source.day_factor] = by_factor.get(source.day_factor, 0.0) + usual
    for factor, shared in by_factor.items():
        variance = variance + (pathway.day_factors[factor].cv * shared) ** 2
    deviation = np.sqrt(variance + (quiet.forecast_error * mean) ** 2)
    if not deviation.any():
        return float(np.quantile(mean, 1 - quiet.fullest_share))

    def too_many(bound: float) -> float:
        beyond = np.divide(
            mean - bound, deviation, out=np.where(mean > bound, math.inf, -math.inf), where=deviation > 0
        )
        return float(ndtr(beyond).mean()) - quiet.fullest_share

    reach = MOST_DEVIATIONS * float(deviation.max())
    return float(brentq(too_many, float(mean.min()) - reach, float(mean.max()) + reach))
