"""What decides the answer of a result over several departments; the arithmetic is in `analysis.what_decides`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulation.analysis.between import n_departments
from simulation.analysis.departments import MIN_DEPARTMENTS, MIN_REPLICATIONS, Department
from simulation.analysis.measures import MeasureName
from simulation.analysis.observables import observables_among
from simulation.analysis.what_decides import Decides, Rule, what_decides, worth
from simulation.experiment.arm_result import ArmResult
from simulation.experiment.result import StudyResult
from simulation.pathway.rota import mean_per_day
from simulation.records.schema import Floats, Mask
from simulation.study.design import Margin, Target

KNOWN_DAYS = 14
"""For how many days a department would measure a figure before it chooses."""
DAYS_IN_YEAR = 365


@dataclass(frozen=True)
class Worth:
    """What it is worth to a department to know a figure for a fortnight, GBP a year, by GBP a patient-hour."""

    figure: MeasureName
    pounds: Mapping[float, float]
    error: Mapping[float, float]


@dataclass(frozen=True)
class Decided:
    """What decides each arm's effect on a target.

    figures: what was looked at; priced: arms that state a cost, among which `worth` chooses; x, y: by department, means
    of figures and effects, for pictures.
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
        """The figure that tells most of an arm's effect, if any is found."""
        best = self.arms[arm].best
        return None if best is None else self.figures[best.figure]


@lru_cache(maxsize=8)
def decided(result: StudyResult) -> Decided | None:
    """What decides the effects on the first primary target; None on one department, or of fewer than twenty."""
    target = result.design.primary[0]
    looked_at = _looked_at(result, target, target.minimal_important_difference)
    if looked_at is None:
        return None
    names, figures, effects, departments, found = looked_at
    by_arm = {arm.name: each for arm, each in zip(result.others, found, strict=True)}
    useful = sorted({each.best.figure for each in found if each.best is not None})
    priced, worths = _worth(result, target, effects, figures, departments, useful)
    return Decided(
        target=target,
        unit=unit_of(result, target),
        figures=names,
        arms=by_arm,
        priced=priced,
        worth=tuple(Worth(names[figure], *told) for figure, told in zip(useful, worths, strict=True)) if worths else (),
        n_departments=n_departments(departments),
        x=means_by(figures, departments),
        y=means_by(effects, departments),
    )


@dataclass(frozen=True)
class Kind:
    """A kind of department: those with a figure above (or below) `rule.cut`."""

    figure: MeasureName
    rule: Rule


@lru_cache(maxsize=32)
def kinds_beyond(result: StudyResult, margin: Margin) -> Mapping[str, Kind | None]:
    """By arm, the kind of department in which it is worse by more than a margin of safety.

    None: no figure tells these departments from the others better than always giving the commoner answer. Empty on one
    department, or of fewer than twenty.
    """
    looked_at = _looked_at(result, margin, margin.margin)
    if looked_at is None:
        return {}
    names, _, _, _, found = looked_at
    kinds: dict[str, Kind | None] = {}
    for arm, each in zip(result.others, found, strict=True):
        rule = each.rule
        told = rule is not None and not rule.gains and rule.hit_rate > rule.commoner
        kinds[arm.name] = Kind(names[each.explains[0].figure], rule) if told and rule is not None else None
    return kinds


LookedAt = tuple[tuple[MeasureName, ...], Floats, Floats, Department, tuple[Decides, ...]]


def _looked_at(result: StudyResult, target: Target | Margin, matters: float) -> LookedAt | None:
    """Figures of the baseline and effects of the other arms, by replication with its department, and what decides."""
    departments, arms = result.department_of, result.others
    if departments is None or n_departments(departments) < MIN_DEPARTMENTS or not arms:
        return None
    effects = np.column_stack([effect_of(result, arm, target) for arm in arms])
    known: Mask = np.isfinite(effects).min(axis=1)
    known &= played_twice(departments, known)
    effects, departments = effects[known], departments[known]
    names = observables_among(result.measures[result.design.baseline][0].names)
    figures = np.column_stack([result.values(result.design.baseline, name.measure, name.group) for name in names])[
        known
    ]
    there = np.isfinite(figures).all(axis=0) & (np.ptp(figures, axis=0) > 0)
    names, figures = tuple(name for name, kept in zip(names, there, strict=True) if kept), figures[:, there]
    lower = result.better(target) == "lower"
    found = what_decides(figures, effects, departments, matters=matters, lower_is_better=lower)
    return None if found is None else (names, figures, effects, departments, found)


def played_twice(departments: Department, known: Mask) -> Mask:
    """The replications of departments that are known in two or more."""
    numbers, counts = np.unique(departments[known], return_counts=True)
    found: Mask = np.isin(departments, numbers[counts >= MIN_REPLICATIONS])
    return found


def figures_of(result: StudyResult, names: Sequence[MeasureName]) -> Floats:
    """The baseline's figures, shape (n_replications, n_figures)."""
    return np.column_stack([result.values(result.design.baseline, name.measure, name.group) for name in names])


def unit_of(result: StudyResult, target: Target) -> str:
    """The unit of a target's measure."""
    names = result.measures[result.design.baseline][0].names
    return next(name.unit for name in names if (name.measure, name.group) == (target.measure, target.group))


def effect_of(result: StudyResult, arm: ArmResult, target: Target | Margin) -> Floats:
    """The arm's difference from the baseline, shape (n_replications,)."""
    values = [result.values(name, target.measure, target.group) for name in (arm.name, result.design.baseline)]
    found: Floats = values[0] - values[1]
    return found


def means_by(values: Floats, departments: Department) -> Floats:
    """By department, shape (n_departments, n_numbers)."""
    return np.array([values[departments == each].mean(axis=0) for each in np.unique(departments)])


def _worth(
    result: StudyResult,
    target: Target,
    effects: Floats,
    figures: Floats,
    departments: Department,
    useful: Sequence[int],
) -> tuple[tuple[str, ...], list[tuple[dict[float, float], dict[float, float]]]]:
    """Arms that state a cost, and of each useful figure what it is worth to know it before choosing among them."""
    stated, unit = result.design.value_per_patient_hour, unit_of(result, target)
    priced = [
        (column, arm.name, arm.cost)
        for column, arm in enumerate(result.others)
        if arm.cost is not None and arm.name != result.design.sham
    ]
    if stated is None or not priced or unit != "minutes" or not useful:
        return (), []
    per_year = DAYS_IN_YEAR * sum(
        mean_per_day(source) for source in result.study.baseline.pathway.arrivals.values() if source.attends
    )
    hours = -effects[:, [column for column, *_ in priced]] / 60 * per_year
    costs = np.array([cost for *_, cost in priced])
    by_pounds = {
        pounds: worth(
            figures[:, useful],
            pounds * hours - costs,
            departments,
            measured_days=result.run.measured_days,
            known_days=KNOWN_DAYS,
        )
        for pounds in stated.pounds
    }
    return tuple(name for _, name, _ in priced), [
        (
            {pounds: float(found[place]) for pounds, (found, _) in by_pounds.items()},
            {pounds: float(error[place]) for pounds, (_, error) in by_pounds.items()},
        )
        for place in range(len(useful))
    ]
