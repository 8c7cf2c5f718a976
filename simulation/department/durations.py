"""Amounts that depend on the patient, and the distributions that durations follow.

A duration describes minutes of *work or process*; waits are never described, they come out of queues.
Each distribution turns a patient's variate, one standard normal number, into minutes: `to_minutes(variate, mean, into)`
writes the quantile at the variate's probability, so a patient keeps the variate when the mean or the kind of
distribution changes. Variates are in single precision, which is finer than a tick for stays of up to a week, and may be
overwritten. Nothing is drawn here.
"""

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from annotated_types import MaxLen, MinLen
from numpy.typing import NDArray

from simulation.department.config_dataclass import (
    HOLDER,
    LARGEST,
    AtLeastOne,
    AttributeName,
    BelowOne,
    CategoryOfBy,
    Context,
    DurationName,
    Minutes,
    NotNegative,
    Positive,
    Ratio,
    Simulable,
    Sourced,
    SpanMinutes,
    Times,
    Unit,
    config_dataclass,
    list_entries,
    too_large,
)
from simulation.errors import Fault

Array = NDArray[np.float64]
Variate = NDArray[np.float32]


@config_dataclass
class Factor:
    """A factor looked up by a patient's category of an attribute.

    Example: `{by: age_band, values: {child: 0.8, oldest: 1.3}, otherwise: 1}`
    """

    by: AttributeName
    """The attribute that is looked up."""
    values: Mapping[CategoryOfBy, Times]
    """The factor of each category; by an attribute of kind `age`, a span such as `65-74` is each of its years."""
    otherwise: Times | None = None
    """The factor of categories that `values` leaves out."""


@config_dataclass
class Amount:
    """A number that depends on the patient: `base` times the factors of the patient's categories.

    Example: `{base: 12, times: [{by: age_band, values: {child: 0.8, oldest: 1.3}, otherwise: 1}]}`
    """

    base: Annotated[NotNegative, HOLDER] = 1.0
    """What the factors multiply."""
    times: tuple[Factor, ...] = ()
    """The factors, all of them multiplied."""


Number = NotNegative | Amount
"""A plain number, or one that depends on attributes."""
LogSd = Annotated[Ratio, Simulable(most=5)]


def attributes_of(number: Number) -> set[str]:
    """The attributes that a number depends on."""
    return {factor.by for factor in number.times} if isinstance(number, Amount) else set()


def largest(number: Number) -> float:
    """The largest value of a number for any patient: with the largest value of each of its factors."""
    if not isinstance(number, Amount):
        return number
    value = number.base
    for factor in number.times:
        value *= max((*factor.values.values(), factor.otherwise or 0.0), default=0.0)
    return value


def largest_faults(where: str, number: Number, scale: float = 1.0) -> Iterator[Fault]:
    """The fault of a finite number whose largest value is more than can be simulated."""
    value = largest(number) * scale
    if value > LARGEST and all(
        math.isfinite(entry.value)
        for entry in list_entries((number, scale))
        if isinstance(entry.value, float)
    ):
        yield from too_large(where, value, LARGEST)


@config_dataclass
class Duration(Sourced):
    """What every duration has."""

    mean: Annotated[Number, Unit("minutes")]
    """Mean of the draws, before `scale`, `longest` and `least`; it may depend on attributes."""
    repeats: Annotated[AtLeastOne, Unit("draws"), Simulable(most=100)] = 1
    """How many separate draws a patient has; the k-th pass of a loop reads the k-th. Example: `2`"""
    scale: Times = 1.0
    """A factor on the mean (a lever). Example: `0.9`"""
    longest: SpanMinutes | None = None
    """Where the draw is cut off. Example: `240`"""
    same_draw_as: DurationName | None = None
    """Another duration whose draw this one shares, so that both are long for the same patient.
    Example: `first_contact`"""
    complexity: BelowOne = 0.0
    """How far the draw goes with one number that the patient's durations share. Two durations that state r and s go
    together with correlation r s, and each is distributed as before. Example: `0.5`"""

    def faults(self, context: Context) -> Iterator[Fault]:
        """A mean that no duration has, quantiles that do not rise, and a draw that is borrowed itself."""
        yield from largest_faults("mean", self.mean, self.scale)
        if not isinstance(self.mean, Amount) and self.mean < 0:
            yield Fault("mean", f"{self.mean:g} is negative", "Give 0 or more")
        rising = getattr(self, "rising", (1,))
        if sorted(rising) != list(rising) or not rising[-1] > 0:
            yield Fault(
                "",
                f"found {', '.join(f'{value:g}' for value in rising[:5])}",
                "Give minutes in rising order, the last above 0",
            )
        lender = context.department.durations.get(self.same_draw_as or "")
        if lender and lender.same_draw_as is not None:
            yield Fault(
                "same_draw_as",
                f"'{self.same_draw_as}' has the random variates of '{lender.same_draw_as}' itself",
                f"Name '{lender.same_draw_as}' here too",
            )


@config_dataclass
class Fixed(Duration):
    """Always the mean.

    Example: `{kind: fixed, mean: 15, evidence: published, source: "turnaround promised by the laboratory"}`
    """

    kind: Literal["fixed"]

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        into[:] = mean


@config_dataclass
class Exponential(Duration):
    """Memoryless.

    Example: `{kind: exponential, mean: 12, evidence: assumed, source: "as in the textbook"}`
    """

    kind: Literal["exponential"]

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import log_ndtr

        into[:] = -mean * log_ndtr(-variate.astype(float))


