"""A study's result: measures by arm and replication, paired differences, verdicts. Computed or read, it is the same.

`simulation.api.Result` shows and stores it, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from simulation.department.own_measures import Better
from simulation.errors import ResultsError
from simulation.explain.explanation import Explained, Explanation
from simulation.explain.statements import Statement, statements
from simulation.measures.definitions import Definition, definition_of
from simulation.measures.measuring import MeasureName, Measures
from simulation.measures.profile import stage_of
from simulation.records.schema import Floats, Table
from simulation.records.serialise import Plain, plain
from simulation.run.arm_result import ArmResult
from simulation.run.comparisons import Comparisons, Finding
from simulation.run.replicate import ReplicationResult
from simulation.run.store.kept import kept_among, read_kept, table_of
from simulation.run.store.manifest import FILES
from simulation.statistics.always_valid import IntervalKind, interval_kind
from simulation.statistics.compare import Comparison, paired, summary
from simulation.statistics.sham import Shares
from simulation.study.design import Design, Margin, Target
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.study import Kept, Precision, ReadyArm, RunLength, Study, own_definitions, own_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class StudyResult(Comparisons):
    """A study and the results of its replications, in order.

    explained: explains the arms, and is computed at first use
    manifest: versions, machine and clock times of the run
    folder: the folder from which the result was read, if any
    """

    study: Study
    replications: tuple[ReplicationResult, ...]
    explained: Explained
    manifest: Plain = field(default_factory=dict)
    folder: Path | None = None

    @property
    def interval_kind(self) -> IntervalKind:
        """The kind of its intervals: 'always_valid' before the planned number of replications and beyond it.

        A reader may have looked at such a result before, and may look again, so its verdicts come from intervals that
        hold however often one looks.
        """
        return interval_kind(len(self.replications), planned=self.study.run.replications)

    # --- what was run -------------------------------------------------------------------------------------------

    @cached_property
    def design(self) -> Design:
        """The question: arms that were run, targets, margins."""
        return self.study.design.restricted_to([arm.name for arm in self.study.arms])

    @property
    def run(self) -> RunLength:
        """Replications and days, as planned."""
        return self.study.run

    @cached_property
    def department_of(self) -> NDArray[np.int64] | None:
        """The department that each replication used, shape (n_replications,); None without an ensemble."""
        if self.study.departments is None or self.run.departments is None:
            return None
        numbers = [replication.replication for replication in self.replications]
        return np.array([self.study.department(number) for number in numbers], dtype=np.int64)

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        return self.study.scenario

    @cached_property
    def resolved(self) -> Plain:
        """The configuration as composed."""
        resolved: Plain = plain(self.study.resolved)
        return resolved

    @property
    def explanation(self) -> Explanation:
        """What explains each arm, and the part of the pathway that its patients reach."""
        return self.explained.explanation

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every sourced statement of the configuration and of the policies.

        Arms with some of the levers, and draws of another arm's table, are left out: the arm with all levers, or the
        other arm, states the same.
        """
        levers = set(self.design.levers)
        left_out = [
            name
            for name, arm in self.design.arms.items()
            if arm.draw_of is not None or (arm.levers and set(arm.levers) != levers)
        ]
        return statements(self.resolved, [arm.policy for arm in self.arms if arm.name not in left_out])

    @cached_property
    def stages(self) -> Mapping[str, str]:
        """The stage of a stay that each step belongs to, by step."""
        pathway = self.study.baseline.pathway
        return {name: stage_of(name, pathway) for name in pathway.steps}

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The role of each pool, by pool."""
        return {name: pool.role for name, pool in self.study.baseline.pathway.pools.items()}

    # --- arms ---------------------------------------------------------------------------------------------------

    @cached_property
    def arms(self) -> tuple[ArmResult, ...]:
        """Every arm that was run, in order."""
        return tuple(
            ArmResult(arm, tuple(replication.arms[arm.name] for replication in self.replications), self.explained)
            for arm in self.study.arms
        )

    def arm(self, name: str) -> ArmResult:
        """An arm by name. Raises ResultsError if there is none."""
        self.study.arm(name)
        return next(arm for arm in self.arms if arm.name == name)

    @property
    def baseline(self) -> ArmResult:
        """The arm that all others are compared with."""
        return self.arm(self.design.baseline)

    @property
    def others(self) -> tuple[ArmResult, ...]:
        """Every arm but the baseline."""
        return tuple(arm for arm in self.arms if arm.name != self.design.baseline)

    @property
    def sham_shares(self) -> Shares | None:
        """The shares of patients who wait shorter and longer under the sham arm; None if it was not run."""
        return self.sham.shares if self.sham is not None else None

    @property
    def measured_days(self) -> float:
        """The measured days of each replication."""
        return self.run.measured_days

    @property
    def sham(self) -> ArmResult | None:
        """The arm without any effect, if it was run."""
        return next((arm for arm in self.arms if arm.name == self.design.sham), None)

    def controlled(self) -> tuple[tuple[ArmResult, ArmResult], ...]:
        """Pairs of an arm that has a control of its own, and that control, where both were run."""
        by_name = {arm.name: arm for arm in self.arms}
        controls = [(arm, self.design.arms[arm.name].control) for arm in self.arms]
        return tuple((arm, by_name[control]) for arm, control in controls if control is not None and control in by_name)

    @cached_property
    def shown(self) -> Self:
        """The result without the arms that only a decomposition needs."""
        names = self.design.shown
        if len(names) == len(self.arms):
            return self
        arms = tuple(arm for arm in self.study.arms if arm.name in names)
        design = replace(self.study.design, arms={name: self.design.arms[name] for name in names})
        return replace(self, study=replace(self.study, arms=arms, design=design))

    # --- measures and verdicts ----------------------------------------------------------------------------------

    @cached_property
    def measures(self) -> dict[str, list[Measures]]:
        """The measures of each replication, by arm."""
        return {arm.name: [replication.measures for replication in arm.replications] for arm in self.arms}

    @cached_property
    def own(self) -> Mapping[str, Definition]:
        """The definitions of the user's own measures, by name: of the study, and of any arm's department."""
        return own_definitions(self.design, [arm.pathway for arm in self.study.arms])

    @cached_property
    def own_groups(self) -> tuple[str, ...]:
        """The user's own groups, of the study and of the baseline's department, in order."""
        return tuple(own_of(self.design, self.study.baseline.pathway).groups)

    def better(self, target: Target | Margin) -> Better:
        """Which way the measure of a target is better."""
        return definition_of(target.measure, self.own).better

    @property
    def targets(self) -> tuple[Target, ...]:
        """Primary, then secondary targets."""
        return (*self.design.primary, *self.design.secondary)

    def finding(self, arm: str, target: Target) -> Finding:
        """The verdict on one arm and target."""
        return next(finding for finding in self.findings if finding.arm == arm and finding.target == target)

    def groups(self, measure: str) -> tuple[str, ...]:
        """The groups that a measure is given for, in order."""
        return tuple(row.group for row in self.comparisons if (row.arm, row.measure) == (self.design.baseline, measure))

    def figures(self, names: Sequence[MeasureName]) -> Floats:
        """Measures of the baseline, shape (n_replications, n_names)."""
        return np.column_stack([self.values(self.design.baseline, name.measure, name.group) for name in names])

    def differences(self, arm: str, target: Target | Margin) -> Floats:
        """An arm's differences from the baseline by replication, shape (n_replications,)."""
        values, before = (self.values(name, target.measure, target.group) for name in (arm, self.design.baseline))
        return paired(values, before)

    def before(self, measure: str, group: str = "all") -> Comparison:
        """A measure under the baseline."""
        return self.row(self.design.baseline, measure, group)

    def row_of(self, judged: Target | Margin | Precision, arm: str | None = None) -> Comparison:
        """The comparison of an arm on a target, a margin or a precision; the baseline's if no arm is named."""
        return self.row(arm or self.design.baseline, judged.measure, judged.group)

    def unit(self, judged: Target | Margin | Precision) -> str:
        """The unit of what is judged."""
        return self.row_of(judged).unit

    def shares(self, arm: str) -> Shares | None:
        """The shares of patients of all replications who wait shorter and longer than under the baseline.

        Raises ResultsError if there is no such arm.
        """
        return self.arm(arm).shares

    @property
    def n_unfinished(self) -> int:
        """Measured attendances, of every arm and replication, that had not left when the run ended."""
        return sum(arm.n_unfinished for replication in self.replications for arm in replication.arms.values())

    def table(self) -> pd.DataFrame:
        """One tidy row per arm, measure and group: `summary.csv`."""
        return summary(self.comparisons)

    # --- patients -----------------------------------------------------------------------------------------------

    def simulated(self, arm: str | None = None, replication: int | None = None) -> Simulated:
        """One arm's replication in full, simulated again (the same patients, to the last tick).

        `arm`: the baseline if not named; `replication`: its number, the first if not named. Raises ResultsError if
        there is no such arm or replication.
        """
        ready, chosen = self._chosen(arm, replication)
        return simulate_arm(
            ready, self.study.run, self.study.engine, chosen.replication, cool_down_days=chosen.cool_down_days
        )

    def patients(self, arm: str | None = None, replication: int | None = None) -> pd.DataFrame:
        """One row per attendance of one arm's replication: read where kept, else simulated again.

        Raises ResultsError as `simulated` does.
        """
        return self._table("patients", arm, replication).frame()

    def activities(self, arm: str | None = None, replication: int | None = None) -> pd.DataFrame:
        """One row per patient and step of one arm's replication: read where kept, else simulated again.

        Raises ResultsError as `simulated` does.
        """
        return self._table("activities", arm, replication).frame()

    def events(self, arm: str | None = None, replication: int | None = None) -> pd.DataFrame:
        """The event log of one arm's replication, as vidigi reads it: read where kept, else simulated again.

        Raises ResultsError as `simulated` does.
        """
        return self._table("events", arm, replication).frame()

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The tables that are stored in the folder from which the result was read."""
        return kept_among(self.manifest[FILES]) if self.folder is not None else ()

    def _table(self, name: Kept, arm: str | None, replication: int | None) -> Table:
        ready, chosen = self._chosen(arm, replication)
        if self.folder is not None and name in self.kept:
            return read_kept(self.folder, name, ready, chosen.replication)
        return table_of(name, ready.pathway, self.simulated(arm, replication))

    def _chosen(self, arm: str | None, replication: int | None) -> tuple[ReadyArm, ReplicationResult]:
        """An arm and a replication by number, the baseline and the first if not named. Raises ResultsError."""
        name = self.study.arm(self.study.design.baseline if arm is None else arm).name
        numbers = [result.replication for result in self.replications]
        number = numbers[0] if replication is None else replication
        if number not in numbers:
            known = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
            raise ResultsError(f"there is no replication {replication}. Replications of this result: {known}")
        return self.study.of(number).arm(name), self.replications[numbers.index(number)]
