"""Ensembles as YAML states them: departments that fit the published figures, each a list of changes to one site.

`configs/ensembles/*.yaml` hold them; `configs/priors/*.yaml` say which values a department could have before it is held
against anything. `aeflow ensemble` makes the first out of the second. A study over the departments of an ensemble is
made in `over_ensemble`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from simulation.config.bounds import shortened
from simulation.config.departments import CHANGEABLE
from simulation.config.dotted import Change, ChangeRow, Raw, as_stated
from simulation.config.files import stated_by
from simulation.config.folders import Folders, fingerprint_of, names_in
from simulation.config.validating import sound
from simulation.department.config_dataclass import ByName, NonEmpty, config_dataclass
from simulation.errors import Fault, nearest, refuse
from simulation.records.serialise import SOURCED, differences
from simulation.study.members import OF_CHANGE, Built, Member, Structure, VariedParameter

ROUNDING = 1e-9
"""How far outside its range a value may lie because of rounding, as a share of the range's width."""


OF_POLICIES, OF_NURSES = "triage.", "nurse."
"""How the path begins of a value of a triage policy in which departments differ (`triage.our_ai.acceptance.value`), and
of their nurses (`nurse.errors.value`). It holds in every arm with that policy, or in every arm, before the arm's own
changes."""


@config_dataclass
class Ensemble:
    """Departments of one site that fit the same published figures.

    Example: `{name: two, question: "What holds whether patients are patient or not?", built: {site: typical,
    staffing: typical, pathway: emergency_department, calibration: typical, targets: england 1f3a, priors: typical 77b0,
    program: 0.2.0 9c2e, simulated_years: 12, accepted: 2}, parameters: {patience: {changes:
    [calibration.patience_scale.value], how: times, range: [0.7, 1.4], evidence: assumed, source: "a judgement"}},
    departments: [[0.83], [1.07]]}`
    """

    name: str
    """Name of the ensemble: that of the file."""
    question: str
    """What the ensemble is to answer, for a reader."""
    built: Built
    """What it was built from."""
    parameters: NonEmpty[ByName[VariedParameter]]
    """What the departments differ in, by name, in the order of the columns."""
    departments: NonEmpty[tuple[tuple[Annotated[float | int, OF_CHANGE], ...] | Member, ...]]
    """A department each: the value of every parameter, within a block that names its structure where there are any.
    They are in random order, so that the first of them, however many, are a fair sample."""
    structures: ByName[Structure] = field(default_factory=dict)
    """The structures that departments have, by name; none: every department has that of the site."""
    limitation: str = ""
    """A sentence on what its departments do not reproduce, which the first page of every answer from them carries.
    Example: `They reproduce 3 of 18 published effects.`"""

    def member(self, number: int) -> Member:
        """A department by its number, from 0, of the structure '' if there are none. Raises ConfigError."""
        if not 0 <= number < len(self.departments):
            remedy = f"Name one from 0 to {len(self.departments) - 1}"
            refuse(f"ensembles/{self.name}.yaml", f"there is no department {number}", remedy)
        stated = self.departments[number]
        return stated if isinstance(stated, Member) else Member(structure="", values=stated)

    def changes_of(self, department: int) -> ChangeRow:
        """The changes that make the files of its structure into one of the departments, before those of scenario,
        override and arm. Raises ConfigError if there is no such department."""
        where = f"ensembles/{self.name}.yaml, {department}"
        return changes_by(self.parameters, self.structures, self.member(department), where)

    @property
    def varied(self) -> Mapping[str, str]:
        """The name of the parameter or structure behind each dotted path that departments differ in."""
        of_structures = {
            path: name for name, structure in self.structures.items() for path in structure.changes
        }
        of_parameters = {
            path: name for name, parameter in self.parameters.items() for path in parameter.changes
        }
        return of_structures | of_parameters


@config_dataclass
class Priors:
    """Values that a department could have, before it is held against published figures.

    Each parameter is drawn evenly over its range, apart from the others.

    Example: `{name: mine, parameters: {patience: {changes: [calibration.patience_scale.value], how: times,
    range: [0.7, 1.4], evidence: assumed, source: "a judgement"}}, judged_by_mean: [ambulance_assessment_p95]}`
    """

    name: str
    """Name of the priors: that of the file."""
    parameters: NonEmpty[ByName[VariedParameter]]
    """What departments differ in, by name."""
    judged_by_mean: tuple[str, ...] = ()
    """Measures that one simulated year leaves to chance: judged on what years of such a department give on average."""
    structures: ByName[Structure] = field(default_factory=dict)
    """Structures that departments could have, by name, drawn in proportion to their weights; none: that of the site."""


def changes_by(
    parameters: Mapping[str, VariedParameter],
    structures: Mapping[str, Structure],
    member: Member,
    where: str,
) -> ChangeRow:
    """The dotted changes of a department's structure, and those that give each parameter its value; `where` names the
    department."""
    own = (
        changes_stated(structures[member.structure].changes, f"{where}, {member.structure}")
        if structures
        else ()
    )
    of_parameters = (
        Change(path, {"times": value} if parameter.how == "times" else value, f"{where}, {name}")
        for (name, parameter), value in zip(parameters.items(), member.values, strict=True)
        for path in parameter.changes
    )
    return (*own, *of_parameters)


