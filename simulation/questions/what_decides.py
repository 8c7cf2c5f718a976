"""What decides each arm's effect over several departments; the arithmetic is in `analysis.what_decides`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulation.department.rota import mean_per_day
from simulation.explain.costs import DAYS_PER_YEAR
from simulation.measures.measuring import MeasureName, observables_among
from simulation.questions.what_decides_statistics import Decides, Rule, what_decides, worth
from simulation.records.schema import Floats, Mask
from simulation.run.arm_result import ArmResult
from simulation.run.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, MIN_EACH, Department, n_departments
from simulation.study.design import Margin, Target

KNOWN_DAYS = 14
"""Days for which a department would measure a figure before it chooses an arm."""


@dataclass(frozen=True)
class Worth:
    """The value to a department of measuring a figure for a fortnight before it chooses an arm.

    `pounds` and `error` are GBP a year and the standard error, keyed by the value of a patient-hour in GBP.
    """

    figure: MeasureName
    pounds: Mapping[float, float]
    error: Mapping[float, float]


@dataclass(frozen=True)
class Decided:
    """What decides each arm's effect on a target.

    figures: the baseline's figures among which the deciding one was sought; priced: the arms that state a cost, among
    which `worth` chooses; x, y: means of the figures, shape (n_departments, n_figures), and of the effects, shape
    (n_departments, n_arms).
    """

    target: Target
    unit: str
    figures: tuple[MeasureName, ...]
    arms: Mapping[str, Decides]
    priced: tuple[str, ...]
    worth: tuple[Worth, ...]
    n_departments: int
    x: Floats
    y: Floats

    def best(self, arm: str) -> MeasureName | None:
        """The figure that explains most of an arm's effect; None if none does beyond chance."""
        best = self.arms[arm].best
        return None if best is None else self.figures[best.figure]


@lru_cache(maxsize=8)
def decided(result: StudyResult) -> Decided | None:
    """What decides the effects on the first primary target; None on fewer than twenty departments."""
    target = result.design.primary[0]
    sample = _sample(result, target, target.minimal_important_difference)
    if sample is None:
        return None
    useful = sorted({decides.best.figure for decides in sample.arms.values() if decides.best is not None})
    priced, worths = _worth(result, target, sample, useful)
    return Decided(
        target=target,
        unit=unit_of(result, target),
        figures=sample.names,
        arms=sample.arms,
        priced=priced,
        worth=worths,
        n_departments=n_departments(sample.departments),
        x=means_by(sample.figures, sample.departments),
        y=means_by(sample.effects, sample.departments),
    )


@dataclass(frozen=True)
class Kind:
    """A kind of department: those with a figure above (or below) `rule.cut`."""

    figure: MeasureName
    rule: Rule


@lru_cache(maxsize=32)
def kinds_beyond(result: StudyResult, margin: Margin) -> Mapping[str, Kind | None]:
    """For each arm, the kind of department in which it is worse by more than a safety margin.

    None for an arm if no figure separates these departments from the others better than the commoner answer does.
    Empty with fewer than twenty departments.
    """
    sample = _sample(result, margin, margin.margin)
    if sample is None:
        return {}
    kinds: dict[str, Kind | None] = dict.fromkeys(sample.arms)
    for name, decides in sample.arms.items():
        rule = decides.rule
        if rule is not None and not rule.gains and rule.hit_rate > rule.commoner:
            kinds[name] = Kind(sample.names[decides.explains[0].figure], rule)
    return kinds


class _Sample(NamedTuple):
    """What decides the effect of each arm, and the replications from which this was found.

    names: names of the figures; figures: the baseline's figures, shape (n_replications, n_figures); effects: effects of
    the other arms, shape (n_replications, n_arms).
    """

    names: tuple[MeasureName, ...]
    figures: Floats
    effects: Floats
    departments: Department
    arms: Mapping[str, Decides]


