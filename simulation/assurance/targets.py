"""Published figures as data, which validation checks and fitting aims at, and a site's own, one number a replication.

They are worked out as the published ones are. Where a published figure is a mean of monthly figures, so is ours
(`months` of the target): a 95th percentile over a year of unlike months lies above the mean of the monthly ones.

Adult bed occupancy is beds in use at 00:00 over beds there at 00:00. Escalation beds count among the beds there
while they are open, and only then. A bed that is being turned round still counts as in use.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Gt, Le, MinLen

from simulation.config import packaged_configs
from simulation.config.files import names_in, shortened, stated_by
from simulation.config.validating import keys_of, validated
from simulation.department.check_pathway import check_own
from simulation.department.config_dataclass import (
    AtLeastOne,
    Evidence,
    NotNegative,
    Unit,
    config_dataclass,
)
from simulation.department.own_measures import OwnMeasure, SpanMeasure
from simulation.department.rota import units_by_hour
from simulation.department.vocabulary import Pathway
from simulation.display.progress import progress
from simulation.errors import Fault, Faults, ResultsError, nearest, refuse
from simulation.measures.definitions import ALL, definitions, nearest_measure
from simulation.measures.measuring import MeasureName
from simulation.measures.occupancy import DayProfile
from simulation.records.schema import Floats
from simulation.records.serialise import to_plain
from simulation.runs.replicate import ArmReplication
from simulation.runs.running import Done, no_progress
from simulation.statistics.compare import subtract_pairs
from simulation.study.check_study import measures_of
from simulation.study.study import RunLength, Study, block_of_pool, own_definitions, own_of

LONGER_STAYS, STAFF_FOLLOW, SAME_STAFF, NOBODY_REACTS, FEWER_STAFF, FEWER_BEDS = (
    "adult ward stays 3 % longer",
    "10 % more arrivals with staff who follow",
    "10 % more arrivals with the staff of today",
    "10 % more arrivals, nobody reacts",
    "one clinician fewer from 14:00 to 22:00",
    "10 % fewer beds",
)
"""The changes that response rows may name."""
CHANGES = (LONGER_STAYS, FEWER_STAFF, STAFF_FOLLOW, SAME_STAFF, NOBODY_REACTS, FEWER_BEDS)
SCENARIOS = {
    STAFF_FOLLOW: "busier_staff_follow",
    SAME_STAFF: "busier_same_staff",
    NOBODY_REACTS: "nobody_reacts",
}
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
    shifts = to_plain(pathway.pools[chosen].extra_shifts)
    shifts.append({"hours": f"{FEWER_FROM}-{FEWER_TO}", "number": -1})
    return chosen, {f"staffing.{chosen}.extra_shifts": shifts}


def fewer_beds(study: Study) -> dict[str, Any]:
    """The changes that take away a tenth of every ward group's beds in the baseline's department, rounded.

    They are of `extra`, which may be negative, so that everybody's draws stay the same.
    """
    pathway = study.baseline.pathway
    pools = {name: pathway.pools[name] for name in pools_of(pathway, ADULT_BED, CHILD_BED)}
    return {
        f"{block_of_pool(study, name)}{name}.extra": pool.extra
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


@contextmanager
def telling(say: Say | None, words: str, n_replications: int) -> Iterator[Done]:
    """Say what is simulated, and show how far it is; nothing without `say`. Its value takes how many have ended."""
    if say is None:
        yield no_progress
        return
    say(f"{words}.")
    with progress(n_replications) as shown:
        yield shown.done


Kind = Literal["input", "calibrated", "plausible", "predicted", "response"]
KindOfChange = Literal[
    "minutes_saved", "staff_added", "staff_moved", "results", "beds", "labels", "load"
]
"""What a trial changed."""
Month = Annotated[AtLeastOne, Le(12), Unit("month")]
OF_ROW = Unit("that of the row")
AsWritten = Annotated[float | int, OF_ROW]
"""A number that stays whole where it is written so: a hash is made of it."""
COMPARED = "_compared"
"""The end of the name of the measure with whose odds a row compares."""
ODDS_RATIO = "odds ratio"


@config_dataclass
class PublishedTrial:
    """A trial whose effect a study runs again: what it did, and what of it the arm does.

    Example: `{design: "randomised by shift, one hospital, 5,718 patients", departments: 1,
    did: "a doctor at triage", whom: "adults", staff: "one doctor added, 11 to 20 h", read: abstract,
    arm_does: "adds the doctor, who takes on 14 patients a shift", arm_leaves_out: "telephone calls"}`
    """

    design: str
    """Design, setting, level before, and number of patients."""
    departments: Annotated[AtLeastOne, Unit("departments")]
    """How many departments took part."""
    did: str
    """What was done."""
    whom: str
    """To which patients."""
    staff: str
    """By whom: how many staff, added or moved, at which hours."""
    read: str
    """What of the source was read: abstract, full text, a review, or from memory."""
    arm_does: str
    """What of it the arm does."""
    arm_leaves_out: str
    """What of it the arm does not do, or does otherwise."""


@config_dataclass
class PublishedFigure:
    """One figure that is known, published or your own, and what is allowed of the department's.

    Example: `{name: Within four hours of arrival, kind: predicted, measure: within_4h_share, unit: share, value: 0.593,
    low: 0.573, high: 0.613, tolerance: "absolute, 2 points either way", evidence: measured,
    source: "NHS England monthly A&E statistics, type 1", note: "Booked attendances included."}`
    """

    name: str
    """Words for the figure in tables."""
    kind: Kind
    """What agreement says: `input` (set by hand), `calibrated` (settings were chosen to meet it), `plausible` (a bound
    that nobody published), `predicted` (not used in choosing settings), `response` (what a change does)."""
    measure: str
    """The measure that is held against it, by its name in the tables; of a response with its scale behind it
    (`_difference`, `_ratio`)."""
    unit: str = ""
    """Unit of the measure and of the numbers here; empty: that of the measure. A share is a number from 0 to 1."""
    value: AsWritten | None = None
    """The figure itself; none where there is no single one."""
    low: AsWritten | None = None
    """The least that is allowed; none: no lower bound."""
    high: AsWritten | None = None
    """The most that is allowed; none: no upper bound."""
    tolerance: str = ""
    """In words, how wide the band is and why."""
    evidence: Evidence
    """Where the figure comes from."""
    source: str
    """The citation, or the reason for an assumption."""
    note: str = ""
    """What a reader must know about the figure: definition, coverage, spread."""
    strictly: bool = False
    """Whether the bounds themselves are refused."""
    change: str = ""
    """For a response: the change, in words. Example: `one more doctor at every hour`"""
    months: tuple[Month, Month] | None = None
    """The published figure is the mean of monthly figures, from one month to another (1 is January), both counted;
    none: it is of a whole year. Example: `[4, 9]`"""
    group: str = "all"
    """The group of patients, by its name in the tables. Example: `arrival_source=walk_in`"""
    standard_error: Annotated[NotNegative, OF_ROW] | None = None
    """For a figure of the trusts' panel: its standard error, clustered by trust. Example: `0.12`"""
    scope: str = ""
    """Which departments and which years the figure is of, and how it was carried to the year that is fitted.
    Example: `Scotland, all emergency departments, 2015 to 2018; not stated for England`"""
    counts: OwnMeasure | None = None
    """How `measure` is counted where no department gives it; it is then a name of your own.
    Example: `{kind: span, until: departed_at, statistic: share, over_minutes: 240, among: age_band=older}`"""
    odds_to: OwnMeasure | None = None
    """The share with which that of `counts` is compared: the figure is the odds of `counts` over the odds of this one.
    Example: `{kind: span, until: departed_at, statistic: share, over_minutes: 240, among: age_band=adult}`"""

    trial: PublishedTrial | None = None
    """For a trial's effect: the trial."""
    strength: Literal["", "strong", "weak"] = ""
    """For a trial's effect: `strong` if an interval of it is published, `weak` if there is none, or one that is derived
    from published counts or set by us. Example: `strong`"""
    scale: Literal["difference", "ratio", "odds_ratio"] = "difference"
    """How a trial's effect or a response compares: by the difference, the ratio or the odds ratio of the measure."""
    kind_of_change: KindOfChange | None = None
    """For a trial's effect: what kind of change it is of, by which scores are given. Example: `staff_added`"""
    level: Annotated[float | int, Gt(0), OF_ROW] | None = None
    """For a trial's effect: the trial's own level before, in the unit of the row; none where its source gives none.
    Example: `297`"""
    against: str = ""
    """For a trial's effect: the arm that stands for the time before; empty: the baseline. Example: `no_fast_track`"""

    @property
    def banded(self) -> bool:
        """Whether there is a band: a lower or an upper bound."""
        return self.low is not None or self.high is not None

    @property
    def bounds(self) -> tuple[float, float]:
        """The band, infinite where it is open."""
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    def allows(self, simulated: float) -> bool | None:
        """Whether a simulated value is in the band, whatever its noise; None if there is no band."""
        if not self.banded:
            return None
        low, high = self.bounds
        return low < simulated < high if self.strictly else low <= simulated <= high

    @property
    def own_measures(self) -> dict[str, OwnMeasure]:
        """The measures that the row states itself, by the names that the tables of a run give them."""
        stated = {self.measure: self.counts, f"{self.measure}{COMPARED}": self.odds_to}
        return {name: measure for name, measure in stated.items() if measure is not None}

    def settled_by(self, simulated: float, half_width: float) -> bool:
        """Whether a simulated value is known well enough to be judged: its 95 % interval is no wider than the band.

        If the band is open on one side, the interval must lie wholly on one side of the bound, so that a sign cannot
        be right by chance.
        """
        if self.low is not None and self.high is not None:
            return 2 * half_width <= self.high - self.low
        bound = self.low if self.low is not None else self.high
        return bound is None or abs(simulated - bound) >= half_width


