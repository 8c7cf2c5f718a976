"""The vocabulary of a department: the blocks of YAML that describe it, from `Shift` to `Pathway`.

A `Pathway` is data. Engines never read it: `engine.plan` turns it into integers once. The text below a field is printed
in docs and schemas. A *lever* is a field made to be changed by an arm. Reading order: `Pool`, `Step`, the kinds of
`Branch`, `Loop`, `End`, `ArrivalSource`, `Pathway`; the rest as these name it.
"""

import math
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from simulation.department.config_dataclass import (
    AtLeastOne,
    AttributeName,
    BelowOne,
    ByName,
    CategoryOfBy,
    Clock,
    Context,
    Count,
    Days,
    DurationName,
    DurationNames,
    Entry,
    Hours,
    LimitedPool,
    Minutes,
    NamedOnce,
    Names,
    NonEmpty,
    NotNegative,
    OfAttributes,
    PerDay,
    PoolName,
    PoolNames,
    Positive,
    Ratio,
    Share,
    Simulable,
    Sourced,
    SourceNames,
    SpanMinutes,
    Times,
    Unit,
    config_dataclass,
    find_repeated,
    find_stated,
)
from simulation.department.durations import (
    Amount,
    AnyDuration,
    Number,
    attributes_of,
    largest_faults,
)
from simulation.department.own_measures import OwnGroup, OwnMeasure
from simulation.errors import Fault
from simulation.units import years_of
from simulation.wording import joined, quote_names, spaced


@dataclass(frozen=True)
class QueueName(Names):
    """The name of a step at which patients can wait; of a list of them there is one at least."""

    what: str = "step"

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """An unknown step, one at which nobody can wait, or none at all."""
        if entry.value == ():
            yield Fault("", "no step is named", "Name the steps whose waiting patients count")
        yield from super().faults(entry, context)

    def unfit(self, name: str, context: Context) -> tuple[str, str] | None:
        """Whether nobody can wait there."""
        if context.department.steps[name].pools:
            return None
        return f"nobody waits at '{name}': it asks for nothing", "Name a step that asks for a pool"


@dataclass(frozen=True)
class ProfileName(Names):
    """The name of a profile that has one of these numbers of weights."""

    what: str = "profile"
    sizes: tuple[int, ...] = ()

    def unfit(self, name: str, context: Context) -> tuple[str, str] | None:
        """Whether it has another number."""
        n = len(context.department.profiles[name].weights)
        needed = f"It needs {' or '.join(map(str, self.sizes))} here"
        return None if n in self.sizes else (f"profile '{name}' has {n} weights", needed)


NodeName = Annotated[str, Names("node")]
StepName = Annotated[str, QueueName()]
StepNames = tuple[StepName, ...]
LoopName = Annotated[str, Names("loop")]
ClockName = Annotated[str, Names("clock")]
CountingStep = Annotated[str, Names("step that counts since a clock")]
OutageName = Annotated[str, Names("outage")]
DayFactorName = Annotated[str, Names("day factor")]
HoursProfile = Annotated[str, ProfileName(sizes=(24, 168))]
WeekdaysProfile = Annotated[str, ProfileName(sizes=(7,))]
MonthsProfile = Annotated[str, ProfileName(sizes=(12,))]
ClassName = Annotated[str, Names("class")]
OwnAttributeName = Annotated[str, Names("attribute", among="own attribute")]
"""An attribute that the department describes, so not the arrival source."""
ArrivalsName = Annotated[str, Names("arrival source", among="arrivals")]
"""A source of arrivals, so not one of patients who are present at time 0."""

TimesAboveZero = Annotated[Positive, Unit("factor")]
Patients = Annotated[Count, Unit("patients")]
Units = Annotated[Count, Unit("units")]
Variation = Annotated[NotNegative, Le(1), Unit("ratio")]
AtLeastAMinute = Annotated[SpanMinutes, Simulable(least=1)]
MinuteOrNever = Annotated[Minutes, Simulable(least=1, or_never=True)]
LARGEST_SCALE = 100
"""The largest `scale` or `thinning_bound` of a source: each quarter of its usual arrivals is drawn separately."""
Categories = Annotated[tuple[str, ...], NamedOnce()]
TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1."""


def _add_up(where: str, shares: Collection[float], what: str = "shares") -> Iterator[Fault]:
    if not abs(sum(shares) - 1) <= TOLERANCE:
        yield Fault(where, f"{what} add up to {sum(shares):.6g}", "Make them add up to 1")


ShiftChange = Literal["outgoing_count", "outgoing_are_extra"]
Rule = Literal["acuity", "accumulating"]
Moment = Literal["joined", "started", "ended"]
Worker = Literal["policy", "nurse", "degraded_tool"]
"""Whose minutes a step takes: those under the triage policy, those of the nurse without its tool, or those with its
tool while the tool answers worse."""

ACUITY_TRUE = "acuity_true"
ACUITY_GIVEN = "acuity_given"
ACUITY_BY_NURSE = "acuity_by_nurse"
"""The label that the nurse would have given, where the policy's tool gives another."""
ACUITY_BY_DEGRADED_TOOL = "acuity_by_degraded_tool"
"""The label that counts where the tool answers worse."""
TOOL_CAN_FAIL = "tool_can_fail"
"""Whether the policy's tool is used in triage for a patient and anything can make it fail."""
TRIAGE_TOOL = "triage_tool"
"""The outage of the tool that triage uses."""
TRIAGE_TOOL_DEGRADED = f"{TRIAGE_TOOL}_degraded"
"""The outage during which that tool answers worse, from the `degraded` matrix of its policy."""
ACUITY_NOW = "acuity_now"
"""What the department believes at this moment: no level before triage, then the label, then corrections."""
ANY_CLASS = "acuity"
"""The value of `ranks_as` that ranks by the patient's acuity now; no class may have this name."""
ARRIVAL_SOURCE = "arrival_source"
"""The attribute every patient has: the source it came from."""
DEPARTED_AT = "departed_at"
"""The point in time at which an attendance ends."""


@config_dataclass
class Shift:
    """So many on duty between two clock hours, on some weekdays. Shifts that overlap add up.

    Example: `{hours: 8-20, number: 3, days: mon-fri}`
    """

    hours: Hours
    """From one clock hour to another, half-open; `22:30-7` passes midnight."""
    number: Units
    """Units on duty."""
    days: Days = "mon-sun"
    """Weekdays on which the shift begins: a span (`mon-fri`) or a list (`sat,sun`)."""


@config_dataclass
class ExtraShift(Shift):
    """So many more on duty, or fewer, between two clock hours, on some weekdays.

    Example: `{hours: 14-22, number: 1, days: mon-fri}`
    """

    number: Annotated[int, Unit("units")]
    """Units added, or taken away if below 0. Example: `-1`"""


@config_dataclass
class CapacityPer:
    """So many units for each unit that another pool has on duty, by its rota and extras; what triggers or outages do to
    the other is not followed. With 0 nothing is limited: no step asks for the pool.

    Example: `{pool: doctors, number: 4}`
    """

    pool: PoolName
    """The pool that is followed. Example: `doctors`"""
    number: Annotated[NotNegative, Unit("units")]
    """Units for each of its units; the product is rounded to whole units, at least one while any of them is on duty. 0:
    no limit."""


