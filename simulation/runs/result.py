"""A study's result: measures by arm and replication, paired differences, verdicts. Computed or read, it is the same.

`simulation.api.Result` shows and stores it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np

from simulation.department.own_measures import Better
from simulation.department.vocabulary import Pathway
from simulation.errors import ResultsError
from simulation.measures.definitions import Definition, definition_of
from simulation.measures.measuring import COVERAGE, MeasureName, Measures
from simulation.measures.occupancy import DayProfile, stage_of
from simulation.measures.quantities import ratio
from simulation.measures.queues import Queues
from simulation.records.schema import Floats, Mask, Table
from simulation.records.serialise import Plain, to_plain
from simulation.runs.provenance import FILES
from simulation.runs.replicate import ArmReplication, ReplicationResult, day_shapes
from simulation.runs.running import Done, Executor, every_replication, no_progress
from simulation.runs.stored_tables import kept_among, kept_table, read_kept
from simulation.statistics.compare import (
    Comparison,
    compare_arms,
    compare_values,
    find_row,
    subtract_pairs,
    summary_table,
)
from simulation.statistics.coverage_effects import GROUPS, Effect, ShamBand, Shares, effects
from simulation.statistics.critical_values import IntervalKind, has_too_few_days, interval_kind
from simulation.statistics.departments import (
    MIN_DEPARTMENTS,
    Department,
    Spread,
    count_beyond,
    means_of,
    spread_over,
)
from simulation.statistics.intervals import Interval
from simulation.statistics.verdict import (
    Judgement,
    NonInferiority,
    Verdict,
    harm_words,
    non_inferiority,
    verdict,
    where_words,
)
from simulation.study.design import Country, Design, Margin, Target
from simulation.study.explanation import ArmExplanation, Explained, Explanation
from simulation.study.simulate import Simulated, simulate_arm
from simulation.study.statements import Statement, list_statements
from simulation.study.study import (
    Kept,
    Precision,
    ReadyArm,
    RunLength,
    Study,
    own_definitions,
    own_of,
    unknown_arm,
)
from simulation.units import DAY, to_ticks

if TYPE_CHECKING:
    import pandas as pd


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
        policy: Plain = to_plain(self.ready.policy)
        return policy

    @property
    def explanation(self) -> ArmExplanation:
        """What the arm changes, assumes and costs."""
        return self.explained.explanation.arms[self.name]

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

    @cached_property
    def day(self) -> DayProfile:
        """Means of the day profile over the replications that have one; NaN if none has."""
        days = [replication.day for replication in self.replications if replication.day is not None]
        if not days:
            return unknown_day(self.ready.pathway)
        means: dict[str, Any] = {
            name: mean_known([getattr(day, name) for day in days])
            for name in day_shapes(days[0].pools, days[0].steps)
        }
        triggered = {
            name: float(np.mean([day.triggered.get(name, 0.0) for day in days]))
            for name in dict.fromkeys(name for day in days for name in day.triggered)
        }
        return replace(days[0], triggered=triggered, **means)

    @cached_property
    def shares(self) -> Shares | None:
        """The shares of patients of all replications who wait shorter and longer than under the baseline; None in a
        study without a sham."""
        known = [
            replication.shares
            for replication in self.replications
            if replication.shares is not None
        ]
        if not known:
            return None
        n_unpaired = sum(shares.n_unpaired for shares in known)
        paired = [shares for shares in known if shares.n_paired]
        if not paired:
            return Shares(np.nan, np.nan, 0, n_unpaired)
        n = np.array([shares.n_paired for shares in paired])
        better, worse = (
            float(np.average([getattr(shares, name) for shares in paired], weights=n))
            for name in ("better", "worse")
        )
        return Shares(better, worse, int(n.sum()), n_unpaired)

    @cached_property
    def waits(self) -> Mapping[str, Mapping[str, float]]:
        """Minutes waited before the first clinician, by group of coverage and step; empty without such groups."""
        known = [
            replication.waits for replication in self.replications if replication.waits is not None
        ]
        if not known:
            return {}
        means = mean_known(known)
        steps = tuple(self.ready.pathway.nodes())
        return {
            group: {
                step: float(minutes)
                for step, minutes in zip(steps, row, strict=True)
                if minutes > 0
            }
            for group, row in zip((*GROUPS, "never"), means, strict=True)
            if not np.isnan(row).all()
        }


def unknown_day(pathway: Pathway) -> DayProfile:
    """A day profile of NaN."""
    pools, steps = tuple(pathway.pools), tuple(pathway.nodes())
    arrays = {name: np.full(shape, np.nan) for name, shape in day_shapes(pools, steps).items()}
    return DayProfile(
        pools=pools, steps=steps, triggered=dict.fromkeys(pathway.triggers, np.nan), **arrays
    )


def mean_known(arrays: Sequence[Floats]) -> Floats:
    """The mean of arrays of one shape, entry by entry, leaving NaN out; NaN where nothing is known."""
    stacked = np.stack(arrays)
    return ratio(np.nansum(stacked, axis=0), (~np.isnan(stacked)).sum(axis=0))


Judged = TypeVar("Judged", Verdict, Judgement)
Derived = TypeVar("Derived")
Kind = Literal["better", "worse", "changed", "no-change", "cannot-tell"]
"""Kinds of verdict; 'changed' is for a measure that is better neither lower nor higher."""
Matters = Literal["helps", "harms", "little", "open"]
"""Whether an effect is surely large enough to matter, and which way; surely too small; or neither."""
State = Literal["passes", "fails", "may fail", "open"]
"""What becomes of a limit of safety; it may fail where it is surely worse, but perhaps within the margin."""
STATES: Mapping[NonInferiority, State] = {
    "non-inferior": "passes",
    "no difference": "passes",
    "inferior": "fails",
    "worse": "may fail",
    "cannot tell": "open",
    "none seen": "open",
}


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

    @property
    def kind(self) -> Kind:
        """The kind of its verdict, whatever the size of the difference."""
        kind = self.verdict.kind
        if kind in ("cuts", "lengthens"):
            better = self.comparison.better
            if better == "neither":
                return "changed"
            return "better" if (better == "lower") == (kind == "cuts") else "worse"
        return "cannot-tell" if kind in ("cannot tell", "none seen") else "no-change"

    @property
    def matters(self) -> Matters:
        """Whether the effect is large enough to matter, and which way."""
        if self.kind == "no-change" or self.verdict.size == "less":
            return "little"
        if self.kind not in ("better", "worse") or self.verdict.size == "open":
            return "open"
        return "harms" if self.kind == "worse" else "helps"


@dataclass(frozen=True)
class Safety:
    """The judgement on one arm and one non-inferiority margin; `spread` and `where` as in `Finding`."""

    arm: str
    margin: Margin
    comparison: Comparison
    judgement: Judgement
    spread: Spread | None = None
    where: str = ""

    @property
    def state(self) -> State:
        """Whether the limit is passed, failed, perhaps failed, or open."""
        return STATES[self.judgement.kind]

    @property
    def n_harmed(self) -> int:
        """The departments in which the arm is worse by more than the margin; 0 where there is no range over them."""
        if self.spread is None or not self.spread.is_range:
            return 0
        below, _, above = count_beyond(self.spread.effects, self.margin.margin)
        return above if self.comparison.better == "lower" else below


def departments_used(study: Study, numbers: Iterable[int]) -> Department | None:
    """The department that each replication of these numbers uses; None without an ensemble."""
    if study.departments is None or study.run.departments is None:
        return None
    return np.array([study.department(number) for number in numbers], dtype=np.int64)


def kept_with_result(of: Callable[[StudyResult], Derived]) -> Callable[[StudyResult], Derived]:
    """The function, worked out once for each result, and kept with that: so it goes when the result goes."""

    @wraps(of)
    def known(result: StudyResult) -> Derived:
        kept: dict[str, Derived] = vars(result)
        name = f"{of.__name__} of it"
        if name not in kept:
            kept[name] = of(result)
        return kept[name]

    return known


@dataclass(frozen=True, eq=False)
class StudyResult:
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

    @cached_property
    def interval_kind(self) -> IntervalKind:
        """The kind of its intervals: 'always_valid' before the planned number of replications and beyond it; none of a
        department that is not calibrated.

        A reader may have looked at such a result before, and may look again, so its verdicts come from intervals that
        hold however often one looks.
        """
        if self.not_calibrated:
            return "none"
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
    def department_of(self) -> Department | None:
        """The department that each replication used, shape (n_replications,); None without an ensemble."""
        return departments_used(self.study, self.numbers)

    @cached_property
    def causes(self) -> Mapping[str, Mask]:
        """Which replications are of departments of each cause of waiting, by the cause's label; empty where these have
        no causes, or only one."""
        over = self.study.departments
        if over is None or self.department_of is None or not over.causes:
            return {}
        cause_of = np.array(over.cause_of)[self.department_of]
        masks = {cause.label: cause_of == name for name, cause in over.causes.items()}
        known = {label: mask for label, mask in masks.items() if mask.any()}
        return known if len(known) > 1 else {}

    @cached_property
    def few_departments(self) -> int:
        """How many departments are used, or planned, where they are too few for a verdict: 2 to 19; else 0."""
        n = min(self.run.departments or 1, max(self.run.replications, len(self.numbers)))
        return n if 1 < n < MIN_DEPARTMENTS else 0

    @property
    def no_verdict(self) -> str:
        """Why nothing can be concluded from its department, where somebody above judges that; '' here."""
        return ""

    @property
    def not_calibrated(self) -> str:
        """Why its department is not calibrated, as a clause; '' where it is."""
        return self.study.not_calibrated

    @property
    def country(self) -> Country | None:
        """The country whose trusts its departments stand for; None where they stand for none, or are not calibrated."""
        over = self.study.departments
        return None if over is None or self.not_calibrated else over.country

    @property
    def over_departments(self) -> bool:
        """Whether its intervals are of the mean over departments, which are a sample of such departments."""
        return (
            self.department_of is not None
            and self.run.departments != 1
            and not self.few_departments
        )

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the replications, in order."""
        return tuple(replication.replication for replication in self.replications)

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        return self.study.scenario

    @cached_property
    def resolved(self) -> Plain:
        """The configuration as composed."""
        resolved: Plain = to_plain(self.study.resolved)
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
        stated = {
            name
            for name, arm in self.design.arms.items()
            if arm.draw_of is None and (not arm.levers or set(arm.levers) == levers)
        }
        return list_statements(
            self.resolved, [arm.policy for arm in self.arms if arm.name in stated]
        )

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
            ArmResult(
                arm,
                tuple(replication.arms[arm.name] for replication in self.replications),
                self.explained,
            )
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
    def tried(self) -> tuple[ArmResult, ...]:
        """Every arm but the baseline and the sham."""
        return tuple(arm for arm in self.others if arm.name != self.design.sham)

    @property
    def sham(self) -> ArmResult | None:
        """The arm without any effect, if it was run."""
        return next((arm for arm in self.arms if arm.name == self.design.sham), None)

    def controlled(self) -> tuple[tuple[ArmResult, ArmResult], ...]:
        """Pairs of an arm that has a control of its own, and that control, where both were run."""
        control_of = {name: arm.control for name, arm in self.design.arms.items()}
        return tuple(
            (arm, control)
            for arm in self.arms
            for control in self.arms
            if control.name == control_of[arm.name]
        )

    @cached_property
    def shown(self) -> Self:
        """The result without the arms that only a decomposition needs."""
        names = self.design.shown
        if len(names) == len(self.arms):
            return self
        arms = tuple(arm for arm in self.study.arms if arm.name in names)
        design = replace(self.study.design, arms={name: self.design.arms[name] for name in names})
        return replace(self, study=replace(self.study, arms=arms, design=design))

    @cached_property
    def on_targets(self) -> Self:
        """The result with the measures of its targets and margins alone, under which they have the same verdicts.

        A twentieth of the work while a result grows; tables, sentences and figures of other measures need the whole.
        """
        return self.slim()

    def slim(self, *also: tuple[str, str]) -> Self:
        """The same with these measures as well, by name and group."""
        judged: tuple[Target | Margin, ...] = (*self.targets, *self.design.margins)
        wanted = {*also, *((target.measure, target.group) for target in judged)}
        known: dict[int, tuple[tuple[MeasureName, ...], list[int]]] = {}

        def few(measures: Measures) -> Measures:
            if id(measures.names) not in known:
                places = sorted(place for name, place in measures.places.items() if name in wanted)
                names = Measures(
                    tuple(measures.names[place] for place in places), measures.values[places]
                ).names
                known[id(measures.names)] = names, places
            names, places = known[id(measures.names)]
            return Measures(names, measures.values[places])

        slim = replace(self)
        vars(slim)["measures"] = {
            name: list(map(few, measures)) for name, measures in self.measures.items()
        }
        vars(slim)["identical"] = self.identical  # of every measure
        return slim

    # --- measures and verdicts ----------------------------------------------------------------------------------

    @cached_property
    def measures(self) -> dict[str, list[Measures]]:
        """The measures of each replication, by arm."""
        return {
            arm.name: [replication.measures for replication in arm.replications]
            for arm in self.arms
        }

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
    def first_target(self) -> Target:
        """The first primary target, which sentences and tables of one measure are about."""
        return self.design.primary[0]

    def finding(self, arm: str, target: Target) -> Finding:
        """The verdict on one arm and target."""
        return next(
            finding for finding in self.findings if finding.arm == arm and finding.target == target
        )

    def groups(self, measure: str) -> tuple[str, ...]:
        """The groups that a measure is given for, in order."""
        return tuple(
            row.group
            for row in self.comparisons
            if (row.arm, row.measure) == (self.design.baseline, measure)
        )

    def figures(self, names: Sequence[MeasureName]) -> Floats:
        """Measures of the baseline, shape (n_replications, n_names)."""
        return np.column_stack(
            [self.values(self.design.baseline, name.measure, name.group) for name in names]
        )

    def before(self, measure: str, group: str = "all") -> Comparison:
        """A measure under the baseline."""
        return self.row(self.design.baseline, measure, group)

    def unit(self, judged: Target | Margin | Precision) -> str:
        """The unit of what is judged."""
        return self.row_of(judged).unit

    @property
    def n_unfinished(self) -> int:
        """Measured attendances, of every arm and replication, that had not left when the run ended."""
        return sum(replication.total("n_unfinished") for replication in self.replications)

    def table(self) -> pd.DataFrame:
        """One tidy row per arm, measure and group: `summary.csv`."""
        return summary_table(self.comparisons)

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Every arm that gets a verdict: not the baseline, nor arms that only an ablation's decomposition needs."""
        return tuple(arm.name for arm in self.shown.others)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        return compare_arms(
            self.measures,
            self.design.baseline,
            kind=self.interval_kind,
            defined=self.own,
            measured_days=self.run.measured_days,
            stated=self._judged_measures,
            department=self.department_of,
            few=self.few_departments,
            by_range=self.design.offer is not None and self.over_departments,
        )

    @cached_property
    def _judged_measures(self) -> frozenset[str]:
        """The measures of targets and margins, which have an interval even if few days are measured."""
        return frozenset(judged.measure for judged in self.targets + self.design.margins)

    def _too_short(self, measure: str, n: int) -> bool:
        """Whether too little was measured for an interval of a measure."""
        return measure not in self._judged_measures and has_too_few_days(
            measure, n, self.run.measured_days
        )

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], Comparison]:
        return {(row.arm, row.measure, row.group): row for row in self.comparisons}

    @property
    def targets(self) -> tuple[Target, ...]:
        """Primary, then secondary targets."""
        return (*self.design.primary, *self.design.secondary)

    def row(self, arm: str, measure: str, group: str = "all") -> Comparison:
        """One comparison. Raises ResultsError if there is none."""
        known = self._rows.get((arm, measure, group))
        return known or find_row(self.comparisons, arm=arm, measure=measure, group=group)

    def row_of(self, judged: Target | Margin | Precision, arm: str | None = None) -> Comparison:
        """The comparison of an arm on a target, a margin or a precision; the baseline's if no arm is named."""
        return self.row(arm or self.design.baseline, judged.measure, judged.group)

    def has(self, measure: str, group: str = "all") -> bool:
        """Whether every arm has the measure."""
        return (self.design.baseline, measure, group) in self._rows

    def values(self, arm: str, measure: str, group: str = "all") -> Floats:
        """A measure by replication, shape (n_replications,). Raises ResultsError if arm or measure is unknown."""
        if arm not in self.measures:
            raise unknown_arm(arm, self.measures)
        return np.array([measures.value(measure, group) for measures in self.measures[arm]])

    def independent(self, arm: str, judged: Target | Margin) -> Floats:
        """A measure by replication; over departments that are a sample, by department."""
        values, department = self.values(arm, judged.measure, judged.group), self.department_of
        return (
            values
            if department is None or not self.over_departments
            else means_of(values[:, None], department)[:, 0]
        )

    def differences(self, arm: str, judged: Target | Margin) -> Floats:
        """An arm's differences from the baseline by replication, shape (n_replications,)."""
        ours, baseline = (
            self.values(name, judged.measure, judged.group) for name in (arm, self.design.baseline)
        )
        return subtract_pairs(ours, baseline)

    def mean_difference(self, ours: Floats, theirs: Floats) -> Interval:
        """The mean difference of two numbers a replication, paired, with its interval."""
        return compare_values(ours, theirs, kind=self.interval_kind, department=self.department_of)

    def against(self, arm: str, other: str, measure: str, group: str = "all") -> Interval:
        """The mean difference of two arms with its interval, which is NaN if too little was measured."""
        interval = self.mean_difference(
            self.values(arm, measure, group), self.values(other, measure, group)
        )
        return (
            replace(interval, low=np.nan, high=np.nan)
            if self._too_short(measure, interval.n)
            else interval
        )

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
        for arm, target in product(self.judged, self.targets):
            family = (
                self.family(arm) * len(self.design.primary) if target in self.design.primary else 1
            )
            least = target.minimal_important_difference
            findings.append(
                Finding(
                    arm, target, *self._judged(arm, target, least, family, verdict, where_words)
                )
            )
        return tuple(findings)

    @cached_property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement for every arm that is judged on every margin, in two families: tools and comparators."""
        margins, n = self.design.margins, len(self.design.margins)
        return tuple(
            Safety(
                arm,
                one,
                *self._judged(
                    arm, one, one.margin, n * self.family(arm), non_inferiority, harm_words
                ),
            )
            for arm, one in product(self.judged, margins)
        )

    def _judged(
        self,
        arm: str,
        on: Target | Margin,
        limit: float,
        family: int,
        judge: Callable[..., Judged],
        words: Callable[[Spread, float, Comparison], str],
    ) -> tuple[Comparison, Judged, Spread | None, str]:
        """An arm's comparison and how `judge` judges it; over an ensemble its spread, and in how many departments it
        holds."""
        row, same = self.row_of(on, arm), arm in self.identical
        spread = None if same else self.spread(arm, on)
        where = "" if spread is None else words(spread, limit, row)
        return row, judge(row, limit, family=family, identical=same), spread, where

    def family(self, arm: str) -> int:
        """The number of arms judged together with this one, itself included: the tools, or the comparators."""
        arms = self.design.arms
        return sum(arms[other].comparator == arms[arm].comparator for other in self.judged)

    def spread(self, arm: str, judged: Target | Margin) -> Spread | None:
        """An arm's difference over departments, simulation noise removed.

        None with one department, or where a stay had not ended.
        """
        if self.department_of is None or self.not_calibrated:
            return None
        effects = self.differences(arm, judged)
        return None if np.isinf(effects).any() else spread_over(effects, self.department_of)

    def band(self, measure: str, group: str = "all") -> ShamBand | None:
        """The sham band of a measure; None if no sham arm was run, or too little was measured for an interval."""
        sham = self.sham
        if sham is None or self._too_short(measure, len(sham.replications)):
            return None
        return ShamBand(self.against(sham.name, self.design.baseline, measure, group), sham.shares)

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

    # --- patients -----------------------------------------------------------------------------------------------

    def simulated(self, arm: str | None = None, replication: int | None = None) -> Simulated:
        """One arm's replication in full, simulated again (the same patients, to the last tick).

        `arm`: the baseline if not named; `replication`: its number, the first if not named. Raises ResultsError if
        there is no such arm or replication.
        """
        ready, chosen = self._chosen(arm, replication)
        return simulate_arm(
            ready,
            self.study.run,
            self.study.engine,
            chosen.replication,
            cool_down_days=chosen.cool_down_days,
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

    def queues(
        self, at: float, arm: str | None = None, replication: int | None = None
    ) -> pd.DataFrame:
        """Who waits at an instant in one arm's replication, the next to be served first: simulated again.

        `at`: minutes from 00:00 on day 0. Columns: the place in the queue of a step, the step, the patient, the class
        as which they wait, when they joined, minutes waited. Raises ResultsError as `simulated` does, and if the run
        does not reach the instant.
        """
        simulated, tick = self.simulated(arm, replication), to_ticks(at)
        if not 0 <= tick < simulated.run.horizon:
            days = simulated.run.horizon // DAY
            raise ResultsError(
                f"queues: {at} is not in the run, which has {1440 * days} minutes ({days} days)"
            )
        return Queues.of(simulated.plan, simulated.draws, simulated.run).table(tick).frame()

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The tables that are stored in the folder from which the result was read."""
        return kept_among(self.manifest[FILES]) if self.folder is not None else ()

    def _table(self, name: Kept, arm: str | None, replication: int | None) -> Table:
        ready, chosen = self._chosen(arm, replication)
        if self.folder is not None and name in self.kept:
            return read_kept(self.folder, name, ready, chosen.replication)
        return kept_table(name, ready.pathway, self.simulated(arm, replication))

    def _chosen(
        self, arm: str | None, replication: int | None
    ) -> tuple[ReadyArm, ReplicationResult]:
        """An arm and a replication by number, the baseline and the first if not named. Raises ResultsError."""
        name = self.study.arm(self.study.design.baseline if arm is None else arm).name
        numbers = self.numbers
        number = numbers[0] if replication is None else replication
        if number not in numbers:
            known = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
            raise ResultsError(
                f"there is no replication {replication}. Replications of this result: {known}"
            )
        return self.study.of(number).arm(name), self.replications[numbers.index(number)]


def simulate(
    study: Study, *, done: Done = no_progress, executor: Executor | None = None
) -> StudyResult:
    """The result of a study, run as `ae.compare` runs it, without checking its size and load first."""
    study, results = every_replication(study, done=done, executor=executor)
    return StudyResult(study, results, Explained(study))
