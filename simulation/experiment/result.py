"""What a comparison found: measures by arm and replication, paired differences, verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.analysis.compare import Comparison, ShamBand, Shares, summary
from simulation.analysis.measures import Measures
from simulation.analysis.spillover import Effect
from simulation.errors import ResultsError
from simulation.experiment.comparisons import Comparisons, Finding, Safety
from simulation.experiment.replicate import ReplicationResult, Simulated, simulate_arm
from simulation.study.study import Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Result:
    """A study's answers, in order of replication. `seconds` of wall time for the simulation."""

    study: Study
    replications: tuple[ReplicationResult, ...]
    seconds: float

    @cached_property
    def measures(self) -> dict[str, list[Measures]]:
        """By arm, the measures of each replication."""
        return {arm.name: [answer.arms[arm.name].measures for answer in self.replications] for arm in self.study.arms}

    @cached_property
    def compared(self) -> Comparisons:
        """The arms against their baseline: what a report made from files holds, too."""
        design, arms = self.study.design, tuple(arm.name for arm in self.study.arms)
        return Comparisons(design, arms, self.measures, self.shares(design.sham) if design.sham in arms else None)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        return self.compared.comparisons

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A verdict on every primary and secondary target for every arm that is judged (`Compared.judged`)."""
        return self.compared.findings

    @property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement on every margin for every arm that is judged."""
        return self.compared.safety

    @property
    def n_unfinished(self) -> int:
        """Measured attendances, of every arm and replication, that had not left when the run ended."""
        return sum(arm.n_unfinished for answer in self.replications for arm in answer.arms.values())

    def sham(self, measure: str, group: str = "all") -> ShamBand | None:
        """The band of no effect of one measure, if the study has a sham arm."""
        return self.compared.band(measure, group)

    def shares(self, arm: str) -> Shares | None:
        """Of the patients of all replications: who waits shorter and longer than under the baseline.

        Raises ResultsError if there is no such arm.
        """
        name = self.study.arm(arm).name
        each = [answer.arms[name].shares for answer in self.replications]
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
        return self.compared.spillover(measure)

    def values(self, arm: str, measure: str, group: str = "all") -> np.ndarray:
        """One number a replication, shape (n_replications,). Raises ResultsError if arm or measure is unknown."""
        return self.compared.values(arm, measure, group)

    def table(self) -> pd.DataFrame:
        """One tidy row per arm, measure and group: `summary.csv`."""
        return summary(self.comparisons)

    def simulated(self, arm: str | None = None, replication: int = 0) -> Simulated:
        """One arm's replication in full, simulated again (the same patients, to the last tick).

        `arm`: the baseline if not named. Raises ResultsError if there is no such arm or replication.
        """
        chosen = self.study.arm(self.study.design.baseline if arm is None else arm)
        if replication not in range(len(self.replications)):
            there = "0" if len(self.replications) == 1 else f"0 to {len(self.replications) - 1}"
            raise ResultsError(f"there is no replication {replication}. Replications of this result: {there}")
        days = self.replications[replication].cool_down_days
        return simulate_arm(chosen, self.study.run, self.study.engine, replication, cool_down_days=days)

    def patients(self, arm: str | None = None, replication: int = 0) -> pd.DataFrame:
        """One row per attendance of one arm's replication. Raises ResultsError as `simulated` does."""
        return self.simulated(arm, replication).patients.frame()