@config_dataclass
class Pool(Sourced):
    """Interchangeable units that patients hold: spaces or staff. Exactly one of `capacity`, `rota`, `unlimited`,
    `capacity_per`.

    Example: `{kind: staff, rota: [{hours: 8-20, number: 3}], role: clinician, evidence: measured, source: "rota"}`
    """

    kind: Literal["space", "staff"]
    """Whether the units are places for patients or people who work."""
    capacity: Units | None = None
    """Units at every hour. Example: `24`"""
    rota: tuple[Shift, ...] | None = None
    """Shifts that say how many units there are when, over a week."""
    unlimited: bool = False
    """Whether there are always enough units."""
    capacity_per: CapacityPer | None = None
    """Units that follow those of another pool: places that come with staff. Example: `{pool: doctors, number: 4}`"""
    extra: Annotated[int, Unit("units")] = 0
    """Units added at every hour that has any, or taken away (a lever). Example: `1`"""
    extra_shifts: tuple[ExtraShift, ...] = ()
    """Shifts laid over the rota or the capacity, whether anybody else is on or not (a lever); there are never fewer
    than 0 units. Example: `[{hours: 14-22, number: 1}]`"""
    on_shift_change: ShiftChange = "outgoing_count"
    """Staff who are still busy when their shift ends: they count against the new number (`outgoing_count`), or finish
    beside a whole new team (`outgoing_are_extra`)."""
    queues_until_open: bool = False
    """Whether patients may join a queue at hours that have no unit and wait until there is one, as for a service with
    opening hours. Otherwise such hours are refused, because a shift left out looks the same."""
    closed_while: OutageName | None = None
    """The outage during which units are closed, even if a trigger opens some; nobody is cut off. Example: `strike`"""
    closes: Annotated[int, Gt(0), Unit("units")] | None = None
    """How many units are closed then; neither this nor `closes_share`: all of them. Example: `2`"""
    closes_share: Annotated[Positive, Le(1), Unit("share")] | None = None
    """The same as a share of the most units that the rota or the capacity ever gives, in whole units and one at least:
    for a scenario that any department can meet. Example: `0.1`"""
    role: str = ""
    """What the pool counts as in tables: `clinician`, `nurse`, `bed`, `place` or a word of your own."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """No size or two, a rota of nobody, and closings of an unlimited pool, of no time, or stated twice."""
        sizes = find_stated(self, "capacity", "rota", "capacity_per")
        sizes += ["unlimited"] * self.unlimited
        if sizes == ["capacity_per"] and self.capacity_per:
            # one that can be followed has become a rota by now
            followed = self.capacity_per.pool
            other = context.department.pools.get(followed)
            if other and find_stated(other, "capacity", "rota"):
                yield Fault(
                    "capacity_per.number",
                    "0 is no limit, and here it would mean something else",
                    "Name the pool in `asks`, or first in `any_of`, and nowhere else; or give a number above 0",
                    breaks="hours",
                )
            else:
                found = f"'{followed}' has no capacity or rota of its own to be followed"
                yield Fault(
                    "capacity_per.pool", found, "Name a pool with one of them", breaks="hours"
                )
        elif len(sizes) != 1:
            remedy = (
                "Give exactly one of `capacity`, `rota`, `unlimited: true`, "
                "`capacity_per: {pool: ..., number: ...}`"
            )
            yield Fault("", f"has {' and '.join(sizes) or 'no size'}", remedy, breaks="hours")
        if self.rota == ():
            yield Fault("rota", "the rota is empty", "Give at least one shift", breaks="hours")
        if self.unlimited and self.extra_shifts:
            yield Fault(
                "extra_shifts", "the pool is unlimited: this changes nothing", "Leave it out"
            )
        if self.unlimited and self.closed_while is not None:
            yield Fault(
                "closed_while",
                "an unlimited pool cannot be closed",
                "Give it a capacity or a rota",
            )
        how_much = find_stated(self, "closes", "closes_share")
        if how_much and self.closed_while is None:
            yield Fault(
                how_much[0], "nothing says when", "Name an outage in closed_while, or remove it"
            )
        if len(how_much) > 1:
            yield Fault(
                "closes",
                "is stated with closes_share",
                "Keep one: so many units, or a share of them",
            )


@config_dataclass
class Profile(Sourced):
    """Relative weights over a repeating period.

    As a day's or week's arrivals they say when people come; as a `pace` they say how fast a process runs.

    Example: `{weights: [1.1, 1.0, 1.0, 1.0, 0.95, 0.95, 1.0], evidence: measured, source: "own attendances, 2025"}`
    """

    weights: Annotated[tuple[NotNegative, ...], MinLen(7), Unit("weight")]
    """One weight for each of 24 hours, 168 hours of a week, 7 weekdays (Monday first) or 12 months. Only ratios matter:
    the weights are scaled to mean 1."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Weights that are all 0."""
        if not any(self.weights):
            yield Fault("weights", "every weight is 0", "Give at least one above 0")


@config_dataclass
class Booking:
    """So many patients who come at one clock time, on some weekdays: neither more nor fewer, neither early nor late.

    Example: `{at: "9:30", number: 2, days: mon-fri}`
    """

    at: Clock
    """Clock time at which they come, in quotes (without, YAML reads `9:30` as a number)."""
    number: Patients
    """How many come at that time."""
    days: Days = "mon-sun"
    """Weekdays on which they come: a span (`mon-fri`) or a list (`sat,sun`)."""


@config_dataclass
class Surge:
    """Days on which more patients come than usual, or fewer. Surges that overlap multiply.

    Example: `{starts_on_day: 14, days: 3, times: 1.4}`
    """

    starts_on_day: Annotated[Count, Unit("day")]
    """Its first day; 0 is the first measured day."""
    days: Annotated[AtLeastOne, Unit("days")]
    """How many days it lasts."""
    times: Times
    """What it multiplies the arrivals of these days by."""


@config_dataclass
class Follows(Sourced):
    """Minutes that follow demand: after busy days they are shorter, as bank staff come, leave is moved, people hurry.

    The minutes of patients who arrive on a day are multiplied by (attendances of the last days / those planned for
    these days) to the power of minus the elasticity. The plan is what `per_day` and the profiles state, without
    `scale`, surges and drawn factors: a change of `scale` is followed for good, one of `per_day` is not. The day itself
    and those after it do not count.

    Example: `{durations: [first_contact, review], arrivals: [walk_in, ambulance], elasticity: 1, evidence: assumed,
    source: "how elastic capacity must have been, fitted to what trusts report"}`
    """

    durations: NonEmpty[DurationNames]
    """Durations whose minutes follow."""
    arrivals: NonEmpty[tuple[ArrivalsName, ...]]
    """Arrival sources whose patients' minutes follow; the attendances of all sources count."""
    elasticity: Ratio
    """The percentage by which minutes fall for each per cent of attendances above plan; at 1 work keeps pace with
    demand."""
    days: Annotated[AtLeastOne, Unit("days")] = 7
    """How many days before the arrival are looked back at. Example: `28`"""
    least: TimesAboveZero = 0.7
    """The least that minutes are multiplied by. Example: `0.8`"""
    most: TimesAboveZero = 1.4
    """The most that minutes are multiplied by. Example: `1.2`"""
    by_month: bool = False
    """Whether the plan knows the months of the arrival sources (`by_month`); else it is that of a mean month."""
    active: bool = True
    """Whether they follow at all (a lever)."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Nobody who attends, and bounds the wrong way round."""
        if not any(source.attends for source in context.department.arrivals.values()):
            yield Fault(
                "", "no arrival source attends, so there is nothing to follow", "Leave it out"
            )
        if self.least > self.most:
            yield Fault(
                "least", f"{self.least:g} is above most {self.most:g}", "Make `most` the larger"
            )


