"""aeflow: an in-silico trial of AI-assisted triage in A&E departments. For planning only, not for clinical use.

    import simulation as ae
    study = ae.load("study=ai_triage", "ensemble=none", "run.replications=4")
    result = ae.compare(study)
    result.table()
    result.figure("differences")
    folder = result.write("results")
    ae.read(folder)

ARCHITECTURE.md is the way in, and lists the subpackages, lowest first.
"""

from typing import TYPE_CHECKING, Any

from simulation.version import __version__

__all__ = [
    "AeflowError", "ConfigError", "DrawsError", "Growth", "PlanError", "Result", "ResultsError", "Study", "Wanted",
    "__version__", "between", "animate", "board", "board_page", "ThreadExecutor", "charts", "compare", "configuration",
    "draft_mapping", "evaluate", "event_log", "events_of", "figure", "fit_department", "from_table", "first_page",
    "gather", "grow", "letter", "load", "narrow", "nearest_matrix", "open_executor", "overrides_in", "read",
    "read_extract", "run", "same_numbers", "trace", "vet", "write",
]  # fmt: skip

if TYPE_CHECKING:
    from simulation.api import (
        Growth,
        Result,
        compare,
        figure,
        gather,
        grow,
        narrow,
        read,
        run,
        same_numbers,
        write,
    )
    from simulation.config import configuration, load, overrides_in
    from simulation.errors import AeflowError, ConfigError, DrawsError, PlanError, ResultsError
    from simulation.evaluation.evaluate import charts, evaluate
    from simulation.extracts.extract import draft_mapping, from_table, read_extract
    from simulation.extracts.logs import between, event_log, events_of
    from simulation.fits.department import fit_department
    from simulation.fits.trace import trace
    from simulation.questions.what_happened.animation import animate
    from simulation.report.board import board, board_page
    from simulation.report.first_page import first_page
    from simulation.report.letter import letter
    from simulation.runs.running import ThreadExecutor, open_executor
    from simulation.study.study import Study
    from simulation.triage.construct import Wanted, nearest_matrix
    from simulation.vetting.vet import vet

_HOMES = {
    name: module
    for module, names in {
        "api": "Growth Result compare figure gather grow narrow read run same_numbers write",
        "config": "configuration load overrides_in",
        "errors": "AeflowError ConfigError DrawsError PlanError ResultsError",
        "evaluation.evaluate": "charts evaluate",
        "fits.department": "fit_department",
        "extracts.extract": "draft_mapping from_table read_extract",
        "extracts.logs": "between event_log events_of",
        "fits.trace": "trace",
        "questions.what_happened.animation": "animate",
        "report.board": "board board_page",
        "report.first_page": "first_page",
        "report.letter": "letter",
        "runs.running": "ThreadExecutor open_executor",
        "study.study": "Study",
        "triage.construct": "Wanted nearest_matrix",
        "vetting.vet": "vet",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulation' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"simulation.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names, imported yet or not."""
    return sorted(__all__)
