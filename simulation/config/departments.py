"""One checked `Pathway` out of the groups site, staffing and pathway, with what scenario and arm change."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from typing import Any, get_origin, get_type_hints

from simulation.config.bounds import shortened
from simulation.config.dotted import Change, Raw, resolve, set_change
from simulation.config.validating import as_written, validated
from simulation.errors import ConfigError, Fault
from simulation.pathway.check import check
from simulation.pathway.department import Pathway
from simulation.study.design import factor_of
from simulation.study.own import taken_names

SECTIONS = tuple(field.name for field in fields(Pathway))


GROUPS = ("site", "staffing", "pathway")
"""The groups that together state a `Pathway`."""


GROUPS_OF_VALUES = (*GROUPS, "calibration")
"""The groups that are blocks of named parts, each validated with the department or by itself."""
CHANGEABLE = GROUPS_OF_VALUES
"""What a scenario or an arm can change; anything else would do nothing."""


def pathway_from(raw: Raw, *, changes: Mapping[str, Any] | None = None) -> Pathway:
    """The checked pathway of a composed configuration. Raises ConfigError."""
    faults: list[Fault] = []
    _, pathway = department(
        raw, [Change(path, value, f"changes.{path}") for path, value in (changes or {}).items()], faults
    )
    if faults or pathway is None:
        raise ConfigError(faults)
    return pathway


def department(
    raw: Raw, changes: Iterable[Change], faults: list[Fault], *, numbers_only: bool = False
) -> tuple[Raw, Pathway | None]:
    """The groups with changes applied, and the pathway they state together (None if that has faults).

    `numbers_only`: nothing but numbers differs from a department that was checked, so that types and ranges are looked
    at again, and not names, routes and deadlocks. That is most of the time.
    """
    changed = {group: copy.deepcopy(raw.get(group)) for group in CHANGEABLE}
    n_before = len(faults)
    multiplied: dict[str, str] = {}
    for each in changes:
        set_change(changed, each, faults, changeable=CHANGEABLE)
        factor = factor_of(each.value)
        multiplied |= {each.path: f", after times {factor:g} of {each.where}"} if factor is not None else {}
    if len(faults) > n_before:
        return changed, None
    merged, origin, found = _merged(resolve(changed))
    faults += found
    if found:
        return changed, None
    if numbers_only:
        made: Pathway | None = validated(Pathway, merged, "", faults, origin)
        return changed, made
    pathway, of_department = _checked(_Stated(merged, origin))
    faults += [replace(each, found=each.found + multiplied.get(each.where, "")) for each in of_department]
    return changed, pathway


def block_faults(raw: Raw, groups: Iterable[str]) -> list[Fault]:
    """A fault for each group that is no block of keys; a group that is not there is one without keys."""
    return [
        Fault(group, f"found {shortened(repr(raw[group]))}", "Write a block of keys")
        for group in groups
        if not isinstance(raw.get(group) or {}, dict)
    ]


@dataclass(frozen=True, eq=False)
class _Stated:
    """What states a department, and where each name of it came from; equal to whatever reads the same."""

    merged: Raw
    origin: Mapping[tuple[str, ...], str]
    written: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "written", repr((self.merged, self.origin)))

    def __hash__(self) -> int:
        return hash(self.written)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stated) and self.written == other.written


@lru_cache(maxsize=32)
def _checked(stated: _Stated) -> tuple[Pathway | None, tuple[Fault, ...]]:
    """The pathway if it is sound, else its faults; cached, as arms and studies share a few departments."""
    faults: list[Fault] = []
    pathway: Pathway | None = validated(Pathway, stated.merged, "", faults, stated.origin)
    if pathway is not None:
        found = (*check(pathway), *taken_names(pathway.measures))
        faults += [Fault(as_written(each.where, stated.origin), each.found, each.remedy) for each in found]
    return (None if faults else pathway), tuple(faults)


def _merged(raw: Raw) -> tuple[Raw, dict[tuple[str, ...], str], list[Fault]]:
    """Site, staffing and pathway as one mapping; where each part came from; what is stated twice."""
    merged: Raw = {}
    origin: dict[tuple[str, ...], str] = {}
    faults: list[Fault] = []
    for group in GROUPS:
        stated = raw.get(group) or {}
        parts = {"pools": stated} if group == "staffing" else stated
        for section, content in parts.items():
            if section in _by_name() and isinstance(content, dict):
                held = merged.setdefault(section, {})
                if isinstance(held, dict):
                    _add_names(held, section, content, group, origin, faults)
                    continue
            if merged.get(section, {}) != {}:
                faults.append(_stated_twice(section, _first_group(section, origin), group))
            merged[section] = content
            origin[(section,)] = group
    return merged, origin, faults


@cache
def _by_name() -> frozenset[str]:
    """The sections that several groups may state together, name by name; the others are one value or block."""
    return frozenset(name for name, hint in get_type_hints(Pathway).items() if get_origin(hint) is Mapping)


def _add_names(
    held: Raw, section: str, content: Raw, group: str, origin: dict[tuple[str, ...], str], faults: list[Fault]
) -> None:
    """Add a group's names to a section; a name that is there already is a fault."""
    for name, each in content.items():
        if name in held:
            path = f"staffing.{name}" if group == "staffing" else f"{group}.{section}.{name}"
            found = f"the name is used in {origin[section, name]}, too"
            faults.append(Fault(path, found, "Names are unique in a section: rename one"))
        held[name] = each
        origin[(section, name)] = group


def _first_group(section: str, origin: Mapping[tuple[str, ...], str]) -> str:
    return next(group for path, group in origin.items() if path[0] == section)


def _stated_twice(section: str, first: str, second: str) -> Fault:
    """Nothing says which of two groups is meant, so neither is taken."""
    paths = [group if group == "staffing" else f"{group}.{section}" for group in (first, second)]
    remedy = f"State it once: leave out {paths[0]} or {paths[1]}"
    return Fault(paths[0], f"is stated in {second}, too", remedy)
