"""What the report of a run that has just ended is made from: means over replications, and each arm as stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from simulation.analysis.profile import DayProfile
from simulation.analysis.spillover import GROUPS
from simulation.experiment.result import Result
from simulation.explain.arm_changes import Change, arm_changes, assumptions_added_by
from simulation.explain.costs import cost_of
from simulation.pathway.department import ACUITY_TRUE, Choice, Pathway
from simulation.records.schema import Floats
from simulation.records.serialise import Plain, plain
from simulation.report.inputs import DayMeans, ReportArm, ReportInputs
from simulation.report.stages import stage_of
from simulation.report.stored import restored_design
from simulation.study.study import ReadyArm
from simulation.triage.label_accuracy import label_accuracy


def inputs_of(result: Result, manifest: Plain) -> ReportInputs:
    """What the report of a run that has just ended is made from."""
    study = result.study
    design = restored_design(plain(study.design), [arm.name for arm in study.arms])
    changed = {each.arm: each.without_echoes().changes for each in arm_changes(study, design.shown)}
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
    cost, words = cost_of(arm)
    return ReportArm(
        name=arm.name,
        label=arm.arm.label,
        policy=plain(arm.policy),
        changes=plain(arm.arm.changes),
        agreement=_agreement(arm),
        label_mix=_label_mix(arm),
        cost=cost,
        cost_words=words,
        day=_day_means([day for answer in result.replications if (day := answer.arms[arm.name].day) is not None]),
        shares=result.shares(arm.name),
        waits=_waits(
            [each for answer in result.replications if (each := answer.arms[arm.name].waits) is not None], arm
        ),
        changed=changed,
        added_assumptions=assumptions_added_by(arm, result.study.baseline),
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


def case_mix(pathway: Pathway) -> tuple[float, ...] | None:
    """Attendances a day by true level; None if the levels depend on anything but the source."""
    levels = pathway.attributes.get(ACUITY_TRUE)
    if not isinstance(levels, Choice) or levels.by not in (None, "arrival_source"):
        return None
    total = np.zeros(len(levels.categories))
    for name, source in pathway.arrivals.items():
        if source.attends:
            shares = levels.shares[name] if isinstance(levels.shares, Mapping) else levels.shares
            total += source.per_day * source.scale * np.array(shares)
    return tuple(float(each) for each in total)


def _agreement(arm: ReadyArm) -> dict[str, float]:
    mix = case_mix(arm.pathway)
    if mix is None:
        return {}
    found = label_accuracy(arm.policy, mix, levels=arm.pathway.categories(ACUITY_TRUE))
    names = ("exact_share", "under_share", "over_share", "sensitivity", "kappa_quadratic")
    return {name: float(cast(Any, found)[name]) for name in names}


def _label_mix(arm: ReadyArm) -> tuple[float, ...]:
    """Shares of a covered patient's labels, the most urgent first; nothing if the case mix is not known."""
    mix = case_mix(arm.pathway)
    return (
        () if mix is None else label_accuracy(arm.policy, mix, levels=arm.pathway.categories(ACUITY_TRUE))["label_mix"]
    )


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
