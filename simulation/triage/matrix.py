"""Numbers of a policy, each with the range to sweep and its source; and its error matrices with their summary figures.

An error matrix says how often a patient of each true level is given each label.

Levels are in order of urgency, the most urgent first; rows are true levels, columns labels. To the right of the
diagonal is under-triage (a label less urgent than the truth), to the left over-triage. Nothing is drawn here.

Beside such tables stand joint counts of the truth, the nurse's label and the tool's, as a bench has them: then nurse
and tool err together as often as they did there, whichever nurse works with the tool. The nurse's labels are unchanged,
and the tool's follow from them and the truth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Annotated, TypedDict

import numpy as np

from simulation.department.config_dataclass import (
    HOLDER,
    AttributeName,
    BelowOne,
    CategoryName,
    Context,
    NotNegative,
    Positive,
    Range,
    Share,
    Sourced,
    Unit,
    config_dataclass,
)
from simulation.department.vocabulary import ACUITY_GIVEN, ACUITY_TRUE
from simulation.errors import Fault, Faults, refuse
from simulation.records.schema import Floats


@config_dataclass
class Estimate(Sourced):
    """A number, where it comes from, and the range to sweep.

    Example: `{value: 27, range: [0, 54], evidence: published, source: "a trial's mean and interval"}`
    """

    value: Annotated[float, HOLDER]
    """The number itself, inside its range."""
    range: Range | None = None
    """The lowest and the highest to sweep; an assumed number must say."""
    claim: bool = False
    """Whether it is somebody's claim that nobody independent has tested: results that rest on it say so."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """A value outside its range, or an assumed one without a range."""
        if not self.range:
            if self.evidence == "assumed":
                yield Fault("range", "is missing", "An assumed number says what range to sweep")
        elif not self.range[0] <= self.value <= self.range[1]:
            yield Fault(
                "",
                f"{self.value} is outside its own range {list(self.range)}",
                "Change the value or the range",
            )


@config_dataclass
class Correlation(Estimate):
    """How much of an assessor's random variates is the patient's difficulty.

    Example: `{value: 0.5, range: [0, 0.9], evidence: assumed, source: "no study measured it"}`
    """

    value: BelowOne
    """The correlation: 0 makes errors independent of those of other assessors."""


@config_dataclass
class Portion(Estimate):
    """A share or a probability.

    Example: `{value: 0.85, range: [0.6, 0.95], evidence: assumed, source: "a judgement"}`
    """

    value: Share


Probability = Annotated[Portion, Unit("probability")]


@config_dataclass
class AtLeastZero(Estimate):
    """A number that is not negative.

    Example: `{value: 1.85, range: [1.32, 2.37], evidence: published, source: "price list"}`
    """

    value: Annotated[NotNegative, HOLDER]


@config_dataclass
class AboveZero(Estimate):
    """A length of time that something takes.

    Example: `{value: 12, range: [6, 24], evidence: assumed, source: "a judgement"}`
    """

    value: Annotated[Positive, HOLDER]


Rows = tuple[tuple[NotNegative, ...], ...]
TOLERANCE = 1e-9
"""How far a row of shares may be from 1: rounding of the sum itself, nothing more."""
N_HIGH = 2
"""The levels that count as high acuity in sensitivity and specificity: the two most urgent."""
DECAY = 0.35
"""The factor by which the prior makes an error rarer for each level that it is farther from the truth."""
PRIOR_WEIGHT = 1.0
"""How many cases a row of the prior is worth."""


@config_dataclass
class LabelTable(Sourced):
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

    def faults(self, context: Context) -> Iterator[Fault]:
        """Everything that is wrong with it, for the levels of the department."""
        return table_faults(self, "", context.categories.get(ACUITY_TRUE))


