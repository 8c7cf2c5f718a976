"""The outcome of an arm: its effects, safety limits, the groups that it harms, what its effect depends on, and what
else achieves as much. It is computed once, from the result alone; the first page, the board's page, the screen and the
app only put it into sentences.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import combinations, compress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from simulation.display.measured import Limits, limits_of
from simulation.display.words import PATIENTS, rests_on_claim
from simulation.measures.measuring import MeasureName, Measures, observables_among
from simulation.questions.ablation import decomposition_of, joint_arm
from simulation.questions.what_decides import FigureRule, find_deciding
from simulation.records.schema import Mask
from simulation.records.serialise import read_rows, read_yaml
from simulation.report.patient_groups import worse_off
from simulation.runs.result import ArmResult, Finding, Safety, StudyResult, kept_with_result
from simulation.statistics.compare import Comparison
from simulation.statistics.departments import MIN_DEPARTMENTS, weigh
from simulation.statistics.intervals import Interval, estimate_interval
from simulation.statistics.variance_components import known_twice, tell_apart
from simulation.statistics.verdict import interval_words, is_worse, margin_words
from simulation.study.arm_changes import kind_in_trials, place_of_change
from simulation.study.design import Margin, Target

OutcomeKind = Literal[
    "nothing", "fails", "may fail", "little", "open", "perhaps", "mixed", "harms", "unsure", "claimed", "helps",
]  # fmt: skip
"""What becomes of an arm in all: it is identical to the baseline; it fails a limit of safety, or may; it does too
little; its effect is not settled, or helps but perhaps too little; it helps by one measure and harms by another; it
harms; it helps, and its safety is not settled, or an untested claim must be true; it helps."""
FEWEST_OF_CAUSE = 10
"""Departments of one cause of waiting that an interval of such departments needs; a verdict on them needs 20."""
DAYS = (7, 14, 28, 56)
"""Days for which figures may be measured to find out what makes patients wait."""
NEARLY = 0.05
"""The share of departments told rightly for which no second figure and no more days are asked."""
KEPT_EFFECT = 0.5
"""Share of a product's effect that an alternative must be shown to keep to do 'as much'; it may lose the least
difference that matters at most."""
MOST_PRODUCTS = 6
"""Tools that get a sentence in a study that names no `focus`; the table has the others."""
MOST_ALTERNATIVES = 5
ROUNDING = 1.02
"""The share by which an arm made for a price may exceed it: patients a year are known to about a hundredth."""

FEW_STUDIES = 2
"""Fewer studies of a kind of change than this are hardly a trial."""
TO_90 = 1.645 / 1.96
"""What makes a half-width of 95 % one of 90 %."""


class OutcomeWords(NamedTuple):
    """Words for a kind of outcome: on the first page of one product and of several; on the board's page its heading,
    its sentence, what to do, and the kind of verdict that colours it; `may_be`: the kinds that it may turn out to be,
    where that is not the kind itself alone."""

    counted: tuple[str, str]
    heading: str
    sentence: str
    advice: str = "Do not buy it yet: the gain may be too small."
    look: str = "cannot-tell"
    may_be: tuple[OutcomeKind, ...] = ()


OUTCOMES = read_rows(Path(__file__).with_name("outcomes.yaml"), OutcomeWords)


@cache
def past_trials() -> dict[str, Any]:
    """How published effects compare with modelled ones, by kind of change ('': any other), and how far any went
    (`tests/long/past_trials.py`)."""
    known: dict[str, Any] = read_yaml(Path(__file__).with_name("past_trials.yaml"))
    return known


@cache
def made_departments() -> dict[str, Any]:
    """How true effects in made-up departments compare with those of departments that were held to their records, by the
    place of the change (`tests/long/made_departments/worth.py`)."""
    known: dict[str, Any] = read_yaml(Path(__file__).with_name("made_departments.yaml"))
    return known


class OnPastTrials(NamedTuple):
    """What known effects make of a modelled one: where a further one lies with 90 %, in the unit of the measure, and
    whether its sign holds from end to end.

    Known are published effects, of `n_studies` of its kind of change (empty: several, or none that trials have). In
    departments held to records, they are those of `n_made` made-up departments, if it is of a `kind` tried there.
    """

    kind: str
    n_studies: int
    low: float
    high: float
    holds: bool
    n_made: int = 0

    @property
    def hardly_any(self) -> bool:
        """Whether hardly a trial speaks of its kind of change."""
        return not self.n_made and bool(self.kind) and self.n_studies < FEW_STUDIES


class Hinge(NamedTuple):
    """What an effect hinges on: a `figure` of a department, with a `rule` (its cut and hit rate) where that is right
    more often than one answer for all, else whether the effect `grows` with it. Without a figure, `why`."""

    why: Literal["one department", "alike", "not settled", "no figure"] | None
    figure: MeasureName | None = None
    rule: FigureRule | None = None
    grows: bool = False


class OfCause(NamedTuple):
    """What an arm does in departments of one cause of waiting: `kind` in all, None where they are too few for a
    verdict; and its effect on the first target, whose ends are NaN where they are too few for an interval."""

    kind: OutcomeKind | None
    effect: Interval

    def is_apart_from(self, other: "OfCause") -> bool:
        """Whether the 95 % intervals of two effects do not overlap."""
        (low, high), (lowest, highest) = self.effect.judged, other.effect.judged
        return high < lowest or highest < low


@dataclass(frozen=True, eq=False)
class ArmOutcome:
    """The outcome of one arm of a result."""

    result: StudyResult
    arm: ArmResult

    @property
    def is_identical(self) -> bool:
        """Whether it equals the baseline in every measure."""
        return self.arm.name in self.result.identical

    @property
    def is_tool(self) -> bool:
        """Whether it is no comparator."""
        return not self.result.design.arms[self.arm.name].comparator

    @cached_property
    def is_claimed(self) -> bool:
        """Whether its effect rests on an untested claim; else it is measured, or assumed."""
        return rests_on_claim(self.result, self.arm)

    @cached_property
    def effects(self) -> tuple[Finding, ...]:
        """Its effect on each target, that on the first target first; of departments held to records, as
        `range_in_fits` says."""
        name = self.arm.name
        return tuple(self._in_fits(one) for one in self.result.findings if one.arm == name)

    def _in_fits(self, finding: Finding) -> Finding:
        row = finding.comparison
        worth, least = self.range_in_fits(row), finding.target.minimal_important_difference
        if worth is None:
            return finding
        kind, size, words = interval_words(worth.low, worth.high, least, row.unit, row.better)
        words = "either way" if kind == "cannot tell" else words
        verdict = replace(finding.verdict, kind=kind, words=words, size=size, reason="")
        return replace(finding, verdict=verdict)

    def on(self, target: Target) -> Finding:
        """Its effect on a target."""
        return next(one for one in self.effects if one.target == target)

    @property
    def first(self) -> Finding:
        """Its effect on the first target."""
        return self.effects[0]

    @cached_property
    def limits(self) -> Limits:
        """Its safety limits: passed, failed, or not settled, with the reason; in departments held to records passed
        where `range_in_fits` says so, and failed where simulation does, so that no sign of harm is hidden."""
        return Limits(tuple(map(self._limit_in_fits, limits_of(self.result, self.arm).judged)))

    def _limit_in_fits(self, safety: Safety) -> Safety:
        row, judged = safety.comparison, safety.judgement
        worth = self.range_in_fits(row)
        if worth is None or "fail" in safety.state or judged.cause == "label table":
            return safety
        kind, words = margin_words(
            worth.low, worth.high, safety.margin.margin, row.unit, row.better
        )
        if kind != "non-inferior":
            kind, words = "cannot tell", "not settled: the range of the effect reaches the limit"
        return replace(safety, judgement=replace(judged, kind=kind, words=words))

    @property
    def fails(self) -> bool:
        """Whether it fails a limit of safety, or may fail it, be it by simulation alone."""
        alone = [one.state for one in self.result.safety if one.arm == self.arm.name]
        return any(state in ("fails", "may fail") for state in (*alone, self.limits.verb))

    @cached_property
    def kind(self) -> OutcomeKind:
        """Its overall outcome: a safety limit that it fails or may fail; else what its effects say."""
        if self.is_identical:
            return "nothing"
        if self.limits.verb:
            return self.limits.verb
        targets = reported_targets(self.result)
        matters = {finding.matters for finding in self.effects if finding.target in targets}
        if matters >= {"helps", "harms"}:
            return "mixed"
        if "harms" in matters:
            return "harms"
        if "helps" in matters:
            return "unsure" if self.limits.open else "claimed" if self.is_claimed else "helps"
        if "open" in matters:
            return "perhaps" if self.first.kind == "better" else "open"
        return "little"

    @cached_property
    def harmed(self) -> tuple[Comparison, ...]:
        """The named groups that it harms by more than the minimal important difference, where that harm is
        significant in the table of who is worse off."""
        target, unit = self.result.first_target, self.result.unit(self.result.first_target)
        return tuple(
            row
            for worse in worse_off(self.result.shown)
            if (row := worse.comparison).arm == self.arm.name and worse.holm
            if row.group in PATIENTS and row.unit == unit
            if abs(row.difference) > target.minimal_important_difference
        )

    @cached_property
    def kind_in_trials(self) -> str:
        """Its kind of change, as trials are sorted; empty: several, or none that trials have."""
        pathways = self.arm.ready.pathway, self.result.baseline.ready.pathway
        return kind_in_trials(self.arm.explanation.changed, *pathways)

    def on_past_trials(self, row: Comparison) -> OnPastTrials | None:
        """What past trials of its kind of change make of an effect; None where it has none, or is not known.

        An effect is a ratio there (odds of shares), so that more than all of a wait is never saved, and goes no further
        than any trial's went. Its own interval counts, too: the two are added as squares. In departments held to
        records the wider of the two is taken, as the ratios are of such departments' means.
        """
        before, is_share = row.mean - row.difference, row.unit == "share"
        if self.is_identical or not math.isfinite(row.difference_low + row.difference_high):
            return None
        held, made = self.result.study.held_to_records, made_departments()
        kind, farthest = self.kind_in_trials, past_trials()["farthest"]
        worth = past_trials()["kinds"][kind]
        place = place_of_change(self.arm.explanation.changed, self.arm.ready.pathway)
        if n_made := made["n_departments"] if held and place in made["places"] else 0:
            worth = {"n_studies": 0, **made["places"][place]["share" if is_share else "minutes"]}
        low, middle, high = (worth[end] for end in ("low", "middle", "high"))

        def scaled(times: float, difference: float) -> float:
            # so many times a difference from a level, as a ratio (odds of a share) that goes as far as is said
            # against its sign and along it; the plain product where the level makes no ratio
            levels = before, before + difference
            if min(levels) <= 0 or (is_share and max(levels) >= 1):
                return times * difference
            first, second = (level / (1 - level) if is_share else level for level in levels)
            sign = math.copysign(1, difference)
            against, along = farthest
            log = sign * min(max(times * abs(math.log(second / first)), against), along)
            after = first * math.exp(log)
            return (after / (1 + after) if is_share else after) - before

        at, ends = scaled(middle, row.difference), (row.difference_low, row.difference_high)
        to_90 = TO_90
        if held and math.isfinite(row.department_p5):
            ends, to_90 = (row.department_p5, row.department_p95), 1.0
        of_kind = sorted(scaled(times, row.difference) for times in (low, high))
        if n_made:
            least, most = min(*of_kind, *ends), max(*of_kind, *ends)
        else:
            own = sorted(to_90 * (scaled(middle, end) - at) for end in ends)
            least, most = (
                at + way * math.hypot(end - at, beyond)
                for way, end, beyond in zip((-1, 1), of_kind, own, strict=True)
            )
        holds = least * most > 0 and least * row.difference > 0
        kind = place if n_made else kind
        return OnPastTrials(kind, worth["n_studies"], least, most, holds, n_made)

    def range_in_fits(self, row: Comparison) -> OnPastTrials | None:
        """As `on_past_trials`, which is the range of an effect in departments held to records; None in others, whose
        range is that of nine in ten departments, and of labels, which rest on no department."""
        of_labels = row.measure.startswith("under_triage")
        return (
            self.on_past_trials(row)
            if self.result.study.held_to_records and not of_labels
            else None
        )

    def with_range(self, row: Comparison) -> Comparison:
        """A difference with the ends of `range_in_fits` in place of those of its interval, where it has them."""
        worth = self.range_in_fits(row)
        return replace(row, difference_low=worth.low, difference_high=worth.high) if worth else row

    @property
    def more_leave(self) -> bool:
        """Whether a wait falls while more patients leave, which ends theirs."""
        row, left = self.first.comparison, "left_share"
        falls = self.first.kind == "better" and row.measure.startswith("wait_")
        return falls and self.result.has(left) and bool(is_worse(self.result.row(row.arm, left)))

    @cached_property
    def hinge(self) -> Hinge:
        """What its effect on the first target hinges on."""
        all_decided, name = find_deciding(self.result.shown), self.arm.name
        if all_decided is None or name not in all_decided.arms:
            return Hinge("one department")
        decides, figure = all_decided.arms[name], all_decided.best(name)
        if figure is None or decides.best is None:
            return Hinge(
                "no figure" if decides.differs else "alike" if self._is_alike else "not settled"
            )
        worth = self.range_in_fits(self.first.comparison)
        rule = decides.rule if worth is None or worth.holds else None
        if rule is None or rule.hit_rate <= rule.commoner:
            grows = decides.best.slope * self.first.comparison.difference > 0
            return Hinge(None, figure, grows=grows)
        return Hinge(None, figure, rule)

    @property
    def _is_alike(self) -> bool:
        """Whether nine in ten departments lie within the least difference that matters of one another, allowing for
        what is not known of how they differ."""
        spread = self.first.spread
        if spread is None or not spread.is_range:
            return False
        low, high = spread.widest
        return high - low < self.first.target.minimal_important_difference

    @cached_property
    def by_cause(self) -> Mapping[str, OfCause]:
        """Its outcome in the departments of each cause of waiting, by the cause's label; empty without causes."""
        return {
            label: OfCause(
                None if part.few_departments else outcome_of(part, self.arm.name).kind,
                effect_in(part, self.arm.name, self.first.target),
            )
            for label, part in of_causes(self.result).items()
        }

    @cached_property
    def depends(self) -> Literal["depends", "holds", "not settled"] | None:
        """Whether its outcome depends on what makes patients wait; None without causes.

        It does where no outcome fits every cause, or where the outcomes of two causes are not the same and their
        effects differ: the 95 % intervals do not overlap. Where departments are too few for verdicts, one effect must
        be large enough to matter and the other not, of an arm that fails no limit in all. It holds where the outcome
        is the same in each.
        """
        kinds = [of.kind for of in self.by_cause.values()]
        known = [kind for kind in kinds if kind is not None]
        if not kinds:
            return None
        if len(known) == len(kinds) and len(set(kinds)) == 1:
            return "holds"
        fitting = [set(OUTCOMES[kind].may_be or [kind]) for kind in known]
        pairs = combinations(self.by_cause.values(), 2)
        differ = any(self._differ(*pair) for pair in pairs if pair[0].is_apart_from(pair[1]))
        return "depends" if differ or (known and not set.intersection(*fitting)) else "not settled"

    def _differ(self, one: OfCause, other: OfCause) -> bool:
        """Whether the outcomes for two causes are not the same; by their effects alone where there is no verdict."""
        if one.kind is not None and other.kind is not None:
            return one.kind != other.kind
        matters = self.first.target.minimal_important_difference
        sides = {np.sign(of.effect.mean) * (abs(of.effect.mean) >= matters) for of in (one, other)}
        return len(sides) > 1 and not self.fails

    @cached_property
    def hangs_on_weight(self) -> tuple[str, ...]:
        """The causes whose departments, if given twice the weight, change its outcome."""
        return tuple(
            label
            for label, weighed in with_doubled(self.result).items()
            if outcome_of(weighed, self.arm.name).kind != self.kind
        )

    def does_as_much(self, other: "ArmOutcome") -> Literal["more", "as much"] | None:
        """Whether this arm is shown to do as much as another or more, from their paired difference; None if it does
        less, or if neither is shown."""
        if self.first.kind != "better":
            return None
        target, row = other.first.target, other.first.comparison
        sign = 1 if row.better == "lower" else -1
        between = self.result.against(self.arm.name, row.arm, target.measure, target.group)
        worst = max(sign * bound for bound in between.judged)
        lost = min(target.minimal_important_difference, (1 - KEPT_EFFECT) * abs(row.difference))
        if not worst < lost or self.behind(other) >= lost:
            return None
        return "more" if max(worst, self.behind(other)) < 0 else "as much"

    def behind(self, other: "ArmOutcome") -> float:
        """By how much its effect falls short of another's where patients wait for the cause that suits it least; below
        0 where it does more whatever the cause, and without causes."""
        sign = 1 if self.first.comparison.better == "lower" else -1
        theirs = [of.effect.mean for of in other.by_cause.values()]
        ours = [of.effect.mean for of in self.by_cause.values()]
        return max((sign * (a - b) for a, b in zip(ours, theirs, strict=True)), default=-math.inf)

    def overtaken(self, others: "Iterable[ArmOutcome]") -> "Mapping[str, ArmOutcome]":
        """The causes of waiting for which it does not do most, and which of the others does."""
        sign = 1 if self.first.comparison.better == "lower" else -1
        most = {
            label: min((self, *others), key=lambda one: sign * one.by_cause[label].effect.mean)
            for label in self.by_cause
        }
        return {label: one for label, one in most.items() if one is not self}

    @cached_property
    def cheapest(self) -> "ArmOutcome | None":
        """The cheapest alternative that does as much or more, where it helps by enough to look for one.

        Where one of the two states no cost, the alternative may be cheaper.
        """
        equals = [
            one
            for one in alternatives(self.result)
            if one.arm.cost is None or one.arm.cost < _price(self)
            if one.does_as_much(self)
        ]
        return min(equals, key=_price, default=None)

    @cached_property
    def bought(self) -> "ArmOutcome | None":
        """The best alternative that its price buys, of those that help and fail no safety limit."""
        for arm in priced_alternatives(self.result, self.arm):
            other = outcome_of(self.result, arm.name)
            if not is_dearer(arm, self.arm) and not other.fails and other.first.kind == "better":
                return other
        return None

    @cached_property
    def other_reading(self) -> "ArmOutcome | None":
        """Another reading of the same policy that is judged otherwise on safety, the worst; None if there is none."""
        arms, own = self.result.design.arms, self.arm.name
        others = [
            outcome_of(self.result, arm.name)
            for arm in self.result.shown.tried
            if arms[arm.name].triage == arms[own].triage and arm.name != own
            if not arms[arm.name].comparator
        ]
        order = ("fails", "may fail", "")
        differing = [one for one in others if one.limits.verb != self.limits.verb]
        return min(differing, key=lambda one: order.index(one.limits.verb), default=None)

    @property
    def otherwise(self) -> Literal["fails", "may fail", ""]:
        """Whether another reading of the same policy fails a limit, or may; '' where it passes, or there is none."""
        return "" if self.other_reading is None else self.other_reading.limits.verb


