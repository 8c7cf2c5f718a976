"""A department of another size: the numbers of the typical site scaled to a few totals of the user's own.

The result is plain new values by dotted path, each with what it was made of; nothing is worked out when a study is
loaded. What does not scale is left alone: minutes, shares, profiles, patience, elasticities, and the queue lengths at
which another clinical stream takes no more patients.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge, Le

from simulation.config.dotted import Change, ChangeRow, Raw, resolve, set_change, value_at
from simulation.config.files import REFERENCE
from simulation.department.config_dataclass import (
    ByName,
    PerDay,
    Share,
    Unit,
    config_dataclass,
    each_in_full,
)
from simulation.department.vocabulary import Shift
from simulation.errors import Fault, Faults
from simulation.records.schema import Floats
from simulation.records.serialise import read_yaml, to_plain
from simulation.study.design import Changes
from simulation.units import HOUR, parse_days, parse_hours, years_of

ADMITTED_SHARE = 0.286
"""Admitted of type 1 attendances, NHS England 2024-25: what `admitted` of the typical site is fitted to."""
SPACE = 0.95
"""Staff and places grow by this power of attendances. With 1, large departments would do better than small ones; among
England's, waits do not depend on size (a trial on 103 trusts)."""
MAJORS = 0.5
"""Nurses and places of majors grow by this power of the admitted share as well (the same trial)."""
SPECIALTY = (0.75, 0.10)
"""Shares seen by a specialty, of those admitted and of the others: the attribute `specialty` of the typical site."""
MOST_BASE = 20.0
"""An admission base above which everybody who can be admitted is."""
LEAST = {"attendances_per_day": 60, "beds": 40}
"""The smallest totals that the typical site can be scaled to: below them it is another kind of department."""


@config_dataclass
class Totals:
    """What a planner knows of a department as a whole. The typical site is scaled to it.

    Example: `{attendances_per_day: 280, beds: 510, admitted_share: 0.27}`
    """

    attendances_per_day: Annotated[
        float, Ge(LEAST["attendances_per_day"]), Le(1500), Unit("patients a day")
    ]
    """Type 1 attendances on a mean day of the year, all ages."""
    beds: Annotated[int, Ge(LEAST["beds"]), Le(5000), Unit("beds")] | None = None
    """Staffed adult general and acute beds, all ward groups together; left out, they follow the admissions."""
    admitted_share: Annotated[Share, Ge(0.05), Le(0.6)] = ADMITTED_SHARE
    """The share of attendances that end in a ward. Example: `0.27`"""
    children_share: Annotated[Share, Le(0.6)] | None = None
    """The share of attendances who are children; left out, as many are as at the typical site (24 %). Staff, places and
    beds of their own follow it. Example: `0.3`"""
    ambulances_per_day: PerDay | None = None
    """How many of the attendances come by ambulance; left out, the typical share does (28 %). Example: `80`"""
    other_emergency_per_day: PerDay | None = None
    """Emergency admissions that do not pass through A&E; left out, they follow attendances.
    Example: `14`"""
    electives_per_day: PerDay | None = None
    """Planned admissions to the same beds; left out, they follow attendances. Example: `20`"""


@config_dataclass
class TotalsAndRotas(Totals):
    """What is known of every department of an ensemble: totals, to which all is scaled, rotas, and other values.

    Example: `{attendances_per_day: 280, beds: 510, rotas: {doctors: [{hours: 0-24, number: 5}]}}`
    """

    rotas: ByName[tuple[Shift, ...]] = field(default_factory=dict)
    """Who is on duty when, by pool of staff; the rotas of other pools are scaled."""
    known: Changes = field(default_factory=dict)
    """New values of blocks, by dotted path, laid over what was scaled: of records, or stated.
    Example: `{site.day_factors.residual: {cv: 0.06}}`"""


class Scaled(NamedTuple):
    """The new values of one block of a configuration: its dotted path, values by key, and what they are made of."""

    path: str
    values: Mapping[str, Any]
    source: str
    evidence: str = "assumed"

    @property
    def group(self) -> str:
        """The group whose file states the block."""
        return self.path.split(".")[0]


