"""The assumptions log of a run: every sourced number that its answer rests on, one row each."""

from __future__ import annotations

from simulation.display.table import ReportTable
from simulation.run.result import StudyResult

BASELINE = "every arm"


def assumptions_log(result: StudyResult) -> ReportTable:
    """A row for each number, the assumed ones first: arm, where it is stated, value, range, evidence, source."""
    rows = [
        (BASELINE, statement.where, statement.says, "", statement.evidence, statement.source)
        for statement in result.statements
    ]
    rows += [
        (arm.label, number.where, number.value, number.range, number.evidence, number.source)
        for arm in result.others
        for number in arm.added_assumptions
    ]
    rows.sort(key=lambda row: row[4] != "assumed")
    numbered = tuple((str(number), *row) for number, row in enumerate(rows, start=1))
    headers = ("number", "arm", "where", "value", "range", "evidence", "source or reason")
    return ReportTable(
        "assumptions", "Assumptions log: every sourced number, the assumed ones first", headers, numbered
    )
