"""Coverage, exclusion, adoption, acceptance and abstention: for whom a tool is used, and how people use it.

Each function gives one yes or no a patient, decided before the clock starts. Chance comes from named streams:

- `triage.coverage`    the coin of a share of patients;
- `triage.excluded`    the coin of who cannot use the tool;
- `triage.adoption`    the coin of whether staff use it for this patient, read against the day of arrival;
- `triage.abstention`  the coin of an AI that gives no answer.

Where a coverage leaves out `labels`, a tool that labels is for everybody who attends, whatever the department's
sources are.

A coin is compared with a share, so a patient who is covered at 30 % is covered at 50 % too, and the same patients
are left out whatever the arm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Annotated

import numpy as np

from simulation.department.config_dataclass import (
    AttributeName,
    CategoryOfBy,
    Context,
    DurationNames,
    Entry,
    LevelName,
    OfAttributes,
    Rule,
    Sourced,
    SourceNames,
    Unit,
    config_dataclass,
)
from simulation.department.vocabulary import ACUITY_TRUE, ARRIVAL_SOURCE, Pathway
from simulation.errors import Fault
from simulation.patients import Draws
from simulation.patients.variates import Attributes, Codes
from simulation.records.schema import Floats, Mask
from simulation.triage.matrix import AboveZero, AtLeastZero, Portion
from simulation.units import DAY

DAYS_A_WEEK = 7


class EachOnce(Rule):
    """A list that names something, and nothing twice."""

    def faults(self, entry: Entry, context: Context) -> Iterator[Fault]:
        """An empty list, or one with a name that is there twice."""
        if not 0 < len(set(entry.value)) == len(entry.value):
            yield Fault("", f"is {list(entry.value)}", "Name each duration once, at least one")


DurationsOnce = Annotated[DurationNames, EachOnce()]


@config_dataclass
class Exclusion:
    """Patients who cannot use the tool, whoever offers it.

    Example: `{by: sex, shares: {female: {value: 0.05, evidence: measured, source: "own audit"},
    male: {value: 0.06, evidence: measured, source: "own audit"}}}`
    """

    by: AttributeName
    """The attribute on which it depends."""
    shares: Mapping[CategoryOfBy, Portion]
    """The share of each of its categories who cannot use the tool."""


@config_dataclass
class Coverage(Sourced):
    """Whom a tool is for.

    Example: `{labels: [walk_in], minutes: [walk_in, referred], only: {age_band: [adult, older]},
    share: {value: 0.5, range: [0, 1], evidence: assumed, source: "a trial of half"}, evidence: assumed,
    source: "adults alone"}`
    """

    labels: SourceNames | None = None
    """Arrival sources whose patients get the AI's label; none: all that attend."""
    minutes: SourceNames = ()
    """Arrival sources whose patients' minutes the tool changes."""
    only: OfAttributes = field(default_factory=dict)
    """Of these patients, those who have one of the named categories of each named attribute (`acuity_given` is the
    nurse's own label)."""
    excluded: Exclusion | None = None
    """Which of them cannot use the tool."""
    share: Portion | None = None
    """How many of the rest are covered; who they are is drawn."""


@config_dataclass
class Adoption:
    """How often staff use the tool for a covered patient: a straight line from go-live on.

    Example: `{start: {value: 0.3, range: [0.1, 0.5], evidence: assumed, source: "a judgement"},
    end: {value: 0.8, range: [0.6, 1], evidence: assumed, source: "a judgement"},
    weeks: {value: 12, range: [4, 26], evidence: assumed, source: "a judgement"}}`
    """

    start: Portion
    """The share at go-live."""
    end: Portion
    """The share in the end."""
    weeks: Annotated[AboveZero, Unit("weeks")]
    """How long that takes."""


@config_dataclass
class Switching:
    """How often an advised nurse takes the AI's label where the two differ, by who is right.

    Example: `{wrong_to_right: {value: 0.6, evidence: published, source: "a trial"}, right_to_wrong: {value: 0.1,
    evidence: published, source: "a trial"}, wrong_to_wrong: {value: 0.4, evidence: published, source: "a trial"}}`
    """

    wrong_to_right: Portion
    """Where the nurse is wrong and the AI right."""
    right_to_wrong: Portion
    """Where the nurse is right and the AI wrong."""
    wrong_to_wrong: Portion
    """Where both are wrong."""


@config_dataclass
class Added:
    """Time put on top of some durations, for patients who come to them.

    Example: `{durations: [triage_interview], seconds: {value: 10, range: [0, 30], evidence: assumed,
    source: "a judgement"}}`
    """

    durations: DurationsOnce
    """Durations that become longer, each by as much."""
    seconds: Annotated[AtLeastZero, Unit("seconds")]
    """By how much."""


