"""What a report is made from, whether the run has just ended or was stored last year: `ReportInputs`.

A folder of results holds enough to make the report again without simulating, so everything here is small and
plain: measures by replication, means of the day profiles, and what was compared. Figures, tables and the page
read this and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from simulation.analysis.compare import Comparison, Interval, ShamBand, Shares, compare, compare_arms, find, sham_band
from simulation.analysis.definitions import COVERAGE
from simulation.analysis.measures import Measures
from simulation.analysis.profile import DayProfile
from simulation.analysis.spillover import GROUPS, Effect, effects
from simulation.draws import DAYS_IN_YEAR, draw
from simulation.experiment.result import Finding, Result, Safety, findings, safeties
from simulation.experiment.study import Arm, Cost, Coverages, Design, Lever, Margin, ReadyArm, RunLength, Target
from simulation.inquiry.ablation import TargetParts, decompositions, is_ablation, shown_arms
from simulation.pathway.department import ACUITY_TRUE, STREAM, Choice, Pathway
from simulation.report.arm_changes import Brought, Change, arm_changes, brought_by
from simulation.report.stated import Plain, Statement, plain, walk
from simulation.triage.minutes import streams_of
from simulation.triage.policy import Policy, describe, reached

Floats = NDArray[np.float64]
DAYS_PER_YEAR = 365
STAGES = ("registration and triage", "place", "nurse", "clinician", "tests", "specialty", "bed", "other")
"""Where a stay's time goes, in the order in which a patient meets them."""


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
    then decides), `brought`: what it states besides the baseline.
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
    brought: tuple[Brought, ...] = ()


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report says. `stages`: by step, the stage of a stay; `roles`: by pool, its role.

    `resolved`: the configuration as composed; `manifest`: who ran it, with what, how long.
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
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every measure of every arm with its paired difference from the baseline."""
        return compare_arms(self.measures, self.design.baseline)

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

    def groups(self, measure: str) -> tuple[str, ...]:
        """The groups that a measure is given for, in order."""
        return tuple(row.group for row in self.comparisons if (row.arm, row.measure) == (self.design.baseline, measure))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """A verdict for every arm but the baseline on every target."""
        return findings(self.design, self.row, [arm.name for arm in self.others], self.identical)

    def finding(self, arm: str, target: Target) -> Finding:
        """The verdict on one arm and target."""
        return next(each for each in self.findings if each.arm == arm and each.target == target)

    @cached_property
    def safety(self) -> tuple[Safety, ...]:
        """A judgement for every arm but the baseline on every margin."""
        return safeties(self.design, self.row, [arm.name for arm in self.others], self.identical)

    @cached_property
    def identical(self) -> tuple[str, ...]:
        """Arms that differ from the baseline in no measure of any replication."""
        theirs = self.measures[self.design.baseline]
        return tuple(
            arm.name
            for arm in self.others
            if all(
                np.array_equal(one.values, other.values, equal_nan=True)
                for one, other in zip(self.measures[arm.name], theirs, strict=True)
            )
        )

    def spillover(self, measure: str) -> tuple[Effect, ...]:
        """What the tool does to those it covers and to the others; nothing if the study does not tell them apart."""
        told = self.design.coverages
        if told is None or not self.has(measure, f"{COVERAGE}={GROUPS[0]}"):
            return ()
        return effects(self.measures, self.design.baseline, partial=told.partial, full=told.full, measure=measure)

    @cached_property
    def shown(self) -> ReportInputs:
        """The same without the arms that only the decomposition needs."""
        names = [arm.name for arm in self.arms if arm.name in shown_arms(self.design)]
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
        ours, theirs = (np.array([each.value(measure, group) for each in self.measures[name]]) for name in (arm, other))
        return compare(ours, theirs)

    def band(self, measure: str, group: str = "all") -> ShamBand | None:
        """What fresh luck alone does to a measure, if a sham arm was run."""
        if self.sham is None:
            return None
        sham, baseline = (
            np.array([each.value(measure, group) for each in self.measures[name]])
            for name in (self.sham.name, self.design.baseline)
        )
        return sham_band(sham, baseline, shares=self.sham.shares)


# --- out of a run --------------------------------------------------------------------------------------------


def inputs_of(result: Result, manifest: Plain) -> ReportInputs:
    """What the report of a run that has just ended is made from."""
    study = result.study
    design = _restored_design(plain(study.design), [arm.name for arm in study.arms])
    changed = {each.arm: each.without_echoes().changes for each in arm_changes(study, shown_arms(design))}
    return ReportInputs(
        design=design,
        run=study.run,
        scenario=study.scenario,
        arms=tuple(_report_arm(result, arm, changed.get(arm.name, ())) for arm in study.arms),
        measures=result.measures,
        stages={name: stage_of(name, study.baseline.pathway) for name in study.baseline.pathway.steps},
        roles={name: pool.role for name, pool in study.baseline.pathway.pools.items()},
        resolved=plain(study.resolved),
        manifest=manifest,
    )


def _report_arm(result: Result, arm: ReadyArm, changed: tuple[Change, ...]) -> ReportArm:
    cost, words = _cost(arm)
    return ReportArm(
        name=arm.name,
        label=arm.arm.label,
        policy=plain(arm.policy),
        changes=plain(arm.arm.changes),
        agreement=_agreement(arm),
        label_mix=_label_mix(arm),
        cost=cost,
        cost_words=words,
        day=_day_means([day for answer in result.answers if (day := answer.arms[arm.name].day) is not None]),
        shares=result.shares(arm.name),
        waits=_waits([each for answer in result.answers if (each := answer.arms[arm.name].waits) is not None], arm),
        changed=changed,
        brought=brought_by(arm, result.study.baseline),
    )


def _waits(each: Sequence[Floats], arm: ReadyArm) -> dict[str, dict[str, float]]:
    """Means over replications, by group and step, of steps where anybody waited."""
    if not each:
        return {}
    means = mean_known(each)
    steps = tuple(arm.pathway.nodes())
    return {
        group: {step: float(minutes) for step, minutes in zip(steps, row, strict=True) if minutes > 0}
        for group, row in zip((*GROUPS, "never"), means, strict=True)
        if not np.isnan(row).all()
    }


def stage_of(name: str, pathway: Pathway) -> str:
    """The stage of a stay that a step belongs to, one of `STAGES`.

    A step that dates the initial assessment, the handover or the decision says so itself. Otherwise the roles of
    the pools that it asks for decide, the scarcest skill first; a name that says what it is decides where roles
    do not. What is left is 'other'.
    """
    step = pathway.steps[name]
    points = set(step.records)
    roles = {pathway.pools[pool].role for pool in (*step.asks, *step.any_of)}
    if (points & {"assessed_at", "triaged_at", "handed_over_at"} and "seen_at" not in points) or "reception" in roles:
        return "registration and triage"
    if points & {"decided_at"} or any(role.endswith("bed") for role in roles):
        return "bed"
    for role, stage in (
        ("specialty", "specialty"),
        ("clinician", "clinician"),
        ("stream_clinician", "clinician"),
        ("tests", "tests"),
    ):
        if role in roles:
            return stage
    if any(part in name for part in ("sampl", "laborat", "imag", "report", "test")):
        return "tests"
    if any(part in name for part in ("triage", "registration", "assessment")) and not step.keeps:
        return "registration and triage"
    if "nurse" in roles and "discharge" not in name:
        return "nurse"
    if "place" in roles and not step.minutes:
        return "place"
    return "other"


def case_mix(pathway: Pathway) -> tuple[float, ...] | None:
    """Attendances a day by true level; None if the levels depend on anything but the stream."""
    levels = pathway.attributes.get(ACUITY_TRUE)
    if not isinstance(levels, Choice) or levels.by not in (None, "stream"):
        return None
    total = np.zeros(len(levels.categories))
    for name, stream in pathway.streams.items():
        if stream.attends:
            shares = levels.shares[name] if isinstance(levels.shares, Mapping) else levels.shares
            total += stream.per_day * stream.scale * np.array(shares)
    return tuple(float(each) for each in total)


def _agreement(arm: ReadyArm) -> dict[str, float]:
    mix = case_mix(arm.pathway)
    if mix is None:
        return {}
    found = describe(arm.policy, mix, levels=arm.pathway.categories(ACUITY_TRUE))
    names = ("exact_share", "under_share", "over_share", "sensitivity", "kappa_quadratic")
    return {name: float(cast(Any, found)[name]) for name in names}


def _label_mix(arm: ReadyArm) -> tuple[float, ...]:
    """Shares of a covered patient's labels, the most urgent first; nothing if the case mix is not known."""
    mix = case_mix(arm.pathway)
    return () if mix is None else describe(arm.policy, mix, levels=arm.pathway.categories(ACUITY_TRUE))["label_mix"]


