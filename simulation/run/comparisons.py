"""Arms against their baseline, over replications: differences, verdicts, judgements on safety, sham band, spillover.

A result that was just computed and one that was read from files hold the same `Comparisons`, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.measures.definitions import Definition
from simulation.measures.groups import COVERAGE
from simulation.measures.measuring import Measures
from simulation.records.schema import Floats
from simulation.statistics.always_valid import IntervalKind
from simulation.statistics.compare import Comparison, compare, compare_arms, find, paired
from simulation.statistics.coverage_effects import GROUPS, Effect, effects
from simulation.statistics.departments import Department, Spread, spread_over
from simulation.statistics.intervals import Interval
from simulation.statistics.sham import ShamBand, Shares, sham_band
from simulation.statistics.verdict import Judgement, Verdict, harm_words, non_inferiority, verdict, where_words
from simulation.statistics.weakness import too_short
from simulation.study.design import Design, Margin, Target
from simulation.study.study import no_arm


@dataclass(frozen=True)
class Finding:
    """The verdict on one arm and one target.

    Over an ensemble, `spread` is the difference over departments, and `where` says in how many of them it holds.
    """

    arm: str
    target: Target
    comparison: Comparison
    verdict: Verdict
    spread: Spread | None = None
    where: str = ""


@dataclass(frozen=True)
class Safety:
    """The judgement on one arm and one non-inferiority margin; `spread` and `where` as in `Finding`."""

    arm: str
    margin: Margin
    comparison: Comparison
    judgement: Judgement
    spread: Spread | None = None
    where: str = ""


class Comparisons:
    """The comparisons of a study's arms with its baseline: what a result judges, computed or read.

    A result gives what is declared first: `measures` of each replication, by arm in order; `interval_kind`, the kind of
    every interval, and so of every verdict and judgement ('always_valid' while a result grows and beyond the planned
    number of replications, `statistics.always_valid`); `own`, definitions of the user's own measures; `measured_days`
    of each replication; over an ensemble `department_of`, the department that each replication used; and
    `sham_shares`, the shares of patients who wait shorter and longer under the sham arm.
    """

    if TYPE_CHECKING:

        @property
        def design(self) -> Design: ...  # noqa: D102
        @property
        def measures(self) -> Mapping[str, Sequence[Measures]]: ...  # noqa: D102
        @property
        def interval_kind(self) -> IntervalKind: ...  # noqa: D102
        @property
        def own(self) -> Mapping[str, Definition]: ...  # noqa: D102
        @property
        def measured_days(self) -> float | None: ...  # noqa: D102
        @property
        def department_of(self) -> Department | None: ...  # noqa: D102
        @property
        def sham_shares(self) -> Shares | None: ...  # noqa: D102

    @property
    def judged(self) -> tuple[str, ...]:
        """Every arm that gets a verdict: not the baseline, nor arms that only an ablation's decomposition needs."""
        hidden = self.design.arms.keys() - set(self.design.shown) | {self.design.baseline}
        return tuple(arm for arm in self.measures if arm not in hidden)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        return compare_arms(
            self.measures,
            self.design.baseline,
            kind=self.interval_kind,
            defined=self.own,
            measured_days=self.measured_days,
            stated=self._judged_measures,
            department=self.department_of,
        )

    @cached_property
    def _judged_measures(self) -> frozenset[str]:
        """The measures of targets and margins, which have an interval even if few days are measured."""
        judged: tuple[Target | Margin, ...] = (*self.design.primary, *self.design.secondary, *self.design.margins)
        return frozenset(target.measure for target in judged)

    def _too_short(self, measure: str, n: int) -> bool:
        """Whether too little was measured for an interval of a measure."""
        return measure not in self._judged_measures and too_short(measure, n, self.measured_days)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], Comparison]:
        return {(row.arm, row.measure, row.group): row for row in self.comparisons}

    def row(self, arm: str, measure: str, group: str = "all") -> Comparison:
        """One comparison. Raises ResultsError if there is none."""
        known = self._rows.get((arm, measure, group))
        return known or find(self.comparisons, arm=arm, measure=measure, group=group)

    def has(self, measure: str, group: str = "all") -> bool:
        """Whether every arm has the measure."""
        return (self.design.baseline, measure, group) in self._rows

    def values(self, arm: str, measure: str, group: str = "all") -> Floats:
        """A measure by replication, shape (n_replications,). Raises ResultsError if arm or measure is unknown."""
        if arm not in self.measures:
            raise no_arm(arm, self.measures)
        return np.array([measures.value(measure, group) for measures in self.measures[arm]])

    def against(self, arm: str, other: str, measure: str, group: str = "all") -> Interval:
        """The mean difference of two arms, paired by replication, with its interval."""
        ours, theirs = self.values(arm, measure, group), self.values(other, measure, group)
        interval = compare(ours, theirs, kind=self.interval_kind, department=self.department_of)
        return replace(interval, low=np.nan, high=np.nan) if self._too_short(measure, interval.n) else interval

    @cached_property
    def identical(self) -> tuple[str, ...]:
        """Arms that differ from the baseline in no measure of any replication."""
        theirs = self.measures[self.design.baseline]
        return tuple(
            arm
            for arm in self.measures
            if arm != self.design.baseline
            and all(
                np.array_equal(one.values, other.values, equal_nan=True)
                for one, other in zip(self.measures[arm], theirs, strict=True)
            )
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """A verdict for every arm that is judged on every target.

        Verdicts on primary targets form two families, of tools and of comparators, each of which holds together with
        95 %. Secondary ones are each read from their own 95 % interval, and reports say how many there were.
        """
        findings = []
        for arm in self.judged:
            for target in (*self.design.primary, *self.design.secondary):
                row, same = self.row(arm, target.measure, target.group), arm in self.identical
                family = self.family(arm) * len(self.design.primary) if target in self.design.primary else 1
                least_difference = target.minimal_important_difference
                spread = None if same else self.spread(arm, target.measure, target.group)
                where = "" if spread is None else where_words(spread, least_difference, row)
                judged = verdict(row, least_difference, family=family, identical=same)
                findings.append(Finding(arm, target, row, judged, spread, where))
        return tuple(findings)

    @cached_property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement for every arm that is judged on every margin, in two families: tools and comparators."""
        judgements = []
        for arm in self.judged:
            family = self.family(arm) * len(self.design.margins)
            for margin in self.design.margins:
                row, same = self.row(arm, margin.measure, margin.group), arm in self.identical
                spread = None if same else self.spread(arm, margin.measure, margin.group)
                where = "" if spread is None else harm_words(spread, margin.margin, row)
                judged = non_inferiority(row, margin.margin, family=family, identical=same)
                judgements.append(Safety(arm, margin, row, judged, spread, where))
        return tuple(judgements)

    def family(self, arm: str) -> int:
        """The number of arms judged together with this one, itself included: the tools, or the comparators."""
        arms = self.design.arms
        return sum(arms[other].comparator == arms[arm].comparator for other in self.judged)

    def spread(self, arm: str, measure: str, group: str = "all") -> Spread | None:
        """An arm's difference over departments, simulation noise removed.

        None with one department, or where a stay had not ended.
        """
        if self.department_of is None:
            return None
        effects = paired(self.values(arm, measure, group), self.values(self.design.baseline, measure, group))
        return None if np.isinf(effects).any() else spread_over(effects, self.department_of)

    def band(self, measure: str, group: str = "all") -> ShamBand | None:
        """The sham band of a measure; None if no sham arm was run, or too little was measured for an interval."""
        sham = self.design.sham
        if sham is None or sham not in self.measures or self._too_short(measure, len(self.measures[sham])):
            return None
        baseline = self.values(self.design.baseline, measure, group)
        ours = self.values(sham, measure, group)
        return sham_band(
            ours, baseline, shares=self.sham_shares, kind=self.interval_kind, department=self.department_of
        )

    def spillover(self, measure: str) -> tuple[Effect, ...]:
        """Effects on patients whom the tool covers and on the others.

        Empty if the study does not distinguish them, or the measure is not given by coverage.
        """
        coverages = self.design.coverages
        if coverages is None or not self.has(measure, f"{COVERAGE}={GROUPS[0]}"):
            return ()
        return effects(
            self.measures,
            self.design.baseline,
            partial=coverages.partial,
            full=coverages.full,
            measure=measure,
            kind=self.interval_kind,
            department=self.department_of,
        )