def differing(files: Raw, structures: Mapping[str, Raw]) -> dict[str, str]:
    """The structure behind each dotted path at which the files of one state something else than those of the site."""
    return {
        path: name
        for name, groups in structures.items()
        for group, stated in groups.items()
        for path, _, _ in differences(files[group], stated, group)
        if path.rpartition(".")[2] not in SOURCED
    }


def ensemble_named(name: str, folders: Folders) -> Ensemble:
    """The ensemble of that name from the first folder that has it. Raises ConfigError with every fault."""
    return _read_ensemble(name, tuple(folders), fingerprint_of(folders))


@lru_cache(maxsize=8)
def _read_ensemble(name: str, folders: tuple[Path, ...], fingerprint: object) -> Ensemble:
    """The ensemble, read again where a file of these folders has changed."""
    where = f"ensembles/{name}.yaml"
    stated = stated_by("ensembles", name, folders)
    return sound(
        Ensemble, stated, where, lambda ensemble: _department_faults(ensemble, where, folders)
    )


def priors_named(name: str, folders: Folders) -> Priors:
    """The priors of that name from the first folder that has them. Raises ConfigError with every fault."""
    where = f"priors/{name}.yaml"
    stated = stated_by("priors", name, folders)
    return sound(Priors, stated, where, lambda priors: _parameter_faults(priors, where, folders))


def _parameter_faults(stated: Ensemble | Priors, where: str, folders: Folders) -> Iterator[Fault]:
    """Ranges without width, whole numbers that change several values, paths that lead out of a department or that two
    parameters change, and files that structures choose and nobody has."""
    owner: dict[str, str] = {}
    for name, parameter in stated.parameters.items():
        path = f"{where}.parameters.{name}"
        if not parameter.range[0] < parameter.range[1]:
            yield Fault(
                f"{path}.range",
                f"found {list(parameter.range)}",
                "Write two numbers, the lower first",
            )
        if parameter.whole and len(parameter.changes) > 1:
            yield Fault(
                path,
                f"is whole and changes {len(parameter.changes)} values",
                "Write a parameter for each",
            )
        for changed in parameter.changes:
            of_policy = (
                changed.removeprefix(OF_POLICIES).split(".")[0]
                if changed.startswith(OF_POLICIES)
                else ""
            )
            of_tool = changed.startswith(OF_NURSES) or (
                of_policy and of_policy in names_in("triage", folders)
            )
            if not (of_tool and isinstance(stated, Ensemble)):
                yield from _path_faults(changed, f"{path}.changes")
            if changed in owner:
                yield Fault(
                    f"{path}.changes",
                    f"'{changed}' is changed by {owner[changed]}, too",
                    "Keep it in one",
                )
            owner.setdefault(changed, name)
    for name, structure in stated.structures.items():
        path = f"{where}.structures.{name}"
        for group, file in structure.files.items():
            if file not in (known := names_in(group, folders)):
                yield Fault(
                    f"{path}.{group}",
                    f"there is no {group} '{shortened(file)}'",
                    nearest(file, known),
                )
        for changed in structure.changes:
            yield from _path_faults(changed, f"{path}.changes")


def _path_faults(path: str, where: str) -> Iterator[Fault]:
    """The fault of a dotted path that leads out of a department."""
    first = path.split(".")[0]
    if first not in CHANGEABLE or "." not in path:
        yield Fault(
            where, f"'{shortened(path)}' is no part of a department", nearest(first, CHANGEABLE)
        )


def _department_faults(ensemble: Ensemble, where: str, folders: Folders) -> Iterator[Fault]:
    """Faults of parameters, structures, departments with too many or too few values, or with one outside its range."""
    yield from _parameter_faults(ensemble, where, folders)
    named = tuple(ensemble.parameters.items())
    for number, stated in enumerate(ensemble.departments):
        path, values, structures = (
            f"{where}.departments.{number}",
            ensemble.member(number).values,
            ensemble.structures,
        )
        if not isinstance(stated, Member):
            if structures:
                yield Fault(path, "names no structure", "Write {structure: NAME, values: [...]}")
        elif stated.structure not in structures:
            remedy = (
                nearest(stated.structure, structures)
                if structures
                else "The ensemble has none: write [...]"
            )
            yield Fault(path, f"there is no structure '{stated.structure}'", remedy)
        if len(values) != len(named):
            found = f"has {len(values)} values for {len(named)} parameters"
            yield Fault(
                path, found, f"Write one for each, in this order: {', '.join(ensemble.parameters)}"
            )
            continue
        for (name, parameter), value in zip(named, values, strict=True):
            low, high = parameter.range
            slack = ROUNDING * (high - low)
            if not math.isfinite(value) or not low - slack <= value <= high + slack:
                yield Fault(
                    path,
                    f"{name} is {value:g}",
                    f"Allowed: {low:g} to {high:g}, the range of the parameter",
                )
            elif parameter.whole and not isinstance(value, int):
                yield Fault(path, f"{name} is {value:g}", "Write a whole number")


def changes_stated(values: Mapping[str, Any], where: str) -> list[Change]:
    """Values by dotted path as changes; `where` is the block that states them under `changes`."""
    return [
        Change(path, as_stated(value), f"{where}.changes.{path}") for path, value in values.items()
    ]
