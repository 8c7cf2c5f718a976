"""A department of the user's own: the files of another, copied under a new name into the user's folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from simulation.config.folders import is_name_of_file, names_in, packaged_configs, search_folders
from simulation.config.studies import RESERVED
from simulation.errors import ConfigError, Fault, nearest
from simulation.pathway.check.own_measures import NAME, NAME_WORDS

KINDS = ("pathway", "study")
"""The files of a department that stands alone: what it is, and what is asked of it."""
CHOSEN = r"(override /pathway@_global_\.pathway:\s*)"
"""Where a study says which department it is about."""
GALLERY = "gallery/"


def new_department(name: str, source: str, folder: Path) -> tuple[Path, ...]:
    """Copy the department and study called `source` to `folder` as `name`; the files written.

    Raises ConfigError with every fault: a name that cannot be one or is taken, a source that is not there.
    """
    places = search_folders(folder if folder.is_dir() else None)
    faults = [*_name_faults(name, folder), *_source_faults(source, places)]
    if faults:
        raise ConfigError(faults)
    texts = _texts(source, places)
    renamed = {
        "pathway": re.sub(r"^name:.*$", f"name: {name}", texts["pathway"], count=1, flags=re.MULTILINE),
        "study": re.sub(r"^name:.*$", f"name: {name}", texts["study"], count=1, flags=re.MULTILINE),
    }
    renamed["study"] = re.sub(f"{CHOSEN}{re.escape(source)}\\b", rf"\g<1>{name}", renamed["study"])
    written = []
    for kind, text in renamed.items():
        path = folder / kind / f"{name}.yaml"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            fault = Fault(str(path), f"cannot be written: {error.strerror}", "Name another folder")
            raise ConfigError([fault]) from None
        written.append(path)
    return tuple(written)


def sources(folders: Sequence[Path]) -> tuple[str, ...]:
    """The departments that can be copied: those with a study of the same name that chooses them."""
    both = sorted(names_in("study", folders) & names_in("pathway", folders))
    return tuple(name for name in both if re.search(f"{CHOSEN}{re.escape(name)}\\b", _texts(name, folders)["study"]))


def _texts(name: str, folders: Sequence[Path]) -> Mapping[str, str]:
    """By kind, the text of the file of that name in the first folder that has it."""
    paths = {kind: next(path for each in folders if (path := each / kind / f"{name}.yaml").is_file()) for kind in KINDS}
    return {kind: path.read_text(encoding="utf-8") for kind, path in paths.items()}


def _name_faults(name: str, folder: Path) -> Iterator[Fault]:
    if not NAME.fullmatch(name) or name.casefold() in RESERVED:
        yield Fault(f"'{name}'", "is not a name for a department", NAME_WORDS)
        return
    if yaml.safe_load(name) != name:
        yield Fault(f"'{name}'", f"is read as {yaml.safe_load(name)!r} in YAML", "Choose a name with other letters")
        return
    for kind in KINDS:
        path = folder / kind / f"{name}.yaml"
        if path.exists():
            yield Fault(str(path), "is there already", "Choose another name, or move the file away")
        elif name in names_in(kind, [packaged_configs()]):
            yield Fault(f"'{name}'", f"is a {kind} that comes with aeflow", "Choose another name")


def _source_faults(source: str, folders: Sequence[Path]) -> Iterator[Fault]:
    known = sources(folders)
    if is_name_of_file(source) and source in known:
        return
    short = [name.removeprefix(GALLERY) for name in known]
    remedy = f"Did you mean '{GALLERY}{source}'?" if source in short else nearest(source, known)
    yield Fault(f"from={source}", "there is no such department to start from", remedy)
