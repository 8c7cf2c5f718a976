"""Ensembles: departments that fit the published figures, each a list of changes to one site; and studies of them.

`configs/ensembles/*.yaml` hold them; `configs/priors/*.yaml` say which values a department could have before it is held
against anything. `aeflow ensemble` makes the first out of the second; a study reads the first and needs no more.

In a study the changes of a department are applied to what the files of its site state; then come single values of the
command line, the scenario and the arm. Workers make the arms themselves, so that a study stays small on its way to
them. One department is checked in full; the others differ from it only in numbers, so only these are validated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import Annotated, Any, Literal

from annotated_types import Ge, MinLen

from simulation.config.bounds import REFERENCE, shortened
from simulation.config.composing import Composed, lay_values, parsed_values
from simulation.config.departments import CHANGEABLE, department
from simulation.config.dotted import Change, ChangeRow, Raw, as_stated, set_change, value_at
from simulation.config.files import copied, stated_by
from simulation.config.folders import NO_FILE, Choices, Folders
from simulation.config.validating import sound
from simulation.department.config_dataclass import ByName, NonEmpty, Range, Sourced, Unit, config_dataclass
from simulation.errors import ConfigError, Fault, Faults, nearest, refuse
from simulation.records.serialise import Plain, exact
from simulation.statistics.departments import MIN_DEPARTMENTS, MIN_EACH
from simulation.study.design import Arm, Design, factor_of, is_number
from simulation.study.study import ReadyArm, ReadyArms, RunLength, Study
from simulation.triage.policy import Policy

OF_CHANGE = Unit("that of the changed value")
ROUNDING = 1e-9
"""How far outside its range a value may lie because of rounding, as a share of the range's width."""


@config_dataclass
class VariedParameter(Sourced):
    """Something that departments differ in: what it changes, and how far.

    Example: `{changes: [calibration.patience_scale.value], how: times, range: [0.7, 1.4], evidence: assumed,
    source: "a judgement"}`
    """

    changes: NonEmpty[tuple[str, ...]]
    """Dotted paths into site, staffing, pathway and calibration: all of them get the parameter's value."""
    how: Literal["times", "set"]
    """Whether the value multiplies the number that is there (`times`), or takes its place (`set`)."""
    range: Range
    """The lowest and the highest value."""
    whole: bool = False
    """Whether only whole numbers can come out: beds, people on a shift. In priors, such a parameter has one path."""


@config_dataclass
class Built:
    """What an ensemble was built from: a department of it means nothing on another site.

    Example: `{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
    targets: england 1f3a, priors: typical 77b0, program: 0.2.0 9c2e, simulated_years: 1300, accepted: 200}`
    """

    site: str
    """The site that the changes are made to."""
    staffing: str
    """The staffing that they are made to."""
    pathway: str
    """The pathway that they are made to."""
    calibration: str
    """The file of fitted values that they are made to."""
    targets: str
    """The targets that the departments meet: their name, and a hash of them."""
    priors: str
    """The ranges they come from: their name, and a hash of them."""
    program: str
    """Version of aeflow, and a hash of its source."""
    simulated_years: Annotated[int, Ge(0), Unit("years")]
    """Years that were simulated to find them."""
    accepted: Annotated[int, Ge(0), Unit("departments")]
    """How many departments fit, of which the file holds as many as were asked for."""


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
    departments: NonEmpty[tuple[tuple[Annotated[float | int, OF_CHANGE], ...], ...]]
    """A department each: the value of every parameter. They are in random order, so that the first of them, however
    many, are a fair sample."""

    def changes_of(self, department: int) -> ChangeRow:
        """The changes that make the site into one of the departments, before those of scenario, override and arm.

        Raises ConfigError if there is no such department.
        """
        where = f"ensembles/{self.name}.yaml"
        if not 0 <= department < len(self.departments):
            refuse(where, f"there is no department {department}", f"Name one from 0 to {len(self.departments) - 1}")
        return changes_by(self.parameters, self.departments[department], f"{where}, {department}")

    @property
    def varied(self) -> Mapping[str, str]:
        """The name of the parameter behind each dotted path that departments differ in."""
        return {path: name for name, parameter in self.parameters.items() for path in parameter.changes}


