"""What a year of a department gives on average, learnt from simulated years: a Gaussian process for each row.

Shares are learnt on the logit scale and everything else on the log scale, with outliers drawn in to the first and 99th
percentile: departments that lock up would otherwise decide the fit. The kernel is a linear trend, smooth departures
from it with a length of their own for each parameter (Matern 5/2), and the noise of one year, so that few years give
little more than a regression and many give the curves. Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, chapters 2, 4 and 5.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from scipy.special import ndtr

from simulation.errors import ConfigError, Fault
from simulation.experiment.executors.open import processors
from simulation.records.schema import Floats, Mask
from simulation.targets import Target

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor

T = TypeVar("T")
CLIPPED = 1, 99
"""Percentiles beyond which a row is drawn in."""
MOST_TO_LEARN = 300
"""Years from which lengths and noise are learnt: their cost grows with the cube of the number. Means use all years."""
LEARNT_AGAIN = 1.6
"""Lengths and noise are learnt again when there are so many times as many years."""
SMALLEST = 1e-6


@dataclass(frozen=True)
class Scale:
    """The scale on which a row is learnt."""

    is_share: bool

    def of(self, values: Floats) -> Floats:
        """Logit of a share, else log; the edges drawn in."""
        inside = np.clip(values, SMALLEST, 1 - SMALLEST) if self.is_share else np.maximum(values, SMALLEST)
        return np.asarray(np.log(inside / (1 - inside)) if self.is_share else np.log(inside))

    def bound(self, bound: float | None, otherwise: float) -> float:
        """A bound of a band, or `otherwise` where there is none."""
        return otherwise if bound is None else float(self.of(np.array([bound]))[0])


@dataclass(frozen=True, eq=False)
class Guess:
    """What a row is expected to be at some points, on its scale: mean, doubt about the mean, and one year's noise."""

    mean: Floats
    doubt: Floats
    noise: float
    low: float
    high: float

    @property
    def inside(self) -> Mask:
        """Whether the expected mean is in the band."""
        return np.asarray((self.mean >= self.low) & (self.mean <= self.high))

    def log_chance(self, *, of_mean: bool) -> Floats:
        """Log of the chance that a year, or the mean of many years, is in the band."""
        sd = np.sqrt(self.doubt**2 + (0.0 if of_mean else self.noise**2))
        low, high = (self.low - self.mean) / sd, (self.high - self.mean) / sd
        flipped = low > 0  # both bounds far out on the right: their mirror images keep the difference from 0
        low, high = np.where(flipped, -high, low), np.where(flipped, -low, high)
        return np.asarray(np.log(np.maximum(ndtr(high) - ndtr(low), np.finfo(float).tiny)))


class RowEmulator:
    """One row of the targets, learnt from years."""

    def __init__(self, target: Target, points: Floats, values: Floats) -> None:
        """`points`: shape (years, dimensions), each from 0 to 1; `values`: the row in each of these years."""
        self.target, self.scale = target, Scale(target.unit.startswith("share"))
        known = np.isfinite(values)
        stated = self.scale.of(values[known])
        stated = np.clip(stated, *np.percentile(stated, CLIPPED))
        self._middle, self._spread = float(stated.mean()), max(float(stated.std()), SMALLEST)
        self._points, self._values = _centred(points[known]), (stated - self._middle) / self._spread

    @cached_property
    def _fitted(self) -> GaussianProcessRegressor:
        return _regressor(self._kernel, None).fit(self._points, self._values)

    @cached_property
    def _kernel(self) -> Any:
        """The kernel with its lengths and noise, learnt from a part of the years that a growing number seldom moves."""
        n = len(self._values)
        learnt_from = min(n, MOST_TO_LEARN)
        chosen = np.random.default_rng(n).permutation(n)[:learnt_from]
        learner = _regressor(_new_kernel(self._points.shape[1]), "fmin_l_bfgs_b")
        return learner.fit(self._points[chosen], self._values[chosen]).kernel_

    def take_kernel(self, other: RowEmulator) -> None:
        """Use the lengths and the noise that another emulator of the row has learnt."""
        self.__dict__["_kernel"] = other._kernel

    def learn(self) -> None:
        """Work out everything that does not depend on a point."""
        _ = self._fitted

    def at(self, points: Floats) -> Guess:
        """What is expected at points, shape (points, dimensions)."""
        mean, sd = self._fitted.predict(_centred(points), return_std=True)
        noise = float(self._fitted.kernel_.k2.noise_level)
        return Guess(
            mean=self._middle + self._spread * mean,
            doubt=self._spread * np.sqrt(np.maximum(sd**2 - noise, SMALLEST**2)),
            noise=self._spread * float(np.sqrt(noise)),
            low=self.scale.bound(self.target.low, -np.inf),
            high=self.scale.bound(self.target.high, np.inf),
        )