@config_dataclass
class TargetFile:
    """What a file of targets states.

    Example: `{name: england, rows: [{name: Four hours, kind: predicted, measure: within_4h_share, unit: share,
    value: 0.59, low: 0.57, high: 0.61, tolerance: 2 points, evidence: measured, source: NHS England, note: Type 1}]}`
    """

    name: str = ""
    """Name of the targets: that of the file."""
    rows: Annotated[tuple[PublishedFigure, ...], MinLen(1)]
    """The figures, in the order of the table that `aeflow validate` prints."""


ENGLAND = "england"
"""The targets of a department that has none of its own."""


def targets_for(choices: Mapping[str, str], folders: Sequence[Path]) -> str:
    """The name of a department's targets: that of its site, or of its pathway if it has no site, if there is such a
    file; else England's.

    The study does not name the file: the figures belong to a department, whatever is asked of it, and naming them
    would make it another study.
    """
    named = next(
        (name for group in ("site", "pathway") if (name := choices.get(group, "none")) != "none"),
        "",
    )
    return named if named in names_in("targets", folders) else ENGLAND


def chosen_targets(
    named: str | None, choices: Mapping[str, str], folders: Sequence[Path], say: Say
) -> str:
    """The name of the targets that are used: those named, or a department's own; says which of the user's are not."""
    chosen = named or targets_for(choices, folders)
    if named is None and (not_used := passed_by(chosen, folders)):
        say(not_used)
    return chosen


