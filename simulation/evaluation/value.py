"""What an evaluation is worth: how much better a department chooses once it has seen the result.

A stated chance that the tool works at all (as its arm does), else it does nothing; a price a year; what an hour less of
waiting is worth. A department that buys gains what the shorter waits of a year are worth, less the price. Without any
evaluation it buys if that is above 0 on average; weeks of an evaluation in which it does otherwise cost what they lose.
With one it buys if the estimate is better than a bound. The bound is set on one half of the trials and judged on the
other, so that it cannot profit from their noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulation.evaluation.analyses import TrialEstimates, analysed
from simulation.evaluation.design import WEEK_DAYS, BeforeAfter, EvaluatedOutcome, EvaluationDesign
from simulation.evaluation.deviations import Deviation
from simulation.evaluation.operating import LEVEL, variance_over_departments
from simulation.evaluation.trials import Bank, Trials, trials_of
from simulation.records.schema import Floats, Ints, Mask
from simulation.statistics.intervals import t_quantile

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
    evaluated    a year, to buy by the bound that is best
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
        reported = [analysed(trials, design.analyses[0]) for trials in of_arms]
        yield _value(bank, design, outcome, of_arms[1], reported, stakes)


def _value(
    bank: Bank,
    design: EvaluationDesign,
    outcome: EvaluatedOutcome,
    trials: Trials,
    reported: Sequence[TrialEstimates],
    stakes: Stakes,
) -> DesignValue:
    switching = trials.runs[:, :1] if isinstance(design.switching, BeforeAfter) else trials.runs
    hours = -trials.true * _patients(bank, outcome)[switching].mean(axis=1) / 60
    gains = np.stack([np.full(len(hours), -stakes.price), stakes.hour * hours - stakes.price])
    weights = np.array([1 - stakes.prior, stakes.prior])[:, None]
    known = float((weights * gains).sum(axis=0).mean())
    without = (weights * gains).sum(axis=0) * (known > 0)

    def worth(buys: Mask) -> Pounds:
        """Against what would be bought without an evaluation, trial by trial."""
        more = (weights * gains * buys).sum(axis=0) - without
        margin = t_quantile(np.inf) * np.sqrt(
            variance_over_departments(more, bank.department[trials.runs])
        )
        return Pounds(float(more.mean()), float(margin))

    effects, p = (
        np.stack([getattr(estimates, name) for estimates in reported]) for name in ("effect", "p")
    )
    evaluated = worth(_bought(effects, weights * gains))
    first = (
        trials.allocations[0, 0]
        if isinstance(design.switching, BeforeAfter)
        else trials.allocations
    )
    weeks_on, weeks_off = (design.weeks * share for share in (first.mean(), 1 - first.mean()))
    lost = float((weeks_off if known > 0 else weeks_on) * abs(known) * WEEK_DAYS / YEAR_DAYS)
    net = Pounds(
        stakes.years * evaluated.value - stakes.cost - lost, stakes.years * evaluated.half_width
    )
    return DesignValue(
        design,
        worth(gains > 0),
        evaluated,
        worth((p < LEVEL) & (effects < 0)),
        lost,
        net,
        known > 0,
    )


def _patients(bank: Bank, outcome: EvaluatedOutcome) -> Floats:
    """Patients of an outcome in a year of each simulated department, shape (n_runs,)."""
    n = bank.sums(bank.baseline, outcome.daily)[:, 0, -1] / (2 * bank.n_weeks * WEEK_DAYS)
    a_year: Floats = n * YEAR_DAYS
    return a_year


def _bought(effects: Floats, gains: Floats) -> Mask:
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
