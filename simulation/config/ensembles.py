"""Ensembles as YAML states them, and a study over their departments.

`configs/ensembles/*.yaml` hold departments that fit the published figures, each a list of changes to one site;
`configs/priors/*.yaml` say which values a department could have before it is held against anything. `aeflow ensemble`
makes the first out of the second.

A department is made in five steps, each laid over the one before: the files of its cause of waiting and its structure
(those of the site if it has none), the changes of the department, single values of the command line, the scenario, the
arm. Workers make the
arms themselves (`EnsembleDepartments.arms`), so that a study stays small on its way to them. One department of each
structure is checked in full; the others differ from it only in numbers, so only these and rotas are checked.

Reading order: `Ensemble`, `over_ensemble`, then `EnsembleDepartments.made`.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import chain, compress
from pathlib import Path
from typing import Annotated, Any

from simulation.config.arms import (
    CHANGEABLE,
    arm_changes,
    changes_of_arms,
    changes_stated,
    department,
    lay_changes,
    policy_made_of,
    stated_in_file,
)
from simulation.config.composing import (
    Composed,
    files_with,
    folders_of_department,
    lay_values,
    parsed_values,
)
from simulation.config.dotted import (
    OF_TRIAGE,
    Change,
    ChangeRow,
    Raw,
    outright_faults,
    set_change,
    value_at,
)
from simulation.config.files import (
    NO_FILE,
    Choices,
    Folders,
    cached_for_files,
    copied,
    fingerprint_of,
    names_in,
    shortened,
    stated_by,
    unknown_name,
)
from simulation.config.totals import SIZE, TOTALS, TotalsAndRotas, scaled_paths, totals_change
from simulation.config.validating import sound
from simulation.department.check_pathway import unlike_faults
from simulation.department.config_dataclass import ByName, NonEmpty, config_dataclass
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse
from simulation.records.serialise import SOURCED, Plain, digest, find_differences, to_exact
from simulation.study.check_study import staff_gone_faults
from simulation.study.design import (
    OF_CHANGE,
    Built,
    Cause,
    Country,
    Design,
    Member,
    Structure,
    VariedParameter,
    factor_of,
    is_number,
)
from simulation.study.study import (
    ReadyArm,
    ReadyArms,
    RunLength,
    Study,
    n_used,
    number_faults,
    one_department_faults,
    without_impossible,
)
from simulation.triage.check_policy import check_policy
from simulation.triage.policy import Policy
from simulation.wording import listed_with_and

PACKAGED = "england"
"""The packaged ensemble."""
ROUNDING = 1e-9
"""How far outside its range a value may lie because of rounding, as a share of the range's width."""


OF_POLICIES, OF_NURSES = "triage.", "nurse."
"""How the path begins of a value of a triage policy in which departments differ (`triage.our_ai.acceptance.value`), and
of their nurses (`nurse.errors.value`). It holds in every arm with that policy, or in every arm, before the arm's own
changes."""

