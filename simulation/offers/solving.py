"""Minutes of doctors, and of triage, at which a department has the four-hour share, wait or minutes that were answered.

Each department is simulated for a year, moved along a slope that is assumed for all, simulated again with the same
random numbers, and moved along its own slope; then once more, for two years. Departments have different random
numbers, so that chance, which is two points of a year's four-hour share, cancels in their mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from simulation.config.ensembles import Ensemble, EnsembleDepartments
from simulation.records.schema import Floats
from simulation.runs.executors.executor import Executor, open_executor
from simulation.runs.running import all_of, compile_first
from simulation.study.members import Member
from simulation.study.study import Study

YEARS = (1, 1, 2)
"""Years of each department in each round."""
FRESH = 2
"""Years of each department, on another seed, that are printed beside what was answered."""
STEEPER = 3.0
"""How many times steeper or flatter than the assumed slope one department may be taken to be."""
SHOWN = ("within_4h_share", "admitted_share", "walk_in_triage_wait_mean", "walk_in_triage_minutes_mean")
"""Measures that are printed, of all patients."""


class Solved(NamedTuple):
    """A parameter to solve for: its measure, the value wanted, the assumed change of the measure (of its logarithm
    where `in_log`) with the parameter's logarithm, and the bounds of the parameter."""

    parameter: str
    measure: str
    wanted: float
    slope: float
    bounds: tuple[float, float]
    in_log: bool = False

    def of(self, values: Floats) -> Floats:
        """Measures on the scale on which they are solved for."""
        return np.log(np.maximum(values, 1e-3)) if self.in_log else values


@dataclass
class Solver:
    """Departments whose parameters are solved for, on a study of the baseline alone over them.

    `done`: called with the number of years simulated so far.
    """

    study: Study
    ensemble: Ensemble
    done: Callable[[int], None]
    n_done: int = 0

    @property
    def n_years(self) -> int:
        """How many years are simulated in all, if there is anything to solve for."""
        return len(self.ensemble.departments) * (sum(YEARS) + FRESH)

    def solve(self, wanted: Sequence[Solved]) -> tuple[Ensemble, dict[str, Floats]]:
        """The departments with their parameters solved for, and what fresh years of them give: by measure, a number a
        department."""
        compile_first(self.study)
        n = len(self.ensemble.departments)
        workers = max(min(self.study.workers, n), 1)
        with open_executor(replace(self.study, workers=workers)) as executor:
            points = {one.parameter: np.log(self._values(one.parameter)) for one in wanted}
            before: dict[str, tuple[Floats, Floats]] = {}
            slopes = {one.parameter: np.full(n, one.slope) for one in wanted}
            for years in YEARS if wanted else ():
                measured = self._years(executor, points, years, self.study.run.seed)
                for one in wanted:
                    at, value = points[one.parameter], one.of(measured[one.measure])
                    if one.parameter in before:
                        slopes[one.parameter] = _slopes(one, before[one.parameter], (at, value), slopes[one.parameter])
                    before[one.parameter] = at, value
                    step = (one.of(np.array(one.wanted)) - value) / slopes[one.parameter]
                    low, high = np.log(one.bounds)
                    points[one.parameter] = np.clip(at + np.clip(step, -0.5, 0.5), low, high)
            fresh = self._years(executor, points, FRESH, self.study.run.seed + 1)
        return self._at(points), fresh

    def _values(self, parameter: str) -> Floats:
        place = list(self.ensemble.parameters).index(parameter)
        return np.array(
            [self.ensemble.member(number).values[place] for number in range(len(self.ensemble.departments))]
        )

    def _at(self, points: Mapping[str, Floats]) -> Ensemble:
        """The departments at these logarithms of their parameters, whose ranges hold them."""
        names, parameters = list(self.ensemble.parameters), dict(self.ensemble.parameters)
        columns = {names.index(name): np.exp(at) for name, at in points.items()}
        members = []
        for number in range(len(self.ensemble.departments)):
            member = self.ensemble.member(number)
            values = [round(float(columns[k][number]), 5) if k in columns else v for k, v in enumerate(member.values)]
            members.append(Member(structure=member.structure, values=tuple(values)))
        for name in points:
            of_all = [member.values[names.index(name)] for member in members]
            ends = (math.floor(100 * min(of_all)) / 100, math.ceil(100 * max(of_all) + 1e-6) / 100)
            parameters[name] = replace(parameters[name], range=ends)
        return replace(self.ensemble, parameters=parameters, departments=tuple(members))

    def _years(self, executor: Executor, points: Mapping[str, Floats], years: int, seed: int) -> dict[str, Floats]:
        """What so many years of each department give at these parameters: by measure, the mean of each department."""
        n, departments = len(self.ensemble.departments), self.study.departments
        assert isinstance(departments, EnsembleDepartments)
        rows = tuple(map(self._at(points).changes_of, range(n)))
        run = replace(self.study.run, replications=n * years, departments=n, seed=seed)
        study = replace(self.study, run=run, departments=replace(departments, rows=rows))
        before, name = self.n_done, study.design.baseline
        results = all_of(study, range(n * years), done=lambda n_now: self.done(before + n_now), executor=executor)
        self.n_done += n * years
        measured = {
            measure: np.array([result.arms[name].measures.value(measure, "all") for result in results])
            for measure in SHOWN
        }
        return {measure: values.reshape(years, n).mean(axis=0) for measure, values in measured.items()}


def _slopes(one: Solved, before: tuple[Floats, Floats], now: tuple[Floats, Floats], known: Floats) -> Floats:
    """The slope of each department between two rounds, held near the assumed one; `known` where it stood still."""
    moved = now[0] - before[0]
    found = np.divide(now[1] - before[1], moved, out=known.copy(), where=np.abs(moved) > 0.003)
    ends = sorted((one.slope / STEEPER, one.slope * STEEPER))
    return np.clip(found, ends[0], ends[1])


def beside(wanted: Mapping[str, float], fresh: Mapping[str, Floats]) -> Iterator[str]:
    """A line for each measure: what was answered, what the departments give, and what could not be met."""
    words = {
        "within_4h_share": ("within four hours", 100.0, "%", 1.0),
        "admitted_share": ("admitted", 100.0, "%", 1.0),
        "walk_in_triage_wait_mean": ("walk-ins' wait for triage", 1.0, "min", 2.0),
        "walk_in_triage_minutes_mean": ("minutes a triage", 1.0, "min", 0.3),
    }
    for measure, (noun, scale, unit, near) in words.items():
        values = scale * fresh[measure]
        low, high = np.quantile(values, [0.05, 0.95])
        here = f"departments {values.mean():.1f} {unit} (nine in ten {low:.1f} to {high:.1f})"
        if measure not in wanted:
            yield f"{noun}: left blank; {here}"
            continue
        answered, off = scale * wanted[measure], float(values.mean()) - scale * wanted[measure]
        unmet = "" if abs(off) <= near else f". Not met: {abs(off):.1f} {unit} {'above' if off > 0 else 'below'}"
        if unmet and measure == "walk_in_triage_minutes_mean":
            unmet += f". With {answered:.1f} min the wait would be another: does the rota count people at the desk?"
        yield f"{noun}: answered {answered:.1f} {unit}; {here}{unmet}"