def passed_by(chosen: str, folders: Sequence[Path]) -> str:
    """A note on the user's own targets if England's are used instead; '' if there are none."""
    own = sorted(names_in("targets", folders[:-1]) - names_in("targets", folders[-1:]))
    if chosen != ENGLAND or not own:
        return ""
    return (
        f"Not used: targets/{', '.join(own)}. A department's own targets have the name of its site; "
        f"targets={own[0]} uses this file."
    )


def targets_named(name: str, folders: Sequence[Path]) -> tuple[PublishedFigure, ...]:
    """The targets of that name from the first folder that has them. Raises ConfigError with every fault."""
    where, content, faults = f"targets/{name}.yaml", stated_by("targets", name, folders), Faults()
    rows, targets = content.get("rows"), list[PublishedFigure]()
    if not isinstance(rows, list) or not rows:
        refuse(where, "has no list of `rows`", "State one row or more under `rows`")
    for key in content:
        faults.known(where, shortened(key), keys_of(TargetFile), what="key")
    for number, row in enumerate(rows, start=1):
        called = row.get("name", "no name") if isinstance(row, dict) else row
        path = f"{where}, row {number} ({shortened(str(called))})"
        target: PublishedFigure | None = validated(PublishedFigure, row, path, faults)
        if target is not None:
            targets.append(target)
            faults += _row_faults(target, path)
    for name, n in Counter(target.name for target in targets).items():
        if n > 1:  # rows are told apart by their names
            faults.add(
                where, f"{n} rows are called '{shortened(name)}'", "Give each a name of its own"
            )
    faults.refuse()
    return tuple(targets)