@config_dataclass
class LastingFactor(Sourced):
    """A drawn factor that stays for a week or a month and partly outlasts it: lognormal, mean 1, stationary from day 0.

    It multiplies arrivals (as a day factor does, for longer) or minutes by day of arrival: absence and unfilled shifts,
    which whole people on a rota cannot say.

    Example: `{every: month, cv: 0.03, persistence: 0.45, durations: [first_contact, review], evidence: assumed,
    source: "fitted to the spread of trusts from month to month"}`
    """

    every: Literal["week", "month"]
    """How long it stays: a week from Monday on, or a month of the model year."""
    cv: Variation
    """Coefficient of variation from one week or month to another: standard deviation over mean."""
    persistence: BelowOne
    """Correlation of one week or month with the next; k of them apart it is about the k-th power."""
    arrivals: tuple[ArrivalsName, ...] = ()
    """Arrival sources whose arrivals it multiplies. Example: `[walk_in, ambulance]`"""
    durations: DurationNames = ()
    """Durations whose minutes it multiplies: above 1 is fewer hands."""
    shared: bool = False
    """Whether all replications have the same, and so all departments of an ensemble: a winter, a strike, a year. They
    must begin in one week, as those of a year or more do."""
    by_month: MonthsProfile | None = None
    """A profile of 12 weights by which it is multiplied besides, scaled to mean 1. Example: `arrivals_month`"""
    rises: Annotated[float, Ge(-0.5), Le(0.5), Unit("share a year")] = 0.0
    """The rise in each year from the measured window on, besides what is drawn. Example: `0.02`"""
    active: bool = True
    """Whether it varies at all (a lever)."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Nothing that is multiplied, or patients who are booked."""
        if not self.arrivals and not self.durations:
            yield Fault("", "multiplies nothing", "Name arrivals or durations")
        for number, name in enumerate(self.arrivals):
            source = context.department.arrivals.get(name)
            if source and source.booked:
                yield Fault(
                    f"arrivals.{number}",
                    f"the patients of '{name}' are booked",
                    "Leave it out: as many come as are booked",
                )


@config_dataclass
class ArrivalSource(Sourced):
    """A source of patients: Poisson counts around a day factor, spread over the day, or bookings by timetable.

    Example: `{starts: front_desk, per_day: 224.4, by_hour: walk_in_hours, evidence: measured, source: "own extract"}`
    """

    starts: NodeName
    """The step, branch or loop at which patients enter."""
    per_day: PerDay | None = None
    """Mean arrivals a day, before `scale`: the plan, with which `follows` compares. Where it is stated, nobody is
    `booked`."""
    booked: tuple[Booking, ...] = ()
    """When patients come, by timetable, instead of `per_day`. Example: `[{at: "9:30", number: 2, days: mon-fri}]`"""
    scale: Annotated[Times, Simulable(most=LARGEST_SCALE)] = 1.0
    """Multiplies arrivals (a lever) by keeping more or fewer of the same candidates, so that all others stay the same.
    It is above or below plan, so minutes that follow demand follow it; a change of `per_day` moves the plan, too.
    Of `booked` patients it is the probability that each comes, up to 1. Example: `1.1`"""
    by_hour: HoursProfile | None = None
    """The profile of arrivals by hour: 24 weights, or 168 of a week, which leave no room for `by_weekday`."""
    by_weekday: WeekdaysProfile | None = None
    """The profile of arrivals by weekday: 7 weights. Example: `arrivals_weekday`"""
    by_month: MonthsProfile | None = None
    """The profile of arrivals by month of the model year: 12 weights. Example: `arrivals_month`"""
    day_factor: DayFactorName | None = None
    """The day factor that this source shares with all others that name it. Example: `residual`"""
    surges: tuple[Surge, ...] = ()
    """Days on which more come than usual, or fewer. Example: `[{starts_on_day: 14, days: 3, times: 1.4}]`"""
    thinning_bound: Annotated[float, Ge(1), Unit("factor"), Simulable(most=LARGEST_SCALE)] = 1.5
    """How many times the usual arrivals a day may want: `scale`, day factor, lasting factors and surges together.
    Example: `2.5`"""
    attends: bool = True
    """Whether these patients count as A&E attendances; others only compete for pools."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Not exactly one of `per_day` and `booked`, and what does not go with that one."""
        if (self.per_day is None) == (not self.booked):
            found = (
                "has both `per_day` and `booked`" if self.booked else "does not say how many come"
            )
            yield Fault("", found, "Give exactly one of `per_day`, `booked`", breaks="hours")
        elif self.booked:
            for key in ("by_hour", "by_weekday", "by_month", "day_factor", "surges"):
                if getattr(self, key):
                    yield Fault(
                        key,
                        "the patients are booked",
                        "Leave it out: bookings say who comes when",
                    )
            if self.scale > 1:
                yield Fault(
                    "scale",
                    f"a scale of {self.scale:g}",
                    "Book more: of booked patients it is the probability that each comes",
                )
        else:
            yield from self._unbooked_faults(context)

    def _unbooked_faults(self, context: Context) -> Iterator[Fault]:
        """Two patterns of the week, or a thinning bound that is too low."""
        hours = context.department.profiles.get(self.by_hour or "")
        if hours and len(hours.weights) > 24 and self.by_weekday is not None:
            yield Fault(
                "by_weekday",
                f"by_hour '{self.by_hour}' already says the weekday",
                "Remove by_weekday, or give by_hour 24 weights: two patterns of the week change how many come",
            )
        bound, room = self.thinning_bound, "or more, with room for busy days"
        if bound < self.scale:
            yield Fault(
                "thinning_bound",
                f"{bound:g} is below scale {self.scale:g}",
                f"Raise thinning_bound to {self.scale:g} {room}",
            )
            return
        for number, surge in enumerate(self.surges):
            day = surge.starts_on_day
            at_once = [
                other for other in self.surges if 0 <= day - other.starts_on_day < other.days
            ]
            wanted = self.scale * math.prod(other.times for other in at_once)
            if wanted > bound:
                yield Fault(
                    f"surges.{number}",
                    f"wants {wanted:g} times the usual arrivals, above {bound:g}",
                    f"Raise thinning_bound to {wanted:g} {room}",
                )


@config_dataclass
class DayFactor(Sourced):
    """A factor that all sources naming it share on one day: gamma, mean 1.

    Example: `{cv: 0.044, evidence: measured, source: "daily totals after weekday and month"}`
    """

    cv: Variation
    """Coefficient of variation from day to day: standard deviation over mean."""


@config_dataclass
class Present(Sourced):
    """Patients who are in the building at time 0. Either `number`, or `pool` and `share`.

    Example: `{starts: ward, pool: medicine_beds, share: 0.95, evidence: measured, source: "midnight census"}`
    """

    starts: NodeName
    """The step, branch or loop at which they are put."""
    pool: (
        Annotated[
            str,
            LimitedPool(but="", remedy="Give a `number`: there is no share of an unlimited pool"),
        ]
        | None
    ) = None
    """The pool of whose capacity they are a share."""
    share: Annotated[NotNegative, Unit("share")] | None = None
    """How many there are, as a share of the pool's capacity."""
    number: Patients | None = None
    """How many there are. Example: `20`"""
    attends: bool = False
    """Whether these patients count as A&E attendances."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Not exactly one way to say how many there are."""
        if find_stated(self, "number", "pool", "share") not in (["number"], ["pool", "share"]):
            yield Fault(
                "", "not exactly one of `number`, or `pool` with `share`", "Give one of the two"
            )


