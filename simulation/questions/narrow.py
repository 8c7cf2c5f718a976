"""The answer of a stored result for departments with some observed figures. Nothing is simulated.

The arithmetic is in `analysis.narrow`. Here the observed figures are looked up in the result, refused if they tell
nothing, and given their sampling noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.errors import ConfigError, Fault, ResultsError, nearest
from simulation.measures.definitions import nearest_measure
from simulation.measures.measuring import MeasureName, is_observable
from simulation.questions.narrow_statistics import Local, Narrowed, Outside, narrow, outside
from simulation.questions.what_decides import effect_of, figures_of, known_twice, means_by
from simulation.records.schema import Mask
from simulation.run.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, n_departments
from simulation.study.design import Target
from simulation.study.observed import Observed, ObservedFigure

LONGEST_NAME = 60
"""Characters of an unknown measure that a message shows: a wrong column may hold what a patient said."""
ALIKE = 1 - 1e-6
"""The correlation over replications above which two figures count as the same."""


@dataclass(frozen=True)
class NarrowedEffects:
    """The effects of every arm on every target in departments with the observed figures.

    names: names of the figures in the result; seen: the lowest and highest value of each figure over the run's
    departments; effects: arm and target of each effect; found: the effects themselves, in that order.
    """

    observed: Observed
    names: tuple[MeasureName, ...]
    seen: tuple[tuple[float, float], ...]
    effects: tuple[tuple[str, Target], ...]
    found: Narrowed
    n_departments: int

    def of(self, arm: str, target: Target) -> int:
        """The index in `found` of an arm's effect on a target."""
        return self.effects.index((arm, target))


def narrowed(result: StudyResult, observed: Observed, where: str) -> NarrowedEffects:
    """The effects of a stored run in departments with the observed figures; `where` names their file.

    Raises ConfigError for figures that the run does not have, or that none of its departments comes near, and
    ResultsError for a run of one arm or of fewer than twenty departments.
    """
    departments = result.department_of
    if departments is None or n_departments(departments) < MIN_DEPARTMENTS:
        n = 1 if departments is None else n_departments(departments)
        raise ResultsError(
            f"narrow: the run has {n} department{'s' if n != 1 else ''} used at least twice, "
            f"and {MIN_DEPARTMENTS} are needed. Run the study over an ensemble: aeflow compare ensemble=typical"
        )
    if not result.others:
        raise ResultsError("narrow: the run has one arm, so there is no effect to read. Compare two arms or more")
    names = _named(result, observed, where)
    figures = figures_of(result, names)
    effects = [(arm.name, target) for target in result.targets for arm in result.others]
    differences = np.column_stack([effect_of(result, result.arm(arm), target) for arm, target in effects])
    local = Local(
        np.array([figure.value for figure in observed.figures]),
        np.array([figure.days for figure in observed.figures]),
        np.array([_sampling_variance(figure, name) for figure, name in zip(observed.figures, names, strict=True)]),
        float(result.run.measured_days),
    )
    known: Mask = np.isfinite(np.column_stack([figures, differences])).min(axis=1)
    known &= known_twice(departments, known)
    if n_departments(departments[known]) < MIN_DEPARTMENTS:
        raise ResultsError(
            f"narrow: a figure or an effect is missing in {int((~known).sum())} of {len(known)} replications, and "
            f"fewer than {MIN_DEPARTMENTS} departments are left. Leave out a figure that is not measured everywhere"
        )
    figures, differences, departments = figures[known], differences[known], departments[known]
    alike = np.abs(np.atleast_2d(np.corrcoef(figures, rowvar=False))) - np.eye(len(names)) > ALIKE
    if alike.any():
        one, other = sorted(int(figure) for figure in np.argwhere(alike)[0])
        problem = f"carries the same information as figures.{one} in every replication of the run"
        raise ConfigError([Fault(f"{where}: figures.{other}", problem, "Leave one of the two out")])
    far = outside(figures, departments, local)
    if far:
        raise ConfigError([_outside_fault(figure, observed, names, where) for figure in far])
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
    for number, figure in enumerate(observed.figures):
        place, key = f"{where}: figures.{number}", (figure.measure, figure.group)
        groups = [group for measure, group in readable if measure == figure.measure]
        if not groups:
            known = any(measure == figure.measure for measure, _ in given)
            problem = "is no figure that a hospital could take from its records" if known else "is unknown"
            remedy = nearest_measure(figure.measure, {measure for measure, _ in readable})
            faults.append(Fault(f"{place}.measure", f"'{figure.measure[:LONGEST_NAME]}' {problem}", remedy))
        elif figure.group not in groups:
            problem = f"'{figure.measure}' has no group '{figure.group}' that a hospital could take from its records"
            faults.append(Fault(f"{place}.group", problem, nearest(figure.group, groups)))
        elif given[key] in named:
            problem = f"'{figure.measure}' of '{figure.group}' is stated twice"
            faults.append(Fault(place, problem, "Keep one of the two"))
        elif np.ptp(result.values(result.design.baseline, *key)) == 0:
            faults.append(
                Fault(place, "is the same in every department of the run", "Leave it out: it carries no information")
            )
        else:
            named.append(given[key])
    if faults:
        raise ConfigError(faults)
    return tuple(named)


def _sampling_variance(figure: ObservedFigure, name: MeasureName) -> float:
    """The variance of a figure that was counted on a sample of patients; 0 if it was counted on all.

    A share is binomial. Minutes are assumed to be exponential, as waits nearly are: a mean over n patients has the
    variance of one wait over n, a median or a 95th percentile twice that.
    """
    if figure.patients is None or name.unit == "patients" or name.group.startswith(("pool=", "step=")):
        return 0.0
    if name.unit == "share":
        return max(figure.value * (1 - figure.value), 0.0) / figure.patients
    times = 1.0 if figure.measure.endswith("_mean") else 2.0
    return times * figure.value**2 / figure.patients


def _outside_fault(far: Outside, observed: Observed, names: Sequence[MeasureName], where: str) -> Fault:
    """The fault of an observed figure, or of all together, that no department of the run comes near."""
    remedy = "Check how it was measured (docs/model.md, 1.2). If it is right, build an ensemble of your own site"
    if far.figure is None:
        together = " and ".join(name.measure for name in names)
        return Fault(where, f"no department of the run has these values of {together} together", remedy)
    name, value = names[far.figure], observed.figures[far.figure].value
    problem = f"{value:g} is outside the {far.lowest:.3g} to {far.highest:.3g} of the run's departments"
    return Fault(f"{where}: figures.{far.figure}.value", f"{name.measure}: {problem}", remedy)
