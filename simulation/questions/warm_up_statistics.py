"""How long the initial bias of a run lasts: Welch's moving average, and the truncation point of MSER-5.

Both look at one series, such as the number in the department hour by hour, as a mean over replications. A department
has a weekly rhythm, whose ups and downs hide a slow drift. So the rhythm, as the second half of the series shows it, is
taken away first (`without_rhythm`).

Sources: P. D. Welch, 'The statistical analysis of simulation results', 1983 (the moving average); K. P. White, 'An
effective truncation heuristic for bias reduction in simulation output', Simulation 69 (1997) 323-334 (MSER; MSER-5
takes means of five first); K. Hoad, S. Robinson and R. Davies, 'Automating warm-up length estimation', Journal of the
Operational Research Society 61 (2010) 1389-1403 (the last five batches left out, a point beyond the middle refused).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.department.rota import HOURS_OF_WEEK
from simulation.errors import ResultsError
from simulation.records.schema import Floats

BATCH = 5
"""Numbers in a batch: the 5 of MSER-5."""
LEFT_OUT = 5
"""Batches at the end that cannot be the truncation point: so few numbers may lie close together by chance."""


@dataclass(frozen=True)
class Truncation:
    """The number of values to delete at the beginning of a series; not `settled` if that is beyond its middle: the
    series is too short, and a longer warm-up than it shows may be needed."""

    n_left_out: int
    settled: bool


def mser(series: Floats, *, batch: int = BATCH) -> Truncation:
    """The truncation point that minimises the squared standard error of the remaining values, taken as independent.

    With m batch means z, it is the d at which sum((z_i - mean)^2) / (m - d)^2 over the last m - d is smallest, the
    first of equals. Raises ResultsError for a series shorter than ten batches.
    """
    m = len(series) // batch
    if m < 2 * LEFT_OUT:
        needed = 2 * LEFT_OUT * batch
        raise ResultsError(f"MSER-{batch}: a series of {len(series)} numbers. Give {needed} at least: a longer run")
    z = series[: m * batch].reshape(m, batch).mean(axis=1)
    errors = [float(((z[d:] - z[d:].mean()) ** 2).sum()) / (m - d) ** 2 for d in range(m - LEFT_OUT)]
    d = int(np.argmin(errors))
    return Truncation(d * batch, d <= m // 2)


def welch(series: Floats, *, half_window: int) -> Floats:
    """The moving average over 2 w + 1 numbers (w: `half_window`), near the beginning over as many as fit on both sides.

    The last w numbers have none, so the shape is (len(series) - w,).
    """
    total = np.concatenate(([0.0], np.cumsum(series)))
    at = np.arange(len(series) - half_window)
    width = np.minimum(at, half_window)
    average: Floats = (total[at + width + 1] - total[at - width]) / (2 * width + 1)
    return average


def without_rhythm(hourly: Floats) -> Floats:
    """The series without the weekly rhythm of its second half. `hourly`: whole weeks, at least two."""
    weeks = hourly.reshape(-1, HOURS_OF_WEEK)
    later = weeks[len(weeks) // 2 :]
    adjusted: Floats = (weeks - later.mean(axis=0) + later.mean()).ravel()
    return adjusted
