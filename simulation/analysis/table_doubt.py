"""Two layers of doubt about a tool that was measured: noise of simulation, and how sure its table of labels is.

A crossed design: tables drawn from what the measurement leaves open, each simulated in the same replications as the
baseline. The spread of the tables' mean effects, less what noise alone would give, is the doubt of the measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.analysis.compare import t_quantile
from simulation.records.schema import Floats

DRAWN = "vetted_drawn_"
"""What the names of arms with a drawn table begin with."""
MEASURED_ARM = "vetted"
"""The arm with the table as it was measured."""
FEWEST_TABLES = 3


@dataclass(frozen=True)
class TableDoubt:
    """An effect of a measured tool. `simulation`, `measurement`: standard deviations of its two layers of doubt."""

    effect: float
    simulation: float
    measurement: float
    n_tables: int

    @property
    def simulation_half_width(self) -> float:
        """Half the 95 % interval for noise of simulation alone, the table taken as known."""
        return 1.96 * self.simulation

    @property
    def half_width(self) -> float:
        """Half the 95 % interval for both layers, with as few degrees of freedom as there are tables less one."""
        return float(t_quantile(self.n_tables - 1) * np.hypot(self.simulation, self.measurement))

    @property
    def dominates(self) -> str:
        """Which layer is the larger."""
        return "measurement" if self.measurement > self.simulation else "simulation"

    def cases_for(self, half_width: float, n_cases: float) -> float:
        """Cases that bring the half-width of both layers down to this, if `n_cases` gave the measurement; infinite if
        noise of simulation alone is wider."""
        room = half_width**2 - (t_quantile(self.n_tables - 1) * self.simulation) ** 2
        if room <= 0:
            return float("inf")
        return float(n_cases * (t_quantile(self.n_tables - 1) * self.measurement) ** 2 / room)


def table_doubt(measured: Floats, drawn: Floats) -> TableDoubt:
    """The doubt of an effect. `measured` (replications,) and `drawn` (tables, replications): differences from the
    baseline, paired by replication.

    The variance of the tables' means, less the interaction's mean square over replications, and never below 0.
    """
    n_tables, n = drawn.shape
    rest = drawn - drawn.mean(axis=1, keepdims=True) - drawn.mean(axis=0, keepdims=True) + drawn.mean()
    noise = float((rest**2).sum() / ((n_tables - 1) * (n - 1)))
    between = float(drawn.mean(axis=1).var(ddof=1)) - noise / n
    spread = float(measured.std(ddof=1) / np.sqrt(n))
    return TableDoubt(float(measured.mean()), spread, float(np.sqrt(max(between, 0.0))), n_tables)
