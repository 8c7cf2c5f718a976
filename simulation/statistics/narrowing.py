"""What are the effects in a department with some known figures? Arrays in, arrays out.

What makes patients wait, the cause, is known of a simulated department and not of the user's. Figures and effects of
the departments of a cause are taken as normal, about means of their own, with covariances that causes share. So

1. the chance of each cause is its share of the departments times the density of the local figures there (linear
   discriminant analysis; Student's density, because means and covariances are estimated);
2. given the cause, effects are regressed on the figures over all departments, figures and effects about the means of
   their causes, and read at the local values. The line is flattened by as much noise as the local figures have, so that
   a figure of few days or few patients moves the answer less;
3. the answer is the mixture over causes. With one cause it is the line alone.

A department deviates from the line for two reasons: departments of one structure (who is on when, who does what)
differ, and departments of one structure share a deviation. The second is drawn once a structure, so it rests on few
draws, and a department of another structure draws it anew.

Noise of a figure is that between replications of one department, in proportion to the figure, for its own number of
days (taken as independent), plus that of counting so many patients. A figure that is the same in every replication of
a department, such as its size, has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Self

import numpy as np

from simulation.records.schema import Floats
from simulation.statistics.departments import Department, Ranges, ranges
from simulation.statistics.variance_components import Components, components, within_and_between

LEVEL, SURE = 0.9, 0.95
"""The share of departments in a range, and the certainty with which a direction is said."""
LEAST = 0.1
"""The usual distance of a department of size 0, of the mean distance: at least so much."""
OUTSIDE = NormalDist().inv_cdf(0.995)
"""Standard errors by which a local figure may lie beyond all simulated ones."""
AS_MANY = 20
"""Departments by which the spread about the line in a cause is drawn towards that of all: a judgement (10 to 40 hold as
often, docs/model.md, 4.3)."""
TINY = 1e-12
"""A divisor in place of 0."""
HALVINGS = 50
"""Of the interval in which a quantile of the mixture is looked for."""


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

    def noise(self, moments: Components) -> tuple[Floats, Floats]:
        """Covariances about the long run: of the local figures, and of as high ones in the mean of a department's
        replications. The first numbers of `moments` are these figures.

        Between replications of a department they vary as much as is usual where figures are as high.
        """
        n = len(self.values)
        means, squares = np.abs(moments.means[:, :n]), moments.squares[:, :n, :n]
        varied = np.sqrt(np.diagonal(squares, axis1=1, axis2=2) / (moments.n - 1)[:, None])
        usual, here = _usual(
            varied, means, np.clip(np.abs(self.values), means.min(axis=0), means.max(axis=0))
        )
        together = np.einsum("df,dfg,dg->fg", 1 / usual, squares, 1 / usual) / (moments.n - 1).sum()
        once = together * np.outer(here, here)
        days = np.sqrt(self.simulated_days / self.days)
        return once * np.outer(days, days) + np.diag(self.sampling), once * np.mean(1 / moments.n)

    def nearest(self, figures: Floats, department: Department) -> Self:
        """The local figures, of which those that lie beyond every department's by more than their noise are moved to
        that edge. figures: shape (n_replications, n_figures)."""
        moments = components(figures, department)
        slack = OUTSIDE * np.sqrt(np.diag(self.noise(moments)[0]))
        edges = moments.means.min(axis=0) - slack, moments.means.max(axis=0) + slack
        return replace(self, values=np.clip(self.values, *edges))


@dataclass(frozen=True)
class Narrowed:
    """The expected value of each effect, and the range of 90 % of departments like this one; shape (n_effects,) each.

    sign: 1 or -1 where the effect has this sign with 95 % certainty, else 0, as for an arm without an effect;
    everywhere, average: range and mean over all departments, chance removed; causes: the chance of each cause.
    """

    mean: Floats
    low: Floats
    high: Floats
    sign: Floats
    everywhere: Ranges
    average: Floats
    causes: Mapping[str, float]


def narrow(
    figures: Floats,
    effects: Floats,
    department: Department,
    local: Local,
    structures: Sequence[str],
    causes: Sequence[str] = (),
) -> Narrowed:
    """The effects in a department with these figures.

    figures: shape (n_replications, n_figures), effects: (n_replications, n_effects), none missing; structures, causes:
    those of each department, by the department's number; without causes, all have one.
    """
    n, numbers = figures.shape[1], np.unique(department)
    moments = components(np.column_stack([figures, effects]), department)
    structure = np.array(structures)[numbers]
    names, cause = np.unique(
        np.array(causes or [""] * len(structures))[numbers], return_inverse=True
    )
    around, centres = moments.about_means_of(cause)
    member = (cause[:, None] == np.arange(len(names))).astype(float)
    of_each = member.sum(axis=0)
    between, apart = around.covariance, around.means[:, :n]
    from_centre = local.values - centres[:, :n]
    noise, simulated = local.noise(moments)
    both = between[:n, n:]
    slopes, steeper = (_inverse(between[:n, :n] + each) @ both for each in (noise, simulated))
    means: Floats = centres[:, n:] + from_centre @ slopes
    fitted: Floats = centres[cause, n:] + apart @ steeper
    residuals = moments.means[:, n:] - fitted
    usual, here = _usual(np.abs(residuals), np.abs(fitted), np.abs(means))
    of_cause = _by_cause(residuals / usual, member)
    usual, here = usual * of_cause[cause], here * of_cause
    within, shared, (spare, spare_structures) = within_and_between(
        residuals / usual, np.column_stack([apart, member[:, 1:]]), structure
    )
    own = np.maximum(within - _chance(moments, steeper, usual), 0)
    # By what the line moves at the local figures if a department moves by what is usual, or all of a structure do.
    along = from_centre @ _inverse(around.of_means[:n, :n]) @ apart.T
    moves = usual * (member / of_each + along.T / len(usual)).T[:, :, None]
    alike = (structure == np.unique(structure)[:, None]).astype(float)
    moves_together = np.einsum("sd,cde->cse", alike, moves)
    # A structure and a department are drawn anew; the line errs; the figures are known to within noise.
    by_structure = shared * (here**2 + (moves_together**2).sum(axis=1))
    by_department = own * here**2 + within * (moves**2).sum(axis=1)
    by_figures = (both * (steeper - slopes)).sum(axis=0) + np.einsum(
        "fe,fg,ge->e", steeper, simulated, steeper
    )
    by_figures = np.maximum(by_figures, 0) + np.zeros_like(means)
    variances = np.array([by_structure, by_department, by_figures])
    degrees = spare_structures, spare, (moments.n - 1).sum()
    chances = _chances(from_centre, between[:n, :n] + noise, of_each)
    return Narrowed(
        chances @ means,
        *_range_and_sign(chances, means, *_errors(variances, degrees)),
        ranges(effects, department),
        moments.means[:, n:].mean(axis=0),
        dict(zip(names.tolist(), chances.tolist(), strict=True)),
    )


def _inverse(covariance: Floats) -> Floats:
    """The inverse of a covariance, which is 0 for what does not vary."""
    return np.asarray(np.linalg.pinv(covariance, hermitian=True), dtype=np.float64)


def _chances(from_centre: Floats, covariance: Floats, of_each: Floats) -> Floats:
    """The chance of each cause, shape (n_causes,), of so many departments each.

    from_centre: the local figures less the means of a cause, shape (n_causes, n_figures); covariance: of figures as
    noisy within causes.
    """
    degrees = of_each.sum() - len(of_each)
    distance = ((from_centre @ _inverse(covariance)) * from_centre).sum(axis=1)
    logs = np.log(of_each) - (degrees + len(covariance)) / 2 * np.log1p(distance / degrees)
    densities = np.exp(logs - logs.max())
    chances: Floats = densities / densities.sum()
    return chances


def _usual(distances: Floats, sizes: Floats, size: Floats) -> tuple[Floats, Floats]:
    """How large distances usually are: for each department, and for one of the given size, or several.

    Distance is a line in size that does not fall (H. Glejser, 'A new test for heteroskedasticity', JASA 64 (1969)
    316-323). All are at least 0; distances and sizes: shape (n_departments, n_columns), size: (..., n_columns).
    """
    distance, middle = distances.mean(axis=0), sizes.mean(axis=0)
    apart = sizes - middle
    slope = (distances * apart).sum(axis=0) / np.maximum((apart**2).sum(axis=0), TINY)
    slope = np.clip(slope, 0, (1 - LEAST) * distance / np.maximum(middle, TINY))
    usual, here = (distance + slope * (each - middle) for each in (sizes, size))
    return np.maximum(usual, TINY), here


def _by_cause(residuals: Floats, member: Floats) -> Floats:
    """How many times as far as usual departments of each cause stray, shape (n_causes, n_effects).

    residuals: over their usual size; member: 1 where a department (row) is of a cause (column). A cause's mean square
    is drawn towards that of all by `AS_MANY` departments, because a cause has few.
    """
    squares = residuals**2
    own, everywhere = member.T @ squares, np.maximum(squares.mean(axis=0), TINY)
    n = member.sum(axis=0)[:, None]
    times: Floats = np.sqrt((own / everywhere + AS_MANY) / (n + AS_MANY))
    return times


def _chance(moments: Components, slopes: Floats, usual: Floats) -> Floats:
    """The part of the variance of residuals, each over its usual size, that is noise of simulation."""
    counted = np.vstack(
        [-slopes, np.eye(slopes.shape[1])]
    )  # what figures and effects count for in a residual
    squares = np.einsum("fe,dfg,ge->de", counted, moments.squares, counted) / usual**2
    chance: Floats = np.mean(1 / moments.n) * squares.sum(axis=0) / (moments.n - 1).sum()
    return chance


def _errors(variances: Floats, degrees: Sequence[float]) -> tuple[Floats, Floats]:
    """The root of a sum of estimated variances, and its degrees of freedom (Satterthwaite), at least 1.

    variances: shape (n_parts, n_causes, n_effects); degrees: those of each part.
    """
    variance = variances.sum(axis=0)
    squares = np.tensordot(1 / np.array(degrees), variances**2, axes=1)
    return np.sqrt(variance), np.maximum(variance**2 / np.maximum(squares, TINY**2), 1.0)


def _range_and_sign(*mixture: Floats) -> tuple[Floats, Floats, Floats]:
    """The ends of the range of a mixture (as `_quantile` takes it), and the sign that is certain, else 0."""
    low, high, least, most = (
        _quantile((1 + side * level) / 2, *mixture) for level in (LEVEL, SURE) for side in (-1, 1)
    )
    sign: Floats = (least > 0).astype(float) - (most < 0)
    return low, high, sign


def _quantile(p: float, chances: Floats, means: Floats, errors: Floats, degrees: Floats) -> Floats:
    """The quantile of a mixture of Student's distributions, one a cause; shape (n_effects,)."""
    from scipy.special import stdtr, stdtrit

    ends = means + errors * stdtrit(degrees, p)
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_below = chances @ stdtr(degrees, (middle - means) / np.maximum(errors, TINY)) < p
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    quantile: Floats = (low + high) / 2
    return quantile
