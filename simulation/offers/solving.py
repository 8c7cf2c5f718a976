"""Calibrates each department of an offer to the answers: what makes its patients wait to the four-hour share, and
minutes of triage to its wait or its mean. Where a wait to a clinician was answered, what makes patients wait is
calibrated to that, and minutes after the first contact to the share.

It is Broyden's method on logarithms of the parameters. Each department is simulated for a year, moved along a slope
that is assumed for all, and simulated again with the same random numbers; then it is moved along its own slopes, twice,
the last time by two years. If the mean of fresh years of a cause of waiting is off, its departments are moved together,
and further fresh years are what is printed. Departments have different random numbers, so that chance, which is two
points of a year's four-hour share, cancels in their mean. A cause that still cannot have what was answered is left out.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simulation.config.ensembles import Ensemble, EnsembleDepartments
from simulation.offers.kept_years import KeptYears, Round
from simulation.records.schema import Floats, Mask
from simulation.report.findings import TOLERANCES
from simulation.runs.running import Executor, Runner, open_executor
from simulation.study.study import Study

SEED = 20261124
"""The seed of the first years; others follow it."""
YEARS = (1, 1, 1, 2)
"""Years of each department in each round."""
FRESH = 2
"""Years of each department, on another seed, that are printed beside what was answered."""
STEEPER = 4.0
"""How many times steeper or flatter than the assumed slope one department may be taken to be."""
CANNOT = 2.5
"""By how many times what is near enough a cause is off if it cannot have what was answered."""
KEPT = (*TOLERANCES, "handover_mean")
"""The measures that are kept of each year: those that are printed, and what is bounded."""
LEAST_MOVE, LONGEST = 0.004, 0.4
"""Moves of a parameter's logarithm: the least that tells a slope, and the longest of one round."""


class CalibrationTarget(NamedTuple):
    """A parameter to calibrate, and the measure that it is calibrated to.

    wanted  the value of the measure, of all departments or of each; with `at_most` the highest, and less is as good
    slope   the assumed change of the measure (of its logarithm where `in_log`) with the parameter's logarithm
    bounds  of the parameter
    along   parameters that move with it in some departments: how many times as far, of each department
    crosses the assumed changes of other measures, on their scales, with the parameter's logarithm; of all or of each
    also    parameters that follow once this one's logarithm fell by more than `beyond`: how many times the rest
    """

    parameter: str
    measure: str
    wanted: float | Floats
    slope: float
    bounds: tuple[float, float]
    in_log: bool = False
    along: Mapping[str, Floats] = {}
    beyond: float = 0.0
    also: Mapping[str, float] = {}
    crosses: Mapping[str, float | Floats] = {}
    at_most: bool = False

    @property
    def near(self) -> float:
        """How far the mean of fresh years may be off before the departments of a cause are moved together."""
        return 0.1 if self.in_log else 0.012

    def of(self, values: ArrayLike) -> Floats:
        """Measures on the scale on which they are solved for."""
        return np.log(np.maximum(values, 1e-3)) if self.in_log else np.asarray(values)


