"""The numbers of a policy: each a value, the range to sweep, and where both come from."""

from typing import Annotated

from annotated_types import Ge, Gt

from simulation.department.config_dataclass import (
    HOLDER,
    BelowOne,
    Range,
    Share,
    Sourced,
    Unit,
    config_dataclass,
)


@config_dataclass
class Estimate(Sourced):
    """A number, where it comes from, and the range to sweep.

    Example: `{value: 27, range: [0, 54], evidence: published, source: "a trial's mean and interval"}`
    """

    value: Annotated[float, HOLDER]
    """The number itself, inside its range."""
    range: Range | None = None
    """The lowest and the highest to sweep; an assumed number must say."""
    claim: bool = False
    """Whether it is somebody's claim that nobody independent has tested: results that rest on it say so."""


@config_dataclass
class Correlation(Estimate):
    """How much of an assessor's random variates is the patient's difficulty.

    Example: `{value: 0.5, range: [0, 0.9], evidence: assumed, source: "no study measured it"}`
    """

    value: BelowOne
    """The correlation: 0 makes errors independent of those of other assessors."""


@config_dataclass
class Portion(Estimate):
    """A share or a probability.

    Example: `{value: 0.85, range: [0.6, 0.95], evidence: assumed, source: "a judgement"}`
    """

    value: Share


Probability = Annotated[Portion, Unit("probability")]


@config_dataclass
class AtLeastZero(Estimate):
    """A number that is not negative.

    Example: `{value: 1.85, range: [1.32, 2.37], evidence: published, source: "price list"}`
    """

    value: Annotated[float, Ge(0), HOLDER]


@config_dataclass
class AboveZero(Estimate):
    """A length of time that something takes.

    Example: `{value: 12, range: [6, 24], evidence: assumed, source: "a judgement"}`
    """

    value: Annotated[float, Gt(0), HOLDER]
