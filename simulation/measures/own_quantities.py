"""User-defined measures and groups: who belongs to a group, and of which quantity a measure is a statistic.

They follow the rules of `measuring`: attendances that arrived in a window, followed to their end; a stay that
has not ended counts as longer than any that did. A busy share is about a pool, not about patients: `binding`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulation.department.own_measures import (
    GIVEN_1_2,
    LEVELS_1_2,
    BusyMeasure,
    CategoryGroup,
    CombinedGroup,
    HoursGroup,
    OfPatients,
    OutcomeGroup,
    OwnGroup,
    OwnMeasure,
    SpanMeasure,
)
from simulation.department.rota import intervals
from simulation.measures.definitions import ALL, Definition
from simulation.measures.quantities import Number, Share, Statistic, still_there
from simulation.records.schema import ADMITTED, IN_BUILDING, Floats, Mask, Patients
from simulation.units import WEEK, to_ticks


@dataclass(frozen=True)
class Own:
    """The user's own measures and groups of one department.

    after_departure: points in time that come after leaving A&E, so that nobody on a ward has missed them yet.
    """

    measures: Mapping[str, OwnMeasure] = field(default_factory=dict)
    groups: Mapping[str, OwnGroup] = field(default_factory=dict)
    after_departure: frozenset[str] = frozenset()

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The definition of each measure, by name."""
        return {name: _definition(name, measure) for name, measure in self.measures.items()}

    @cached_property
    def of_patients(self) -> dict[str, OfPatients]:
        """The measures of patients."""
        return {
            name: measure
            for name, measure in self.measures.items()
            if not isinstance(measure, BusyMeasure)
        }

    @cached_property
    def busy(self) -> dict[str, BusyMeasure]:
        """The measures of pools."""
        return {
            name: measure
            for name, measure in self.measures.items()
            if isinstance(measure, BusyMeasure)
        }


NOTHING_OWN = Own()


def _definition(name: str, measure: OwnMeasure) -> Definition:
    in_minutes = isinstance(measure, SpanMeasure) and measure.statistic != "share"
    label = measure.label or name
    return Definition(
        name,
        label,
        "minutes" if in_minutes else "share",
        measure.better,
        definition=label,
        evidence="assumed",
        source="a measure of the user's own",
        groups=("attributes",),
    )


def own_quantities(patients: Patients, own: Own) -> Iterator[tuple[str, Statistic, Number | Share]]:
    """Each user-defined measure of patients, as a statistic of one quantity per patient."""
    for name, measure in own.of_patients.items():
        counted = members(measure.among, patients, own) & _arrived_at_hours(
            patients, measure.hours, measure.days
        )
        if isinstance(measure, SpanMeasure):
            yield name, *_of_span(measure, patients, own, counted)
        else:
            yield name, "mean", Share(_have(measure, patients), counted)


def _of_span(
    measure: SpanMeasure, patients: Patients, own: Own, counted: Mask
) -> tuple[Statistic, Number | Share]:
    minutes = _span(measure, patients, own)
    if measure.cut_off_minutes is not None:
        minutes = np.minimum(minutes, measure.cut_off_minutes)
    if measure.statistic != "share":
        statistic: Statistic = "mean"
        if measure.statistic != "mean":
            statistic = 0.5 if measure.percentile is None else measure.percentile / 100
        return statistic, Number(np.where(counted, minutes, np.nan))
    limit = measure.within_minutes if measure.over_minutes is None else measure.over_minutes
    assert limit is not None  # `check` says so
    yes = minutes <= limit if measure.over_minutes is None else minutes > limit
    return "mean", Share(yes, counted & ~np.isnan(minutes))


def is_a_mean(measure: OfPatients) -> bool:
    """Whether a measure of patients is a mean or a share, and so a quotient of sums."""
    return not isinstance(measure, SpanMeasure) or measure.statistic in ("mean", "share")


def _span(measure: SpanMeasure, patients: Patients, own: Own) -> Floats:
    """Minutes between the two points, shape (n,); inf for patients who may yet reach the second, NaN without either."""
    points = [point for point in (measure.until, measure.or_until) if point is not None]
    until = patients[points[0]]
    if len(points) > 1:
        until = np.where(np.isnan(until), patients[points[1]], until)
    there = (
        still_there(patients)
        if own.after_departure.isdisjoint(points)
        else patients.where("outcome", IN_BUILDING)
    )
    return np.where(np.isnan(until) & there, np.inf, until) - patients[measure.since]


def members(group: str, patients: Patients, own: Own) -> Mask:
    """Mask of the patients in a group, shape (n,); a group is `all`, user-defined, or `attribute=category`."""
    if group == ALL:
        return np.ones(len(patients), dtype=np.bool_)
    if group not in own.groups:
        attribute, _, category = group.partition("=")
        categories = (
            patients.known(attribute)[:2] if group in (LEVELS_1_2, GIVEN_1_2) else (category,)
        )
        return patients.where(attribute, *categories)
    own_group = own.groups[group]
    if isinstance(own_group, HoursGroup):
        return _arrived_at_hours(patients, own_group.hours, own_group.days)
    if isinstance(own_group, CombinedGroup):
        in_all: Mask = np.logical_and.reduce(
            [members(name, patients, own) for name in own_group.groups]
        )
        return in_all
    return _have(own_group, patients)


def _have(stated: CategoryGroup | OutcomeGroup, patients: Patients) -> Mask:
    """Mask of the patients with one of the stated categories, or one of the outcomes: those still on a ward are
    admitted, as in `admitted_share`."""
    if isinstance(stated, CategoryGroup):
        return patients.where(stated.attribute, *stated.categories)
    ended = patients.where("outcome", *stated.outcomes)
    return ended | patients.admitted() if ADMITTED in stated.outcomes else ended


def _arrived_at_hours(patients: Patients, hours: str, days: str) -> Mask:
    """Mask of the patients who arrived in these clock hours, shape (n,)."""
    within = to_ticks(patients["arrived_at"]) % WEEK
    arrived: Mask = np.logical_or.reduce(
        [(within >= start) & (within < end) for start, end in intervals(hours, days)]
    )
    return arrived
