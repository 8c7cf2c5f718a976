"""What a report holds, for the screen, the page, files and notebooks alike: every table and every picture, by name."""

from collections.abc import Callable
from functools import lru_cache

from simulation.display.drawing import Picture
from simulation.display.measured import measurement_table
from simulation.display.table import ReportTable, ReportTables
from simulation.errors import ResultsError, nearest
from simulation.questions import OF_A_RESULT
from simulation.report import arm_tables, money, patient_groups, verdict_tables
from simulation.report.department_pictures import acuity, day, stay
from simulation.report.effect_pictures import by_group, cost, differences
from simulation.report.pathway_picture import picture_of, sketch_of
from simulation.runs.result import StudyResult
from simulation.study.explanation import Explained

CLOCK = "clock"
"""The table of clock times, which differ from run to run; the manifest has them."""


@lru_cache(maxsize=2)  # of about one result, which the screen, the page and files show
def compared_tables(result: StudyResult) -> tuple[ReportTable, ...]:
    """The tables of a comparison, that of the first page first; of one arm alone its measures."""
    if not result.others:
        return _known(arm_tables.measures_table(result), arm_tables.own_table(result))
    of_questions = [table for question in OF_A_RESULT for table in question.tables(result)]
    measured, result = measurement_table(result), result.shown
    return _known(
        verdict_tables.first_table(result),
        verdict_tables.overview_table(result),
        *(verdict_tables.target_table(result, target) for target in result.targets),
        *verdict_tables.over_tables(result),
        *verdict_tables.causes_tables(result),
        verdict_tables.which_cause_table(result),
        verdict_tables.safety_table(result) if result.design.margins else None,
        arm_tables.own_table(result),
        patient_groups.labels_table(result),
        patient_groups.by_level_table(result),
        patient_groups.controls_table(result),
        *(patient_groups.by_group_tables(result) if patient_groups.is_about_groups(result) else ()),
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
            arm_tables.measures_table(shown),
        )
        if result.others
        else ()
    )
    tables = _known(
        *compared_tables(result),
        arm_tables.arms_table(shown),
        arm_tables.matrices_table(shown),
        *compared,
        arm_tables.binding_table(shown),
        arm_tables.day_table(shown),
        arm_tables.stay_table(shown),
        arm_tables.acuity_table(shown),
        arm_tables.counts_table(result.statements),
        arm_tables.run_table(result),
        arm_tables.clock_table(result),
    )
    return ReportTables(tables)


def _known(*tables: ReportTable | None) -> tuple[ReportTable, ...]:
    return tuple(filter(None, tables))


def pictures(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return tuple(filter(None, (drawn(result, name) for name in FIGURES)))


MAKERS: dict[str, Callable[[StudyResult], Picture | None]] = {
    "differences": differences,
    "by_group": by_group,
    "per_100k": cost,
    "day": day,
    "stay": stay,
    "acuity": acuity,
}
OF_QUESTIONS = {
    name: maker for question in OF_A_RESULT for name, maker in question.pictures.items()
}
FIGURES = (*MAKERS, *OF_QUESTIONS)
PATHWAY = "pathway"


@lru_cache(
    maxsize=1 + len(FIGURES)
)  # of about one result, whose page and exports show the same pictures
def drawn(result: StudyResult, name: str) -> Picture | None:
    """The picture of one of `FIGURES`; None if the result has nothing to show in it."""
    if (
        name in OF_QUESTIONS
    ):  # a question may look at arms that are not shown, such as combinations of levers
        return OF_QUESTIONS[name](result)
    return MAKERS[name](result.shown)


def picture(result: StudyResult, name: str) -> Picture:
    """One picture of the report, which a notebook shows: 'differences', 'day', 'pathway' or another.

    Raises ResultsError if there is no picture of that name, or the study has nothing that it could show.
    """
    known = (*FIGURES, PATHWAY)
    if name not in known:
        raise ResultsError(f"there is no figure '{name}'. {nearest(name, known)}")
    shown = pathway_of(result) if name == PATHWAY else drawn(result, name)
    if shown is None:
        others = ", ".join(other for other in known if other != name)
        raise ResultsError(
            f"figure '{name}': this study has nothing to show in it. Other figures: {others}"
        )
    return shown


def every_picture(result: StudyResult) -> tuple[Picture, ...]:
    """Every picture that a result allows, in the order of the report."""
    return (*pictures(result), pathway_of(result))


def pathway_of(result: StudyResult) -> Picture:
    """The baseline's pathway, as far as patients of some arm can reach."""
    return draw_pathway(result.explained)


@lru_cache(maxsize=2)
def draw_pathway(explained: Explained) -> Picture:
    """The same before there is a result; kept, so that it can be drawn while replications run."""
    return picture_of(sketch_of(explained.study.baseline.pathway, explained.explanation.reachable))
