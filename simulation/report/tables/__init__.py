"""The tables of a report, for the screen, the page and files alike."""

from functools import lru_cache

from simulation.display.measured import measurement_table
from simulation.display.table import ReportTable, ReportTables
from simulation.questions import OF_A_RESULT
from simulation.report.tables import (
    arm_tables,
    first_table,
    money,
    patient_groups,
    verdict_tables,
    whole_department,
)
from simulation.runs.result import StudyResult

CLOCK = "clock"
"""The table of clock times, which differ from run to run; the manifest has them."""


@lru_cache(maxsize=2)  # of about one result, which the screen, the page and files show
def compared_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """The tables of a comparison, that of the first page first; of one arm alone its measures."""
    if not result.others:
        return _known(whole_department.measures_table(result), whole_department.own_table(result))
    of_questions = [table for question in OF_A_RESULT for table in question.tables(result)]
    measured, result = measurement_table(result), result.shown
    return _known(
        first_table.first_table(result),
        verdict_tables.overview_table(result),
        *(verdict_tables.target_table(result, target) for target in result.targets),
        *verdict_tables.over_tables(result),
        verdict_tables.safety_table(result) if result.design.margins else None,
        whole_department.own_table(result),
        patient_groups.labels_table(result),
        patient_groups.by_level_table(result),
        patient_groups.controls_table(result),
        *(patient_groups.by_group_tables(result) if patient_groups.is_asked(result) else ()),
        patient_groups.worse_off_table(result),
        money.better_table(result),
        money.equal_spend_table(result),
        *of_questions,
        measured,
    )


@lru_cache(maxsize=2)
def every_table(result: StudyResult) -> ReportTables:
    """Every table of a result by its kind."""
    shown = result.shown
    compared = (
        (
            *arm_tables.report_changes(shown),
            *patient_groups.by_group_tables(shown),
            whole_department.measures_table(shown),
        )
        if result.others
        else ()
    )
    tables = _known(
        *compared_tables(result),
        arm_tables.arms_table(shown),
        arm_tables.matrices_table(shown),
        *compared,
        whole_department.binding_table(shown),
        whole_department.day_table(shown),
        whole_department.stay_table(shown),
        whole_department.acuity_table(shown),
        whole_department.counts_table(result.statements),
        whole_department.run_table(result),
        whole_department.clock_table(result),
    )
    return ReportTables((table.kind, table) for table in tables)


def _known(*tables: ReportTable | None) -> tuple[ReportTable, ...]:
    return tuple(filter(None, tables))