@config_dataclass
class Slope(Sourced):
    """How a department answers pressure, worked out from its parameters: a straight line, and what is allowed of it.

    One department's slope cannot be seen in years; a panel of many departments says how it goes with their parameters.

    Example: `{of: {staff_elasticity: 0.98}, otherwise: -1.2, range: [-0.15, 0.05], evidence: measured,
    source: "a panel of 320 simulated years"}`
    """

    of: Annotated[Mapping[str, float], MinLen(1), Unit("that of the slope")]
    """By parameter, how much the slope rises for each unit of its value."""
    otherwise: Annotated[float, Unit("that of the slope")]
    """The slope with all these parameters at 0."""
    range: Range
    """The lowest and the highest that a department may have."""


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
    slopes: ByName[Slope] = field(default_factory=dict)
    """Answers to pressure that departments have to give, by name."""


def changes_by(parameters: Mapping[str, VariedParameter], values: Iterable[float], where: str) -> ChangeRow:
    """The dotted changes that give each parameter its value; `where` names the department."""
    return tuple(
        Change(path, {"times": value} if parameter.how == "times" else value, f"{where}, {name}")
        for (name, parameter), value in zip(parameters.items(), values, strict=True)
        for path in parameter.changes
    )


def ensemble_named(name: str, folders: Folders) -> Ensemble:
    """The ensemble of that name from the first folder that has it. Raises ConfigError with every fault."""
    where = f"ensembles/{name}.yaml"
    return sound(
        Ensemble, stated_by("ensembles", name, folders), where, lambda stated: _department_faults(stated, where)
    )


def priors_named(name: str, folders: Folders) -> Priors:
    """The priors of that name from the first folder that has them. Raises ConfigError with every fault."""
    where = f"priors/{name}.yaml"
    return sound(Priors, stated_by("priors", name, folders), where, lambda stated: _prior_faults(stated, where))


def _range_faults(ends: tuple[float, float], path: str) -> Iterator[Fault]:
    if not ends[0] < ends[1]:
        yield Fault(f"{path}.range", f"found {list(ends)}", "Write two numbers, the lower first")


def _prior_faults(priors: Priors, where: str) -> Iterator[Fault]:
    """Faults of parameters, slopes of a parameter that is not there, and whole numbers that change several values."""
    yield from _parameter_faults(priors.parameters, where)
    for name, slope in priors.slopes.items():
        path = f"{where}.slopes.{name}"
        for changed in slope.of:
            if changed not in priors.parameters:
                yield Fault(f"{path}.of", f"there is no parameter '{changed}'", nearest(changed, priors.parameters))
        yield from _range_faults(slope.range, path)
    for name, parameter in priors.parameters.items():
        if parameter.whole and len(parameter.changes) > 1:
            found = f"is a whole number and changes {len(parameter.changes)} values"
            yield Fault(f"{where}.parameters.{name}", found, "Write a parameter for each of them")


def _parameter_faults(parameters: Mapping[str, VariedParameter], where: str) -> Iterator[Fault]:
    """Ranges without width, and paths that lead out of a department or that two parameters change."""
    owner: dict[str, str] = {}
    for name, parameter in parameters.items():
        path = f"{where}.parameters.{name}"
        yield from _range_faults(parameter.range, path)
        for changed in parameter.changes:
            first = changed.split(".")[0]
            if first not in CHANGEABLE or "." not in changed:
                yield Fault(
                    f"{path}.changes", f"'{shortened(changed)}' is no part of a department", nearest(first, CHANGEABLE)
                )
            elif changed in owner:
                yield Fault(f"{path}.changes", f"'{changed}' is changed by {owner[changed]}, too", "Keep it in one")
            owner.setdefault(changed, name)


