"""Calibrates each department of an offer to the answers: what makes its patients wait to the four-hour share, and
minutes of triage to its wait or its mean. Where a wait to a clinician was answered, what makes patients wait is
calibrated to that, and minutes after the first contact to the share.

It is Broyden's method on logarithms of the parameters. Each department is simulated for a year, moved along a slope
that is assumed for all, and simulated again with the same random numbers; then it is moved along its own slopes, twice,
the last time by two years. Where a parameter is at its bound, the others make up for it. If the mean of fresh years of
a cause of waiting is off, its departments are moved together, and further fresh years are what is printed. Departments
have different random numbers, so that chance, which is two points of a year's four-hour share, cancels in their mean. A
cause that still cannot have what was answered is left out.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simulation.config.composing import stated_in
from simulation.config.dotted import Raw
from simulation.config.ensembles import Ensemble, EnsembleDepartments
from simulation.config.studies import study_from
from simulation.config.writing import write_files
from simulation.offers.department import members_of, values_by_parameter, with_values
from simulation.patients import lasting_factors
from simulation.records.schema import Floats, Mask
from simulation.records.serialise import digest
from simulation.report.findings import TOLERANCES
from simulation.runs.atomic import as_results_error, write_file
from simulation.runs.provenance import program_parts
from simulation.runs.running import Executor, Runner, open_executor
from simulation.study.study import Study
from simulation.version import __version__

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


FOLDER = ".departments"
"""The folder within that of results."""
Round = dict[str, list[float]]
"""Measures by the number of the replication, as text."""


class KeptYears:
    """The simulated years by which departments are calibrated, by round, kept in the folder of results as they end.

    They hang on the answers about the department, on the packaged ensemble and on the program, not on product, price,
    yardstick or use. So another product finds them, and what was stopped goes on where it was.

    results: the folder of results, None to keep nothing; answers: what the file is found by; program: what the numbers
    hang on besides.
    `note`: why what is there is not used; '' if it is, or if nothing is there. Raises ResultsError where nothing can be
    written.
    """

    def __init__(self, results: Path | None = None, answers: Any = (), program: Any = ()) -> None:
        self.path = None if results is None else results / FOLDER / f"{digest(answers)[:16]}.json"
        self.program, self.n_taken, self.note = digest(program), 0, ""
        self.rounds = [] if self.path is None else self._read(self.path)

    def _read(self, path: Path) -> list[Round]:
        """The rounds that are there; none of another version of the program, and none of a damaged file."""
        with as_results_error(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            return []
        with suppress(OSError, ValueError, KeyError, TypeError):
            stored = json.loads(path.read_text(encoding="utf-8"))
            rounds: list[Round] = stored["rounds"]
            if stored["checksum"] == digest([stored["program"], rounds]):
                if stored["program"] == self.program:
                    return rounds
                self.note = f"{path} is of another version of aeflow"
                return []
        self.note = f"{path} is damaged"
        return []

    def next_round(self) -> Round:
        """The years of the next round that are known; those that are added to it are kept by `write`."""
        self.n_taken += 1
        if self.n_taken > len(self.rounds):
            self.rounds.append({})
        return self.rounds[self.n_taken - 1]

    def write(self) -> None:
        """Write all that is known, whole or not at all."""
        if self.path is None:
            return
        stored = {"program": self.program, "rounds": self.rounds}
        checksum = digest(list(stored.values()))
        with as_results_error(self.path.parent):
            write_file(self.path, json.dumps({**stored, "checksum": checksum}))


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


def kept_years(
    results: Path,
    answers: Any,
    ensemble: Ensemble,
    targets: Sequence[CalibrationTarget],
    nurse: Raw | None,
    length: Mapping[str, int],
) -> KeptYears:
    """The years that are kept of these departments, with these targets, nurses and length of a year."""
    source = sha256(Path(__file__).read_bytes()).hexdigest()
    program = {
        "ensemble": ensemble, "nurse": nurse, "targets": targets, "source": source,
        "years": (length, YEARS, FRESH), "version": __version__, **program_parts(),
    }  # fmt: skip
    return KeptYears(results, answers, program)


def study_over(
    texts: Mapping[str, str], name: str, n: int, folders: Sequence[Path], where: Sequence[str]
) -> Study:
    """The study of that name in these texts by group, each of its `n` departments once; `where`: overrides that say
    where it runs."""
    with TemporaryDirectory() as temporary:
        places = (Path(temporary).resolve(), *folders)
        write_files(texts, name, places[0])
        words = (f"study={name}", f"run.departments={n}", f"run.replications={n}", *where)
        return study_from(stated_in(words, places), places)


@dataclass
class Solver:
    """Calibrates departments by a study of the baseline alone over them, which is made where years are simulated;
    `progress`: called with the numbers of years so far and of all; `kept`: years that were simulated before; `enough`:
    whether what fresh years give will do, so that no cause is moved for the sake of departments that will be left
    out; `rounds`: years of each department in each round; `measures`: those that are kept of each year; `known`: by
    lasting factor, the change of measures with the mean of its logarithm, of all departments or of each. What months
    drew of such a factor is known before they are simulated, and its effect is taken off: half of a year's chance and
    more.

    `by_year`: what the last years gave, by measure, shape (years, n_departments).
    """

    made: Callable[[], Study]
    ensemble: Ensemble
    progress: Callable[[int, int], object] = lambda done, of: None
    kept: KeptYears = field(default_factory=KeptYears)
    enough: Callable[[Mapping[str, Floats]], bool] = lambda fresh: False
    rounds: Sequence[int] = field(default_factory=lambda: YEARS)
    measures: Sequence[str] = KEPT
    known: Mapping[str, Mapping[str, float | Floats]] = field(default_factory=dict)
    n_done: int = 0
    start: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    by_year: Mapping[str, Floats] = field(default_factory=dict)
    at_ends: Mapping[str, Mask] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Count the years that will be simulated: more if a cause is off."""
        self.members = members_of(self.ensemble)
        self.n_years = len(self.members) * (sum(self.rounds) + FRESH)
        self.running = ExitStack()

    @cached_property
    def study(self) -> Study:
        """The study of whole years."""
        return self.made()

    @cached_property
    def executor(self) -> Executor:
        """Where years run: workers are started at the first of all rounds, and end with the last."""
        workers = max(min(self.study.workers, len(self.members)), 1)
        return self.running.enter_context(open_executor(replace(self.study, workers=workers)))

    @property
    def causes(self) -> Mapping[str, Mask]:
        """By cause of waiting, which departments are of it; one, '', where there are no causes."""
        of = np.array([member.cause for member in self.members])
        return {name: of == name for name in dict.fromkeys(of.tolist())}

    def plan(self) -> str:
        """What is said before years are simulated: how many are kept, and how many may follow."""
        kept, n_kept = self.kept, sum(map(len, self.kept.rounds))
        if n_kept >= self.n_years:
            return f"Departments with these answers are in {kept.path}: none is made again."
        again = f"{kept.note}, so they are made again. " if kept.note else ""
        resumed = f" {n_kept} are kept." if n_kept else ""
        more = len(self.members) * FRESH
        return (
            f"{again}{self.n_years} years are simulated, {more} more if some are then off.{resumed}"
        )

    def solve(self, wanted: Sequence[CalibrationTarget]) -> tuple[Ensemble, dict[str, Floats]]:
        """The departments with their parameters solved for, and what fresh years of them give: by measure, a number a
        department."""
        n = len(self.members)
        self.start = np.column_stack([np.log(self._values(aim.parameter)) for aim in wanted])
        of_each = [{**one.crosses, one.measure: one.slope} for one in wanted]
        assumed = [[one.get(aim.measure, 0.0) for one in of_each] for aim in wanted]
        slopes = np.array([[np.broadcast_to(one, n) for one in row] for row in assumed])
        slopes = np.moveaxis(slopes, 2, 0)
        low, high = np.log([aim.bounds for aim in wanted]).T
        at = np.clip(self.start, low, high)
        goal = np.column_stack([np.broadcast_to(aim.of(aim.wanted), n) for aim in wanted])
        before: tuple[Floats, Floats] | None = None
        with self.running:
            for years in self.rounds:
                measured = self._years(self._points(wanted, at), years, SEED)
                value = np.column_stack([aim.of(measured[aim.measure]) for aim in wanted])
                if before is not None:
                    slopes = _updated(slopes, at - before[0], value - before[1], wanted)
                before = at, value
                ends = np.maximum(low - at, -LONGEST), np.minimum(high - at, LONGEST)
                at = at + _steps(slopes, _short(goal - value, wanted), *ends, wanted)
            fresh = self._years(self._points(wanted, at), FRESH, SEED + 1)
            moved = at.copy()
            off = self.off(wanted, fresh)
            for name in () if self.enough(fresh) else self.unmet(wanted, fresh, times=1):
                here = self.causes[name]
                step = np.linalg.solve(slopes[here].mean(axis=0), off[name])
                moved[here] = np.clip(at[here] + step, low, high)
            if not np.array_equal(moved, at):
                at, self.n_years = moved, self.n_years + n * FRESH
                fresh = self._years(self._points(wanted, at), FRESH, SEED + 2)
        ends = ((at <= low + 1e-9) | (at >= high - 1e-9)).T  # a step to the end may round
        self.at_ends = {
            one.parameter: here for one, here in zip(wanted, ends, strict=True) if here.any()
        }
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
        for name, here in self.at_ends.items():
            where = f"in {here.sum()} of {len(self.members)}"
            yield f"{name.replace('_', ' ')}: at the end of what was tried {where}; something else decides"

    def _points(self, wanted: Sequence[CalibrationTarget], at: Floats) -> dict[str, Floats]:
        """Logarithms of all parameters that move, by name; `at`: of those wanted, shape (n_departments, n_wanted)."""
        points = {one.parameter: at[:, place] for place, one in enumerate(wanted)}
        for place, one in enumerate(wanted):
            moved = at[:, place] - self.start[:, place]
            rest = np.minimum(moved + one.beyond, 0)
            steps = {name: times * moved for name, times in one.along.items()}
            steps |= {name: times * rest for name, times in one.also.items()}
            for name in self.ensemble.parameters.keys() & steps:  # others are stated: they stay
                points[name] = np.log(self._values(name)) + steps[name]
        return points

    def _values(self, parameter: str) -> Floats:
        return np.array(values_by_parameter(self.ensemble)[parameter])

    def _at(self, points: Mapping[str, Floats]) -> Ensemble:
        """The departments at these logarithms of their parameters."""
        return at_values(self.ensemble, {name: np.exp(at).tolist() for name, at in points.items()})

    def _years(self, points: Mapping[str, Floats], years: int, seed: int) -> dict[str, Floats]:
        """What so many years of each department give at these parameters: by measure, the mean of each department."""
        n, known = len(self.members), self.kept.next_round()
        n_years = n * years
        if missing := [number for number in range(n_years) if f"{number}" not in known]:
            self._simulate(points, known, missing, n_years, seed)
        self.n_done += n_years
        values = np.array([known[f"{number}"] for number in range(n_years)])
        values = np.moveaxis(values.reshape(years, n, len(self.measures)), 2, 0)
        measured = dict(zip(self.measures, values, strict=True))
        for factor, slopes in self.known.items():
            drawn = self._drawn(factor, years, seed)
            for measure, slope in slopes.items():
                measured[measure] = measured[measure] - slope * drawn
        self.by_year = measured
        return {measure: of.mean(axis=0) for measure, of in measured.items()}

    def _drawn(self, factor: str, years: int, seed: int) -> Floats:
        """What the measured months drew of a lasting factor: means of its logarithm, shape (years, n_departments)."""
        pathway, run = self.study.baseline.pathway, replace(self.study.run, seed=seed)
        days = run.warm_up_days + run.measured_days
        means = [
            np.log(
                lasting_factors(pathway, run.drawn(number, days))[factor][run.warm_up_days :]
            ).mean()
            for number in range(len(self.members) * years)
        ]
        return np.reshape(means, (years, -1))

    def _simulate(
        self,
        points: Mapping[str, Floats],
        known: Round,
        missing: Sequence[int],
        n_years: int,
        seed: int,
    ) -> None:
        """Add the years that are missing of a round, each kept as it ends."""
        n, departments = len(self.members), self.study.departments
        assert isinstance(departments, EnsembleDepartments)
        rows = tuple(map(self._at(points).changes_of, range(n)))
        run = replace(
            self.study.run, replications=n_years, first=0, count=None, precision=None, departments=n, seed=seed
        )  # fmt: skip
        study = replace(self.study, run=run, departments=replace(departments, rows=rows))
        for result in Runner(study, numbers=missing, executor=self.executor):
            measures = result.arms[study.design.baseline].measures
            known[f"{result.replication}"] = [measures.value(measure) for measure in self.measures]
            self.kept.write()
            self.progress(self.n_done + len(known), self.n_years)


