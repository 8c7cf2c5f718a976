"""The tables of a report, for the screen, the page and files alike."""

from __future__ import annotations

from simulation.display.measured import measurement_table
from simulation.display.table import ReportTable, ReportTables
from simulation.questions import OF_A_RESULT
from simulation.report.tables.arm_tables import arms_table, matrices_table, report_changes
from simulation.report.tables.first_table import first_table
from simulation.report.tables.money import better_table, equal_spend_table
from simulation.report.tables.patient_groups import (
    by_group_tables,
    by_level_table,
    controls_table,
    is_asked,
    labels_table,
    worse_off_table,
)
from simulation.report.tables.verdict_tables import over_tables, overview_table, safety_table, target_table
from simulation.report.tables.whole_department import (
    acuity_table,
    binding_table,
    clock_table,
    counts_table,
    day_table,
    measures_table,
    own_table,
    run_table,
    stay_table,
)
from simulation.run.result import StudyResult

CLOCK = "clock"
"""The table of clock times, which differ from run to run; the manifest has them."""


def compared_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """The tables of a comparison, that of the first page first; of one arm alone its measures."""
    if not result.others:
        return _known(measures_table(result), own_table(result))
    of_questions = [table for question in OF_A_RESULT for table in question.tables(result)]
    measured, result = measurement_table(result), result.shown
    return _known(
        first_table(result),
        overview_table(result),
        *(target_table(result, target) for target in result.targets),
        *over_tables(result),
        safety_table(result) if result.design.margins else None,
        own_table(result),
        labels_table(result),
        by_level_table(result),
        controls_table(result),
        *(by_group_tables(result) if is_asked(result) else ()),
        worse_off_table(result),
        better_table(result),
        equal_spend_table(result),
        *of_questions,
        measured,
    )


def every_table(result: StudyResult) -> ReportTables:
    """Every table of a result by its kind."""
    shown = result.shown
    compared = (*report_changes(shown), *by_group_tables(shown), measures_table(shown)) if result.others else ()
    tables = _known(
        *compared_tables(result),
        arms_table(shown),
        matrices_table(shown),
        *compared,
        binding_table(shown),
        day_table(shown),
        stay_table(shown),
        acuity_table(shown),
        counts_table(result.statements),
        run_table(result),
        clock_table(result),
    )
    return ReportTables((table.kind, table) for table in tables)


def _known(*tables: ReportTable | None) -> tuple[ReportTable, ...]:
    return tuple(table for table in tables if table is not None)
