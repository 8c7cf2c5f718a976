"""The part of `check` about bounds: numbers that can be simulated, and names that columns of a table can have.

No real department is beyond these bounds. They prevent a slip (a figure with too many zeros, minutes entered for days)
from exhausting memory or overflowing an integer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulation.department.durations import Amount, Gamma, Lognormal, Number, Residual, Weibull
from simulation.department.points import WORSENING
from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway, RandomOutages, ShareOfTime
from simulation.errors import Fault
from simulation.records.schema import Patients

LARGEST = 1e9
"""The largest number of any kind; in minutes, 1,900 years."""
LARGEST_WHOLE = 1_000_000
"""The largest whole number: units of a pool, patients present, a queue."""
LARGEST_SCALE = 100
"""The largest `scale` or `thinning_bound` of a source: each quarter of its usual arrivals is drawn separately."""
MOST_REPEATS = 100
"""The most draws of one duration for each patient."""
MOST_COINS = 100
"""The most coins of one branch by chance in loops."""
SHORTEST_SPELL = 1.0
"""The least minutes of a mean time up or down, and between decisions or rounds."""
WIDEST_LOG_SD = 5.0
WIDEST_CV = 10.0
LEAST_POWER = 0.1
"""The widest distributions: at these bounds one draw in a hundred is far beyond anything that has been measured."""


def bounds_faults(pathway: Pathway) -> Iterator[Fault]:
    """A fault for each number or name of a pathway that is beyond what can be simulated."""
    for name, source in pathway.arrivals.items():
        for key in ("scale", "thinning_bound"):
            yield from _at_most(f"arrivals.{name}.{key}", getattr(source, key), LARGEST_SCALE)
    yield from _durations(pathway)
    for name, attribute in pathway.attributes.items():
        p = getattr(attribute, "p", None)
        if p is not None:
            yield from _at_most(f"attributes.{name}.p", largest(p), LARGEST)
    for name, outage in pathway.outages.items():
        for key in ("mean_up_minutes", "mean_down_minutes"):
            minutes = getattr(outage, key, None)
            if isinstance(outage, RandomOutages | ShareOfTime) and minutes:
                yield from _at_least(f"outages.{name}.{key}", minutes, SHORTEST_SPELL)
    if pathway.rounds is not None:
        yield from _at_least("rounds.every_minutes", pathway.rounds.every_minutes, SHORTEST_SPELL)
    yield from _at_least("decisions_every_minutes", pathway.decisions_every_minutes, SHORTEST_SPELL)
    yield from _columns(pathway)


def size_fault(where: str, value: int | float) -> Fault | None:
    """The fault of a number that is too large to be simulated, or None."""
    most = LARGEST_WHOLE if isinstance(value, int) else LARGEST
    return next(_at_most(where, abs(value), most), None)


def largest(number: Number) -> float:
    """The largest value of a number for any patient: with the largest value of each of its factors."""
    if not isinstance(number, Amount):
        return number
    value = number.base
    for factor in number.times:
        value *= max((*factor.values.values(), factor.otherwise or 0.0), default=0.0)
    return value


def _durations(pathway: Pathway) -> Iterator[Fault]:
    for name, duration in pathway.durations.items():
        where = f"durations.{name}"
        yield from _at_most(f"{where}.mean", largest(duration.mean) * duration.scale, LARGEST)
        yield from _at_most(f"{where}.repeats", duration.repeats, MOST_REPEATS)
        if isinstance(duration, Lognormal | Residual):
            yield from _at_most(f"{where}.log_sd", duration.log_sd, WIDEST_LOG_SD)
        elif isinstance(duration, Gamma):
            yield from _at_most(f"{where}.cv", duration.cv, WIDEST_CV)
        elif isinstance(duration, Weibull):
            yield from _at_least(f"{where}.power", duration.power, LEAST_POWER)


def _columns(pathway: Pathway) -> Iterator[Fault]:
    """Faults of attributes and points in time that share a name: they are columns of one table."""
    taken: Mapping[str, str] = {
        **{name: "every table of patients" for name in Patients.required},
        **(dict.fromkeys(WORSENING, "the points in time of worsening") if pathway.worsening else {}),
    }
    for name in pathway.attributes:
        if name in taken and name != ARRIVAL_SOURCE:  # ARRIVAL_SOURCE has a fault of its own
            yield Fault(f"attributes.{name}", f"the name '{name}' is taken by {taken[name]}", "Choose another name")
    taken = {**taken, **dict.fromkeys(pathway.attributes, "an attribute")}
    for section in ("steps", "ends"):
        for node_name, node in getattr(pathway, section).items():
            for name in node.records:
                if name in taken:
                    where = f"{section}.{node_name}.records"
                    yield Fault(where, f"the name '{name}' is taken by {taken[name]}", "Choose another name")


def _at_most(where: str, value: float, most: float) -> Iterator[Fault]:
    if not value <= most:
        yield Fault(where, f"{value:g} is more than can be simulated", f"Give {most:,.0f} or less")


def _at_least(where: str, value: float, least: float) -> Iterator[Fault]:
    if not value >= least:
        yield Fault(where, f"{value:g} is less than can be simulated", f"Give {least:g} or more")
