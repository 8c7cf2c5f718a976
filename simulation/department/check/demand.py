"""The part of `check` about demand: arrivals, and what makes them or their minutes vary."""

from __future__ import annotations

from math import prod

from simulation.department.check.fault_list import FaultList
from simulation.department.check.names import HOURLY, check_clock, check_node, check_profile
from simulation.department.rota import parse_clock
from simulation.department.vocabulary import ArrivalSource, Pathway

UNBOOKED_FIELDS = ("by_hour", "by_weekday", "by_month", "day_factor", "surges")
"""Fields of an arrival source whose patients are not booked: they say when patients come."""


def check_demand(pathway: Pathway, faults: FaultList) -> None:
    """Add the faults of arrival sources, lasting factors, and minutes that follow demand."""
    for name, source in pathway.arrivals.items():
        where = f"arrivals.{name}"
        check_node(pathway, faults, f"{where}.starts", source.starts)
        if (source.per_day is None) == (not source.booked):
            found = "has both `per_day` and `booked`" if source.booked else "does not say how many come"
            faults.add(where, found, "Give exactly one of `per_day`, `booked`", breaks="hours")
        elif source.booked:
            _booked(faults, where, source)
        else:
            _source(pathway, faults, where, source)
    _lasting(pathway, faults)
    _follows(pathway, faults)


def _source(pathway: Pathway, faults: FaultList, where: str, source: ArrivalSource) -> None:
    check_profile(pathway, faults, f"{where}.by_hour", source.by_hour, HOURLY)
    check_profile(pathway, faults, f"{where}.by_weekday", source.by_weekday, (7,))
    check_profile(pathway, faults, f"{where}.by_month", source.by_month, (12,))
    hours = pathway.profiles.get(source.by_hour or "")
    if hours is not None and len(hours.weights) == HOURLY[-1] and source.by_weekday is not None:
        remedy = "Remove by_weekday, or give by_hour 24 weights: two patterns of the week change how many come"
        faults.add(f"{where}.by_weekday", f"by_hour '{source.by_hour}' already says the weekday", remedy)
    faults.known(f"{where}.day_factor", source.day_factor, pathway.day_factors, what="day factor")
    bound = source.thinning_bound
    if bound < source.scale:
        remedy = f"Raise thinning_bound to {source.scale:g} or more, with room for busy days"
        faults.add(f"{where}.thinning_bound", f"{bound:g} is below scale {source.scale:g}", remedy)
    for number, surge in enumerate(source.surges):
        at_once = [
            other.times
            for other in source.surges
            if other.starts_on_day <= surge.starts_on_day < other.starts_on_day + other.days
        ]
        wanted = source.scale * prod(at_once)
        if source.scale <= bound < wanted:
            remedy = f"Raise thinning_bound to {wanted:g} or more, with room for busy days"
            faults.add(
                f"{where}.surges.{number}", f"wants {wanted:g} times the usual arrivals, above {bound:g}", remedy
            )


def _booked(faults: FaultList, where: str, source: ArrivalSource) -> None:
    for key in UNBOOKED_FIELDS:
        if getattr(source, key):
            faults.add(f"{where}.{key}", "the patients are booked", "Leave it out: bookings say who comes when")
    if source.scale > 1:
        remedy = "Book more: of booked patients it is the probability that each comes"
        faults.add(f"{where}.scale", f"a scale of {source.scale:g}", remedy)
    for number, booking in enumerate(source.booked):
        place = f"{where}.booked.{number}"
        check_clock(faults, place, "0-24", booking.days)
        try:
            parse_clock(booking.at)
        except ValueError as error:
            faults.add(f"{place}.at", str(error), "Write a clock time like that, in quotes", breaks="hours")


def _lasting(pathway: Pathway, faults: FaultList) -> None:
    for name, factor in pathway.lasting_factors.items():
        where = f"lasting_factors.{name}"
        if not factor.arrivals and not factor.durations:
            faults.add(where, "multiplies nothing", "Name arrivals or durations")
        _durations(pathway, faults, where, factor.durations)
        for number, source in enumerate(factor.arrivals):
            place = f"{where}.arrivals.{number}"
            known = faults.known(place, source, pathway.arrivals, what="arrival source")
            if known and pathway.arrivals[source].booked:
                faults.add(place, f"the patients of '{source}' are booked", "Leave it out: as many come as are booked")


def _follows(pathway: Pathway, faults: FaultList) -> None:
    for name, follows in pathway.follows.items():
        where = f"follows.{name}"
        _durations(pathway, faults, where, follows.durations)
        for number, source in enumerate(follows.arrivals):
            faults.known(f"{where}.arrivals.{number}", source, pathway.arrivals, what="arrival source")
        if not any(source.attends for source in pathway.arrivals.values()):
            faults.add(where, "no arrival source attends, so there is nothing to follow", "Leave it out")
        if follows.least > follows.most:
            faults.add(f"{where}.least", f"{follows.least:g} is above most {follows.most:g}", "Make `most` the larger")


def _durations(pathway: Pathway, faults: FaultList, where: str, names: tuple[str, ...]) -> None:
    for number, name in enumerate(names):
        faults.known(f"{where}.durations.{number}", name, pathway.durations, what="duration")
