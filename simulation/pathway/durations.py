"""Amounts that depend on the patient, and the distributions that durations follow.

A duration describes minutes of *work or process*; waits are never described, they come out of queues.
Each turns a patient's variate, one standard normal number, into minutes: `to_minutes(variate, mean, into)` writes the
quantile of the variate's probability, so the patient keeps its variate when the mean or the kind of distribution
changes. Variate comes in single precision, which is finer than a tick for stays of up to a week; it may be written
over. No generator and no seed lives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray

from simulation.pathway.config_dataclass import Minutes, Positive, Sourced, config_dataclass

Array = NDArray[np.float64]
Variate = NDArray[np.float32]


@config_dataclass
class Factor:
    """A factor looked up by a patient's category of the attribute `by`."""

    by: str
    values: Mapping[str, Annotated[float, Ge(0)]]
    otherwise: Annotated[float, Ge(0)] | None = None


@config_dataclass
class Amount:
    """`base` times the factors of the patient's categories."""

    base: Annotated[float, Ge(0)] = 1.0
    times: tuple[Factor, ...] = ()


Number = float | Amount
"""A plain number, or one that depends on attributes."""


@config_dataclass
class Duration(Sourced):
    """What every duration has.

    `repeats`: how many separate draws a patient has (the k-th pass of a loop reads the k-th).
    `scale`: a lever on the mean (1 = as described). `longest`: minutes at which the draw is cut off.
    `same_draw_as`: another duration whose draw this one shares, so that both are long for the same patient.
    `complexity`: how far the draw goes with a number that the patient's durations share (its correlation with it);
    two durations that state r and s go together with correlation r s, and each is distributed as before.
    """

    repeats: Annotated[int, Ge(1)] = 1
    scale: Annotated[float, Ge(0)] = 1.0
    longest: Positive | None = None
    same_draw_as: str | None = None
    complexity: Annotated[float, Ge(0), Lt(1)] = 0.0


@config_dataclass
class Fixed(Duration):
    """Always the mean."""

    kind: Literal["fixed"]
    mean: Number

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        into[:] = mean


@config_dataclass
class Exponential(Duration):
    """Memoryless, mean in minutes."""

    kind: Literal["exponential"]
    mean: Number

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import log_ndtr

        into[:] = -mean * log_ndtr(-variate.astype(float))


@config_dataclass
class Lognormal(Duration):
    """Right-skewed; `mean` is the mean in minutes itself, `log_sd` the standard deviation of its logarithm."""

    kind: Literal["lognormal"]
    mean: Number
    log_sd: Annotated[float, Ge(0)]

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        variate *= self.log_sd
        variate -= self.log_sd**2 / 2
        np.multiply(np.exp(variate, out=variate), mean, out=into)


@config_dataclass
class Gamma(Duration):
    """Mean in minutes and coefficient of variation."""

    kind: Literal["gamma"]
    mean: Number
    cv: Positive

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import gammaincinv, ndtr

        shape = 1 / self.cv**2
        into[:] = mean / shape * gammaincinv(shape, ndtr(variate.astype(float)))


@config_dataclass
class Weibull(Duration):
    """`mean` is the scale times Gamma(1 + 1/power); power below 1 means that the rate falls with time."""

    kind: Literal["weibull"]
    mean: Number
    power: Positive

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import gamma, log_ndtr

        into[:] = mean / gamma(1 + 1 / self.power) * (-log_ndtr(-variate.astype(float))) ** (1 / self.power)


@config_dataclass
class Normal(Duration):
    """Mean and standard deviation in minutes, never below `least`."""

    kind: Literal["normal"]
    mean: Number
    sd: Minutes
    least: Minutes = 0.0

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        np.maximum(mean + self.sd * variate, self.least, out=into)


@config_dataclass
class Residual(Duration):
    """What is left of a lognormal stay seen at a random moment: a uniform part of a length-biased stay.

    For patients who are in a bed at time 0. The length-biased lognormal has its log-mean raised by log_sd squared.
    """

    kind: Literal["residual"]
    mean: Number
    log_sd: Annotated[float, Ge(0)]

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`: the quantile of the equilibrium residual, by inversion on a grid."""
        from scipy.special import ndtr

        share = ndtr(variate.astype(float))
        into[:] = (np.interp(share, *_residual_grid(self.log_sd)) if self.log_sd else share) * mean


@lru_cache(maxsize=64)
def _residual_grid(log_sd: float) -> tuple[Array, Array]:
    """Probabilities and residual stays (in means) of a lognormal: what `Residual` inverts.

    The residual's distribution function is (1/mean) x the integral of the survival function, which for a
    lognormal is closed: F(x) = Phi((ln x - mu - s^2)/s) + (x/mean) (1 - Phi((ln x - mu)/s)).
    """
    from scipy.special import ndtr

    relative = np.exp(np.linspace(-14.0, 14.0, 4001) * max(log_sd, 0.3))
    z = (np.log(relative) + log_sd**2 / 2) / log_sd
    return ndtr(z - log_sd) + relative * ndtr(-z), relative


AnyDuration = Fixed | Exponential | Lognormal | Gamma | Weibull | Normal | Residual
