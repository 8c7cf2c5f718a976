"""What a design would tell: false alarms, power, bias and half-width over emulated trials, by department.

Trials share departments, and a department's weeks, so they are not independent. The variance of a rate over T trials
with n of N departments each is that of the first term of its Hoeffding decomposition: a department moves the rate by
what the trials that it is in are off the mean, and departments are the sample.

What an evaluation is worth is how much better a department chooses once it has seen the result. Stated are a chance
that the tool works at all (as its arm does; else it does nothing), a price a year, and what an hour less of waiting is
worth. A department that buys gains what the shorter waits of a year are worth, less the price. Without any
evaluation it buys if that is above 0 on average; weeks of an evaluation in which it does otherwise cost what they lose.
With one it buys if the estimate is better than a bound. The bound is set on one half of the trials and judged on the
other, so that it cannot profit from their noise. Where it loses there, the result is better ignored, so an evaluation
is worth 0 at least, but for what it costs.

Shares of trials are judged as they are printed, in whole per cent: what is printed as 80 of 100 reaches 80.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import numpy as np

from simulation.evaluation.analyses import TrialEstimates, analyse
from simulation.evaluation.design import (
    MOST_WEEKS,
    WEEK_DAYS,
    Alternating,
    Analysis,
    BeforeAfter,
    ByPatient,
    Deviation,
    EvaluatedOutcome,
    EvaluationDesign,
    Parallel,
    Stepped,
    design_faults,
)
from simulation.evaluation.trials import HALVES, Bank, Trials, trials_of
from simulation.measures.definitions import ALL
from simulation.records.schema import Floats, Ints, Mask
from simulation.statistics.intervals import t_quantile

LEVEL = 0.05
N_TRIALS = 2_000
TARGETS = (0.8, 0.9)
"""The powers for which a size is looked for."""
SOUND = 0.07
"""The most false alarms with which a design that is not randomised is taken at its word."""
N_OF_A_LENGTH = 250
WEEKS = (8, 12, 16, 24, 36, 52, 78, 104)
MOST_DEPARTMENTS = 120
"""About as many major A&E departments as England has trusts with one."""


@dataclass(frozen=True)
class OperatingFigure:
    """A share or mean of trials, its 95 % interval, and the range of nine in ten departments where one switches."""

    value: float
    low: float
    high: float
    p5: float = np.nan
    p95: float = np.nan


@dataclass(frozen=True)
class OperatingCharacteristics:
    """How an analysis of a design does with one arm and outcome.

    true        the mean true effect
    half_width  mean half length of the 95 % intervals
    significant, right, wrong  shares of trials with p < 0.05, of which with the sign of the true effect or the other
    bias        mean estimate less true effect
    """

    design: EvaluationDesign
    analysis: Analysis
    outcome: EvaluatedOutcome
    arm: str
    true: float
    half_width: float
    significant: OperatingFigure
    right: OperatingFigure
    wrong: OperatingFigure
    bias: OperatingFigure

    @property
    def keeps_its_level(self) -> bool:
        """Whether false alarms, if its arm does nothing, are about the 5 % that tests promise. A randomised design is
        not taken to break them by what chance among the trials makes of it."""
        alarms = self.significant
        is_sound = round(alarms.value, 2) <= SOUND
        return is_sound or (self.design.is_randomised and alarms.low <= LEVEL)


def characteristics(
    trials: Trials,
    reported: TrialEstimates,
    department: Ints,
    design: EvaluationDesign,
    analysis: Analysis,
    outcome: EvaluatedOutcome,
    arm: str,
) -> OperatingCharacteristics:
    """What estimates come to, beside the truth; `department`: (n_runs,) that of each simulated run."""
    significant, agrees = reported.p < LEVEL, np.sign(reported.effect) == np.sign(trials.true)
    several = design.departments > 1 and design.is_randomised
    of_each = (
        significant,
        significant & agrees,
        significant & ~agrees,
        reported.effect - trials.true,
    )
    return OperatingCharacteristics(
        design,
        analysis,
        outcome,
        arm,
        float(trials.true.mean()),
        float(reported.half_width.mean()),
        *(_figure(each, department[trials.runs], several=several) for each in of_each),
    )


def _figure(of_trials: Floats | Mask, department: Ints, *, several: bool) -> OperatingFigure:
    """The mean of values of trials; `department`: (T, S) those of each trial; `several`: whether more than one
    switches. Departments' own means are drawn in by what chance among their trials adds to their spread."""
    values = np.asarray(of_trials, dtype=float)
    mean = float(values.mean())
    margin = t_quantile(np.inf) * math.sqrt(variance_over_departments(values, department))
    ends = mean - margin, mean + margin
    if several:
        return OperatingFigure(mean, *ends)
    _, place, n = np.unique(department[:, 0], return_inverse=True, return_counts=True)
    own, squares = (np.bincount(place, weights=values**power) / n for power in (1, 2))
    noise = ((squares - own**2) / np.maximum(n - 1, 1)).mean()
    spread = own.var(ddof=min(1, len(own) - 1))
    truly = mean + (own - mean) * np.sqrt(max(1 - noise / spread, 0.0) if spread else 0.0)
    return OperatingFigure(mean, *ends, *np.quantile(truly, (0.05, 0.95)).tolist())


