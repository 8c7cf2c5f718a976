"""How accurate the labels of a policy are, from its tables alone: nothing is drawn or simulated."""

from collections.abc import Sequence

import numpy as np

from simulation.errors import refuse
from simulation.records.schema import Floats
from simulation.triage.apply import acceptance_of
from simulation.triage.labels import Assessor, joint_probabilities
from simulation.triage.matrix import Agreement, agreement, joint_beside, probabilities
from simulation.triage.policy import Policy


def label_accuracy(
    policy: Policy, mix: Sequence[float], *, category: str | None = None, levels: Sequence[str] = ()
) -> Agreement:
    """Agreement with the truth, under a case `mix`, of the labels of patients for whom the tool is used.

    `mix`: shares or counts by true level; `levels`: their names, needed where an abstention names some; `category`: a
    group, whose table is used where an assessor has one. Hand-backs count; drift does not (the matrix is that at
    go-live). With a plain acceptance the matrix is acceptance x the AI's + (1 - acceptance) x the nurse's, whatever the
    correlation: where the two agree it does not matter whose label is taken.
    """
    assert policy.nurse is not None  # a policy without a nurse gives no labels
    nurse = _shares(policy.nurse, category)
    if not policy.ai:
        return agreement(nurse, mix)
    ai = _shares(policy.ai, category)
    if policy.beside_nurse:
        ai = joint_beside(policy.beside_nurse, nurse).sum(axis=1)
    if not policy.abstains and not policy.switching:
        taken = (
            1.0
            if policy.role == "replaces" or policy.acceptance is None
            else policy.acceptance.value
        )
        return agreement(taken * ai + (1 - taken) * nurse, mix)
    return agreement(_final_shares(policy, nurse, ai, levels), mix)


def _shares(assessor: Assessor, category: str | None) -> Floats:
    for tables in assessor.matrix.by_group.values():
        if category is not None and category in tables:
            return probabilities(tables[category])
    return probabilities(assessor.matrix)


def _final_shares(policy: Policy, nurse: Floats, ai: Floats, names: Sequence[str]) -> Floats:
    """P(label that counts | true level) of a nurse and an AI with these tables, shape (levels, levels)."""
    assert policy.ai is not None and policy.nurse is not None
    levels = np.arange(len(nurse), dtype=np.int16)
    abstains = policy.abstains
    beyond = abstains.beyond.value if abstains and abstains.beyond else None
    if policy.beside_nurse:
        within = joint_beside(policy.beside_nurse, nurse)
        outside = np.zeros_like(within)
    else:
        within, outside = joint_probabilities(
            nurse,
            ai,
            (policy.nurse.correlation.value, policy.ai.correlation.value),
            same_variates=policy.ai.same_draw_as is not None,
            beyond=beyond,
        )
    true, by_nurse, by_ai = np.meshgrid(levels, levels, levels, indexing="ij")
    taken = np.ones(within.shape) if policy.role == "replaces" else np.zeros(within.shape)
    if policy.role == "advises":
        taken += acceptance_of(policy, by_nurse, by_ai, true)
    if abstains:
        if (abstains.labels or abstains.shares) and len(names) != len(levels):
            refuse("levels", f"are {list(names)}", f"Name the {len(levels)} levels in order")
        taken *= ~np.isin(by_ai, [names.index(label) for label in abstains.labels])
        for level, portion in abstains.shares.items():
            taken[names.index(level)] *= 1 - portion.value
    kept = (within * (1 - taken)).sum(axis=2) + outside.sum(axis=2)
    return np.asarray((within * taken).sum(axis=1) + kept)
