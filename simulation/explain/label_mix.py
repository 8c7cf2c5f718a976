"""The labels that a policy gives at a site: the share of patients that gets each, and how often they are right."""

from collections.abc import Collection
from typing import Any, cast

from simulation.department.rota import per_day_by_category
from simulation.department.vocabulary import ACUITY_TRUE, Pathway
from simulation.study.study import ReadyArm
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.people import sources_labelled
from simulation.triage.policy import Policy

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