@config_dataclass
class ShareFactors:
    """Factors on the shares of a choice: one for each of its categories, by the category of another attribute.

    Example: `{by: age_band, values: {child: [1, 1], adult: [0.7, 1.3]}}`
    """

    by: AttributeName
    """The attribute on whose category the factors depend."""
    values: Annotated[
        Mapping[CategoryOfBy, tuple[Annotated[Positive, Unit("ratio")], ...]], MinLen(1)
    ]
    """One factor for each category of the choice, for every category of that attribute, or by spans of years."""


@config_dataclass
class Choice(Sourced):
    """One of several categories, drawn for each patient.

    Example: `{kind: choice, categories: [child, adult], by: arrival_source, shares: {walk_in: [0.2, 0.8],
    ambulance: [0.1, 0.9]}, evidence: measured, source: "own extract"}`
    """

    kind: Literal["choice"]
    categories: NonEmpty[Categories]
    """Names of the categories."""
    by: AttributeName | None = None
    """The attribute on whose category the shares depend."""
    shares: NonEmpty[tuple[Share, ...]] | Mapping[CategoryOfBy, tuple[Share, ...]]
    """One share for each category, adding up to 1; where `by` is set, such a list for each category of that
    attribute."""
    times: tuple[ShareFactors, ...] = ()
    """Factors on the shares by further attributes; each patient's shares are then scaled to add up to 1.
    Example: `[{by: age_band, values: {child: [1, 1], adult: [0.5, 2]}}]`"""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Shares that do not go with `by`, or with the number of categories, or that do not add up."""
        n = len(self.categories)
        if isinstance(self.shares, tuple):
            lists: dict[str, Sequence[float]] = {"shares": self.shares}
            if self.by is not None:
                yield Fault(
                    "shares",
                    f"one list, but `by` is '{self.by}'",
                    f"Give one list for each category of {self.by}, or remove `by`",
                )
        else:
            lists = {f"shares.{category}": shares for category, shares in self.shares.items()}
            if self.by is None:
                yield Fault(
                    "by",
                    "shares by category, but no `by`",
                    "Name in `by` the attribute whose categories these are",
                )
        for place, shares in lists.items():
            if len(shares) != n:
                found = f"{len(shares)} shares for {n} categories"
                yield Fault(place, found, "Give one share for each category")
            else:
                yield from _add_up(place, shares)
        for number, factors in enumerate(self.times):
            for category, values in factors.values.items():
                if len(values) != n:
                    found = f"{len(values)} factors for {n} categories"
                    place = f"times.{number}.values.{category}"
                    yield Fault(place, found, "Give one factor for each category")


@config_dataclass
class Chance(Sourced):
    """Yes or no, drawn for each patient; its categories are `no` and `yes`.

    Example: `{kind: chance, p: 0.04, evidence: assumed, source: "share who need an interpreter"}`
    """

    kind: Literal["chance"]
    p: Annotated[Number, Unit("probability")]
    """Probability of `yes`. It may depend on attributes; a product above 1 counts as 1."""
    label_weight: Annotated[Share, Unit("weight")] = 0.0
    """The weight w of the label where `p` depends on the true acuity: (1 - w) p(true) + w p(label). The same random
    number decides before and after triage, so a label matters only to patients whose number lies between the two
    probabilities. Example: `0.5`"""

    def faults(self, context: Context) -> Iterator[Fault]:
        """A probability that is none, and the weight of a label that there is not or that decides nothing."""
        yield from largest_faults("p", self.p)
        if not isinstance(self.p, Amount) and not 0 <= self.p <= 1:
            yield Fault("p", f"a probability of {self.p:g}", "Give 0 to 1")
        if self.label_weight and ACUITY_TRUE not in attributes_of(self.p):
            yield Fault(
                "label_weight",
                f"p does not depend on {ACUITY_TRUE}",
                f"Let a factor of p go by {ACUITY_TRUE}, or leave it out",
            )
        if self.label_weight and ACUITY_GIVEN not in context.department.attributes:
            yield Fault(
                "label_weight",
                f"there is no {ACUITY_GIVEN}",
                f"Describe it as {{kind: given, like: {ACUITY_TRUE}}}",
            )


@config_dataclass
class Age(Sourced):
    """An age in whole years, drawn within the patient's category of another attribute and evenly within a span.

    Example: `{kind: age, by: age_band, shares: {child: {0-4: 0.4, 5-17: 0.6}, adult: {18-39: 0.5, 40-99: 0.5}},
    evidence: measured, source: "own extract"}`
    """

    kind: Literal["age"]
    by: AttributeName
    """The attribute whose categories are bands of age."""
    shares: Mapping[CategoryOfBy, Mapping[str, Share]]
    """For each category of that attribute: spans of years, both ends included, each with its share of these patients;
    they add up to 1."""

    @property
    def spans(self) -> tuple[str, ...]:
        """The spans of all bands."""
        return tuple(span for shares in self.shares.values() for span in shares)

    @property
    def categories(self) -> tuple[str, ...]:
        """Every year up to the oldest, so that the code of a category is the age."""
        return tuple(map(str, range(max((years_of(span).stop for span in self.spans), default=0))))

    def faults(self, context: Context) -> Iterator[Fault]:
        """Shares that do not add up, what is no span of years, and years that are in two spans."""
        for band, shares in self.shares.items():
            yield from _add_up(f"shares.{band}", shares.values())
        wrong = [span for span in self.spans if not years_of(span)]
        wrong += find_repeated(str(year) for span in self.spans for year in years_of(span))
        if wrong:
            yield Fault(
                "shares",
                f"no span of years, or a year in two of them: {quote_names(wrong)}",
                "Write the first and the last year, such as 65-74, and each year in one span",
            )


@config_dataclass
class Given(Sourced):
    """Decided by the triage policy, not drawn. Exactly one of `like` and `categories`.

    Example: `{kind: given, like: acuity_true, evidence: assumed, source: "the triage policy decides it"}`
    """

    kind: Literal["given"]
    like: AttributeName | None = None
    """The attribute that it equals until it is decided, and whose categories it has."""
    categories: Categories = ()
    """Its own categories; the first holds until it is decided. Example: `["no", "yes"]`"""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Not exactly one of `like` and `categories`."""
        if (self.like is None) == (not self.categories):
            yield Fault(
                "",
                "not exactly one of `like` and `categories`",
                "Give the attribute that it is like, or categories of its own",
                breaks="attribute",
            )


@config_dataclass
class Action(Sourced):
    """Something that triage may set off; the triage policy decides for whom.

    Example: `{kind: action, categories: ["no", "yes"], only: {arrival_source: [walk_in]}, evidence: assumed,
    source: "tests are ordered at the walk-in desk alone"}`
    """

    kind: Literal["action"]
    categories: Annotated[Categories, MinLen(2)]
    """What may be set off; the first is that nothing is."""
    only: OfAttributes = field(default_factory=dict)
    """For whom it can be set off: patients with one of the named categories of each named attribute (`acuity_given` is
    the label that counts). Leave out patients who bypass triage."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Each other action that it depends on."""
        for name in self.only:
            if isinstance(context.department.attributes.get(name), Action):
                yield Fault(
                    f"only.{name}",
                    f"'{name}' is an action itself",
                    "Name an attribute of the patient: one action does not wait for another",
                )


