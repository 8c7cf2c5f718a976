"""Weights that are as near as possible to stated ones, with which weighted sums keep to their bounds.

Nearest by relative entropy, as in raking (Deville, Sarndal and Sautory 1993, JASA 88:1013): each stated weight is
multiplied by exp(sum of multiplier times column), the multipliers at least 0 and 0 where a bound does not bind.
"""

import numpy as np

from simulation.records.schema import Floats

SLACK = 1e-4
"""By how much a sum may be on the wrong side of its bound, in standard deviations of its column."""


def rake(weights: Floats, columns: Floats) -> Floats | None:
    """The weights, shape (n,), adding up to 1, nearest to `weights` with which the sum of each of the `columns`, shape
    (n, n_columns), is at least 0; None where there are none."""
    from scipy.optimize import minimize

    scaled = columns / np.maximum(columns.std(axis=0), 1e-300)

    def at(multipliers: Floats) -> Floats:
        power = scaled @ multipliers
        tilted = weights * np.exp(power - power.max())
        return np.asarray(tilted / tilted.sum())

    def dual(multipliers: Floats) -> tuple[float, Floats]:
        power = scaled @ multipliers
        value = power.max() + np.log((weights * np.exp(power - power.max())).sum())
        return float(value), at(multipliers) @ scaled

    n = scaled.shape[1]
    found = minimize(dual, np.zeros(n), jac=True, method="L-BFGS-B", bounds=[(0, 100)] * n)
    raked = at(found.x)
    return raked if (raked @ scaled >= -SLACK).all() else None