@config_dataclass
class Matrix(LabelTable):
    """A table for everybody, and other ones for some groups of patients.

    Example: `{shares: [[0.9, 0.1], [0.2, 0.8]], by_group: {language_need: {"yes": {shares: [[0.8, 0.2], [0.3, 0.7]],
    evidence: assumed, source: "a judgement"}}}, evidence: measured, source: "own audit of 200 cards"}`
    """

    by_group: Mapping[AttributeName, Mapping[CategoryName, LabelTable]] = field(
        default_factory=dict
    )
    """One attribute, and for some of its categories a table of their own."""

    def faults(self, context: Context) -> Iterator[Fault]:
        """Those of the table for everybody, and groups to which a patient could belong twice or not yet."""
        yield from super().faults(context)
        groups = self.by_group
        if len(groups) > 1:
            yield Fault(
                "by_group",
                f"has tables by {len(groups)} attributes ({', '.join(groups)})",
                "Choose one: a patient would belong to several tables",
            )
        if ACUITY_GIVEN in groups:
            yield Fault(
                f"by_group.{ACUITY_GIVEN}",
                "the label cannot choose the table it comes from",
                "Name another attribute",
            )


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


def probabilities(table: LabelTable) -> Floats:
    """P(label | true level), shape (levels, levels), every row adding up to 1.

    Raises ConfigError with the faults of the table.
    """
    Faults(table_faults(table, "matrix")).refuse()
    return by_row(np.array(table.counts if table.counts is not None else table.shares, dtype=float))


def by_row(rows: Floats) -> Floats:
    """Rows scaled to shares, shape of `rows`: the last axis adds up to 1."""
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True))


def table_faults(
    table: LabelTable, where: str, levels: Sequence[str] | None = None
) -> Iterator[Fault]:
    """Everything that is wrong with the table at the dotted path `where`; `levels` are the levels it must have."""
    if (table.counts is None) == (table.shares is None):
        found = "neither counts nor shares" if table.counts is None else "both counts and shares"
        yield Fault(where, f"has {found}", "State exactly one of them")
        return
    where = f"{where}.{'shares' if table.counts is None else 'counts'}".lstrip(".")
    rows = table.counts or table.shares or ()
    n = len(levels) if levels is not None else len(rows)
    if not n:
        yield Fault(where, "has no rows", "Give one for each level")
    elif len(rows) != n or any(len(row) != n for row in rows):
        shape = f"{len(rows)} rows of {', '.join(sorted({str(len(row)) for row in rows})) or 'no'} columns"
        known = f" ({', '.join(levels)})" if levels is not None else ""
        yield Fault(where, f"has {shape}", f"Give {n} rows of {n}, one a level{known}")
    else:
        for k, row in enumerate(rows):
            title, total = (
                f"row {k + 1}" + (f" ({levels[k]})" if levels is not None else ""),
                float(sum(row)),
            )
            if any(value < 0 for value in row) or not np.isfinite(total):
                yield Fault(
                    where, f"{title} holds {min(row)}", "Every entry is a finite number, 0 or more"
                )
            elif table.counts is None and abs(total - 1) > TOLERANCE:
                yield Fault(
                    where, f"{title} adds up to {total:.10g}", "Every row of shares adds up to 1"
                )
            elif total == 0:
                yield Fault(
                    where, f"{title} adds up to 0", "Every row of counts holds at least one patient"
                )


def agreement(shares: Floats, mix: Sequence[float]) -> Agreement:
    """Summary figures of a matrix `shares` (levels, levels) under a case `mix` (shares or counts by true level).

    Weighted kappa is 1 - (mean weight) / (mean weight if labels were shuffled among patients), with weights
    `|i - j|` or `(i - j)^2` (Cohen 1968, Psychol Bull 70:213). It depends on the mix: quote both together.

    Raises ConfigError for a `mix` of another length, below 0 or all 0.
    """
    true_mix = np.asarray(mix, dtype=float)
    if true_mix.shape != (len(shares),) or np.any(true_mix < 0) or not true_mix.sum() > 0:
        refuse(
            "mix",
            f"is {list(mix)}",
            f"Give {len(shares)} numbers, 0 or more, one a true level, not all 0",
        )
    true_mix = true_mix / true_mix.sum()
    joint = true_mix[:, None] * shares
    label_mix = joint.sum(axis=0)
    distance = distances(len(shares))
    return {
        "exact_share": float(joint[distance == 0].sum()),
        "under_share": float(joint[distance > 0].sum()),
        "over_share": float(joint[distance < 0].sum()),
        "two_or_more_levels_share": float(joint[np.abs(distance) >= 2].sum()),
        "kappa_linear": _kappa(joint, np.abs(distance)),
        "kappa_quadratic": _kappa(joint, distance**2),
        "sensitivity": _ratio(joint[:N_HIGH, :N_HIGH].sum(), true_mix[:N_HIGH].sum()),
        "specificity": _ratio(joint[N_HIGH:, N_HIGH:].sum(), true_mix[N_HIGH:].sum()),
        "label_mix": tuple(label_mix.tolist()),
    }


