"""The explanation of a study's arms, worked out once: it is stored with the result, and a report only reads it.

What an arm costs a year beyond the baseline: its own cost, the policy's fee, and its price per attendance.
The labels that a policy gives at a site: the share of patients that gets each, and how often they are right."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np

from simulation.department.graph import Subgraph
from simulation.department.rota import mean_per_day, per_day_by_category
from simulation.department.vocabulary import ACUITY_TRUE, ARRIVAL_SOURCE, Pathway
from simulation.patients import DAYS_IN_YEAR, Draws, draw
from simulation.study.arm_changes import SAMPLE_DAYS, ArmChange, explain_changes, reachable_subgraph
from simulation.study.department_warnings import (
    DepartmentWarning,
    department_warnings,
    warn_of_closed_hours,
)
from simulation.study.design import Cost
from simulation.study.offered_load import in_a_mean_week
from simulation.study.statements import AddedAssumption, assumptions_added_by
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import mask_users, minutes_saved
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import AtLeastZero
from simulation.triage.people import sources_labelled
from simulation.triage.policy import Policy, sources_of


@dataclass(frozen=True)
class ArmExplanation:
    """What explains one arm.

    `agreement`: how well its labels agree with the true levels of covered patients at this site, by name of the figure;
    `label_mix`: the share that gets each label (both empty if the case mix is not known). `cost`: pounds a year beyond
    the baseline (None if not stated), `cost_range`: their lowest and highest value, `cost_words`: what they buy and
    whose figure it is. `changed`: what the arm changes, but for where its label then decides. `added_assumptions`: what
    it states besides the baseline. `readings`: mean minutes saved a patient in each department, by
    reading of its evidence.
    """

    agreement: Mapping[str, float]
    label_mix: tuple[float, ...]
    cost: float | None
    cost_words: str
    changed: tuple[ArmChange, ...] = ()
    added_assumptions: tuple[AddedAssumption, ...] = ()
    cost_range: tuple[float, float] | None = None
    readings: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Explanation:
    """What explains each arm, by name, and the part of the baseline's pathway that patients of some arm can reach.

    `department_warnings`: on what in the baseline's department does not fit together, and on whom its closed
    hours keep waiting.
    """

    arms: Mapping[str, ArmExplanation]
    reachable: Subgraph
    department_warnings: tuple[DepartmentWarning, ...] = ()


class Explained:
    """A study's explanation: worked out when it is first read, or as it was stored."""

    def __init__(self, study: Study, stored: Explanation | None = None) -> None:
        self.study = study
        if stored is not None:
            self.__dict__["explanation"] = stored

    @cached_property
    def explanation(self) -> Explanation:
        """The explanation. Draws some weeks of patients the first time."""
        return explain(self.study)


def explain(study: Study) -> Explanation:
    """Work out what explains each arm, on some weeks of patients drawn with the study's seed."""
    changed = {
        arm.arm: arm.without_by_label().changes
        for arm in explain_changes(study, study.design.shown)
    }
    readings, arms = _readings(study), {}
    for arm in study.arms:
        cost = cost_of(arm)
        agreement, label_mix = labels_of_arm(arm)
        arms[arm.name] = ArmExplanation(
            agreement=agreement,
            label_mix=label_mix,
            cost=cost.pounds if cost is not None else None,
            cost_words=cost.words if cost is not None else "",
            changed=changed.get(arm.name, ()),
            added_assumptions=assumptions_added_by(arm, study.baseline, study.design),
            cost_range=(cost.low, cost.high) if cost is not None else None,
            readings=readings.get(arm.name, {}),
        )
    reachable = reachable_subgraph(study.baseline.pathway, study.arms, seed=study.run.seed)
    kept = map(DepartmentWarning, warn_of_closed_hours(study))
    return Explanation(arms, reachable, (*department_warnings(study), *kept))


def _readings(study: Study) -> dict[str, dict[str, tuple[float, ...]]]:
    """By arm and reading of its evidence, the mean minutes saved a patient in each department."""
    arms = {arm.name: arm.policy.readings for arm in study.arms if arm.policy.readings}
    departments = [
        _minutes_saved(study.of(number), arms)
        for number in range(study.run.departments or 1)
        if arms
    ]
    return {
        name: {
            reading: tuple(saved[name, reading] for saved in departments) for reading in readings
        }
        for name, readings in arms.items()
    }


def _minutes_saved(study: Study, names: Iterable[str]) -> dict[tuple[str, str], float]:
    """The mean minutes saved a patient by arm and reading, on patients drawn with the study's seed."""
    drawn: dict[int, Draws] = {}
    saved = {}
    for arm in map(study.arm, names):
        pathway, key = arm.pathway, id(arm.pathway)
        if key not in drawn:
            drawn[key] = draw(
                in_a_mean_week(pathway), seed=study.run.seed, replication=0, days=SAMPLE_DAYS
            )
        for reading in arm.policy.readings:
            saved[arm.name, reading] = minutes_saved(
                replace(arm.policy, reading=reading), pathway, drawn[key]
            )
    return saved


DAYS_PER_YEAR = 365
"""Days of a calendar year, for which money is counted. A model year (`draws.DAYS_IN_YEAR`) has 364, and only shares of
patients are taken from it."""


