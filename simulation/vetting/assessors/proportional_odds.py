"""Proportional odds: one score a case, and thresholds between the levels (McCullagh 1980, J R Stat Soc B 42:109)."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.records.schema import Floats
from simulation.vetting.cases import Levels


def fit(features: Any, levels: Levels, weights: Floats, penalty: float, n_levels: int) -> tuple[Floats, Floats]:
    """The coefficients and thresholds (n_levels - 1, rising) of most likelihood, with a ridge penalty.

    P(level <= k) = logistic(threshold_k - features @ coefficients); minimised is the weighted sum of minus
    log-likelihoods plus `penalty` times half the squared coefficients.
    """
    from scipy.optimize import minimize

    n_features = features.shape[1]
    shares = np.array([weights[levels <= k].sum() for k in range(n_levels - 1)]) / weights.sum()
    thresholds = np.log(np.clip(shares, 1e-3, 1 - 1e-3) / (1 - np.clip(shares, 1e-3, 1 - 1e-3)))
    steps = np.log(np.maximum(np.diff(thresholds), 1e-2))
    start = np.concatenate([np.zeros(n_features), thresholds[:1], steps])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        coefficients, free = parameters[:n_features], parameters[n_features:]
        limits, jacobian = _thresholds(free)
        score = features @ coefficients
        padded = np.concatenate([[-np.inf], limits, [np.inf]])
        upper, lower = _logistic(padded[levels + 1] - score), _logistic(padded[levels] - score)
        chance = np.maximum(upper - lower, 1e-12)
        slope_up, slope_down = upper * (1 - upper), lower * (1 - lower)
        by_score = -weights * (slope_down - slope_up) / chance
        by_limit = np.zeros(len(limits))
        for k in range(len(limits)):
            by_limit[k] = -(weights / chance * (slope_up * (levels == k) - slope_down * (levels == k + 1))).sum()
        value = -(weights * np.log(chance)).sum() + penalty / 2 * coefficients @ coefficients
        gradient = np.concatenate([features.T @ by_score + penalty * coefficients, by_limit @ jacobian])
        return float(value), gradient

    solution = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return solution.x[:n_features], _thresholds(solution.x[n_features:])[0]


def chances(score: Floats, thresholds: Floats) -> Floats:
    """P(level) of each case, shape (n, levels)."""
    below = _logistic(thresholds[None, :] - score[:, None])
    edges = np.column_stack([np.zeros(len(score)), below, np.ones(len(score))])
    chances: Floats = np.diff(edges, axis=1)
    return chances


def _thresholds(free: Floats) -> tuple[Floats, Floats]:
    """Rising thresholds from a first one and logarithms of steps, and their derivatives (thresholds, free)."""
    steps = np.exp(free[1:])
    limits = free[0] + np.concatenate([[0.0], np.cumsum(steps)])
    jacobian = np.zeros((len(limits), len(free)))
    jacobian[:, 0] = 1
    for k in range(len(steps)):
        jacobian[k + 1 :, k + 1] = steps[k]
    return limits, jacobian


def _logistic(x: Floats) -> Floats:
    from scipy.special import expit

    values: Floats = expit(x)
    return values