def _row_faults(target: PublishedFigure, path: str) -> Iterator[Fault]:
    """Faults of a band that is missing or the wrong way round, a figure outside it, and an empty source."""
    low, high, value = target.low, target.high, target.value
    if low is not None and high is not None and not low < high:
        yield Fault(
            path, f"low is {low:g} and high is {high:g}", "Write the least that is allowed as low"
        )
    elif value is not None and target.kind != "response" and target.allows(value) is False:
        band = (
            f"{'open' if low is None else f'{low:g}'} to {'open' if high is None else f'{high:g}'}"
        )
        yield Fault(
            path,
            f"value is {value:g}, and the band is {band}",
            "Put the figure within its own band",
        )
    if target.kind == "calibrated" and not target.banded:
        remedy = "State the band with low, high or both, or make the row predicted, which is printed only"
        yield Fault(path, "is calibrated and has no band", remedy)
    if target.counts is not None and target.measure in definitions():
        yield Fault(
            path,
            f"'{target.measure}' is a measure already",
            "Leave counts out, or choose another name",
        )
    if target.odds_to is not None and target.counts is None:
        yield Fault(
            path,
            "states odds_to without counts",
            "State the share whose odds are compared as counts",
        )
    if target.kind == "response" and target.counts is not None:
        yield Fault(
            path, "a response of a measure of its own", "Name a measure that departments give"
        )
    if not target.source.strip():
        yield Fault(
            path, "source is empty", "Say where the figure comes from, or why it is assumed"
        )
    if target.months and target.months[0] > target.months[1]:
        yield Fault(
            f"{path}.months",
            f"found {list(target.months)}",
            "Write the earlier month first, as in [4, 9]",
        )


SHARE = "share"


@dataclass(frozen=True)
class NotGiven(Fault):
    """The fault of a row about what the department does not give. `of_pools`: there is no pool of the role it is of."""

    of_pools: bool = False


def with_measures_of(study: Study, targets: Sequence[PublishedFigure]) -> Study:
    """The study with the measures that rows state themselves."""
    stated = {name: measure for target in targets for name, measure in target.own_measures.items()}
    return replace(
        study, design=replace(study.design, measures={**study.design.measures, **stated})
    )


