"""The report as one HTML page that stands alone: no script, nothing loaded from anywhere, pictures inside.

Its sentences are made from the same tables and verdicts as those on the screen.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.display.drawing import Picture
from simulation.display.scale import high_words, levels_of
from simulation.display.table import is_numeric
from simulation.display.words import labelled, percent
from simulation.explain.statements import BANNER, Statement, walk
from simulation.questions import OF_A_RESULT, Question
from simulation.report.findings import findings
from simulation.report.first_page import first_page
from simulation.report.policy_words import UNCHANGED, minutes_words, sets_off_words, who_labels
from simulation.report.precision import precision_line
from simulation.report.tables.alternatives import equal_spend_table
from simulation.report.tables.by_arm import binding_table, own_table
from simulation.report.tables.by_group import by_group_tables
from simulation.report.tables.changes import report_changes
from simulation.report.tables.department import (
    acuity_table,
    clock_table,
    counts_table,
    day_table,
    run_table,
    stay_table,
)
from simulation.report.tables.first_page import LIMITS_HEADER
from simulation.report.tables.levels import by_level_table, controls_table, labels_table
from simulation.report.tables.measurement import measurement_table
from simulation.report.tables.over_departments import over_tables
from simulation.report.tables.overview import (
    measures_table,
    overview_table,
    safety_table,
    sham_line,
    target_table,
)
from simulation.report.tables.ranking import better_table
from simulation.report.tables.worse_off import worse_off_table
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.study.design import change_words
from simulation.wording import spaced

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent / "templates"
NO_SITE = "none"
"""The choice of a department alone, which is what its own file states."""
DATA_END = (
    "Trust-level data end at March 2025, national indicators at September 2025, and the texts that were read at "
    "November 2026."
)


def templates() -> Environment:
    """The pages' templates; they escape what is put into them, and refuse a missing name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(result: StudyResult, drawn: Iterable[Picture]) -> str:
    """The report as one HTML text. The same inputs and pictures give the same text."""
    environment = templates()
    environment.tests["numeric_column"] = lambda table, column: is_numeric([row[column] for row in table.rows])
    return environment.get_template("report.html").render(_content(result, drawn))


def _content(result: StudyResult, drawn: Iterable[Picture]) -> dict[str, Any]:
    """What the template is filled with."""
    first, also_found, measured = first_page(result), tuple(findings(result)), measurement_table(result)
    questions = [_section(question, result) for question in OF_A_RESULT]
    result = result.shown
    compared = bool(result.others)
    statements = result.statements
    return {
        "banner": BANNER,
        "result": result,
        "first": first,
        "limits_header": LIMITS_HEADER,
        "findings": also_found,
        "arms": [_arm(result, arm) for arm in result.arms],
        "high_levels": high_words(levels_of(result.study.baseline.pathway)),
        "of_public_figures": result.study.chosen("site") != NO_SITE,
        "four_hours_asked": any(target.measure == "within_4h_share" for target in result.targets),
        "labels_given": any("nurse" in arm.policy for arm in result.arms),
        "minutes_changed": any(minutes_words(arm.policy) != UNCHANGED for arm in result.arms),
        "costs_stated": any(arm.cost is not None for arm in result.arms),
        "changes": report_changes(result),
        "targets": [target_table(result, target) for target in result.targets] if compared else [],
        "over": over_tables(result),
        "own": own_table(result),
        "binding": binding_table(result),
        "labels": labels_table(result),
        "by_level": by_level_table(result) if compared else None,
        "by_group": by_group_tables(result) if compared else (),
        "controls": controls_table(result),
        "overview": overview_table(result) if compared else None,
        "safety": safety_table(result) if compared and result.design.margins else None,
        "worse_off": worse_off_table(result) if compared else None,
        "better": better_table(result) if compared else None,
        "equal_spend": equal_spend_table(result) if compared else None,
        "measured": measured,
        "questions": [section for section in questions if section["tables"]] if compared else [],
        "measures": measures_table(result),
        "sham_line": sham_line(result),
        "precision_line": precision_line(result),
        "pictures": {picture.name: _embedded(picture) for picture in drawn},
        "day": day_table(result),
        "stay": stay_table(result),
        "acuity": acuity_table(result),
        "assumed": [statement for statement in statements if statement.evidence == "assumed"],
        "sourced": [statement for statement in statements if statement.evidence != "assumed"],
        "n_stated": len(statements),
        "counts": counts_table(statements),
        "run": run_table(result),
        "clock": clock_table(result),
        "data_end": DATA_END,
        "scenario": result.resolved.get("scenario", {}),
    }


