"""Error matrices: how often a patient of each true level is given each label, and their summary figures.

Levels are in order of urgency, the most urgent first; rows are true levels, columns labels. To the right of the
diagonal is under-triage (a label less urgent than the truth), to the left over-triage. Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated, TypedDict

import numpy as np
from annotated_types import Ge

from simulation.department.config_dataclass import Share, Sourced, Unit, config_dataclass
from simulation.errors import ConfigError, Fault
from simulation.records.schema import Floats

Rows = tuple[tuple[Annotated[float, Ge(0)], ...], ...]
TOLERANCE = 1e-9
"""How far a row of shares may be from 1: rounding of the sum itself, nothing more."""
N_HIGH = 2
"""The levels that count as high acuity in sensitivity and specificity: the two most urgent."""


@config_dataclass
class Table(Sourced):
    """How often patients of each true level are given each label: exactly one of `counts` and `shares`.

    Rows are true levels, columns labels, the most urgent first in both.

    Example: `{shares: [[0.9, 0.1], [0.2, 0.8]], evidence: assumed, source: "a judgement"}`
    """

    counts: Annotated[Rows, Unit("patients")] | None = None
    """Patients of each true level by label; each row is scaled to shares. Example: `[[45, 5], [30, 120]]`"""
    shares: tuple[tuple[Share, ...], ...] | None = None
    """Shares of each true level by label; each row adds up to 1."""
    claim: bool = False
    """Whether it is somebody's claim that nobody independent has tested: results that rest on it say so."""


@config_dataclass
class Matrix(Table):
    """A table for everybody, and other ones for some groups of patients.

    Example: `{shares: [[0.9, 0.1], [0.2, 0.8]], by_group: {language_need: {"yes": {shares: [[0.8, 0.2], [0.3, 0.7]],
    evidence: assumed, source: "a judgement"}}}, evidence: measured, source: "own audit of 200 cards"}`
    """

    by_group: Mapping[str, Mapping[str, Table]] = field(default_factory=dict)
    """One attribute, and for some of its categories a table of their own."""


class Agreement(TypedDict):
    """How labels agree with the truth under one case mix. Shares are of patients, in [0, 1].

    `under_share` had a label less urgent than the truth, `over_share` a more urgent one. `sensitivity` is the
    share of true levels 1-2 labelled 1-2, `specificity` the share of the others labelled otherwise (NaN where the
    mix has none). `kappa_linear` and `kappa_quadratic` weigh an error by its distance and its distance squared.
    """

    exact_share: float
    under_share: float
    over_share: float
    two_or_more_levels_share: float
    kappa_linear: float
    kappa_quadratic: float
    sensitivity: float
    specificity: float
    label_mix: tuple[float, ...]


def probabilities(table: Table) -> Floats:
    """P(label | true level), shape (levels, levels), every row adding up to 1.

    Raises ConfigError with the faults of the table.
    """
    faults = table_faults(table, "matrix")
    if faults:
        raise ConfigError(faults)
    rows = np.array(table.counts if table.counts is not None else table.shares, dtype=float)
    shares: Floats = rows / rows.sum(axis=1, keepdims=True)
    return shares


def table_faults(table: Table, where: str, levels: Sequence[str] | None = None) -> list[Fault]:
    """Everything that is wrong with the table at the dotted path `where`; `levels` are the levels it must have."""
    if (table.counts is None) == (table.shares is None):
        found = "neither counts nor shares" if table.counts is None else "both counts and shares"
        return [Fault(where, f"has {found}", "State exactly one of them")]
    name = "shares" if table.counts is None else "counts"
    rows = table.shares if table.counts is None else table.counts
    assert rows is not None
    if not rows and levels is None:
        return [Fault(f"{where}.{name}", "has no rows", "Give one for each level")]
    n = len(levels) if levels is not None else len(rows)
    if len(rows) != n or any(len(row) != n for row in rows):
        shape = f"{len(rows)} rows of {', '.join(sorted({str(len(row)) for row in rows})) or 'no'} columns"
        known = f" ({', '.join(levels)})" if levels is not None else ""
        return [Fault(f"{where}.{name}", f"has {shape}", f"Give {n} rows of {n}, one a level{known}")]
    titles = [f"row {k + 1}" + (f" ({levels[k]})" if levels is not None else "") for k in range(n)]
    return [
        fault
        for title, row in zip(titles, rows, strict=True)
        for fault in _row_faults(row, f"{where}.{name}", title, whole=table.counts is None)
    ]


def _row_faults(row: Sequence[float], where: str, title: str, *, whole: bool) -> list[Fault]:
    total = float(sum(row))
    if any(value < 0 for value in row) or not np.isfinite(total):
        return [Fault(where, f"{title} holds {min(row)}", "Every entry is a finite number, 0 or more")]
    if whole and abs(total - 1) > TOLERANCE:
        return [Fault(where, f"{title} adds up to {total:.10g}", "Every row of shares adds up to 1")]
    if total == 0:
        return [Fault(where, f"{title} adds up to 0", "Every row of counts holds at least one patient")]
    return []


def agreement(shares: Floats, mix: Sequence[float]) -> Agreement:
    """Summary figures of a matrix `shares` (levels, levels) under a case `mix` (shares or counts by true level).

    Weighted kappa is 1 - (mean weight) / (mean weight if labels were shuffled among patients), with weights
    `|i - j|` or `(i - j)^2` (Cohen 1968, Psychol Bull 70:213). It depends on the mix: quote both together.

    Raises ConfigError for a `mix` of another length, below 0 or all 0.
    """
    true_mix = np.asarray(mix, dtype=float)
    if true_mix.shape != (len(shares),) or np.any(true_mix < 0) or not true_mix.sum() > 0:
        raise ConfigError(
            [Fault("mix", f"is {list(mix)}", f"Give {len(shares)} numbers, 0 or more, one a true level, not all 0")]
        )
    true_mix = true_mix / true_mix.sum()
    joint = true_mix[:, None] * shares
    label_mix = joint.sum(axis=0)
    distance = _distance(len(shares))
    return {
        "exact_share": float(joint[distance == 0].sum()),
        "under_share": float(joint[distance > 0].sum()),
        "over_share": float(joint[distance < 0].sum()),
        "two_or_more_levels_share": float(joint[np.abs(distance) >= 2].sum()),
        "kappa_linear": _kappa(joint, np.abs(distance)),
        "kappa_quadratic": _kappa(joint, distance**2),
        "sensitivity": _ratio(joint[:N_HIGH, :N_HIGH].sum(), true_mix[:N_HIGH].sum()),
        "specificity": _ratio(joint[N_HIGH:, N_HIGH:].sum(), true_mix[N_HIGH:].sum()),
        "label_mix": tuple(float(share) for share in label_mix),
    }


def _distance(n_levels: int) -> Floats:
    """Label minus true level, shape (levels, levels): positive is under-triage."""
    level = np.arange(n_levels, dtype=float)
    return level[None, :] - level[:, None]


def _kappa(joint: Floats, weight: Floats) -> float:
    """Weighted kappa of a joint distribution; NaN if one level holds everybody."""
    shuffled = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return 1 - _ratio((weight * joint).sum(), (weight * shuffled).sum())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
