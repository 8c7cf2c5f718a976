"""The tables of a report, for the screen and for the page alike."""

from __future__ import annotations

from simulation.display.table import ReportTable, ReportTables
from simulation.questions import OF_A_RESULT
from simulation.report.tables.alternatives import equal_spend_table
from simulation.report.tables.by_arm import binding_table, own_table
from simulation.report.tables.by_group import by_group_tables, is_asked
from simulation.report.tables.changes import report_changes
from simulation.report.tables.department import (
    acuity_table,
    clock_table,
    counts_table,
    day_table,
    run_table,
    stay_table,
)
from simulation.report.tables.first_page import first_table
from simulation.report.tables.levels import by_level_table, controls_table, labels_table
from simulation.report.tables.measurement import measurement_table
from simulation.report.tables.over_departments import over_tables
from simulation.report.tables.overview import measures_table, overview_table, safety_table, target_table
from simulation.report.tables.ranking import better_table
from simulation.report.tables.worse_off import worse_off_table
from simulation.run.result import StudyResult


def screen_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """The tables that the screen shows, that of the first page first."""
    if not result.others:
        return _known(measures_table(result), own_table(result))
    of_questions = [table for question in OF_A_RESULT for table in question.tables(result)]
    measured, result = measurement_table(result), result.shown
    first = first_table(result)
    return _known(
        first.table if first is not None else None,
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
    """Every table of the report by its kind: those on the screen, then the others in the order of the page."""
    shown = result.shown
    compared = (*report_changes(shown), *by_group_tables(shown), measures_table(shown)) if result.others else ()
    tables = _known(
        *screen_tables(result),
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
