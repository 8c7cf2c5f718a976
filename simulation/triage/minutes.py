"""A policy's effects on a patient's minutes: several effects, one after another, each on the same draw.

Nothing is drawn here: `people` decides who is covered, and an effect changes minutes that a patient already has. A step
that a patient cannot come to keeps its 0 minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated

import numpy as np

from simulation.department.config_dataclass import Sourced, Unit, config_dataclass
from simulation.department.vocabulary import ARRIVAL_SOURCE, Pathway
from simulation.errors import Fault
from simulation.patients import Draws
from simulation.records.schema import Floats, Mask
from simulation.triage.estimates import AtLeastZero, Estimate, Portion
from simulation.triage.people import Added, Attributes, among, duration_faults, from_sources, only_faults, unknown

SECONDS_PER_MINUTE = 60


@config_dataclass
class Reach(Sourced):
    """Whom one effect or action is for.

    Example: `{arrivals: [walk_in], only: {language_need: ["yes"]}, evidence: assumed,
    source: "who needs an interpreter"}`
    """

    arrivals: tuple[str, ...] = ()
    """Arrival sources whose patients it is for; none: those of the policy."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of these patients, those who have one of the named categories of each named attribute (`acuity_given` is the
    label that counts)."""


@config_dataclass
class MinutesEffect:
    """What a policy does to some durations of a patient, on the same draw.

    Their sum S becomes max(S x factor - seconds_saved / 60, S x never_below), taken off each in proportion.

    Example: `{durations: [triage_interview, triage_record], seconds_saved: {value: 60, range: [0, 120],
    evidence: assumed, source: "a claim"}, never_below: {value: 0.1, range: [0, 0.5], evidence: assumed,
    source: "a nurse still looks"}}`
    """

    durations: tuple[str, ...]
    """Durations that change."""
    factor: Annotated[AtLeastZero, Unit("factor")] | None = None
    """What their sum is multiplied by.
    Example: `{value: 0.9, range: [0.8, 1], evidence: assumed, source: "a claim"}`"""
    seconds_saved: Annotated[Estimate, Unit("seconds")] | None = None
    """What is taken off their sum; it may be negative, and needs the floor `never_below`."""
    never_below: Annotated[Portion, Unit("share")] | None = None
    """The floor, as a share of their sum; where it binds, less is saved."""
    covers: Reach | None = None
    """Whose minutes change; none: of everybody whom the policy covers."""
    kept_when_handed_back: bool = False
    """Whether a patient whom the AI hands back to the nurse keeps the effect (a clinician's record is written all the
    same)."""


def sources_of(effect: MinutesEffect, of_policy: Sequence[str]) -> tuple[str, ...]:
    """The sources that an effect is for: its own, or else those of the policy."""
    own = effect.covers.arrivals if effect.covers is not None else ()
    return own or tuple(of_policy)


def reached_by(
    effect: MinutesEffect, pathway: Pathway, draws: Draws, attributes: Attributes, sources: Sequence[str]
) -> Mask:
    """Mask of the patients whom an effect is for, shape (n,): those of its categories and of its sources.

    An effect that names no source is for those of `sources`.
    """
    whose = from_sources(pathway, draws, sources_of(effect, sources))
    if effect.covers is not None and effect.covers.only:
        whose &= among(pathway, attributes, effect.covers.only, len(draws))
    return whose


def changed(effect: MinutesEffect, minutes: Mapping[str, Floats], whose: Mask) -> dict[str, Floats]:
    """The effect's durations after the effect, by name, shape (repeats, n) each."""
    before = {name: minutes[name] for name in effect.durations}
    total = np.sum(list(before.values()), axis=0)
    factor = effect.factor.value if effect.factor is not None else 1.0
    saved = effect.seconds_saved.value / SECONDS_PER_MINUTE if effect.seconds_saved is not None else 0.0
    floor = effect.never_below.value if effect.never_below is not None else 0.0
    total_after = np.maximum(total * factor - saved, total * floor)
    ratio = np.divide(total_after, total, out=np.ones_like(total), where=total > 0)
    return {name: np.where(whose, column * ratio, column) for name, column in before.items()}


def lengthened(added: Added, minutes: Mapping[str, Floats], whose: Mask) -> dict[str, Floats]:
    """The durations to which time is added, by name, longer for those who come to them; shape (repeats, n) each."""
    added_minutes = added.seconds.value / SECONDS_PER_MINUTE
    return {
        name: np.where(whose & (minutes[name] > 0), minutes[name] + added_minutes, minutes[name])
        for name in added.durations
    }


def effect_faults(effect: MinutesEffect, pathway: Pathway, where: str) -> list[Fault]:
    """Every fault of one effect in this department."""
    faults = []
    if effect.factor is None and effect.seconds_saved is None:
        faults.append(Fault(where, "has neither a factor nor seconds_saved", "State at least one"))
    if effect.seconds_saved is not None and effect.never_below is None:
        remedy = "Say below which share of a patient's minutes seconds_saved may not go"
        faults.append(Fault(f"{where}.never_below", "is missing", remedy))
    faults += duration_faults(effect.durations, pathway, where)
    known = pathway.durations
    if all(name in known for name in effect.durations) and len({known[name].repeats for name in effect.durations}) > 1:
        found = f"{', '.join(effect.durations)} have different numbers of repeats"
        faults.append(Fault(f"{where}.durations", found, "Name durations of the same step"))
    if effect.covers is not None:
        faults += reach_faults(effect.covers, pathway, f"{where}.covers")
    return faults


def reach_faults(covers: Reach, pathway: Pathway, where: str) -> list[Fault]:
    """Faults of arrival sources, attributes and categories that the department does not have."""
    sources = pathway.categories(ARRIVAL_SOURCE)
    unknown_sources = [name for name in covers.arrivals if name not in sources]
    faults = [unknown(f"{where}.arrivals", "arrival source", name, sources) for name in unknown_sources]
    return faults + only_faults(covers.only, pathway, f"{where}.only")
