"""Nurse and tool as a configuration states them, apart, and the policy that the two make for an arm.

The nurse is stated once, for all arms. A tool's labels are a table, two figures from which a table is constructed
(`construct`), counts beside the nurse, figures of agreement with her (`with_nurse`), or the nurse's own table; so no
policy repeats hers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Annotated, TypeVar

import numpy as np

from simulation.department.config_dataclass import (
    AttributeName,
    CategoryName,
    Positive,
    Sourced,
    Unit,
    config_dataclass,
)
from simulation.errors import Fault, Faults
from simulation.triage.construct import (
    Wanted,
    WithNurse,
    beside_nurses,
    nearest_matrix,
    round_rows,
    under_share_limits,
)
from simulation.triage.labels import Assessor
from simulation.triage.matrix import (
    AboveZero,
    BesideNurse,
    Correlation,
    LabelTable,
    Matrix,
    Portion,
    Rows,
    beside_faults,
    by_row,
    matrix_beside,
    probabilities,
    table_faults,
)
from simulation.triage.policy import MatrixPolicy, MinutesEffect, Policy, Usage

Table = TypeVar("Table", bound=LabelTable)


@config_dataclass
class Nurse:
    """How nurses triage, with or without a tool: stated once, for every arm.

    Example: `{labels: {name: nurse, matrix: {counts: [[45, 5], [30, 120]], evidence: measured, source: "own audit of
    200 cards"}, correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: "not measured"}}}`
    """

    labels: Assessor
    """How often nurses are right, and how far they err on the patients on whom a tool errs, too."""
    burdens: tuple[MinutesEffect, ...] = ()
    """What makes minutes longer whoever triages, with or without a tool (an interview through an interpreter)."""
    errors: Annotated[AboveZero, Unit("times")] | None = None
    """By how much the odds of a wrong label of each true level differ from the table's, wrong labels among themselves
    as there; none: as its table says."""


@config_dataclass
class AgreementFigures(Sourced):
    """How far a tool's labels agree with the truth, where nobody has its table.

    The table nearest to the nurses' that has both figures is taken (simulation/triage/construct.py); every error beyond
    `under_share` is a more urgent label.

    Example: `{exact_share: {value: 0.8, range: [0.7, 0.9], evidence: published, source: "the vendor's leaflet"},
    under_share: {value: 0.12, range: [0.05, 0.2], evidence: assumed, source: "asked for, not told"}, evidence: assumed,
    source: "the errors are spread as the nurses' are"}`
    """

    exact_share: Portion
    """The share of patients whose label is their true level."""
    under_share: Portion
    """The share of patients whose label is less urgent than their true level."""
    mix: Annotated[tuple[Positive, ...], Unit("patients")] | None = None
    """Patients of each true level among whom the figures were found, as shares or numbers, the most urgent first;
    none: those whom the nurses' table counts. Example: `[26, 220, 487, 459, 75]`"""


@config_dataclass
class ToolLabels:
    """How a tool labels: exactly one of `matrix`, `agreement`, `beside_nurse`, `with_nurse` and `as_nurse`.

    Example: `{name: our_ai, matrix: {counts: [[40, 10], [20, 130]], evidence: measured, source: "own panel of 200
    cases"}, correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: "no study measured it"}}`
    """

    name: str
    """The name of its stream of random variates: any but the nurse's."""
    correlation: Correlation
    """How far its errors fall on the patients whom the nurse finds hard, too."""
    matrix: Matrix | None = None
    """How often it gives each label to patients of each true level."""
    agreement: AgreementFigures | None = None
    """Two figures instead of a table."""
    beside_nurse: BesideNurse | None = None
    """How often it gives each label to patients of each true level whom the nurse gave each label, as a bench counts it
    (`aeflow vet`): then its errors coincide with hers as they did there, and `correlation` is 0."""
    with_nurse: WithNurse | None = None
    """How often it agrees with the nurse, where nobody has held it against the truth; `correlation` is then 0."""
    as_nurse: bool = False
    """Whether it is right exactly as often as the nurse, for every level and group: a sham."""
    same_draw_as: str | None = None
    """Another assessor whose random variates it shares, so that with the same matrix it says the same.
    Example: `nurse`"""


