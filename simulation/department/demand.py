"""The vocabulary of changing demand: bookings, surges, factors that last for weeks, and minutes that follow demand.

All of it is decided before the clock starts: a timetable, a span of days, or a factor that is drawn or follows from the
drawn arrivals.
"""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le, Lt, MinLen

from simulation.department.config_dataclass import Count, Positive, Sourced, Unit, config_dataclass


@config_dataclass
class Booking:
    """So many patients who come at one clock time, on some weekdays: neither more nor fewer, neither early nor late.

    Example: `{at: "9:30", number: 2, days: mon-fri}`
    """

    at: str
    """Clock time at which they come, in quotes (without, YAML reads `9:30` as a number)."""
    number: Annotated[Count, Unit("patients")]
    """How many come at that time."""
    days: str = "mon-sun"
    """Weekdays on which they come: a span (`mon-fri`) or a list (`sat,sun`)."""


@config_dataclass
class Surge:
    """Days on which more patients come than usual, or fewer. Surges that overlap multiply.

    Example: `{starts_on_day: 14, days: 3, times: 1.4}`
    """

    starts_on_day: Annotated[Count, Unit("day")]
    """Its first day; 0 is the first measured day."""
    days: Annotated[int, Ge(1), Unit("days")]
    """How many days it lasts."""
    times: Annotated[float, Ge(0), Unit("factor")]
    """What it multiplies the arrivals of these days by."""


@config_dataclass
class Follows(Sourced):
    """Minutes that follow demand: after busy days they are shorter, as bank staff come, leave is moved, people hurry.

    The minutes of patients who arrive on a day are multiplied by (attendances of the last days / those planned for
    these days) to the power of minus the elasticity. The plan is what `per_day` and the profiles state, without
    `scale`, surges and drawn factors. The day itself and those after it do not count.

    Example: `{durations: [first_contact, review], arrivals: [walk_in, ambulance], elasticity: 1, evidence: assumed,
    source: "how elastic capacity must have been, fitted to what trusts report"}`
    """

    durations: Annotated[tuple[str, ...], MinLen(1)]
    """Durations whose minutes follow."""
    arrivals: Annotated[tuple[str, ...], MinLen(1)]
    """Arrival sources whose patients' minutes follow; the attendances of all sources count."""
    elasticity: Annotated[float, Ge(0), Unit("ratio")]
    """By how many per cent minutes fall for each per cent of attendances above plan; at 1 work keeps pace with
    demand."""
    days: Annotated[int, Ge(1), Unit("days")] = 7
    """How many days before the arrival are looked back at. Example: `28`"""
    least: Annotated[Positive, Unit("factor")] = 0.7
    """The least that minutes are multiplied by. Example: `0.8`"""
    most: Annotated[Positive, Unit("factor")] = 1.4
    """The most that minutes are multiplied by. Example: `1.2`"""
    by_month: bool = False
    """Whether the plan knows the months of the arrival sources (`by_month`); else it is that of a mean month."""
    active: bool = True
    """Whether they follow at all (a lever)."""


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
    cv: Annotated[float, Ge(0), Le(1), Unit("ratio")]
    """Coefficient of variation from one week or month to another: standard deviation over mean."""
    persistence: Annotated[float, Ge(0), Lt(1), Unit("correlation")]
    """Correlation of one week or month with the next; k of them apart it is about the k-th power."""
    arrivals: tuple[str, ...] = ()
    """Arrival sources whose arrivals it multiplies. Example: `[walk_in, ambulance]`"""
    durations: tuple[str, ...] = ()
    """Durations whose minutes it multiplies: above 1 is fewer hands."""
    active: bool = True
    """Whether it varies at all (a lever)."""
