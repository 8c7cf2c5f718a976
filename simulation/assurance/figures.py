"""Figures of a site, worked out as the published ones are: one number a replication.

Where a published figure is a mean of monthly figures, so is ours (`months` of the target): a 95th percentile over
a year of unlike months lies above the mean of the monthly ones.

Adult bed occupancy is beds in use at 00:00 over beds there at 00:00. Escalation beds count among the beds there
while they are open, and only then. A bed that is being turned round still counts as in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.department.rota import units_by_hour
from simulation.department.vocabulary import Pathway
from simulation.errors import ResultsError, refuse
from simulation.measures.occupancy import DayProfile
from simulation.records.schema import Floats
from simulation.records.serialise import plain
from simulation.runs.replicate import ArmReplication
from simulation.study.study import Study, written_in

if TYPE_CHECKING:
    from simulation.assurance.targets import PublishedFigure


LONGER_STAYS, BUSIER, NOBODY_REACTS, FEWER_STAFF, FEWER_BEDS = (
    "adult ward stays 3 % longer",
    "10 % more arrivals",
    "10 % more arrivals, nobody reacts",
    "one clinician fewer from 14:00 to 22:00",
    "10 % fewer beds",
)
"""The changes that response rows may name."""
CHANGES = (LONGER_STAYS, FEWER_STAFF, BUSIER, NOBODY_REACTS, FEWER_BEDS)
SCENARIOS = {BUSIER: "busier", NOBODY_REACTS: "nobody_reacts"}
"""Changes that are scenarios."""
LONGER = {"site.durations.ward_stay.scale": {"times": 1.03}}
AS_IS = "as it is"

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
CLINICIAN = "clinician"
ADULT_BED, CHILD_BED = "adult_bed", "child_bed"
FEWER_FROM, FEWER_TO = 14, 22
"""Clock hours of the clinician taken away."""
SHARE_OF_BEDS = 0.10


def pools_of(pathway: Pathway, *roles: str) -> tuple[str, ...]:
    """The pools with one of these roles, in declared order."""
    return tuple(name for name, pool in pathway.pools.items() if pool.role in roles)


def one_clinician_fewer(pathway: Pathway) -> tuple[str, dict[str, Any]]:
    """The clinician pool with most people on duty from 14 to 22 h, and the change that takes one of them away.

    Raises ConfigError if no clinician pool has a rota with somebody on duty all that time.
    """
    hours = [24 * day + hour for day in range(7) for hour in range(FEWER_FROM, FEWER_TO)]
    on_duty = {
        name: units_by_hour(pathway.pools[name])[hours]
        for name in pools_of(pathway, CLINICIAN)
        if pathway.pools[name].rota is not None
    }
    if not on_duty or max(units.min() for units in on_duty.values()) < 1:
        found = "no clinician pool has a rota with somebody on from 14 to 22 h"
        refuse("staffing", found, "Give one the role clinician")
    chosen = max(on_duty, key=lambda name: float(on_duty[name].mean()))
    shifts = plain(pathway.pools[chosen].extra_shifts)
    shifts.append({"hours": f"{FEWER_FROM}-{FEWER_TO}", "number": -1})
    return chosen, {f"staffing.{chosen}.extra_shifts": shifts}


def fewer_beds(study: Study) -> dict[str, Any]:
    """The changes that take away a tenth of every ward group's beds in the baseline's department, rounded.

    They are of `extra`, which may be negative, so that everybody's draws stay the same.
    """
    pathway = study.baseline.pathway
    pools = {name: pathway.pools[name] for name in pools_of(pathway, ADULT_BED, CHILD_BED)}
    return {
        f"{written_in(study, name)}{name}.extra": pool.extra
        - round(SHARE_OF_BEDS * (pool.capacity or 0))
        for name, pool in pools.items()
    }


def with_override(overrides: Sequence[str], instead: str) -> list[str]:
    """The overrides with another in place of those of the same key."""
    return [*(override for override in overrides if _key(override) != _key(instead)), instead]


def with_defaults(overrides: Sequence[str], *defaults: str) -> list[str]:
    """The overrides, and those of the defaults whose key none of them has."""
    keys = {_key(override) for override in overrides}
    return [*overrides, *(default for default in defaults if _key(default) not in keys)]


def _key(override: str) -> str:
    return override.split("=", 1)[0].lstrip("+")


Replications = tuple[ArmReplication, ...]
"""One arm's replications, in order."""

BUSY_FROM, BUSY_TO = 10, 23
"""Clock hours over which clinician pools are held to their band."""


def adult_occupancy(replications: Replications, pathway: Pathway) -> Floats:
    """The share of adult beds in use at 00:00, open escalation beds counted, shape (replications,)."""
    occupied, beds = _beds(replications, pathway)
    return np.asarray(occupied.sum(axis=1) / beds.sum(axis=1))


def fullest_group(replications: Replications, pathway: Pathway) -> Floats:
    """The share of beds in use at 00:00 of the adult ward group that is fullest on average, shape (replications,)."""
    occupied, beds = _beds(replications, pathway)
    shares = occupied / beds
    return shares[:, int(np.argmax(shares.mean(axis=0)))]


