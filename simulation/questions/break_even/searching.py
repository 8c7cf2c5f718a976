"""The break-even of a number in an arm's policy: the value at which the arm does as much as another one.

Every value that is tried is run on the same departments and patients as the other arm, and the root of the paired
difference is found by Brent's method. A few more values are run around the root, and each department's own break-even
is read from them: simulation noise is taken out of the departments' differences at each value
(`statistics/departments.py`), which are then made monotone (isotonic regression), since twice the seconds do no less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import pairwise

import numpy as np

from simulation.errors import AeflowError, nearest, refuse
from simulation.records.schema import Floats
from simulation.runs.running import Executor, every_replication, judged_values
from simulation.statistics.departments import (
    MIN_DEPARTMENTS,
    Department,
    n_departments,
    spread_over,
)
from simulation.statistics.intervals import (
    LEVEL,
    Interval,
    estimate_interval,
    estimate_within_departments,
)
from simulation.statistics.variance_components import components
from simulation.study.design import Target
from simulation.study.explanation import case_mix
from simulation.study.study import ReadyArm, Study
from simulation.triage.matrix import Matrix, Portion, probabilities
from simulation.triage.policy import Policy

AROUND = (0.5, 2.0, 4.0)
"""Multiples of the break-even that are run as well, for the departments whose own is elsewhere."""
FARTHER = 2.0
"""The factor by which the search for a change of sign moves on from the stated value."""
LOST_IN_NOISE = 0.2
"""A mean difference below this share of the half-width for simulation noise counts as none, so the search ends."""
ACROSS = (0.35, 0.7)
"""Parts of the way between the bounds that are run if the arms draw level nowhere."""
NEAR = 0.02
"""Values nearer to the break-even than this part of the way between the bounds say nothing of the slope there."""
FARTHEST = 1e6
"""How far from a ratio the ends of its interval are searched for."""
BEYOND = 1.25
"""The multiple of a guess that is tried beside it."""
FRONTIER_STEP, FRONTIER_PART = 4.0, 0.02
"""The tolerance of a search along the frontier: in tolerances of the quantity, and as a part of the root."""
Range = tuple[float, float, float]
"""Median, 5th and 95th percentile over departments."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A value that was run: the differences from the other arm by replication, and their mean with its interval."""

    value: float
    differences: Floats
    estimate: Interval


@dataclass(frozen=True, eq=False)
class BreakEven:
    """Where an arm draws level with another.

    value: where the mean difference over departments is 0, with its 95 % interval `low` to `high`; NaN
    if that is nowhere between the bounds; trials: the values that were run, in ascending order; roots: the break-even
    of each department, in order of number: inf where the arm does less at every value, -inf where it does more at every
    value; None with one department, or too few.
    """

    quantity: Quantity
    value: float
    low: float
    high: float
    trials: tuple[Trial, ...]
    roots: Floats | None

    @property
    def exists(self) -> bool:
        """Whether the arms draw level at some value between the bounds."""
        return not math.isnan(self.value)

    @property
    def range(self) -> Range | None:
        """Median, 5th and 95th percentile over departments, inf where no value is enough; None with too few."""
        return None if self.roots is None else _range_of(self.roots)

    @property
    def n_never(self) -> int:
        """The number of departments in which no value is enough."""
        return 0 if self.roots is None else int((self.roots == math.inf).sum())


def _range_of(values: Floats) -> Range:
    """Median, 5th and 95th percentile, each one of the values."""
    median, low, high = np.quantile(values, [0.5, 0.05, 0.95], method="inverted_cdf").tolist()
    return median, low, high


Differences = Callable[[Policy], Floats]
"""Runs an arm under a policy: its measure minus the other arm's by replication, shape (n_replications,)."""


def differences_of(
    study: Study, arm: str, against: Floats, target: Target, executor: Executor
) -> Differences:
    """A function that runs an arm under any policy. `against`: the other arm's measure by replication."""

    def run(policy: Policy) -> Floats:
        return run_values(study.of_one_arm(arm, policy), [arm], target, executor)[arm] - against

    return run


def run_values(
    study: Study, arms: list[str], target: Target, executor: Executor
) -> dict[str, Floats]:
    """Run the study, and return a measure of these arms by replication, each of shape (n_replications,)."""
    _, replications = every_replication(study, executor=executor)
    return {arm: judged_values(replications, arm, target) for arm in arms}


