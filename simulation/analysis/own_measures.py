"""Measures and groups of a user's own: who belongs to a group, and what of each patient a measure is a statistic of.

They follow the rules of `analysis.measures`: attendances that arrived in a window, followed to their end; whoever has
not ended counts as longer than any that did. A busy share is about a pool and not about patients: `analysis.binding`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulation.analysis.definitions import ALL
from simulation.analysis.measure_definition import Definition
from simulation.analysis.patient_measures import TRUE
from simulation.analysis.quantities import Number, Share, Statistic
from simulation.pathway.own_measures import (
    LEVELS_1_2,
    BusyMeasure,
    CategoryGroup,
    CategoryMeasure,
    CombinedGroup,
    HoursGroup,
    OfPatients,
    OutcomeGroup,
    OwnGroup,
    OwnMeasure,
    SpanMeasure,
)
from simulation.pathway.rota import intervals
from simulation.records.schema import ADMITTED, IN_BUILDING, Floats, Mask, Patients
from simulation.units import WEEK, to_ticks


@dataclass(frozen=True)
class Own:
    """The measures and groups of a user's own that are asked of one department.

    after_departure: points in time that come after leaving A&E, so that nobody on a ward has missed them yet.
    """

    measures: Mapping[str, OwnMeasure] = field(default_factory=dict)
    groups: Mapping[str, OwnGroup] = field(default_factory=dict)
    after_departure: frozenset[str] = frozenset()

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Each measure as ours are defined, by name."""
        return {name: _definition(name, stated) for name, stated in self.measures.items()}

    @cached_property
    def of_patients(self) -> dict[str, OfPatients]:
        """The measures of patients."""
        return {name: each for name, each in self.measures.items() if not isinstance(each, BusyMeasure)}

    @cached_property
    def busy(self) -> dict[str, BusyMeasure]:
        """The measures of pools."""
        return {name: each for name, each in self.measures.items() if isinstance(each, BusyMeasure)}


NOTHING_OWN = Own()


def _definition(name: str, stated: OwnMeasure) -> Definition:
    in_minutes = isinstance(stated, SpanMeasure) and stated.statistic != "share"
    label = stated.label or name
    return Definition(
        name, "minutes" if in_minutes else "share", stated.better, label, "assumed", "a measure of the user's own", ()
    )


def own_quantities(patients: Patients, own: Own) -> Iterator[tuple[str, Statistic, Number | Share]]:
    """Each own measure of patients as a statistic of one quantity of every patient."""
    for name, stated in own.of_patients.items():
        counted = members(stated.among, patients, own) & _arrived_at_hours(patients, stated.hours, stated.days)
        if isinstance(stated, SpanMeasure):
            yield name, *_of_span(stated, patients, own, counted)
        elif isinstance(stated, CategoryMeasure):
            yield name, "mean", Share(patients.where(stated.attribute, *stated.categories), counted)
        else:
            yield name, "mean", Share(_ended_in(patients, stated.outcomes), counted)


def _of_span(stated: SpanMeasure, patients: Patients, own: Own, counted: Mask) -> tuple[Statistic, Number | Share]:
    minutes = _span(stated, patients, own)
    if stated.cut_off_minutes is not None:
        minutes = np.minimum(minutes, stated.cut_off_minutes)
    if stated.statistic != "share":
        statistic: Statistic = "mean"
        if stated.statistic != "mean":
            statistic = 0.5 if stated.percentile is None else stated.percentile / 100
        return statistic, Number(np.where(counted, minutes, np.nan))
    limit = stated.within_minutes if stated.over_minutes is None else stated.over_minutes
    assert limit is not None  # `check` says so
    yes = minutes <= limit if stated.over_minutes is None else minutes > limit
    return "mean", Share(yes, counted & ~np.isnan(minutes))


def _span(stated: SpanMeasure, patients: Patients, own: Own) -> Floats:
    """Minutes between the two points, shape (n,): infinite for who may yet come to the second, NaN without either."""
    points = [point for point in (stated.until, stated.or_until) if point is not None]
    until = patients[points[0]]
    if len(points) > 1:
        until = np.where(np.isnan(until), patients[points[1]], until)
    waiting = np.isnan(until) & patients.where("outcome", IN_BUILDING)
    if "departed_at" in patients and own.after_departure.isdisjoint(points):
        waiting &= np.isnan(patients["departed_at"])
    minutes: Floats = np.where(waiting, np.inf, until) - patients[stated.since]
    return minutes


def members(group: str, patients: Patients, own: Own) -> Mask:
    """Who is in a group, shape (n,): `all`, one of the user's own, or `attribute=category`."""
    if group == ALL:
        return np.ones(len(patients), dtype=np.bool_)
    if group not in own.groups:
        attribute, _, category = group.partition("=")
        categories = patients.known(TRUE)[:2] if group == LEVELS_1_2 else (category,)
        return patients.where(attribute, *categories)
    stated = own.groups[group]
    if isinstance(stated, CategoryGroup):
        return patients.where(stated.attribute, *stated.categories)
    if isinstance(stated, OutcomeGroup):
        return _ended_in(patients, stated.outcomes)
    if isinstance(stated, HoursGroup):
        return _arrived_at_hours(patients, stated.hours, stated.days)
    assert isinstance(stated, CombinedGroup)
    found: Mask = np.logical_and.reduce([members(each, patients, own) for each in stated.groups])
    return found


def _ended_in(patients: Patients, outcomes: tuple[str, ...]) -> Mask:
    """Who ended in one of these outcomes; those still on a ward are admitted, as in `admitted_share`."""
    found = patients.where("outcome", *outcomes)
    return found | patients.admitted() if ADMITTED in outcomes else found


def _arrived_at_hours(patients: Patients, hours: str, days: str) -> Mask:
    """Who arrived in these clock hours, shape (n,)."""
    within = to_ticks(patients["arrived_at"]) % WEEK
    found: Mask = np.logical_or.reduce([(within >= start) & (within < end) for start, end in intervals(hours, days)])
    return found