def _beds(replications: Replications, pathway: Pathway) -> tuple[Floats, Floats]:
    """Beds in use and beds there at midnight, shape (replications, adult ward groups)."""
    groups = pools_of(pathway, ADULT_BED)
    if not groups:
        refuse("pools", f"no pool has the role {ADULT_BED}", "Give it to the adult wards' beds")
    days = _days(replications)
    at = [days[0].pools.index(name) for name in groups]
    return np.array([day.occupied_midnight[at] for day in days]), np.array(
        [day.beds_midnight[at] for day in days]
    )


def busy_by_day(replications: Replications, pathway: Pathway, pool: str) -> Floats:
    """The minutes busy over the minutes rostered from 10 to 23 h of a pool, shape (replications,)."""
    hours = slice(BUSY_FROM, BUSY_TO)
    on_duty = units_by_hour(pathway.pools[pool]).reshape(7, 24).mean(axis=0)[hours]
    days = _days(replications)
    number = days[0].pools.index(pool)
    busy = np.nan_to_num(np.array([day.busy[number, hours] for day in days]))
    return np.asarray(busy @ on_duty / on_duty.sum())


def _days(replications: Replications) -> list[DayProfile]:
    """The day profile of every replication. Raises ResultsError if one has none, since rows are judged on all."""
    days = [answer.day for answer in replications if answer.day is not None]
    if len(days) != len(replications):
        raise ResultsError(
            f"day profiles: {len(days)} of {len(replications)} replications have one. Run with run.profile_all=true"
        )
    return days


Figure = Callable[[Replications, Pathway], Floats]
"""A function that works out a figure: one number a replication, shape (replications,)."""


def _day(read: Callable[[DayProfile], float]) -> Figure:
    return lambda replications, _: np.array([read(day) for day in _days(replications)], dtype=float)


FIGURES: Mapping[str, tuple[str, Figure]] = {
    "arrivals_per_day": ("patients a day", _day(lambda day: day.arrivals.sum())),
    "occupancy_midnight": ("share", adult_occupancy),
    "occupancy_midnight_worst": ("share", fullest_group),
    "census_mean": ("patients", _day(lambda day: day.census.mean())),
    "boarders_mean": ("patients", _day(lambda day: day.boarders.mean())),
    "boarders_monday_minus_friday": (
        "patients",
        _day(lambda day: day.boarders_by_weekday[0] - day.boarders_by_weekday[4]),
    ),
}
"""Figures that are not measures of patients, by the name that targets give them: the unit, and how it is worked out."""
OF_BEDS = ("occupancy_midnight", "occupancy_midnight_worst")
"""The figures of pools of adult beds."""
GROUPED: Mapping[str, tuple[str, str]] = {
    f"stay_{outcome}_{statistic}": (f"stay_{statistic}", f"outcome={outcome}")
    for outcome in ("admitted", "not_admitted")
    for statistic in ("median", "p95")
}
"""Measures of one group of patients, and the group, by the name that targets give them."""
BUSY = "clinician_busy_share"
"""The figure that becomes one row a clinician pool."""


def figure(target: PublishedFigure, replications: Replications, pathway: Pathway) -> Floats:
    """The figure that a target is about, worked out as the published one was, shape (replications,)."""
    if target.measure in FIGURES:
        _, work_out = FIGURES[target.measure]
        return work_out(replications, pathway)
    if target.odds_to is not None:
        shares, compared = (
            of_measure(name, replications, target.months) for name in target.own_measures
        )
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # of few patients all or none may stay so long
            return shares / (1 - shares) * (1 - compared) / compared
    return of_measure(target.measure, replications, target.months, target.group)


def of_measure(
    measure: str, replications: Replications, months: tuple[int, int] | None, group: str = "all"
) -> Floats:
    """A measure of a group by replication, shape (replications,); with `months`, the mean of its monthly values."""
    name = GROUPED.get(measure, (measure, group))
    if months is None:
        return np.array([answer.measures.value(*name) for answer in replications])
    return np.array([_mean_of_months(answer, name, months) for answer in replications])


def _mean_of_months(
    answer: ArmReplication, name: tuple[str, str], months: tuple[int, int]
) -> float:
    """The mean of monthly values; each month counts equally, however many patients came or years were measured."""
    measured = {month for month, _ in answer.months}
    if not measured.issuperset(months_from_to(months)):
        raise ResultsError(
            f"months: {name[0]} is asked for from month {months[0]} to {months[1]}, and measured by month in "
            f"{sorted(measured) or 'none'}. Run with run.by_month=true and a window that holds them"
        )
    by_month = [
        np.mean([measures.value(*name) for number, measures in answer.months if number == month])
        for month in months_from_to(months)
    ]
    return float(np.mean(by_month))


def four_hours_by_hour(replications: Replications) -> Floats:
    """The four-hour share by hour of arrival, mean over replications, shape (24,)."""
    hours = [f"arrival_hour={hour:02d}" for hour in range(24)]
    rows = [
        [answer.measures.value("within_4h_share", hour) for hour in hours]
        for answer in replications
    ]
    return np.asarray(np.nanmean(rows, axis=0))


def months_from_to(months: tuple[int, int] | None) -> range:
    """The months from the first to the last; none for None."""
    return range(months[0], months[1] + 1) if months else range(0)


Say = Callable[[str], None]
Done = Callable[[int], None]
"""Is told how many replications have ended."""
Begin = Callable[[str, int], AbstractContextManager[Done]]
"""Takes what is simulated, in words, and the number of replications; gives a function to call with how many ended."""


@contextmanager
def without_progress(words: str, n_replications: int) -> Iterator[Done]:
    """A `Begin` that shows nothing."""
    yield lambda n_done: None