Attribute = Choice | Chance | Age | Given | Action


@config_dataclass
class QueueClass:
    """How a class of patients ranks in a queue.

    Example: `{rank: 2, rate: 400}`
    """

    rank: Annotated[NotNegative, Unit("rank")]
    """Place under the rule `acuity`: the lower goes first."""
    rate: Annotated[Count, Unit("rank a minute")]
    """Rank gained for each minute waited, under the rule `accumulating`."""


ENDS_FIRST = Fault("", "ends before it starts", "Make ends_at_minutes the later one")


@config_dataclass
class TargetPull(Sourced):
    """A pull towards the four-hour target: for a while a patient ranks as another class, if that is better.

    Example: `{active: true, starts_at_minutes: 180, ends_at_minutes: 240, ranks_as: very_urgent, evidence: assumed,
    source: "the nurse in charge looks at the last hour"}`
    """

    active: bool
    """Whether there is any such pull (a lever)."""
    starts_at_minutes: Minutes
    """Time since arrival from which on it pulls."""
    ends_at_minutes: Minutes
    """Time since arrival from which on it no longer pulls."""
    ranks_as: ClassName
    """The class that the patient counts as meanwhile."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """A pull that ends before it starts."""
        if self.ends_at_minutes <= self.starts_at_minutes:
            yield ENDS_FIRST


@config_dataclass
class Priority(Sourced):
    """Who is next. Classes are the levels of acuity, most urgent first, and any others that steps name.

    Example: `{rule: acuity, classes: {urgent: {rank: 1, rate: 0}, standard: {rank: 2, rate: 0}},
    untriaged_as: standard, ignored_as: standard, evidence: assumed, source: "the urgent first"}`
    """

    rule: Rule
    """By level alone (`acuity`), or by level and time waited (`accumulating`)."""
    classes: NonEmpty[ByName[QueueClass]]
    """Rank and rate of each class, by name."""
    untriaged_as: ClassName
    """The class of somebody who has no label yet."""
    adherence: Annotated[Share, Unit("probability")] = 1.0
    """Probability that a patient's class is honoured in one queue. Example: `0.8`"""
    ignored_as: ClassName
    """The class that a patient counts as whose own is not honoured."""
    target_pull: TargetPull | None = None
    """A pull towards the four-hour target."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Classes that do not begin with the levels of acuity, or one with the name of them all."""
        classes, acuity = tuple(self.classes), context.department.attributes.get(ACUITY_TRUE)
        if isinstance(acuity, Choice) and classes[: len(acuity.categories)] != acuity.categories:
            yield Fault(
                "classes",
                f"the classes are {quote_names(classes)}",
                f"Begin with the categories of {ACUITY_TRUE}, in their order: {quote_names(acuity.categories)}",
            )
        if ANY_CLASS in classes:
            yield Fault(
                f"classes.{ANY_CLASS}",
                "a class has a reserved name",
                f"Rename it: `ranks_as: {ANY_CLASS}` means the patient's acuity now",
            )


EVERYBODY = "everybody"
FIRST_COME = Priority(
    rule="acuity",
    classes={EVERYBODY: QueueClass(rank=1.0, rate=0)},
    untriaged_as=EVERYBODY,
    ignored_as=EVERYBODY,
    evidence="assumed",
    source="first come, first served",
)


@config_dataclass
class Patience(Sourced):
    """When patients give up: they leave unless a clinician has started with them.

    Example: `{minutes: patience, arrivals: [walk_in], next: left, evidence: assumed, source: "one deadline"}`
    """

    minutes: DurationName
    """The duration from arrival until somebody leaves."""
    arrivals: SourceNames
    """Arrival sources whose patients may leave."""
    next: NodeName
    """Where they go."""


@config_dataclass
class Worsening(Sourced):
    """When patients get worse while they wait; nothing follows until it is noticed.

    Example: `{minutes: worsening, arrivals: [walk_in], becomes: {standard: urgent}, evidence: assumed,
    source: "one level more urgent"}`
    """

    minutes: DurationName
    """The duration from arrival, by true acuity, until it happens."""
    arrivals: SourceNames
    """Arrival sources whose patients may get worse."""
    becomes: NonEmpty[Mapping[ClassName, ClassName]]
    """What each class of acuity now becomes when worsening is noticed at a round; classes left out do not change."""


@config_dataclass
class Rounds(Sourced):
    """Looking again at those who wait, at regular times from 00:00 on.

    A round costs nothing by itself: a trigger that `takes` says what it costs the nurses.

    Example: `{waiting_at: [first_contact], every_minutes: 60, evidence: assumed, source: "local standard"}`
    """

    waiting_at: StepNames
    """Steps whose waiting patients are looked at."""
    every_minutes: AtLeastAMinute
    """Time from one round to the next."""
    active: bool = True
    """Whether there are any rounds (a lever)."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Rounds where nobody gets worse."""
        if not context.department.worsening:
            yield Fault(
                "",
                "nobody gets worse, so there is nothing to notice",
                "Describe `worsening`, or remove it",
            )


@config_dataclass
class Overflow(Sourced):
    """Placement elsewhere: after a while the request may also take other pools.

    Example: `{after_minutes: 240, any_of: [surgery_beds], evidence: assumed, source: "after half a shift"}`
    """

    after_minutes: Minutes
    """Waiting time after which the other pools may be taken."""
    any_of: NonEmpty[PoolNames]
    """The other pools, the first free in this order."""


@config_dataclass
class Effort(Sourced):
    """Effort under pressure: the last share of a step's minutes falls away, in equal stages, while many wait elsewhere.

    With three stages of a share of 0.15, a stay ends after 0.85 of its minutes if 30 or more wait just before that
    instant, else after 0.90 if 24 do, else after 0.95 if 18 do, else when its minutes are over.

    Example: `{waiting_at: [bed], share: 0.15, at_least: [30, 24, 18], evidence: assumed,
    source: "discharges brought forward under pressure"}`
    """

    waiting_at: StepNames
    """Steps whose waiting patients are counted, all together."""
    share: Share
    """The share of the minutes that can fall away; 0 is none, as without effort."""
    at_least: Annotated[tuple[Annotated[int, Gt(0)], ...], MinLen(1), Unit("patients")]
    """How many must wait for the step to end at the beginning of each stage, in order; none more than the one
    before."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Stages that need more than the one before."""
        for number, (before, after) in enumerate(pairwise(self.at_least), start=1):
            if after > before:
                yield Fault(
                    f"at_least.{number}",
                    f"{after} after {before}",
                    "A later stage needs as many as the one before or fewer: put them in falling order",
                )


@config_dataclass
class RandomOutages(Sourced):
    """Up and down by turns, each for an exponential time, since long before time 0. With a mean of 0 it is never up, or
    never down.

    Example: `{kind: random, mean_up_minutes: 43200, mean_down_minutes: 240, evidence: assumed, source: "once a month"}`
    """

    kind: Literal["random"]
    mean_up_minutes: MinuteOrNever
    """Mean time from one outage to the next; 0, or 1 or more."""
    mean_down_minutes: MinuteOrNever
    """Mean length of an outage; 0, or 1 or more."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Neither up nor down."""
        if not self.mean_up_minutes + self.mean_down_minutes > 0:
            yield Fault(
                "",
                "it is neither up nor down: both means are 0",
                "Give mean_up_minutes, mean_down_minutes or both",
            )


