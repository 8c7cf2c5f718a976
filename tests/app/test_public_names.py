"""The app has no second copy of the model: of the package it imports the public front, and little beside it."""

import ast
from pathlib import Path

APP = Path(__file__).parents[2] / "simulation" / "app"
BESIDE = {
    "errors": "messages",
    "display.table": "a cell is a number with its unit",
    "display.document": "a view as data",
    "display.words": "numbers in words",
    "config.composing": "the files of a department, as it is stated",
    "config.dotted": "its numbers, looked up",
    "config.studies": "what is known of all departments of an offer, laid over it",
    "report.arm_tables": "what is short, as the report has it",
    "report.board": "whether a pilot could tell, as the board's page says it",
    "report.findings": "whom a tool was measured on, as the report says it",
    "report.first_page": "who is worse off, as the first page names them",
    "report.outcome": "what becomes of a policy, as every page has it",
    "report.money": "a cost in words",
    "report.screen": "a stored verdict in words",
    "report.verdict_tables": "the rule from which verdicts are read",
    "display.web_page": "templates that escape",
    "extracts.page": "pages of own records",
    "runs.result": "types of verdicts",
    "statistics.compare": "a row of numbers",
    "statistics.verdict": "types of verdicts",
    "runs.stored_run": "which runs are stored",
    "runs.running": "how many processors there are",
    "offers": "the interview, its questions and checks",
    "offers.interview": "the same",
    "offers.figures": "figures as people write them",
    "offers.product": "what a pilot measures",
    "offers.offer": "departments and study out of its answers",
    "config": "names and values of configurations",
    "config.ensembles": "what an ensemble says of its departments",
    "config.files": "YAML that was sent, read safely, and whether one's own files have changed",
    "config.validating": "meanings and units of keys",
    "department.rota": "hours and days of a team",
    "department.vocabulary": "the class of a department, for these",
    "records.in_memory": "a folder that was sent",
    "records.serialise": "CSV as text",
    "resumable": "runs that are kept as they end",
    "study.department_warnings": "what such a run refuses",
    "study.offered_load": "the same, and minutes in words",
    "units": "minutes of a week",
    "wording": "names and counts in words",
}
"""What the app imports beside the front, and for what."""


def test_the_app_stands_on_the_public_front_and_little_beside_it() -> None:
    imported = set()
    for path in APP.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simulation"):
                imported.add((node.module or "").removeprefix("simulation").lstrip("."))
            elif isinstance(node, ast.Import):
                imported |= {
                    name.name.removeprefix("simulation.")
                    for name in node.names
                    if "simulation." in name.name
                }
    assert {name for name in imported if name.split(".")[0] not in ("app", "")} == set(BESIDE)
