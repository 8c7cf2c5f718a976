"""One arm of a result, as a report reads it: what it is, and means over its replications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from simulation.department.vocabulary import Pathway
from simulation.explain.arm_changes import Change
from simulation.explain.explanation import ArmExplanation, Explained
from simulation.explain.statements import AddedAssumption
from simulation.measures.profile import DayProfile
from simulation.records.schema import Floats
from simulation.records.serialise import Plain, plain
from simulation.run.replicate import ArmReplication, day_shapes
from simulation.statistics.coverage_effects import GROUPS
from simulation.statistics.sham import Shares
from simulation.study.study import ReadyArm


@dataclass(frozen=True)
class ArmResult:
    """One arm: its statement (`ready`), its replications in order, and its explanation."""

    ready: ReadyArm
    replications: tuple[ArmReplication, ...]
    explained: Explained

    @property
    def name(self) -> str:
        """The arm's name in the study."""
        return self.ready.name

    @property
    def label(self) -> str:
        """The arm's label, for a reader."""
        return self.ready.arm.label

    @cached_property
    def policy(self) -> Plain:
        """The triage policy, as stated."""
        policy: Plain = plain(self.ready.policy)
        return policy

    @property
    def changes(self) -> Mapping[str, Any]:
        """The values that the arm changes, by dotted path."""
        return self.ready.arm.changes

    @property
    def explanation(self) -> ArmExplanation:
        """What the arm changes, assumes and costs."""
        return self.explained.explanation.arms[self.name]

    @property
    def agreement(self) -> Mapping[str, float]:
        """Figures of how right its labels are for a covered patient, by name; empty if the mix is not known."""
        return self.explanation.agreement

    @property
    def label_mix(self) -> tuple[float, ...]:
        """The share of covered patients that gets each label, the most urgent first."""
        return self.explanation.label_mix

    @property
    def cost(self) -> float | None:
        """Pounds a year beyond the baseline; None if not stated."""
        return self.explanation.cost

    @property
    def cost_range(self) -> tuple[float, float] | None:
        """The lowest and the highest cost that is possible; None if no cost is stated."""
        if self.cost is None:
            return None
        return self.explanation.cost_range or (self.cost, self.cost)

    @property
    def cost_words(self) -> str:
        """What the cost covers, and whose figure it is."""
        return self.explanation.cost_words

    @property
    def changed(self) -> tuple[Change, ...]:
        """What the arm changes for patients."""
        return self.explanation.changed

    @property
    def added_assumptions(self) -> tuple[AddedAssumption, ...]:
        """What the arm states besides the baseline."""
        return self.explanation.added_assumptions

    @cached_property
    def day(self) -> DayProfile:
        """Means of the day profile over the replications that have one; NaN if none has."""
        days = [replication.day for replication in self.replications if replication.day is not None]
        if not days:
            return unknown_day(self.ready.pathway)
        means: dict[str, Any] = {
            name: mean_known([getattr(day, name) for day in days]) for name in day_shapes(days[0].pools, days[0].steps)
        }
        triggered = {name: float(np.mean([day.triggered[name] for day in days])) for name in days[0].triggered}
        return replace(days[0], triggered=triggered, **means)

    @cached_property
    def shares(self) -> Shares | None:
        """The shares of patients of all replications who wait shorter and longer than under the baseline."""
        known = [replication.shares for replication in self.replications if replication.shares is not None]
        if not known:
            return None
        n_unpaired = sum(shares.n_unpaired for shares in known)
        paired = [shares for shares in known if shares.n_paired]
        if not paired:
            return Shares(np.nan, np.nan, 0, n_unpaired)
        n = np.array([shares.n_paired for shares in paired])
        better, worse = (
            float(np.average([getattr(shares, name) for shares in paired], weights=n)) for name in ("better", "worse")
        )
        return Shares(better, worse, int(n.sum()), n_unpaired)

    @cached_property
    def waits(self) -> Mapping[str, Mapping[str, float]]:
        """Minutes waited before the first clinician, by group of coverage and step; empty without such groups."""
        known = [replication.waits for replication in self.replications if replication.waits is not None]
        if not known:
            return {}
        means = mean_known(known)
        steps = tuple(self.ready.pathway.nodes())
        return {
            group: {step: float(minutes) for step, minutes in zip(steps, row, strict=True) if minutes > 0}
            for group, row in zip((*GROUPS, "never"), means, strict=True)
            if not np.isnan(row).all()
        }


def unknown_day(pathway: Pathway) -> DayProfile:
    """A day profile of NaN."""
    pools, steps = tuple(pathway.pools), tuple(pathway.nodes())
    arrays = {name: np.full(shape, np.nan) for name, shape in day_shapes(pools, steps).items()}
    return DayProfile(pools=pools, steps=steps, triggered=dict.fromkeys(pathway.triggers, np.nan), **arrays)


def mean_known(arrays: Sequence[Floats]) -> Floats:
    """The mean of arrays of one shape, entry by entry, leaving NaN out; NaN where nothing is known."""
    stacked = np.stack([np.asarray(array, dtype=float) for array in arrays])
    known = ~np.isnan(stacked)
    n_known = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, n_known, out=np.full(total.shape, np.nan), where=n_known > 0))
