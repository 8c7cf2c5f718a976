"""The departments to simulate next: a Metropolis walk of many chains over a cube, by the chance of meeting every row.

Each chain steps along the difference of two others, in some of its dimensions (differential evolution, ter Braak 2006,
Statistics and Computing 16:239), so that steps follow parameters that are tied to one another. The priors are even over
the cube, so the chance alone decides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulation.records.schema import Floats

N_STEPS, N_TRIED = 40, 4000
JUMP = 0.1
"""The share of steps by a whole difference, which can take a chain from one mode to another."""
ALONG = 0.4
"""The share of dimensions that a step changes."""
WOBBLE = 0.02


def walk(
    log_chance: Callable[[Floats], Floats],
    n_dims: int,
    rng: np.random.Generator,
    known: Floats,
    *,
    n_chains: int,
) -> Floats:
    """Points of a cube drawn in proportion to their chance, shape (chains, n_dims).

    Chains start from `known` (points that met every row) and from even draws, in proportion to their chance.
    """
    tried = np.vstack([rng.random((N_TRIED, n_dims)), known])
    log_tried = log_chance(tried)
    weights = np.exp(log_tried - log_tried.max())
    start = rng.choice(len(tried), size=n_chains, p=weights / weights.sum())
    points, log_chances = tried[start], log_tried[start]
    halves = np.arange(n_chains) % 2
    for _ in range(N_STEPS):
        for half in (0, 1):
            moving, others = np.flatnonzero(halves == half), np.flatnonzero(halves != half)
            proposed = _proposed(points[moving], points[others], rng)
            log_proposed = log_chance(proposed)
            accepted = np.log(rng.random(len(moving))) < log_proposed - log_chances[moving]
            points[moving[accepted]], log_chances[moving[accepted]] = proposed[accepted], log_proposed[accepted]
    return points


def _proposed(points: Floats, others: Floats, rng: np.random.Generator) -> Floats:
    """The points after a step from each, folded back where it would leave the cube."""
    n, n_dims = points.shape
    first, second = rng.integers(len(others), size=(2, n))
    along = rng.random((n, n_dims)) < ALONG
    along[np.arange(n), rng.integers(n_dims, size=n)] = True
    n_along = along.sum(axis=1, keepdims=True)
    length = np.where(rng.random((n, 1)) < JUMP, 1.0, 2.38 / np.sqrt(2 * n_along))
    step = length * (others[first] - others[second]) + rng.normal(0, WOBBLE, (n, n_dims))
    unfolded = np.mod(points + np.where(along, step, 0.0), 2.0)
    return np.asarray(np.where(unfolded > 1, 2 - unfolded, unfolded))
