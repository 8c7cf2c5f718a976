"""The effects in a department some of whose figures are known, from departments already simulated: nothing is run.

Effects are regressed on the figures over all departments, and read at the local values. The line is flattened by as
much noise as the local figures have, so that a figure of few days or few patients moves the answer less. Departments
near the local values, by the noise of the local and of the simulated figures, decide one thing only: how far a
department may still lie from the line.

Noise of a simulated figure is that between replications of one department near the local values. Noise of a local
figure is the same for its own number of days (taken as independent), plus that of counting so many patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from simulation.records.schema import Floats
from simulation.statistics.departments import Components, Department, components, ranges
from simulation.statistics.intervals import t_quantile

LEVEL = 0.9
NEAR = 20.0
"""The fewest departments, counted by weight, that the spread about the line rests on."""
OUTSIDE = NormalDist().inv_cdf(0.995)
"""Standard errors by which a local figure may lie beyond all simulated ones."""


@dataclass(frozen=True)
class Local:
    """Figures of the user's own department, shape (n_figures,) each.

    days: days for which each was measured; sampling: variance of each from counting a sample of patients;
    simulated_days: days of a replication.
    """

    values: Floats
    days: Floats
    sampling: Floats
    simulated_days: float

    def noise(self, within: Floats) -> Floats:
        """The noise of the local figures: their covariance about the long run, from that between replications."""
        scale = np.sqrt(self.simulated_days / self.days)
        noise: Floats = within * np.outer(scale, scale) + np.diag(self.sampling)
        return noise


@dataclass(frozen=True)
class Narrowed:
    """The expected value of each effect, and the range of 90 % of departments like this one; shape (n_effects,) each.

    before, before_low, before_high: median and range over all departments, chance removed; n_near: the effective number
    of departments on which the range rests; weights: shape (n_departments,), at most 1.
    """

    mean: Floats
    low: Floats
    high: Floats
    before: Floats
    before_low: Floats
    before_high: Floats
    n_near: float
    weights: Floats


@dataclass(frozen=True)
class Outside:
    """Local figures that no simulated department comes near: `figure` is a column, or None for all of them together.

    lowest, highest: bounds of the simulated departments' figures; NaN for all figures together.
    """

    figure: int | None
    lowest: float
    highest: float


def outside(figures: Floats, department: Department, local: Local) -> tuple[Outside, ...]:
    """The local figures that lie beyond those of every department by more than their noise. Where none does by itself,
    all together if they do so together. figures: shape (n_replications, n_figures)."""
    moments = components(figures, department)
    simulated, noise = np.mean(1 / moments.n) * moments.within, local.noise(moments.within)
    slack = OUTSIDE * np.sqrt(np.diag(noise))
    lowest, highest = moments.means.min(axis=0), moments.means.max(axis=0)
    beyond = (local.values < lowest - slack) | (local.values > highest + slack)
    if beyond.any():
        return tuple(
            Outside(int(column), float(lowest[column]), float(highest[column])) for column in np.flatnonzero(beyond)
        )
    centre, between = moments.means.mean(axis=0), _positive(moments.between)
    of_departments = _distance(moments.means - centre, between + simulated)
    of_local = _distance(local.values[None] - centre, between + noise)[0]
    if of_local <= of_departments.max() or len(local.values) == 1:
        return ()
    return (Outside(None, np.nan, np.nan),)


def narrow(figures: Floats, effects: Floats, department: Department, local: Local) -> Narrowed:
    """The effects in a department with these figures.

    figures: shape (n_replications, n_figures), effects: (n_replications, n_effects), none missing.
    """
    n_figures = figures.shape[1]
    moments = components(np.column_stack([figures, effects]), department)
    from_centre, weights = _near(moments, n_figures, local)
    within = moments.within_near(weights)
    noise = local.noise(within[:n_figures, :n_figures])
    between = _positive(moments.between)
    centre = moments.means.mean(axis=0)
    slopes = np.asarray(
        np.linalg.solve(between[:n_figures, :n_figures] + noise, between[:n_figures, n_figures:]), dtype=np.float64
    )
    mean = centre[n_figures:] + from_centre @ slopes
    deviations = moments.means - centre
    residuals = deviations[:, n_figures:] - deviations[:, :n_figures] @ slopes
    beyond = _beyond_the_line(residuals, slopes, weights, within * np.mean(1 / moments.n), noise)
    n_near = _counted_by_weight(weights)
    n = len(moments.n)
    of_line = 1 / n + _distance(from_centre[None], moments.of_means[:n_figures, :n_figures])[0] / n
    half_width = t_quantile(max(round(n_near) - n_figures - 1, 1), LEVEL) * np.sqrt(beyond * (1 + of_line))
    before = ranges(effects, department)
    return Narrowed(mean, mean - half_width, mean + half_width, before.median, before.low, before.high, n_near, weights)


def _near(moments: Components, n_figures: int, local: Local) -> tuple[Floats, Floats]:
    """The local figures less their mean over departments, and each department's weight by how near it is.

    The kernel is as wide as local and simulated noise together, or as much wider as it takes to count `NEAR`
    departments.
    """
    from_centre = local.values - moments.means[:, :n_figures].mean(axis=0)
    from_local = moments.means[:, :n_figures] - local.values
    within = moments.within[:n_figures, :n_figures]
    distance = _distance(from_local, local.noise(within) + np.mean(1 / moments.n) * within)
    distance = distance - distance.min()
    wider = 1.0
    while True:
        weights = np.exp(-distance / (2 * wider))
        if _counted_by_weight(weights) >= min(NEAR, len(weights) / 2):
            return from_centre, weights
        wider *= 1.25


def _counted_by_weight(weights: Floats) -> float:
    """The effective number of departments: how many equally weighted ones would carry as much information."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _beyond_the_line(residuals: Floats, slopes: Floats, weights: Floats, chance: Floats, noise: Floats) -> Floats:
    """The variance of a department's effect about the line at its local figures, by effect.

    Residuals contain the simulation noise of effect and figures; it is removed, and that of the local figures is added.
    """
    n_figures = len(noise)
    observed = weights @ residuals**2 / weights.sum()
    of_figures, shared, of_effects = (
        chance[:n_figures, :n_figures],
        chance[:n_figures, n_figures:],
        np.diag(chance[n_figures:, n_figures:]),
    )
    flattened = np.einsum("fe,fg,ge->e", slopes, of_figures, slopes)
    simulated = of_effects - 2 * np.einsum("fe,fe->e", slopes, shared) + flattened
    of_local = np.einsum("fe,fg,ge->e", slopes, noise, slopes)
    variance: Floats = np.maximum(observed - simulated, 0) + of_local
    return variance


def _positive(covariance: Floats) -> Floats:
    """The nearest covariance matrix without a negative variance in any direction."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T, dtype=np.float64)


def _distance(rows: Floats, covariance: Floats) -> Floats:
    """The squared distance of each row from 0 in units of the covariance (Mahalanobis)."""
    squared: Floats = np.einsum("rf,rf->r", rows, np.linalg.solve(covariance, rows.T).T)
    return squared
