"""aeflow: an in-silico trial of AI-assisted triage in A&E departments. For planning only, not for clinical use.

    import simulation as ae
    study = ae.load("study=ai_triage", "site=typical", "run.replications=4")
    result = ae.compare(study)
    result.table()

The rooms, lowest first: `units` `errors` · `records` · `pathway` · `draws` · `triage` `engine` · `analysis` ·
`experiment` · `report` · `config` · `validation` · `cli`. ARCHITECTURE.md is the way in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Result", "Study", "Wanted", "__version__", "compare", "load", "nearest_matrix", "run"]

if TYPE_CHECKING:
    from simulation.config import load
    from simulation.experiment.result import Result
    from simulation.experiment.run import compare, run
    from simulation.experiment.study import Study
    from simulation.triage.construct import Wanted, nearest_matrix

_HOMES = {
    "load": "simulation.config",
    "compare": "simulation.experiment.run",
    "run": "simulation.experiment.run",
    "Result": "simulation.experiment.result",
    "Study": "simulation.experiment.study",
    "Wanted": "simulation.triage.construct",
    "nearest_matrix": "simulation.triage.construct",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulation' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
