"""Sources of uncertainty about a measured tool: simulation noise, its table of labels, and, over an ensemble, the
department that it is used in.

A crossed design: tables drawn from what the measurement leaves open, each simulated in the same replications (two or
more) as the baseline, in whatever departments these use. The spread of the tables' mean effects, less what noise
alone would give, is the uncertainty of the measurement. Over departments, simulation noise is the spread within them,
and the spread between them is a source of its own (`statistics/departments.py`); the mean effect is that of a sample of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulation.records.schema import Floats
from simulation.statistics.departments import Department, spread_over, within
from simulation.statistics.intervals import interval, t_quantile

FEWEST_TABLES = 3


@dataclass(frozen=True)
class TableUncertainty:
    """An effect of a measured tool, and the standard deviations of the sources of uncertainty about it.

    `error`: of the mean, for simulation noise and, over departments, for which were drawn; `simulation`: the part of
    simulation noise; `measurement`: of the mean, for the table; `department`: of one department's effect about the
    mean, 0 where there is one department.
    """

    effect: float
    error: float
    simulation: float
    measurement: float
    department: float
    n_tables: int

    @property
    def half_width(self) -> float:
        """Half the 95 % interval for `error` and measurement; its degrees of freedom are the tables less one."""
        return float(self._t * np.hypot(self.error, self.measurement))

    @property
    def half_width_of_one(self) -> float:
        """Half the 95 % interval for one department of the ensemble rather than for their mean."""
        return float(self._t * np.sqrt(self.error**2 + self.measurement**2 + self.department**2))

    def at_least(self, error: float) -> TableUncertainty:
        """The same with an `error` that allows for skewness, too; never smaller."""
        wider = max(1.0, error / self.error) if self.error else 1.0
        return replace(self, error=wider * self.error, simulation=wider * self.simulation)

    @property
    def dominates(self) -> str:
        """The largest source: 'simulation', 'measurement' or 'department'."""
        sources = {
            "simulation": self.simulation,
            "measurement": self.measurement,
            "department": self.department,
        }
        return max(sources, key=lambda name: sources[name])

    def cases_for(self, half_width: float, n_cases: float) -> float:
        """The number of cases that would bring the half-width for `error` and measurement down to this, if `n_cases`
        gave the measurement; infinite if that of `error` alone is wider."""
        allowed = half_width**2 - (self._t * self.error) ** 2
        return n_cases * (self._t * self.measurement) ** 2 / allowed if allowed > 0 else np.inf

    @property
    def _t(self) -> float:
        return t_quantile(self.n_tables - 1)


def table_uncertainty(
    measured: Floats, drawn: Floats, department: Department | None = None
) -> TableUncertainty:
    """The sources of uncertainty about an effect.

    measured  (n_replications,) and drawn (n_tables, n_replications): differences from the baseline, paired by
    replication. department  (n_replications,): which one each replication used.

    The variance of the measurement is that of the tables' means, less the interaction's mean square over replications,
    and at least 0.
    """
    n_tables, n = drawn.shape
    interaction = (
        drawn - drawn.mean(axis=1, keepdims=True) - drawn.mean(axis=0, keepdims=True) + drawn.mean()
    )
    noise = float((interaction**2).sum() / ((n_tables - 1) * (n - 1)))
    between = float(drawn.mean(axis=1).var(ddof=1)) - noise / n
    mean = interval(measured, department=department)
    simulation, of_department = mean.standard_error, 0.0
    if department is not None and len(np.unique(department)) < n:
        simulation = float(within(measured[:, None], department).standard_error[0])
        of_department = float(np.sqrt(spread_over(measured, department).between))
    measurement = float(np.sqrt(max(between, 0.0)))
    return TableUncertainty(
        mean.mean, mean.standard_error, simulation, measurement, of_department, n_tables
    )