STAFFED = re.compile(r"(staffing|pathway|\w+\.pools)\.")
"""How the path begins of a change that may move whom patients wait for."""


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
    causes: ByName[Cause] = field(default_factory=dict)
    """What makes patients wait in them, by name; none: what does at the site. With causes, there are structures."""
    totals: TotalsAndRotas | None = None
    """What is known of every department: to it each is scaled, as its cause and structure state it; none: nothing."""
    trusts: ByName[TotalsAndRotas] = field(default_factory=dict)
    """What is known of the departments of each trust, by its name, in place of `totals`; none: they are of no trust."""
    country: Country | None = None
    """The country whose trusts these are; none: they stand for no country."""
    limitation: str = ""
    """A sentence on what its departments do not reproduce, which the first page of every answer from them carries.
    Example: `On past trials its answers are as near as a guess.`"""

    def member(self, number: int) -> Member:
        """A department by its number, from 0, of the structure '' if there are none. Raises ConfigError."""
        if not 0 <= number < len(self.departments):
            remedy = f"Name one from 0 to {len(self.departments) - 1}"
            refuse(f"ensembles/{self.name}.yaml", f"there is no department {number}", remedy)
        stated = self.departments[number]
        return stated if isinstance(stated, Member) else Member(structure="", values=stated)

    def totals_of(self, member: Member) -> TotalsAndRotas | None:
        """What is known of a department, of its trust or of all; None if nothing is."""
        return self.trusts.get(member.trust, self.totals)

    def trusts_of(self, n: int) -> tuple[str, ...]:
        """The trusts of the first `n` departments; none where they stand for no country."""
        return tuple(self.member(number).trust for number in range(n)) if self.country else ()

    def changes_of(self, department: int) -> ChangeRow:
        """The changes that make the files of its structure into one of the departments, before those of scenario,
        override and arm. Raises ConfigError if there is no such department."""
        where = f"ensembles/{self.name}.yaml, {department}"
        return changes_by(self, self.member(department), where)

    @property
    def varied(self) -> Mapping[str, str]:
        """The name of the parameter or structure behind each dotted path that departments differ in."""
        kinds: Iterable[Mapping[str, Cause | Structure | VariedParameter]]
        kinds = (self.causes, self.structures, self.parameters)
        return {path: name for kind in kinds for name, of in kind.items() for path in of.changes}


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
    causes: ByName[Cause] = field(default_factory=dict)
    """What could make patients wait, by name: so many departments of each as its weight says; none: what does at the
    site."""


def kinds_of(stated: Ensemble | Priors) -> dict[str, Choices]:
    """The files that departments of each kind, a cause and a structure, choose; by `Member.kind`."""
    files = {name: cause.files for name, cause in stated.causes.items()} or {"": {}}
    return {
        f"{cause}/{name}".lstrip("/"): {**of_cause, **structure.files}
        for cause, of_cause in files.items()
        for name, structure in stated.structures.items()
    }


def changes_by(stated: Ensemble | Priors, member: Member, where: str) -> ChangeRow:
    """The dotted changes of a department's cause and structure, then its totals or its size, then those that give each
    other parameter its value; `where` names the department."""
    own = [
        change
        for name, of in ((member.cause, stated.causes), (member.structure, stated.structures))
        if name in of
        for change in changes_stated(of[name].changes, f"{where}, {name}")
    ]
    of_parameters = [
        Change(path, _drawn(parameter, value), f"{where}, {name}")
        for (name, parameter), value in zip(stated.parameters.items(), member.values, strict=True)
        for path in parameter.changes
    ]
    of_parameters.sort(key=lambda change: change.path != SIZE)
    totals = stated.totals_of(member) if isinstance(stated, Ensemble) else None
    return (*own, *totals_change(totals, where), *of_parameters)


def _drawn(parameter: VariedParameter, value: float) -> Any:
    """What a parameter of that value changes its paths to."""
    if parameter.how == "set":
        return value
    return {"times": value, "whole": True} if parameter.whole else {"times": value}