def break_even(
    quantity: Quantity,
    differences: Differences,
    department: Department | None,
    *,
    as_stated: Floats | None = None,
    lower_is_better: bool = True,
    tried: Callable[[Trial], None] = lambda trial: None,
) -> BreakEven:
    """The value of a quantity at which an arm's mean difference from the other arm is 0.

    There is no such value if the arm does less at both bounds, or more at both. `as_stated`: the differences under the
    arm's stated policy, if they are known already. `tried` is called with each value that was run.
    """
    trials: dict[float, Trial] = {}

    def at(value: float) -> float:
        value = min(max(float(value), quantity.low), quantity.high)
        if value not in trials:
            known = as_stated if value == quantity.stated else None
            by_replication = differences(quantity.policy_at(value)) if known is None else known
            trials[value] = Trial(
                value, by_replication, estimate_interval(by_replication, department=department)
            )
            tried(trials[value])
        mean = trials[value].estimate.mean
        noise = estimate_within_departments(
            trials[value].differences[:, None], LEVEL, department
        ).half_width[0]
        return 0.0 if abs(mean) < LOST_IN_NOISE * noise else mean

    root, width = _root(at, quantity), quantity.high - quantity.low
    for value in (
        [quantity.low + part * width for part in ACROSS]
        if root is None
        else [root * part for part in AROUND]
    ):
        at(value)
    roots = _by_department(trials, department, lower_is_better=lower_is_better)
    if roots is not None and math.inf in roots and quantity.high not in trials:
        at(quantity.high)  # no value is enough for a department only if the highest was tried
        roots = _by_department(trials, department, lower_is_better=lower_is_better)
    ordered = tuple(trials[value] for value in sorted(trials))
    if root is None:
        return BreakEven(quantity, math.nan, math.nan, math.nan, ordered, roots)
    half = _half_width(ordered, root, quantity)
    return BreakEven(
        quantity,
        root,
        max(root - half, quantity.low),
        min(root + half, quantity.high),
        ordered,
        roots,
    )


def _root(at: Callable[[float], float], quantity: Quantity) -> float | None:
    """The value between the bounds at which a function changes its sign; None if it does not.

    The first bracket is from the lowest to the stated value, because a tool's effect changes most there; each next one
    goes on to twice the value. Raises AeflowError if a difference is not known.
    """
    from scipy.optimize import brentq

    near, far = (
        quantity.low,
        min(max(quantity.stated, quantity.low + quantity.tolerance), quantity.high),
    )
    while at(near) * at(far) > 0 and far < quantity.high:
        near, far = far, min(FARTHER * far, quantity.high)
    first, last = at(near), at(far)
    if not (math.isfinite(first) and math.isfinite(last)):
        remedy = "Measure longer (run.measured_days) or choose another measure"
        raise AeflowError(
            f"break-even in {quantity.name}: a replication lacks the measure. {remedy}"
        )
    if first == 0 or last == 0:
        return near if first == 0 else far
    return float(brentq(at, near, far, xtol=quantity.tolerance)) if first * last < 0 else None


def _half_width(trials: tuple[Trial, ...], root: float, quantity: Quantity) -> float:
    """The half-width of the break-even's interval: the longer side of the difference's at the root, over the slope
    around it.

    Infinite where the difference is too weak for any statement.
    """
    apart = NEAR * (quantity.high - quantity.low)
    below = [trial for trial in trials if trial.value <= root - apart] or [trials[0]]
    above = [trial for trial in trials if trial.value >= root + apart] or [trials[-1]]
    rise = above[0].estimate.mean - below[-1].estimate.mean
    run = above[0].value - below[-1].value
    at_root = min(trials, key=lambda trial: abs(trial.value - root)).estimate
    low, high = at_root.judged
    half_width = max(high - at_root.mean, at_root.mean - low)
    half = abs(half_width * run / rise) if rise else math.nan
    return math.inf if math.isnan(half) else half


def _by_department(
    trials: Mapping[float, Trial], department: Department | None, *, lower_is_better: bool
) -> Floats | None:
    """The break-even of each department, from its differences at the values run; None with too few departments."""
    if department is None:
        return None
    values = sorted(trials)
    effects = np.array(
        [spread_over(trials[value].differences, department).effects for value in values]
    )
    if effects.shape[1] < MIN_DEPARTMENTS:
        return None
    falls, sign = (
        trials[values[-1]].estimate.mean < trials[values[0]].estimate.mean,
        1 if lower_is_better else -1,
    )
    return np.array(
        [
            _crossing(np.array(values), sign * column, falls=falls == lower_is_better)
            for column in effects.T
        ]
    )


