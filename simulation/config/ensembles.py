"""Ensembles: departments that fit the published figures, each a list of dotted changes to one site.

`configs/ensembles/*.yaml` hold them; `configs/priors/*.yaml` say which values a department could have before it is held
against anything. `aeflow ensemble` makes the first out of the second; a study reads the first and needs no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, MinLen

from simulation.config.bounds import shortened
from simulation.config.departments import CHANGEABLE
from simulation.config.dotted import Change
from simulation.config.files import stated_by
from simulation.config.validating import sound
from simulation.department.config_dataclass import HOLDER, Sourced, Unit, config_dataclass
from simulation.errors import Fault, nearest, refuse

OF_CHANGE = Unit("that of the changed value")
ROUNDING = 1e-9
"""How far outside its range a value may lie because of rounding, as a share of the range's width."""


@config_dataclass
class VariedParameter(Sourced):
    """Something that departments differ in: what it changes, and how far.

    Example: `{changes: [calibration.patience_scale.value], how: times, range: [0.7, 1.4], evidence: assumed,
    source: "a judgement"}`
    """

    changes: Annotated[tuple[str, ...], MinLen(1)]
    """Dotted paths into site, staffing, pathway and calibration: all of them get the parameter's value."""
    how: Literal["times", "set"]
    """Whether the value multiplies the number that is there (`times`), or takes its place (`set`)."""
    range: Annotated[tuple[float, float], HOLDER]
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
    parameters: Annotated[Mapping[str, VariedParameter], MinLen(1)]
    """What the departments differ in, by name, in the order of the columns."""
    departments: Annotated[
        tuple[tuple[Annotated[float | int, OF_CHANGE], ...], ...],
        MinLen(1),
    ]
    """A department each: the value of every parameter. They are in random order, so that the first of them, however
    many, are a fair sample."""

    def changes_of(self, department: int) -> tuple[Change, ...]:
        """The changes that make the site into one of the departments, before those of scenario, override and arm.

        Raises ConfigError if there is no such department.
        """
        if not 0 <= department < len(self.departments):
            found = f"there is no department {department}"
            remedy = f"Name one from 0 to {len(self.departments) - 1}"
            refuse(f"ensembles/{self.name}.yaml", found, remedy)
        return changes_by(self.parameters, self.departments[department], f"ensembles/{self.name}.yaml, {department}")

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
    range: Annotated[tuple[float, float], HOLDER]
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
    parameters: Annotated[Mapping[str, VariedParameter], MinLen(1)]
    """What departments differ in, by name."""
    judged_by_mean: tuple[str, ...] = ()
    """Measures that one simulated year leaves to chance: judged on what years of such a department give on average."""
    slopes: Mapping[str, Slope] = field(default_factory=dict)
    """Answers to pressure that departments have to give, by name."""


def changes_by(parameters: Mapping[str, VariedParameter], values: Iterable[float], where: str) -> tuple[Change, ...]:
    """The dotted changes that give each parameter its value; `where` names the department."""
    return tuple(
        Change(path, {"times": value} if parameter.how == "times" else value, f"{where}, {name}")
        for (name, parameter), value in zip(parameters.items(), values, strict=True)
        for path in parameter.changes
    )


def ensemble_named(name: str, folders: Iterable[Path]) -> Ensemble:
    """The ensemble of that name from the first folder that has it. Raises ConfigError with every fault."""
    where = f"ensembles/{name}.yaml"

    def faults(ensemble: Ensemble) -> Iterator[Fault]:
        yield from _parameter_faults(ensemble.parameters, where)
        yield from _department_faults(ensemble, where)

    ensemble: Ensemble = sound(Ensemble, stated_by("ensembles", name, folders), where, faults)
    return ensemble


def priors_named(name: str, folders: Iterable[Path]) -> Priors:
    """The priors of that name from the first folder that has them. Raises ConfigError with every fault."""
    where = f"priors/{name}.yaml"

    def faults(priors: Priors) -> Iterator[Fault]:
        yield from _parameter_faults(priors.parameters, where)
        yield from _slope_faults(priors, where)
        for parameter_name, parameter in priors.parameters.items():
            if parameter.whole and len(parameter.changes) > 1:
                found = f"is a whole number and changes {len(parameter.changes)} values"
                yield Fault(f"{where}.parameters.{parameter_name}", found, "Write a parameter for each of them")

    priors: Priors = sound(Priors, stated_by("priors", name, folders), where, faults)
    return priors


def _range_faults(ends: tuple[float, float], path: str) -> Iterator[Fault]:
    if not ends[0] < ends[1]:
        yield Fault(f"{path}.range", f"found {list(ends)}", "Write two numbers, the lower first")


def _slope_faults(priors: Priors, where: str) -> Iterator[Fault]:
    """Slopes of a parameter that is not there, and ranges without width."""
    for name, slope in priors.slopes.items():
        path = f"{where}.slopes.{name}"
        for parameter in slope.of:
            if parameter not in priors.parameters:
                yield Fault(f"{path}.of", f"there is no parameter '{parameter}'", nearest(parameter, priors.parameters))
        yield from _range_faults(slope.range, path)


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
    """Departments with too many or too few values, or with one outside its range."""
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
