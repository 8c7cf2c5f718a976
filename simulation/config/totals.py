"""A department of another size: what the typical site's numbers become, from a few totals of one's own.

Plain new values come out, by dotted path, each with what it is made of; nothing is worked out when a study is loaded.
What does not scale is left alone: minutes, shares, profiles, patience, elasticities, and the queues at which a door to
another stream shuts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Annotated, Any

from annotated_types import Ge, Le

from simulation.config.bounds import REFERENCE
from simulation.config.dotted import Raw, value_at
from simulation.errors import ConfigError, Fault
from simulation.pathway.config_dataclass import Share, Unit, config_dataclass
from simulation.pathway.rota import parse_hours
from simulation.units import HOUR

ADMITTED_SHARE = 0.286
"""Admitted of type 1 attendances, NHS England 2024-25: what `admitted` of the typical site is fitted to."""
SPACE = 0.95
"""Staff and places grow by this power of attendances: 1 makes large departments better than England's are, among which
waits do not depend on size (a trial on 103 trusts)."""
MAJORS = 0.5
"""Nurses and places of majors grow besides by this power of the admitted share (the same trial)."""
SPECIALTY = (0.75, 0.10)
"""Who is seen by a specialty, of those admitted and of the others: the attribute `specialty` of the typical site."""
MOST_BASE = 20.0
"""An admission base beyond which everybody who can be admitted is."""


@config_dataclass
class Totals:
    """What a planner knows of a department as a whole. The typical site is scaled to it.

    Example: `{attendances_per_day: 280, beds: 510, admitted_share: 0.27}`
    """

    attendances_per_day: Annotated[float, Ge(60), Le(1500), Unit("patients a day")]
    """Type 1 attendances on a mean day of the year, all ages."""
    beds: Annotated[int, Ge(40), Le(5000), Unit("beds")] | None = None
    """Staffed adult general and acute beds, all ward groups together; left out, they follow the admissions."""
    admitted_share: Annotated[Share, Ge(0.05), Le(0.6)] = ADMITTED_SHARE
    """The share of attendances that end in a ward."""
    ambulances_per_day: Annotated[float, Ge(0), Unit("patients a day")] | None = None
    """How many of the attendances come by ambulance; left out, the typical share does (28 %)."""
    other_emergency_per_day: Annotated[float, Ge(0), Unit("patients a day")] | None = None
    """Emergency admissions that do not pass through A&E; left out, they follow attendances."""
    electives_per_day: Annotated[float, Ge(0), Unit("patients a day")] | None = None
    """Planned admissions to the same beds; left out, they follow attendances."""


@dataclass(frozen=True)
class Scaled:
    """The new values of one block of a configuration: its dotted path, values by key, and what they are made of."""

    path: str
    values: Mapping[str, Any]
    source: str

    @property
    def group(self) -> str:
        """The group whose file states the block."""
        return self.path.split(".")[0]


FOLLOWS = {
    "majors_nurses": "majors", "majors_cubicles": "majors", "majors_chairs": "majors", "corridor_places": "majors",
    "specialty_doctors": "specialty", "assessment_nurses": "ambulances", "assessment_bays": "ambulances",
    "site_managers": "admissions", "cleaners": "admissions", "children_beds": "admissions",
    "short_stay_beds": "beds", "medicine_beds": "beds", "specialist_beds": "beds", "surgery_beds": "beds",
}  # fmt: skip
"""What a pool follows; the others follow attendances, by the power for staff and space."""
PARAMETERS = {
    "escalation_beds": "admissions", "escalation_beds_full": "admissions", "escalate_fully_above": "attendances",
    "escalate_above": "attendances", "escalate_below": "attendances", "cancel_above": "attendances",
}  # fmt: skip
"""Calibration parameters, besides the sizes of pools, and what they follow."""
WORDS = {
    "attendances": "attendances",
    "staff": f"attendances to the power {SPACE}",
    "majors": f"attendances to the power {SPACE} and the root of the admitted share",
    "specialty": f"attendances to the power {SPACE} and who sees a specialty",
    "ambulances": f"ambulances to the power {SPACE}",
    "admissions": "admissions to wards",
    "beds": "beds of all ward groups",
}
STAY = 3
"""Hours for which whoever has come keeps somebody busy: a shift that is rounded goes where most are there."""
EFFORT = "pathway.steps.ward_stay.effort"


@dataclass(frozen=True)
class Scaling:
    """The typical site (`raw`, with its references) and the totals that it is to have."""

    raw: Raw
    totals: Totals

    def scaled(self) -> tuple[Scaled, ...]:
        """Every block that changes. Raises ConfigError for totals that contradict one another."""
        faults = tuple(self._faults())
        if faults:
            raise ConfigError(faults)
        pools = {name: f"site.pools.{name}" for name in self.raw["site"]["pools"]}
        pools |= {name: f"staffing.{name}" for name in self.raw["staffing"]}
        blocks = [*self._arrivals(), self._admitted(), *self._beds()]
        blocks += [each for name, path in pools.items() for each in self._pool(name, path)]
        blocks += [self._parameter(name, follows) for name, follows in PARAMETERS.items()]
        return (*blocks, self._effort())

    def _faults(self) -> Iterator[Fault]:
        come_otherwise = self._typical("referred") * self.size
        if self.ambulances > self.totals.attendances_per_day - come_otherwise:
            found = f"is {self.ambulances:g} of {self.totals.attendances_per_day:g} attendances"
            yield Fault("ambulances_per_day", found, f"Leave room for {come_otherwise:.0f} referred and for walk-ins")

    # --- how much of what: by what a number follows, a factor --------------------------------------------------

    @cached_property
    def size(self) -> float:
        """Attendances over those of the typical site."""
        return self.totals.attendances_per_day / sum(self._typical(name) for name in self._attending)

    @cached_property
    def factors(self) -> Mapping[str, float]:
        """By what a number follows, its factor."""
        totals, size = self.totals, self.size
        staff = size**SPACE
        share = totals.admitted_share
        admissions = (totals.attendances_per_day * share + self._straight()) / (
            totals.attendances_per_day / size * ADMITTED_SHARE + self._typical("other_emergency", "elective")
        )
        beds = admissions if totals.beds is None else totals.beds / sum(self._adult_beds().values())
        return {
            "attendances": size,
            "staff": staff,
            "majors": staff * (share / ADMITTED_SHARE) ** MAJORS,
            "specialty": staff * _see_specialty(share) / _see_specialty(ADMITTED_SHARE),
            "ambulances": (self.ambulances / self._typical("ambulance")) ** SPACE,
            "admissions": admissions,
            "beds": beds,
        }

    @property
    def ambulances(self) -> float:
        """Attendances by ambulance a day."""
        stated = self.totals.ambulances_per_day
        return stated if stated is not None else self._typical("ambulance") * self.size

    @cached_property
    def per_day(self) -> Mapping[str, float]:
        """Patients a day by source of arrivals."""
        size, totals = self.size, self.totals
        scaled = {name: self._typical(name) * size for name in self.raw["site"]["arrivals"]}
        walk_in = totals.attendances_per_day - self.ambulances - scaled["referred"]
        stated = {"other_emergency": totals.other_emergency_per_day, "elective": totals.electives_per_day}
        known = {name: number for name, number in stated.items() if number is not None}
        return {**scaled, "walk_in": walk_in, "ambulance": self.ambulances, **known}

    @property
    def _attending(self) -> tuple[str, ...]:
        arrivals = self.raw["site"]["arrivals"]
        return tuple(name for name, each in arrivals.items() if each.get("attends", True))

    def _typical(self, *names: str) -> float:
        return sum(float(self.raw["site"]["arrivals"][name]["per_day"]) for name in names)

    def _straight(self) -> float:
        return self.per_day["other_emergency"] + self.per_day["elective"]

    # --- the blocks -------------------------------------------------------------------------------------------

    def _arrivals(self) -> Iterator[Scaled]:
        for name, number in self.per_day.items():
            source = f"from the totals; {self._typical(name):g} at the typical site"
            yield Scaled(f"site.arrivals.{name}", {"per_day": round(number, 2)}, source)
        for name, each in self.raw["site"]["present"].items():
            if "number" in each:
                number = max(_whole(each["number"] * self.size), 1)
                yield Scaled(f"site.present.{name}", {"number": number}, self._from(each["number"], "attendances"))

    def _admitted(self) -> Scaled:
        """The base at which the stated share is admitted, worked out over case mix; each chance is 1 at most, so that
        a factor would not do it."""
        before = self.raw["site"]["attributes"]["admitted"]["p"]["base"]
        typical = {name: self._typical(name) for name in self._attending}
        wanted = self._share_at(before, typical) * self.totals.admitted_share / ADMITTED_SHARE
        low, high = 0.0, MOST_BASE
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self._share_at(middle, self.per_day) < wanted else (low, middle)
        source = f"{100 * self.totals.admitted_share:.1f} % admitted, over the case mix; {before:g} at the typical site"
        return Scaled("site.attributes.admitted", {"p": {"base": round(high, 4)}}, source)

    def _share_at(self, base: float, per_day: Mapping[str, float]) -> float:
        """The mean of the chance of admission over attendances with this mix of sources."""
        attributes = self.raw["site"]["attributes"]
        acuities, ages = attributes["acuity_true"], attributes["age_band"]
        total = 0.0
        for source in self._attending:
            for acuity, p_acuity in zip(acuities["categories"], acuities["shares"][source], strict=True):
                for age, p_age in zip(ages["categories"], ages["shares"][source], strict=True):
                    known = {"arrival_source": source, "acuity_true": acuity, "age_band": age}
                    p = base
                    for factor in attributes["admitted"]["p"]["times"]:
                        p *= factor["values"].get(known[factor["by"]], factor.get("otherwise"))
                    total += per_day[source] * p_acuity * p_age * min(p, 1.0)
        return total / sum(per_day[source] for source in self._attending)

    def _adult_beds(self) -> dict[str, int]:
        pools = self.raw["site"]["pools"]
        return {
            name: int(self._held(pool["capacity"])) for name, pool in pools.items() if pool.get("role") == "adult_bed"
        }

    def _beds(self) -> Iterator[Scaled]:
        """Beds by ward group as at the typical site, whole, and together exactly what is stated."""
        typical, factor = self._adult_beds(), self.factors["beds"]
        wanted = {name: number * factor for name, number in typical.items()}
        given = _shared_out(list(wanted.values()), _whole(sum(wanted.values())))
        for (name, number), beds in zip(typical.items(), given, strict=True):
            yield self._value(name, beds, "beds", number)

    def _pool(self, name: str, path: str) -> Iterator[Scaled]:
        """A pool's rota or places, in its own file or, where that refers to one, as a calibration parameter."""
        pool, follows = value_at(self.raw, path), FOLLOWS.get(name, "staff")
        if pool.get("unlimited") or follows == "beds":
            return
        factor = self.factors[follows]
        if "rota" in pool:
            before = sum(number for number in _on_duty(pool["rota"]))
            values = {"rota": scaled_rota(pool["rota"], factor, self._busy)}
            yield Scaled(path, values, f"{before} hours a day at the typical site, {self._times(follows)}")
        elif REFERENCE.fullmatch(str(pool["capacity"])):
            yield self._parameter(name, follows)
        else:
            places = max(_whole(pool["capacity"] * factor), 1)
            yield Scaled(path, {"capacity": places}, self._from(pool["capacity"], follows))

    def _parameter(self, name: str, follows: str) -> Scaled:
        number = self.raw["calibration"][name]["value"]
        return self._value(name, max(_whole(number * self.factors[follows]), 1), follows, number)

    def _value(self, name: str, value: int, follows: str, before: float) -> Scaled:
        """A calibration parameter with its range."""
        low, high = self.raw["calibration"][name]["range"]
        factor = self.factors[follows]
        values = {"value": value, "range": [math.floor(low * factor + TINY), math.ceil(high * factor - TINY)]}
        return Scaled(f"calibration.{name}", values, self._from(before, follows))

    def _effort(self) -> Scaled:
        before = value_at(self.raw, f"{EFFORT}.at_least")
        values = {"at_least": [max(_whole(number * self.size), 1) for number in before]}
        return Scaled(EFFORT, values, self._from(", ".join(map(str, before)), "attendances"))

    def _held(self, capacity: Any) -> Any:
        """A capacity, looked up where it refers to a calibration parameter."""
        match = REFERENCE.fullmatch(str(capacity))
        return value_at(self.raw, match[1]) if match else capacity

    def _from(self, before: float | str, follows: str) -> str:
        return f"{before} at the typical site, {self._times(follows)}"

    def _times(self, follows: str) -> str:
        return f"x {self.factors[follows]:.3f} ({WORDS[follows]})"

    @cached_property
    def _busy(self) -> Sequence[float]:
        """How many have come within `STAY` hours, by hour of the day: they are still there or queue."""
        site, hours = self.raw["site"], [0.0] * 24
        for name in self._attending:
            weights = site["profiles"][site["arrivals"][name]["by_hour"]]["weights"]
            for hour, weight in enumerate(weights):
                for later in range(STAY):
                    hours[(hour + later) % 24] += self.per_day[name] * weight / sum(weights)
        return hours


