"""Triage policies and nurses by name, and an arm's policy with what its levers take and change."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.config.bounds import configuration_faults, shortened
from simulation.config.composing import Composed
from simulation.config.dotted import OF_TRIAGE, Change, Raw, set_change, take
from simulation.config.files import mapping_in
from simulation.config.folders import is_name_of_file, names_in
from simulation.config.validating import validated
from simulation.errors import Fault, nearest
from simulation.renamed import CHOICES
from simulation.study.design import Arm, Design
from simulation.triage.policy import Policy
from simulation.triage.stated import Nurse, Tool, has_tool, policy_from

PRICES = ("price_per_attendance", "cost_per_year")
"""Parts of a policy that belong to no lever: they come with all of them together."""
MEASUREMENT = ("measured_on", "measured_against")
"""Parts of a policy that a lever takes with the AI's: on whom its labels were measured, and against what."""
DEFAULT_NURSE = "korea"
"""The nurses whom `config.yaml` chooses."""
KINDS = {"triage": "triage policy", "nurse": "nurse"}
"""What a file of a group is, of those that an arm names."""
OF_THE_NURSE = ("nurse", "burdens")
"""What policies once stated of the nurse."""
MOVED = "The nurse is stated once, in the group `nurse`: `aeflow migrate FOLDER` moves her out of your policies"


@dataclass(frozen=True)
class Triaged:
    """An arm's policy, and its nurses as they are without the tool."""

    policy: Policy
    nurse: Nurse | None


def policy_named(
    name: str, folders: Iterable[Path], where: str, faults: list[Fault], nurse: str = DEFAULT_NURSE
) -> Policy | None:
    """The triage policy of that name from the first folder that has it, in the hands of the nurses of that name."""
    places = tuple(folders)
    own = stated_in_file("triage", name, places, where, faults)
    theirs = stated_in_file("nurse", nurse, places, "nurse", faults)
    if own is None or theirs is None:
        return None
    made = policy_made_of({"triage": own, "nurse": theirs}, f"triage/{name}.yaml", f"nurse/{nurse}.yaml", faults)
    return made.policy if made is not None else None


def nurse_named(name: str, folders: Iterable[Path], faults: list[Fault]) -> Nurse | None:
    """The nurses of that name from the first folder that has them."""
    stated = stated_in_file("nurse", name, folders, "nurse", faults)
    nurse: Nurse | None = validated(Nurse, stated, f"nurse/{name}.yaml", faults) if stated is not None else None
    return nurse


def stated_in_file(group: str, name: str, folders: Iterable[Path], where: str, faults: list[Fault]) -> Raw | None:
    """What the file of a triage policy or a nurse states; None and its faults if there is no such file, or it is not
    sound.

    Whoever names it, the group or an arm, reads it alike: it states its values, all of them, and takes nothing from
    another file.
    """
    places, kind = tuple(folders), KINDS[group]
    for folder in places if is_name_of_file(name) else ():
        path = folder / group / f"{name}.yaml"
        if path.is_file():
            shown = f"{group}/{name}.yaml"
            stated = mapping_in(path, shown, faults)
            if stated is None:
                return None
            refused = configuration_faults(stated, shown) or list(_taken_from_elsewhere(stated, shown, kind))
            if group == "triage":
                refused = refused or [_of_the_nurse(f"{shown}.{key}") for key in OF_THE_NURSE if key in stated]
            faults += refused
            return None if refused else stated
    if instead := CHOICES.get(f"{group}={name}"):
        faults.append(Fault(where, f"the {kind} '{name}' was replaced", f"Choose {instead}"))
        return None
    found = f"there is no {kind} '{shortened(name)}'"
    faults.append(Fault(where, found, nearest(name, names_in(group, places))))
    return None


def inline_faults(found: Composed) -> Iterator[Fault]:
    """What a configuration of earlier days lacks or holds too much of: nurses, and a nurse in its policy."""
    if "nurse" not in found.choices and "nurse" not in found.raw:
        remedy = f"Write `- nurse: {DEFAULT_NURSE}` above `triage`: `aeflow migrate FOLDER` does"
        yield Fault("config.yaml", "chooses no nurses among its defaults", remedy)
    triage = found.raw.get("triage")
    if "triage" not in found.choices and isinstance(triage, dict):
        yield from (_of_the_nurse(f"triage.{key}") for key in OF_THE_NURSE if key in triage)


def _of_the_nurse(where: str) -> Fault:
    return Fault(where, "is of the nurse, and a policy states what the tool does", MOVED)


