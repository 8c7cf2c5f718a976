"""The command that prints or writes the schemas of configuration files, for an editor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.errors import refuse

if TYPE_CHECKING:
    from simulation.config.groups import FileKind


def file_kinds() -> Mapping[str, FileKind]:
    """Every kind of configuration file, those of the wings included, by name."""
    from simulation.assurance.groups import GROUPS as OF_ASSURANCE
    from simulation.config.groups import FILE_KINDS, register
    from simulation.evaluation.groups import GROUPS as OF_EVALUATION
    from simulation.extracts.groups import GROUPS as OF_EXTRACTS
    from simulation.vetting.groups import GROUPS as OF_VETTING

    for of_wing in (OF_ASSURANCE, OF_VETTING, OF_EVALUATION, OF_EXTRACTS):
        register(of_wing)
    return FILE_KINDS


def schema(words: list[str]) -> int:
    """Print or write the JSON Schema of each kind of file, or list the kinds."""
    from simulation.config.schema import schema_of, schema_text, write_schemas

    kinds = file_kinds()
    folders = [word.removeprefix("folder=") for word in words if word.startswith("folder=")]
    names = [word for word in words if not word.startswith("folder=")]
    if len(names) > 1 or len(folders) > 1 or "" in folders:
        refuse("schema", f"found {' '.join(words)}", "Name one kind of file, one folder, or both")
    for name in names:
        schema_of(name)  # an unknown name is refused before anything is written
    if folders:
        for path in write_schemas(Path(folders[0]), names or kinds):
            print(path)
    elif names:
        print(schema_text(names[0]), end="")
    else:
        print("\n".join(f"  {name:12} {kind.about} ({kind.files})" for name, kind in kinds.items()))
    return 0
