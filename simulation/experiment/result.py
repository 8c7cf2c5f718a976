"""What a comparison found: measures by arm and replication, paired differences, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.analysis.compare import Comparison, ShamBand, Shares, compare_arms, find, sham_band, summary
from simulation.analysis.measures import Measures
from simulation.analysis.spillover import Effect, effects
from simulation.analysis.verdict import Judgement, Verdict, non_inferiority, verdict
from simulation.experiment.replicate import Answer, Simulated, simulate_arm, stacked
from simulation.experiment.study import Design, Margin, Study, Target

if TYPE_CHECKING:
    import pandas as pd


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


def findings(
    design: Design, rows: Callable[[str, str, str], Comparison], arms: Sequence[str], identical: Collection[str]
) -> tuple[Finding, ...]:
    """A verdict for every arm on every target. `rows`: the comparison of an arm, measure and group.

    Primary targets of all arms are one family: their verdicts hold together. Secondary ones are each read from their
    own 95 % interval, and whoever shows them says how many there were.
    """
    found = []
    for arm in arms:
        for target in (*design.primary, *design.secondary):
            row = rows(arm, target.measure, target.group)
            family = len(arms) * len(design.primary) if target in design.primary else 1
            judged = verdict(row, target.minimal_important_difference, family=family, identical=arm in identical)
            found.append(Finding(arm, target, row, judged))
    return tuple(found)


def safeties(
    design: Design, rows: Callable[[str, str, str], Comparison], arms: Sequence[str], identical: Collection[str]
) -> tuple[Safety, ...]:
    """A judgement for every arm on every margin, all of them one family."""
    found = []
    for arm in arms:
        for margin in design.margins:
            row = rows(arm, margin.measure, margin.group)
            family = len(arms) * len(design.margins)
            judged = non_inferiority(row, margin.margin, family=family, identical=arm in identical)
            found.append(Safety(arm, margin, row, judged))
    return tuple(found)


@dataclass(frozen=True)
class Result:
    """A study's answers, in order of replication. `seconds` of wall time for the simulation."""

    study: Study
    answers: tuple[Answer, ...]
    seconds: float

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        return compare_arms(self.measures, self.study.design.baseline)

    @cached_property
    def measures(self) -> dict[str, list[Measures]]:
        """By arm, the measures of each replication."""
        return {arm.name: [answer.arms[arm.name].measures for answer in self.answers] for arm in self.study.arms}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """A verdict for every arm but the baseline on every primary and secondary target."""
        return findings(self.study.design, self._row, self._others(), self.identical_arms)

    @cached_property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement for every arm but the baseline on every margin."""
        return safeties(self.study.design, self._row, self._others(), self.identical_arms)

    def _row(self, arm: str, measure: str, group: str) -> Comparison:
        return find(self.comparisons, arm=arm, measure=measure, group=group)

    @cached_property
    def identical_arms(self) -> tuple[str, ...]:
        """Arms that differ from the baseline in no measure of any replication."""
        return tuple(
            arm
            for arm in self._others()
            if all(
                np.array_equal(ours.values, theirs.values, equal_nan=True)
                for ours, theirs in zip(self.measures[arm], self.measures[self.study.design.baseline], strict=True)
            )
        )

    @property
    def n_unfinished(self) -> int:
        """Measured attendances, of every arm and replication, that had not left when the run ended."""
        return sum(arm.n_unfinished for answer in self.answers for arm in answer.arms.values())

    def sham(self, measure: str, group: str = "all") -> ShamBand | None:
        """The band of no effect of one measure, if the study has a sham arm."""
        name = self.study.design.sham
        if name is None:
            return None
        band = sham_band(self.values(name, measure, group), self.values(self.study.design.baseline, measure, group))
        return replace(band, shares=self.shares(name))

    def shares(self, arm: str) -> Shares | None:
        """Of the patients of all replications: who waits shorter and longer than under the baseline."""
        each = [answer.arms[arm].shares for answer in self.answers]
        known = [shares for shares in each if shares is not None]
        if not known:
            return None
        n = np.array([shares.n_paired for shares in known])
        better, worse = (
            float(np.average([getattr(shares, name) for shares in known], weights=n)) for name in ("better", "worse")
        )
        return Shares(better, worse, int(n.sum()), sum(shares.n_unpaired for shares in known))

    def spillover(self, measure: str) -> tuple[Effect, ...]:
        """What the tool does to those it covers and to the others; nothing if the study does not tell them apart."""
        told = self.study.design.coverages
        if told is None:
            return ()
        baseline = self.study.design.baseline
        return effects(self.measures, baseline, partial=told.partial, full=told.full, measure=measure)

    def values(self, arm: str, measure: str, group: str = "all") -> np.ndarray:
        """One number a replication, shape (n_replications,)."""
        return stacked(self.answers, arm, measure, group)

    def table(self) -> pd.DataFrame:
        """One tidy row per arm, measure and group: `summary.csv`."""
        return summary(self.comparisons)

    def simulated(self, arm: str | None = None, replication: int = 0) -> Simulated:
        """One arm's replication in full, simulated again (the same patients, to the last tick)."""
        chosen = self.study.arm(arm or self.study.design.baseline)
        days = self.answers[replication].run_out_days
        return simulate_arm(chosen, self.study.run, self.study.engine, replication, run_out_days=days)

    def patients(self, arm: str | None = None, replication: int = 0) -> pd.DataFrame:
        """One row per attendance of one arm's replication."""
        return self.simulated(arm, replication).patients.frame()

    def _others(self) -> list[str]:
        return [arm.name for arm in self.study.arms if arm.name != self.study.design.baseline]
