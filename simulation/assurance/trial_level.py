"""A trial's effect in the same departments, weighted towards the trial's own level: is a miss that of the level?

A department where people wait twice as long answers a change by more minutes. So the departments of England are given
the most even weights (of largest entropy: an exponential of the level) with which their mean level before is the
trial's. Nothing more is simulated. Where the trial's level lies beyond all departments, or so few are near it that the
weights leave fewer than `LEAST_EFFECTIVE` of them, the row cannot be said. **England's departments count**: those at
the trial's level stand beside them. Attendances are not weighted, as all departments have England's; an arm's dose
stands for them.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from simulation.records.schema import Floats
from simulation.statistics.departments import Department, means_of, spread_over

LEAST_EFFECTIVE = 5.0
"""Fewer departments than this, as weighted, say nothing about departments at a level."""
STEEPEST = 50.0
"""The steepest weights that are tried, by the range of levels: a factor of exp(50) from end to end."""


class AtLevel(NamedTuple):
    """The departments at a trial's own level, the unit of levels being that of the row.

    level: the trial's; lowest, highest: of the departments, simulation noise removed; n_effective: how many
    departments the weights leave, (sum of w)^2 / sum of w^2, 0 where the level lies beyond all; after: the mean level
    with the change, NaN where it cannot be said.
    """

    level: float
    lowest: float
    highest: float
    n_effective: float
    after: float

    @property
    def is_said(self) -> bool:
        """Whether enough departments are left."""
        return self.n_effective >= LEAST_EFFECTIVE


def at_level(level: float, before: Floats, after: Floats, department: Department) -> AtLevel:
    """The departments at a level; `before` and `after`: the measure by replication, which `department` was used."""
    spread = spread_over(before, department)
    levels, known = spread.effects, np.isin(np.unique(department), spread.numbers)
    gained = means_of((after - before)[:, None], department)[known, 0]
    lowest, highest = (
        float(end(levels, initial=np.nan)) for end in (np.fmin.reduce, np.fmax.reduce)
    )
    weights = weights_for(level, levels)
    if weights is None:
        return AtLevel(level, lowest, highest, 0.0, np.nan)
    n_effective = float(1 / (weights**2).sum())
    is_said = n_effective >= LEAST_EFFECTIVE
    after_there = level + float(weights @ gained) if is_said else np.nan
    return AtLevel(level, lowest, highest, n_effective, after_there)


def weights_for(level: float, levels: Floats) -> Floats | None:
    """The most even weights, their sum 1, with which the mean of `levels` is `level`; None if it is beyond all.

    >>> weights_for(2.0, np.array([1.0, 2.0, 3.0])).round(3).tolist()
    [0.333, 0.333, 0.333]
    >>> weights_for(4.0, np.array([1.0, 2.0, 3.0])) is None
    True
    """
    spread = float(np.ptp(levels)) if levels.size else 0.0

    def tilted(steepness: float) -> Floats:
        exponents = steepness * (levels - level) / spread
        raised = np.exp(exponents - exponents.max())
        return np.asarray(raised / raised.sum())

    def missed(steepness: float) -> float:
        return float(tilted(steepness) @ levels - level)

    if spread == 0 or missed(-STEEPEST) >= 0 or missed(STEEPEST) <= 0:
        return None
    return tilted(float(brentq(missed, -STEEPEST, STEEPEST)))
