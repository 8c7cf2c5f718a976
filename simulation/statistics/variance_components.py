"""Several numbers of each department together: their variances and covariances between departments and within.

Numbers of one replication share its patients: a busy spell lengthens both the wait for triage and what one more nurse
would save. Conclusions about departments must not rest on that. So variances and covariances between departments are
those of the departments' means less what replications alone would give (one-way analysis of variance). With two
replications this equals taking one number from one of them and the other number from the other, both ways round.

From such numbers follows which few tell groups of departments apart (`tell_apart`).

Sources of uncertainty about a measured tool: simulation noise, its table of labels, and, over an ensemble, the
department that it is used in.

A crossed design: tables drawn from what the measurement leaves open, each simulated in the same replications (two or
more) as the baseline, in whatever departments these use. The spread of the tables' mean effects, less what noise
alone would give, is the uncertainty of the measurement. Over departments, simulation noise is the spread within them,
and the spread between them is a source of its own (`statistics/departments.py`); the mean effect is that of a sample of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats, Ints, Mask
from simulation.statistics.departments import (
    MIN_EACH,
    Department,
    noise_within,
    or_nan,
    spread_over,
)
from simulation.statistics.intervals import estimate_interval, t_quantile


@dataclass(frozen=True)
class Components:
    """Several numbers of several departments, each with two replications or more.

    means: shape (n_departments, n_numbers); squares: sums of products of deviations within each department, shape
    (n_departments, n_numbers, n_numbers); n: number of replications of each department; n_groups: of how many groups of
    departments the means have been taken out.
    """

    means: Floats
    squares: Floats
    n: Floats
    n_groups: int = 1

    @cached_property
    def within(self) -> Floats:
        """Covariance between replications of one department, shape (n_numbers, n_numbers)."""
        covariance: Floats = self.squares.sum(axis=0) / (self.n - 1).sum()
        return covariance

    @cached_property
    def of_means(self) -> Floats:
        """Covariance of the departments' means, chance included; shape (n_numbers, n_numbers)."""
        return np.atleast_2d(np.cov(self.means, rowvar=False, ddof=self.n_groups))

    def about_means_of(self, group: NDArray[np.intp]) -> tuple[Components, Floats]:
        """The same numbers less the mean of each department's group, and these means, (n_groups, n_numbers).

        group: the place of each department's group, from 0, shape (n_departments,).
        """
        centres = np.array([self.means[group == place].mean(axis=0) for place in np.unique(group)])
        return replace(self, means=self.means - centres[group], n_groups=len(centres)), centres

    @cached_property
    def between(self) -> Floats:
        """Covariance between departments, chance removed; an estimated variance can be below 0."""
        return self.of_means - np.mean(1 / self.n) * self.within

    @cached_property
    def covariance(self) -> Floats:
        """`between`, made a covariance where it is none: below 0 in no direction."""
        own = _root(self.between)
        return own @ own

    @property
    def effects(self) -> Floats:
        """The numbers of each department, chance taken out of all of them together; shape (n_departments, n_numbers).

        They vary as `between` says (made a covariance where it is none), so what departments share stays shared: where
        one number is always half of another, so it is here. Of all linear maps of the means that do so this moves them
        least (Gelbrich 1990). Of a single number it is the effect of `Spread`.
        """
        own = _root(self.between)
        onto: Floats = own @ np.linalg.pinv(_root(own @ self.of_means @ own), hermitian=True) @ own
        centre = self.means.mean(axis=0)
        effects: Floats = centre + (self.means - centre) @ onto
        return effects


def _root(covariance: Floats) -> Floats:
    """The symmetric square root of a matrix, negative variances taken as none."""
    variances, directions = np.linalg.eigh(covariance)
    root: Floats = (directions * np.sqrt(np.maximum(variances, 0.0))) @ directions.T
    return root


def components(values: Floats, department: Department) -> Components:
    """Means and deviations of the departments that have two replications or more.

    values: shape (n_replications, n_numbers), none missing.
    """
    each = _used_twice(values, department)
    means = [rows.mean(axis=0) for rows in each]
    squares = [(rows - mean).T @ (rows - mean) for rows, mean in zip(each, means, strict=True)]
    return Components(
        np.array(means), np.array(squares), np.array([len(rows) for rows in each], dtype=float)
    )


def within_and_between(
    values: Floats, fitted_on: Floats, group: NDArray[np.str_]
) -> tuple[Floats, Floats, tuple[int, int]]:
    """The variances of numbers within groups and between them, and the degrees of freedom of the two.

    A number is the sum of what its group shares and of its own, both drawn at random.

    values: shape (n, n_columns), what is left of a line in `fitted_on`, (n, n_figures); group: (n,). The line has taken
    out part of what groups share, which is allowed for: by the squares that the line leaves with the groups and
    without (C. R. Henderson, 'Estimation of variance and covariance components', Biometrics 9 (1953) 226-252,
    method 3). With one group the variance between groups is 0.
    """
    line, groups = (
        np.column_stack([np.ones(len(group)), fitted_on]),
        (group[:, None] == np.unique(group)).astype(float),
    )
    (alone, few), (beside, most) = (
        _left(values, design) for design in (line, np.column_stack([line, groups]))
    )
    degrees = max(len(group) - most, 1), max(most - few, 1)
    within = beside / degrees[0]
    shared = np.maximum(alone - beside - degrees[1] * within, 0)
    return within, np.nan_to_num(shared / or_nan(_left(groups, line)[0].sum())), degrees


def _left(values: Floats, design: Floats) -> tuple[Floats, int]:
    """The sum of squares of each column that least squares on the design leave, and the rank of the design."""
    solution, _, rank, _ = np.linalg.lstsq(design, values)
    return ((values - design @ solution) ** 2).sum(axis=0), int(rank)


