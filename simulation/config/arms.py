"""What an arm runs: a checked `Pathway` out of the groups site, staffing and pathway, and its triage policy and nurses
by name, each with the changes of scenario, levers and arm applied."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from threading import Lock
from typing import Any, NamedTuple, get_origin, get_type_hints

from simulation.config.dotted import (
    OF_TRIAGE,
    Change,
    ChangeRow,
    Raw,
    as_stated,
    looked_up,
    set_change,
    take,
)
from simulation.config.files import (
    Folders,
    configuration_faults,
    copied,
    file_named,
    mapping_in,
    names_in,
    unknown_name,
)
from simulation.config.totals import SIZE, TOTALS, set_totals
from simulation.config.validating import Origin, as_written, validated
from simulation.department.check_pathway import check_pathway
from simulation.department.check_routes import staffing_faults
from simulation.department.rota import resolved
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, Faults
from simulation.records.serialise import ABSENT, SOURCED, find_differences
from simulation.study.check_study import taken_names
from simulation.study.design import Arm, Design, factor_of, is_within
from simulation.study.study import ReadyArm
from simulation.triage.nurse_and_tool import Nurse, Tool, has_tool, policy_from
from simulation.triage.policy import Policy

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
        _judged(merged, origin, staffing_faults) if numbers_only else _checked(merged, origin)
    )
    faults += [
        replace(fault, found=fault.found + multiplied.get(fault.where, ""))
        for fault in of_department
    ]
    return changed, pathway


def lay_changes(raw: Raw, changes: Iterable[Change], faults: Faults) -> None:
    """Lay the changes of a department over its files, in their order; to its size or totals all of it is scaled."""
    for change in changes:
        if change.path in (SIZE, TOTALS):
            set_totals(raw, change, faults)
        elif not change.of_triage:
            set_change(raw, change, faults, changeable=CHANGEABLE)


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
            merged,
            origin,
            lambda pathway: (*check_pathway(pathway), *taken_names(pathway.measures)),
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
        pathway = resolved(pathway)
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


PRICES = ("price_per_attendance", "cost_per_year")
"""Parts of the full policy that belong to no lever: an arm with all levers has them."""
MEASUREMENT = ("measured_on", "measured_against")
"""Parts of a policy that a lever takes with those of the AI: on whom its labels were measured, and against what."""
READING = "triage.reading"
"""The path of the reading of its evidence that a policy runs."""
DEFAULT_NURSE = "korea"
"""The nurses whom `config.yaml` chooses."""
KINDS = {"triage": "triage policy", "nurse": "nurse"}
"""The words for a file of each group that an arm names."""


class Triaged(NamedTuple):
    """The policy of an arm, and its nurses as they are without the tool."""

    policy: Policy
    nurse: Nurse | None


def nurse_named(name: str, folders: Folders, faults: Faults) -> Nurse | None:
    """The nurses of that name from the first folder that has them; None, with faults, if there are none."""
    raw = stated_in_file("nurse", name, folders, "nurse", faults)
    nurse: Nurse | None = validated(Nurse, raw, f"nurse/{name}.yaml", faults) if raw else None
    return nurse


def stated_in_file(
    group: str, name: str, folders: Folders, where: str, faults: Faults
) -> Raw | None:
    """The keys of a file of a triage policy or nurses; None, with faults, if there is no such file or it is not sound.

    The file must state all its values itself, because an arm reads it without any other file.
    """
    path, kind, shown = file_named(group, name, folders), KINDS[group], f"{group}/{name}.yaml"
    if not path:
        faults.add(where, *unknown_name(kind, name, names_in(group, folders)))
        return None
    raw = mapping_in(path, shown, faults)
    if raw is None:
        return None
    refused = configuration_faults(raw, shown) or list(_taken_from_elsewhere(raw, shown, kind))
    faults += refused
    return None if refused else raw


def _taken_from_elsewhere(value: Any, where: str, kind: str) -> Iterator[Fault]:
    """A fault for `defaults`, and for each value that refers to another: an arm reads the file without the others."""
    stands_alone = f"a {kind.removeprefix('triage ')} file has no `defaults` and no `${{}}`"
    if isinstance(value, str) and "${" in value:
        yield Fault(where, f"refers to '{value}'", f"Write the value itself: {stands_alone}")
    if isinstance(value, dict) and "defaults" in value and where.endswith(".yaml"):
        yield Fault(
            f"{where}.defaults",
            "takes another file",
            f"Write the values themselves: {stands_alone}",
        )
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in parts:
        yield from _taken_from_elsewhere(part, f"{where}.{key}", kind)


def policy_of(
    name: str,
    design: Design,
    changes: Sequence[Change],
    nurse: Raw | None,
    folders: Folders,
    faults: Faults,
) -> Triaged | None:
    """The policy of an arm, and its nurses: the policy that it names, with what its levers take and with `changes`,
    used by the nurses whom it names, or else by those of the group (`nurse`). None, with faults, if it is not sound.

    A policy that was changed has the name of the arm.
    """
    arm, where = design.arms[name], f"study.arms.{name}"
    n_before = len(faults)
    tool = stated_in_file("triage", arm.triage, folders, f"{where}.triage", faults)
    full = (
        stated_in_file("triage", design.full, folders, "study.full", faults)
        if arm.levers and design.full
        else None
    )
    if arm.nurse is not None:
        nurse = stated_in_file("nurse", arm.nurse, folders, f"{where}.nurse", faults)
    if not tool or len(faults) > n_before:
        return None
    raw: Raw = {"triage": tool, "nurse": copied(nurse)}
    for lever in arm.levers:
        for path in design.levers[lever].takes:
            take(tool, full, path, f"study.levers.{lever}.takes", faults)
            if full and path.split(".")[0] == "ai":
                tool.update({key: full[key] for key in MEASUREMENT if key in full})
    for change in changes:
        set_change(raw, change, faults, changeable=OF_TRIAGE)
    tool = raw["triage"]  # a change may have replaced it whole
    if full and set(arm.levers) == set(design.levers):
        tool.update({key: full[key] for key in PRICES if key in full})
        faults += _missing_from_full(tool, full, design)
    if len(faults) > n_before:
        return None
    where_tool = f"triage/{arm.triage}.yaml"
    if arm.levers or changes:
        tool["name"], where_tool = name, f"{where}.triage"
    where_nurse = f"nurse/{arm.nurse}.yaml" if arm.nurse is not None else "nurse"
    return policy_made_of(raw, where_tool, where_nurse, faults)


def with_all_readings(design: Design, folders: Folders) -> Design:
    """The study with an arm more for each reading of a policy's evidence that none runs yet: `ARM_READING`."""
    arms: dict[str, Arm] = {}
    for name, arm in design.arms.items():
        tool = stated_in_file("triage", arm.triage, folders, name, Faults()) or {}
        readings, runs = tool.get("readings"), arm.changes.get(READING, tool.get("reading"))
        arms[name] = arm
        for reading in readings if isinstance(readings, dict) else ():
            if reading == runs:
                continue
            label, changes = f"{arm.label}, read as {reading}", {**arm.changes, READING: reading}
            arms[f"{name}_{reading}"] = replace(arm, label=label, changes=changes)
    return replace(design, arms=arms)


