"""The figures that a year of a department is expected to give: a Gaussian process for each row, fitted to years.

Shares are learnt on the logit scale and everything else on the log scale, with outliers clipped at the first and 99th
percentile: departments that lock up would otherwise dominate the fit. The kernel is a linear trend, smooth departures
from it (Matern 5/2) and the noise of one year. The cube is first stretched along each parameter by how much it matters
in a ridge regression: a length scale for each of two dozen parameters would fit noise, and take an hour. Rasmussen and
Williams 2006, Gaussian Processes for Machine Learning, chapters 2, 4 and 5.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from scipy.special import ndtr

from simulation.assurance.targets import PublishedFigure
from simulation.config.dotted import Raw, resolve, value_at
from simulation.config.ensembles import Priors
from simulation.config.totals import SIZE
from simulation.errors import Faults, refuse
from simulation.records.schema import Floats, Mask
from simulation.runs.running import processors
from simulation.study.design import Member, Structure, VariedParameter

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor


Item = TypeVar("Item")
Value = TypeVar("Value")
CLIPPED = 1, 99
"""Percentiles at which a row is clipped."""
MOST_TO_LEARN = 500
"""Years from which length scale and noise are learnt, at a cost that grows with their cube. Means use all years."""
RIDGE, LEAST_STRETCH = 10.0, 0.1
"""Penalty of the regression that stretches the cube, and the stretch of a parameter that does not matter at all."""
SHORTEST, LONGEST = 1.5, 50.0
"""Bounds of the length scale: with a shorter one no year would inform about another, and noise would pass for curves.
"""
YEARS_JUDGED = 10
"""Years whose mean is held against the bands: one has too much chance, and a mean of many hides the bands' edges."""
MOST_SURPRISE = 3.5
"""Standard deviations beyond which a year contradicts what was expected: one row in 2,000 by chance."""
SMALLEST = 1e-6
NO_EDGES = np.empty(0)
N_TOGETHER = 4000
"""Draws of the rows of a year together: a probability of a half is known to within .01."""


class EmulatorPrediction(NamedTuple):
    """The row expected at some points, on its scale: mean, standard error of the mean, and one year's noise."""

    mean: Floats
    standard_error: Floats
    noise: float
    low: float
    high: float

    @property
    def inside(self) -> Mask:
        """Whether the expected mean is in the band."""
        return (self.mean >= self.low) & (self.mean <= self.high)

    def standardised(self, n_years: float) -> tuple[Floats, Floats]:
        """The ends of the band, in standard errors of the mean of `n_years` years from what is expected."""
        sd = np.sqrt(self.standard_error**2 + self.noise**2 / n_years)
        return (self.low - self.mean) / sd, (self.high - self.mean) / sd

    def log_chance(self, n_years: float) -> Floats:
        """The log of the probability that the mean of `n_years` years is in the band; may be infinitely many."""
        low, high = self.standardised(n_years)
        flipped = (
            low > 0
        )  # both bounds far out on the right: their mirror images keep the difference from 0
        low, high = np.where(flipped, -high, low), np.where(flipped, -low, high)
        return np.log(np.maximum(ndtr(high) - ndtr(low), np.finfo(float).tiny))


class RowEmulator:
    """The emulator of one row of the targets."""

    def __init__(
        self, target: PublishedFigure, points: Floats, values: Floats, edges: Floats
    ) -> None:
        """`points`: shape (years, dimensions), each from 0 to 1; `values`: the row in each of these years; `edges`:
        those of `Space.edges`."""
        self.target, self._edges = target, edges
        known = np.isfinite(values)
        scaled = self.scaled(values[known])
        scaled = np.clip(scaled, *np.percentile(scaled, CLIPPED))
        self._middle, self._spread = float(scaled.mean()), max(float(scaled.std()), SMALLEST)
        self._values = (scaled - self._middle) / self._spread
        centred = centred_on(points[known], self._edges)
        self._stretch = _stretched(centred, self._values)
        self._points = centred * self._stretch

    def scaled(self, values: Floats) -> Floats:
        """Values on the scale on which the row is learnt, clipped away from infinity: logits of shares, else logs."""
        if not self.target.unit.startswith("share"):
            return np.log(np.maximum(values, SMALLEST))
        inside = np.clip(values, SMALLEST, 1 - SMALLEST)
        return np.log(inside / (1 - inside))

    @cached_property
    def fitted(self) -> GaussianProcessRegressor:
        """The Gaussian process, fitted when it is first asked for."""
        n = len(self._values)
        chosen = np.random.default_rng(n).permutation(n)[:MOST_TO_LEARN]
        learner = _regressor(_new_kernel(), "fmin_l_bfgs_b").fit(
            self._points[chosen], self._values[chosen]
        )
        return _regressor(learner.kernel_, None).fit(self._points, self._values)

    def at(self, points: Floats) -> EmulatorPrediction:
        """The row expected at points, shape (points, dimensions)."""
        mean, sd = self.fitted.predict(
            centred_on(points, self._edges) * self._stretch, return_std=True
        )
        noise = float(self.fitted.kernel_.k2.noise_level)
        return EmulatorPrediction(
            self._middle + self._spread * mean,
            self._spread * np.sqrt(np.maximum(sd**2 - noise, SMALLEST**2)),
            self._spread * math.sqrt(noise),
            *(
                bound if math.isinf(bound) else float(self.scaled(np.array(bound)))
                for bound in self.target.bounds
            ),
        )


