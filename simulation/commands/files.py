"""Commands that rewrite a user's configurations, or write their schemas for an editor."""

from __future__ import annotations

from pathlib import Path

from simulation.errors import ConfigError, Fault


def migrate(words: list[str]) -> int:
    """Rename old keys of a user's files; with dry_run=true say only what would be renamed."""
    from simulation.config.migrate import migration_of

    folders = [word for word in words if not word.startswith("dry_run=")]
    faults = [
        Fault(word, "is neither true nor false", "Write dry_run=true to see what would be renamed")
        for word in words
        if word.startswith("dry_run=") and word not in ("dry_run=true", "dry_run=false")
    ]
    if len(folders) != 1:
        faults.append(Fault("migrate", f"found {len(folders)} folders", "Name your folder of configurations"))
    if faults:
        raise ConfigError(faults)
    migration, dry = migration_of(folders[0]), "dry_run=true" in words
    if not dry:
        migration.carry_out()
    print("\n".join(migration.lines()))
    if dry:
        print("Dry run: nothing was written.")
    return 0


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
