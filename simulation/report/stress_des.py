"""The items of STRESS-DES (Monks et al. 2019, Journal of Simulation 13:55) filled in for a run, from its data.

The items are in `templates/stress_des.md`; the facts that fill them are worked out here. docs/model.md, under the same
numbers, has what a run cannot know of itself: why the model is built so, and which way each assumption errs. It
describes the English A&E: for any other department, only what aeflow does is cited from it.
"""

from collections import Counter
from typing import Any

from simulation.department.vocabulary import ACUITY_GIVEN
from simulation.display.table import ReportTable
from simulation.display.web_page import templates
from simulation.display.words import departments_words, season_words
from simulation.report.arm_tables import report_changes, run_table
from simulation.runs.result import StudyResult
from simulation.statistics.verdict import threshold_words
from simulation.study.statements import BANNER

OF_THE_A_AND_E = frozenset({"registration", "majors_contact", "move_to_medicine"})
"""Steps by which the department that docs/model.md describes is known, scaled or not."""
PARTS = ("steps", "branches", "loops", "ends", "triggers", "outages")


def stress_des(result: StudyResult) -> str:
    """The checklist as Markdown, the same for the same result; nothing in it is read as HTML."""
    environment = templates().overlay(finalize=_escaped)
    environment.filters["cell"] = lambda text: str(text).replace("|", "/")
    return environment.get_template("stress_des.md").render(_facts(result)).rstrip() + "\n"


def _escaped(value: Any) -> Any:
    """A value as Markdown shows it: no tag of HTML begins in it."""
    return value.replace("<", "&lt;") if isinstance(value, str) else value


def _facts(result: StudyResult) -> dict[str, Any]:
    """What the template is filled with."""
    pathway, manifest = result.study.baseline.pathway, result.manifest
    cells = []
    for target in result.targets:
        unit = result.unit(target)
        role = "primary" if target in result.design.primary else "secondary"
        cells.append(
            (target.label, role, threshold_words(target.minimal_important_difference, unit))
        )
    return {
        "banner": BANNER,
        "result": result,
        "pathway": pathway,
        "parts": PARTS,
        "is_the_a_and_e": pathway.steps.keys() >= OF_THE_A_AND_E,
        "outputs": ReportTable(
            "outputs", "Outputs", ("measure", "role", "least difference that matters"), cells
        ),
        "changes": next(iter(report_changes(result)), None),
        "labels_given": ACUITY_GIVEN in pathway.attributes,
        "pools": _pools(result),
        "by_evidence": Counter(statement.evidence for statement in result.statements).most_common(),
        "season": season_words(result.run, result.numbers),
        "departments": departments_words(result),
        "run": run_table(result),
        "version": manifest.get("versions", {}).get("aeflow") or "",
        "git": manifest.get("git"),
    }


def _pools(result: StudyResult) -> ReportTable:
    by_kind: dict[str, list[str]] = {}
    for name, pool in result.study.baseline.pathway.pools.items():
        by_kind.setdefault(pool.kind, []).append(name)
    cells = tuple(
        (kind, str(len(names)), ", ".join(names)) for kind, names in sorted(by_kind.items())
    )
    return ReportTable("pools", "Resources", ("kind of pool", "number", "names"), cells)
