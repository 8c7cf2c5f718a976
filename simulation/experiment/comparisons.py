"""Arms against their baseline, over replications: differences, verdicts, judgements on safety, sham band, spillover.

A run that has just ended (`Result`) and a report made from files hold the same `Comparisons`, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from simulation.analysis.always_valid import IntervalKind
from simulation.analysis.compare import Comparison, Interval, ShamBand, Shares, compare, compare_arms, find, sham_band
from simulation.analysis.definitions import COVERAGE, Definition
from simulation.analysis.measures import Measures
from simulation.analysis.spillover import GROUPS, Effect, effects
from simulation.analysis.verdict import Judgement, Verdict, non_inferiority, verdict
from simulation.analysis.weakness import too_short
from simulation.records.schema import Floats
from simulation.study.design import Design, Margin, Target
from simulation.study.study import no_arm


@dataclass(frozen=True)
class Finding:
    """The verdict on one arm and one target."""

    arm: str
    target: Target
    comparison: Comparison
    verdict: Verdict


@dataclass(frozen=True)
class Safety:
    """The judgement on one arm and one non-inferiority margin."""

    arm: str
    margin: Margin
    comparison: Comparison
    judgement: Judgement


@dataclass(frozen=True)
class Comparisons:
    """What a study's arms come to.

    `arms`: those that were run, in order; `measures`: of each arm, those of each replication;
    `sham_shares`: who waits shorter and longer under the sham arm, over all replications (None if not known);
    `interval_kind`: what every interval promises, and so what verdicts and judgements are read from; 'always_valid'
    while a result grows, and once it has grown beyond the number planned (`analysis.always_valid.interval_kind`);
    `own`: what defines measures of the user's own; `measured_days`: of each replication, if known.
    """

    design: Design
    arms: tuple[str, ...]
    measures: Mapping[str, Sequence[Measures]]
    sham_shares: Shares | None = None
    interval_kind: IntervalKind = "fixed_sample"
    own: Mapping[str, Definition] = field(default_factory=dict)
    measured_days: float | None = None

    @property
    def others(self) -> tuple[str, ...]:
        """Every arm but the baseline."""
        return tuple(arm for arm in self.arms if arm != self.design.baseline)

    @property
    def judged(self) -> tuple[str, ...]:
        """Every arm that gets a verdict: not the baseline, nor what only the decomposition of an ablation needs."""
        hidden = self.design.arms.keys() - set(self.design.shown)
        return tuple(arm for arm in self.others if arm not in hidden)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        kind, days = self.interval_kind, self.measured_days
        return compare_arms(
            self.measures,
            self.design.baseline,
            kind=kind,
            defined=self.own,
            measured_days=days,
            stated=self._stated,
        )

    @cached_property
    def _stated(self) -> frozenset[str]:
        """The measures that the study is about: they have an interval however little is measured."""
        judged: tuple[Target | Margin, ...] = (*self.design.primary, *self.design.secondary, *self.design.margins)
        return frozenset(each.measure for each in judged)

    def _too_short(self, measure: str, n: int) -> bool:
        return measure not in self._stated and too_short(measure, n, self.measured_days)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], Comparison]:
        return {(row.arm, row.measure, row.group): row for row in self.comparisons}

    def row(self, arm: str, measure: str, group: str = "all") -> Comparison:
        """One comparison. Raises ResultsError if there is none."""
        found = self._rows.get((arm, measure, group))
        return found or find(self.comparisons, arm=arm, measure=measure, group=group)

    def has(self, measure: str, group: str = "all") -> bool:
        """Whether every arm has the measure."""
        return (self.design.baseline, measure, group) in self._rows

    def values(self, arm: str, measure: str, group: str = "all") -> Floats:
        """One number a replication, shape (n_replications,). Raises ResultsError if arm or measure is unknown."""
        if arm not in self.measures:
            raise no_arm(arm, self.measures)
        return np.array([each.value(measure, group) for each in self.measures[arm]])

    def against(self, arm: str, other: str, measure: str, group: str = "all") -> Interval:
        """The mean difference of two arms, paired by replication, with its interval."""
        ours, theirs = self.values(arm, measure, group), self.values(other, measure, group)
        found = compare(ours, theirs, kind=self.interval_kind)
        return replace(found, low=np.nan, high=np.nan) if self._too_short(measure, found.n) else found

    @cached_property
    def identical(self) -> tuple[str, ...]:
        """Arms that differ from the baseline in no measure of any replication."""
        theirs = self.measures[self.design.baseline]
        return tuple(
            arm
            for arm in self.others
            if all(
                np.array_equal(one.values, other.values, equal_nan=True)
                for one, other in zip(self.measures[arm], theirs, strict=True)
            )
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """A verdict for every arm that is judged on every target.

        Primary targets of all these arms are one family: their verdicts hold together. Secondary ones are each read
        from their own 95 % interval, and whoever shows them says how many there were.
        """
        found = []
        for arm in self.judged:
            for target in (*self.design.primary, *self.design.secondary):
                row = self.row(arm, target.measure, target.group)
                family = len(self.judged) * len(self.design.primary) if target in self.design.primary else 1
                mid, same = target.minimal_important_difference, arm in self.identical
                found.append(Finding(arm, target, row, verdict(row, mid, family=family, identical=same)))
        return tuple(found)

    @cached_property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement for every arm that is judged on every margin, all of them one family."""
        family = len(self.judged) * len(self.design.margins)
        found = []
        for arm in self.judged:
            for margin in self.design.margins:
                row = self.row(arm, margin.measure, margin.group)
                judged = non_inferiority(row, margin.margin, family=family, identical=arm in self.identical)
                found.append(Safety(arm, margin, row, judged))
        return tuple(found)

    def band(self, measure: str, group: str = "all") -> ShamBand | None:
        """What chance alone does to a measure; None if no sham arm was run, or too little measured for an interval."""
        sham = self.design.sham
        if sham is None or sham not in self.arms or self._too_short(measure, len(self.measures[sham])):
            return None
        baseline = self.values(self.design.baseline, measure, group)
        ours = self.values(sham, measure, group)
        return sham_band(ours, baseline, shares=self.sham_shares, kind=self.interval_kind)

    def spillover(self, measure: str) -> tuple[Effect, ...]:
        """What the tool does to those it covers and to the others.

        Nothing if the study does not tell them apart, or the measure is not given by coverage.
        """
        told = self.design.coverages
        if told is None or not self.has(measure, f"{COVERAGE}={GROUPS[0]}"):
            return ()
        return effects(
            self.measures,
            self.design.baseline,
            partial=told.partial,
            full=told.full,
            measure=measure,
            kind=self.interval_kind,
        )