def _section(question: Question, result: StudyResult) -> dict[str, Any]:
    """What the page says of one question."""
    return {
        "name": question.name,
        "title": question.title,
        "lead": tuple(question.lead(result)),
        "pictures": tuple(question.pictures),
        "tables": tuple(question.tables(result)),
    }


def _embedded(picture: Picture) -> dict[str, str]:
    uri = f"data:image/png;base64,{base64.b64encode(picture.png).decode('ascii')}"
    return {"uri": uri, "alt": picture.alt, "caption": picture.caption}


# --- what was compared ---------------------------------------------------------------------------------------


def _arm(result: StudyResult, arm: ArmResult) -> dict[str, Any]:
    """One arm in words: who labels, what it does to minutes, how often labels are right, changes, cost, sources."""
    agreement = arm.agreement
    return {
        "label": labelled(result, arm),
        "is_baseline": arm.name == result.design.baseline,
        "is_sham": arm.name == result.design.sham,
        "who": who_labels(arm.policy),
        "minutes": minutes_words(arm.policy),
        "sets_off": sets_off_words(arm.policy),
        "changes": [change_words(path, value) for path, value in arm.changes.items()],
        "cost": f"£{arm.cost:,.0f}" if arm.cost is not None else "not stated",
        "cost_words": arm.cost_words,
        "stated": " / ".join(percent(agreement.get(f"{name}_share")) for name in ("exact", "under", "over")),
        "simulated": " / ".join(_simulated(result, arm, f"{name}_triage_share") for name in ("exact", "under", "over")),
        "under_1_2": _simulated(result, arm, "under_triage_1_2_share"),
        "matrices": _matrices(arm.policy, levels_of(arm.ready.pathway)),
        "statements": _policy_statements(result, arm),
    }


def _simulated(result: StudyResult, arm: ArmResult, measure: str) -> str:
    """A share over all patients as it was simulated."""
    return percent(result.row(arm.name, measure).mean) if result.has(measure) else "–"


def _matrices(policy: Mapping[str, Any], levels: Sequence[str]) -> list[dict[str, Any]]:
    """Each assessor's matrix as stated: rows true levels, columns labels. `levels`: those of the department."""
    matrices = []
    for role, who in (("nurse", "nurse"), ("ai", "AI")):
        assessor = policy.get(role)
        if assessor is None:
            continue
        matrix = assessor["matrix"]
        kind = "counts" if "counts" in matrix else "shares"
        matrices.append(
            {
                "who": f"{who} '{assessor['name']}'",
                "kind": kind,
                "levels": [spaced(level) for level in levels],
                "rows": [
                    [f"{cell:.0f}" if kind == "counts" else f"{100 * cell:.1f} %" for cell in row]
                    for row in matrix[kind]
                ],
                "evidence": matrix["evidence"],
            }
        )
    return matrices


def _policy_statements(result: StudyResult, arm: ArmResult) -> list[Statement]:
    """The sourced statements of an arm's policy, then that of its cost."""
    statements = [replace(statement, where=statement.where.removeprefix(".")) for statement in walk(arm.policy, "")]
    cost = result.design.arms[arm.name].cost
    if cost is not None:
        words = f"£{cost.per_year:,.0f} a year: {cost.words}"
        statements.append(Statement("cost", words, cost.evidence, cost.source))
    return statements