class Emulator(NamedTuple):
    """The emulators of all rows, and the measures that are judged by their mean, as one year of them is chance."""

    rows: tuple[RowEmulator, ...]
    judged_by_mean: frozenset[str]
    together: Floats = NO_EDGES
    """Standard normal draws of the rows of one year, correlated as their noise is, shape (draws, rows)."""

    def log_chance(self, points: Floats) -> Floats:
        """The log of the probability that `YEARS_JUDGED` years at each point meet every row, as if independent."""

        def log_chance_of(row: RowEmulator) -> Floats:
            by_mean = row.target.measure in self.judged_by_mean
            return row.at(points).log_chance(math.inf if by_mean else YEARS_JUDGED)

        return np.asarray(np.sum(in_threads(log_chance_of, self.rows), axis=0))

    def chance(self, points: Floats) -> Floats:
        """The probability that `YEARS_JUDGED` years at each point meet every row, whose errors go together: years with
        long waits are those in which many leave."""

        def bounds_of(row: RowEmulator) -> tuple[Floats, Floats]:
            by_mean = row.target.measure in self.judged_by_mean
            return row.at(points).standardised(math.inf if by_mean else YEARS_JUDGED)

        bounds = np.array(in_threads(bounds_of, self.rows))
        return np.array(
            [
                ((self.together >= low) & (self.together <= high)).all(axis=1).mean()
                for low, high in bounds.transpose(2, 1, 0)
            ]
        )

    def contradicted(self, points: Floats, values: Floats) -> Mask:
        """Whether any row of a year at each point lies farther from what is expected than chance allows.

        `values`: shape (points, rows). A year without a number, such as a wait of nobody, is always a surprise.
        """

        def is_surprised(judged: tuple[RowEmulator, Floats]) -> Mask:
            row, given = judged
            expected = row.at(points)
            away = np.abs(row.scaled(given) - expected.mean)
            return ~(away <= MOST_SURPRISE * np.hypot(expected.standard_error, expected.noise))

        columns = zip(self.rows, values.T, strict=True)
        judged = [
            (row, given) for row, given in columns if row.target.measure not in self.judged_by_mean
        ]
        if not judged:
            return np.zeros(len(points), dtype=bool)
        return np.asarray(np.logical_or.reduce(in_threads(is_surprised, judged)))


def in_threads(function: Callable[[Item], Value], items: Sequence[Item]) -> list[Value]:
    """The function's value for every item, worked out on all processors, each item on one."""
    from threadpoolctl import threadpool_limits

    # Linear algebra in several threads competes with other rows, and depends on the number of processors.
    with (
        threadpool_limits(limits=1),
        warnings.catch_warnings(),
        ThreadPoolExecutor(min(processors(), len(items))) as pool,
    ):
        warnings.simplefilter("ignore")  # of a length scale at its bound
        return list(pool.map(function, items))


