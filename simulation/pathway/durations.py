"""Amounts that depend on the patient, and the distributions that durations follow.

A duration describes minutes of *work or process*; waits are never described, they come out of queues.
Each is a quantile function: `quantile(share, mean)` turns one uniform number a patient into minutes, so a
patient keeps its luck when the mean changes. No generator and no seed lives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from simulation.pathway.described import Minutes, Positive, Sourced, described

Array = NDArray[np.float64]


@described
class Factor:
    """A factor looked up by a patient's category of the attribute `by`."""

    by: str
    values: Mapping[str, Annotated[float, Ge(0)]]
    otherwise: Annotated[float, Ge(0)] | None = None


@described
class Amount:
    """`base` times the factors of the patient's categories."""

    base: Annotated[float, Ge(0)] = 1.0
    times: tuple[Factor, ...] = ()


Number = float | Amount
"""A plain number, or one that depends on attributes."""


@described
class Duration(Sourced):
    """What every duration has.

    `repeats`: how many separate draws a patient has (the k-th pass of a loop reads the k-th).
    `scale`: a lever on the mean (1 = as described). `longest`: minutes at which the draw is cut off.
    `luck_of`: another duration whose draw this one shares, so that both are long for the same patient.
    """

    repeats: Annotated[int, Ge(1)] = 1
    scale: Annotated[float, Ge(0)] = 1.0
    longest: Positive | None = None
    luck_of: str | None = None


@described
class Fixed(Duration):
    """Always the mean."""

    kind: Literal["fixed"]
    mean: Number

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share`."""
        return mean + 0 * share


@described
class Exponential(Duration):
    """Memoryless, mean in minutes."""

    kind: Literal["exponential"]
    mean: Number

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share` in [0, 1)."""
        return -mean * np.log1p(-share)


@described
class Lognormal(Duration):
    """Right-skewed; `mean` is the mean in minutes itself, `log_sd` the standard deviation of its logarithm."""

    kind: Literal["lognormal"]
    mean: Number
    log_sd: Annotated[float, Ge(0)]

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share` in (0, 1)."""
        from scipy.special import ndtri

        return mean * np.exp(self.log_sd * ndtri(share) - self.log_sd**2 / 2)


@described
class Gamma(Duration):
    """Mean in minutes and coefficient of variation."""

    kind: Literal["gamma"]
    mean: Number
    cv: Positive

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share` in [0, 1)."""
        from scipy.special import gammaincinv

        shape = 1 / self.cv**2
        return mean / shape * gammaincinv(shape, share)


@described
class Weibull(Duration):
    """`mean` is the scale times Gamma(1 + 1/power); power below 1 means that the rate falls with time."""

    kind: Literal["weibull"]
    mean: Number
    power: Positive

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share` in [0, 1)."""
        from scipy.special import gamma

        return mean / gamma(1 + 1 / self.power) * (-np.log1p(-share)) ** (1 / self.power)


@described
class Normal(Duration):
    """Mean and standard deviation in minutes, never below `least`."""

    kind: Literal["normal"]
    mean: Number
    sd: Minutes
    least: Minutes = 0.0

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share` in (0, 1)."""
        from scipy.special import ndtri

        return np.maximum(mean + self.sd * ndtri(share), self.least)


@described
class Residual(Duration):
    """What is left of a lognormal stay seen at a random moment: a uniform part of a length-biased stay.

    For patients who are in a bed at time 0. The length-biased lognormal has its log-mean raised by log_sd squared.
    """

    kind: Literal["residual"]
    mean: Number
    log_sd: Annotated[float, Ge(0)]

    def quantile(self, share: Array, mean: Array) -> Array:
        """Minutes, shape of `share` in (0, 1): the quantile of the equilibrium residual, by inversion on a grid.

        The residual's distribution function is (1/mean) x the integral of the survival function, which for a
        lognormal is closed: F(x) = Phi((ln x - mu - s^2)/s) + (x/mean) (1 - Phi((ln x - mu)/s)).
        """
        from scipy.special import ndtr

        if self.log_sd == 0:
            return share * mean
        s = self.log_sd
        relative = np.exp(np.linspace(-14.0, 14.0, 4001) * max(s, 0.3))
        z = (np.log(relative) + s**2 / 2) / s
        below = ndtr(z - s) + relative * ndtr(-z)
        return np.interp(share, below, relative) * mean


AnyDuration = Fixed | Exponential | Lognormal | Gamma | Weibull | Normal | Residual
