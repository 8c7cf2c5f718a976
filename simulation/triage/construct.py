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

**Labels beside the nurse's.** Of some tools it is known how often they agree with nurses, and nothing about the truth.

Agreement with nurses is no accuracy: nurses err. Given a nurse's label, the figures say how often the tool gives each
label (A), and the nurses' own table with the mix of true levels says what the truth may be (q). What ties the two is
not known. It is stated as a correlation c from -1 to 1:

- 0: the tool departs from the nurse without regard to the truth: P(truth, tool | nurse) = q x A;
- 1, the largest possible: it departs, as often as A and q allow, where she is wrong, and then to the truth. This is
  kind to the tool;
- -1: it departs only where she is right, as far as A and q allow, and never finds the truth where she misses it.

Between them the table is mixed in proportion. All three have the same agreement, so no count against nurses tells them
apart; labels of the same cases by a panel do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from simulation.department.config_dataclass import HOLDER, Sourced, Unit, config_dataclass
from simulation.errors import Fault, Faults, refuse
from simulation.records.schema import Floats
from simulation.triage.matrix import (
    BesideNurse,
    Estimate,
    LabelTable,
    Portion,
    Rows,
    by_row,
    distances,
    probabilities,
)

SMOOTHING = 0.5
"""Patients added to each cell: the usual prior weight (Jeffreys) for a table of counts."""
LEAST_MISS, GREATEST_MISS, MOST_STEPS, SLACK = 1e-10, 1e-7, 100, 0.1
"""Of the solution: how nearly its conditions are met, and must be; its steps, as a rule 25; and where it begins."""
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
    observed = np.asarray(counts, dtype=float)
    mix = observed.sum(axis=1) / observed.sum()
    near = smooth_rows(observed)
    weight = np.repeat(np.maximum(mix, LEAST_MISS), len(mix))
    equal, goal = _equalities(mix, wanted)
    found, miss = _least_entropy(near.ravel(), weight, equal, goal, _shape_rules(len(mix)))
    if not miss < GREATEST_MISS:
        refuse(
            "triage.construct",
            f"no matrix found with {wanted}",
            "Ask for figures that one table can have",
        )
    return by_row(found.reshape(near.shape))


@np.errstate(all="ignore")  # where there is no such table, nothing converges
def _least_entropy(
    near: Floats, weight: Floats, equal: Floats, goal: Floats, rules: Floats
) -> tuple[Floats, float]:
    """The table, flat, of the least entropy relative to `near` for which `equal @ table` is `goal` and `rules @ table`
    is 0 or more; and by how much the conditions of the least are missed.

    Primal-dual interior points (Boyd and Vandenberghe 2004, Convex Optimization, algorithm 11.2).
    """
    table, slack = near, np.full(len(rules), SLACK)
    price, force = np.zeros(len(goal)), slack
    none, miss = np.zeros((len(goal), len(goal))), np.inf
    for _ in range(MOST_STEPS):
        slope = weight * (np.log(table / near) + 1) - equal.T @ price - rules.T @ force
        wrong, off, gap = equal @ table - goal, rules @ table - slack, slack @ force / len(slack)
        miss = float(max(abs(slope).max(), abs(wrong).max(), abs(off).max(), gap))
        if miss < LEAST_MISS or not np.isfinite(miss):
            break
        centred = slack * force - gap / 10
        curve = np.diag(weight / table) + (rules.T * (force / slack)) @ rules
        left = np.block([[curve, -equal.T], [equal, none]])
        pull = rules.T @ ((centred + force * off) / slack)
        try:
            move = np.linalg.solve(left, np.concatenate([-slope - pull, -wrong]))
        except np.linalg.LinAlgError:
            return table, np.inf
        of_table, of_price = np.split(move, [len(near)])
        of_slack = rules @ of_table + off
        of_force = -(centred + force * of_slack) / slack
        values = np.concatenate([table, slack, force])
        moves = np.concatenate([of_table, of_slack, of_force])
        # nearly as far as the first that would come to 0
        far = 1 / max(1.0, float((-moves / values).max()) / 0.99)
        table, slack, force = table + far * of_table, slack + far * of_slack, force + far * of_force
        price = price + far * of_price
    return table, miss


@lru_cache(maxsize=64)
def under_share_limits(counts: Rows, exact_share: float) -> tuple[float, float] | None:
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


def smooth_rows(counts: Floats) -> Floats:
    """Shares by row of counts with `SMOOTHING` patients added to each cell, shape (levels, levels)."""
    return by_row(counts + SMOOTHING)


def round_rows(shares: Floats, decimals: int = 4) -> tuple[tuple[float, ...], ...]:
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


CASES = 1e6
"""Cases that the table is said to count, so that the prior of a bench's counts (one case) does not move it."""


@config_dataclass
class Departure(Estimate):
    """How far a tool departs from nurses where they are wrong.

    Example: `{value: 0.5, range: [0, 1], evidence: assumed, source: "not measured"}`
    """

    value: Annotated[float, Ge(-1), Le(1), HOLDER]
    """Where it departs: 0 is wherever, 1 as far as possible where they are wrong, -1 where they are right."""


