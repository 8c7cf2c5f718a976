"""A study of a department of the user's own whose file leaves out the `defaults` that would say so.

Such a study is composed with the department that comes with aeflow, and nearly everything in it is then a fault. That
none of these is the mistake can be seen from what its arms change and from their triage.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulation.config.composing import Composed
from simulation.config.departments import SECTIONS
from simulation.config.files import stated_by
from simulation.config.folders import NO_FILE, names_in
from simulation.errors import Fault
from simulation.study.design import Design


def defaults_left_out(composed: Composed, design: Design, folders: Sequence[Path]) -> Fault | None:
    """The one fault of a study with faults that is about a department of its own and has no `defaults`; else None.

    It is about one if an arm changes a section of `pathway` that the composed department states in other groups
    (`pathway.pools`), or if no arm has a triage policy.
    """
    name, site = composed.choices.get("study", NO_FILE), composed.choices.get("site", NO_FILE)
    if NO_FILE in (name, site) or "defaults" in stated_by("study", name, folders):
        return None
    elsewhere = {section for section in SECTIONS if section not in (composed.raw.get("pathway") or {})}
    paths = [path.split(".") for arm in design.arms.values() for path in arm.changes]
    untriaged = not design.levers and all(arm.triage == "none" for arm in design.arms.values())
    if not untriaged and not any(path[0] == "pathway" and path[1:2] and path[1] in elsewhere for path in paths):
        return None
    pathway = name if name in names_in("pathway", folders) else "NAME"
    line = f"defaults: [/study/_department_alone, override /pathway@_global_.pathway: {pathway}]"
    other = (
        ", or give the arms a triage policy if it is about the department that comes with aeflow" if untriaged else ""
    )
    found = f"states no `defaults`, so it is about the department that comes with aeflow (site={site})"
    return Fault(f"study/{name}.yaml", found, f"For a department of your own write at the top: {line}{other}")
