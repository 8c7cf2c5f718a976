"""How several numbers vary together between departments, chance taken out, and within them.

Numbers of one replication share its patients: a busy spell lengthens both the wait for triage and what one more nurse
would save. Conclusions about departments must not rest on that. So variances and covariances between departments are
those of the departments' means less what replications alone would give (one-way analysis of variance). With two
replications this equals taking one number from one of them and the other number from the other, both ways round. For
one number by itself: `analysis.departments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulation.records.schema import Floats, Mask
from simulation.statistics.departments import MIN_REPLICATIONS, Department


@dataclass(frozen=True)
class Components:
    """Several numbers of several departments, each with two replications or more.

    means: shape (n_departments, n_numbers); squares: sums of products of deviations within each department, shape
    (n_departments, n_numbers, n_numbers); n: number of replications of each department.
    """

    means: Floats
    squares: Floats
    n: Floats

    @cached_property
    def within(self) -> Floats:
        """Covariance between replications of one department, shape (n_numbers, n_numbers)."""
        return self.within_near(np.ones(len(self.n)))

    def within_near(self, weights: Floats) -> Floats:
        """Covariance within departments, weighted by department; `weights`: shape (n_departments,)."""
        total = np.einsum("d,dij->ij", weights, self.squares)
        covariance: Floats = total / (weights @ (self.n - 1))
        return covariance

    @cached_property
    def of_means(self) -> Floats:
        """Covariance of the departments' means, chance included; shape (n_numbers, n_numbers)."""
        return np.atleast_2d(np.cov(self.means, rowvar=False))

    @cached_property
    def between(self) -> Floats:
        """Covariance between departments, chance removed; an estimated variance can be below 0."""
        covariance: Floats = self.of_means - np.mean(1 / self.n) * self.within
        return covariance

    @property
    def effects(self) -> Floats:
        """The numbers of each department, chance taken out of all of them together; shape (n_departments, n_numbers).

        They vary as `between` says (made a covariance where it is none), so what departments share stays shared: where
        one number is always half of another, so it is here. Of all linear maps of the means that do so this moves them
        least (Gelbrich 1990). Of a single number it is the effect of `analysis.departments`.
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
    means, squares, counts = [], [], []
    for number in np.unique(department):
        rows = values[department == number]
        if len(rows) < MIN_REPLICATIONS:
            continue
        from_mean = rows - rows.mean(axis=0)
        means.append(rows.mean(axis=0))
        squares.append(from_mean.T @ from_mean)
        counts.append(len(rows))
    return Components(np.array(means), np.array(squares), np.array(counts, dtype=float))


def halves(values: Floats, department: Department) -> tuple[Floats, Floats]:
    """Each department's mean over its odd and over its even replications, shape (n_departments, n_numbers) each.

    Only of departments that have two replications or more.
    """
    first, second = [], []
    for number in np.unique(department):
        rows = values[department == number]
        if len(rows) >= MIN_REPLICATIONS:
            first.append(rows[::2].mean(axis=0))
            second.append(rows[1::2].mean(axis=0))
    return np.array(first), np.array(second)


def n_departments(department: Department) -> int:
    """The number of departments with two replications or more."""
    return int((np.unique(department, return_counts=True)[1] >= MIN_REPLICATIONS).sum())


def known_twice(department: Department, known: Mask) -> Mask:
    """The known replications of departments that have two or more of them, shape (n_replications,)."""
    numbers, counts = np.unique(department[known], return_counts=True)
    twice: Mask = known & np.isin(department, numbers[counts >= MIN_REPLICATIONS])
    return twice