def _department_faults(ensemble: Ensemble, where: str) -> Iterator[Fault]:
    """Faults of parameters, departments with too many or too few values, or with one outside its range."""
    yield from _parameter_faults(ensemble.parameters, where)
    named = tuple(ensemble.parameters.items())
    for number, values in enumerate(ensemble.departments):
        path = f"{where}.departments.{number}"
        if len(values) != len(named):
            found = f"has {len(values)} values for {len(named)} parameters"
            yield Fault(path, found, f"Write one for each, in this order: {', '.join(ensemble.parameters)}")
            continue
        for (name, parameter), value in zip(named, values, strict=True):
            low, high = parameter.range
            slack = ROUNDING * (high - low)
            if not math.isfinite(value) or not low - slack <= value <= high + slack:
                yield Fault(path, f"{name} is {value:g}", f"Allowed: {low:g} to {high:g}, the range of the parameter")
            elif parameter.whole and not isinstance(value, int):
                yield Fault(path, f"{name} is {value:g}", "Write a whole number")


# --- a study over the departments of an ensemble ------------------------------------------------------------------

MOST_DEPARTMENTS = 60
"""How many departments are used where `run.departments` does not say."""


@dataclass(frozen=True, eq=False)
class EnsembleDepartments:
    """The departments that a study uses, and what makes each of them.

    `files`: the groups as their files state them; `values`: single values laid over them, as written; `rows`: the
    changes of each department; `scenario`: the changes of the scenario; `ready`: the arms of the typical department, in
    order; `changes`: what each arm changes of the department.
    """

    name: str
    files: Raw
    values: tuple[str, ...]
    rows: tuple[ChangeRow, ...]
    scenario: ChangeRow
    ready: ReadyArms
    changes: tuple[ChangeRow, ...]

    @property
    def n_varied(self) -> int:
        """How many values of the configuration they differ in."""
        return len({change.path for row in self.rows for change in row})

    def __len__(self) -> int:
        """How many departments there are."""
        return len(self.rows)

    def arms(self, number: int) -> ReadyArms:
        """Every arm of the study in one department. Raises ConfigError for a value that is not allowed there."""
        return _arms_of(self, number)

    def with_policies(self, policies: Mapping[str, Policy]) -> EnsembleDepartments:
        """The same departments with only the arms that `policies` names, each under the policy given there."""
        kept = [
            (replace(ready, policy=policies[ready.name]), changes)
            for ready, changes in zip(self.ready, self.changes, strict=True)
            if ready.name in policies
        ]
        return replace(self, ready=tuple(ready for ready, _ in kept), changes=tuple(changes for _, changes in kept))

    def content(self) -> Plain:
        """Everything that can change a number, besides the arms of the study."""
        names = ("name", "files", "values", "rows", "scenario")
        return {name: exact(getattr(self, name)) for name in names}

    def made(self, number: int, *, numbers_only: bool = False) -> ReadyArms:
        """Every arm in one department, made anew and checked in full, or its numbers alone. Raises ConfigError."""
        faults = Faults()
        raw = copied(self.files)
        for change in self.rows[number]:
            set_change(raw, change, faults, changeable=CHANGEABLE)
        lay_values(raw, parsed_values(self.values), faults)
        changed, pathway = department(raw, self.scenario, faults, numbers_only=numbers_only)
        arms = []
        for ready, changes in zip(self.ready, self.changes, strict=True):
            own = pathway
            if changes and not faults:
                _, own = department(changed, changes, faults, numbers_only=numbers_only)
            if own:
                arms.append(replace(ready, pathway=own))
        if faults:
            raise ConfigError([replace(fault, where=f"department {number}: {fault.where}") for fault in faults])
        return tuple(arms)


@lru_cache(maxsize=4)  # few are kept: as a rule a worker meets each department once in a pass over all of them
def _arms_of(departments: EnsembleDepartments, number: int) -> ReadyArms:
    return departments.made(number, numbers_only=True)


