"""How much wider an interval of a mean is made where numbers are skewed.

The t interval holds its mean less often than it says where few numbers are skewed: the mean and the standard deviation
of a sample then rise and fall together. Of n numbers with skewness G its critical value should be larger by about
1 + 1.08 G^2 / n at 95 % (Hall's expansion; the part of the kurtosis is small, and of the other sign). Ours is

    1 + 2.5 max(G1^2 - 6 n (n - 1) / ((n - 2) (n + 1) (n + 3)), 0) / (n + 5),

a simplification whose two numbers were chosen by trial. G1 is the sample's skewness. The square that normal numbers
would show by chance is taken off, so that an interval of 20 numbers without skewness is 1.3 % wider on average, one of
five 10 %. A sample of 20 exponential or lognormal numbers shows about half of their squared skewness, one of 100 eight
tenths, so 1.08 alone is too little. One factor serves all levels. Only the width changes, never the centre: intervals
shifted by the skewness (Johnson's, Hall's transformation) held the model's differences less often than Student's.

How often the result holds, by measure: `tests/long/interval_coverage.py` and docs/model.md 4.3.

Sources: P. Hall, 'Theoretical comparison of bootstrap confidence intervals', Annals of Statistics 16 (1988) 927-953,
and The Bootstrap and Edgeworth Expansion, 1992 (the expansion); A. B. Owen, arXiv 2501.07645 (the same for Student's
t); N. J. Johnson, 'Modified t tests and confidence intervals for asymmetrical populations', Journal of the American
Statistical Association 73 (1978) 536-544 (correcting t by the sample's skewness).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.records.schema import Floats

BY_SKEWNESS = 2.5
"""The widening by each unit of squared skewness, over the sum of how many numbers there are and `EXTRA`."""
EXTRA = 5
"""Numbers counted on top of those there are, because few numbers say little about skewness."""


def widening_over(n_each: Floats, squares: Floats, cubes: Floats) -> Floats:
    """The factor for a mean over departments, from their replications' skewness; 1 where none has three replications.

    n_each, squares, cubes: the number of values of each department, and sums of their squared and cubed deviations from
    its mean, shape (n_departments, n_columns) each. Third moments add up as variances do; with one department the
    factor is that of `widening`.
    """
    n, spare = n_each.sum(axis=0), np.maximum(n_each - 1, 0).sum(axis=0)
    each = np.maximum(n_each, 3)
    variance = np.where(n_each > 1, squares / np.maximum(n_each - 1, 1), 0.0)
    third = np.where(n_each > 2, each / ((each - 1) * (each - 2)) * cubes, 0.0)
    by_chance = np.where(n_each > 2, 6 * each / ((each - 1) * (each - 2)) * variance**3, 0.0)
    studentised = spare**2 / ((spare + 2) * (spare + 4))
    n_or_one = np.maximum(n_each, 1)
    of_mean = ((variance / n_or_one).sum(axis=0)) ** 3
    beyond = (third / n_or_one**2).sum(axis=0) ** 2 - studentised * (by_chance / n_or_one**4).sum(axis=0)
    squared = np.divide(beyond, of_mean, out=np.zeros_like(of_mean), where=of_mean > 0)
    factor: Floats = 1 + BY_SKEWNESS * np.maximum(squared, 0) * n / (n + EXTRA)
    return factor


def widening(from_mean: Floats, sd: Floats, n: NDArray[np.int64]) -> Floats:
    """The factor by which skewness widens each column's t interval; 1 with fewer than three numbers or no spread.

    from_mean: deviations from the column's mean, one row a value, 0 where it is missing; sd: standard deviation with
    ddof 1; n: number of values.

    >>> values = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 1.0]])
    >>> widening(values - values.mean(axis=0), values.std(axis=0, ddof=1), np.array([4, 4])).round(4).tolist()
    [1.0, 1.8254]
    """
    enough = (n > 2) & (sd > 0)
    n, sd = np.where(enough, n, 3), np.where(enough, sd, np.inf)
    skewness = ((from_mean / sd) ** 3).sum(axis=0) * n / ((n - 1) * (n - 2))  # adjusted Fisher-Pearson, G1
    by_chance = 6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3))
    factor: Floats = 1 + BY_SKEWNESS * np.maximum(skewness**2 - by_chance, 0) / (n + EXTRA)
    return np.where(enough, factor, 1.0)
