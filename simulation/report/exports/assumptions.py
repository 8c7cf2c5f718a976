"""The assumptions log of a run: every sourced number that its answer rests on, one row each."""

from __future__ import annotations

from simulation.experiment.result import StudyResult
from simulation.report.tables.table import ReportTable

BASELINE = "every arm"


def assumptions_log(result: StudyResult) -> ReportTable:
    """Assumed first, then published and measured: where it is stated, for which arm, value, range, evidence, source."""
    rows = [(BASELINE, each.where, each.says, "", each.evidence, each.source) for each in result.statements]
    rows += [
        (arm.label, each.where, each.value, each.range, each.evidence, each.source)
        for arm in result.others
        for each in arm.added_assumptions
    ]
    rows.sort(key=lambda row: row[4] != "assumed")
    numbered = tuple((str(number), *row) for number, row in enumerate(rows, start=1))
    headers = ("number", "arm", "where", "value", "range", "evidence", "source or reason")
    return ReportTable(
        "assumptions", "Assumptions log: every sourced number, the assumed ones first", headers, numbered
    )
