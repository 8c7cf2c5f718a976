"""A file of one's own figures, read: what `aeflow narrow observed=FILE.yaml` is told."""

from __future__ import annotations

from pathlib import Path

from simulation.config.files import mapping_in
from simulation.config.validating import validated
from simulation.errors import ConfigError, Fault
from simulation.study.observed import Observed


def observed_in(path: Path) -> Observed:
    """The figures that a YAML file states. Raises ConfigError with every fault."""
    faults: list[Fault] = []
    stated = mapping_in(path, str(path), faults)
    made: Observed | None = None if stated is None else validated(Observed, stated, str(path), faults)
    if made is not None and not made.figures:
        faults.append(Fault(str(path), "states no figure", "Write one to five under `figures`"))
    if faults or made is None:
        raise ConfigError(faults)
    return made