def distances(n_levels: int) -> Floats:
    """Label minus true level, shape (levels, levels): positive is under-triage."""
    level = np.arange(n_levels, dtype=float)
    return level[None, :] - level[:, None]


def _kappa(joint: Floats, weight: Floats) -> float:
    """Weighted kappa of a joint distribution; NaN if one level holds everybody."""
    shuffled = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return 1 - _ratio((weight * joint).sum(), (weight * shuffled).sum())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


@config_dataclass
class BesideNurse(Sourced):
    """How often a tool gave each label to patients of each true level whom the nurse gave each label.

    Example: `{counts: [[[40, 5], [3, 2]], [[8, 12], [10, 120]]], evidence: measured, source: "own bench of 200 cases"}`
    """

    counts: Annotated[tuple[Rows, ...], Unit("patients")]
    """Patients by true level, then by the nurse's label, then by the tool's; the most urgent first in all three."""
    nurses: str = ""
    """Whose labels the nurse's are: the `source` of these nurses' own table, word for word. With other nurses in an arm
    a report says beside whom the tool was measured. Example: `nurses on 200 cases, own bench`"""


def ordinal_prior(n_levels: int) -> Floats:
    """Prior counts, shape (levels, levels): `PRIOR_WEIGHT` cases a row, fewer with the distance from the truth.

    A flat prior would put 9 % of a true level with 14 cases two levels away and farther; this one puts 1 % there.
    """
    return PRIOR_WEIGHT * by_row(DECAY ** np.abs(distances(n_levels)))


def given_nurse(beside: BesideNurse) -> Floats:
    """P(tool's label | true level, nurse's label), shape (levels, levels, levels)."""
    return by_row(rows_given_nurse(beside))


def rows_given_nurse(beside: BesideNurse) -> Floats:
    """Posterior Dirichlet parameters of each row: counts plus prior counts, shape (levels, levels, levels).

    The prior of a true level is worth one case, as in a table without a nurse, an equal part of it for each label of
    the nurse: the tool's distribution at that level over all her labels, which has `ordinal_prior` in turn. It decides
    where no case had that truth and that label; where few had, the two err together a little less often than counted.
    """
    counts = np.array(beside.counts, dtype=float)
    of_level = by_row(counts.sum(axis=1) + ordinal_prior(len(counts)))
    return counts + PRIOR_WEIGHT / len(counts) * of_level[:, None, :]


def joint_beside(beside: BesideNurse, nurse: Floats) -> Floats:
    """P(nurse's label, tool's label | true level), shape (levels, levels, levels); `nurse` has (levels, levels)."""
    return nurse[:, :, None] * given_nurse(beside)


def matrix_beside(beside: BesideNurse, nurse: Floats) -> Matrix:
    """The tool's table if nurses label by the matrix `nurse`, shape (levels, levels)."""
    shares = joint_beside(beside, nurse).sum(axis=1)
    rows = tuple(tuple(float(share) for share in row / row.sum()) for row in shares)
    return Matrix(shares=rows, evidence=beside.evidence, source=beside.source)


def beside_faults(beside: BesideNurse, n_levels: int, where: str) -> Iterator[Fault]:
    """Faults of counts whose shape is not that of the levels, or that are all 0."""
    lengths = {len(beside.counts), *(len(table) for table in beside.counts)}
    lengths |= {len(row) for table in beside.counts for row in table}
    if lengths != {n_levels}:
        yield Fault(
            f"{where}.counts",
            f"has tables and rows of {sorted(lengths)}",
            f"Give {n_levels} tables of {n_levels} rows of {n_levels}",
        )
        return
    total = float(np.sum(beside.counts))
    if not 0 < total < np.inf:
        yield Fault(f"{where}.counts", f"adds up to {total:g}", "Count one patient or more")