def over_ensemble(
    study: Study, composed: Composed, asked: str | None, scenario: Sequence[Change], folders: Folders
) -> Study:
    """The study over the departments of its ensemble; or on the typical department, and why (`on_one`).

    `asked`: the ensemble that the configuration names outside the groups; None: that of the study. Raises ConfigError
    with every fault.
    """
    name = study.design.ensemble if asked is None else asked
    run = study.run
    if name == NO_FILE:
        if run.department is not None:
            remedy = "Name one, as in ensemble=typical, or leave it out"
            refuse("run.department", "is stated, and the study has no ensemble", remedy)
        return study.on_typical()
    ensemble = ensemble_named(name, folders)
    why = _elsewhere(ensemble, composed.choices) or _too_short(ensemble, run)
    if why:
        if run.department is not None:
            refuse("run.department", f"cannot be used: {why}", "Leave it out")
        return replace(study.on_typical(), on_one=why)
    faults = Faults([*_number_faults(ensemble, run), *_one_department_faults(study, ensemble)])
    of_arms = [arm_changes(arm, study.design, f"study.arms.{name}") for name, arm in study.design.arms.items()]
    faults += outright_faults(ensemble, composed.raw, chain(scenario, *of_arms))
    faults.refuse()
    departments = EnsembleDepartments(
        name,
        files={group: composed.files.get(group) for group in CHANGEABLE},
        values=tuple(text for text in composed.values if re.split(r"[.=]", text.lstrip("+~"))[0] in CHANGEABLE),
        rows=tuple(ensemble.changes_of(number) for number in range(_n_used(ensemble, run))),
        scenario=tuple(scenario),
        ready=study.arms,
        changes=changes_of_arms(study.design, study.arms),
    )
    departments.made(run.department or 0)
    n = None if run.department is not None else len(departments)
    return replace(study, departments=departments, run=replace(run, departments=n))


def changes_of_arms(design: Design, ready: Iterable[ReadyArm]) -> tuple[ChangeRow, ...]:
    """What each arm changes of a department, in their order."""
    of_arms = (arm_changes(arm.arm, design, f"study.arms.{arm.name}") for arm in ready)
    return tuple(tuple(change for change in changes if not change.of_triage) for changes in of_arms)


def changes_stated(values: Mapping[str, Any], where: str) -> list[Change]:
    """Values by dotted path as changes; `where` is the block that states them under `changes`."""
    return [Change(path, as_stated(value), f"{where}.changes.{path}") for path, value in values.items()]


def arm_changes(arm: Arm, design: Design, where: str) -> list[Change]:
    """The changes of an arm: first those of its levers, then its own."""
    by_levers = [
        change for name in arm.levers for change in changes_stated(design.levers[name].changes, f"study.levers.{name}")
    ]
    return [*by_levers, *changes_stated(arm.changes, where)]


# --- which departments --------------------------------------------------------------------------------------------