@config_dataclass
class Tool(Usage):
    """A triage policy: what a tool does, and how people use it; nothing of the nurse, who is stated once in the group
    `nurse`. Without a tool it is triage by the nurse.

    Example: `{kind: matrix, name: nurse}`
    """

    ai: ToolLabels | None = None
    """How the tool labels; none: it gives no labels."""
    nurse_by_group: Mapping[AttributeName, Mapping[CategoryName, LabelTable]] | None = None
    """The nurse's tables by group while she has the tool, instead of those she has without it (a tool that interprets);
    `{}`: she labels everybody alike. Example: `{language_need: {"yes": {shares: [[0.8, 0.2], [0.3, 0.7]],
    evidence: assumed, source: "a judgement"}}}`"""
    nurses_label: bool = True
    """Whether nurses label; `false` is for departments that label nobody."""


def policy_from(tool: Tool, nurse: Nurse | None, where: str, faults: Faults) -> Policy | None:
    """The policy of a tool in the hands of these nurses (None: nobody labels); None after adding to `faults`."""
    labels = _erring(nurse) if nurse and tool.nurses_label else None
    n_before = len(faults)
    faults += _group_faults(tool, labels, where)
    ai = _assessor(tool.ai, labels, f"{where}.ai", faults) if tool.ai else None
    if len(faults) > n_before:
        return None
    usage = {field.name: getattr(tool, field.name) for field in fields(Usage)}
    if not nurse or labels is None:
        return MatrixPolicy(**usage)
    beside = tool.ai.beside_nurse if tool.ai else None
    if tool.ai and tool.ai.with_nurse:
        beside = beside_nurses(tool.ai.with_nurse, labels.matrix, f"{where}.ai.with_nurse", faults)
    if tool.nurse_by_group is not None:
        labels = replace(labels, matrix=replace(labels.matrix, by_group=tool.nurse_by_group))
    return MatrixPolicy(**usage, nurse=labels, ai=ai, burdens=nurse.burdens, beside_nurse=beside)


def _erring(nurse: Nurse) -> Assessor:
    """The nurses' labels, with the odds of an error that they state; tables with faults as they are."""
    labels, odds = nurse.labels, nurse.errors
    matrix = labels.matrix
    if odds is None or odds.value == 1 or any(table_faults(matrix, "")):
        return labels
    by_group = {
        name: {category: _with_odds(table, odds.value) for category, table in tables.items()}
        for name, tables in matrix.by_group.items()
    }
    return replace(labels, matrix=replace(_with_odds(matrix, odds.value), by_group=by_group))


def _with_odds(table: Table, odds: float) -> Table:
    """A table in which the odds of an error are so many times as large; each row adds up to what it did."""
    rows = np.array(table.counts or table.shares, dtype=float)
    wrong = by_row(rows * np.where(np.eye(len(rows)) > 0, 1.0, odds)) * rows.sum(
        axis=1, keepdims=True
    )
    made = tuple(map(tuple, wrong.tolist()))
    return replace(table, counts=made) if table.counts else replace(table, shares=made)


def has_tool(policy: Policy) -> bool:
    """Whether a policy states anything beside the nurse."""
    nurse_alone = MatrixPolicy(
        kind=policy.kind, name=policy.name, nurse=policy.nurse, burdens=policy.burdens
    )
    return policy != nurse_alone


def _group_faults(tool: Tool, labels: Assessor | None, where: str) -> Iterator[Fault]:
    """Groups for which a tool changes the nurses' tables, where the nurses have no such table."""
    if tool.nurse_by_group is None:
        return
    known = labels.matrix.by_group if labels is not None else {}
    without_table = [name for name in tool.nurse_by_group if name not in known]
    if without_table or not known:
        of_whom = f" of {', '.join(without_table)}" if without_table else ""
        yield Fault(
            f"{where}.nurse_by_group",
            f"is stated, but the nurses have no table{of_whom} that it could change",
            "Choose nurses who label these groups worse (nurse=language), or leave it out",
        )


