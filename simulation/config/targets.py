"""The published figures that a site is held against, `configs/targets/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simulation.config.files import stated_by
from simulation.targets import Target, targets_from


def targets_named(name: str, folders: Iterable[Path]) -> tuple[Target, ...]:
    """The targets of that name from the first folder that has them. Raises ConfigError with every fault."""
    return targets_from(stated_by("targets", name, folders), f"targets/{name}.yaml")