def halves(values: Floats, department: Department) -> tuple[Floats, Floats]:
    """Each department's mean over its odd and over its even replications, shape (n_departments, n_numbers) each.

    Only of departments that have two replications or more.
    """
    each = _used_twice(values, department)
    odd, even = (np.array([rows[first::2].mean(axis=0) for rows in each]) for first in (0, 1))
    return odd, even


def _used_twice(values: Floats, department: Department) -> list[Floats]:
    """The rows of each department that has two replications or more, in order of number."""
    each = (values[department == number] for number in np.unique(department))
    return [rows for rows in each if len(rows) >= MIN_EACH]


def known_twice(values: Floats, department: Department) -> Mask:
    """The replications all of whose numbers are known, of departments that have two or more of them.

    values: shape (n_replications, n_numbers); the mask: (n_replications,).
    """
    known: Mask = np.isfinite(values).min(axis=1)
    numbers, counts = np.unique(department[known], return_counts=True)
    return known & np.isin(department, numbers[counts >= MIN_EACH])


FOLDS, DRAWS, SEED = 10, 20, 20261201
"""Parts into which departments are split, draws of the noise of one, and the seed of both."""


@dataclass(frozen=True)
class ToldApart:
    """Which `figures` (columns, the better first) tell groups of departments apart; `right`: the share of departments
    that are assigned rightly by the first, by the first two, and so on."""

    figures: tuple[int, ...]
    right: tuple[float, ...]


def tell_apart(
    figures: Floats, department: Department, group: NDArray[np.str_], *, noise: float, most: int = 2
) -> ToldApart:
    """The figures by which a department is assigned to the right group most often, by linear discriminants.

    A department is of the group whose mean is nearest to its figures, distances as the covariance within groups has
    them. Figures are added one by one, each the one with the highest mean chance of the right group. The share that is
    assigned rightly is counted on departments that chose neither figures nor means (ten-fold), whose figures have the
    noise of their own measuring.

    figures: shape (n_replications, n_figures), none missing, of departments with two replications or more; group:
    (n_replications,); noise: the variance of a figure that a department measures about its own mean, over that of a
    replication's: the ratio of their days, if days are independent.
    """
    spread, (numbers, first) = figures.std(axis=0), np.unique(department, return_index=True)
    moments = components(figures / np.where(spread > 0, spread, 1.0), department)
    of, x = np.unique(group[first], return_inverse=True)[1], moments.means
    more = np.maximum(noise - np.mean(1 / moments.n), 0) * moments.within
    chance, hits = np.random.default_rng(SEED), np.zeros(most)
    fold = chance.permutation(len(numbers)) % FOLDS
    for used in (fold != number for number in range(FOLDS)):
        chosen = _choose(x[used], of[used], more, most)
        drawn = chance.multivariate_normal(
            np.zeros(most), more[np.ix_(chosen, chosen)], (DRAWS, int((~used).sum()))
        )
        for n in range(most):
            columns = chosen[None, : n + 1]
            for noisy in x[~used][:, chosen] + drawn:
                chances = _chances(noisy[:, None, : n + 1], x[used], of[used], more, columns)
                hits[n] += (chances[:, 0].argmax(axis=1) == of[~used]).sum()
    right = hits / (DRAWS * len(numbers))
    return ToldApart(tuple(_choose(x, of, more, most).tolist()), tuple(right.tolist()))


def _choose(x: Floats, of: Ints, more: Floats, most: int) -> Ints:
    """The columns of x that tell groups apart best, added one by one."""
    chosen = np.empty(0, dtype=np.int64)
    for _ in range(most):
        others = np.setdiff1d(np.arange(x.shape[1]), chosen)
        columns = np.column_stack([np.tile(chosen, (len(others), 1)), others])
        chances = _chances(x[:, columns], x, of, more, columns)
        right = chances[np.arange(len(x)), :, of].mean(axis=0)
        chosen = np.append(chosen, others[right.argmax()])
    return chosen


def _chances(figures: Floats, x: Floats, of: Ints, more: Floats, columns: Ints) -> Floats:
    """The chance of each group, all as likely before, by each set of columns; shape (n, n_sets, n_groups).

    figures: shape (n, n_sets, n_columns); x, of: figures and group of the departments that are known; more: what
    measuring adds to the covariance within groups; columns: (n_sets, n_columns).
    """
    means = np.array([x[of == group].mean(axis=0) for group in range(of.max() + 1)])
    rest = x - means[of]
    within = rest.T @ rest / (len(x) - len(means)) + more + TINY * np.eye(x.shape[1])
    inverse = np.linalg.inv(within[columns[:, :, None], columns[:, None, :]])
    away = figures[:, :, None] - means[:, columns].swapaxes(0, 1)
    log = -np.einsum("nsgi,sij,nsgj->nsg", away, inverse, away) / 2
    likelihood = np.exp(log - log.max(axis=2, keepdims=True))
    chances: Floats = likelihood / likelihood.sum(axis=2, keepdims=True)
    return chances


TINY = 1e-9
"""What keeps a covariance from being singular, where figures have a variance of 1."""
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
    mean = estimate_interval(measured, department=department)
    simulation, of_department = mean.standard_error, 0.0
    if department is not None and len(np.unique(department)) < n:
        simulation = float(noise_within(measured[:, None], department).standard_error[0])
        of_department = float(np.sqrt(spread_over(measured, department).between))
    measurement = float(np.sqrt(max(between, 0.0)))
    return TableUncertainty(
        mean.mean, mean.standard_error, simulation, measurement, of_department, n_tables
    )