def policy_made_of(raw: Raw, where: str, where_nurse: str, faults: Faults) -> Triaged | None:
    """The policy that a tool and its nurses state, and these nurses; None, with faults, if one is not sound.

    `where`, `where_nurse`: what faults call the tool and the nurses.
    """
    n_before = len(faults)
    tool: Tool | None = validated(Tool, raw["triage"], where, faults)
    nurse: Nurse | None = (
        validated(Nurse, raw["nurse"], where_nurse, faults) if raw["nurse"] is not None else None
    )
    if not tool or len(faults) > n_before:
        return None
    policy = policy_from(tool, nurse, where, faults)
    return Triaged(policy, nurse) if policy else None


def control_faults(design: Design, arms: Mapping[str, Triaged]) -> Iterator[Fault]:
    """A fault for each arm with a tool whose nurses differ from the baseline's, without a control of the same nurses.

    Arms with levers are left out: there, what nurses do is told apart from what the tool does.
    """
    baseline = arms.get(design.baseline)
    if not baseline:
        return
    for name, arm in arms.items():
        if arm.nurse == baseline.nurse or not has_tool(arm.policy) or design.arms[name].levers:
            continue
        control = arms.get(design.arms[name].control or "")
        if not control or control.nurse != arm.nurse or has_tool(control.policy):
            found = "the arm has other nurses than the baseline, so their difference would count as the tool's"
            remedy = (
                f"Choose these nurses for every arm (nurse={design.arms[name].nurse or '...'}), or add an arm with "
                "them and `triage: nurse`, and name it here as `control`"
            )
            yield Fault(f"study.arms.{name}", found, remedy)


def _missing_from_full(joint: Raw, full: Raw, design: Design) -> Iterator[Fault]:
    """A fault for each part in which all levers together differ from the full policy, unless a lever changes it.

    Names, evidence, sources and prices may differ.
    """
    changed = {
        path.removeprefix("triage.") for lever in design.levers.values() for path in lever.changes
    }
    for path, *values in find_differences(joint, full):
        may_differ = path in ("name", *PRICES) or not SOURCED.isdisjoint(path.split("."))
        if may_differ or values in ([None, ABSENT], [ABSENT, None]):
            continue
        if not any(is_within(path, own) or is_within(own, path) for own in changed):
            found = f"together do not make up '{design.full}': {path} is not the same"
            yield Fault("study.levers", found, "Name it under `takes` of a lever")


def changes_stated(values: Mapping[str, Any], where: str) -> list[Change]:
    """Values by dotted path as changes; `where` is the block that states them under `changes`."""
    return [
        Change(path, as_stated(value), f"{where}.changes.{path}") for path, value in values.items()
    ]


def changes_of_arms(design: Design, ready: Iterable[ReadyArm]) -> tuple[ChangeRow, ...]:
    """What each arm changes of a department, in their order."""
    of_arms = (arm_changes(arm.arm, design, f"study.arms.{arm.name}") for arm in ready)
    return tuple(tuple(change for change in changes if not change.of_triage) for changes in of_arms)


def arm_changes(arm: Arm, design: Design, where: str) -> list[Change]:
    """The changes of an arm: first those of its levers, then its own."""
    by_levers = [
        change
        for name in arm.levers
        for change in changes_stated(design.levers[name].changes, f"study.levers.{name}")
    ]
    return [*by_levers, *changes_stated(arm.changes, where)]