def _crossing(values: Floats, differences: Floats, *, falls: bool) -> float:
    """The value at which one department's differences, made monotone, cross zero; below zero the arm does more.

    Infinite if the arm does less at every value, minus infinite if it does more at every value.

    >>> _crossing(np.array([0.0, 10.0, 20.0]), np.array([4.0, 2.0, -2.0]), falls=True)
    15.0
    >>> _crossing(np.array([0.0, 10.0]), np.array([4.0, 1.0]), falls=True)
    inf
    """
    from scipy.optimize import isotonic_regression

    smooth = isotonic_regression(differences, increasing=not falls).x
    if smooth[0] * smooth[-1] > 0:
        return math.inf if smooth[0] > 0 else -math.inf
    order = np.argsort(smooth, kind="stable")
    return float(np.interp(0.0, smooth[order], values[order]))


# --- price ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PriceBreakEven:
    """The yearly cost at which an arm does as much for its money as another, in pounds.

    Three things, never merged: `low` to `high` is its 95 % interval at the other arm's stated cost (NaN where none may
    be stated); `by_cost` what it is at that arm's lowest and highest cost; `range` the median, 5th and 95th percentile
    over departments at the stated cost, None on too few. It is infinite in a department where the
    other arm does no good and this one does: any price is better value there. Departments where neither does any are
    left out.
    """

    pounds: float
    low: float
    high: float
    by_cost: tuple[float, float]
    range: Range | None


def price_of(
    effects: Mapping[str, Floats],
    arm: str,
    against: str,
    cost: tuple[float, float, float],
    department: Department | None,
) -> PriceBreakEven | None:
    """The break-even of an arm's yearly cost.

    `effects`: by arm, differences from the baseline by replication; `cost`: the other arm's, with its lowest and its
    highest value. None if the other arm costs nothing, or has no effect beyond chance: then no price is as good value.
    """
    both, (pounds, lowest, highest) = (effects[arm], effects[against]), cost
    own, other = (estimate_interval(values, department=department) for values in both)
    if lowest <= 0 or not other.excludes_zero:
        return None
    ratio = own.mean / other.mean
    low, high = (pounds * end for end in _ratio_interval(*both, ratio, department))
    least, most = sorted((lowest * ratio, highest * ratio))
    ratios = _ratios(*both, math.copysign(1.0, other.mean), department)
    within = _range_of(pounds * ratios) if len(ratios) else None
    return PriceBreakEven(pounds * ratio, low, high, (least, most), within)


def _ratio_interval(
    own: Floats, other: Floats, ratio: float, department: Department | None
) -> tuple[float, float]:
    """The 95 % interval of the ratio of two mean effects, of which the other is told from none: every ratio r for which
    the mean of own less r times other may be none (Fieller 1954), replication by replication. NaN where one of them may
    not be judged.
    """
    from scipy.optimize import brentq

    def apart(at: float) -> float:
        low, high = estimate_interval(own - at * other, department=department).judged
        return (
            -math.inf if math.isnan(low) else max(low, -high)
        )  # what may not be judged excludes nothing

    if not -math.inf < apart(ratio) < 0:
        return (ratio, ratio) if apart(ratio) >= 0 else (math.nan, math.nan)
    ends = []
    for way in (-1.0, 1.0):
        step = way * max(abs(ratio), 1.0) / 64
        while apart(ratio + step) < 0 and abs(step) < FARTHEST:
            step *= 2
        beyond = apart(ratio + step)
        ends.append(float(brentq(apart, ratio, ratio + step)) if beyond > 0 else math.nan)
    return ends[0], ends[1]


def _ratios(own: Floats, other: Floats, way: float, department: Department | None) -> Floats:
    """The ratio of two effects in each department where one of them does good; empty with too few departments. `way`:
    the sign of an effect that does good."""
    if department is None or n_departments(department) < MIN_DEPARTMENTS:
        return np.empty(0)
    ours, others = (way * components(np.stack([own, other], axis=1), department).effects).T
    ratios = np.divide(ours, others, out=np.full(len(ours), np.inf), where=others > 0)
    of_some_good: Floats = ratios[(others > 0) | (ours > 0)]
    return of_some_good


