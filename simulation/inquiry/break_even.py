"""What a number of an arm's policy would have to be for the arm to do as much as another one: its break-even.

Every trial value is run on the same departments and patients as the other arm, and the paired difference of the two is
brought to nothing by root finding (Brent's method). A few more values are run around the root, from which each
department's own is read. Simulation noise is taken out of the departments' differences at each value
(`analysis/departments.py`), which are then made monotone (isotonic regression): twice the seconds do no less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from simulation.analysis.departments import MIN_DEPARTMENTS, Department, spread_over
from simulation.analysis.intervals import Interval, interval
from simulation.errors import AeflowError
from simulation.experiment.executors import Executor
from simulation.experiment.run import every_replication
from simulation.inquiry.quantities import Quantity
from simulation.records.schema import Floats
from simulation.study.study import Study
from simulation.triage.policy import Policy

AROUND = (0.5, 2.0, 4.0)
"""Times the break-even at which more is run, beside the upper bound, for the departments whose own is elsewhere."""
FARTHER = 2.0
"""Times farther that is looked for a change of sign, from the stated value on."""
SWALLOWED = 0.2
"""Of its interval's half-width: a mean difference smaller than that counts as none, so the search ends."""
ACROSS = (0.35, 0.7)
"""Parts of the way between the bounds that are run where no value in between is the break-even."""
NEAR = 0.02
"""Of the way between the bounds: values nearer than that to the break-even say nothing of the slope there."""
SPAN = (0.5, 0.05, 0.95)
"""Median and range over departments, as quantiles."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One value that was run: the difference from the other arm by replication, and its mean with its interval."""

    value: float
    differences: Floats
    estimate: Interval


@dataclass(frozen=True, eq=False)
class BreakEven:
    """Where an arm draws level with another.

    value  the break-even of the mean over departments, with its 95 % interval `low` to `high` (simulation noise); NaN
    if there is none between the bounds; trials  what was run, by value; roots  by department in order of number its
    own: infinite where every value does less than the other arm, minus infinite where every value does more (None of
    one department, or too few).
    """

    quantity: Quantity
    value: float
    low: float
    high: float
    trials: tuple[Trial, ...]
    roots: Floats | None

    @property
    def exists(self) -> bool:
        """Whether some value between the bounds draws level."""
        return not math.isnan(self.value)

    @property
    def range(self) -> tuple[float, float, float] | None:
        """Median, 5th and 95th percentile over departments, infinite where there is none; None of too few."""
        if self.roots is None:
            return None
        median, low, high = np.quantile(self.roots, SPAN, method="inverted_cdf").tolist()
        return median, low, high

    @property
    def n_never(self) -> int:
        """In how many departments no value is enough."""
        return 0 if self.roots is None else int((self.roots == math.inf).sum())


class Differences(Protocol):
    """What runs an arm under a policy and gives its difference from the other arm by replication."""

    def __call__(self, policy: Policy) -> Floats:
        """Shape (n_replications,): how much more of the measure than under the other arm."""
        ...


def differences_of(
    study: Study, arm: str, against: Floats, measure: str, group: str, *, executor: Executor | None = None
) -> Differences:
    """Runs one arm of a study again and again; `against`: the other arm's measure by replication."""

    def run(policy: Policy) -> Floats:
        return values_of(study.of_one_arm(arm, policy), [arm], measure, group, executor=executor)[arm] - against

    return run


def values_of(
    study: Study, arms: list[str], measure: str, group: str, *, executor: Executor | None = None
) -> dict[str, Floats]:
    """A measure of some arms by replication, shape (n_replications,) each."""
    _, found = every_replication(study, done=lambda n_done: None, executor=executor)
    return {arm: np.array([each.arms[arm].measures.value(measure, group) for each in found]) for arm in arms}


def departments_of(study: Study) -> Department | None:
    """Which department each replication uses; None of one."""
    if study.departments is None or study.run.departments is None:
        return None
    return np.array([study.department(number) for number in study.run.numbers], dtype=np.int64)


def break_even(
    quantity: Quantity,
    differences: Differences,
    department: Department | None,
    *,
    lower_is_better: bool = True,
    tried: Callable[[Trial], None] = lambda trial: None,
) -> BreakEven:
    """The value of a quantity at which an arm's mean difference from the other arm is none.

    `tried` is told of each value that was run. A quantity whose ends both do less, or both do more, has none.
    """
    trials: dict[float, Trial] = {}

    def at(value: float) -> float:
        value = min(max(float(value), quantity.low), quantity.high)
        if value not in trials:
            by_replication = differences(quantity.policy_at(value))
            trials[value] = Trial(value, by_replication, interval(by_replication, department=department))
            tried(trials[value])
        found = trials[value].estimate
        swallowed = abs(found.mean) < SWALLOWED * (found.high - found.low) / 2
        return 0.0 if swallowed else found.mean

    root = _root(at, quantity)
    if root is None:
        for part in ACROSS:
            at(quantity.low + part * (quantity.high - quantity.low))
    else:
        for times in AROUND:
            at(times * root)
        at(quantity.high)  # a department has none only if the best there is was tried
    ordered = tuple(trials[value] for value in sorted(trials))
    roots = _by_department(ordered, department, lower_is_better=lower_is_better)
    if root is None:
        return BreakEven(quantity, math.nan, math.nan, math.nan, ordered, roots)
    reach = _reach(ordered, root, quantity)
    return BreakEven(quantity, root, max(root - reach, quantity.low), min(root + reach, quantity.high), ordered, roots)