def _sample(result: StudyResult, target: Target | Margin, matters: float) -> _Sample | None:
    """The replications in which every effect is known, and what decides; None with fewer than twenty departments.

    `matters`: the smallest difference that counts as an effect.
    """
    departments, arms = result.department_of, result.others
    if departments is None or n_departments(departments) < MIN_DEPARTMENTS or not arms:
        return None
    effects = np.column_stack([effect_of(result, arm, target) for arm in arms])
    known: Mask = np.isfinite(effects).min(axis=1)
    known &= known_twice(departments, known)
    effects, departments = effects[known], departments[known]
    names = observables_among(result.measures[result.design.baseline][0].names)
    figures = figures_of(result, names)[known]
    useful = np.isfinite(figures).all(axis=0) & (np.ptp(figures, axis=0) > 0)
    names, figures = tuple(name for name, kept in zip(names, useful, strict=True) if kept), figures[:, useful]
    lower = result.better(target) == "lower"
    deciding = what_decides(figures, effects, departments, matters=matters, lower_is_better=lower)
    if deciding is None:
        return None
    by_arm = {arm.name: decides for arm, decides in zip(arms, deciding, strict=True)}
    return _Sample(names, figures, effects, departments, by_arm)


def known_twice(departments: Department, known: Mask) -> Mask:
    """Whether each replication's department has two or more known replications, shape (n_replications,)."""
    numbers, counts = np.unique(departments[known], return_counts=True)
    twice: Mask = np.isin(departments, numbers[counts >= MIN_EACH])
    return twice


def figures_of(result: StudyResult, names: Sequence[MeasureName]) -> Floats:
    """The baseline's figures, shape (n_replications, n_figures)."""
    return np.column_stack([result.values(result.design.baseline, name.measure, name.group) for name in names])


def unit_of(result: StudyResult, target: Target) -> str:
    """The unit of a target's measure."""
    names = result.measures[result.design.baseline][0].names
    return next(name.unit for name in names if (name.measure, name.group) == (target.measure, target.group))


def effect_of(result: StudyResult, arm: ArmResult, target: Target | Margin) -> Floats:
    """An arm's difference from the baseline, shape (n_replications,)."""
    values, before = (result.values(name, target.measure, target.group) for name in (arm.name, result.design.baseline))
    difference: Floats = values - before
    return difference


def means_by(values: Floats, departments: Department) -> Floats:
    """Means of values, shape (n_replications, n_numbers), by department, shape (n_departments, n_numbers)."""
    return np.array([values[departments == number].mean(axis=0) for number in np.unique(departments)])


def _worth(
    result: StudyResult, target: Target, sample: _Sample, useful: Sequence[int]
) -> tuple[tuple[str, ...], tuple[Worth, ...]]:
    """The arms that state a cost, and what it is worth to know each useful figure before choosing among them.

    Both are empty unless the target is in minutes, the study values patient-hours and arms state a cost.
    """
    value, unit = result.design.value_per_patient_hour, unit_of(result, target)
    priced = [
        (column, arm.name, arm.cost)
        for column, arm in enumerate(result.others)
        if arm.cost is not None and arm.name != result.design.sham
    ]
    if value is None or not priced or unit != "minutes" or not useful:
        return (), ()
    per_year = DAYS_PER_YEAR * sum(
        mean_per_day(source) for source in result.study.baseline.pathway.arrivals.values() if source.attends
    )
    hours = -sample.effects[:, [column for column, *_ in priced]] / 60 * per_year
    costs = np.array([cost for *_, cost in priced])
    by_pounds = {
        pounds: worth(
            sample.figures[:, useful],
            pounds * hours - costs,
            sample.departments,
            measured_days=result.run.measured_days,
            known_days=KNOWN_DAYS,
        )
        for pounds in value.pounds
    }
    worths = tuple(
        Worth(
            sample.names[figure],
            {pounds: float(gains[place]) for pounds, (gains, _) in by_pounds.items()},
            {pounds: float(errors[place]) for pounds, (_, errors) in by_pounds.items()},
        )
        for place, figure in enumerate(useful)
    )
    return tuple(name for _, name, _ in priced), worths
