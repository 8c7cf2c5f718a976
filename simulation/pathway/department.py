"""The vocabulary: what a department consists of, by name.

A `Pathway` is data. Engines never read it: `engine.plan` lowers it to integers once. Reading order: `Pool`,
`Step`, the five branches, `ArrivalSource`, `Pathway`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from simulation.pathway.config_dataclass import Count, Minutes, Positive, Share, Sourced, config_dataclass
from simulation.pathway.durations import AnyDuration, Number

ShiftChange = Literal["outgoing_count", "outgoing_are_extra"]
Rule = Literal["acuity", "accumulating"]
Moment = Literal["joined", "started", "ended"]
Worker = Literal["policy", "nurse", "degraded_tool"]
"""Whose minutes a step takes: as the triage policy leaves them, the nurse's without its tool, or with its tool while
that answers worse."""

ACUITY_TRUE = "acuity_true"
ACUITY_GIVEN = "acuity_given"
ACUITY_BY_NURSE = "acuity_by_nurse"
"""The label that the nurse would have given, where the policy's tool gives another."""
ACUITY_BY_DEGRADED_TOOL = "acuity_by_degraded_tool"
"""The label that counts where the tool answers worse."""
TOOL_CAN_FAIL = "tool_can_fail"
"""Whether the policy's tool is used in triage for a patient and anything is stated that could make it fail."""
TRIAGE_TOOL = "triage_tool"
"""The outage of the tool that triage uses."""
TRIAGE_TOOL_DEGRADED = f"{TRIAGE_TOOL}_degraded"
"""The outage while which that tool answers worse, from the `degraded` matrix of its policy."""
ACUITY_NOW = "acuity_now"
"""What the department believes at this moment: nobody's level before triage, then the label, then corrections."""
ARRIVAL_SOURCE = "arrival_source"
"""The attribute every patient has: the source it came from."""


@config_dataclass
class Shift:
    """So many on duty between two clock hours, on some weekdays. `hours` is '8-20', `days` 'mon-fri' or 'sat,sun'."""

    hours: str
    number: Count
    days: str = "mon-sun"


@config_dataclass
class Pool(Sourced):
    """Interchangeable units that patients hold: spaces or staff.

    Exactly one of `capacity`, `rota`, `unlimited`. `extra` adds units at every hour that has any (a lever).
    `role` groups pools in tables ('clinician', 'nurse', 'bed', 'place').
    """

    kind: Literal["space", "staff"]
    capacity: Count | None = None
    rota: tuple[Shift, ...] | None = None
    unlimited: bool = False
    extra: int = 0
    on_shift_change: ShiftChange = "outgoing_count"
    role: str = ""


@config_dataclass
class Profile(Sourced):
    """Relative weights over a repeating period: 24 hours, 168 hours of a week, 7 weekdays or 12 months.

    As a day's or week's arrivals they say when people come; as a `pace` they say how fast a process runs.
    Only ratios matter: they are scaled to mean 1.
    """

    weights: Annotated[tuple[Annotated[float, Ge(0)], ...], MinLen(7)]


@config_dataclass
class ArrivalSource(Sourced):
    """A source of patients: Poisson counts around a day factor, spread over the day.

    `scale` multiplies arrivals (a lever) by keeping more or fewer of one larger stream, so that everybody else
    stays the same; `thinning_bound` is how much larger. `attends`: counts as an A&E attendance. `by_hour` of a whole
    week (168 weights) says the weekday itself, and takes no `by_weekday` besides.
    """

    starts: str
    per_day: Annotated[float, Ge(0)]
    scale: Annotated[float, Ge(0)] = 1.0
    by_hour: str | None = None
    by_weekday: str | None = None
    by_month: str | None = None
    day_factor: str | None = None
    thinning_bound: Annotated[float, Ge(1)] = 1.5
    attends: bool = True


@config_dataclass
class DayFactor(Sourced):
    """A factor that all sources naming it share on one day: gamma, mean 1."""

    cv: Annotated[float, Ge(0), Le(1)]