def _price(outcome: ArmOutcome) -> float:
    """Its cost a year; infinite where none is stated."""
    return math.inf if outcome.arm.cost is None else outcome.arm.cost


@kept_with_result
def outcomes(result: StudyResult) -> dict[str, ArmOutcome]:
    """The outcome of every arm but the baseline, by name."""
    return {arm.name: ArmOutcome(result, arm) for arm in result.others}


def outcome_of(result: StudyResult, arm: str) -> ArmOutcome:
    """The outcome of an arm."""
    return outcomes(result)[arm]


# --- by what makes patients wait ------------------------------------------------------------------------------------


@kept_with_result
def of_causes(result: StudyResult) -> Mapping[str, StudyResult]:
    """The result of the departments of each cause of waiting alone, by the cause's label."""
    parts = {}
    for label, mask in result.causes.items():
        kept = tuple(compress(result.replications, mask))
        part, n = replace(result, replications=kept).on_targets, count_departments(result, mask)
        few = n if n < MIN_DEPARTMENTS else 0
        vars(part).update(few_departments=few, interval_kind=result.interval_kind)
        parts[label] = part
    return parts


def count_departments(result: StudyResult, mask: Mask) -> int:
    """How many departments these replications use."""
    return len(np.unique(np.asarray(result.department_of)[mask]))


