"""One YAML file read by itself, and what a YAML library says about it, in our words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simulation.config.folders import shown_path
from simulation.errors import ConfigError, Fault


def explained(error: Exception, folders: Sequence[Path]) -> ConfigError:
    """One message for what Hydra, OmegaConf or YAML refused."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return ConfigError([yaml_fault(error, shown_path(Path(error.problem_mark.name), folders))])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ConfigError([Fault("configuration", lines[0] if lines else repr(error), "See `aeflow show`")])


def yaml_fault(error: yaml.MarkedYAMLError, file: str) -> Fault:
    """What YAML refused in a file, and in which line."""
    line = f", line {error.problem_mark.line + 1}" if error.problem_mark is not None else ""
    twice = str(error.problem).startswith("found duplicate key")
    found = str(error.problem).replace("found duplicate key", "states a key twice:") if twice else str(error.problem)
    return Fault(f"{file}{line}", found, "Keep one of the two" if twice else "Put the YAML right")


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key stated twice in one block is an error, as it is in every file that Hydra reads."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Called by PyYAML for each block."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.value != "<<":
                problem = f"found duplicate key {key.value}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