def _cost(arm: ReadyArm) -> tuple[float | None, str]:
    """Pounds a year and what they buy: the arm's own cost, the policy's yearly cost and its price per attendance."""
    parts: list[tuple[float, str]] = []
    if arm.arm.cost is not None:
        stated = arm.arm.cost
        parts.append((stated.per_year, f"{stated.what} ({stated.mark}: {stated.source})"))
    policy: Policy = arm.policy
    if policy.cost_per_year is not None:
        parts.append(
            (policy.cost_per_year.value, f"a year's fee ({policy.cost_per_year.mark}: {policy.cost_per_year.source})")
        )
    if policy.price_per_attendance is not None:
        price = policy.price_per_attendance
        a_year = _covered_a_year(arm)
        words = (
            f"£{price.value:.2f} for each of {a_year:,.0f} covered attendances a year ({price.mark}: {price.source})"
        )
        parts.append((price.value * a_year, words))
    if not parts:
        return None, ""
    return sum(pounds for pounds, _ in parts), "; ".join(words for _, words in parts)


def _covered_a_year(arm: ReadyArm) -> float:
    """Attendances a year that the tool is used for."""
    policy = arm.policy
    covers = policy.covers
    if covers is None and not policy.actions:
        return 0.0
    labels_and_minutes = (*covers.labels, *covers.minutes) if covers is not None else ()
    names = {*labels_and_minutes, *(name for each in policy.effects for name in streams_of(each, ()))}
    names |= {name for action in policy.actions.values() for name in action.covers.streams}
    streams = {name: stream for name, stream in arm.pathway.streams.items() if name in names}
    per_day = sum(stream.per_day * stream.scale for stream in streams.values())
    return DAYS_PER_YEAR * per_day * _share_reached(arm, tuple(streams))


