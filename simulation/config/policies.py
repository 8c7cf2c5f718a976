"""Triage policies by name, and an arm's policy with what its levers take and change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from simulation.config.bounds import configuration_faults, shortened
from simulation.config.dotted import Change, Raw, set_change, take
from simulation.config.files import mapping_in
from simulation.config.folders import is_name_of_file, names_in
from simulation.config.validating import validated
from simulation.errors import Fault, nearest
from simulation.study.design import Design
from simulation.triage.policy import Policy

PRICES = ("price_per_attendance", "cost_per_year")
"""Parts of a policy that belong to no lever: they come with all of them together."""
STANDS_ALONE = "a policy file has no `defaults` and no `${}`"


def policy_named(name: str, folders: Iterable[Path], where: str, faults: list[Fault]) -> Policy | None:
    """The triage policy of that name from the first folder that has it."""
    stated = policy_stated(name, folders, where, faults)
    if stated is None:
        return None
    policy: Policy | None = validated(Policy, stated, f"triage/{name}.yaml", faults)
    return policy


def policy_stated(name: str, folders: Iterable[Path], where: str, faults: list[Fault]) -> Raw | None:
    """What the file of a triage policy states; None and its faults if there is no such file, or it is not sound.

    Whoever names it, the group `triage` or an arm, reads it alike: it states its values, all of them, and takes
    nothing from another file.
    """
    places = tuple(folders)
    for folder in places if is_name_of_file(name) else ():
        path = folder / "triage" / f"{name}.yaml"
        if path.is_file():
            shown = f"triage/{name}.yaml"
            stated = mapping_in(path, shown, faults)
            if stated is None:
                return None
            refused = configuration_faults(stated, shown) or list(_taken_from_elsewhere(stated, shown))
            faults += refused
            return None if refused else stated
    found = f"there is no triage policy '{shortened(name)}'"
    faults.append(Fault(where, found, nearest(name, names_in("triage", places))))
    return None


def _taken_from_elsewhere(stated: Any, where: str) -> Iterator[Fault]:
    """A fault for `defaults`, and for each value that refers to another: an arm reads the file without the others."""
    if isinstance(stated, str) and "${" in stated:
        yield Fault(where, f"refers to '{stated}'", f"Write the value itself: {STANDS_ALONE}")
    if isinstance(stated, dict) and "defaults" in stated and where.endswith(".yaml"):
        yield Fault(f"{where}.defaults", "takes another file", f"Write the values themselves: {STANDS_ALONE}")
    parts = stated.items() if isinstance(stated, dict) else enumerate(stated) if isinstance(stated, list) else ()
    for key, each in parts:
        yield from _taken_from_elsewhere(each, f"{where}.{key}")


def policy_of(
    name: str, design: Design, changes: Sequence[Change], folders: Sequence[Path], faults: list[Fault]
) -> Policy | None:
    """An arm's policy: the one it names with another's nurse, what its levers take, and changes, laid over it.

    A policy that was changed bears the arm's name.
    """
    arm = design.arms[name]
    if not arm.levers and not changes and arm.nurse is None:
        return policy_named(arm.triage, folders, f"study.arms.{name}.triage", faults)
    n_before = len(faults)
    own = policy_stated(arm.triage, folders, f"study.arms.{name}.triage", faults)
    full = policy_stated(design.full, folders, "study.full", faults) if arm.levers and design.full else None
    nurse = policy_stated(arm.nurse, folders, f"study.arms.{name}.nurse", faults) if arm.nurse else None
    if own is None or len(faults) > n_before:
        return None
    raw: Raw = {"triage": own}
    if nurse is not None:
        own.update({"nurse": nurse.get("nurse"), "burdens": nurse.get("burdens", [])})
    for lever in arm.levers:
        for path in design.levers[lever].takes:
            take(raw["triage"], full, path, f"study.levers.{lever}.takes", faults)
    for change in changes:
        set_change(raw, change, faults, changeable=("triage",))
    if full is not None and set(arm.levers) == set(design.levers):
        raw["triage"].update({each: full[each] for each in PRICES if each in full})
        faults += _missing_from_full(raw["triage"], full, design)
    if len(faults) > n_before:
        return None
    policy: Policy | None = validated(Policy, {**raw["triage"], "name": name}, f"study.arms.{name}.triage", faults)
    return policy


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
