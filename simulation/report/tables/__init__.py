"""The tables of a report, for the screen and for the page alike."""

from __future__ import annotations

from simulation.experiment.result import StudyResult
from simulation.report.tables.alternatives import equal_spend_table
from simulation.report.tables.by_arm import binding_table, own_table
from simulation.report.tables.by_group import by_group_tables, is_asked
from simulation.report.tables.changes import report_changes
from simulation.report.tables.coverage import spillover_tables
from simulation.report.tables.decides import decides_table, worth_table
from simulation.report.tables.decomposition import decomposition_tables
from simulation.report.tables.department import (
    acuity_table,
    clock_table,
    counts_table,
    day_table,
    run_table,
    stay_table,
)
from simulation.report.tables.first_page import first_table
from simulation.report.tables.harm import harm_table
from simulation.report.tables.levels import by_level_table, controls_table, labels_table
from simulation.report.tables.measurement import measurement_table
from simulation.report.tables.over_departments import over_tables
from simulation.report.tables.overview import measures_table, overview_table, safety_table, target_table
from simulation.report.tables.ranking import better_table
from simulation.report.tables.table import ReportTable
from simulation.report.tables.worse_off import worse_off_table


def screen_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """Everything that the screen shows, the table of the first page first."""
    if not result.others:
        return tuple(table for table in (measures_table(result), own_table(result)) if table is not None)
    by_lever, measured, result = decomposition_tables(result), measurement_table(result), result.shown
    by_target = (target_table(result, target) for target in result.targets)
    first = first_table(result)
    found = [*([first.table] if first else ()), overview_table(result), *by_target, *over_tables(result)]
    if result.design.margins:
        found.append(safety_table(result))
    by_level = own_table(result), labels_table(result), by_level_table(result), controls_table(result)
    by_group = by_group_tables(result) if is_asked(result) else ()
    last = (
        worse_off_table(result),
        better_table(result),
        equal_spend_table(result),
        decides_table(result),
        worth_table(result),
        harm_table(result),
    )
    every = (*found, *by_level, *by_group, *spillover_tables(result), *last, *by_lever, measured)
    return tuple(table for table in every if table is not None)


def every_table(result: StudyResult) -> dict[str, ReportTable]:
    """Every table of the report, by its kind, in the order of the page."""
    found = list(screen_tables(result))
    shown = result.shown
    if result.others:
        found += [*report_changes(shown), *by_group_tables(shown), measures_table(shown)]
    found += [
        table
        for table in (
            binding_table(shown),
            day_table(shown),
            stay_table(shown),
            acuity_table(shown),
            counts_table(result.statements),
        )
        if table is not None
    ]
    return {table.kind: table for table in (*found, run_table(result), clock_table(result))}
