"""One checked `Pathway` out of the groups site, staffing and pathway, with the changes of scenario and arm applied."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from threading import Lock
from typing import Any, get_origin, get_type_hints

from simulation.config.bounds import shortened
from simulation.config.dotted import Change, Raw, looked_up, set_change
from simulation.config.validating import Origin, as_written, validated
from simulation.department.check import check, check_rotas
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, Faults
from simulation.study.check_study import taken_names
from simulation.study.design import factor_of

SECTIONS = tuple(field.name for field in fields(Pathway))
SHARED_SECTIONS = {
    name for name, hint in get_type_hints(Pathway).items() if get_origin(hint) is Mapping
}
"""The sections that several groups may state together, name by name; each other section is one value or block."""
GROUPS = ("site", "staffing", "pathway")
"""The groups that together state a `Pathway`."""
GROUPS_OF_VALUES = (*GROUPS, "calibration")
"""The groups that are blocks of named parts, each validated with the department or by itself."""
CHANGEABLE = GROUPS_OF_VALUES
"""The groups that a scenario or an arm can change; a change of anything else would do nothing."""


def pathway_from(raw: Raw, *, changes: Mapping[str, Any] | None = None) -> Pathway:
    """The checked pathway of a composed configuration. Raises ConfigError."""
    faults = Faults()
    _, pathway = department(
        raw,
        [Change(path, value, f"changes.{path}") for path, value in (changes or {}).items()],
        faults,
    )
    if faults or not pathway:
        raise ConfigError(faults)
    return pathway


def department(
    raw: Raw, changes: Iterable[Change], faults: Faults, *, numbers_only: bool = False
) -> tuple[Raw, Pathway | None]:
    """The groups with changes applied, and the pathway they state together (None if it has faults).

    `numbers_only`: the department differs only in numbers from one that was checked. Types, ranges and rotas are then
    checked again, but not names, routes and deadlocks, which take most of the time.
    """
    changed = {
        group: raw.get(group) for group in CHANGEABLE
    }  # `set_change` changes none of their blocks in place
    n_before = len(faults)
    multiplied: dict[str, str] = {}
    for change in changes:
        set_change(changed, change, faults, changeable=CHANGEABLE)
        factor = factor_of(change.value)
        if factor is not None:
            multiplied[change.path] = f", after times {factor:g} of {change.where}"
    if len(faults) > n_before:
        return changed, None
    merged, origin, stated_twice = _merge(looked_up(changed))
    faults += stated_twice
    if stated_twice:
        return changed, None
    pathway, of_department = (
        _judged(merged, origin, check_rotas) if numbers_only else _checked(merged, origin)
    )
    faults += [
        replace(fault, found=fault.found + multiplied.get(fault.where, ""))
        for fault in of_department
    ]
    return changed, pathway


def block_faults(raw: Raw, groups: Iterable[str]) -> list[Fault]:
    """A fault for each group that is no block of keys; a group may also be missing or empty."""
    return [
        Fault(group, f"found {shortened(repr(raw[group]))}", "Write a block of keys")
        for group in groups
        if not isinstance(raw.get(group) or {}, dict)
    ]


_Judged = tuple[Pathway | None, tuple[Fault, ...]]
_checked_before: dict[str, _Judged] = {}
"""The departments that were checked, the last used last, and their faults, by what they state: studies share some."""
MOST_CACHED = 16
_lock = Lock()


def _checked(merged: Raw, origin: Origin) -> _Judged:
    """The pathway, checked in full, and its faults."""
    stated = repr((merged, origin))
    with _lock:
        judged = _checked_before.pop(stated, None) or _judged(
            merged, origin, lambda pathway: (*check(pathway), *taken_names(pathway.measures))
        )
        _checked_before[stated] = judged  # the last
        while len(_checked_before) > MOST_CACHED:
            del _checked_before[next(iter(_checked_before))]
    return judged


def _judged(
    merged: Raw, origin: Origin, faults_of: Callable[[Pathway], Iterable[Fault]]
) -> _Judged:
    """The pathway, None if it is not sound, and its faults."""
    faults = Faults()
    pathway: Pathway | None = validated(Pathway, merged, "", faults, origin)
    if pathway:
        faults += [
            replace(fault, where=as_written(fault.where, origin)) for fault in faults_of(pathway)
        ]
    return (None if faults else pathway), tuple(faults)


def _merge(raw: Raw) -> tuple[Raw, Origin, Faults]:
    """Site, staffing and pathway as one mapping, the group that each part came from, and faults."""
    merged: Raw = {}
    origin: Origin = {}
    faults = Faults()
    for group in GROUPS:
        sections = raw.get(group) or {}
        if group == "staffing":
            sections = {"pools": sections}
        for section, content in sections.items():
            if section in SHARED_SECTIONS and isinstance(content, dict):
                names = merged.setdefault(section, {})
                if isinstance(names, dict):
                    for name, part in content.items():
                        if name in names:
                            path = (
                                f"staffing.{name}"
                                if group == "staffing"
                                else f"{group}.{section}.{name}"
                            )
                            found = f"the name is used in {origin[section, name]}, too"
                            faults.add(path, found, "Names are unique in a section: rename one")
                        names[name] = part
                        origin[section, name] = group
                    continue
            if merged.get(section, {}) != {}:
                first = next(stating for path, stating in origin.items() if path[0] == section)
                one, other = (
                    name if name == "staffing" else f"{name}.{section}" for name in (first, group)
                )
                faults.add(
                    one, f"is stated in {group}, too", f"State it once: leave out {one} or {other}"
                )
            merged[section] = content
            origin[(section,)] = group
    return merged, origin, faults