@config_dataclass
class ShareOfTime(Sourced):
    """Down for a share of the time.

    Example: `{kind: share, share: 0.01, mean_down_minutes: 60, evidence: assumed,
    source: "99 % up, as in the contract"}`
    """

    kind: Literal["share"]
    share: Share
    """Share of the time in which it is down: 0 is never, 1 is always."""
    mean_down_minutes: AtLeastAMinute
    """Mean length of an outage (exponential), 1 or more."""


@config_dataclass
class Span:
    """From one time to another since 00:00 on the first measured day, half-open.

    Example: `{starts_at_minutes: 4860, ends_at_minutes: 5100}`
    """

    starts_at_minutes: Minutes
    """When it begins."""
    ends_at_minutes: Minutes
    """When it ends."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """A span that ends before it starts."""
        if not self.ends_at_minutes > self.starts_at_minutes:
            yield ENDS_FIRST


@config_dataclass
class StatedOutages(Sourced):
    """Down in the stated spans: the same in every replication.

    Example: `{kind: stated, spans: [{starts_at_minutes: 4860, ends_at_minutes: 5100}], evidence: measured,
    source: "log of the service desk"}`
    """

    kind: Literal["stated"]
    spans: tuple[Span, ...]
    """The spans, in order of time."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Spans that start before an earlier one ends."""
        previous_end = 0.0
        for number, span in enumerate(self.spans):
            if span.starts_at_minutes < previous_end:
                yield Fault(
                    f"spans.{number}",
                    "starts before an earlier one ends",
                    "Put spans in order of time, and apart",
                )
            previous_end = max(previous_end, span.ends_at_minutes)


@config_dataclass
class QuietDays(Sourced):
    """Between two clock hours of every day that is not forecast to be among the fullest.

    A pool that is `closed_while` such days has units on the fullest days alone, so hours of staff can be moved there. A
    day counts as one of the fullest if its forecast of attendances is above what so many days of a model year exceed,
    by the profiles, Poisson counts and day factors of the arrival sources; which days these are differs between
    replications, and is the same in every arm.

    Example: `{kind: quiet_days, hours: 13-23, fullest_share: 0.1, forecast_error: 0.06, evidence: assumed,
    source: "a rota moved a week ahead"}`
    """

    kind: Literal["quiet_days"]
    hours: Hours
    """Clock hours, as of a shift."""
    fullest_share: Annotated[Positive, Lt(1), Unit("share")]
    """The share of days that count as fullest, in a year without surges."""
    forecast_error: Variation
    """How far a day's forecast is off: the standard deviation of its logarithm; 0: the number is known."""


Outage = RandomOutages | ShareOfTime | StatedOutages | QuietDays
"""When something (a tool, a system, a unit) is down: spans of time drawn for a replication, the same in every arm."""


@config_dataclass
class Step:
    """Asks for pools, waits, holds them for its minutes, gives back what it does not keep.

    Example: `{asks: [triage_nurses], minutes: [triage_interview], relabels: acuity_given,
    records: {assessed_at: started, triaged_at: ended}, next: first_contact}`
    """

    next: NodeName
    """Where the patient goes afterwards: a step, branch, loop or end."""
    asks: PoolNames = ()
    """Pools of which one unit each is needed, all of them together."""
    any_of: PoolNames = ()
    """Pools of which one unit of any one is needed, the first free in this order.
    Example: `[doctors, practitioners]`"""
    minutes: DurationNames = ()
    """Durations, added up; none means an instant."""
    minutes_by: Worker = "policy"
    """Whose minutes these are, where the triage policy changes them."""
    times: TimesAboveZero = 1.0
    """A factor on the minutes. Example: `1.2`"""
    pace: HoursProfile | None = None
    """The profile by which the minutes pass faster or slower. Example: `discharge_pace`"""
    repeat_of: LoopName | None = None
    """The loop in whose k-th pass the k-th draw of the durations counts. Example: `tests`"""
    starts_clock: tuple[str, ...] = ()
    """Clocks that start for the patient as the step ends, by name. Example: `[bed_search]`"""
    since: ClockName | None = None
    """Such a clock: the minutes count from its start and not from now, and it is used up (from then on they count from
    now). Something on every way to the step must start it. Example: `bed_search`"""
    keeps: PoolNames = ()
    """Pools whose units, of those taken, are held on after the end. Example: `[majors_trolleys]`"""
    releases_at_start: PoolNames = ()
    """Pools whose units, held from before, are given back at the start. Example: `[assessment_bays]`"""
    releases_at_end: PoolNames = ()
    """Pools whose units, held from before, are given back at the end. Example: `[majors_trolleys]`"""
    ranks_as: Annotated[str, Names("class", among="rank")] = ANY_CLASS
    """How the patient ranks in this queue: `acuity` (as the class it is in now), or a class of the priority rule.
    Example: `untriaged`"""
    adheres: bool = False
    """Whether the rule's `adherence` applies in this queue."""
    pulled: bool = False
    """Whether the rule's `target_pull` applies in this queue."""
    may_leave: bool = False
    """Whether patience can end this wait."""
    first_seen: bool = False
    """Whether a clinician starts here: patience no longer matters."""
    relabels: OwnAttributeName | None = None
    """The attribute that the patient's acuity now becomes at the end."""
    queue_limit: Annotated[Count, Unit("patients")] | None = None
    """How many may wait here; any more go to `blocked_next`. Example: `6`"""
    blocked_next: NodeName | None = None
    """Where a patient goes whom a full queue blocks. Example: `corridor`"""
    overflow: Overflow | None = None
    """Other pools that may be taken after a while."""
    effort: Effort | None = None
    """The part of the minutes that falls away while many wait elsewhere, such as of ward stays while many wait for a
    bed."""
    records: Mapping[str, Moment] = field(default_factory=dict)
    """Points in time that this step dates, by name: when the patient `joined`, `started` or `ended`."""

    @property
    def pools(self) -> tuple[str, ...]:
        """Every pool that it asks for, and each of those of which it takes one."""
        return (*self.asks, *self.any_of)

    @property
    def takes(self) -> tuple[str, ...]:
        """Every pool from which it may take, those of an overflow last."""
        return (*self.pools, *(self.overflow.any_of if self.overflow else ()))

    def faults(self, context: Context) -> Iterator[Fault]:
        """Pools that it asks for twice or keeps without taking them, a queue without a limit or without a place to go
        on to, minutes that there are not, and a label with other levels."""
        if self.since in context.names["clock"] and not self.minutes:
            yield Fault(
                "since",
                "there are no minutes to count",
                "Name the minutes that count from its start, or remove `since`",
            )
        for pool in find_repeated(self.takes):
            yield Fault(
                "", f"asks for '{pool}' twice", "Name each pool once in asks, any_of and overflow"
            )
        for number, pool in enumerate(self.keeps):
            if pool not in self.takes and pool in context.department.pools:
                yield Fault(
                    f"keeps.{number}",
                    f"keeps '{pool}', which it does not take",
                    "A step keeps only what it asks for; what was held before is held on by itself",
                )
            elif pool in self.releases_at_end:
                yield Fault(
                    f"keeps.{number}", f"'{pool}' is kept and released at the end", "Choose one"
                )
        if len(find_stated(self, "queue_limit", "blocked_next")) == 1:
            yield Fault(
                "", "one of queue_limit and blocked_next is missing", "Give both, or neither"
            )
        if self.queue_limit is not None and not self.pools:
            yield Fault(
                "queue_limit", "a limit, but nobody waits here", "Ask for a pool, or remove it"
            )
        if self.overflow and not self.any_of and len(self.asks) != 1:
            yield Fault(
                "overflow",
                "it is not clear which pool others may replace",
                "Put the pool that others may replace into any_of, or ask for exactly one",
            )
        if self.effort and not self.minutes:
            yield Fault(
                "effort",
                "there are no minutes to fall away",
                "Name the step's minutes, or remove it",
            )
        own = tuple(context.categories.get(self.relabels or "", ()))
        classes = tuple(context.department.priority.classes)[: len(own)]
        wanted = tuple(context.categories.get(ACUITY_TRUE, classes))
        if self.relabels in context.categories and own != wanted:
            yield Fault(
                "relabels",
                f"'{self.relabels}' has the categories {quote_names(own)}",
                f"A label has the categories {quote_names(wanted)}, in that order",
            )