def checked_targets(
    targets: Sequence[PublishedFigure], name: str, study: Study
) -> tuple[PublishedFigure, ...]:
    """The targets, each with its unit, if the study's baseline department has the figures that they are about.

    `name` is that of their file. Raises ConfigError with every measure, group, unit, change or month that does not fit.
    """
    pathway = study.baseline.pathway
    faults, asked = Faults(), list[PublishedFigure]()
    of_own = {
        target.name: list(_own_faults(target, f"targets/{name}.yaml, {target.name}", study))
        for target in targets
    }
    measured = with_measures_of(study, [target for target in targets if not of_own[target.name]])
    given = measures_of(pathway, own_of(measured.design, pathway))
    units = known_measures(measured)
    for target in targets:
        path = f"targets/{name}.yaml, {target.name}"
        target_faults = of_own[target.name] or [
            *_change_faults(target, path),
            *_measure_faults(target, path, units, given, pathway),
        ]
        if not target_faults:
            unit = ODDS_RATIO if target.odds_to is not None else units[_measure(target)]
            if target.scale != "difference":
                unit = target.scale.replace("_", " ")
            target = replace(target, unit=target.unit or unit)
            target_faults = list(_unit_faults(target, path, unit))
        faults += target_faults
        asked += [] if target_faults else [target]
    faults += _month_faults(asked, name, study.run)
    if faults and name in names_in("targets", [packaged_configs()]):
        # What to do where a department is too unlike those of the packaged targets.
        chosen = (study.chosen(group) for group in ("site", "pathway"))
        own = next((group for group in chosen if group not in ("none", "config")), "NAME")
        heading = (
            f"The department cannot be held against targets/{name}.yaml as it is. "
            f"State figures of its own in configs/targets/{own}.yaml, or put right what follows"
        )
        Faults(_told_once(faults, targets, name)).refuse(heading)
    faults.refuse()
    return tuple(asked)


def _own_faults(target: PublishedFigure, path: str, study: Study) -> Iterator[Fault]:
    """The faults of the measures that a row states itself in the study's department."""
    for measure in target.own_measures.values():
        faults = Faults()
        check_own(
            study.baseline.pathway,
            faults,
            {target.measure: measure},
            {},
            beside=study.design.groups,
        )
        yield from (NotGiven(path, fault.found, fault.remedy) for fault in faults)
        if (
            target.odds_to is not None
            and isinstance(measure, SpanMeasure)
            and measure.statistic != SHARE
        ):
            yield Fault(
                path,
                f"{measure.statistic} is in minutes, and odds are of shares",
                "State the statistic share",
            )


def _told_once(
    faults: Sequence[Fault], targets: Sequence[PublishedFigure], name: str
) -> Iterator[Fault]:
    """The faults against a packaged file, whose rows are not the user's to change: one for all those about what the
    department has not, then the others."""
    not_given = {fault.where for fault in faults if isinstance(fault, NotGiven)}
    if not_given:
        rows = [target for target in targets if f"targets/{name}.yaml, {target.name}" in not_given]
        measures = ", ".join(dict.fromkeys(map(_measure, rows)))
        found = f"{len(rows)} of {len(targets)} rows are of what the department does not give ({measures})"
        roles = any(isinstance(fault, NotGiven) and fault.of_pools for fault in faults)
        has_pools = (
            f"; give its clinicians the role {CLINICIAN}, its beds {ADULT_BED}, if it has them"
            if roles
            else ""
        )
        remedy = (
            f"In a file of its own, state rows that it gives: docs/how-to/own-targets.md{has_pools}"
        )
        yield Fault(f"targets/{name}.yaml", found, remedy)
    yield from (fault for fault in faults if fault.where not in not_given)


def known_measures(study: Study) -> Mapping[str, str]:
    """The unit of every measure and figure that targets may name, the study's own measures included."""
    own = own_definitions(study.design, [study.baseline.pathway])
    units: dict[str, str] = {
        name: definition.unit for name, definition in {**definitions(), **own}.items()
    }
    units |= {name: unit for name, (unit, _) in FIGURES.items()}
    units |= {name: units[measure] for name, (measure, _) in GROUPED.items()}
    return {**units, BUSY: SHARE}


def _measure(target: PublishedFigure) -> str:
    """The measure whose value, or change, a row is about."""
    if target.kind != "response":
        return target.measure
    return target.measure.removesuffix(f"_{target.scale}")


def change_in(target: PublishedFigure, after: Floats, before: Floats) -> Floats:
    """The change by replication, on the scale of the target."""
    if target.scale == "difference":
        return subtract_pairs(after, before)
    if target.scale == "odds_ratio":
        after, before = after / (1 - after), before / (1 - before)
    return after / before


def response_of(target: PublishedFigure, arms: Mapping[str, Replications]) -> Floats:
    """What the change of a response does, by replication: `arms` are the department as it is, and under each change."""
    changed, as_is = (
        of_measure(_measure(target), arms[name], target.months, target.group)
        for name in (target.change, AS_IS)
    )
    return change_in(target, changed, as_is)