FOLLOWS: Mapping[str, Mapping[str, str]] = read_yaml(Path(__file__).with_name("scaling.yaml"))
"""The quantity that each pool, calibration parameter and effort follows, and the words for each quantity."""
DAY = range(10, 23)
"""The hours of the day in which staff are kept as busy as at the typical site: 10 to 23 h, as `busy_by_day_share`."""
DESKS = {False: ("triage_nurses",), True: ("triage_nurses", "assessment_nurses")}
"""The pools of nurses at the desk, by whether one team is at both doors."""
WALKING = ("walk_in", "referred")
"""Sources whose patients go to the desk."""
AMBULANCE_WORK = 12.9
"""Nurse hours by day that ambulance patients take of one team for all at the typical site, from the offered load."""
EFFORT = ".effort"
"""Ends the path of how many must wait for a step to shorten."""
STAY = 3
"""Hours for which a patient is taken to keep staff busy: what rounding took from a rota is put where most such are."""


@dataclass(frozen=True)
class Scaling:
    """The typical site (`raw`, with its references), the totals that it is to have, and known rotas by pool."""

    raw: Raw
    totals: Totals
    known: Mapping[str, Sequence[Raw]] = field(default_factory=dict)

    def scaled(self) -> tuple[Scaled, ...]:
        """The new values of every block that changes. Raises ConfigError if the totals contradict one another."""
        Faults(self._faults()).refuse()
        pools = {name: f"site.pools.{name}" for name in self.raw["site"]["pools"]}
        pools |= {name: f"staffing.{name}" for name in self.raw["staffing"]}
        blocks = [*self._arrivals(), *self._age_bands(), self._admitted(), *self._beds()]
        blocks += [block for name, path in pools.items() for block in self._pool(name, path)]
        blocks += [
            self._parameter(name, follows) for name, follows in FOLLOWS["parameters"].items()
        ]
        return (*blocks, *self._efforts())

    def costs(self) -> Mapping[str, Mapping[str, Any]]:
        """By arm, the cost of what is paid for each attendance, at these attendances, in whole pounds a year."""
        return {
            name: self._cost(arm["cost"])
            for name, arm in self.raw["study"]["arms"].items()
            if (arm.get("cost") or {}).get("basis") == "per_attendance"
        }

    def _cost(self, cost: Raw) -> Mapping[str, Any]:
        sources = cost.get("arrivals") or self._attending
        factor = sum(self.per_day[name] for name in sources) / self._typical(*sources)
        return {
            "per_year": round(cost["per_year"] * factor),
            "range": [round(end * factor) for end in cost["range"]],
            "attendances": round(cost["attendances"] * factor),
        }

    def _faults(self) -> Iterator[Fault]:
        for name in ("ambulances_per_day", "other_emergency_per_day", "electives_per_day"):
            number = getattr(self.totals, name)
            if number is not None and 0 < number < 1:
                yield Fault(
                    name,
                    f"found {number:g}",
                    "Allowed: 0, or 1 and more: patients a day, not a share",
                )
        referred = self._typical("referred") * self.size
        if self.ambulances > self.totals.attendances_per_day - referred:
            found = f"is {self.ambulances:g} of {self.totals.attendances_per_day:g} attendances"
            yield Fault(
                "ambulances_per_day",
                found,
                f"Leave room for {referred:.0f} referred and for walk-ins",
            )

    # --- the factor of each quantity that numbers follow --------------------------------------------------------

    @cached_property
    def size(self) -> float:
        """Attendances over those of the typical site."""
        return self.totals.attendances_per_day / sum(
            self._typical(name) for name in self._attending
        )

    @cached_property
    def factors(self) -> Mapping[str, float]:
        """The factor of each quantity that numbers follow, from the typical site to the totals."""
        totals, size = self.totals, self.size
        staff = size**SPACE
        share = totals.admitted_share
        admissions = totals.attendances_per_day * share + (
            self.per_day["other_emergency"] + self.per_day["elective"]
        )
        admissions /= totals.attendances_per_day / size * ADMITTED_SHARE + self._typical(
            "other_emergency", "elective"
        )
        beds = admissions if totals.beds is None else totals.beds / sum(self._adult_beds.values())
        return {
            "attendances": size,
            "staff": staff,
            "children": (size * self.children) ** SPACE,
            "children_admissions": admissions * self.children,
            "majors": staff * (share / ADMITTED_SHARE) ** MAJORS,
            "specialty": staff * _see_specialty(share) / _see_specialty(ADMITTED_SHARE),
            "ambulances": (self.ambulances / self._typical("ambulance")) ** SPACE,
            "admissions": admissions,
            "beds": beds,
        }

    @cached_property
    def children(self) -> float:
        """The share of children over that of the typical site with this mix of sources."""
        wanted = self.totals.children_share
        if wanted is None:
            return 1.0
        shares = self.raw["site"]["attributes"]["age_band"]["shares"]
        number = sum(self.per_day[name] * shares[name][0] for name in self._attending)
        return float(wanted * self.totals.attendances_per_day / number)

    @cached_property
    def _ages(self) -> Mapping[str, Sequence[float]]:
        """The shares of age bands by source of attendances, children first; the other bands keep their proportions."""
        shares = self.raw["site"]["attributes"]["age_band"]["shares"]
        if self.totals.children_share is None:
            return {name: shares[name] for name in self._attending}
        ages = {}
        for name in self._attending:
            child, *others, _ = shares[name]
            children = round(min(child * self.children, 1.0), 4)
            but_last = [children, *(round(one * (1 - children) / (1 - child), 4) for one in others)]
            ages[name] = [*but_last, max(round(1 - sum(but_last), 4), 0.0)]
        return ages

    @property
    def ambulances(self) -> float:
        """Attendances by ambulance a day."""
        ambulances = self.totals.ambulances_per_day
        return ambulances if ambulances is not None else self._typical("ambulance") * self.size

    @cached_property
    def per_day(self) -> Mapping[str, float]:
        """Patients a day by source of arrivals."""
        size, totals = self.size, self.totals
        scaled = {name: self._typical(name) * size for name in self.raw["site"]["arrivals"]}
        walk_in = totals.attendances_per_day - self.ambulances - scaled["referred"]
        own = {
            "other_emergency": totals.other_emergency_per_day,
            "elective": totals.electives_per_day,
        }
        given = {name: number for name, number in own.items() if number is not None}
        return {**scaled, "walk_in": walk_in, "ambulance": self.ambulances, **given}

    @property
    def _attending(self) -> tuple[str, ...]:
        arrivals = self.raw["site"]["arrivals"]
        return tuple(name for name, source in arrivals.items() if source.get("attends", True))

    def _typical(self, *names: str) -> float:
        """Patients a day of these arrival sources at the typical site."""
        return sum(float(self.raw["site"]["arrivals"][name]["per_day"]) for name in names)

    # --- the blocks -------------------------------------------------------------------------------------------

    def _arrivals(self) -> Iterator[Scaled]:
        for name, number in self.per_day.items():
            source = f"from the totals; {self._typical(name):g} at the typical site"
            yield Scaled(f"site.arrivals.{name}", {"per_day": round(number, 2)}, source)
        for name, present in self.raw["site"]["present"].items():
            if "number" in present:
                number = max(_whole(present["number"] * self.size), 1)
                yield Scaled(
                    f"site.present.{name}",
                    {"number": number},
                    self._from(present["number"], "attendances"),
                )

    def _age_bands(self) -> Iterator[Scaled]:
        if (share := self.totals.children_share) is not None:
            source = f"{100 * share:.4g} % children, from the totals; others in the typical site's proportions"
            yield Scaled("site.attributes.age_band", {"shares": dict(self._ages)}, source)

    def _admitted(self) -> Scaled:
        """The base at which the stated share is admitted, found by bisection over the case mix.

        A factor would not do: no patient's chance exceeds 1.
        """
        attributes = self.raw["site"]["attributes"]
        before = attributes["admitted"]["p"]["base"]
        typical = {name: self._typical(name) for name in self._attending}
        usual = _share_at(before, *self._mix(typical, attributes["age_band"]["shares"]))
        wanted = usual * self.totals.admitted_share / ADMITTED_SHARE
        (shares, times), low, high = self._mix(self.per_day, self._ages), 0.0, MOST_BASE
        for _ in range(60):
            middle = (low + high) / 2
            is_low = _share_at(middle, shares, times) < wanted
            low, high = (middle, high) if is_low else (low, middle)
        source = f"{100 * self.totals.admitted_share:.1f} % admitted, over the case mix; {before:g} at the typical site"
        return Scaled("site.attributes.admitted", {"p": {"base": round(high, 4)}}, source)

    def _mix(
        self, per_day: Mapping[str, float], of_ages: Mapping[str, Sequence[float]]
    ) -> tuple[Floats, Floats]:
        """The case mix with these sources and ages: of each kind of patient, the share of attendances, and the factor
        of their chance of admission, each of shape (n_kinds,)."""
        attributes, mix = self.raw["site"]["attributes"], []
        total = sum(per_day[source] for source in self._attending)
        acuities, ages = attributes["acuity_true"], attributes["age_band"]
        years = _of_each_year(attributes)
        all_years = {year for of_band in years.values() for year in of_band}
        factors = [
            (factor["by"], each_in_full(factor["values"], all_years), factor.get("otherwise"))
            for factor in attributes["admitted"]["p"]["times"]
        ]
        for source in self._attending:
            for acuity, p_acuity in zip(
                acuities["categories"], acuities["shares"][source], strict=True
            ):
                for age, p_age in zip(ages["categories"], of_ages[source], strict=True):
                    for year, p_year in years[age].items():
                        known = {"arrival_source": source, "acuity_true": acuity}
                        known |= {"age_band": age, "age": year}
                        times = 1.0
                        for by, values, otherwise in factors:
                            times *= values.get(known[by], otherwise)
                        mix.append((per_day[source] / total * p_acuity * p_age * p_year, times))
        shares, times = np.array(mix).T
        return shares, times

    @cached_property
    def _adult_beds(self) -> dict[str, int]:
        """Beds of each ward group at the typical site."""
        pools = resolve(self.raw)["site"]["pools"]
        return {
            name: int(pool["capacity"])
            for name, pool in pools.items()
            if pool.get("role") == "adult_bed"
        }

    def _beds(self) -> Iterator[Scaled]:
        """Beds of each ward group in the proportions of the typical site, whole numbers that add up to the total."""
        typical, factor = self._adult_beds, self.factors["beds"]
        exact = [number * factor for number in typical.values()]
        for (name, number), beds in zip(
            typical.items(), apportioned(exact, _whole(sum(exact))), strict=True
        ):
            yield self._value(name, beds, "beds", number)

    def _pool(self, name: str, path: str) -> Iterator[Scaled]:
        """The rota or places of a pool; as a calibration parameter if its capacity refers to one."""
        pool, follows = value_at(self.raw, path), FOLLOWS["pools"].get(name, "staff")
        if name in self.known:
            yield Scaled(path, {"rota": self.known[name]}, "as answered", "stated")
            return
        if pool.get("unlimited") or "capacity_per" in pool or follows == "beds":
            return
        factor = self.factors[follows]
        if "rota" in pool:
            hours = sum(on_duty(pool["rota"]))
            rota = self._rota(name, pool["rota"])
            more = sum(on_duty(rota)) - hours * factor
            words = f"; {more:.0f} hours more, because one is on at least" if more >= 1 else ""
            source = f"{hours} hours a day at the typical site, {self._times(follows)}{words}"
            yield Scaled(path, {"rota": rota}, source)
        elif REFERENCE.fullmatch(str(pool["capacity"])):
            yield self._parameter(name, follows)
        else:
            places = max(_whole(pool["capacity"] * factor), 1)
            yield Scaled(path, {"capacity": places}, self._from(pool["capacity"], follows))

    def _parameter(self, name: str, follows: str) -> Scaled:
        number = self.raw["calibration"][name]["value"]
        scaled = max(_whole(number * self.factors[follows]), 1) if number else 0
        return self._value(name, scaled, follows, number)

    def _value(self, name: str, value: int, follows: str, before: float) -> Scaled:
        """A calibration parameter with its range."""
        low, high = self.raw["calibration"][name]["range"]
        factor = self.factors[follows]
        values = {
            "value": value,
            "range": [math.floor(low * factor + TINY), math.ceil(high * factor - TINY)],
        }
        return Scaled(f"calibration.{name}", values, self._from(before, follows))

    def _efforts(self) -> Iterator[Scaled]:
        """How many must wait for each step to shorten, at least one; one stage of those that come to the same."""
        for name, step in self.raw["pathway"]["steps"].items():
            if step.get("effort"):
                before, follows = step["effort"]["at_least"], FOLLOWS["efforts"].get(name, "staff")
                scaled = (max(_whole(number * self.factors[follows]), 1) for number in before)
                values = {"at_least": list(dict.fromkeys(scaled))}
                source = self._from(", ".join(map(str, before)), follows)
                yield Scaled(f"pathway.steps.{name}{EFFORT}", values, source)

    def _from(self, before: float | str, follows: str) -> str:
        """The source of a number: the typical one, and the factor."""
        return f"{before} at the typical site, {self._times(follows)}"

    def _times(self, follows: str) -> str:
        return f"x {self.factors[follows]:.3f} ({FOLLOWS['words'][follows].format(power=SPACE)})"

    def rotas(self, staffing: Raw) -> Mapping[str, list[Raw]]:
        """The rotas of another staffing of the typical site at this size, by pool: those that differ from its own."""
        own = self.raw["staffing"]
        changed = {name: pool["rota"] for name, pool in staffing.items() if pool != own[name]}
        return {name: self._rota(name, rota) for name, rota in changed.items()}

    def day_hours(self) -> Mapping[str, float]:
        """By pool of scaled staff, people's hours by day (`DAY`) over those that the size asks for."""
        return {
            name: _by_day([self._rota(name, pool["rota"])])
            / (_by_day([pool["rota"]]) * self.factors[FOLLOWS["pools"].get(name, "staff")])
            for name, pool in self.raw["staffing"].items()
            if name not in self.known
        }

    def triage_times(self, staffing: Raw, *, one_team: bool) -> float:
        """Triage minutes over those of the typical site at which nurses at the desk are as busy by day as there.

        `staffing`: theirs at the typical site; `one_team`: they see ambulances as well.
        """
        rotas = {pool: staffing[pool]["rota"] for pool in DESKS[one_team]}
        usual = _by_day(rotas.values())
        hours = _by_day(
            self.known.get(pool) or self._rota(pool, rota) for pool, rota in rotas.items()
        )
        if one_team:
            hours -= AMBULANCE_WORK * self.per_day["ambulance"] / self._typical("ambulance")
            usual -= AMBULANCE_WORK
        walking = sum(self.per_day[name] for name in WALKING) / self._typical(*WALKING)
        return max(hours, 1.0) / usual / walking

    def _rota(self, pool: str, rota: Sequence[Raw]) -> list[Raw]:
        return scaled_rota(rota, self.factors[FOLLOWS["pools"].get(pool, "staff")], self.busy)

    @cached_property
    def busy(self) -> Sequence[float]:
        """Patients a day who have come within the last `STAY` hours, by hour of the day."""
        site, hours = self.raw["site"], [0.0] * 24
        for name in self._attending:
            weights = site["profiles"][site["arrivals"][name]["by_hour"]]["weights"]
            for hour, weight in enumerate(weights):
                for later in range(STAY):
                    hours[(hour + later) % 24] += self.per_day[name] * weight / sum(weights)
        return hours


