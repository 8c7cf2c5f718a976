"""Where to look next: a Metropolis walk of many chains over a cube, by the chance of meeting every row.

Each chain steps along the difference of two others, in some of its dimensions (differential evolution, ter Braak 2006,
Statistics and Computing 16:239): parameters that are tied to one another are then walked along, not across. The priors
are even over the cube, so the chance alone decides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulation.records.schema import Floats

N_STEPS, N_TRIED = 40, 4000
JUMP = 0.1
"""How often a chain steps by a whole difference, which takes it from one hill to another."""
ALONG = 0.4
"""Share of dimensions in which a step goes."""
WOBBLE = 0.02


def walked(
    log_chance: Callable[[Floats], Floats],
    n_dims: int,
    rng: np.random.Generator,
    known: Floats,
    *,
    n_chains: int,
) -> Floats:
    """Points of a cube as the chance says, shape (chains, n_dims).

    Chains start from `known` (points that met every row) and from even draws, by their chance.
    """
    tried = np.vstack([rng.random((N_TRIED, n_dims)), known])
    logs = log_chance(tried)
    weights = np.exp(logs - logs.max())
    start = rng.choice(len(tried), size=n_chains, p=weights / weights.sum())
    points, at = tried[start], logs[start]
    halves = np.arange(n_chains) % 2
    for _ in range(N_STEPS):
        for half in (0, 1):
            mine, others = np.flatnonzero(halves == half), np.flatnonzero(halves != half)
            proposed = _proposed(points[mine], points[others], rng)
            new = log_chance(proposed)
            taken = np.log(rng.random(len(mine))) < new - at[mine]
            points[mine[taken]], at[mine[taken]] = proposed[taken], new[taken]
    return points


def _proposed(points: Floats, others: Floats, rng: np.random.Generator) -> Floats:
    """A step from each point, folded back where it would leave the cube."""
    n, n_dims = points.shape
    first, second = rng.integers(len(others), size=(2, n))
    moved = rng.random((n, n_dims)) < ALONG
    moved[np.arange(n), rng.integers(n_dims, size=n)] = True
    n_moved = moved.sum(axis=1, keepdims=True)
    length = np.where(rng.random((n, 1)) < JUMP, 1.0, 2.38 / np.sqrt(2 * n_moved))
    step = length * (others[first] - others[second]) + rng.normal(0, WOBBLE, (n, n_dims))
    beyond = np.mod(points + np.where(moved, step, 0.0), 2.0)
    return np.asarray(np.where(beyond > 1, 2 - beyond, beyond))