@kept_with_result
def with_doubled(result: StudyResult) -> Mapping[str, StudyResult]:
    """The result with the departments of each cause counted twice in turn, by the cause's label: the weighted mean with
    its interval; the range is that of the same departments."""
    slim, department = result.on_targets, np.asarray(result.department_of)
    rows = [row for row in slim.comparisons if row.arm == slim.design.baseline]
    names = tuple(MeasureName(row.measure, row.unit, row.group) for row in rows)
    weighed = {}
    for label, mask in result.causes.items():
        doubled = replace(result)
        measures = {}
        for arm in slim.measures:
            values = [slim.values(arm, name.measure, name.group) for name in names]
            table = weigh(np.column_stack(values), department, np.where(mask, 2.0, 1.0))
            measures[arm] = [Measures(names, row) for row in table]
        vars(doubled).update(measures=measures, identical=result.identical)
        vars(doubled)["comparisons"] = tuple(
            replace(row, department_p5=whole.department_p5, department_p95=whole.department_p95)
            for row, whole in zip(doubled.comparisons, slim.comparisons, strict=True)
        )
        weighed[label] = doubled
    return weighed


def effect_in(part: StudyResult, arm: str, judged: Target | Margin) -> Interval:
    """An arm's effect in the departments of one cause, with the interval of its mean over such departments."""
    effect = estimate_interval(
        part.differences(arm, judged),
        kind=part.interval_kind,
        department=part.department_of,
        fewest=FEWEST_OF_CAUSE,
    )
    is_few = len(np.unique(np.asarray(part.department_of))) < FEWEST_OF_CAUSE
    return replace(effect, low=math.nan, high=math.nan) if is_few else effect