def scaled_rota(rota: Sequence[Raw], factor: float, busy: Sequence[float]) -> list[Raw]:
    """A rota with `factor` times its hours, in whole people.

    Each shift is rounded down, to one at least: one person where the size asks for less is taken from no other hour.
    What is still short becomes one more person in so many hours, to the nearest hour in each run of hours with equally
    many on duty, by day (`DAY`) apart; within a run where most patients are (`busy`, by hour of the day).

    >>> shifts = [{"hours": "0-8", "number": 1}, {"hours": "8-24", "number": 2}]
    >>> [(shift["hours"], shift["number"]) for shift in scaled_rota(shifts, 0.8, range(24))]
    [('0-8', 1), ('8-24', 1), ('9-10', 1), ('15-24', 1)]
    """
    shifts = [
        {**shift, "number": max(math.floor(shift["number"] * factor + TINY), 1)} for shift in rota
    ]
    before, after = on_duty(rota), on_duty(shifts)
    short = [max(number * factor - on, 0) for number, on in zip(before, after, strict=True)]
    worked = [hour for hour in range(24) if before[hour]]
    runs = [
        sorted(run, key=busy.__getitem__, reverse=True)
        for _, run in groupby(worked, lambda hour: (before[hour], hour in DAY))
    ]
    exact = [sum(short[hour] for hour in run) for run in runs]
    added = [0] * 24
    for run, n_hours in zip(runs, apportioned(exact, _whole(sum(exact))), strict=True):
        for place in range(n_hours):
            added[run[place % len(run)]] += 1
    for number in range(max(added)):
        chosen = [hour for hour in worked if added[hour] > number]
        for _, adjacent in groupby(enumerate(chosen), lambda place: place[1] - place[0]):
            hours = [hour for _, hour in adjacent]
            shifts.append({"hours": f"{hours[0]}-{hours[-1] + 1}", "number": 1})
    return shifts


