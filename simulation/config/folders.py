"""Where configurations are looked for: a folder that the user names, on the disk or in memory, `./configs`, and the
packaged folder."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from simulation.errors import refuse
from simulation.records.disk_cache import cached_on_disk
from simulation.records.in_memory import PathInMemory

Folders = Sequence[Path]
"""Folders in which configurations are looked for, in this order."""
Choices = Mapping[str, str]
"""The file chosen of each group of configurations."""
NO_FILE = "none"
"""The choice of a group of which no file is taken."""
LONGEST_NAME = 200
"""Characters of the name of a configuration, with its folders."""
NOT_IN_NAMES = frozenset('\\:<>"|?*\0')
"""Characters that no name of a file has on Windows, besides the slash."""
DEVICES = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
    ]
)
"""Names of devices on Windows: no file is called so there, whatever its ending."""


def packaged_configs() -> Path:
    """The folder of configurations that comes with aeflow: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / "config.yaml").is_file():
            return folder
    refuse("configs", "the folder is missing beside the simulation package", "Reinstall aeflow")


def search_folders(config_dir: str | Path | None = None) -> tuple[Path, ...]:
    """The folders in which configurations are looked for, in this order; the packaged folder is the last.

    Raises ConfigError if the folder named is missing.
    """
    packaged = packaged_configs()
    named = Path(config_dir) if isinstance(config_dir, str) else config_dir
    folders = [named.resolve()] if named is not None else []
    if folders and not folders[0].is_dir():
        refuse("--config-dir", f"there is no folder '{config_dir}'", "Name a folder that exists")
    local = Path("configs").resolve()
    if local.is_dir() and local not in (packaged, *folders):
        folders.append(local)
    return (*folders, packaged)


def yaml_files(folders: Folders) -> list[Path]:
    """Every configuration file; not a hidden one, such as an editor's lock, nor a link that leads nowhere."""
    return [file for folder in folders for file in _files_of(folder)]


def _files_of(folder: Path) -> Iterator[Path]:
    return (
        folder.files()
        if isinstance(folder, PathInMemory)
        else (Path(entry.path) for entry in _entries(folder))
    )


def _entries(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """The configuration files in a folder and those within it, by name."""
    with suppress(OSError), os.scandir(folder) as found:
        for entry in sorted(found, key=attrgetter("name")):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)
            elif entry.name.endswith(".yaml") and entry.is_file():
                yield entry


def names_in(group: str, folders: Folders) -> set[str]:
    """The names that can be chosen of a group: those of its files in any of these folders, without their ending.

    A file whose name begins with `_` is left out: it is a part that others start from.
    """
    return {
        path.relative_to(folder / group).with_suffix("").as_posix()
        for folder in folders
        for path in yaml_files([folder / group])
        if not path.name.startswith("_")
    }


def file_named(group: str, name: str, folders: Folders) -> Path | None:
    """The file of that name in a group, from the first folder that has it; None if there is none."""
    if not is_name_of_file(name):
        return None
    paths = (folder / group / f"{name}.yaml" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def is_name_of_file(name: str) -> bool:
    """Whether a name can be that of a file within a group's folder, on Windows too: it does not lead out of the folder
    or to a hidden file.

    >>> is_name_of_file("published/no_levels"), is_name_of_file("../nurse"), is_name_of_file("aux")
    (True, False, False)
    """
    parts = name.split("/")
    return len(name) <= LONGEST_NAME and all(map(_is_name, parts))


def _is_name(part: str) -> bool:
    """Whether a file or folder can be called so."""
    allowed = (
        bool(part) and part[0] not in ". " and part[-1] not in ". " and not set(part) & NOT_IN_NAMES
    )
    return allowed and part.partition(".")[0].casefold() not in DEVICES


def fingerprint_of(folders: Folders) -> tuple[tuple[str, int, int], ...]:
    """The configuration files, each with the time of its last change (ns) and its size (bytes)."""
    return _stamped(entry for folder in folders for entry in _entries(folder))


def _stamped(files: Iterable[Path | os.DirEntry[str]]) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (os.fspath(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files
    )


@cache
def _own_modules() -> tuple[tuple[str, int, int], ...]:
    """The same of the modules that read and check the files; they stay as they are while a process runs."""
    package = Path(__file__).parents[1]
    return _stamped(
        path
        for room in ("config", "department", "study")
        for path in sorted((package / room).rglob("*.py"))
    )


def cached_for_files(folders: Folders, name: str, key: object, make: Callable[[], Any]) -> Any:
    """The value of `make()`. Of the packaged files alone it is cached on disk, until one of these files, or of the
    modules that read them, changes."""
    if len(folders) > 1:
        return make()
    return cached_on_disk(name, [key, fingerprint_of(folders), _own_modules()], make)


def shown_path(path: Path, folders: Folders) -> str:
    """A file as a user knows it: its path within the folder of configurations that it is in."""
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