def _n_used(ensemble: Ensemble, run: RunLength) -> int:
    """How many departments a run uses: as stated, else 60 at most, each twice at least.

    With `run.department`: all up to that one, though it alone is used.
    """
    if run.department is not None:
        return run.department + 1
    return run.departments or min(MOST_DEPARTMENTS, len(ensemble.departments), run.replications // MIN_EACH)


def _elsewhere(ensemble: Ensemble, choices: Choices) -> str:
    """In words, which group is not the one that the ensemble was built for; empty if all are."""
    for group in CHANGEABLE:
        chosen, built = choices.get(group, NO_FILE), getattr(ensemble.built, group)
        if chosen != built:
            return f"the ensemble '{ensemble.name}' was built for {group}={built}, and this is {group}={chosen}"
    return ""


def _too_short(ensemble: Ensemble, run: RunLength) -> str:
    """Why a run that does not say how many departments it uses is too short for a range; empty if it is not."""
    least = min(MIN_DEPARTMENTS, len(ensemble.departments))
    if run.departments or run.department is not None or run.replications >= MIN_EACH * least:
        return ""
    return (
        f"{run.replications} replications are too few to use {least} departments of the ensemble "
        f"'{ensemble.name}' {MIN_EACH} times each"
    )


def _number_faults(ensemble: Ensemble, run: RunLength) -> Iterator[Fault]:
    """Faults of `run.departments` and `run.department`: both are stated, or the ensemble has not so many; and of
    `run.replications`, where noise would be read from the few departments that are used more often than the others."""
    n = len(ensemble.departments)
    if run.departments and run.department is not None:
        yield Fault("run.department", "is stated with run.departments", "Keep one: one department, or so many in turn")
    if run.departments and run.departments > n:
        found = f"is {run.departments}, and the ensemble '{ensemble.name}' has {n}"
        yield Fault("run.departments", found, f"Give {n} at most")
    if run.department is not None and run.department >= n:
        found = f"there is no department {run.department} in the ensemble '{ensemble.name}'"
        yield Fault("run.department", found, f"Name one from 0 to {n - 1}")
    planned, used = run.replications, _n_used(ensemble, run)
    step = used if run.departments or used == min(MOST_DEPARTMENTS, n) else MIN_EACH  # one more department is used
    if run.department is None and planned > used and (over := planned % step):
        found = f"is {planned} over {used} departments. Allowed: one for each at most, or a whole multiple"
        remedy = f"Give {planned - over} or {planned - over + step}, or run one department: ensemble=none"
        yield Fault("run.replications", found, remedy)


def _one_department_faults(study: Study, ensemble: Ensemble) -> Iterator[Fault]:
    """Faults of what is worked out from the spread over all replications: departments' differences would add to it."""
    for where, stated, what in (
        ("run.precision", study.run.precision, "planned"),
        ("study.levers", study.design.levers, "told apart"),
    ):
        if stated:
            found = f"cannot be {what} over the departments of the ensemble '{ensemble.name}'"
            yield Fault(where, found, "Run it on the typical department (ensemble=none), or leave it out")


# --- changes that must be relative to each department -------------------------------------------------------------


def outright_faults(ensemble: Ensemble, raw: Raw, changes: Iterable[Change]) -> Iterator[Fault]:
    """A fault for each change that gives all departments one value of something that they differ in.

    Such a value would be an improvement in some departments and the contrary in others. `raw`: the configuration.
    """
    unique = {(change.path, change.where): change for change in changes}  # a lever's are in the list once for each arm
    for change in unique.values():
        if factor_of(change.value) is not None or change.of_triage:
            continue
        old = value_at(raw, change.path)
        overwritten = {path for path in ensemble.varied if _is_within(path, change.path)}
        for path in sorted((overwritten | _varied_by(ensemble, old)) - _varied_by(ensemble, change.value)):
            yield Fault(
                change.where,
                f"sets a value in which the departments of the ensemble '{ensemble.name}' differ "
                f"('{ensemble.varied[path]}' varies {path})",
                f"Say it relative to each department: {change.path}: {_relative(old, change.value, raw)}; or run one "
                "department: ensemble=none",
            )


def _is_within(path: str, block: str) -> bool:
    return path == block or path.startswith(f"{block}.")


def _varied_by(ensemble: Ensemble, value: Any) -> set[str]:
    """The varied paths that a value refers to."""
    return {path for path in ensemble.varied for named in _references(value) if _is_within(path, named)}


def _references(value: Any) -> Iterator[str]:
    """The dotted paths of all references `${...}` within a value."""
    if isinstance(value, str) and (match := REFERENCE.fullmatch(value)):
        yield match[1]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        yield from _references(part)


def _relative(old: Any, new: Any, raw: Raw) -> str:
    """The change as a factor of the old value: '{times: 1.2}' if both are numbers."""
    if isinstance(old, str) and (match := REFERENCE.fullmatch(old)):
        old = value_at(raw, match[1])
    if is_number(old) and is_number(new) and old:
        return f"{{times: {shortened(f'{new / old:.4g}')}}}"
    return "{times: FACTOR}"