def variance_over_departments(values: Floats, department: Ints) -> float:
    """The variance of the mean of values of trials, shape (T,), with departments, shape (T, S), as the sample; infinite
    where each trial has them all, since how much others would differ is then not known."""
    n_trials, n_each = department.shape
    known, place = np.unique(department, return_inverse=True)
    n = len(known)
    if n_each >= n or n < 2:
        return np.inf
    off, of_one = values - values.mean(), values.var()
    moved = n / n_trials * np.bincount(place.ravel(), weights=np.repeat(off, n_each), minlength=n)
    chance = n * n_each / n_trials * of_one
    # the others of a trial are never the same department
    without_return = ((n - 1) / (n - n_each)) ** 2
    return float(max(moved.var(ddof=1) - chance, 0.0) * without_return / n + of_one / n_trials)


# --- sizes ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NeededSize:
    """The least weeks and departments with which a design reaches a power; no weeks if it does not with as many.

    `simulated`: whether weeks and departments of that size were emulated, or the rule of square roots was applied.
    """

    power: float
    weeks: int | None
    departments: int
    simulated: bool = True


def find_sizes(
    bank: Bank,
    design: EvaluationDesign,
    outcome: EvaluatedOutcome,
    arm: str,
    *,
    n_trials: int = N_TRIALS,
    deviations: Sequence[Deviation] = (),
) -> tuple[NeededSize, ...]:
    """The sizes with which a randomised design reaches each power: more weeks of one department, else more departments.

    What is larger than the bank is worked out from its largest size: the variance of an estimate falls with the number
    of weeks or departments.
    """
    found: dict[float, NeededSize] = {}
    for sized in sizes_of(design, bank):
        trials = trials_of(bank, sized, arm, outcome.daily, n_trials, deviations=deviations)
        reported = analyse(trials, design.analyses[0])
        power = _power(trials, reported)
        for target in TARGETS:
            if power >= target:
                found.setdefault(target, NeededSize(target, sized.weeks, sized.departments))
        if power >= TARGETS[-1]:
            break
    return tuple(
        found[target] if target in found else _beyond(sized, target, trials, reported)
        for target in TARGETS
    )