@config_dataclass
class Present(Sourced):
    """Patients who are in the building at time 0: a share of a pool's capacity (or a number), starting at a step."""

    starts: str
    pool: str | None = None
    share: Annotated[float, Ge(0)] | None = None
    number: Count | None = None
    attends: bool = False


@config_dataclass
class Choice(Sourced):
    """One of several categories, with given shares; where `by` is set, shares per category of that attribute."""

    kind: Literal["choice"]
    categories: Annotated[tuple[str, ...], MinLen(1)]
    by: str | None = None
    shares: Annotated[tuple[Share, ...], MinLen(1)] | Mapping[str, tuple[Share, ...]]


@config_dataclass
class Chance(Sourced):
    """Yes or no. `p` may depend on attributes; a product above 1 counts as 1.

    `label_weight`: the weight w of the label where `p` depends on the true acuity: (1 - w) p(true) + w p(label).
    The same number decides before and after triage, so a label can only tip a patient whom it moves across it.
    """

    kind: Literal["chance"]
    p: Number
    label_weight: Share = 0.0


@config_dataclass
class Given(Sourced):
    """Decided outside the draws (by the triage policy): until then, the same as the attribute `like`, or else the
    first of its own `categories`."""

    kind: Literal["given"]
    like: str | None = None
    categories: tuple[str, ...] = ()


@config_dataclass
class Action(Sourced):
    """Something that triage may set off; the triage policy decides for whom. The first category: nothing is set off.

    `only`: whom it can reach at all, some categories of some attributes (nobody who passes triage by). The label among
    them is the one that counts.
    """

    kind: Literal["action"]
    categories: Annotated[tuple[str, ...], MinLen(2)]
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Attribute = Choice | Chance | Given | Action


@config_dataclass
class QueueClass:
    """How a class of patients ranks: `rank` under the acuity rule (lower first), `rate` under accumulating priority
    (rank gained per minute waited, a whole number)."""

    rank: Annotated[float, Ge(0)]
    rate: Annotated[int, Ge(0)]


@config_dataclass
class TargetPull(Sourced):
    """A pull towards the four-hour target: between two times since arrival a patient ranks as `ranks_as`, if better."""

    active: bool
    starts_at_minutes: Minutes
    ends_at_minutes: Minutes
    ranks_as: str


@config_dataclass
class Priority(Sourced):
    """Who is next. Classes are the levels of acuity, most urgent first, and any others that steps name.

    `adherence`: the probability that a patient's class is honoured in one queue; else it counts as `ignored_as`.
    `untriaged_as`: the class of somebody who has no label yet.
    """

    rule: Rule
    classes: Annotated[Mapping[str, QueueClass], MinLen(1)]
    untriaged_as: str
    adherence: Share = 1.0
    ignored_as: str
    target_pull: TargetPull | None = None


@config_dataclass
class Patience(Sourced):
    """When patients give up: minutes from arrival to leaving, unless a clinician has started with them."""

    minutes: str
    arrivals: tuple[str, ...]
    next: str


@config_dataclass
class Worsening(Sourced):
    """Getting worse: minutes from arrival (a duration, by true acuity) until it happens; nobody sees it by itself.

    `becomes`: what each class of acuity now becomes as it is noticed, at a round; classes left out stay.
    """

    minutes: str
    arrivals: tuple[str, ...]
    becomes: Annotated[Mapping[str, str], MinLen(1)]


@config_dataclass
class Rounds(Sourced):
    """Looking again at those who wait: every so many minutes from 00:00 on, at these steps.

    A round costs nothing by itself: a trigger that `takes` says what it costs the nurses. `active`: whether there are
    any (a lever).
    """

    waiting_at: tuple[str, ...]
    every_minutes: Positive
    active: bool = True


@config_dataclass
class Overflow(Sourced):
    """After so many minutes of waiting the request may also take any of these pools (placement elsewhere)."""

    after_minutes: Minutes
    any_of: Annotated[tuple[str, ...], MinLen(1)]


@config_dataclass
class RandomOutages(Sourced):
    """Up and down by turns, each for an exponential time; long since so at time 0. A mean of 0 leaves that out."""

    kind: Literal["random"]
    mean_up_minutes: Minutes
    mean_down_minutes: Minutes