@config_dataclass
class ByAttribute:
    """Route by a patient's category.

    Example: `{kind: attribute, attribute: admitted, cases: {"yes": bed_request}, otherwise: going_home}`
    """

    kind: Literal["attribute"]
    attribute: Annotated[str, Names("attribute", among="attribute or acuity now")]
    """Any attribute, `arrival_source`, or `acuity_now` (what the department believes at this moment)."""
    cases: Mapping[Annotated[str, Names("category", of="attribute", every=True)], NodeName]
    """Where each category goes."""
    otherwise: NodeName | None = None
    """Where the categories go that `cases` leaves out."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return f"by {spaced(self.attribute)}"


@config_dataclass
class ByChance(Sourced):
    """Route by a drawn coin; in a loop each pass has a coin of its own.

    Example: `{kind: chance, targets: {ward: 0.3, going_home: 0.7}, evidence: measured, source: "own extract"}`
    """

    kind: Literal["chance"]
    targets: Annotated[Mapping[NodeName, Share], Unit("probability")]
    """Probability of each way on, adding up to 1."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return "by chance"

    def faults(self, context: Context) -> Iterator[Fault]:
        """Probabilities that do not add up."""
        yield from _add_up("targets", self.targets.values(), "probabilities")


@config_dataclass
class ByQueue(Sourced):
    """Route by how many wait at some steps, as it was just before this instant.

    Example: `{kind: queue, waiting_at: [first_contact], at_least: 10, then: streaming, otherwise: first_contact,
    evidence: assumed, source: "a local rule"}`
    """

    kind: Literal["queue"]
    waiting_at: StepNames
    """Steps whose waiting patients are counted, all together."""
    at_least: Annotated[Count, Unit("patients")]
    """How many must wait for `then`."""
    then: NodeName
    """Where the patient goes if so many wait."""
    otherwise: NodeName
    """Where it goes if fewer do."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return f"by who waits at {joined(map(spaced, self.waiting_at))}"

    def then_if(self) -> str:
        """When `then` is taken, in words."""
        return f"{self.at_least} or more waiting"


@config_dataclass
class ByHours(Sourced):
    """Route by clock and weekday.

    Example: `{kind: hours, hours: 8-22, days: mon-fri, then: minors, otherwise: majors, evidence: published,
    source: "opening hours"}`
    """

    kind: Literal["hours"]
    hours: Hours
    """Opening hours, half-open; `22:30-7` passes midnight."""
    days: Days = "mon-sun"
    """Weekdays on which they begin: a span (`mon-fri`) or a list (`sat,sun`)."""
    then: NodeName
    """Where the patient goes in these hours."""
    otherwise: NodeName
    """Where it goes at any other time."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return "by the clock"

    def then_if(self) -> str:
        """When `then` is taken, in words."""
        return self.hours if self.days == "mon-sun" else f"{self.hours} {self.days}"


@config_dataclass
class ByOutage(Sourced):
    """Route by whether something is down.

    Example: `{kind: down, outage: triage_tool, then: triage_without_tool, otherwise: triage_by_tool, evidence: assumed,
    source: "the fall-back"}`
    """

    kind: Literal["down"]
    outage: OutageName
    """The outage that is asked about."""
    since_start: bool = False
    """Whether it counts if it was down at any time from the start of the patient's last activity until now."""
    then: NodeName
    """Where the patient goes while it is down."""
    otherwise: NodeName
    """Where it goes while it is up."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return f"by {spaced(self.outage)}"

    def then_if(self) -> str:
        """When `then` is taken, in words."""
        return "was down" if self.since_start else "down"


@config_dataclass
class ByElapsed(Sourced):
    """Route by whether a step's minutes since a clock are over already, such as whether results are back.

    Example: `{kind: elapsed, step: laboratory_ordered, then: results_read, otherwise: laboratory_ordered, evidence:
    assumed, source: "results that are back are read in the contact"}`
    """

    kind: Literal["elapsed"]
    step: CountingStep
    """A step with `since`. Its clock goes on running. Example: `laboratory_ordered`"""
    then: NodeName
    """Where the patient goes if the clock runs and the step would end at once."""
    otherwise: NodeName
    """Where it goes if not."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return f"by {spaced(self.step)}"

    def then_if(self) -> str:
        """When `then` is taken, in words."""
        return "over already"


@config_dataclass
class ByPassed(Sourced):
    """Route by whether the patient has been through a step, in any pass of a loop; one who left it unserved has not.

    Example: `{kind: passed, step: triage_doctor, then: short_contact, otherwise: first_contact, evidence: assumed,
    source: "whom a doctor saw at triage needs less of the next one's time"}`
    """

    kind: Literal["passed"]
    step: StepName
    """The step that is asked about. Example: `triage_doctor`"""
    then: NodeName
    """Where the patient goes who has been through it."""
    otherwise: NodeName
    """Where others go."""

    def reads(self) -> str:
        """What it routes by, in words."""
        return f"by {spaced(self.step)}"

    def then_if(self) -> str:
        """When `then` is taken, in words."""
        return "passed"


Branch = ByAttribute | ByChance | ByQueue | ByHours | ByOutage | ByElapsed | ByPassed