@dataclass
class Solver:
    """Calibrates departments by a study of the baseline alone over them, which is made where years are simulated;
    `kept`: years that were simulated before; `done`: called with the number of years so far; `enough`: whether what
    fresh years give will do, so that no cause is moved for the sake of departments that will be left out."""

    made: Callable[[], Study]
    ensemble: Ensemble
    done: Callable[[int], None]
    kept: KeptYears = field(default_factory=KeptYears)
    enough: Callable[[Mapping[str, Floats]], bool] = lambda fresh: False
    n_done: int = 0
    executor: Executor | None = None
    start: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    at_ends: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Count the years that will be simulated: more if a cause is off."""
        numbers = range(len(self.ensemble.departments))
        self.members = tuple(map(self.ensemble.member, numbers))
        self.n_years = len(self.members) * (sum(YEARS) + FRESH)

    @cached_property
    def study(self) -> Study:
        """The study of whole years."""
        return self.made()

    @property
    def causes(self) -> Mapping[str, Mask]:
        """By cause of waiting, which departments are of it; one, '', where there are no causes."""
        of = np.array([member.cause for member in self.members])
        return {name: of == name for name in dict.fromkeys(of.tolist())}

    def solve(self, wanted: Sequence[CalibrationTarget]) -> tuple[Ensemble, dict[str, Floats]]:
        """The departments with their parameters solved for, and what fresh years of them give: by measure, a number a
        department."""
        n = len(self.members)
        at = self.start = np.column_stack([np.log(self._values(aim.parameter)) for aim in wanted])
        of_each = [{**one.crosses, one.measure: one.slope} for one in wanted]
        assumed = [[one.get(aim.measure, 0.0) for one in of_each] for aim in wanted]
        slopes = np.array([[np.broadcast_to(one, n) for one in row] for row in assumed])
        slopes = np.moveaxis(slopes, 2, 0)
        low, high = np.log([aim.bounds for aim in wanted]).T
        goal = np.column_stack([np.broadcast_to(aim.of(aim.wanted), n) for aim in wanted])
        before: tuple[Floats, Floats] | None = None
        with ExitStack() as stack:

            def simulate(years: int, seed: int) -> dict[str, Floats]:
                return self._years(stack, self._points(wanted, at), years, seed)

            for years in YEARS:
                measured = simulate(years, SEED)
                value = np.column_stack([aim.of(measured[aim.measure]) for aim in wanted])
                if before is not None:
                    slopes = _updated(slopes, at - before[0], value - before[1], wanted)
                before = at, value
                step = np.linalg.solve(slopes, _short(goal - value, wanted)[:, :, None])[:, :, 0]
                at = np.clip(at + np.clip(step, -LONGEST, LONGEST), low, high)
            fresh, moved = simulate(FRESH, SEED + 1), at.copy()
            off = self.off(wanted, fresh)
            for name in () if self.enough(fresh) else self.unmet(wanted, fresh, times=1):
                here = self.causes[name]
                step = np.linalg.solve(slopes[here].mean(axis=0), off[name])
                moved[here] = np.clip(at[here] + step, low, high)
            if not np.array_equal(moved, at):
                at, self.n_years = moved, self.n_years + n * FRESH
                fresh = simulate(FRESH, SEED + 2)
        counts = ((at <= low) | (at >= high)).sum(axis=0).tolist()
        self.at_ends = tuple(
            (one.parameter, count) for one, count in zip(wanted, counts, strict=True) if count
        )
        return self._at(self._points(wanted, at)), fresh

    def off(
        self, wanted: Sequence[CalibrationTarget], fresh: Mapping[str, Floats]
    ) -> Mapping[str, Floats]:
        """By cause, how far its mean is below what is wanted, of each target, on the scale of solving."""
        goals = [np.broadcast_to(aim.wanted, len(self.members)) for aim in wanted]
        return {
            name: _short(
                np.array(
                    [
                        aim.of(goal[here].mean()) - aim.of(fresh[aim.measure][here].mean())
                        for aim, goal in zip(wanted, goals, strict=True)
                    ]
                ),
                wanted,
            )
            for name, here in self.causes.items()
        }

    def unmet(
        self,
        wanted: Sequence[CalibrationTarget],
        fresh: Mapping[str, Floats],
        times: float = CANNOT,
    ) -> tuple[str, ...]:
        """The causes whose departments cannot have what was answered; `times`: what is near enough."""
        limits = [times * aim.near for aim in wanted]
        off = self.off(wanted, fresh)
        return tuple(name for name in off if (np.abs(off[name]) > limits).any())

    def ends(self) -> Iterator[str]:
        """A line for each parameter that ends at a bound in some departments."""
        for name, count in self.at_ends:
            where = f"in {count} of {len(self.members)}"
            yield f"{name.replace('_', ' ')}: at the end of what was tried {where}; something else decides"

    def _points(self, wanted: Sequence[CalibrationTarget], at: Floats) -> dict[str, Floats]:
        """Logarithms of all parameters that move, by name; `at`: of those wanted, shape (n_departments, n_wanted)."""
        points = {one.parameter: at[:, place] for place, one in enumerate(wanted)}
        for place, one in enumerate(wanted):
            moved = at[:, place] - self.start[:, place]
            rest = np.minimum(moved + one.beyond, 0)
            steps = {name: times * moved for name, times in one.along.items()}
            steps |= {name: times * rest for name, times in one.also.items()}
            points |= {name: np.log(self._values(name)) + step for name, step in steps.items()}
        return points

    def _values(self, parameter: str) -> Floats:
        place = list(self.ensemble.parameters).index(parameter)
        return np.array([member.values[place] for member in self.members])

    def _at(self, points: Mapping[str, Floats]) -> Ensemble:
        """The departments at these logarithms of their parameters, whose ranges hold them."""
        names, parameters = list(self.ensemble.parameters), dict(self.ensemble.parameters)
        columns = {names.index(name): np.exp(at) for name, at in points.items()}
        members = []
        for number, member in enumerate(self.members):
            values = list(member.values)
            for place, column in columns.items():
                values[place] = round(float(column[number]), 5)
            members.append(replace(member, values=tuple(values)))
        for name in points:
            of_all = [member.values[names.index(name)] for member in members]
            ends = (math.floor(100 * min(of_all)) / 100, math.ceil(100 * max(of_all) + 1e-6) / 100)
            parameters[name] = replace(parameters[name], range=ends)
        return replace(self.ensemble, parameters=parameters, departments=tuple(members))

    def _years(
        self, stack: ExitStack, points: Mapping[str, Floats], years: int, seed: int
    ) -> dict[str, Floats]:
        """What so many years of each department give at these parameters: by measure, the mean of each department."""
        n, known = len(self.members), self.kept.next_round()
        missing = [number for number in range(n * years) if f"{number}" not in known]
        if missing:
            self._simulate(stack, points, known, missing, n * years, seed)
        self.n_done += n * years
        values = np.array([known[f"{number}"] for number in range(n * years)])
        means = values.reshape(years, n, len(KEPT)).mean(axis=0)
        return dict(zip(KEPT, means.T, strict=True))

    def _simulate(
        self,
        stack: ExitStack,
        points: Mapping[str, Floats],
        known: Round,
        missing: Sequence[int],
        n_years: int,
        seed: int,
    ) -> None:
        """Add the years that are missing of a round, each kept as it ends. Workers are started at the first of all
        rounds, and end with the `stack`."""
        n, departments = len(self.members), self.study.departments
        if self.executor is None:
            workers = max(min(self.study.workers, n), 1)
            self.executor = stack.enter_context(open_executor(replace(self.study, workers=workers)))
        assert isinstance(departments, EnsembleDepartments)
        rows = tuple(map(self._at(points).changes_of, range(n)))
        run = replace(
            self.study.run, replications=n_years, first=0, count=None, precision=None, departments=n, seed=seed
        )  # fmt: skip
        study = replace(self.study, run=run, departments=replace(departments, rows=rows))
        for result in Runner(study, numbers=missing, executor=self.executor):
            measures = result.arms[study.design.baseline].measures
            known[f"{result.replication}"] = [measures.value(measure) for measure in KEPT]
            self.kept.write()
            self.done(self.n_done + len(known))


def _short(off: Floats, wanted: Sequence[CalibrationTarget]) -> Floats:
    """By how much measures, the last axis, are below what is wanted; 0 where that is the highest that they may be."""
    return np.where([one.at_most for one in wanted], np.minimum(off, 0), off)


def _updated(
    slopes: Floats, moved: Floats, changed: Floats, wanted: Sequence[CalibrationTarget]
) -> Floats:
    """The slopes of each department, shape (n, measures, parameters), after a move and what it changed (Broyden 1965,
    Math Comput 19:577); a measure's slope on its own parameter is held near the assumed one. One that is bounded alone
    stays apart: its slope is the assumed one, and it moves no other."""
    solved = np.array([not one.at_most for one in wanted])
    moved, changed = np.where(solved, moved, 0.0), np.where(solved, changed, 0.0)
    length = (moved**2).sum(axis=1)
    surprise = changed - np.einsum("nij,nj->ni", slopes, moved)
    update = (
        np.einsum("ni,nj->nij", surprise, moved) / np.maximum(length, LEAST_MOVE**2)[:, None, None]
    )
    updated = slopes + np.where(length[:, None, None] > LEAST_MOVE**2, update, 0.0)
    for place, one in enumerate(wanted):
        ends = sorted((one.slope / STEEPER, one.slope * STEEPER))
        updated[:, place, place] = np.clip(updated[:, place, place], ends[0], ends[1])
    return np.asarray(updated)


def comparison_lines(
    wanted: Mapping[str, float],
    fresh: Mapping[str, Floats],
    causes: Mapping[str, Mask] = MappingProxyType({}),
) -> Iterator[str]:
    """A line for each measure: what was answered, what the departments give, and what could not be met.

    causes: by words that follow 'if', which departments are of each cause of waiting; one whose mean is off is named.
    """
    for measure, shown in TOLERANCES.items():
        if measure not in wanted and not shown.always:
            continue
        scale, unit, values = shown.scale, shown.unit, shown.scale * fresh[measure]
        low, high = np.quantile(values, [0.05, 0.95])
        here = f"{values.mean():.1f} {unit} ({low:.1f} to {high:.1f})"
        if measure not in wanted:
            yield f"{shown.noun}: {here}"
            continue
        answered, off = scale * wanted[measure], float(values.mean()) - scale * wanted[measure]
        unmet = ""
        if shown.is_off(off, answered):
            unmet = f". Not met: {abs(off):.1f} {unit} {'above' if off > 0 else 'below'}"
            if measure == "walk_in_triage_minutes_mean":
                unmet += f". With {answered:.1f} min the wait would be another: does the rota count people at the desk?"
        means = {label: float(values[of].mean()) for label, of in causes.items()}
        others = "".join(
            f"; {mean:.1f} if {label}"
            for label, mean in means.items()
            if shown.is_off(mean - answered, answered, 2)
        )
        yield f"{shown.noun}: {here}; answered {answered:.1f} {unit}{others}{unmet}"