def sizes_of(design: EvaluationDesign, bank: Bank) -> Iterator[EvaluationDesign]:
    """The design in rising sizes, as far as the bank goes."""
    if design.departments == 1:
        weeks = sorted({*WEEKS, design.weeks})
        yield from (replace(design, weeks=n) for n in weeks if n <= bank.n_weeks)
        return
    each = 2 if isinstance(design.switching, Alternating | Parallel) else design.n_periods - 1
    sizes, n = {design.departments}, 4 if each == 2 else each
    while n <= bank.n_runs:
        sizes.add(n)
        n += each * max(1, n // (2 * each))
    yield from (replace(design, departments=n) for n in sorted(sizes))


def _power(trials: Trials, reported: TrialEstimates) -> float:
    """The share of trials that find an effect of the right sign, to a hundredth."""
    return round(float(((reported.p < LEVEL) & (reported.effect * trials.true > 0)).mean()), 2)


def power_over_weeks(
    bank: Bank,
    design: EvaluationDesign,
    outcome: EvaluatedOutcome,
    arm: str,
    deviations: Sequence[Deviation],
) -> Iterator[tuple[int, float]]:
    """Weeks (about, of a stepped wedge), and how often a design of so many finds an arm's effect, for every length that
    the bank allows."""
    for weeks in WEEKS:
        longer = stretch(design, weeks)
        if longer.weeks <= bank.n_weeks and not any(design_faults(longer, "")):
            trials = trials_of(
                bank, longer, arm, outcome.daily, N_OF_A_LENGTH, deviations=deviations
            )
            yield weeks, _power(trials, analyse(trials, design.analyses[0]))


def stretch(design: EvaluationDesign, weeks: int) -> EvaluationDesign:
    """The design over about so many weeks: half of them before and half after, or with longer steps."""
    switching = design.switching
    match switching:
        case BeforeAfter():
            switching = replace(switching, before_weeks=weeks // 2)
        case Stepped():
            step = max(1, round(weeks / design.n_periods))
            weeks, switching = step * design.n_periods, replace(switching, step_weeks=step)
    return replace(design, weeks=weeks, switching=switching)


def _beyond(
    largest: EvaluationDesign, target: float, trials: Trials, reported: TrialEstimates
) -> NeededSize:
    """The size beyond the largest that was emulated; none within five years, or with all departments of England."""
    from scipy import stats

    is_one = largest.departments == 1
    size, most = (largest.weeks, MOST_WEEKS) if is_one else (largest.departments, MOST_DEPARTMENTS)
    z = t_quantile(np.inf)
    error = reported.half_width / z
    for tried in range(size, most + 1, 2):
        power = stats.norm.cdf(np.abs(trials.true) / error * np.sqrt(tried / size) - z).mean()
        if power >= target:
            weeks, departments = (tried, 1) if is_one else (largest.weeks, tried)
            return NeededSize(target, weeks, departments, simulated=False)
    return NeededSize(target, None, 1 if is_one else MOST_DEPARTMENTS, simulated=False)


def operating_characteristics(
    bank: Bank,
    designs: Sequence[EvaluationDesign],
    outcomes: Sequence[EvaluatedOutcome],
    arms: Sequence[str],
    *,
    n_trials: int = N_TRIALS,
    deviations: Sequence[Deviation] = (),
) -> Iterator[OperatingCharacteristics]:
    """Every design with every arm and outcome, by its own analysis; of waits and mechanism also by the others.

    Analyses of a design see the same trials. Where a coin decides for each patient, outcomes are those that were kept
    by the coin.
    """
    for design, outcome, arm in product(designs, outcomes, arms):
        halved = outcome.group == ALL and replace(outcome.daily, group=HALVES[0]) in bank.outcomes
        if isinstance(design.switching, ByPatient) and not halved:
            continue
        trials = trials_of(bank, design, arm, outcome.daily, n_trials, deviations=deviations)
        for analysis in design.analyses[: 1 if outcome.role == "safety" else None]:
            reported = analyse(trials, analysis)
            about = design, analysis, outcome, arm
            yield characteristics(trials, reported, bank.department, *about)


# --- what it is worth -------------------------------------------------------------------------------------------------

YEAR_DAYS = 364
"""Days of the model year."""


@dataclass(frozen=True)
class Stakes:
    """What a decision to buy depends on beside the effect.

    prior  the chance that the tool works at all; price  pounds a year; hour  pounds that an hour less of waiting is
    worth; years  for which the decision holds; cost  pounds that the evaluation costs, but for what the tool costs and
    brings in its weeks; price_source  whose figure the price is
    """

    prior: float
    price: float
    hour: float
    years: float
    cost: float
    price_source: str = "yours"


class Pounds(NamedTuple):
    """Pounds a department and year, and half of the 95 % interval, departments as a sample."""

    value: float
    half_width: float


@dataclass(frozen=True)
class DesignValue:
    """What an evaluation by a design is worth.

    perfect      a year, to know what the tool does there
    evaluated    a year, to buy by the bound that is best, or to ignore the result where that loses: 0 at least
    significant  a year, to buy if p < 0.05 and the wait is shorter
    weeks        lost in the weeks of the evaluation, in which the tool is on or off against what is known
    net          over all years, to buy by the best bound, less that and what the evaluation costs itself
    buys         whether a department that evaluates nothing should buy
    """

    design: EvaluationDesign
    perfect: Pounds
    evaluated: Pounds
    significant: Pounds
    weeks: float
    net: Pounds
    buys: bool


def design_values(
    bank: Bank,
    designs: Sequence[EvaluationDesign],
    outcome: EvaluatedOutcome,
    arms: tuple[str, str],
    stakes: Stakes,
    *,
    n_trials: int,
    deviations: Sequence[Deviation] = (),
) -> Iterator[DesignValue]:
    """What evaluations by each design are worth; `arms`: the one that does nothing, and the tool."""
    for design in designs:
        of_arms = [
            trials_of(bank, design, arm, outcome.daily, n_trials, deviations=deviations)
            for arm in arms
        ]
        reported = [analyse(trials, design.analyses[0]) for trials in of_arms]
        yield _value(bank, design, outcome, of_arms[1], reported, stakes)


def _value(
    bank: Bank,
    design: EvaluationDesign,
    outcome: EvaluatedOutcome,
    trials: Trials,
    reported: Sequence[TrialEstimates],
    stakes: Stakes,
) -> DesignValue:
    is_one = isinstance(design.switching, BeforeAfter)  # one switches, the others never
    n = bank.sums(bank.baseline, outcome.daily)[:, 0, -1] / (2 * bank.n_weeks * WEEK_DAYS)
    switching = trials.runs[:, :1] if is_one else trials.runs
    hours = -trials.true * (n * YEAR_DAYS)[switching].mean(axis=1) / 60
    gains = np.stack([np.full(len(hours), -stakes.price), stakes.hour * hours - stakes.price])
    expected = np.array([1 - stakes.prior, stakes.prior])[:, None] * gains
    known = float(expected.sum(axis=0).mean())
    without = expected.sum(axis=0) * (known > 0)

    def worth(buys: Mask) -> Pounds:
        """Against what would be bought without an evaluation, trial by trial."""
        more = (expected * buys).sum(axis=0) - without
        variance = variance_over_departments(more, bank.department[trials.runs])
        return Pounds(float(more.mean()), t_quantile(np.inf) * math.sqrt(variance))

    effects, p = (
        np.stack(estimates)
        for estimates in zip(*((one.effect, one.p) for one in reported), strict=True)
    )
    evaluated = worth(_decide_to_buy(effects, expected))
    evaluated = evaluated._replace(value=max(evaluated.value, 0.0))
    on = float((trials.allocations[0, 0] if is_one else trials.allocations).mean())
    otherwise = 1 - on if known > 0 else on
    lost = design.weeks * otherwise * abs(known) * WEEK_DAYS / YEAR_DAYS
    net = stakes.years * evaluated.value - stakes.cost - lost
    return DesignValue(
        design,
        worth(gains > 0),
        evaluated,
        worth((p < LEVEL) & (effects < 0)),
        lost,
        Pounds(net, stakes.years * evaluated.half_width),
        known > 0,
    )


def _decide_to_buy(effects: Floats, gains: Floats) -> Mask:
    """Who buys, shape (2, T): whose estimate is below the bound that gains most in the other half of the trials."""
    half = np.arange(effects.shape[1]) % 2
    buys = np.zeros(effects.shape, dtype=np.bool_)
    for part in (0, 1):
        learnt: Ints = np.flatnonzero(half != part)
        seen = effects[:, learnt].ravel()
        order = seen.argsort()
        total = np.cumsum(gains[:, learnt].ravel()[order])
        last = int(total.argmax())
        bound = seen[order][last : last + 2].mean() if total[last] > 0 else -np.inf
        buys[:, half == part] = effects[:, half == part] <= bound
    return buys