@config_dataclass
class ShareOfTime(Sourced):
    """Down for a share of the time, `mean_down_minutes` at a time (exponential); 0 is never and 1 is always."""

    kind: Literal["share"]
    share: Share
    mean_down_minutes: Positive


@config_dataclass
class Span:
    """From one minute to another since 00:00 on the first measured day, half-open."""

    starts_at_minutes: Minutes
    ends_at_minutes: Minutes


@config_dataclass
class StatedOutages(Sourced):
    """Down in the stated spans, in order of time: the same in every replication."""

    kind: Literal["stated"]
    spans: tuple[Span, ...]


Outage = RandomOutages | ShareOfTime | StatedOutages
"""When something (a tool, a system, a unit) is down: spans of time drawn for a replication, the same in every arm."""


@config_dataclass
class Step:
    """Asks for pools, waits, holds them for its minutes, gives back what it does not keep.

    asks            all of these together
    any_of          and any one of these, the first free in this order
    minutes         durations added up; none means an instant
    minutes_by      whose minutes these are, where the triage policy changes them
    times           a factor on the minutes
    pace            a profile: the minutes pass faster or slower by the hour
    repeat_of       a loop: its k-th pass reads the k-th draw
    starts_clock    clocks that start for the patient as the step ends, by name
    since           such a clock: if it runs, the minutes count from its start and not from now, and it is used up
    keeps           of what was taken, held on after the end
    releases_at_start, releases_at_end   of what was held before
    ranks_as        'acuity' (the class of the patient now) or a class of the priority rule
    adheres         whether the rule's adherence applies here; pulled  whether its target pull does
    may_leave       whether patience can end this wait
    first_seen      a clinician starts: patience no longer matters
    relabels        at the end the patient's acuity now becomes this attribute
    queue_limit     more waiting than this are blocked and go to `blocked_next`
    overflow        placement elsewhere
    records         points in time that this step dates, by name
    """

    next: str
    asks: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    minutes: tuple[str, ...] = ()
    minutes_by: Worker = "policy"
    times: Positive = 1.0
    pace: str | None = None
    repeat_of: str | None = None
    starts_clock: tuple[str, ...] = ()
    since: str | None = None
    keeps: tuple[str, ...] = ()
    releases_at_start: tuple[str, ...] = ()
    releases_at_end: tuple[str, ...] = ()
    ranks_as: str = "acuity"
    adheres: bool = False
    pulled: bool = False
    may_leave: bool = False
    first_seen: bool = False
    relabels: str | None = None
    queue_limit: Annotated[int, Ge(0)] | None = None
    blocked_next: str | None = None
    overflow: Overflow | None = None
    records: Mapping[str, Moment] = field(default_factory=dict)


@config_dataclass
class ByAttribute:
    """Route by a patient's category (of any attribute, of the source, or of the acuity now)."""

    kind: Literal["attribute"]
    attribute: str
    cases: Mapping[str, str]
    otherwise: str | None = None


@config_dataclass
class ByChance(Sourced):
    """Route by a drawn coin: target and probability."""

    kind: Literal["chance"]
    targets: Mapping[str, Share]


@config_dataclass
class ByQueue(Sourced):
    """Route by how many wait at some steps, as it was just before this instant."""

    kind: Literal["queue"]
    waiting_at: tuple[str, ...]
    at_least: Annotated[int, Ge(0)]
    then: str
    otherwise: str


@config_dataclass
class ByHours(Sourced):
    """Route by clock: open during these hours (half-open, '8-20') on these days."""

    kind: Literal["hours"]
    hours: str
    days: str = "mon-sun"
    then: str
    otherwise: str


@config_dataclass
class ByOutage(Sourced):
    """Route by whether something is down: `then` while it is, `otherwise` while it is up.

    `since_start`: whether it was down at any time from the start of the patient's last activity until now.
    """

    kind: Literal["down"]
    outage: str
    since_start: bool = False
    then: str
    otherwise: str


Branch = ByAttribute | ByChance | ByQueue | ByHours | ByOutage


