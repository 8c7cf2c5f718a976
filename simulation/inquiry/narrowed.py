"""The answer of a stored result where some figures of a department are known: nothing is simulated.

The arithmetic is in `analysis.narrow`; here figures are looked up, refused where they tell nothing, and given noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.analysis.between import n_departments
from simulation.analysis.departments import MIN_DEPARTMENTS
from simulation.analysis.measures import MeasureName
from simulation.analysis.narrow import Local, Narrowed, Outside, narrow, outside
from simulation.analysis.observables import is_observable
from simulation.errors import ConfigError, Fault, ResultsError, nearest
from simulation.experiment.result import StudyResult
from simulation.inquiry.decides import effect_of, figures_of, means_by, played_twice
from simulation.records.schema import Mask
from simulation.study.design import Target
from simulation.study.observed import Observed, ObservedFigure

ALIKE = 1 - 1e-6
"""Correlation over replications from which two figures are one."""


@dataclass(frozen=True)
class NarrowedEffects:
    """The effects of every arm on every target in departments with these figures.

    seen: of each figure, the lowest and the highest of the run's departments.
    """

    observed: Observed
    names: tuple[MeasureName, ...]
    seen: tuple[tuple[float, float], ...]
    effects: tuple[tuple[str, Target], ...]
    found: Narrowed
    n_departments: int

    def of(self, arm: str, target: Target) -> int:
        """The place of an arm's effect on a target in `found`."""
        return self.effects.index((arm, target))


def narrowed(result: StudyResult, observed: Observed, where: str) -> NarrowedEffects:
    """The answer of a stored run in departments with the observed figures; `where` names their file.

    Raises ConfigError for figures that the run does not have or that none of its departments comes near, ResultsError
    for a run of fewer than twenty departments.
    """
    departments = result.department_of
    if departments is None or n_departments(departments) < MIN_DEPARTMENTS:
        n = 1 if departments is None else n_departments(departments)
        raise ResultsError(
            f"narrow: the run has {n} department{'s' if n != 1 else ''} used at least twice, "
            f"and {MIN_DEPARTMENTS} are needed. Run the study over an ensemble: aeflow compare ensemble=typical"
        )
    names = _named(result, observed, where)
    figures = figures_of(result, names)
    effects = [(arm.name, target) for target in result.targets for arm in result.others]
    differences = np.column_stack([effect_of(result, result.arm(arm), target) for arm, target in effects])
    local = Local(
        np.array([each.value for each in observed.figures]),
        np.array([each.days for each in observed.figures]),
        np.array([_sampling(each, name) for each, name in zip(observed.figures, names, strict=True)]),
        float(result.run.measured_days),
    )
    known: Mask = np.isfinite(np.column_stack([figures, differences])).min(axis=1)
    known &= played_twice(departments, known)
    if n_departments(departments[known]) < MIN_DEPARTMENTS:
        raise ResultsError(
            f"narrow: a figure or an effect is missing in {int((~known).sum())} of {len(known)} replications, and "
            f"fewer than {MIN_DEPARTMENTS} departments are left. Leave out a figure that is not measured everywhere"
        )
    figures, differences, departments = figures[known], differences[known], departments[known]
    alike = np.abs(np.atleast_2d(np.corrcoef(figures, rowvar=False))) - np.eye(len(names)) > ALIKE
    if alike.any():
        one, other = sorted(int(each) for each in np.argwhere(alike)[0])
        found = f"tells the same as figures.{one} in every replication of the run"
        raise ConfigError([Fault(f"{where}: figures.{other}", found, "Leave one of the two out")])
    beyond = outside(figures, departments, local)
    if beyond:
        raise ConfigError([_outside_fault(each, observed, names, where) for each in beyond])
    means = means_by(figures, departments)
    return NarrowedEffects(
        observed=observed,
        names=names,
        seen=tuple(zip(means.min(axis=0).tolist(), means.max(axis=0).tolist(), strict=True)),
        effects=tuple(effects),
        found=narrow(figures, differences, departments, local),
        n_departments=len(means),
    )


def _named(result: StudyResult, observed: Observed, where: str) -> tuple[MeasureName, ...]:
    """The measures of the observed figures. Raises ConfigError with every fault."""
    given = {(name.measure, name.group): name for name in result.measures[result.design.baseline][0].names}
    readable = [key for key in given if is_observable(*key)]
    faults, named = list[Fault](), list[MeasureName]()
    for number, each in enumerate(observed.figures):
        place, key = f"{where}: figures.{number}", (each.measure, each.group)
        groups = [group for measure, group in readable if measure == each.measure]
        if not groups:
            what = "is nothing that a hospital can read off" if each.measure in {m for m, _ in given} else "is unknown"
            remedy = nearest(each.measure, {measure for measure, _ in readable})
            faults.append(Fault(f"{place}.measure", f"'{each.measure}' {what}", remedy))
        elif each.group not in groups:
            found = f"'{each.measure}' has no group '{each.group}' that a hospital can read off"
            faults.append(Fault(f"{place}.group", found, nearest(each.group, groups)))
        elif given[key] in named:
            faults.append(Fault(place, f"'{each.measure}' of '{each.group}' is stated twice", "Keep one of the two"))
        elif np.ptp(result.values(result.design.baseline, *key)) == 0:
            faults.append(Fault(place, "is the same in every department of the run", "Leave it out: it tells nothing"))
        else:
            named.append(given[key])
    if faults:
        raise ConfigError(faults)
    return tuple(named)


def _sampling(figure: ObservedFigure, name: MeasureName) -> float:
    """The variance of a figure that comes from having looked at a sample of patients; 0 of everybody.

    Of a share it is binomial. Minutes are taken to spread as waits do, exponentially: a mean has the variance of one
    wait over how many there are, a median or a 95th percentile twice that.
    """
    if figure.patients is None or name.unit == "patients" or name.group.startswith(("pool=", "step=")):
        return 0.0
    if name.unit == "share":
        return max(figure.value * (1 - figure.value), 0.0) / figure.patients
    times = 1.0 if figure.measure.endswith("_mean") else 2.0
    return times * figure.value**2 / figure.patients


def _outside_fault(each: Outside, observed: Observed, names: Sequence[MeasureName], where: str) -> Fault:
    """What is said of figures that no department of the run comes near."""
    remedy = "Check how it was measured (docs/model.md, 1.2). If it is right, build an ensemble of your own site"
    if each.figure is None:
        together = " and ".join(name.measure for name in names)
        return Fault(where, f"no department of the run has these values of {together} together", remedy)
    name, value = names[each.figure], observed.figures[each.figure].value
    found = f"{value:g} is outside the {each.lowest:.3g} to {each.highest:.3g} of the run's departments"
    return Fault(f"{where}: figures.{each.figure}.value", f"{name.measure}: {found}", remedy)
