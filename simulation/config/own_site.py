"""A site of the user's own chosen without the rest of its department: files of its name in the groups beside it.

Composed with the typical staffing, it would answer for a department that nobody has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from simulation.config.folders import file_named
from simulation.errors import Fault

BESIDE = ("staffing", "calibration", "pathway")
"""The groups that state a department together with `site`."""


def rest_left_out(choices: Mapping[str, str], asked: Collection[str], folders: Sequence[Path]) -> Fault | None:
    """The fault of a site of the user's own whose staffing, calibration or pathway is not chosen with it; else None.

    `asked`: the groups that overrides choose. What they, or the study's or the site's own file, choose is left alone.
    """
    site, own = choices.get("site", ""), folders[:-1]
    if file_named("site", site, own) is None:
        return None
    stated = [path.read_text(encoding="utf-8-sig") for path in _files(choices, own)]
    left = {
        group: choices[group]
        for group in BESIDE
        if group not in asked
        and choices.get(group, site) != site
        and file_named(group, site, own) is not None
        and not any(re.search(rf"^[^#\n]*override /{group}@", text, flags=re.MULTILINE) for text in stated)
    }
    if not left:
        return None
    files = ", ".join(f"{group}/{site}.yaml" for group in left)
    found = f"chooses the site alone, and you have {files} too"
    whole = " ".join(f"{group}={site}" for group in ("site", *left))
    group, name = next(iter(left.items()))
    remedy = (
        f"For the whole department write {whole}; to replace a part of it, add that choice as well ({group}={name})"
    )
    return Fault(f"site={site}", found, remedy)


def _files(choices: Mapping[str, str], own: Sequence[Path]) -> list[Path]:
    """The user's own files of the chosen study and site."""
    paths = (file_named(group, choices.get(group, ""), own) for group in ("study", "site"))
    return [path for path in paths if path is not None]