def _change_faults(target: PublishedFigure, path: str) -> Iterator[Fault]:
    if target.kind != "response":
        return
    if target.change not in CHANGES:
        yield Fault(path, f"unknown change '{target.change}'", nearest(target.change, CHANGES))
    if not target.measure.endswith(f"_{target.scale}"):
        found = f"the scale is {target.scale}, and measure is '{target.measure}'"
        yield Fault(path, found, f"Add _{target.scale} to it")


def _measure_faults(
    target: PublishedFigure,
    path: str,
    units: Mapping[str, str],
    given: Sequence[MeasureName],
    pathway: Pathway,
) -> Iterator[Fault]:
    """The faults of a target's measure, group and months in this department."""
    measure = _measure(target)
    if measure not in units:
        yield Fault(path, f"unknown measure '{target.measure}'", nearest_measure(measure, units))
        return
    if measure in FIGURES or measure == BUSY:
        if target.months:
            found = f"states months, and '{measure}' is a figure of the whole window"
            yield Fault(path, found, "Leave months out: they are for measures of patients")
        if target.group != ALL:
            yield Fault(
                path, f"group is '{target.group}', and '{measure}' has none", "Leave group out"
            )
        role = CLINICIAN if measure == BUSY else ADULT_BED if measure in OF_BEDS else ""
        if role and not pools_of(pathway, role):
            found = f"'{measure}' is of pools with role {role}, and there is none"
            yield NotGiven(path, found, "Give the role to a pool", of_pools=True)
        return
    base, usual = GROUPED.get(measure, (measure, ALL))
    if usual != ALL and target.group != ALL:
        yield Fault(
            path,
            f"'{measure}' is of {usual} already",
            f"Leave group out, or name the measure '{base}'",
        )
        return
    group = usual if usual != ALL else target.group
    groups = [name.group for name in given if name.measure == base]
    if not groups:
        needs = " and ".join(definitions()[base].needs) if base in definitions() else ""
        found = f"the department does not give '{measure}'"
        remedy = f"It takes {needs or 'sources or levels that it has not'}: name another measure"
        yield NotGiven(path, found, remedy)
    elif group not in groups:
        yield NotGiven(path, f"'{measure}' has no group '{group}' here", nearest(group, groups))


def _unit_faults(target: PublishedFigure, path: str, unit: str) -> Iterator[Fault]:
    """The faults of a target's unit: another than the measure's, and shares beyond 1, which are most often per cent."""
    if target.unit.split(" of ")[0].split(",")[0] not in (unit, unit.split(" ")[0]):
        yield Fault(
            path, f"unit is '{target.unit}', and '{target.measure}' is in {unit}", "Leave unit out"
        )
        return
    numbers = {"value": target.value, "low": target.low, "high": target.high}
    beyond = [
        f"{key} is {number:g}"
        for key, number in numbers.items()
        if number is not None and abs(number) > 1
    ]
    if unit == SHARE and beyond:
        yield Fault(
            path, f"{', '.join(beyond)}, and a share is a number from 0 to 1", "Write 0.59 for 59 %"
        )


def _month_faults(targets: Sequence[PublishedFigure], name: str, run: RunLength) -> Iterator[Fault]:
    """One fault if a replication does not measure a whole month that some target is a mean of."""
    by_month = [target for target in targets if target.months]
    wanted = {month for target in by_month for month in months_from_to(target.months)}
    measured = [
        {month for month, _ in run.months(replication)} for replication in range(run.replications)
    ]
    missing = sorted(month for month in wanted if not all(month in months for months in measured))
    if not missing:
        return
    found = (
        f"the {run.measured_days} measured days do not hold month {', '.join(map(str, missing))} (1 is January) wholly "
        f"in every replication, and {len(by_month)} rows of targets/{name}.yaml are means of monthly figures"
    )
    remedy = "Measure a year, as run=validation does: run.warm_up_days=28 run.measured_days=364"
    yield Fault("run.measured_days", found, remedy)