@config_dataclass
class Abstention(Sourced):
    """When an AI that is asked gives no answer and hands the patient back to the nurse, whose label then counts.

    Any one of `labels`, `beyond` and `shares` is enough.

    Example: `{labels: [immediate], beyond: {value: 2, range: [1, 3], evidence: assumed, source: "a judgement"},
    evidence: assumed, source: "the tool's manual"}`
    """

    labels: tuple[LevelName, ...] = ()
    """Labels that it never gives: it abstains where its own would be one of these."""
    beyond: Annotated[AtLeastZero, Unit("standard deviations")] | None = None
    """It abstains where the difficulty that all assessors share is farther than this from its mean, either way."""
    shares: Mapping[LevelName, Portion] = field(default_factory=dict)
    """How often it abstains by chance, by true level.
    Example: `{urgent: {value: 0.1, range: [0, 0.2], evidence: assumed, source: "a judgement"}}`"""
    hand_back: Added | None = None
    """The time spent with the AI before the nurse begins."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """One that never abstains."""
        if not (self.labels or self.shares or self.beyond):
            yield Fault(
                "", "says never to abstain", "State labels, beyond or shares, or leave it out"
            )


def sources_labelled(covers: Coverage, pathway: Pathway) -> tuple[str, ...]:
    """The arrival sources whose patients get the AI's label: those named, or all that attend if none are stated."""
    return pathway.attending if covers.labels is None else covers.labels


def mask_reached(
    pathway: Pathway,
    attributes: Attributes,
    sources: Sequence[str],
    only: Mapping[str, Sequence[str]],
) -> Mask:
    """Mask of the patients who come from one of these sources and are among `only`, shape (n,)."""
    return mask_among(pathway, attributes, {ARRIVAL_SOURCE: sources}) & mask_among(
        pathway, attributes, only
    )


def mask_among(pathway: Pathway, attributes: Attributes, only: Mapping[str, Sequence[str]]) -> Mask:
    """Mask of the patients who have one of the categories of every attribute that `only` names, shape (n,)."""
    members = np.ones(len(attributes[ARRIVAL_SOURCE]), dtype=np.bool_)
    for name, categories in only.items():
        known = pathway.categories(name)
        members &= np.isin(attributes[name], [known.index(category) for category in categories])
    return members


def mask_offered(covers: Coverage, pathway: Pathway, draws: Draws, attributes: Attributes) -> Mask:
    """Mask of the patients who can get the tool if they come from a covered source, shape (n,)."""
    eligible = mask_among(pathway, attributes, covers.only)
    if covers.excluded:
        by, shares = covers.excluded.by, covers.excluded.shares
        share = np.array([shares[category].value for category in pathway.categories(by)])
        eligible &= draws.uniform("triage.excluded") >= share[attributes[by]]
    if covers.share:
        eligible &= draws.uniform("triage.coverage") < covers.share.value
    return eligible


def days_since(go_live_day: AtLeastZero | None, draws: Draws) -> Floats:
    """Whole days from go-live to each patient's arrival, shape (n,).

    Go-live counts from the first measured day. Without one the tool is live in the warm-up, too, as on that day.
    """
    days = draws.calendar.measured_days(draws.arrived_at // DAY).astype(float)
    return np.maximum(days, 0) if go_live_day is None else days - go_live_day.value


def live_on(spans: Sequence[tuple[int, int]], draws: Draws) -> Mask:
    """Mask of the patients who arrive on one of these measured days, shape (n,)."""
    day = draws.calendar.measured_days(draws.arrived_at // DAY)
    live: Mask = np.any([(first <= day) & (day <= last) for first, last in spans], axis=0)
    return live


def mask_adopted(adoption: Adoption | None, since: Floats, draws: Draws) -> Mask:
    """Mask of the patients for whom staff use the tool `since` days after it went live, shape (n,); nobody before."""
    live: Mask = since >= 0
    if adoption:
        progress = np.clip(since / (DAYS_A_WEEK * adoption.weeks.value), 0, 1)
        share = adoption.start.value + (adoption.end.value - adoption.start.value) * progress
        live &= draws.uniform("triage.adoption") < share
    return live


def mask_abstained(abstention: Abstention, pathway: Pathway, draws: Draws, answer: Codes) -> Mask:
    """Mask of the patients for whom the AI gives no answer, shape (n,); `answer` is what it would say otherwise."""
    levels = pathway.categories(ACUITY_TRUE)
    silent: Mask = np.isin(answer, [levels.index(name) for name in abstention.labels])
    if abstention.beyond:
        silent |= np.abs(draws.normal("triage.difficulty")) > abstention.beyond.value
    if abstention.shares:
        share = np.array(
            [abstention.shares[name].value if name in abstention.shares else 0.0 for name in levels]
        )
        silent |= draws.uniform("triage.abstention") < share[draws.attributes[ACUITY_TRUE]]
    return silent


def switch_shares(switching: Switching, nurse: Codes, ai: Codes, true: Codes) -> Floats:
    """The probability that each patient's nurse takes the AI's label where the two differ; shape of the labels."""
    if_wrong = np.where(ai == true, switching.wrong_to_right.value, switching.wrong_to_wrong.value)
    return np.where(nurse == true, switching.right_to_wrong.value, if_wrong)
