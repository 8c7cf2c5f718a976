"""What each arm of a study changes, found by comparing it with the baseline: its policy, then its department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulation.department.rota import same_units
from simulation.explain.change import ArmChanges, Change
from simulation.explain.department_changes import department_changes, new_edges
from simulation.explain.policy_changes import newly_taken_edges, policy_changes
from simulation.explain.reachable import reachable_nodes, sample_days
from simulation.patients import Draws, draw
from simulation.study.offered_load import in_a_mean_week
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.triage.check_policy import check_policy, idle


def arm_changes(study: Study, names: Sequence[str] | None = None) -> tuple[ArmChanges, ...]:
    """What each arm changes, in the study's order, without the baseline. `names`: only these arms.

    Policies are compared on patients drawn with the study's seed: four weeks of them, or a year where a policy goes
    live later, spreads or drifts. Shares in words are of those patients.
    """
    baseline = study.baseline
    drawn: dict[tuple[int, int], Draws] = {}
    changes = []
    for arm in study.arms:
        if arm.name == baseline.name or (names is not None and arm.name not in names):
            continue
        days = max(sample_days(arm.policy), sample_days(baseline.policy))
        key = (id(arm.pathway), days)
        if key not in drawn:
            drawn[key] = draw(in_a_mean_week(arm.pathway), seed=study.run.seed, replication=0, days=days)
        changes.append(changes_of(arm, baseline, drawn[key]))
    return tuple(changes)


def changes_of(arm: ReadyArm, baseline: ReadyArm, drawn: Draws) -> ArmChanges:
    """What one arm changes, on patients drawn for the arm's department.

    Where the baseline's policy does not fit that department, policies are not compared.
    """
    pathway, ours, theirs = arm.pathway, drawn, drawn
    other_policy = arm.policy != baseline.policy
    if other_policy and not check_policy(baseline.policy, pathway):
        ours, theirs = (apply(policy, pathway, drawn) for policy in (arm.policy, baseline.policy))
    reachable = reachable_nodes(pathway, ours)
    changes = [
        *policy_changes(pathway, ours, theirs, reachable),
        *department_changes(pathway, baseline.pathway, reachable),
    ]
    if other_policy:
        changes += [
            Change("nothing", part.where, f"does nothing here: {part.why}") for part in idle(arm.policy, pathway)
        ]
    opened = (*new_edges(pathway, baseline.pathway), *newly_taken_edges(pathway, ours, theirs))
    return ArmChanges(arm.name, tuple(changes), tuple(dict.fromkeys(opened)))


def changes_nothing(arm: ReadyArm, baseline: ReadyArm) -> bool:
    """Whether an arm is known to be the baseline in everything, before any patient is drawn."""
    ours, theirs = arm.pathway, baseline.pathway
    return (
        arm.policy == baseline.policy
        and ours.pools.keys() == theirs.pools.keys()
        and all(same_units(pool, theirs.pools[name]) for name, pool in ours.pools.items())
        and replace(ours, pools=theirs.pools) == theirs
    )
