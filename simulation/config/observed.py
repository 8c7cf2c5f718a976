"""The file of a user's own figures for `aeflow narrow observed=FILE.yaml`."""

from __future__ import annotations

from pathlib import Path

from simulation.config.files import mapping_in
from simulation.config.validating import validated
from simulation.errors import ConfigError, Fault
from simulation.questions.narrow import Observed


def observed_in(path: Path) -> Observed:
    """The figures that a YAML file states. Raises ConfigError with every fault."""
    faults: list[Fault] = []
    content = mapping_in(path, str(path), faults)
    observed: Observed | None = None if content is None else validated(Observed, content, str(path), faults)
    if observed is not None and not observed.figures:
        faults.append(Fault(str(path), "states no figure", "Write one to five under `figures`"))
    if faults or observed is None:
        raise ConfigError(faults)
    return observed
