"""The numbers of a triage policy that have a break-even, each with bounds and the policy at any value of it.

Nothing is simulated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from simulation.errors import nearest, refuse
from simulation.explain.label_mix import case_mix
from simulation.study.study import ReadyArm
from simulation.triage.effects import MinutesEffect
from simulation.triage.estimates import Portion
from simulation.triage.matrix import Matrix, probabilities
from simulation.triage.policy import Policy

PRICE = "price"
WHY_NOT: Mapping[str, str] = {
    "seconds": "none of its minutes state seconds_saved",
    "adoption": "it states no covers, so nobody is covered in part",
    "accuracy": "it has no AI that labels, or one with counts given the nurse's label or tables by group",
}
"""The numbers of a policy that a break-even can be searched for, and why a policy may not have one."""
QUANTITIES = (*WHY_NOT, PRICE)
"""What has a break-even. No arm has to be run for the price."""
MOST_SECONDS = 600.0
"""The upper bound of seconds saved; ten times the stated value where that is higher."""
WHAT_IF = "a what-if of a break-even"


@dataclass(frozen=True)
class Quantity:
    """A number of a policy: name and unit, the stated value, and the bounds and tolerance of a search.

    `policy_at`: the policy in which the number has another value.
    """

    name: str
    unit: str
    stated: float
    low: float
    high: float
    tolerance: float
    policy_at: Callable[[float], Policy] = field(repr=False, compare=False)


def quantity_of(arm: ReadyArm, name: str) -> Quantity:
    """One quantity of an arm's policy. Raises ConfigError if it is unknown, or the policy does not have it."""
    if name not in QUANTITIES:
        refuse("what", f"'{name}' is no quantity of a break-even", nearest(name, QUANTITIES))
    quantities = quantities_of(arm)
    if name not in quantities:
        problem = f"the policy '{arm.policy.name}' of arm '{arm.name}' has no {name}: {WHY_NOT[name]}"
        remedy = f"Ask for {', '.join(quantities)}" if quantities else "Choose another arm"
        refuse("what", problem, remedy)
    return quantities[name]


def quantities_of(arm: ReadyArm) -> dict[str, Quantity]:
    """The quantities of an arm's policy by name; the price is not among them."""
    policy, quantities = arm.policy, list[Quantity]()
    saved = next((effect.seconds_saved for effect in policy.effects if effect.seconds_saved is not None), None)
    if saved is not None:
        now, most = saved.value, max(MOST_SECONDS, 10 * saved.value)
        quantities.append(Quantity("seconds", "seconds", now, 0.0, most, 1.0, partial(_saving, policy)))
    if policy.covers is not None:
        share = policy.covers.share.value if policy.covers.share is not None else 1.0
        quantities.append(Quantity("adoption", "share", share, 0.0, 1.0, 0.01, partial(_covering, policy)))
    exact = _exact_share(arm)
    if exact is not None and exact < 1:
        least, changed = _least_exact(policy, exact), partial(_labelling, policy, exact)
        quantities.append(Quantity("accuracy", "share", exact, least, 1.0, 0.002, changed))
    return {quantity.name: quantity for quantity in quantities}


def _saving(policy: Policy, seconds: float) -> Policy:
    """The policy whose first effect in seconds saves so many."""
    effects: list[MinutesEffect] = list(policy.effects)
    place = next(number for number, effect in enumerate(effects) if effect.seconds_saved is not None)
    saved = effects[place].seconds_saved
    assert saved is not None
    changed = replace(saved, value=seconds, range=(0.0, max(seconds, MOST_SECONDS)), evidence="assumed", source=WHAT_IF)
    effects[place] = replace(effects[place], seconds_saved=changed)
    return replace(policy, minutes=tuple(effects))


def _covering(policy: Policy, share: float) -> Policy:
    """The policy whose tool is used for this share of the patients whom it covers."""
    assert policy.covers is not None
    portion = Portion(value=share, range=(0.0, 1.0), evidence="assumed", source=WHAT_IF)
    return replace(policy, covers=replace(policy.covers, share=portion))


def _exact_share(arm: ReadyArm) -> float | None:
    """How often the AI's own label is the true level, over the site's patients.

    None unless the AI labels by one matrix for all patients and the case mix is known.
    """
    policy, mix = arm.policy, case_mix(arm.pathway)
    if policy.ai is None or policy.ai.matrix.by_group or policy.beside_nurse is not None or mix is None:
        return None
    return float(np.average(np.diag(probabilities(policy.ai.matrix)), weights=np.array(mix)))


def _least_exact(policy: Policy, exact: float) -> float:
    """The accuracy at which the level that is labelled worst is never labelled right, if all errors grow alike."""
    assert policy.ai is not None
    right = np.diag(probabilities(policy.ai.matrix))
    return float(max(1 - (1 - exact) / (1 - right.min()), 0.0)) if right.min() < 1 else exact


def _labelling(policy: Policy, exact: float, value: float) -> Policy:
    """The policy whose AI is right in this share of labels, `exact` as stated; all errors grow or shrink alike."""
    assert policy.ai is not None
    shares = probabilities(policy.ai.matrix) * ((1 - value) / (1 - exact))
    np.fill_diagonal(shares, 0.0)
    np.fill_diagonal(shares, 1 - shares.sum(axis=1))
    rows = tuple(tuple(float(share) for share in row) for row in np.clip(shares, 0.0, 1.0))
    matrix = Matrix(shares=rows, evidence="assumed", source=WHAT_IF)
    return replace(policy, ai=replace(policy.ai, matrix=matrix))