def must_be_installed() -> None:
    """Raise ConfigError if scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        remedy = "Install it: pip install 'aeflow[fitting]', or in a checkout pip install -e '.[fitting]'"
        refuse("ensemble", "needs scikit-learn, which is not installed", remedy)


def learn(
    targets: Sequence[PublishedFigure],
    points: Floats,
    values: Floats,
    judged_by_mean: Sequence[str],
    edges: Floats = NO_EDGES,
) -> Emulator:
    """An emulator of every target; `values`: shape (years, targets); `edges`: those of `Space.edges`."""
    rows = tuple(
        RowEmulator(target, points, values[:, column], edges)
        for column, target in enumerate(targets)
    )
    in_threads(attrgetter("fitted"), rows)
    left = np.column_stack(
        [
            row.scaled(column) - row.at(points).mean
            for row, column in zip(rows, values.T, strict=True)
        ]
    )
    with np.errstate(
        invalid="ignore"
    ):  # of a year without a number, and of a row that never varies
        left = np.nan_to_num(np.clip(left, *np.nanpercentile(left, CLIPPED, axis=0)))
        together = np.nan_to_num(np.atleast_2d(np.corrcoef(left, rowvar=False)))
    np.fill_diagonal(together, 1.0)
    drawn = np.random.default_rng(0).multivariate_normal(np.zeros(len(rows)), together, N_TOGETHER)
    return Emulator(rows, frozenset(judged_by_mean), drawn)


def centred_on(points: Floats, edges: Floats) -> Floats:
    """Points of the cube as the emulator sees them: parameters from -1 to 1, and a column for each structure.

    In the column of its own structure a department has the square root of 2, less the structure's prior share of it.
    So two structures are as far apart as the two ends of a parameter, and no structure is nearer to one than another.
    """
    if not len(edges):
        return 2 * points - 1
    own = np.searchsorted(edges[1:-1], points[:, -1:], side="right") == np.arange(len(edges) - 1)
    return np.hstack([2 * points[:, :-1] - 1, math.sqrt(2) * (own - np.diff(edges))])


def _stretched(points: Floats, values: Floats) -> Floats:
    """The stretch of each parameter: its relevance to a row in a ridge regression on it and its square.

    The most relevant has 1, and `LEAST_STRETCH` is added to all.
    """
    squares = points**2
    terms = np.hstack([points, squares - squares.mean(axis=0)])
    weights = np.linalg.solve(terms.T @ terms + RIDGE * np.eye(terms.shape[1]), terms.T @ values)
    relevance = np.hypot(*np.split(weights, 2))
    return np.asarray(relevance / max(float(relevance.max()), SMALLEST) + LEAST_STRETCH)


def _new_kernel() -> Any:
    from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

    trend = ConstantKernel(0.3, (1e-4, 1e2)) * DotProduct(1.0, sigma_0_bounds="fixed")
    curves = ConstantKernel(0.3, (1e-3, 1e2)) * Matern(SHORTEST, (SHORTEST, LONGEST), nu=2.5)
    return trend + curves + WhiteKernel(0.1, (5e-3, 2.0))


def _regressor(kernel: Any, optimizer: str | None) -> GaussianProcessRegressor:
    from sklearn.gaussian_process import GaussianProcessRegressor

    return GaussianProcessRegressor(kernel, alpha=1e-9, optimizer=optimizer, copy_X_train=False)


N_STEPS, N_TRIED = 40, 4000
JUMP = 0.1
"""The share of steps by a whole difference, which can take a chain from one mode to another."""
ALONG = 0.4
"""The share of dimensions that a step changes."""
JITTER = 0.02
REDRAWN = 0.1
"""The share of steps that draw one dimension anew: a structure has no direction in which another is nearer."""


def walk(
    log_chance: Callable[[Floats], Floats],
    n_dims: int,
    rng: np.random.Generator,
    known: Floats,
    *,
    n_chains: int,
) -> Floats:
    """Points of a cube drawn in proportion to their chance, shape (chains, n_dims).

    Chains start from `known` (points that met every row) and from even draws, in proportion to their chance.
    """
    tried = np.vstack([rng.random((N_TRIED, n_dims)), known])
    log_tried = log_chance(tried)
    weights = np.exp(log_tried - log_tried.max())
    start = rng.choice(len(tried), size=n_chains, p=weights / weights.sum())
    points, log_chances = tried[start], log_tried[start]
    halves = np.arange(n_chains) % 2
    for _ in range(N_STEPS):
        for half in (0, 1):
            moving, others = np.flatnonzero(halves == half), np.flatnonzero(halves != half)
            proposed = _proposed(points[moving], points[others], rng)
            log_proposed = log_chance(proposed)
            accepted = np.log(rng.random(len(moving))) < log_proposed - log_chances[moving]
            points[moving[accepted]], log_chances[moving[accepted]] = (
                proposed[accepted],
                log_proposed[accepted],
            )
    return points


def _proposed(points: Floats, others: Floats, rng: np.random.Generator) -> Floats:
    """The points after a step from each, folded back where it would leave the cube."""
    n, n_dims = points.shape
    first, second = rng.integers(len(others), size=(2, n))
    along = rng.random((n, n_dims)) < ALONG
    along[np.arange(n), rng.integers(n_dims, size=n)] = True
    n_along = along.sum(axis=1, keepdims=True)
    length = np.where(rng.random((n, 1)) < JUMP, 1.0, 2.38 / np.sqrt(2 * n_along))
    step = length * (others[first] - others[second]) + rng.normal(0, JITTER, (n, n_dims))
    unfolded = np.mod(points + np.where(along, step, 0.0), 2.0)
    proposed = np.where(unfolded > 1, 2 - unfolded, unfolded)
    anew = np.flatnonzero(rng.random(n) < REDRAWN)
    proposed[anew] = points[anew]
    proposed[anew, rng.integers(n_dims, size=len(anew))] = rng.random(len(anew))
    return proposed


DIGITS = 4
"""Significant digits of a value, so that what is simulated is what the file says."""


@dataclass(frozen=True)
class Space:
    """Parameters as an ensemble states them: a whole number is set, even where the priors multiply it.

    The structure, where there are several, is the last dimension of the cube: each has the part that is its weight's.
    `cause`: what makes patients wait in all of these departments.
    """

    parameters: Mapping[str, VariedParameter]
    structures: Mapping[str, Structure] = field(default_factory=dict)
    cause: str = ""

    @property
    def n_dims(self) -> int:
        """The number of parameters, and one more with structures."""
        return len(self.parameters) + bool(self.structures)

    @property
    def edges(self) -> Floats:
        """Where the part of each structure begins, and 1, shape (structures + 1,); empty without any."""
        weights = np.array([structure.weight for structure in self.structures.values()])
        return np.append(0.0, np.cumsum(weights) / weights.sum()) if len(weights) else NO_EDGES

    def member(self, point: Floats) -> Member:
        """The department at a point of the cube, shape (n_dims,)."""
        pairs = zip(self.parameters.values(), point, strict=False)
        values = tuple(_value(parameter, float(position)) for parameter, position in pairs)
        part = int(np.searchsorted(self.edges[1:-1], point[-1], side="right"))
        return Member(structure=[*self.structures, ""][part], values=values, cause=self.cause)

    def points(self, members: Sequence[Member]) -> Floats:
        """The points of departments in the cube, shape (departments, n_dims); that of a structure is in its middle."""
        low, width = self._scale()
        values = np.array([member.values for member in members], dtype=float).reshape(
            -1, len(self.parameters)
        )
        scaled: Floats = (values - low) / width
        for column, parameter in enumerate(self.parameters.values()):
            if steps := parameter.quantiles:
                at = np.linspace(0, 1, len(steps))
                scaled[:, column] = np.interp(values[:, column], steps, at)
        if not self.structures:
            return scaled
        middles = dict(zip(self.structures, (self.edges[1:] + self.edges[:-1]) / 2, strict=True))
        return np.column_stack([scaled, [middles[member.structure] for member in members]])

    @property
    def spread(self) -> Floats:
        """Standard deviation of each parameter over the priors, in the cube, shape (parameters,)."""
        return np.sqrt((1 - self.whole**2) / 12)

    @property
    def whole(self) -> Floats:
        """The part of the cube of each value of a parameter, 0 unless it is a whole number; shape (parameters,)."""
        _, width = self._scale()
        return np.where(
            [_is_counted(parameter) for parameter in self.parameters.values()], 1 / width, 0.0
        )

    def _scale(self) -> tuple[Floats, Floats]:
        """The value at 0 and the width of each parameter, shape (parameters,); whole numbers fill equal parts."""
        parameters = self.parameters.values()
        half = np.array([_is_counted(parameter) for parameter in parameters]) / 2
        low, high = np.array([parameter.range for parameter in parameters], dtype=float).T
        return low - half, high - low + 2 * half


def _is_counted(parameter: VariedParameter) -> bool:
    """Whether a parameter takes whole values itself."""
    return parameter.whole and parameter.how == "set"


def space_of(priors: Priors, raw: Raw, cause: str = "") -> Space:
    """The space of some priors at a composed site. Raises ConfigError for a path that leads to no number.

    A whole number that the priors multiply becomes one that is set, in the range that the factors give; where
    departments differ in size, it stays a factor, because no range would serve all of them. `cause`: that of all.
    """
    faults = Faults()
    groups, parameters = resolve(raw), {}
    sized = any(SIZE in parameter.changes for parameter in priors.parameters.values())
    for name, parameter in priors.parameters.items():
        where = f"priors/{priors.name}.yaml.parameters.{name}.changes"
        parameters[name] = parameter
        if not parameter.whole or (sized and parameter.how == "times"):
            continue
        low, high = parameter.range
        if parameter.how == "times":
            value = value_at(groups, parameter.changes[0])
            if not isinstance(value, int) or isinstance(value, bool):
                found = f"'{parameter.changes[0]}' is {value!r}, which is no whole number"
                faults.add(where, found, "Name a whole number, or leave `whole` out")
                continue
            low, high = low * value, high * value
        low, high = math.ceil(low), math.floor(high)
        if not low < high:
            faults.add(where, f"leaves whole numbers from {low} to {high}", "Widen the range")
        parameters[name] = replace(parameter, how="set", range=(low, high))
    faults.refuse()
    return Space(parameters, priors.structures, cause)


def _value(parameter: VariedParameter, position: float) -> float | int:
    low, high = parameter.range
    if parameter.quantiles:
        steps = np.linspace(0, 1, len(parameter.quantiles))
        return float(f"{np.interp(position, steps, parameter.quantiles):.{DIGITS}g}")
    if _is_counted(parameter):
        return int(min(low + math.floor(position * (high - low + 1)), high))
    rounded = float(f"{low + position * (high - low):.{DIGITS}g}")
    return min(max(rounded, low), high)
