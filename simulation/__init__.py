"""aeflow: an in-silico trial of AI-assisted triage in A&E departments. For planning only, not for clinical use.

    import simulation as ae
    study = ae.load("study=ai_triage", "site=typical", "run.replications=4")
    result = ae.compare(study)
    result.table()
    ae.figure(result, "differences")
    ae.write(result, "results")

The rooms, lowest first: `units` `errors` · `records` · `pathway` · `draws` · `triage` `engine` · `analysis` ·
`experiment` · `report` · `config` · `validation` · `cli`. ARCHITECTURE.md is the way in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "AeflowError",
    "ConfigError",
    "DrawsError",
    "PlanError",
    "Result",
    "ResultsError",
    "Study",
    "Wanted",
    "__version__",
    "compare",
    "figure",
    "load",
    "nearest_matrix",
    "run",
    "write",
]

if TYPE_CHECKING:
    from simulation.config import load
    from simulation.errors import AeflowError, ConfigError, DrawsError, PlanError, ResultsError
    from simulation.experiment.result import Result
    from simulation.experiment.run import compare, run
    from simulation.report.folder import write_result as write
    from simulation.report.run_pictures import figure
    from simulation.study.study import Study
    from simulation.triage.construct import Wanted, nearest_matrix

_HOMES = {
    **dict.fromkeys(("AeflowError", "ConfigError", "DrawsError", "PlanError", "ResultsError"), "simulation.errors"),
    "load": "simulation.config",
    "compare": "simulation.experiment.run",
    "run": "simulation.experiment.run",
    "Result": "simulation.experiment.result",
    "Study": "simulation.study.study",
    "Wanted": "simulation.triage.construct",
    "nearest_matrix": "simulation.triage.construct",
    "figure": "simulation.report.run_pictures",
    "write": "simulation.report.folder",
}
_NAMES_THERE = {"write": "write_result"}
"""Public names that are longer at home."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulation' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), _NAMES_THERE.get(name, name))


def __dir__() -> list[str]:
    """The public names, imported yet or not."""
    return sorted(__all__)