def at_values(ensemble: Ensemble, values: Mapping[str, Sequence[float]]) -> Ensemble:
    """The departments with these values of some parameters, to five places, whose ranges hold them."""
    columns, parameters = values_by_parameter(ensemble), dict(ensemble.parameters)
    for name, of in values.items():
        rounded = columns[name] = [round(value, 5) for value in of]
        ends = math.floor(100 * min(rounded)) / 100, math.ceil(100 * max(rounded) + 1e-6) / 100
        parameters[name] = replace(parameters[name], range=ends)
    return with_values(ensemble, parameters, columns)


def _short(off: Floats, wanted: Sequence[CalibrationTarget]) -> Floats:
    """By how much measures, the last axis, are below what is wanted; 0 where that is the highest that they may be."""
    return np.where([one.at_most for one in wanted], np.minimum(off, 0), off)


def _steps(
    slopes: Floats, short: Floats, least: Floats, most: Floats, wanted: Sequence[CalibrationTarget]
) -> Floats:
    """By how far each department's parameters move, shape (n, parameters), for its measures to change by `short`.

    Where that is farther than `least` or `most` let them, the others make up for it: least squares between these ends,
    in units of what is near enough.
    """
    from scipy.optimize import lsq_linear

    steps = np.linalg.solve(slopes, short[:, :, None])[:, :, 0]
    weights = 1 / np.array([aim.near for aim in wanted])
    for n in np.flatnonzero(((steps < least) | (steps > most)).any(axis=1)):
        rows = weights[:, None] * slopes[n]
        steps[n] = lsq_linear(rows, weights * short[n], (least[n], most[n])).x
    return np.asarray(steps)


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