class TellsCause(NamedTuple):
    """Which figures tell what makes patients wait, measured for so many `days`, the better first; `right`: the share of
    departments told rightly by the first, and by both (ten-fold)."""

    days: int
    figures: tuple[MeasureName, ...]
    right: tuple[float, ...]

    @property
    def n_needed(self) -> int:
        """How many of the figures are worth measuring."""
        return next(n for n, right in enumerate(self.right, 1) if right >= self.right[-1] - NEARLY)


@kept_with_result
def tell_causes(result: StudyResult) -> tuple[TellsCause, ...]:
    """The two figures that tell best what makes patients wait, for each of `DAYS`; none without causes, or with fewer
    than ten departments of one.

    Figures are those of the baseline in minutes and shares, which do not grow with a department's size; not of staff
    whose rota a cause states, by which its departments would be known whatever makes patients wait.
    """
    over, department = result.study.departments, np.asarray(result.department_of)
    n_each = [count_departments(result, mask) for mask in result.causes.values()]
    if over is None or not n_each or min(n_each) < FEWEST_OF_CAUSE:
        return ()
    stated = {path for cause in over.causes.values() for path in cause.changes}
    names = [
        name
        for name in observables_among(result.measures[result.design.baseline][0].names)
        if name.unit in ("minutes", "share")
        and f"staffing.{name.group.removeprefix('pool=')}.rota" not in stated
    ]
    figures = result.figures(names)
    useful = np.flatnonzero(np.isfinite(figures).all(axis=0) & (np.ptp(figures, axis=0) > 0))
    figures, told = figures[:, useful], list[TellsCause]()
    cause_of = np.array(over.cause_of)[department]
    for days in DAYS if len(useful) > 1 and known_twice(figures, department).all() else ():
        noise = result.run.measured_days / days
        apart = tell_apart(figures, department, cause_of, noise=noise)
        chosen = tuple(names[useful[column]] for column in apart.figures)
        told.append(TellsCause(days, chosen, apart.right))
    return tuple(told)