@config_dataclass
class Lognormal(Duration):
    """Right-skewed, as most work with patients.

    Example: `{kind: lognormal, mean: 8, log_sd: 0.5, evidence: measured, source: "timed by an observer, 120 patients"}`
    """

    kind: Literal["lognormal"]
    log_sd: LogSd
    """Standard deviation of the logarithm; up to 5."""

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        variate *= self.log_sd
        variate -= self.log_sd**2 / 2
        np.multiply(np.exp(variate, out=variate), mean, out=into)


@config_dataclass
class Gamma(Duration):
    """Right-skewed, by its coefficient of variation.

    Example: `{kind: gamma, mean: 8, cv: 0.5, evidence: measured, source: "timed by an observer, 120 patients"}`
    """

    kind: Literal["gamma"]
    cv: Annotated[Positive, Unit("ratio"), Simulable(most=10)]
    """Coefficient of variation: standard deviation over mean; up to 10."""

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import gammaincinv, ndtr

        shape = 1 / self.cv**2
        into[:] = mean / shape * gammaincinv(shape, ndtr(variate.astype(float)))


@config_dataclass
class Weibull(Duration):
    """For times until something happens; its scale is the mean over Gamma(1 + 1/power).

    Example: `{kind: weibull, mean: 300, power: 0.8, evidence: assumed, source: "few leave after the first hours"}`
    """

    kind: Literal["weibull"]
    power: Annotated[Positive, Unit("power"), Simulable(least=0.1)]
    """Shape: below 1 the rate falls with time, above 1 it rises; 0.1 or more."""

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import gamma, log_ndtr

        into[:] = (
            mean
            / gamma(1 + 1 / self.power)
            * (-log_ndtr(-variate.astype(float))) ** (1 / self.power)
        )


@config_dataclass
class Normal(Duration):
    """Symmetric, cut off from below.

    Example: `{kind: normal, mean: 10, sd: 2, least: 1, evidence: published, source: "as the model that is compared"}`
    """

    kind: Literal["normal"]
    sd: Minutes
    """Standard deviation, before the cut."""
    least: Minutes = 0.0
    """What a draw below it is raised to."""

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        np.maximum(mean + self.sd * variate, self.least, out=into)


@config_dataclass
class Residual(Duration):
    """What is left of a lognormal stay seen at a random moment: a uniform part of a length-biased stay.

    For patients who are in a bed at time 0; `mean` is that of the whole stay. The length-biased lognormal has
    its log-mean raised by log_sd squared.

    Example: `{kind: residual, mean: 4300, log_sd: 0.9, same_draw_as: ward_stay, evidence: assumed,
    source: "as the stay on a ward"}`
    """

    kind: Literal["residual"]
    log_sd: LogSd
    """Standard deviation of the logarithm of the whole stay; up to 5."""

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape: quantiles of the equilibrium residual, by inversion on a grid."""
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


@config_dataclass
class Uniform(Duration):
    """Anything between two ends, all of it as likely.

    Example: `{kind: uniform, mean: 8, ends: [4, 12], evidence: assumed, source: "between 4 and 12 minutes"}`
    """

    kind: Literal["uniform"]
    ends: tuple[Minutes, Minutes]
    """The least and the most. Only their proportion counts: draws have the `mean`, which is usually half their sum."""

    @property
    def rising(self) -> tuple[float, ...]:
        """What is stated in rising order."""
        return self.ends

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        _write_quantiles(self.ends, variate, mean, into)


@config_dataclass
class Triangular(Duration):
    """Between two ends, one value in between the likeliest: what somebody says who was never timed.

    Example: `{kind: triangular, mean: 8, corners: [4, 6, 14], evidence: assumed, source: "usually 6, 4 to 14"}`
    """

    kind: Literal["triangular"]
    corners: tuple[Minutes, Minutes, Minutes]
    """The least, the likeliest and the most. Only their proportions count: draws have the `mean`, which is usually a
    third of their sum."""

    @property
    def rising(self) -> tuple[float, ...]:
        """What is stated in rising order."""
        return self.corners

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        from scipy.special import ndtr

        least, likeliest, most = self.corners
        share, width = ndtr(variate.astype(float)), most - least
        rises = width * (likeliest - least)
        below = least + np.sqrt(share * rises)
        above = most - np.sqrt((1 - share) * width * (most - likeliest))
        into[:] = np.where(share * width < likeliest - least, below, above) * (
            3 * mean / sum(self.corners)
        )


@config_dataclass
class Empirical(Duration):
    """As it was timed: quantiles, a straight line from each to the next.

    Example: `{kind: empirical, mean: 9.5, quantiles: [2, 5, 7, 12, 30], evidence: measured, source: "timed, n = 120"}`
    """

    kind: Literal["empirical"]
    quantiles: Annotated[tuple[Minutes, ...], MinLen(2), MaxLen(1001)]
    """Quantiles at even shares, the least first and the most last: five of them are the least, the quartiles and the
    most. Only their proportions count: draws have the `mean`."""

    @property
    def rising(self) -> tuple[float, ...]:
        """What is stated in rising order."""
        return self.quantiles

    def to_minutes(self, variate: Variate, mean: Array, into: Array) -> None:
        """Write minutes `into`, all of one shape."""
        _write_quantiles(self.quantiles, variate, mean, into)


def _write_quantiles(
    quantiles: tuple[float, ...], variate: Variate, mean: Array, into: Array
) -> None:
    """Write the quantiles at each variate's probability, straight lines between even shares, scaled to the mean."""
    from scipy.special import ndtr

    known = np.asarray(quantiles, dtype=float)
    own_mean = (known[:-1] + known[1:]).mean() / 2
    into[:] = np.interp(ndtr(variate.astype(float)), np.linspace(0, 1, len(known)), known) * (
        mean / own_mean
    )


AnyDuration = (
    Fixed
    | Exponential
    | Lognormal
    | Gamma
    | Weibull
    | Normal
    | Residual
    | Uniform
    | Triangular
    | Empirical
)