def _share_reached(arm: ReadyArm, streams: Sequence[str]) -> float:
    """Of the patients of these streams, for how many the tool is used in a year from go-live, drawn for the purpose.

    1 where nothing but the stream decides.
    """
    policy = arm.policy
    covers = policy.covers
    narrowed = policy.adoption or (covers is not None and (covers.only or covers.excluded or covers.share))
    if not narrowed and not policy.actions and all(effect.covers is None for effect in policy.effects):
        return 1.0
    drawn = draw(arm.pathway, seed=0, replication=0, days=DAYS_IN_YEAR)
    known = arm.pathway.categories(STREAM)
    of_them = np.isin(drawn.stream, [known.index(name) for name in streams])
    live_at_once = replace(policy, go_live_day=None)
    return float(reached(live_at_once, arm.pathway, drawn)[of_them].mean()) if of_them.any() else 0.0


def _day_means(each: Sequence[DayProfile]) -> DayMeans:
    first = each[0]
    names = ("arrivals", "census", "boarders", "busy", "busy_mean", "waiting", "working")
    means = {name: mean_known([getattr(day, name) for day in each]) for name in names}
    triggered = {name: float(np.mean([day.triggered[name] for day in each])) for name in first.triggered}
    return DayMeans(pools=first.pools, steps=first.steps, triggered=triggered, **means)


def mean_known(arrays: Sequence[Floats]) -> Floats:
    """The mean of arrays of one shape, entry by entry, leaving NaN out; NaN where nothing is known."""
    stacked = np.stack([np.asarray(each, dtype=float) for each in arrays])
    known = ~np.isnan(stacked)
    n_known = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, n_known, out=np.full(total.shape, np.nan), where=n_known > 0))


# --- to and from files ---------------------------------------------------------------------------------------


def study_stated(inputs: ReportInputs) -> Plain:
    """`study.json`: what was compared, policies as used."""
    arms = [
        {key: value for key, value in asdict(arm).items() if key not in ("day", "shares", "waits")}
        for arm in inputs.arms
    ]
    return cast(
        Plain,
        plain(
            {
                "scenario": inputs.scenario,
                "design": inputs.design,
                "run": inputs.run,
                "arms": arms,
                "stages": inputs.stages,
                "roles": inputs.roles,
            }
        ),
    )


def profiles_stated(inputs: ReportInputs) -> Plain:
    """`profiles.json`: by arm, the means of the day profiles and who waits shorter and longer."""
    found = {}
    for arm in inputs.arms:
        shares = asdict(arm.shares) if arm.shares is not None else None
        found[arm.name] = {"day": asdict(arm.day), "shares": shares, "waits": arm.waits}
    return cast(Plain, plain(found))


def restored(
    stated: Plain, profiles: Plain, measures: Mapping[str, Sequence[Measures]], *, resolved: Plain, manifest: Plain
) -> ReportInputs:
    """The inputs that `study_stated` and `profiles_stated` were made from."""
    arms = tuple(_restored_arm(arm, profiles[arm["name"]]) for arm in stated["arms"])
    return ReportInputs(
        design=_restored_design(stated["design"], [arm.name for arm in arms]),
        run=RunLength(**stated["run"]),
        scenario=stated["scenario"],
        arms=arms,
        measures=measures,
        stages=stated["stages"],
        roles=stated["roles"],
        resolved=resolved,
        manifest=manifest,
    )


