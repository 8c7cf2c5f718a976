"""Matrices that a published summary implies, where no matrix was published.

Studies of language models print an exact agreement and a kappa, and seldom the table. Many tables fit; this file
picks the one that departs least from the nurses' table. It is a construction, not a measurement: a table that an AI
with those two figures could have. Every figure that rests on it must say so.

**The construction.** With true mix m_i (the experts' levels in the nurses' study) and p_ij the nurses' table
smoothed by half a patient a cell, p_ij = (count_ij + 0.5) / (n_i + 0.5 x levels), find the table q that minimises
the relative entropy weighted by the mix,

    sum_i m_i sum_j q_ij ln(q_ij / p_ij),

subject to rows that add up to 1, to what is wanted,

- exact agreement a:           sum_i m_i q_ii = a;
- *quadratic* weighted kappa k: sum_ij m_i q_ij [(i - j)^2 - (1 - k) c_j] = 0 with c_j = sum_h m_h (h - j)^2;
- under- to over-triage r:     sum_{j > i} m_i q_ij = r sum_{j < i} m_i q_ij,
- under-triage u:              sum_{j > i} m_i q_ij = u,

and to one rule of shape: on either side of the truth no label is given more often than a nearer one. All of it is
linear in q (the chance term of kappa too, because the true mix is fixed) and the entropy is strictly convex, so
there is one answer. Where the rule of shape does not bind it is the nurses' table tilted exponentially: q_ij is
proportional to p_ij exp(lambda [i = j] + mu [(i - j)^2 - (1 - k) c_j] + nu ([j > i] - r [j < i])).

Without the rule of shape the tilt grows with the square of the distance and magnifies the smoothing (half a patient in
a row of 26): a quarter of the true 'immediate' would be called 'non-urgent'.

**What it assumes.** Smoothing by 0.5 decides how likely the errors are that no nurse in the study made. The
published figures were measured under another scale (ESI) and another, unprinted case mix; kappa depends on the
mix. The direction of the errors was not in the abstract: hence two versions, three errors down to one up, and
the reverse.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.errors import refuse
from simulation.records.schema import Floats
from simulation.triage.matrix import by_row, distances

SMOOTHING = 0.5
"""Patients added to each cell: the usual prior weight (Jeffreys) for a table of counts."""
LEAST_CELL = 1e-12
"""The least share of a cell: the entropy has no value at 0."""
GREATEST_MISS = 1e-7
LEAST_OF_A_KIND = 0.001
"""How far under-triage must stay inside what is possible: at the very bound a table has no errors of one kind, and
nothing says how the nearest table would spread them."""


@dataclass(frozen=True)
class Wanted:
    """The constraints on a table: exact agreement, quadratic kappa, under-triaged patients for each over-triaged one,
    and the share of patients under-triaged; None is no constraint."""

    exact_share: float
    kappa_quadratic: float | None = None
    under_to_over: float | None = None
    under_share: float | None = None


def nearest_matrix(counts: Sequence[Sequence[float]], wanted: Wanted) -> Floats:
    """The table nearest to the smoothed `counts` that meets the constraints under the mix of the counts' rows.

    Shape (levels, levels); rows add up to 1. Raises ConfigError if no table has all of it.
    """
    from scipy.optimize import LinearConstraint, minimize

    observed = np.asarray(counts, dtype=float)
    n = len(observed)
    mix = observed.sum(axis=1) / observed.sum()
    start = smoothed(observed)
    weight = np.repeat(mix, n)

    def entropy(flat: Floats) -> float:
        return float(weight @ (flat * np.log(flat / start.ravel())))

    def slope(flat: Floats) -> Floats:
        return np.asarray(weight * (np.log(flat / start.ravel()) + 1))

    equal, goal = _equalities(mix, wanted)
    shape_rules = _shape_rules(n)
    solved = minimize(
        entropy,
        start.ravel(),
        jac=slope,
        method="SLSQP",
        bounds=[(LEAST_CELL, 1.0)] * n**2,
        constraints=[
            LinearConstraint(equal, goal, goal),
            LinearConstraint(shape_rules, 0.0, np.inf),
        ],
        options={"ftol": 1e-13, "maxiter": 1000},
    )
    worst = max(np.abs(equal @ solved.x - goal).max(), -(shape_rules @ solved.x).min())
    if not (solved.success and worst < GREATEST_MISS):
        refuse(
            "triage.construct",
            f"no matrix found with {wanted}",
            "Ask for figures that one table can have",
        )
    return by_row(solved.x.reshape(n, n))


def under_share_limits(
    counts: Sequence[Sequence[float]], exact_share: float
) -> tuple[float, float] | None:
    """The least and the greatest share of under-triage that a table with this exact agreement can have.

    Only tables with errors of both kinds count; None if there is no such table.
    """
    from scipy.optimize import linprog

    observed = np.asarray(counts, dtype=float)
    n, mix = len(observed), observed.sum(axis=1) / observed.sum()
    equal, goal = _equalities(mix, Wanted(exact_share=exact_share))
    under = (mix[:, None] * np.triu(np.ones((n, n)), 1)).ravel()
    shape_rules = _shape_rules(n)
    ends = [
        linprog(
            sign * under,
            A_ub=-shape_rules,
            b_ub=np.zeros(len(shape_rules)),
            A_eq=equal,
            b_eq=goal,
            bounds=(0, 1),
        )
        for sign in (1, -1)
    ]
    low, high = (end.fun for end in ends)
    if low is None or high is None:
        return None
    least, most = float(low) + LEAST_OF_A_KIND, -float(high) - LEAST_OF_A_KIND
    return (least, most) if least <= most else None


def smoothed(counts: Floats) -> Floats:
    """Shares by row of counts with `SMOOTHING` patients added to each cell, shape (levels, levels)."""
    return by_row(counts + SMOOTHING)


def rounded(shares: Floats, decimals: int = 4) -> tuple[tuple[float, ...], ...]:
    """The table rounded to so many decimals, every row still adding up to 1 (the largest remainders are rounded up)."""
    units = 10**decimals
    rows = []
    for row in shares:
        exact = row * units
        whole = np.floor(exact).astype(int)
        missing = units - int(whole.sum())
        whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
        rows.append(tuple(float(value) / units for value in whole))
    return tuple(rows)


def _equalities(mix: Floats, wanted: Wanted) -> tuple[Floats, Floats]:
    """Coefficients and right-hand sides of the equations of the flat table, shapes (k, cells) and (k,).

    There is one for each row of the table and one for each wanted figure.
    """
    n = len(mix)
    distance = distances(n)
    cells, goals = [distance == 0], [wanted.exact_share]
    if wanted.kappa_quadratic is not None:
        by_chance = mix @ distance**2
        cells.append(distance**2 - (1 - wanted.kappa_quadratic) * by_chance[None, :])
        goals.append(0.0)
    if wanted.under_to_over is not None:
        cells.append((distance > 0) - wanted.under_to_over * (distance < 0))
        goals.append(0.0)
    if wanted.under_share is not None:
        cells.append(distance > 0)
        goals.append(wanted.under_share)
    figures = [(mix[:, None] * coefficients).ravel() for coefficients in cells]
    return np.vstack([np.kron(np.eye(n), np.ones(n)), *figures]), np.array([1.0] * n + goals)


def _shape_rules(n_levels: int) -> Floats:
    """Coefficients of the rule of shape, shape (rules, cells): each rule times the flat table is 0 or more.

    No label is given more often than one nearer the truth on the same side.
    """
    rules = []
    for true in range(n_levels):
        steps = [(label, label + 1) for label in range(true, n_levels - 1)]
        steps += [(label, label - 1) for label in range(true, 0, -1)]
        for nearer, farther in steps:
            rule = np.zeros((n_levels, n_levels))
            rule[true, nearer], rule[true, farther] = 1.0, -1.0
            rules.append(rule.ravel())
    return np.array(rules)
