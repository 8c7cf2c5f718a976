"""Commands that write or rewrite a user's configurations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulation.commands.words import load_study, split_config_dir
from simulation.errors import ConfigError, Fault


def migrate(words: list[str]) -> int:
    """Rename old keys of a user's files."""
    from simulation.config.migrate import migration_of

    folders = [word for word in words if not word.startswith("dry_run=")]
    wrong = [word for word in words if word.startswith("dry_run=") and word not in ("dry_run=true", "dry_run=false")]
    faults = [
        Fault(word, "is neither true nor false", "Say dry_run=true to see what would be renamed") for word in wrong
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
    """Print or write JSON Schemas."""
    from simulation.config.schema import FILE_KINDS, schema_of, schema_text, write_schemas

    folders = [word.removeprefix("folder=") for word in words if word.startswith("folder=")]
    names = [word for word in words if not word.startswith("folder=")]
    if len(names) > 1 or len(folders) > 1 or "" in folders:
        raise ConfigError([Fault("schema", f"found {' '.join(words)}", "Name one kind of file, one folder, or both")])
    for name in names:
        schema_of(name)
    if folders:
        for path in write_schemas(Path(folders[0]), names or tuple(FILE_KINDS)):
            print(path)
    elif names:
        print(schema_text(names[0]), end="")
    else:
        print("\n".join(f"  {name:12} {kind.about} ({kind.files})" for name, kind in FILE_KINDS.items()))
    return 0


def new(words: list[str]) -> int:
    """Copy a department under a new name, or scale the typical one, and say what to do next."""
    from simulation.config.new import new_department, new_scaled_department

    given, config_dir = split_config_dir(words)
    stated = dict(word.split("=", 1) for word in given if "=" in word)
    source, folder = stated.pop("from", None), Path(config_dir or "configs")
    names = [word for word in given if "=" not in word]
    if names[:1] != ["department"] or len(names) != 2 or bool(source) == bool(stated):
        remedy = "Say: aeflow new department NAME attendances_per_day=280 beds=510 (or from=gallery/one_nurse)"
        raise ConfigError([Fault("new", f"found '{' '.join(words)}'", remedy)])
    name = names[1]
    where = f" --config-dir {config_dir}" if config_dir is not None else ""
    if source is not None:
        department, study = new_department(name, source, folder)
        print(f"{department}: the department. Who comes, what happens to them, with whom and for how long.")
        print(f"{study}: the question. What is compared, and by which measures.")
    else:
        _scaled(name, new_scaled_department(name, stated, folder), config_dir)
    print(f"\nRun it:          aeflow compare study={name}{where}")
    print(f"Look at it:      aeflow show study={name}{where}")
    print("Then change it:  every key is in docs/vocabulary.md; a mistake is named with what to do about it.")
    return 0


def _scaled(name: str, written: Sequence[Path], config_dir: str | None) -> None:
    """Say which files make a scaled department, and how full its beds are to be."""
    from simulation.config.folders import packaged_configs
    from simulation.config.new import HEADS
    from simulation.report.show import scaled_lines

    for path in written:
        print(f"{path}: {HEADS[path.parent.name]}.")
    print("Every number there says what it was made of.\n")
    for line in scaled_lines(load_study([f"study={name}"], config_dir), load_study([], str(packaged_configs()))):
        print(line)
