"""The published figures that a site is held against: configs/targets/*.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simulation.config.files import mapping_in
from simulation.errors import ConfigError, Fault, nearest
from simulation.targets import Target, targets_from


def targets_named(name: str, folders: Iterable[Path]) -> tuple[Target, ...]:
    """The targets of that name from the first folder that has them. Raises ConfigError with every fault."""
    known: set[str] = set()
    for folder in folders:
        known |= {path.stem for path in (folder / "targets").glob("*.yaml")}
        path = folder / "targets" / f"{name}.yaml"
        if path.is_file():
            faults: list[Fault] = []
            stated = mapping_in(path, f"targets/{name}.yaml", faults)
            if stated is None:
                raise ConfigError(faults)
            return targets_from(stated, f"targets/{name}.yaml")
    raise ConfigError([Fault("targets", f"there are no targets '{name}'", nearest(name, known))])