class YearlyCost(NamedTuple):
    """Pounds a year beyond the baseline, their lowest and highest value, and in `words` what they buy."""

    pounds: float
    low: float
    high: float
    words: str


def cost_of(arm: ReadyArm) -> YearlyCost | None:
    """The sum of the arm's own cost, the policy's yearly cost and its price per attendance; None if none is stated.

    The lowest cost has every part at its lowest, the highest every part at its highest.
    """
    parts = list(_parts(arm))
    if not parts:
        return None
    pounds, low, high, words = zip(*parts, strict=True)
    return YearlyCost(sum(pounds), sum(low), sum(high), "; ".join(words))


def _parts(arm: ReadyArm) -> Iterator[YearlyCost]:
    """The arm's own cost, the policy's fee, and its price for all whom it covers, as far as they are stated."""
    cost, fee, price = arm.arm.cost, arm.policy.cost_per_year, arm.policy.price_per_attendance
    stated: list[tuple[float, float, Cost | AtLeastZero, str]] = []
    if cost is not None:
        stated.append((1, cost.per_year, cost, cost.words))
    if fee is not None:
        stated.append((1, fee.value, fee, "a year's fee"))
    if price is not None:
        n = _covered_a_year(arm)
        stated.append(
            (
                n,
                price.value,
                price,
                f"£{price.value:.2f} for each of {n:,.0f} covered attendances a year",
            )
        )
    for times, pounds, source, words in stated:
        low, high = source.range or (pounds, pounds)
        yield YearlyCost(
            times * pounds,
            times * low,
            times * high,
            f"{words} ({source.evidence}: {source.source})",
        )


def _covered_a_year(arm: ReadyArm) -> float:
    """How many attendances a year the tool is used for."""
    policy = arm.policy
    covers = policy.covers
    if covers is None and not policy.actions:
        return 0.0
    labels = (
        sources_labelled(covers, arm.pathway)
        if covers is not None and policy.ai is not None
        else ()
    )
    minutes = covers.minutes if covers is not None else ()
    names = {
        *labels,
        *minutes,
        *(name for effect in policy.effects for name in sources_of(effect, ())),
    }
    names |= {name for action in policy.actions.values() for name in action.covers.arrivals}
    sources = {name: source for name, source in arm.pathway.arrivals.items() if name in names}
    return (
        DAYS_PER_YEAR
        * sum(map(mean_per_day, sources.values()))
        * _share_reached(arm, tuple(sources))
    )


def _share_reached(arm: ReadyArm, sources: Sequence[str]) -> float:
    """The share of the patients of these sources for whom the tool is used, in a year from go-live.

    1 if nothing but the source decides; else counted on a year of patients drawn with seed 0.
    """
    policy = arm.policy
    covers = policy.covers
    for_some = policy.adoption or (
        covers is not None and (covers.only or covers.excluded or covers.share)
    )
    if (
        not for_some
        and not policy.actions
        and all(effect.covers is None for effect in policy.effects)
    ):
        return 1.0
    drawn = draw(arm.pathway, seed=0, replication=0, days=DAYS_IN_YEAR)
    known = arm.pathway.categories(ARRIVAL_SOURCE)
    counted = np.isin(drawn.arrival_source, [known.index(name) for name in sources])
    live_at_once = replace(policy, go_live_day=None, live_days=None)
    return (
        float(mask_users(live_at_once, arm.pathway, drawn)[counted].mean())
        if counted.any()
        else 0.0
    )


AGREEMENT = ("exact_share", "under_share", "over_share", "sensitivity", "kappa_quadratic")


def case_mix(pathway: Pathway, sources: Collection[str] | None = None) -> tuple[float, ...] | None:
    """Attendances a day by true level. `sources`: of these arrival sources only.

    None if the true levels depend on anything but the arrival source.
    """
    attending = [
        name
        for name, source in pathway.arrivals.items()
        if source.attends and (sources is None or name in sources)
    ]
    per_day = per_day_by_category(pathway, ACUITY_TRUE, attending)
    return None if per_day is None else tuple(per_day.values())


def uncovered_sources(policy: Policy, pathway: Pathway) -> tuple[str, ...]:
    """The arrival sources of attendances for whose patients the tool never takes part in the label.

    Empty for a policy without a tool that labels.
    """
    if policy.ai is None or policy.covers is None:
        return ()
    labelled = sources_labelled(policy.covers, pathway)
    return tuple(
        name for name, source in pathway.arrivals.items() if source.attends and name not in labelled
    )


def labels_of_arm(arm: ReadyArm) -> tuple[dict[str, float], tuple[float, ...]]:
    """Agreement with the true level, by name of the figure, and the share that gets each label, most urgent first.

    Both are for the patients whom a tool's label is for (without a tool: everybody), and empty if their case mix is not
    known or nobody is labelled.
    """
    covers = arm.policy.covers
    sources = (
        None if arm.policy.ai is None or covers is None else sources_labelled(covers, arm.pathway)
    )
    mix = case_mix(arm.pathway, sources)
    if mix is None or arm.policy.nurse is None:
        return {}, ()
    accuracy = label_accuracy(arm.policy, mix, levels=arm.pathway.categories(ACUITY_TRUE))
    return {name: float(cast(Any, accuracy)[name]) for name in AGREEMENT}, accuracy["label_mix"]
