"""The effects of a department of which some figures are known, from departments that were simulated: nothing is run.

Effects are regressed on the figures over all departments, and read at the local values. The line is flattened by as
much noise as the local figures have, so that a figure of few days or few patients moves the answer less. Departments
near the local values, by the noise of the local and of the simulated figures, decide one thing only: how far a
department may still lie from the line.

What noise is: a simulated figure's is that between replications of one department near here; a local figure's is the
same, for its own number of days (days taken as independent), and that of the patients who were counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from simulation.analysis.between import Components, components
from simulation.analysis.departments import Department, ranges
from simulation.analysis.intervals import t_quantile
from simulation.records.schema import Floats

LEVEL = 0.9
NEAR = 20.0
"""Departments, counted by weight, that the spread which remains rests on at least."""
OUTSIDE = NormalDist().inv_cdf(0.995)
"""Standard errors by which a local figure may lie beyond every simulated one."""


@dataclass(frozen=True)
class Local:
    """Figures of one's own, shape (n_figures,) each.

    days: how long each was measured; sampling: variance of each from counting so many patients only; simulated_days:
    days of a replication.
    """

    values: Floats
    days: Floats
    sampling: Floats
    simulated_days: float

    def noise(self, within: Floats) -> Floats:
        """Covariance of the local figures about what they are in the long run, from that of a replication's."""
        scale = np.sqrt(self.simulated_days / self.days)
        found: Floats = within * np.outer(scale, scale) + np.diag(self.sampling)
        return found


@dataclass(frozen=True)
class Narrowed:
    """By effect, shape (n_effects,): what is expected here, and the range that holds a department like this with 90 %.

    before, before_low, before_high: the same of all departments, chance taken out; n_near: departments, counted by
    weight, that the range rests on; weights: shape (n_departments,), at most 1.
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

    lowest, highest: of the simulated departments' figures; NaN of all together.
    """

    figure: int | None
    lowest: float
    highest: float


def outside(figures: Floats, department: Department, local: Local) -> tuple[Outside, ...]:
    """Which local figures lie outside those of every department by more than their noise; all together where each alone
    does not. figures: shape (n_replications, n_figures)."""
    found = components(figures, department)
    simulated, noise = np.mean(1 / found.n) * found.within, local.noise(found.within)
    slack = OUTSIDE * np.sqrt(np.diag(noise))
    lowest, highest = found.means.min(axis=0), found.means.max(axis=0)
    beyond = (local.values < lowest - slack) | (local.values > highest + slack)
    if beyond.any():
        return tuple(Outside(int(at), float(lowest[at]), float(highest[at])) for at in np.flatnonzero(beyond))
    centre, between = found.means.mean(axis=0), _positive(found.between)
    theirs = _distance(found.means - centre, between + simulated)
    ours = _distance(local.values[None] - centre, between + noise)[0]
    return () if ours <= theirs.max() or len(local.values) == 1 else (Outside(None, np.nan, np.nan),)


def narrow(figures: Floats, effects: Floats, department: Department, local: Local) -> Narrowed:
    """The effects of a department with these figures.

    figures: shape (n_replications, n_figures), effects: (n_replications, n_effects), none missing.
    """
    n_figures = figures.shape[1]
    found = components(np.column_stack([figures, effects]), department)
    here, weights = _near(found, n_figures, local)
    within = found.within_near(weights)
    noise = local.noise(within[:n_figures, :n_figures])
    between = _positive(found.between)
    centre = found.means.mean(axis=0)
    slopes = np.asarray(
        np.linalg.solve(between[:n_figures, :n_figures] + noise, between[:n_figures, n_figures:]), dtype=np.float64
    )
    mean = centre[n_figures:] + here @ slopes
    deviations = found.means - centre
    residuals = deviations[:, n_figures:] - deviations[:, :n_figures] @ slopes
    beyond = _beyond_the_line(residuals, slopes, weights, within * np.mean(1 / found.n), noise)
    n_near = float(weights.sum() ** 2 / (weights**2).sum())
    of_line = 1 / len(found.n) + _distance(here[None], found.of_means[:n_figures, :n_figures])[0] / len(found.n)
    half_width = t_quantile(max(round(n_near) - n_figures - 1, 1), LEVEL) * np.sqrt(beyond * (1 + of_line))
    before = ranges(effects, department)
    return Narrowed(mean, mean - half_width, mean + half_width, before.median, before.low, before.high, n_near, weights)


def _near(found: Components, n_figures: int, local: Local) -> tuple[Floats, Floats]:
    """The local figures less their mean over departments, and each department's weight by how near it is.

    The kernel is as wide as local and simulated noise together, and as much wider as it takes for `NEAR` departments.
    """
    here = local.values - found.means[:, :n_figures].mean(axis=0)
    apart = found.means[:, :n_figures] - local.values
    within = found.within[:n_figures, :n_figures]
    distance = _distance(apart, local.noise(within) + np.mean(1 / found.n) * within)
    distance = distance - distance.min()
    wider = 1.0
    while True:
        weights = np.exp(-distance / (2 * wider))
        if weights.sum() ** 2 / (weights**2).sum() >= min(NEAR, len(weights) / 2):
            return here, weights
        wider *= 1.25


def _beyond_the_line(residuals: Floats, slopes: Floats, weights: Floats, chance: Floats, noise: Floats) -> Floats:
    """Variance of a department's effect about what the line says at its local figures, by effect.

    Residuals hold the simulation's noise of effect and figures; it is taken out, and the local figures' put in.
    """
    n_figures = len(noise)
    seen = weights @ residuals**2 / weights.sum()
    of_figures, shared, of_effects = (
        chance[:n_figures, :n_figures],
        chance[:n_figures, n_figures:],
        np.diag(chance[n_figures:, n_figures:]),
    )
    flattened = np.einsum("fe,fg,ge->e", slopes, of_figures, slopes)
    simulated = of_effects - 2 * np.einsum("fe,fe->e", slopes, shared) + flattened
    put_in = np.einsum("fe,fg,ge->e", slopes, noise, slopes)
    found: Floats = np.maximum(seen - simulated, 0) + put_in
    return found


def _positive(covariance: Floats) -> Floats:
    """The nearest covariance matrix without a negative variance in any direction."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T, dtype=np.float64)


def _distance(apart: Floats, covariance: Floats) -> Floats:
    """Squared distance of each row in units of the covariance (Mahalanobis)."""
    found: Floats = np.einsum("rf,rf->r", apart, np.linalg.solve(covariance, apart.T).T)
    return found
