"""A tool of which is known how often it agrees with nurses, and nothing about the truth: its labels beside theirs.

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

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from simulation.department.config_dataclass import HOLDER, Sourced, Unit, config_dataclass
from simulation.errors import Fault, Faults
from simulation.records.schema import Floats
from simulation.triage.construct import Wanted, nearest_matrix, smoothed, under_share_limits
from simulation.triage.estimates import Estimate, Portion
from simulation.triage.matrix import BesideNurse, LabelTable, Rows, by_row, probabilities

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
        limits = under_share_limits(_by_label(nurses).tolist(), agree)
        if limits is None or not limits[0] <= lower <= limits[1]:
            possible = f"{limits[0]:.4f} to {limits[1]:.4f}" if limits else "none"
            found = f"no table has agree_share {agree:g} and lower_share {lower:g}"
            yield Fault(where, found, f"With that agreement, lower_share can be: {possible}")


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
    return np.asarray(smoothed(counts) * counts.sum(axis=1, keepdims=True))


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
    return np.asarray(CASES * joint)


def _spread(rows: Floats, columns: Floats) -> Floats:
    """What is left of rows and columns, spread without regard to one another; shape (levels, levels)."""
    rows, columns = np.maximum(rows, 0), np.maximum(columns, 0)
    total = rows.sum()
    return np.asarray(
        np.outer(rows, columns) / total if total > 0 else np.zeros((len(rows), len(columns)))
    )


def _rows(table: Floats) -> Rows:
    return tuple(tuple(float(cell) for cell in row) for row in table)