def scaled_rota(rota: Sequence[Raw], factor: float, busy: Sequence[float]) -> list[Raw]:
    """A rota with `factor` times its hours, in whole people: each shift rounded down (one at least), and the hours that
    are left as one more person each, where rounding took most and then where most patients are (`busy`, by hour).

    >>> scaled_rota([{"hours": "0-8", "number": 1}, {"hours": "8-24", "number": 2}], 0.8, [0] * 12 + [1] * 4 + [0] * 8)
    [{'hours': '0-8', 'number': 1}, {'hours': '8-24', 'number': 1}, {'hours': '8-16', 'number': 1}]
    """
    shifts = [{**shift, "number": max(math.floor(shift["number"] * factor + TINY), 1)} for shift in rota]
    before, now = _on_duty(rota), _on_duty(shifts)
    lacking = [number * factor - there for number, there in zip(before, now, strict=True)]
    left = max(_whole(sum(before) * factor) - sum(now), 0)
    worked = [hour for hour in range(24) if before[hour]]
    order = sorted(worked, key=lambda hour: (-round(lacking[hour], 9), -busy[hour]))
    chosen = sorted(order[:left])
    for _, run in groupby(enumerate(chosen), lambda each: each[1] - each[0]):
        hours = [hour for _, hour in run]
        shifts.append({"hours": f"{hours[0]}-{hours[-1] + 1}", "number": 1})
    return shifts


TINY = 1e-9
"""So that a number that is whole but for the last bit is not rounded down."""


def _on_duty(rota: Sequence[Raw]) -> list[int]:
    """People by hour of the day, of a rota that is the same every day."""
    hours = [0] * 24
    for shift in rota:
        start, end = (tick // HOUR for tick in parse_hours(shift["hours"]))
        for hour in range(start, end):
            hours[hour % 24] += shift["number"]
    return hours


def _shared_out(wanted: Sequence[float], total: int) -> list[int]:
    """Whole numbers that add up to `total`, each within one of what is wanted."""
    given = [math.floor(number + TINY) for number in wanted]
    most_lacking = sorted(range(len(wanted)), key=lambda place: given[place] - wanted[place])
    for place in most_lacking[: total - sum(given)]:
        given[place] += 1
    return given


def _see_specialty(admitted: float) -> float:
    of_admitted, of_others = SPECIALTY
    return of_admitted * admitted + of_others * (1 - admitted)


def _whole(number: float) -> int:
    return math.floor(number + 0.5)