@config_dataclass
class Loop:
    """Goes round as many times as an attribute says, then on.

    Example: `{passes: test_rounds, again: tests, next: decision}`
    """

    passes: OwnAttributeName
    """The attribute whose category is the number of passes (its categories are whole numbers). A patient's passes are
    counted once: a loop inside another goes round in the first pass of the outer one only."""
    again: NodeName
    """Where a pass begins."""
    next: NodeName
    """Where the patient goes after the last one."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """An attribute whose categories do not count."""
        counts = context.categories.get(self.passes, ())
        if tuple(counts) != tuple(map(str, range(len(counts)))):
            yield Fault(
                "passes",
                f"'{self.passes}' has the categories {quote_names(counts)}",
                "Passes are counted by an attribute whose categories are '0', '1', '2' and so on",
            )


@config_dataclass
class End:
    """Leaves the model.

    Example: `{outcome: discharged, records: [departed_at]}`
    """

    outcome: str
    """How: `discharged`, `admitted`, `left` or a word of your own."""
    records: tuple[str, ...] = ()
    """Points in time that the moment of leaving dates, by name."""


Node = Step | Branch | Loop | End


@config_dataclass
class Opens(Sourced):
    """Escalation: more units of a pool open while many wait.

    Example: `{kind: opens, waiting_at: [bed], above: 10, below: 4, pool: medicine_beds, extra: 6, evidence: assumed,
    source: "full capacity protocol"}`
    """

    kind: Literal["opens"]
    waiting_at: StepNames
    """Steps whose waiting patients are counted, all together."""
    above: Patients
    """They open while more than so many wait."""
    below: Patients
    """They close when so many or fewer wait."""
    pool: Annotated[str, LimitedPool()]
    """The pool whose units open."""
    extra: Units
    """How many open, at each stage; 0 opens nothing (a lever that is off)."""
    stages: Annotated[AtLeastOne, Le(50), Unit("stages")] = 1
    """How many times so many open, one stage after another as more wait. Example: `6`"""
    stage_every: Annotated[Count, Unit("patients")] = 0
    """How many more wait when a stage opens, and when it closes, than at the stage before; 1 or more if there are
    stages. Example: `7`"""
    arrives_after_minutes: Minutes = 0.0
    """Time from the decision until they open, as of staff on call: they come whether or not the queue is short again by
    then, and stay until a later decision closes them. Example: `45`"""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Units that close later than they open, and stages that all open at once."""
        if self.below > self.above:
            yield Fault(
                "below",
                f"below {self.below} is more than above {self.above}",
                "Close at or below the number above which it opens",
            )
        if self.stages > 1 and not self.stage_every:
            yield Fault(
                "stage_every",
                f"the {self.stages} stages all open at once",
                "Say how many more have to wait for each further stage",
            )


@config_dataclass
class Takes(Sourced):
    """People who wait need care, which keeps staff from other work: whole units hour by hour, the rest carried over.

    Example: `{kind: takes, waiting_at: [bed], minutes_per_hour: 5, pool: majors_nurses, leaves: 1, evidence: assumed,
    source: "one nurse for 12 boarders"}`
    """

    kind: Literal["takes"]
    waiting_at: StepNames
    """Steps whose waiting patients need care."""
    minutes_per_hour: Annotated[Minutes, Unit("minutes an hour")]
    """Work for each who waits; 0 takes nothing (a lever that is off)."""
    pool: Annotated[str, LimitedPool()]
    """The pool whose units do it."""
    leaves: Units = 1
    """How many units stay at their own work, at least."""


Trigger = Opens | Takes


@config_dataclass
class Pathway:
    """A department, and whatever else competes for its pools. Names are unique across steps, branches, loops, ends.

    Example: `{name: desk, arrivals: {walk_in: {starts: desk, per_day: 60, evidence: assumed, source: "an example"}},
    pools: {clerks: {kind: staff, capacity: 1, evidence: assumed, source: "an example"}},
    durations: {service: {kind: exponential, mean: 12, evidence: assumed, source: "an example"}},
    priority: {rule: acuity, classes: {anybody: {rank: 1, rate: 0}}, untriaged_as: anybody, ignored_as: anybody,
    evidence: assumed, source: "first come, first served"}, steps: {desk: {asks: [clerks], minutes: [service],
    next: served}}, ends: {served: {outcome: discharged, records: [departed_at]}}}`
    """

    name: str
    """Name of the department's pathway."""
    question: str = ""
    """What the pathway is to answer, for a reader. Example: `How long do people wait at one desk?`"""
    arrivals: NonEmpty[ByName[ArrivalSource]]
    """Where patients come from, by name."""
    present: ByName[Present] = field(default_factory=dict)
    """Patients who are there at time 0, by name."""
    day_factors: ByName[DayFactor] = field(default_factory=dict)
    """What makes a whole day busier than others of its weekday, by name."""
    lasting_factors: ByName[LastingFactor] = field(default_factory=dict)
    """What makes weeks or months busier, or their minutes longer, by name."""
    follows: ByName[Follows] = field(default_factory=dict)
    """Whose minutes follow demand, by name: departments that adapt."""
    profiles: ByName[Profile] = field(default_factory=dict)
    """Weights over a day, a week or a year, by name."""
    pools: ByName[Pool]
    """Spaces and staff, by name."""
    attributes: ByName[Attribute] = field(default_factory=dict)
    """What each patient is like, by name: drawn, or decided by the triage policy."""
    durations: ByName[AnyDuration] = field(default_factory=dict)
    """Minutes of work or process, by name; never waits, which come out of queues."""
    priority: Priority = field(default_factory=lambda: FIRST_COME)
    """Who is next in a queue. Without it everybody is of one class, `everybody`: first come, first served."""
    patience: Patience | None = None
    """When patients leave without being seen; none: they never do."""
    worsening: Worsening | None = None
    """When patients get worse while they wait; none: they never do."""
    rounds: Rounds | None = None
    """When those who wait are looked at again; none: never."""
    steps: NonEmpty[ByName[Step]]
    """What happens to patients, by name."""
    branches: ByName[Branch] = field(default_factory=dict)
    """Where a route divides, by name."""
    loops: ByName[Loop] = field(default_factory=dict)
    """Where a route goes round, by name."""
    ends: NonEmpty[ByName[End]]
    """Where a route stops, by name."""
    triggers: ByName[Trigger] = field(default_factory=dict)
    """What happens while many wait, by name."""
    outages: ByName[Outage] = field(default_factory=dict)
    """When something is down, by name."""
    measures: ByName[OwnMeasure] = field(default_factory=dict)
    """Measures of your own, by name, beside those that every study has."""
    groups: ByName[OwnGroup] = field(default_factory=dict)
    """Groups of patients of your own, by name: every measure that is given by group is given for them, too."""
    decisions_every_minutes: AtLeastAMinute = 60.0
    """Time from one decision of the triggers to the next, from 00:00 on; 1 or more. Example: `30`"""
    allow_overload: bool = False
    """Whether the department may run though a pool has more work than its units can do in a week."""

    @property
    def sources(self) -> dict[str, ArrivalSource | Present]:
        """Every source of patients, by name: of those who arrive, then of those present at the start."""
        return {**self.arrivals, **self.present}

    @property
    def attending(self) -> tuple[str, ...]:
        """The sources of patients who attend, by name."""
        return tuple(name for name, source in self.sources.items() if source.attends)

    def nodes(self) -> dict[str, Node]:
        """Every node of the route by name, in declared order."""
        return {**self.steps, **self.branches, **self.loops, **self.ends}

    def categories(self, attribute: str) -> tuple[str, ...]:
        """The categories of an attribute, in the order of their integer codes."""
        if attribute == ARRIVAL_SOURCE:
            return tuple(self.sources)
        if attribute == ACUITY_NOW:
            return tuple(self.priority.classes)
        described = self.attributes[attribute]
        if isinstance(described, Given) and described.like is not None:
            return self.categories(described.like)
        return ("no", "yes") if isinstance(described, Chance) else described.categories


def minutes_column(duration: str, minutes_by: Worker) -> str:
    """The name of the column of the draws that holds a duration's minutes by one worker (`Worker`).

    Draws without such a column have no other minutes for that worker than the policy's (`minutes_held`).

    >>> minutes_column("triage_interview", "nurse")
    'triage_interview:nurse'
    """
    return duration if minutes_by == "policy" else f"{duration}:{minutes_by}"


def minutes_held(column: str, columns: Container[str]) -> str:
    """The name of a column of minutes if it is among `columns`, else that of the policy's minutes of the duration."""
    return column if column in columns else column.partition(":")[0]