def differing(files: Raw, structures: Mapping[str, Raw]) -> dict[str, str]:
    """The structure behind each dotted path at which the files of one state something else than those of the site."""
    return {
        path: name
        for name, groups in structures.items()
        for group, stated in groups.items()
        for path, _, _ in find_differences(files[group], stated, group)
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
            if not (of_tool and isinstance(stated, Ensemble)) and changed != SIZE:
                yield from _path_faults(changed, f"{path}.changes")
            if changed in owner:
                yield Fault(
                    f"{path}.changes",
                    f"'{changed}' is changed by {owner[changed]}, too",
                    "Keep it in one",
                )
            owner.setdefault(changed, name)
    if stated.causes and not stated.structures:
        yield Fault(
            f"{where}.causes", "has no structures beside it", "Write one structure at least"
        )
    kinds: dict[str, Cause | Structure] = {
        **{f"causes.{name}": cause for name, cause in stated.causes.items()},
        **{f"structures.{name}": structure for name, structure in stated.structures.items()},
    }
    for name, kind in kinds.items():
        path = f"{where}.{name}"
        for group, file in kind.files.items():
            if file not in (known := names_in(group, folders)):
                yield Fault(f"{path}.{group}", *unknown_name(group, file, known))
        for changed in kind.changes:
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
    if ensemble.country and ensemble.country.trusts.keys() != ensemble.trusts.keys():
        found = "names other trusts than 'trusts' beside it"
        yield Fault(f"{where}.country.trusts", found, "Name the same in both")
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
        for of, known in (("cause", ensemble.causes), ("trust", ensemble.trusts)):
            name = getattr(ensemble.member(number), of)
            if name not in (known or {""}):
                yield Fault(path, f"there is no {of} '{name}'", nearest(name, known))
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
            elif parameter.whole and parameter.how == "set" and not isinstance(value, int):
                yield Fault(path, f"{name} is {value:g}", "Write a whole number")


@dataclass(frozen=True, eq=False)
class EnsembleDepartments:
    """The departments that a study uses, and what makes each of them.

    `files`: the groups as their files state them; `structures`: by kind (`Member.kind`), those groups that a cause and
    a structure state in their place; `structure_of`: the kind of each department, '' where the ensemble has none;
    `values`: single values laid over the files, as written; `rows`: the changes of each department; `scenario`: the
    changes of the scenario; `ready`: the arms of the typical department, in order; `changes`: what each arm changes of
    the department; `tools`: by arm, the policy and nurses as stated, and the arm's changes of them, where departments
    differ in the policy; `limitation`: what the ensemble says that they do not reproduce; `causes`: what makes patients
    wait, by name; `country`, `trust_of`: whose trusts they stand for, and which each is of, if they do.
    """

    name: str
    files: Raw
    structures: Mapping[str, Raw]
    structure_of: tuple[str, ...]
    values: tuple[str, ...]
    rows: tuple[ChangeRow, ...]
    scenario: ChangeRow
    ready: ReadyArms
    changes: tuple[ChangeRow, ...]
    tools: Mapping[str, Raw] = field(default_factory=dict)
    limitation: str = ""
    causes: Mapping[str, Cause] = field(default_factory=dict)
    country: Country | None = None
    trust_of: tuple[str, ...] = ()

    @property
    def cause_of(self) -> tuple[str, ...]:
        """What makes patients wait in each department, '' where the ensemble has no causes."""
        return tuple(kind.rpartition("/")[0] for kind in self.structure_of)

    @property
    def n_varied(self) -> int:
        """How many values of the configuration they differ in."""
        return len(
            {change.path for row in self.rows for change in row}
            | differing(self.files, self.structures).keys()
        )

    def __len__(self) -> int:
        """How many departments there are."""
        return len(self.rows)

    @property
    def varied_values(self) -> Mapping[str, tuple[float, ...]]:
        """By parameter, its value in each department."""
        values: dict[str, dict[int, float]] = {}
        for number, row in enumerate(self.rows):
            for change in row:
                name, value = (
                    change.where.rpartition(", ")[2],
                    factor_of(change.value) or change.value,
                )
                if "." not in name and is_number(value):
                    values.setdefault(name, {})[number] = float(value)
        return {
            name: tuple(of.values()) for name, of in values.items() if len(of) == len(self.rows)
        }

    def arms(self, number: int) -> ReadyArms:
        """Every arm of the study in one department. Raises ConfigError for a value that is not allowed there."""
        with _making:
            return _arms_of(self, number)

    def with_policies(self, policies: Mapping[str, Policy]) -> EnsembleDepartments:
        """The same departments with only the arms that `policies` names, each under the policy given there."""
        is_kept = [ready.name in policies for ready in self.ready]
        as_stated = {ready.name for ready in self.ready if policies.get(ready.name) == ready.policy}
        return replace(
            self,
            ready=tuple(
                replace(ready, policy=policies[ready.name])
                for ready in compress(self.ready, is_kept)
            ),
            changes=tuple(compress(self.changes, is_kept)),
            tools={name: tool for name, tool in self.tools.items() if name in as_stated},
        )

    def content(self) -> Plain:
        """What makes the departments, besides the arms of the study, and their limitation."""
        names = ("name", "files", "structures", "structure_of", "values", "rows", "scenario")
        others = ("tools", "limitation", "causes", "country", "trust_of")
        stated = (name for name in others if getattr(self, name))
        return {name: to_exact(getattr(self, name)) for name in (*names, *stated)}

    def content_by_arm(self) -> dict[str, Plain]:
        """By arm, what makes it in each department, without names and places: its changes, and its tool as stated, with
        what departments differ in; under '' what all arms share."""
        names = ("files", "structures", "structure_of", "values")
        rows = [
            _plain(change for change in row if not change.of_triage)
            for row in (*self.rows, self.scenario)
        ]
        by_arm: dict[str, Plain] = {
            "": {"rows": rows, **{name: getattr(self, name) for name in names}}
        }
        for ready, changes in zip(self.ready, self.changes, strict=True):
            by_arm[ready.name] = {"changes": _plain(changes)}
            if tool := self.tools.get(ready.name):
                of_tool = [_plain(self._of_tool(ready, number)) for number in range(len(self))]
                by_arm[ready.name] |= {"tool": {**tool, "rows": of_tool}}
        return by_arm

    def made(self, number: int, *, numbers_only: bool = False) -> ReadyArms:
        """Every arm in one department, made anew and checked in full, or its numbers alone. Raises ConfigError."""
        faults = Faults()
        changed, pathway = department(
            self._groups(number, faults), self.scenario, faults, numbers_only=numbers_only
        )
        arms = []
        for ready, changes in zip(self.ready, self.changes, strict=True):
            own = pathway
            if changes and not faults:
                _, own = department(changed, changes, faults, numbers_only=numbers_only)
            policy = (
                self._policy(ready, number, faults) if ready.name in self.tools else ready.policy
            )
            if own and policy:
                faults += check_policy(policy, own) if ready.name in self.tools else ()
                arms.append(replace(ready, pathway=own, policy=policy))
        if faults:
            structure = self.structure_of[number]
            which = f"department {number} ({structure})" if structure else f"department {number}"
            raise ConfigError([replace(fault, where=f"{which}: {fault.where}") for fault in faults])
        return tuple(arms)

    def _policy(self, ready: ReadyArm, number: int, faults: Faults) -> Policy | None:
        """The policy of an arm in a department that gives it values of its own; None, with faults, if one is wrong."""
        tool = self.tools[ready.name]
        raw: Raw = copied({group: tool[group] for group in OF_TRIAGE})
        for change in self._of_tool(ready, number):
            set_change(raw, change, faults, changeable=OF_TRIAGE)
        for path, value in tool["changes"].items():
            set_change(
                raw, Change(path, value, f"study.arms.{ready.name}"), faults, changeable=OF_TRIAGE
            )
        raw["triage"]["name"] = ready.policy.name
        made = (
            None
            if faults
            else policy_made_of(raw, f"triage/{ready.arm.triage}.yaml", "nurse", faults)
        )
        return made.policy if made else None

    def _of_tool(self, ready: ReadyArm, number: int) -> Iterator[Change]:
        """The values of a department for the policy of an arm and its nurses."""
        of_policy = f"{OF_POLICIES}{ready.arm.triage}."
        for row in self.rows[number]:
            if row.path.startswith((of_policy, OF_NURSES)):
                yield replace(row, path=row.path.replace(of_policy, OF_POLICIES, 1))

    def impossible(self, numbers: Sequence[int]) -> Iterator[tuple[ReadyArm, str, int]]:
        """Each arm that some of these departments cannot run, why not, and how many cannot.

        Rotas decide it. They differ by structure, and by numbers only where a department's changes are of a pool that
        the arm changes, so departments that are alike in both are judged once.
        """
        own = {
            number: [
                (pool, f"{own.path} {own.value}")
                for own in self.rows[number]
                if (pool := SIZE if own.path in (SIZE, TOTALS) else own.pool)
            ]
            for number in numbers
        }
        for ready, changes in zip(self.ready, self.changes, strict=True):
            pools = {change.pool for change in changes} - {""}
            others = map(self._files, numbers if ready.arm.staffing else ())
            if n := sum(
                any(value_at(files, pool) != value_at(self.files, pool) for pool in pools)
                for files in others
            ):
                yield (
                    ready,
                    f"it changes shifts of the {ready.arm.staffing} rota, and theirs is another",
                    n,
                )
                continue
            alike = [
                (
                    self.structure_of[number],
                    *(changed for pool, changed in own[number] if pool in {*pools, SIZE}),
                )
                for number in numbers
            ]
            why = {
                kind: self._why_not(number, changes)
                for kind, number in dict(zip(alike, numbers, strict=True)).items()
            }
            if reasons := [why[kind] for kind in alike if why[kind]]:
                yield ready, reasons[0], len(reasons)

    def _why_not(self, number: int, changes: ChangeRow) -> str:
        """The first fault that an arm's changes make in a department; '' if it can run them."""
        faults, files = Faults(), self._files(number)
        if not all(change.only_adds(files) for change in changes):
            department(
                self._groups(number, faults), (*self.scenario, *changes), faults, numbers_only=True
            )
        return "; ".join(f"{fault.where}: {fault.found}" for fault in faults[:1])

    def _files(self, number: int) -> Raw:
        """The groups as the files of a department's structure state them."""
        return {**self.files, **self.structures.get(self.structure_of[number], {})}

    def _groups(self, number: int, faults: Faults) -> Raw:
        """The groups of a department, with its changes and single values."""
        raw: Raw = copied(self._files(number))
        lay_changes(raw, self.rows[number], faults)
        lay_values(raw, parsed_values(self.values), faults)
        return raw


def _plain(changes: Iterable[Change]) -> list[tuple[str, Any]]:
    """Changes without where they are written."""
    return [(change.path, change.value) for change in changes]


_making = threading.Lock()
"""Held while a department is made: threads share what is cached of departments and of single values."""


@lru_cache(
    maxsize=4
)  # few are kept: as a rule a worker meets each department once in a pass over all of them
def _arms_of(departments: EnsembleDepartments, number: int) -> ReadyArms:
    return departments.made(number, numbers_only=True)


def over_ensemble(
    study: Study,
    composed: Composed,
    asked: str | None,
    scenario: Sequence[Change],
    folders: Folders,
) -> Study:
    """The study over the departments of its ensemble; or on the typical department, and why (`on_one`).

    `asked`: the ensemble that the configuration names outside the groups; None: that of the study. Raises ConfigError
    with every fault.
    """
    name = study.design.ensemble if asked is None else asked
    run = study.run
    if name == NO_FILE:
        if run.department is not None:
            remedy = "Name one, as in ensemble=england, or leave it out"
            refuse("run.department", "is stated, and the study has no ensemble", remedy)
        return study.on_typical()
    ensemble = ensemble_named(name, folders)
    n = len(ensemble.departments)
    if why := _elsewhere(ensemble, composed.choices, folders):
        _refuse_one(ensemble, run, why)
        return replace(study.on_typical(), on_one=why)
    faults = Faults([*number_faults(run, name, n), *one_department_faults(study, name)])
    of_arms = [
        arm_changes(arm, study.design, f"study.arms.{name}")
        for name, arm in study.design.arms.items()
    ]
    files = {group: composed.files.get(group) for group in CHANGEABLE}
    of_department = folders_of_department(composed, folders)
    kinds = kinds_of(ensemble)
    structures = files_with(composed, kinds, of_department)
    of_files = ({group: composed.choices.get(group) for group in CHANGEABLE}, kinds)
    differ = cached_for_files(
        of_department,
        f"differing-{digest(of_files)[:12]}",
        of_files,
        partial(differing, files, structures),
    )
    varied = {**differ, **ensemble.varied}
    if SIZE in varied:
        varied = {path: varied[SIZE] for path in scaled_paths(composed.raw)} | varied
    faults += outright_faults(name, varied, composed.raw, chain(scenario, *of_arms))
    faults.refuse()
    structure_of = tuple(ensemble.member(number).kind for number in range(n_used(run, n)))
    departments = EnsembleDepartments(
        name,
        files=files,
        structures={name: stated for name, stated in structures.items() if name in structure_of},
        structure_of=structure_of,
        values=composed.values_of_department,
        rows=tuple(map(ensemble.changes_of, range(len(structure_of)))),
        scenario=tuple(scenario),
        ready=study.arms,
        changes=changes_of_arms(study.design, study.arms),
        tools=_tools(study, ensemble, composed.raw.get("nurse"), folders, faults),
        limitation=ensemble.limitation,
        causes=ensemble.causes,
        country=ensemble.country,
        trust_of=ensemble.trusts_of(len(structure_of)),
    )
    faults.refuse()
    used = range(len(departments)) if run.department is None else (run.department,)
    firsts = {structure_of[number]: number for number in reversed(used)}
    rows = {structure: departments.rows[number] for structure, number in firsts.items()}
    made_of = digest((of_files, rows))
    once = partial(_check_once, study.design, made_of, firsts, of_department)
    once(_check_structures, departments.with_policies({study.baseline.name: study.baseline.policy}))
    run = replace(run, departments=len(used) if run.department is None else None)
    study = without_impossible(
        replace(study, departments=departments, run=run), departments.impossible(used), len(used)
    )
    assert isinstance(study.departments, EnsembleDepartments)
    once(_check_first, study.departments)
    once(_check_staff, _of_staff(study.departments))
    return study


def _refuse_one(ensemble: Ensemble, run: RunLength, why: str) -> None:
    """Raise ConfigError where one department cannot stand for those of the ensemble: one is named, or they are as
    somebody answered, and it would not be."""
    if run.department is not None:
        refuse("run.department", f"cannot be used: {why}", "Leave it out")
    if ensemble.totals or ensemble.trusts:
        remedy = "Leave that out: these departments are as answered"
        refuse(f"ensembles/{ensemble.name}.yaml", why, remedy)


def _tools(
    study: Study, ensemble: Ensemble, nurse: Raw | None, folders: Folders, faults: Faults
) -> dict[str, Raw]:
    """By arm, policy and nurses as files state them and the arm's changes of them, where departments vary either.

    A fault is added for a policy that no arm has.
    """
    varied = {path.split(".")[1] for path in ensemble.varied if path.startswith(OF_POLICIES)}
    nurses, tools = any(path.startswith(OF_NURSES) for path in ensemble.varied), {}
    for name in sorted(varied - {arm.arm.triage for arm in study.arms}):
        found = f"changes the policy '{name}', which no arm has"
        faults.add(
            f"ensembles/{ensemble.name}.yaml",
            found,
            nearest(name, {arm.arm.triage for arm in study.arms}),
        )
    for arm in study.arms:
        if nurses or arm.arm.triage in varied:
            own = (
                stated_in_file("nurse", arm.arm.nurse, folders, arm.name, faults)
                if arm.arm.nurse
                else nurse
            )
            changes = arm_changes(arm.arm, study.design, f"study.arms.{arm.name}")
            tools[arm.name] = {
                "triage": stated_in_file("triage", arm.arm.triage, folders, arm.name, faults),
                "nurse": own,
                "changes": {change.path: change.value for change in changes if change.of_triage},
            }
    return tools


def _check_once(
    design: Design,
    made_of: str,
    firsts: Mapping[str, int],
    folders: Folders,
    check: Callable[[Design, EnsembleDepartments, Mapping[str, int]], bool],
    departments: EnsembleDepartments,
) -> None:
    """Check the first used department of each structure in every arm, unless they were found sound before.

    `made_of`: the digest of what they are made of; `firsts`: their numbers by structure.

    They stay sound whatever else the study says: how long it runs, how often, and the words of its arms.
    """
    arms = [(arm.name, arm.arm.triage, arm.policy) for arm in departments.ready]
    laid_over = (departments.values, departments.scenario, departments.changes, departments.tools)
    key = digest((made_of, design.baseline, arms, laid_over))
    name = f"{check.__name__.removeprefix('_check_')}-{key[:12]}"
    cached_for_files(folders, name, key, partial(check, design, departments, firsts))


def _check_structures(
    design: Design, departments: EnsembleDepartments, firsts: Mapping[str, int]
) -> bool:
    """Raise ConfigError unless the baseline is sound in every structure used, with the pools of the site and the steps
    of the first."""
    first, faults = list[Pathway](), Faults()
    for number in firsts.values():
        try:
            (made,) = departments.made(number)
        except ConfigError as refused:
            faults += refused.faults
            continue
        where = f"ensembles/{departments.name}.yaml.structures.{departments.structure_of[number]}"
        first = first or [made.pathway]
        faults += unlike_faults(made.pathway, first[0], where)
    faults.refuse()
    return True


def _check_first(
    design: Design, departments: EnsembleDepartments, firsts: Mapping[str, int]
) -> bool:
    """Raise ConfigError where an arm is not sound in the first department used."""
    return bool(departments.made(min(firsts.values())))


def _of_staff(departments: EnsembleDepartments) -> EnsembleDepartments:
    """The departments with the arms that may leave patients waiting for staff who have gone."""
    arms = zip(departments.ready, departments.changes, strict=True)
    return departments.with_policies(
        {
            arm.name: arm.policy
            for arm, changes in arms
            if not changes or any(STAFFED.match(change.path) for change in changes)
        }
    )


def _check_staff(
    design: Design, departments: EnsembleDepartments, firsts: Mapping[str, int]
) -> bool:
    """Raise ConfigError where an arm leaves patients waiting for staff who have gone, as its baseline does not, in a
    structure used; each step once, with the structures in which it is so."""
    found = dict[Fault, list[str]]()
    for structure, number in firsts.items():
        for fault in staff_gone_faults(design, departments.made(number, numbers_only=True)):
            found.setdefault(fault, []).append(structure)
    faults = Faults()
    for fault, structures in found.items():
        names = listed_with_and([f"'{name}'" for name in structures])
        which = f"in departments of the structure{'s' * (len(structures) > 1)} {names}, "
        faults.append(replace(fault, found=which * all(structures) + fault.found))
    faults.refuse()
    return True


# --- which departments --------------------------------------------------------------------------------------------


def _elsewhere(ensemble: Ensemble, choices: Choices, folders: Folders) -> str:
    """In words, which group is not the one that the ensemble was built for, and which was built for the site; empty if
    all are."""
    site = choices.get("site", NO_FILE)
    other = (
        f"; ensemble={site} has departments like it"
        if site in names_in("ensembles", folders)
        else ""
    )
    for group in CHANGEABLE:
        chosen, built = choices.get(group, NO_FILE), getattr(ensemble.built, group)
        if chosen != built:
            was = f"the ensemble '{ensemble.name}' was built for {group}={built}, and this is {group}={chosen}"
            return was + (other if group == "site" else "")
    return ""