@config_dataclass
class WithNurse(Sourced):
    """How often a tool agrees with nurses: `counts`, or the two shares.

    Example: `{agree_share: {value: 0.88, range: [0.8, 0.95], evidence: assumed, claim: true, source: "the vendor"},
    lower_share: {value: 0.06, range: [0.03, 0.09], evidence: assumed, source: "half of the rest"}, correlation:
    {value: 0.5, range: [0, 1], evidence: assumed, source: "not measured"}, evidence: assumed, source: "the vendor"}`
    """

    counts: Annotated[Rows, Unit("patients")] | None = None
    """Patients by the nurse's label, then by the tool's. Example: `[[40, 10], [20, 130]]`"""
    agree_share: Portion | None = None
    """The share of patients to whom both give one label."""
    lower_share: Portion | None = None
    """The share to whom the tool gives a less urgent label than the nurse."""
    correlation: Annotated[Departure, Unit("correlation")]
    """How far it departs from nurses where they are wrong."""


def stated_faults(stated: WithNurse, nurses: LabelTable, where: str) -> Iterator[Fault]:
    """Faults of figures that are missing or doubled, of counts of another shape, and of shares that no table has."""
    shares = stated.agree_share, stated.lower_share
    n = len(nurses.counts or ())
    if not n:
        yield Fault(where, "needs nurses whose table counts patients", "State theirs as counts")
    elif (stated.counts is None) == (shares == (None, None)) or (
        stated.counts is None and None in shares
    ):
        yield Fault(
            where, "states neither counts nor both shares, or both", "Give counts, or both shares"
        )
    elif stated.counts is not None:
        if {len(stated.counts), *map(len, stated.counts)} != {n} or not all(
            map(sum, stated.counts)
        ):
            yield Fault(
                f"{where}.counts",
                "has another shape, or a row without patients",
                f"Give {n} rows of {n}",
            )
    elif stated.agree_share and stated.lower_share:
        agree, lower = stated.agree_share.value, stated.lower_share.value
        limits = under_share_limits(_rows(_by_label(nurses)), agree)
        if limits is None or not limits[0] <= lower <= limits[1]:
            possible = f"{limits[0]:.4f} to {limits[1]:.4f}" if limits else "none"
            yield Fault(
                where,
                f"no table has agree_share {agree:g} and lower_share {lower:g}",
                f"With that agreement, lower_share can be: {possible}",
            )


def beside_nurses(
    stated: WithNurse, nurses: LabelTable, where: str, faults: Faults
) -> BesideNurse | None:
    """The tool's labels given the truth and the nurse's label; None after adding to `faults`."""
    found = list(stated_faults(stated, nurses, where))
    faults += found
    if found:
        return None
    rows = tuple(tuple(map(float, row)) for row in (stated.counts or ()))
    agree, lower = (
        share.value if share else 0.0 for share in (stated.agree_share, stated.lower_share)
    )
    given = _given_label(rows, _rows(_by_label(nurses)), agree, lower)
    counts = _tied(given, by_row(np.array(_joint(nurses)).T), stated.correlation.value)
    return BesideNurse(
        counts=tuple(map(_rows, counts)),
        nurses=nurses.source,
        evidence=stated.evidence,
        source=stated.source,
    )


def _joint(nurses: LabelTable) -> Floats:
    """Patients by true level and nurse's label, smoothed so that none is impossible; shape (levels, levels)."""
    counts = np.array(nurses.counts, dtype=float)
    return np.asarray(smooth_rows(counts) * counts.sum(axis=1, keepdims=True))


def _by_label(nurses: LabelTable) -> Floats:
    """The table from which a tool departs least: as many patients of each label as nurses give it, each departing as
    nurses depart from the truth of that level."""
    labelled = _joint(nurses).sum(axis=0)
    return np.asarray(probabilities(nurses) * labelled[:, None])


@lru_cache(maxsize=64)
def _given_label(counts: Rows, start: Rows, agree: float, lower: float) -> Floats:
    """P(tool's label | nurse's label), shape (levels, levels): counted, or the nearest table with these shares."""
    return (
        by_row(np.array(counts))
        if counts
        else nearest_matrix(start, Wanted(exact_share=agree, under_share=lower))
    )


def _tied(given: Floats, truth: Floats, correlation: float) -> Floats:
    """Cases by truth, nurse's label and tool's, shape (levels, levels, levels).

    given: P(tool's label | nurse's label); truth: P(true level | nurse's label); both (levels, levels).
    """
    n = len(given)
    joint = np.zeros((n, n, n))
    for label in range(n):
        q, a = truth[label], given[label]
        free = np.outer(q, a)
        if correlation >= 0:
            hits = np.minimum(q, a)
            tied = np.diag(hits) + _spread(q - hits, a - hits)
        else:
            wrong = np.where(np.arange(n) == label, 0.0, q)
            tied = np.zeros((n, n))
            tied[:, label] = wrong * min(
                a[label] / wrong.sum(), 1.0
            )  # it keeps her label where she is wrong
            tied[label, label] = max(a[label] - wrong.sum(), 0.0)
            tied += _spread(q - tied.sum(axis=1), a - tied.sum(axis=0))
        joint[:, label, :] = (1 - abs(correlation)) * free + abs(correlation) * tied
    return CASES * joint


def _spread(rows: Floats, columns: Floats) -> Floats:
    """What is left of rows and columns, spread without regard to one another; shape (levels, levels)."""
    rows, columns = np.maximum(rows, 0), np.maximum(columns, 0)
    total = rows.sum()
    return np.asarray(
        np.outer(rows, columns) / total if total > 0 else np.zeros((len(rows), len(columns)))
    )


def _rows(table: Floats) -> Rows:
    return tuple(tuple(float(cell) for cell in row) for row in table)
