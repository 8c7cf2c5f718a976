"""A department composed of parts of several, which nobody has.

Either a site is chosen that is the user's own, without the files of its name in the groups beside it; or it is another
than the study's while the study's staffing, calibration or pathway would stay; or the file of a study of a department
of the user's own leaves out the `defaults` that would say so.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from simulation.config.departments import SECTIONS
from simulation.config.files import stated_by
from simulation.config.folders import NO_FILE, Choices, Folders, file_named, names_in
from simulation.errors import Fault
from simulation.study.design import Design

BESIDE = ("staffing", "calibration", "pathway")
"""The groups that state a department together with `site`."""


def rest_left_out(choices: Choices, asked: Collection[str], folders: Folders) -> Fault | None:
    """The fault of a site of the user's own whose staffing, calibration or pathway is not chosen with it; else None.

    `asked`: the groups that overrides choose. What they, or the study's or the site's own file, choose is left alone.
    """
    site, own = choices.get("site", ""), folders[:-1]
    if not file_named("site", site, own):
        return None
    paths = [file_named(group, choices.get(group, ""), own) for group in ("study", "site")]
    stated = [path.read_text(encoding="utf-8-sig") for path in paths if path]
    left = {
        group: choices[group]
        for group in BESIDE
        if group not in asked
        and choices.get(group, site) != site
        and file_named(group, site, own)
        and not any(
            re.search(rf"^[^#\n]*override /{group}@", text, flags=re.MULTILINE) for text in stated
        )
    }
    if not left:
        return None
    files = ", ".join(f"{group}/{site}.yaml" for group in left)
    found = f"chooses the site alone, and you have {files} too"
    whole = " ".join(f"{group}={site}" for group in ("site", *left))
    group, name = next(iter(left.items()))
    remedy = (
        f"For the whole department write {whole}; to replace a part of it, add "
        f"that choice as well ({group}={name})"
    )
    return Fault(f"site={site}", found, remedy)


def study_of_another(
    choices: Choices, of_study: Choices, usual: Choices, asked: Collection[str], folders: Folders
) -> Fault | None:
    """The fault of a site that overrides choose while other groups stay with the department that the study chooses;
    else None.

    `of_study`, `usual`: what the study chooses by itself, and what is chosen without any. `asked` as above: what it
    names is meant.
    """
    study, site = choices["study"], choices["site"]
    if of_study["site"] in (usual["site"], site):
        return None
    left = {
        group: choices[group]
        for group in BESIDE
        if group not in asked
        and choices[group] == of_study[group]
        and choices[group] not in (usual[group], site)
    }
    if not left:
        return None
    kept = [f"{group}={name}" for group, name in left.items()]
    about = (
        "a department of its own"
        if of_study["site"] == NO_FILE
        else f"the department of site={of_study['site']}"
    )
    found = f"study={study} is about {about}, and its {', '.join(kept)} would stay"
    whole = {group: site if file_named(group, site, folders) else usual[group] for group in left}
    words = " ".join(f"{group}={name}" for group, name in {"site": site, **whole}.items())
    remedy = f"Leave site={site} out, or for the whole department say {words}; what you want to keep say as well"
    return Fault(f"site={site}", found, f"{remedy} ({kept[0]})")


def defaults_left_out(
    choices: Choices, raw: Mapping[str, Any], design: Design, folders: Folders
) -> Fault | None:
    """The one fault of a study with faults that is about a department of its own and has no `defaults`; else None.

    It is about one if an arm changes a section of `pathway` that the composed department states in other groups
    (`pathway.pools`), or if no arm has a triage policy.
    """
    name, site = choices.get("study", NO_FILE), choices.get("site", NO_FILE)
    if NO_FILE in (name, site) or "defaults" in stated_by("study", name, folders):
        return None
    elsewhere = {section for section in SECTIONS if section not in (raw.get("pathway") or {})}
    paths = [path.split(".") for arm in design.arms.values() for path in arm.changes]
    untriaged = not design.levers and all(arm.triage == "none" for arm in design.arms.values())
    if not untriaged and not any(
        path[0] == "pathway" and path[1:2] and path[1] in elsewhere for path in paths
    ):
        return None
    pathway = name if name in names_in("pathway", folders) else "NAME"
    line = f"defaults: [/study/_department_alone, override /pathway@_global_.pathway: {pathway}]"
    other = (
        ", or give the arms a triage policy if it is about the department that comes with aeflow"
        if untriaged
        else ""
    )
    found = (
        f"states no `defaults`, so it is about the department that comes with aeflow (site={site})"
    )
    return Fault(
        f"study/{name}.yaml", found, f"For a department of your own write at the top: {line}{other}"
    )
