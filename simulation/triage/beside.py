"""A tool's labels given the truth and the nurse's label, from joint counts of all three.

With the counts of a bench, nurse and tool err together as often as they did there, whichever nurse works with the tool:
the nurse's labels are unchanged, and the tool's follow from them and the truth. Nothing is drawn here.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge

from simulation.department.config_dataclass import Sourced, Unit, config_dataclass
from simulation.errors import Fault
from simulation.records.schema import Floats
from simulation.triage.matrix import Matrix

DECAY = 0.35
"""The factor by which the prior makes an error rarer for each level that it is farther from the truth."""
PRIOR_WEIGHT = 1.0
"""How many cases a row of the prior is worth."""


@config_dataclass
class BesideNurse(Sourced):
    """How often a tool gave each label to patients of each true level whom the nurse gave each label.

    Example: `{counts: [[[40, 5], [3, 2]], [[8, 12], [10, 120]]], evidence: measured, source: "own bench of 200 cases"}`
    """

    counts: Annotated[tuple[tuple[tuple[Annotated[float, Ge(0)], ...], ...], ...], Unit("patients")]
    """Patients by true level, then by the nurse's label, then by the tool's; the most urgent first in all three."""
    nurses: str = ""
    """Whose labels the nurse's are: the `source` of these nurses' own table, word for word. With other nurses in an arm
    a report says beside whom the tool was measured. Example: `nurses on 200 cases, own bench`"""


def ordinal_prior(n_levels: int) -> Floats:
    """Prior counts, shape (levels, levels): `PRIOR_WEIGHT` cases a row, fewer with the distance from the truth.

    A flat prior would put 9 % of a true level with 14 cases two levels away and farther; this one puts 1 % there.
    """
    level = np.arange(n_levels)
    weights = DECAY ** np.abs(level[None, :] - level[:, None]).astype(float)
    rows: Floats = PRIOR_WEIGHT * weights / weights.sum(axis=1, keepdims=True)
    return rows


def given_nurse(beside: BesideNurse) -> Floats:
    """P(tool's label | true level, nurse's label), shape (levels, levels, levels)."""
    rows = rows_given_nurse(beside)
    shares: Floats = rows / rows.sum(axis=2, keepdims=True)
    return shares


def rows_given_nurse(beside: BesideNurse) -> Floats:
    """Posterior Dirichlet parameters of each row: counts plus prior counts, shape (levels, levels, levels).

    The prior of a row is the tool's distribution at that true level over all labels of the nurse, worth one case, so it
    matters where few cases had that truth and that nurse's label. That distribution has `ordinal_prior` in turn.
    """
    counts = np.array(beside.counts, dtype=float)
    of_level = counts.sum(axis=1) + ordinal_prior(len(counts))
    of_level /= of_level.sum(axis=1, keepdims=True)
    rows: Floats = counts + PRIOR_WEIGHT * of_level[:, None, :]
    return rows


def joint_beside(beside: BesideNurse, nurse: Floats) -> Floats:
    """P(nurse's label, tool's label | true level), shape (levels, levels, levels); `nurse` has (levels, levels)."""
    return nurse[:, :, None] * given_nurse(beside)


def matrix_beside(beside: BesideNurse, nurse: Floats) -> Matrix:
    """The tool's table if nurses label by the matrix `nurse`, shape (levels, levels)."""
    shares = joint_beside(beside, nurse).sum(axis=1)
    rows = tuple(tuple(float(share) for share in row / row.sum()) for row in shares)
    return Matrix(shares=rows, evidence=beside.evidence, source=beside.source)


def beside_faults(beside: BesideNurse, n_levels: int, where: str) -> list[Fault]:
    """Faults of counts whose shape is not that of the levels, or that are all 0."""
    lengths = {len(beside.counts), *(len(table) for table in beside.counts)}
    lengths |= {len(row) for table in beside.counts for row in table}
    if lengths != {n_levels}:
        remedy = f"Give {n_levels} tables of {n_levels} rows of {n_levels}"
        return [Fault(f"{where}.counts", f"has tables and rows of {sorted(lengths)}", remedy)]
    total = float(np.sum(beside.counts))
    if not 0 < total < np.inf:
        return [Fault(f"{where}.counts", f"adds up to {total:g}", "Count one patient or more")]
    return []
