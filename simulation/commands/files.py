"""The command that prints or writes the schemas of configuration files, for an editor."""

from __future__ import annotations

from pathlib import Path

from simulation.errors import ConfigError, Fault


def schema(words: list[str]) -> int:
    """Print or write the JSON Schema of each kind of file, or list the kinds."""
    from simulation.config.schema import FILE_KINDS, schema_of, schema_text, write_schemas

    folders = [word.removeprefix("folder=") for word in words if word.startswith("folder=")]
    names = [word for word in words if not word.startswith("folder=")]
    if len(names) > 1 or len(folders) > 1 or "" in folders:
        raise ConfigError([Fault("schema", f"found {' '.join(words)}", "Name one kind of file, one folder, or both")])
    for name in names:
        schema_of(name)  # an unknown name is refused before anything is written
    if folders:
        for path in write_schemas(Path(folders[0]), names or tuple(FILE_KINDS)):
            print(path)
    elif names:
        print(schema_text(names[0]), end="")
    else:
        print("\n".join(f"  {name:12} {kind.about} ({kind.files})" for name, kind in FILE_KINDS.items()))
    return 0