TINY = 1e-9
"""Added before rounding down, for numbers that are whole but for the last bit."""


def on_duty(rota: Sequence[Raw]) -> list[int]:
    """People on duty by hour of the day, for a rota that is the same every day."""
    hours = [0] * 24
    for shift in rota:
        start, end = (tick // HOUR for tick in parse_hours(shift["hours"]))
        for hour in range(start, end):
            hours[hour % 24] += shift["number"]
    return hours


def _by_day(rotas: Iterable[Sequence[Raw]]) -> float:
    """People's hours by day, over some rotas, on a mean day of the week."""
    return sum(
        on_duty([shift])[hour] * len(parse_days(shift.get("days", "mon-sun"))) / 7
        for rota in rotas
        for shift in rota
        for hour in DAY
    )


def apportioned(exact: Sequence[float], total: int) -> list[int]:
    """Whole numbers that add up to `total`, each within one of the exact number."""
    rounded = [math.floor(number + TINY) for number in exact]
    most_lacking = sorted(range(len(exact)), key=lambda place: rounded[place] - exact[place])
    for place in most_lacking[: total - sum(rounded)]:
        rounded[place] += 1
    return rounded


def _see_specialty(admitted: float) -> float:
    """The share of attendances seen by a specialty, if this share is admitted."""
    of_admitted, of_others = SPECIALTY
    return of_admitted * admitted + of_others * (1 - admitted)


def _of_each_year(attributes: Raw) -> dict[str, dict[str, float]]:
    """The share of each year of age in its band; one year, of no name, where admission goes by the band alone."""
    if all(factor["by"] != "age" for factor in attributes["admitted"]["p"]["times"]):
        return {band: {"": 1.0} for band in attributes["age_band"]["categories"]}
    return {
        band: {str(year): share / len(years_of(span)) for span, share in spans.items() for year in years_of(span)}
        for band, spans in attributes["age"]["shares"].items()
    }  # fmt: skip


def _share_at(base: float, shares: Floats, times: Floats) -> float:
    """The mean chance of admission over a case mix (`Scaling._mix`)."""
    return float(shares @ np.minimum(base * times, 1.0))


def _whole(number: float) -> int:
    """The nearest whole number; a half is rounded up."""
    return math.floor(number + 0.5)


TOTALS = "totals"
"""The path, among the changes of departments of an ensemble, of what is known of all of them."""
SIZE = f"{TOTALS}.attendances_per_day"
"""The path of a department's size, in attendances a day."""


def totals_change(totals: TotalsAndRotas | None, where: str) -> ChangeRow:
    """The change that scales a department to what is known of it, if anything is; `where` names the department."""
    return () if totals is None else (Change(TOTALS, to_plain(totals), f"{where}.{TOTALS}"),)


def set_totals(raw: Raw, change: Change, faults: Faults) -> None:
    """Scale a department, as its files and changes state it so far, to another size, or to totals and rotas.

    Minutes of triage follow what rounding leaves of nurses, so that those at the desk are as busy by day.
    """
    stated = {"attendances_per_day": change.value} if change.path == SIZE else dict(change.value)
    known = stated.pop("known", {})
    scaling = Scaling(raw, known=stated.pop("rotas", {}), totals=Totals(**stated))
    one_team = len(raw["pathway"]["steps"]["triage"].get("any_of", ())) > 1
    times = scaling.triage_times(raw["staffing"], one_team=one_team)
    for block in scaling.scaled():
        stated = {"evidence": block.evidence, "source": block.source}
        for key, value in {**block.values, **stated}.items():
            _set(raw, f"{block.path}.{key}", value, faults)
    _set(raw, "calibration.triage_minutes_scale.value", {"times": times}, faults)
    for path, block in known.items():
        _set(raw, path, block, faults)


def _set(raw: Raw, path: str, value: Any, faults: Faults) -> None:
    if isinstance(value, Mapping) and "times" not in value:
        for key, part in value.items():
            _set(raw, f"{path}.{key}", part, faults)
    else:
        set_change(raw, Change(path, value, SIZE), faults, changeable=tuple(raw))


def scaled_paths(raw: Raw) -> list[str]:
    """The dotted paths of the values that follow a department's size."""
    blocks = Scaling(raw, Totals(attendances_per_day=LEAST["attendances_per_day"])).scaled()
    return [f"{block.path}.{key}" for block in blocks for key in block.values]