@config_dataclass
class Loop:
    """Go round `again` as many times as the attribute `passes` says (its categories are whole numbers), then `next`."""

    passes: str
    again: str
    next: str


@config_dataclass
class End:
    """Leave the model; `outcome` is how (discharged, admitted, left, ...). `records` dates the moment of leaving."""

    outcome: str
    records: tuple[str, ...] = ()


@config_dataclass
class Opens(Sourced):
    """Escalation: `extra` units of a pool open while more than `above` wait, close when `below` or fewer do."""

    kind: Literal["opens"]
    waiting_at: tuple[str, ...]
    above: Count
    below: Count
    pool: str
    extra: Annotated[int, Gt(0)]


@config_dataclass
class Takes(Sourced):
    """People who wait need care: `minutes_per_hour` each, taken from a pool as whole units hour by hour, the rest
    carried over; at least `leaves` stay. 0 minutes take nothing (a lever that is off)."""

    kind: Literal["takes"]
    waiting_at: tuple[str, ...]
    minutes_per_hour: Minutes
    pool: str
    leaves: Count = 1


Trigger = Opens | Takes


@config_dataclass
class Pathway:
    """A department, and whatever else competes for its pools. Names are unique across steps, branches, loops, ends."""

    name: str
    question: str = ""
    arrivals: Annotated[Mapping[str, ArrivalSource], MinLen(1)]
    present: Mapping[str, Present] = field(default_factory=dict)
    day_factors: Mapping[str, DayFactor] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    pools: Mapping[str, Pool]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    durations: Mapping[str, AnyDuration] = field(default_factory=dict)
    priority: Priority
    patience: Patience | None = None
    worsening: Worsening | None = None
    rounds: Rounds | None = None
    steps: Annotated[Mapping[str, Step], MinLen(1)]
    branches: Mapping[str, Branch] = field(default_factory=dict)
    loops: Mapping[str, Loop] = field(default_factory=dict)
    ends: Annotated[Mapping[str, End], MinLen(1)]
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    outages: Mapping[str, Outage] = field(default_factory=dict)
    decisions_every_minutes: Positive = 60.0
    allow_overload: bool = False

    def nodes(self) -> dict[str, Step | Branch | Loop | End]:
        """Every node of the route by name, in declared order."""
        return {**self.steps, **self.branches, **self.loops, **self.ends}

    def categories(self, attribute: str) -> tuple[str, ...]:
        """The categories of an attribute, in the order of their integer codes."""
        if attribute == ARRIVAL_SOURCE:
            return (*self.arrivals, *self.present)
        if attribute == ACUITY_NOW:
            return tuple(self.priority.classes)
        known = self.attributes[attribute]
        if isinstance(known, Choice | Action):
            return known.categories
        if isinstance(known, Given):
            return self.categories(known.like) if known.like is not None else known.categories
        return ("no", "yes")


def minutes_column(duration: str, minutes_by: Worker) -> str:
    """Where the draws hold a duration's minutes by one worker; without such a column they are the policy's.

    >>> minutes_column("triage_interview", "nurse")
    'triage_interview:nurse'
    """
    return duration if minutes_by == "policy" else f"{duration}:{minutes_by}"


def minutes_held(column: str, columns: Container[str]) -> str:
    """The one of `columns` that holds what is asked for: the worker's own, or else the policy's."""
    return column if column in columns else column.partition(":")[0]


def targets(node: Step | Branch | Loop | End) -> tuple[str, ...]:
    """The names a node can lead to, in declared order, without repeats (patience aside)."""
    if isinstance(node, Step):
        found: tuple[str | None, ...] = (node.next, node.blocked_next)
    elif isinstance(node, ByAttribute):
        found = (*node.cases.values(), node.otherwise)
    elif isinstance(node, ByChance):
        found = tuple(node.targets)
    elif isinstance(node, ByQueue | ByHours | ByOutage):
        found = (node.then, node.otherwise)
    elif isinstance(node, Loop):
        found = (node.again, node.next)
    else:
        found = ()
    return tuple(dict.fromkeys(name for name in found if name is not None))