def _root(at: Callable[[float], float], quantity: Quantity) -> float | None:
    """Where a function changes its sign between the bounds; None if it does not.

    The bracket is looked for from the lowest value and the stated one on, twice as far each time, because most of what
    a tool does it does near the stated value. Raises AeflowError where a difference is not known.
    """
    from scipy.optimize import brentq

    near, far = quantity.low, min(max(quantity.stated, quantity.low + quantity.tolerance), quantity.high)
    first, last = at(near), at(far)
    while first * last > 0 and far < quantity.high:
        near, first = far, last
        far = min(FARTHER * far, quantity.high)
        last = at(far)
    if not (math.isfinite(first) and math.isfinite(last)):
        remedy = "Measure longer (run.measured_days) or choose another measure"
        raise AeflowError(f"break-even in {quantity.name}: a replication lacks the measure. {remedy}")
    if first == 0 or last == 0:
        return near if first == 0 else far
    return float(brentq(at, near, far, xtol=quantity.tolerance)) if first * last < 0 else None


def _reach(trials: tuple[Trial, ...], root: float, quantity: Quantity) -> float:
    """Half the length of the break-even's interval: that of the difference there, over the slope around it."""
    apart = NEAR * (quantity.high - quantity.low)
    below = [each for each in trials if each.value <= root - apart] or [trials[0]]
    above = [each for each in trials if each.value >= root + apart] or [trials[-1]]
    rise = above[0].estimate.mean - below[-1].estimate.mean
    run = above[0].value - below[-1].value
    here = min(trials, key=lambda each: abs(each.value - root)).estimate
    return abs((here.high - here.low) / 2 * run / rise) if rise else math.inf


def _by_department(trials: tuple[Trial, ...], department: Department | None, *, lower_is_better: bool) -> Floats | None:
    """Each department's own break-even, from its differences at the values run; None of too few departments."""
    if department is None or len(np.unique(department)) < MIN_DEPARTMENTS:
        return None
    effects = np.array([spread_over(each.differences, department).effects for each in trials])
    if effects.shape[1] < MIN_DEPARTMENTS:
        return None
    values = np.array([each.value for each in trials])
    falls = trials[-1].estimate.mean < trials[0].estimate.mean
    sign = 1 if lower_is_better else -1
    return np.array([_crossing(values, sign * column, falls=falls == lower_is_better) for column in effects.T])


def _crossing(values: Floats, differences: Floats, *, falls: bool) -> float:
    """Where one department's differences, made monotone, come to nothing; below nothing the arm does more.

    Infinite where it does less at every value, minus infinite where it does more at every value.

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
    """The yearly cost at which an arm does as much for its money as another: pounds, with an interval that holds the
    other's price and the noise in both effects, and its range over departments."""

    pounds: float
    low: float
    high: float
    range: tuple[float, float, float] | None


def price_of(
    effects: Mapping[str, Floats],
    arm: str,
    against: str,
    cost: tuple[float, float, float],
    department: Department | None,
) -> PriceBreakEven | None:
    """From effects against the baseline by replication, and the other arm's cost with its lowest and highest.

    None where the other arm costs nothing or does nothing that is told from none: no price is as good value as it.
    """
    mine, theirs = (interval(effects[name], department=department) for name in (arm, against))
    pounds, cheap, dear = cost
    if cheap <= 0 or theirs.low * theirs.high <= 0:
        return None
    ends = [
        each * money / other
        for each in (mine.low, mine.high)
        for other in (theirs.low, theirs.high)
        for money in (cheap, dear)
    ]
    across = None
    if department is not None and len(np.unique(department)) >= MIN_DEPARTMENTS:
        ours, others = (spread_over(effects[name], department).effects for name in (arm, against))
        ratio = np.divide(ours, others, out=np.full(len(ours), np.nan), where=others != 0)
        median, low, high = (pounds * np.nanquantile(ratio, SPAN)).tolist()
        across = (median, low, high)
    return PriceBreakEven(pounds * mine.mean / theirs.mean, min(ends), max(ends), across)


# --- two quantities at once -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frontier:
    """For shares of patients for whom a tool is used, the seconds at which the arm draws level; NaN where none do."""

    adoption: tuple[float, ...]
    seconds: tuple[float, ...]


def frontier(
    seconds: Quantity, adoption: Quantity, differences: Differences, *, at_stated: float, shares: tuple[float, ...]
) -> Frontier:
    """The seconds that draw level at each share, by search from where seconds times share would be the same.

    `at_stated`: the break-even in seconds at the share that the policy states, which is not searched for again. NaN
    where the bound is not enough.
    """
    found: dict[float, float] = {}
    for share in shares:
        if share == adoption.stated:
            found[share] = at_stated
            continue

        def at(value: float, share: float = share) -> float:
            policy = seconds.policy_at(value)
            return float(np.mean(differences(replace(policy, covers=adoption.policy_at(share).covers))))

        found[share] = _near(at, at_stated * adoption.stated / share, seconds)
    return Frontier(tuple(found), tuple(found.values()))


def _near(at: Callable[[float], float], guess: float, quantity: Quantity) -> float:
    """A root at or around a guess, from nearby outwards; NaN if there is none up to the bound."""
    from scipy.optimize import brentq

    known: dict[float, float] = {}

    def value_at(value: float) -> float:
        value = min(value, quantity.high)
        if value not in known:
            known[value] = at(value)
        return known[value]

    for low, high in BRACKETS:
        near, far = (min(each * guess, quantity.high) for each in (low, high))
        if value_at(near) * value_at(far) <= 0:
            return float(brentq(value_at, near, far, xtol=FRONTIER_STEP * quantity.tolerance))
    return math.nan


BRACKETS = ((1.0, 1.25), (1.0, 0.8), (1.25, 3.0), (3.0, 100.0))
"""Times the guess between which a change of sign is looked for, in this order."""
FRONTIER_STEP = 4.0
"""Tolerances to which the frontier is searched."""
