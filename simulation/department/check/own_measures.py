"""The part of `check` about user-defined measures and groups: the names that they use exist, and statistics fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from simulation.department.check.fault_list import FaultList
from simulation.department.check.names import check_clock
from simulation.department.own_measures import (
    ARRIVED_AT,
    EVERYBODY,
    LEVELS_1_2,
    BusyMeasure,
    CategoryGroup,
    CategoryMeasure,
    CombinedGroup,
    HoursGroup,
    OutcomeGroup,
    OutcomeMeasure,
    OwnGroup,
    OwnMeasure,
    SpanMeasure,
)
from simulation.department.points import dated_in
from simulation.department.vocabulary import ACUITY_TRUE, ARRIVAL_SOURCE, Pathway

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
NAME_WORDS = "Use up to 100 letters (a to z), digits, _ and -; a letter or a digit first"


def own_faults(
    pathway: Pathway,
    faults: FaultList,
    measures: Mapping[str, OwnMeasure],
    groups: Mapping[str, OwnGroup],
    *,
    where: str = "",
    beside: Mapping[str, OwnGroup] | None = None,
) -> None:
    """Add the faults of user-defined measures and groups of a department that has no other fault.

    `where`: the prefix of their dotted paths; `beside`: groups defined elsewhere that they may name.
    """
    checks = _Checks(pathway, faults, {**(beside or {}), **groups})
    for name, group in groups.items():
        checks.group(f"{where}groups.{name}", name, group)
    for name, measure in measures.items():
        checks.measure(f"{where}measures.{name}", name, measure)


class _Checks:
    """The names of a department, and checks of measures and groups that use them."""

    def __init__(self, pathway: Pathway, faults: FaultList, groups: Mapping[str, OwnGroup]) -> None:
        self._pathway = pathway
        self._faults = faults
        self._groups = groups
        attending = [
            name for part in (pathway.arrivals, pathway.present) for name, source in part.items() if source.attends
        ]
        self._categories: dict[str, Sequence[str]] = {
            ARRIVAL_SOURCE: attending,
            **{name: pathway.categories(name) for name in pathway.attributes},
        }

    def group(self, where: str, name: str, group: OwnGroup) -> None:
        """Add the faults of one group."""
        self._check_name(where, name)
        if name == EVERYBODY:
            self._faults.add(where, f"the name '{name}' is taken by everybody", "Choose another name")
        if isinstance(group, CategoryGroup):
            self._category(where, group.attribute, group.categories)
        elif isinstance(group, OutcomeGroup):
            self._outcomes(where, group.outcomes)
        elif isinstance(group, HoursGroup):
            check_clock(self._faults, where, group.hours, group.days)
        else:
            for number, part in enumerate(group.groups):
                self._group(f"{where}.groups.{number}", part)
            if name in self._parts(group):
                self._faults.add(where, "the group is part of itself", "Leave it out of the groups that it is made of")

    def measure(self, where: str, name: str, measure: OwnMeasure) -> None:
        """Add the faults of one measure."""
        self._check_name(where, name)
        check_clock(self._faults, where, measure.hours, measure.days)
        if isinstance(measure, BusyMeasure):
            known = self._faults.known(f"{where}.pool", measure.pool, self._pathway.pools, what="pool")
            if known and self._pathway.pools[measure.pool].unlimited:
                remedy = "Name a pool that has a capacity or a rota"
                self._faults.add(f"{where}.pool", f"'{measure.pool}' is unlimited, so it is never busy", remedy)
            return
        self._group(f"{where}.among", measure.among)
        if isinstance(measure, CategoryMeasure):
            self._category(where, measure.attribute, measure.categories)
        elif isinstance(measure, OutcomeMeasure):
            self._outcomes(where, measure.outcomes)
        else:
            self._span(where, measure)

    def _span(self, where: str, span: SpanMeasure) -> None:
        points = (ARRIVED_AT, *dated_in(self._pathway))
        for key in ("since", "until", "or_until"):
            self._faults.known(f"{where}.{key}", getattr(span, key), points, what="point in time")
        if span.until == span.since:
            self._faults.add(f"{where}.until", f"'{span.until}' is where it begins, too", "Name another point in time")
        limits = [key for key in ("within_minutes", "over_minutes") if getattr(span, key) is not None]
        if span.statistic == "share" and len(limits) != 1:
            remedy = "Give exactly one of within_minutes and over_minutes"
            self._faults.add(where, "a share of spans has one limit", remedy)
        if span.statistic == "percentile" and span.percentile is None:
            self._faults.add(f"{where}.percentile", "is missing", "Say which percentile, such as 90")
        unread = limits if span.statistic != "share" else []
        unread += ["percentile"] if span.percentile is not None and span.statistic != "percentile" else []
        unread += ["cut_off_minutes"] if span.cut_off_minutes is not None and span.statistic == "share" else []
        for key in unread:
            self._faults.add(f"{where}.{key}", f"is not read by statistic: {span.statistic}", "Leave it out")

    def _category(self, where: str, attribute: str, categories: Iterable[str]) -> None:
        if self._faults.known(f"{where}.attribute", attribute, self._categories, what="attribute"):
            for number, category in enumerate(categories):
                known = self._categories[attribute]
                self._faults.known(f"{where}.categories.{number}", category, known, what="category")

    def _outcomes(self, where: str, outcomes: Iterable[str]) -> None:
        known = dict.fromkeys(end.outcome for end in self._pathway.ends.values())
        for number, outcome in enumerate(outcomes):
            self._faults.known(f"{where}.outcomes.{number}", outcome, known, what="outcome")

    def _group(self, where: str, name: str) -> None:
        """Add a fault if there is no group of this name."""
        known = [EVERYBODY, *self._groups]
        known += [
            f"{attribute}={category}" for attribute, categories in self._categories.items() for category in categories
        ]
        known += [LEVELS_1_2] if len(self._categories.get(ACUITY_TRUE, ())) >= 3 else []
        self._faults.known(where, name, known, what="group")

    def _parts(self, group: OwnGroup) -> set[str]:
        """The user-defined groups that a group is made of, at any depth."""
        parts: set[str] = set()
        ahead = [group]
        while ahead:
            combined = ahead.pop()
            names = combined.groups if isinstance(combined, CombinedGroup) else ()
            new = [name for name in names if name in self._groups and name not in parts]
            parts.update(new)
            ahead += [self._groups[name] for name in new]
        return parts

    def _check_name(self, where: str, name: str) -> None:
        if not NAME.fullmatch(name):
            self._faults.add(where, f"'{name}' is not a name", NAME_WORDS)