def _taken_from_elsewhere(stated: Any, where: str, kind: str) -> Iterator[Fault]:
    """A fault for `defaults`, and for each value that refers to another: an arm reads the file without the others."""
    stands_alone = f"a {kind.removeprefix('triage ')} file has no `defaults` and no `${{}}`"
    if isinstance(stated, str) and "${" in stated:
        yield Fault(where, f"refers to '{stated}'", f"Write the value itself: {stands_alone}")
    if isinstance(stated, dict) and "defaults" in stated and where.endswith(".yaml"):
        yield Fault(f"{where}.defaults", "takes another file", f"Write the values themselves: {stands_alone}")
    parts = stated.items() if isinstance(stated, dict) else enumerate(stated) if isinstance(stated, list) else ()
    for key, each in parts:
        yield from _taken_from_elsewhere(each, f"{where}.{key}", kind)


def policy_of(
    name: str,
    design: Design,
    changes: Sequence[Change],
    nurse: Raw | None,
    folders: Sequence[Path],
    faults: list[Fault],
) -> Triaged | None:
    """An arm's policy: the one it names, what its levers take, and changes laid over it, in the hands of its nurses:
    those whom it names, or else `nurse`, whom the group states.

    A policy that was changed bears the arm's name.
    """
    arm, where = design.arms[name], f"study.arms.{name}"
    n_before = len(faults)
    own = stated_in_file("triage", arm.triage, folders, f"{where}.triage", faults)
    full = stated_in_file("triage", design.full, folders, "study.full", faults) if arm.levers and design.full else None
    theirs = copy.deepcopy(nurse)
    if arm.nurse is not None:
        theirs = stated_in_file("nurse", arm.nurse, folders, f"{where}.nurse", faults)
    if own is None or len(faults) > n_before:
        return None
    raw: Raw = {"triage": own, "nurse": theirs}
    for lever in arm.levers:
        for path in design.levers[lever].takes:
            take(raw["triage"], full, path, f"study.levers.{lever}.takes", faults)
            if full is not None and path.split(".")[0] == "ai":
                raw["triage"].update({each: full[each] for each in MEASUREMENT if each in full})
    for change in changes:
        set_change(raw, change, faults, changeable=OF_TRIAGE)
    if full is not None and set(arm.levers) == set(design.levers):
        raw["triage"].update({each: full[each] for each in PRICES if each in full})
        faults += _missing_from_full(raw["triage"], full, design)
    if len(faults) > n_before:
        return None
    changed = arm.levers or changes
    if changed:
        raw["triage"]["name"] = name
    told = f"{where}.triage" if changed else f"triage/{arm.triage}.yaml"
    return policy_made_of(raw, told, f"nurse/{arm.nurse}.yaml" if arm.nurse is not None else "nurse", faults)


def policy_made_of(raw: Raw, where: str, where_nurse: str, faults: list[Fault]) -> Triaged | None:
    """The policy that a tool and its nurses state; None and its faults."""
    n_before = len(faults)
    tool: Tool | None = validated(Tool, raw["triage"], where, faults)
    nurse: Nurse | None = validated(Nurse, raw["nurse"], where_nurse, faults) if raw["nurse"] is not None else None
    if tool is None or len(faults) > n_before:
        return None
    policy = policy_from(tool, nurse, where, faults)
    return Triaged(policy, nurse) if policy is not None else None


def control_faults(design: Design, arms: Mapping[str, Triaged]) -> Iterator[Fault]:
    """A fault for each tool that is compared with other nurses than its own, and not with its own; where they are a
    lever, its own part is told apart."""
    ours = arms.get(design.baseline)
    for name, arm in arms.items():
        if ours is None or arm.nurse == ours.nurse or not has_tool(arm.policy) or design.arms[name].levers:
            continue
        control = arms.get(design.arms[name].control or "")
        if control is None or control.nurse != arm.nurse or has_tool(control.policy):
            found = "the tool is beside other nurses than the baseline: their difference would count as the tool's"
            yield Fault(f"study.arms.{name}", found, _control_wanted(design.arms[name]))


def _control_wanted(arm: Arm) -> str:
    nurse = arm.nurse or "..."
    return (
        f"Choose these nurses for every arm (nurse={nurse}), or add an arm with them and `triage: nurse`, and name it "
        "here as `control`"
    )


def _missing_from_full(joint: Raw, full: Raw, design: Design) -> list[Fault]:
    """Parts of the full policy that no lever takes, where all levers together do otherwise."""
    meant = {path.removeprefix("triage.") for lever in design.levers.values() for path in lever.changes}
    return [
        Fault("study.levers", f"together do not make up '{design.full}': {path} is not the same", "Let a lever take it")
        for path in _unlike(joint, full)
        if not any(path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in meant)
    ]


def _unlike(one: Raw, other: Raw, within: str = "") -> list[str]:
    """Dotted paths at which two policies differ, names, notes and prices apart."""
    found = []
    for key in dict.fromkeys((*one, *other)):
        path = f"{within}{key}"
        if one.get(key) == other.get(key) or path in ("name", *PRICES) or key in ("evidence", "source"):
            continue
        if isinstance(one.get(key), dict) and isinstance(other.get(key), dict):
            found += _unlike(one[key], other[key], f"{path}.")
        else:
            found.append(path)
    return found
