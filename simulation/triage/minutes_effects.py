"""A policy's effects on a patient's minutes: several effects, one after another, each on the same draw.

Nothing is drawn here: `people` decides who is covered, and an effect changes minutes that a patient already has. A step
that a patient cannot come to keeps its 0 minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated

import numpy as np

from simulation.department.config_dataclass import (
    DurationName,
    OfAttributes,
    Sourced,
    SourceName,
    Unit,
    config_dataclass,
)
from simulation.records.schema import Floats, Mask
from simulation.triage.estimates import AtLeastZero, Estimate, Portion
from simulation.triage.people import Added

SECONDS_PER_MINUTE = 60


@config_dataclass
class Reach(Sourced):
    """Whom one effect or action is for.

    Example: `{arrivals: [walk_in], only: {language_need: ["yes"]}, evidence: assumed,
    source: "who needs an interpreter"}`
    """

    arrivals: tuple[SourceName, ...] = ()
    """Arrival sources whose patients it is for; none: those of the policy."""
    only: OfAttributes = field(default_factory=dict)
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

    durations: tuple[DurationName, ...]
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