def best_to_tell(result: StudyResult) -> TellsCause | None:
    """The figures to measure, for the fewest days that do nearly as well as the most; None without causes."""
    told = tell_causes(result)
    return next((one for one in told if one.right[-1] >= told[-1].right[-1] - NEARLY), None)


# --- which arms are told of, in which order -------------------------------------------------------------------------


def reported_targets(result: StudyResult) -> tuple[Target, ...]:
    """The primary targets that sentences are about: the first of each measure; other groups are in the table."""
    return tuple({target.measure: target for target in reversed(result.design.primary)}.values())[
        ::-1
    ]


def products(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms that get a sentence: those in `focus`; else the tool with all its levers; else the first tools."""
    arms = result.shown.tried
    if result.design.focus:
        return tuple(arm for name in result.design.focus for arm in arms if arm.name == name)
    if decomposition_of(result):
        return tuple(arm for arm in arms if arm.name == joint_arm(result))
    return _tools(result)[:MOST_PRODUCTS]


def products_left_out(result: StudyResult) -> tuple[ArmResult, ...]:
    """The tools that get no sentence, because the study names none in `focus` and has more than the page holds."""
    return () if result.design.focus or decomposition_of(result) else _tools(result)[MOST_PRODUCTS:]


def _tools(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms that are no comparators and triage by another policy than the baseline; if there are none, all arms
    that are no comparators; else all."""
    arms = result.shown.tried
    tools = tuple(arm for arm in arms if not result.design.arms[arm.name].comparator)
    with_policy = tuple(arm for arm in tools if arm.ready.policy != result.baseline.ready.policy)
    return with_policy or tools or arms


def alternatives(result: StudyResult) -> list[ArmOutcome]:
    """The comparators that are no products."""
    names = {arm.name for arm in products(result)}
    others = (outcome_of(result, arm.name) for arm in result.shown.others)
    return [one for one in others if not one.is_tool and one.arm.name not in names]


@kept_with_result
def best_alternative(result: StudyResult) -> ArmOutcome | None:
    """The alternative with the largest effect, of those shown to help by enough to matter that fail no limit; in its
    place the cheapest that is shown to do as much, where both costs are stated."""
    good = [one for one in alternatives(result) if one.first.matters == "helps" and not one.fails]
    most = max(good, key=lambda one: abs(one.first.comparison.difference), default=None)
    if most is None or most.arm.cost is None:
        return most
    as_much = [one for one in good if _price(one) < _price(most) and one.does_as_much(most)]
    return min(as_much, key=_price, default=most)


def ranked(result: StudyResult, target: Target) -> tuple[Comparison, ...]:
    """All arms but the sham by their effect on a target, best first; as stated where neither way is better."""
    rows = [result.row_of(target, arm.name) for arm in result.tried]
    better = result.better(target)
    if better == "neither":
        return tuple(rows)
    sign = 1 if better == "lower" else -1
    return tuple(
        sorted(
            rows, key=lambda row: math.inf if math.isnan(row.difference) else sign * row.difference
        )
    )


def arms_in_order(result: StudyResult) -> tuple[ArmResult, ...]:
    """The arms as the first page has them: products in their order, then the others, best first; no sham."""
    first = products(result)
    names = {arm.name for arm in first}
    others = (
        result.arm(row.arm) for row in ranked(result, result.first_target) if row.arm not in names
    )
    return (*first, *others)


def is_dearer(arm: ArmResult, product: ArmResult) -> bool:
    """Whether an arm costs more than the product, by more than the rounding of a price that is paid a patient."""
    return arm.cost is not None and product.cost is not None and arm.cost > product.cost * ROUNDING


def priced_alternatives(result: StudyResult, product: ArmResult) -> tuple[ArmResult, ...]:
    """The alternatives that state a cost: those that the product's price buys, best first, then dearer ones."""
    names = [row.arm for row in ranked(result, result.first_target) if row.arm != product.name]
    arms = [result.arm(name) for name in names if result.design.arms[name].comparator]
    priced = [arm for arm in arms if arm.cost is not None]
    return tuple(sorted(priced, key=lambda arm: is_dearer(arm, product)))[:MOST_ALTERNATIVES]