# --- two quantities at once -------------------------------------------------------------------------------------------


def frontier(
    seconds: Quantity,
    adoption: Quantity,
    differences: Differences,
    *,
    at_stated: float,
    shares: tuple[float, ...],
    tried: Callable[[float, float, float], None] = lambda share, value, mean: None,
) -> dict[float, float]:
    """The seconds at which the arm draws level, by share of patients for whom a tool is used; NaN where even the most
    seconds are not enough.

    `at_stated`: the break-even in seconds at the share that the policy states, which is not searched for again. At
    another share the search starts where seconds times share is the same. `tried`: is called with each share and
    seconds that were run, and the mean difference there.
    """

    def at(share: float, value: float) -> float:
        policy = replace(seconds.policy_at(value), covers=adoption.policy_at(share).covers)
        mean = float(np.mean(differences(policy)))
        tried(share, value, mean)
        return mean

    def level(share: float) -> float:
        if share == adoption.stated:
            return at_stated
        return _root_near(partial(at, share), at_stated * adoption.stated / share, seconds)

    return {share: level(share) for share in shares}


def _root_near(at: Callable[[float], float], guess: float, quantity: Quantity) -> float:
    """The root of a function that is next to a guess; NaN if there is none up to the upper bound.

    Two values say on which side it is, since the function goes one way.
    """
    from scipy.optimize import brentq

    value_at = cache(at)
    beside, there = (min(times * guess, quantity.high) for times in (BEYOND, 1.0))
    falls = abs(value_at(beside)) < abs(value_at(there))
    multiples = (1.0, BEYOND, 3.0, 100.0) if falls else (BEYOND, 1.0, 0.6, 0.0)
    for near, far in pairwise(min(times * guess, quantity.high) for times in multiples):
        if value_at(near) * value_at(far) <= 0:
            step = FRONTIER_STEP * quantity.tolerance
            return float(brentq(value_at, near, far, xtol=step, rtol=FRONTIER_PART))
    return math.nan


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
        problem = (
            f"the policy '{arm.policy.name}' of arm '{arm.name}' has no {name}: {WHY_NOT[name]}"
        )
        remedy = f"Ask for {', '.join(quantities)}" if quantities else "Choose another arm"
        refuse("what", problem, remedy)
    return quantities[name]


def quantities_of(arm: ReadyArm) -> dict[str, Quantity]:
    """The quantities of an arm's policy by name; the price is not among them."""
    policy, quantities = arm.policy, list[Quantity]()
    saved = next(
        (effect.seconds_saved for effect in policy.effects if effect.seconds_saved is not None),
        None,
    )
    if saved is not None:
        now, most = saved.value, max(MOST_SECONDS, 10 * saved.value)
        quantities.append(
            Quantity("seconds", "seconds", now, 0.0, most, 1.0, partial(_saving, policy))
        )
    if policy.covers is not None:
        share = policy.covers.share.value if policy.covers.share is not None else 1.0
        quantities.append(
            Quantity("adoption", "share", share, 0.0, 1.0, 0.01, partial(_covering, policy))
        )
    exact = _exact_share(arm)
    if exact is not None and exact < 1:
        least, changed = _least_exact(policy, exact), partial(_labelling, policy, exact)
        quantities.append(Quantity("accuracy", "share", exact, least, 1.0, 0.002, changed))
    return {quantity.name: quantity for quantity in quantities}


def _saving(policy: Policy, seconds: float) -> Policy:
    """The policy whose first effect in seconds saves so many."""
    first = next(effect for effect in policy.effects if effect.seconds_saved is not None)
    assert first.seconds_saved is not None
    within = (0.0, max(seconds, MOST_SECONDS))
    saved = replace(
        first.seconds_saved, value=seconds, range=within, evidence="assumed", source=WHAT_IF
    )
    changed = replace(first, seconds_saved=saved)
    effects = tuple(changed if effect is first else effect for effect in policy.effects)
    return replace(policy, minutes=effects, readings={}, reading=None)


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
    if (
        policy.ai is None
        or policy.ai.matrix.by_group
        or policy.beside_nurse is not None
        or mix is None
    ):
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