def _restored_design(stated: Plain, ran: Sequence[str]) -> Design:
    """A design out of its plain form, with the arms that were run."""
    known = dict(stated)
    arms = {name: known["arms"][name] for name in ran}
    return Design(
        name=known["name"],
        question=known["question"],
        baseline=known["baseline"],
        sham=known.get("sham") if known.get("sham") in arms else None,
        arms={name: _restored_design_arm(arm) for name, arm in arms.items()},
        primary=tuple(Target(**each) for each in known["primary"]),
        secondary=tuple(Target(**each) for each in known.get("secondary", ())),
        margins=tuple(Margin(**each) for each in known.get("margins", ())),
        coverages=_restored_coverages(known.get("coverages"), arms),
        levers={name: _restored_lever(each) for name, each in known.get("levers", {}).items()},
        full=known.get("full"),
        order_pairs=known.get("order_pairs", Design.order_pairs),
    )


def _restored_coverages(stated: Plain | None, ran: Mapping[str, Plain]) -> Coverages | None:
    if not stated or not {stated["partial"], stated["full"]} <= set(ran):
        return None
    return Coverages(partial=stated["partial"], full=stated["full"])


def _restored_lever(stated: Plain) -> Lever:
    return Lever(label=stated["label"], takes=tuple(stated.get("takes", ())), changes=stated.get("changes", {}))


def _restored_design_arm(stated: Plain) -> Arm:
    cost = Cost(**stated["cost"]) if stated.get("cost") else None
    return Arm(
        label=stated["label"],
        triage=stated["triage"],
        nurse=stated.get("nurse"),
        changes=stated.get("changes", {}),
        levers=tuple(stated.get("levers", ())),
        control=stated.get("control"),
        cost=cost,
    )


def _restored_arm(stated: Plain, profile: Plain) -> ReportArm:
    day = profile["day"]
    numbers = ("arrivals", "census", "boarders", "busy", "busy_mean", "waiting", "working")
    shares = profile.get("shares")
    return ReportArm(
        name=stated["name"],
        label=stated["label"],
        policy=stated["policy"],
        changes=stated["changes"],
        agreement={name: np.nan if value is None else value for name, value in stated["agreement"].items()},
        label_mix=tuple(stated.get("label_mix", ())),
        cost=stated.get("cost"),
        cost_words=stated["cost_words"],
        day=DayMeans(
            pools=tuple(day["pools"]),
            steps=tuple(day["steps"]),
            triggered=day["triggered"],
            **{name: np.array(day[name], dtype=float) for name in numbers},
        ),
        shares=_restored_shares(shares) if shares else None,
        waits=profile.get("waits", {}),
        changed=tuple(Change(**{**each, "at": tuple(each["at"])}) for each in stated.get("changed", ())),
        brought=tuple(Brought(**each) for each in stated.get("brought", ())),
    )


def _restored_shares(stated: Plain) -> Shares:
    better, worse = (stated.get(name, np.nan) for name in ("better", "worse"))
    return Shares(better, worse, stated["n_paired"], stated["n_unpaired"])


def to_json(stated: Plain) -> str:
    """JSON that another program can read: no NaN, UTF-8."""
    return json.dumps(stated, ensure_ascii=False, indent=1, allow_nan=False)


# --- what was assumed ----------------------------------------------------------------------------------------


def statements(inputs: ReportInputs) -> tuple[Statement, ...]:
    """Every block of the configuration and of the arms' policies that states a mark and a source."""
    groups = ("knobs", "site", "staffing", "pathway", "scenario", "study")
    found = [each for group in groups for each in walk(inputs.resolved.get(group), group)]
    nurses: list[Any] = []
    for policy in {arm.policy["name"]: arm.policy for arm in inputs.arms if not _partly(inputs, arm)}.values():
        own = dict(policy)
        if policy["nurse"] in nurses:  # the same nurse in every policy is one assumption, not ten
            del own["nurse"]
        nurses.append(policy["nurse"])
        found += walk(own, f"triage.{policy['name']}")
    return tuple(found)


def _partly(inputs: ReportInputs, arm: ReportArm) -> bool:
    """Whether an arm is some of the levers, so that what it states is stated again where all are on."""
    on = inputs.design.arms[arm.name].levers
    return bool(on) and set(on) != set(inputs.design.levers)
