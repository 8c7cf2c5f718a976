"""What a report is made from, whether the run has just ended or was stored last year: `ReportInputs`.

A folder of results holds enough to make the report again without simulating, so everything here is small and
plain: measures by replication, means of the day profiles, and what was compared. Figures, tables and the page
read this and nothing else. `report.gather` makes it of a run, `report.stored` of files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from simulation.analysis.always_valid import IntervalKind
from simulation.analysis.compare import Comparison, Interval, ShamBand, Shares
from simulation.analysis.measures import Measures
from simulation.analysis.spillover import Effect
from simulation.experiment.comparisons import Comparisons, Finding, Safety
from simulation.explain.arm_changes import AddedAssumption, Change
from simulation.explain.assumptions import statements
from simulation.inquiry.ablation import TargetParts, decompositions, is_ablation
from simulation.records.schema import Floats
from simulation.records.serialise import Plain, Statement
from simulation.study.design import Design, Target
from simulation.study.study import RunLength


@dataclass(frozen=True)
class DayMeans:
    """An arm's day profile, mean over replications. Shapes as in `DayProfile`; minutes are per attendance."""

    pools: tuple[str, ...]
    steps: tuple[str, ...]
    arrivals: Floats
    census: Floats
    boarders: Floats
    busy: Floats
    busy_mean: Floats
    waiting: Floats
    working: Floats
    triggered: Mapping[str, float]


@dataclass(frozen=True)
class ReportArm:
    """One arm as a report tells it.

    `policy`: as stated. `agreement`: what its labels amount to for a covered patient at this site, by name of the
    figure (empty if the case mix is not known), and `label_mix` the share that gets each label. `cost`: pounds a year
    beyond the baseline (None if not stated), `cost_words`: what they buy and whose figure it is. `shares`: who waits
    shorter and longer than the baseline. `waits`: by group of coverage and step, minutes waited there before the first
    clinician (if the study tells the groups apart). `changed`: what it changes (not: where its label
    then decides), `added_assumptions`: what it states besides the baseline.
    """

    name: str
    label: str
    policy: Plain
    changes: Mapping[str, Any]
    agreement: Mapping[str, float]
    label_mix: tuple[float, ...]
    cost: float | None
    cost_words: str
    day: DayMeans
    shares: Shares | None
    waits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    changed: tuple[Change, ...] = ()
    added_assumptions: tuple[AddedAssumption, ...] = ()


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report says. `stages`: by step, the stage of a stay; `roles`: by pool, its role.

    `resolved`: the configuration as composed; `manifest`: who ran it, with what, how long. `interval_kind`: what the
    intervals promise, as in `Comparisons`.
    """

    design: Design
    run: RunLength
    scenario: str
    arms: tuple[ReportArm, ...]
    measures: Mapping[str, Sequence[Measures]]
    stages: Mapping[str, str]
    roles: Mapping[str, str]
    resolved: Plain
    manifest: Plain
    interval_kind: IntervalKind = "fixed_sample"

    @property
    def baseline(self) -> ReportArm:
        """The arm that all others are compared with."""
        return self.arm(self.design.baseline)

    @property
    def others(self) -> tuple[ReportArm, ...]:
        """Every arm but the baseline."""
        return tuple(arm for arm in self.arms if arm.name != self.design.baseline)

    @property
    def sham(self) -> ReportArm | None:
        """The arm without any effect, if it was run."""
        return next((arm for arm in self.arms if arm.name == self.design.sham), None)

    def arm(self, name: str) -> ReportArm:
        """An arm by name."""
        return next(arm for arm in self.arms if arm.name == name)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Primary, then secondary targets."""
        return (*self.design.primary, *self.design.secondary)

    @cached_property
    def compared(self) -> Comparisons:
        """The arms against their baseline: what the result of the run held, too."""
        shares = self.sham.shares if self.sham is not None else None
        arms = tuple(arm.name for arm in self.arms)
        return Comparisons(self.design, arms, self.measures, shares, self.interval_kind)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        return self.compared.comparisons

    def row(self, arm: str, measure: str, group: str = "all") -> Comparison:
        """One comparison. Raises ResultsError if there is none."""
        return self.compared.row(arm, measure, group)

    def has(self, measure: str, group: str = "all") -> bool:
        """Whether every arm has the measure."""
        return self.compared.has(measure, group)

    def groups(self, measure: str) -> tuple[str, ...]:
        """The groups that a measure is given for, in order."""
        return tuple(row.group for row in self.comparisons if (row.arm, row.measure) == (self.design.baseline, measure))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A verdict on every target for every arm that is judged."""
        return self.compared.findings

    def finding(self, arm: str, target: Target) -> Finding:
        """The verdict on one arm and target."""
        return next(each for each in self.findings if each.arm == arm and each.target == target)

    @property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement on every margin for every arm that is judged."""
        return self.compared.safety

    @property
    def identical(self) -> tuple[str, ...]:
        """Arms that differ from the baseline in no measure of any replication."""
        return self.compared.identical

    def spillover(self, measure: str) -> tuple[Effect, ...]:
        """What the tool does to those it covers and to the others; nothing if the study does not tell them apart."""
        return self.compared.spillover(measure)

    @cached_property
    def shown(self) -> ReportInputs:
        """The same without the arms that only the decomposition needs."""
        names = [arm.name for arm in self.arms if arm.name in self.design.shown]
        if len(names) == len(self.arms):
            return self
        return replace(
            self,
            design=replace(self.design, arms={name: self.design.arms[name] for name in names}),
            arms=tuple(self.arm(name) for name in names),
            measures={name: self.measures[name] for name in names},
        )

    @cached_property
    def decomposition(self) -> tuple[TargetParts, ...]:
        """By target, the joint effect of the levers shared out; nothing if not every combination was run."""
        return decompositions(self.design, self.measures) if is_ablation(self.design) else ()

    def controlled(self) -> tuple[tuple[ReportArm, ReportArm], ...]:
        """Arms with a control of their own, and that control, where both were run."""
        ran = {arm.name: arm for arm in self.arms}
        stated = [(arm, self.design.arms[arm.name].control) for arm in self.arms]
        return tuple((arm, ran[control]) for arm, control in stated if control is not None and control in ran)

    def against(self, arm: str, other: str, measure: str, group: str = "all") -> Interval:
        """The mean difference of two arms, paired by replication, with its interval."""
        return self.compared.against(arm, other, measure, group)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every sourced statement of the configuration and of the policies.

        Not of arms with some of the levers: what they state is stated again where all are on.
        """
        every = set(self.design.levers)
        partly = [name for name, arm in self.design.arms.items() if arm.levers and set(arm.levers) != every]
        return statements(self.resolved, [arm.policy for arm in self.arms if arm.name not in partly])

    def band(self, measure: str, group: str = "all") -> ShamBand | None:
        """What chance alone does to a measure, if a sham arm was run."""
        return self.compared.band(measure, group)