@dataclass(frozen=True, eq=False)
class Emulator:
    """Every row, and which of them are judged on their mean alone because one year of them is chance."""

    rows: tuple[RowEmulator, ...]
    judged_by_mean: frozenset[str]

    def log_chance(self, points: Floats) -> Floats:
        """Log of the chance that a year at each point is in every band, rows taken as independent."""

        def of(row: RowEmulator) -> Floats:
            return row.at(points).log_chance(of_mean=row.target.measure in self.judged_by_mean)

        return np.asarray(np.sum(in_threads(of, self.rows), axis=0))

    def inside(self, points: Floats) -> Mask:
        """Whether every row's expected mean is in its band, by point."""
        return np.asarray(np.logical_and.reduce(in_threads(lambda row: row.at(points).inside, self.rows)))


def in_threads(function: Callable[[RowEmulator], T], rows: Sequence[RowEmulator]) -> list[T]:
    """A function of every row, on as many processors as there are: each row's algebra keeps to one of them."""
    with _in_peace(), ThreadPoolExecutor(min(processors(), len(rows))) as pool:
        return list(pool.map(function, rows))


@contextmanager
def _in_peace() -> Iterator[None]:
    """Linear algebra in one thread: several get in each other's way when others compute here, too, and round otherwise
    on another number of processors. No warnings of a length at its bound: the parameter does not matter to the row."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def must_be_installed() -> None:
    """Raise ConfigError if scikit-learn is not there: only building ensembles needs it."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        remedy = "Install it: pip install 'aeflow[fitting]', or in a checkout pip install -e '.[fitting]'"
        raise ConfigError([Fault("ensemble", "needs scikit-learn, which is not installed", remedy)]) from None


def learnt(
    targets: Sequence[Target],
    points: Floats,
    values: Floats,
    judged_by_mean: Sequence[str],
    before: Emulator | None = None,
) -> Emulator:
    """An emulator of every target; `values`: shape (years, targets). `before`: one whose lengths and noise will do."""
    rows = tuple(RowEmulator(target, points, values[:, at]) for at, target in enumerate(targets))
    if before is not None:
        for row, old in zip(rows, before.rows, strict=True):
            row.take_kernel(old)
    in_threads(RowEmulator.learn, rows)
    return Emulator(rows, frozenset(judged_by_mean))


def _centred(points: Floats) -> Floats:
    return np.asarray(2 * points - 1)


def _new_kernel(n_dims: int) -> Any:
    from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

    trend = ConstantKernel(0.3, (1e-4, 1e2)) * DotProduct(1.0, sigma_0_bounds="fixed")
    curves = ConstantKernel(0.3, (1e-4, 1e2)) * Matern(np.full(n_dims, 3.0), (0.2, 50.0), nu=2.5)
    return trend + curves + WhiteKernel(0.2, (1e-4, 2.0))


def _regressor(kernel: Any, optimizer: str | None) -> GaussianProcessRegressor:
    from sklearn.gaussian_process import GaussianProcessRegressor

    return GaussianProcessRegressor(kernel, alpha=1e-9, optimizer=optimizer, copy_X_train=False)
