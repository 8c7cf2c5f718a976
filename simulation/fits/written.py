"""The files of a fitted department written to a folder: never over what no fit has written, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from simulation.config.files import mapping_in, shortened
from simulation.config.new import SCALED_KINDS, name_faults
from simulation.config.writing import write_files
from simulation.errors import Fault, Faults

WRITTEN = (*SCALED_KINDS, "targets", "ensembles")
"""The groups of files of a fitted department."""
FITTED_BY, MOST_KEYS = "aeflow fit", 3
"""What a fitted site says that it was made by, and keys of a file that are shown as differing."""
OF_A_SET = {"defaults", "ensemble", "not_calibrated"}
"""The keys of a study that name the departments held to the records, or say why there are none."""
REMEDY = "Write over it with overwrite=true (it is kept beside the new one), or choose another name"


def taken_faults(name: str, folder: Path) -> Iterator[Fault]:
    """Faults of a name for a fitted department: it is not allowed, or is taken by files that no fit has written."""
    site = folder / "site" / f"{name}.yaml"
    is_fitted = site.is_file() and FITTED_BY in site.read_text("utf-8", "replace")
    yield from name_faults(name, folder, () if is_fitted else WRITTEN)


def write_again(
    texts: Mapping[str, str], name: str, folder: Path, *, overwrite: bool
) -> tuple[Path, ...]:
    """Write a file called `name` in each group (text by group) and return them all; what says the same is left alone.

    What `overwrite` replaces is kept beside it as `NAME.yaml.old1`, `.old2` and so on. Raises ConfigError for a name
    that is taken, and without `overwrite` for files that differ, saying in what. A study that differs in the
    departments that were held to the records alone is always replaced.
    """
    faults = Faults(taken_faults(name, folder))
    faults.refuse()
    paths = {folder / kind / f"{name}.yaml": text for kind, text in texts.items()}
    changed = [
        path
        for path, text in paths.items()
        if path.is_file() and path.read_text("utf-8", "replace") != text
    ]
    for path in changed:
        if overwrite or set() < set(_differing(path, paths[path])) <= OF_A_SET:
            olds = (path.with_name(f"{path.name}.old{number}") for number in count(1))
            path.rename(next(old for old in olds if not old.exists()))
        else:
            faults.add(str(path), f"differs: {_difference(path, paths[path])}", REMEDY)
    faults.refuse()
    write_files(
        {path.parent.name: text for path, text in paths.items() if not path.exists()}, name, folder
    )
    return tuple(paths)


def _differing(path: Path, text: str) -> dict[str, tuple[str, str]]:
    """What a file and a text state by each key in which they differ, but for sources."""
    import pandas as pd
    import yaml

    contents = (mapping_in(path, str(path), Faults()) or {}, yaml.safe_load(text))
    old, new = (pd.json_normalize(content).to_dict("records")[0] for content in contents)
    return {
        str(key): (str(old.get(key)), str(new.get(key)))
        for key in {**old, **new}
        if old.get(key) != new.get(key) and not str(key).endswith(".source")
    }


def _difference(path: Path, text: str) -> str:
    """The first keys in which a file differs from a text, with both values, and how many more there are."""
    words = [
        f"{key} is {shortened(before, 40)}, would be {shortened(now, 40)}"
        for key, (before, now) in _differing(path, text).items()
    ]
    more = [f"{len(words) - MOST_KEYS} more"] if len(words) > MOST_KEYS else []
    return "; ".join([*words[:MOST_KEYS], *more]) or "comments or sources"