def _assessor(
    tool: ToolLabels, nurse: Assessor | None, where: str, faults: Faults
) -> Assessor | None:
    """A tool's labels as a table, beside this nurse; None after adding to `faults`."""
    if not nurse:
        faults.add(
            where, "is stated but there is no nurse", "Choose one (nurse=...), or leave it out"
        )
        return None
    names = ("matrix", "agreement", "beside_nurse", "with_nurse", "as_nurse")
    sources = [name for name in names if getattr(tool, name)]
    if len(sources) != 1:
        found = f"states {' and '.join(sources)}" if sources else "states no labels"
        faults.add(
            where, found, "State one of matrix, agreement, beside_nurse, with_nurse and as_nurse"
        )
        return None
    matrix: Matrix | None = tool.matrix or nurse.matrix
    if tool.with_nurse:
        claim = any(
            share and share.claim
            for share in (tool.with_nurse.agree_share, tool.with_nurse.lower_share)
        )
        beside = beside_nurses(tool.with_nurse, nurse.matrix, f"{where}.with_nurse", faults)
        matrix = (
            _beside(tool, beside, nurse.matrix, f"{where}.with_nurse", faults) if beside else None
        )
        matrix = replace(matrix, claim=claim) if matrix else None
    elif tool.beside_nurse:
        matrix = _beside(tool, tool.beside_nurse, nurse.matrix, f"{where}.beside_nurse", faults)
    elif tool.agreement:
        matrix = _constructed(tool.agreement, nurse.matrix, f"{where}.agreement", faults)
    elif tool.matrix and _same(tool.matrix, nurse.matrix):
        faults.add(
            f"{where}.matrix",
            f"is the nurses' own table ({nurse.matrix.source})",
            "State the tool's; the nurses' belongs in the group `nurse`. A tool exactly as good: as_nurse: true",
        )
        return None
    if not matrix:
        return None
    return Assessor(
        name=tool.name, matrix=matrix, correlation=tool.correlation, same_draw_as=tool.same_draw_as
    )


def _beside(
    tool: ToolLabels, beside: BesideNurse, nurses: Matrix, where: str, faults: Faults
) -> Matrix | None:
    """The tool's own table beside these nurses, from its counts; None after adding to `faults`."""
    n_before = len(faults)
    faults += table_faults(nurses, "nurse.labels.matrix")
    faults += beside_faults(beside, len(nurses.counts or nurses.shares or ()), where)
    if tool.correlation.value or tool.same_draw_as is not None:
        faults.add(
            where,
            "is stated with a correlation, or a shared draw",
            "Its counts say how errors coincide: state correlation 0",
        )
    return None if len(faults) > n_before else matrix_beside(beside, probabilities(nurses))


def _same(one: Matrix, other: Matrix) -> bool:
    """Whether two tables without faults give the same probabilities, groups apart."""
    if any(table_faults(one, "matrix")) or any(table_faults(other, "matrix")):
        return False
    return np.array_equal(probabilities(one), probabilities(other))


def _constructed(
    figures: AgreementFigures, nurses: LabelTable, where: str, faults: Faults
) -> Matrix | None:
    """The table nearest to the nurses' that has the two figures; None after adding to `faults` if there is none."""
    n_before = len(faults)
    faults += table_faults(nurses, "nurse.labels.matrix")
    if len(faults) > n_before:
        return None
    mix = figures.mix or tuple(sum(row) for row in nurses.counts or ())
    shares = probabilities(nurses)
    if len(mix) != len(shares):
        found = (
            f"has {len(mix)} levels"
            if figures.mix
            else "is missing, and the nurses' table counts no patients"
        )
        faults.add(f"{where}.mix", found, f"Give {len(shares)} numbers, one a true level")
        return None
    exact, under = figures.exact_share.value, figures.under_share.value
    counts = tuple(map(tuple, (shares * np.array(mix)[:, None]).tolist()))
    limits = under_share_limits(counts, exact)
    if limits is None or not limits[0] <= under <= limits[1]:
        possible_shares = (
            f"under_share can be from {limits[0]:.4f} to {limits[1]:.4f}"
            if limits
            else "no under_share is possible"
        )
        faults.add(
            where,
            f"no table has exact_share {exact:g} and under_share {under:g}",
            f"With that exact_share, {possible_shares} at this mix of true levels",
        )
        return None
    rows = _nearest(counts, exact, under)
    source = (
        f"constructed, nearest to the nurses' table: {exact:g} exact ({figures.exact_share.source}), {under:g} less "
        f"urgent than the truth ({figures.under_share.source}); {figures.source}"
    )
    claim = figures.exact_share.claim or figures.under_share.claim
    return Matrix(shares=rows, evidence="assumed", source=source, claim=claim)


@lru_cache(maxsize=64)
def _nearest(counts: Rows, exact: float, under: float) -> Rows:
    """The rounded nearest table, worked out once a process: every arm with the same tool asks for it."""
    return round_rows(nearest_matrix(counts, Wanted(exact_share=exact, under_share=under)))
