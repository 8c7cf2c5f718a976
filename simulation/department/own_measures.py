"""Measures and groups of a user's own, as YAML states them: of a department, or of a study.

What they count is worked out by `measures.own`; whether what they name is there, by `department.check_pathway`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from annotated_types import Lt, MinLen

from simulation.department.config_dataclass import (
    AttributeName,
    Context,
    Days,
    Hours,
    LimitedPool,
    Minutes,
    Names,
    NonEmpty,
    Positive,
    SpanMinutes,
    Unit,
    config_dataclass,
    find_stated,
)
from simulation.errors import Fault

Better = Literal["lower", "higher", "neither"]
EVERYBODY = "all"
"""The group of all attendances."""
ARRIVED_AT = "arrived_at"
PointName = Annotated[str, Names("point in time")]
GroupName = Annotated[str, Names("group")]
OutcomeName = Annotated[str, Names("outcome")]
CategoryOfAttribute = Annotated[str, Names("category", of="attribute")]
LEVELS_1_2 = "acuity_true=1-2"
"""The group of the two most urgent of at least three true levels."""
GIVEN_1_2 = "acuity_given=1-2"
"""The group of those who were given one of them, which is what a department can see."""


@config_dataclass
class Counted:
    """What every measure of your own states: words, which way is better, and whom it is about."""

    label: str = ""
    """Words for it in tables and figures; none: its name. Example: `Frail patients: wait for a place`"""
    better: Better = "neither"
    """Which way is better. A measure of which neither is better can be no target and no margin of a study."""
    among: GroupName = EVERYBODY
    """The group that it is about: `all`, a group of your own, or a category of an attribute as `attribute=category`.
    Example: `arrival_source=ambulance`"""
    hours: Hours = "0-24"
    """Clock hours between which the patients arrived, half-open; `22:30-7` passes midnight. Example: `8-20`"""
    days: Days = "mon-sun"
    """Weekdays on which these hours begin: a span (`mon-fri`) or a list (`sat,sun`). Example: `mon-fri`"""


@config_dataclass
class SpanMeasure(Counted):
    """The time between two recorded points in time: its mean, median or percentile, or the share within a limit.

    Points are `arrived_at` and the names that steps and ends record. Whoever lacks a point is not counted, but for
    patients still in the department: their span is longer than any that has ended, so a mean with one in it is unknown.

    Example: `{kind: span, label: "Decision to departure, 90th percentile", better: lower, since: decided_at,
    until: departed_at, statistic: percentile, percentile: 90}`
    """

    kind: Literal["span"]
    since: PointName = ARRIVED_AT
    """The point in time at which the span begins. Example: `decided_at`"""
    until: PointName
    """The point in time at which it ends."""
    or_until: PointName | None = None
    """The point in time at which it ends for whom `until` never happens. Example: `departed_at`"""
    statistic: Literal["mean", "median", "percentile", "share"] = "mean"
    """Which statistic of the spans is reported."""
    percentile: Annotated[Positive, Lt(100), Unit("per cent")] | None = None
    """Which percentile, where that is the statistic. Example: `90`"""
    within_minutes: Minutes | None = None
    """The limit of a share: the share with a span of so many minutes or fewer. Example: `60`"""
    over_minutes: Minutes | None = None
    """The limit of a share instead: the share with a longer span. Example: `720`"""
    cut_off_minutes: SpanMinutes | None = None
    """A longer span counts as this one, so that a mean is known though some have not ended. Example: `720`"""

    def faults(self, context: Context) -> Iterator[Fault]:
        """A span without length, and figures that its statistic lacks or does not read."""
        if self.until == self.since:
            yield Fault(
                "until",
                f"'{self.until}' is where it begins, too",
                "Name another point in time",
            )
        limits = find_stated(self, "within_minutes", "over_minutes")
        if self.statistic == "share" and len(limits) != 1:
            yield Fault(
                "",
                "a share of spans has one limit",
                "Give exactly one of within_minutes and over_minutes",
            )
        if self.statistic == "percentile" and self.percentile is None:
            yield Fault("percentile", "is missing", "Say which percentile, such as 90")
        read = {"share": limits, "percentile": ["percentile", "cut_off_minutes"]}.get(
            self.statistic, ["cut_off_minutes"]
        )
        for key in (*limits, *find_stated(self, "percentile", "cut_off_minutes")):
            if key not in read:
                yield Fault(key, f"is not read by statistic: {self.statistic}", "Leave it out")


@config_dataclass
class CategoryGroup:
    """Patients who have one of some categories of an attribute.

    Example: `{kind: category, attribute: arrival_source, categories: [ambulance]}`
    """

    kind: Literal["category"]
    attribute: AttributeName
    """The attribute, or `arrival_source`."""
    categories: NonEmpty[tuple[CategoryOfAttribute, ...]]
    """The categories that count; of ages, spans of years such as `75-84`."""


@config_dataclass
class OutcomeGroup:
    """Patients who end in one of some outcomes. An arm decides who is in it, so compare arms in it with care.

    Example: `{kind: outcome, outcomes: [admitted]}`
    """

    kind: Literal["outcome"]
    outcomes: NonEmpty[tuple[OutcomeName, ...]]
    """The outcomes that count: words of `ends`."""


@config_dataclass
class CategoryMeasure(Counted, CategoryGroup):
    """The share of patients who have one of some categories of an attribute.

    Example: `{kind: category, label: "Older than 80", attribute: age_band, categories: [80_plus]}`
    """

    kind: Literal["category"]


@config_dataclass
class OutcomeMeasure(Counted, OutcomeGroup):
    """The share of patients who end in one of some outcomes; whoever is still in the department is not among them.

    Example: `{kind: outcome, label: "Sent to the walk-in centre", outcomes: [redirected]}`
    """

    kind: Literal["outcome"]


@config_dataclass
class BusyMeasure:
    """The share of a pool's units on duty that patients hold: unit-minutes held over unit-minutes on duty.

    Example: `{kind: busy, label: "Doctors busy at night", pool: doctors, hours: 22-8}`
    """

    kind: Literal["busy"]
    label: str = ""
    """Words for it in tables and figures; none: its name."""
    better: Better = "neither"
    """Which way is better."""
    pool: Annotated[
        str,
        LimitedPool(
            but=", so it is never busy", remedy="Name a pool that has a capacity or a rota"
        ),
    ]
    """The pool; not an unlimited one."""
    hours: Hours = "0-24"
    """Clock hours that are looked at, half-open; `22:30-7` passes midnight."""
    days: Days = "mon-sun"
    """Weekdays on which these hours begin: a span (`mon-fri`) or a list (`sat,sun`). Example: `mon-fri`"""


OwnMeasure = SpanMeasure | CategoryMeasure | OutcomeMeasure | BusyMeasure
OfPatients = SpanMeasure | CategoryMeasure | OutcomeMeasure


@config_dataclass
class HoursGroup:
    """Patients who arrive at some clock hours of some weekdays.

    Example: `{kind: hours, hours: 22-8, days: "fri,sat"}`
    """

    kind: Literal["hours"]
    hours: Hours = "0-24"
    """Clock hours of arrival, half-open; `22:30-7` passes midnight."""
    days: Days = "mon-sun"
    """Weekdays on which these hours begin: a span (`mon-fri`) or a list (`sat,sun`)."""


@config_dataclass
class CombinedGroup:
    """Patients who are in every one of some groups.

    Example: `{kind: all_of, groups: [frail, "arrival_source=ambulance"]}`
    """

    kind: Literal["all_of"]
    groups: Annotated[tuple[GroupName, ...], MinLen(2)]
    """The groups: groups of your own, or categories as `attribute=category`."""


OwnGroup = CategoryGroup | OutcomeGroup | HoursGroup | CombinedGroup
